//! The outermost fields of a protobuf message.

use super::{End, Probe};
use crate::codec::protobuf::{Field, Fields};
use crate::report::Kind;
use crate::source::PAGE;

/// The most fields that are looked at.
const FIELDS: usize = 1000;
/// The most pages that are looked at: skipping large payloads touches a page for each.
const PAGES: usize = 4;

/// What is seen of a message: no payload was read.
pub struct Protobuf {
    /// The fields by number, in the order of their first occurrence.
    pub fields: Vec<Seen>,
    /// Where the look ended.
    pub end: End,
}

/// A field that was seen.
pub struct Seen {
    /// Its first occurrence.
    pub first: Field,
    /// How often it occurs within the look.
    pub count: usize,
}

impl Protobuf {
    /// The first field of this `number`.
    pub fn first(&self, number: u32) -> Option<&Field> {
        self.fields.iter().map(|seen| &seen.first).find(|field| field.number == number)
    }

    /// How many fields of this `number` were seen.
    pub fn count(&self, number: u32) -> usize {
        self.fields.iter().find(|seen| seen.first.number == number).map_or(0, |seen| seen.count)
    }
}

/// What is seen of the message in `probe`; none if it does not begin like one.
pub fn peek(probe: &Probe) -> Option<Protobuf> {
    let span = probe.file().span();
    let mut fields: Vec<Seen> = Vec::new();
    let (mut at, mut pages) = (span.at, 1);
    let mut end = End::Whole;
    for (index, field) in Fields::new(probe.file()).enumerate() {
        let field = match field {
            Ok(field) => field,
            Err(error) => {
                end = if at == span.end() { End::Cut } else { End::Fault };
                if error.kind == Kind::Io {
                    probe.fail(error);
                }
                break;
            }
        };
        let next = field.span.end();
        match fields.iter_mut().find(|seen| seen.first.number == field.number) {
            Some(seen) => seen.count += 1,
            None => fields.push(Seen { first: field, count: 1 }),
        }
        pages += usize::from(next / PAGE != at / PAGE);
        at = next;
        if (pages > PAGES || index + 1 == FIELDS) && at < span.end() {
            end = End::Bound;
            break;
        }
    }
    (!fields.is_empty()).then_some(Protobuf { fields, end })
}
