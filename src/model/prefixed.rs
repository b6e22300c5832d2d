//! Strings that follow each other, each behind its length.

use super::values::TEXT;
use super::{Encoding, Prefixed};
use crate::report::{Error, Result};
use crate::source::{Order, Reader, Slice};

/// Up to `count` strings from number `from` on, which are in `file`; what is not UTF-8 is replaced. Fewer where they end.
///
/// # Errors
/// [`Kind::Malformed`](crate::report::Kind::Malformed) when a string does not end; [`Kind::Limit`](crate::report::Kind::Limit) when one is too long;
/// those of the source.
pub fn read(file: &Slice, strings: &Prefixed, encoding: Encoding, from: u64, count: u64) -> Result<Vec<String>> {
    // No other program meets any.
    if !cfg!(feature = "all-formats") {
        return Ok(Vec::new());
    }
    let mark = usize::try_from(from / Prefixed::STEP).ok().and_then(|mark| strings.marks.get(mark));
    let Some(start) = mark else { return Ok(Vec::new()) };
    let order = if encoding == Encoding::Big { Order::Big } else { Order::Little };
    let mut reader = Reader::new(file.window(strings.span), order);
    reader.seek(*start)?;
    let mut texts = Vec::new();
    let skip = from % Prefixed::STEP;
    for number in 0..skip.saturating_add(count) {
        if reader.left() == 0 {
            break;
        }
        let len = if strings.width == 4 { u64::from(reader.read_u32()?) } else { reader.read_u64()? };
        if number < skip {
            reader.skip(len)?;
            continue;
        }
        if len > TEXT {
            return Err(Error::limit(format!("a string of {len} bytes, the limit is {TEXT}")).at(reader.position()));
        }
        texts.push(String::from_utf8_lossy(&reader.read_bytes(len)?).into_owned());
    }
    Ok(texts)
}
