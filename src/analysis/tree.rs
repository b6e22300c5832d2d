//! The hierarchy of a graph: groups of nodes that can be folded into one box.

use super::draft::{Draft, Part};
use super::flow::Flow;
use super::shapes::Shapes;
use super::{calls, differences, fold, place, scopes};
use crate::model::arena::id;
use crate::model::{Arena, Category, Graph, GraphId, Model, NodeId, ScopeId, Text, Wiring};
use crate::sort;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

id! {
    /// Names a [`Group`] in its [`Tree`].
    GroupId;
}

/// The groups of a graph. Every node is in exactly one of them.
#[derive(Clone, Debug, Serialize)]
pub struct Tree {
    /// The groups, parents before children. The first one is the graph as a whole.
    pub groups: Arena<GroupId, Group>,
    /// Of each node: the group that it is directly in.
    pub group_of: Vec<GroupId>,
    /// Of nodes that are alone in their levels, which are no groups then: the names of these, joined by dots.
    pub alone_in: BTreeMap<NodeId, Text>,
}

/// A level of the hierarchy.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// The last part of its path, or several, where levels with nothing else in them were joined: `self_attn`, `model.decoder`.
    pub name: Text,
    /// The class of the module that it is, where the file states it.
    pub class: Text,
    /// The level of the graph's own hierarchy that it is, where that has a class.
    pub scope: Option<ScopeId>,
    /// The group around it.
    pub parent: Option<GroupId>,
    /// Why it is a group.
    pub kind: GroupKind,
    /// What is directly in it, in the order in which it is computed; modules, which compute nothing, in the order of the file, and by number.
    pub members: Vec<Member>,
    /// The nodes in it and below.
    pub nodes: u32,
    /// The elements of the tensors that these read, each tensor counted once.
    pub parameters: u64,
    /// The size of these tensors in bytes, packed.
    pub bytes: u64,
    /// How many nodes there are of each family, most frequent first.
    pub mix: Vec<(Category, u32)>,
    /// A hash of its structure: operators and wiring, not names and sizes.
    pub shape: u64,
    /// The first group that has the same structure, unless it is this one. Their members correspond, one by one.
    pub twin: Option<GroupId>,
    /// Of a stack: what differs between its instances, in words.
    pub differences: Vec<String>,
}

/// Why some nodes are a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupKind {
    /// Names say so.
    Module,
    /// Its members are groups of the same structure, in sequence or in parallel.
    Stack,
    /// A piece of a level that has too many members.
    Part,
    /// A sequence of nodes that occurs several times in a row.
    Repeat,
}

/// What is directly in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Member {
    /// A node.
    Node(NodeId),
    /// A group.
    Group(GroupId),
}

impl Tree {
    /// The hierarchy of `graph`; one empty group if there is no such graph.
    pub fn of(model: &Model, graph: GraphId) -> Self {
        let empty = Graph::default();
        let graph = model.graphs.get(graph).unwrap_or(&empty);
        let flow = Flow::of(graph);
        let mut scopes = scopes::of(model, graph, &flow);
        if graph.wiring == Wiring::Flow {
            place::complete(model, graph, &flow, &mut scopes);
            calls::split(&flow, &mut scopes);
        }
        let mut draft = Draft::new(graph, &flow, &scopes);
        draft.tidy();
        let mut shapes = Shapes::new(model, graph, &flow);
        fold::fold(&mut draft, &mut shapes, graph);
        draft.finish(model, graph, &flow, &shapes)
    }
}

impl Tree {
    /// The group that is the graph as a whole.
    pub const ROOT: GroupId = GroupId(0);

    /// The groups around `group`, outermost first, and itself; without the root.
    pub fn path(&self, group: GroupId) -> Vec<GroupId> {
        let mut path = Vec::new();
        let mut next = Some(group);
        while let Some(group) = next.filter(|group| *group != Self::ROOT) {
            path.push(group);
            next = self.groups[group].parent;
        }
        path.reverse();
        path
    }
}
impl Draft {
    /// Numbers the levels, parents first, and counts what is in them.
    pub(super) fn finish(self, model: &Model, graph: &Graph, flow: &Flow, shapes: &Shapes) -> Tree {
        let group_of = vec![GroupId(0); graph.nodes.len()];
        let mut tree = Tree { groups: Arena::new(), group_of, alone_in: self.alone_in.clone() };
        let mut first: HashMap<u32, GroupId> = HashMap::new();
        let mut walk = vec![(0, None, 0)];
        while let Some((level, parent, place)) = walk.pop() {
            let (shape, hash) = (shapes.get(level), shapes.hash(level));
            let stack = self.levels[level].kind == GroupKind::Stack;
            let differences = if stack { differences::of(model, graph, &self, shapes, level) } else { Vec::new() };
            let level = &self.levels[level];
            let group = tree.groups.push(Group {
                name: level.title(parent.map(|parent| &*tree.groups[parent].name)),
                class: "".into(),
                scope: None,
                parent,
                kind: level.kind,
                members: Vec::with_capacity(level.members.len()),
                nodes: 0,
                parameters: 0,
                bytes: 0,
                mix: Vec::new(),
                shape: hash,
                twin: None,
                differences,
            });
            if let Some(shape) = shape {
                let twin = *first.entry(shape.class).or_insert(group);
                tree.groups[group].twin = (twin != group).then_some(twin);
            }
            if let Some(parent) = parent {
                tree.groups[parent].members[place] = Member::Group(group);
            }
            for part in &level.members {
                tree.groups[group].members.push(match *part {
                    Part::Node(node) => {
                        tree.group_of[node.index()] = group;
                        Member::Node(node)
                    }
                    // Its number takes this place when its turn comes.
                    Part::Level(_) => Member::Group(group),
                });
            }
            walk.extend(level.members.iter().enumerate().rev().filter_map(|(place, part)| match part {
                Part::Level(level) => Some((*level, Some(group), place)),
                Part::Node(_) => None,
            }));
        }
        tree.count(model, graph, flow);
        tree.classify(graph);
        tree
    }
}

