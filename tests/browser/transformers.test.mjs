// Folders of transformers: weights with their configuration become a diagram, with what the other files say beside it.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { closedGroups, drawn, level } from './hierarchy.mjs';
import { ROOT, open } from './page.mjs';

const FOLDER = 'tests/fixtures/transformers/llama';

/** @import { Page } from 'playwright-core' */

/**
 * What the panel about the model says.
 * @param {Page} page
 */
async function assertDescribed(page) {
  const panel = await page.innerText('#panel-model');
  for (const said of [/architecture\s+LlamaForCausalLM/, /heads\s+4, 2 for keys and values/, /diagram\s+inferred from names/, /config\.hidden_act\s+silu/]) {
    assert.match(panel, said);
  }
}

test('a folder that is dropped is one model: diagram, stack of blocks, metadata', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.drop(FOLDER);
  await lamina.ready();
  assert.equal(await page.innerText('#bar .model'), 'llama/model.safetensors\nSafetensors');
  await assertDescribed(page);
  assert.match(await page.innerText('#panel-model'), /tokenizer_config\.chat_template\s+\{% for message/);
  await page.keyboard.press('{');
  await level(page, 'Collapsed');
  await drawn(page, 'layers ×2', 'closed');
  const [stack] = await closedGroups(page);
  assert.deepEqual([stack?.title, stack?.stacked], ['layers ×2', true]);
  // The tree of modules is the other graph.
  await page.locator('#panel-model .row.nested .operator:text-is("model")').click();
  await page.waitForSelector('#canvas .card:has-text("embed_tokens")');
  lamina.assertQuiet();
});

test('the configuration of remote weights is beside them', async (t) => {
  const lamina = await open(t, { query: '?url=models/model.safetensors', mounts: { '/models/': path.join(ROOT, FOLDER) } });
  await assertDescribed(lamina.page);
  const asked = new Set(lamina.server.log.map((entry) => entry.path).filter((entry) => entry.startsWith('/models/')));
  assert.deepEqual([...asked].sort(), ['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer_config.json'].map((name) => `/models/${name}`));
  lamina.assertQuiet();
});

test('a configuration alone says what it is, and is drawn', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose('tests/fixtures/transformers/alone/config.json');
  await lamina.ready();
  assert.match(await page.innerText('#panel-model .diagnostics'), /configuration of a model, without its weights/);
  await page.keyboard.press('{');
  await drawn(page, 'layers.0–31', 'closed');
  lamina.assertQuiet();
});
