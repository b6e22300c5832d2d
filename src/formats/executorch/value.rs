//! What the table of values of a method says.

use super::dtype;
use crate::codec::flatbuffer::Table;
use crate::model::{DType, Data, Encoding, Literal, Tensor};
use crate::report::{Report, Result, Severity};
use crate::source::{FileId, Span};

/// A value: `EValue`.
pub enum Value {
    /// Nothing.
    Null,
    /// A number, a truth value or a text, or several numbers with a fraction or truth values.
    Plain(Literal),
    /// A tensor.
    Tensor(Box<Described>),
    /// Several values, by their numbers: of integers, or of tensors.
    List(Vec<i64>),
}

/// Type, sizes and the order of the dimensions in memory.
pub struct Description {
    /// The type of the elements.
    pub dtype: DType,
    /// The sizes.
    pub sizes: Vec<i32>,
    /// The dimensions, outermost first; empty for the usual order.
    pub order: Vec<u8>,
}

impl Description {
    /// Reads it from three fields of `table`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read(table: &Table, [kind, sizes, order]: [u16; 3]) -> Result<Self> {
        Ok(Self { dtype: dtype(table.number(kind, 0)?), sizes: table.numbers(sizes)?, order: table.numbers(order)? })
    }

    /// The sizes, of which none is negative.
    pub fn shape(&self) -> Vec<u64> {
        self.sizes.iter().map(|size| u64::try_from(*size).unwrap_or(0)).collect()
    }

    /// How many elements a step along each dimension is, if that is not as usual.
    fn strides(&self) -> Option<Vec<u64>> {
        let shape = self.shape();
        let usual = self.order.iter().enumerate().all(|(at, dim)| at == usize::from(*dim));
        if usual || self.order.len() != shape.len() {
            return None;
        }
        let mut strides = vec![0; shape.len()];
        let mut step = 1u64;
        for dim in self.order.iter().rev() {
            *strides.get_mut(usize::from(*dim))? = step;
            step = step.saturating_mul(*shape.get(usize::from(*dim))?);
        }
        Some(strides)
    }
}

/// A tensor: `Tensor`.
pub struct Described {
    /// Its type and shape.
    pub description: Description,
    /// The number of its content among the constants, or those of mutable tensors; 0 for none.
    pub buffer: u32,
    /// Where it is planned to be: the number of an area of memory, and the offset there.
    pub memory: Option<(u32, u64)>,
    /// Whether its sizes are at most these (1), or may be any (2).
    pub dynamism: i8,
    /// Its name, where that is stated.
    pub name: String,
    /// Whether its content is in a file of its own.
    pub external: bool,
    /// Which list of mutable content its content is in.
    pub mutable: u64,
}

impl Value {
    /// Reads an `EValue`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(table: &Table) -> Result<Self> {
        let Some((kind, content)) = table.union(0)? else { return Ok(Self::Null) };
        Ok(match kind {
            2 => Self::Plain(Literal::Int(content.number(0, 0)?)),
            3 => Self::Plain(Literal::Bool(content.number(0, false)?)),
            4 => Self::Plain(Literal::Double(content.number(0, 0.0)?)),
            5 => Self::Tensor(Box::new(described(&content)?)),
            6 => Self::Plain(Literal::String(content.text(0)?.as_str().into())),
            7 => Self::List(content.numbers(0)?),
            8 => Self::Plain(Literal::List(content.numbers(0)?.into_iter().map(Literal::Double).collect())),
            9 => Self::Plain(Literal::List(content.numbers(0)?.into_iter().map(Literal::Bool).collect())),
            10 | 11 => Self::List(content.numbers::<i32>(0)?.into_iter().map(i64::from).collect()),
            _ => Self::Null,
        })
    }
}

fn described(table: &Table) -> Result<Described> {
    let planned = table.table(6)?;
    let memory = planned.map(|planned| -> Result<_> {
        let (low, high): (u32, u32) = (planned.number(1, 0)?, planned.number(2, 0)?);
        Ok((planned.number(0, 0)?, u64::from(high) << 32 | u64::from(low)))
    });
    let extra = table.table(9)?;
    let (name, external, mutable) = match &extra {
        Some(extra) => (extra.text(1)?, extra.number(2, 0i8)? == 1, extra.number(0, 0)?),
        None => (String::new(), false, 0),
    };
    Ok(Described {
        description: Description::read(table, [0, 2, 3])?,
        buffer: table.number(5, 0)?,
        memory: memory.transpose()?,
        dynamism: table.number(8, 0)?,
        name,
        external,
        mutable,
    })
}

/// A tensor with its content at `place`, of which the first bytes may be more than it needs.
pub fn tensor(name: &str, description: &Description, place: Option<(FileId, Span)>, report: &mut Report) -> Tensor {
    let mut tensor = Tensor {
        name: name.into(),
        dtype: description.dtype,
        shape: description.shape(),
        encoding: Encoding::Little,
        data: Data::Absent,
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    };
    if let Some((file, span)) = place {
        let wanted = tensor.bytes().unwrap_or(u64::MAX);
        if span.len < wanted {
            let message = format!("tensor {name:?} has {} bytes, its type and shape ask for {wanted}", span.len);
            report.add(Severity::Warning, message);
        }
        let span = Span { len: wanted.min(span.len), ..span };
        tensor.data = match description.strides() {
            Some(strides) => Data::Strided(file, span, strides),
            None => Data::Range(file, span),
        };
    }
    tensor
}
