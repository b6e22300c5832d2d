// The layouts that are measured: each takes the same graph and gives a drawing. Runs in a thread of its own, see layouts.mjs.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { count } from './drawing.mjs';

/**
 * @typedef {object} Graph
 * @property {number} count how many boxes there are
 * @property {Float64Array} sizes width and height of each box
 * @property {number[]} parents the container around each box, -1 for none
 * @property {{ source: number, targets: number[] }[]} nets
 *
 * @typedef {object} Outcome
 * @property {number} boxes
 * @property {number} edges
 * @property {number} ms
 * @property {number} runs
 * @property {import('./drawing.mjs').Figures | null} figures null for a drawing that was too large to be looked at
 */

/** The distances that our layout keeps, which the others are asked to keep too. */
const GAP = { node: 20, edge: 10, rank: 28, pad: 16, header: 28 };
/** Runs, and how long they may take together, milliseconds. */
const RUNS = 5;
const ENOUGH = 2000;
/** Above so many boxes a drawing is not looked at. */
const MANY = 20_000;
/** A curve is drawn as so many straight pieces. */
const STEPS = 8;

/**
 * A graph of the module.
 * @param {any} made
 * @returns {Graph}
 */
function unpack(made) {
  const sizes = made.sizes();
  const [sources, starts, targets] = [made.sources(), made.starts(), made.targets()];
  const size = sizes.length / 2;
  /** @type {number[]} */
  const parents = Array.from(made.parents(), (parent) => (parent === 0xffffffff ? -1 : Number(parent)));
  while (parents.length < size) {
    parents.push(-1);
  }
  const nets = Array.from(sources, (source, net) => ({
    source: Number(source),
    targets: [...new Set(targets.slice(starts[net], starts[net + 1]))].map(Number),
  }));
  return { count: size, sizes, parents, nets };
}

/**
 * The edges of all nets, one by one.
 * @param {Graph} graph
 */
function edges(graph) {
  return graph.nets.flatMap(({ source, targets }, net) => targets.map((target) => ({ net, source, target })));
}

/**
 * Ours, as the page runs it: WebAssembly.
 * @param {any} made
 */
async function ours(made) {
  const drawn = made.lay_out();
  const [rects, starts, points, nets] = [drawn.rects(), drawn.path_starts(), drawn.points(), drawn.nets()];
  drawn.free();
  return () => {
    /** @type {import('./drawing.mjs').Drawing['lines']} */
    const lines = [];
    for (let at = 0; at < nets.length; at++) {
      lines.push({ net: nets[at], points: straighten(points.subarray(2 * starts[at], 2 * starts[at + 1])) });
    }
    return { rects, lines };
  };
}

/**
 * A chain of cubic Bézier curves as a chain of straight pieces.
 * @param {Float64Array} points
 */
function straighten(points) {
  const out = [points[0], points[1]];
  for (let at = 0; at + 7 < points.length; at += 6) {
    const [ax, ay, bx, by, cx, cy, dx, dy] = points.subarray(at, at + 8);
    const steps = ax === bx && bx === cx && cx === dx ? 1 : STEPS;
    for (let step = 1; step <= steps; step++) {
      const t = step / steps;
      const s = 1 - t;
      const mix = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c, /** @type {number} */ d) =>
        s * s * (s * a + 3 * t * b) + t * t * (3 * s * c + t * d);
      out.push(mix(ax, bx, cx, dx), mix(ay, by, cy, dy));
    }
  }
  return out;
}

/**
 * @param {Graph} graph
 * @param {any} dagre
 */
async function byDagre(graph, dagre) {
  const compound = graph.parents.some((parent) => parent >= 0);
  const g = new dagre.graphlib.Graph({ compound, multigraph: true });
  g.setGraph({ rankdir: 'TB', nodesep: GAP.node, edgesep: GAP.edge, ranksep: GAP.rank });
  for (let at = 0; at < graph.count; at++) {
    g.setNode(String(at), { width: graph.sizes[2 * at], height: graph.sizes[2 * at + 1] });
  }
  graph.parents.forEach((parent, at) => {
    if (parent >= 0) {
      g.setParent(String(at), String(parent));
    }
  });
  for (const { net, source, target } of edges(graph)) {
    g.setEdge(String(source), String(target), {}, String(net));
  }
  dagre.layout(g);
  return () => {
    const rects = new Float64Array(4 * graph.count);
    for (let at = 0; at < graph.count; at++) {
      const { x, y, width, height } = g.node(String(at));
      rects.set([x - width / 2, y - height / 2, width, height], 4 * at);
    }
    const lines = g.edges().map((/** @type {any} */ edge) => ({
      net: Number(edge.name),
      points: g.edge(edge).points.flatMap((/** @type {any} */ { x, y }) => [x, y]),
    }));
    return { rects, lines };
  };
}

