//! Arguments of operators and nets.

use super::Place;
use super::proto::{self, dtype};
use crate::codec::protobuf::{Fields, Message, Unpacked, Wire};
use crate::model::{DType, Literal, Type};
use crate::report::Error;
use crate::source::Span;

/// So many floats and more are left where they are.
const LONG: u64 = 64;
/// The longest text that is shown, in bytes.
const TEXT: u64 = 1 << 20;
/// The number of the field with a list of floats.
const FLOATS: u32 = 5;

/// An argument, and what of it was not read.
pub struct Argument {
    /// What it says.
    pub message: proto::Argument,
    /// A list of floats that is too long to be read.
    pub long: Option<Unpacked>,
}

/// The argument at `span`, as far as it can be read, and what could not.
pub fn read(place: &Place, span: Span) -> (Argument, Option<Error>) {
    let (mut message, mut long, mut fault) = (proto::Argument::default(), None, None);
    let bytes = place.bytes.window(span);
    for field in Fields::new(bytes.clone()) {
        if let Ok(first) = &field
            && first.number == FLOATS
            && matches!(first.wire, Wire::Fixed32(_))
            && message.floats.is_empty()
        {
            long = Unpacked::floats(&bytes, first).filter(|floats| floats.count() >= LONG);
            if long.is_some() {
                break;
            }
        }
        let result = field.and_then(|field| message.set(&field));
        fault = fault.or(result.err());
    }
    (Argument { message, long }, fault)
}

impl Argument {
    /// The integers that it holds, one or several.
    pub fn integers(&self) -> Vec<i64> {
        let one = self.message.i.filter(|_| self.message.ints.is_empty());
        one.into_iter().chain(self.message.ints.iter().copied()).collect()
    }

    /// Its content without tensors and nets; those who know of these look for them first.
    pub fn literal(&self, place: &Place) -> Literal {
        let proto::Argument { name, f, i, s, floats, ints, strings, .. } = &self.message;
        let text = |span: &Span| {
            let bytes =
                place.bytes.window(Span { len: span.len.min(TEXT), ..*span }).read_all(TEXT).unwrap_or_default();
            Literal::String(String::from_utf8_lossy(&bytes).as_ref().into())
        };
        match (f, i, s) {
            (Some(number), ..) => Literal::Float(*number),
            (_, Some(number), _) if matches!(&**name, "dtype" | "to") && dtype(*number) != DType::Unknown => {
                Literal::Type(Type::Tensor { dtype: dtype(*number), shape: None })
            }
            (_, Some(number), _) => Literal::Int(*number),
            (.., Some(span)) => text(span),
            _ if !floats.is_empty() => Literal::List(floats.iter().copied().map(Literal::Float).collect()),
            _ if !ints.is_empty() => Literal::List(ints.iter().copied().map(Literal::Int).collect()),
            _ => Literal::List(strings.iter().map(text).collect()),
        }
    }
}
