/**
 * Measures the fonts of the drawing, so that the layout in the Worker knows how wide texts are.
 *
 * @module
 */

/** @import {Advances} from './types.js' */

import { widthOf } from './canvas/type.js';

const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));

/** The fonts of the panels: weight, size in px, family. */
const PANELS = [400, 500, 600].flatMap((weight) => [
  ...[11, 12, 13, 15, 20].map((size) => `${weight} ${size}px var(--sans)`),
  ...[11, 12, 13].map((size) => `${weight} ${size}px var(--mono)`),
]);
/** Those of the drawing, whose letters the browser keeps apart, as they are scaled (canvas.css). */
const DRAWING = ['600 12px var(--sans)', '400 11px var(--sans)', '500 10px var(--sans)', '400 11px var(--mono)', '400 10px var(--mono)'];

/**
 * Has the browser look up the fonts before there is a model, one at a time, with pauses for what else is to be done: each may take
 * it ten milliseconds, and all at once the reader would wait for them.
 */
export function warmFonts() {
  const probe = document.createElement('span');
  probe.className = 'visually-hidden';
  probe.ariaHidden = 'true';
  probe.textContent = 'Conv 3×3 1.5\u00a0MiB 99\u00a0% < – … ‹› ·';
  document.body.append(probe);
  const left = [...DRAWING, ...PANELS];
  const step = () => {
    probe.style.textRendering = left.length > PANELS.length ? 'geometricPrecision' : 'auto';
    const font = left.shift();
    if (!font) {
      probe.remove();
      widthOf('…');
      return;
    }
    probe.style.font = font;
    // Asking for the size has it laid out.
    probe.getBoundingClientRect();
    setTimeout(step, 5);
  };
  step();
}

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
