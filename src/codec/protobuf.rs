//! Protocol Buffers: messages, decoded field by field without reading their payloads.
//!
//! Specification: <https://protobuf.dev/programming-guides/encoding/>. The wire primitives are `prost`'s. Its derived messages
//! are not used, because a model file asks for more: payloads as ranges (also of packed numbers), text that is not
//! UTF-8, messages that keep what comes before a fault, and errors that name an offset.
//!
//! - [`Fields`] walks the fields of one message; a nested message or payload is a [`Slice`] that nobody has read yet.
//! - [`messages!`] declares messages that are decoded whole; the types of their fields ([`Value`]) say how.
//! - [`Unpacked`] are long lists of floats with a key before each.

mod unpacked;

pub use unpacked::Unpacked;

use crate::report::{Error, Result};
use crate::source::{Slice, Span};
use bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// The deepest nesting of messages that are decoded whole.
const DEPTH: u32 = 32;
/// The longest text that is decoded, in bytes.
const TEXT: u64 = 256 << 20;

/// The content of a field, as its wire type gives it.
#[derive(Clone)]
pub enum Wire {
    /// An integer, an enumeration, a truth value.
    Varint(u64),
    /// Four little-endian bytes.
    Fixed32(u32),
    /// Eight little-endian bytes.
    Fixed64(u64),
    /// Text, bytes, a message or packed numbers: a window over them, cut short where the file ends before.
    Bytes(Slice),
    /// A group (deprecated since 2008), skipped.
    Group,
}

/// One field of a message.
#[derive(Clone)]
pub struct Field {
    /// The number that the schema gives it.
    pub number: u32,
    /// Its content.
    pub wire: Wire,
    /// Where the content is in the file, without key and length.
    pub span: Span,
    depth: u32,
}

impl Field {
    /// The fields of the message that it holds.
    ///
    /// # Errors
    /// When it is no message, or nested too deeply.
    pub fn message(&self) -> Result<Fields> {
        let Wire::Bytes(slice) = &self.wire else { return Err(self.mismatch("a message")) };
        if self.depth >= DEPTH {
            return Err(Error::limit(format!("messages nest deeper than {DEPTH} levels")).at(self.span.at));
        }
        Ok(Fields { depth: self.depth + 1, ..Fields::new(slice.clone()) })
    }

    /// The text that it holds; what is not UTF-8 is replaced.
    ///
    /// # Errors
    /// When it is no text or too long; those of the source.
    pub fn text(&self) -> Result<String> {
        let Wire::Bytes(slice) = &self.wire else { return Err(self.mismatch("text")) };
        match slice.chunk().get(..slice.remaining()) {
            Some(bytes) => Ok(lossy(bytes)),
            None => Ok(lossy(&slice.read_all(TEXT)?)),
        }
    }

    /// The integer that it holds; negative ones are in two's complement.
    ///
    /// # Errors
    /// When it is no varint.
    pub fn varint(&self) -> Result<u64> {
        match self.wire {
            Wire::Varint(value) => Ok(value),
            _ => Err(self.mismatch("an integer")),
        }
    }

    fn mismatch(&self, wanted: &str) -> Error {
        let found = match self.wire {
            Wire::Varint(_) => "an integer",
            Wire::Fixed32(_) => "four bytes",
            Wire::Fixed64(_) => "eight bytes",
            Wire::Bytes(_) => "a length and bytes",
            Wire::Group => "a group",
        };
        Error::malformed(format!("protobuf: field {} should be {wanted}, is {found}", self.number)).at(self.span.at)
    }
}

/// The fields of one message, in the order of the file.
///
/// Reads keys and lengths, never what they enclose. A fault ends the walk with an error; a last field that is longer than the
/// file comes first, cut short.
pub struct Fields {
    rest: Slice,
    depth: u32,
    fault: Option<Error>,
}

