/**
 * Isolation: all is dimmed but what leads to or follows from a selection, or lies on the paths between two. A chip above the graph says so.
 *
 * @module
 */

import { byId, el, fill, toast } from './dom.js';
import { icon } from './icons.js';
import { neighbourhoodOf } from './words.js';

/** @import {Child} from './dom.js' */
/** @import {Selection} from './types.js' */

/**
 * What stays bright. `in` is what leads to the selection, `out` what follows from it.
 * @typedef {{kind: 'neighbourhood', selection: Selection, direction: 'in'|'out'|'both', hops: number}
 *   | {kind: 'paths', from: Selection, to: Selection}} Isolated
 */

/** A selection and what to call it. @typedef {{selection: Selection, title: string}} Named */

/** How far a neighbourhood goes. @typedef {Pick<Isolated & {kind: 'neighbourhood'}, 'direction'|'hops'>} Reach */

/** @param {Selection|null} a @param {Selection|null} b */
export const same = (a, b) => a === b || (a !== null && b !== null && a.kind === b.kind && a.id === b.id);

export class Isolation {
  #element = byId('isolation');
  #onChange;
  /** @type {Isolated|null} */
  #isolated = null;
  /** Where paths start whose other end is to be chosen. @type {Named|null} */
  #start = null;
  /** What was last asked for, offered again. @type {Reach} */
  #reach = { direction: 'both', hops: 1 };

  /**
   * @param {(isolated: Isolated|null) => number} onChange told what is isolated now, also when only {@link Isolation#start} changed; answers how
   *   many items of the drawing that are
   */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#element.hidden = true;
  }

  get isolated() {
    return this.#isolated;
  }

  /** Where paths start whose other end is to be chosen. */
  get start() {
    return this.#start;
  }

  get reach() {
    return this.#reach;
  }

  /**
   * @param {Selection|null} selection
   * @returns {Reach|null} how far around `selection` is isolated, if it is
   */
  around(selection) {
    const isolated = this.#isolated;
    return isolated?.kind === 'neighbourhood' && same(isolated.selection, selection) ? isolated : null;
  }

  /**
   * Isolates the neighbourhood of a selection.
   * @param {Named} of
   * @param {Partial<Reach>} [reach] what is not given is as it was the last time
   */
  neighbourhood({ selection, title }, reach = {}) {
    this.#reach = { ...this.#reach, ...reach };
    const isolated = /** @type {const} */ ({ kind: 'neighbourhood', selection, ...this.#reach });
    const [before, after] = neighbourhoodOf(isolated);
    this.#set(isolated, null, `${before} `, strong(title), `, ${after}`);
  }

  /**
   * Waits for the other end of paths.
   * @param {Named} from
   */
  pathsFrom(from) {
    // The other end may be anywhere.
    this.#set(null, from, 'Click where the paths from ', strong(from.title), ' should end');
  }

  /**
   * Isolates all paths between two selections.
   * @param {Named} from
   * @param {Named} to
   */
  paths(from, to) {
    this.#set({ kind: 'paths', from: from.selection, to: to.selection }, null, 'Paths from ', strong(from.title), ' to ', strong(to.title));
  }

  /** @returns {boolean} whether there was something to end */
  end() {
    const something = this.#isolated !== null || this.#start !== null;
    if (something) this.#set(null, null);
    return something;
  }

  /**
   * @param {Isolated|null} isolated
   * @param {Named|null} start
   * @param {...Child} words what the chip says
   */
  #set(isolated, start, ...words) {
    this.#isolated = isolated;
    this.#start = start;
    this.#element.hidden = words.length === 0;
    const end = el('button', { type: 'button', class: 'button quiet tiny', title: 'Show everything (Esc)', 'aria-label': 'Show everything', onclick: () => this.end() }, icon('close'));
    fill(this.#element, icon(start || isolated?.kind === 'paths' ? 'paths' : 'isolate'), el('span', { class: 'words' }, ...words), end);
    if (this.#onChange(isolated) > 0 || !isolated) return;
    this.end();
    toast(isolated.kind === 'paths' ? 'No path joins the two.' : 'It is not in the drawing at this level.');
  }
}

/** @param {string} title */
function strong(title) {
  return el('b', { title }, title);
}
