//! What a dataset is, and where its bytes are.

use super::{Chunks, File, Fill};
use crate::report::{Error, Result};
use crate::source::Span;
use hdf5_reader::messages::dataspace::DataspaceType;
use hdf5_reader::messages::{Datatype, HdfMessage};
use hdf5_reader::object_header::ObjectHeader;
use hdf5_reader::{ByteOrder, StringSize};
use std::rc::Rc;

/// A table of elements.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// What each of its elements is.
    pub element: Element,
    /// Whether numbers have their most significant byte first.
    pub big: bool,
    /// Its dimensions, outermost first; none if it has no elements at all.
    pub shape: Vec<u64>,
    /// Where its bytes are.
    pub place: Place,
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// An integer of so many bytes, and whether it has a sign.
    Integer(u64, bool),
    /// A float of so many bytes.
    Float(u64),
    /// A complex number, of two floats of so many bytes.
    Complex(u64),
    /// A truth value, in a byte.
    Bool,
    /// Text in so many bytes.
    Text(u64),
    /// So many bytes.
    Bytes(u64),
    /// Something else, of so many bytes.
    Other(&'static str, u64),
}

impl Element {
    /// How many bytes it has.
    pub fn size(self) -> u64 {
        match self {
            Self::Integer(size, _) | Self::Float(size) | Self::Text(size) | Self::Bytes(size) => size,
            Self::Complex(size) => size.saturating_mul(2),
            Self::Bool => 1,
            Self::Other(_, size) => size,
        }
    }
}

/// Where bytes are.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a range of the file.
    Range(Span),
    /// Here.
    Inline(Vec<u8>),
    /// In chunks.
    Chunked(Rc<Chunks>),
    /// Nowhere: nothing was ever written.
    Unwritten(Fill),
    /// In other files.
    Elsewhere(Vec<String>),
    /// Not where this program can read it, for this reason.
    Unreadable(String),
}

impl File {
    /// The dataset with `header`; none if that is something else.
    pub fn dataset(&self, header: &ObjectHeader) -> Result<Option<Dataset>> {
        use hdf5_reader::messages::layout::DataLayout;
        let (mut datatype, mut space, mut layout, mut filters, mut files, mut fill) =
            (None, None, None, None, None, None);
        for message in &header.messages {
            match message {
                HdfMessage::Datatype(message) => datatype = Some(message),
                HdfMessage::Dataspace(message) => space = Some(message),
                HdfMessage::DataLayout(message) => layout = Some(&message.layout),
                HdfMessage::FilterPipeline(message) => filters = Some(message),
                HdfMessage::ExternalFiles(message) => files = Some(message),
                HdfMessage::FillValue(message) => fill = message.value.as_deref(),
                _ => {}
            }
        }
        let (Some(datatype), Some(space)) = (datatype, space) else { return Ok(None) };
        let (element, big) = element(&datatype.datatype, datatype.size.into());
        // Such a one has no elements, rather than one.
        let none = space.dataspace_type == DataspaceType::Null;
        let shape = if none { vec![0] } else { space.dims.clone() };
        let bytes = shape.iter().try_fold(element.size(), |size, dim| size.checked_mul(*dim));
        let bytes = bytes.ok_or_else(|| Error::malformed(format!("a dataset has too large a shape: {shape:?}")))?;
        let fill = Fill::new(fill, element.size(), bytes);
        let place = match layout {
            _ if files.is_some_and(|files| !files.slots.is_empty()) => {
                Place::Elsewhere(files.map(|files| self.others(files)).unwrap_or_default())
            }
            Some(DataLayout::Compact { data }) => Place::Inline(data.clone()),
            Some(DataLayout::Contiguous { address, .. }) if self.nowhere(*address) => Place::Unwritten(fill),
            Some(DataLayout::Contiguous { address, .. }) => match self.window.span(*address, bytes) {
                Some(span) => Place::Range(span),
                None => Place::Unreadable(format!("{bytes} bytes at {address:#x} are not all within the file")),
            },
            Some(DataLayout::Chunked { address, .. }) if self.nowhere(*address) => Place::Unwritten(fill),
            Some(layout @ DataLayout::Chunked { .. }) => {
                match Chunks::new(self, layout, space, filters, fill, element.size()) {
                    Ok(chunks) => Place::Chunked(Rc::new(chunks)),
                    Err(error) => Place::Unreadable(error.to_string()),
                }
            }
            None => Place::Unreadable("it is stored in a way that is not known".into()),
        };
        Ok(Some(Dataset { element, big, shape, place }))
    }

    /// The names of the files that bytes are in.
    fn others(&self, files: &hdf5_reader::messages::external_files::ExternalFilesMessage) -> Vec<String> {
        use hdf5_reader::local_heap::LocalHeap;
        let heap = LocalHeap::parse_at_storage(&*self.window, files.heap_address, self.offset, self.length);
        let Ok(heap) = heap else { return Vec::new() };
        let name = |at| heap.get_string_storage(at, &*self.window).ok();
        files.slots.iter().filter_map(|slot| name(slot.name_offset)).collect()
    }
}

/// What elements of type `datatype` are, and whether their most significant byte comes first.
fn element(datatype: &Datatype, size: u64) -> (Element, bool) {
    let is_big = |order: &ByteOrder| *order == ByteOrder::BigEndian;
    match datatype {
        Datatype::FixedPoint { signed, byte_order, .. } => (Element::Integer(size, *signed), is_big(byte_order)),
        Datatype::FloatingPoint { byte_order, .. } => (Element::Float(size), is_big(byte_order)),
        Datatype::Bitfield { byte_order, .. } => (Element::Integer(size, false), is_big(byte_order)),
        Datatype::String { size: StringSize::Fixed(_), .. } => (Element::Text(size), false),
        Datatype::Opaque { .. } => (Element::Bytes(size), false),
        // As Python's library has truth values.
        Datatype::Enum { base, members } => match (&**base, members.as_slice()) {
            (Datatype::FixedPoint { size: 1, .. }, [a, b]) if &*a.name == "FALSE" && &*b.name == "TRUE" => {
                (Element::Bool, false)
            }
            (base, _) => element_of_enum(base, size),
        },
        Datatype::Compound { fields, .. } => match fields.as_slice() {
            [real, imaginary] => match (&real.datatype, &imaginary.datatype) {
                (Datatype::FloatingPoint { byte_order, .. }, Datatype::FloatingPoint { .. })
                    if imaginary.byte_offset.checked_mul(2).map(u64::from) == Some(size) =>
                {
                    (Element::Complex(size / 2), is_big(byte_order))
                }
                _ => (Element::Other("records", size), false),
            },
            _ => (Element::Other("records", size), false),
        },
        Datatype::String { .. } | Datatype::VarLen { .. } => {
            (Element::Other("elements of variable length", size), false)
        }
        Datatype::Array { .. } => (Element::Other("arrays", size), false),
        Datatype::Reference { .. } => (Element::Other("references", size), false),
    }
}

fn element_of_enum(base: &Datatype, size: u64) -> (Element, bool) {
    match base {
        Datatype::FixedPoint { signed, byte_order, .. } => {
            (Element::Integer(size, *signed), *byte_order == ByteOrder::BigEndian)
        }
        _ => (Element::Other("names", size), false),
    }
}
