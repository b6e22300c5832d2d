//! The hierarchy while it changes shape.

use super::flow::Flow;
use super::scopes::{Scopes, name};
use super::tree::GroupKind;
use crate::model::{Graph, NodeId, Text};
use std::collections::BTreeMap;

/// Something in a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A node.
    Node(NodeId),
    /// A level, by its position in [`Draft::levels`].
    Level(usize),
}

/// A group to be.
pub struct Level {
    /// The parts of its path that are its own, joined by dots.
    pub name: Text,
    /// Why it is a group.
    pub kind: GroupKind,
    /// What is in it, in order.
    pub members: Vec<Part>,
}

impl Level {
    /// What it is called in a group called `parent`: a number alone says too little.
    pub fn title(&self, parent: Option<&str>) -> Text {
        let numbers = |name: &str| !name.is_empty() && name.chars().all(|char| char.is_ascii_digit() || char == '–');
        let Some(parent) = parent.filter(|_| numbers(&self.name)) else { return self.name.clone() };
        let mut outer = parent.rsplit('.').skip_while(|part| part.contains('–') && numbers(part));
        match outer.next() {
            Some(outer) if !outer.is_empty() => format!("{outer}.{}", self.name).into(),
            _ => self.name.clone(),
        }
    }
}

/// Levels, of which the first is the root.
pub struct Draft {
    /// All levels, also those that are not reached from the root any more; a level comes after the one around it.
    pub levels: Vec<Level>,
    /// Of nodes that took the place of their levels: the names of these, joined by dots.
    pub alone_in: BTreeMap<NodeId, Text>,
}

impl Draft {
    /// The levels that `scopes` spell, their members in the order of the first node in them.
    pub fn new(graph: &Graph, flow: &Flow, scopes: &Scopes) -> Self {
        let level = |name: &Text| Level { name: name.clone(), kind: GroupKind::Module, members: Vec::new() };
        let mut levels: Vec<Level> =
            (0..scopes.trie.len()).map(|scope| level(scopes.trie.name(scope as u32))).collect();
        let mut met = vec![false; levels.len()];
        met[0] = true;
        levels[0].name = graph.name.clone();
        for node in flow.order.iter().copied() {
            let mut scope = scopes.place(node);
            levels[scope as usize].members.push(Part::Node(node));
            while !std::mem::replace(&mut met[scope as usize], true) {
                let parent = scopes.trie.parent(scope);
                levels[parent as usize].members.push(Part::Level(scope as usize));
                scope = parent;
            }
        }
        Self { levels, alone_in: BTreeMap::new() }
    }

    /// What `part` is called where only its last words fit.
    pub fn short_name(&self, graph: &Graph, part: Part) -> String {
        match part {
            Part::Level(level) => self.levels[level].name.to_string(),
            Part::Node(node) => {
                let node = &graph.nodes[node];
                let name = name(graph, node);
                let last = name.rsplit('/').next().unwrap_or(name);
                if last.is_empty() { node.operator.to_string() } else { last.to_owned() }
            }
        }
    }

    /// Removes levels that hold one thing only: a node takes the place of its level, and a level within a level takes on its name too.
    pub fn tidy(&mut self) {
        for index in (0..self.levels.len()).rev() {
            let mut members = std::mem::take(&mut self.levels[index].members);
            for member in &mut members {
                while let Part::Level(inner) = *member
                    && let [only] = *self.levels[inner].members
                {
                    *member = only;
                    let outer = &self.levels[inner].name;
                    match only {
                        Part::Level(next) => self.levels[next].name = joined(outer, &self.levels[next].name),
                        Part::Node(node) => {
                            let within = self.alone_in.entry(node).or_default();
                            *within = if within.is_empty() { outer.clone() } else { joined(outer, within) };
                        }
                    }
                }
            }
            self.levels[index].members = members;
        }
        while let [Part::Level(only)] = *self.levels[0].members {
            self.levels[0].name = self.levels[only].name.clone();
            self.levels[0].members = std::mem::take(&mut self.levels[only].members);
        }
    }
}

fn joined(outer: &Text, inner: &Text) -> Text {
    if outer.is_empty() { inner.clone() } else { format!("{outer}.{inner}").into() }
}
