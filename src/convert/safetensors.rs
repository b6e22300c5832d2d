//! Weights as a file of safetensors, as the reference implementation writes it: <https://huggingface.co/docs/safetensors>.
//!
//! Tensors are in the order of the reference writer: by type, the widest first, then by name. Of names that stand for the same tensor only one is written, the
//! first in the order of the alphabet; the others are in the metadata with the name that was, which is what `safetensors.torch.save_model` does and `load_model`
//! expects.

use super::Output;
use super::pack::copy;
use crate::formats::safetensors::DTYPES;
use crate::model::{DType, Model, TensorId, Text, Weight, values};
use crate::report::{Error, Result};
use crate::source::Files;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// About so many bytes are in a piece.
const PIECE: u64 = 1 << 20;
/// The payload begins at a multiple of it.
const ALIGNMENT: usize = 8;
/// Longer texts of the metadata are left out.
const LONGEST: usize = 1 << 16;

/// What is not in the file, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The name of the tensor.
    pub name: Text,
    /// Why it is left out.
    pub reason: String,
}

/// Writes weights, a piece at a time.
pub struct Safetensors {
    /// The size of the file in bytes.
    size: u64,
    /// What is not written yet of the header.
    header: Vec<u8>,
    tensors: Vec<Entry>,
    /// The tensor that is being written, and how many of its elements are.
    at: (usize, u64),
    /// What is not in the file.
    pub left: Vec<Left>,
}

/// A tensor in the file.
struct Entry {
    name: Text,
    tensor: TensorId,
    /// The type in the file; its place in [`DTYPES`].
    dtype: usize,
    elements: u64,
}

impl Entry {
    fn dtype(&self) -> DType {
        DTYPES.get(self.dtype).map_or(DType::Unknown, |(_, dtype)| *dtype)
    }

    fn bytes(&self) -> u64 {
        self.dtype().bytes(self.elements).unwrap_or(0)
    }
}

impl Safetensors {
    /// Of `weights` of `model`; `format` is what the metadata calls the framework, if that is known.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::report::Kind::Unsupported) where none of them can be written.
    pub fn new(model: &Model, weights: &[Weight], format: Option<&str>) -> Result<Self> {
        let mut names: BTreeMap<TensorId, BTreeSet<Text>> = BTreeMap::new();
        for weight in weights {
            names.entry(weight.tensor).or_default().insert(weight.name.clone());
        }
        let (mut tensors, mut left, mut metadata) = (Vec::new(), Vec::new(), Map::new());
        let mut taken: BTreeSet<Text> = BTreeSet::new();
        for (id, names) in names {
            let mut names = names.into_iter();
            let Some(name) = names.next() else { continue };
            match entry(model, id, &name) {
                _ if !taken.insert(name.clone()) => {
                    left.push(Left { name, reason: "another tensor has the same name".into() });
                }
                Ok(entry) => {
                    metadata.extend(names.map(|other| (other.to_string(), Value::from(&*name))));
                    tensors.push(entry);
                }
                Err(error) => left.push(Left { name, reason: error.to_string() }),
            }
        }
        if tensors.is_empty() {
            let why = left.first().map(|left| format!(": {:?}: {}", left.name, left.reason)).unwrap_or_default();
            return Err(Error::unsupported(format!("There is no tensor that safetensors can hold{why}.")));
        }
        tensors.sort_by(|a, b| (Reverse(a.dtype), &a.name).cmp(&(Reverse(b.dtype), &b.name)));
        for entry in model.metadata.iter().filter(|entry| entry.value.len() <= LONGEST) {
            metadata.entry(&*entry.name).or_insert_with(|| Value::from(&*entry.value));
        }
        if let Some(format) = format {
            metadata.entry("format").or_insert_with(|| Value::from(format));
        }
        let header = header(model, &tensors, metadata);
        let size = header.len() as u64 + tensors.iter().map(Entry::bytes).sum::<u64>();
        Ok(Self { size, header, tensors, at: (0, 0), left })
    }
}

/// What is written of tensor `id` as `name`.
fn entry(model: &Model, id: TensorId, name: &Text) -> Result<Entry> {
    let of = model.tensors.get(id).ok_or_else(|| Error::missing("there is no such tensor"))?;
    let wanted = match of.dtype {
        DType::I2 | DType::I4 => DType::I8,
        DType::U2 | DType::U4 => DType::U8,
        DType::C32 => DType::C64,
        dtype => dtype,
    };
    let dtype = DTYPES.iter().position(|(_, dtype)| *dtype == wanted);
    let dtype = dtype.ok_or_else(|| Error::unsupported(format!("there is no type {}", of.dtype.name())))?;
    let elements = of.elements().ok_or_else(|| Error::malformed("the shape is too large"))?;
    if values::stored(model, of)? != elements {
        return Err(Error::unsupported("it is sparse"));
    }
    if matches!(of.data, crate::model::Data::Absent) && elements > 0 {
        return Err(Error::missing("the file has no values for it"));
    }
    Ok(Entry { name: name.clone(), tensor: id, dtype, elements })
}

/// The length of the header, and the header: names with types, shapes and ranges in the order of the payload, as the reference writer spells them.
fn header(model: &Model, tensors: &[Entry], metadata: Map<String, Value>) -> Vec<u8> {
    let mut text = String::from("{");
    if !metadata.is_empty() {
        text.push_str(&format!("\"__metadata__\":{},", Value::Object(metadata)));
    }
    let mut at = 0;
    for (number, entry) in tensors.iter().enumerate() {
        let end = at + entry.bytes();
        let shape = model.tensors.get(entry.tensor).map(|tensor| tensor.shape.clone()).unwrap_or_default();
        let dtype = DTYPES.get(entry.dtype).map_or("", |(name, _)| name);
        let comma = if number > 0 { "," } else { "" };
        let (name, shape) = (json!(&*entry.name), json!(shape));
        text.push_str(&format!(
            "{comma}{name}:{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{at},{end}]}}"
        ));
        at = end;
    }
    text.push('}');
    let padding = text.len().next_multiple_of(ALIGNMENT) - text.len();
    text.extend(std::iter::repeat_n(' ', padding));
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

impl Output for Safetensors {
    fn size(&self) -> u64 {
        self.size
    }

    fn piece(&mut self, model: &Model, files: &Files) -> Result<Vec<u8>> {
        let mut piece = std::mem::take(&mut self.header);
        while (piece.len() as u64) < PIECE
            && let Some(entry) = self.tensors.get(self.at.0)
        {
            let (number, done) = self.at;
            let dtype = entry.dtype();
            // Eight elements begin and end with whole bytes, whatever their width.
            let most = PIECE / u64::from(dtype.bits().max(1)) * 8;
            let count = most.min(entry.elements - done);
            let named = |error: Error| error.within(entry.name.to_string());
            let copied = match count {
                0 => 0,
                _ => copy(model, entry.tensor, files, done, count, dtype, &mut piece).map_err(named)?,
            };
            self.at = if done + copied == entry.elements { (number + 1, 0) } else { (number, done + copied) };
        }
        Ok(piece)
    }
}
