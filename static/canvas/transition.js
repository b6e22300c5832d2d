/**
 * The way from one scene to another, shown for a moment above both: items that both have move from their old to their new place, others
 * fade. The wires beneath cross-fade.
 *
 * @module
 */

import { KIND, NONE } from './codes.js';
import { selectionAt } from './index.js';
import { visitNear } from './grid.js';
import { meet, rectOf, seenFrom } from './rect.js';
import { element, tenth } from './svg.js';
import { drawItems } from './tiles.js';

/** @import {Point, Size, View} from './camera.js' */
/** @import {Index} from './index.js' */
/** @import {Rect} from './rect.js' */
/** @import {Stage} from './stage.js' */

export const DURATION = 160;
/** The most items that move; more are no help to the eye. */
const MOST = 300;

/** A scene as it is seen. @typedef {{index: Index, stage: Stage, view: View}} Sight */

/** Something that moves or fades: how it looks at a time from 0 to 1, eased. @typedef {(part: number) => void} Actor */

export class Transition {
  /**
   * Starts at once; the new stage must have drawn its first frame.
   *
   * @param {Element} parent
   * @param {Sight} old
   * @param {Sight} next
   * @param {Size} host
   * @param {number} now
   */
  constructor(parent, old, next, host, now) {
    this.old = old.stage;
    this.next = next.stage;
    this.start = now;
    this.svg = element('svg', { class: 'moving', 'aria-hidden': 'true' });
    /** @type {Actor[]} */
    this.actors = [];
    const moves = movesOf(old, next, host);
    if (moves) {
      parent.append(this.svg);
      moves.forEach((move) => this.actors.push(this.actor(move, old, next)));
      old.stage.conceal(true);
      next.stage.conceal(true);
    }
    next.stage.arrive();
    this.draw(now);
  }

  /** @param {Move} move @param {Sight} old @param {Sight} next @returns {Actor} */
  actor({ from, to }, old, next) {
    const sight = to === NONE ? old : next;
    const { scene } = sight.index;
    const item = to === NONE ? from : to;
    const start = from === NONE ? null : onScreen(old, from);
    const end = to === NONE ? null : onScreen(next, to);
    const { scale } = sight.view;
    const group = element('g', {}, this.svg);
    if (scene.itemKind[item] === KIND.container) {
      const frame = element('rect', { class: 'border', rx: scene.metrics.radius * scale }, group);
      return (part) => place(frame, blend(start ?? end, end ?? start, part), start ? (end ? 1 : 1 - part) : part);
    }
    const { level } = sight.stage;
    const origin = { x: scene.rects[4 * item], y: scene.rects[4 * item + 1] };
    const dim = sight.stage.isolated?.items[item] === 0 ? ' dim' : '';
    const card = element('g', { class: `${level?.kind ?? 'full'}${dim}` }, group);
    if (level) drawItems({ index: sight.index, paints: sight.stage.paints, level }, [item], origin, card);
    return (part) => {
      const { left, top } = blend(start ?? end, end ?? start, part);
      group.setAttribute('transform', `translate(${tenth(left)} ${tenth(top)}) scale(${scale})`);
      group.style.opacity = String(start ? (end ? 1 : 1 - part) : part);
    };
  }

  /** @param {number} now @returns {boolean} whether it is over */
  draw(now) {
    const time = Math.max(0, Math.min(1, (now - this.start) / DURATION));
    const part = 1 - (1 - time) ** 3;
    for (const actor of this.actors) actor(part);
    return time === 1;
  }

  remove() {
    this.svg.remove();
    this.old.remove();
    this.next.conceal(false);
  }
}

/** An item of the old scene and the same of the new; either may be `NONE`. @typedef {{from: number, to: number}} Move */

/**
 * What is in view before or after, open groups first; null when it is too much to follow.
 *
 * @param {Sight} old
 * @param {Sight} next
 * @param {Size} host
 * @returns {Move[] | null}
 */
function movesOf(old, next, host) {
  if (old.stage.level?.kind === 'mosaic' || next.stage.level?.kind === 'mosaic') return null;
  const before = inView(old, host);
  const after = inView(next, host);
  if (before.length > MOST || after.length > MOST) return null;
  /** @type {Map<string, Move>} */
  const moves = new Map();
  for (const from of before) moves.set(keyOf(old.index, from), { from, to: NONE });
  for (const to of after) moves.set(keyOf(next.index, to), { from: NONE, to });
  // What moves into view or out of it is in both scenes, but seen in one.
  match(old.index, moves, 'from');
  match(next.index, moves, 'to');
  return moves.size > MOST ? null : [...moves.values()].sort((a, b) => rank(old, next, a) - rank(old, next, b));
}

/** @param {Index} index @param {Map<string, Move>} moves @param {'from'|'to'} end */
function match(index, moves, end) {
  const refs = new Set([...moves.keys()].map((key) => Number(key.split(' ')[1])));
  const { itemRef } = index.scene;
  for (let item = 0; item < itemRef.length; item++) {
    if (!refs.has(itemRef[item])) continue;
    const move = moves.get(keyOf(index, item));
    if (move) move[end] = item;
  }
}

/** @param {Index} index @param {number} item */
function keyOf({ scene }, item) {
  const selection = selectionAt(scene, { item, net: NONE });
  // Inputs and outputs may be the same value.
  return `${selection?.kind} ${scene.itemRef[item]}${scene.itemKind[item] === KIND.output ? ' output' : ''}`;
}

/** @param {Sight} old @param {Sight} next @param {Move} move */
const rank = (old, next, { from, to }) => Number((to === NONE ? old.index.scene.itemKind[from] : next.index.scene.itemKind[to]) !== KIND.container);

/** @param {Sight} sight @param {Size} host */
function inView({ index, view }, host) {
  const seen = seenFrom(view, host);
  /** @type {number[]} */
  const items = [];
  for (const grid of [index.containers, index.items]) {
    visitNear(grid, seen.left, seen.top, seen.right, seen.bottom, (item) => void (meet(rectOf(index.scene.rects, item), seen) && items.push(item)));
  }
  return items;
}

/** @param {Sight} sight @param {number} item @returns {Rect} */
function onScreen({ index: { scene }, view }, item) {
  const { left, top, right, bottom } = rectOf(scene.rects, item);
  return { left: (left - view.x) * view.scale, top: (top - view.y) * view.scale, right: (right - view.x) * view.scale, bottom: (bottom - view.y) * view.scale };
}

/** @param {Rect | null} from @param {Rect | null} to @param {number} part @returns {Rect} */
function blend(from, to, part) {
  const along = (/** @type {keyof Rect} */ side) => (1 - part) * (from?.[side] ?? 0) + part * (to?.[side] ?? 0);
  return { left: along('left'), top: along('top'), right: along('right'), bottom: along('bottom') };
}

/** @param {SVGRectElement} frame @param {Rect} rect @param {number} opacity */
function place(frame, { left, top, right, bottom }, opacity) {
  frame.setAttribute('x', String(tenth(left)));
  frame.setAttribute('y', String(tenth(top)));
  frame.setAttribute('width', String(tenth(right - left)));
  frame.setAttribute('height', String(tenth(bottom - top)));
  frame.style.opacity = String(opacity);
}
