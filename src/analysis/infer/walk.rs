//! Goes through the nodes of a model, and into functions and bodies.

use super::call::{Call, Constants, Rule};
use super::fact::{Fact, Kind};
use super::size::Size;
use super::{Shapes, Sizes, table};
use crate::analysis::order;
use crate::model::{Argument, DType, Graph, GraphId, GraphKind, Literal, Model, Node, NodeId, Text, ValueId, Wiring};
use crate::report::{Report, Severity};
use crate::source::Files;
use std::rc::Rc;

/// How many graphs may be around a node; deeper ones are left out.
const DEPTH: usize = 64;
/// A node may be gone through so many times, on average: functions are gone through at each call, and loops until nothing changes.
const VISITS: usize = 12;
/// Shapes that change from turn to turn are given up after so many.
const TURNS: usize = 3;

/// A graph that is being gone through.
struct Frame<'a> {
    id: GraphId,
    graph: &'a Graph,
    facts: Vec<Fact>,
    order: Rc<[NodeId]>,
    next: usize,
    /// Of a function: the attributes that it was called with.
    given: Rc<[(Text, Literal)]>,
    /// What is known of the graphs that the node at `next` holds, as far as they have been gone through.
    inner: Vec<Vec<Fact>>,
    /// Of a loop: what its state was taken to be, and how many turns that were.
    state: Option<(Vec<Fact>, usize)>,
}

struct Walk<'a> {
    model: &'a Model,
    domain: &'a str,
    sizes: &'a Sizes,
    /// The sizes that inputs leave open.
    open: Vec<(GraphId, ValueId, usize, Text)>,
    constants: Constants<'a>,
    /// By graph, as are the two after.
    orders: Vec<Option<Rc<[NodeId]>>>,
    /// The last call of each function, with what came of it: calls are often alike.
    last: Vec<Option<(Vec<Fact>, Vec<Fact>)>>,
    done: Vec<Option<Vec<Fact>>>,
    visits: usize,
    turns: Vec<Vec<u64>>,
    report: Report,
}

/// What is known of the values of `model`.
pub fn walk(model: &Model, files: &Files, domain: &str, sizes: &Sizes) -> Shapes {
    let nodes: usize = model.graphs.values().map(|graph| graph.nodes.len()).sum();
    let mut walk = Walk {
        model,
        domain,
        sizes,
        open: super::open_sizes(model),
        constants: Constants::new(model, files),
        orders: vec![None; model.graphs.len()],
        last: vec![None; model.graphs.len()],
        done: vec![None; model.graphs.len()],
        visits: nodes.saturating_mul(VISITS).saturating_add(1000),
        turns: vec![Vec::new(); model.graphs.len()],
        report: Report::default(),
    };
    if model.graphs.values().all(|graph| graph.wiring == Wiring::Modules) {
        return Shapes::default();
    }
    if !table::knows(domain) {
        // What the file states is all that is known.
        let facts = model.graphs.iter().map(|(id, graph)| walk.batched(id, graph)).collect();
        return Shapes { facts, ..Shapes::default() };
    }
    let of_kind = |kind| model.graphs.iter().filter(move |(_, graph)| graph.kind == kind).map(|(id, _)| id);
    for id in of_kind(GraphKind::Main).chain(of_kind(GraphKind::Function)).chain(of_kind(GraphKind::Body)) {
        if walk.done.get(id.index()).is_some_and(Option::is_none) {
            walk.run(id);
        }
    }
    let facts = walk.done.into_iter().map(Option::unwrap_or_default).collect();
    Shapes { facts, turns: walk.turns, report: walk.report }
}

