//! TorchScript: what becomes of programs, how that compares with what torch and Netron say, and programs that ask for too much.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::Tree;
use lamina::formats::Opened;
use lamina::model::{Graph, GraphId, GraphKind, Literal, Model, Node, values};
use lamina::report::Severity;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(common::root().join("pytorch/script").join(name)).unwrap()
}

fn open_bytes(name: &str, bytes: Vec<u8>) -> Opened {
    let opened = common::open(&common::in_memory(name, bytes)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(opened.format.id, "pytorch", "{name}");
    opened
}

fn open(name: &str) -> Opened {
    open_bytes(name, bytes(name))
}

/// A program without anything odd.
fn model(name: &str) -> Model {
    let Opened { model, report, .. } = open(name);
    assert!(report.diagnostics.is_empty(), "{name}: {:?}", report.diagnostics);
    model
}

fn main_graphs(model: &Model) -> Vec<(GraphId, &Graph)> {
    model.graphs.iter().filter(|(_, graph)| graph.kind == GraphKind::Main).collect()
}

fn forward(model: &Model) -> &Graph {
    let (_, graph) = main_graphs(model)[0];
    assert!(graph.name.starts_with("forward"), "{}", graph.name);
    graph
}

fn operators(graph: &Graph) -> Vec<&str> {
    graph.nodes.values().map(|node| &*node.operator).collect()
}

fn node<'a>(graph: &'a Graph, operator: &str) -> &'a Node {
    graph.nodes.values().find(|node| &*node.operator == operator).unwrap_or_else(|| panic!("no {operator}"))
}

fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a Literal> {
    node.attributes.iter().find(|attribute| &*attribute.name == name).map(|attribute| &attribute.value)
}

/// The names of the values that are bound to a parameter.
fn argument(graph: &Graph, node: &Node, name: &str) -> Vec<String> {
    let found = node.inputs.iter().find(|argument| &*argument.name == name);
    let values = found.map(|argument| &*argument.values).unwrap_or_default();
    values.iter().map(|value| graph.values[*value].name.to_string()).collect()
}

fn body<'a>(model: &'a Model, node: &Node, name: &str) -> &'a Graph {
    match attribute(node, name) {
        Some(Literal::Graph(id)) => &model.graphs[*id],
        other => panic!("{name} is {other:?}"),
    }
}

fn scope(graph: &Graph, node: &Node) -> String {
    node.scope.map(|scope| graph.path(scope, ".")).unwrap_or_default()
}

#[test]
fn a_traced_network_is_its_operators_in_its_modules() {
    let model = model("traced.pt");
    let graph = forward(&model);
    assert_eq!(model.format, "TorchScript v1.6");
    let count = |operator: &str| operators(graph).iter().filter(|own| **own == operator).count();
    assert_eq!([count("_convolution"), count("batch_norm"), count("relu"), count("add")], [6, 5, 4, 2]);
    assert!(graph.nodes.values().all(|node| node.metadata.iter().any(|entry| &*entry.name == "source")));
    let convolution = graph.nodes.values().find(|node| scope(graph, node) == "layer2.downsample.0").unwrap();
    assert_eq!(argument(graph, convolution, "weight"), ["layer2.downsample.0.weight"]);
    let class = &graph.scopes[convolution.scope.unwrap()].class;
    assert_eq!(&**class, "torch.nn.modules.conv.Conv2d");
    let scripted = crate::model("control.pt");
    let first = forward(&scripted).scopes.values().find(|scope| &*scope.name == "first").unwrap();
    let settings: Vec<(&str, &str)> = first.metadata.iter().map(|entry| (&*entry.name, &*entry.value)).collect();
    assert_eq!(settings, [("scale", "0.5")], "what is about training is said once");
    let tree = Tree::of(&model, main_graphs(&model)[0].0);
    let groups: Vec<&str> = tree.groups.values().map(|group| &*group.name).collect();
    assert!(groups.contains(&"layer1") && groups.contains(&"downsample"), "{groups:?}");
}

