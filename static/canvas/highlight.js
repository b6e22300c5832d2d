/**
 * What is pointed at and what is selected, drawn above the scene: the wires of the item or net, its outline, and for a selection the items
 * that the wires join, above a veil that dims the rest.
 *
 * @module
 */

import { strained } from './camera.js';
import { paintsOf } from './cards.js';
import { KIND, NONE, STYLE } from './codes.js';
import { drawLabel } from './labels.js';
import { contains, holds, meet, rectOf, seenFrom } from './rect.js';
import { routesTo } from './routes.js';
import { edgesOf } from './stubs.js';
import { element, html, moveTo, tenth } from './svg.js';
import { drawItems } from './tiles.js';
import { addCurves, addEdge, addLine, appendWires, noWires } from './wires.js';

/** @import {Size, View} from './camera.js' */
/** @import {Index, Place} from './index.js' */
/** @import {Isolated} from './isolation.js' */
/** @import {Level} from './levels.js' */
/** @import {Links} from './links.js' */
/** @import {Rect} from './rect.js' */
/** @import {Extent} from './routes.js' */
/** @import {Wires} from './wires.js' */

/** Widths in graph px, or in screen px when that is more. */
const WIRE = { graph: 2.5, screen: 1.75 };
const OUTLINE = { graph: 2, screen: 2 };
/** The most joined items that are lifted above the veil. */
const LIFTED = 400;
/** The most edges without a path that are drawn. */
const STUBS = 200;

export class Highlight {
  /**
   * @param {Element} parent
   * @param {Index} index
   */
  constructor(parent, index) {
    this.index = index;
    this.paints = paintsOf(index.scene);
    this.veil = html('veil', parent);
    this.svg = element('svg', { class: 'highlight', 'aria-hidden': 'true' }, parent);
    /** @type {Isolated | null} */
    this.isolated = null;
    /** @type {Place | null} */
    this.selected = null;
    /** @type {Place | null} */
    this.pointed = null;
    /** @type {{level: Level, base: View, window: Rect} | null} */
    this.drawn = null;
  }

  /** @param {Place | null} place */
  select(place) {
    if (same(place, this.selected)) return;
    this.selected = place;
    this.drawn = null;
    this.cover();
  }

  /** What is not dimmed already by something else. @param {Isolated | null} isolated */
  isolate(isolated) {
    if (isolated !== this.isolated) this.drawn = null;
    this.isolated = isolated;
    this.cover();
  }

  /** An open group is what it contains, which is not dimmed. */
  cover() {
    const item = this.selected?.item ?? NONE;
    const open = item !== NONE && this.index.scene.itemKind[item] === KIND.container;
    this.veil.classList.toggle('on', this.selected !== null && !open && !this.isolated);
  }

  /** @param {Place | null} place @returns {boolean} whether it was another one */
  point(place) {
    if (same(place, this.pointed)) return false;
    this.pointed = place;
    this.drawn = null;
    return true;
  }

  /**
   * Draws a frame: anew when something changed, otherwise moved.
   *
   * @param {View} view
   * @param {Size} host
   * @param {Level} level
   * @param {boolean} settled whether the zoom has come to rest
   */
  draw(view, host, level, settled) {
    const seen = seenFrom(view, host);
    const kept = this.drawn;
    const good = kept && kept.level === level && holds(kept.window, seen) && !strained(kept.base.scale, view.scale) && (kept.base.scale === view.scale || !settled);
    if (!kept || !good) {
      this.drawn = { level, base: view, window: around(seen) };
      this.paint(this.drawn);
    }
    if (this.drawn) moveTo(this.svg, this.drawn.base, view);
  }

  /** @param {{level: Level, base: View, window: Rect}} drawn */
  paint({ level, base, window }) {
    const groups = [];
    if (this.selected) groups.push(this.group('selected', this.selected, level, base, window));
    if (this.pointed && !same(this.pointed, this.selected)) groups.push(this.group('pointed', this.pointed, level, base, window));
    this.svg.replaceChildren(...groups);
  }

  /** @param {'selected'|'pointed'} name @param {Place} place @param {Level} level @param {View} base @param {Rect} window */
  group(name, place, level, base, window) {
    const { scene } = this.index;
    const group = element('g', { class: name, transform: `scale(${base.scale})` });
    const { paths, items, nets } = this.reach(place, name === 'selected' ? this.isolated : null);
    const wires = noWires();
    for (const [path, { to, tip }] of paths) {
      addCurves(wires, this.index, path, scene.pathStarts[path], to, base, window);
      if (tip) addLine(wires, this.index, path, to, tip, base, window);
    }
    this.addStubs(wires, place, nets, base, window);
    if (level.kind === 'blocks' || level.kind === 'mosaic') wires.arrows = '';
    const lines = element('g', { class: 'wires' }, group);
    lines.style.strokeWidth = `${Math.max(WIRE.graph, WIRE.screen / base.scale)}px`;
    appendWires(wires, lines);
    if (name === 'selected') {
      const shown = items.filter((item) => scene.itemKind[item] !== KIND.container && meet(rectOf(scene.rects, item), window)).slice(0, LIFTED);
      const crowd = level.kind === 'mosaic' ? { ...level, kind: /** @type {const} */ ('blocks') } : level;
      drawItems({ index: this.index, paints: this.paints, level: crowd }, shown, base, element('g', { class: level.kind }, group));
    }
    if (level.kind === 'full') this.drawLabels(nets, base, window, element('g', {}, group));
    const frame = place.item === NONE ? null : cropped(rectOf(scene.rects, place.item), window);
    if (frame) outline(frame, base, scene.metrics.radius, group);
    return group;
  }

