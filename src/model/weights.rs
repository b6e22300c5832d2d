//! The tensors of a model by the names that readers know them by.

use super::{Data, Graph, GraphId, Links, Model, NodeId, Tensor, TensorId, Text};
use foldhash::HashMap;

/// A name of a tensor. A tensor that is used in several places may have several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// The name, possibly empty.
    pub name: Text,
    /// The tensor.
    pub tensor: TensorId,
    /// The graph that it is used in; none if it is used in none.
    pub graph: Option<GraphId>,
    /// The first node that reads it; none if no node does.
    pub node: Option<NodeId>,
    /// Of a name that is not the first one of its tensor: the number of that name in the list.
    pub tied: Option<usize>,
}

impl Model {
    /// The tensors of the file: not those that others stand for.
    pub fn stored(&self) -> impl Iterator<Item = (TensorId, &Tensor)> {
        self.tensors.iter().filter(|(_, tensor)| !matches!(tensor.data, Data::Dequantised(_)))
    }

    /// All tensors of the file by all their names: those of graphs in their order, then those that no graph has as a value.
    pub fn weights(&self) -> Vec<Weight> {
        let mut weights = Vec::with_capacity(self.tensors.len());
        let mut first: HashMap<TensorId, usize> = HashMap::default();
        for (id, graph) in self.graphs.iter() {
            let named: Vec<(Text, TensorId, Option<NodeId>)> = self.named(graph);
            for (name, tensor, node) in named {
                let tied = first.get(&tensor).copied();
                // A diagram of weights and their tree have the same ones.
                if tied.and_then(|first| weights.get(first)).is_some_and(|weight: &Weight| weight.name == name) {
                    continue;
                }
                first.entry(tensor).or_insert(weights.len());
                weights.push(Weight { name, tensor, graph: Some(id), node, tied });
            }
        }
        for (id, tensor) in self.stored().filter(|(id, _)| !first.contains_key(id)) {
            weights.push(Weight { name: tensor.name.clone(), tensor: id, graph: None, node: None, tied: None });
        }
        weights
    }

    /// The constants of `graph`, each with its name and the first node that reads it.
    fn named(&self, graph: &Graph) -> Vec<(Text, TensorId, Option<NodeId>)> {
        let constants = graph.values.iter().filter_map(|(id, value)| Some((id, value, value.tensor?)));
        let links = Links::of(graph);
        let named = constants.filter_map(|(id, value, tensor)| {
            let whole = &self.tensors.get(tensor)?.name;
            // A file's own name may have levels before those that are shown.
            let name = if value.name.is_empty() || whole.ends_with(&*value.name) { whole } else { &value.name };
            Some((name.clone(), tensor, links.consumers(id).first().copied()))
        });
        named.collect()
    }
}
