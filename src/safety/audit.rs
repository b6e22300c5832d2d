//! Collects the reports on the pickles of a file, and goes after those that are hidden.

use super::archive::{Archive, inside};
use super::stream::{Payload, examine};
use super::{Finding, Rating, Ratings, Safety, Stream, Verdict, words};
use crate::codec::pickle::{Bytes, Glance, Object, Pickle};
use crate::sort;
use crate::source::{BytesSource, FileId, Files, Limits, Pages, Slice, Span};
use std::rc::Rc;

/// The most pickles of a rating that are listed.
const LISTED: usize = 48;
/// The most dangerous pickles that are listed.
const LISTED_DANGEROUS: usize = 256;
/// The most pickles that are read beyond those that readers push.
const FOLLOWED: usize = 4096;
/// The most findings that are no pickles.
const FOUND: usize = 256;
/// How deep pickles are within pickles.
const DEPTH: usize = 8;
/// Streams of PyTorch begin with this number, in a pickle of its own; four more follow it, as they should.
const MAGIC: &str = "119547037146038801333356";
/// How many pickles follow that number.
const FOLLOWING: usize = 4;
/// The end of a ZIP archive has this signature, in so many last bytes if there is no comment.
const ARCHIVE_END: (&[u8], u64) = (b"PK\x05\x06", 22);
/// The most bytes of an archive within a pickle that are looked into.
const INNER_ARCHIVE: u64 = 16 << 20;

/// Collects reports while a file is read. A reader pushes each pickle that it reads.
#[derive(Default)]
pub struct Audit {
    pub(super) streams: Vec<Stream>,
    pub(super) findings: Vec<Finding>,
    pub(super) unseen: usize,
    ratings: Ratings,
    followed: usize,
    /// Whether something was found that is no pickle.
    found: bool,
}

/// How far a report is: what was reported before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    streams: usize,
    findings: usize,
}

/// A pickle that is to be read.
pub(super) struct Task {
    /// What it is in.
    pub name: String,
    /// The file of its bytes.
    pub file: FileId,
    /// Its bytes, and what follows them.
    pub bytes: Slice,
    /// How it came to be read.
    pub origin: Origin,
    /// The pickle that it is in or behind.
    pub within: Option<usize>,
    depth: usize,
}

/// How a pickle came to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A reader read it.
    Reader,
    /// It is in an entry of an archive that no reader asked for, as its name says or not.
    Entry { named: bool },
    /// It is behind the end of another one.
    Behind,
    /// It is one of a series; so many more are to come.
    Series(usize),
    /// It is in the data of another one; a call reads it, or it only looks like one.
    Inside { read: bool },
}

impl Audit {
    /// Reports on `pickle`, which is what `name` names: the path of its entry in an archive, or empty if it is all of the file. It begins at
    /// the cursor of `bytes`, a window over `file` up to the end of that entry; what follows the pickle in it is looked at, too.
    pub fn push(&mut self, files: &Files, limits: &Limits, name: &str, file: FileId, bytes: &Slice, pickle: &Pickle) {
        let task =
            Task { name: name.into(), file, bytes: bytes.clone(), origin: Origin::Reader, within: None, depth: 0 };
        let mut tasks = Vec::new();
        self.take(files, limits, task, pickle, &mut tasks);
        self.follow(files, limits, tasks);
    }

    /// Reports on something that is no pickle: code that a program runs when it loads the file, or what such a program reads.
    pub fn find(&mut self, rating: Rating, message: String, at: Option<u64>) {
        if self.findings.len() < FOUND {
            self.findings.push(Finding::new(rating, message, at));
        }
        self.found = true;
    }

    /// What `name` of `module` does to whoever imports it.
    pub fn rate(&self, module: &str, name: &str) -> Verdict {
        self.ratings.rate(module, name)
    }

    /// Looks for pickles in `bytes` of `file`, behind what readers read there.
    pub fn rest(&mut self, files: &Files, limits: &Limits, name: &str, file: FileId, bytes: &Slice) {
        if Glance::at(bytes.clone()).is_pickle() {
            let bytes = bytes.clone();
            self.follow(files, limits, vec![Task::new(name.into(), file, bytes, Origin::Behind)]);
        }
    }

    /// Looks at the entries of the ZIP archive `bytes`, which is all of `file`, that readers did not ask for, and at what is odd about it.
    pub fn archive(&mut self, files: &Files, limits: &Limits, file: FileId, bytes: &Slice) {
        let archive = Archive { file, bytes: bytes.clone(), prefix: String::new() };
        let tasks = self.entries(files, limits, &archive);
        self.follow(files, limits, tasks);
    }

    /// How far the report is.
    pub fn mark(&self) -> Mark {
        Mark { streams: self.streams.len(), findings: self.findings.len() }
    }

