/**
 * The open model: which graph is shown, what is selected, and what the panels say about it.
 *
 * @module
 */

import { createBar, createZoom } from './bar.js';
import { createCanvas } from './canvas/canvas.js';
import { documentation } from './documentation.js';
import { announce, byId, el, toast } from './dom.js';
import { measureAdvances } from './measure.js';
import { plural } from './numbers.js';
import { FindPanel } from './panel-find.js';
import { modelPanel } from './panel-model.js';
import { emptySelection, selectionPanel } from './panel-selection.js';
import { preferences, remember } from './preferences.js';
import { Cancelled, SessionError } from './session.js';
import { Sidebar } from './sidebar.js';

/** @import {Session} from './session.js' */
/** @import {Actions} from './pieces.js' */
/** @import {Advances, GraphInfo, Hit, ModelInfo, NodeInfo, Scene, SceneOptions, Selection} from './types.js' */

/** How much a key or a button zooms. */
const ZOOM = 1.25;

export class Viewer {
  /** @type {Session|null} */
  #session = null;
  /** @type {ModelInfo|null} */
  #info = null;
  /** @type {Scene|null} */
  #scene = null;
  /** @type {Selection|null} */
  #selection = null;
  /** The graphs entered on the way to the current one. @type {number[]} */
  #trail = [];
  /** @type {Advances|null} */
  #advances = null;
  /** These count what was asked for, so that a late answer is recognised. */
  #scenes = 0;
  #details = 0;
  #handlers;
  #canvas;
  #bar;
  #sidebar;
  #find;
  /** @type {Actions} */
  #actions = {
    jump: (graph, selection) => void this.#jump(graph, selection),
    enter: (graph) => void this.enter(graph),
    find: (query) => this.#openFind(query),
    values: (tensor, from, count) => this.#need().session.values(tensor, from, count),
    documentation: (key, operator) => documentation(this.#need().info.formatId, key, operator),
  };

