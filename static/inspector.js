/**
 * The inspector of one tensor, over the graph: its values as a table and as a picture, and figures about them.
 *
 * @module
 */

import { iconButton, segments } from './controls.js';
import { announce, byId, copy, el, fill, toast } from './dom.js';
import { icon } from './icons.js';
import { PictureView } from './inspect-picture.js';
import { StatisticsPanel } from './inspect-statistics.js';
import { DataTable, plainName } from './inspect-table.js';
import { bytes, exact, typeText } from './numbers.js';
import { PlaneChoice, indices, kernelPlane, sizeOf } from './planes.js';
import { savePieces } from './save.js';
import { reason } from './words.js';

/** @import {Session} from './session.js' */
/** @import {Frame, Plane, TensorInfo} from './types.js' */

/** @typedef {'table'|'picture'|'kernels'} View */

/** So many elements of a tensor with one axis are in a row. */
const FOLDED = 10;

export class Inspector {
  #element = byId('inspector');
  #table = new DataTable((error) => this.#fail(error));
  #picture = new PictureView((error) => this.#fail(error));
  #statistics = new StatisticsPanel();
  #plane = new PlaneChoice(() => this.#fill());
  #note = el('p', { class: 'note', role: 'status', hidden: true });
  /** @type {View} */
  #view = 'table';
  /** @type {{session: Session, tensor: TensorInfo}|null} */
  #shown = null;
  /** What had the focus before. @type {Element|null} */
  #before = null;

