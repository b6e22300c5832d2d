//! Sorted tables of keys and values: the file format of LevelDB.
//!
//! Specification: <https://github.com/google/leveldb/blob/main/doc/table_format.md>. A table is blocks; the last 48 bytes say where
//! the index is, a block whose values say where the others are. Keys share prefixes with the ones before them. Only what is asked for
//! is read: blocks that are stored as they are give values as windows over the file.

use crate::report::{Error, Result};
use crate::source::{BytesSource, Pages, Reader, Slice, Span};
use std::rc::Rc;

/// The last eight bytes of a table.
pub const MAGIC: [u8; 8] = 0xdb47_7524_8b80_fb57_u64.to_le_bytes();
/// The bytes of the footer.
const FOOTER: u64 = 48;
/// The bytes behind each block: how it is packed, and a checksum.
const TRAILER: u64 = 5;
/// The most bytes of an index.
const INDEX: u64 = 256 << 20;
/// The longest key.
const KEY: u64 = 1 << 20;

/// A table.
pub struct Table {
    file: Slice,
    /// Its blocks in the order of their keys, without what follows each.
    pub blocks: Vec<Span>,
}

/// A key with its value.
pub struct Entry {
    /// The key.
    pub key: Vec<u8>,
    /// A window over the value.
    pub value: Slice,
    /// Whether that is a window over the file, in which offsets count from its start; else over what a block inflates to.
    pub stored: bool,
}

impl Table {
    /// Reads the index of the table that fills `file`.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it is no table; those of [`Self::entries`].
    pub fn open(file: &Slice) -> Result<Self> {
        let len = file.len();
        let at = len.checked_sub(FOOTER).ok_or_else(|| Error::malformed("too short for a table").at(0))?;
        let footer = file.window(Span { at, len: FOOTER });
        if footer.bytes_at(len - 8, 8)? != MAGIC {
            return Err(Error::malformed("the table ends without its mark").at(len - 8));
        }
        let mut handles = Reader::little(footer);
        handle(&mut handles)?;
        let index = handle(&mut handles)?;
        if index.len > INDEX {
            return Err(Error::limit(format!("an index of {} bytes, at most {INDEX} are allowed", index.len)).at(at));
        }
        let mut table = Self { file: file.clone(), blocks: Vec::new() };
        let mut blocks = Vec::new();
        for entry in table.entries(index, INDEX)? {
            blocks.push(handle(&mut Reader::little(entry?.value))?);
        }
        table.blocks = blocks;
        Ok(table)
    }

    /// The entries of `block`, which inflates to at most `limit` bytes if it is packed.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when there is no such block, [`Kind::Unsupported`](crate::report::Kind::Unsupported) when it is
    /// packed in a way that is not known; [`Kind::Limit`](crate::report::Kind::Limit); those of the source.
    pub fn entries(&self, block: Span, limit: u64) -> Result<Entries> {
        self.file.check(block.at, block.len.saturating_add(TRAILER))?;
        let packing = self.file.bytes_at(block.end(), 1)?;
        let packed = self.file.window(block);
        let (bytes, stored) = match packing.first() {
            Some(0) => (packed, true),
            Some(1) => (unpacked(&packed, limit)?, false),
            other => {
                let message = format!("a block that is packed in way {}, which is not known", other.unwrap_or(&0));
                return Err(Error::unsupported(message).at(block.end()));
            }
        };
        Entries::new(bytes, stored)
    }
}

/// What a block packed with Snappy inflates to.
fn unpacked(packed: &Slice, limit: u64) -> Result<Slice> {
    let at = packed.span().at;
    let bytes = packed.read_all(limit)?;
    let malformed = |error: snap::Error| Error::malformed(format!("a block does not inflate: {error}")).at(at);
    let len = snap::raw::decompress_len(&bytes).map_err(malformed)?;
    if len as u64 > limit {
        return Err(Error::limit(format!("a block inflates to {len} bytes, at most {limit} are allowed")).at(at));
    }
    let bytes = snap::raw::Decoder::new().decompress_vec(&bytes).map_err(malformed)?;
    Ok(Slice::new(Rc::new(Pages::new(Rc::new(BytesSource(bytes))))))
}

/// Where a block is.
fn handle(reader: &mut Reader) -> Result<Span> {
    Ok(Span { at: reader.read_varint()?, len: reader.read_varint()? })
}

/// The entries of a block, in the order of their keys. A fault ends them.
pub struct Entries {
    reader: Reader,
    end: u64,
    stored: bool,
    key: Vec<u8>,
}

impl Entries {
    fn new(block: Slice, stored: bool) -> Result<Self> {
        let span = block.span();
        // At the end are the places where keys are whole, and how many these are.
        let count = block.bytes_at(span.end().saturating_sub(4).max(span.at), 4)?;
        let count = count.first_chunk().map_or(0, |count| u32::from_le_bytes(*count));
        let restarts = 4 + 4 * u64::from(count);
        let end = span.len.checked_sub(restarts).map(|len| span.at + len);
        let end =
            end.ok_or_else(|| Error::malformed(format!("a block of {} bytes with {count} restarts", span.len)))?;
        Ok(Self { reader: Reader::little(block), end, stored, key: Vec::new() })
    }

    fn entry(&mut self) -> Result<Entry> {
        let at = self.reader.position();
        let (shared, own, len) = (self.reader.read_varint()?, self.reader.read_varint()?, self.reader.read_varint()?);
        let shared = usize::try_from(shared).ok().filter(|shared| *shared <= self.key.len());
        let shared = shared.ok_or_else(|| Error::malformed("a key shares more than there is").at(at))?;
        if own > KEY {
            return Err(Error::limit(format!("a key of {own} bytes, at most {KEY} are allowed")).at(at));
        }
        self.key.truncate(shared);
        self.key.extend(self.reader.read_bytes(own)?);
        let span = Span { at: self.reader.position(), len };
        self.reader.skip(len)?;
        Ok(Entry { key: self.key.clone(), value: self.reader.slice().window(span), stored: self.stored })
    }
}

impl Iterator for Entries {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        if self.reader.position() >= self.end {
            return None;
        }
        let entry = self.entry();
        if entry.is_err() {
            self.end = 0;
        }
        Some(entry)
    }
}
