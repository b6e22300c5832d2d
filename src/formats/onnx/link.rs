//! What can be decided once all of a graph is read: which nodes are mere constants, and where undefined names come from.

use super::graph::{Draft, value};
use super::lower::Lowering;
use super::operators;
use crate::model::{Arena, Graph, GraphId, GraphKind, Literal, Node, NodeId, Tensor, TensorId, Value, ValueId};

impl Lowering<'_> {
    /// Completes a graph whose fields have all been read.
    pub fn link(&mut self, draft: &mut Draft) {
        self.fold_constants(draft);
        drop_defaults(&mut draft.graph);
        if let Some((parent, _)) = draft.graph.parent {
            self.capture(draft, parent);
        } else if draft.graph.kind == GraphKind::Main && draft.id != GraphId(0) {
            self.share_constants(draft);
        }
    }

    /// Turns `Constant` nodes whose tensor is read exactly once into constants: drawn inside their consumer, like initialisers.
    fn fold_constants(&mut self, draft: &mut Draft) {
        let graph = &mut draft.graph;
        let constants: Vec<_> = graph.nodes.iter().filter_map(|(id, node)| Some((id, constant(node)?))).collect();
        if constants.is_empty() {
            return;
        }
        let uses = uses(graph);
        let mut kept = vec![true; graph.nodes.len()];
        for (id, (value, tensor)) in constants {
            let (Some(value), Some(1)) = (graph.values.get_mut(value), uses.get(value.index())) else { continue };
            if value.tensor.is_none()
                && let Some(kept) = kept.get_mut(id.index())
            {
                *kept = false;
                value.tensor = Some(tensor);
                self.name(tensor, value);
            }
        }
        self.retain(draft, &kept);
    }

    fn name(&mut self, tensor: TensorId, value: &Value) {
        if let Some(Tensor { name, .. }) = self.model.tensors.get_mut(tensor)
            && name.is_empty()
        {
            *name = value.name.clone();
        }
    }

    /// Keeps only some nodes; the bodies that they hold follow them to their new ids.
    fn retain(&mut self, draft: &mut Draft, kept: &[bool]) {
        let mut nodes = Arena::new();
        let mut moved = Vec::with_capacity(kept.len());
        for (node, kept) in std::mem::take(&mut draft.graph.nodes).into_iter().zip(kept) {
            moved.push(NodeId(nodes.len() as u32));
            if *kept {
                nodes.push(node);
            }
        }
        draft.graph.nodes = nodes;
        for pending in &self.pending {
            let body = self.model.graphs.get_mut(pending.graph);
            if let Some((parent, node)) = body.and_then(|body| body.parent.as_mut())
                && *parent == draft.id
                && let Some(now) = moved.get(node.index())
            {
                *node = *now;
            }
        }
    }

    /// Finds the names that nothing in the graph defines in the graphs around it.
    fn capture(&mut self, draft: &mut Draft, parent: GraphId) {
        let undefined = undefined(&draft.graph);
        for ((_, value), _) in draft.graph.values.iter_mut().zip(undefined).filter(|(_, undefined)| *undefined) {
            let Some((graph, outer)) = self.outer(parent, &value.name) else { continue };
            let Some(found) = self.model.graphs.get(graph).and_then(|graph| graph.values.get(outer)) else { continue };
            value.tensor = found.tensor;
            value.outer = found.tensor.is_none().then_some(outer);
            if value.ty.is_none() {
                value.ty = found.ty.clone();
            }
        }
    }

    /// The value called `name` in `parent`, where it is captured in turn if it comes from further out.
    ///
    /// A constant is not captured: the value is in the graph that has it.
    fn outer(&mut self, parent: GraphId, name: &str) -> Option<(GraphId, ValueId)> {
        let mut between = Vec::new();
        let mut at = parent;
        let mut found = loop {
            if let Some(value) = self.names.get(&at).and_then(|names| names.get(name)) {
                break (at, *value);
            }
            between.push(at);
            (at, _) = self.model.graphs.get(at)?.parent?;
        };
        let (graph, id) = found;
        let Value { name, ty, tensor, .. } = self.model.graphs.get(graph)?.values.get(id)?.clone();
        if tensor.is_some() {
            return Some(found);
        }
        for graph in between.into_iter().rev() {
            let (_, outer) = found;
            let captured = Value { ty: ty.clone(), outer: Some(outer), ..value(name.clone(), &self.strings) };
            let inner = self.model.graphs.get_mut(graph)?.values.push(captured);
            self.names.entry(graph).or_default().insert(name.clone(), inner);
            found = (graph, inner);
        }
        Some(found)
    }

    /// Finds undefined names of a training graph among the constants of the main graph.
    fn share_constants(&mut self, draft: &mut Draft) {
        let (Some(main), Some(names)) = (self.model.graphs.get(GraphId(0)), self.names.get(&GraphId(0))) else {
            return;
        };
        let undefined = undefined(&draft.graph);
        for ((_, value), _) in draft.graph.values.iter_mut().zip(undefined).filter(|(_, undefined)| *undefined) {
            value.tensor = names.get(&value.name).and_then(|id| main.values.get(*id)).and_then(|found| found.tensor);
        }
    }
}

/// How often each value is read by the nodes of `graph`; being an output of it counts as more than once.
fn uses(graph: &Graph) -> Vec<u32> {
    let mut uses = vec![0; graph.values.len()];
    let inputs = graph.nodes.values().flat_map(|node| &node.inputs).flat_map(|argument| &argument.values);
    for (value, count) in inputs.map(|value| (value, 1)).chain(graph.outputs.iter().map(|value| (value, 2))) {
        if let Some(uses) = uses.get_mut(value.index()) {
            *uses += count;
        }
    }
    uses
}

/// Takes inputs with an initialiser off the list of inputs: before IR version 4 all initialisers were inputs too.
fn drop_defaults(graph: &mut Graph) {
    let Graph { inputs, values, .. } = graph;
    inputs.retain(|input| values.get(*input).is_some_and(|value| value.tensor.is_none()));
}

/// The output and the tensor of a node that does nothing but state it.
fn constant(node: &Node) -> Option<(ValueId, TensorId)> {
    let ([attribute], [output]) = (&*node.attributes, &*node.outputs) else { return None };
    let stated = matches!(&*attribute.name, "value" | "sparse_value");
    let plain = &*node.operator == "Constant" && operators::own(&node.domain).is_empty() && node.inputs.is_empty();
    match (&attribute.value, &*output.values) {
        (Literal::Tensor(tensor), [value]) if stated && plain => Some((*value, *tensor)),
        _ => None,
    }
}

/// Of each value, whether it is neither an input nor produced nor constant.
fn undefined(graph: &Graph) -> Vec<bool> {
    let mut undefined: Vec<bool> = graph.values.values().map(|value| value.tensor.is_none()).collect();
    let produced = graph.nodes.values().flat_map(|node| &node.outputs).flat_map(|argument| &argument.values);
    for value in graph.inputs.iter().chain(produced) {
        if let Some(undefined) = undefined.get_mut(value.index()) {
            *undefined = false;
        }
    }
    undefined
}
