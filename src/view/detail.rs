//! The Selection panel: all about a node, a value or a group.

use super::info::{Share, shares};
use super::words;
use crate::analysis::cost::{Cost, GraphCost};
use crate::analysis::infer::Shapes;
use crate::analysis::{GroupId, GroupKind, Member, Tree};
use crate::formats::Format;
use crate::model::{
    Argument, Category, Data, Entry, Graph, GraphId, Import, Links, Literal, Model, Node, NodeId, Tensor, TensorId,
    ValueId, numbers,
};
use crate::report::{Diagnostic, Report};
use crate::source::Files;
use serde::Serialize;
use std::collections::BTreeSet;

/// One end of an edge.
#[derive(Clone, Debug, Serialize)]
pub struct End {
    /// The node.
    pub node: NodeId,
    /// Its operator.
    pub operator: String,
    /// Its name.
    pub name: String,
    /// The parameter that the value is bound to.
    pub argument: String,
    /// Its family.
    pub category: Category,
}

/// A tensor.
#[derive(Clone, Debug, Serialize)]
pub struct TensorInfo {
    /// Its id.
    pub id: TensorId,
    /// Its name.
    pub name: String,
    /// The type of its elements.
    pub dtype: &'static str,
    /// Its shape: `64×3×7×7`.
    pub shape: String,
    /// Its dimensions, outermost first.
    pub dims: Vec<u64>,
    /// Whether its elements are plain numbers.
    pub numeric: bool,
    /// The number of elements.
    pub elements: Option<u64>,
    /// The size in bytes, packed.
    pub bytes: Option<u64>,
    /// Where its bytes are, in words.
    pub location: String,
    /// Whether values can be asked for.
    pub readable: bool,
    /// What the author says about it.
    pub description: String,
    /// What the author attached.
    pub metadata: Vec<Entry>,
    /// The tensor that its codes stand for, if that is known.
    pub dequantised: Option<TensorId>,
}

/// A value with its ends.
#[derive(Clone, Debug, Serialize)]
pub struct ValueInfo {
    /// Its id.
    pub id: ValueId,
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// Whether the file does not state all of its type.
    pub inferred: bool,
    /// What the author says about it.
    pub description: String,
    /// What the author attached.
    pub metadata: Vec<Entry>,
    /// Of a constant: its content.
    pub tensor: Option<TensorInfo>,
    /// Who produces it.
    pub producer: Option<End>,
    /// Who reads it.
    pub consumers: Vec<End>,
    /// Whether it is an input of the graph.
    pub input: bool,
    /// Whether it is an output of the graph.
    pub output: bool,
    /// Whether it comes from the graph around.
    pub captured: bool,
}

/// A formal parameter.
#[derive(Clone, Debug, Serialize)]
pub struct ArgumentInfo {
    /// Its name.
    pub name: String,
    /// The values bound to it.
    pub values: Vec<ValueInfo>,
}

/// An attribute.
#[derive(Clone, Debug, Serialize)]
pub struct AttributeInfo {
    /// Its name.
    pub name: String,
    /// The kind of its content.
    #[serde(rename = "type")]
    pub ty: &'static str,
    /// Its content in words.
    pub value: String,
    /// The graphs in it.
    pub graphs: Vec<GraphId>,
    /// The tensor in it.
    pub tensor: Option<TensorInfo>,
}

/// What is selected.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Detail {
    /// A node.
    Node(Box<NodeInfo>),
    /// A value: an edge, an input or an output.
    Value {
        /// Its graph.
        graph: GraphId,
        /// The value.
        value: Box<ValueInfo>,
    },
    /// A group of the hierarchy.
    Group(Box<GroupInfo>),
}

