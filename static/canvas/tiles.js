/**
 * The content of a level of detail, cut into squares: each item, label and stretch of a wire belongs to one square by its centre. What is
 * larger than a square stands alone (items) or is cut (wires).
 *
 * @module
 */

import { drawBlocks, drawTitles } from './blocks.js';
import { drawCard } from './cards.js';
import { drawGrounds, drawNames, naming } from './containers.js';
import { visitNear, visitSquare } from './grid.js';
import { stretchOf } from './isolation.js';
import { drawLabel } from './labels.js';
import { drawMosaic } from './mosaic.js';
import { grown, meet, rectOf } from './rect.js';
import { drawTags } from './stubs.js';
import { element } from './svg.js';
import { addChord, addCurves, addLine, appendWires, noWires } from './wires.js';

/** @import {Point} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Isolated} from './isolation.js' */
/** @import {Level} from './levels.js' */
/** @import {Rect} from './rect.js' */
/** @import {Wires} from './wires.js' */

/**
 * Something drawn: SVG elements with their content, the corner that it is relative to, and where it can be seen.
 * @typedef {{drawings: {svg: SVGSVGElement, content: SVGGElement}[], corner: Point, bounds: Rect}} Part
 */

/** Where parts are put, from the bottom to the top. @typedef {{grounds: HTMLElement, wires: HTMLElement, nodes: HTMLElement}} Sheets */

/**
 * How to draw. `tile`: the side of a square; `depth`: the level of the grids whose cells are squares; `named`: which open groups have a title
 * from afar; `isolated`: what is not to be dimmed.
 *
 * @typedef {object} Plan
 * @property {Index} index
 * @property {string[]} paints
 * @property {Level} level
 * @property {Sheets} sheets
 * @property {number} tile
 * @property {number} depth
 * @property {(item: number) => boolean} named
 * @property {Isolated | null} isolated
 */

/**
 * What is drawn together: everything, or what is dimmed, or what is not.
 * @typedef {{item: (item: number) => boolean, net: (net: number) => boolean, stretch: (path: number, from: number, to: number) => Stretch, dim: boolean}} Pass
 * @typedef {ReturnType<typeof stretchOf>} Stretch
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
 * @param {Isolated | null} isolated
 * @returns {Plan}
 */
export function planTiles(index, paints, level, sheets, isolated) {
  const { cell } = index.items;
  const least = (level.kind === 'mosaic' ? TESSERA * TESSERAE : TILE) / level.least;
  const depth = Math.max(0, Math.ceil(Math.log2(least / cell)));
  return { index, paints, level, sheets, tile: cell * 2 ** depth, depth, named: naming(index.scene, level), isolated };
}

/** @param {Isolated | null} isolated @returns {Pass[]} from the bottom to the top */
function passesOf(isolated) {
  const all = () => true;
  if (!isolated) return [{ item: all, net: all, stretch: (_, from, to) => ({ from, to, tip: null }), dim: false }];
  const { items, nets } = isolated;
  return [true, false].map((dim) => ({
    item: (item) => (items[item] === 0) === dim,
    net: (net) => (nets[net] === 0) === dim,
    stretch: (path, from, to) => stretchOf(isolated, dim, path, from, to),
    dim,
  }));
}

/** @param {Plan} plan @param {number} column @param {number} row @returns {Part} */
export function drawTile(plan, column, row) {
  const { tile } = plan;
  const corner = { x: column * tile, y: row * tile };
  const square = { left: corner.x, top: corner.y, right: corner.x + tile, bottom: corner.y + tile };
  const [grounds, wires, nodes] = [element('g'), element('g'), element('g')];
  drawGrounds(plan, square, grounds);
  for (const pass of passesOf(plan.isolated)) {
    const within = (/** @type {Element} */ group) => (pass.dim ? element('g', { class: 'dim' }, group) : group);
    const [lower, upper] = [within(wires), within(nodes)];
    drawWires(plan, square, lower, pass);
    // A title may reach into the next square, whose grounds would hide it if it were among them.
    if (plan.level.kind === 'full') drawNames(plan, square, lower, pass.item);
    drawContent(plan, square, upper, pass);
    if (plan.level.kind !== 'full') drawNames(plan, square, upper, pass.item);
  }
  return put(plan, { grounds, wires, nodes }, corner, grown(square, tile / 2));
}

