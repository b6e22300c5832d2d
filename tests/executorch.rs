//! ExecuTorch programs: instructions, constants in segments, delegates, branches, weights beside the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{Category, Data, Graph, Literal, Model, Node, values};
use lamina::source::{BytesSource, Files};
use std::rc::Rc;

fn open(path: &str) -> (Model, Files) {
    let files = common::on_disk(&common::root().join("executorch").join(path));
    let Opened { model, report, format, .. } = common::open(&files).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(format.id, "executorch", "{path}");
    assert!(report.diagnostics.is_empty(), "{path}: {:?}", report.diagnostics);
    (model, files)
}

fn graph(model: &Model) -> &Graph {
    model.graphs.values().next().unwrap()
}

fn node<'a>(graph: &'a Graph, operator: &str) -> &'a Node {
    graph.nodes.values().find(|node| &*node.operator == operator).unwrap()
}

fn floats(model: &Model, files: &Files, name: &str) -> Vec<String> {
    let (id, _) = model.tensors.iter().find(|(_, tensor)| &*tensor.name == name).unwrap();
    let read = values::read(model, id, files, 0, u64::MAX).unwrap();
    (0..read.len()).map(|at| read.text(at).unwrap()).collect()
}

#[test]
fn kernels_read_and_write_values() {
    let (model, _) = open("cnn.pte");
    let graph = graph(&model);
    let convolution = node(graph, "convolution");
    assert_eq!((&*convolution.domain, convolution.category), ("aten", Category::Convolution));
    assert_eq!((convolution.inputs.len(), convolution.outputs.len()), (3, 1));
    let output = &graph.values[convolution.outputs[0].values[0]];
    assert_eq!(output.ty.as_ref().unwrap().to_string(), "float32 2×4×16×16");
    assert!(output.metadata.iter().any(|entry| (&*entry.name, &*entry.value) == ("memory", "area 1 at 24576")));
    assert!(
        convolution.attributes.iter().any(|found| found.value == Literal::List(vec![Literal::Int(2); 2])),
        "stride"
    );
    assert_eq!(node(graph, "max_pool2d_with_indices").outputs.len(), 2);
    assert_eq!(node(graph, "_native_batch_norm_legit_no_training").outputs.len(), 3);
    assert_eq!((graph.inputs.len(), graph.outputs.len()), (1, 1));
}

#[test]
fn constants_are_ranges_of_segments() {
    let (model, files) = open("methods.pte");
    assert_eq!(model.graphs.values().map(|graph| &*graph.name).collect::<Vec<_>>(), ["decode", "encode"]);
    assert!(model.tensors.values().all(|tensor| matches!(tensor.data, Data::Range(..))));
    assert_eq!(floats(&model, &files, "constant 1").len(), 6);
    assert_eq!(floats(&model, &files, "constant 1")[..3], ["0.0", "0.125", "0.25"].map(String::from));
}

/// The body of the delegate that a program calls.
fn compiled(model: &Model) -> &Graph {
    let delegate = node(graph(model), "XnnpackBackend");
    assert_eq!((&*delegate.domain, delegate.inputs.len(), delegate.outputs.len()), ("delegate", 1, 1));
    let Literal::Graph(body) = delegate.attributes[0].value else { panic!("{:?}", delegate.attributes) };
    &model.graphs[body]
}

#[test]
fn what_was_compiled_for_xnnpack_is_a_graph_with_its_weights() {
    for path in ["xnnpack.pte", "xnnpack-inline.pte"] {
        let (model, files) = open(path);
        let body = compiled(&model);
        let operators: Vec<&str> = body.nodes.values().map(|node| &*node.operator).collect();
        assert_eq!(operators[..4], ["StaticTranspose", "Conv2d", "MaxPooling2d", "Conv2d"], "{path}");
        assert_eq!((body.inputs.len(), body.outputs.len()), (1, 1), "{path}");
        let convolution = node(body, "Conv2d");
        assert_eq!(convolution.category, Category::Convolution);
        let stride = convolution.attributes.iter().find(|found| &*found.name == "subsampling_height").unwrap();
        assert_eq!(stride.value, Literal::Int(2), "{path}");
        // The last layer of the same network as it is without the delegate.
        let (plain, own) = open("cnn.pte");
        assert_eq!(floats(&model, &files, "constant 13"), floats(&plain, &own, "constant 18"), "{path}");
    }
}

