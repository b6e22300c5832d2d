/**
 * Serves the page as Trunk would build it, with a stand-in for the program and small lists in place of generated ones.
 *
 * @module
 */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json', '.mjs': 'text/javascript', '.svg': 'image/svg+xml',
};

/** What is generated elsewhere. @type {Record<string, () => string | Promise<Buffer>>} */
const GENERATED = {
  '/wasm/worker.js': () => readFile(join(ROOT, 'tests/browser/chrome-program.mjs')),
  '/wasm/chrome-grouped.mjs': () => readFile(join(ROOT, 'tests/browser/chrome-grouped.mjs')),
  '/static/samples/samples.json': () => JSON.stringify([
    { file: 'resnet18.onnx', title: 'ResNet-18', text: 'An image classifier: 20 convolutions with skip connections', format: 'ONNX', thumb: 'resnet50.svg' },
    { file: 'whisper-tiny.onnx', title: 'Whisper tiny, a small speech model', text: 'Speech to text: the encoder of a small transformer', format: 'ONNX', thumb: 'decoder.svg' },
    { file: 'loop.onnx', title: 'Control flow', text: 'A loop with a branch inside, as subgraphs', format: 'ONNX', thumb: 'voice-activity.svg' },
    { file: 'minilm.safetensors', title: 'MiniLM', text: 'Sentence embeddings: weights alone, as a tree of modules', format: 'Safetensors', thumb: 'llama.svg' },
  ]),
  '/static/formats.json': () => JSON.stringify([
    { id: 'onnx', name: 'ONNX', extensions: ['onnx', 'ort', 'pb'] },
    { id: 'safetensors', name: 'Safetensors', extensions: ['safetensors', 'safetensors.index.json'] },
  ]),
  '/static/ops/onnx.json': () => JSON.stringify({ source: 'Operator schemas of ONNX.', operators: {
    'ai.onnx:Conv': {
      summary: 'The convolution operator consumes an input tensor and a filter, and computes the output.\n\nPadding follows `auto_pad` or `pads`.',
      inputs: [{ name: 'X', doc: 'Input data of size (N × C × H × W).' }, { name: 'W', doc: 'The weights of the filters.' }],
      outputs: [{ name: 'Y', doc: 'The result.' }],
      attributes: [{ name: 'group', type: 'int', default: '1', doc: 'Number of groups that input and output channels are divided into.' },],
      since: 11,
    },
  } }),
  '/static/ops/defaults.json': () => JSON.stringify({ onnx: {
    'ai.onnx:Conv': [['auto_pad', 'string', 'NOTSET'], ['group', 'int', '1'], ['later', 'int', '1', 23]],
  } }),
  '/static/samples/norange.onnx': () => 'x'.repeat(300_000),
};

/**
 * @param {Record<string, string>} [overlay] files by path in place of those of the page
 * @returns {Promise<{url: string, requests: string[], close: () => void}>}
 */
export async function serve(overlay = {}) {
  /** @type {string[]} */
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    requests.push(path);
    const file = path === '/' ? '/index.html' : path;
    try {
      const content = overlay[file] ? await readFile(overlay[file]) : await (GENERATED[file]?.() ?? readFile(join(ROOT, normalize(file))));
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'cache-control': 'no-store' });
      response.end(content);
    } catch {
      response.writeHead(404);
      response.end();
    }
  });
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(null)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/`, requests, close: () => server.close() };
}
