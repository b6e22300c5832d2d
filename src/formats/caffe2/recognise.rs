//! Whether a file is a net, by its first fields.

use super::operators;
use crate::codec::protobuf::{Field, Fields, Wire};
use crate::codec::prototext::outermost;
use crate::probe::{Confidence, Probe};

/// The fields that are looked at to recognise a file.
const LOOKED_AT: usize = 16;
/// The longest name that a file is recognised by.
const NAME: u64 = 4096;

/// How a net is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As protobuf's bytes.
    Binary,
    /// As protobuf's text.
    Text,
}

/// How the file is written, if it is a net, and how sure that is.
pub fn form(probe: &Probe) -> Option<(Form, Confidence)> {
    if let Some(text) = probe.text() {
        return text_confidence(text).map(|confidence| (Form::Text, confidence));
    }
    let fields: Vec<Field> = Fields::new(probe.file()).take(LOOKED_AT).map_while(Result::ok).collect();
    let kinds: Vec<String> = fields.iter().filter(|field| field.number == 2).filter_map(kind).collect();
    if kinds.is_empty() || !fields.iter().all(is_net) {
        return None;
    }
    let known = kinds.iter().any(|kind| operators::find(kind).is_some());
    Some((Form::Binary, if known { Confidence::Certain } else { Confidence::Maybe }))
}

/// Whether `field` can be one of a `NetDef`.
fn is_net(field: &Field) -> bool {
    match (field.number, &field.wire) {
        (1 | 3 | 7 | 8, Wire::Bytes(_)) => name(field).is_some(),
        (4, Wire::Varint(_)) => true,
        (2, Wire::Bytes(_)) => inner(field).iter().all(is_operator),
        (5 | 6 | 9, Wire::Bytes(_)) => true,
        _ => false,
    }
}

/// Whether `field` can be one of an `OperatorDef`.
fn is_operator(field: &Field) -> bool {
    match (field.number, &field.wire) {
        (1..=4 | 7 | 8, Wire::Bytes(_)) => name(field).is_some(),
        (5 | 6 | 10 | 11, Wire::Bytes(_)) | (9 | 12, Wire::Varint(_)) => true,
        _ => false,
    }
}

/// The type of the operator in `field`.
fn kind(field: &Field) -> Option<String> {
    let kind = inner(field).iter().find(|field| field.number == 4).and_then(name)?;
    kind.starts_with(|char: char| char.is_ascii_alphabetic()).then_some(kind)
}

/// The first fields of the message in `field`.
fn inner(field: &Field) -> Vec<Field> {
    field.message().map(|fields| fields.take(LOOKED_AT).map_while(Result::ok).collect()).unwrap_or_default()
}

/// The name that `field` holds: text without control characters.
fn name(field: &Field) -> Option<String> {
    let text = if field.span.len < NAME { field.text().ok()? } else { return None };
    (!text.contains(|char: char| char.is_control() || char == char::REPLACEMENT_CHARACTER)).then_some(text)
}

/// How sure it is that a text is a net: its operators have types in quotes, some of which are known.
fn text_confidence(text: &str) -> Option<Confidence> {
    if !outermost(text).contains(&("op", true)) {
        return None;
    }
    let types = text.split("type:").skip(1).filter_map(|rest| rest.trim_start().strip_prefix(['"', '\'']));
    let names: Vec<&str> = types.filter_map(|rest| rest.split(['"', '\'']).next()).collect();
    if names.is_empty() {
        return None;
    }
    let known = names.iter().any(|name| operators::find(name).is_some());
    Some(if known { Confidence::Certain } else { Confidence::Likely })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_recognised_by_their_operators() {
        let cases = [
            ("name: \"n\"\nop {\n  type: \"Relu\"\n}", Some(Confidence::Certain)),
            ("op: { type: 'Mine' }", Some(Confidence::Likely)),
            ("op {\n  name: \"Abs\"\n  input_arg { type: DT_FLOAT }\n}", None),
            ("node {\n  op: \"Relu\"\n}", None),
        ];
        for (text, confidence) in cases {
            assert_eq!(text_confidence(text), confidence, "{text}");
        }
    }
}
