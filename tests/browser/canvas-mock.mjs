/**
 * Scenes that look like laid-out models, made from a size alone: the drawing surface is tested and measured on them.
 *
 * @module
 */

/** @typedef {import('../../static/types.js').Scene} Scene */

const NONE = 0xffffffff;
export const METRICS = { header: 24, line: 16, pad: 8, radius: 6, gap: 6 };
const CATEGORIES = [
  'other', 'convolution', 'linear', 'activation', 'normalization', 'pool', 'attention',
  'shape', 'elementwise', 'reduction', 'recurrent', 'control', 'data',
];

/**
 * @typedef {object} Item
 * @property {number} x
 * @property {number} y
 * @property {number} w
 * @property {number} h
 * @property {string} title
 * @property {string} category
 * @property {[string, string][]} lines
 * @property {number} kind
 * @property {number} flags
 * @property {number} [ref]
 * @property {number} [parent]
 * @property {[string, number][]} [mix] categories and how many nodes are of each
 *
 * @typedef {object} Net
 * @property {number} source
 * @property {number[]} targets
 * @property {string|null} label
 * @property {number} style
 * @property {boolean} lane whether it runs beside the rows, not straight
 * @property {number} [value]
 */

/** @type {[string, string, [string, string][]][]} */
export const OPERATORS = [
  ['Conv', 'convolution', [['kernel', '3×3'], ['stride', '2×2'], ['W', '256×128×3×3']]],
  ['BatchNormalization', 'normalization', [['epsilon', '1e-5']]],
  ['Relu', 'activation', []],
  ['Add', 'elementwise', []],
  ['MaxPool', 'pool', [['kernel', '3×3'], ['stride', '2×2']]],
  ['MatMul', 'linear', [['B', '2048×8192']]],
  ['Softmax', 'activation', [['axis', '-1']]],
  ['Reshape', 'shape', [['shape', '1×-1×32×64']]],
  ['Transpose', 'shape', [['perm', '0 2 1 3']]],
  ['Mul', 'elementwise', []],
  ['ReduceMean', 'reduction', [['axes', '-1']]],
  ['Attention', 'attention', [['heads', '32']]],
  ['LSTM', 'recurrent', [['hidden', '512']]],
  ['If', 'control', []],
  ['DequantizeLinear', 'data', [['axis', '0']]],
  ['CustomOp', 'other', []],
];

/** A small deterministic generator (mulberry32). @param {number} seed */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param {string} title @param {[string, string][]} lines */
export function size(title, lines) {
  const widest = lines.reduce((most, [label, value]) => Math.max(most, (label.length + value.length) * 6.8 + METRICS.gap), 0);
  const w = Math.ceil(Math.max(title.length * 8.4, widest) + 2 * METRICS.pad);
  return { w, h: METRICS.header + (lines.length ? lines.length * METRICS.line + METRICS.pad : 0) };
}

/**
 * Rows of cards below one another, each fed by cards of the row before and sometimes by one further up.
 *
 * @param {{items: number, columns: number | ((row: number) => number), gap?: number, rank?: number, skip?: number, reach?: number, seed?: number}} options
 *   `skip`: rows between lanes; `reach`: columns that an edge may go sideways
 * @returns {Scene}
 */
