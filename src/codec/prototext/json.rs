//! JSON.

use super::{Encoder, Scalar};
use crate::report::{Error, Result};
use serde_json::{Map, Value};

/// What is left of something that was begun.
enum Left<'v> {
    /// Fields of a message.
    Fields(serde_json::map::Iter<'v>),
    /// Entries of a map, which the field holds.
    Entries(&'v str, serde_json::map::Iter<'v>),
    /// Elements of a list, which the field holds.
    Elements(&'v str, std::slice::Iter<'v, Value>),
}

/// Reads `value`, an object, into `encoder`.
///
/// # Errors
/// When it is no object, or a value is not of its kind.
pub fn read(value: &Value, encoder: &mut Encoder) -> Result<()> {
    let root = value.as_object().ok_or_else(|| Error::malformed("a message should be an object"))?;
    let mut stack = vec![Left::Fields(root.iter())];
    while let Some(left) = stack.last_mut() {
        let next = match left {
            Left::Fields(fields) => fields.next().map(|(name, value)| (&**name, None, value)),
            Left::Entries(field, entries) => entries.next().map(|(key, value)| (*field, Some(key), value)),
            Left::Elements(field, elements) => elements.next().map(|value| (*field, None, value)),
        };
        let Some((name, key, value)) = next else {
            if matches!(stack.pop(), Some(Left::Fields(_))) {
                encoder.end();
            }
            continue;
        };
        if let Some(key) = key {
            encoder.begin(name)?;
            encoder.scalar("key", &Scalar::Bytes(key.as_bytes().to_vec()))?;
            match value {
                Value::Object(fields) => {
                    // The end of the value's fields ends it; that of the entry comes right after.
                    stack.push(Left::Fields(EMPTY.iter()));
                    encoder.begin("value")?;
                    stack.push(Left::Fields(fields.iter()));
                }
                plain => {
                    self::plain("value", plain, encoder)?;
                    encoder.end();
                }
            }
            continue;
        }
        match value {
            Value::Object(entries) if encoder.is_map(name) => stack.push(Left::Entries(name, entries.iter())),
            Value::Object(fields) => {
                encoder.begin(name)?;
                stack.push(Left::Fields(fields.iter()));
            }
            Value::Array(elements) => stack.push(Left::Elements(name, elements.iter())),
            Value::Null => {}
            value => plain(name, value, encoder)?,
        }
    }
    Ok(())
}

/// No fields.
static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);

/// Reads a value without parts into field `name`.
fn plain(name: &str, value: &Value, encoder: &mut Encoder) -> Result<()> {
    match value {
        Value::Bool(value) => encoder.scalar(name, &Scalar::Word(if *value { "true" } else { "false" })),
        Value::Number(number) => encoder.scalar(name, &Scalar::Word(&number.to_string())),
        Value::String(text) if encoder.is_bytes(name) => encoder.scalar(name, &Scalar::Bytes(base64(text))),
        Value::String(text) => encoder.scalar(name, &Scalar::Bytes(text.as_bytes().to_vec())),
        _ => Err(Error::malformed(format!("field {name:?} is a list of lists"))),
    }
}

/// The bytes that `text` spells in base 64, of either alphabet; what is no digit of it is passed over.
fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for digit in text.bytes().filter_map(digit) {
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
