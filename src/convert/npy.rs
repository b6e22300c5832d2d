//! A tensor as a file of NumPy.
//!
//! The format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, version 1.0, in C order and little-endian.

use super::Output;
use super::pack::copy;
use crate::model::{DType, Model, TensorId, values};
use crate::report::{Error, Result};
use crate::source::Files;

/// What begins a file, with the version.
const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
/// The elements begin at a multiple of it.
const ALIGNMENT: usize = 64;
/// So many elements are in a piece.
const PIECE: u64 = 1 << 18;

/// Writes a tensor, a piece at a time.
pub struct Npy {
    tensor: TensorId,
    /// The type of the elements in the file.
    dtype: DType,
    done: u64,
    total: u64,
    header: Vec<u8>,
}

impl Npy {
    /// Of `tensor`, of which nothing is written yet. Types that NumPy does not have become the smallest one of its that holds each of their elements.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::report::Kind::Unsupported) for text, and where a file does not state the elements of a sparse tensor one by one;
    /// [`Kind::Missing`](crate::report::Kind::Missing) when there is no such tensor.
    pub fn new(model: &Model, tensor: TensorId) -> Result<Self> {
        let of = model.tensors.get(tensor).ok_or_else(|| Error::missing("There is no such tensor."))?;
        let (dtype, descr) = spelled(of.dtype)
            .ok_or_else(|| Error::unsupported(format!("NumPy has no elements of type {}.", of.dtype.name())))?;
        let total = of.elements().ok_or_else(|| Error::malformed("The shape is too large."))?;
        if values::stored(model, of)? != total {
            return Err(Error::unsupported("The tensor is sparse."));
        }
        let shape: Vec<String> = of.shape.iter().map(u64::to_string).collect();
        // A tuple of one has a comma.
        let comma = if shape.len() == 1 { "," } else { "" };
        let shape = shape.join(", ");
        let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}{comma}), }}");
        let taken = MAGIC.len() + 2 + text.len() + 1;
        text.extend(std::iter::repeat_n(' ', taken.next_multiple_of(ALIGNMENT) - taken));
        text.push('\n');
        let length = u16::try_from(text.len()).map_err(|_| Error::limit("The shape has too many dimensions."))?;
        let header = [MAGIC, &length.to_le_bytes(), text.as_bytes()].concat();
        Ok(Self { tensor, dtype, done: 0, total, header })
    }
}

impl Output for Npy {
    fn size(&self) -> u64 {
        self.header.len() as u64 + self.dtype.bytes(self.total).unwrap_or(u64::MAX)
    }

    fn piece(&mut self, model: &Model, files: &Files) -> Result<Vec<u8>> {
        let mut piece = std::mem::take(&mut self.header);
        let count = PIECE.min(self.total - self.done);
        if count > 0 {
            self.done += copy(model, self.tensor, files, self.done, count, self.dtype, &mut piece)?;
        }
        Ok(piece)
    }
}

/// The type that elements of type `dtype` have in NumPy, and how it spells that; none for text.
fn spelled(dtype: DType) -> Option<(DType, &'static str)> {
    Some(match dtype {
        DType::Bool => (DType::Bool, "|b1"),
        DType::I2 | DType::I4 | DType::I8 => (DType::I8, "|i1"),
        DType::U2 | DType::U4 | DType::U8 => (DType::U8, "|u1"),
        DType::I16 => (dtype, "<i2"),
        DType::U16 => (dtype, "<u2"),
        DType::I32 => (dtype, "<i4"),
        DType::U32 => (dtype, "<u4"),
        DType::I64 => (dtype, "<i8"),
        DType::U64 => (dtype, "<u8"),
        DType::F16 => (dtype, "<f2"),
        DType::F64 => (dtype, "<f8"),
        DType::C32 | DType::C64 => (DType::C64, "<c8"),
        DType::C128 => (dtype, "<c16"),
        DType::Unknown | DType::String => return None,
        _ => (DType::F32, "<f4"),
    })
}
