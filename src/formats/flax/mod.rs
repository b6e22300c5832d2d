//! Flax: what `flax.serialization.to_bytes` writes, by its source as there is no other specification
//! (<https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html>).
//!
//! MessagePack: maps in maps, whose keys are texts. Arrays are items of Flax's own types, 1 for arrays and 3 for NumPy's scalars: within them a list of the shape,
//! the name of the element type, and the elements; 2 is a complex number. An array of a gibibyte and more is a map of its chunks. Of arrays only the
//! descriptions are read. There is no graph: arrays are grouped into the modules that the keys spell; what these are is inferred.

mod array;
mod walk;

use super::{Format, Open};
use crate::analysis::layers;
use crate::codec::msgpack::Item;
use crate::model::{Entry, Model, Modules};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use crate::source::{Reader, Span};
use walk::Walk;

/// Flax.
pub const FORMAT: Format = Format { id: "flax", name: "Flax", extensions: &["msgpack"], domain: "", sniff, open };

/// How many keys, and in how many of the first bytes, are looked at for an array.
const LOOKED_AT: (usize, u64) = (32, 4096);

fn sniff(probe: &Probe) -> Confidence {
    // Most files are no maps, or are text.
    let Some(0x80..=0x8f | 0xde | 0xdf) = probe.head().first() else { return Confidence::No };
    let mut reader = Reader::big(probe.file());
    let named = if probe.has_extension("msgpack") { Confidence::Likely } else { Confidence::No };
    match Item::read(&mut reader) {
        Ok(Item::Map(0)) if probe.len() == 1 => return named,
        Ok(Item::Map(1..)) => {}
        _ => return Confidence::No,
    }
    for _ in 0..LOOKED_AT.0 {
        let Ok(Item::Text(Span { len: 1.., .. })) = Item::read(&mut reader) else { return Confidence::No };
        match Item::read(&mut reader) {
            Ok(Item::Extension(1 | 3, payload)) => {
                let found = array::Array::read(&probe.file(), payload).is_ok();
                return if found { Confidence::Certain } else { Confidence::No };
            }
            // What it holds is looked at next; what follows an empty one is the key of another.
            Ok(Item::Nil | Item::Bool(_) | Item::Int(_) | Item::Float(_) | Item::Text(_) | Item::Map(_)) => {}
            Ok(_) => return named,
            Err(_) => return Confidence::No,
        }
        if reader.position() > LOOKED_AT.1 || reader.left() == 0 {
            break;
        }
    }
    named
}

fn open(open: &mut Open) -> Result<Model> {
    let mut walk = Walk::new(open.probe.file(), open.file);
    let fault = walk.go(open.progress).err();
    let found = walk.finish();
    if let Some(fault) = fault {
        if found.tensors.is_empty() && found.rows.is_empty() {
            return Err(fault);
        }
        open.report.add_error(&fault);
    }
    for problem in found.problems {
        open.report.add(Severity::Warning, problem);
    }
    let mut model = Model { format: FORMAT.name.into(), metadata: found.rows, ..Model::default() };
    if found.left_out > 0 {
        let value = format!("{} more entries", found.left_out);
        model.metadata.push(Entry { name: "…".into(), value: value.as_str().into() });
    }
    let mut modules = Modules::new('/');
    for tensor in found.tensors {
        let name = tensor.name.clone();
        modules.add(&name, model.tensors.push(tensor));
    }
    if model.tensors.is_empty() {
        open.report.add(Severity::Note, "the file has no arrays");
    }
    let mut graph = modules.finish();
    layers::infer(&mut graph, &model.tensors);
    model.graphs.push(graph);
    Ok(model)
}

/// An error about the item at `at`.
fn wrong(message: impl Into<String>, at: u64) -> Error {
    Error::malformed(message).at(at)
}
