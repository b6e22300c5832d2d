/**
 * A tensor: what it is, and its values on demand.
 *
 * @module
 */

import { copy, el } from './dom.js';
import { icon } from './icons.js';
import { bytes, exact, figure, typeText } from './numbers.js';
import { entryList } from './pieces.js';
import { reason } from './words.js';

/** @import {Actions} from './pieces.js' */
/** @import {TensorInfo, Values} from './types.js' */

/** So many values are asked for at once. */
const BATCH = 256;

/** Values with more characters than this are cut; the tooltip has them whole. */
const WIDEST = 14;

/** Up to so many columns a row of the tensor is a row on the screen; wider ones wrap. */
const COLUMNS = 8;

/**
 * @param {TensorInfo} tensor
 * @param {Actions} actions
 * @param {string} [name] what the graph calls it
 */
export function tensorBlock(tensor, actions, name = tensor.name) {
  const block = el('div', { class: 'tensor' },
    el('div', { class: 'row' },
      icon('tensor'),
      el('span', { class: 'mono name', title: name }, name || 'constant'),
      el('span', { class: 'aside mono' }, typeText(`${tensor.dtype} ${tensor.shape}`))),
    el('p', { class: 'facts' },
      tensor.bytes !== null && figure(tensor.bytes, bytes, 'bytes'),
      tensor.elements !== null && tensor.elements > 1 && figure(tensor.elements, (n) => `${exact(n)} elements`),
      tensor.location && el('span', { title: tensor.location }, tensor.location)),
    tensor.description && el('p', { class: 'prose' }, tensor.description),
    tensor.metadata.length > 0 && entryList(tensor.metadata));
  if (tensor.readable) block.append(valuesView(tensor, name, actions));
  return block;
}

/**
 * @param {TensorInfo} tensor
 * @param {string} name
 * @param {Actions} actions
 */
function valuesView(tensor, name, actions) {
  const grid = el('div', { class: 'grid mono', role: 'group', tabindex: 0, 'aria-label': 'Values' });
  const note = el('span', { class: 'note', role: 'status' });
  /** @type {string[]} */
  const shown = [];
  const more = el('button', { type: 'button', class: 'link' }, 'Show values');
  const copyAll = el('button', { type: 'button', class: 'link', hidden: true, onclick: () => copy(shown.join(' ')) }, 'Copy');
  more.addEventListener('click', async () => {
    more.disabled = true;
    try {
      const values = await actions.values(tensor.id, shown.length, BATCH);
      // In quotation marks a text is told from a number, and its spaces and line ends are seen.
      if (tensor.dtype === 'string') values.values = values.values.map((text) => JSON.stringify(text));
      appendValues(grid, values);
      shown.push(...values.values);
      grid.style.setProperty('--cell', `${Math.min(WIDEST, Math.max(...shown.map(({ length }) => length), 1))}ch`);
      grid.hidden = false;
      copyAll.hidden = shown.length === 0;
      const left = values.total - shown.length;
      note.textContent = left > 0 ? `${exact(shown.length)} of ${exact(values.total)}` : shown.length === 0 ? 'It has no elements.' : '';
      more.textContent = `Show ${exact(Math.min(left, BATCH))} more`;
      more.hidden = left <= 0 || values.values.length === 0;
    } catch (error) {
      note.textContent = reason(error);
    }
    more.disabled = false;
  });
  grid.hidden = true;
  const inspect = el('button', { type: 'button', class: 'link', title: 'All values as a table or a picture, with statistics', onclick: () => actions.inspect(tensor, name) }, 'Inspect');
  return el('div', { class: 'tensor-values' }, grid, el('p', { class: 'actions' }, more, inspect, copyAll, note));
}

/**
 * Adds values by rows of the last axis; each row is headed by its indices along the other axes.
 * @param {HTMLElement} grid
 * @param {Values} values
 */
function appendValues(grid, { from, shape, values }) {
  const last = shape.at(-1) ?? 1;
  const columns = Math.max(1, last);
  for (let start = 0; start < values.length;) {
    const flat = from + start;
    const end = Math.min(values.length, start + columns - (flat % columns));
    const cells = values.slice(start, end).map((value) => el('span', { title: value.length > WIDEST ? value : null }, value));
    if (flat % columns === 0 || start > 0 || grid.lastElementChild === null) {
      const heading = shape.length > 1 ? el('span', { class: 'index' }, indices(flat, shape)) : null;
      if (heading) grid.append(heading);
      grid.append(el('span', { class: columns <= COLUMNS ? 'cells' : 'cells wrapping', style: { '--columns': Math.min(columns, COLUMNS) } }, ...cells));
    } else {
      grid.lastElementChild.append(...cells);
    }
    start = end;
  }
  grid.classList.toggle('indexed', shape.length > 1);
}

/**
 * The indices of the row that holds a flat position: `0, 2` in a tensor of rank three.
 * @param {number} flat
 * @param {number[]} shape
 */
function indices(flat, shape) {
  let rest = Math.floor(flat / Math.max(1, shape.at(-1) ?? 1));
  const parts = [];
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    const size = Math.max(1, shape[axis] ?? 1);
    parts.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return parts.join(', ');
}
