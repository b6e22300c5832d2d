// The inspector of a tensor: its values as a table and as a picture, figures about them, and the file that is saved.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { ROOT, open } from './page.mjs';

const NET = 'tests/fixtures/onnx/torch-cnn.onnx';

/**
 * Opens a net and inspects the first weight of its first node of an operator.
 * @param {import('node:test').TestContext} t
 * @param {string} operator
 */
async function inspect(t, operator) {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(NET);
  await lamina.ready();
  await page.keyboard.press('Control+f');
  await page.fill('#query', operator);
  await page.locator('#hits .hit', { hasText: operator }).first().click();
  await page.click('#tab-selection');
  const tensor = page.locator('#panel-selection .tensor').first();
  await tensor.locator('button:has-text("Show values")').click();
  await tensor.locator('button:has-text("Copy")').waitFor();
  const values = await tensor.locator('.cells > span').allTextContents();
  const total = Number(/([\d,]+) elements/.exec(await tensor.locator('.facts').innerText())?.[1]?.replace(/,/g, ''));
  await tensor.locator('button:has-text("Inspect")').click();
  await page.locator('#inspector .figures').waitFor();
  return { lamina, page, values, total };
}

/** The cells in view, row by row. @param {import('playwright-core').Page} page */
async function cells(page) {
  await page.locator('#inspector [role=gridcell]').first().waitFor();
  await page.locator('#inspector [role=grid][aria-busy=false]').waitFor();
  return page.locator('#inspector .body [role=row]').evaluateAll((rows) =>
    rows.map((row) => [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent ?? '')));
}

/** The figures, by name. @param {import('playwright-core').Page} page @returns {Promise<Record<string, string>>} */
const figures = (page) => page.locator('#inspector .figures > div').evaluateAll((rows) =>
  Object.fromEntries(rows.map((row) => [row.querySelector('dt')?.textContent, row.querySelector('dd')?.title || row.querySelector('dd')?.textContent])));

test('values are a table of any two axes, beside figures about them', async (t) => {
  const { lamina, page, values, total } = await inspect(t, 'Conv');
  const heading = await page.locator('#inspector header').innerText();
  const dims = /float32\s+([\d×]+)/.exec(heading)?.[1]?.split('×').map(Number) ?? [];
  assert.equal(dims.length, 4, heading);
  const [rows, columns] = [dims[2] ?? 0, dims[3] ?? 0];
  const table = await cells(page);
  assert.deepEqual(table.flat(), values.slice(0, rows * columns));
  assert.equal(table[0]?.length, columns);
  // Another slice; the third axis begins with the next kernel.
  await page.locator('#inspector .plane label:has-text("axis 1") input[type=number]').fill('1');
  await page.keyboard.press('Enter');
  await page.waitForFunction((first) => document.querySelector('#inspector [role=gridcell]')?.textContent === first, values[rows * columns]);
  assert.deepEqual((await cells(page)).flat(), values.slice(rows * columns, 2 * rows * columns));
  // Turned.
  await page.locator('#inspector .plane label:has-text("Rows") select').selectOption('3');
  await page.waitForFunction((first) => document.querySelectorAll('#inspector [role=gridcell]')[1]?.textContent === first, values[rows * columns + columns]);
  const turned = await cells(page);
  assert.deepEqual(turned.map((row) => row[0]), table[0]?.map((_, column) => values[rows * columns + column]));

  const found = await figures(page);
  assert.equal(Number(found.Elements?.replace(/,/g, '')), total);
  assert.equal(found.NaN, '0');
  if (total === values.length) {
    const numbers = values.map(Number);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / total;
    assert.ok(Math.abs(Number(found.Mean) - mean) < 1e-6, `${found.Mean} ${mean}`);
    assert.ok(Math.abs(Number(found.Minimum) - Math.min(...numbers)) < 1e-6, found.Minimum);
  }
  assert.ok(await page.locator('#inspector .histogram rect').count() > 4);
  lamina.assertQuiet();
});

