/**
 * What is under a point, from geometry alone: nothing on the page exists only to be hit.
 *
 * @module
 */

import { ENTER, markOf, toggles } from './cards.js';
import { FLAG, NONE } from './codes.js';
import { TOGGLE, nameRect, titleBar } from './containers.js';
import { visitNear } from './grid.js';
import { contains, rectOf } from './rect.js';
import { tagAt } from './stubs.js';
import { curveAt } from './wires.js';

/** @import {Index} from './index.js' */
/** @import {Plan} from './tiles.js' */
/** @import {Curve} from './wires.js' */

/** Steps along a curve to find the nearest, and then to come closer. */
const STEPS = 16;
const REFINEMENTS = 14;

/**
 * An item or a net, and which part of it: the mark that enters it, the one that opens or closes it, the tag where a net starts or where it ends,
 * or anything else.
 * @typedef {{item: number, net: number, part: 'body'|'enter'|'toggle'|'source'|'target'}} Pick
 */

/**
 * @param {Plan} plan what is drawn
 * @param {number} x
 * @param {number} y
 * @param {{scale: number, reach: number}} view its scale, and how far off a wire may be, in graph px
 * @returns {Pick | null}
 */
export function pick({ index, level, named }, x, y, { scale, reach }) {
  const crowd = level.kind === 'mosaic';
  const found = (crowd ? null : pickItem(index, x, y, level.kind === 'full')) ?? pickTitle(index, level.kind === 'full' ? null : named, x, y, scale);
  if (found || crowd) return found;
  const tag = level.kind === 'full' ? tagAt(index.scene, index.stubs, x, y) : NONE;
  if (tag !== NONE) return { item: NONE, net: index.stubs.net[tag], part: index.stubs.source[tag] ? 'source' : 'target' };
  const net = pickNet(index, x, y, reach);
  return net === NONE ? null : { item: NONE, net, part: 'body' };
}

/** @param {Index} index @param {number} x @param {number} y @param {boolean} marks whether they are drawn @returns {Pick | null} */
function pickItem({ items, scene }, x, y, marks) {
  const { rects, itemFlags, metrics } = scene;
  /** @type {Pick | null} */
  let found = null;
  const within = (/** @type {number} */ middle, /** @type {number} */ center, /** @type {number} */ reach) =>
    marks && Math.abs(x - middle) <= reach && Math.abs(y - center) <= reach;
  visitNear(items, x - ENTER, y - ENTER, x + ENTER, y + ENTER, (item) => {
    const { left, top, right, bottom } = rectOf(rects, item);
    const middle = top + Math.min(metrics.header, bottom - top) / 2;
    const enter = (itemFlags[item] & FLAG.enter) !== 0 && within(right, middle, ENTER);
    const toggle = toggles(scene, item) && within(right - markOf(metrics), middle, TOGGLE.reach);
    const inside = x >= left && x <= right && y >= top && y <= bottom;
    if (enter || toggle || (inside && found?.part !== 'enter')) found = { item, net: NONE, part: enter ? 'enter' : toggle ? 'toggle' : 'body' };
  });
  return found;
}

/**
 * The innermost open group whose title is at a point.
 *
 * @param {Index} index
 * @param {((item: number) => boolean) | null} named which groups have a title from afar; null close by
 * @param {number} x
 * @param {number} y
 * @param {number} scale
 * @returns {Pick | null}
 */
function pickTitle({ containers, scene }, named, x, y, scale) {
  /** @type {Pick | null} */
  let found = null;
  visitNear(containers, x, y, x, y, (item) => {
    const rect = rectOf(scene.rects, item);
    if (!contains(rect, x, y) || (found && found.item > item)) return;
    if (!named) {
      if (y > rect.top + scene.metrics.header) return;
      found = { item, net: NONE, part: Math.abs(x - titleBar(scene, item).mark) <= TOGGLE.reach ? 'toggle' : 'body' };
    } else if (named(item) && contains(nameRect(scene, item, scale), x, y)) {
      found = { item, net: NONE, part: 'body' };
    }
  });
  return found;
}

/** @param {Index} index @param {number} x @param {number} y @param {number} reach */
function pickNet({ pieces, pieceFrom, pieceTo, piecePath, scene }, x, y, reach) {
  let nearest = NONE;
  let least = reach;
  visitNear(pieces, x - reach, y - reach, x + reach, y + reach, (piece) => {
    const net = scene.pathNet[piecePath[piece]];
    if (scene.netValue[net] === NONE) return;
    for (let at = pieceFrom[piece]; at < pieceTo[piece]; at += 3) {
      const curve = curveAt(scene.points, at);
      if (!near(curve, x, y, least)) continue;
      const distance = distanceTo(curve, x, y);
      if (distance <= least) [least, nearest] = [distance, net];
    }
  });
  return nearest;
}

/** Whether a point is near the hull of a curve. @param {Curve} curve @param {number} x @param {number} y @param {number} reach */
function near([ax, ay, bx, by, cx, cy, dx, dy], x, y, reach) {
  return x >= Math.min(ax, bx, cx, dx) - reach && x <= Math.max(ax, bx, cx, dx) + reach &&
    y >= Math.min(ay, by, cy, dy) - reach && y <= Math.max(ay, by, cy, dy) + reach;
}

/**
 * The distance of a point from a curve: the nearest of some steps, then ever smaller steps around it.
 *
 * @param {Curve} curve
 * @param {number} x
 * @param {number} y
 */
export function distanceTo([ax, ay, bx, by, cx, cy, dx, dy], x, y) {
  const at = (/** @type {number} */ t) => {
    const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
    return Math.hypot(a * ax + b * bx + c * cx + d * dx - x, a * ay + b * by + c * cy + d * dy - y);
  };
  let best = 0;
  let least = Infinity;
  for (let step = 0; step <= STEPS; step++) {
    const distance = at(step / STEPS);
    if (distance < least) [least, best] = [distance, step / STEPS];
  }
  for (let step = 0.5 / STEPS, count = 0; count < REFINEMENTS; step /= 2, count++) {
    for (const t of [Math.max(0, best - step), Math.min(1, best + step)]) {
      const distance = at(t);
      if (distance < least) [least, best] = [distance, t];
    }
  }
  return least;
}
