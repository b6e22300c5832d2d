/**
 * Shapes of tensors beside their wires, each on a patch of what is behind that keeps it readable.
 *
 * @module
 */

import { enclosing } from './index.js';
import { element, tenth, text } from './svg.js';

/** @import {Index} from './index.js' */

/** A character of the label's font is this wide, in graph px, and the patch this tall. */
const CHARACTER = 6.05;
const HEIGHT = 11;

/** @param {Index} index @param {number} net @param {{x: number, y: number}} origin @param {Element} parent */
export function drawLabel(index, net, origin, parent) {
  const { texts, netLabel, netLabelAt, netInferred } = index.scene;
  const content = texts[netLabel[net]];
  const x = tenth(netLabelAt[2 * net] - origin.x);
  const y = tenth(netLabelAt[2 * net + 1] - origin.y);
  const tinted = enclosing(index, netLabelAt[2 * net], netLabelAt[2 * net + 1]).length % 2 === 1;
  const width = tenth(content.length * CHARACTER + 6);
  element('rect', { class: tinted ? 'patch tinted' : 'patch', x: tenth(x - width / 2), y: tenth(y - HEIGHT / 2), width, height: HEIGHT, rx: 3 }, parent);
  text(content, { class: netInferred?.[net] ? 'shape inferred' : 'shape', x, y }, parent);
}