#[test]
fn scripted_and_frozen_are_the_same_network_with_fewer_nodes() {
    let (scripted, frozen) = (model("scripted.pt"), model("frozen.pt"));
    let names =
        |model: &Model, operator: &str| operators(forward(model)).iter().filter(|own| **own == operator).count();
    assert_eq!([names(&scripted, "conv2d"), names(&scripted, "batch_norm")], [6, 5]);
    assert_eq!([names(&frozen, "conv2d"), names(&frozen, "batch_norm")], [6, 0]);
    assert!(frozen.tensors.values().all(|tensor| tensor.name.starts_with("CONSTANTS.c")));
    let extra = |name: &str| scripted.metadata.iter().find(|entry| &*entry.name == name).map(|entry| &*entry.value);
    assert_eq!(extra("labels.json"), Some("[\"cat\", \"dog\"]"));
    assert_eq!(extra("binary"), Some("2 bytes"));
}

#[test]
fn counts_are_those_of_netron_or_differ_for_a_reason() {
    // Netron 9.3.3: nodes with those of nested graphs, initialisers, parameters.
    let expected = [
        // Without the two list constructions and the unpacking of the result of `size`: lists of numbers and values are the arguments that they make.
        ("attention.pt", [14, 6, 304], [12, 6, 304]),
        ("detector.pt", [8, 2, 36], [8, 2, 36]),
        ("frozen.pt", [23, 14, 1373], [23, 14, 1373]),
        ("function.pt", [5, 0, 0], [5, 0, 0]),
        ("optimised.pt", [3, 2, 12], [3, 2, 12]),
        // Without the lists of weights, which are arguments.
        ("recurrent.pt", [49, 24, 1024], [43, 24, 1024]),
        // Netron keeps choices on what is known when a module is saved, such as whether it is in training.
        ("scripted.pt", [130, 29, 1469], [59, 29, 1469]),
        // With the scales and zero points of five channels, which Netron does not show.
        ("static-quantised.pt", [20, 6, 49], [12, 10, 59]),
        ("transformer.pt", [80, 13, 601], [80, 13, 601]),
    ];
    for (name, netron, own) in expected {
        let model = model(name);
        let nodes: usize = model.graphs.values().map(|graph| graph.nodes.len()).sum();
        let totals = model.totals();
        assert_eq!([nodes, totals.initializers, usize::try_from(totals.parameters).unwrap()], own, "{name}");
        assert!(own[1] >= netron[1] && own[2] >= netron[2], "{name}: all weights are there");
        assert!(nodes <= netron[0], "{name}");
    }
}

#[test]
fn a_method_that_calls_the_purpose_of_its_module_leads_there() {
    let model = model("streaming.pt");
    let methods = main_graphs(&model);
    let names: Vec<&str> = methods.iter().map(|(_, graph)| &*graph.name).collect();
    assert_eq!(names, ["forward", "whole"], "reset is within both");
    let each = body(&model, node(methods[1].1, "Loop"), "body");
    let call = node(each, "CallMethod");
    assert_eq!(call.definition, Some(methods[0].0));
    assert_eq!(argument(each, call, "rate"), ["rate"]);
    assert!(call.outputs[0].values.len() == 1 && attribute(call, "self").is_none());
}

#[test]
fn what_netron_has_more_of_is_known_here() {
    let model = model("streaming.pt");
    let main = main_graphs(&model)[0].0;
    let within = |mut id: GraphId| {
        while let Some((parent, _)) = model.graphs[id].parent {
            id = parent;
        }
        id == main
    };
    let graphs: Vec<&Graph> = model.graphs.iter().filter(|(id, _)| within(*id)).map(|(_, graph)| graph).collect();
    // Netron 9.3.3 shows `forward` alone: 29 graphs, of bodies only those with nodes, with 180 nodes. Of 27 here, six only choose between two values.
    assert_eq!((graphs.len(), graphs.iter().filter(|graph| graph.nodes.is_empty()).count()), (27, 6));
    let own = |operator: &str| graphs.iter().flat_map(|graph| operators(graph)).filter(|it| *it == operator).count();
    for (operator, netron, ours) in [
        // Lists and tuples are the arguments that they make, and constants attributes.
        ("ListConstruct", 16, 0),
        ("TupleConstruct", 9, 0),
        ("TupleUnpack", 6, 0),
        ("TupleIndex", 4, 0),
        ("Constant", 21, 1),
        ("unchecked_cast", 4, 0),
        // Whether the cell is given its state is known where it is called: seven choices less, with the checks within.
        ("__isnot__", 2, 0),
        ("__is__", 2, 0),
        ("If", 23, 16),
        ("RaiseException", 8, 6),
        ("__not__", 12, 9),
        ("dim", 17, 13),
        // What the module remembers between calls is read and written by nodes, which Netron leaves out.
        ("GetAttr", 0, 5),
        ("SetAttr", 0, 4),
        ("stack", 0, 1),
        // What computes is the same.
        ("conv1d", 2, 2),
        ("lstm_cell", 2, 2),
        ("linear", 1, 1),
    ] {
        assert_eq!(own(operator), ours, "{operator}: {netron} in Netron");
    }
    // Of what is read within choices, Netron does not find the weights: 3 tensors with 5 elements are left.
    let totals = model.totals();
    assert_eq!((totals.initializers, totals.parameters), (11, 193));
}

