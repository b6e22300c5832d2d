//! What a node is given: values of the graph, and what is written out.

use super::program::dtype;
use super::schema::Argument;
use crate::model::{Literal, Text};
use serde_json::Value;

/// The names of the values in `argument`, in order; what is absent among them has none.
pub fn names(argument: &Argument) -> Vec<&str> {
    let mut names = Vec::new();
    let mut stack = vec![argument];
    while let Some(argument) = stack.pop() {
        match argument {
            Argument::Name(name) => names.push(&**name),
            Argument::List(list) => stack.extend(list.iter().rev()),
            _ => {}
        }
    }
    names
}

/// Whether `argument` holds anything that is no value of the graph: `[s0, 1, 768]`.
pub fn is_mixed(argument: &Argument) -> bool {
    match argument {
        Argument::List(list) => list.is_empty() || list.iter().any(|item| matches!(item, Argument::Plain(..))),
        Argument::Plain(..) => true,
        _ => false,
    }
}

/// What is written out in `argument`.
pub fn literal(argument: &Argument) -> Literal {
    match argument {
        Argument::None | Argument::Graph(_) => Literal::Absent,
        Argument::Name(name) => Literal::String(name.as_str().into()),
        Argument::List(list) => Literal::List(list.iter().map(item).collect()),
        Argument::Plain(kind, value) => plain(kind, value),
    }
}

/// A member of a list, which holds no more lists.
fn item(argument: &Argument) -> Literal {
    match argument {
        Argument::Name(name) => Literal::String(name.as_str().into()),
        Argument::Plain(kind, value) => plain(kind, value),
        _ => Literal::Absent,
    }
}

fn plain(kind: &str, value: &Value) -> Literal {
    let number = || value.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
    match kind {
        "as_scalar_type" => text(dtype(number()).name()),
        "as_memory_format" => text(memory_format(number())),
        "as_layout" => text(layout(number())),
        "as_device" => {
            let index = value.get("index").and_then(Value::as_u64);
            let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
            index.map_or_else(|| text(kind), |index| text(&format!("{kind}:{index}")))
        }
        "as_complex" => {
            let part = |name: &str| value.get(name).map(ToString::to_string).unwrap_or_default();
            text(&format!("{}+{}i", part("real"), part("imag")))
        }
        "as_float" | "as_floats" => match value {
            Value::Array(items) => Literal::List(items.iter().map(float).collect()),
            _ => float(value),
        },
        _ => match value {
            Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
                Literal::List(items.iter().map(single).collect())
            }
            _ => single(value),
        },
    }
}

/// A number with a fraction; infinities are texts.
fn float(value: &Value) -> Literal {
    let number = match value {
        Value::String(text) => text.parse().ok(),
        _ => value.as_f64(),
    };
    number.map_or_else(|| single(value), Literal::Double)
}

fn single(value: &Value) -> Literal {
    match value {
        Value::Null => Literal::Absent,
        Value::Bool(value) => Literal::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Literal::Int(number),
            (None, Some(number)) => Literal::Double(number),
            (None, None) => text(&number.to_string()),
        },
        Value::String(value) => text(value),
        _ => text(&value.to_string()),
    }
}

fn text(value: &str) -> Literal {
    Literal::String(Text::from(value))
}

fn memory_format(number: u32) -> &'static str {
    ["unknown", "contiguous", "channels_last", "channels_last_3d", "preserve"]
        .get(number as usize)
        .unwrap_or(&"unknown")
}

fn layout(number: u32) -> &'static str {
    let names = ["unknown", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "mkldnn", "strided"];
    names.get(number as usize).unwrap_or(&"unknown")
}