test('a picture shows the slice or all kernels, and can be zoomed', async (t) => {
  const { lamina, page } = await inspect(t, 'Conv');
  const canvas = page.locator('#inspector .frame > canvas');
  /** What the picture looks like, as an address of data. */
  const look = () => canvas.evaluate((element) => /** @type {HTMLCanvasElement} */ (element).toDataURL());
  /** Chooses a view, and waits for its picture. @param {string} name */
  const choose = async (name) => {
    await page.locator(`#inspector .segments button[value=${name}]`).click();
    await page.locator('#inspector .picture[aria-busy=false]').waitFor();
  };
  await choose('picture');
  const slice = await look();
  const blank = await canvas.evaluate((element) => {
    const empty = /** @type {HTMLCanvasElement} */ (element.cloneNode());
    return empty.toDataURL();
  });
  assert.notEqual(slice, blank);
  await choose('kernels');
  assert.notEqual(await look(), slice);
  await canvas.hover({ position: { x: 6, y: 6 } });
  await page.waitForFunction(() => /^\[0, 0, 0, 0\]: -?\d/.test(document.querySelector('#inspector .place')?.textContent ?? ''));
  const whole = await look();
  await page.mouse.wheel(0, -600);
  await page.waitForFunction((before) => /** @type {HTMLCanvasElement} */ (document.querySelector('#inspector .frame > canvas')).toDataURL() !== before, whole);
  await canvas.hover({ position: { x: 20, y: 20 } });
  await page.waitForFunction(() => /^\[\d/.test(document.querySelector('#inspector .place')?.textContent ?? ''));
  lamina.assertQuiet();
});

test('a tensor is saved as a file of NumPy, and Escape goes back to where the reader was', async (t) => {
  const { lamina, page, values, total } = await inspect(t, 'Gemm');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#inspector button[aria-label="Save as .npy"]').click()]);
  assert.match(download.suggestedFilename(), /^[\w.-]+\.npy$/);
  const file = fs.readFileSync(await download.path());
  assert.equal(file.subarray(1, 6).toString(), 'NUMPY');
  const start = 10 + file.readUInt16LE(8);
  assert.match(file.subarray(10, start).toString(), /'descr': '<f4', 'fortran_order': False, 'shape': \(\d+, \d+\)/);
  assert.equal(file.length - start, 4 * total);
  values.forEach((value, index) => assert.equal(Math.fround(Number(value)), file.readFloatLE(start + 4 * index), `element ${index}`));
  await page.locator('#inspector .data-table').focus();
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('#inspector').isHidden());
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Inspect');
  lamina.assertQuiet();
});

test('a quantised tensor is shown as it is stored, and as what it stands for', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose('tests/fixtures/safetensors/fp8.safetensors');
  await lamina.ready();
  await page.keyboard.press('Control+f');
  await page.fill('#query', 'one.weight');
  await page.click('#hits .hit');
  await page.click('#tab-selection');
  await page.locator('#panel-selection .tensor:has(.name:text-is("one.weight")) button:has-text("Inspect")').click();
  const stored = (await cells(page)).flat();
  assert.match(await page.locator('#inspector header').innerText(), /int8/);
  const records = fs.readdirSync(`${ROOT}tests/dequantised`).map((file) => JSON.parse(fs.readFileSync(`${ROOT}tests/dequantised/${file}`, 'utf8')));
  /** @type {string[]} */
  const values = records.map((record) => record['fp8.safetensors']?.['one.weight']?.values).find(Boolean);
  const wanted = values.map((value) => Math.fround(Number(value)));
  assert.equal(wanted.length, stored.length);
  await page.locator('#inspector button[value=dequantised]').click();
  await page.locator('#inspector header', { hasText: 'float32' }).waitFor();
  // Numbers are wider than codes: not all columns are in view.
  const shown = await cells(page);
  assert.ok(shown.length === 6 && shown.every((row) => row.length > 3), JSON.stringify(shown));
  shown.forEach((row, number) => assert.deepEqual(row.map((text) => Math.fround(Number(text))), wanted.slice(number * 8, number * 8 + row.length)));
  await page.waitForFunction((most) => {
    const row = [...document.querySelectorAll('#inspector .figures > div')].find((figure) => figure.querySelector('dt')?.textContent === 'Maximum');
    return Math.abs(Number(row?.querySelector('dd')?.title || row?.querySelector('dd')?.textContent) - most) < 1e-3;
  }, Math.max(...wanted));
  await page.locator('#inspector button[value=stored]').click();
  await page.locator('#inspector header', { hasText: 'int8' }).waitFor();
  assert.deepEqual((await cells(page)).flat(), stored);
  lamina.assertQuiet();
});

