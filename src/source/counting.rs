//! Counts what is read.

use super::Source;
use crate::report::Result;
use std::cell::Cell;
use std::rc::Rc;

/// A source that counts the bytes read through it: the figure behind "bytes read", and behind the tests of laziness.
pub struct CountingSource<S: ?Sized> {
    read: Rc<Cell<u64>>,
    inner: S,
}

impl<S> CountingSource<S> {
    /// Counts the reads of `inner` into `read`.
    pub fn new(inner: S, read: Rc<Cell<u64>>) -> Self {
        Self { read, inner }
    }
}

impl<S: Source + ?Sized> Source for CountingSource<S> {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let count = self.inner.read_at(at, buffer)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}
