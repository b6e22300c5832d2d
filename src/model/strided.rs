//! Elements that do not follow each other.

use super::values::{Values, part};
use super::{Data, Encoding, Tensor, fixed};
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
    let fixed = if let Encoding::Fixed(fixed) = tensor.encoding { Some(fixed) } else { None };
    let bits = fixed.map_or(tensor.dtype.bits(), |fixed| fixed.width.saturating_mul(8));
    if bits == 0 || !bits.is_multiple_of(8) {
        let message = format!("elements of type {} cannot be shown where they are apart", tensor.dtype.name());
        return Err(Error::unsupported(message));
    }
    let size = u64::from(bits / 8);
    let unit = if matches!(tensor.data, Data::Records(..)) { 1 } else { size };
    let place = |offset: u64| {
        let place = offset.checked_mul(unit)?;
        place.checked_add(size).filter(|end| *end <= payload.len()).map(|_| place)
    };
    let places: Vec<u64> = offsets(&tensor.shape, strides, from, count).map_while(place).collect();
    let (first, last) = (places.iter().min().copied().unwrap_or(0), places.iter().max().copied().unwrap_or(0));
    let start = payload.span().at;
    let mut bytes = Vec::new();
    if last - first <= AT_ONCE && !places.is_empty() {
        let all = payload.bytes_at(start + first, last - first + size)?;
        for place in &places {
            let at = (place - first) as usize;
            bytes.extend(all.get(at..at + size as usize).unwrap_or_default());
        }
    } else {
        for run in places.chunk_by(|a, b| a + size == *b) {
            let at = run.first().copied().unwrap_or(0);
            bytes.extend(payload.bytes_at(start + at, run.len() as u64 * size)?);
        }
    }
    if let Some(fixed) = fixed {
        return Ok(fixed::decode(fixed, &bytes));
    }
    let part = part(tensor.dtype);
    let codes = unpack(&bytes, part.bits(), 0, usize::MAX, tensor.encoding == Encoding::Big);
    Ok(Values::new(tensor.dtype, &codes))
}

/// How many steps after the first one the elements from number `from` on are, in row-major order; up to where that is no number.
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
