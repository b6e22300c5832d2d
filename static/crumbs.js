/**
 * The breadcrumb: the graphs around the one that is shown, and the groups around what is selected.
 *
 * @module
 */

import { el, fill } from './dom.js';
import { icon } from './icons.js';
import { plural } from './numbers.js';
import { nested } from './trail.js';

/** @import {GraphInfo, GroupRef} from './types.js' */

/** Graphs before the current one that are always shown; more fold into an ellipsis. */
const GRAPHS = 3;
/** The most steps that an entry of the list of graphs is indented. */
const DEEPEST = 8;

export class Crumbs {
  element = el('nav', { class: 'crumbs', 'aria-label': 'Place in the model' });
  #onGraph;
  #onGroup;
  /** @type {GraphInfo[]} */
  #trail = [];
  /** @type {GraphInfo[]} */
  #all = [];
  /** @type {GroupRef[]} */
  #groups = [];
  /** The width that they were drawn for. */
  #width = 0;

  /**
   * @param {object} handlers
   * @param {(graph: number) => void} handlers.onGraph
   * @param {(group: number|null) => void} handlers.onGroup null: the graph as a whole
   */
  constructor({ onGraph, onGroup }) {
    this.#onGraph = onGraph;
    this.#onGroup = onGroup;
    new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      if (Math.abs(width - this.#width) > 1) this.#draw();
    }).observe(this.element);
  }

  /**
   * @param {GraphInfo[]} trail the graphs from the outermost to the current one
   * @param {GraphInfo[]} all
   */
  showGraphs(trail, all) {
    this.#trail = trail;
    this.#all = all;
    this.#draw();
  }

  /** @param {GroupRef[]} groups around the selection, outermost first, with itself if it is one */
  showGroups(groups) {
    this.#groups = groups;
    this.#draw();
  }

  /** Draws all crumbs, then as many groups less, from the middle, as do not fit. */
  #draw() {
    const nav = this.element;
    const overflows = () => nav.scrollWidth > nav.clientWidth + 1;
    let left = Math.floor(this.#groups.length / 2);
    let right = this.#groups.length - left;
    nav.classList.remove('tight');
    fill(nav, ...this.#graphs(), ...this.#elided(left, right));
    while (overflows() && left + right > 1) {
      if (left >= right) left -= 1;
      else right -= 1;
      fill(nav, ...this.#graphs(), ...this.#elided(left, right));
    }
    nav.classList.toggle('tight', overflows());
    this.#width = nav.clientWidth;
  }

  #graphs() {
    const current = this.#trail.at(-1);
    if (!current || (this.#all.length < 2 && this.#groups.length === 0)) return [];
    const above = this.#trail.slice(0, -1);
    const shown = above.slice(-GRAPHS);
    return [
      above.length > shown.length && el('span', { class: 'crumb' }, '…', icon('chevron')),
      ...shown.map(({ id, title }) => el('span', { class: 'crumb' }, crumbButton(title, () => this.#onGraph(id)), icon('chevron'))),
      this.#all.length > 1
        ? graphSelect(current, this.#all, this.#onGraph)
        : el('span', { class: 'crumb' }, crumbButton(current.title, () => this.#onGroup(null))),
    ];
  }

  /**
   * The first and the last groups; a menu has those between.
   * @param {number} left
   * @param {number} right
   */
  #elided(left, right) {
    const groups = this.#groups;
    /** @param {GroupRef} group */
    const crumb = (group) => el('span', { class: 'crumb group', 'aria-current': group === groups.at(-1) ? 'location' : null }, icon('chevron'),
      crumbButton(group.name, () => this.#onGroup(group.id)));
    const hidden = groups.slice(left, groups.length - right);
    return [
      ...groups.slice(0, left).map(crumb),
      hidden.length > 0 && el('span', { class: 'crumb' }, icon('chevron'), hiddenSelect(hidden, this.#onGroup)),
      ...groups.slice(groups.length - right).map(crumb),
    ];
  }
}

/**
 * @param {string} title
 * @param {() => void} onclick
 */
function crumbButton(title, onclick) {
  return el('button', { type: 'button', class: 'button quiet', title, onclick }, title);
}

/**
 * @param {GraphInfo} current
 * @param {GraphInfo[]} all
 * @param {(graph: number) => void} onGraph
 */
function graphSelect(current, all, onGraph) {
  const kinds = /** @type {const} */ ([[false, 'Graphs'], [true, 'Functions']]);
  const select = el('select', { 'aria-label': 'Graph', title: current.title }, ...kinds.map(([functions, label]) => {
    const entries = nested(all).filter(({ outermost }) => (outermost.kind === 'function') === functions);
    return entries.length > 0 && el('optgroup', { label }, ...entries.map(({ graph: { id, title, nodes }, depth }) =>
      el('option', { value: id, selected: id === current.id }, `${'\u2003'.repeat(Math.min(depth, DEEPEST))}${title} (${plural(nodes, 'node')})`)));
  }));
  select.addEventListener('change', () => onGraph(Number(select.value)));
  return el('span', { class: 'crumb current' }, icon('graph'), el('span', { class: 'selected', 'aria-hidden': 'true' }, current.title), select, icon('chevron'));
}

/**
 * An ellipsis that lists the groups which it stands for.
 * @param {GroupRef[]} groups
 * @param {(group: number) => void} onGroup
 */
function hiddenSelect(groups, onGroup) {
  const title = groups.map(({ name }) => name).join(' › ');
  const select = el('select', { 'aria-label': 'More groups', title }, el('option', { value: '', hidden: true }),
    ...groups.map(({ id, name }) => el('option', { value: id }, name)));
  select.addEventListener('change', () => onGroup(Number(select.value)));
  return el('span', { class: 'elided' }, el('span', { 'aria-hidden': 'true' }, '…'), select);
}
