//! Weights of TensorFlow.js without a model: a list of weights, as the converter writes it into `weights_manifest.json`, beside their files.
//!
//! There is no other specification than the source of <https://github.com/tensorflow/tfjs> (`io/types.ts`, `io/io_utils.ts`). Only the list is read, and texts, whose lengths are between
//! them. There is no graph: weights are grouped into the modules that their names spell; what these are is inferred. Models whose `model.json` has a
//! topology are those of TensorFlow and Keras.

use super::{Format, Open};
use crate::analysis::layers;
use crate::codec::manifest::Manifest;
use crate::model::{Model, Modules};
use crate::probe::{Confidence, Probe, Root};
use crate::report::{Error, Result, Severity};

/// TensorFlow.js weights.
pub const FORMAT: Format =
    Format { id: "tfjs", name: "TensorFlow.js weights", extensions: &["json"], domain: "", sniff, open };

fn sniff(probe: &Probe) -> Confidence {
    let list = probe.json().is_some_and(|json| json.root == Root::Array);
    let Some(text) = probe.text().filter(|_| list) else { return Confidence::No };
    // Which of the two comes first depends on the writer, and the second may be far behind.
    let group = ["\"weights\"", "\"paths\""].iter().any(|key| text.contains(key));
    let weight = ["\"name\"", "\"shape\"", "\"dtype\""].iter().all(|key| text.contains(key));
    if group && weight { Confidence::Certain } else { Confidence::No }
}

fn open(open: &mut Open) -> Result<Model> {
    let manifest = Manifest::read(&open.probe.file())?;
    let mut model = Model { format: FORMAT.name.into(), ..Model::default() };
    let mut modules = Modules::new('/');
    for tensor in manifest.tensors(open.files, &mut open.report) {
        let name = tensor.name.clone();
        modules.add(&name, model.tensors.push(tensor));
    }
    if manifest.groups.is_empty() {
        return Err(Error::malformed("the list of weights is empty"));
    }
    if model.tensors.is_empty() {
        open.report.add(Severity::Note, "the file has no tensors");
    }
    let mut graph = modules.finish();
    layers::infer(&mut graph, &model.tensors);
    model.graphs.push(graph);
    Ok(model)
}
