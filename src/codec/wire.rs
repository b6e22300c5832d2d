//! Writing Protocol Buffers: for formats that say the same as a message, but in other bytes, so that one reader does for all of them.

use prost::encoding::{WireType, encode_key, encode_varint};

/// The bytes of a message.
#[derive(Clone, Debug, Default)]
pub struct Message(Vec<u8>);

impl Message {
    /// Adds an integer; negative ones in two's complement.
    pub fn int(&mut self, number: u32, value: i64) {
        encode_key(number, WireType::Varint, &mut self.0);
        encode_varint(value.cast_unsigned(), &mut self.0);
    }

    /// Adds a `float`.
    pub fn float(&mut self, number: u32, value: f32) {
        encode_key(number, WireType::ThirtyTwoBit, &mut self.0);
        self.0.extend(value.to_le_bytes());
    }

    /// Adds a `double`.
    pub fn double(&mut self, number: u32, value: f64) {
        encode_key(number, WireType::SixtyFourBit, &mut self.0);
        self.0.extend(value.to_le_bytes());
    }

    /// Adds text or bytes.
    pub fn bytes(&mut self, number: u32, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        encode_key(number, WireType::LengthDelimited, &mut self.0);
        encode_varint(bytes.len() as u64, &mut self.0);
        self.0.extend(bytes);
    }

    /// Adds text, unless it is empty: what a message does not have is empty.
    pub fn text(&mut self, number: u32, text: &str) {
        if !text.is_empty() {
            self.bytes(number, text);
        }
    }

    /// Adds a message.
    pub fn message(&mut self, number: u32, message: &Self) {
        self.bytes(number, &message.0);
    }

    /// Adds `text` to each of a list, empty ones too.
    pub fn texts<T: AsRef<str>>(&mut self, number: u32, texts: &[T]) {
        for text in texts {
            self.bytes(number, text.as_ref());
        }
    }

    /// Whether it has no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All its bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Integers as packed numbers, for a field of theirs.
pub fn varints(values: impl Iterator<Item = i64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    values.for_each(|value| encode_varint(value.cast_unsigned(), &mut bytes));
    bytes
}
