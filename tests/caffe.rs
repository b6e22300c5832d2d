//! Nets of Caffe: versions of layers, phases, layers in place, weights.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{Graph, GraphId};

fn open(path: &str) -> Opened {
    common::open(&common::on_disk(&common::root().join("caffe").join(path))).unwrap()
}

/// The operators of a graph, in order.
fn operators(graph: &Graph) -> Vec<&str> {
    graph.nodes.values().map(|node| &*node.operator).collect()
}

#[test]
fn layers_in_place_are_links_of_a_chain() {
    for path in ["v0.prototxt", "v1.prototxt", "blocks.caffemodel", "lenet/lenet.prototxt"] {
        let opened = open(path);
        let graph = &opened.model.graphs[GraphId(0)];
        assert!(opened.report.diagnostics.is_empty(), "{path}: {:?}", opened.report.diagnostics);
        for node in graph.nodes.values().filter(|node| &*node.operator == "ReLU") {
            assert_ne!(node.inputs[0].values, node.outputs[0].values, "{path}: {}", node.name);
            let given = node.outputs[0].values[0];
            assert!(
                graph.nodes.values().any(|reader| reader.inputs.iter().any(|it| it.values.contains(&given))),
                "{path}"
            );
        }
    }
}

#[test]
fn a_net_of_both_phases_is_two_graphs() {
    let model = open("lenet/lenet_train_test.prototxt").model;
    let (test, train) = (&model.graphs[GraphId(0)], &model.graphs[GraphId(1)]);
    assert_eq!((&*test.name, &*train.name), ("LeNet (TEST)", "LeNet (TRAIN)"));
    assert!(operators(test).contains(&"Accuracy") && !operators(train).contains(&"Accuracy"));
    assert_eq!(model.graphs.len(), 2);
}

#[test]
fn a_net_finds_its_weights_beside_it() {
    let named = |path: &str| {
        let model = open(path).model;
        let mut names: Vec<(String, Vec<u64>)> =
            model.tensors.values().map(|tensor| (tensor.name.to_string(), tensor.shape.clone())).collect();
        names.sort();
        names
    };
    let (text, binary) = (named("lenet/lenet.prototxt"), named("lenet/lenet.caffemodel"));
    assert_eq!(text.len(), 8);
    assert_eq!(text, binary);
}

/// Netron 9.3.3 counts layers in place as part of the layer before: its nodes are ours without those. Parameters are the same.
#[test]
fn counts_are_those_of_netron_with_the_layers_in_place() {
    let netron = [
        ("v0.prototxt", 7, 0),
        ("v1.prototxt", 7, 0),
        ("v0-weights.caffemodel", 7, 2274),
        ("v1-weights.caffemodel", 7, 2067),
        ("blocks.caffemodel", 6, 341),
        ("lenet/lenet_train_test.prototxt", 17, 0),
    ];
    for (path, nodes, parameters) in netron {
        let model = open(path).model;
        let mut apart = 0;
        for graph in model.graphs.values() {
            // A value that is in place has the name of the one that it replaces.
            let inside = graph.nodes.values().filter(|node| {
                let name = |values: &[lamina::model::ValueId]| values.first().map(|id| graph.values[*id].name.clone());
                let (from, to) = (node.inputs.first(), node.outputs.first());
                from.zip(to).is_some_and(|(from, to)| name(&from.values) == name(&to.values))
            });
            apart += graph.nodes.len() - inside.count();
        }
        assert_eq!((apart, model.totals().parameters), (nodes, parameters), "{path}");
    }
}
