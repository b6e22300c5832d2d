/**
 * The welcome page: the drop area, the samples, the formats.
 *
 * @module
 */

import { byId, el, fill } from './dom.js';
import { keyCaps } from './help.js';
import { icon } from './icons.js';

/** @import {FormatInfo, Sample} from './types.js' */

const SAMPLES = 'static/samples/';

/** So many formats are named in the line; the table has all. */
const NAMED = 10;

/**
 * Fills the welcome page.
 * @param {{onOpen: () => void, onSample: (url: string) => void}} handlers
 * @returns {Promise<FormatInfo[]>} the known formats; none if their list cannot be had
 */
export async function showWelcome({ onOpen, onSample }) {
  const button = byId('open');
  button.append(keyCaps('open'));
  button.addEventListener('click', onOpen);
  /** @type {[Sample[], FormatInfo[]]} */
  const [samples, formats] = await Promise.all([list(`${SAMPLES}samples.json`), list('static/formats.json')]);
  showSamples(samples, onSample);
  showFormats(formats);
  return formats;
}

/**
 * The list in a JSON file of the page; empty if there is none.
 * @param {string} url
 * @returns {Promise<any[]>}
 */
async function list(url) {
  try {
    const response = await fetch(url);
    const content = response.ok ? await response.json() : [];
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}

/**
 * @param {Sample[]} samples
 * @param {(url: string) => void} onSample
 */
function showSamples(samples, onSample) {
  const section = byId('samples');
  const ul = section.querySelector('ul');
  if (!ul || samples.length === 0) return;
  fill(ul, ...samples.map((sample) => {
    const url = SAMPLES + sample.file;
    // A true link: it can be opened in a new tab and copied.
    const link = el(
      'a',
      { class: 'sample', href: `?url=${encodeURIComponent(url)}` },
      el('span', { class: 'thumb' }, el('img', { src: SAMPLES + sample.thumb, alt: '', loading: 'lazy' })),
      el('span', { class: 'title' }, sample.title),
      el('span', { class: 'text' }, sample.text),
      el('span', { class: 'chip' }, sample.format),
    );
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      onSample(url);
    });
    return el('li', {}, link);
  }));
  section.hidden = false;
}

/** @param {FormatInfo[]} formats */
function showFormats(formats) {
  if (formats.length === 0) return;
  const names = formats.slice(0, NAMED).map(({ name }) => name);
  const rest = formats.length - names.length;
  const line = rest > 0 ? `${names.join(', ')} and ${rest} more` : new Intl.ListFormat('en').format(names);
  fill(
    byId('formats'),
    el('details', {},
      el('summary', {}, icon('chevron'), el('span', {}, `Opens ${line}`)),
      el('table', {},
        el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Format'), el('th', { scope: 'col' }, 'Files'))),
        el('tbody', {}, ...formats.map(({ name, extensions }) =>
          el('tr', {}, el('td', {}, name), el('td', {}, extensions.map((extension) => `.${extension}`).join('  '))))))),
  );
}
