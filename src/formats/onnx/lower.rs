//! `ModelProto` to the model: what is not in a graph, and the order in which graphs are read.

use super::super::Open;
use super::{proto, schemas};
use crate::codec::protobuf::{Field, Fields, Message, Value};
use crate::model::{
    Argument, Category, Entry, Graph, GraphId, GraphKind, Import, Literal, Model, Node, NodeId, Strings, Text, ValueId,
    Wiring,
};
use crate::report::{Diagnostic, Error, Report, Result, Severity};
use crate::source::{BytesSource, FileId, Limits, Slice, Span};
use foldhash::HashMap;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use super::attribute::Owner;
use super::devices::Configuration;
use super::graph::{Formal, Scheme, Signature};

/// A graph that is yet to be read.
pub struct Pending {
    /// Its id; the model has an empty graph there.
    pub graph: GraphId,
    /// Where its message is; in pieces, if the file has it in pieces.
    pub spans: Vec<Span>,
    /// Whether it is a `GraphProto` or a `FunctionProto`.
    pub scheme: Scheme,
    /// How many graphs are around it.
    pub depth: usize,
}

/// The state of reading one file.
pub struct Lowering<'a> {
    pub model: Model,
    /// The file with the messages, and its bytes.
    pub id: FileId,
    pub file: Slice,
    /// The file that was opened, and what it is called, if the messages were made of it: its tensors are still there.
    pub source: Option<(FileId, String)>,
    pub limits: Limits,
    pub report: &'a mut Report,
    pub progress: &'a dyn Fn(f32),
    pub strings: Strings,
    /// Of each graph that was read: its values by name.
    pub names: HashMap<GraphId, HashMap<Text, ValueId>>,
    /// The operators met so far, by domain, name and overload.
    pub signatures: HashMap<(Text, Text, Text), std::rc::Rc<Signature>>,
    /// The graphs that are yet to be read, in the order of their ids.
    pub pending: VecDeque<Pending>,
    /// Fields that were met but are not known: of which message, and their numbers.
    pub unknown: BTreeSet<(&'static str, u32)>,
    /// Whether it was reported already that the file ends early.
    cut: bool,
}

impl<'a> Lowering<'a> {
    fn new(open: &'a mut Open, (id, file): (FileId, Slice)) -> Self {
        Self {
            model: Model::default(),
            id,
            file,
            source: None,
            limits: open.limits,
            report: &mut open.report,
            progress: open.progress,
            strings: Strings::default(),
            names: HashMap::default(),
            signatures: HashMap::default(),
            pending: VecDeque::new(),
            unknown: BTreeSet::new(),
            cut: false,
        }
    }

    /// `text`, not interned: for names that hardly repeat.
    pub fn text(&self, text: &str) -> Text {
        if text.is_empty() { self.strings.empty() } else { text.into() }
    }

    /// Reports something odd about the model as a whole.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.report.add(Severity::Warning, message);
    }

    /// Reports an error in `span`, unless it only repeats that the file ends early.
    pub fn fault(&mut self, error: &Error, span: Span, graph: Option<GraphId>) {
        if self.cut && span.end() == self.file.span().end() {
            return;
        }
        let (message, at) = (error.to_string(), error.at);
        self.report.push(Diagnostic { severity: Severity::Error, message, at, graph, node: None });
    }

    /// The message in `field`, as far as it can be read; what cannot is reported.
    pub fn decode<M: Message>(&mut self, field: &Field, graph: Option<GraphId>) -> M {
        let mut message = M::default();
        if let Err(error) = message.take(field) {
            self.fault(&error, field.span, graph);
        }
        message
    }

    /// The message at `span`, as far as it can be read; what cannot is reported.
    pub fn decode_at<M: Message>(&mut self, span: Span, graph: GraphId) -> M {
        let (message, fault) = M::decode(self.file.window(span));
        if let Some(error) = fault {
            self.fault(&error, span, Some(graph));
        }
        message
    }

    /// Adds an empty graph, to be read later.
    pub fn graph(
        &mut self,
        kind: GraphKind,
        parent: Option<(GraphId, NodeId)>,
        spans: Vec<Span>,
        depth: usize,
    ) -> GraphId {
        let scheme = if kind == GraphKind::Function { Scheme::Function } else { Scheme::Graph };
        let (name, description) = (self.strings.empty(), self.strings.empty());
        let graph = self.model.graphs.push(Graph { name, description, kind, parent, ..Graph::default() });
        self.pending.push_back(Pending { graph, spans, scheme, depth });
        graph
    }

    /// A graph that is an attribute of `owner`.
    pub fn body(&mut self, span: Span, owner: Owner) -> Literal {
        let depth = owner.depth + 1;
        if depth > self.limits.depth {
            let error = Error::limit(format!("graphs nest deeper than {} levels", self.limits.depth)).at(span.at);
            self.fault(&error, span, Some(owner.graph));
            return Literal::Absent;
        }
        Literal::Graph(self.graph(GraphKind::Body, Some((owner.graph, owner.node)), vec![span], depth))
    }

    /// Reads all pending graphs, and those that they turn out to hold.
    fn run(&mut self) {
        while let Some(pending) = self.pending.pop_front() {
            self.lower_graph(pending);
        }
    }
}

