/**
 * The Selection panel: a node, a value or a group.
 *
 * @module
 */

import { el } from './dom.js';
import { icon } from './icons.js';
import { plural, typeText } from './numbers.js';
import { costSection } from './panel-cost.js';
import { groupPanel } from './panel-group.js';
import { capped, copyable, diagnosticList, disclosure, endButton, fold, groupLinks, metadata, section, swatch } from './pieces.js';
import { tensorBlock } from './tensor.js';

/** @import {Child} from './dom.js' */
/** @import {Actions} from './pieces.js' */
/** @import {ArgumentInfo, AttributeInfo, Detail, EdgeInfo, GraphInfo, GroupRef, NodeInfo, ValueInfo} from './types.js' */

/**
 * @param {Detail} detail
 * @param {GroupRef[]} around the groups around it, outermost first
 * @param {GraphInfo[]} graphs
 * @param {Child} tools what can be done with it
 * @param {Actions} actions
 * @returns {Child[]}
 */
export function selectionPanel(detail, around, graphs, tools, actions) {
  if (detail.kind === 'node') return nodePanel(detail, graphs, tools, actions);
  return detail.kind === 'value' ? valuePanel(detail, tools, actions)
    : groupPanel(detail, around, graphs.find(({ id }) => id === detail.graph), tools, actions);
}

/** What the panel says while nothing is selected. */
export function emptySelection() {
  return el('div', { class: 'empty' }, icon('node'),
    el('p', {}, 'Nothing is selected.'),
    el('p', { class: 'note' }, 'Click a node, a group or a connection in the graph to see what it is.'));
}

/**
 * @param {NodeInfo} node
 * @param {GraphInfo[]} graphs
 * @param {Child} tools
 * @param {Actions} actions
 * @returns {Child[]}
 */
function nodePanel(node, graphs, tools, actions) {
  const { definition } = node;
  // A module is its own path and owns tensors; it has no operator that could be documented.
  const module = graphs.find(({ id }) => id === node.graph)?.wiring === 'modules';
  const kind = node.category === 'other' ? 'node' : node.category;
  return [
    el('header', { class: 'head' },
      el('p', { class: 'kind' }, swatch(node.category), module ? 'module' : kind, node.domain && el('span', { class: 'chip' }, node.domain),
        node.inferred && el('span', { class: 'chip', title: 'The file does not state it: names and shapes suggest it' }, 'inferred')),
      el('h2', {}, node.operator),
      node.name && copyable(node.name),
      node.path.length > 0 && !module && groupLinks(node.path, node.graph, actions)),
    tools,
    node.description && el('p', { class: 'prose' }, fold(node.description)),
    node.diagnostics.length > 0 && diagnosticList(node.diagnostics, null),
    definition !== null && graphButton(definition, 'Enter its definition', graphs, actions),
    node.documentationKey && !module && disclosure('Documentation', () => actions.documentation(node.documentationKey, node.operator)),
    attributeSection(node, module, graphs, actions),
    argumentSection(module ? 'Tensors' : 'Inputs', node.inputs, node, actions),
    argumentSection('Outputs', node.outputs, node, actions),
    costSection(node.cost),
    metadata(node.metadata),
  ];
}

/**
 * The attributes that the file states; those that it leaves at their default follow, once the page knows of them.
 * @param {NodeInfo} node
 * @param {boolean} module
 * @param {GraphInfo[]} graphs
 * @param {Actions} actions
 */
function attributeSection(node, module, graphs, actions) {
  const { attributes, documentationKey, version = null } = node;
  const part = section('Attributes', attributes.length || null,
    el('dl', { class: 'entries' }, ...capped(attributes, (attribute) => attributeRow(attribute, graphs, actions))));
  part.hidden = attributes.length === 0;
  if (!documentationKey || module) return part;
  void actions.defaults(documentationKey, version).then((known) => {
    const stated = new Set(attributes.map(({ name }) => name));
    const rest = known.filter(({ name }) => !stated.has(name));
    if (rest.length === 0) return;
    part.append(el('dl', { class: 'entries usual' }, ...capped(rest, ({ name, type, usual }) =>
      el('div', { title: 'The file does not state it: this is the default' },
        el('dt', { title: type ? `${name}: ${type}` : name }, name), el('dd', { class: 'mono' }, usual || '""')))));
    part.hidden = false;
  });
  return part;
}

/**
 * @param {AttributeInfo} attribute
 * @param {GraphInfo[]} graphs
 * @param {Actions} actions
 */
