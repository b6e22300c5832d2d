/**
 * Nodes and closed groups coloured by what they cost, with a legend on the graph.
 *
 * @module
 */

import { iconButton, segments } from './controls.js';
import { announce, byId, el, fill } from './dom.js';
import { bytes, short } from './numbers.js';

/** @import {Session} from './session.js' */
/** @import {HeatInfo, Measure, Scene} from './types.js' */

/** What can be shown, and how its figures are written. @type {{measure: Measure, label: string, format: (n: number) => string}[]} */
const MEASURES = [
  { measure: 'macs', label: 'MACs', format: short },
  { measure: 'parameters', label: 'Parameters', format: short },
  { measure: 'activations', label: 'Activations', format: bytes },
];

/** Steps of the ramp, and how many powers of ten they span. */
const STEPS = 7;
const POWERS = 2;

/** Kinds of items that have a cost. */
const NODE = 0;
const GROUP = 4;

export class Heat {
  #element = byId('heat');
  #low = el('span', {});
  #high = el('span', {});
  #choice;
  /** @type {Measure|null} */
  #measure = null;
  /** The measure that was shown last. @type {Measure} */
  #last = 'macs';
  /** @type {Map<string, Promise<HeatInfo>>} */
  #known = new Map();

  /** @param {(measure: Measure|null) => void} onChoose the reader wants to see another measure, or none */
  constructor(onChoose) {
    this.#choice = segments('What colours show', MEASURES.map(({ measure, label }) => [measure, label]), onChoose);
    const ramp = el('div', { class: 'ramp', 'aria-hidden': 'true' }, ...Array.from({ length: STEPS }, (_, step) => el('span', { class: `heat-${step + 1}` })));
    fill(this.#element,
      el('div', { class: 'choice' }, this.#choice.element, iconButton('close', 'Colours by family', () => onChoose(null), { command: 'heat', class: 'button quiet tiny' })),
      ramp, el('div', { class: 'ends', title: 'Each step is about twice the one before' }, this.#low, this.#high));
  }

  /** What is shown; null for nothing. */
  get measure() {
    return this.#measure;
  }

  /** What is shown once it is switched on or off. @returns {Measure|null} */
  get other() {
    return this.#measure ? null : this.#last;
  }

  /** @param {Measure|null} measure */
  choose(measure) {
    this.#measure = measure;
    if (measure) this.#last = measure;
    this.#element.hidden = measure === null;
    announce(measure ? `Colours show ${this.#words.label}` : 'Colours show families of operators');
  }

  /** Forgets what was asked for: sizes, or the model, are others now. @param {{off?: boolean}} [options] */
  forget({ off = false } = {}) {
    this.#known.clear();
    if (off && this.#measure) this.choose(null);
  }

  /**
   * What is needed to colour the scenes of a graph.
   * @param {Session} session
   * @param {number} graph
   * @returns {Promise<HeatInfo|null>} null if they are coloured by family
   */
  async load(session, graph) {
    if (!this.#measure) return null;
    const key = `${graph} ${this.#measure}`;
    const known = this.#known.get(key) ?? session.heat(graph, this.#measure);
    this.#known.set(key, known);
    return known;
  }

  /**
   * Colours a scene.
   * @param {Scene} scene
   * @param {HeatInfo|null} heat
   */
  paint(scene, heat) {
    delete scene.itemHeat;
    if (!heat) return;
    const { itemKind, itemRef } = scene;
    const values = Array.from(itemRef, (ref, item) => (itemKind[item] === NODE ? heat.nodes[ref] : itemKind[item] === GROUP ? heat.groups[ref] : 0) ?? 0);
    const most = values.reduce((max, value) => Math.max(max, value), 0);
    scene.itemHeat = Uint8Array.from(values, (value) => stepOf(value, most));
    const { format } = this.#words;
    this.#low.textContent = most > 10 ** POWERS ? `≤ ${format(Math.round(most / 10 ** POWERS))}` : '';
    this.#high.textContent = format(most);
    this.#choice.set(this.#last);
  }

  get #words() {
    return MEASURES.find(({ measure }) => measure === this.#last) ?? { label: '', format: short };
  }
}

/**
 * The step of the ramp, from 1 on; 0 for what costs nothing. Steps are equal in the powers of ten.
 * @param {number} value
 * @param {number} most
 */
export function stepOf(value, most) {
  if (value <= 0) return 0;
  const share = 1 + Math.log10(value / most) / POWERS;
  return Math.max(1, Math.min(STEPS, 1 + Math.floor(share * STEPS)));
}
