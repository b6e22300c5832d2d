//! The archive of a program: `torch/csrc/jit/serialization/export_module.cpp` writes it.
//!
//! | entry | |
//! | --- | --- |
//! | `data.pkl`, `data/` | the module with its attributes, and the storages of its tensors |
//! | `constants.pkl`, `constants/` | the tensors that the code calls `CONSTANTS.c0` … |
//! | `code/__torch__/….py` | the classes and functions |
//! | `code/….py.debug_pkl` | where in the source each piece of the code comes from |
//! | `bytecode.pkl` | of programs for phones: the methods as instructions |
//! | `version` | the number of the layout |
//!
//! Of archives that are older than 1.3, see `legacy`.

use super::super::super::Open;
use super::super::archive as checkpoint;
use super::super::container::{Checkpoint, Place, Subject};
use super::legacy::MODEL;
use super::library::Library;
use crate::codec::pickle::Pickle;
use crate::codec::zip::{Directory, Entry};
use crate::model::Encoding;
use crate::probe::Zip;
use crate::report::{Error, Result, Severity};
use crate::source::{FileId, Files, Limits, Slice};
use foldhash::HashMap;

/// The most bytes of a file of code.
const CODE: u64 = 64 << 20;
/// The most bytes of the directory.
const DIRECTORY: usize = 64 << 20;

/// What an archive of a program has.
pub struct Archive {
    subject: Subject,
    directory: Directory,
    /// The folder that all entries are in, with its slash.
    pub folder: String,
}

/// Whether the archive is one of a program.
pub fn is_program(zip: &Zip) -> bool {
    let Some(folder) = folder(&zip.entries) else { return false };
    let mut own = zip.entries.iter().filter_map(|entry| entry.path.strip_prefix(&*folder));
    let is_code = |path: &str| path.starts_with("code/") && path.ends_with(".py");
    own.any(|path| matches!(path, "constants.pkl" | "bytecode.pkl") || is_code(path))
}

/// The folder with the objects, or with the description of old archives.
fn folder(entries: &[Entry]) -> Option<String> {
    let old = || entries.iter().find_map(|entry| entry.path.strip_suffix(MODEL));
    let old = || old().filter(|folder| folder.is_empty() || folder.ends_with('/')).map(str::to_owned);
    checkpoint::folder(entries).or_else(old)
}

impl Archive {
    /// Opens the archive.
    ///
    /// # Errors
    /// When its directory cannot be read.
    pub fn open(open: &mut Open) -> Result<Self> {
        let subject = Subject { file: open.file, bytes: open.probe.file() };
        let directory = match open.probe.zip() {
            Some(Zip { entries, duplicates, fault: None }) => {
                Directory { entries: entries.clone(), duplicates: *duplicates }
            }
            _ => Directory::read(&subject.bytes, DIRECTORY)?,
        };
        if directory.duplicates {
            let message = "the archive has several entries of the same name; the last one is shown";
            open.report.add(Severity::Warning, message);
        }
        let folder = folder(&directory.entries).unwrap_or_default();
        Ok(Self { subject, directory, folder })
    }

    fn find(&self, path: &str) -> Option<&Entry> {
        self.directory.find(&format!("{}{path}", self.folder))
    }

    fn bytes(&self, entry: &Entry, files: &Files, limits: &Limits) -> Result<(FileId, Slice)> {
        let (file, span) = entry.open(files, self.subject.file, &self.subject.bytes, limits)?;
        Ok((file, files.slice(file).unwrap_or_default().window(span)))
    }

    /// The short text at `path`.
    pub fn word(&self, path: &str, open: &Open) -> Option<String> {
        checkpoint::word(&self.directory, &format!("{}{path}", self.folder), &self.subject, open)
    }

    /// The pickle at `path`; none if there is none.
    pub fn pickle(&self, path: &str, files: &Files, limits: &Limits) -> Option<Result<Pickle>> {
        let entry = self.find(path)?;
        Some(self.bytes(entry, files, limits).map(|(_, slice)| Pickle::read(slice, limits)))
    }

