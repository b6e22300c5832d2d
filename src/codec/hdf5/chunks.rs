//! Bytes that are in chunks, unpacked where they are read.

use super::{File, Fill, lzf};
use crate::report::{Error, Result};
use crate::source::Source;
use hdf5_reader::chunk_index::{self, ChunkEntry};
use hdf5_reader::filters::{FilterRegistry, apply_pipeline_with_limit};
use hdf5_reader::messages::DataspaceMessage;
use hdf5_reader::messages::filter_pipeline::{FilterDescription, FilterPipelineMessage};
use hdf5_reader::messages::layout::{ChunkIndexing, DataLayout};
use hdf5_reader::{btree_v1, extensible_array, fixed_array};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

/// The most bytes of a chunk.
const CHUNK: u64 = 64 << 20;
/// The most bytes of unpacked chunks that are kept, if there is more than one.
const KEPT: usize = 16 << 20;
/// The filters that can be undone, by their numbers: deflate, shuffle, Fletcher-32, szip, n-bit, scale and offset, LZF.
const FILTERS: [u16; 7] = [1, 2, 3, 4, 5, 6, lzf::NUMBER];

/// A dataset that is cut into chunks of the same shape, each of which may be compressed. As a [`Source`] it is the elements of the dataset, in
/// row-major order. The index of the chunks is read when the first of them is asked for.
pub struct Chunks {
    file: File,
    layout: DataLayout,
    filters: Vec<FilterDescription>,
    registry: FilterRegistry,
    space: DataspaceMessage,
    shape: Vec<u64>,
    /// The shape of a chunk.
    chunk: Vec<u64>,
    /// The bytes of an element.
    element: u64,
    /// What elements are that were never written.
    fill: Fill,
    index: OnceCell<Result<HashMap<u64, ChunkEntry>>>,
    /// The chunks that were unpacked last, the last one first.
    kept: RefCell<Vec<(u64, Rc<[u8]>)>>,
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunks {:?} of {:?}", self.chunk, self.shape)
    }
}

impl Chunks {
    /// The chunks of a dataset with elements of `element` bytes.
    ///
    /// # Errors
    /// When they are packed in a way that is not known, or too large.
    pub(super) fn new(
        file: &File,
        layout: &DataLayout,
        space: &DataspaceMessage,
        filters: Option<&FilterPipelineMessage>,
        fill: Fill,
        element: u64,
    ) -> Result<Self> {
        let mut layout = layout.clone();
        let DataLayout::Chunked { dims, .. } = &mut layout else { return Err(Error::malformed("there are no chunks")) };
        // Since version 4, the last is the size of an element.
        if dims.len() == space.dims.len() + 1 {
            dims.pop();
        }
        let filters = filters.map(|message| message.filters.clone()).unwrap_or_default();
        if let Some(filter) = filters.iter().find(|filter| !FILTERS.contains(&filter.id)) {
            let name = filter.name.clone().unwrap_or_else(|| format!("number {}", filter.id));
            return Err(Error::unsupported(format!("it is packed by the filter {name:?}, which is not known")));
        }
        let chunk: Vec<u64> = dims.iter().copied().map(u64::from).collect();
        let size = chunk.iter().try_fold(element, |size, dim| size.checked_mul(*dim)).unwrap_or(u64::MAX);
        if chunk.len() != space.dims.len() || size == 0 {
            return Err(Error::malformed(format!("chunks of {chunk:?} do not fit a shape of {:?}", space.dims)));
        }
        if size > CHUNK {
            return Err(Error::limit(format!("chunks of {size} bytes, the limit is {CHUNK}")));
        }
        let mut registry = FilterRegistry::new();
        registry.register(lzf::NUMBER, Box::new(|_, packed, _| lzf::unpack(packed, CHUNK as usize)));
        Ok(Self {
            registry,
            file: file.clone(),
            layout,
            filters,
            space: space.clone(),
            shape: space.dims.clone(),
            chunk,
            element,
            fill,
            index: OnceCell::new(),
            kept: RefCell::default(),
        })
    }

    /// The bytes of a chunk.
    fn size(&self) -> usize {
        let size = self.chunk.iter().fold(self.element, |size, dim| size.saturating_mul(*dim));
        usize::try_from(size).unwrap_or(usize::MAX)
    }

    /// The number of the chunk at `corner`, an index of an element in it.
    fn number(&self, corner: &[u64]) -> u64 {
        let axes = self.shape.iter().zip(&self.chunk).zip(corner);
        axes.fold(0u64, |number, ((dim, chunk), at)| {
            number.saturating_mul(dim.div_ceil(*chunk)).saturating_add(at / chunk)
        })
    }

