/**
 * Stands in for the program that Trunk builds from `src/bin/worker.rs`: the same interface with canned answers, so that the page can
 * be tested by itself. What a file is called decides what happens to it.
 *
 * @module
 */

const NONE = 0xffffffff;
const CATEGORIES = ['other', 'convolution', 'linear', 'activation', 'normalization', 'pool', 'attention', 'shape', 'elementwise', 'reduction', 'recurrent', 'control', 'data'];

/** Operator, category, name, lines of the card. */
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

const tensor = (id, name, dtype, dims) => {
  const elements = dims.reduce((product, dim) => product * dim, 1);
  return {
    id, name, dtype, shape: dims.join('×'), elements, bytes: elements * 4, location: `resnet18.onnx, bytes 4,096 to ${4096 + elements * 4}`,
    readable: true, description: '', metadata: [],
  };
};

const TENSORS = { 1: [64, 3, 7, 7], 2: [64], 3: [1000, 512] };

const end = (node, argument) => ({ node, operator: NODES[node][0], name: NODES[node][2], argument, category: NODES[node][1] });

const value = (id, more = {}) => ({
  id, name: id === 0 ? 'input' : `/layer1/layer1.0/value_${id}_output_0`, type: 'float32 batch×64×56×56', description: '', metadata: [], tensor: null,
  producer: NODES[id - 1] ? end(id - 1, 'Y') : null, consumers: id < NODES.length ? [end(id, 'X')] : [], input: id === 0, output: id === NODES.length,
  captured: false, ...more,
});

const weight = (id, name) => value(1000 + id, { name, producer: null, consumers: [end(0, 'W')], output: false, tensor: tensor(id, name, 'float32', TENSORS[id]) });

