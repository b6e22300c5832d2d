/**
 * What is selected, and what the page says about it: the panel, the breadcrumb, the mark in the outline, what is isolated around it.
 *
 * @module
 */

import { Isolation, same } from './isolation.js';
import { emptySelection, selectionPanel } from './panel-selection.js';
import { selectionTools } from './panel-tools.js';
import { SessionError } from './session.js';
import { titleOf } from './words.js';

/** @import {Crumbs} from './crumbs.js' */
/** @import {Drawing} from './drawing.js' */
/** @import {OutlinePanel} from './outline.js' */
/** @import {Actions} from './pieces.js' */
/** @import {Session} from './session.js' */
/** @import {Sidebar} from './sidebar.js' */
/** @import {Detail, GroupRef, ModelInfo, Selection, Step} from './types.js' */

/**
 * What the selection needs of the page around it.
 * @typedef {object} Around
 * @property {Drawing} drawing
 * @property {Sidebar} sidebar
 * @property {Crumbs} crumbs
 * @property {OutlinePanel} outline
 * @property {Actions} actions
 * @property {() => {session: Session, info: ModelInfo, graph: number}} model
 * @property {(step: Step) => Promise<void>} reveal draws the graph a step on, with the view as it is
 * @property {(group: number) => void} toggle
 * @property {() => void} onChange something else is selected
 */

export class Selected {
  #page;
  #isolation;
  /** @type {Selection|null} */
  #selection = null;
  /** The groups around it, outermost first, and itself if it is one. @type {GroupRef[]} */
  #path = [];
  /** The open groups around what is in view. @type {GroupRef[]} */
  #inView = [];
  /** What can be done with it. @type {ReturnType<typeof selectionTools>|null} */
  #tools = null;
  /** Counts what was asked for, so that a late answer is recognised. */
  #asked = 0;

