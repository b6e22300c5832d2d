/**
 * Figures about all elements of a tensor, and how they are spread.
 *
 * @module
 */

import { el, fill } from './dom.js';
import { bytes, exact, percent, plural } from './numbers.js';
import { Cancelled } from './session.js';
import { reason } from './words.js';

/** @import {Child} from './dom.js' */
/** @import {Session} from './session.js' */
/** @import {Statistics, TensorInfo} from './types.js' */

/** Tensors of up to so many bytes are read without being asked for. */
const UNASKED = 32 * 2 ** 20;
/** The most bars of the histogram. */
const BARS = 64;
/** The height of the histogram in px. */
const HEIGHT = 96;

const SVG = 'http://www.w3.org/2000/svg';

export class StatisticsPanel {
  element = el('section', { class: 'statistics', 'aria-label': 'Statistics' });
  #abort = new AbortController();

  /**
   * @param {Session} session
   * @param {TensorInfo} tensor
   */
  show(session, tensor) {
    this.stop();
    if (!tensor.numeric) fill(this.element, title(), el('p', { class: 'note' }, 'There are figures about numbers only.'));
    else if ((tensor.bytes ?? 0) <= UNASKED) void this.#compute(session, tensor);
    else this.#offer(session, tensor);
  }

  /** Nobody waits for them any more. */
  stop() {
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  /**
   * @param {Session} session
   * @param {TensorInfo} tensor
   */
  #offer(session, tensor) {
    fill(this.element, title(),
      el('p', { class: 'note' }, `For them, all ${bytes(tensor.bytes ?? 0)} are read.`),
      el('button', { type: 'button', class: 'button', onclick: () => void this.#compute(session, tensor) }, 'Compute'));
  }

  /**
   * @param {Session} session
   * @param {TensorInfo} tensor
   */
  async #compute(session, tensor) {
    const { signal } = this.#abort;
    const bar = el('progress', { max: 1, value: 0, 'aria-label': 'Statistics' });
    const cancel = () => {
      this.stop();
      this.#offer(session, tensor);
    };
    fill(this.element, title(), el('div', { class: 'computing' }, bar, el('button', { type: 'button', class: 'link', onclick: cancel }, 'Cancel')));
    try {
      const statistics = await session.survey(tensor.id, { onStep: (done) => void (bar.value = done), signal });
      fill(this.element, title(), ...figures(statistics));
    } catch (error) {
      if (error instanceof Cancelled) return;
      fill(this.element, title(), el('p', { class: 'note' }, reason(error)));
    }
  }
}

const title = () => el('h3', {}, 'Statistics');

/**
 * @param {Statistics} statistics
 * @returns {Child[]}
 */
function figures(statistics) {
  const { elements, nan, infinite, zeros, unique, histogram } = statistics;
  /** @type {[string, number|null][]} */
  const numbers = [['Minimum', statistics.min], ['Maximum', statistics.max], ['Mean', statistics.mean], ['Standard deviation', statistics.std], ['L2 norm', statistics.l2]];
  /** @type {[string, number][]} */
  const counts = [['Zeros', zeros], ['NaN', nan], ['Infinite', infinite]];
  return [
    el('dl', { class: 'figures' },
      el('div', {}, el('dt', {}, 'Elements'), el('dd', {}, exact(elements))),
      ...numbers.map(([name, number]) => el('div', {}, el('dt', {}, name), el('dd', { title: number === null ? null : String(number) }, number === null ? '–' : rounded(number)))),
      el('div', {}, el('dt', {}, 'Different values'), el('dd', {}, unique.exact ? exact(unique.count) : `> ${exact(unique.count)}`)),
      ...counts.map(([name, count]) => el('div', { class: count > 0 && name !== 'Zeros' ? 'odd' : null },
        el('dt', {}, name), el('dd', {}, count > 0 ? `${exact(count)} (${percent(count, elements)})` : '0')))),
    histogram.counts.length > 0 && drawn(histogram),
  ];
}

/**
 * A number with the digits that matter here: five.
 * @param {number} number
 */
export function rounded(number) {
  if (Number.isInteger(number) && Math.abs(number) < 1e9) return exact(number);
  const far = Math.abs(number) < 1e-3 || Math.abs(number) >= 1e6;
  const [mantissa = '', power] = (far ? number.toExponential(4) : number.toPrecision(5)).split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return power === undefined ? short : `${short}e${power.replace('+', '')}`;
}

/**
 * The histogram as bars with a logarithmic height where few bars would hide the others.
 * @param {Statistics['histogram']} histogram
 */
function drawn(histogram) {
  const bars = merged(histogram);
  const most = bars.reduce((max, { count }) => Math.max(max, count), 1);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${bars.length} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'Histogram');
  const logarithmic = el('input', { type: 'checkbox' });
  const rects = bars.map(({ count, from, to }, index) => {
    const rect = document.createElementNS(SVG, 'rect');
    rect.setAttribute('x', String(index));
    rect.setAttribute('width', '0.9');
    const text = document.createElementNS(SVG, 'title');
    text.textContent = `${rounded(from)} to ${rounded(to)}: ${plural(count, 'element')}`;
    rect.append(text);
    svg.append(rect);
    return rect;
  });
  const draw = () => bars.forEach(({ count }, index) => {
    const share = logarithmic.checked ? Math.log1p(count) / Math.log1p(most) : count / most;
    // What is there is seen.
    const height = count > 0 ? Math.max(1, share * HEIGHT) : 0;
    rects[index]?.setAttribute('y', String(HEIGHT - height));
    rects[index]?.setAttribute('height', String(height));
  });
  logarithmic.addEventListener('change', draw);
  draw();
  return el('figure', { class: 'histogram' }, svg,
    el('figcaption', {},
      el('span', {}, rounded(bars.at(0)?.from ?? 0)),
      el('label', {}, logarithmic, 'log'),
      el('span', {}, rounded(bars.at(-1)?.to ?? 0))));
}

/**
 * The bins as at most so many bars; as many bins make a bar.
 * @param {Statistics['histogram']} histogram
 */
export function merged({ width, first, counts }) {
  const each = Math.max(1, Math.ceil(counts.length / BARS));
  const bars = [];
  for (let bin = 0; bin < counts.length; bin += each) {
    const count = counts.slice(bin, bin + each).reduce((sum, one) => sum + one, 0);
    bars.push({ from: (first + bin) * width, to: (first + Math.min(counts.length, bin + each)) * width, count });
  }
  return bars;
}
