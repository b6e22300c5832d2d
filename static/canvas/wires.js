/**
 * Edges as path data. Stretches of many paths share one element per style, relative to an origin near by.
 *
 * @module
 */

import { NONE, STYLE } from './codes.js';
import { contains } from './rect.js';
import { path, tenth } from './svg.js';

/** @import {Point} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Rect} from './rect.js' */
/** @typedef {[number, number, number, number, number, number, number, number]} Curve */

/** Length of an arrowhead, half its width, and how far the line reaches into it, in graph px. */
const ARROW = { length: 7, half: 3.5, overlap: 1.5 };
const DEPTH = 24;

/** Path data by style of net, and of the arrowheads. @typedef {{styles: [string, string, string, string, string], arrows: string}} Wires */

/** @returns {Wires} */
export const noWires = () => ({ styles: ['', '', '', '', ''], arrows: '' });

/** @param {Wires} wires @param {Element} parent */
export function appendWires({ styles, arrows }, parent) {
  ['wire', 'wire tree', 'wire inferred', 'wire stub', 'wire control'].forEach((name, style) => path(styles[style], name, parent));
  path(arrows, 'arrow', parent);
}

/**
 * Adds some curves of a path, with an arrowhead where it ends at an item.
 *
 * @param {Wires} wires
 * @param {Index} index
 * @param {number} which the path
 * @param {number} from the point to start at
 * @param {number} to the point to end at
 * @param {Point} origin
 * @param {Rect} [square] to cut them to
 */
export function addCurves(wires, { scene }, which, from, to, origin, square) {
  const { points, pathStarts, pathTarget, pathNet, netStyle } = scene;
  const { x, y } = origin;
  const style = netStyle[pathNet[which]];
  const arrow = style !== STYLE.tree && pathTarget[which] !== NONE && to === pathStarts[which + 1] - 1;
  let endX = points[2 * to];
  let endY = points[2 * to + 1];
  if (arrow) {
    const head = arrowhead(points, to);
    if (!square || contains(square, endX, endY)) wires.arrows += `M${tenth(endX - x)} ${tenth(endY - y)}l${head.left}l${head.right}z`;
    // Also where the tip is in another square: the whole curve follows its end.
    endX = head.x;
    endY = head.y;
  }
  let data = '';
  for (let at = from; at < to; at += 3) {
    const curve = curveAt(points, at);
    if (at + 3 === to) [curve[6], curve[7]] = [endX, endY];
    if (square) cut(curve, square, (part) => (data += start(part, x, y) + onward(part, x, y)));
    else data += (at === from ? start(curve, x, y) : '') + onward(curve, x, y);
  }
  wires.styles[style] += data;
}

/**
 * Adds a straight line from a point of a path on.
 *
 * @param {Wires} wires
 * @param {Index} index
 * @param {number} which the path
 * @param {number} from the point to start at
 * @param {Point} to
 * @param {Point} origin
 * @param {Rect} [square] to cut it to
 */
export function addLine(wires, { scene: { points, pathNet, netStyle } }, which, from, to, { x, y }, square) {
  const [ax, ay] = [points[2 * from], points[2 * from + 1]];
  const emit = (/** @type {Curve} */ part) => (wires.styles[netStyle[pathNet[which]]] += start(part, x, y) + onward(part, x, y));
  /** @type {Curve} */
  const line = [ax, ay, (2 * ax + to.x) / 3, (2 * ay + to.y) / 3, (ax + 2 * to.x) / 3, (ay + 2 * to.y) / 3, to.x, to.y];
  if (square) cut(line, square, emit);
  else emit(line);
}

/** How far the ends of an edge without a path go straight on, in graph px. */
const BEND = { least: 30, most: 400 };

/**
 * Adds an edge that has no path.
 *
 * @param {Wires} wires
 * @param {Point} from
 * @param {Point} to
 * @param {boolean} down the direction of flow
 * @param {Point} origin
 * @param {Rect} square to cut it to
 */
export function addEdge(wires, from, to, down, { x, y }, square) {
  const way = Math.abs(down ? to.y - from.y : to.x - from.x);
  const bend = Math.min(BEND.most, Math.max(BEND.least, way / 2));
  const [dx, dy] = down ? [0, bend] : [bend, 0];
  cut([from.x, from.y, from.x + dx, from.y + dy, to.x - dx, to.y - dy, to.x, to.y], square, (part) => {
    wires.styles[STYLE.stub] += start(part, x, y) + onward(part, x, y);
  });
}

