//! Checkpoints of version 2: a table of descriptions, and files of values.
//!
//! The entry with the empty key is about the whole (`BundleHeaderProto`), each other is a `BundleEntryProto`. A variable that was kept in parts has
//! an entry about the whole, and one a part; the keys of these are in the encoding of `ordered_code.h`, after a byte 0.

use super::super::Open;
use super::lower::{self, Slice, Variable};
use super::objects::Objects;
use super::proto::{self, BundleEntry, BundleHeader};
use crate::codec::protobuf::Message;
use crate::codec::table::Table;
use crate::model::{DType, Data, Encoding, Model, Text};
use crate::report::{Error, Result, Severity};
use crate::source::{FileId, Reader, Span};
use foldhash::HashMap;

/// The key of the graph of objects.
const OBJECTS: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";
/// The most strings of a tensor whose places are noted.
const STRINGS: u64 = 1 << 16;
/// The bytes of the checksum between the lengths of strings and these.
const CHECKSUM: u64 = 4;

/// The length of a slice along an axis of which it has all.
const ALL: u64 = u64::MAX;

/// The files of values, as far as they are here.
struct Shards<'a> {
    stem: &'a str,
    count: i64,
    found: HashMap<i64, Option<FileId>>,
}

impl Shards<'_> {
    fn name(&self, shard: i64) -> String {
        format!("{}.data-{shard:05}-of-{:05}", self.stem, self.count)
    }

    fn find(&mut self, shard: i64, open: &Open) -> Option<FileId> {
        if let Some(known) = self.found.get(&shard) {
            return *known;
        }
        // One that cannot be opened is told of when the model is checked.
        let file = open.files.sibling(&self.name(shard)).ok().flatten();
        self.found.insert(shard, file);
        file
    }
}

/// What is in a checkpoint.
pub struct Bundle {
    /// Its variables, in the order of their keys.
    pub variables: Vec<Variable>,
    /// What held them, if that was saved and is here.
    pub objects: Option<Objects>,
    /// How many files of values there are.
    shards: i64,
}

/// Opens the checkpoint called `stem`, whose index is `table`.
pub fn open(stem: &str, table: &Table, open: &mut Open) -> Model {
    let Bundle { variables, objects, shards } = read(stem, table, open);
    let mut model = lower::lower(variables, objects.as_ref(), open);
    model.format = "TensorFlow Checkpoint v2".into();
    lower::property(&mut model, "data files", shards.to_string());
    model
}

/// Reads the checkpoint called `stem`, whose index is `table`; what of it cannot be read is reported.
pub fn read(stem: &str, table: &Table, open: &mut Open) -> Bundle {
    let mut header = BundleHeader::default();
    let (mut entries, mut parts) = (Vec::new(), HashMap::<String, Vec<(Slice, BundleEntry)>>::default());
    for block in &table.blocks {
        let read = table.entries(*block, open.limits.inflated).and_then(|block| {
            for entry in block {
                let entry = entry?;
                if entry.key.is_empty() {
                    header = decoded(BundleHeader::decode(entry.value), "the entry about the whole", open);
                    continue;
                }
                let described = |name: &str| format!("the entry of {name:?}");
                match part_of(&entry.key) {
                    Some((name, slice)) => {
                        let part = decoded(BundleEntry::decode(entry.value), &described(&name), open);
                        parts.entry(name).or_default().push((slice, part));
                    }
                    None => {
                        let name = String::from_utf8_lossy(&entry.key).into_owned();
                        let whole = decoded(BundleEntry::decode(entry.value), &described(&name), open);
                        entries.push((name, whole));
                    }
                }
            }
            Ok(())
        });
        if let Err(error) = read {
            open.report.add_error(&error);
        }
    }
    let encoding = if header.endianness == 1 { Encoding::Big } else { Encoding::Little };
    let mut shards = Shards { stem, count: header.num_shards, found: HashMap::default() };
    let mut objects = None;
    let mut variables = Vec::new();
    for (key, entry) in entries {
        if key == OBJECTS {
            objects = graph_of_objects(&entry, &mut shards, open);
            continue;
        }
        let mut variable = variable(key, &entry, encoding, &mut shards, open);
        let parts = parts.remove(&variable.key).unwrap_or_default();
        for (mut slice, part) in parts {
            // An axis of which a part has all has no length.
            slice
                .iter_mut()
                .zip(&variable.shape)
                .filter(|([_, len], _)| *len == ALL)
                .for_each(|(axis, dim)| *axis = [0, *dim]);
            let part = self::variable(variable.key.clone(), &part, encoding, &mut shards, open);
            variable.parts.push(Variable { slice, ..part });
        }
        variable.join();
        variables.push(variable);
    }
    Bundle { variables, objects, shards: header.num_shards }
}

/// What could be read of a message; what could not is told.
fn decoded<M>((message, fault): (M, Option<Error>), what: &str, open: &mut Open) -> M {
    if let Some(fault) = fault {
        open.report.add_error(&fault.within(what.to_owned()));
    }
    message
}

