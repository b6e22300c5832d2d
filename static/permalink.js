/**
 * A place in a model as the part of the address after `#`, such as `g=0&o=1-3.4&s=n1c&v=512,96,0.8`:
 *
 * - `g` the graph;
 * - `l=flat`, or `o` the open groups but for the root, as runs of ids joined by dots: the distance from the run before, and after a hyphen the
 *   length where it is not 1, both in base 36;
 * - `s` the selection: `n` node, `v` value or `g` group, and its id in base 36;
 * - `z` sizes that are set, as `name:size`, joined by commas;
 * - `v` the graph point in the middle of the view, and the scale.
 *
 * What is not understood is ignored.
 *
 * @module
 */

/** @import {Depth} from './hierarchy.js' */
/** @import {Selection, Sizes} from './types.js' */

/**
 * `view`: x and y of the middle.
 * @typedef {object} Place
 * @property {number} graph
 * @property {Depth|null} depth
 * @property {Selection|null} selection
 * @property {Sizes} [sizes] those of names that the model leaves open
 * @property {{x: number, y: number, scale: number}|null} view
 */

/** A list of open groups that takes more characters is left out: addresses have their limits. */
const LONGEST = 4000;

/** More groups than any model has; ids are below the mark for none. */
const MOST = 1_000_000;

const KINDS = /** @type {const} */ ({ n: 'node', v: 'value', g: 'group' });

/**
 * @param {Place} place
 * @returns {string} without `#`
 */
export function write({ graph, depth, selection, sizes = {}, view }) {
  const parts = [`g=${graph}`];
  if (depth?.level === 'flat') {
    parts.push('l=flat');
  } else if (depth) {
    const runs = writeRuns(depth.open);
    if (runs.length <= LONGEST) parts.push(`o=${runs}`);
  }
  if (selection) parts.push(`s=${selection.kind.charAt(0)}${selection.id.toString(36)}`);
  const set = Object.entries(sizes).map(([name, size]) => `${encodeURIComponent(name)}:${size}`);
  if (set.length > 0) parts.push(`z=${set.join(',')}`);
  if (view) parts.push(`v=${Math.round(view.x)},${Math.round(view.y)},${Number(view.scale.toPrecision(3))}`);
  return parts.join('&');
}

/**
 * @param {string} hash with or without `#`
 * @returns {Place|null} null if no graph is named
 */
export function read(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const graph = parts.get('g');
  if (!graph || !/^\d{1,9}$/.test(graph)) return null;
  return { graph: Number(graph), depth: readDepth(parts), selection: readSelection(parts.get('s') ?? ''), ...readSizes(hash), view: readView(parts.get('v') ?? '') };
}

/**
 * Whether two places are in the same drawing.
 * @param {Pick<Place, 'graph'|'depth'>} a
 * @param {Pick<Place, 'graph'|'depth'>} b
 */
export function sameDepth(a, b) {
  return write({ ...a, selection: null, view: null }) === write({ ...b, selection: null, view: null });
}

/** @param {number[]} open in order */
function writeRuns(open) {
  /** @type {[number, number][]} */
  const runs = [];
  let end = 0;
  for (const id of open) {
    const last = runs.at(-1);
    if (id === 0) continue;
    if (last && id === end + 1) last[1] += 1;
    else runs.push([id - end, 1]);
    end = id;
  }
  return runs.map(([gap, length]) => gap.toString(36) + (length > 1 ? `-${length.toString(36)}` : '')).join('.');
}

/**
 * @param {URLSearchParams} parts
 * @returns {Depth|null}
 */
function readDepth(parts) {
  if (parts.get('l') === 'flat') return { level: 'flat', open: [] };
  const runs = parts.get('o');
  if (runs === null || !/^(?:[0-9a-z]{1,5}(?:-[0-9a-z]{1,4})?(?:\.|$))*$/.test(runs)) return null;
  const open = [0];
  for (const run of runs.split('.').filter(Boolean)) {
    const [gap = '', length = '1'] = run.split('-');
    let id = (open.at(-1) ?? 0) + parseInt(gap, 36) - 1;
    for (let left = parseInt(length, 36); left > 0; left -= 1) open.push(++id);
    if (open.length > MOST || id > MOST) return null;
  }
  return { level: 'groups', open };
}

/**
 * @param {string} text
 * @returns {Selection|null}
 */
function readSelection(text) {
  const [, kind = '', id = ''] = /^([nvg])([0-9a-z]{1,6})$/.exec(text) ?? [];
  return id ? { kind: KINDS[/** @type {keyof typeof KINDS} */ (kind)], id: parseInt(id, 36) } : null;
}

/** @param {string} hash names are encoded within it, so that commas and colons part them @returns {{sizes?: Sizes}} */
function readSizes(hash) {
  /** @type {Sizes} */
  const sizes = {};
  const [, text = ''] = /(?:^#?|&)z=([^&]*)/.exec(hash) ?? [];
  for (const [, name = '', size] of text.matchAll(/([^,:]+):(\d{1,9})(?:,|$)/g)) {
    try {
      if (Number(size) > 0) sizes[decodeURIComponent(name)] = Number(size);
    } catch {
      // No name.
    }
  }
  return Object.keys(sizes).length > 0 ? { sizes } : {};
}

/** @param {string} text */
function readView(text) {
  const [x = NaN, y = NaN, scale = NaN, ...more] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  return more.length === 0 && [x, y, scale].every(Number.isFinite) && scale > 0 ? { x, y, scale } : null;
}
