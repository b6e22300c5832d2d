/**
 * Made-up models with a hierarchy of groups, laid out at any state of opening.
 *
 * @module
 */

import { METRICS, OPERATORS, pack, size } from './canvas-mock.mjs';

/** @typedef {import('../../static/types.js').Scene} Scene */
/** @typedef {import('./canvas-mock.mjs').Item} Item */
/** @typedef {import('./canvas-mock.mjs').Net} Net */

const NONE = 0xffffffff;
const PAD = 16;
const GAP = 24;
const RANK = 34;

/**
 * A node, with its operator, or a group with its members in rows. Ids of nodes and of groups are counted apart.
 * @typedef {{id: number, name: string, operator: number, kind: number, rows: Member[][]|null, parent: Member|null, repeats: number, x: number, y: number, w: number, h: number}} Member
 */

/** @typedef {{root: Member, nodes: Member[], groups: Member[], edges: Map<number, number[]>}} Model */

/** @param {string} title */
const operator = (title) => OPERATORS.findIndex(([name]) => name === title);

/**
 * `columns` decoders of `layers` layers each beside one another; a mask is read by every layer.
 *
 * @param {{layers: number, columns?: number}} options
 * @returns {Model}
 */
export function decoder({ layers, columns = 1 }) {
  /** @type {Model} */
  const model = { root: group('model', []), nodes: [], groups: [], edges: new Map() };
  /** @param {string} name @param {Member[][]} rows @param {number} [repeats] @returns {Member} */
  function group(name, rows, repeats = 0) {
    return { id: 0, name, operator: 0, kind: 5, rows, parent: null, repeats, x: 0, y: 0, w: 0, h: 0 };
  }
  const node = (/** @type {string} */ title, kind = 0) => /** @type {Member} */ ({ ...group(title, []), operator: operator(title), kind, rows: null });
  const linear = (/** @type {string} */ name) => group(name, [[node('MatMul')], [node('Add')]]);
  /** @type {Member[]} */
  const readers = [];
  const layer = (/** @type {number} */ at) => {
    const softmax = node('Softmax');
    readers.push(softmax);
    const attention = group('self_attn', [
      [linear('q_proj'), linear('k_proj'), linear('v_proj')], [node('Reshape'), node('Transpose'), node('Reshape')],
      [node('MatMul')], [softmax], [node('MatMul')], [node('Transpose')], [linear('o_proj')],
    ]);
    const mlp = group('mlp', [[linear('gate_proj'), linear('up_proj')], [node('Mul')], [linear('down_proj')]]);
    return group(`layers.${at}`, [[node('ReduceMean')], [attention], [node('Add')], [node('ReduceMean')], [mlp], [node('Add')]]);
  };
  const stacks = Array.from({ length: columns }, (_, column) =>
    group(columns > 1 ? `decoder.${column}` : 'decoder', Array.from({ length: layers }, (_each, at) => [layer(at)]), layers));
  const mask = node('mask', 1);
  model.root.rows = [[node('ids', 1), mask], [linear('embed')], stacks, [group('head', [[node('ReduceMean')], [node('MatMul')]])], [node('logits', 2)]];
  number(model);
  wire(model);
  model.edges.set(mask.id, readers.map(({ id }) => id));
  return model;
}

/** Gives ids, in order. @param {Model} model */
function number(model) {
  /** @type {Member[]} */
  const stack = [model.root];
  for (let member = stack.pop(); member; member = stack.pop()) {
    const list = member.rows ? model.groups : model.nodes;
    member.id = list.push(member) - 1;
    for (const child of (member.rows ?? []).flat().reverse()) {
      child.parent = member;
      stack.push(child);
    }
  }
}

/** Joins every row to the one before. @param {Model} model */
function wire(model) {
  const ends = (/** @type {Member} */ member, /** @type {0|-1} */ row) => {
    let members = [member];
    while (members.some(({ rows }) => rows)) members = members.flatMap((each) => each.rows?.at(row) ?? [each]);
    return members;
  };
  for (const { rows } of model.groups) {
    for (let row = 1; row < (rows?.length ?? 0); row++) {
      const [before, after] = [rows?.[row - 1] ?? [], rows?.[row] ?? []];
      before.forEach((source, at) => {
        const met = before.length === after.length ? [after[at]] : after;
        const targets = met.flatMap((member) => ends(member, 0)).map(({ id }) => id);
        for (const end of ends(source, -1)) if (end.name !== 'mask') model.edges.set(end.id, targets);
      });
    }
  }
}

/** @param {Member} member @param {Set<number>} open */
const isOpen = (member, open) => member.rows !== null && (member.id === 0 || open.has(member.id));

