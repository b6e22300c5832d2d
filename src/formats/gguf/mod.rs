//! GGUF: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Versions 1 to 3, in both orders of bytes.
//!
//! Keys with values, the descriptions of the tensors, and the weights. What comes before the weights is read; of long arrays, as tokenizers have
//! them, only where they are: they are tables in a graph of their own, whose items are read when somebody asks for them. There is no graph:
//! tensors are grouped into the modules that their dotted names spell; what these are is inferred.
//!
//! Of a model in several files, this reads one; `split.count` tells how many there should be.

mod header;
mod types;

use super::{Format, Open};
use crate::analysis::layers;
use crate::codec::shards;
use crate::model::{DType, Data, Encoding, Entry, Graph, Literal, Model, Modules, Prefixed, Tensor};
use crate::probe::{Confidence, Probe};
use crate::report::{Report, Result, Severity};
use crate::sort;
use crate::source::{FileId, Order, Span};
use foldhash::HashSet;
use header::{Header, Info, Table, Value};

/// GGUF.
pub const FORMAT: Format = Format { id: "gguf", name: "GGUF", extensions: &["gguf"], domain: "", sniff, open };

/// The keys of a file that is one of several: which one, counted from 0, of how many.
const PART: [&str; 2] = ["split.no", "split.count"];
/// The most dimensions that ggml has.
const DIMS: usize = 4;

fn sniff(probe: &Probe) -> Confidence {
    if probe.has(0, b"GGUF") { Confidence::Certain } else { Confidence::No }
}

fn open(open: &mut Open) -> Result<Model> {
    let header = Header::read(&open.probe.file(), &open.limits, &mut open.report)?;
    let mut model = Model { format: format!("{} v{}", FORMAT.name, header.version), ..Model::default() };
    let encoding = if header.order == Order::Big { Encoding::Big } else { Encoding::Little };
    properties(&header, &mut model);
    parts(&header, open);
    let mut modules = Modules::new('.');
    let spans = places(&header, open.probe.len(), &mut open.report);
    let mut names = HashSet::default();
    for (info, span) in header.tensors.iter().zip(spans) {
        if !names.insert(&*info.name) {
            open.report.add(Severity::Warning, format!("tensor {:?} is described twice", info.name));
        }
        let tensor = model.tensors.push(Tensor {
            name: info.name.as_str().into(),
            dtype: types::element(info.kind).unwrap_or(DType::Unknown),
            shape: info.shape.clone(),
            encoding,
            data: span.map_or(Data::Absent, |span| Data::Range(open.file, span)),
            description: "".into(),
            metadata: Vec::new(),
            indices: None,
        });
        modules.add(&info.name, tensor);
    }
    if header.tensors.is_empty() {
        open.report.add(Severity::Note, "the file has no tensors");
    }
    let mut graph = modules.finish();
    layers::infer(&mut graph, &model.tensors);
    let tables = metadata(header, open, encoding, &mut model);
    // Of a vocabulary alone, the tables are all that there is to show.
    if tables.is_empty() || !graph.nodes.is_empty() {
        model.graphs.push(graph);
    }
    for graph in tables {
        model.graphs.push(graph);
    }
    Ok(model)
}

/// What the format itself says.
fn properties(header: &Header, model: &mut Model) {
    let mut add = |name: &str, value: &str| model.properties.push(Entry { name: name.into(), value: value.into() });
    if header.order == Order::Big {
        add("byte order", "big-endian");
    }
    let number = |key: &str| header.get(key).and_then(Value::whole);
    if let Some(name) = number("general.file_type").and_then(types::mixture) {
        add("quantisation", name);
    }
    let [part, count] = PART.map(number);
    if let Some(count) = count {
        let part = part.map_or("?".into(), |part| part.saturating_add(1).to_string());
        add("part", &format!("{part} of {count}"));
    }
}

/// Says which files of a model in several are not here, if this one was opened alone.
fn parts(header: &Header, open: &mut Open) {
    let Some(count) = header.get("split.count").and_then(Value::whole).filter(|count| *count > 1) else { return };
    let (name, companions) = (open.files.name(), open.files.companions());
    let (found, _) = shards::series(&name, &companions);
    if found.len() > 1 {
        return;
    }
    let absent = shards::absent(&name, &found);
    let others = match absent.as_slice() {
        [] => "the others".to_owned(),
        names => shards::few(names),
    };
    let message = format!("this is one of the {count} files of a model; open it together with {others}");
    open.report.add(Severity::Warning, message);
}

