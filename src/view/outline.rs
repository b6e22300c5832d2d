//! The hierarchy of a graph as a list, for the outline beside it.

use super::flow;
use crate::analysis::{GroupKind, Tree};
use crate::model::{Category, GraphId};
use serde::Serialize;

/// The hierarchy of a graph: one entry a group, by id, in columns.
#[derive(Clone, Debug, Serialize)]
pub struct Outline {
    /// The graph.
    pub graph: GraphId,
    /// The names; of stacks with the number of their instances.
    pub names: Vec<String>,
    /// The group around each; -1 for the root.
    pub parents: Vec<i64>,
    /// What each is.
    pub roles: Vec<GroupKind>,
    /// The nodes in each and below.
    pub nodes: Vec<u32>,
    /// The parameters in each and below.
    pub parameters: Vec<u64>,
    /// The most frequent family of operators in each.
    pub categories: Vec<Category>,
}

impl Outline {
    /// The outline of `graph`, whose hierarchy is `tree`.
    pub(super) fn new(graph: GraphId, tree: &Tree) -> Self {
        let groups = || tree.groups.values();
        Self {
            graph,
            names: tree.groups.iter().map(|(id, _)| flow::title(tree, id)).collect(),
            parents: groups().map(|group| group.parent.map_or(-1, |parent| i64::from(parent.0))).collect(),
            roles: groups().map(|group| group.kind).collect(),
            nodes: groups().map(|group| group.nodes).collect(),
            parameters: groups().map(|group| group.parameters).collect(),
            categories: groups().map(flow::leading).collect(),
        }
    }
}
