//! The tar archive of 0.1.1 to 0.1.9, by what `torch.serialization._legacy_load` still reads.
//!
//! `storages` is a number of storages, and of each a pickle `(key, location, type)`, the number of elements in eight bytes, and the elements; at
//! its end, views into them. `tensors` is a number of tensors, and of each a pickle `(key, storage, type)`, the number of dimensions in
//! eight bytes, of which four count, then sizes, strides and the offset in eight bytes each. `pickle` is the objects, which refer to both by keys.

use super::super::Open;
use super::container::{Checkpoint, Described, Place, Subject};
use super::objects;
use crate::codec::pickle::Pickle;
use crate::codec::tar::{Entry, entries};
use crate::model::DType;
use crate::probe::Probe;
use crate::report::{Error, Result, Within};
use crate::source::{FileId, Reader, Slice, Span};
use foldhash::HashMap;

/// The most entries that are looked at.
const ENTRIES: usize = 64;
/// The most dimensions of a tensor.
const DIMENSIONS: u32 = 64;
/// The names of the entries, one of which comes first.
const NAMES: [&str; 4] = ["pickle", "storages", "tensors", "sys_info"];

/// Whether the file begins like such an archive.
pub fn recognise(probe: &Probe) -> bool {
    let path = probe.head().split(|byte| *byte == 0).next().unwrap_or_default();
    let path = path.strip_prefix(b"./").unwrap_or(path);
    NAMES.iter().any(|name| name.as_bytes() == path) && probe.has(257, b"ustar")
}

/// Opens the archive.
///
/// # Errors
/// When there are no objects.
pub fn open(subject: &Subject, open: &mut Open) -> Result<Checkpoint> {
    let (entries, fault) = entries(&subject.bytes, ENTRIES);
    if let Some(fault) = fault {
        open.report.add_error(&fault);
    }
    let part = |name: &str| {
        let named = |entry: &&Entry| entry.path.trim_start_matches("./") == name;
        let entry = entries.iter().find(named).ok_or_else(|| Error::missing(format!("the archive has no {name:?}")));
        entry.map(|entry| subject.bytes.window(entry.span))
    };
    let objects = part("pickle")?;
    let pickle = Pickle::read(objects.clone(), &open.limits);
    open.pickle("pickle", subject.file, &objects, &pickle);
    let mut checkpoint = Checkpoint::new("PyTorch v0.1.1".into(), pickle, subject.file, subject.bytes.clone());
    checkpoint.properties.push(("container", "tar archive".into()));
    let mut types = HashMap::default();
    let storages = part("storages").and_then(|part| storages(part, &mut checkpoint, subject, &mut types, open));
    let tensors = part("tensors").and_then(|part| tensors(part, &mut checkpoint, &types, open));
    for (name, result) in [("storages", storages), ("tensors", tensors)] {
        if let Err(error) = result.within(|| name.into()) {
            open.report.add_error(&error);
        }
    }
    Ok(checkpoint)
}

/// The next pickle, in the entry `name`; the reader goes behind it.
fn pickle(reader: &mut Reader, name: &str, file: FileId, open: &mut Open) -> Result<Pickle> {
    let slice: Slice = reader.slice().clone();
    let pickle = Pickle::read(slice.window(Span { at: reader.position(), len: reader.left() }), &open.limits);
    open.pickle(name, file, &slice.window(pickle.span), &pickle);
    reader.skip(pickle.span.len)?;
    pickle.fault.clone().map_or(Ok(pickle), Err)
}

fn number(pickle: &Pickle) -> u64 {
    pickle.root.and_then(|root| pickle.int(root)).and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

fn storages(
    part: Slice,
    checkpoint: &mut Checkpoint,
    subject: &Subject,
    types: &mut HashMap<String, DType>,
    open: &mut Open,
) -> Result<()> {
    let (mut reader, file) = (Reader::little(part), subject.file);
    for _ in 0..number(&pickle(&mut reader, "storages", file, open)?) {
        let head = pickle(&mut reader, "storages", file, open)?;
        let [key, _, class] = head.root.and_then(|root| head.items(root)).unwrap_or_default() else {
            return Err(Error::malformed("a storage without its key").at(head.span.at));
        };
        let key = objects::key(&head, *key).unwrap_or_default();
        let dtype = objects::storage_type(&head, *class);
        let count = reader.read_u64()?;
        let span = reader.read_span(dtype.bytes(count).unwrap_or(count))?;
        types.insert(key.clone(), dtype);
        checkpoint.storages.insert(key, Place { file: subject.file, span });
    }
    let views = pickle(&mut reader, "storages", file, open)?;
    for view in views.root.and_then(|root| views.items(root)).unwrap_or_default() {
        let [target, root, offset, count] = views.items(*view).unwrap_or_default() else { continue };
        let (Some(target), Some(root)) = (objects::key(&views, *target), objects::key(&views, *root)) else { continue };
        let (Some(place), Some(dtype)) = (checkpoint.storages.get(&root).copied(), types.get(&root).copied()) else {
            continue;
        };
        let size =
            |id| dtype.bytes(views.int(id).and_then(|count| u64::try_from(count).ok()).unwrap_or(0)).unwrap_or(0);
        let at = place.span.at.saturating_add(size(*offset)).min(place.span.end());
        let span = Span { at, len: size(*count).min(place.span.end() - at) };
        types.insert(target.clone(), dtype);
        checkpoint.storages.insert(target, Place { span, ..place });
    }
    Ok(())
}

fn tensors(part: Slice, checkpoint: &mut Checkpoint, types: &HashMap<String, DType>, open: &mut Open) -> Result<()> {
    let (mut reader, file) = (Reader::little(part), checkpoint.file);
    for _ in 0..number(&pickle(&mut reader, "tensors", file, open)?) {
        let head = pickle(&mut reader, "tensors", file, open)?;
        let [key, storage, ..] = head.root.and_then(|root| head.items(root)).unwrap_or_default() else {
            return Err(Error::malformed("a tensor without its key").at(head.span.at));
        };
        let storage = objects::key(&head, *storage).unwrap_or_default();
        let rank = reader.read_u32()?;
        reader.skip(4)?;
        if rank > DIMENSIONS {
            return Err(Error::limit(format!("a tensor of {rank} dimensions")).at(head.span.at));
        }
        let mut sizes = || (0..rank).map(|_| reader.read_u64()).collect::<Result<Vec<u64>>>();
        let (shape, strides) = (sizes()?, sizes()?);
        let offset = reader.read_u64()?;
        let dtype = types.get(&storage).copied().unwrap_or(DType::Unknown);
        let key = objects::key(&head, *key).unwrap_or_default();
        checkpoint.tensors.insert(key, Described { storage, dtype, offset, shape, strides });
    }
    Ok(())
}
