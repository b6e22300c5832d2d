/**
 * What can be done with a selection: open or close it, show only what is around it, or the paths from it.
 *
 * @module
 */

import { segments } from './controls.js';
import { el } from './dom.js';
import { icon } from './icons.js';
import { keysOf } from './shortcuts.js';

/** @import {Reach} from './isolation.js' */

/**
 * What the row shows.
 * @typedef {object} ToolState
 * @property {boolean|null} open whether the group is open; null for what is no group
 * @property {Reach|null} around how far around it is isolated, if it is
 * @property {boolean} starting whether paths start here whose other end is to be chosen
 */

/**
 * @typedef {object} ToolActions
 * @property {() => void} toggle opens or closes the group
 * @property {(reach: Partial<Reach>|null) => void} isolate null: no longer
 * @property {() => void} paths
 * @property {() => void} near zooms to it
 */

/** How far around a selection is shown. @type {['1'|'2'|'3'|'all', string][]} */
const REACHES = [['1', '1 hop'], ['2', '2'], ['3', '3'], ['all', 'All']];

/** @param {'1'|'2'|'3'|'all'} reach */
const hopsOf = (reach) => (reach === 'all' ? Infinity : Number(reach));

/**
 * @param {ToolState} first
 * @param {ToolActions} actions
 * @returns {{element: HTMLElement, refresh: (state: ToolState) => void}}
 */
export function selectionTools(first, { toggle, isolate, paths, near }) {
  let state = first;
  const label = el('span', {});
  const fold = el('button', { type: 'button', class: 'button', onclick: toggle }, icon('group'), label);
  const only = el('button', { type: 'button', class: 'button', onclick: () => isolate(state.around ? null : {}) }, icon('isolate'), 'Isolate');
  const path = el('button', { type: 'button', class: 'button', title: 'All paths to another node; Shift+click it does the same', onclick: paths },
    icon('paths'), 'Paths…');
  const zoom = el('button', { type: 'button', class: 'button', title: `Zoom to the selection (${keysOf('near').join(' ')})`, onclick: near }, icon('fit'), 'Zoom');
  const direction = segments('What is shown', [['in', 'Ancestors'], ['both', 'Both'], ['out', 'Descendants']], (chosen) => isolate({ direction: chosen }));
  const hops = segments('How far', REACHES, (chosen) => isolate({ hops: hopsOf(chosen) }));
  const reach = el('div', { class: 'reach' }, direction.element, hops.element);
  /** @param {ToolState} next */
  const refresh = (next) => {
    state = next;
    fold.hidden = state.open === null;
    label.textContent = state.open ? 'Close' : 'Open';
    only.setAttribute('aria-pressed', String(state.around !== null));
    path.setAttribute('aria-pressed', String(state.starting));
    reach.hidden = state.around === null;
    if (!state.around) return;
    direction.set(state.around.direction);
    hops.set(REACHES.find(([value]) => hopsOf(value) === state.around?.hops)?.[0] ?? 'all');
  };
  refresh(first);
  return { element: el('div', { class: 'selection-tools' }, el('div', { class: 'actions' }, fold, only, path, zoom), reach), refresh };
}
