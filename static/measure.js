/**
 * Measures the fonts of the drawing, so that the layout in the Worker knows how wide texts are.
 *
 * @module
 */

/** @import {Advances} from './types.js' */

const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));

/** How often a character is repeated: browsers may round the width of a single one. */
const REPEAT = 16;

/** @returns {Advances} */
export function measureAdvances() {
  const style = getComputedStyle(document.documentElement);
  const sans = style.getPropertyValue('--sans').trim() || 'sans-serif';
  const mono = style.getPropertyValue('--mono').trim() || 'monospace';
  const context = document.createElement('canvas').getContext('2d');
  /** @param {string} font */
  const advances = (font) => {
    // Without a canvas (some hardened browsers refuse it), a usual width: 0.6 em of 12 px.
    if (!context) return [...ASCII.map(() => 7.2), 7.2, 12];
    context.font = font;
    return [...ASCII, '×', '漢'].map((character) => context.measureText(character.repeat(REPEAT)).width / REPEAT);
  };
  return { title: advances(`600 12px ${sans}`), label: advances(`11px ${sans}`), value: advances(`11px ${mono}`) };
}
