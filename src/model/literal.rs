//! What attributes hold.

use super::{GraphId, TensorId, Text, Type};
use serde::{Serialize, Serializer};

/// The content of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// No content, or one that is not known.
    Absent,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A 32-bit float: printed with the digits that matter.
    Float(f32),
    /// A 64-bit float.
    Double(f64),
    /// Text.
    String(Text),
    /// A tensor.
    Tensor(TensorId),
    /// A graph of the same model.
    Graph(GraphId),
    /// A type.
    Type(Type),
    /// The name of an attribute of the enclosing function, whose content takes this place.
    Reference(Text),
    /// Several of one kind.
    List(Vec<Literal>),
}

impl Literal {
    /// The graphs in it.
    pub fn graphs(&self) -> Vec<GraphId> {
        match self {
            Self::Graph(id) => vec![*id],
            Self::List(items) => items
                .iter()
                .filter_map(|item| match item {
                    Self::Graph(id) => Some(*id),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl Serialize for Literal {
    /// Numbers, texts and lists as JSON has them, infinities and NaN as text; else `{"tensor": 3}`, `{"graph": 1}`,
    /// `{"type": "float32"}`, `{"reference": "alpha"}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) if value.is_finite() => serializer.serialize_f32(*value),
            Self::Float(value) => serializer.collect_str(value),
            Self::Double(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Double(value) => serializer.collect_str(value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Tensor(id) => serializer.collect_map([("tensor", id)]),
            Self::Graph(id) => serializer.collect_map([("graph", id)]),
            Self::Type(ty) => serializer.collect_map([("type", ty)]),
            Self::Reference(name) => serializer.collect_map([("reference", name)]),
            Self::List(items) => serializer.collect_seq(items),
        }
    }
}
