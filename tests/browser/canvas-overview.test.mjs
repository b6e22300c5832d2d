// Finding one's way on the drawing surface: stubs, isolation, the overview, the groups in view.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openCanvas } from './canvas-page.mjs';

/** @type {Awaited<ReturnType<typeof openCanvas>>} */
let canvas;
before(async () => void (canvas = await openCanvas()));
after(() => canvas.close());
beforeEach(async () => {
  await canvas.page.mouse.move(2, 2);
  await canvas.page.evaluate('canvas.clear(), canvas.hand.toggledAt = -Infinity, Object.values(calls).forEach((list) => (list.length = 0))');
});

/** @param {string} script */
const ask = (script) => canvas.page.evaluate(script);

/** @typedef {{x: number, y: number, width: number, height: number}} Box */

/** @param {number} actual @param {number} expected @param {number} tolerance @param {string} [what] */
const near = (actual, expected, tolerance, what = '') => assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} is not ${expected}`);

/** @param {string} options @param {string} [open] */
async function load(options, open = '[]') {
  await ask(`loadGroups(${options}, ${open})`);
  await canvas.settle();
}

/** The items of some title, and where the first is on screen. @param {string} title */
const itemOf = (title) => /** @type {Promise<number>} */ (ask(`[...scene.itemKind.keys()].find((item) => scene.texts[scene.cardTitle[scene.itemCard[item]]] === ${JSON.stringify(title)})`));

/** @param {string} selector */
const boxOf = (selector) => /** @type {Promise<Box>} */ (ask(`document.querySelector('${selector}').getBoundingClientRect().toJSON()`));


/** The first tag in view; there may be others around. */
const tagInView = () => /** @type {Promise<Box>} */ (ask(`[...document.querySelectorAll('.tag')].map((tag) => tag.getBoundingClientRect().toJSON())
  .find(({ x, y, right, bottom }) => x > 0 && y > 0 && right < 1440 && bottom < 900)`));

test('an edge that would clutter is named at its ends', async () => {
  await load('{ layers: 5 }', '"all"');
  const mask = await boxOf(`.card[data-item="${await itemOf('mask')}"] .body`);
  const source = await boxOf('.tag');
  assert.equal(await ask('document.querySelector(".tag").textContent'), '↳ mask');
  near(source.x + source.width / 2, mask.x + mask.width / 2, 1, 'centred');
  assert.ok(source.y >= mask.y + mask.height && source.y < mask.y + mask.height + 8, 'below the source');
  const softmax = await itemOf('Softmax');
  await canvas.run(`canvas.look({ x: scene.rects[${4 * softmax}] - 300, y: scene.rects[${4 * softmax + 1}] - 300, scale: 1 })`);
  const target = await tagInView();
  near(target.x, 300, 1);
  assert.ok(target.y + target.height <= 300 && target.y > 270, 'above the target');
  await canvas.run('canvas.look({ ...canvas.view, scale: 0.5 })');
  assert.equal(await ask('document.querySelectorAll(".tag").length'), 0, 'only in full detail');
});

test('tags of an item do not lie on one another', async () => {
  await ask(`globalThis.scene = mock.pack([
    { x: 100, y: 100, w: 80, h: 24, title: 'a', category: 'data', lines: [], kind: 0, flags: 0 },
    { x: 100, y: 300, w: 80, h: 24, title: 'b', category: 'data', lines: [], kind: 0, flags: 0 },
  ], [0, 1, 2].map((at) => ({ source: 0, targets: [1], label: at ? 'mask ' + at : null, style: at ? 3 : 0, lane: false })), 400), canvas.show(scene)`);
  const boxes = /** @type {Box[]} */ (await ask('[...document.querySelectorAll(".tag")].map((tag) => tag.getBoundingClientRect().toJSON())'));
  assert.equal(boxes.length, 4);
  boxes.forEach((box, at) => boxes.slice(0, at).forEach((other) => {
    assert.ok(box.x >= other.x + other.width || other.x >= box.x + box.width || box.y >= other.y + other.height || other.y >= box.y + box.height);
  }));
  const [x] = /** @type {number[]} */ (await ask('[(scene.rects[0] + scene.rects[2] / 2 - canvas.view.x) * canvas.scale]'));
  assert.ok(boxes.filter(({ y }) => y < 250).every((box) => box.x > x), 'beside the wire that starts there as well');
});

test('pointing at a tag shows the edges, a click jumps to their source', async () => {
  await load('{ layers: 300 }', '"all"');
  const softmax = await itemOf('Softmax');
  await canvas.run(`canvas.look({ x: scene.rects[${4 * softmax}] - 300, y: scene.rects[${4 * softmax + 1}] - 600, scale: 1 })`);
  assert.equal(await ask('document.querySelectorAll(".wire.stub").length'), 0);
  const { x, y, width, height } = await tagInView();
  await canvas.page.mouse.move(x + width / 2, y + height / 2);
  await canvas.page.waitForFunction('document.querySelector(".pointed .wire.stub")');
  const value = await ask('scene.netValue[scene.netStyle.indexOf(3)]');
  assert.deepEqual(await ask('calls.hover.at(-1)'), { kind: 'value', id: value });
  const edges = await boxOf('.pointed .wire.stub');
  assert.ok(edges.y < y && edges.y + edges.height > y - 2, 'an edge ends at the tag');
  assert.ok(edges.height < 20_000, 'what is far away is not drawn');
  await canvas.page.mouse.click(x + width / 2, y + height / 2);
  await canvas.settle();
  assert.deepEqual(await ask('calls.select'), [{ kind: 'value', id: value }]);
  const mask = await boxOf(`.card[data-item="${await itemOf('mask')}"] .body`);
  near(mask.x + mask.width / 2, 720, 2, 'the source is in the middle');
  assert.ok(mask.y > 300 && mask.y < 600);
  await canvas.page.waitForFunction('document.querySelector(".selected .wire.stub")');
});

test('the tag where a net starts selects it, and moves nothing', async () => {
  await load('{ layers: 5 }', '"all"');
  const view = await ask('({ ...canvas.view })');
  const { x, y, width, height } = await tagInView();
  await canvas.page.mouse.click(x + width / 2, y + height / 2);
  await canvas.settle();
  assert.deepEqual(await ask('calls.select'), [{ kind: 'value', id: await ask('scene.netValue[scene.netStyle.indexOf(3)]') }]);
  assert.deepEqual(await ask('({ ...canvas.view })'), view);
});

/** The titles of what is isolated. */
const kept = () => /** @type {Promise<string[]>} */ (ask(`[...scene.itemKind.keys()].filter((item) => scene.itemKind[item] < 5 && canvas.shown.stage.isolated.items[item])
  .map((item) => scene.texts[scene.cardTitle[scene.itemCard[item]]])`));

test('a neighbourhood is what is so many hops before or after', async () => {
  await load('{ layers: 3 }', '"all"');
  const softmax = await ask('scene.itemRef[[...scene.itemKind.keys()].find((item) => scene.texts[scene.cardTitle[scene.itemCard[item]]] === "Softmax")]');
  const isolate = (/** @type {string} */ direction, /** @type {number} */ hops) =>
    ask(`canvas.isolate({ kind: 'neighbourhood', selection: { kind: 'node', id: ${softmax} }, direction: '${direction}', hops: ${hops} })`);
  assert.deepEqual(await isolate('in', 1), { items: 3 });
  assert.deepEqual((await kept()).sort(), ['MatMul', 'Softmax', 'mask'], 'stubs count as well');
  assert.deepEqual(await isolate('out', 2), { items: 3 });
  assert.deepEqual(await kept(), ['Softmax', 'MatMul', 'Transpose']);
  assert.deepEqual(await isolate('both', 1), { items: 4 });
  assert.deepEqual(await isolate('both', 0), { items: 1 });
  const all = /** @type {{items: number}} */ (await isolate('out', 1e9));
  assert.ok(all.items > 40, 'all that follows');
});

test('what is not isolated is dimmed, at every level, until it no longer is', async () => {
  await load('{ layers: 12 }', '"all"');
  const id = await ask('scene.itemRef[[...scene.itemKind.keys()].find((item) => scene.texts[scene.cardTitle[scene.itemCard[item]]] === "Softmax")]');
  await ask(`canvas.isolate({ kind: 'neighbourhood', selection: { kind: 'node', id: ${id} }, direction: 'out', hops: 2 })`);
  for (const scale of [1, 0.4, 0.1]) {
    await canvas.run(`canvas.look({ x: 0, y: 400, scale: ${scale} })`);
    const opacity = /** @type {string[]} */ (await ask('[...document.querySelectorAll(".layer .dim")].map((dim) => getComputedStyle(dim).opacity)'));
    assert.ok(opacity.length > 2 && opacity.every((value) => value === '0.15'), `at ${scale}`);
    assert.ok(await ask('document.querySelectorAll(".nodes g:not(.dim) > path, .nodes g:not(.dim) > .card").length > 0'), `something is not dimmed at ${scale}`);
  }
  await canvas.run('canvas.look({ x: 0, y: 400, scale: 1 })');
  const clear = /** @type {string[]} */ (await ask('[...document.querySelectorAll(".layer .card")].filter((card) => !card.closest(".dim")).map((card) => card.querySelector(".title").textContent)'));
  assert.deepEqual(clear, ['Softmax', 'MatMul', 'Transpose']);
  await canvas.run(`canvas.select({ kind: 'node', id: ${id} })`);
  assert.equal(await ask('document.querySelector(".veil").classList.contains("on")'), false, 'nothing is dimmed twice');
  await canvas.run('canvas.isolate(null)');
  assert.equal(await ask('document.querySelectorAll(".dim").length'), 0);
});

test('paths are found in either direction, and no path dims nothing', async () => {
  await load('{ layers: 2 }', '"all"');
  const paths = (/** @type {string} */ from, /** @type {string} */ to) => ask(`canvas.isolate({ kind: 'paths', from: ${from}, to: ${to} })`);
  const id = (/** @type {string} */ title) => ask(`scene.itemRef[[...scene.itemKind.keys()].find((item) => scene.itemKind[item] < 3 && scene.texts[scene.cardTitle[scene.itemCard[item]]] === "${title}")]`);
  const [softmax, reshape, transpose] = [await id('Softmax'), await id('Reshape'), await id('Transpose')];
  const node = (/** @type {unknown} */ of) => `{ kind: 'node', id: ${of} }`;
  assert.deepEqual(await paths(node(reshape), node(softmax)), { items: 3 });
  assert.deepEqual(await kept(), ['Reshape', 'MatMul', 'Softmax']);
  assert.deepEqual(await paths(node(softmax), node(reshape)), { items: 3 });
  assert.deepEqual(await paths(node(reshape), node(transpose)), { items: 0 }, 'side by side');
  assert.equal(await ask('canvas.shown.stage.isolated'), null);
  const group = /** @type {{items: number}} */ (await paths("{ kind: 'group', id: 4 }", node(softmax)));
  assert.ok(group.items > 10, 'a group is all its members');
});

test('isolation outlives the opening of a group, not another graph', async () => {
  await load('{ layers: 4 }', '[2]');
  await ask("canvas.isolate({ kind: 'neighbourhood', selection: { kind: 'group', id: 3 }, direction: 'out', hops: 1 })");
  await canvas.run('toggle(3)');
  assert.ok(Number(await ask('canvas.shown.stage.isolated.count')) > 5, 'the members of the open group');
  await load('{ layers: 4 }');
  assert.equal(await ask('canvas.shown.stage.isolated'), null);
});

test('a wide graph of 100,000 items is isolated at once', async () => {
  await ask("load('field')");
  const { items } = /** @type {{items: number}} */ (await ask("canvas.isolate({ kind: 'neighbourhood', selection: { kind: 'node', id: 30000 }, direction: 'both', hops: Infinity })"));
  assert.ok(items > 1000 && items < 5000);
  await canvas.run('canvas.fit()');
  assert.ok(Number(await ask('canvas.stats().elements')) < 2500);
});

test('the overview shows what is in view, and moves it', async () => {
  await load('{ layers: 8 }', '"all"');
  await canvas.run('canvas.look({ x: 0, y: scene.height / 2 - 450, scale: 1 })');
  const map = await boxOf('.minimap');
  const frame = await boxOf('.minimap .frame');
  assert.ok(map.height <= 210 && map.width >= 32);
  near(frame.y + frame.height / 2, map.y + map.height / 2, 2, 'the middle is in the middle');
  near(frame.height / map.height, 900 / Number(await ask('scene.height')), 0.05);
  const { mouse } = canvas.page;
  await mouse.click(map.x + map.width / 2, map.y + map.height / 4);
  await canvas.settle();
  near(Number(await ask('canvas.view.y')) + 450, Number(await ask('scene.height')) / 4, 60, 'a click goes there');
  const held = await boxOf('.minimap .frame');
  const y = Number(await ask('canvas.view.y'));
  await mouse.move(held.x + 5, held.y + 3);
  await mouse.down();
  await mouse.move(held.x + 5, held.y + 23);
  await canvas.settle();
  near(Number(await ask('canvas.view.y')) - y, 20 * (Number(await ask('scene.height')) / map.height), 80, 'the frame is dragged by where it is held');
  await mouse.up();
  await mouse.move(held.x + 5, held.y + 60);
  near((await boxOf('.minimap .frame')).y, held.y + 20, 1.5, 'and then let go');
});

test('panning moves the frame and draws nothing anew', async () => {
  await load('{ layers: 8 }', '"all"');
  await canvas.run('canvas.look({ x: 0, y: 1000, scale: 1 })');
  await ask('globalThis.drawn = document.querySelector(".minimap svg").firstChild');
  const frame = await boxOf('.minimap .frame');
  await canvas.run('canvas.pan(0, -1000)');
  assert.ok((await boxOf('.minimap .frame')).y > frame.y);
  assert.ok(await ask('drawn && drawn === document.querySelector(".minimap svg").firstChild'));
});

test('the overview hides when everything is in view', async () => {
  await load('{ layers: 4 }');
  assert.equal(await ask('document.querySelector("#overview").hidden'), true);
  await canvas.run('canvas.look({ x: 0, y: 0, scale: 4 })');
  assert.equal(await ask('document.querySelector("#overview").hidden'), false);
  await ask('canvas.clear()');
  assert.equal(await ask('document.querySelector("#overview").hidden'), true);
});

test('the groups around the middle of the view are told, outermost first', async () => {
  await load('{ layers: 3 }', '"all"');
  const softmax = await itemOf('Softmax');
  await canvas.run(`canvas.look({ x: scene.rects[${4 * softmax}] - 700, y: scene.rects[${4 * softmax + 1}] - 440, scale: 1 })`);
  assert.deepEqual(await ask('calls.view.at(-1).groups'), [2, 3, 4]);
  await canvas.run('canvas.look({ x: 0, y: -430, scale: 1 })');
  assert.deepEqual(await ask('calls.view.at(-1).groups'), []);
});

test('what is chosen elsewhere is brought into view: a group as a whole if it can be made out', async () => {
  await load('{ layers: 60 }', '"all"');
  await canvas.run("canvas.select({ kind: 'group', id: 4 }, { centre: true })");
  const { x, y, width, height } = await boxOf('.selected .outline');
  assert.ok(x > 0 && y > 0 && x + width < 1440 && y + height < 900, 'an attention block');
  await canvas.run("canvas.select({ kind: 'group', id: 2 }, { centre: true })");
  const top = (await boxOf('.selected .outline')).y;
  assert.ok(top > 0 && top < 60, 'the beginning of what is too large');
});

test('no error was logged on the way', () => {
  assert.deepEqual(canvas.errors, []);
});
