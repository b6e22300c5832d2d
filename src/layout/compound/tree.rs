//! Which box contains which.

use crate::layout::graph::{Csr, NONE};

/// The level of the boxes that no container contains.
pub(super) const ROOT: u32 = 0;

/// The containers. Each has a *level*, its inside; levels are numbered in file order of their containers, after
/// [`ROOT`], so that the inner have higher numbers than the outer.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Of each box, the level that it is a member of.
    pub level: Vec<u32>,
    /// Of each box, the level inside it, or `NONE`.
    pub inside: Vec<u32>,
    /// Of each level, the container, or `NONE`.
    pub owner: Vec<u32>,
    /// Of each level, its members in file order.
    pub members: Csr,
    /// Of each box, its index among the members of its level.
    pub index: Vec<u32>,
    /// Of each box, its number in a preorder.
    enter: Vec<u32>,
    /// Of each box, how many boxes it contains, with itself.
    size: Vec<u32>,
}

impl Tree {
    /// The tree of `count` boxes with `parents`; a parent that does not come before its member counts as none.
    pub fn new(count: usize, parents: &[u32]) -> Self {
        let parent = |node: usize| parents.get(node).copied().filter(|&parent| (parent as usize) < node);
        let mut tree = Self { inside: vec![NONE; count], owner: vec![NONE], ..Self::default() };
        for node in (0..count).filter_map(parent) {
            tree.inside[node as usize] = ROOT;
        }
        for node in 0..count {
            if tree.inside[node] != NONE {
                tree.inside[node] = tree.owner.len() as u32;
                tree.owner.push(node as u32);
            }
        }
        tree.level = (0..count).map(|node| parent(node).map_or(ROOT, |parent| tree.inside[parent as usize])).collect();
        tree.members = Csr::group(tree.owner.len(), tree.level.iter().zip(0..).map(|(&level, node)| (level, node)));
        tree.index = vec![0; count];
        for level in 0..tree.owner.len() as u32 {
            for (at, &node) in tree.members.row(level).iter().enumerate() {
                tree.index[node as usize] = at as u32;
            }
        }
        tree.size = vec![1; count];
        for node in (0..count).rev() {
            if let Some(parent) = parent(node) {
                tree.size[parent as usize] += tree.size[node];
            }
        }
        let mut next = vec![0; tree.owner.len()];
        for node in 0..count {
            let cursor = &mut next[tree.level[node] as usize];
            tree.enter.push(*cursor);
            *cursor += tree.size[node];
            if tree.inside[node] != NONE {
                next[tree.inside[node] as usize] = tree.enter[node] + 1;
            }
        }
        tree
    }

    /// How many levels there are.
    pub fn levels(&self) -> u32 {
        self.owner.len() as u32
    }

    /// Whether `node` is somewhere within `level`.
    pub fn holds(&self, level: u32, node: u32) -> bool {
        let owner = self.owner[level as usize];
        level == ROOT || (owner != node && self.covers(owner, node))
    }

    /// Whether `node` is `container` or within it.
    fn covers(&self, container: u32, node: u32) -> bool {
        let (from, at) = (self.enter[container as usize], self.enter[node as usize]);
        from <= at && at - from < self.size[container as usize]
    }
}
