/**
 * What can be asked of a scene: what lies where, which nets meet an item, which paths make up a net, which item a selection means.
 * Built in linear time; what only hover and selection need is built when they first need it.
 *
 * @module
 */

import { KIND, NONE } from './codes.js';
import { buildGrid, visitNear } from './grid.js';
import { linksOf, pathsOf } from './links.js';
import { contains, rectOf } from './rect.js';
import { indexStubs } from './stubs.js';

/** @import {Scene, Selection} from '../types.js' */
/** @import {Grid} from './grid.js' */
/** @import {Links} from './links.js' */
/** @import {Stubs} from './stubs.js' */

/** Size of the cells of the grids, in graph px; larger for sparse drawings. */
const CELL = 256;

/**
 * @typedef {object} Index
 * @property {Scene} scene
 * @property {Grid} items all but containers
 * @property {Grid} containers
 * @property {Grid} pieces stretches of paths: short runs of curves, or one long curve
 * @property {Uint32Array} pieceFrom the point where each piece starts
 * @property {Uint32Array} pieceTo the point where it ends
 * @property {Uint32Array} piecePath
 * @property {Grid} labels the nets whose label has room
 * @property {Stubs} stubs
 * @property {() => Links} links
 * @property {(net: number) => Uint32Array} pathsOf trunks and legs
 * @property {(selection: Selection) => Place} find
 */

/** Where a selection is in the drawing. @typedef {{item: number, net: number}} Place either may be `NONE` */

/** @param {Scene} scene @returns {Index} */
export function indexScene(scene) {
  const { rects, itemKind, netLabel, netLabelAt } = scene;
  const area = Math.max(1, scene.width) * Math.max(1, scene.height);
  const count = itemKind.length;
  let cell = CELL;
  while (area / (cell * cell) > 4 * count + 4096) cell *= 2;
  const extent = { width: scene.width, height: scene.height, cell };
  const boundsOf = (/** @type {number} */ item, /** @type {Float64Array} */ bounds) => {
    const at = 4 * item;
    bounds[0] = rects[at];
    bounds[1] = rects[at + 1];
    bounds[2] = rects[at] + rects[at + 2];
    bounds[3] = rects[at + 1] + rects[at + 3];
  };
  const labelled = numbers(netLabel.length, (net) => netLabel[net] !== NONE && !Number.isNaN(netLabelAt[2 * net]));
  const labels = buildGrid(labelled, (net, bounds) => {
    bounds[0] = bounds[2] = netLabelAt[2 * net];
    bounds[1] = bounds[3] = netLabelAt[2 * net + 1];
  }, extent);
  return {
    scene,
    items: buildGrid(numbers(count, (item) => itemKind[item] !== KIND.container), boundsOf, extent),
    containers: buildGrid(numbers(count, (item) => itemKind[item] === KIND.container), boundsOf, extent),
    labels, ...indexPaths(scene, extent), stubs: indexStubs(scene, extent), links: linksOf(scene), pathsOf: pathsOf(scene), find: finder(scene),
  };
}

/** The numbers below a count that pass a test. @param {number} count @param {(number: number) => boolean} [test] */
function numbers(count, test) {
  const passed = new Uint32Array(count);
  let length = 0;
  for (let number = 0; number < count; number++) if (!test || test(number)) passed[length++] = number;
  return passed.subarray(0, length);
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
  const pieces = buildGrid(numbers(count), (piece, bounds) => {
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

/** @param {Scene} scene @returns {Index['find']} */
const finder = ({ itemKind, itemRef, netValue }) => ({ kind, id }) => {
  const net = kind === 'value' ? netValue.indexOf(id) : -1;
  let item = itemRef.indexOf(id);
  while (item >= 0 && kindOf(itemKind[item]) !== kind) item = itemRef.indexOf(id, item + 1);
  return { item: item < 0 ? NONE : item, net: net < 0 ? NONE : net };
};

/** What kind of thing an item stands for. @param {number} kind of the item @returns {Selection['kind']} */
const kindOf = (kind) => (kind === KIND.node ? 'node' : kind >= KIND.module ? 'group' : 'value');

/**
 * What an item or a net stands for when it is selected.
 *
 * @param {Scene} scene
 * @param {Place} place
 * @returns {Selection | null}
 */
export function selectionAt({ itemKind, itemRef, netValue }, { item, net }) {
  if (item === NONE) return net === NONE || netValue[net] === NONE ? null : { kind: 'value', id: netValue[net] };
  return { kind: kindOf(itemKind[item]), id: itemRef[item] };
}

/** The open groups around an item, the innermost first. @param {Scene} scene @param {number} item */
export function around({ itemParent }, item) {
  const containers = [];
  for (let at = itemParent[item]; at !== NONE; at = itemParent[at]) containers.push(at);
  return containers;
}

/** The ids of the open groups at a point, the outermost first. @param {Index} index @param {number} x @param {number} y */
export function enclosing({ scene, containers }, x, y) {
  /** @type {number[]} */
  const found = [];
  visitNear(containers, x, y, x, y, (item) => void (contains(rectOf(scene.rects, item), x, y) && found.push(item)));
  return found.sort((a, b) => a - b).map((item) => scene.itemRef[item]);
}
