//! The intermediate representation: what every format is lowered to.
//!
//! Flat arenas with small ids, so that 100,000 nodes are cheap. Tensors hold ranges of files, never payloads.
//!
//! # What the parts mean
//!
//! - A [`Model`] is a list of [`Graph`]s and one table of [`Tensor`]s. Entry graphs come first, then functions, then the
//!   bodies of control flow in the order in which they were met.
//! - A [`Node`] applies an operator. Its [`Argument`]s are the formal parameters, each with the values that are bound to it:
//!   none (an absent optional), one, or several (a variadic).
//! - A [`Value`] is what flows along an edge. Exactly one of these holds: it is an input of the graph, one node
//!   produces it, it is a constant (it has a tensor), or it is captured from the graph around this one.
//! - A [`Scope`] is a level of the module hierarchy that the names spell. In a graph of [`Wiring::Modules`] nothing flows:
//!   nodes are modules that own tensors, and the scopes are what is drawn.
//!
//! [`check`] verifies all that holds by construction; [`externals`] looks for the files beside it; [`joined`] makes one of
//! several files; [`dump`](mod@dump) prints it;
//! [`values`] reads what tensors hold, and [`numbers`] much of it at once; [`quantised`] says what codes stand for.

pub(crate) mod arena;
mod blocks;
pub mod check;
mod dtype;
pub mod dump;
pub mod externals;
mod fixed;
pub mod joined;
mod links;
mod literal;
mod modules;
pub mod numbers;
mod prefixed;
pub mod quantised;
mod strided;
mod tensor;
mod totals;
mod types;
pub mod values;
mod weights;

pub use arena::{Arena, Id};
pub use dtype::{Block, DType};
pub use links::{Links, in_order};
pub use literal::Literal;
pub use modules::Modules;
pub use quantised::Quantised;
pub use tensor::{Data, Encoding, Fixed, Form, Prefixed, Scaled, Tensor, Unit};
pub use totals::Totals;
pub use types::{Dim, Shape, Type};
pub use values::Values;
pub use weights::Weight;

use foldhash::HashSet;
use serde::Serialize;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Text that is shared: the same name is stored once. See [`Strings`].
pub type Text = Rc<str>;

arena::id! {
    /// Names a [`Graph`] in its [`Model`].
    GraphId;
    /// Names a [`Node`] in its [`Graph`].
    NodeId;
    /// Names a [`Value`] in its [`Graph`].
    ValueId;
    /// Names a [`Scope`] in its [`Graph`].
    ScopeId;
    /// Names a [`Tensor`] in its [`Model`].
    TensorId;
}

/// Interns text while a model is built.
#[derive(Debug, Default)]
pub struct Strings {
    known: HashSet<Text>,
    empty: Text,
}

impl Strings {
    /// The shared copy of `text`.
    pub fn intern(&mut self, text: &str) -> Text {
        if text.is_empty() {
            return self.empty();
        }
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let new: Text = text.into();
        self.known.insert(new.clone());
        new
    }

    /// The shared copy of `""`.
    pub fn empty(&self) -> Text {
        self.empty.clone()
    }
}

/// A model file, opened.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Model {
    /// The format with its version, as people call it: `ONNX v8`, `Safetensors`.
    pub format: String,
    /// What the format itself says about the model (producer, domain, description …), in display order.
    pub properties: Vec<Entry>,
    /// The operator sets that the model uses.
    pub imports: Vec<Import>,
    /// What the author attached: free keys and values.
    pub metadata: Vec<Entry>,
    /// All graphs: entry graphs, functions, bodies.
    pub graphs: Arena<GraphId, Graph>,
    /// All tensors of all graphs, and those that some of them stand for.
    pub tensors: Arena<TensorId, Tensor>,
    /// Of tensors of codes: the tensor that these stand for. See [`Quantised`].
    pub dequantised: BTreeMap<TensorId, TensorId>,
}

/// A named piece of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The key.
    pub name: Text,
    /// The text.
    pub value: Text,
}

/// An operator set that a model or function uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Import {
    /// The domain, as the file spells it (`""` is ONNX's own).
    pub domain: Text,
    /// The version.
    pub version: i64,
}

/// What a graph is to its model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GraphKind {
    /// An entry point; nodes of others may call it, too.
    #[default]
    Main,
    /// A function, called by nodes whose [`Node::definition`] it is.
    Function,
    /// The body of a control-flow node: an attribute of [`Graph::parent`].
    Body,
}

/// What connects the nodes of a graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wiring {
    /// Values flow from node to node.
    #[default]
    Flow,
    /// Nothing flows: nodes are modules that own tensors, in the tree of scopes.
    Modules,
}

/// One graph.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Graph {
    /// The name, possibly empty.
    pub name: Text,
    /// What it is to the model.
    pub kind: GraphKind,
    /// What connects its nodes.
    pub wiring: Wiring,
    /// Of a body: the node that holds it.
    pub parent: Option<(GraphId, NodeId)>,
    /// What the author says about it.
    pub description: Text,
    /// What the author attached.
    pub metadata: Vec<Entry>,
    /// Of a function: where it is defined, as the file spells it.
    pub domain: Text,
    /// Of a function: its formal attributes, with their defaults where they have any.
    pub attributes: Vec<Attribute>,
    /// The operator sets, where a function states its own.
    pub imports: Vec<Import>,
    /// The values that come in, in order.
    pub inputs: Vec<ValueId>,
    /// The values that go out, in order.
    pub outputs: Vec<ValueId>,
    /// The nodes, in the order of the file.
    pub nodes: Arena<NodeId, Node>,
    /// The values.
    pub values: Arena<ValueId, Value>,
    /// The module hierarchy, parents before children.
    pub scopes: Arena<ScopeId, Scope>,
}

