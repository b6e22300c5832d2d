/**
 * The Worker: takes requests, calls the `Session` that WebAssembly exports, and answers.
 *
 * A method of `Session` returns JSON (`scene`: an object with typed arrays; `svg`: text) and throws a Failure as JSON. What else is
 * thrown, a trap or what the panic hook throws, is a crash; after it nothing in this Worker can be trusted.
 *
 * @module
 */

/** @import {Failure, Request, Response} from './types.js' */

/**
 * @typedef {object} Session
 * @property {(path: string, blob: Blob) => void} add_blob the first one is the main file
 * @property {(url: string) => void} add_url
 * @property {(onProgress: (progressJson: string) => void) => string} open
 * @property {(graph: number, optionsJson: string) => Record<string, unknown>} scene
 * @property {(graph: number, kind: string, id: number) => string} detail
 * @property {(tensor: number, from: number, count: number) => string} values
 * @property {(query: string) => string} find
 * @property {(graph: number, optionsJson: string) => string} svg
 */

const session = start();
// A failed start is told to whoever asks for something.
session.catch(() => {});

/** @returns {Promise<Session>} */
async function start() {
  try {
    const program = await import(new URL('../wasm/worker.js', import.meta.url).href);
    await program.default();
    return new program.Session();
  } catch (error) {
    const message = `The viewer’s program could not be loaded. Reload the page to try again. (${text(error)})`;
    throw JSON.stringify({ kind: 'io', message });
  }
}

/** @type {Record<string, (session: Session, ...args: any[]) => unknown>} */
const METHODS = {
  add_blob: (session, path, blob) => session.add_blob(path, blob),
  add_url: (session, url) => session.add_url(url),
  open: (session) => JSON.parse(session.open((progress) => post({ progress: JSON.parse(progress) }))),
  scene: (session, graph, options) => session.scene(graph, JSON.stringify(options)),
  detail: (session, graph, kind, id) => JSON.parse(session.detail(graph, kind, id)),
  values: (session, tensor, from, count) => JSON.parse(session.values(tensor, from, count)),
  find: (session, query) => JSON.parse(session.find(query)),
  svg: (session, graph, options) => session.svg(graph, JSON.stringify(options)),
};

self.onmessage = async ({ data }) => {
  const { id, method, args } = /** @type {Request} */ (data);
  try {
    const call = METHODS[method];
    if (!call) throw new Error(`no method ${method}`);
    const result = call(await session, ...args);
    post({ id, result }, buffers(result));
  } catch (error) {
    post({ id, error: failure(error) });
  }
};

/**
 * @param {Response} response
 * @param {Transferable[]} [transfer]
 */
function post(response, transfer = []) {
  self.postMessage(response, { transfer });
}

/**
 * The buffers of the typed arrays in `result`, to be moved rather than copied.
 * @param {unknown} result
 */
function buffers(result) {
  if (typeof result !== 'object' || result === null) return [];
  return Object.values(result).filter(ArrayBuffer.isView).map((view) => /** @type {ArrayBuffer} */ (view.buffer));
}

/**
 * @param {unknown} error
 * @returns {Failure}
 */
function failure(error) {
  if (typeof error === 'string') {
    try {
      return JSON.parse(error);
    } catch {
      // Not a Failure: a crash.
    }
  }
  return { kind: 'crash', message: text(error) };
}

/** @param {unknown} error */
function text(error) {
  return error instanceof Error ? error.message : String(error);
}
