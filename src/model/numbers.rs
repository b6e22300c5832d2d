//! The elements of tensors as doubles, many at once.

use super::values::{self, MOST, Payload};
use super::{DType, Data, Encoding, Model, TensorId};
use crate::report::{Error, Result};
use crate::source::Files;

/// As [`values::read`], as doubles: exact but for whole numbers beyond 2⁵³. What lies packed in usual types is read without a detour.
///
/// # Errors
/// Those of [`values::read`]; [`Kind::Unsupported`](crate::report::Kind::Unsupported) for text and complex numbers.
pub fn read(model: &Model, tensor: TensorId, files: &Files, from: u64, count: u64) -> Result<Vec<f64>> {
    let of = model.tensors.get(tensor).ok_or_else(|| Error::missing("there is no such tensor"))?;
    if !are_plain(of.dtype) {
        return Err(Error::unsupported(format!("elements of type {} are no plain numbers", of.dtype.name())));
    }
    let packed = of.encoding == Encoding::Little && !matches!(of.data, Data::Strided(..) | Data::Records(..));
    if let (true, Some(decode)) = (packed, decoder(of.dtype)) {
        let size = u64::from(of.dtype.bits() / 8);
        let count = count.min(values::stored(model, of)?.saturating_sub(from)).min(MOST);
        let bytes = Payload::open(&of.data, files)?.bytes(from.saturating_mul(size), count * size)?;
        return Ok(decode(&bytes));
    }
    let read = values::read(model, tensor, files, from, count.min(MOST))?;
    Ok((0..read.len()).filter_map(|index| read.number(index)).collect())
}

/// The bytes of `count` elements of `tensor` from number `from` on, if they lie in the file packed and little-endian, as elements of type `dtype`; none otherwise.
/// Of elements that are no whole bytes, `from` must be a multiple of eight; those in blocks are never copied.
///
/// # Errors
/// [`Kind::Malformed`](crate::report::Kind::Malformed) when the payload ends before; those of the source.
pub fn packed(
    model: &Model,
    tensor: TensorId,
    files: &Files,
    from: u64,
    count: u64,
    dtype: DType,
) -> Result<Option<Vec<u8>>> {
    let of = model.tensors.get(tensor).ok_or_else(|| Error::missing("there is no such tensor"))?;
    let ranges = !matches!(of.data, Data::Strided(..) | Data::Records(..) | Data::Strings(..) | Data::Prefixed(..));
    let (Some(at), Some(len)) = (dtype.bytes(from), dtype.bytes(count)) else { return Ok(None) };
    if !ranges
        || dtype.block().is_some()
        || of.encoding != Encoding::Little
        || of.dtype != dtype
        || of.indices.is_some()
    {
        return Ok(None);
    }
    let bytes = Payload::open(&of.data, files)?.bytes(at, len)?;
    if (bytes.len() as u64) < len {
        return Err(Error::malformed(format!("the payload ends before element {}", from + count)));
    }
    Ok(Some(bytes))
}

/// Whether elements of type `dtype` are plain numbers: not text, not complex, not unknown.
pub const fn are_plain(dtype: DType) -> bool {
    let sized = dtype.bits() > 0 || dtype.block().is_some();
    sized && !matches!(dtype, DType::C32 | DType::C64 | DType::C128)
}

/// Makes doubles of packed elements.
type Decode = fn(&[u8]) -> Vec<f64>;

/// What makes doubles of packed little-endian elements; none for types that are seldom.
fn decoder(dtype: DType) -> Option<Decode> {
    macro_rules! of {
        ($type:ty) => {
            |bytes| bytes.as_chunks().0.iter().map(|bytes| <$type>::from_le_bytes(*bytes) as f64).collect()
        };
    }
    Some(match dtype {
        DType::F64 => of!(f64),
        DType::F32 => of!(f32),
        DType::F16 => |bytes| bytes.as_chunks().0.iter().map(|bytes| half(u16::from_le_bytes(*bytes))).collect(),
        DType::BF16 => |bytes| bytes.as_chunks().0.iter().map(|bytes| brain(u16::from_le_bytes(*bytes))).collect(),
        DType::I8 => of!(i8),
        DType::U8 => of!(u8),
        DType::I16 => of!(i16),
        DType::U16 => of!(u16),
        DType::I32 => of!(i32),
        DType::U32 => of!(u32),
        DType::I64 => of!(i64),
        DType::U64 => of!(u64),
        _ => return None,
    })
}

/// A `float16`: its exponent and fraction are where those of a `float32` are, 13 bits up, but for the bias.
fn half(bits: u16) -> f64 {
    let magnitude = u32::from(bits & 0x7fff);
    let value = if magnitude >= 0x7c00 {
        f32::from_bits(0x7f80_0000 | (magnitude & 0x3ff) << 13)
    } else {
        f32::from_bits(magnitude << 13) * 2f32.powi(112)
    };
    f64::from(if bits & 0x8000 == 0 { value } else { -value })
}

/// A `bfloat16`.
fn brain(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::Values;

    #[test]
    fn all_numbers_are_those_that_are_shown() {
        for dtype in DType::ALL {
            let Some(decode) = decoder(*dtype) else { continue };
            let size = dtype.bits() as usize / 8;
            let codes: Vec<u64> = (0..70_000u64)
                .map(|code| if size <= 2 { code & 0xffff } else { code.wrapping_mul(0x9E37_79B9_7F4A_7C15) })
                .collect();
            let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_le_bytes().into_iter().take(size)).collect();
            let shown = Values::new(*dtype, &codes);
            let read = decode(&bytes);
            assert_eq!(read.len(), shown.len());
            for (index, number) in read.iter().enumerate() {
                let wanted = shown.number(index).unwrap();
                assert!(
                    number.to_bits() == wanted.to_bits() || number.is_nan() && wanted.is_nan(),
                    "{dtype:?} {index}: {number} {wanted}"
                );
            }
        }
    }
}
