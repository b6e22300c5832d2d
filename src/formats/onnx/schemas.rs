//! What nodes of the domains of ONNX and ONNX Runtime must be: how many inputs and outputs, which attributes of which types, by version of the operator set.
//!
//! `schemas.tsv` has a line for each version of each operator: domain, name, the version from which on it holds, the least and the most
//! inputs, how many of them must not be empty, the least and the most outputs, and attributes with a letter for their type, `!` for those that are required. `-` instead: from then on there is none.

use super::attribute::kind_of;
use super::operators::own;
use super::proto;
use foldhash::HashMap;
use std::sync::LazyLock;

/// A version of an operator.
#[derive(Clone, Debug)]
struct Schema {
    since: i64,
    /// What it must be; none if it was taken out.
    rules: Option<Rules>,
}

#[derive(Clone, Debug)]
struct Rules {
    inputs: Count,
    /// How many of the first inputs must not be empty.
    needed: usize,
    outputs: Count,
    attributes: &'static str,
}

/// The least and the most.
#[derive(Clone, Copy, Debug)]
struct Count(usize, usize);

/// The types of attributes: the letter, the number in `AttributeProto.AttributeType`, and what they are called.
const TYPES: [(char, i64, &str); 14] = [
    ('f', 1, "a float"),
    ('i', 2, "an integer"),
    ('s', 3, "a text"),
    ('t', 4, "a tensor"),
    ('g', 5, "a graph"),
    ('F', 6, "a list of floats"),
    ('I', 7, "a list of integers"),
    ('S', 8, "a list of texts"),
    ('T', 9, "a list of tensors"),
    ('G', 10, "a list of graphs"),
    ('x', 11, "a sparse tensor"),
    ('X', 12, "a list of sparse tensors"),
    ('p', 13, "a type"),
    ('P', 14, "a list of types"),
];

/// The versions of each operator, the oldest first, by domain and name.
static TABLE: LazyLock<HashMap<(&str, &str), Vec<Schema>>> = LazyLock::new(|| {
    let mut table: HashMap<(&str, &str), Vec<Schema>> = HashMap::default();
    for (key, schema) in include_str!("schemas.tsv").lines().filter_map(row) {
        table.entry(key).or_default().push(schema);
    }
    table
});

fn row(line: &'static str) -> Option<((&'static str, &'static str), Schema)> {
    let mut cells = line.split('\t');
    let (domain, name, since) = (own(cells.next()?), cells.next()?, cells.next()?.parse().ok()?);
    let inputs = cells.next()?;
    let rules = (inputs != "-").then(|| {
        let outputs = cells.next().unwrap_or_default();
        let (inputs, needed) = inputs.split_once(':').unwrap_or((inputs, ""));
        Rules {
            inputs: count(inputs),
            needed: needed.parse().unwrap_or(0),
            outputs: count(outputs),
            attributes: cells.next().unwrap_or_default(),
        }
    });
    Some(((domain, name), Schema { since, rules }))
}

fn count(cell: &str) -> Count {
    let (least, most) = cell.split_once('-').unwrap_or_default();
    Count(least.parse().unwrap_or(0), most.parse().unwrap_or(usize::MAX))
}

impl Count {
    /// Says what is wrong if `found` of what is called `what` is not within it.
    fn check(self, found: usize, what: &str) -> Option<String> {
        let Self(least, most) = self;
        if (least..=most).contains(&found) {
            return None;
        }
        let some = |count: usize| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
        let wanted = match (least, most) {
            (least, usize::MAX) => format!("at least {}", some(least)),
            (least, most) if least == most => some(least),
            (least, most) => format!("{least} to {}", some(most)),
        };
        Some(format!("has {}, should have {wanted}", some(found)))
    }
}

/// The newest version of a domain's operator set that is known, if any.
pub fn newest(domain: &str) -> Option<i64> {
    let own = TABLE.iter().filter(|((other, _), _)| *other == self::own(domain));
    own.flat_map(|(_, versions)| versions.iter().map(|schema| schema.since)).max()
}

