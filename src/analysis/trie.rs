//! Paths of scopes, each stored once.

use crate::model::Text;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A scope in a [`Trie`]: its position.
pub type ScopeIndex = u32;

/// The scope around all others.
pub const ROOT: ScopeIndex = 0;
/// How deep scopes nest at most; what is deeper belongs to the deepest one.
const DEPTH: u32 = 24;

/// A tree of names. Parents come before children.
#[derive(Default)]
pub struct Trie {
    parents: Vec<ScopeIndex>,
    depths: Vec<u32>,
    names: Vec<Text>,
    children: HashMap<(ScopeIndex, Text), ScopeIndex>,
    limit: usize,
}

impl Trie {
    /// Only the root, and room for the scopes of `nodes` nodes: a few for each.
    pub fn new(nodes: usize) -> Self {
        let limit = nodes.saturating_mul(4).saturating_add(64);
        Self { parents: vec![ROOT], depths: vec![0], names: vec!["".into()], children: HashMap::new(), limit }
    }

    /// The number of scopes, with the root.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The last part of the path of `scope`.
    pub fn name(&self, scope: ScopeIndex) -> &Text {
        &self.names[scope as usize]
    }

    /// The scope around `scope`; of the root, itself.
    pub fn parent(&self, scope: ScopeIndex) -> ScopeIndex {
        self.parents[scope as usize]
    }

    /// How many scopes are around `scope`.
    pub fn depth(&self, scope: ScopeIndex) -> u32 {
        self.depths[scope as usize]
    }

    /// The scope called `part` in `scope`, if there is one.
    pub fn find(&self, scope: ScopeIndex, part: &str) -> Option<ScopeIndex> {
        self.children.get(&(scope, part.into())).copied()
    }

    /// The scope called `part` in `scope`; `scope` itself where it is too deep or the trie is full.
    pub fn child(&mut self, scope: ScopeIndex, part: &str) -> ScopeIndex {
        let depth = self.depths[scope as usize];
        let full = depth >= DEPTH || self.names.len() >= self.limit;
        match self.children.entry((scope, part.into())) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(_) if full => scope,
            Entry::Vacant(place) => {
                let new = self.names.len() as ScopeIndex;
                self.names.push(place.key().1.clone());
                self.parents.push(scope);
                self.depths.push(depth + 1);
                *place.insert(new)
            }
        }
    }

    /// Adds a scope called `name` to `scope`, whether or not there is one; `scope` itself where the trie is full.
    pub fn add(&mut self, scope: ScopeIndex, name: Text) -> ScopeIndex {
        if self.names.len() >= self.limit {
            return scope;
        }
        self.names.push(name);
        self.parents.push(scope);
        self.depths.push(self.depths[scope as usize] + 1);
        self.names.len() as ScopeIndex - 1
    }

    /// `scope` and those around it, without the root, from the inside out.
    pub fn path(&self, scope: ScopeIndex) -> impl Iterator<Item = ScopeIndex> + '_ {
        std::iter::successors(Some(scope), |scope| Some(self.parent(*scope))).take_while(|scope| *scope != ROOT)
    }

    /// In the innermost scope around both `a` and `b`: the scopes that `a` and `b` are in there, none for that scope itself.
    pub fn meet(&self, mut a: ScopeIndex, mut b: ScopeIndex) -> (Option<ScopeIndex>, Option<ScopeIndex>) {
        let (mut from, mut to) = (None, None);
        while a != b {
            let (deeper, last) = if self.depth(a) >= self.depth(b) { (&mut a, &mut from) } else { (&mut b, &mut to) };
            *last = Some(*deeper);
            *deeper = self.parent(*deeper);
        }
        (from, to)
    }

    /// The innermost scope around both `a` and `b`.
    pub fn common(&self, mut a: ScopeIndex, mut b: ScopeIndex) -> ScopeIndex {
        while a != b {
            let deeper = if self.depth(a) >= self.depth(b) { &mut a } else { &mut b };
            *deeper = self.parent(*deeper);
        }
        a
    }

    /// Whether `scope` is `outer` or in it.
    pub fn within(&self, mut scope: ScopeIndex, outer: ScopeIndex) -> bool {
        while self.depth(scope) > self.depth(outer) {
            scope = self.parent(scope);
        }
        scope == outer
    }
}

/// Follows paths into a trie; what a path shares with the one before is not looked up again.
pub struct Walker<'a> {
    steps: Vec<(&'a str, ScopeIndex)>,
}

impl<'a> Walker<'a> {
    /// At the root.
    pub fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// The scope at the end of the path `parts`, made where it is new.
    pub fn walk(&mut self, trie: &mut Trie, parts: impl Iterator<Item = &'a str>) -> ScopeIndex {
        let (mut scope, mut depth) = (ROOT, 0);
        for part in parts.take(DEPTH as usize) {
            match self.steps.get(depth) {
                Some((known, next)) if *known == part => scope = *next,
                _ => {
                    self.steps.truncate(depth);
                    scope = trie.child(scope, part);
                    self.steps.push((part, scope));
                }
            }
            depth += 1;
        }
        scope
    }
}
