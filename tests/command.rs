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
        assert_eq!(line.len(), 12);
        assert!(line[6].parse::<u64>().unwrap() > 0, "bytes read");
        assert!(line[7].parse::<f64>().unwrap() >= 0.0, "seconds");
        assert!(line[8..].iter().all(|cell| cell.parse::<u64>().is_ok()), "costs");
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
fn safety_says_what_pickles_would_do_and_its_status_whether_that_is_dangerous() {
    let output = lamina(&["safety", "pytorch/cnn.pth", "hostile/stack-global.pkl", "onnx/if.onnx"]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stdout);
    assert!(said.contains("pytorch/cnn.pth: inert: Nothing known to be dangerous was found.\n"), "{said}");
    assert!(
        said.contains("hostile/stack-global.pkl: dangerous: Loading this file calls `nt.system('echo lamina')`"),
        "{said}"
    );
    assert!(said.contains("    dangerous 0x1e REDUCE nt.system('echo lamina')\n"), "{said}");
    assert!(said.contains("onnx/if.onnx: no pickles\n"), "{said}");
    assert_eq!(lamina(&["safety", "pytorch/module.pt"]).status.code(), Some(0));

    // What is no model is reported on, and said to be none.
    let output = lamina(&["safety", "hostile/sklearn.pkl", "none/image.png"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).starts_with("hostile/sklearn.pkl: dangerous: "));
    assert!(text(&output.stderr).contains("hostile/sklearn.pkl: This is a Python pickle with objects of sklearn"));
    assert_eq!(lamina(&["safety", "none/image.png"]).status.code(), Some(1));

    let output = lamina(&["safety", "--json", "hostile/renamed.pt", "onnx/if.onnx"]);
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["file"], &lines[0]["safety"]["rating"]), (&"hostile/renamed.pt".into(), &"dangerous".into()));
    assert_eq!(lines[0]["safety"]["streams"][1]["aside"], true);
    assert_eq!(lines[0]["safety"]["streams"][1]["calls"][0]["at"], 0x86);
    assert_eq!(lines[1]["safety"], Value::Null);
}

#[test]
fn the_summary_of_a_dangerous_file_warns_beside_its_line() {
    let output = lamina(&["summary", "hostile/injected.pt", "pytorch/cnn.pth"]);
    assert!(output.status.success());
    assert_eq!(text(&output.stdout).lines().count(), 2);
    let warning = "hostile/injected.pt: dangerous: Loading this file calls `os.system('echo lamina')`";
    let said = text(&output.stderr);
    assert!(said.starts_with(warning) && said.lines().count() == 1, "{said}");
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
