//! Bytes in memory.

use super::{Source, copy};
use crate::report::Result;

/// A source over bytes that are in memory anyway: transferred buffers, inflated entries, tests.
#[derive(Clone, Debug, Default)]
pub struct BytesSource(pub Vec<u8>);

impl Source for BytesSource {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let rest = usize::try_from(at).ok().and_then(|at| self.0.get(at..)).unwrap_or_default();
        Ok(copy(buffer, rest))
    }
}
