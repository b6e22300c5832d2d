// The built page loads from any sub-path, complains of nothing, and asks only for its own files.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { open } from './page.mjs';

for (const mount of ['/', '/some/sub/path/']) {
  test(`the page loads from ${mount}`, async (t) => {
    const lamina = await open(t, { mount });
    assert.match(await lamina.page.title(), /Lamina/);
    assert.equal(await lamina.page.locator('#file').count(), 1);
    lamina.assertQuiet();
    const { log } = lamina.server;
    assert.ok(log.length > 0);
    assert.deepEqual(log.filter((asked) => !asked.path.startsWith(mount) || asked.status >= 400), []);
  });
}

test('a first visit is light, and what only a model needs comes at the first sign of use', async (t) => {
  const lamina = await open(t);
  const { page, server } = lamina;
  await page.waitForLoadState('networkidle');
  const files = server.log.flatMap(({ file }) => file ?? []);
  const weight = files.reduce((sum, file) => sum + zlib.gzipSync(fs.readFileSync(file), { level: 6 }).length, 0);
  assert.ok(weight <= 500_000, `${weight} bytes, compressed`);
  const canvas = () => server.log.some(({ path }) => path === '/static/canvas/canvas.js');
  assert.equal(canvas(), false);
  await page.mouse.move(400, 300);
  await page.mouse.move(410, 300);
  await page.waitForLoadState('networkidle');
  await lamina.choose('tests/fixtures/onnx/torch-cnn-dynamo.onnx');
  await lamina.ready();
  assert.equal(canvas(), true);
});
