//! Attributes, of which only text is read.

use super::File;
use crate::report::{Error, Result};
use hdf5_reader::btree_v2::{BTreeV2Header, BTreeV2Record, collect_btree_v2_records_storage};
use hdf5_reader::fractal_heap::{FractalHeap, FractalHeapDirectBlockCache};
use hdf5_reader::global_heap::GlobalHeapCollection;
use hdf5_reader::io::Cursor;
use hdf5_reader::messages::attribute::{self, AttributeMessage};
use hdf5_reader::messages::attribute_info::AttributeInfoMessage;
use hdf5_reader::messages::{Datatype, HdfMessage};
use hdf5_reader::object_header::ObjectHeader;
use hdf5_reader::{StringSize, VarLenKind};
use std::collections::HashMap;

/// The pieces of text that attributes share, by the addresses of the collections that they are in.
#[derive(Debug, Default)]
pub struct Texts {
    collections: HashMap<u64, GlobalHeapCollection>,
    /// The bytes of these.
    read: u64,
}

impl File {
    /// The attributes of the object with `header`.
    pub fn attributes(&self, header: ObjectHeader) -> Result<Vec<AttributeMessage>> {
        let mut attributes = Vec::new();
        for message in header.messages {
            match message {
                HdfMessage::Attribute(attribute) => attributes.push(attribute),
                HdfMessage::AttributeInfo(info) if !self.nowhere(info.fractal_heap_address) => {
                    self.dense(&info, &mut attributes)?;
                }
                _ => {}
            }
        }
        Ok(attributes)
    }

    /// Attributes that a heap has.
    fn dense(&self, info: &AttributeInfoMessage, attributes: &mut Vec<AttributeMessage>) -> Result<()> {
        let (window, offset, length) = (&*self.window, self.offset, self.length);
        let at = info.fractal_heap_address;
        let fault = |fault| self.error(&fault, at);
        let heap = FractalHeap::parse_at_storage(window, at, offset, length).map_err(fault)?;
        let index = BTreeV2Header::parse_at_storage(window, info.btree_name_index_address, offset, length);
        let index = index.map_err(fault)?;
        let records = collect_btree_v2_records_storage(window, &index, offset, length, None, &[], None);
        let mut blocks = FractalHeapDirectBlockCache::default();
        for record in records.map_err(fault)? {
            let BTreeV2Record::AttributeNameHash { heap_id, .. } = record else { continue };
            let bytes = heap.get_object_storage_cached(&heap_id, window, offset, length, &mut blocks).map_err(fault)?;
            let message = attribute::parse(&mut Cursor::new(&bytes), offset, length, bytes.len()).map_err(fault)?;
            attributes.push(message);
        }
        Ok(())
    }

    /// The texts of `attribute`; none if it is no text.
    pub fn texts(&self, attribute: &AttributeMessage, texts: &mut Texts) -> Result<Option<Vec<String>>> {
        let data = &attribute.raw_data;
        Ok(match &attribute.datatype {
            Datatype::String { size: StringSize::Fixed(size), .. } if *size > 0 => {
                Some(data.chunks_exact(*size as usize).map(trimmed).collect())
            }
            Datatype::String { size: StringSize::Variable, .. } => Some(self.shared(data, texts)?),
            Datatype::VarLen { kind: VarLenKind::String, .. } => Some(self.shared(data, texts)?),
            _ => None,
        })
    }

    /// The texts that the references in `data` stand for: a size, an address and a number each.
    fn shared(&self, data: &[u8], texts: &mut Texts) -> Result<Vec<String>> {
        let width = usize::from(self.offset);
        let text = |reference: &[u8]| {
            let number = |bytes: Option<&[u8]>| {
                bytes.unwrap_or_default().iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte))
            };
            let size = number(reference.get(..4));
            let (address, index) = (number(reference.get(4..4 + width)), number(reference.get(4 + width..)));
            if size == 0 {
                return Ok(String::new());
            }
            let collection = self.collection(address, texts)?;
            let object = u16::try_from(index).ok().and_then(|index| collection.get_object(index));
            let bytes = object.and_then(|object| object.data.get(..usize::try_from(size).ok()?));
            bytes.map(trimmed).ok_or_else(|| Error::malformed("a text is not where it should be").at(address))
        };
        data.chunks_exact(8 + width).map(text).collect()
    }

    fn collection<'a>(&self, address: u64, texts: &'a mut Texts) -> Result<&'a GlobalHeapCollection> {
        if !texts.collections.contains_key(&address) {
            let read = GlobalHeapCollection::parse_at_storage(&*self.window, address, self.offset, self.length);
            let read = read.map_err(|fault| self.error(&fault, address))?;
            texts.read += read.objects.iter().map(|object| object.data.len() as u64).sum::<u64>();
            // Collections do not overlap, so they have no more bytes than the file.
            if texts.read > hdf5_reader::Storage::len(&*self.window) {
                return Err(Error::malformed("texts are at several places at once").at(address));
            }
            texts.collections.insert(address, read);
        }
        texts.collections.get(&address).ok_or_else(|| Error::missing("there is no such text"))
    }
}

/// The text in `bytes`, without what fills it up.
fn trimmed(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}
