// The hierarchy of a real model: what it opens with, and every way to open and close groups.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { card as cardOf, cards, rest, scale, selected } from './graph.mjs';
import {
  FEW, HIGH, MANY, ODD, assertSameEntry, closedGroup, closedGroups, crumbs, drawn, framed, level, openGroup, openGroups, picture, row, settle, start,
} from './hierarchy.mjs';
import { open } from './page.mjs';

/** @import { Page } from 'playwright-core' */

const STACK = `layers ×${MANY}`;

test('a large model opens with what fits the screen, a small one flat', async (t) => {
  const large = await start(t, MANY);
  await level(large.page, 'Groups');
  const items = await cards(large.page);
  const canvas = await large.page.locator('#canvas').evaluate((element) => element.getBoundingClientRect());
  for (const { label, top, bottom } of items) assert.ok(top >= canvas.top && bottom <= canvas.bottom, `${label} is in view`);
  assert.ok(await scale(large.page) >= 75, 'it can be read');
  assert.deepEqual((await openGroups(large.page)).map(({ title }) => title), ['model', 'mask', 'norm']);
  // What a closed group says: its name, how many there are, its nodes and parameters, what varies, the mix of its operators.
  const stack = await closedGroup(large.page, STACK);
  const parameters = MANY * (4 * 8 * 8 + 8 + 2 * 8 * 16) + 2 * 8 * 16;
  assert.deepEqual(stack.lines.slice(0, 2), [`nodes ${MANY * 17}`, `parameters ${(parameters / 1000).toFixed(1)} K`]);
  assert.equal(stack.lines[2], `varies up weight: 8×32 in ${ODD}; else 8×16`);
  assert.equal(stack.stacked, true);
  assert.ok(await large.page.locator('#canvas .card.group .mix').count() >= 3);
  large.lamina.assertQuiet();

  const small = await start(t, FEW);
  await level(small.page, 'Flat');
  assert.deepEqual(await openGroups(small.page), []);
  assert.deepEqual(await closedGroups(small.page), []);
  small.lamina.assertQuiet();
});

test('the marks open and close a group, which stays under the pointer; then all is as before', async (t) => {
  const { lamina, page } = await start(t, MANY);
  const before = await picture(page);
  const { mark, card } = await closedGroup(page, STACK);
  await page.mouse.click(mark.x, mark.y);
  await drawn(page, STACK, 'open');
  // What the pointer is on is found anew when all is at rest: it is the same group.
  const opened = await framed(page, 'pointed');
  assert.ok(opened.left <= mark.x && mark.x <= opened.right && opened.top <= mark.y && mark.y <= opened.bottom, 'it is under the pointer');
  assert.ok(opened.bottom - opened.top > 3 * (card.bottom - card.top));
  // It is where it was, or no farther from there than the pointer asks for.
  const moved = Math.abs((opened.left + opened.right) / 2 - (card.left + card.right) / 2);
  assert.ok(moved <= 2 || opened.right - mark.x < 14, `it went ${moved} px to the side`);
  assert.ok(Math.abs(opened.top + 3 - card.top) <= 2);
  const { mark: minus } = await openGroup(page, STACK);
  await page.mouse.click(minus.x, minus.y);
  await drawn(page, STACK, 'closed');
  assert.deepEqual(await picture(page), before);
  lamina.assertQuiet();
});

test('wherever it is on the screen and however near, a group that is toggled stays there', async (t) => {
  const { lamina, page } = await start(t, MANY, HIGH);
  await page.keyboard.press(']');
  await drawn(page, 'layers.0', 'closed');
  for (const [title, dx, dy, zoom] of /** @type {[string, number, number, string | null][]} */ ([
    ['layers.0', 0, 0, null], ['layers.1', -300, 200, 'Shift+ArrowUp'], ['layers.5', 250, -350, 'Shift+ArrowDown'],
  ])) {
    if (zoom) await page.keyboard.press(zoom);
    await page.mouse.move(1, 1400);
    await rest(page);
    await page.mouse.move(640, 1300);
    await page.mouse.down();
    await page.mouse.move(640 + dx, 1300 + dy, { steps: 4 });
    await page.mouse.up();
    const before = await picture(page);
    const { card } = await closedGroup(page, title);
    await page.mouse.click(card.left + 20, card.y);
    const closed = await framed(page, 'selected');
    await page.keyboard.press('Enter');
    await drawn(page, title, 'open');
    assertSameEntry(closed, await framed(page, 'selected'));
    await page.keyboard.press(' ');
    await drawn(page, title, 'closed');
    assertSameEntry(closed, await framed(page, 'selected'));
    await page.keyboard.press('Escape');
    assert.deepEqual(await picture(page), before);
  }
  lamina.assertQuiet();
});

