//! P4: where the vertices stand within their rows.
//!
//! Brandes & Köpf 2001 (with the erratum arXiv 2008.01252): four alignments of vertices into straight blocks, each
//! compacted, and of the four positions the mean of the middle two. Edges have classes: a vertex is aligned along the
//! edges of its highest class only, and only where these are the highest at the other end too; otherwise a skip would
//! pull the main line out of straight. The compaction is a longest path over blocks, which needs no recursion.

use super::frame::{Frame, Links};
use super::graph::NONE;
use super::spine::{PLAIN, SPINE};

/// The horizontal position of the centre of each vertex.
pub(super) fn place(frame: &Frame) -> Vec<f64> {
    let blocked = conflicts(frame);
    let (top_up, top_down) = (highest(frame, &frame.up), highest(frame, &frame.down));
    let mut four: [Vec<f64>; 4] = Default::default();
    for (at, x) in four.iter_mut().enumerate() {
        let (downwards, rightwards) = (at < 2, at % 2 == 0);
        let side = if downwards {
            Side { links: &frame.up, own: &top_up, other: &top_down, downwards }
        } else {
            Side { links: &frame.down, own: &top_down, other: &top_up, downwards }
        };
        let blocks = align(frame, &side, &blocked, rightwards);
        *x = if rightwards { compact::<true>(frame, &blocks, true) } else { compact::<false>(frame, &blocks, true) };
    }
    balance(frame, four)
}

/// The positions in a tree: each box in line with its first child, subtrees below one another.
pub(super) fn place_tree(frame: &Frame) -> Vec<f64> {
    let mut blocks = Blocks::singles(frame.len());
    for vertex in 0..frame.len() as u32 {
        if let Some(&first) = frame.down.near.row(vertex).first() {
            blocks.join(vertex, first, 0.0);
        }
    }
    compact::<true>(frame, &blocks, false)
}

/// Vertices in straight lines. A block is a ring: its members point to the next one, the last to the root.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Of each vertex, the first of its block.
    pub root: Vec<u32>,
    next: Vec<u32>,
    /// Of each vertex, how far right of the root it stands; empty if all stand below one another.
    shift: Vec<f64>,
}

impl Blocks {
    /// So many vertices, each a block of its own.
    pub fn singles(count: usize) -> Self {
        Self { root: (0..count as u32).collect(), next: (0..count as u32).collect(), shift: Vec::new() }
    }

    /// Appends `vertex`, a block of its own, to the block that ends in `end`, `shift` right of that.
    pub fn join(&mut self, end: u32, vertex: u32, shift: f64) {
        let root = self.root[end as usize];
        if shift != 0.0 && self.shift.is_empty() {
            self.shift = vec![0.0; self.root.len()];
        }
        if !self.shift.is_empty() {
            self.shift[vertex as usize] = self.shift[end as usize] + shift;
        }
        self.next[end as usize] = vertex;
        self.next[vertex as usize] = root;
        self.root[vertex as usize] = root;
    }

    /// How far right of its root `vertex` stands.
    fn shift(&self, vertex: u32) -> f64 {
        self.shift.get(vertex as usize).copied().unwrap_or(0.0)
    }

    /// The vertices of the block of `root`, in the order in which they joined.
    pub fn members(&self, root: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(root), move |&at| Some(self.next[at as usize]).filter(|&next| next != root))
    }
}

/// One direction of alignment.
struct Side<'a> {
    /// The edges to the rank before.
    links: &'a Links,
    /// Of each vertex the highest class of those.
    own: &'a [u8],
    /// Of each vertex the highest class of the edges to the rank after.
    other: &'a [u8],
    downwards: bool,
}

/// Of each vertex the highest class among its edges on one side.
fn highest(frame: &Frame, links: &Links) -> Vec<u8> {
    (0..frame.len() as u32)
        .map(|vertex| links.class[links.near.range(vertex)].iter().copied().max().unwrap_or(0))
        .collect()
}

/// Of each edge in `frame.down`, whether an edge of a higher class crosses it; and the same in the order of `frame.up`.
struct Blocked {
    down: Vec<bool>,
    up: Vec<bool>,
}

/// Finds the edges that may not be straight, as a straighter class crosses them.
fn conflicts(frame: &Frame) -> Blocked {
    let mut down = vec![false; frame.down.class.len()];
    let ranks = frame.starts.len() - 1;
    for rank in 0..ranks.saturating_sub(1) {
        let (first, last) = (frame.starts[rank], frame.starts[rank + 1]);
        let edges = frame.down.near.starts[first as usize] as usize..frame.down.near.starts[last as usize] as usize;
        // Without crossings there are no conflicts.
        if !frame.down.near.items[edges].is_sorted() {
            (PLAIN..=SPINE).for_each(|class| block(frame, first..last, class, &mut down));
        }
    }
    let mut up = vec![false; down.len()];
    let mut next: Vec<u32> = frame.up.near.starts.clone();
    for (&lower, &blocked) in frame.down.near.items.iter().zip(&down) {
        up[next[lower as usize] as usize] = blocked;
        next[lower as usize] += 1;
    }
    Blocked { down, up }
}

