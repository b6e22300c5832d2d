// The page and the hierarchy of a model: levels, outline, breadcrumb, the panel of a group, find.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DECODER, server, start, asked, drawn, items, row, selected, level } from './chrome-start.mjs';

test('levels are stepped through by buttons, keys and menu', async (t) => {
  const page = await start(t);
  await level(page, 'Groups');
  const first = await items(page);
  await page.keyboard.press('{');
  await level(page, 'Collapsed');
  assert.ok(await items(page) < first);
  assert.equal(await page.isDisabled('.levels [aria-label="One level less"]'), true);
  await page.keyboard.press(']');
  await drawn(page, 'layers ×12', 'open');
  await drawn(page, 'layers.0', 'closed');
  // Steps that are typed faster than they are answered are all taken.
  await page.keyboard.press(']');
  await page.keyboard.press(']');
  await level(page, 'Expanded');
  assert.equal(await page.isDisabled('.levels [aria-label="One level more"]'), true);
  await page.click('.levels [aria-label="One level less"]');
  await drawn(page, 'self_attn', 'closed');
  await page.click('.levels .current');
  await page.click('#levels >> text=Flat');
  await level(page, 'Flat');
  assert.equal(await page.locator('#canvas [data-kind="5"], #canvas [data-kind="4"]').count(), 0);
  // From flat, one level less has all groups, open.
  await page.keyboard.press('[');
  await level(page, 'Expanded');
  await drawn(page, 'self_attn', 'open');
  await page.keyboard.press('\\');
  await level(page, 'Flat');
});

test('the chosen level is remembered; automatic is a choice too', async (t) => {
  const page = await start(t);
  await page.keyboard.press('{');
  await level(page, 'Collapsed');
  await page.reload();
  await page.goto(server.url + DECODER);
  await level(page, 'Collapsed');
  await page.click('.levels .current');
  const chosen = () => page.locator('#levels [aria-checked=true] .text').evaluateAll((all) => all.map(({ firstChild }) => firstChild?.textContent));
  assert.deepEqual(await chosen(), ['Collapse all']);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await level(page, 'Groups');
  await page.click('.levels .current');
  assert.deepEqual(await chosen(), ['Automatic']);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#levels').isVisible(), false);
});

test('a model without groups has no level control and no outline', async (t) => {
  const page = await start(t, '?url=static/samples/resnet18.onnx');
  assert.equal(await page.locator('.levels').isVisible(), false);
  await page.keyboard.press('Control+b');
  await page.keyboard.press(']');
  assert.equal(await page.locator('#outline').isVisible(), false);
});

test('groups are toggled in the drawing and in the panel, and stay where they are', async (t) => {
  const page = await start(t);
  await page.dblclick('#canvas [data-kind="4"]:text-is("self_attn")');
  await drawn(page, 'self_attn', 'open');
  const { id } = await asked(page, 'select');
  assert.deepEqual(await asked(page, 'show'), { keepView: true, anchor: { kind: 'group', id } });
  await selected(page, 'self_attn');
  await page.click('.selection-tools >> text=Close');
  await drawn(page, 'self_attn', 'closed');
  await page.click('.selection-tools >> text=Open');
  await drawn(page, 'self_attn', 'open');
  // What disappears in a group hands the selection to it.
  await page.click('#canvas :text-is("Softmax")');
  await selected(page, 'Softmax');
  await page.keyboard.press('{');
  await selected(page, 'layers ×12');
  assert.equal((await asked(page, 'select')).kind, 'group');
});

