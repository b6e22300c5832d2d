/**
 * The safety report: what the pickles of a file, and the code in it, would do to whoever loads it.
 *
 * @module
 */

import { coded, el } from './dom.js';
import { icon } from './icons.js';
import { exact, plural } from './numbers.js';
import { capped, fold, section } from './pieces.js';

/** @import {Child} from './dom.js' */
/** @import {Sidebar} from './sidebar.js' */
/** @import {Finding, Listed, Rating, Safety, Stream} from './types.js' */

/** @typedef {(stream: number, place: {at: number, depth: number}) => Promise<Listed>} List reads instructions */

/** What a rating looks like. @type {Record<Rating, import('./icons.js').IconName>} */
const ICONS = { dangerous: 'danger', unknown: 'warning', inert: 'note' };

/** What stands above the summary. @type {Record<Rating, string>} */
const TITLES = {
  dangerous: 'Dangerous: do not load this file',
  unknown: 'Load this file only if you trust its source',
  inert: 'Nothing known to be dangerous',
};

/** Names that are imported, by how much they matter. @type {Record<Rating, string>} */
const NAMES = { dangerous: 'Dangerous', unknown: 'Unknown', inert: 'Inert' };

/**
 * The report: a section, or where there is nothing to worry about, one line that opens.
 * @param {Safety|null|undefined} safety
 * @param {List|null} list null where instructions cannot be read
 * @returns {Child}
 */
export function safetyReport(safety, list) {
  if (!safety) return null;
  const { rating, streams, more, findings } = safety;
  const pickles = streams.length + more;
  const count = pickles > 0 ? plural(pickles, 'pickle') : plural(findings.length, 'finding');
  if (rating === 'inert') {
    return el('details', { class: 'safety', dataset: { rating } },
      el('summary', {}, icon('chevron'), el('span', {}, 'Safety: nothing known to be dangerous was found'), el('span', { class: 'aside' }, count)),
      el('div', { class: 'body' }, ...details(safety, list)));
  }
  const report = section('Safety', count, verdict(safety), ...(rating === 'dangerous' ? details(safety, list) : [folded(safety, list)]));
  report.classList.add('safety');
  report.dataset.rating = rating;
  report.tabIndex = -1;
  return report;
}

/**
 * The details, to be opened.
 * @param {Safety} safety
 * @param {List|null} list
 */
function folded(safety, list) {
  return el('details', {}, el('summary', {}, icon('chevron'), safety.streams.length > 0 ? 'What is imported and called' : 'What was found'), el('div', { class: 'body' }, ...details(safety, list)));
}

/** @param {Safety} safety */
function verdict({ rating, summary }) {
  return el('div', { class: 'verdict', dataset: { rating }, role: 'note' },
    icon(ICONS[rating]),
    el('div', {}, el('p', { class: 'title' }, TITLES[rating]), el('p', {}, ...coded(summary))));
}

/**
 * @param {Safety} safety
 * @param {List|null} list
 * @returns {Child[]}
 */
function details({ streams, more, findings, unseen, why }, list) {
  const alone = streams.length + more === 1;
  const numbered = streams.map((stream, index) => ({ stream, index }));
  const grades = ['dangerous', 'unknown', 'inert'];
  // The gravest first; of equals, as they are in the file.
  numbered.sort((a, b) => grades.indexOf(a.stream.rating) - grades.indexOf(b.stream.rating));
  return [
    findingList(findings),
    ...capped(numbered, ({ stream, index }) => streamBlock(stream, index, alone, list), 6),
    more > 0 && el('p', { class: 'note' }, `${plural(more, 'more pickle')} of the same kind.`),
    unseen > 0 && el('p', { class: 'note' }, `${plural(unseen, 'part')} of the file ${unseen === 1 ? 'was' : 'were'} not looked at for pickles: they are large, or too many.`),
    el('p', { class: 'note why' }, why),
  ];
}

/** @param {Finding[]} findings */
function findingList(findings) {
  if (findings.length === 0) return null;
  const severity = { dangerous: 'error', unknown: 'warning', inert: 'note' };
  return el('div', { class: 'diagnostics' }, ...capped(findings, ({ rating, message, at }) =>
    el('p', { class: 'diagnostic', dataset: { severity: severity[rating] } },
      icon(ICONS[rating]),
      el('span', {}, rating !== 'inert' && el('span', { class: 'visually-hidden' }, 'Odd: '), message, ' ', at !== null && offset(at))), 8));
}

/** @param {number} at */
function offset(at) {
  return el('span', { class: 'offset mono', title: `Byte ${exact(at)}` }, `0x${at.toString(16)}`);
}

