// The page on a phone: the details are a sheet that leaves the graph its room.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { again, cards, middleCard, rest, selected } from './graph.mjs';
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
  const node = await middleCard(page);
  await page.touchscreen.tap(node.x, node.y);
  await selected(page, node.label.split(',')[0]);
  await page.waitForFunction(() => (document.querySelector('#sidebar')?.getBoundingClientRect().top ?? 0) < 450);
  const above = await again(page, node);
  assert.ok(above.bottom < await top() && above.top > 48, `${above.top} to ${above.bottom} is not above ${await top()}`);
  // All of the panel can be reached.
  const panel = page.locator('#panel-selection');
  const consumer = panel.locator('.part:has(h3:has-text("Outputs")) .end').first();
  await consumer.scrollIntoViewIfNeeded();
  const operator = await consumer.locator('.operator').innerText();
  await consumer.tap();
  await selected(page, operator);
  await page.tap('#tab-selection');
  await page.waitForFunction(() => (document.querySelector('#sidebar')?.getBoundingClientRect().top ?? 0) > 750);

  await page.tap('#bar .more');
  await page.tap('#tools [aria-label^="Direction"]');
  await page.waitForSelector('#tools [aria-label="Direction: left to right"]', { state: 'attached' });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  lamina.assertQuiet();
});

test('on a phone, the groups around what is selected are in the bar', async (t) => {
  const lamina = await open(t, { context: PHONE });
  const { page } = lamina;
  await lamina.choose('static/samples/decoder.onnx');
  await lamina.ready();
  const node = (await cards(page)).find(({ label }) => label.startsWith('RMSNormalization'));
  assert.ok(node);
  await page.touchscreen.tap(node.x, node.y);
  await selected(page, node.label.split(',')[0]);
  const group = page.locator('.crumbs [aria-current="location"] button');
  const path = (await page.innerText('#panel-selection .path')).split(' › ');
  assert.ok(path.length > 1, path.join());
  assert.equal((await group.innerText()).trim(), path.at(-1));
  const [crumb, find] = await Promise.all([group.boundingBox(), page.locator('#bar .findbutton').first().boundingBox()]);
  assert.ok(crumb && find && crumb.x + crumb.width <= find.x + 1, 'it does not lie under the buttons');
  assert.deepEqual(await page.locator('.crumbs select option:not([hidden])').allInnerTexts(), path.slice(0, -1));
  await group.tap();
  await selected(page, path.at(-1) ?? '');
  lamina.assertQuiet();
});
