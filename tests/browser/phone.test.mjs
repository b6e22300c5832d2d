// The page on a phone: the details are a sheet that leaves the graph its room.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { card, rest, selected } from './graph.mjs';
import { open } from './page.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

test('on a phone, a tapped node opens the sheet and stays in view above it', async (t) => {
  const lamina = await open(t, { context: PHONE });
  const { page } = lamina;
  assert.equal(await page.innerText('#open .title:visible'), 'Open a model');
  await lamina.choose('tests/fixtures/onnx/torch-cnn-dynamo.onnx');
  await lamina.ready();
  const top = () => page.locator('#sidebar').evaluate((sheet) => sheet.getBoundingClientRect().top);
  assert.ok(await top() > 750, 'the sheet shows its tabs only');

  await page.tap('#zoom .scale');
  await rest(page);
  const conv = await card(page, 'Conv, W 12×6×1×1');
  await page.touchscreen.tap(conv.x, conv.y);
  await selected(page, 'Conv');
  await page.waitForFunction(() => (document.querySelector('#sidebar')?.getBoundingClientRect().top ?? 0) < 450);
  const above = await card(page, 'Conv, W 12×6×1×1');
  assert.ok(above.bottom < await top() && above.top > 48, `${above.top} to ${above.bottom} is not above ${await top()}`);
  // All of the panel can be reached.
  const panel = page.locator('#panel-selection');
  await panel.locator('.part:has(h3:has-text("Outputs")) .end').scrollIntoViewIfNeeded();
  await panel.locator('.part:has(h3:has-text("Outputs")) .end').tap();
  await selected(page, 'Add');
  await page.tap('#tab-selection');
  await page.waitForFunction(() => (document.querySelector('#sidebar')?.getBoundingClientRect().top ?? 0) > 750);

  await page.tap('#bar .more');
  await page.tap('#tools [aria-label^="Direction"]');
  await page.waitForSelector('#tools [aria-label="Direction: left to right"]', { state: 'attached' });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  lamina.assertQuiet();
});
