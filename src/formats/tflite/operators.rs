//! The builtin operators: what they and their parameters are called, and the family that they belong to.
//!
//! `operators.tsv` has a line for each, in the order of their numbers: name, category, inputs, outputs. Parameters are separated by spaces; `*` marks
//! one that takes all values that are left.

use crate::model::Category;
use std::sync::LazyLock;

/// An operator.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Its name: that of the schema, with its words put together.
    pub name: &'static str,
    /// Its family.
    pub category: Category,
    /// The names of its inputs.
    inputs: Vec<&'static str>,
    /// The names of its outputs.
    outputs: Vec<&'static str>,
}

/// The number of operators that are defined by the file.
pub const CUSTOM: usize = 32;

static TABLE: LazyLock<Vec<Operator>> = LazyLock::new(|| include_str!("operators.tsv").lines().map(row).collect());

fn row(line: &'static str) -> Operator {
    let mut cells = line.split('\t');
    let mut cell = || cells.next().unwrap_or_default();
    Operator {
        name: cell(),
        category: Category::from_name(cell()).unwrap_or_default(),
        inputs: cell().split_whitespace().collect(),
        outputs: cell().split_whitespace().collect(),
    }
}

impl Operator {
    /// The operator with `code`, if it is known.
    pub fn find(code: usize) -> Option<&'static Self> {
        TABLE.get(code)
    }

    /// What input `index` is called, and whether it goes on after another.
    pub fn input(&self, index: usize) -> (&'static str, bool) {
        parameter(&self.inputs, index)
    }

    /// What output `index` is called, and whether it goes on after another.
    pub fn output(&self, index: usize) -> (&'static str, bool) {
        parameter(&self.outputs, index)
    }
}

fn parameter(names: &[&'static str], index: usize) -> (&'static str, bool) {
    let last = names.len().saturating_sub(1);
    match names.get(index.min(last)) {
        Some(name) if name.ends_with('*') => (name.trim_end_matches('*'), index > last),
        Some(name) if index <= last => (name, false),
        _ => ("", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_schema() {
        let name = |code| Operator::find(code).map(|operator| operator.name);
        assert_eq!(
            [0, 3, CUSTOM, 118, 206].map(name),
            ["Add", "Conv2D", "Custom", "If", "StablehloComposite"].map(Some)
        );
        assert!(Operator::find(1000).is_none());
    }

    #[test]
    fn every_category_is_known_and_only_the_last_parameter_takes_all() {
        for line in include_str!("operators.tsv").lines() {
            assert!(line.split('\t').nth(1).is_some_and(|name| Category::from_name(name).is_some()), "{line}");
        }
        let early = |names: &[&str]| names.iter().rev().skip(1).any(|name| name.ends_with('*'));
        assert!(!TABLE.iter().any(|operator| early(&operator.inputs) || early(&operator.outputs)));
    }
}
