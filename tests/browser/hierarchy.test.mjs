// The hierarchy of a real model, through the real program and the real drawing surface.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './page.mjs';

test('a model is collapsed, opened by a double click, and shown flat again', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose('static/samples/decoder.onnx');
  assert.equal((await lamina.ready()).nodes, 178);
  const stack = page.locator('#canvas text').filter({ hasText: /^layers ×4$/ }).first();
  assert.equal(await stack.count(), 0, 'a small model opens flat');
  await page.focus('#canvas');
  await page.keyboard.press('{');
  await stack.waitFor();
  await page.keyboard.press('.');
  const { x, y, width, height } = /** @type {{x: number, y: number, width: number, height: number}} */ (await stack.boundingBox());
  await page.mouse.dblclick(x + width / 2, y + height / 2);
  await page.locator('#canvas text').filter({ hasText: /^layers\.0$/ }).first().waitFor();
  await page.keyboard.press('\\');
  await page.waitForFunction(() => ![...document.querySelectorAll('#canvas text')].some((text) => /^layers/.test(text.textContent ?? '')));
  lamina.assertQuiet();
});