#[test]
fn scales_of_channels_are_beside_the_weights_that_xnnpack_reads() {
    let (model, files) = open("xnnpack-quantised.pte");
    let body = compiled(&model);
    let layer = node(body, "FullyConnected");
    let names: Vec<&str> = layer.inputs.iter().map(|argument| &*argument.name).collect();
    assert_eq!(names, ["input", "filter", "filter/scales", "bias", "bias/scales"]);
    let numbers = |name: &str| -> Vec<f64> {
        floats(&model, &files, name).iter().map(|number| number.parse().unwrap()).collect()
    };
    // The bias has the scale of the input times that of the weights.
    let input = body.values[layer.inputs[0].values[0]].metadata.iter().find(|entry| &*entry.name == "scale").unwrap();
    let input: f64 = input.value.parse().unwrap();
    for (weight, bias) in numbers("constant 2").iter().zip(numbers("constant 4")) {
        assert!((weight * input - bias).abs() < 1e-6 * bias, "{weight} × {input} is not {bias}");
    }
    assert!(numbers("constant 1").iter().any(|code| code.abs() == 127.0), "the largest weight has the largest code");
}

#[test]
fn what_was_compiled_for_others_is_bytes() {
    let bytes = std::fs::read(common::root().join("executorch/xnnpack.pte")).unwrap();
    let at = bytes.windows(4).position(|bytes| bytes == b"XH00").unwrap();
    let mut other = bytes;
    other[at] = b'?';
    let files = common::in_memory("other.pte", other);
    let model = common::open(&files).unwrap().model;
    let delegate = node(graph(&model), "XnnpackBackend");
    let Literal::Tensor(blob) = delegate.attributes[0].value else { panic!("{:?}", delegate.attributes) };
    assert_eq!((model.graphs.len(), model.tensors[blob].bytes()), (1, Some(4672)));
    let head = values::read(&model, blob, &files, 4, 1).unwrap();
    assert_eq!(head.text(0), Some(b'?'.to_string()));
}

#[test]
fn branches_meet_in_moves() {
    let (model, _) = open("branch.pte");
    let graph = graph(&model);
    let moves: Vec<&Node> = graph.nodes.values().filter(|node| &*node.operator == "Move").collect();
    assert_eq!(moves.iter().map(|node| node.inputs.len()).collect::<Vec<_>>(), [1, 2]);
    let subtraction = node(graph, "sub");
    assert_eq!(subtraction.inputs[0].values, moves[1].outputs[0].values);
    assert_eq!(moves[1].inputs[1].values, moves[0].outputs[0].values);
    assert_eq!(node(graph, "JumpFalse").attributes[0].value, Literal::Int(5));
}

#[test]
fn what_is_written_again_is_a_value_of_its_own() {
    let (model, _) = open("counting.pte");
    let graph = graph(&model);
    let copy = node(graph, "copy_");
    assert_ne!(copy.inputs[0].values, copy.outputs[0].values);
    let buffer = graph.values[copy.inputs[0].values[0]].tensor.unwrap();
    assert!(matches!(model.tensors[buffer].data, Data::Absent), "memory without a first content");
}

#[test]
fn numbers_that_are_computed_flow() {
    let (model, _) = open("split.pte");
    let graph = graph(&model);
    assert_eq!(node(graph, "mul").inputs[0].values, node(graph, "sym_size").outputs[0].values);
    assert_eq!(node(graph, "split_with_sizes_copy").outputs.len(), 2);
    assert_eq!(node(graph, "cat").inputs[0].values.len(), 2);
    assert_eq!(graph.outputs.len(), 2);
}

