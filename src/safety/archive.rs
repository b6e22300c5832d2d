//! What is odd about a ZIP archive with pickles, and the pickles that readers did not ask for.

use super::audit::{Audit, Origin, Task};
use super::{Finding, Rating};
use crate::codec::pickle::Glance;
use crate::codec::zip::{Directory, Entry, Method};
use crate::sort;
use crate::source::{FileId, Files, InflatedSource, Limits, PAGE, Packing, Pages, Slice, Span, WindowSource};
use std::rc::Rc;

/// The most bytes of the directory.
const DIRECTORY: usize = 64 << 20;
/// The most pages of the file that are read to look at entries whose names do not say that they are pickles.
const PAGES: usize = 12;
/// The largest pickle whose checksum is computed: all of it is read for that.
const SUMMED: u64 = 1 << 20;
/// How many bytes of an entry are looked at.
const HEAD: u64 = 4096;
/// The most names that a sentence has.
const NAMED: usize = 6;
/// What the main pickle of a checkpoint is called.
const MAIN: &str = "data.pkl";
/// The extensions of pickles.
const EXTENSIONS: &[&str] = &[".pkl", ".pickle", ".p", ".joblib", ".dill", SOURCES];
/// The extension of the pickles that say where the code of TorchScript comes from: one for each file of code, often many.
const SOURCES: &str = ".debug_pkl";
/// How archives begin.
const ARCHIVE: &[u8] = b"PK\x03\x04";
/// How programs begin.
const PROGRAMS: &[(&[u8], &str)] =
    &[(b"\x7fELF", "a program for Linux"), (b"MZ", "a program for Windows"), (b"#!", "a script")];

/// An archive.
pub struct Archive {
    /// The file that it is all of.
    pub file: FileId,
    /// Its bytes.
    pub bytes: Slice,
    /// What the names of its entries begin with in reports.
    pub prefix: String,
}

