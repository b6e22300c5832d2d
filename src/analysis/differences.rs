//! What differs between the instances of a stack, in words.

use super::draft::{Draft, Part};
use super::scopes::name;
use super::shapes::Shapes;
use super::stacks::number;
use crate::model::{Graph, Literal, Model, Node, NodeId, Shape, Tensor};

/// How many differences are listed; of more, the number.
const LISTED: usize = 12;
/// How many different sizes of one thing are listed, and how many ranges of instances that have the same.
const SIZES: usize = 4;

/// The differences between the instances of the stack `level`: types and sizes of tensors, and attributes. In what is not listed, they are
/// the same.
pub fn of(model: &Model, graph: &Graph, draft: &Draft, shapes: &Shapes, level: usize) -> Vec<String> {
    let members = &draft.levels[level].members;
    let instances: Vec<Vec<NodeId>> = members.iter().map(|part| nodes(draft, *part)).collect();
    let labels = labels(draft, members);
    let Some((first, others)) = instances.split_first() else { return Vec::new() };
    let (mut found, mut more) = (Vec::new(), 0);
    for (place, node) in first.iter().enumerate() {
        let sizes = shapes.sizes(*node);
        if others.iter().all(|nodes| nodes.get(place).is_some_and(|node| shapes.sizes(*node) == sizes)) {
            continue;
        }
        let all: Vec<NodeId> = instances.iter().filter_map(|nodes| nodes.get(place).copied()).collect();
        let mut lines = Lines { found: &mut found, more: &mut more, labels: &labels };
        compare(model, graph, &all, &mut lines);
    }
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    found
}

/// All nodes in `part`, in order: of parts of the same structure, those at the same place correspond.
fn nodes(draft: &Draft, part: Part) -> Vec<NodeId> {
    let (mut found, mut walk) = (Vec::new(), vec![part]);
    while let Some(part) = walk.pop() {
        match part {
            Part::Node(node) => found.push(node),
            Part::Level(level) => walk.extend(draft.levels[level].members.iter().rev()),
        }
    }
    found
}

/// What tells the instances apart: the numbers in their names, or else their places.
fn labels(draft: &Draft, members: &[Part]) -> Vec<u64> {
    let named = members.iter().map(|part| match part {
        Part::Level(level) => {
            Some(&draft.levels[*level].name).filter(|name| !name.contains('–')).and_then(|name| number(name))
        }
        Part::Node(_) => None,
    });
    named.collect::<Option<Vec<u64>>>().unwrap_or_else(|| (0..members.len() as u64).collect())
}

/// The differences that are listed, and the number of those that are not.
struct Lines<'a> {
    found: &'a mut Vec<String>,
    more: &'a mut usize,
    /// What tells the instances apart.
    labels: &'a [u64],
}

impl Lines<'_> {
    fn add(&mut self, label: impl FnOnce() -> String, values: impl Iterator<Item = String>) {
        if self.found.len() == LISTED {
            *self.more += 1;
            return;
        }
        self.found.push(format!("{}: {}", label(), spread(values, self.labels)));
    }
}

/// Adds what differs between `nodes`, which correspond.
fn compare(model: &Model, graph: &Graph, nodes: &[NodeId], lines: &mut Lines) {
    let nodes: Vec<&Node> = nodes.iter().map(|node| &graph.nodes[*node]).collect();
    let Some(first) = nodes.first() else { return };
    let owner = owner(graph, first);
    for (at, argument) in first.inputs.iter().enumerate() {
        for (slot, value) in argument.values.iter().enumerate() {
            let tensors = nodes.iter().map(|node| {
                let value = node.inputs.get(at)?.values.get(slot)?;
                model.tensors.get(graph.values[*value].tensor?)
            });
            let Some(tensors) = tensors.collect::<Option<Vec<&Tensor>>>() else { continue };
            if let Some(size) = sizes(&tensors) {
                let label = || label(owner, &graph.values[*value].name, &argument.name);
                lines.add(label, tensors.iter().map(|tensor| size(tensor)));
            }
        }
    }
    for (at, attribute) in first.attributes.iter().enumerate() {
        let literals = nodes.iter().filter_map(|node| Some(&node.attributes.get(at)?.value));
        // Tensors and bodies are other things in every node; what is in them is not looked at.
        let comparable = !matches!(attribute.value, Literal::Tensor(_) | Literal::Graph(_));
        if comparable && literals.clone().any(|literal| *literal != attribute.value) {
            lines.add(|| format!("{owner} {}", attribute.name), literals.map(text));
        }
    }
}

