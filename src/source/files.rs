//! The files that were opened together.

use super::{Cache, LateSource, Pages, Slice, Source};
use crate::report::{Error, Result};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Names a file in its [`Files`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct FileId(pub u32);

/// One opened file.
struct File {
    /// The path relative to what was dropped, with `/` between its parts.
    path: String,
    pages: Rc<Pages>,
    origin: Origin,
}

/// Where a file came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It was dropped.
    Dropped,
    /// It was found in the folder.
    Found,
    /// It is inside of another file.
    Inside,
}

/// Where companions may come from, beyond the files that were dropped: the folder of a file named on the command line, or
/// the folder of a remote model.
pub trait Folder {
    /// The file at `path`, relative to the folder; none if there is no such file.
    ///
    /// # Errors
    /// When there is one but it cannot be opened.
    fn open(&self, path: &str) -> Result<Option<Rc<dyn Source>>>;

    /// Whether it is on a server, where looking for a file costs a request.
    fn is_remote(&self) -> bool;
}

/// The files that were opened together; the first is the main one.
pub struct Files {
    files: RefCell<Vec<File>>,
    folder: Option<Rc<dyn Folder>>,
    /// What the folder said of the paths that are not among the files: each is asked for once.
    absent: RefCell<HashMap<String, Option<Error>>>,
    cache: Rc<Cache>,
}

impl Files {
    /// A set of just the main file, called `path`.
    pub fn new(path: &str, source: Rc<dyn Source>) -> Self {
        let files = Self { files: RefCell::default(), folder: None, absent: RefCell::default(), cache: Rc::default() };
        files.add(path, source);
        files
    }

    /// The same set, with companions taken from `folder` too.
    #[must_use]
    pub fn with_folder(self, folder: Rc<dyn Folder>) -> Self {
        Self { folder: Some(folder), ..self }
    }

    /// Adds a file that was dropped together with the main one, or afterwards.
    pub fn add(&self, path: &str, source: Rc<dyn Source>) -> FileId {
        self.push(path.replace('\\', "/"), source, Origin::Dropped)
    }

    /// Adds what was unpacked from another file of the set, called `path` where its bytes are spoken of. No name refers to it.
    pub fn add_inside(&self, path: &str, source: Rc<dyn Source>) -> FileId {
        self.push(path.into(), source, Origin::Inside)
    }

    fn push(&self, path: String, source: Rc<dyn Source>, origin: Origin) -> FileId {
        let mut files = self.files.borrow_mut();
        let id = FileId(u32::try_from(files.len()).unwrap_or(u32::MAX));
        files.push(File { path, pages: Rc::new(Pages::with_cache(source, self.cache.clone())), origin });
        id
    }

    /// The paths of all files that were opened so far.
    pub fn paths(&self) -> Vec<String> {
        self.files.borrow().iter().map(|file| file.path.clone()).collect()
    }

    /// The paths of the files beside the main one, without what is inside of others.
    pub fn companions(&self) -> Vec<String> {
        let files = self.files.borrow();
        files.iter().skip(1).filter(|file| file.origin != Origin::Inside).map(|file| file.path.clone()).collect()
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

    /// The file at `path` relative to the main file's folder, as the main file spells it; none if there is none. In this order:
    ///
    /// 1. the dropped file at just that path;
    /// 2. a dropped file of the same name in the main file's folder, or without a folder: people drop files without their folders;
    /// 3. the file at that path in the [`Folder`].
    ///
    /// # Errors
    /// When there is such a file but it cannot be opened; when the path is absolute, has a drive or a scheme, or goes up with `..`.
    pub fn sibling(&self, path: &str) -> Result<Option<FileId>> {
        let relative = relative(path)?;
        let full = self.beside(&relative);
        if let Some(found) = self.known(&relative, &full) {
            return Ok(Some(found));
        }
        let Some(folder) = &self.folder else { return Ok(None) };
        if let Some(known) = self.absent.borrow().get(&relative) {
            return known.clone().map_or(Ok(None), Err);
        }
        let opened = folder.open(&relative);
        if let Ok(Some(source)) = opened {
            return Ok(Some(self.push(full, source, Origin::Found)));
        }
        self.absent.borrow_mut().insert(relative, opened.as_ref().err().cloned());
        opened.map(|_| None)
    }

    /// The same as [`sibling`](Self::sibling), where others say that the file has `len` bytes: a server is asked for it only when it is read, and
    /// then it is an error if there is none, or another one.
    ///
    /// # Errors
    /// Those of [`sibling`](Self::sibling).
    pub fn sibling_of(&self, path: &str, len: u64) -> Result<Option<FileId>> {
        let relative = relative(path)?;
        let full = self.beside(&relative);
        match self.folder.as_ref().filter(|folder| folder.is_remote()) {
            Some(folder) if self.known(&relative, &full).is_none() => {
                let late = LateSource::new(folder.clone(), relative, len);
                Ok(Some(self.push(full, Rc::new(late), Origin::Found)))
            }
            _ => self.sibling(path),
        }
    }

    /// Whether looking for a [`sibling`](Self::sibling) may cost a request to a server.
    pub fn is_remote(&self) -> bool {
        self.folder.as_ref().is_some_and(|folder| folder.is_remote())
    }

    /// `path`, which is relative to the folder of the main file, with that folder.
    fn beside(&self, path: &str) -> String {
        match self.name().rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{path}"),
            None => path.into(),
        }
    }

    /// The file at `relative`, which is `full` with the folder of the main file, if it is among the files.
    fn known(&self, relative: &str, full: &str) -> Option<FileId> {
        let name = relative.rsplit('/').next().unwrap_or_default();
        let beside = self.beside(name);
        let own = self.position(|file| file.origin != Origin::Inside && file.path == full);
        own.or_else(|| {
            self.position(|file| file.origin == Origin::Dropped && (file.path == beside || file.path == name))
        })
    }

    fn position(&self, wanted: impl Fn(&File) -> bool) -> Option<FileId> {
        let index = self.files.borrow().iter().position(wanted)?;
        u32::try_from(index).ok().map(FileId)
    }
}

/// `path` with `/` between its parts and without `.`; an error if it could leave the folder that it is relative to.
fn relative(given: &str) -> Result<String> {
    let path = given.replace('\\', "/");
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let drive = parts.first().is_some_and(|first| first.len() == 2 && first.ends_with(':'));
    let leaves = path.starts_with('/') || drive || path.contains("://") || parts.contains(&"..");
    if parts.is_empty() || leaves {
        return Err(Error::unsupported(format!(
            "{given:?} is not a path within the folder of the model, so it is not opened"
        )));
    }
    Ok(parts.join("/"))
}
