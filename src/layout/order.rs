//! P3: the order of the vertices within their ranks, such that few edges cross.
//!
//! Two orders to begin with: depth first from the sources and from the sinks, in file order. The ranks are cut into
//! sections where a rank has but one vertex; sections without crossings are left as they are, and in the others both
//! orders are improved and the better one stays. A section that came out mirrored is turned back, so that skips stay on
//! the right.

use super::dock;
use super::dummy::{Edge, Layered};
use super::graph::{Csr, Graph};
use super::places::Places;
use super::sweep::Search;
use std::ops::Range;

/// Of a section with more vertices than this, only one order is improved, and that more briefly.
const LARGE: usize = 50_000;
/// The most sweeps over a section, and over a large one.
const SWEEPS: [usize; 2] = [6, 3];

/// Where each vertex stands in its rank.
#[derive(Debug)]
pub(super) struct Order {
    /// The vertices of each rank, from left to right.
    pub rows: Csr,
    /// Of each vertex its first place in its rank.
    pub at: Vec<u32>,
    /// Of each vertex its neighbours a rank higher.
    pub up: Near,
    /// Of each vertex its neighbours a rank lower.
    pub down: Near,
    /// Of each vertex how many places it takes; empty if each takes one.
    span: Vec<u32>,
}

/// The neighbours of the vertices on one side. Where vertices take several places, those of a vertex are in the order
/// of its places.
#[derive(Debug, Default)]
pub(super) struct Near {
    /// The neighbours.
    pub near: Csr,
    /// Along `near.items`, the place at the neighbour; empty if each vertex takes one.
    far: Vec<u32>,
    /// Along `near.items`, the place at the vertex itself; empty likewise.
    own: Vec<u32>,
    /// Of each vertex, how far its middle is to the right of the mean of its own places; empty likewise.
    lean: Vec<f32>,
}

impl Near {
    /// The neighbours of `layered`'s vertices below them, or above.
    fn new(layered: &Layered, places: &Places, below: bool) -> Self {
        let (count, edges) = (layered.rank.len(), &layered.edges);
        if places.span.is_empty() {
            let pairs =
                edges.iter().map(|edge| if below { (edge.upper, edge.lower) } else { (edge.lower, edge.upper) });
            return Self { near: Csr::group(count, pairs), ..Self::default() };
        }
        let (own, far) = if below { (&places.upper, &places.lower) } else { (&places.lower, &places.upper) };
        let mut sorted: Vec<u32> = (0..edges.len() as u32).collect();
        sorted.sort_by_key(|&edge| own[edge as usize]);
        let ends = |edge: u32| {
            let Edge { upper, lower, .. } = edges[edge as usize];
            if below { (upper, lower) } else { (lower, upper) }
        };
        let by = Csr::group(count, sorted.iter().map(|&edge| (ends(edge).0, edge)));
        let lean = (0..count).map(|vertex| {
            let ends = by.row(vertex as u32);
            let sum: u32 = ends.iter().map(|&edge| own[edge as usize]).sum();
            (places.span[vertex] - 1) as f32 / 2.0 - sum as f32 / ends.len().max(1) as f32
        });
        Self {
            lean: lean.collect(),
            far: by.items.iter().map(|&edge| far[edge as usize]).collect(),
            own: by.items.iter().map(|&edge| own[edge as usize]).collect(),
            near: Csr { items: by.items.iter().map(|&edge| ends(edge).1).collect(), starts: by.starts },
        }
    }

    /// Adds the places at the neighbours of `vertex` to `ends`, which are where these begin.
    fn place(&self, vertex: u32, ends: &mut [u32]) {
        let places = &self.far[self.near.range(vertex)];
        ends.iter_mut().zip(places).for_each(|(end, place)| *end += place);
    }

    /// How far right of where its edges begin the middle of `vertex` is.
    pub fn lean(&self, vertex: u32) -> f32 {
        self.lean.get(vertex as usize).copied().unwrap_or(0.0)
    }
}

impl Order {
    /// Orders `layered`, made of `graph`. If there are ports, the number of crossings comes with it.
    ///
    /// With ports on the `left`, a depth-first search begins there, and nothing else is tried.
    pub fn new(graph: &Graph, layered: &Layered, left: Option<Range<u32>>) -> (Self, u64) {
        let vertices = layered.rank.len();
        let places = Places::new(layered);
        let (up, down) = (Near::new(layered, &places, false), Near::new(layered, &places, true));
        let all = 0..vertices as u32;
        let from_sinks = left.is_none().then(|| depth_first(layered, &down.near, &up.near, all.clone()));
        let left = left.unwrap_or(0..0);
        let roots = left.clone().chain(all.filter(|vertex| !left.contains(vertex)));
        let from_sources = depth_first(layered, &up.near, &down.near, roots);
        let mut order = Self { rows: from_sources, at: vec![0; vertices], up, down, span: places.span };
        order.number(0..layered.ranks);
        let home = order.at.clone();
        let mut search = Search::new(order, layered.ranks as usize);
        let mut first = 0;
        for last in 1..layered.ranks {
            if search.order.rows.len(last) <= 1 || last + 1 == layered.ranks {
                section(&mut search, first..last + 1, from_sinks.as_ref(), &home);
                first = last;
            }
        }
        if graph.ins + graph.outs == 0 {
            return (search.order, 0);
        }
        dock::dock(&mut search, graph, layered);
        search.touch(0..layered.ranks);
        let crossings = search.crossings(0..layered.ranks);
        (search.order, crossings)
    }

