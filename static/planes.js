/**
 * Which dimensions of a tensor are laid out as rows and columns, and where the others are held.
 *
 * @module
 */

import { el, fill } from './dom.js';
import { exact } from './numbers.js';

/** @import {Plane} from './types.js' */

/** Kernels have at most so many elements a side. */
const KERNEL = 16;

/**
 * The last two axes, at the first index of the others.
 * @param {number[]} dims
 * @returns {Plane}
 */
export function lastPlane(dims) {
  const rank = dims.length;
  return { rows: rank > 1 ? [rank - 2] : [], columns: rank > 0 ? [rank - 1] : [], at: dims.map(() => 0) };
}

/**
 * The kernels of a convolution as tiles: a row of them for each output and a column for each input, or the other way round, so that they are more wide
 * than high. Frameworks have the axes in one of three orders.
 * @param {number[]} dims
 * @returns {Plane|null} null if it does not look like a convolution
 */
export function kernelPlane(dims) {
  if (dims.length !== 4) return null;
  const small = (/** @type {number} */ axis) => (dims[axis] ?? 0) > 1 && (dims[axis] ?? 0) <= KERNEL;
  /** Height, width, output and input. */
  const orders = [[2, 3, 0, 1], [0, 1, 3, 2], [1, 2, 0, 3]];
  const order = orders.find(([height = 0, width = 0]) => small(height) && small(width));
  if (!order) return null;
  const [height = 0, width = 0, output = 0, input = 0] = order;
  const [down, across] = (dims[output] ?? 0) > (dims[input] ?? 0) ? [input, output] : [output, input];
  return { rows: [down, height], columns: [across, width], at: dims.map(() => 0) };
}

/**
 * The size of a plane.
 * @param {number[]} dims
 * @param {Plane} plane
 */
export function sizeOf(dims, { rows, columns }) {
  const length = (/** @type {number[]} */ axes) => {
    const [outer = 1, inner] = axes.map((axis) => dims[axis] ?? 0);
    return inner === undefined ? outer : Math.max(0, outer * (inner + 1) - 1);
  };
  return { rows: length(rows), columns: length(columns) };
}

/**
 * The indices of a place: `[0, 3, 1, 1]`.
 * @param {number[]} dims
 * @param {Plane} plane
 * @param {number} row
 * @param {number} column
 */
export function indices(dims, { rows, columns, at }, row, column) {
  const index = [...at];
  for (const [axes, place] of /** @type {[number[], number][]} */ ([[rows, row], [columns, column]])) {
    const [outer, inner] = axes;
    if (outer === undefined) continue;
    const run = inner === undefined ? 1 : (dims[inner] ?? 0) + 1;
    index[outer] = Math.floor(place / run);
    if (inner !== undefined) index[inner] = place % run;
  }
  return `[${index.join(', ')}]`;
}

/** The choice of a plane: which axes are rows and columns, and where the others are held. */
export class PlaneChoice {
  element = el('div', { class: 'plane', role: 'group', 'aria-label': 'Slice' });
  /** @type {number[]} */
  #dims = [];
  #plane = lastPlane([]);
  #onChange;

  /** @param {(plane: Plane) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get plane() {
    return this.#plane;
  }

  /** @param {number[]} dims */
  show(dims) {
    this.#dims = dims;
    this.#plane = lastPlane(dims);
    this.#fill();
  }

  #fill() {
    const { rows, columns } = this.#plane;
    const held = this.#dims.map((_, axis) => axis).filter((axis) => axis !== rows[0] && axis !== columns[0]);
    this.element.hidden = this.#dims.length < 2;
    fill(this.element, this.#axis('Rows', 'rows'), this.#axis('Columns', 'columns'), ...held.map((axis) => this.#held(axis)));
  }

  /**
   * @param {string} label
   * @param {'rows'|'columns'} which
   */
  #axis(label, which) {
    const options = this.#dims.map((size, axis) => el('option', { value: axis, selected: this.#plane[which][0] === axis }, `axis ${axis} (${exact(size)})`));
    const select = el('select', {}, ...options);
    select.addEventListener('change', () => {
      const other = which === 'rows' ? 'columns' : 'rows';
      const [before, chosen] = [this.#plane[which], [Number(select.value)]];
      // The same axis twice would be no plane: they change places.
      this.#change({ ...this.#plane, [which]: chosen, ...(this.#plane[other][0] === chosen[0] ? { [other]: before } : {}) });
    });
    return el('label', {}, label, select);
  }

  /** @param {number} axis */
  #held(axis) {
    const most = Math.max(0, (this.#dims[axis] ?? 1) - 1);
    const input = el('input', { type: 'number', min: 0, max: most, step: 1, value: this.#plane.at[axis] ?? 0 });
    const range = el('input', { type: 'range', min: 0, max: most, step: 1, value: this.#plane.at[axis] ?? 0, 'aria-label': `Index on axis ${axis}` });
    const set = (/** @type {number} */ wished) => {
      const index = Number.isInteger(wished) ? Math.max(0, Math.min(most, wished)) : 0;
      input.value = String(index);
      range.value = String(index);
      this.#plane = { ...this.#plane, at: this.#plane.at.with(axis, index) };
      this.#onChange(this.#plane);
    };
    input.addEventListener('change', () => set(input.valueAsNumber));
    range.addEventListener('input', () => set(range.valueAsNumber));
    return el('label', {}, `axis ${axis}`, input, range, el('span', { class: 'note' }, `of ${exact(this.#dims[axis] ?? 0)}`));
  }

  /** @param {Plane} plane */
  #change(plane) {
    this.#plane = plane;
    this.#fill();
    this.#onChange(plane);
  }
}
