//! JSON as a tree whose objects keep their order.

use super::json::{self, Pairs};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A JSON value. It is nested no deeper than `serde_json` allows, which is 128 levels.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Document {
    /// `null`
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A number without a fraction.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A text; one of the numbers that JSON does not have, too.
    Text(String),
    /// A list.
    List(Vec<Document>),
    /// An object.
    Object(Vec<(String, Document)>),
}

impl Document {
    /// What the JSON text `bytes` holds; see [`json::parse`].
    ///
    /// # Errors
    /// Those of `serde_json`.
    pub fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        json::parse(bytes)
    }

    /// The member `name`, if this is an object that has it and it is not null.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let (_, value) = self.members().iter().find(|(own, _)| own == name)?;
        (*value != Self::Null).then_some(value)
    }

    /// The members; none if this is no object.
    pub fn members(&self) -> &[(String, Self)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    /// The items; none if this is no list.
    pub fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text of the member `name`.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// The number, if it is one without a fraction.
    pub fn int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The truth value, if it is one.
    pub fn bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }
}

impl fmt::Display for Document {
    /// As JSON in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (place, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (place, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{name:?}: {value}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Build)
    }
}

struct Build;

impl<'de> Visitor<'de> for Build {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
        Ok(Document::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Document, E> {
        Ok(Document::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Document, E> {
        Ok(i64::try_from(number).map_or(Document::Float(number as f64), Document::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Document, E> {
        Ok(Document::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Document, E> {
        Ok(Document::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Document, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Document::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut pairs = Pairs::default();
        while let Some(pair) = map.next_entry()? {
            pairs.0.push(pair);
        }
        Ok(Document::Object(pairs.0))
    }
}