/**
 * @param {Graph} graph
 * @param {any} ELK
 */
async function byElk(graph, ELK) {
  /** @type {any[]} */
  const nodes = Array.from({ length: graph.count }, (_, at) => ({ id: `n${at}`, width: graph.sizes[2 * at], height: graph.sizes[2 * at + 1] }));
  /** @type {any[]} */
  const roots = [];
  graph.parents.forEach((parent, at) => {
    const siblings = parent >= 0 ? nodes[parent].children ??= [] : roots;
    siblings.push(nodes[at]);
  });
  const root = {
    id: 'root',
    children: roots,
    edges: edges(graph).map(({ net, source, target }) => ({ id: `e${net} ${target}`, sources: [`n${source}`], targets: [`n${target}`] })),
  };
  const drawn = await new ELK().layout(root, {
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'DOWN',
      'elk.edgeRouting': 'POLYLINE',
      'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
      'elk.json.edgeCoords': 'ROOT',
      'elk.json.shapeCoords': 'ROOT',
      'elk.padding': `[top=${GAP.header + GAP.pad},left=${GAP.pad},bottom=${GAP.pad},right=${GAP.pad}]`,
      'elk.spacing.nodeNode': GAP.node,
      'elk.spacing.edgeNode': GAP.edge,
      'elk.spacing.edgeEdge': GAP.edge,
      'elk.layered.spacing.nodeNodeBetweenLayers': GAP.rank,
      'elk.layered.spacing.edgeNodeBetweenLayers': GAP.edge,
      'elk.layered.spacing.edgeEdgeBetweenLayers': GAP.edge,
    },
  });
  return () => {
    const rects = new Float64Array(4 * graph.count);
    const stack = [...drawn.children];
    for (let node = stack.pop(); node; node = stack.pop()) {
      rects.set([node.x, node.y, node.width, node.height], 4 * Number(node.id.slice(1)));
      stack.push(...node.children ?? []);
    }
    const lines = drawn.edges.flatMap((/** @type {any} */ { id, sections }) => sections.map((/** @type {any} */ section) => ({
      net: Number.parseInt(id.slice(1), 10),
      points: [section.startPoint, ...section.bendPoints ?? [], section.endPoint].flatMap(({ x, y }) => [x, y]),
    })));
    return { rects, lines };
  };
}

/** Lays out what `workerData` says, several times. */
async function main() {
  const { engine, graph: wanted, modules } = workerData;
  const load = createRequire(import.meta.url);
  const { Graph, initSync } = await import(pathToFileURL(path.join(modules.ours, 'graphs-wasm.js')).href);
  initSync({ module: fs.readFileSync(path.join(modules.ours, 'graphs-wasm_bg.wasm')) });
  const made = wanted.bytes ? Graph.of_model(wanted.name, wanted.bytes, wanted.open) : Graph.generated(wanted.name);
  if (!made) {
    throw new Error(`there is no graph ${wanted.name}`);
  }
  const graph = unpack(made);
  /** @type {Record<string, () => Promise<() => import('./drawing.mjs').Drawing>>} */
  const engines = {
    ours: () => ours(made),
    dagre: () => byDagre(graph, load(path.join(modules.theirs, '@dagrejs/dagre'))),
    elk: () => byElk(graph, load(path.join(modules.theirs, 'elkjs/lib/elk.bundled.js'))),
  };
  const run = engines[engine];
  /** @type {number[]} */
  const times = [];
  let draw = null;
  for (const begin = performance.now(); times.length === 0 || (times.length < RUNS && performance.now() - begin < ENOUGH);) {
    const start = performance.now();
    draw = await run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const figures = draw && graph.count <= MANY ? count(draw(), graph) : null;
  /** @type {Outcome} */
  const outcome = { boxes: graph.count, edges: edges(graph).length, ms: times[Math.floor(times.length / 2)], runs: times.length, figures };
  parentPort?.postMessage(outcome);
}

if (parentPort) {
  await main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}
