/**
 * The outline: the hierarchy of the graph as a tree in a column beside it, or in a drawer above it on narrow screens.
 *
 * @module
 */

import { iconButton } from './controls.js';
import { byId, el, fill } from './dom.js';
import { figure, short } from './numbers.js';
import { swatch } from './pieces.js';
import { preferences, remember } from './preferences.js';
import { resizable } from './resize.js';
import { Tree } from './tree.js';

/** @import {Drawing} from './drawing.js' */
/** @import {Outline} from './types.js' */

const NARROWEST = 180;
const WIDEST = 560;

const root = document.documentElement;

export class OutlinePanel {
  #element = byId('outline');
  #narrow = matchMedia('(max-width: 820px)');
  #handle = el('div', {
    class: 'handle', role: 'separator', tabindex: 0, 'aria-label': 'Width of the outline', 'aria-valuemin': 0, 'aria-valuemax': 100,
  });
  #tree;
  #onOpen;
  /** The graph whose outline the tree has. @type {number|null} */
  #graph = null;

  /**
   * @param {object} handlers
   * @param {(group: number) => void} handlers.onChoose
   * @param {(group: number) => void} handlers.onToggle
   * @param {() => void} handlers.onOpen it came into view, and wants to be filled
   */
  constructor({ onChoose, onToggle, onOpen }) {
    this.#onOpen = onOpen;
    this.#tree = new Tree('Outline', {
      onChoose: (group) => {
        // A drawer covers what was chosen.
        if (this.#narrow.matches) this.#setOpen(false);
        onChoose(group);
      },
      onToggle,
    });
    fill(
      this.#element,
      el('header', {},
        el('h2', {}, 'Outline'),
        el('span', { class: 'column', 'aria-hidden': 'true' }, 'Nodes'),
        el('span', { class: 'column', 'aria-hidden': 'true' }, 'Params'),
        iconButton('close', 'Close the outline', () => this.toggle(), { command: 'outline', class: 'button quiet tiny' })),
      this.#tree.element, this.#handle,
    );
    resizable(this.#handle, {
      drag: ({ clientX }) => this.#setWidth(clientX),
      end: () => remember({ outlineWidth: preferences.outlineWidth }),
      step: (step) => {
        this.#setWidth(preferences.outlineWidth - 24 * step);
        remember({ outlineWidth: preferences.outlineWidth });
      },
    });
    this.#setWidth(preferences.outlineWidth);
    root.dataset.outline = preferences.outline && !this.#narrow.matches ? 'open' : 'closed';
  }

  /** Whether it is in view, or would be if the graph had groups. */
  get open() {
    return root.dataset.outline === 'open';
  }

  /** Opens or closes it. */
  toggle() {
    this.#setOpen(!this.open);
  }

  /**
   * Shows the hierarchy of what is drawn, open as it is there; nothing while it is out of view.
   * @param {Drawing} drawing
   */
  async follow(drawing) {
    const { scene } = drawing;
    if (!scene?.grouped || !this.open) return;
    this.#show(await drawing.hierarchy.outline(scene.graph));
    const { graph, level, open } = drawing.scene ?? scene;
    const ids = new Set(open);
    if (graph === this.#graph) this.#tree.open((id) => level === 'flat' || ids.has(id));
  }

  clear() {
    this.#graph = null;
    this.#tree.show(null);
  }

  /** @param {Outline} outline */
  #show(outline) {
    if (outline.graph === this.#graph) return;
    this.#graph = outline.graph;
    this.#tree.show({ parents: outline.parents, title: (id) => outline.names[id] ?? '', cells: (id) => cells(outline, id) });
  }

  /**
   * Marks the group of what is selected.
   * @param {number|null} group
   */
  mark(group) {
    this.#tree.mark(group ?? 0);
  }

  /** @param {boolean} open */
  #setOpen(open) {
    // The keys go back to the drawing.
    if (!open && this.#element.contains(document.activeElement)) byId('canvas').focus({ preventScroll: true, focusVisible: false });
    root.dataset.outline = open ? 'open' : 'closed';
    if (!this.#narrow.matches) remember({ outline: open });
    if (!open) return;
    this.#onOpen();
    if (this.#narrow.matches) this.#tree.element.focus({ focusVisible: false });
  }

  /** @param {number} width */
  #setWidth(width) {
    const most = Math.min(WIDEST, window.innerWidth * 0.4);
    preferences.outlineWidth = Math.round(Math.max(NARROWEST, Math.min(most, width)));
    root.style.setProperty('--outline', `${preferences.outlineWidth}px`);
    this.#handle.setAttribute('aria-valuenow', String(Math.round((100 * preferences.outlineWidth) / window.innerWidth)));
  }
}

/**
 * @param {Outline} outline
 * @param {number} id
 */
function cells({ names, nodes, parameters, categories }, id) {
  const [, name = '', times] = /^(.*?)( ×\d+)?$/s.exec(names[id] ?? '') ?? [];
  const owned = parameters[id] ?? 0;
  return [
    swatch(categories[id] ?? 'other'),
    el('span', { class: 'name' }, name, times && el('span', { class: 'times' }, times)),
    el('span', { class: 'column' }, figure(nodes[id] ?? 0, short, 'nodes')),
    el('span', { class: 'column' }, owned > 0 && figure(owned, short, 'parameters')),
  ];
}
