// Finding one's way in a large model: the overview, the breadcrumb, find, fit, and the address that holds the place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cards, rest, scale, selected } from './graph.mjs';
import { FEW, MANY, closedGroup, crumbs, drawn, find, framed, level, openGroup, openGroups, picture, query, row, start } from './hierarchy.mjs';

/** @import { Page } from 'playwright-core' */

/** Wide enough for a long breadcrumb. */
const WIDE = { context: { viewport: { width: 1680, height: 900 } } };
const STACK = `layers ×${MANY}`;

/** The box of an element. @param {Page} page @param {string} element */
const boxOf = (page, element) => page.locator(element).evaluate((found) => {
  const { left, top, right, bottom, width, height } = found.getBoundingClientRect();
  return { left, top, right, bottom, width, height, x: (left + right) / 2, y: (top + bottom) / 2 };
});

/** @param {number} actual @param {number} expected @param {number} [by] @param {string} [what] */
const near = (actual, expected, by = 2, what = 'it') => assert.ok(Math.abs(actual - expected) <= by, `${what}: ${actual} is not near ${expected}`);

test('the overview shows where one is; a click and a drag on it go elsewhere', async (t) => {
  const { lamina, page } = await start(t, MANY, WIDE);
  assert.equal(await page.locator('#minimap').isVisible(), false, 'all is in view');
  await page.keyboard.press('}');
  await level(page, 'Expanded');
  const map = await boxOf(page, '#minimap .minimap');
  const before = await boxOf(page, '#minimap .frame');
  assert.ok(before.height < map.height / 4 && before.top - map.top < map.height / 4, 'a part, near the beginning');
  // Near the end.
  await page.mouse.click(map.x, map.top + map.height * 0.75);
  await rest(page);
  const after = await boxOf(page, '#minimap .frame');
  near(after.y, map.top + map.height * 0.75, 2, 'the frame');
  const layer = async () => Number((await crumbs(page)).find((text) => text.startsWith('layers.'))?.slice('layers.'.length));
  assert.ok(await layer() > MANY / 2 && await layer() < MANY - 1, `layer ${await layer()} is in view`);
  // The frame is dragged; where it is held stays under the pointer.
  const held = { x: after.x + 2, y: after.top + 1 };
  await page.mouse.move(held.x, held.y);
  await page.mouse.down();
  await page.mouse.move(held.x, held.y - map.height / 2, { steps: 5 });
  await page.mouse.up();
  await rest(page);
  near((await boxOf(page, '#minimap .frame')).y, after.y - map.height / 2, 2, 'the frame');
  assert.ok(await layer() < MANY / 2, `layer ${await layer()} is in view`);
  // The graph moves as the frame does.
  await page.keyboard.press('0');
  await page.locator('#minimap').waitFor({ state: 'hidden' });
  lamina.assertQuiet();
});

test('closed groups have the colour of their operators in the overview', async (t) => {
  const { lamina, page } = await start(t, MANY);
  await page.keyboard.press(']');
  await drawn(page, 'layers.0', 'closed');
  await page.waitForSelector('#minimap .block', { state: 'attached' });
  const classes = await page.locator('#minimap .block').evaluateAll((paths) => paths.map((path) => path.classList[1]));
  assert.ok(classes.includes('cat-linear'), `${classes}`);
  assert.ok(!classes.includes('group'), `${classes}`);
  lamina.assertQuiet();
});

test('the breadcrumb tells the groups in view, and leads to them', async (t) => {
  const { lamina, page } = await start(t, MANY, WIDE);
  await page.keyboard.press('}');
  await level(page, 'Expanded');
  // To the middle of the fifth layer: no group is selected.
  await find(page, '/model/layers.5/attn/Softmax');
  assert.deepEqual(await crumbs(page), ['tower', 'model', STACK, 'layers.5', 'attn']);
  await page.keyboard.press('Control+f');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.focus('#canvas');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelectorAll('#canvas .selected').length === 0);
  const there = await crumbs(page);
  assert.deepEqual(there.slice(0, 4), ['tower', 'model', STACK, 'layers.5']);
  await page.mouse.move(400, 700);
  await page.mouse.down();
  await page.mouse.move(400, 100, { steps: 5 });
  await page.mouse.up();
  await rest(page);
  assert.notDeepEqual(await crumbs(page), there);
  // A crumb selects its group and shows where it begins.
  const [, , , layer] = await crumbs(page);
  await page.click(`.crumbs .button:text-is("${layer}")`);
  await selected(page, layer);
  const { text } = await openGroup(page, layer);
  const canvas = await boxOf(page, '#canvas');
  assert.ok(text.top > canvas.top && text.bottom < canvas.bottom, 'its title is in view');
  // The first crumb is the graph: nothing is selected any more.
  await page.click('.crumbs .button:text-is("tower")');
  await page.waitForFunction(() => document.querySelectorAll('#canvas .selected').length === 0);
  lamina.assertQuiet();
});

test('find reaches into closed groups: what it shows is opened up to the hit, and no further', async (t) => {
  const { lamina, page } = await start(t, MANY);
  await page.keyboard.press('{');
  await drawn(page, 'model', 'closed');
  await find(page, '/model/layers.20/mlp/Relu');
  const hit = await framed(page, 'selected');
  const canvas = await boxOf(page, '#canvas');
  near((hit.left + hit.right) / 2, canvas.x);
  near((hit.top + hit.bottom) / 2, canvas.y);
  const open = (await openGroups(page)).map(({ title }) => title);
  assert.ok(open.includes('mlp') && open.includes('layers.20') && !open.includes('layers.19') && !open.includes('attn'), `${open}`);
  await page.click('#tab-selection');
  await selected(page, 'Relu');
  // A group is found too, and shown closed in what is opened around it.
  await page.keyboard.press('{');
  await page.keyboard.press('Control+f');
  await page.fill('#query', 'layers.11');
  await page.click('.hit:has(.aside:text-is("group")):has(.operator:text-is("layers.11"))');
  await drawn(page, 'layers.11', 'closed');
  const group = await framed(page, 'selected');
  near((group.left + group.right) / 2, canvas.x);
  near((group.top + group.bottom) / 2, canvas.y);
  lamina.assertQuiet();
});

