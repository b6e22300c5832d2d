/**
 * The page's side of the Worker: one Worker a model, one promise a request.
 *
 * Closing a session terminates its Worker, which is also how opening is cancelled: the Worker may be in the middle of a long read.
 *
 * @module
 */

/** @import {CostInfo, Detail, Failure, Frame, HeatInfo, Hits, Listed, Measure, ModelInfo, Sizes, Outline, Output, Picture, Plane, Progress, Selection, Response, Scene, SceneOptions, Statistics, Table, Tables, TensorInfo, Values} from './types.js' */

/** @typedef {{resolve: (result: any) => void, reject: (error: Error) => void, onStep?: (done: number) => void}} Waiting */

/**
 * Work that takes a while.
 * @typedef {object} Patience
 * @property {(done: number) => void} [onStep] told how far it is, from 0 to 1
 * @property {AbortSignal} [signal] nobody waits for it any more: the promise rejects with {@link Cancelled}
 */

/** A {@link Failure} as an error. */
export class SessionError extends Error {
  /** @param {Failure} failure */
  constructor({ kind, message, safety }) {
    super(message);
    this.kind = kind;
    this.safety = safety;
  }
}

/** What waits when a session is closed is rejected with this. */
export class Cancelled extends Error {}

/** @type {Worker|null} */
let idle = null;

/** Starts a Worker in advance, so that opening need not wait for one. */
export function warm() {
  idle ??= new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'lamina' });
}

export class Session {
  #worker;
  #next = 1;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  /** @type {(progress: Progress) => void} */
  #onProgress = () => {};
  /** @type {Error|null} what ended the session */
  #ended = null;

