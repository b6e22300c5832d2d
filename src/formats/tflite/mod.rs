//! TensorFlow Lite, also called LiteRT: <https://ai.google.dev/edge/litert>.
//!
//! Specification: `tensorflow/compiler/mlir/lite/schema/schema.fbs`, version 3 with all that was added to it; identifier `TFL3`. Metadata:
//! `metadata_schema.fbs` of <https://github.com/tensorflow/tflite-support>.
//!
//! A model is a FlatBuffer of subgraphs, whose tensors name buffers. Read are the tables; what buffers hold stays a range of the file, within the
//! FlatBuffer or behind it. Bundles (`.task`) are archives with models in them, and LiteRT-LM (`.litertlm`) is a container of its own; each model is read
//! where it is.
//!
//! - `lower`: the model, and the order of its graphs; `graph`: one of them; `tensor`: types, quantisation, sparsity, constants;
//! - `container`: LiteRT-LM;
//! - `operators`, `options`: what operators, their parameters and their options are called; `metadata`: what is said about the model.

mod container;
mod graph;
mod lower;
mod metadata;
mod operators;
mod options;
mod tensor;

use super::{Format, Open};
use crate::codec::flatbuffer::is_identified;
use crate::codec::zip::Method;
use crate::model::{DType, Graph, Model};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use lower::Lowering;

/// TensorFlow Lite.
pub const FORMAT: Format = Format {
    id: "tflite",
    name: "TensorFlow Lite",
    extensions: &["tflite", "lite", "task", "litertlm"],
    domain: "",
    sniff,
    open,
};

/// The identifier of a model.
const MODEL: &[u8; 4] = b"TFL3";
/// The bytes at the head of a file in a bundle that are looked at.
const HEAD: u64 = 8;

fn sniff(probe: &Probe) -> Confidence {
    if is_identified(probe.head(), MODEL) || probe.has(0, container::MAGIC) {
        return Confidence::Certain;
    }
    let bundle = probe.zip().is_some_and(|zip| {
        zip.entries.iter().any(|entry| entry.path.ends_with(".tflite") || entry.path.starts_with("TF_LITE_"))
    });
    if bundle { Confidence::Likely } else { Confidence::No }
}

fn open(open: &mut Open) -> Result<Model> {
    let file = open.probe.file();
    let mut lowering = Lowering::new(open);
    if is_identified(open.probe.head(), MODEL) {
        lowering.add("", &file, open.file, open)?;
    } else if open.probe.has(0, container::MAGIC) {
        container::read(&mut lowering, open)?;
    } else {
        bundle(&mut lowering, open)?;
    }
    let mut model = lowering.finish();
    if model.graphs.is_empty() {
        model.graphs.push(Graph::default());
        open.report.add(Severity::Warning, "the model has no subgraphs");
    }
    Ok(model)
}

/// An archive: the models in it, and the names of what else there is.
fn bundle(lowering: &mut Lowering, open: &mut Open) -> Result<()> {
    let archive = open.probe.file();
    let entries = open.probe.zip().map(|zip| zip.entries.clone()).unwrap_or_default();
    let mut count = 0;
    for entry in entries {
        let opened = entry.open(open.files, open.file, &archive, &open.limits);
        let (file, span) = match opened {
            Ok(place) => place,
            Err(error) => {
                open.report.add_error(&error);
                continue;
            }
        };
        let bytes = open.files.slice(file).unwrap_or_default().window(span);
        let packed = entry.method != Method::Stored && !entry.path.ends_with(".tflite");
        let head = if packed { Vec::new() } else { bytes.bytes_at(span.at, span.len.min(HEAD))? };
        if !is_identified(&head, MODEL) {
            lowering.note(&entry.path, &format!("{} bytes", entry.size));
            continue;
        }
        count += 1;
        if let Err(error) = lowering.add(&entry.path, &bytes, file, open) {
            open.report.add_error(&error.within(entry.path));
        }
    }
    if count == 0 {
        return Err(Error::unsupported(
            "none of the files in this archive is a TensorFlow Lite model that can be read",
        ));
    }
    Ok(())
}

/// The element type with the number that the schema gives it: `TensorType`. Those of resources and variants are no types of elements.
fn dtype(number: i64) -> DType {
    match number {
        0 => DType::F32,
        1 => DType::F16,
        2 => DType::I32,
        3 => DType::U8,
        4 => DType::I64,
        5 => DType::String,
        6 => DType::Bool,
        7 => DType::I16,
        8 => DType::C64,
        9 => DType::I8,
        10 => DType::F64,
        11 => DType::C128,
        12 => DType::U64,
        15 => DType::U32,
        16 => DType::U16,
        17 => DType::I4,
        18 => DType::BF16,
        19 => DType::I2,
        20 => DType::U4,
        _ => DType::Unknown,
    }
}

/// An error that says that number `index` of `what` does not exist.
fn absent(what: &str, index: impl std::fmt::Display) -> Error {
    Error::malformed(format!("there is no {what} {index}"))
}
