// A model in several files, chosen or dropped together, is one model.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, open } from './page.mjs';

for (const folder of ['pytorch/sharded', 'safetensors/sharded']) {
  test(`the index and its files are one model: ${folder}`, async (t) => {
    const files = fs.readdirSync(path.join(ROOT, 'tests/fixtures', folder)).filter((name) => !name.endsWith('.dump'));
    const paths = files.map((name) => path.join(ROOT, 'tests/fixtures', folder, name));
    const lamina = await open(t);
    const { page } = lamina;
    await page.setInputFiles('#file', paths);
    await page.waitForSelector('html[data-state=ready]');
    assert.match(await page.innerText('#bar .name'), /\.index\.json$/);
    assert.match(await page.innerText('#panel-model'), /Parameters\s+6,896/);
    lamina.assertQuiet();
  });

  test(`what is missing is named: ${folder}`, async (t) => {
    const files = fs.readdirSync(path.join(ROOT, 'tests/fixtures', folder)).filter((name) => !name.endsWith('.dump') && !name.includes('-00002-'));
    const paths = files.map((name) => path.join(ROOT, 'tests/fixtures', folder, name));
    const lamina = await open(t);
    const { page } = lamina;
    await page.setInputFiles('#file', paths);
    await page.waitForSelector('html[data-state=ready]');
    assert.match(await page.innerText('#panel-model .diagnostics'), /-00002-of-00003\.[a-z]+" with \d+ tensors is not here/);
    lamina.assertQuiet();
  });
}

test('a list of weights and its files are one model', async (t) => {
  const folder = path.join(ROOT, 'tests/fixtures/tfjs/sharded');
  const paths = fs.readdirSync(folder).filter((name) => !name.endsWith('.dump')).map((name) => path.join(folder, name));
  const lamina = await open(t);
  const { page } = lamina;
  await page.setInputFiles('#file', paths);
  await page.waitForSelector('html[data-state=ready]');
  assert.equal(await page.innerText('#bar .name'), 'weights_manifest.json');
  assert.equal(await page.locator('#panel-model .diagnostics').count(), 0);
  lamina.assertQuiet();
});
