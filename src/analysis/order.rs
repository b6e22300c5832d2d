//! An order in which the nodes of a graph can run.

use crate::model::{Graph, NodeId, in_order};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The nodes of `graph`, each after those that it reads from: as they are in the file, where that is such an order. What waits for itself comes last.
pub fn of(graph: &Graph) -> Vec<NodeId> {
    if in_order(graph, |_| true) {
        return graph.nodes.iter().map(|(id, _)| id).collect();
    }
    let mut producer: Vec<u32> = vec![u32::MAX; graph.values.len()];
    for (id, node) in graph.nodes.iter() {
        for value in node.outputs.iter().flat_map(|argument| &argument.values) {
            if let Some(producer) = producer.get_mut(value.index()) {
                *producer = id.0;
            }
        }
    }
    let from = |node: NodeId| {
        let values =
            graph.nodes.get(node).into_iter().flat_map(|node| &node.inputs).flat_map(|argument| &argument.values);
        values.filter_map(|value| producer.get(value.index()).copied()).filter(|producer| *producer != u32::MAX)
    };
    let count = graph.nodes.len();
    let mut waits = vec![0u32; count];
    let mut ahead: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (id, _) in graph.nodes.iter() {
        for producer in from(id) {
            waits[id.index()] += 1;
            ahead[producer as usize].push(id.0);
        }
    }
    let mut ready: BinaryHeap<Reverse<u32>> =
        (0..count as u32).filter(|node| waits[*node as usize] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(Reverse(node)) = ready.pop() {
        order.push(NodeId(node));
        for next in &ahead[node as usize] {
            waits[*next as usize] -= 1;
            if waits[*next as usize] == 0 {
                ready.push(Reverse(*next));
            }
        }
    }
    let left = (0..count as u32).filter(|node| waits[*node as usize] > 0).map(NodeId);
    order.extend(left);
    order
}
