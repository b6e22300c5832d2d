/**
 * Shapes of tensors beside their wires, each on a patch of the background that keeps it readable.
 *
 * @module
 */

import { element, tenth, text } from './svg.js';

/** @import {Scene} from '../types.js' */

/** A character of the label's font is this wide, in graph px, and the patch this tall. */
const CHARACTER = 6.05;
const HEIGHT = 11;

/** @param {Scene} scene @param {number} net @param {{x: number, y: number}} origin @param {Element} parent */
export function drawLabel({ texts, netLabel, netLabelAt }, net, origin, parent) {
  const content = texts[netLabel[net]];
  const x = tenth(netLabelAt[2 * net] - origin.x);
  const y = tenth(netLabelAt[2 * net + 1] - origin.y);
  const width = tenth(content.length * CHARACTER + 6);
  element('rect', { class: 'patch', x: tenth(x - width / 2), y: tenth(y - HEIGHT / 2), width, height: HEIGHT, rx: 3 }, parent);
  text(content, { class: 'shape', x, y }, parent);
}
