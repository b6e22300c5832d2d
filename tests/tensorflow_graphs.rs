//! Graphs of TensorFlow: signatures, functions, variables, scopes, control flow, text; counts beside Netron's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::Tree;
use lamina::formats::Opened;
use lamina::model::{
    DType, Data, Graph, GraphId, GraphKind, Literal, Model, Node, NodeId, TensorId, ValueKind, dump, values,
};
use lamina::report::Severity;
use lamina::source::Files;
use lamina::view::{Level, NetStyle, SceneOptions, Shown, Viewer};
use std::collections::HashSet;

fn fixture(path: &str) -> (Opened, Files) {
    let files = common::on_disk(&common::root().join("tensorflow").join(path));
    (common::open(&files).unwrap_or_else(|error| panic!("{path}: {error}")), files)
}

fn model(path: &str) -> Model {
    let (opened, _) = fixture(path);
    assert!(opened.report.diagnostics.is_empty(), "{path}: {:?}", opened.report.diagnostics);
    opened.model
}

fn find<'m>(graph: &'m Graph, name: &str) -> &'m Node {
    graph.nodes.values().find(|node| &*node.name == name).unwrap_or_else(|| panic!("no node {name}"))
}

fn names(graph: &Graph, ids: &[lamina::model::ValueId]) -> Vec<String> {
    ids.iter().map(|id| graph.values[*id].name.to_string()).collect()
}

fn main_graphs(model: &Model) -> Vec<&str> {
    model.graphs.values().filter(|graph| graph.kind == GraphKind::Main).map(|graph| &*graph.name).collect()
}

/// The tensors that a node reads, by their parameters.
fn weights<'m>(model: &'m Model, graph: &'m Graph, node: &'m Node) -> Vec<(&'m str, &'m str, &'m [u64])> {
    let of = |argument: &'m lamina::model::Argument| {
        let tensors = argument.values.iter().filter_map(|value| graph.values[*value].tensor);
        tensors.map(|tensor| (&*argument.name, &*model.tensors[tensor].name, &*model.tensors[tensor].shape))
    };
    node.inputs.iter().flat_map(of).collect()
}

fn first(opened: &Opened, files: &Files, tensor: TensorId) -> String {
    values::read(&opened.model, tensor, files, 0, 1).unwrap().text(0).unwrap()
}

#[test]
fn constants_of_a_frozen_graph_are_weights_of_the_nodes_that_read_them() {
    let model = model("frozen/frozen.pb");
    let graph = &model.graphs[GraphId(0)];
    assert_eq!(
        (names(graph, &graph.inputs), names(graph, &graph.outputs)),
        (vec!["image".into()], vec!["head/probabilities".into()])
    );
    assert!(graph.values[graph.outputs[0]].inferred, "the file does not say that it is an output");
    assert!(graph.nodes.values().all(|node| &*node.operator != "Const"));
    assert_eq!(weights(&model, graph, find(graph, "stem/Conv2D")), [("filter", "stem/kernel", &[3, 3, 3, 4][..])]);
    let relu = find(graph, "stem/Relu").outputs[0].values[0];
    assert_eq!(graph.values[relu].ty.as_ref().unwrap().to_string(), "float32 ?×8×8×4", "from _output_shapes");
    let tree = Tree::of(&model, GraphId(0));
    let groups: Vec<&str> = tree.groups.values().map(|group| &*group.name).collect();
    assert!(
        ["stem", "block", "head"].iter().all(|name| groups.iter().any(|group| group.starts_with(name))),
        "{groups:?}"
    );
}

