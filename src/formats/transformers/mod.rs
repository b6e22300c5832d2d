//! Folders of models as the library Transformers keeps them: <https://huggingface.co/docs/transformers/main_classes/configuration>.
//!
//! `config.json` states the architecture and its sizes; beside it are weights (whole, or in several files with an index), what generates
//! (`generation_config.json`), tokenizers, chat templates, and the settings of adapters. Whichever of them is opened, they are one model: the weights,
//! with what the others say as its metadata.
//!
//! Nothing in such a folder says how the weights are connected. Where they are called as those of a known family, a diagram is drawn by
//! [`synthesis`], all of which is marked as inferred. It comes before the tree of modules, which stays as it is: what the diagram does not
//! explain is there.
//!
//! Of files that are large (tokenizers) only what is shown is read.

mod companions;
mod config;
mod examples;

use super::{Format, Open, Opened};
use crate::analysis::synthesis::{self, Drawing, Weight};
use crate::model::{Arena, Entry, Graph, GraphId, Model, ValueId, Wiring};
use crate::probe::{Confidence, Probe};
use crate::report::{Report, Result, Severity};
use crate::source::{FileId, Files};
use config::Config;
use foldhash::HashSet;

/// Folders of Transformers, entered by their configuration.
pub const FORMAT: Format =
    Format { id: "transformers", name: "Transformers", extensions: &["json"], domain: "", sniff, open };

/// What the configuration is called.
const CONFIG: &str = "config.json";
/// What weights are called, those first that are preferred.
const WEIGHTS: [&str; 4] =
    ["model.safetensors.index.json", "model.safetensors", "pytorch_model.bin.index.json", "pytorch_model.bin"];
/// How the names of weights begin that have a configuration beside them for sure. Only then a server is asked for it.
const USUAL: [&str; 3] = ["model", "pytorch_model", "adapter_model"];
/// How many modules are named that are not in the diagram.
const NAMED: usize = 4;

fn sniff(probe: &Probe) -> Confidence {
    let Some(json) = probe.json() else { return Confidence::No };
    let is_config = json.has(&["model_type"]) || json.has(&["architectures"]);
    let other = ["_diffusers_version", "tokenizer_class", "processor_class", "image_processor_type", "peft_type"];
    if is_config && !other.iter().any(|key| json.has(&[key])) { Confidence::Likely } else { Confidence::No }
}

/// Opens a configuration that has no weights beside it.
fn open(open: &mut Open) -> Result<Model> {
    let config = Config::read(&open.probe.file())?;
    let mut model = Model { format: "Transformers configuration".into(), ..Model::default() };
    open.report.add(
        Severity::Note,
        "This is the configuration of a model, without its weights. Open it together with them, or open their folder.",
    );
    let (names, lists) = examples::names(&config.facts);
    let weights: Vec<Weight> = names.iter().map(|name| Weight { name, tensor: None }).collect();
    let drawing = synthesis::draw(&weights, &model.tensors, &config.facts);
    let family = drawing.as_ref().map(|drawing| drawing.families.join(", "));
    model.graphs.push(match drawing {
        Some(drawing) => numbered(drawing.graph, &lists),
        None => Graph { wiring: Wiring::Modules, ..Graph::default() },
    });
    config.describe(&mut model, family.as_deref());
    companions::describe(&mut model, open.files, &config, &mut open.report);
    Ok(model)
}

/// `graph`, in which one block stands for all of each list, with the numbers of all.
fn numbered(mut graph: Graph, lists: &[(&str, u64)]) -> Graph {
    let paths: Vec<String> = graph.scopes.iter().map(|(id, _)| graph.path(id, ".")).collect();
    for ((_, scope), path) in graph.scopes.iter_mut().zip(&paths) {
        let list = path.strip_suffix(".0").unwrap_or_default();
        // What everything is in has no scope.
        let known = lists.iter().find(|(known, count)| *count > 1 && !list.is_empty() && known.ends_with(list));
        if let Some((_, count)) = known {
            scope.name = format!("0–{}", count - 1).into();
        }
    }
    graph
}

