// `make bench`: Lamina and Netron open the same files in the same browser; layouts beside those of others; steps through the hierarchy of a
// large model; all elements of a large tensor. Prints tables. See README.md.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lamina, netron } from './apps.mjs';
import { groupTable, measureGroups } from './groups.mjs';
import { blemishes, graphs, layoutTable, measure } from './layouts.mjs';
import { coresBusy } from './machine.mjs';
import { run } from './run.mjs';
import { failures, FILES, goals, summary, table } from './table.mjs';
import { measureTensors, tensorTable } from './tensors.mjs';

/** What is measured besides opening files: layouts beside those of others, steps through the hierarchy of a large model, and all elements of a large tensor. */
const PARTS = ['layouts', 'groups', 'tensors'];
const LARGE = 'llm-100k.onnx';
const NUMBERS = 'values-600mb.safetensors';
const ONE = 'sparse-1gb.safetensors';

const USAGE = `usage: node tests/bench/bench.mjs [options]
  --quick         one run of a few files; Netron only where it survives
  --runs N        runs of each file and viewer, a fresh browser each time (default 3)
  --only A,B      these only: ${[...FILES.map(({ name }) => name), ...PARTS].join(', ')}
  --no-netron     Lamina only
  --no-gestures   neither pan nor zoom
  --timeout S     from file chosen to graph painted (default 180)
  --limit S       for one layout, with those of others (default 60; with --quick 20)
  --json FILE     also write every run there`;

const HERE = path.dirname(fileURLToPath(import.meta.url));
const WORK = path.join(HERE, 'work');
const DIST = path.join(HERE, '../../dist');

/**
 * The folder that .ci/setup made, whose name begins so; the versions are its business.
 * @param {string} start
 */
function installed(start) {
  const name = fs.existsSync(WORK) ? fs.readdirSync(WORK).find((entry) => entry.startsWith(start) && !entry.endsWith('.new')) : null;
  if (!name) {
    throw new Error(`there is no ${start}… in ${WORK}: run \`.ci/setup bench\``);
  }
  return path.join(WORK, name);
}

/**
 * Writes the models that are not there.
 * @param {string[]} names
 */
function makeModels(names) {
  const folder = path.join(WORK, 'models');
  const missing = names.filter((name) => !fs.existsSync(path.join(folder, name)));
  if (missing.length > 0) {
    console.error(`writing ${missing.join(', ')}`);
    execFileSync(path.join(installed('venv-onnx-'), 'bin', 'python'), [path.join(HERE, 'models.py'), folder, ...missing], { stdio: 'inherit' });
  }
  return folder;
}

