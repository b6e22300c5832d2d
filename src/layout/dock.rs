//! P3, for ports: of the orders without more crossings, one in which the main edges of ports are straight.

use super::dummy::Layered;
use super::graph::{Graph, NONE};
use super::sweep::Search;

/// Sorts the ports of `graph` by where the edges of their highest class end, unless more edges cross then. Sweeps go by
/// the mean of all edges, which puts a port between its main line and a skip, in the way of others.
pub(super) fn dock(search: &mut Search, graph: &Graph, layered: &Layered) {
    let last = layered.ranks - 1;
    let borders = [(graph.ins, 0, 1.min(last)), (graph.outs, last, last.saturating_sub(1))];
    for (_, rank, next) in borders.into_iter().filter(|&(ports, ..)| ports > 1) {
        let row = search.order.rows.range(rank);
        // Of each vertex the highest class, and the sum and the number of the places where edges of this class end.
        let mut main = vec![(0u8, 0u64, 0u64); row.len()];
        let mut index = vec![NONE; layered.rank.len()];
        for (at, &vertex) in search.order.rows.items[row.clone()].iter().enumerate() {
            index[vertex as usize] = at as u32;
        }
        for edge in &layered.edges {
            let (port, other) = if rank == 0 { (edge.upper, edge.lower) } else { (edge.lower, edge.upper) };
            let Some(main) = main.get_mut(index[port as usize] as usize) else { continue };
            let place = u64::from(search.order.at[other as usize]);
            *main = match edge.class.cmp(&main.0) {
                std::cmp::Ordering::Less => *main,
                std::cmp::Ordering::Equal => (main.0, main.1 + place, main.2 + 1),
                std::cmp::Ordering::Greater => (edge.class, place, 1),
            };
        }
        let place = |vertex: u32| {
            let (_, sum, count) = main[index[vertex as usize] as usize];
            sum as f64 / count.max(1) as f64
        };
        let ranks = rank.min(next)..rank.max(next) + 1;
        search.touch(ranks.clone());
        let before = search.crossings(ranks.clone());
        let mut sorted = search.order.rows.items[row.clone()].to_vec();
        let kept = sorted.clone();
        sorted.sort_by(|&a, &b| place(a).total_cmp(&place(b)));
        for order in [sorted, kept] {
            search.order.rows.items[row.clone()].copy_from_slice(&order);
            search.order.number(rank..rank + 1);
            search.touch(ranks.clone());
            if search.crossings(ranks.clone()) <= before {
                break;
            }
        }
    }
}
