//! A traced graph becomes a graph of the model; those that its operators hold become bodies.

use super::schema::{Argument, Graph as Traced, GraphArgument, Meta, NamedArgument, Node as Call, Program, Size};
use super::weights::{Named, described};
use super::{argument, expression, scope};
use crate::analysis::aten;
use crate::codec::json;
use crate::formats::Open;
use crate::model::{
    Arena, Argument as Formal, Attribute, DType, Dim, Entry, Graph, GraphId, GraphKind, Import, Literal, Model,
    Modules, Node, NodeId, Shape, Strings, Tensor, TensorId, Text, Type, Value as Edge, ValueId,
};
use crate::report::Severity;
use crate::source::Limits;
use foldhash::HashMap;
use serde_json::Value;
use std::collections::VecDeque;

/// How many nodes are lowered between two reports of progress.
const STEP: usize = 4096;
/// What is said of a node and shown otherwise, or tells only how it was traced.
const TRACING: &[&str] = &["nn_module_stack", "stack_trace", "torch_fn", "source_fn", "source_fn_stack", "from_node"];
/// Operators whose graphs get other values at every turn for so many of their first arguments.
const LOOPS: &[(&str, usize)] = &[("while_loop", 1), ("map", 1), ("map_impl", 1), ("scan", 2), ("associative_scan", 2)];

/// What operators with graphs call their values, which the schema leaves unnamed.
const OPERANDS: &[(&str, &[&str])] = &[
    ("cond", &["pred", "operands"]),
    ("while_loop", &["carried_inputs", "additional_inputs"]),
    ("map_impl", &["xs", "pos_args"]),
    ("scan", &["init", "xs", "additional_inputs"]),
];

/// A graph that is yet to be lowered, in the order of the ids.
struct Pending {
    id: GraphId,
    traced: Traced,
    depth: usize,
    /// What its inputs are to the program.
    signature: Signature,
    /// Of a body: the tensors that its inputs are known to be, in their order.
    given: Vec<Option<(Text, TensorId)>>,
}

/// What the inputs and outputs of a program are to it, by their names: `graph_module.signature`.
#[derive(Default)]
struct Signature {
    /// The parameters, buffers and constants: their paths, and tensors where the file has them.
    tensors: HashMap<String, (String, Option<TensorId>)>,
    /// What is written with an output: the kind of what it updates, and its path.
    updates: HashMap<String, (String, String)>,
    /// The inputs that are fixed.
    constants: Vec<(String, String)>,
}

/// Programs while they become a model.
pub struct Lowering {
    /// What is known so far.
    pub model: Model,
    strings: Strings,
    limits: Limits,
    pending: VecDeque<Pending>,
    /// How many nodes are lowered.
    done: usize,
}

/// A graph while it grows.
struct Draft {
    id: GraphId,
    graph: Graph,
    names: HashMap<String, ValueId>,
    scopes: scope::Known,
    depth: usize,
}

impl Draft {
    fn value(&mut self, name: &str) -> ValueId {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let id = self.graph.values.push(Edge { name: name.into(), ..Edge::default() });
        self.names.insert(name.to_owned(), id);
        id
    }
}

impl Lowering {
    /// No programs yet.
    pub fn new(limits: Limits) -> Self {
        let (model, strings, pending) = Default::default();
        Self { model, strings, limits, pending, done: 0 }
    }

    /// Adds a program, whose parameters are `named`; it is lowered later.
    pub fn program(&mut self, name: &str, program: Program, named: Named, tensors: &Arena<TensorId, Tensor>) {
        let entry = |name: &str, value: String| Entry { name: name.into(), value: value.as_str().into() };
        if self.model.format.is_empty() {
            let part = |name: &str| program.schema_version.get(name).and_then(Value::as_u64);
            let version = match (part("major"), part("minor")) {
                (Some(major), Some(minor)) => format!(" v{major}.{minor}"),
                _ => program.schema_version.as_u64().map(|version| format!(" v{version}")).unwrap_or_default(),
            };
            self.model.format = format!("PyTorch Export{version}");
            if let Some(version) = program.torch_version.as_str() {
                self.model.properties.push(entry("producer", format!("PyTorch {version}")));
            }
            if let Some(Value::String(dialect)) = program.verifiers.get(0) {
                self.model.properties.push(entry("dialect", dialect.clone()));
            }
            let import = |(domain, version): &(String, Value)| {
                Some(Import { domain: domain.as_str().into(), version: version.as_i64()? })
            };
            self.model.imports.extend(program.opset_version.0.iter().filter_map(import));
        }
        let mut graph = Graph { name: name.into(), ..Graph::default() };
        graph.metadata.extend(program.range_constraints.0.iter().map(|(name, range)| entry(name, bounds(range))));
        for guard in program.guards_code.as_array().into_iter().flatten() {
            graph.metadata.push(entry("guard", json::text(guard)));
        }
        let mut signature = Signature::read(&program.graph_module.signature, &named);
        graph.metadata.extend(signature.constants.drain(..).map(|(name, value)| entry(&name, value)));
        // What no input stands for is still a part of the model.
        let used: Vec<TensorId> = signature.tensors.values().filter_map(|(_, tensor)| *tensor).collect();
        let unused = named.values().filter(|tensor| !used.contains(tensor)).count();
        if unused > 0 && !tensors.is_empty() {
            graph.metadata.push(entry("tensors that are not used", unused.to_string()));
        }
        let id = self.model.graphs.push(graph);
        let traced = program.graph_module.graph;
        self.pending.push_back(Pending { id, traced, depth: 0, signature, given: Vec::new() });
    }

