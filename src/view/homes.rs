//! Where the inputs and outputs of a graph stand: those that only one layer of many has to do with, in that layer.

use crate::analysis::{GroupId, GroupKind, Tree};
use crate::model::NodeId;

/// For the inputs and outputs of a graph, the groups that they belong to.
#[derive(Debug)]
pub(super) struct Homes<'a> {
    tree: &'a Tree,
    /// Of each node, the closed group that hides it.
    hidden_by: &'a [Option<GroupId>],
    /// Of each group, how many are around it.
    depth: Vec<u32>,
    /// Of each group, whether it is an instance of a stack, or in one.
    repeated: Vec<bool>,
    /// Of each group, whether it hides nodes.
    closed: Vec<bool>,
}

impl<'a> Homes<'a> {
    /// Looks at the groups of `tree`, some of which hide nodes.
    pub fn new(tree: &'a Tree, hidden_by: &'a [Option<GroupId>]) -> Self {
        let (mut depth, mut repeated) = (vec![0; tree.groups.len()], vec![false; tree.groups.len()]);
        for (id, group) in tree.groups.iter() {
            if let Some(parent) = group.parent {
                depth[id.index()] = depth[parent.index()] + 1;
                repeated[id.index()] = repeated[parent.index()] || tree.groups[parent].kind == GroupKind::Stack;
            }
        }
        let mut closed = vec![false; tree.groups.len()];
        hidden_by.iter().flatten().for_each(|group| closed[group.index()] = true);
        Self { tree, hidden_by, depth, repeated, closed }
    }

    /// The innermost open group around all of `nodes`, if these are in one instance of a stack: elsewhere, what comes in and goes out stands at
    /// the ends of the graph.
    pub fn around(&self, nodes: impl IntoIterator<Item = NodeId>) -> Option<GroupId> {
        // Of each node: the innermost group around it that is in view, open or closed.
        let mut seen =
            nodes.into_iter().map(|node| self.hidden_by[node.index()].unwrap_or(self.tree.group_of[node.index()]));
        let first = seen.next()?;
        let common = seen.fold(first, |a, b| self.common(a, b));
        let closed = self.closed[common.index()];
        let home = if closed { self.tree.groups[common].parent? } else { common };
        self.repeated[common.index()].then_some(home)
    }

    fn common(&self, mut a: GroupId, mut b: GroupId) -> GroupId {
        while a != b {
            let deeper = if self.depth[a.index()] >= self.depth[b.index()] { &mut a } else { &mut b };
            *deeper = self.tree.groups[*deeper].parent.unwrap_or(Tree::ROOT);
        }
        a
    }
}
