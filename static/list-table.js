/**
 * Rows with columns of their own, of which only those in view are there: sorted by a column, filtered by a text, some of them chosen.
 *
 * @module
 */

import { el, fill } from './dom.js';
import { exact } from './numbers.js';

/** @import {Child} from './dom.js' */

/**
 * @template T
 * @typedef {object} Column
 * @property {string} name
 * @property {string} width as in a grid of CSS
 * @property {boolean} [spare] left out where all rows have the same in it
 * @property {boolean} [number] numbers are sorted from the largest on, and stand at the right
 * @property {(row: T) => string|number|null} value what is sorted, filtered and exported
 * @property {(row: T) => Child} [show] where that is not the value itself
 */

/** The height of a row in px. */
const ROW = 28;
/** Space at both ends of a row in px. */
const PAD = 16;
/** Rows beyond what is in view, so that a little scrolling shows no gaps. */
const BEYOND = 8;

/** @template {object} T */
export class ListTable {
  #columns;
  /** Those that are not left out. @type {Column<T>[]} */
  #shown = [];
  #key;
  #header = el('div', { class: 'header', role: 'row' });
  #body = el('div', { class: 'rows', role: 'rowgroup' });
  #surface = el('div', { class: 'surface', role: 'presentation' }, this.#body);
  #count = el('span', { class: 'note', role: 'status' });
  #filter = el('input', { type: 'search', placeholder: 'Filter', 'aria-label': 'Filter', oninput: () => this.#arrange() });
  #scroller;
  /** @type {T[]} */
  #all = [];
  /** The rows that the filter leaves, in order. @type {T[]} */
  #rows = [];
  /** @type {{column: number, down: boolean}|null} */
  #order = null;
  /** @type {Set<unknown>|null} the keys of the rows that are chosen */
  #chosen;
  #onChoose;

