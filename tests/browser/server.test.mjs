// The server that everything else is measured with.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parseRange, serve } from './server.mjs';

/**
 * A folder with a file of ten bytes, removed when the test ends.
 * @param {import('node:test').TestContext} t
 */
function folder(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'lamina-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  fs.writeFileSync(path.join(dir, 'ten.wasm'), '0123456789');
  fs.writeFileSync(path.join(dir, 'index.html'), '<p>here</p>');
  return dir;
}

test('ranges', () => {
  assert.deepEqual(parseRange('bytes=0-3', 10), [0, 3]);
  assert.deepEqual(parseRange('bytes=4-', 10), [4, 9]);
  assert.deepEqual(parseRange('bytes=-3', 10), [7, 9]);
  assert.deepEqual(parseRange('bytes=8-99', 10), [8, 9]);
  assert.equal(parseRange('bytes=10-', 10), 'beyond');
  assert.equal(parseRange('bytes=-0', 10), 'beyond');
  assert.equal(parseRange('bytes=5-2', 10), null);
  assert.equal(parseRange('bytes=0-1,4-5', 10), null);
});

test('files, ranges and mime types', async (t) => {
  const server = await serve({ mounts: { '/deep/down/': folder(t) } });
  t.after(() => server.close());
  const url = new URL('ten.wasm', server.url);

  const whole = await fetch(url);
  assert.equal(whole.status, 200);
  assert.equal(whole.headers.get('content-type'), 'application/wasm');
  assert.equal(await whole.text(), '0123456789');

  const part = await fetch(url, { headers: { Range: 'bytes=2-4' } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), 'bytes 2-4/10');
  assert.equal(await part.text(), '234');

  assert.equal((await fetch(url, { headers: { Range: 'bytes=10-' } })).status, 416);
  const changed = await fetch(url, { headers: { 'Range': 'bytes=2-4', 'If-Range': '"another"' } });
  assert.equal(changed.status, 200);
  assert.equal(await (await fetch(server.url)).text(), '<p>here</p>');
  assert.equal((await fetch(server.origin)).status, 404);
  assert.equal((await fetch(url, { method: 'POST' })).status, 405);
  assert.deepEqual(server.log.map((asked) => asked.status), [200, 206, 416, 200, 200, 404, 405]);
});

test('without Range, and outside the folder', async (t) => {
  const dir = folder(t);
  fs.mkdirSync(path.join(dir, 'sub'));
  const server = await serve({ mounts: { '/': path.join(dir, 'sub') }, range: false });
  t.after(() => server.close());
  assert.equal((await fetch(new URL('ten.wasm', server.url))).status, 404);
  assert.equal((await fetch(`${server.url}..%2Ften.wasm`)).status, 404);
  fs.copyFileSync(path.join(dir, 'ten.wasm'), path.join(dir, 'sub', 'ten.wasm'));
  const answer = await fetch(new URL('ten.wasm', server.url), { headers: { Range: 'bytes=2-4' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('accept-ranges'), null);
});

test('what is meant for another host is refused and recorded', async (t) => {
  const server = await serve({ mounts: { '/': folder(t) } });
  t.after(() => server.close());
  const status = await new Promise((resolve) => {
    http.get({ host: '127.0.0.1', port: new URL(server.url).port, path: 'http://example.com/x' }, (answer) => resolve(answer.statusCode));
  });
  assert.equal(status, 403);
  assert.deepEqual(server.foreign, ['http://example.com/x']);
  assert.deepEqual(server.log, []);
});
