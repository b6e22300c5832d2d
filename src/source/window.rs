//! A file within a file.

use super::{Slice, Source};
use crate::report::Result;

/// A window over a file as a source of its own: what is nested in it counts its offsets from its own start.
pub struct WindowSource(pub Slice);

impl Source for WindowSource {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let count = self.len().saturating_sub(at).min(buffer.len() as u64);
        let bytes = self.0.bytes_at(self.0.span().at.saturating_add(at.min(self.len())), count)?;
        Ok(super::copy(buffer, &bytes))
    }
}
