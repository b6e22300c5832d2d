//! Fields that no schema has: they get numbers far above those of schemas, and keep their names.

use super::Scalar;
use foldhash::HashMap;

/// The first of those numbers. The highest number that a field can have is 2²⁹ - 1.
const FIRST: u32 = 1 << 26;
/// What a name stands for; the number of a field is `FIRST` + 4 × that of its name + one of these.
const WORD: u32 = 0;
const TEXT: u32 = 1;
const MESSAGE: u32 = 2;

/// What a field of such a number holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A number, or the name of one, as it was spelt.
    Word,
    /// Text.
    Text,
    /// A message, whose fields are all such fields.
    Message,
}

/// The names of fields that no schema has.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    names: Vec<String>,
    known: HashMap<String, u32>,
}

impl Foreign {
    /// The name of the field with `number`, and what it holds; none if that is a number of a schema.
    pub(super) fn find(&self, number: u32) -> Option<(&str, Content)> {
        let place = number.checked_sub(FIRST)?;
        let content = match place % 4 {
            WORD => Content::Word,
            TEXT => Content::Text,
            _ => Content::Message,
        };
        Some((self.names.get((place / 4) as usize)?, content))
    }

    /// The number of a message called `name`.
    pub(super) fn message(&mut self, name: &str) -> u32 {
        self.number(name, MESSAGE)
    }

    /// The number of a field called `name` that holds `value`, and the bytes of that.
    pub(super) fn scalar(&mut self, name: &str, value: &Scalar) -> (u32, Vec<u8>) {
        match value {
            Scalar::Word(word) => (self.number(name, WORD), word.as_bytes().to_vec()),
            Scalar::Bytes(bytes) => (self.number(name, TEXT), bytes.clone()),
        }
    }

    fn number(&mut self, name: &str, content: u32) -> u32 {
        let place = match self.known.get(name) {
            Some(place) => *place,
            None => {
                let place = self.names.len() as u32;
                self.names.push(name.to_owned());
                self.known.insert(name.to_owned(), place);
                place
            }
        };
        FIRST.saturating_add(place.saturating_mul(4)).saturating_add(content)
    }
}
