//! Variables get their values: from the checkpoint, by the keys that the graph itself restores them from.

use super::super::checkpoint;
use super::super::lower::{Slice, Variable};
use super::super::proto::{self, Tensor as TensorProto};
use super::known::{self, At};
use super::lower::Lowering;
use super::read::{Body, Node, Reference};
use crate::model::{Entry, TensorId};
use crate::report::Severity;
use foldhash::HashMap;

/// What a variable is restored from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The key in the checkpoint.
    pub key: String,
    /// Of a part of a variable: which slice of it that is.
    pub slice: Option<Slice>,
}

/// How many nodes between reading a value from a file and assigning it are followed.
const STEPS: usize = 8;

impl Lowering<'_, '_> {
    /// Looks for the checkpoint called `stem` beside the main file (or the latest one), and gives the variables their values, by the keys that they are
    /// `restored` from. What is missing is told.
    pub fn join(&mut self, stem: Option<&str>, restored: &HashMap<TensorId, Origin>) {
        if self.of.known.variables.is_empty() {
            return;
        }
        let count = self.of.known.variables.len();
        let found = checkpoint::variables(stem, self.open).unwrap_or_else(|error| {
            self.open.report.add_error(&error.within("the checkpoint of the model"));
            None
        });
        let Some((variables, objects)) = found else {
            let values = if count == 1 {
                "the value of a variable is".into()
            } else {
                format!("the values of {count} variables are")
            };
            let message = match stem {
                Some(stem) => format!(
                    "{values} in the checkpoint {:?} and its data files, which are not here: open them together with the model, as a folder",
                    format!("{stem}.index")
                ),
                None => format!("{values} in a checkpoint, which is not here: open its files together with the graph"),
            };
            let severity = if stem.is_some() { Severity::Warning } else { Severity::Note };
            return self.open.report.add(severity, message);
        };
        let keys = objects.as_ref().map(|objects| objects.keys()).unwrap_or_default();
        let by_key: HashMap<&str, &Variable> = variables.iter().map(|variable| (&*variable.key, variable)).collect();
        let mut missing = Vec::new();
        let mut all: Vec<_> = self.of.known.variables.iter().map(|(name, tensor)| (*tensor, name.clone())).collect();
        all.sort_unstable();
        for (tensor, name) in all {
            let origin = restored.get(&tensor);
            let key = origin.map(|origin| &*origin.key).or_else(|| keys.get(&*name).copied());
            let whole = by_key.get(key.unwrap_or(&name)).copied();
            match (whole, origin.and_then(|origin| origin.slice.as_ref())) {
                (Some(whole), Some(slice)) => match whole.part(slice) {
                    Some(part) => self.assign(tensor, &part),
                    None => missing.push(name),
                },
                (Some(whole), None) => self.assign(tensor, whole),
                (None, _) => missing.push(name),
            }
        }
        if let Some(first) = missing.first() {
            let message = match missing.len() {
                1 => format!("the checkpoint has no value for the variable {first:?}"),
                count => format!("the checkpoint has no value for {count} variables: {first:?} …"),
            };
            self.open.report.add(Severity::Note, message);
        }
    }

    fn assign(&mut self, tensor: TensorId, variable: &Variable) {
        let Some(tensor) = self.model.tensors.get_mut(tensor) else { return };
        tensor.dtype = proto::dtype(variable.code);
        tensor.shape.clone_from(&variable.shape);
        tensor.encoding = variable.encoding;
        tensor.data = variable.data.clone();
        if *variable.key != *tensor.name {
            tensor.metadata.push(Entry { name: "key".into(), value: variable.key.as_str().into() });
        }
        if !variable.slice.is_empty() {
            let axis = |[from, count]: &[u64; 2]| format!("{from}:{}", from.saturating_add(*count));
            let slice = variable.slice.iter().map(axis).collect::<Vec<_>>().join(", ");
            tensor.metadata.push(Entry { name: "slice".into(), value: slice.as_str().into() });
        }
    }

