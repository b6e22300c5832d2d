/**
 * The help dialog: shortcuts and gestures.
 *
 * @module
 */

import { byId, el, fill } from './dom.js';
import { icon } from './icons.js';
import { keysOf, TOPICS } from './shortcuts.js';

const GESTURES = [
  ['Move', 'Drag, or scroll with two fingers'],
  ['Zoom', 'Wheel or pinch'],
  ['Select', 'Click a node, a group or a connection'],
  ['Open or close a group', 'Double-click it, or Enter'],
  ['Enter a subgraph', 'Double-click its node'],
  ['Paths between two nodes', 'Click one, Shift+click the other'],
];

/** @param {string} command */
export function keyCaps(command) {
  return el('span', { class: 'keys' }, ...keysOf(command).map((key) => el('kbd', {}, key)));
}

export function showHelp() {
  const dialog = /** @type {HTMLDialogElement} */ (byId('help'));
  if (!dialog.hasChildNodes()) build(dialog);
  dialog.showModal();
}

/** @param {HTMLDialogElement} dialog */
function build(dialog) {
  fill(
    dialog,
    el('header', {},
      el('h2', { id: 'help-title' }, 'Keys and gestures'),
      el('button', { type: 'button', class: 'button quiet', 'aria-label': 'Close', onclick: () => dialog.close() }, icon('close'))),
    el('div', { class: 'topics' }, ...Object.entries(TOPICS).map(([topic, shortcuts]) => el('section', {},
      el('h3', {}, topic),
      el('dl', { class: 'shortcuts' },
        ...shortcuts.flatMap(({ command, label }) => [el('dt', {}, label), el('dd', {}, keyCaps(command))]))))),
    el('dl', { class: 'shortcuts gestures' }, ...GESTURES.flatMap(([what, how]) => [el('dt', {}, what), el('dd', {}, how)])),
    el('p', { class: 'note' },
      'Files are read in this page and never sent anywhere. A model behind an address is read from its own server, and only when you open it.'),
  );
  // A click beside the dialog closes it: the target is the dialog itself, not its content.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
}
