/**
 * Edges that are dragged, or moved by the arrow keys.
 *
 * @module
 */

/**
 * @param {HTMLElement} handle
 * @param {{drag: (event: PointerEvent) => void, end: (event: PointerEvent) => void, step: (step: number) => void}} on `step`: 1 for the left
 *   and up keys, -1 for the others
 */
export function resizable(handle, { drag, end, step }) {
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
