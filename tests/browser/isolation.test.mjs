// Following the flow: tags in place of edges that would clutter, what is around a selection, and the paths between two.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cards, rest, selected } from './graph.mjs';
import { MANY, find, framed, level, start } from './hierarchy.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { TowerNode } from './tower.mjs' */

/** High enough to show three layers in full. */
const TALL = { context: { viewport: { width: 1280, height: 5200 } } };

/** The tags around the view. @param {Page} page */
const tags = (page) => page.locator('#canvas .layer.full .tag').evaluateAll((all) => all.map((tag) => {
  const { left, top, right, bottom } = /** @type {Element} */ (tag.querySelector('.body')).getBoundingClientRect();
  return { text: tag.textContent ?? '', x: (left + right) / 2, y: (top + bottom) / 2 };
}).sort((a, b) => a.y - b.y));

test('what would clutter is named at its ends: pointing shows the edge, a click jumps along it', async (t) => {
  const { lamina, page } = await start(t, MANY);
  await page.keyboard.press('}');
  await level(page, 'Expanded');
  await find(page, '/model/layers.9/attn/Add');
  const add = await framed(page, 'selected');
  await page.focus('#canvas');
  await page.keyboard.press('Escape');
  await rest(page);
  const [end] = (await tags(page)).filter(({ y }) => y < add.bottom && y > add.top - 60);
  assert.equal(end.text, '↳ Mul');
  assert.equal(await page.locator('#canvas .wire.stub').count(), 0);
  // Where it would be, is drawn; with the name of what it comes from.
  await page.mouse.move(end.x, end.y);
  await page.waitForSelector('#canvas .pointed .wire.stub', { state: 'attached' });
  assert.match(await page.innerText('#canvas .tip'), /^Mul → 32 consumers/);
  await page.mouse.move(5, 500);
  await page.locator('#canvas .wire.stub').waitFor({ state: 'detached' });
  // A click leads to where it starts.
  await page.mouse.click(end.x, end.y);
  await page.waitForSelector('#canvas .selected .wire.stub', { state: 'attached' });
  await rest(page);
  const [begin] = await tags(page);
  assert.equal(begin.text, '↳ Mul');
  assert.ok((await cards(page)).some(({ label }) => label === 'Sub'), 'it is in view, and what is before it');
  assert.match(await page.innerText('#panel-selection .part:has(h3:has-text("From"))'), /Mul\s+\/model\/mask\/Mul/);
  assert.match(await page.innerText('#panel-selection .part:has(h3:has-text("To"))'), new RegExp(`^To\\s+${MANY}\\s`));
  lamina.assertQuiet();
});

/** @param {TowerNode[]} nodes @param {string} from @param {number} hops @param {'in'|'out'} direction @returns {Set<string>} */
function reach(nodes, from, hops, direction) {
  const found = new Set([from]);
  for (let hop = 0, last = [from]; hop < hops && last.length > 0; hop++) {
    const values = new Set(last.flatMap((name) => nodes.find((node) => node.name === name)?.[direction === 'in' ? 'reads' : 'makes'] ?? []));
    const next = nodes.filter(({ name, reads, makes }) => !found.has(name) && (direction === 'in' ? makes : reads).some((value) => values.has(value)));
    for (const { name } of next) found.add(name);
    last = next.map(({ name }) => name);
  }
  return found;
}

/** How many nodes are not dimmed, by operator; the others are, all of them. @param {Page} page @param {TowerNode[]} nodes */
async function bright(page, nodes) {
  await page.waitForSelector('#canvas .layer.full .dim .card', { state: 'attached' });
  await rest(page);
  const found = await page.locator('#canvas .layer.full:not(.highlight) .card:not(.pill)').evaluateAll((all) => all.map((group) =>
    ({ operator: (group.getAttribute('aria-label') ?? '').split(',')[0], dim: group.closest('.dim') !== null })));
  assert.equal(found.length, nodes.length, 'all are drawn');
  return found.filter(({ dim }) => !dim).map(({ operator }) => operator).sort();
}

