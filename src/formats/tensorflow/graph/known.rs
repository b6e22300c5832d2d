//! Which tensors nodes and arguments stand for: constants, variables, and what functions are called with.
//!
//! A function that is always called with the same variable has a weight there, no input. So is a constant that is handed in.

use super::super::proto::Tensor as TensorProto;
use super::lower::Lowering;
use super::read::{Body, End, Graph, Node};
use super::tensor;
use crate::model::{Data, Encoding, Tensor, TensorId, Text};
use foldhash::{HashMap, HashSet};
use std::collections::VecDeque;

/// How many nodes that only hand something on are followed.
const STEPS: usize = 64;

/// What an argument of a function stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// Nothing calls the function.
    #[default]
    Unknown,
    /// Always this tensor.
    Tensor(TensorId),
    /// What flows in.
    Various,
}

impl Given {
    /// The tensor that it always is.
    pub fn tensor(self) -> Option<TensorId> {
        match self {
            Self::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }

    /// The same after another call, with `other`.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, other) | (other, Self::Unknown) => other,
            (one, other) if one == other => one,
            _ => Self::Various,
        }
    }
}

/// A body: none for that of the graph itself, else the place of the function.
pub type At = Option<u32>;

/// What is known of tensors so far.
#[derive(Debug, Default)]
pub struct Known {
    /// Of each function, what its arguments stand for.
    pub given: Vec<Vec<Given>>,
    /// The variables by name.
    pub variables: HashMap<Text, TensorId>,
    constants: HashMap<(At, u32), TensorId>,
}

/// A function that a node calls.
struct Callee {
    function: u32,
    /// How many inputs of the node come before the function's; none if what it is called with is not the node's to say.
    before: Option<usize>,
    /// Of loops: the function whose results are its next arguments.
    next: Option<u32>,
}

/// Whether nodes of `operator` stand for variables.
pub fn is_variable(operator: &str) -> bool {
    matches!(operator, "VarHandleOp" | "VariableV2" | "Variable" | "AutoReloadVariable")
}

/// The body `at` of `graph`.
pub fn body(graph: &Graph, at: At) -> Option<&Body> {
    match at {
        None => Some(&graph.main),
        Some(function) => graph.functions.get(function as usize).map(|function| &function.body),
    }
}

impl Lowering<'_, '_> {
    /// Finds out what the arguments of all functions stand for; `bound` is what is said of that elsewhere.
    pub fn bind(&mut self, bound: Vec<(u32, usize, TensorId)>) {
        let graph = self.of.graph.clone();
        self.of.known.given = graph.functions.iter().map(|it| vec![Given::Unknown; it.body.arguments.len()]).collect();
        for (function, argument, tensor) in bound {
            self.give(function, argument, Given::Tensor(tensor));
        }
        let places = 0..graph.functions.len() as u32;
        let bodies = std::iter::once(None).chain(places.map(Some));
        let mut calls: HashMap<At, Vec<(u32, Vec<Callee>)>> = HashMap::default();
        for at in bodies.clone() {
            let mut found = Vec::new();
            for (place, node) in body(&graph, at).into_iter().flat_map(|body| &body.nodes).enumerate() {
                let callees = self.callees(node);
                if !callees.is_empty() {
                    found.push((place as u32, callees));
                }
            }
            calls.insert(at, found);
        }
        let mut queue: VecDeque<At> = bodies.clone().collect();
        let mut queued: HashSet<At> = bodies.clone().collect();
        for at in bodies {
            for node in body(&graph, at).into_iter().flat_map(|body| &body.nodes) {
                self.variable(at, node);
            }
        }
        while let Some(at) = queue.pop_front() {
            queued.remove(&at);
            let Some(body) = body(&graph, at) else { continue };
            for (place, callees) in calls.get(&at).into_iter().flatten() {
                let Some(node) = body.nodes.get(*place as usize) else { continue };
                for callee in callees {
                    if self.call(&graph, at, node, callee) && queued.insert(Some(callee.function)) {
                        queue.push_back(Some(callee.function));
                    }
                }
            }
        }
    }

    /// Notes what `node` in body `at` calls a function with; whether that is news.
    fn call(&mut self, graph: &Graph, at: At, node: &Node, callee: &Callee) -> bool {
        let count = self.of.known.given.get(callee.function as usize).map_or(0, Vec::len);
        let mut news = false;
        for argument in 0..count {
            let own = callee.before.and_then(|before| node.inputs.get(before + argument));
            let stays = callee.next.is_none_or(|next| hands_on(graph, next, argument));
            let given = match own.filter(|_| stays) {
                Some(reference) if reference.index == 0 => self.given(graph, at, &reference.end),
                _ => Given::Various,
            };
            news |= self.give(callee.function, argument, given);
        }
        news
    }

    fn give(&mut self, function: u32, argument: usize, given: Given) -> bool {
        let place = self.of.known.given.get_mut(function as usize).and_then(|given| given.get_mut(argument));
        place.is_some_and(|place| {
            let now = place.and(given);
            std::mem::replace(place, now) != now
        })
    }

