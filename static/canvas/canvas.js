/**
 * The drawing surface: shows a scene, follows the hand, tells what is pointed at and chosen.
 *
 * @module
 */

import { heldView, holdsOf, nudge } from './anchor.js';
import {
  DURATION, between, centredOn, clampScale, clampView, fitView, groupView, isFar, scaledAt, startView,
} from './camera.js';
import { KIND, NONE } from './codes.js';
import { listen } from './gestures.js';
import { Hand } from './hand.js';
import { Highlight } from './highlight.js';
import { enclosing, indexScene } from './index.js';
import { isolated } from './isolation.js';
import { Minimap } from './minimap.js';
import { meet, rectOf, seenFrom } from './rect.js';
import { Stage } from './stage.js';
import { StickyTitles } from './sticky.js';
import { html } from './svg.js';
import { Transition } from './transition.js';

/** @import {Scene, Selection} from '../types.js' */
/** @import {Point, View} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Neighbourhood, Paths} from './isolation.js' */

/**
 * @typedef {object} Handlers
 * @property {(selection: Selection | null, options: {extend: boolean}) => void} [onSelect] chosen by the hand, not by `select`; `extend`:
 *   Shift was held, and what is selected has been left as it was
 * @property {(node: number) => void} [onEnter] a node with a body or a function is to be entered
 * @property {(group: number) => void} [onToggle] a group is to be opened or closed
 * @property {(view: Seen) => void} [onView] at most once a frame
 * @property {(selection: Selection | null) => void} [onHover]
 * @property {'zoom'|'pan'} [wheel] what the wheel does; may be changed at any time
 */

/**
 * The part of the graph that can be seen, and the open groups around its middle, outermost first.
 * @typedef {{scale: number, x: number, y: number, width: number, height: number, groups: number[]}} Seen
 */

/** What is shown of a scene. @typedef {{index: Index, stage: Stage, highlight: Highlight, titles: StickyTitles}} Shown */

/** The scale at which what is centred can be read. */
const READABLE = 0.8;