    /// What variables are restored from, by what the graph and its functions do.
    pub fn restored(&mut self) -> HashMap<TensorId, Origin> {
        let graph = self.of.graph.clone();
        let mut restored = HashMap::default();
        for at in std::iter::once(None).chain((0..graph.functions.len() as u32).map(Some)) {
            let Some(body) = known::body(&graph, at) else { continue };
            let given = self.given_of(at);
            let mut origins: HashMap<u32, Vec<Origin>> = HashMap::default();
            for node in &body.nodes {
                let ("Assign" | "AssignVariableOp", [variable, value, ..]) = (&*node.operator, node.inputs.as_slice())
                else {
                    continue;
                };
                let Some((place, index)) = source(body, value) else { continue };
                let origins = origins.entry(place).or_insert_with(|| self.origins(body, place));
                let Some(origin) = origins.get(index as usize) else { continue };
                if let Some(tensor) = self.tensor(&graph, at, &given, &variable.end) {
                    restored.entry(tensor).or_insert_with(|| origin.clone());
                }
            }
        }
        restored
    }

    /// What the arguments of a body always are.
    pub fn given_of(&self, at: At) -> Vec<Option<TensorId>> {
        let given = at.and_then(|function| self.of.known.given.get(function as usize));
        given.into_iter().flatten().map(|given| given.tensor()).collect()
    }

    /// What the node at `place` restores.
    fn origins(&mut self, body: &Body, place: u32) -> Vec<Origin> {
        let (keys, slices) = (self.texts(body, place, 1), self.texts(body, place, 2));
        let mut slices = slices.into_iter().map(|text| slice(&text));
        keys.into_iter().map(|key| Origin { key, slice: slices.next().flatten() }).collect()
    }

    /// The texts that are input `input` of the node at `place`.
    fn texts(&mut self, body: &Body, place: u32, input: usize) -> Vec<String> {
        let node = body.nodes.get(place as usize);
        let texts = node.and_then(|node| body.node(&node.inputs.get(input)?.end));
        let value = texts.and_then(|node: &Node| node.attributes.iter().find(|(name, _)| &**name == "value"));
        let Some((_, span)) = value else { return Vec::new() };
        let Some(tensor) = self.reader().attr(*span).tensor else { return Vec::new() };
        let proto: TensorProto = self.reader().decode(tensor, "the names of variables");
        proto.string.iter().map(|span| self.reader().text(*span).to_string()).collect()
    }
}

/// The slice that `text` spells: the sizes of the whole, then of each axis its first place and how many, `10 3 0,4:-`; `-` is all of it. None if it is all
/// of each, or empty.
fn slice(text: &str) -> Option<Slice> {
    let (sizes, slice) = text.trim().rsplit_once(' ')?;
    let sizes: Vec<u64> = sizes.split(' ').map(|size| size.parse().ok()).collect::<Option<_>>()?;
    let axis = |(text, size): (&str, &u64)| match text.split_once(',') {
        Some((from, count)) => Some([from.parse().ok()?, count.parse().ok()?]),
        None => (text == "-").then_some([0, *size]),
    };
    let slice: Slice = slice.split(':').zip(&sizes).map(axis).collect::<Option<_>>()?;
    let whole = slice.iter().zip(&sizes).all(|([from, count], size)| *from == 0 && count == size);
    (slice.len() == sizes.len() && !whole).then_some(slice)
}

/// The node that reads `value` from a file, and which of its results that is.
fn source(body: &Body, value: &Reference) -> Option<(u32, u32)> {
    let mut value = value;
    for _ in 0..STEPS {
        let super::read::End::Node(place) = value.end else { return None };
        let node = body.nodes.get(place as usize)?;
        match &*node.operator {
            "RestoreV2" | "Restore" | "RestoreSlice" => return Some((place, value.index)),
            "Identity" | "Reshape" => value = node.inputs.first()?,
            _ => return None,
        }
    }
    None
}
