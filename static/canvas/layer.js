/**
 * One level of detail of a scene on the page: what is in view and a little around it.
 *
 * The content is painted for a base view. Panning and zooming only move the layer as a whole, by a transform that the browser
 * composites without painting again. Content comes and goes by tiles, each an SVG element of its own: the browser then repaints only
 * what is new. Coordinates are relative to a tile, and tiles to an origin near the first view, so that none is large.
 *
 * @module
 */

import { grown, meet, seenFrom } from './rect.js';
import { html, moveTo } from './svg.js';
import { drawLargeItem, drawTile, largeItems, planTiles } from './tiles.js';

/** @import {Point, Size, View} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Isolated} from './isolation.js' */
/** @import {Level} from './levels.js' */
/** @import {Rect} from './rect.js' */
/** @import {Part} from './tiles.js' */

/** How far, in screen px, a view may be from the origin of a layer. */
const DISTANCE = 16000;
/** How wide wires are on screen from afar, at the least scale of their level. */
const WIRE = { full: 0, titles: 0.65, blocks: 0.6, mosaic: 0.6 };

/** And the borders of open groups. */
const BORDER = 0.8;

export class Layer {
  /**
   * @param {Element} parent
   * @param {Index} index
   * @param {string[]} paints
   * @param {Level} level
   * @param {View} view
   * @param {Isolated | null} isolated
   */
  constructor(parent, index, paints, level, view, isolated) {
    this.level = level;
    this.element = html(`layer ${level.kind}`, parent);
    const sheets = { grounds: html('grounds', this.element), wires: html('wires', this.element), nodes: html('nodes', this.element) };
    if (WIRE[level.kind]) sheets.wires.style.strokeWidth = `${WIRE[level.kind] / level.least}px`;
    if (level.kind !== 'full') sheets.grounds.style.strokeWidth = `${BORDER / level.least}px`;
    this.plan = planTiles(index, paints, level, sheets, isolated);
    /** @type {Map<string, Part>} */
    this.parts = new Map();
    /** Whether all that is in view is drawn. */
    this.complete = false;
    this.base = view;
    this.settle(view);
  }

  /** Moves the content to a view. @param {View} view */
  place(view) {
    moveTo(this.element, this.base, view);
  }

  /** Makes a view the base: the content is painted anew, crisp. @param {View} view */
  settle(view) {
    this.base = view;
    this.element.style.setProperty('--unit', String(1 / view.scale));
    for (const part of this.parts.values()) this.anchor(part);
  }

  /** Whether a view is out of the layer's reach. @param {View} view */
  leaves(view) {
    return Math.max(Math.abs(this.base.x - view.x), Math.abs(this.base.y - view.y)) * view.scale > DISTANCE;
  }

  /** @param {Part} part */
  anchor({ drawings, corner }) {
    const { scale } = this.base;
    const x = (corner.x - this.base.x) * scale;
    const y = (corner.y - this.base.y) * scale;
    // The browser puts elements at whole px; what remains is left to the content.
    const [left, top] = [Math.floor(x), Math.floor(y)];
    for (const { svg, content } of drawings) {
      svg.style.left = `${left}px`;
      svg.style.top = `${top}px`;
      content.setAttribute('transform', `matrix(${scale} 0 0 ${scale} ${x - left} ${y - top})`);
    }
  }

  /**
   * Draws what has come into view and drops what is far out of it.
   *
   * @param {View} view
   * @param {Size} host
   * @param {number} budget in ms; what does not fit is left for the next call
   * @returns {boolean} whether everything is drawn
   */
  update(view, host, budget) {
    const end = performance.now() + budget;
    const seen = seenFrom(view, host);
    this.drop(grown(seen, this.plan.tile));
    const wanted = this.wanted(seen);
    let drawn = 0;
    for (; drawn < wanted.length && (drawn === 0 || performance.now() < end); drawn++) {
      const part = wanted[drawn].draw();
      this.anchor(part);
      this.parts.set(wanted[drawn].key, part);
    }
    this.complete = wanted.slice(drawn).every(({ distance }) => distance > 0);
    return drawn === wanted.length;
  }

  /** @param {Rect} kept */
  drop(kept) {
    for (const [key, { drawings, bounds }] of this.parts) {
      if (meet(bounds, kept)) continue;
      for (const { svg } of drawings) svg.remove();
      this.parts.delete(key);
    }
  }

  /**
   * What is not drawn yet, the nearest first. Parts reach up to half a tile further than their square.
   *
   * @param {Rect} seen
   */
  wanted(seen) {
    const { index: { scene }, tile } = this.plan;
    const around = grown(seen, tile / 2);
    /** @type {{key: string, distance: number, draw: () => Part}[]} */
    const wanted = [];
    // What begins where the drawing ends is no tile of it.
    const lastRow = Math.ceil(Math.min(around.bottom, scene.height) / tile) - 1;
    const lastColumn = Math.ceil(Math.min(around.right, scene.width) / tile) - 1;
    for (let row = Math.max(0, Math.floor(around.top / tile)); row <= lastRow; row++) {
      for (let column = Math.max(0, Math.floor(around.left / tile)); column <= lastColumn; column++) {
        const key = `${column},${row}`;
        if (this.parts.has(key)) continue;
        const dx = Math.max(seen.left - (column + 1) * tile, column * tile - seen.right, 0);
        const dy = Math.max(seen.top - (row + 1) * tile, row * tile - seen.bottom, 0);
        wanted.push({ key, distance: Math.max(dx, dy), draw: () => drawTile(this.plan, column, row) });
      }
    }
    for (const item of largeItems(this.plan, seen)) {
      if (!this.parts.has(`item ${item}`)) wanted.push({ key: `item ${item}`, distance: 0, draw: () => drawLargeItem(this.plan, item) });
    }
    return wanted.sort((a, b) => a.distance - b.distance);
  }

  remove() {
    this.element.remove();
  }
}
