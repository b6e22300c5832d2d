//! FlatBuffers: <https://flatbuffers.dev/internals/>.
//!
//! Tables by the numbers of their fields, without a schema, and lazy: only what is asked for is read. The crate of that name wants the whole
//! buffer in memory, and files of this kind keep their weights in it.
//!
//! Every offset is checked against the buffer. Tables, vectors and texts may be shared; so that a small file does not become large in memory by that,
//! what is taken of vectors and texts is bounded by a multiple of the buffer.

use crate::report::{Error, Result};
use crate::source::{Slice, Span};
use std::cell::Cell;
use std::rc::Rc;

/// The bytes before the identifier.
const IDENTIFIER: usize = 4;
/// The longest text, in bytes.
const TEXT: u64 = 16 << 20;
/// The bytes of an offset.
const WORD: u64 = 4;
/// How many times as many bytes as the buffer has may be taken of vectors and texts, and how many more.
const SHARED: (u64, u64) = (16, 64 << 10);

/// Whether the bytes at the head of a file are those of a buffer with `identifier`.
pub fn is_identified(head: &[u8], identifier: &[u8; 4]) -> bool {
    head.get(IDENTIFIER..).is_some_and(|rest| rest.starts_with(identifier))
}

/// All of a buffer.
#[derive(Clone)]
struct Buffer {
    bytes: Slice,
    /// The bytes that may still be taken of vectors and texts.
    left: Rc<Cell<u64>>,
}

/// A table: fields by their numbers.
#[derive(Clone)]
pub struct Table {
    buffer: Buffer,
    /// Where it begins.
    at: u64,
    /// Where its list of fields begins, and how many bytes that has.
    fields: Span,
}

/// A vector.
struct Vector {
    buffer: Buffer,
    /// Where its first element is.
    at: u64,
    /// The number of its elements.
    len: u32,
}

/// What a field of a fixed size can hold.
pub trait Scalar: Copy + Default {
    /// Its size in bytes.
    const SIZE: u64;
    /// The value of these bytes.
    fn from_bytes(bytes: &[u8]) -> Self;
}

macro_rules! scalars {
    ($($type:ident)*) => {$(
        impl Scalar for $type {
            const SIZE: u64 = size_of::<$type>() as u64;

            fn from_bytes(bytes: &[u8]) -> Self {
                bytes.first_chunk().map_or_else(Self::default, |bytes| Self::from_le_bytes(*bytes))
            }
        }
    )*};
}
scalars! { u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 }

impl Scalar for bool {
    const SIZE: u64 = 1;

    fn from_bytes(bytes: &[u8]) -> Self {
        bytes.first().is_some_and(|byte| *byte != 0)
    }
}

impl Buffer {
    fn number<T: Scalar>(&self, at: u64) -> Result<T> {
        Ok(T::from_bytes(&self.bytes.bytes_at(at, T::SIZE)?))
    }

    /// Where the offset at `at` points to.
    fn target(&self, at: u64) -> Result<u64> {
        let offset: u32 = self.number(at)?;
        let target = at.saturating_add(offset.into());
        if offset == 0 {
            return Err(Error::malformed("an offset points to itself").at(at));
        }
        self.bytes.check(target, WORD).map_err(|error| error.within("the target of an offset"))?;
        Ok(target)
    }

    /// Takes `count` bytes of what is left.
    fn take(&self, at: u64, count: u64) -> Result<()> {
        let left = self.left.get().checked_sub(count);
        self.left.set(left.ok_or_else(|| Error::limit("the same parts are used too many times").at(at))?);
        Ok(())
    }
}

impl Table {
    /// The outermost table of `buffer`.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it is outside of the buffer; those of the source.
    pub fn root(buffer: &Slice) -> Result<Self> {
        let (times, more) = SHARED;
        let left = buffer.len().saturating_mul(times).saturating_add(more);
        let buffer = Buffer { bytes: buffer.clone(), left: Rc::new(Cell::new(left)) };
        let at = buffer.target(buffer.bytes.span().at)?;
        Self::at(&buffer, at)
    }

