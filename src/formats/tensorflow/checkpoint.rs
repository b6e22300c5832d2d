//! The files of a checkpoint: any one of them finds the others.

use super::super::Open;
use super::bundle::{self, Bundle};
use super::lower::Variable;
use super::objects::Objects;
use super::slices;
use crate::codec::table::{MAGIC, Table};
use crate::model::Model;
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result};
use crate::source::{FileId, Slice};

/// What the file with the names of the latest checkpoints begins with.
const LATEST: &str = "model_checkpoint_path:";
/// The most bytes of that file.
const TEXT: u64 = 1 << 20;

/// Whether the file is one of a checkpoint.
pub fn sniff(probe: &Probe) -> Confidence {
    if probe.tail().ends_with(&MAGIC) {
        // Other programs write tables, too; ours has an entry about the whole, whose key is empty.
        let first = Table::open(&probe.file()).and_then(|table| first_key(&table));
        return if first.is_ok_and(|key| key.is_empty()) { Confidence::Certain } else { Confidence::No };
    }
    let latest = probe.text().is_some_and(|text| text.trim_start().starts_with(LATEST));
    match () {
        () if latest => Confidence::Certain,
        () if stem_of_data(probe.name()).is_some() => Confidence::Likely,
        () => Confidence::No,
    }
}

/// Opens the checkpoint that the main file is one of.
///
/// # Errors
/// When its index is not here, or cannot be read at all.
pub fn open(open: &mut Open) -> Result<Model> {
    let name = open.probe.name().to_owned();
    if let Some(stem) = stem_of_data(&name) {
        return self::index(stem, "the values of a checkpoint, whose names and shapes are in", open);
    }
    if open.probe.tail().ends_with(&MAGIC) {
        return model(&name, open.file, &open.probe.file(), open);
    }
    let stem = latest(&open.probe.file())?;
    self::index(&stem, "the names of the latest checkpoints. The latest is", open)
}

/// The name of the latest checkpoint, by the text `file`.
fn latest(file: &Slice) -> Result<String> {
    let text = String::from_utf8_lossy(&file.read_all(TEXT)?).into_owned();
    let latest = text.lines().find_map(|line| line.trim().strip_prefix(LATEST));
    let path = latest.unwrap_or_default().trim().trim_matches('"');
    // It may be an absolute path of where it was written.
    Ok(path.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Opens the checkpoint called `stem`, beside the main file, which is `what` it needs the other for.
fn index(stem: &str, what: &str, open: &mut Open) -> Result<Model> {
    for name in [format!("{stem}.index"), stem.to_owned()] {
        if let Some(file) = open.files.sibling(&name)? {
            let bytes = open.files.slice(file).unwrap_or_default();
            return model(&name, file, &bytes, open);
        }
    }
    Err(Error::missing(format!(
        "this file has {what} {:?}, which is not here: open both together",
        format!("{stem}.index")
    )))
}

/// The model of the table `bytes`, which is all of `file`, called `name`.
fn model(name: &str, file: FileId, bytes: &Slice, open: &mut Open) -> Result<Model> {
    let table = Table::open(bytes)?;
    match stem_of_index(name, &table, open)? {
        Some(stem) => Ok(bundle::open(stem, &table, open)),
        None => Ok(slices::open(&table, file, open)),
    }
}

/// The variables of the checkpoint called `stem`, a path from the main file, with what held them; none if it is not here. Without `stem`,
/// of the latest checkpoint beside the main file.
///
/// # Errors
/// When it is here but cannot be read at all.
pub fn variables(stem: Option<&str>, open: &mut Open) -> Result<Option<(Vec<Variable>, Option<Objects>)>> {
    let stem = match stem {
        Some(stem) => stem.to_owned(),
        None => match open.files.sibling("checkpoint")?.and_then(|file| open.files.slice(file)) {
            Some(text) => latest(&text)?,
            None => return Ok(None),
        },
    };
    for name in [format!("{stem}.index"), stem] {
        let Some(file) = open.files.sibling(&name)? else { continue };
        let table = Table::open(&open.files.slice(file).unwrap_or_default())?;
        return Ok(Some(match stem_of_index(&name, &table, open)? {
            Some(stem) => {
                let Bundle { variables, objects, .. } = bundle::read(stem, &table, open);
                (variables, objects)
            }
            None => (slices::read(&table, file, open), None),
        }));
    }
    Ok(None)
}

/// The name of the checkpoint whose index is `table`, in a file called `name`; none if it is of version 1.
fn stem_of_index<'a>(name: &'a str, table: &Table, open: &Open) -> Result<Option<&'a str>> {
    // A table of version 1 may have any name: its entry about the whole is another message.
    let stem = name.strip_suffix(".index");
    Ok(if stem.is_some() && slices::is_version_1(table, open)? { None } else { stem })
}

fn first_key(table: &Table) -> Result<Vec<u8>> {
    let none = || Error::malformed("the table is empty");
    let block = *table.blocks.first().ok_or_else(none)?;
    Ok(table.entries(block, TEXT)?.next().ok_or_else(none)??.key)
}

/// The name of the checkpoint of which `name` is a file of values: of `model.data-00000-of-00001`, `model`.
fn stem_of_data(name: &str) -> Option<&str> {
    let (stem, numbers) = name.rsplit_once(".data-")?;
    let (number, count) = numbers.split_once("-of-")?;
    let is_number = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(number) && is_number(count)).then_some(stem)
}
