//! Graphs of TensorFlow: `graph.proto`, `meta_graph.proto`, `saved_model.proto`, `function.proto`, `saved_object_graph.proto`.
//!
//! A file has one or several graphs, each with a library of functions. Nodes are read once, as lists whose inputs are resolved (`read`). Then it is
//! found out which tensors nodes and arguments of functions stand for (`known`, `objects`), variables get the values of their checkpoint (`join`),
//! and bodies become graphs of the model (`entry` for what a model is entered by, `lower` for each body).
//!
//! - `proto`: the messages; `tensor`, `attribute`: what they hold; `operators`: what parameters are called; `scopes`: the hierarchy of names, `frames`: of loops;
//! - `events`: logs; `text`: the same messages as text or JSON.

mod attribute;
mod entry;
mod events;
mod frames;
mod join;
mod known;
mod lower;
mod objects;
mod operators;
mod proto;
mod read;
mod scopes;
mod tensor;
mod text;
mod web;

use super::super::Open;
use super::lower::property;
use crate::codec::json;
use crate::codec::protobuf::{Field, Fields, Message, Wire};
use crate::model::{Arena, Graph, GraphId, Model, Tensor, Text};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use crate::source::{FileId, Slice, Span};
use entry::{Signature, Way};
use foldhash::HashMap;
use lower::{Lowering, Program};
use proto::{MetaGraph, SavedModel};
use std::rc::Rc;

/// The fields that are looked at to recognise a file.
const LOOKED_AT: usize = 16;
/// The longest name that a file is recognised by.
const NAME: u64 = 4096;
/// The most bytes that are written out for tensors that state fewer elements than they have.
const WRITTEN: u64 = 32 << 20;
/// The most ways into a model that are shown as graphs of their own, and how many times the nodes of the file, and how many more, these may have.
const ENTRIES: usize = 64;
const TIMES: usize = 4;
const NODES: usize = 4096;
/// Where the variables of a SavedModel are.
const VARIABLES: &str = "variables/variables";
/// Where Keras 2 says what the layers of a SavedModel are.
const KERAS: &str = "keras_metadata.pb";

/// How a file holds graphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// As a message.
    Message(Root),
    /// As the text of a message.
    Text(Root),
    /// As a `GraphDef` in JSON.
    Json,
    /// With weights beside it, for TensorFlow.js.
    Web,
    /// In records of a log.
    Events,
}

/// Which message a graph is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// `SavedModel`.
    Saved,
    /// `MetaGraphDef`.
    Meta,
    /// `GraphDef`.
    Graph,
}

/// How the file holds graphs, if it does, and how sure that is.
pub fn container(probe: &Probe) -> Option<(Container, Confidence)> {
    if events::sniff(probe) {
        return Some((Container::Events, Confidence::Certain));
    }
    if text::is_json(probe) {
        return Some((Container::Json, Confidence::Certain));
    }
    if web::sniff(probe) {
        return Some((Container::Web, Confidence::Certain));
    }
    let text = text::root(probe).map(|root| (Container::Text(root), Confidence::Certain));
    text.or_else(|| root(probe).map(|(root, confidence)| (Container::Message(root), confidence)))
}

/// Which message the file is, by the numbers and wire types of its first fields.
fn root(probe: &Probe) -> Option<(Root, Confidence)> {
    let fields: Vec<Field> = Fields::new(probe.file()).take(LOOKED_AT).map_while(Result::ok).collect();
    let all = |known: &dyn Fn(&Field) -> bool| !fields.is_empty() && fields.iter().all(known);
    let any = |number: u32| fields.iter().any(|field| field.number == number);
    if all(&is_saved) && any(2) {
        Some((Root::Saved, Confidence::Certain))
    } else if all(&is_meta) && any(2) && (any(1) || any(3)) {
        Some((Root::Meta, Confidence::Certain))
    } else if all(&is_graph) && any(1) {
        let first = fields.iter().find(|field| field.number == 1);
        let known = first.is_some_and(is_registered);
        Some((Root::Graph, if known { Confidence::Certain } else { Confidence::Likely }))
    } else {
        None
    }
}

/// Whether `field` can be one of a `SavedModel`.
fn is_saved(field: &Field) -> bool {
    match (field.number, &field.wire) {
        (1, Wire::Varint(version)) => *version < 100,
        (2, Wire::Bytes(_)) => inside(field, &is_meta),
        _ => false,
    }
}

/// Whether `field` can be one of a `MetaGraphDef`.
fn is_meta(field: &Field) -> bool {
    match (field.number, &field.wire) {
        (1, Wire::Bytes(_)) => inside(field, &|inner| {
            matches!((inner.number, &inner.wire), (1..=6, Wire::Bytes(_)) | (7, Wire::Varint(_)) | (8, Wire::Bytes(_)))
        }),
        (2, Wire::Bytes(_)) => inside(field, &is_graph),
        (3..=7, Wire::Bytes(_)) => true,
        _ => false,
    }
}

