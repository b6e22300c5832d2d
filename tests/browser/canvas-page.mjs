// Opens the page of the drawing surface alone, from the sources, and tells what its tests and its bench want to know.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @param {string} [query] such as `?scene=wide&theme=dark`
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function openCanvas(query = '', options = {}) {
  const server = await serve({ mounts: { '/': ROOT } });
  const browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${server.origin}/tests/browser/canvas.html${query}`);
  await page.waitForFunction('globalThis.canvas');
  const session = await context.newCDPSession(page);
  const settle = () => page.waitForFunction('canvas.stats().settled', null, { timeout: 60_000 });

  return {
    page,
    session,
    errors,
    /** Waits until nothing moves and everything in view is drawn. */
    settle,
    /** Evaluates, then settles. @param {string} script */
    async run(script) {
      await page.evaluate(`${script}, null`);
      await settle();
    },
    /** Memory of the renderer after collecting garbage, in MB. */
    async memory() {
      await session.send('HeapProfiler.collectGarbage');
      const own = await browser.newBrowserCDPSession();
      const { processInfo } = await own.send('SystemInfo.getProcessInfo');
      const sizes = processInfo.filter(({ type }) => type === 'renderer').map(async ({ id }) => {
        const status = await readFile(`/proc/${id}/status`, 'utf8');
        return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
      });
      return Math.max(...(await Promise.all(sizes)));
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
