//! Nets become graphs.

use super::super::Open;
use super::argument::{self, Argument};
use super::{Place, fill, operators, proto};
use crate::codec::protobuf::Message;
use crate::model::{
    self, Attribute, Entry, Graph, GraphId, GraphKind, Literal, Model, Modules, Node, NodeId, Strings, Tensor,
    TensorId, Text, Value, ValueId,
};
use crate::report::{Diagnostic, Error, Severity};
use crate::source::{FileId, Span};
use foldhash::HashMap;
use std::collections::VecDeque;

/// A net, and where it is.
pub struct Net {
    /// Where it is.
    pub place: Place,
    /// What it says.
    pub message: proto::Net,
}

/// What another net fills: tensors by the names of their values.
#[derive(Default)]
pub struct Weights {
    /// In the order of that net.
    pub tensors: Vec<Tensor>,
}

/// A net within an argument, that is yet to be read.
struct Pending {
    graph: GraphId,
    span: Span,
    depth: usize,
    /// What its names stand for in the graph around it.
    outer: HashMap<Text, ValueId>,
}

/// A graph while it grows.
#[derive(Default)]
struct Draft {
    id: GraphId,
    depth: usize,
    graph: Graph,
    /// What each name stands for now: an operator may write what it reads.
    names: HashMap<Text, ValueId>,
    /// What names stand for in the graph around it.
    outer: HashMap<Text, ValueId>,
    /// Those that were read, by index, and whether other than as the first input.
    read: HashMap<ValueId, bool>,
    /// Those that were read, but nothing has written or declared.
    undeclared: Vec<ValueId>,
    /// Those that operators wrote, in their order.
    written: Vec<ValueId>,
}

impl Draft {
    fn value(&mut self, name: Text) -> ValueId {
        let value = self.graph.values.push(Value { name: name.clone(), ..Value::default() });
        self.names.insert(name, value);
        value
    }

    /// What `name` stands for here, or in the graph around.
    fn known(&mut self, name: &str) -> Option<ValueId> {
        if let Some(known) = self.names.get(name) {
            return Some(*known);
        }
        let (name, outer) = self.outer.get_key_value(name)?;
        let (name, outer) = (name.clone(), *outer);
        let value = self.value(name);
        self.graph.values.get_mut(value)?.outer = Some(outer);
        Some(value)
    }

    /// What `name` stands for when an operator reads it as its input number `index`.
    fn read(&mut self, name: Text, index: usize) -> ValueId {
        let value = self.known(&name).unwrap_or_else(|| {
            let value = self.value(name);
            self.undeclared.push(value);
            value
        });
        *self.read.entry(value).or_default() |= index > 0;
        value
    }

    /// What `name` stands for from now on.
    fn write(&mut self, name: Text) -> ValueId {
        let value = self.value(name);
        self.written.push(value);
        value
    }
}

/// The state of lowering one net.
pub struct Lowering<'a, 'o> {
    model: Model,
    open: &'a mut Open<'o>,
    place: Place,
    strings: Strings,
    pending: VecDeque<Pending>,
}

/// The operators of `net`, as far as they can be read; what cannot is reported.
pub fn operators(net: &Net, open: &mut Open) -> Vec<proto::Operator> {
    let read = |span: &Span| {
        let (operator, fault) = proto::Operator::decode(net.place.bytes.window(*span));
        if let Some(error) = fault {
            open.report.add_error(&error.within(operator.kind.clone()));
        }
        operator
    };
    net.message.op.iter().map(read).collect()
}

/// What the operators of `net` fill, each of which is a tensor; and how many others there are.
pub fn weights(net: &Net, open: &mut Open) -> (Weights, usize) {
    let mut weights = Weights::default();
    let operators = operators(net, open);
    for operator in operators.iter().filter(|operator| fill::is_fill(operator)) {
        let arguments = arguments(&net.place, &operator.arg, open);
        weights.tensors.push(fill::tensor(operator, &arguments, &net.place, open.files, &mut open.report));
    }
    let others = operators.len() - weights.tensors.len();
    (weights, others)
}

fn arguments(place: &Place, spans: &[Span], open: &mut Open) -> Vec<Argument> {
    let read = |span: &Span| {
        let (argument, fault) = argument::read(place, *span);
        if let Some(error) = fault {
            open.report.add_error(&error);
        }
        argument
    };
    spans.iter().map(read).collect()
}

/// The model of a net that does nothing but fill: its tensors as modules, by their names.
pub fn modules(net: &Net, weights: Weights) -> Model {
    let mut model = Model { format: "Caffe2".into(), ..Model::default() };
    let mut modules = Modules::new('/');
    for tensor in weights.tensors {
        let name = tensor.name.clone();
        let (path, own) = name.rsplit_once(['/', '_']).unwrap_or(("", &name));
        let tensor = model.tensors.push(tensor);
        modules.place(path, own, &name, tensor);
    }
    model.graphs.push(Graph { name: net.message.name.as_str().into(), ..modules.finish() });
    model
}

