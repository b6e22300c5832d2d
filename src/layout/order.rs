//! P3: the order of the vertices within their ranks, such that few edges cross.
//!
//! Two orders to begin with: depth first from the sources and from the sinks, in file order. The ranks are cut into
//! sections where a rank has but one vertex; sections without crossings are left as they are, and in the others both
//! orders are improved and the better one stays. A section that came out mirrored is turned back, so that skips stay on
//! the right.

use super::dummy::Layered;
use super::graph::Csr;
use super::sweep::Search;

/// Of a section with more vertices than this, only one order is improved, and that more briefly.
const LARGE: usize = 50_000;
/// The most sweeps over a section, and over a large one.
const SWEEPS: [usize; 2] = [6, 3];

/// Where each vertex stands in its rank.
#[derive(Debug)]
pub(super) struct Order {
    /// The vertices of each rank, from left to right.
    pub rows: Csr,
    /// Of each vertex its index in its rank.
    pub at: Vec<u32>,
    /// Of each vertex its neighbours a rank higher.
    pub up: Csr,
    /// Of each vertex its neighbours a rank lower.
    pub down: Csr,
}

impl Order {
    /// Orders `layered`.
    pub fn new(layered: &Layered) -> Self {
        let vertices = layered.rank.len();
        let down = Csr::group(vertices, layered.edges.iter().map(|edge| (edge.upper, edge.lower)));
        let up = Csr::group(vertices, layered.edges.iter().map(|edge| (edge.lower, edge.upper)));
        let (from_sources, from_sinks) = (depth_first(layered, &up, &down), depth_first(layered, &down, &up));
        let mut order = Self { rows: from_sources, at: vec![0; vertices], up, down };
        order.number(0..layered.ranks);
        let home = order.at.clone();
        let mut search = Search::new(order, layered.ranks as usize);
        let mut first = 0;
        for last in 1..layered.ranks {
            if search.order.rows.len(last) <= 1 || last + 1 == layered.ranks {
                section(&mut search, first..last + 1, &from_sinks, &home);
                first = last;
            }
        }
        search.order
    }

    /// Writes down the positions of the vertices of `ranks`.
    pub fn number(&mut self, ranks: std::ops::Range<u32>) {
        for rank in ranks {
            for (at, &vertex) in self.rows.row(rank).iter().enumerate() {
                self.at[vertex as usize] = at as u32;
            }
        }
    }
}

/// Orders the vertices of `ranks`, of which none but the first and last has a single vertex.
fn section(search: &mut Search, ranks: std::ops::Range<u32>, from_sinks: &Csr, home: &[u32]) {
    let crossings = search.crossings(ranks.clone());
    if crossings == 0 {
        return;
    }
    let slots = search.order.rows.range(ranks.start).start..search.order.rows.range(ranks.end - 1).end;
    let large = slots.len() > LARGE;
    let sweeps = SWEEPS[usize::from(large)];
    let mut best = search.order.rows.items[slots.clone()].to_vec();
    let fewest = search.improve(ranks.clone(), sweeps, crossings, &mut best);
    if !large {
        let mut other = from_sinks.items[slots.clone()].to_vec();
        search.restart(ranks.clone(), &other);
        let crossings = search.crossings(ranks.clone());
        if search.improve(ranks.clone(), sweeps, crossings, &mut other) < fewest {
            best = other;
        }
    }
    let order = &mut search.order;
    order.rows.items[slots].copy_from_slice(&best);
    let mut kept = 0i64;
    for rank in ranks.clone() {
        for pair in order.rows.row(rank).windows(2) {
            kept += if home[pair[0] as usize] < home[pair[1] as usize] { 1 } else { -1 };
        }
    }
    if kept < 0 {
        for rank in ranks.clone() {
            let range = order.rows.range(rank);
            order.rows.items[range].reverse();
        }
    }
    order.number(ranks);
}

/// The ranks with their vertices in the order in which a depth-first search meets them, along `after`, from those with
/// nothing
/// `before` them.
fn depth_first(layered: &Layered, before: &Csr, after: &Csr) -> Csr {
    let vertices = layered.rank.len() as u32;
    let mut met = vec![false; vertices as usize];
    let mut sequence = Vec::with_capacity(vertices as usize);
    let mut stack = Vec::new();
    for root in (0..vertices).filter(|&vertex| before.len(vertex) == 0) {
        stack.push(root);
        while let Some(vertex) = stack.pop() {
            if !met[vertex as usize] {
                met[vertex as usize] = true;
                sequence.push(vertex);
                stack.extend(after.row(vertex).iter().rev().filter(|&&other| !met[other as usize]));
            }
        }
    }
    Csr::group(layered.ranks as usize, sequence.iter().map(|&vertex| (layered.rank[vertex as usize], vertex)))
}