function options() {
  const { values } = parseArgs({
    options: {
      'help': { type: 'boolean' },
      'json': { type: 'string' },
      'limit': { type: 'string' },
      'no-gestures': { type: 'boolean' },
      'no-netron': { type: 'boolean' },
      'only': { type: 'string' },
      'quick': { type: 'boolean' },
      'runs': { type: 'string' },
      'timeout': { type: 'string' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !PARTS.includes(name) && !FILES.some((file) => file.name === name));
  if (unknown) {
    throw new Error(`there is no file ${unknown}\n${USAGE}`);
  }
  return {
    files: FILES.filter(({ name, quick }) => (only ? only.includes(name) : quick || !values.quick)),
    runs: Number(values.runs ?? (values.quick ? 1 : 3)),
    timeout: Number(values.timeout ?? 180),
    gestures: !values['no-gestures'],
    quick: values.quick ?? false,
    netron: !values['no-netron'],
    parts: PARTS.filter((part) => only?.includes(part) ?? true),
    limit: Number(values.limit ?? (values.quick ? 20 : 60)),
    json: values.json,
  };
}

/**
 * Opens files.
 * @param {ReturnType<typeof options>} chosen
 */
async function openings(chosen) {
  const models = makeModels(chosen.files.map(({ name }) => name));
  const viewers = [{ app: lamina, folder: DIST }];
  if (chosen.netron) {
    viewers.push({ app: netron, folder: path.join(installed('netron-'), 'netron') });
  }
  /** @type {import('./table.mjs').Result[]} */
  const results = [];
  for (const file of chosen.files) {
    const paths = [file.name, ...file.beside ?? []].map((name) => path.join(models, name));
    const bytes = paths.reduce((sum, one) => sum + fs.statSync(one).size, 0);
    /** @type {import('./table.mjs').Result} */
    const result = { file, bytes, lamina: [], netron: [] };
    results.push(result);
    // In turn, so that what else the machine does falls on both.
    for (let i = 0; i < chosen.runs; i++) {
      for (const { app, folder } of viewers) {
        // One crash is enough to see, and none where little time is.
        if (app === netron && file.netronCrashes && (chosen.quick || i > 0)) {
          continue;
        }
        const idle = await coresBusy();
        const one = await run(app, folder, paths, chosen);
        (app === netron ? result.netron : result.lamina).push(one);
        console.error(`${file.name} ${app.name} ${i + 1}/${chosen.runs}: ${one.outcome} ${one.openMs?.toFixed(0) ?? ''} ms` +
          `${one.error ? `, “${one.error}”` : ''} (others: ${idle?.toFixed(2)} cores before, ${one.others?.toFixed(2)} meanwhile)`);
      }
    }
  }
  const versions = viewers.slice(1).map(({ folder }) => path.basename(path.dirname(folder)));
  console.log(`\n${[`Chromium ${results[0]?.lamina[0]?.chromium}`, ...versions].join(', ')}; medians of ${chosen.runs} run(s)\n`);
  console.log(table(results));
  console.log(summary(results));
  console.log(goals(results));
  return results;
}

/**
 * Lays out graphs.
 * @param {ReturnType<typeof options>} chosen
 */
async function layouts(chosen) {
  const theirs = installed('layouts-');
  const modules = { ours: path.join(WORK, 'wasm'), theirs: path.join(theirs, 'node_modules') };
  const rows = await measure(graphs(path.join(HERE, '../layout/models'), chosen.quick), modules, chosen.limit);
  console.log(`\nlayouts: dagre and elkjs ${path.basename(theirs).replace('layouts-', '').replace('-', ' and ')}, at most ${chosen.limit} s each\n`);
  console.log(layoutTable(rows));
  return rows;
}

/**
 * Steps through the hierarchy.
 * @param {ReturnType<typeof options>} chosen
 */
async function groups(chosen) {
  const result = await measureGroups(DIST, path.join(makeModels([LARGE]), LARGE), chosen);
  console.log(`\nthe hierarchy of ${LARGE}\n`);
  console.log(groupTable(result));
  return result;
}

/**
 * Looks at all elements of a tensor.
 * @param {ReturnType<typeof options>} chosen
 */
async function tensors(chosen) {
  const models = makeModels([NUMBERS, ONE]);
  const result = await measureTensors(DIST, path.join(models, NUMBERS), path.join(models, ONE), chosen.runs);
  console.log(`\ntensors of ${NUMBERS}\n`);
  console.log(tensorTable(result));
  return result;
}

async function main() {
  const chosen = options();
  const [cpu] = os.cpus();
  console.log(`${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} × ${cpu?.model}, ${os.type()} ${os.release()}, Node ${process.versions.node}; load average ${os.loadavg()[0].toFixed(2)}`);
  const opened = chosen.files.length > 0 ? await openings(chosen) : [];
  const laid = chosen.parts.includes('layouts') ? await layouts(chosen) : [];
  const stepped = chosen.parts.includes('groups') ? await groups(chosen) : null;
  const inspected = chosen.parts.includes('tensors') ? await tensors(chosen) : null;
  if (chosen.json) {
    fs.writeFileSync(chosen.json, JSON.stringify({ opened, laid, stepped, inspected }, (key, value) => (key === 'bytes' && typeof value === 'object' ? undefined : value), 1));
  }
  process.exitCode = failures(opened) + blemishes(laid) > 0 ? 1 : 0;
}

await main();
