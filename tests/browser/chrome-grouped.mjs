/**
 * A model with a hierarchy, for the stand-in of the program: a decoder of equal layers, each of two modules.
 *
 * @module
 */

/** @import {End, GroupInfo, GroupRef, Hit, ModelInfo, NodeInfo, Outline, Scene, SceneOptions, Step, ValueInfo} from '../../static/types.js' */

const NONE = 0xffffffff;
const CATEGORIES = ['other', 'linear', 'activation', 'normalization', 'attention', 'elementwise', 'data'];

/** Operators of the modules of a layer, with their families. @type {Record<string, [string, string][]>} */
const MODULES = {
  self_attn: [['MatMul', 'linear'], ['Softmax', 'activation'], ['Attention', 'attention'], ['MatMul', 'linear']],
  mlp: [['MatMul', 'linear'], ['Gelu', 'activation'], ['Add', 'elementwise']],
};

const CARD = { width: 160, height: 28, gap: 36, pad: 20, title: 30 };

export class Grouped {
  /** @type {{name: string, parent: number, role: 'module'|'stack', category: string, groups: number[], nodes: number[]}[]} */
  #groups = [];
  /** @type {{operator: string, category: string, group: number}[]} */
  #nodes = [];
  #layers;

  /** @param {number} layers */
  constructor(layers) {
    this.#layers = layers;
    const root = this.#group('', -1, 'module', 'other');
    this.#node('Gather', 'data', this.#group('embed_tokens', root, 'module', 'data'));
    const stack = this.#group('layers', root, 'stack', 'linear');
    for (let layer = 0; layer < layers; layer += 1) {
      const inner = this.#group(`layers.${layer}`, stack, 'module', 'linear');
      this.#node('LayerNormalization', 'normalization', inner);
      for (const [name, operators] of Object.entries(MODULES)) {
        const module = this.#group(name, inner, 'module', operators[0]?.[1] ?? 'other');
        for (const [operator, category] of operators) this.#node(operator, category, module);
      }
    }
    this.#node('LayerNormalization', 'normalization', root);
    this.#node('MatMul', 'linear', this.#group('lm_head', root, 'module', 'linear'));
  }

