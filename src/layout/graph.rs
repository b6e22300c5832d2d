//! A level, cut into connected components.

use super::Size;
use super::level::{FREE, Level};
use crate::sort;

/// "No such index".
pub(super) const NONE: u32 = u32::MAX;

/// The widest and tallest that a box may be, pixels; keeps sums of 100,000s of them exact.
const LARGEST: f64 = 1e7;

/// Rows of indices behind one another (compressed sparse rows).
#[derive(Clone, Debug, Default)]
pub(super) struct Csr {
    /// Where each row begins in `items`; one more entry than rows.
    pub starts: Vec<u32>,
    /// The rows.
    pub items: Vec<u32>,
}

impl Csr {
    /// Groups `pairs` of (row, item) by row, keeping their order within a row.
    pub fn group(rows: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; rows + 1];
        for (row, _) in pairs.clone() {
            starts[row as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[rows] as usize];
        for (row, item) in pairs {
            let at = &mut next[row as usize];
            items[*at as usize] = item;
            *at += 1;
        }
        Self { starts, items }
    }

    /// The items of `row`.
    pub fn row(&self, row: u32) -> &[u32] {
        &self.items[self.range(row)]
    }

    /// Where the items of `row` lie in `items`.
    pub fn range(&self, row: u32) -> std::ops::Range<usize> {
        self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize
    }

    /// How many items `row` has.
    pub fn len(&self, row: u32) -> usize {
        self.range(row).len()
    }
}

/// A connected component: boxes, and nets that leave them. Boxes are numbered in file order, nets by source,
/// the legs of a net by target.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Of each box, its index in the input.
    pub boxes: Vec<u32>,
    /// Of each box, its size, as if edges ran down.
    pub sizes: Vec<Size>,
    /// Of each box, where its nets begin; one more entry than boxes.
    pub net_starts: Vec<u32>,
    /// Of each net, its index in the input.
    pub nets: Vec<u32>,
    /// Of each net, where its legs begin; one more entry than nets.
    pub leg_starts: Vec<u32>,
    /// Of each leg, the box where it ends.
    pub targets: Vec<u32>,
    /// Of each leg, the index in [`Level::targets`] of its target.
    pub indices: Vec<u32>,
    /// Of each net, how far right of its source's centre it leaves, or [`FREE`]; empty if all are free.
    pub leave: Vec<f64>,
    /// Of each leg, how far right of its target's centre it arrives, or [`FREE`]; empty if all are free.
    pub arrive: Vec<f64>,
    /// Of each box, the one that feeds it on its main line, if that is known, else `NONE`; empty if it is for none.
    pub main: Vec<u32>,
    /// Of each box, how long the longest path within it is, in boxes; empty if there are no containers.
    pub weights: Vec<u32>,
    /// So many boxes, the first ones, are ports on the top border.
    pub ins: u32,
    /// So many of those, the first ones, are on the main line.
    pub leading: u32,
    /// Whether several sides of the main line are tried for the others.
    pub thorough: bool,
    /// So many boxes, the last ones, are ports on the bottom border.
    pub outs: u32,
}

impl Graph {
    /// How many boxes there are.
    pub fn len(&self) -> u32 {
        self.boxes.len() as u32
    }

    /// Whether there are neither ports nor fixed ends of edges.
    pub fn is_plain(&self) -> bool {
        self.ins + self.outs == 0 && self.leave.is_empty() && self.arrive.is_empty()
    }

    /// Whether `node` is a port on the top border.
    pub fn comes_in(&self, node: u32) -> bool {
        node < self.ins
    }

    /// Whether `node` is a port on the bottom border.
    pub fn goes_out(&self, node: u32) -> bool {
        node >= self.len() - self.outs
    }

    /// How far right of its source's centre `net` leaves, if that is fixed.
    pub fn leaves_at(&self, net: usize) -> Option<f64> {
        self.leave.get(net).copied().filter(|&at| at != FREE)
    }

    /// How far right of its target's centre `leg` arrives, if that is fixed.
    pub fn arrives_at(&self, leg: usize) -> Option<f64> {
        self.arrive.get(leg).copied().filter(|&at| at != FREE)
    }

    /// The nets that leave `node`.
    pub fn nets_of(&self, node: u32) -> std::ops::Range<usize> {
        self.net_starts[node as usize] as usize..self.net_starts[node as usize + 1] as usize
    }

    /// The legs of `net`.
    pub fn legs_of(&self, net: usize) -> std::ops::Range<usize> {
        self.leg_starts[net] as usize..self.leg_starts[net + 1] as usize
    }

    /// The legs of all nets that leave `node`.
    pub fn legs_from(&self, node: u32) -> std::ops::Range<usize> {
        let nets = self.nets_of(node);
        self.leg_starts[nets.start] as usize..self.leg_starts[nets.end] as usize
    }
}

/// An edge of the level: `net` goes from box `source` to box `target`, which is `index` in [`Level::targets`].
#[derive(Clone, Copy, Debug)]
struct Leg {
    source: u32,
    net: u32,
    target: u32,
    index: u32,
}

