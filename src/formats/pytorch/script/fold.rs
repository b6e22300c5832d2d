//! What operators give whose arguments are known: what the settings of a module decide leaves no nodes.

use super::symbol::Symbol;
use crate::model::Literal;

/// The result of an operator, if it is known.
pub fn fold(namespace: &str, name: &str, arguments: &[Symbol]) -> Option<Symbol> {
    if namespace != "aten" {
        return None;
    }
    match arguments {
        [one] => unary(name, one),
        [left, right] => binary(name, left, right),
        _ => None,
    }
}

fn known(literal: Literal) -> Option<Symbol> {
    Some(Symbol::Literal(literal))
}

fn unary(name: &str, of: &Symbol) -> Option<Symbol> {
    match (name, of) {
        ("__not__", _) => of.truth().and_then(|truth| known(Literal::Bool(!truth))),
        ("Bool", _) => of.truth().and_then(|truth| known(Literal::Bool(truth))),
        ("Int" | "neg" | "Float", Symbol::Literal(literal)) => known(match (name, literal) {
            ("Int", Literal::Int(value)) => Literal::Int(*value),
            ("Int", Literal::Double(value)) if value.is_finite() => Literal::Int(*value as i64),
            ("Int", Literal::Bool(value)) => Literal::Int((*value).into()),
            ("neg", Literal::Int(value)) => Literal::Int(value.checked_neg()?),
            ("neg", Literal::Double(value)) => Literal::Double(-value),
            ("Float", Literal::Int(value)) => Literal::Double(*value as f64),
            ("Float", Literal::Double(value)) => Literal::Double(*value),
            _ => return None,
        }),
        ("len", Symbol::Tuple(members) | Symbol::List(members)) => known(Literal::Int(members.items.len() as i64)),
        ("len", Symbol::Literal(Literal::List(items))) => known(Literal::Int(items.len() as i64)),
        _ => None,
    }
}

fn binary(name: &str, left: &Symbol, right: &Symbol) -> Option<Symbol> {
    use Literal::{Absent, Bool, Double, Int, List, String};
    if matches!(name, "__is__" | "__isnot__") {
        return is(left, right).and_then(|same| known(Bool(same == (name == "__is__"))));
    }
    if name == "__getitem__" {
        let Symbol::Literal(Int(index)) = right else { return None };
        let (Symbol::Tuple(_) | Symbol::List(_) | Symbol::Literal(List(_))) = left else { return None };
        let members = left.members()?;
        let index = if *index < 0 { index.checked_add(members.len() as i64)? } else { *index };
        return members.get(usize::try_from(index).ok()?).cloned();
    }
    let (Symbol::Literal(left), Symbol::Literal(right)) = (left, right) else { return None };
    match (name, left, right) {
        ("__and__", Bool(a), Bool(b)) => known(Bool(*a && *b)),
        ("__or__", Bool(a), Bool(b)) => known(Bool(*a || *b)),
        ("eq" | "ne", Int(_) | Bool(_) | Double(_) | String(_) | Absent, _) if alike(left, right) => {
            known(Bool((left == right) == (name == "eq")))
        }
        ("__contains__", List(items), item) if items.iter().all(|other| alike(other, item)) => {
            known(Bool(items.contains(item)))
        }
        (_, Int(a), Int(b)) => {
            let whole = match name {
                "add" => a.checked_add(*b),
                "sub" => a.checked_sub(*b),
                "mul" => a.checked_mul(*b),
                "floordiv" if *b > 0 => Some(a.div_euclid(*b)),
                "remainder" if *b > 0 => Some(a.rem_euclid(*b)),
                _ => None,
            };
            let ratio = (name == "div" && *b != 0).then(|| Double(*a as f64 / *b as f64));
            whole.map(Int).or(ratio).or_else(|| compared(name, *a as f64, *b as f64)).and_then(known)
        }
        (_, Double(a), Double(b)) => compared(name, *a, *b).or_else(|| computed(name, *a, *b)).and_then(known),
        (_, Double(a), Int(b)) => computed(name, *a, *b as f64).and_then(known),
        (_, Int(a), Double(b)) => computed(name, *a as f64, *b).and_then(known),
        _ => None,
    }
}

fn alike(a: &Literal, b: &Literal) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn compared(name: &str, a: f64, b: f64) -> Option<Literal> {
    Some(Literal::Bool(match name {
        "lt" => a < b,
        "gt" => a > b,
        "le" => a <= b,
        "ge" => a >= b,
        _ => return None,
    }))
}

fn computed(name: &str, a: f64, b: f64) -> Option<Literal> {
    Some(Literal::Double(match name {
        "add" => a + b,
        "sub" => a - b,
        "mul" => a * b,
        "div" if b != 0.0 => a / b,
        _ => return None,
    }))
}

/// Whether both are the same object, if that is known: of what is not `None`, that it is not.
fn is(left: &Symbol, right: &Symbol) -> Option<bool> {
    let none = |symbol: &Symbol| match symbol {
        Symbol::Literal(Literal::Absent) => Some(true),
        Symbol::Literal(_) | Symbol::Tensor(..) | Symbol::Tuple(_) | Symbol::List(_) | Symbol::Instance(_) => {
            Some(false)
        }
        _ => None,
    };
    match (none(left)?, none(right)?) {
        (true, true) => Some(true),
        (false, false) => None,
        _ => Some(false),
    }
}
