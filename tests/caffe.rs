//! Nets of Caffe: versions of layers, phases, layers in place, weights.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::varint;
use lamina::formats::Opened;
use lamina::model::{DType, Graph, GraphId, Literal, TensorId, values};
use lamina::report::Severity;
use lamina::source::{BytesSource, Files};
use std::rc::Rc;

fn open(path: &str) -> Opened {
    common::open(&common::on_disk(&common::root().join("caffe").join(path))).unwrap()
}

/// Fixtures that were dropped together; the first is the main one.
fn dropped(paths: &[&str]) -> Files {
    let read = |path: &str| Rc::new(BytesSource(std::fs::read(common::root().join("caffe").join(path)).unwrap()));
    let files = Files::new(paths[0].rsplit('/').next().unwrap(), read(paths[0]));
    for path in &paths[1..] {
        files.add(path.rsplit('/').next().unwrap(), read(path));
    }
    files
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

/// Netron 9.3.3 counts layers in place as part of the layer before: its nodes are ours without those, as 7 for the 9 of LeNet. Parameters are the same.
/// It opens a file alone.
#[test]
fn counts_are_those_of_netron_with_the_layers_in_place() {
    let netron = [
        ("v0.prototxt", 7, 0),
        ("v1.prototxt", 7, 0),
        ("v0-weights.caffemodel", 7, 2274),
        ("v1-weights.caffemodel", 7, 2067),
        ("blocks.caffemodel", 6, 341),
        ("lenet/lenet.prototxt", 7, 0),
        ("lenet/lenet_train_test.prototxt", 17, 0),
        ("detection.prototxt", 13, 0),
    ];
    for (path, nodes, parameters) in netron {
        let model = common::open(&dropped(&[path])).unwrap().model;
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

fn said(opened: &Opened) -> String {
    opened.report.diagnostics.iter().map(|it| format!("{:?} {}\n", it.severity, it.message)).collect()
}

#[test]
fn what_is_dropped_together_is_one_model_whatever_its_names() {
    for paths in [["v1.prototxt", "v1-weights.caffemodel"], ["v1-weights.caffemodel", "v1.prototxt"]] {
        let files = dropped(&paths);
        let opened = common::open(&files).unwrap();
        assert_eq!(opened.model.totals().parameters, 2067, "{paths:?}");
        assert!(opened.model.properties.iter().any(|it| &*it.value == "v1-weights.caffemodel"), "{paths:?}");
        assert!(opened.report.diagnostics.is_empty(), "{}", said(&opened));
    }
    // Of several nets, that of the same name; then the one to be deployed.
    let opened = common::open(&dropped(&["lenet/lenet.caffemodel", "v0.prototxt", "lenet/lenet.prototxt"])).unwrap();
    assert_eq!(opened.model.graphs[GraphId(0)].outputs.len(), 1);
    assert_eq!(operators(&opened.model.graphs[GraphId(0)]).last(), Some(&"Softmax"));
    assert!(opened.report.diagnostics.is_empty(), "{}", said(&opened));
}

#[test]
fn weights_of_another_net_are_not_joined() {
    let opened = common::open(&dropped(&["detection.prototxt", "v1-weights.caffemodel"])).unwrap();
    assert_eq!(opened.model.totals().parameters, 0);
    let message = "no layer of \"v1-weights.caffemodel\" has the name of one here";
    assert!(said(&opened).contains(message), "{}", said(&opened));
}

#[test]
fn the_snapshot_of_a_training_is_shown_as_it_was_trained() {
    let opened = common::open(&dropped(&["lenet/lenet.caffemodel"])).unwrap();
    assert_eq!(opened.model.graphs.len(), 1);
    assert_eq!(opened.model.totals().parameters, 2432);
    assert_eq!(operators(&opened.model.graphs[GraphId(0)]).first(), Some(&"Data"));
    assert!(opened.report.diagnostics.is_empty(), "{}", said(&opened));
}

#[test]
fn a_solver_opens_its_net_or_says_which_one_is_missing() {
    let opened = open("lenet/lenet_solver.prototxt");
    assert_eq!(opened.model.graphs.len(), 2);
    assert!(opened.model.metadata.iter().any(|it| (&*it.name, &*it.value) == ("lr_policy", "inv")));
    let alone = open("solver-alone.prototxt");
    let message = "Warning this solver trains the net \"examples/elsewhere/net.prototxt\", which is not here";
    assert!(said(&alone).contains(message), "{}", said(&alone));
    assert_eq!(alone.model.metadata.len(), opened.model.metadata.len());
}

#[test]
fn stages_are_graphs_of_their_own() {
    let model = open("stages.prototxt").model;
    let names: Vec<&str> = model.graphs.values().map(|graph| &*graph.name).collect();
    assert_eq!(names, ["Stages (TEST val)", "Stages (TEST deploy)", "Stages (TRAIN train)"]);
    assert_eq!(operators(&model.graphs[GraphId(1)]), ["InnerProduct", "Softmax"]);
}

#[test]
fn what_only_forks_know_keeps_its_name() {
    let opened = open("fork.prototxt");
    let graph = &opened.model.graphs[GraphId(0)];
    assert_eq!(operators(graph), ["Convolution", "BN", "Mish", "Pooling", "Upsample", "RegionOutput"]);
    let attribute = |node: &str, name: &str| {
        let node = graph.nodes.values().find(|it| &*it.name == node).unwrap();
        node.attributes.iter().find(|it| &*it.name == name).map(|it| it.value.clone())
    };
    let text = |text: &str| Some(Literal::String(text.into()));
    assert_eq!(attribute("conv", "scale_quant"), Some(Literal::Float(12.5)));
    assert_eq!(attribute("conv", "engine"), text("MKLDNN"));
    assert_eq!(attribute("bn", "slope_filler.type"), text("constant"));
    assert_eq!(attribute("pool", "pool"), text("MAX"));
    let [only] = opened.report.diagnostics.as_slice() else { panic!("{}", said(&opened)) };
    assert_eq!(only.severity, Severity::Note);
    assert!(only.message.contains("Convolution.scale_quant"), "{}", only.message);
}

#[test]
fn a_net_that_is_cut_short_is_shown_as_far_as_it_goes() {
    let opened = open("cut-short.prototxt");
    assert!(said(&opened).contains("Error line 9, column 16: a text in quotes is not closed"), "{}", said(&opened));
    assert_eq!(operators(&opened.model.graphs[GraphId(0)]), ["Convolution", "BN", "Mish"]);

    let whole = std::fs::read(common::root().join("caffe/blocks.caffemodel")).unwrap();
    let files = common::in_memory("cut.caffemodel", whole[..whole.len() / 2].to_vec());
    let opened = common::open(&files).unwrap();
    assert!(said(&opened).contains("Error cut short"), "{}", said(&opened));
    assert_eq!(operators(&opened.model.graphs[GraphId(0)])[..3], ["Convolution", "BatchNorm", "Scale"]);
}

#[test]
fn means_and_states_are_tensors_with_their_values() {
    let files = common::on_disk(&common::root().join("caffe/mean.binaryproto"));
    let opened = common::open(&files).unwrap();
    let read = values::read(&opened.model, TensorId(0), &files, 0, 192).unwrap();
    assert!((0..192).all(|index| (90.0..130.0).contains(&read.number(index).unwrap())));

    let shapes = |path: &str| open(path).model.tensors.values().map(|tensor| tensor.shape.clone()).collect::<Vec<_>>();
    assert_eq!(shapes("mean.binaryproto"), [[1, 3, 8, 8]]);
    assert_eq!(shapes("blobs.binaryproto"), [vec![2, 3], vec![4]]);
    assert_eq!(shapes("lenet/lenet_iter_10.solverstate").len(), 8);
}

/// NVIDIA's fork has elements of other types as bytes; there is no package that writes it.
#[test]
fn raw_data_has_the_type_that_it_states() {
    let field =
        |number: u64, content: &[u8]| [varint(number << 3 | 2), varint(content.len() as u64), content.into()].concat();
    let number = |number: u64, value: u64| [varint(number << 3), varint(value)].concat();
    let blob = [field(7, &field(1, &[2])), number(10, 2), field(12, &[0x00, 0x3c, 0x00, 0xc0])].concat();
    let layer = [field(1, b"p"), field(2, b"PReLU"), field(3, b"x"), field(4, b"x"), field(7, &blob)].concat();
    let net = [field(1, b"net"), field(3, b"x"), field(100, &layer)].concat();
    let files = common::in_memory("half.caffemodel", net);
    let opened = common::open(&files).unwrap();
    let tensor = &opened.model.tensors[TensorId(0)];
    assert_eq!((&*tensor.name, tensor.dtype), ("p.slope", DType::F16));
    let read = values::read(&opened.model, TensorId(0), &files, 0, 2).unwrap();
    assert_eq!((read.number(0), read.number(1)), (Some(1.0), Some(-2.0)));
}
