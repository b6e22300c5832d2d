/**
 * What the hand means: what is pointed at, clicked and typed, turned into selections, steps and moves of the view.
 *
 * @module
 */

import { graphPoint, scaledAt } from './camera.js';
import { toggles } from './cards.js';
import { FLAG, KIND, NONE, STYLE, titleOf } from './codes.js';
import { selectionAt } from './index.js';
import { pick } from './pick.js';

/** @import {Scene} from '../types.js' */
/** @import {Point, Size} from './camera.js' */
/** @import {Canvas} from './canvas.js' */
/** @import {Pick} from './pick.js' */

/** How near a wire must be to be hit, in screen px, and the least scale at which wires can be hit. */
const REACH = 6;
const WIRES_FROM = 0.12;
/** How far an arrow key pans, in screen px, and how much a key zooms. */
const STEP = 80;
const ZOOM = 1.25;
/** Where the name of a wire is, from the pointer. */
const ASIDE = { x: 14, y: 16 };
/** Milliseconds after which a view is at rest. */
const REST = 150;
/** Milliseconds in which clicks on a mark that opens or closes a group are one: the first click puts another mark under the pointer. */
const ONCE = 400;

export class Hand {
  /** @param {Canvas} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    /** When a group was last opened or closed. */
    this.toggledAt = -Infinity;
    /** What was opened or closed where on the screen; {@link Canvas#show} takes it. @type {{group: number, at: Point} | null} */
    this.toggled = null;
    /** Where the mouse is. @type {Point | null} */
    this.at = null;
    /** Whether what is there may be another than before. */
    this.stale = false;
    this.rest = 0;
  }

  /** What is at a screen point. @param {number} x @param {number} y @returns {Pick | null} */
  pick(x, y) {
    const { shown, view } = this.canvas;
    if (!shown?.stage.plan) return null;
    const at = graphPoint(view, x, y);
    return shown.titles.at(x, y) ?? pick(shown.stage.plan, at.x, at.y, { scale: view.scale, reach: view.scale >= WIRES_FROM ? REACH / view.scale : 0 });
  }

  /** The mouse is there, or nowhere. @param {Point | null} at */
  point(at) {
    this.at = at;
    this.stale = true;
    this.canvas.request();
  }

  /** Looks at what the mouse points at, when that may have changed. */
  look() {
    const { shown, host, handlers, tip, size } = this.canvas;
    if (!this.stale || !shown) return;
    this.stale = false;
    const { highlight, index } = shown;
    const found = this.at && this.pick(this.at.x, this.at.y);
    host.classList.toggle('pointing', found !== null);
    if (highlight.point(found && { item: found.item, net: found.net })) {
      handlers.onHover?.(found && selectionAt(index.scene, found));
      tip.textContent = found && found.net !== NONE ? nameOfNet(index.scene, found.net) : '';
      tip.classList.toggle('on', tip.textContent !== '');
    }
    if (this.at && tip.textContent) placeTip(tip, this.at, size);
  }

  /** The view has moved: what is under the mouse is looked for where it comes to rest. */
  moved() {
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => this.at && this.point(this.at), REST);
  }

  /** Points at nothing. */
  clear() {
    clearTimeout(this.rest);
    const { tip, host } = this.canvas;
    tip.textContent = '';
    tip.classList.remove('on');
    host.classList.remove('pointing');
  }

  /** @param {number} x @param {number} y @param {boolean} extend */
  click(x, y, extend) {
    const { shown, handlers } = this.canvas;
    if (!shown) return;
    const found = this.pick(x, y);
    const { scene } = shown.index;
    if (found?.part === 'enter') {
      handlers.onEnter?.(scene.itemRef[found.item]);
    } else if (found?.part === 'toggle') {
      this.toggle(found.item, { x, y });
    } else if (performance.now() - this.toggledAt >= ONCE) {
      const selection = found && selectionAt(scene, found);
      if (selection && found?.part === 'target') this.canvas.centre(selection, { zoom: false });
      if (!extend) this.canvas.select(selection);
      handlers.onSelect?.(selection, { extend });
    }
  }

  /** Opens, closes or enters; what is too small to be read comes near. @param {number} x @param {number} y */
  doubleClick(x, y) {
    const { shown, view, handlers } = this.canvas;
    if (!shown || performance.now() - this.toggledAt < ONCE) return;
    const found = this.pick(x, y);
    const { scene } = shown.index;
    const item = found?.part === 'body' ? found.item : NONE;
    if (item !== NONE && isGroup(scene, item)) this.toggle(item, { x, y });
    else if (item !== NONE && scene.itemFlags[item] & FLAG.enter) handlers.onEnter?.(scene.itemRef[item]);
    else if (shown.stage.level?.kind !== 'full') this.canvas.glide(scaledAt(view, 1, x, y));
  }

  /** @param {number} item @param {Point} at */
  toggle(item, at) {
    const { shown, handlers } = this.canvas;
    const now = performance.now();
    if (!shown || now - this.toggledAt < ONCE) return;
    this.toggledAt = now;
    const group = shown.index.scene.itemRef[item];
    this.toggled = { group, at };
    handlers.onToggle?.(group);
  }

  /** @param {string} key @returns {boolean} whether it meant something */
  key(key) {
    const { canvas } = this;
    const pans = /** @type {Record<string, [number, number]>} */ ({
      ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP],
    });
    if (key in pans) canvas.pan(...pans[key]);
    else if (key === '+' || key === '=') canvas.zoomBy(ZOOM);
    else if (key === '-' || key === '_') canvas.zoomBy(1 / ZOOM);
    else if (key === '0') canvas.fit();
    else if (key === '1') canvas.actual();
    else if (key === 'Enter' || key === ' ') return this.toggleSelected();
    else return false;
    return true;
  }

  toggleSelected() {
    const { shown, handlers } = this.canvas;
    const item = shown?.highlight.selected?.item ?? NONE;
    if (!shown || item === NONE || !isGroup(shown.index.scene, item)) return false;
    handlers.onToggle?.(shown.index.scene.itemRef[item]);
    return true;
  }
}

/** Beside the pointer, within the host. @param {HTMLElement} tip @param {Point} at @param {Size} size */
function placeTip(tip, at, size) {
  const x = Math.max(0, Math.min(at.x + ASIDE.x, size.width - tip.offsetWidth - 8));
  const below = at.y + ASIDE.y;
  const y = below + tip.offsetHeight + 8 <= size.height ? below : at.y - ASIDE.y - tip.offsetHeight;
  tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

/** Whether an item opens or closes. @param {Scene} scene @param {number} item */
const isGroup = (scene, item) => toggles(scene, item) || scene.itemKind[item] === KIND.container;

/** What a wire joins, and its shape. @param {Scene} scene @param {number} net */
function nameOfNet(scene, net) {
  const { texts, netSource, netStarts, netTargets, netLabel, netStyle } = scene;
  const targets = netTargets.subarray(netStarts[net], netStarts[net + 1]);
  const names = targets.length > 3 ? `${targets.length} consumers` : [...targets].map((item) => titleOf(scene, item)).join(', ');
  // A tag has the name of its source.
  const shape = netLabel[net] === NONE || netStyle[net] === STYLE.stub ? '' : `   ${texts[netLabel[net]]}`;
  return `${titleOf(scene, netSource[net])} → ${names}${shape}`;
}
