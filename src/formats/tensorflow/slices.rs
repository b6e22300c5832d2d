//! Checkpoints of version 1: a table whose first entry describes all variables (`SavedTensorSlices.meta`), and whose others are their values.

use super::super::Open;
use super::lower::{self, Variable};
use super::proto::{self, SavedTensorSlices, Tensor};
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
    let mut values: HashMap<String, Vec<(Data, Encoding)>> = HashMap::default();
    for block in &table.blocks {
        let read = table.entries(*block, open.limits.inflated).and_then(|block| {
            block.into_iter().try_for_each(|entry| {
                let entry = entry?;
                let stored = entry.stored;
                if let Some((name, tensor)) = take(entry, &mut described, open) {
                    // What was packed would have to be inflated again to be shown.
                    let place = if stored { payload(&tensor, file) } else { (Data::Absent, Encoding::Little) };
                    values.entry(name).or_default().push(place);
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
        let mut parts = values.remove(&meta.name).unwrap_or_default();
        let shape = meta.shape.sizes();
        let (data, encoding) = match (parts.len(), parts.pop()) {
            (1, Some(only)) => only,
            (0, _) => {
                open.report.add(Severity::Warning, format!("{:?} has no values", meta.name));
                (Data::Absent, Encoding::Little)
            }
            (count, _) => {
                let message = format!("the values of {:?} are in {count} parts, which are not shown", meta.name);
                open.report.add(Severity::Note, message);
                (Data::Absent, Encoding::Little)
            }
        };
        variables.push(Variable { key: meta.name, code: meta.kind, shape, data, encoding, parts: Vec::new() });
    }
    variables
}

/// Adds what `entry` describes to `described`; gives the values that it holds, with the name of their variable.
fn take(entry: Entry, described: &mut Vec<proto::SavedSliceMeta>, open: &mut Open) -> Option<(String, Tensor)> {
    let (message, fault) = SavedTensorSlices::decode(entry.value);
    if let Some(fault) = fault {
        open.report.add_error(&fault);
    }
    described.extend(message.meta.into_iter().flat_map(|meta| meta.tensor));
    message.data.map(|slice| (slice.name, slice.data))
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
