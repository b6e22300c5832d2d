/**
 * All tensors, modules and operators of the model as tables, over the graph; what loading it takes; and what of it can be saved.
 *
 * @module
 */

import { iconButton, segments } from './controls.js';
import { byId, el, fill, toast } from './dom.js';
import { icon } from './icons.js';
import { ListTable, csv } from './list-table.js';
import { bytes, exact, figure, percent, plural, short, typeText } from './numbers.js';
import { swatch } from './pieces.js';
import { save, savePieces } from './save.js';
import { reason } from './words.js';

/** @import {Session} from './session.js' */
/** @import {ModuleRow, OperatorRow, Selection, Tables as Rows, TensorRow} from './types.js' */

/** @typedef {'tensors'|'modules'|'operators'} Kind */

/** Bits of an element of the types that weights are loaded as. @type {[string, number][]} */
const PRECISIONS = [['float32', 32], ['float16, bfloat16', 16], ['int8, float8', 8], ['int4', 4]];

/**
 * @typedef {object} Handlers
 * @property {(graph: number, selection: Selection) => void} jump shows something in the graph
 * @property {(tensor: TensorRow) => void} inspect
 */

export class Tables {
  #element = byId('tables');
  /** @type {ListTable<TensorRow>} */
  #tensors;
  /** @type {ListTable<ModuleRow>} */
  #modules;
  /** @type {ListTable<OperatorRow>} */
  #operators;
  /** @type {Kind} */
  #kind = 'tensors';
  #body = el('div', { class: 'body' });
  #side = el('section', { class: 'side', 'aria-label': 'Memory' });
  /** @type {{session: Session, name: string, rows: Rows}|null} */
  #shown = null;
  #choice;