#[test]
fn control_flow_is_nodes_with_bodies() {
    let model = model("control.pt");
    let graph = forward(&model);
    let methods: Vec<&str> = main_graphs(&model).iter().map(|(_, graph)| &*graph.name).collect();
    assert_eq!(methods, ["forward", "encode", "reset"], "finish is within forward");
    let inputs: Vec<&str> = graph.inputs.iter().map(|value| &*graph.values[*value].name).collect();
    assert_eq!(inputs, ["x", "bias", "steps"]);
    let while_loop = node(graph, "Loop");
    assert_eq!(argument(graph, while_loop, "condition").len(), 1);
    let inside = body(&model, while_loop, "body");
    assert_eq!(inside.outputs.len(), inside.inputs.len() + 1, "whether it goes on, then what is carried");
    assert_eq!(while_loop.outputs.len(), inside.inputs.len());
    let for_loop = graph.nodes.values().filter(|node| &*node.operator == "Loop").nth(1).unwrap();
    let kept = argument(graph, for_loop, "captured");
    assert!(kept.contains(&"kept".to_owned()), "what bodies read is seen at the node: {kept:?}");
    let choice = graph.nodes.values().find(|node| &*node.operator == "If").unwrap();
    assert!(attribute(choice, "then_branch").is_some() || attribute(choice, "else_branch").is_some());
}

#[test]
fn state_is_read_and_written_by_nodes() {
    let model = model("control.pt");
    let reset = main_graphs(&model).into_iter().find(|(_, graph)| &*graph.name == "reset").unwrap().1;
    let names: Vec<&Literal> = reset
        .nodes
        .values()
        .filter(|node| &*node.operator == "SetAttr")
        .filter_map(|node| attribute(node, "name"))
        .collect();
    assert_eq!(names, [&Literal::String("calls".into()), &Literal::String("memory".into())]);
    assert!(reset.outputs.is_empty());
}

#[test]
fn named_tuples_enumerations_and_interfaces_leave_no_traces() {
    let model = model("types.pt");
    let graph = forward(&model);
    assert_eq!(operators(graph)[..3], ["linear", "mul", "mean"], "the mode of the module is known");
    assert_eq!(attribute(node(graph, "eq"), "other"), Some(&Literal::String("Mode.SUM".into())));
    assert_eq!(scope(graph, node(graph, "linear")), "layer.linear", "an interface is the module that is there");
    assert_eq!(graph.outputs.len(), 3);
}

#[test]
fn calls_of_the_same_module_read_the_same_weights() {
    let model = model("shared.pt");
    let graph = forward(&model);
    let linear: Vec<&Node> = graph.nodes.values().filter(|node| &*node.operator == "linear").collect();
    assert_eq!(linear.len(), 3);
    assert_eq!(scope(graph, linear[0]), scope(graph, linear[1]));
    let weights: Vec<String> = linear.iter().flat_map(|node| argument(graph, node, "weight")).collect();
    // Where a weight is in two modules, the tracer reads it from the first.
    assert_eq!(weights, ["encoder.weight"; 3]);
    assert_eq!(
        model.tensors.values().filter(|tensor| tensor.shape == [4, 4]).count(),
        1,
        "tied weights are one tensor"
    );
    assert!(model.tensors.values().any(|tensor| &*tensor.name == "CONSTANTS.c0" && tensor.shape == [4]));
}

