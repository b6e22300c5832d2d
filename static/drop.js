/**
 * The whole window takes drops. While something is dragged over it, the page says what a drop will do.
 *
 * @module
 */

import { byId, el, fill } from './dom.js';
import { fromDrop } from './files.js';
import { icon } from './icons.js';

/** @import {Given} from './files.js' */

/**
 * @param {object} handlers
 * @param {() => void} handlers.onEnter something is dragged over the page
 * @param {(files: Promise<Given[]>) => void} handlers.onDrop
 * @param {() => string|null} handlers.current the name of the model that a drop would replace
 */
export function acceptDrops({ onEnter, onDrop, current }) {
  const overlay = byId('drop');
  // Enter and leave come for every element on the way; the count tells when the window itself is left.
  let depth = 0;
  const hide = () => {
    depth = 0;
    overlay.classList.remove('shown');
  };
  document.addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    if (depth > 1) return;
    onEnter();
    describe(overlay, event.dataTransfer?.items.length ?? 0, current());
    overlay.classList.add('shown');
  });
  document.addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth -= 1;
    if (depth <= 0) hide();
  });
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    hide();
    onDrop(fromDrop(event.dataTransfer));
  });
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/**
 * @param {Element} overlay
 * @param {number} count of what is dragged; 0 where the browser does not tell
 * @param {string|null} current
 */
function describe(overlay, count, current) {
  const what = count > 1 ? `Drop to open these ${count} together` : 'Drop to open';
  const how = count > 1 ? 'One model with the files that belong to it.' : 'A model file, or the folder of a model.';
  fill(
    overlay,
    el('div', { class: 'card' },
      el('span', { class: 'badge' }, icon('open')),
      el('p', { class: 'title' }, what),
      el('p', { class: 'text' }, current ? `It takes the place of ${current}.` : how)),
  );
}
