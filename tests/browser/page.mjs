// What a browser test needs: the built page, served and opened, with everything recorded that it says and asks for.
//
//     test('opens a model', async (t) => {
//         const lamina = await open(t);
//         await lamina.choose('tests/fixtures/onnx/add.onnx');
//         assert.equal((await lamina.ready()).nodes, 3);
//         lamina.assertQuiet();
//     });

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @typedef {{ nodes: number, edges: number, seconds: number }} Ready the detail of the page's `lamina:ready` event
 *
 * @typedef {object} Options
 * @property {string} [mount] the path that the page is served under; begins and ends with a slash
 * @property {string} [query] such as `?url=…`
 * @property {Record<string, string>} [mounts] more folders to serve, by path
 * @property {boolean} [range] whether the server honours Range
 * @property {number} [delay] milliseconds before each answer of the server
 * @property {import('playwright-core').BrowserContextOptions} [context] viewport, colour scheme, touch …
 * @property {'welcome' | 'opening' | 'ready' | 'error' | null} [until] the state to wait for (null: none; default: welcome, or ready with a query)
 */

/** @type {Promise<import('playwright-core').Browser> | null} */
let browser = null;
after(async () => (await browser)?.close());

/**
 * Serves the built page and opens it in a context of its own, closed when the test ends.
 * @param {import('node:test').TestContext} t
 * @param {Options} [options]
 */
export async function open(t, options = {}) {
  const dist = path.join(ROOT, 'dist');
  assert.ok(fs.existsSync(path.join(dist, 'index.html')), 'the page is not built: run `make build`');
  const mount = options.mount ?? '/';
  const server = await serve({ mounts: { [mount]: dist, ...options.mounts }, range: options.range, delay: options.delay });
  t.after(() => server.close());
  browser ??= launch();
  // What is not for this machine goes to our server as a proxy, which refuses and records it: of pages and of workers alike.
  const proxy = { server: server.origin, bypass: '127.0.0.1' };
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 800 }, proxy, ...options.context });
  t.after(() => context.close());
  await context.addInitScript(recordOutcomes);
  const lamina = new Lamina(await context.newPage(), server);
  await lamina.go(options.query ?? '');
  const until = options.until === undefined ? (options.query?.includes('url=') ? 'ready' : 'welcome') : options.until;
  if (until !== null) {
    await lamina.state(until);
  }
  return lamina;
}

/**
 * Runs in the page before its own scripts: keeps a list of what became of each file in `window.outcomes`. The detail of the
 * event, or null for an error.
 */
function recordOutcomes() {
  /** @type {(Ready | null)[]} */
  const outcomes = [];
  Object.assign(window, { outcomes });
  window.addEventListener('lamina:ready', (event) => outcomes.push(/** @type {CustomEvent} */ (event).detail), { capture: true });
  const watch = () => {
    const root = document.documentElement;
    new MutationObserver(() => {
      if (root.dataset['state'] === 'error') {
        outcomes.push(null);
      }
    }).observe(root, { attributeFilter: ['data-state'] });
  };
  // Where an init script runs, there may be no element yet.
  if (document.documentElement) {
    watch();
  } else {
    document.addEventListener('readystatechange', watch, { once: true });
  }
}

/** The page under test. */
export class Lamina {
  /**
   * What should not be said: errors and warnings of the console, uncaught exceptions, crashes.
   * @type {string[]}
   */
  errors = [];

  /** How many outcomes `ready` has seen. */
  seen = 0;

  /**
   * @param {import('playwright-core').Page} page
   * @param {import('./server.mjs').Server} server
   */
  constructor(page, server) {
    this.page = page;
    this.server = server;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.errors.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', (error) => this.errors.push(`uncaught: ${error.stack ?? error.message}`));
    page.on('crash', () => this.errors.push('the page crashed'));
  }

  /**
   * Opens the page, or reloads it with another query.
   * @param {string} query
   */
  async go(query = '') {
    this.seen = 0;
    await this.page.goto(this.server.url + query);
  }

  /**
   * Waits until the page says that it is in `state`; for a graph, not beyond an error.
   * @param {'welcome' | 'opening' | 'ready' | 'error'} state
   * @param {number} timeout milliseconds
   */
  async state(state, timeout = 30_000) {
    const handle = await this.page.waitForFunction((states) => {
      const now = document.documentElement.dataset['state'];
      return states.includes(now ?? '') ? now : null;
    }, state === 'ready' ? ['ready', 'error'] : [state], { timeout });
    const found = await handle.jsonValue();
    if (found !== state) {
      throw new Error(`the page is in state '${found}', not '${state}'; it says: ${await this.page.innerText('body')}`);
    }
  }

  /**
   * Chooses files through the page's file input.
   * @param {...string} files paths; relative ones from the repository's root
   */
  async choose(...files) {
    await this.page.setInputFiles('#file', files.map((file) => path.resolve(ROOT, file)));
  }

  /**
   * Drops files or folders on the middle of the page, as a person does.
   * @param {...string} files paths; relative ones from the repository's root
   */
  async drop(...files) {
    const { width, height } = this.page.viewportSize() ?? { width: 0, height: 0 };
    const at = { x: width / 2, y: height / 2 };
    const data = { items: [], files: files.map((file) => path.resolve(ROOT, file)), dragOperationsMask: 1 };
    const cdp = await this.page.context().newCDPSession(this.page);
    for (const type of /** @type {const} */ (['dragEnter', 'dragOver', 'drop'])) {
      await cdp.send('Input.dispatchDragEvent', { type, ...at, data });
    }
    await cdp.detach();
  }

  /**
   * Waits for the graph that was asked for last, and two frames more, so that it is painted.
   * @param {number} timeout milliseconds
   * @returns {Promise<Ready>}
   */
  async ready(timeout = 30_000) {
    const handle = await this.page.waitForFunction((seen) => {
      const outcomes = /** @type {(Ready | null)[]} */ (Reflect.get(window, 'outcomes'));
      return outcomes.length > seen && outcomes;
    }, this.seen, { timeout });
    const outcomes = /** @type {(Ready | null)[]} */ (await handle.jsonValue());
    this.seen = outcomes.length;
    const detail = outcomes[outcomes.length - 1];
    if (detail === null) {
      throw new Error(`the page says: ${await this.page.innerText('body')}`);
    }
    await this.page.evaluate(() => new Promise((resolve) => void requestAnimationFrame(() => requestAnimationFrame(resolve))));
    return detail;
  }

  /** Fails if the page complained, or asked any other host for anything. */
  assertQuiet() {
    assert.deepEqual(this.errors, []);
    assert.deepEqual(this.server.foreign, []);
  }
}
