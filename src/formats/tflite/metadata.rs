//! What is said about a model: signatures, `Metadata` with its buffers, and the files that are packed behind it.

use super::lower::{Draft, Flat, Lowering};
use crate::codec::flatbuffer::{Table, is_identified};
use crate::codec::zip::Directory;
use crate::model::{Entry, Value, ValueId};
use crate::report::Result;
use crate::source::{Slice, Span};

/// The identifier of metadata for users: `ModelMetadata`.
const TOLD: &[u8; 4] = b"M001";
/// The most bytes of other metadata that are shown.
const SHOWN: u64 = 256;
/// The bytes at the end of an archive without a comment, and how they begin.
const END: (u64, &[u8]) = (22, b"PK\x05\x06");
/// The largest directory of packed files, in bytes.
const DIRECTORY: usize = 1 << 20;

fn entry(name: &str, value: &str) -> Entry {
    Entry { name: name.into(), value: value.into() }
}

/// Says of the graphs of a model which signatures they have, and what these call their inputs and outputs: `SignatureDef`.
///
/// # Errors
/// When they cannot be read.
pub fn sign(root: &Table, drafts: &mut [Draft]) -> Result<()> {
    for signature in root.tables(7)? {
        let signature = signature?;
        let (key, index): (_, u32) = (signature.text(2)?, signature.number(4, 0)?);
        let Some(draft) = drafts.get_mut(index as usize) else { continue };
        draft.entry = true;
        draft.graph.metadata.push(entry("signature", &key));
        let names = [(0, "input"), (1, "output")];
        for (field, what) in names {
            let mut names = Vec::new();
            for named in signature.tables(field)? {
                let named = named?;
                let (name, index): (_, u32) = (named.text(0)?, named.number(1, 0)?);
                let value = draft.values.get(index as usize).copied().flatten();
                if let Some(value) = value.and_then(|value| draft.graph.values.get_mut(value)) {
                    value.metadata.push(entry(&format!("{key} {what}"), &name));
                }
                names.push(name);
            }
            if !names.is_empty() {
                draft.graph.metadata.push(entry(&format!("{key} {what}s"), &names.join(", ")));
            }
        }
    }
    Ok(())
}

/// Reads what is said about the model of `root`, whose graphs begin at `first`.
///
/// # Errors
/// When it cannot be read; what could be is there.
pub fn read(lowering: &mut Lowering, root: &Table, flat: &Flat, first: usize) -> Result<()> {
    lowering.property("description", &root.text(3)?);
    for named in root.tables(6)? {
        let named = named?;
        let (name, buffer): (_, u32) = (named.text(0)?, named.number(1, 0)?);
        let Some(span) = flat.buffers.get(buffer as usize).copied().flatten() else { continue };
        let bytes = flat.bytes.window(span);
        match name.as_str() {
            "TFLITE_METADATA" if is_identified(&bytes.bytes_at(span.at, span.len.min(8))?, TOLD) => {
                told(lowering, &bytes, first)?
            }
            "CONVERSION_METADATA" => converted(lowering, &bytes)?,
            name => other(lowering, name, &bytes)?,
        }
    }
    packed(lowering, &flat.bytes);
    Ok(())
}

/// `ModelMetadata`: what the author says.
fn told(lowering: &mut Lowering, bytes: &Slice, first: usize) -> Result<()> {
    let root = Table::root(bytes)?;
    for (field, name) in [(0, "name"), (1, "description"), (2, "version"), (4, "author"), (5, "license")] {
        lowering.property(name, &root.text(field)?);
    }
    files(lowering, &root, 6)?;
    for (index, graph) in root.tables(3)?.enumerate() {
        let graph = graph?;
        files(lowering, &graph, 4)?;
        let mut tensors = Vec::new();
        for field in [2, 3] {
            let mut told = Vec::new();
            for tensor in graph.tables(field)? {
                let tensor = tensor?;
                files(lowering, &tensor, 6)?;
                told.push((tensor.text(0)?, tensor.text(1)?));
            }
            tensors.push(told);
        }
        let Some(draft) = lowering.drafts(first).get_mut(index) else { continue };
        draft.graph.description = graph.text(1)?.as_str().into();
        let ends = [draft.graph.inputs.clone(), draft.graph.outputs.clone()];
        for (values, told) in ends.into_iter().zip(tensors) {
            for (value, (name, description)) in values.into_iter().zip(told) {
                describe(draft, value, &name, &description);
            }
        }
    }
    Ok(())
}

fn describe(draft: &mut Draft, value: ValueId, name: &str, description: &str) {
    let Some(Value { description: place, metadata, .. }) = draft.graph.values.get_mut(value) else { return };
    if !description.is_empty() {
        *place = description.into();
    }
    if !name.is_empty() {
        metadata.push(entry("name", name));
    }
}

/// The files that go with a part: `AssociatedFile`.
fn files(lowering: &mut Lowering, table: &Table, field: u16) -> Result<()> {
    for file in table.tables(field)? {
        let file = file?;
        lowering.note(&format!("file {}", file.text(0)?), &file.text(1)?);
    }
    Ok(())
}

/// What TensorFlow's converter says of itself: `ConversionMetadata`.
fn converted(lowering: &mut Lowering, bytes: &Slice) -> Result<()> {
    let root = Table::root(bytes)?;
    if let Some(environment) = root.table(0)? {
        let version = environment.text(0)?;
        if !version.is_empty() {
            lowering.property("producer", &format!("TensorFlow {version}"));
        }
    }
    let Some(options) = root.table(1)? else { return Ok(()) };
    let modes: Vec<i32> = options.numbers(0)?;
    let modes: Vec<String> = modes.into_iter().map(mode).collect();
    if !modes.is_empty() {
        lowering.note("optimization modes", &modes.join(", "));
    }
    Ok(())
}

/// What the converter calls a way to make models smaller: `ModelOptimizationMode`.
fn mode(number: i32) -> String {
    match number {
        1001 => "PTQ_FLOAT16".into(),
        1002 => "PTQ_DYNAMIC_RANGE".into(),
        1003 => "PTQ_FULL_INTEGER".into(),
        1004 => "PTQ_INT16".into(),
        2000 => "QUANTIZATION_AWARE_TRAINING".into(),
        3001 => "RANDOM_SPARSITY".into(),
        3002 => "BLOCK_SPARSITY".into(),
        3003 => "STRUCTURED_SPARSITY".into(),
        number => number.to_string(),
    }
}

/// Metadata of any kind: a short text, else its size.
fn other(lowering: &mut Lowering, name: &str, bytes: &Slice) -> Result<()> {
    let Span { at, len } = bytes.span();
    let head = bytes.bytes_at(at, len.min(SHOWN))?;
    let text = String::from_utf8(head).ok().filter(|_| len <= SHOWN);
    let text = text.map(|text| text.trim_end_matches('\0').to_owned()).filter(|text| !text.contains(char::is_control));
    lowering.note(name, &text.unwrap_or_else(|| format!("{len} bytes")));
    Ok(())
}

/// The names of the files that are packed behind the model, as an archive.
fn packed(lowering: &mut Lowering, bytes: &Slice) {
    let (len, signature) = END;
    let Span { at, len: all } = bytes.span();
    let tail = all.checked_sub(len).and_then(|from| bytes.bytes_at(at + from, len).ok());
    if !tail.is_some_and(|tail| tail.starts_with(signature)) {
        return;
    }
    let Ok(directory) = Directory::read(bytes, DIRECTORY) else { return };
    for file in directory.entries {
        lowering.note(&format!("packed {}", file.path), &format!("{} bytes", file.size));
    }
}
