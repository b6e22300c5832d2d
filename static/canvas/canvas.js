/**
 * The drawing surface: shows a scene, follows the hand, tells what is pointed at and chosen.
 *
 * @module
 */

import {
  DURATION, between, centredOn, clampScale, clampView, fitView, graphPoint, isFar, scaledAt, startView,
} from './camera.js';
import { listen } from './gestures.js';
import { Highlight } from './highlight.js';
import { FLAG, KIND, NONE, indexScene, selectionAt } from './index.js';
import { Pointing, pickAt } from './pointing.js';
import { meet, rectOf, seenFrom } from './rect.js';
import { Stage } from './stage.js';
import { html } from './svg.js';

/** @import {Scene, Selection} from '../types.js' */
/** @import {Point, Size, View} from './camera.js' */
/** @import {Index, Place} from './index.js' */

/**
 * @typedef {object} Handlers
 * @property {(selection: Selection | null) => void} [onSelect] chosen by the hand, not by `select`
 * @property {(node: number) => void} [onEnter] a node with a body or a function is to be entered
 * @property {(view: {scale: number, x: number, y: number, width: number, height: number}) => void} [onView] the part of the graph
 *   that can be seen, at most once a frame
 * @property {(selection: Selection | null) => void} [onHover]
 * @property {'zoom'|'pan'} [wheel] what the wheel does; may be changed at any time
 */

/** Milliseconds after which a view is at rest. */
const REST = 150;
/** How far an arrow key pans, in screen px, and how much a key or button zooms. */
const STEP = 80;
const ZOOM = 1.25;
/** The scale at which what is centred can be read. */
const READABLE = 0.8;

export class Canvas {
  /**
   * @param {HTMLElement} host
   * @param {Handlers} handlers
   */
  constructor(host, handlers) {
    this.host = host;
    this.handlers = handlers;
    this.size = { width: host.clientWidth, height: host.clientHeight };
    /** @type {View} */
    this.view = { x: 0, y: 0, scale: 1 };
    /** @type {{from: View, to: View, start: number} | null} */
    this.motion = null;
    /** @type {{index: Index, stage: Stage, highlight: Highlight} | null} */
    this.shown = null;
    this.frame = 0;
    this.timer = 0;
    this.rest = 0;
    /** The view that the handler has been told. */
    this.told = '';
    host.classList.add('canvas');
    host.tabIndex = 0;
    host.setAttribute('role', 'application');
    host.ariaLabel ??= 'Graph';
    this.pointing = new Pointing(host, (selection) => handlers.onHover?.(selection));
    /** Above the drawing: the browser need not look through it for what is under the pointer. */
    this.pane = html('pane', host);
    this.unlisten = listen(host, this.pane, {
      wheel: () => handlers.wheel ?? 'zoom',
      zoom: (factor, x, y) => this.look(scaledAt(this.view, this.clampScale(this.view.scale * factor), x, y)),
      pan: (dx, dy) => this.pan(dx, dy),
      click: (x, y) => this.click(x, y),
      doubleClick: (x, y) => this.doubleClick(x, y),
      point: (at) => this.point(at),
      key: (key) => this.key(key),
    });
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(host);
  }

  get scale() {
    return this.view.scale;
  }

  /**
   * Shows a scene.
   *
   * @param {Scene} scene
   * @param {{keepView?: boolean, view?: View}} [options] `keepView`: what is in the middle stays there when the new scene has it too
   */
  show(scene, { keepView = false, view } = {}) {
    const anchor = keepView && this.shown ? this.anchor(this.shown.index) : null;
    const old = this.view;
    this.clear();
    this.measure();
    const index = indexScene(scene);
    this.shown = { index, stage: new Stage(this.host, index, this.size), highlight: new Highlight(this.host, index) };
    const item = anchor ? index.find(anchor.selection).item : NONE;
    if (anchor && item !== NONE) {
      const { left, top } = rectOf(scene.rects, item);
      view = { x: left - anchor.x / old.scale, y: top - anchor.y / old.scale, scale: old.scale };
    } else if (keepView && old) {
      view = old;
    }
    this.look(view ? { ...view, scale: this.clampScale(view.scale) } : startView(scene, this.size, firstOf(scene)));
    this.draw(performance.now());
  }

  clear() {
    this.shown?.stage.remove();
    this.shown?.highlight.remove();
    this.shown = null;
    this.motion = null;
    this.pointing.clear();
  }