test('a double click on a card opens it, one on the title closes it', async (t) => {
  const { lamina, page } = await start(t, MANY);
  const { card } = await closedGroup(page, STACK);
  await page.mouse.dblclick(card.x, card.bottom - 8);
  await drawn(page, STACK, 'open');
  const { text } = await openGroup(page, STACK);
  await page.mouse.dblclick(text.x, text.y);
  await drawn(page, STACK, 'closed');
  lamina.assertQuiet();
});

test('all is opened, level by level or at once; flat shows every node without groups', async (t) => {
  const { lamina, page, nodes } = await start(t, 3, { context: { viewport: { width: 1280, height: 6000 } } });
  const operators = nodes.map(({ operator }) => operator).sort();
  const shown = async () => (await cards(page)).map(({ label }) => label.split(',')[0]).filter((label) => !/put /.test(label)).sort();
  assert.deepEqual(await shown(), operators);
  await page.keyboard.press('{');
  await level(page, 'Collapsed');
  assert.deepEqual(await shown(), ['MatMul', 'group model']);

  /** The names of the open groups after each step. @type {string[][]} */
  const steps = [];
  for (const last of [false, false, false, true]) {
    await page.keyboard.press(']');
    await level(page, last ? 'Expanded' : 'Groups');
    await page.keyboard.press('0');
    await rest(page);
    steps.push([...new Set((await openGroups(page)).map(({ title }) => title))]);
  }
  assert.deepEqual(steps[0], ['model']);
  assert.deepEqual(steps[1].sort(), ['layers ×3', 'mask', 'model', 'norm']);
  assert.equal(steps[2].filter((title) => title.startsWith('layers.')).length, 3);
  assert.ok(steps[3].includes('attn') && steps[3].includes('mlp') && !steps[2].includes('attn'));
  assert.deepEqual(await shown(), operators);
  const expanded = await openGroups(page);

  // Shallower takes back what deeper did; the buttons do the same.
  await page.click('.levels [aria-label="One level less"]');
  await level(page, 'Groups');
  await page.keyboard.press('[');
  await page.waitForFunction((count) => document.querySelectorAll('#canvas .titlebar').length === count, 4);
  await page.click('.levels .current');
  await page.click('#levels >> text=Expand all');
  await level(page, 'Expanded');
  assert.deepEqual((await openGroups(page)).map(({ group }) => group), expanded.map(({ group }) => group));
  await page.keyboard.press('\\');
  await level(page, 'Flat');
  assert.deepEqual(await openGroups(page), []);
  assert.deepEqual(await shown(), operators);
  lamina.assertQuiet();
});

test('a stack says what differs; any of its instances can be opened', async (t) => {
  const { lamina, page } = await start(t, MANY, HIGH);
  const { card } = await closedGroup(page, STACK);
  await page.mouse.click(card.x, card.bottom - 8);
  await selected(page, STACK);
  const panel = page.locator('#panel-selection');
  assert.match(await panel.locator('.kind').innerText(), /^a run of 32 similar blocks$/);
  const differences = await panel.locator('.differences li').allInnerTexts();
  assert.deepEqual(differences, [`up weight: 8×32 in ${ODD}; else 8×16`, `down weight: 32×8 in ${ODD}; else 16×8`]);
  const instance = panel.locator('.part:has(h3:has-text("Instances")) .row', { hasText: /^layers\.9$/ });
  await instance.click();
  await selected(page, 'layers.9');
  await drawn(page, 'layers.9', 'closed');
  // It is in the middle of what can be seen.
  const canvas = await page.locator('#canvas').evaluate((element) => element.getBoundingClientRect());
  const { card: ninth } = await closedGroup(page, 'layers.9');
  assert.ok(Math.abs(ninth.x - canvas.x - canvas.width / 2) < 3 && Math.abs(ninth.y - canvas.y - canvas.height / 2) < 3);
  await page.click('.selection-tools >> text=Open');
  await drawn(page, 'layers.9', 'open');
  assert.deepEqual((await openGroups(page)).map(({ title }) => title).filter((title) => title.startsWith('layers.')), ['layers.9']);
  lamina.assertQuiet();
});

