//! P0: which edges go back, and the acyclic rest as a graph of boxes.

use super::graph::{Csr, Graph, NONE};

/// The forward edges of a component between distinct pairs of boxes.
#[derive(Debug)]
pub(super) struct Dag {
    /// Of each box, the boxes that it feeds.
    pub succ: Csr,
    /// Of each box, the boxes that feed it.
    pub pred: Csr,
    /// The boxes, sources of edges before their targets.
    pub topo: Vec<u32>,
    /// Of each leg, whether it closes a cycle and is left out here.
    pub back: Vec<bool>,
    /// Of each box, whether it roots a tree that hangs from one consumer: one output, and only such trees feed it.
    pub hangs_in: Vec<bool>,
    /// Of each box, whether it roots a tree that hangs from one producer: one input, and it only feeds such trees.
    pub hangs_out: Vec<bool>,
}

impl Dag {
    /// Reverses nothing itself: it marks the back edges of a depth-first search in file order, and drops them.
    pub fn new(graph: &Graph) -> Self {
        let back = back_legs(graph);
        let count = graph.len();
        let mut seen = vec![NONE; count as usize];
        let mut pairs = Vec::with_capacity(graph.targets.len());
        for source in 0..count {
            for leg in graph.legs_from(source) {
                let target = graph.targets[leg];
                if !back[leg] && seen[target as usize] != source {
                    seen[target as usize] = source;
                    pairs.push((source, target));
                }
            }
        }
        let succ = Csr::group(count as usize, pairs.iter().copied());
        let pred = Csr::group(count as usize, pairs.iter().map(|&(source, target)| (target, source)));
        let topo = topological(&succ, &pred);
        // What a port brings comes from afar, and is not to follow its consumer.
        let hangs_in = hanging(&succ, &pred, topo.iter().filter(|&&node| !graph.comes_in(node)));
        let hangs_out = hanging(&pred, &succ, topo.iter().rev());
        Self { succ, pred, topo, back, hangs_in, hangs_out }
    }
}

/// Of each leg, whether it closes a cycle. Nothing does where every edge goes forward in file order; otherwise depth
/// first from the boxes that nothing feeds, then from the rest, all in file order.
fn back_legs(graph: &Graph) -> Vec<bool> {
    let count = graph.len();
    let mut back = vec![false; graph.targets.len()];
    let forward = (0..count).all(|node| graph.targets[graph.legs_from(node)].iter().all(|&target| node < target));
    if forward {
        return back;
    }
    let mut fed = vec![false; count as usize];
    for &target in &graph.targets {
        fed[target as usize] = true;
    }
    let mut next: Vec<u32> = (0..count).map(|node| graph.legs_from(node).start as u32).collect();
    let (mut met, mut open) = (vec![false; count as usize], vec![false; count as usize]);
    let mut stack = Vec::new();
    let roots = (0..count).filter(|&node| !fed[node as usize]).chain(0..count);
    for root in roots {
        if met[root as usize] {
            continue;
        }
        met[root as usize] = true;
        open[root as usize] = true;
        stack.push(root);
        while let Some(&node) = stack.last() {
            let leg = next[node as usize] as usize;
            if leg == graph.legs_from(node).end {
                open[node as usize] = false;
                stack.pop();
                continue;
            }
            next[node as usize] += 1;
            let target = graph.targets[leg] as usize;
            back[leg] = open[target];
            if !met[target] {
                met[target] = true;
                open[target] = true;
                stack.push(target as u32);
            }
        }
    }
    back
}

/// The boxes in topological order, by Kahn's algorithm in file order.
fn topological(succ: &Csr, pred: &Csr) -> Vec<u32> {
    let count = succ.starts.len() as u32 - 1;
    let mut waiting: Vec<u32> = (0..count).map(|node| pred.len(node) as u32).collect();
    let mut topo = Vec::with_capacity(count as usize);
    topo.extend((0..count).filter(|&node| pred.len(node) == 0));
    let mut at = 0;
    while at < topo.len() {
        for &target in succ.row(topo[at]) {
            waiting[target as usize] -= 1;
            if waiting[target as usize] == 0 {
                topo.push(target);
            }
        }
        at += 1;
    }
    topo
}

/// Of each box, whether one box stands `beyond` it and all those `before` it hang from it; `order` has those before
/// first.
fn hanging<'a>(beyond: &Csr, before: &Csr, order: impl Iterator<Item = &'a u32>) -> Vec<bool> {
    let mut hangs = vec![false; beyond.starts.len() - 1];
    for &node in order {
        hangs[node as usize] = beyond.len(node) == 1 && before.row(node).iter().all(|&other| hangs[other as usize]);
    }
    hangs
}
