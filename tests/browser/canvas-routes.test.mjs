// Which stretches of a net lead to one of its targets, on nets with known paths. No browser is needed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexScene } from '../../static/canvas/index.js';
import { isolated, stretchOf } from '../../static/canvas/isolation.js';
import { routesTo } from '../../static/canvas/routes.js';
import { pack } from './canvas-mock.mjs';

const NONE = 0xffffffff;

/** A chain of straight or bent curves, with controls that do not matter here. @param {[number, number][]} ends */
const chain = ([start, ...ends]) => [start, ...ends.flatMap((end) => [end, end, end])];

/**
 * One net from item 0 to all others, along given paths.
 *
 * @param {number} targets
 * @param {{ends: [number, number][], target: number}[]} paths
 * @param {'down'|'right'} direction
 */
function indexOf(targets, paths, direction = 'down') {
  const items = Array.from({ length: targets + 1 }, (_, at) => ({ x: 0, y: 1000 * at, w: 80, h: 24, title: `${at}`, category: 'data', lines: /** @type {[string, string][]} */ ([]), kind: 0, flags: 0 }));
  const scene = pack(items, [{ source: 0, targets: items.map((_, at) => at).slice(1), label: null, style: 0, lane: false }], 400);
  const turned = (/** @type {[number, number]} */ [x, y]) => (direction === 'down' ? [x, y] : [y, x]);
  const pathStarts = [0];
  const points = paths.flatMap(({ ends }) => {
    const all = chain(ends);
    pathStarts.push((pathStarts.at(-1) ?? 0) + all.length);
    return all.flatMap(turned);
  });
  return indexScene({
    ...scene, direction, width: 5000, height: 5000, points: Float64Array.from(points), pathStarts: Uint32Array.from(pathStarts),
    pathNet: new Uint32Array(paths.length), pathTarget: Uint32Array.from(paths, ({ target }) => target),
  });
}

for (const direction of /** @type {const} */ (['down', 'right'])) {
  test(`${direction}: a trunk is followed up to where the leg leaves it`, () => {
    const index = indexOf(3, [
      { ends: [[40, 24], [90, 60], [90, 2960]], target: NONE },
      { ends: [[90, 960], [40, 1000]], target: 1 },
      { ends: [[90.01, 1960], [40, 2000]], target: 2 },
      { ends: [[90, 2960], [40, 3000]], target: 3 },
    ], direction);
    const tip = direction === 'down' ? { x: 90.01, y: 1960 } : { x: 1960, y: 90.01 };
    const way = routesTo(index, 0, (item) => item === 2);
    assert.deepEqual([...way.keys()], [2, 0]);
    assert.deepEqual(way.get(2), { to: index.scene.pathStarts[3] - 1, tip: null }, 'all of the leg');
    assert.deepEqual(way.get(0), { to: 3, tip });
    assert.deepEqual(routesTo(index, 0, (item) => item === 3).get(0), { to: 6, tip: null }, 'to its end');
    const both = routesTo(index, 0, (item) => item < 3);
    assert.deepEqual([...both.keys()].sort(), [0, 1, 2]);
    assert.deepEqual(both.get(0), { to: 3, tip }, 'as far as the farthest');
  });
}

test('pieces are joined at the borders that they cross', () => {
  const index = indexOf(2, [
    { ends: [[40, 24], [40, 500]], target: NONE },
    { ends: [[40, 24], [200, 400]], target: NONE },
    { ends: [[40, 500], [60, 700]], target: NONE },
    { ends: [[60, 700], [40, 1000]], target: 1 },
    { ends: [[200, 400], [200, 2000]], target: 2 },
  ]);
  assert.deepEqual([...routesTo(index, 0, (item) => item === 1).keys()].sort(), [0, 2, 3]);
  assert.deepEqual([...routesTo(index, 0, (item) => item === 2).keys()].sort(), [1, 4]);
  assert.equal(routesTo(index, 0, () => false).size, 0);
});

test('what is isolated of a net is the way to the targets that are kept', () => {
  const index = indexOf(2, [
    { ends: [[40, 24], [40, 500]], target: NONE },
    { ends: [[40, 24], [200, 400]], target: NONE },
    { ends: [[40, 500], [40, 1000]], target: 1 },
    { ends: [[200, 400], [200, 2000]], target: 2 },
  ]);
  const found = isolated(index, { kind: 'paths', from: { kind: 'node', id: 0 }, to: { kind: 'node', id: 2 } });
  assert.deepEqual([...(found?.items ?? [])], [1, 0, 1]);
  assert.deepEqual([...(found?.paths ?? [])], [0, 1, 0, 1]);
});

test('a trunk that goes on to what is dimmed is dimmed from there on', () => {
  const index = indexOf(3, [
    { ends: [[40, 24], [90, 60], [90, 2960]], target: NONE },
    { ends: [[90, 960], [40, 1000]], target: 1 },
    { ends: [[90, 1960], [40, 2000]], target: 2 },
    { ends: [[90, 2960], [40, 3000]], target: 3 },
  ]);
  const [, leg] = index.scene.pathStarts;
  const found = isolated(index, { kind: 'paths', from: { kind: 'node', id: 0 }, to: { kind: 'node', id: 2 } });
  assert.ok(found);
  assert.deepEqual([...found.paths], [1, 0, 1, 0]);
  assert.deepEqual(stretchOf(found, false, 0, 0, 6), { from: 0, to: 3, tip: { x: 90, y: 1960 } });
  assert.deepEqual(stretchOf(found, false, 0, 3, 6), { from: 3, to: 3, tip: { x: 90, y: 1960 } });
  assert.deepEqual(stretchOf(found, true, 0, 0, 6), { from: 3, to: 6, tip: null }, 'what is not dimmed lies above');
  assert.equal(stretchOf(found, true, 0, 0, 3), null);
  assert.equal(stretchOf(found, false, 1, leg, leg + 3), null);
  assert.deepEqual(stretchOf(found, true, 1, leg, leg + 3), { from: leg, to: leg + 3, tip: null });
  const all = isolated(index, { kind: 'neighbourhood', selection: { kind: 'node', id: 0 }, direction: 'out', hops: 1 });
  assert.ok(all);
  assert.deepEqual(stretchOf(all, false, 0, 0, 6), { from: 0, to: 6, tip: null });
  assert.equal(stretchOf(all, true, 0, 0, 6), null);
});
