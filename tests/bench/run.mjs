// One run: a fresh browser, one viewer, one file.

import fs from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import zlib from 'node:zlib';
import { launch } from '../browser/browser.mjs';
import { serve } from '../browser/server.mjs';
import { countReads, instrument } from './apps.mjs';
import { Processes } from './machine.mjs';

const VIEWPORT = { width: 1280, height: 800 };
const GESTURE_MS = 3000;

/**
 * @typedef {object} Frames intervals between animation frames, milliseconds
 * @property {number} median
 * @property {number} p95
 * @property {boolean} moved whether the picture was another afterwards
 *
 * @typedef {object} Visit what a first visit fetched
 * @property {number} requests
 * @property {number} bytes
 * @property {number} gzip the same, compressed as a public server sends it
 *
 * @typedef {object} Run
 * @property {'rendered' | 'error' | 'timeout' | 'crash'} outcome
 * @property {string} [error]
 * @property {number | null} openMs file chosen to graph painted
 * @property {number | null} peakMiB the renderer's largest resident memory
 * @property {number | null} read bytes read of the file (ours only)
 * @property {{ nodes: number, edges: number } | null} graph (ours only)
 * @property {Frames | null} pan
 * @property {Frames | null} zoom
 * @property {number} loadMs navigation to ready for a file
 * @property {Visit} visit until ready for a file
 * @property {Visit} opened the same, until a graph was shown
 * @property {number | null} others cores that other programs kept busy meanwhile
 * @property {string} chromium
 */

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @returns {Promise<T | null>} null when it takes longer, or fails
 */
export async function within(ms, promise) {
  const timer = new AbortController();
  const late = sleep(ms, null, { signal: timer.signal }).catch(() => null);
  try {
    return await Promise.race([promise.catch(() => null), late]);
  } finally {
    timer.abort();
  }
}

/**
 * @param {number[]} list
 * @param {number} q
 */
export function quantile(list, q) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low);
}

/**
 * @param {import('../browser/server.mjs').Asked[]} log
 * @returns {Visit}
 */
function visit(log) {
  const files = log.flatMap(({ file, status }) => (file && status < 300 ? [file] : []));
  const gzip = files.reduce((sum, file) => sum + zlib.gzipSync(fs.readFileSync(file), { level: 6 }).length, 0);
  return { requests: log.length, bytes: log.reduce((sum, { bytes }) => sum + bytes, 0), gzip };
}

/**
 * Events of a gesture at the display's rate for three seconds, and the intervals between animation frames meanwhile.
 * @param {import('./apps.mjs').Tab} tab
 * @param {(t: number) => Promise<unknown>} act sends one event, at `t` from 0 to 1 of the gesture's time
 * @returns {Promise<{ median: number, p95: number } | null>} null when the page does not answer
 */
export async function frames(tab, act) {
  await tab.evaluate(() => {
    const { bench } = /** @type {any} */ (window);
    /** @type {number[]} */
    const times = [];
    bench.frames = times;
    requestAnimationFrame(function tick(now) {
      times.push(now);
      if (bench.frames === times) {
        requestAnimationFrame(tick);
      }
    });
  });
  let unanswered = 0;
  /** @param {number} t */
  const send = (t) => {
    unanswered += 1;
    act(t).catch(() => {}).finally(() => {
      unanswered -= 1;
    });
  };
  send(0);
  for (const begin = Date.now(); Date.now() - begin < GESTURE_MS; await sleep(16)) {
    // A browser merges what it cannot keep up with: more would only queue.
    if (unanswered < 4) {
      send(Math.min(0.999, Math.max(0.001, (Date.now() - begin) / GESTURE_MS)));
    }
  }
  /** @type {number[] | null} */
  const times = await within(60_000, tab.evaluate(() => {
    const { bench } = /** @type {any} */ (window);
    const { frames: seen } = bench;
    bench.frames = null;
    return seen;
  }));
  send(1);
  if (!times || times.length < 2) {
    return null;
  }
  const intervals = times.slice(1).map((time, i) => time - times[i]);
  return { median: quantile(intervals, 0.5), p95: quantile(intervals, 0.95) };
}

/**
 * Pans or zooms.
 * @param {import('./apps.mjs').App} app
 * @param {'pan' | 'zoom'} name
 * @param {import('./apps.mjs').Tab} tab
 * @returns {Promise<Frames | null>} null when the page does not answer
 */
