//! Runs the command line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use serde_json::Value;
use std::process::{Command, Output};

fn lamina(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lamina"));
    command.current_dir(common::root()).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn summary_is_one_line_a_file() {
    let output = lamina(&["summary", "onnx/if.onnx", "safetensors/shapes.safetensors"]);
    assert!(output.status.success());
    let lines: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
    let cells: Vec<Vec<&str>> = lines.iter().map(|line| line.split(" | ").collect()).collect();
    assert_eq!(cells[0][..6], ["ONNX v8", "5", "12", "13", "4", "7"]);
    assert_eq!(cells[1][..6], ["Safetensors", "1", "1", "0", "5", "3"]);
    for line in cells {
        assert_eq!(line.len(), 8);
        assert!(line[6].parse::<u64>().unwrap() > 0, "bytes read");
        assert!(line[7].parse::<f64>().unwrap() >= 0.0, "seconds");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_go_on() {
    let output = lamina(&["summary", "bad/safetensors/json-cut.safetensors", "no such file", "onnx/if.onnx"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    let complaints = text(&output.stderr);
    assert!(complaints.contains("json-cut.safetensors: Safetensors: the header is no valid JSON"), "{complaints}");
    assert!(complaints.contains("no such file: "), "{complaints}");
}

#[test]
fn dump_is_text_or_json() {
    let golden = std::fs::read_to_string(common::root().join("onnx/if.onnx.dump")).unwrap();
    let output = lamina(&["dump", "onnx/if.onnx"]);
    assert_eq!(text(&output.stdout), golden.split_once('\n').unwrap().1);

    let json: Value = serde_json::from_slice(&lamina(&["dump", "--json", "onnx/if.onnx"]).stdout).unwrap();
    let main = &json["graphs"][0];
    assert_eq!(json["format"], "ONNX v8");
    assert_eq!(main["nodes"][2]["attributes"][1], serde_json::json!({"name": "then_branch", "value": {"graph": 2}}));
    let value = main["nodes"][1]["inputs"][1]["values"][0].as_u64().unwrap() as usize;
    let tensor = main["values"][value]["tensor"].as_u64().unwrap() as usize;
    assert_eq!(json["tensors"][tensor]["dtype"], "float32");
    assert_eq!(json["tensors"][tensor]["data"]["range"][1]["len"], 4);
    assert_eq!(json["diagnostics"], serde_json::json!([]));
}

#[test]
fn what_is_not_understood_is_explained() {
    for arguments in [&["summary"] as &[_], &["dump"], &["--what", "summary", "a"], &[]] {
        let output = lamina(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("usage: lamina"), "{arguments:?}");
    }
    let help = lamina(&["--help"]);
    assert!(help.status.success() && text(&help.stdout).contains("usage: lamina"));
}
