//! Programs that `torch.export.save` writes: `.pt2`.
//!
//! Two layouts, both ZIP archives. Up to torch 2.7 (`torch/_export/serde/serialize.py`): `serialized_exported_program.json` with
//! `serialized_state_dict.pt` and `serialized_constants.pt`, which are checkpoints of their own, and `version`. From 2.8 on
//! (`torch/export/pt2_archive`): in one folder, `archive_format`, `models/<name>.json`, a file for each tensor in `data/weights/` and `data/constants/`, and
//! compiled programs in `data/aotinductor/`.
//!
//! Read are the directory, the JSON and the pickles; tensors stay ranges of the file.
//!
//! - `schema`: the JSON; `weights`: where tensors are.
//! - `program`: a graph becomes a graph of the model; `argument`: what a node is given; `scope`: module stacks; `expression`: symbolic sizes.

mod argument;
mod expression;
mod program;
mod schema;
mod scope;
mod weights;

use crate::codec::json;
use crate::codec::zip::Entry;
use crate::formats::Open;
use crate::model::{Entry as Row, Graph, Model, Wiring};
use crate::probe::{Probe, Zip};
use crate::report::{Error, Result, Severity};
use crate::sort;
use crate::source::{FileId, Slice, Span};
use foldhash::HashMap;
use program::Lowering;
use schema::Program;
use weights::{Named, Weights};

/// The program in older archives.
const SERIALIZED: &str = "serialized_exported_program.json";
/// The file that newer archives have.
const MARK: &str = "archive_format";
/// The folder of programs.
const MODELS: &str = "models/";
/// The folder of compiled programs.
const COMPILED: &str = "data/aotinductor/";
/// The most bytes of a description.
const DESCRIPTION: u64 = 512 << 20;

/// An archive.
pub struct Archive {
    file: FileId,
    bytes: Slice,
    entries: HashMap<String, Entry>,
    /// The folder that everything is in, with its slash.
    folder: String,
}

/// The folder of a program, if the archive is one.
fn folder(zip: &Zip) -> Option<String> {
    let root = |wanted: &str| {
        let stems = zip.entries.iter().filter_map(|entry| entry.path.strip_suffix(wanted));
        stems.filter(|stem| stem.is_empty() || stem.ends_with('/')).min_by_key(|stem| stem.len()).map(str::to_owned)
    };
    let newer = |folder: &String| {
        let inside = |part: &str| zip.entries.iter().any(|entry| entry.path.starts_with(&format!("{folder}{part}")));
        inside(MODELS) || inside(COMPILED)
    };
    root(MARK).filter(newer).or_else(|| root(SERIALIZED))
}

/// Whether the file is an exported program.
pub fn recognise(probe: &Probe) -> bool {
    probe.zip().is_some_and(|zip| folder(zip).is_some())
}

impl Archive {
    /// Where the bytes at `path` are, unpacked; none if there is no such file.
    fn place(&self, path: &str, open: &Open) -> Option<Result<(FileId, Span)>> {
        let entry = self.entries.get(path)?;
        if entry.size == 0 {
            return Some(Ok((self.file, Span::default())));
        }
        Some(entry.open(open.files, self.file, &self.bytes, &open.limits))
    }

    /// The bytes at `path`.
    fn text(&self, path: &str, open: &Open) -> Option<Result<Vec<u8>>> {
        Some(
            self.place(path, open)?
                .and_then(|(file, span)| open.files.slice(file).unwrap_or_default().window(span).read_all(DESCRIPTION)),
        )
    }

    /// The word at `path`.
    fn word(&self, path: &str, open: &Open) -> Option<String> {
        let text = self.text(path, open)?.ok().filter(|text| text.len() < 1024)?;
        Some(String::from_utf8_lossy(&text).trim().to_owned())
    }

    /// The paths of all files, in order.
    fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self.entries.keys().map(String::as_str).collect();
        sort::sort(&mut paths);
        paths
    }
}

