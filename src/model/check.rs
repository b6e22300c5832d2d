//! Verifies a model.
//!
//! Two kinds of faults are told apart. What readers guarantee (ids name something, bodies have parents, scopes come after the
//! scope around them) is an error where it does not hold: a bug here. What only the author of the file can guarantee
//! (each value is defined once, nothing runs in circles) is a warning at the node. Nothing is fatal: views use `get`.

use super::links::in_order;
use super::{Graph, GraphId, GraphKind, Links, Literal, Model, Node, NodeId, TensorId, ValueId, ValueKind};
use crate::report::{Report, Severity};

/// Verifies `model`; what does not hold goes to `report`.
pub fn check(model: &Model, report: &mut Report) {
    let mut last = GraphKind::Main;
    for (id, graph) in model.graphs.iter() {
        let mut check = Check { model, graph, id, report };
        if graph.kind < last {
            check.bug(None, "is out of order: entry graphs come first, then functions, then bodies");
        }
        last = last.max(graph.kind);
        check.parent();
        check.scopes();
        for (node, _) in graph.nodes.iter() {
            check.node(node);
        }
        check.values();
        check.cycles();
    }
    for (_, tensor) in model.tensors.iter() {
        if tensor.indices.is_some_and(|indices| model.tensors.get(indices).is_none()) {
            report.add(Severity::Error, format!("tensor {:?} has coordinates that do not exist", tensor.name));
        }
    }
}

/// What defines a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Nothing,
    Input,
    Constant,
    Captured,
    Produced(NodeId),
}

struct Check<'a> {
    model: &'a Model,
    graph: &'a Graph,
    id: GraphId,
    report: &'a mut Report,
}