  /**
   * @param {string} name
   * @param {number} parent
   * @param {'module'|'stack'} role
   * @param {string} category
   */
  #group(name, parent, role, category) {
    this.#groups.push({ name, parent, role, category, groups: [], nodes: [] });
    const id = this.#groups.length - 1;
    this.#groups[parent]?.groups.push(id);
    return id;
  }

  /**
   * @param {string} operator
   * @param {string} category
   * @param {number} group
   */
  #node(operator, category, group) {
    this.#nodes.push({ operator, category, group });
    this.#groups[group]?.nodes.push(this.#nodes.length - 1);
  }

  /** @param {string} kind @param {number} id */
  has(kind, id) {
    return id < (kind === 'group' ? this.#groups.length : kind === 'node' ? this.#nodes.length : this.#nodes.length + 1);
  }

  /** @param {number} id */
  #title(id) {
    const { name, role, groups } = this.#groups[id] ?? { name: '', role: '', groups: [] };
    return role === 'stack' ? `${name} ×${groups.length}` : name;
  }

  /** The nodes in a group and below. @param {number} id @returns {number[]} */
  #within(id) {
    const { groups = [], nodes = [] } = this.#groups[id] ?? {};
    return [...nodes, ...groups.flatMap((inner) => this.#within(inner))];
  }

  /** The groups around, outermost first, and itself. @param {number} id @returns {GroupRef[]} */
  #path(id) {
    return id > 0 ? [...this.#path(this.#groups[id]?.parent ?? 0), { id, name: this.#title(id) }] : [];
  }

  /** @returns {Outline} */
  outline() {
    const counts = this.#groups.map(({ nodes }) => nodes.length);
    for (let id = counts.length - 1; id > 0; id -= 1) {
      const parent = this.#groups[id]?.parent ?? 0;
      counts[parent] = (counts[parent] ?? 0) + (counts[id] ?? 0);
    }
    return {
      graph: 0,
      names: this.#groups.map((_, id) => this.#title(id)),
      parents: this.#groups.map(({ parent }) => parent),
      roles: this.#groups.map(({ role }) => role),
      nodes: counts,
      parameters: counts.map((count) => 98_304 * count),
      categories: this.#groups.map(({ category }) => category),
    };
  }

  /**
   * @param {number} id
   * @param {ModelInfo['dtypes']} dtypes
   * @returns {GroupInfo}
   */
  group(id, dtypes) {
    const group = this.#groups[id];
    const nodes = this.#within(id);
    const stack = group?.role === 'stack';
    return {
      kind: 'group', id, graph: 0, role: group?.role ?? 'module', path: this.#path(id).map(({ name }) => name.replace(/ ×.*/, '')), nodes: nodes.length,
      mix: this.#mix(nodes), tensors: nodes.length, parameters: 98_304 * nodes.length, bytes: 393_216 * nodes.length, dtypes,
      instances: stack ? group.groups.map((inner) => ({ id: inner, name: this.#title(inner) })) : [],
      metadata: [],
      differences: stack ? ['`layers.3` has 2,048 columns in mlp, the others have 1,024'] : [],
    };
  }

  /** @param {number[]} nodes @returns {[string, number][]} */
  #mix(nodes) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const node of nodes) counts.set(this.#nodes[node]?.category ?? '', (counts.get(this.#nodes[node]?.category ?? '') ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => b - a);
  }

  /** What is particular to a node. @param {number} id @returns {Partial<NodeInfo>} */
  node(id) {
    const { operator = '', category = '', group = 0 } = this.#nodes[id] ?? {};
    return { operator, category, name: this.#name(id), path: this.#path(group), attributes: [], inputs: [], outputs: [], diagnostics: [], domain: '' };
  }

  /** @param {number} id */
  #name(id) {
    const { operator = '', group = 0 } = this.#nodes[id] ?? {};
    const scope = this.#path(group).filter(({ name }) => !name.includes('×')).map(({ name }) => name).join('/');
    return `/${scope}/${operator}_${id}`;
  }

  /** Value n goes from node n - 1 to node n. @param {number} id @returns {Partial<ValueInfo>} */
  value(id) {
    /** @param {number} node @returns {End[]} */
    const end = (node) => (this.#nodes[node]
      ? [{ node, operator: this.#nodes[node]?.operator ?? '', name: this.#name(node), argument: '', category: this.#nodes[node]?.category ?? '' }] : []);
    return { name: `hidden_${id}`, producer: end(id - 1)[0] ?? null, consumers: end(id), input: id === 0, output: id === this.#nodes.length };
  }

  /** @returns {Hit[]} */
  hits() {
    return [
      ...this.#nodes.map(({ operator, category }, id) => /** @type {Hit} */ ({ kind: 'node', graph: 0, id, title: operator, context: this.#name(id), category })),
      ...this.#groups.map(({ name, category }, id) => /** @type {Hit} */ ({ kind: 'group', graph: 0, id, title: name, context: this.#title(id), category })).slice(1),
      ...this.#nodes.map((_, id) => /** @type {Hit} */ ({ kind: 'value', graph: 0, id, title: `hidden_${id}`, context: '', category: '' })),
    ];
  }

  /**
   * What is open for some options, as `src/view/fold.rs` has it.
   * @param {SceneOptions} options
   */
  #open({ open, step }) {
    const all = () => new Set(this.#groups.keys());
    const set = new Set([0, ...(open ?? (step?.kind === 'all' ? [] : this.#layers < 100 ? [2, 3] : []))].filter((id) => id < this.#groups.length));
    /** @param {number} from */
    const upTo = (from) => {
      for (let id = from; id > 0; id = this.#groups[id]?.parent ?? 0) set.add(id);
    };
    const seen = () => new Set([...set].sort((a, b) => a - b).filter((id) => this.#path(id).every((outer) => set.has(outer.id))));
    /** @type {{[K in Step['kind']]: (step: any) => Set<number>|void}} */
    const steps = {
      all,
      none: () => new Set([0]),
      toggle: ({ group }) => void (set.has(group) ? set.delete(group) : set.add(group)),
      reveal: ({ node }) => upTo(this.#nodes[node]?.group ?? 0),
      show: ({ group }) => upTo(this.#groups[group]?.parent ?? 0),
      deeper: () => [...seen()].forEach((id) => this.#groups[id]?.groups.forEach((inner) => set.add(inner))),
      shallower: () => [...seen()].filter((id) => id > 0 && !this.#groups[id]?.groups.some((inner) => set.has(inner))).forEach((id) => set.delete(id)),
    };
    return (step && steps[step.kind](step)) || seen();
  }

  /**
   * The visible members one below the other, containers around them; a net from each to the next.
   * @param {SceneOptions} options
   * @returns {Scene}
   */
  scene(options) {
    const flat = options.level === 'flat';
    const open = flat ? new Set([0]) : this.#open(options);
    /** @type {{kind: number, ref: number, parent: number, title: string, category: string, rect: number[], mix: [string, number][]}[]} */
    const items = [];
    let y = 0;
    let right = 0;
    /** @param {number} kind @param {number} ref @param {number} parent @param {string} title @param {string} category @param {number} depth */
    const card = (kind, ref, parent, title, category, depth) => {
      const mix = kind === 4 ? this.#mix(this.#within(ref)) : [];
      items.push({ kind, ref, parent, title, category, rect: [CARD.pad * depth, y, CARD.width, CARD.height], mix });
      y += CARD.height + CARD.gap;
      right = Math.max(right, CARD.pad * depth + CARD.width);
    };
    /** @param {number} id @param {number} parent @param {number} depth */
    const members = (id, parent, depth) => {
      for (const node of this.#groups[id]?.nodes ?? []) card(0, node, parent, this.#nodes[node]?.operator ?? '', this.#nodes[node]?.category ?? '', depth);
      for (const inner of this.#groups[id]?.groups ?? []) {
        const { category = '' } = this.#groups[inner] ?? {};
        if (!open.has(inner)) {
          card(4, inner, parent, this.#title(inner), category, depth);
          continue;
        }
        const item = { kind: 5, ref: inner, parent, title: this.#title(inner), category, rect: [CARD.pad * depth, y, 0, 0], mix: [] };
        items.push(item);
        const self = items.length - 1;
        const top = y;
        y += CARD.title;
        members(inner, self, depth + 1);
        item.rect = [CARD.pad * depth, top, CARD.width + CARD.pad * (8 - 2 * depth), y - top - CARD.gap + CARD.pad];
        right = Math.max(right, (item.rect[0] ?? 0) + (item.rect[2] ?? 0));
        y += CARD.pad;
      }
    };
    card(1, 0, NONE, 'input_ids', 'data', 0);
    if (flat) this.#nodes.forEach(({ operator, category }, id) => card(0, id, NONE, operator, category, 0));
    else members(0, NONE, 0);
    return sceneOf(items, { width: right, height: y, level: flat ? 'flat' : 'groups', open: flat ? [] : [...open] });
  }
}

/**
 * @param {{kind: number, ref: number, parent: number, title: string, category: string, rect: number[], mix: [string, number][]}[]} items
 * @param {Pick<Scene, 'width'|'height'|'level'|'open'>} frame
 * @returns {Scene}
 */
function sceneOf(items, frame) {
  const leaves = [...items.keys()].filter((item) => items[item]?.kind !== 5);
  const ends = leaves.slice(1);
  const points = ends.flatMap((item, net) => {
    const [x = 0, y = 0, width = 0, height = 0] = items[leaves[net] ?? 0]?.rect ?? [];
    const [toX = 0, toY = 0, toWidth = 0] = items[item]?.rect ?? [];
    const from = [x + width / 2, y + height];
    const to = [toX + toWidth / 2, toY];
    return [...from, ...from, ...to, ...to];
  });
  const mixes = items.map(({ mix }) => mix.length);
  const count = (/** @type {number} */ upTo) => mixes.slice(0, upTo).reduce((sum, length) => sum + length, 0);
  const numbers = (/** @type {number} */ length) => Array.from({ length }, (_, index) => index);
  return {
    ...frame, graph: 0, direction: 'down', grouped: true, controlled: false, metrics: { header: 28, line: 18, pad: 10, radius: 6, gap: 8 },
    texts: items.map(({ title }) => title), categories: CATEGORIES,
    rects: Float64Array.from(items.flatMap(({ rect }) => rect)),
    itemKind: Uint8Array.from(items.map(({ kind }) => kind)), itemRef: Uint32Array.from(items.map(({ ref }) => ref)),
    itemParent: Uint32Array.from(items.map(({ parent }) => parent)),
    mixStarts: Uint32Array.from(numbers(items.length + 1).map(count)),
    mixCategory: Uint8Array.from(items.flatMap(({ mix }) => mix.map(([category]) => CATEGORIES.indexOf(category)))),
    mixCount: Uint32Array.from(items.flatMap(({ mix }) => mix.map(([, nodes]) => nodes))),
    itemCategory: Uint8Array.from(items.map(({ category }) => Math.max(0, CATEGORIES.indexOf(category)))),
    itemFlags: new Uint8Array(items.length), itemCard: Uint32Array.from(items.keys()), cardTitle: Uint32Array.from(items.keys()),
    lineStarts: new Uint32Array(items.length + 1), lines: new Uint32Array(0),
    pathStarts: Uint32Array.from(numbers(ends.length + 1).map((net) => 4 * net)), points: Float64Array.from(points),
    pathNet: Uint32Array.from(ends.keys()), pathTarget: Uint32Array.from(ends),
    netSource: Uint32Array.from(leaves.slice(0, -1)), netStyle: new Uint8Array(ends.length),
    // A net is the value of the node that it goes to; one that goes to a group stands for none.
    netValue: Uint32Array.from(ends.map((item) => (items[item]?.kind === 0 ? items[item]?.ref ?? NONE : NONE))),
    netLabel: new Uint32Array(ends.length).fill(NONE), netLabelAt: new Float64Array(2 * ends.length).fill(NaN),
    netStarts: Uint32Array.from(numbers(ends.length + 1)), netTargets: Uint32Array.from(ends),
  };
}
