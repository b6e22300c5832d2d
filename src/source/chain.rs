//! Files that are the pieces of one.

use super::{Slice, Source};
use crate::report::Result;

/// A source over pieces, one after the other. A piece that is not here reads as zeros.
pub struct ChainSource {
    /// Where each piece ends, and its bytes; none of a piece that is not here.
    pieces: Vec<(u64, Option<Slice>)>,
}

impl ChainSource {
    /// The pieces, each with its size and, where it is here, its bytes.
    pub fn new(pieces: impl IntoIterator<Item = (u64, Option<Slice>)>) -> Self {
        let mut end = 0u64;
        let ends = pieces.into_iter().map(|(len, piece)| {
            end = end.saturating_add(len);
            (end, piece)
        });
        Self { pieces: ends.collect() }
    }
}

impl Source for ChainSource {
    fn len(&self) -> u64 {
        self.pieces.last().map_or(0, |(end, _)| *end)
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        let first = self.pieces.partition_point(|(end, _)| *end <= at);
        let mut start = first.checked_sub(1).and_then(|before| self.pieces.get(before)).map_or(0, |(end, _)| *end);
        for (end, piece) in self.pieces.iter().skip(first) {
            let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) else { break };
            let at = at.saturating_add(done as u64);
            let count = usize::try_from(end - at).unwrap_or(usize::MAX).min(rest.len());
            if let Some(piece) = piece {
                let bytes = piece.bytes_at(piece.span().at.saturating_add(at - start), count as u64)?;
                done += super::copy(rest, &bytes);
            } else {
                rest.iter_mut().take(count).for_each(|byte| *byte = 0);
                done += count;
            }
            start = *end;
        }
        Ok(done)
    }
}
