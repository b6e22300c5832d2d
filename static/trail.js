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
