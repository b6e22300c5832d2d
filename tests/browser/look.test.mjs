// How the graph is looked at: zoom, pan, touch, direction, what cards show, and the theme.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { again, card, cards, middleCard, rest, scale, selected } from './graph.mjs';
import { open } from './page.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Card } from './graph.mjs' */

const CNN = 'tests/fixtures/onnx/torch-cnn-dynamo.onnx';
const SMALL = 'tests/fixtures/onnx/metadata.onnx';

/** @param {number} actual @param {number} expected @param {number} [by] */
const near = (actual, expected, by = 1.5) => assert.ok(Math.abs(actual - expected) <= by, `${actual} is not near ${expected}`);

/**
 * Zooming by `factor` around a point moves the corners of a card away from it by that factor.
 * @param {Card} before
 * @param {Card} after
 * @param {number} factor
 * @param {{x: number, y: number}} at
 */
function assertZoomed(before, after, factor, at) {
  for (const edge of /** @type {const} */ (['left', 'right'])) near(after[edge] - at.x, factor * (before[edge] - at.x));
  for (const edge of /** @type {const} */ (['top', 'bottom'])) near(after[edge] - at.y, factor * (before[edge] - at.y));
}

/** @param {Card} before @param {Card} after @param {number} dx @param {number} dy */
function assertMoved(before, after, dx, dy) {
  near(after.left - before.left, dx);
  near(after.top - before.top, dy);
  near(after.right - after.left, before.right - before.left);
}

/** Turns the wheel, and waits for what it does. @param {Page} page @param {number} by */
async function wheel(page, by) {
  const before = await page.innerText('#zoom .scale');
  await page.mouse.wheel(0, by);
  await page.waitForFunction((old) => /** @type {HTMLElement} */ (document.querySelector('#zoom .scale')).innerText !== old, before);
}

test('wheel, keys and buttons zoom; the pointer stays on what it points at', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(CNN);
  await lamina.ready();
  await page.click('#zoom .scale');
  await rest(page);
  assert.equal(await scale(page), 100);
  const before = await middleCard(page);
  const at = { x: before.left + 20, y: before.top + 10 };
  await page.mouse.move(at.x, at.y);
  await wheel(page, -150);
  const closer = await again(page, before);
  const factor = (closer.right - closer.left) / (before.right - before.left);
  assert.ok(factor > 1.1, `the wheel zooms in: ${factor}`);
  assertZoomed(before, closer, factor, at);
  near(await scale(page), 100 * factor, 1);
  await wheel(page, 150);
  assertZoomed(before, await again(page, before), 1, at);

  await page.focus('#canvas');
  for (const [zoomIn, zoomOut] of [['Shift+ArrowUp', 'Shift+ArrowDown'], ['+', '-']]) {
    await page.keyboard.press(zoomIn);
    await rest(page);
    assert.equal(await scale(page), 125);
    await page.keyboard.press(zoomOut);
    await rest(page);
    assert.equal(await scale(page), 100);
  }
  await page.click('#zoom [aria-label^="Zoom in"]');
  await rest(page);
  assert.equal(await scale(page), 125);
  await page.keyboard.press('Shift+Backspace');
  await rest(page);
  assert.equal(await scale(page), 100);
  await page.click('#zoom [aria-label^="Zoom out"]');
  await rest(page);
  assert.equal(await scale(page), 80);

  // A page larger than the graph: after a fit all of it is in view, whatever was before.
  await page.setViewportSize({ width: 1280, height: 1500 });
  await page.click('#zoom [aria-label^="Fit"]');
  await rest(page);
  const canvas = await page.locator('#canvas').boundingBox();
  assert.ok(canvas);
  const all = await cards(page);
  assert.equal(all.length, 20);
  for (const { left, right, top, bottom, label } of all) {
    assert.ok(left >= canvas.x && right <= canvas.x + canvas.width && top >= canvas.y && bottom <= canvas.y + canvas.height, label);
  }
  lamina.assertQuiet();
});

test('a drag pans and selects nothing; so do the arrow keys', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(SMALL);
  await lamina.ready();
  const before = await card(page, 'MatMul');
  await page.mouse.move(before.x, before.y);
  await page.mouse.down();
  await page.mouse.move(before.x + 30, before.y + 60, { steps: 4 });
  await page.mouse.move(before.x - 120, before.y + 85, { steps: 4 });
  await page.mouse.up();
  assertMoved(before, await card(page, 'MatMul'), -120, 85);
  assert.equal(await page.locator('#canvas .selected').count(), 0);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  assertMoved(before, await card(page, 'MatMul'), -200, 5);
  lamina.assertQuiet();
});

