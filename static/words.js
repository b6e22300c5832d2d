/**
 * Words for people.
 *
 * @module
 */

import { exact, plural } from './numbers.js';

/** @import {Detail, GroupInfo} from './types.js' */
/** @import {Isolated} from './isolation.js' */

/**
 * A message as a sentence: it begins with a capital letter. What begins with a name, a quotation or a number is left alone.
 * @param {string} text
 */
export function sentence(text) {
  return text.replace(/^\p{Ll}+(?=[\s,:;]|$)/u, (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
}

/**
 * What went wrong.
 * @param {unknown} error
 */
export function reason(error) {
  return sentence(error instanceof Error ? error.message : String(error));
}

/**
 * What a group is.
 * @param {Pick<GroupInfo, 'role'|'instances'|'differences'>} group
 */
export function roleOf({ role, instances, differences }) {
  if (role === 'stack') return `a run of ${exact(instances.length)} ${differences.length > 0 ? 'similar' : 'identical'} blocks`;
  if (role === 'repeat') return 'a repeated block, found from the structure';
  return role === 'part' ? 'a part of a level with many members' : 'a module';
}

/**
 * What to call a selection, as short as may be: the last part of its name.
 * @param {Detail} detail
 */
export function titleOf(detail) {
  if (detail.kind === 'group') return detail.path.at(-1) ?? 'all of it';
  const name = detail.kind === 'node' ? detail.name : detail.value.name;
  const last = name.split(/[/.]/).filter(Boolean).at(-1);
  return last ?? (detail.kind === 'node' ? detail.operator : 'connection');
}

/**
 * What is isolated: the words before the name of the selection, and those after it.
 * @param {Isolated & {kind: 'neighbourhood'}} isolated
 * @returns {[string, string]}
 */
export function neighbourhoodOf({ direction, hops }) {
  const reach = hops === Infinity ? 'all the way' : `${plural(hops, 'hop')}`;
  const before = { in: 'What leads to', out: 'What follows', both: 'What is around' }[direction];
  return [before, reach];
}
