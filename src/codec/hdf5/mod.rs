//! HDF5, by the HDF5 File Format Specification Version 3.0 (superblocks 0 to 3): the tree of groups and datasets, attributes that are text, and
//! where the bytes of datasets are.
//!
//! The structures on disk are decoded by the crate `hdf5-reader`, of which only what works on single structures is used. The walk is ours: it
//! follows no link out of the file, goes into no group twice, is bounded, and gives ranges where the crate gives values.
//!
//! - [`Tree`]: all groups and datasets, with their attributes.
//! - [`Dataset`]: the element type, the shape and the place of a dataset's bytes.
//! - [`Fill`]: what was never written.
//! - [`Chunks`]: bytes that are in chunks, unpacked where they are read.

mod attribute;
mod chunks;
mod dataset;
mod fill;
mod links;
mod lzf;
mod tree;
mod window;

pub use chunks::Chunks;
pub use dataset::{Dataset, Element, Place};
pub use fill::Fill;
pub use tree::{Item, Kind, Tree};

use crate::report::{Error, Result};
use crate::source::{Slice, Span};
use hdf5_reader::error::Error as Fault;
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::shared::SharedMessage;
use hdf5_reader::object_header::ObjectHeader;
use hdf5_reader::superblock::Superblock;
use std::rc::Rc;
use window::Window;

/// How an HDF5 file begins.
pub const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// The most bytes of the header of an object.
const HEADER: usize = 16 << 20;

/// A file: its bytes, and how wide its numbers are.
#[derive(Clone, Debug)]
struct File {
    window: Rc<Window>,
    /// The bytes of an address.
    offset: u8,
    /// The bytes of a size.
    length: u8,
    /// Where the header of the outermost group is.
    root: u64,
}

impl File {
    fn open(bytes: &Slice) -> Result<Self> {
        let whole = Window::new(bytes.clone());
        let superblock = Superblock::parse_from_storage(&whole).map_err(|fault| whole.error(&fault, 0))?;
        let (offset, length) = (superblock.offset_size, superblock.length_size);
        if !(2..=8).contains(&offset) || !(2..=8).contains(&length) {
            return Err(Error::malformed(format!("addresses of {offset} bytes and sizes of {length}")));
        }
        let root = superblock.root_object_header_address().map_err(|fault| whole.error(&fault, 0))?;
        // Addresses count from the superblock, before which others may have put something.
        let span = bytes.span();
        let base = superblock.base_address.min(span.len);
        let bytes = bytes.window(Span { at: span.at + base, len: span.len - base });
        Ok(Self { window: Rc::new(Window::new(bytes)), offset, length, root })
    }

    /// The header of the object at `address`, with what it shares with other objects.
    fn header(&self, address: u64) -> Result<ObjectHeader> {
        let read = |address| {
            let (offset, length) = (self.offset, self.length);
            ObjectHeader::parse_at_storage_with_limit(&*self.window, address, offset, length, HEADER)
        };
        let mut header = read(address).map_err(|fault| self.error(&fault, address))?;
        for message in &mut header.messages {
            let HdfMessage::Shared(SharedMessage::SharedInOhdr { message_type, address }) = message else { continue };
            let wanted = *message_type;
            let shared = read(*address).ok().and_then(|other| {
                other.messages.into_iter().find(|message| match message {
                    HdfMessage::Datatype(_) => wanted == hdf5_reader::messages::MSG_DATATYPE,
                    HdfMessage::Dataspace(_) => wanted == hdf5_reader::messages::MSG_DATASPACE,
                    HdfMessage::FilterPipeline(_) => wanted == hdf5_reader::messages::MSG_FILTER_PIPELINE,
                    _ => false,
                })
            });
            *message = shared.unwrap_or(HdfMessage::Nil);
        }
        Ok(header)
    }

    /// Whether `address` is that of nothing.
    fn nowhere(&self, address: u64) -> bool {
        hdf5_reader::io::Cursor::is_undefined_offset(address, self.offset)
    }

    fn error(&self, fault: &Fault, at: u64) -> Error {
        self.window.error(fault, at)
    }
}
