//! Exported programs: what is made of their graphs, signatures, modules and weights, whatever the archive.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::Tree;
use lamina::formats::Opened;
use lamina::model::{Category, Data, Graph, GraphId, GraphKind, Literal, Model, Node, values};
use lamina::source::Files;
use std::io::Write;

fn open(path: &str) -> (Model, Files) {
    let files = common::on_disk(&common::root().join("pytorch/export").join(path));
    let Opened { model, report, format, .. } = common::open(&files).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(format.id, "pytorch", "{path}");
    assert!(report.diagnostics.is_empty(), "{path}: {:?}", report.diagnostics);
    (model, files)
}

fn main_graph(model: &Model) -> &Graph {
    model.graphs.values().next().unwrap()
}

fn node<'a>(graph: &'a Graph, name: &str) -> &'a Node {
    graph.nodes.values().find(|node| &*node.name == name).unwrap_or_else(|| panic!("there is no {name}"))
}

fn ty(graph: &Graph, name: &str) -> String {
    let value = graph.values.values().find(|value| &*value.name == name).unwrap();
    value.ty.as_ref().unwrap().to_string()
}

#[test]
fn nodes_have_named_arguments_types_and_families() {
    let (model, _) = open("cnn.pt2");
    let graph = main_graph(&model);
    let conv = node(graph, "conv2d");
    assert_eq!((&*conv.domain, &*conv.operator, conv.category), ("aten", "conv2d", Category::Convolution));
    let names: Vec<&str> = conv.inputs.iter().map(|argument| &*argument.name).collect();
    assert_eq!(names, ["input", "weight"]);
    assert!(
        conv.attributes
            .iter()
            .any(|found| &*found.name == "stride" && found.value == Literal::List(vec![Literal::Int(2); 2]))
    );
    assert!(conv.metadata.iter().any(|entry| &*entry.name == "source" && entry.value.contains("nets.py")));
    assert_eq!(ty(graph, "conv2d"), "float32 s40×4×4×4");
    assert!(graph.metadata.iter().any(|entry| (&*entry.name, &*entry.value) == ("s40", "1 … 64")));
}

#[test]
fn the_hierarchy_is_that_of_the_modules() {
    let (model, _) = open("transformer.pt2");
    let tree = Tree::of(&model, GraphId(0));
    let classes: Vec<(&str, &str)> = tree.groups.values().map(|group| (&*group.name, &*group.class)).collect();
    for expected in [("h.0", "nets.Block"), ("attn", "nets.Attention")] {
        assert!(classes.contains(&expected), "{classes:?}");
    }
    assert!(tree.groups.values().any(|group| group.name.contains("0–1") || group.twin.is_some()), "{classes:?}");
}

#[test]
fn parameters_buffers_and_constants_are_the_tensors_of_the_file() {
    let (model, files) = open("counting.pt2");
    let graph = main_graph(&model);
    let inputs: Vec<&str> = graph.inputs.iter().map(|value| &*graph.values[*value].name).collect();
    assert_eq!(inputs, ["x"], "what is stored is no input");
    let mut names: Vec<&str> = model.tensors.values().map(|tensor| &*tensor.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["calls", "linear.bias", "linear.weight", "scale", "shift"]);
    for (id, tensor) in model.tensors.iter() {
        let read = values::read(&model, id, &files, 0, u64::MAX).unwrap();
        assert_eq!(read.len() as u64, tensor.elements().unwrap(), "{}", tensor.name);
    }
    let shift = model.tensors.values().find(|tensor| &*tensor.name == "shift").unwrap();
    assert!(matches!(&shift.data, Data::Strided(_, _, strides) if **strides == [1, 4]), "{:?}", shift.data);
    assert!(graph.metadata.iter().any(|entry| &*entry.name == "flag" && &*entry.value == "2"), "{:?}", graph.metadata);
}

#[test]
fn outputs_say_what_they_update() {
    let (model, _) = open("training.pt2");
    let graph = main_graph(&model);
    let updated: Vec<Option<&str>> = graph
        .outputs
        .iter()
        .map(|value| {
            graph.values[*value].metadata.iter().find(|entry| &*entry.name == "updates").map(|entry| &*entry.value)
        })
        .collect();
    assert_eq!(updated, [Some("1.running_mean"), Some("1.running_var"), Some("1.num_batches_tracked"), None]);
}

#[test]
fn control_flow_has_bodies_in_which_weights_stay_weights() {
    let (model, _) = open("cond.pt2");
    let bodies: Vec<&Graph> = model.graphs.values().filter(|graph| graph.kind == GraphKind::Body).collect();
    assert_eq!(bodies.len(), 2);
    for body in bodies {
        let linear = node(body, "linear");
        let weight = linear.inputs.iter().find(|argument| &*argument.name == "weight").unwrap();
        assert!(body.values[weight.values[0]].tensor.is_some(), "{:?}", body.name);
    }
    let (model, _) = open("loops.pt2");
    let graph = main_graph(&model);
    let graphs = |node: &Node| node.attributes.iter().flat_map(|attribute| attribute.value.graphs()).count();
    assert_eq!(graphs(node(graph, "while_loop")), 2);
    assert_eq!(graphs(node(graph, "map_impl")), 1);
    let names: Vec<&str> = node(graph, "while_loop").inputs.iter().map(|argument| &*argument.name).collect();
    assert_eq!(names, ["carried_inputs", "additional_inputs"]);
}