#[test]
fn packed_weights_are_weights() {
    for (name, operator, weight) in
        [("static-quantised.pt", "conv2d_relu", "conv.weight"), ("dynamic-quantised.pt", "linear_dynamic", "0.weight")]
    {
        let model = model(name);
        let graph = forward(&model);
        let layer = node(graph, operator);
        assert_eq!(argument(graph, layer, "weight"), [weight], "{name}");
        assert_eq!(argument(graph, layer, "bias").len(), 1, "{name}");
        let tensor = model.tensors.values().find(|tensor| &*tensor.name == weight).unwrap();
        assert!(tensor.metadata.iter().any(|entry| &*entry.name == "quantisation"), "{name}");
    }
    let model = model("static-quantised.pt");
    let layer = node(forward(&model), "conv2d_relu");
    for (what, dtype) in [("scales", "float64"), ("zero_points", "int64")] {
        let name = format!("conv.weight/{what}");
        assert_eq!(argument(forward(&model), layer, &format!("weight/{what}")), [name.as_str()]);
        let tensor = model.tensors.values().find(|tensor| *tensor.name == *name).unwrap();
        assert_eq!((tensor.dtype.name(), &*tensor.shape), (dtype, &[2][..]), "one for each channel");
    }
    let stride = attribute(node(forward(&model), "conv2d_relu"), "stride").cloned();
    assert_eq!(stride, Some(Literal::List(vec![Literal::Int(2), Literal::Int(2)])));
}

#[test]
fn instructions_say_what_code_says() {
    let (code, instructions) = (model("mobile.ptl"), model("mobile-without-code.ptl"));
    let all = |model: &Model| -> Vec<Vec<String>> {
        model.graphs.values().map(|graph| operators(graph).iter().map(ToString::to_string).collect()).collect()
    };
    assert_eq!(all(&code), all(&instructions));
    let tensors = |model: &Model| model.tensors.values().map(|tensor| tensor.name.to_string()).collect::<Vec<_>>();
    assert_eq!(tensors(&code), tensors(&instructions));
}

#[test]
fn old_archives_say_what_newer_ones_say() {
    let newer = model("torch-1.4.0.pt");
    let convolution = |model: &Model| {
        let graph = forward(model);
        let node = node(graph, "_convolution");
        (argument(graph, node, "weight"), attribute(node, "padding").cloned())
    };
    for (name, format) in [
        ("torch-1.0.1.pt", "TorchScript v1.0"),
        ("torch-1.1.0.pt", "TorchScript v1.1"),
        ("torch-1.2.0.pt", "TorchScript v1.1"),
    ] {
        let old = model(name);
        assert_eq!(old.format, format);
        assert_eq!(convolution(&old), convolution(&newer), "{name}");
        assert_eq!(old.totals().parameters, newer.totals().parameters, "{name}");
        let (old_files, new_files) =
            (common::in_memory(name, bytes(name)), common::in_memory("new", bytes("torch-1.4.0.pt")));
        let weight = |model: &Model, files: &lamina::source::Files| {
            let (id, _) = model.tensors.iter().find(|(_, tensor)| tensor.name.ends_with("fc.weight")).unwrap();
            values::read(model, id, files, 0, 100).unwrap().text(5)
        };
        assert_eq!(weight(&old, &old_files), weight(&newer, &new_files), "{name}");
    }
}

#[test]
fn mistakes_are_told_with_their_places_and_the_rest_is_shown() {
    let Opened { model, report, .. } = open("mistakes.pt");
    let messages: Vec<&str> = report.diagnostics.iter().map(|diagnostic| &*diagnostic.message).collect();
    for part in [
        "code/__torch__.py:9:",
        "code/__torch__.py:15:",
        "no constant \"c7\"",
        "no attribute \"missing\"",
        "\"undefined\"",
    ] {
        assert!(messages.iter().any(|message| message.contains(part)), "{part} in {messages:?}");
    }
    let graph = forward(&model);
    let custom = graph.nodes.values().find(|node| &*node.domain == "custom").unwrap();
    assert_eq!(&*custom.operator, "op");
    assert_eq!(attribute(custom, "size"), Some(&Literal::Int(3)));
    assert_eq!(attribute(node(graph, "CallFunction"), "name"), Some(&Literal::String("gone.Thing".into())));
}

