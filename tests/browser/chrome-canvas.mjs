/**
 * Stands in for the drawing surface: the items of a scene are plain boxes that can be clicked, and what the page asks for is written down
 * in `globalThis.asked`. Double click enters or toggles.
 *
 * @module
 */

/** @import {Scene, Selection} from '../../static/types.js' */

/** @param {Scene} scene @param {number} item @returns {Selection} */
const selectionAt = ({ itemKind, itemRef }, item) => ({
  kind: /** @type {const} */ (['node', 'value', 'value', 'group', 'group', 'group'])[itemKind[item] ?? 0] ?? 'node', id: itemRef[item] ?? 0,
});

export class Canvas {
  /** @type {[string, unknown][]} */
  asked = [];
  /** How many items are isolated, and which groups are in view: set by tests. */
  reached = 1;
  /** @type {number[]} */
  groups = [];
  /** @type {Scene|null} */
  #scene = null;
  #view = { x: 0, y: 0, scale: 1 };

  /** @param {HTMLElement} host @param {any} handlers @param {{minimap?: HTMLElement}} [options] */
  constructor(host, handlers, options = {}) {
    this.host = host;
    this.handlers = handlers;
    this.minimap = options.minimap;
    host.tabIndex = 0;
    Object.assign(globalThis, { canvas: this, asked: this.asked });
  }

  /** @param {Scene} scene @param {{keepView?: boolean, anchor?: unknown}} [options] */
  show(scene, options = {}) {
    this.#note('show', { keepView: options.keepView ?? false, anchor: options.anchor ?? null });
    this.#scene = scene;
    this.host.replaceChildren(...Array.from(scene.itemKind, (kind, item) => {
      const box = document.createElement('div');
      const [left = 0, top = 0, width = 0, height = 0] = scene.rects.subarray(4 * item);
      box.textContent = scene.texts[scene.cardTitle[scene.itemCard[item] ?? 0] ?? 0] ?? '';
      const { kind: what, id } = selectionAt(scene, item);
      box.dataset.item = `${what} ${id}`;
      box.dataset.kind = String(kind);
      Object.assign(box.style, { position: 'absolute', left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`, boxSizing: 'border-box', border: '1px solid var(--line)', borderRadius: '6px', padding: '3px 8px', background: kind === 5 ? 'none' : 'var(--surface)' });
      box.addEventListener('click', (event) => {
        this.handlers.onSelect(selectionAt(scene, item), { extend: event.shiftKey });
        event.stopPropagation();
      });
      box.addEventListener('dblclick', () => (kind >= 3 ? this.handlers.onToggle(id) : this.handlers.onEnter(id)));
      return box;
    }));
    this.host.onclick = () => this.handlers.onSelect(null, { extend: false });
    if (!options.keepView) this.look({ x: -40, y: -20, scale: 1 });
  }

  clear() {
    this.#scene = null;
    this.host.replaceChildren();
  }

  /** @param {Selection|null} selection @param {{centre?: boolean}} [options] */
  select(selection, { centre = false } = {}) {
    this.#note('select', selection);
    for (const box of this.host.children) box.classList.toggle('chosen', /** @type {HTMLElement} */ (box).dataset.item === (selection ? `${selection.kind} ${selection.id}` : ''));
    if (centre) this.#note('centre', selection);
  }

  /** @param {Selection} selection */
  centre(selection) {
    this.#note('centre', selection);
  }

  /** @param {unknown} isolated */
  isolate(isolated) {
    this.#note('isolate', isolated);
    return { items: isolated ? this.reached : 0 };
  }

  /** @param {{x: number, y: number, scale: number}} view */
  look(view) {
    if (!this.#scene) return;
    this.#view = view;
    this.#note('look', view);
    this.handlers.onView({ ...view, width: this.host.clientWidth / view.scale, height: this.host.clientHeight / view.scale, groups: this.groups });
  }

  /** @param {{x: number, y: number, scale: number}} view */
  glide(view) {
    this.look(view);
  }

  fit() {
    this.look({ x: 0, y: 0, scale: 0.5 });
  }

  actual() {
    this.look({ ...this.#view, scale: 1 });
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.look({ ...this.#view, scale: this.#view.scale * factor });
  }

  /** @param {string} name @param {unknown} what */
  #note(name, what) {
    this.asked.push([name, what === null || what === undefined ? null : structuredClone(what)]);
  }
}

/** @param {HTMLElement} host @param {any} handlers @param {any} options */
export const createCanvas = (host, handlers, options) => new Canvas(host, handlers, options);