/// The components in file order of their first boxes; those of one box without edges come apart, as indices of the
/// level. All that has ports counts as one component.
pub(super) fn components(level: &Level) -> (Vec<Graph>, Vec<u32>) {
    let mut legs = legs(level);
    let (component, count) = label(level, &legs);
    let members = Csr::group(count, component.iter().enumerate().map(|(node, &of)| (of, node as u32)));
    sort::sort_by_key(&mut legs, |leg| (component[leg.source as usize], leg.source, leg.net, leg.target));
    let mut local = vec![0u32; level.sizes.len()];
    let (mut graphs, mut isolated) = (Vec::new(), Vec::new());
    let mut rest = legs.as_slice();
    for of in 0..count as u32 {
        let boxes = members.row(of);
        let own = rest.partition_point(|leg| component[leg.source as usize] <= of);
        let (mine, later) = rest.split_at(own);
        rest = later;
        if mine.is_empty() {
            isolated.extend_from_slice(boxes);
            continue;
        }
        for (at, &node) in boxes.iter().enumerate() {
            local[node as usize] = at as u32;
        }
        graphs.push(graph(boxes, mine, &local, level));
    }
    (graphs, isolated)
}

/// `size` with finite, sensible sides, as if edges ran down.
pub(super) fn sound(size: Size, flip: bool) -> Size {
    let side = |length: f64| if length.is_finite() { length.clamp(0.0, LARGEST) } else { 0.0 };
    let (w, h) = if flip { (size.h, size.w) } else { (size.w, size.h) };
    Size { w: side(w), h: side(h) }
}

/// All edges.
fn legs(level: &Level) -> Vec<Leg> {
    let mut legs = Vec::with_capacity(level.targets.len());
    for (net, (&source, ends)) in level.sources.iter().zip(level.starts.windows(2)).enumerate() {
        for index in ends[0]..ends[1] {
            legs.push(Leg { source, net: net as u32, target: level.targets[index as usize], index });
        }
    }
    legs
}

/// Of each box its component, numbered by their first boxes, and the number of components (union-find with path
/// halving).
fn label(level: &Level, legs: &[Leg]) -> (Vec<u32>, usize) {
    let boxes = level.sizes.len();
    let mut parent: Vec<u32> = (0..boxes as u32).collect();
    let find = |parent: &mut [u32], mut node: u32| {
        while parent[node as usize] != node {
            parent[node as usize] = parent[parent[node as usize] as usize];
            node = parent[node as usize];
        }
        node
    };
    let ports: Vec<u32> = (0..level.ins).chain(boxes as u32 - level.outs..boxes as u32).collect();
    let joined = ports.windows(2).map(|pair| (pair[0], pair[1]));
    for (a, b) in legs.iter().map(|leg| (leg.source, leg.target)).chain(joined) {
        let (a, b) = (find(&mut parent, a), find(&mut parent, b));
        parent[a.max(b) as usize] = a.min(b);
    }
    let mut labels = vec![0; boxes];
    let mut count = 0;
    for node in 0..boxes as u32 {
        let root = find(&mut parent, node);
        labels[node as usize] = if root == node { count } else { labels[root as usize] };
        count += u32::from(root == node);
    }
    (labels, count as usize)
}

/// The component of `boxes` and `legs` (by source, net, target), with `local` numbers.
fn graph(boxes: &[u32], legs: &[Leg], local: &[u32], level: &Level) -> Graph {
    let members = level.ins..level.sizes.len() as u32 - level.outs;
    let mut graph = Graph {
        boxes: boxes.to_vec(),
        sizes: boxes.iter().map(|&node| level.sizes[node as usize]).collect(),
        net_starts: vec![0; boxes.len() + 1],
        targets: legs.iter().map(|leg| local[leg.target as usize]).collect(),
        indices: legs.iter().map(|leg| leg.index).collect(),
        ins: boxes.partition_point(|&node| node < members.start) as u32,
        outs: (boxes.len() - boxes.partition_point(|&node| node < members.end)) as u32,
        ..Graph::default()
    };
    graph.leading = level.leading.min(graph.ins);
    graph.thorough = level.thorough;
    for (at, leg) in legs.iter().enumerate() {
        if graph.nets.last() != Some(&leg.net) {
            graph.nets.push(leg.net);
            graph.leg_starts.push(at as u32);
            graph.net_starts[local[leg.source as usize] as usize + 1] += 1;
        }
    }
    graph.leg_starts.push(legs.len() as u32);
    for node in 0..boxes.len() {
        graph.net_starts[node + 1] += graph.net_starts[node];
    }
    let fixed = |ends: &[f64], own: &[u32]| {
        let ends = || own.iter().map(|&at| ends[at as usize]);
        if ends().all(|at| at == FREE) { Vec::new() } else { ends().collect() }
    };
    graph.leave = fixed(&level.leave, &graph.nets);
    graph.arrive = fixed(&level.arrive, &graph.indices);
    if !level.containers.is_empty() {
        let weight = |node: &u32| level.containers.binary_search(node).map_or(1, |at| level.spans[at]);
        graph.weights = boxes.iter().map(weight).collect();
    }
    let main = |net: u32| level.sources.get(net as usize).map_or(NONE, |&source| local[source as usize]);
    graph.main = boxes.iter().filter_map(|&node| level.main.get(node as usize)).map(|&net| main(net)).collect();
    graph
}