/// Opens the archive.
///
/// # Errors
/// When its directory cannot be read.
pub fn open(open: &mut Open) -> Result<Model> {
    let zip = open.probe.zip().ok_or_else(|| Error::malformed("this is no archive"))?;
    let folder = folder(zip).ok_or_else(|| Error::missing("the archive has no program"))?;
    let entries =
        zip.entries.iter().filter_map(|entry| Some((entry.path.strip_prefix(&*folder)?.to_owned(), entry.clone())));
    let archive = Archive { file: open.file, bytes: open.probe.file(), entries: entries.collect(), folder };
    let mut lowering = Lowering::new(open.limits);
    let mut weights = Weights::default();
    for path in archive.paths() {
        let name = path.strip_prefix(MODELS).and_then(|name| name.strip_suffix(".json"));
        let Some(name) = name.or((path == SERIALIZED).then_some("")) else { continue };
        let named = tensors(name, &mut weights, &archive, open);
        let program = archive.text(path, open).unwrap_or_else(|| Ok(Vec::new())).and_then(|text| parse(&text));
        match program {
            Ok(program) => lowering.program(name, program, named, &weights.all),
            Err(error) => {
                open.report.add_error(&error.within(path.to_owned()));
                lowering.modules(name, &named, &weights.all);
            }
        }
    }
    lowering.run(&mut weights.all, open);
    let mut model = lowering.model;
    model.tensors = weights.all;
    describe(&mut model, &archive, open);
    Ok(model)
}

fn parse(text: &[u8]) -> Result<Program> {
    json::parse(text).map_err(|error| Error::malformed(format!("the program cannot be read: {error}")))
}

/// The tensors of the program called `name`.
fn tensors(name: &str, weights: &mut Weights, archive: &Archive, open: &mut Open) -> Named {
    let mut named = Named::default();
    if name.is_empty() {
        for path in [
            "serialized_state_dict.pt",
            "serialized_state_dict.json",
            "serialized_constants.pt",
            "serialized_constants.json",
        ] {
            weights.pickled(path, "", archive, open, &mut named);
        }
    }
    for kind in ["weights", "constants"] {
        weights.listed(&format!("data/{kind}/{name}_{kind}_config.json"), archive, open, &mut named);
        weights.pickled(&format!("data/{kind}/{name}.pt"), "", archive, open, &mut named);
    }
    named
}

/// Says what the archive is, and what is in it beside programs.
fn describe(model: &mut Model, archive: &Archive, open: &mut Open) {
    let row = |name: &str, value: &str| Row { name: name.into(), value: value.into() };
    let mut properties = vec![row("container", "ZIP archive")];
    if !archive.folder.is_empty() {
        properties.push(row("folder", archive.folder.trim_end_matches('/')));
    }
    for (path, label) in [("archive_version", "archive version"), ("version", "version"), ("byteorder", "byte order")] {
        properties.extend(archive.word(path, open).map(|word| row(label, &word)));
    }
    model.properties.splice(0..0, properties);
    if model.format.is_empty() {
        model.format = "PyTorch Export".into();
    }
    let compiled: Vec<&str> = archive.paths().into_iter().filter(|path| path.starts_with(COMPILED)).collect();
    for path in &compiled {
        let bytes = archive.entries.get(*path).map_or(0, |entry| entry.size);
        model.metadata.push(row(
            &format!("compiled: {}", path.get(COMPILED.len()..).unwrap_or_default()),
            &format!("{bytes} bytes"),
        ));
    }
    if model.graphs.is_empty() {
        model.graphs.push(Graph { wiring: Wiring::Modules, ..Graph::default() });
        let message = if compiled.is_empty() {
            "the archive has no program"
        } else {
            "the program is compiled (AOTInductor): the archive has its machine code, and no graph of it"
        };
        open.report.add(Severity::Note, message);
    }
}