#[test]
fn sizes_are_written_as_people_write_them() {
    let (model, _) = open("ragged.pt2");
    let graph = main_graph(&model);
    assert_eq!(ty(graph, "a"), "float32 s97×4");
    assert_eq!(ty(graph, "expand"), "float32 3×(2·s52 + 2·s97)×2");
}

/// An archive of `entries`.
fn archive(entries: &[(&str, &str)]) -> Files {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, content) in entries {
        writer.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    common::in_memory("a.pt2", writer.finish().unwrap().into_inner())
}

#[test]
fn compiled_programs_are_listed() {
    let parts = [
        ("a/archive_format", "pt2"),
        ("a/data/aotinductor/model/k.so", "\x7fELF"),
        ("a/data/aotinductor/model/k.cpp", "int"),
    ];
    let Opened { model, report, .. } = common::open(&archive(&parts)).unwrap();
    let listed: Vec<(&str, &str)> = model.metadata.iter().map(|entry| (&*entry.name, &*entry.value)).collect();
    assert_eq!(listed, [("compiled: model/k.cpp", "3 bytes"), ("compiled: model/k.so", "4 bytes")]);
    assert!(report.diagnostics[0].message.contains("is compiled (AOTInductor)"), "{:?}", report.diagnostics);
}

#[test]
fn of_a_program_that_cannot_be_read_the_weights_are_shown() {
    let meta = r#"{"dtype": 7, "sizes": [{"as_int": 2}], "strides": [{"as_int": 1}], "storage_offset": {"as_int": 0}}"#;
    let config = format!(
        r#"{{"config": {{"fc.bias": {{"path_name": "weight_0", "use_pickle": false, "tensor_meta": {meta}}}}}}}"#
    );
    let parts = [
        ("a/archive_format", "pt2"),
        ("a/models/model.json", r#"{"graph_module": {"graph": "#),
        ("a/data/weights/model_weights_config.json", &config),
        ("a/data/weights/weight_0", "\0\0\u{0}\0\0\0\0\0"),
    ];
    let Opened { model, report, .. } = common::open(&archive(&parts)).unwrap();
    assert_eq!(&*main_graph(&model).nodes.values().next().unwrap().name, "fc");
    assert!(report.diagnostics[0].message.contains("the program cannot be read"), "{:?}", report.diagnostics);
}

#[test]
fn numbers_that_json_does_not_have_are_read() {
    let program = r#"{"graph_module": {"graph": {"inputs": [], "outputs": [], "nodes": [{"target": "torch.ops.aten.full.default", "inputs":
        [{"name": "fill_value", "arg": {"as_float": -Infinity}}], "outputs": [{"as_tensor": {"name": "full"}}], "metadata": {}}]}}, "schema_version": 1}"#;
    let model = common::open(&archive(&[("serialized_exported_program.json", program)])).unwrap().model;
    let full = node(main_graph(&model), "full");
    assert_eq!(full.attributes[0].value, Literal::Double(f64::NEG_INFINITY));
    assert_eq!(model.format, "PyTorch Export v1");
}

#[test]
fn counts_are_those_of_netron() {
    // Nodes, initialisers and parameters that Netron 9.3 counts, and what is added to each here.
    type Counts = [i64; 3];
    let cases: [(&str, Counts, Counts, &str); 9] = [
        ("export/cnn.pt2", [12, 17, 337], [0, 0, 0], ""),
        ("export/cnn-core.pt2", [13, 17, 337], [0, 0, 0], ""),
        ("export/cond.pt2", [7, 4, 24], [0, 0, 0], ""),
        ("export/counting.pt2", [7, 5, 37], [0, 0, 0], ""),
        ("export/ragged.pt2", [8, 2, 20], [0, 0, 0], ""),
        ("export/training.pt2", [5, 7, 33], [0, 0, 0], ""),
        ("export/transformer.pt2", [42, 28, 1952], [-1, 0, 0], "Netron makes a node of the weight that is read twice"),
        ("versions/export-2.6.pt2", [6, 9, 88], [0, 0, 0], ""),
        ("versions/export-2.1.pt2", [7, 6, 79], [0, 3, 9], "Netron takes the buffers of version 1 for inputs"),
    ];
    for (path, netron, more, why) in cases {
        let (model, _) = open(&format!("../{path}"));
        let totals = model.totals();
        let ours = [totals.nodes as i64, totals.initializers as i64, totals.parameters as i64];
        assert_eq!([ours[0] - more[0], ours[1] - more[1], ours[2] - more[2]], netron, "{path}: {why}");
    }
}
