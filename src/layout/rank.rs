//! P1: ranks. Longest paths from the sources, then rounds of tightening, which shorten edges as a network simplex would
//! (Gansner et al. 1993), but in linear time.

use super::acyclic::Dag;

/// How often the ranks are tightened.
const ROUNDS: usize = 3;

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

/// Of each box its rank; every rank from 0 to the last has a box, and every edge goes to a higher rank.
pub(super) fn ranks(dag: &Dag, depth: &[u32]) -> Vec<u32> {
    let mut rank: Vec<i32> = depth.iter().map(|&depth| depth as i32).collect();
    for round in 1..=ROUNDS {
        sink(dag, &mut rank);
        rise(dag, &mut rank, round == ROUNDS);
    }
    for &node in dag.topo.iter().rev() {
        if dag.hangs_in[node as usize] {
            rank[node as usize] = rank[dag.succ.row(node)[0] as usize] - 1;
        }
    }
    consecutive(&rank)
}

/// Moves boxes down to their consumers where that shortens edges or at least does not lengthen them.
/// Trees that hang from one box follow it, so they do not count.
fn sink(dag: &Dag, rank: &mut [i32]) {
    for &node in dag.topo.iter().rev() {
        if dag.hangs_in[node as usize] {
            rank[node as usize] = rank[dag.succ.row(node)[0] as usize] - 1;
            continue;
        }
        let above = dag.pred.row(node).iter().filter(|&&other| !dag.hangs_in[other as usize]).count();
        let below = || dag.succ.row(node).iter().filter(|&&other| !dag.hangs_out[other as usize]);
        if below().count() < above {
            continue;
        }
        if let Some(first) = below().map(|&other| rank[other as usize]).min() {
            rank[node as usize] = rank[node as usize].max(first - 1);
        }
    }
}

/// Moves boxes up to their producers where that shortens edges, or, with `ties`, does not lengthen them.
fn rise(dag: &Dag, rank: &mut [i32], ties: bool) {
    for &node in &dag.topo {
        if dag.hangs_out[node as usize] {
            rank[node as usize] = rank[dag.pred.row(node)[0] as usize] + 1;
            continue;
        }
        let below = dag.succ.row(node).iter().filter(|&&other| !dag.hangs_out[other as usize]).count();
        let above = || dag.pred.row(node).iter().filter(|&&other| !dag.hangs_in[other as usize]);
        let count = above().count();
        if count < below || (count == below && !ties) {
            continue;
        }
        if let Some(last) = above().map(|&other| rank[other as usize]).max() {
            rank[node as usize] = rank[node as usize].min(last + 1);
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
