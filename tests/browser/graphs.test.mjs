// Models of several graphs: bodies of control flow and functions are entered, shown and left.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { card, cards, clickCard, selected } from './graph.mjs';
import { open } from './page.mjs';

/** @import { Page } from 'playwright-core' */

const ONNX = 'tests/fixtures/onnx';

/** Waits until the graph called `title` is shown. @param {Page} page @param {string} title */
const entered = (page, title) => page.waitForSelector(`.crumbs .selected:text-is("${title}")`);
/** The graphs around it, from the outermost. @param {Page} page */
const around = (page) => page.locator('.crumbs .crumb > .button').allInnerTexts();
/** The titles of what is drawn. @param {Page} page */
const drawn = async (page) => {
  await card(page, 'output');
  return (await cards(page)).map(({ label }) => label.split(',')[0]).sort();
};

test('bodies are entered through their node and left by the breadcrumb, Escape and the history', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(`${ONNX}/if.onnx`);
  assert.equal((await lamina.ready()).nodes, 12);
  assert.deepEqual(await drawn(page), ['Greater', 'If', 'ReduceMean', 'Relu', 'input x', 'output y'].sort());
  await clickCard(page, 'If');
  await selected(page, 'If');
  const bodies = page.locator('#panel-selection .boxed');
  assert.deepEqual((await bodies.allInnerTexts()).map((text) => text.split('\n')), [['If else_branch', '1 node'], ['If then_branch', '4 nodes']]);
  await bodies.nth(1).click();
  await entered(page, 'If then_branch');
  assert.deepEqual(await around(page), ['branches']);
  // What the body takes from the graph around is drawn as where its flow begins.
  assert.deepEqual(await drawn(page), ['Greater', 'If', 'Mul', 'ReduceSum', 'input x', 'output then_out'].sort());

  // With two bodies there is a choice to make: the node is selected.
  const inner = await card(page, 'If');
  await page.mouse.dblclick(inner.x, inner.y);
  await selected(page, 'If');
  await page.locator('#panel-selection .boxed:has-text("then_branch")').click();
  await page.waitForFunction(() => document.querySelectorAll('.crumbs .crumb > .button').length === 2);
  assert.deepEqual(await around(page), ['branches', 'If then_branch']);
  assert.deepEqual(await drawn(page), ['Add', 'Mul', 'input half', 'input x', 'output inner_yes'].sort());

  await page.focus('#canvas');
  await page.keyboard.press('Escape');
  await selected(page, 'If');
  assert.deepEqual(await around(page), ['branches']);
  await page.click('.crumbs .button:text-is("branches")');
  await entered(page, 'branches');
  assert.deepEqual(await around(page), []);
  await page.goBack();
  await entered(page, 'If then_branch');
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll('.crumbs .crumb > .button').length === 2);
  await page.goBack();
  await page.goBack();
  await entered(page, 'branches');
  await page.goBack();
  await page.waitForSelector('html[data-state=welcome]');
  await page.goForward();
  await page.waitForSelector('html[data-state=ready]');
  await entered(page, 'branches');
  lamina.assertQuiet();
});

test('a deep nest is reached from the list of graphs, and left level by level', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(`${ONNX}/nested.onnx`);
  assert.equal((await lamina.ready()).nodes, 39);
  await page.selectOption('.crumbs select', { value: '38' });
  await page.waitForFunction(() => /[#&]g=38(&|$)/.test(location.hash));
  assert.deepEqual(await drawn(page), ['Identity', 'input x', 'output y20']);
  // 19 graphs around it: the nearest three are shown.
  assert.equal((await around(page)).length, 3);
  assert.match(await page.innerText('.crumbs'), /^…/);
  await page.focus('#canvas');
  await page.keyboard.press('Escape');
  await selected(page, 'If');
  assert.match(new URL(page.url()).hash, /[#&]g=36(&|$)/);
  assert.match(await page.innerText('#panel-selection'), /if_19/);
  lamina.assertQuiet();
});

test('functions are entered through their calls', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(`${ONNX}/functions.onnx`);
  assert.equal((await lamina.ready()).nodes, 14);
  const groups = await page.locator('.crumbs select optgroup').evaluateAll((elements) => elements.map((group) =>
    [group.getAttribute('label'), [...group.children].map(({ textContent }) => textContent?.replaceAll('\u2003', '> '))]));
  // What a function holds is listed below it.
  const block = ['Block (2 nodes)', '> If else_branch (1 node)', '> If then_branch (1 node)'];
  const functions = ['LeakyScale (2 nodes)', ...block, 'Act (1 node)', 'Act:smooth (1 node)', 'Unused (1 node)'];
  assert.deepEqual(groups, [['Graphs', ['functions (5 nodes)']], ['Functions', functions]]);
  // The sign at the side of the header enters at once.
  const call = await card(page, 'LeakyScale');
  assert.match(call.label, /can be entered$/);
  await page.mouse.click(call.right, call.top + 10);
  await entered(page, 'LeakyScale');
  assert.deepEqual(await around(page), ['functions']);
  assert.deepEqual(await drawn(page), ['LeakyRelu', 'Mul', 'input gain', 'input x', 'output y']);
  await page.click('.crumbs .button:text-is("functions")');
  await entered(page, 'functions');

  // A function of its own, with control flow that calls another one.
  await page.keyboard.press('Control+f');
  await page.fill('#query', 'block_1');
  await page.click('.hit:has(.context[title="block_1"])');
  await page.click('#tab-selection');
  await page.click('#panel-selection [title="Enter its definition"]');
  await entered(page, 'Block');
  const choose = await card(page, 'If');
  await page.mouse.dblclick(choose.x, choose.y);
  await selected(page, 'If');
  await page.click('#panel-selection .boxed:has-text("then_branch")');
  await entered(page, 'If then_branch');
  const inside = await card(page, 'LeakyScale');
  await page.mouse.dblclick(inside.x, inside.y);
  await entered(page, 'LeakyScale');
  lamina.assertQuiet();
});
