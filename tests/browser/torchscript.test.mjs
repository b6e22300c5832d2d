// Programs: the hierarchy of their modules, the weights of a node, and the bodies of control flow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { card, cards, clickCard, selected } from './graph.mjs';
import { openGroups } from './hierarchy.mjs';
import { open } from './page.mjs';

const FOLDER = 'tests/fixtures/pytorch/script';

test('a program shows its modules, and the weights of a node', async (t) => {
  const lamina = await open(t, { context: { viewport: { width: 1280, height: 2400 } } });
  const { page } = lamina;
  await lamina.choose(`${FOLDER}/traced.pt`);
  assert.equal((await lamina.ready()).nodes, 24);
  await card(page, 'max_pool2d');
  await page.click('.levels .current');
  await page.click('#levels >> text=Expand all');
  await page.waitForFunction(() => document.querySelectorAll('#canvas .layer.full .titlebar').length > 0);
  assert.deepEqual((await openGroups(page)).map(({ title }) => title).sort(), ['downsample', 'layer1', 'layer2', 'stem']);
  await clickCard(page, 'linear');
  await selected(page, 'linear');
  const tensor = page.locator('#panel-selection .tensor', { has: page.locator('.name:text-is("fc.weight")') });
  assert.equal(await tensor.locator('.type').innerText(), 'float32 5×8');
  await tensor.locator('button:has-text("Show values")').click();
  await tensor.locator('button:has-text("Copy")').waitFor();
  assert.equal(await tensor.locator('.cells > span').count(), 40);
  lamina.assertQuiet();
});

test('a loop is entered through its node, which has what its body reads', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(`${FOLDER}/mobile.ptl`);
  await lamina.ready();
  await clickCard(page, 'Loop');
  await selected(page, 'Loop');
  assert.ok((await page.locator('#panel-selection').innerText()).includes('captured'));
  await page.locator('#panel-selection .boxed:has-text("body")').click();
  await page.waitForSelector('.crumbs .selected:text-is("Loop body")');
  await card(page, 'tanh');
  assert.ok((await cards(page)).some(({ label }) => label.startsWith('linear')));
  lamina.assertQuiet();
});
