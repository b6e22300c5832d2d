/**
 * Titles of open groups whose own title is out of view: at the top left of what can be seen of the group, below those of the groups around.
 *
 * @module
 */

import { NONE, titleOf } from './codes.js';
import { visitNear } from './grid.js';
import { rectOf, seenFrom } from './rect.js';
import { html } from './svg.js';
import { widthOf } from './type.js';

/** @import {Size, View} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Plan} from './tiles.js' */

/** A title on screen: its group, its rectangle, and from where on it is the mark that closes the group. @typedef {{item: number, x: number, y: number, w: number, mark: number}} Chip */

/** Screen px: the height of a title and the distance to the next, the least width and height of a group, what is beside the text. */
const HEIGHT = 22;
const ROW = 25;
const EDGE = 4;
const LEAST = { width: 72, height: 48 };
const TEXT = 12;
const BESIDE = 38;
/** Browsers may set text a little wider than they measure it. */
const SLACK = 1.07;
const MARK = 26;
/** The most titles above one another, and in all. */
const ROWS = 6;
const MOST = 24;

export class StickyTitles {
  /** @param {Element} parent @param {Index} index */
  constructor(parent, index) {
    this.index = index;
    this.element = html('sticky', parent);
    /** @type {Chip[]} */
    this.chips = [];
    /** @type {{box: HTMLElement, text: Text, item: number, key: string}[]} */
    this.boxes = [];
  }

  /** @param {View} view @param {Size} host @param {Plan} plan */
  draw(view, host, plan) {
    this.chips = this.plan(view, host, plan);
    while (this.boxes.length < this.chips.length) this.boxes.push(this.add());
    this.boxes.forEach((shown, at) => {
      const chip = this.chips[at];
      shown.box.hidden = !chip;
      if (chip) this.put(shown, chip);
    });
  }

  add() {
    const box = html('sticky-title', this.element);
    const text = document.createTextNode('');
    const label = document.createElement('span');
    label.append(text);
    box.append(label);
    return { box, text, item: NONE, key: '' };
  }

  /** @param {{box: HTMLElement, text: Text, item: number, key: string}} shown @param {Chip} chip */
  put(shown, { item, x, y, w }) {
    if (shown.item !== item) shown.text.data = titleOf(this.index.scene, item);
    shown.item = item;
    const key = `${Math.round(x)} ${Math.round(y)} ${Math.round(w)}`;
    if (key === shown.key) return;
    shown.key = key;
    shown.box.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    shown.box.style.width = `${Math.round(w)}px`;
  }

  /** @param {View} view @param {Size} host @param {Plan} plan @returns {Chip[]} */
  plan(view, host, { level, named }) {
    const { scene, containers } = this.index;
    const seen = seenFrom(view, host);
    /** @type {number[]} */
    const out = [];
    const from = Math.max(0, Math.ceil(Math.log2(LEAST.height / view.scale / containers.cell)));
    visitNear(containers, seen.left, seen.top, seen.right, seen.bottom, (item) => {
      const { left, top, right, bottom } = rectOf(scene.rects, item);
      if (left >= seen.left && top >= seen.top) return;
      const width = (Math.min(right, seen.right) - Math.max(left, seen.left)) * view.scale;
      const height = (Math.min(bottom, seen.bottom) - Math.max(top, seen.top)) * view.scale;
      if (width >= LEAST.width && height >= LEAST.height && (level.kind === 'full' || named(item))) out.push(item);
    }, from);
    /** @type {Map<number, number>} */
    const rows = new Map();
    /** @type {Chip[]} */
    const chips = [];
    // Groups come before what is in them.
    for (const item of out.sort((a, b) => a - b)) {
      const row = (rows.get(scene.itemParent[item]) ?? -1) + 1;
      const chip = row < ROWS && chips.length < MOST ? this.chip(item, row, view, host) : null;
      if (!chip) continue;
      rows.set(item, row);
      chips.push(chip);
    }
    return chips;
  }

  /** Null where too little can be seen of the group. @param {number} item @param {number} row @param {View} view @param {Size} host @returns {Chip | null} */
  chip(item, row, { x, y, scale }, host) {
    const { rects, metrics } = this.index.scene;
    const { left, top, right, bottom } = rectOf(rects, item);
    const at = Math.max((left - x) * scale, 0) + EDGE;
    const under = Math.max((top - y + metrics.header / 2) * scale - HEIGHT / 2, EDGE + row * ROW);
    if ((bottom - y) * scale - under < LEAST.height) return null;
    const w = Math.min(widthOf(titleOf(this.index.scene, item)) * TEXT * SLACK + BESIDE, Math.min((right - x) * scale, host.width) - at - EDGE);
    return { item, x: at, y: under, w, mark: at + w - MARK };
  }

  /** What is at a screen point. @param {number} x @param {number} y @returns {import('./pick.js').Pick | null} */
  at(x, y) {
    const chip = this.chips.findLast((each) => x >= each.x && x <= each.x + each.w && y >= each.y && y <= each.y + HEIGHT);
    return chip ? { item: chip.item, net: NONE, part: x >= chip.mark ? 'toggle' : 'body' } : null;
  }

  /** Where the title of a group is shown here, if it is. @param {number} item */
  placeOf(item) {
    return this.chips.find((chip) => chip.item === item) ?? null;
  }

  remove() {
    this.element.remove();
  }
}
