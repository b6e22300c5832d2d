//! Tells calls of the same module apart.
//!
//! A module that is called several times (a shared activation, a layer with shared weights) has one name, and its nodes lie in different
//! places of the graph. As one group it would stand before and after the same nodes. It becomes a group for each call.

use super::flow::Flow;
use super::scopes::Scopes;
use super::sets::Sets;

use super::trie::{ROOT, ScopeIndex, Trie};
use crate::model::NodeId;
use std::collections::HashMap;

/// Splits the scopes that a path leaves and comes back to into the pieces that hang together.
pub fn split(flow: &Flow, scopes: &mut Scopes) {
    if scopes.trie.len() == 1 {
        return;
    }
    let looped = looped(flow, scopes);
    if !looped.contains(&true) {
        return;
    }
    let mut inside: Vec<Vec<NodeId>> = vec![Vec::new(); scopes.trie.len()];
    for node in flow.order.iter().copied() {
        for scope in scopes.trie.path(scopes.place(node)).filter(|scope| looped[*scope as usize]) {
            inside[scope as usize].push(node);
        }
    }
    let mut joints = Joints { sets: Sets::new(flow.order.len()), scope: vec![ROOT; flow.order.len()] };
    let mut calls: HashMap<(ScopeIndex, NodeId), u32> = HashMap::new();
    for (scope, nodes) in inside.iter().enumerate().filter(|(_, nodes)| !nodes.is_empty()) {
        let scope = scope as ScopeIndex;
        let pieces = joints.pieces(flow, scope, nodes);
        calls.extend(nodes.iter().zip(pieces).map(|(node, piece)| ((scope, *node), piece)));
    }
    rebuild(flow, scopes, &calls);
}

/// Gives each call a scope of its own.
fn rebuild(flow: &Flow, scopes: &mut Scopes, calls: &HashMap<(ScopeIndex, NodeId), u32>) {
    let old = std::mem::replace(&mut scopes.trie, Trie::new(flow.order.len()));
    let mut known: HashMap<(ScopeIndex, ScopeIndex, u32), ScopeIndex> = HashMap::new();
    for node in flow.order.iter().copied() {
        let mut path: Vec<ScopeIndex> = old.path(scopes.place(node)).collect();
        path.reverse();
        let place = path.into_iter().fold(ROOT, |place, scope| {
            let call = calls.get(&(scope, node)).copied().unwrap_or(0);
            *known.entry((place, scope, call)).or_insert_with(|| scopes.trie.add(place, old.name(scope).clone()))
        });
        scopes.of[node.index()] = Some(place);
    }
}

/// Which nodes hang together in the scope that is looked at.
struct Joints {
    sets: Sets,
    /// The scope that each node was last met in.
    scope: Vec<ScopeIndex>,
}

impl Joints {
    /// Which piece of `scope` each of its `nodes` is in: pieces are not wired to each other within it. Small ones that are not calls of
    /// their own count to the one before them.
    fn pieces(&mut self, flow: &Flow, scope: ScopeIndex, nodes: &[NodeId]) -> Vec<u32> {
        for node in nodes {
            self.sets.reset(node.0);
            self.scope[node.index()] = scope;
        }
        for node in nodes {
            for producer in flow.before(*node) {
                if self.scope[producer.index()] == scope {
                    self.sets.join(producer.0, node.0);
                }
            }
        }
        let mut numbers: HashMap<u32, usize> = HashMap::new();
        let mut sizes: Vec<u32> = Vec::new();
        let pieces: Vec<usize> = nodes
            .iter()
            .map(|node| {
                let piece = *numbers.entry(self.sets.of(node.0)).or_insert(sizes.len());
                if piece == sizes.len() {
                    sizes.push(0);
                }
                sizes[piece] += 1;
                piece
            })
            .collect();
        let largest = sizes.iter().copied().max().unwrap_or(0);
        let mut call = 0;
        let mut met = false;
        let calls: Vec<u32> = sizes
            .into_iter()
            .map(|size| {
                if size * 4 >= largest {
                    call += u32::from(met);
                    met = true;
                }
                call
            })
            .collect();
        pieces.into_iter().map(|piece| calls[piece]).collect()
    }
}

/// Of each scope, whether a path leaves it and comes back without leaving the scope around it.
fn looped(flow: &Flow, scopes: &Scopes) -> Vec<bool> {
    let count = flow.order.len();
    // The members of scopes are nodes and, after these, scopes. An edge is one between members of the innermost scope around both ends.
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for node in flow.order.iter().copied() {
        for producer in flow.before(node).filter(|producer| *producer != node) {
            let (a, b) = scopes.trie.meet(scopes.place(producer), scopes.place(node));
            let member = |scope: Option<ScopeIndex>, node: NodeId| scope.map_or(node.0, |scope| count as u32 + scope);
            edges.push((member(a, producer), member(b, node)));
        }
    }
    let size = count + scopes.trie.len();
    let mut starts = vec![0u32; size + 1];
    edges.iter().for_each(|(from, _)| starts[*from as usize + 1] += 1);
    (0..size).for_each(|at| starts[at + 1] += starts[at]);
    let (mut next, mut targets) = (starts.clone(), vec![0; edges.len()]);
    for (from, to) in edges {
        targets[next[from as usize] as usize] = to;
        next[from as usize] += 1;
    }
    cycles(&starts, &targets).split_off(count)
}

/// Of each vertex, whether it is on a cycle; its targets start in `targets` where `starts` says: Tarjan's strongly connected components (1972), without recursion.
fn cycles(starts: &[u32], targets: &[u32]) -> Vec<bool> {
    const DONE: u32 = u32::MAX;
    let size = starts.len() - 1;
    let (mut number, mut low, mut on_cycle) = (vec![0u32; size], vec![0u32; size], vec![false; size]);
    let (mut next, mut component, mut path) = (1, Vec::new(), Vec::new());
    for root in 0..size {
        if number[root] != 0 {
            continue;
        }
        path.push((root, starts[root]));
        (number[root], low[root]) = (next, next);
        next += 1;
        component.push(root);
        while let Some((vertex, edge)) = path.last_mut() {
            let vertex = *vertex;
            if *edge < starts[vertex + 1] {
                let to = targets[*edge as usize] as usize;
                *edge += 1;
                if number[to] == 0 {
                    (number[to], low[to]) = (next, next);
                    next += 1;
                    component.push(to);
                    path.push((to, starts[to]));
                } else if number[to] != DONE {
                    low[vertex] = low[vertex].min(number[to]);
                }
                continue;
            }
            path.pop();
            if let Some((above, _)) = path.last() {
                low[*above] = low[*above].min(low[vertex]);
            }
            if low[vertex] == number[vertex] {
                let alone = component.last() == Some(&vertex);
                while let Some(member) = component.pop() {
                    number[member] = DONE;
                    on_cycle[member] = !alone;
                    if member == vertex {
                        break;
                    }
                }
            }
        }
    }
    on_cycle
}