/// All about a node.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeInfo {
    /// Its id.
    pub id: NodeId,
    /// Its graph.
    pub graph: GraphId,
    /// Its operator.
    pub operator: String,
    /// Its name.
    pub name: String,
    /// Where its operator is defined; empty where the format itself does.
    pub domain: String,
    /// Its family.
    pub category: Category,
    /// Whether operator and attributes are inferred from names and shapes.
    pub inferred: bool,
    /// Its entry in the documentation of its format's operators.
    pub documentation_key: String,
    /// The version of the operator set that it is of, where the file states it.
    pub version: Option<i64>,
    /// The groups around it, outermost first.
    pub path: Vec<Instance>,
    /// What the author says about it.
    pub description: String,
    /// The function that it calls.
    pub definition: Option<GraphId>,
    /// Its attributes.
    pub attributes: Vec<AttributeInfo>,
    /// Its inputs.
    pub inputs: Vec<ArgumentInfo>,
    /// Its outputs.
    pub outputs: Vec<ArgumentInfo>,
    /// What the author attached.
    pub metadata: Vec<Entry>,
    /// What is odd about it.
    pub diagnostics: Vec<Diagnostic>,
    /// What it costs to run; none of a module.
    pub cost: Option<Cost>,
}

/// All about a group of the hierarchy.
#[derive(Clone, Debug, Serialize)]
pub struct GroupInfo {
    /// Its id.
    pub id: GroupId,
    /// Its graph.
    pub graph: GraphId,
    /// What it is.
    pub role: GroupKind,
    /// The class of the module that it is, where the file states it.
    pub class: String,
    /// The names of the groups around it and its own, outermost first.
    pub path: Vec<String>,
    /// The nodes in it and below.
    pub nodes: u32,
    /// How many of these are of each family, most frequent first.
    pub mix: Vec<(Category, u32)>,
    /// Of a stack: the instances, in order.
    pub instances: Vec<Instance>,
    /// Of a stack: what differs between the instances, in words.
    pub differences: Vec<String>,
    /// The tensors that are read in it.
    pub tensors: usize,
    /// The elements of these.
    pub parameters: u64,
    /// Their size in bytes, packed.
    pub bytes: u64,
    /// How much of it is of each type.
    pub dtypes: Vec<Share>,
    /// Of a whole graph: what the author says about it.
    pub description: String,
    /// The settings of the module that it is; of a whole graph, what the author attached.
    pub metadata: Vec<Entry>,
    /// What it costs to run; none of modules.
    pub cost: Option<Cost>,
}

/// One of the groups that a stack folds.
#[derive(Clone, Debug, Serialize)]
pub struct Instance {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// The attributes' text is cut here: what is longer is data, not something to read in a panel.
const LONGEST: usize = 20_000;
/// The most ends of an edge that are listed.
const ENDS: usize = 500;

/// Answers for one graph.
pub(super) struct Describe<'a> {
    pub format: &'a Format,
    pub model: &'a Model,
    pub report: &'a Report,
    pub files: &'a Files,
    pub id: GraphId,
    pub graph: &'a Graph,
    pub links: &'a Links,
    pub tree: &'a Tree,
    pub shapes: &'a Shapes,
    pub cost: Option<&'a GraphCost>,
}

