/**
 * Items in full: cards and pills with their text and marks.
 *
 * @module
 */

import { FLAG, KIND, titleOf } from './codes.js';
import { TOGGLE, drawToggle } from './containers.js';
import { box, element, path, tenth, text } from './svg.js';
import { fitted } from './type.js';

/** @import {Scene} from '../types.js' */

/** Categories that the style sheet has a colour for. */
export const CATEGORIES = [
  'other', 'convolution', 'linear', 'activation', 'normalization', 'pool', 'attention',
  'shape', 'elementwise', 'reduction', 'recurrent', 'control', 'data',
];

/** Half the side of the mark of items that can be entered; it sits astride the right side of the header. */
export const ENTER = 8;

/** How many classes there are beside those of categories and costs; those of costs, of nothing first. */
const OTHERS = 3;
const HEAT = Array.from({ length: 8 }, (_, step) => `heat-${step}`);

/** How thick the bar is that shows the operators of a closed group, how far the cards of a stack lie apart, and the size of titles. */
const MIX = 3;
const STACK = 3;
const TITLE = 12;

/** Whether an item has a mark that opens or closes it: a group, but for the whole of a tree of modules. @param {Scene} scene @param {number} item */
export const toggles = ({ itemKind, itemRef }, item) => itemKind[item] === KIND.group || (itemKind[item] === KIND.module && itemRef[item] > 0);

/**
 * The classes that colour the items of a scene: one per category, then those of pills, of modules and of groups; where colours show a cost, also one
 * per step of the ramp.
 *
 * @param {Scene} scene
 */
export function paintsOf({ categories, itemHeat }) {
  const own = [...categories.map((name) => `cat-${CATEGORIES.includes(name) ? name : 'other'}`), 'pill', 'module', 'group'];
  return itemHeat ? [...own, ...HEAT] : own;
}

/** Which of the classes an item has. @param {Scene} scene @param {number} item */
export function paintAt({ categories, itemKind, itemCategory, itemHeat }, item) {
  if (itemHeat && (itemKind[item] === KIND.node || itemKind[item] === KIND.group)) return categories.length + OTHERS + itemHeat[item];
  if (itemKind[item] === KIND.node) return itemCategory[item];
  return categories.length + Math.max(0, itemKind[item] - KIND.output);
}

/** The same from so far that a closed group is only a spot: it has the colour of most of its operators. @param {Scene} scene @param {number} item */
export const spotPaintAt = (scene, item) =>
  !scene.itemHeat && scene.mixStarts[item] < scene.mixStarts[item + 1] ? scene.mixCategory[scene.mixStarts[item]] : paintAt(scene, item);

/**
 * Draws an item, relative to an origin.
 *
 * @param {Scene} scene
 * @param {string[]} paints classes
 * @param {number} item
 * @param {{x: number, y: number}} origin
 * @param {Element} parent
 */
export function drawCard(scene, paints, item, origin, parent) {
  const { rects, metrics, itemKind, itemFlags, itemCard, lineStarts } = scene;
  const x = tenth(rects[4 * item] - origin.x);
  const y = tenth(rects[4 * item + 1] - origin.y);
  const w = tenth(rects[4 * item + 2]);
  const h = tenth(rects[4 * item + 3]);
  const header = Math.min(metrics.header, h);
  const group = element('g', {
    class: `card ${paints[paintAt(scene, item)]}${itemFlags[item] & FLAG.inferred ? ' inferred' : ''}`, role: 'img', 'aria-label': nameOf(scene, item), 'data-item': item,
  }, parent);
  const pill = itemKind[item] === KIND.input || itemKind[item] === KIND.output;
  const closed = itemKind[item] === KIND.group;
  const radius = pill ? header / 2 : metrics.radius;
  const bare = lineStarts[itemCard[item]] === lineStarts[itemCard[item] + 1];
  if (itemFlags[item] & FLAG.stack) for (const by of [2 * STACK, STACK]) element('rect', { class: 'body', x: x + by, y: y + by, width: w, height: h, rx: radius }, group);
  if (pill || !bare) element('rect', { class: 'body', x, y, width: w, height: h, rx: radius }, group);
  if (!pill && bare) element('rect', { class: 'head', x, y, width: w, height: h, rx: radius }, group);
  if (!pill && !bare) element('path', { class: 'head', d: band(x, y, w, header, radius) }, group);
  if (closed) {
    const inset = bare ? radius : 0.5;
    drawMix(scene, paints, item, { x: x + inset, y: y + header - MIX, w: w - 2 * inset, h: MIX }, 'mix', group);
  }
  if (toggles(scene, item)) drawToggle(x + w - markOf(metrics), tenth(y + header / 2 - (closed ? 1 : 0)), closed, group);
  const centred = pill || (bare && !closed && !(itemFlags[item] & FLAG.enter));
  const place = centred ? { class: 'title middle', x: tenth(x + w / 2) } : { class: 'title', x: x + metrics.pad };
  const title = titleOf(scene, item);
  const shown = toggles(scene, item) ? fitted(title, TITLE, w - metrics.pad - markOf(metrics) - TOGGLE.half - 2) : title;
  text(shown, { ...place, y: tenth(y + header / 2 - (closed ? 1 : 0)) }, group);
  drawLines(scene, item, x, y, h, group);
  drawMarks(itemFlags[item], x + w, y, y + header / 2, group);
}

