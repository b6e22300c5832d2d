//! P1: ranks. Longest paths from the sources, then rounds of tightening, which shorten edges as a network simplex would
//! (Gansner et al. 1993), but in linear time. What counts is the length of a net, from its source to its farthest
//! target: the way to nearer targets costs nothing.

use super::acyclic::Dag;
use super::graph::{Csr, Graph, NONE};

/// How often the ranks are tightened.
const ROUNDS: usize = 3;
/// Branches begin side by side below their producer, rather than end side by side above their consumer, if that moves
/// them by at most so many ranks: boxes that one net feeds, and boxes where several meet.
const NEAR: [i32; 2] = [24, 4];

/// Of each box the length of the longest path to it, in edges.
pub(super) fn depths(dag: &Dag) -> Vec<u32> {
    let mut depth = vec![0; dag.topo.len()];
    for &node in &dag.topo {
        for &target in dag.succ.row(node) {
            depth[target as usize] = depth[target as usize].max(depth[node as usize] + 1);
        }
    }
    depth
}

/// Of each box its rank; every rank from 0 to the last has a box, and every edge goes to a higher rank. Ports have the
/// first and the last rank to themselves.
pub(super) fn ranks(graph: &Graph, dag: &Dag, depth: &[u32]) -> Vec<u32> {
    let mut tightening = Tightening::new(graph, dag, depth);
    for round in 1..=ROUNDS {
        tightening.sink();
        tightening.rise(round == ROUNDS);
    }
    let mut rank = tightening.rank;
    for &node in dag.topo.iter().rev() {
        if dag.hangs_in[node as usize] {
            rank[node as usize] = rank[dag.succ.row(node)[0] as usize] - 1;
        }
    }
    pin(graph, &mut rank);
    consecutive(&rank)
}

/// Moves the ports above and below all other boxes.
fn pin(graph: &Graph, rank: &mut [i32]) {
    let members = graph.ins as usize..rank.len() - graph.outs as usize;
    let first = rank[members.clone()].iter().copied().min().unwrap_or(0);
    let last = rank[members.clone()].iter().copied().max().unwrap_or(0);
    rank[..members.start].fill(first - 1);
    rank[members.end..].fill(last + 1);
}

/// How far a net reaches: the highest rank of its targets, one with that rank, and the highest rank of the others.
#[derive(Clone, Copy)]
struct Reach {
    first: i32,
    who: u32,
    second: i32,
}

impl Reach {
    const NOWHERE: Self = Self { first: i32::MIN, who: NONE, second: i32::MIN };

    /// Notes that `node` has `rank`, not less than before.
    fn extend(&mut self, node: u32, rank: i32) {
        if node == self.who {
            self.first = rank;
        } else if rank > self.first {
            *self = Self { first: rank, who: node, second: self.first };
        } else {
            self.second = self.second.max(rank);
        }
    }

    /// The highest rank of the targets other than `node`.
    fn without(self, node: u32) -> i32 {
        if node == self.who { self.second } else { self.first }
    }
}

struct Tightening<'a> {
    graph: &'a Graph,
    dag: &'a Dag,
    /// Of each box its rank.
    rank: Vec<i32>,
    /// Of each box, the nets that feed it from boxes that do not hang from it and so would follow it.
    feeds: Csr,
    /// Of each box, how many nets leave it for more than trees that hang from it and would follow it.
    leaving: Vec<u32>,
    reach: Vec<Reach>,
    others: Vec<i32>,
}

