/**
 * The way along a net from its source to some of its targets. Its paths form a tree: each begins at the source, where another ends (at the border
 * of an open group), or somewhere on a straight stretch of another (a leg on a trunk).
 *
 * @module
 */

import { NONE } from './codes.js';

/** @import {Scene} from '../types.js' */
/** @import {Point} from './camera.js' */
/** @import {Index} from './index.js' */

/** How far to follow a path: up to a point where a curve ends, and from there straight on to another. @typedef {{to: number, tip: Point | null}} Extent */

/** Where paths may go on: by place the ends of curves, and by place across the flow the straight stretches. @typedef {{ends: Map<number, Joint[]>, stretches: Map<number, Joint[]>}} Joints */

/** A point of a path where a curve ends. @typedef {{path: number, point: number}} Joint */

/** Points nearer than this, in px, are one. */
const SAME = 0.05;

/**
 * @param {Index} index
 * @param {number} net
 * @param {(item: number) => boolean} wanted which targets
 * @returns {Map<number, Extent>} which paths to follow
 */
export function routesTo({ scene, pathsOf }, net, wanted) {
  const { points, pathStarts, pathTarget } = scene;
  const paths = pathsOf(net);
  /** @type {Map<number, Extent>} */
  const found = new Map();
  /** @type {number[]} */
  const open = [];
  for (const path of paths) {
    if (pathTarget[path] === NONE || !wanted(pathTarget[path])) continue;
    found.set(path, { to: pathStarts[path + 1] - 1, tip: null });
    open.push(path);
  }
  if (found.size === paths.length) return found;
  const joints = jointsOf(scene, paths);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const start = { x: points[2 * pathStarts[path]], y: points[2 * pathStarts[path] + 1] };
    const joint = jointAt(scene, joints, start, path);
    if (!joint) continue;
    const known = found.get(joint.path);
    if (!known) open.push(joint.path);
    if (!known || isFarther(points, joint.extent, known)) found.set(joint.path, joint.extent);
  }
  return found;
}

/** @param {Scene} scene @param {Uint32Array} paths @returns {Joints} */
function jointsOf({ points, pathStarts, pathTarget, direction }, paths) {
  /** @type {Joints} */
  const joints = { ends: new Map(), stretches: new Map() };
  const across = direction === 'down' ? 0 : 1;
  for (const path of paths) {
    if (pathTarget[path] !== NONE) continue;
    for (let point = pathStarts[path] + 3; point < pathStarts[path + 1]; point += 3) {
      const place = points[2 * point + across];
      add(joints.ends, place, { path, point });
      if (Math.abs(place - points[2 * (point - 3) + across]) < SAME) add(joints.stretches, place, { path, point });
    }
  }
  return joints;
}

/** @param {Map<number, Joint[]>} map @param {number} place @param {Joint} joint */
function add(map, place, joint) {
  const list = map.get(Math.round(place));
  if (list) list.push(joint);
  else map.set(Math.round(place), [joint]);
}

/**
 * Where a path comes from: another that ends a curve there, or passes straight.
 *
 * @param {Scene} scene
 * @param {Joints} joints
 * @param {Point} start
 * @param {number} own
 * @returns {{path: number, extent: Extent} | null}
 */
function jointAt({ points, direction }, { ends, stretches }, start, own) {
  const key = Math.round(direction === 'down' ? start.x : start.y);
  // A place beside a rounding border may have been rounded to the other side.
  const near = (/** @type {Map<number, Joint[]>} */ map) => [key, key - 1, key + 1].flatMap((each) => map.get(each) ?? []);
  const isAt = (/** @type {number} */ x, /** @type {number} */ y) => Math.abs(x - start.x) < SAME && Math.abs(y - start.y) < SAME;
  const end = near(ends).find(({ path, point }) => path !== own && isAt(points[2 * point], points[2 * point + 1]));
  if (end) return { path: end.path, extent: { to: end.point, tip: null } };
  const passed = near(stretches).find(({ path, point }) => {
    const [ax, ay, bx, by] = [points[2 * (point - 3)], points[2 * (point - 3) + 1], points[2 * point], points[2 * point + 1]];
    // What begins there as well is another way from the source.
    return path !== own && !isAt(ax, ay) && between(start.x, ax, bx) && between(start.y, ay, by);
  });
  return passed ? { path: passed.path, extent: { to: passed.point - 3, tip: start } } : null;
}

/** @param {number} value @param {number} a @param {number} b */
const between = (value, a, b) => value > Math.min(a, b) - SAME && value < Math.max(a, b) + SAME;

/** @param {Float64Array} points @param {Extent} a @param {Extent} b */
function isFarther(points, a, b) {
  if (a.to !== b.to) return a.to > b.to;
  const length = (/** @type {Extent} */ { to, tip }) => (tip ? Math.hypot(tip.x - points[2 * to], tip.y - points[2 * to + 1]) : 0);
  return length(a) > length(b);
}
