//! The files that were opened together.

use super::{Pages, Slice, Source};
use crate::report::Result;
use std::cell::RefCell;
use std::rc::Rc;

/// Names a [`File`] in its [`Files`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct FileId(pub u32);

/// One opened file.
#[derive(Clone)]
pub struct File {
    /// The path relative to what was dropped, with `/` between its parts.
    pub path: String,
    /// Its bytes.
    pub pages: Rc<Pages>,
}

/// Where companions may come from, beyond the files that were dropped: the folder of a file named on the command line, or
/// the folder of a remote model.
pub trait Folder {
    /// The file at `path`, relative to the folder; none if there is no such file.
    ///
    /// # Errors
    /// When there is one but it cannot be opened.
    fn open(&self, path: &str) -> Result<Option<Rc<dyn Source>>>;
}

/// The files that were opened together; the first is the main one.
pub struct Files {
    files: RefCell<Vec<File>>,
    folder: Option<Rc<dyn Folder>>,
}

impl Files {
    /// A set of just the main file, called `path`.
    pub fn new(path: &str, source: Rc<dyn Source>) -> Self {
        let files = Self { files: RefCell::default(), folder: None };
        files.add(path, source);
        files
    }

    /// The same set, with companions taken from `folder` too.
    #[must_use]
    pub fn with_folder(self, folder: Rc<dyn Folder>) -> Self {
        Self { folder: Some(folder), ..self }
    }

    /// Adds a file that was dropped together with the main one.
    pub fn add(&self, path: &str, source: Rc<dyn Source>) -> FileId {
        let mut files = self.files.borrow_mut();
        let id = FileId(u32::try_from(files.len()).unwrap_or(u32::MAX));
        files.push(File { path: path.replace('\\', "/"), pages: Rc::new(Pages::new(source)) });
        id
    }

    /// The paths of all files that were opened so far.
    pub fn paths(&self) -> Vec<String> {
        self.files.borrow().iter().map(|file| file.path.clone()).collect()
    }

    /// The path of the main file.
    pub fn name(&self) -> String {
        self.files.borrow().first().map(|file| file.path.clone()).unwrap_or_default()
    }

    /// The whole main file.
    pub fn main(&self) -> Slice {
        self.slice(FileId(0)).unwrap_or_default()
    }

    /// The whole of `file`.
    pub fn slice(&self, file: FileId) -> Option<Slice> {
        self.files.borrow().get(file.0 as usize).map(|file| Slice::new(file.pages.clone()))
    }

    /// The file at `path` relative to the main file's folder: among the dropped files, else in the folder.
    ///
    /// Paths that would leave the folder (absolute, `..`) name nothing. Where nothing was dropped at the exact path, a dropped
    /// file of the same name serves: people drop files without their folders.
    ///
    /// # Errors
    /// When there is such a file but it cannot be opened.
    pub fn sibling(&self, path: &str) -> Result<Option<FileId>> {
        let path = path.replace('\\', "/");
        let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if path.starts_with('/') || parts.is_empty() || parts.iter().any(|part| *part == ".." || part.contains(':')) {
            return Ok(None);
        }
        let relative = parts.join("/");
        let main = self.name();
        let full = match main.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{relative}"),
            None => relative.clone(),
        };
        let base = parts.last().copied().unwrap_or_default();
        let found = {
            let files = self.files.borrow();
            let position = |wanted: &dyn Fn(&str) -> bool| files.iter().position(|file| wanted(&file.path));
            position(&|path| path == full)
                .or_else(|| position(&|path| path.rsplit('/').next() == Some(base)))
                .and_then(|index| u32::try_from(index).ok())
        };
        if let Some(index) = found {
            return Ok(Some(FileId(index)));
        }
        let Some(folder) = &self.folder else { return Ok(None) };
        Ok(folder.open(&relative)?.map(|source| self.add(&full, source)))
    }
}