/// How to write down what in `tensors` is not the same: their types, their shapes, or both; none if all is the same.
fn sizes(tensors: &[&Tensor]) -> Option<fn(&Tensor) -> String> {
    let first = tensors.first()?;
    let types = tensors.iter().any(|tensor| tensor.dtype != first.dtype);
    let shapes = tensors.iter().any(|tensor| tensor.shape != first.shape);
    match (types, shapes) {
        (true, true) => Some(|tensor| format!("{} {}", tensor.dtype.name(), Shape::of(&tensor.shape))),
        (true, false) => Some(|tensor| tensor.dtype.name().to_owned()),
        (false, true) => Some(|tensor| Shape::of(&tensor.shape).to_string()),
        (false, false) => None,
    }
}

/// The module that `node` belongs to, as far as names tell; else its operator.
fn owner<'a>(graph: &'a Graph, node: &'a Node) -> &'a str {
    let scope = node.scope.and_then(|scope| graph.scopes.get(scope)).map(|scope| &*scope.name);
    let path = || name(graph, node).rsplit(['/', '.']).nth(1).filter(|part| !part.is_empty());
    scope.or_else(path).unwrap_or(&node.operator)
}

/// What a tensor is called: `down_proj weight`.
fn label(owner: &str, name: &str, argument: &str) -> String {
    let mut parts = name.rsplit(['.', '/']);
    match (parts.next(), parts.next()) {
        (Some(own), Some(owner)) if !owner.is_empty() => format!("{owner} {own}"),
        _ => format!("{owner} {}", if argument.is_empty() { name } else { argument }),
    }
}

fn text(literal: &Literal) -> String {
    match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => value.to_string(),
        Literal::Double(value) => value.to_string(),
        Literal::String(text) | Literal::Reference(text) => text.to_string(),
        Literal::Type(ty) => ty.to_string(),
        Literal::List(items) => items.iter().map(text).collect::<Vec<_>>().join("×"),
        Literal::Absent | Literal::Tensor(_) | Literal::Graph(_) => String::new(),
    }
}

/// Which of `labels` have which of `values`: `512×512 in 0–3; 1024×512 in 4–7`. What most have comes last: `1024×512 in 4; else 512×512`.
fn spread(values: impl Iterator<Item = String>, labels: &[u64]) -> String {
    let mut different: Vec<(String, Vec<(usize, usize)>)> = Vec::new();
    for (place, value) in values.enumerate() {
        if let Some((_, ranges)) = different.iter_mut().find(|(known, _)| *known == value) {
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == place => *end = place,
                _ => ranges.push((place, place)),
            }
        } else if different.len() <= SIZES {
            // One more than is listed shows that there are others.
            different.push((value, vec![(place, place)]));
        }
    }
    let count = |ranges: &[(usize, usize)]| ranges.iter().map(|(start, end)| end + 1 - start).sum::<usize>();
    let all = different.iter().map(|(_, ranges)| count(ranges)).sum::<usize>();
    let most = different.iter().position(|(_, ranges)| 2 * count(ranges) > all).filter(|_| different.len() <= SIZES);
    let others = most.map(|at| different.remove(at).0);
    let label = |place: usize| labels.get(place).copied().unwrap_or(place as u64);
    let range = |(start, end): &(usize, usize)| match (label(*start), label(*end)) {
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start}–{end}"),
    };
    let mut parts: Vec<String> = Vec::new();
    for (value, ranges) in different.iter().take(SIZES) {
        let mut places: Vec<String> = ranges.iter().take(SIZES).map(range).collect();
        if ranges.len() > SIZES {
            places.push("…".into());
        }
        parts.push(format!("{value} in {}", places.join(", ")));
    }
    if different.len() > SIZES {
        parts.push("others in the rest".into());
    }
    parts.extend(others.map(|value| format!("else {value}")));
    parts.join("; ")
}
