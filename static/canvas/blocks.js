/**
 * Items from afar: coloured blocks with or without their title. All that share a colour are one path.
 *
 * @module
 */

import { mixOf, paintAt } from './cards.js';
import { KIND, titleOf } from './codes.js';
import { box, path, tenth, text } from './svg.js';
import { widthOf } from './type.js';

/** @import {Point} from './camera.js' */
/** @import {Scene} from '../types.js' */

/** Titles from afar, in screen px at the least scale of their level: what to aim at, and the least that is worth drawing. */
const TITLE = { aim: 8, least: 5 };
/** How much of the height of a closed group shows its operators. */
const MIX = 0.2;

/**
 * @param {Scene} scene
 * @param {string[]} paints
 * @param {number[]} items
 * @param {Point} origin
 * @param {Element} parent
 */
export function drawBlocks(scene, paints, items, { x, y }, parent) {
  const data = paints.map(() => '');
  for (const item of items) {
    const at = 4 * item;
    data[paintAt(scene, item)] += box(scene.rects[at] - x, scene.rects[at + 1] - y, scene.rects[at + 2], scene.rects[at + 3]);
  }
  data.forEach((d, paint) => path(d, `block ${paints[paint]}`, parent));
  drawMixes(scene, paints, items, { x, y }, parent);
}

/** The operators of closed groups. @param {Scene} scene @param {string[]} paints @param {number[]} items @param {Point} origin @param {Element} parent */
function drawMixes(scene, paints, items, origin, parent) {
  const data = paints.map(() => '');
  for (const item of items) {
    if (scene.mixStarts[item] === scene.mixStarts[item + 1]) continue;
    const [x, y, w, h] = scene.rects.subarray(4 * item, 4 * item + 4);
    const top = y + h * (1 - MIX) - origin.y;
    for (const { paint, from, to } of mixOf(scene, item)) data[paint] += box(x + from * w - origin.x, top, (to - from) * w, h * MIX);
  }
  data.forEach((d, paint) => path(d, `mix ${paints[paint]}`, parent));
}

/**
 * Rounded blocks, with the title in those where it would be readable.
 *
 * @param {Scene} scene
 * @param {string[]} paints
 * @param {number[]} items
 * @param {Point} origin
 * @param {number} scale the least at which it is shown
 * @param {Element} parent
 */
export function drawTitles(scene, paints, items, { x, y }, scale, parent) {
  const data = paints.map(() => '');
  const titles = [];
  for (const item of items) {
    const [left, top, w, h] = scene.rects.subarray(4 * item, 4 * item + 4);
    const paint = paintAt(scene, item);
    const pill = paints[paint] === 'pill';
    const radius = pill ? Math.min(h, scene.metrics.header) / 2 : scene.metrics.radius;
    data[paint] += roundBox(left - x, top - y, w, h, radius);
    const title = titleOf(scene, item);
    const size = tenth(Math.min(TITLE.aim / scale, (w - 4) / widthOf(title), h * 0.8));
    if (size * scale < TITLE.least) continue;
    const costs = scene.itemHeat && paints[paint].startsWith('heat');
    const dark = paint < scene.categories.length;
    const middle = (h * (scene.itemKind[item] === KIND.group ? 1 - MIX : 1)) / 2;
    titles.push({ title, size, x: tenth(left - x + w / 2), y: tenth(top - y + middle), paint: costs ? `far-title ${paints[paint]}` : dark ? 'far-title' : 'far-title plain' });
  }
  data.forEach((d, paint) => path(d, `block ${paints[paint]}`, parent));
  drawMixes(scene, paints, items, { x, y }, parent);
  for (const { title, size, paint, ...at } of titles) text(title, { class: paint, 'font-size': size, ...at }, parent);
}

/** @param {number} x @param {number} y @param {number} w @param {number} h @param {number} r */
function roundBox(x, y, w, h, r) {
  const across = tenth(w - 2 * r);
  const down = tenth(h - 2 * r);
  const corner = (/** @type {number} */ dx, /** @type {number} */ dy) => `a${r} ${r} 0 0 1 ${dx * r} ${dy * r}`;
  return `M${tenth(x + r)} ${tenth(y)}h${across}${corner(1, 1)}v${down}${corner(-1, 1)}h${-across}${corner(-1, -1)}v${-down}${corner(1, -1)}z`;
}
