//! Types of values.

use super::{DType, Text};
use serde::{Serialize, Serializer};
use std::fmt;

/// One dimension of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// A number of elements.
    Known(u64),
    /// A name that stands for one: `batch`.
    Symbol(Text),
    /// Not stated.
    Unknown,
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(size) => write!(f, "{size}"),
            Self::Symbol(name) => f.write_str(name),
            Self::Unknown => f.write_str("?"),
        }
    }
}

/// The dimensions of a tensor, outermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape(pub Vec<Dim>);

impl Shape {
    /// A shape whose dimensions are all known.
    pub fn of(dims: &[u64]) -> Self {
        Self(dims.iter().copied().map(Dim::Known).collect())
    }
}

impl fmt::Display for Shape {
    /// `1×3×224×224`; `scalar` without dimensions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("scalar");
        }
        for (index, dim) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("×")?;
            }
            write!(f, "{dim}")?;
        }
        Ok(())
    }
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// A dense tensor.
    Tensor {
        /// The type of its elements.
        dtype: DType,
        /// Its dimensions; none if even their number is not stated.
        shape: Option<Shape>,
    },
    /// A sparse tensor.
    Sparse {
        /// The type of its elements.
        dtype: DType,
        /// Its dimensions; none if even their number is not stated.
        shape: Option<Shape>,
    },
    /// A list.
    Sequence(Box<Type>),
    /// A dictionary.
    Map(DType, Box<Type>),
    /// Something, or nothing.
    Optional(Box<Type>),
    /// A type that only its users know.
    Opaque(Text),
}

impl Type {
    /// The shape, if it is a tensor of stated rank.
    pub fn shape(&self) -> Option<&Shape> {
        match self {
            Self::Tensor { shape, .. } | Self::Sparse { shape, .. } => shape.as_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Type {
    /// `float32 1×3×224×224`, `sequence<int64>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tensor { dtype, shape: None } => f.write_str(dtype.name()),
            Self::Tensor { dtype, shape: Some(shape) } => write!(f, "{} {shape}", dtype.name()),
            Self::Sparse { dtype, shape: None } => write!(f, "sparse {}", dtype.name()),
            Self::Sparse { dtype, shape: Some(shape) } => write!(f, "sparse {} {shape}", dtype.name()),
            Self::Sequence(of) => write!(f, "sequence<{of}>"),
            Self::Map(key, of) => write!(f, "map<{}, {of}>", key.name()),
            Self::Optional(of) => write!(f, "optional<{of}>"),
            Self::Opaque(name) => write!(f, "opaque<{name}>"),
        }
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
