/**
 * Wheel, mouse, touch and keys, told apart and turned into a few plain calls. Coordinates are px from the top left corner of the pane.
 *
 * @module
 */

/** @import {Point} from './camera.js' */

/**
 * @typedef {object} Calls
 * @property {() => 'zoom'|'pan'} wheel what the wheel does; with Ctrl it always zooms, with Shift it pans sideways
 * @property {(factor: number, x: number, y: number) => void} zoom
 * @property {(dx: number, dy: number) => void} pan moves the content by screen px
 * @property {(x: number, y: number, extend: boolean) => void} click with Shift, `extend`
 * @property {(x: number, y: number) => void} doubleClick
 * @property {(at: Point | null) => void} point the mouse is here, no button down; or nowhere
 * @property {(key: string) => boolean} key whether it meant something
 */

/** A press that moves less than this is a click. */
const SLOP = 4;
/** How much a px of the wheel zooms, and one of a pinch on a touchpad, which comes as a wheel with Ctrl; and the most at once. */
const WHEEL = 0.0016;
const PINCH = 0.01;
const MOST = 0.25;
const LINE = 18;
const PAGE = 400;

/**
 * @param {HTMLElement} host takes the keys
 * @param {HTMLElement} pane takes everything else; what lies above it is not concerned
 * @param {Calls} calls
 * @returns {() => void} stops listening
 */
export function listen(host, pane, calls) {
  const stop = new AbortController();
  const { signal } = stop;
  const at = (/** @type {MouseEvent} */ event) => {
    const { left, top } = pane.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  pane.addEventListener('wheel', (event) => wheel(event, at(event), calls), { passive: false, signal });
  host.addEventListener('keydown', (event) => {
    if (event.target !== host || event.ctrlKey || event.metaKey || event.altKey) return;
    if (calls.key(event.key)) event.preventDefault();
  }, { signal });
  pane.addEventListener('dblclick', (event) => {
    const { x, y } = at(event);
    calls.doubleClick(x, y);
  }, { signal });
  listenToPointers(host, pane, calls, at, signal);
  listenToGestures(pane, calls, at, signal);
  return () => stop.abort();
}

/** @param {WheelEvent} event @param {Point} at @param {Calls} calls */
function wheel(event, { x, y }, calls) {
  event.preventDefault();
  const unit = [1, LINE, PAGE][event.deltaMode] ?? 1;
  const dx = event.deltaX * unit;
  const dy = event.deltaY * unit;
  if (event.ctrlKey || event.metaKey) calls.zoom(factor(dy * PINCH), x, y);
  else if (event.shiftKey) calls.pan(-(dx || dy), 0);
  else if (calls.wheel() === 'pan') calls.pan(-dx, -dy);
  else calls.zoom(factor(dy * WHEEL), x, y);
}

/** @param {number} delta */
const factor = (delta) => Math.exp(-Math.max(-MOST, Math.min(MOST, delta)));

/**
 * One pointer pans once it has moved; two of a touch screen pinch.
 *
 * @param {HTMLElement} host
 * @param {HTMLElement} pane
 * @param {Calls} calls
 * @param {(event: MouseEvent) => Point} at
 * @param {AbortSignal} signal
 */
function listenToPointers(host, pane, calls, at, signal) {
  /** @type {Map<number, Point>} */
  const down = new Map();
  let moved = false;
  let travelled = { x: 0, y: 0 };

  pane.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'mouse' && event.button > 1) return;
    if (event.button === 1) event.preventDefault();
    if (down.size === 0) {
      moved = false;
      travelled = { x: 0, y: 0 };
    } else {
      moved = true;
    }
    down.set(event.pointerId, at(event));
  }, { signal });

  pane.addEventListener('pointermove', (event) => {
    const to = at(event);
    const from = down.get(event.pointerId);
    if (!from) {
      if (event.pointerType === 'mouse' && down.size === 0) calls.point(to);
      return;
    }
    if (down.size === 2) {
      const [other] = [...down].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      pinch(other, from, to, calls);
    } else if (down.size === 1) {
      travelled = { x: travelled.x + to.x - from.x, y: travelled.y + to.y - from.y };
      if (moved) {
        calls.pan(to.x - from.x, to.y - from.y);
      } else if (Math.hypot(travelled.x, travelled.y) >= SLOP) {
        moved = true;
        pane.setPointerCapture(event.pointerId);
        host.classList.add('dragging');
        calls.point(null);
        calls.pan(travelled.x, travelled.y);
      }
    }
    down.set(event.pointerId, to);
  }, { signal });

  const end = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId)) return;
    if (down.size === 0) host.classList.remove('dragging');
    if (event.type !== 'pointerup' || moved || event.button !== 0) return;
    const { x, y } = at(event);
    calls.click(x, y, event.shiftKey);
  };
  pane.addEventListener('pointerup', end, { signal });
  pane.addEventListener('pointercancel', end, { signal });
  pane.addEventListener('pointerleave', (event) => {
    if (down.size === 0) calls.point(null);
    else if (!pane.hasPointerCapture(event.pointerId)) down.delete(event.pointerId);
  }, { signal });
}

/**
 * One of two fingers moves: what is between them stays between them.
 *
 * @param {Point} other
 * @param {Point} from
 * @param {Point} to
 * @param {Calls} calls
 */
function pinch(other, from, to, calls) {
  const before = Math.hypot(from.x - other.x, from.y - other.y);
  const after = Math.hypot(to.x - other.x, to.y - other.y);
  calls.pan((to.x - from.x) / 2, (to.y - from.y) / 2);
  if (before > 0 && after > 0) calls.zoom(after / before, (to.x + other.x) / 2, (to.y + other.y) / 2);
}

/**
 * Safari tells of a pinch on a touchpad by events of its own, whose scale is since the beginning.
 *
 * @param {HTMLElement} pane
 * @param {Calls} calls
 * @param {(event: MouseEvent) => Point} at
 * @param {AbortSignal} signal
 */
function listenToGestures(pane, calls, at, signal) {
  let before = 1;
  pane.addEventListener('gesturestart', (event) => {
    event.preventDefault();
    before = 1;
  }, { signal });
  pane.addEventListener('gesturechange', (event) => {
    event.preventDefault();
    const gesture = /** @type {MouseEvent & {scale: number}} */ (event);
    const { x, y } = at(gesture);
    calls.zoom(gesture.scale / before, x, y);
    before = gesture.scale;
  }, { signal });
}