impl Describe<'_> {
    pub fn node(&self, id: NodeId) -> Option<Detail> {
        let node = self.graph.nodes.get(id)?;
        let about = |diagnostic: &&Diagnostic| diagnostic.graph == Some(self.id) && diagnostic.node == Some(id);
        Some(Detail::Node(Box::new(NodeInfo {
            id,
            graph: self.id,
            operator: node.operator.to_string(),
            name: node.name.to_string(),
            domain: node.domain.to_string(),
            category: node.category,
            inferred: node.inferred,
            documentation_key: format!("{}:{}", self.domain(node), node.operator),
            version: self.version(node),
            path: self.around(id),
            description: node.description.to_string(),
            definition: node.definition,
            attributes: self.attributes(node),
            inputs: self.arguments(&node.inputs),
            outputs: self.arguments(&node.outputs),
            metadata: node.metadata.clone(),
            diagnostics: self.report.diagnostics.iter().filter(about).cloned().collect(),
            cost: self.cost.and_then(|cost| cost.nodes.get(id.index())).copied(),
        })))
    }

    /// The groups around a node, outermost first; the root is not among them.
    fn around(&self, node: NodeId) -> Vec<Instance> {
        let Some(group) = self.tree.group_of.get(node.index()) else { return Vec::new() };
        let name = |id: GroupId| Instance { id, name: super::flow::title(self.tree, id) };
        self.tree.path(*group).into_iter().map(name).collect()
    }

    /// Where the operator of `node` is defined, by its full name.
    fn domain<'a>(&'a self, node: &'a Node) -> &'a str {
        if node.domain.is_empty() { self.format.domain } else { &node.domain }
    }

    /// The version of the operator set of `node`: as the function around states it, else the model.
    fn version(&self, node: &Node) -> Option<i64> {
        let of = |imports: &[Import]| {
            let own = |domain: &str| if domain.is_empty() { self.format.domain } else { domain }.to_owned();
            imports.iter().find(|import| own(&import.domain) == self.domain(node)).map(|import| import.version)
        };
        of(&self.graph.imports).or_else(|| of(&self.model.imports))
    }

    pub fn edge(&self, id: ValueId) -> Option<Detail> {
        self.graph.values.get(id)?;
        Some(Detail::Value { graph: self.id, value: Box::new(self.value(id)) })
    }

    pub fn group(&self, id: GroupId) -> Option<Detail> {
        let group = self.tree.groups.get(id)?;
        let mut inside = vec![false; self.tree.groups.len()];
        for (other, group) in self.tree.groups.iter() {
            inside[other.index()] = other == id || group.parent.is_some_and(|parent| inside[parent.index()]);
        }
        let nodes = self.graph.nodes.iter().filter(|(node, _)| inside[self.tree.group_of[node.index()].index()]);
        let values = nodes.flat_map(|(_, node)| &node.inputs).flat_map(|argument| &argument.values);
        let tensors: BTreeSet<TensorId> = values.filter_map(|value| self.graph.values[*value].tensor).collect();
        let dtypes = shares(tensors.iter().map(|tensor| &self.model.tensors[*tensor]));
        let instances =
            group.members.iter().filter(|_| group.kind == GroupKind::Stack).filter_map(|member| match member {
                Member::Group(id) => Some(Instance { id: *id, name: self.tree.groups[*id].name.to_string() }),
                Member::Node(_) => None,
            });
        Some(Detail::Group(Box::new(GroupInfo {
            id,
            graph: self.id,
            role: group.kind,
            class: group.class.to_string(),
            path: self.tree.path(id).into_iter().map(|id| self.tree.groups[id].name.to_string()).collect(),
            nodes: group.nodes,
            mix: group.mix.clone(),
            instances: instances.collect(),
            differences: group.differences.clone(),
            tensors: dtypes.iter().map(|share| share.tensors).sum(),
            parameters: dtypes.iter().map(|share| share.parameters).fold(0, u64::saturating_add),
            bytes: dtypes.iter().map(|share| share.bytes).fold(0, u64::saturating_add),
            dtypes,
            description: if id == Tree::ROOT { self.graph.description.to_string() } else { String::new() },
            metadata: match group.scope {
                Some(scope) => self.graph.scopes[scope].metadata.clone(),
                None if id == Tree::ROOT => self.graph.metadata.clone(),
                None => Vec::new(),
            },
            cost: self.cost.and_then(|cost| {
                if id == Tree::ROOT { Some(cost.total) } else { cost.groups(self.tree).get(id.index()).copied() }
            }),
        })))
    }

    fn attributes(&self, node: &Node) -> Vec<AttributeInfo> {
        let describe = |attribute: &crate::model::Attribute| {
            let (value, ty) = words::literal(self.model, &attribute.value);
            let tensor = match &attribute.value {
                Literal::Tensor(id) => self.tensor(*id),
                _ => None,
            };
            AttributeInfo {
                name: attribute.name.to_string(),
                ty,
                value: words::shorten(&value, LONGEST),
                graphs: attribute.value.graphs(),
                tensor,
            }
        };
        node.attributes.iter().map(describe).collect()
    }

    fn arguments(&self, arguments: &[Argument]) -> Vec<ArgumentInfo> {
        let describe = |argument: &Argument| ArgumentInfo {
            name: argument.name.to_string(),
            values: argument.values.iter().map(|value| self.value(*value)).collect(),
        };
        arguments.iter().map(describe).collect()
    }

    fn value(&self, id: ValueId) -> ValueInfo {
        let value = &self.graph.values[id];
        let ends = |nodes: &[NodeId]| -> Vec<End> {
            nodes.iter().take(ENDS).map(|node| self.end(*node, id, |node| &node.inputs)).collect()
        };
        let producer = self.links.producer[id.index()];
        let typed = self.shapes.typed(self.model, self.id, id);
        ValueInfo {
            id,
            name: value.name.to_string(),
            ty: typed.as_ref().map(|typed| typed.ty.to_string()),
            inferred: typed.is_some_and(|typed| typed.inferred),
            description: value.description.to_string(),
            metadata: value.metadata.clone(),
            tensor: value.tensor.and_then(|tensor| self.tensor(tensor)),
            producer: producer.map(|node| self.end(node, id, |node| &node.outputs)),
            consumers: ends(self.links.consumers(id)),
            input: self.graph.inputs.contains(&id),
            output: self.graph.outputs.contains(&id),
            captured: value.outer.is_some(),
        }
    }

    fn end(&self, id: NodeId, value: ValueId, side: fn(&Node) -> &[Argument]) -> End {
        let node = &self.graph.nodes[id];
        let argument = side(node).iter().find(|argument| argument.values.contains(&value));
        End {
            node: id,
            operator: node.operator.to_string(),
            name: node.name.to_string(),
            argument: argument.map(|argument| argument.name.to_string()).unwrap_or_default(),
            category: node.category,
        }
    }

    fn tensor(&self, id: TensorId) -> Option<TensorInfo> {
        tensor(self.model, self.files, id)
    }
}

