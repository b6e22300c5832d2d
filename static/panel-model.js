/**
 * The Model panel: what the file says about itself.
 *
 * @module
 */

import { el } from './dom.js';
import { icon } from './icons.js';
import { bytes, exact, figure, plural, seconds, short } from './numbers.js';
import { capped, diagnosticList, dtypeTable, entryList, metadata, section, swatch } from './pieces.js';
import { safetyReport } from './panel-safety.js';
import { nested } from './trail.js';

/** @import {Child} from './dom.js' */
/** @import {Actions} from './pieces.js' */
/** @import {GraphInfo, ModelInfo, Rating} from './types.js' */

/** The most steps that an entry of the list of graphs is indented. */
const DEEPEST = 6;

/**
 * @param {ModelInfo} info
 * @param {Child} cost what running it costs
 * @param {Actions} actions
 * @returns {Child[]}
 */
export function modelPanel(info, cost, actions) {
  const { file, counts } = info;
  const modules = info.graphs.every(({ wiring }) => wiring === 'modules');
  const safety = safetyReport(info.safety, actions.listing);
  // What must not be overlooked comes first, what may matter after the figures, what is as it should be last.
  const at = (/** @type {Rating} */ rating) => info.safety?.rating === rating && safety;
  return [
    el('header', { class: 'head' },
      el('h2', { title: file.name }, file.name),
      el('p', { class: 'sub' }, el('span', { class: 'chip' }, info.format), figure(file.size, bytes, 'bytes'),
        file.companions.length > 0 && el('span', { title: file.companions.join('\n') }, `and ${plural(file.companions.length, 'more file')}`))),
    at('dangerous'),
    el('dl', { class: 'stats' },
      stat(modules ? 'Modules' : 'Nodes', counts.nodes, short),
      modules ? stat('Tensors', counts.initializers, short) : stat('Edges', counts.edges, short),
      stat('Parameters', counts.parameters, short),
      stat('Weights', counts.bytes, bytes, 'bytes')),
    el('p', { class: 'lists' },
      el('button', { type: 'button', class: 'button', onclick: () => actions.tables('tensors') }, icon('tensor'), 'All tensors'),
      el('button', { type: 'button', class: 'button', onclick: () => actions.tables(modules ? 'modules' : 'operators') }, icon('attributes'), modules ? 'All modules' : 'All operators')),
    info.diagnostics.length > 0 && section('Worth knowing', exact(info.diagnostics.length + info.droppedDiagnostics),
      diagnosticList(info.diagnostics, actions),
      info.droppedDiagnostics > 0 && el('p', { class: 'note' }, `${plural(info.droppedDiagnostics, 'more remark')} of the same kind.`)),
    at('unknown'),
    cost,
    info.graphs.length > 1 && section('Graphs', exact(info.graphs.length), graphList(info.graphs, actions)),
    info.dtypes.length > 0 && section('Element types', plural(counts.initializers, 'tensor'), dtypeTable(info.dtypes)),
    info.operators.length > 0 && section('Operators', exact(info.operators.length), operatorTable(info.operators, actions)),
    (info.properties.length > 0 || info.imports.length > 0) && section('Properties', null,
      entryList([...info.properties, ...importEntries(info)])),
    metadata(info.metadata),
    at('inert'),
    el('p', { class: 'foot' }, reading(info)),
  ];
}

/**
 * @param {string} label
 * @param {number} value
 * @param {(n: number) => string} format
 * @param {string} [unit]
 */
function stat(label, value, format, unit) {
  return el('div', {}, el('dt', {}, label), el('dd', {}, figure(value, format, unit)));
}

/** @param {ModelInfo} info */
function importEntries({ imports }) {
  return imports.map(({ domain, version }) => ({ name: 'operator set', value: `${domain} ${version}` }));
}

/**
 * @param {GraphInfo[]} graphs
 * @param {Actions} actions
 */
function graphList(graphs, actions) {
  return el('div', { class: 'rows' }, ...capped(nested(graphs), ({ graph, depth }) =>
    el('button', { type: 'button', class: 'row nested', style: { '--depth': Math.min(depth, DEEPEST) }, onclick: () => actions.enter(graph.id) },
      icon('graph'),
      el('span', { class: 'operator', title: graph.title }, graph.title),
      graph.kind === 'function' && el('span', { class: 'context' }, 'function'),
      el('span', { class: 'aside' }, plural(graph.nodes, 'node'))), 8));
}

/**
 * @param {ModelInfo['operators']} operators
 * @param {Actions} actions
 */
function operatorTable(operators, actions) {
  const most = Math.max(...operators.slice(0, 1).map(({ count }) => count));
  return el('div', { class: 'rows' }, ...capped(operators, ({ operator, domain, category, count }) =>
    el('button', { type: 'button', class: 'row bar', title: `Find ${operator}`, style: { '--share': count / most }, onclick: () => actions.find(operator) },
      swatch(category),
      el('span', { class: 'operator' }, operator),
      domain && el('span', { class: 'context' }, domain),
      el('span', { class: 'aside' }, exact(count))), 12));
}

/** @param {ModelInfo} info */
function reading({ bytesRead, file, seconds: time }) {
  const amount = bytesRead < file.size ? `${bytes(bytesRead)} of ${bytes(file.size)}` : bytes(bytesRead);
  return `Opened in ${seconds(time)}; ${amount} read.`;
}
