//! Puts the modules of several files together.

use super::{Arena, Data, Entry, Graph, Literal, Model, Modules, Tensor, TensorId};

/// A model of modules while files are added to it: what they say of a module that is in several of them comes together.
pub struct Joined {
    modules: Modules,
    tensors: Arena<TensorId, Tensor>,
    /// Graphs of one file each.
    others: Vec<Graph>,
    model: Model,
}

impl Joined {
    /// No files yet; `separator` stands between the parts of a name.
    pub fn new(separator: char) -> Self {
        Self { modules: Modules::new(separator), tensors: Arena::new(), others: Vec::new(), model: Model::default() }
    }

    /// Adds the tensors of `part`, and what is said about it: properties that all parts share, metadata of each. What its modules are is to be
    /// inferred anew. Graphs without weights stay what they are. Returns the names under which
    /// its tensors are known.
    pub fn add(&mut self, part: Model) -> Vec<String> {
        let before = self.tensors.len();
        let moved = |id: TensorId| TensorId(u32::try_from(before + id.index()).unwrap_or(u32::MAX));
        for mut tensor in part.tensors {
            tensor.indices = tensor.indices.map(moved);
            if let Data::Dequantised(_) = tensor.data {
                // What codes stand for is found again, for all files together.
                tensor.data = Data::Absent;
            }
            self.tensors.push(tensor);
        }
        for mut graph in part.graphs.values().filter(|graph| graph.values.is_empty()).cloned() {
            let attributes = graph.nodes.iter_mut().flat_map(|(_, node)| &mut node.attributes);
            for attribute in attributes {
                if let Literal::Tensor(tensor) = &mut attribute.value {
                    *tensor = moved(*tensor);
                }
            }
            if !graph.nodes.is_empty() {
                self.others.push(graph);
            }
        }
        let mut names = Vec::new();
        for value in part.graphs.values().flat_map(|graph| graph.values.values()) {
            let Some(tensor) = value.tensor else { continue };
            let id = self.modules.add(&value.name, moved(tensor));
            value.metadata.iter().for_each(|entry| self.modules.note(id, entry.clone()));
            names.push(value.name.to_string());
        }
        if self.model.format.is_empty() {
            (self.model.format, self.model.properties) = (part.format, part.properties);
        } else {
            self.model.properties.retain(|entry| part.properties.contains(entry));
        }
        let new = |entry: &Entry| !self.model.metadata.iter().any(|known| known.name == entry.name);
        let new: Vec<Entry> = part.metadata.into_iter().filter(new).collect();
        self.model.metadata.extend(new);
        names
    }

    /// All files as one model, with one graph of all weights.
    pub fn finish(self) -> Model {
        let mut model = self.model;
        let graph: Graph = self.modules.finish();
        model.graphs.push(graph);
        for other in self.others {
            model.graphs.push(other);
        }
        model.tensors = self.tensors;
        model
    }
}
