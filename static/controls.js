/**
 * Buttons with icons.
 *
 * @module
 */

import { el } from './dom.js';
import { icon } from './icons.js';
import { keysOf } from './shortcuts.js';

/** @import {IconName} from './icons.js' */

/**
 * A button with an icon, a label for screen readers and narrow menus, and a tooltip that names its shortcut.
 * @param {IconName} name of the icon
 * @param {string} label
 * @param {() => void} onclick
 * @param {{command?: string, class?: string}} [options]
 */
export function iconButton(name, label, onclick, { command = '', class: classes = 'button quiet' } = {}) {
  const keys = keysOf(command).join(' ');
  return el('button', { type: 'button', class: classes, title: keys ? `${label} (${keys})` : label, 'aria-label': label, onclick },
    icon(name),
    el('span', { class: 'label', 'aria-hidden': 'true' }, label));
}

/**
 * Changes the label, and the icon if one is given.
 * @param {HTMLButtonElement} button
 * @param {string} label
 * @param {string} command
 * @param {IconName} [name]
 */
export function relabel(button, label, command, name) {
  const keys = keysOf(command).join(' ');
  button.title = keys ? `${label} (${keys})` : label;
  button.setAttribute('aria-label', label);
  const text = button.querySelector('.label');
  if (text) text.textContent = label;
  if (name) button.querySelector('.icon')?.replaceWith(icon(name));
}

/**
 * Choices side by side, of which one holds.
 * @template {string} T
 * @param {string} label
 * @param {[T, string][]} choices
 * @param {(chosen: T) => void} onChoose
 * @returns {{element: HTMLElement, set: (chosen: T) => void}}
 */
export function segments(label, choices, onChoose) {
  const buttons = choices.map(([value, text]) => el('button', { type: 'button', value, onclick: () => onChoose(value) }, text));
  return {
    element: el('div', { class: 'segments', role: 'group', 'aria-label': label }, ...buttons),
    set(chosen) {
      for (const button of buttons) button.setAttribute('aria-pressed', String(button.value === chosen));
    },
  };
}
