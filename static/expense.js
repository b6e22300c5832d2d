/**
 * What the open model costs to run, wherever the page shows it: in the Model panel, and as colours.
 *
 * @module
 */

import { Heat } from './heat.js';
import { CostPanel } from './panel-cost.js';

/** @import {Drawing} from './drawing.js' */
/** @import {Session} from './session.js' */
/** @import {HeatInfo, Measure, ModelInfo, Scene, Sizes} from './types.js' */

/**
 * What it needs of the page.
 * @typedef {object} Page
 * @property {Drawing} drawing
 * @property {() => {session: Session, info: ModelInfo, graph: number}} model what is open
 * @property {(work: () => Promise<void>) => void} run runs what may go wrong
 * @property {() => void} onColours the colours are others now
 * @property {() => Promise<void>} onSizes sizes were set: all that is shown is to be asked for anew
 */

export class Expense {
  #heat = new Heat((measure) => this.#page.run(() => this.show(measure)));
  #panel = new CostPanel((sizes) => this.#page.run(() => this.#resize(sizes)));
  #page;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
  }

  /** Of the Model panel. */
  get element() {
    return this.#panel.element;
  }

  /** The sizes that are set. */
  get sizes() {
    return this.#panel.sizes;
  }

  clear() {
    this.#panel.clear();
    this.#heat.forget({ off: true });
  }

  /** Fills the part of the Model panel. */
  async fill() {
    this.#panel.show(await this.#page.model().session.cost());
  }

  /**
   * Sets the sizes that the model leaves open.
   * @param {Sizes} sizes
   * @returns {Promise<boolean>} whether they are others than before
   */
  async set(sizes) {
    if (JSON.stringify(sizes) === JSON.stringify(this.sizes)) return false;
    this.#panel.sizes = sizes;
    this.#heat.forget();
    await this.#page.model().session.resize(sizes);
    return true;
  }

  /** The same, and shows what follows from it. @param {Sizes} sizes */
  async #resize(sizes) {
    if (!await this.set(sizes)) return;
    await this.fill();
    await this.#page.onSizes();
  }

  /** Colours by cost, or by family again. */
  toggle() {
    return this.show(this.#heat.other);
  }

  /** Colours by a measure of cost, or by family. @param {Measure|null} measure */
  async show(measure) {
    const { graph } = this.#page.model();
    if (measure && this.#isStill(graph)) return;
    this.#heat.choose(measure);
    await this.#page.drawing.settled;
    const heat = await this.load(graph);
    this.#page.drawing.repaint((scene) => this.#heat.paint(scene, heat));
    this.#page.onColours();
  }

  /** What is needed to colour the scenes of a graph. @param {number} graph */
  async load(graph) {
    return this.#isStill(graph) ? null : this.#heat.load(this.#page.model().session, graph);
  }

  /** Colours a scene. @param {Scene} scene @param {HeatInfo|null} heat */
  paint(scene, heat) {
    this.#heat.paint(scene, heat);
  }

  /** Whether nothing flows in a graph. @param {number} graph */
  #isStill(graph) {
    return this.#page.model().info.graphs.find(({ id }) => id === graph)?.wiring === 'modules';
  }
}
