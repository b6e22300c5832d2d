//! How the nodes of a graph are wired, found out once.

use crate::model::{Graph, Links, NodeId, ValueId};
use std::cell::OnceCell;

/// The links of a graph, and its main line: its longest path, along the edges that go forward in file order. What flows along it stays
/// visible, however many nodes read it.
#[derive(Debug)]
pub(super) struct Wires {
    /// Who produces and who reads each value.
    pub links: Links,
    /// Of each value, whether it goes from one node of the main line to the next.
    main: OnceCell<Vec<bool>>,
}

impl Wires {
    /// Looks at `graph`.
    pub fn new(graph: &Graph) -> Self {
        Self { links: graph.links(), main: OnceCell::new() }
    }

    /// Whether `value`, of the same `graph`, goes from one node of the main line to the next. The first call takes O(nodes + edges).
    pub fn is_main(&self, graph: &Graph, value: ValueId) -> bool {
        self.main.get_or_init(|| main_line(graph, &self.links))[value.index()]
    }
}

fn main_line(graph: &Graph, links: &Links) -> Vec<bool> {
    let nodes = graph.nodes.len();
    let readers = |node: usize| {
        let results = graph.nodes[NodeId(node as u32)].outputs.iter().flat_map(|argument| &argument.values);
        let all = results.filter_map(|value| links.consumers.get(value.index())).flatten();
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
    let is_main = |(producer, readers): (&Option<NodeId>, &Vec<NodeId>)| {
        producer.is_some_and(|from| {
            let mut later = readers.iter().filter(|reader| **reader > from);
            later.any(|to| depth[from.index()] + 1 + height[to.index()] == longest)
        })
    };
    links.producer.iter().zip(&links.consumers).map(is_main).collect()
}
