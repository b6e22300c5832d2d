//! The types of operators: what their inputs and outputs are called, and the family that they belong to.
//!
//! `operators.tsv` has a line for each, in alphabetical order: type, category, inputs, outputs. Parameters are separated by spaces; `*` marks
//! one that takes all values that are left.

use crate::model::Category;
use foldhash::HashMap;
use std::sync::LazyLock;

/// A type of operators.
#[derive(Debug)]
pub struct Operator {
    /// Its family.
    pub category: Category,
    inputs: Vec<&'static str>,
    outputs: Vec<&'static str>,
}

static TABLE: LazyLock<HashMap<&'static str, Operator>> =
    LazyLock::new(|| include_str!("operators.tsv").lines().map(row).collect());

fn row(line: &'static str) -> (&'static str, Operator) {
    let mut cells = line.split('\t');
    let mut cell = || cells.next().unwrap_or_default();
    let (name, category) = (cell(), Category::from_name(cell()).unwrap_or_default());
    let mut list = || cell().split_whitespace().collect();
    (name, Operator { category, inputs: list(), outputs: list() })
}

/// The type called `name`, if it is known.
pub fn find(name: &str) -> Option<&'static Operator> {
    TABLE.get(name)
}

impl Operator {
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
    fn the_table_is_in_order_and_its_categories_are_known() {
        let lines: Vec<&str> = include_str!("operators.tsv").lines().collect();
        assert!(lines.is_sorted());
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 4, "{line}");
            assert!(cells.get(1).is_some_and(|name| Category::from_name(name).is_some()), "{line}");
        }
    }

    #[test]
    fn parameters_have_names() {
        let conv = find("Conv").map(|it| (it.category, it.input(1), it.input(3), it.output(0)));
        assert_eq!(conv, Some((Category::Convolution, ("filter", false), ("", false), ("Y", false))));
        assert_eq!(find("Concat").map(|it| (it.input(0), it.input(5))), Some((("X", false), ("X", true))));
    }
}
