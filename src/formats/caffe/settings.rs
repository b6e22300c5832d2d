//! What a layer is set to becomes attributes.

use crate::codec::prototext::Item;
use crate::model::{Attribute, Literal};
use foldhash::HashMap;

/// Attributes while they are collected.
#[derive(Debug, Default)]
pub struct Settings<'s> {
    /// Their names, and all that was stated of each.
    found: Vec<(String, Vec<Literal>)>,
    /// Their places.
    places: HashMap<String, usize>,
    /// Of each name: the message of the layer that stated it first.
    owners: HashMap<String, &'s str>,
}

impl<'s> Settings<'s> {
    /// Adds `item`, which field `name` of the layer holds. Of a message, each field is an attribute of its own.
    pub fn add(&mut self, name: &'s str, item: &Item) {
        match item {
            Item::Message(fields) => {
                for (inner, item) in fields {
                    self.nested(name, inner, item);
                }
            }
            item => self.push(name.to_owned(), "", literal(item)),
        }
    }

    /// Adds `item`, at `path` in the message `owner` of the layer.
    fn nested(&mut self, owner: &'s str, path: &str, item: &Item) {
        let mut ahead = vec![(path.to_owned(), item)];
        while let Some((path, item)) = ahead.pop() {
            match item {
                Item::Message(fields) if !is_shape(fields) => {
                    ahead.extend(fields.iter().rev().map(|(inner, item)| (format!("{path}.{inner}"), item)));
                }
                item => self.push(path, owner, literal(item)),
            }
        }
    }

    /// Adds a value to those of the attribute called `name`, unless another message stated that first: then with the name of its own before it.
    fn push(&mut self, name: String, owner: &'s str, value: Literal) {
        let first = *self.owners.entry(name.clone()).or_insert(owner);
        let name = if first == owner { name } else { format!("{owner}.{name}") };
        match self.places.get(&name).and_then(|place| self.found.get_mut(*place)) {
            Some((_, values)) => values.push(value),
            None => {
                self.places.insert(name.clone(), self.found.len());
                self.found.push((name, vec![value]));
            }
        }
    }

    /// The attributes: what was stated several times as a list.
    pub fn finish(self) -> Vec<Attribute> {
        let attribute = |(name, mut values): (String, Vec<Literal>)| {
            let value = if values.len() == 1 { values.pop() } else { None };
            Attribute { name: name.as_str().into(), value: value.unwrap_or(Literal::List(values)) }
        };
        self.found.into_iter().map(attribute).collect()
    }
}

/// Whether a message is a `BlobShape`: it is shown as a list.
fn is_shape(fields: &[(&str, Item)]) -> bool {
    !fields.is_empty() && fields.iter().all(|(name, item)| *name == "dim" && !matches!(item, Item::Message(_)))
}

fn literal(item: &Item) -> Literal {
    match item {
        Item::Bool(value) => Literal::Bool(*value),
        Item::Int(value) => Literal::Int(*value),
        Item::Float(value) => Literal::Float(*value),
        Item::Double(value) => Literal::Double(*value),
        Item::Text(text) => Literal::String(text.as_str().into()),
        Item::Word(word) => self::word(word),
        Item::Message(fields) => Literal::List(fields.iter().map(|(_, item)| plain(item)).collect()),
    }
}

/// What a word says that is not of the schema, or is the name of a number.
fn word(word: &str) -> Literal {
    let number = word.starts_with(|char: char| char.is_ascii_digit() || matches!(char, '-' | '.'));
    match (word, word.parse(), word.parse()) {
        ("true" | "false", ..) => Literal::Bool(word == "true"),
        (_, Ok(value), _) => Literal::Int(value),
        (_, _, Ok(value)) if number => Literal::Float(value),
        _ => Literal::String(word.into()),
    }
}

/// An item of a shape, which holds no messages.
fn plain(item: &Item) -> Literal {
    if let Item::Int(value) = item { Literal::Int(*value) } else { Literal::String(text(item).as_str().into()) }
}

/// An item in one line: `phase: TRAIN, stage: deploy`.
pub fn text(item: &Item) -> String {
    match item {
        Item::Bool(value) => value.to_string(),
        Item::Int(value) => value.to_string(),
        Item::Float(value) => value.to_string(),
        Item::Double(value) => value.to_string(),
        Item::Text(text) | Item::Word(text) => text.clone(),
        Item::Message(fields) => {
            let fields = fields.iter().map(|(name, item)| match item {
                Item::Message(_) => format!("{name}: …"),
                item => format!("{name}: {}", text(item)),
            });
            fields.collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(fields: &[(&'static str, Item<'static>)]) -> Vec<(String, Literal)> {
        let mut settings = Settings::default();
        for (name, item) in fields {
            settings.add(name, item);
        }
        settings.finish().into_iter().map(|it| (it.name.to_string(), it.value)).collect()
    }

    #[test]
    fn what_two_messages_call_the_same_is_told_apart() {
        let message = |value| Item::Message(vec![("scale", Item::Int(value)), ("scale", Item::Int(value))]);
        let found = finished(&[("data_param", message(1)), ("transform_param", message(2))]);
        let list = |value| Literal::List(vec![Literal::Int(value); 2]);
        assert_eq!(found, [("scale".into(), list(1)), ("transform_param.scale".into(), list(2))]);
    }

    #[test]
    fn words_are_numbers_where_they_can_be() {
        let words = ["12", "-0.5", "true", "nan", "MAX"].map(word);
        let text = |text: &str| Literal::String(text.into());
        let expected = [Literal::Int(12), Literal::Float(-0.5), Literal::Bool(true), text("nan"), text("MAX")];
        assert_eq!(words, expected);
    }

    #[test]
    fn messages_within_become_paths_and_shapes_lists() {
        let shape = Item::Message(vec![("dim", Item::Int(1)), ("dim", Item::Int(3))]);
        let filler = Item::Message(vec![("type", Item::Text("xavier".into()))]);
        let found = finished(&[("x_param", Item::Message(vec![("shape", shape), ("filler", filler)]))]);
        let dims = Literal::List(vec![Literal::Int(1), Literal::Int(3)]);
        assert_eq!(found, [("shape".into(), dims), ("filler.type".into(), Literal::String("xavier".into()))]);
    }
}
