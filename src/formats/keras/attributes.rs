//! Settings of layers as attributes.
//!
//! An object of Keras in a setting (an initialiser, a policy, a layer) is `{"class_name": .., "config": {..}}`, in version 3 with `module` and
//! `registered_name`. It is written as a call: `TruncatedNormal(stddev=0.02)`.

use super::config::Layer;
use crate::codec::document::Document;
use crate::model::{Attribute, Entry, Literal};

/// Settings that are not shown as such.
const HIDDEN: &[&str] = &["name", "layers", "input_layers", "output_layers", "nodes", "output_names", "input_names"];
/// Settings that are layers, whose settings are shown, too.
const PARTS: &[&str] = &["layer", "cell", "attention_layer"];
/// How functions are shown that are there as bytecode.
const LAMBDA: &str = "<lambda>";
/// The longest text of an attribute that is put together here, in characters.
const TEXT: usize = 400;

/// The settings of `layer`.
pub fn of(layer: &Layer) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    for (name, value) in layer.config.members() {
        let shown = !HIDDEN.contains(&&**name) && *value != Document::Bool(true)
            || name != "trainable" && !HIDDEN.contains(&&**name);
        let empty = matches!(value, Document::Object(members) if members.is_empty());
        if !shown || *value == Document::Null || empty || layer.config == layer.whole && name == "inbound_nodes" {
            continue;
        }
        let inner = value.get("config").filter(|_| PARTS.contains(&&**name) && value.get("class_name").is_some());
        attributes.push(Attribute { name: (&**name).into(), value: literal(value, inner.is_some()) });
        for (own, value) in inner.map(Document::members).unwrap_or_default() {
            let usual = matches!(&**own, "name" | "trainable" | "dtype" | "layers" | "input_layers" | "output_layers");
            if !usual && *value != Document::Null {
                attributes
                    .push(Attribute { name: format!("{name}.{own}").as_str().into(), value: literal(value, false) });
            }
        }
    }
    attributes
}

/// The settings in `document` as they are shown beside a model, each a text.
pub fn entries(document: &Document) -> Vec<Entry> {
    let members = document.members().iter().filter(|(_, value)| *value != Document::Null);
    let text = |value: &Document| value.text().map_or_else(|| notation(value), str::to_owned);
    members.map(|(name, value)| Entry { name: (&**name).into(), value: text(value).as_str().into() }).collect()
}

/// What a setting holds; of an object, only its class if `brief`.
pub fn literal(value: &Document, brief: bool) -> Literal {
    match value {
        Document::Null => Literal::Absent,
        Document::Bool(value) => Literal::Bool(*value),
        Document::Int(number) => Literal::Int(*number),
        // Many numbers were 32-bit floats before they were written.
        Document::Float(number) if f64::from(*number as f32) == *number => Literal::Float(*number as f32),
        Document::Float(number) => Literal::Double(*number),
        Document::Text(text) => Literal::String(text.as_str().into()),
        function if is_bytecode(function) => Literal::String(LAMBDA.into()),
        Document::List(items) if items.iter().all(is_plain) => {
            Literal::List(items.iter().map(|item| literal(item, brief)).collect())
        }
        Document::Object(_) if value.text_of("class_name") == Some("__tuple__") => {
            literal(value.get("items").unwrap_or(&Document::Null), brief)
        }
        Document::Object(_) if brief => Literal::String(value.text_of("class_name").unwrap_or_default().into()),
        other => Literal::String(notation(other).as_str().into()),
    }
}

/// Whether it is a function as versions 1 and 2 write it: bytecode, usual arguments, what it takes from around.
pub fn is_bytecode(value: &Document) -> bool {
    matches!(value.items(), [Document::Text(code), _, _] if code.len() > 40)
}

/// Whether lists of it are lists of literals.
fn is_plain(value: &Document) -> bool {
    matches!(value, Document::Bool(_) | Document::Int(_) | Document::Float(_) | Document::Text(_))
}

/// An object in the notation of Python, cut where it gets long.
pub fn notation(value: &Document) -> String {
    let mut out = String::new();
    write(value, &mut out);
    if out.chars().count() > TEXT { out.chars().take(TEXT).chain(['…']).collect() } else { out }
}

/// What is still to be written.
enum Part<'a> {
    Value(&'a Document),
    Text(&'a str),
}

fn write(value: &Document, out: &mut String) {
    let mut open = vec![Part::Value(value)];
    while let Some(part) = open.pop().filter(|_| out.len() < 4 * TEXT) {
        let value = match part {
            Part::Text(text) => {
                out.push_str(text);
                continue;
            }
            Part::Value(value) => value,
        };
        match (value.text_of("class_name"), value) {
            (Some("__lambda__"), _) => out.push_str(LAMBDA),
            (Some("function"), _) => out.push_str(value.text_of("config").unwrap_or("function")),
            (Some("DTypePolicy" | "Policy"), _) => {
                out.push_str(value.get("config").and_then(|config| config.text_of("name")).unwrap_or("policy"));
            }
            (Some(class), _) => {
                out.push_str(class);
                let settings = value.get("config").map(Document::members).unwrap_or_default();
                let settings: Vec<_> = settings.iter().filter(|(_, value)| *value != Document::Null).collect();
                if !settings.is_empty() {
                    open.push(Part::Text(")"));
                    for (place, (name, value)) in settings.into_iter().enumerate().rev() {
                        open.extend([Part::Value(value), Part::Text("="), Part::Text(name)]);
                        open.push(Part::Text(if place > 0 { ", " } else { "(" }));
                    }
                }
            }
            (None, Document::List(items)) => {
                open.push(Part::Text("]"));
                for (place, item) in items.iter().enumerate().rev() {
                    open.push(Part::Value(item));
                    open.push(Part::Text(if place > 0 { ", " } else { "" }));
                }
                open.push(Part::Text("["));
            }
            (None, Document::Object(members)) => {
                open.push(Part::Text("}"));
                for (place, (name, value)) in members.iter().enumerate().rev() {
                    open.extend([Part::Value(value), Part::Text(": "), Part::Text(name)]);
                    open.push(Part::Text(if place > 0 { ", " } else { "" }));
                }
                open.push(Part::Text("{"));
            }
            (None, Document::Float(number)) if f64::from(*number as f32) == *number => {
                out.push_str(&format!("{:?}", *number as f32));
            }
            (None, Document::Null) => out.push_str("None"),
            (None, Document::Bool(value)) => out.push_str(if *value { "True" } else { "False" }),
            (None, other) => out.push_str(&other.to_string()),
        }
    }
}
