/**
 * What the panels of the sidebar are made of.
 *
 * @module
 */

import { coded, copy, el } from './dom.js';
import { icon } from './icons.js';
import { bytes, exact, figure, percent, plural } from './numbers.js';
import { sentence } from './words.js';

/** @import {Child} from './dom.js' */
/** @import {Diagnostic, End, Entry, GroupRef, ModelInfo, Selection, TensorInfo, Usual, Values} from './types.js' */

/**
 * What the panels ask of the page.
 * @typedef {object} Actions
 * @property {(graph: number, selection: Selection) => void} jump shows and selects something
 * @property {(graph: number) => void} enter shows a graph
 * @property {(query: string) => void} find
 * @property {(tensor: number, from: number, count: number) => Promise<Values>} values
 * @property {(tensor: TensorInfo, name: string) => void} inspect opens the inspector
 * @property {(kind: 'tensors'|'modules'|'operators') => void} tables opens the tables
 * @property {(key: string, operator: string) => Promise<Child>} documentation
 * @property {(key: string, version: number|null) => Promise<Usual[]>} defaults of the attributes of an operator
 * @property {import('./panel-safety.js').List} listing
 */

/** Texts longer than this are folded. */
const FOLD = 140;

/**
 * A titled part of a panel.
 * @param {string} title
 * @param {Child} aside a figure at the end of the title's line
 * @param {...Child} children
 */
export function section(title, aside, ...children) {
  return el('section', { class: 'part' },
    el('h3', {}, el('span', {}, title), aside && el('span', { class: 'aside' }, aside)),
    ...children);
}

/**
 * Names and values.
 * @param {{name: string, value: string}[]} entries
 */
export function entryList(entries) {
  return el('dl', { class: 'entries' }, ...capped(entries, ({ name, value }) =>
    el('div', {}, el('dt', { title: name }, name), el('dd', {}, fold(value)))));
}

/**
 * Text that is folded if it is long.
 * @param {string} text
 * @returns {Node}
 */
export function fold(text) {
  if (text.length <= FOLD) return document.createTextNode(text);
  const body = el('span', {}, `${text.slice(0, FOLD).trimEnd()}… `);
  const button = el('button', { type: 'button', class: 'link' }, `Show all (${plural(text.length, 'character')})`);
  button.addEventListener('click', () => {
    body.textContent = text;
    button.remove();
  });
  return el('span', {}, body, button);
}

/**
 * The first items, and a button for the rest.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => Node} render
 * @param {number} [most]
 * @returns {Node[]}
 */
export function capped(items, render, most = 40) {
  if (items.length <= most + 1) return items.map(render);
  const button = el('button', { type: 'button', class: 'link more' }, `Show all ${exact(items.length)}`);
  const holder = el('div', { class: 'rest' }, button);
  button.addEventListener('click', () => holder.replaceWith(...items.slice(most).map(render)));
  return [...items.slice(0, most).map(render), holder];
}

/**
 * The colour of a category.
 * @param {string} category
 */
export function swatch(category) {
  return el('span', { class: 'swatch', dataset: { category } });
}

/**
 * A name in the file's own spelling, with a button to copy it.
 * @param {string} name
 */
export function copyable(name) {
  return el('span', { class: 'copyable' },
    el('span', { class: 'mono', title: name }, name),
    el('button', { type: 'button', class: 'button quiet tiny', title: 'Copy', 'aria-label': `Copy ${name}`, onclick: () => copy(name) }, icon('copy')));
}

/**
 * One end of a connection, as a button that goes there.
 * @param {End} end
 * @param {number} graph
 * @param {Actions} actions
 */
export function endButton(end, graph, actions) {
  return el('button', { type: 'button', class: 'row end', onclick: () => actions.jump(graph, { kind: 'node', id: end.node }) },
    swatch(end.category),
    el('span', { class: 'operator' }, end.operator),
    el('span', { class: 'context mono' }, end.name),
    end.argument && el('span', { class: 'aside' }, end.argument));
}

/**
 * Groups around a selection, each a link to it.
 * @param {GroupRef[]} groups outermost first
 * @param {number} graph
 * @param {Actions} actions
 */
export function groupLinks(groups, graph, actions) {
  return el('p', { class: 'path' }, ...groups.flatMap(({ id, name }, index) => [index > 0 && ' › ',
    el('button', { type: 'button', class: 'link', onclick: () => actions.jump(graph, { kind: 'group', id }) }, name)]));
}

/**
 * Bytes by element type, as one bar and a row each.
 * @param {ModelInfo['dtypes']} dtypes
 */
export function dtypeTable(dtypes) {
  const whole = dtypes.reduce((sum, { bytes: part }) => sum + part, 0);
  /** @param {number} index */
  const shade = (index) => ({ '--shade': `var(--shade-${Math.min(index, 5)})` });
  return el('div', { class: 'shares' },
    el('div', { class: 'stack', 'aria-hidden': 'true' }, ...dtypes.map(({ bytes: part }, index) =>
      el('span', { style: { 'flex-grow': whole > 0 ? part / whole : 1, ...shade(index) } }))),
    el('table', {}, el('tbody', {}, ...dtypes.map((row, index) => el('tr', {},
      el('th', { scope: 'row' }, el('span', { class: 'dot', style: shade(index) }), el('span', { class: 'mono' }, row.dtype)),
      el('td', {}, figure(row.parameters, undefined, 'parameters')),
      el('td', {}, figure(row.bytes, bytes, 'bytes')),
      el('td', {}, percent(row.bytes, whole)))))));
}

/**
 * Diagnostics, the gravest first; those with a place are buttons that go there.
 * @param {Diagnostic[]} diagnostics
 * @param {Actions|null} actions null where the place is already in view
 */
export function diagnosticList(diagnostics, actions) {
  const grades = ['error', 'warning', 'note'];
  const sorted = [...diagnostics].sort((a, b) => grades.indexOf(a.severity) - grades.indexOf(b.severity));
  return el('div', { class: 'diagnostics' }, ...capped(sorted, ({ severity, message, graph, node }) => {
    const content = [icon(severity), el('span', {}, el('span', { class: 'visually-hidden' }, `${severity}: `), ...coded(sentence(message)))];
    if (!actions || graph === null) return el('p', { class: 'diagnostic', dataset: { severity } }, ...content);
    const go = () => (node === null ? actions.enter(graph) : actions.jump(graph, { kind: 'node', id: node }));
    return el('button', { type: 'button', class: 'diagnostic', dataset: { severity }, onclick: go }, ...content, icon('chevron'));
  }, 8));
}

/** The disclosures that were left open: the next selection has them open too. @type {Set<string>} */
const open = new Set();

/**
 * A disclosure whose content is made when it is first opened.
 * @param {string} title
 * @param {() => Child | Promise<Child>} make
 */
export function disclosure(title, make) {
  const body = el('div', { class: 'body' });
  const details = el('details', { open: open.has(title) }, el('summary', {}, icon('chevron'), title), body);
  details.addEventListener('toggle', async () => {
    if (!details.open) open.delete(title);
    else open.add(title);
    if (!details.open || body.hasChildNodes()) return;
    const content = await make();
    if (content) body.append(content instanceof Node ? content : String(content));
  });
  return details;
}

/**
 * Metadata, where there is some.
 * @param {Entry[]} entries
 */
export function metadata(entries) {
  return entries.length > 0 && section('Metadata', exact(entries.length), entryList(entries));
}
