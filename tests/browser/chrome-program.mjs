/**
 * Stands in for the program that Trunk builds from `src/bin/worker.rs`: the same interface with canned answers, so that the page can
 * be tested by itself. What a file is called decides what happens to it.
 *
 * @module
 */

/** @import {End, Failure, Hit, ModelInfo, NodeInfo, Scene, SceneOptions, TensorInfo, ValueInfo} from '../../static/types.js' */

import { Grouped } from './chrome-grouped.mjs';

const NONE = 0xffffffff;
const CATEGORIES = ['other', 'convolution', 'linear', 'activation', 'normalization', 'pool', 'attention', 'shape', 'elementwise', 'reduction', 'recurrent', 'control', 'data'];

/**
 * Operator, category, name, lines of the card.
 * @type {[string, string, string, [string, string][]][]}
 */
const NODES = [
  ['Conv', 'convolution', '/conv1/Conv', [['W', '64×3×7×7'], ['B', '64'], ['strides', '2, 2']]],
  ['Relu', 'activation', '/relu/Relu', []],
  ['MaxPool', 'pool', '/maxpool/MaxPool', [['kernel_shape', '3, 3'], ['strides', '2, 2']]],
  ['Conv', 'convolution', '/layer1/layer1.0/conv1/Conv', [['W', '64×64×3×3'], ['B', '64']]],
  ['Relu', 'activation', '/layer1/layer1.0/relu/Relu', []],
  ['Conv', 'convolution', '/layer1/layer1.0/conv2/Conv', [['W', '64×64×3×3'], ['B', '64']]],
  ['Add', 'elementwise', '/layer1/layer1.0/Add', []],
  ['If', 'control', '/layer1/If', [['then_branch', 'rescale'], ['else_branch', 'keep']]],
  ['GlobalAveragePool', 'pool', '/avgpool/GlobalAveragePool', []],
  ['Flatten', 'shape', '/Flatten', [['axis', '1']]],
  ['Gemm', 'linear', '/fc/Gemm', [['B', '1000×512'], ['C', '1000']]],
];

/** Shapes of tensors by id. @type {Record<number, number[]>} */
const TENSORS = { 1: [64, 3, 7, 7], 2: [64], 3: [1000, 512] };

/** @param {number} id */
const elements = (id) => (TENSORS[id] ?? []).reduce((product, dim) => product * dim, 1);

/**
 * @param {number} id
 * @param {string} name
 * @returns {TensorInfo}
 */
function tensor(id, name) {
  const bytes = 4 * elements(id);
  const location = `resnet18.onnx, bytes 4,096 to ${4096 + bytes}`;
  return {
    id, name, dtype: 'float32', shape: (TENSORS[id] ?? []).join('×'), dims: TENSORS[id] ?? [], numeric: true, elements: elements(id), bytes, location, readable: true, description: '', metadata: [], dequantised: null,
  };
}

/**
 * @param {number} id
 * @param {string} argument
 * @returns {End[]} none if there is no such node
 */
function ends(id, argument) {
  const [operator, category, name] = NODES[id] ?? [];
  return operator !== undefined && category !== undefined && name !== undefined ? [{ node: id, operator, name, argument, category }] : [];
}

/**
 * The values form a chain: value n is the output of node n - 1 and the input of node n.
 * @param {number} id
 * @returns {ValueInfo}
 */
function value(id) {
  return {
    id, name: id === 0 ? 'input' : `/layer1/layer1.0/value_${id}_output_0`, type: 'float32 batch×64×56×56', description: '', metadata: [], tensor: null,
    producer: ends(id - 1, 'Y')[0] ?? null, consumers: ends(id, 'X'), input: id === 0, output: id === NODES.length, captured: false,
  };
}

/**
 * @param {number} id
 * @param {string} name
 * @returns {ValueInfo}
 */
function weight(id, name) {
  return { ...value(1000 + id), name, consumers: ends(0, 'W'), tensor: tensor(id, name) };
}

/**
 * @param {string} name
 * @param {number} size
 * @returns {ModelInfo}
 */