/// What is wrong with `node` in version `version` of the operator set of its domain. Nothing, if the operator is not known at all.
pub fn faults(node: &proto::Node, version: i64) -> Vec<String> {
    let Some(versions) = TABLE.get(&(own(&node.domain), &*node.op_type)) else { return Vec::new() };
    let Some(schema) = versions.iter().rev().find(|schema| schema.since <= version) else {
        let first = versions.first().map_or(0, |schema| schema.since);
        return vec![format!("is of version {first} and later; the model asks for version {version}")];
    };
    let Some(rules) = &schema.rules else {
        return vec![format!("was taken out in version {}; the model asks for version {version}", schema.since)];
    };
    let mut faults = Vec::new();
    // What is left out at the end may be written as empty, or not at all.
    let count = |names: &[String], Count(least, _): Count| {
        let given = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        given.max(names.len().min(least))
    };
    faults.extend(rules.inputs.check(count(&node.input, rules.inputs), "input"));
    faults.extend(rules.outputs.check(count(&node.output, rules.outputs), "output"));
    let empty = node.input.iter().take(rules.needed).position(String::is_empty);
    faults.extend(empty.map(|index| format!("has no input {}, which it needs", index + 1)));
    faults.extend(attributes(node, rules.attributes));
    faults
}

/// What is wrong with the attributes of `node`, which should be as `rules` say.
fn attributes(node: &proto::Node, rules: &'static str) -> Vec<String> {
    let mut faults = Vec::new();
    let known = || rules.split(' ').filter_map(|rule| rule.split_once(':'));
    for attribute in &node.attribute {
        let kind = kind_of(attribute);
        match known().find(|(name, _)| *name == attribute.name) {
            None => faults.push(format!("has an attribute {:?}, which it should not have", attribute.name)),
            Some((name, rule)) => {
                let of = |letter: char| TYPES.iter().find(|(other, ..)| *other == letter);
                let wanted = rule.chars().next().and_then(of);
                let found = TYPES.iter().find(|(_, number, _)| *number == kind);
                if let (Some((_, number, wanted)), Some((_, _, found))) = (wanted, found)
                    && *number != kind
                    && attribute.ref_attr_name.is_empty()
                {
                    faults.push(format!("has {found} as attribute {name:?}, should have {wanted}"));
                }
            }
        }
    }
    for (name, _) in known().filter(|(_, rule)| rule.ends_with('!')) {
        if !node.attribute.iter().any(|attribute| attribute.name == name) {
            faults.push(format!("has no attribute {name:?}, which it needs"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_version() {
        let lines = include_str!("schemas.tsv").lines();
        assert_eq!(lines.clone().filter_map(row).count(), lines.count());
        assert!(TABLE.values().all(|versions| versions.is_sorted_by(|a, b| a.since < b.since)));
        let letters = TABLE.values().flatten().filter_map(|schema| schema.rules.as_ref()).flat_map(|rules| {
            rules.attributes.split(' ').filter_map(|rule| rule.split_once(':')).filter_map(|(_, it)| it.chars().next())
        });
        assert_eq!(letters.filter(|letter| !TYPES.iter().any(|(known, ..)| known == letter)).count(), 0);
    }

    #[test]
    fn what_is_wrong_is_told_by_version() {
        let node = |op_type: &str, inputs: &[&str]| proto::Node {
            op_type: op_type.into(),
            input: inputs.iter().map(|name| (*name).into()).collect(),
            output: vec!["y".into()],
            ..proto::Node::default()
        };
        assert_eq!(faults(&node("Conv", &["x", "w"]), 11), Vec::<String>::new());
        assert_eq!(faults(&node("Conv", &["x"]), 11), ["has 1 input, should have 2 to 3 inputs"]);
        assert_eq!(faults(&node("Conv", &["", "w"]), 11), ["has no input 1, which it needs"]);
        assert_eq!(faults(&node("Gelu", &["x"]), 17), ["is of version 20 and later; the model asks for version 17"]);
        assert_eq!(
            faults(&node("Upsample", &["x", "s"]), 11),
            ["was taken out in version 10; the model asks for version 11"]
        );
        assert_eq!(faults(&node("Concat", &["x"]), 13), ["has no attribute \"axis\", which it needs"]);
        assert_eq!(faults(&node("Mine", &[]), 13), Vec::<String>::new());
    }
}