export function rows({ items: count, columns, gap = 24, rank = 34, skip = 6, reach = 8, seed = 1 }) {
  const next = random(seed);
  /** @type {Item[]} */
  const items = [];
  /** @type {Map<number, Net>} */
  const nets = new Map();
  const widthOf = typeof columns === 'number' ? () => columns : columns;
  const pitch = 150 + gap;
  const widest = Math.max(...Array.from({ length: 16 }, (_, row) => widthOf(row)));
  const middle = (widest * pitch) / 2 + 60;
  let y = 20;
  /** @type {number[]} */
  let above = [];
  /** @type {number[][]} */
  const rowsSoFar = [];
  const connect = (/** @type {number} */ from, /** @type {number} */ to, lane = false) => {
    const net = nets.get(from) ?? { source: from, targets: [], label: null, style: 0, lane: false };
    if (!net.targets.includes(to)) net.targets.push(to);
    net.lane ||= lane;
    if (net.label === null && from % 3 === 0) net.label = '1×64×56×56';
    nets.set(from, net);
  };
  for (let row = 0; items.length < count; row++) {
    const k = Math.min(widthOf(row), count - items.length);
    const ids = [];
    let tallest = 0;
    for (let column = 0; column < k; column++) {
      const first = items.length === 0;
      const last = items.length === count - 1;
      const [title, category, lines] = first ? ['input', 'data', []] : last ? ['output', 'data', []] : OPERATORS[Math.floor(next() * OPERATORS.length)];
      const { w, h } = size(title, lines);
      const x = middle + (column - k / 2 + 0.5) * pitch - w / 2 + (next() - 0.5) * 10;
      const id = items.length;
      ids.push(id);
      items.push({ x, y, w, h, title, category, lines, kind: first ? 1 : last ? 2 : 0, flags: id % 97 === 5 ? 2 : title === 'If' ? 8 : 0 });
      tallest = Math.max(tallest, h);
      if (above.length) {
        const straight = Math.floor(((column + 0.5) / k) * above.length);
        const aside = Math.round(straight + (2 * next() - 1) * reach);
        connect(above[Math.min(above.length - 1, straight)], id);
        if (next() < 0.4) connect(above[Math.max(0, Math.min(above.length - 1, aside))], id);
      }
    }
    if (row % skip === skip - 1 && rowsSoFar.length >= skip) connect(rowsSoFar[rowsSoFar.length - skip + 1][0], ids[0], true);
    rowsSoFar.push(ids);
    above = ids;
    y += tallest + rank;
  }
  return pack(items, [...nets.values()], Math.max(...items.map((item) => item.x + item.w).slice(0, 5000)) + 60);
}

/**
 * A scene from explicit items and nets, routed with one trunk beside the rows for lanes and plain curves otherwise.
 *
 * @param {Item[]} items
 * @param {Net[]} nets
 * @param {number} width
 * @returns {Scene}
 */
export function pack(items, nets, width) {
  /** @type {string[]} */
  const texts = [];
  /** @type {Map<string, number>} */
  const known = new Map();
  const text = (/** @type {string} */ value) => {
    let at = known.get(value);
    if (at === undefined) {
      at = texts.length;
      texts.push(value);
      known.set(value, at);
    }
    return at;
  };
  const lineStarts = [0];
  /** @type {number[]} */
  const lines = [];
  for (const item of items) {
    for (const [label, value] of item.lines) lines.push(text(label), text(value));
    lineStarts.push(lines.length / 2);
  }
  const categories = [...new Set([...CATEGORIES, ...items.map((item) => item.category)])];
  const paths = route(items, nets, width);
  const netStarts = [0];
  /** @type {number[]} */
  const netTargets = [];
  for (const net of nets) {
    for (const target of net.targets) netTargets.push(target);
    netStarts.push(netTargets.length);
  }
  const labelAt = nets.flatMap((net) => {
    const { x, y, w, h } = items[net.source];
    return net.label && !net.lane && net.style !== 3 ? [x + w / 2, y + h + 17] : [NaN, NaN];
  });
  const mixes = items.map((item) => item.mix ?? []);
  const mixStarts = [0];
  for (const mix of mixes) mixStarts.push(mixStarts[mixStarts.length - 1] + mix.length);
  return {
    graph: 0,
    direction: 'down',
    level: 'flat',
    grouped: false,
    controlled: false,
    open: [],
    width,
    height: items.reduce((bottom, item) => Math.max(bottom, item.y + item.h), 0) + 20,
    metrics: METRICS,
    texts,
    categories,
    rects: Float64Array.from(items.flatMap((item) => [item.x, item.y, item.w, item.h])),
    itemKind: Uint8Array.from(items, (item) => item.kind),
    itemRef: Uint32Array.from(items, (item, index) => item.ref ?? index),
    itemParent: Uint32Array.from(items, (item) => item.parent ?? NONE),
    mixStarts: Uint32Array.from(mixStarts),
    mixCategory: Uint8Array.from(mixes.flat(), ([category]) => categories.indexOf(category)),
    mixCount: Uint32Array.from(mixes.flat(), ([, count]) => count),
    itemCategory: Uint8Array.from(items, (item) => categories.indexOf(item.category)),
    itemFlags: Uint8Array.from(items, (item) => item.flags),
    itemCard: Uint32Array.from(items.keys()),
    cardTitle: Uint32Array.from(items, (item) => text(item.title)),
    lineStarts: Uint32Array.from(lineStarts),
    lines: Uint32Array.from(lines),
    ...paths,
    netSource: Uint32Array.from(nets, (net) => net.source),
    netValue: Uint32Array.from(nets, (net, index) => (net.style === 1 ? NONE : (net.value ?? 1000000 + index))),
    netStyle: Uint8Array.from(nets, (net) => net.style),
    netLabel: Uint32Array.from(nets, (net) => (net.label === null ? NONE : text(net.label))),
    netLabelAt: Float64Array.from(labelAt),
    netStarts: Uint32Array.from(netStarts),
    netTargets: Uint32Array.from(netTargets),
  };
}

