// The page around the graph, with a stand-in for the program behind it: every state, panel and shortcut.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { serve } from './chrome-mock.mjs';

/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  server = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/**
 * A page of its own; what it complains about is collected.
 * @param {import('node:test').TestContext} t
 * @param {{query?: string, context?: import('playwright-core').BrowserContextOptions, quiet?: boolean}} [options]
 */
async function start(t, { query = '', context = {}, quiet = true } = {}) {
  const own = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context });
  const page = await own.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  t.after(async () => {
    await own.close();
    if (quiet) assert.deepEqual(complaints, []);
  });
  await page.goto(server.url + query);
  await page.waitForSelector('.sample', { state: 'attached' });
  return page;
}

/**
 * Chooses files that hold nothing: their names decide.
 * @param {import('playwright-core').Page} page
 * @param {string} state the one to wait for
 * @param {...string} names
 */
async function choose(page, state, ...names) {
  await page.setInputFiles('#file', names.map((name) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.alloc(2000) })));
  await page.waitForSelector(`html[data-state=${state}]`);
}

/**
 * The operator of the selected node, once it is shown.
 * @param {import('playwright-core').Page} page
 * @param {string} operator
 */
const selected = (page, operator) => page.waitForSelector(`#panel-selection h2:text-is("${operator}")`);

test('a chosen file is shown with what it says about itself', async (t) => {
  const page = await start(t);
  const ready = page.evaluate(() => new Promise((resolve) => {
    document.addEventListener('lamina:ready', (event) => resolve(/** @type {CustomEvent} */ (event).detail), { once: true });
  }));
  await choose(page, 'ready', 'resnet18.onnx');
  const detail = /** @type {{nodes: number, edges: number, seconds: number}} */ (await ready);
  assert.equal(detail.nodes, 21);
  assert.equal(detail.edges, 23);
  assert.ok(detail.seconds > 0);
  assert.equal(await page.title(), 'resnet18.onnx · Lamina');
  assert.equal(await page.textContent('#live'), 'Opened resnet18.onnx: 21 nodes');
  const panel = (await page.innerText('#panel-model')).replaceAll('\u00a0', ' ');
  for (const part of ['ONNX v8', '11.7 M', '44.6 MiB', 'float32', 'com.microsoft', 'pytorch 2.4.0', '1.95 KiB']) assert.ok(panel.includes(part), part);
  assert.equal(await page.getAttribute('#panel-model .stats [title]', 'title'), '11,689,512');
  // What a file says is text: the markup in its metadata is shown, not obeyed.
  assert.ok(panel.includes('<img src=x onerror'));
  assert.equal(await page.locator('#sidebar img').count(), 0);
});

test('a node shows its attributes, weights and neighbours', async (t) => {
  const page = await start(t);
  await choose(page, 'ready', 'resnet18.onnx');
  await page.click('.diagnostic:has-text("weights.bin")');
  await selected(page, 'Conv');
  const panel = page.locator('#panel-selection');
  assert.match(await panel.innerText(), /kernel_shape\s+7, 7/);
  assert.equal(await panel.locator('.type i').first().innerText(), 'batch');

  // What the node does not state is there with its default, if its version of the operator has one.
  await panel.locator('.usual').waitFor();
  assert.deepEqual((await panel.locator('.usual > div').allInnerTexts()).map((text) => text.split(/\s+/)), [['auto_pad', 'NOTSET']]);
  assert.equal(await panel.locator('.entries:not(.usual) dt:text-is("group")').count(), 1);

  await panel.locator('text=Show values').first().click();
  await panel.locator('.cells').first().waitFor();
  assert.equal(await panel.locator('.cells > span').count(), 256);
  assert.equal(await panel.locator('.index').nth(1).innerText(), '0, 0, 1');
  await panel.locator('text=Show 256 more').click();
  await panel.locator('text=512 of 9,408').waitFor();
  assert.equal(await panel.locator('.cells > span').count(), 512);
  // The second batch goes on in the row in which the first one ended.
  assert.equal(await panel.locator('.index').count(), Math.ceil(512 / 7));

  await panel.locator('summary').click();
  await panel.locator('.documentation code').first().waitFor();
  assert.equal(await panel.locator('.documentation code').first().innerText(), 'auto_pad');

  await panel.locator('.end:has-text("Relu")').click();
  await selected(page, 'Relu');
  // What was unfolded stays so; little is known about this operator.
  await panel.locator('text=Nothing is known here about Relu').waitFor();
  assert.equal(await page.locator('#panel-selection').evaluate((element) => element.scrollTop), 0);
  await page.keyboard.press('Escape');
  await page.waitForSelector('#tab-model[aria-selected=true]');
});

