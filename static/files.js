/**
 * The files that the reader of the page gives: through the file dialog, or dropped with their folders.
 *
 * @module
 */

/**
 * A file, with its path relative to what was given.
 * @typedef {{path: string, blob: File}} Given
 */

/** More files than this in one folder are not a model: the walk stops. */
const MOST_FILES = 10_000;

/** Extensions that many programs use for what accompanies a model, too: weights, and, behind them, settings. */
const COMMON = new Set(['bin', 'tar', 'pkl']);
const SETTINGS = new Set(['json']);
/** What models for browsers are called, beside their weights. */
const NAMED = /(^|[-_])(model|manifest)\.json$/;
/** What the weights of a folder are called that has others for other programs; the first kind is the better one. */
const WEIGHTS = [/^(model|adapter_model)(-\d+-of-\d+)?\.safetensors$/, /^(pytorch_model|adapter_model)(-\d+-of-\d+)?\.bin$/];
/** What says what the weights of such a folder are. */
const CONFIG = 'config.json';
/** The rank of files that are no models. */
const OTHER = 8;

/**
 * @param {FileList|File[]} list
 * @returns {Given[]}
 */
export function fromList(list) {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }));
}

/**
 * The dropped files, and those in dropped folders. To be called while the drop event is handled: later its items are gone.
 * @param {DataTransfer} transfer
 * @returns {Promise<Given[]>}
 */
export async function fromDrop(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === 'file').map((item) => item.webkitGetAsEntry());
  const plain = fromList(transfer.files);
  /** @type {Given[]} */
  const found = [];
  /** @type {FileSystemEntry[]} */
  const queue = entries.filter((entry) => entry !== null);
  for (let next = 0; next < queue.length && found.length < MOST_FILES; next += 1) {
    const entry = queue[next];
    if (!entry) continue;
    if (entry.isDirectory) {
      queue.push(...(await children(/** @type {FileSystemDirectoryEntry} */ (entry))));
    } else {
      const blob = await asFile(/** @type {FileSystemFileEntry} */ (entry));
      if (blob) found.push({ path: entry.fullPath.replace(/^\/+/, ''), blob });
    }
  }
  return found.length > 0 ? found : plain;
}

/**
 * The entries of a folder; hidden ones (`.git`, `.DS_Store`) are left out.
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FileSystemEntry[]>}
 */
async function children(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  for (;;) {
    // A reader answers in batches until one is empty; a folder that cannot be read counts as empty.
    const batch = await new Promise((resolve) => void reader.readEntries(resolve, () => resolve([])));
    if (batch.length === 0 || all.length >= MOST_FILES) break;
    all.push(...batch);
  }
  return all.filter((entry) => !entry.name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File|null>}
 */
function asFile(entry) {
  return new Promise((resolve) => void entry.file(resolve, () => resolve(null)));
}

/** @param {{path: string}} file */
const depth = ({ path }) => path.split('/').length;

/**
 * Puts the main file first: an index of shards if there is one, else weights by their usual names, else the largest file with the extension of
 * a known format (last, those that are common, and settings behind these), else the largest file. Files nearer to the top of the folders come before
 * deeper ones, and `model.onnx.data` belongs to `model.onnx`.
 * @param {Given[]} files
 * @param {Set<string>} extensions of the known formats, without the dot, in lower case
 * @returns {Given[]}
 */
export function mainFirst(files, extensions) {
  const paths = new Set(files.map(({ path }) => path));
  const top = Math.min(...files.map((file) => depth(file)));
  /** @param {Given} file */
  const rank = ({ path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
    if (name.endsWith('.safetensors.index.json')) return 0;
    if (name.endsWith('.index.json') || name.endsWith('.weights.json')) return 1;
    const usual = WEIGHTS.findIndex((pattern) => pattern.test(name));
    if (usual >= 0 && depth({ path }) === top) return 2 + usual;
    if ([...path.matchAll(/\./g)].some(({ index }) => paths.has(path.slice(0, index)))) return OTHER;
    const known = [...name.matchAll(/\./g)].map(({ index }) => name.slice(index + 1)).filter((extension) => extensions.has(extension));
    if (known.length === 0) return OTHER;
    if (NAMED.test(name)) return 4;
    if (known.every((extension) => SETTINGS.has(extension))) return name === CONFIG ? 6 : 7;
    return known.every((extension) => COMMON.has(extension)) ? 5 : 4;
  };
  const [main] = [...files].sort((a, b) => rank(a) - rank(b) || depth(a) - depth(b) || b.blob.size - a.blob.size);
  return main ? [main, ...files.filter((file) => file !== main)] : [];
}
