/**
 * The open model: which graph is shown, how deep, what is selected, and what the panels say about it.
 *
 * @module
 */

import { createBar, createZoom } from './bar.js';
import { documentation } from './documentation.js';
import { announce, byId, el, toast } from './dom.js';
import { Drawing } from './drawing.js';
import { Isolation, same } from './isolation.js';
import { plural } from './numbers.js';
import { OutlinePanel } from './outline.js';
import { FindPanel } from './panel-find.js';
import { modelPanel } from './panel-model.js';
import { emptySelection, selectionPanel } from './panel-selection.js';
import { selectionTools } from './panel-tools.js';
import { write } from './permalink.js';
import { preferences, remember } from './preferences.js';
import { Cancelled, SessionError } from './session.js';
import { Sidebar } from './sidebar.js';
import { reason, titleOf } from './words.js';

/** @import {DrawOptions} from './drawing.js' */
/** @import {Place} from './permalink.js' */
/** @import {Actions} from './pieces.js' */
/** @import {Session} from './session.js' */
/** @import {Detail, GraphInfo, GroupRef, Hit, ModelInfo, NodeInfo, Selection, Step} from './types.js' */

/** How much a key or a button zooms. */
const ZOOM = 1.25;

export class Viewer {
  /** @type {Session|null} */
  #session = null;
  /** @type {ModelInfo|null} */
  #info = null;
  /** @type {Selection|null} */
  #selection = null;
  /** The groups around the selection, outermost first, and itself if it is one. @type {GroupRef[]} */
  #around = [];
  /** What can be done with the selection. @type {ReturnType<typeof selectionTools>|null} */
  #tools = null;
  /** The graphs entered on the way to the current one. @type {number[]} */
  #trail = [];
  /** Where the drawing is looked at from, and where it was when its graph was shown. */
  #view = { x: 0, y: 0, scale: 1 };
  #start = this.#view;
  /** While a place is gone to, it is not told. */
  #moving = false;
  /** Counts what was asked for, so that a late answer is recognised. */
  #details = 0;
  #handlers;
  #drawing;
  #bar;
  #sidebar;
  #find;
  #outline;
  #isolation;
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
   * @param {(place: Place) => void} handlers.onGraph the reader of the page went to another graph
   * @param {(place: Place) => void} handlers.onPlace the reader looks at something else in the same graph
   * @param {(error: SessionError) => void} handlers.onCrash
   */
  constructor(handlers) {
    this.#handlers = handlers;
    const { run, onHome } = handlers;
    /** @param {number} group */
    const choose = (group) => void this.select({ kind: 'group', id: group }, { centre: true });
    this.#bar = createBar({
      run, onHome, onGraph: (graph) => void this.enter(graph), onGroup: (group) => (group === null ? this.#overview() : choose(group)),
    });
    this.#sidebar = new Sidebar();
    const showScale = createZoom(run);
    this.#drawing = new Drawing(byId('canvas'), {
      onSelect: (selection, { extend }) => void this.#pick(selection, extend),
      onEnter: (node) => void this.#enterNode(node),
      onToggle: (group) => void this.#toggle(group),
      onView: ({ x, y, scale }) => {
        this.#view = { x, y, scale };
        showScale(scale);
        this.#tellPlace();
      },
    }, { minimap: byId('minimap') });
    this.#find = new FindPanel({
      search: (query) => this.#need().session.find(query),
      onChoose: (hit) => this.#choose(hit),
      onLeave: () => this.#sidebar.show('model'),
    });
    this.#sidebar.set('find', this.#find.element);
    this.#outline = new OutlinePanel({ onChoose: choose, onToggle: (group) => void this.#toggle(group), onOpen: () => void this.#fillOutline() });
    this.#isolation = new Isolation((isolated) => {
      this.#drawing.canvas.isolate(isolated);
      this.#refreshTools();
    });
  }

  /** What is open; asking for it while nothing is open is a mistake of the page. */
  #need() {
    if (!this.#session || !this.#info) throw new Error('no model is open');
    return { session: this.#session, info: this.#info };
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
   * @param {object} options
   * @param {Place|null} options.place the one to show instead of the model's own choice
   * @param {boolean} options.remote whether the model has an address
   * @param {() => void} options.reveal called when all is ready but the drawing, which needs the size of the visible page
   */
  async open(session, info, { place, remote, reveal }) {
    this.close();
    this.#session = session;
    this.#info = info;
    this.#drawing.open(session);
    this.#bar.show(info, remote);
    this.#sidebar.set('model', ...modelPanel(info, this.#actions));
    this.#sidebar.show('model');
    await this.#go(place, reveal);
    // Keys go to the drawing from the start; whoever uses a mouse need not see that.
    byId('canvas').focus({ preventScroll: true, focusVisible: false });
  }

  /** Forgets the model and ends its Worker. */
  close() {
    this.#session?.close();
    this.#session = null;
    this.#info = null;
    this.#trail = [];
    this.#find.clear();
    this.#bar.clear();
    this.#bar.busy(false);
    this.#outline.show(null);
    this.#isolation.end();
    this.#drawing.close();
    this.#deselect();
  }

  /**
   * Shows the place that the address names.
   * @param {Place|null} place null for the first graph as it was
   */
  async show(place) {
    const now = this.#place();
    if (place && now && write(place) === write(now)) return;
    await this.#try(() => this.#go(place));
  }

  /**
   * @param {Place|null} place
   * @param {() => void} [reveal]
   */
  async #go(place, reveal) {
    const { info } = this.#need();
    const known = info.graphs.some(({ id }) => id === place?.graph) ? place : null;
    const graph = known?.graph ?? info.entry;
    this.#moving = true;
    try {
      if (known?.depth) this.#drawing.hierarchy.restore(graph, known.depth);
      await this.#draw(this.#trailTo(graph), { reveal });
      if (known?.selection && await this.#exists(known.selection)) await this.select(known.selection, { centre: !known.view, tab: true });
      else await this.select(null);
      if (known?.view) this.#drawing.look(known.view);
    } finally {
      this.#moving = false;
    }
    this.#tellPlace();
  }

  /**
   * Whether there is such a thing in the graph: a link may be older than the file.
   * @param {Selection} selection
   */
  async #exists({ kind, id }) {
    const answer = this.#need().session.detail(this.graph ?? 0, kind, id);
    return answer.then(() => true, (error) => {
      if (error instanceof SessionError && error.kind !== 'crash') return false;
      throw error;
    });
  }

  /**
   * Goes to another graph of the model.
   * @param {number} graph
   */
  async enter(graph) {
    if (graph === this.graph) return;
    const index = this.#trail.indexOf(graph);
    const info = this.#graphInfo(graph);
    // A function has no place of its own: the way by which it was entered leads back.
    const trail = index >= 0 ? this.#trail.slice(0, index + 1) : info?.kind === 'function' ? [...this.#trail, graph] : this.#trailTo(graph);
    this.#moving = true;
    const done = await this.#try(() => this.#draw(trail));
    this.#moving = false;
    const place = this.#place();
    if (!done || !place) return;
    this.#handlers.onGraph(place);
    if (info) announce(`${info.title}: ${plural(info.nodes, 'node')}`);
  }

  /**
   * @param {Selection|null} selection
   * @param {{centre?: boolean, tab?: boolean}} [options] `centre`: open what hides it, and bring it to the middle; `tab`: bring its panel to the front
   */
  async select(selection, { centre = false, tab = true } = {}) {
    const { graph } = this;
    if (!selection || graph === null) {
      this.#drawing.canvas.select(null);
      this.#deselect();
      return;
    }
    const mine = ++this.#details;
    await this.#try(async () => {
      const { session, info } = this.#need();
      if (centre) await this.#reveal(selection, mine);
      if (mine !== this.#details) return;
      this.#selection = selection;
      this.#drawing.canvas.select(selection, { centre });
      const detail = await session.detail(graph, selection.kind, selection.id);
      const around = await this.#groupsAround(graph, detail);
      if (mine !== this.#details) return;
      this.#around = around;
      this.#bar.crumbs.showGroups(around);
      this.#outline.mark(around.at(-1)?.id ?? null);
      this.#tools = selectionTools(this.#toolState(), {
        toggle: () => void this.#toggle(selection.id),
        isolate: (reach) => (reach ? this.#isolation.neighbourhood({ selection, title: titleOf(detail) }, reach) : this.#isolation.end()),
        paths: () => (this.#isolation.start ? this.#isolation.end() : this.#isolation.pathsFrom({ selection, title: titleOf(detail) })),
      });
      const outer = detail.kind === 'group' ? around.slice(0, -1) : around;
      this.#sidebar.set('selection', ...selectionPanel(detail, outer, info.graphs, this.#tools.element, this.#actions));
      this.#tellPlace();
      if (!tab) return;
      this.#sidebar.show('selection');
      // A sheet may now cover what was selected.
      if (this.#sidebar.reveal()) requestAnimationFrame(() => this.#drawing.canvas.centre(selection, { zoom: false }));
    });
  }

  /**
   * The groups around what is selected, outermost first, and itself if it is one.
   * @param {number} graph
   * @param {Detail} detail
   * @returns {Promise<GroupRef[]>}
   */
  async #groupsAround(graph, detail) {
    if (detail.kind === 'node') return detail.path;
    return detail.kind === 'group' ? this.#drawing.hierarchy.path(graph, detail.id) : [];
  }

  /**
   * Opens the groups that hide a selection.
   * @param {Selection} selection
   * @param {number} mine the number of the call, to notice a later one
   */
  async #reveal({ kind, id }, mine) {
    const { graph } = this;
    if (graph === null || this.#drawing.shows({ kind, id })) return;
    /** @type {Step[]} */
    let steps = [kind === 'group' ? { kind: 'show', group: id } : { kind: 'reveal', node: id }];
    if (kind === 'value') {
      const detail = await this.#need().session.detail(graph, kind, id);
      const { producer, consumers } = detail.kind === 'value' ? detail.value : { producer: null, consumers: [] };
      steps = [producer, consumers[0]].flatMap((end) => (end ? [{ kind: 'reveal', node: end.node }] : []));
    }
    for (const step of steps) {
      if (mine !== this.#details || this.#drawing.shows({ kind, id })) return;
      await this.#draw(this.#trail, { step, keepView: true });
    }
  }

  /**
   * What a click on the drawing does: selects, or chooses the other end of paths.
   * @param {Selection|null} selection
   * @param {boolean} extend
   */
  async #pick(selection, extend) {
    const from = this.#isolation.start?.selection ?? (extend ? this.#selection : null);
    if (!from) {
      await this.select(selection);
    } else if (selection && !same(from, selection)) {
      await this.#try(async () => this.#isolation.paths(await this.#named(from), await this.#named(selection)));
    }
    // The canvas has marked what was clicked.
    if (from) this.#drawing.canvas.select(this.#selection);
  }

  /** @param {Selection} selection */
  async #named(selection) {
    const { session } = this.#need();
    return { selection, title: titleOf(await session.detail(this.graph ?? 0, selection.kind, selection.id)) };
  }

  /**
   * Does what a shortcut or a button of the viewer asks for.
   * @param {string} command
   */
  run(command) {
    const { canvas } = this.#drawing;
    /** @type {Record<string, () => void>} */
    const commands = {
      find: () => this.#openFind(),
      properties: () => this.#sidebar.toggle(),
      outline: () => this.#drawing.scene?.grouped && this.#outline.toggle(),
      direction: () => this.#set({ direction: this.#drawing.scene?.direction === 'down' ? 'right' : 'down' }),
      attributes: () => this.#set({ attributes: !preferences.attributes }),
      weights: () => this.#set({ weights: !preferences.weights }),
      names: () => this.#set({ names: !preferences.names }),
      shallower: () => void this.#step({ kind: 'shallower' }),
      deeper: () => void this.#step({ kind: 'deeper' }),
      auto: () => this.#setLevel('auto'),
      none: () => this.#setLevel('none'),
      all: () => this.#setLevel('all'),
      flat: () => this.#setLevel('flat'),
      zoomIn: () => canvas.zoomBy(ZOOM),
      zoomOut: () => canvas.zoomBy(1 / ZOOM),
      actual: () => canvas.actual(),
      fit: () => canvas.fit(),
      near: () => this.#selection && this.#drawing.near(this.#selection),
      svg: () => void this.#saveSvg(),
      back: () => void this.#back(),
    };
    commands[command]?.();
  }

  /** @param {Partial<import('./preferences.js').Preferences>} changes */
  #set(changes) {
    remember(changes);
    void this.#try(() => this.#draw(this.#trail, { keepView: !('direction' in changes) }));
  }

  /**
   * Shows every graph this deep, from now on.
   * @param {typeof preferences.level} level
   */
  #setLevel(level) {
    if (!this.#drawing.scene?.grouped) return;
    remember({ level });
    this.#drawing.hierarchy.forget();
    void this.#step(null);
  }

  /** @param {number} group */
  #toggle(group) {
    return this.#step({ kind: 'toggle', group }, { kind: 'group', id: group });
  }

  /**
   * Goes through the hierarchy; what is selected stays in view, or what hides it is selected.
   * @param {Step|null} step null: to the level that is preferred
   * @param {Selection|null} [anchor]
   */
  async #step(step, anchor = this.#selection) {
    if (!this.#drawing.scene?.grouped) return;
    await this.#try(async () => {
      await this.#draw(this.#trail, { step, keepView: step !== null, anchor });
      const selection = this.#selection;
      if (!selection || this.#drawing.shows(selection)) return;
      const hider = this.#around.findLast(({ id }) => this.#drawing.shows({ kind: 'group', id }));
      if (hider) await this.select({ kind: 'group', id: hider.id }, { tab: false });
    });
  }

  /**
   * Lays a graph out and shows it.
   * @param {number[]} trail ends with the graph
   * @param {Omit<DrawOptions, 'before'> & {reveal?: () => void}} [options]
   */
  async #draw(trail, { reveal, ...options } = {}) {
    const graph = trail.at(-1);
    if (graph === undefined) return;
    const { info } = this.#need();
    const stays = graph === this.graph;
    this.#bar.busy(true);
    try {
      await this.#drawing.draw(graph, {
        ...options,
        before: (scene) => {
          this.#trail = trail;
          if (!stays) this.#isolation.end();
          this.#bar.refresh(scene);
          if (!stays) this.#deselect();
          this.#bar.crumbs.showGraphs(trail.map((id) => this.#graphInfo(id)).filter((entry) => entry !== undefined), info.graphs);
          reveal?.();
        },
      });
    } finally {
      this.#bar.busy(false);
    }
    if (!stays) this.#start = this.#view;
    if (this.#selection) this.#drawing.canvas.select(this.#selection);
    if (this.#isolation.isolated) this.#drawing.canvas.isolate(this.#isolation.isolated);
    this.#refreshTools();
    await this.#fillOutline();
    this.#tellPlace();
  }

  /** Shows the outline where it is in view, as the drawing is. */
  async #fillOutline() {
    const { scene } = this.#drawing;
    if (!scene?.grouped) this.#outline.show(null);
    if (!scene?.grouped || !this.#outline.open) return;
    await this.#try(async () => {
      this.#outline.show(await this.#drawing.hierarchy.outline(scene.graph));
      if (this.#drawing.scene) this.#outline.refresh(this.#drawing.scene);
      this.#outline.mark(this.#around.at(-1)?.id ?? null);
    });
  }

  #toolState() {
    const scene = this.#drawing.scene;
    const selection = this.#selection;
    const open = selection?.kind === 'group' ? (scene?.level === 'groups' && scene.open.includes(selection.id)) : null;
    return { open, around: this.#isolation.around(selection), starting: this.#isolation.start !== null };
  }

  #refreshTools() {
    this.#tools?.refresh(this.#toolState());
  }

  /** @returns {Place|null} */
  #place() {
    const { scene } = this.#drawing;
    if (!scene) return null;
    const { x, y, scale } = this.#start;
    const moved = this.#view.x !== x || this.#view.y !== y || this.#view.scale !== scale;
    const depth = scene.grouped ? { level: scene.level, open: scene.open } : null;
    return { graph: scene.graph, depth, selection: this.#selection, view: moved ? this.#drawing.middle(this.#view) : null };
  }

  #tellPlace() {
    const place = this.#moving ? null : this.#place();
    if (place) this.#handlers.onPlace(place);
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
    this.#around = [];
    this.#tools = null;
    this.#details += 1;
    this.#bar.crumbs.showGroups([]);
    this.#outline.mark(null);
    this.#sidebar.set('selection', emptySelection());
    if (this.#sidebar.tab === 'selection') this.#sidebar.show('model');
    this.#tellPlace();
  }

  /** The graph as a whole, with nothing selected. */
  #overview() {
    void this.select(null);
    this.#drawing.canvas.fit();
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

  /** Ends isolation; else deselects; else leaves the graph and selects the node that holds it. */
  async #back() {
    if (this.#isolation.end()) return;
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
      const text = await session.svg(graph, { ...await this.#drawing.options(graph), theme });
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
      else toast(reason(error));
      return false;
    }
  }
}
