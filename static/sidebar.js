/**
 * The sidebar: tabs in a column beside the graph, or in a sheet at the bottom on narrow screens.
 *
 * @module
 */

import { byId, el, fill } from './dom.js';
import { preferences, remember } from './preferences.js';
import { resizable } from './resize.js';

/** @typedef {'model'|'selection'|'find'} Tab */

/** @type {[[Tab, string], ...[Tab, string][]]} */
const TABS = [['model', 'Model'], ['selection', 'Selection'], ['find', 'Find']];

const NARROWEST = 260;
const WIDEST = 720;

/** Heights of the sheet as shares of the window; the lowest shows the tabs alone. */
const SHEET = { peek: 0, half: 0.5, full: 0.88 };

/** @typedef {keyof typeof SHEET} State */

/** From the lowest. */
const STATES = /** @type {State[]} */ (Object.keys(SHEET));

const root = document.documentElement;

export class Sidebar {
  /** @type {Tab} */
  #current = 'model';
  #element = byId('sidebar');
  #narrow = matchMedia('(max-width: 640px)');
  #tabs = TABS.map(([tab, label]) => el('button', {
    type: 'button', role: 'tab', id: `tab-${tab}`, 'aria-controls': `panel-${tab}`, onclick: () => this.#choose(tab),
  }, label));
  #panels = TABS.map(([tab]) => el('div', {
    role: 'tabpanel', id: `panel-${tab}`, class: 'tabpanel', 'aria-labelledby': `tab-${tab}`, tabindex: -1,
  }));
  #handle = el('div', {
    class: 'handle', role: 'separator', tabindex: 0, 'aria-label': 'Size of the details', 'aria-valuemin': 0, 'aria-valuemax': 100,
  });

  constructor() {
    const list = el('div', {
      class: 'tabs', role: 'tablist', 'aria-label': 'Details', onkeydown: (/** @type {KeyboardEvent} */ event) => this.#walk(event),
    }, ...this.#tabs);
    fill(this.#element, this.#handle, list, ...this.#panels);
    resizable(this.#handle, {
      drag: (event) => this.#drag(event),
      end: (event) => this.#drop(event),
      step: (step) => this.#step(step),
    });
    root.dataset.sidebar = preferences.sidebar ? 'open' : 'closed';
    if (!this.#narrow.matches) this.#setWidth(preferences.sidebarWidth);
    this.#setSheet('peek');
    this.show('model');
  }

  /** The tab in front. */
  get tab() {
    return this.#current;
  }

  /**
   * Brings a tab to the front.
   * @param {Tab} tab
   */
  show(tab) {
    this.#current = tab;
    for (const button of this.#tabs) {
      const selected = button.id === `tab-${tab}`;
      button.setAttribute('aria-selected', String(selected));
      button.tabIndex = selected ? 0 : -1;
    }
    for (const panel of this.#panels) panel.hidden = panel.id !== `panel-${tab}`;
  }

  /**
   * Fills a tab.
   * @param {Tab} tab
   * @param {...import('./dom.js').Child} content
   */
  set(tab, ...content) {
    const panel = byId(`panel-${tab}`);
    fill(panel, ...content);
    panel.scrollTop = 0;
  }

  /** Opens or closes it. */
  toggle() {
    if (this.#narrow.matches) this.#setSheet(root.dataset.sheet === 'peek' ? 'half' : 'peek');
    else this.#setOpen(root.dataset.sidebar !== 'open');
  }

  /**
   * Opens the sheet: it is closed because it covers the graph. Whoever closed the column wants it closed, unless it is needed.
   * @param {{needed?: boolean}} [options]
   * @returns {boolean} whether that took room from the graph
   */
  reveal({ needed = false } = {}) {
    const narrow = this.#narrow.matches;
    const opens = narrow ? root.dataset.sheet === 'peek' : needed && root.dataset.sidebar !== 'open';
    if (opens && narrow) this.#setSheet('half');
    else if (opens) this.#setOpen(true);
    return opens;
  }

  /**
   * What a click on a tab does: shows it, and opens the sheet or, on the tab in front, closes it.
   * @param {Tab} tab
   */
  #choose(tab) {
    const again = tab === this.#current;
    this.show(tab);
    if (!this.#narrow.matches) return;
    if (root.dataset.sheet === 'peek') this.#setSheet('half');
    else if (again) this.#setSheet('peek');
  }

  /**
   * Arrow keys go from tab to tab.
   * @param {KeyboardEvent} event
   */
  #walk(event) {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const index = TABS.findIndex(([tab]) => tab === this.#current);
    const [tab] = TABS[(index + step + TABS.length) % TABS.length] ?? TABS[0];
    this.show(tab);
    byId(`tab-${tab}`).focus();
  }

  /** @param {PointerEvent} event */
  #drag({ clientX, clientY }) {
    if (this.#narrow.matches) this.#element.style.setProperty('--sheet', `${window.innerHeight - clientY}px`);
    else this.#setWidth(window.innerWidth - clientX);
  }

  /** @param {PointerEvent} event */
  #drop({ clientY }) {
    if (this.#narrow.matches) this.#setSheet(nearest((window.innerHeight - clientY) / window.innerHeight));
    else remember({ sidebarWidth: preferences.sidebarWidth });
  }

  /** @param {number} step */
  #step(step) {
    if (!this.#narrow.matches) {
      this.#setWidth(preferences.sidebarWidth + 24 * step);
      remember({ sidebarWidth: preferences.sidebarWidth });
      return;
    }
    const index = STATES.findIndex((state) => state === root.dataset.sheet) + step;
    this.#setSheet(STATES[Math.max(0, Math.min(STATES.length - 1, index))] ?? 'half');
  }

  /** @param {State} state */
  #setSheet(state) {
    root.dataset.sheet = state;
    this.#element.style.removeProperty('--sheet');
    if (this.#narrow.matches) this.#tellShare(SHEET[state]);
  }

  /** @param {boolean} open */
  #setOpen(open) {
    root.dataset.sidebar = open ? 'open' : 'closed';
    remember({ sidebar: open });
  }

  /** @param {number} width */
  #setWidth(width) {
    const most = Math.min(WIDEST, window.innerWidth * 0.6);
    preferences.sidebarWidth = Math.round(Math.max(NARROWEST, Math.min(most, width)));
    root.style.setProperty('--sidebar', `${preferences.sidebarWidth}px`);
    this.#tellShare(preferences.sidebarWidth / window.innerWidth);
  }

  /**
   * Tells screen readers how much of the window the details take.
   * @param {number} share
   */
  #tellShare(share) {
    this.#handle.setAttribute('aria-valuenow', String(Math.round(100 * share)));
  }
}

/**
 * The state of the sheet whose height is nearest.
 * @param {number} share
 */
function nearest(share) {
  /** @param {State} state */
  const distance = (state) => Math.abs(SHEET[state] - share);
  return STATES.reduce((best, state) => (distance(state) < distance(best) ? state : best));
}
