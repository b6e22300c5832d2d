/**
 * What is drawn: asks for scenes, one after the other, and knows what the present one shows.
 *
 * @module
 */

import { createCanvas } from './canvas/canvas.js';
import { Hierarchy } from './hierarchy.js';
import { measureAdvances } from './measure.js';
import { preferences } from './preferences.js';
import { Cancelled } from './session.js';

/** @import {Session} from './session.js' */
/** @import {Advances, Scene, SceneOptions, Selection, Step} from './types.js' */

/** How near a selection is brought: at most this scale, with so many px around it. */
const NEAREST = 1.5;
const MARGIN = 64;

/** No item. */
const NONE = 0xffffffff;

/** The kinds of item that stand for each kind of selection. */
const ITEMS = { node: [0], value: [1, 2], group: [3, 4, 5] };

/**
 * @typedef {object} DrawOptions
 * @property {Step|null} [step]
 * @property {boolean} [keepView]
 * @property {Selection|null} [anchor] stays where it is on the screen
 * @property {(scene: Scene) => void} [before] called when the scene is there, before it is drawn
 */

export class Drawing {
  /** @type {Session|null} */
  #session = null;
  /** @type {Hierarchy|null} */
  #hierarchy = null;
  /** @type {Scene|null} */
  #scene = null;
  /** @type {Advances|null} */
  #advances = null;
  /** The scene that is asked for last: each step starts from the one before. @type {Promise<unknown>} */
  #last = Promise.resolve();
  #host;

  /**
   * @param {HTMLElement} host
   * @param {import('./canvas/canvas.js').Handlers} handlers
   * @param {{minimap: HTMLElement}} options
   */
  constructor(host, handlers, options) {
    this.#host = host;
    this.canvas = createCanvas(host, handlers, options);
  }

  get scene() {
    return this.#scene;
  }

  /** The hierarchy of the open model; asking for it while nothing is open is a mistake of the page. */
  get hierarchy() {
    if (!this.#hierarchy) throw new Error('no model is open');
    return this.#hierarchy;
  }

  /** @param {Session} session */
  open(session) {
    this.#session = session;
    this.#hierarchy = new Hierarchy(session);
    this.#last = Promise.resolve();
  }

  close() {
    this.#session = null;
    this.#hierarchy = null;
    this.#scene = null;
    this.canvas.clear();
  }

  /**
   * Draws a graph as deep as it was, or a step on from there. Calls are answered in order.
   * @param {number} graph
   * @param {DrawOptions} [options]
   */
  draw(graph, options = {}) {
    const next = this.#last.then(() => this.#draw(graph, options));
    this.#last = next.catch(() => {});
    return next;
  }

  /**
   * @param {number} graph
   * @param {DrawOptions} options
   */
  async #draw(graph, { step = null, keepView = false, anchor = null, before = () => {} }) {
    const session = this.#session;
    if (!session) throw new Cancelled();
    const scene = await session.scene(graph, await this.options(graph, step));
    if (session !== this.#session) throw new Cancelled();
    const kept = anchor && anchor.kind !== 'value' && this.shows(anchor) ? { kind: anchor.kind, id: anchor.id } : undefined;
    const same = this.#scene?.graph === graph;
    this.#scene = scene;
    this.hierarchy.learn(scene);
    before(scene);
    this.canvas.show(scene, same ? { keepView: keepView || kept !== undefined, anchor: kept } : {});
  }

  /**
   * @param {number} graph
   * @param {Step|null} [step]
   * @returns {Promise<SceneOptions>}
   */
  async options(graph, step = null) {
    this.#advances ??= measureAdvances();
    const { direction, attributes, weights, names } = preferences;
    return { direction, advances: this.#advances, attributes, weights, names, ...await this.hierarchy.options(graph, step) };
  }

  /**
   * Whether a selection is in the drawing, and not hidden in a closed group.
   * @param {Selection} selection
   */
  shows(selection) {
    const isNet = selection.kind === 'value' && this.#scene?.netValue.includes(selection.id);
    return isNet || this.#item(selection) !== NONE;
  }

  /**
   * Brings a selection as near as it can be seen whole.
   * @param {Selection} selection
   */
  near(selection) {
    const item = this.#item(selection);
    if (!this.#scene || item === NONE) {
      this.canvas.centre(selection);
      return;
    }
    const [x = 0, y = 0, width = 1, height = 1] = this.#scene.rects.subarray(4 * item, 4 * item + 4);
    const { clientWidth, clientHeight } = this.#host;
    const scale = Math.min(NEAREST, (clientWidth - 2 * MARGIN) / width, (clientHeight - 2 * MARGIN) / height);
    this.canvas.glide(this.#centred({ x: x + width / 2, y: y + height / 2, scale }));
  }

  /**
   * Shows a part of the graph.
   * @param {{x: number, y: number, scale: number}} view x and y of its middle
   */
  look(view) {
    this.canvas.look(this.#centred(view));
  }

  /**
   * The view with its corner at x and y as one with its middle there.
   * @param {{x: number, y: number, scale: number}} view
   */
  middle({ x, y, scale }) {
    return { x: x + this.#host.clientWidth / 2 / scale, y: y + this.#host.clientHeight / 2 / scale, scale };
  }

  /** @param {{x: number, y: number, scale: number}} view x and y of its middle */
  #centred({ x, y, scale }) {
    return { x: x - this.#host.clientWidth / 2 / scale, y: y - this.#host.clientHeight / 2 / scale, scale };
  }

  /** @param {Selection} selection */
  #item({ kind, id }) {
    const scene = this.#scene;
    const item = scene ? scene.itemRef.findIndex((ref, at) => ref === id && ITEMS[kind].includes(scene.itemKind[at] ?? NONE)) : -1;
    return item < 0 ? NONE : item;
  }
}
