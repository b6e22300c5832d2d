/**
 * Making SVG elements and the numbers in them. Text from a model goes in as `textContent` only.
 *
 * @module
 */

/** @import {View} from './camera.js' */

const NAMESPACE = 'http://www.w3.org/2000/svg';

/**
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number>} [attributes]
 * @param {Element} [parent] to append it to
 * @returns {SVGElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, parent) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const key in attributes) made.setAttribute(key, String(attributes[key]));
  parent?.append(made);
  return made;
}

/** An HTML element for things to be put in. @param {string} name its class @param {Element} parent */
export function html(name, parent) {
  const made = document.createElement('div');
  made.className = name;
  parent.append(made);
  return made;
}

/** A text element. @param {string} content @param {Record<string, string | number>} attributes @param {Element} parent */
export function text(content, attributes, parent) {
  const made = element('text', attributes, parent);
  made.textContent = content;
  return made;
}

/** A path unless it would be empty. @param {string} d @param {string} name its class @param {Element} parent */
export function path(d, name, parent) {
  if (d) element('path', { d, class: name }, parent);
}

/** Rounds to a tenth: what is drawn lies near its own origin, so that path data stays short. @param {number} value */
export const tenth = (value) => Math.round(value * 10) / 10;

/** A rectangle as path data. @param {number} x @param {number} y @param {number} w @param {number} h */
export const box = (x, y, w, h) => `M${tenth(x)} ${tenth(y)}h${tenth(w)}v${tenth(h)}h${-tenth(w)}z`;

/**
 * Moves an element whose content is drawn for one view to another.
 *
 * @param {HTMLElement | SVGElement} moved
 * @param {View} base
 * @param {View} view
 */
export function moveTo(moved, base, view) {
  const ratio = view.scale / base.scale;
  let x = (base.x - view.x) * view.scale;
  let y = (base.y - view.y) * view.scale;
  if (ratio === 1) {
    // Between the pixels of the screen, text would be blurred.
    x = Math.round(x * devicePixelRatio) / devicePixelRatio;
    y = Math.round(y * devicePixelRatio) / devicePixelRatio;
  }
  moved.style.transform = `translate(${x}px, ${y}px) scale(${ratio})`;
}
