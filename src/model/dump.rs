//! Prints a model: for people and `diff`, or as JSON.
//!
//! The text has one line for each thing, in the order of the file. Values go by their names, so that a node that is added does not
//! change the lines of others:
//!
//! ```text
//! format: ONNX v8
//! producer: "pytorch 2.1"
//! import: ai.onnx 17
//! metadata: author = "somebody"
//!
//! graph 0: main net
//!   input: x: float32 1×3×8×8
//!   output: y: float32 1×10
//!   node: convolution Conv /conv (X: x, W: conv.weight = float32 4×3×3×3, B: -) -> (Y: /conv/out) {strides = [1, 1]}
//!
//! tensor: conv.weight: float32 4×3×3×3, 432 bytes at 0x1a0
//!
//! warning: graph 0, node /conv: …
//! ```
//!
//! Names of letters, digits and `_./:-` stand as they are, others in quotes with the escapes of JSON; a value whose name is empty or
//! not unique in its graph is `%` and its number. An argument without a value is `-`. A constant is followed by `=` and its type.

use super::{
    Argument, Attribute, Data, Encoding, Entry, Graph, GraphId, GraphKind, Literal, Model, Node, Prefixed, Shape,
    Tensor, Type, Value, ValueId, ValueKind, Wiring,
};
use crate::codec::scalar::{double_text, single_text};
use crate::report::{Diagnostic, Report, Severity};
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::{self, Write};
use std::io;

/// Writes `model` and `report` as one JSON object: the fields of [`Model`] and of [`Report`]. Ids are positions in the lists of their kind.
///
/// # Errors
/// Those of `out`.
pub fn json(model: &Model, report: &Report, out: impl io::Write) -> serde_json::Result<()> {
    #[derive(Serialize)]
    struct Dump<'a> {
        #[serde(flatten)]
        model: &'a Model,
        #[serde(flatten)]
        report: &'a Report,
    }
    serde_json::to_writer(out, &Dump { model, report })
}

/// `model` and `report` as text.
pub fn text(model: &Model, report: &Report) -> String {
    let mut printer = Printer { model, out: String::new() };
    // Writing to a string cannot fail.
    let _ = printer.model(report);
    printer.out
}

/// `name` as it stands if it is plain, else in quotes.
fn quote(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:-".contains(c);
    if !name.is_empty() && name != "-" && name.chars().all(plain) { name.into() } else { json_text(name) }
}

/// `text` in quotes, on one line.
fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A type as it stands, unless a name in it would break the line.
fn one_line(ty: &Type) -> String {
    let text = ty.to_string();
    if text.contains(char::is_control) { json_text(&text) } else { text }
}

struct Printer<'a> {
    model: &'a Model,
    out: String,
}