impl<'a> Tightening<'a> {
    fn new(graph: &'a Graph, dag: &'a Dag, depth: &[u32]) -> Self {
        let count = graph.len();
        let mut pairs = Vec::with_capacity(graph.targets.len());
        let mut leaving = vec![0; count as usize];
        for source in 0..count {
            for net in graph.nets_of(source) {
                let mut leaves = false;
                for leg in graph.legs_of(net).filter(|&leg| !dag.back[leg]) {
                    let target = graph.targets[leg];
                    leaves |= !dag.hangs_out[target as usize];
                    if !dag.hangs_in[source as usize] {
                        pairs.push((target, net as u32));
                    }
                }
                leaving[source as usize] += u32::from(leaves);
            }
        }
        let mut rank: Vec<i32> = depth.iter().map(|&depth| depth as i32).collect();
        pin(graph, &mut rank);
        Self {
            graph,
            dag,
            rank,
            feeds: Csr::group(count as usize, pairs.iter().copied()),
            leaving,
            reach: vec![Reach::NOWHERE; graph.nets.len()],
            others: Vec::new(),
        }
    }

    /// Finds out how far the nets reach.
    fn measure(&mut self) {
        for (net, reach) in self.reach.iter_mut().enumerate() {
            *reach = Reach::NOWHERE;
            for leg in self.graph.legs_of(net).filter(|&leg| !self.dag.back[leg]) {
                let target = self.graph.targets[leg];
                reach.extend(target, self.rank[target as usize]);
            }
        }
    }

    /// Of the nets that feed `node`, how far each reaches without it; in ascending order, in `others`.
    fn gather(&mut self, node: u32) {
        self.others.clear();
        self.others.extend(self.feeds.row(node).iter().map(|&net| self.reach[net as usize].without(node)));
        self.others.sort_unstable();
    }

    /// Moves boxes down towards their consumers while that does not lengthen more nets than it shortens.
    fn sink(&mut self) {
        self.measure();
        let dag = self.dag;
        for &node in dag.topo.iter().rev().filter(|&&node| !self.graph.comes_in(node)) {
            let at = node as usize;
            if dag.hangs_in[at] {
                self.rank[at] = self.rank[dag.succ.row(node)[0] as usize] - 1;
                continue;
            }
            let below = dag.succ.row(node).iter().filter(|&&other| !dag.hangs_out[other as usize]);
            let Some(first) = below.map(|&other| self.rank[other as usize]).min() else { continue };
            self.gather(node);
            let bound = self.others.get(self.leaving[at] as usize).copied().unwrap_or(i32::MAX);
            self.rank[at] = self.rank[at].max(bound.min(first - 1));
            for &net in self.feeds.row(node) {
                self.reach[net as usize].extend(node, self.rank[at]);
            }
        }
    }

    /// Moves boxes up towards their producers while that shortens more nets than it lengthens; with `line_up` also
    /// those of branches that are [`NEAR`] enough.
    fn rise(&mut self, line_up: bool) {
        self.measure();
        let dag = self.dag;
        for &node in dag.topo.iter().filter(|&&node| !self.graph.goes_out(node)) {
            let at = node as usize;
            if dag.hangs_out[at] {
                self.rank[at] = self.rank[dag.pred.row(node)[0] as usize] + 1;
                continue;
            }
            let above = dag.pred.row(node).iter().filter(|&&other| !dag.hangs_in[other as usize]);
            let Some(last) = above.map(|&other| self.rank[other as usize]).max() else { continue };
            let (feeding, leaving) = (self.feeds.len(node), self.leaving[at] as usize);
            let bound = if line_up && feeding >= leaving && self.rank[at] - last <= NEAR[usize::from(feeding > 1)] {
                i32::MIN
            } else {
                self.gather(node);
                self.others.get(leaving).copied().unwrap_or(i32::MAX)
            };
            self.rank[at] = self.rank[at].min(bound.max(last + 1));
        }
    }
}

/// `rank` without gaps, from 0.
fn consecutive(rank: &[i32]) -> Vec<u32> {
    let first = rank.iter().copied().min().unwrap_or(0);
    let last = rank.iter().copied().max().unwrap_or(0);
    let mut dense = vec![0u32; (last - first + 1) as usize];
    for &rank in rank {
        dense[(rank - first) as usize] = 1;
    }
    let mut next = 0;
    for used in &mut dense {
        let taken = *used;
        *used = next;
        next += taken;
    }
    rank.iter().map(|&rank| dense[(rank - first) as usize]).collect()
}