  destroy() {
    this.clear();
    this.unlisten();
    this.resized.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    clearTimeout(this.rest);
    this.pointing.tip.remove();
    this.pane.remove();
    this.host.classList.remove('canvas');
  }

  /** @param {Selection | null} selection @param {{centre?: boolean}} [options] */
  select(selection, { centre = false } = {}) {
    if (!this.shown) return;
    const place = selection && this.shown.index.find(selection);
    this.shown.highlight.select(place && (place.item !== NONE || place.net !== NONE) ? place : null);
    if (selection && centre) this.centre(selection);
    this.request();
  }

  /** Brings a selection to the middle. @param {Selection} selection @param {{zoom?: boolean}} [options] `zoom`: near enough to be read */
  centre(selection, { zoom = true } = {}) {
    if (!this.shown) return;
    const { scene, find } = this.shown.index;
    const { item, net } = find(selection);
    const at = item !== NONE ? item : net !== NONE ? scene.netSource[net] : NONE;
    if (at === NONE) return;
    const { left, top, right, bottom } = rectOf(scene.rects, at);
    const scale = zoom ? Math.max(this.view.scale, READABLE) : this.view.scale;
    // Of a wire: where it leaves its source.
    const x = item === NONE && scene.direction === 'right' ? right : (left + right) / 2;
    const y = item === NONE && scene.direction === 'down' ? bottom : (top + bottom) / 2;
    this.glide(centredOn(x, y, scale, this.size));
  }

  fit() {
    if (this.shown) this.glide(fitView(this.shown.index.scene, this.size));
  }

  actual() {
    this.glide(scaledAt(this.target, 1, this.size.width / 2, this.size.height / 2));
  }

  /** @param {number} factor */
  zoomBy(factor) {
    const { target } = this;
    this.glide(scaledAt(target, this.clampScale(target.scale * factor), this.size.width / 2, this.size.height / 2));
  }

  /** Moves the content. @param {number} dx in screen px @param {number} dy */
  pan(dx, dy) {
    this.look({ ...this.view, x: this.view.x - dx / this.view.scale, y: this.view.y - dy / this.view.scale });
  }

  /** Figures for tests and measurements. */
  stats() {
    const stage = this.shown?.stage;
    return {
      level: stage?.present?.level.kind ?? 'none',
      parts: stage?.present?.parts.size ?? 0,
      elements: this.host.getElementsByTagName('*').length,
      visible: this.shown ? countSeen(this.shown.index, this.view, this.size) : 0,
      settled: !stage?.next && !stage?.past && this.frame === 0 && stage?.present?.base.scale === this.view.scale,
    };
  }

  /** Where the view is going, or is. */
  get target() {
    return this.motion?.to ?? this.view;
  }

  /** @param {number} scale */
  clampScale(scale) {
    return this.shown ? clampScale(scale, this.shown.index.scene, this.size) : scale;
  }

  /** Goes to a view at once. @param {View} view */
  look(view) {
    if (!this.shown) return;
    this.motion = null;
    this.view = clampView(view, this.shown.index.scene, this.size);
    this.request();
  }