/** The items of a square. @param {Plan} plan @param {Rect} square @param {Element} parent @param {Pass} pass */
function drawContent(plan, square, parent, { item: test, net }) {
  const { index, paints, level, tile, depth } = plan;
  if (level.kind === 'mosaic') {
    const count = Math.ceil((tile * level.least) / TESSERA);
    drawMosaic(index, paints, square, { columns: count, rows: count }, parent, test);
    return;
  }
  /** @type {number[]} */
  const items = [];
  visitSquare(index.items, square.left, square.top, tile, depth, (item) => void (test(item) && items.push(item)));
  drawItems(plan, items, { x: square.left, y: square.top }, parent);
  if (level.kind === 'full') drawTags(index.scene, index.stubs, square, depth, net, parent);
}

/** Puts groups that hold something on the page. @param {Plan} plan @param {Partial<Record<keyof Sheets, SVGGElement>>} groups @param {Point} corner @param {Rect} bounds @returns {Part} */
function put({ sheets }, groups, corner, bounds) {
  const drawings = [];
  for (const sheet of /** @type {(keyof Sheets)[]} */ (Object.keys(groups))) {
    const content = groups[sheet];
    if (!content?.querySelector(':not(g)')) continue;
    const svg = element('svg', {}, sheets[sheet]);
    svg.append(content);
    drawings.push({ svg, content });
  }
  return { drawings, corner, bounds };
}

/** @param {Pick<Plan, 'index'|'paints'|'level'>} plan @param {number[]} items @param {Point} origin @param {Element} parent */
export function drawItems({ index: { scene }, paints, level }, items, origin, parent) {
  if (level.kind === 'full') for (const item of items) drawCard(scene, paints, item, origin, parent);
  else if (level.kind === 'titles') drawTitles(scene, paints, items, origin, level.least, parent);
  else drawBlocks(scene, paints, items, origin, parent);
}

/**
 * Wires of a square with their labels: the pieces that belong to it, and its part of those that are larger.
 *
 * @param {Plan} plan
 * @param {Rect} square
 * @param {Element} parent
 * @param {Pass} pass
 */
function drawWires({ index, level, tile, depth }, square, parent, { stretch, net }) {
  const { scene, pieces, pieceFrom, pieceTo, piecePath } = index;
  const { points } = scene;
  const origin = { x: square.left, y: square.top };
  const wires = noWires();
  const afar = AFAR[level.kind];
  const shortest = (afar?.shortest ?? 0) / level.least;
  const from = Math.max(0, Math.ceil(Math.log2(shortest / pieces.cell)));
  const part = (/** @type {number} */ piece) => stretch(piecePath[piece], pieceFrom[piece], pieceTo[piece]);
  /** @type {number[]} */
  const small = [];
  visitSquare(pieces, square.left, square.top, tile, depth, (piece) => {
    if (lengthOf(points, pieceFrom[piece], pieceTo[piece]) >= shortest && part(piece)) small.push(piece);
  }, from);
  const straight = afar && small.length > afar.curves;
  for (const piece of afar ? thinned(small, afar.most) : small) {
    const shown = part(piece);
    if (shown && straight) addChord(wires, index, piecePath[piece], shown, origin);
    else if (shown) addStretch(wires, index, piecePath[piece], shown, origin);
  }
  /** @type {number[]} */
  const large = [];
  visitNear(pieces, square.left, square.top, square.right, square.bottom, (piece) => void (part(piece) && large.push(piece)), depth + 1);
  for (const piece of afar ? thinned(large, afar.most) : large) {
    const shown = part(piece);
    if (shown) addStretch(wires, index, piecePath[piece], shown, origin, square);
  }
  if (afar) wires.arrows = '';
  appendWires(wires, parent);
  if (level.kind !== 'full') return;
  visitSquare(index.labels, square.left, square.top, tile, depth, (each) => void (net(each) && drawLabel(index, each, origin, parent)));
}

/**
 * @param {Wires} wires
 * @param {Index} index
 * @param {number} path
 * @param {{from: number, to: number, tip: Point | null}} stretch
 * @param {Point} origin
 * @param {Rect} [square] to cut it to
 */
function addStretch(wires, index, path, { from, to, tip }, origin, square) {
  if (from < to) addCurves(wires, index, path, from, to, origin, square);
  if (tip) addLine(wires, index, path, to, tip, origin, square);
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
  const nodes = element('g', plan.isolated?.items[item] === 0 ? { class: 'dim' } : {});
  const corner = { x: bounds.left, y: bounds.top };
  drawItems(plan, [item], corner, nodes);
  return put(plan, { nodes }, corner, bounds);
}
