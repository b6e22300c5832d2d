/**
 * What the mouse points at: found once a frame at most, told, and named beside it when it is a wire.
 *
 * @module
 */

import { graphPoint } from './camera.js';
import { NONE, selectionAt } from './index.js';
import { pick } from './pick.js';
import { html } from './svg.js';

/** @import {Point, Size, View} from './camera.js' */
/** @import {Highlight} from './highlight.js' */
/** @import {Index} from './index.js' */
/** @import {Level} from './levels.js' */
/** @import {Pick} from './pick.js' */
/** @import {Scene, Selection} from '../types.js' */

/** How near a wire must be to be hit, in screen px, and the least scale at which wires can be hit. */
const REACH = 6;
const WIRES_FROM = 0.12;
/** Where the name of a wire is, from the pointer. */
const ASIDE = { x: 14, y: 16 };

/**
 * @param {Index} index
 * @param {View} view
 * @param {Level | null} level
 * @param {Point} at a point of the screen
 * @returns {Pick | null}
 */
export function pickAt(index, view, level, at) {
  if (!level || level.kind === 'mosaic') return null;
  const { x, y } = graphPoint(view, at.x, at.y);
  return pick(index, x, y, view.scale >= WIRES_FROM ? REACH / view.scale : 0);
}

export class Pointing {
  /**
   * @param {HTMLElement} host
   * @param {(selection: Selection | null) => void} onHover
   */
  constructor(host, onHover) {
    this.host = host;
    this.onHover = onHover;
    this.tip = html('tip', host);
    /** @type {Point | null} where the mouse is */
    this.at = null;
    /** Whether what is there may be another than before. */
    this.stale = false;
  }

  /** @param {Point | null} at */
  move(at) {
    this.at = at;
    this.stale = true;
  }

  /**
   * Looks at what is there.
   *
   * @param {Index} index
   * @param {Highlight} highlight
   * @param {View} view
   * @param {Level | null} level
   * @param {Size} size
   */
  update(index, highlight, view, level, size) {
    if (!this.stale) return;
    this.stale = false;
    const found = this.at && pickAt(index, view, level, this.at);
    this.host.classList.toggle('pointing', found !== null);
    if (highlight.point(found && { item: found.item, net: found.net })) {
      this.onHover(found && selectionAt(index.scene, found));
      this.tip.textContent = found && found.net !== NONE ? nameOfNet(index.scene, found.net) : '';
      this.tip.classList.toggle('on', this.tip.textContent !== '');
    }
    if (this.at && this.tip.textContent) this.placeTip(this.at, size);
  }

  /** Beside the pointer, within the host. @param {Point} at @param {Size} size */
  placeTip(at, size) {
    const x = Math.max(0, Math.min(at.x + ASIDE.x, size.width - this.tip.offsetWidth - 8));
    const below = at.y + ASIDE.y;
    const y = below + this.tip.offsetHeight + 8 <= size.height ? below : at.y - ASIDE.y - this.tip.offsetHeight;
    this.tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  clear() {
    this.tip.textContent = '';
    this.tip.classList.remove('on');
    this.host.classList.remove('pointing');
  }
}

/** What a wire joins, and its shape. @param {Scene} scene @param {number} net */
function nameOfNet({ texts, itemTitle, netSource, netStarts, netTargets, netLabel }, net) {
  const targets = netTargets.subarray(netStarts[net], netStarts[net + 1]);
  const names = targets.length > 3 ? `${targets.length} consumers` : [...targets].map((item) => texts[itemTitle[item]]).join(', ');
  const shape = netLabel[net] === NONE ? '' : `   ${texts[netLabel[net]]}`;
  return `${texts[itemTitle[netSource[net]]]} → ${names}${shape}`;
}
