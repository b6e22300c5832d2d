// The whole page in a real browser: a file goes in, its graph comes out, and what is clicked tells what it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { golden } from './golden.mjs';
import { between, card, cards, clickCard, rest, selected } from './graph.mjs';
import { open } from './page.mjs';

const ONNX = 'tests/fixtures/onnx';
const CNN = `${ONNX}/torch-cnn-dynamo.onnx`;

/** High enough to show a small graph in full. */
const HIGH = { context: { viewport: { width: 1280, height: 1500 } } };

for (const how of /** @type {const} */ (['choose', 'drop'])) {
  test(`a file becomes a graph: ${how}`, async (t) => {
    const lamina = await open(t, HIGH);
    const { page } = lamina;
    await lamina[how](CNN);
    const ready = await lamina.ready();
    const nodes = golden(CNN);
    assert.equal(ready.nodes, nodes.length);
    // From the golden: one connection into each of the 18 nodes, a second one into both Adds, and the output.
    assert.equal(ready.edges, 21);
    assert.equal(await page.title(), 'torch-cnn-dynamo.onnx · Lamina');
    assert.deepEqual(await page.locator('#panel-model .stats').first().locator('dd').allInnerTexts(), ['18', '21', '2,951', '11.5\u00a0KiB']);
    assert.equal(await page.innerText('#bar .model'), 'torch-cnn-dynamo.onnx\nONNX v10');

    const drawn = (await cards(page)).map(({ label }) => label.split(',')[0]);
    assert.deepEqual(drawn.sort(), [...nodes.map(({ operator }) => operator), 'input image', 'output scores'].sort());
    lamina.assertQuiet();
  });
}

test('a node tells its operator, attributes, weights and neighbours', async (t) => {
  const lamina = await open(t, HIGH);
  const { page } = lamina;
  await lamina.choose(CNN);
  await lamina.ready();
  await clickCard(page, 'Gemm');
  await selected(page, 'Gemm');
  const panel = page.locator('#panel-selection');
  assert.equal(await panel.locator('.head .copyable').innerText(), 'node_linear');
  const attributes = await panel.locator('.part:has(h3:has-text("Attributes")) .entries > div').allInnerTexts();
  assert.deepEqual(attributes.map((text) => text.split(/\s+/)), [['beta', '1.0'], ['transB', '1'], ['alpha', '1.0'], ['transA', '0']]);
  const inputs = await panel.locator('.part:has(h3:has-text("Inputs")) .arguments > li').allInnerTexts();
  assert.deepEqual(inputs.map((text) => text.split('\n')[0]), ['A', 'B', 'C']);
  assert.match(inputs[0], /view\s+float32 batch×12\s+Reshape/);
  assert.match(inputs[1].replaceAll('\u00a0', ' '), /fc\.weight\s+float32 5×12\s+240 B\s*60 elements/);
  assert.match(inputs[2], /fc\.bias\s+float32 5/);
  assert.match(await panel.locator('.part:has(h3:has-text("Outputs"))').innerText(), /linear\s+float32 batch×5\s+Softmax/);
  // The selection is marked in the drawing, and the rest is veiled.
  assert.equal(await page.locator('#canvas .selected .outline').count(), 1);

  await panel.locator('.end:has-text("Reshape")').click();
  await selected(page, 'Reshape');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#panel-model:not([hidden])');
  assert.equal(await page.locator('#canvas .selected').count(), 0);
  lamina.assertQuiet();
});

test('a connection tells its tensor, its producer and its consumers, and leads along', async (t) => {
  const lamina = await open(t, HIGH);
  const { page } = lamina;
  await lamina.choose(CNN);
  await lamina.ready();
  const { x, y } = between(await card(page, 'MaxPool'), (await cards(page)).filter(({ label }) => label.startsWith('Conv'))[1]);
  await page.mouse.move(x, y);
  await page.waitForSelector('#canvas .tip.on');
  assert.match(await page.innerText('#canvas .tip'), /^MaxPool → /);
  await page.mouse.click(x, y);
  await selected(page, 'float32 batch×6×4×4');
  const panel = page.locator('#panel-selection');
  assert.match(await panel.locator('.head').innerText(), /connection\s+float32 batch×6×4×4\s+max_pool2d/);
  assert.match(await panel.locator('.part:has(h3:has-text("From"))').innerText(), /MaxPool\s+node_max_pool2d/);
  const consumers = await panel.locator('.part:has(h3:has-text("To")) .end').allInnerTexts();
  assert.deepEqual(consumers.map((text) => text.split('\n')[0]).sort(), ['Add', 'Conv']);

  await panel.locator('.end:has-text("Add")').click();
  await selected(page, 'Add');
  await panel.locator('.link-row:has-text("max_pool2d")').click();
  await selected(page, 'float32 batch×6×4×4');
  await panel.locator('.end:has-text("MaxPool")').click();
  await selected(page, 'MaxPool');
  // The ends of the graph can be chosen as well.
  await rest(page);
  await page.keyboard.press('0');
  await clickCard(page, 'input image');
  await selected(page, 'float32 batch×3×16×16');
  assert.match(await panel.innerText(), /graph input[^]+input of the graph[^]+To[^]+Conv/);
  lamina.assertQuiet();
});

