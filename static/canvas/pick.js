/**
 * What is under a point, from geometry alone: nothing on the page exists only to be hit.
 *
 * @module
 */

import { ENTER } from './cards.js';
import { visitNear } from './grid.js';
import { FLAG, NONE } from './index.js';
import { curveAt } from './wires.js';

/** @import {Index} from './index.js' */
/** @import {Curve} from './wires.js' */

/** Steps along a curve to find the nearest, and then to come closer. */
const STEPS = 16;
const REFINEMENTS = 14;

/** An item or a net, and whether the point is on the item's mark to enter it. @typedef {{item: number, net: number, enter: boolean}} Pick */

/**
 * @param {Index} index
 * @param {number} x
 * @param {number} y
 * @param {number} reach how far off a wire may be, in graph px
 * @returns {Pick | null}
 */
export function pick(index, x, y, reach) {
  const found = pickItem(index, x, y);
  if (found) return { ...found, net: NONE };
  const net = pickNet(index, x, y, reach);
  return net === NONE ? null : { item: NONE, net, enter: false };
}

/** @param {Index} index @param {number} x @param {number} y */
function pickItem({ items, scene }, x, y) {
  const { rects, itemFlags, metrics } = scene;
  /** @type {{item: number, enter: boolean} | null} */
  let found = null;
  visitNear(items, x - ENTER, y - ENTER, x + ENTER, y + ENTER, (item) => {
    const right = rects[4 * item] + rects[4 * item + 2];
    const top = rects[4 * item + 1];
    const middle = top + Math.min(metrics.header, rects[4 * item + 3]) / 2;
    const enter = (itemFlags[item] & FLAG.enter) !== 0 && Math.abs(x - right) <= ENTER && Math.abs(y - middle) <= ENTER;
    const inside = x >= rects[4 * item] && x <= right && y >= top && y <= top + rects[4 * item + 3];
    if (enter || (inside && !found?.enter)) found = { item, enter };
  });
  return /** @type {{item: number, enter: boolean} | null} */ (found);
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