async function gesture(app, name, tab) {
  const at = { x: VIEWPORT.width / 2, y: VIEWPORT.height / 2 };
  const picture = async () => (await within(30_000, tab.page.screenshot({ timeout: 30_000 })))?.toString('base64');
  const before = await picture();
  const found = await frames(tab, (t) => app.gestures[name](tab, t, at));
  return found && { ...found, moved: before !== await picture() };
}

/**
 * Opens `files` in `app`, in a browser of its own.
 * @param {import('./apps.mjs').App} app
 * @param {string} folder where the viewer's page is
 * @param {string[]} files the first one is the model
 * @param {{ timeout: number, gestures: boolean }} options the timeout in seconds
 * @returns {Promise<Run>}
 */
export async function run(app, folder, files, options) {
  const server = await serve({ mounts: { '/': folder } });
  const browser = await launch();
  const processes = new Processes(await browser.newBrowserCDPSession());
  const sampler = setInterval(() => void processes.sample().catch(() => {}), 250);
  try {
    const context = await browser.newContext({ viewport: VIEWPORT });
    const page = await context.newPage();
    let crashed = false;
    page.on('crash', () => {
      crashed = true;
    });
    browser.on('disconnected', () => {
      crashed = true;
    });
    page.on('worker', (worker) => void worker.evaluate(countReads).catch(() => {}));
    await page.addInitScript(instrument);
    await page.addInitScript(app.instrument);
    const cdp = await context.newCDPSession(page);
    /** @param {() => unknown} call Not page.evaluate: that needs window.eval, which Netron takes away. */
    const evaluate = async (call) => {
      const answer = await cdp.send('Runtime.evaluate', { expression: `(${call})()`, awaitPromise: true, returnByValue: true });
      return answer.result.value;
    };
    const tab = { page, cdp, evaluate };

    const start = Date.now();
    await page.goto(server.url, { waitUntil: 'commit' });
    await app.settle(tab);
    const loadMs = Date.now() - start;
    await sleep(1500);
    const first = visit(server.log);
    await processes.sample();
    processes.mark();

    await app.choose(tab, files);
    const outcome = await watch(tab, options.timeout, () => crashed);
    await within(3000, processes.sample());
    const others = processes.others;
    const rendered = outcome.outcome === 'rendered';
    const error = outcome.outcome === 'error' ? (await within(5000, app.words(tab)) ?? '').trim() : undefined;
    const read = rendered ? await bytesRead(page) : null;
    const graph = rendered ? await within(5000, evaluate(() => Reflect.get(window, 'bench').detail)) : null;
    const opened = visit(server.log);
    const pan = rendered && options.gestures ? await gesture(app, 'pan', tab) : null;
    const zoom = rendered && options.gestures ? await gesture(app, 'zoom', tab) : null;
    await within(3000, processes.sample());
    const peakMiB = processes.rendererPeak;
    return { ...outcome, error, read, graph, pan, zoom, loadMs, others, visit: first, opened, peakMiB, chromium: browser.version() };
  } finally {
    clearInterval(sampler);
    const closed = await within(20_000, browser.close().then(() => true));
    if (!closed && processes.browser) {
      process.kill(processes.browser, 'SIGKILL');
    }
    await server.close();
  }
}

/**
 * What the page's workers have read of files.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<number | null>}
 */
async function bytesRead(page) {
  const counts = await within(5000, Promise.all(page.workers().map((worker) => worker.evaluate(() => Reflect.get(globalThis, 'bytesRead')))));
  return counts?.reduce((sum, count) => sum + count, 0) ?? null;
}

/**
 * Waits for what becomes of the file.
 * @param {import('./apps.mjs').Tab} tab
 * @param {number} timeout seconds
 * @param {() => boolean} crashed
 * @returns {Promise<Pick<Run, 'outcome' | 'openMs'>>}
 */
async function watch(tab, timeout, crashed) {
  for (const end = Date.now() + timeout * 1000; Date.now() < end; await sleep(100)) {
    if (crashed()) {
      return { outcome: 'crash', openMs: null };
    }
    /** @type {import('./apps.mjs').Mark[] | null} */
    const marks = await within(2000, tab.evaluate(() => Reflect.get(window, 'bench').marks));
    const chosen = marks?.findLast(({ name }) => name === 'chosen');
    const shown = marks?.findLast(({ name }) => name === 'rendered' || name === 'error');
    if (chosen && shown && shown.at > chosen.at) {
      const outcome = shown.name === 'error' ? 'error' : 'rendered';
      return { outcome, openMs: outcome === 'rendered' ? shown.at - chosen.at : null };
    }
  }
  return { outcome: 'timeout', openMs: null };
}