    /// The objects of `<name>.pkl`, with the storages in `<name>/`; none if there are none.
    ///
    /// # Errors
    /// When the pickle cannot be read at all.
    pub fn objects(&self, name: &str, open: &mut Open) -> Option<Result<Checkpoint>> {
        let entry = self.find(&format!("{name}.pkl"))?;
        let (file, slice) = match self.bytes(entry, open.files, &open.limits) {
            Ok(found) => found,
            Err(error) => return Some(Err(error)),
        };
        let pickle = Pickle::read(slice.clone(), &open.limits);
        open.pickle(&entry.path, file, &slice, &pickle);
        if pickle.fault.is_some() && entry.encrypted {
            let message = format!("{:?} is encrypted with a password", entry.path);
            return Some(Err(Error::unsupported(message).at(entry.header)));
        }
        if let Some(fault) = &pickle.fault {
            open.report.add_error(fault);
        }
        let bytes = open.files.slice(file).unwrap_or_default();
        let mut objects = Checkpoint::new(String::new(), pickle, file, bytes);
        if self.word("byteorder", open).as_deref() == Some("big") {
            objects.encoding = Encoding::Big;
        }
        objects.storages = self.storages(&format!("{name}/"), open);
        Some(Ok(objects))
    }

    /// The storages whose paths begin with `prefix`.
    pub fn storages(&self, prefix: &str, open: &mut Open) -> HashMap<String, Place> {
        checkpoint::storages(&self.directory, &format!("{}{prefix}", self.folder), &self.subject, open)
    }

    /// All code. What cannot be read is told.
    pub fn library(&self, open: &mut Open) -> Library {
        let mut library = Library::default();
        let prefix = format!("{}code/", self.folder);
        for entry in &self.directory.entries {
            let Some(module) = entry.path.strip_prefix(&*prefix).and_then(|path| path.strip_suffix(".py")) else {
                continue;
            };
            match self.text_of(entry, open.files, &open.limits) {
                Ok(text) => {
                    let path = entry.path.strip_prefix(&*self.folder).unwrap_or(&entry.path);
                    library.add(path, &module.replace('/', "."), &text, &mut open.report);
                }
                Err(error) => open.report.add_error(&error),
            }
        }
        library
    }

    /// The text at `path`.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn text(&self, path: &str, open: &Open) -> Result<String> {
        let entry = self.find(path).ok_or_else(|| Error::missing(format!("the archive has no {path}")))?;
        self.text_of(entry, open.files, &open.limits)
    }

    fn text_of(&self, entry: &Entry, files: &Files, limits: &Limits) -> Result<String> {
        let (_, slice) = self.bytes(entry, files, limits)?;
        let bytes = slice.read_all(CODE).map_err(|error| error.within(entry.path.clone()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What tells where code comes from, at `path`.
    pub fn ranges(&self, path: &str, files: &Files, limits: &Limits) -> Option<Pickle> {
        let pickle = self.pickle(path, files, limits)?;
        pickle.ok().filter(|pickle| pickle.fault.is_none())
    }

    /// Whether there is an entry at `path`.
    pub fn has(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    /// Further files that whoever saved the program added: their names with their content, if that is text.
    pub fn extras(&self, open: &mut Open) -> Vec<(String, String)> {
        let prefix = format!("{}extra/", self.folder);
        let mut extras = Vec::new();
        for entry in &self.directory.entries {
            let Some(name) = entry.path.strip_prefix(&*prefix) else { continue };
            let content = self.bytes(entry, open.files, &open.limits).and_then(|(_, slice)| slice.read_all(EXTRA));
            match content.map(String::from_utf8) {
                Ok(Ok(text)) => extras.push((name.to_owned(), text)),
                _ => extras.push((name.to_owned(), format!("{} bytes", entry.size))),
            }
        }
        extras
    }
}

/// The most bytes of a further file that are shown.
const EXTRA: u64 = 16 << 10;
