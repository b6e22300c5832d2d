// What is no model, what is broken, what means harm: the page says what it is and goes on.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { golden } from './golden.mjs';
import { card, cards, clickCard, selected } from './graph.mjs';
import { ROOT, open } from './page.mjs';

const GOOD = 'tests/fixtures/onnx/metadata.onnx';

test('a file that is no model gets a sentence that says what it is, and another one can be opened', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  const said = /** @type {[string, RegExp][]} */ ([
    ['none/page.onnx', /The model itself is not here\s+page\.onnx\s+This is a web page/],
    ['none/lfs-pointer.safetensors', /lfs-pointer\.safetensors\s+This is a Git LFS pointer[^]+git lfs pull/],
    ['none/image.png', /This file cannot be shown\s+image\.png\s+This is a PNG image/],
    ['none/empty.onnx', /empty/],
    ['bad/onnx/truncated-header.onnx', /damaged or incomplete\s+truncated-header\.onnx\s+ONNX: cut short[^]+Fetch or export the file again/],
    ['bad/safetensors/length-beyond-file.safetensors', /the header claims \d+ bytes, the file has \d+ more/],
    ['safetensors/sharded/model.safetensors.index.json', /This is the index of a model in several files/],
  ]);
  for (const [file, sentence] of said) {
    await lamina.choose(`tests/fixtures/${file}`);
    await page.waitForSelector(`#message .error .file:has-text("${path.basename(file)}")`);
    assert.match(await page.innerText('#message'), sentence);
    assert.equal(await page.getAttribute('html', 'data-state'), 'error');
  }
  await lamina.choose(GOOD);
  await page.waitForSelector('html[data-state=ready]');
  assert.equal((await cards(page)).length, 4);
  // One step back is the last message’s place, which has no file any more; Back in a message is where one came from.
  await lamina.drop('tests/fixtures/none/photo.jpg');
  await page.waitForSelector('html[data-state=error]');
  await page.click('#message button:text-is("Back")');
  await page.waitForSelector('html[data-state=ready]');
  assert.equal(await page.innerText('#bar .name'), 'metadata.onnx');
  lamina.assertQuiet();
});

test('of a download that was cut short, what is there is shown, and what is wrong is said beside it', async (t) => {
  const file = 'tests/fixtures/bad/onnx/truncated-download.onnx';
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(file);
  assert.equal((await lamina.ready()).nodes, golden(file).length);
  assert.match(await page.innerText('#panel-model .diagnostics'), /Cut short: field 7 has 12355 bytes, 6167 are left[^]+Tensor "w" has 6134 bytes/);
  lamina.assertQuiet();
});

test('a crash of the program ends the model, and nothing else', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(GOOD);
  await lamina.ready();
  // The memory of the program is overwritten while it rests: it traps at the next call.
  const [worker] = page.workers();
  await worker.evaluate(async () => {
    const program = await import(new URL('../wasm/worker.js', self.location.href).href);
    const { memory } = await program.default();
    new Uint8Array(memory.buffer).fill(0xff);
  });
  await clickCard(page, 'MatMul');
  await page.waitForSelector('html[data-state=error]');
  assert.match(await page.innerText('#message'), /Lamina made a mistake with this file\s+metadata\.onnx[^]+nothing has left your browser/);
  await page.click('#message button:text-is("Try again")');
  await page.waitForSelector('html[data-state=ready]');
  await clickCard(page, 'MatMul');
  await selected(page, 'MatMul');
  await lamina.choose('tests/fixtures/onnx/if.onnx');
  await page.waitForSelector('#bar .name:text-is("if.onnx")');
  lamina.assertQuiet();
});

test('a part of the page that cannot be loaded is a message, and the page goes on', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await page.route('**/static/viewer.js', (route) => route.abort());
  await lamina.choose(GOOD);
  await page.waitForSelector('html[data-state=error]');
  assert.match(await page.innerText('#message'), /A part of this page could not be loaded. Reload the page/);
  await page.unroute('**/static/viewer.js');
  await page.reload();
  await lamina.choose(GOOD);
  await lamina.ready();
});

test('names that look like markup are text', async (t) => {
  const lamina = await open(t, { context: { viewport: { width: 1280, height: 2400 } } });
  const { page } = lamina;
  let dialogs = 0;
  page.on('dialog', (dialog) => {
    dialogs++;
    void dialog.dismiss();
  });
  const file = 'tests/fixtures/onnx/hostile-names.onnx';
  await lamina.choose(file);
  assert.equal((await lamina.ready()).nodes, golden(file).length);
  const injected = () => page.locator('#sidebar img, #canvas img, body script, [onerror], [onclick], [href^="javascript:"]').count();
  assert.equal(await injected(), 0);
  assert.ok((await page.innerText('#panel-model')).includes('<img src=x onerror="alert(1)">'));
  await page.click('#zoom [aria-label^="Fit"]');
  await page.keyboard.press('Control+u');
  await card(page, 'output');
  const shown = (await cards(page)).filter(({ label }) => !/^(in|out)put /.test(label));
  assert.equal(shown.length, golden(file).length);
  const titles = new Set();
  for (const { item } of shown) {
    const at = (await cards(page)).find((each) => each.item === item);
    assert.ok(at);
    await page.mouse.click(at.x, at.y);
    await page.waitForFunction((old) => {
      const heading = document.querySelector('#panel-selection h2');
      return heading && !old.includes(heading.textContent);
    }, [...titles]);
    titles.add(await page.textContent('#panel-selection h2'));
    await page.locator('#panel-selection button:has-text("Show values")').first().click();
    await page.waitForSelector('#panel-selection .cells', { state: 'attached' });
    assert.equal(await injected(), 0);
  }
  for (const name of ['<img src=x onerror="alert(1)">', '</text><script>alert(2)</script>', 'javascript:alert(3)', '__proto__', 'constructor']) {
    assert.ok(titles.has(name), name);
  }
  // Find and the tooltip show the names as well.
  await page.keyboard.press('Control+f');
  await page.keyboard.type('<img');
  await page.waitForSelector('.hit');
  assert.equal(await injected(), 0);
  assert.equal(dialogs, 0);
  lamina.assertQuiet();
});

/** The models in a folder of fixtures: those that have a golden. @param {string} folder */
function models(folder) {
  const files = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.dump')).sort().map((file) => path.join(folder, file.slice(0, -'.dump'.length)));
}

test('one page opens every fixture, one after the other', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  const files = ['executorch', 'onnx', 'pytorch/export', 'safetensors'].flatMap((folder) => models(`tests/fixtures/${folder}`));
  assert.ok(files.length > 80);
  for (const file of files) {
    // An index is nothing without its files.
    const parts = file.endsWith('.index.json') ? models(path.dirname(file)).filter((part) => part !== file) : [];
    await lamina.choose(file, ...parts);
    const { nodes } = await lamina.ready();
    assert.equal(nodes, golden(file).length, file);
    assert.equal(await page.innerText('#bar .name'), path.basename(file));
  }
  lamina.assertQuiet();
});
