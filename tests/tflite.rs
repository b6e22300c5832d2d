//! TensorFlow Lite: operators with their options, quantisation, subgraphs that are called, signatures, metadata, bundles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{Category, Data, Entry, Graph, GraphId, GraphKind, Literal, Model, Node, Tensor, Type, values};
use lamina::source::{BytesSource, Files};
use std::rc::Rc;

fn open(path: &str) -> (Model, Files) {
    let files = common::on_disk(&common::root().join("tflite").join(path));
    let Opened { model, report, format, .. } = common::open(&files).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(format.id, "tflite", "{path}");
    let odd: Vec<_> = report.diagnostics.iter().filter(|it| !it.message.contains("weights.bin")).collect();
    assert!(odd.is_empty(), "{path}: {odd:?}");
    (model, files)
}

fn first(model: &Model) -> &Graph {
    model.graphs.values().next().unwrap()
}

fn node<'a>(graph: &'a Graph, operator: &str) -> &'a Node {
    graph.nodes.values().find(|node| &*node.operator == operator).unwrap_or_else(|| panic!("no {operator}"))
}

fn attribute<'a>(node: &'a Node, name: &str) -> &'a Literal {
    &node.attributes.iter().find(|attribute| &*attribute.name == name).unwrap_or_else(|| panic!("no {name}")).value
}

fn entry<'a>(entries: &'a [Entry], name: &str) -> &'a str {
    &entries.iter().find(|entry| &*entry.name == name).unwrap_or_else(|| panic!("no {name} in {entries:?}")).value
}

fn tensor<'a>(model: &'a Model, name: &str) -> &'a Tensor {
    model.tensors.values().find(|tensor| &*tensor.name == name).unwrap_or_else(|| panic!("no tensor {name}"))
}

fn text(text: &str) -> Literal {
    Literal::String(text.into())
}

#[test]
fn options_and_parameters_have_the_names_of_the_schema() {
    let (model, _) = open("cnn.tflite");
    let graph = first(&model);
    let convolution = node(graph, "Conv2D");
    assert_eq!(convolution.category, Category::Convolution);
    assert_eq!(convolution.inputs.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["input", "filter", "bias"]);
    assert_eq!(*attribute(convolution, "padding"), text("SAME"));
    assert_eq!(*attribute(convolution, "stride_w"), Literal::Int(2));
    assert_eq!(*attribute(convolution, "fused_activation_function"), text("RELU6"));
    assert_eq!(*attribute(convolution, "dilation_h_factor"), Literal::Int(1), "what is not stored has its usual value");
    assert_eq!(*attribute(node(graph, "Softmax"), "beta"), Literal::Float(1.0));
    let dense = node(graph, "FullyConnected");
    assert_eq!((dense.inputs.len(), dense.inputs[2].values.len()), (3, 0), "the bias is left out");
    let input = &graph.values[graph.inputs[0]];
    assert_eq!(input.ty.as_ref().unwrap().to_string(), "float32 ?×16×16×3");
}

#[test]
fn quantisation_is_per_tensor_and_per_channel() {
    let (model, _) = open("cnn-int8.tflite");
    let graph = first(&model);
    let output = &graph.values[graph.outputs[0]];
    assert_eq!((entry(&output.metadata, "scale"), entry(&output.metadata, "zero_point")), ("0.00390625", "-128"));
    let filter = tensor(&model, "stem/Conv2D");
    assert_eq!(entry(&filter.metadata, "scale").split(", ").count(), 8);
    assert_eq!(entry(&filter.metadata, "quantized_dimension"), "0");
    assert_eq!(entry(&filter.metadata, "zero_point"), "0", "said once, as all are the same");
}

#[test]
fn subgraphs_are_bodies_of_the_operators_that_call_them() {
    let (model, _) = open("if.tflite");
    let kinds: Vec<GraphKind> = model.graphs.values().map(|graph| graph.kind).collect();
    assert_eq!((kinds[0], kinds.len()), (GraphKind::Main, 5));
    assert!(kinds[1..].iter().all(|kind| *kind == GraphKind::Body));
    let branch = node(first(&model), "If");
    assert_eq!(*attribute(branch, "then_subgraph_index"), Literal::Graph(GraphId(1)));
    assert_eq!(model.graphs[GraphId(3)].parent.unwrap().0, GraphId(1), "a condition within a condition");
    let (model, _) = open("while.tflite");
    let repeat = node(first(&model), "While");
    assert_eq!(repeat.inputs.len(), 1, "all inputs are of one parameter");
    assert_eq!(repeat.inputs[0].values.len(), repeat.outputs[0].values.len());
    let Literal::Graph(body) = attribute(repeat, "body_subgraph_index") else { panic!("no body") };
    assert_eq!(model.graphs[*body].inputs.len(), repeat.inputs[0].values.len());
}

