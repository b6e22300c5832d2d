/**
 * What stays where it is on screen when another scene of the same graph is shown: an item, or the group that has taken it in.
 *
 * @module
 */

import { graphPoint } from './camera.js';
import { KIND, NONE } from './codes.js';
import { around, selectionAt } from './index.js';
import { meet, rectOf, seenFrom } from './rect.js';

/** @import {Scene, Selection} from '../types.js' */
/** @import {Point, Size, View} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {StickyTitles} from './sticky.js' */

/** Something with the place of its hold on screen: where flow enters it, or its corner. @typedef {{selection: Selection, at: Point, corner: boolean}} Hold */

/**
 * What to hold on to, the best first: the item, then the groups around it.
 *
 * @param {Index} index
 * @param {View} view
 * @param {Size} host
 * @param {StickyTitles} titles
 * @param {Selection | null} wanted what to hold, if it is in view
 * @returns {Hold[]}
 */
export function holdsOf(index, view, host, titles, wanted) {
  const { scene } = index;
  const found = wanted ? index.find(wanted).item : NONE;
  const seen = found !== NONE && meet(rectOf(scene.rects, found), seenFrom(view, host));
  const item = seen ? found : nearest(scene, graphPoint(view, host.width / 2, host.height / 2));
  if (item === NONE) return [];
  return [item, ...around(scene, item)].flatMap((each) => {
    const selection = selectionAt(scene, { item: each, net: NONE });
    return selection ? [{ selection, ...holdOf(scene, each, view, host, titles) }] : [];
  });
}

/** @param {Scene} scene @param {number} item @param {View} view @param {Size} host @param {StickyTitles} titles */
function holdOf(scene, item, view, host, titles) {
  const chip = titles.placeOf(item);
  if (chip) return { at: { x: chip.x, y: chip.y }, corner: true };
  const { x, y } = entry(scene, item);
  const at = { x: (x - view.x) * view.scale, y: (y - view.y) * view.scale };
  // Where a group is larger than the screen, its entry may be far away.
  if (scene.itemKind[item] === KIND.container && meet(rectOf(scene.rects, item), seenFrom(view, host))) {
    at.x = Math.min(host.width, Math.max(0, at.x));
    at.y = Math.min(host.height, Math.max(0, at.y));
  }
  return { at, corner: false };
}

/** Where flow enters an item. @param {Scene} scene @param {number} item @returns {Point} */
function entry({ rects, direction }, item) {
  const { left, top, right, bottom } = rectOf(rects, item);
  return direction === 'down' ? { x: (left + right) / 2, y: top } : { x: left, y: (top + bottom) / 2 };
}

/**
 * The view of a scene in which the first of what was held that it has is where it was.
 *
 * @param {Index} index
 * @param {Hold[]} holds
 * @param {number} scale
 * @returns {View | null}
 */
export function heldView({ scene, find }, holds, scale) {
  for (const { selection, at, corner } of holds) {
    const { item } = find(selection);
    if (item === NONE) continue;
    const { left, top } = rectOf(scene.rects, item);
    const point = corner ? { x: left, y: top } : entry(scene, item);
    return { x: point.x - at.x / scale, y: point.y - at.y / scale, scale };
  }
  return null;
}

/** The item nearest to a point; open groups are everywhere. @param {Scene} scene @param {Point} point */
function nearest({ rects, itemKind }, point) {
  let found = NONE;
  let least = Infinity;
  for (let item = 0; item < itemKind.length; item++) {
    if (itemKind[item] === KIND.container) continue;
    const { left, top, right, bottom } = rectOf(rects, item);
    const distance = Math.hypot((left + right) / 2 - point.x, (top + bottom) / 2 - point.y);
    if (distance < least) [least, found] = [distance, item];
  }
  return found;
}

/** How far within its sides a group is held by the pointer, in screen px. */
const GRIP = 6;

/**
 * How far to move a view, in graph px, so that an item is under a point of the screen.
 *
 * @param {Scene} scene
 * @param {number} item
 * @param {View} view
 * @param {Point} at
 * @returns {Point}
 */
export function nudge({ rects }, item, view, at) {
  const { left, top, right, bottom } = rectOf(rects, item);
  const point = graphPoint(view, at.x, at.y);
  const grip = Math.min(GRIP / view.scale, (right - left) / 2, (bottom - top) / 2);
  const within = (/** @type {number} */ value, /** @type {number} */ least, /** @type {number} */ most) => Math.min(most - grip, Math.max(least + grip, value));
  return { x: within(point.x, left, right) - point.x, y: within(point.y, top, bottom) - point.y };
}