impl Fields {
    /// The fields of the message that fills `message`.
    pub fn new(message: Slice) -> Self {
        Self { rest: message, depth: 0, fault: None }
    }

    /// The window over the whole message.
    pub fn span(&self) -> Span {
        self.rest.span()
    }

    fn field(&mut self) -> Result<Field> {
        let start = self.rest.position();
        let malformed = |error: prost::DecodeError| {
            let error = error.to_string();
            let cause = error.strip_prefix("failed to decode Protobuf message: ").unwrap_or(&error);
            Error::malformed(format!("protobuf: {cause}")).at(start)
        };
        let (number, wire_type) = decode_key(&mut self.rest).map_err(malformed)?;
        let at = self.rest.position();
        let wire = match wire_type {
            WireType::Varint => Wire::Varint(decode_varint(&mut self.rest).map_err(malformed)?),
            WireType::ThirtyTwoBit => Wire::Fixed32(self.rest.try_get_u32_le().map_err(|_| short(start))?),
            WireType::SixtyFourBit => Wire::Fixed64(self.rest.try_get_u64_le().map_err(|_| short(start))?),
            WireType::LengthDelimited => {
                let len = decode_varint(&mut self.rest).map_err(malformed)?;
                return Ok(self.delimited(number, len));
            }
            WireType::StartGroup | WireType::EndGroup => {
                skip_field(wire_type, number, &mut self.rest, DecodeContext::default()).map_err(malformed)?;
                Wire::Group
            }
        };
        let span = Span { at, len: self.rest.position() - at };
        Ok(Field { number, wire, span, depth: self.depth })
    }

    fn delimited(&mut self, number: u32, len: u64) -> Field {
        let at = self.rest.position();
        let left = self.rest.left();
        if len > left {
            let message = format!("cut short: field {number} has {len} bytes, {left} are left");
            self.fault = Some(Error::malformed(message).at(at));
        }
        let span = Span { at, len: len.min(left) };
        let window = self.rest.window(span);
        self.rest.skip(span.len);
        Field { number, wire: Wire::Bytes(window), span, depth: self.depth }
    }

    fn fail(&mut self, error: Error) -> Error {
        self.rest.skip(u64::MAX);
        error
    }
}

/// `bytes` as text. Most are UTF-8, which is quicker to find out than to replace what is not.
fn lossy(bytes: &[u8]) -> String {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes).into_owned(), str::to_owned)
}

fn short(at: u64) -> Error {
    Error::malformed("protobuf: the message ends within a field").at(at)
}

impl Iterator for Fields {
    type Item = Result<Field>;

    fn next(&mut self) -> Option<Result<Field>> {
        if let Some(fault) = self.fault.take() {
            return Some(Err(self.fail(fault)));
        }
        if self.rest.left() == 0 {
            return None;
        }
        let field = self.field();
        if let Some(failure) = self.rest.failure() {
            return Some(Err(self.fail(failure)));
        }
        Some(field.map_err(|error| self.fail(error)))
    }
}

/// A message that is decoded whole. See [`messages!`].
pub trait Message: Default {
    /// Takes in one field; numbers that the message does not know are ignored.
    ///
    /// # Errors
    /// When the field is not of its type; what could be read of it is kept.
    fn set(&mut self, field: &Field) -> Result<()>;

    /// Takes in all of `fields`, as far as they can be read.
    ///
    /// # Errors
    /// The first one; what could be read is kept.
    fn merge(&mut self, fields: Fields) -> Result<()> {
        let mut result = Ok(());
        for field in fields {
            result = result.and(field.and_then(|field| self.set(&field)));
        }
        result
    }

    /// The message that fills `message`, with the first fault that was met.
    fn decode(message: Slice) -> (Self, Option<Error>) {
        let mut decoded = Self::default();
        let fault = decoded.merge(Fields::new(message)).err();
        (decoded, fault)
    }
}