test('modules have tensors, no operators', async (t) => {
  const page = await start(t);
  await choose(page, 'ready', 'weights.safetensors');
  assert.match((await page.innerText('.stats')).replaceAll(/\s+/g, ' '), /Modules 21 Tensors 62/);
  await page.click('.diagnostic:has-text("weights.bin")');
  await selected(page, 'Conv');
  const panel = page.locator('#panel-selection');
  assert.equal(await panel.locator('.kind').innerText(), 'module');
  assert.deepEqual(await panel.locator('h3 > :first-child').allInnerTexts(), ['Attributes', 'Tensors', 'Outputs']);
  assert.equal(await panel.locator('summary').count(), 0);
});

test('subgraphs are entered and left, by the history too', async (t) => {
  const page = await start(t);
  await choose(page, 'ready', 'resnet18.onnx');
  await page.click('#panel-model .row:has-text("then_branch")');
  await page.waitForFunction(() => location.hash.startsWith('#g=1'));
  assert.deepEqual(await page.locator('.crumbs .button').allInnerTexts(), ['main_graph']);
  assert.equal(await page.innerText('.crumbs .selected'), 'then_branch');
  await page.goBack();
  await page.waitForSelector('.crumbs .selected:text-is("main_graph")');
  await page.goForward();
  await page.waitForSelector('.crumbs .selected:text-is("then_branch")');
  await page.focus('#canvas');
  await page.keyboard.press('Escape');
  // Who leaves a body finds the node that holds it.
  await selected(page, 'If');
  await page.selectOption('.crumbs select', { value: '3' });
  await page.waitForSelector('.crumbs .selected:text-is("LayerNormalization")');
});

test('find lists, walks and shows', async (t) => {
  const page = await start(t);
  await choose(page, 'ready', 'resnet18.onnx');
  await page.keyboard.press('Control+f');
  await page.keyboard.type('conv');
  await page.waitForSelector('.hit');
  assert.equal(await page.innerText('.find > .note'), '3 results');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.getAttribute('#query', 'aria-activedescendant'), 'hit-1');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#panel-selection')?.textContent?.includes('/layer1/layer1.0/conv1/Conv'));
  // The list stays for the next result.
  assert.equal(await page.getAttribute('#tab-find', 'aria-selected'), 'true');
  // Who types and presses Enter at once gets what was typed.
  await page.fill('#query', 'flatten');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#panel-selection h2')?.textContent === 'Flatten');
  await page.fill('#query', 'nothing like this');
  await page.waitForSelector('text=Nothing here is called');
  // Keys that are shortcuts elsewhere are text in the field.
  await page.fill('#query', '');
  await page.keyboard.type('?0');
  assert.equal(await page.inputValue('#query'), '?0');
  assert.equal(await page.locator('dialog[open]').count(), 0);
  await page.keyboard.press('Escape');
  assert.equal(await page.inputValue('#query'), '');
});