  constructor() {
    this.#element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#picture.repaint());
    new MutationObserver(() => this.#picture.repaint()).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  }

  /**
   * @param {Session} session
   * @param {TensorInfo} tensor
   * @param {string} name what the graph calls it
   */
  open(session, tensor, name) {
    this.#before = document.activeElement;
    this.#view = 'table';
    this.#show(session, tensor, name, tensor.dequantised === null ? null : this.#sides(session, tensor, tensor.dequantised, name));
    this.#element.hidden = false;
    byId('viewer').inert = true;
    this.#table.element.focus({ preventScroll: true });
    announce(`Values of ${name || 'the constant'}`);
  }

  /**
   * @param {Session} session
   * @param {TensorInfo} tensor
   * @param {string} name
   * @param {Element|null} sides what chooses between codes and what they stand for
   */
  #show(session, tensor, name, sides) {
    this.#shown = { session, tensor };
    this.#plane.show(tensor.dims);
    const views = this.#views(tensor);
    fill(this.#element,
      el('header', {},
        icon('tensor'),
        el('h2', { class: 'mono', title: name }, name || 'constant'),
        el('span', { class: 'mono aside' }, typeText(`${tensor.dtype} ${tensor.shape}`)),
        tensor.bytes !== null && el('span', { class: 'note' }, bytes(tensor.bytes)),
        el('span', { class: 'space' }),
        iconButton('copy', 'Copy the values in view', () => this.#copy()),
        tensor.dtype !== 'string' && iconButton('download', 'Save as .npy', () => void this.#save(session, tensor, name)),
        iconButton('close', 'Back to the graph', () => void this.close())),
      el('div', { class: 'content' },
        el('div', { class: 'values' },
          el('div', { class: 'tools' }, sides, views?.element, this.#plane.element),
          this.#note, this.#table.element, this.#picture.element),
        this.#statistics.element));
    this.#statistics.show(session, tensor);
    this.#fill();
  }

  /**
   * The choice between codes as they are stored and the numbers that they stand for.
   * @param {Session} session
   * @param {TensorInfo} stored
   * @param {number} dequantised
   * @param {string} name
   */
  #sides(session, stored, dequantised, name) {
    const sides = segments('Elements', [['stored', 'Stored'], ['dequantised', 'Dequantised']], async (side) => {
      try {
        const tensor = side === 'stored' ? stored : await session.tensor(dequantised);
        if (this.#shown?.session !== session || !sides.element.isConnected) return;
        sides.set(side);
        const focused = document.activeElement;
        this.#show(session, tensor, name, sides.element);
        if (focused instanceof HTMLElement && sides.element.contains(focused)) focused.focus();
      } catch (error) {
        this.#fail(error);
      }
    });
    sides.set('stored');
    return sides.element;
  }

  /** Goes back to the graph. @returns {boolean} whether it was open */
  close() {
    if (!this.#shown) return false;
    this.#shown = null;
    this.#statistics.stop();
    this.#picture.stop();
    this.#element.hidden = true;
    byId('viewer').inert = !byId('tables').hidden;
    const before = this.#before;
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    else byId('canvas').focus({ preventScroll: true });
    return true;
  }

  /**
   * The ways to look at a tensor; null if there is only one.
   * @param {TensorInfo} tensor
   */
  #views({ dims, numeric }) {
    if (!numeric) return null;
    /** @type {[View, string][]} */
    const choices = [['table', 'Table'], ['picture', 'Picture']];
    if (kernelPlane(dims)) choices.push(['kernels', 'Kernels']);
    const views = segments('View', choices, (view) => {
      this.#view = view;
      views.set(view);
      this.#fill();
    });
    views.set(this.#view);
    return views;
  }

  /** Shows what is chosen. */
  #fill() {
    if (!this.#shown) return;
    const { session, tensor } = this.#shown;
    const table = this.#view === 'table';
    const plane = this.#view === 'kernels' ? kernelPlane(tensor.dims) ?? this.#plane.plane : this.#plane.plane;
    this.#note.hidden = !tensor.dims.includes(0);
    this.#note.textContent = 'It has no elements.';
    this.#table.element.hidden = !table;
    this.#picture.element.hidden = table;
    this.#plane.element.hidden = this.#view === 'kernels' || tensor.dims.length < 2;
    if (table) {
      this.#picture.stop();
      this.#table.show(tensor.dims.length < 2 ? folded(session, tensor) : rowsOf(session, tensor, plane));
    } else {
      this.#picture.show({
        ...sizeOf(tensor.dims, plane),
        name: (row, column) => indices(tensor.dims, plane, row, column),
        take: (frame, screen, signal) => session.exposure(tensor.id, plane, frame, screen, { signal }),
      });
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#note.textContent = reason(error);
    this.#note.hidden = false;
  }

  #copy() {
    void copy(this.#table.text);
  }

  /**
   * @param {Session} session
   * @param {TensorInfo} tensor
   * @param {string} name
   */
  async #save(session, tensor, name) {
    try {
      const { number, size } = await session.npy(tensor.id);
      await savePieces(`${name.replace(/[^\w.-]+/g, '_') || 'tensor'}.npy`, size, () => session.piece(number)).finally(() => session.stop(number));
    } catch (error) {
      // Whoever chose no file wants none.
      if (!(error instanceof DOMException && error.name === 'AbortError')) toast(reason(error));
    }
  }
}

/**
 * A plane as rows of a table.
 * @param {Session} session
 * @param {TensorInfo} tensor
 * @param {Plane} plane
 */
function rowsOf(session, { id, dims, dtype }, plane) {
  return {
    ...sizeOf(dims, plane),
    rowName: plainName,
    columnName: plainName,
    read: async (/** @type {Frame} */ frame) => spelled((await session.table(id, plane, frame)).texts, dtype),
  };
}

/**
 * A tensor of one axis, or of none, in rows of ten.
 * @param {Session} session
 * @param {TensorInfo} tensor
 */
function folded(session, { id, dims, dtype }) {
  const count = dims[0] ?? 1;
  const columns = Math.min(FOLDED, count);
  return {
    rows: Math.ceil(count / FOLDED),
    columns,
    rowName: (/** @type {number} */ row) => exact(row * FOLDED),
    columnName: (/** @type {number} */ column) => `+${column}`,
    read: async (/** @type {Frame} */ { row, rows, column, columns: across }) => {
      const { values } = await session.values(id, row * columns, rows * columns);
      const texts = spelled(values, dtype);
      return Array.from({ length: rows * across }, (_, index) => texts[Math.floor(index / across) * columns + column + (index % across)] ?? '');
    },
  };
}

/**
 * In quotation marks a text is told from a number, and its spaces and line ends are seen.
 * @param {string[]} texts
 * @param {string} dtype
 */
const spelled = (texts, dtype) => (dtype === 'string' ? texts.map((text) => JSON.stringify(text)) : texts);