/// What a field of a [`Message`] can be.
///
/// Singular fields take the last content; [`Vec`]s collect, packed or not. A [`Span`] takes the place of the content,
/// whatever it is, without reading it.
pub trait Value {
    /// Takes in one occurrence of the field.
    ///
    /// # Errors
    /// When it has another type; what could be read of it is kept.
    fn take(&mut self, field: &Field) -> Result<()>;
}

impl<T: Value + Default> Value for Option<T> {
    fn take(&mut self, field: &Field) -> Result<()> {
        self.get_or_insert_default().take(field)
    }
}

impl<M: Message> Value for M {
    fn take(&mut self, field: &Field) -> Result<()> {
        self.merge(field.message()?)
    }
}

impl<M: Message> Value for Vec<M> {
    fn take(&mut self, field: &Field) -> Result<()> {
        let mut message = M::default();
        let result = message.take(field);
        self.push(message);
        result
    }
}

impl Value for String {
    fn take(&mut self, field: &Field) -> Result<()> {
        *self = field.text()?;
        Ok(())
    }
}

impl Value for Vec<String> {
    fn take(&mut self, field: &Field) -> Result<()> {
        self.push(field.text()?);
        Ok(())
    }
}

impl Value for Span {
    fn take(&mut self, field: &Field) -> Result<()> {
        *self = field.span;
        Ok(())
    }
}

impl Value for Vec<Span> {
    fn take(&mut self, field: &Field) -> Result<()> {
        self.push(field.span);
        Ok(())
    }
}

impl Value for i64 {
    fn take(&mut self, field: &Field) -> Result<()> {
        *self = field.varint()?.cast_signed();
        Ok(())
    }
}

impl Value for Vec<i64> {
    fn take(&mut self, field: &Field) -> Result<()> {
        let Wire::Bytes(packed) = &field.wire else {
            self.push(field.varint()?.cast_signed());
            return Ok(());
        };
        let mut packed = packed.clone();
        while packed.has_remaining() {
            self.push(decode_varint(&mut packed).map_err(|_| short(field.span.at))?.cast_signed());
        }
        packed.failure().map_or(Ok(()), Err)
    }
}

impl Value for f32 {
    fn take(&mut self, field: &Field) -> Result<()> {
        let Wire::Fixed32(bits) = field.wire else { return Err(field.mismatch("a float")) };
        *self = Self::from_bits(bits);
        Ok(())
    }
}

impl Value for Vec<f32> {
    fn take(&mut self, field: &Field) -> Result<()> {
        let Wire::Bytes(packed) = &field.wire else {
            let mut value = 0.0;
            f32::take(&mut value, field)?;
            self.push(value);
            return Ok(());
        };
        let mut packed = packed.clone();
        while packed.has_remaining() {
            self.push(packed.try_get_f32_le().map_err(|_| short(field.span.at))?);
        }
        packed.failure().map_or(Ok(()), Err)
    }
}

impl Value for Vec<f64> {
    fn take(&mut self, field: &Field) -> Result<()> {
        let mut packed = match &field.wire {
            Wire::Fixed64(bits) => {
                self.push(f64::from_bits(*bits));
                return Ok(());
            }
            Wire::Bytes(packed) => packed.clone(),
            _ => return Err(field.mismatch("a double")),
        };
        while packed.has_remaining() {
            self.push(packed.try_get_f64_le().map_err(|_| short(field.span.at))?);
        }
        packed.failure().map_or(Ok(()), Err)
    }
}