/// The model that `net` is, with `weights` where it reads them.
pub fn model(net: Net, weights: Weights, open: &mut Open) -> Model {
    let Net { place, message } = net;
    let mut lowering = Lowering {
        model: Model { format: "Caffe2".into(), ..Model::default() },
        open,
        place,
        strings: Strings::default(),
        pending: VecDeque::new(),
    };
    lowering.describe(&message);
    let id = lowering.model.graphs.push(Graph::default());
    lowering.graph(Draft { id, ..Draft::default() }, &message, weights);
    while let Some(Pending { graph: id, span, depth, outer }) = lowering.pending.pop_front() {
        let graph = lowering.model.graphs.get_mut(id).map(std::mem::take).unwrap_or_default();
        let (message, fault) = proto::Net::decode(lowering.place.bytes.window(span));
        if let Some(error) = fault {
            lowering.fault(&error, id);
        }
        let draft = Draft { id, depth, graph, outer, ..Draft::default() };
        lowering.graph(draft, &message, Weights::default());
    }
    lowering.model
}

impl Lowering<'_, '_> {
    fn describe(&mut self, net: &proto::Net) {
        let workers = if net.num_workers == 0 { String::new() } else { net.num_workers.to_string() };
        let device = net.device_option.as_ref().and_then(proto::Device::text).unwrap_or_default();
        for (name, text) in [("type", &net.kind), ("workers", &workers), ("device", &device)] {
            if !text.is_empty() {
                self.model.properties.push(Entry { name: name.into(), value: text.as_str().into() });
            }
        }
        for argument in arguments(&self.place, &net.arg, self.open) {
            let value = match argument.literal(&self.place) {
                Literal::String(text) => text,
                literal => serde_json::to_string(&literal).unwrap_or_default().as_str().into(),
            };
            self.model.metadata.push(Entry { name: argument.message.name.as_str().into(), value });
        }
    }

    fn fault(&mut self, error: &Error, graph: GraphId) {
        let (message, at) = (error.to_string(), error.at);
        let diagnostic = Diagnostic { severity: Severity::Error, message, at, graph: Some(graph), node: None };
        self.open.report.push(diagnostic);
    }

    /// Reads the operators of `net` into `draft`, and puts it in its place.
    fn graph(&mut self, mut draft: Draft, net: &proto::Net, weights: Weights) {
        draft.graph.name = net.name.as_str().into();
        let mut declared = Vec::with_capacity(net.external_input.len());
        for name in &net.external_input {
            let name = self.strings.intern(name);
            if !draft.names.contains_key(&name) && !draft.outer.contains_key(&name) {
                declared.push(draft.value(name));
            }
        }
        for span in &net.op {
            let (operator, fault) = proto::Operator::decode(self.place.bytes.window(*span));
            if let Some(error) = fault {
                self.fault(&error, draft.id);
            }
            self.node(operator, &mut draft);
        }
        declared.append(&mut draft.undeclared);
        let constant = self.weights(weights, &declared, &mut draft);
        // What is declared and never read may only be named for those who prepare the net.
        let is_input = |value: &ValueId| !constant.contains_key(value) && draft.read.contains_key(value);
        draft.graph.inputs = declared.iter().copied().filter(is_input).collect();
        draft.graph.outputs = net.external_output.iter().filter_map(|name| draft.known(name)).collect();
        if draft.graph.outputs.is_empty() {
            draft.graph.outputs =
                draft.written.iter().copied().filter(|value| !draft.read.contains_key(value)).collect();
        }
        if let Some(place) = self.model.graphs.get_mut(draft.id) {
            *place = draft.graph;
        }
    }

    /// Makes constants of those of the `declared` values that `weights` has; tells of those that nobody reads.
    fn weights(&mut self, weights: Weights, declared: &[ValueId], draft: &mut Draft) -> HashMap<ValueId, TensorId> {
        let mut places: HashMap<Text, ValueId> = HashMap::default();
        for value in declared {
            if let Some(Value { name, .. }) = draft.graph.values.get(*value) {
                places.insert(name.clone(), *value);
            }
        }
        let mut constant = HashMap::default();
        let mut left = Vec::new();
        for tensor in weights.tensors {
            let Some(id) = places.get(&tensor.name).filter(|id| draft.read.contains_key(id)) else {
                left.push(tensor.name);
                continue;
            };
            let beside = draft.read.get(id).copied().unwrap_or(false);
            let Some(value) = draft.graph.values.get_mut(*id) else { continue };
            if !beside && is_stand_in(&tensor) {
                continue;
            }
            let tensor = self.model.tensors.push(tensor);
            value.tensor = Some(tensor);
            constant.insert(*id, tensor);
        }
        if let [first, ..] = left.as_slice() {
            let message = format!("{} tensors that are initialised are not read by the net: {first:?}", left.len());
            self.open.report.add(Severity::Note, message);
        }
        constant
    }