#[test]
fn a_program_that_calls_itself_stays_finite() {
    let Opened { model, report, .. } = open("recursion.pt");
    assert_eq!(attribute(node(forward(&model), "CallMethod"), "name"), Some(&Literal::String("forward".into())));
    assert!(report.diagnostics.iter().any(|diagnostic| diagnostic.message.contains("calls itself")));
}

/// The archive with other code for its class.
fn with_code(code: &str) -> Vec<u8> {
    let mut old = ZipArchive::new(Cursor::new(bytes("recursion.pt"))).unwrap();
    let mut new = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut entry = old.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let name = entry.name().unwrap().into_owned();
        if name.ends_with(".py") {
            content = code.as_bytes().to_vec();
        }
        new.start_file(name, SimpleFileOptions::default()).unwrap();
        new.write_all(&content).unwrap();
    }
    new.finish().unwrap().into_inner()
}

/// A class whose methods each call the next one twice.
fn doubling(levels: usize, last: &str) -> String {
    let mut code =
        String::from("class Plain(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    return (self).f0(x, )\n");
    for level in 0..levels {
        let next = level + 1;
        code += &format!(
            "  def f{level}(self, x: Tensor) -> Tensor:\n    y = (self).f{next}(x, )\n    return (self).f{next}(y, )\n"
        );
    }
    code + &format!("  def f{levels}(self, x: Tensor) -> Tensor:\n    return {last}\n")
}

#[test]
fn calls_that_would_explode_stay_nodes() {
    for last in ["torch.relu(x)", "x"] {
        let code = doubling(60, last);
        let len = code.len();
        let Opened { model, report, .. } = open_bytes("doubling.pt", with_code(&code));
        let nodes: usize = model.graphs.values().map(|graph| graph.nodes.len()).sum();
        assert!(nodes < 2 * len, "{nodes} nodes of {len} bytes");
        assert!(report.diagnostics.iter().any(|it| it.severity == Severity::Warning), "{last}");
    }
}

#[test]
fn calls_that_go_deep_stay_nodes() {
    let mut code =
        String::from("class Plain(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    return (self).f0(x, )\n");
    for level in 0..3000 {
        let deep = "if torch.gt(x, 0):\n      y = (self).f";
        code += &format!(
            "  def f{level}(self, x: Tensor) -> Tensor:\n    {deep}{}(torch.neg(torch.abs(x)), )\n    else:\n      y = x\n    return y\n",
            level + 1
        );
    }
    let Opened { model, report, .. } = open_bytes("deep.pt", with_code(&code));
    assert!(report.diagnostics.iter().any(|it| it.message.contains("called too deep")), "{:?}", report.diagnostics);
    assert!(model.graphs.values().any(|graph| operators(graph).contains(&"CallMethod")));
}

#[test]
fn tuples_that_would_explode_are_values() {
    let model = model("pairs.pt");
    assert!(operators(forward(&model)).iter().all(|operator| *operator == "TupleConstruct"));
}

#[test]
fn an_archive_without_code_shows_its_weights() {
    let mut old = ZipArchive::new(Cursor::new(bytes("traced.pt"))).unwrap();
    let mut new = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let entry = old.by_index_raw(index).unwrap();
        if !entry.name().unwrap().contains("/code/") {
            new.raw_copy_file(entry).unwrap();
        }
    }
    let Opened { model, report, .. } = open_bytes("weights.pt", new.finish().unwrap().into_inner());
    assert!(report.diagnostics.iter().any(|it| it.message.contains("no code")), "{:?}", report.diagnostics);
    assert!(model.tensors.values().any(|tensor| &*tensor.name == "layer2.downsample.0.weight"));
    assert_eq!(model.graphs.len(), 1);
}

#[test]
fn programs_may_be_compressed() {
    for name in ["traced.pt", "scripted.pt"] {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&bytes(name)).unwrap();
        let inner = open_bytes("program.pt.gz", packed.finish().unwrap());
        let plain = open(name);
        assert_eq!(inner.model.format, plain.model.format);
        assert_eq!(forward(&inner.model).nodes.len(), forward(&plain.model).nodes.len(), "{name}");
        let says = |entry: &lamina::model::Entry| (&*entry.name, &*entry.value) == ("compression", "gzip");
        assert!(inner.model.properties.iter().any(says));
    }
}
