//! What `paddle.save` writes: a pickle of dictionaries and lists, with arrays of NumPy in the place of tensors.
//!
//! A tensor within lists or dictionaries is a pair of its name and its array. Below protocol 4, arrays of a gibibyte and more are cut into slices, which a table
//! puts together again.

use super::super::Open;
use super::group;
use crate::codec::pickle::contents::Walk;
use crate::codec::pickle::objects::{entries, get, made_by};
use crate::codec::pickle::{ObjectId, Pickle, array};
use crate::model::{DType, Data, Entry, Model, Tensor};
use crate::report::{Error, Report, Result, Severity};
use crate::source::Span;
use std::collections::{HashMap, HashSet};

/// The key of the names that parameters have in the program, by those that they have in the layers.
pub const NAMES: &str = "StructuredToParameterName@@";
/// The key of the table of slices: by the name of a parameter, its shape and the names of its slices.
const SLICES: &str = "UnpackBigParamInfor@@";

/// Opens the pickle.
///
/// # Errors
/// When there are no objects.
pub fn open(open: &mut Open) -> Result<Model> {
    let bytes = open.probe.file();
    let pickle = Pickle::read(bytes.clone(), &open.limits);
    open.pickle("", open.file, &bytes, &pickle);
    let Some(root) = pickle.root else {
        return Err(pickle.fault.unwrap_or_else(|| Error::malformed("the pickle has no objects")));
    };
    if let Some(fault) = &pickle.fault {
        open.report.add_error(fault);
    }
    let mut walk = Walk::new(&pickle, open.file, open.files, '.', meant);
    let all = entries(&pickle, root).unwrap_or_default();
    for (key, value) in all.iter() {
        if pickle.text(*key).is_none_or(|key| ![NAMES, SLICES].contains(&&**key)) {
            walk.go(&crate::codec::pickle::objects::key(&pickle, *key).unwrap_or_default(), *value);
        }
    }
    if entries(&pickle, root).is_none() {
        walk.go("", root);
    }
    let found = walk.finish();
    let mut tensors = found.tensors;
    if let Some(slices) = get(&pickle, &all, SLICES) {
        tensors = join(&pickle, slices, tensors, &mut open.report);
    }
    let names = get(&pickle, &all, NAMES).map(|names| texts(&pickle, names)).unwrap_or_default();
    for tensor in &mut tensors {
        annotate(tensor, &names);
    }
    let mut model = Model { format: "PaddlePaddle parameters".into(), metadata: found.rows, ..Model::default() };
    if found.left_out > 0 {
        let value = format!("{} more entries", found.left_out);
        model.metadata.push(Entry { name: "…".into(), value: value.as_str().into() });
    }
    let protocol = pickle.protocol.to_string();
    model.properties.push(Entry { name: "pickle protocol".into(), value: protocol.as_str().into() });
    Ok(group(model, tensors, &mut open.report))
}

/// The array that `id` stands for: the second of the pair that a tensor is, or what an expression would look up.
fn meant(pickle: &Pickle, id: ObjectId) -> Option<ObjectId> {
    let (path, arguments) = made_by(pickle, id)?;
    let inner = match (&*path, arguments) {
        ("builtins.tuple", [pair]) => match pickle.items(*pair)? {
            [name, inner] if pickle.text(*name).is_some() => *inner,
            _ => return None,
        },
        ("builtins.eval", [name, scope]) => get(pickle, pickle.entries(*scope)?, pickle.text(*name)?)?,
        _ => return None,
    };
    array::array(pickle, inner).map(|_| inner)
}

/// The texts of a dictionary of texts.
fn texts(pickle: &Pickle, id: ObjectId) -> HashMap<String, String> {
    let all = entries(pickle, id).unwrap_or_default();
    let text = |id: ObjectId| pickle.text(id).map(|text| text.to_string());
    all.iter().filter_map(|(key, value)| Some((text(*key)?, text(*value)?))).collect()
}

/// Says what a parameter is called in the program, and what its elements are: NumPy has no bfloat16, which is stored as if it were whole numbers.
fn annotate(tensor: &mut Tensor, names: &HashMap<String, String>) {
    if let Some(name) = names.get(&*tensor.name) {
        tensor.metadata.push(Entry { name: "parameter".into(), value: name.as_str().into() });
    }
    if tensor.dtype == DType::U16 {
        tensor.dtype = DType::BF16;
        tensor.metadata.push(Entry { name: "type".into(), value: "bfloat16, stored as uint16".into() });
    }
}

/// `tensors` with those that are slices put together, as the table `id` says.
fn join(pickle: &Pickle, id: ObjectId, mut tensors: Vec<Tensor>, report: &mut Report) -> Vec<Tensor> {
    let mut used = HashSet::new();
    for (key, value) in entries(pickle, id).unwrap_or_default().iter() {
        let Some(name) = pickle.text(*key) else { continue };
        match joined(pickle, name, *value, &tensors) {
            Some((tensor, parts)) => {
                let first = parts.iter().min().copied().unwrap_or(0);
                if let Some(place) = tensors.get_mut(first) {
                    *place = tensor;
                }
                used.extend(parts.into_iter().filter(|part| *part != first));
            }
            None => report.add(Severity::Warning, format!("the slices of {name:?} cannot be put together")),
        }
    }
    let mut number = 0..;
    tensors.retain(|_| number.next().is_none_or(|number| !used.contains(&number)));
    tensors
}

/// The parameter that the entry `id` describes, and which of `tensors` are its slices.
fn joined(pickle: &Pickle, name: &str, id: ObjectId, tensors: &[Tensor]) -> Option<(Tensor, Vec<usize>)> {
    let about = entries(pickle, id)?;
    let shape = pickle.items(get(pickle, &about, "OriginShape")?)?;
    let shape = shape.iter().map(|dim| u64::try_from(pickle.int(*dim)?).ok()).collect::<Option<Vec<u64>>>()?;
    let mut parts: Vec<usize> = Vec::new();
    for slice in pickle.items(get(pickle, &about, "slices")?)? {
        let slice = pickle.text(*slice)?;
        parts.push(tensors.iter().position(|tensor| tensor.name == *slice).filter(|part| !parts.contains(part))?);
    }
    let first = tensors.get(*parts.first()?)?;
    let mut spans: Vec<Span> = Vec::new();
    let mut inline: Vec<u8> = Vec::new();
    let mut file = None;
    for part in &parts {
        match &tensors.get(*part)?.data {
            Data::Range(own, span) if file.is_none_or(|file| file == *own) => {
                file = Some(*own);
                spans.push(*span);
            }
            Data::Inline(bytes) => inline.extend(bytes),
            _ => return None,
        }
    }
    let data = match file {
        Some(file) if inline.is_empty() => Data::Ranges(file, spans),
        None => Data::Inline(inline),
        Some(_) => return None,
    };
    Some((Tensor { name: name.into(), shape, data, ..first.clone() }, parts))
}