/// All about tensor `id`.
pub(super) fn tensor(model: &Model, files: &Files, id: TensorId) -> Option<TensorInfo> {
    let tensor = model.tensors.get(id)?;
    let (location, readable) = location(files, tensor);
    Some(TensorInfo {
        id,
        name: tensor.name.to_string(),
        dtype: tensor.dtype.name(),
        shape: words::shape(&tensor.shape),
        dims: tensor.shape.clone(),
        numeric: numbers::are_plain(tensor.dtype),
        elements: tensor.elements(),
        bytes: tensor.bytes(),
        location,
        readable,
        description: tensor.description.to_string(),
        metadata: tensor.metadata.clone(),
        dequantised: model.dequantised.get(&id).copied(),
    })
}

/// Where the bytes of `tensor` are, in words, and whether they can be read.
fn location(files: &Files, tensor: &Tensor) -> (String, bool) {
    let paths = files.paths();
    let path = |file: crate::source::FileId| paths.get(file.0 as usize).map(String::as_str).unwrap_or_default();
    // The size is worth a word only where it is not the one that type and shape ask for.
    let odd = |len| if tensor.bytes() == Some(len) { String::new() } else { format!(", {}", words::bytes(len)) };
    match &tensor.data {
        Data::Absent => ("not in the file".into(), false),
        Data::Range(file, span) => (format!("{} at {:#x}{}", path(*file), span.at, odd(span.len)), true),
        Data::Strided(file, span, strides) => {
            (format!("{} at {:#x}, strides {}", path(*file), span.at, words::shape(strides)), true)
        }
        Data::Records(file, span, strides) => {
            (format!("{} at {:#x}, steps of {} bytes", path(*file), span.at, words::shape(strides)), true)
        }
        Data::Ranges(file, spans) => (format!("{} in {} pieces", path(*file), spans.len()), true),
        Data::Strings(file, spans) => (format!("{}, {} strings", path(*file), spans.len()), true),
        Data::Prefixed(file, strings) => {
            (format!("{} at {:#x}, {}", path(*file), strings.span.at, words::bytes(strings.span.len)), true)
        }
        Data::Dequantised(_) => ("made of the codes and scales that are stored".into(), true),
        Data::Inline(bytes) => (words::bytes(bytes.len() as u64), true),
        Data::External { path, span } if span.len == u64::MAX => (format!("{path} from {:#x} on", span.at), true),
        Data::External { path, span } => (format!("{path} at {:#x}{}", span.at, odd(span.len)), true),
    }
}
