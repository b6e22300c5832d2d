//! ONNX in other bytes than its own says the same: text, the format of ONNX Runtime, packed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{in_memory, on_disk, root};
use lamina::formats::Opened;
use lamina::model::dump;

/// The fixture at `path` in the folder of ONNX.
fn open(path: &str) -> Opened {
    common::open(&on_disk(&root().join("onnx").join(path))).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a model holds, without what its file is.
fn content(opened: &Opened) -> Vec<String> {
    let text = dump::text(&opened.model, &opened.report);
    let not = ["format:", "compression:", "producer:"];
    text.lines().filter(|line| !not.iter().any(|word| line.starts_with(word))).map(str::to_owned).collect()
}

/// Lines that are not the same, of at most five.
fn differences(ours: &[String], theirs: &[String]) -> Vec<(String, String)> {
    assert_eq!(ours.len(), theirs.len(), "\n{}\n{}", ours.join("\n"), theirs.join("\n"));
    ours.iter().zip(theirs).filter(|(a, b)| a != b).map(|(a, b)| (a.clone(), b.clone())).take(5).collect()
}

#[test]
fn text_says_what_the_message_says() {
    for name in ["torch-cnn", "onnxscript", "torch-loop", "types"] {
        let text = open(&format!("forms/{name}.onnxtxt"));
        let message = open(&format!("{name}.onnx"));
        assert!(text.model.format.ends_with(" as text"), "{}", text.model.format);
        let counts = |opened: &Opened| {
            let graphs = opened.model.graphs.iter();
            let nodes: Vec<usize> = graphs.map(|(_, graph)| graph.nodes.len()).collect();
            let values: Vec<usize> = opened.model.graphs.iter().map(|(_, graph)| graph.values.len()).collect();
            (nodes, values, opened.model.tensors.len())
        };
        assert_eq!(counts(&text), counts(&message), "{name}");
    }
}

#[test]
fn text_has_functions_attributes_and_types() {
    let text = content(&open("forms/functions.onnxtxt"));
    let has = |wanted: &str| assert!(text.iter().any(|line| line.contains(wanted)), "{wanted}\n{}", text.join("\n"));
    has("example.blocks/Block block_0");
    has("{axis = -1}");
    has("Act:smooth");
    has("{axis = attribute axis}");
    has("input: x: float32 batch×4");
    let types = content(&open("forms/types.onnxtxt"));
    let has = |wanted: &str| assert!(types.iter().any(|line| line.contains(wanted)), "{wanted}\n{}", types.join("\n"));
    has("image: float32 N×3×?×0");
    has("of_float8e4m3fnuz: float8e4m3fnuz 2");
    has("example.Thing");
}

#[test]
fn a_model_in_the_format_of_onnx_runtime_is_a_model_of_onnx() {
    let ort = open("forms/sklearn-forest.ort");
    let message = open("sklearn-forest.onnx");
    let trees = |opened: &Opened| {
        let graph = &opened.model.graphs[lamina::model::GraphId(0)];
        let (_, node) = graph.nodes.iter().find(|(_, node)| &*node.operator == "TreeEnsembleClassifier").unwrap();
        let mut attributes: Vec<_> = node.attributes.iter().map(|it| format!("{} {:?}", it.name, it.value)).collect();
        attributes.sort();
        attributes
    };
    assert_eq!(trees(&ort), trees(&message));
    assert_eq!(&*ort.model.format, "ONNX Runtime v6");
    assert!(ort.report.diagnostics.is_empty(), "{:?}", ort.report.diagnostics);
}

#[test]
fn tensors_stay_where_they_are_in_the_file() {
    let files = on_disk(&root().join("onnx/forms/torch-cnn.ort"));
    let opened = common::open(&files).unwrap();
    let (_, weight) = opened.model.tensors.iter().find(|(_, tensor)| &*tensor.name == "fc.weight").unwrap();
    let lamina::model::Data::Range(file, span) = &weight.data else { panic!("{:?}", weight.data) };
    assert_eq!((file.0, span.len), (0, 4 * 5 * 12));
    let plain = on_disk(&root().join("onnx/torch-cnn.onnx"));
    let original = common::open(&plain).unwrap();
    let (_, same) = original.model.tensors.iter().find(|(_, tensor)| &*tensor.name == "fc.weight").unwrap();
    let lamina::model::Data::Range(_, place) = &same.data else { panic!("{:?}", same.data) };
    let bytes = |files: &lamina::source::Files, span: lamina::source::Span| {
        files.main().window(span).read_all(1 << 20).unwrap()
    };
    assert_eq!(bytes(&files, *span), bytes(&plain, *place));
}

#[test]
fn a_packed_model_is_the_model() {
    let packed = open("forms/if.onnx.gz");
    assert_eq!(differences(&content(&packed), &content(&open("if.onnx"))), []);
    let zipped = open("forms/external.zip");
    assert_eq!(&*zipped.model.format, &*open("torch-external/model.onnx").model.format);
    // Its weights are found beside it in the archive.
    assert!(zipped.report.diagnostics.is_empty(), "{:?}", zipped.report.diagnostics);
}

#[test]
fn what_comes_before_a_mistake_in_a_text_is_shown_and_the_mistake_has_a_line() {
    let whole = "<ir_version: 8, opset_import: [\"\": 17]>\nagraph (float[N] x) => (float[N] y)\n{\n  t = Relu(x)\n  y = Add(t, \n";
    let opened = common::open(&in_memory("a.onnxtxt", whole.as_bytes().to_vec())).unwrap();
    assert_eq!(opened.model.graphs[lamina::model::GraphId(0)].nodes.len(), 1);
    let message = &opened.report.diagnostics[0].message;
    assert!(message.contains("line 6") && message.contains("a name is missing"), "{message}");
}

/// A line up to where it says at which place in the file something is.
fn place(line: &str) -> String {
    let line = line.split(" bytes at").next().unwrap();
    line.split(" from 0x").next().unwrap().to_owned()
}

/// A line without the numbers of values that have no name.
fn unnumbered(line: &str) -> String {
    let mut parts = line.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| format!("{text}%{}", part.trim_start_matches(|char: char| char.is_ascii_digit())))
}

#[test]
fn protobuf_text_and_json_say_the_same_as_the_bytes() {
    for name in ["functions", "quantization", "dtypes-typed", "loop"] {
        let message = content(&open(&format!("{name}.onnx")));
        for form in ["pbtxt", "json"] {
            let spelt = content(&open(&format!("forms/{name}.{form}")));
            // Numbers that are written in full have other places; the fields of an object have no order, nor have the numbers of values without a name.
            let plain = |lines: &[String]| -> Vec<String> {
                let mut lines: Vec<_> = lines.iter().map(|line| unnumbered(&place(line))).collect();
                lines.sort();
                lines
            };
            assert_eq!(differences(&plain(&spelt), &plain(&message)), [], "{name}.{form}");
        }
    }
}
