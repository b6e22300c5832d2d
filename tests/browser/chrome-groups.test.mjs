// The page and the hierarchy of a model: levels, outline, breadcrumb, isolation, links to a place. Both the program and the drawing
// surface are stand-ins, so what the page asks of them can be seen.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { serve } from './chrome-mock.mjs';

/** @import {Page} from 'playwright-core' */

const DECODER = '?url=static/samples/decoder.onnx';

/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  server = await serve({ '/static/canvas/canvas.js': fileURLToPath(new URL('chrome-canvas.mjs', import.meta.url)) });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/**
 * A page of its own with a model; what it complains about is collected.
 * @param {import('node:test').TestContext} t
 * @param {string} [query]
 * @param {import('playwright-core').BrowserContextOptions} [context]
 */
async function start(t, query = DECODER, context = {}) {
  const own = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...context });
  const page = await own.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  t.after(async () => {
    await own.close();
    assert.deepEqual(complaints, []);
  });
  await page.goto(server.url + query);
  await page.waitForSelector('html[data-state=ready]');
  return page;
}

/** What the page last asked the drawing surface for. @param {Page} page @param {string} name @returns {Promise<any>} */
const asked = (page, name) => page.evaluate((wanted) => Reflect.get(globalThis, 'asked').findLast((/** @type {[string]} */ [what]) => what === wanted)?.[1], name);

/** @param {Page} page @param {string} title of the group in the drawing @param {'closed'|'open'} as */
const drawn = (page, title, as) => page.waitForSelector(`#canvas [data-kind="${as === 'open' ? 5 : 4}"]:text-is("${title}")`);

/** Items of the drawing. @param {Page} page */
const items = (page) => page.locator('#canvas > [data-item]').count();

/** The row of the outline. @param {Page} page @param {string} name */
const row = (page, name) => page.locator('#outline .item', { has: page.locator(`.name:text-is("${name}")`) }).first();

/** Waits until the heading of the Selection panel is this. @param {Page} page @param {string} title */
const selected = (page, title) => page.waitForFunction((wanted) => document.querySelector('#panel-selection h2')?.textContent === wanted, title);

/** @param {Page} page @param {string} text */
const level = (page, text) => page.waitForSelector(`.levels .current > span:text-is("${text}")`);

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
