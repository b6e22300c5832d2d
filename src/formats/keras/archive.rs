//! `.keras` archives: `config.json`, `metadata.json`, `model.weights.h5`.

use super::super::Open;
use super::model::{self, Parts};
use crate::codec::document::Document;
use crate::codec::hdf5::Tree;
use crate::model::Model;
use crate::probe::{Probe, ZipEntry};
use crate::report::{Error, Result, Severity, Within};

/// The description.
pub const CONFIG: &str = "config.json";
/// What is said about the file.
pub const METADATA: &str = "metadata.json";
/// The weights.
pub const WEIGHTS: &str = "model.weights.h5";

/// Whether the file is such an archive.
pub fn recognise(probe: &Probe) -> bool {
    let Some(zip) = probe.zip() else { return false };
    zip.has(CONFIG) && (zip.has(WEIGHTS) || zip.has(METADATA) && zip.has_part("model.weights"))
}

/// The entry called `name`, which may be in a folder.
fn entry<'a>(open: &Open<'a>, name: &str) -> Option<&'a ZipEntry> {
    let entries = &open.probe.zip()?.entries;
    let found = entries.iter().find(|entry| entry.path == name);
    found.or_else(|| entries.iter().find(|entry| entry.path.split_once('/').is_some_and(|(_, inner)| inner == name)))
}

/// The JSON in the entry called `name`; none if there is none.
fn json(open: &Open, name: &str) -> Result<Option<Document>> {
    let Some(entry) = entry(open, name) else { return Ok(None) };
    let (file, span) = entry.open(open.files, open.file, &open.probe.file(), &open.limits)?;
    let bytes = open.files.slice(file).unwrap_or_default().window(span).read_all(open.limits.text)?;
    Document::parse(&bytes).map(Some).map_err(|error| Error::malformed(format!("{name:?} is no JSON: {error}")))
}

/// Opens an archive.
///
/// # Errors
/// When the description cannot be read.
pub fn open(open: &mut Open) -> Result<Model> {
    let config = json(open, CONFIG)?.ok_or_else(|| Error::malformed(format!("there is no {CONFIG:?}")))?;
    let metadata = json(open, METADATA).unwrap_or_else(|error| {
        open.report.add_error(&error);
        None
    });
    let size = entry(open, CONFIG).map_or(0, |entry| entry.size);
    let mut parts = Parts { config, size, place: CONFIG.into(), format: "Keras v3".into(), ..Parts::default() };
    parts.facts(metadata.as_ref());
    let weights = entry(open, WEIGHTS).map(|entry| -> Result<_> {
        let (file, span) = entry.open(open.files, open.file, &open.probe.file(), &open.limits)?;
        let bytes = open.files.slice(file).unwrap_or_default().window(span);
        Ok((file, Tree::read(&bytes, &open.limits)?))
    });
    let weights = match weights {
        Some(read) => read.within(|| WEIGHTS.into()).map_err(|error: Error| open.report.add_error(&error)).ok(),
        None => {
            open.report.add(Severity::Warning, format!("the archive has no {WEIGHTS:?}: there are no weights"));
            None
        }
    };
    model::lower(parts, weights, open)
}
