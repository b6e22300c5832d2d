// Graphs of TensorFlow: a model as a folder, functions, and control edges that are hidden by a button.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { card, cards, clickCard, selected } from './graph.mjs';
import { open } from './page.mjs';

const FOLDER = 'tests/fixtures/tensorflow';

test('a model is entered by its signature, and its variables have the values beside it', async (t) => {
  const lamina = await open(t, { context: { viewport: { width: 1280, height: 1400 } } });
  const { page } = lamina;
  const names = ['saved_model.pb', 'variables/variables.index', 'variables/variables.data-00000-of-00001'];
  await lamina.choose(...names.map((name) => `${FOLDER}/saved/${name}`));
  await lamina.ready();
  await clickCard(page, 'If');
  await selected(page, 'If');
  await page.locator('#panel-selection button:has-text("Show values")').first().click();
  await page.locator('#panel-selection .cells > span').first().waitFor();
  assert.equal(await page.locator('#panel-selection .cells > span').count(), 4);
  lamina.assertQuiet();
});

test('control edges are hidden by a button or a key, where there are any', async (t) => {
  const lamina = await open(t, { context: { viewport: { width: 1280, height: 1600 } } });
  const { page } = lamina;
  const edges = () => page.locator('#canvas .wire.control').count();
  const button = page.locator('#tools button[aria-label^="Control edges"]');
  await lamina.choose('tests/fixtures/onnx/attributes.onnx');
  await lamina.ready();
  assert.equal(await button.isVisible(), false);
  await lamina.choose(`${FOLDER}/loop/loop.pb`);
  await page.waitForSelector('html[data-controlled]');
  await card(page, 'LoopCond');
  assert.ok((await edges()) > 0);
  const before = (await cards(page)).length;
  await page.keyboard.press('c');
  await page.waitForFunction(() => document.querySelectorAll('#canvas .wire.control').length === 0);
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  assert.equal((await cards(page)).length, before);
  await button.click();
  await page.waitForSelector('#canvas .wire.control', { state: 'attached' });
  lamina.assertQuiet();
});