/// What the head of an entry is.
enum Head {
    /// A pickle that begins so many bytes after the start.
    Pickle(u64),
    /// An archive.
    Archive,
    /// A program, in words.
    Program(&'static str),
    /// Anything else.
    Other,
}

impl Audit {
    /// The pickles of `archive` that nobody pushed yet. What is odd about it is noted.
    pub(super) fn entries(&mut self, files: &Files, limits: &Limits, archive: &Archive) -> Vec<Task> {
        let Ok(all) = Directory::records(&archive.bytes, DIRECTORY) else { return Vec::new() };
        let mut paths: Vec<(&str, usize)> = all.iter().enumerate().map(|(at, entry)| (&*entry.path, at)).collect();
        sort::sort(&mut paths);
        self.findings.extend(of_all(&all, &paths));
        let known = self.names();
        // Of entries with the same path, readers take the last.
        let is_taken = |entry: &Entry| {
            let end = paths.partition_point(|(path, _)| *path <= &*entry.path);
            let last = end.checked_sub(1).and_then(|last| all.get(paths.get(last)?.1));
            last.is_some_and(|last| last.header == entry.header)
                && known.binary_search(&format!("{}{}", archive.prefix, entry.path)).is_ok()
        };
        let (mut tasks, mut inner, mut pages) = (Vec::new(), Vec::new(), Vec::new());
        for entry in in_order(&all) {
            if is_taken(entry) {
                self.findings.extend(of_entry(entry, archive));
                continue;
            }
            let named = is_named(&entry.path);
            if entry.size == 0 {
                continue;
            }
            if entry.method == Method::Other {
                self.unseen += 1;
                if named {
                    let message =
                        format!("{:?} is compressed in a way that is not known, so it was not looked at.", entry.path);
                    self.findings.push(Finding::new(Rating::Unknown, message, Some(entry.header)));
                }
                continue;
            }
            if (!named || entry.path.ends_with(SOURCES)) && !affords(entry, &mut pages) {
                self.unseen += 1;
                continue;
            }
            match head(entry, archive, named) {
                Head::Pickle(offset) => {
                    self.findings.extend(of_entry(entry, archive));
                    tasks.extend(task(entry, archive, files, limits, offset, Origin::Entry { named }));
                }
                Head::Archive => inner.extend(nested(entry, archive, files)),
                Head::Program(what) => {
                    let message = format!("The entry {:?} is {what}.", entry.path);
                    self.findings.push(Finding::new(Rating::Unknown, message, Some(entry.header)));
                }
                Head::Other => {}
            }
        }
        tasks.reverse();
        for archive in inner {
            tasks.extend(self.entries(files, limits, &archive));
        }
        tasks
    }
}

/// Those whose names say that they are pickles first, those that are tensors by their names last, the small ones of them first.
fn in_order(all: &[Entry]) -> Vec<&Entry> {
    let mut order: Vec<&Entry> = all.iter().collect();
    sort::sort_by_key(&mut order, |entry| {
        let last = entry.path.rsplit('/').next().unwrap_or_default();
        let is_tensor = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        (!is_named(&entry.path), is_tensor, if is_tensor { entry.size } else { 0 })
    });
    order
}

fn is_named(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    EXTENSIONS.iter().any(|extension| path.ends_with(extension))
}

/// Whether the page that `entry` begins in is one of a few.
fn affords(entry: &Entry, pages: &mut Vec<u64>) -> bool {
    let page = entry.header / PAGE;
    if !pages.contains(&page) && pages.len() < PAGES {
        pages.push(page);
    }
    pages.contains(&page)
}

/// The unpacked bytes of `entry`.
fn unpacked(entry: &Entry, archive: &Archive) -> Option<Slice> {
    let span = entry.span(&archive.bytes).ok()?;
    let packed = archive.bytes.window(span);
    if entry.method == Method::Stored {
        return Some(packed);
    }
    let inflated = InflatedSource::new(packed, Packing::Deflate, entry.size);
    Some(Slice::new(Rc::new(Pages::new(Rc::new(inflated)))))
}

/// What `entry` begins with. What its name says is a pickle is one if anything in it is an instruction.
fn head(entry: &Entry, archive: &Archive, named: bool) -> Head {
    let Some(bytes) = unpacked(entry, archive) else { return Head::Other };
    let head = bytes.bytes_at(bytes.span().at, bytes.len().min(HEAD)).unwrap_or_default();
    let glance = Glance::at(bytes);
    if glance.is_pickle() || named && glance.instructions > 0 {
        return Head::Pickle(0);
    }
    if let Some(offset) = objects(&head) {
        return Head::Pickle(offset);
    }
    if head.starts_with(ARCHIVE) {
        return Head::Archive;
    }
    let program = PROGRAMS.iter().find(|(signature, _)| head.starts_with(signature));
    program.map_or(Head::Other, |(_, what)| Head::Program(what))
}

/// The archive that `entry` is, as a file of its own; none within an archive that is an entry itself.
fn nested(entry: &Entry, archive: &Archive, files: &Files) -> Option<Archive> {
    let bytes = unpacked(entry, archive).filter(|_| archive.prefix.is_empty())?;
    let file = files.add_inside(&entry.path, Rc::new(WindowSource(bytes)));
    Some(Archive { file, bytes: files.slice(file)?, prefix: inside(&entry.path) })
}

/// What names begin with of what is inside of `place`.
pub(super) fn inside(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!("{place} › ") }
}

/// Where the pickle of an array of objects begins, in NumPy's format (NEP 1).
fn objects(head: &[u8]) -> Option<u64> {
    let rest = head.strip_prefix(b"\x93NUMPY")?;
    let (start, text) = match rest {
        [1, _, low, high, text @ ..] => (10 + u64::from(u16::from_le_bytes([*low, *high])), text),
        [2..=255, _, a, b, c, d, text @ ..] => (12 + u64::from(u32::from_le_bytes([*a, *b, *c, *d])), text),
        _ => return None,
    };
    let text = text.get(..HEAD.min(start) as usize).unwrap_or(text);
    let is_object = text.windows(3).any(|part| part == b"|O'" || part == b"'O'");
    is_object.then_some(start)
}