/// Whether `field` can be one of a `GraphDef`.
fn is_graph(field: &Field) -> bool {
    match (field.number, &field.wire) {
        (1, Wire::Bytes(_)) => is_node(field),
        (2, Wire::Bytes(_)) => inside(field, &|inner| matches!((inner.number, &inner.wire), (1..=3, Wire::Bytes(_)))),
        (3, Wire::Varint(_)) => true,
        (4, Wire::Bytes(_)) => {
            inside(field, &|inner| matches!((inner.number, &inner.wire), (1 | 2, Wire::Varint(_)) | (3, _)))
        }
        (5, Wire::Bytes(_)) => true,
        _ => false,
    }
}

/// Whether `field` holds a `NodeDef`: a name and an operator first, and no device but one that is spelled as a path.
fn is_node(field: &Field) -> bool {
    let Ok(fields) = field.message() else { return false };
    let inner: Vec<Field> = fields.take(LOOKED_AT).map_while(Result::ok).collect();
    let [name, operator, rest @ ..] = inner.as_slice() else { return false };
    let text = |field: &Field| (field.span.len < NAME).then(|| field.text().ok()).flatten().unwrap_or_default();
    let is_name = |text: &str| !text.is_empty() && !text.contains(|char: char| char.is_control());
    let is_device = |text: &str| text.is_empty() || text.contains(['/', ':']);
    name.number == 1
        && operator.number == 2
        && is_name(&text(name))
        && is_name(&text(operator))
        && rest.iter().all(|field| matches!(field.number, 3..=7) && (field.number != 4 || is_device(&text(field))))
}

/// Whether the first node in `field`, a `GraphDef`, has an operator that is registered.
fn is_registered(field: &Field) -> bool {
    let operator = field.message().ok().and_then(|mut fields| fields.nth(1)?.ok());
    operator.and_then(|operator| operator.text().ok()).is_some_and(|name| operators::find(&name).is_some())
}

/// Whether the first fields inside of `field` are `known`.
fn inside(field: &Field, known: &dyn Fn(&Field) -> bool) -> bool {
    field.message().is_ok_and(|fields| fields.take(4).map_while(Result::ok).all(|field| known(&field)))
}

/// Where the messages of a file are.
struct Place {
    file: FileId,
    bytes: Slice,
}

/// Opens the main file, which holds graphs in `container`.
///
/// # Errors
/// When it cannot be read at all.
pub fn open(container: Container, open: &mut Open) -> Result<Model> {
    let main = Place { file: open.file, bytes: open.probe.file() };
    let (place, root) = match container {
        Container::Message(root) => (main, root),
        Container::Text(root) => {
            let text = String::from_utf8_lossy(&main.bytes.read_all(open.limits.text)?).into_owned();
            (text::from_text(root, &text, open), root)
        }
        Container::Json => {
            let value = json::parse(&main.bytes.read_all(open.limits.text)?);
            let value = value.map_err(|error| Error::malformed(format!("this JSON cannot be read: {error}")))?;
            (text::from_json(&value, open), Root::Graph)
        }
        Container::Web => {
            let mut model = Model { format: "TensorFlow.js graph model".into(), ..Model::default() };
            let web::Web { place, weights, signature } = web::open(open, &mut model)?;
            let graph = MetaGraph { graph: vec![place.bytes.span()], ..MetaGraph::default() };
            let beside = Beside { stem: None, weights, signature };
            programs(vec![graph], &place, beside, open, &mut model);
            return Ok(model);
        }
        Container::Events => {
            let metas = events::graphs(&main, open)?;
            let mut model = Model { format: "TensorFlow events".into(), ..Model::default() };
            programs(metas, &main, Beside::default(), open, &mut model);
            return Ok(model);
        }
    };
    let whole = place.bytes.span();
    let mut metas = Vec::new();
    let (format, stem) = match root {
        Root::Saved => {
            let saved: SavedModel = decode(&place, whole, open);
            metas.extend(saved.meta_graphs.iter().map(|span| decode::<MetaGraph>(&place, *span, open)));
            ("TensorFlow SavedModel", Some(VARIABLES.to_owned()))
        }
        Root::Meta => {
            metas.push(decode(&place, whole, open));
            let stem = open.probe.name().strip_suffix(".meta").map(str::to_owned);
            ("TensorFlow MetaGraph", stem)
        }
        Root::Graph => {
            metas.push(MetaGraph { graph: vec![whole], ..MetaGraph::default() });
            ("TensorFlow GraphDef", None)
        }
    };
    if metas.is_empty() {
        return Err(Error::malformed("the file has no graph"));
    }
    let mut model = Model { format: format.into(), ..Model::default() };
    programs(metas, &place, Beside { stem, ..Beside::default() }, open, &mut model);
    Ok(model)
}

/// The message at `span`, as far as it can be read; what cannot is reported.
fn decode<M: Message>(place: &Place, span: Span, open: &mut Open) -> M {
    let (message, fault) = M::decode(place.bytes.window(span));
    if let Some(fault) = fault {
        open.report.add_error(&fault);
    }
    message
}

/// A way into a model.
enum Entry {
    /// A signature.
    Signature(Signature),
    /// A function of the library, by what it is called from outside.
    Function(Text, u32),
}