    /// Says of what was reported since `mark` that it is in the file called `place`.
    pub fn place(&mut self, mark: Mark, place: &str) {
        for stream in self.streams.iter_mut().skip(mark.streams) {
            stream.name = if stream.name.is_empty() { place.to_owned() } else { inside(place) + &stream.name };
        }
        for finding in self.findings.iter_mut().skip(mark.findings) {
            finding.message = format!("{place}: {}", finding.message);
        }
    }

    /// The names of the pickles that a reader pushed, in order.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.streams.iter().map(|stream| stream.name.clone()).collect();
        sort::sort(&mut names);
        names
    }

    /// Reads what is to be read, and what is found in that.
    pub(super) fn follow(&mut self, files: &Files, limits: &Limits, mut tasks: Vec<Task>) {
        while let Some(task) = tasks.pop() {
            self.followed += 1;
            if self.followed > FOLLOWED || task.depth > DEPTH {
                self.unseen += 1;
                continue;
            }
            let pickle = Pickle::read(task.bytes.clone(), limits);
            let certain = pickle.fault.is_none() && pickle.protocol > 1 || !pickle.imports.is_empty();
            if task.origin != (Origin::Inside { read: false }) || certain {
                self.take(files, limits, task, &pickle, &mut tasks);
            }
        }
    }

    fn take(&mut self, files: &Files, limits: &Limits, task: Task, pickle: &Pickle, tasks: &mut Vec<Task>) {
        let (mut stream, payloads) = examine(pickle, &self.ratings);
        let index = self.streams.len();
        stream.findings.extend(origin(&task));
        (stream.name, stream.file, stream.within) = (task.name.clone(), task.file, task.within);
        stream.aside = self.is_aside(&task);
        let behind = task.bytes.window(Span { at: pickle.span.end(), len: u64::MAX });
        let (finding, next) = follower(&task, pickle, behind, index);
        stream.findings.extend(finding);
        stream.rating =
            stream.findings.iter().map(|finding| finding.rating).chain([stream.rating]).max().unwrap_or_default();
        self.streams.push(stream);
        // The last one is read first: in the order of the file.
        tasks.extend(next);
        for payload in payloads.into_iter().rev() {
            let inner = self.inside(files, &task, payload, index);
            match inner {
                Some(inner) if starts_with(&inner.bytes, b"PK\x03\x04") => {
                    tasks.extend(self.inner_archive(files, limits, &inner))
                }
                inner => tasks.extend(inner),
            }
        }
    }

    /// Whether loading the file does not load the pickle of `task`.
    fn is_aside(&self, task: &Task) -> bool {
        let loaded = matches!(task.origin, Origin::Reader | Origin::Series(_) | Origin::Inside { read: true });
        !loaded || task.within.and_then(|within| self.streams.get(within)).is_some_and(|outer| outer.aside)
    }

    /// The pickle in bytes that are part of the pickle number `index`, if there is one.
    fn inside(&self, files: &Files, task: &Task, payload: Payload, index: usize) -> Option<Task> {
        let of = inside(&task.name);
        let (name, file, bytes) = match payload.bytes {
            Bytes::Range(span) => (format!("{of}bytes inside"), task.file, task.bytes.window(span)),
            Bytes::Decoded(bytes) => {
                let held = Slice::new(Rc::new(Pages::new(Rc::new(BytesSource(bytes.to_vec())))));
                if !may_be_pickle(&held, payload.read) {
                    return None;
                }
                let name = format!("{of}text inside");
                let file = files.add_inside(&name, Rc::new(BytesSource(bytes.to_vec())));
                (name, file, files.slice(file)?)
            }
        };
        if !may_be_pickle(&bytes, payload.read) {
            return None;
        }
        let origin = Origin::Inside { read: payload.read };
        Some(Task { name, file, bytes, origin, within: Some(index), depth: task.depth + 1 })
    }

    /// The pickles of an archive that is part of a pickle. It becomes a file of its own, so that offsets count from its start.
    fn inner_archive(&mut self, files: &Files, limits: &Limits, task: &Task) -> Vec<Task> {
        let (Ok(bytes), true) = (task.bytes.read_all(INNER_ARCHIVE), task.depth <= DEPTH) else {
            self.unseen += 1;
            return Vec::new();
        };
        let file = files.add_inside(&task.name, Rc::new(BytesSource(bytes)));
        let archive = Archive { file, bytes: files.slice(file).unwrap_or_default(), prefix: inside(&task.name) };
        let place = |inner: Task| Task { origin: task.origin, within: task.within, depth: task.depth, ..inner };
        self.entries(files, limits, &archive).into_iter().map(place).collect()
    }

    /// The report; none if there is nothing that could run.
    pub fn finish(self) -> Option<Safety> {
        if self.streams.is_empty() && !self.found {
            return None;
        }
        let why = if self.streams.is_empty() { words::WHY_CODE } else { words::WHY };
        let mut safety = Safety { why, findings: self.findings, unseen: self.unseen, ..Safety::default() };
        if self.followed > FOLLOWED {
            let message = format!("There are more than {FOLLOWED} pickles; the others were not looked at.");
            safety.findings.push(Finding::new(Rating::Unknown, message, None));
        }
        let ratings = self.streams.iter().map(|stream| stream.rating);
        safety.rating = ratings.chain(safety.findings.iter().map(|finding| finding.rating)).max().unwrap_or_default();
        let kept = kept(&self.streams);
        let mut places = Vec::with_capacity(kept.len());
        for (mut stream, kept) in self.streams.into_iter().zip(kept) {
            places.push(safety.streams.len());
            if kept {
                stream.within = stream.within.and_then(|within| places.get(within).copied());
                safety.streams.push(stream);
            } else {
                safety.more += 1;
            }
        }
        safety.summary = words::summary(&safety);
        Some(safety)
    }
}

