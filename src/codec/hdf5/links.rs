//! The links of a group: in a table of symbols, in messages of its header, or in a heap.

use super::File;
use crate::report::{Error, Result};
use crate::sort;
use hdf5_reader::btree_v1::collect_btree_v1_leaves_storage;
use hdf5_reader::btree_v2::{BTreeV2Header, BTreeV2Record, collect_btree_v2_records_storage};
use hdf5_reader::fractal_heap::{FractalHeap, FractalHeapDirectBlockCache};
use hdf5_reader::io::Cursor;
use hdf5_reader::local_heap::LocalHeap;
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::link;
use hdf5_reader::messages::link_info::LinkInfoMessage;
use hdf5_reader::messages::symbol_table_msg::SymbolTableMessage;
use hdf5_reader::object_header::ObjectHeader;
use hdf5_reader::symbol_table::SymbolTableNode;

/// The bytes of a node of a symbol table before its entries.
const NODE: u64 = 8;
/// The bytes of an entry beside two addresses.
const ENTRY: u64 = 24;
/// Of an entry of a symbol table: it is a link to a path.
const SOFT: u32 = 2;

/// A name in a group.
pub struct Link {
    pub name: String,
    pub target: Target,
    order: Option<u64>,
}

/// What a name stands for.
pub enum Target {
    /// The object whose header is at this address.
    Object(u64),
    /// What is at a path, maybe of another file.
    Path { file: Option<String>, path: String },
}

impl File {
    /// The links of the group with `header`, in the order in which they were made where that is noted, else by their names.
    pub fn links(&self, header: &ObjectHeader) -> Result<Vec<Link>> {
        let mut links = Vec::new();
        for message in &header.messages {
            match message {
                HdfMessage::SymbolTable(table) => self.table(table, &mut links)?,
                HdfMessage::Link(message) => links.push(Link::new(message)),
                HdfMessage::LinkInfo(info) if !self.nowhere(info.fractal_heap_address) => {
                    self.heap(info, &mut links)?
                }
                _ => {}
            }
        }
        if links.iter().all(|link| link.order.is_some()) {
            sort::sort_by_key(&mut links, |link| link.order);
        } else {
            links.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Ok(links)
    }

    /// The links of a group as files before version 1.8 have it.
    fn table(&self, table: &SymbolTableMessage, links: &mut Vec<Link>) -> Result<()> {
        let (window, offset, length) = (&*self.window, self.offset, self.length);
        let fault = |fault, at| self.error(&fault, at);
        let heap = LocalHeap::parse_at_storage(window, table.heap_address, offset, length)
            .map_err(|error| fault(error, table.heap_address))?;
        let names = window.bytes(heap.data_segment_address, heap.data_segment_size)?;
        let nodes = collect_btree_v1_leaves_storage(window, table.btree_address, offset, length, None, &[], None)
            .map_err(|error| fault(error, table.btree_address))?;
        for (_, at) in nodes {
            let head = window.bytes(at, NODE)?;
            let count =
                head.get(6..8).and_then(|count| count.first_chunk()).map_or(0, |count| u16::from_le_bytes(*count));
            let size = NODE + u64::from(count) * (ENTRY + 2 * u64::from(offset));
            let bytes = window.bytes(at, size)?;
            let node =
                SymbolTableNode::parse(&mut Cursor::new(&bytes), offset, length).map_err(|error| fault(error, at))?;
            for entry in node.entries {
                let name = text(&names, entry.link_name_offset).ok_or_else(|| {
                    Error::malformed("the name of a link is outside of the names of its group").at(at)
                })?;
                let target = if entry.cache_type == SOFT {
                    let place = entry.scratch.first_chunk().map_or(0, |place| u32::from_le_bytes(*place));
                    Target::Path { file: None, path: text(&names, place.into()).unwrap_or_default() }
                } else {
                    Target::Object(entry.object_header_address)
                };
                links.push(Link { name, target, order: None });
            }
        }
        Ok(())
    }

    /// The links that a heap has.
    fn heap(&self, info: &LinkInfoMessage, links: &mut Vec<Link>) -> Result<()> {
        let (window, offset, length) = (&*self.window, self.offset, self.length);
        let at = info.fractal_heap_address;
        let fault = |fault| self.error(&fault, at);
        let heap = FractalHeap::parse_at_storage(window, at, offset, length).map_err(fault)?;
        let index = BTreeV2Header::parse_at_storage(window, info.btree_name_index_address, offset, length);
        let index = index.map_err(fault)?;
        let records = collect_btree_v2_records_storage(window, &index, offset, length, None, &[], None);
        let mut blocks = FractalHeapDirectBlockCache::default();
        for record in records.map_err(fault)? {
            let BTreeV2Record::LinkNameHash { heap_id, .. } = record else { continue };
            let bytes = heap.get_object_storage_cached(&heap_id, window, offset, length, &mut blocks).map_err(fault)?;
            let message = link::parse(&mut Cursor::new(&bytes), offset, length, bytes.len()).map_err(fault)?;
            links.push(Link::new(&message));
        }
        Ok(())
    }
}

impl Link {
    /// To the outermost group, whose header is at `address`.
    pub fn root(address: u64) -> Self {
        Self { name: String::new(), target: Target::Object(address), order: None }
    }

    fn new(message: &link::LinkMessage) -> Self {
        let target = match &message.target {
            link::LinkTarget::Hard { address } => Target::Object(*address),
            link::LinkTarget::Soft { path } => Target::Path { file: None, path: path.clone() },
            link::LinkTarget::External { filename, path } => {
                Target::Path { file: Some(filename.clone()), path: path.clone() }
            }
        };
        Self { name: message.name.clone(), target, order: message.creation_order }
    }
}

/// The text at `at` of `names`, which ends with a zero.
fn text(names: &[u8], at: u64) -> Option<String> {
    let rest = names.get(usize::try_from(at).ok()?..)?;
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
    Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
}
