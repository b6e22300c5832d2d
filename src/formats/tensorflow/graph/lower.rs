//! Bodies become graphs: their values, arguments, types, and which nodes are mere weights of others.

use super::super::super::Open;
use super::super::proto;
use super::known::{self, At, Known};
use super::operators::{self, Count, Kind, Operator};
use super::proto::Attr;
use super::read::{Body, End, Graph as Source, Node as SourceNode, Reader, Reference};
use super::scopes;
use crate::model::{
    Argument, Attribute, Category, Entry, Graph, GraphId, GraphKind, Model, Node, Shape, Strings, Tensor, TensorId,
    Text, Type, Value, ValueId, ValueKind,
};
use crate::source::{FileId, Slice};
use foldhash::HashMap;
use std::rc::Rc;

/// A graph with its functions, and what is known of it.
pub struct Program {
    /// Where the message is: the main file, or one made of text.
    pub file: FileId,
    /// Its bytes.
    pub bytes: Slice,
    /// What was read of it.
    pub graph: Rc<Source>,
    /// The id of its first function.
    pub first_function: u32,
    /// What its nodes and arguments stand for.
    pub known: Known,
    /// Constants whose values are in other files, by the names of their nodes.
    pub elsewhere: HashMap<Text, Tensor>,
    /// The layers that names of scopes may be.
    pub layers: scopes::Layers,
    /// The texts that repeat.
    pub strings: Strings,
    /// How many bytes may still be written out for tensors that state fewer elements than they have.
    pub budget: u64,
}

/// The state of lowering a program.
pub struct Lowering<'a, 'b> {
    pub open: &'a mut Open<'b>,
    pub model: &'a mut Model,
    pub of: Program,
}

/// What of a body is lowered, and to what.
pub struct Site<'s> {
    /// The body.
    pub at: At,
    /// What its arguments always are.
    pub given: &'s [Option<TensorId>],
    /// The nodes that are left out, if any are.
    pub without: Option<Vec<bool>>,
    /// Inputs with other names than their own.
    pub inputs: Vec<(Text, End)>,
    /// The outputs with their names.
    pub outputs: Vec<(Text, Reference)>,
    /// The types of inputs and outputs that are stated beside the body, by these names.
    pub types: HashMap<Text, Type>,
    /// Whether the file does not state that these are outputs.
    pub inferred: bool,
    pub kind: GraphKind,
    pub name: Text,
    pub description: Text,
}

/// What becomes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is drawn.
    Kept,
    /// It is a weight of those that read it.
    Folded,
    /// It is an input of the graph.
    Input,
    /// Nothing is lost without it.
    Dropped,
}

/// A graph while it is made.
struct Draft<'s> {
    source: Rc<Source>,
    site: Site<'s>,
    fates: Vec<Fate>,
    graph: Graph,
    /// The values of results, of weights, and of what is waited for.
    values: HashMap<Reference, ValueId>,
    weights: HashMap<TensorId, ValueId>,
    controls: HashMap<u32, ValueId>,
    /// Of each node: its results that something reads, in the order in which they were met.
    results: Vec<Vec<(Reference, ValueId)>>,
}

impl Draft<'_> {
    fn body(&self) -> &Body {
        known::body(&self.source, self.site.at).unwrap_or(&self.source.main)
    }

    fn fate(&self, end: &End) -> Option<Fate> {
        match end {
            End::Node(place) => self.fates.get(*place as usize).copied(),
            _ => None,
        }
    }
}

