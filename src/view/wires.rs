//! What all drawings of a graph have in common, found once.

use super::spine::Spine;
use super::stock::Stock;
use crate::model::{Graph, Links, ValueId};
use std::cell::{OnceCell, RefCell};

/// The wiring of one graph, and what is written on it.
#[derive(Debug)]
pub(super) struct Wires {
    /// Where values come from and go to.
    pub links: Links,
    /// Its cards and labels.
    pub stock: RefCell<Stock>,
    spine: OnceCell<Spine>,
}

impl Wires {
    /// The wiring of `graph`.
    pub fn of(graph: &Graph) -> Self {
        Self { links: Links::of(graph), stock: RefCell::default(), spine: OnceCell::new() }
    }

    /// Whether `value` is on the main line of `graph`, the one that this is of.
    pub fn on_spine(&self, graph: &Graph, value: ValueId) -> bool {
        self.spine.get_or_init(|| Spine::new(graph, &self.links)).has(value)
    }
}
