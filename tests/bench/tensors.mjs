// Looks at all elements of a large tensor in the page's Worker: statistics, a picture, files that are written. See README.md.

import { launch } from '../browser/browser.mjs';
import { serve } from '../browser/server.mjs';
import { coresBusy } from './machine.mjs';
import { grid } from './table.mjs';

/** The least speed of statistics of float32, and the most ms until the first values of a tensor of a GiB are in view. */
const GOAL = 300;
const FIRST_MS = 100;
const MB = 1e6;

/**
 * @typedef {object} Row
 * @property {string} name what was done
 * @property {number} mbs 10⁶ bytes a second; the median
 * @property {number} runs
 */

/**
 * How long it takes from a click on `Inspect` until the first values of a tensor are in view, in ms: the median.
 * @param {import('playwright-core').Page} page
 * @param {string} file with one tensor
 * @param {number} runs
 */
async function firstValues(page, file, runs) {
  await page.setInputFiles('#file', file);
  await page.waitForSelector('html[data-state=ready]');
  await page.getByRole('button', { name: 'All tensors' }).click();
  const times = [];
  for (let run = 0; run < runs; run++) {
    await page.locator('#tables .rows .link').first().waitFor();
    times.push(await page.evaluate(async () => {
      const link = /** @type {HTMLElement} */ (document.querySelector('#tables .rows .link'));
      const began = performance.now();
      link.click();
      const shown = () => document.querySelector('#inspector:not([hidden]) [role=gridcell]:not(.unknown)');
      while (!shown()) await new Promise(requestAnimationFrame);
      return performance.now() - began;
    }));
    await page.locator('#inspector [aria-label="Back to the graph"]').click();
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? Infinity;
}

/**
 * Measures on the first tensor of a file of safetensors, of float32, and on the second, of float16.
 * @param {string} dist
 * @param {string} file
 * @param {string} large a file with one tensor of a GiB
 * @param {number} runs
 */
export async function measureTensors(dist, file, large, runs) {
  const server = await serve({ mounts: { '/': dist } });
  const browser = await launch();
  const others = await coresBusy();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto(server.origin);
    await page.waitForSelector('html[data-state=welcome]');
    // One of our own: the page empties its input.
    await page.evaluate(() => {
      document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'measured' }));
    });
    await page.setInputFiles('#measured', file);
    const rows = await page.evaluate(async (times) => {
      const { Session } = await import(new URL('static/session.js', location.href).href);
      const input = /** @type {HTMLInputElement} */ (document.querySelector('#measured'));
      const [blob] = [...input.files ?? []];
      if (!blob) throw new Error('there is no file');
      const session = new Session();
      await session.openFiles([{ path: blob.name, blob }], () => {});
      const written = async (/** @type {{number: number}} */ { number }) => {
        while ((await session.piece(number)).length > 0);
      };
      /** @type {[string, number, () => Promise<unknown>][]} */
      const works = [
        ['statistics of float32', 0, () => session.survey(0, {})],
        ['statistics of float16', 1, () => session.survey(1, {})],
        ['picture of float32', 0, () => session.exposure(0, { rows: [0], columns: [1], at: [0, 0] }, { row: 0, rows: 2 ** 31, column: 0, columns: 2 ** 31 }, { width: 1000, height: 1000 }, {})],
        ['float32 as .npy', 0, async () => written(await session.npy(0))],
        ['float32 as .safetensors', 0, async () => written(await session.convert([0]))],
      ];
      const found = [];
      for (const [name, id, work] of works) {
        const { bytes } = await session.tensor(id);
        const speeds = [];
        for (let run = 0; run < times; run++) {
          const began = performance.now();
          await work();
          speeds.push(bytes / 1000 / (performance.now() - began));
        }
        speeds.sort((a, b) => a - b);
        found.push({ name, mbs: speeds[Math.floor(speeds.length / 2)] ?? 0, runs: times });
      }
      session.close();
      return found;
    }, runs);
    const first = await firstValues(page, large, runs);
    return { rows: /** @type {Row[]} */ (rows), first, others };
  } finally {
    await browser.close();
    server.close();
  }
}

/** @param {Awaited<ReturnType<typeof measureTensors>>} result */
export function tensorTable({ rows, first, others }) {
  const speed = rows[0]?.mbs ?? 0;
  return [
    grid(['all elements', 'MB/s'], rows.map(({ name, mbs }) => [name, mbs.toFixed(0)])),
    `medians of ${rows[0]?.runs ?? 0} run(s); other programs kept ${others?.toFixed(2) ?? '?'} cores busy before; 1 MB is ${MB} bytes`,
    `goal: statistics of float32 at ${GOAL} MB/s: ${speed >= GOAL ? 'met' : 'missed'}`,
    `goal: first values of a tensor of 1 GiB within ${FIRST_MS} ms: ${first.toFixed(0)} ms, ${first <= FIRST_MS ? 'met' : 'missed'}`,
  ].join('\n');
}
