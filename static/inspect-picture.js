/**
 * Elements of a tensor as a picture that can be zoomed: an element a pixel, or the mean of those that share one.
 *
 * @module
 */

import { el } from './dom.js';
import { exact } from './numbers.js';
import { rounded } from './inspect-statistics.js';
import { Cancelled } from './session.js';

/** @import {Frame, Picture} from './types.js' */

/**
 * What is shown: its size, what a place is called, and its pixels.
 * @typedef {object} Source
 * @property {number} rows
 * @property {number} columns
 * @property {(row: number, column: number) => string} name of a place
 * @property {(frame: Frame, screen: {width: number, height: number}, signal: AbortSignal) => Promise<Picture>} take
 */

/** A step of the wheel or a key. */
const ZOOM = 1.25;
/** The fewest rows or columns in view. */
const CLOSEST = 4;
/** A picture is not more than so many times as long as it is wide: thinner ones are stretched. */
const THIN = 6;
/** The share of pixels that the colours are made for; the others have the colour of the ends. */
const USUAL = 0.995;
/** So many colours. */
const SHADES = 256;
/** Another part is asked for when the view has been at rest for so many ms. */
const REST = 60;

export class PictureView {
  #canvas = el('canvas', { tabindex: 0, role: 'img', 'aria-label': 'Picture of the values' });
  #low = el('span', {});
  #high = el('span', {});
  #ramp = el('canvas', { width: SHADES, height: 1, 'aria-hidden': 'true' });
  #place = el('span', { class: 'place' });
  #bar = el('progress', { max: 1, value: 0, hidden: true, 'aria-label': 'Picture' });
  element = el('div', { class: 'picture' },
    el('div', { class: 'frame' }, this.#canvas, this.#bar),
    el('div', { class: 'legend' }, this.#low, this.#ramp, this.#high, this.#place));
  /** @type {Source|null} */
  #source = null;
  /** @type {Picture|null} */
  #picture = null;
  /** The picture in colours. @type {HTMLCanvasElement|null} */
  #painted = null;
  /** The part that is in view, not always whole elements. @type {Frame} */
  #view = { row: 0, rows: 1, column: 0, columns: 1 };
  /** What the ends of the colours stand for. @type {[number, number]|null} */
  #range = null;
  #abort = new AbortController();
  #timer = 0;
  #onError;

  /** @param {(error: unknown) => void} onError */
  constructor(onError) {
    this.#onError = onError;
    const canvas = this.#canvas;
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      this.#zoom(Math.exp(event.deltaY / 300), event.offsetX / canvas.clientWidth, event.offsetY / canvas.clientHeight);
    }, { passive: false });
    canvas.addEventListener('pointerdown', ({ pointerId }) => canvas.setPointerCapture(pointerId));
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons & 1) this.#pan(-event.movementX / canvas.clientWidth, -event.movementY / canvas.clientHeight);
      this.#tell(event.offsetX / canvas.clientWidth, event.offsetY / canvas.clientHeight);
    });
    canvas.addEventListener('pointerleave', () => void (this.#place.textContent = ''));
    canvas.addEventListener('dblclick', () => this.#whole());
    canvas.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => this.#fit()).observe(this.element);
  }

  /** @param {Source} source */
  show(source) {
    this.stop();
    this.#source = source;
    this.#picture = null;
    this.#painted = null;
    this.#range = null;
    this.element.ariaBusy = 'true';
    this.#fit();
    this.#whole();
  }

  /** Nobody waits for it any more. */
  stop() {
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#bar.hidden = true;
  }

  /** Paints anew: the colours are others. */
  repaint() {
    if (this.#picture) this.#paint(this.#picture);
    this.#draw();
  }

  #whole() {
    const { rows, columns } = this.#source ?? { rows: 1, columns: 1 };
    this.#look({ row: 0, rows, column: 0, columns });
  }

  /** Makes the canvas as large as there is room, in the shape of the plane. */
  #fit() {
    const source = this.#source;
    const frame = /** @type {HTMLElement} */ (this.#canvas.parentElement);
    if (!source || frame.clientWidth === 0 || source.rows === 0 || source.columns === 0) return;
    const shape = Math.min(THIN, Math.max(1 / THIN, source.columns / source.rows));
    const width = Math.min(frame.clientWidth, frame.clientHeight * shape);
    this.#canvas.style.width = `${Math.round(width)}px`;
    this.#canvas.style.height = `${Math.round(width / shape)}px`;
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round((width / shape) * devicePixelRatio);
    this.#draw();
    if (!this.#picture) this.#later();
  }

  /** @param {Frame} view */
  #look(view) {
    this.#view = view;
    this.#draw();
    this.#later();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#take(), this.#picture ? REST : 0);
  }

  async #take() {
    const source = this.#source;
    if (!source || source.rows === 0 || source.columns === 0 || this.#canvas.clientWidth === 0) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const late = setTimeout(() => void (this.#bar.hidden = false), 2 * REST);
    this.#bar.removeAttribute('value');
    try {
      const picture = await source.take(whole(this.#view, source), { width: this.#canvas.width, height: this.#canvas.height }, signal);
      if (source !== this.#source) return;
      this.#picture = picture;
      this.#range ??= rangeOf(picture.pixels);
      this.#paint(picture);
      this.#draw();
      this.element.ariaBusy = 'false';
    } catch (error) {
      if (!(error instanceof Cancelled)) this.#onError(error);
    } finally {
      clearTimeout(late);
      if (!signal.aborted) this.#bar.hidden = true;
    }
  }

  /** Gives the pixels their colours. @param {Picture} picture */
  #paint({ width, height, pixels }) {
    const [low, high] = this.#range ?? [0, 1];
    const shades = this.#shades(low, high);
    const image = new ImageData(Math.max(1, width), Math.max(1, height));
    pixels.forEach((value, index) => {
      if (Number.isNaN(value)) return;
      const share = high > low ? (value - low) / (high - low) : 0.5;
      const shade = Math.max(0, Math.min(SHADES - 1, Math.floor(share * SHADES)));
      image.data.set(shades.subarray(4 * shade, 4 * shade + 4), 4 * index);
    });
    const canvas = el('canvas', { width: image.width, height: image.height });
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    this.#painted = canvas;
    this.#low.textContent = rounded(low);
    this.#high.textContent = rounded(high);
  }

  /**
   * The colours from the lowest value to the highest: of values of both signs, zero has one of its own.
   * @param {number} low
   * @param {number} high
   */
  #shades(low, high) {
    const context = this.#ramp.getContext('2d', { willReadFrequently: true });
    if (!context) return new Uint8ClampedArray(4 * SHADES);
    const colour = (/** @type {string} */ name) => {
      // A custom property is told as it is written; a colour as it is in this theme.
      this.#place.style.borderColor = `var(--picture-${name})`;
      return getComputedStyle(this.#place).borderTopColor;
    };
    const gradient = context.createLinearGradient(0, 0, SHADES, 0);
    const names = low < 0 && high > 0 ? ['least', 'less', 'zero', 'more', 'most'] : low < 0 ? ['least', 'less', 'zero'] : ['zero', 'more', 'most'];
    names.forEach((name, index) => gradient.addColorStop(index / (names.length - 1), colour(name)));
    context.fillStyle = gradient;
    context.fillRect(0, 0, SHADES, 1);
    return context.getImageData(0, 0, SHADES, 1).data;
  }

  #draw() {
    const context = this.#canvas.getContext('2d');
    const [picture, painted] = [this.#picture, this.#painted];
    if (!context) return;
    const { width, height } = this.#canvas;
    context.clearRect(0, 0, width, height);
    if (!picture || !painted) return;
    const { row, rows, column, columns } = this.#view;
    const [across, down] = [width / columns, height / rows];
    context.imageSmoothingEnabled = false;
    context.drawImage(painted, (picture.frame.column - column) * across, (picture.frame.row - row) * down, picture.frame.columns * across, picture.frame.rows * down);
  }

  /**
   * @param {number} factor below 1: closer
   * @param {number} x what stays where it is, as a share of the width
   * @param {number} y as a share of the height
   */
  #zoom(factor, x = 0.5, y = 0.5) {
    const source = this.#source;
    if (!source) return;
    const { row, rows, column, columns } = this.#view;
    const least = Math.min(1, Math.max(CLOSEST / source.rows, CLOSEST / source.columns));
    const share = Math.min(1, Math.max(least, (rows / source.rows) * factor));
    const [down, across] = [share * source.rows, share * source.columns];
    this.#look(inside({ row: row + (rows - down) * y, rows: down, column: column + (columns - across) * x, columns: across }, source));
  }

  /** @param {number} x to the right, as a share of the width @param {number} y down */
  #pan(x, y) {
    const { row, rows, column, columns } = this.#view;
    if (this.#source) this.#look(inside({ row: row + y * rows, rows, column: column + x * columns, columns }, this.#source));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    /** @type {Record<string, () => void>} */
    const keys = {
      '+': () => this.#zoom(1 / ZOOM), '=': () => this.#zoom(1 / ZOOM), '-': () => this.#zoom(ZOOM), 0: () => this.#whole(),
      ArrowLeft: () => this.#pan(-0.1, 0), ArrowRight: () => this.#pan(0.1, 0), ArrowUp: () => this.#pan(0, -0.1), ArrowDown: () => this.#pan(0, 0.1),
    };
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** Says what is at a place. @param {number} x as a share of the width @param {number} y as a share of the height */
  #tell(x, y) {
    const [source, picture] = [this.#source, this.#picture];
    if (!source || !picture || picture.width === 0) return;
    const row = Math.floor(this.#view.row + y * this.#view.rows);
    const column = Math.floor(this.#view.column + x * this.#view.columns);
    const { frame, width, height, pixels } = picture;
    const down = Math.floor(((row - frame.row) * height) / frame.rows);
    const across = Math.floor(((column - frame.column) * width) / frame.columns);
    const value = across >= 0 && across < width ? pixels[down * width + across] : undefined;
    if (value === undefined || Number.isNaN(value)) {
      this.#place.textContent = '';
      return;
    }
    const each = Math.ceil(frame.rows / height) * Math.ceil(frame.columns / width);
    this.#place.textContent = `${source.name(row, column)}: ${rounded(value)}${each > 1 ? ` (mean of about ${exact(each)})` : ''}`;
  }
}

/**
 * The whole elements of which something is in a part.
 * @param {Frame} view
 * @param {{rows: number, columns: number}} source
 * @returns {Frame}
 */
function whole({ row, rows, column, columns }, source) {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  return {
    row: top, rows: Math.min(source.rows, Math.ceil(row + rows)) - top,
    column: left, columns: Math.min(source.columns, Math.ceil(column + columns)) - left,
  };
}

/**
 * The same part, moved so that it is in the plane.
 * @param {Frame} view
 * @param {{rows: number, columns: number}} source
 * @returns {Frame}
 */
function inside(view, source) {
  return {
    ...view,
    row: Math.max(0, Math.min(source.rows - view.rows, view.row)),
    column: Math.max(0, Math.min(source.columns - view.columns, view.column)),
  };
}

/**
 * What the colours are to span: nearly all values, with zero in the middle where there are values of both signs.
 * @param {Float32Array} pixels
 * @returns {[number, number]}
 */
function rangeOf(pixels) {
  const sorted = pixels.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return [0, 1];
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const [low, high] = [at(1 - USUAL), at(USUAL)];
  if (low >= 0 || high <= 0) return [low, high];
  const most = Math.max(-low, high);
  return [-most, most];
}
