// What there is to count in a drawing, whoever made it: lines that cross, their length, lines that run through boxes.

/**
 * A drawing. A line is what is drawn of a net at a stretch: a chain of straight pieces, as x, y, x, y, …
 * @typedef {object} Drawing
 * @property {ArrayLike<number>} rects left, top, width and height of each box
 * @property {{ net: number, points: ArrayLike<number> }[]} lines
 *
 * @typedef {object} Figures
 * @property {number} crossings where lines of two nets cross
 * @property {number} length of all lines, pixels
 * @property {number} width of the whole, pixels
 * @property {number} height
 * @property {number} through how often a net runs through a box, or through a container that has none of its ends
 */

/** Lines that touch where both end do not cross, pixels. */
const TOUCH = 0.5;
/** A line is inside a box if it is more than this from its sides, pixels. */
const INSIDE = 1;

/**
 * A straight piece of a line, from top to bottom.
 * @typedef {{ net: number, top: number, bottom: number, left: number, right: number, ax: number, ay: number, bx: number, by: number,
 *   ends: [number, number][] }} Piece
 */

/**
 * All pieces, by their tops. Each net is moved by less than a thousandth of a pixel, so that where one meets a corner of another, they
 * cross once or not at all.
 * @param {Drawing} drawing
 */
function pieces({ lines }) {
  /** @type {Piece[]} */
  const all = [];
  for (const { net, points } of lines) {
    const dx = ((net * 7919) % 1009) * 1e-6;
    const dy = ((net * 104729) % 997) * 1e-6;
    const last = points.length - 2;
    /** @type {[number, number][]} */
    const both = [[points[0], points[1]], [points[last], points[last + 1]]];
    for (let at = 0; at < last; at += 2) {
      const [ax, ay, bx, by] = [points[at] + dx, points[at + 1] + dy, points[at + 2] + dx, points[at + 3] + dy];
      if (ax !== bx || ay !== by) {
        const [top, bottom, left, right] = [Math.min(ay, by), Math.max(ay, by), Math.min(ax, bx), Math.max(ax, bx)];
        all.push({ net, top, bottom, left, right, ax, ay, bx, by, ends: both });
      }
    }
  }
  return all.sort((a, b) => a.top - b.top);
}

/**
 * Whether two pieces cross, other than where both lines end.
 * @param {Piece} a
 * @param {Piece} b
 */
function cross(a, b) {
  const [ux, uy, vx, vy] = [a.bx - a.ax, a.by - a.ay, b.bx - b.ax, b.by - b.ay];
  const area = ux * vy - uy * vx;
  const [wx, wy] = [b.ax - a.ax, b.ay - a.ay];
  const s = (wx * vy - wy * vx) / area;
  const t = (wx * uy - wy * ux) / area;
  if (!(s > 0 && s < 1 && t > 0 && t < 1)) {
    return false;
  }
  const [x, y] = [a.ax + s * ux, a.ay + s * uy];
  const near = (/** @type {Piece} */ piece) => piece.ends.some(([ex, ey]) => Math.hypot(x - ex, y - ey) < TOUCH);
  return !(near(a) && near(b));
}

/** @param {Piece[]} all by their tops */
function crossings(all) {
  /** @type {Piece[]} */
  const open = [];
  let sum = 0;
  for (const piece of all) {
    let kept = 0;
    for (const other of open) {
      if (other.bottom >= piece.top) {
        open[kept++] = other;
        if (other.net !== piece.net && other.right > piece.left && other.left < piece.right && cross(other, piece)) {
          sum += 1;
        }
      }
    }
    open.length = kept;
    open.push(piece);
  }
  return sum;
}