function attributeRow({ name, type, value, graphs: bodies, tensor }, graphs, actions) {
  return el('div', {},
    el('dt', { title: type ? `${name}: ${type}` : name }, name),
    el('dd', { class: 'mono' },
      bodies.length === 0 && !tensor && fold(value),
      ...bodies.map((id) => graphButton(id, 'Enter', graphs, actions)),
      tensor && tensorBlock(tensor, actions)));
}

/**
 * @param {number} id
 * @param {string} verb
 * @param {GraphInfo[]} graphs
 * @param {Actions} actions
 */
function graphButton(id, verb, graphs, actions) {
  const graph = graphs.find((candidate) => candidate.id === id);
  return el('button', { type: 'button', class: 'row boxed', title: verb, onclick: () => actions.enter(id) },
    icon('enter'),
    el('span', { class: 'operator' }, graph?.title ?? verb),
    graph && el('span', { class: 'aside' }, plural(graph.nodes, 'node')));
}

/**
 * @param {string} title
 * @param {ArgumentInfo[]} list
 * @param {NodeInfo} node
 * @param {Actions} actions
 */
function argumentSection(title, list, node, actions) {
  if (list.length === 0) return null;
  const count = list.reduce((sum, { values }) => sum + values.length, 0);
  const inputs = title !== 'Outputs';
  return section(title, count, el('ol', { class: 'arguments' }, ...capped(list, (argument) => el('li', {},
    el('p', { class: 'argument' }, el('span', { title: argument.documentation }, argument.name || (inputs ? 'input' : 'output'))),
    el('div', { class: 'values' },
      argument.values.length === 0 && el('p', { class: 'note' }, 'left out'),
      ...capped(argument.values, (value) => valueRow(value, node.graph, inputs, actions), 20))))));
}

/**
 * A value of an argument: what it is, and where it comes from or goes.
 * @param {ValueInfo} value
 * @param {number} graph
 * @param {boolean} input of the node whose panel this is
 * @param {Actions} actions
 */
function valueRow(value, graph, input, actions) {
  const ends = input ? [value.producer].filter((end) => end !== null) : value.consumers;
  return el('div', { class: 'value' },
    value.tensor
      ? tensorBlock(value.tensor, actions, value.name)
      : el('button', { type: 'button', class: 'row link-row', title: value.name, onclick: () => actions.jump(graph, { kind: 'value', id: value.id }) },
        el('span', { class: 'mono name' }, value.name || 'unnamed'),
        el('span', { class: 'aside mono' }, value.type ? typeText(value.type, value.inferred) : '')),
    ...ends.length > 0 || roles(value).length > 0
      ? [el('div', { class: input ? 'ends from' : 'ends to' }, ...roles(value), ...capped(ends, (end) => endButton(end, graph, actions), 6))]
      : []);
}

/** @param {ValueInfo} value */
function roles({ input, output, captured }) {
  return [
    input && el('p', { class: 'role' }, 'input of the graph'),
    output && el('p', { class: 'role' }, 'output of the graph'),
    captured && el('p', { class: 'role' }, 'from the graph around'),
  ].filter((role) => role !== false);
}

/**
 * @param {EdgeInfo} detail
 * @param {Child} tools
 * @param {Actions} actions
 * @returns {Child[]}
 */
function valuePanel({ value, graph }, tools, actions) {
  const kind = value.input ? 'graph input' : value.output ? 'graph output' : value.tensor ? 'constant' : 'connection';
  return [
    el('header', { class: 'head' },
      el('p', { class: 'kind' }, icon('edge'), kind,
        value.inferred && el('span', { class: 'chip', title: 'The file does not state all of its type: it follows from what comes before' }, 'inferred')),
      el('h2', { class: 'mono' }, value.type ? typeText(value.type, value.inferred) : 'type not stated'),
      value.name && copyable(value.name)),
    tools,
    value.description && el('p', { class: 'prose' }, fold(value.description)),
    value.tensor && section('Content', null, tensorBlock(value.tensor, actions)),
    el('div', { class: 'rows' }, ...roles(value)),
    value.producer && section('From', null, el('div', { class: 'rows' }, endButton(value.producer, graph, actions))),
    value.consumers.length > 0 && section('To', value.consumers.length,
      el('div', { class: 'rows' }, ...capped(value.consumers, (end) => endButton(end, graph, actions)))),
    metadata(value.metadata),
  ];
}