/**
 * Adds the straight line between the ends of a stretch: enough from afar.
 *
 * @param {Wires} wires
 * @param {Index} index
 * @param {number} which the path
 * @param {{from: number, to: number, tip: Point | null}} stretch its points; `tip`: where it ends instead
 * @param {Point} origin
 */
export function addChord(wires, { scene: { points, pathNet, netStyle } }, which, { from, to, tip }, { x, y }) {
  const end = tip ?? { x: points[2 * to], y: points[2 * to + 1] };
  const line = `M${Math.round(points[2 * from] - x)} ${Math.round(points[2 * from + 1] - y)}L${Math.round(end.x - x)} ${Math.round(end.y - y)}`;
  wires.styles[netStyle[pathNet[which]]] += line;
}

/**
 * Where the line ends below an arrowhead, and the ways from the tip to one corner and from there to the other.
 *
 * @param {Float64Array} points
 * @param {number} to the tip
 */
function arrowhead(points, to) {
  const tipX = points[2 * to];
  const tipY = points[2 * to + 1];
  let dx = 0;
  let dy = 0;
  for (let back = 1; back <= 3 && Math.hypot(dx, dy) < 1e-3; back++) {
    dx = tipX - points[2 * (to - back)];
    dy = tipY - points[2 * (to - back) + 1];
  }
  const length = Math.hypot(dx, dy) || 1;
  dx /= length;
  dy /= length;
  const below = ARROW.length - ARROW.overlap;
  return {
    x: tipX - dx * below,
    y: tipY - dy * below,
    left: `${tenth(-dx * ARROW.length + dy * ARROW.half)} ${tenth(-dy * ARROW.length - dx * ARROW.half)}`,
    right: `${tenth(-2 * dy * ARROW.half)} ${tenth(2 * dx * ARROW.half)}`,
  };
}

/** A curve of a path. @param {Float64Array} points @param {number} at its first point @returns {Curve} */
export function curveAt(points, at) {
  const i = 2 * at;
  return [points[i], points[i + 1], points[i + 2], points[i + 3], points[i + 4], points[i + 5], points[i + 6], points[i + 7]];
}

/** @param {Curve} curve @param {number} x @param {number} y */
const start = (curve, x, y) => `M${tenth(curve[0] - x)} ${tenth(curve[1] - y)}`;

/** @param {Curve} curve @param {number} x @param {number} y */
const onward = (curve, x, y) =>
  `C${tenth(curve[2] - x)} ${tenth(curve[3] - y)} ${tenth(curve[4] - x)} ${tenth(curve[5] - y)} ${tenth(curve[6] - x)} ${tenth(curve[7] - y)}`;

/**
 * Halves a curve until its parts are at most half as large as a square, and emits those whose centre is in the square. Over all squares,
 * each part is emitted once, and none is so long that its coordinates would lose precision.
 *
 * @param {Curve} curve
 * @param {Rect} square
 * @param {(curve: Curve) => void} emit
 * @param {number} [depth]
 */
export function cut(curve, square, emit, depth = 0) {
  const [ax, ay, bx, by, cx, cy, dx, dy] = curve;
  const left = Math.min(ax, bx, cx, dx);
  const right = Math.max(ax, bx, cx, dx);
  const top = Math.min(ay, by, cy, dy);
  const bottom = Math.max(ay, by, cy, dy);
  if (right < square.left || left >= square.right || bottom < square.top || top >= square.bottom) return;
  const size = (square.right - square.left) / 2;
  if (depth < DEPTH && (right - left > size || bottom - top > size)) {
    for (const half of halves(curve)) cut(half, square, emit, depth + 1);
  } else if (contains(square, (left + right) / 2, (top + bottom) / 2)) {
    emit(curve);
  }
}

/** Halves a curve (de Casteljau). @param {Curve} curve @returns {[Curve, Curve]} */
function halves([ax, ay, bx, by, cx, cy, dx, dy]) {
  const [abx, aby, bcx, bcy, cdx, cdy] = [(ax + bx) / 2, (ay + by) / 2, (bx + cx) / 2, (by + cy) / 2, (cx + dx) / 2, (cy + dy) / 2];
  const [hx, hy, tx, ty] = [(abx + bcx) / 2, (aby + bcy) / 2, (bcx + cdx) / 2, (bcy + cdy) / 2];
  const [mx, my] = [(hx + tx) / 2, (hy + ty) / 2];
  return [[ax, ay, abx, aby, hx, hy, mx, my], [mx, my, tx, ty, cdx, cdy, dx, dy]];
}
