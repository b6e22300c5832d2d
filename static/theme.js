/**
 * Light or dark: `data-theme` on the root is always the one in force, whether chosen or the system's.
 *
 * Runs before the first paint, so that the page never flashes in the wrong theme.
 *
 * @module
 */

import { preferences, remember } from './preferences.js';

const system = matchMedia('(prefers-color-scheme: dark)');

function apply() {
  const chosen = preferences.theme;
  document.documentElement.dataset.theme = chosen === 'auto' ? (system.matches ? 'dark' : 'light') : chosen;
}

/** @param {'auto'|'light'|'dark'} theme */
export function setTheme(theme) {
  remember({ theme });
  apply();
}

system.addEventListener('change', apply);
apply();