test('the outline goes with the drawing', async (t) => {
  const page = await start(t);
  assert.equal(await page.locator('#outline').isVisible(), false);
  await page.keyboard.press('Control+b');
  await row(page, 'layers').waitFor();
  assert.equal(await row(page, 'layers').getAttribute('aria-expanded'), 'true');
  assert.match((await row(page, 'layers').innerText()).replaceAll(/\s+/g, ' '), /^layers ×12 96 9\.44 M$/);
  assert.equal(await row(page, 'layers.1').getAttribute('aria-expanded'), 'false');
  assert.equal(await row(page, 'layers.1').getAttribute('aria-level'), '2');
  assert.equal(await row(page, 'layers.1').getAttribute('aria-setsize'), '12');

  await row(page, 'layers.1').locator('.twisty').click();
  await drawn(page, 'layers.1', 'open');
  await page.waitForSelector('#outline .item[aria-expanded=true]:has-text("layers.1")');
  // The twisty does not select.
  assert.equal(await page.locator('#outline [aria-selected=true]').count(), 0);

  await page.click('#canvas :text-is("self_attn")');
  await page.waitForSelector('#outline [aria-selected=true]:has-text("self_attn")');
  await page.keyboard.press('{');
  await page.waitForFunction(() => document.querySelectorAll('#outline .item').length === 3);
  await page.reload();
  await row(page, 'layers').waitFor();
  await page.keyboard.press('Control+b');
  assert.equal(await page.locator('#outline').isVisible(), false);
});

test('the outline is walked by keys, and reveals what it selects', async (t) => {
  const page = await start(t);
  await page.keyboard.press('{');
  await level(page, 'Collapsed');
  await page.keyboard.press('Control+b');
  await row(page, 'layers').waitFor();
  await page.focus('#outline .tree');
  const active = () => page.evaluate(() => {
    const tree = document.querySelector('#outline .tree');
    return document.getElementById(tree?.getAttribute('aria-activedescendant') ?? '')?.querySelector('.name')?.textContent;
  });
  await page.keyboard.press('ArrowDown');
  assert.equal(await active(), 'layers ×12');
  await page.keyboard.press('ArrowRight');
  await drawn(page, 'layers ×12', 'open');
  await page.waitForSelector('#outline .item:has-text("layers.0")');
  await page.keyboard.press('ArrowRight');
  assert.equal(await active(), 'layers.0');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('#outline .item:has-text("self_attn")');
  await page.keyboard.press('ArrowRight');
  assert.equal(await active(), 'self_attn');
  await page.keyboard.press('Enter');
  await selected(page, 'self_attn');
  assert.equal((await asked(page, 'centre')).kind, 'group');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await active(), 'layers.0');
  await page.keyboard.press('ArrowLeft');
  await drawn(page, 'layers.0', 'closed');
  await selected(page, 'layers.0');
  await page.keyboard.press('End');
  assert.equal(await active(), 'lm_head');
});

test('the outline of twenty thousand groups has few elements', async (t) => {
  const page = await start(t, '?url=static/samples/huge.onnx');
  await page.keyboard.press('Control+b');
  await row(page, 'layers').waitFor();
  assert.equal(await row(page, 'layers').getAttribute('aria-expanded'), 'false');
  await page.keyboard.press(']');
  await page.waitForSelector('#outline .item:has-text("layers.0")');
  await page.focus('#outline .tree');
  await page.keyboard.press('End');
  await row(page, 'lm_head').waitFor();
  assert.ok(await page.locator('#outline .item').count() < 100);
  // A group far down that is selected in the drawing comes into view.
  await page.locator('#canvas :text-is("layers.1000")').dispatchEvent('click');
  await page.waitForSelector('#outline [aria-selected=true]:has-text("layers.1000")');
  assert.ok(await row(page, 'layers.1000').isVisible());
});

test('the breadcrumb leads through the groups around the selection', async (t) => {
  const page = await start(t);
  await page.dblclick('#canvas [data-kind="4"]:text-is("self_attn")');
  await page.click('#canvas :text-is("Softmax")');
  await selected(page, 'Softmax');
  const crumbs = async () => (await page.locator('.crumbs .group').allInnerTexts()).map((text) => text.trim());
  assert.deepEqual(await crumbs(), ['layers ×12', 'layers.0', 'self_attn']);
  // The panel of a node links to the same groups.
  assert.deepEqual(await page.locator('#panel-selection .path .link').allInnerTexts(), ['layers ×12', 'layers.0', 'self_attn']);
  await page.click('.crumbs >> text=layers.0');
  await selected(page, 'layers.0');
  assert.equal((await asked(page, 'centre')).kind, 'group');
  assert.deepEqual(await crumbs(), ['layers ×12', 'layers.0']);
  await page.click('#panel-selection .path >> text=layers ×12');
  await selected(page, 'layers ×12');
  // Where there is no room, the middle folds into a menu.
  await page.click('#canvas :text-is("Softmax")');
  await selected(page, 'Softmax');
  await page.setViewportSize({ width: 1130, height: 800 });
  await page.waitForSelector('.crumbs .elided');
  assert.equal((await crumbs()).at(-1), 'self_attn');
  const [hidden] = await page.locator('.crumbs .elided option').allTextContents().then((texts) => texts.filter(Boolean));
  await page.selectOption('.crumbs .elided select', { label: hidden ?? '' });
  await selected(page, hidden ?? '');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelectorAll('.crumbs .group').length === 0);
});

