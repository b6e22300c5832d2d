/**
 * Items from afar: coloured blocks with or without their title, and a mosaic where even blocks would be too small.
 * All that share a colour are one path.
 *
 * @module
 */

import { paintAt } from './cards.js';
import { visitNear } from './grid.js';
import { box, measure, path, tenth, text } from './svg.js';

/** @import {Point} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Rect} from './rect.js' */
/** @import {Scene} from '../types.js' */

/** Titles from afar, in screen px at the least scale of their level: what to aim at, and the least that is worth drawing. */
const TITLE = { aim: 8, least: 5 };
const FONT = '600 100px system-ui, sans-serif';

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
    const title = scene.texts[scene.itemTitle[item]];
    const size = tenth(Math.min(TITLE.aim / scale, (w - 4) / widthOf(title), h * 0.8));
    if (size * scale < TITLE.least) continue;
    const dark = paint < scene.categories.length;
    titles.push({ title, size, x: tenth(left - x + w / 2), y: tenth(top - y + h / 2), paint: dark ? 'far-title' : 'far-title plain' });
  }
  data.forEach((d, paint) => path(d, `block ${paints[paint]}`, parent));
  for (const { title, size, paint, ...at } of titles) text(title, { class: paint, 'font-size': size, ...at }, parent);
}

/** @param {number} x @param {number} y @param {number} w @param {number} h @param {number} r */
function roundBox(x, y, w, h, r) {
  const across = tenth(w - 2 * r);
  const down = tenth(h - 2 * r);
  const corner = (/** @type {number} */ dx, /** @type {number} */ dy) => `a${r} ${r} 0 0 1 ${dx * r} ${dy * r}`;
  return `M${tenth(x + r)} ${tenth(y)}h${across}${corner(1, 1)}v${down}${corner(-1, 1)}h${-across}${corner(-1, -1)}v${-down}${corner(1, -1)}z`;
}

/** @type {Map<string, number>} */
const widths = new Map();

/** How wide a title is at 1 px. @param {string} title */
function widthOf(title) {
  let width = widths.get(title);
  if (width === undefined) {
    if (widths.size > 5000) widths.clear();
    width = measure(title, FONT) / 100;
    widths.set(title, width);
  }
  return width;
}

/** The shares of a tessera that items must cover for each of the shades. */
const SHADES = [0.02, 0.12, 0.3];

/**
 * A mosaic of `count` × `count` tesserae: each in the colour that covers most of it, the stronger the more of it is covered.
 *
 * @param {Index} index
 * @param {string[]} paints
 * @param {Rect} square
 * @param {number} count
 * @param {Element} parent its origin is the corner of the square
 */
export function drawMosaic({ scene, items }, paints, square, count, parent) {
  const { left, top, right, bottom } = square;
  const side = (right - left) / count;
  const cover = new Float32Array(count * count * paints.length);
  visitNear(items, left, top, right, bottom, (item) => {
    const at = 4 * item;
    const x = (scene.rects[at] - left) / side;
    const y = (scene.rects[at + 1] - top) / side;
    addCover(cover, paints.length, count, paintAt(scene, item), x, y, x + scene.rects[at + 2] / side, y + scene.rects[at + 3] / side);
  });
  // A drawing narrower than a tessera covers little of it, which is no reason to draw it faintly.
  const room = Math.min(1, scene.width / side) * Math.min(1, scene.height / side);
  const data = shade(cover, paints.length, count, room, side);
  data.forEach((d, at) => path(d, `block ${paints[at % paints.length]} shade-${Math.floor(at / paints.length)}`, parent));
}

/**
 * Adds how much of each tessera a rectangle covers.
 *
 * @param {Float32Array} cover by tessera, then paint
 * @param {number} paints
 * @param {number} count
 * @param {number} paint
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 */
function addCover(cover, paints, count, paint, left, top, right, bottom) {
  const lastRow = Math.min(count, Math.ceil(bottom));
  const lastColumn = Math.min(count, Math.ceil(right));
  for (let row = Math.max(0, Math.floor(top)); row < lastRow; row++) {
    const tall = Math.min(bottom, row + 1) - Math.max(top, row);
    for (let column = Math.max(0, Math.floor(left)); column < lastColumn; column++) {
      const across = Math.min(right, column + 1) - Math.max(left, column);
      cover[(row * count + column) * paints + paint] += tall * across;
    }
  }
}

/**
 * Path data by shade, then paint; runs of equal tesserae are one rectangle.
 *
 * @param {Float32Array} cover
 * @param {number} paints
 * @param {number} count
 * @param {number} room the most that can be covered of a tessera
 * @param {number} side of a tessera
 */
function shade(cover, paints, count, room, side) {
  /** @type {string[]} */
  const data = new Array(paints * SHADES.length).fill('');
  for (let row = 0; row < count; row++) {
    let open = -1;
    let from = 0;
    for (let column = 0; column <= count; column++) {
      const next = column < count ? tessera(cover, (row * count + column) * paints, paints, room) : -1;
      if (next === open) continue;
      if (open >= 0) {
        const [left, right] = [Math.round(from * side), Math.round(column * side)];
        data[open] += `M${left} ${Math.round(row * side)}H${right}V${Math.round((row + 1) * side)}H${left}z`;
      }
      open = next;
      from = column;
    }
  }
  return data;
}

/** Which shade and paint a tessera gets, -1 for none. @param {Float32Array} cover @param {number} at @param {number} paints @param {number} room */
function tessera(cover, at, paints, room) {
  let most = 0;
  let sum = 0;
  for (let paint = 0; paint < paints; paint++) {
    sum += cover[at + paint];
    if (cover[at + paint] > cover[at + most]) most = paint;
  }
  let strength = SHADES.length - 1;
  while (strength >= 0 && sum < SHADES[strength] * room) strength--;
  return strength < 0 ? -1 : strength * paints + most;
}
