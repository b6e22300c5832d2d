//! The elements of tensors as doubles, many at once.

use super::values::{self, MOST, Payload};
use super::{DType, Data, Encoding, Model, TensorId};
use crate::report::{Error, Result};
use crate::source::Files;

/// So many elements are made doubles at once: they fit the first cache of a processor.
const BLOCK: usize = 2048;

/// As [`values::read`], as doubles: exact but for whole numbers beyond 2⁵³.
///
/// # Errors
/// Those of [`each`].
pub fn read(model: &Model, tensor: TensorId, files: &Files, from: u64, count: u64) -> Result<Vec<f64>> {
    let mut numbers = Vec::new();
    each(model, tensor, files, from, count, &mut |block| numbers.extend_from_slice(block))?;
    Ok(numbers)
}

/// Gives up to `count` elements of `tensor` from number `from` on to `tell`, as doubles, in blocks; returns how many there were. What lies packed in usual types
/// is read without a detour.
///
/// # Errors
/// Those of [`values::read`]; [`Kind::Unsupported`](crate::report::Kind::Unsupported) for text and complex numbers.
pub fn each(
    model: &Model,
    tensor: TensorId,
    files: &Files,
    from: u64,
    count: u64,
    tell: &mut dyn FnMut(&[f64]),
) -> Result<u64> {
    let of = model.tensors.get(tensor).ok_or_else(|| Error::missing("there is no such tensor"))?;
    if !are_plain(of.dtype) {
        return Err(Error::unsupported(format!("elements of type {} are no plain numbers", of.dtype.name())));
    }
    let count = count.min(values::stored(model, of)?.saturating_sub(from)).min(MOST);
    let ranges = !matches!(of.data, Data::Strided(..) | Data::Records(..) | Data::Dequantised(_));
    let mut block = Vec::with_capacity(BLOCK);
    if let (true, Encoding::Little, Some(decode)) = (ranges, of.encoding, decoder(of.dtype)) {
        let size = of.dtype.bits() as usize / 8;
        let at = from.saturating_mul(size as u64);
        let bytes = Payload::open(&of.data, files)?.bytes(at, count * size as u64)?;
        for part in bytes.chunks(BLOCK * size) {
            block.clear();
            decode(part, &mut block);
            tell(&block);
        }
        return Ok((bytes.len() / size) as u64);
    }
    let read = values::read(model, tensor, files, from, count)?;
    for start in (0..read.len()).step_by(BLOCK) {
        block.clear();
        block.extend((start..read.len().min(start + BLOCK)).filter_map(|index| read.number(index)));
        tell(&block);
    }
    Ok(read.len() as u64)
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
    let ranges = matches!(of.data, Data::Range(..) | Data::Ranges(..) | Data::Inline(_) | Data::External { .. });
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

/// Adds packed elements as doubles.
type Decode = fn(&[u8], &mut Vec<f64>);

/// What makes doubles of packed little-endian elements; none for types that are seldom.
fn decoder(dtype: DType) -> Option<Decode> {
    macro_rules! of {
        ($type:ty) => {
            |bytes, to| to.extend(bytes.as_chunks().0.iter().map(|bytes| <$type>::from_le_bytes(*bytes) as f64))
        };
    }
    Some(match dtype {
        DType::F64 => of!(f64),
        DType::F32 => of!(f32),
        DType::F16 => |bytes, to| to.extend(bytes.as_chunks().0.iter().map(|bytes| half(u16::from_le_bytes(*bytes)))),
        DType::BF16 => |bytes, to| to.extend(bytes.as_chunks().0.iter().map(|bytes| brain(u16::from_le_bytes(*bytes)))),
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
            let mut read = Vec::new();
            decode(&bytes, &mut read);
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