impl Lowering<'_, '_> {
    /// Reads messages of the file.
    pub fn reader(&mut self) -> Reader<'_> {
        Reader {
            bytes: self.of.bytes.clone(),
            limits: self.open.limits,
            report: &mut self.open.report,
            progress: self.open.progress,
            strings: &mut self.of.strings,
        }
    }

    /// The graph of what `site` says.
    pub fn lower(&mut self, site: Site) -> Graph {
        let source = self.of.graph.clone();
        let fates = self.fates(&source, &site);
        let graph = Graph {
            name: site.name.clone(),
            kind: site.kind,
            description: site.description.clone(),
            ..Graph::default()
        };
        let (values, weights, controls) = Default::default();
        let results = vec![Vec::new(); fates.len()];
        let mut draft = Draft { source: source.clone(), site, fates, graph, values, weights, controls, results };
        self.inputs(&mut draft);
        let body = known::body(&source, draft.site.at).unwrap_or(&source.main);
        let mut kept = Vec::new();
        for (place, node) in body.nodes.iter().enumerate() {
            if draft.fates.get(place) == Some(&Fate::Kept) {
                let reads = node.inputs.iter().map(|input| self.value(&mut draft, input)).collect::<Vec<_>>();
                let waits = self.waits(&mut draft, node);
                kept.push((place, reads, waits));
            }
        }
        self.outputs(&mut draft);
        let places: Vec<usize> = kept.iter().map(|(place, ..)| *place).collect();
        for (place, reads, waits) in kept {
            if let Some(node) = body.nodes.get(place) {
                let node = self.node(&mut draft, place, node, reads, waits);
                draft.graph.nodes.push(node);
            }
        }
        let mut graph = draft.graph;
        refine(&mut graph, &draft.site.types);
        let frames = self.frames(body);
        scopes::assign(&mut graph, &self.of.layers, (&frames, &places), self.open.limits.depth, &mut self.of.strings);
        graph
    }

    /// What becomes of each node.
    fn fates(&mut self, source: &Source, site: &Site) -> Vec<Fate> {
        let Some(body) = known::body(source, site.at) else { return Vec::new() };
        let mut fates = vec![Fate::Kept; body.nodes.len()];
        for (fate, without) in fates.iter_mut().zip(site.without.iter().flatten()) {
            if *without {
                *fate = Fate::Dropped;
            }
        }
        let (mut read, mut out) = (vec![false; fates.len()], vec![false; fates.len()]);
        let mark = |marks: &mut Vec<bool>, end: &End| {
            if let End::Node(place) = end
                && let Some(mark) = marks.get_mut(*place as usize)
            {
                *mark = true;
            }
        };
        for (node, _) in body.nodes.iter().zip(&fates).filter(|(_, fate)| **fate != Fate::Dropped) {
            node.inputs.iter().for_each(|input| mark(&mut read, &input.end));
        }
        site.outputs.iter().for_each(|(_, output)| mark(&mut out, &output.end));
        let is_input = |node: &SourceNode| {
            matches!(&*node.operator, "Placeholder" | "PlaceholderV2" | "_Arg") && node.inputs.is_empty()
        };
        for (place, node) in body.nodes.iter().enumerate() {
            let (Some(fate), Some(read), Some(out)) = (fates.get_mut(place), read.get(place), out.get(place)) else {
                continue;
            };
            if *fate == Fate::Dropped {
                continue;
            }
            if site.at.is_none() && is_input(node) {
                *fate = Fate::Input;
            } else if *read && !*out && self.tensor(source, site.at, site.given, &End::Node(place as u32)).is_some() {
                *fate = Fate::Folded;
            }
        }
        drop_idle(body, &mut fates);
        fates
    }

    /// Makes the inputs: arguments of the function, or placeholders of the graph.
    fn inputs(&mut self, draft: &mut Draft) {
        let source = draft.source.clone();
        let Some(body) = known::body(&source, draft.site.at) else { return };
        let renamed =
            |site: &Site, end: &End| site.inputs.iter().find(|(_, other)| other == end).map(|(name, _)| name.clone());
        for (place, argument) in body.arguments.iter().enumerate() {
            if draft.site.given.get(place).is_some_and(Option::is_some) {
                continue;
            }
            let end = End::Argument(place as u32);
            let other = renamed(&draft.site, &end).filter(|name| *name != argument.name);
            let own = other.is_some().then(|| Entry { name: "argument".into(), value: argument.name.clone() });
            let called = (!argument.called.is_empty() && argument.called != argument.name && other.is_none())
                .then(|| Entry { name: "called".into(), value: argument.called.clone() });
            let value = Value {
                name: other.unwrap_or_else(|| argument.name.clone()),
                ty: proto::ty(argument.dtype, argument.shape.clone()),
                metadata: own.into_iter().chain(called).collect(),
                ..Value::default()
            };
            self.input(draft, end, value);
        }
        for (place, node) in body.nodes.iter().enumerate() {
            if draft.fates.get(place) != Some(&Fate::Input) {
                continue;
            }
            let end = End::Node(place as u32);
            let attrs = self.attrs(node);
            let shape = find(&attrs, "shape").and_then(|attr| attr.shape.as_ref()).and_then(|shape| shape.lower());
            let stated = shapes(&attrs).and_then(|shapes| shapes.into_iter().next().flatten());
            let code = find(&attrs, "dtype").or(find(&attrs, "T")).and_then(|attr| attr.ty).unwrap_or_default();
            let other = renamed(&draft.site, &end).filter(|name| *name != node.name);
            let own = other.is_some().then(|| Entry { name: "node".into(), value: node.name.clone() });
            let value = Value {
                name: other.unwrap_or_else(|| node.name.clone()),
                // A placeholder without a shape is said to be a scalar by old versions.
                ty: proto::ty(code, stated.or(shape)),
                metadata: own.into_iter().collect(),
                ..Value::default()
            };
            self.input(draft, end, value);
        }
    }

    fn input(&mut self, draft: &mut Draft, end: End, value: Value) {
        let value = draft.graph.values.push(value);
        draft.graph.inputs.push(value);
        draft.values.insert(Reference { end, port: self.of.strings.empty(), index: 0 }, value);
    }

    /// The value that `reference` is; made at its first mention.
    fn value(&mut self, draft: &mut Draft, reference: &Reference) -> ValueId {
        let folded = match &reference.end {
            End::Argument(_) => true,
            end => draft.fate(end) == Some(Fate::Folded),
        };
        if folded && let Some(tensor) = self.tensor(&draft.source, draft.site.at, draft.site.given, &reference.end) {
            return self.weight(draft, tensor);
        }
        let port = match draft.fate(&reference.end) {
            Some(Fate::Input) => self.of.strings.empty(),
            None => self.of.strings.empty(),
            _ => reference.port.clone(),
        };
        let reference = Reference { port, ..reference.clone() };
        if let Some(known) = draft.values.get(&reference) {
            return *known;
        }
        let name = spelled(draft.body(), &reference);
        let value = draft.graph.values.push(Value { name, ..Value::default() });
        if let End::Node(place) = reference.end
            && let Some(results) = draft.results.get_mut(place as usize)
        {
            results.push((reference.clone(), value));
        }
        draft.values.insert(reference, value);
        value
    }

    fn weight(&mut self, draft: &mut Draft, tensor: TensorId) -> ValueId {
        if let Some(known) = draft.weights.get(&tensor) {
            return *known;
        }
        let of = self.model.tensors.get(tensor);
        let name = of.map(|tensor| tensor.name.clone()).unwrap_or_default();
        let value = draft.graph.values.push(Value { name, tensor: Some(tensor), ..Value::default() });
        draft.weights.insert(tensor, value);
        value
    }

    /// What `node` waits for, as far as that is drawn.
    fn waits(&mut self, draft: &mut Draft, node: &SourceNode) -> Vec<ValueId> {
        let mut waits = Vec::new();
        for end in &node.waits {
            let (End::Node(place), Some(Fate::Kept)) = (end, draft.fate(end)) else { continue };
            let name = draft.body().node(end).map(|node| format!("^{}", node.name)).unwrap_or_default();
            let values = &mut draft.graph.values;
            let control = || Value { name: name.as_str().into(), kind: ValueKind::Control, ..Value::default() };
            waits.push(*draft.controls.entry(*place).or_insert_with(|| values.push(control())));
        }
        waits
    }

    fn outputs(&mut self, draft: &mut Draft) {
        let outputs = std::mem::take(&mut draft.site.outputs);
        for (name, reference) in &outputs {
            let id = self.value(draft, reference);
            draft.graph.outputs.push(id);
            let inferred = draft.site.inferred;
            let Some(value) = draft.graph.values.get_mut(id) else { continue };
            value.inferred |= inferred;
            let is_own = value.name == *name || draft.graph.inputs.contains(&id) || value.tensor.is_some();
            if !is_own && !value.metadata.iter().any(|entry| &*entry.name == "tensor") {
                let own = std::mem::replace(&mut value.name, name.clone());
                value.metadata.push(Entry { name: "tensor".into(), value: own });
            }
        }
    }

    fn attrs(&mut self, node: &SourceNode) -> Vec<(Text, Attr)> {
        node.attributes.iter().map(|(name, span)| (name.clone(), self.reader().attr(*span))).collect()
    }

    fn node(
        &mut self,
        draft: &mut Draft,
        place: usize,
        node: &SourceNode,
        reads: Vec<ValueId>,
        waits: Vec<ValueId>,
    ) -> Node {
        let attrs = self.attrs(node);
        let called = find(&attrs, "f").and_then(|attr| attr.func.as_ref()).map(|func| func.name.clone());
        let called = called.filter(|_| node.operator.ends_with("PartitionedCall"));
        let callee = draft.source.named.get(called.as_deref().unwrap_or(&node.operator)).copied();
        let operator = operators::find(&node.operator);
        let mut inputs = self.arguments(draft, callee, operator.as_ref(), &attrs, reads);
        if !waits.is_empty() {
            inputs.push(Argument { name: self.of.strings.intern("control"), values: waits });
        }
        let mut outputs = self.results(draft, place, callee, operator.as_ref(), &attrs);
        if let Some(control) = draft.controls.get(&(place as u32)) {
            outputs.push(Argument { name: self.of.strings.intern("control"), values: vec![*control] });
        }
        let calls = callee.is_some();
        let category =
            operator.map_or(if calls { Category::Control } else { Category::Other }, |operator| operator.category);
        let device = (!node.device.is_empty()).then(|| Entry { name: "device".into(), value: node.device.clone() });
        let shown = attrs.into_iter().filter(|(name, _)| !matches!(&**name, "_output_shapes" | "_input_shapes"));
        let attributes = shown.map(|(name, attr)| Attribute { name, value: self.literal(attr) }).collect();
        Node {
            name: node.name.clone(),
            operator: node.operator.clone(),
            category,
            inputs,
            outputs,
            attributes,
            metadata: device.into_iter().collect(),
            definition: callee.map(|function| GraphId(self.of.first_function + function)),
            ..Node::default()
        }
    }

    /// Binds what a node reads to the parameters of its operator, or of the function that it calls.
    fn arguments(
        &mut self,
        draft: &Draft,
        callee: Option<u32>,
        operator: Option<&Operator>,
        attrs: &[(Text, Attr)],
        reads: Vec<ValueId>,
    ) -> Vec<Argument> {
        let mut reads = reads.into_iter();
        let mut arguments = Vec::new();
        if let Some(body) = callee.and_then(|callee| known::body(&draft.source, Some(callee))) {
            for (argument, value) in body.arguments.iter().zip(reads.by_ref()) {
                arguments.push(Argument { name: argument.name.clone(), values: vec![value] });
            }
        } else {
            for formal in operator.map(|operator| operator.inputs.as_slice()).unwrap_or_default() {
                let values: Vec<ValueId> = reads.by_ref().take(count(formal.count, attrs)).collect();
                arguments.push(Argument { name: self.of.strings.intern(formal.name), values });
            }
        }
        arguments.extend(reads.map(|value| Argument { name: self.of.strings.empty(), values: vec![value] }));
        arguments
    }

    /// The results of a node that something reads, by the parameters of its operator, with their types.
    fn results(
        &mut self,
        draft: &mut Draft,
        place: usize,
        callee: Option<u32>,
        operator: Option<&Operator>,
        attrs: &[(Text, Attr)],
    ) -> Vec<Argument> {
        let met = draft.results.get_mut(place).map(std::mem::take).unwrap_or_default();
        if met.is_empty() {
            return Vec::new();
        }
        let source = draft.source.clone();
        let callee = callee.and_then(|callee| known::body(&source, Some(callee)));
        let mut ports: Vec<(Text, Vec<i64>)> = Vec::new();
        match (callee, operator) {
            (Some(body), None) => {
                ports.extend(body.results.iter().map(|(result, _)| (result.name.clone(), vec![result.dtype])));
            }
            (_, Some(operator)) => {
                for formal in &operator.outputs {
                    let types = types(formal.kind, formal.count, attrs);
                    ports.push((self.of.strings.intern(formal.name), types));
                }
            }
            (None, None) => {}
        }
        let shapes = shapes(attrs).unwrap_or_default();
        let is_next = |node: &SourceNode| matches!(&*node.operator, "NextIteration" | "RefNextIteration");
        let feedback = draft.body().nodes.get(place).is_some_and(is_next);
        let mut found: Vec<(u32, Text, ValueId)> = Vec::new();
        for (reference, value) in met {
            let flat = flat(&ports, &reference);
            let (port, code) = port(&ports, flat);
            // What a function calls its results says more than that they are results.
            let port =
                callee.and_then(|body| body.results.get(flat as usize)).map(|(result, _)| result.name.clone()).or(port);
            if let Some(value) = draft.graph.values.get_mut(value) {
                let shape = shapes.get(flat as usize).cloned().flatten();
                value.ty = code.and_then(|code| proto::ty(code, shape));
                if feedback {
                    value.kind = ValueKind::Feedback;
                }
            }
            found.push((flat, port.unwrap_or(reference.port), value));
        }
        found.sort_by_key(|(flat, ..)| *flat);
        let mut arguments: Vec<Argument> = Vec::new();
        for (_, name, value) in found {
            match arguments.last_mut().filter(|last| last.name == name && callee.is_none()) {
                Some(last) => last.values.push(value),
                None => arguments.push(Argument { name, values: vec![value] }),
            }
        }
        arguments
    }
}

