//! A file of a folder that is asked for when it is read.

use super::{Folder, Source};
use crate::report::{Error, Result};
use std::cell::OnceCell;
use std::rc::Rc;

/// A file of which others say how long it is, so that nobody has to ask before it is read.
pub struct LateSource {
    folder: Rc<dyn Folder>,
    path: String,
    len: u64,
    opened: OnceCell<Rc<dyn Source>>,
}

impl LateSource {
    /// The file at `path` of `folder`, which should have `len` bytes.
    pub fn new(folder: Rc<dyn Folder>, path: String, len: u64) -> Self {
        Self { folder, path, len, opened: OnceCell::new() }
    }

    fn opened(&self) -> Result<&Rc<dyn Source>> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let path = &self.path;
        let source = self.folder.open(path)?.ok_or_else(|| Error::missing(format!("{path:?} is not here")))?;
        if source.len() != self.len {
            let message = format!("{path:?} has {} bytes, where {} are asked for", source.len(), self.len);
            return Err(Error::malformed(message));
        }
        Ok(self.opened.get_or_init(|| source))
    }
}

impl Source for LateSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        self.opened()?.read_at(at, buffer)
    }
}