/// Declares messages that are decoded whole: `messages! { /// Doc. Name { 1 name: String, 2 dims: Vec<i64>, } … }`.
macro_rules! messages {
    ($($(#[$meta:meta])* $name:ident { $($number:literal $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub struct $name {
            $(pub $field: $type,)*
        }

        impl $crate::codec::protobuf::Message for $name {
            fn set(&mut self, field: &$crate::codec::protobuf::Field) -> $crate::report::Result<()> {
                match field.number {
                    $($number => $crate::codec::protobuf::Value::take(&mut self.$field, field),)*
                    _ => Ok(()),
                }
            }
        }
    )*};
}
pub(crate) use messages;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Kind;
    use crate::source::{BytesSource, Files};
    use std::rc::Rc;

    messages! {
        Inner {
            1 name: String,
            2 inner: Vec<Nested>,
        }

        Outer {
            1 number: i64,
            2 numbers: Vec<i64>,
            3 floats: Vec<f32>,
            4 payload: Option<Span>,
            5 inner: Option<Inner>,
            6 places: Vec<Span>,
        }
    }

    /// A message in itself, as deep as the file likes.
    #[derive(Debug, Default)]
    pub struct Nested(Option<Box<Nested>>);

    impl Message for Nested {
        fn set(&mut self, field: &Field) -> Result<()> {
            self.0.get_or_insert_default().merge(field.message()?)
        }
    }

    fn slice(bytes: &[u8]) -> Slice {
        Files::new("test", Rc::new(BytesSource(bytes.to_vec()))).main()
    }

    fn decode(bytes: &[u8]) -> (Outer, Option<Error>) {
        Outer::decode(slice(bytes))
    }

    #[test]
    fn packed_and_unpacked_numbers_are_the_same() {
        let (message, fault) = decode(&[0x10, 5, 0x12, 3, 1, 0x96, 0x01, 0x10, 7, 0x1d, 0, 0, 0x80, 0x3f]);
        assert_eq!((message.numbers, message.floats), (vec![5, 1, 150, 7], vec![1.0]));
        assert!(fault.is_none());
    }

    #[test]
    fn places_are_those_of_the_content_whatever_it_is() {
        let (message, _) = decode(&[0x22, 2, 0xaa, 0xbb, 0x30, 0x96, 0x01, 0x35, 1, 2, 3, 4]);
        assert_eq!(message.payload, Some(Span { at: 2, len: 2 }));
        assert_eq!(message.places, [Span { at: 5, len: 2 }, Span { at: 8, len: 4 }]);
    }

    #[test]
    fn what_comes_before_and_after_a_fault_is_kept() {
        let (message, fault) = decode(&[0x08, 1, 0x28, 9, 0x10, 2]);
        assert_eq!((message.number, message.numbers), (1, vec![2]));
        assert_eq!(fault.map(|error| error.at), Some(Some(3)), "a message that is an integer");

        let (message, fault) = decode(&[0x2a, 9, 0x0a, 3, b'a', b'b']);
        assert_eq!(message.inner.map(|inner| inner.name).as_deref(), Some("ab"));
        assert_eq!(fault.map(|error| error.kind), Some(Kind::Malformed), "cut short");
    }

    #[test]
    fn text_that_is_not_utf8_is_replaced() {
        let (message, fault) = decode(&[0x2a, 4, 0x0a, 2, b'a', 0xff]);
        assert_eq!(message.inner.map(|inner| inner.name).as_deref(), Some("a\u{fffd}"));
        assert!(fault.is_none());
    }

    #[test]
    fn messages_nest_only_so_deep() {
        let nested = (0..100).fold(Vec::new(), |inner: Vec<u8>, _| {
            let len = inner.len() as u64;
            let mut outer = vec![0x12];
            prost::encoding::encode_varint(len, &mut outer);
            outer.extend(inner);
            outer
        });
        let (message, fault) = Inner::decode(slice(&nested));
        assert_eq!(fault.map(|error| error.kind), Some(Kind::Limit));
        assert_eq!(message.inner.len(), 1, "the outer ones are kept");
    }

    #[test]
    fn groups_are_skipped() {
        let (message, fault) = decode(&[0x3b, 0x08, 9, 0x3c, 0x08, 3]);
        assert_eq!(message.number, 3);
        assert!(fault.is_none());
    }
}