export class Canvas {
  /**
   * @param {HTMLElement} host
   * @param {Handlers} handlers
   * @param {HTMLElement | null} minimap
   */
  constructor(host, handlers, minimap) {
    this.host = host;
    this.handlers = handlers;
    this.size = { width: host.clientWidth, height: host.clientHeight };
    /** @type {View} */
    this.view = { x: 0, y: 0, scale: 1 };
    /** @type {{from: View, to: View, start: number} | null} */
    this.motion = null;
    /** @type {Shown | null} */
    this.shown = null;
    /** @type {Transition | null} */
    this.transition = null;
    /** What is to be isolated in this graph. @type {Neighbourhood | Paths | null} */
    this.isolation = null;
    this.minimap = minimap && new Minimap(minimap, (x, y) => this.look(centredOn(x, y, this.view.scale, this.size)));
    this.hand = new Hand(this);
    /** How far the view was moved, in graph px, to keep an opened group under the pointer, by group. @type {Map<number, Point>} */
    this.nudges = new Map();
    this.frame = 0;
    this.timer = 0;
    /** The view that the handler has been told. */
    this.told = '';
    host.classList.add('canvas');
    host.tabIndex = 0;
    host.setAttribute('role', 'application');
    host.ariaLabel ??= 'Graph';
    this.tip = html('tip', host);
    /** Above the drawing: the browser need not look through it for what is under the pointer. */
    this.pane = html('pane', host);
    this.unlisten = listen(host, this.pane, {
      wheel: () => handlers.wheel ?? 'zoom',
      zoom: (factor, x, y) => this.look(scaledAt(this.view, this.clampScale(this.view.scale * factor), x, y)),
      pan: (dx, dy) => this.pan(dx, dy),
      click: (x, y, extend) => this.hand.click(x, y, extend),
      doubleClick: (x, y) => this.hand.doubleClick(x, y),
      point: (at) => this.hand.point(at),
      key: (key) => this.hand.key(key),
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
   * @param {{keepView?: boolean, anchor?: Selection | null, view?: View}} [options] `keepView`: of another scene of the same graph, what is in
   *   the middle stays there; `anchor`: this stays where it is instead if it is in view, or the group that has taken it in, and the way there is shown;
   *   `view`: where to look from instead
   */
  show(scene, { keepView = false, anchor = null, view } = {}) {
    this.finish();
    const old = this.shown;
    const { view: before, size } = this;
    const holds = old && (keepView || anchor) ? holdsOf(old.index, before, size, old.titles, anchor) : [];
    this.measure();
    const index = indexScene(scene);
    const held = this.gripped(index, anchor, heldView(index, holds, before.scale) ?? (keepView && old ? before : null));
    this.motion = null;
    this.hand.clear();
    this.shown = this.open(index);
    this.told = '';
    this.minimap?.show(index);
    this.isolate(old && (keepView || anchor) ? this.isolation : null);
    const at = view ?? held;
    this.look(at ? { ...at, scale: this.clampScale(at.scale) } : startView(scene, this.size, firstOf(scene)));
    this.draw(performance.now());
    if (!old) return;
    old.highlight.remove();
    old.titles.remove();
    if (anchor && !calm()) {
      const sights = [{ index: old.index, stage: old.stage, view: before }, { index, stage: this.shown.stage, view: this.view }];
      this.transition = new Transition(this.host, sights[0], sights[1], this.size, performance.now());
      this.request();
    } else {
      old.stage.remove();
    }
  }

  /**
   * The view in which a group that the pointer has opened or closed is still under it. What that takes is given back when it is closed again.
   *
   * @param {Index} index
   * @param {Selection | null} anchor
   * @param {View | null} held
   */
  gripped(index, anchor, held) {
    const { toggled } = this.hand;
    this.hand.toggled = null;
    if (!held) this.nudges.clear();
    if (!held || anchor?.kind !== 'group') return held;
    const { item } = index.find(anchor);
    const closed = item === NONE || index.scene.itemKind[item] === KIND.group;
    const given = closed ? this.nudges.get(anchor.id) : null;
    this.nudges.delete(anchor.id);
    if (given) return { ...held, x: held.x - given.x, y: held.y - given.y };
    if (item === NONE || toggled?.group !== anchor.id) return held;
    const by = nudge(index.scene, item, held, toggled.at);
    if (!closed) this.nudges.set(anchor.id, by);
    return { ...held, x: held.x + by.x, y: held.y + by.y };
  }

  /** @param {Index} index @returns {Shown} */
  open(index) {
    return {
      index,
      stage: new Stage(this.host, index, this.size),
      highlight: new Highlight(this.host, index),
      titles: new StickyTitles(this.host, index),
    };
  }

  /** Ends the way from one scene to another. */
  finish() {
    this.transition?.remove();
    this.transition = null;
  }

  clear() {
    this.finish();
    this.shown?.stage.remove();
    this.shown?.highlight.remove();
    this.shown?.titles.remove();
    this.shown = null;
    this.minimap?.show(null);
    this.isolation = null;
    this.motion = null;
    this.hand.clear();
  }

  destroy() {
    this.clear();
    this.unlisten();
    this.resized.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.minimap?.remove();
    this.tip.remove();
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

  /**
   * Dims all but a part of the graph, for as long as the graph is shown.
   *
   * @param {Neighbourhood | Paths | null} spec null: dims nothing any more
   * @returns {{items: number}} how many items are not dimmed; 0 when there is nothing to isolate, and then nothing is dimmed
   */
  isolate(spec) {
    if (!this.shown) return { items: 0 };
    const { index, stage, highlight } = this.shown;
    const found = spec && isolated(index, spec);
    this.isolation = spec;
    stage.isolated = found;
    highlight.isolate(found);
    if (this.minimap && this.minimap.isolated !== found) this.minimap.isolate(found);
    this.request();
    return { items: found?.count ?? 0 };
  }

  /**
   * Brings a selection to the middle; of an open group, all of it if it can be made out, or else its beginning.
   *
   * @param {Selection} selection
   * @param {{zoom?: boolean}} [options] `zoom`: near enough to be read
   */
  centre(selection, { zoom = true } = {}) {
    if (!this.shown) return;
    const { scene, find } = this.shown.index;
    const { item, net } = find(selection);
    const at = item !== NONE ? item : net !== NONE ? scene.netSource[net] : NONE;
    if (at === NONE) return;
    const rect = rectOf(scene.rects, at);
    if (scene.itemKind[at] === KIND.container) {
      this.glide(groupView(rect, zoom ? null : this.view.scale, this.size));
      return;
    }
    const scale = zoom ? Math.max(this.view.scale, READABLE) : this.view.scale;
    // Of a wire: where it leaves its source.
    const x = item === NONE && scene.direction === 'right' ? rect.right : (rect.left + rect.right) / 2;
    const y = item === NONE && scene.direction === 'down' ? rect.bottom : (rect.top + rect.bottom) / 2;
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
      settled: !stage?.next && !stage?.past && !this.transition && !this.minimap?.timer && this.frame === 0 && stage?.present?.base.scale === this.view.scale,
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
    this.finish();
    this.view = clampView(view, this.shown.index.scene, this.size);
    this.request();
  }

  /** Goes to a view by a short motion. @param {View} view */
  glide(view) {
    if (!this.shown) return;
    const to = clampView(view, this.shown.index.scene, this.size);
    if (calm() || isFar(this.view, to, this.size)) this.look(to);
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
    const { stage, highlight, titles } = this.shown;
    if (this.motion) {
      const time = Math.max(0, Math.min(1, (now - this.motion.start) / DURATION));
      this.view = between(this.motion.from, this.motion.to, time);
      if (time === 1) this.motion = null;
    }
    if (this.transition?.draw(now)) this.finish();
    const wait = stage.draw(this.view, now, this.motion === null);
    this.hand.look();
    if (stage.plan) {
      highlight.draw(this.view, this.size, stage.plan.level, stage.present?.base.scale === this.view.scale);
      titles.draw(this.view, this.size, stage.plan);
    }
    this.tell();
    if (this.motion || this.transition || wait === 0 || this.hand.stale) this.request();
    else if (wait < Infinity) this.timer = window.setTimeout(() => this.request(), wait);
  }

  tell() {
    const { x, y, scale } = this.view;
    const key = `${x} ${y} ${scale} ${this.size.width} ${this.size.height}`;
    if (key === this.told) return;
    this.told = key;
    this.hand.moved();
    this.minimap?.draw(this.view, this.size);
    const [width, height] = [this.size.width / scale, this.size.height / scale];
    const groups = this.shown ? enclosing(this.shown.index, x + width / 2, y + height / 2) : [];
    this.handlers.onView?.({ scale, x, y, width, height, groups });
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
}

/**
 * @param {HTMLElement} host
 * @param {Handlers} [handlers]
 * @param {{minimap?: HTMLElement | null}} [options] `minimap`: where to put the overview; hidden when there is no need for it
 * @returns {Canvas}
 */
export const createCanvas = (host, handlers = {}, { minimap = null } = {}) => new Canvas(host, handlers, minimap);

/** Whether motion is to be reduced. */
const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Where the flow begins: the first input, or else the first item. @param {Scene} scene */
function firstOf({ itemKind, rects }) {
  if (itemKind.length === 0) return { x: 0, y: 0 };
  const { left, top, right, bottom } = rectOf(rects, Math.max(0, itemKind.indexOf(KIND.input)));
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

/** @param {Index} index @param {View} view @param {{width: number, height: number}} size */
function countSeen({ scene }, view, size) {
  const seen = seenFrom(view, size);
  let count = 0;
  for (let item = 0; item < scene.itemKind.length; item++) {
    if (scene.itemKind[item] !== KIND.container && meet(rectOf(scene.rects, item), seen)) count++;
  }
  return count;
}