    fn at(buffer: &Buffer, at: u64) -> Result<Self> {
        let back: i32 = buffer.number(at)?;
        let fields = at.checked_add_signed(-i64::from(back)).unwrap_or(u64::MAX);
        let len: u16 = buffer.number(fields).map_err(|error| error.within("the fields of a table"))?;
        buffer.bytes.check(fields, len.into())?;
        Ok(Self { buffer: buffer.clone(), at, fields: Span { at: fields, len: len.into() } })
    }

    /// Where it begins.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Where the field with `number` is; none if it is absent.
    fn field(&self, number: u16) -> Result<Option<u64>> {
        let entry = 4 + 2 * u64::from(number);
        if entry + 2 > self.fields.len {
            return Ok(None);
        }
        let offset: u16 = self.buffer.number(self.fields.at + entry)?;
        Ok((offset != 0).then(|| self.at.saturating_add(offset.into())))
    }

    /// The number in a field, or its usual value.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it is outside of the buffer; those of the source.
    pub fn number<T: Scalar>(&self, field: u16, usual: T) -> Result<T> {
        self.field(field)?.map_or(Ok(usual), |at| self.buffer.number(at))
    }

    /// The table in a field.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it is outside of the buffer; those of the source.
    pub fn table(&self, field: u16) -> Result<Option<Self>> {
        self.field(field)?.map(|at| Self::at(&self.buffer, self.buffer.target(at)?)).transpose()
    }

    /// The vector in a field, whose elements have `size` bytes; an empty one if it is absent.
    fn vector(&self, field: u16, size: u64) -> Result<Vector> {
        match self.field(field)? {
            Some(at) => Vector::at(&self.buffer, self.buffer.target(at)?, size),
            None => Ok(Vector { buffer: self.buffer.clone(), at: self.at, len: 0 }),
        }
    }

    /// The tables in the vector in a field, each read when its turn comes.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when the vector does not fit into the buffer; [`Kind::Limit`](crate::report::Kind::Limit)
    /// when too much was taken of vectors; those of the source.
    pub fn tables(&self, field: u16) -> Result<impl ExactSizeIterator<Item = Result<Self>> + use<>> {
        let vector = self.vector(field, WORD)?;
        self.buffer.take(vector.at, WORD * u64::from(vector.len))?;
        Ok((0..vector.len).map(move |index| {
            let at = vector.at + WORD * u64::from(index);
            Self::at(&vector.buffer, vector.buffer.target(at)?)
        }))
    }

    /// The numbers in the vector in a field.
    ///
    /// # Errors
    /// Those of [`Self::tables`].
    pub fn numbers<T: Scalar>(&self, field: u16) -> Result<Vec<T>> {
        let vector = self.vector(field, T::SIZE)?;
        let count = T::SIZE * u64::from(vector.len);
        self.buffer.take(vector.at, count)?;
        let bytes = self.buffer.bytes.bytes_at(vector.at, count)?;
        Ok(bytes.chunks_exact(size_of::<T>()).map(T::from_bytes).collect())
    }

    /// The texts in the vector in a field.
    ///
    /// # Errors
    /// Those of [`Self::tables`] and [`Self::text`].
    pub fn texts(&self, field: u16) -> Result<Vec<String>> {
        let spans = self.blobs(field)?;
        spans.into_iter().map(|span| self.text_at(span)).collect()
    }

    /// The vectors of bytes in the vector in a field, which are not read.
    ///
    /// # Errors
    /// Those of [`Self::tables`].
    pub fn blobs(&self, field: u16) -> Result<Vec<Span>> {
        let vector = self.vector(field, WORD)?;
        self.buffer.take(vector.at, WORD * u64::from(vector.len))?;
        let places = (0..vector.len).map(|index| vector.at + WORD * u64::from(index));
        places.map(|at| Ok(Vector::at(&self.buffer, self.buffer.target(at)?, 1)?.span())).collect()
    }

    /// The bytes of the vector in a field, which are not read; none if it is absent.
    ///
    /// # Errors
    /// Those of [`Self::table`].
    pub fn bytes(&self, field: u16) -> Result<Option<Span>> {
        let Some(at) = self.field(field)? else { return Ok(None) };
        Ok(Some(Vector::at(&self.buffer, self.buffer.target(at)?, 1)?.span()))
    }

