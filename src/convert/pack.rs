//! Elements as packed little-endian bytes.

use crate::model::{DType, Model, TensorId, Values, numbers, values};
use crate::report::{Error, Result};
use crate::source::Files;

/// Adds up to `count` elements of `tensor` from number `from` on, as elements of type `dtype`, to `bytes`; returns how many there were: at least one. What lies
/// in the file as it is wanted is copied.
///
/// # Errors
/// When elements cannot be read, or the payload ends before `from`.
pub fn copy(
    model: &Model,
    tensor: TensorId,
    files: &Files,
    from: u64,
    count: u64,
    dtype: DType,
    bytes: &mut Vec<u8>,
) -> Result<u64> {
    if let Some(packed) = numbers::packed(model, tensor, files, from, count, dtype)? {
        bytes.extend(packed);
        return Ok(count);
    }
    let read = values::read(model, tensor, files, from, count)?;
    if read.is_empty() {
        return Err(Error::malformed(format!("the payload ends before element {from}")));
    }
    pack(&read, dtype, bytes);
    Ok(read.len() as u64)
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
