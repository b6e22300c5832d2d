/**
 * How deep each graph of a model is shown: which groups are open, and what to ask for so that another step is taken.
 *
 * @module
 */

import { preferences } from './preferences.js';

/** @import {Session} from './session.js' */
/** @import {GroupRef, Outline, Scene, SceneOptions, Step} from './types.js' */

/**
 * How deep a graph is shown; `open` is of no meaning where it is flat.
 * @typedef {{level: 'flat'|'groups', open: number[]}} Depth
 */

/** @typedef {Pick<SceneOptions, 'level'|'open'|'step'>} DepthOptions */

/** What each choice of the reader asks for. @type {Record<typeof preferences.level, DepthOptions>} */
const CHOICES = {
  auto: { level: 'auto' },
  flat: { level: 'flat' },
  none: { level: 'groups', step: { kind: 'none' } },
  all: { level: 'groups', step: { kind: 'all' } },
};

export class Hierarchy {
  #session;
  /** @type {Map<number, Depth>} */
  #depths = new Map();
  /** @type {Map<number, Promise<Outline>>} */
  #outlines = new Map();

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
  }

  /**
   * The outline of a graph, asked for once.
   * @param {number} graph
   */
  outline(graph) {
    const outline = this.#outlines.get(graph) ?? this.#session.outline(graph);
    this.#outlines.set(graph, outline);
    return outline;
  }

  /**
   * The groups around a group, outermost first, and itself.
   * @param {number} graph
   * @param {number} group
   * @returns {Promise<GroupRef[]>}
   */
  async path(graph, group) {
    const { names, parents } = await this.outline(graph);
    /** @type {GroupRef[]} */
    const path = [];
    for (let id = group; id > 0; id = parents[id] ?? -1) path.unshift({ id, name: names[id] ?? '' });
    return path;
  }

  /**
   * Takes over what a scene shows.
   * @param {Scene} scene
   */
  learn({ graph, level, open }) {
    this.#depths.set(graph, { level, open });
  }

  /**
   * Makes the next scene of a graph show this much.
   * @param {number} graph
   * @param {Depth} depth
   */
  restore(graph, depth) {
    this.#depths.set(graph, depth);
  }

  /** Lets the reader's choice hold again for every graph. */
  forget() {
    this.#depths.clear();
  }

  /**
   * What to ask for to draw a graph as it was, or a step on from there.
   * @param {number} graph
   * @param {Step|null} step
   * @returns {Promise<DepthOptions>}
   */
  async options(graph, step) {
    const depth = this.#depths.get(graph);
    if (!depth) return step ? { level: 'groups', step } : CHOICES[preferences.level];
    if (depth.level === 'groups') return { ...depth, ...(step && { step }) };
    if (step === null || step.kind === 'deeper') return { level: 'flat' };
    if (step.kind === 'none') return CHOICES.none;
    if (step.kind !== 'toggle') return CHOICES.all;
    // What is flat has everything open: only this group is closed.
    const { names } = await this.outline(graph);
    return { level: 'groups', open: [...names.keys()].filter((id) => id !== step.group) };
  }
}
