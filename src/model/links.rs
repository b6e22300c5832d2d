//! Where values come from and go to.

use super::{Graph, NodeId, ValueId};

/// Where each value of a graph comes from and goes to, in flat lists: a large graph has hundreds of thousands.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// Of each value: the node that produces it.
    pub producer: Vec<Option<NodeId>>,
    /// Of each value: where its readers begin; one more marks the end.
    starts: Vec<u32>,
    readers: Vec<NodeId>,
}

impl Links {
    /// The links of `graph`.
    pub fn of(graph: &Graph) -> Self {
        let count = graph.values.len();
        let mut producer: Vec<Option<NodeId>> = vec![None; count];
        for (id, node) in graph.nodes.iter() {
            for value in node.outputs.iter().flat_map(|argument| &argument.values) {
                if let Some(producer) = producer.get_mut(value.index()) {
                    producer.get_or_insert(id);
                }
            }
        }
        // Counted first, so that each list is filled in its place.
        let mut starts = vec![0u32; count + 1];
        each_reader(graph, |value, _| {
            if let Some(start) = starts.get_mut(value + 1) {
                *start += 1;
            }
        });
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut readers = vec![NodeId(0); sum as usize];
        each_reader(graph, |value, node| {
            if let Some(next) = next.get_mut(value)
                && let Some(reader) = readers.get_mut(*next as usize)
            {
                *reader = node;
                *next += 1;
            }
        });
        Self { producer, starts, readers }
    }

    /// The distinct nodes that read `value`, in order.
    pub fn consumers(&self, value: ValueId) -> &[NodeId] {
        let bounds = self.starts.get(value.index()..).and_then(|starts| starts.get(..2));
        match bounds {
            Some([start, end]) => self.readers.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// All values, each with the node that produces it and those that read it.
    pub fn iter(&self) -> impl Iterator<Item = (Option<NodeId>, &[NodeId])> {
        self.producer.iter().enumerate().map(|(value, node)| (*node, self.consumers(ValueId(value as u32))))
    }
}

/// Whether no node of `graph` reads what it or a node after it gives; only values that `counts` holds for count. One pass, as graphs are large.
pub fn in_order(graph: &Graph, counts: impl Fn(ValueId) -> bool) -> bool {
    let mut read = vec![false; graph.values.len()];
    graph.nodes.values().all(|node| {
        for value in node.inputs.iter().flat_map(|argument| &argument.values).filter(|value| counts(**value)) {
            if let Some(read) = read.get_mut(value.index()) {
                *read = true;
            }
        }
        let mut outputs = node.outputs.iter().flat_map(|argument| &argument.values);
        outputs.all(|value| read.get(value.index()) != Some(&true))
    })
}

/// Tells of each value and each node that reads it, once a pair.
pub(super) fn each_reader(graph: &Graph, mut tell: impl FnMut(usize, NodeId)) {
    let mut last: Vec<Option<NodeId>> = vec![None; graph.values.len()];
    for (id, node) in graph.nodes.iter() {
        for value in node.inputs.iter().flat_map(|argument| &argument.values) {
            if let Some(last) = last.get_mut(value.index())
                && last.replace(id) != Some(id)
            {
                tell(value.index(), id);
            }
        }
    }
}