/// Adds to the types of inputs and outputs what is stated about them beside the body.
fn refine(graph: &mut Graph, types: &HashMap<Text, Type>) {
    for id in graph.inputs.iter().chain(&graph.outputs) {
        let Some(value) = graph.values.get_mut(*id) else { continue };
        let Some(stated) = types.get(&value.name) else { continue };
        match &mut value.ty {
            Some(Type::Tensor { shape: shape @ None, .. }) => *shape = stated.shape().cloned(),
            Some(_) => {}
            None => value.ty = Some(stated.clone()),
        }
    }
}

/// How a reference is spelled in the file.
fn spelled(body: &Body, reference: &Reference) -> Text {
    let (name, port, index) = match &reference.end {
        End::Unknown(name) => return name.clone(),
        End::Argument(place) => {
            (body.arguments.get(*place as usize).map(|argument| &argument.name), &reference.port, reference.index)
        }
        End::Node(_) => (body.node(&reference.end).map(|node| &node.name), &reference.port, reference.index),
    };
    let Some(name) = name else { return Text::default() };
    match (&**port, index) {
        ("", 0) => name.clone(),
        ("", index) => format!("{name}:{index}").into(),
        (port, index) => format!("{name}:{port}:{index}").into(),
    }
}

/// Drops nodes that do nothing, wait for nothing that is drawn, and that others only wait for.
fn drop_idle(body: &Body, fates: &mut [Fate]) {
    let mut idle: Vec<usize> = Vec::new();
    let mut waited_for = vec![false; fates.len()];
    for node in &body.nodes {
        for end in &node.waits {
            if let End::Node(place) = end
                && let Some(waited_for) = waited_for.get_mut(*place as usize)
            {
                *waited_for = true;
            }
        }
    }
    idle.extend((0..body.nodes.len()).filter(|place| waited_for.get(*place) == Some(&true)));
    idle.retain(|place| body.nodes.get(*place).is_some_and(|node| &*node.operator == "NoOp"));
    loop {
        let before = idle.len();
        idle.retain(|place| {
            let Some(node) = body.nodes.get(*place) else { return false };
            let drawn = |end: &End| matches!(end, End::Node(place) if fates.get(*place as usize) == Some(&Fate::Kept));
            if node.waits.iter().any(drawn) {
                return true;
            }
            if let Some(fate) = fates.get_mut(*place) {
                *fate = Fate::Dropped;
            }
            false
        });
        if idle.len() == before {
            return;
        }
    }
}

