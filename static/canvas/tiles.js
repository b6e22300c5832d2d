/**
 * The content of a level of detail, cut into squares: each item, label and stretch of a wire belongs to one square by its centre. What is
 * larger than a square stands alone (items) or is cut (wires).
 *
 * @module
 */

import { drawBlocks, drawMosaic, drawTitles } from './blocks.js';
import { drawCard, paintAt } from './cards.js';
import { visitNear, visitSquare } from './grid.js';
import { drawLabel } from './labels.js';
import { grown, meet, rectOf } from './rect.js';
import { element } from './svg.js';
import { addChord, addCurves, appendWires, noWires } from './wires.js';

/** @import {Point} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Level} from './levels.js' */
/** @import {Rect} from './rect.js' */

/**
 * Something drawn: SVG elements with their content, the corner that it is relative to, and where it can be seen.
 * @typedef {{drawings: {svg: SVGSVGElement, content: SVGGElement}[], corner: Point, bounds: Rect}} Part
 */

/** Where parts are put, from the bottom to the top. @typedef {{wires: HTMLElement, nodes: HTMLElement}} Sheets */

/**
 * How to draw. `tile`: the side of a square; `depth`: the level of the grids whose cells are squares.
 * @typedef {{index: Index, paints: string[], level: Level, sheets: Sheets, tile: number, depth: number}} Plan
 */

/** Screen px of a square and of a tessera, at least, at the least scale of their level, and tesserae in a row of a square. */
const TILE = 300;
const TESSERA = 4;
const TESSERAE = 80;
/**
 * From afar, a square shows so many wires within it and beyond it at most, none shorter than so many screen px, and all of them straight
 * when they are more than so many.
 */
const AFAR = { full: null, titles: null, blocks: { most: 900, shortest: 2, curves: 250 }, mosaic: { most: 250, shortest: 24, curves: 0 } };

/**
 * @param {Index} index
 * @param {string[]} paints
 * @param {Level} level
 * @param {Sheets} sheets
 * @returns {Plan}
 */
export function planTiles(index, paints, level, sheets) {
  const { cell } = index.items;
  const least = (level.kind === 'mosaic' ? TESSERA * TESSERAE : TILE) / level.least;
  const depth = Math.max(0, Math.ceil(Math.log2(least / cell)));
  return { index, paints, level, sheets, tile: cell * 2 ** depth, depth };
}

/** @param {Plan} plan @param {number} column @param {number} row @returns {Part} */
export function drawTile(plan, column, row) {
  const { index, paints, level, tile, depth } = plan;
  const corner = { x: column * tile, y: row * tile };
  const square = { left: corner.x, top: corner.y, right: corner.x + tile, bottom: corner.y + tile };
  const wires = element('g');
  const nodes = element('g');
  drawWires(plan, square, wires);
  if (level.kind === 'mosaic') {
    drawMosaic(index, paints, square, Math.ceil((tile * level.least) / TESSERA), nodes);
  } else {
    /** @type {number[]} */
    const items = [];
    visitSquare(index.items, corner.x, corner.y, tile, depth, (item) => items.push(item));
    drawItems(plan, items, corner, nodes);
  }
  if (level.kind === 'full') {
    visitSquare(index.labels, corner.x, corner.y, tile, depth, (entry) => drawLabel(index.scene, index.labelNet[entry], corner, wires));
  }
  return put(plan, { wires, nodes }, corner, grown(square, tile / 2));
}

/** Puts groups that hold something on the page. @param {Plan} plan @param {Partial<Record<keyof Sheets, SVGGElement>>} groups @param {Point} corner @param {Rect} bounds @returns {Part} */
function put({ sheets }, groups, corner, bounds) {
  const drawings = [];
  for (const sheet of /** @type {(keyof Sheets)[]} */ (Object.keys(groups))) {
    const content = groups[sheet];
    if (!content?.firstChild) continue;
    const svg = element('svg', {}, sheets[sheet]);
    svg.append(content);
    drawings.push({ svg, content });
  }
  return { drawings, corner, bounds };
}

/** @param {Pick<Plan, 'index'|'paints'|'level'>} plan @param {number[]} items @param {Point} origin @param {Element} parent */
export function drawItems({ index: { scene }, paints, level }, items, origin, parent) {
  if (level.kind === 'full') for (const item of items) drawCard(scene, paints[paintAt(scene, item)], item, origin, parent);
  else if (level.kind === 'titles') drawTitles(scene, paints, items, origin, level.least, parent);
  else drawBlocks(scene, paints, items, origin, parent);
}

/**
 * Wires of a square: the pieces that belong to it, and its part of those that are larger.
 *
 * @param {Plan} plan
 * @param {Rect} square
 * @param {Element} parent
 */
function drawWires({ index, level, tile, depth }, square, parent) {
  const { scene, pieces, pieceFrom, pieceTo, piecePath } = index;
  const { points } = scene;
  const origin = { x: square.left, y: square.top };
  const wires = noWires();
  const afar = AFAR[level.kind];
  const shortest = (afar?.shortest ?? 0) / level.least;
  const from = Math.max(0, Math.ceil(Math.log2(shortest / pieces.cell)));
  /** @type {number[]} */
  const small = [];
  visitSquare(pieces, square.left, square.top, tile, depth, (piece) => {
    if (lengthOf(points, pieceFrom[piece], pieceTo[piece]) >= shortest) small.push(piece);
  }, from);
  const straight = afar && small.length > afar.curves;
  for (const piece of afar ? thinned(small, afar.most) : small) {
    if (straight) addChord(wires, index, piece, origin);
    else addCurves(wires, index, piecePath[piece], pieceFrom[piece], pieceTo[piece], origin);
  }
  /** @type {number[]} */
  const large = [];
  visitNear(pieces, square.left, square.top, square.right, square.bottom, (piece) => large.push(piece), depth + 1);
  for (const piece of afar ? thinned(large, afar.most) : large) {
    addCurves(wires, index, piecePath[piece], pieceFrom[piece], pieceTo[piece], origin, square);
  }
  if (afar) wires.arrows = '';
  appendWires(wires, parent);
}

/** @param {Float64Array} points @param {number} from @param {number} to */
const lengthOf = (points, from, to) => Math.abs(points[2 * from] - points[2 * to]) + Math.abs(points[2 * from + 1] - points[2 * to + 1]);

/** At most so many of a list, evenly. @param {number[]} list @param {number} most */
function thinned(list, most) {
  const step = Math.ceil(list.length / most);
  return step > 1 ? list.filter((_, at) => at % step === 0) : list;
}

/**
 * The items too large for a square that may be seen in a window.
 *
 * @param {Plan} plan
 * @param {Rect} window
 */
export function largeItems({ index, level, depth }, window) {
  /** @type {number[]} */
  const large = [];
  if (level.kind === 'mosaic') return large;
  const { rects } = index.scene;
  visitNear(index.items, window.left, window.top, window.right, window.bottom, (item) => {
    if (meet(rectOf(rects, item), window)) large.push(item);
  }, depth + 1);
  return large;
}

/** @param {Plan} plan @param {number} item @returns {Part} */
export function drawLargeItem(plan, item) {
  const bounds = rectOf(plan.index.scene.rects, item);
  const nodes = element('g');
  const corner = { x: bounds.left, y: bounds.top };
  drawItems(plan, [item], corner, nodes);
  return put(plan, { nodes }, corner, bounds);
}