/// Where each tensor is, as far as it is in the file, which has `end` bytes. Reports what the reference reader would refuse.
fn places(header: &Header, end: u64, report: &mut Report) -> Vec<Option<Span>> {
    let mut warn = |message: String| report.add(Severity::Warning, message);
    let mut spans = Vec::new();
    for info in &header.tensors {
        let (problem, span) = place(info, header.weights);
        if let Some(problem) = problem {
            warn(format!("tensor {:?} {problem}", info.name));
        }
        spans.push(span);
    }
    let named = header.tensors.iter().zip(&spans).filter_map(|(info, span)| Some(((*span)?, &*info.name)));
    let mut placed: Vec<(Span, &str)> = named.filter(|(span, _)| span.len > 0).collect();
    sort::sort_by_key(&mut placed, |(span, name)| (span.at, span.len, *name));
    for pair in placed.windows(2) {
        if let [(before, first), (after, second)] = pair
            && after.at < before.end()
        {
            let shared = before.end().min(after.end()) - after.at;
            warn(format!("tensors {first:?} and {second:?} share {shared} bytes"));
        }
    }
    let mut cut = placed.iter().filter(|(span, _)| span.end() > end);
    if let Some((_, first)) = cut.next() {
        let more = match cut.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        warn(format!("the file ends before tensor {first:?}{more}: it was probably cut short by a download or copy"));
    }
    let here = |span: Span| Some(Span { len: end.checked_sub(span.at)?.min(span.len), ..span });
    spans.into_iter().map(|span| span.and_then(here)).collect()
}

/// What is wrong with a tensor, and where it should be; `weights` is where all begin.
fn place(info: &Info, weights: Option<u64>) -> (Option<String>, Option<Span>) {
    let wrong = |message: String| (Some(message), None);
    let Some(dtype) = types::element(info.kind) else {
        return wrong(match types::removed(info.kind) {
            Some(name) => format!("is of type {name}, which ggml no longer has"),
            None => format!("is of type {}, which is not known", info.kind),
        });
    };
    let elements = info.shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
    let Some(len) = elements.and_then(|elements| dtype.bytes(elements)) else {
        return wrong(format!("has a shape that is too large: {:?}", info.shape));
    };
    let Some(weights) = weights else { return (None, None) };
    let Some(at) = weights.checked_add(info.offset).filter(|at| at.checked_add(len).is_some()) else {
        return wrong(format!("begins at byte {} of the weights, which no file has", info.offset));
    };
    let row = info.shape.last().copied().unwrap_or(1);
    let problem = if info.shape.len() > DIMS {
        Some(format!("has {} dimensions, {DIMS} are the most that ggml has", info.shape.len()))
    } else {
        let uneven = dtype.block().filter(|block| !row.is_multiple_of(block.elements));
        uneven.map(|block| format!("has rows of {row} elements, but blocks of {}", block.elements))
    };
    (problem, Some(Span { at, len }))
}

/// Adds rows for all keys but those that are properties. Tables become graphs, one for all keys that begin alike.
fn metadata(header: Header, open: &mut Open, encoding: Encoding, model: &mut Model) -> Vec<Graph> {
    let width = header.width();
    let mut tables: Vec<(String, Modules)> = Vec::new();
    let mut keys = HashSet::default();
    for (key, value) in header.entries {
        if !keys.insert(key.clone()) {
            open.report.add(Severity::Warning, format!("the key {key:?} is there twice"));
        }
        let text = match value {
            Value::Whole(number) => number.to_string(),
            Value::Row(text) => text,
            Value::Table(table) => {
                let tensor = tensor(&key, table, open.file, encoding, width);
                let text = format!("{} {}", tensor.dtype.name(), tensor.shape.first().copied().unwrap_or(0));
                let group = key.split('.').next().unwrap_or_default();
                let place = tables.iter().position(|(name, _)| name == group).unwrap_or_else(|| {
                    tables.push((group.to_owned(), Modules::new('.')));
                    tables.len() - 1
                });
                if let Some((_, modules)) = tables.get_mut(place) {
                    modules.attribute(&key, Literal::Tensor(model.tensors.push(tensor)));
                }
                text
            }
        };
        if !PART.contains(&&*key) {
            model.metadata.push(Entry { name: key.as_str().into(), value: text.as_str().into() });
        }
    }
    let graph = |(name, modules): (String, Modules)| Graph { name: name.as_str().into(), ..modules.finish() };
    tables.into_iter().map(graph).collect()
}

/// A table as a tensor.
fn tensor(key: &str, table: Table, file: FileId, encoding: Encoding, width: u8) -> Tensor {
    let dtype = types::item(table.kind);
    let data = match dtype {
        DType::String => Data::Prefixed(file, Prefixed { span: table.span, width, marks: table.marks }),
        _ => Data::Range(file, table.span),
    };
    Tensor {
        name: key.into(),
        dtype,
        shape: vec![table.count],
        encoding,
        data,
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    }
}
