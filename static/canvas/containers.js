/**
 * Open groups: tinted grounds beneath everything else, with a title bar close by and a title alone from afar.
 *
 * A ground may be millions of px tall, so that each square of the drawing gets its part of it. Nested tints alternate: all grounds of a
 * square are one path, of which what is covered an odd number of times is filled.
 *
 * @module
 */

import { titleOf } from './codes.js';
import { visitNear } from './grid.js';
import { around } from './index.js';
import { contains, rectOf } from './rect.js';
import { element, path, tenth, text } from './svg.js';
import { fitted, widthOf } from './type.js';

/** @import {Scene} from '../types.js' */
/** @import {Point} from './camera.js' */
/** @import {Level} from './levels.js' */
/** @import {Rect} from './rect.js' */
/** @import {Plan} from './tiles.js' */

/** Half the side of the mark that opens or closes a group, its reach for the pointer, and its distance from a title. */
export const TOGGLE = { half: 6, reach: 10, gap: 12 };
/**
 * Screen px at the least scale of a level: the least side of a ground, and a title from afar with the least height of its group; what the title
 * covers below the title bar is at most one in so many px of the group.
 */
const LEAST = { full: 3, titles: 3, blocks: 6, mosaic: 14 };
const FAR = { size: 11, pad: 3, height: 34, share: 8 };
const TITLE = 12;
/** What is behind a title: its height, and what of it is beside the text. */
const PATCH = { height: 16, beside: 3 };

/**
 * Where the title of an open group is, and its mark.
 *
 * @param {Scene} scene
 * @param {number} item
 */
export function titleBar(scene, item) {
  const { rects, metrics } = scene;
  const { left, top, right } = rectOf(rects, item);
  const room = right - left - 2 * metrics.pad - TOGGLE.gap - TOGGLE.half;
  const title = fitted(titleOf(scene, item), TITLE, room);
  const x = left + metrics.pad;
  return { title, x, y: top + metrics.header / 2, mark: x + widthOf(title) * TITLE + TOGGLE.gap };
}

/**
 * Draws the parts of grounds in a square.
 *
 * @param {Plan} plan
 * @param {Rect} square
 * @param {Element} parent its origin is the corner of the square
 */
export function drawGrounds({ index: { scene, containers }, level }, square, parent) {
  const { rects, metrics } = scene;
  const least = LEAST[level.kind] / level.least;
  const from = Math.max(0, Math.ceil(Math.log2(least / containers.cell)));
  let areas = '';
  let bars = '';
  let borders = '';
  visitNear(containers, square.left, square.top, square.right, square.bottom, (item) => {
    const rect = rectOf(rects, item);
    if (rect.right - rect.left < least || rect.bottom - rect.top < least) return;
    const { area, border } = within(rect, square, metrics.radius);
    areas += area;
    borders += border;
    if (level.kind === 'full') bars += within({ ...rect, bottom: rect.top + metrics.header }, square, metrics.radius, false).area;
  }, from);
  path(areas, 'ground', parent);
  path(bars, 'bar', parent);
  path(borders, 'border', parent);
}

/**
 * The part of a rounded rectangle within a square: its area, and what of its border is in there, relative to the square. A corner that is cut
 * is not rounded.
 *
 * @param {Rect} rect
 * @param {Rect} square
 * @param {number} radius
 * @param {boolean} [below] whether the lower corners are rounded as well
 */
function within(rect, square, radius, below = true) {
  const left = Math.max(rect.left, square.left) - square.left;
  const top = Math.max(rect.top, square.top) - square.top;
  const right = Math.min(rect.right, square.right) - square.left;
  const bottom = Math.min(rect.bottom, square.bottom) - square.top;
  if (right <= left || bottom <= top) return { area: '', border: '' };
  const sides = [rect.top >= square.top, rect.right <= square.right, rect.bottom <= square.bottom, rect.left >= square.left];
  const round = right - left >= 2 * radius && bottom - top >= 2 * radius;
  const radii = [0, 1, 2, 3].map((corner) => (round && sides[corner] && sides[(corner + 1) % 4] && (below || corner === 0 || corner === 3) ? radius : 0));
  const corners = [[right, top], [right, bottom], [left, bottom], [left, top]];
  const ways = [[1, 0], [0, 1], [-1, 0], [0, -1]];
  let area = '';
  let border = '';
  for (let side = 0; side < 4; side++) {
    const [last, next] = [corners[(side + 3) % 4], corners[side]];
    const [way, turn] = [ways[side], ways[(side + 1) % 4]];
    const [before, after] = [radii[(side + 3) % 4], radii[side]];
    const start = `${tenth(last[0] + way[0] * before)} ${tenth(last[1] + way[1] * before)}`;
    const line = `L${tenth(next[0] - way[0] * after)} ${tenth(next[1] - way[1] * after)}`;
    const arc = after ? `a${after} ${after} 0 0 1 ${(way[0] + turn[0]) * after} ${(way[1] + turn[1]) * after}` : '';
    area += `${side === 0 ? 'M' : 'L'}${start}${line}${arc}`;
    if (sides[side]) border += `M${start}${line}${arc}`;
  }
  return { area: `${area}z`, border };
}

