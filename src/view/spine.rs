//! The main line of a graph: its longest path. What flows along it stays visible, however many nodes read it.

use crate::model::{Graph, Links, NodeId, ValueId};

/// Which values go from one node of the main line to the next.
#[derive(Debug)]
pub(super) struct Spine(Vec<bool>);

impl Spine {
    /// Finds the longest paths of `graph` along the edges that go forward in file order, in O(nodes + edges).
    pub fn new(graph: &Graph, links: &Links) -> Self {
        let (mut depth, mut height) = (vec![0u32; graph.nodes.len()], vec![0u32; graph.nodes.len()]);
        // The nodes that come later and read what `node` produces, for each value.
        let results = |node: NodeId| graph.nodes[node].outputs.iter().flat_map(|argument| &argument.values);
        let readers = |value: ValueId, node: NodeId| {
            let own = links.producer[value.index()] == Some(node);
            links.consumers(value).iter().filter(move |reader| own && **reader > node)
        };
        for (node, _) in graph.nodes.iter() {
            for reader in results(node).flat_map(|value| readers(*value, node)) {
                depth[reader.index()] = depth[reader.index()].max(depth[node.index()] + 1);
            }
        }
        for (node, _) in graph.nodes.iter().rev() {
            let below = results(node).flat_map(|value| readers(*value, node)).map(|reader| height[reader.index()] + 1);
            height[node.index()] = below.max().unwrap_or(0);
        }
        let longest = height.iter().copied().max().unwrap_or(0);
        let mut on = vec![false; graph.values.len()];
        for (node, _) in graph.nodes.iter() {
            for value in results(node) {
                let mut readers = readers(*value, node);
                on[value.index()] |= readers.any(|to| depth[node.index()] + 1 + height[to.index()] == longest);
            }
        }
        Self(on)
    }

    /// Whether `value` goes from one node of the main line to the next.
    pub fn has(&self, value: ValueId) -> bool {
        self.0[value.index()]
    }
}