#[test]
fn signatures_are_entry_points_and_name_their_values() {
    let (model, _) = open("signatures.tflite");
    let signatures: Vec<(GraphKind, &str)> = model.graphs.values().map(|graph| (graph.kind, &*graph.name)).collect();
    let [main, body] = [GraphKind::Main, GraphKind::Body];
    assert_eq!(signatures, [(main, "decode"), (main, "encode"), (body, "NoOp")]);
    let encode = &model.graphs[GraphId(1)];
    assert_eq!(entry(&encode.metadata, "signature"), "encode");
    let input = &encode.values[encode.inputs[0]];
    assert_eq!((&*input.name, entry(&input.metadata, "encode input")), ("encode_ids:0", "ids"));
    // Both call what prepares the variable.
    let prepared = |graph: u32| attribute(node(&model.graphs[GraphId(graph)], "CallOnce"), "init_subgraph_index");
    assert_eq!((prepared(0), prepared(1)), (&Literal::Graph(GraphId(2)), &Literal::Graph(GraphId(2))));
    let handle = node(encode, "VarHandle").outputs[0].values[0];
    assert_eq!(encode.values[handle].ty, Some(Type::Opaque("resource".into())));
}

#[test]
fn texts_are_read_where_they_are() {
    let (model, files) = open("strings.tflite");
    let (id, keys) = model.tensors.iter().find(|(_, tensor)| matches!(tensor.data, Data::Strings(..))).unwrap();
    assert_eq!(keys.shape, [4]);
    let read = values::read(&model, id, &files, 0, 9).unwrap();
    let texts: Vec<_> = (0..read.len()).map(|at| read.text(at).unwrap()).collect();
    assert_eq!(texts, ["eins", "zwei", "drei", "größer"]);
}

#[test]
fn options_of_others_are_decoded_if_they_are_flexbuffers() {
    let (model, _) = open("custom.tflite");
    let crop = node(first(&model), "CropAndResize");
    assert_eq!(&*crop.domain, "custom");
    assert_eq!(*attribute(crop, "extrapolation_value"), Literal::Double(0.25));
    assert_eq!(*attribute(crop, "method"), text("bilinear"));
    let (model, _) = open("types.tflite");
    let graph = first(&model);
    assert_eq!(*attribute(node(graph, "Blend"), "names"), Literal::List(vec![text("a"), text("b")]));
    let raw = graph.nodes.values().last().unwrap();
    let bytes = [1, 0, 0, 0, 255, 255, 255, 250].map(Literal::Int);
    assert_eq!(*attribute(raw, "custom_options"), Literal::List(bytes.into()));
    let composite = node(graph, "StablehloComposite");
    assert_eq!(*attribute(composite, "decomposition_subgraph_index"), Literal::Graph(GraphId(1)));
    let (model, _) = open("flex.tflite");
    let Literal::List(options) = attribute(node(first(&model), "FlexCholesky"), "custom_options") else {
        panic!("no list")
    };
    assert_eq!(options[0], text("Cholesky"), "then the node as TensorFlow has it");
}

#[test]
fn sparse_kept_and_external_tensors_are_told_apart() {
    let (model, files) = open("types.tflite");
    let sparse = tensor(&model, "sparse");
    assert_eq!((&*sparse.shape, entry(&sparse.metadata, "sparsity")), (&[4u64, 8][..], "dense 4, CSR, dense 4"));
    let id = model.tensors.iter().find(|(_, tensor)| &*tensor.name == "sparse").unwrap().0;
    assert_eq!(values::read(&model, id, &files, 0, 100).unwrap().len(), 8, "those that are stored");
    assert_eq!(entry(&tensor(&model, "state").metadata, "variable"), "has no first content");
    let elsewhere = tensor(&model, "elsewhere");
    assert!(matches!(&elsewhere.data, Data::External { path, span } if &**path == "weights.bin" && span.at == 16));
    assert_eq!(entry(&tensor(&model, "int4").metadata, "block_size"), "4");

    files.add("weights.bin", Rc::new(BytesSource(1.5f32.to_le_bytes().repeat(32))));
    let id = model.tensors.iter().find(|(_, tensor)| &*tensor.name == "elsewhere").unwrap().0;
    assert_eq!(values::read(&model, id, &files, 3, 1).unwrap().text(0).as_deref(), Some("1.5"));
}

#[test]
fn what_the_author_says_and_packs_is_shown() {
    let (model, _) = open("metadata.tflite");
    assert_eq!((entry(&model.properties, "name"), entry(&model.properties, "license")), ("Ten things", "MIT"));
    assert_eq!(entry(&model.properties, "producer"), "TensorFlow 2.21.0");
    assert_eq!(entry(&model.metadata, "packed labels.txt"), "79 bytes");
    let graph = first(&model);
    let image = &graph.values[graph.inputs[0]];
    assert_eq!((&*image.description, entry(&image.metadata, "name")), ("16 × 16, from -1 to 1.", "image"));
}

