//! The outermost keys of a JSON text.

use super::{End, Probe, text};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use std::fmt;

/// How many bytes are looked at.
const LOOK: u64 = 256 << 10;
/// The longest text that is kept of a value, in characters.
const TEXT: usize = 200;

/// What is seen of a JSON text.
#[derive(Clone, Debug)]
pub struct Json {
    /// What the outermost value is.
    pub root: Root,
    /// The keys of the outermost object, in order; empty for a list.
    pub keys: Vec<Key>,
    /// Where the look ended.
    pub end: End,
}

/// What the outermost value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// `{ … }`
    Object,
    /// `[ … ]`
    Array,
}

/// A key of the outermost object.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The key.
    pub name: String,
    /// Its value, as far as it was seen.
    pub value: Peek,
}

/// A value, of which only a small one is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Peek {
    /// Text, cut to 200 characters.
    Text(String),
    /// A number.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// `null`
    Null,
    /// `{ … }`
    Object,
    /// `[ … ]`
    Array,
    /// The look ended within it.
    Unknown,
}

impl Json {
    /// Whether there are all of `names`.
    pub fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.get(name).is_some())
    }

    /// The value of the key `name`.
    pub fn get(&self, name: &str) -> Option<&Peek> {
        self.keys.iter().find(|key| key.name == name).map(|key| &key.value)
    }

    /// The text of the key `name`, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Peek::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What is seen of the JSON text in `probe`; none if it does not begin like one.
pub fn peek(probe: &Probe) -> Option<Json> {
    let first = probe.text()?.trim_start();
    let root = match first.as_bytes() {
        [b'{', rest @ ..] if begins(rest, b"\"}") => Root::Object,
        [b'[', ..] => Root::Array,
        _ => return None,
    };
    let more = probe.len() > LOOK;
    let bytes = probe.bytes_at(0, probe.len().min(LOOK))?;
    let text = text::decode(&bytes, more)?;
    let mut json = Json { root, keys: Vec::new(), end: End::Whole };
    let mut input = serde_json::Deserializer::from_str(&text);
    let read = input.deserialize_any(Outermost { keys: &mut json.keys }).and_then(|()| input.end());
    json.end = match read.map_err(|error| error.classify()) {
        Ok(()) if more => End::Bound,
        Ok(()) => End::Whole,
        Err(Category::Eof) if more => End::Bound,
        Err(Category::Eof) => End::Cut,
        Err(_) => End::Fault,
    };
    (json.end != End::Fault || !json.keys.is_empty()).then_some(json)
}

fn begins(bytes: &[u8], with: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_none_or(|byte| with.contains(byte))
}

/// Collects the keys of the outermost object, also when reading fails later.
struct Outermost<'a> {
    keys: &'a mut Vec<Key>,
}

impl<'de> Visitor<'de> for Outermost<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key()? {
            self.keys.push(Key { name, value: Peek::Unknown });
            let value = map.next_value()?;
            self.keys.last_mut().ok_or_else(|| A::Error::custom("no key"))?.value = value;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Peek {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Value)
    }
}

struct Value;

impl<'de> Visitor<'de> for Value {
    type Value = Peek;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Peek, E> {
        Ok(Peek::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Peek, E> {
        Ok(Peek::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Peek, E> {
        Ok(Peek::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Peek, E> {
        Ok(Peek::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Peek, E> {
        Ok(Peek::Text(value.chars().take(TEXT).collect()))
    }

    fn visit_unit<E>(self) -> Result<Peek, E> {
        Ok(Peek::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Peek, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Peek::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Peek, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Peek::Array)
    }
}
