/**
 * The page: opens what it is given, and keeps the address and the history in step.
 *
 * `data-state` on the root is `welcome`, `opening`, `ready` or `error`; `lamina:ready` on the document tells that a model is drawn.
 *
 * @module
 */

import { createBar } from './bar.js';
import { announce, byId, copy, toast } from './dom.js';
import { acceptDrops } from './drop.js';
import { fromList, mainFirst } from './files.js';
import { showHelp } from './help.js';
import { hideMessage, showError, showOpening } from './message.js';
import { plural } from './numbers.js';
import { read as readPlace, write as writePlace } from './permalink.js';
import { download, nameOf } from './remote.js';
import { Cancelled, Session, SessionError, warm } from './session.js';
import { listen } from './shortcuts.js';
import { showWelcome } from './welcome.js';

/** @import {Given} from './files.js' */
/** @import {Place} from './permalink.js' */
/** @import {ModelInfo, Progress} from './types.js' */
/** @import {Viewer} from './viewer.js' */

/**
 * Something to open: its name, its address if it has one, and how.
 * @typedef {object} Job
 * @property {string} name
 * @property {string|null} url as in the address of the page
 * @property {(onProgress: (progress: Progress) => void, signal: AbortSignal) => Promise<{session: Session, info: ModelInfo}>} run
 */

/** Extensions of the known formats. @type {Set<string>} */
const extensions = new Set();

/** Openings are counted; entries of the history carry the number of theirs. */
let openings = 0;

/** The place is written this long, in ms, after it was last changed: browsers limit how often an address may change. */
const PAUSE = 400;

/** The place that the address does not have yet, and what will write it. @type {Place|null} */
let unwritten = null;
let writer = 0;

/** The opening under way. @type {AbortController|null} */
let opening = null;

/** What Escape does while a model is opened, and when that failed. */
let cancel = () => {};

/** The job whose model the viewer has, and the number of its opening. @type {{job: Job, number: number}|null} */
let current = null;

/** Loaded at the first sign that somebody will open something, like the program: they are nine tenths of the page. @type {Viewer|null} */
let viewer = null;

const bar = createBar({
  run,
  onHome: leave,
  onGraph: (graph) => void viewer?.enter(graph),
  onGroup: (group) => void viewer?.showGroup(group),
});

/**
 * The viewer, loaded if it is not yet.
 * @returns {Promise<Viewer>} rejects with the kind `io` where the page's own server fails
 */
async function loadViewer() {
  const loaded = await import('./viewer.js').catch(() => {
    throw new SessionError({ kind: 'io', message: 'A part of this page could not be loaded. Reload the page to try again.' });
  });
  viewer ??= new loaded.Viewer(bar, {
    onGraph(place) {
      // The entry that is left gets the place that was left.
      flush();
      history.pushState({ opening: current?.number }, '', address({ place }));
    },
    onPlace(place) {
      unwritten = place;
      clearTimeout(writer);
      writer = window.setTimeout(flush, PAUSE);
    },
    onCrash: (error) => current && fail(current.job, error, leave),
  });
  return viewer;
}

/** Loads ahead of time what opening needs; what fails then fails again when something is opened. */
function foresee() {
  warm();
  loadViewer().catch(() => {});
}

/** @param {'welcome'|'opening'|'ready'|'error'} next */
function setState(next) {
  document.documentElement.dataset.state = next;
  if (next === 'welcome' || next === 'ready') hideMessage();
  document.title = next === 'ready' && viewer?.name ? `${viewer.name} · Lamina` : 'Lamina';
}

function state() {
  return document.documentElement.dataset.state;
}

/**
 * The address of what is shown.
 * @param {{url?: string|null, place?: Place|null}} parts without `url` it stays as it is
 */
function address({ url, place = null }) {
  const next = new URL(location.href);
  if (url === null) next.search = '';
  else if (url !== undefined) next.search = `?${new URLSearchParams({ url })}`;
  next.hash = place === null ? '' : writePlace(place);
  return next.href;
}

/** Writes the place into the address. */
function flush() {
  clearTimeout(writer);
  if (unwritten && state() === 'ready') history.replaceState(history.state, '', address({ place: unwritten }));
  unwritten = null;
}

/**
 * Opens a job and shows its model, or says why not.
 * @param {Job} job
 * @param {boolean} [push] as a new entry of the history
 */