#[test]
fn bundles_show_all_of_their_models() {
    let (model, files) = open("bundle.task");
    let mains: Vec<_> =
        model.graphs.values().filter(|graph| graph.kind == GraphKind::Main).map(|graph| &*graph.name).collect();
    assert_eq!(mains, ["detector.tflite", "branch.tflite/main"]);
    assert_eq!(entry(&model.metadata, "labels.txt"), "8 bytes");
    let (alone, own) = open("cnn.tflite");
    let (id, _) = alone.tensors.iter().next().unwrap();
    let both = [(&model, &files), (&alone, &own)].map(|(model, files)| values::read(model, id, files, 0, 50).unwrap());
    assert_eq!(both[0], both[1], "offsets count from where the model is");
}

#[test]
fn containers_of_language_models_show_their_models_and_what_is_said() {
    let (model, files) = open("litertlm/chat.litertlm");
    assert_eq!((&*model.format, &*first(&model).name), ("LiteRT-LM v1.7.0", "prefill_decode"));
    for (name, value) in [
        ("Authors", "Lamina"),
        ("prefill_decode: backend_constraint", "cpu"),
        ("start token", "2"),
        ("stop tokens", "<end_of_turn>, 1 106"),
        ("sampler", "top p, k = 40, p = 0.5"),
        ("model type", "Gemma 3"),
        ("max_num_tokens", "1280"),
    ] {
        assert_eq!(entry(&model.metadata, name), value);
    }
    assert!(entry(&model.metadata, "tokenizer (Hugging Face)").ends_with(" bytes"));
    let (alone, own) = open("cnn.tflite");
    let (id, _) = alone.tensors.iter().next().unwrap();
    let both = [(&model, &files), (&alone, &own)].map(|(model, files)| values::read(model, id, files, 0, 50).unwrap());
    assert_eq!(both[0], both[1], "offsets count from where the model is");
}

#[test]
fn weights_in_a_section_of_their_own_belong_to_the_model_of_the_same_name() {
    let (model, files) = open("litertlm/outside.litertlm");
    let mains: Vec<_> =
        model.graphs.values().filter(|graph| graph.kind == GraphKind::Main).map(|graph| &*graph.name).collect();
    assert_eq!(mains, ["prefill_decode/main", "embedder/main"]);
    let says = ["layers", "factor", "final"].map(|name| entry(&model.metadata, &format!("embedder: {name}")));
    assert_eq!(says, ["3", "0.5", "true"]);
    let id = model.tensors.iter().find(|(_, tensor)| &*tensor.name == "elsewhere").unwrap().0;
    let read = values::read(&model, id, &files, 0, 100).unwrap();
    let numbers: Vec<f64> = (0..read.len()).map(|at| read.number(at).unwrap()).collect();
    assert_eq!(numbers, (4..20).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn a_container_without_a_model_is_an_error_and_a_section_that_is_cut_is_told() {
    let path = common::root().join("tflite/litertlm/outside.litertlm");
    let bytes = std::fs::read(path).unwrap();
    let cut = common::open(&common::in_memory("x.litertlm", bytes[..6000].to_vec())).unwrap();
    assert!(cut.report.diagnostics.iter().any(|said| said.message.contains("section")), "{:?}", cut.report.diagnostics);
    let none = common::open(&common::in_memory("x.litertlm", bytes[..1100].to_vec())).err().unwrap();
    assert!(none.message.contains("LiteRT") || none.message.contains("model"), "{}", none.message);
}

#[test]
fn counts_are_those_of_netron() {
    // Graphs, nodes, initialisers and parameters that Netron 9.3 counts, and what is added to each here.
    type Counts = [i64; 4];
    let cases: [(&str, Counts, Counts, &str); 12] = [
        ("cnn.tflite", [1, 11, 10, 1660], [0; 4], ""),
        ("cnn-int8.tflite", [1, 11, 11, 1668], [0; 4], ""),
        ("cnn-dynamic.tflite", [1, 11, 10, 1660], [0; 4], ""),
        ("cnn-float16.tflite", [1, 17, 10, 1660], [0; 4], ""),
        ("cnn-offsets.tflite", [1, 11, 10, 1660], [0; 4], ""),
        ("if.tflite", [5, 8, 3, 6], [0; 4], ""),
        ("while.tflite", [3, 5, 3, 6], [0; 4], ""),
        ("lstm.tflite", [3, 38, 14, 48], [0; 4], ""),
        ("signatures.tflite", [3, 12, 5, 51], [0; 4], ""),
        ("strings.tflite", [2, 5, 3, 9], [0; 4], ""),
        ("custom.tflite", [1, 3, 5, 13], [0; 4], ""),
        ("metadata.tflite", [1, 11, 10, 1660], [0; 4], ""),
    ];
    for (path, netron, more, why) in cases {
        let model = open(path).0;
        let totals = model.totals();
        let graphs = model.graphs.len();
        let ours = [graphs, totals.nodes, totals.initializers].map(|count| count as i64);
        let ours = [ours[0], ours[1], ours[2], totals.parameters as i64];
        assert_eq!(std::array::from_fn(|at| ours[at] - more[at]), netron, "{path}: {why}");
    }
}