/**
 * Whether a piece has a point within the rectangle.
 * @param {Piece} piece
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 */
function enters(piece, left, top, right, bottom) {
  let [from, to] = [0, 1];
  for (const [start, way, low, high] of [[piece.ax, piece.bx - piece.ax, left, right], [piece.ay, piece.by - piece.ay, top, bottom]]) {
    if (way === 0) {
      if (start <= low || start >= high) {
        return false;
      }
    } else {
      const [one, two] = [(low - start) / way, (high - start) / way];
      from = Math.max(from, Math.min(one, two));
      to = Math.min(to, Math.max(one, two));
    }
  }
  return from < to;
}

/**
 * How often a net runs through a box.
 * @param {Piece[]} all by their tops
 * @param {Drawing} drawing
 * @param {import('./engines.mjs').Graph} graph
 */
function through(all, { rects }, graph) {
  const { containers, inside } = ends(graph);
  const boxes = Array.from({ length: graph.count }, (_, at) => ({ at, top: rects[4 * at + 1], bottom: rects[4 * at + 1] + rects[4 * at + 3] }));
  boxes.sort((a, b) => a.top - b.top);
  /** @type {Set<string>} */
  const found = new Set();
  /** @type {(piece: Piece, at: number) => void} */
  const test = (piece, at) => {
    const [x, y, w, h] = [rects[4 * at], rects[4 * at + 1], rects[4 * at + 2], rects[4 * at + 3]];
    if (piece.right > x && piece.left < x + w && !(containers[at] && inside(piece.net, at)) &&
      enters(piece, x + INSIDE, y + INSIDE, x + w - INSIDE, y + h - INSIDE)) {
      found.add(`${piece.net} ${at}`);
    }
  };
  // From top to bottom: what begins meets what has not ended yet.
  let [open, running] = [boxes.slice(0, 0), all.slice(0, 0)];
  let next = 0;
  const begin = (/** @type {number} */ until) => {
    for (; next < boxes.length && boxes[next].top <= until; next++) {
      const box = boxes[next];
      running = running.filter(({ bottom }) => bottom >= box.top);
      running.forEach((piece) => test(piece, box.at));
      open.push(box);
    }
  };
  for (const piece of all) {
    begin(piece.top);
    open = open.filter(({ bottom }) => bottom >= piece.top);
    open.forEach(({ at }) => test(piece, at));
    running.push(piece);
  }
  begin(Infinity);
  return found.size;
}

/**
 * Which boxes contain others, and which of these are around an end of a net.
 * @param {import('./engines.mjs').Graph} graph
 */
function ends(graph) {
  const { parents, nets } = graph;
  const containers = new Uint8Array(graph.count);
  parents.forEach((parent) => {
    if (parent >= 0) {
      containers[parent] = 1;
    }
  });
  const around = nets.map(({ source, targets }) => {
    /** @type {Set<number>} */
    const set = new Set();
    for (let node of [source, ...targets]) {
      for (node = parents[node] ?? -1; node >= 0; node = parents[node]) {
        set.add(node);
      }
    }
    return set;
  });
  return { containers, inside: (/** @type {number} */ net, /** @type {number} */ node) => around[net].has(node) };
}

/**
 * Counts.
 * @param {Drawing} drawing
 * @param {import('./engines.mjs').Graph} graph what it shows
 * @returns {Figures}
 */
export function count(drawing, graph) {
  const all = pieces(drawing);
  const { rects, lines } = drawing;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const add = (/** @type {number} */ x, /** @type {number} */ y) => {
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  };
  for (let at = 0; at < rects.length; at += 4) {
    add(rects[at], rects[at + 1]);
    add(rects[at] + rects[at + 2], rects[at + 1] + rects[at + 3]);
  }
  for (const { points } of lines) {
    for (let at = 0; at < points.length; at += 2) {
      add(points[at], points[at + 1]);
    }
  }
  const length = all.reduce((sum, { ax, ay, bx, by }) => sum + Math.hypot(bx - ax, by - ay), 0);
  return { crossings: crossings(all), length, width: right - left, height: bottom - top, through: through(all, drawing, graph) };
}
