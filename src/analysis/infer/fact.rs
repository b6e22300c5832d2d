//! What is known of a value: its type, its sizes, and of small ones what they hold.

use super::size::Size;
use crate::model::{DType, Dim, Shape, Type};
use std::rc::Rc;

/// What is known of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fact {
    /// The type of its elements; of a list, of those of its tensors.
    pub dtype: Option<DType>,
    /// Its dimensions; none if even their number is not known.
    pub dims: Option<Rc<[Size]>>,
    /// What it holds, in row-major order, of small ones that shapes may be computed with.
    pub content: Option<Content>,
    /// What it is, if it is no dense tensor.
    pub kind: Kind,
}

/// What sort of thing a value is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Kind {
    /// A dense tensor, or nothing is known.
    #[default]
    Tensor,
    /// A sparse tensor.
    Sparse,
    /// A list of what is inside.
    Sequence(Rc<Fact>),
    /// What is inside, or nothing.
    Optional(Rc<Fact>),
    /// Something of which only the type is known.
    Other(Rc<Type>),
}

/// The elements of a small tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Whole numbers and truth values.
    Ints(Rc<[Size]>),
    /// Floats.
    Floats(Rc<[f64]>),
}

impl Content {
    /// The most elements that are kept.
    pub const MOST: usize = 256;

    /// How many elements there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Ints(items) => items.len(),
            Self::Floats(items) => items.len(),
        }
    }

    /// The whole numbers.
    pub fn ints(&self) -> Option<&[Size]> {
        if let Self::Ints(items) = self { Some(items) } else { None }
    }

    /// The numbers as floats, if all are known.
    pub fn floats(&self) -> Option<Vec<f64>> {
        match self {
            Self::Ints(items) => items.iter().map(|item| Some(item.known()? as f64)).collect(),
            Self::Floats(items) => Some(items.to_vec()),
        }
    }

    /// The elements at `places`; none where there is none.
    pub fn pick(&self, places: impl Iterator<Item = Option<usize>>) -> Option<Self> {
        Some(match self {
            Self::Ints(items) => Self::Ints(places.map(|at| items.get(at?).cloned()).collect::<Option<_>>()?),
            Self::Floats(items) => Self::Floats(places.map(|at| items.get(at?).copied()).collect::<Option<_>>()?),
        })
    }
}

impl Fact {
    /// A dense tensor.
    pub fn tensor(dtype: Option<DType>, dims: Option<Vec<Size>>) -> Self {
        Self { dtype, dims: dims.map(Rc::from), ..Self::default() }
    }

    /// A list of what is `inside`.
    pub fn sequence(inside: Self) -> Self {
        Self { kind: Kind::Sequence(Rc::new(inside)), ..Self::default() }
    }

    /// A dense tensor that holds these whole numbers: one dimension, or none for a single number.
    pub fn ints(dtype: DType, items: Vec<Size>, scalar: bool) -> Self {
        let dims = if scalar { Vec::new() } else { vec![Size::Known(items.len() as i64)] };
        let content = (items.len() <= Content::MOST).then(|| Content::Ints(items.into()));
        Self { content, ..Self::tensor(Some(dtype), Some(dims)) }
    }

    /// The number of elements.
    pub fn elements(&self) -> Size {
        self.dims.as_ref().map_or(Size::Unknown, |dims| super::size::product(dims.iter()))
    }

    /// The number of elements, if all sizes are numbers, or one is zero.
    pub fn count(&self) -> Option<u64> {
        let dims = self.dims.as_deref()?;
        if dims.iter().any(|size| size.is(0)) {
            return Some(0);
        }
        dims.iter().try_fold(1u64, |product, size| product.checked_mul(size.count()?))
    }

    /// What `ty` states; names that `bound` knows are numbers.
    pub fn of(ty: &Type, bound: &impl Fn(&str) -> Option<i64>) -> Self {
        let size = |dim: &Dim| match dim {
            Dim::Known(size) => i64::try_from(*size).map_or(Size::Unknown, Size::Known),
            Dim::Symbol(name) if !is_blank(name) => Size::named(name, bound),
            Dim::Symbol(_) | Dim::Unknown => Size::Unknown,
        };
        let dims = |shape: &Option<Shape>| Some(shape.as_ref()?.0.iter().map(size).collect());
        let stated = |dtype: &DType| (*dtype != DType::Unknown).then_some(*dtype);
        match ty {
            Type::Tensor { dtype, shape } => Self::tensor(stated(dtype), dims(shape)),
            Type::Sparse { dtype, shape } => Self { kind: Kind::Sparse, ..Self::tensor(stated(dtype), dims(shape)) },
            // Readers bound how deep types nest; a list of lists is the deepest that is looked into.
            Type::Sequence(of) => Self { kind: Kind::Sequence(Rc::new(Self::inside(of, bound))), ..Self::default() },
            Type::Optional(of) => Self { kind: Kind::Optional(Rc::new(Self::inside(of, bound))), ..Self::default() },
            other => Self { kind: Kind::Other(Rc::new(other.clone())), ..Self::default() },
        }
    }

