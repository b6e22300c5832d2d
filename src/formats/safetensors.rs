//! Safetensors: <https://github.com/huggingface/safetensors#format>.
//!
//! Eight bytes give the length of a JSON header; the header gives each tensor's type, shape and range; the rest is payload. Only
//! the header is read. There is no graph: tensors are grouped into the modules that their dotted names spell; what these are is inferred.
//!
//! What the reference reader would refuse (holes, overlaps, sizes that do not fit) is reported, and what is sound is shown.

use super::{Format, Open};
use crate::analysis::layers;
use crate::codec::json::{self, Pairs, Readable};
use crate::model::{DType, Data, Encoding, Entry, Model, Modules, Tensor};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Report, Result, Severity};
use crate::sort;
use crate::source::{FileId, Slice, Span};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// Safetensors.
pub const FORMAT: Format =
    Format { id: "safetensors", name: "Safetensors", extensions: &["safetensors"], domain: "", sniff, open };

/// The longest header that the reference reader accepts, in bytes.
const HEADER: u64 = 100_000_000;
/// The bytes that give the length of the header.
const PREFIX: u64 = 8;

fn sniff(probe: &Probe) -> Confidence {
    let Some((prefix, rest)) = probe.head().split_first_chunk::<8>() else { return Confidence::No };
    let header = u64::from_le_bytes(*prefix);
    let object = matches!(rest, [b'{', b'"' | b'}' | b' ' | b'\n' | b'\r' | b'\t', ..]);
    let fits = header <= probe.len() - PREFIX;
    match (object, fits && header <= HEADER) {
        (true, true) => Confidence::Certain,
        (true, false) => Confidence::Likely,
        (false, true) if probe.has_extension("safetensors") => Confidence::Maybe,
        _ => Confidence::No,
    }
}

fn open(open: &mut Open) -> Result<Model> {
    let (text, payload) = header(&open.probe.file())?;
    let mut header = Header::default();
    let text = String::from_utf8_lossy(&text);
    if let Cow::Owned(_) = text {
        header.odd.push("the header is not UTF-8".into());
    }
    let mut json = serde_json::Deserializer::from_str(&text);
    if let Err(error) = (Entries { header: &mut header }).deserialize(&mut json).and_then(|()| json.end()) {
        let error = Error::malformed(format!("the header is no valid JSON: {error}")).at(PREFIX);
        if header.tensors.is_empty() {
            return Err(error);
        }
        open.report.add_error(&error);
    }
    for message in std::mem::take(&mut header.odd) {
        open.report.add(Severity::Warning, message);
    }
    verify(&header.tensors, payload, &mut open.report);
    Ok(lower(header, open.file, payload, &mut open.report))
}

/// The text of the header, and the range of the payload.
fn header(file: &Slice) -> Result<(Vec<u8>, Span)> {
    let prefix = file.bytes_at(0, PREFIX)?;
    let len = prefix.first_chunk().map_or(0, |prefix| u64::from_le_bytes(*prefix));
    let left = file.len() - PREFIX;
    if len > HEADER {
        return Err(Error::limit(format!("the header claims {len} bytes, at most {HEADER} are allowed")).at(0));
    }
    if len > left {
        return Err(Error::malformed(format!("the header claims {len} bytes, the file has {left} more")).at(0));
    }
    let text = file.window(Span { at: PREFIX, len }).read_all(HEADER)?;
    Ok((text, Span { at: PREFIX + len, len: left - len }))
}

/// What the header says, in its order.
#[derive(Default)]
struct Header {
    metadata: Vec<(String, String)>,
    tensors: Vec<(String, Info)>,
    /// Where each name is in `tensors`.
    places: HashMap<String, usize>,
    odd: Vec<String>,
}

/// What the header says of one tensor, as far as it can be read.
#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    dtype: Readable<String>,
    #[serde(default)]
    shape: Readable<Vec<u64>>,
    #[serde(default)]
    data_offsets: Readable<(u64, u64)>,
}

impl Info {
    fn dtype(&self) -> DType {
        self.dtype.get().map_or(DType::Unknown, |name| dtype(name))
    }

    /// The range in the payload, if it is within.
    fn range(&self, payload: Span) -> Option<Span> {
        let (from, to) = *self.data_offsets.get()?;
        let len = to.checked_sub(from).filter(|_| to <= payload.len)?;
        Some(Span { at: payload.at.checked_add(from)?, len })
    }
}

/// Fills a header while its JSON is read, so that what comes before a fault is kept, and a name that comes twice is noticed.
struct Entries<'a> {
    header: &'a mut Header,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with an entry for each tensor")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                match map.next_value::<Readable<Option<Pairs<serde_json::Value>>>>()? {
                    Readable::Yes(None) => {}
                    // What is no text keeps its JSON.
                    Readable::Yes(Some(Pairs(pairs))) => {
                        if let Some((name, _)) = pairs.iter().find(|(_, value)| !value.is_string()) {
                            self.header.odd.push(format!("{name:?} in \"__metadata__\" is no text"));
                        }
                        self.header.metadata =
                            pairs.into_iter().map(|(name, value)| (name, json::text(&value))).collect();
                    }
                    _ => self.header.odd.push("\"__metadata__\" is no object of texts".into()),
                }
                continue;
            }
            match map.next_value::<Readable<Info>>()? {
                Readable::Yes(info) => self.header.add(name, info),
                _ => self.header.odd.push(format!("{name:?} is no description of a tensor")),
            }
        }
        Ok(())
    }
}