test('shortcuts and buttons change the drawing, and what is chosen is remembered', async (t) => {
  const page = await start(t);
  await choose(page, 'ready', 'resnet18.onnx');
  const pressed = (/** @type {string} */ label) => page.getAttribute(`#tools [aria-label^="${label}"]`, 'aria-pressed');
  assert.equal(await pressed('Names'), 'false');
  await page.keyboard.press('Control+u');
  await page.waitForSelector('#tools [aria-label^="Names"][aria-pressed=true]');
  await page.keyboard.press('Control+k');
  await page.waitForSelector('[aria-label="Direction: left to right"]');
  const scale = await page.innerText('.scale');
  await page.keyboard.press('Shift+ArrowDown');
  await page.waitForFunction((old) => /** @type {HTMLElement} */ (document.querySelector('.scale')).innerText !== old, scale);
  await page.keyboard.press('Control+Enter');
  assert.equal(await page.locator('#sidebar').isVisible(), false);
  await page.keyboard.press('?');
  assert.ok((await page.innerText('dialog[open]')).includes('Direction of the graph'));
  await page.keyboard.press('Escape');

  await page.click('[aria-label="Theme: as the system"]');
  await page.click('[aria-label="Theme: light"]');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await page.reload();
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await choose(page, 'ready', 'resnet18.onnx');
  assert.equal(await pressed('Names'), 'true');
});

test('the sidebar is resized by hand and by keys', async (t) => {
  const page = await start(t);
  await choose(page, 'ready', 'resnet18.onnx');
  const width = () => page.locator('#sidebar').evaluate((element) => element.getBoundingClientRect().width);
  assert.equal(await width(), 360);
  const { x, y } = await page.locator('#sidebar .handle').boundingBox() ?? { x: 0, y: 0 };
  await page.mouse.move(x + 4, y + 200);
  await page.mouse.down();
  await page.mouse.move(x - 96, y + 200);
  await page.mouse.up();
  assert.ok(Math.abs(await width() - 460) <= 4);
  const dragged = await width();
  await page.focus('#sidebar .handle');
  await page.keyboard.press('ArrowRight');
  assert.equal(await width(), dragged - 24);
  await page.reload();
  await choose(page, 'ready', 'resnet18.onnx');
  assert.equal(await width(), dragged - 24);
});

test('the drawing is saved as a file', async (t) => {
  const page = await start(t);
  await choose(page, 'ready', 'resnet18.onnx');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[aria-label="Save as SVG"]')]);
  assert.equal(download.suggestedFilename(), 'resnet18.onnx.svg');
});

test('a file that cannot be opened says why and what can be done', async (t) => {
  const page = await start(t);
  await choose(page, 'error', 'model.lfs.onnx');
  assert.match(await page.innerText('#message'), /This file cannot be shown\s+model.lfs.onnx\s+This is a Git LFS pointer \(132 bytes\)/);
  assert.equal(await page.innerText('#message code'), 'git lfs pull');
  await page.keyboard.press('Escape');
  await page.waitForSelector('html[data-state=welcome]');
  await choose(page, 'error', 'bad.onnx');
  assert.match(await page.innerText('#message'), /damaged or incomplete[^]+ends in the middle of a field/);
});

test('a crash of the program is contained', async (t) => {
  const page = await start(t);
  await choose(page, 'error', 'crash.onnx');
  await page.click('#message summary');
  assert.match(await page.innerText('#message pre'), /panicked at src\/codec\/protobuf.rs/);
  await choose(page, 'ready', 'resnet18.onnx');
});

test('opening is cancelled, and the model before it is still there', async (t) => {
  const page = await start(t);
  await choose(page, 'ready', 'resnet18.onnx');
  await choose(page, 'opening', 'slow.onnx');
  await page.waitForSelector('.progress.certain');
  assert.match(await page.innerText('#message .stage'), /Reading the graph/);
  await page.click('text=Cancel');
  await page.waitForSelector('html[data-state=ready]');
  assert.equal(await page.innerText('#bar .name'), 'resnet18.onnx');
  await page.click('#panel-model .row:has-text("MaxPool")');
  await page.waitForSelector('.hit');
});