  /**
   * @param {Column<T>[]} columns
   * @param {object} [options]
   * @param {(row: T) => unknown} [options.key] what a row is known by when it is chosen; without it, rows cannot be chosen
   * @param {(rows: T[]) => void} [options.onChoose] others are chosen
   */
  constructor(columns, { key, onChoose = () => {} } = {}) {
    this.#columns = columns;
    this.#key = key;
    this.#chosen = key ? new Set() : null;
    this.#onChoose = onChoose;
    this.#scroller = el('div', { class: 'list-table', role: 'table', tabindex: 0, onscroll: () => this.#draw() }, this.#header, this.#surface);
    this.element = el('div', { class: 'listing-of-rows' }, el('div', { class: 'filter' }, this.#filter, this.#count), this.#scroller);
    new ResizeObserver(() => this.#draw()).observe(this.#scroller);
  }

  /** @param {string} label @param {T[]} rows */
  show(label, rows) {
    this.#scroller.setAttribute('aria-label', label);
    this.#all = rows;
    this.#chosen?.clear();
    this.#filter.value = '';
    this.#order = null;
    this.#shown = this.#columns.filter(({ spare, value }) => !spare || rows.some((row) => value(row) !== value(/** @type {T} */ (rows[0]))));
    this.#head();
    this.#arrange();
  }

  /** Fills the header, and makes room for the columns. */
  #head() {
    const all = el('input', { type: 'checkbox', 'aria-label': 'All', onchange: (/** @type {Event} */ { target }) => this.#chooseAll(/** @type {HTMLInputElement} */ (target).checked) });
    fill(this.#header, this.#chosen && el('span', { role: 'columnheader' }, all), ...this.#shown.map(({ name, number }, index) =>
      el('span', { role: 'columnheader', 'aria-sort': 'none' }, el('button', { type: 'button', class: number ? 'number' : null, onclick: () => this.#sort(index) }, name))));
    const widths = [...this.#chosen ? ['32px'] : [], ...this.#shown.map(({ width }) => width)];
    this.#scroller.style.setProperty('--columns', widths.join(' '));
    // All rows are equally wide, so that their columns are.
    const least = widths.reduce((sum, width) => sum + Number(/\d+/.exec(width)?.[0]), 2 * PAD);
    this.#scroller.style.setProperty('--least', `${least}px`);
  }

  /** What is in view after filter and order, as objects with the names of the columns. */
  get plain() {
    return this.#rows.map((row) => Object.fromEntries(this.#columns.map(({ name, value }) => [name.toLowerCase(), value(row)])));
  }

  /** The rows that are chosen, or all that the filter leaves if none is. */
  get chosen() {
    const chosen = this.#all.filter((row) => this.#chosen?.has(this.#key?.(row)));
    return chosen.length > 0 ? chosen : this.#rows;
  }

  /** @param {number} column */
  #sort(column) {
    const number = this.#shown[column]?.number ?? false;
    const again = this.#order?.column === column;
    // By the third click, the order is that of the file.
    if (again && this.#order?.down !== number) this.#order = null;
    else this.#order = { column, down: again ? !this.#order?.down : number };
    this.#arrange();
  }

  #arrange() {
    const wanted = this.#filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const has = (/** @type {T} */ row) => {
      const text = this.#columns.map(({ value }) => value(row) ?? '').join('\n').toLowerCase();
      return wanted.every((part) => text.includes(part));
    };
    this.#rows = wanted.length > 0 ? this.#all.filter(has) : [...this.#all];
    const order = this.#order;
    const column = order && this.#shown[order.column];
    if (order && column) {
      const sign = order.down ? -1 : 1;
      this.#rows.sort((a, b) => sign * compare(column.value(a), column.value(b)));
    }
    [...this.#header.querySelectorAll('[aria-sort]')].forEach((head, index) => {
      head.setAttribute('aria-sort', order?.column !== index ? 'none' : order.down ? 'descending' : 'ascending');
    });
    this.#count.textContent = this.#rows.length < this.#all.length ? `${exact(this.#rows.length)} of ${exact(this.#all.length)}` : exact(this.#all.length);
    this.#surface.style.height = `${this.#rows.length * ROW}px`;
    this.#scroller.setAttribute('aria-rowcount', String(this.#rows.length + 1));
    this.#scroller.scrollTop = 0;
    this.#draw();
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / ROW) - BEYOND);
    const count = Math.ceil(this.#scroller.clientHeight / ROW) + 2 * BEYOND;
    this.#body.style.transform = `translateY(${first * ROW}px)`;
    fill(this.#body, ...this.#rows.slice(first, first + count).map((row, index) => this.#row(row, first + index)));
  }

  /** @param {T} row @param {number} index */
  #row(row, index) {
    const key = this.#key?.(row);
    const box = this.#chosen && el('span', { role: 'cell' }, el('input', {
      type: 'checkbox', checked: this.#chosen.has(key), 'aria-label': `Choose row ${index + 1}`,
      onchange: (/** @type {Event} */ { target }) => this.#choose(key, /** @type {HTMLInputElement} */ (target).checked),
    }));
    return el('div', { role: 'row', 'aria-rowindex': index + 2 }, box, ...this.#shown.map(({ number, value, show }) => {
      const text = value(row);
      return el('span', { role: 'cell', class: number ? 'number' : null, title: text === null ? null : String(text) }, show ? show(row) : typeof text === 'number' ? exact(text) : text);
    }));
  }

  /** @param {unknown} key @param {boolean} chosen */
  #choose(key, chosen) {
    if (chosen) this.#chosen?.add(key);
    else this.#chosen?.delete(key);
    this.#onChoose(this.chosen);
  }

  /** @param {boolean} chosen */
  #chooseAll(chosen) {
    this.#chosen?.clear();
    if (chosen) for (const row of this.#rows) this.#chosen?.add(this.#key?.(row));
    this.#onChoose(this.chosen);
    this.#draw();
  }
}

/**
 * @param {string|number|null} a
 * @param {string|number|null} b
 */
function compare(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

/**
 * Rows as text for spreadsheets: RFC 4180.
 * @param {Record<string, string|number|null>[]} rows
 */
export function csv(rows) {
  const cell = (/** @type {string|number|null|undefined} */ value) => {
    const text = String(value ?? '');
    return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  const names = Object.keys(rows[0] ?? {});
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}
