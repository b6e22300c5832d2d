//! The entries of a ZIP archive.

use super::Probe;
use crate::codec::zip::Directory;
pub use crate::codec::zip::Entry as ZipEntry;
use crate::report::{Error, Kind};

/// The most bytes that are read: of the directory, which is at the end, and of the search for it.
const LOOK: usize = 8 << 20;

/// What is seen of an archive.
#[derive(Clone, Debug, Default)]
pub struct Zip {
    /// Its entries, in the order of its directory; none if that cannot be read.
    pub entries: Vec<ZipEntry>,
    /// Whether several entries had the same path; the last one of them is in `entries`.
    pub duplicates: bool,
    /// Why the directory cannot be read.
    pub fault: Option<Error>,
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
    begins.then(|| match Directory::read(&probe.file(), LOOK) {
        Ok(Directory { entries, duplicates }) => Zip { entries, duplicates, fault: None },
        Err(fault) => {
            if fault.kind == Kind::Io {
                probe.fail(fault.clone());
            }
            Zip { fault: Some(fault), ..Zip::default() }
        }
    })
}
