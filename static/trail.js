/**
 * The way through the graphs of a model: ids of graphs, from the outermost to the one that is shown.
 *
 * @module
 */

/** @import {GraphInfo} from './types.js' */

/**
 * The graphs around `graph`, and itself.
 * @param {GraphInfo[]} graphs
 * @param {number} graph
 */
export function trailTo(graphs, graph) {
  const parentOf = (/** @type {number} */ id) => graphs.find((candidate) => candidate.id === id)?.parent;
  const trail = [graph];
  for (let parent = parentOf(graph); parent && !trail.includes(parent.graph); parent = parentOf(parent.graph)) trail.unshift(parent.graph);
  return trail;
}

/**
 * The way on from `trail` into `graph`. A function has no place of its own: the way by which it was entered leads back.
 * @param {GraphInfo[]} graphs
 * @param {number[]} trail
 * @param {number} graph
 */
export function trailOn(graphs, trail, graph) {
  const index = trail.indexOf(graph);
  if (index >= 0) return trail.slice(0, index + 1);
  const isFunction = graphs.find(({ id }) => id === graph)?.kind === 'function';
  return isFunction ? [...trail, graph] : trailTo(graphs, graph);
}

/**
 * The graphs in the order of a list: bodies after the graph that holds them, one step deeper.
 * @param {GraphInfo[]} graphs
 * @returns {{graph: GraphInfo, depth: number, outermost: GraphInfo}[]}
 */
export function nested(graphs) {
  /** @type {Map<number|null, GraphInfo[]>} */
  const inner = new Map();
  for (const graph of graphs) {
    const around = graph.parent?.graph ?? null;
    const bodies = inner.get(around);
    if (bodies) bodies.push(graph);
    else inner.set(around, [graph]);
  }
  const list = [];
  const stack = (inner.get(null) ?? []).map((graph) => ({ graph, depth: 0, outermost: graph })).reverse();
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { outermost, depth } = entry;
    list.push(entry);
    stack.push(...(inner.get(entry.graph.id) ?? []).map((graph) => ({ graph, depth: depth + 1, outermost })).reverse());
  }
  return list;
}
