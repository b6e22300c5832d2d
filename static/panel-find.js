/**
 * The Find panel: a field, and what matches as a list that the arrow keys walk.
 *
 * @module
 */

import { iconButton } from './controls.js';
import { el, fill } from './dom.js';
import { icon } from './icons.js';
import { exact, plural } from './numbers.js';
import { swatch } from './pieces.js';
import { reason } from './words.js';

/** @import {Hit, Hits} from './types.js' */

/** Typing pauses this long, in ms, before the search starts. */
const PAUSE = 120;

/** So many results a page key passes. */
const PAGE = 10;

/** @type {Hits} */
const NOTHING = { total: 0, hits: [] };

export class FindPanel {
  #handlers;
  #input = el('input', {
    type: 'search', id: 'query', placeholder: 'Nodes, operators, tensors, groups', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
    role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'hits', 'aria-autocomplete': 'list', 'aria-label': 'Find',
  });
  #status = el('p', { class: 'note', role: 'status' });
  #list = el('div', { id: 'hits', role: 'listbox', 'aria-label': 'Results' });
  /** @type {Hit[]} */
  #hits = [];
  /** The hit that the arrow keys are at. */
  #active = -1;
  /** Of the search that waits for a pause in typing; 0 if none does. */
  #timer = 0;
  /** Counts searches, so that a late answer is recognised. */
  #searches = 0;

  /**
   * @param {object} handlers
   * @param {(query: string) => Promise<Hits>} handlers.search
   * @param {(hit: Hit) => void} handlers.onChoose
   * @param {() => void} handlers.onLeave
   */
  constructor(handlers) {
    this.#handlers = handlers;
    const erase = iconButton('close', 'Clear', () => {
      this.clear();
      this.#input.focus();
    }, { class: 'button quiet tiny' });
    this.element = el('div', { class: 'find' }, el('div', { class: 'field' }, icon('find'), this.#input, erase), this.#status, this.#list);
    this.#input.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => void this.#search(), PAUSE);
    });
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#show(NOTHING);
  }

  /** @param {string} [query] in place of what the field holds */
  focus(query) {
    if (query !== undefined) {
      this.#input.value = query;
      void this.#search();
    }
    this.#input.focus();
    this.#input.select();
  }

  clear() {
    this.#stopWaiting();
    this.#searches += 1;
    this.#input.value = '';
    this.#show(NOTHING);
  }

  #stopWaiting() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  async #search() {
    this.#stopWaiting();
    const query = this.#input.value.trim();
    const mine = ++this.#searches;
    try {
      const found = query === '' ? NOTHING : await this.#handlers.search(query);
      if (mine === this.#searches) this.#show(found);
    } catch (error) {
      if (mine === this.#searches) this.#status.textContent = reason(error);
    }
  }

  /** @param {Hits} found */
  #show(found) {
    this.#hits = found.hits;
    this.#active = -1;
    fill(this.#list, ...found.hits.map((hit, index) => option(hit, index, () => this.#choose(index))));
    this.#input.setAttribute('aria-expanded', String(found.hits.length > 0));
    this.#status.textContent = summary(this.#input.value.trim(), found);
    this.#activate(found.hits.length > 0 ? 0 : -1);
  }

  /** @param {number} index */
  #activate(index) {
    this.#list.children[this.#active]?.setAttribute('aria-selected', 'false');
    this.#active = index;
    const entry = this.#list.children[index];
    entry?.setAttribute('aria-selected', 'true');
    entry?.scrollIntoView({ block: 'nearest' });
    if (entry) this.#input.setAttribute('aria-activedescendant', entry.id);
    else this.#input.removeAttribute('aria-activedescendant');
  }

  /** @param {number} index */
  #choose(index) {
    const hit = this.#hits[index];
    if (!hit) return;
    this.#activate(index);
    this.#handlers.onChoose(hit);
  }

  /** Chooses the hit that the arrow keys are at; the first one for what was only just typed. */
  async #enter() {
    if (this.#timer !== 0) await this.#search();
    this.#choose(this.#active);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#hits.length - 1;
    /** @param {number} step */
    const walk = (step) => this.#activate(Math.max(Math.min(0, last), Math.min(last, this.#active + step)));
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => walk(1),
      ArrowUp: () => walk(-1),
      PageDown: () => walk(PAGE),
      PageUp: () => walk(-PAGE),
      Enter: () => void this.#enter(),
      Escape: () => (this.#input.value === '' ? this.#handlers.onLeave() : this.clear()),
    };
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    event.preventDefault();
    act();
  }
}

/**
 * @param {string} query
 * @param {Hits} found
 */
function summary(query, { total, hits }) {
  if (query === '') return 'Type a part of a name. Arrow keys walk the results, Enter shows one.';
  if (total === 0) return `Nothing here is called “${query}”.`;
  return hits.length < total ? `The first ${exact(hits.length)} of ${plural(total, 'result')}` : plural(total, 'result');
}

/**
 * @param {Hit} hit
 * @param {number} index
 * @param {() => void} onclick
 */
function option(hit, index, onclick) {
  const mark = hit.kind === 'node' ? swatch(hit.category) : icon(hit.kind === 'value' ? 'edge' : hit.kind);
  const kinds = { node: 'node', value: 'connection', tensor: 'tensor', group: 'group', graph: 'graph' };
  return el('div', { class: 'row hit', role: 'option', id: `hit-${index}`, 'aria-selected': 'false', onclick },
    mark,
    el('span', { class: 'text' },
      el('span', { class: 'operator', title: hit.title }, hit.title),
      hit.context && el('span', { class: 'context mono', title: hit.context }, hit.context)),
    el('span', { class: 'aside' }, kinds[hit.kind]));
}
