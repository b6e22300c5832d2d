//! Shapes and types of values that the file does not state.
//!
//! Each node has a rule by its operator, which says what its outputs are from what is known of its inputs; nodes are gone through once, each after those
//! that it reads from. Sizes may be names, and sums of products of names. What small tensors hold is followed as well, so that shapes that a
//! graph computes (`Shape → Gather → Concat → Reshape`) are known where they can be. Functions are gone through at each call, bodies at the nodes that
//! hold them.
//!
//! [`Shapes`] is data beside the model: what the file states stays as it is, and what contradicts it becomes a diagnostic.

mod call;
mod fact;
mod layout;
mod lists;
mod make;
mod matrix;
mod microsoft;
mod pointwise;
mod reduce;
mod scores;
mod size;
mod spatial;
mod table;
mod walk;

pub use fact::{Content, Fact, Kind};
pub use size::Size;

use crate::model::{Dim, Graph, GraphId, GraphKind, Model, NodeId, Text, Type, ValueId};
use crate::report::Report;
use crate::source::Files;
use serde::Serialize;

/// Sizes that the reader of the page has given to names: few.
pub type Sizes = Vec<(Text, u64)>;

/// The size that `name` stands for, if it has one.
pub fn size_of(sizes: &Sizes, name: &str) -> Option<u64> {
    sizes.iter().find(|(known, _)| &**known == name).map(|(_, size)| *size)
}

/// What is known of all values of a model.
#[derive(Debug, Default)]
pub struct Shapes {
    /// By graph, by value.
    facts: Vec<Vec<Fact>>,
    /// How often the bodies of nodes run: by graph, by node. Empty for graphs without loops.
    turns: Vec<Vec<u64>>,
    /// Contradictions.
    pub report: Report,
}

/// The type of a value, and where it is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// The type.
    pub ty: Type,
    /// Whether the file does not state all of it.
    pub inferred: bool,
}

/// A name for a size that the inputs of a model leave open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Symbol {
    /// The name.
    pub name: Text,
    /// The inputs that have it.
    pub inputs: Vec<Text>,
}

impl Shapes {
    /// What is known of the values of `model`, which came from `files`. `domain` is what the empty operator domain stands for; `sizes` are
    /// those that names stand for.
    pub fn of(model: &Model, files: &Files, domain: &str, sizes: &Sizes) -> Self {
        walk::walk(model, files, domain, sizes)
    }

    /// What is known of `value` of `graph`.
    pub fn fact(&self, graph: GraphId, value: ValueId) -> Option<&Fact> {
        self.facts.get(graph.index())?.get(value.index())
    }

    /// What is known of the values of `graph`, by value.
    pub fn facts(&self, graph: GraphId) -> &[Fact] {
        self.facts.get(graph.index()).map(Vec::as_slice).unwrap_or_default()
    }

    /// How often the body of `node` of `graph` runs; once, where that is not known.
    pub fn turns(&self, graph: GraphId, node: NodeId) -> u64 {
        self.turns.get(graph.index()).and_then(|turns| turns.get(node.index())).copied().unwrap_or(1)
    }

    /// The type of `value` of `graph`: what the file states, and what follows from it.
    pub fn typed(&self, model: &Model, graph: GraphId, value: ValueId) -> Option<Typed> {
        let of = model.graphs.get(graph)?.values.get(value)?;
        let found = self.fact(graph, value).and_then(Fact::ty);
        match (&of.ty, found) {
            (None, None) => None,
            (None, Some(ty)) => Some(Typed { ty, inferred: of.tensor.is_none() }),
            (Some(stated), None) => Some(Typed { ty: stated.clone(), inferred: false }),
            (Some(stated), Some(ty)) if tells_more(&ty, stated) => Some(Typed { ty, inferred: true }),
            (Some(stated), Some(_)) => Some(Typed { ty: stated.clone(), inferred: false }),
        }
    }
}

/// Whether `found` has numbers or names where `stated` has none, or numbers where it has names.
fn tells_more(found: &Type, stated: &Type) -> bool {
    let (found, stated) = match (found, stated) {
        (Type::Sequence(found), Type::Sequence(stated)) | (Type::Optional(found), Type::Optional(stated)) => {
            (&**found, &**stated)
        }
        both => both,
    };
    let (Some(found), stated) = (found.shape(), stated.shape()) else { return false };
    let Some(stated) = stated else { return true };
    found.0.len() == stated.0.len()
        && found.0.iter().zip(&stated.0).any(|pair| match pair {
            (Dim::Known(a), Dim::Known(b)) => a != b,
            (Dim::Known(_), _) | (Dim::Symbol(_), Dim::Unknown) => true,
            (Dim::Symbol(_), Dim::Symbol(name)) => fact::is_blank(name),
            _ => false,
        })
}

/// The sizes that the inputs of the entry graphs leave open: input, axis, and the name; those without a name get a number, such as `?2`.
fn open_sizes(model: &Model) -> Vec<(GraphId, ValueId, usize, Text)> {
    let mut found = Vec::new();
    let mut unnamed = 0;
    for (id, graph) in model.graphs.iter().filter(|(_, graph)| graph.kind == GraphKind::Main) {
        for input in inputs(graph) {
            let shape = graph.values.get(input).and_then(|value| value.ty.as_ref()?.shape());
            for (axis, dim) in shape.into_iter().flat_map(|shape| &shape.0).enumerate() {
                match dim {
                    Dim::Known(_) => {}
                    Dim::Symbol(name) if !fact::is_blank(name) => found.push((id, input, axis, name.clone())),
                    Dim::Symbol(_) | Dim::Unknown => {
                        unnamed += 1;
                        found.push((id, input, axis, format!("?{unnamed}").into()));
                    }
                }
            }
        }
    }
    found
}

/// The names of sizes that the inputs of the entry graphs leave open, in the order of their first use.
pub fn symbols(model: &Model) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::new();
    for (graph, input, _, name) in open_sizes(model) {
        let Some(value) = model.graphs.get(graph).and_then(|graph| graph.values.get(input)) else { continue };
        for name in size::names(&name) {
            let at = symbols.iter().position(|symbol| symbol.name == name);
            match at.and_then(|at| symbols.get_mut(at)) {
                Some(symbol) if symbol.inputs.last() == Some(&value.name) => {}
                Some(symbol) => symbol.inputs.push(value.name.clone()),
                None => symbols.push(Symbol { name, inputs: vec![value.name.clone()] }),
            }
        }
    }
    symbols
}

/// The inputs of `graph` that are no constants.
fn inputs(graph: &Graph) -> impl Iterator<Item = ValueId> + '_ {
    let open = |id: &ValueId| graph.values.get(*id).is_some_and(|value| value.tensor.is_none());
    graph.inputs.iter().copied().filter(open)
}