  /** Edges that have no path. @param {Wires} wires @param {Place} place @param {number[]} nets @param {View} base @param {Rect} window */
  addStubs(wires, { item }, nets, base, window) {
    const { scene, stubs } = this.index;
    let most = STUBS;
    for (const net of nets) {
      if (scene.netStyle[net] !== STYLE.stub) continue;
      const edges = edgesOf(scene, stubs, net, window, most, item === scene.netSource[net] ? NONE : item);
      for (const { from, to } of edges) addEdge(wires, from, to, scene.direction === 'down', base, window);
      most -= edges.length;
    }
  }

  /** Wires as thick as these would hide the labels. @param {number[]} nets @param {View} base @param {Rect} window @param {Element} parent */
  drawLabels(nets, base, window, parent) {
    const { scene } = this.index;
    for (const net of nets) {
      const [x, y] = [scene.netLabelAt[2 * net], scene.netLabelAt[2 * net + 1]];
      if (scene.netLabel[net] !== NONE && contains(window, x, y)) drawLabel(this.index, net, base, parent);
    }
  }

  /**
   * The nets of a place, the paths to draw of them and how far, and the items that they join. What comes into an item is drawn without the
   * ways to others.
   *
   * @param {Place} place
   * @param {Isolated | null} isolated beyond this, nothing is drawn
   */
  reach({ item, net }, isolated) {
    const { scene, links, pathsOf } = this.index;
    const all = net === NONE ? netsOf(links(), item) : { incoming: [], outgoing: [net] };
    const isKept = (/** @type {number} */ each) => !isolated || isolated.items[each] === 1;
    const incoming = all.incoming.filter((each) => isKept(scene.netSource[each]));
    const outgoing = all.outgoing.filter((each) => !isolated || isolated.nets[each] === 1);
    /** @type {[number, Extent][]} */
    const paths = [];
    /** @type {Set<number>} */
    const items = new Set(item === NONE ? [] : [item]);
    for (const each of outgoing) {
      if (isolated) paths.push(...routesTo(this.index, each, isKept));
      else for (const path of pathsOf(each)) paths.push([path, { to: scene.pathStarts[path + 1] - 1, tip: null }]);
      items.add(scene.netSource[each]);
      for (const target of scene.netTargets.subarray(scene.netStarts[each], scene.netStarts[each + 1])) if (isKept(target)) items.add(target);
    }
    for (const each of incoming) {
      paths.push(...routesTo(this.index, each, (target) => target === item));
      items.add(scene.netSource[each]);
    }
    return { paths, items: [...items], nets: [...incoming, ...outgoing] };
  }

  remove() {
    this.veil.remove();
    this.svg.remove();
  }
}

/** @param {Links} links @param {number} item */
const netsOf = ({ outStarts, outNets, inStarts, inNets }, item) => ({
  outgoing: [...outNets.subarray(outStarts[item], outStarts[item + 1])],
  incoming: [...new Set(inNets.subarray(inStarts[item], inStarts[item + 1]))],
});

/** What of a rectangle can be seen, and a little more, so that no side of it is moved into view; null far out of view. @param {Rect} rect @param {Rect} window @returns {Rect | null} */
function cropped(rect, window) {
  const left = Math.max(rect.left, window.left - (window.right - window.left));
  const top = Math.max(rect.top, window.top - (window.bottom - window.top));
  const right = Math.min(rect.right, window.right + (window.right - window.left));
  const bottom = Math.min(rect.bottom, window.bottom + (window.bottom - window.top));
  return left < right && top < bottom ? { left, top, right, bottom } : null;
}

/** A square with the seen part in its middle half. @param {Rect} seen @returns {Rect} */
function around({ left, top, right, bottom }) {
  const [x, y, reach] = [(left + right) / 2, (top + bottom) / 2, Math.max(right - left, bottom - top)];
  return { left: x - reach, top: y - reach, right: x + reach, bottom: y + reach };
}

/** @param {Place | null} a @param {Place | null} b */
const same = (a, b) => a === b || (a !== null && b !== null && a.item === b.item && a.net === b.net);

/** A frame around an item, wide enough to be seen from afar. @param {Rect} rect @param {View} base @param {number} radius @param {Element} parent */
function outline({ left, top, right, bottom }, base, radius, parent) {
  const width = Math.max(OUTLINE.graph, OUTLINE.screen / base.scale);
  const reach = width / 2 + 1;
  const frame = element('rect', {
    class: 'outline', x: tenth(left - reach - base.x), y: tenth(top - reach - base.y),
    width: tenth(right - left + 2 * reach), height: tenth(bottom - top + 2 * reach), rx: radius + reach,
  }, parent);
  frame.style.strokeWidth = `${width}px`;
}