/** @param {Item[]} items @param {Net[]} nets @param {number} width */
function route(items, nets, width) {
  const pathStarts = [0];
  /** @type {number[]} */
  const points = [];
  /** @type {number[]} */
  const pathNet = [];
  /** @type {number[]} */
  const pathTarget = [];
  const end = (/** @type {number} */ net, /** @type {number} */ target) => {
    pathStarts.push(points.length / 2);
    pathNet.push(net);
    pathTarget.push(target);
  };
  const curve = (/** @type {number} */ x0, /** @type {number} */ y0, /** @type {number} */ x1, /** @type {number} */ y1) => {
    const bend = (y1 - y0) / 2;
    points.push(x0, y0 + bend, x1, y1 - bend, x1, y1);
  };
  nets.forEach((net, index) => {
    if (net.style === 3) return;
    const from = items[net.source];
    const x = from.x + from.w / 2;
    const y = from.y + from.h;
    const lane = width - 20 - (index % 4) * 8;
    if (net.lane) {
      const lowest = Math.max(...net.targets.map((target) => items[target].y));
      points.push(x, y);
      curve(x, y, lane, y + 30);
      curve(lane, y + 30, lane, lowest - 30);
      end(index, NONE);
    }
    for (const target of net.targets) {
      const to = items[target];
      const far = net.lane && to.y - y > 200;
      points.push(far ? lane : x, far ? to.y - 30 : y);
      curve(far ? lane : x, far ? to.y - 30 : y, to.x + to.w / 2, to.y);
      end(index, target);
    }
  });
  return {
    pathStarts: Uint32Array.from(pathStarts),
    points: Float64Array.from(points),
    pathNet: Uint32Array.from(pathNet),
    pathTarget: Uint32Array.from(pathTarget),
  };
}

/** A decoder stack of 100,000 cards, some 5 million px tall. @returns {Scene} */
export const llm = (items = 100000) =>
  rows({ items, columns: (row) => [1, 1, 3, 3, 2, 1, 2, 1][row % 8], skip: 8, seed: 7 });

/** @returns {Scene} */
export const wide = (items = 5000) => rows({ items, columns: 40, reach: 40, seed: 3 });

/** As dense in both directions as a page can be. @returns {Scene} */
export const dense = (items = 100000) => rows({ items, columns: 300, seed: 5 });

/** @returns {Scene} */
export const resnet = () => rows({ items: 175, columns: (row) => (row % 6 === 3 ? 2 : 1), skip: 5, seed: 11 });

/** @type {Record<string, () => Scene>} */
export const scenes = { llm: () => llm(), wide: () => wide(), dense: () => dense(), resnet };
