//! Who reads what in a graph, in flat lists: the analyses walk over it many times.

use crate::model::{Graph, NodeId, TensorId, ValueId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Several lists, one after the other.
struct Lists<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T> Lists<T> {
    fn new() -> Self {
        Self { starts: vec![0], items: Vec::new() }
    }

    /// Ends the list that is being filled.
    fn end(&mut self) {
        self.starts.push(self.items.len() as u32);
    }

    fn of(&self, index: usize) -> &[T] {
        &self.items[self.starts[index] as usize..self.starts[index + 1] as usize]
    }
}

/// The nodes of a graph in the order in which they are computed, and what flows between them.
pub struct Flow {
    /// The nodes, producers before consumers, and otherwise as the file has them. Nodes on cycles, and after these, come last.
    pub order: Vec<NodeId>,
    /// Of each node: its place in `order`.
    pub rank: Vec<u32>,
    /// Of each value: the node that produces it.
    pub producer: Vec<Option<NodeId>>,
    /// Of each value: how often nodes read it, and the graph puts it out.
    pub uses: Vec<u32>,
    reads: Lists<ValueId>,
    constants: Lists<(ValueId, TensorId)>,
    results: Lists<ValueId>,
    readers: Lists<NodeId>,
}

impl Flow {
    /// The flow in `graph`.
    pub fn of(graph: &Graph) -> Self {
        let (mut reads, mut constants, mut results) = (Lists::new(), Lists::new(), Lists::new());
        let mut producer = vec![None; graph.values.len()];
        let mut uses = vec![0; graph.values.len()];
        for (id, node) in graph.nodes.iter() {
            for value in node.inputs.iter().flat_map(|argument| &argument.values) {
                uses[value.index()] += 1;
                match graph.values[*value].tensor {
                    Some(tensor) => constants.items.push((*value, tensor)),
                    None => reads.items.push(*value),
                }
            }
            reads.end();
            constants.end();
            for value in node.outputs.iter().flat_map(|argument| &argument.values) {
                producer[value.index()].get_or_insert(id);
                results.items.push(*value);
            }
            results.end();
        }
        graph.outputs.iter().for_each(|value| uses[value.index()] += 1);
        let readers = readers(&reads, graph.values.len());
        let mut flow = Self {
            order: Vec::new(),
            rank: vec![0; graph.nodes.len()],
            producer,
            uses,
            reads,
            constants,
            results,
            readers,
        };
        flow.order = flow.sorted();
        for (place, node) in flow.order.iter().enumerate() {
            flow.rank[node.index()] = place as u32;
        }
        flow
    }

    /// The values that `node` reads, constants apart, once for each time.
    pub fn reads(&self, node: NodeId) -> &[ValueId] {
        self.reads.of(node.index())
    }

    /// The constants that `node` reads, once for each time.
    pub fn constants(&self, node: NodeId) -> &[(ValueId, TensorId)] {
        self.constants.of(node.index())
    }

    /// The values that `node` produces, in order.
    pub fn results(&self, node: NodeId) -> &[ValueId] {
        self.results.of(node.index())
    }

    /// The nodes that read `value`, in the order of the file.
    pub fn readers(&self, value: ValueId) -> &[NodeId] {
        self.readers.of(value.index())
    }

    /// The nodes whose results `node` reads, once for each time.
    pub fn before(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.reads(node).iter().filter_map(|value| self.producer[value.index()])
    }

    /// The nodes that read results of `node`.
    pub fn after(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.results(node).iter().flat_map(|value| self.readers(*value).iter().copied())
    }

    fn sorted(&self) -> Vec<NodeId> {
        let file: Vec<NodeId> = (0..self.rank.len() as u32).map(NodeId).collect();
        if file.iter().all(|node| self.before(*node).all(|producer| producer < *node)) {
            return file;
        }
        // Each reader once for each value that it reads.
        let mut missing = vec![0; file.len()];
        let produced =
            (0..self.producer.len() as u32).map(ValueId).filter(|value| self.producer[value.index()].is_some());
        produced.flat_map(|value| self.readers(value)).for_each(|reader| missing[reader.index()] += 1);
        let mut ready: BinaryHeap<Reverse<NodeId>> =
            file.iter().filter(|node| missing[node.index()] == 0).copied().map(Reverse).collect();
        let mut sorted = Vec::with_capacity(file.len());
        let mut known = vec![false; self.producer.len()];
        while let Some(Reverse(node)) = ready.pop() {
            sorted.push(node);
            for value in self.results(node).iter().filter(|value| self.producer[value.index()] == Some(node)) {
                // A file may list the same result twice.
                let readers =
                    if std::mem::replace(&mut known[value.index()], true) { &[] } else { self.readers(*value) };
                for reader in readers {
                    missing[reader.index()] -= 1;
                    if missing[reader.index()] == 0 {
                        ready.push(Reverse(*reader));
                    }
                }
            }
        }
        sorted.extend(file.into_iter().filter(|node| missing[node.index()] > 0));
        sorted
    }
}

/// The distinct nodes that read each of `values` values: pairs of both, sorted by counting.
fn readers(reads: &Lists<ValueId>, values: usize) -> Lists<NodeId> {
    let mut last = vec![None; values];
    let mut pairs: Vec<(ValueId, NodeId)> = Vec::with_capacity(reads.items.len());
    for node in (0..reads.starts.len() as u32 - 1).map(NodeId) {
        for value in reads.of(node.index()) {
            if last[value.index()].replace(node) != Some(node) {
                pairs.push((*value, node));
            }
        }
    }
    let mut starts = vec![0u32; values + 1];
    pairs.iter().for_each(|(value, _)| starts[value.index() + 1] += 1);
    for at in 0..values {
        starts[at + 1] += starts[at];
    }
    let mut next = starts.clone();
    let mut items = vec![NodeId(0); pairs.len()];
    for (value, node) in pairs {
        items[next[value.index()] as usize] = node;
        next[value.index()] += 1;
    }
    Lists { starts, items }
}
