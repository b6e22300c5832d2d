//! Keras: graphs of layers in all dialects, weights by the layers that own them, optimisers, what a description would run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::Tree;
use lamina::formats::{self, Opened};
use lamina::model::{Category, Entry, Graph, GraphId, Literal, Model, Node, Wiring, values};
use lamina::report::Severity;
use lamina::safety::{Rating, Safety};
use lamina::source::{BytesSource, Files};
use std::collections::BTreeSet;
use std::rc::Rc;

fn opened(path: &str) -> (Opened, Files) {
    let files = common::on_disk(&common::root().join("keras").join(path));
    let opened = common::open(&files).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(opened.format.id, "keras", "{path}");
    (opened, files)
}

/// The model in a file that has nothing odd.
fn open(path: &str) -> Model {
    let (Opened { model, report, .. }, _) = opened(path);
    let odd: Vec<_> = report.diagnostics.iter().filter(|odd| odd.severity > Severity::Note).collect();
    assert!(odd.is_empty(), "{path}: {odd:?}");
    model
}

fn first(model: &Model) -> &Graph {
    model.graphs.values().next().unwrap()
}

fn node<'a>(graph: &'a Graph, name: &str) -> &'a Node {
    graph.nodes.values().find(|node| &*node.name == name).unwrap_or_else(|| panic!("no node {name:?}"))
}

fn attribute<'a>(node: &'a Node, name: &str) -> &'a Literal {
    &node.attributes.iter().find(|attribute| &*attribute.name == name).unwrap_or_else(|| panic!("no {name}")).value
}

fn entry<'a>(entries: &'a [Entry], name: &str) -> &'a str {
    &entries.iter().find(|entry| &*entry.name == name).unwrap_or_else(|| panic!("no {name} in {entries:?}")).value
}

fn text(text: &str) -> Literal {
    Literal::String(text.into())
}

/// The names of what a node reads.
fn inputs(node: &Node) -> Vec<&str> {
    node.inputs.iter().map(|argument| &*argument.name).collect()
}

