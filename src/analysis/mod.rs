//! What can be said about a model that no file states: its parts, and which of them repeat.
//!
//! - [`tree`]: the hierarchy of a graph, the levels of which can be folded. It grows in steps, a module each:
//!   `trie` holds paths, `scopes` reads them from names, `place` finds a place for nodes without one,
//!   `draft` makes levels of them that are worth a box.

mod draft;
mod place;
mod scopes;
pub mod tree;
mod trie;

pub use tree::{Group, GroupId, GroupKind, Member, Tree};
