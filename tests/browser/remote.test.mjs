// Models behind an address: in parts where the server sends parts, else as a download; and what is said when neither works.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { open } from './page.mjs';
import { serve } from './server.mjs';

/** @import { TestContext } from 'node:test' */

const FIXTURES = 'tests/fixtures/onnx';
const SIZE = 24 << 20;

/**
 * A folder with a large model: one tensor of 24 MiB, most of it a hole.
 * @param {TestContext} t
 */
function largeModel(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lamina-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const header = Buffer.from(JSON.stringify({ 'block.weight': { dtype: 'U8', shape: [SIZE], data_offsets: [0, SIZE] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = path.join(folder, 'large.safetensors');
  fs.writeFileSync(file, Buffer.concat([length, header]));
  fs.truncateSync(file, 8 + header.length + SIZE);
  return { folder, file };
}

test('of a server with Range, only the parts that are needed are asked for', async (t) => {
  const { folder } = largeModel(t);
  const lamina = await open(t, { query: '?url=models/large.safetensors', mounts: { '/models/': folder } });
  const { page, server } = lamina;
  assert.equal(await page.innerText('#bar .model'), 'large.safetensors\nSafetensors');
  const got = server.log.filter((asked) => asked.path === '/models/large.safetensors' && asked.method === 'GET');
  assert.ok(got.length > 0 && got.every(({ status }) => status === 206));
  assert.ok(got.reduce((sum, { bytes }) => sum + bytes, 0) < 200_000);
  assert.match(await page.innerText('#panel-model .foot'), /of 24\.0\sMiB read/);
  // Values are read from where they are, which is far behind what has been read.
  await page.keyboard.press('Control+f');
  await page.fill('#query', 'weight');
  await page.locator('.hit').first().click();
  await page.click('#tab-selection');
  await page.locator('#panel-selection button:has-text("Show values")').click();
  await page.waitForSelector('#panel-selection .cells');
  lamina.assertQuiet();
});

/**
 * A server of another origin, and the address of a file there.
 * @param {TestContext} t
 * @param {http.RequestListener} answer
 */
async function elsewhere(t, answer) {
  const server = http.createServer(answer);
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}/large.safetensors`;
}

/**
 * A server without Range that hands out half of a large model, and the rest when it is told to.
 * @param {TestContext} t
 */
async function slowly(t) {
  const content = fs.readFileSync(largeModel(t).file);
  const half = content.length / 2;
  let finish = () => {};
  const url = await elsewhere(t, (request, response) => {
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*', 'Content-Length': content.length });
    if (request.method === 'GET') {
      response.write(content.subarray(0, half));
      finish = () => void response.end(content.subarray(half));
    } else {
      response.end();
    }
  });
  return { query: `?url=${encodeURIComponent(url)}`, finish: () => finish() };
}

test('of a server without Range, the file is downloaded with a progress bar', async (t) => {
  const { query, finish } = await slowly(t);
  const lamina = await open(t, { query, until: 'opening' });
  const { page } = lamina;
  await page.waitForSelector('.progress.certain[aria-valuenow="50"]');
  assert.match(await page.innerText('#message'), /large\.safetensors\s+Downloading\s*12\.0\sMiB\s+Cancel/);
  finish();
  assert.equal((await lamina.ready()).nodes, 1);
  assert.match(await page.innerText('#panel-model .sub'), /Safetensors\s+24\.0\sMiB/);
  lamina.assertQuiet();
});

test('a download is cancelled, and the page goes on', async (t) => {
  const { query } = await slowly(t);
  const lamina = await open(t, { query, until: 'opening' });
  const { page } = lamina;
  await page.waitForSelector('.progress.certain[aria-valuenow="50"]');
  await page.click('#message button:text-is("Cancel")');
  await page.waitForSelector('html[data-state=welcome]');
  assert.equal(new URL(page.url()).search, '');
  await lamina.choose(`${FIXTURES}/metadata.onnx`);
  assert.equal((await lamina.ready()).nodes, 2);
  lamina.assertQuiet();
});

test('reading from a server that does not answer is cancelled', async (t) => {
  const url = await elsewhere(t, () => {});
  const lamina = await open(t, { query: `?url=${encodeURIComponent(url)}`, until: 'opening' });
  const { page } = lamina;
  await page.waitForSelector('#message .progress');
  await page.keyboard.press('Escape');
  await page.waitForSelector('html[data-state=welcome]');
  await lamina.choose(`${FIXTURES}/metadata.onnx`);
  assert.equal((await lamina.ready()).nodes, 2);
  lamina.assertQuiet();
});

test('an address without a file says so, and one whose server forbids reading', async (t) => {
  const lamina = await open(t, { query: '?url=models/none.onnx', mounts: { '/models/': FIXTURES }, until: 'error' });
  const { page } = lamina;
  assert.match(await page.innerText('#message'), /none\.onnx\s+there is no file at http:\S+\/models\/none\.onnx \(404\); check the address/i);

  // Another origin that does not say that pages may read its files.
  const closed = await serve({ mounts: { '/': FIXTURES } });
  t.after(() => closed.close());
  await lamina.go(`?url=${encodeURIComponent(`${closed.url}if.onnx`)}`);
  await page.waitForSelector('html[data-state=error]');
  const message = await page.innerText('#message');
  assert.match(message, /if\.onnx/);
  assert.match(message, /does not (allow|let)/);
  await page.click('#message button:text-is("Back")');
  await page.waitForSelector('html[data-state=welcome]');

  // One that does is open to all pages.
  const shared = await serve({ mounts: { '/': FIXTURES }, cors: true });
  t.after(() => shared.close());
  await lamina.go(`?url=${encodeURIComponent(`${shared.url}if.onnx`)}`);
  assert.equal((await lamina.ready()).nodes, 12);
  assert.deepEqual(lamina.server.foreign, []);
});