    /// Adds the tensors of a program that cannot be read.
    pub fn modules(&mut self, name: &str, named: &Named, tensors: &Arena<TensorId, Tensor>) {
        let mut modules = Modules::new('.');
        let mut ids: Vec<TensorId> = named.values().copied().collect();
        crate::sort::sort(&mut ids);
        for (id, tensor) in ids.into_iter().filter_map(|id| Some((id, tensors.get(id)?))) {
            modules.add(&tensor.name, id);
        }
        let mut graph = modules.finish();
        graph.name = name.into();
        crate::analysis::layers::infer(&mut graph, tensors);
        self.model.graphs.push(graph);
    }

    /// Lowers all programs, and the graphs in them; tensors that the file does not have are added to `tensors`.
    pub fn run(&mut self, tensors: &mut Arena<TensorId, Tensor>, open: &mut Open) {
        while let Some(pending) = self.pending.pop_front() {
            self.lower(pending, tensors, open);
        }
    }

    fn lower(&mut self, pending: Pending, tensors: &mut Arena<TensorId, Tensor>, open: &mut Open) {
        let Pending { id, traced, depth, signature, given } = pending;
        let graph = self.model.graphs.get_mut(id).map(std::mem::take).unwrap_or_default();
        let mut draft = Draft { id, graph, names: HashMap::default(), scopes: scope::Known::default(), depth };
        let metas: HashMap<&str, &Meta> = traced.tensor_values.0.iter().map(|(name, meta)| (&**name, meta)).collect();
        for (at, input) in traced.inputs.iter().enumerate() {
            let Argument::Name(name) = input else { continue };
            let value = draft.value(name);
            let tensor = signature.tensors.get(name).map(|(path, tensor)| {
                let blank = || {
                    tensors.push(
                        metas
                            .get(&**name)
                            .map_or_else(|| described(path, &Meta::default()), |meta| described(path, meta)),
                    )
                };
                (Text::from(path.as_str()), tensor.unwrap_or_else(blank))
            });
            match (tensor.or_else(|| given.get(at).cloned().flatten()), draft.graph.values.get_mut(value)) {
                (Some((path, tensor)), Some(value)) => (value.name, value.tensor) = (path, Some(tensor)),
                _ => draft.graph.inputs.push(value),
            }
        }
        let total = traced.nodes.len();
        for (at, call) in traced.nodes.into_iter().enumerate() {
            if draft.graph.nodes.len() as u64 >= self.limits.count {
                open.report.add_at(Severity::Error, id, None, format!("more than {} nodes", self.limits.count));
                break;
            }
            if self.done.is_multiple_of(STEP) {
                (open.progress)(at as f32 / total as f32);
            }
            self.done += 1;
            self.node(call, &mut draft, open);
        }
        for output in &traced.outputs {
            for name in argument::names(output) {
                let value = draft.value(name);
                draft.graph.outputs.push(value);
                if let (Some((what, path)), Some(value)) =
                    (signature.updates.get(name), draft.graph.values.get_mut(value))
                {
                    value.metadata.push(Entry { name: what.as_str().into(), value: path.as_str().into() });
                }
            }
        }
        for (name, value) in &draft.names {
            if let (Some(meta), Some(value)) = (metas.get(&**name), draft.graph.values.get_mut(*value)) {
                value.ty = Some(self.ty(meta));
            }
        }
        if let Some(place) = self.model.graphs.get_mut(id) {
            *place = draft.graph;
        }
    }

