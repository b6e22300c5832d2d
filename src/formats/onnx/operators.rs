//! The operators that ONNX and ONNX Runtime define: what their parameters are called, and the family that they belong to.
//!
//! `operators.tsv` has a line for each: domain (empty for ONNX's own), name, category, inputs, outputs. Parameters are separated by
//! spaces; `*` marks a variadic, `?` an optional.

use crate::model::Category;
use foldhash::HashMap;
use std::sync::LazyLock;

/// A formal parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formal {
    /// What the specification calls it.
    pub name: &'static str,
    /// Whether it takes all values that are left.
    pub variadic: bool,
}

/// An operator, as its specification describes it.
#[derive(Clone, Debug, Default)]
pub struct Operator {
    /// Its family.
    pub category: Category,
    /// Its formal inputs.
    pub inputs: Vec<Formal>,
    /// Its formal outputs.
    pub outputs: Vec<Formal>,
}

/// The operators by name, by domain.
static TABLE: LazyLock<HashMap<&str, HashMap<&str, Operator>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, HashMap<&str, Operator>> = HashMap::default();
    for (domain, name, operator) in include_str!("operators.tsv").lines().filter_map(row) {
        table.entry(domain).or_default().insert(name, operator);
    }
    table
});

fn row(line: &'static str) -> Option<(&'static str, &'static str, Operator)> {
    let mut cells = line.split('\t');
    let (domain, name) = (own(cells.next()?), cells.next()?);
    let category = Category::from_name(cells.next()?).unwrap_or_default();
    let mut formals = || cells.next().unwrap_or_default().split_whitespace().map(formal).collect();
    Some((domain, name, Operator { category, inputs: formals(), outputs: formals() }))
}

fn formal(cell: &'static str) -> Formal {
    let name = cell.trim_end_matches(['*', '?']);
    Formal { name, variadic: cell.ends_with('*') }
}

/// The domain by its shorter name: ONNX's own has two.
pub fn own(domain: &str) -> &str {
    if domain == "ai.onnx" { "" } else { domain }
}

/// The operator called `name` in `domain`, if it is known.
pub fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    TABLE.get(own(domain))?.get(name)
}

/// Whether an integer attribute of ONNX's own operators numbers an element type.
pub fn is_dtype(operator: &str, attribute: &str) -> bool {
    match attribute {
        "to" => matches!(operator, "Cast" | "BitCast"),
        "dtype" | "output_dtype" | "stash_type" | "precision" | "softmax_precision" | "output_datatype" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_an_operator_of_a_known_category() {
        for line in include_str!("operators.tsv").lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 5, "{line}");
            assert!(cells.get(2).is_some_and(|name| Category::from_name(name).is_some()), "{line}");
        }
        let variadics = |formals: &[Formal]| formals.iter().rev().skip(1).filter(|formal| formal.variadic).count();
        assert!(
            TABLE.values().flat_map(HashMap::values).all(|op| variadics(&op.inputs) + variadics(&op.outputs) == 0),
            "only the last is variadic"
        );
    }

    #[test]
    fn both_names_of_the_own_domain_find_the_same_operator() {
        let conv = find("ai.onnx", "Conv").map(|op| op.inputs.iter().map(|formal| formal.name).collect::<Vec<_>>());
        assert_eq!(conv, Some(vec!["X", "W", "B"]));
        assert_eq!(find("", "Conv").map(|op| op.category), Some(Category::Convolution));
        assert!(find("com.example", "Conv").is_none());
    }
}
