/**
 * The zoom buttons on the graph.
 *
 * @module
 */

import { iconButton } from './controls.js';
import { byId, el, fill } from './dom.js';

/**
 * @param {(command: string) => void} run
 * @returns {(scale: number) => void} shows the scale
 */
export function createZoom(run) {
  const scale = el('button', { type: 'button', class: 'button quiet scale', title: 'Actual size', onclick: () => run('actual') }, '100 %');
  fill(
    byId('zoom'),
    iconButton('minus', 'Zoom out', () => run('zoomOut'), { command: 'zoomOut' }),
    scale,
    iconButton('plus', 'Zoom in', () => run('zoomIn'), { command: 'zoomIn' }),
    iconButton('fit', 'Fit', () => run('fit'), { command: 'fit' }),
  );
  return (value) => {
    const percent = value * 100;
    scale.textContent = `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)}\u00a0%`;
    scale.setAttribute('aria-label', `${scale.textContent}, back to actual size`);
  };
}