    fn inside(ty: &Type, bound: &impl Fn(&str) -> Option<i64>) -> Self {
        match ty {
            Type::Sequence(of) if matches!(**of, Type::Tensor { .. }) => Self::sequence(Self::of(of, bound)),
            Type::Tensor { .. } => Self::of(ty, bound),
            other => Self { kind: Kind::Other(Rc::new(other.clone())), ..Self::default() },
        }
    }

    /// The type; none if nothing is known.
    pub fn ty(&self) -> Option<Type> {
        let dtype = self.dtype.unwrap_or(DType::Unknown);
        let shape = || self.dims.as_ref().map(|dims| Shape(dims.iter().map(Size::dim).collect()));
        let inner = |fact: &Self| {
            let plain = Type::Tensor { dtype: DType::Unknown, shape: None };
            Box::new(fact.flat().unwrap_or(plain))
        };
        match &self.kind {
            Kind::Tensor if self.dtype.is_none() && self.dims.is_none() => None,
            Kind::Tensor => Some(Type::Tensor { dtype, shape: shape() }),
            Kind::Sparse => Some(Type::Sparse { dtype, shape: shape() }),
            Kind::Sequence(of) => Some(Type::Sequence(inner(of))),
            Kind::Optional(of) => Some(Type::Optional(inner(of))),
            Kind::Other(ty) => Some((**ty).clone()),
        }
    }

    /// The type of what is inside of another: lists of tensors at most.
    fn flat(&self) -> Option<Type> {
        match &self.kind {
            Kind::Sequence(of) => match &of.kind {
                Kind::Tensor => Some(Type::Sequence(Box::new(of.ty()?))),
                _ => None,
            },
            Kind::Optional(_) => None,
            _ => self.ty(),
        }
    }

    /// What both know; `self` goes first where they differ.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let dims = match (&self.dims, &other.dims) {
            // Most of what is found out is stated as well.
            (Some(a), Some(b)) if a.len() == b.len() && a != b => {
                Some(a.iter().zip(&**b).map(|(a, b)| a.or(b)).collect())
            }
            (Some(dims), _) | (None, Some(dims)) => Some(dims.clone()),
            (None, None) => None,
        };
        let kind = match (&self.kind, &other.kind) {
            (Kind::Tensor, kind) if self.dtype.is_none() && self.dims.is_none() => kind.clone(),
            (Kind::Sequence(a), Kind::Sequence(b)) => Kind::Sequence(Rc::new(a.shallow_or(b))),
            (Kind::Optional(a), Kind::Optional(b)) => Kind::Optional(Rc::new(a.shallow_or(b))),
            (kind, _) => kind.clone(),
        };
        Self { dtype: self.dtype.or(other.dtype), dims, content: self.content.clone().or(other.content.clone()), kind }
    }

    fn shallow_or(&self, other: &Self) -> Self {
        match (&self.kind, &other.kind) {
            (Kind::Tensor, Kind::Tensor) => self.or(other),
            (Kind::Tensor, _) if self.dtype.is_none() => other.clone(),
            _ => self.clone(),
        }
    }

    /// What holds for both: sizes and types in which they agree.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let dims = match (&self.dims, &other.dims) {
            (Some(a), Some(b)) if a.len() == b.len() => {
                let both = |(a, b): (&Size, &Size)| if a == b { *a } else { Size::Unknown };
                Some(a.iter().zip(&**b).map(both).collect())
            }
            _ => None,
        };
        Self {
            dtype: self.dtype.filter(|dtype| other.dtype == Some(*dtype)),
            dims,
            content: self.content.clone().filter(|content| other.content.as_ref() == Some(content)),
            kind: match (&self.kind, &other.kind) {
                (a, b) if a == b => a.clone(),
                (Kind::Sequence(a), Kind::Sequence(b)) => Kind::Sequence(Rc::new(a.plain_and(b))),
                (Kind::Optional(a), Kind::Optional(b)) => Kind::Optional(Rc::new(a.plain_and(b))),
                _ => Kind::Tensor,
            },
        }
    }

    fn plain_and(&self, other: &Self) -> Self {
        let (dtype, dims) = (self.dtype.filter(|dtype| other.dtype == Some(*dtype)), None);
        if self == other { self.clone() } else { Self::tensor(dtype, dims) }
    }

    /// What is wrong if both are to be the same, in words: `128 and 64 along axis 1`.
    pub fn conflict(&self, other: &Self) -> Option<String> {
        if let (Some(a), Some(b)) = (self.dtype, other.dtype)
            && a != b
        {
            return Some(format!("{} and {}", a.name(), b.name()));
        }
        let (a, b) = (self.dims.as_ref()?, other.dims.as_ref()?);
        if a.len() != b.len() {
            return Some(format!("{} and {} dimensions", a.len(), b.len()));
        }
        let apart = a.iter().zip(&**b).position(|(a, b)| a.contradicts(b))?;
        Some(format!("{} and {} along axis {apart}", a[apart], b[apart]))
    }
}

/// Whether a name for a size says nothing: what some exporters write where they know none, and what `onnx.shape_inference` makes up.
pub fn is_blank(name: &str) -> bool {
    matches!(name.trim(), "" | "?" | "-1" | "None" | "unk" | "unknown") || name.starts_with("unk__")
}