    /// Writes down the positions of the vertices of `ranks`.
    pub fn number(&mut self, ranks: Range<u32>) {
        for rank in ranks {
            let row = self.rows.row(rank);
            if self.span.is_empty() {
                for (at, &vertex) in row.iter().enumerate() {
                    self.at[vertex as usize] = at as u32;
                }
                continue;
            }
            let mut next = 0;
            for &vertex in row {
                self.at[vertex as usize] = next;
                next += self.span[vertex as usize];
            }
        }
    }

    /// How many places there are in `rank`.
    pub fn places(&self, rank: u32) -> usize {
        let row = self.rows.row(rank);
        if self.span.is_empty() {
            row.len()
        } else {
            row.iter().map(|&vertex| self.span[vertex as usize] as usize).sum()
        }
    }

    /// Appends the places where the edges of `vertex` to its neighbours in `side` end.
    #[inline(always)]
    pub fn ends(&self, side: &Near, vertex: u32, ends: &mut Vec<u32>) {
        let from = ends.len();
        ends.extend(side.near.row(vertex).iter().map(|&other| self.at[other as usize]));
        if !side.far.is_empty() {
            side.place(vertex, &mut ends[from..]);
        }
    }

    /// Appends the places where the edges of `vertex` to the rank below end, from left to right as they leave; those
    /// that leave at one place by where they end.
    pub fn ends_below(&self, vertex: u32, ends: &mut Vec<u32>) {
        let from = ends.len();
        self.ends(&self.down, vertex, ends);
        let own = if self.down.own.is_empty() { &[][..] } else { &self.down.own[self.down.near.range(vertex)] };
        if own.first() == own.last() {
            ends[from..].sort_unstable();
            return;
        }
        let mut rest = &mut ends[from..];
        for together in own.chunk_by(|a, b| a == b) {
            let (these, others) = rest.split_at_mut(together.len());
            these.sort_unstable();
            rest = others;
        }
    }
}

/// Orders the vertices of `ranks`, of which none but the first and last has a single vertex.
fn section(search: &mut Search, ranks: Range<u32>, from_sinks: Option<&Csr>, home: &[u32]) {
    let crossings = search.crossings(ranks.clone());
    if crossings == 0 {
        return;
    }
    let slots = search.order.rows.range(ranks.start).start..search.order.rows.range(ranks.end - 1).end;
    let large = slots.len() > LARGE;
    let sweeps = SWEEPS[usize::from(large)];
    let mut best = search.order.rows.items[slots.clone()].to_vec();
    let mut fewest = search.improve(ranks.clone(), sweeps, crossings, &mut best);
    if let Some(from_sinks) = from_sinks.filter(|_| !large) {
        let mut other = from_sinks.items[slots].to_vec();
        search.restart(ranks.clone(), &other);
        let crossings = search.crossings(ranks.clone());
        let crossings = search.improve(ranks.clone(), sweeps, crossings, &mut other);
        if crossings < fewest {
            (fewest, best) = (crossings, other);
        }
    }
    search.restart(ranks.clone(), &best);
    let mut kept = 0i64;
    for rank in ranks.clone() {
        for pair in search.order.rows.row(rank).windows(2) {
            kept += if home[pair[0] as usize] < home[pair[1] as usize] { 1 } else { -1 };
        }
    }
    if kept < 0 {
        search.mirror(ranks.clone());
        // The places within a vertex do not turn with it.
        if !search.order.span.is_empty() && search.crossings(ranks.clone()) > fewest {
            search.mirror(ranks);
        }
    }
}

/// The ranks with their vertices in the order in which a depth-first search meets them, along `after`, from those of
/// `roots` with nothing `before` them.
fn depth_first(layered: &Layered, before: &Csr, after: &Csr, roots: impl Iterator<Item = u32>) -> Csr {
    let vertices = layered.rank.len();
    let mut met = vec![false; vertices];
    let mut sequence = Vec::with_capacity(vertices);
    let mut stack = Vec::new();
    for root in roots.filter(|&vertex| before.len(vertex) == 0) {
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
