/**
 * Which nets meet an item, and which paths make up a net, as CSR arrays: built in linear time when first asked for.
 *
 * @module
 */

import { distribute } from './grid.js';

/** @import {Scene} from '../types.js' */

/**
 * @typedef {object} Links
 * @property {Uint32Array} outStarts CSR into `outNets`, by item
 * @property {Uint32Array} outNets the nets that start at each item
 * @property {Uint32Array} inStarts CSR into `inNets`, by item
 * @property {Uint32Array} inNets the nets that end at each item, once for each end
 */

/** @param {Scene} scene @returns {() => Links} */
export function linksOf({ itemKind, netSource, netStarts, netTargets }) {
  /** @type {Links | null} */
  let built = null;
  const build = () => {
    const outStarts = new Uint32Array(itemKind.length + 1);
    for (const item of netSource) outStarts[item + 1]++;
    const inStarts = new Uint32Array(itemKind.length + 1);
    for (const item of netTargets) inStarts[item + 1]++;
    const netOf = new Uint32Array(netTargets.length);
    for (let net = 0; net + 1 < netStarts.length; net++) netOf.fill(net, netStarts[net], netStarts[net + 1]);
    const inNets = distribute(inStarts, netTargets);
    for (let at = 0; at < inNets.length; at++) inNets[at] = netOf[inNets[at]];
    return { outStarts, outNets: distribute(outStarts, netSource), inStarts, inNets };
  };
  return () => (built ??= build());
}

/** Trunks and legs of a net. @param {Scene} scene @returns {(net: number) => Uint32Array} */
export function pathsOf({ netSource, pathNet }) {
  /** @type {{starts: Uint32Array, paths: Uint32Array} | null} */
  let built = null;
  return (net) => {
    if (!built) {
      const starts = new Uint32Array(netSource.length + 1);
      for (const owner of pathNet) starts[owner + 1]++;
      built = { paths: distribute(starts, pathNet), starts };
    }
    return built.paths.subarray(built.starts[net], built.starts[net + 1]);
  };
}