/// The attribute called `name`.
fn find<'a>(attrs: &'a [(Text, Attr)], name: &str) -> Option<&'a Attr> {
    attrs.iter().find(|(own, _)| &**own == name).map(|(_, attr)| attr)
}

/// The shapes of all results, where they are stated.
fn shapes(attrs: &[(Text, Attr)]) -> Option<Vec<Option<Shape>>> {
    let list = find(attrs, "_output_shapes")?.list.as_ref()?;
    Some(list.shape.iter().map(|shape| shape.lower()).collect())
}

/// How many values a parameter takes.
fn count(count: Count, attrs: &[(Text, Attr)]) -> usize {
    match count {
        Count::One => 1,
        Count::Stated(name) => {
            let stated = find(attrs, name).and_then(|attr| attr.i);
            stated.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(0))
        }
        Count::Listed(name) => {
            let list = find(attrs, name).and_then(|attr| attr.list.as_ref());
            list.map_or(usize::MAX, |list| list.ty.len())
        }
    }
}

/// The most results of a node that are told apart.
const RESULTS: usize = 1 << 12;

/// The numbers of the types of a parameter's values.
fn types(kind: Kind, counted: Count, attrs: &[(Text, Attr)]) -> Vec<i64> {
    let one = match kind {
        Kind::Fixed(code) => code,
        Kind::Attribute(name) => match find(attrs, name) {
            Some(Attr { list: Some(list), .. }) => return list.ty.clone(),
            Some(attr) => attr.ty.unwrap_or_default(),
            None => 0,
        },
    };
    let count = match count(counted, attrs) {
        usize::MAX => 1,
        count => count.min(RESULTS),
    };
    vec![one; count]
}

/// The place of a result among all of its node.
fn flat(ports: &[(Text, Vec<i64>)], reference: &Reference) -> u32 {
    let before =
        ports.iter().take_while(|(name, _)| *name != reference.port).map(|(_, types)| types.len() as u32).sum::<u32>();
    let known = !reference.port.is_empty() && ports.iter().any(|(name, _)| *name == reference.port);
    if known { before.saturating_add(reference.index) } else { reference.index }
}

/// The parameter that the result at `flat` belongs to, and the number of its type.
fn port(ports: &[(Text, Vec<i64>)], flat: u32) -> (Option<Text>, Option<i64>) {
    let mut left = flat as usize;
    for (name, types) in ports {
        match types.get(left) {
            Some(code) => return (Some(name.clone()), Some(*code)),
            None => left -= types.len(),
        }
    }
    (None, None)
}