impl Check<'_> {
    fn bug(&mut self, node: Option<NodeId>, what: &str) {
        let of = if node.is_some() { "a node" } else { "a graph" };
        self.report.add_at(Severity::Error, self.id, node, format!("{of} {what}"));
    }

    fn parent(&mut self) {
        let sound = match (self.graph.kind, self.graph.parent) {
            (GraphKind::Body, Some((graph, node))) => {
                graph < self.id && self.model.graphs.get(graph).is_some_and(|graph| graph.nodes.get(node).is_some())
            }
            (GraphKind::Body, None) => false,
            (_, parent) => parent.is_none(),
        };
        if !sound {
            self.bug(None, "is in a place where no graph can be");
        }
    }

    fn scopes(&mut self) {
        if self.graph.scopes.iter().any(|(id, scope)| scope.parent.is_some_and(|parent| parent >= id)) {
            self.bug(None, "has a scope that comes before the one around it");
        }
    }

    fn node(&mut self, id: NodeId) {
        let Some(node) = self.graph.nodes.get(id) else { return };
        if node.scope.is_some_and(|scope| self.graph.scopes.get(scope).is_none()) {
            self.bug(Some(id), "is in a scope that does not exist");
        }
        if node.definition.is_some_and(|graph| self.model.graphs.get(graph).is_none()) {
            self.bug(Some(id), "calls a function that does not exist");
        }
        let arguments = node.inputs.iter().chain(&node.outputs);
        if arguments.flat_map(|argument| &argument.values).any(|value| self.graph.values.get(*value).is_none()) {
            self.bug(Some(id), "has a value that does not exist");
        }
        if node.attributes.iter().any(|attribute| !self.literal(&attribute.value)) {
            self.bug(Some(id), "has an attribute that refers to nothing");
        }
    }

    fn literal(&self, literal: &Literal) -> bool {
        match literal {
            Literal::Tensor(tensor) => self.model.tensors.get(*tensor).is_some(),
            Literal::Graph(graph) => self.model.graphs.get(*graph).is_some(),
            Literal::List(items) => items.iter().all(|item| match item {
                Literal::Tensor(tensor) => self.model.tensors.get(*tensor).is_some(),
                Literal::Graph(graph) => self.model.graphs.get(*graph).is_some(),
                _ => true,
            }),
            _ => true,
        }
    }

    /// Each value that is used is exactly one of input, constant, captured and produced.
    fn values(&mut self) {
        let mut origins = vec![Origin::Nothing; self.graph.values.len()];
        for input in &self.graph.inputs {
            self.define(&mut origins, *input, Origin::Input);
        }
        for (id, value) in self.graph.values.iter() {
            if let Some(tensor) = value.tensor {
                self.define(&mut origins, id, Origin::Constant);
                self.tensor(tensor);
            }
            if let Some(outer) = value.outer {
                self.define(&mut origins, id, Origin::Captured);
                self.outer(outer);
            }
        }
        for (id, node) in self.graph.nodes.iter() {
            for value in node.outputs.iter().flat_map(|argument| &argument.values) {
                self.define(&mut origins, *value, Origin::Produced(id));
            }
        }
        let undefined = |value: &ValueId| origins.get(value.index()) == Some(&Origin::Nothing);
        for (id, node) in self.graph.nodes.iter() {
            for value in node.inputs.iter().flat_map(|argument| &argument.values).filter(|value| undefined(value)) {
                let message = format!("{} reads {}, which nothing defines", label(node), self.name(*value));
                self.report.add_at(Severity::Warning, self.id, Some(id), message);
            }
        }
        for value in self.graph.outputs.iter().filter(|value| undefined(value)) {
            let message = format!("the graph gives out {}, which nothing defines", self.name(*value));
            self.report.add_at(Severity::Warning, self.id, None, message);
        }
    }

    fn define(&mut self, origins: &mut [Origin], value: ValueId, origin: Origin) {
        let Some(known) = origins.get_mut(value.index()) else {
            return self.bug(None, "has an input or output that does not exist");
        };
        let before = *known;
        if before == Origin::Nothing {
            *known = origin;
            return;
        }
        let (first, second) = (self.describe(before), self.describe(origin));
        let second = if first == second { "the same again" } else { &second };
        let message = format!("{} is defined twice: it is {first} and {second}", self.name(value));
        let node = if let Origin::Produced(node) = origin { Some(node) } else { None };
        self.report.add_at(Severity::Warning, self.id, node, message);
    }

    fn describe(&self, origin: Origin) -> String {
        match origin {
            Origin::Nothing => "undefined".into(),
            Origin::Input => "an input of the graph".into(),
            Origin::Constant => "a constant".into(),
            Origin::Captured => "captured from outside".into(),
            Origin::Produced(node) => match self.graph.nodes.get(node) {
                Some(node) => format!("an output of {}", label(node)),
                None => "an output".into(),
            },
        }
    }

    fn tensor(&mut self, tensor: TensorId) {
        if self.model.tensors.get(tensor).is_none() {
            self.bug(None, "has a constant that does not exist");
        }
    }

    fn outer(&mut self, outer: ValueId) {
        let around = self.graph.parent.and_then(|(graph, _)| self.model.graphs.get(graph));
        if around.is_none_or(|graph| graph.values.get(outer).is_none()) {
            self.bug(None, "captures a value that does not exist");
        }
    }

    fn name(&self, value: ValueId) -> String {
        let name = self.graph.values.get(value).map(|value| &*value.name).unwrap_or_default();
        if name.is_empty() { format!("value {}", value.0) } else { format!("{name:?}") }
    }

    /// Takes away, again and again, nodes that wait for no other: what is left is on a cycle or behind one. Taking away those that no
    /// other waits for leaves the cycles and what is between them.
    fn cycles(&mut self) {
        let graph = self.graph;
        if in_order(graph, |value| graph.values.get(value).is_some_and(|value| value.kind != ValueKind::Feedback)) {
            return;
        }
        let links = Links::of(self.graph);
        let count = self.graph.nodes.len();
        let edges = || {
            let values = links.iter().zip(self.graph.values.values());
            let waited_for = values.filter(|(_, value)| value.kind != ValueKind::Feedback);
            waited_for.filter_map(|((node, to), _)| Some((node?, to)))
        };
        let mut ahead: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut behind: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (producer, consumers) in edges() {
            for consumer in consumers {
                if let (Some(ahead), Some(behind)) = (ahead.get_mut(producer.index()), behind.get_mut(consumer.index()))
                {
                    ahead.push(consumer.0);
                    behind.push(producer.0);
                }
            }
        }
        let mut left = vec![true; count];
        peel(&ahead, &behind, &mut left);
        if left.contains(&true) {
            peel(&behind, &ahead, &mut left);
        }
        let mut on_cycle = self.graph.nodes.iter().zip(&left).filter(|(_, left)| **left).map(|(node, _)| node);
        let Some((id, node)) = on_cycle.next() else { return };
        let message = match on_cycle.count() {
            0 => format!("{} reads its own output", label(node)),
            others => format!("{} and {others} more nodes wait for each other in a circle", label(node)),
        };
        self.report.add_at(Severity::Warning, self.id, Some(id), message);
    }
}

/// Takes away nodes that nothing is `behind`, then those that nothing left is behind, and so on.
fn peel(ahead: &[Vec<u32>], behind: &[Vec<u32>], left: &mut [bool]) {
    let mut waits: Vec<usize> = behind
        .iter()
        .map(|behind| behind.iter().filter(|node| left.get(**node as usize) == Some(&true)).count())
        .collect();
    let free = |node: &usize| waits.get(*node) == Some(&0) && left.get(*node) == Some(&true);
    let mut ready: Vec<usize> = (0..left.len()).filter(free).collect();
    while let Some(node) = ready.pop() {
        if let Some(left) = left.get_mut(node) {
            *left = false;
        }
        for next in ahead.get(node).into_iter().flatten().map(|next| *next as usize) {
            if let Some(waits) = waits.get_mut(next)
                && left.get(next) == Some(&true)
            {
                *waits -= 1;
                if *waits == 0 {
                    ready.push(next);
                }
            }
        }
    }
}

/// How a message calls a node: `Conv "conv1"`, `Conv`.
fn label(node: &Node) -> String {
    if node.name.is_empty() { node.operator.to_string() } else { format!("{} {:?}", node.operator, node.name) }
}
