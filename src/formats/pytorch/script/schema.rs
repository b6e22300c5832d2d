//! The operators that torch registers: what their parameters are called.
//!
//! `operators.tsv` has a line for each: its name (of `aten` without the namespace) and its signatures, separated by `|`. A parameter is a letter for what it takes and its name; `>3` after the parameters says that there are three
//! results, `>i` that there is one that is a whole number; without either there is one tensor.

use foldhash::HashMap;
use std::sync::LazyLock;

/// What a value or a parameter is, as far as that tells signatures apart: the letters of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A tensor, or a value of which nothing is known.
    Tensor,
    /// A list of tensors.
    Tensors,
    /// A whole number.
    Int,
    /// A float, or any number.
    Number,
    /// A truth value.
    Bool,
    /// A list of numbers.
    Numbers,
    /// A text.
    Text,
    /// `None`, which every optional parameter takes.
    None,
    /// Anything else.
    Other,
}

/// What results an operator has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    /// One, of this sort.
    One(Sort),
    /// This many.
    Several(usize),
}

/// An operator with its signatures.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    signatures: &'static str,
}

/// A parameter: what it takes, and its name.
type Formal = (&'static str, &'static str);

/// One of the ways in which an operator can be called.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The names of its parameters.
    pub names: Vec<&'static str>,
    /// What it gives.
    pub results: Results,
}

static TABLE: LazyLock<HashMap<&str, Operator>> = LazyLock::new(|| {
    let row = |line: &'static str| line.split_once('\t').map(|(name, signatures)| (name, Operator { signatures }));
    include_str!("operators.tsv").lines().filter_map(row).collect()
});

/// The operator `name` of `namespace`. What works in place (`relu_`) takes the same as what does not.
pub fn find(namespace: &str, name: &str) -> Option<Operator> {
    let known = |name: &str| {
        if namespace == "aten" { TABLE.get(name) } else { TABLE.get(&*format!("{namespace}::{name}")) }
    };
    let plain = name.strip_suffix('_').filter(|plain| !plain.ends_with('_'));
    known(name).or_else(|| known(plain?)).copied()
}

impl Operator {
    /// The signature that takes `positional` and the parameters called `named`: the first of those that fit best.
    pub fn signature(&self, positional: &[Sort], named: &[&str]) -> Option<Signature> {
        let mut best: Option<(usize, Vec<Formal>, Results)> = None;
        for text in self.signatures.split('|') {
            let (formals, results) = text.split_once('>').unwrap_or((text, ""));
            let formals: Vec<_> = formals.split(' ').filter_map(|formal| formal.split_at_checked(1)).collect();
            let results = match results.parse() {
                Ok(count) => Results::Several(count),
                Err(_) => Results::One(sort(results)),
            };
            let fits = formals.len() >= positional.len()
                && named.iter().all(|name| formals.iter().any(|(_, formal)| formal == name));
            let misfits = formals.iter().zip(positional).filter(|((kind, _), sort)| !takes(kind, **sort)).count();
            let score = misfits + if fits { 0 } else { 100 };
            if best.as_ref().is_none_or(|(least, ..)| score < *least) {
                best = Some((score, formals, results));
            }
        }
        let (_, formals, results) = best?;
        Some(Signature { names: formals.into_iter().map(|(_, name)| name).collect(), results })
    }
}

/// What a letter stands for.
fn sort(kind: &str) -> Sort {
    match kind {
        "L" => Sort::Tensors,
        "i" => Sort::Int,
        "f" | "n" => Sort::Number,
        "b" => Sort::Bool,
        "I" => Sort::Numbers,
        "s" => Sort::Text,
        _ => Sort::Tensor,
    }
}

/// Whether a parameter of `kind` takes what is of this `sort`.
fn takes(kind: &str, sort: Sort) -> bool {
    match sort {
        Sort::None | Sort::Other => true,
        Sort::Tensor => matches!(kind, "T" | "*"),
        Sort::Tensors => matches!(kind, "L" | "*" | "I"),
        Sort::Int => matches!(kind, "i" | "n" | "*"),
        Sort::Number => matches!(kind, "f" | "n" | "*"),
        Sort::Bool => matches!(kind, "b" | "n" | "*"),
        Sort::Numbers => matches!(kind, "I" | "*"),
        Sort::Text => matches!(kind, "s" | "*"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(name: &str, positional: &[Sort], named: &[&str]) -> String {
        find("aten", name).unwrap().signature(positional, named).unwrap().names.join(" ")
    }

    #[test]
    fn every_line_has_parameters_with_a_kind() {
        assert!(TABLE.len() > 1000);
        for (name, operator) in TABLE.iter() {
            assert!(!name.contains([' ', '|', '>']), "{name}");
            for formal in operator.signatures.split('|').flat_map(|text| text.split('>').next().unwrap().split(' ')) {
                let kind = formal.chars().next().unwrap_or('*');
                assert!("TLinfbsI*".contains(kind), "{name}: {formal}");
            }
        }
    }

    #[test]
    fn overloads_are_told_apart_by_what_they_are_given() {
        use Sort::{Int, None, Number, Numbers, Tensor, Text};
        assert_eq!(
            names("conv2d", &[Tensor, Tensor, None, Numbers], &[]),
            "input weight bias stride padding dilation groups"
        );
        assert_eq!(names("max", &[Tensor, Int], &[]), "self dim keepdim");
        assert_eq!(names("max", &[Tensor, Tensor], &[]), "self other");
        assert_eq!(names("mean", &[Tensor, Numbers], &[]), "self dim keepdim dtype");
        assert_eq!(names("mean", &[Tensor], &["dtype"]), "self dtype");
        assert_eq!(names("to", &[Tensor, Text], &[]), "self device dtype non_blocking copy memory_format");
        assert_eq!(names("relu_", &[Tensor], &[]), "self");
        assert_eq!(names("add", &[Tensor, Number], &[]), "self other alpha");
        assert_eq!(find("aten", "lstm").unwrap().signature(&[], &[]).unwrap().results, Results::Several(3));
        assert_eq!(find("aten", "chunk").unwrap().signature(&[], &[]).unwrap().results, Results::One(Sort::Tensors));
        assert!(find("custom", "relu").is_none());
    }
}