test('without a selection the breadcrumb tells what is in view', async (t) => {
  const page = await start(t);
  const crumbs = async () => (await page.locator('.crumbs .group').allInnerTexts()).map((text) => text.trim());
  assert.deepEqual(await crumbs(), []);
  await page.evaluate(() => Object.assign(Reflect.get(globalThis, 'canvas'), { groups: [2, 3] }));
  await page.keyboard.press('Shift+ArrowDown');
  assert.deepEqual(await crumbs(), ['layers ×12', 'layers.0']);
  await page.click('#canvas :text-is("embed_tokens")');
  await selected(page, 'embed_tokens');
  assert.deepEqual(await crumbs(), ['embed_tokens']);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelectorAll('.crumbs .group').length === 2);
});

test('the breadcrumb of a single graph starts with its name', async (t) => {
  const page = await start(t, '?url=static/samples/decoder-single.onnx');
  assert.equal(await page.locator('.crumbs .crumb').count(), 0);
  await page.click('#canvas :text-is("self_attn")');
  await selected(page, 'self_attn');
  assert.deepEqual((await page.locator('.crumbs .crumb').allInnerTexts()).map((text) => text.trim()), ['main_graph', 'layers ×12', 'layers.0', 'self_attn']);
  await page.click('.crumbs >> text=main_graph');
  await page.waitForSelector('#tab-model[aria-selected=true]');
  assert.equal(await page.locator('.crumbs .crumb').count(), 0);
});

test('a group says what it is', async (t) => {
  const page = await start(t);
  await page.click('#canvas [data-kind="5"]:text-is("layers ×12")', { position: { x: 8, y: 8 } });
  await selected(page, 'layers ×12');
  const panel = page.locator('#panel-selection');
  assert.equal(await panel.locator('.kind').innerText(), 'a run of 12 similar blocks');
  const text = (await panel.innerText()).replaceAll(/\s+/g, ' ');
  for (const part of ['Nodes 96', 'Parameters 9.44 M', 'linear 36 38 %', 'normalization 12', 'float32', 'Differences 1', 'layers.3 has 2,048']) assert.ok(text.includes(part), part);
  assert.equal(await panel.locator('.shares >> nth=0 >> .stack > span').count(), 5);
  await panel.locator('.row:has-text("layers.7")').click();
  await selected(page, 'layers.7');
  assert.equal(await panel.locator('.kind').innerText(), 'a module');
});

test('find reaches into closed groups', async (t) => {
  const page = await start(t);
  await page.keyboard.press('{');
  await level(page, 'Collapsed');
  const hit = async (/** @type {string} */ query, /** @type {string} */ kind) => {
    await page.keyboard.press('Control+f');
    await page.keyboard.type(query);
    await page.locator(`.hit:has(.aside:text-is("${kind}"))`, { hasText: query }).first().click();
  };
  await hit('layers.11/mlp/Gelu', 'node');
  await page.waitForSelector('#canvas .chosen:text-is("Gelu")');
  await drawn(page, 'mlp', 'open');
  await drawn(page, 'layers.0', 'closed');
  await hit('layers.4', 'group');
  await page.waitForSelector('#canvas .chosen:text-is("layers.4")');
  await drawn(page, 'layers.4', 'closed');
  // A connection within a group is seen once its ends are.
  await hit('hidden_12', 'connection');
  await page.waitForFunction(() => Reflect.get(globalThis, 'asked').some((/** @type {[string, any]} */ [name, what]) => name === 'centre' && what.kind === 'value'));
  assert.deepEqual(await asked(page, 'centre'), { kind: 'value', id: 12 });
  assert.equal(await page.getAttribute('#tab-find', 'aria-selected'), 'true');
});
