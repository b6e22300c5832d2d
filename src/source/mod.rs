//! Random access to the bytes of the opened files.
//!
//! Everything is synchronous: in the browser this runs in a Worker, where a `FileReaderSync` and a synchronous Range request
//! block just like `pread` does natively. So every reader is plain Rust over [`Source`], with `u64` offsets even
//! where `usize` has 32 bits.
//!
//! - [`Source`] reads bytes at an offset; it is what an operating system, a browser or a test implements.
//! - [`Pages`] reads a source in pages through a [`Cache`] with a budget, and reads ahead when reads are sequential.
//! - [`Slice`] is a cheap window over pages: a `std::io::Read + Seek` for `zip`, a [`bytes::Buf`] for `prost`.
//! - [`WindowSource`] is a file within another one; [`ChainSource`] is one whose pieces are files; [`LateSource`] is asked for when it is read.
//! - [`InflatedSource`] inflates deflated bytes where they are read, in constant memory.
//! - [`Reader`] is a cursor over a slice for binary formats: numbers, text and spans, each checked against the end.
//! - [`Files`] is the set that was dropped; companions (external data, shards) are looked up there and nowhere else.

#![deny(clippy::indexing_slicing)]

mod chain;
mod counting;
mod files;
mod inflate;
mod late;
mod limits;
mod memory;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod pages;
mod reader;
mod slice;
mod window;

pub use chain::ChainSource;
pub use counting::CountingSource;
pub use files::{FileId, Files, Folder};
pub use inflate::{InflatedSource, Packing};
pub use late::LateSource;
pub use limits::Limits;
pub use memory::BytesSource;
#[cfg(not(target_arch = "wasm32"))]
pub use native::{NativeFile, NativeFolder};
pub use pages::{Cache, PAGE, Pages};
pub use reader::{Order, Reader};
pub use slice::{Slice, payload_span};
pub use window::WindowSource;

use crate::report::Result;
use serde::Serialize;

/// Bytes at offsets.
pub trait Source {
    /// The size in bytes.
    fn len(&self) -> u64;

    /// Whether there is no byte.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `buffer` from offset `at` on and returns how many bytes that were: fewer than asked for only at the end.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::report::Kind::Io) when the bytes cannot be had.
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize>;
}

impl<S: Source + ?Sized> Source for std::rc::Rc<S> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        (**self).read_at(at, buffer)
    }
}

/// A range of bytes of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Span {
    /// The offset of the first byte.
    pub at: u64,
    /// The number of bytes.
    pub len: u64,
}

impl Span {
    /// The offset after the last byte.
    pub fn end(self) -> u64 {
        self.at.saturating_add(self.len)
    }
}

/// Copies as much of `from` as `to` has room for; returns how much that was.
pub(crate) fn copy(to: &mut [u8], from: &[u8]) -> usize {
    to.iter_mut().zip(from).map(|(to, from)| *to = *from).count()
}