  /**
   * @param {object} handlers
   * @param {(command: string) => void} handlers.run
   * @param {() => void} handlers.onHome
   * @param {(graph: number) => void} handlers.onGraph the reader of the page went to another graph
   * @param {(error: SessionError) => void} handlers.onCrash
   */
  constructor(handlers) {
    this.#handlers = handlers;
    const { run, onHome } = handlers;
    this.#bar = createBar({ run, onHome, onGraph: (graph) => void this.enter(graph) });
    this.#sidebar = new Sidebar();
    const showScale = createZoom(run);
    this.#canvas = createCanvas(byId('canvas'), {
      onSelect: (selection) => void this.select(selection),
      onEnter: (node) => void this.#enterNode(node),
      onView: ({ scale }) => showScale(scale),
    });
    this.#find = new FindPanel({
      search: (query) => this.#need().session.find(query),
      onChoose: (hit) => this.#choose(hit),
      onLeave: () => this.#sidebar.show('model'),
    });
    this.#sidebar.set('find', this.#find.element);
  }

  /** What is open; asking for it while nothing is open is a mistake of the page. */
  #need() {
    if (!this.#session || !this.#info) throw new Error('no model is open');
    return { session: this.#session, info: this.#info };
  }

  /** The session of the open model. */
  get session() {
    return this.#session;
  }

  /** The name of the open file. */
  get name() {
    return this.#info?.file.name ?? null;
  }

  /** The graph that is shown. */
  get graph() {
    return this.#trail.at(-1) ?? null;
  }

  /**
   * Shows a model. Rejects if its graph cannot be laid out.
   * @param {Session} session
   * @param {ModelInfo} info
   * @param {number|null} graph the one to show instead of the model's own choice
   * @param {() => void} reveal called when all is ready but the drawing, which needs the size of the visible page
   */
  async open(session, info, graph, reveal) {
    this.close();
    this.#session = session;
    this.#info = info;
    this.#bar.show(info);
    this.#sidebar.set('model', ...modelPanel(info, this.#actions));
    this.#sidebar.show('model');
    await this.#draw(this.#trailTo(this.#orEntry(graph)), { reveal });
    // Keys go to the drawing from the start; whoever uses a mouse need not see that.
    byId('canvas').focus({ preventScroll: true, focusVisible: false });
  }

  /** @param {number|null} graph */
  #orEntry(graph) {
    const { info } = this.#need();
    return info.graphs.find(({ id }) => id === graph)?.id ?? info.entry;
  }

  /** Forgets the model and ends its Worker. */
  close() {
    this.#scenes += 1;
    this.#session?.close();
    this.#session = null;
    this.#info = null;
    this.#scene = null;
    this.#trail = [];
    this.#find.clear();
    this.#bar.clear();
    this.#bar.busy(false);
    this.#canvas.clear();
    this.#deselect();
  }

  /**
   * Shows the graph that the address names.
   * @param {number|null} graph null for the first
   */
  async show(graph) {
    await this.enter(this.#orEntry(graph), false);
  }

  /**
   * Goes to another graph of the model.
   * @param {number} graph
   * @param {boolean} [tell] whether the page is to be told
   */
  async enter(graph, tell = true) {
    if (graph === this.graph) return;
    const index = this.#trail.indexOf(graph);
    const definition = this.#graphInfo(graph)?.kind === 'function';
    // A function has no place of its own: the way by which it was entered leads back.
    const trail = index >= 0 ? this.#trail.slice(0, index + 1) : definition ? [...this.#trail, graph] : this.#trailTo(graph);
    if (await this.#try(() => this.#draw(trail))) {
      if (tell) this.#handlers.onGraph(graph);
      const info = this.#graphInfo(graph);
      if (info) announce(`${info.title}: ${plural(info.nodes, 'node')}`);
    }
  }

  /**
   * @param {Selection|null} selection
   * @param {{centre?: boolean, tab?: boolean}} [options]
   */
  async select(selection, { centre = false, tab = true } = {}) {
    const { graph } = this;
    this.#selection = selection;
    this.#canvas.select(selection, { centre });
    if (!selection || graph === null) {
      this.#deselect();
      return;
    }
    await this.#try(async () => {
      const mine = ++this.#details;
      const { session, info } = this.#need();
      const detail = await session.detail(graph, selection.kind, selection.id);
      if (mine !== this.#details) return;
      this.#sidebar.set('selection', ...selectionPanel(detail, info.graphs, this.#actions));
      if (tab) {
        this.#sidebar.show('selection');
        // A sheet may now cover what was selected.
        if (this.#sidebar.reveal()) requestAnimationFrame(() => this.#canvas.centre(selection, { zoom: false }));
      }
    });
  }

  /**
   * Does what a shortcut or a button of the viewer asks for.
   * @param {string} command
   */
  run(command) {
    /** @type {Record<string, () => void>} */
    const commands = {
      find: () => this.#openFind(),
      properties: () => this.#sidebar.toggle(),
      direction: () => this.#set({ direction: this.#scene?.direction === 'down' ? 'right' : 'down' }),
      attributes: () => this.#set({ attributes: !preferences.attributes }),
      weights: () => this.#set({ weights: !preferences.weights }),
      names: () => this.#set({ names: !preferences.names }),
      zoomIn: () => this.#canvas.zoomBy(ZOOM),
      zoomOut: () => this.#canvas.zoomBy(1 / ZOOM),
      actual: () => this.#canvas.actual(),
      fit: () => this.#canvas.fit(),
      svg: () => void this.#saveSvg(),
      back: () => this.#back(),
    };
    commands[command]?.();
  }

  /** @param {Partial<import('./preferences.js').Preferences>} changes */
  #set(changes) {
    remember(changes);
    void this.#try(() => this.#draw(this.#trail, { keepView: !('direction' in changes) }));
  }

  /**
   * Lays a graph out and shows it.
   * @param {number[]} trail ends with the graph
   * @param {{keepView?: boolean, reveal?: () => void}} [options]
   */
  async #draw(trail, { keepView = false, reveal = () => {} } = {}) {
    const graph = trail.at(-1);
    if (graph === undefined) return;
    const mine = ++this.#scenes;
    const { session, info } = this.#need();
    const same = graph === this.graph;
    this.#bar.busy(true);
    try {
      const scene = await session.scene(graph, this.#options());
      if (mine !== this.#scenes) return;
      this.#trail = trail;
      this.#scene = scene;
      this.#bar.refresh(scene.direction);
      this.#bar.crumbs(trail.map((id) => this.#graphInfo(id)).filter((entry) => entry !== undefined), info.graphs);
      reveal();
      this.#canvas.show(scene, { keepView: keepView && same });
      if (same) this.#canvas.select(this.#selection);
      else this.#deselect();
    } finally {
      if (mine === this.#scenes) this.#bar.busy(false);
    }
  }

  /** @returns {SceneOptions} */
  #options() {
    this.#advances ??= measureAdvances();
    const { direction, attributes, weights, names } = preferences;
    return { direction, advances: this.#advances, attributes, weights, names };
  }

  /**
   * The graphs around `graph`, from the outermost to itself.
   * @param {number} graph
   */
  #trailTo(graph) {
    const trail = [graph];
    for (let parent = this.#graphInfo(graph)?.parent; parent && !trail.includes(parent.graph); parent = this.#graphInfo(parent.graph)?.parent) {
      trail.unshift(parent.graph);
    }
    return trail;
  }

  /**
   * @param {number} id
   * @returns {GraphInfo|undefined}
   */
  #graphInfo(id) {
    return this.#info?.graphs.find((graph) => graph.id === id);
  }

  #deselect() {
    this.#selection = null;
    this.#details += 1;
    this.#sidebar.set('selection', emptySelection());
    if (this.#sidebar.tab === 'selection') this.#sidebar.show('model');
  }

  /**
   * @param {number} graph
   * @param {Selection} selection
   * @param {boolean} [tab] bring its panel to the front
   */
  async #jump(graph, selection, tab = true) {
    await this.enter(graph);
    if (this.graph === graph) await this.select(selection, { centre: true, tab });
  }

  /** @param {Hit} hit */
  #choose({ kind, graph, id }) {
    if (kind === 'graph') void this.enter(id);
    // The list stays in front: the next result is one key away.
    else void this.#jump(graph, { kind: kind === 'tensor' ? 'node' : kind, id }, false);
  }

  /**
   * Enters what a node holds: its definition, or its first body; with several bodies its panel offers the choice.
   * @param {number} id
   */
  async #enterNode(id) {
    const { graph } = this;
    if (graph === null) return;
    await this.#try(async () => {
      const node = /** @type {NodeInfo} */ (await this.#need().session.detail(graph, 'node', id));
      const inner = [node.definition, ...node.attributes.flatMap(({ graphs }) => graphs)].filter((entry) => entry !== null);
      const [only] = inner;
      if (only !== undefined && inner.length === 1) await this.enter(only);
      else await this.select({ kind: 'node', id });
    });
  }

  /** Deselects; with nothing selected, leaves the graph and selects the node that holds it. */
  async #back() {
    if (this.#selection) {
      await this.select(null);
      return;
    }
    const outer = this.#trail.at(-2);
    const parent = this.graph === null ? null : this.#graphInfo(this.graph)?.parent;
    if (outer === undefined) return;
    if (parent) await this.#jump(outer, { kind: 'node', id: parent.node });
    else await this.enter(outer);
  }

  /** @param {string} [query] */
  #openFind(query) {
    this.#sidebar.show('find');
    this.#sidebar.reveal({ needed: true });
    this.#find.focus(query);
  }

  async #saveSvg() {
    const { graph } = this;
    if (graph === null) return;
    await this.#try(async () => {
      const { session, info } = this.#need();
      const theme = document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light';
      const text = await session.svg(graph, { ...this.#options(), theme });
      const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
      el('a', { href: url, download: `${info.file.name.replace(/^.*\//, '')}.svg` }).click();
      // The download has its own hold on the blob by then.
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    });
  }

  /**
   * Runs `work` and says what goes wrong; a crash ends the model.
   * @param {() => Promise<void>} work
   * @returns {Promise<boolean>} whether it went well
   */
  async #try(work) {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof Cancelled) return false;
      if (error instanceof SessionError && error.kind === 'crash') this.#handlers.onCrash(error);
      else toast(error instanceof Error ? error.message : String(error));
      return false;
    }
  }
}
