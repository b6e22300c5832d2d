//! Messages of protobuf, read by the names that a schema has for their fields.

use super::foreign::{Content, Foreign};
use super::schema::{Kind, Schema};
use crate::codec::protobuf::{Field, Fields, Value};
use crate::report::Result;

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<'s> {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float of four bytes.
    Float(f32),
    /// A float of eight bytes.
    Double(f64),
    /// Text.
    Text(String),
    /// The name of a number; or what the schema does not know, as it was spelt.
    Word(String),
    /// A message: its fields, in their order.
    Message(Vec<(&'s str, Item<'s>)>),
}

/// Reads messages by a schema.
#[derive(Clone, Copy, Debug)]
pub struct Named<'s> {
    schema: &'s Schema,
    foreign: &'s Foreign,
}

impl<'s> Named<'s> {
    /// By `schema`, and by the names of what a text had beyond it.
    pub fn new(schema: &'s Schema, foreign: &'s Foreign) -> Self {
        Self { schema, foreign }
    }

    /// All fields of a message that is called `name` in the schema, without those that are not known.
    ///
    /// # Errors
    /// When a field is not of its kind, or messages nest too deeply; those of the source.
    pub fn message(&self, fields: Fields, name: &str) -> Result<Vec<(&'s str, Item<'s>)>> {
        let mut found = Vec::new();
        for field in fields {
            let Some((name, items)) = self.field(&field?, name)? else { continue };
            found.extend(items.into_iter().map(|item| (name, item)));
        }
        Ok(found)
    }

    /// The name of `field` in `message`, and what it holds: several items of a field whose elements are in one piece. None if it is not known.
    ///
    /// # Errors
    /// Those of [`Self::message`].
    pub fn field(&self, field: &Field, message: &str) -> Result<Option<(&'s str, Vec<Item<'s>>)>> {
        if let Some((name, content)) = self.foreign.find(field.number) {
            let item = match content {
                Content::Word => Item::Word(field.text()?),
                Content::Text => Item::Text(field.text()?),
                Content::Message => Item::Message(self.message(field.message()?, "")?),
            };
            return Ok(Some((name, vec![item])));
        }
        let Some((name, known)) = self.schema.numbered(message, field.number) else { return Ok(None) };
        let items = match known.kind {
            Kind::Int => integers(field)?.into_iter().map(Item::Int).collect(),
            Kind::Bool => integers(field)?.into_iter().map(|value| Item::Bool(value != 0)).collect(),
            Kind::Enum(of) => integers(field)?.into_iter().map(|number| self.member(of, number)).collect(),
            Kind::Float => collected::<Vec<f32>>(field)?.into_iter().map(Item::Float).collect(),
            Kind::Double => collected::<Vec<f64>>(field)?.into_iter().map(Item::Double).collect(),
            Kind::Text => vec![Item::Text(field.text()?)],
            Kind::Message(of) => vec![Item::Message(self.message(field.message()?, of)?)],
            Kind::Bytes | Kind::Map(..) => Vec::new(),
        };
        Ok(Some((name, items)))
    }

    fn member(&self, enumeration: &str, number: i64) -> Item<'s> {
        let known = self.schema.member(enumeration, number.cast_unsigned());
        known.map_or(Item::Int(number), |name| Item::Word(name.to_owned()))
    }
}

fn integers(field: &Field) -> Result<Vec<i64>> {
    collected(field)
}

fn collected<V: Value + Default>(field: &Field) -> Result<V> {
    let mut values = V::default();
    values.take(field)?;
    Ok(values)
}