/**
 * A model with some groups open.
 *
 * @param {Model} model
 * @param {Iterable<number>} [opened] groups
 * @returns {Scene}
 */
export function sceneOf(model, opened = []) {
  const open = new Set(opened);
  measure(model, open);
  /** @type {Item[]} */
  const items = [];
  /** @type {Map<Member, number>} */
  const itemOf = new Map();
  /** @type {Member[]} */
  const stack = [model.root];
  for (let member = stack.pop(); member; member = stack.pop()) {
    if (member.id !== 0 || !member.rows) itemOf.set(member, items.push(itemFor(member, open, itemOf)) - 1);
    if (!isOpen(member, open)) continue;
    arrange(member);
    stack.push(...(member.rows ?? []).flat().reverse());
  }
  const visible = (/** @type {number} */ node) => {
    /** @type {Member|null} */
    let shown = null;
    for (let member = /** @type {Member|null} */ (model.nodes[node]); member; member = member.parent) if (itemOf.has(member) && !isOpen(member, open)) shown = member;
    return shown ? (itemOf.get(shown) ?? NONE) : NONE;
  };
  /** @type {Net[]} */
  const nets = [];
  for (const [from, to] of model.edges) {
    const source = visible(from);
    const targets = [...new Set(to.map(visible))].filter((target) => target !== source);
    if (targets.length) nets.push({ source, targets, label: from % 3 ? null : '1×128×4096', style: targets.length > 3 ? 3 : 0, lane: false, value: 1000000 + from });
  }
  const { w, h } = model.root;
  return { ...pack(items, nets, w), height: h, level: 'groups', grouped: true, controlled: false, open: [...open].sort((a, b) => a - b) };
}

/** How large everything is, from the inside out. @param {Model} model @param {Set<number>} open */
function measure(model, open) {
  for (const node of model.nodes) Object.assign(node, size(titleOf(node), linesOf(node)));
  for (const group of model.groups.toReversed()) {
    if (!isOpen(group, open)) {
      const { w, h } = size(titleOf(group), linesOf(group));
      Object.assign(group, { w: w + 28, h });
      continue;
    }
    const rows = group.rows ?? [];
    const widest = Math.max(160, ...rows.map((row) => row.reduce((sum, { w }) => sum + w + GAP, -GAP)));
    const tall = rows.reduce((sum, row) => sum + Math.max(...row.map(({ h }) => h)) + RANK, -RANK);
    Object.assign(group, { w: widest + 2 * PAD, h: METRICS.header + tall + 2 * PAD });
  }
}

/** Places the members of an open group. @param {Member} group */
function arrange({ x, y, w, rows }) {
  let top = y + METRICS.header + PAD;
  for (const row of rows ?? []) {
    let left = x + (w - row.reduce((sum, member) => sum + member.w + GAP, -GAP)) / 2;
    for (const member of row) {
      Object.assign(member, { x: left, y: top });
      left += member.w + GAP;
    }
    top += Math.max(...row.map(({ h }) => h)) + RANK;
  }
}

/** @param {Member} member */
const titleOf = ({ rows, name, operator: at, kind, repeats }) => (rows ? `${name}${repeats > 1 ? ` ×${repeats}` : ''}` : kind ? name : OPERATORS[at][0]);

/** @param {Member} member @returns {[string, string][]} */
const linesOf = ({ rows, operator: at, kind }) => (rows ? [['', `${(rows.length * 1.3).toFixed(1)} M`]] : kind ? [] : OPERATORS[at][2]);

/** @param {Member} member @param {Set<number>} open @param {Map<Member, number>} itemOf @returns {Item} */
function itemFor(member, open, itemOf) {
  const { id, rows, x, y, w, h, kind, operator: at, repeats, parent } = member;
  const opened = isOpen(member, open);
  return {
    x, y, w, h, title: titleOf(member), lines: opened ? [] : linesOf(member), ref: id,
    category: rows || kind ? 'data' : OPERATORS[at][1], kind: rows ? (opened ? 5 : 4) : kind, flags: repeats > 1 ? 64 : 0,
    parent: parent ? (itemOf.get(parent) ?? NONE) : NONE, mix: rows && !opened ? mixOf(member) : [],
  };
}

/** How many nodes of each category are in a group, most frequent first. @param {Member} group @returns {[string, number][]} */
function mixOf(group) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  const stack = [group];
  for (let member = stack.pop(); member; member = stack.pop()) {
    if (member.rows) stack.push(...member.rows.flat());
    else counts.set(OPERATORS[member.operator][1], (counts.get(OPERATORS[member.operator][1]) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
}

/** All groups of a model. @param {Model} model */
export const allOf = ({ groups }) => groups.slice(1).map(({ id }) => id);