test('back returns to the start, forward to the model', async (t) => {
  const page = await start(t);
  await choose(page, 'ready', 'resnet18.onnx');
  await page.goBack();
  await page.waitForSelector('html[data-state=welcome]');
  await page.goForward();
  await page.waitForSelector('html[data-state=ready]');
  await page.click('.home');
  await page.waitForSelector('html[data-state=welcome]');
});

test('samples and addresses are opened, with or without Range', async (t) => {
  const page = await start(t);
  await page.click('.sample >> nth=0');
  await page.waitForSelector('html[data-state=ready]');
  assert.equal(new URL(page.url()).searchParams.get('url'), 'static/samples/resnet18.onnx');
  await page.reload();
  await page.waitForSelector('html[data-state=ready]');
  await page.goto(`${server.url}?url=static/samples/norange.onnx#g=1`);
  await page.waitForSelector('html[data-state=ready]');
  assert.ok(server.requests.includes('/static/samples/norange.onnx'));
  assert.equal(await page.innerText('.crumbs .selected'), 'then_branch');
  await page.goto(`${server.url}?url=ftp://example.org/model.onnx`);
  await page.waitForSelector('html[data-state=error]');
  assert.match(await page.innerText('#message'), /is not the address of a file/);
});

test('an address without a file says so', async (t) => {
  // The browser itself reports the 404.
  const page = await start(t, { query: '?url=static/samples/norange-absent.onnx', quiet: false });
  await page.waitForSelector('html[data-state=error]');
  assert.match(await page.innerText('#message'), /There is no file at/);
});

test('files are dropped, and dragging says what a drop will do', async (t) => {
  const page = await start(t);
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    for (const name of ['model.onnx', 'model.onnx.data']) dataTransfer.items.add(new File(['x'], name));
    Object.assign(window, { dataTransfer });
    document.dispatchEvent(new DragEvent('dragenter', { dataTransfer, bubbles: true }));
  });
  assert.match(await page.innerText('#drop'), /Drop to open these 2 together/);
  await page.evaluate(() => {
    const dataTransfer = Reflect.get(window, 'dataTransfer');
    document.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page.waitForSelector('html[data-state=ready]');
  assert.equal(await page.innerText('#bar .name'), 'model.onnx');
  assert.match(await page.innerText('#panel-model .sub'), /and 1 more file/);
});

test('on a phone the sidebar is a sheet', async (t) => {
  const page = await start(t, { context: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } });
  await choose(page, 'ready', 'resnet18.onnx');
  const height = () => page.locator('#sidebar').evaluate((element) => element.getBoundingClientRect().height);
  assert.ok(await height() < 80);
  await page.tap('#tab-model');
  await page.waitForFunction(() => (document.querySelector('#sidebar')?.getBoundingClientRect().height ?? 0) > 400);
  await page.tap('#tab-model');
  await page.waitForFunction(() => (document.querySelector('#sidebar')?.getBoundingClientRect().height ?? 0) < 80);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  const small = await page.locator('button:visible, a:visible').evaluateAll((elements) => elements
    .filter((element) => element.getBoundingClientRect().height < 44).map((element) => element.outerHTML));
  assert.deepEqual(small, []);
});

test('nothing is asked of anyone but the page’s own server', async (t) => {
  const page = await start(t);
  /** @type {string[]} */
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await choose(page, 'ready', 'resnet18.onnx');
  await page.click('.diagnostic:has-text("weights.bin")');
  await selected(page, 'Conv');
  // Of the page's own program, the rest; a local model by itself causes no request.
  assert.deepEqual(asked.filter((url) => !/\/((static|wasm)\/[\w/-]+\.m?js|static\/ops\/defaults\.json)$/.test(url) || !url.startsWith(server.url)), []);
});