fn task(entry: &Entry, archive: &Archive, files: &Files, limits: &Limits, offset: u64, origin: Origin) -> Option<Task> {
    let (file, span) = entry.open(files, archive.file, &archive.bytes, limits).ok()?;
    let whole = files.slice(file)?.window(span);
    let bytes = whole.window(Span { at: span.at.saturating_add(offset), len: u64::MAX });
    Some(Task::new(format!("{}{}", archive.prefix, entry.path), file, bytes, origin))
}

/// What is odd about the archive as a whole, whose entries have these paths, in order, each with the number of its entry.
fn of_all(all: &[Entry], paths: &[(&str, usize)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let odd = |message: String, at| Finding::new(Rating::Unknown, message, at);
    if let Some(first) = all.iter().map(|entry| entry.header).min().filter(|first| *first > 0) {
        findings.push(odd(format!("{first} bytes are before the first entry of the archive."), Some(0)));
    }
    let twice = paths.windows(2).filter_map(|pair| match pair {
        [(a, _), (b, _)] if a == b => Some(*a),
        _ => None,
    });
    let mut several: Vec<&str> = twice.collect();
    several.dedup();
    if !several.is_empty() {
        let names = list(&several);
        let message =
            format!("The archive has several entries called {names}. Programs differ in which one they take.");
        findings.push(odd(message, None));
    }
    let is_main = |path: &&str| path.rsplit('/').next() == Some(MAIN);
    let mut mains: Vec<&str> = paths.iter().map(|(path, _)| *path).filter(is_main).collect();
    mains.dedup();
    if mains.len() > 1 {
        let names = list(&mains);
        let message = format!("There is more than one main pickle: {names}. Programs differ in which one they take.");
        findings.push(odd(message, None));
    }
    findings
}

/// The first few of `names`.
fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("{name:?}")).collect();
    let more = if names.len() > NAMED { " and more" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// What is odd about an entry with a pickle: places where programs may believe one thing or the other.
fn of_entry(entry: &Entry, archive: &Archive) -> Vec<Finding> {
    let (path, at) = (&entry.path, Some(entry.header));
    let odd = |message: String| Finding::new(Rating::Unknown, message, at);
    let Ok(local) = entry.local(&archive.bytes) else {
        return vec![odd(format!("{path:?} has no header of its own."))];
    };
    let mut findings = Vec::new();
    if local.path != path.as_bytes() {
        let other = String::from_utf8_lossy(&local.path);
        findings.push(odd(format!("The directory of the archive calls an entry {path:?}, and the entry calls itself {other:?}. Programs differ in which they believe.")));
    }
    if entry.encrypted || local.encrypted() {
        findings.push(odd(format!("{path:?} is marked as encrypted, but is not. PyTorch does not look at the mark; programs that do so see nothing.")));
    }
    let (method, name) = match entry.method {
        Method::Stored => (0, "not compressed"),
        _ => (8, "compressed"),
    };
    if local.method != method {
        findings.push(odd(format!("The directory says that {path:?} is {name}, and the entry says otherwise.")));
    } else if entry.method == Method::Deflated && path.ends_with(MAIN) {
        let message =
            format!("{path:?} is compressed. PyTorch does not compress it: the archive was packed by another program.");
        findings.push(Finding::new(Rating::Inert, message, at));
    }
    if local.is_complete() && local.packed != u32::MAX && u64::from(local.packed) != entry.packed {
        findings.push(odd(format!(
            "The directory says that {path:?} has {} bytes, and the entry says {}.",
            entry.packed, local.packed
        )));
    }
    findings.extend(checksum(entry, archive).filter(|sum| *sum != entry.crc).map(|sum| {
        odd(format!("The checksum of {path:?} is wrong: {:#010x} is stated, {sum:#010x} is right. PyTorch does not look at it; programs that do so may give up.", entry.crc))
    }));
    findings
}

/// The checksum of `entry`, if it is small.
fn checksum(entry: &Entry, archive: &Archive) -> Option<u32> {
    let bytes = unpacked(entry, archive)?.read_all(SUMMED).ok()?;
    let mut sum = flate2::Crc::new();
    sum.update(&bytes);
    Some(sum.sum())
}
