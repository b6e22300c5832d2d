//! TorchScript: programs that `torch.jit.save` and `_save_for_lite_interpreter` write.
//!
//! - The archive: `archive` finds its parts; `python` reads its code, `library` has all that the code defines, `ranges` where it comes from;
//!   `bytecode` makes the same of instructions for phones, `legacy` of archives before 1.3.
//! - The graphs: `lower` goes through the methods of the module; `eval`, `call` and `control` are statements, expressions, calls and control
//!   flow; `object` are the module and what else the file holds, `operator` makes nodes, `fold`
//!   what needs no node. `symbol` is what stands for a value meanwhile, `draft` a graph while it is made.

mod archive;
mod bytecode;
mod call;
mod control;
mod draft;
mod eval;
mod fold;
mod legacy;
mod library;
mod lower;
mod object;
mod operator;
mod python;
mod ranges;
mod symbol;

use super::super::Open;
use super::container::Checkpoint;
use super::state;
use super::tensor::Tensors;
use super::text::Words;
use crate::codec::pickle::Pickle;
use crate::model::{Entry, Graph, Model, Wiring};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use crate::source::{FileId, Slice};
use archive::Archive;
use library::Library;
use lower::Program;

/// How sure it is that the file is a program.
pub fn recognise(probe: &Probe) -> Option<Confidence> {
    archive::is_program(probe.zip()?).then_some(Confidence::Certain)
}

/// Opens a program.
///
/// # Errors
/// When the archive or the pickle of the module cannot be read.
pub fn open(open: &mut Open) -> Result<Model> {
    let archive = Archive::open(open)?;
    let mut model = Model::default();
    let (data, constants, library);
    if archive.has("data.pkl") {
        (data, constants, library) = parts(&archive, open)?;
        describe(&archive, open, &mut model);
    } else {
        let legacy = legacy::read(&archive, open)?;
        describe(&archive, open, &mut model);
        model.format = format!("TorchScript v1.{}", if archive.has("attributes.pkl") { 1 } else { 0 });
        model.properties.push(Entry { name: "producer".into(), value: legacy.producer.as_str().into() });
        (data, constants, library) = (legacy.data, legacy.constants, legacy.library);
    }
    let root = data.pickle.root.ok_or_else(|| Error::malformed("data.pkl makes nothing"))?;
    let words = Words { checkpoint: &data, files: open.files, limits: open.limits };
    for (name, id) in object::settings(&data.pickle, root) {
        model.metadata.push(Entry { name, value: words.line(id).as_str().into() });
    }
    let program = Program { archive: &archive, library: &library, data: &data, constants: &constants };
    let lowered = lower::lower(program, open);
    (model.graphs, model.tensors) = (lowered.graphs, lowered.tensors);
    if model.graphs.is_empty() {
        weights(&data, open, &mut model);
    }
    Ok(model)
}

/// The objects, the constants and the code of an archive.
fn parts(archive: &Archive, open: &mut Open) -> Result<(Checkpoint, Checkpoint, Library)> {
    let data = archive.objects("data", open).unwrap_or_else(|| Err(Error::missing("the archive has no data.pkl")))?;
    let mut constants = match archive.objects("constants", open) {
        Some(Ok(constants)) => constants,
        Some(Err(error)) => {
            open.report.add_error(&error);
            nothing()
        }
        None => nothing(),
    };
    let mut library = archive.library(open);
    if library.is_empty()
        && let Some(Ok(instructions)) = archive.objects("bytecode", open)
    {
        for (path, class) in bytecode::classes(&instructions.pickle, &mut open.report) {
            library.define(&path, class);
        }
        constants = instructions;
    }
    Ok((data, constants, library))
}

/// Objects of which there are none.
fn nothing() -> Checkpoint {
    Checkpoint::new(String::new(), Pickle::default(), FileId(0), Slice::default())
}

/// What is said about the archive.
fn describe(archive: &Archive, open: &mut Open, model: &mut Model) {
    let version = archive.word("version", open).or_else(|| archive.word(".data/version", open)).unwrap_or_default();
    // The versions of torch that began to write these numbers (`caffe2/serialize/versions.h`).
    let torch = match &*version {
        "1" => " v1.3",
        "2" => " v1.5",
        "3" | "4" => " v1.6",
        "5" => " v1.7",
        "6" => " v1.9",
        "7" => " v1.10",
        "8" | "9" => " v1.11",
        "10" => " v1.12",
        _ => "",
    };
    model.format = format!("TorchScript{torch}");
    let mut property = |name: &str, value: String| {
        if !value.is_empty() {
            model.properties.push(Entry { name: name.into(), value: value.as_str().into() });
        }
    };
    property("container", "ZIP archive".into());
    property("folder", archive.folder.trim_end_matches('/').into());
    property("version", version);
    property("interpreter", if archive.has("bytecode.pkl") { "mobile".into() } else { String::new() });
    property("byte order", archive.word("byteorder", open).unwrap_or_default());
    for (name, text) in archive.extras(open) {
        model.metadata.push(Entry { name: name.as_str().into(), value: text.as_str().into() });
    }
}

/// What can be shown of a program without code: its weights, as those of a state dict.
fn weights(data: &Checkpoint, open: &mut Open, model: &mut Model) {
    open.report.add(Severity::Warning, "the archive has no code for its module; its weights are shown");
    let mut tensors = Tensors::new(data, open.files, open.limits);
    let mut left = data.pickle.objects.len();
    let roots = data.pickle.root.map(|root| (String::new(), root)).into_iter().collect();
    let found = state::find(data, roots, &mut left, &|_| true);
    let graph = state::lower(&found.tensors, &mut tensors, "", &mut open.report);
    model.graphs.push(if found.tensors.is_empty() {
        Graph { wiring: Wiring::Modules, ..Graph::default() }
    } else {
        graph
    });
    model.tensors = tensors.finish();
    for (_, graph) in model.graphs.iter_mut() {
        crate::analysis::layers::infer(graph, &model.tensors);
    }
}
