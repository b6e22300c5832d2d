// The page and places in a model: isolation, links to a place, the history, phones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DECODER, server, start, asked, drawn, row, selected, level } from './chrome-start.mjs';
/** @import {Page} from 'playwright-core' */

test('what is around a selection is isolated', async (t) => {
  const page = await start(t);
  const chip = page.locator('#isolation .words');
  await page.click('#canvas [data-kind="4"]:text-is("mlp")');
  await selected(page, 'mlp');
  const selection = await asked(page, 'select');
  assert.equal(await page.locator('.reach').isVisible(), false);
  await page.click('.selection-tools >> text=Isolate');
  assert.deepEqual(await asked(page, 'isolate'), { kind: 'neighbourhood', selection, direction: 'both', hops: 1 });
  assert.equal(await chip.innerText(), 'What is around mlp, 1 hop');
  await page.click('.reach >> text=Ancestors');
  await page.click('.reach >> text=All');
  assert.deepEqual(await asked(page, 'isolate'), { kind: 'neighbourhood', selection, direction: 'in', hops: Infinity });
  assert.equal(await chip.innerText(), 'What leads to mlp, all the way');
  // It outlives other selections and another drawing of the same graph.
  await page.click('#canvas [data-kind="4"]:text-is("self_attn")');
  await selected(page, 'self_attn');
  assert.equal(await page.locator('.reach').isVisible(), false);
  await page.dblclick('#canvas [data-kind="4"]:text-is("self_attn")');
  await drawn(page, 'self_attn', 'open');
  const order = await page.evaluate(() => Reflect.get(globalThis, 'asked').map((/** @type {[string]} */ [name]) => name));
  assert.ok(order.lastIndexOf('isolate') > order.lastIndexOf('show'));
  await page.keyboard.press('Escape');
  assert.equal(await asked(page, 'isolate'), null);
  assert.equal(await chip.isVisible(), false);
  // The selection is the next to go.
  await selected(page, 'self_attn');
  await page.click('.selection-tools >> text=Isolate');
  await page.click('#isolation button');
  assert.equal(await asked(page, 'isolate'), null);
  assert.equal(await page.getAttribute('.selection-tools >> text=Isolate', 'aria-pressed'), 'false');
});

test('paths between two nodes are isolated, by a button or with Shift', async (t) => {
  const page = await start(t);
  await page.click('#canvas [data-kind="4"]:text-is("mlp")');
  await selected(page, 'mlp');
  const from = await asked(page, 'select');
  await page.click('.selection-tools >> text=Paths…');
  assert.equal(await page.innerText('#isolation .words'), 'Click where the paths from mlp should end');
  assert.equal(await page.getAttribute('.selection-tools >> text=Paths…', 'aria-pressed'), 'true');
  await page.click('#canvas :text-is("layers.3")');
  await page.waitForSelector('#isolation .words:has-text("Paths from mlp to layers.3")');
  const isolated = await asked(page, 'isolate');
  assert.deepEqual([isolated.kind, isolated.from, isolated.to.kind], ['paths', from, 'group']);
  // The first end stays selected.
  assert.deepEqual(await asked(page, 'select'), from);
  await page.keyboard.press('Escape');

  await page.click('#canvas :text-is("layers.5")', { modifiers: ['Shift'] });
  await page.waitForSelector('#isolation .words:has-text("Paths from mlp to layers.5")');
  await page.keyboard.press('Escape');
  await page.evaluate(() => Object.assign(Reflect.get(globalThis, 'canvas'), { reached: 0 }));
  await page.click('#canvas :text-is("layers.5")', { modifiers: ['Shift'] });
  await page.waitForSelector('#toast.shown:has-text("No path joins the two.")');
  assert.equal(await page.locator('#isolation').isVisible(), false);
  // Waiting for the other end is ended too.
  await page.click('.selection-tools >> text=Paths…');
  await page.keyboard.press('Escape');
  await page.click('#canvas :text-is("layers.3")');
  await selected(page, 'layers.3');
  assert.equal(await page.locator('#isolation').isVisible(), false);
});

test('the selection is brought near', async (t) => {
  const page = await start(t);
  await page.click('#canvas [data-kind="4"]:text-is("mlp")');
  await page.keyboard.press('.');
  const { x, y, scale } = await asked(page, 'look');
  const box = await page.locator('#canvas [data-kind="4"]:text-is("mlp")').evaluate((element) => {
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = /** @type {HTMLElement} */ (element);
    return { x: offsetLeft + offsetWidth / 2, y: offsetTop + offsetHeight / 2 };
  });
  const { width, height } = await page.locator('#canvas').evaluate(({ clientWidth, clientHeight }) => ({ width: clientWidth, height: clientHeight }));
  assert.equal(scale, 1.5);
  assert.ok(Math.abs(x + width / 2 / scale - box.x) < 1);
  assert.ok(Math.abs(y + height / 2 / scale - box.y) < 1);
});

