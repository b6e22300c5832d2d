/**
 * The open model: which graph is shown, how deep, what is selected, and what the panels say about it.
 *
 * @module
 */

import { ASIDE, commands } from './commands.js';
import { defaults, loadDefaults } from './defaults.js';
import { documentation } from './documentation.js';
import { announce, byId, toast } from './dom.js';
import { Drawing } from './drawing.js';
import { Expense } from './expense.js';
import { plural } from './numbers.js';
import { OutlinePanel } from './outline.js';
import { Over } from './over.js';
import { FindPanel } from './panel-find.js';
import { modelPanel } from './panel-model.js';
import { sameDepth, write } from './permalink.js';
import { remember } from './preferences.js';
import { Selected } from './selected.js';
import { Cancelled, SessionError } from './session.js';
import { Sidebar } from './sidebar.js';
import { trailOn, trailTo } from './trail.js';
import { reason } from './words.js';
import { createZoom } from './zoom.js';

/** @import {Bar} from './bar.js' */
/** @import {DrawOptions} from './drawing.js' */
/** @import {Place} from './permalink.js' */
/** @import {Actions} from './pieces.js' */
/** @import {Session} from './session.js' */
/** @import {GraphInfo, Hit, ModelInfo, NodeInfo, Selection, Step} from './types.js' */