test('a file on this machine is asked of no server, and documentation one of the page’s own files', async (t) => {
  const lamina = await open(t, HIGH);
  const { page, server } = lamina;
  await page.waitForLoadState('networkidle');
  const before = server.log.length;
  await lamina.drop(CNN);
  await lamina.ready();
  await clickCard(page, 'Gemm');
  await selected(page, 'Gemm');
  await page.locator('#panel-selection .tensor button:has-text("Show values")').first().click();
  await page.waitForSelector('#panel-selection .cells');
  await page.keyboard.press('Control+f');
  await page.keyboard.type('relu');
  await page.waitForSelector('.hit');
  await page.click('#tools [aria-label="Direction: top to bottom"]');
  await page.waitForSelector('#tools [aria-label="Direction: left to right"]');
  await page.click('#tab-selection');
  await page.waitForSelector('#panel-selection .usual');
  const asked = () => server.log.slice(before).map(({ path }) => path);
  // The drag loads the rest of the page's own program.
  const program = /^\/(static\/[\w/-]+\.js|static\/ops\/defaults\.json|wasm\/worker(_bg\.wasm|\.js))$/;
  assert.deepEqual(asked().filter((path) => !program.test(path)), []);
  assert.match(await page.innerText('#panel-selection .usual'), /alpha\s+1[^]*transA\s+0/);

  await page.click('#panel-selection summary:has-text("Documentation")');
  await page.waitForSelector('#panel-selection .documentation');
  const documentation = await page.innerText('#panel-selection .documentation');
  assert.match(documentation, /transB/);
  assert.match(documentation, /operator set 13/);
  assert.deepEqual(asked().filter((path) => !program.test(path)), ['/static/ops/onnx.json']);
  lamina.assertQuiet();
});

test('files that belong together are chosen together, and one that is missing is named', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(`${ONNX}/torch-external/model.onnx.data`, `${ONNX}/torch-external/model.onnx`);
  const { nodes } = await lamina.ready();
  assert.equal(nodes, golden(`${ONNX}/torch-external/model.onnx`).length);
  assert.match(await page.innerText('#panel-model .sub'), /and 1 more file/);
  const show = async () => {
    await page.keyboard.press('Control+f');
    await page.fill('#query', 'node_conv2d');
    await page.click('.hit:has(.operator:text-is("Conv"))');
    await page.click('#tab-selection');
    await selected(page, 'Conv');
    await page.locator('#panel-selection .tensor button:has-text("Show values")').first().click();
  };
  await show();
  await page.waitForSelector('#panel-selection .cells');

  await lamina.choose(`${ONNX}/torch-external/model.onnx`);
  assert.equal((await lamina.ready()).nodes, nodes);
  await page.waitForSelector('#panel-model .diagnostic:has-text("model.onnx.data"):has-text("which is not here")');
  await show();
  await page.waitForSelector('#panel-selection .tensor .note:has-text("model.onnx.data")');
  lamina.assertQuiet();
});

test('find lists what is typed, the arrow keys walk it, Enter shows it', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  const file = `${ONNX}/torch-transformer.onnx`;
  await lamina.choose(file);
  await lamina.ready();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('softmax');
  await page.waitForSelector('.hit');
  const expected = golden(file).filter(({ operator }) => operator === 'Softmax').length;
  assert.equal(await page.locator('.hit:has(.operator:text-is("Softmax"))').count(), expected);
  assert.ok(expected > 1);
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.getAttribute('#hit-1', 'aria-selected'), 'true');
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.getAttribute('#hit-0', 'aria-selected'), 'true');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#canvas .selected .outline', { state: 'attached' });
  await rest(page);
  const canvas = await page.locator('#canvas').boundingBox();
  const outline = await page.locator('#canvas .selected .outline').boundingBox();
  assert.ok(canvas && outline);
  assert.ok(Math.abs(outline.x + outline.width / 2 - canvas.x - canvas.width / 2) < 3, 'in the middle');
  assert.ok(Math.abs(outline.y + outline.height / 2 - canvas.y - canvas.height / 2) < 3, 'in the middle');
  await page.click('#tab-selection');
  await selected(page, 'Softmax');
  // Tensors and connections are found too.
  await page.keyboard.press('Control+f');
  await page.keyboard.type('nothing is called this');
  await page.waitForSelector('.find .note:has-text("Nothing here is called")');
  lamina.assertQuiet();
});
