//! Cached looks at the head of a file, by which a format is recognised.
//!
//! Content decides. The extension only breaks ties between formats that are equally sure.
#![deny(clippy::indexing_slicing)]

use crate::report::Result;
use crate::source::Slice;

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

/// How many bytes of the head are looked at.
const HEAD: u64 = 4096;

/// A file to be recognised.
pub struct Probe {
    name: String,
    head: Vec<u8>,
    file: Slice,
}

impl Probe {
    /// Looks at `file`, called `name`.
    ///
    /// # Errors
    /// Those of the source.
    pub fn new(name: &str, file: Slice) -> Result<Self> {
        let head = file.bytes_at(file.span().at, file.len().min(HEAD))?;
        Ok(Self { name: name.into(), head, file })
    }

    /// The name of the file, without its folder.
    pub fn name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// The first bytes of the file: 4 KiB, or all of a shorter one.
    pub fn head(&self) -> &[u8] {
        &self.head
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
}
