// Shapes that the file does not state, what running a model costs, the sizes that it leaves open, and colours that show costs.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { rest } from './graph.mjs';
import { ROOT, open } from './page.mjs';

const RESNET = 'tests/layout/models/resnet50.onnx';

/** The figures of the Model panel, by name, as numbers. @param {import('playwright-core').Page} page */
async function figures(page) {
  await page.locator('#panel-model .cost .stats').waitFor();
  return page.locator('#panel-model .cost .stats > div').evaluateAll((stats) => Object.fromEntries(stats.map((stat) => {
    const figure = /** @type {HTMLElement} */ (stat.querySelector('.figure'));
    return [stat.querySelector('dt')?.textContent ?? '', Number((figure.title || figure.textContent || '').replace(/[^\d.]/g, ''))];
  })));
}

/**
 * The figures of the Model panel as soon as they hold: they come a while after what they depend on has changed.
 * @param {import('playwright-core').Page} page
 * @param {(figures: Record<string, number>) => boolean} hold
 */
async function figuresThat(page, hold) {
  const until = Date.now() + 30_000;
  for (;;) {
    const now = await figures(page);
    if (hold(now)) return now;
    assert.ok(Date.now() < until, JSON.stringify(now));
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

/** The classes of colours that the drawing has. @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
const paints = (page) => page.locator('#canvas .layer .nodes [class*="heat-"]').evaluateAll((items) =>
  [...new Set(items.map((item) => /heat-\d/.exec(item.getAttribute('class') ?? '')?.[0] ?? ''))].sort());

test('the Model panel says what running the model costs, and shapes that follow are on its edges', async (t) => {
  const lamina = await open(t);
  await lamina.choose(RESNET);
  await lamina.ready();
  const { MACs, FLOPs, Activations, Peak } = await figures(lamina.page);
  assert.equal(MACs, 4_089_184_256);
  assert.ok(FLOPs > 2 * MACs && FLOPs < 2.1 * MACs, `${FLOPs}`);
  assert.ok(Peak > 0 && Peak < Activations, `${Peak} of ${Activations}`);
  await rest(lamina.page);
  await lamina.page.keyboard.press('1');
  await rest(lamina.page);
  const label = lamina.page.locator('#canvas .shape.inferred').first();
  assert.match(await label.textContent() ?? '', /^1×64×\d+×\d+$/);
  assert.equal(await label.evaluate((text) => getComputedStyle(text).fontStyle), 'italic');
  lamina.assertQuiet();
});

test('sizes that the model leaves open can be set; costs, shapes and the address follow', async (t) => {
  // Only what has an address has a link.
  const lamina = await open(t, { query: '?url=/models/ort-dynamic.onnx', mounts: { '/models/': path.join(ROOT, 'tests/fixtures/onnx') } });
  const { page } = lamina;
  const before = await figures(page);
  const names = await page.locator('#panel-model .sizes label').allInnerTexts();
  assert.deepEqual(names.map((name) => name.trim()), ['batch', 'sequence']);
  await page.fill('#panel-model .sizes input[name="sequence"]', '6');
  await page.keyboard.press('Tab');
  const after = await figuresThat(page, ({ MACs }) => MACs !== before.MACs);
  assert.ok(after.MACs >= 6 * before.MACs, `${before.MACs} before, ${after.MACs} after`);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), null, 'the field was left');
  await page.locator('#panel-model .sizes input[name="sequence"]').waitFor();
  assert.equal(await page.inputValue('#panel-model .sizes input[name="sequence"]'), '6');
  await page.waitForFunction(() => /[#&]z=sequence:6(&|$)/.test(location.hash));
  // What is not a size is no size.
  await page.fill('#panel-model .sizes input[name="sequence"]', '-3');
  await page.keyboard.press('Tab');
  await page.waitForFunction(() => !location.hash.includes('z='));
  assert.deepEqual(await figuresThat(page, ({ MACs }) => MACs !== after.MACs), before);
  // A link brings the sizes along.
  await page.goto(`${page.url().replace(/#.*/, '')}#g=0&z=sequence:6`);
  await page.reload();
  await lamina.ready();
  assert.deepEqual(await figuresThat(page, ({ MACs }) => MACs !== before.MACs), after);
  lamina.assertQuiet();
});

test('colours show what costs most, by key and by measure', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(RESNET);
  await lamina.ready();
  await rest(page);
  assert.deepEqual(await paints(page), []);
  await page.keyboard.press('h');
  await page.locator('#heat').waitFor();
  await rest(page);
  const macs = await paints(page);
  assert.ok(macs.length >= 3, macs.join(' '));
  assert.match(await page.locator('#heat .ends').innerText(), /≤ .+M/);
  await page.locator('#heat button[value="parameters"]').click();
  await rest(page);
  assert.equal(await page.locator('#heat button[value="parameters"]').getAttribute('aria-pressed'), 'true');
  assert.notDeepEqual(await paints(page), []);
  // It stays when the graph is drawn anew, and goes by the same key.
  await page.locator('#canvas').focus();
  await page.keyboard.press('\\');
  await rest(page);
  assert.notDeepEqual(await paints(page), []);
  await page.keyboard.press('h');
  await rest(page);
  assert.deepEqual(await paints(page), []);
  assert.ok(await page.locator('#heat').isHidden());
  lamina.assertQuiet();
});

test('a node and a group say what they cost', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(RESNET);
  await lamina.ready();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('Conv');
  await page.locator('#panel-find .row').first().click();
  await page.locator('#tab-selection').click();
  const cost = page.locator('#panel-selection .part', { has: page.locator('h3:has-text("Cost")') });
  await cost.waitFor();
  assert.equal(await cost.locator('.figure').first().getAttribute('title'), '118,013,952');
  lamina.assertQuiet();
});
