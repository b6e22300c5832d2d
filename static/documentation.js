/**
 * Operator documentation, fetched when it is first asked for.
 *
 * @module
 */

import { el } from './dom.js';

/** @import {Documentation} from './types.js' */

/** @type {Map<string, Promise<Record<string, Documentation>>>} */
const books = new Map();

/**
 * What is known about an operator; null where nothing is.
 * @param {string} formatId
 * @param {string} key
 * @returns {Promise<Documentation|null>}
 */
export async function documentation(formatId, key) {
  const book = books.get(formatId) ?? load(formatId);
  books.set(formatId, book);
  const entries = await book;
  return Object.hasOwn(entries, key) ? entries[key] ?? null : null;
}

/**
 * @param {string} formatId
 * @returns {Promise<Record<string, Documentation>>}
 */
async function load(formatId) {
  try {
    const response = await fetch(`static/ops/${encodeURIComponent(formatId)}.json`);
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}

/**
 * @param {string} operator
 * @param {Documentation|null} entry
 */
export function documentationBlock(operator, entry) {
  if (!entry) return el('p', { class: 'note' }, `Nothing is known here about ${operator}.`);
  return el('div', { class: 'documentation' },
    ...prose(entry.summary),
    terms('Inputs', entry.inputs),
    terms('Outputs', entry.outputs),
    terms('Attributes', (entry.attributes ?? []).map(({ name, type, default: usual, doc }) => ({
      name: `${name}: ${type}${usual === null || usual === undefined || usual === '' ? '' : ` = ${usual}`}`,
      doc,
    }))),
    entry.since !== null && entry.since !== undefined && el('p', { class: 'note' }, `Since operator set ${entry.since}.`));
}

/**
 * @param {string} title
 * @param {{name: string, doc: string}[]|undefined} list
 */
function terms(title, list) {
  if (!list || list.length === 0) return null;
  return el('div', {}, el('h4', {}, title), el('dl', {}, ...list.flatMap(({ name, doc }) =>
    [el('dt', { class: 'mono' }, name), el('dd', {}, ...prose(doc))])));
}

/**
 * Paragraphs, with what stands between backticks as code.
 * @param {string} text
 */
function prose(text) {
  return (text ?? '').split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== '').map((paragraph) =>
    el('p', {}, ...paragraph.trim().split(/`+/).map((part, index) => (index % 2 === 1 ? el('code', {}, part) : part))));
}
