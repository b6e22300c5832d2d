// Takes the screenshots of the README: node tests/browser/shots.mjs [FOLDER]

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { cards, rest, selected } from './graph.mjs';
import { serve } from './server.mjs';

/** @import { BrowserContextOptions, Page } from 'playwright-core' */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = path.resolve(ROOT, process.argv[2] ?? '.github/screenshots');
const DESK = { viewport: { width: 1440, height: 900 } };
const DARK = { ...DESK, colorScheme: /** @type {const} */ ('dark') };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** @param {Page} page @param {string} name */
async function sample(page, name) {
  await page.click(`.sample[href*="${name}"]`);
  await page.waitForSelector('html[data-state=ready]');
  await rest(page);
}

/**
 * Clicks the first card whose label begins with `label`, and takes the pointer away.
 * @param {Page} page
 * @param {string} label
 */
async function choose(page, label) {
  await rest(page);
  const found = (await cards(page)).find((card) => card.label.startsWith(label));
  if (!found) throw new Error(`no card begins with ${label}`);
  await page.mouse.click(found.x, found.y);
  await page.mouse.move(2, 400);
}

/** @type {Record<string, {context: BrowserContextOptions, pose: (page: Page) => Promise<void>}>} */
const SHOTS = {
  welcome: { context: DESK, pose: async () => {} },
  resnet50: { context: DESK, pose: (page) => poseNode(page, 'resnet50.onnx', 'Conv, W 64×64×3×3') },
  'resnet50-dark': { context: DARK, pose: (page) => poseNode(page, 'resnet50.onnx', 'Conv, W 64×64×3×3') },
  'decoder-dark': { context: DARK, pose: (page) => poseNode(page, 'decoder.onnx', 'Attention') },
  subgraph: { context: DESK, pose: poseSubgraph },
  llama: { context: DESK, pose: (page) => poseNode(page, 'llama.safetensors', 'Attention') },
  message: { context: DESK, pose: poseMessage },
  phone: { context: PHONE, pose: posePhone },
};

/** @param {Page} page @param {string} name @param {string} label */
async function poseNode(page, name, label) {
  await sample(page, name);
  await choose(page, label);
  await page.waitForSelector('#panel-selection h2');
}

/** @param {Page} page */
async function poseSubgraph(page) {
  await sample(page, 'voice-activity.onnx');
  await page.click('#panel-model .row:has-text("Loop body")');
  await page.waitForSelector('.crumbs .selected:text-is("Loop body")');
  await choose(page, 'LSTM');
  await selected(page, 'LSTM');
}

/** @param {Page} page */
async function poseMessage(page) {
  await page.setInputFiles('#file', path.join(ROOT, 'tests/fixtures/none/lfs-pointer.safetensors'));
  await page.waitForSelector('html[data-state=error]');
}

/** @param {Page} page */
async function posePhone(page) {
  await sample(page, 'resnet50.onnx');
  const found = (await cards(page)).find(({ label }) => label.startsWith('MaxPool'));
  if (!found) throw new Error('no MaxPool');
  await page.touchscreen.tap(found.x, found.y);
  await selected(page, 'MaxPool');
}

fs.mkdirSync(FOLDER, { recursive: true });
const server = await serve({ mounts: { '/': path.join(ROOT, 'dist') } });
const browser = await launch();
try {
  for (const [name, { context: options, pose }] of Object.entries(SHOTS)) {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    await page.goto(server.url, { waitUntil: 'networkidle' });
    await pose(page);
    await rest(page);
    const file = path.join(FOLDER, `${name}.png`);
    await page.screenshot({ path: file });
    console.log(`${path.relative(process.cwd(), file)}  ${(fs.statSync(file).size / 1024).toFixed(0)} KiB`);
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}