/**
 * Calls a function of a module of the page for each of `inputs`, there.
 * @param {import('playwright-core').Page} page
 * @param {string} module
 * @param {string} name
 * @param {unknown[][]} inputs
 * @returns {Promise<any[]>}
 */
const call = (page, module, name, inputs) => page.evaluate(async ([path, key, list]) => {
  const loaded = await import(`/static/${path}`);
  return list.map((args) => loaded[key](...args));
}, /** @type {const} */ ([module, name, inputs]));

test('the main file is found among several', async (t) => {
  const page = await start(t);
  const main = (/** @type {Record<string, number>} */ files) => page.evaluate(async (entries) => {
    const { mainFirst } = await import(`/static/${'files.js'}`);
    const given = entries.map(([path, size]) => ({ path, blob: { size } }));
    return mainFirst(given, new Set(['onnx', 'onnx.data', 'safetensors', 'bin', 'json'])).map((/** @type {{path: string}} */ { path }) => path);
  }, Object.entries(files));
  assert.deepEqual(await main({ 'model.onnx.data': 9000, 'model.onnx': 10, 'README.md': 5 }), ['model.onnx', 'model.onnx.data', 'README.md']);
  const shards = { 'a-00001-of-00002.safetensors': 900, 'a-00002-of-00002.safetensors': 800, 'model.safetensors.index.json': 3, 'config.json': 1 };
  assert.equal((await main(shards))[0], 'model.safetensors.index.json');
  assert.equal((await main({ 'sdxl/unet/model.safetensors': 900, 'sdxl/sdxl.safetensors': 100 }))[0], 'sdxl/sdxl.safetensors');
  assert.equal((await main({ 'notes.txt': 1, 'weights.bin': 500 }))[0], 'weights.bin');
  assert.equal((await main({ 'config.json': 10, 'tokenizer.json': 2000, 'pytorch_model.bin': 500 }))[0], 'pytorch_model.bin');
  assert.equal((await main({ 'config.json': 10, 'tokenizer.json': 2000, 'model.safetensors': 500, 'decoder.onnx': 900 }))[0], 'model.safetensors');
  assert.equal((await main({ 'config.json': 10, 'tokenizer.json': 2000, 'vocab.txt': 5000 }))[0], 'config.json');
  assert.equal((await main({ 'model.json': 10, 'group1-shard1of2.bin': 500, 'group1-shard2of2.bin': 400 }))[0], 'model.json');
  assert.equal((await main({ 'face-weights_manifest.json': 10, 'face.bin': 500 }))[0], 'face-weights_manifest.json');
  assert.deepEqual(await main({}), []);
});

test('numbers read well', async (t) => {
  const page = await start(t);
  const read = async (/** @type {string} */ name, /** @type {unknown[][]} */ ...inputs) =>
    (await call(page, 'numbers.js', name, inputs)).map((text) => text.replaceAll('\u00a0', ' '));
  assert.deepEqual(await read('short', [0], [999], [9_999], [10_000], [523_400], [999_499], [999_600], [11_005_824], [1_240_000_000]),
    ['0', '999', '9,999', '10.0 K', '523 K', '999 K', '1.00 M', '11.0 M', '1.24 B']);
  assert.deepEqual(await read('bytes', [0], [512], [1024], [46_758_048], [5_000_000_000]), ['0 B', '512 B', '1.00 KiB', '44.6 MiB', '4.66 GiB']);
  assert.deepEqual(await read('percent', [0, 10], [1, 1000], [999, 1000], [5, 5], [1, 3]), ['0 %', '< 1 %', '99 %', '100 %', '33 %']);
  assert.deepEqual(await read('seconds', [0.0004], [0.031], [1.234], [61]), ['1 ms', '31 ms', '1.23 s', '61 s']);
  assert.deepEqual(await read('plural', [1, 'node'], [1203, 'node'], [2, 'entry', 'entries']), ['1 node', '1,203 nodes', '2 entries']);
});
