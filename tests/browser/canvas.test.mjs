// The drawing surface in a real browser, on made-up scenes.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openCanvas } from './canvas-page.mjs';

/** @type {Awaited<ReturnType<typeof openCanvas>>} */
let canvas;
before(async () => void (canvas = await openCanvas()));
after(() => canvas.close());
beforeEach(async () => {
  await canvas.page.mouse.move(2, 2);
  await canvas.page.evaluate('canvas.clear(), canvas.handlers.wheel = "zoom", Object.values(calls).forEach((list) => (list.length = 0))');
});

/** @param {string} script */
const ask = (script) => canvas.page.evaluate(script);

/** @typedef {{x: number, y: number}} Point */

/** Where the middle of an item is on screen, by arithmetic. @param {number} item */
const middleOf = (item) => /** @type {Promise<Point>} */ (ask(`(() => {
  const [x, y, w, h] = scene.rects.subarray(4 * ${item}, 4 * ${item} + 4);
  const { view } = canvas;
  return { x: (x + w / 2 - view.x) * view.scale, y: (y + h / 2 - view.y) * view.scale };
})()`));

/** Where an item is on screen, by what the browser draws. @param {number} item */
const drawn = (item) => /** @type {Promise<{x: number, y: number, width: number, height: number}>} */ (
  ask(`(() => {
    const { x, y, width, height } = document.querySelector('.layer [data-item="${item}"] > :first-child').getBoundingClientRect();
    return { x, y, width, height };
  })()`)
);

