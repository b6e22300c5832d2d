//! Puts a model together: its description, its weights, what the optimiser keeps.

use super::super::Open;
use super::attributes::{entries, notation};
use super::config::Layer;
use super::lower::Builder;
use super::saved::{self, Saved};
use super::weights::{Module, Store};
use super::{code, layers};
use crate::analysis;
use crate::codec::document::Document;
use crate::codec::hdf5::Tree;
use crate::model::{Entry, Graph, Model, Modules};
use crate::report::{Error, Result, Severity};
use crate::source::{FileId, Slice};
use std::collections::HashMap;

/// What is known of a model before its weights.
#[derive(Debug, Default)]
pub struct Parts {
    /// The description; null if there is none.
    pub config: Document,
    /// Its size in bytes.
    pub size: u64,
    /// Where it is.
    pub place: String,
    /// What the format is called.
    pub format: String,
    /// What is said about the file.
    pub properties: Vec<Entry>,
    /// How the model was to be trained.
    pub training: Option<Document>,
}

impl Parts {
    /// Adds what a file says about itself.
    pub fn facts(&mut self, facts: Option<&Document>) {
        for (name, value) in facts.map(Document::members).unwrap_or_default() {
            self.property(name, &value.text().map_or_else(|| notation(value), str::to_owned));
        }
    }

    /// Adds a fact.
    pub fn property(&mut self, name: &str, value: &str) {
        if !value.is_empty() && self.properties.iter().all(|entry| &*entry.name != name) {
            self.properties.push(Entry { name: name.replace('_', " ").as_str().into(), value: value.into() });
        }
    }
}

/// Opens an HDF5 file: a whole model, or weights.
///
/// # Errors
/// When its structure, or the description in it, cannot be read.
pub fn open_hdf5(file: FileId, bytes: &Slice, open: &mut Open) -> Result<Model> {
    let tree = Tree::read(bytes, &open.limits)?;
    let mut parts = Parts { format: "HDF5".into(), ..Parts::default() };
    let text = |item: usize, name: &str| tree.text(item, name);
    let group = tree.child(Tree::ROOT, "model_weights").unwrap_or(Tree::ROOT);
    for name in ["keras_version", "backend"] {
        let fact = text(Tree::ROOT, name).ok().flatten().or_else(|| text(group, name).ok().flatten());
        parts.property(name, fact.as_deref().unwrap_or_default());
    }
    let mut parsed = |name: &str| match text(Tree::ROOT, name) {
        Ok(Some(text)) => match Document::parse(text.as_bytes()) {
            Ok(document) => Some((document, text.len() as u64)),
            Err(error) => {
                open.report.add_error(&Error::malformed(format!("the attribute {name:?} is no JSON: {error}")));
                None
            }
        },
        Ok(None) => None,
        Err(error) => {
            open.report.add_error(&error.within(format!("the attribute {name:?}")));
            None
        }
    };
    if let Some((config, size)) = parsed("model_config") {
        (parts.config, parts.size, parts.place) = (config, size, "model_config".into());
    }
    parts.training = parsed("training_config").map(|(config, _)| config);
    lower(parts, Some((file, tree)), open)
}

/// The model of `parts`, with the weights that are in an HDF5 file, if they are in one.
///
/// # Errors
/// None now.
pub fn lower(parts: Parts, weights: Option<(FileId, Tree)>, open: &mut Open) -> Result<Model> {
    let mut model = Model::default();
    let saved = weights.map(|(file, tree)| {
        code::check_links(&tree, open);
        saved::read(&tree, file, &mut model.tensors, open)
    });
    lower_saved(parts, model, saved.unwrap_or_default(), open)
}

