//! Protobuf messages, told apart by the numbers and types of their first fields.

use super::{Later, Probe, tell};
use crate::codec::protobuf::{Field, Wire};
use crate::probe::{End, Protobuf};
use crate::report::Error;

/// What the structure of the message says.
pub fn explain(probe: &Probe) -> Option<Error> {
    /// A test of the structure, and what it tells.
    type Schema = (fn(&Protobuf) -> bool, &'static str);
    const SCHEMAS: [Schema; 3] = [
        (is_core_ml, "a Core ML model"),
        (is_program, "a PaddlePaddle program"),
        (is_sentence_piece, "a SentencePiece tokenizer"),
    ];
    let message = probe.protobuf().filter(|message| message.end != End::Fault)?;
    let (_, what) = SCHEMAS.iter().find(|(fits, _)| fits(message))?;
    Some(match message.end {
        End::Cut => Error::malformed(format!(
            "This looks like {what}, but it is cut short: its last field goes on after the end of the file. Fetch it again."
        )),
        _ => tell(probe, Later, what),
    })
}

/// The first `count` fields of the message in `field`.
fn inside(field: &Field, count: usize) -> Vec<Field> {
    field.message().map(|fields| fields.take(count).map_while(Result::ok).collect()).unwrap_or_default()
}

fn only(message: &Protobuf, fits: impl Fn(&Field) -> bool) -> bool {
    message.fields.iter().all(|seen| fits(&seen.first))
}

fn is_bytes(field: &Field) -> bool {
    matches!(field.wire, Wire::Bytes(_))
}

/// `Model`: 1 version, 2 description, 10 default function, and the kind of model as a field from 200 on.
fn is_core_ml(message: &Protobuf) -> bool {
    let version = message.first(1).is_some_and(|field| matches!(field.wire, Wire::Varint(1..100)));
    let kind = |field: &Field| (200..=3000).contains(&field.number) && is_bytes(field);
    version
        && message.first(2).is_some_and(is_bytes)
        && message.fields.iter().any(|seen| kind(&seen.first))
        && only(message, |field| matches!(field.number, 1 | 2 | 10) || kind(field))
}

/// `ProgramDesc`: 1 blocks, whose 1 is the index 0; 4 version.
fn is_program(message: &Protobuf) -> bool {
    let block = |field: &Field| {
        matches!(inside(field, 2).as_slice(), [index, parent]
        if index.number == 1 && matches!(index.wire, Wire::Varint(0)) && parent.number == 2 && matches!(parent.wire, Wire::Varint(_)))
    };
    message.first(1).is_some_and(block) && only(message, |field| matches!(field.number, 1 | 4 | 5) && is_bytes(field))
}

/// `ModelProto` of SentencePiece: 1 pieces, each with 1 text and 2 score; 2 and 3 specifications.
fn is_sentence_piece(message: &Protobuf) -> bool {
    let piece = |field: &Field| {
        matches!(inside(field, 2).as_slice(), [text, score]
        if text.number == 1 && is_bytes(text) && score.number == 2 && matches!(score.wire, Wire::Fixed32(_)))
    };
    message.first(1).is_some_and(piece)
}
