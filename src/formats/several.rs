//! Models in several files: the parts that an index names, or those of a numbered series.

use super::{Opened, look, open_file};
use crate::analysis::layers;
use crate::codec::shards::{self, Index};
use crate::model::joined::Joined;
use crate::model::{Entry, Model};
use crate::probe::{self, Probe};
use crate::report::{Diagnostic, Error, Kind, Report, Result, Severity};
use crate::safety::Audit;
use crate::source::Files;
use foldhash::HashSet;

/// Opens all files of a model in several, if the main one of `files` is their index or one of a numbered series of which others are
/// here; none if it is neither.
///
/// # Errors
/// When the index cannot be read, or no part can.
pub(super) fn open(probe: &Probe, files: &Files, audit: &mut Audit, progress: &dyn Fn(f32)) -> Result<Option<Opened>> {
    if probe.json().is_some_and(|json| json.has(&["weight_map"])) {
        return open_index(probe, files, audit, progress).map(Some);
    }
    let (name, companions) = (files.name(), files.companions());
    let (found, count) = shards::series(&name, &companions);
    if found.len() < 2 {
        return Ok(None);
    }
    let names = found.iter().map(|path| path.rsplit('/').next().unwrap_or_default().to_owned());
    let index = Index { parts: names.map(|name| (name, Vec::new())).collect(), ..Index::default() };
    let mut opened = open_parts(&index, files, audit, progress)?;
    if found.len() < count {
        let absent = shards::few(&shards::absent(&name, &found));
        let message = format!("{} of {count} files are here; open them together with {absent}", found.len());
        opened.report.add(Severity::Warning, message);
    }
    Ok(Some(opened))
}

/// Whether the main file is one of a numbered series of which others are here.
pub(super) fn is_part(files: &Files) -> bool {
    shards::series(&files.name(), &files.companions()).0.len() > 1
}

/// Opens the files that an index names.
fn open_index(probe: &Probe, files: &Files, audit: &mut Audit, progress: &dyn Fn(f32)) -> Result<Opened> {
    let index = Index::read(&probe.file())?;
    let mut opened = open_parts(&index, files, audit, progress).map_err(|error| match error.kind {
        Kind::Missing => Error { message: format!("{} {}", probe::explain(probe).message, error.message), ..error },
        _ => error,
    })?;
    let entry = |(name, value): &(String, String)| Entry { name: (&**name).into(), value: (&**value).into() };
    opened.model.metadata.extend(index.metadata.iter().map(entry));
    Ok(opened)
}

/// Opens the parts of a model and joins them. What is missing is told.
fn open_parts(index: &Index, files: &Files, audit: &mut Audit, progress: &dyn Fn(f32)) -> Result<Opened> {
    let (mut joined, mut report, mut missing) = (None, Report::default(), Vec::new());
    let (mut format, mut fault) = (None, None);
    for (number, (path, listed)) in index.parts.iter().enumerate() {
        match open_part(path, files, audit) {
            Ok(Some(part)) => {
                format.get_or_insert(part.format);
                let joined = joined.get_or_insert_with(|| Joined::new(separator(&part.model)));
                join(joined, path, listed, part, &mut report);
            }
            Ok(None) => missing.push((path, listed.len())),
            Err(error) => {
                let error = error.within(path.clone());
                report.add_error(&error);
                fault.get_or_insert(error);
            }
        }
        progress((number + 1) as f32 / index.parts.len() as f32);
    }
    let Some((format, joined)) = format.zip(joined) else {
        let names: Vec<String> = missing.iter().take(3).map(|(path, _)| format!("{path:?}")).collect();
        let names = format!("None of its {} files is here: {} …", missing.len(), names.join(", "));
        return Err(fault.unwrap_or_else(|| Error::missing(names)));
    };
    for (path, tensors) in &missing {
        let tensors = if *tensors == 0 { "its tensors".into() } else { format!("{tensors} tensors") };
        let message = format!("{path:?} with {tensors} is not here: open it together with the others");
        report.add(Severity::Warning, message);
    }
    let mut model = joined.finish();
    for (_, graph) in model.graphs.iter_mut() {
        layers::infer(graph, &model.tensors);
    }
    let count = index.parts.len() - missing.len();
    let count = if missing.is_empty() { count.to_string() } else { format!("{count} of {}", index.parts.len()) };
    model.properties.push(Entry { name: "files".into(), value: count.as_str().into() });
    Ok(Opened { format, model, report, safety: None })
}

/// What stands between the parts of the names of tensors in `model`.
fn separator(model: &Model) -> char {
    let names = || model.graphs.values().flat_map(|graph| graph.values.values()).map(|value| &value.name);
    if names().any(|name| name.contains('/')) && !names().any(|name| name.contains('.')) { '/' } else { '.' }
}

/// Opens the part at `path`; none if it is not here.
fn open_part(path: &str, files: &Files, audit: &mut Audit) -> Result<Option<Opened>> {
    let Some(file) = files.sibling(path)? else { return Ok(None) };
    let probe = Probe::new(path, files.slice(file).unwrap_or_default())?;
    let mark = audit.mark();
    let opened = open_file(&probe, file, files, audit, &|_| ());
    if opened.is_err() && audit.mark() == mark {
        look(&probe, file, files, audit);
    }
    audit.place(mark, path);
    opened.map(Some)
}

/// Adds the part at `path`, in which there should be what is `listed`, to those before it.
fn join(joined: &mut Joined, path: &str, listed: &[String], part: Opened, report: &mut Report) {
    for diagnostic in part.report.diagnostics {
        let message = format!("{path}: {}", diagnostic.message);
        report.push(Diagnostic { message, graph: None, node: None, ..diagnostic });
    }
    report.dropped += part.report.dropped;
    let mut held: HashSet<String> = part.model.tensors.values().map(|tensor| tensor.name.to_string()).collect();
    held.extend(joined.add(part.model));
    let absent: Vec<&String> = listed.iter().filter(|name| !held.contains(*name)).collect();
    if let [first, ..] = *absent {
        let message = format!("{path:?} lacks {} of the tensors that its index says it has: {first:?}", absent.len());
        report.add(Severity::Warning, message);
    }
}
