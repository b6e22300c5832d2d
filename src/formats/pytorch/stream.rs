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
use crate::source::{FileId, Limits, Reader, Slice};
use foldhash::HashMap;

/// The magic number, in decimal digits: 0x1950a86a20f9469cfc6c.
const MAGIC: &str = "119547037146038801333356";

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
    let stream = read(&subject.bytes, subject.file, &open.limits, &mut open.report)?;
    let left = subject.bytes.span().end().saturating_sub(stream.end);
    if left > 0 && stream.pickle.fault.is_none() {
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
    let mut reader = Reader::little(at);
    if let Err(error) = storages(&mut stream, &keys, &mut reader, file) {
        report.add_error(&error.within("the storages"));
    }
    stream.end = reader.position();
    Ok(stream)
}

fn storages(stream: &mut Stream, keys: &Pickle, reader: &mut Reader, file: FileId) -> Result<()> {
    let sizes = element_sizes(&stream.pickle);
    for key in keys.root.and_then(|root| keys.items(root)).unwrap_or_default() {
        let Some(key) = objects::key(keys, *key) else { continue };
        let size = sizes.get(&key).copied().ok_or_else(|| {
            Error::malformed(format!("storage {key:?} is not among the objects: its size is not known")).at(reader.position())
        })?;
        let count = reader.read_u64()?;
        let bytes = count.saturating_mul(size);
        // What is there of the last one is better than nothing.
        let span = reader.read_span(bytes.min(reader.left()))?;
        let short = span.len < bytes;
        stream.storages.insert(key.clone(), Place { file, span });
        if short {
            return Err(Error::malformed(format!("storage {key:?} has {bytes} bytes, {} are left", span.len)).at(span.at));
        }
    }
    Ok(())
}

/// The bytes of an element of each storage, by the names under which the objects refer to them.
fn element_sizes(pickle: &Pickle) -> HashMap<String, u64> {
    let persistent = pickle.objects.values().filter_map(|object| match object {
        Object::Persistent(name) => objects::storage(pickle, *name),
        _ => None,
    });
    persistent.map(|storage| (storage.key, storage.size)).collect()
}
