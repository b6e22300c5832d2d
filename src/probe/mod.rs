//! Cached looks at a file, by which a format is recognised; and what to say of a file that is of none.
//!
//! Content decides. The extension only breaks ties between formats that are equally sure.
//!
//! Every look is bounded, whatever the size of the file, and is taken once: [`Probe::text`], [`Probe::json`], [`Probe::protobuf`],
//! [`Probe::zip`]. A look that does not fit the file gives nothing. [`explain()`] says what the file is instead of a model.
#![deny(clippy::indexing_slicing)]

mod explain;
mod json;
mod protobuf;
mod text;
mod zip;

pub use explain::{explain, identify};
pub use json::{Json, Key, Peek, Root};
pub use protobuf::{Protobuf, Seen};
pub use zip::{Zip, ZipEntry};

use crate::report::{Error, Result};
use crate::source::{Slice, Span};
use std::cell::{OnceCell, RefCell};

/// How sure a format is that a file is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It is not.
    No,
    /// Nothing speaks against it.
    Maybe,
    /// Its structure fits.
    Likely,
    /// A signature or an unmistakable structure says so.
    Certain,
}

/// How a bounded look at a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At the end of the file: this is all that there is.
    Whole,
    /// At the bound: there is more.
    Bound,
    /// At the end of the file, within something that should go on: the file is cut short.
    Cut,
    /// At bytes that break the rules.
    Fault,
}

/// How many bytes of the head are looked at.
const HEAD: u64 = 4096;
/// How many bytes of the tail are looked at.
const TAIL: u64 = 64;

/// A file to be recognised.
pub struct Probe {
    name: String,
    head: Vec<u8>,
    file: Slice,
    tail: OnceCell<Vec<u8>>,
    text: OnceCell<Option<String>>,
    json: OnceCell<Option<Json>>,
    protobuf: OnceCell<Option<Protobuf>>,
    zip: OnceCell<Option<Zip>>,
    failure: RefCell<Option<Error>>,
}

impl Probe {
    /// Looks at `file`, called `name`.
    ///
    /// # Errors
    /// Those of the source.
    pub fn new(name: &str, file: Slice) -> Result<Self> {
        let head = file.bytes_at(file.span().at, file.len().min(HEAD))?;
        Ok(Self {
            name: name.into(),
            head,
            file,
            tail: OnceCell::new(),
            text: OnceCell::new(),
            json: OnceCell::new(),
            protobuf: OnceCell::new(),
            zip: OnceCell::new(),
            failure: RefCell::default(),
        })
    }

    /// The name of the file, without its folder.
    pub fn name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// The first bytes of the file: 4 KiB, or all of a shorter one.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The last bytes of the file: 64, or all of a shorter one.
    pub fn tail(&self) -> &[u8] {
        self.tail.get_or_init(|| {
            let count = self.len().min(TAIL);
            self.bytes_at(self.len() - count, count).unwrap_or_default()
        })
    }

    /// The size of the file in bytes.
    pub fn len(&self) -> u64 {
        self.file.len()
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.file.is_empty()
    }

    /// The whole file, with the cursor at its start.
    pub fn file(&self) -> Slice {
        self.file.clone()
    }

    /// Whether the name ends in `extension` (without the dot), whatever the case.
    pub fn has_extension(&self, extension: &str) -> bool {
        let name = self.name().to_ascii_lowercase();
        name.strip_suffix(&extension.to_ascii_lowercase()).is_some_and(|stem| stem.ends_with('.'))
    }

    /// Whether the head has `bytes` at offset `at`.
    pub fn has(&self, at: usize, bytes: &[u8]) -> bool {
        self.head.get(at..).is_some_and(|rest| rest.starts_with(bytes))
    }

    /// The head as text, if it is text: UTF-8 or UTF-16, with or without a mark, else Latin-1; without control characters.
    pub fn text(&self) -> Option<&str> {
        self.text.get_or_init(|| text::decode(&self.head, self.len() > HEAD)).as_deref()
    }

    /// The keys of the outermost JSON object within the first 256 KiB, if the file is JSON.
    pub fn json(&self) -> Option<&Json> {
        self.json.get_or_init(|| json::peek(self)).as_ref()
    }

    /// The outermost fields of a protobuf message, without their payloads, if the file can be one.
    pub fn protobuf(&self) -> Option<&Protobuf> {
        self.protobuf.get_or_init(|| protobuf::peek(self)).as_ref()
    }

    /// The entries of a ZIP archive, if the file is one.
    pub fn zip(&self) -> Option<&Zip> {
        self.zip.get_or_init(|| zip::peek(self)).as_ref()
    }

    /// The first failure of the source during the looks; what they missed by it is unknown.
    pub fn failure(&self) -> Option<Error> {
        self.failure.borrow().clone()
    }

    /// `count` bytes from `at`, counted from the start of the file, on; none if there are fewer, or if reading failed.
    fn bytes_at(&self, at: u64, count: u64) -> Option<Vec<u8>> {
        let Span { at: start, len } = self.file.span();
        if at.checked_add(count)? > len {
            return None;
        }
        self.file.bytes_at(start + at, count).map_err(|error| self.fail(error)).ok()
    }

    fn fail(&self, error: Error) {
        self.failure.borrow_mut().get_or_insert(error);
    }
}
