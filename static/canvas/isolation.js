/**
 * Which part of a graph a question is about, so that the rest can be dimmed: what is up to some hops before or after a selection, or on the
 * paths from one to another. Linear in the size of the scene, without recursion.
 *
 * @module
 */

import { KIND, NONE } from './codes.js';
import { routesTo } from './routes.js';

/** @import {Scene, Selection} from '../types.js' */
/** @import {Point} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Links} from './links.js' */
/** @import {Extent} from './routes.js' */

/**
 * What to isolate. `hops`: how many nets away at most, may be Infinity; `both` means what is before and what is after.
 *
 * @typedef {{kind: 'neighbourhood', selection: Selection, direction: 'in'|'out'|'both', hops: number}} Neighbourhood
 * @typedef {{kind: 'paths', from: Selection, to: Selection}} Paths all paths between two, whichever of them comes first
 */

/**
 * What is not dimmed: 1 by item, net and path; `extents`: of paths that lead on to what is dimmed, how far they are not; `count`: how many items,
 * open groups aside.
 * @typedef {{items: Uint8Array, nets: Uint8Array, paths: Uint8Array, extents: Map<number, Extent>, count: number}} Isolated
 */

/**
 * @param {Index} index
 * @param {Neighbourhood | Paths} spec
 * @returns {Isolated | null} null when there is nothing to isolate
 */
export function isolated(index, spec) {
  const items = spec.kind === 'paths' ? between(index, spec) : around(index, spec);
  if (!items) return null;
  const { itemKind, itemParent, netSource, netStarts, netTargets, pathNet, pathStarts } = index.scene;
  let count = 0;
  // Groups come before what is in them.
  for (let item = items.length - 1; item >= 0; item--) {
    if (items[item] === 0) continue;
    if (itemKind[item] !== KIND.container) count++;
    if (itemParent[item] !== NONE) items[itemParent[item]] = 1;
  }
  if (count === 0) return null;
  const nets = new Uint8Array(netSource.length);
  const paths = new Uint8Array(pathNet.length);
  /** @type {number[]} */
  const partly = [];
  for (let net = 0; net < nets.length; net++) {
    if (items[netSource[net]] === 0) continue;
    let kept = 0;
    for (let at = netStarts[net]; at < netStarts[net + 1]; at++) kept += items[netTargets[at]];
    if (kept > 0) nets[net] = 1;
    if (kept > 0 && kept < netStarts[net + 1] - netStarts[net]) partly.push(net);
  }
  for (let path = 0; path < paths.length; path++) paths[path] = nets[pathNet[path]];
  /** @type {Map<number, Extent>} */
  const extents = new Map();
  for (const net of partly) {
    for (const path of index.pathsOf(net)) paths[path] = 0;
    for (const [path, extent] of routesTo(index, net, (target) => items[target] === 1)) {
      paths[path] = 1;
      if (extent.to < pathStarts[path + 1] - 1) extents.set(path, extent);
    }
  }
  return { items, nets, paths, extents, count };
}

/**
 * What of a stretch of a path is dimmed, or is not; `tip`: where it goes straight on to.
 *
 * @param {Isolated} isolated
 * @param {boolean} dim
 * @param {number} path
 * @param {number} from a point
 * @param {number} to a point
 * @returns {{from: number, to: number, tip: Point | null} | null}
 */
export function stretchOf({ paths, extents }, dim, path, from, to) {
  const extent = extents.get(path);
  if (!extent) return (paths[path] === 0) === dim ? { from, to, tip: null } : null;
  // What is not dimmed lies above what is: that may begin where a curve does.
  if (dim) return to > extent.to ? { from: Math.max(from, extent.to), to, tip: null } : null;
  if (from > extent.to || (from === extent.to && !extent.tip)) return null;
  return { from, to: Math.min(to, extent.to), tip: to > extent.to ? extent.tip : null };
}