fn variable(key: String, entry: &BundleEntry, encoding: Encoding, shards: &mut Shards, open: &mut Open) -> Variable {
    let (Ok(at), Ok(len)) = (u64::try_from(entry.offset), u64::try_from(entry.size)) else {
        open.report.add(Severity::Warning, format!("{key:?} has a negative place in the data files"));
        return Variable { key, code: entry.dtype, shape: entry.shape.sizes(), ..Variable::default() };
    };
    let span = Span { at, len };
    let shape = entry.shape.sizes();
    let dtype = proto::dtype(entry.dtype);
    let path: Text = shards.name(entry.shard_id).as_str().into();
    // Of many files on a server, each is asked for when its values are.
    let later = shards.count > 1 && dtype != DType::String && open.files.is_remote();
    let data = match (!later).then(|| shards.find(entry.shard_id, open)).flatten() {
        _ if !entry.slices.is_empty() => Data::Absent,
        None => Data::External { path, span },
        Some(file) if dtype == DType::String => {
            let count = shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
            strings(file, span, count.unwrap_or(u64::MAX), open).unwrap_or_else(|error| {
                open.report.add_error(&error.within(format!("{key:?}")));
                Data::Absent
            })
        }
        Some(file) => {
            if open.files.slice(file).is_some_and(|slice| span.end() > slice.len()) {
                let message = format!("the values of {key:?} end at byte {}, where {path:?} has ended", span.end());
                open.report.add(Severity::Warning, message);
            }
            Data::Range(file, span)
        }
    };
    // Elements of less than a byte have a byte each.
    let encoding = if dtype.bits() > 0 && dtype.bits() < 8 { Encoding::Widened(1) } else { encoding };
    Variable { key, code: entry.dtype, shape, data, encoding, ..Variable::default() }
}

/// Where `count` strings are in `span`: first their lengths, then a checksum, then they.
fn strings(file: FileId, span: Span, count: u64, open: &Open) -> Result<Data> {
    if count > STRINGS {
        return Err(Error::limit(format!("{count} strings, of which at most {STRINGS} are shown")).at(span.at));
    }
    let bytes = open.files.slice(file).unwrap_or_default();
    bytes.check(span.at, span.len)?;
    let mut reader = Reader::little(bytes.window(span));
    let mut lengths = Vec::new();
    for _ in 0..count {
        lengths.push(reader.read_varint()?);
    }
    reader.skip(CHECKSUM)?;
    let mut spans = Vec::with_capacity(lengths.len());
    for len in lengths {
        spans.push(reader.read_span(len)?);
    }
    Ok(Data::Strings(file, spans))
}

/// Reads the graph of objects, which is a string.
fn graph_of_objects(entry: &BundleEntry, shards: &mut Shards, open: &mut Open) -> Option<Objects> {
    let file = shards.find(entry.shard_id, open)?;
    let span = Span { at: u64::try_from(entry.offset).ok()?, len: u64::try_from(entry.size).ok()? };
    match strings(file, span, 1, open) {
        Ok(Data::Strings(_, spans)) => {
            let bytes = open.files.slice(file)?.window(*spans.first()?);
            let graph = decoded(proto::ObjectGraph::decode(bytes), "the graph of objects", open);
            Some(Objects::new(&graph))
        }
        Ok(_) => None,
        Err(error) => {
            open.report.add_error(&error.within("the graph of objects"));
            None
        }
    }
}

/// The name of the variable of which `key` is a part, and which slice of it that is; none if it is a name itself. Of a part, the name follows the
/// number 0, which is one byte, and ends with the bytes 0 and 1; bytes 0 and 255 within are followed by another one. Then there are numbers: how many
/// axes there are, and of each the first place and how many.
fn part_of(key: &[u8]) -> Option<(String, Slice)> {
    let [0, rest @ ..] = key else { return None };
    let mut name = Vec::new();
    let mut bytes = rest.iter();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.as_slice()) {
            (0, [1, numbers @ ..]) => {
                let slice = slice_of(numbers).unwrap_or_default();
                return Some((String::from_utf8_lossy(&name).into_owned(), slice));
            }
            (0 | 255, [_, ..]) => {
                bytes.next();
                name.push(*byte);
            }
            _ => name.push(*byte),
        }
    }
    None
}

/// The slice that the end of a key spells: a number of axes as a length and bytes, then signed numbers.
fn slice_of(numbers: &[u8]) -> Option<Slice> {
    let (len, rest) = numbers.split_first()?;
    let (_, mut rest) = rest.split_at_checked(usize::from(*len))?;
    let mut slice = Slice::new();
    while !rest.is_empty() {
        slice.push([signed(&mut rest)?, signed(&mut rest)?]);
    }
    Some(slice)
}

/// The next signed number of a key: as many bits that are set first as it has bytes, a bit that is not, and the number. Negative ones have
/// all bits turned over, and all mean [`ALL`] here.
fn signed(bytes: &mut &[u8]) -> Option<u64> {
    let first = *bytes.first()?;
    if first < 0x80 {
        *bytes = bytes.get(1..)?;
        return Some(ALL);
    }
    let (number, rest) = bytes.split_at_checked(first.leading_ones() as usize)?;
    let (first, others) = number.split_first()?;
    // No number of elements has more than seven bytes.
    let header = 0xffu8.checked_shr(first.leading_ones()).unwrap_or(0);
    *bytes = rest;
    Some(others.iter().fold(u64::from(first & header), |value, byte| value << 8 | u64::from(*byte)))
}
