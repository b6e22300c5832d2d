//! The ZIP archive: `torch.serialization._save`, and `caffe2/serialize/inline_container.cc` that writes it.
//!
//! All entries are in one folder, whose name does not matter: `data.pkl` describes the objects, `data/<key>` is a storage each,
//! `byteorder` says `little` or `big`, `version` has the number of the layout. Entries are stored, but an archive that was packed
//! anew may be deflated.

use super::super::Open;
use super::container::{Checkpoint, Place, Subject};
use crate::codec::pickle::Pickle;
use crate::codec::zip::{Directory, Entry};
use crate::model::Encoding;
use crate::probe::{Confidence, Zip};
use crate::report::{Error, Result, Severity};
use crate::source::Span;
use foldhash::HashMap;

/// The pickle that every checkpoint has.
const OBJECTS: &str = "data.pkl";
/// The most bytes of the directory.
const DIRECTORY: usize = 64 << 20;
/// The most bytes of a text that says a word or a number.
const WORD: u64 = 1024;

/// How sure it is that the archive is a checkpoint; programs have code and constants beside their data.
pub fn recognise(zip: &Zip) -> Option<Confidence> {
    let folder = folder(&zip.entries)?;
    let has = |path: &str| {
        zip.entries.iter().any(|entry| entry.path.strip_prefix(&*folder).is_some_and(|own| own.starts_with(path)))
    };
    (!has("constants.pkl") && !has("code/")).then_some(Confidence::Certain)
}

/// The folder with the objects, with its slash; empty for none.
pub fn folder(entries: &[Entry]) -> Option<String> {
    let stems = entries.iter().filter_map(|entry| entry.path.strip_suffix(OBJECTS));
    let folders = stems.filter(|stem| stem.is_empty() || stem.ends_with('/'));
    folders.min_by_key(|stem| stem.matches('/').count()).map(str::to_owned)
}

/// Opens the archive.
///
/// # Errors
/// When the directory or the pickle cannot be read.
pub fn open(subject: &Subject, open: &mut Open) -> Result<Checkpoint> {
    let directory = match open.probe.zip() {
        Some(Zip { entries, duplicates, fault: None }) => {
            Directory { entries: entries.clone(), duplicates: *duplicates }
        }
        _ => Directory::read(&subject.bytes, DIRECTORY)?,
    };
    if directory.duplicates {
        open.report.add(Severity::Warning, "the archive has several entries of the same name; the last one is shown");
    }
    let folder = folder(&directory.entries).ok_or_else(|| Error::missing(format!("the archive has no {OBJECTS}")))?;
    let path = format!("{folder}{OBJECTS}");
    let entry = directory.find(&path).ok_or_else(|| Error::missing(format!("the archive has no {path}")))?;
    let (file, span) = entry.open(open.files, subject.file, &subject.bytes, &open.limits)?;
    let bytes = open.files.slice(file).unwrap_or_default();
    let pickle = Pickle::read(bytes.window(span), &open.limits);
    open.pickle(&path, file, &bytes.window(span), &pickle);
    if entry.encrypted {
        if pickle.fault.is_some() {
            return Err(Error::unsupported(format!("{path:?} is encrypted with a password")).at(entry.header));
        }
        // PyTorch does not look at the mark, and other programs do: a way to hide from them.
        open.report.add(Severity::Warning, format!("{path:?} is marked as encrypted, but is not"));
    }
    let mut checkpoint = Checkpoint::new("PyTorch v1.6".into(), pickle, file, bytes);
    checkpoint.properties.push(("container", "ZIP archive".into()));
    if !folder.is_empty() {
        checkpoint.properties.push(("folder", folder.trim_end_matches('/').into()));
    }
    for (name, label) in [("version", "version"), (".data/version", "version"), ("byteorder", "byte order")] {
        let Some(word) = word(&directory, &format!("{folder}{name}"), subject, open) else { continue };
        if label == "byte order" && word == "big" {
            checkpoint.encoding = Encoding::Big;
        }
        checkpoint.properties.push((label, word));
    }
    checkpoint.storages = storages(&directory, &format!("{folder}data/"), subject, open);
    Ok(checkpoint)
}

/// The short text at `path`.
pub fn word(directory: &Directory, path: &str, subject: &Subject, open: &Open) -> Option<String> {
    let entry = directory.find(path)?;
    let (file, span) = entry.open(open.files, subject.file, &subject.bytes, &open.limits).ok()?;
    let bytes = open.files.slice(file)?.window(span).read_all(WORD).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// Where the storages are whose paths begin with `prefix`. What cannot be had is told and left out.
pub fn storages(directory: &Directory, prefix: &str, subject: &Subject, open: &mut Open) -> HashMap<String, Place> {
    let mut storages = HashMap::default();
    for entry in &directory.entries {
        let Some(key) = entry.path.strip_prefix(prefix) else { continue };
        let place = if entry.size == 0 {
            Ok((subject.file, Span::default()))
        } else {
            entry.open(open.files, subject.file, &subject.bytes, &open.limits)
        };
        match place {
            Ok((file, span)) => drop(storages.insert(key.to_owned(), Place { file, span })),
            Err(error) => open.report.add_error(&error),
        }
    }
    storages
}