/** @param {number} actual @param {number} expected @param {number} tolerance @param {string} [what] */
const near = (actual, expected, tolerance, what = '') => assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} is not ${expected}`);

/** @param {string} name */
async function load(name) {
  await ask(`load('${name}')`);
  await canvas.settle();
}

test('every item in view is on the page, and few others', async () => {
  await load('llm');
  await canvas.run('canvas.look({ x: 0, y: 2_000_000, scale: 1 })');
  const missing = await ask(`[...scene.itemKind.keys()].filter((item) => {
    const [x, y, w, h] = scene.rects.subarray(4 * item, 4 * item + 4);
    const { view } = canvas;
    const seen = x < view.x + 1440 && x + w > view.x && y < view.y + 900 && y + h > view.y;
    return seen && !document.querySelector('[data-item="' + item + '"]');
  })`);
  assert.deepEqual(missing, []);
  const { visible, level } = /** @type {{visible: number, level: string}} */ (await ask('canvas.stats()'));
  const cards = Number(await ask('document.querySelectorAll(".card").length'));
  assert.equal(level, 'full');
  assert.ok(visible > 10 && cards >= visible && cards < 6 * visible, `${cards} cards for ${visible} in view`);
});

test('a small graph starts as a whole, a tall one at its beginning', async () => {
  await ask('globalThis.scene = mock.rows({ items: 12, columns: 2 }), canvas.show(scene)');
  const small = /** @type {{scale: number, y: number}} */ (await ask('canvas.view'));
  assert.ok(small.scale >= 0.35 && small.y <= 0 && small.y + 900 / small.scale >= Number(await ask('scene.height')));
  await load('llm');
  const tall = /** @type {{scale: number, y: number}} */ (await ask('canvas.view'));
  assert.equal(tall.scale, 1);
  assert.ok(tall.y <= 0 && tall.y > -100);
  near((await middleOf(0)).x, 720, 200);
});

test('items are where they should be, to a fraction of a pixel, millions of pixels down', async () => {
  await load('llm');
  const item = 98765;
  for (const scale of [1, 0.7, 3.3]) {
    await canvas.run(`canvas.look({ x: scene.rects[${4 * item}] - 300, y: scene.rects[${4 * item + 1}] - 200, scale: ${scale} })`);
    const box = await drawn(item);
    near(box.x, 300 * scale, 0.6, 'x');
    near(box.y, 200 * scale, 0.6, 'y');
    near(box.width, Number(await ask(`scene.rects[${4 * item + 2}]`)) * scale, 0.6, 'width');
  }
});

test('the wheel zooms to the pointer', async () => {
  await load('wide');
  await canvas.run('canvas.look({ x: 1000, y: 1000, scale: 0.9 })');
  const at = { x: 333, y: 222 };
  const first = /** @type {Point} */ (await ask(`({ x: canvas.view.x + ${at.x} / canvas.scale, y: canvas.view.y + ${at.y} / canvas.scale })`));
  await canvas.page.mouse.move(at.x, at.y);
  for (const delta of [-120, -120, 240, 53, -17]) await canvas.page.mouse.wheel(0, delta);
  await canvas.page.waitForFunction('Math.abs(canvas.scale - 0.9) > 0.01');
  await canvas.settle();
  const last = /** @type {Point} */ (await ask(`({ x: canvas.view.x + ${at.x} / canvas.scale, y: canvas.view.y + ${at.y} / canvas.scale })`));
  near(last.x, first.x, 1e-6);
  near(last.y, first.y, 1e-6);
});

test('the wheel pans when it is to, sideways with Shift, and zooms with Ctrl', async () => {
  await load('wide');
  await canvas.run('canvas.look({ x: 1000, y: 1000, scale: 1 })');
  await canvas.page.mouse.move(700, 400);
  await ask('canvas.handlers.wheel = "pan"');
  await canvas.page.mouse.wheel(30, 50);
  await canvas.page.waitForFunction('canvas.view.x === 1030 && canvas.view.y === 1050 && canvas.scale === 1');
  await canvas.page.keyboard.down('Shift');
  await canvas.page.mouse.wheel(0, 40);
  await canvas.page.keyboard.up('Shift');
  await canvas.page.waitForFunction('canvas.view.x === 1070 && canvas.view.y === 1050');
  await canvas.page.keyboard.down('Control');
  await canvas.page.mouse.wheel(0, -10);
  await canvas.page.keyboard.up('Control');
  await canvas.page.waitForFunction('Math.abs(canvas.scale - Math.exp(0.1)) < 1e-9');
});

test('a drag pans and selects nothing; a click selects', async () => {
  await load('wide');
  await canvas.run('canvas.look({ x: 1000, y: 1000, scale: 1 })');
  const item = Number(await ask('[...scene.itemKind.keys()].find((item) => scene.rects[4 * item] > 1300 && scene.rects[4 * item + 1] > 1200)'));
  const { x, y } = await middleOf(item);
  await canvas.page.mouse.move(x, y);
  await canvas.page.mouse.down();
  await canvas.page.mouse.move(x + 60, y - 25, { steps: 4 });
  await canvas.page.mouse.up();
  assert.deepEqual(await ask('({ x: canvas.view.x, y: canvas.view.y })'), { x: 940, y: 1025 });
  assert.deepEqual(await ask('calls.select'), []);
  await canvas.page.mouse.move(x + 60, y - 25);
  await canvas.page.mouse.down();
  await canvas.page.mouse.move(x + 62, y - 24);
  await canvas.page.mouse.up();
  assert.deepEqual(await ask('calls.select'), [{ kind: 'node', id: item }]);
  await canvas.page.waitForFunction('document.querySelectorAll(".selected .outline").length === 1');
  assert.equal(await ask('document.activeElement.id'), 'host', 'the keys are for the drawing now');
  await canvas.page.mouse.click(1439, 2);
  assert.equal(await ask('calls.select.at(-1)'), null);
  await canvas.page.waitForFunction('!document.querySelector(".selected")');
});

test('a selection shows its wires and the items that they join, above a veil', async () => {
  await load('resnet');
  await canvas.run('canvas.select({ kind: "node", id: 7 }, { centre: true })');
  const expected = /** @type {number[]} */ (await ask(`(() => {
    const joined = new Set([7]);
    scene.netSource.forEach((source, net) => {
      const targets = scene.netTargets.subarray(scene.netStarts[net], scene.netStarts[net + 1]);
      if (source === 7) targets.forEach((target) => joined.add(target));
      if (targets.includes(7)) joined.add(source);
    });
    return [...joined].sort((a, b) => a - b);
  })()`));
  const lifted = /** @type {number[]} */ (await ask('[...document.querySelectorAll(".selected [data-item]")].map((card) => Number(card.dataset.item)).sort((a, b) => a - b)'));
  assert.deepEqual(lifted, expected);
  assert.ok(await ask('document.querySelector(".selected .wire").getAttribute("d").length > 10'));
  assert.ok(await ask('document.querySelector(".veil").classList.contains("on")'));
  const { x, y } = await middleOf(7);
  near(x, 720, 1);
  near(y, 450, 1);
  await canvas.run('canvas.select(null)');
  assert.equal(await ask('document.querySelector(".veil").classList.contains("on")'), false);
});

/** A point on the first leg of a net, and a little aside of it. @param {number} net @param {number} aside */
const pointOnNet = (net, aside) => /** @type {Promise<Point>} */ (ask(`(() => {
  const path = scene.pathNet.indexOf(${net});
  const at = 2 * scene.pathStarts[path];
  const [ax, ay, bx, by, cx, cy, dx, dy] = scene.points.subarray(at, at + 8);
  const { view } = canvas;
  return { x: ((ax + 3 * bx + 3 * cx + dx) / 8 + ${aside} - view.x) * view.scale, y: ((ay + 3 * by + 3 * cy + dy) / 8 - view.y) * view.scale };
})()`));

test('a wire is pointed at and chosen by being near', async () => {
  await load('resnet');
  await canvas.run('canvas.look({ x: 0, y: 0, scale: 1 })');
  const net = 1;
  const on = await pointOnNet(net, 4);
  await canvas.page.mouse.move(on.x, on.y);
  await canvas.page.waitForFunction('document.querySelector(".pointed .wire")');
  assert.deepEqual(await ask('calls.hover.at(-1)'), { kind: 'value', id: 1000001 });
  const tip = String(await ask('document.querySelector(".tip.on").textContent'));
  assert.ok(tip.startsWith(String(await ask('scene.texts[scene.cardTitle[scene.itemCard[scene.netSource[1]]]]'))), tip);
  await canvas.page.mouse.click(on.x, on.y);
  assert.deepEqual(await ask('calls.select'), [{ kind: 'value', id: 1000001 }]);
  await canvas.page.waitForFunction('document.querySelector(".selected .wire") && !document.querySelector(".pointed")');
  const off = await pointOnNet(net, 40);
  await canvas.page.mouse.move(off.x, off.y);
  await canvas.page.waitForFunction('calls.hover.at(-1) === null && !document.querySelector(".tip.on")');
});

test('what is pointed at is framed, and forgotten when the mouse leaves', async () => {
  await load('resnet');
  await canvas.run('canvas.look({ x: 0, y: 0, scale: 1 })');
  const { x, y } = await middleOf(3);
  await canvas.page.mouse.move(x, y);
  await canvas.page.waitForFunction('document.querySelector(".pointed .outline")');
  assert.deepEqual(await ask('calls.hover'), [{ kind: 'node', id: 3 }]);
  await canvas.page.mouse.move(5, 890);
  await canvas.page.waitForFunction('!document.querySelector(".pointed")');
  assert.equal(await ask('calls.hover.at(-1)'), null);
});

test('what is under a resting mouse is found anew when the drawing has moved', async () => {
  await load('resnet');
  await canvas.run('canvas.look({ x: 0, y: 0, scale: 1 })');
  const { x, y } = await middleOf(3);
  await canvas.page.mouse.move(x, y);
  await canvas.page.waitForFunction('document.querySelector(".pointed .outline")');
  await canvas.run('canvas.pan(300, 0)');
  await canvas.page.waitForFunction('!document.querySelector(".pointed") && calls.hover.at(-1) === null');
});

test('the name of a wire stays within the host', async () => {
  await load('wide');
  const net = Number(await ask('[...scene.netSource.keys()].find((net) => scene.netTargets.subarray(scene.netStarts[net], scene.netStarts[net + 1]).length > 2)'));
  await canvas.run(`canvas.select({ kind: 'value', id: ${1000000 + net} }, { centre: true })`);
  const { x, y } = await pointOnNet(net, 0);
  await canvas.run(`canvas.pan(${1432 - x}, ${892 - y})`);
  const on = await pointOnNet(net, 0);
  await canvas.page.mouse.move(on.x, on.y);
  await canvas.page.waitForFunction('document.querySelector(".tip.on")');
  const { right, bottom } = /** @type {{right: number, bottom: number}} */ (await ask('document.querySelector(".tip").getBoundingClientRect().toJSON()'));
  assert.ok(right <= 1440 && bottom <= 900, `${right}, ${bottom}`);
});

test('the pinch that Safari tells of zooms', async () => {
  await load('wide');
  await canvas.run('canvas.look({ x: 1000, y: 1000, scale: 1 })');
  await ask(`['gesturestart', 'gesturechange', 'gesturechange'].forEach((type, at) => {
    const event = new MouseEvent(type, { clientX: 200, clientY: 100, bubbles: true, cancelable: true });
    document.querySelector('.pane').dispatchEvent(Object.assign(event, { scale: [1, 1.2, 1.5][at] }));
  })`);
  near(Number(await ask('canvas.scale')), 1.5, 1e-9);
  near(Number(await ask('canvas.view.x + 200 / canvas.scale')), 1200, 1e-6);
});

test('pills choose their value; marks and double clicks enter', async () => {
  await ask(`globalThis.scene = mock.pack([
    { x: 100, y: 60, w: 80, h: 24, title: 'x', category: 'data', lines: [], kind: 1, flags: 0, ref: 501 },
    { x: 100, y: 140, w: 80, h: 24, title: 'Loop', category: 'control', lines: [], kind: 0, flags: 8, ref: 77 },
    { x: 100, y: 220, w: 80, h: 24, title: 'layers', category: 'data', lines: [], kind: 3, flags: 0, ref: 9 },
  ], [{ source: 0, targets: [1], label: null, style: 0, lane: false }, { source: 1, targets: [2], label: null, style: 1, lane: false }], 300), canvas.show(scene)`);
  await canvas.run('canvas.look({ x: 0, y: 0, scale: 1 })');
  const { page } = canvas;
  await page.mouse.click(140, 72);
  await page.mouse.click(140, 232);
  assert.deepEqual(await ask('calls.select'), [{ kind: 'value', id: 501 }, { kind: 'group', id: 9 }]);
  await page.mouse.click(185, 152);
  assert.deepEqual(await ask('calls.enter'), [77]);
  await page.mouse.dblclick(120, 152);
  assert.deepEqual(await ask('calls.enter'), [77, 77]);
  const containment = await pointOnNet(1, 0);
  await page.mouse.click(containment.x, containment.y);
  assert.equal(await ask('calls.select.at(-1)'), null, 'containment is no value');
});

test('the keys pan, zoom, fit and restore', async () => {
  await load('wide');
  await canvas.run('canvas.look({ x: 2000, y: 2000, scale: 1 })');
  await canvas.page.focus('#host');
  await canvas.page.keyboard.press('ArrowDown');
  await canvas.page.keyboard.press('ArrowRight');
  assert.deepEqual(await ask('({ x: canvas.view.x, y: canvas.view.y })'), { x: 2080, y: 2080 });
  await canvas.page.keyboard.press('+');
  await canvas.page.waitForFunction('Math.abs(canvas.scale - 1.25) < 1e-9');
  await canvas.page.keyboard.press('-');
  await canvas.page.waitForFunction('Math.abs(canvas.scale - 1) < 1e-9');
  await canvas.page.keyboard.press('0');
  await canvas.page.waitForFunction('canvas.view.x <= 0 && canvas.view.x + 1440 / canvas.scale >= scene.width && canvas.view.y + 900 / canvas.scale >= scene.height');
  await canvas.page.keyboard.press('1');
  await canvas.page.waitForFunction('canvas.scale === 1');
  assert.notEqual(await ask('getComputedStyle(document.querySelector("#host"), "::after").content'), 'none', 'the focus shows');
});

test('two fingers zoom about what is between them; one pans', async (t) => {
  const touch = await openCanvas('?scene=wide', { hasTouch: true });
  t.after(() => touch.close());
  await touch.run('canvas.look({ x: 1000, y: 1000, scale: 1 })');
  const send = (/** @type {'touchStart'|'touchMove'|'touchEnd'} */ type, /** @type {[number, number][]} */ ...points) =>
    touch.session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await send('touchStart', [400, 400]);
  await send('touchMove', [420, 430]);
  await send('touchMove', [450, 460]);
  await send('touchEnd');
  await touch.page.waitForFunction('canvas.view.x === 950 && canvas.view.y === 940');
  await send('touchStart', [500, 400], [600, 400]);
  for (let step = 1; step <= 10; step++) await send('touchMove', [500 - 10 * step, 400], [600 + 10 * step, 400]);
  await send('touchEnd');
  await touch.page.waitForFunction('Math.abs(canvas.scale - 3) < 1e-6');
  const middle = /** @type {Point} */ (await touch.page.evaluate('({ x: canvas.view.x + 550 / canvas.scale, y: canvas.view.y + 400 / canvas.scale })'));
  near(middle.x, 950 + 550, 1e-6);
  near(middle.y, 940 + 400, 1e-6);
  assert.deepEqual(touch.errors, []);
});

test('what is drawn gets simpler the farther one looks', async () => {
  await load('wide');
  const seen = [];
  for (const scale of [1.5, 0.6, 0.45, 0.3, 0.15, 0.09, 0.06]) {
    await canvas.run(`canvas.look({ x: 1500, y: 3000, scale: ${scale} })`);
    const { level } = /** @type {{level: string}} */ (await ask('canvas.stats()'));
    seen.push(level);
    const layers = /** @type {string[]} */ (await ask('[...document.querySelectorAll(".layer")].map((layer) => layer.className)'));
    assert.equal(layers.length, 1, 'one layer stays');
    assert.ok(layers[0].includes(level));
    assert.ok(Number(await ask('document.querySelectorAll(".layer path").length')) > 3);
  }
  assert.deepEqual(seen, ['full', 'full', 'titles', 'titles', 'blocks', 'blocks', 'mosaic']);
  await load('resnet');
  await canvas.run('canvas.look({ x: 0, y: 0, scale: 0.2 })');
  assert.equal(await ask('canvas.stats().level'), 'titles', 'a few items keep their titles');
});

test('far titles are as large as can be read', async () => {
  await load('wide');
  await canvas.run('canvas.look({ x: 1500, y: 3000, scale: 0.3 })');
  const heights = /** @type {number[]} */ (await ask('[...document.querySelectorAll(".far-title")].map((title) => title.getBoundingClientRect().height)'));
  assert.ok(heights.length > 20);
  assert.ok(Math.min(...heights) > 6.5, `the least is ${Math.min(...heights)} px`);
});

test('100,000 items from afar are few elements', async () => {
  await load('dense');
  await canvas.run('canvas.fit()');
  const { visible, elements, level } = /** @type {{visible: number, elements: number, level: string}} */ (await ask('canvas.stats()'));
  assert.equal(visible, 100000);
  assert.equal(level, 'mosaic');
  assert.ok(elements < 1500, `${elements} elements`);
});

test('panning far leaves nothing behind', async () => {
  await load('llm');
  await canvas.run('canvas.look({ x: -400, y: 0, scale: 1 })');
  const first = Number(await ask('canvas.stats().elements'));
  let most = 0;
  for (let turn = 0; turn < 60; turn++) {
    await ask('new Promise((done) => { canvas.pan(0, -700); requestAnimationFrame(done); })');
    most = Math.max(most, Number(await ask('canvas.stats().elements')));
  }
  await canvas.settle();
  assert.ok(most < 4 * first + 400, `${most} elements on the way, ${first} at first`);
  assert.equal(await ask('document.querySelectorAll(".layer").length'), 1);
  const { y } = await drawn(Number(await ask('[...scene.itemKind.keys()].find((item) => scene.rects[4 * item + 1] > canvas.view.y)')));
  assert.ok(y >= 0 && y < 900);
});

test('a wire of millions of pixels is drawn where one looks', async () => {
  await ask(`globalThis.scene = mock.pack([
    { x: 0, y: 0, w: 80, h: 24, title: 'a', category: 'data', lines: [], kind: 0, flags: 0 },
    { x: 0, y: 5_000_000, w: 80, h: 24, title: 'b', category: 'data', lines: [], kind: 0, flags: 0 },
  ], [{ source: 0, targets: [1], label: null, style: 0, lane: true }], 200), canvas.show(scene)`);
  await canvas.run('canvas.look({ x: 0, y: 2_345_678, scale: 1 })');
  const boxes = /** @type {{left: number, right: number, top: number, bottom: number}[]} */ (
    await ask('[...document.querySelectorAll(".layer .wire")].map((wire) => wire.getBoundingClientRect().toJSON())')
  );
  const top = Math.min(...boxes.map((box) => box.top));
  const bottom = Math.max(...boxes.map((box) => box.bottom));
  assert.ok(top <= 0 && bottom >= 900, `from ${top} to ${bottom}`);
  assert.ok(bottom - top < 4000, 'and not much farther');
  for (const box of boxes) near((box.left + box.right) / 2, 180, 0.6);
  await canvas.page.mouse.move(183, 400);
  await canvas.page.waitForFunction('document.querySelector(".pointed .wire")');
});

test('names are text, whatever is in them', async () => {
  const nasty = '<img src=x onerror=globalThis.hacked=1>&lt;script&gt;"\'`</text><script>globalThis.hacked=1</script>';
  await ask(`globalThis.scene = mock.pack([
    { x: 100, y: 60, w: 300, h: 60, title: ${JSON.stringify(nasty)}, category: ${JSON.stringify(nasty)}, lines: [[${JSON.stringify(nasty)}, ${JSON.stringify(nasty)}]], kind: 0, flags: 0 },
    { x: 100, y: 190, w: 300, h: 24, title: 'b', category: 'data', lines: [], kind: 2, flags: 0 },
  ], [{ source: 0, targets: [1], label: ${JSON.stringify(nasty)}, style: 0, lane: false }], 600), canvas.show(scene)`);
  for (const scale of [1, 0.5]) {
    await canvas.run(`canvas.look({ x: 0, y: 0, scale: ${scale} })`);
    assert.equal(await ask('document.querySelectorAll("#host img, #host script").length'), 0);
  }
  await canvas.run('canvas.look({ x: 0, y: 0, scale: 1 })');
  const on = await pointOnNet(0, 2);
  await canvas.page.mouse.move(on.x, on.y + 8);
  await canvas.page.waitForFunction('document.querySelector(".tip.on")');
  for (const selector of ['.title', '.label', '.value', '.shape', '.tip']) {
    assert.ok(String(await ask(`document.querySelector('${selector}').textContent`)).includes(nasty), selector);
  }
  assert.ok(String(await ask('document.querySelector(".card").getAttribute("aria-label")')).includes(nasty));
  assert.equal(await ask('globalThis.hacked'), undefined);
});

