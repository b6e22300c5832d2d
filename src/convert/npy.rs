//! A tensor as a file of NumPy.
//!
//! The format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, version 1.0, in C order and little-endian.

use super::Output;
use crate::model::{DType, Model, TensorId, Values, values};
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
            let read = values::read(model, self.tensor, files, self.done, count)?;
            if read.is_empty() {
                return Err(Error::malformed(format!(
                    "the payload ends before element {} of {}",
                    self.done, self.total
                )));
            }
            self.done += read.len() as u64;
            pack(&read, self.dtype, &mut piece);
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

/// Adds `values`, as elements of type `dtype`, to `bytes`.
fn pack(values: &Values, dtype: DType, bytes: &mut Vec<u8>) {
    let size = dtype.bits() as usize / 8;
    match values {
        Values::Bool(items) => bytes.extend(items.iter().map(|item| u8::from(*item))),
        Values::Int(items) => bytes.extend(items.iter().flat_map(|item| item.to_le_bytes().into_iter().take(size))),
        Values::Uint(items) => bytes.extend(items.iter().flat_map(|item| item.to_le_bytes().into_iter().take(size))),
        Values::Float(_, items) => items.iter().for_each(|item| float(*item, dtype, bytes)),
        Values::Complex(_, items) => {
            let part = if dtype == DType::C128 { DType::F64 } else { DType::F32 };
            items.iter().flatten().for_each(|item| float(*item, part, bytes));
        }
        Values::String(_) => {}
    }
}

fn float(value: f64, dtype: DType, bytes: &mut Vec<u8>) {
    match dtype {
        DType::F64 => bytes.extend(value.to_le_bytes()),
        DType::F16 => bytes.extend(half(value).to_le_bytes()),
        _ => bytes.extend((value as f32).to_le_bytes()),
    }
}

/// The bits of the `float16` that is `value`, which is one.
fn half(value: f64) -> u16 {
    let bits = (value as f32).to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    if value.is_nan() {
        return sign | 0x7e00;
    }
    if value.is_infinite() {
        return sign | 0x7c00;
    }
    let magnitude = f32::from_bits(bits & 0x7fff_ffff);
    sign | (magnitude * 2f32.powi(-112)).to_bits().wrapping_shr(13) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::scalar::{Float, Specials};

    #[test]
    fn halves_keep_their_bits() {
        let float = Float::new(5, 10, Specials::Ieee);
        for code in (0..0x1_0000).filter(|code| code & 0x7fff <= 0x7c00) {
            assert_eq!(u64::from(half(float.decode(code))), code);
        }
    }
}
