//! Figures about a whole model.

use super::links::each_reader;
use super::{Graph, GraphId, Model, TensorId};
use foldhash::HashSet;
use serde::Serialize;

/// Figures about a whole model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Graphs of all kinds.
    pub graphs: usize,
    /// The nodes of all graphs.
    pub nodes: usize,
    /// The edges of all graphs: see [`Model::edges`].
    pub edges: usize,
    /// Distinct tensors that nodes read as inputs.
    pub initializers: usize,
    /// The elements of these.
    pub parameters: u64,
    /// The size of these in bytes, packed.
    pub bytes: u64,
}

impl Model {
    /// The figures of this model.
    pub fn totals(&self) -> Totals {
        let tensors: HashSet<TensorId> = self.graphs.values().flat_map(constants).collect();
        let elements = tensors.iter().filter_map(|tensor| self.tensors.get(*tensor)?.elements());
        let bytes = tensors.iter().filter_map(|tensor| self.tensors.get(*tensor)?.bytes());
        Totals {
            graphs: self.graphs.len(),
            nodes: self.graphs.values().map(|graph| graph.nodes.len()).sum(),
            edges: self.graphs.iter().map(|(id, _)| self.edges(id)).sum(),
            initializers: tensors.len(),
            parameters: elements.fold(0, u64::saturating_add),
            bytes: bytes.fold(0, u64::saturating_add),
        }
    }

    /// The number of edges of `graph`: distinct (value, consumer) pairs of the values that come in or are produced there, graph
    /// outputs included.
    pub fn edges(&self, graph: GraphId) -> usize {
        let Some(graph) = self.graphs.get(graph) else { return 0 };
        let mut flows = vec![false; graph.values.len()];
        let produced = graph.nodes.values().flat_map(|node| &node.outputs).flat_map(|argument| &argument.values);
        for value in graph.inputs.iter().chain(produced) {
            if let Some(flows) = flows.get_mut(value.index()) {
                *flows = true;
            }
        }
        for (flows, value) in flows.iter_mut().zip(graph.values.values()) {
            *flows &= value.tensor.is_none();
        }
        let flows = |value: usize| flows.get(value) == Some(&true);
        let mut read = 0;
        each_reader(graph, |value, _| read += usize::from(flows(value)));
        read + graph.outputs.iter().filter(|value| flows(value.index())).count()
    }
}

/// The tensors that the nodes of `graph` read.
fn constants(graph: &Graph) -> impl Iterator<Item = TensorId> + '_ {
    let values = graph.nodes.values().flat_map(|node| &node.inputs).flat_map(|argument| &argument.values);
    values.filter_map(|value| graph.values.get(*value)?.tensor)
}
