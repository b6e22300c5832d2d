//! Elements that were never written.

use crate::report::Result;
use crate::source::Source;

/// What elements are that were never written: all the same. As a [`Source`] it is all elements of a dataset.
#[derive(Clone, Debug)]
pub struct Fill {
    /// The bytes of an element; none if they are all zero.
    element: Vec<u8>,
    len: u64,
}

impl Fill {
    /// For `len` bytes of elements of `size` bytes each, which are `element` if that has this size.
    pub fn new(element: Option<&[u8]>, size: u64, len: u64) -> Self {
        Self { element: element.filter(|element| element.len() as u64 == size).unwrap_or_default().to_vec(), len }
    }

    /// The bytes from byte `at` of the dataset on.
    pub fn copy(&self, at: u64, buffer: &mut [u8]) {
        if self.element.is_empty() {
            buffer.fill(0);
            return;
        }
        let start = usize::try_from(at % self.element.len() as u64).unwrap_or(0);
        for (byte, fill) in buffer.iter_mut().zip(self.element.iter().cycle().skip(start)) {
            *byte = *fill;
        }
    }
}

impl Source for Fill {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let count = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX).min(buffer.len());
        self.copy(at, buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
