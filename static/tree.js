/**
 * A tree of many rows, of which only those in view are elements.
 *
 * @module
 */

import { el } from './dom.js';

/**
 * What the tree shows, by id; 0 is the root, which has no row, and parents come before children.
 * @typedef {object} TreeData
 * @property {number[]} parents
 * @property {(id: number) => Node[]} cells what a row holds beside its twisty
 * @property {(id: number) => string} title the tooltip
 */

/** Rows beyond the edge that are elements already. */
const BEYOND = 12;

export class Tree {
  /** @type {TreeData|null} */
  #data = null;
  /** @type {number[][]} */
  #children = [];
  /** Depth of each id, and its place among its siblings. @type {number[]} */
  #depths = [];
  /** @type {number[]} */
  #places = [];
  /** @type {(id: number) => boolean} */
  #isOpen = () => false;
  /** The ids in view of the reader, in order. @type {number[]} */
  #rows = [];
  /** @type {Map<number, HTMLElement>} */
  #elements = new Map();
  #marked = 0;
  /** The row that the keys are at. */
  #active = 0;
  #frame = 0;
  #handlers;
  #body = el('div', { class: 'rows', role: 'presentation' });
  element;

  /**
   * @param {string} label
   * @param {object} handlers
   * @param {(id: number) => void} handlers.onChoose
   * @param {(id: number) => void} handlers.onToggle
   */
  constructor(label, handlers) {
    this.#handlers = handlers;
    this.element = el('div', { class: 'tree', role: 'tree', tabindex: 0, 'aria-label': label }, this.#body);
    this.element.addEventListener('scroll', () => this.#request(), { passive: true });
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('click', (event) => this.#click(event));
    this.element.addEventListener('dblclick', (event) => {
      const { id, twisty } = hit(event);
      if (id > 0 && !twisty) handlers.onToggle(id);
    });
    new ResizeObserver(() => this.#request()).observe(this.element);
  }

  /** @param {TreeData|null} data */
  show(data) {
    this.#data = data;
    const parents = data?.parents ?? [];
    this.#children = parents.map(() => []);
    this.#depths = [];
    this.#places = [];
    parents.forEach((parent, id) => {
      this.#depths.push(parent < 0 ? 0 : (this.#depths[parent] ?? 0) + 1);
      this.#places.push(this.#children[parent]?.push(id) ?? 0);
    });
    this.#elements.clear();
    this.#body.replaceChildren();
    this.#marked = 0;
    this.#active = 0;
    this.#rows = [];
    this.element.scrollTop = 0;
  }

  /**
   * Takes over which ids are open.
   * @param {(id: number) => boolean} isOpen
   */
  open(isOpen) {
    this.#isOpen = isOpen;
    /** @type {number[]} */
    const rows = [];
    const stack = [...(this.#children[0] ?? [])].reverse();
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      rows.push(id);
      const children = this.#children[id] ?? [];
      if (isOpen(id)) for (let at = children.length - 1; at >= 0; at -= 1) stack.push(/** @type {number} */ (children[at]));
    }
    this.#rows = rows;
    if (!rows.includes(this.#active)) this.#active = rows[0] ?? 0;
    this.#draw();
  }

  /**
   * Marks the row of `id`, and brings it into view.
   * @param {number} id 0 for none
   */
  mark(id) {
    if (id === this.#marked) return;
    this.#marked = id;
    if (this.#rows.includes(id)) {
      this.#active = id;
      this.#scrollTo(id, true);
    }
    this.#draw();
  }

  #request() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  get #height() {
    return parseFloat(getComputedStyle(this.element).getPropertyValue('--tree-row')) || 24;
  }

  /** Makes the elements of the rows in view, and removes the others. */
  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#data) return;
    const height = this.#height;
    const first = Math.max(0, Math.floor(this.element.scrollTop / height) - BEYOND);
    const last = Math.ceil((this.element.scrollTop + this.element.clientHeight) / height) + BEYOND;
    this.#body.style.height = `${this.#rows.length * height}px`;
    const shown = this.#rows.slice(first, last);
    const kept = new Set(shown);
    for (const [id, element] of this.#elements) {
      if (kept.has(id)) continue;
      element.remove();
      this.#elements.delete(id);
    }
    shown.forEach((id, at) => {
      const row = this.#elements.get(id) ?? this.#make(this.#data, id);
      row.style.top = `${(first + at) * height}px`;
      row.setAttribute('aria-expanded', String(this.#isOpen(id)));
      row.setAttribute('aria-selected', String(id === this.#marked));
      row.classList.toggle('active', id === this.#active);
    });
    const active = this.#elements.get(this.#active);
    if (active) this.element.setAttribute('aria-activedescendant', active.id);
    else this.element.removeAttribute('aria-activedescendant');
  }

  /**
   * @param {TreeData|null} data
   * @param {number} id
   */
  #make(data, id) {
    const siblings = this.#children[data?.parents[id] ?? 0]?.length ?? 0;
    const leaf = this.#children[id]?.length === 0;
    const row = el('div', {
      class: leaf ? 'item leaf' : 'item', role: 'treeitem', id: `group-${id}`, title: data?.title(id), dataset: { id }, style: { '--depth': (this.#depths[id] ?? 1) - 1 },
      'aria-level': this.#depths[id], 'aria-posinset': this.#places[id], 'aria-setsize': siblings,
    }, el('span', { class: 'twisty', 'aria-hidden': 'true' }), ...data?.cells(id) ?? []);
    this.#elements.set(id, row);
    this.#body.append(row);
    return row;
  }

  /**
   * @param {number} id
   * @param {boolean} [middle] to the middle, unless it is in view
   */
  #scrollTo(id, middle = false) {
    const { element } = this;
    const height = this.#height;
    const top = this.#rows.indexOf(id) * height;
    const room = element.clientHeight - height;
    if (top >= element.scrollTop && top <= element.scrollTop + room) return;
    element.scrollTop = middle ? top - room / 2 : top < element.scrollTop ? top : top - room;
  }

  /** @param {number} id */
  #activate(id) {
    this.#active = id;
    this.#scrollTo(id);
    this.#draw();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const { id, twisty } = hit(event);
    if (id === 0) return;
    this.#activate(id);
    if (twisty) this.#handlers.onToggle(id);
    else this.#handlers.onChoose(id);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const id = this.#active;
    const at = this.#rows.indexOf(id);
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#height) - 1);
    /** @param {number} to */
    const walk = (to) => this.#activate(this.#rows[Math.max(0, Math.min(this.#rows.length - 1, to))] ?? 0);
    const [child] = this.#children[id] ?? [];
    const parent = this.#data?.parents[id] ?? 0;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => walk(at + 1),
      ArrowUp: () => walk(at - 1),
      PageDown: () => walk(at + page),
      PageUp: () => walk(at - page),
      Home: () => walk(0),
      End: () => walk(this.#rows.length - 1),
      ArrowRight: () => (!this.#isOpen(id) ? this.#handlers.onToggle(id) : child !== undefined && this.#activate(child)),
      ArrowLeft: () => (this.#isOpen(id) ? this.#handlers.onToggle(id) : parent > 0 && this.#activate(parent)),
      Enter: () => this.#handlers.onChoose(id),
      ' ': () => this.#handlers.onChoose(id),
    };
    const act = keys[event.key];
    if (!act || at < 0) return;
    event.preventDefault();
    act();
  }
}

/**
 * The row under a mouse event; 0 for none.
 * @param {MouseEvent} event
 */
function hit({ target }) {
  const element = /** @type {HTMLElement} */ (target);
  const row = /** @type {HTMLElement|null} */ (element.closest('[role=treeitem]'));
  return { id: Number(row?.dataset.id ?? 0), twisty: element.classList.contains('twisty') };
}
