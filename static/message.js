/**
 * What stands in place of the graph while a model is opened, and when it cannot be.
 *
 * @module
 */

import { byId, coded, el, fill } from './dom.js';
import { icon } from './icons.js';
import { bytes } from './numbers.js';
import { sentence } from './words.js';

/** @import {Failure, Progress, Safety} from './types.js' */

/**
 * What each kind of failure means to the reader, and what can be done besides what the message says.
 * @type {Record<Failure['kind'], {title: string, advice: string}>}
 */
const KINDS = {
  malformed: { title: 'This file is damaged or incomplete', advice: 'Was the download or the export interrupted? Fetch or export the file again, then open it once more.' },
  unsupported: { title: 'This file cannot be shown', advice: '' },
  limit: { title: 'This file asks for too much', advice: 'It claims more than its bytes can hold, or more than a browser can show. If it comes from a source you trust, it may be damaged.' },
  missing: { title: 'The model itself is not here', advice: '' },
  io: { title: 'This file could not be read', advice: '' },
  download: { title: 'This file could not be read', advice: '' },
  crash: { title: 'Lamina made a mistake with this file', advice: 'The rest of the page is fine, and nothing has left your browser. The fault is in Lamina, not in what you did.' },
};

/**
 * Shows that `name` is being opened.
 * @param {string} name
 * @param {() => void} onCancel
 * @returns {(progress: Progress) => void} tells how far it is
 */
export function showOpening(name, onCancel) {
  const bar = el('div', { class: 'progress', role: 'progressbar', 'aria-label': `Opening ${name}`, 'aria-valuemin': 0, 'aria-valuemax': 100 }, el('span'));
  const stage = el('span', {}, 'Reading');
  const amount = el('span', { class: 'amount' });
  show(
    'opening',
    el('p', { class: 'file' }, icon('file'), el('span', { title: name }, name)),
    bar,
    el('p', { class: 'stage' }, stage, amount),
    el('button', { type: 'button', class: 'button', onclick: onCancel }, 'Cancel'),
  );
  return ({ stage: text, done, bytesRead }) => {
    stage.textContent = text;
    amount.textContent = bytesRead > 0 ? bytes(bytesRead) : '';
    bar.classList.toggle('certain', done !== null);
    if (done === null) {
      bar.removeAttribute('aria-valuenow');
    } else {
      bar.style.setProperty('--done', String(done));
      bar.setAttribute('aria-valuenow', String(Math.round(done * 100)));
    }
  };
}

/**
 * Says why `name` could not be opened.
 * @param {string} name
 * @param {Failure} failure
 * @param {{onOpen: () => void, onRetry: () => void, onBack: () => void}} handlers
 */
export function showError(name, failure, { onOpen, onRetry, onBack }) {
  const { title, advice } = KINDS[failure.kind] ?? KINDS.io;
  const crash = failure.kind === 'crash';
  const again = crash || failure.kind === 'io' || failure.kind === 'download';
  const heading = el('h1', { tabindex: -1 }, title);
  show(
    'error',
    el('div', { class: 'badge' }, icon('warning')),
    heading,
    el('p', { class: 'file' }, icon('file'), el('span', { title: name }, name)),
    !crash && el('p', { class: 'what' }, ...coded(sentence(failure.message))),
    advice && el('p', { class: 'advice' }, advice),
    crash && el('details', {}, el('summary', {}, icon('chevron'), 'What to quote in a report'), el('pre', {}, failure.message)),
    el('div', { class: 'actions' },
      el('button', { type: 'button', class: 'button primary', onclick: onOpen }, 'Open another file'),
      again && el('button', { type: 'button', class: 'button', onclick: onRetry }, 'Try again'),
      el('button', { type: 'button', class: 'button quiet', onclick: onBack }, 'Back')),
  );
  heading.focus();
  if (failure.safety) void showReport(failure.safety);
}

/**
 * Adds what the pickles of the file would do; the panels are loaded by then.
 * @param {Safety} safety
 */
async function showReport(safety) {
  const { safetyReport } = await import('./panel-safety.js');
  const report = safetyReport(safety, null);
  if (report instanceof Node) byId('message').querySelector('.panel > .actions')?.before(report);
}

/**
 * @param {string} kind
 * @param {...import('./dom.js').Child} children
 */
function show(kind, ...children) {
  const section = byId('message');
  section.hidden = false;
  fill(section, el('div', { class: `panel ${kind}` }, ...children));
}

export function hideMessage() {
  const section = byId('message');
  section.hidden = true;
  fill(section);
}