function info(name, size) {
  const wiring = name.includes('weights') ? 'modules' : 'flow';
  return {
    file: { name, size, companions: [] },
    format: 'ONNX v8',
    formatId: 'onnx',
    properties: [{ name: 'producer', value: 'pytorch 2.4.0' }, { name: 'description', value: 'An image classifier. '.repeat(20) }],
    imports: [{ domain: '', version: 17 }, { domain: 'com.microsoft', version: 1 }],
    metadata: [{ name: 'license', value: 'apache-2.0' }, { name: 'classes', value: '<img src=x onerror="document.title=1">' }],
    graphs: [
      { id: 0, title: 'main_graph', kind: 'main', wiring, parent: null, nodes: NODES.length, edges: 12 },
      { id: 1, title: 'then_branch', kind: 'body', wiring, parent: { graph: 0, node: 7, label: 'then_branch' }, nodes: 3, edges: 3 },
      { id: 2, title: 'else_branch', kind: 'body', wiring, parent: { graph: 0, node: 7, label: 'else_branch' }, nodes: 2, edges: 2 },
      { id: 3, title: 'LayerNormalization', kind: 'function', wiring, parent: null, nodes: 5, edges: 6 },
    ],
    entry: 0,
    counts: { graphs: 4, nodes: 21, edges: 23, initializers: 62, parameters: 11_689_512, bytes: 46_758_048 },
    dtypes: [
      { dtype: 'float32', tensors: 40, parameters: 11_000_000, bytes: 44_000_000 },
      { dtype: 'float16', tensors: 12, parameters: 600_000, bytes: 1_200_000 },
      { dtype: 'int64', tensors: 10, parameters: 89_512, bytes: 716_096 },
    ],
    operators: [
      { operator: 'Conv', domain: '', category: 'convolution', count: 20 },
      { operator: 'Relu', domain: '', category: 'activation', count: 17 },
      { operator: 'Add', domain: '', category: 'elementwise', count: 8 },
      { operator: 'MaxPool', domain: '', category: 'pool', count: 1 },
      { operator: 'FusedMatMul', domain: 'com.microsoft', category: 'linear', count: 1 },
      { operator: 'Flatten', domain: '', category: 'shape', count: 1 },
    ],
    diagnostics: [
      { severity: 'warning', message: 'The weights of 2 tensors are in weights.bin, which was not opened with the model.', at: null, graph: 0, node: 0 },
      { severity: 'note', message: 'Operator set com.microsoft 1 is not a standard one.', at: null, graph: null, node: null },
    ],
    droppedDiagnostics: 0,
    bytesRead: 43_008,
    seconds: 0.031,
  };
}

/**
 * The nodes of a graph in one line.
 * @param {number} graph
 * @param {SceneOptions} options
 * @returns {Scene}
 */