  /** @param {Around} page */
  constructor(page) {
    this.#page = page;
    this.#isolation = new Isolation((isolated) => {
      const { items } = page.drawing.canvas.isolate(isolated);
      this.#tools?.refresh(this.#state());
      return items;
    });
  }

  get selection() {
    return this.#selection;
  }

  /** The innermost group around it, or itself. */
  get group() {
    return this.#path.at(-1)?.id ?? null;
  }

  /**
   * @param {Selection} selection
   * @param {{centre?: boolean, tab?: boolean}} [options] `centre`: open what hides it, and bring it to the middle; `tab`: bring its panel to the front
   */
  async select(selection, { centre = false, tab = true } = {}) {
    const mine = ++this.#asked;
    const { drawing, sidebar, outline } = this.#page;
    if (centre) await this.#reveal(selection, mine);
    if (mine !== this.#asked) return;
    this.#selection = selection;
    drawing.canvas.select(selection, { centre });
    const { session, graph } = this.#page.model();
    const detail = await session.detail(graph, selection.kind, selection.id);
    const path = await this.#pathOf(detail);
    if (mine !== this.#asked) return;
    this.#path = path;
    this.#showCrumbs();
    outline.mark(this.group);
    sidebar.set('selection', ...this.#panel(selection, detail));
    this.#page.onChange();
    if (!tab) return;
    sidebar.show('selection');
    // A sheet may now cover what was selected.
    if (sidebar.reveal()) requestAnimationFrame(() => drawing.canvas.centre(selection, { zoom: false }));
  }

  /**
   * Selects what a link names, which may be gone: a link may be older than the file.
   * @param {Selection|null} selection
   * @param {{centre: boolean}} options
   */
  async restore(selection, options) {
    if (selection && await this.#exists(selection)) await this.select(selection, options);
    else this.deselect();
  }

  deselect() {
    const { drawing, sidebar, outline } = this.#page;
    this.#asked += 1;
    this.#selection = null;
    this.#path = [];
    this.#tools = null;
    drawing.canvas.select(null);
    this.#showCrumbs();
    outline.mark(null);
    sidebar.set('selection', emptySelection());
    if (sidebar.tab === 'selection') sidebar.show('model');
    this.#page.onChange();
  }

  /** @param {GroupRef[]} groups the open ones around what is in view, outermost first */
  showInView(groups) {
    const isSame = groups.length === this.#inView.length && groups.every(({ id }, at) => id === this.#inView[at]?.id);
    this.#inView = groups;
    if (!isSame && !this.#selection) this.#showCrumbs();
  }

  /** The breadcrumb is about the selection, or else about what is in view. */
  #showCrumbs() {
    this.#page.crumbs.showGroups(this.#selection ? this.#path : this.#inView);
  }

  /** @returns {boolean} whether something was isolated, or was about to be */
  endIsolation() {
    return this.#isolation.end();
  }

  /**
   * What a click on the drawing does: selects, or chooses the other end of paths.
   * @param {Selection|null} selection
   * @param {boolean} extend
   */
  async pick(selection, extend) {
    const from = this.#isolation.start?.selection ?? (extend ? this.#selection : null);
    if (!from) {
      if (selection) await this.select(selection);
      else this.deselect();
      return;
    }
    // The canvas has marked what was clicked.
    this.#page.drawing.canvas.select(this.#selection);
    if (!selection || same(from, selection)) return;
    const [start, end] = await Promise.all([this.#named(from), this.#named(selection)]);
    this.#isolation.paths(start, end);
  }

  /** Marks it in a drawing that is new. */
  redraw() {
    const { drawing, outline } = this.#page;
    if (this.#selection) drawing.canvas.select(this.#selection);
    if (this.#isolation.isolated) drawing.canvas.isolate(this.#isolation.isolated);
    outline.mark(this.group);
    this.#tools?.refresh(this.#state());
  }

  /** If a closed group hides it now, that group is selected in its place. */
  async surface() {
    const { drawing } = this.#page;
    if (!this.#selection || drawing.shows(this.#selection)) return;
    const hider = this.#path.findLast(({ id }) => drawing.shows({ kind: 'group', id }));
    if (hider) await this.select({ kind: 'group', id: hider.id }, { tab: false });
  }

  /**
   * Opens the groups that hide a selection.
   * @param {Selection} selection
   * @param {number} mine the number of the call, to notice a later one
   */
  async #reveal(selection, mine) {
    const { drawing, reveal } = this.#page;
    if (drawing.shows(selection)) return;
    for (const step of await this.#stepsTo(selection)) {
      if (mine !== this.#asked || drawing.shows(selection)) return;
      await reveal(step);
    }
  }

  /**
   * The steps that bring a selection into the drawing; a connection is seen once both its ends are.
   * @param {Selection} selection
   * @returns {Promise<Step[]>}
   */
  async #stepsTo({ kind, id }) {
    if (kind === 'group') return [{ kind: 'show', group: id }];
    if (kind === 'node') return [{ kind: 'reveal', node: id }];
    const { session, graph } = this.#page.model();
    const detail = await session.detail(graph, kind, id);
    const ends = detail.kind === 'value' ? [detail.value.producer, detail.value.consumers[0]] : [];
    return ends.flatMap((end) => (end ? [{ kind: /** @type {const} */ ('reveal'), node: end.node }] : []));
  }

  /** @param {Selection} selection */
  #exists({ kind, id }) {
    const { session, graph } = this.#page.model();
    return session.detail(graph, kind, id).then(() => true, (error) => {
      if (error instanceof SessionError && error.kind !== 'crash') return false;
      throw error;
    });
  }

  /**
   * @param {Detail} detail
   * @returns {Promise<GroupRef[]>}
   */
  async #pathOf(detail) {
    if (detail.kind === 'node') return detail.path;
    return detail.kind === 'group' ? this.#page.drawing.hierarchy.path(detail.graph, detail.id) : [];
  }

  /**
   * @param {Selection} selection
   * @param {Detail} detail
   */
  #panel(selection, detail) {
    const named = { selection, title: titleOf(detail) };
    this.#tools = selectionTools(this.#state(), {
      toggle: () => this.#page.toggle(selection.id),
      isolate: (reach) => (reach ? this.#isolation.neighbourhood(named, reach) : this.#isolation.end()),
      paths: () => (this.#isolation.start ? this.#isolation.end() : this.#isolation.pathsFrom(named)),
      near: () => this.#page.drawing.near(selection),
    });
    const outer = detail.kind === 'group' ? this.#path.slice(0, -1) : this.#path;
    return selectionPanel(detail, outer, this.#page.model().info.graphs, this.#tools.element, this.#page.actions);
  }

  /** @returns {import('./panel-tools.js').ToolState} */
  #state() {
    const { scene } = this.#page.drawing;
    const selection = this.#selection;
    // The whole graph is always open.
    const open = selection?.kind === 'group' && selection.id > 0 ? scene?.level === 'groups' && scene.open.includes(selection.id) : null;
    return { open, around: this.#isolation.around(selection), starting: this.#isolation.start !== null };
  }

  /** @param {Selection} selection */
  async #named(selection) {
    const { session, graph } = this.#page.model();
    return { selection, title: titleOf(await session.detail(graph, selection.kind, selection.id)) };
  }
}