impl Tree {
    /// Counts nodes and tensors of every group.
    fn count(&mut self, model: &Model, graph: &Graph, flow: &Flow) {
        let mut mixes = vec![[0u32; Category::ALL.len()]; self.groups.len()];
        for (node, content) in graph.nodes.iter() {
            mixes[self.group_of[node.index()].index()][content.category as usize] += 1;
        }
        let mut sums = self.tensors(model, flow);
        for index in (0..self.groups.len()).rev() {
            let (mix, [parameters, bytes]) = (mixes[index], sums[index]);
            let group = &mut self.groups[GroupId(index as u32)];
            group.nodes = mix.iter().sum();
            group.mix = Category::ALL.into_iter().zip(mix).filter(|(_, count)| *count > 0).collect();
            sort::sort_by_key(&mut group.mix, |(_, count)| Reverse(*count));
            group.parameters = u64::try_from(parameters).unwrap_or(u64::MAX);
            group.bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            if let Some(parent) = group.parent {
                mixes[parent.index()].iter_mut().zip(mix).for_each(|(sum, count)| *sum += count);
                sums[parent.index()][0] += parameters;
                sums[parent.index()][1] += bytes;
            }
        }
    }

    /// Of each group, elements and bytes such that the sum over a group and all below counts each tensor once: a tensor counts where it is
    /// read, and is taken off again where two groups that read it, one after the other, meet.
    fn tensors(&self, model: &Model, flow: &Flow) -> Vec<[i128; 2]> {
        let mut sums = vec![[0; 2]; self.groups.len()];
        let mut last: Vec<Option<GroupId>> = vec![None; model.tensors.len()];
        for (id, group) in self.groups.iter() {
            let nodes = group.members.iter().filter_map(|member| match member {
                Member::Node(node) => Some(*node),
                Member::Group(_) => None,
            });
            for (_, tensor) in nodes.flat_map(|node| flow.constants(node)) {
                let Some(content) = model.tensors.get(*tensor) else { continue };
                let before = last[tensor.index()].replace(id);
                if before == Some(id) {
                    continue;
                }
                let size = [content.elements().unwrap_or(0), content.bytes().unwrap_or(0)].map(i128::from);
                (0..2).for_each(|at| sums[id.index()][at] += size[at]);
                if let Some(before) = before {
                    let meet = self.common(before, id);
                    (0..2).for_each(|at| sums[meet.index()][at] -= size[at]);
                }
            }
        }
        sums
    }

    /// Gives each module the class of the innermost scope around all of its nodes.
    fn classify(&mut self, graph: &Graph) {
        if graph.scopes.values().all(|scope| scope.class.is_empty()) {
            return;
        }
        let mut depths: Vec<u32> = Vec::with_capacity(graph.scopes.len());
        for scope in graph.scopes.values() {
            depths.push(scope.parent.map_or(1, |parent| depths[parent.index()] + 1));
        }
        let depth = |scope: Option<ScopeId>| scope.map_or(0, |scope| depths[scope.index()]);
        let meet = |mut a: Option<ScopeId>, mut b: Option<ScopeId>| {
            while a != b {
                let deeper = if depth(a) >= depth(b) { &mut a } else { &mut b };
                *deeper = deeper.and_then(|scope| graph.scopes[scope].parent);
            }
            a
        };
        // Of each group: the scope of what was met in it, once something was.
        let mut around: Vec<Option<Option<ScopeId>>> = vec![None; self.groups.len()];
        let join =
            |known: &mut Option<Option<ScopeId>>, scope| *known = Some(known.map_or(scope, |known| meet(known, scope)));
        for (node, group) in graph.nodes.values().zip(&self.group_of) {
            join(&mut around[group.index()], node.scope);
        }
        for index in (0..self.groups.len()).rev() {
            let group = &mut self.groups[GroupId(index as u32)];
            let scope = around[index].flatten();
            if let Some(scope) = scope.filter(|_| group.kind == GroupKind::Module && group.parent.is_some()) {
                group.class = graph.scopes[scope].class.clone();
                group.scope = Some(scope).filter(|_| !group.class.is_empty());
            }
            if let Some(parent) = group.parent {
                join(&mut around[parent.index()], scope);
            }
        }
    }

    /// The innermost group that has both `a` and `b` in it, or is one of them.
    pub fn common(&self, mut a: GroupId, mut b: GroupId) -> GroupId {
        // Parents have smaller numbers than their children.
        while a != b {
            let deeper = if a > b { &mut a } else { &mut b };
            *deeper = self.groups[*deeper].parent.unwrap_or_default();
        }
        a
    }
}
