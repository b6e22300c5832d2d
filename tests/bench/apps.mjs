// The two viewers that are measured: how a person gets them ready, opens a file, pans and zooms.

import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} Tab
 * @property {import('playwright-core').Page} page
 * @property {import('playwright-core').CDPSession} cdp
 * @property {(call: () => unknown) => Promise<any>} evaluate in the page; null when it does not answer
 *
 * @typedef {{ name: string, at: number }} Mark
 *
 * @typedef {object} App
 * @property {string} name
 * @property {() => void} instrument runs in the page before its scripts, after `instrument` of this module: calls `window.bench.shown(how)`
 * @property {(tab: Tab) => Promise<void>} settle waits until a file can be opened
 * @property {(tab: Tab, files: string[]) => Promise<void>} choose
 * @property {(tab: Tab) => Promise<string>} words what the page says of an error
 * @property {Record<'pan' | 'zoom', (tab: Tab, t: number, at: { x: number, y: number }) => Promise<unknown>>} gestures one
 *     event of a gesture, at `t` from 0 to 1 of its time, around the point `at`
 */

/** Runs in the page: marks when a file was chosen, and when what came of it was painted. */
export function instrument() {
  /** @type {Mark[]} */
  const marks = [];
  /** @param {string} name */
  const mark = (name) => {
    marks.push({ name, at: performance.now() });
  };
  document.addEventListener('change', () => mark('chosen'), true);
  Object.assign(window, {
    bench: {
      marks,
      frames: /** @type {number[] | null} */ (null),
      detail: null,
      /** @param {'rendered' | 'error'} how two animation frames later the first picture of it has been produced */
      shown: (how) => void requestAnimationFrame(() => requestAnimationFrame(() => mark(how))),
    },
  });
}

/** Runs in our Worker: counts the bytes that it reads of files. */
export function countReads() {
  const scope = /** @type {any} */ (globalThis);
  if (scope.bytesRead !== undefined) {
    return;
  }
  scope.bytesRead = 0;
  for (const [prototype, names] of [
    [scope.FileReaderSync.prototype, ['readAsArrayBuffer', 'readAsText', 'readAsBinaryString']],
    [scope.FileReader.prototype, ['readAsArrayBuffer', 'readAsText', 'readAsBinaryString']],
  ]) {
    for (const name of names) {
      const native = prototype[name];
      prototype[name] = function (/** @type {Blob} */ blob, /** @type {unknown[]} */ ...rest) {
        scope.bytesRead += blob.size;
        return native.call(this, blob, ...rest);
      };
    }
  }
  for (const name of ['arrayBuffer', 'bytes', 'text']) {
    const native = scope.Blob.prototype[name];
    scope.Blob.prototype[name] = function () {
      scope.bytesRead += this.size;
      return native.call(this);
    };
  }
}

/**
 * @param {Tab} tab
 * @param {{ x: number, y: number }} at
 * @param {number} deltaY
 * @param {number} modifiers 2: Control
 */
function wheel({ cdp }, { x, y }, deltaY, modifiers = 0) {
  return cdp.send('Input.dispatchMouseEvent', { type: 'mouseWheel', x, y, deltaX: 0, deltaY, modifiers });
}

function watchLamina() {
  const { bench } = /** @type {any} */ (window);
  window.addEventListener('lamina:ready', (event) => {
    bench.detail = /** @type {CustomEvent} */ (event).detail;
    bench.shown('rendered');
  }, { capture: true });
  const watch = () => new MutationObserver(() => {
    if (document.documentElement.dataset['state'] === 'error') {
      bench.shown('error');
    }
  }).observe(document.documentElement, { attributeFilter: ['data-state'] });
  // Where an init script runs, there may be no element yet.
  if (document.documentElement) {
    watch();
  } else {
    document.addEventListener('readystatechange', watch, { once: true });
  }
}

/** @type {App} */
export const lamina = {
  name: 'Lamina',
  instrument: watchLamina,
  async settle({ page }) {
    await page.waitForFunction(() => document.documentElement.dataset['state'] === 'welcome');
  },
  async choose({ page }, files) {
    const dialog = page.waitForEvent('filechooser');
    await page.click('#open');
    const chooser = await dialog;
    // Nobody finds a file faster.
    await sleep(1000);
    await chooser.setFiles(files);
  },
  words: ({ page }) => page.innerText('body'),
  gestures: {
    // A drag: 300 pixels away, and part of the way back.
    async pan({ cdp }, t, { x, y }) {
      const way = t < 0.6 ? t / 0.6 : 1.6 - t;
      const type = t === 0 ? 'mousePressed' : t === 1 ? 'mouseReleased' : 'mouseMoved';
      await cdp.send('Input.dispatchMouseEvent', { type, x: x - 150 * way, y: y - 300 * way, button: 'left', buttons: 1, clickCount: 1 });
    },
    zoom: (tab, t, at) => wheel(tab, at, t < 0.6 ? -8 : 8),
  },
};

function watchNetron() {
  const { bench } = /** @type {any} */ (window);
  document.addEventListener('DOMContentLoaded', () => {
    let last = '';
    new MutationObserver(() => {
      const now = document.body.className;
      if (now !== last) {
        last = now;
        if (/\b(default|alert)\b/.test(now)) {
          bench.shown(now.includes('alert') ? 'error' : 'rendered');
        }
      }
    }).observe(document.body, { attributeFilter: ['class'] });
  }, { once: true });
}

function netronWords() {
  return document.getElementById('message-text')?.innerText ?? '';
}

/** @type {App} */
export const netron = {
  name: 'Netron',
  instrument: watchNetron,
  // A question about cookies comes first, with one answer.
  async settle({ page, evaluate }) {
    for (const end = Date.now() + 30_000; Date.now() < end; await sleep(20)) {
      const state = await evaluate(() => document.body.className);
      if (/notification/.test(state)) {
        await page.click('#message-button');
      } else if (/alert/.test(state)) {
        throw new Error(`Netron says: ${await evaluate(netronWords)}`);
      } else if (state === 'welcome' && await page.isVisible('#open-file-button')) {
        return;
      }
    }
    throw new Error('Netron did not get ready.');
  },
  async choose({ page }, files) {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('#open-file-button')]);
    await chooser.setFiles(files);
  },
  words: ({ evaluate }) => evaluate(netronWords),
  gestures: {
    pan: (tab, t, at) => wheel(tab, at, t < 0.6 ? 60 : -60),
    zoom: (tab, t, at) => wheel(tab, at, t < 0.8 ? 8 : -8, 2),
  },
};
