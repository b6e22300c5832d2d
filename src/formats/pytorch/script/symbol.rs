//! What stands for a value while a program is gone through.

use crate::codec::pickle::ObjectId;
use crate::model::{Literal, TensorId, Text, ValueId};
use std::cell::RefCell;
use std::rc::Rc;

use crate::analysis::aten::Sort;

/// How many levels of tuples and lists are gone through, and how many members they have in all: what is larger is a value of its own.
pub const HEIGHT: usize = 32;
/// See [`HEIGHT`].
pub const SIZE: usize = 1024;

/// What stands for a value.
#[derive(Clone, Debug)]
pub enum Symbol {
    /// What a node gives, or an input: of the graph with this serial number.
    Value(u32, ValueId),
    /// What is known: `Absent` is `None`.
    Literal(Literal),
    /// A constant tensor, and what it is called here.
    Tensor(TensorId, Text),
    /// A tuple whose members are known one by one.
    Tuple(Rc<Members>),
    /// The same of a list.
    List(Rc<Members>),
    /// An object of the file.
    Object(Object),
    /// An object that the program makes.
    Instance(Rc<Instance>),
    /// A name of the program: a module, a class, a function.
    Name(Text),
    /// A method of something, to be called.
    Method(Rc<(Symbol, Text)>),
    /// What has no value yet.
    Missing,
}

/// The members of a tuple or list.
#[derive(Debug)]
pub struct Members {
    /// The members.
    pub items: Vec<Symbol>,
    /// How many levels of tuples and lists are in it.
    pub height: usize,
    /// How many members it has, with those of its members.
    pub size: usize,
}

impl Members {
    /// Puts `items` together; none if that becomes too large.
    pub fn of(items: Vec<Symbol>) -> Option<Rc<Self>> {
        let inner = |item: &Symbol| match item {
            Symbol::Tuple(members) | Symbol::List(members) => (members.height, members.size),
            _ => (0, 0),
        };
        let height = 1 + items.iter().map(|item| inner(item).0).max().unwrap_or(0);
        let size = items.iter().fold(0, |size: usize, item| size.saturating_add(inner(item).1 + 1));
        (height <= HEIGHT && size <= SIZE).then(|| Rc::new(Self { items, height, size }))
    }
}

/// An object of the file.
#[derive(Clone, Debug)]
pub struct Object {
    /// Whether it is one of the constants, rather than in the data.
    pub constant: bool,
    /// Its id there.
    pub id: ObjectId,
    /// What it is called: `encoder.layers.0`.
    pub path: Text,
}

/// An object that the program makes.
#[derive(Debug)]
pub struct Instance {
    /// Its class.
    pub class: Text,
    /// The graph that it is made in.
    pub serial: u32,
    /// Its attributes.
    pub fields: RefCell<Vec<(Text, Symbol)>>,
}

impl Symbol {
    /// `None`.
    pub const NONE: Self = Self::Literal(Literal::Absent);

    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Literal(Literal::String(text.into()))
    }

    /// The members, if they are known.
    pub fn members(&self) -> Option<Vec<Symbol>> {
        match self {
            Self::Tuple(members) | Self::List(members) => Some(members.items.clone()),
            Self::Literal(Literal::List(items)) => Some(items.iter().cloned().map(Self::Literal).collect()),
            _ => None,
        }
    }

    /// What it is when Python asks whether it is true, if that is known.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Literal(Literal::Bool(value)) => Some(*value),
            Self::Literal(Literal::Int(value)) => Some(*value != 0),
            Self::Literal(Literal::Double(value)) => Some(*value != 0.0),
            Self::Literal(Literal::Absent) => Some(false),
            _ => None,
        }
    }

    /// What it is to signatures of operators.
    pub fn sort(&self) -> Sort {
        match self {
            Self::Value(..) | Self::Tensor(..) => Sort::Tensor,
            Self::Literal(Literal::Absent) => Sort::None,
            Self::Literal(Literal::Int(_)) => Sort::Int,
            Self::Literal(Literal::Double(_)) => Sort::Number,
            Self::Literal(Literal::Bool(_)) => Sort::Bool,
            Self::Literal(Literal::String(_)) => Sort::Text,
            Self::Literal(Literal::List(_)) => Sort::Numbers,
            Self::List(members) => {
                let number = |item: &Self| matches!(item, Self::Literal(Literal::Int(_) | Literal::Double(_)));
                if members.items.iter().any(number) { Sort::Numbers } else { Sort::Tensors }
            }
            _ => Sort::Other,
        }
    }

    /// Whether it is certain that both are the same. Goes no further than tuples are large.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(a, b), Self::Value(c, d)) => (a, b) == (c, d),
            (Self::Literal(a), Self::Literal(b)) => a == b,
            (Self::Tensor(a, _), Self::Tensor(b, _)) => a == b,
            (Self::Object(a), Self::Object(b)) => (a.constant, a.id) == (b.constant, b.id),
            (Self::Instance(a), Self::Instance(b)) => Rc::ptr_eq(a, b),
            (Self::Name(a), Self::Name(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) | (Self::List(a), Self::List(b)) => {
                Rc::ptr_eq(a, b) || a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(|(a, b)| a.is(b))
            }
            (Self::Missing, Self::Missing) => true,
            _ => false,
        }
    }
}
