//! ExecuTorch: programs (`.pte`), and the weights that they may keep in a file of their own (`.ptd`).
//!
//! Specification: `schema/program.fbs`, `schema/scalar_type.fbs`, `extension/flat_tensor/serialize/flat_tensor.fbs` and `schema/extended_header.cpp` of
//! <https://github.com/pytorch/executorch>; identifiers `ET12` and `FT01`.
//!
//! A program is a FlatBuffer with a list of instructions for each method, and segments behind it: constants, and what was compiled for delegates.
//! Instructions name values by their numbers, the last of which they write. Read are the tables; constants and segments stay ranges of the file.
//!
//! - `layout`: where the buffer and the segments are; `data`: weights in a file of their own.
//! - `value`: what the table of values says; `plan`: the instructions of a method become a graph;
//! - `delegate`: calls of what was compiled for delegates; `xnnpack`: what was compiled for that one becomes a graph, too.

mod data;
mod delegate;
mod layout;
mod plan;
mod value;
mod xnnpack;

use super::{Format, Open};
use crate::analysis::layers;
use crate::codec::flatbuffer::{Table, is_identified};
use crate::model::{DType, Entry, Graph, Model, Modules, Wiring};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use layout::Layout;
use plan::Program;

/// ExecuTorch.
pub const FORMAT: Format =
    Format { id: "executorch", name: "ExecuTorch", extensions: &["pte", "ptd"], domain: "", sniff, open };

/// The identifier of a program.
const PROGRAM: &[u8; 4] = b"ET12";
/// The identifier of a file of weights.
const TENSORS: &[u8; 4] = b"FT01";

fn sniff(probe: &Probe) -> Confidence {
    let known = [PROGRAM, TENSORS].iter().any(|identifier| is_identified(probe.head(), identifier));
    if known { Confidence::Certain } else { Confidence::No }
}

fn open(open: &mut Open) -> Result<Model> {
    let file = open.probe.file();
    if is_identified(open.probe.head(), TENSORS) {
        return tensors(open);
    }
    let layout = Layout::read(&file)?;
    let root = Table::root(&layout.buffer)?;
    let version: u32 = root.number(0, 0)?;
    let mut program = Program::read(&root, layout, open)?;
    program.model.format = format!("ExecuTorch v{version}");
    let plans = root.tables(1)?;
    let count = plans.len();
    for (at, plan) in plans.enumerate() {
        let lowered = plan.and_then(|plan| program.plan(&plan, open));
        if let Err(error) = lowered {
            open.report.add_error(&error.within(format!("method {at}")));
        }
        (open.progress)((at + 1) as f32 / count as f32);
    }
    let mut model = program.finish();
    if model.graphs.is_empty() {
        model.graphs.push(Graph::default());
        open.report.add(Severity::Warning, "the program has no methods");
    }
    Ok(model)
}

/// A file of weights.
fn tensors(open: &mut Open) -> Result<Model> {
    let mut model = Model { format: "ExecuTorch tensors".into(), ..Model::default() };
    let mut modules = Modules::new('.');
    for named in data::read(&open.probe.file(), open.file, &mut open.report)? {
        match named.tensor {
            Some(tensor) => {
                let id = model.tensors.push(tensor);
                modules.add(&named.key, id);
            }
            None => model.metadata.push(Entry {
                name: named.key.as_str().into(),
                value: format!("{} bytes", named.span.len).as_str().into(),
            }),
        }
    }
    let mut graph = modules.finish();
    layers::infer(&mut graph, &model.tensors);
    graph.wiring = Wiring::Modules;
    model.graphs.push(graph);
    Ok(model)
}

/// The element type with the number that the schema gives it: `ScalarType`.
fn dtype(number: i8) -> DType {
    match number {
        0 => DType::U8,
        1 => DType::I8,
        2 => DType::I16,
        3 => DType::I32,
        4 => DType::I64,
        5 => DType::F16,
        6 => DType::F32,
        7 => DType::F64,
        8 => DType::C32,
        9 => DType::C64,
        10 => DType::C128,
        11 => DType::Bool,
        12 => DType::I8,
        13 => DType::U8,
        14 => DType::I32,
        15 => DType::BF16,
        16 => DType::U4,
        17 => DType::U2,
        22 | 27 => DType::U16,
        23 => DType::F8E5M2,
        24 => DType::F8E4M3FN,
        25 => DType::F8E5M2FNUZ,
        26 => DType::F8E4M3FNUZ,
        28 => DType::U32,
        29 => DType::U64,
        _ => DType::Unknown,
    }
}

/// An error that says that number `index` of `what` does not exist.
fn absent(what: &str, index: impl std::fmt::Display) -> Error {
    Error::malformed(format!("there is no {what} {index}"))
}