/**
 * @param {Stream} stream
 * @param {number} index its number in the report
 * @param {boolean} alone whether there is no other
 * @param {List|null} list
 */
function streamBlock(stream, index, alone, list) {
  const { name, at, len, protocol, rating, calls, moreCalls, imports, moreImports, findings } = stream;
  const title = name || 'The file itself';
  return el('article', { class: 'stream', dataset: { rating }, 'aria-label': title },
    el('header', {},
      (!alone || name) && el('h4', { class: 'mono', title }, title),
      !alone && el('span', { class: 'rating', dataset: { rating } }, icon(ICONS[rating]), NAMES[rating]),
      el('p', { class: 'facts' }, `bytes ${exact(at)} to ${exact(at + len)}, protocol ${protocol}`)),
    findingList(findings),
    calls.length > 0 && part('Calls', ...capped(calls, callBlock, 12)),
    moreCalls > 0 && el('p', { class: 'note' }, `${plural(moreCalls, 'more call')}, none of them graver.`),
    imports.length > 0 && part('Imports', importList(imports)),
    moreImports > 0 && el('p', { class: 'note' }, `${plural(moreImports, 'more name')}, none of them graver.`),
    list && instructions(title, index, at, list));
}

/**
 * @param {string} title
 * @param {...Child} children
 */
function part(title, ...children) {
  return el('div', { class: 'what' }, el('h5', {}, title), ...children);
}

/** @param {Stream['calls'][number]} call */
function callBlock({ text, rating, reason, at, opcode, count }) {
  return el('div', { class: 'call', dataset: { rating } },
    el('p', { class: 'code mono' }, icon(ICONS[rating]), el('span', {}, el('span', { class: 'visually-hidden' }, `${NAMES[rating]}: `), fold(text))),
    el('p', { class: 'about' },
      el('span', {}, reason, count > 1 && ` (${plural(count, 'call')})`),
      el('span', { class: 'place' }, opcode, ' ', offset(at))));
}

/** Names by what they do. @param {Stream['imports']} imports the gravest first */
function importList(imports) {
  /** @type {Map<string, Stream['imports']>} */
  const groups = new Map();
  for (const entry of imports) {
    const key = `${entry.rating} ${entry.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return el('dl', { class: 'names' }, ...[...groups.values()].map((entries) => {
    const [{ rating, reason }] = /** @type {[Stream['imports'][number]]} */ (/** @type {unknown} */ (entries));
    return el('div', { dataset: { rating } },
      el('dt', {}, el('span', { class: 'rating', dataset: { rating } }, icon(ICONS[rating]), NAMES[rating]), el('span', { class: 'reason' }, reason)),
      el('dd', {}, ...capped(entries, ({ path, count, opcode, at }) =>
        el('span', { class: 'name mono', title: `${opcode} at 0x${at.toString(16)}` }, path, count > 1 && el('span', { class: 'count' }, ` ×${exact(count)}`)), 12)));
  }));
}

/**
 * All instructions of a pickle, some at a time, once they are asked for.
 * @param {string} title
 * @param {number} stream
 * @param {number} at
 * @param {List} list
 */
function instructions(title, stream, at, list) {
  const text = el('pre', { class: 'listing mono', tabindex: 0, role: 'region', 'aria-label': `Instructions of ${title}` });
  const more = el('button', { type: 'button', class: 'link more' }, 'Show more');
  const body = el('div', { class: 'body' }, text, more);
  const disclosure = el('details', { class: 'instructions' }, el('summary', {}, icon('chevron'), 'Instructions'), body);
  /** @type {{at: number, depth: number}|null} */
  let next = { at, depth: 0 };
  const read = async () => {
    if (!next) return;
    const place = next;
    next = null;
    more.disabled = true;
    try {
      const listed = await list(stream, place);
      text.append(`${listed.lines.join('\n')}\n`);
      next = listed.next;
    } catch (error) {
      text.append(`${error instanceof Error ? error.message : String(error)}\n`);
    }
    more.disabled = false;
    more.hidden = next === null;
  };
  disclosure.addEventListener('toggle', () => {
    if (disclosure.open && text.childNodes.length === 0) void read();
  });
  more.addEventListener('click', () => void read());
  return disclosure;
}

/** Shows what must not be overlooked. @param {Sidebar} sidebar */
export function showSafety(sidebar) {
  sidebar.show('model');
  sidebar.reveal({ needed: true });
  const report = document.querySelector('#panel-model .safety');
  if (!(report instanceof HTMLElement)) return;
  report.scrollIntoView({ block: 'start' });
  report.focus({ preventScroll: true });
}
