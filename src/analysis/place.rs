//! Finds a scope for nodes whose names do not tell one, from those around them.

use super::flow::Flow;
use super::scopes::{Scopes, is_weight};
use super::trie::{ROOT, ScopeIndex};
use crate::model::{Category, Graph, Model, NodeId};

/// How many readers of a value are looked at to see whether it is at home in a scope.
const LOOKED_AT: usize = 16;

/// Gives every node a scope. What depends on no weights (shapes, positions, masks) goes with those that read it; other nodes go
/// with what they read.
pub fn complete(model: &Model, graph: &Graph, flow: &Flow, scopes: &mut Scopes) {
    if scopes.trie.len() == 1 {
        return;
    }
    let light = light(model, graph, flow);
    let stated = scopes.of.clone();
    for node in flow.order.iter().copied() {
        let moves = matches!(graph.nodes[node].category, Category::Shape | Category::Data);
        if stated[node.index()].is_none() && !light[node.index()] {
            let with_readers = if moves { agreed(flow, &stated, node) } else { None };
            scopes.of[node.index()] = with_readers.or_else(|| after(flow, scopes, &stated, node));
        }
    }
    for node in flow.order.iter().rev().copied() {
        if scopes.of[node.index()].is_none() {
            scopes.of[node.index()] = Some(before(flow, scopes, node).unwrap_or(ROOT));
        }
    }
    lift(flow, scopes, &light);
}

/// Of each node, whether nothing that it computes depends on a weight.
fn light(model: &Model, graph: &Graph, flow: &Flow) -> Vec<bool> {
    let mut light = vec![false; graph.nodes.len()];
    for node in flow.order.iter().copied() {
        let sees_shape_only = matches!(&*graph.nodes[node].operator, "Shape" | "Size");
        light[node.index()] = sees_shape_only
            || flow.before(node).all(|producer| light[producer.index()])
                && !flow.constants(node).iter().any(|(_, tensor)| model.tensors.get(*tensor).is_some_and(is_weight));
    }
    light
}

/// The scope that all readers of `node` state, if it is the same.
fn agreed(flow: &Flow, stated: &[Option<ScopeIndex>], node: NodeId) -> Option<ScopeIndex> {
    let mut readers = flow.after(node).map(|reader| stated[reader.index()]);
    let first = readers.next()??;
    readers.all(|scope| scope == Some(first)).then_some(first)
}

/// A scope for `node` after what it reads: that of the last producer, widened until the other values are at home in it too.
fn after(flow: &Flow, scopes: &Scopes, stated: &[Option<ScopeIndex>], node: NodeId) -> Option<ScopeIndex> {
    let trie = &scopes.trie;
    let place = |producer: NodeId| Some((producer, scopes.of[producer.index()]?));
    let (last, mut scope) =
        flow.before(node).filter_map(place).max_by_key(|(producer, _)| flow.rank[producer.index()])?;
    if scopes.by_weights && stated[last.index()].is_some() {
        // The layer that owns weights holds what reads them, and nothing else.
        scope = trie.parent(scope);
    }
    for value in flow.reads(node) {
        let Some(from) = flow.producer[value.index()].and_then(|producer| scopes.of[producer.index()]) else {
            continue;
        };
        let readers = flow.readers(*value).iter().take(LOOKED_AT);
        let mut readers = readers.filter(|reader| flow.rank[reader.index()] < flow.rank[node.index()]);
        let at_home = readers.any(|reader| scopes.of[reader.index()].is_some_and(|of| trie.within(of, scope)));
        if !at_home {
            scope = trie.common(scope, from);
        }
    }
    // What only nodes further out read belongs out there.
    let mut outer = flow.after(node).filter_map(|reader| stated[reader.index()]);
    let first = outer.next();
    match first.map(|first| outer.fold(first, |a, b| trie.common(a, b))) {
        Some(outer) if trie.within(scope, outer) => Some(outer),
        _ => Some(scope),
    }
}

/// A scope for `node` before those that read it: the innermost one around all of them.
fn before(flow: &Flow, scopes: &Scopes, node: NodeId) -> Option<ScopeIndex> {
    let readers = flow.after(node).filter_map(|reader| scopes.of[reader.index()]);
    readers.reduce(|a, b| scopes.trie.common(a, b))
}

/// Moves what one block computes for its siblings too, and what depends on no weights, out to the scope around them: exporters share
/// shapes and masks by leaving them where they were needed first.
fn lift(flow: &Flow, scopes: &mut Scopes, light: &[bool]) {
    let original = scopes.of.clone();
    for node in flow.order.iter().rev().copied().filter(|node| light[node.index()]) {
        let Some(scope) = scopes.of[node.index()] else { continue };
        let Some(common) = before(flow, scopes, node) else { continue };
        let trie = &scopes.trie;
        if common == scope || !trie.within(scope, common) {
            continue;
        }
        let mut block = scope;
        while trie.parent(block) != common {
            block = trie.parent(block);
        }
        let mut readers = flow.after(node).filter_map(|reader| original[reader.index()]);
        if readers.any(|reader| trie.within(reader, block)) {
            scopes.of[node.index()] = Some(common);
        }
    }
}
