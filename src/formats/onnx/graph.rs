//! `GraphProto` and `FunctionProto`: their nodes and values.

use super::attribute::Owner;
use super::lower::{Lowering, Pending};
use super::{operators, proto, schemas};
use crate::codec::protobuf::{Field, Fields};
use crate::model::{
    Argument, Attribute, Category, Entry, Graph, GraphId, Import, Literal, Node, NodeId, ScopeId, Strings, TensorId,
    Text, Value, ValueId, ValueKind,
};
use crate::report::{Error, Result, Severity};
use foldhash::HashMap;
use std::rc::Rc;

/// How many nodes are read between two reports of progress.
const STEP: usize = 4096;

/// Which message describes a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `GraphProto`.
    Graph,
    /// `FunctionProto`.
    Function,
}

/// What is known of an operator or function.
#[derive(Debug, Default)]
pub struct Signature {
    /// The graph that defines it.
    pub definition: Option<GraphId>,
    /// Its family.
    pub category: Category,
    /// Its formal inputs.
    pub inputs: Vec<Formal>,
    /// Its formal outputs.
    pub outputs: Vec<Formal>,
}

/// A formal parameter.
#[derive(Debug)]
pub struct Formal {
    /// Its name.
    pub name: Text,
    /// Whether it takes all values that are left.
    pub variadic: bool,
}

/// On which side of a node parameters are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    In,
    Out,
}

/// A graph while it is read.
pub struct Draft {
    /// Its id in the model, where it is put in the end.
    pub id: GraphId,
    /// What was read so far.
    pub graph: Graph,
    /// Its values by name.
    pub names: HashMap<Text, ValueId>,
    /// Its scopes by the scope around them and their name.
    pub scopes: HashMap<(Option<ScopeId>, Text), ScopeId>,
    /// How many graphs are around it.
    depth: usize,
    /// Types and annotations of values that may come later in the file.
    infos: Vec<proto::ValueInfo>,
    annotations: Vec<proto::TensorAnnotation>,
}

impl Draft {
    /// The value called `name`, made at its first mention.
    fn value(&mut self, name: &str, strings: &Strings) -> ValueId {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let name = Text::from(name);
        let id = self.graph.values.push(value(name.clone(), strings));
        self.names.insert(name, id);
        id
    }

    /// A value that has no name, so that nothing can read it.
    fn unused(&mut self, strings: &Strings) -> ValueId {
        self.graph.values.push(value(strings.empty(), strings))
    }
}

/// A value of which only the name is known.
pub fn value(name: Text, strings: &Strings) -> Value {
    Value {
        name,
        ty: None,
        tensor: None,
        outer: None,
        inferred: false,
        kind: ValueKind::Data,
        description: strings.empty(),
        metadata: Vec::new(),
    }
}

