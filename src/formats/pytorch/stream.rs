//! The stream of before 1.6: `torch.serialization._legacy_save`.
//!
//! Five pickles follow each other: a magic number, the version of the protocol, facts about the machine, the objects, and the list of the
//! keys of the storages. Then the storages come in that order: the number of elements in eight bytes, and the elements. Their
//! types are known from the objects only. Numbers have the least significant byte first.

use super::super::Open;
use super::container::{Checkpoint, Place, Subject, line};
use super::objects;
use crate::codec::pickle::{Object, Pickle};
use crate::report::{Error, Report, Result, Severity};
use crate::source::{FileId, Limits, Reader, Slice, Span};
use foldhash::HashMap;

/// The magic number, in decimal digits: 0x1950a86a20f9469cfc6c.
const MAGIC: &str = "119547037146038801333356";

/// The bytes of the number of elements before a storage.
const COUNT: u64 = 8;

/// Whether `pickle` is the magic number.
pub fn is_magic(pickle: &Pickle) -> bool {
    pickle.fault.is_none() && line(pickle).as_deref() == Some(MAGIC)
}

/// What is read of a stream.
pub struct Stream {
    /// The pickle of the objects.
    pub pickle: Pickle,
    /// The version of the protocol.
    pub version: Option<String>,
    /// Where the storages are.
    pub storages: HashMap<String, Place>,
    /// Where it ends.
    pub end: u64,
}

/// Opens the stream.
///
/// # Errors
/// When there are no objects.
pub fn open(subject: &Subject, open: &mut Open) -> Result<Checkpoint> {
    // The other pickles follow the one of the magic number.
    let magic = Pickle::read(subject.bytes.clone(), &open.limits);
    open.pickle("", subject.file, &subject.bytes, &magic);
    let stream = read(&subject.bytes, subject.file, &open.limits, &mut open.report)?;
    let left = subject.bytes.span().end().saturating_sub(stream.end);
    if left > 0 && stream.pickle.fault.is_none() {
        let rest = subject.bytes.window(Span { at: stream.end, len: left });
        open.safety.rest(open.files, &open.limits, "", subject.file, &rest);
        open.report.add(Severity::Warning, format!("{left} bytes follow the storages"));
    }
    let mut checkpoint = Checkpoint::new("PyTorch v0.1.10".into(), stream.pickle, subject.file, subject.bytes.clone());
    checkpoint.properties.push(("container", "stream of pickles and storages".into()));
    checkpoint.properties.extend(stream.version.map(|version| ("protocol", version)));
    checkpoint.storages = stream.storages;
    Ok(checkpoint)
}

/// Reads the stream in `bytes`, a window over `file`. What is missing at its end is told in `report`.
///
/// # Errors
/// When there are no objects.
pub fn read(bytes: &Slice, file: FileId, limits: &Limits, report: &mut Report) -> Result<Stream> {
    let mut at = bytes.clone();
    let mut next = || {
        let pickle = Pickle::read(at.clone(), limits);
        at.skip(pickle.span.len);
        pickle
    };
    if !is_magic(&next()) {
        return Err(Error::malformed("the magic number is missing").at(bytes.span().at));
    }
    let version = line(&next());
    // The facts about the machine that wrote it do not change what is in it.
    next();
    let pickle = next();
    if pickle.objects.is_empty() {
        return Err(pickle.fault.unwrap_or_else(|| Error::malformed("the objects are missing")));
    }
    let mut stream = Stream { storages: HashMap::default(), version, end: pickle.span.end(), pickle };
    if stream.pickle.fault.is_some() {
        return Ok(stream);
    }
    let keys = next();
    if let Some(fault) = &keys.fault {
        report.add_error(&fault.clone().within("the list of storages"));
        return Ok(stream);
    }
    stream.end = keys.span.end();
    let mut reader = Reader::little(at.window(Span { at: at.position(), len: at.left() }));
    if let Err(error) = storages(&mut stream, &keys, &mut reader, file) {
        report.add_error(&error.within("the storages"));
    }
    stream.end = reader.position();
    Ok(stream)
}

/// Finds the storages from the cursor of `reader` on.
///
/// Each begins with its number of elements, but to read these would be to read a page of the file for each. The objects say them too: if, by
/// them, the storages end where the file does, they are right.
fn storages(stream: &mut Stream, keys: &Pickle, reader: &mut Reader, file: FileId) -> Result<()> {
    let sizes = sizes(&stream.pickle);
    let keys: Vec<String> = keys
        .root
        .and_then(|root| keys.items(root))
        .unwrap_or_default()
        .iter()
        .filter_map(|key| objects::key(keys, *key))
        .collect();
    let known: Option<u64> =
        keys.iter().try_fold(0u64, |sum, key| sum.checked_add(sizes.get(key)?.bytes()?)?.checked_add(COUNT));
    let trusted = known == Some(reader.left());
    for key in keys {
        let size = sizes.get(&key).ok_or_else(|| {
            let message = format!("storage {key:?} is not among the objects: its size is not known");
            Error::malformed(message).at(reader.position())
        })?;
        let count = if trusted { reader.skip(COUNT).map(|()| size.count) } else { reader.read_u64() }?;
        let bytes = count.saturating_mul(size.element);
        // What is there of the last one is better than nothing.
        let span = reader.read_span(bytes.min(reader.left()))?;
        if span.len < bytes {
            let message = format!("storage {key:?} has {bytes} bytes, {} are left", span.len);
            stream.storages.insert(key, Place { file, span });
            return Err(Error::malformed(message).at(span.at));
        }
        stream.storages.insert(key, Place { file, span });
    }
    Ok(())
}

/// The size of a storage, as the objects say it.
#[derive(Clone, Copy)]
struct Size {
    /// The bytes of an element.
    element: u64,
    /// The number of elements.
    count: u64,
}

impl Size {
    fn bytes(self) -> Option<u64> {
        self.element.checked_mul(self.count)
    }
}

/// The size of each storage, by the names under which the objects refer to them.
fn sizes(pickle: &Pickle) -> HashMap<String, Size> {
    let persistent = pickle.objects.values().filter_map(|object| match object {
        Object::Persistent(name) => objects::storage(pickle, *name),
        _ => None,
    });
    persistent.map(|storage| (storage.key, Size { element: storage.size, count: storage.count })).collect()
}