  /** @param {Handlers} handlers */
  constructor({ jump, inspect }) {
    const link = (/** @type {string} */ text, /** @type {() => void} */ onclick) => el('button', { type: 'button', class: 'link mono', onclick }, text || 'unnamed');
    let whole = 1;
    this.#whole = (total) => void (whole = total);
    this.#tensors = new ListTable([
      { name: 'Name', width: 'minmax(260px, 3fr)', value: ({ name }) => name, show: (row) => link(row.name, () => inspect(row)) },
      { name: 'Type', width: '96px', value: ({ dtype }) => dtype },
      { name: 'Shape', width: 'minmax(96px, 1fr)', value: ({ shape }) => shape, show: ({ shape }) => typeText(shape) },
      { name: 'Parameters', width: '112px', number: true, value: ({ elements }) => elements },
      { name: 'Bytes', width: '120px', number: true, value: (row) => row.bytes },
      { name: 'Share', width: '64px', number: true, value: (row) => (row.bytes === null ? null : row.bytes / whole), show: (row) => (row.bytes === null ? '' : percent(row.bytes, whole)) },
      { name: 'Tied to', spare: true, width: 'minmax(72px, 1fr)', value: ({ tied }) => tied },
      { name: 'File', spare: true, width: 'minmax(96px, 1fr)', value: ({ file }) => file },
    ], { key: ({ tensor, name }) => `${tensor} ${name}` });
    this.#modules = new ListTable([
      { name: 'Module', width: 'minmax(240px, 3fr)', value: ({ path }) => path, show: (row) => link(row.path, () => jump(row.graph, { kind: 'group', id: row.group })) },
      { name: 'Nodes', width: '96px', number: true, value: ({ nodes }) => nodes },
      { name: 'Parameters', width: '128px', number: true, value: ({ parameters }) => parameters },
      { name: 'Bytes', width: '128px', number: true, value: (row) => row.bytes },
      { name: 'Share', width: '72px', number: true, value: (row) => row.bytes / whole, show: (row) => percent(row.bytes, whole) },
    ]);
    this.#operators = new ListTable([
      { name: 'Operator', width: 'minmax(140px, 1fr)', value: ({ operator }) => operator, show: ({ operator, category }) => el('span', { class: 'with-swatch' }, swatch(category), operator) },
      { name: 'Name', width: 'minmax(220px, 3fr)', value: ({ name }) => name, show: (row) => link(row.name, () => jump(row.graph, { kind: 'node', id: row.node })) },
      { name: 'Family', width: '120px', value: ({ category }) => category },
      { name: 'Parameters', width: '112px', number: true, value: ({ parameters }) => parameters },
      { name: 'MACs', width: '128px', number: true, value: ({ macs }) => macs },
    ]);
    this.#choice = segments('Table', /** @type {[Kind, string][]} */ ([['tensors', 'Tensors'], ['modules', 'Modules'], ['operators', 'Operators']]), (kind) => this.#choose(kind));
    this.#element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
  }

  /** Tells the columns what all bytes are. @type {(total: number) => void} */
  #whole;

  /**
   * @param {Session} session
   * @param {string} name of the model
   * @param {Kind} kind
   */
  async open(session, name, kind) {
    const rows = await session.tables();
    this.#shown = { session, name, rows };
    this.#whole(Math.max(1, rows.tensors.reduce((sum, row) => sum + (row.bytes ?? 0), 0)));
    this.#tensors.show('Tensors', rows.tensors);
    this.#modules.show('Modules', rows.modules);
    this.#operators.show('Operators', rows.operators);
    fill(this.#element,
      el('header', {}, icon('attributes'), el('h2', {}, name), this.#choice.element, el('span', { class: 'space' }),
        el('button', { type: 'button', class: 'button', title: 'The rows in view, for spreadsheets', onclick: () => this.#export('csv') }, 'CSV'),
        el('button', { type: 'button', class: 'button', title: 'The rows in view', onclick: () => this.#export('json') }, 'JSON'),
        iconButton('close', 'Back to the graph', () => void this.close())),
      el('div', { class: 'content' }, this.#body, this.#side));
    fill(this.#side, ...this.#memory(rows));
    this.#element.hidden = false;
    byId('viewer').inert = true;
    this.#choose(kind);
    this.#element.querySelector('input')?.focus({ preventScroll: true });
  }

  /** Goes back to the graph. @returns {boolean} whether it was open */
  close() {
    if (!this.#shown) return false;
    this.#shown = null;
    this.#element.hidden = true;
    byId('viewer').inert = false;
    byId('canvas').focus({ preventScroll: true });
    return true;
  }

  /** @param {Kind} kind */
  #choose(kind) {
    this.#kind = kind;
    this.#choice.set(kind);
    fill(this.#body, this.#table.element);
  }

  get #table() {
    return { tensors: this.#tensors, modules: this.#modules, operators: this.#operators }[this.#kind];
  }

  /** @param {'csv'|'json'} form */
  #export(form) {
    const rows = this.#table.plain;
    const name = `${(this.#shown?.name ?? '').replace(/^.*\//, '')}-${this.#kind}.${form}`;
    if (form === 'csv') save(csv(rows), 'text/csv', name);
    else save(JSON.stringify(rows, null, 1), 'application/json', name);
  }

  /** What loading the model takes, and what can be saved. @param {Rows} rows */
  #memory({ tensors, cache }) {
    // What no graph reads, such as the tables of a tokenizer, is no weight.
    const own = tensors.filter(({ tied, graph }) => tied === null && graph !== null);
    const parameters = own.reduce((sum, { elements }) => sum + (elements ?? 0), 0);
    const line = (/** @type {string} */ name, /** @type {number} */ size) => el('div', {}, el('dt', {}, name), el('dd', {}, figure(Math.ceil(size), bytes, 'bytes')));
    return [
      el('h3', {}, 'Memory for the weights'),
      el('p', { class: 'note' }, `${exact(parameters)} parameters × bytes of each`),
      el('dl', { class: 'figures' },
        line('as they are', own.reduce((sum, row) => sum + (row.bytes ?? 0), 0)),
        ...PRECISIONS.map(([name, bits]) => line(name, (parameters * bits) / 8))),
      cache && el('h3', {}, 'KV cache of a token'),
      cache && el('p', { class: 'note' }, `${exact(cache.elements)} numbers: keys and values of ${plural(cache.layers, 'layer')} × bytes of each. With ${exact(1024)} tokens, ${short(1024 * cache.elements)} numbers.`),
      cache && el('dl', { class: 'figures' }, ...PRECISIONS.slice(0, 3).map(([name, bits]) => line(name, (cache.elements * bits) / 8))),
      el('h3', {}, 'Save'),
      el('p', { class: 'note' }, 'The tensors that are chosen, or all that the filter leaves.'),
      el('button', { type: 'button', class: 'button', onclick: () => void this.#convert() }, 'Save as .safetensors'),
    ];
  }

  /** Saves tensors as a file of safetensors. */
  async #convert() {
    if (!this.#shown) return;
    const { session, name } = this.#shown;
    const chosen = [...new Set(this.#tensors.chosen.map(({ tensor }) => tensor))];
    try {
      const { number, size, left } = await session.convert(chosen);
      if (left.length > 0) toast(`Left out: ${left.slice(0, 3).map((each) => `${each.name} (${each.reason})`).join(', ')}${left.length > 3 ? ` and ${exact(left.length - 3)} more` : ''}`);
      const file = `${name.replace(/^.*\//, '').replace(/\.[^.]*$/, '')}.safetensors`;
      await savePieces(file, size, () => session.piece(number)).finally(() => session.stop(number));
    } catch (error) {
      // Whoever chose no file wants none.
      if (!(error instanceof DOMException && error.name === 'AbortError')) toast(reason(error));
    }
  }
}
