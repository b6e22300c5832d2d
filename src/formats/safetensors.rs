//! Safetensors: <https://github.com/huggingface/safetensors#format>.
//!
//! Eight bytes give the length of a JSON header; the header gives each tensor's type, shape and range; the rest is payload. Only
//! the header is read. There is no graph: tensors are grouped into the modules that their dotted names spell.
//!
//! What the reference reader would refuse (holes, overlaps, sizes that do not fit) is reported, and what is sound is shown.

use super::{Format, Open};
use crate::model::{
    Argument, DType, Data, Encoding, Entry, Graph, Model, Node, NodeId, Scope, ScopeId, Strings, Tensor, TensorId, Text,
    Value, Wiring,
};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Report, Result, Severity};
use crate::source::{FileId, Slice, Span};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
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
    let mut json = serde_json::Deserializer::from_slice(&text);
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
    if open.report.diagnostics.is_empty() {
        verify(&header.tensors, payload, &mut open.report);
    }
    Ok(lower(header, payload, &mut open.report))
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

/// What the header says of one tensor.
#[derive(Deserialize)]
struct Info {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
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
                match map.next_value::<Metadata>()? {
                    Metadata::Entries(Pairs(pairs)) => self.header.metadata = pairs,
                    Metadata::Other(_) => self.header.odd.push("\"__metadata__\" is no object of texts".into()),
                }
                continue;
            }
            match map.next_value::<Lenient>()? {
                Lenient::Tensor(info) => self.header.add(name, info),
                Lenient::Other(_) => self.header.odd.push(format!("{name:?} is no tensor: it lacks type, shape or range")),
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

/// A description of a tensor, or anything else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient {
    Tensor(Info),
    Other(IgnoredAny),
}

/// The metadata, or anything else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Metadata {
    Entries(Pairs),
    Other(IgnoredAny),
}

/// An object of texts, in the order of the file; what is no text keeps its JSON.
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    pairs.push((name, text));
                }
                Ok(Pairs(pairs))
            }
        }
        json.deserialize_map(Collect)
    }
}

/// The element type that the header calls `name`.
fn dtype(name: &str) -> DType {
    match name {
        "BOOL" => DType::Bool,
        "U8" => DType::U8,
        "I8" => DType::I8,
        "U16" => DType::U16,
        "I16" => DType::I16,
        "U32" => DType::U32,
        "I32" => DType::I32,
        "U64" => DType::U64,
        "I64" => DType::I64,
        "F4" => DType::F4E2M1,
        "F6_E2M3" => DType::F6E2M3,
        "F6_E3M2" => DType::F6E3M2,
        "F8_E4M3" => DType::F8E4M3FN,
        "F8_E5M2" => DType::F8E5M2,
        "F8_E4M3FNUZ" => DType::F8E4M3FNUZ,
        "F8_E5M2FNUZ" => DType::F8E5M2FNUZ,
        "F8_E8M0" => DType::F8E8M0,
        "F16" => DType::F16,
        "BF16" => DType::BF16,
        "F32" => DType::F32,
        "F64" => DType::F64,
        "C64" => DType::C64,
        _ => DType::Unknown,
    }
}

