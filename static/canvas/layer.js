/**
 * One level of detail of a scene on the page: an SVG element with what is in view and a little around it.
 *
 * The content is drawn for a base view. Panning and zooming only move the element as a whole, by a transform that the browser
 * composites without painting again; content comes and goes by tiles. All coordinates are relative to the base or to a tile, so
 * that none is large.
 *
 * @module
 */

import { grown, holds, meet, seenFrom } from './rect.js';
import { element, moveTo } from './svg.js';
import { drawLargeItem, drawLongWires, drawTile, largeItems, planTiles } from './tiles.js';

/** @typedef {import('./camera.js').View} View */
/** @typedef {import('./camera.js').Size} Size */
/** @typedef {import('./index.js').Index} Index */
/** @typedef {import('./levels.js').Level} Level */
/** @typedef {import('./tiles.js').Part} Part */
/** @typedef {import('./rect.js').Rect} Rect */

/** How wide wires are on screen from afar, at the least scale of their level. */
const WIRE = { full: 0, titles: 0.8, blocks: 0.7, mosaic: 0.7 };

export class Layer {
  /**
   * @param {Element} parent
   * @param {Index} index
   * @param {string[]} paints
   * @param {Level} level
   * @param {View} view
   */
  constructor(parent, index, paints, level, view) {
    this.level = level;
    this.svg = element('svg', { class: `layer ${level.kind}` }, parent);
    this.world = element('g', {}, this.svg);
    const sheets = { wires: this.sheet('wires'), labels: this.sheet('labels'), nodes: this.sheet('nodes') };
    if (WIRE[level.kind]) sheets.wires.style.strokeWidth = `${WIRE[level.kind] / level.least}px`;
    this.plan = planTiles(index, paints, level, sheets);
    /** @type {Map<string, Part>} */
    this.parts = new Map();
    /** @type {Part | null} */
    this.long = null;
    /** Whether all that is in view is drawn. */
    this.complete = false;
    this.base = view;
    this.settle(view);
  }

  /** @param {string} name */
  sheet(name) {
    return element('g', { class: name }, this.world);
  }

  /** Moves the content to a view. @param {View} view */
  place(view) {
    moveTo(this.svg, this.base, view);
  }

  /** Makes a view the base: the content is painted anew, crisp. @param {View} view */
  settle(view) {
    this.base = view;
    this.world.setAttribute('transform', `scale(${view.scale})`);
    for (const part of this.parts.values()) this.anchor(part);
    if (this.long) this.anchor(this.long);
  }

  /** @param {Part} part */
  anchor({ groups, x, y, unit }) {
    const transform = `translate(${x - this.base.x} ${y - this.base.y})${unit === 1 ? '' : ` scale(${unit})`}`;
    for (const group of groups) group.setAttribute('transform', transform);
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
    const { tile } = this.plan;
    const seen = seenFrom(view, host);
    this.drop(grown(seen, tile));
    this.drawLong(seen);
    const wanted = this.wanted(seen);
    let drawn = 0;
    while (drawn < wanted.length && (drawn === 0 || performance.now() < end)) this.keep(wanted[drawn++]);
    this.complete = wanted.slice(drawn).every(({ distance }) => distance > 0);
    return drawn === wanted.length;
  }

  /** @param {Rect} kept */
  drop(kept) {
    for (const [key, { groups, bounds }] of this.parts) {
      if (meet(bounds, kept)) continue;
      for (const group of groups) group.remove();
      this.parts.delete(key);
    }
  }

  /** @param {Rect} seen */
  drawLong(seen) {
    if (this.long && holds(this.long.bounds, seen)) return;
    const old = this.long?.groups ?? [];
    this.long = drawLongWires(this.plan, grown(seen, this.plan.tile));
    this.anchor(this.long);
    for (const group of old) group.remove();
  }

  /**
   * What is not drawn yet, the nearest first. Parts that reach half a tile further than their square count as seen there.
   *
   * @param {Rect} seen
   */
  wanted(seen) {
    const { index: { scene }, tile } = this.plan;
    const around = grown(seen, tile / 2);
    /** @type {{key: string, distance: number, draw: () => Part}[]} */
    const wanted = [];
    const lastRow = Math.floor(Math.min(around.bottom, scene.height) / tile);
    const lastColumn = Math.floor(Math.min(around.right, scene.width) / tile);
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

  /** @param {{key: string, draw: () => Part}} wanted */
  keep({ key, draw }) {
    const part = draw();
    this.anchor(part);
    this.parts.set(key, part);
  }

  remove() {
    this.svg.remove();
  }
}