impl Task {
    pub(super) fn new(name: String, file: FileId, bytes: Slice, origin: Origin) -> Self {
        Self { name, file, bytes, origin, within: None, depth: 0 }
    }
}

/// Which of `streams` are listed: the gravest of them, and what these are in.
fn kept(streams: &[Stream]) -> Vec<bool> {
    let mut kept = vec![false; streams.len()];
    for (rating, most) in [(Rating::Dangerous, LISTED_DANGEROUS), (Rating::Unknown, LISTED), (Rating::Inert, LISTED)] {
        let such = streams.iter().enumerate().filter(|(_, stream)| stream.rating == rating);
        for (index, _) in such.take(most) {
            let mut at = Some(index);
            while let Some(index) = at
                && let Some(kept) = kept.get_mut(index).filter(|kept| !**kept)
            {
                *kept = true;
                at = streams.get(index).and_then(|stream| stream.within);
            }
        }
    }
    kept
}

/// What the place of a pickle says.
fn origin(task: &Task) -> Option<Finding> {
    let at = Some(task.bytes.position());
    Some(match task.origin {
        Origin::Reader | Origin::Series(_) => return None,
        Origin::Entry { named: true } => Finding::new(
            Rating::Inert,
            "Nothing that is shown of the model is in this entry. A program that loads the entry runs it.",
            at,
        ),
        Origin::Entry { named: false } => {
            Finding::new(Rating::Unknown, "This entry of the archive is a pickle, but its name does not say so.", at)
        }
        Origin::Behind => Finding::new(
            Rating::Unknown,
            "This pickle is behind the end of another one. A program that reads on runs it.",
            at,
        ),
        Origin::Inside { read: true } => {
            Finding::new(Rating::Inert, "This is inside of another pickle, which loads it.", at)
        }
        Origin::Inside { read: false } => Finding::new(
            Rating::Inert,
            "This is inside of the data of another pickle. A program that loads these bytes runs them.",
            at,
        ),
    })
}

/// What follows `pickle`: something to say, or a pickle.
fn follower(task: &Task, pickle: &Pickle, behind: Slice, index: usize) -> (Option<Finding>, Option<Task>) {
    if behind.is_empty() || pickle.fault.is_some() {
        return (None, None);
    }
    let magic = matches!(pickle.root.map(|root| pickle.object(root)), Some(Object::Long(digits)) if &**digits == MAGIC);
    let left = match task.origin {
        Origin::Series(left) => left.checked_sub(1),
        _ => magic.then_some(FOLLOWING - 1),
    };
    // What follows the last pickle of a series are tensors.
    let ends_series = task.origin == Origin::Series(0);
    let at = Some(behind.span().at);
    if Glance::at(behind.clone()).is_pickle() {
        let origin = left.map_or(Origin::Behind, Origin::Series);
        // All that are behind each other are behind the first.
        let within = if left.is_some() || task.origin == Origin::Behind { task.within } else { Some(index) };
        let next = Task { name: task.name.clone(), file: task.file, bytes: behind, origin, within, depth: task.depth };
        return (None, Some(next));
    }
    let (signature, len) = ARCHIVE_END;
    let end = behind.span().end();
    if !ends_series && behind.bytes_at(end.saturating_sub(len), 4).is_ok_and(|bytes| bytes == signature) {
        let message = "A ZIP archive follows the pickle. Programs differ in which of the two they take the file for.";
        return (Some(Finding::new(Rating::Unknown, message, at)), None);
    }
    let says = !ends_series && left.is_none();
    let message = format!("{} bytes follow the pickle, and are not one.", behind.len());
    (says.then(|| Finding::new(Rating::Inert, message, at)), None)
}

fn starts_with(bytes: &Slice, signature: &[u8]) -> bool {
    bytes.bytes_at(bytes.span().at, signature.len() as u64).is_ok_and(|head| head == signature)
}

/// Whether it is worth reading `bytes` as a pickle.
fn may_be_pickle(bytes: &Slice, read: bool) -> bool {
    read && !bytes.is_empty() || starts_with(bytes, b"PK\x03\x04") || Glance::at(bytes.clone()).is_pickle()
}