impl<'a> Walk<'a> {
    /// What the file states of the values of a graph.
    fn stated(&self, id: GraphId, graph: &Graph) -> Vec<Fact> {
        let bound = |name: &str| super::size_of(self.sizes, name).and_then(|size| i64::try_from(size).ok());
        let size = |size: &u64| i64::try_from(*size).map_or(Size::Unknown, Size::Known);
        let mut facts: Vec<Fact> = Vec::with_capacity(graph.values.len());
        for value in graph.values.values() {
            let tensor = value.tensor.and_then(|tensor| self.model.tensors.get(tensor));
            facts.push(match (tensor, &value.ty) {
                (Some(tensor), _) => Fact::tensor(Some(tensor.dtype), Some(tensor.shape.iter().map(size).collect())),
                (None, Some(ty)) => Fact::of(ty, &bound),
                (None, None) => Fact::default(),
            });
        }
        for (_, input, axis, name) in self.open.iter().filter(|(of, ..)| *of == id) {
            let Some(fact) = facts.get_mut(input.index()) else { continue };
            let Some(dims) = fact.dims.as_ref().filter(|dims| dims.get(*axis) == Some(&Size::Unknown)) else {
                continue;
            };
            let mut dims = dims.to_vec();
            dims[*axis] = Size::named(name, &bound);
            fact.dims = Some(dims.into());
        }
        facts
    }

    /// What the file states of the values of a graph without rules. What is open at the first place of an input, and of values within, is the batch.
    fn batched(&self, id: GraphId, graph: &Graph) -> Vec<Fact> {
        let mut facts = self.stated(id, graph);
        let first = self.open.iter().find(|(of, _, axis, _)| *of == id && *axis == 0);
        let batch = first.and_then(|(_, input, ..)| facts.get(input.index())?.dims.as_ref()?.first().cloned());
        for fact in facts.iter_mut().filter(|_| batch.is_some()) {
            if let (Some(dims), Some(batch)) = (&fact.dims, &batch)
                && dims.first() == Some(&Size::Unknown)
            {
                let mut dims = dims.to_vec();
                dims[0] = *batch;
                fact.dims = Some(dims.into());
            }
        }
        facts
    }

