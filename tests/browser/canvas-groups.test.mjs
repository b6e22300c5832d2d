// Groups on the drawing surface: closed and open, and every gesture that leads from one to the other.

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

/** @typedef {{x: number, y: number}} Point */
/** @typedef {Point & {w: number, h: number, kind: number}} Box */

/** In the decoder of the tests. */
const EMBED = 1;
const DECODER = 2;
const LAYER = 3;
const ATTENTION = 4;

/** Where a group is on screen, by arithmetic. @param {number} group */
const boxOf = (group) => /** @type {Promise<Box>} */ (ask(`(() => {
  const item = canvas.shown.index.find({ kind: 'group', id: ${group} }).item;
  const [x, y, w, h] = scene.rects.subarray(4 * item, 4 * item + 4);
  const { view } = canvas;
  return { x: (x - view.x) * view.scale, y: (y - view.y) * view.scale, w: w * view.scale, h: h * view.scale, kind: scene.itemKind[item] };
})()`));

/** @param {number} actual @param {number} expected @param {number} tolerance @param {string} [what] */
const near = (actual, expected, tolerance, what = '') => assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} is not ${expected}`);

/** @param {string} options @param {string} [open] */
async function load(options, open = '[]') {
  await ask(`loadGroups(${options}, ${open})`);
  await canvas.settle();
}

/** Lets the page forget that something was toggled just now. */
const forget = () => ask('canvas.hand.toggledAt = -Infinity');

test('a closed group shows its name, its operators and what it folds', async () => {
  await load('{ layers: 4 }');
  const cards = /** @type {{title: string, bodies: number, mix: [string, number][], width: number, plus: string|null}[]} */ (await ask(`[...document.querySelectorAll('.card.group')].map((card) => ({
    title: card.querySelector('.title').textContent,
    bodies: card.querySelectorAll('.body').length,
    mix: [...card.querySelectorAll('.mix')].map((part) => [part.getAttribute('class'), part.getBBox().width]),
    width: [...card.querySelectorAll('.body')].at(-1).getBBox().width,
    plus: card.querySelector('.toggle-sign').getAttribute('d'),
  }))`));
  assert.deepEqual(cards.map(({ title }) => title), ['embed', 'decoder ×4', 'head']);
  assert.deepEqual(cards.map(({ bodies }) => bodies), [1, 3, 1], 'only what folds a stack looks like one');
  assert.deepEqual(cards[0].mix.map(([name]) => name), ['mix cat-elementwise', 'mix cat-linear']);
  near(cards[0].mix[0][1], cards[0].mix[1][1], 0.2, 'as many of one as of the other');
  near(cards[1].mix.reduce((sum, [, width]) => sum + width, 0), cards[1].width - 1, 1, 'the segments fill the card');
  assert.ok(cards.every(({ plus }) => plus?.includes('v')), 'a plus');
});

test('the mark of a closed group opens it, that of the open one closes it', async () => {
  await load('{ layers: 4 }');
  const card = await boxOf(DECODER);
  await canvas.page.mouse.click(card.x + card.w - 12, card.y + 11);
  assert.deepEqual(await ask('calls.toggle'), [DECODER]);
  assert.deepEqual(await ask('calls.select'), [], 'a mark does not select');
  await canvas.settle();
  const open = await boxOf(DECODER);
  assert.equal(open.kind, 5);
  await forget();
  const mark = /** @type {Point} */ (await ask(`(() => {
    const { x, y, width, height } = document.querySelector('.layer .titlebar .toggle').getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  })()`));
  await canvas.page.mouse.click(mark.x, mark.y);
  assert.deepEqual(await ask('calls.toggle'), [DECODER, DECODER]);
  assert.equal((await boxOf(DECODER)).kind, 4);
});

test('a hasty second click does not undo the first', async () => {
  await load('{ layers: 4 }');
  const card = await boxOf(DECODER);
  await canvas.page.mouse.dblclick(card.x + card.w - 12, card.y + 11);
  assert.deepEqual(await ask('calls.toggle'), [DECODER]);
});

test('a double click on a card or on a title opens and closes', async () => {
  await load('{ layers: 4 }');
  const card = await boxOf(DECODER);
  await canvas.page.mouse.dblclick(card.x + 20, card.y + 12);
  assert.deepEqual(await ask('calls.toggle'), [DECODER]);
  await canvas.settle();
  await forget();
  const open = await boxOf(DECODER);
  assert.equal(open.kind, 5);
  await canvas.page.mouse.dblclick(open.x + open.w - 20, open.y + 12);
  assert.deepEqual(await ask('calls.toggle'), [DECODER, DECODER]);
});

test('a click selects a group; Enter and Space open it', async () => {
  await load('{ layers: 4 }');
  const card = await boxOf(EMBED);
  await canvas.page.mouse.click(card.x + 20, card.y + 12);
  assert.deepEqual(await ask('calls.select'), [{ kind: 'group', id: EMBED }]);
  await canvas.page.focus('#host');
  await canvas.page.keyboard.press('Enter');
  assert.deepEqual(await ask('calls.toggle'), [EMBED]);
  await canvas.settle();
  await canvas.run(`canvas.select({ kind: 'group', id: ${EMBED} })`);
  assert.equal(await ask('document.querySelector(".veil").classList.contains("on")'), false, 'an open group dims nothing');
  assert.ok(await ask('document.querySelector(".selected .outline")'));
  await canvas.page.keyboard.press(' ');
  assert.deepEqual(await ask('calls.toggle'), [EMBED, EMBED]);
  await canvas.settle();
  await canvas.run('canvas.select(null)');
  await canvas.page.keyboard.press('Enter');
  assert.deepEqual(await ask('calls.toggle'), [EMBED, EMBED], 'nothing is selected');
});

test('the title of an open group selects it, its ground does not', async () => {
  await load('{ layers: 4 }', `[${DECODER}]`);
  const open = await boxOf(DECODER);
  await canvas.page.mouse.click(open.x + open.w - 20, open.y + 12);
  await canvas.page.mouse.click(open.x + 8, open.y + 60);
  assert.deepEqual(await ask('calls.select'), [{ kind: 'group', id: DECODER }, null]);
});

test('Shift adds: what is selected is left to the handler', async () => {
  await load('{ layers: 4 }');
  const [first, second] = [await boxOf(EMBED), await boxOf(DECODER)];
  await canvas.page.mouse.click(first.x + 20, first.y + 12);
  await canvas.page.keyboard.down('Shift');
  await canvas.page.mouse.click(second.x + 20, second.y + 12);
  await canvas.page.keyboard.up('Shift');
  assert.deepEqual(await ask('calls.select'), [{ kind: 'group', id: EMBED }, { kind: 'group', id: DECODER }]);
  assert.deepEqual(await ask('calls.extend'), [false, true]);
  assert.equal(await ask('scene.itemRef[canvas.shown.highlight.selected.item]'), EMBED);
});

test('what is opened stays in place, and closing it restores the view', async () => {
  await load('{ layers: 4 }', `[${DECODER}]`);
  await canvas.run('canvas.look({ x: -250, y: -40, scale: 0.9 })');
  const card = await boxOf(LAYER);
  const view = await ask('({ ...canvas.view })');
  await canvas.run(`toggle(${LAYER})`);
  const open = await boxOf(LAYER);
  assert.ok(open.w > card.w);
  near(open.x + open.w / 2, card.x + card.w / 2, 0.01, 'x');
  near(open.y, card.y, 0.01, 'y');
  await canvas.run(`toggle(${LAYER})`);
  const again = /** @type {Record<string, number>} */ (await ask('({ ...canvas.view })'));
  for (const [key, value] of Object.entries(/** @type {Record<string, number>} */ (view))) near(again[key], value, 0.01, key);
});

test('what a closed group has taken in stays where the group is', async () => {
  await load('{ layers: 4 }', `[${DECODER}, ${LAYER}, ${ATTENTION}]`);
  const inner = await boxOf(ATTENTION);
  await canvas.run(`canvas.look({ x: canvas.view.x + ${inner.x - 300}, y: canvas.view.y + ${inner.y - 30}, scale: 1 })`);
  const layer = await boxOf(LAYER);
  await ask(`open.delete(${LAYER}), globalThis.scene = groups.sceneOf(hierarchy, open), canvas.show(scene, { anchor: { kind: 'group', id: ${ATTENTION} } })`);
  await canvas.settle();
  const card = await boxOf(LAYER);
  assert.equal(card.kind, 4);
  assert.ok(card.y >= 0 && card.y < 100 && card.x > 0 && card.x < 1440, `at ${card.x}, ${card.y}; the group began at ${layer.x}, ${layer.y}`);
});

test('titles out of view stick to the edge, below those of the groups around, and close their group', async () => {
  await load('{ layers: 3 }', '"all"');
  const inner = await boxOf(ATTENTION);
  await canvas.run(`canvas.look({ x: canvas.view.x + ${inner.x} / canvas.scale - 100, y: canvas.view.y + ${inner.y} / canvas.scale + 200, scale: 1 })`);
  const chips = /** @type {{text: string, x: number, y: number, width: number}[]} */ (await ask(`[...document.querySelectorAll('.sticky-title:not([hidden])')].map((chip) => {
    const { x, y, width } = chip.getBoundingClientRect();
    return { text: chip.textContent, x, y, width };
  })`));
  assert.deepEqual(chips.map(({ text }) => text), ['decoder ×3', 'layers.0', 'self_attn']);
  assert.ok(chips.every(({ y }, at) => at === 0 || y >= chips[at - 1].y + 22), 'one below the other');
  assert.ok(chips.every(({ x, y }) => x >= 0 && y >= 0));
  const { x, y, width } = chips[2];
  await canvas.page.mouse.click(x + 10, y + 10);
  assert.deepEqual(await ask('calls.select'), [{ kind: 'group', id: ATTENTION }]);
  await canvas.page.mouse.click(x + width - 11, y + 10);
  assert.deepEqual(await ask('calls.toggle'), [ATTENTION]);
  await canvas.settle();
  const card = await boxOf(ATTENTION);
  near(card.x, x, 1, 'x');
  near(card.y, y, 1, 'y');
});

test('opening is shown as a short motion, which ends as the plain drawing', async () => {
  await load('{ layers: 4 }');
  const below = /** @type {Point} */ (await ask('document.querySelector(".layer .card.pill:last-of-type").getBoundingClientRect().toJSON()'));
  await ask(`toggle(${DECODER}), canvas.transition.draw = () => (canvas.transition.actors.forEach((actor) => actor(0.5)), false), canvas.transition.draw(), null`);
  const moving = /** @type {{card: Point, hidden: string}} */ (await ask(`({
    card: [...document.querySelectorAll('.moving .card.pill')].at(-1).getBoundingClientRect().toJSON(),
    hidden: getComputedStyle(document.querySelector('.layer .nodes')).visibility,
  })`));
  assert.equal(moving.hidden, 'hidden');
  await ask('delete canvas.transition.draw, null');
  await canvas.settle();
  assert.equal(await ask('document.querySelectorAll(".moving, .concealed").length'), 0);
  assert.equal(await ask('document.querySelectorAll(".layer").length'), 1);
  const last = /** @type {Point} */ (await ask('(canvas.look({ ...canvas.view }), [...document.querySelectorAll(".layer .card.pill")].at(-1).getBoundingClientRect().toJSON())'));
  assert.ok(last.y > below.y + 100);
  near(moving.card.y, (below.y + last.y) / 2, 1, 'half way');
});

test('a pan ends the motion', async () => {
  await load('{ layers: 4 }');
  await ask(`toggle(${DECODER}), canvas.pan(0, -10)`);
  assert.equal(await ask('canvas.transition'), null);
  assert.equal(await ask('document.querySelectorAll(".layer").length'), 1);
});

test('too many items do not move', async () => {
  await load('{ layers: 40, columns: 12 }', '"all"');
  await canvas.run('canvas.look({ x: 0, y: 500, scale: 0.26 })');
  assert.ok(Number(await ask('canvas.stats().visible')) > 300);
  await ask(`toggle(${EMBED})`);
  assert.equal(await ask('document.querySelectorAll(".moving").length'), 0);
  await canvas.settle();
});

test('nothing moves when motion is to be reduced', async (t) => {
  const calm = await openCanvas('', { reducedMotion: 'reduce' });
  t.after(() => calm.close());
  await calm.page.evaluate(`loadGroups({ layers: 4 }), toggle(${DECODER})`);
  assert.ok(await calm.page.evaluate('canvas.transition === null && document.querySelectorAll(".layer").length === 1'));
});

test('open groups lie beneath wires, and only what can be seen of them is drawn', async () => {
  await load('{ layers: 1500 }', '"all"');
  for (const scale of [1, 0.4, 0.1, 0.02]) {
    await canvas.run(`canvas.look({ x: 0, y: scene.height / 2, scale: ${scale} })`);
    assert.deepEqual(await ask('[...document.querySelector(".layer").children].map((sheet) => sheet.className)'), ['grounds', 'wires', 'nodes']);
    const boxes = /** @type {{top: number, bottom: number}[]} */ (await ask('[...document.querySelectorAll(".layer .ground")].map((ground) => ground.getBoundingClientRect().toJSON())'));
    const [top, bottom] = [Math.min(...boxes.map((box) => box.top)), Math.max(...boxes.map((box) => box.bottom))];
    assert.ok(top <= 0 && bottom >= 900, `from ${top} to ${bottom} at ${scale}`);
    assert.ok(bottom - top < 6000, 'and not much farther');
    const elements = Number(await ask('canvas.stats().elements'));
    assert.ok(elements < 2500, `${elements} elements at ${scale}`);
  }
});

test('from afar, large groups keep a title', async () => {
  await load('{ layers: 6, columns: 3 }', '"all"');
  await canvas.run('canvas.look({ x: 0, y: 0, scale: 0.2 })');
  const names = /** @type {string[]} */ (await ask('[...document.querySelectorAll(".far-name text")].map((name) => name.textContent)'));
  assert.ok(names.includes('layers.1') && !names.includes('layers.0') && names.includes('decoder.0 ×6'), names.join(', '));
  const { x, y } = /** @type {Point} */ (await ask('[...document.querySelectorAll(".far-name")].find((name) => name.textContent === "decoder.0 ×6").getBoundingClientRect().toJSON()'));
  await canvas.page.mouse.click(x + 8, y + 6);
  assert.deepEqual(await ask('calls.select.map(({ kind }) => kind)'), ['group']);
});

test('no error was logged on the way', () => {
  assert.deepEqual(canvas.errors, []);
});
