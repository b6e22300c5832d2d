/**
 * Hands a file to the reader of the page.
 *
 * @module
 */

import { el } from './dom.js';

/** The download has its own hold on the content after so many ms. */
const HELD = 10_000;

/** Files up to this many bytes are held in memory. */
const SMALL = 256 * 2 ** 20;

/**
 * @param {string} text
 * @param {string} type
 * @param {string} name
 */
export function save(text, type, name) {
  download(new Blob([text], { type }), name);
}

/**
 * Saves a file that comes in pieces. A large one goes to the disk as it comes, where the browser can do that.
 * @param {string} name
 * @param {number} size in bytes
 * @param {() => Promise<Uint8Array<ArrayBuffer>>} next the next piece; an empty one at the end
 */
export async function savePieces(name, size, next) {
  const pieces = new ReadableStream({
    async pull(controller) {
      const piece = await next();
      if (piece.length > 0) controller.enqueue(piece);
      else controller.close();
    },
  });
  const file = size > SMALL ? await chosenFile(name) : null;
  if (file) await pieces.pipeTo(file);
  else download(await new Response(pieces).blob(), name);
}

/**
 * Where to write, as the reader of the page chooses it; null where the browser has no such thing.
 * @param {string} suggestedName
 * @returns {Promise<FileSystemWritableFileStream|null>}
 */
async function chosenFile(suggestedName) {
  const choose = /** @type {((options: object) => Promise<FileSystemFileHandle>)|undefined} */ (Reflect.get(window, 'showSaveFilePicker'));
  if (!choose) return null;
  return (await choose.call(window, { suggestedName })).createWritable();
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function download(blob, name) {
  const url = URL.createObjectURL(blob);
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), HELD);
}