test('one finger pans, two pinch, a tap selects', async (t) => {
  const lamina = await open(t, { context: { viewport: { width: 1024, height: 768 }, hasTouch: true } });
  const { page } = lamina;
  const cdp = await page.context().newCDPSession(page);
  /**
   * Moves fingers along straight lines.
   * @param {{x: number, y: number}[][]} ways from and to, a finger each
   */
  const fingers = async (...ways) => {
    const points = (/** @type {number} */ part) => ways.map(([from, to], id) =>
      ({ id, x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) }));
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: points(0) });
    for (const part of [0.25, 0.5, 0.75, 1]) await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: points(part) });
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  await lamina.choose(SMALL);
  await lamina.ready();
  const start = await card(page, 'MatMul');
  await fingers([{ x: 300, y: 300 }, { x: 340, y: 240 }]);
  const moved = await card(page, 'MatMul');
  assertMoved(start, moved, 40, -60);

  await fingers([{ x: 300, y: 400 }, { x: 250, y: 400 }], [{ x: 400, y: 400 }, { x: 450, y: 400 }]);
  const pinched = await card(page, 'MatMul');
  const factor = (pinched.right - pinched.left) / (moved.right - moved.left);
  near(factor, 2, 0.05);
  assertZoomed(moved, pinched, factor, { x: 350, y: 400 });
  near(await scale(page), 100 * factor, 1);
  assert.equal(await page.locator('#canvas .selected').count(), 0);

  await page.keyboard.press('0');
  const { x, y } = await card(page, 'MatMul');
  await page.touchscreen.tap(x, y);
  await selected(page, 'MatMul');
  // The page itself has not been zoomed.
  assert.equal(await page.evaluate(() => window.visualViewport?.scale), 1);
  lamina.assertQuiet();
});

/** Whether the flow goes down: each card of a chain lies below the one before it. @param {Card[]} chain */
const goesDown = (chain) => chain.every(({ top }, at) => at === 0 || top > chain[at - 1].bottom);
/** @param {Card[]} chain */
const goesRight = (chain) => chain.every(({ left }, at) => at === 0 || left > chain[at - 1].right);

test('direction, attributes, weights and names are switched, and the selection stays', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(SMALL);
  await lamina.ready();
  const chain = async () => [await card(page, 'input x'), await card(page, 'MatMul'), await card(page, 'Relu'), await card(page, 'output y')];
  assert.ok(goesDown(await chain()));
  const { x, y } = await card(page, 'MatMul');
  await page.mouse.click(x, y);
  await selected(page, 'MatMul');
  await page.keyboard.press('Control+k');
  await page.waitForSelector('#tools [aria-label="Direction: left to right"]');
  assert.ok(goesRight(await chain()));
  assert.equal(await page.locator('#canvas .selected .outline').count(), 1);
  await page.click('#tools [aria-label="Direction: left to right"]');
  await page.waitForSelector('#tools [aria-label="Direction: top to bottom"]');
  assert.ok(goesDown(await chain()));

  /** @param {string} keys @param {string} text */
  const toggled = async (keys, text) => {
    const has = async () => (await page.locator('#canvas .layer.full:not(.highlight)').allTextContents()).join().includes(text);
    const before = await has();
    await page.keyboard.press(keys);
    await page.waitForFunction(([wanted, state]) => {
      const texts = [...document.querySelectorAll('#canvas .layer.full:not(.highlight)')].map(({ textContent }) => textContent);
      return texts.join().includes(String(wanted)) !== state;
    }, /** @type {const} */ ([text, before]));
    await page.keyboard.press(keys);
    await rest(page);
    assert.equal(await has(), before);
    return before;
  };
  assert.equal(await toggled('Control+i', '4×4'), true, 'weights');
  assert.equal(await toggled('Control+u', 'matmul'), false, 'names');
  await lamina.choose(CNN);
  await lamina.ready();
  await page.keyboard.press('Shift+Backspace');
  await rest(page);
  assert.equal(await toggled('Control+d', 'kernel'), true, 'attributes');
  lamina.assertQuiet();
});

/** How light the ground and the first card are, from 0 to 255. @param {Page} page */
const lightness = (page) => page.evaluate(() => {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d', { willReadFrequently: true }));
  const lightnessOf = (/** @type {string} */ colour) => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3;
  };
  const body = document.querySelector('#canvas .card .body');
  return [getComputedStyle(document.documentElement).backgroundColor, body ? getComputedStyle(body).fill : '#888'].map(lightnessOf);
});
/** @param {number[]} tones */
const isDark = (tones) => tones.every((tone) => tone < 80);
/** @param {number[]} tones */
const isLight = (tones) => tones.every((tone) => tone > 200);

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`the theme follows a ${colorScheme} system until it is switched, and stays switched`, async (t) => {
    const lamina = await open(t, { context: { viewport: { width: 1280, height: 800 }, colorScheme } });
    const { page } = lamina;
    const dark = colorScheme === 'dark';
    await lamina.choose(SMALL);
    await lamina.ready();
    const [system, opposite] = dark ? [isDark, isLight] : [isLight, isDark];
    assert.ok(system(await lightness(page)));
    // From the system's, to light, to dark, and back.
    for (const [theme, is] of /** @type {const} */ ([['light', isLight], ['dark', isDark], ['system', system]])) {
      await page.click('#tools [aria-label^="Theme"]');
      await page.waitForSelector(`#tools [aria-label$="${theme}"]`);
      assert.ok(is(await lightness(page)), theme);
    }
    const theme = await page.getAttribute('html', 'data-theme');
    await page.emulateMedia({ colorScheme: dark ? 'light' : 'dark' });
    await page.waitForSelector(`html:not([data-theme=${theme}])`);
    assert.ok(opposite(await lightness(page)));
    await page.click('#tools [aria-label^="Theme"]');
    await page.click('#tools [aria-label^="Theme"]');
    await page.reload();
    await page.waitForSelector('#tools [aria-label="Theme: dark"]');
    await lamina.choose(SMALL);
    await page.waitForSelector('html[data-state=ready]');
    assert.ok(isDark(await lightness(page)));
    lamina.assertQuiet();
  });
}
