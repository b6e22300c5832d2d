//! The main line of a graph: its longest path. What flows along it stays visible, however many nodes read it.

use crate::model::{Graph, Links, ValueId};

/// The longest paths along the edges that go forward in file order.
#[derive(Debug)]
pub(super) struct Spine<'a> {
    links: &'a Links,
    /// Of each node, the length of the longest path to it, and from it.
    depth: Vec<u32>,
    height: Vec<u32>,
    longest: u32,
}

impl<'a> Spine<'a> {
    /// Finds the longest paths of `graph`, in O(nodes + edges).
    pub fn new(graph: &Graph, links: &'a Links) -> Self {
        let nodes = graph.nodes.len();
        let mut by_node: Vec<Vec<ValueId>> = vec![Vec::new(); nodes];
        for (id, _) in graph.values.iter() {
            if let Some(node) = links.producer[id.index()] {
                by_node[node.index()].push(id);
            }
        }
        let readers = |node: usize| {
            let all = by_node[node].iter().flat_map(|value| &links.consumers[value.index()]);
            all.map(|reader| reader.index()).filter(move |reader| *reader > node)
        };
        let (mut depth, mut height) = (vec![0; nodes], vec![0; nodes]);
        for node in 0..nodes {
            for reader in readers(node) {
                depth[reader] = depth[reader].max(depth[node] + 1);
            }
        }
        for node in (0..nodes).rev() {
            height[node] = readers(node).map(|reader| height[reader] + 1).max().unwrap_or(0);
        }
        let longest = height.iter().copied().max().unwrap_or(0);
        Self { links, depth, height, longest }
    }

    /// Whether `value` goes from one node of the main line to the next.
    pub fn has(&self, value: ValueId) -> bool {
        self.links.producer[value.index()].is_some_and(|from| {
            let mut readers = self.links.consumers[value.index()].iter().filter(|reader| **reader > from);
            readers.any(|to| self.depth[from.index()] + 1 + self.height[to.index()] == self.longest)
        })
    }
}
