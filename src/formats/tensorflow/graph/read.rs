//! A `GraphDef` as lists of nodes whose inputs are resolved. Attributes stay where they are in the file until they are asked for.

use super::proto::{self, Attr};
use crate::codec::protobuf::{Fields, Message};
use crate::model::{self, Strings, Text};
use crate::report::{Error, Report, Severity};
use crate::source::{Limits, Slice, Span};
use foldhash::HashMap;

/// How many nodes are read between two reports of progress.
const STEP: usize = 4096;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// A node of the same body, by its place.
    Node(u32),
    /// An argument of the function, by its place.
    Argument(u32),
    /// Nothing has that name.
    Unknown(Text),
}

/// A value: of what, and which of its results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// What it is a result of.
    pub end: End,
    /// Within functions: the result's name. Empty in a graph, where all results are counted.
    pub port: Text,
    /// Which one, of those with that name.
    pub index: u32,
}

/// `NodeDef`.
#[derive(Debug)]
pub struct Node {
    /// Its name.
    pub name: Text,
    /// Its operator, or the function that it calls.
    pub operator: Text,
    /// Where it is to run.
    pub device: Text,
    /// What it reads.
    pub inputs: Vec<Reference>,
    /// What must have run before it.
    pub waits: Vec<End>,
    /// The places of its attributes.
    pub attributes: Vec<(Text, Span)>,
}

/// An argument or a result of a function.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Text,
    /// The number of its type.
    pub dtype: i64,
    /// Its shape, where it is known.
    pub shape: Option<model::Shape>,
    /// What the program called it.
    pub called: Text,
}

/// Nodes, and the arguments that they read. The body of the graph itself has none.
#[derive(Debug, Default)]
pub struct Body {
    /// The arguments.
    pub arguments: Vec<Parameter>,
    /// The nodes, in the order of the file.
    pub nodes: Vec<Node>,
    /// The results.
    pub results: Vec<(Parameter, Reference)>,
    names: HashMap<Text, End>,
}

/// `FunctionDef`.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Text,
    /// What its author says about it.
    pub description: String,
    /// What it does.
    pub body: Body,
}

/// `GraphDef`.
#[derive(Debug, Default)]
pub struct Graph {
    /// Its own nodes.
    pub main: Body,
    /// The functions of its library.
    pub functions: Vec<Function>,
    /// Their places by their names.
    pub named: HashMap<Text, u32>,
    /// The version of TensorFlow's graphs that wrote it.
    pub producer: i64,
}

impl Graph {
    /// How many nodes are in it and its functions.
    pub fn len(&self) -> usize {
        self.functions.iter().map(|function| function.body.nodes.len()).sum::<usize>() + self.main.nodes.len()
    }
}

impl Body {
    /// What is called `name`: `node`, `node:1`, `node:output:1`.
    pub fn reference(&self, name: &str, strings: &mut Strings) -> Reference {
        let mut parts = name.splitn(3, ':');
        let own = parts.next().unwrap_or_default();
        let (port, index) = match (parts.next(), parts.next()) {
            (Some(index), None) => ("", index),
            (Some(port), Some(index)) => (port, index),
            (None, _) => ("", "0"),
        };
        let end = self.names.get(own).cloned().unwrap_or_else(|| End::Unknown(own.into()));
        match index.parse() {
            Ok(index) => Reference { end, port: strings.intern(port), index },
            // Something else than a number: part of a name that nothing has.
            Err(_) => Reference { end: End::Unknown(name.into()), port: strings.empty(), index: 0 },
        }
    }

    /// The node that `end` is.
    pub fn node(&self, end: &End) -> Option<&Node> {
        match end {
            End::Node(place) => self.nodes.get(*place as usize),
            _ => None,
        }
    }
}

/// Reads graphs of one file.
pub struct Reader<'a> {
    /// Its bytes.
    pub bytes: Slice,
    /// What the file may ask for.
    pub limits: Limits,
    /// Where what cannot be read goes.
    pub report: &'a mut Report,
    /// Told how far the reading is.
    pub progress: &'a dyn Fn(f32),
    /// The texts that repeat.
    pub strings: &'a mut Strings,
}