/// A level of the module hierarchy.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Scope {
    /// The last part of its path; empty where it stands for the level around it.
    pub name: Text,
    /// The level around it.
    pub parent: Option<ScopeId>,
    /// The class of the module that it stands for, where the file states it: `torchvision.models.resnet.BasicBlock`.
    pub class: Text,
    /// The settings of that module.
    pub metadata: Vec<Entry>,
}

/// The family of an operator: the colour of its node. Always the same across formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Anything else.
    #[default]
    Other,
    /// Convolutions and their transposes.
    Convolution,
    /// Matrix products and fully connected layers.
    Linear,
    /// Pointwise non-linearities.
    Activation,
    /// Batch, layer, group … normalisation.
    Normalization,
    /// Pooling and resampling.
    Pool,
    /// Attention.
    Attention,
    /// Reshape, transpose, concatenation, gathering: moves data, computes nothing.
    Shape,
    /// Arithmetic and comparison, element by element.
    Elementwise,
    /// Sums, means, maxima over axes.
    Reduction,
    /// RNN, LSTM, GRU.
    Recurrent,
    /// If, Loop, Scan, calls.
    Control,
    /// Constants, casts, quantisation, random numbers, input and output.
    Data,
}

impl Category {
    /// All categories, in the order of their discriminants.
    pub const ALL: [Self; 13] = [
        Self::Other,
        Self::Convolution,
        Self::Linear,
        Self::Activation,
        Self::Normalization,
        Self::Pool,
        Self::Attention,
        Self::Shape,
        Self::Elementwise,
        Self::Reduction,
        Self::Recurrent,
        Self::Control,
        Self::Data,
    ];

    /// The name that style sheets, operator tables and dumps use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Convolution => "convolution",
            Self::Linear => "linear",
            Self::Activation => "activation",
            Self::Normalization => "normalization",
            Self::Pool => "pool",
            Self::Attention => "attention",
            Self::Shape => "shape",
            Self::Elementwise => "elementwise",
            Self::Reduction => "reduction",
            Self::Recurrent => "recurrent",
            Self::Control => "control",
            Self::Data => "data",
        }
    }

    /// The category called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

/// One application of an operator, or one module of a weights file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Node {
    /// The name, possibly empty. Of a module: its whole path.
    pub name: Text,
    /// The operator: `Conv`. Of a module: its class where that is known or inferred, else what it is called in its scope.
    pub operator: Text,
    /// Whether operator and attributes are not stated by the file, but inferred from names and shapes.
    pub inferred: bool,
    /// Where the operator is defined, as the file spells it.
    pub domain: Text,
    /// The family of the operator.
    pub category: Category,
    /// The level of the hierarchy that it belongs to.
    pub scope: Option<ScopeId>,
    /// The formal inputs, in order.
    pub inputs: Vec<Argument>,
    /// The formal outputs, in order.
    pub outputs: Vec<Argument>,
    /// The attributes, in the order of the file.
    pub attributes: Vec<Attribute>,
    /// What the author says about it.
    pub description: Text,
    /// What the author attached.
    pub metadata: Vec<Entry>,
    /// The function or the entry point that it calls.
    pub definition: Option<GraphId>,
}

/// A formal parameter with the values bound to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Argument {
    /// The name of the parameter in the operator's definition; empty when unknown.
    pub name: Text,
    /// The values: none for an absent optional, several for a variadic.
    pub values: Vec<ValueId>,
}

/// What it means that nodes read a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// Data flows.
    #[default]
    Data,
    /// Nothing flows: they only wait until its producer has run.
    Control,
    /// Data flows into the next run of a loop: a circle that it closes is none.
    Feedback,
}

/// What flows along an edge.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Value {
    /// The name, possibly empty.
    pub name: Text,
    /// What it means that nodes read it.
    pub kind: ValueKind,
    /// The type, where the file states it.
    pub ty: Option<Type>,
    /// Of a constant: its content. It is drawn inside its consumers.
    pub tensor: Option<TensorId>,
    /// Of a captured value: the same value in the graph around this one.
    pub outer: Option<ValueId>,
    /// Whether the file does not state that its producer and its consumers follow each other: it is inferred from their order.
    pub inferred: bool,
    /// What the author says about it.
    pub description: Text,
    /// What the author attached; quantisation parameters among it.
    pub metadata: Vec<Entry>,
}

/// A named attribute of a node.
#[derive(Clone, Debug, Serialize)]
pub struct Attribute {
    /// The name.
    pub name: Text,
    /// The content.
    pub value: Literal,
}

impl Graph {
    /// What `node` is called among its siblings: of a module, the last part of its path; else its operator.
    pub fn own_name<'a>(&'a self, node: &'a Node) -> &'a Text {
        let scope = node.scope.filter(|_| self.wiring == Wiring::Modules);
        scope.and_then(|scope| self.scopes.get(scope)).map_or(&node.operator, |scope| &scope.name)
    }

    /// The path of `scope` from the outermost level, joined by `separator`.
    pub fn path(&self, scope: ScopeId, separator: &str) -> String {
        let mut parts = Vec::new();
        let mut next = Some(scope);
        while let Some(id) = next {
            let scope = &self.scopes[id];
            parts.push(&*scope.name);
            next = scope.parent;
        }
        parts.reverse();
        parts.join(separator)
    }
}
