/**
 * Where the drawing is looked at from: plain arithmetic on views.
 *
 * @module
 */

/** The graph point at the top left corner of the host, and px of the screen a graph px. @typedef {{x: number, y: number, scale: number}} View */

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{width: number, height: number}} Size */

/** @import {Scene} from '../types.js' */
/** @import {Rect} from './rect.js' */

const LARGEST = 4;
const SMALLEST = 0.05;
/** A fit at or above this scale is legible enough to start with. */
const LEGIBLE = 0.6;
/** The least scale to start at when the whole does not fit legibly. */
const READABLE = 0.75;
/** Screen px around a fitted graph. */
const MARGIN = 24;
/** Screen px of the graph that stay in view however far it is dragged. */
const KEPT = 80;
export const DURATION = 160;

/** @param {Size} scene @param {Size} host */
export function fitScale(scene, host) {
  const across = Math.max(1, host.width - 2 * MARGIN) / Math.max(1, scene.width);
  const down = Math.max(1, host.height - 2 * MARGIN) / Math.max(1, scene.height);
  return Math.min(across, down);
}

/** The whole graph, centred, never enlarged. @param {Scene} scene @param {Size} host @returns {View} */
export function fitView(scene, host) {
  return centredOn(scene.width / 2, scene.height / 2, Math.min(1, fitScale(scene, host)), host);
}

/** The least scale at which a group is shown as a whole, and screen px above a group of which only the beginning is. */
const RECOGNISABLE = 0.35;
const ABOVE = 40;

/**
 * An open group: all of it if it can be made out, or else its beginning.
 *
 * @param {Rect} group
 * @param {number | null} scale null to choose one
 * @param {Size} host
 * @returns {View}
 */
export function groupView({ left, top, right, bottom }, scale, host) {
  const fit = fitScale({ width: right - left, height: bottom - top }, host);
  const chosen = scale ?? (fit >= RECOGNISABLE ? Math.min(1, fit) : READABLE);
  const view = centredOn((left + right) / 2, (top + bottom) / 2, chosen, host);
  return {
    x: (right - left) * chosen > host.width ? left - MARGIN / chosen : view.x,
    y: (bottom - top) * chosen > host.height ? top - ABOVE / chosen : view.y,
    scale: chosen,
  };
}

/**
 * The whole graph when that is legible, otherwise the beginning of its flow.
 *
 * @param {Scene} scene
 * @param {Size} host
 * @param {{x: number, y: number}} first the centre of the item where the flow begins
 * @returns {View}
 */
export function startView(scene, host, first) {
  if (fitScale(scene, host) >= LEGIBLE) return fitView(scene, host);
  const down = scene.direction === 'down';
  const breadth = down ? (host.width - 2 * MARGIN) / scene.width : (host.height - 2 * MARGIN) / scene.height;
  const scale = Math.min(1, Math.max(READABLE, breadth));
  const view = breadth >= scale ? centredOn(scene.width / 2, scene.height / 2, scale, host) : snug(centredOn(first.x, first.y, scale, host), scene, host);
  // What is no longer than the window stands in its middle, clear of the buttons in the corner.
  return down ? { ...view, y: beginning(scene.height, host.height, scale) } : { ...view, x: beginning(scene.width, host.width, scale) };
}

/** Where a view begins along the flow of the graph: with the graph, or so that all of it is in the middle. @param {number} whole @param {number} window @param {number} scale */
const beginning = (whole, window, scale) => Math.min(-MARGIN / scale, (whole - window / scale) / 2);

/** A view of a part of the graph, moved so that no room is wasted beyond its sides. @param {View} view @param {Scene} scene @param {Size} host @returns {View} */
function snug({ x, y, scale }, scene, host) {
  const margin = MARGIN / scale;
  const within = (/** @type {number} */ at, /** @type {number} */ whole, /** @type {number} */ part) =>
    whole < part ? at : Math.min(whole + margin - part, Math.max(-margin, at));
  return { x: within(x, scene.width, host.width / scale), y: within(y, scene.height, host.height / scale), scale };
}

/** @param {number} x @param {number} y @param {number} scale @param {Size} host @returns {View} */
export const centredOn = (x, y, scale, host) => ({ x: x - host.width / 2 / scale, y: y - host.height / 2 / scale, scale });

/** The graph point at a screen point. @param {View} view @param {number} x @param {number} y */
export const graphPoint = (view, x, y) => ({ x: view.x + x / view.scale, y: view.y + y / view.scale });

/**
 * The view at another scale in which the graph point at a screen point stays where it is.
 *
 * @param {View} view
 * @param {number} scale
 * @param {number} x
 * @param {number} y
 * @returns {View}
 */
export function scaledAt(view, scale, x, y) {
  return { x: view.x + x / view.scale - x / scale, y: view.y + y / view.scale - y / scale, scale };
}

/** @param {number} scale @param {Scene} scene @param {Size} host */
export function clampScale(scale, scene, host) {
  return Math.min(LARGEST, Math.max(Math.min(SMALLEST, fitScale(scene, host)), scale));
}

/** Keeps some of the graph in view. @param {View} view @param {Scene} scene @param {Size} host @returns {View} */
export function clampView(view, scene, host) {
  const keptX = Math.min(KEPT / view.scale, scene.width, host.width / view.scale);
  const keptY = Math.min(KEPT / view.scale, scene.height, host.height / view.scale);
  return {
    x: Math.min(scene.width - keptX, Math.max(keptX - host.width / view.scale, view.x)),
    y: Math.min(scene.height - keptY, Math.max(keptY - host.height / view.scale, view.y)),
    scale: view.scale,
  };
}

/**
 * A view on the way from one to another, on which everything moves along straight lines of the screen.
 *
 * @param {View} from
 * @param {View} to
 * @param {number} time from 0 to 1, eased out here
 * @returns {View}
 */
export function between(from, to, time) {
  const part = 1 - (1 - time) ** 3;
  const scale = (1 - part) * from.scale + part * to.scale;
  const along = (/** @type {number} */ a, /** @type {number} */ b) => ((1 - part) * a * from.scale + part * b * to.scale) / scale;
  return { x: along(from.x, to.x), y: along(from.y, to.y), scale };
}

/** Whether a move is so far that showing the way is of no use. @param {View} from @param {View} to @param {Size} host */
export function isFar(from, to, host) {
  const scale = Math.min(from.scale, to.scale);
  const x = from.x - to.x + (host.width / 2) * (1 / from.scale - 1 / to.scale);
  const y = from.y - to.y + (host.height / 2) * (1 / from.scale - 1 / to.scale);
  return Math.hypot(x, y) * scale > 6 * Math.max(host.width, host.height);
}

/** How much what is painted for one scale may be stretched or shrunk for another. */
const STRETCH = 2;

/** Whether a scale is too far from the one that something is painted for. @param {number} base @param {number} scale */
export const strained = (base, scale) => scale > base * STRETCH || scale < base / STRETCH;