/** How far the mark of a closed group is from the right side of its card. @param {Scene['metrics']} metrics */
export const markOf = ({ pad }) => pad + TOGGLE.half - 2;

/**
 * The operators of a closed group as a segmented bar.
 *
 * @param {Scene} scene
 * @param {string[]} paints
 * @param {number} item
 * @param {{x: number, y: number, w: number, h: number}} bar
 * @param {string} name class
 * @param {Element} parent
 */
function drawMix(scene, paints, item, { x, y, w, h }, name, parent) {
  for (const { paint, from, to } of mixOf(scene, item)) path(box(x + from * w, y, (to - from) * w, h), `${name} ${paints[paint]}`, parent);
}

/** Which shares of a closed group are of which family. @param {Scene} scene @param {number} item @returns {{paint: number, from: number, to: number}[]} */
export function mixOf({ mixStarts, mixCategory, mixCount, itemHeat }, item) {
  // Two meanings of colour on one card would be one too many.
  if (itemHeat) return [];
  const counts = mixCount.subarray(mixStarts[item], mixStarts[item + 1]);
  const all = counts.reduce((sum, count) => sum + count, 0);
  let from = 0;
  return Array.from(counts, (count, at) => {
    const share = { paint: mixCategory[mixStarts[item] + at], from, to: from + count / all };
    from = share.to;
    return share;
  });
}

/** @param {Scene} scene @param {number} item @param {number} x @param {number} y @param {number} h @param {Element} group */
function drawLines({ metrics, texts, itemCard, lineStarts, lines }, item, x, y, h, group) {
  const first = lineStarts[itemCard[item]];
  const count = lineStarts[itemCard[item] + 1] - first;
  const top = y + metrics.header + (h - metrics.header - count * metrics.line) / 2;
  for (let at = 0; at < count; at++) {
    const line = 2 * (first + at);
    const row = element('text', { class: 'line', x: x + metrics.pad, y: tenth(top + (at + 0.5) * metrics.line) }, group);
    const [label, value] = [texts[lines[line]], texts[lines[line + 1]]];
    if (label) element('tspan', { class: 'label' }, row).textContent = label;
    if (value) element('tspan', { class: 'value', dx: label ? metrics.gap : 0 }, row).textContent = value;
  }
}

/** @param {number} flags @param {number} right @param {number} top @param {number} middle @param {Element} group */
function drawMarks(flags, right, top, middle, group) {
  if (flags & FLAG.enter) {
    element('rect', { class: 'enter', x: right - ENTER, y: middle - ENTER, width: 2 * ENTER, height: 2 * ENTER, rx: 4 }, group);
    element('path', { class: 'enter-sign', d: `M${right - 3} ${middle - 4}v3a3 3 0 0 0 3 3h3m-2.5 -2.5l2.5 2.5l-2.5 2.5` }, group);
  }
  const triangle = `M${right - 1} ${top - 5}l5.5 9.5h-11z`;
  if (flags & FLAG.error) element('path', { class: 'mark error', d: triangle }, group);
  else if (flags & FLAG.warning) element('path', { class: 'mark warning', d: triangle }, group);
  else if (flags & FLAG.note) element('circle', { class: 'mark note', cx: right - 1, cy: top + 1, r: 4 }, group);
}

/** A header: round above, straight below. @param {number} x @param {number} y @param {number} w @param {number} h @param {number} r */
const band = (x, y, w, h, r) =>
  `M${x} ${tenth(y + h)}v${r - h}a${r} ${r} 0 0 1 ${r} ${-r}h${tenth(w - 2 * r)}a${r} ${r} 0 0 1 ${r} ${r}v${h - r}z`;

/**
 * What an item is, in words.
 *
 * @param {Scene} scene
 * @param {number} item
 */
export function nameOf(scene, item) {
  const { texts, itemCard, itemKind, itemFlags, lineStarts, lines } = scene;
  const parts = [['', 'input ', 'output ', 'module ', 'group ', 'open group '][itemKind[item]] + titleOf(scene, item)];
  for (let line = lineStarts[itemCard[item]]; line < lineStarts[itemCard[item] + 1]; line++) {
    parts.push(`${texts[lines[2 * line]]} ${texts[lines[2 * line + 1]]}`.trim());
  }
  if (itemFlags[item] & FLAG.error) parts.push('has an error');
  else if (itemFlags[item] & FLAG.warning) parts.push('has a warning');
  if (itemFlags[item] & FLAG.enter) parts.push('can be entered');
  return parts.join(', ');
}
