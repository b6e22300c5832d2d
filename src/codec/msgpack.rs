//! MessagePack (<https://github.com/msgpack/msgpack/blob/master/spec.md>), item by item, without reading texts and bytes.
//!
//! What a first byte means is the crate `rmp`'s to say. Its functions that read would do so through `std::io::Read`, and lose where a fault is.

use crate::report::{Error, Result};
use crate::source::{Reader, Span};
use rmp::Marker;

/// An item, or the beginning of one that holds others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item {
    /// Nothing.
    Nil,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A float.
    Float(f64),
    /// Text, in this range.
    Text(Span),
    /// Bytes, in this range.
    Bytes(Span),
    /// So many items follow.
    List(u64),
    /// So many pairs of a key and a value follow.
    Map(u64),
    /// Bytes of an application's own type, in this range.
    Extension(i8, Span),
}

impl Item {
    /// Reads one item; `reader` has the most significant byte first. Behind a list or a map, its cursor is at the first item in it.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when the end comes first, or for the one byte that has no meaning; those of the source.
    pub fn read(reader: &mut Reader) -> Result<Self> {
        let at = reader.position();
        Ok(match Marker::from_u8(reader.read_u8()?) {
            Marker::Null => Self::Nil,
            Marker::False => Self::Bool(false),
            Marker::True => Self::Bool(true),
            Marker::FixPos(value) => Self::Int(value.into()),
            Marker::FixNeg(value) => Self::Int(value.into()),
            Marker::U8 => Self::Int(reader.read_u8()?.into()),
            Marker::U16 => Self::Int(reader.read_u16()?.into()),
            Marker::U32 => Self::Int(reader.read_u32()?.into()),
            Marker::U64 => Self::Int(reader.read_u64()?.into()),
            Marker::I8 => Self::Int(reader.read_i8()?.into()),
            Marker::I16 => Self::Int(reader.read_i16()?.into()),
            Marker::I32 => Self::Int(reader.read_i32()?.into()),
            Marker::I64 => Self::Int(reader.read_i64()?.into()),
            Marker::F32 => Self::Float(reader.read_f32()?.into()),
            Marker::F64 => Self::Float(reader.read_f64()?),
            Marker::FixStr(len) => Self::Text(reader.read_span(len.into())?),
            marker @ (Marker::Str8 | Marker::Str16 | Marker::Str32) => {
                let len = length(reader, marker)?;
                Self::Text(reader.read_span(len)?)
            }
            marker @ (Marker::Bin8 | Marker::Bin16 | Marker::Bin32) => {
                let len = length(reader, marker)?;
                Self::Bytes(reader.read_span(len)?)
            }
            Marker::FixArray(count) => Self::List(count.into()),
            marker @ (Marker::Array16 | Marker::Array32) => Self::List(length(reader, marker)?),
            Marker::FixMap(count) => Self::Map(count.into()),
            marker @ (Marker::Map16 | Marker::Map32) => Self::Map(length(reader, marker)?),
            Marker::FixExt1 => extension(reader, 1)?,
            Marker::FixExt2 => extension(reader, 2)?,
            Marker::FixExt4 => extension(reader, 4)?,
            Marker::FixExt8 => extension(reader, 8)?,
            Marker::FixExt16 => extension(reader, 16)?,
            marker @ (Marker::Ext8 | Marker::Ext16 | Marker::Ext32) => {
                let len = length(reader, marker)?;
                extension(reader, len)?
            }
            Marker::Reserved => return Err(Error::malformed("0xc1 is no item of MessagePack").at(at)),
        })
    }
}

/// The length that follows `marker`, in as many bytes as that says.
fn length(reader: &mut Reader, marker: Marker) -> Result<u64> {
    Ok(match marker {
        Marker::Str8 | Marker::Bin8 | Marker::Ext8 => reader.read_u8()?.into(),
        Marker::Str16 | Marker::Bin16 | Marker::Ext16 | Marker::Array16 | Marker::Map16 => reader.read_u16()?.into(),
        _ => reader.read_u32()?.into(),
    })
}

fn extension(reader: &mut Reader, len: u64) -> Result<Item> {
    let kind = reader.read_i8()?;
    Ok(Item::Extension(kind, reader.read_span(len)?))
}
