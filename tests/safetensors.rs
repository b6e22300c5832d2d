//! Opens files with one mistake each: whatever the reference reader refuses is told, and nothing is told of what it takes, but that a name comes twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::report::Severity;
use serde_json::{Map, Value};

#[test]
fn what_the_reference_reader_refuses_is_told_and_nothing_else() {
    let cases = std::fs::read_to_string(common::root().with_file_name("refused.json")).unwrap();
    let cases: Map<String, Value> = serde_json::from_str(&cases).unwrap();
    let mut wrong = Vec::new();
    for (name, case) in &cases {
        let text = case["bytes"].as_str().unwrap();
        let bytes = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
        let told: Vec<String> = match common::open(&common::in_memory("x.safetensors", bytes)) {
            Err(error) => vec![error.to_string()],
            Ok(opened) => {
                let told = opened.report.diagnostics.into_iter();
                told.filter(|told| told.severity > Severity::Note).map(|told| told.message).collect()
            }
        };
        // The reference takes the last one of a name, and says nothing.
        if told.is_empty() != (case["refused"].is_null() && name != "same name twice") {
            wrong.push(format!("{name}: the reference says {}, we say {told:?}", case["refused"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.values().filter(|case| !case["refused"].is_null()).count() > 20);
}
