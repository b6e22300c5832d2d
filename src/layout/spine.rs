//! Which edges are to be straight: the classes that placing goes by.

use super::acyclic::Dag;
use super::graph::{Graph, NONE};

/// Pendant leaves and skips past a longer way: they never bend anything else.
pub(super) const SIDE: u8 = 0;
/// Any other edge.
pub(super) const PLAIN: u8 = 1;
/// Between two bends of a long edge.
pub(super) const TRUNK: u8 = 2;
/// The main line of the graph, and chains.
pub(super) const SPINE: u8 = 3;

/// What the class of an edge follows from.
#[derive(Debug)]
pub(super) struct Spine<'a> {
    dag: &'a Dag,
    /// Of each box, the producer on the longest path to it.
    before: Vec<u32>,
    /// Of each box, the consumer on the longest path from it.
    after: Vec<u32>,
    /// Of each box, where its subtree begins in a preorder of the forest that `before` spells.
    enter: Vec<u32>,
    /// Of each box, how large that subtree is.
    size: Vec<u32>,
    /// Of each box, how many edges that are not [`SIDE`] come in.
    strong_in: Vec<u32>,
    /// Of each box, how many edges that are not [`SIDE`] go out.
    strong_out: Vec<u32>,
}

impl<'a> Spine<'a> {
    /// Finds the main line of `dag`.
    pub fn new(graph: &Graph, dag: &'a Dag, depth: &'a [u32]) -> Self {
        let count = dag.topo.len();
        // A container counts as what is in it.
        let weight = |node: u32| graph.weights.get(node as usize).copied().unwrap_or(1);
        let height = heights(dag, weight);
        let weighted = (!graph.weights.is_empty()).then(|| depths(dag, weight));
        let depth = weighted.as_deref().unwrap_or(depth);
        let main = |node: u32| graph.main.get(node as usize).copied().filter(|main| dag.pred.row(node).contains(main));
        // Of ports, those on the main line of what is around are stronger.
        let leads = |other: u32| !graph.comes_in(other) || other < graph.leading;
        let strength =
            |other: u32| (!dag.hangs_in[other as usize], depth[other as usize] + weight(other), leads(other));
        let before: Vec<u32> =
            (0..count as u32).map(|node| main(node).unwrap_or_else(|| longest(dag.pred.row(node), strength))).collect();
        let after = (0..count as u32)
            .map(|node| {
                longest(dag.succ.row(node), |other| {
                    (!dag.hangs_out[other as usize], height[other as usize] + weight(other))
                })
            })
            .collect();
        let (enter, size) = intervals(dag, &before);
        let mut spine = Self { dag, before, after, enter, size, strong_in: vec![0; count], strong_out: vec![0; count] };
        for source in 0..count as u32 {
            for &target in dag.succ.row(source) {
                if !spine.side(source, target) {
                    spine.strong_in[target as usize] += 1;
                    spine.strong_out[source as usize] += 1;
                }
            }
        }
        spine
    }

    /// The class of the edge from `source` to `target`.
    pub fn class(&self, source: u32, target: u32) -> u8 {
        if self.side(source, target) {
            return SIDE;
        }
        let (ins, outs) = (self.strong_in[target as usize], self.strong_out[source as usize]);
        let main = self.before[target as usize] == source && self.after[source as usize] == target;
        if (ins == 1 && outs == 1) || main { SPINE } else { PLAIN }
    }

    /// Whether a long edge to `source`'s only consumer continues its line, and whether the line of `target` continues
    /// it.
    pub fn continues(&self, source: u32, target: u32) -> (bool, bool) {
        let strong = !self.side(source, target);
        (strong && self.strong_out[source as usize] == 1, strong && self.strong_in[target as usize] == 1)
    }

    /// Whether the edge leads to or from a pendant leaf, or a longer way from `source` to `target` exists along the
    /// main line.
    fn side(&self, source: u32, target: u32) -> bool {
        let dag = self.dag;
        // Those that hang come last in `before` and `after`: then all others hang too.
        let leaf_in = dag.hangs_in[source as usize] && !dag.hangs_in[self.before[target as usize] as usize];
        let leaf_out = dag.hangs_out[target as usize] && !dag.hangs_out[self.after[source as usize] as usize];
        if leaf_in || leaf_out {
            return true;
        }
        let best = self.before[target as usize];
        best != source && self.leads(source, best)
    }

    /// Whether the main line to `node` passes `ancestor`.
    fn leads(&self, ancestor: u32, node: u32) -> bool {
        let (from, at) = (self.enter[ancestor as usize], self.enter[node as usize]);
        from <= at && at - from < self.size[ancestor as usize]
    }
}

/// Of each box the weight of the longest path from it, without its own.
fn heights(dag: &Dag, weight: impl Fn(u32) -> u32) -> Vec<u32> {
    let mut height = vec![0; dag.topo.len()];
    for &node in dag.topo.iter().rev() {
        for &target in dag.succ.row(node) {
            height[node as usize] = height[node as usize].max(height[target as usize] + weight(target));
        }
    }
    height
}

/// Of each box the weight of the longest path to it, without its own.
fn depths(dag: &Dag, weight: impl Fn(u32) -> u32) -> Vec<u32> {
    let mut depth = vec![0; dag.topo.len()];
    for &node in &dag.topo {
        for &target in dag.succ.row(node) {
            depth[target as usize] = depth[target as usize].max(depth[node as usize] + weight(node));
        }
    }
    depth
}

/// The one of `row` with the greatest key, of several the middle one; or `NONE`.
fn longest<K: Ord>(row: &[u32], key: impl Fn(u32) -> K) -> u32 {
    let most = row.iter().map(|&other| key(other)).max();
    let best = || row.iter().filter(|&&other| Some(key(other)) == most);
    best().nth(best().count().saturating_sub(1) / 2).copied().unwrap_or(NONE)
}

/// The preorder intervals of the forest in which `before` is the parent.
fn intervals(dag: &Dag, before: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut size = vec![1u32; before.len()];
    for &node in dag.topo.iter().rev() {
        if before[node as usize] != NONE {
            size[before[node as usize] as usize] += size[node as usize];
        }
    }
    let (mut enter, mut next, mut roots) = (vec![0u32; before.len()], vec![0u32; before.len()], 0);
    for &node in &dag.topo {
        let cursor = match before[node as usize] {
            NONE => &mut roots,
            parent => &mut next[parent as usize],
        };
        enter[node as usize] = *cursor;
        *cursor += size[node as usize];
        next[node as usize] = enter[node as usize] + 1;
    }
    (enter, size)
}
