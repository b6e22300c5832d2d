// Tables of all tensors, modules and operators: order, filter, export; memory; weights saved as safetensors.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, open } from './page.mjs';

const LLAMA = 'tests/fixtures/safetensors/llama.safetensors';

/** The cells of the rows in view. @param {import('playwright-core').Page} page */
const rows = (page) => page.locator('#tables .rows [role=row]').evaluateAll((list) =>
  list.map((row) => [...row.querySelectorAll('[role=cell]')].map((cell) => cell.textContent ?? '')));

/** What a click saves. @param {import('playwright-core').Page} page @param {string} name of a button */
async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#tables').getByRole('button', { name, exact: true }).click()]);
  return { name: download.suggestedFilename(), content: fs.readFileSync(await download.path()) };
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} file
 */
async function tables(t, file) {
  const lamina = await open(t);
  await lamina.choose(file);
  await lamina.ready();
  await lamina.page.getByRole('button', { name: 'All tensors' }).click();
  await lamina.page.locator('#tables .rows [role=row]').first().waitFor();
  return { lamina, page: lamina.page };
}

test('tensors are sorted, filtered and exported', async (t) => {
  const { lamina, page } = await tables(t, LLAMA);
  const all = await rows(page);
  assert.equal(all.length, 30);
  assert.deepEqual(all.find(([, name]) => name === 'lm_head.weight')?.slice(1, 5), ['lm_head.weight', 'bfloat16', '32×16', '512']);
  await page.locator('#tables .header button', { hasText: 'Parameters' }).click();
  const sizes = (await rows(page)).map((row) => Number(row[4]));
  assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
  assert.equal(await page.locator('#tables [aria-sort=descending]').innerText(), 'Parameters');
  await page.fill('#tables input[type=search]', 'mlp layers.1');
  const left = await rows(page);
  assert.deepEqual(left.map((row) => row[1]).sort(), ['down', 'gate', 'up'].map((name) => `model.layers.1.mlp.${name}_proj.weight`));
  const { name, content } = await saved(page, 'CSV');
  assert.equal(name, 'llama.safetensors-tensors.csv');
  const lines = content.toString().trimEnd().split('\r\n');
  assert.equal(lines[0], 'name,type,shape,parameters,bytes,share,tied to,file');
  assert.equal(lines.length, 4);
  assert.match(lines[1] ?? '', /^model\.layers\.1\.mlp\.[\w.]+,bfloat16,\d+×\d+,384,768,0\.\d+,,llama\.safetensors$/);
  const json = JSON.parse((await saved(page, 'JSON')).content.toString());
  assert.equal(json.length, 3);
  assert.equal(json[0].parameters, 384);
  lamina.assertQuiet();
});

test('modules and operators lead into the graph, and memory is told with its formula', async (t) => {
  const { lamina, page } = await tables(t, LLAMA);
  const side = await page.locator('#tables .side').innerText();
  assert.match(side, /6,896 parameters × bytes of each/);
  assert.match(side, /float32\s+26\.9\s?KiB/);
  // Three layers, keys and values of eight numbers.
  assert.match(side, /48 numbers: keys and values of 3 layers/);
  await page.locator('#tables button[value=modules]').click();
  const modules = await rows(page);
  assert.ok(modules.some(([name, nodes, parameters]) => name?.endsWith('layers ×3') && Number(nodes) >= 27 && parameters === '5,856'), modules.map((row) => row.join(' ')).join('\n'));
  await page.locator('#tables button[value=operators]').click();
  await page.fill('#tables input[type=search]', 'k_proj');
  await page.locator('#tables .rows .link', { hasText: 'layers.2' }).first().click();
  await page.locator('#panel-selection .copyable', { hasText: 'layers.2.self_attn.k_proj' }).waitFor();
  assert.ok(await page.locator('#tables').isHidden());
  // From a tensor to its values, and back by two steps.
  await page.keyboard.press('t');
  await page.locator('#tables .rows .link', { hasText: 'model.norm.weight' }).click();
  await page.locator('#inspector [role=gridcell]').first().waitFor();
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('#tables').isVisible());
  await page.locator('#tables input[type=search]').focus();
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('#tables').isHidden());
  lamina.assertQuiet();
});

test('weights are saved as safetensors: all of a checkpoint as the reference does, or those that are chosen', async (t) => {
  const { lamina, page } = await tables(t, 'tests/fixtures/pytorch/cnn.pth');
  const all = await saved(page, 'Save as .safetensors');
  assert.equal(all.name, 'cnn.safetensors');
  assert.ok(all.content.equals(fs.readFileSync(path.join(ROOT, 'tests/fixtures/safetensors/converted-cnn.safetensors'))));
  await page.locator('#tables .rows input[type=checkbox]').nth(1).check();
  const chosen = (await rows(page))[1]?.[1];
  const one = await saved(page, 'Save as .safetensors');
  const header = JSON.parse(one.content.subarray(8, 8 + Number(one.content.readBigUInt64LE())).toString());
  assert.deepEqual(Object.keys(header).filter((name) => name !== '__metadata__'), [chosen]);
  lamina.assertQuiet();
});
