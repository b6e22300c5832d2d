//! The types of layers: what they are called in each version, what their bottoms, tops and blobs are, and the family that they belong to.
//!
//! `operators.tsv` has a line for each, in alphabetical order: type, category, bottoms, tops, blobs, other names. Parts of a cell are separated by
//! spaces; `*` marks a parameter that takes all values that are left. The other names are those of the enumeration of before 2014 and of the
//! strings of before that.

use crate::model::Category;
use foldhash::HashMap;
use std::sync::LazyLock;

/// A type of layers.
#[derive(Debug)]
pub struct Operator {
    /// Its name.
    pub name: &'static str,
    /// Its family.
    pub category: Category,
    bottoms: Vec<&'static str>,
    tops: Vec<&'static str>,
    blobs: Vec<&'static str>,
}

static TABLE: LazyLock<Vec<Operator>> = LazyLock::new(|| include_str!("operators.tsv").lines().map(row).collect());

/// The places in the table by all names.
static NAMES: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let lines = include_str!("operators.tsv").lines().enumerate();
    let names = lines.flat_map(|(index, line)| {
        let mut cells = line.split('\t');
        let own = cells.next();
        let others = cells.nth(4).unwrap_or_default().split_whitespace();
        own.into_iter().chain(others).map(move |name| (name, index))
    });
    names.collect()
});

fn row(line: &'static str) -> Operator {
    let mut cells = line.split('\t');
    let mut cell = || cells.next().unwrap_or_default();
    let (name, category) = (cell(), Category::from_name(cell()).unwrap_or_default());
    let mut list = || cell().split_whitespace().collect();
    Operator { name, category, bottoms: list(), tops: list(), blobs: list() }
}

/// The type that any version calls `name`, if it is known.
pub fn find(name: &str) -> Option<&'static Operator> {
    TABLE.get(*NAMES.get(name)?)
}

impl Operator {
    /// What bottom `index` is called, and whether it goes on after another.
    pub fn bottom(&self, index: usize) -> (&'static str, bool) {
        parameter(&self.bottoms, index)
    }

    /// What top `index` is called, and whether it goes on after another.
    pub fn top(&self, index: usize) -> (&'static str, bool) {
        parameter(&self.tops, index)
    }

    /// What the blobs of a layer with so many bottoms are called. What comes in as a bottom is no blob.
    pub fn blobs(&self, bottoms: usize) -> impl Iterator<Item = &'static str> {
        let bound = self.bottoms.get(..bottoms).unwrap_or(&self.bottoms);
        let has_static = bound.contains(&"static");
        let blobs = self.blobs.iter().copied();
        blobs.filter(move |name| !bound.contains(name) && (has_static || !name.ends_with("_static")))
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
        for line in &lines {
            assert_eq!(line.split('\t').count(), 6, "{line}");
            assert!(line.split('\t').nth(1).is_some_and(|name| Category::from_name(name).is_some()), "{line}");
        }
        let mut names: Vec<String> = TABLE.iter().map(|operator| operator.name.to_ascii_lowercase()).collect();
        let before = names.clone();
        names.sort();
        names.dedup();
        assert_eq!(before, names);
    }

    #[test]
    fn all_versions_find_the_same_type() {
        for name in ["InnerProduct", "INNER_PRODUCT", "innerproduct"] {
            assert_eq!(find(name).map(|operator| operator.name), Some("InnerProduct"));
        }
        assert!(find("innerProduct").is_none());
    }

    #[test]
    fn blobs_depend_on_what_comes_in() {
        let blobs = |name, bottoms| find(name).into_iter().flat_map(move |it| it.blobs(bottoms)).collect::<Vec<_>>();
        assert_eq!((blobs("Scale", 1), blobs("Scale", 2)), (vec!["scale", "bias"], vec!["bias"]));
        assert_eq!(blobs("LSTM", 2), ["W_xc", "b_c", "W_hc"]);
        assert_eq!(blobs("LSTM", 3), ["W_xc", "b_c", "W_xc_static", "W_hc"]);
    }
}
