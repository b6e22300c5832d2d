/**
 * A mosaic where even blocks would be too small: tesserae in the colour that covers most of them, the stronger the more of it is covered.
 *
 * @module
 */

import { spotPaintAt } from './cards.js';
import { visitNear } from './grid.js';
import { path } from './svg.js';

/** @import {Index} from './index.js' */
/** @import {Rect} from './rect.js' */

/** The shares of a tessera that items must cover for each of the shades. */
const SHADES = [0.02, 0.12, 0.3];

/**
 * Tesserae and how much each paint covers of them: by row, then column, then paint.
 * @typedef {{columns: number, rows: number, paints: number, cover: Float32Array}} Mosaic
 */

/**
 * @param {Index} index
 * @param {string[]} paints
 * @param {Rect} rect
 * @param {{columns: number, rows: number}} count of tesserae
 * @param {Element} parent its origin is the corner of the rectangle
 * @param {(item: number) => boolean} [test] which items
 */
export function drawMosaic({ scene, items }, paints, rect, { columns, rows }, parent, test = () => true) {
  const { left, top, right, bottom } = rect;
  const [across, down] = [(right - left) / columns, (bottom - top) / rows];
  const mosaic = { columns, rows, paints: paints.length, cover: new Float32Array(columns * rows * paints.length) };
  visitNear(items, left, top, right, bottom, (item) => {
    if (!test(item)) return;
    const at = 4 * item;
    const x = (scene.rects[at] - left) / across;
    const y = (scene.rects[at + 1] - top) / down;
    addCover(mosaic, spotPaintAt(scene, item), x, y, x + scene.rects[at + 2] / across, y + scene.rects[at + 3] / down);
  });
  // A drawing narrower than a tessera covers little of it, which is no reason to draw it faintly.
  const room = Math.min(1, scene.width / across) * Math.min(1, scene.height / down);
  const data = shade(mosaic, room, across, down);
  data.forEach((d, at) => path(d, `block ${paints[at % paints.length]} shade-${Math.floor(at / paints.length)}`, parent));
}

/**
 * Adds how much of each tessera a rectangle covers.
 *
 * @param {Mosaic} mosaic
 * @param {number} paint
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 */
function addCover({ columns, rows, paints, cover }, paint, left, top, right, bottom) {
  const lastRow = Math.min(rows, Math.ceil(bottom));
  const lastColumn = Math.min(columns, Math.ceil(right));
  for (let row = Math.max(0, Math.floor(top)); row < lastRow; row++) {
    const tall = Math.min(bottom, row + 1) - Math.max(top, row);
    for (let column = Math.max(0, Math.floor(left)); column < lastColumn; column++) {
      const wide = Math.min(right, column + 1) - Math.max(left, column);
      cover[(row * columns + column) * paints + paint] += tall * wide;
    }
  }
}

/**
 * Path data by shade, then paint; runs of equal tesserae are one rectangle.
 *
 * @param {Mosaic} mosaic
 * @param {number} room the most that can be covered of a tessera
 * @param {number} across width of a tessera
 * @param {number} down its height
 */
function shade(mosaic, room, across, down) {
  const { columns, rows, paints } = mosaic;
  /** @type {string[]} */
  const data = new Array(paints * SHADES.length).fill('');
  for (let row = 0; row < rows; row++) {
    let open = -1;
    let from = 0;
    for (let column = 0; column <= columns; column++) {
      const next = column < columns ? tessera(mosaic, (row * columns + column) * paints, room) : -1;
      if (next === open) continue;
      if (open >= 0) {
        const [left, right] = [Math.round(from * across), Math.round(column * across)];
        data[open] += `M${left} ${Math.round(row * down)}H${right}V${Math.round((row + 1) * down)}H${left}z`;
      }
      open = next;
      from = column;
    }
  }
  return data;
}

/** Which shade and paint a tessera gets, -1 for none. @param {Mosaic} mosaic @param {number} at @param {number} room */
function tessera({ cover, paints }, at, room) {
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