/**
 * Draws the titles that begin in a square.
 *
 * @param {Plan} plan
 * @param {Rect} square
 * @param {Element} parent its origin is the corner of the square
 * @param {(item: number) => boolean} [test] which ones
 */
export function drawNames({ index: { scene, containers }, level, named }, square, parent, test = () => true) {
  const far = level.kind !== 'full';
  const least = far ? FAR.height / level.least : 0;
  const from = Math.max(0, Math.ceil(Math.log2(Math.max(1, least) / containers.cell)));
  visitNear(containers, square.left, square.top, square.right, square.bottom, (item) => {
    if (!contains(square, scene.rects[4 * item], scene.rects[4 * item + 1]) || !test(item)) return;
    if (!far) drawBar(scene, item, { x: square.left, y: square.top }, parent);
    else if (named(item)) drawFarName(scene, item, { x: square.left, y: square.top }, parent);
  }, from);
}

/** @param {Scene} scene @param {number} item @param {Point} origin @param {Element} parent */
function drawBar(scene, item, { x, y }, parent) {
  const bar = titleBar(scene, item);
  const group = element('g', { class: 'titlebar', role: 'img', 'aria-label': `open group ${titleOf(scene, item)}`, 'data-group': item }, parent);
  // Wires that enter the group would strike its title out.
  const patch = { x: tenth(bar.x - PATCH.beside - x), y: tenth(bar.y - PATCH.height / 2 - y), width: tenth(bar.mark - bar.x + PATCH.beside), height: PATCH.height };
  element('rect', { class: around(scene, item).length % 2 ? 'patch' : 'patch tinted', ...patch }, group);
  element('rect', { class: 'bar', ...patch }, group);
  text(bar.title, { class: 'title', x: tenth(bar.x - x), y: tenth(bar.y - y) }, group);
  drawToggle(tenth(bar.mark - x), tenth(bar.y - y), false, group);
}

/** The mark of a group: plus to open it, minus to close it. @param {number} x @param {number} y @param {boolean} closed @param {Element} parent */
export function drawToggle(x, y, closed, parent) {
  const { half } = TOGGLE;
  element('rect', { class: 'toggle', x: x - half, y: y - half, width: 2 * half, height: 2 * half, rx: 3 }, parent);
  element('path', { class: 'toggle-sign', d: `M${x - 3} ${y}h6${closed ? `M${x} ${y - 3}v6` : ''}` }, parent);
}

/** As large on screen at any scale: the layer says how many graph px are one of the screen. @param {Scene} scene @param {number} item @param {Point} origin @param {Element} parent */
function drawFarName(scene, item, { x, y }, parent) {
  const { left, top, right, bottom } = nameRect(scene, item, 1);
  const group = element('g', { class: 'far-name', 'data-group': item }, parent);
  group.style.transform = `translate(${tenth(left - x)}px, ${tenth(top - y)}px) scale(var(--unit))`;
  element('rect', { class: around(scene, item).length % 2 ? 'plate' : 'plate tinted', width: tenth(right - left), height: tenth(bottom - top), rx: FAR.pad }, group);
  text(titleOf(scene, item), { x: FAR.pad, y: tenth((bottom - top) / 2), 'font-size': FAR.size }, group);
}

/** Where the title of an open group is from afar. @param {Scene} scene @param {number} item @param {number} scale @returns {Rect} */
export function nameRect(scene, item, scale) {
  const { left, top } = rectOf(scene.rects, item);
  const width = widthOf(titleOf(scene, item)) * FAR.size + 2 * FAR.pad;
  return { left, top, right: left + width / scale, bottom: top + (FAR.size + 1.5 * FAR.pad) / scale };
}

/**
 * Tells which open groups have a title from afar: those with room for it, unless it would lie on the title of a group around.
 *
 * @param {Scene} scene
 * @param {Level} level
 * @returns {(item: number) => boolean}
 */
export function naming(scene, level) {
  /** @type {Map<number, Rect | null>} */
  const names = new Map();
  const name = (/** @type {number} */ item, /** @type {number[]} */ outer) => {
    const { left, top, right, bottom } = rectOf(scene.rects, item);
    const rect = nameRect(scene, item, level.least);
    const covered = rect.bottom - top - scene.metrics.header;
    if (rect.right > right || bottom - top < Math.max(FAR.height / level.least, FAR.share * covered)) return null;
    const free = outer.every((container) => {
      const other = names.get(container);
      return !other || other.bottom <= top || other.right <= left;
    });
    return free ? rect : null;
  };
  return (item) => {
    if (level.kind === 'full') return false;
    const chain = [item, ...around(scene, item)];
    for (let at = chain.length - 1; at >= 0; at--) if (!names.has(chain[at])) names.set(chain[at], name(chain[at], chain.slice(at + 1)));
    return names.get(item) !== null;
  };
}