test('the whole graph is fitted, the selection brought near', async (t) => {
  const { lamina, page } = await start(t, FEW);
  await page.keyboard.press('0');
  await rest(page);
  assert.ok(await scale(page) < 60);
  await page.locator('#minimap').waitFor({ state: 'hidden' });
  await find(page, '/model/layers.4/attn/Softmax');
  await page.focus('#canvas');
  await page.keyboard.press('.');
  await rest(page);
  assert.equal(await scale(page), 150);
  const canvas = await boxOf(page, '#canvas');
  const node = await framed(page, 'selected');
  near((node.left + node.right) / 2, canvas.x);
  near((node.top + node.bottom) / 2, canvas.y);
  // A group as large as the screen allows.
  await page.keyboard.press('}');
  await level(page, 'Expanded');
  await page.click('.crumbs .button:text-is("layers.4")');
  await selected(page, 'layers.4');
  await page.keyboard.press('.');
  await rest(page);
  const group = await framed(page, 'selected');
  near((group.left + group.right) / 2, canvas.x);
  near((group.top + group.bottom) / 2, canvas.y);
  near(group.bottom - group.top, canvas.height - 128, 12, 'its height');
  // One level of zoom is 100 %, wherever the focus is.
  await page.focus('#outline, #tab-model');
  await page.keyboard.press('1');
  await rest(page);
  assert.equal(await scale(page), 100);
  await page.keyboard.press('+');
  await rest(page);
  assert.equal(await scale(page), 125);
  await page.keyboard.press('-');
  await rest(page);
  assert.equal(await scale(page), 100);
  // But not while something is typed.
  await page.keyboard.press('Control+f');
  await page.keyboard.type('1+-');
  assert.equal(await page.inputValue('#query'), '1+-');
  assert.equal(await scale(page), 100);
  lamina.assertQuiet();
});

test('a link leads to the same groups, selection and view', async (t) => {
  const { lamina, page } = await start(t, MANY);
  await find(page, '/model/layers.3/attn/Softmax');
  await page.keyboard.press('Shift+ArrowDown');
  const { x, y } = await boxOf(page, '#canvas');
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 60, y - 40, { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(x, 20);
  const before = await picture(page);
  const [open, zoom, place] = [await openGroups(page), await scale(page), await crumbs(page)];
  await page.waitForFunction(() => /&o=.+&s=n.+&v=/.test(location.hash));
  // The address follows at leisure.
  await page.waitForTimeout(500);
  const link = page.url();

  const other = await page.context().newPage();
  await other.goto(link);
  await other.waitForSelector('html[data-state=ready]');
  await selected(other, 'Softmax');
  await rest(other);
  assert.deepEqual((await openGroups(other)).map(({ title, group }) => [title, group]), open.map(({ title, group }) => [title, group]));
  assert.deepEqual(await crumbs(other), place);
  near(await scale(other), zoom, 0.5, 'scale');
  // The link has whole px of the graph.
  const moved = (await picture(other)).map((text, at) => [text, before[at] ?? '']);
  assert.equal(moved.length, before.length);
  for (const [now, then] of moved) {
    const [a, b] = [now, then].map((text) => /^(.*) (-?\d+) (-?\d+)$/.exec(text) ?? []);
    assert.equal(a[1], b[1]);
    near(Number(a[2]), Number(b[2]), 2, a[1]);
    near(Number(a[3]), Number(b[3]), 2, a[1]);
  }
  await other.close();
  lamina.assertQuiet();
});

test('what is chosen of the levels is remembered', async (t) => {
  const { lamina, page } = await start(t, MANY);
  await page.keyboard.press('}');
  await level(page, 'Expanded');
  await lamina.go(query(FEW));
  await lamina.ready();
  await level(page, 'Expanded');
  assert.ok((await openGroups(page)).length > 0, 'a small one too');
  await page.click('.levels .current');
  await page.click('#levels >> text=Automatic');
  await level(page, 'Flat');
  await lamina.go(query(MANY));
  await lamina.ready();
  await level(page, 'Groups');
  // The outline, once opened, is open again as well.
  await page.keyboard.press('Control+b');
  await row(page, 'layers').waitFor();
  await lamina.go(query(FEW));
  await lamina.ready();
  await row(page, 'layers').waitFor();
  lamina.assertQuiet();
});

test('on a phone, the outline is a drawer that leads into the drawing', async (t) => {
  const { lamina, page } = await start(t, MANY, { context: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } });
  const { mark } = await closedGroup(page, STACK);
  await page.touchscreen.tap(mark.x, mark.y);
  await drawn(page, STACK, 'open');
  await page.click('.more');
  await page.click('#tools .outlinebutton');
  await row(page, 'layers.7').click();
  await selected(page, 'layers.7');
  assert.equal(await page.locator('#outline').isVisible(), false);
  const found = await closedGroup(page, 'layers.7');
  const sheet = await boxOf(page, '#sidebar');
  assert.ok(found.card.top > 48 && found.card.bottom < sheet.top, 'it is above the sheet');
  assert.ok((await cards(page)).length > 0);
  lamina.assertQuiet();
});
