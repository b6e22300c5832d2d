/**
 * The bar above the graph, and the zoom buttons on it.
 *
 * @module
 */

import { iconButton, relabel } from './controls.js';
import { byId, el, fill } from './dom.js';
import { keyCaps } from './help.js';
import { icon } from './icons.js';
import { plural } from './numbers.js';
import { preferences } from './preferences.js';
import { setTheme } from './theme.js';

/** @import {GraphInfo, ModelInfo} from './types.js' */

/** Crumbs before the current graph that are always shown; more fold into an ellipsis. */
const CRUMBS = 3;

const THEMES = /** @type {const} */ ({
  auto: { next: 'light', label: 'Theme: as the system', icon: 'auto' },
  light: { next: 'dark', label: 'Theme: light', icon: 'light' },
  dark: { next: 'auto', label: 'Theme: dark', icon: 'dark' },
});

/**
 * @typedef {object} Bar
 * @property {(info: ModelInfo) => void} show
 * @property {() => void} clear
 * @property {(trail: GraphInfo[], all: GraphInfo[]) => void} crumbs the graphs from the outermost to the current one
 * @property {(direction: 'down'|'right') => void} refresh shows the state of the switches
 * @property {(busy: boolean) => void} busy
 */

/**
 * @param {object} handlers
 * @param {(command: string) => void} handlers.run
 * @param {() => void} handlers.onHome
 * @param {(graph: number) => void} handlers.onGraph
 * @returns {Bar}
 */
export function createBar({ run, onHome, onGraph }) {
  const bar = byId('bar');
  const name = el('h1', { class: 'name' });
  const format = el('span', { class: 'chip' });
  const crumbs = el('nav', { class: 'crumbs', 'aria-label': 'Graphs' });
  const home = el('a', { class: 'home', href: './', title: 'Start page', 'aria-label': 'Lamina, start page' },
    el('img', { src: 'static/icons/lamina.svg', alt: '', width: 22, height: 22 }));
  home.addEventListener('click', (event) => {
    event.preventDefault();
    onHome();
  });
  const find = el('button', { type: 'button', class: 'findbutton', title: 'Find', onclick: () => run('find') },
    icon('find'), el('span', {}, 'Find'), el('span', { class: 'hint', 'aria-hidden': 'true' }, keyCaps('find')));
  const direction = iconButton('down', 'Direction', () => run('direction'), { command: 'direction' });
  const toggles = /** @type {const} */ (['attributes', 'weights', 'names']).map((key) => {
    const label = `${key[0]?.toUpperCase()}${key.slice(1)} in nodes`;
    return { key, button: iconButton(key, label, () => run(key), { command: key }) };
  });
  const theme = iconButton('auto', 'Theme', () => {
    setTheme(THEMES[preferences.theme].next);
    showTheme();
  });
  const showTheme = () => relabel(theme, THEMES[preferences.theme].label, '', THEMES[preferences.theme].icon);
  const tools = el('div', { id: 'tools', popover: 'auto', role: 'toolbar', 'aria-label': 'View' },
    el('div', { class: 'group viewing' }, direction, ...toggles.map(({ button }) => button)),
    el('div', { class: 'group viewing' }, iconButton('download', 'Save as SVG', () => run('svg'), { command: 'svg' })),
    el('div', { class: 'group' }, theme, iconButton('help', 'Help', () => run('help'), { command: 'help' })));
  const more = iconButton('more', 'More', () => {}, { class: 'button quiet more' });
  more.setAttribute('popovertarget', 'tools');
  const sidebar = iconButton('sidebar', 'Details', () => run('properties'), { command: 'properties', class: 'button quiet viewing sidebarbutton' });
  fill(bar, home, el('div', { class: 'model viewing' }, name, format), crumbs, el('span', { class: 'space' }),
    el('div', { class: 'viewing' }, find), tools, more, sidebar, el('span', { class: 'busy' }));
  showTheme();

  return {
    show(info) {
      name.textContent = info.file.name;
      name.title = info.file.name;
      format.textContent = info.format;
    },
    clear() {
      fill(crumbs);
    },
    crumbs(trail, all) {
      fill(crumbs, ...crumbList(trail, all, onGraph));
    },
    refresh(current) {
      relabel(direction, current === 'down' ? 'Direction: top to bottom' : 'Direction: left to right', 'direction', current);
      for (const { key, button } of toggles) button.setAttribute('aria-pressed', String(preferences[key]));
    },
    busy(busy) {
      bar.classList.toggle('working', busy);
    },
  };
}

/**
 * @param {GraphInfo[]} trail
 * @param {GraphInfo[]} all
 * @param {(graph: number) => void} onGraph
 */
function crumbList(trail, all, onGraph) {
  const current = trail.at(-1);
  if (!current || all.length < 2) return [];
  const above = trail.slice(0, -1);
  const shown = above.slice(-CRUMBS);
  return [
    above.length > shown.length && el('span', { class: 'crumb' }, '…', icon('chevron')),
    ...shown.map((graph) => el('span', { class: 'crumb' },
      el('button', { type: 'button', class: 'button quiet', title: graph.title, onclick: () => onGraph(graph.id) }, graph.title),
      icon('chevron'))),
    graphSelect(current, all, onGraph),
  ];
}

/**
 * @param {GraphInfo} current
 * @param {GraphInfo[]} all
 * @param {(graph: number) => void} onGraph
 */
function graphSelect(current, all, onGraph) {
  const kinds = /** @type {const} */ ([['main', 'Graphs'], ['function', 'Functions'], ['body', 'Subgraphs']]);
  const select = el('select', { 'aria-label': 'Graph', title: current.title }, ...kinds.map(([kind, label]) => {
    const graphs = all.filter((graph) => graph.kind === kind);
    return graphs.length > 0 && el('optgroup', { label }, ...graphs.map((graph) =>
      el('option', { value: graph.id, selected: graph.id === current.id }, `${graph.title} (${plural(graph.nodes, 'node')})`)));
  }));
  select.addEventListener('change', () => onGraph(Number(select.value)));
  return el('span', { class: 'crumb current' }, icon('graph'), el('span', { class: 'selected', 'aria-hidden': 'true' }, current.title), select, icon('chevron'));
}

/**
 * The zoom buttons.
 * @param {(command: string) => void} run
 * @returns {(scale: number) => void} shows the scale
 */
export function createZoom(run) {
  const scale = el('button', { type: 'button', class: 'button quiet scale', title: 'Actual size', onclick: () => run('actual') }, '100 %');
  fill(
    byId('zoom'),
    iconButton('minus', 'Zoom out', () => run('zoomOut'), { command: 'zoomOut' }),
    scale,
    iconButton('plus', 'Zoom in', () => run('zoomIn'), { command: 'zoomIn' }),
    iconButton('fit', 'Fit', () => run('fit'), { command: 'fit' }),
  );
  return (value) => {
    const percent = value * 100;
    scale.textContent = `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)}\u00a0%`;
    scale.setAttribute('aria-label', `${scale.textContent}, back to actual size`);
  };
}
