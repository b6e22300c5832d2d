/**
 * Operator documentation, fetched when it is first asked for.
 *
 * @module
 */

import { coded, el } from './dom.js';

/** @import {Book, Documentation} from './types.js' */

/** @type {Book} */
const NO_BOOK = { source: '', operators: {} };

/** @type {Map<string, Promise<Book>>} */
const books = new Map();

/**
 * The documentation of an operator, as far as it is known.
 * @param {string} formatId
 * @param {string} key
 * @param {string} operator
 */
export async function documentation(formatId, key, operator) {
  const book = books.get(formatId) ?? load(formatId);
  books.set(formatId, book);
  const { operators, source } = await book;
  const entry = Object.hasOwn(operators, key) ? operators[key] : undefined;
  return entry ? block(entry, source) : el('p', { class: 'note' }, `Nothing is known here about ${operator}.`);
}

/**
 * @param {string} formatId
 * @returns {Promise<Book>}
 */
async function load(formatId) {
  try {
    const response = await fetch(`static/ops/${encodeURIComponent(formatId)}.json`);
    return response.ok ? { ...NO_BOOK, ...(await response.json()) } : NO_BOOK;
  } catch {
    return NO_BOOK;
  }
}

/**
 * @param {Documentation} entry
 * @param {string} source
 */
function block({ summary, inputs, outputs, attributes = [], since }, source) {
  return el('div', { class: 'documentation' },
    ...prose(summary),
    terms('Inputs', inputs),
    terms('Outputs', outputs),
    terms('Attributes', attributes.map(({ name, type, default: usual, doc }) =>
      ({ name: `${name}${type ? `: ${type}` : ''}${usual ? ` = ${usual}` : ''}`, doc }))),
    el('p', { class: 'note' }, since !== undefined && `Since operator set ${since}. `, source));
}

/**
 * @param {string} title
 * @param {{name: string, doc: string}[]|undefined} list
 */
function terms(title, list) {
  if (!list || list.length === 0) return null;
  return el('div', {}, el('h3', {}, title), el('dl', {}, ...list.flatMap(({ name, doc }) =>
    [el('dt', { class: 'mono' }, name), el('dd', {}, ...prose(doc))])));
}

/**
 * Paragraphs, with what stands between backticks as code.
 * @param {string} text
 */
function prose(text) {
  return text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== '').map((paragraph) =>
    el('p', {}, ...coded(paragraph.trim())));
}
