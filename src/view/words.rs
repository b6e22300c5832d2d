//! Numbers, types and attribute contents in words.

use crate::codec::scalar::{double_text, single_text};
use crate::model::{Literal, Model};

/// Dimensions joined by `×`; `scalar` without any.
pub fn shape(dims: &[u64]) -> String {
    if dims.is_empty() {
        return "scalar".into();
    }
    dims.iter().map(u64::to_string).collect::<Vec<_>>().join("×")
}

/// A count in three digits: `11.0 M`. The words are those of look and feel: K, M, B, T.
pub fn count(value: u64) -> String {
    let mut scaled = value as f64;
    for unit in ["", " K", " M", " B", " T"] {
        if scaled < 999.5 || unit == " T" {
            return match unit {
                "" => value.to_string(),
                _ if scaled < 9.995 => format!("{scaled:.2}{unit}"),
                _ if scaled < 99.95 => format!("{scaled:.1}{unit}"),
                _ => format!("{scaled:.0}{unit}"),
            };
        }
        scaled /= 1000.0;
    }
    value.to_string()
}

/// A size in binary units: `97.5 MiB`.
pub fn bytes(value: u64) -> String {
    let mut scaled = value as f64;
    for unit in ["bytes", "KiB", "MiB", "GiB", "TiB"] {
        if scaled < 1023.5 || unit == "TiB" {
            return match unit {
                "bytes" if value == 1 => "1 byte".into(),
                "bytes" => format!("{value} bytes"),
                _ if scaled < 99.95 => format!("{scaled:.1} {unit}"),
                _ => format!("{scaled:.0} {unit}"),
            };
        }
        scaled /= 1024.0;
    }
    value.to_string()
}

/// `text`, cut to at most `most` characters.
pub fn shorten(text: &str, most: usize) -> String {
    if text.len() <= most || text.char_indices().nth(most).is_none() {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The content of an attribute, and what kind it is.
pub fn literal(model: &Model, literal: &Literal) -> (String, &'static str) {
    match literal {
        Literal::Absent => (String::new(), ""),
        Literal::Bool(value) => (value.to_string(), "bool"),
        Literal::Int(value) => (value.to_string(), "int"),
        Literal::Float(value) => (single_text(*value), "float"),
        Literal::Double(value) => (double_text(*value), "double"),
        Literal::String(value) => (value.to_string(), "string"),
        Literal::Type(value) => (value.to_string(), "type"),
        Literal::Reference(name) => (format!("= {name}"), "reference"),
        Literal::Tensor(id) => {
            let text = model
                .tensors
                .get(*id)
                .map(|tensor| format!("{} {}", tensor.dtype.name(), shape(&tensor.shape)))
                .unwrap_or_default();
            (text, "tensor")
        }
        Literal::Graph(id) => (model.graphs.get(*id).map(|graph| graph.name.to_string()).unwrap_or_default(), "graph"),
        Literal::List(items) => list(model, items),
    }
}

fn list(model: &Model, items: &[Literal]) -> (String, &'static str) {
    // Lists are flat in every format so far; an inner list is shown by its length, so that this never goes deep.
    let texts: Vec<String> = items
        .iter()
        .map(|item| match item {
            Literal::List(inner) => format!("[{} items]", inner.len()),
            other => literal(model, other).0,
        })
        .collect();
    let kind = match items.first() {
        Some(Literal::Int(_)) => "int[]",
        Some(Literal::Float(_)) => "float[]",
        Some(Literal::Double(_)) => "double[]",
        Some(Literal::Bool(_)) => "bool[]",
        Some(Literal::String(_)) => "string[]",
        Some(Literal::Tensor(_)) => "tensor[]",
        Some(Literal::Graph(_)) => "graph[]",
        Some(Literal::Type(_)) => "type[]",
        _ => "list",
    };
    (texts.join(", "), kind)
}
