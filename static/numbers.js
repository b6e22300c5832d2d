/**
 * Numbers as people read them.
 *
 * @module
 */

import { el } from './dom.js';

/** A space that does not break between a number and its unit. */
const NBSP = '\u00a0';

const grouped = new Intl.NumberFormat('en');

/**
 * `11,005,824`.
 * @param {number} n
 */
export function exact(n) {
  return grouped.format(n);
}

/**
 * `node` or `nodes`, with the count: `1 node`, `1,203 nodes`.
 * @param {number} n
 * @param {string} one
 * @param {string} [many]
 */
export function plural(n, one, many = `${one}s`) {
  return `${exact(n)} ${n === 1 ? one : many}`;
}

/**
 * Three digits and a unit, as long as the number has more than four digits: `11.0 M`, `523 K`, `4,096`.
 * @param {number} n
 */
export function short(n) {
  if (n < 10_000) return exact(n);
  return scaled(n, 1000, ['', 'K', 'M', 'B', 'T']);
}

/**
 * `512 B`, `97.8 MiB`.
 * @param {number} n
 */
export function bytes(n) {
  return scaled(n, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
}

/**
 * @param {number} n
 * @param {number} base
 * @param {string[]} units
 */
function scaled(n, base, units) {
  let unit = 0;
  // What would round up to the base already counts in the next unit: never `1,000 K`.
  while (n >= base - 0.5 && unit < units.length - 1) {
    n /= base;
    unit += 1;
  }
  const digits = unit === 0 ? 0 : n < 9.995 ? 2 : n < 99.95 ? 1 : 0;
  return `${n.toFixed(digits)}${NBSP}${units[unit]}`;
}

/**
 * `12 %`, `< 1 %`.
 * @param {number} part
 * @param {number} whole
 */
export function percent(part, whole) {
  if (whole === 0 || part === 0) return `0${NBSP}%`;
  const share = (100 * part) / whole;
  if (share < 1) return `<${NBSP}1${NBSP}%`;
  // All of it is 100 %; nearly all of it is not.
  return `${part < whole ? Math.min(99, Math.round(share)) : 100}${NBSP}%`;
}

/**
 * `8 ms`, `1.2 s`.
 * @param {number} s
 */
export function seconds(s) {
  if (s < 0.0995) return `${Math.max(1, Math.round(s * 1000))}${NBSP}ms`;
  return `${s.toFixed(s < 10 ? 2 : 0)}${NBSP}s`;
}

/**
 * A short figure that tells the exact one on hover.
 * @param {number} n
 * @param {(n: number) => string} [format]
 * @param {string} [unit] of the exact figure
 */
export function figure(n, format = short, unit = '') {
  const text = format(n);
  const full = `${exact(n)}${unit ? ` ${unit}` : ''}`;
  return el('span', { class: 'figure', title: text === full ? null : full }, text);
}

/**
 * A type such as `float32 batch×3×224×224`, with dimensions that are no numbers in italics.
 * @param {string} text
 * @param {boolean} [inferred] whether the file does not state all of it
 */
export function typeText(text, inferred = false) {
  const parts = text.split(/([\s<>,×]+)/);
  const title = inferred ? 'Inferred: the file does not state all of it' : null;
  return el('span', { class: inferred ? 'type inferred' : 'type', title }, ...parts.map((part, index) => {
    // A shape follows a blank; what starts the text, or a bracket, is the name of a type.
    const before = parts[index - 1] ?? '';
    const dim = index % 2 === 0 && /[\s×]$/.test(before) && !before.includes(',');
    return dim && /\D/.test(part) && part !== 'scalar' ? el('i', {}, part) : part;
  }));
}
