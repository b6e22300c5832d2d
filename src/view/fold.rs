//! Which groups of a graph are open.

use crate::analysis::{GroupId, GroupKind, Member, Tree};
use crate::model::NodeId;
use serde::Deserialize;

/// How deep a graph is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Flat when it is small or has no groups; otherwise as many groups open as fit a screen.
    #[default]
    Auto,
    /// All nodes, no groups.
    Flat,
    /// Groups, of which some are open.
    Groups,
}

/// A step that the reader takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Step {
    /// Opens a closed group, closes an open one.
    Toggle {
        /// The group.
        group: GroupId,
    },
    /// Opens what is closed, one level.
    Deeper,
    /// Closes the deepest level that is open.
    Shallower,
    /// Opens everything.
    All,
    /// Closes everything.
    None,
    /// Opens what hides a node.
    Reveal {
        /// The node.
        node: NodeId,
    },
    /// Opens what hides a group.
    Show {
        /// The group.
        group: GroupId,
    },
}

/// Up to this many nodes a graph is shown flat.
const SMALL: u32 = 400;
/// A large graph opens with about this many items.
const SCREEN: usize = 64;

/// The groups that are open, in order. The root is always open, and a group counts only if all around it are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Open(Vec<bool>);

impl Open {
    /// Only the root.
    pub fn closed(tree: &Tree) -> Self {
        let mut open = vec![false; tree.groups.len()];
        if let Some(root) = open.first_mut() {
            *root = true;
        }
        Self(open)
    }

    /// Everything.
    pub fn all(tree: &Tree) -> Self {
        Self(vec![true; tree.groups.len()])
    }

    /// The root and those of `groups` that exist.
    pub fn of(tree: &Tree, groups: &[GroupId]) -> Self {
        let mut open = Self::closed(tree);
        for group in groups {
            open.set(*group, true);
        }
        open
    }

    /// As much as fits a screen: whole levels are opened as long as they are few items and `fits` says so. Stacks stay folded, since their
    /// instances are alike.
    pub fn fitting(tree: &Tree, mut fits: impl FnMut(&Self) -> bool) -> Self {
        let mut open = Self::closed(tree);
        let mut level = vec![Tree::ROOT];
        let mut items = tree.groups[Tree::ROOT].members.len();
        loop {
            let members = level.iter().flat_map(|group| &tree.groups[*group].members);
            let groups = members.filter_map(|member| match member {
                Member::Group(group) if tree.groups[*group].kind != GroupKind::Stack => Some(*group),
                _ => None,
            });
            level = groups.collect();
            items += level.iter().map(|group| tree.groups[*group].members.len()).sum::<usize>();
            if level.is_empty() || items > SCREEN {
                return open;
            }
            let mut deeper = open.clone();
            level.iter().for_each(|group| deeper.set(*group, true));
            if !fits(&deeper) {
                return open;
            }
            open = deeper;
        }
    }

    /// Whether `group` is open itself.
    pub fn has(&self, group: GroupId) -> bool {
        self.0.get(group.index()).copied().unwrap_or(false)
    }

    /// Of each node: the outermost closed group around it, which hides it.
    pub fn hiders(&self, tree: &Tree) -> Vec<Option<GroupId>> {
        let mut hider = vec![None; tree.groups.len()];
        for (id, group) in tree.groups.iter() {
            let around = group.parent.and_then(|parent| hider[parent.index()]);
            hider[id.index()] = around.or((!self.has(id)).then_some(id));
        }
        tree.group_of.iter().map(|group| hider[group.index()]).collect()
    }

    fn set(&mut self, group: GroupId, to: bool) {
        if let Some(open) = self.0.get_mut(group.index()) {
            *open = to || group == Tree::ROOT;
        }
    }

    /// The open groups that are in view, in order.
    pub fn visible(&self, tree: &Tree) -> Vec<GroupId> {
        let mut seen = vec![false; tree.groups.len()];
        for (id, group) in tree.groups.iter() {
            seen[id.index()] = self.has(id) && group.parent.is_none_or(|parent| seen[parent.index()]);
        }
        tree.groups.iter().map(|(id, _)| id).filter(|id| seen[id.index()]).collect()
    }

    /// What is open after `step`.
    #[must_use]
    pub fn after(mut self, tree: &Tree, step: Step) -> Self {
        match step {
            Step::Toggle { group } => {
                let to = !self.has(group);
                self.set(group, to);
            }
            Step::All => return Self::all(tree),
            Step::None => return Self::closed(tree),
            Step::Deeper => {
                let visible = self.visible(tree);
                for child in visible.iter().flat_map(|group| &tree.groups[*group].members) {
                    if let Member::Group(child) = child {
                        self.set(*child, true);
                    }
                }
            }
            Step::Shallower => {
                let visible = self.visible(tree);
                let mut depth = vec![0_u32; tree.groups.len()];
                for group in &visible {
                    if let Some(parent) = tree.groups[*group].parent {
                        depth[group.index()] = depth[parent.index()] + 1;
                    }
                }
                let deepest = depth.iter().copied().max();
                visible
                    .iter()
                    .filter(|group| Some(depth[group.index()]) == deepest)
                    .for_each(|group| self.set(*group, false));
            }
            Step::Reveal { node } => {
                if let Some(group) = tree.group_of.get(node.index()) {
                    self.open_up(tree, Some(*group));
                }
            }
            Step::Show { group } => {
                let around = tree.groups.get(group).and_then(|group| group.parent);
                self.open_up(tree, around);
            }
        }
        self
    }

    /// Opens `group` and all around it.
    fn open_up(&mut self, tree: &Tree, group: Option<GroupId>) {
        let mut next = group;
        while let Some(group) = next {
            self.set(group, true);
            next = tree.groups[group].parent;
        }
    }
}

/// Whether a graph of that tree is shown flat unless the reader wishes otherwise.
pub fn is_small(tree: &Tree) -> bool {
    tree.groups.len() <= 1 || tree.groups[Tree::ROOT].nodes <= SMALL
}
