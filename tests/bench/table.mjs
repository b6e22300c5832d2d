// The files of the bench, what is to be reached with each, and how the results are shown.

import { quantile } from './run.mjs';

const MB = 1e6;

/**
 * @typedef {object} File
 * @property {string} name
 * @property {string[]} [beside] the files that are opened together with it
 * @property {boolean} quick whether `--quick` opens it
 * @property {boolean} [netronCrashes] whether Netron's tab is known to crash on it
 * @property {{ ratio?: number, openMs?: number, read?: number, frameMs?: number }} goal Netron's time over ours, at least; the others at most
 *
 * @typedef {object} Result
 * @property {File} file
 * @property {number} bytes
 * @property {import('./run.mjs').Run[]} lamina
 * @property {import('./run.mjs').Run[]} netron
 */

/** @type {File[]} */
export const FILES = [
  { name: 'resnet50.onnx', quick: true, goal: { ratio: 3 } },
  { name: 'llm-1k.onnx', quick: false, goal: {} },
  { name: 'wide-1k.onnx', quick: true, goal: {} },
  { name: 'llm-local-5k.onnx', quick: false, goal: { ratio: 30 } },
  { name: 'wide-5k.onnx', quick: false, goal: { ratio: 30 } },
  { name: 'llm-local-10k.onnx', quick: true, netronCrashes: true, goal: { openMs: 1000 } },
  { name: 'llm-100k.onnx', quick: true, netronCrashes: true, goal: { openMs: 4000, frameMs: 17 } },
  { name: 'weights-1.9gb.onnx', quick: false, goal: { openMs: 500, read: 20 * MB } },
  { name: 'sparse-5gb.safetensors', quick: true, goal: { openMs: 300, read: 2 * MB } },
  { name: 'sparse-3gb.index', beside: ['sparse-3gb.data-00000-of-00001'], quick: true, goal: { openMs: 500, read: 5 * MB } },
];

const PEAK_MIB = 400;
const VISIT_BYTES = 500_000;

/**
 * The median of what the runs have; null when none has.
 * @template T
 * @param {T[]} runs
 * @param {(run: T) => number | null | undefined} get
 */
function median(runs, get) {
  const values = runs.map(get).filter((value) => typeof value === 'number');
  return values.length > 0 ? quantile(values, 0.5) : null;
}

/** @param {number | null} value */
const ms = (value) => (value === null ? '' : value.toFixed(0));

/** @param {number | null} bytes */
const size = (bytes) => (bytes === null ? '' : `${(bytes / MB).toFixed(bytes < MB ? 2 : 1)} MB`);

/**
 * The opening time with its spread, or what went wrong.
 * @param {import('./run.mjs').Run[]} runs
 */
function opening(runs) {
  const failed = runs.find(({ outcome }) => outcome !== 'rendered');
  if (failed) {
    return failed.outcome;
  }
  const times = runs.flatMap(({ openMs }) => openMs ?? []);
  const spread = times.length > 1 ? ` ±${((Math.max(...times) - Math.min(...times)) / 2).toFixed(0)}` : '';
  return ms(median(runs, ({ openMs }) => openMs)) + spread;
}

/** @param {Result} result */
function ratio({ lamina, netron }) {
  const [ours, theirs] = [lamina, netron].map((runs) => median(runs, ({ openMs }) => openMs));
  return ours && theirs ? theirs / ours : null;
}

/**
 * Median and 95th percentile of the frame intervals.
 * @param {import('./run.mjs').Run[]} runs
 * @param {'pan' | 'zoom'} name
 */
function frames(runs, name) {
  const middle = median(runs, (run) => run[name]?.median);
  const slow = median(runs, (run) => run[name]?.p95);
  if (middle === null) {
    return '';
  }
  return `${ms(middle)} / ${ms(slow)}${runs.some((run) => run[name]?.moved === false) ? ' (still)' : ''}`;
}