    fn node(&mut self, operator: proto::Operator, draft: &mut Draft) {
        let known = operators::find(&operator.kind);
        let node = NodeId(draft.graph.nodes.len() as u32);
        let mut inputs = Vec::with_capacity(operator.input.len());
        for (index, name) in operator.input.iter().enumerate() {
            let value = draft.read(self.strings.intern(name), index);
            self.bind(&mut inputs, known.map_or(("", false), |known| known.input(index)), value);
        }
        let arguments = arguments(&self.place, &operator.arg, self.open);
        let attributes = arguments.iter().map(|argument| self.attribute(argument, &operator, &arguments, node, draft));
        let attributes = attributes.collect();
        let mut outputs = Vec::with_capacity(operator.output.len());
        for (index, name) in operator.output.iter().enumerate() {
            let value = draft.write(self.strings.intern(name));
            self.bind(&mut outputs, known.map_or(("", false), |known| known.output(index)), value);
        }
        let device = operator.device_option.as_ref().and_then(proto::Device::text).unwrap_or_default();
        let waits = operator.control_input.join(", ");
        let metadata = [
            ("device", &device),
            ("engine", &operator.engine),
            ("control_input", &waits),
            ("debug_info", &operator.debug_info),
        ];
        let metadata = metadata.into_iter().filter(|(_, text)| !text.is_empty());
        draft.graph.nodes.push(Node {
            name: operator.name.as_str().into(),
            operator: self.strings.intern(&operator.kind),
            domain: self.strings.intern(&operator.domain),
            category: known.map(|known| known.category).unwrap_or_default(),
            inputs,
            outputs,
            attributes,
            metadata: metadata
                .map(|(name, text)| Entry { name: self.strings.intern(name), value: self.strings.intern(text) })
                .collect(),
            ..Node::default()
        });
    }

    /// Adds `value` to `arguments`, as the parameter called `name`, or, if that goes on, to those of the last one.
    fn bind(&mut self, arguments: &mut Vec<model::Argument>, (name, goes_on): (&'static str, bool), value: ValueId) {
        match arguments.last_mut().filter(|_| goes_on) {
            Some(last) => last.values.push(value),
            None => arguments.push(model::Argument { name: self.strings.intern(name), values: vec![value] }),
        }
    }

    /// The attribute that `argument`, one of `all` that `operator` has, becomes.
    fn attribute(
        &mut self,
        argument: &Argument,
        operator: &proto::Operator,
        all: &[Argument],
        node: NodeId,
        draft: &mut Draft,
    ) -> Attribute {
        let message = &argument.message;
        let value = if fill::is_content(operator, &message.name) {
            let tensor = fill::tensor(operator, all, &self.place, self.open.files, &mut self.open.report);
            Literal::Tensor(self.model.tensors.push(tensor))
        } else if let Some(long) = &argument.long {
            let file = self.open.files.add_inside(&message.name, std::rc::Rc::new(long.clone()));
            Literal::Tensor(self.model.tensors.push(fill::list(&message.name, file, long.count())))
        } else if let Some(span) = message.n {
            self.body(span, operator, node, draft)
        } else if !message.nets.is_empty() {
            Literal::List(message.nets.iter().map(|span| self.body(*span, operator, node, draft)).collect())
        } else if let Some(tensor) = &message.t {
            self.constant(tensor, self.place.file)
        } else if !message.tensors.is_empty() {
            Literal::List(message.tensors.iter().map(|tensor| self.constant(tensor, self.place.file)).collect())
        } else {
            argument.literal(&self.place)
        };
        Attribute { name: self.strings.intern(&message.name), value }
    }

    fn constant(&mut self, message: &proto::Tensor, file: FileId) -> Literal {
        Literal::Tensor(self.model.tensors.push(fill::constant(message, file)))
    }

    /// The graph of the net at `span`, an argument of `operator`, to be read later. It knows the values that it names of the graph around it.
    fn body(&mut self, span: Span, operator: &proto::Operator, node: NodeId, draft: &mut Draft) -> Literal {
        let depth = draft.depth + 1;
        if depth > self.open.limits.depth {
            let error = Error::limit(format!("nets nest deeper than {} levels", self.open.limits.depth)).at(span.at);
            self.fault(&error, draft.id);
            return Literal::Absent;
        }
        let message = proto::Net::decode(self.place.bytes.window(span)).0;
        let mut outer = HashMap::default();
        for name in message.external_input.iter().chain(&operator.input) {
            if let Some(value) = draft.known(name) {
                outer.insert(self.strings.intern(name), value);
            }
        }
        let parent = Some((draft.id, node));
        let graph = self.model.graphs.push(Graph { kind: GraphKind::Body, parent, ..Graph::default() });
        self.pending.push_back(Pending { graph, span, depth, outer });
        Literal::Graph(graph)
    }
}

/// Whether a tensor only stands for what comes in: exporters fill all inputs, with a zero where nothing is known.
fn is_stand_in(tensor: &Tensor) -> bool {
    let zero = matches!(&tensor.data, model::Data::Inline(bytes) if bytes.iter().all(|byte| *byte == 0));
    tensor.elements() == Some(1) && (zero || matches!(tensor.data, model::Data::Absent))
}
