/**
 * What can be asked of a scene: what lies where, which nets meet an item, which paths make up a net, which item a selection means.
 * Built in linear time; what only hover and selection need is built when they first need it.
 *
 * @module
 */

import { buildGrid, distribute } from './grid.js';

/** @import {Scene, Selection} from '../types.js' */
/** @import {Grid} from './grid.js' */

/** No net, item, value or text. */
export const NONE = 0xffffffff;

/** Flags of an item. */
export const FLAG = { note: 1, warning: 2, error: 4, enter: 8, inferred: 16 };

/** Kinds of item. */
export const KIND = { node: 0, input: 1, output: 2, module: 3 };

/** Size of the cells of the grids, in graph px; larger for sparse drawings. */
const CELL = 256;

/**
 * @typedef {object} Index
 * @property {Scene} scene
 * @property {Grid} items
 * @property {Grid} pieces stretches of paths: short runs of curves, or one long curve
 * @property {Uint32Array} pieceFrom the point where each piece starts
 * @property {Uint32Array} pieceTo the point where it ends
 * @property {Uint32Array} piecePath
 * @property {Grid} labels of the nets whose label has room
 * @property {Uint32Array} labelNet
 * @property {(item: number) => {incoming: number[], outgoing: number[]}} netsOf
 * @property {(net: number) => Uint32Array} pathsOf trunks and legs
 * @property {(selection: Selection) => Place} find
 */

/** Where a selection is in the drawing. @typedef {{item: number, net: number}} Place either may be `NONE` */

/** @param {Scene} scene @returns {Index} */
export function indexScene(scene) {
  const { rects, netLabelAt } = scene;
  const area = Math.max(1, scene.width) * Math.max(1, scene.height);
  const count = scene.itemKind.length;
  let cell = CELL;
  while (area / (cell * cell) > 4 * count + 4096) cell *= 2;
  const extent = { width: scene.width, height: scene.height, cell };
  const items = buildGrid(count, (item, bounds) => {
    const at = 4 * item;
    bounds[0] = rects[at];
    bounds[1] = rects[at + 1];
    bounds[2] = rects[at] + rects[at + 2];
    bounds[3] = rects[at + 1] + rects[at + 3];
  }, extent);
  const labelled = withLabel(scene);
  const labels = buildGrid(labelled.length, (entry, bounds) => {
    bounds[0] = bounds[2] = netLabelAt[2 * labelled[entry]];
    bounds[1] = bounds[3] = netLabelAt[2 * labelled[entry] + 1];
  }, extent);
  return {
    scene, items, labels, labelNet: labelled, ...indexPaths(scene, extent),
    netsOf: netsOf(scene), pathsOf: pathsOf(scene), find: finder(scene),
  };
}

/** The nets whose label has room. @param {Scene} scene */
function withLabel({ netLabel, netLabelAt }) {
  const nets = new Uint32Array(netLabel.length);
  let count = 0;
  for (let net = 0; net < netLabel.length; net++) if (netLabel[net] !== NONE && !Number.isNaN(netLabelAt[2 * net])) nets[count++] = net;
  return nets.slice(0, count);
}

/**
 * Cuts paths into pieces no larger than a cell where possible.
 *
 * @param {Scene} scene
 * @param {{width: number, height: number, cell: number}} extent
 */
function indexPaths({ pathStarts, points }, extent) {
  const most = Math.floor(points.length / 6) + 1;
  const from = new Uint32Array(most);
  const to = new Uint32Array(most);
  const path = new Uint32Array(most);
  const boxes = new Float64Array(4 * most);
  let count = 0;
  for (let at = 0; at + 1 < pathStarts.length; at++) {
    const last = pathStarts[at + 1] - 1;
    for (let point = pathStarts[at]; point + 3 <= last; count++) {
      from[count] = point;
      path[count] = at;
      point = grow(points, point, last, extent.cell, boxes, 4 * count);
      to[count] = point;
    }
  }
  const pieces = buildGrid(count, (piece, bounds) => {
    for (let side = 0; side < 4; side++) bounds[side] = boxes[4 * piece + side];
  }, extent);
  return { pieces, pieceFrom: from.slice(0, count), pieceTo: to.slice(0, count), piecePath: path.slice(0, count) };
}

