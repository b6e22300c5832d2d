//! PaddlePaddle's parameters, by the source of `paddle.save` and `paddle.static.save_inference_model` as there is no other specification.
//!
//! | file | what it is |
//! | --- | --- |
//! | `.pdparams`, `.pdopt` | a pickle of a dictionary of arrays, protocols 2 to 4: `pickled` |
//! | `.pdiparams` | tensors that follow each other, without names: `combined` |
//!
//! Pickles are run on symbols, nothing in them is executed, and arrays stay ranges of the file. Of a tensor in the other file only the description is
//! read. Names of these are taken from the program (`.pdmodel`) beside it, if there is one. There is no graph: weights are grouped into the modules
//! that their names spell; what these are is inferred.

mod combined;
mod pickled;
mod proto;

use super::{Format, Open};
use crate::analysis::layers;
use crate::codec::pickle::Glance;
use crate::model::{Model, Modules, Tensor};
use crate::probe::{Confidence, Probe};
use crate::report::{Report, Result, Severity};

/// PaddlePaddle's parameters.
pub const FORMAT: Format = Format {
    id: "paddle",
    name: "PaddlePaddle parameters",
    extensions: &["pdparams", "pdopt", "pdiparams"],
    domain: "",
    sniff,
    open,
};

fn sniff(probe: &Probe) -> Confidence {
    if combined::recognise(probe) {
        return Confidence::Certain;
    }
    let named = ["pdparams", "pdopt"].iter().any(|extension| probe.has_extension(extension));
    let marked = || probe.head().windows(pickled::NAMES.len()).any(|bytes| bytes == pickled::NAMES.as_bytes());
    let pickle = probe.has(0, b"\x80") && (named || marked()) && Glance::at(probe.file()).is_pickle();
    if pickle { Confidence::Certain } else { Confidence::No }
}

fn open(open: &mut Open) -> Result<Model> {
    if combined::recognise(open.probe) { combined::open(open) } else { pickled::open(open) }
}

/// Adds `tensors` to `model`, as the tree of modules that their names spell.
fn group(mut model: Model, tensors: Vec<Tensor>, report: &mut Report) -> Model {
    let mut modules = Modules::new('.');
    for tensor in tensors {
        let name = tensor.name.clone();
        modules.add(&name, model.tensors.push(tensor));
    }
    if model.tensors.is_empty() {
        report.add(Severity::Note, "the file has no tensors");
    }
    let mut graph = modules.finish();
    layers::infer(&mut graph, &model.tensors);
    model.graphs.push(graph);
    model
}
