/**
 * Nets whose edges would clutter the drawing: their ends are named by tags, and their edges drawn only when asked for.
 *
 * @module
 */

import { NONE, STYLE, titleOf } from './codes.js';
import { buildGrid, visitNear, visitSquare } from './grid.js';
import { contains, rectOf } from './rect.js';
import { element, tenth, text } from './svg.js';
import { fitted, widthOf } from './type.js';

/** @import {Scene} from '../types.js' */
/** @import {Point} from './camera.js' */
/** @import {Grid} from './grid.js' */
/** @import {Rect} from './rect.js' */

/** A tag: its height and distance to the next, its font, the room beside the text, how wide it may be, and how far it is from its item. */
const TAG = { height: 14, next: 16, font: 10, beside: 8, most: 150, gap: 3 };

/**
 * The tags of a scene. An item may have several; `place` counts them.
 *
 * @typedef {object} Stubs
 * @property {Grid} grid by a corner of each tag
 * @property {Uint32Array} net
 * @property {Uint32Array} item where the tag is
 * @property {Uint8Array} source whether it is where the net starts
 * @property {Float64Array} at x, y of the middle of the left side; of the middle of all where the net starts and nothing else does
 * @property {Uint8Array} centred
 */

/** @param {Scene} scene @param {{width: number, height: number, cell: number}} extent @returns {Stubs} */
export function indexStubs(scene, extent) {
  const { netSource, netStyle, netStarts, netTargets } = scene;
  /** @type {number[]} */
  const nets = [];
  for (let net = netStyle.indexOf(STYLE.stub); net >= 0; net = netStyle.indexOf(STYLE.stub, net + 1)) nets.push(net);
  const count = nets.reduce((sum, net) => sum + 1 + netStarts[net + 1] - netStarts[net], 0);
  const stubs = {
    net: new Uint32Array(count), item: new Uint32Array(count), source: new Uint8Array(count), at: new Float64Array(2 * count), centred: new Uint8Array(count),
  };
  const busy = nets.length ? sourcesOf(scene, new Set(nets.map((net) => netSource[net]))) : new Set();
  /** @type {Map<number, number>} */
  const below = new Map();
  /** @type {Map<number, number>} */
  const above = new Map();
  let tag = 0;
  const add = (/** @type {number} */ net, /** @type {number} */ item, /** @type {boolean} */ source) => {
    const places = source ? below : above;
    const place = places.get(item) ?? 0;
    places.set(item, place + 1);
    stubs.net[tag] = net;
    stubs.item[tag] = item;
    stubs.source[tag] = Number(source);
    stubs.centred[tag] = Number(source && !busy.has(item) && scene.direction === 'down');
    const { x, y } = placeOf(scene, item, source, place, busy.has(item));
    stubs.at[2 * tag] = x;
    stubs.at[2 * tag + 1] = y;
    tag++;
  };
  for (const net of nets) {
    add(net, netSource[net], true);
    for (let target = netStarts[net]; target < netStarts[net + 1]; target++) add(net, netTargets[target], false);
  }
  const grid = buildGrid(Uint32Array.from(stubs.net.keys()), (each, bounds) => {
    bounds[0] = bounds[2] = stubs.at[2 * each];
    bounds[1] = bounds[3] = stubs.at[2 * each + 1];
  }, extent);
  return { ...stubs, grid };
}

/** Which of some items have wires that start there. @param {Scene} scene @param {Set<number>} items */
function sourcesOf({ netSource, netStyle }, items) {
  const found = new Set();
  for (let net = 0; net < netSource.length; net++) if (netStyle[net] !== STYLE.stub && items.has(netSource[net])) found.add(netSource[net]);
  return found;
}