async function open(job, push = true) {
  opening?.abort();
  const mine = new AbortController();
  opening = mine;
  const start = performance.now();
  const place = push ? null : readPlace(location.hash);
  unwritten = null;
  const number = ++openings;
  if (push) history.pushState({ opening: number }, '', address({ url: job.url }));
  else history.replaceState({ opening: number }, '');
  // One step back is what was shown before, be it another model.
  const back = push ? () => history.back() : leave;
  cancel = back;
  setState('opening');
  const tell = showOpening(job.name, back);
  const loading = loadViewer();
  loading.catch(() => {});
  try {
    const { session, info } = await job.run(tell, mine.signal);
    const shown = await loading;
    if (mine.signal.aborted) {
      session.close();
      return;
    }
    tell({ stage: 'Laying out the graph', done: null, bytesRead: info.bytesRead });
    current = { job, number };
    await shown.open(session, info, { place, remote: job.url !== null, reveal: () => setState('ready') });
    if (mine.signal.aborted) return;
    const { nodes, edges } = info.counts;
    const danger = info.safety?.rating === 'dangerous' ? `. Dangerous: ${info.safety.summary}` : '';
    announce(`Opened ${info.file.name}: ${plural(nodes, 'node')}${danger}`);
    const seconds = (performance.now() - start) / 1000;
    document.dispatchEvent(new CustomEvent('lamina:ready', { detail: { nodes, edges, seconds } }));
  } catch (error) {
    if (!mine.signal.aborted && !(error instanceof Cancelled)) fail(job, error, back);
  }
}

/**
 * Says why `job` failed.
 * @param {Job} job
 * @param {unknown} error
 * @param {() => void} back
 */
function fail(job, error, back) {
  if (current?.job === job) {
    current = null;
    viewer?.close();
  }
  cancel = back;
  setState('error');
  const message = error instanceof Error ? error.message : String(error);
  const { kind, safety } = error instanceof SessionError ? error : { kind: /** @type {const} */ ('crash'), safety: undefined };
  showError(job.name, { kind, message, safety }, { onOpen: choose, onRetry: () => void open(job, false), onBack: back });
  warm();
}

/**
 * Opens files that the reader of the page gave.
 * @param {Given[]} given
 */
function openFiles(given) {
  const files = mainFirst(given, extensions);
  const [main] = files;
  if (!main) {
    toast('There are no files in this folder.');
    return;
  }
  void open({ name: main.path, url: null, run: (tell, signal) => read(signal, (session) => session.openFiles(files, tell)) });
}

/**
 * The job of opening an address, absolute or relative to the page.
 * @param {string} text
 * @returns {Job}
 */
function remote(text) {
  const url = URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    const message = `“${text}” is not the address of a file. It should start with https://.`;
    return { name: text, url: text, run: () => Promise.reject(new SessionError({ kind: 'io', message })) };
  }
  const name = nameOf(url);
  return {
    name,
    url: text,
    run: async (tell, signal) => {
      try {
        return await read(signal, (session) => session.openUrl(url.href, tell));
      } catch (error) {
        if (!(error instanceof SessionError) || error.kind !== 'download') throw error;
      }
      const blob = await download(url, tell, signal);
      return read(signal, (session) => session.openFiles([{ path: name, blob }], tell));
    },
  };
}

/**
 * Runs `work` on a new session, which ends if `work` fails or is aborted.
 * @param {AbortSignal} signal
 * @param {(session: Session) => Promise<ModelInfo>} work
 */
async function read(signal, work) {
  const session = new Session();
  const end = () => session.close();
  signal.addEventListener('abort', end, { once: true });
  try {
    return { session, info: await work(session) };
  } catch (error) {
    session.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Goes to the welcome page; the model stays open behind it, so that going forward finds it again. */
function leave() {
  opening?.abort();
  flush();
  history.pushState(null, '', address({ url: null }));
  setState('welcome');
  warm();
}

/** Opens the file dialog. */
function choose() {
  foresee();
  byId('file').click();
}

/** Puts the address, as it is now, on the clipboard. */
function copyLink() {
  flush();
  void copy(location.href);
}

/** @param {string} command */
function run(command) {
  if (command === 'open') choose();
  else if (command === 'help') showHelp();
  else if (command === 'link') copyLink();
  else if (state() === 'ready') viewer?.run(command);
  else if (command === 'back' && state() !== 'welcome') cancel();
}

window.addEventListener('popstate', ({ state: entry }) => {
  const url = new URLSearchParams(location.search).get('url');
  opening?.abort();
  unwritten = null;
  const place = readPlace(location.hash);
  // An address that someone typed has no entry; only its place may differ.
  const typed = entry === null && place !== null && url === current?.job.url;
  if (current && (typed || entry?.opening === current.number)) {
    setState('ready');
    void viewer?.show(place);
  } else if (url) {
    void open(remote(url), false);
  } else {
    setState('welcome');
  }
});

byId('file').addEventListener('change', (event) => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  if (input.files?.length) openFiles(fromList(input.files));
  // The same file can be chosen again.
  input.value = '';
});

acceptDrops({
  onEnter: foresee,
  onDrop: (files) => void files.then(openFiles),
  current: () => (state() === 'ready' ? (viewer?.name ?? null) : null),
});

listen(() => state() === 'ready', run);

for (const sign of ['pointermove', 'pointerdown', 'keydown']) window.addEventListener(sign, foresee, { once: true, passive: true });

const asked = new URLSearchParams(location.search).get('url');
if (asked) {
  void open(remote(asked), false);
} else {
  // A place in a model that is gone.
  history.replaceState(null, '', address({}));
  setState('welcome');
}
for (const { extensions: known } of await showWelcome({ onOpen: choose, onSample: (url) => void open(remote(url)) })) {
  for (const extension of known) extensions.add(extension.toLowerCase());
}
