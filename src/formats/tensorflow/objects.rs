//! The graph of objects (`trackable_object_graph.proto`): what Python's objects held which variables.

use super::proto::ObjectGraph;
use foldhash::{HashMap, HashSet};

/// The attribute of a variable that is its value.
const VALUE: &str = "VARIABLE_VALUE";

/// What the graph of objects tells of variables, by their keys.
#[derive(Debug, Default)]
pub struct Objects {
    /// The names that variables had in the program.
    names: HashMap<String, String>,
    /// The variables that optimisers keep.
    state: HashSet<String>,
}

impl Objects {
    /// Looks at `graph`. Optimisers are the objects with slot variables, and those that are called so.
    pub fn new(graph: &ObjectGraph) -> Self {
        let mut objects = Self::default();
        let mut is_state = vec![false; graph.nodes.len()];
        let place = |id: i64| usize::try_from(id).ok().filter(|place| *place < graph.nodes.len());
        let mut left: Vec<usize> = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            left.extend(node.slot_variables.iter().filter_map(|slot| place(slot.variable)));
            if !node.slot_variables.is_empty() {
                left.extend(own(graph, index));
            }
            let optimisers = node.children.iter().filter(|child| is_optimiser(&child.local_name));
            left.extend(optimisers.filter_map(|child| place(child.node_id)).flat_map(|child| own(graph, child)));
        }
        while let Some(node) = left.pop() {
            if let Some(state) = is_state.get_mut(node)
                && !std::mem::replace(state, true)
            {
                left.extend(own(graph, node));
            }
        }
        for (node, state) in graph.nodes.iter().zip(is_state) {
            for attribute in node.attributes.iter().filter(|attribute| !attribute.checkpoint_key.is_empty()) {
                let key = &attribute.checkpoint_key;
                if !attribute.full_name.is_empty() && attribute.name == VALUE {
                    objects.names.insert(key.clone(), attribute.full_name.clone());
                }
                if state {
                    objects.state.insert(key.clone());
                }
            }
        }
        objects
    }

    /// What the variable with that key was called.
    pub fn name(&self, key: &str) -> Option<&str> {
        self.names.get(key).map(String::as_str)
    }

    /// The keys of variables by what these were called; a name that several have is not among them.
    pub fn keys(&self) -> HashMap<&str, &str> {
        let mut keys: HashMap<&str, Option<&str>> = HashMap::default();
        for (key, name) in &self.names {
            keys.entry(name).and_modify(|known| *known = None).or_insert(Some(key));
        }
        keys.into_iter().filter_map(|(name, key)| Some((name, key?))).collect()
    }

    /// Whether the names tell all variables apart and say where they belong: those that Keras gives do.
    pub fn name_well(&self) -> bool {
        let mut met = HashSet::default();
        self.names.values().all(|name| name.contains('/') && met.insert(name.as_str()))
    }

    /// Whether an optimiser keeps the variable with that key.
    pub fn is_state(&self, key: &str) -> bool {
        self.state.contains(key)
    }
}

/// The objects that are in object `index` alone: what an optimiser shares with a model is the model's.
fn own(graph: &ObjectGraph, index: usize) -> Vec<usize> {
    let children = graph.nodes.get(index).map(|node| node.children.as_slice()).unwrap_or_default();
    let own = children.iter().filter(|child| !is_shared(&child.local_name));
    own.filter_map(|child| usize::try_from(child.node_id).ok()).collect()
}

fn is_optimiser(name: &str) -> bool {
    matches!(name, "optimizer" | "_optimizer")
}

/// Whether what an optimiser calls so belongs to the model that it trains.
fn is_shared(name: &str) -> bool {
    matches!(name, "_trainable_variables" | "_model" | "model")
}
