//! GGUF: models in several files, tables that are read in parts, heads that are damaged. Values of all types are compared in `tests/values.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{DType, Data, Model, TensorId, values};
use lamina::report::Kind;
use lamina::source::{BytesSource, Files};
use std::rc::Rc;

const PARTS: usize = 4;

fn fixture(path: &str) -> (Opened, Files) {
    let files = common::on_disk(&common::root().join("gguf").join(path));
    (common::open(&files).unwrap(), files)
}

fn tensor(model: &Model, name: &str) -> TensorId {
    model.tensors.iter().find(|(_, tensor)| &*tensor.name == name).unwrap().0
}

fn metadata<'a>(model: &'a Model, name: &str) -> Option<&'a str> {
    model.metadata.iter().find(|entry| &*entry.name == name).map(|entry| &*entry.value)
}

fn part(number: usize) -> String {
    format!("small-{number:05}-of-{PARTS:05}.gguf")
}

/// Parts as they are dropped on the page, the first of `numbers` as the main one.
fn dropped(numbers: &[usize]) -> Files {
    let read = |number: &usize| {
        let bytes = std::fs::read(common::root().join("gguf/split").join(part(*number))).unwrap();
        (part(*number), Rc::new(BytesSource(bytes)))
    };
    let (name, main) = read(&numbers[0]);
    let files = Files::new(&name, main);
    for (name, source) in numbers[1..].iter().map(read) {
        files.add(&name, source);
    }
    files
}

/// Names, types, shapes and first values of all tensors, in order of the names.
fn content(model: &Model, files: &Files) -> Vec<String> {
    let describe = |(id, tensor): (TensorId, &lamina::model::Tensor)| {
        let read = values::read(model, id, files, 0, 8).unwrap();
        let values: Vec<String> = (0..read.len()).map(|at| read.text(at).unwrap()).collect();
        format!("{} {} {:?} {values:?}", tensor.name, tensor.dtype.name(), tensor.shape)
    };
    let mut all: Vec<String> = model.tensors.iter().map(describe).collect();
    all.sort();
    all
}

#[test]
fn the_files_of_a_model_are_one_model() {
    let (whole, files) = fixture("llama.gguf");
    let wanted = content(&whole.model, &files);
    for order in [[1, 2, 3, 4], [3, 1, 4, 2]] {
        let files = dropped(&order);
        let Opened { model, report, .. } = common::open(&files).unwrap();
        assert_eq!(content(&model, &files), wanted);
        assert_eq!(model.totals().parameters, whole.model.totals().parameters);
        assert_eq!(metadata(&model, "llama.block_count"), Some("3"));
        assert_eq!(metadata(&model, "split.no"), None);
        let names: Vec<&str> = model.graphs.values().map(|graph| &*graph.name).collect();
        assert_eq!(names, ["diagram", "", "tokenizer"]);
        // The first file has no weights.
        assert!(report.diagnostics.iter().all(|diagnostic| diagnostic.message.ends_with("the file has no tensors")));
        let layers = |model: &Model| {
            model.graphs.values().flat_map(|graph| graph.nodes.values()).filter(|node| node.inferred).count()
        };
        assert_eq!(layers(&model), layers(&whole.model));
    }
}

#[test]
fn files_that_are_missing_are_named() {
    let Opened { model, report, .. } = common::open(&dropped(&[2, 4])).unwrap();
    let said: Vec<&str> = report.diagnostics.iter().map(|diagnostic| &*diagnostic.message).collect();
    assert_eq!(said, [format!("2 of 4 files are here; open them together with {:?} and {:?}", part(1), part(3))]);
    assert!(model.tensors.len() > 10);

    let Opened { report, .. } = common::open(&dropped(&[2])).unwrap();
    let said = &report.diagnostics[0].message;
    let others = format!("{:?}, {:?} and {:?}", part(1), part(3), part(4));
    assert_eq!(*said, format!("this is one of the 4 files of a model; open it together with {others}"));
}

#[test]
fn tables_of_tokenizers_are_read_in_parts() {
    for (path, count) in [("llama.gguf", 300), ("version1.gguf", 280), ("version2.gguf", 280), ("big-endian.gguf", 300)]
    {
        let (Opened { model, .. }, files) = fixture(path);
        let id = tensor(&model, "tokenizer.ggml.tokens");
        let Data::Prefixed(_, strings) = &model.tensors[id].data else { panic!("{path} has its tokens elsewhere") };
        assert_eq!(strings.marks.len(), 2, "{path}: one for 256");
        let all = values::read(&model, id, &files, 0, count).unwrap();
        assert_eq!(all.len() as u64, count);
        for from in [0, 4, 255, 256, 257, count - 1] {
            let some = values::read(&model, id, &files, from, 3).unwrap();
            assert_eq!(some.len() as u64, 3.min(count - from), "{path} from {from}");
            assert_eq!(some.text(0), all.text(from as usize), "{path} from {from}");
        }
        assert_eq!(values::read(&model, id, &files, count, 3).unwrap().len(), 0);
        assert_eq!(all.text(count as usize - 1), Some(format!("token{}", count - 1)), "{path}");
    }
    let (Opened { model, .. }, files) = fixture("llama.gguf");
    let tokens = values::read(&model, tensor(&model, "tokenizer.ggml.tokens"), &files, 3, 2).unwrap();
    assert_eq!(tokens.text(0).as_deref(), Some("über"));
    assert_eq!(tokens.text(1).as_deref(), Some("\u{fffd}"), "half a character is no text");
    let scores = values::read(&model, tensor(&model, "tokenizer.ggml.scores"), &files, 299, 1).unwrap();
    assert_eq!(scores.text(0).as_deref(), Some("-149.5"));
}