/** @param {Result[]} results */
export function table(results) {
  const head = ['file', 'size', 'nodes', 'Lamina ms', 'Netron ms', 'ratio', 'Lamina MiB', 'Netron MiB', 'read', 'pan ms', 'zoom ms', 'Netron pan', 'Netron zoom'];
  const rows = results.map((result) => [
    result.file.name,
    size(result.bytes),
    String(result.lamina[0]?.graph?.nodes ?? ''),
    opening(result.lamina),
    opening(result.netron),
    ratio(result)?.toFixed(1) ?? '',
    ms(median(result.lamina, ({ peakMiB }) => peakMiB)),
    ms(median(result.netron, ({ peakMiB }) => peakMiB)),
    size(median(result.lamina, ({ read }) => read)),
    frames(result.lamina, 'pan'),
    frames(result.lamina, 'zoom'),
    frames(result.netron, 'pan'),
    frames(result.netron, 'zoom'),
  ]);
  return grid(head, rows);
}

/**
 * A table in Markdown.
 * @param {string[]} head
 * @param {string[][]} rows
 * @param {number[]} [left] columns of text
 */
export function grid(head, rows, left = [0]) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (/** @type {string[]} */ row) => `| ${row.map((cell, i) => (left.includes(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

/**
 * Page load, and how quiet the machine was.
 * @param {Result[]} results
 */
export function summary(results) {
  const lines = /** @type {const} */ ([['Lamina', 'lamina'], ['Netron', 'netron']]).flatMap(([name, key]) => {
    const runs = results.flatMap((result) => result[key]);
    if (runs.length === 0) {
      return [];
    }
    const { visit } = runs[0];
    const most = Math.max(...runs.map((run) => run.opened.gzip));
    return [`${name}: first visit ${visit.requests} requests, ${size(visit.bytes)}, ${size(visit.gzip)} gzipped, ready after ` +
      `${ms(median(runs, ({ loadMs }) => loadMs))} ms; with a graph open ${size(most)} gzipped`];
  });
  const others = results.flatMap(({ lamina, netron }) => [...lamina, ...netron]).flatMap((run) => run.others ?? []);
  if (others.length > 0) {
    lines.push(`other programs kept ${quantile(others, 0.5).toFixed(2)} cores busy meanwhile (median), at most ${Math.max(...others).toFixed(2)}`);
  }
  return `\n${lines.join('\n')}`;
}

/**
 * What was to be reached, and what was not.
 * @param {Result[]} results
 */
export function goals(results) {
  /** @type {string[]} */
  const missed = [];
  let met = 0;
  /** @type {(what: string, value: number | null | undefined, good: (value: number) => boolean) => void} */
  const check = (what, value, good) => {
    if (typeof value !== 'number') {
      return;
    }
    if (good(value)) {
      met += 1;
    } else {
      missed.push(`${what}: ${value >= 100 ? value.toFixed(0) : value.toFixed(1)}`);
    }
  };
  for (const result of results) {
    const { file: { name, goal }, lamina } = result;
    const { ratio: least, openMs: longest, read: most, frameMs } = goal;
    if (least !== undefined) {
      check(`${name}: at least ${least} times faster`, ratio(result), (value) => value >= least);
    }
    if (longest !== undefined) {
      check(`${name}: open within ${longest} ms`, median(lamina, ({ openMs }) => openMs), (value) => value <= longest);
    }
    if (most !== undefined) {
      check(`${name}: reads at most ${size(most)}`, median(lamina, ({ read }) => read), (value) => value <= most);
    }
    if (frameMs !== undefined) {
      check(`${name}: a frame of panning within ${frameMs} ms`, median(lamina, ({ pan }) => pan?.median), (value) => value <= frameMs);
      check(`${name}: a frame of zooming within ${frameMs} ms`, median(lamina, ({ zoom }) => zoom?.median), (value) => value <= frameMs);
    }
    check(`${name}: at most ${PEAK_MIB} MiB`, median(lamina, ({ peakMiB }) => peakMiB), (value) => value <= PEAK_MIB);
  }
  check('first visit: at most 500 KB gzipped', results[0]?.lamina[0]?.visit.gzip, (value) => value <= VISIT_BYTES);
  return [`goals: ${met} met, ${missed.length} missed`, ...missed].join('\n  ');
}

/**
 * How many of our runs showed no graph.
 * @param {Result[]} results
 */
export function failures(results) {
  return results.flatMap(({ lamina }) => lamina).filter(({ outcome }) => outcome !== 'rendered').length;
}
