//! Variables become trees of modules: the weights, and beside them what optimisers keep.

use super::super::Open;
use super::objects::Objects;
use super::proto;
use crate::analysis::layers;
use crate::model::{Data, Encoding, Entry, Model, Modules, Tensor};
use crate::report::Severity;
use foldhash::HashMap;

/// What separates the object that a key names from its attribute.
const ATTRIBUTES: &str = "/.ATTRIBUTES/";
/// The attribute of a variable that is its value.
const VALUE: &str = "VARIABLE_VALUE";
/// What separates a variable from the optimiser that keeps something about it.
const SLOT: &str = "/.OPTIMIZER_SLOT/";

/// A variable of a checkpoint.
#[derive(Debug)]
pub struct Variable {
    /// Its key: its name, or the path of the objects that lead to it.
    pub key: String,
    /// The number of its element type in `types.proto`.
    pub code: i64,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// Where its values are.
    pub data: Data,
    /// How they are encoded.
    pub encoding: Encoding,
    /// Where it was kept in parts, these.
    pub parts: Vec<Variable>,
}

impl Default for Variable {
    fn default() -> Self {
        let (data, encoding) = (Data::Absent, Encoding::Little);
        Self { key: String::new(), code: 0, shape: Vec::new(), data, encoding, parts: Vec::new() }
    }
}

/// The model of `variables`, of which `objects` tells more.
pub fn lower(variables: Vec<Variable>, objects: Option<&Objects>, open: &mut Open) -> Model {
    let mut model = Model::default();
    let (mut weights, mut state) = (Modules::new('/'), Modules::new('/'));
    let slots = slots(&variables);
    let named = objects.filter(|objects| objects.name_well());
    let mut kept = false;
    for variable in &variables {
        let (path, is_slot) = path(&variable.key);
        let is_state =
            is_slot || slots.contains_key(&*variable.key) || objects.is_some_and(|all| all.is_state(&variable.key));
        let path = slots.get(&*variable.key).cloned().unwrap_or(path);
        let called = objects.and_then(|objects| objects.name(&variable.key));
        // Where an object sits in Keras says less than what it was called.
        let path = called.filter(|_| named.is_some()).map_or(path, str::to_owned);
        kept |= is_state;
        let modules = if is_state { &mut state } else { &mut weights };
        let parts = if variable.parts.is_empty() { std::slice::from_ref(variable) } else { &variable.parts };
        for (number, part) in parts.iter().enumerate() {
            let name = if parts.len() > 1 { format!("{path}/part_{number}") } else { path.clone() };
            let tensor = model.tensors.push(tensor(&name, part));
            let value = modules.add(&name, tensor);
            let (note, other) = if named.is_some() { ("key", Some(&*variable.key)) } else { ("variable", called) };
            if let Some(other) = other.filter(|other| *other != path) {
                modules.note(value, Entry { name: note.into(), value: other.into() });
            }
        }
    }
    if model.tensors.is_empty() {
        open.report.add(Severity::Note, "the checkpoint has no variables");
    }
    let mut graph = weights.finish();
    layers::infer(&mut graph, &model.tensors);
    model.graphs.push(graph);
    if kept {
        let mut graph = state.finish();
        graph.name = "optimizer state".into();
        model.graphs.push(graph);
    }
    model
}

fn tensor(name: &str, variable: &Variable) -> Tensor {
    let kind = proto::note(variable.code).map(|kind| Entry { name: "type".into(), value: kind.into() });
    Tensor {
        name: name.into(),
        dtype: proto::dtype(variable.code),
        shape: variable.shape.clone(),
        encoding: variable.encoding,
        data: variable.data.clone(),
        description: "".into(),
        metadata: kind.into_iter().collect(),
        indices: None,
    }
}

/// The path of the variable with `key`, and whether an optimiser keeps it: `optimizer/m/dense/kernel` of
/// `dense/kernel/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE`.
fn path(key: &str) -> (String, bool) {
    let Some((object, attribute)) = key.rsplit_once(ATTRIBUTES) else { return (key.to_owned(), false) };
    let (path, is_slot) = match object.split_once(SLOT) {
        Some((variable, slot)) => (format!("{slot}/{variable}"), true),
        None => (object.to_owned(), false),
    };
    // A slash within a name is written as `.S`, a dot as two.
    let path = path.replace(".S", "∕").replace("..", ".");
    (if attribute == VALUE { path } else { format!("{path}/{attribute}") }, is_slot)
}

/// Of checkpoints without objects: the variables that optimisers keep about others, with where they are shown. `dense/kernel/Adam` is one if there is a
/// `dense/kernel` of the same shape.
fn slots(variables: &[Variable]) -> HashMap<&str, String> {
    let shapes: HashMap<&str, &[u64]> =
        variables.iter().map(|variable| (&*variable.key, variable.shape.as_slice())).collect();
    let slot = |variable: &'_ Variable| {
        let (of, slot) = variable.key.rsplit_once('/')?;
        let same = shapes.get(of).is_some_and(|shape| *shape == variable.shape);
        same.then(|| format!("{slot}/{of}"))
    };
    variables.iter().filter_map(|variable| Some((&*variable.key, slot(variable)?))).collect()
}

/// Adds a property of the file.
pub fn property(model: &mut Model, name: &str, value: String) {
    model.properties.push(Entry { name: name.into(), value: value.as_str().into() });
}
