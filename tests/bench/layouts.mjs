// The layout beside those of @dagrejs/dagre and elkjs: the same graphs, the same sizes of boxes, the same distances. See README.md.

import fs from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { grid } from './table.mjs';

/**
 * @typedef {object} Wanted
 * @property {string} name a made-up graph, or a file
 * @property {boolean} quick whether `--quick` has it
 * @property {Uint8Array} [bytes] of the file
 * @property {boolean} [open] with all groups open
 *
 * @typedef {object} Row
 * @property {Wanted} graph
 * @property {string} engine
 * @property {import('./engines.mjs').Outcome | null} outcome
 * @property {string} failure what went wrong
 */

const ENGINES = ['ours', 'dagre', 'elk'];
const MODELS = ['resnet50', 'densenet121', 'inception', 'detector', 'decoder', 'unet'];
/** The made-up graphs: name and number of boxes, about. */
const MADE_UP = [
  { name: 'wide-1000', quick: true },
  { name: 'llm-1000', quick: true },
  { name: 'llm-shared-1000', quick: true },
  { name: 'llm-5000', quick: false },
  { name: 'llm-10000', quick: false },
  { name: 'llm-100000', quick: false },
  { name: 'open-unet-60', quick: true },
  { name: 'open-decoder-200', quick: true },
  { name: 'open-llm-1000', quick: true },
  { name: 'open-llm-10000', quick: false },
  { name: 'open-llm-100000', quick: false },
];

/**
 * The graphs, flat ones before those with containers.
 * @param {string} folder of the models
 * @param {boolean} quick
 */
export function graphs(folder, quick) {
  const models = MODELS.map((name) => ({ name: `${name}.onnx`, bytes: fs.readFileSync(path.join(folder, `${name}.onnx`)), quick: true }));
  const made = MADE_UP.filter((graph) => graph.quick || !quick);
  const nested = (/** @type {Wanted} */ { name }) => name.startsWith('open-');
  /** @type {Wanted[]} */
  const all = [...models, ...made.filter((graph) => !nested(graph)), ...models.map((model) => ({ ...model, open: true })), ...made.filter(nested)];
  return all;
}

/**
 * One layout in a thread of its own, which is ended when it takes too long.
 * @param {string} engine
 * @param {Wanted} graph
 * @param {{ ours: string, theirs: string }} modules
 * @param {number} limit seconds
 * @returns {Promise<Row>}
 */
function one(engine, graph, modules, limit) {
  return new Promise((resolve) => {
    const thread = new Worker(new URL('engines.mjs', import.meta.url), {
      workerData: { engine, graph, modules },
      resourceLimits: { maxOldGenerationSizeMb: 4096, stackSizeMb: 16 },
      stderr: true,
    });
    let said = '';
    thread.stderr.on('data', (text) => {
      said += text;
    });
    /** @type {(outcome: Row['outcome'], failure: string) => void} */
    const end = (outcome, failure) => {
      clearTimeout(timer);
      void thread.terminate();
      resolve({ graph, engine, outcome, failure });
    };
    const timer = setTimeout(() => end(null, `> ${limit} s`), limit * 1000);
    thread.on('message', (outcome) => end(outcome, ''));
    thread.on('error', (error) => end(null, /memory/.test(String(error)) ? '> 4 GB' : String(error)));
    thread.on('exit', () => {
      const overflow = /RangeError: Maximum call stack/.test(said);
      end(null, overflow ? 'stack overflow' : `error: ${said.trim().split('\n')[0]}`);
    });
  });
}

/**
 * Lays all out with all.
 * @param {Wanted[]} wanted
 * @param {{ ours: string, theirs: string }} modules folders
 * @param {number} limit seconds
 */
export async function measure(wanted, modules, limit, engines = ENGINES) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {Record<string, number>} */
  const gaveUp = {};
  for (const graph of wanted) {
    for (const engine of engines) {
      // Who gave up on a graph is not asked for a larger one of its kind.
      const [, kind, size] = /^(.*?)-(\d+)$/.exec(graph.name) ?? [];
      const key = `${engine} ${kind}`;
      const hopeless = kind !== undefined && gaveUp[key] < Number(size);
      const row = hopeless ? { graph, engine, outcome: null, failure: `> ${limit} s` } : await one(engine, graph, modules, limit);
      if (row.failure.startsWith('>') && kind !== undefined) {
        gaveUp[key] ??= Number(size);
      }
      rows.push(row);
      console.error(`layout of ${title(graph)} by ${engine}: ${row.outcome ? `${row.outcome.ms.toFixed(1)} ms` : row.failure}`);
    }
  }
  return rows;
}

/** @param {Wanted} graph */
const title = ({ name, open }) => (open ? `${name}, open` : name);

/**
 * A table with one line a layout.
 * @param {Row[]} rows
 */
export function layoutTable(rows) {
  const head = ['graph', 'boxes', 'edges', 'layout', 'ms', 'crossings', 'length kpx', 'width px', 'through boxes'];
  const lines = rows.map(({ graph, engine, outcome, failure }, at) => {
    const first = rows[at - 1]?.graph !== graph;
    const figures = outcome?.figures;
    return [
      first ? title(graph) : '',
      first ? String(outcome?.boxes ?? '') : '',
      first ? String(outcome?.edges ?? '') : '',
      engine === 'ours' ? 'Lamina' : engine,
      outcome ? outcome.ms.toFixed(outcome.ms < 10 ? 1 : 0) : failure,
      figures ? String(figures.crossings) : '',
      figures ? (figures.length / 1000).toFixed(1) : '',
      figures ? figures.width.toFixed(0) : '',
      figures ? String(figures.through) : '',
    ];
  });
  return grid(head, lines, [0, 3]);
}

/**
 * How many of our drawings have lines through boxes.
 * @param {Row[]} rows
 */
export function blemishes(rows) {
  return rows.filter(({ engine, outcome }) => engine === 'ours' && (!outcome || (outcome.figures && outcome.figures.through > 0))).length;
}
