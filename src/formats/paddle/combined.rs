//! What `save_combine` writes: tensors that follow each other in the order of their names, which are in the program.
//!
//! Each is a version (four bytes, 0), the number of its levels (eight bytes) with each level behind its length in bytes, a version again, the length
//! of a description (four bytes), the description, and the elements.

use super::super::Open;
use super::group;
use super::proto::{Description, Program, dtype};
use crate::codec::protobuf::Message;
use crate::model::{Data, Encoding, Entry, Model, Tensor};
use crate::probe::Probe;
use crate::report::{Error, Kind, Result, Severity, Within};
use crate::source::{FileId, Reader, Slice};

/// The longest description, in bytes.
const DESCRIPTION: u64 = 1024;
/// The longest program, in bytes.
const PROGRAM: u64 = 256 << 20;

/// Whether the file begins with such a tensor.
pub fn recognise(probe: &Probe) -> bool {
    let Some((zeros, rest)) = probe.head().split_first_chunk::<16>() else { return false };
    *zeros == [0; 16] && matches!(rest, [2..=64, 0, 0, 0, 8, ..])
}

/// Opens the tensors. What comes behind a fault is left out, and told.
pub fn open(open: &mut Open) -> Result<Model> {
    let mut reader = Reader::little(open.probe.file());
    let len = reader.left().max(1);
    let mut tensors: Vec<Tensor> = Vec::new();
    while reader.left() > 0 {
        (open.progress)(reader.position() as f32 / len as f32);
        match tensor(&mut reader, open.file).within(|| format!("tensor {}", tensors.len())) {
            Ok(tensor) => tensors.push(tensor),
            Err(error) if tensors.is_empty() => return Err(error),
            Err(error) => {
                open.report.add_error(&error);
                break;
            }
        }
    }
    let names = names(open).unwrap_or_else(|error| {
        open.report.add_error(&error.within("the program beside it"));
        None
    });
    match &names {
        Some(names) if names.len() == tensors.len() => {}
        Some(names) => {
            let message =
                format!("the program beside it has {} parameters, the file has {}", names.len(), tensors.len());
            open.report.add(Severity::Warning, message);
        }
        None => {
            open.report.add(Severity::Note, "names of parameters are in the program (.pdmodel), which is not beside it")
        }
    }
    let names = names.filter(|names| names.len() == tensors.len()).unwrap_or_default();
    for (number, tensor) in tensors.iter_mut().enumerate() {
        tensor.name = names.get(number).map_or_else(|| number.to_string(), Clone::clone).as_str().into();
    }
    let mut model = Model { format: "PaddlePaddle parameters".into(), ..Model::default() };
    model.properties.push(Entry { name: "container".into(), value: "tensors without names".into() });
    Ok(group(model, tensors, &mut open.report))
}

fn tensor(reader: &mut Reader, file: FileId) -> Result<Tensor> {
    version(reader)?;
    let levels = reader.read_u64()?;
    reader.check_count(levels, 8)?;
    for _ in 0..levels {
        let len = reader.read_u64()?;
        reader.skip(len)?;
    }
    version(reader)?;
    let len = u64::from(reader.read_u32()?);
    if len > DESCRIPTION {
        return Err(
            Error::limit(format!("a description of {len} bytes, the limit is {DESCRIPTION}")).at(reader.position())
        );
    }
    let span = reader.read_span(len)?;
    let (description, fault) = Description::decode(reader.slice().window(span));
    if let Some(fault) = fault {
        return Err(fault);
    }
    let wrong = |what: &str| Error::malformed(format!("a tensor with {what}")).at(span.at);
    let shape: Option<Vec<u64>> = description.dims.iter().map(|dim| u64::try_from(*dim).ok()).collect();
    let mut tensor = Tensor {
        name: "".into(),
        dtype: dtype(description.data_type),
        shape: shape.ok_or_else(|| wrong("a negative dimension"))?,
        encoding: Encoding::Little,
        data: Data::Absent,
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    };
    if tensor.dtype.bits() == 0 {
        return Err(wrong(&format!("elements of type {}, which is not known", description.data_type)));
    }
    let bytes = tensor.bytes().ok_or_else(|| wrong("a shape that is too large"))?;
    tensor.data = Data::Range(file, reader.read_span(bytes)?);
    Ok(tensor)
}

fn version(reader: &mut Reader) -> Result<()> {
    let at = reader.position();
    match reader.read_u32()? {
        0 => Ok(()),
        version => {
            Err(Error::unsupported(format!("version {version} of tensors is not known; 0 is the only one")).at(at))
        }
    }
}

/// The names of the parameters of the program beside the file, in order; none if there is no program.
fn names(open: &Open) -> Result<Option<Vec<String>>> {
    let name = open.probe.name();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let Some(file) = open.files.sibling(&format!("{stem}.pdmodel"))? else { return Ok(None) };
    let bytes: Slice = open.files.slice(file).unwrap_or_default();
    if bytes.len() > PROGRAM {
        return Err(Error::new(Kind::Limit, format!("{} bytes, the limit is {PROGRAM}", bytes.len())));
    }
    let (program, fault) = Program::decode(bytes);
    if let Some(fault) = fault {
        return Err(fault);
    }
    let variables = program.blocks.into_iter().flat_map(|block| block.vars);
    let mut names: Vec<String> =
        variables.filter(super::proto::Variable::is_parameter).map(|variable| variable.name).collect();
    crate::sort::sort(&mut names);
    names.dedup();
    Ok(Some(names))
}
