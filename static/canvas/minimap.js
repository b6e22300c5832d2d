/**
 * A small picture of the whole scene with a frame around what is in view, which moves the view. It hides when everything is in view.
 *
 * @module
 */

import { paintsOf } from './cards.js';
import { visitNear } from './grid.js';
import { drawMosaic } from './mosaic.js';
import { rectOf } from './rect.js';
import { box, element, html, path } from './svg.js';

/** @import {Point, Size, View} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Isolated} from './isolation.js' */

/** Px: the most that it takes, the least that it makes of a side, a tessera, the least side of a group, and of the frame. */
const MOST = { width: 180, height: 200 };
const LEAST = 32;
const TESSERA = 2;
const GROUP = 3;
const FRAME = 6;
/** Milliseconds until it is drawn, so that what is larger comes first. */
const LATER = 60;

export class Minimap {
  /**
   * @param {HTMLElement} parent
   * @param {(x: number, y: number) => void} centre brings a graph point to the middle of the view
   */
  constructor(parent, centre) {
    this.parent = parent;
    this.centre = centre;
    this.map = html('minimap', parent);
    this.map.setAttribute('role', 'img');
    this.map.setAttribute('aria-label', 'Overview');
    this.svg = element('svg', { 'aria-hidden': 'true' }, this.map);
    this.frame = html('frame', this.map);
    /** @type {Index | null} */
    this.index = null;
    /** @type {Isolated | null} */
    this.isolated = null;
    /** How many px of the map a graph px is, across and down: long graphs are stretched. */
    this.scale = { x: 1, y: 1 };
    this.timer = 0;
    /** The last frame that was drawn, as text. */
    this.key = '';
    /** Where in the frame the hand holds it, in px of the map. @type {Point | null} */
    this.grip = null;
    this.stop = new AbortController();
    this.listen();
    parent.hidden = true;
  }

  /** @param {Index | null} index */
  show(index) {
    this.index = index;
    this.isolated = null;
    this.key = '';
    if (index) this.measure(index.scene);
    else this.parent.hidden = true;
    this.later();
  }

  /** @param {Isolated | null} isolated what is not dimmed */
  isolate(isolated) {
    this.isolated = isolated;
    this.later();
  }

  /** @param {Size} scene */
  measure({ width, height }) {
    const scale = Math.min(MOST.width / Math.max(1, width), MOST.height / Math.max(1, height), 1);
    const w = Math.round(Math.max(LEAST, width * scale));
    const h = Math.round(Math.max(LEAST, height * scale));
    this.scale = { x: w / Math.max(1, width), y: h / Math.max(1, height) };
    this.map.style.width = `${w}px`;
    this.map.style.height = `${h}px`;
  }

  later() {
    clearTimeout(this.timer);
    this.svg.replaceChildren();
    this.timer = this.index ? window.setTimeout(() => this.paint(), LATER) : 0;
  }

  paint() {
    this.timer = 0;
    if (!this.index) return;
    const { scene } = this.index;
    const all = { left: 0, top: 0, right: Math.max(1, scene.width), bottom: Math.max(1, scene.height) };
    const count = { columns: Math.ceil((all.right * this.scale.x) / TESSERA), rows: Math.ceil((all.bottom * this.scale.y) / TESSERA) };
    const whole = element('g', { transform: `scale(${this.scale.x} ${this.scale.y})` });
    path(this.grounds(), 'ground', whole);
    const paints = paintsOf(scene);
    const kept = this.isolated?.items;
    if (kept) drawMosaic(this.index, paints, all, count, element('g', { class: 'dim' }, whole), (item) => kept[item] === 0);
    drawMosaic(this.index, paints, all, count, whole, kept ? (item) => kept[item] === 1 : undefined);
    this.svg.replaceChildren(whole);
  }

  grounds() {
    if (!this.index) return '';
    const { scene, containers } = this.index;
    const least = GROUP / Math.max(this.scale.x, this.scale.y);
    const from = Math.max(0, Math.ceil(Math.log2(least / containers.cell)));
    let data = '';
    visitNear(containers, 0, 0, scene.width, scene.height, (item) => {
      const { left, top, right, bottom } = rectOf(scene.rects, item);
      if ((right - left) * this.scale.x >= GROUP && (bottom - top) * this.scale.y >= GROUP) data += box(left, top, right - left, bottom - top);
    }, from);
    return data;
  }

  /** Moves the frame. @param {View} view @param {Size} host */
  draw(view, host) {
    if (!this.index) return;
    const { width, height, itemKind } = this.index.scene;
    const [right, bottom] = [view.x + host.width / view.scale, view.y + host.height / view.scale];
    const all = view.x <= 1 && view.y <= 1 && right >= width - 1 && bottom >= height - 1;
    const hidden = all || itemKind.length === 0;
    if (this.parent.hidden !== hidden) this.parent.hidden = hidden;
    if (hidden) return;
    const [x, w] = this.span(view.x, right, width, this.scale.x);
    const [y, h] = this.span(view.y, bottom, height, this.scale.y);
    const key = `${x} ${y} ${w} ${h}`;
    if (key === this.key) return;
    this.key = key;
    this.frame.style.transform = `translate(${x}px, ${y}px)`;
    this.frame.style.width = `${w}px`;
    this.frame.style.height = `${h}px`;
  }

  /** Where a side of the frame starts, and how long it is, in px. @param {number} from @param {number} to @param {number} size @param {number} scale @returns {[number, number]} */
  span(from, to, size, scale) {
    const whole = size * scale;
    const start = Math.max(0, from * scale);
    const length = Math.max(FRAME, Math.min(whole, to * scale) - start);
    return [Math.round(Math.min(start, whole - length) * 2) / 2, Math.round(length * 2) / 2];
  }

  listen() {
    const { signal } = this.stop;
    this.map.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      const frame = this.frame.getBoundingClientRect();
      const middle = { x: (frame.left + frame.right) / 2, y: (frame.top + frame.bottom) / 2 };
      const inside = event.clientX >= frame.left && event.clientX <= frame.right && event.clientY >= frame.top && event.clientY <= frame.bottom;
      this.grip = inside ? { x: event.clientX - middle.x, y: event.clientY - middle.y } : { x: 0, y: 0 };
      this.map.setPointerCapture(event.pointerId);
      if (!inside) this.move(event);
    }, { signal });
    this.map.addEventListener('pointermove', (event) => this.grip && this.move(event), { signal });
    for (const end of ['pointerup', 'pointercancel']) this.map.addEventListener(end, () => (this.grip = null), { signal });
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { left, top } = this.map.getBoundingClientRect();
    const grip = this.grip ?? { x: 0, y: 0 };
    this.centre((event.clientX - left - grip.x) / this.scale.x, (event.clientY - top - grip.y) / this.scale.y);
  }

  remove() {
    this.stop.abort();
    clearTimeout(this.timer);
    this.map.remove();
  }
}
