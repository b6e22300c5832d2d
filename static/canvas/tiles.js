/**
 * The content of a level of detail, cut into squares: each item, label and stretch of a wire belongs to one square by its centre. What is
 * larger than a square stands alone (items) or is drawn for a window around the view (wires).
 *
 * @module
 */

import { drawBlocks, drawMosaic, drawTitles } from './blocks.js';
import { drawCard, paintAt } from './cards.js';
import { visitNear, visitSquare } from './grid.js';
import { drawLabel } from './labels.js';
import { meet, rectOf } from './rect.js';
import { element } from './svg.js';
import { addChord, addCurves, appendWires, noWires } from './wires.js';

/** @typedef {import('./index.js').Index} Index */
/** @typedef {import('./levels.js').Level} Level */
/** @typedef {import('./rect.js').Rect} Rect */

/**
 * Something drawn: its groups in the sheets of a layer, their origin, their unit in graph px, and where it can be seen.
 * @typedef {{groups: SVGGElement[], x: number, y: number, unit: number, bounds: Rect}} Part
 */

/** The groups that parts are drawn into, from the bottom to the top. @typedef {{wires: SVGGElement, labels: SVGGElement, nodes: SVGGElement}} Sheets */

/** What tiles are drawn from. @typedef {{index: Index, paints: string[], level: Level, tile: number, depth: number, sheets: Sheets}} Plan */

/** Screen px of a square, at least, and of a tessera, at the least scale of their level. */
const TILE = 300;
const TESSERA = 4;
const TESSERAE = 128;
/** The most wires that a square shows from afar, and the whole mosaic. */
const TILE_WIRES = 900;
const MOSAIC_WIRES = 3000;
/** Screen px of the shortest wire that blocks and the mosaic show. */
const BLOCKS_WIRE = 2;
const MOSAIC_WIRE = 24;

/**
 * @param {Index} index
 * @param {string[]} paints
 * @param {Level} level
 * @param {Sheets} sheets
 * @returns {Plan}
 */
export function planTiles(index, paints, level, sheets) {
  if (level.kind === 'mosaic') return { index, paints, level, sheets, tile: (TESSERA * TESSERAE) / level.least, depth: 0 };
  let depth = 0;
  while (index.items.cell * 2 ** depth * level.least < TILE) depth++;
  return { index, paints, level, sheets, tile: index.items.cell * 2 ** depth, depth };
}

/** @param {Plan} plan @param {number} column @param {number} row @returns {Part} */
export function drawTile(plan, column, row) {
  const { index, paints, level, tile, depth, sheets } = plan;
  const [x, y] = [column * tile, row * tile];
  const bounds = { left: x - tile / 2, top: y - tile / 2, right: x + 1.5 * tile, bottom: y + 1.5 * tile };
  const nodes = element('g');
  if (level.kind === 'mosaic') {
    drawMosaic(index, paints, x, y, tile / TESSERAE, TESSERAE, nodes);
    return added(sheets, { nodes }, { x, y, unit: tile / TESSERAE, bounds });
  }
  /** @type {number[]} */
  const items = [];
  visitSquare(index.items, x, y, tile, depth, (item) => items.push(item));
  drawItems(plan, items, x, y, nodes);
  const wires = element('g');
  drawWires(plan, x, y, wires);
  const labels = element('g');
  if (level.kind === 'full') visitSquare(index.labels, x, y, tile, depth, (entry) => drawLabel(index.scene, index.labelNet[entry], x, y, labels));
  return added(sheets, { nodes, wires, labels }, { x, y, unit: 1, bounds });
}

/** Puts groups that hold something into their sheets. @param {Sheets} sheets @param {Partial<Sheets>} groups @param {Omit<Part, 'groups'>} place @returns {Part} */
function added(sheets, groups, place) {
  const filled = [];
  for (const name of /** @type {(keyof Sheets)[]} */ (Object.keys(groups))) {
    const group = groups[name];
    if (!group?.firstChild) continue;
    sheets[name].append(group);
    filled.push(group);
  }
  return { groups: filled, ...place };
}

/** @param {Pick<Plan, 'index'|'paints'|'level'>} plan @param {number[]} items @param {number} x the origin @param {number} y @param {Element} parent */
export function drawItems({ index: { scene }, paints, level }, items, x, y, parent) {
  if (level.kind === 'full') for (const item of items) drawCard(scene, paints[paintAt(scene, item)], item, x, y, parent);
  else if (level.kind === 'titles') drawTitles(scene, paints, items, x, y, level.least, parent);
  else drawBlocks(scene, paints, items, x, y, parent);
}

/** @param {Plan} plan @param {number} x @param {number} y @param {Element} parent */
function drawWires({ index, level, tile, depth }, x, y, parent) {
  const { scene, pieces, pieceFrom, pieceTo, piecePath } = index;
  const wires = noWires();
  if (level.kind === 'blocks') {
    /** @type {number[]} */
    const shown = [];
    visitSquare(pieces, x, y, tile, depth, (piece) => {
      const dx = scene.points[2 * pieceFrom[piece]] - scene.points[2 * pieceTo[piece]];
      const dy = scene.points[2 * pieceFrom[piece] + 1] - scene.points[2 * pieceTo[piece] + 1];
      if ((Math.abs(dx) + Math.abs(dy)) * level.least >= BLOCKS_WIRE) shown.push(piece);
    });
    for (const piece of thinned(shown, TILE_WIRES)) addChord(wires, index, piece, x, y);
  } else {
    visitSquare(pieces, x, y, tile, depth, (piece) => addCurves(wires, index, piecePath[piece], pieceFrom[piece], pieceTo[piece], x, y));
  }
  appendWires(wires, parent);
}

/** At most so many of a list, evenly. @param {number[]} list @param {number} most */
function thinned(list, most) {
  const step = Math.ceil(list.length / most);
  return step > 1 ? list.filter((_, at) => at % step === 0) : list;
}

/**
 * The wires too long for a square, cut to a window.
 *
 * @param {Plan} plan
 * @param {Rect} window
 * @returns {Part}
 */
export function drawLongWires({ index, level, depth, sheets }, window) {
  const { left: x, top: y } = window;
  let from = depth + 1;
  if (level.kind === 'mosaic') {
    from = 0;
    while (index.pieces.cell * 2 ** from * level.least < 2 * MOSAIC_WIRE) from++;
  }
  /** @type {number[]} */
  let shown = [];
  visitNear(index.pieces, x, y, window.right, window.bottom, (piece) => shown.push(piece), from);
  if (level.kind !== 'full') shown = thinned(shown, MOSAIC_WIRES);
  const wires = noWires();
  for (const piece of shown) {
    addCurves(wires, index, index.piecePath[piece], index.pieceFrom[piece], index.pieceTo[piece], x, y, window);
  }
  const group = element('g');
  if (level.kind === 'mosaic' || level.kind === 'blocks') wires.arrows = '';
  appendWires(wires, group);
  return added(sheets, { wires: group }, { x, y, unit: 1, bounds: window });
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
  drawItems(plan, [item], bounds.left, bounds.top, nodes);
  return added(plan.sheets, { nodes }, { x: bounds.left, y: bounds.top, unit: 1, bounds });
}
