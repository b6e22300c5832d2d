//! What a checkpoint comes in.

use super::super::Open;
use super::{archive, stream, tar};
use crate::codec::pickle::{Glance, Object, Pickle};
use crate::model::{DType, Encoding};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use crate::source::{FileId, Limits, Slice, Span};
use foldhash::HashMap;

/// The containers, without the compression around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// A ZIP archive.
    Archive,
    /// Pickles that follow each other, with a magic number.
    Stream,
    /// A tar archive.
    Tar,
    /// One pickle.
    Pickle,
}

/// The most bytes of the pickle of a magic number.
const MAGIC: u64 = 64;
/// What pickles hold that are models of other programs.
const FOREIGN: [&str; 7] = ["sklearn", "xgboost", "lightgbm", "catboost", "joblib", "keras", "pandas"];

/// A checkpoint: what is described, and where its bytes are.
pub struct Checkpoint {
    /// What it is called with its version.
    pub format: String,
    /// What is said about the container, in display order.
    pub properties: Vec<(&'static str, String)>,
    /// The pickle of the objects.
    pub pickle: Pickle,
    /// The file that the pickle is in, of which its offsets are.
    pub file: FileId,
    /// All of that file.
    pub bytes: Slice,
    /// Where the storages are, by their keys.
    pub storages: HashMap<String, Place>,
    /// Of a tar archive: the tensors, by their keys.
    pub tensors: HashMap<String, Described>,
    /// The order of the bytes in storages.
    pub encoding: Encoding,
}

/// Where a storage is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The range of its bytes.
    pub span: Span,
}

/// A tensor that is described outside of the pickle.
#[derive(Clone, Debug)]
pub struct Described {
    /// The key of its storage.
    pub storage: String,
    /// The type of its elements.
    pub dtype: DType,
    /// The elements of the storage before its first one.
    pub offset: u64,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// How many elements a step along each of them is.
    pub strides: Vec<u64>,
}

impl Checkpoint {
    /// A checkpoint of which only the pickle is known.
    pub fn new(format: String, pickle: Pickle, file: FileId, bytes: Slice) -> Self {
        Self {
            format,
            properties: Vec::new(),
            pickle,
            file,
            bytes,
            storages: HashMap::default(),
            tensors: HashMap::default(),
            encoding: Encoding::Little,
        }
    }
}

/// A file: which one it is, and its bytes.
pub struct Subject {
    /// The file.
    pub file: FileId,
    /// All of it.
    pub bytes: Slice,
}

/// The container of the file, and how sure that is.
pub fn recognise(probe: &Probe) -> Option<(Container, Confidence)> {
    if let Some(zip) = probe.zip() {
        return archive::recognise(zip).map(|confidence| (Container::Archive, confidence));
    }
    recognise_head(probe)
}

fn recognise_head(probe: &Probe) -> Option<(Container, Confidence)> {
    if tar::recognise(probe) {
        return Some((Container::Tar, Confidence::Certain));
    }
    let first = probe.file().window(Span { at: probe.file().span().at, len: MAGIC });
    if stream::is_magic(&Pickle::read(first, &Limits::default())) {
        return Some((Container::Stream, Confidence::Certain));
    }
    pickle(probe).map(|confidence| (Container::Pickle, confidence))
}

/// How sure it is that the file is a pickle of tensors, arrays or plain data; or one of anything, under the name of a checkpoint.
fn pickle(probe: &Probe) -> Option<Confidence> {
    let head = probe.head();
    let glance = Glance::at(probe.file());
    let begins = matches!(head, [b'(', b'd' | b'l' | b't' | b'i' | b'c', ..] | [b'c' | b'}' | b']', ..]);
    let known = FORMAT_NAMES.iter().any(|extension| probe.has_extension(extension));
    let plain = begins && known && glance.ended && glance.is_sensible();
    if !glance.is_pickle() && !plain {
        return None;
    }
    let names = |library: &&str| head.windows(library.len()).any(|part| part == library.as_bytes());
    let torch = names(&"torch");
    if FOREIGN.iter().any(names) && !torch {
        return None;
    }
    // A text may look like a pickle.
    Some(if torch && glance.binary { Confidence::Certain } else { Confidence::Likely })
}

/// The extensions of pickles.
const FORMAT_NAMES: &[&str] = super::FORMAT.extensions;

/// Opens the main file of `open`.
///
/// # Errors
/// When the container cannot be read.
pub fn open(open: &mut Open) -> Result<Checkpoint> {
    let (container, _) = recognise(open.probe).ok_or_else(|| Error::malformed("this is no checkpoint"))?;
    let subject = Subject { file: open.file, bytes: open.probe.file() };
    let checkpoint = match container {
        Container::Archive => archive::open(&subject, open),
        Container::Stream => stream::open(&subject, open),
        Container::Tar => tar::open(&subject, open),
        Container::Pickle => single(&subject, open),
    }?;
    if let Some(fault) = &checkpoint.pickle.fault {
        open.report.add_error(fault);
    }
    Ok(checkpoint)
}

/// A pickle on its own. What follows its `STOP` is not part of it, and is told.
fn single(subject: &Subject, open: &mut Open) -> Result<Checkpoint> {
    let pickle = Pickle::read(subject.bytes.clone(), &open.limits);
    open.pickle("", subject.file, &subject.bytes, &pickle);
    if pickle.objects.is_empty() {
        return Err(pickle.fault.unwrap_or_else(|| Error::malformed("the pickle is empty")));
    }
    let left = subject.bytes.span().end() - pickle.span.end();
    if left > 0 && pickle.fault.is_none() {
        open.report.add(Severity::Warning, format!("{left} bytes follow the end of the pickle"));
    }
    let format = format!("Pickle v{}", pickle.protocol);
    Ok(Checkpoint::new(format, pickle, subject.file, subject.bytes.clone()))
}

/// What a pickle of one object of text or number holds.
pub fn line(pickle: &Pickle) -> Option<String> {
    match pickle.object(pickle.root?) {
        Object::Text(text) => Some(text.to_string()),
        Object::Int(number) => Some(number.to_string()),
        Object::Long(digits) => Some(digits.to_string()),
        _ => None,
    }
}