    fn node(&mut self, call: Call, draft: &mut Draft, open: &mut Open) {
        let (domain, operator) = operator(&call.target);
        let mut node = Node {
            name: call.name.as_deref().unwrap_or_default().into(),
            operator: self.strings.intern(operator),
            domain: self.strings.intern(domain),
            category: aten::category(domain, operator),
            ..Node::default()
        };
        let mut graphs = Vec::new();
        for NamedArgument { name, arg } in call.inputs {
            let name = self.strings.intern(&name);
            if let Argument::Graph(body) = arg {
                graphs.push((name, *body));
                continue;
            }
            let values: Vec<ValueId> = argument::names(&arg).into_iter().map(|name| draft.value(name)).collect();
            if argument::is_mixed(&arg) {
                node.attributes.push(Attribute { name: name.clone(), value: argument::literal(&arg) });
            }
            if !values.is_empty() {
                let known = OPERANDS.iter().find(|(of, _)| *of == operator && name.is_empty());
                let known = known.and_then(|(_, names)| names.get(node.inputs.len()));
                let name = known.map_or(name, |known| self.strings.intern(known));
                node.inputs.push(Formal { name, values });
            }
        }
        for output in &call.outputs {
            let values = argument::names(output).into_iter().map(|name| draft.value(name)).collect();
            node.outputs.push(Formal { name: self.strings.empty(), values });
        }
        if node.name.is_empty() {
            let first = node.outputs.iter().flat_map(|output| &output.values).next();
            node.name =
                first.and_then(|id| draft.graph.values.get(*id)).map(|value| value.name.clone()).unwrap_or_default();
        }
        for (key, value) in &call.metadata.0 {
            let text = json::text(value);
            match &**key {
                "nn_module_stack" => {
                    let Draft { graph, scopes, .. } = draft;
                    node.scope = scope::of(&text, self.limits.depth, graph, scopes, &mut self.strings);
                }
                "stack_trace" if text.contains("File ") => node.metadata.push(self.entry("source", text.trim_end())),
                key if !TRACING.contains(&key) => node.metadata.push(self.entry(key, &text)),
                _ => {}
            }
        }
        node.metadata.push(self.entry("target", &call.target));
        let id = draft.graph.nodes.push(node);
        for (name, body) in graphs {
            let attribute = self.body(name, body, id, operator, draft, open);
            if let Some(node) = draft.graph.nodes.get_mut(id) {
                node.attributes.push(attribute);
            }
        }
    }

    /// Adds the graph of an operator, to be lowered later.
    fn body(
        &mut self,
        name: Text,
        body: GraphArgument,
        node: NodeId,
        operator: &str,
        draft: &Draft,
        open: &mut Open,
    ) -> Attribute {
        let name = if name.is_empty() { self.strings.intern(&body.name) } else { name };
        let depth = draft.depth + 1;
        if depth > self.limits.depth {
            let message = format!("graphs nest deeper than {} levels", self.limits.depth);
            open.report.add_at(Severity::Error, draft.id, Some(node), message);
            return Attribute { name, value: Literal::Absent };
        }
        let parent = Some((draft.id, node));
        let graph = Graph { name: body.name.as_str().into(), kind: GraphKind::Body, parent, ..Graph::default() };
        let id = self.model.graphs.push(graph);
        // The inputs of a graph are the last values that its operator is given. Those that are constant are so inside, too.
        let changing = LOOPS.iter().find(|(of, _)| *of == operator).map_or(0, |(_, count)| *count);
        let arguments = draft.graph.nodes.get(node).map(|node| &*node.inputs).unwrap_or_default();
        let constant = |id: &ValueId| {
            let value = draft.graph.values.get(*id)?;
            Some((value.name.clone(), value.tensor?))
        };
        let given =
            arguments.iter().enumerate().flat_map(|(at, argument)| argument.values.iter().map(move |id| (at, id)));
        let mut given: Vec<_> = given.map(|(at, id)| constant(id).filter(|_| at >= changing)).collect();
        match given.len().checked_sub(body.graph.inputs.len()) {
            Some(more) => drop(given.drain(..more)),
            None => given.clear(),
        }
        self.pending.push_back(Pending { id, traced: body.graph, depth, signature: Signature::default(), given });
        Attribute { name, value: Literal::Graph(id) }
    }

    fn entry(&mut self, name: &str, value: &str) -> Entry {
        Entry { name: self.strings.intern(name), value: self.strings.intern(value) }
    }

    fn ty(&mut self, meta: &Meta) -> Type {
        let meta = meta.inner();
        let dim = |size: &Size| match size {
            Size::Number(size) => u64::try_from(*size).map_or(Dim::Unknown, Dim::Known),
            Size::Expression(text) => {
                let text = expression::plain(text);
                let text = if text.contains(' ') { format!("({text})") } else { text };
                Dim::Symbol(self.strings.intern(&text))
            }
            Size::Unknown => Dim::Unknown,
        };
        Type::Tensor { dtype: dtype(meta.dtype), shape: Some(Shape(meta.sizes.iter().map(dim).collect())) }
    }
}

