//! `ModelProto` in protobuf's text format (`.pbtxt`, `.textproto`) and in its JSON format.

use super::super::Open;
use crate::codec::json;
use crate::codec::prototext::{Encoded, Schema, encode_json, encode_text};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use std::sync::LazyLock;

/// The fields of all messages.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(include_str!("schema.txt")));
/// The longest text that is read, in bytes.
const LONGEST: u64 = 512 << 20;

/// How the message is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// The text format.
    Text,
    /// JSON.
    Json,
}

impl Spelling {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "protobuf text",
            Self::Json => "JSON",
        }
    }
}

/// How the file spells a `ModelProto`, and how sure that is.
pub fn recognise(probe: &Probe) -> Option<(Spelling, Confidence)> {
    if let Some(json) = probe.json() {
        let sets = json.has(&["opsetImport"]) || json.has(&["opset_import"]) || json.has(&["irVersion"]);
        return (json.has(&["graph"]) && sets).then_some((Spelling::Json, Confidence::Certain));
    }
    let text = probe.text()?;
    let begins =
        |word: &str| text.lines().any(|line| line.split([':', '{']).next().is_some_and(|name| name.trim_end() == word));
    let known = begins("ir_version") && (begins("graph") || begins("opset_import") || begins("producer_name"));
    known.then_some((Spelling::Text, Confidence::Certain))
}

/// The message that the file spells, as far as it can be read; what cannot is reported.
///
/// # Errors
/// Those of the source; when the text is too long, or no JSON.
pub fn read(spelling: Spelling, open: &mut Open) -> Result<Vec<u8>> {
    let file = open.probe.file();
    if file.len() > LONGEST {
        return Err(Error::limit(format!("a text of more than {LONGEST} bytes")));
    }
    let bytes = file.read_all(LONGEST)?;
    let Encoded { bytes, fault, unknown } = match spelling {
        Spelling::Text => encode_text(&String::from_utf8_lossy(&bytes), &SCHEMA, "Model"),
        Spelling::Json => {
            let value = json::parse(&bytes).map_err(|error| Error::malformed(error.to_string()))?;
            encode_json(&value, &SCHEMA, "Model")
        }
    };
    if let Some(fault) = &fault {
        open.report.add_error(fault);
    }
    if !unknown.is_empty() {
        let names: Vec<&str> = unknown.iter().take(5).map(String::as_str).collect();
        open.report.add(Severity::Note, format!("fields that are not known are not shown: {}", names.join(", ")));
    }
    Ok(bytes)
}
