/**
 * Rectangles of the graph.
 *
 * @module
 */

/** @typedef {{left: number, top: number, right: number, bottom: number}} Rect */
/** @import {Size, View} from './camera.js' */

/** What can be seen from a view. @param {View} view @param {Size} host @returns {Rect} */
export const seenFrom = ({ x, y, scale }, host) => ({ left: x, top: y, right: x + host.width / scale, bottom: y + host.height / scale });

/** @param {Rect} rect @param {number} by @returns {Rect} */
export const grown = ({ left, top, right, bottom }, by) => ({ left: left - by, top: top - by, right: right + by, bottom: bottom + by });

/** @param {Rect} a @param {Rect} b */
export const meet = (a, b) => a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;

/** @param {Rect} outer @param {Rect} inner */
export const holds = (outer, inner) =>
  inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;

/** Each point is in one of several adjacent rectangles. @param {Rect} rect @param {number} x @param {number} y */
export const contains = ({ left, top, right, bottom }, x, y) => x >= left && x < right && y >= top && y < bottom;

/** The rectangle of an item. @param {Float64Array} rects @param {number} item @returns {Rect} */
export const rectOf = (rects, item) => ({
  left: rects[4 * item],
  top: rects[4 * item + 1],
  right: rects[4 * item] + rects[4 * item + 2],
  bottom: rects[4 * item + 1] + rects[4 * item + 3],
});
