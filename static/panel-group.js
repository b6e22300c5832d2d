/**
 * The Selection panel of a group.
 *
 * @module
 */

import { coded, el } from './dom.js';
import { icon } from './icons.js';
import { bytes, exact, figure, percent, plural, short } from './numbers.js';
import { costSection } from './panel-cost.js';
import { capped, dtypeTable, fold, groupLinks, metadata, section, swatch } from './pieces.js';
import { roleOf } from './words.js';

/** @import {Child} from './dom.js' */
/** @import {Actions} from './pieces.js' */
/** @import {GraphInfo, GroupInfo, GroupRef} from './types.js' */

/**
 * @param {GroupInfo} group
 * @param {GroupRef[]} around the groups around it, outermost first
 * @param {GraphInfo|undefined} whole the graph that it is a part of
 * @param {Child} tools
 * @param {Actions} actions
 * @returns {Child[]}
 */
export function groupPanel(group, around, whole, tools, actions) {
  const { graph, path, instances, differences, dtypes } = group;
  const modules = whole?.wiring === 'modules';
  const isWhole = path.length === 0;
  /** @type {[string, Child][]} */
  const stats = [
    [modules ? 'Modules' : 'Nodes', figure(group.nodes, short)],
    ['Tensors', figure(group.tensors, short)],
    ['Parameters', figure(group.parameters, short)],
    ['Weights', figure(group.bytes, bytes, 'bytes')],
  ];
  return [
    el('header', { class: 'head' },
      el('p', { class: 'kind' }, icon('group'), isWhole ? 'all of it' : group.class || roleOf(group)),
      el('h2', {}, path.at(-1) ?? whole?.title ?? 'graph', group.role === 'stack' && el('span', { class: 'times' }, ` ×${exact(instances.length)}`)),
      around.length > 0 && groupLinks(around, graph, actions)),
    tools,
    group.description && el('p', { class: 'prose' }, fold(group.description)),
    el('dl', { class: 'stats' }, ...stats.map(([label, value]) => el('div', {}, el('dt', {}, label), el('dd', {}, value)))),
    costSection(group.cost),
    differences.length > 0 && section('Differences', exact(differences.length),
      el('ul', { class: 'differences' }, ...capped(differences, (text) => el('li', {}, ...coded(text)), 12))),
    // Modules have no operators.
    group.mix.length > 0 && !modules && section('Operators', plural(group.nodes, 'node'), mixTable(group.mix)),
    instances.length > 0 && section('Instances', exact(instances.length), el('div', { class: 'rows' }, ...capped(instances, ({ id, name }) =>
      el('button', { type: 'button', class: 'row', onclick: () => actions.jump(graph, { kind: 'group', id }) }, icon('group'), el('span', { class: 'operator' }, name)), 12))),
    dtypes.length > 0 && section('Element types', plural(group.tensors, 'tensor'), dtypeTable(dtypes)),
    metadata(group.metadata),
  ];
}

/**
 * Families of operators, as one bar and a row each.
 * @param {GroupInfo['mix']} mix
 */
function mixTable(mix) {
  const whole = mix.reduce((sum, [, count]) => sum + count, 0);
  return el('div', { class: 'shares' },
    el('div', { class: 'stack', 'aria-hidden': 'true' }, ...mix.map(([category, count]) =>
      el('span', { dataset: { category }, title: category, style: { 'flex-grow': count / whole } }))),
    el('table', {}, el('tbody', {}, ...mix.map(([category, count]) => el('tr', {},
      el('th', { scope: 'row' }, swatch(category), category),
      el('td', {}, exact(count)),
      el('td', {}, percent(count, whole)))))));
}
