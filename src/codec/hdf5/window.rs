//! The bytes of a file, as the HDF5 library asks for them.
//!
//! Its `Storage` must be fit for threads, and ours are not: a [`Window`] is a number, by which the thread that opened it finds the bytes.

use crate::report::{Error, Result};
use crate::source::{Slice, Span};
use hdf5_reader::error::Error as Fault;
use hdf5_reader::storage::{Storage, StorageBuffer};
use std::cell::RefCell;
use std::collections::HashMap;

/// The bytes that are open in this thread.
#[derive(Default)]
struct Open {
    next: u64,
    windows: HashMap<u64, Entry>,
}

struct Entry {
    bytes: Slice,
    /// The first failure of the source.
    failure: Option<Error>,
}

thread_local! {
    static OPEN: RefCell<Open> = RefCell::default();
}

/// Bytes, counted from the start of a window over a file.
#[derive(Debug)]
pub struct Window {
    id: u64,
    len: u64,
}

impl Window {
    /// Over all of `bytes`.
    pub fn new(bytes: Slice) -> Self {
        let len = bytes.len();
        let id = OPEN.with_borrow_mut(|open| {
            open.next += 1;
            open.windows.insert(open.next, Entry { bytes, failure: None });
            open.next
        });
        Self { id, len }
    }

    /// `count` bytes from `at` on.
    ///
    /// # Errors
    /// Those of [`Slice::bytes_at`].
    pub fn bytes(&self, at: u64, count: u64) -> Result<Vec<u8>> {
        let bytes = OPEN.with_borrow(|open| open.windows.get(&self.id).map(|entry| entry.bytes.clone()));
        let bytes = bytes.ok_or_else(|| Error::io("the file is closed"))?;
        bytes.bytes_at(bytes.span().at.saturating_add(at), count)
    }

    /// The range of the file that `count` bytes from `at` on are; none if they are not all there.
    pub fn span(&self, at: u64, count: u64) -> Option<Span> {
        at.checked_add(count).filter(|end| *end <= self.len)?;
        let start = OPEN.with_borrow(|open| open.windows.get(&self.id).map(|entry| entry.bytes.span().at))?;
        Some(Span { at: start.checked_add(at)?, len: count })
    }

    /// What is to be said of `fault`: the failure of the source, where there was one; else that the file is at fault, near `at`.
    pub fn error(&self, fault: &Fault, at: u64) -> Error {
        let failure =
            OPEN.with_borrow_mut(|open| open.windows.get_mut(&self.id).and_then(|entry| entry.failure.take()));
        failure.unwrap_or_else(|| Error::malformed(fault.to_string()).at(at))
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let bytes = OPEN.try_with(|open| open.try_borrow_mut().ok()?.windows.remove(&self.id));
        drop(bytes);
    }
}

impl Storage for Window {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_range(&self, at: u64, count: usize) -> std::result::Result<StorageBuffer, Fault> {
        let needed = count as u64;
        if at.checked_add(needed).is_none_or(|end| end > self.len) {
            return Err(Fault::UnexpectedEof { offset: at, needed, available: self.len.saturating_sub(at) });
        }
        self.bytes(at, needed).map(StorageBuffer::from_vec).map_err(|error| {
            let message = error.to_string();
            OPEN.with_borrow_mut(|open| {
                if let Some(entry) = open.windows.get_mut(&self.id) {
                    entry.failure = Some(error);
                }
            });
            Fault::Other(message)
        })
    }
}
