//! All tensors and all operators of a model, as rows.

use super::{flow, words};
use crate::analysis::cost::Costs;
use crate::analysis::{Group, GroupId, Tree};
use crate::model::{Data, GraphId, Model, NodeId, Tensor, TensorId};
use crate::source::Files;
use serde::Serialize;

/// A tensor by one of its names.
#[derive(Clone, Debug, Serialize)]
pub struct TensorRow {
    /// The name.
    pub name: String,
    /// The tensor.
    pub tensor: TensorId,
    /// The type of its elements.
    pub dtype: &'static str,
    /// Its shape: `64×3×7×7`.
    pub shape: String,
    /// The number of elements.
    pub elements: Option<u64>,
    /// The size in bytes, packed; none for a name that is not the first one of its tensor.
    pub bytes: Option<u64>,
    /// The first name of the same tensor, where this is another.
    pub tied: Option<String>,
    /// The file that its bytes are in; empty where it has none.
    pub file: String,
    /// The graph that it is used in.
    pub graph: Option<GraphId>,
    /// The first node that reads it.
    pub node: Option<NodeId>,
}

/// A node.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorRow {
    /// The graph.
    pub graph: GraphId,
    /// The node.
    pub node: NodeId,
    /// The operator.
    pub operator: String,
    /// The name, possibly empty.
    pub name: String,
    /// Its family.
    pub category: &'static str,
    /// How many parameters it reads.
    pub parameters: u64,
    /// How many multiplications with an addition it takes; none where nothing flows.
    pub macs: Option<u64>,
}

/// A group of the hierarchy.
#[derive(Clone, Debug, Serialize)]
pub struct ModuleRow {
    /// The names of the groups around it and its own.
    pub path: String,
    /// The graph.
    pub graph: GraphId,
    /// The group.
    pub group: GroupId,
    /// The nodes in it and below.
    pub nodes: u32,
    /// The parameters in it and below, each tensor counted once.
    pub parameters: u64,
    /// Their size in bytes, packed.
    pub bytes: u64,
}

/// Rows for all groups of the hierarchy of `graph`, the outer before the inner.
pub(super) fn modules(graph: GraphId, tree: &Tree) -> Vec<ModuleRow> {
    let row = |(id, group): (GroupId, &Group)| {
        let path: Vec<String> = tree.path(id).into_iter().map(|part| flow::title(tree, part)).collect();
        let Group { nodes, parameters, bytes, .. } = *group;
        ModuleRow { path: path.join(" › "), graph, group: id, nodes, parameters, bytes }
    };
    tree.groups.iter().filter(|(id, _)| *id != Tree::ROOT).map(row).collect()
}

/// Rows for all tensors of `model`, under all their names.
pub(super) fn tensors(model: &Model, files: &Files) -> Vec<TensorRow> {
    let weights = model.weights();
    let paths = files.paths();
    let row = |weight: &crate::model::Weight| {
        let tensor = model.tensors.get(weight.tensor)?;
        let tied = weight.tied.and_then(|first| weights.get(first)).map(|first| first.name.to_string());
        Some(TensorRow {
            name: weight.name.to_string(),
            tensor: weight.tensor,
            dtype: tensor.dtype.name(),
            shape: words::shape(&tensor.shape),
            elements: tensor.elements(),
            bytes: if tied.is_some() { None } else { tensor.bytes() },
            tied,
            file: file(tensor, &paths),
            graph: weight.graph,
            node: weight.node,
        })
    };
    weights.iter().filter_map(row).collect()
}

/// The file that the bytes of `tensor` are in.
fn file(tensor: &Tensor, paths: &[String]) -> String {
    match &tensor.data {
        Data::Range(file, _)
        | Data::Ranges(file, _)
        | Data::Strided(file, ..)
        | Data::Records(file, ..)
        | Data::Strings(file, _)
        | Data::Prefixed(file, _) => paths.get(file.0 as usize).cloned().unwrap_or_default(),
        Data::External { path, .. } => path.to_string(),
        Data::Inline(_) => paths.first().cloned().unwrap_or_default(),
        Data::Absent | Data::Dequantised(_) => String::new(),
    }
}

/// Rows for all nodes of `model`, graph by graph.
pub(super) fn operators(model: &Model, costs: Option<&Costs>) -> Vec<OperatorRow> {
    let mut rows = Vec::new();
    for (id, graph) in model.graphs.iter() {
        let flows = graph.wiring == crate::model::Wiring::Flow;
        let cost = costs.filter(|_| flows).and_then(|costs| costs.get(id));
        for (node, of) in graph.nodes.iter() {
            let values = of.inputs.iter().flat_map(|argument| &argument.values);
            let elements = values.filter_map(|value| model.tensors.get(graph.values.get(*value)?.tensor?)?.elements());
            rows.push(OperatorRow {
                graph: id,
                node,
                operator: of.operator.to_string(),
                name: of.name.to_string(),
                category: of.category.name(),
                parameters: elements.sum(),
                macs: cost.and_then(|cost| cost.nodes.get(node.index())).map(|cost| cost.macs),
            });
        }
    }
    rows
}