impl Printer<'_> {
    fn model(&mut self, report: &Report) -> fmt::Result {
        let model = self.model;
        writeln!(self.out, "format: {}", model.format)?;
        for Entry { name, value } in &model.properties {
            writeln!(self.out, "{name}: {}", json_text(value))?;
        }
        for import in &model.imports {
            writeln!(self.out, "import: {} {}", quote(&import.domain), import.version)?;
        }
        self.metadata("", &model.metadata)?;
        for (id, graph) in model.graphs.iter() {
            self.graph(id, graph)?;
        }
        if !model.tensors.is_empty() {
            self.out.push('\n');
        }
        for tensor in model.tensors.values() {
            self.tensor(tensor)?;
        }
        if !report.diagnostics.is_empty() {
            self.out.push('\n');
        }
        for diagnostic in &report.diagnostics {
            self.diagnostic(diagnostic)?;
        }
        if report.dropped > 0 {
            writeln!(self.out, "and {} more", report.dropped)?;
        }
        Ok(())
    }

    fn metadata(&mut self, indent: &str, entries: &[Entry]) -> fmt::Result {
        for Entry { name, value } in entries {
            writeln!(self.out, "{indent}metadata: {} = {}", quote(name), json_text(value))?;
        }
        Ok(())
    }

    fn graph(&mut self, id: GraphId, graph: &Graph) -> fmt::Result {
        let kind = match graph.kind {
            GraphKind::Main => "main",
            GraphKind::Function => "function",
            GraphKind::Body => "body",
        };
        write!(self.out, "\ngraph {}: {kind} {}", id.0, quote(&graph.name))?;
        if !graph.domain.is_empty() {
            write!(self.out, " of {}", quote(&graph.domain))?;
        }
        if let Some((parent, node)) = graph.parent {
            let name = self.model.graphs.get(parent).and_then(|graph| graph.nodes.get(node)).map(|node| &*node.name);
            write!(self.out, " in node {} of graph {}", quote(name.unwrap_or_default()), parent.0)?;
        }
        if graph.wiring == Wiring::Modules {
            self.out.push_str(", modules");
        }
        self.out.push('\n');
        if !graph.description.is_empty() {
            writeln!(self.out, "  description: {}", json_text(&graph.description))?;
        }
        self.metadata("  ", &graph.metadata)?;
        for import in &graph.imports {
            writeln!(self.out, "  import: {} {}", quote(&import.domain), import.version)?;
        }
        for attribute in &graph.attributes {
            write!(self.out, "  attribute: ")?;
            self.attribute(attribute)?;
            self.out.push('\n');
        }
        for (id, scope) in graph.scopes.iter().filter(|(_, scope)| !scope.class.is_empty()) {
            write!(self.out, "  scope: {}: {}", quote(&graph.path(id, "/")), quote(&scope.class))?;
            for Entry { name, value } in &scope.metadata {
                write!(self.out, ", {}: {}", quote(name), json_text(value))?;
            }
            self.out.push('\n');
        }
        self.flow(graph)
    }

    fn flow(&mut self, graph: &Graph) -> fmt::Result {
        let names = Names::new(graph);
        for (direction, values) in [("input", &graph.inputs), ("output", &graph.outputs)] {
            for value in values {
                write!(self.out, "  {direction}: {}", names.of(*value))?;
                self.ty(graph.values.get(*value))?;
                self.out.push('\n');
            }
        }
        for node in graph.nodes.values() {
            self.node(graph, &names, node)?;
        }
        let mut typed: Vec<bool> = graph.values.values().map(|value| value.ty.is_some()).collect();
        for value in graph.inputs.iter().chain(&graph.outputs) {
            if let Some(typed) = typed.get_mut(value.index()) {
                *typed = false;
            }
        }
        for ((id, value), typed) in graph.values.iter().zip(typed) {
            self.value(&names, id, value, typed)?;
        }
        Ok(())
    }

    fn node(&mut self, graph: &Graph, names: &Names, node: &Node) -> fmt::Result {
        write!(self.out, "  node: {} ", node.category.name())?;
        if !node.domain.is_empty() {
            write!(self.out, "{}/", quote(&node.domain))?;
        }
        write!(self.out, "{} {} ", quote(&node.operator), quote(&node.name))?;
        self.arguments(graph, names, &node.inputs)?;
        self.out.push_str(" -> ");
        self.arguments(graph, names, &node.outputs)?;
        if !node.attributes.is_empty() {
            self.out.push_str(" {");
            for (index, attribute) in node.attributes.iter().enumerate() {
                self.out.push_str(if index > 0 { ", " } else { "" });
                self.attribute(attribute)?;
            }
            self.out.push('}');
        }
        if node.inferred {
            self.out.push_str(", inferred");
        }
        if let Some(scope) = node.scope {
            write!(self.out, ", in {}", quote(&graph.path(scope, "/")))?;
        }
        if let Some(definition) = node.definition {
            write!(self.out, ", calls graph {}", definition.0)?;
        }
        for Entry { name, value } in &node.metadata {
            write!(self.out, ", {}: {}", quote(name), json_text(value))?;
        }
        if !node.description.is_empty() {
            write!(self.out, ", {}", json_text(&node.description))?;
        }
        self.out.push('\n');
        Ok(())
    }

    fn arguments(&mut self, graph: &Graph, names: &Names, arguments: &[Argument]) -> fmt::Result {
        self.out.push('(');
        for (index, Argument { name, values }) in arguments.iter().enumerate() {
            self.out.push_str(if index > 0 { ", " } else { "" });
            if !name.is_empty() {
                write!(self.out, "{}: ", quote(name))?;
            }
            if values.is_empty() {
                self.out.push('-');
            }
            for (index, value) in values.iter().enumerate() {
                self.out.push_str(if index > 0 { " " } else { "" });
                self.out.push_str(&names.of(*value));
                let tensor = graph.values.get(*value).and_then(|value| self.model.tensors.get(value.tensor?));
                if let Some(tensor) = tensor {
                    write!(self.out, " = {} {}", tensor.dtype.name(), Shape::of(&tensor.shape))?;
                }
            }
        }
        self.out.push(')');
        Ok(())
    }

    fn attribute(&mut self, attribute: &Attribute) -> fmt::Result {
        write!(self.out, "{} = ", quote(&attribute.name))?;
        self.literal(&attribute.value)
    }

    fn literal(&mut self, literal: &Literal) -> fmt::Result {
        match literal {
            Literal::Absent => self.out.push('-'),
            Literal::Bool(value) => write!(self.out, "{value}")?,
            Literal::Int(value) => write!(self.out, "{value}")?,
            Literal::Float(value) => self.out.push_str(&single_text(*value)),
            Literal::Double(value) => self.out.push_str(&double_text(*value)),
            Literal::String(text) => self.out.push_str(&json_text(text)),
            Literal::Tensor(id) => match self.model.tensors.get(*id) {
                Some(tensor) => write!(self.out, "tensor {} {}", tensor.dtype.name(), Shape::of(&tensor.shape))?,
                None => write!(self.out, "tensor {}, which is not there", id.0)?,
            },
            Literal::Graph(id) => write!(self.out, "graph {}", id.0)?,
            Literal::Type(ty) => self.out.push_str(&one_line(ty)),
            Literal::Reference(name) => write!(self.out, "attribute {}", quote(name))?,
            Literal::List(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    self.literal(item)?;
                }
                self.out.push(']');
            }
        }
        Ok(())
    }

    /// What is known of a value beyond its name; with its type if that stands nowhere else (`typed`).
    fn value(&mut self, names: &Names, id: ValueId, value: &Value, typed: bool) -> fmt::Result {
        if !typed
            && !value.inferred
            && value.kind == ValueKind::Data
            && value.outer.is_none()
            && value.description.is_empty()
            && value.metadata.is_empty()
        {
            return Ok(());
        }
        write!(self.out, "  value: {}", names.of(id))?;
        if typed {
            self.ty(Some(value))?;
        }
        if value.outer.is_some() {
            self.out.push_str(", captured");
        }
        if value.inferred {
            self.out.push_str(", inferred");
        }
        match value.kind {
            ValueKind::Data => {}
            ValueKind::Control => self.out.push_str(", control"),
            ValueKind::Feedback => self.out.push_str(", feedback"),
        }
        for Entry { name, value } in &value.metadata {
            write!(self.out, ", {}: {}", quote(name), json_text(value))?;
        }
        if !value.description.is_empty() {
            write!(self.out, ", {}", json_text(&value.description))?;
        }
        self.out.push('\n');
        Ok(())
    }

    fn ty(&mut self, value: Option<&Value>) -> fmt::Result {
        match value.and_then(|value| value.ty.as_ref()) {
            Some(ty) => write!(self.out, ": {}", one_line(ty)),
            None => Ok(()),
        }
    }

    fn tensor(&mut self, tensor: &Tensor) -> fmt::Result {
        let shape = Shape::of(&tensor.shape);
        write!(self.out, "tensor: {}: {} {shape}", quote(&tensor.name), tensor.dtype.name())?;
        match tensor.encoding {
            Encoding::Little => {}
            Encoding::Big => self.out.push_str(", big-endian"),
            Encoding::Varint => self.out.push_str(", varints"),
            Encoding::Widened(bytes) => write!(self.out, ", {bytes} bytes each")?,
            Encoding::Fixed(fixed) => write!(self.out, ", {} bytes each", fixed.width)?,
            Encoding::Scaled(scaled) => write!(self.out, ", from {}", scaled.codes.name())?,
        }
        match &tensor.data {
            Data::Absent => self.out.push_str(", no data"),
            Data::Range(_, span) => write!(self.out, ", {} bytes at {:#x}", span.len, span.at)?,
            Data::Strided(_, span, strides) => {
                write!(self.out, ", strides {} in {} bytes at {:#x}", Shape::of(strides), span.len, span.at)?;
            }
            Data::Records(_, span, strides) => {
                let strides = Shape::of(strides);
                write!(self.out, ", steps of {strides} bytes in {} bytes at {:#x}", span.len, span.at)?;
            }
            Data::Ranges(_, spans) | Data::Strings(_, spans) => {
                let bytes: u64 = spans.iter().map(|span| span.len).sum();
                let at = spans.first().map_or(0, |span| span.at);
                write!(self.out, ", {bytes} bytes in {} pieces from {at:#x}", spans.len())?;
            }
            Data::Prefixed(_, Prefixed { span, .. }) => {
                write!(self.out, ", strings in {} bytes at {:#x}", span.len, span.at)?;
            }
            Data::Dequantised(quantised) => {
                let stored = self.model.tensors.get(quantised.stored).map(|tensor| &*tensor.name);
                write!(self.out, ", what {} stands for", quote(stored.unwrap_or_default()))?;
            }
            Data::Inline(bytes) => write!(self.out, ", {} bytes", bytes.len())?,
            Data::External { path, span } if span.len == u64::MAX => {
                write!(self.out, ", {} from {:#x}", json_text(path), span.at)?;
            }
            Data::External { path, span } => {
                write!(self.out, ", {} {} bytes at {:#x}", json_text(path), span.len, span.at)?;
            }
        }
        if let Some(indices) = tensor.indices.and_then(|indices| self.model.tensors.get(indices)) {
            write!(self.out, ", sparse, coordinates {} {}", indices.dtype.name(), Shape::of(&indices.shape))?;
        }
        for Entry { name, value } in &tensor.metadata {
            write!(self.out, ", {}: {}", quote(name), json_text(value))?;
        }
        if !tensor.description.is_empty() {
            write!(self.out, ", {}", json_text(&tensor.description))?;
        }
        self.out.push('\n');
        Ok(())
    }

    fn diagnostic(&mut self, diagnostic: &Diagnostic) -> fmt::Result {
        let severity = match diagnostic.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(self.out, "{severity}: ")?;
        if let Some(graph) = diagnostic.graph {
            write!(self.out, "graph {}: ", graph.0)?;
        }
        writeln!(self.out, "{}", diagnostic.message)
    }
}

/// What the values of a graph are called.
struct Names<'a> {
    graph: &'a Graph,
    /// How many values have a name.
    counts: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut counts = HashMap::new();
        for value in graph.values.values() {
            *counts.entry(&*value.name).or_default() += 1;
        }
        Self { graph, counts }
    }

    fn of(&self, id: ValueId) -> String {
        match self.graph.values.get(id) {
            Some(value) if !value.name.is_empty() && self.counts.get(&*value.name) == Some(&1) => quote(&value.name),
            _ => format!("%{}", id.0),
        }
    }
}
