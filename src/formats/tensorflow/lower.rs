//! Variables become trees of modules: the weights, and beside them what optimisers keep.

use super::super::Open;
use super::objects::Objects;
use super::proto;
use crate::analysis::layers;
use crate::model::{Data, Encoding, Entry, Model, Modules, Tensor};
use crate::report::Severity;
use crate::source::Span;
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
    /// Of a part: which slice of the whole it is. Of each axis, the first place and how many.
    pub slice: Slice,
}

/// A slice of a variable: of each axis, the first place and how many.
pub type Slice = Vec<[u64; 2]>;

impl Default for Variable {
    fn default() -> Self {
        let (data, encoding) = (Data::Absent, Encoding::Little);
        let (parts, slice) = (Vec::new(), Slice::new());
        Self { key: String::new(), code: 0, shape: Vec::new(), data, encoding, parts, slice }
    }
}

impl Variable {
    /// Takes the values of its parts for its own, if they follow each other in one file: if it was cut along its first axis only.
    pub fn join(&mut self) {
        if let Some((data, encoding)) = self.joined() {
            (self.data, self.encoding) = (data, encoding);
        }
    }

    fn joined(&self) -> Option<(Data, Encoding)> {
        let (rows, rest) = self.shape.split_first()?;
        let first = self.parts.first()?;
        let (mut spans, mut met, mut file) = (Vec::new(), 0u64, None);
        for part in &self.parts {
            if part.shape.get(1..) != Some(rest) || part.encoding != first.encoding {
                return None;
            }
            let own = match &part.data {
                Data::Range(file, span) => {
                    spans.push(*span);
                    *file
                }
                Data::Ranges(file, several) => {
                    spans.extend(several);
                    *file
                }
                _ => return None,
            };
            met = met.checked_add(*part.shape.first()?)?;
            if *file.get_or_insert(own) != own {
                return None;
            }
        }
        (met == *rows).then_some((Data::Ranges(file?, spans), first.encoding))
    }

    /// The part that is `slice` of it: one that was kept so, or rows of the whole.
    pub fn part(&self, slice: &[[u64; 2]]) -> Option<Self> {
        let whole = || slice.iter().zip(&self.shape).all(|([from, count], dim)| *from == 0 && count == dim);
        let kept = self.parts.iter().find(|part| part.slice == slice);
        let (key, shape) = (self.key.clone(), slice.iter().map(|[_, count]| *count).collect());
        let of = |data: Data, encoding: Encoding| {
            let (parts, slice) = (Vec::new(), slice.to_vec());
            Self { key: key.clone(), code: self.code, shape: Vec::clone(&shape), data, encoding, parts, slice }
        };
        match kept {
            Some(part) => Some(of(part.data.clone(), part.encoding)),
            None if slice.len() != self.shape.len() => None,
            None if whole() => Some(of(self.data.clone(), self.encoding)),
            None => Some(of(self.rows(slice)?, self.encoding)),
        }
    }

    /// Where the values of `slice` are, if it is some rows of what is in one piece.
    fn rows(&self, slice: &[[u64; 2]]) -> Option<Data> {
        let ([first, count], rest) = slice.split_first()?;
        let sizes = self.shape.get(1..)?;
        let all = rest.iter().zip(sizes).all(|([from, count], dim)| *from == 0 && count == dim);
        let row = sizes.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim))?;
        let (dtype, packed) = (proto::dtype(self.code), matches!(self.encoding, Encoding::Little | Encoding::Big));
        let width = u64::from(dtype.bits() / 8);
        if !all || !packed || width == 0 || first.checked_add(*count)? > *self.shape.first()? {
            return None;
        }
        let (from, len) = (first.checked_mul(row)?.checked_mul(width)?, count.checked_mul(row)?.checked_mul(width)?);
        let cut = |span: &Span| Some(Span { at: span.at.checked_add(from)?, len });
        Some(match &self.data {
            Data::Range(file, span) => Data::Range(*file, cut(span)?),
            Data::Ranges(file, spans) => Data::Ranges(*file, pieces(spans, from, len)),
            Data::External { path, span } => Data::External { path: path.clone(), span: cut(span)? },
            _ => return None,
        })
    }
}

/// The `len` bytes from `from` on of `spans`, one after the other.
fn pieces(spans: &[Span], from: u64, len: u64) -> Vec<Span> {
    let (mut skip, mut left) = (from, len);
    let mut pieces = Vec::new();
    for span in spans {
        let skipped = skip.min(span.len);
        let len = (span.len - skipped).min(left);
        if len > 0 {
            pieces.push(Span { at: span.at.saturating_add(skipped), len });
        }
        (skip, left) = (skip - skipped, left - len);
    }
    pieces
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
        let in_parts = matches!(variable.data, Data::Absent) && !variable.parts.is_empty();
        let parts = if in_parts { &variable.parts } else { std::slice::from_ref(variable) };
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
