// Tensor values on demand: what the page shows is what the frameworks that wrote the fixtures hold.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { golden } from './golden.mjs';
import { clickCard } from './graph.mjs';
import { ROOT, open } from './page.mjs';

const ONNX = 'tests/fixtures/onnx';

/**
 * Bits of the mantissa, and the exponent of the least number. One pair stands for all floats of 8 bits and fewer.
 * @type {Record<string, [number, number]>}
 */
const FLOATS = { float64: [52, -1074], float32: [23, -149], float16: [10, -24], bfloat16: [7, -133], float8: [3, -200] };

/**
 * Whether a shown number is the recorded one: no other number of its type is nearer to what is shown.
 * @param {string} shown
 * @param {string} recorded the exact value
 * @param {string} dtype
 */
function same(shown, recorded, dtype) {
  if (dtype === 'string') return JSON.parse(shown) === recorded;
  if (!/^b?float/.test(dtype)) return shown === recorded;
  const [value, exact] = [shown, recorded].map((text) => Number(text.replace('inf', 'Infinity')));
  if (!Number.isFinite(exact) || exact === 0) return Object.is(value, exact);
  const [bits, least] = FLOATS[dtype] ?? FLOATS.float8;
  const step = 2 ** Math.max(Math.floor(Math.log2(Math.abs(exact))) - bits, least);
  return Math.abs(value - exact) <= step / 2;
}

/**
 * The same for a complex number, shown as `1.5-2i`.
 * @param {string} shown
 * @param {string[]} recorded
 * @param {string} dtype
 */
function sameComplex(shown, recorded, dtype) {
  const parts = /^(.+?)([+-][^+-]+(?:e[+-]?\d+)?)i$/.exec(shown)?.slice(1) ?? [];
  return parts.length === 2 && parts.every((part, at) => same(part, recorded[at], dtype === 'complex64' ? 'float32' : 'float64'));
}

/**
 * Shows all values of the tensor that the Selection panel shows, and compares them with the record.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {{dtype: string, shape: number[], values: (string | string[])[]}} record
 */
async function assertValues(page, name, { dtype, shape, values }) {
  const tensor = page.locator('#panel-selection .tensor', { has: page.locator(`.name:text-is("${name}")`) }).first();
  assert.equal(await tensor.locator('.type').innerText(), `${dtype} ${shape.join('×') || 'scalar'}`, name);
  await tensor.locator('button:has-text("Show values")').click();
  await tensor.locator('button:has-text("Copy"), .note:has-text("no elements")').first().waitFor();
  const cells = await tensor.locator('.cells > span').evaluateAll((spans) => spans.map((span) => /** @type {HTMLElement} */ (span).textContent ?? ''));
  assert.equal(cells.length, values.length, name);
  for (const [index, recorded] of values.entries()) {
    const fits = Array.isArray(recorded) ? sameComplex(cells[index], recorded, dtype) : same(cells[index], recorded, dtype);
    assert.ok(fits, `${name}[${index}] is ${cells[index]}, should be ${recorded}`);
  }
}

test('values are shown as their framework reads them: an element type of each kind', async (t) => {
  const record = JSON.parse(fs.readFileSync(`${ROOT}${ONNX}/values.json`, 'utf8'))['dtypes-typed.onnx'];
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(`${ONNX}/dtypes-typed.onnx`);
  assert.equal((await lamina.ready()).nodes, golden(`${ONNX}/dtypes-typed.onnx`).length);
  for (const name of ['float', 'uint64', 'bool', 'complex64', 'bfloat16', 'float8e4m3fn', 'float4e2m1', 'int4', 'string']) {
    await page.keyboard.press('Control+f');
    await page.fill('#query', `show_${name}`);
    await page.click(`.hit:has(.context[title="show_${name}"])`);
    await page.click('#tab-selection');
    await page.locator('#panel-selection .copyable', { hasText: new RegExp(`^show_${name}$`) }).waitFor();
    await assertValues(page, name, record[name]);
  }
  lamina.assertQuiet();
});

test('a dropped folder brings the external data', async (t) => {
  const record = JSON.parse(fs.readFileSync(`${ROOT}${ONNX}/values.json`, 'utf8'))['external/model.onnx'];
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.drop(`${ONNX}/external`);
  assert.equal((await lamina.ready()).nodes, 5);
  for (const name of Object.keys(record)) {
    await clickCard(page, `Identity, input ${record[name].shape.join('×')}`);
    await page.locator('#panel-selection .copyable', { hasText: `show_${name}` }).waitFor();
    await assertValues(page, name, record[name]);
  }
  lamina.assertQuiet();
});
