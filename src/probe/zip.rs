//! The entries of a ZIP archive.

use super::Probe;
use crate::report::{Error, Kind};
use crate::source::Slice;
use ::zip::ZipArchive;
use ::zip::result::{ZipError, ZipResult};
use std::io::{self, Read, Seek, SeekFrom};

/// The most bytes that are read: of the directory, which is at the end, and of the search for it.
const LOOK: usize = 8 << 20;

/// What is seen of an archive.
#[derive(Clone, Debug, Default)]
pub struct Zip {
    /// Its entries, in the order of its directory; none if that cannot be read.
    pub entries: Vec<ZipEntry>,
    /// Why the directory cannot be read.
    pub fault: Option<Error>,
}

/// An entry of an archive.
#[derive(Clone, Debug)]
pub struct ZipEntry {
    /// Its path, as the archive spells it.
    pub path: String,
    /// Its size in bytes, once it is unpacked.
    pub size: u64,
    /// Whether a password is needed.
    pub encrypted: bool,
}

impl Zip {
    /// Whether there is an entry at just `path`, or one folder below the top: archives often hold one folder with everything.
    pub fn has(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| {
            let inner = entry.path.split_once('/').map(|(_, inner)| inner);
            entry.path == path || inner == Some(path)
        })
    }

    /// Whether there is an entry whose path contains `part`.
    pub fn has_part(&self, part: &str) -> bool {
        self.entries.iter().any(|entry| entry.path.contains(part))
    }
}

/// What is seen of the archive in `probe`; none if it does not begin like one.
pub fn peek(probe: &Probe) -> Option<Zip> {
    // A local file header, the end of an empty archive, the mark of a part of an archive (APPNOTE 4.3.7, 4.3.16, 8.5.3).
    let begins = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"].iter().any(|signature| probe.has(0, *signature));
    begins.then(|| {
        read(probe.file()).unwrap_or_else(|error| {
            let fault = fault(&error);
            if fault.kind == Kind::Io {
                probe.fail(fault.clone());
            }
            Zip { fault: Some(fault), ..Zip::default() }
        })
    })
}

/// The error of the source or of the bound, where there was one; else the archive is at fault.
fn fault(error: &ZipError) -> Error {
    let inner = match error {
        ZipError::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref::<Error>().cloned()),
        _ => None,
    };
    inner.unwrap_or_else(|| Error::malformed(error.to_string()))
}

fn read(file: Slice) -> ZipResult<Zip> {
    let archive = ZipArchive::new(Bounded { file, left: LOOK })?;
    let directory = archive.metadata();
    let entry = |index: usize| {
        let entry = directory.entry(index)?;
        Ok(ZipEntry { path: entry.name()?.into_owned(), size: entry.size(), encrypted: entry.encrypted() })
    };
    let entries = (0..directory.len()).map(entry).collect::<ZipResult<_>>()?;
    Ok(Zip { entries, fault: None })
}

/// A file of which so many bytes may be read.
struct Bounded {
    file: Slice,
    left: usize,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count)
            .ok_or_else(|| io::Error::other(Error::limit(format!("the directory takes more than {LOOK} bytes"))))?;
        Ok(count)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
