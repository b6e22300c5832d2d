/**
 * How wide texts are, and making them fit.
 *
 * @module
 */

/** Large, so that rounding by the browser does not count. */
const SIZE = 100;
const FONT = `600 ${SIZE}px system-ui, sans-serif`;
/** Widths that are remembered. */
const MOST = 5000;

/** @type {CanvasRenderingContext2D | null} */
let context = null;
/** @type {Map<string, number>} */
const widths = new Map();

/** How wide a title is at 1 px. @param {string} title */
export function widthOf(title) {
  let width = widths.get(title);
  if (width === undefined) {
    if (widths.size > MOST) widths.clear();
    context ??= document.createElement('canvas').getContext('2d');
    if (context) context.font = FONT;
    // Some hardened browsers refuse a canvas.
    width = context ? context.measureText(title).width / SIZE : title.length * 0.58;
    widths.set(title, width);
  }
  return width;
}

/** A title, cut off where there is no room for it. @param {string} title @param {number} size in px @param {number} room in px */
export function fitted(title, size, room) {
  if (widthOf(title) * size <= room) return title;
  const characters = [...title];
  let [fits, most] = [0, characters.length];
  while (fits < most) {
    const middle = Math.ceil((fits + most) / 2);
    if (widthOf(`${characters.slice(0, middle).join('')}…`) * size <= room) fits = middle;
    else most = middle - 1;
  }
  return fits ? `${characters.slice(0, fits).join('')}…` : '';
}