    fn entries(&self) -> Result<Vec<ChunkEntry>> {
        let DataLayout::Chunked { address, dims, chunk_indexing, .. } = &self.layout else { return Ok(Vec::new()) };
        let File { window, offset, length, .. } = &self.file;
        let (window, at, offset, length) = (&**window, *address, *offset, *length);
        let rank = dims.len();
        let found = match chunk_indexing {
            None => btree_v1::collect_btree_v1_leaves_storage(
                window,
                at,
                offset,
                length,
                Some(u32::try_from(rank).unwrap_or(u32::MAX)),
                dims,
                None,
            )
            .map(|leaves| leaves.into_iter().filter_map(|(key, address)| entry(key, address, rank)).collect()),
            Some(ChunkIndexing::SingleChunk { filtered_size, filters }) => {
                Ok(vec![chunk_index::single_chunk_entry(at, *filtered_size, *filters, rank)])
            }
            Some(ChunkIndexing::BTreeV2) => {
                let rank = u32::try_from(rank).unwrap_or(u32::MAX);
                chunk_index::collect_v2_chunk_entries_storage(window, at, offset, length, rank, dims, None)
            }
            Some(ChunkIndexing::Implicit) => {
                let (element, len) = (self.element as usize, hdf5_reader::Storage::len(window));
                chunk_index::collect_implicit_chunk_entries(at, &self.shape, dims, element, None, len)
            }
            Some(ChunkIndexing::FixedArray { .. }) => fixed_array::collect_fixed_array_chunk_entries_storage(
                window,
                at,
                offset,
                length,
                &self.shape,
                dims,
                None,
            ),
            Some(ChunkIndexing::ExtensibleArray { .. }) => {
                let most = self.space.max_dims.as_deref();
                extensible_array::collect_extensible_array_chunk_entries_storage(
                    window,
                    at,
                    offset,
                    length,
                    &self.shape,
                    most,
                    dims,
                    None,
                )
            }
        };
        found.map_err(|fault| self.file.error(&fault, at))
    }

    fn index(&self) -> Result<&HashMap<u64, ChunkEntry>> {
        let index = self.index.get_or_init(|| {
            let entries = self.entries()?.into_iter();
            Ok(entries.map(|entry| (self.number(&entry.offsets), entry)).collect())
        });
        index.as_ref().map_err(Clone::clone)
    }

    /// The bytes of the chunk called `number`; none if it was never written.
    fn unpacked(&self, number: u64) -> Result<Option<Rc<[u8]>>> {
        let mut kept = self.kept.borrow_mut();
        if let Some(place) = kept.iter().position(|(known, _)| *known == number) {
            let found = kept.remove(place);
            let bytes = found.1.clone();
            kept.insert(0, found);
            return Ok(Some(bytes));
        }
        let Some(entry) = self.index()?.get(&number) else { return Ok(None) };
        let whole = self.size();
        let size = if entry.size == 0 { whole as u64 } else { entry.size };
        let packed = self.file.window.bytes(entry.address, size)?;
        let element = usize::try_from(self.element).unwrap_or(usize::MAX);
        let bytes = apply_pipeline_with_limit(
            &packed,
            &self.filters,
            entry.filter_mask,
            element,
            Some(&self.registry),
            Some(whole + 64),
        );
        let mut bytes = bytes.map_err(|fault| self.file.error(&fault, entry.address))?;
        if bytes.len() < whole {
            let message = format!("a chunk has {} bytes instead of {whole}", bytes.len());
            return Err(Error::malformed(message).at(entry.address));
        }
        bytes.truncate(whole);
        let bytes: Rc<[u8]> = bytes.into();
        kept.insert(0, (number, bytes.clone()));
        kept.truncate((KEPT / whole.max(1)).max(1));
        Ok(Some(bytes))
    }
}

/// The chunk that a leaf of a tree of version 1 stands for; the last of its offsets is within an element.
fn entry(key: btree_v1::BTreeV1Key, address: u64, rank: usize) -> Option<ChunkEntry> {
    let btree_v1::BTreeV1Key::RawData { chunk_size, filter_mask, mut offsets } = key else { return None };
    offsets.truncate(rank);
    Some(ChunkEntry { address, size: chunk_size.into(), filter_mask, offsets })
}

impl Source for Chunks {
    fn len(&self) -> u64 {
        self.shape.iter().fold(self.element, |size, dim| size.saturating_mul(*dim))
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        let mut index = vec![0; self.shape.len()];
        while done < buffer.len() && at + (done as u64) < self.len() {
            let at = at + done as u64;
            // The index of the element that is next, and where it is in its chunk.
            let (mut number, within) = (at / self.element, at % self.element);
            for (index, dim) in index.iter_mut().zip(&self.shape).rev() {
                *index = number % dim;
                number /= dim;
            }
            let place = index.iter().zip(&self.chunk).fold(0, |place, (at, chunk)| place * chunk + at % chunk);
            let (Some(last), Some(dim), Some(chunk)) = (index.last(), self.shape.last(), self.chunk.last()) else {
                break;
            };
            let run = (dim - last).min(chunk - last % chunk) * self.element - within;
            let count = usize::try_from(run).unwrap_or(usize::MAX).min(buffer.len() - done);
            let Some(part) = buffer.get_mut(done..done + count) else { break };
            match self.unpacked(self.number(&index))? {
                Some(bytes) => {
                    let from = usize::try_from(place * self.element + within).unwrap_or(usize::MAX);
                    let bytes = bytes.get(from..from.saturating_add(count)).unwrap_or_default();
                    if bytes.len() != part.len() {
                        return Err(Error::malformed("a chunk ends before its elements do"));
                    }
                    part.copy_from_slice(bytes);
                }
                None => self.fill.copy(at, part),
            }
            done += count;
        }
        Ok(done)
    }
}