    /// The functions that `node` calls.
    fn callees(&mut self, node: &Node) -> Vec<Callee> {
        let graph = self.of.graph.clone();
        if let Some(function) = graph.named.get(&node.operator) {
            return vec![Callee { function: *function, before: Some(0), next: None }];
        }
        let mut named = Vec::new();
        for (name, span) in &node.attributes {
            // Most attributes are types and numbers of a few bytes.
            if graph.functions.is_empty() || span.len < 3 || name.starts_with('_') {
                continue;
            }
            let attr = self.reader().attr(*span);
            let funcs = attr.func.into_iter().chain(attr.list.into_iter().flat_map(|list| list.func));
            named.extend(funcs.filter_map(|func| Some((name.clone(), *graph.named.get(&*func.name)?))));
        }
        let next = named.iter().find(|(name, _)| &**name == "body").map(|(_, function)| *function);
        let callee = |(name, function): (Text, u32)| match (&*node.operator, &*name) {
            ("PartitionedCall" | "StatefulPartitionedCall", "f") => Callee { function, before: Some(0), next: None },
            ("If" | "StatelessIf" | "Case" | "StatelessCase", _) => Callee { function, before: Some(1), next: None },
            ("While" | "StatelessWhile", _) => Callee { function, before: Some(0), next },
            _ => Callee { function, before: None, next: None },
        };
        named.into_iter().map(callee).collect()
    }

    /// The tensor that `end` in body `at` always is, where the arguments are `given`.
    pub fn tensor(&mut self, graph: &Graph, at: At, given: &[Option<TensorId>], end: &End) -> Option<TensorId> {
        let body = body(graph, at)?;
        let (origin, node) = match origin(body, end)? {
            Origin::Argument(argument) => return *given.get(argument as usize)?,
            Origin::Node(place) => (place, body.nodes.get(place as usize)?),
        };
        if &*node.operator == "Const" { self.constant(at, origin, node) } else { self.variable(at, node) }
    }

    /// What `end` in body `at` stands for.
    fn given(&mut self, graph: &Graph, at: At, end: &End) -> Given {
        let origin = body(graph, at).and_then(|body| origin(body, end));
        if let (Some(Origin::Argument(argument)), Some(function)) = (origin, at) {
            let given = self.of.known.given.get(function as usize).and_then(|given| given.get(argument as usize));
            return given.copied().unwrap_or(Given::Various);
        }
        self.tensor(graph, at, &[], end).map_or(Given::Various, Given::Tensor)
    }

    fn constant(&mut self, at: At, place: u32, node: &Node) -> Option<TensorId> {
        if let Some(known) = self.of.known.constants.get(&(at, place)) {
            return Some(*known);
        }
        let (_, span) = node.attributes.iter().find(|(name, _)| &**name == "value")?;
        let value = self.reader().attr(*span).tensor?;
        let proto: TensorProto = self.reader().decode(value, "a constant");
        let tensor = match self.of.elsewhere.get(&node.name) {
            // Of a graph whose values are kept beside it.
            Some(tensor) => tensor.clone(),
            None => tensor::lower(&proto, node.name.clone(), self.of.file, &self.of.bytes, &mut self.of.budget),
        };
        let id = self.model.tensors.push(tensor);
        self.of.known.constants.insert((at, place), id);
        Some(id)
    }

    /// The variable that `node` stands for; made where it is new.
    pub fn variable(&mut self, at: At, node: &Node) -> Option<TensorId> {
        if !is_variable(&node.operator) {
            return None;
        }
        let mut attr = |wanted: &str| {
            let (_, span) = node.attributes.iter().find(|(name, _)| &**name == wanted)?;
            Some(self.reader().attr(*span))
        };
        let code = attr("dtype").and_then(|attr| attr.ty).unwrap_or_default();
        let shape = attr("shape").and_then(|attr| attr.shape).map(|shape| shape.sizes()).unwrap_or_default();
        // In functions, variables are found by the name that they share.
        let shared = attr("shared_name").and_then(|attr| attr.s).filter(|_| at.is_some());
        let name = shared.map(|span| self.reader().text(span)).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| node.name.clone());
        if let Some(known) = self.of.known.variables.get(&name) {
            return Some(*known);
        }
        let description = TensorProto { dtype: code, ..TensorProto::default() };
        let lowered = tensor::lower(&description, name.clone(), self.of.file, &self.of.bytes, &mut self.of.budget);
        let tensor = Tensor { shape, data: Data::Absent, encoding: Encoding::Little, ..lowered };
        let id = self.model.tensors.push(tensor);
        self.of.known.variables.insert(name, id);
        Some(id)
    }
}

/// Where something comes from that is only handed on.
#[derive(Clone, Copy)]
enum Origin {
    Argument(u32),
    Node(u32),
}

/// Goes back from `end` through nodes that only hand on what they read, to an argument, a constant or a variable; none if it is something else.
fn origin(body: &Body, end: &End) -> Option<Origin> {
    let mut end = end;
    for _ in 0..STEPS {
        let place = match end {
            End::Argument(argument) => return Some(Origin::Argument(*argument)),
            End::Node(place) => *place,
            End::Unknown(_) => return None,
        };
        let node = body.nodes.get(place as usize)?;
        match (&*node.operator, node.inputs.as_slice()) {
            ("Const", _) => return Some(Origin::Node(place)),
            (operator, _) if is_variable(operator) => return Some(Origin::Node(place)),
            // One that waits may read a variable that was written before.
            ("Identity" | "ReadVariableOp", [from]) if node.waits.is_empty() && from.index == 0 => end = &from.end,
            _ => return None,
        }
    }
    None
}

/// Whether the result of `function` at `place` is its argument there.
fn hands_on(graph: &Graph, function: u32, place: usize) -> bool {
    let Some(body) = body(graph, Some(function)) else { return false };
    let from = body.results.get(place).and_then(|(_, reference)| origin(body, &reference.end));
    matches!(from, Some(Origin::Argument(argument)) if argument as usize == place)
}
