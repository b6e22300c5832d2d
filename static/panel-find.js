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

/** @import {Hit, Hits} from './types.js' */

/** Typing pauses this long, in ms, before the search starts. */
const PAUSE = 120;

/**
 * @typedef {object} FindPanel
 * @property {HTMLElement} element
 * @property {(query?: string) => void} focus
 * @property {() => void} clear
 */

/**
 * @param {object} handlers
 * @param {(query: string) => Promise<Hits>} handlers.search
 * @param {(hit: Hit) => void} handlers.onChoose
 * @param {() => void} handlers.onLeave
 * @returns {FindPanel}
 */
export function createFindPanel({ search, onChoose, onLeave }) {
  const input = el('input', {
    type: 'search', id: 'query', placeholder: 'Nodes, operators, tensors, modules', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
    role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'hits', 'aria-autocomplete': 'list', 'aria-label': 'Find',
  });
  const erase = iconButton('close', 'Clear', () => {
    clear();
    input.focus();
  }, { class: 'button quiet tiny' });
  const status = el('p', { class: 'note', role: 'status' });
  const list = el('div', { id: 'hits', role: 'listbox', 'aria-label': 'Results' });
  const element = el('div', { class: 'find' }, el('div', { class: 'field' }, icon('find'), input, erase), status, list);
  /** @type {Hit[]} */
  let hits = [];
  let active = -1;
  let timer = 0;
  let latest = 0;

  /** @param {number} index */
  const activate = (index) => {
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = index;
    const entry = list.children[index];
    entry?.setAttribute('aria-selected', 'true');
    entry?.scrollIntoView({ block: 'nearest' });
    if (entry) input.setAttribute('aria-activedescendant', entry.id);
    else input.removeAttribute('aria-activedescendant');
  };
  /** @param {number} index */
  const choose = (index) => {
    const hit = hits[index];
    if (!hit) return;
    activate(index);
    onChoose(hit);
  };
  /** @param {Hits} found */
  const show = (found) => {
    hits = found.hits;
    active = -1;
    fill(list, ...hits.map((hit, index) => option(hit, index, () => choose(index))));
    input.setAttribute('aria-expanded', String(hits.length > 0));
    status.textContent = summary(input.value.trim(), found);
    activate(hits.length > 0 ? 0 : -1);
  };
  const run = async () => {
    const query = input.value.trim();
    const mine = ++latest;
    try {
      const found = query === '' ? { total: 0, hits: [] } : await search(query);
      if (mine === latest) show(found);
    } catch (error) {
      if (mine === latest) status.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(run, PAUSE);
  });
  input.addEventListener('keydown', (event) => {
    const last = hits.length - 1;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => activate(Math.min(last, active + 1)),
      ArrowUp: () => activate(Math.max(0, active - 1)),
      PageDown: () => activate(Math.min(last, active + 10)),
      PageUp: () => activate(Math.max(0, active - 10)),
      Enter: () => choose(Math.max(0, active)),
      Escape: () => (input.value === '' ? onLeave() : clear()),
    };
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });

  const clear = () => {
    input.value = '';
    latest += 1;
    clearTimeout(timer);
    show({ total: 0, hits: [] });
  };
  show({ total: 0, hits: [] });
  return {
    element,
    clear,
    focus(query) {
      if (query !== undefined) {
        input.value = query;
        run();
      }
      input.focus();
      input.select();
    },
  };
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
  const kinds = { node: 'node', value: 'connection', tensor: 'tensor', module: 'module', graph: 'graph' };
  return el('div', { class: 'row hit', role: 'option', id: `hit-${index}`, 'aria-selected': 'false', onclick },
    mark,
    el('span', { class: 'text' },
      el('span', { class: 'operator', title: hit.title }, hit.title),
      hit.context && el('span', { class: 'context mono', title: hit.context }, hit.context)),
    el('span', { class: 'aside' }, kinds[hit.kind]));
}
