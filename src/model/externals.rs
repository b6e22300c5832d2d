//! The other files that a model keeps tensors in.

use super::{Data, Model, Text};
use crate::report::{Report, Severity};
use crate::source::Files;
use std::collections::HashMap;

/// What a model keeps in one other file.
struct External<'a> {
    path: &'a Text,
    tensors: usize,
    /// The end of the last range that has one, in bytes from the start of the file.
    end: u64,
}

/// Looks for the other files of `model` among `files`; which of them are missing or too short goes to `report`. Asks no server: of a
/// remote model this is told when values are asked for.
pub fn check_externals(model: &Model, files: &Files, report: &mut Report) {
    if files.is_remote() {
        return;
    }
    for External { path, tensors, end } in externals(model) {
        let values =
            if tensors == 1 { "the values of a tensor".into() } else { format!("the values of {tensors} tensors") };
        let message = match files.sibling(path) {
            Ok(Some(file)) => match files.slice(file).map_or(0, |slice| slice.len()) {
                len if len < end => {
                    format!("{path:?} ends after {len} bytes, but its last tensor reaches to byte {end}")
                }
                _ => continue,
            },
            Ok(None) => format!("{values} are in {path:?}, which is not here: open that file together with the model"),
            Err(error) => format!("{values} are in another file: {error}"),
        };
        report.add(Severity::Warning, message);
    }
}

/// The other files, in the order in which the tensors name them.
fn externals(model: &Model) -> Vec<External<'_>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut externals: Vec<External> = Vec::new();
    for tensor in model.tensors.values() {
        let Data::External { path, span } = &tensor.data else { continue };
        let place = *places.entry(path).or_insert(externals.len());
        if place == externals.len() {
            externals.push(External { path, tensors: 0, end: 0 });
        }
        let Some(external) = externals.get_mut(place) else { continue };
        external.tensors += 1;
        // A length that is not stated reaches to the end of the file.
        let len = if span.len == u64::MAX { 0 } else { span.len };
        external.end = external.end.max(span.at.saturating_add(len));
    }
    externals
}
