//! Files of the operating system.

use super::{Folder, Source};
use crate::report::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A file on disk.
#[derive(Debug)]
pub struct NativeFile {
    file: fs::File,
    len: u64,
}

impl NativeFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn open(path: &Path) -> Result<Self> {
        let file = fs::File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

impl Source for NativeFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        use std::os::unix::fs::FileExt;
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at + done as u64)? {
                0 => break,
                count => done += count,
            }
        }
        Ok(done)
    }
}

/// A folder on disk, for the companions of a file that was named on the command line.
#[derive(Debug)]
pub struct NativeFolder(pub PathBuf);

impl Folder for NativeFolder {
    fn open(&self, path: &str) -> Result<Option<Rc<dyn Source>>> {
        let path = self.0.join(path);
        Ok(if path.is_file() { Some(Rc::new(NativeFile::open(&path)?)) } else { None })
    }
}