test('long tables are scrolled to their end, and a tensor of one axis is folded', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  const rows = 500_000;
  const long = tensors({ long: { dtype: 'I32', shape: [rows, 2] }, flat: { dtype: 'I32', shape: [25] } });
  const numbers = new Int32Array(long.buffer, long.byteOffset + long.length - (rows * 2 + 25) * 4, rows * 2 + 25);
  numbers.forEach((_, index) => void (numbers[index] = index));
  fs.writeFileSync(`${ROOT}tests/browser/work-long.safetensors`, long);
  t.after(() => fs.rmSync(`${ROOT}tests/browser/work-long.safetensors`, { force: true }));
  await lamina.choose('tests/browser/work-long.safetensors');
  await lamina.ready();
  for (const [name, last] of /** @type {[string, string][]} */ ([['long', String(2 * rows - 1)], ['flat', String(2 * rows + 24)]])) {
    await page.keyboard.press('Control+f');
    await page.fill('#query', name);
    await page.click('#hits .hit');
    await page.click('#tab-selection');
    await page.locator(`#panel-selection .tensor:has(.name:text-is("${name}")) button:has-text("Inspect")`).click();
    await cells(page);
    await page.locator('#inspector .data-table').evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.waitForFunction((text) => [...document.querySelectorAll('#inspector [role=gridcell]')].some(({ textContent }) => textContent === text), last);
    await page.keyboard.press('Escape');
  }
  lamina.assertQuiet();
});

test('statistics of a large tensor wait to be asked for, tell how far they are, and can be cancelled', async (t) => {
  const lamina = await open(t);
  const done = await lamina.page.evaluate(async () => {
    const { Session, Cancelled } = await import(new URL('static/session.js', location.href).href);
    const size = 200 * 2 ** 20;
    const header = new TextEncoder().encode(JSON.stringify({ x: { dtype: 'F32', shape: [size / 4], data_offsets: [0, size] } }));
    const length = new BigUint64Array([BigInt(header.length)]);
    const zeros = new Uint8Array(2 ** 20);
    const blob = new Blob([length, header, ...Array.from({ length: size / zeros.length }, () => zeros)]);
    const session = new Session();
    await session.openFiles([{ path: 'x.safetensors', blob }], () => {});
    const stop = new AbortController();
    /** @type {number[]} */
    const steps = [];
    const onStep = (/** @type {number} */ part) => {
      steps.push(part);
      if (steps.length === 3) stop.abort();
    };
    const cancelled = await session.survey(0, { onStep, signal: stop.signal }).then(() => false, (/** @type {unknown} */ error) => error instanceof Cancelled);
    const { total } = await session.values(0, 0, 1);
    const { elements, zeros: none, unique } = await session.survey(0, {});
    session.close();
    return { cancelled, steps, total, elements, none, unique };
  });
  const count = 50 * 2 ** 20;
  assert.ok(done.cancelled);
  assert.equal(done.steps.length, 3);
  assert.ok(done.steps.every((part, index) => part > (done.steps[index - 1] ?? 0) && part < 1), done.steps.join(' '));
  assert.deepEqual([done.total, done.elements, done.none, done.unique], [count, count, count, { count: 1, exact: true }]);
  lamina.assertQuiet();
});

/**
 * A file of safetensors with tensors of four bytes an element, all of them zero.
 * @param {Record<string, {dtype: string, shape: number[]}>} wanted
 */
function tensors(wanted) {
  let at = 0;
  const header = Object.fromEntries(Object.entries(wanted).map(([name, { dtype, shape }]) => {
    const from = at;
    at += 4 * shape.reduce((product, dim) => product * dim, 1);
    return [name, { dtype, shape, data_offsets: [from, at] }];
  }));
  const text = JSON.stringify(header);
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8);
  const file = Buffer.alloc(8 + padded.length + at);
  file.writeBigUInt64LE(BigInt(padded.length));
  file.write(padded, 8);
  return file;
}