    fn frame(&mut self, id: GraphId, inputs: &[Fact], given: Rc<[(Text, Literal)]>) -> Option<Frame<'a>> {
        let graph = self.model.graphs.get(id)?;
        let order = self.orders.get_mut(id.index())?.get_or_insert_with(|| order::of(graph).into()).clone();
        let mut facts = self.stated(id, graph);
        for (value, fact) in graph.inputs.iter().zip(inputs) {
            if let Some(known) = facts.get_mut(value.index()) {
                *known = fact.or(known);
            }
        }
        Some(Frame { id, graph, facts, order, next: 0, given, inner: Vec::new(), state: None })
    }

    /// Goes through a graph of which nobody told anything, and through all that it calls.
    fn run(&mut self, id: GraphId) {
        let mut stack: Vec<Frame<'a>> = self.frame(id, &[], Rc::new([])).into_iter().collect();
        while let Some(frame) = stack.last_mut() {
            match frame.order.get(frame.next).copied() {
                Some(node) => {
                    let deep = stack.len() >= DEPTH;
                    let Some(frame) = stack.last_mut() else { return };
                    if let Some(entered) = self.step(frame, node, deep) {
                        stack.push(entered);
                    }
                }
                None => {
                    let Some(frame) = stack.pop() else { return };
                    let outputs = frame.graph.outputs.iter().map(|value| frame.facts[value.index()].clone()).collect();
                    self.keep(frame.id, frame.facts);
                    if let Some(around) = stack.last_mut() {
                        around.inner.push(outputs);
                    }
                }
            }
        }
    }

    /// Keeps what is known of the values of a graph: what holds each time that it is gone through.
    fn keep(&mut self, id: GraphId, facts: Vec<Fact>) {
        let Some(done) = self.done.get_mut(id.index()) else { return };
        *done = Some(match done.take() {
            Some(before) => before.iter().zip(&facts).map(|(a, b)| a.and(b)).collect(),
            None => facts,
        });
    }

    /// Does what is next at `node`: enters a graph, or finds out about its outputs and goes on.
    fn step(&mut self, frame: &mut Frame<'a>, node: NodeId, deep: bool) -> Option<Frame<'a>> {
        let graph = frame.graph;
        let Some(of) = graph.nodes.get(node) else {
            frame.next += 1;
            return None;
        };
        let domain = if of.domain.is_empty() { self.domain } else { &of.domain };
        let rule = table::rule(domain, &of.operator);
        self.visits = self.visits.saturating_sub(1);
        let bodies: Vec<GraphId> = of.attributes.iter().flat_map(|attribute| attribute.value.graphs()).collect();
        if !deep && self.visits > 0 {
            if let Some(function) = of.definition {
                return self.call(frame, node, of, function, rule);
            }
            if let Some(body) = bodies.get(frame.inner.len()) {
                let inputs = self.body_inputs(frame, of);
                let mut entered = self.frame(*body, &inputs, frame.given.clone())?;
                capture(frame, &mut entered);
                return Some(entered);
            }
        }
        let inner = std::mem::take(&mut frame.inner);
        if bodies.is_empty() {
            self.apply(frame, node, of, rule);
        } else {
            let outputs = self.held(frame, node, of, &inner)?;
            self.settle(frame, node, of, outputs);
        }
        frame.next += 1;
        frame.state = None;
        None
    }

    /// Applies the rule of a node.
    fn apply(&mut self, frame: &mut Frame<'a>, id: NodeId, node: &'a Node, rule: Option<Rule>) {
        let Some(rule) = rule else { return };
        let inputs: Vec<Option<ValueId>> = each(&node.inputs).collect();
        let mut call = Call {
            model: self.model,
            graph: frame.graph,
            node,
            inputs: &inputs,
            facts: &frame.facts,
            constants: &self.constants,
            given: &frame.given,
            outputs: vec![Fact::default(); each(&node.outputs).count()],
            fault: None,
        };
        rule(&mut call);
        let (outputs, fault) = (call.outputs, call.fault);
        if let Some(fault) = fault {
            self.report.add_at(Severity::Warning, frame.id, Some(id), format!("{}: {fault}", label(node)));
        }
        self.settle(frame, id, node, outputs);
    }

    /// Joins what was found out about the outputs of a node with what the file states.
    fn settle(&mut self, frame: &mut Frame<'a>, id: NodeId, node: &Node, outputs: Vec<Fact>) {
        for (value, found) in each(&node.outputs).zip(outputs) {
            let Some(value) = value else { continue };
            let Some(known) = frame.facts.get_mut(value.index()) else { continue };
            // With sizes that the reader has given, the file is not at fault.
            if let Some(conflict) = known.conflict(&found).filter(|_| self.sizes.is_empty()) {
                let name = frame.graph.values.get(value).map(|value| &*value.name).unwrap_or_default();
                let message = format!(
                    "{}: what the file states about {name:?} and what follows from the inputs differ: {conflict}",
                    label(node)
                );
                self.report.add_at(Severity::Warning, frame.id, Some(id), message);
            }
            *known = if self.sizes.is_empty() { known.or(&found) } else { found.or(known) };
            if known.content.is_none() {
                known.content = found.content;
            }
        }
    }

    /// Enters a function, unless it was called with the same before.
    fn call(
        &mut self,
        frame: &mut Frame<'a>,
        id: NodeId,
        node: &'a Node,
        function: GraphId,
        rule: Option<Rule>,
    ) -> Option<Frame<'a>> {
        let inputs: Vec<Fact> = each(&node.inputs)
            .map(|value| value.map(|value| content_too(self, frame, value)).unwrap_or_default())
            .collect();
        let known = self
            .last
            .get(function.index())
            .and_then(Option::as_ref)
            .filter(|(before, _)| *before == inputs)
            .map(|(_, outputs)| outputs.clone());
        let Some(outputs) = frame.inner.pop().or(known) else {
            let given = given(self.model, node, function, &frame.given);
            return self.frame(function, &inputs, given);
        };
        let known = outputs.iter().all(|fact| fact.dims.is_some());
        if let Some(last) = self.last.get_mut(function.index()) {
            *last = Some((inputs, outputs.clone()));
        }
        self.settle(frame, id, node, outputs);
        // An operator of the format may be defined by a function of the model, too.
        if !known {
            self.apply(frame, id, node, rule);
        }
        frame.next += 1;
        None
    }

    /// What a body gets from the node that holds it.
    fn body_inputs(&self, frame: &Frame<'a>, node: &Node) -> Vec<Fact> {
        let plain = |dtype| Fact::tensor(Some(dtype), Some(Vec::new()));
        let inputs = inputs(frame, node);
        let loose = |fact: Fact| Fact { content: None, ..fact };
        match &*node.operator {
            "Loop" => {
                let state = match &frame.state {
                    Some((state, _)) => state.clone(),
                    None => inputs.into_iter().skip(2).map(loose).collect(),
                };
                [vec![plain(DType::I64), plain(DType::Bool)], state].concat()
            }
            "Scan" => {
                let scanned = scanned(node);
                let states = inputs.len().saturating_sub(scanned);
                let state = match &frame.state {
                    Some((state, _)) => state.clone(),
                    None => inputs.iter().take(states).cloned().map(loose).collect(),
                };
                let slices = inputs
                    .into_iter()
                    .skip(states)
                    .enumerate()
                    .map(|(at, fact)| sliced(fact, listed(node, "scan_input_axes", at)));
                state.into_iter().chain(slices).collect()
            }
            "SequenceMap" => {
                let inside = |fact: Fact| match &fact.kind {
                    Kind::Sequence(of) => (**of).clone(),
                    _ => fact,
                };
                inputs.into_iter().map(inside).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Notes how often the body of a node runs.
    fn run_often(&mut self, frame: &Frame, id: NodeId, turns: Option<u64>) {
        if let (Some(turns), Some(known)) = (turns, self.turns.get_mut(frame.id.index())) {
            known.resize(frame.graph.nodes.len(), 1);
            known[id.index()] = turns;
        }
    }

    /// What is known of the outputs of a node that holds graphs; none if these are to be gone through once more.
    fn held(&mut self, frame: &mut Frame<'a>, id: NodeId, node: &Node, inner: &[Vec<Fact>]) -> Option<Vec<Fact>> {
        let Some(body) = inner.first() else { return Some(Vec::new()) };
        let at_start = inputs(frame, node);
        match &*node.operator {
            "If" => {
                let other = inner.get(1).unwrap_or(body);
                Some(body.iter().zip(other).map(|(a, b)| Fact { content: None, ..a.and(b) }).collect())
            }
            "Loop" => {
                let trips = each(&node.inputs).next().flatten().map(|value| content_too(self, frame, value));
                let trips = trips.as_ref().and_then(|fact| fact.content.as_ref()?.ints()?.first()?.count());
                self.run_often(frame, id, trips);
                let states = at_start.len().saturating_sub(2);
                let state = turn(frame, at_start.into_iter().skip(2).collect(), body.iter().skip(1).take(states))?;
                let stacked = body.iter().skip(1 + states).map(|fact| stacked(fact, Size::Unknown, 0));
                Some(state.into_iter().chain(stacked).collect())
            }
            "Scan" => {
                let states = at_start.len().saturating_sub(scanned(node));
                let first = at_start.get(states).cloned().unwrap_or_default();
                let axis = listed(node, "scan_input_axes", 0);
                let length = first
                    .dims
                    .as_deref()
                    .and_then(|dims| dims.get(super::call::place(axis, dims.len())?))
                    .cloned()
                    .unwrap_or_default();
                self.run_often(frame, id, length.count());
                let state = turn(frame, at_start.into_iter().take(states).collect(), body.iter().take(states))?;
                let out = body.iter().skip(states).enumerate();
                let out = out.map(|(at, fact)| stacked(fact, length, listed(node, "scan_output_axes", at)));
                Some(state.into_iter().chain(out).collect())
            }
            "SequenceMap" => {
                Some(body.iter().map(|fact| Fact::sequence(Fact { content: None, ..fact.clone() })).collect())
            }
            _ => Some(Vec::new()),
        }
    }
}

/// What state is, however many turns are made; none if another turn is to tell.
fn turn<'f>(frame: &mut Frame, start: Vec<Fact>, after: impl Iterator<Item = &'f Fact>) -> Option<Vec<Fact>> {
    let (before, turns) = frame.state.take().unwrap_or((start, 0));
    let mut stable = true;
    let both = |(before, after): (&Fact, &Fact)| {
        let both = Fact { content: None, ..before.and(after) };
        stable &= both.dims == before.dims && both.kind == before.kind;
        Fact { dtype: both.dtype.or(before.dtype), ..both }
    };
    let both: Vec<Fact> = before.iter().zip(after).map(both).collect();
    if stable || turns + 1 >= TURNS {
        let open = |fact: Fact| if stable { fact } else { Fact { dims: None, ..fact } };
        return Some(both.into_iter().map(open).collect());
    }
    frame.state = Some((both, turns + 1));
    None
}

fn inputs(frame: &Frame, node: &Node) -> Vec<Fact> {
    let fact =
        |value: Option<ValueId>| value.and_then(|value| frame.facts.get(value.index())).cloned().unwrap_or_default();
    each(&node.inputs).map(fact).collect()
}

/// What is known of `value`, with what it holds if it is a small constant.
fn content_too(walk: &Walk, frame: &Frame, value: ValueId) -> Fact {
    let Some(fact) = frame.facts.get(value.index()) else { return Fact::default() };
    let tensor = frame.graph.values.get(value).and_then(|value| value.tensor);
    let content = fact.content.clone().or_else(|| walk.constants.content(tensor?));
    Fact { content, ..fact.clone() }
}

/// Tells a body what is known of the values that it takes from the graph around.
fn capture(around: &Frame, body: &mut Frame) {
    for (id, value) in body.graph.values.iter() {
        if let Some(outer) = value.outer.and_then(|outer| around.facts.get(outer.index()))
            && let Some(fact) = body.facts.get_mut(id.index())
        {
            *fact = outer.or(fact);
        }
    }
}

/// The attributes of a call of `function`.
fn given(model: &Model, node: &Node, function: GraphId, around: &[(Text, Literal)]) -> Rc<[(Text, Literal)]> {
    let formals = model.graphs.get(function).into_iter().flat_map(|graph| &graph.attributes);
    let value = |name: &Text| {
        let attribute = node.attributes.iter().find(|attribute| attribute.name == *name)?;
        match &attribute.value {
            Literal::Reference(of) => around.iter().find(|(name, _)| name == of).map(|(_, value)| value.clone()),
            value => Some(value.clone()),
        }
    };
    formals.map(|formal| (formal.name.clone(), value(&formal.name).unwrap_or_else(|| formal.value.clone()))).collect()
}

/// How many inputs of a `Scan` are gone through.
fn scanned(node: &Node) -> usize {
    let attribute = node.attributes.iter().find(|attribute| &*attribute.name == "num_scan_inputs");
    match attribute.map(|attribute| &attribute.value) {
        Some(Literal::Int(count)) => usize::try_from(*count).unwrap_or(0),
        _ => 0,
    }
}

/// Entry `at` of a list of whole numbers; 0 where there is none.
fn listed(node: &Node, name: &str, at: usize) -> i64 {
    let attribute = node.attributes.iter().find(|attribute| &*attribute.name == name);
    match attribute.map(|attribute| &attribute.value) {
        Some(Literal::List(items)) => match items.get(at) {
            Some(Literal::Int(axis)) => *axis,
            _ => 0,
        },
        _ => 0,
    }
}

/// One slice of a tensor along `axis`.
fn sliced(fact: Fact, axis: i64) -> Fact {
    let dims = fact.dims.as_deref().and_then(|dims| {
        let axis = super::call::place(axis, dims.len())?;
        Some([&dims[..axis], &dims[axis + 1..]].concat())
    });
    Fact::tensor(fact.dtype, dims)
}

/// `length` tensors on one another, along `axis`.
fn stacked(fact: &Fact, length: Size, axis: i64) -> Fact {
    let dims = fact.dims.as_deref().and_then(|dims| {
        let axis = super::call::place(axis, dims.len() + 1)?;
        let mut dims = dims.to_vec();
        dims.insert(axis, length);
        Some(dims)
    });
    Fact::tensor(fact.dtype, dims)
}

/// The values of arguments in order; none where one is left out.
fn each(arguments: &[Argument]) -> impl Iterator<Item = Option<ValueId>> {
    arguments
        .iter()
        .flat_map(|Argument { values, .. }| values.iter().copied().map(Some).chain(values.is_empty().then_some(None)))
}

/// How a message calls a node: `Conv "conv1"`, `Conv`.
fn label(node: &Node) -> String {
    if node.name.is_empty() { node.operator.to_string() } else { format!("{} {:?}", node.operator, node.name) }
}