  /** Goes to a view by a short motion. @param {View} view */
  glide(view) {
    if (!this.shown) return;
    const to = clampView(view, this.shown.index.scene, this.size);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches || isFar(this.view, to, this.size)) this.look(to);
    else this.motion = { from: this.view, to, start: performance.now() };
    this.request();
  }

  request() {
    if (this.frame === 0 && this.shown) this.frame = requestAnimationFrame((now) => this.draw(now));
  }

  /** @param {number} now */
  draw(now) {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = 0;
    if (!this.shown) return;
    const { index, stage, highlight } = this.shown;
    if (this.motion) {
      const time = Math.max(0, Math.min(1, (now - this.motion.start) / DURATION));
      this.view = between(this.motion.from, this.motion.to, time);
      if (time === 1) this.motion = null;
    }
    const wait = stage.draw(this.view, now, this.motion === null);
    this.pointing.update(index, highlight, this.view, stage.level, this.size);
    if (stage.level) highlight.draw(this.view, this.size, stage.level, stage.present?.base.scale === this.view.scale);
    this.tell();
    if (this.motion || wait === 0 || this.pointing.stale) this.request();
    else if (wait < Infinity) this.timer = window.setTimeout(() => this.request(), wait);
  }

  tell() {
    const { x, y, scale } = this.view;
    const key = `${x} ${y} ${scale} ${this.size.width} ${this.size.height}`;
    if (key === this.told) return;
    this.told = key;
    // What is under the mouse has moved on, but it is looked for only where the view comes to rest.
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => this.pointing.at && this.point(this.pointing.at), REST);
    this.handlers.onView?.({ scale, x, y, width: this.size.width / scale, height: this.size.height / scale });
  }

  measure() {
    this.size = { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  /** The middle stays in the middle. */
  resize() {
    const { width, height } = this.size;
    this.measure();
    if (!this.shown || (width === this.size.width && height === this.size.height)) return;
    const { stage, index: { scene } } = this.shown;
    stage.resize(this.size);
    const { x, y, scale } = this.target;
    const kept = { x: x + (width - this.size.width) / 2 / scale, y: y + (height - this.size.height) / 2 / scale, scale };
    // A host that was hidden had no middle.
    this.look(width && height ? kept : startView(scene, this.size, firstOf(scene)));
    this.draw(performance.now());
  }

  /** The item nearest to the middle of the view and where its corner is on the screen. @param {Index} index */
  anchor({ scene }) {
    const middle = graphPoint(this.view, this.size.width / 2, this.size.height / 2);
    let nearest = NONE;
    let least = Infinity;
    for (let item = 0; item < scene.itemKind.length; item++) {
      const { left, top, right, bottom } = rectOf(scene.rects, item);
      const distance = Math.hypot((left + right) / 2 - middle.x, (top + bottom) / 2 - middle.y);
      if (distance < least) [least, nearest] = [distance, item];
    }
    const selection = nearest === NONE ? null : selectionAt(scene, { item: nearest, net: NONE });
    if (!selection) return null;
    const { left, top } = rectOf(scene.rects, nearest);
    return { selection, x: (left - this.view.x) * this.view.scale, y: (top - this.view.y) * this.view.scale };
  }

  /** What is at a screen point. @param {number} x @param {number} y */
  pick(x, y) {
    return this.shown && pickAt(this.shown.index, this.view, this.shown.stage.level, { x, y });
  }

  /** @param {Point | null} at */
  point(at) {
    this.pointing.move(at);
    this.request();
  }

  /** @param {number} x @param {number} y */
  click(x, y) {
    if (!this.shown) return;
    const found = this.pick(x, y);
    const { scene } = this.shown.index;
    if (found?.enter) {
      this.handlers.onEnter?.(scene.itemRef[found.item]);
      return;
    }
    const selection = found && selectionAt(scene, found);
    this.select(selection);
    this.handlers.onSelect?.(selection);
  }

  /** Enters what can be entered; what is too small to be read comes near. @param {number} x @param {number} y */
  doubleClick(x, y) {
    if (!this.shown) return;
    const found = this.pick(x, y);
    const { scene } = this.shown.index;
    if (found && found.item !== NONE && !found.enter && scene.itemFlags[found.item] & FLAG.enter) this.handlers.onEnter?.(scene.itemRef[found.item]);
    else if (this.shown.stage.level?.kind !== 'full') this.glide(scaledAt(this.view, 1, x, y));
  }

  /** @param {string} key */
  key(key) {
    const pans = /** @type {Record<string, [number, number]>} */ ({
      ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP],
    });
    if (key in pans) this.pan(...pans[key]);
    else if (key === '+' || key === '=') this.zoomBy(ZOOM);
    else if (key === '-' || key === '_') this.zoomBy(1 / ZOOM);
    else if (key === '0') this.fit();
    else if (key === '1') this.actual();
    else return false;
    return true;
  }
}

/**
 * @param {HTMLElement} host
 * @param {Handlers} [handlers]
 * @returns {Canvas}
 */
export const createCanvas = (host, handlers = {}) => new Canvas(host, handlers);

/** Where the flow begins: the first input, or else the first item. @param {Scene} scene */
function firstOf({ itemKind, rects }) {
  if (itemKind.length === 0) return { x: 0, y: 0 };
  const { left, top, right, bottom } = rectOf(rects, Math.max(0, itemKind.indexOf(KIND.input)));
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

/** How many items are in view. @param {Index} index @param {View} view @param {Size} size */
function countSeen({ scene }, view, size) {
  const seen = seenFrom(view, size);
  let count = 0;
  for (let item = 0; item < scene.itemKind.length; item++) if (meet(rectOf(scene.rects, item), seen)) count++;
  return count;
}
