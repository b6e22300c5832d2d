/**
 * Levels of detail: what is drawn at which scale.
 *
 * A level holds for a range of scales and is drawn once for all of them. The ranges move with the crowd: how many
 * items the screen would hold at that scale, judged from the scene as a whole so that panning never changes the level.
 *
 * @module
 */

/** @import {Scene} from '../types.js' */
/** @import {Size} from './camera.js' */
/** @import {Grid} from './grid.js' */

/**
 * @typedef {object} Level
 * @property {'full'|'titles'|'blocks'|'mosaic'} kind
 * @property {number} least the least scale that it holds for
 * @property {number} most the scale up to which it holds
 */

/** Steps below full detail: the least scale of each, for an ordinary crowd. */
const FULL = 0.6;
const TITLES = [0.39, 0.25];
const BLOCKS = [0.14, 0.08];
/** Titles hold down to this scale for a small crowd, blocks to the second one. */
const FEW = { items: 350, scale: 0.16 };
const SOME = { items: 2500, scale: 0.02 };
/** A crowd too large for titles. */
const MANY = 1400;

/**
 * About how many items a screen holds at most, by scale: counted along the longer side of the drawing, taken as even across.
 *
 * @param {Grid} items
 * @param {Scene} scene
 * @param {Size} host
 * @returns {(scale: number) => number}
 */
export function crowdOf(items, scene, host) {
  const tall = scene.height >= scene.width;
  const { columns, rows, first } = items.levels[0];
  const sums = new Uint32Array((tall ? rows : columns) + 1);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = first + row * columns + column;
      sums[(tall ? row : column) + 1] += items.starts[cell + 1] - items.starts[cell];
    }
  }
  for (let at = 1; at < sums.length; at++) sums[at] += sums[at - 1];
  return (scale) => {
    const long = Math.ceil((tall ? host.height : host.width) / scale / items.cell);
    const share = Math.min(1, (tall ? host.width / scene.width : host.height / scene.height) / scale);
    let most = 0;
    for (let at = 0; at + 1 < sums.length; at++) most = Math.max(most, sums[Math.min(at + long, sums.length - 1)] - sums[at]);
    return most * share;
  };
}

/**
 * The levels of a scene, from the closest to the farthest.
 *
 * @param {(scale: number) => number} crowd
 * @param {number} smallest scale that can be reached
 * @returns {Level[]}
 */
export function levelsOf(crowd, smallest) {
  /** @type {Level[]} */
  const levels = [{ kind: 'full', least: FULL, most: Infinity }];
  const add = (/** @type {Level['kind']} */ kind, /** @type {number} */ least) => {
    levels.push({ kind, least, most: levels[levels.length - 1].least });
  };
  for (const least of TITLES) if (crowd(least) <= MANY) add('titles', least);
  if (crowd(FEW.scale) <= FEW.items) add('titles', FEW.scale);
  let least = levels[levels.length - 1].least;
  for (const step of BLOCKS) if (step < least) add('blocks', (least = step));
  while (least / 2 >= SOME.scale && crowd(least / 2) <= SOME.items) add('blocks', (least /= 2));
  while (least > smallest) add('mosaic', (least /= Math.SQRT2));
  return levels;
}

/**
 * The level to draw at a scale; the present one holds on a little below its range, so that nothing flickers at the border.
 *
 * @param {Level[]} levels
 * @param {number} scale
 * @param {Level | null} present
 */
export function levelAt(levels, scale, present) {
  if (present && scale >= present.least * 0.97 && scale < present.most) return present;
  return levels.find((level) => scale >= level.least) ?? levels[levels.length - 1];
}
