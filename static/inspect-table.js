/**
 * Elements of a tensor as a table of which only what is in view is there.
 *
 * @module
 */

import { el, fill } from './dom.js';
import { exact } from './numbers.js';

/** @import {Frame} from './types.js' */

/**
 * What is shown: its size, what is written beside its rows and above its columns, and its elements.
 * @typedef {object} Source
 * @property {number} rows
 * @property {number} columns
 * @property {(row: number) => string} rowName
 * @property {(column: number) => string} columnName
 * @property {(frame: Frame) => Promise<string[]>} read the elements of a part, row by row
 */

/** The height of a row, and of the header, in px. */
const ROW = 22;
/** Scrolling surfaces are no longer than this in px; longer tables are scrolled through faster. */
const LONGEST = 8_000_000;
/** A cell is so many characters wide at least and at most. */
const NARROWEST = 5;
const WIDEST = 16;
/** The width of a character in px, at the size that cells have. */
const CHARACTER = 7.25;
/** Empty space in a cell in px. */
const PAD = 16;

export class DataTable {
  #header = el('div', { class: 'header', role: 'row' });
  #body = el('div', { class: 'body', role: 'rowgroup' });
  #view = el('div', { class: 'view', role: 'presentation' }, this.#header, this.#body);
  #surface = el('div', { class: 'surface', role: 'presentation' });
  element = el('div', { class: 'data-table mono', role: 'grid', tabindex: 0, 'aria-label': 'Values', onscroll: () => this.#later() }, this.#view, this.#surface);
  /** @type {Source|null} */
  #source = null;
  /** What was read last. @type {{frame: Frame, texts: string[]}|null} */
  #known = null;
  #reading = false;
  #cell = NARROWEST;
  #scheduled = false;
  #onError;
  /** Sees that the room has changed. */
  #observer = new ResizeObserver(() => this.#later());

  /** @param {(error: unknown) => void} onError values cannot be read */
  constructor(onError) {
    this.#onError = onError;
    this.#observer.observe(this.element);
  }

  /** @param {Source} source */
  show(source) {
    this.#source = source;
    this.#known = null;
    this.#cell = NARROWEST;
    this.element.scrollTo(0, 0);
    this.element.setAttribute('aria-rowcount', String(source.rows + 1));
    this.element.setAttribute('aria-colcount', String(source.columns + 1));
    this.#later();
  }

  /** The elements in view as text: a line a row, with tabs. */
  get text() {
    return [...this.#body.children].map((row) => [...row.children].slice(1).map((cell) => cell.textContent).join('\t')).join('\n');
  }

  #later() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.element.ariaBusy = 'true';
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #draw() {
    const source = this.#source;
    this.element.ariaBusy = 'false';
    if (!source) return;
    const { clientWidth, clientHeight } = this.element;
    const label = PAD + CHARACTER * Math.max(3, source.rowName(Math.max(0, source.rows - 1)).length);
    const cell = PAD + CHARACTER * this.#cell;
    const width = label + cell * source.columns;
    const height = ROW * (source.rows + 1);
    this.#surface.style.width = `${Math.min(width, LONGEST)}px`;
    this.#surface.style.height = `${Math.min(height, LONGEST) - clientHeight}px`;
    this.element.style.setProperty('--label', `${label}px`);
    this.element.style.setProperty('--cell', `${cell}px`);
    const down = place(this.element.scrollTop, clientHeight - ROW, height - ROW, LONGEST - ROW, ROW);
    const across = place(this.element.scrollLeft, clientWidth - label, width - label, LONGEST - label, cell);
    const frame = {
      row: down.first, rows: Math.min(down.count, source.rows - down.first),
      column: across.first, columns: Math.min(across.count, source.columns - across.first),
    };
    this.#view.style.setProperty('--up', `${-down.rest}px`);
    this.#view.style.setProperty('--left', `${-across.rest}px`);
    this.#fill(source, frame);
    const nothing = frame.rows <= 0 || frame.columns <= 0;
    if (nothing || (this.#known && holds(this.#known.frame, frame))) return;
    this.element.ariaBusy = 'true';
    void this.#read(source, frame);
  }

  /**
   * @param {Source} source
   * @param {Frame} frame
   */
  #fill(source, { row, rows, column, columns }) {
    const known = this.#known;
    const across = Array.from({ length: columns }, (_, index) => column + index);
    fill(this.#header, el('span', { role: 'columnheader' }), ...across.map((index) => el('span', { role: 'columnheader' }, source.columnName(index))));
    fill(this.#body, ...Array.from({ length: rows }, (_, line) => {
      const cells = across.map((index) => {
        const text = known ? textAt(known, row + line, index) : undefined;
        return el('span', { role: 'gridcell', class: text === undefined ? 'unknown' : null, title: text && text.length > WIDEST ? text : null }, text ?? '');
      });
      return el('div', { role: 'row', 'aria-rowindex': row + line + 2 }, el('span', { role: 'rowheader' }, source.rowName(row + line)), ...cells);
    }));
  }

  /**
   * @param {Source} source
   * @param {Frame} frame
   */
  async #read(source, frame) {
    if (this.#reading) return;
    this.#reading = true;
    // What is around is wanted next.
    const row = Math.max(0, frame.row - frame.rows);
    const column = Math.max(0, frame.column - frame.columns);
    const wide = { row, rows: Math.min(source.rows - row, 3 * frame.rows), column, columns: Math.min(source.columns - column, 3 * frame.columns) };
    try {
      const texts = await source.read(wide);
      if (source === this.#source) {
        this.#known = { frame: wide, texts };
        const longest = texts.reduce((most, { length }) => Math.max(most, length), 0);
        this.#cell = Math.min(WIDEST, Math.max(this.#cell, longest));
      }
    } catch (error) {
      if (source === this.#source) {
        this.#source = null;
        this.#onError(error);
      }
    }
    this.#reading = false;
    this.#later();
  }
}

/** The names of the places along an axis. @param {number} index */
export const plainName = (index) => exact(index);

/**
 * What of a row of cells is in view.
 * @param {number} scrolled px
 * @param {number} room px that are in view
 * @param {number} length of all cells in px
 * @param {number} longest that the surface can be
 * @param {number} size of a cell in px
 */
function place(scrolled, room, length, longest, size) {
  const faster = length > longest ? (length - room) / (longest - room) : 1;
  const at = Math.max(0, Math.min(scrolled * faster, length - room));
  const first = Math.floor(at / size);
  return { first, rest: at - first * size, count: Math.max(1, Math.ceil((room + at - first * size) / size)) };
}

/**
 * @param {Frame} outer
 * @param {Frame} inner
 */
function holds(outer, inner) {
  return outer.row <= inner.row && outer.row + outer.rows >= inner.row + inner.rows
    && outer.column <= inner.column && outer.column + outer.columns >= inner.column + inner.columns;
}

/**
 * @param {{frame: Frame, texts: string[]}} known
 * @param {number} row
 * @param {number} column
 */
function textAt({ frame, texts }, row, column) {
  const [down, across] = [row - frame.row, column - frame.column];
  return down >= 0 && down < frame.rows && across >= 0 && across < frame.columns ? texts[down * frame.columns + across] : undefined;
}
