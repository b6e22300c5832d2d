//! What can be said about a model that no file states: its parts, and which of them repeat.
//!
//! - [`aten`]: the families of operators that programs of several formats are made of.
//! - [`cost`]: what running a model costs: work, parameters, memory.
//! - [`infer`]: shapes and types that the file does not state.
//! - [`order`]: an order in which nodes can run.
//! - [`layers`]: what the modules of a weights file are.
//! - [`synthesis`]: how the weights of known families of transformers are connected.
//! - [`tree`]: the hierarchy of a graph, the levels of which can be folded. It grows in steps, a module each:
//!   `flow` knows who reads what, `trie` holds paths, `scopes` reads them from names, `place` finds a place for nodes without one,
//!   `calls` tells calls of the same module apart, `draft` makes levels of them that are worth a box;
//!   `fold` completes these from the inside out: `shapes` tells which have the same structure, `stacks` folds numbered siblings,
//!   `repeats` finds blocks without names, `parts` splits what is too long, `differences` tells what is not the same in a stack.

pub mod aten;
mod calls;
pub mod conventions;
pub mod cost;
mod differences;
mod draft;
mod flow;
mod fold;
pub mod infer;
pub mod kv_cache;
pub mod layers;
pub mod order;
mod parts;
mod place;
pub mod quantised;
mod repeats;
mod rows;
mod scopes;
mod sets;
mod shapes;
mod stacks;
pub mod synthesis;
mod tokens;
pub mod tree;
mod trie;

pub use tree::{Group, GroupId, GroupKind, Member, Tree};
