/**
 * Shows a scene at whatever level of detail the view asks for: one layer, or two while one gives way to another.
 *
 * @module
 */

import { paintsOf } from './cards.js';
import { fitScale, strained } from './camera.js';
import { Layer } from './layer.js';
import { crowdOf, levelAt, levelsOf } from './levels.js';

/** @import {Size, View} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Isolated} from './isolation.js' */

/** Milliseconds a frame for drawing tiles; more for the first, when there is nothing to look at yet. */
const BUDGET = 3;
const FIRST = 40;
/** Milliseconds without zooming after which the content is painted anew, crisp. */
const REST = 110;
const FADE = 120;

export class Stage {
  /**
   * @param {Element} parent
   * @param {Index} index
   * @param {Size} host
   */
  constructor(parent, index, host) {
    this.parent = parent;
    this.index = index;
    this.paints = paintsOf(index.scene);
    this.host = host;
    this.levels = this.levelsFor(host);
    /** @type {Layer | null} */
    this.present = null;
    /** @type {Layer | null} the layer that is to replace the present one, once it is drawn */
    this.next = null;
    /** @type {{layer: Layer, until: number} | null} */
    this.past = null;
    /** @type {Isolated | null} */
    this.isolated = null;
    this.scale = 0;
    this.zoomedAt = 0;
  }

  /** @param {Size} host */
  resize(host) {
    this.host = host;
    this.levels = this.levelsFor(host);
  }

  /** @param {Size} host */
  levelsFor(host) {
    const { scene, items } = this.index;
    return levelsOf(crowdOf(items, scene, host), Math.min(0.05, fitScale(scene, host)));
  }

  get level() {
    return this.plan?.level ?? null;
  }

  /** How the scene is drawn, or about to be. */
  get plan() {
    return this.next?.plan ?? this.present?.plan ?? null;
  }

  /** Hides the items while they are drawn elsewhere. @param {boolean} concealed */
  conceal(concealed) {
    for (const layer of [this.present, this.next, this.past?.layer]) layer?.element.classList.toggle('concealed', concealed);
  }

  /** Fades in, above whatever is there. */
  arrive() {
    this.present?.element.classList.add('arriving');
  }

  /**
   * Draws a frame.
   *
   * @param {View} view
   * @param {number} now
   * @param {boolean} still whether nothing moves of itself
   * @returns {number} milliseconds until another frame is needed; 0 for at once, Infinity for never
   */
  draw(view, now, still) {
    if (view.scale !== this.scale) this.zoomedAt = now;
    this.scale = view.scale;
    this.choose(view);
    const layer = this.next ?? this.present;
    if (!layer) return Infinity;
    const rested = now - this.zoomedAt >= REST;
    const stale = layer.base.scale !== view.scale;
    if (strained(layer.base.scale, view.scale) || (stale && rested && still)) layer.settle(view);
    const done = layer.update(view, this.host, this.present ? BUDGET : FIRST);
    if (this.next?.complete) this.swap(now);
    for (const each of [this.present, this.next, this.past?.layer]) each?.place(view);
    if (this.past && now >= this.past.until) this.forget();
    if (!done) return 0;
    return Math.min(stale && !rested ? REST - (now - this.zoomedAt) : Infinity, this.past ? this.past.until - now : Infinity);
  }

  /** Begins a layer when the view asks for another level, or is out of the present one's reach. @param {View} view */
  choose(view) {
    const level = levelAt(this.levels, view.scale, this.level);
    if (this.next && (this.next.level !== level || this.stale(this.next) || this.next.leaves(view))) {
      this.next.remove();
      this.next = null;
    }
    if (this.next || (this.present?.level === level && !this.stale(this.present) && !this.present.leaves(view))) return;
    this.next = new Layer(this.parent, this.index, this.paints, level, view, this.isolated);
    if (this.present) this.next.element.classList.add('coming');
  }

  /** Whether a layer dims something else than is to be dimmed. @param {Layer} layer */
  stale(layer) {
    return layer.plan.isolated !== this.isolated;
  }

  /** @param {number} now */
  swap(now) {
    this.forget();
    if (this.present) this.past = { layer: this.present, until: now + FADE };
    this.present = this.next;
    this.next = null;
    this.present?.element.classList.replace('coming', 'arriving');
  }

  forget() {
    this.past?.layer.remove();
    this.past = null;
  }

  remove() {
    for (const layer of [this.present, this.next, this.past?.layer]) layer?.remove();
  }
}