#[test]
fn tables_are_no_parameters() {
    let (Opened { model, .. }, _) = fixture("llama.gguf");
    let weights = model.tensors.values().filter(|tensor| !tensor.name.starts_with("tokenizer"));
    let (count, bytes) = weights
        .fold((0, 0), |(count, bytes), tensor| (count + tensor.elements().unwrap(), bytes + tensor.bytes().unwrap()));
    let totals = model.totals();
    assert_eq!((totals.parameters, totals.bytes), (count, bytes));
    assert_eq!(totals.initializers, 29);
}

#[test]
fn blocks_of_a_foreign_order_that_nobody_has_agreed_on_are_no_numbers() {
    let (Opened { model, .. }, files) = fixture("big-endian.gguf");
    let error = values::read(&model, tensor(&model, "Q2_K"), &files, 0, 4).unwrap_err();
    assert_eq!(error.kind, Kind::Unsupported);
    assert!(error.message.contains("Q2_K"), "{error}");
}

#[test]
fn what_is_there_of_a_file_that_is_cut_short_is_shown() {
    let whole = std::fs::read(common::root().join("gguf/llama.gguf")).unwrap();
    let open = |len: usize| {
        let files = common::in_memory("llama.gguf", whole[..len].to_vec());
        (common::open(&files), files)
    };
    // In the weights: what is described is shown, and one warning says what is missing.
    let (opened, files) = open(whole.len() - 3000);
    let Opened { model, report, .. } = opened.unwrap();
    assert_eq!(model.totals().initializers, 29);
    assert_eq!(report.diagnostics.len(), 1);
    assert!(report.diagnostics[0].message.contains("was probably cut short"), "{:?}", report.diagnostics);
    assert_eq!(values::read(&model, tensor(&model, "token_embd.weight"), &files, 0, 4).unwrap().len(), 4);
    assert!(values::read(&model, tensor(&model, "output_norm.weight"), &files, 0, 4).is_err());
    // In the descriptions: those before it are shown.
    let at = whole.windows(9).position(|part| part == b"blk.1.att").unwrap();
    let Opened { model, report, .. } = open(at + 4).0.unwrap();
    assert!((5..20).contains(&model.totals().initializers));
    assert!(report.diagnostics[0].message.contains("the description of tensor"), "{:?}", report.diagnostics);
    // In the metadata.
    let Opened { model, .. } = open(700).0.unwrap();
    assert_eq!(metadata(&model, "llama.block_count"), Some("3"));
    assert_eq!(open(30).0.err().map(|error| error.kind), Some(Kind::Malformed));
}

/// A file of one entry of type `kind`.
fn entry(kind: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    for number in [0u64, 1, 1] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.push(b'k');
    bytes.extend(kind.to_le_bytes());
    bytes.extend(content);
    bytes
}

#[test]
fn what_an_entry_claims_is_not_believed() {
    let array = |kind: u32, count: u64| [kind.to_le_bytes().to_vec(), count.to_le_bytes().to_vec()].concat();
    let deep: Vec<u8> = (0..100_000).flat_map(|_| array(9, 1)).collect();
    let cases = [
        (8, u64::MAX.to_le_bytes().to_vec(), Kind::Malformed),
        (9, array(8, 1 << 61), Kind::Malformed),
        (9, array(10, 1 << 61), Kind::Malformed),
        (9, array(9, u64::MAX), Kind::Malformed),
        (9, array(77, 3), Kind::Malformed),
        (77, Vec::new(), Kind::Malformed),
        (9, deep, Kind::Limit),
    ];
    for (kind, content, expected) in cases {
        let error = common::open(&common::in_memory("a.gguf", entry(kind, &content))).err().unwrap();
        assert_eq!(error.kind, expected, "{error}");
    }
}

#[test]
fn very_long_texts_are_cut() {
    let text = [(3u64 << 20).to_le_bytes().to_vec(), vec![b'a'; 3 << 20]].concat();
    let Opened { model, .. } = common::open(&common::in_memory("a.gguf", entry(8, &text))).unwrap();
    let shown = metadata(&model, "k").unwrap();
    assert!(shown.ends_with("a… (2097152 more bytes)") && shown.len() < 1_050_000);
}

#[test]
fn all_types_have_a_name_and_a_size() {
    let (Opened { model, report, .. }, _) = fixture("types.gguf");
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    let kinds: std::collections::BTreeSet<DType> = model.tensors.values().map(|tensor| tensor.dtype).collect();
    assert_eq!(kinds.iter().filter(|kind| kind.block().is_some()).count(), 26);
    assert_eq!(kinds.len(), 34);
    let sized = |tensor: &lamina::model::Tensor| matches!(tensor.data, Data::Range(_, span) if Some(span.len) == tensor.bytes());
    assert!(model.tensors.values().all(sized));
}