#[test]
fn values_of_constants_are_ranges_and_those_that_repeat_are_written_out() {
    let (opened, files) = fixture("types/types.pb");
    let tensor = |name: &str| opened.model.tensors.iter().find(|(_, tensor)| &*tensor.name == name).unwrap();
    let text = |name: &str| {
        let (id, tensor) = tensor(name);
        let read = values::read(&opened.model, id, &files, 0, 100).unwrap();
        assert_eq!(Some(read.len() as u64), tensor.elements(), "{name}");
        (0..read.len()).map(|index| read.text(index).unwrap()).collect::<Vec<_>>()
    };
    let attribute = |node: &str| {
        let node =
            find(&opened.model.graphs[GraphId(0)], node).attributes.iter().find(|it| &*it.name == "value").unwrap();
        let Literal::Tensor(id) = node.value else { panic!("{:?}", node.value) };
        values::read(&opened.model, id, &files, 0, 100).unwrap()
    };
    // Constants that nothing reads stay nodes.
    let filled = attribute("filled");
    assert_eq!((filled.len(), filled.text(8).as_deref()), (9, Some("0.5")), "one value stands for nine");
    assert_eq!(attribute("flags").text(0).as_deref(), Some("true"));
    assert_eq!(text("Const"), ["é\n"]);
    let small = &opened.model.graphs[GraphId(0)];
    let ty = |node: &str| small.nodes.values().find(|it| &*it.name == node).unwrap().attributes.clone();
    let listed = |node: &str, name: &str| {
        let attributes = ty(node);
        let found = attributes.iter().find(|it| &*it.name == name).unwrap();
        serde_json::to_string(&found.value).unwrap()
    };
    assert_eq!(listed("small", "DstT"), r#"{"type":"bfloat16"}"#);
    assert_eq!(listed("quantised", "T"), r#"{"type":"opaque<qint8>"}"#);
}

#[test]
fn signatures_are_entries_and_calls_that_do_nothing_else_are_gone_through() {
    let model = model("saved/saved_model.pb");
    assert_eq!(main_graphs(&model), ["serving_default", "embed", "whole graph"]);
    let serving = &model.graphs[GraphId(0)];
    assert_eq!(names(serving, &serving.inputs), ["features"]);
    assert_eq!(names(serving, &serving.outputs), ["best", "scores"]);
    let call = find(serving, "StatefulPartitionedCall");
    let function = &model.graphs[call.definition.unwrap()];
    assert_eq!(function.kind, GraphKind::Function);
    assert_eq!(function.nodes.values().map(|node| &*node.operator).collect::<Vec<_>>(), ["MatMul", "Tanh", "Identity"]);
    let branches: Vec<GraphId> = find(serving, "cond").attributes.iter().flat_map(|it| it.value.graphs()).collect();
    assert_eq!(branches.len(), 2, "both branches can be opened");
    let [cond, body]: [GraphId; 2] = ["cond", "body"].map(|name| {
        let node = find(serving, "while").attributes.iter().find(|it| &*it.name == name).unwrap();
        node.value.graphs()[0]
    });
    assert_eq!(model.graphs[cond].outputs.len(), 1);
    assert_eq!(model.graphs[body].inputs.len(), 4, "the variable that the loop reads is no input");
}

#[test]
fn functions_have_the_weights_that_they_are_called_with_unless_these_differ() {
    let (opened, files) = fixture("saved/saved_model.pb");
    let model = &opened.model;
    let serving = &model.graphs[GraphId(0)];
    let kernels: Vec<_> = ["StatefulPartitionedCall", "StatefulPartitionedCall_1"]
        .iter()
        .map(|name| {
            let call = find(serving, name);
            let [(_, kernel, _)] = weights(model, serving, call)[..] else { panic!("{name}") };
            let function = &model.graphs[call.definition.unwrap()];
            let [(parameter, own, [4, 4])] = weights(model, function, find(function, "MatMul"))[..] else {
                panic!("{name}")
            };
            assert_eq!((parameter, own), ("b", kernel), "the weight is drawn where it is read");
            model.tensors.iter().find(|(_, tensor)| &*tensor.name == kernel).unwrap().0
        })
        .collect();
    let texts: HashSet<String> = kernels.iter().map(|tensor| first(&opened, &files, *tensor)).collect();
    assert_eq!(texts.len(), 2, "each layer has its own");
    let keys: Vec<&str> = kernels.iter().map(|id| &*model.tensors[*id].metadata[0].value).collect();
    assert_eq!(
        keys,
        ["layers/0/kernel/.ATTRIBUTES/VARIABLE_VALUE", "layers/1/kernel/.ATTRIBUTES/VARIABLE_VALUE"],
        "variables are known by what restores them"
    );
}

#[test]
fn variables_have_the_values_of_the_checkpoint_beside_the_model() {
    for path in ["saved", "keras2", "v1saved", "unsigned"].map(|folder| format!("{folder}/saved_model.pb")) {
        let model = model(&path);
        let lacking =
            model.tensors.values().filter(|tensor| matches!(tensor.data, Data::Absent) && tensor.elements() != Some(0));
        assert_eq!(lacking.map(|tensor| &*tensor.name).collect::<Vec<_>>(), [""; 0], "{path}");
    }
    // Keras exports copies of its variables, and leaves handles of the others in the graph.
    let (exported, files) = fixture("exported/saved_model.pb");
    let [only] = exported.report.diagnostics.as_slice() else { panic!("{:?}", exported.report.diagnostics) };
    assert_eq!(
        (only.severity, &*only.message),
        (Severity::Note, "the checkpoint has no value for 4 variables: \"classes/bias\" …")
    );
    let graph = &exported.model.graphs[GraphId(0)];
    let read = graph.values.values().filter_map(|value| value.tensor);
    let floats = read.filter(|tensor| exported.model.tensors[*tensor].dtype == DType::F32);
    assert_eq!(floats.map(|tensor| first(&exported, &files, tensor).len().min(1)).collect::<Vec<_>>(), [1; 4]);
    let (opened, files) = fixture("meta/model.ckpt.meta");
    let (checkpoint, others) = fixture("meta/model.ckpt.index");
    for name in ["layer/kernel", "layer/bias"] {
        let text = |opened: &Opened, files: &Files| {
            let (id, _) = opened.model.tensors.iter().find(|(_, tensor)| &*tensor.name == name).unwrap();
            first(opened, files, id)
        };
        assert_eq!(text(&opened, &files), text(&checkpoint, &others), "{name}");
    }
}

/// The values of the tensor called `name`, in order.
fn floats(opened: &Opened, files: &Files, name: &str) -> Vec<String> {
    let (id, tensor) = opened.model.tensors.iter().find(|(_, tensor)| &*tensor.name == name).unwrap();
    let read = values::read(&opened.model, id, files, 0, 1000).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(Some(read.len() as u64), tensor.elements());
    (0..read.len()).map(|index| read.text(index).unwrap()).collect()
}

#[test]
fn parts_of_variables_have_the_values_of_their_slices() {
    let (checkpoint, beside) = fixture("partitioned/model.ckpt.index");
    let table = floats(&checkpoint, &beside, "table");
    // The other graph has cut the table in two, where the checkpoint has three parts.
    for (path, parts) in [("partitioned/model.ckpt.meta", 3), ("partitioned/other/model.ckpt.meta", 2)] {
        let (opened, files) = fixture(path);
        assert!(opened.report.diagnostics.is_empty(), "{path}: {:?}", opened.report.diagnostics);
        let rows = (0..parts).flat_map(|part| floats(&opened, &files, &format!("table/part_{part}")));
        assert_eq!(rows.collect::<Vec<_>>(), table, "{path}");
        for part in ["dense/kernel/part_0", "dense/kernel/part_1"] {
            assert_eq!(floats(&opened, &files, part), floats(&checkpoint, &beside, part), "{path}: {part}");
        }
        let second = opened.model.tensors.values().find(|tensor| &*tensor.name == "dense/kernel/part_1").unwrap();
        let notes: Vec<_> = second.metadata.iter().map(|entry| (&*entry.name, &*entry.value)).collect();
        assert_eq!(notes, [("key", "dense/kernel"), ("slice", "0:4, 3:6")]);
    }
}

#[test]
fn a_checkpoint_that_is_not_here_is_named_and_the_graph_is_shown() {
    let path = common::root().join("tensorflow/saved/saved_model.pb");
    let files = common::in_memory("saved_model.pb", std::fs::read(path).unwrap());
    let opened = common::open(&files).unwrap();
    let [only] = opened.report.diagnostics.as_slice() else { panic!("{:?}", opened.report.diagnostics) };
    assert_eq!(only.severity, Severity::Warning);
    assert!(
        only.message.contains("3 variables are in the checkpoint \"variables/variables.index\""),
        "{}",
        only.message
    );
    let whole = model("saved/saved_model.pb");
    assert_eq!(opened.model.graphs[GraphId(0)].nodes.len(), whole.graphs[GraphId(0)].nodes.len());
}

#[test]
fn a_model_without_signatures_is_entered_by_its_functions() {
    let model = model("unsigned/saved_model.pb");
    assert_eq!(main_graphs(&model), ["look_up", "shift", "whole graph"]);
    let look_up = &model.graphs[GraphId(0)];
    assert_eq!(names(look_up, &look_up.inputs), ["ids"]);
    let [(parameter, table, shape)] = weights(&model, look_up, find(look_up, "Gather"))[..] else { panic!("no table") };
    assert_eq!((parameter, shape), ("resource", &[5, 4][..]), "of two variables of one name");
    let tensor = model.tensors.values().find(|tensor| &*tensor.name == table).unwrap();
    assert_eq!(&*tensor.metadata[0].value, "table/.ATTRIBUTES/VARIABLE_VALUE");
}

#[test]
fn layers_of_keras_are_the_classes_of_scopes() {
    let model = model("keras2/saved_model.pb");
    let graph = &model.graphs[GraphId(0)];
    let classes: Vec<(String, &str)> = graph
        .scopes
        .iter()
        .map(|(id, scope)| (graph.path(id, "/"), &*scope.class))
        .filter(|(_, class)| !class.is_empty())
        .collect();
    let expected = [("small", "Sequential"), ("small/lstm", "LSTM"), ("small/dense", "Dense")];
    assert_eq!(classes, expected.map(|(path, class)| (path.to_owned(), class)));
    let (_, dense) = graph.scopes.iter().find(|(_, scope)| &*scope.name == "dense").unwrap();
    assert!(dense.metadata.iter().any(|entry| (&*entry.name, &*entry.value) == ("units", "2")));
}

#[test]
fn loops_of_frames_are_no_circles() {
    let model = model("loop/loop.pb");
    let graph = &model.graphs[GraphId(0)];
    let feedback = graph.values.values().filter(|value| value.kind == ValueKind::Feedback);
    assert_eq!(
        feedback.map(|value| &*value.name).collect::<Vec<_>>(),
        ["while/NextIteration", "while/NextIteration_1"]
    );
    let merge = find(graph, "while/Merge");
    assert_eq!(names(graph, &merge.inputs[0].values), ["while/Enter", "while/NextIteration"]);
    let switch = find(graph, "while/Switch");
    assert_eq!(switch.outputs.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["output_false", "output_true"]);
}

/// The path of the scope of a node.
fn scope(graph: &Graph, name: &str) -> String {
    find(graph, name).scope.map(|scope| graph.path(scope, "/")).unwrap_or_default()
}

#[test]
fn a_loop_of_frames_is_a_group_with_what_is_in_the_frame() {
    let model = model("frames/frames.pb");
    let graph = &model.graphs[GraphId(0)];
    let loops = graph.scopes.iter().filter(|(_, scope)| &*scope.class == "while_loop");
    let loops: Vec<(String, &str)> =
        loops.map(|(id, scope)| (graph.path(id, "/"), &*scope.metadata[0].value)).collect();
    let contexts = |path: &str| loops.iter().find(|(own, _)| own == path).map(|(_, frame)| *frame);
    assert_eq!(loops.len(), 4, "{loops:?}");
    assert_eq!(contexts("rnn/while"), Some("rnn/while/while_context"));
    assert_eq!(contexts("rnn/while/inner"), Some("rnn/while/inner/while_context"));
    assert_eq!(contexts("gradients/rnn/while/inner"), Some("gradients/rnn/while/inner/while_context"));
    // Of each node that enters a frame or hands on to its next run, the innermost loop around it is that frame's.
    let innermost = |name: &str| {
        let path = scope(graph, name);
        let around = loops.iter().filter(|(own, _)| format!("{path}/").starts_with(&format!("{own}/")));
        around.max_by_key(|(own, _)| own.len()).map(|(_, frame)| *frame)
    };
    let mut count = 0;
    for node in graph.nodes.values().filter(|node| &*node.operator == "Enter") {
        let frame = node.attributes.iter().find(|it| &*it.name == "frame_name").unwrap();
        let Literal::String(frame) = &frame.value else { panic!("{:?}", frame.value) };
        assert_eq!(innermost(&node.name), Some(&**frame), "{}", node.name);
        count += 1;
    }
    assert_eq!(count, 25);
    // What counts the runs for the gradients is called after these, but is in the loop; what takes its result is not.
    assert_eq!(scope(graph, "gradients/Add"), "rnn/while/gradients");
    assert_eq!(scope(graph, "gradients/rnn/while/cell/Tanh_grad/TanhGrad/f_acc"), "gradients/rnn");
    assert_eq!((innermost("Sum"), innermost("gradients/Sum_grad/Tile")), (None, None));
    let tree = Tree::of(&model, GraphId(0));
    let sum = graph.nodes.iter().find(|(_, node)| &*node.name == "Sum").unwrap().0;
    assert_eq!(tree.group_of[sum.index()], Tree::ROOT, "a result of a loop does not go on within it");
}

#[test]
fn control_edges_are_apart_and_can_be_hidden() {
    let (opened, files) = fixture("loop/loop.pb");
    let viewer = Viewer::new(opened, files);
    let styles = |controls: bool| {
        let shown = Shown { controls, ..Shown::default() };
        let options = SceneOptions { level: Level::Flat, shown, ..SceneOptions::default() };
        let scene = viewer.scene(GraphId(0), &options).unwrap();
        assert!(scene.controlled);
        let controls = scene.nets.iter().filter(|net| net.style == NetStyle::Control).count();
        (controls, scene.nets.len() - controls, scene.items.len())
    };
    let (with, without) = (styles(true), styles(false));
    assert_eq!(with.0, 4);
    assert_eq!(without, (0, with.1, with.2), "nothing else changes");
}

#[test]
fn a_text_says_the_same_as_the_message() {
    let text = |path: &str| {
        let (opened, _) = fixture(path);
        let dump = dump::text(&opened.model, &opened.report);
        // Places differ; attributes are in another order, as maps have none.
        let graph = dump.lines().filter(|line| !line.starts_with("tensor:"));
        graph
            .map(|line| {
                let mut words: Vec<&str> = line.split([',', '{', '}']).map(str::trim).collect();
                words.sort_unstable();
                words.join(",")
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(text("text/frozen.pbtxt"), text("frozen/frozen.pb"));
    let (binary, files) = fixture("frozen/frozen.pb");
    let (text, others) = fixture("text/frozen.pbtxt");
    let values = |opened: &Opened, files: &Files| {
        let each = opened.model.tensors.iter().map(|(id, tensor)| {
            let read = values::read(&opened.model, id, files, 0, 1000).unwrap();
            (tensor.name.to_string(), (0..read.len()).map(|index| read.text(index).unwrap()).collect::<Vec<_>>())
        });
        each.collect::<Vec<_>>()
    };
    assert_eq!(values(&text, &others), values(&binary, &files));
}

#[test]
fn a_text_with_a_fault_is_shown_up_to_it() {
    let source = "node { name: \"x\" op: \"Placeholder\" }\nnode { name: \"y\" op: \"Relu\" input: \"x\" attr { key: \"T\" value { type: DT_FLOATY } } }";
    let opened = common::open(&common::in_memory("graph.pbtxt", source.into())).unwrap();
    let [only] = opened.report.diagnostics.as_slice() else { panic!("{:?}", opened.report.diagnostics) };
    assert!(only.message.starts_with("line 2, column 70: DT_FLOATY is not one of DataType"), "{}", only.message);
    assert_eq!(&*find(&opened.model.graphs[GraphId(0)], "y").operator, "Relu");
}

#[test]
fn operators_and_inputs_that_are_not_known_are_drawn() {
    let source = "node { name: \"a\" op: \"MyOwn\" input: \"nowhere:1\" input: \"b\" }\nnode { name: \"b\" op: \"Other\" }\nnode { name: \"b\" op: \"Twice\" }";
    let opened = common::open(&common::in_memory("graph.pbtxt", source.into())).unwrap();
    let graph = &opened.model.graphs[GraphId(0)];
    assert_eq!(graph.nodes.values().map(|node| &*node.operator).collect::<Vec<_>>(), ["MyOwn", "Other", "Twice"]);
    let messages: Vec<&str> = opened.report.diagnostics.iter().map(|it| &*it.message).collect();
    assert_eq!(
        messages,
        ["1 nodes have the name of another one", "MyOwn \"a\" reads \"nowhere\", which nothing defines"]
    );
}

#[test]
fn graphs_are_found_in_logs() {
    let model = model("events/events.out.tfevents.1.host");
    let graph = &model.graphs[GraphId(0)];
    assert_eq!(graph.nodes.values().map(|node| &*node.name).collect::<Vec<_>>(), ["model/y"]);
    assert_eq!(graph.path(graph.nodes[NodeId(0)].scope.unwrap(), "/"), "model");
}

#[test]
fn weights_of_a_graph_model_for_the_web_are_in_its_shards() {
    let (web, files) = fixture("web/model.json");
    assert_eq!(main_graphs(&web.model), [""], "the signature is all of it");
    let graph = &web.model.graphs[GraphId(0)];
    assert_eq!(names(graph, &graph.outputs), ["head/probabilities"]);
    let (frozen, others) = fixture("frozen/frozen.pb");
    let kernel = |opened: &Opened, files: &Files| -> Vec<f64> {
        let (id, tensor) = opened.model.tensors.iter().find(|(_, tensor)| &*tensor.name == "stem/kernel").unwrap();
        assert_eq!(tensor.shape, [3, 3, 3, 4]);
        let read = values::read(&opened.model, id, files, 0, 108).unwrap();
        (0..read.len()).map(|index| read.text(index).unwrap().parse().unwrap()).collect()
    };
    let pairs = kernel(&web, &files).into_iter().zip(kernel(&frozen, &others));
    let furthest = pairs.map(|(web, frozen)| (web - frozen).abs()).fold(0.0, f64::max);
    assert!(furthest > 0.0 && furthest < 0.02, "weights in bytes are {furthest} off");
    let (functions, _) = fixture("web-functions/model.json");
    assert_eq!(names(&functions.model.graphs[GraphId(0)], &functions.model.graphs[GraphId(0)].inputs), ["features"]);
    assert!(functions.report.diagnostics.is_empty(), "{:?}", functions.report.diagnostics);
}

/// What Netron 9.3.3 counts, by `netron-dump.mjs`: the nodes of the graph and of the functions that it calls. It shows constants that several nodes read
/// as nodes, and so variables, what reads these, and what waits for nothing but them: here, these are weights. Some placeholders, which are inputs here, it
/// shows as nodes, too. What is taken away, by operators:
#[test]
fn nodes_are_those_that_netron_shows_but_for_what_is_a_weight_or_an_input() {
    type Less<'a> = &'a [(&'a str, usize)];
    let cases: [(&str, usize, Less); 15] = [
        ("frozen/frozen.pb", 20, &[]),
        ("text/frozen.pbtxt", 20, &[]),
        ("loop/loop.pb", 47, &[("Const", 5)]),
        ("frames/frames.pb", 127, &[("Const", 13), ("Placeholder", 1)]),
        ("types/types.pb", 54, &[("Const", 6)]),
        (
            "meta/model.ckpt.meta",
            42,
            &[("Const", 1), ("VariableV2", 1), ("Identity", 1), ("VarHandleOp", 1), ("ReadVariableOp", 2)],
        ),
        (
            "partitioned/model.ckpt.meta",
            113,
            &[("Const", 6), ("VarHandleOp", 5), ("ReadVariableOp", 7), ("Identity", 10)],
        ),
        ("web/model.json", 12, &[("Placeholder", 1)]),
        ("web-functions/model.json", 31, &[("Const", 6), ("Identity", 1), ("Placeholder", 1)]),
        ("v1saved/saved_model.pb", 24, &[("VarHandleOp", 1), ("ReadVariableOp", 2)]),
        ("saved/saved_model.pb", 108, &[("Const", 19), ("VarHandleOp", 3), ("ReadVariableOp", 3), ("NoOp", 4)]),
        ("exported/saved_model.pb", 135, &[("Const", 10), ("VarHandleOp", 12), ("ReadVariableOp", 4), ("NoOp", 1)]),
        (
            "keras2/saved_model.pb",
            179,
            &[("Const", 41), ("VarHandleOp", 5), ("ReadVariableOp", 5), ("Identity", 3), ("NoOp", 2)],
        ),
        ("unsigned/saved_model.pb", 50, &[("Const", 8), ("VarHandleOp", 3), ("NoOp", 1)]),
        ("text/saved_model.pbtxt", 43, &[("Const", 8), ("VarHandleOp", 1), ("ReadVariableOp", 1), ("NoOp", 2)]),
    ];
    for (path, netron, less) in cases {
        let (opened, _) = fixture(path);
        // What a signature leads to is shown once more, with its names. Netron does not show functions that only Python calls.
        let shown = |graph: &&Graph| match graph.kind {
            GraphKind::Main => matches!(&*graph.name, "" | "whole graph"),
            _ => path != "unsigned/saved_model.pb" || graph.name.contains("traced"),
        };
        let graphs: Vec<&Graph> = opened.model.graphs.values().filter(shown).collect();
        let nodes: usize = graphs.iter().map(|graph| graph.nodes.len()).sum();
        let folded: usize = less.iter().map(|(_, count)| count).sum();
        assert_eq!(nodes, netron - folded, "{path}");
        for operator in ["Placeholder", "VarHandleOp", "VariableV2"] {
            let left = graphs.iter().flat_map(|graph| graph.nodes.values()).filter(|node| &*node.operator == operator);
            assert_eq!(left.map(|node| &*node.name).collect::<Vec<_>>(), [""; 0], "{path}");
        }
    }
}

/// The files of a folder as a tar archive, as TensorFlow Hub offers modules.
fn tar(folder: &str, paths: &[&str]) -> Vec<u8> {
    let mut archive = Vec::new();
    for path in paths {
        let content = std::fs::read(common::root().join("tensorflow").join(folder).join(path)).unwrap();
        let mut header = [0u8; 512];
        let name = format!("./{path}");
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        archive.extend(header);
        archive.extend(&content);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

#[test]
fn a_module_of_the_hub_is_opened_as_it_is_packed() {
    let paths = ["variables/variables.index", "variables/variables.data-00000-of-00001", "saved_model.pb"];
    let files = common::in_memory("module.tar", tar("saved", &paths));
    let opened = common::open(&files).unwrap();
    assert!(opened.report.diagnostics.is_empty(), "{:?}", opened.report.diagnostics);
    assert_eq!(main_graphs(&opened.model), ["serving_default", "embed", "whole graph"], "not the checkpoint within");
    let (id, _) = opened.model.tensors.iter().find(|(_, tensor)| &*tensor.name == "bias").unwrap();
    let (plain, others) = fixture("saved/saved_model.pb");
    let (own, _) = plain.model.tensors.iter().find(|(_, tensor)| &*tensor.name == "bias").unwrap();
    assert_eq!(first(&opened, &files, id), first(&plain, &others, own));
}

#[test]
fn what_is_left_over_in_a_function_is_not_in_what_is_entered() {
    let graphs = [("exported/saved_model.pb", 0), ("saved/saved_model.pb", 0), ("keras2/saved_model.pb", 0)];
    for (path, entry) in graphs {
        let (opened, _) = fixture(path);
        let graph = &opened.model.graphs[GraphId(entry)];
        let alone = |node: &&Node| node.inputs.iter().chain(&node.outputs).all(|argument| argument.values.is_empty());
        assert_eq!(graph.nodes.values().filter(alone).map(|node| &*node.name).collect::<Vec<_>>(), [""; 0], "{path}");
    }
}