impl Signature {
    /// Reads the signature of a program: `input_specs` and `output_specs`; in version 1, an object for each kind.
    fn read(json: &Value, named: &Named) -> Self {
        let mut signature = Self::default();
        let tensor = |path: &str| named.get(path).copied();
        for (kind, spec) in json.get("input_specs").and_then(Value::as_array).into_iter().flatten().filter_map(union) {
            let Some(name) = argument_name(spec) else { continue };
            if let Some(path) = path(spec) {
                signature.tensors.insert(name, (path.to_owned(), tensor(path)));
            } else if kind == "constant_input" {
                let value = spec.get("value").and_then(union).map(|(_, value)| json::text(value));
                signature.constants.push((name, value.unwrap_or_default()));
            }
        }
        for kind in ["inputs_to_parameters", "inputs_to_buffers", "inputs_to_lifted_tensor_constants"] {
            for (name, path) in json.get(kind).and_then(Value::as_object).into_iter().flatten() {
                if let Some(path) = path.as_str() {
                    signature.tensors.insert(name.clone(), (path.to_owned(), tensor(path)));
                }
            }
        }
        for (kind, spec) in json.get("output_specs").and_then(Value::as_array).into_iter().flatten().filter_map(union) {
            let (Some(name), Some(path)) = (argument_name(spec), path(spec)) else { continue };
            let what = match kind {
                "gradient_to_parameter" | "gradient_to_user_input" => "gradient of",
                _ => "updates",
            };
            signature.updates.insert(name, (what.into(), path.to_owned()));
        }
        for (name, path) in json.get("buffers_to_mutate").and_then(Value::as_object).into_iter().flatten() {
            signature.updates.insert(name.clone(), ("updates".into(), json::text(path)));
        }
        signature
    }
}

/// The member of a union that is there.
fn union(json: &Value) -> Option<(&str, &Value)> {
    json.as_object()?.iter().find(|(_, value)| !value.is_null()).map(|(key, value)| (&**key, value))
}

/// The name of the value that a specification is about.
fn argument_name(spec: &Value) -> Option<String> {
    let named = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    match spec.get("arg") {
        Some(arg) => named(arg).or_else(|| named(union(arg)?.1)),
        None => named(spec),
    }
}

/// The path of the parameter, buffer, constant or input that a specification is about.
fn path(spec: &Value) -> Option<&str> {
    let keys = ["parameter_name", "buffer_name", "tensor_constant_name", "custom_obj_name", "user_input_name"];
    keys.iter().find_map(|key| spec.get(key)?.as_str())
}

/// What a size may be: `1 … 64`.
fn bounds(range: &Value) -> String {
    let bound = |name: &str| range.get(name).filter(|value| !value.is_null()).map(json::text);
    match (bound("min_val"), bound("max_val").filter(|most| most.len() < 16)) {
        (Some(least), Some(most)) if least == most => least,
        (Some(least), Some(most)) => format!("{least} … {most}"),
        (Some(least), None) => format!("≥ {least}"),
        (None, Some(most)) => format!("≤ {most}"),
        (None, None) => "any".into(),
    }
}

/// Domain and operator of a target: of `torch.ops.aten.conv2d.default`, `aten` and `conv2d`; of `_operator.getitem`, these two.
fn operator(target: &str) -> (&str, &str) {
    let Some(own) = target.strip_prefix("torch.ops.") else { return target.rsplit_once('.').unwrap_or(("", target)) };
    let (domain, name) = own.split_once('.').unwrap_or(("", own));
    (domain, name.split_once('.').map_or(name, |(name, _)| name))
}

/// The element type with the number that the schema gives it: `ScalarType`.
pub fn dtype(number: u32) -> DType {
    match number {
        1 => DType::U8,
        2 => DType::I8,
        3 => DType::I16,
        4 => DType::I32,
        5 => DType::I64,
        6 => DType::F16,
        7 => DType::F32,
        8 => DType::F64,
        9 => DType::C32,
        10 => DType::C64,
        11 => DType::C128,
        12 => DType::Bool,
        13 => DType::BF16,
        28 => DType::U16,
        29 => DType::F8E4M3FN,
        30 => DType::F8E5M2,
        31 => DType::F8E4M3FNUZ,
        32 => DType::F8E5M2FNUZ,
        33 => DType::F8E8M0,
        34 => DType::U32,
        35 => DType::U64,
        _ => DType::Unknown,
    }
}
