/**
 * What is drawn: asks for scenes, one after the other, and knows what the present one shows.
 *
 * @module
 */

import { createCanvas } from './canvas/canvas.js';
import { NONE, titleOf } from './canvas/codes.js';
import { Hierarchy } from './hierarchy.js';
import { measureAdvances, warmFonts } from './measure.js';
import { preferences } from './preferences.js';
import { Cancelled } from './session.js';

/** @import {Place} from './permalink.js' */
/** @import {Session} from './session.js' */
/** @import {Handlers} from './canvas/canvas.js' */
/** @import {GroupRef, Scene, SceneOptions, Selection, Step} from './types.js' */

/** How near a selection is brought: at most this scale, with so many px around it. */
const NEAREST = 1.5;
const MARGIN = 64;

/** Up to this width, in px, nothing is beside the drawing. */
const PHONE = 640;

/** The kinds of item that stand for each kind of selection. */
const ITEMS = { node: [0], value: [1, 2], group: [3, 4, 5] };

/** A point of the graph, at the corner of the view or in its middle, and the scale. @typedef {{x: number, y: number, scale: number}} View */

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
  /** Measured before there is a model: the first look at fonts takes the browser a while. */
  #advances = measureAdvances();
  /** The scene that is asked for last: each step starts from the one before. @type {Promise<unknown>} */
  #last = Promise.resolve();
  #host;
  /** Where it is looked at from, and where it was at first. @type {View} */
  #view = { x: 0, y: 0, scale: 1 };
  #start = this.#view;

  /**
   * @param {HTMLElement} host
   * @param {Required<Pick<Handlers, 'onSelect'|'onEnter'|'onToggle'|'onView'>>} handlers
   * @param {{minimap: HTMLElement}} options
   */
  constructor(host, { onView, ...handlers }, options) {
    this.#host = host;
    warmFonts();
    this.canvas = createCanvas(host, {
      ...handlers,
      onView: (view) => {
        this.#view = { x: view.x, y: view.y, scale: view.scale };
        onView(view);
      },
    }, options);
  }

  get scene() {
    return this.#scene;
  }

  /** The hierarchy of the open model; asking for it while nothing is open is a mistake of the page. */
  get hierarchy() {
    if (!this.#hierarchy) throw new Error('no model is open');
    return this.#hierarchy;
  }

  /** Fulfilled once what was asked for until now is drawn, or has failed. */
  get settled() {
    return this.#last;
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
    const scene = await session.scene(graph, await this.#options(graph, step));
    if (session !== this.#session) throw new Cancelled();
    const kept = anchor && anchor.kind !== 'value' && this.shows(anchor) ? anchor : null;
    const same = this.#scene?.graph === graph;
    this.#scene = scene;
    this.hierarchy.learn(scene);
    before(scene);
    const stays = same && (keepView || kept !== null);
    this.canvas.show(scene, stays ? { keepView: true, anchor: kept } : {});
    if (!stays) this.#start = this.#view;
  }

  /** Shows the same scene once more, with other colours. @param {(scene: Scene) => void} paint changes the colours */
  repaint(paint) {
    if (!this.#scene) return;
    this.#scene = { ...this.#scene };
    paint(this.#scene);
    this.canvas.show(this.#scene, { keepView: true });
  }

  /** The drawing as the text of an SVG file, in the theme of the page. */
  async svg() {
    if (!this.#session || !this.#scene) throw new Cancelled();
    const { graph } = this.#scene;
    const theme = document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light';
    return this.#session.svg(graph, { ...await this.#options(graph, null), theme });
  }

  /**
   * @param {number} graph
   * @param {Step|null} step
   * @returns {Promise<SceneOptions>}
   */
  async #options(graph, step) {
    const { direction, attributes, weights, names, controls } = preferences;
    const screen = this.#screen();
    return { direction, advances: this.#advances, shown: { attributes, weights, names, controls }, screen, ...await this.hierarchy.options(graph, step) };
  }

  /**
   * Width and height of the room for the drawing. While a model is opened, the columns beside it are not there yet.
   * @returns {[number, number]}
   */
  #screen() {
    const { state, sidebar, outline } = document.documentElement.dataset;
    const { clientWidth, clientHeight } = this.#host;
    if (state === 'ready' || window.innerWidth <= PHONE) return [clientWidth, clientHeight];
    const beside = (sidebar === 'closed' ? 0 : preferences.sidebarWidth) + (outline === 'open' ? preferences.outlineWidth : 0);
    return [Math.max(1, clientWidth - beside), clientHeight];
  }

  /**
   * Open groups with what the drawing calls them.
   * @param {number[]} ids
   * @returns {GroupRef[]}
   */
  groups(ids) {
    return ids.map((id) => ({ id, name: (this.#scene && titleOf(this.#scene, this.#item({ kind: 'group', id }))) ?? '' }));
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
   * @param {View} view x and y of its middle
   */
  look(view) {
    this.canvas.look(this.#centred(view));
  }

  /**
   * What is shown, and from where if that is not where it began.
   * @returns {Omit<Place, 'selection'>|null}
   */
  place() {
    const scene = this.#scene;
    if (!scene) return null;
    const { x, y, scale } = this.#view;
    const moved = x !== this.#start.x || y !== this.#start.y || scale !== this.#start.scale;
    const { clientWidth, clientHeight } = this.#host;
    return {
      graph: scene.graph,
      depth: scene.grouped ? { level: scene.level, open: scene.open } : null,
      view: moved ? { x: x + clientWidth / 2 / scale, y: y + clientHeight / 2 / scale, scale } : null,
    };
  }

  /** @param {View} view x and y of its middle */
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
