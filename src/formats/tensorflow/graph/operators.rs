//! The operators of TensorFlow's registry: their families, and what their parameters are called.
//!
//! `operators.tsv` has a line for each: name, category, inputs, outputs. Parameters are separated by spaces: `name:T` has the type that attribute
//! T states, `name=3` the type of that number, `name*N:T` is as many values as attribute N states, `name**T` one of each type that attribute T lists.

use crate::model::Category;
use foldhash::HashMap;
use std::sync::LazyLock;

/// How many values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// One.
    One,
    /// As many as the attribute of this name states.
    Stated(&'static str),
    /// As many as the attribute of this name lists types.
    Listed(&'static str),
}

/// What says the type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It always has the type of this number.
    Fixed(i64),
    /// The attribute of this name: a type, or a list of types.
    Attribute(&'static str),
}

/// A formal parameter.
#[derive(Clone, Copy, Debug)]
pub struct Formal {
    /// Its name.
    pub name: &'static str,
    /// How many values it takes.
    pub count: Count,
    /// What says their type.
    pub kind: Kind,
}

/// An operator, as it is registered.
#[derive(Clone, Debug, Default)]
pub struct Operator {
    /// Its family.
    pub category: Category,
    /// Its formal inputs.
    pub inputs: Vec<Formal>,
    /// Its formal outputs.
    pub outputs: Vec<Formal>,
}

/// The lines of the operators, by their names.
static TABLE: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| include_str!("operators.tsv").lines().filter_map(|line| line.split_once('\t')).collect());

/// The operator called `name`, if it is known.
pub fn find(name: &str) -> Option<Operator> {
    let mut cells = TABLE.get(name)?.split('\t');
    let category = Category::from_name(cells.next()?).unwrap_or_default();
    let mut formals = || cells.next().unwrap_or_default().split(' ').filter_map(formal).collect();
    Some(Operator { category, inputs: formals(), outputs: formals() })
}

fn formal(cell: &'static str) -> Option<Formal> {
    if let Some((name, types)) = cell.split_once("**") {
        return Some(Formal { name, count: Count::Listed(types), kind: Kind::Attribute(types) });
    }
    let (place, kind) = match cell.split_once(':') {
        Some((place, kind)) => (place, Kind::Attribute(kind)),
        None => {
            let (place, number) = cell.split_once('=')?;
            (place, Kind::Fixed(number.parse().ok()?))
        }
    };
    let (name, count) = match place.split_once('*') {
        Some((name, count)) => (name, Count::Stated(count)),
        None => (place, Count::One),
    };
    Some(Formal { name, count, kind })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn every_line_of_the_table_is_an_operator_of_a_known_category() {
        for line in include_str!("operators.tsv").lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 4, "{line}");
            assert!(Category::from_name(cells[1]).is_some(), "{line}");
            let operator = find(cells[0]).unwrap();
            let count = |cell: &str| cell.split(' ').filter(|part| !part.is_empty()).count();
            assert_eq!((operator.inputs.len(), operator.outputs.len()), (count(cells[2]), count(cells[3])), "{line}");
        }
    }

    #[test]
    fn parameters_say_how_many_values_they_take_and_of_what_type() {
        let split = find("Split").unwrap();
        assert_eq!((split.inputs[0].name, split.inputs[0].kind), ("split_dim", Kind::Fixed(3)));
        assert_eq!((split.outputs[0].count, split.outputs[0].kind), (Count::Stated("num_split"), Kind::Attribute("T")));
        let call = find("PartitionedCall").unwrap();
        assert_eq!((call.inputs[0].name, call.inputs[0].count), ("args", Count::Listed("Tin")));
        assert!(find("Unheard").is_none());
    }
}
