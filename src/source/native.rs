//! Files of the operating system.

use super::{Folder, Source};
use crate::report::{Error, Result};
use std::fs;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
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
    /// [`Kind::Io`](crate::report::Kind::Io): those of the operating system, and when it is a folder.
    pub fn open(path: &Path) -> Result<Self> {
        let file = fs::File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(Error::io("this is a folder, not a file"));
        }
        Ok(Self { file, len: metadata.len() })
    }
}

impl Source for NativeFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match file.read(rest) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::from(error).at(at.saturating_add(done as u64))),
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

    fn is_remote(&self) -> bool {
        false
    }
}
