//! MXNet's parameters (`.params`), what `mxnet.nd.save` writes, by the source of `NDArray::Save` as there is no other specification.
//!
//! A magic number, a list of arrays one after the other, and a list of their names behind them. Of arrays only the descriptions are read, in all four forms
//! that there were. There is no graph: arrays are grouped by what their names begin with, and by its dots; what these are is inferred.

mod array;

use super::{Format, Open};
use crate::analysis::layers;
use crate::model::{Data, Encoding, Entry, Model, Modules, Tensor};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity, Within};
use crate::source::{FileId, Reader};
use array::{Kept, Stored};

/// MXNet's parameters.
pub const FORMAT: Format =
    Format { id: "mxnet", name: "MXNet parameters", extensions: &["params"], domain: "", sniff, open };

/// How files begin: a magic number, and eight bytes that are reserved.
const MAGIC: &[u8] = b"\x12\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// The fewest bytes of an array.
const SMALLEST: u64 = 4;
/// The longest name, in bytes.
const NAME: u64 = 4096;
/// What the names of weights end with, where no dot is in them.
const ROLES: [&str; 12] = [
    "weight",
    "bias",
    "gamma",
    "beta",
    "moving_mean",
    "moving_var",
    "moving_inv_var",
    "running_mean",
    "running_var",
    "i2h_weight",
    "h2h_weight",
    "parameters",
];

fn sniff(probe: &Probe) -> Confidence {
    if probe.has(0, MAGIC) { Confidence::Certain } else { Confidence::No }
}

fn open(open: &mut Open) -> Result<Model> {
    let mut reader = Reader::little(open.probe.file());
    reader.skip(MAGIC.len() as u64)?;
    let count = reader.read_u64()?;
    reader.check_count(count, SMALLEST)?;
    let mut stored: Vec<Stored> = Vec::new();
    let mut names = Vec::new();
    let fault = read(&mut reader, count, &mut stored, &mut names, open).err();
    if let Some(fault) = fault {
        if stored.is_empty() {
            return Err(fault);
        }
        open.report.add_error(&fault);
    }
    if !names.is_empty() && names.len() != stored.len() {
        let message = format!("{} arrays have {} names", stored.len(), names.len());
        open.report.add(Severity::Warning, message);
    }
    let mut model = Model { format: FORMAT.name.into(), ..Model::default() };
    let mut modules = Modules::new('.');
    for (number, array) in stored.into_iter().enumerate() {
        let full = names.get(number).cloned().unwrap_or_else(|| number.to_string());
        add(array, &full, &mut model, &mut modules, open.file);
    }
    if model.tensors.is_empty() {
        open.report.add(Severity::Note, "the file has no arrays");
    }
    let mut graph = modules.finish();
    layers::infer(&mut graph, &model.tensors);
    model.graphs.push(graph);
    Ok(model)
}

/// Reads `count` arrays, then the names.
fn read(reader: &mut Reader, count: u64, stored: &mut Vec<Stored>, names: &mut Vec<String>, open: &Open) -> Result<()> {
    let len = reader.left().max(1) as f32;
    for number in 0..count {
        (open.progress)(reader.position() as f32 / len);
        stored.push(Stored::read(reader).within(|| format!("array {number}"))?);
    }
    let count = reader.read_u64().within(|| "the names".into())?;
    reader.check_count(count, 8).within(|| "the names".into())?;
    for _ in 0..count {
        let at = reader.position();
        let len = reader.read_u64()?;
        if len > NAME {
            return Err(Error::limit(format!("a name of {len} bytes, the limit is {NAME}")).at(at));
        }
        names.push(String::from_utf8_lossy(&reader.read_bytes(len)?).into_owned());
    }
    Ok(())
}

/// Adds the array whose whole name is `full` to its module. What is kept beside the elements of a sparse one is a tensor of its own.
fn add(array: Stored, full: &str, model: &mut Model, modules: &mut Modules, file: FileId) {
    let name = full.strip_prefix("arg:").or_else(|| full.strip_prefix("aux:")).unwrap_or(full);
    let (path, own) = match name.rsplit_once('.') {
        Some(parts) => parts,
        None => {
            let role = |role: &&str| name.strip_suffix(*role).is_some_and(|stem| stem.ends_with('_'));
            let role = ROLES.iter().filter(|own| role(own)).max_by_key(|role| role.len());
            let stem = role.and_then(|role| name.strip_suffix(*role)?.strip_suffix('_'));
            stem.map_or(("", name), |stem| (stem, role.copied().unwrap_or_default()))
        }
    };
    let mut metadata = array.notes;
    if full.starts_with("aux:") {
        metadata.push(Entry { name: "kind".into(), value: "auxiliary state".into() });
    }
    for Kept { what, dtype, shape, data } in array.kept {
        let tensor = Tensor {
            name: format!("{name}{what}").as_str().into(),
            dtype,
            shape,
            encoding: Encoding::Little,
            data: data.map_or(Data::Absent, |span| Data::Range(file, span)),
            description: "".into(),
            metadata: std::mem::take(&mut metadata),
            indices: None,
        };
        let tensor_name = tensor.name.clone();
        let id = model.tensors.push(tensor);
        modules.place(path, &format!("{own}{what}"), &tensor_name, id);
    }
}
