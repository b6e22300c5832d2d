//! Descriptions in JSON: by themselves, of an unpacked archive, and those of TensorFlow.js.

use super::super::Open;
use super::archive::{CONFIG, METADATA, WEIGHTS};
use super::model::{self, Parts};
use crate::codec::document::Document;
use crate::codec::hdf5::{SIGNATURE, Tree};
use crate::model::Model;
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use crate::source::FileId;

/// Whether the file is such a description.
pub fn recognise(probe: &Probe) -> Confidence {
    let Some(json) = probe.json() else { return Confidence::No };
    if json.has(&["class_name", "config"]) {
        return Confidence::Certain;
    }
    Confidence::No
}

/// Opens a description, with the weights beside it if there are some.
///
/// # Errors
/// When it is no JSON.
pub fn open(open: &mut Open) -> Result<Model> {
    let bytes = open.probe.file().read_all(open.limits.text)?;
    let config = Document::parse(&bytes).map_err(|error| Error::malformed(format!("this is no JSON: {error}")))?;
    let mut parts = Parts { config, size: bytes.len() as u64, format: "Keras JSON".into(), ..Parts::default() };
    for name in ["keras_version", "backend"] {
        let fact = parts.config.text_of(name).unwrap_or_default().to_owned();
        parts.property(name, &fact);
    }
    let unpacked = open.probe.name() == CONFIG;
    if unpacked {
        let metadata = sibling(METADATA, open)
            .and_then(|file| Document::parse(&open.files.slice(file)?.read_all(open.limits.text).ok()?).ok());
        if metadata.is_some() {
            parts.format = "Keras v3".into();
        }
        parts.facts(metadata.as_ref());
    }
    let weights = weights(unpacked, open);
    if weights.is_none() {
        let what = if unpacked { WEIGHTS.to_owned() } else { "the file with its weights".into() };
        open.report.add(
            Severity::Note,
            format!("this is the description of a model; open it together with {what} to see these"),
        );
    }
    model::lower(parts, weights, open)
}

fn sibling(name: &str, open: &Open) -> Option<FileId> {
    open.files.sibling(name).ok().flatten()
}

/// The weights beside the description.
fn weights(unpacked: bool, open: &mut Open) -> Option<(FileId, Tree)> {
    let stem = open.probe.name().rsplit_once('.').map(|(stem, _)| stem.to_owned()).unwrap_or_default();
    let names: Vec<String> = if unpacked {
        vec![WEIGHTS.into()]
    } else if open.files.is_remote() {
        // Each name would be a request.
        Vec::new()
    } else {
        [".weights.h5", "_weights.h5", ".h5", ".hdf5"].iter().map(|end| format!("{stem}{end}")).collect()
    };
    let file = names.iter().find_map(|name| sibling(name, open))?;
    let bytes = open.files.slice(file)?;
    if bytes.bytes_at(0, SIGNATURE.len() as u64).is_ok_and(|head| head != SIGNATURE) {
        return None;
    }
    let tree = Tree::read(&bytes, &open.limits);
    tree.map_err(|error| open.report.add_error(&error)).ok().map(|tree| (file, tree))
}