test('the address holds the place, and a link leads there', async (t) => {
  const page = await start(t, DECODER, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.waitForFunction(() => location.hash === '#g=0&o=2-2');
  await page.dblclick('#canvas [data-kind="4"]:text-is("self_attn")');
  await drawn(page, 'self_attn', 'open');
  await page.click('#canvas :text-is("Softmax")');
  await selected(page, 'Softmax');
  await page.keyboard.press('Shift+ArrowDown');
  await page.click('[aria-label="Copy link"]');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /\?url=static\/samples\/decoder\.onnx#g=0&o=2-3&s=n3&v=-?\d+,-?\d+,0\.8$/);

  const other = await page.context().newPage();
  await other.setViewportSize({ width: 1200, height: 700 });
  await other.goto(link);
  await selected(other, 'Softmax');
  await drawn(other, 'self_attn', 'open');
  await other.waitForFunction(() => document.querySelector('.scale')?.textContent === '80\u00a0%');
  // The same point is in the middle of a window of another size.
  const middle = (/** @type {Page} */ where) => where.evaluate(() => {
    const [, view] = Reflect.get(globalThis, 'asked').findLast((/** @type {[string]} */ [name]) => name === 'look');
    const { clientWidth, clientHeight } = /** @type {HTMLElement} */ (document.querySelector('#canvas'));
    return [view.x + clientWidth / 2 / view.scale, view.y + clientHeight / 2 / view.scale].map(Math.round);
  });
  const [[ax = 0, ay = 0], [bx = 0, by = 0]] = await Promise.all([middle(page), middle(other)]);
  assert.ok(Math.abs(ax - bx) <= 1 && Math.abs(ay - by) <= 1);

  // What makes no sense is passed over.
  await other.goto(`${server.url}${DECODER}#g=0&o=~~&s=nzzzz&v=1,x`);
  await other.reload();
  await level(other, 'Groups');
  assert.equal(await other.locator('html[data-state=ready]').count(), 1);
  assert.equal(await other.locator('#toast.shown').count(), 0);
});

test('the history leads back to the place that was left', async (t) => {
  const page = await start(t);
  await page.click('#canvas :text-is("layers.5")');
  await selected(page, 'layers.5');
  await page.keyboard.press(']');
  await drawn(page, 'layers.5', 'open');
  await page.selectOption('.crumbs .current select', { value: '1' });
  await page.waitForFunction(() => location.hash === '#g=1');
  await page.goBack();
  await selected(page, 'layers.5');
  await drawn(page, 'layers.5', 'open');
  // An address that is typed leads to its place.
  await page.evaluate(() => {
    location.hash = 'g=0&o=&s=g2';
  });
  await level(page, 'Collapsed');
  await selected(page, 'layers ×12');
});

test('only what has an address can be linked to', async (t) => {
  const page = await start(t);
  assert.equal(await page.locator('[aria-label="Copy link"]').isVisible(), true);
  await page.setInputFiles('#file', [{ name: 'decoder.onnx', mimeType: 'application/octet-stream', buffer: Buffer.alloc(9) }]);
  await page.waitForFunction(() => !location.search && document.documentElement.dataset.state === 'ready');
  assert.equal(await page.locator('[aria-label="Copy link"]').isVisible(), false);
});

test('on a phone the outline is a drawer', async (t) => {
  const page = await start(t, DECODER, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  assert.equal(await page.locator('#outline').isVisible(), false);
  await page.tap('[aria-label="More"]');
  await page.tap('#tools [aria-label="Outline"]');
  await row(page, 'layers.3').waitFor();
  const { width, height } = await row(page, 'layers.3').boundingBox() ?? { width: 0, height: 0 };
  assert.ok(width < 390 && height >= 44);
  await row(page, 'layers.3').tap();
  await selected(page, 'layers.3');
  assert.equal(await page.locator('#outline').isVisible(), false);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await page.tap('[aria-label="More"]');
  await page.tap('.levels .current');
  await page.tap('#levels >> text=Collapse all');
  await level(page, 'Collapsed');
});

test('places are written and read', async (t) => {
  const page = await start(t);
  const results = await page.evaluate(async () => {
    const { read, write } = await import(`/static/${'permalink.js'}`);
    const place = { graph: 3, depth: { level: 'groups', open: [0, 1, 2, 3, 40, 41, 100] }, selection: { kind: 'value', id: 1295 }, view: { x: -12.4, y: 5, scale: 0.12345 } };
    const many = { graph: 0, depth: { level: 'groups', open: Array.from({ length: 9000 }, (_, index) => 2 * index) }, selection: null, view: null };
    const all = { ...many, depth: { level: 'groups', open: Array.from({ length: 20_000 }, (_, index) => index) } };
    return {
      text: write(place), back: read(`#${write(place)}`), many: write(many), all: write(all), allBack: read(write(all)).depth.open.length,
      flat: read('g=0&l=flat').depth, none: read('graph=1'), bomb: read('g=0&o=1-zzzz.1-zzzz').depth,
    };
  });
  assert.equal(results.text, 'g=3&o=1-3.11-2.1n&s=vzz&v=-12,5,0.123');
  assert.deepEqual(results.back, {
    graph: 3, depth: { level: 'groups', open: [0, 1, 2, 3, 40, 41, 100] }, selection: { kind: 'value', id: 1295 }, view: { x: -12, y: 5, scale: 0.123 },
  });
  assert.equal(results.many, 'g=0');
  assert.equal(results.all, 'g=0&o=1-ffj');
  assert.equal(results.allBack, 20_000);
  assert.deepEqual(results.flat, { level: 'flat', open: [] });
  assert.equal(results.none, null);
  assert.equal(results.bomb, null);
});

test('messages begin with a capital letter, names keep their own', async (t) => {
  const page = await start(t);
  const said = await page.evaluate(async () => {
    const { sentence } = await import(`/static/${'words.js'}`);
    return ['the file has no values', 'protobuf: ends', 'model.onnx is not there', '`git lfs` helps', 'élan vital', 'iOS is a name'].map(sentence);
  });
  assert.deepEqual(said, ['The file has no values', 'Protobuf: ends', 'model.onnx is not there', '`git lfs` helps', 'Élan vital', 'iOS is a name']);
});