  constructor() {
    warm();
    this.#worker = /** @type {Worker} */ (idle);
    idle = null;
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const message = event.message || 'The viewer’s program could not be loaded. Reload the page to try again.';
      this.#end(new SessionError({ kind: event.message ? 'crash' : 'io', message }));
    };
  }

  /**
   * Opens files; the first is the main one.
   * @param {{path: string, blob: Blob}[]} files
   * @param {(progress: Progress) => void} onProgress
   * @returns {Promise<ModelInfo>}
   */
  async openFiles(files, onProgress) {
    for (const { path, blob } of files) this.#request('add_blob', path, blob).catch(() => {});
    return this.#open(onProgress);
  }

  /**
   * Opens a remote file; rejects with the kind `download` where the server has no Range requests.
   * @param {string} url
   * @param {(progress: Progress) => void} onProgress
   * @returns {Promise<ModelInfo>}
   */
  async openUrl(url, onProgress) {
    await this.#request('add_url', url);
    return this.#open(onProgress);
  }

  /** @param {(progress: Progress) => void} onProgress */
  #open(onProgress) {
    this.#onProgress = onProgress;
    return this.#request('open');
  }

  /**
   * @param {number} graph
   * @param {SceneOptions} options
   * @returns {Promise<Scene>}
   */
  scene(graph, options) {
    return this.#request('scene', graph, options);
  }

  /**
   * The hierarchy of a graph.
   * @param {number} graph
   * @returns {Promise<Outline>}
   */
  outline(graph) {
    return this.#request('outline', graph);
  }

  /**
   * @param {number} graph
   * @param {Selection['kind']} kind
   * @param {number} id
   * @returns {Promise<Detail>}
   */
  detail(graph, kind, id) {
    return this.#request('detail', graph, kind, id);
  }

  /**
   * @param {number} tensor
   * @param {number} from
   * @param {number} count
   * @returns {Promise<Values>}
   */
  values(tensor, from, count) {
    return this.#request('values', tensor, from, count);
  }

  /**
   * A part of a tensor in rows and columns.
   * @param {number} tensor
   * @param {Plane} plane
   * @param {Frame} frame
   * @returns {Promise<Table>}
   */
  table(tensor, plane, frame) {
    return this.#request('table', tensor, plane, frame);
  }

  /**
   * Figures about all elements of a tensor.
   * @param {number} tensor
   * @param {Patience} patience
   * @returns {Promise<Statistics>}
   */
  survey(tensor, patience) {
    return this.#work(patience, 'survey', tensor);
  }

  /**
   * A picture of a part of a tensor.
   * @param {number} tensor
   * @param {Plane} plane
   * @param {Frame} frame
   * @param {{width: number, height: number}} screen the most pixels that it may have
   * @param {Patience} patience
   * @returns {Promise<Picture>}
   */
  exposure(tensor, plane, frame, screen, patience) {
    return this.#work(patience, 'exposure', tensor, plane, frame, screen);
  }

  /**
   * Begins to write a tensor as a file of NumPy.
   * @param {number} tensor
   * @returns {Promise<Output>}
   */
  npy(tensor) {
    return this.#request('npy', tensor);
  }

  /**
   * Begins to write weights as a file of safetensors.
   * @param {number[]|null} tensors null for all of the model's own
   * @returns {Promise<Output>}
   */
  convert(tensors) {
    return this.#request('convert', tensors);
  }

  /**
   * All tensors, groups and nodes.
   * @returns {Promise<Tables>}
   */
  tables() {
    return this.#request('tables');
  }

  /**
   * All about one tensor.
   * @param {number} tensor
   * @returns {Promise<TensorInfo>}
   */
  tensor(tensor) {
    return this.#request('tensor', tensor);
  }

  /**
   * The next piece of a file; an empty one at the end.
   * @param {number} output
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  piece(output) {
    return this.#request('piece', output);
  }

  /** Forgets a file that is not wanted any more. @param {number} output */
  stop(output) {
    return this.#request('stop', output);
  }

  /**
   * Some instructions of a pickle of the safety report.
   * @param {number} stream
   * @param {{at: number, depth: number}} place
   * @returns {Promise<Listed>}
   */
  listing(stream, { at, depth }) {
    return this.#request('listing', stream, at, depth);
  }

  /**
   * What running the model costs; null if nothing flows in it.
   * @returns {Promise<CostInfo|null>}
   */
  cost() {
    return this.#request('cost');
  }

  /**
   * @param {number} graph
   * @param {Measure} measure
   * @returns {Promise<HeatInfo>}
   */
  heat(graph, measure) {
    return this.#request('heat', graph, measure);
  }

  /**
   * Sets the sizes that the model leaves open: scenes, details and costs are others from then on.
   * @param {Sizes} sizes
   * @returns {Promise<void>}
   */
  resize(sizes) {
    return this.#request('resize', sizes);
  }

  /**
   * @param {string} query
   * @returns {Promise<Hits>}
   */
  find(query) {
    return this.#request('find', query);
  }

  /**
   * The drawing as a file.
   * @param {number} graph
   * @param {SceneOptions & {theme: 'light'|'dark'}} options
   * @returns {Promise<string>}
   */
  svg(graph, options) {
    return this.#request('svg', graph, options);
  }

  close() {
    this.#end(new Cancelled());
  }

  /**
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  #request(method, ...args) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args });
    });
  }

  /**
   * @param {Patience} patience
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  #work({ onStep, signal }, method, ...args) {
    const id = this.#next;
    const work = this.#request(method, ...args);
    const waiting = this.#waiting.get(id);
    if (waiting && onStep) waiting.onStep = onStep;
    signal?.addEventListener('abort', () => {
      if (!this.#waiting.delete(id)) return;
      this.#worker.postMessage({ abandon: id });
      waiting?.reject(new Cancelled());
    }, { once: true });
    return work;
  }

  /** @param {Response} response */
  #receive(response) {
    if ('progress' in response) {
      this.#onProgress(response.progress);
      return;
    }
    const waiting = this.#waiting.get(response.id);
    if ('done' in response) {
      waiting?.onStep?.(response.done);
      return;
    }
    this.#waiting.delete(response.id);
    if ('result' in response) {
      waiting?.resolve(response.result);
      return;
    }
    const error = new SessionError(response.error);
    waiting?.reject(error);
    if (error.kind === 'crash') this.#end(error);
  }

  /** @param {Error} error what all that waits, and all that comes later, is rejected with */
  #end(error) {
    this.#ended ??= error;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