test('the outline and the drawing go together', async (t) => {
  const { lamina, page } = await start(t, MANY, HIGH);
  await page.keyboard.press('Control+b');
  await row(page, 'layers').waitFor();
  await rest(page);
  assert.equal(await row(page, 'layers').getAttribute('aria-expanded'), 'false');
  // From the drawing to the outline.
  const { mark } = await closedGroup(page, STACK);
  await page.mouse.click(mark.x, mark.y);
  await drawn(page, STACK, 'open');
  await row(page, 'layers.3').waitFor();
  assert.equal(await row(page, 'layers').getAttribute('aria-expanded'), 'true');
  const { card } = await closedGroup(page, 'layers.1');
  await page.mouse.click(card.left + 20, card.y);
  await page.waitForSelector('#outline [aria-selected=true]:has-text("layers.1")');
  // From the outline to the drawing.
  await row(page, 'layers.3').locator('.twisty').click();
  await drawn(page, 'layers.3', 'open');
  await row(page, 'layers.3').locator('.name').click();
  await selected(page, 'layers.3');
  await page.focus('#outline .tree');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => [...document.querySelectorAll('#outline .item.active[aria-expanded=true] .name')].some(({ textContent }) => textContent === 'attn'));
  await drawn(page, 'attn', 'open');
  await page.keyboard.press('Enter');
  await selected(page, 'attn');
  await row(page, 'layers').first().dblclick();
  await drawn(page, STACK, 'closed');
  // What was selected is hidden now: the group that hides it is selected.
  await selected(page, STACK);
  await page.waitForSelector('#outline [aria-selected=true]:has-text("layers")');
  assert.equal(await row(page, 'layers.3').count(), 0);
  lamina.assertQuiet();
});

test('groups open with a short motion, without one when motion is to be reduced', async (t) => {
  /** Whether anything was seen moving. @param {Page} page */
  const moves = async (page) => {
    const { mark } = await closedGroup(page, STACK);
    await page.evaluate(() => {
      Object.assign(window, { moved: 0 });
      new MutationObserver((records) => {
        for (const { addedNodes } of records) for (const node of addedNodes) if (/** @type {Element} */ (node).classList?.contains('moving')) Object.assign(window, { moved: 1 });
      }).observe(/** @type {Element} */ (document.querySelector('#canvas')), { childList: true, subtree: true });
    });
    await page.mouse.click(mark.x, mark.y);
    await drawn(page, STACK, 'open');
    return page.evaluate(() => Reflect.get(window, 'moved') === 1);
  };
  const lively = await start(t, MANY);
  assert.equal(await moves(lively.page), true);
  const calm = await start(t, MANY, { context: { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' } });
  assert.equal(await moves(calm.page), false);
});

test('a tree of modules opens and closes like a graph, and its whole is called as its card is', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose('static/samples/llama.safetensors');
  await lamina.ready();
  // The diagram that is drawn of the weights comes before their tree.
  await page.locator('#panel-model .row.nested .operator:text-is("model")').click();
  await page.waitForSelector('.crumbs .selected:text-is("model")');
  await level(page, 'Expanded');
  await page.keyboard.press('{');
  await level(page, 'Collapsed');
  const whole = await cardOf(page, 'module model');
  await page.mouse.click(whole.x, whole.y);
  await selected(page, 'model');
  // It cannot be closed.
  assert.equal(await page.locator('.selection-tools .button:text-is("Close")').isVisible(), false);
  const { card: closed, lines } = await closedGroup(page, 'model');
  assert.deepEqual(lines, ['modules 38', 'parameters 12.9 K']);
  await page.mouse.dblclick(closed.x, closed.bottom - 6);
  await drawn(page, 'layers ×4', 'closed');
  await settle(page);
  const { card: stack } = await closedGroup(page, 'layers ×4');
  await page.mouse.click(stack.left + 20, stack.y);
  await selected(page, 'layers ×4');
  // The graph before them is a menu.
  assert.deepEqual(await crumbs(page), ['model', 'layers ×4']);
  await page.keyboard.press('Enter');
  await drawn(page, 'layers.3', 'closed');
  // An open group is a card of the tree.
  const opened = await cardOf(page, 'module layers ×4');
  assert.ok(Math.abs(opened.left - stack.left) <= 2, 'it stays where it is');
  await page.keyboard.press('Enter');
  await drawn(page, 'layers ×4', 'closed');
  lamina.assertQuiet();
});