/// What is known of graphs from elsewhere.
#[derive(Default)]
struct Beside {
    /// The name of the checkpoint that has their variables.
    stem: Option<String>,
    /// The values of constants, by their names.
    weights: HashMap<Text, Tensor>,
    /// What goes in and out.
    signature: Option<Signature>,
}

/// How a program is entered.
#[derive(Default)]
struct Entries {
    /// Where its signatures lead to, else functions to be called from outside.
    ways: Vec<Way>,
    /// Whether the graph itself is more than these.
    whole: bool,
    /// What tells the graph itself from others.
    name: Text,
}

/// Adds the graphs that `metas` tell of to `model`: what they are entered by, then all functions.
fn programs(metas: Vec<MetaGraph>, place: &Place, mut beside: Beside, open: &mut Open, model: &mut Model) {
    let several = metas.len() > 1;
    let mut programs = Vec::new();
    for meta in metas {
        let (entries, program) = program(&meta, place, &mut beside, open, model);
        let name = if several { meta.info.tags.join(" ").as_str().into() } else { Text::default() };
        programs.push((Entries { name, ..entries }, program));
    }
    let mains: usize = programs.iter().map(|(entries, _)| entries.ways.len() + usize::from(entries.whole)).sum();
    let mut graphs: Arena<GraphId, Graph> = Arena::new();
    let mut library = Vec::new();
    for (entries, mut program) in programs {
        program.first_function = (mains + library.len()) as u32;
        let mut lowering = Lowering { open, model, of: program };
        let alone = entries.ways.is_empty();
        for way in entries.ways {
            graphs.push(lowering.entered(way));
        }
        if entries.whole {
            let name = if alone || !entries.name.is_empty() { entries.name } else { "whole graph".into() };
            graphs.push(lowering.whole(name, alone));
        }
        let functions = 0..lowering.of.graph.functions.len() as u32;
        library.extend(functions.map(|function| lowering.function(function)));
    }
    for function in library {
        graphs.push(function);
    }
    model.graphs = graphs;
}

/// Reads the graph of `meta`, finds out what is known of it, and how it is entered.
fn program(
    meta: &MetaGraph,
    place: &Place,
    beside: &mut Beside,
    open: &mut Open,
    model: &mut Model,
) -> (Entries, Program) {
    let (file, bytes) = (place.file, place.bytes.clone());
    let elsewhere = std::mem::take(&mut beside.weights);
    let (graph, known, layers, strings) = Default::default();
    let program = Program { file, bytes, graph, first_function: 0, known, elsewhere, layers, strings, budget: WRITTEN };
    let mut lowering = Lowering { open, model, of: program };
    lowering.of.graph = Rc::new(lowering.reader().graph(&meta.graph));
    describe(meta, lowering.of.graph.producer, lowering.model);
    let objects = meta.objects.map(|span| lowering.reader().decode(span, "the objects"));
    lowering.bind(Vec::new());
    let restored = lowering.restored();
    lowering.join(beside.stem.as_deref(), &restored);
    let mut signatures = lowering.signatures(&meta.signatures);
    signatures.extend(beside.signature.take());
    let mut called = Vec::new();
    if let Some(objects) = objects {
        let keras = lowering.open.files.sibling(KERAS).ok().flatten();
        lowering.of.layers = objects::layers(&objects, keras.and_then(|file| lowering.open.files.slice(file)));
        let bound = lowering.bound(&objects, &restored);
        lowering.bind(bound);
        if signatures.is_empty() {
            called = objects::functions(&objects);
        }
    }
    let graph = lowering.of.graph.clone();
    let called = called.into_iter().filter_map(|(name, function)| Some((name, *graph.named.get(&function)?)));
    let mut left = graph.len().saturating_mul(TIMES).saturating_add(NODES);
    let (mut ways, mut missed) = (Vec::new(), 0);
    let entries = signatures.into_iter().map(Entry::Signature);
    for entry in entries.chain(called.map(|(name, function)| Entry::Function(name, function))) {
        let way = match entry {
            Entry::Signature(signature) => lowering.signed(&signature),
            Entry::Function(name, function) => lowering.called(function, name),
        };
        match left.checked_sub(way.len(&graph)).filter(|_| ways.len() < ENTRIES) {
            Some(rest) => {
                left = rest;
                ways.push(way);
            }
            None => missed += 1,
        }
    }
    if missed > 0 {
        let message = format!("{missed} more ways into the model are not shown as graphs of their own");
        lowering.open.report.add(Severity::Note, message);
    }
    let whole = !ways.iter().any(|way| way.is_whole(&graph));
    (Entries { ways, whole, name: Text::default() }, lowering.of)
}

/// Adds what a meta graph says of itself.
fn describe(meta: &MetaGraph, producer: i64, model: &mut Model) {
    let producer = if producer == 0 { String::new() } else { producer.to_string() };
    let made_by = &meta.info.tensorflow_version;
    let made_by = if made_by.is_empty() { String::new() } else { format!("TensorFlow {made_by}") };
    for (name, value) in [("producer", made_by), ("tags", meta.info.tags.join(" ")), ("graph version", producer)] {
        if !value.is_empty() {
            property(model, name, value);
        }
    }
}