/** @param {TowerNode[]} nodes @param {Set<string>} names */
const operatorsOf = (nodes, names) => nodes.filter(({ name }) => names.has(name)).map(({ operator }) => operator).sort();

test('what leads to a selection and what follows from it is isolated, as far as one wishes', async (t) => {
  const { lamina, page, nodes } = await start(t, 3, TALL);
  const name = '/model/layers.1/attn/MatMul_1';
  await find(page, name);
  await page.click('#tab-selection');
  await page.keyboard.press('0');
  await page.click('.selection-tools >> text=Isolate');
  await page.waitForSelector('#isolation:has-text("What is around MatMul_1, 1 hop")');
  const reaches = page.locator('.reach');
  for (const [which, directions] of /** @type {['Ancestors'|'Descendants'|'Both', ('in'|'out')[]][]} */ ([['Ancestors', ['in']], ['Descendants', ['out']], ['Both', ['in', 'out']]])) {
    await reaches.getByText(which, { exact: true }).click();
    for (const [hops, text] of /** @type {[number, string][]} */ ([[1, '1 hop'], [2, '2'], [3, '3'], [Infinity, 'All']])) {
      await reaches.getByText(text, { exact: true }).click();
      const expected = new Set(directions.flatMap((direction) => [...reach(nodes, name, hops, direction)]));
      assert.ok(expected.size > 1);
      assert.deepEqual(await bright(page, nodes), operatorsOf(nodes, expected), `${which} ${text}`);
      // What is selected draws no wires to what is dimmed, and does not lift it.
      const ends = [...new Set(directions.flatMap((direction) => [...reach(nodes, name, 1, direction)]))];
      assert.equal(await page.locator('#canvas .highlight .selected .card').count(), ends.length, `${which} ${text}`);
      if (hops === 1) assert.ok(await page.locator('#canvas .layer .dim .wire').count() > 0, 'wires are dimmed as well');
    }
  }
  await page.keyboard.press('Escape');
  await page.locator('#isolation').waitFor({ state: 'hidden' });
  await page.locator('#canvas .layer .dim').first().waitFor({ state: 'detached' });
  await selected(page, 'MatMul');
  lamina.assertQuiet();
});

test('all paths between two nodes are isolated, with Shift or by the button', async (t) => {
  const { lamina, page, nodes } = await start(t, 3, TALL);
  const [from, to] = ['/model/layers.1/Add', '/model/layers.2/attn/Softmax'];
  await find(page, from);
  await page.keyboard.press('0');
  await rest(page);
  const softmaxes = (await cards(page)).filter(({ label }) => label === 'Softmax').sort((a, b) => a.y - b.y);
  await page.keyboard.down('Shift');
  await page.mouse.click(softmaxes[2].x, softmaxes[2].y);
  await page.keyboard.up('Shift');
  await page.waitForSelector('#isolation:has-text("Paths from Add to Softmax")');
  const [after, before] = [reach(nodes, from, Infinity, 'out'), reach(nodes, to, Infinity, 'in')];
  const between = new Set([...after].filter((name) => before.has(name)));
  assert.ok(between.size > 5 && between.size < nodes.length / 2);
  assert.deepEqual(await bright(page, nodes), operatorsOf(nodes, between));
  await page.click('#isolation [aria-label="Show everything"]');
  await page.locator('#canvas .layer .dim').first().waitFor({ state: 'detached' });

  // The other way round, by the button: the paths are the same.
  await page.mouse.click(softmaxes[2].x, softmaxes[2].y);
  await selected(page, 'Softmax');
  await page.click('.selection-tools >> text=Paths…');
  await page.waitForSelector('#isolation:has-text("should end")');
  const adds = (await cards(page)).filter(({ label }) => label === 'Add').sort((a, b) => a.y - b.y);
  const names = nodes.filter(({ operator }) => operator === 'Add').map(({ name }) => name);
  assert.equal(adds.length, names.length);
  const target = adds[names.indexOf(from)];
  await page.mouse.click(target.x, target.y);
  await page.waitForSelector('#isolation:has-text("Paths from Softmax to Add")');
  assert.deepEqual(await bright(page, nodes), operatorsOf(nodes, between));
  lamina.assertQuiet();
});