function scene(graph, options) {
  const nodes = graph === 0 ? NODES : NODES.slice(0, graph + 1);
  const right = options.direction === 'right';
  /** @type {string[]} */
  const texts = [];
  const text = (/** @type {string} */ string) => texts.push(string) - 1;
  const count = nodes.length + 2;
  const rects = new Float64Array(4 * count);
  const lineStarts = [0];
  /** @type {number[]} */
  const lines = [];
  const heights = Array.from({ length: count }, (_, item) => {
    const [, , name = '', facts = []] = nodes[item] ?? [];
    const shown = facts.filter(([label]) => (/^[WBC]$/.test(label) ? options.shown.weights : options.shown.attributes));
    if (name && options.shown.names) shown.push(['name', name]);
    lines.push(...shown.flat().map(text));
    lineStarts.push(lines.length / 2);
    return 28 + (shown.length > 0 ? 8 + 18 * shown.length : 0);
  });
  // The input comes first and the output last, but items are the nodes first.
  const order = [nodes.length, ...nodes.keys(), nodes.length + 1];
  let at = 0;
  for (const item of order) {
    const width = item < nodes.length ? 150 : 90;
    const height = heights[item] ?? 0;
    rects.set(right ? [at, 150 - height / 2, width, height] : [150 - width / 2, at, width, height], 4 * item);
    at += (right ? width : height) + 44;
  }
  const nets = count - 1;
  const points = Array.from({ length: nets }, (_, net) => {
    const [x = 0, y = 0, w = 0, h = 0] = rects.subarray(4 * (order[net] ?? 0));
    const [toX = 0, toY = 0] = rects.subarray(4 * (order[net + 1] ?? 0));
    const from = right ? [x + w, 150] : [150, y + h];
    const to = right ? [toX, 150] : [150, toY];
    return [...from, ...from, ...to, ...to];
  });
  const title = (/** @type {number} */ item) => text(nodes[item]?.[0] ?? (item === nodes.length ? 'input' : 'output'));
  const of = (/** @type {number} */ length, /** @type {(index: number) => number} */ make) => Array.from({ length }, (_, index) => make(index));
  return {
    graph, direction: right ? 'right' : 'down', level: 'flat', grouped: false, controlled: false, open: [], width: right ? at - 44 : 300, height: right ? 300 : at - 44,
    metrics: { header: 28, line: 18, pad: 10, radius: 6, gap: 8 },
    categories: CATEGORIES, rects,
    itemKind: Uint8Array.from(of(count, (item) => Math.max(0, item - nodes.length + 1))),
    itemRef: Uint32Array.from(of(count, (item) => (item < nodes.length ? item : item === nodes.length ? 0 : NODES.length))),
    itemParent: new Uint32Array(count).fill(NONE), mixStarts: new Uint32Array(count + 1), mixCategory: new Uint8Array(0), mixCount: new Uint32Array(0),
    itemCategory: Uint8Array.from(of(count, (item) => CATEGORIES.indexOf(nodes[item]?.[1] ?? 'data'))),
    itemFlags: Uint8Array.from(of(count, (item) => (item === 0 ? 2 : 0) + (nodes[item]?.[0] === 'If' ? 8 : 0))),
    itemCard: Uint32Array.from(of(count, (item) => item)), cardTitle: Uint32Array.from(of(count, title)), texts, lineStarts: Uint32Array.from(lineStarts), lines: Uint32Array.from(lines),
    pathStarts: Uint32Array.from(of(nets + 1, (net) => 4 * net)), points: Float64Array.from(points.flat()),
    pathNet: Uint32Array.from(of(nets, (net) => net)), pathTarget: Uint32Array.from(order.slice(1)),
    netSource: Uint32Array.from(order.slice(0, -1)), netValue: Uint32Array.from(of(nets, (net) => net)), netStyle: new Uint8Array(nets),
    netLabel: new Uint32Array(nets).fill(NONE), netLabelAt: new Float64Array(2 * nets).fill(NaN),
    netStarts: Uint32Array.from(of(nets + 1, (net) => net)), netTargets: Uint32Array.from(order.slice(1)),
  };
}

/**
 * @param {number} graph
 * @param {number} id
 * @returns {NodeInfo}
 */
function nodeDetail(graph, id) {
  const [operator = '', category = '', name = ''] = NODES[id] ?? [];
  const attribute = (/** @type {[string, string, string, number[]?]} */ [label, type, content, graphs = []]) =>
    ({ name: label, type, value: content, graphs, tensor: null });
  /** @type {Record<string, [string, string, string, number[]?][]>} */
  const attributes = {
    If: [['then_branch', 'graph', '', [1]], ['else_branch', 'graph', '', [2]]],
    Conv: [['dilations', 'int64[]', '1, 1'], ['group', 'int64', '1'], ['kernel_shape', 'int64[]', '7, 7'], ['table', 'float32[]', '0.125, '.repeat(90)]],
  };
  /** @type {Record<string, [string, ValueInfo[]][]>} */
  const weights = {
    Conv: [['W', [weight(1, 'onnx::Conv_497')]], ['B', [weight(2, 'onnx::Conv_498')]]],
    Gemm: [['B', [weight(3, 'fc.weight')]], ['C', []]],
  };
  const inputs = /** @type {[string, ValueInfo[]][]} */ ([['X', [value(id)]], ...(weights[operator] ?? [])]);
  return {
    kind: 'node', id, graph, operator, name, domain: operator === 'Gemm' ? 'com.microsoft' : '', category, documentationKey: `ai.onnx:${operator}`, version: 22,
    path: [], description: '', definition: null, attributes: (attributes[operator] ?? []).map(attribute),
    inputs: inputs.map(([label, values]) => ({ name: label, documentation: null, values })),
    outputs: [{ name: 'Y', documentation: null, values: [value(id + 1)] }],
    metadata: [], diagnostics: info('', 0).diagnostics.filter(({ node }) => node === id),
  };
}

/**
 * Keeps the Worker busy, as reading does.
 * @param {number} ms
 */