/**
 * Takes curves from a point on for as long as their bounds fit a cell, at least one.
 *
 * @param {Float64Array} points
 * @param {number} point
 * @param {number} last
 * @param {number} cell
 * @param {Float64Array} boxes gets the bounds
 * @param {number} at where
 * @returns {number} the point where they end
 */
function grow(points, point, last, cell, boxes, at) {
  let end = point;
  for (let next = point; next + 3 <= last; next += 3) {
    let left = end > point ? boxes[at] : Infinity;
    let top = end > point ? boxes[at + 1] : Infinity;
    let right = end > point ? boxes[at + 2] : -Infinity;
    let bottom = end > point ? boxes[at + 3] : -Infinity;
    for (let corner = next; corner <= next + 3; corner++) {
      const x = points[2 * corner];
      const y = points[2 * corner + 1];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    if (end > point && (right - left > cell || bottom - top > cell)) break;
    boxes[at] = left;
    boxes[at + 1] = top;
    boxes[at + 2] = right;
    boxes[at + 3] = bottom;
    end = next + 3;
  }
  return end;
}

/** @param {Scene} scene @returns {Index['netsOf']} */
function netsOf({ itemKind, netSource, netStarts, netTargets }) {
  /** @type {{outStarts: Uint32Array, out: Uint32Array, inStarts: Uint32Array, in: Uint32Array, netOf: Uint32Array} | null} */
  let built = null;
  const build = () => {
    const outStarts = new Uint32Array(itemKind.length + 1);
    for (const item of netSource) outStarts[item + 1]++;
    const inStarts = new Uint32Array(itemKind.length + 1);
    for (const item of netTargets) inStarts[item + 1]++;
    const netOf = new Uint32Array(netTargets.length);
    for (let net = 0; net + 1 < netStarts.length; net++) netOf.fill(net, netStarts[net], netStarts[net + 1]);
    return { outStarts, out: distribute(outStarts, netSource), inStarts, in: distribute(inStarts, netTargets), netOf };
  };
  return (item) => {
    built ??= build();
    const { outStarts, out, inStarts, netOf } = built;
    const incoming = Array.from(built.in.subarray(inStarts[item], inStarts[item + 1]), (target) => netOf[target]);
    return { incoming: [...new Set(incoming)], outgoing: [...out.subarray(outStarts[item], outStarts[item + 1])] };
  };
}

/** @param {Scene} scene @returns {Index['pathsOf']} */
function pathsOf({ netSource, pathNet }) {
  /** @type {{starts: Uint32Array, paths: Uint32Array} | null} */
  let built = null;
  return (net) => {
    if (!built) {
      const starts = new Uint32Array(netSource.length + 1);
      for (const owner of pathNet) starts[owner + 1]++;
      built = { paths: distribute(starts, pathNet), starts };
    }
    return built.paths.subarray(built.starts[net], built.starts[net + 1]);
  };
}

/** @param {Scene} scene @returns {Index['find']} */
function finder({ itemKind, itemRef, netValue }) {
  /** @type {{node: Map<number, number>, value: Map<number, number>, module: Map<number, number>, net: Map<number, number>} | null} */
  let built = null;
  const build = () => {
    const made = { node: new Map(), value: new Map(), module: new Map(), net: new Map() };
    itemKind.forEach((kind, item) => {
      const map = kind === KIND.node ? made.node : kind === KIND.module ? made.module : made.value;
      if (!map.has(itemRef[item])) map.set(itemRef[item], item);
    });
    netValue.forEach((value, net) => value !== NONE && made.net.set(value, net));
    return made;
  };
  return ({ kind, id }) => {
    built ??= build();
    const net = kind === 'value' ? (built.net.get(id) ?? NONE) : NONE;
    return { item: built[kind].get(id) ?? NONE, net };
  };
}

/**
 * What an item or a net stands for when it is selected.
 *
 * @param {Scene} scene
 * @param {Place} place
 * @returns {Selection | null}
 */
export function selectionAt({ itemKind, itemRef, netValue }, { item, net }) {
  if (item === NONE) return net === NONE || netValue[net] === NONE ? null : { kind: 'value', id: netValue[net] };
  const kind = itemKind[item];
  return { kind: kind === KIND.node ? 'node' : kind === KIND.module ? 'module' : 'value', id: itemRef[item] };
}