impl Header {
    /// Adds a tensor; of two with one name, the later one counts, as in most JSON readers.
    fn add(&mut self, name: String, info: Info) {
        match self.places.get(&name).and_then(|place| self.tensors.get_mut(*place)) {
            Some((_, earlier)) => {
                *earlier = info;
                self.odd.push(format!("tensor {name:?} is described twice; the later description is shown"));
            }
            None => {
                self.places.insert(name.clone(), self.tensors.len());
                self.tensors.push((name, info));
            }
        }
    }
}

/// What headers call element types, in the order in which the reference writer sorts tensors: the last ones come first in a file.
pub const DTYPES: &[(&str, DType)] = &[
    ("BOOL", DType::Bool),
    ("F4", DType::F4E2M1),
    ("F6_E2M3", DType::F6E2M3),
    ("F6_E3M2", DType::F6E3M2),
    ("U8", DType::U8),
    ("I8", DType::I8),
    ("F8_E5M2", DType::F8E5M2),
    ("F8_E4M3", DType::F8E4M3FN),
    ("F8_E8M0", DType::F8E8M0),
    ("F8_E4M3FNUZ", DType::F8E4M3FNUZ),
    ("F8_E5M2FNUZ", DType::F8E5M2FNUZ),
    ("I16", DType::I16),
    ("U16", DType::U16),
    ("F16", DType::F16),
    ("BF16", DType::BF16),
    ("I32", DType::I32),
    ("U32", DType::U32),
    ("F32", DType::F32),
    ("C64", DType::C64),
    ("F64", DType::F64),
    ("I64", DType::I64),
    ("U64", DType::U64),
];

/// The element type that the header calls `name`.
fn dtype(name: &str) -> DType {
    DTYPES.iter().find(|(known, _)| *known == name).map_or(DType::Unknown, |(_, dtype)| *dtype)
}

/// Reports what the reference reader would refuse: the ranges must follow each other from the first to the last byte, each of the size
/// that type and shape ask for.
fn verify(tensors: &[(String, Info)], payload: Span, report: &mut Report) {
    let mut warn = |message: String| report.add(Severity::Warning, message);
    let mut ranges: Vec<(Span, &str)> = Vec::with_capacity(tensors.len());
    for (name, info) in tensors {
        for problem in problems(info, payload) {
            warn(format!("tensor {name:?} {problem}"));
        }
        ranges.extend(info.range(payload).map(|span| (span, name.as_str())));
    }
    if ranges.len() < tensors.len() {
        return;
    }
    sort::sort_by_key(&mut ranges, |(span, name)| (span.at, span.len, *name));
    let mut end = payload.at;
    for (span, name) in ranges {
        if span.at > end {
            warn(format!("{} bytes before tensor {name:?} belong to no tensor", span.at - end));
        } else if span.at < end {
            warn(format!("tensor {name:?} shares {} bytes with the one before it", end.min(span.end()) - span.at));
        }
        end = end.max(span.end());
    }
    if end < payload.end() {
        warn(format!("{} bytes at the end of the file belong to no tensor", payload.end() - end));
    }
}

/// What is wrong with one tensor.
fn problems(info: &Info, payload: Span) -> Vec<String> {
    let mut problems = Vec::new();
    match info.dtype.get() {
        Some(name) if dtype(name) == DType::Unknown => {
            problems.push(format!("has element type {name:?}, which is not known"));
        }
        Some(_) => {}
        None => problems.push("has no readable element type".into()),
    }
    let elements = match info.shape.get() {
        Some(shape) => {
            let elements = shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
            if elements.is_none() {
                problems.push(format!("has a shape that is too large: {shape:?}"));
            }
            elements
        }
        None => {
            problems.push("has no readable shape".into());
            None
        }
    };
    match (info.data_offsets.get(), info.range(payload)) {
        (None, _) => problems.push("has no readable range".into()),
        (Some((from, to)), None) => {
            problems.push(format!("has range {from} to {to}, the file has {} bytes of payload", payload.len));
        }
        (_, Some(span)) => {
            let bits = u64::from(info.dtype().bits());
            if elements.is_some_and(|elements| elements % 8 * bits % 8 != 0) {
                problems.push("has elements that end within a byte".into());
            }
            let wanted = elements.and_then(|elements| info.dtype().bytes(elements));
            if elements.is_some() && wanted.is_none() && bits > 0 {
                problems.push("has more bytes than can be counted".into());
            }
            if let Some(wanted) = wanted.filter(|wanted| *wanted != span.len) {
                problems.push(format!("has {} bytes, its type and shape ask for {wanted}", span.len));
            }
        }
    }
    problems
}

fn lower(header: Header, file: FileId, payload: Span, report: &mut Report) -> Model {
    let mut model = Model { format: "Safetensors".into(), ..Model::default() };
    let entries = header.metadata.iter();
    model.metadata = entries.map(|(name, value)| Entry { name: (&**name).into(), value: (&**value).into() }).collect();
    let mut modules = Modules::new('.');
    for (name, info) in header.tensors {
        let tensor = model.tensors.push(Tensor {
            name: name.as_str().into(),
            dtype: info.dtype(),
            shape: info.shape.get().cloned().unwrap_or_default(),
            encoding: Encoding::Little,
            data: info.range(payload).map_or(Data::Absent, |span| Data::Range(file, span)),
            description: "".into(),
            metadata: Vec::new(),
            indices: None,
        });
        modules.add(&name, tensor);
    }
    if model.tensors.is_empty() {
        report.add(Severity::Note, "the file has no tensors");
    }
    let mut graph = modules.finish();
    layers::infer(&mut graph, &model.tensors);
    model.graphs.push(graph);
    model
}
