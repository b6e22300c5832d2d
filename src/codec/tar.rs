//! Tar archives: POSIX.1-2017, pax, "ustar Interchange Format", and what GNU tar and older programs make of it.

use crate::report::{Error, Result};
use crate::source::{Slice, Span};

/// Headers and data come in blocks of this many bytes.
const BLOCK: u64 = 512;

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path.
    pub path: String,
    /// Where its bytes are.
    pub span: Span,
}

/// The first files of the archive `file`, at most `most`; with the fault that ends the list, if one does.
pub fn entries(file: &Slice, most: usize) -> (Vec<Entry>, Option<Error>) {
    let mut entries = Vec::new();
    let mut at = file.span().at;
    while entries.len() < most {
        match header(file, at) {
            Ok(Some((entry, is_file))) => {
                at = entry.span.end().checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX);
                if is_file {
                    entries.push(entry);
                }
            }
            Ok(None) => break,
            Err(error) => return (entries, Some(error)),
        }
    }
    (entries, None)
}

/// The entry whose header is at `at`, and whether it is a file; none at the end of the archive.
fn header(file: &Slice, at: u64) -> Result<Option<(Entry, bool)>> {
    let left = file.span().end().saturating_sub(at);
    if left < BLOCK {
        return Ok(None);
    }
    let block = file.bytes_at(at, BLOCK)?;
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let field = |from: usize, len: usize| block.get(from..from + len).unwrap_or_default();
    let sum =
        block.iter().enumerate().map(|(place, byte)| if (148..156).contains(&place) { 32 } else { u64::from(*byte) });
    if number(field(148, 8)) != Some(sum.sum()) {
        return Err(Error::malformed("this is no header of a tar archive").at(at));
    }
    let len = number(field(124, 12)).ok_or_else(|| Error::malformed("a file without a size").at(at + 124))?;
    let start = at + BLOCK;
    file.check(start, len)?;
    let mut path = text(field(0, 100));
    if field(257, 5) == b"ustar" && !field(345, 155).starts_with(&[0]) && field(263, 2) == b"00" {
        path = format!("{}/{path}", text(field(345, 155)));
    }
    let is_file = matches!(block.get(156), Some(0 | b'0' | b'7'));
    Ok(Some((Entry { path, span: Span { at: start, len } }, is_file)))
}

/// Text up to the first zero.
fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

/// A number in octal digits, or, of GNU, in the bytes after a first one of 0x80.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, rest @ ..] = field {
        return rest.iter().try_fold(0u64, |number, byte| Some(number.checked_mul(256)? | u64::from(*byte)));
    }
    let digits = text(field);
    u64::from_str_radix(digits.trim(), 8).ok()
}