function info(name, size) {
  return {
    file: { name, size, companions: [] },
    format: 'ONNX v8',
    formatId: 'onnx',
    properties: [{ name: 'producer', value: 'pytorch 2.4.0' }, { name: 'description', value: 'An image classifier. '.repeat(20) }],
    imports: [{ domain: '', version: 17 }, { domain: 'com.microsoft', version: 1 }],
    metadata: [{ name: 'license', value: 'apache-2.0' }, { name: 'classes', value: '<img src=x onerror="document.title=1">' }],
    graphs: [
      { id: 0, title: 'main_graph', kind: 'main', wiring: 'flow', parent: null, nodes: NODES.length, edges: 12 },
      { id: 1, title: 'then_branch', kind: 'body', wiring: 'flow', parent: { graph: 0, node: 7, label: 'then_branch' }, nodes: 3, edges: 3 },
      { id: 2, title: 'else_branch', kind: 'body', wiring: 'flow', parent: { graph: 0, node: 7, label: 'else_branch' }, nodes: 2, edges: 2 },
      { id: 3, title: 'LayerNormalization', kind: 'function', wiring: 'flow', parent: null, nodes: 5, edges: 6 },
    ],
    entry: 0,
    counts: { graphs: 4, nodes: 21, edges: 23, tensors: 62, parameters: 11_689_512, bytes: 46_758_048 },
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

function scene(graph, options) {
  const nodes = graph === 0 ? NODES : NODES.slice(0, graph + 1);
  const texts = [];
  const text = (string) => texts.push(string) - 1;
  const right = options.direction === 'right';
  const count = nodes.length + 2;
  const rects = new Float64Array(4 * count);
  const lineStarts = new Uint32Array(count + 1);
  const lines = [];
  const titles = [];
  let at = 0;
  const place = (item, width, height) => {
    rects.set(right ? [at, 150 - height / 2, width, height] : [150 - width / 2, at, width, height], 4 * item);
    at += (right ? width : height) + 44;
    lineStarts[item + 1] = lines.length / 2;
  };
  const order = [nodes.length, ...nodes.keys(), nodes.length + 1];
  for (const item of order) {
    const node = nodes[item];
    titles[item] = text(node ? node[0] : item === nodes.length ? 'input' : 'output');
    const shown = node ? node[3].filter(([label]) => (/^[WBC]$/.test(label) ? options.weights : options.attributes)) : [];
    if (node && options.names) shown.push(['name', node[2]]);
    for (const [label, content] of shown) lines.push(text(label), text(content));
    place(item, node ? 150 : 90, node ? 28 + (shown.length > 0 ? 8 + 18 * shown.length : 0) : 28);
  }
  // Lines were pushed in the order of the drawing; the table is by item.
  const perItem = order.map((item) => lineStarts[item + 1]);
  const starts = new Uint32Array(count + 1);
  const sorted = [];
  for (let item = 0; item < count; item += 1) {
    const index = order.indexOf(item);
    const from = index === 0 ? 0 : perItem[index - 1];
    sorted.push(...lines.slice(2 * from, 2 * perItem[index]));
    starts[item + 1] = sorted.length / 2;
  }
  const nets = count - 1;
  const points = [];
  for (let net = 0; net < nets; net += 1) {
    const [a, b] = [order[net], order[net + 1]].map((item) => rects.subarray(4 * item, 4 * item + 4));
    const from = right ? [a[0] + a[2], 150] : [150, a[1] + a[3]];
    const to = right ? [b[0], 150] : [150, b[1]];
    points.push(...from, ...from, ...to, ...to);
  }
  return {
    graph, direction: right ? 'right' : 'down', width: right ? at - 44 : 300, height: right ? 300 : at - 44,
    metrics: { header: 28, line: 18, pad: 10, radius: 6, gap: 8 }, texts, categories: CATEGORIES, rects,
    itemKind: Uint8Array.from({ length: count }, (_, item) => Math.max(0, item - nodes.length + 1)),
    itemRef: Uint32Array.from({ length: count }, (_, item) => (item < nodes.length ? item : item === nodes.length ? 0 : NODES.length)),
    itemCategory: Uint8Array.from({ length: count }, (_, item) => (nodes[item] ? CATEGORIES.indexOf(nodes[item][1]) : 12)),
    itemFlags: Uint8Array.from({ length: count }, (_, item) => (item === 0 ? 2 : 0) + (nodes[item]?.[0] === 'If' ? 8 : 0)),
    itemTitle: Uint32Array.from(titles), lineStarts: starts, lines: Uint32Array.from(sorted),
    pathStarts: Uint32Array.from({ length: nets + 1 }, (_, net) => 4 * net), points: Float64Array.from(points),
    pathNet: Uint32Array.from({ length: nets }, (_, net) => net), pathTarget: Uint32Array.from({ length: nets }, (_, net) => order[net + 1]),
    netSource: Uint32Array.from({ length: nets }, (_, net) => order[net]), netValue: Uint32Array.from({ length: nets }, (_, net) => net),
    netStyle: new Uint8Array(nets), netLabel: new Uint32Array(nets).fill(NONE), netLabelAt: new Float64Array(2 * nets).fill(NaN),
    netStarts: Uint32Array.from({ length: nets + 1 }, (_, net) => net), netTargets: Uint32Array.from({ length: nets }, (_, net) => order[net + 1]),
  };
}

function nodeDetail(graph, id) {
  const [operator, category, name] = NODES[id];
  const conv = operator === 'Conv';
  const attribute = (attributeName, type, text, graphs = []) => ({ name: attributeName, type, value: text, graphs, tensor: null });
  return {
    kind: 'node', id, graph, operator, name, domain: operator === 'Gemm' ? 'com.microsoft' : '', category, documentationKey: operator,
    path: 'layer1 › layer1.0 › conv1', description: '', definition: null,
    attributes: operator === 'If'
      ? [attribute('then_branch', 'graph', '', [1]), attribute('else_branch', 'graph', '', [2])]
      : conv
        ? [attribute('dilations', 'int64[]', '1, 1'), attribute('group', 'int64', '1'), attribute('kernel_shape', 'int64[]', '7, 7'),
          attribute('pads', 'int64[]', '3, 3, 3, 3'), attribute('table', 'float32[]', '0.125, '.repeat(90))]
        : [],
    inputs: [
      { name: 'X', documentation: 'What is convolved.', values: [value(id)] },
      ...(conv ? [{ name: 'W', documentation: null, values: [weight(1, 'onnx::Conv_497')] }, { name: 'B', documentation: null, values: [weight(2, 'onnx::Conv_498')] }] : []),
      ...(operator === 'Gemm' ? [{ name: 'B', documentation: null, values: [weight(3, 'fc.weight')] }, { name: 'C', documentation: null, values: [] }] : []),
    ],
    outputs: [{ name: 'Y', documentation: null, values: [value(id + 1)] }],
    metadata: [], diagnostics: id === 0 ? [info('', 0).diagnostics[0]] : [],
  };
}

/** Keeps the Worker busy, as reading does. */
function work(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

const fail = (kind, message) => {
  throw JSON.stringify({ kind, message });
};

export default async function init() {}

export class Session {
  #files = [];

  add_blob(path, blob) {
    this.#files.push({ name: path, size: blob.size });
  }

  add_url(url) {
    this.#files.push({ name: new URL(url).pathname.split('/').at(-1), size: 48_000_000, url });
  }

  open(onProgress) {
    const [{ name, size, url }, ...others] = this.#files;
    const progress = (stage, done, bytesRead) => onProgress(JSON.stringify({ stage, done, bytesRead }));
    if (url && name.includes('norange')) fail('download', 'no Range requests');
    if (name.includes('lfs')) fail('unsupported', 'This is a Git LFS pointer (132 bytes), not the model itself. Fetch it with `git lfs pull`, then drop it again.');
    if (name.includes('bad')) fail('malformed', 'The protocol buffer ends in the middle of a field (at 0x1c, in graph).');
    if (name.includes('crash')) throw new Error('index out of bounds: the len is 3 but the index is 7');
    for (let step = 0; name.includes('slow') && step < 600; step += 1) {
      progress('Reading the graph', step / 600, step * 70_000);
      work(50);
    }
    return JSON.stringify({ ...info(name, size), file: { name, size, companions: others.map((file) => file.name) } });
  }

  scene(graph, options) {
    return scene(graph, JSON.parse(options));
  }

  detail(graph, kind, id) {
    if (kind === 'value') return JSON.stringify({ kind, graph, value: value(id) });
    if (kind === 'module') {
      return JSON.stringify({ kind, id, graph, path: 'encoder › layers › 0', tensors: 12, parameters: 7_087_872, bytes: 28_351_488, dtypes: info('', 0).dtypes });
    }
    return JSON.stringify(nodeDetail(graph, id));
  }

  values(id, from, count) {
    const shape = TENSORS[id];
    const total = shape.reduce((product, dim) => product * dim, 1);
    const values = Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, index) => Math.sin(from + index).toPrecision(4));
    return JSON.stringify({ from, total, shape, values });
  }

  find(query) {
    const wanted = query.toLowerCase();
    const hits = NODES.flatMap(([operator, category, name], id) =>
      (`${operator} ${name}`.toLowerCase().includes(wanted) ? [{ kind: 'node', graph: 0, id, title: operator, context: name, category }] : []));
    if ('fc.weight'.includes(wanted)) hits.push({ kind: 'tensor', graph: 0, id: 10, title: 'fc.weight', context: 'float32 1000×512', category: 'data' });
    if ('then_branch'.includes(wanted)) hits.push({ kind: 'graph', graph: 1, id: 1, title: 'then_branch', context: '3 nodes', category: '' });
    return JSON.stringify({ total: hits.length, hits });
  }

  svg() {
    return '<svg xmlns="http://www.w3.org/2000/svg"/>';
  }
}