/// The weights beside the configuration that was opened, if that is one: what to open in its place.
///
/// # Errors
/// When they are there but cannot be opened.
pub fn weights(probe: &Probe, files: &Files) -> Result<Option<(&'static str, FileId)>> {
    if sniff(probe) == Confidence::No {
        return Ok(None);
    }
    for name in WEIGHTS {
        if let Some(file) = files.sibling(name)? {
            return Ok(Some((name, file)));
        }
    }
    Ok(None)
}

/// Adds to weights that were opened what the files beside them say, and a diagram where their names tell one.
pub fn accompany(opened: &mut Opened, files: &Files) {
    let Opened { model, report, .. } = opened;
    let modules = model.graphs.values().all(|graph| graph.wiring == Wiring::Modules);
    if !modules || model.tensors.is_empty() {
        return;
    }
    let config = find(files, report).unwrap_or_default();
    let family = draw(model, &config, report);
    config.describe(model, family.as_deref());
    companions::describe(model, files, &config, report);
}

/// The configuration beside the weights.
fn find(files: &Files, report: &mut Report) -> Option<Config> {
    let name = files.name();
    let name = name.rsplit('/').next().unwrap_or_default();
    if files.is_remote() && name != CONFIG && !USUAL.iter().any(|usual| name.starts_with(usual)) {
        return None;
    }
    let found = files.sibling(CONFIG).and_then(|file| {
        let Some(bytes) = file.and_then(|file| files.slice(file)) else { return Ok(None) };
        let probe = Probe::new(CONFIG, bytes)?;
        if sniff(&probe) == Confidence::No { Ok(None) } else { Config::read(&probe.file()).map(Some) }
    });
    found.unwrap_or_else(|error| {
        report.add(Severity::Warning, format!("{CONFIG}: {error}"));
        None
    })
}

/// Puts a diagram of the first graph before it, if there can be one. Returns what families it is of.
fn draw(model: &mut Model, config: &Config, report: &mut Report) -> Option<String> {
    let tree = model.graphs.get(GraphId(0))?;
    let values = tree.values.iter().filter(|(_, value)| value.tensor.is_some());
    let (ids, weights): (Vec<ValueId>, Vec<Weight>) =
        values.map(|(id, value)| (id, Weight { name: &value.name, tensor: value.tensor })).unzip();
    let Drawing { graph, families, placed } = synthesis::draw(&weights, &model.tensors, &config.facts)?;
    let left = || placed.iter().enumerate().filter(|(_, placed)| !**placed).map(|(index, _)| index);
    let names: Vec<&str> = left().filter_map(|index| Some(weights.get(index)?.name)).collect();
    let message = said(&names, weights.len());
    let left: HashSet<ValueId> = left().filter_map(|index| ids.get(index).copied()).collect();
    let mut graphs = Arena::new();
    graphs.push(Graph { name: "diagram".into(), ..graph });
    for mut graph in std::mem::take(&mut model.graphs) {
        if graphs.len() == 1 && !left.is_empty() {
            mark(&mut graph, &left);
        }
        graphs.push(graph);
    }
    model.graphs = graphs;
    for diagnostic in &mut report.diagnostics {
        diagnostic.graph = diagnostic.graph.map(|GraphId(number)| GraphId(number + 1));
    }
    if let Some(message) = message {
        report.add_at(Severity::Note, GraphId(1), None, message);
    }
    Some(families.join(", "))
}

/// Says of the modules that have values of `left` that these are not in the diagram.
fn mark(tree: &mut Graph, left: &HashSet<ValueId>) {
    for (_, node) in tree.nodes.iter_mut() {
        let mut values = node.inputs.iter().flat_map(|argument| &argument.values);
        if values.any(|value| left.contains(value)) {
            node.metadata.push(entry("diagram", "not placed"));
        }
    }
}

/// What is said of the weights that are not in the diagram; none if there are none.
fn said(left: &[&str], all: usize) -> Option<String> {
    if left.is_empty() {
        return None;
    }
    let mut names: Vec<String> = left.iter().take(NAMED).map(|name| format!("{name:?}")).collect();
    if left.len() > NAMED {
        names.push("…".into());
    }
    let (count, names) = (left.len(), names.join(", "));
    let verb = if count == 1 { "is" } else { "are" };
    Some(format!("{count} of {all} tensors {verb} not placed in the diagram, only in the tree of modules: {names}"))
}

/// An entry of a table.
fn entry(name: &str, value: &str) -> Entry {
    Entry { name: name.into(), value: value.into() }
}
