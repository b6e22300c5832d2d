/**
 * A loose hierarchical grid: what lies where, in flat arrays, built in linear time.
 *
 * Level 0 has square cells of `cell` px; each next level has cells twice as large. An entry goes, by the centre of its bounds, into one
 * cell of the lowest level whose cells are as large as it. So a curve of millions of px is one entry, like any other, and a query looks
 * at a few cells of each level.
 *
 * @module
 */

/**
 * @typedef {object} Grid
 * @property {number} cell size of the cells of level 0
 * @property {{size: number, columns: number, rows: number, first: number}[]} levels `first` is the number of the level's first cell
 * @property {Uint32Array} starts CSR into `entries`, by cell; cells are numbered by level, then row, then column
 * @property {Uint32Array} entries
 */

/**
 * @param {Uint32Array} ids what to enter
 * @param {(id: number, bounds: Float64Array) => void} boundsOf writes left, top, right, bottom
 * @param {{width: number, height: number, cell: number}} extent of everything
 * @returns {Grid}
 */
export function buildGrid(ids, boundsOf, { width, height, cell }) {
  const levels = levelsOf(width, height, cell);
  const top = levels[levels.length - 1];
  const cells = top.first + top.columns * top.rows;
  const starts = new Uint32Array(cells + 1);
  const cellOf = new Uint32Array(ids.length);
  const bounds = new Float64Array(4);
  for (let entry = 0; entry < ids.length; entry++) {
    boundsOf(ids[entry], bounds);
    const extent = Math.max(bounds[2] - bounds[0], bounds[3] - bounds[1]);
    let level = 0;
    while (level < levels.length - 1 && levels[level].size < extent) level++;
    const { size, columns, rows, first } = levels[level];
    const column = clamp(Math.floor((bounds[0] + bounds[2]) / 2 / size), columns);
    const row = clamp(Math.floor((bounds[1] + bounds[3]) / 2 / size), rows);
    cellOf[entry] = first + row * columns + column;
    starts[cellOf[entry] + 1]++;
  }
  const entries = distribute(starts, cellOf);
  for (let at = 0; at < entries.length; at++) entries[at] = ids[entries[at]];
  return { cell, levels, starts, entries };
}

/**
 * The second half of a counting sort.
 *
 * @param {Uint32Array} starts how many entries each key has, shifted by one; becomes a CSR
 * @param {Uint32Array} keys
 * @returns {Uint32Array} the entries by key
 */
export function distribute(starts, keys) {
  for (let key = 1; key < starts.length; key++) starts[key] += starts[key - 1];
  const next = starts.slice();
  const entries = new Uint32Array(keys.length);
  for (let entry = 0; entry < keys.length; entry++) entries[next[keys[entry]]++] = entry;
  return entries;
}

/** @param {number} width @param {number} height @param {number} cell */
function levelsOf(width, height, cell) {
  const levels = [];
  for (let size = cell, first = 0; ; size *= 2) {
    const columns = Math.max(1, Math.ceil(width / size));
    const rows = Math.max(1, Math.ceil(height / size));
    levels.push({ size, columns, rows, first });
    first += columns * rows;
    if (columns * rows === 1) return levels;
  }
}

/** @param {number} index @param {number} count */
const clamp = (index, count) => Math.min(Math.max(index, 0), count - 1);

/**
 * Visits every entry that may touch a rectangle (and some near it).
 *
 * @param {Grid} grid
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 * @param {(entry: number) => void} visit
 * @param {number} [from] the lowest level to look at
 */
export function visitNear(grid, left, top, right, bottom, visit, from = 0) {
  for (let level = from; level < grid.levels.length; level++) {
    const half = grid.levels[level].size / 2;
    visitLevel(grid, level, left - half, top - half, right + half, bottom + half, visit);
  }
}

/**
 * Visits the entries whose centre is in a square of a multiple of the cell size, at a multiple of it: each belongs to one square.
 * Entries larger than the cells of the level `to` are left out, and those of levels below `from`.
 *
 * @param {Grid} grid
 * @param {number} left
 * @param {number} top
 * @param {number} size
 * @param {number} to
 * @param {(entry: number) => void} visit
 * @param {number} [from]
 */
export function visitSquare(grid, left, top, size, to, visit, from = 0) {
  for (let at = Math.min(to, grid.levels.length - 1); at >= from; at--) {
    const inset = grid.levels[at].size / 2;
    visitLevel(grid, at, left + inset, top + inset, left + size - inset, top + size - inset, visit);
  }
}

/**
 * @param {Grid} grid
 * @param {number} level
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 * @param {(entry: number) => void} visit
 */
function visitLevel({ levels, starts, entries }, level, left, top, right, bottom, visit) {
  const { size, columns, rows, first } = levels[level];
  const from = clamp(Math.floor(left / size), columns);
  const to = clamp(Math.floor(right / size), columns);
  const last = clamp(Math.floor(bottom / size), rows);
  for (let row = clamp(Math.floor(top / size), rows); row <= last; row++) {
    const end = starts[first + row * columns + to + 1];
    for (let at = starts[first + row * columns + from]; at < end; at++) visit(entries[at]);
  }
}