/// The type of the first result of a node.
fn result(graph: &Graph, name: &str) -> String {
    let value = node(graph, name).outputs[0].values[0];
    graph.values[value].ty.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn safety(path: &str) -> Safety {
    opened(path).0.safety.unwrap_or_else(|| panic!("{path} has no report"))
}

/// The files that have the model with a model in it, by all versions of Keras.
const NESTED: [&str; 7] = [
    "v3/nested.keras",
    "v3/unnamed.keras",
    "v3/nested.h5",
    "v3/nested.json",
    "v2/nested.h5",
    "v2/nested.keras",
    "tfjs/nested/model.json",
];

#[test]
fn layers_that_are_called_again_have_the_same_weights() {
    for path in NESTED {
        let model = open(path);
        let graph = first(&model);
        let (once, again) = (node(graph, "stem"), node(graph, "stem (2)"));
        assert_eq!((&*once.operator, once.category), ("Conv2D", Category::Convolution), "{path}");
        assert_eq!(inputs(once), ["inputs", "kernel", "bias"], "{path}");
        assert_eq!(once.inputs[1..], again.inputs[1..], "{path}");
        assert_ne!(once.inputs[0], again.inputs[0], "{path}");
        let sum = graph.nodes.values().find(|node| matches!(&*node.name, "both" | "sum")).unwrap();
        assert_eq!(sum.inputs[0].values, [once.outputs[0].values[0], again.outputs[0].values[0]], "{path}");
    }
}

#[test]
fn models_within_models_are_scopes() {
    for path in NESTED {
        let model = open(path);
        let graph = first(&model);
        let scope = graph.scopes.values().find(|scope| &*scope.name == "block").unwrap();
        assert_eq!(&*scope.class, "Functional", "{path}");
        let groups = Tree::of(&model, GraphId(0));
        let names: Vec<&str> = groups.groups.values().map(|group| &*group.name).collect();
        assert!(names.contains(&"block"), "{path}: {names:?}");
        let place = graph.nodes.iter().find(|(_, node)| &*node.name == "stem").unwrap().0;
        assert_eq!(groups.group_of[place.index()], Tree::ROOT, "{path}: what is not in it is outside");
        let norm = node(graph, "block/norm");
        assert_eq!(graph.path(norm.scope.unwrap(), "/"), "block", "{path}");
        assert_eq!(inputs(norm), ["inputs", "gamma", "beta", "moving_mean", "moving_variance"], "{path}");
        let before = norm.inputs[0].values[0];
        assert_eq!(node(graph, "block/conv").outputs[0].values, [before], "{path}");
        if path.starts_with("v3") {
            let (once, again) = (node(graph, "block/conv"), node(graph, "block (2)/conv"));
            assert_eq!(once.inputs[1], again.inputs[1], "{path}: the same kernel");
            assert_eq!(again.inputs[0].values, node(graph, "block/residual").outputs[0].values, "{path}");
        }
        assert!(graph.outputs.iter().all(|output| graph.values[*output].tensor.is_none()), "{path}");
    }
}

#[test]
fn shapes_are_stated_or_follow_from_settings() {
    let model = open("v3/nested.keras");
    let graph = first(&model);
    assert_eq!(result(graph, "both"), "float32 batch×8×8×8");
    assert_eq!(result(graph, "classes"), "float32 batch×3", "of what goes out, no layer says so");
    let model = open("v1/chain.json");
    let graph = first(&model);
    for (name, wanted) in
        [("conv", "batch×4×4×4"), ("pool", "batch×2×2×4"), ("flat", "batch×16"), ("classes", "batch×3")]
    {
        assert_eq!(result(graph, name), format!("float32 {wanted}"), "{name}");
    }
    let model = open("v2/sequential.h5");
    assert_eq!(result(first(&model), "conv"), "float32 batch×6×4");
    assert_eq!(result(first(&model), "both_ways"), "float32 batch×6");
    let model = open("v3/recurrent.keras");
    assert_eq!(result(first(&model), "words"), "float32 batch×?×4", "the type is not that of the numbers of words");
}

#[test]
fn wrappers_show_the_layers_in_them() {
    let model = open("v3/recurrent.keras");
    let graph = first(&model);
    let both = node(graph, "both_ways");
    assert_eq!(*attribute(both, "layer"), text("LSTM"));
    assert_eq!(*attribute(both, "layer.units"), Literal::Int(3));
    assert_eq!(
        inputs(both)[..5],
        ["sequences", "mask", "forward_layer/kernel", "forward_layer/recurrent_kernel", "forward_layer/bias"]
    );
    assert_eq!(inputs(node(graph, "each")), ["inputs", "mask", "kernel"]);
    assert_eq!(node(graph, "gru").outputs.len(), 2);
    let stacked = node(graph, "stacked");
    assert!(inputs(stacked).contains(&"simple_rnn_cell/recurrent_kernel"), "{:?}", inputs(stacked));
    let names: Vec<&str> = graph.outputs.iter().map(|output| &*graph.values[*output].name).collect();
    assert_eq!(names, ["each", "gru:1"]);
}

#[test]
fn calls_have_their_arguments_by_name() {
    let model = open("v3/attention.keras");
    let graph = first(&model);
    let attend = node(graph, "attend");
    assert_eq!(inputs(attend)[..4], ["query", "value", "query_dense/kernel", "query_dense/bias"]);
    let power = node(graph, "power");
    assert_eq!((&*power.domain, &*power.operator, power.category), ("keras.ops", "Power", Category::Elementwise));
    assert_eq!((inputs(power), attribute(power, "x2")), (vec!["x1"], &Literal::Int(2)));
    assert_eq!(node(graph, "split").outputs.len(), 2);
    assert_eq!(node(graph, "multiply").inputs[0].values, [node(graph, "split").outputs[0].values[0]]);
    let model = open("v2/nested.h5");
    let graph = first(&model);
    let add = node(graph, "tf.__operators__.add");
    assert_eq!((&*add.operator, add.inputs.len()), ("__operators__.add", 2));
    assert_eq!(*attribute(node(graph, "tf.concat"), "axis"), Literal::Int(-1));
}

#[test]
fn chains_may_begin_with_several_models() {
    let model = open("v1/branches.json");
    let graph = first(&model);
    assert_eq!(graph.inputs.len(), 2);
    let wanted = ["left_dense", "right_dense"]
        .map(|own| graph.nodes.values().find(|node| node.name.ends_with(own)).unwrap().outputs[0].values[0]);
    assert_eq!(node(graph, "both").inputs[0].values, wanted);
    assert_eq!(node(graph, "out").inputs[0].values, node(graph, "both").outputs[0].values);
}

#[test]
fn what_the_optimiser_keeps_is_a_graph_of_its_own() {
    for (path, weights, state) in
        [("v3/sequential.keras", 7, 7), ("v3/sequential.h5", 7, 7), ("v2/sequential.h5", 10, 21)]
    {
        let model = open(path);
        let counts: Vec<usize> = model.graphs.values().map(|graph| tensors(graph).len()).collect();
        assert_eq!(counts, [weights, state], "{path}");
        let graph = model.graphs.values().nth(1).unwrap();
        assert_eq!((&*graph.name, graph.wiring), ("optimizer state", Wiring::Modules));
        assert!(
            model.metadata.iter().any(|entry| &*entry.name == "optimizer" && entry.value.contains("learning_rate="))
        );
        assert_eq!(entry(&model.metadata, "loss"), "mse");
    }
}

/// The tensors of a graph.
fn tensors(graph: &Graph) -> BTreeSet<lamina::model::TensorId> {
    graph.values.values().filter_map(|value| value.tensor).collect()
}

#[test]
fn models_that_are_programs_are_trees_of_their_weights() {
    for path in ["v3/subclassed.keras", "v3/subclassed.weights.h5"] {
        let model = open(path);
        let graph = first(&model);
        assert_eq!(graph.wiring, Wiring::Modules, "{path}");
        let inner = node(graph, "blocks/gate_1/inner");
        assert_eq!(
            (&*inner.operator, inner.inferred, inputs(inner)),
            ("Dense", true, vec!["kernel", "bias"]),
            "{path}"
        );
        assert_eq!(entry(&node(graph, "stem").metadata, "group"), "dense", "{path}");
        assert_eq!(&*node(graph, "layer_normalization").operator, "LayerNormalization", "{path}");
    }
    let model = open("v2/subclassed_weights.h5");
    assert_eq!(&*node(first(&model), "embed").operator, "Embedding");
}

#[test]
fn layers_of_ones_own_have_their_weights() {
    let model = open("v3/custom.keras");
    let gate = node(first(&model), "gate");
    assert_eq!((&*gate.domain, &*gate.operator), ("Zoo", "Gate"));
    assert_eq!(inputs(gate)[1..], ["0", "inner/kernel", "inner/bias"]);
    let report = safety("v3/custom.keras");
    assert_eq!(report.rating, Rating::Inert);
    assert!(report.findings[0].message.contains("`Zoo>Gate`"), "{:?}", report.findings);
}

#[test]
fn a_description_takes_the_weights_beside_it() {
    let model = open("v3/unpacked/config.json");
    assert_eq!((model.format.as_str(), entry(&model.properties, "keras version")), ("Keras v3", "3.15.1"));
    assert_eq!(tensors(first(&model)).len(), 4);
    let description = std::fs::read(common::root().join("keras/v2/nested.json")).unwrap();
    let files = common::in_memory("net.json", description);
    let alone = common::open(&files).unwrap();
    assert_eq!((alone.model.tensors.len(), alone.report.diagnostics.len()), (0, 1));
    let weights = std::fs::read(common::root().join("keras/v2/nested.h5")).unwrap();
    files.add("net.h5", Rc::new(BytesSource(weights)));
    assert_eq!(tensors(first(&common::open(&files).unwrap().model)).len(), 13);
}

#[test]
fn what_a_description_would_run_is_told() {
    for path in ["v3/nested.keras", "v3/nested.h5", "v2/nested.h5", "v1/graph.json", "tfjs/nested/model.json"] {
        let report = safety(path);
        assert_eq!((report.rating, report.findings.len()), (Rating::Unknown, 1), "{path}: {:?}", report.findings);
        assert!(report.summary.contains("Python bytecode"), "{path}: {}", report.summary);
    }
    assert!(safety("v2/nested.h5").summary.contains("`tf`, `reduce_mean`"), "{}", safety("v2/nested.h5").summary);
    let cases = [
        ("bad/import.json", Rating::Dangerous, "`os.system`"),
        ("bad/fetch.json", Rating::Dangerous, "`keras.utils.get_file`"),
        ("bad/vocabulary.json", Rating::Unknown, "/etc/passwd"),
        ("hdf5/links.h5", Rating::Unknown, "/etc/hostname"),
        ("hdf5/links_new.h5", Rating::Unknown, "of the machine"),
    ];
    for (path, rating, what) in cases {
        let report = safety(path);
        assert_eq!(report.rating, rating, "{path}");
        assert!(report.findings.iter().any(|finding| finding.message.contains(what)), "{path}: {:?}", report.findings);
    }
    assert!(opened("v3/sequential.keras").0.safety.is_none());
}

#[test]
fn code_that_names_what_is_dangerous_is_dangerous() {
    // What `marshal` has of `lambda x: __import__("os").system("true")`, as far as names go.
    let code = "4wEAAADaCl9faW1wb3J0X1/aBnN5c3RlbQ==";
    let layer =
        format!(r#"{{"class_name": "Lambda", "config": {{"name": "l", "function": ["{code}{code}", null, null]}}}}"#);
    let model = format!(r#"{{"class_name": "Sequential", "config": [{layer}]}}"#);
    let opened = common::open(&common::in_memory("a.json", model.into_bytes())).unwrap();
    assert_eq!(opened.safety.unwrap().rating, Rating::Dangerous);
}

#[test]
fn links_are_told_and_not_followed() {
    for path in ["hdf5/links.h5", "hdf5/links_new.h5"] {
        let (Opened { model, report, .. }, files) = opened(path);
        let messages: Vec<&str> = report.diagnostics.iter().map(|diagnostic| &*diagnostic.message).collect();
        for part in ["\"password\" is \"/secret\" of another file", "\"dangling\"", "\"dense/again\"", "\"outside\""] {
            assert!(messages.iter().any(|message| message.contains(part)), "{path}: {part} in {messages:?}");
        }
        let read = |name: &str| {
            let (id, _) = model.tensors.iter().find(|(_, tensor)| &*tensor.name == name).unwrap();
            values::read(&model, id, &files, 0, 9)
        };
        assert_eq!(read("soft").unwrap(), read("dense/dense/bias:0").unwrap(), "{path}");
        assert_eq!(read("dense/same").unwrap(), read("dense/dense/kernel:0").unwrap(), "{path}");
        assert!(read("outside").is_err(), "{path}");
        assert_eq!(files.companions(), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn descriptions_that_run_in_circles_or_grow_stay_small() {
    let (Opened { model, report, .. }, _) = opened("bad/circle.json");
    assert_eq!(first(&model).nodes.len(), 3);
    assert!(report.diagnostics.iter().any(|odd| odd.message.contains("in a circle")), "{:?}", report.diagnostics);
    let (Opened { model, report, .. }, _) = opened("bad/doubling.json");
    assert!(first(&model).nodes.len() < 400, "{} nodes", first(&model).nodes.len());
    assert!(report.diagnostics.iter().any(|odd| odd.message.contains("shown as one node")));
    let (Opened { model, .. }, _) = opened("bad/deep.json");
    assert_eq!(first(&model).nodes.len(), 1);
}

#[test]
fn other_programs_do_not_count_as_these() {
    for (name, json) in [
        ("model.json", r#"{"format": "graph-model", "modelTopology": {"node": []}, "weightsManifest": []}"#),
        ("config.json", r#"{"architectures": ["Bert"], "model_type": "bert"}"#),
    ] {
        let files = common::in_memory(name, json.into());
        let found = formats::recognise(&lamina::probe::Probe::new(name, files.main()).unwrap());
        assert!(found.is_none_or(|format| format.id != "keras"), "{name}");
    }
}

#[test]
fn weights_that_are_quantised_have_the_names_of_their_mode() {
    let table = ["embeddings", "embeddings_scale", "embeddings_zero", "g_idx"];
    let dense = ["kernel", "bias", "kernel_scale", "kernel_zero", "g_idx"];
    // The second layer has no bias; blocks have zeros, and places in them.
    for (mode, in_table, in_dense, others) in [
        ("int8", 2, 3, vec!["kernel", "kernel_scale"]),
        ("int4", 4, 5, vec!["kernel", "kernel_scale", "kernel_zero", "g_idx"]),
    ] {
        let model = open(&format!("v3/{mode}.keras"));
        let graph = first(&model);
        let names = |class: &str| {
            let node = graph.nodes.values().find(|node| &*node.operator == class).unwrap();
            node.inputs.iter().skip(1).map(|input| input.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            (names("Embedding"), names("Dense")),
            (
                table[..in_table].iter().map(|name| name.to_string()).collect(),
                dense[..in_dense].iter().map(|name| name.to_string()).collect()
            ),
            "{mode}"
        );
        assert_eq!(names("EinsumDense"), others, "{mode}");
        let result = graph.values[graph.outputs[0]].ty.as_ref().unwrap();
        assert!(result.to_string().starts_with("float32 "), "{mode}: {result}");
    }
}

#[test]
fn weights_in_several_files_are_one_model() {
    let model = open("v3/sharded/parts.weights.json");
    let graph = first(&model);
    assert_eq!(graph.nodes.values().map(|node| &*node.operator).collect::<Vec<_>>(), ["Dense"; 4]);
    assert_eq!(model.totals().parameters, 4 * (4 * 4 + 4));
}

#[test]
fn counts_are_those_of_netron() {
    // Nodes, initialisers and parameters that Netron 9.3 counts, what is added to each in the first graph here, and why. Netron gives layers that are
    // called twice, and models within, graphs of their own, and a node to each call of these; here, each call shows all layers.
    type Counts = [i64; 3];
    let nested = "layers once and calls, against layers at each call";
    let cases: [(&str, Counts, Counts, &str); 19] = [
        ("v3/nested.keras", [15, 11, 227], [1, 0, 0], nested),
        ("v3/nested.h5", [15, 6, 67], [1, 5, 160], "and the weights of the model within, which Netron does not find"),
        ("v3/sequential.keras", [6, 7, 182], [0; 3], ""),
        ("v3/sequential.h5", [6, 7, 182], [0; 3], ""),
        ("v3/sequential.weights.h5", [3, 7, 182], [0; 3], ""),
        ("v3/recurrent.keras", [6, 1, 48], [0, 16, 448], "weights of cells, which Netron does not find"),
        (
            "v3/attention.keras",
            [13, 4, 31],
            [-2, 8, 288],
            "inputs are no nodes; weights of attention, which Netron does not find",
        ),
        ("v3/custom.keras", [3, 5, 24], [0, 2, 20], "weights of a layer within another"),
        ("v2/nested.h5", [16, 13, 122], [-3, 0, 0], nested),
        ("v2/nested.keras", [16, 13, 122], [-3, 0, 0], nested),
        ("v2/sequential.h5", [3, 10, 246], [0; 3], ""),
        ("v2/sequential_weights.h5", [4, 10, 246], [0; 3], ""),
        ("v2/subclassed_weights.h5", [6, 11, 131], [0; 3], ""),
        ("v2/many_weights.h5", [8, 8, 32], [0; 3], ""),
        ("v1/chain.json", [7, 0, 0], [0; 3], ""),
        ("v1/branches.json", [2, 0, 0], [2, 0, 0], "the models that a chain begins with"),
        ("v1/graph.json", [11, 0, 0], [-1, 0, 0], nested),
        ("tfjs/nested/model.json", [16, 13, 122], [-3, 0, 0], nested),
        ("tfjs/quantised/model.json", [3, 10, 246], [0; 3], ""),
    ];
    for (path, netron, more, why) in cases {
        let model = open(path);
        let graph = first(&model);
        let held = tensors(graph);
        let parameters: u64 = held.iter().filter_map(|tensor| model.tensors[*tensor].elements()).sum();
        let ours = [graph.nodes.len() as i64, held.len() as i64, parameters as i64];
        assert_eq!(std::array::from_fn(|at| ours[at] - more[at]), netron, "{path}: {why}");
    }
}
