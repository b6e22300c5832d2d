/**
 * The sidebar: tabs in a column beside the graph, or in a sheet at the bottom on narrow screens.
 *
 * @module
 */

import { byId, el, fill } from './dom.js';
import { preferences, remember } from './preferences.js';

/** @typedef {'model'|'selection'|'find'} Tab */

/** @type {[Tab, string][]} */
const TABS = [['model', 'Model'], ['selection', 'Selection'], ['find', 'Find']];

const NARROWEST = 260;
const WIDEST = 720;

/** Heights of the sheet as shares of the window; the lowest shows the tabs alone. */
const SHEET = { peek: 0, half: 0.5, full: 0.88 };

/**
 * @typedef {object} Sidebar
 * @property {(tab: Tab) => void} show brings a tab to the front
 * @property {(tab: Tab, ...content: import('./dom.js').Child[]) => void} set fills a tab
 * @property {() => Tab} tab
 * @property {(open?: boolean) => void} toggle
 * @property {(force?: boolean) => boolean} reveal opens the sheet and, if forced, the column; tells whether that took room from the graph
 */

/** @returns {Sidebar} */
export function createSidebar() {
  const root = document.documentElement;
  const sidebar = byId('sidebar');
  const narrow = matchMedia('(max-width: 640px)');
  /** @type {Tab} */
  let current = 'model';

  const tabs = TABS.map(([tab, label]) => el('button', {
    type: 'button', role: 'tab', id: `tab-${tab}`, 'aria-controls': `panel-${tab}`, onclick: () => choose(tab),
  }, label));
  const panels = TABS.map(([tab]) => el('div', {
    role: 'tabpanel', id: `panel-${tab}`, class: 'tabpanel', 'aria-labelledby': `tab-${tab}`, tabindex: -1,
  }));
  const tablist = el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Details' }, ...tabs);
  const handle = el('div', {
    class: 'handle', role: 'separator', tabindex: 0, 'aria-label': 'Size of the details', 'aria-valuemin': 0, 'aria-valuemax': 100,
  });
  fill(sidebar, handle, tablist, ...panels);

  tablist.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const index = TABS.findIndex(([tab]) => tab === current);
    const [tab] = TABS[(index + step + TABS.length) % TABS.length] ?? ['model'];
    show(tab);
    byId(`tab-${tab}`).focus();
  });

  /** @param {Tab} tab */
  function show(tab) {
    current = tab;
    TABS.forEach(([name], index) => {
      const selected = name === tab;
      tabs[index]?.setAttribute('aria-selected', String(selected));
      if (tabs[index]) tabs[index].tabIndex = selected ? 0 : -1;
      if (panels[index]) panels[index].hidden = !selected;
    });
  }

  /**
   * What a click on a tab does: shows it, and opens or closes the sheet.
   * @param {Tab} tab
   */
  function choose(tab) {
    const again = tab === current;
    show(tab);
    if (narrow.matches) sheet(again && root.dataset.sheet !== 'peek' ? 'peek' : root.dataset.sheet === 'full' ? 'full' : 'half');
  }

  /** @param {keyof typeof SHEET} state */
  function sheet(state) {
    root.dataset.sheet = state;
    sidebar.style.removeProperty('--sheet');
    if (narrow.matches) tellShare(SHEET[state]);
  }

  /**
   * Tells screen readers how much of the window the details take.
   * @param {number} share
   */
  function tellShare(share) {
    handle.setAttribute('aria-valuenow', String(Math.round(100 * share)));
  }

  /** @param {boolean} open */
  function setOpen(open) {
    root.dataset.sidebar = open ? 'open' : 'closed';
    remember({ sidebar: open });
  }

  /** @param {number} width */
  function setWidth(width) {
    const most = Math.min(WIDEST, window.innerWidth * 0.6);
    const sidebarWidth = Math.round(Math.max(NARROWEST, Math.min(most, width)));
    root.style.setProperty('--sidebar', `${sidebarWidth}px`);
    tellShare(sidebarWidth / window.innerWidth);
    remember({ sidebarWidth });
  }

  resizable(handle, {
    drag: (event) => {
      if (narrow.matches) sidebar.style.setProperty('--sheet', `${window.innerHeight - event.clientY}px`);
      else setWidth(window.innerWidth - event.clientX);
    },
    end: (event) => {
      if (narrow.matches) sheet(nearest((window.innerHeight - event.clientY) / window.innerHeight));
    },
    step: (step) => {
      const states = /** @type {(keyof typeof SHEET)[]} */ (Object.keys(SHEET));
      const index = states.findIndex((state) => state === root.dataset.sheet);
      if (narrow.matches) sheet(states[Math.max(0, Math.min(states.length - 1, index + step))] ?? 'half');
      else setWidth(preferences.sidebarWidth + step * 24);
    },
  });

  if (!narrow.matches) {
    root.style.setProperty('--sidebar', `${preferences.sidebarWidth}px`);
    tellShare(preferences.sidebarWidth / window.innerWidth);
  }
  root.dataset.sidebar = preferences.sidebar ? 'open' : 'closed';
  sheet('peek');
  show('model');

  return {
    show,
    set(tab, ...content) {
      const panel = byId(`panel-${tab}`);
      fill(panel, ...content);
      panel.scrollTop = 0;
    },
    tab: () => current,
    toggle(open) {
      if (narrow.matches) sheet((open ?? root.dataset.sheet === 'peek') ? 'half' : 'peek');
      else setOpen(open ?? root.dataset.sidebar !== 'open');
    },
    reveal(force = false) {
      // Whoever closed the column wants it closed; the sheet is closed because it covers the graph.
      const closed = narrow.matches ? root.dataset.sheet === 'peek' : force && root.dataset.sidebar !== 'open';
      if (closed && narrow.matches) sheet('half');
      else if (closed) setOpen(true);
      return closed;
    },
  };
}

/**
 * The state of the sheet whose height is nearest.
 * @param {number} share
 */
function nearest(share) {
  const [first] = /** @type {[keyof typeof SHEET, number][]} */ (Object.entries(SHEET))
    .sort(([, a], [, b]) => Math.abs(a - share) - Math.abs(b - share));
  return first?.[0] ?? 'half';
}

/**
 * Lets `handle` be dragged, and moved by the arrow keys.
 * @param {HTMLElement} handle
 * @param {{drag: (event: PointerEvent) => void, end: (event: PointerEvent) => void, step: (step: number) => void}} on
 */
function resizable(handle, { drag, end, step }) {
  handle.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    document.documentElement.classList.add('resizing');
    /** @param {PointerEvent} last */
    const stop = (last) => {
      document.documentElement.classList.remove('resizing');
      handle.removeEventListener('pointermove', drag);
      end(last);
    };
    handle.addEventListener('pointermove', drag);
    handle.addEventListener('lostpointercapture', stop, { once: true });
  });
  handle.addEventListener('keydown', (event) => {
    const steps = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: -1, ArrowDown: -1 };
    const by = /** @type {Record<string, number>} */ (steps)[event.key];
    if (by === undefined) return;
    event.preventDefault();
    step(by);
  });
}
