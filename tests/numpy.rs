//! Arrays of NumPy: objects that are never made, records, archives. Values of all types are compared in `tests/values.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{Data, Model, TensorId, values};
use lamina::report::Kind;
use lamina::source::Files;

fn fixture(path: &str) -> (Opened, Files) {
    let files = common::on_disk(&common::root().join("numpy").join(path));
    (common::open(&files).unwrap(), files)
}

fn tensor(model: &Model, name: &str) -> TensorId {
    model.tensors.iter().find(|(_, tensor)| &*tensor.name == name).unwrap_or_else(|| panic!("no {name:?}")).0
}

fn texts(model: &Model, files: &Files, name: &str) -> Vec<String> {
    let read = values::read(model, tensor(model, name), files, 0, u64::MAX).unwrap();
    (0..read.len()).map(|at| read.text(at).unwrap()).collect()
}

#[test]
fn objects_are_told_of_and_never_made() {
    let (Opened { model, safety, .. }, files) = fixture("command.npy");
    let safety = safety.expect("an array of objects is a pickle");
    assert_eq!(serde_json::to_value(safety.rating).unwrap(), "dangerous");
    let said = texts(&model, &files, "command");
    assert!(said[0].contains("system('echo loaded')"), "{said:?}");
    assert_eq!(said[1], "1");
    for path in ["weights.npy", "words.npy", "objects.npz"] {
        let rating = fixture(path).0.safety.unwrap().rating;
        assert_eq!(serde_json::to_value(rating).unwrap(), "inert", "{path}");
    }
    assert!(fixture("types.npz").0.safety.is_none(), "without objects, nothing is loaded that could run");
}

#[test]
fn what_is_in_an_archive_says_where_it_is_a_pickle() {
    let (Opened { safety, .. }, _) = fixture("objects.npz");
    let streams = safety.unwrap().streams;
    let names: Vec<&str> = streams.iter().map(|stream| &*stream.name).collect();
    assert_eq!(names, ["ragged.npy", "mixed.npy"]);
}

#[test]
fn objects_that_hold_no_arrays_are_texts() {
    let (Opened { model, .. }, files) = fixture("objects.npz");
    assert_eq!(texts(&model, &files, "mixed"), ["1", "2.5", "None", "x", "(1, 2)"]);
    assert_eq!(texts(&model, &files, "ragged/0"), ["0", "1", "2"]);
    let (Opened { model, .. }, _) = fixture("weights.npy");
    assert_eq!(model.metadata.iter().map(|row| (&*row.name, &*row.value)).collect::<Vec<_>>(), [("epoch", "3")]);
}

#[test]
fn archives_are_trees_of_modules_packed_or_not() {
    let (stored, _) = fixture("network.npz");
    let (packed, _) = fixture("network-compressed.npz");
    let nodes = |opened: &Opened| -> Vec<String> {
        let nodes = opened.model.graphs.values().flat_map(|graph| graph.nodes.values());
        nodes.map(|node| format!("{} {} {}", node.name, node.operator, node.inferred)).collect()
    };
    assert_eq!(nodes(&stored), nodes(&packed));
    assert!(nodes(&stored).contains(&"Transformer/encoderblock_1/LayerNorm_0 LayerNorm true".to_owned()));
    let ranges = |opened: &Opened| {
        opened.model.tensors.values().all(|tensor| matches!(tensor.data, Data::Range(file, _) if file.0 == 0))
    };
    assert!(ranges(&stored) && !ranges(&packed), "what is stored is read where it is");
}

#[test]
fn what_is_wrong_with_an_array_is_told() {
    let open = |path: &str| common::open(&common::on_disk(&common::root().join("bad/numpy").join(path)));
    for (path, kind) in [
        ("version9.npy", Kind::Unsupported),
        ("no-type.npy", Kind::Malformed),
        ("no-shape.npy", Kind::Malformed),
        ("no-literal.npy", Kind::Malformed),
    ] {
        assert_eq!(open(path).err().map(|error| error.kind), Some(kind), "{path}");
    }
    for (path, said) in [
        ("cut.npy", "has 10 bytes, its type and shape ask for 24"),
        ("long.npy", "has 100 bytes, its type and shape ask for 24"),
        ("huge.npy", "has a shape that is too large"),
        ("mixed.npz", "this is no array of NumPy"),
    ] {
        let report = open(path).unwrap().report;
        assert!(report.diagnostics[0].message.contains(said), "{path}: {:?}", report.diagnostics);
    }
    assert_eq!(open("mixed.npz").unwrap().model.tensors.len(), 1, "the array that is sound is shown");
}

/// An array file of version 1 with `descr`.
fn array(descr: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

#[test]
fn what_a_header_claims_is_not_believed() {
    let nested = |levels: usize| format!("{}'<f4'{}", "[('a', ".repeat(levels), ")]".repeat(levels));
    for descr in [
        "'<U4294967295'".to_owned(),
        "[('a', '<f4', (4294967296, 4294967296, 4294967296))]".to_owned(),
        "[('a', '<f4', -1)]".to_owned(),
        "[('a',)]".to_owned(),
        "[3]".to_owned(),
        nested(1000),
        nested(20),
    ] {
        let error = common::open(&common::in_memory("a.npy", array(&descr, &[0; 8]))).err();
        assert!(error.is_some(), "{descr:.60}");
    }
    let opened = common::open(&common::in_memory("a.npy", array(&nested(10), &[0; 4]))).unwrap();
    assert_eq!(opened.model.tensors.len(), 1);
    // Elements without bytes.
    let files = common::in_memory("a.npy", array("'S0'", &[]));
    let model = common::open(&files).unwrap().model;
    assert!(values::read(&model, TensorId(0), &files, 0, 1).is_err());
}
