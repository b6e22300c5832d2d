//! Parameters of Flax: layers, arrays in chunks, what is damaged. Values are compared in `tests/values.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::Data;
use lamina::report::{Kind, Result};

fn fixture(path: &str) -> Result<Opened> {
    common::open(&common::on_disk(&common::root().join(path)))
}

#[test]
fn layers_are_known_by_the_names_of_their_arrays() {
    let opened = fixture("flax/network.msgpack").unwrap();
    let nodes = opened.model.graphs.values().flat_map(|graph| graph.nodes.values());
    let nodes: Vec<String> = nodes.map(|node| format!("{} {}", node.name, node.operator)).collect();
    for wanted in
        ["params/Conv_0 Conv2D", "params/Dense_0 Dense", "params/Embed_0 Embedding", "params/LayerNorm_0 LayerNorm"]
    {
        assert!(nodes.iter().any(|node| node == wanted), "{wanted} in {nodes:?}");
    }
    assert!(opened.model.tensors.values().all(|tensor| matches!(tensor.data, Data::Range(..))));
}

#[test]
fn what_is_no_array_is_a_row() {
    let opened = fixture("flax/types.msgpack").unwrap();
    let row = |name: &str| opened.model.metadata.iter().find(|row| &*row.name == name).map(|row| row.value.to_string());
    let rows =
        [("step", "3"), ("rate", "0.5"), ("name", "net"), ("none", "None"), ("phase", "1 + 2i"), ("list/1", "7")];
    for (name, value) in rows {
        assert_eq!(row(name).as_deref(), Some(value), "{name}");
    }
}

#[test]
fn chunks_are_one_array() {
    let opened = fixture("flax/chunked.msgpack").unwrap();
    let kernel = opened.model.tensors.values().find(|tensor| &*tensor.name == "dense/kernel").unwrap();
    assert_eq!(kernel.shape, [5, 6]);
    assert!(matches!(&kernel.data, Data::Ranges(_, spans) if spans.len() == 4), "{:?}", kernel.data);
    assert_eq!(opened.model.tensors.len(), 2);
}

#[test]
fn what_is_damaged_is_told_and_the_rest_is_shown() {
    let odd = fixture("bad/flax/odd.msgpack").unwrap();
    let said: Vec<&str> = odd.report.diagnostics.iter().map(|diagnostic| &*diagnostic.message).collect();
    let wanted = [
        "ask for 24",
        "a shape that is too large",
        "\"float7\", which is not known",
        "no list of shape, type and elements",
    ];
    for (said, wanted) in said.iter().zip(wanted) {
        assert!(said.contains(wanted), "{wanted} in {said}");
    }
    assert_eq!(odd.model.tensors.len(), 4);
    let long = fixture("bad/flax/long.msgpack").unwrap();
    assert!(long.report.diagnostics[0].message.contains("2 bytes follow"), "{:?}", long.report);
    assert_eq!(fixture("bad/flax/cut.msgpack").unwrap().report.diagnostics.len(), 1);
    assert_eq!(fixture("bad/flax/list.msgpack").err().map(|error| error.kind), Some(Kind::Unsupported));
}

#[test]
fn maps_in_maps_end_somewhere() {
    let nested = |depth: usize| [b"\x81\xa1a".repeat(depth), vec![0xc0]].concat();
    let open = |bytes: Vec<u8>| common::open(&common::in_memory("a.msgpack", bytes));
    assert!(open(nested(60)).unwrap().report.diagnostics.iter().all(|diagnostic| !diagnostic.message.contains("deep")));
    assert_eq!(open(nested(100_000)).err().map(|error| error.kind), Some(Kind::Limit));
    // A count that nothing justifies makes no room.
    assert!(open(b"\xdf\xff\xff\xff\xff\xa1a\xc0".to_vec()).is_ok());
}