/** @param {Index} index @param {Neighbourhood} spec @returns {Uint8Array | null} */
function around(index, { selection, direction, hops }) {
  const ends = endsOf(index, selection);
  if (!ends) return null;
  const items = new Uint8Array(index.scene.itemKind.length);
  if (direction !== 'out') spread(index.scene, index.links(), ends.first, 'in', hops, items);
  const after = direction === 'both' ? new Uint8Array(items.length) : items;
  if (direction !== 'in') spread(index.scene, index.links(), ends.last, 'out', hops, after);
  if (direction === 'both') for (let item = 0; item < items.length; item++) items[item] |= after[item];
  for (const item of [...ends.first, ...ends.last]) items[item] = 1;
  return items;
}

/** @param {Index} index @param {Paths} spec @returns {Uint8Array | null} */
function between(index, { from, to }) {
  const [one, other] = [endsOf(index, from), endsOf(index, to)];
  if (!one || !other) return null;
  return route(index, one, other) ?? route(index, other, one);
}

/** @param {Index} index @param {Ends} from @param {Ends} to @returns {Uint8Array | null} */
function route({ scene, links }, from, to) {
  const after = new Uint8Array(scene.itemKind.length);
  spread(scene, links(), from.last, 'out', Infinity, after);
  if (!to.first.some((item) => after[item] === 1)) return null;
  const before = new Uint8Array(after.length);
  spread(scene, links(), to.first, 'in', Infinity, before);
  for (let item = 0; item < after.length; item++) after[item] &= before[item];
  for (const item of [...from.first, ...to.last]) after[item] = 1;
  return after;
}

/** Where what comes before a selection ends, and where what comes after begins. @typedef {{first: number[], last: number[]}} Ends */

/** @param {Index} index @param {Selection} selection @returns {Ends | null} */
function endsOf({ scene, find }, selection) {
  const { item, net } = find(selection);
  if (net !== NONE) {
    return { first: [scene.netSource[net]], last: [...scene.netTargets.subarray(scene.netStarts[net], scene.netStarts[net + 1])] };
  }
  if (item === NONE) return null;
  const items = scene.itemKind[item] === KIND.container ? membersOf(scene, item) : [item];
  return { first: items, last: items };
}

/** All that is in an open group. @param {Scene} scene @param {number} container */
function membersOf({ itemKind, itemParent }, container) {
  const inside = new Uint8Array(itemParent.length);
  inside[container] = 1;
  const members = [];
  for (let item = container + 1; item < inside.length; item++) {
    if (itemParent[item] === NONE || inside[itemParent[item]] === 0) continue;
    inside[item] = 1;
    if (itemKind[item] !== KIND.container) members.push(item);
  }
  return members;
}

/**
 * Marks what can be reached from some items, and those.
 *
 * @param {Scene} scene
 * @param {Links} links
 * @param {number[]} starts
 * @param {'in'|'out'} direction
 * @param {number} hops
 * @param {Uint8Array} marks by item
 */
function spread({ netSource, netStarts, netTargets }, { outStarts, outNets, inStarts, inNets }, starts, direction, hops, marks) {
  const queue = new Uint32Array(marks.length);
  let end = 0;
  const visit = (/** @type {number} */ item) => {
    if (marks[item] === 1) return;
    marks[item] = 1;
    queue[end++] = item;
  };
  starts.forEach(visit);
  for (let at = 0, hop = 0; hop < hops && at < end; hop++) {
    for (const last = end; at < last; at++) {
      const item = queue[at];
      if (direction === 'in') for (let place = inStarts[item]; place < inStarts[item + 1]; place++) visit(netSource[inNets[place]]);
      else for (let place = outStarts[item]; place < outStarts[item + 1]; place++) {
        const net = outNets[place];
        for (let target = netStarts[net]; target < netStarts[net + 1]; target++) visit(netTargets[target]);
      }
    }
  }
}
