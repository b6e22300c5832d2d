/**
 * What a model, a group or a node costs to run, and the sizes that this depends on.
 *
 * @module
 */

import { el, fill } from './dom.js';
import { bytes, figure, plural, short } from './numbers.js';
import { section } from './pieces.js';

/** @import {Child} from './dom.js' */
/** @import {Cost, CostInfo, Sizes} from './types.js' */

/** What the figures mean. */
const MEANING = {
  macs: 'Multiplications with an addition, in convolutions, products of matrices and recurrent layers',
  flops: 'Operations on numbers: two for each MAC, and those of all other operators',
  activations: 'The outputs of all nodes together; views take no memory of their own',
  peak: 'The most memory of activations that is needed at once, if nodes run one after the other: an estimate',
};

/** The largest size that can be set. */
const MOST = 2 ** 31 - 1;

/**
 * @param {keyof typeof MEANING} what
 * @param {string} label
 * @param {Child} value
 */
const stat = (what, label, value) => el('div', { title: MEANING[what] }, el('dt', {}, label), el('dd', {}, value));

/**
 * The cost of a node or a group; nothing where there is none.
 * @param {Cost|null|undefined} cost
 * @returns {Child}
 */
export function costSection(cost) {
  if (!cost || (cost.flops === 0 && cost.activations === 0 && cost.open === 0)) return null;
  return section('Cost', null, figures(cost), left(cost));
}

/**
 * @param {Cost} cost
 * @param {Child} [more]
 */
function figures({ macs, flops, activations }, more) {
  return el('dl', { class: 'stats small' },
    stat('macs', 'MACs', figure(macs, short)),
    stat('flops', 'FLOPs', figure(flops, short)),
    stat('activations', 'Activations', figure(activations, bytes, 'bytes')),
    more);
}

/** @param {Cost} cost */
const left = ({ open }) => open > 0 && el('p', { class: 'note' }, `Without ${plural(open, 'node')} whose cost is not known.`);

/** The cost of the whole model, in the Model panel. */
export class CostPanel {
  element = el('div', { class: 'cost' });
  /** The sizes that are set. @type {Sizes} */
  sizes = {};
  #onSizes;

  /** @param {(sizes: Sizes) => void} onSizes the reader has set sizes */
  constructor(onSizes) {
    this.#onSizes = onSizes;
  }

  clear() {
    this.sizes = {};
    fill(this.element);
  }

  /** @param {CostInfo|null} info null for a model in which nothing flows */
  show(info) {
    if (!info) return;
    const { sizes, total, peak } = info;
    const focused = document.activeElement instanceof HTMLInputElement && this.element.contains(document.activeElement) ? document.activeElement.name : null;
    const open = sizes.filter(({ size }) => size === null).length;
    fill(this.element, section('Cost', null,
      figures(total, stat('peak', 'Peak', figure(peak, bytes, 'bytes'))),
      left(total),
      sizes.length > 0 && el('div', { class: 'sizes', role: 'group', 'aria-label': 'Sizes' }, ...sizes.map((size) => this.#field(size))),
      open > 0 && el('p', { class: 'note' }, 'The model leaves sizes open. What is not set counts as 1.')));
    if (focused) /** @type {HTMLElement|null} */ (this.element.querySelector(`input[name="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {CostInfo['sizes'][number]} size */
  #field({ name, inputs, size }) {
    const input = el('input', { type: 'number', name, min: 1, max: MOST, step: 1, placeholder: '1', value: size, autocomplete: 'off' });
    input.addEventListener('change', () => {
      const sizes = { ...this.sizes };
      const value = input.valueAsNumber;
      delete sizes[name];
      if (Number.isInteger(value) && value >= 1 && value <= MOST) sizes[name] = value;
      else input.value = '';
      this.#onSizes(sizes);
    });
    return el('label', { title: `Size of ${inputs.join(', ')}` },
      el('i', {}, name.startsWith('?') ? `${name} of ${inputs.join(', ')}` : name), input);
  }
}
