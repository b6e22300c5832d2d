/**
 * The level control: how deep the hierarchy of a graph is shown.
 *
 * @module
 */

import { iconButton } from './controls.js';
import { el } from './dom.js';
import { keyCaps } from './help.js';
import { icon } from './icons.js';
import { preferences } from './preferences.js';

/** @import {Scene} from './types.js' */

/** A closed group, among the kinds of items. */
const CLOSED = 4;

/** What the menu offers, by command. */
const ENTRIES = /** @type {const} */ ([
  ['auto', 'Automatic', 'As much as fits the screen'],
  ['none', 'Collapse all', ''],
  ['shallower', 'One level less', ''],
  ['deeper', 'One level more', ''],
  ['all', 'Expand all', ''],
  ['flat', 'Flat', 'All nodes, no groups'],
]);

/** Those that hold until another one is chosen; the others are steps. */
const CHOICES = ['auto', 'none', 'all', 'flat'];

/**
 * @param {(command: string) => void} run
 * @returns {{element: HTMLElement, refresh: (scene: Scene) => void}}
 */
export function levelControl(run) {
  const label = el('span', {}, '');
  const menu = el('div', { id: 'levels', class: 'menu', popover: 'auto', role: 'menu', 'aria-label': 'Levels' }, ...ENTRIES.map(([command, text, note]) =>
    el('button', {
      type: 'button', role: CHOICES.includes(command) ? 'menuitemradio' : 'menuitem', class: 'entry', value: command,
      onclick: () => {
        menu.hidePopover();
        run(command);
      },
    }, icon('check'), el('span', { class: 'text' }, text, note && el('span', { class: 'note' }, note)), keyCaps(command))));
  const current = el('button', { type: 'button', class: 'button quiet current', popovertarget: 'levels', 'aria-haspopup': 'menu', title: 'How deep the groups are shown' },
    icon('depth'), label, icon('chevron'));
  const less = iconButton('minus', 'One level less', () => run('shallower'), { command: 'shallower' });
  const more = iconButton('plus', 'One level more', () => run('deeper'), { command: 'deeper' });
  const entries = /** @type {HTMLButtonElement[]} */ ([...menu.children]);
  placed(menu, current, entries);
  return {
    element: el('div', { class: 'levels', role: 'group', 'aria-label': 'Levels' }, less, current, more, menu),
    refresh({ level, open, itemKind }) {
      const closed = level === 'groups' && open.length <= 1;
      const opened = level === 'flat' || !itemKind.includes(CLOSED);
      label.textContent = level === 'flat' ? 'Flat' : opened ? 'Expanded' : closed ? 'Collapsed' : 'Groups';
      less.disabled = closed;
      more.disabled = opened;
      for (const entry of entries) {
        if (CHOICES.includes(entry.value)) entry.setAttribute('aria-checked', String(entry.value === preferences.level));
        entry.disabled = (entry.value === 'shallower' && closed) || (entry.value === 'deeper' && opened);
      }
    },
  };
}

/**
 * Puts a menu under its button when it opens, and lets the arrow keys walk it.
 * @param {HTMLElement} menu
 * @param {HTMLElement} button
 * @param {HTMLButtonElement[]} entries
 */
function placed(menu, button, entries) {
  menu.addEventListener('toggle', (event) => {
    const open = /** @type {ToggleEvent} */ (event).newState === 'open';
    button.setAttribute('aria-expanded', String(open));
    if (!open) return;
    const { left, bottom } = button.getBoundingClientRect();
    menu.style.top = `${bottom + 4}px`;
    menu.style.left = `${Math.max(8, Math.min(left, window.innerWidth - menu.offsetWidth - 8))}px`;
    (entries.find((entry) => entry.ariaChecked === 'true') ?? entries[0])?.focus();
  });
  menu.addEventListener('keydown', (event) => {
    const enabled = entries.filter((entry) => !entry.disabled);
    const at = enabled.findIndex((entry) => entry === document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    enabled.at(to % enabled.length)?.focus();
  });
}
