//! Graphs as text and as JSON: they become the bytes of the same messages.

use super::super::super::Open;
use super::{Place, Root};
use crate::codec::prototext::{Encoded, Schema, encode_json, encode_text};

use crate::probe::{Probe, Root as JsonRoot};
use crate::report::Severity;
use crate::source::BytesSource;
use serde_json::Value;
use std::rc::Rc;
use std::sync::LazyLock;

/// The fields of all messages.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(include_str!("schema.txt")));
/// The messages that have fields which have no place in a graph: these are not missed, where others may be of a newer version.
const MISSED: [&str; 12] = [
    "MetaGraphDef.",
    "MetaInfoDef.",
    "SaverDef.",
    "Saved",
    "SignatureDef.",
    "VersionDef.",
    "OpDef.",
    "ArgDef.",
    "FunctionDefLibrary.",
    "GraphDef.",
    "FunctionDef.",
    "NodeDef.experimental",
];
/// How many names of unknown fields are listed.
const LISTED: usize = 5;

/// Which message the text is, by its first field.
pub fn root(probe: &Probe) -> Option<Root> {
    let text = probe.text()?;
    let code = text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let name = code.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').next()?;
    let rest = code.get(name.len()..)?.trim_start();
    let opens = rest.trim_start_matches(':').trim_start().starts_with(['{', '<']);
    match name {
        "saved_model_schema_version" if rest.starts_with(':') => Some(Root::Saved),
        "meta_graphs" if opens => Some(Root::Saved),
        "meta_info_def" | "graph_def" | "saver_def" | "collection_def" | "signature_def" if opens => Some(Root::Meta),
        "node" if opens && text.contains("op:") => Some(Root::Graph),
        "library" | "versions" if opens => Some(Root::Graph),
        _ => None,
    }
}

/// Whether the file is a `GraphDef` as JSON.
pub fn is_json(probe: &Probe) -> bool {
    let Some(json) = probe.json().filter(|json| json.root == JsonRoot::Object) else { return false };
    let about = ["versions", "library"].iter().any(|key| json.has(&[key]));
    about && json.has(&["node"]) && json.keys.iter().all(|key| matches!(&*key.name, "node" | "versions" | "library"))
}

/// The bytes of the message `root` that the text `source` spells, as a file of their own.
pub fn from_text(root: Root, source: &str, open: &mut Open) -> Place {
    let name = match root {
        Root::Saved => "SavedModel",
        Root::Meta => "MetaGraphDef",
        Root::Graph => "GraphDef",
    };
    place(encode_text(source, &SCHEMA, name), open)
}

/// The bytes of the `GraphDef` that `value` spells, as a file of their own.
pub fn from_json(value: &Value, open: &mut Open) -> Place {
    place(encode_json(value, &SCHEMA, "GraphDef"), open)
}

fn place(encoded: Encoded, open: &mut Open) -> Place {
    if let Some(fault) = &encoded.fault {
        open.report.add_error(fault);
    }
    let unknown: Vec<&str> = encoded
        .unknown
        .iter()
        .map(String::as_str)
        .filter(|name| !MISSED.iter().any(|start| name.starts_with(start)))
        .collect();
    if !unknown.is_empty() {
        let listed = unknown.get(..LISTED).unwrap_or(&unknown).join(", ");
        let more = unknown.len().saturating_sub(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        open.report.add(Severity::Note, format!("fields that are not known are not shown: {listed}{more}"));
    }
    let name = format!("{} as bytes", open.probe.name());
    let file = open.files.add_inside(&name, Rc::new(BytesSource(encoded.bytes)));
    Place { file, bytes: open.files.slice(file).unwrap_or_default() }
}