/// Blocks the edges from `upper` of classes below `class` that cross one of `class` or higher.
fn block(frame: &Frame, upper: std::ops::Range<u32>, class: u8, blocked: &mut [bool]) {
    let down = &frame.down;
    // From the left: the farthest right end of the higher edges so far; from the right: the farthest left end.
    let (mut farthest, mut so_far) = (None, None);
    for vertex in upper.clone() {
        for edge in down.near.range(vertex) {
            let end = down.near.items[edge];
            if down.class[edge] >= class {
                so_far = so_far.max(Some(end));
            } else if farthest > Some(end) {
                blocked[edge] = true;
            }
        }
        farthest = so_far;
    }
    let (mut farthest, mut so_far) = (NONE, NONE);
    for vertex in upper.rev() {
        for edge in down.near.range(vertex) {
            let end = down.near.items[edge];
            if down.class[edge] >= class {
                so_far = so_far.min(end);
            } else if farthest < end {
                blocked[edge] = true;
            }
        }
        farthest = so_far;
    }
}

/// Aligns each vertex with a median neighbour of the rank before, going through ranks and rows in one of four ways.
fn align(frame: &Frame, side: &Side, blocked: &Blocked, rightwards: bool) -> Blocks {
    let mut blocks = Blocks::singles(frame.len());
    let ranks = frame.starts.len() - 1;
    let blocked = if side.downwards { &blocked.up } else { &blocked.down };
    let mut candidates: Vec<usize> = Vec::new();
    for step in 1..ranks {
        let rank = if side.downwards { step } else { ranks - 1 - step };
        let row = frame.rank(rank);
        // The first neighbour that may still be aligned with without crossing, from the left or from the right.
        let mut bound: Option<u32> = None;
        for step in 0..row.len() as u32 {
            let vertex = if rightwards { row.start + step } else { row.end - 1 - step };
            let class = side.own[vertex as usize];
            candidates.clear();
            candidates.extend(side.links.near.range(vertex).filter(|&edge| side.links.class[edge] == class));
            if candidates.is_empty() {
                continue;
            }
            let (low, high) = (candidates[(candidates.len() - 1) / 2], candidates[candidates.len() / 2]);
            let medians = if rightwards { [low, high] } else { [high, low] };
            for edge in medians {
                let other = side.links.near.items[edge];
                let free = bound.is_none_or(|bound| if rightwards { other > bound } else { other < bound });
                if free && !blocked[edge] && side.other[other as usize] == class {
                    blocks.join(other, vertex, side.links.shift(edge));
                    bound = Some(other);
                    break;
                }
            }
        }
    }
    blocks
}

/// The positions of blocks packed to the left (or to the right): a longest path over blocks (Kahn). With `pull`, blocks
/// then move back as far as their neighbours on the other side let them, which closes gaps.
fn compact<const LEFT: bool>(frame: &Frame, blocks: &Blocks, pull: bool) -> Vec<f64> {
    let count = frame.len();
    let sign = if LEFT { 1.0 } else { -1.0 };
    // Who stands after a vertex, seen from the side that is packed to, and how far the roots have to be apart for that.
    let after = |vertex: u32| {
        let (gap, other) = if LEFT { (vertex, vertex + 1) } else { (vertex.wrapping_sub(1), vertex.wrapping_sub(1)) };
        let apart = frame.apart.get(gap as usize).copied().unwrap_or(f64::INFINITY);
        apart.is_finite().then(|| (other, apart + sign * (blocks.shift(vertex) - blocks.shift(other))))
    };
    let mut waiting = vec![0u32; count];
    for vertex in 0..count as u32 {
        if let Some((other, _)) = after(vertex) {
            waiting[blocks.root[other as usize] as usize] += 1;
        }
    }
    let mut x = vec![0.0f64; count];
    let mut queue: Vec<u32> = Vec::with_capacity(count);
    queue.extend(
        (0..count as u32).filter(|&vertex| blocks.root[vertex as usize] == vertex && waiting[vertex as usize] == 0),
    );
    let mut at = 0;
    while at < queue.len() {
        let root = queue[at];
        at += 1;
        for (other, apart) in blocks.members(root).filter_map(after) {
            let other = blocks.root[other as usize] as usize;
            x[other] = x[other].max(x[root as usize] + apart);
            waiting[other] -= 1;
            if waiting[other] == 0 {
                queue.push(other as u32);
            }
        }
    }
    if pull {
        for &root in queue.iter().rev() {
            let room = blocks
                .members(root)
                .filter_map(after)
                .map(|(other, apart)| x[blocks.root[other as usize] as usize] - apart);
            let room = room.fold(f64::INFINITY, f64::min);
            if room.is_finite() {
                x[root as usize] = x[root as usize].max(room);
            }
        }
    }
    (0..count as u32).map(|vertex| sign * x[blocks.root[vertex as usize] as usize] + blocks.shift(vertex)).collect()
}

/// Aligns the four layouts to the narrowest, and takes the mean of the middle two positions of each vertex.
fn balance(frame: &Frame, mut four: [Vec<f64>; 4]) -> Vec<f64> {
    let ends = four.each_ref().map(|x| {
        let left = x.iter().zip(&frame.half).map(|(x, half)| x - half).fold(f64::INFINITY, f64::min);
        let right = x.iter().zip(&frame.half).map(|(x, half)| x + half).fold(f64::NEG_INFINITY, f64::max);
        (left, right)
    });
    let narrowest = ends.iter().copied().min_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0))).unwrap_or((0.0, 0.0));
    for (at, (x, end)) in four.iter_mut().zip(ends).enumerate() {
        let shift = if at % 2 == 0 { narrowest.0 - end.0 } else { narrowest.1 - end.1 };
        x.iter_mut().for_each(|x| *x += shift);
    }
    (0..frame.len())
        .map(|vertex| {
            let mut all = [four[0][vertex], four[1][vertex], four[2][vertex], four[3][vertex]];
            all.sort_by(f64::total_cmp);
            (all[1] + all[2]) / 2.0
        })
        .collect()
}