#[test]
fn weights_may_be_beside_the_program() {
    let (model, files) = open("beside/model.pte");
    let (alone, own) = open("beside/_default_external_constant.ptd");
    assert_eq!(alone.tensors.len(), 2);
    assert_eq!(floats(&model, &files, "linear.weight"), floats(&alone, &own, "linear.weight"));

    let read = |name: &str| std::fs::read(common::root().join("executorch/beside").join(name)).unwrap();
    let missing = common::open(&common::in_memory("model.pte", read("model.pte"))).unwrap();
    assert!(
        missing.report.diagnostics[0].message.contains("are in \"_default_external_constant.ptd\", which is not here")
    );
    let dropped = common::in_memory("model.pte", read("model.pte"));
    dropped.add("weights.ptd", Rc::new(BytesSource(read("_default_external_constant.ptd"))));
    let found = common::open(&dropped).unwrap();
    assert_eq!(floats(&found.model, &dropped, "linear.bias").len(), 4);
}

#[test]
fn traces_are_kept() {
    let (model, _) = open("transformer.pte");
    let of = |node: &Node| node.metadata.iter().find(|entry| &*entry.name == "source").map(|entry| entry.value.clone());
    assert!(graph(&model).nodes.values().filter_map(of).any(|source| source.contains("nets.py")), "none");
}

#[test]
fn a_program_that_is_cut_short_says_so() {
    let bytes = std::fs::read(common::root().join("executorch/cnn.pte")).unwrap();
    let cut = bytes[..bytes.len() - 1000].to_vec();
    let Opened { model, report, .. } = common::open(&common::in_memory("cut.pte", cut)).unwrap();
    assert_eq!(graph(&model).nodes.len(), 24);
    assert!(report.diagnostics.iter().any(|found| found.message.contains("segment 0")), "{:?}", report.diagnostics);
}

#[test]
fn views_that_are_left_out_are_told_from_the_memory() {
    let (model, _) = open("transformer.pte");
    let graph = graph(&model);
    let views: Vec<&Node> = graph.nodes.values().filter(|node| node.inferred).collect();
    assert!(views.iter().all(|node| &*node.operator == "view" && node.inputs[0].values.len() == 1));
    assert!(
        model.tensors.values().all(|tensor| tensor.name.starts_with("constant")),
        "nothing is read that nobody wrote"
    );
}

#[test]
fn counts_are_those_of_netron() {
    // Nodes, initialisers and parameters that Netron 9.3 counts, and what is added to each here.
    type Counts = [i64; 3];
    let cases: [(&str, Counts, Counts, &str); 8] = [
        ("cnn.pte", [23, 29, 1469], [1, 0, 0], "a view that is left out"),
        ("transformer.pte", [106, 28, 1952], [29, 0, 0], "views that are left out"),
        ("branch.pte", [6, 2, 2], [4, 0, 0], "Netron leaves out jumps and moves"),
        ("counting.pte", [6, 3, 17], [0, 1, 1], "the memory that is kept from call to call"),
        ("methods.pte", [4, 4, 17], [0, 0, 0], ""),
        ("split.pte", [6, 0, 0], [0, 0, 0], ""),
        ("xnnpack.pte", [16, 14, 1373], [0, 0, 0], ""),
        ("xnnpack-quantised.pte", [5, 0, 0], [0, 8, 237], "Netron does not show quantised weights"),
    ];
    for (path, netron, more, why) in cases {
        let totals = open(path).0.totals();
        let ours = [totals.nodes as i64, totals.initializers as i64, totals.parameters as i64];
        assert_eq!([ours[0] - more[0], ours[1] - more[1], ours[2] - more[2]], netron, "{path}: {why}");
    }
}
