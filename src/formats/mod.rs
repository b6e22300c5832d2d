//! The registry of formats, and one file per format.
//!
//! Adding a format: a file `foo.rs` here whose `//!` header names the specification, the versions and what is lazy, with a `pub const
//! FORMAT`; `foo,` in the list below; a fixture in `tests/fixtures/foo/` made by `tests/make/`.
#![deny(clippy::indexing_slicing)]

use crate::analysis::layers;
use crate::codec::shards::{self, Index};
use crate::model::joined::Joined;
use crate::model::{Entry, Model, check, externals};
use crate::probe::{self, Confidence, Probe};
use crate::report::{Diagnostic, Error, Kind, Report, Result, Severity};
use crate::source::{FileId, Files, Limits};
use foldhash::HashSet;

/// A format: how it is recognised, and how it is opened.
pub struct Format {
    /// Its file name here, its fixture folder, its name in `static/ops`.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// The usual extensions, without the dot, the most usual first.
    pub extensions: &'static [&'static str],
    /// What the empty operator domain stands for, in documentation and on screens; empty where there are no domains.
    pub domain: &'static str,
    /// Whether a file is of this format; reads little.
    pub sniff: fn(&Probe) -> Confidence,
    /// Lowers a file to the model; reads the description, never the weights.
    pub open: fn(&mut Open) -> Result<Model>,
}

/// What a format gets to open a file.
pub struct Open<'a> {
    /// The file that is opened.
    pub probe: &'a Probe,
    /// Which of `files` that is: the main one, or a part of a model in several files.
    pub file: FileId,
    /// All files that were opened together.
    pub files: &'a Files,
    /// What the file may ask for.
    pub limits: Limits,
    /// Where what is odd but does not stop the reading goes.
    pub report: Report,
    /// Told now and then how far the reading is, from 0 to 1.
    pub progress: &'a dyn Fn(f32),
}

macro_rules! formats {
    ($($id:ident,)*) => {
        $(pub mod $id;)*
        /// All formats, in alphabetical order.
        pub const FORMATS: &[Format] = &[$($id::FORMAT,)*];
    };
}

formats! {
    executorch,
    onnx,
    pytorch,
    safetensors,
}

/// An opened file.
pub struct Opened {
    /// What the file is.
    pub format: &'static Format,
    /// What is in it.
    pub model: Model,
    /// What is odd about it.
    pub report: Report,
}

/// The format that is surest that `probe` is its own; of equals, one that has the file's extension. None, if it is not sure and the
/// file is known to be something else.
pub fn recognise(probe: &Probe) -> Option<&'static Format> {
    let rate = |format: &Format| {
        let extension = format.extensions.iter().any(|extension| probe.has_extension(extension));
        ((format.sniff)(probe), extension)
    };
    let rated = FORMATS.iter().rev().map(|format| (rate(format), format));
    let ((confidence, _), format) = rated.max_by_key(|(rating, _)| *rating)?;
    match confidence {
        Confidence::No => None,
        Confidence::Maybe if probe::identify(probe).is_some() => None,
        _ => Some(format),
    }
}

/// Opens the main file of `files`; `progress` is told now and then how far that is, from 0 to 1. If that is the index of a model in several
/// files, or one of a numbered series that was dropped, the model is made of all of them.
///
/// # Errors
/// [`Kind::Unsupported`](crate::report::Kind::Unsupported) when no format knows the file; those of the format when it cannot read the
/// container. Anything less is in the report.
pub fn open(files: &Files, progress: &dyn Fn(f32)) -> Result<Opened> {
    let probe = Probe::new(&files.name(), files.main())?;
    let (name, companions) = (files.name(), files.companions());
    let series = shards::series(&name, &companions);
    let mut opened = if probe.json().is_some_and(|json| json.has(&["weight_map"])) {
        open_index(&probe, files, progress)?
    } else if let (found @ [_, _, ..], count) = (&*series.0, series.1) {
        let mut index = Index::default();
        index
            .parts
            .extend(found.iter().map(|path| (path.rsplit('/').next().unwrap_or_default().to_owned(), Vec::new())));
        let mut opened = open_parts(&index, files, progress)?;
        if found.len() < count {
            let message = format!("{} of {count} files are here; what the others hold is not shown", found.len());
            opened.report.add(Severity::Warning, message);
        }
        opened
    } else {
        open_file(&probe, FileId(0), files, progress)?
    };
    // What a model lacks of which a part could not be read is no news.
    if opened.report.diagnostics.iter().all(|diagnostic| diagnostic.severity < Severity::Error) {
        check::check(&opened.model, &mut opened.report);
    }
    externals::check_externals(&opened.model, files, &mut opened.report);
    Ok(opened)
}

/// Opens `file` of `files` alone.
fn open_file(probe: &Probe, file: FileId, files: &Files, progress: &dyn Fn(f32)) -> Result<Opened> {
    let format = recognise(probe).ok_or_else(|| probe::explain(probe))?;
    let mut open = Open { probe, file, files, limits: Limits::default(), report: Report::default(), progress };
    let model = (format.open)(&mut open)
        .map_err(|error| Error { message: format!("{}: {}", format.name, error.message), ..error })?;
    Ok(Opened { format, model, report: open.report })
}

/// Opens the files that an index names.
fn open_index(probe: &Probe, files: &Files, progress: &dyn Fn(f32)) -> Result<Opened> {
    let index = Index::read(&probe.file())?;
    let mut opened = open_parts(&index, files, progress).map_err(|error| match error.kind {
        Kind::Missing => Error { message: format!("{} {}", probe::explain(probe).message, error.message), ..error },
        _ => error,
    })?;
    let entry = |(name, value): &(String, String)| Entry { name: (&**name).into(), value: (&**value).into() };
    opened.model.metadata.extend(index.metadata.iter().map(entry));
    Ok(opened)
}

/// Opens the parts of a model and joins them. What is missing is told.
fn open_parts(index: &Index, files: &Files, progress: &dyn Fn(f32)) -> Result<Opened> {
    let (mut joined, mut report, mut missing) = (Joined::new('.'), Report::default(), Vec::new());
    let (mut format, mut fault) = (None, None);
    for (number, (path, listed)) in index.parts.iter().enumerate() {
        match open_part(path, files) {
            Ok(Some(part)) => {
                format.get_or_insert(part.format);
                join(&mut joined, path, listed, part, &mut report);
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
    let Some(format) = format else {
        let names: Vec<String> = missing.iter().take(3).map(|(path, _)| format!("{path:?}")).collect();
        let names = format!("None of its {} files is here: {} …", missing.len(), names.join(", "));
        return Err(fault.unwrap_or_else(|| Error::missing(names)));
    };
    for (path, tensors) in &missing {
        let message = format!("{path:?} with {tensors} tensors is not here: open it together with the others");
        report.add(Severity::Warning, message);
    }
    let mut model = joined.finish();
    for (_, graph) in model.graphs.iter_mut() {
        layers::infer(graph, &model.tensors);
    }
    let count = index.parts.len() - missing.len();
    let count = if missing.is_empty() { count.to_string() } else { format!("{count} of {}", index.parts.len()) };
    model.properties.push(Entry { name: "files".into(), value: count.as_str().into() });
    Ok(Opened { format, model, report })
}

/// Opens the part at `path`; none if it is not here.
fn open_part(path: &str, files: &Files) -> Result<Option<Opened>> {
    let Some(file) = files.sibling(path)? else { return Ok(None) };
    let probe = Probe::new(path, files.slice(file).unwrap_or_default())?;
    open_file(&probe, file, files, &|_| ()).map(Some)
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
