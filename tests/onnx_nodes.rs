//! Nodes of ONNX: places of outputs, what schemas say of them, training, devices.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::Tree;
use lamina::formats::Opened;
use lamina::model::{Graph, GraphId};
use lamina::report::Severity;
use lamina::view::{Detail, Selection, Viewer};

const HEAD: &str = "ir_version: 8
opset_import { version: 18 }
opset_import { domain: \"com.microsoft\" version: 1 }
opset_import { domain: \"ai.onnx.preview.training\" version: 1 }
opset_import { domain: \"com.example\" version: 1 }
";

/// The model of a graph with `nodes`, as protobuf's text spells them.
fn open(nodes: &str) -> Opened {
    let text = format!("{HEAD}graph {{ name: \"g\" input {{ name: \"x\" }} {nodes} }}");
    common::open(&common::in_memory("a.pbtxt", text.into_bytes())).unwrap()
}

fn main(opened: &Opened) -> &Graph {
    &opened.model.graphs[GraphId(0)]
}

fn said(opened: &Opened) -> Vec<(Severity, &str)> {
    opened.report.diagnostics.iter().map(|it| (it.severity, it.message.as_str())).collect()
}

#[test]
fn an_output_that_is_not_used_keeps_its_place() {
    let split = |outputs: &[&str]| {
        let outputs: String = outputs.iter().map(|name| format!("output: \"{name}\" ")).collect();
        let node = "attribute { name: \"num_outputs\" i: 4 type: INT } op_type: \"Split\"";
        open(&format!("node {{ input: \"x\" {outputs} {node} }}"))
    };
    let opened = split(&["", "b", "", "d"]);
    let graph = main(&opened);
    let [outputs] = &*graph.nodes.values().next().unwrap().outputs else { panic!("one variadic") };
    let names: Vec<&str> = outputs.values.iter().map(|value| &*graph.values[*value].name).collect();
    assert_eq!(names, ["", "b", "", "d"]);
    assert!(said(&opened).is_empty(), "{:?}", said(&opened));
}

#[test]
fn operators_of_onnx_runtime_are_checked_as_far_as_releases_agree() {
    let cases = [
        ("FusedMatMul", "input: \"x\"", "has 1 input, should have 2 inputs"),
        (
            "FusedMatMul",
            "input: \"x\" input: \"x\" attribute { name: \"alpha\" i: 1 type: INT }",
            "has an integer as attribute \"alpha\", should have a float",
        ),
        (
            "FusedMatMul",
            "input: \"x\" input: \"x\" attribute { name: \"beta\" i: 1 type: INT }",
            "has an attribute \"beta\", which it should not have",
        ),
        ("QuickGelu", "input: \"x\" input: \"x\"", "has 2 inputs, should have 1 input"),
    ];
    for (operator, content, fault) in cases {
        let opened =
            open(&format!("node {{ {content} output: \"y\" op_type: \"{operator}\" domain: \"com.microsoft\" }}"));
        assert_eq!(said(&opened), [(Severity::Note, &*format!("{operator} {fault}"))]);
    }
}

#[test]
fn training_operators_are_checked_and_unknown_domains_are_not() {
    let training = "domain: \"ai.onnx.preview.training\"";
    let opened = open(&format!("node {{ input: \"x\" output: \"y\" op_type: \"Adam\" {training} }}"));
    assert_eq!(said(&opened), [(Severity::Warning, "Adam has 1 input, should have at least 3 inputs")]);
    let opened = open("node { input: \"x\" output: \"y\" op_type: \"Adam\" domain: \"com.example\" }");
    assert_eq!((said(&opened), main(&opened).nodes.len()), (vec![], 1));
}

#[test]
fn training_is_two_graphs_that_name_what_they_overwrite() {
    let opened = common::open(&common::on_disk(&common::root().join("onnx/training.onnx"))).unwrap();
    let files = common::on_disk(&common::root().join("onnx/training.onnx"));
    let viewer = Viewer::new(common::open(&files).unwrap(), files);
    let Some(Detail::Group(whole)) = viewer.detail(GraphId(2), Selection::Group(Tree::ROOT)) else { panic!("no root") };
    assert_eq!(whole.metadata.len(), 2, "the panel of the whole graph shows them");
    let graphs: Vec<(&str, Vec<String>)> = opened
        .model
        .graphs
        .values()
        .map(|graph| (&*graph.name, graph.metadata.iter().map(|it| format!("{} = {}", it.name, it.value)).collect()))
        .collect();
    assert_eq!(
        graphs[1..],
        [
            ("initialization", vec!["initial w = w_start".to_owned()]),
            ("algorithm", vec!["next w = w_next".to_owned(), "next iteration = iteration_next".to_owned()]),
        ]
    );
}

#[test]
fn devices_are_properties_of_the_model_and_notes_at_nodes() {
    let opened = common::open(&common::on_disk(&common::root().join("onnx/metadata.onnx"))).unwrap();
    let of_model = opened.model.properties.iter().find(|it| &*it.name == "devices (two)").map(|it| &*it.value);
    assert_eq!(of_model, Some("2: gpu:0, gpu:1"));
    let node = main(&opened).nodes.values().next().unwrap();
    let of_node = node.metadata.iter().find(|it| &*it.name == "devices (two)").map(|it| &*it.value);
    assert_eq!(of_node, Some("stage 1; w on 0, [0, 1], axis 1: 4 in 2 parts"));
    assert!(said(&opened).is_empty(), "{:?}", said(&opened));
}
