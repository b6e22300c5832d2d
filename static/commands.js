/**
 * What keys and buttons do while a model is open.
 *
 * @module
 */

import { showSafety } from './panel-safety.js';
import { preferences, remember } from './preferences.js';
import { save } from './save.js';

/** @import {Drawing} from './drawing.js' */
/** @import {Expense} from './expense.js' */
/** @import {OutlinePanel} from './outline.js' */
/** @import {Preferences} from './preferences.js' */
/** @import {Selected} from './selected.js' */
/** @import {Sidebar} from './sidebar.js' */
/** @import {Step} from './types.js' */

/** How much a key or a button zooms. */
const ZOOM = 1.25;

/** Commands that do not need the graph to be in view. */
export const ASIDE = ['find', 'properties', 'outline', 'svg'];

/**
 * The parts of the viewer that commands act on.
 * @typedef {object} Parts
 * @property {Drawing} drawing
 * @property {Sidebar} sidebar
 * @property {OutlinePanel} outline
 * @property {Selected} selected
 * @property {Expense} expense
 * @property {() => string} name of the file, without its folders
 * @property {(changes: Partial<Preferences>) => unknown} set remembers choices and draws accordingly
 * @property {(step: Step|null) => unknown} step goes through the hierarchy
 * @property {() => void} find
 * @property {() => void} tables
 * @property {() => unknown} back
 */

/**
 * @param {Parts} parts
 * @returns {Record<string, () => unknown>} by the names that `shortcuts.js` has for them
 */
export function commands({ drawing, sidebar, outline, selected, expense, name, set, step, find, tables, back }) {
  /** Shows every graph this deep, from now on. @param {Preferences['level']} level */
  const showLevel = (level) => {
    if (!drawing.scene?.grouped) return undefined;
    remember({ level });
    drawing.hierarchy.forget();
    return step(null);
  };
  return {
    find,
    tables,
    back,
    properties: () => sidebar.toggle(),
    outline: () => drawing.scene?.grouped && outline.toggle(),
    direction: () => set({ direction: drawing.scene?.direction === 'down' ? 'right' : 'down' }),
    attributes: () => set({ attributes: !preferences.attributes }),
    weights: () => set({ weights: !preferences.weights }),
    names: () => set({ names: !preferences.names }),
    controls: () => set({ controls: !preferences.controls }),
    shallower: () => step({ kind: 'shallower' }),
    deeper: () => step({ kind: 'deeper' }),
    auto: () => showLevel('auto'),
    none: () => showLevel('none'),
    all: () => showLevel('all'),
    flat: () => showLevel('flat'),
    heat: () => expense.toggle(),
    zoomIn: () => drawing.canvas.zoomBy(ZOOM),
    zoomOut: () => drawing.canvas.zoomBy(1 / ZOOM),
    actual: () => drawing.canvas.actual(),
    fit: () => drawing.canvas.fit(),
    near: () => selected.selection && drawing.near(selected.selection),
    safety: () => showSafety(sidebar),
    svg: async () => save(await drawing.svg(), 'image/svg+xml', `${name()}.svg`),
  };
}
