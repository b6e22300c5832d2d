/**
 * Hands a file to the reader of the page.
 *
 * @module
 */

import { el } from './dom.js';

/** The download has its own hold on the content after so many ms. */
const HELD = 10_000;

/**
 * @param {string} text
 * @param {string} type
 * @param {string} name
 */
export function save(text, type, name) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), HELD);
}
