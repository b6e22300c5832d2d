/**
 * The Worker: takes requests, calls the `Session` that WebAssembly exports, and answers.
 *
 * A method of `Session` returns JSON (`scene`: an object with typed arrays; `svg`: text) and throws a Failure as JSON. Anything else that
 * is thrown is a panic: a crash, after which nothing in this Worker can be trusted.
 *
 * It begins with a program that reads the most common formats. When that meets another one, the program with all of them takes its place.
 *
 * @module
 */

/** @import {Failure, Request, Response} from './types.js' */

import init, { rehearse, Session } from '../wasm/worker.js';

/** Whether somebody has opened something: then it is too late to rehearse. */
let asked = false;

/** What was given to open, to be given to another program. @type {((model: Session) => void)[]} */
const given = [];

/** How often the program opens its model for practice: what is hot is compiled again, better, and that not while the reader waits. */
const REHEARSALS = 3;

let session = init().then(() => {
  for (let time = 0; time < REHEARSALS; time++) setTimeout(() => asked || rehearse(), time * 150);
  return new Session();
}, unloaded);
// A failed start is told to whoever asks for something.
session.catch(() => {});

/** @param {unknown} error @returns {never} */
function unloaded(error) {
  const message = `The viewer’s program could not be loaded. Reload the page to try again. (${text(error)})`;
  throw JSON.stringify({ kind: 'io', message });
}

/** A session of the program with all formats. @returns {Promise<Session>} */
async function loadAll() {
  const all = await import('../wasm/all/worker-all.js').catch(unloaded);
  await all.default().catch(unloaded);
  return new all.Session();
}

/** @param {Session} model @param {(model: Session) => void} give */
function add(model, give) {
  given.push(give);
  give(model);
}

/** @param {Session} model */
const open = (model) => JSON.parse(model.open((/** @type {string} */ progress) => post({ progress: JSON.parse(progress) })));

/** Opens what was given, with the other program if this one does not know the format. @param {Session} first */
async function openAny(first) {
  try {
    return open(first);
  } catch (error) {
    // The page never gets to see this kind.
    if (/** @type {string} */ (failure(error).kind) !== 'elsewhere') throw error;
  }
  first.free();
  session = loadAll();
  const model = await session;
  for (const give of given) give(model);
  return open(model);
}

/** @type {Record<string, (model: Session, ...args: any[]) => unknown>} */
const METHODS = {
  add_blob: (model, path, blob) => add(model, (to) => to.add_blob(path, blob)),
  add_url: (model, url) => add(model, (to) => to.add_url(url)),
  open: openAny,
  scene: (model, graph, options) => model.scene(graph, JSON.stringify(options)),
  outline: (model, graph) => JSON.parse(model.outline(graph)),
  detail: (model, graph, kind, id) => JSON.parse(model.detail(graph, kind, id)),
  values: (model, tensor, from, count) => JSON.parse(model.values(tensor, from, count)),
  table: (model, tensor, plane, frame) => JSON.parse(model.table(tensor, JSON.stringify(plane), JSON.stringify(frame))),
  tables: (model) => JSON.parse(model.tables()),
  tensor: (model, tensor) => JSON.parse(model.tensor(tensor)),
  npy: (model, tensor) => output(model, { number: model.npy(tensor), left: [] }),
  convert: (model, tensors) => output(model, JSON.parse(model.convert(tensors && Uint32Array.from(tensors)))),
  piece: (model, number) => model.piece(number),
  stop: (model, number) => model.stop(number),
  listing: (model, stream, at, depth) => JSON.parse(model.listing(stream, at, depth)),
  cost: (model) => JSON.parse(model.cost()),
  heat: (model, graph, measure) => JSON.parse(model.heat(graph, measure)),
  resize: (model, sizes) => model.resize(JSON.stringify(Object.entries(sizes))),
  find: (model, query) => JSON.parse(model.find(query)),
  svg: (model, graph, options) => model.svg(graph, JSON.stringify(options)),
};

/** What begins work of many steps; it answers with the number of the work. @type {Record<string, (model: Session, ...args: any[]) => number>} */
const WORKS = {
  survey: (model, tensor) => model.survey(tensor),
  exposure: (model, tensor, ...options) => {
    const [plane, frame, screen] = options.map((option) => JSON.stringify(option));
    return model.exposure(tensor, plane ?? '', frame ?? '', screen ?? '');
  },
};

/** Requests whose work nobody waits for any more. @type {Set<number>} */
const abandoned = new Set();

/** A file that is begun. @param {Session} model @param {{number: number, left: unknown[]}} begun */
const output = (model, begun) => ({ ...begun, size: model.size(begun.number) });

/**
 * Does work step by step; between the steps, other requests are answered.
 * @param {Session} model
 * @param {number} number of the work
 * @param {number} id of the request
 */
async function work(model, number, id) {
  for (;;) {
    const done = model.step(number);
    if (done >= 1) break;
    post({ id, done });
    await turn();
    if (abandoned.delete(id)) {
      model.stop(number);
      return null;
    }
  }
  const result = model.finish(number);
  return typeof result === 'string' ? JSON.parse(result) : result;
}

const turns = new MessageChannel();

/** Resolves when what came meanwhile had its turn. @returns {Promise<void>} */
function turn() {
  return new Promise((resolve) => {
    turns.port1.onmessage = () => resolve();
    turns.port2.postMessage(null);
  });
}

self.onmessage = async ({ data }) => {
  if ('abandon' in data) {
    abandoned.add(data.abandon);
    return;
  }
  const { id, method, args } = /** @type {Request} */ (data);
  asked = true;
  try {
    const [call, begin] = [METHODS[method], WORKS[method]];
    if (!call && !begin) throw new Error(`no method ${method}`);
    const model = await session;
    const result = begin ? await work(model, begin(model, ...args), id) : await call?.(model, ...args);
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
  if (ArrayBuffer.isView(result)) return [/** @type {ArrayBuffer} */ (result.buffer)];
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
