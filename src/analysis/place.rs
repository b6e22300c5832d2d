//! Finds a scope for nodes whose names do not tell one, from those around them.

use super::flow::Flow;
use super::scopes::{Scopes, is_weight};
use super::trie::{ROOT, ScopeIndex};
use crate::model::{Category, Graph, Model, NodeId};

/// Gives every node a scope. What depends on no weights (shapes, positions, masks) goes with those that read it; other nodes go
/// with what they read.
pub fn complete(model: &Model, graph: &Graph, flow: &Flow, scopes: &mut Scopes) {
    if scopes.trie.len() == 1 {
        return;
    }
    let stated = scopes.of.clone();
    let lists = lists(scopes);
    let mut places = Places { flow, scopes, stated, lists, light: light(model, graph, flow) };
    for node in flow.order.iter().copied() {
        if places.stated[node.index()].is_none() && !places.light[node.index()] {
            let moves = matches!(graph.nodes[node].category, Category::Shape | Category::Data);
            let with_readers = if moves { places.agreed(node) } else { None };
            places.scopes.of[node.index()] = with_readers.or_else(|| places.after(node));
        }
    }
    for node in flow.order.iter().rev().copied() {
        if places.scopes.of[node.index()].is_none() {
            places.scopes.of[node.index()] = Some(places.before(node).unwrap_or(ROOT));
        }
    }
    places.lift();
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

/// Of each scope, whether it is a mere list: numbered scopes are in it, and no node.
fn lists(scopes: &Scopes) -> Vec<bool> {
    let mut lists = vec![false; scopes.trie.len()];
    let mut others = vec![false; scopes.trie.len()];
    for scope in 1..scopes.trie.len() as ScopeIndex {
        let numbered = scopes.trie.name(scope).bytes().all(|byte| byte.is_ascii_digit());
        let kind = if numbered { &mut lists } else { &mut others };
        kind[scopes.trie.parent(scope) as usize] = true;
    }
    scopes.of.iter().flatten().for_each(|scope| others[*scope as usize] = true);
    lists.into_iter().zip(others).map(|(list, other)| list && !other).collect()
}

/// Places of nodes while they are found.
struct Places<'a> {
    flow: &'a Flow,
    scopes: &'a mut Scopes,
    /// Of each node: the scope that its name states.
    stated: Vec<Option<ScopeIndex>>,
    /// Of each scope: whether it is a mere list.
    lists: Vec<bool>,
    /// Of each node: whether it depends on no weights.
    light: Vec<bool>,
}

impl Places<'_> {
    /// The innermost scope around `a` and `b` in which nodes can be.
    fn common(&self, a: ScopeIndex, b: ScopeIndex) -> ScopeIndex {
        self.home(self.scopes.trie.common(a, b))
    }

    /// `scope`, or the one around it while that is a mere list.
    fn home(&self, mut scope: ScopeIndex) -> ScopeIndex {
        while self.lists[scope as usize] && scope != ROOT {
            scope = self.scopes.trie.parent(scope);
        }
        scope
    }

    /// The scope that all readers of `node` state, if it is the same.
    fn agreed(&self, node: NodeId) -> Option<ScopeIndex> {
        let mut readers = self.flow.after(node).map(|reader| self.stated[reader.index()]);
        let first = readers.next()??;
        readers.all(|scope| scope == Some(first)).then_some(first)
    }

    /// A scope for `node` after what it reads: that of the last producer, widened to that of each other one that nobody else reads. What
    /// others read too comes from elsewhere, as a skip or a mask does; what depends on no weights does not count at all.
    fn after(&self, node: NodeId) -> Option<ScopeIndex> {
        let Self { flow, scopes, stated, light, .. } = self;
        let producers = flow.reads(node).iter().filter_map(|value| {
            let producer = flow.producer[value.index()].filter(|producer| !light[producer.index()])?;
            Some((*value, producer, scopes.of[producer.index()]?))
        });
        let (_, last, scope) = producers.clone().max_by_key(|(_, producer, _)| flow.rank[producer.index()])?;
        // The layer that owns weights holds what reads them, and nothing else.
        let layer = scopes.by_weights && stated[last.index()].is_some();
        let scope = self.home(if layer { scopes.trie.parent(scope) } else { scope });
        let own = producers.filter(|(value, ..)| flow.uses[value.index()] == 1);
        let scope = own.fold(scope, |scope, (_, _, from)| self.common(scope, from));
        // What only nodes further out read belongs out there.
        let readers = flow.after(node).filter_map(|reader| stated[reader.index()]);
        let outer = readers.reduce(|a, b| self.common(a, b));
        outer.filter(|outer| scopes.trie.within(scope, *outer)).or(Some(scope))
    }

    /// A scope for `node` before those that read it: the innermost one around all of them.
    fn before(&self, node: NodeId) -> Option<ScopeIndex> {
        let readers = self.flow.after(node).filter_map(|reader| self.scopes.of[reader.index()]);
        readers.reduce(|a, b| self.common(a, b))
    }

    /// Moves what one block computes for its siblings too, and what depends on no weights, out to the scope around them: exporters share
    /// shapes and masks by leaving them where they were needed first.
    fn lift(&mut self) {
        let original = self.scopes.of.clone();
        for node in self.flow.order.iter().rev().copied().filter(|node| self.light[node.index()]) {
            let Some(scope) = self.scopes.of[node.index()] else { continue };
            let Some(common) = self.before(node) else { continue };
            let trie = &self.scopes.trie;
            let Some(block) = trie.path(scope).find(|block| trie.parent(*block) == common) else { continue };
            let mut readers = self.flow.after(node).filter_map(|reader| original[reader.index()]);
            if readers.any(|reader| trie.within(reader, block)) {
                self.scopes.of[node.index()] = Some(common);
            }
        }
    }
}
