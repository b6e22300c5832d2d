//! ONNX: <https://onnx.ai/onnx/repo-docs/IR.html>, `onnx.proto` up to IR version 14.
//!
//! Reads the binary serialisation: `ModelProto`, a bare `GraphProto`, and a bare `TensorProto` (the `.pb` files of test data).
//! The description is read once, node by node. Tensors keep the range of their payload, or the name of the file that has it.
//!
//! What says the same in other bytes becomes that message first, in memory: `ort`, the format of ONNX Runtime; `spelt`, protobuf's own text and JSON;
//! `syntax`, the text of ONNX.
//!
//! - `proto`: the messages; `lower`: the model as a whole; `graph`: graphs and functions; `link`: what holds a graph together; `attribute`, `tensor`, `scope`, `devices`: what nodes hold;
//! - `operators`: what the operators' parameters are called; `schemas`: what nodes must be.

mod attribute;
mod devices;
mod graph;
mod link;
mod lower;
mod operators;
mod ort;
mod proto;
mod schemas;
mod scope;
mod spelt;
mod syntax;
mod tensor;

use super::{ALL, Format, Open};
use crate::codec::protobuf::{Field, Fields, Wire};
use crate::model::{DType, Model};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result};

/// ONNX.
pub const FORMAT: Format = Format {
    id: "onnx",
    name: "ONNX",
    extensions: &["onnx", "pb", "ort", "onnxtxt", "pbtxt", "textproto"],
    domain: "ai.onnx",
    sniff,
    open,
};

/// The fields that are looked at to recognise a file. A model has about ten, apart from its functions.
const LOOKED_AT: usize = 64;
/// The highest IR version that is taken for one; the specification is at 14.
const IR_VERSIONS: u64 = 1000;

/// What a file can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Model,
    Graph,
    Tensor,
}

fn sniff(probe: &Probe) -> Confidence {
    match root(probe) {
        None if ALL && ort::recognise(probe.head()) => Confidence::Certain,
        None if ALL => spelt::recognise(probe).map_or_else(|| syntax::recognise(probe), |(_, confidence)| confidence),
        found => found.map_or(Confidence::No, |(_, confidence)| confidence),
    }
}

fn open(open: &mut Open) -> Result<Model> {
    if ALL && ort::recognise(open.probe.head()) {
        let written = ort::read(open)?;
        let mut model = lower::written(open, written.model)?;
        model.format = format!("ONNX Runtime v{}", written.version);
        return Ok(model);
    }
    if ALL && root(open.probe).is_none() {
        let (message, how) = match spelt::recognise(open.probe) {
            Some((spelling, _)) => (spelt::read(spelling, open)?, spelling.name()),
            None => (syntax::read(open)?, "text"),
        };
        let mut model = lower::written(open, message)?;
        model.format = format!("{} as {how}", model.format);
        return Ok(model);
    }
    let (root, _) = root(open.probe).ok_or_else(|| Error::malformed("this is no ONNX model"))?;
    match root {
        Root::Model => lower::model(open),
        Root::Graph => lower::bare_graph(open),
        Root::Tensor => lower::bare_tensor(open),
    }
}

/// Which message the file is, by the numbers and wire types of its first fields.
fn root(probe: &Probe) -> Option<(Root, Confidence)> {
    let fields: Vec<Field> = Fields::new(probe.file()).take(LOOKED_AT).map_while(Result::ok).collect();
    let all = |known: &dyn Fn(&Field) -> bool| fields.iter().all(known);
    let any = |number: u32| fields.iter().any(|field| field.number == number);
    if fields.is_empty() {
        None
    } else if all(&is_model) && (any(7) || any(25) || any(1) && (any(8) || probe.has_extension("onnx"))) {
        let confidence = match (any(1), any(8)) {
            (true, true) => Confidence::Certain,
            (false, false) => Confidence::Maybe,
            _ => Confidence::Likely,
        };
        Some((Root::Model, confidence))
    } else if all(&is_tensor) && any(2) {
        Some((Root::Tensor, if probe.has_extension("pb") { Confidence::Likely } else { Confidence::Maybe }))
    } else {
        let likely = any(11) || any(12) || probe.has_extension("onnx");
        (all(&is_graph) && any(1) && likely).then_some((Root::Graph, Confidence::Maybe))
    }
}

/// Whether `field` can be one of a `ModelProto`.
fn is_model(field: &Field) -> bool {
    match (field.number, &field.wire) {
        (1, Wire::Varint(version)) => (1..IR_VERSIONS).contains(version),
        (5, Wire::Varint(_)) => true,
        (7, Wire::Bytes(_)) => inside(field, &is_graph),
        (8, Wire::Bytes(_)) => inside(field, &is_operator_set),
        (2 | 3 | 4 | 6 | 14 | 20 | 25 | 26, Wire::Bytes(_)) => true,
        (number, _) => number > 26,
    }
}

/// Whether `field` can be one of an `OperatorSetIdProto`.
fn is_operator_set(field: &Field) -> bool {
    matches!((field.number, &field.wire), (1, Wire::Bytes(_)) | (2, Wire::Varint(_)) | (3.., _))
}

/// Whether `field` can be one of a `GraphProto`.
fn is_graph(field: &Field) -> bool {
    match (field.number, &field.wire) {
        (1, Wire::Bytes(_)) => inside(field, &is_node),
        (2 | 5 | 10..=16, Wire::Bytes(_)) => true,
        (number, _) => number > 16,
    }
}

/// Whether `field` can be one of a `NodeProto`.
fn is_node(field: &Field) -> bool {
    matches!((field.number, &field.wire), (1..=10, Wire::Bytes(_)) | (11.., _))
}

/// Whether `field` can be one of a `TensorProto`.
fn is_tensor(field: &Field) -> bool {
    match (field.number, &field.wire) {
        (1 | 5 | 7 | 11, Wire::Varint(_)) | (1 | 3 | 4..=13 | 16, Wire::Bytes(_)) => true,
        (2, Wire::Varint(dtype)) => proto::dtype(dtype.cast_signed()) != DType::Unknown,
        (4, Wire::Fixed32(_)) | (10, Wire::Fixed64(_)) | (14, Wire::Varint(0 | 1)) => true,
        _ => false,
    }
}

/// Whether the first fields inside of `field` are `known`.
fn inside(field: &Field, known: &dyn Fn(&Field) -> bool) -> bool {
    field.message().is_ok_and(|fields| fields.take(4).map_while(Result::ok).all(|field| known(&field)))
}
