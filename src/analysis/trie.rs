//! Paths of scopes, each stored once.

use super::tokens::mix_text;
use crate::model::Text;
use std::collections::HashMap;

/// A scope in a [`Trie`]: its position.
pub type ScopeIndex = u32;

/// The scope around all others.
pub const ROOT: ScopeIndex = 0;
/// How deep scopes nest at most; what is deeper belongs to the deepest one.
const DEPTH: u32 = 24;

/// A tree of names. Parents come before children.
pub struct Trie {
    parents: Vec<ScopeIndex>,
    depths: Vec<u32>,
    names: Vec<Text>,
    /// By a hash of the scope around it and the name, or the next number that was free.
    children: HashMap<u64, ScopeIndex>,
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
        self.look_up(scope, part).ok()
    }

    /// The scope called `part` in `scope`, or the key under which it would be.
    fn look_up(&self, scope: ScopeIndex, part: &str) -> Result<ScopeIndex, u64> {
        let mut key = mix_text(u64::from(scope), part);
        while let Some(child) = self.children.get(&key).copied() {
            if self.parent(child) == scope && **self.name(child) == *part {
                return Ok(child);
            }
            key = key.wrapping_add(1);
        }
        Err(key)
    }

    /// The scope called `part` in `scope`; `scope` itself where it is too deep or the trie is full.
    pub fn child(&mut self, scope: ScopeIndex, part: &str) -> ScopeIndex {
        match self.look_up(scope, part) {
            Ok(known) => known,
            Err(_) if self.depth(scope) >= DEPTH => scope,
            Err(key) => {
                let new = self.add(scope, part.into());
                if new != scope {
                    self.children.insert(key, new);
                }
                new
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

/// The parts of `path`.
pub fn parts(path: &str, separator: char) -> impl Iterator<Item = &str> {
    path.split(separator).filter(|part| !part.is_empty())
}

/// Follows paths into a trie; what a path shares with the one before is not looked up again.
pub struct Walker<'a> {
    /// What stands between the parts of a path.
    pub separator: char,
    last: Option<(&'a str, ScopeIndex)>,
    steps: Vec<(&'a str, ScopeIndex)>,
}

impl<'a> Walker<'a> {
    /// At the root.
    pub fn new(separator: char) -> Self {
        Self { separator, last: None, steps: Vec::new() }
    }

    /// The scope at the end of `path`, made where it is new.
    pub fn walk(&mut self, trie: &mut Trie, path: &'a str) -> ScopeIndex {
        if let Some((_, scope)) = self.last.filter(|(last, _)| *last == path) {
            return scope;
        }
        let mut scope = ROOT;
        for (depth, part) in parts(path, self.separator).take(DEPTH as usize).enumerate() {
            match self.steps.get(depth) {
                Some((known, next)) if *known == part => scope = *next,
                _ => {
                    self.steps.truncate(depth);
                    scope = trie.child(scope, part);
                    self.steps.push((part, scope));
                }
            }
        }
        self.last = Some((path, scope));
        scope
    }
}
