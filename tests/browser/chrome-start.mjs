// The page and the hierarchy of a model: levels, outline, breadcrumb, isolation, links to a place. Both the program and the drawing
// surface are stand-ins, so what the page asks of them can be seen.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { serve } from './chrome-mock.mjs';

/** @import {Page} from 'playwright-core' */

export const DECODER = '?url=static/samples/decoder.onnx';

/** @type {Awaited<ReturnType<typeof serve>>} */
export let server;
/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  server = await serve({ '/static/canvas/canvas.js': fileURLToPath(new URL('chrome-canvas.mjs', import.meta.url)) });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/**
 * A page of its own with a model; what it complains about is collected.
 * @param {import('node:test').TestContext} t
 * @param {string} [query]
 * @param {import('playwright-core').BrowserContextOptions} [context]
 */
export async function start(t, query = DECODER, context = {}) {
  const own = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...context });
  const page = await own.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  t.after(async () => {
    await own.close();
    assert.deepEqual(complaints, []);
  });
  await page.goto(server.url + query);
  await page.waitForSelector('html[data-state=ready]');
  return page;
}

/** What the page last asked the drawing surface for. @param {Page} page @param {string} name @returns {Promise<any>} */
export const asked = (page, name) => page.evaluate((wanted) => Reflect.get(globalThis, 'asked').findLast((/** @type {[string]} */ [what]) => what === wanted)?.[1], name);

/** @param {Page} page @param {string} title of the group in the drawing @param {'closed'|'open'} as */
export const drawn = (page, title, as) => page.waitForSelector(`#canvas [data-kind="${as === 'open' ? 5 : 4}"]:text-is("${title}")`);

/** Items of the drawing. @param {Page} page */
export const items = (page) => page.locator('#canvas > [data-item]').count();

/** The row of the outline. @param {Page} page @param {string} name */
export const row = (page, name) => page.locator('#outline .item', { has: page.locator(`.name:text-is("${name}")`) }).first();

/** Waits until the heading of the Selection panel is this. @param {Page} page @param {string} title */
export const selected = (page, title) => page.waitForFunction((wanted) => document.querySelector('#panel-selection h2')?.textContent === wanted, title);

/** @param {Page} page @param {string} text */
export const level = (page, text) => page.waitForSelector(`.levels .current > span:text-is("${text}")`);