export class Viewer {
  /** @type {Session|null} */
  #session = null;
  /** @type {ModelInfo|null} */
  #info = null;
  /** The graphs entered on the way to the current one. @type {number[]} */
  #trail = [];
  /** While a place is gone to, it is not told. */
  #moving = false;
  #handlers;
  #drawing;
  #bar;
  #sidebar;
  #find;
  #outline;
  #selected;
  #expense;
  #over = new Over({
    model: () => this.#need(),
    jump: (graph, selection) => void this.#jump(graph, selection),
  });
  /** @type {Actions} */
  #actions = {
    jump: (graph, selection) => void this.#jump(graph, selection),
    enter: (graph) => void this.enter(graph),
    find: (query) => this.#openFind(query),
    values: (tensor, from, count) => this.#need().session.values(tensor, from, count),
    inspect: (tensor, name) => void this.#try(() => this.#over.inspect(tensor, name)),
    tables: (kind) => void this.#try(() => this.#over.tables(kind)),
    listing: (stream, place) => this.#need().session.listing(stream, place),
    documentation: (key, operator) => documentation(this.#need().info.formatId, key, operator),
    defaults: (key, version) => defaults(this.#need().info.formatId, key, version),
  };

  #commands;
  /**
   * @param {Bar} bar
   * @param {object} handlers
   * @param {(place: Place) => void} handlers.onGraph the reader of the page went to another graph
   * @param {(place: Place) => void} handlers.onPlace the reader looks at something else in the same graph
   * @param {(error: SessionError) => void} handlers.onCrash
   */
  constructor(bar, handlers) {
    this.#bar = bar;
    this.#handlers = handlers;
    this.#sidebar = new Sidebar();
    const showScale = createZoom((command) => this.run(command));
    this.#drawing = new Drawing(byId('canvas'), {
      onSelect: (selection, { extend }) => void this.#try(() => this.#selected.pick(selection, extend)),
      onEnter: (node) => void this.#enterNode(node),
      onToggle: (group) => void this.#toggle(group),
      onView: ({ scale, groups }) => {
        showScale(scale);
        this.#selected.showInView(this.#drawing.groups(groups));
        this.#tellPlace();
      },
    }, { minimap: byId('minimap') });
    this.#find = new FindPanel({
      search: (query) => this.#need().session.find(query),
      onChoose: (hit) => this.#choose(hit),
      onLeave: () => this.#sidebar.show('model'),
    });
    this.#sidebar.set('find', this.#find.element);
    this.#outline = new OutlinePanel({ onChoose: (group) => void this.showGroup(group), onToggle: (group) => void this.#toggle(group), onOpen: () => void this.#fillOutline() });
    this.#selected = new Selected({
      drawing: this.#drawing,
      sidebar: this.#sidebar,
      crumbs: this.#bar.crumbs,
      outline: this.#outline,
      actions: this.#actions,
      model: () => ({ ...this.#need(), graph: this.graph ?? 0 }),
      reveal: (step) => this.#redraw({ step, keepView: true }),
      toggle: (group) => void this.#toggle(group),
      onChange: () => this.#tellPlace(),
    });
    this.#expense = new Expense({
      drawing: this.#drawing,
      model: () => ({ ...this.#need(), graph: this.graph ?? 0 }),
      run: (work) => void this.#try(work),
      onColours: () => {
        if (this.#drawing.scene) this.#bar.refresh(this.#drawing.scene);
        this.#selected.redraw();
      },
      onSizes: async () => {
        await this.#redraw({ keepView: true });
        const { selection } = this.#selected;
        if (selection) await this.#selected.select(selection, { tab: false });
      },
    });
    this.#commands = commands({
      drawing: this.#drawing,
      sidebar: this.#sidebar,
      outline: this.#outline,
      selected: this.#selected,
      expense: this.#expense,
      name: () => (this.name ?? '').replace(/^.*\//, ''),
      set: (changes) => this.#set(changes),
      step: (step) => this.#step(step),
      find: () => this.#openFind(),
      tables: () => this.#actions.tables('tensors'),
      back: () => this.#back(),
    });
  }

  /** What is open; asking for it while nothing is open is a mistake of the page. */
  #need() {
    if (!this.#session || !this.#info) throw new Error('no model is open');
    return { session: this.#session, info: this.#info };
  }

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
    const fillPanels = async () => {
      // The Worker is asked for the drawing first: it works meanwhile.
      await new Promise((resolve) => void setTimeout(resolve));
      this.#bar.show(info, remote);
      this.#sidebar.set('model', ...modelPanel(info, this.#expense.element, this.#actions));
      this.#sidebar.show('model');
    };
    await Promise.all([this.#go(place, reveal), fillPanels()]);
    void this.#try(() => this.#expense.fill());
    void loadDefaults();
    // Keys go to the drawing from the start; whoever uses a mouse need not see that.
    byId('canvas').focus({ preventScroll: true, focusVisible: false });
  }

  /** Forgets the model and ends its Worker. */
  close() {
    this.#over.close();
    this.#session?.close();
    this.#session = null;
    this.#info = null;
    this.#trail = [];
    this.#find.clear();
    this.#bar.clear();
    this.#outline.clear();
    this.#expense.clear();
    this.#selected.endIsolation();
    this.#drawing.close();
    this.#selected.deselect();
  }

  /** Shows the place that the address names. @param {Place|null} place null for the first graph as it was */
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
    const drawn = this.#drawing.place();
    this.#moving = true;
    try {
      const resized = known !== null && await this.#expense.set(known.sizes ?? {});
      if (known?.depth) this.#drawing.hierarchy.restore(graph, known.depth);
      if (resized || drawn?.graph !== graph || (known?.depth && !sameDepth(known, drawn))) await this.#draw(trailTo(info.graphs, graph), { reveal });
      await this.#selected.restore(known?.selection ?? null, { centre: !known?.view });
      if (known?.view) this.#drawing.look(known.view);
    } finally {
      this.#moving = false;
    }
    this.#tellPlace();
  }

  /** Goes to another graph of the model. @param {number} graph */
  async enter(graph) {
    this.#over.close();
    if (graph === this.graph) return;
    const info = this.#graphInfo(graph);
    const trail = trailOn(this.#need().info.graphs, this.#trail, graph);
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
   * @param {{centre?: boolean, tab?: boolean}} [options] as of {@link Selected#select}
   */
  async select(selection, options) {
    this.#over.close();
    if (selection) await this.#try(() => this.#selected.select(selection, options));
    else this.#selected.deselect();
  }

  /** @param {number|null} group null: the graph as a whole */
  showGroup(group) {
    return this.select(group === null ? null : { kind: 'group', id: group }, { centre: true });
  }

  /** Does what a shortcut or a button of the viewer asks for. @param {string} command */
  run(command) {
    const chosen = this.#commands[command];
    if (!chosen || (!ASIDE.includes(command) && this.#over.close() && command === 'back')) return;
    void this.#try(async () => void (await chosen()));
  }

  /** @param {Partial<import('./preferences.js').Preferences>} changes */
  async #set(changes) {
    remember(changes);
    await this.#try(() => this.#redraw({ keepView: !('direction' in changes) }));
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
  async #step(step, anchor = this.#selected.selection) {
    if (!this.#drawing.scene?.grouped) return;
    await this.#try(async () => {
      await this.#redraw({ step, keepView: step !== null, anchor });
      await this.#selected.surface();
    });
  }

  /** Draws the graph that is shown once more. @param {DrawOptions} options */
  async #redraw(options) {
    // What is being drawn may be another graph.
    await this.#drawing.settled;
    await this.#draw(this.#trail, options);
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
    this.#bar.busy(true);
    try {
      const heat = await this.#expense.load(graph);
      await this.#drawing.draw(graph, {
        ...options,
        before: (scene) => {
          if (graph !== this.graph) {
            this.#selected.endIsolation();
            this.#selected.deselect();
          }
          this.#trail = trail;
          this.#expense.paint(scene, heat);
          this.#bar.refresh(scene);
          this.#bar.crumbs.showGraphs(trail.map((id) => this.#graphInfo(id)).filter((entry) => entry !== undefined), info.graphs);
          reveal?.();
        },
      });
    } finally {
      this.#bar.busy(false);
    }
    this.#selected.redraw();
    await this.#fillOutline();
    this.#tellPlace();
  }

  /** Shows the outline, where it is in view, as the drawing is. */
  async #fillOutline() {
    await this.#try(() => this.#outline.follow(this.#drawing));
    this.#outline.mark(this.#selected.group);
  }

  /** @returns {Place|null} */
  #place() {
    const place = this.#drawing.place();
    return place && { ...place, selection: this.#selected.selection, sizes: this.#expense.sizes };
  }

  #tellPlace() {
    const place = this.#moving ? null : this.#place();
    if (place) this.#handlers.onPlace(place);
  }

  /** @param {number} id @returns {GraphInfo|undefined} */
  #graphInfo(id) {
    return this.#info?.graphs.find((graph) => graph.id === id);
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

  /** Enters what a node holds: its definition, or its first body; with several bodies its panel offers the choice. @param {number} id */
  async #enterNode(id) {
    await this.#try(async () => {
      const node = /** @type {NodeInfo} */ (await this.#need().session.detail(this.graph ?? 0, 'node', id));
      const inner = [node.definition, ...node.attributes.flatMap(({ graphs }) => graphs)].filter((entry) => entry !== null);
      const [only] = inner;
      if (only !== undefined && inner.length === 1) await this.enter(only);
      else await this.select({ kind: 'node', id });
    });
  }

  /** Ends isolation; else deselects; else leaves the graph and selects the node that holds it. */
  async #back() {
    if (this.#selected.endIsolation()) return;
    if (this.#selected.selection) {
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
