//! A weights file, drawn as the tree of modules that its names spell.

use super::card::{Card, Shown};
use super::scene::{Item, ItemKind, NONE, Net, NetStyle, Parts};
use super::words;
use crate::model::{Arena, Category, GraphId, Model, NodeId, Scope, ScopeId};
use std::cmp::Ordering;

/// Items and nets of a graph of [`Wiring::Modules`](crate::model::Wiring::Modules): one item for each scope, and for each node without
/// one; a root where there are several of these; containment from each scope to those in it, in natural order (`layers.2` before `layers.10`).
pub(super) fn parts(model: &Model, id: GraphId, shown: Shown) -> Parts {
    let graph = &model.graphs[id];
    let totals = parameters(model, id);
    let mut owner: Vec<Option<NodeId>> = vec![None; graph.scopes.len()];
    let mut parts = Parts::default();
    let mut loose = Vec::new();
    for (node_id, node) in graph.nodes.iter() {
        match node.scope {
            Some(scope) if owner[scope.index()].is_none() => owner[scope.index()] = Some(node_id),
            _ => loose.push(node_id),
        }
    }
    let order = walk(&graph.scopes);
    let roots = graph.scopes.values().filter(|scope| scope.parent.is_none()).count() + loose.len();
    if roots > 1 {
        // One tree reads better than a forest.
        let mut card = Card::titled("model");
        card.line("", &words::count(model.totals().parameters));
        parts.items.push(Item { kind: ItemKind::Module, reference: NONE, category: Category::Other, flags: 0, card });
    }
    let mut item_of = vec![NONE; graph.scopes.len()];
    for scope in order.iter().copied() {
        item_of[scope.index()] = parts.items.len() as u32;
        let mut card = Card::titled(&graph.scopes[scope].name);
        let item = match owner[scope.index()] {
            Some(node_id) => {
                let node = &graph.nodes[node_id];
                if shown.weights {
                    card.weights(model, graph, node);
                }
                Item { kind: ItemKind::Node, reference: node_id.0, category: node.category, flags: 0, card }
            }
            None => {
                card.line("", &words::count(totals[scope.index()]));
                Item { kind: ItemKind::Module, reference: scope.0, category: Category::Other, flags: 0, card }
            }
        };
        parts.items.push(item);
    }
    let first_loose = parts.items.len();
    for node_id in loose {
        let node = &graph.nodes[node_id];
        let card = Card::of_node(model, graph, node, shown);
        parts.items.push(Item { kind: ItemKind::Node, reference: node_id.0, category: node.category, flags: 0, card });
    }
    // The walk visits parents before children and siblings in order, so targets come out in order too.
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); parts.items.len()];
    for scope in order {
        let item = item_of[scope.index()];
        match graph.scopes[scope].parent {
            Some(parent) => children[item_of[parent.index()] as usize].push(item),
            None if roots > 1 => children[0].push(item),
            None => {}
        }
    }
    if roots > 1 {
        children[0].extend(first_loose as u32..parts.items.len() as u32);
    }
    for (source, targets) in children.into_iter().enumerate().filter(|(_, targets)| !targets.is_empty()) {
        let label = String::new();
        parts.nets.push(Net { source: source as u32, value: NONE, style: NetStyle::Containment, label, targets });
    }
    parts
}

/// The scopes in depth-first order, siblings in natural order.
fn walk(scopes: &Arena<ScopeId, Scope>) -> Vec<ScopeId> {
    let mut children: Vec<Vec<ScopeId>> = vec![Vec::new(); scopes.len()];
    let mut roots = Vec::new();
    for (id, scope) in scopes.iter() {
        match scope.parent {
            Some(parent) => children[parent.index()].push(id),
            None => roots.push(id),
        }
    }
    let sort = |ids: &mut Vec<ScopeId>| ids.sort_by(|a, b| natural(&scopes[*a].name, &scopes[*b].name));
    sort(&mut roots);
    children.iter_mut().for_each(sort);
    let mut order = Vec::with_capacity(scopes.len());
    let mut stack: Vec<ScopeId> = roots.into_iter().rev().collect();
    while let Some(id) = stack.pop() {
        order.push(id);
        stack.extend(children[id.index()].iter().rev());
    }
    order
}

/// Compares numbers by their size; anything that is not a pair of numbers keeps the order of the file.
fn natural(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => Ordering::Equal,
    }
}

/// The number of parameters in each scope and below.
fn parameters(model: &Model, id: GraphId) -> Vec<u64> {
    let graph = &model.graphs[id];
    let mut totals = vec![0u64; graph.scopes.len()];
    for node in graph.nodes.values() {
        let Some(scope) = node.scope else { continue };
        let values = node.inputs.iter().flat_map(|argument| &argument.values);
        let tensors = values.filter_map(|value| graph.values[*value].tensor);
        let elements: u64 = tensors.filter_map(|tensor| model.tensors[tensor].elements()).fold(0, u64::saturating_add);
        totals[scope.index()] = totals[scope.index()].saturating_add(elements);
    }
    // Parents come before children, so one pass from the end sums whole subtrees.
    for (id, scope) in graph.scopes.iter().rev() {
        if let Some(parent) = scope.parent {
            totals[parent.index()] = totals[parent.index()].saturating_add(totals[id.index()]);
        }
    }
    totals
}