impl Reader<'_> {
    /// The message at `span`, as far as it can be read; what cannot is reported.
    pub fn decode<M: Message>(&mut self, span: Span, what: &str) -> M {
        let (message, fault) = M::decode(self.bytes.window(span));
        if let Some(fault) = fault {
            self.fault(fault, what);
        }
        message
    }

    fn fault(&mut self, fault: Error, what: &str) {
        let fault = if what.is_empty() { fault } else { fault.within(what.to_owned()) };
        // A file that is cut short says so in each message that its end is in.
        let again = self.report.diagnostics.last().is_some_and(|last| last.at.is_some() && last.at == fault.at);
        if !again {
            self.report.add_error(&fault);
        }
    }

    /// The graph in the messages at `spans`.
    pub fn graph(&mut self, spans: &[Span]) -> Graph {
        let mut message = proto::Graph::default();
        for span in spans {
            if let Err(fault) = message.merge(Fields::new(self.bytes.window(*span))) {
                self.fault(fault, "the graph");
            }
        }
        let mut graph = Graph { producer: message.versions.producer, ..Graph::default() };
        graph.main = self.body(Vec::new(), &message.nodes);
        for span in message.library.map(|library| library.functions).unwrap_or_default() {
            let function = self.function(span);
            graph.named.insert(function.name.clone(), graph.functions.len() as u32);
            graph.functions.push(function);
        }
        graph
    }

    fn function(&mut self, span: Span) -> Function {
        let function: proto::Function = self.decode(span, "a function");
        let name: Text = function.signature.name.as_str().into();
        let mut arguments = Vec::new();
        for (place, argument) in function.signature.input_arg.iter().enumerate() {
            let known = function.arg_attr.iter().find(|entry| usize::try_from(entry.key) == Ok(place));
            let spans = known.map(|entry| entry.value.attr.clone()).unwrap_or_default();
            let mut parameter = self.parameter(argument);
            for (name, span) in self.attributes(&spans) {
                match &*name {
                    "_user_specified_name" => {
                        parameter.called = self.attr(span).s.map(|s| self.text(s)).unwrap_or_default()
                    }
                    "_output_shapes" => {
                        let shapes = self.attr(span).list.map(|list| list.shape).unwrap_or_default();
                        parameter.shape = shapes.first().and_then(|shape| shape.lower());
                    }
                    _ => {}
                }
            }
            arguments.push(parameter);
        }
        let mut body = self.body(arguments, &function.node_def);
        for result in &function.signature.output_arg {
            let from = function.ret.iter().find(|entry| entry.key == result.name).map(|entry| entry.value.as_str());
            let reference = body.reference(from.unwrap_or(&result.name), self.strings);
            body.results.push((self.parameter(result), reference));
        }
        Function { name, description: function.signature.description, body }
    }

    fn parameter(&mut self, arg: &proto::Arg) -> Parameter {
        Parameter { name: arg.name.as_str().into(), dtype: arg.ty, shape: None, called: self.strings.empty() }
    }

    fn attributes(&mut self, spans: &[Span]) -> Vec<(Text, Span)> {
        let entry = |span: &Span| {
            let entry: proto::Entry = self.decode(*span, "an attribute");
            Some((self.strings.intern(&entry.key), entry.value?))
        };
        spans.iter().filter_map(entry).collect()
    }

    /// The attribute at `span`.
    pub fn attr(&mut self, span: Span) -> Attr {
        self.decode(span, "an attribute")
    }

    /// The text at `span`.
    pub fn text(&self, span: Span) -> Text {
        let bytes = self.bytes.window(span).read_all(self.limits.text).unwrap_or_default();
        String::from_utf8_lossy(&bytes).as_ref().into()
    }

    /// The nodes at `spans`, which read `arguments` and each other.
    fn body(&mut self, arguments: Vec<Parameter>, spans: &[Span]) -> Body {
        let mut body = Body { arguments, ..Body::default() };
        for (place, argument) in body.arguments.iter().enumerate() {
            body.names.insert(argument.name.clone(), End::Argument(place as u32));
        }
        let mut inputs = Vec::with_capacity(spans.len());
        let mut twice = 0;
        for (place, span) in spans.iter().enumerate() {
            if place.is_multiple_of(STEP) {
                (self.progress)(span.at as f32 / self.bytes.len().max(1) as f32);
            }
            let node: proto::Node = self.decode(*span, "a node");
            let name: Text = node.name.as_str().into();
            if body.names.insert(name.clone(), End::Node(place as u32)).is_some() {
                twice += 1;
            }
            let attributes = self.attributes(&node.attr);
            let (operator, device) = (self.strings.intern(&node.op), self.strings.intern(&node.device));
            body.nodes.push(Node { name, operator, device, inputs: Vec::new(), waits: Vec::new(), attributes });
            inputs.push(node.input);
        }
        if twice > 0 {
            self.report.add(Severity::Warning, format!("{twice} nodes have the name of another one"));
        }
        for (place, names) in inputs.into_iter().enumerate() {
            let (mut reads, mut waits) = (Vec::new(), Vec::new());
            for name in &names {
                match name.strip_prefix('^') {
                    Some(name) => waits.push(body.reference(name, self.strings).end),
                    None => reads.push(body.reference(name, self.strings)),
                }
            }
            if let Some(node) = body.nodes.get_mut(place) {
                (node.inputs, node.waits) = (reads, waits);
            }
        }
        body
    }
}
