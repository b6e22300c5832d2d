/**
 * The bar above the graph.
 *
 * @module
 */

import { iconButton, relabel } from './controls.js';
import { Crumbs } from './crumbs.js';
import { byId, el, fill } from './dom.js';
import { keyCaps } from './help.js';
import { icon } from './icons.js';
import { levelControl } from './levels.js';
import { preferences } from './preferences.js';
import { setTheme } from './theme.js';

/** @import {ModelInfo, Scene} from './types.js' */

const THEMES = /** @type {const} */ ({
  auto: { next: 'light', label: 'Theme: as the system', icon: 'auto' },
  light: { next: 'dark', label: 'Theme: light', icon: 'light' },
  dark: { next: 'auto', label: 'Theme: dark', icon: 'dark' },
});

/**
 * @typedef {object} Bar
 * @property {Crumbs} crumbs
 * @property {(info: ModelInfo, remote: boolean) => void} show `remote`: the model has an address, so a link can be made
 * @property {() => void} clear
 * @property {(scene: Scene) => void} refresh shows the state of the switches
 * @property {(busy: boolean) => void} busy called in pairs: something takes time, and is done
 */

/**
 * @param {object} handlers
 * @param {(command: string) => void} handlers.run
 * @param {() => void} handlers.onHome
 * @param {(graph: number) => void} handlers.onGraph
 * @param {(group: number|null) => void} handlers.onGroup
 * @returns {Bar}
 */
export function createBar({ run, onHome, onGraph, onGroup }) {
  const bar = byId('bar');
  const name = el('h1', { class: 'name' });
  const format = el('span', { class: 'chip' });
  const danger = el('button', { type: 'button', class: 'danger viewing', title: 'This file is dangerous to load: show why', onclick: () => run('safety') },
    icon('danger'), el('span', {}, 'Dangerous'));
  const crumbs = new Crumbs({ onGraph, onGroup });
  const home = el('a', { class: 'home', href: './', title: 'Start page', 'aria-label': 'Lamina, start page' },
    el('img', { src: 'static/icons/lamina.svg', alt: '', width: 22, height: 22 }));
  home.addEventListener('click', (event) => {
    event.preventDefault();
    onHome();
  });
  // In the bar, or in its menu where that is narrow.
  const outline = () => iconButton('outline', 'Outline', () => {
    tools.hidePopover();
    run('outline');
  }, { command: 'outline', class: 'button quiet viewing grouped outlinebutton' });
  const find = el('button', { type: 'button', class: 'findbutton', title: 'Find', onclick: () => run('find') },
    icon('find'), el('span', {}, 'Find'), el('span', { class: 'hint', 'aria-hidden': 'true' }, keyCaps('find')));
  const direction = iconButton('down', 'Direction', () => run('direction'), { command: 'direction' });
  const toggles = /** @type {const} */ (['attributes', 'weights', 'names']).map((key) => {
    const label = `${key[0]?.toUpperCase()}${key.slice(1)} in nodes`;
    return { key, button: iconButton(key, label, () => run(key), { command: key }) };
  });
  const controls = iconButton('controls', 'Control edges', () => run('controls'), { command: 'controls', class: 'button quiet controlled' });
  const heat = iconButton('heat', 'Colours by cost', () => run('heat'), { command: 'heat' });
  const theme = iconButton('auto', 'Theme', () => {
    setTheme(THEMES[preferences.theme].next);
    showTheme();
  });
  const showTheme = () => relabel(theme, THEMES[preferences.theme].label, '', THEMES[preferences.theme].icon);
  const levels = levelControl(run);
  const link = iconButton('link', 'Copy link', () => run('link'));
  const tools = el('div', { id: 'tools', popover: 'auto', role: 'toolbar', 'aria-label': 'View' },
    el('div', { class: 'group viewing grouped' }, outline(), levels.element),
    el('div', { class: 'group viewing' }, direction, ...toggles.map(({ button }) => button), controls, heat),
    el('div', { class: 'group viewing' }, link, iconButton('download', 'Save as SVG', () => run('svg'), { command: 'svg' })),
    el('div', { class: 'group' }, theme, iconButton('help', 'Help', () => run('help'), { command: 'help' })));
  const more = iconButton('more', 'More', () => {}, { class: 'button quiet more' });
  more.setAttribute('popovertarget', 'tools');
  const sidebar = iconButton('sidebar', 'Details', () => run('properties'), { command: 'properties', class: 'button quiet viewing sidebarbutton' });
  fill(bar, home, outline(), el('div', { class: 'model viewing' }, name, format, danger), crumbs.element,
    el('div', { class: 'viewing' }, find), tools, more, sidebar, el('span', { class: 'busy' }));
  showTheme();

  let tasks = 0;
  return {
    crumbs,
    show(info, remote) {
      name.textContent = info.file.name;
      name.title = info.file.name;
      format.textContent = info.format;
      link.hidden = !remote;
      // Modules are not run as they are.
      heat.hidden = info.graphs.every(({ wiring }) => wiring === 'modules');
      danger.hidden = info.safety?.rating !== 'dangerous';
    },
    clear() {
      crumbs.showGroups([]);
      crumbs.showGraphs([], []);
    },
    refresh(scene) {
      const down = scene.direction === 'down';
      relabel(direction, down ? 'Direction: top to bottom' : 'Direction: left to right', 'direction', scene.direction);
      for (const { key, button } of toggles) button.setAttribute('aria-pressed', String(preferences[key]));
      controls.setAttribute('aria-pressed', String(preferences.controls));
      heat.setAttribute('aria-pressed', String(scene.itemHeat !== undefined));
      document.documentElement.toggleAttribute('data-grouped', scene.grouped);
      document.documentElement.toggleAttribute('data-controlled', scene.controlled);
      levels.refresh(scene);
    },
    busy(busy) {
      tasks = Math.max(0, tasks + (busy ? 1 : -1));
      bar.classList.toggle('working', tasks > 0);
    },
  };
}
