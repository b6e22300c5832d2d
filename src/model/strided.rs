//! Elements that do not follow each other.

use super::values::{Values, part};
use super::{Encoding, Tensor};
use crate::codec::scalar::unpack;
use crate::report::{Error, Result};
use crate::source::Slice;

/// When all elements are within so many bytes, these are read at once.
const AT_ONCE: u64 = 64 << 20;

/// Up to `count` elements from number `from` on of `tensor`, whose first element is at the start of `payload`; fewer where the payload ends.
///
/// # Errors
/// [`Kind::Unsupported`](crate::report::Kind::Unsupported) for elements that are no whole bytes; those of the source.
pub fn read(payload: &Slice, tensor: &Tensor, strides: &[u64], from: u64, count: u64) -> Result<Values> {
    let bits = tensor.dtype.bits();
    if bits == 0 || !bits.is_multiple_of(8) {
        let message = format!("elements of type {} cannot be shown where they are apart", tensor.dtype.name());
        return Err(Error::unsupported(message));
    }
    let size = u64::from(bits / 8);
    let fits = |offset: &u64| {
        offset.checked_add(1).and_then(|end| end.checked_mul(size)).is_some_and(|end| end <= payload.len())
    };
    let offsets: Vec<u64> = offsets(&tensor.shape, strides, from, count).take_while(fits).collect();
    let (first, last) = (offsets.iter().min().copied().unwrap_or(0), offsets.iter().max().copied().unwrap_or(0));
    let start = payload.span().at;
    let mut bytes = Vec::new();
    if (last - first).saturating_mul(size) <= AT_ONCE && !offsets.is_empty() {
        let all = payload.bytes_at(start + first * size, (last - first + 1) * size)?;
        for offset in &offsets {
            let at = ((offset - first) * size) as usize;
            bytes.extend(all.get(at..at + size as usize).unwrap_or_default());
        }
    } else {
        for run in offsets.chunk_by(|a, b| a + 1 == *b) {
            let at = run.first().copied().unwrap_or(0) * size;
            bytes.extend(payload.bytes_at(start + at, run.len() as u64 * size)?);
        }
    }
    let part = part(tensor.dtype);
    let codes = unpack(&bytes, part.bits(), 0, usize::MAX, tensor.encoding == Encoding::Big);
    Ok(Values::new(tensor.dtype, &codes))
}

/// How many elements after the first one the elements from number `from` on are, in row-major order; up to where that is no number.
fn offsets(shape: &[u64], strides: &[u64], from: u64, count: u64) -> impl Iterator<Item = u64> {
    (from..from.saturating_add(count)).map_while(move |number| {
        let mut rest = number;
        let mut offset = 0u64;
        for (dim, stride) in shape.iter().zip(strides).rev() {
            let index = rest.checked_rem(*dim)?;
            rest /= dim;
            offset = offset.checked_add(index.checked_mul(*stride)?)?;
        }
        Some(offset)
    })
}