/** @param {Scene} scene @param {number} item @param {boolean} source @param {number} place @param {boolean} busy whether wires start there as well @returns {Point} */
function placeOf({ rects, direction }, item, source, place, busy) {
  const { left, top, right, bottom } = rectOf(rects, item);
  const along = TAG.gap + TAG.height / 2 + place * TAG.next;
  if (!source) return { x: left, y: top - along };
  if (direction === 'right') return { x: right + TAG.gap, y: (top + bottom) / 2 + (busy ? along : place * TAG.next) };
  return { x: (left + right) / 2 + (busy ? TAG.beside : 0), y: bottom + along };
}

/** What a tag says. @param {Scene} scene @param {number} net */
function nameOf(scene, net) {
  const { texts, netLabel, netSource } = scene;
  return fitted(netLabel[net] === NONE ? titleOf(scene, netSource[net]) : texts[netLabel[net]], TAG.font, TAG.most - TAG.beside);
}

/** @param {Scene} scene @param {Stubs} stubs @param {number} tag @returns {Rect} */
export function tagRect(scene, { net, at, centred }, tag) {
  const width = widthOf(`↳ ${nameOf(scene, net[tag])}`) * TAG.font + TAG.beside;
  const left = at[2 * tag] - (centred[tag] ? width / 2 : 0);
  const top = at[2 * tag + 1] - TAG.height / 2;
  return { left, top, right: left + width, bottom: top + TAG.height };
}

/**
 * Draws the tags of a square.
 *
 * @param {Scene} scene
 * @param {Stubs} stubs
 * @param {Rect} square
 * @param {number} depth the level of the grid whose cells are squares
 * @param {(net: number) => boolean} test which nets
 * @param {Element} parent its origin is the corner of the square
 */
export function drawTags(scene, stubs, square, depth, test, parent) {
  visitSquare(stubs.grid, square.left, square.top, square.right - square.left, depth, (tag) => {
    const net = stubs.net[tag];
    if (!test(net)) return;
    const { left, top, right, bottom } = tagRect(scene, stubs, tag);
    const [x, y] = [tenth(left - square.left), tenth(top - square.top)];
    const group = element('g', { class: 'tag', 'data-net': net }, parent);
    element('rect', { class: 'body', x, y, width: tenth(right - left), height: bottom - top, rx: 3 }, group);
    text(`↳ ${nameOf(scene, net)}`, { x: tenth(x + TAG.beside / 2), y: tenth(y + TAG.height / 2) }, group);
  });
}

/** The tag at a point, or `NONE`. @param {Scene} scene @param {Stubs} stubs @param {number} x @param {number} y */
export function tagAt(scene, stubs, x, y) {
  let found = NONE;
  visitNear(stubs.grid, x - TAG.most, y - TAG.height, x + TAG.most, y + TAG.height, (tag) => {
    if (contains(tagRect(scene, stubs, tag), x, y)) found = tag;
  });
  return found;
}

/**
 * The ends of edges of a net: from the tag where it starts to those where it ends, those to be seen first.
 *
 * @param {Scene} scene
 * @param {Stubs} stubs
 * @param {number} net
 * @param {Rect} window
 * @param {number} most
 * @param {number} [item] the only item where they are to end
 * @returns {{from: Point, to: Point}[]}
 */
export function edgesOf(scene, stubs, net, window, most, item = NONE) {
  const first = stubs.net.indexOf(net);
  const source = tagRect(scene, stubs, first);
  const down = scene.direction === 'down';
  const from = down ? { x: (source.left + source.right) / 2, y: source.bottom } : { x: source.right, y: (source.top + source.bottom) / 2 };
  /** @type {{from: Point, to: Point}[]} */
  const near = [];
  /** @type {{from: Point, to: Point}[]} */
  const far = [];
  for (let tag = first + 1; stubs.net[tag] === net; tag++) {
    if (item !== NONE && stubs.item[tag] !== item) continue;
    const { left, top, bottom } = tagRect(scene, stubs, tag);
    const to = down ? { x: left + TAG.beside, y: top } : { x: left, y: (top + bottom) / 2 };
    if (contains(window, to.x, to.y)) near.push({ from, to });
    else if (far.length < most) far.push({ from, to });
  }
  return [...near, ...far].slice(0, most);
}
