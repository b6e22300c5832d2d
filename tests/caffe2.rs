//! Nets of Caffe2: the two that make a model, values, nets within nets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{Graph, GraphId, GraphKind, Literal, Wiring};
use lamina::source::{BytesSource, Files};
use std::rc::Rc;

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(common::root().join("caffe2").join(path)).unwrap()
}

/// Fixtures that were dropped together, under the names given; the first is the main one.
fn dropped(files: &[(&str, &str)]) -> Opened {
    let set = Files::new(files[0].1, Rc::new(BytesSource(bytes(files[0].0))));
    for (path, name) in &files[1..] {
        set.add(name, Rc::new(BytesSource(bytes(path))));
    }
    common::open(&set).unwrap()
}

fn operators(graph: &Graph) -> Vec<&str> {
    graph.nodes.values().map(|node| &*node.operator).collect()
}

fn names(graph: &Graph, values: &[lamina::model::ValueId]) -> Vec<String> {
    values.iter().map(|value| graph.values[*value].name.to_string()).collect()
}

fn said(opened: &Opened) -> String {
    opened.report.diagnostics.iter().map(|it| format!("{:?} {}\n", it.severity, it.message)).collect()
}

const PREDICT: &str = "small/predict_net.pb";
const INIT: &str = "small/init_net.pb";

#[test]
fn both_nets_are_one_model_whatever_their_order_and_names() {
    let text = ["small_text/predict_net.pbtxt", "small_text/init_net.pbtxt"];
    let sets = [
        [(PREDICT, "predict_net.pb"), (INIT, "init_net.pb")],
        [(INIT, "init_net.pb"), (PREDICT, "predict_net.pb")],
        [(PREDICT, "a.pb"), (INIT, "b.pb")],
        [(text[0], "squeeze_predict_net.pbtxt"), (text[1], "squeeze_init_net.pbtxt")],
        [(PREDICT, "predict_net.pb"), (text[1], "weights.pbtxt")],
    ];
    for set in sets {
        let opened = dropped(&set);
        let graph = &opened.model.graphs[GraphId(0)];
        let (inputs, outputs) = (names(graph, &graph.inputs), names(graph, &graph.outputs));
        assert_eq!((inputs, outputs), (vec!["data".to_owned()], vec!["softmax".to_owned()]), "{set:?}");
        // Netron 9.3.3 has the same tensors and parameters, and 7 nodes: those in place are part of the ones before.
        assert_eq!((graph.nodes.len(), opened.model.tensors.len(), opened.model.totals().parameters), (9, 10, 854));
        assert!(opened.report.diagnostics.is_empty(), "{set:?}: {}", said(&opened));
    }
}

#[test]
fn the_net_of_the_same_name_initialises() {
    let other = ("int8_init_net.pb", "other_init_net.pb");
    let opened = dropped(&[(PREDICT, "my_predict_net.pb"), other, (INIT, "my_init_net.pb")]);
    assert_eq!(opened.model.totals().parameters, 854);
    let opened = dropped(&[(PREDICT, "my_predict_net.pb"), other]);
    assert!(said(&opened).contains("Note 2 tensors that are initialised are not read by the net"), "{}", said(&opened));
}

#[test]
fn a_net_alone_is_shown() {
    let opened = dropped(&[(PREDICT, "predict_net.pb")]);
    let graph = &opened.model.graphs[GraphId(0)];
    assert_eq!((graph.nodes.len(), graph.inputs.len(), graph.wiring), (9, 11, Wiring::Flow));
    assert!(said(&opened).contains("Note 11 values come in"), "{}", said(&opened));

    let opened = dropped(&[(INIT, "init_net.pb")]);
    let graph = &opened.model.graphs[GraphId(0)];
    assert_eq!(graph.wiring, Wiring::Modules);
    assert_eq!((&*graph.nodes.values().next().unwrap().name, opened.model.tensors.len()), ("conv1", 11));
    assert!(opened.report.diagnostics.is_empty(), "{}", said(&opened));
}

#[test]
fn operators_in_place_are_links_of_a_chain() {
    let opened = dropped(&[(PREDICT, "predict_net.pb"), (INIT, "init_net.pb")]);
    let graph = &opened.model.graphs[GraphId(0)];
    let chain = ["Conv", "SpatialBN", "Relu", "MaxPool", "Conv", "Sum", "Relu", "FC", "Softmax"];
    assert_eq!(operators(graph), chain);
    for node in graph.nodes.values().filter(|node| &*node.operator == "Relu") {
        assert_ne!(node.inputs[0].values, node.outputs[0].values);
        assert_eq!(names(graph, &node.inputs[0].values), names(graph, &node.outputs[0].values));
    }
}

#[test]
fn nets_within_arguments_are_bodies_that_know_the_values_around_them() {
    let opened = dropped(&[("control.pb", "control.pb")]);
    let model = &opened.model;
    // As many as Netron 9.3.3 counts.
    assert_eq!((model.graphs.len(), model.graphs.values().map(|graph| graph.nodes.len()).sum::<usize>()), (4, 8));
    let body = model.graphs.values().find(|graph| &*graph.name == "loop_net").unwrap();
    assert_eq!((body.kind, operators(body)), (GraphKind::Body, vec!["Mul", "Sub", "GT"]));
    let main = &model.graphs[GraphId(0)];
    let captured = |name: &str| body.values.values().find(|value| &*value.name == name).and_then(|value| value.outer);
    assert_eq!(captured("y"), main.nodes.values().next().map(|node| node.outputs[0].values[0]), "what If gives");
    assert_eq!(captured("flag"), None, "it is not read there");
    let softmax = main.nodes.values().last().unwrap();
    let noted: Vec<String> = softmax.metadata.iter().map(|it| format!("{} {}", it.name, it.value)).collect();
    assert_eq!(noted, ["device CUDA 2", "engine CUDNN", "control_input count"]);
    assert!(main.nodes.values().all(|node| node.attributes.iter().all(|it| it.value != Literal::Absent)));
}

#[test]
fn a_net_that_is_cut_short_is_shown_as_far_as_it_goes() {
    let whole = bytes(PREDICT);
    let files = common::in_memory("predict_net.pb", whole[..500].to_vec());
    let opened = common::open(&files).unwrap();
    assert!(said(&opened).contains("Error"), "{}", said(&opened));
    assert_eq!(operators(&opened.model.graphs[GraphId(0)])[..3], ["Conv", "SpatialBN", "Relu"]);
}