    /// The text in a field; empty if it is absent. What is not UTF-8 in it is replaced.
    ///
    /// # Errors
    /// Those of [`Self::tables`]; [`Kind::Limit`](crate::report::Kind::Limit) when it is very long.
    pub fn text(&self, field: u16) -> Result<String> {
        self.bytes(field)?.map_or(Ok(String::new()), |span| self.text_at(span))
    }

    fn text_at(&self, span: Span) -> Result<String> {
        self.buffer.take(span.at, span.len)?;
        let bytes = self.buffer.bytes.window(span).read_all(TEXT)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The union in two fields, of which the first holds its kind: the kind, and the table; none if it is absent.
    ///
    /// # Errors
    /// Those of [`Self::table`].
    pub fn union(&self, field: u16) -> Result<Option<(u8, Self)>> {
        let kind: u8 = self.number(field, 0)?;
        let table = self.table(field.saturating_add(1))?;
        Ok(table.filter(|_| kind != 0).map(|table| (kind, table)))
    }
}

impl Vector {
    fn at(buffer: &Buffer, at: u64, size: u64) -> Result<Self> {
        let len: u32 = buffer.number(at)?;
        let first = at + WORD;
        buffer.bytes.check(first, size.saturating_mul(len.into())).map_err(|error| error.within("a vector"))?;
        Ok(Self { buffer: buffer.clone(), at: first, len })
    }

    /// Where its elements are, if they are bytes.
    fn span(&self) -> Span {
        Span { at: self.at, len: self.len.into() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use crate::report::Kind;
    use crate::source::{BytesSource, Pages};

    fn slice(bytes: Vec<u8>) -> Slice {
        Slice::new(Rc::new(Pages::new(Rc::new(BytesSource(bytes)))))
    }

    /// A table with fields 0: a `u8` 7; 2: a text; 3: a vector of `u16`; 4: the table itself; 5 and 6: a union of it.
    fn example() -> Vec<u8> {
        let mut bytes = vec![0; 8];
        let fields = bytes.len();
        for entry in [18u16, 32, 4, 0, 8, 12, 16, 20, 24] {
            bytes.extend(entry.to_le_bytes());
        }
        bytes.resize(28, 0);
        let table = bytes.len();
        bytes[0] = u8::try_from(table).unwrap();
        bytes.extend(i32::try_from(table - fields).unwrap().to_le_bytes());
        bytes.extend([7, 0, 0, 0]);
        let (text, numbers) = (table + 32, table + 40);
        bytes.extend(u32::try_from(text - (table + 8)).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(numbers - (table + 12)).unwrap().to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend([9, 0, 0, 0]);
        bytes.extend([0; 8]);
        bytes.extend([3, 0, 0, 0, b'a', b'b', b'c', 0]);
        bytes.extend([2, 0, 0, 0, 1, 0, 2, 1]);
        bytes
    }

    #[test]
    fn fields_are_read_by_their_numbers() {
        let root = Table::root(&slice(example())).unwrap();
        assert_eq!(
            (root.number(0, 0u8).unwrap(), root.number(1, 5u32).unwrap(), root.number(40, 6i64).unwrap()),
            (7, 5, 6)
        );
        assert_eq!((root.text(2).unwrap(), root.text(1).unwrap()), ("abc".into(), String::new()));
        assert_eq!(root.numbers::<u16>(3).unwrap(), [1, 258]);
        assert_eq!(root.bytes(2).unwrap().unwrap().len, 3);
        assert!(root.table(1).unwrap().is_none() && root.tables(1).unwrap().next().is_none());
        assert_eq!(root.number(5, 0u8).unwrap(), 9);
    }

    #[test]
    fn what_points_outside_is_an_error() {
        let whole = example();
        for at in 0..whole.len() {
            for byte in [0, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                let Ok(root) = Table::root(&slice(bytes)) else { continue };
                drop((root.text(2), root.numbers::<u64>(3), root.table(4), root.union(5), root.tables(3)));
            }
        }
        assert_eq!(Table::root(&slice(vec![0; 8])).err().unwrap().kind, Kind::Malformed);
        assert!(Table::root(&slice(Vec::new())).is_err());
    }

    #[test]
    fn what_is_shared_is_not_taken_without_end() {
        let root = Table::root(&slice(example())).unwrap();
        let taken = (0..1 << 20).find(|_| root.text(2).is_err());
        assert!(taken.is_some_and(|count| count > 1000));
    }
}
