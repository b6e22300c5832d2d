//! The operators that torch registers, of which programs of several formats are made: what their parameters are called, and the families that they
//! belong to.
//!
//! `operators.tsv` has a line `# category` before those of each family; of each operator its name (of `aten` without the namespace) and its
//! signatures, separated by `|`. A parameter is a letter for what it takes and its name; `>3` after the parameters says that there are three
//! results, `>i` that there is one that is a whole number; without either there is one tensor.

use crate::model::Category;
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
    /// Its family.
    pub category: Category,
    signatures: &'static str,
}

/// One of the ways in which an operator can be called.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The names of its parameters.
    pub names: Vec<&'static str>,
    /// What it gives.
    pub results: Results,
}

static TABLE: LazyLock<HashMap<&str, Operator>> = LazyLock::new(|| {
    let mut table = HashMap::default();
    let mut category = Category::Other;
    for line in include_str!("operators.tsv").lines() {
        if let Some(name) = line.strip_prefix("# ") {
            category = Category::from_name(name).unwrap_or_default();
        } else {
            let (name, signatures) = line.split_once('\t').unwrap_or((line, ""));
            table.insert(name, Operator { category, signatures });
        }
    }
    table
});

/// The operator `name` of `namespace`. What works in place (`relu_`), or copies where the other gives a view (`view_copy`), takes the same.
pub fn find(namespace: &str, name: &str) -> Option<Operator> {
    let known = |name: &str| {
        if namespace == "aten" { TABLE.get(name) } else { TABLE.get(&*format!("{namespace}::{name}")) }
    };
    let plain = name.strip_suffix('_').filter(|plain| !plain.ends_with('_')).or_else(|| name.strip_suffix("_copy"));
    known(name).or_else(|| known(plain?)).copied()
}

/// Operators of other programs on the way from torch to a device, by family.
const OTHERS: &[(Category, &str)] = &[
    (
        Category::Control,
        "cond while_loop map map_impl scan associative_scan invoke_subgraph wrap wrap_with_set_grad_enabled wrap_with_autocast \
         auto_functionalized auto_functionalized_v2 triton_kernel_wrapper_functional triton_kernel_wrapper_mutation hints_wrapper strict_mode \
         tag_activation_checkpoint executorch_call_delegate call_torchbind with_effects",
    ),
    (Category::Shape, "getitem et_view"),
    (Category::Elementwise, "truediv floordiv"),
    (Category::Data, "_to_dim_order_copy _clone_dim_order _empty_dim_order sym_int sym_float sym_not trunc"),
];

/// The family of the operator `name` of `namespace`, which may be one of programs that follow the names of `aten`.
pub fn category(namespace: &str, name: &str) -> Category {
    let other = || OTHERS.iter().find(|(_, names)| names.split_ascii_whitespace().any(|known| known == name));
    let known = find(namespace, name).or_else(|| find("aten", name)).map(|operator| operator.category);
    known.or_else(|| other().map(|(category, _)| *category)).unwrap_or_else(|| {
        let holds = |words: &[&str]| words.iter().any(|word| name.contains(word));
        match () {
            () if holds(&["attention", "sdpa"]) => Category::Attention,
            () if holds(&["conv"]) => Category::Convolution,
            () if holds(&["linear", "matmul"]) => Category::Linear,
            () if holds(&["quantize", "qparams"]) => Category::Data,
            () if holds(&["norm"]) => Category::Normalization,
            () if holds(&["pool", "upsample"]) => Category::Pool,
            () => Category::Other,
        }
    })
}

impl Operator {
    /// The signature that takes `positional` and the parameters called `named`: the first of those that fit best.
    pub fn signature(&self, positional: &[Sort], named: &[&str]) -> Option<Signature> {
        // How much speaks against it, its parameters with what they take, and what it gives.
        type Candidate = (usize, Vec<(&'static str, &'static str)>, Results);
        let mut best: Option<Candidate> = None;
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
    fn every_line_has_a_category_and_parameters_with_a_kind() {
        assert!(TABLE.len() > 1000);
        for (name, operator) in TABLE.iter() {
            assert!(!name.contains([' ', '|', '>']), "{name}");
            for formal in operator.signatures.split('|').flat_map(|text| text.split('>').next().unwrap().split(' ')) {
                let kind = formal.chars().next().unwrap_or('*');
                assert!("TLinfbsI*".contains(kind), "{name}: {formal}");
            }
        }
        for line in include_str!("operators.tsv").lines().filter_map(|line| line.strip_prefix("# ")) {
            assert!(Category::from_name(line).is_some(), "{line}");
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
        assert_eq!(find("prim", "If").unwrap().category, Category::Control);
        assert!(find("custom", "relu").is_none());
    }

    #[test]
    fn operators_have_families_whatever_the_variant() {
        let cases = [
            ("aten", "conv2d", Category::Convolution),
            ("aten", "relu_", Category::Activation),
            ("aten", "_softmax", Category::Activation),
            ("aten", "_native_batch_norm_legit_no_training", Category::Normalization),
            ("aten", "view_copy", Category::Shape),
            ("cadence", "quantized_linear_per_tensor", Category::Linear),
            ("quantized_decomposed", "dequantize_per_token", Category::Data),
            ("llama", "custom_sdpa", Category::Attention),
            ("higher_order", "cond", Category::Control),
            ("executorch_prim", "mul", Category::Elementwise),
            ("own", "frobnicate", Category::Other),
        ];
        for (namespace, name, wanted) in cases {
            assert_eq!(category(namespace, name), wanted, "{name}");
        }
    }
}
