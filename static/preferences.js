/**
 * What the reader of the page chose, remembered in this browser where it allows that.
 *
 * @module
 */

const KEY = 'lamina';

/**
 * @typedef {object} Preferences
 * @property {'auto'|'light'|'dark'} theme
 * @property {'auto'|'down'|'right'} direction
 * @property {'auto'|'none'|'all'|'flat'} level how deep a graph is shown at first: as fits, groups closed, groups open, or no groups
 * @property {boolean} attributes
 * @property {boolean} weights
 * @property {boolean} names
 * @property {boolean} controls whether control edges are drawn
 * @property {boolean} sidebar whether it is open
 * @property {number} sidebarWidth in px
 * @property {boolean} outline whether it is open
 * @property {number} outlineWidth in px
 */

/** @type {Preferences} */
const DEFAULTS = {
  theme: 'auto',
  direction: 'auto',
  level: 'auto',
  attributes: true,
  weights: true,
  names: false,
  controls: true,
  sidebar: true,
  sidebarWidth: 360,
  outline: false,
  outlineWidth: 272,
};

const CHOICES = { theme: ['auto', 'light', 'dark'], direction: ['auto', 'down', 'right'], level: ['auto', 'none', 'all', 'flat'] };

/** The current choices; {@link remember} keeps changes. */
export const preferences = read();

/** @returns {Preferences} */
function read() {
  /** @type {Record<string, unknown>} */
  const known = { ...DEFAULTS };
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    for (const [name, fallback] of Object.entries(DEFAULTS)) {
      const value = stored?.[name];
      const allowed = /** @type {Record<string, unknown[]>} */ (CHOICES)[name];
      if (typeof value === typeof fallback && (!allowed || allowed.includes(value))) known[name] = value;
    }
  } catch {
    // Storage is forbidden or holds something else: the defaults serve.
  }
  return /** @type {Preferences} */ (/** @type {unknown} */ (known));
}

/** @param {Partial<Preferences>} changes */
export function remember(changes) {
  Object.assign(preferences, changes);
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // The choice holds until the page is closed.
  }
}