/// What the walk over a `ModelProto` finds.
#[derive(Default)]
struct Found {
    ir_version: i64,
    producer: [String; 2],
    domain: String,
    version: i64,
    doc: String,
    graph: Vec<Span>,
    training: Vec<Field>,
    functions: Vec<Span>,
    /// The configurations of devices.
    devices: Vec<Entry>,
}

/// Reads the `ModelProto` that is `message`, which says what the file says.
pub fn written(open: &mut Open, message: Vec<u8>) -> Result<Model> {
    let id = open.files.add_inside(open.probe.name(), Rc::new(BytesSource(message)));
    let file = open.files.slice(id).unwrap_or_default();
    let source = Some((open.file, open.probe.name().to_owned()));
    read(Lowering { source, ..Lowering::new(open, (id, file)) })
}

/// Reads a file that is a `ModelProto`.
pub fn model(open: &mut Open) -> Result<Model> {
    let file = (open.file, open.probe.file());
    read(Lowering::new(open, file))
}

fn read(mut lowering: Lowering) -> Result<Model> {
    let mut found = Found::default();
    let mut end = Ok(());
    for field in Fields::new(lowering.file.clone()) {
        end = end.and(field.and_then(|field| lowering.model_field(&field, &mut found)));
    }
    match end {
        Err(error) if found.graph.is_empty() => return Err(error),
        Err(error) => {
            lowering.report.add_error(&error);
            lowering.cut = true;
        }
        Ok(()) if found.graph.is_empty() => lowering.warn("the model has no graph"),
        Ok(()) => {}
    }
    lowering.describe(&found);
    lowering.check_versions();
    lowering.graph(GraphKind::Main, None, found.graph, 0);
    for field in &found.training {
        lowering.training(field);
    }
    for span in found.functions {
        lowering.function(span);
    }
    lowering.run();
    for (message, number) in &lowering.unknown {
        lowering.report.add(Severity::Note, format!("field {number} of the {message} is not known, and not shown"));
    }
    Ok(lowering.model)
}

/// Reads a file that is just a `GraphProto`.
pub fn bare_graph(open: &mut Open) -> Result<Model> {
    let file = (open.file, open.probe.file());
    let mut lowering = Lowering::new(open, file);
    lowering.model.format = "ONNX Graph".into();
    let span = lowering.file.span();
    lowering.graph(GraphKind::Main, None, vec![span], 0);
    lowering.run();
    Ok(lowering.model)
}

/// Reads a file that is just a `TensorProto`.
pub fn bare_tensor(open: &mut Open) -> Result<Model> {
    let file = (open.file, open.probe.file());
    let mut lowering = Lowering::new(open, file);
    lowering.model.format = "ONNX Tensor".into();
    let (tensor, fault) = proto::Tensor::decode(lowering.file.clone());
    if let Some(error) = fault {
        lowering.report.add_error(&error);
    }
    let id = lowering.tensor(&tensor, "");
    let mut graph = Graph { wiring: Wiring::Modules, ..Graph::default() };
    let name = lowering.text(&tensor.name);
    let value = graph.values.push(crate::model::Value { name, tensor: Some(id), ..Default::default() });
    let inputs = vec![Argument { name: "tensor".into(), values: vec![value] }];
    graph.nodes.push(Node { operator: "Tensor".into(), inputs, ..Node::default() });
    lowering.model.graphs.push(graph);
    Ok(lowering.model)
}