impl Lowering<'_> {
    /// Reads a graph or function into its place in the model.
    pub fn lower_graph(&mut self, pending: Pending) {
        let id = pending.graph;
        let graph = self.model.graphs.get_mut(id).map(std::mem::take).unwrap_or_default();
        let (names, scopes, infos, annotations) = Default::default();
        let mut draft = Draft { id, graph, depth: pending.depth, names, scopes, infos, annotations };
        for span in pending.spans {
            for field in Fields::new(self.file.window(span)) {
                let result = field.and_then(|field| match pending.scheme {
                    Scheme::Graph => self.graph_field(&field, &mut draft),
                    Scheme::Function => self.function_field(&field, &mut draft),
                });
                if let Err(error) = result {
                    self.fault(&error, span, Some(id));
                }
            }
        }
        self.inform(&mut draft);
        self.link(&mut draft);
        if let Some(place) = self.model.graphs.get_mut(id) {
            *place = draft.graph;
        }
        self.names.insert(id, draft.names);
    }

    fn graph_field(&mut self, field: &Field, draft: &mut Draft) -> Result<()> {
        let id = draft.id;
        match field.number {
            1 => self.node(field, draft)?,
            // A training graph has the name of its part.
            2 if draft.graph.name.is_empty() => draft.graph.name = self.text(&field.text()?),
            2 => {}
            5 => {
                let proto: proto::Tensor = self.decode(field, Some(id));
                let tensor = self.tensor(&proto, "");
                self.initialise(&proto.name, tensor, draft);
            }
            10 => draft.graph.description = self.text(&field.text()?),
            11 | 12 => {
                let info: proto::ValueInfo = self.decode(field, Some(id));
                let value = draft.value(&info.name, &self.strings);
                if field.number == 11 { &mut draft.graph.inputs } else { &mut draft.graph.outputs }.push(value);
                self.annotate(&info, value, draft);
            }
            13 => self.value_info(field, draft),
            14 => draft.annotations.push(self.decode(field, Some(id))),
            15 => {
                let proto: proto::SparseTensor = self.decode(field, Some(id));
                let tensor = self.sparse_tensor(&proto, "");
                self.initialise(&proto.values.name, tensor, draft);
            }
            16 => self.metadata(field, draft),
            number => drop(self.unknown.insert(("graph", number))),
        }
        Ok(())
    }

    fn function_field(&mut self, field: &Field, draft: &mut Draft) -> Result<()> {
        match field.number {
            // What it is called, and of which version its operators are, was read before.
            1 | 9 | 10 | 13 => {}
            4 | 5 => {
                let value = draft.value(&field.text()?, &self.strings);
                if field.number == 4 { &mut draft.graph.inputs } else { &mut draft.graph.outputs }.push(value);
            }
            6 => {
                let name = self.strings.intern(&field.text()?);
                draft.graph.attributes.push(Attribute { name, value: Literal::Absent });
            }
            7 => self.node(field, draft)?,
            8 => draft.graph.description = self.text(&field.text()?),
            11 => {
                let proto: proto::Attribute = self.decode(field, Some(draft.id));
                let owner = Owner { graph: draft.id, node: NodeId(0), depth: draft.depth, operator: "" };
                let value = self.literal(&proto, owner);
                draft.graph.attributes.push(Attribute { name: self.strings.intern(&proto.name), value });
            }
            12 => self.value_info(field, draft),
            14 => self.metadata(field, draft),
            number => drop(self.unknown.insert(("function", number))),
        }
        Ok(())
    }

    fn metadata(&mut self, field: &Field, draft: &mut Draft) {
        let entry: proto::StringStringEntry = self.decode(field, Some(draft.id));
        draft.graph.metadata.extend(self.entries(&[entry]));
    }

    fn node(&mut self, field: &Field, draft: &mut Draft) -> Result<()> {
        let count = draft.graph.nodes.len();
        if count as u64 >= self.limits.count {
            return Err(Error::limit(format!("more than {count} nodes")).at(field.span.at));
        }
        if count.is_multiple_of(STEP) {
            (self.progress)(field.span.at as f32 / self.file.len() as f32);
        }
        let proto: proto::Node = self.decode(field, Some(draft.id));
        let (domain, operator) = (self.strings.intern(&proto.domain), self.strings.intern(&proto.op_type));
        let overload = self.strings.intern(&proto.overload);
        let signature = self.signature(&domain, &operator, &overload);
        if signature.definition.is_none() {
            self.validate(&proto, NodeId(count as u32), draft);
        }
        let own = if operators::own(&domain).is_empty() { &*operator } else { "" };
        let owner = Owner { graph: draft.id, node: NodeId(count as u32), depth: draft.depth, operator: own };
        let mut attributes = Vec::with_capacity(proto.attribute.len());
        for attribute in &proto.attribute {
            let value = self.literal(attribute, owner);
            attributes.push(Attribute { name: self.strings.intern(&attribute.name), value });
        }
        let node = Node {
            name: self.text(&proto.name),
            category: signature.category,
            scope: self.scope(&proto.metadata_props, draft),
            inputs: self.bind(Side::In, &signature.inputs, &proto.input, draft),
            outputs: self.bind(Side::Out, &signature.outputs, &proto.output, draft),
            attributes,
            description: self.text(&proto.doc_string),
            metadata: self.node_metadata(&proto),
            definition: signature.definition,
            inferred: false,
            operator,
            domain,
        };
        draft.graph.nodes.push(node);
        Ok(())
    }

    /// What the author attached to a node, and how it is spread over devices.
    fn node_metadata(&mut self, proto: &proto::Node) -> Vec<Entry> {
        let mut entries = self.entries(&proto.metadata_props);
        for placement in &proto.device_configurations {
            let name = self.strings.intern(&format!("devices ({})", placement.configuration_id));
            entries.push(Entry { name, value: placement.text().into() });
        }
        entries
    }

    /// Reports what the operator's schema does not allow.
    fn validate(&mut self, proto: &proto::Node, node: NodeId, draft: &Draft) {
        let domain = operators::own(&proto.domain);
        let of = |imports: &[Import]| {
            imports.iter().find(|import| operators::own(&import.domain) == domain).map(|import| import.version)
        };
        let Some(version) = of(&draft.graph.imports).or_else(|| of(&self.model.imports)) else { return };
        // The operators of ONNX Runtime change from release to release without a version: a file may be of another one than the schemas.
        let severity = if domain.starts_with("com.microsoft") { Severity::Note } else { Severity::Warning };
        for fault in schemas::faults(proto, version) {
            let name = if proto.name.is_empty() { String::new() } else { format!(" {:?}", proto.name) };
            let message = format!("{}{name} {fault}", proto.op_type);
            self.report.add_at(severity, draft.id, Some(node), message);
        }
    }

    /// Binds values to formal parameters, by position.
    fn bind(&self, side: Side, formals: &[Formal], names: &[String], draft: &mut Draft) -> Vec<Argument> {
        let mut arguments: Vec<Argument> = Vec::with_capacity(names.len().min(formals.len()));
        let mut formals = formals.iter();
        let mut rest = false;
        for name in names {
            let formal = if rest { None } else { formals.next() };
            rest = rest || formal.is_some_and(|formal| formal.variadic);
            let value = match name.as_str() {
                // Among several outputs, the place of one that is not used counts.
                "" if rest && side == Side::Out => Some(draft.unused(&self.strings)),
                "" => None,
                name => Some(draft.value(name, &self.strings)),
            };
            if let (true, None, Some(last)) = (rest, formal, arguments.last_mut()) {
                last.values.extend(value);
                continue;
            }
            let name = formal.map_or_else(|| self.strings.empty(), |formal| formal.name.clone());
            arguments.push(Argument { name, values: value.into_iter().collect() });
        }
        arguments
    }

    /// What is known of an operator: of a function of the model, else of those in the table.
    fn signature(&mut self, domain: &Text, name: &Text, overload: &Text) -> Rc<Signature> {
        let key = (domain.clone(), name.clone(), overload.clone());
        if let Some(known) = self.signatures.get(&key) {
            return known.clone();
        }
        let operator = operators::find(domain, name);
        let mut formals = |formals: &[operators::Formal]| -> Vec<Formal> {
            let formals = formals.iter();
            formals.map(|it| Formal { name: self.strings.intern(it.name), variadic: it.variadic }).collect()
        };
        let signature = Rc::new(operator.map_or_else(Signature::default, |operator| Signature {
            definition: None,
            category: operator.category,
            inputs: formals(&operator.inputs),
            outputs: formals(&operator.outputs),
        }));
        self.signatures.insert(key, signature.clone());
        signature
    }

    /// Makes nodes of this operator calls of the function in `signature`.
    pub fn define(&mut self, domain: &str, name: &str, overload: &str, mut signature: Signature) {
        signature.category = operators::find(domain, name).map_or(Category::Control, |operator| operator.category);
        let signature = Rc::new(signature);
        let domains: &[&str] = if operators::own(domain).is_empty() { &["", "ai.onnx"] } else { &[domain] };
        for domain in domains {
            let key = (self.strings.intern(domain), self.strings.intern(name), self.strings.intern(overload));
            self.signatures.insert(key, signature.clone());
        }
    }

    fn initialise(&mut self, name: &str, tensor: TensorId, draft: &mut Draft) {
        let value = draft.value(name, &self.strings);
        let earlier = draft.graph.values.get_mut(value).and_then(|value| value.tensor.replace(tensor));
        if earlier.is_some() {
            self.report.add_at(Severity::Warning, draft.id, None, format!("two initialisers are called {name:?}"));
        }
    }

    fn value_info(&mut self, field: &Field, draft: &mut Draft) {
        let info: proto::ValueInfo = self.decode(field, Some(draft.id));
        match draft.names.get(info.name.as_str()) {
            Some(value) => self.annotate(&info, *value, draft),
            None => draft.infos.push(info),
        }
    }

    fn annotate(&mut self, info: &proto::ValueInfo, value: ValueId, draft: &mut Draft) {
        let entries = self.entries(&info.metadata_props);
        let Some(value) = draft.graph.values.get_mut(value) else { return };
        if let Some(proto) = &info.ty {
            value.ty = proto.lower().or(value.ty.take());
            if !proto.denotation.is_empty() {
                let name = self.strings.intern("denotation");
                value.metadata.push(Entry { name, value: self.strings.intern(&proto.denotation) });
            }
        }
        if !info.doc_string.is_empty() {
            value.description = info.doc_string.as_str().into();
        }
        value.metadata.extend(entries);
    }

    /// Applies what came before the values that it is about. Information on values that nothing uses is dropped.
    fn inform(&mut self, draft: &mut Draft) {
        for info in std::mem::take(&mut draft.infos) {
            if let Some(value) = draft.names.get(info.name.as_str()) {
                self.annotate(&info, *value, draft);
            }
        }
        for annotation in std::mem::take(&mut draft.annotations) {
            let entries = self.entries(&annotation.quant_parameter_tensor_names);
            let value = draft.names.get(annotation.tensor_name.as_str());
            if let Some(value) = value.and_then(|value| draft.graph.values.get_mut(*value)) {
                value.metadata.extend(entries);
            }
        }
    }
}