/// The model of `parts` with the weights `saved`, whose tensors are in `model`.
///
/// # Errors
/// None now.
pub fn lower_saved(parts: Parts, mut model: Model, saved: Saved, open: &mut Open) -> Result<Model> {
    let Saved { mut weights, optimizer, known } = saved;
    let described = parts.config != Document::Null;
    let version =
        parts.properties.iter().find(|entry| &*entry.name == "keras version").map(|entry| entry.value.clone());
    model.format = match (&*parts.format, version) {
        ("HDF5", _) if !described && !known => "HDF5".into(),
        ("HDF5", version) => match version.as_deref().and_then(|version| version.split('.').next()) {
            Some(version) => format!("Keras v{version} HDF5"),
            None => "Keras HDF5".into(),
        },
        (format, _) => format.into(),
    };
    code::check(&parts.config, &parts.place, open);
    let mut whole = None;
    if described {
        let top = Layer::read(&parts.config);
        model.properties.push(property("class", top.class));
        whole = top.network.as_ref().map(|network| {
            let bytes = usize::try_from(parts.size).unwrap_or(usize::MAX);
            let (graph, folded) = Builder::new(&mut model, &mut weights, bytes).finish(top.name, network);
            if folded {
                open.report
                    .add(Severity::Note, "models within others are shown as one node where they are deep or many");
            }
            graph
        });
        training(&parts, &mut model);
        if whole.is_none() {
            model.metadata.extend(entries(top.config));
        }
    }
    model.properties.extend(parts.properties);
    model.properties.retain(|entry| !entry.value.is_empty());
    match whole {
        Some(graph) => {
            model.graphs.push(graph);
            let rest = weights.rest();
            if !rest.is_empty() {
                let message = format!("{} weights belong to no layer of the description", rest.len());
                open.report.add(Severity::Note, message);
                let mut modules = Modules::new('/');
                for (path, tensor) in rest {
                    modules.add(&path, tensor);
                }
                let mut graph = modules.finish();
                graph.name = "other weights".into();
                model.graphs.push(graph);
            }
        }
        None => {
            let graph = tree(&weights, &model);
            model.graphs.push(graph);
        }
    }
    if !optimizer.is_empty() {
        let mut graph = tree(&optimizer, &model);
        graph.name = "optimizer state".into();
        model.graphs.push(graph);
    }
    if model.tensors.is_empty() && model.graphs.values().all(|graph| graph.nodes.is_empty()) {
        open.report.add(Severity::Note, "the file has neither layers nor weights");
    }
    Ok(model)
}

fn property(name: &str, value: &str) -> Entry {
    Entry { name: name.into(), value: value.into() }
}

/// How the model was to be trained, which is told beside it.
fn training(parts: &Parts, model: &mut Model) {
    let stated = parts.config.get("compile_config");
    for config in stated.into_iter().chain(&parts.training) {
        for Entry { name, value } in entries(config) {
            let name = if &*name == "optimizer_config" { "optimizer".into() } else { name };
            if !value.is_empty() && model.metadata.iter().all(|entry| entry.name != name) {
                model.metadata.push(Entry { name, value });
            }
        }
    }
}

/// The tree of the objects that own weights.
fn tree(store: &Store, model: &Model) -> Graph {
    let mut modules = Modules::new('/');
    let mut classes: HashMap<String, &str> = HashMap::new();
    let mut notes = Vec::new();
    for Module { path, place, class, weights } in store.modules(&model.tensors) {
        for ((_, tensor), name) in place.weights.iter().zip(weights) {
            let name = if path.is_empty() { name } else { format!("{path}/{name}") };
            modules.add(&name, *tensor);
        }
        let own = path.rsplit('/').next().unwrap_or_default();
        if let Some(label) = place.label.as_deref().filter(|label| *label != own) {
            notes.push((path.clone(), property("layer", label)));
        } else if place.label.is_some() && place.name != own {
            notes.push((path.clone(), property("group", &place.name)));
        }
        classes.extend(class.map(|class| (path, class)));
    }
    let notes: HashMap<String, Entry> = notes.into_iter().collect();
    let mut graph = modules.finish();
    analysis::layers::infer(&mut graph, &model.tensors);
    for (_, node) in graph.nodes.iter_mut() {
        node.metadata.extend(notes.get(&*node.name).cloned());
        // Names of layers, unlike shapes, tell the class.
        if let Some(class) = classes.get(&*node.name).filter(|class| **class != &*node.operator) {
            (node.operator, node.inferred) = ((*class).into(), true);
            node.category = layers::category(class, false);
            node.attributes.clear();
        }
    }
    graph
}