/// Reports what the reference reader would refuse: the ranges must follow each other from the first to the last byte, each of the size
/// that type and shape ask for.
fn verify(tensors: &[(String, Info)], payload: Span, report: &mut Report) {
    let mut warn = |message: String| report.add(Severity::Warning, message);
    let mut ranges: Vec<(u64, u64, &str)> = Vec::with_capacity(tensors.len());
    for (name, Info { dtype: stated, shape, data_offsets: (from, to) }) in tensors {
        if dtype(stated) == DType::Unknown {
            warn(format!("tensor {name:?} has element type {stated:?}, which is not known"));
        }
        if from > to || *to > payload.len {
            warn(format!("tensor {name:?} has range {from} to {to}, the file has {} bytes of payload", payload.len));
            continue;
        }
        ranges.push((*from, *to, name));
        let elements = shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
        let bytes = elements.and_then(|elements| dtype(stated).bytes(elements));
        match bytes {
            Some(bytes) if bytes != to - from => {
                warn(format!("tensor {name:?} has {} bytes, its type and shape ask for {bytes}", to - from));
            }
            None if elements.is_none() => warn(format!("tensor {name:?} has a shape that is too large: {shape:?}")),
            _ => {}
        }
    }
    if ranges.len() < tensors.len() {
        return;
    }
    ranges.sort_unstable();
    let mut end = 0;
    for (from, to, name) in ranges {
        if from > end {
            warn(format!("{} bytes before tensor {name:?} belong to no tensor", from - end));
        } else if from < end {
            warn(format!("tensor {name:?} shares {} bytes with the one before it", end.min(to) - from));
        }
        end = end.max(to);
    }
    if end < payload.len {
        warn(format!("{} bytes at the end of the file belong to no tensor", payload.len - end));
    }
}

fn lower(header: Header, payload: Span, report: &mut Report) -> Model {
    let mut model = Model { format: "Safetensors".into(), ..Model::default() };
    model.metadata =
        header.metadata.iter().map(|(name, value)| Entry { name: (&**name).into(), value: (&**value).into() }).collect();
    let mut modules = Modules::default();
    for (name, info) in header.tensors {
        let (from, to) = info.data_offsets;
        let found = from <= to && to <= payload.len;
        let span = Span { at: payload.at.saturating_add(from), len: to.saturating_sub(from) };
        let tensor = model.tensors.push(Tensor {
            name: name.as_str().into(),
            dtype: dtype(&info.dtype),
            shape: info.shape,
            encoding: Encoding::Little,
            data: if found { Data::Range(FileId(0), span) } else { Data::Absent },
            description: modules.strings.intern(""),
            metadata: Vec::new(),
            indices: None,
        });
        modules.add(&name, tensor);
    }
    if model.tensors.is_empty() {
        report.add(Severity::Note, "the file has no tensors");
    }
    model.graphs.push(modules.graph);
    model
}

/// The tree of modules while it grows.
struct Modules {
    graph: Graph,
    strings: Strings,
    nodes: HashMap<String, NodeId>,
    scopes: HashMap<(Option<ScopeId>, Text), ScopeId>,
}

impl Default for Modules {
    fn default() -> Self {
        let graph = Graph { wiring: Wiring::Modules, ..Graph::default() };
        Self { graph, strings: Strings::default(), nodes: HashMap::new(), scopes: HashMap::new() }
    }
}

impl Modules {
    /// Gives the tensor called `name` to the module that owns it.
    fn add(&mut self, name: &str, tensor: TensorId) {
        let (path, own) = name.rsplit_once('.').unwrap_or(("", name));
        let node = match self.nodes.get(path) {
            Some(node) => *node,
            None => self.module(path),
        };
        let value = Value { name: name.into(), tensor: Some(tensor), ..Value::default() };
        let value = self.graph.values.push(value);
        let name = self.strings.intern(own);
        if let Some(node) = self.graph.nodes.get_mut(node) {
            node.inputs.push(Argument { name, values: vec![value] });
        }
    }

    fn module(&mut self, path: &str) -> NodeId {
        let mut scope = None;
        for part in path.split('.').filter(|_| !path.is_empty()) {
            let name = self.strings.intern(part);
            let scopes = &mut self.graph.scopes;
            let known = self.scopes.entry((scope, name.clone()));
            scope = Some(*known.or_insert_with(|| scopes.push(Scope { name, parent: scope })));
        }
        let operator = self.strings.intern(if path.is_empty() { "root" } else { path.rsplit('.').next().unwrap_or(path) });
        let node = self.graph.nodes.push(Node { name: path.into(), operator, scope, ..Node::default() });
        self.nodes.insert(path.into(), node);
        node
    }
}