impl Lowering<'_> {
    fn model_field(&mut self, field: &Field, found: &mut Found) -> Result<()> {
        match field.number {
            1 => found.ir_version.take(field)?,
            2 => found.producer[0].take(field)?,
            3 => found.producer[1].take(field)?,
            4 => found.domain.take(field)?,
            5 => found.version.take(field)?,
            6 => found.doc.take(field)?,
            7 => found.graph.push(field.span),
            8 => {
                let import = self.import(field);
                self.model.imports.push(import);
            }
            14 => {
                let entry: proto::StringStringEntry = self.decode(field, None);
                let entries = self.entries(&[entry]);
                self.model.metadata.extend(entries);
            }
            20 => found.training.push(field.clone()),
            25 => found.functions.push(field.span),
            26 => {
                let configuration: Configuration = self.decode(field, None);
                let name = format!("devices ({})", configuration.name);
                found.devices.push(Entry { name: name.into(), value: configuration.text().into() });
            }
            number => drop(self.unknown.insert(("model", number))),
        }
        Ok(())
    }

    /// The `OperatorSetIdProto` in `field`.
    pub fn import(&mut self, field: &Field) -> Import {
        let import: proto::OperatorSetId = self.decode(field, None);
        Import { domain: self.strings.intern(&import.domain), version: import.version }
    }

    fn describe(&mut self, found: &Found) {
        self.model.format = match found.ir_version {
            0 => "ONNX".into(),
            version => format!("ONNX v{version}"),
        };
        let version = if found.version == 0 { String::new() } else { found.version.to_string() };
        let properties = [
            ("producer", found.producer.join(" ").trim().to_owned()),
            ("domain", found.domain.clone()),
            ("version", version),
            ("description", found.doc.clone()),
        ];
        for (name, value) in properties {
            if !value.is_empty() {
                self.model.properties.push(Entry { name: name.into(), value: value.into() });
            }
        }
        self.model.properties.extend(found.devices.iter().cloned());
    }

    /// Tells of operator sets that are newer than what is known.
    fn check_versions(&mut self) {
        for import in &self.model.imports {
            let (domain, version) =
                (if import.domain.is_empty() { "ai.onnx" } else { &*import.domain }, import.version);
            if let Some(newest) = schemas::newest(&import.domain).filter(|newest| version > *newest) {
                let message = format!(
                    "the model asks for version {version} of {domain}; {newest} is the newest that is known here"
                );
                self.report.add(Severity::Note, message);
            }
        }
    }

    /// `TrainingInfoProto`: two graphs, and the tensors that their outputs overwrite, kept as their metadata.
    fn training(&mut self, field: &Field) {
        let Ok(fields) = field.message() else { return };
        let mut graphs = [None; 2];
        for field in fields.map_while(Result::ok) {
            match field.number {
                1 | 2 => {
                    let id = self.graph(GraphKind::Main, None, vec![field.span], 0);
                    let [initialization, algorithm] = &mut graphs;
                    let (place, name) =
                        if field.number == 1 { (initialization, "initialization") } else { (algorithm, "algorithm") };
                    *place = Some(id);
                    if let Some(graph) = self.model.graphs.get_mut(id) {
                        graph.name = name.into();
                    }
                }
                3 | 4 => {
                    let mut entry: proto::StringStringEntry = self.decode(&field, None);
                    let [initialization, algorithm] = graphs;
                    let (graph, when) =
                        if field.number == 3 { (initialization, "initial") } else { (algorithm, "next") };
                    entry.key = format!("{when} {}", entry.key);
                    let entries = self.entries(&[entry]);
                    if let Some(graph) = graph.and_then(|id| self.model.graphs.get_mut(id)) {
                        graph.metadata.extend(entries);
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds the `FunctionProto` at `span`, to be read later; nodes that are read before can already refer to it.
    fn function(&mut self, span: Span) {
        let graph = self.graph(GraphKind::Function, None, vec![span], 0);
        let [mut name, mut domain, mut overload] = [const { String::new() }; 3];
        let [mut inputs, mut outputs] = [const { Vec::<String>::new() }; 2];
        let mut imports = Vec::new();
        for field in Fields::new(self.file.window(span)).map_while(Result::ok) {
            let text = match field.number {
                1 => name.take(&field),
                4 => inputs.take(&field),
                5 => outputs.take(&field),
                9 => {
                    imports.push(self.import(&field));
                    Ok(())
                }
                10 => domain.take(&field),
                13 => overload.take(&field),
                _ => Ok(()),
            };
            if let Err(error) = text {
                self.fault(&error, span, Some(graph));
            }
        }
        if let Some(graph) = self.model.graphs.get_mut(graph) {
            let separator = if overload.is_empty() { "" } else { ":" };
            graph.name = format!("{name}{separator}{overload}").into();
            graph.domain = self.strings.intern(&domain);
            graph.imports = imports;
        }
        let mut formals = |names: Vec<String>| -> Vec<Formal> {
            names.iter().map(|name| Formal { name: self.strings.intern(name), variadic: false }).collect()
        };
        let (inputs, outputs) = (formals(inputs), formals(outputs));
        let signature = Signature { definition: Some(graph), category: Category::Control, inputs, outputs };
        self.define(&domain, &name, &overload, signature);
    }
}