test('the middle stays in the middle when the host is resized, and keepView keeps what is there', async () => {
  await load('wide');
  await canvas.run('canvas.select({ kind: "node", id: 1450 }, { centre: true })');
  await canvas.page.setViewportSize({ width: 1000, height: 700 });
  await canvas.page.waitForFunction('canvas.size.width === 1000');
  const middle = await middleOf(1450);
  near(middle.x, 500, 1);
  near(middle.y, 350, 1);
  await canvas.page.setViewportSize({ width: 1440, height: 900 });
  await canvas.page.waitForFunction('canvas.size.width === 1440');
  await ask('globalThis.scene = { ...scene, rects: scene.rects.map((side, at) => (at % 4 === 1 ? side + 5000 : side)), height: scene.height + 5000 }, canvas.show(scene, { keepView: true })');
  const kept = await middleOf(1450);
  near(kept.x, 720, 60);
  near(kept.y, 450, 60);
});

test('what is shown while hidden starts as usual when it appears', async () => {
  await load('llm');
  const usual = await ask('canvas.view');
  await ask('(document.querySelector("#host").style.display = "none", canvas.show(scene))');
  await ask('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await ask('document.querySelector("#host").style.display = ""');
  await canvas.page.waitForFunction('canvas.size.width === 1440');
  assert.deepEqual(await ask('canvas.view'), usual);
});

test('nothing glides when motion is to be reduced', async (t) => {
  const calm = await openCanvas('?scene=wide', { reducedMotion: 'reduce' });
  t.after(() => calm.close());
  assert.ok(await calm.page.evaluate('(canvas.fit(), canvas.motion === null)'));
});

test('an empty scene is no trouble', async () => {
  await ask('globalThis.scene = mock.pack([], [], 100), canvas.show(scene), canvas.fit()');
  await canvas.page.mouse.click(500, 500);
  await canvas.settle();
  assert.equal(await ask('canvas.stats().visible'), 0);
});

test('no error was logged on the way', () => {
  assert.deepEqual(canvas.errors, []);
});
