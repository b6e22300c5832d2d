//! Checkpoints of version 1: a table whose first entry describes all variables (`SavedTensorSlices.meta`), and whose others are their values.

use super::super::Open;
use super::lower::{self, Slice, Variable};
use super::proto::{self, Extent, SavedSlice, SavedTensorSlices, Tensor, TensorSlice};
use crate::codec::protobuf::Message;
use crate::codec::table::{Entry, Table};
use crate::model::{Data, Encoding, Model};
use crate::report::{Result, Severity};
use crate::source::{FileId, Span};
use foldhash::HashMap;

/// Whether the entry about the whole is one of version 1: a message that lists variables.
///
/// # Errors
/// When the first block cannot be read.
pub fn is_version_1(table: &Table, open: &Open) -> Result<bool> {
    let Some(block) = table.blocks.first() else { return Ok(false) };
    let Some(first) = table.entries(*block, open.limits.inflated)?.next() else { return Ok(false) };
    // Field 1 of that message is another message, and of version 2 a number.
    let (first, _) = SavedTensorSlices::decode(first?.value);
    Ok(first.meta.is_some_and(|meta| !meta.tensor.is_empty()))
}

/// Opens the checkpoint that is all of `table`, in `file`.
pub fn open(table: &Table, file: FileId, open: &mut Open) -> Model {
    let mut model = lower::lower(read(table, file, open), None, open);
    model.format = "TensorFlow Checkpoint v1".into();
    model
}

/// Reads the variables of the checkpoint that is all of `table`, in `file`; what of it cannot be read is reported.
pub fn read(table: &Table, file: FileId, open: &mut Open) -> Vec<Variable> {
    let mut described = Vec::new();
    let mut values: HashMap<String, Vec<(TensorSlice, Data, Encoding)>> = HashMap::default();
    for block in &table.blocks {
        let read = table.entries(*block, open.limits.inflated).and_then(|block| {
            block.into_iter().try_for_each(|entry| {
                let entry = entry?;
                let stored = entry.stored;
                if let Some(SavedSlice { name, slice, data: tensor }) = take(entry, &mut described, open) {
                    // What was packed would have to be inflated again to be shown.
                    let (data, encoding) =
                        if stored { payload(&tensor, file) } else { (Data::Absent, Encoding::Little) };
                    values.entry(name).or_default().push((slice, data, encoding));
                }
                Ok(())
            })
        });
        if let Err(error) = read {
            open.report.add_error(&error);
        }
    }
    let mut variables = Vec::new();
    for meta in described {
        let parts = values.remove(&meta.name).unwrap_or_default();
        if parts.is_empty() {
            open.report.add(Severity::Warning, format!("{:?} has no values", meta.name));
        }
        let mut variable =
            Variable { key: meta.name, code: meta.kind, shape: meta.shape.sizes(), ..Variable::default() };
        for (slice, data, encoding) in parts {
            let slice = extents(&slice, &variable.shape);
            if slice.iter().zip(&variable.shape).all(|([from, count], dim)| *from == 0 && count == dim) {
                (variable.data, variable.encoding) = (data, encoding);
                break;
            }
            let (key, code) = (variable.key.clone(), variable.code);
            let shape = slice.iter().map(|[_, count]| *count).collect();
            variable.parts.push(Variable { key, code, shape, data, encoding, slice, ..Variable::default() });
        }
        variable.join();
        variables.push(variable);
    }
    variables
}

/// Which slice of a tensor of `shape` that is.
fn extents(slice: &TensorSlice, shape: &[u64]) -> Slice {
    let of = |(axis, dim): (usize, &u64)| match slice.extent.get(axis) {
        Some(Extent { start, length: Some(length) }) => {
            [u64::try_from(*start).unwrap_or(0), u64::try_from(*length).unwrap_or(0)]
        }
        _ => [0, *dim],
    };
    shape.iter().enumerate().map(of).collect()
}

/// Adds what `entry` describes to `described`; gives the values that it holds, with the name of their variable, and which slice of it they are.
fn take(entry: Entry, described: &mut Vec<proto::SavedSliceMeta>, open: &mut Open) -> Option<SavedSlice> {
    let (message, fault) = SavedTensorSlices::decode(entry.value);
    if let Some(fault) = fault {
        open.report.add_error(&fault);
    }
    described.extend(message.meta.into_iter().flat_map(|meta| meta.tensor));
    message.data
}

/// Where the values of `tensor` are in `file`, and how they are encoded: packed numbers of protobuf, by their type.
pub fn payload(tensor: &Tensor, file: FileId) -> (Data, Encoding) {
    let varints = [&tensor.int, &tensor.int64, &tensor.bool, &tensor.half, &tensor.uint32, &tensor.uint64];
    let fixed = [&tensor.float, &tensor.double, &tensor.complex, &tensor.complex128];
    let ranges = |spans: &Vec<Span>| match **spans {
        [only] => Data::Range(file, only),
        _ => Data::Ranges(file, spans.clone()),
    };
    if let Some(span) = tensor.content {
        return (Data::Range(file, span), Encoding::Little);
    }
    if !tensor.string.is_empty() {
        return (Data::Strings(file, tensor.string.clone()), Encoding::Little);
    }
    if let Some(spans) = fixed.into_iter().find(|spans| !spans.is_empty()) {
        return (ranges(spans), Encoding::Little);
    }
    match varints.into_iter().find(|spans| !spans.is_empty()) {
        Some(spans) => (ranges(spans), Encoding::Varint),
        None => (Data::Absent, Encoding::Little),
    }
}
