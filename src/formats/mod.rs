//! The registry of formats, and one file per format.
//!
//! Adding a format: a file `foo.rs` here whose `//!` header names the specification, the versions and what is lazy, with a `pub const
//! FORMAT`; `foo,` in the list below; a fixture in `tests/fixtures/foo/` made by `tests/make/`.
#![deny(clippy::indexing_slicing)]

use crate::analysis::{conventions, quantised};
use crate::codec::pickle::{Glance, Pickle};
use crate::model::{DType, Graph, Model, Tensor, Wiring, check, externals};
use crate::probe::{self, Confidence, Probe};
use crate::report::{Error, Kind, Report, Result, Severity};
use crate::safety::{Audit, Safety};
use crate::source::{FileId, Files, Limits, Slice};

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
    /// The file.
    pub probe: &'a Probe,
    /// Which one it is.
    pub file: FileId,
    /// All files that were opened together.
    pub files: &'a Files,
    /// What the file may ask for.
    pub limits: Limits,
    /// Where what is odd but does not stop the reading goes.
    pub report: Report,
    /// Where pickles go, by [`Self::pickle`], and what else would run.
    pub safety: Audit,
    /// Told now and then how far the reading is, from 0 to 1.
    pub progress: &'a dyn Fn(f32),
}

impl Open<'_> {
    /// Reports on what `pickle` would do. A reader calls this for each pickle that it reads, whatever becomes of it.
    ///
    /// `name` is the path of the entry of an archive that it is in, or empty if it is all of the file. `bytes` is what it was read from: a window over
    /// `file`, up to where that entry ends, with the cursor at the start of the pickle; what follows the pickle in it is looked at, too.
    pub fn pickle(&mut self, name: &str, file: FileId, bytes: &Slice, pickle: &Pickle) {
        self.safety.push(self.files, &self.limits, name, file, bytes, pickle);
    }
}

mod packed;
mod several;

/// Whether this program reads all formats. What only others need is left out of one that does not.
pub const ALL: bool = cfg!(feature = "all-formats");

/// The formats of the program that the page loads first.
const FIRST: &[Format] = &[onnx::FORMAT, safetensors::FORMAT];

macro_rules! formats {
    ($($id:ident,)*) => {
        $(pub mod $id;)*
        /// The formats that this program reads, in alphabetical order.
        pub const FORMATS: &[Format] = if ALL { &[$($id::FORMAT,)*] } else { FIRST };
    };
}

formats! {
    caffe,
    caffe2,
    executorch,
    flax,
    gguf,
    keras,
    mxnet,
    numpy,
    onnx,
    paddle,
    pytorch,
    safetensors,
    tensorflow,
    tfjs,
    tflite,
    transformers,
}

/// An opened file.
pub struct Opened {
    /// What the file is.
    pub format: &'static Format,
    /// What is in it.
    pub model: Model,
    /// What is odd about it.
    pub report: Report,
    /// What its pickles and its code would do; none if it has neither.
    pub safety: Option<Safety>,
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
        // A format that is not here may be surer.
        Confidence::Likely if !ALL && !format.extensions.first().is_some_and(|own| probe.has_extension(own)) => None,
        Confidence::Maybe if !ALL => None,
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
    let mut audit = Audit::default();
    if !ALL && (recognise(&probe).is_none() || several::is_part(files)) {
        return Err(Error::new(Kind::Elsewhere, "The format of this file is not one of the first."));
    }
    // A configuration stands for the weights beside it.
    let (probe, file) = match if ALL { transformers::weights(&probe, files)? } else { None } {
        Some((name, file)) => (Probe::new(name, files.slice(file).unwrap_or_default())?, file),
        None => (probe, FileId(0)),
    };
    let joined = if ALL { several::open(&probe, files, &mut audit, progress)? } else { None };
    let mut opened = match joined {
        Some(opened) => opened,
        None => open_file(&probe, file, files, &mut audit, progress)?,
    };
    if ALL {
        transformers::accompany(&mut opened, files);
    } else if is_accompanied(&opened.model, files) {
        return Err(Error::new(Kind::Elsewhere, "These weights have a configuration, or may be drawn."));
    }
    quantised::find(&mut opened.model, files);
    if ALL {
        conventions::describe(&mut opened.model);
    }
    // What a model lacks of which a part could not be read is no news.
    if opened.report.diagnostics.iter().all(|diagnostic| diagnostic.severity < Severity::Error) {
        check::check(&opened.model, &mut opened.report);
    }
    externals::check_externals(&opened.model, files, &mut opened.report);
    if ALL {
        opened.safety = audit.finish();
    }
    Ok(opened)
}

/// Whether another program may say more of weights than this one: there are settings beside them, or parts of transformers, adapters or codes
/// of other weights among them.
fn is_accompanied(model: &Model, files: &Files) -> bool {
    let told = |name: &str| name.contains("att") || name.contains("lora");
    let telling = |graph: &Graph| graph.nodes.values().any(|node| told(&node.name.to_ascii_lowercase()));
    let numbers = [DType::F16, DType::BF16, DType::F32, DType::F64];
    let is_code = |tensor: &Tensor| tensor.shape.len() > 1 && !numbers.contains(&tensor.dtype);
    let mut weights = model.graphs.values().filter(|graph| graph.wiring == Wiring::Modules).peekable();
    files.companions().iter().any(|path| path.ends_with("config.json"))
        || weights.peek().is_some() && model.tensors.values().any(is_code)
        || weights.any(telling)
}

/// Opens `file` of `files` alone; its pickles go into `audit`.
fn open_file(probe: &Probe, file: FileId, files: &Files, audit: &mut Audit, progress: &dyn Fn(f32)) -> Result<Opened> {
    let Some(format) = recognise(probe) else {
        if ALL && let Some(opened) = packed::open(probe, file, files, audit, progress)? {
            return Ok(opened);
        }
        let unknown = || Error::unsupported("The format of this file is not known.");
        return Err(if ALL { probe::explain(probe) } else { unknown() });
    };
    let (limits, report) = (Limits::default(), Report::default());
    let mut open = Open { probe, file, files, limits, report, safety: std::mem::take(audit), progress };
    let model = (format.open)(&mut open);
    if ALL && probe.zip().is_some() {
        open.safety.archive(files, &limits, file, &probe.file());
    }
    *audit = open.safety;
    let report = open.report;
    let model = model.map_err(|error| Error { message: format!("{}: {}", format.name, error.message), ..error })?;
    Ok(Opened { format, model, report, safety: None })
}

/// What the pickles of a file would do that [`open`] cannot open: of one that is a pickle or a ZIP archive by its content. None if it has no
/// pickles.
pub fn inspect(files: &Files) -> Option<Safety> {
    if !ALL {
        return None;
    }
    let mut audit = Audit::default();
    look(&Probe::new(&files.name(), files.main()).ok()?, FileId(0), files, &mut audit);
    audit.finish()
}

/// Reports on `file`, which no reader can open, in `audit`.
fn look(probe: &Probe, file: FileId, files: &Files, audit: &mut Audit) {
    let limits = Limits::default();
    if probe.zip().is_some() {
        audit.archive(files, &limits, file, &probe.file());
    } else if Glance::at(probe.file()).is_pickle() {
        audit.push(files, &limits, "", file, &probe.file(), &Pickle::read(probe.file(), &limits));
    }
}