function work(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/**
 * @param {Failure['kind']} kind
 * @param {string} message
 */
function fail(kind, message) {
  throw JSON.stringify({ kind, message });
}

export default async function init() {}

export function rehearse() {}

export class Session {
  /** @type {{name: string, size: number, remote: boolean}[]} */
  #files = [];

  /** What is called like a large model has a hierarchy. @type {Grouped|null} */
  #tree = null;

  /**
   * @param {string} path
   * @param {Blob} blob
   */
  add_blob(path, blob) {
    this.#files.push({ name: path, size: blob.size, remote: false });
  }

  /** @param {string} url */
  add_url(url) {
    this.#files.push({ name: new URL(url).pathname.split('/').at(-1) ?? '', size: 48_000_000, remote: true });
  }

  /** @param {(progress: string) => void} onProgress */
  open(onProgress) {
    const [{ name, size, remote } = { name: '', size: 0, remote: false }, ...others] = this.#files;
    if (remote && name.includes('norange')) fail('download', 'no Range requests');
    if (name.includes('lfs')) fail('unsupported', 'This is a Git LFS pointer (132 bytes), not the model itself. Fetch it with `git lfs pull`, then drop it again.');
    if (name.includes('bad')) fail('malformed', 'The protocol buffer ends in the middle of a field (at 0x1c, in graph).');
    if (name.includes('crash')) throw new Error('panicked at src/codec/protobuf.rs:7: index out of bounds');
    for (let step = 0; name.includes('slow') && step < 600; step += 1) {
      onProgress(JSON.stringify({ stage: 'Reading the graph', done: step / 600, bytesRead: step * 70_000 }));
      work(50);
    }
    if (name.includes('decoder')) this.#tree = new Grouped(12);
    if (name.includes('huge')) this.#tree = new Grouped(2000);
    const about = info(name, size);
    if (name.includes('single')) about.graphs.splice(1);
    return JSON.stringify({ ...about, file: { name, size, companions: others.map((file) => file.name) } });
  }

  /**
   * @param {number} graph
   * @param {string} options
   */
  scene(graph, options) {
    return this.#tree && graph === 0 ? this.#tree.scene(JSON.parse(options)) : scene(graph, JSON.parse(options));
  }

  outline() {
    return JSON.stringify(this.#tree?.outline());
  }

  /**
   * @param {number} graph
   * @param {string} kind
   * @param {number} id
   */
  detail(graph, kind, id) {
    const tree = graph === 0 ? this.#tree : null;
    if (tree && !tree.has(kind, id)) fail('missing', 'There is no such selection.');
    if (kind === 'group') return JSON.stringify(tree?.group(id, info('', 0).dtypes));
    if (kind === 'node') return JSON.stringify({ ...nodeDetail(graph, id), ...tree?.node(id) });
    return JSON.stringify({ kind, graph, value: { ...value(id), ...tree?.value(id) } });
  }

  /**
   * @param {number} id
   * @param {number} from
   * @param {number} count
   */
  values(id, from, count) {
    const total = elements(id);
    const values = Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, index) => Math.sin(from + index).toPrecision(4));
    return JSON.stringify({ from, total, shape: TENSORS[id], values });
  }

  cost() {
    const total = { macs: 0, flops: 0, parameters: 0, activations: 0, open: 0 };
    return JSON.stringify({ sizes: [], total, peak: 0 });
  }

  heat() {
    return JSON.stringify({ nodes: [], groups: [] });
  }

  resize() {}

  /** @param {string} query */
  find(query) {
    const wanted = query.toLowerCase();
    /** @type {Hit[]} */
    const all = [
      ...NODES.map(([operator, category, name], id) => /** @type {Hit} */ ({ kind: 'node', graph: 0, id, title: operator, context: name, category })),
      { kind: 'tensor', graph: 0, id: 10, title: 'fc.weight', context: 'float32 1000×512', category: 'data' },
      { kind: 'graph', graph: 1, id: 1, title: 'then_branch', context: '3 nodes', category: '' },
    ];
    if (this.#tree) all.splice(0, all.length, ...this.#tree.hits());
    const hits = all.filter(({ title, context }) => `${title} ${context}`.toLowerCase().includes(wanted));
    return JSON.stringify({ total: hits.length, hits });
  }

  svg() {
    return '<svg xmlns="http://www.w3.org/2000/svg"/>';
  }
}
