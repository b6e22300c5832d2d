//! TensorFlow checkpoints, by the source of `tensorflow/core/util/tensor_bundle` and `tensor_slice_writer`, as there is no other specification.
//!
//! | file | holds |
//! | --- | --- |
//! | `NAME.index` | version 2: a table that says of each variable what it is, and where in the data files its values are |
//! | `NAME.data-00000-of-00001` | version 2: the values |
//! | `NAME` | version 1: one table with both |
//! | `checkpoint` | text: the names of the latest checkpoints |
//!
//! Any one of them is opened; the others are looked for beside it. Only the table's keys and descriptions are read, values stay ranges.
//!
//! - `bundle`: version 2; `slices`: version 1. Both become `Variable`s.
//! - `objects`: the graph of objects that Python saved, which names variables and tells the state of optimisers from weights.
//! - `lower`: variables become trees of modules.

mod bundle;
mod lower;
mod objects;
mod proto;
mod slices;

use super::{Format, Open};
use crate::codec::table::{MAGIC, Table};
use crate::model::Model;
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result};
use crate::source::Slice;

/// TensorFlow.
pub const FORMAT: Format =
    Format { id: "tensorflow", name: "TensorFlow", extensions: &["index", "ckpt"], domain: "", sniff, open };

/// What the file with the names of the latest checkpoints begins with.
const LATEST: &str = "model_checkpoint_path:";
/// The most bytes of that file.
const TEXT: u64 = 1 << 20;

fn sniff(probe: &Probe) -> Confidence {
    let name = file_name(probe);
    if probe.tail().ends_with(&MAGIC) {
        // Other programs write tables, too; ours has an entry about the whole, whose key is empty.
        let first = Table::open(&probe.file()).and_then(|table| first_key(&table));
        return if first.is_ok_and(|key| key.is_empty()) { Confidence::Certain } else { Confidence::No };
    }
    let latest = probe.text().is_some_and(|text| text.trim_start().starts_with(LATEST));
    match () {
        () if latest => Confidence::Certain,
        () if stem_of_data(name).is_some() => Confidence::Likely,
        () => Confidence::No,
    }
}

fn open(open: &mut Open) -> Result<Model> {
    let name = file_name(open.probe).to_owned();
    if let Some(stem) = stem_of_data(&name) {
        let what = "the values of a checkpoint, whose names and shapes are in";
        return self::index(stem, what, open);
    }
    if open.probe.tail().ends_with(&MAGIC) {
        return checkpoint(&name, &open.probe.file(), open);
    }
    let text = String::from_utf8_lossy(&open.probe.file().read_all(TEXT)?).into_owned();
    let latest = text.lines().find_map(|line| line.trim().strip_prefix(LATEST));
    let path = latest.unwrap_or_default().trim().trim_matches('"');
    // It may be an absolute path of where it was written.
    let stem = path.rsplit('/').next().unwrap_or_default();
    self::index(stem, "the names of the latest checkpoints. The latest is", open)
}

/// Opens the checkpoint called `stem`, beside the main file, which is `what` it needs the other for.
fn index(stem: &str, what: &str, open: &mut Open) -> Result<Model> {
    for name in [format!("{stem}.index"), stem.to_owned()] {
        if let Some(file) = open.files.sibling(&name)? {
            let bytes = open.files.slice(file).unwrap_or_default();
            return checkpoint(&name, &bytes, open);
        }
    }
    Err(Error::missing(format!(
        "this file has {what} {:?}, which is not here: open both together",
        format!("{stem}.index")
    )))
}

/// Opens the table `bytes`, which is all of the file called `name`.
fn checkpoint(name: &str, bytes: &Slice, open: &mut Open) -> Result<Model> {
    let table = Table::open(bytes)?;
    let name = name.rsplit('/').next().unwrap_or(name);
    match name.strip_suffix(".index") {
        // A table of version 1 may have any name: its entry about the whole is another message.
        Some(stem) if !slices::is_version_1(&table, open)? => bundle::open(stem, &table, open),
        _ => slices::open(&table, open),
    }
}

fn first_key(table: &Table) -> Result<Vec<u8>> {
    let none = || Error::malformed("the table is empty");
    let block = *table.blocks.first().ok_or_else(none)?;
    Ok(table.entries(block, TEXT)?.next().ok_or_else(none)??.key)
}

fn file_name(probe: &Probe) -> &str {
    probe.name().rsplit('/').next().unwrap_or_default()
}

/// The name of the checkpoint of which `name` is a file of values: of `model.data-00000-of-00001`, `model`.
fn stem_of_data(name: &str) -> Option<&str> {
    let (stem, numbers) = name.rsplit_once(".data-")?;
    let (number, count) = numbers.split_once("-of-")?;
    let is_number = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(number) && is_number(count)).then_some(stem)
}
