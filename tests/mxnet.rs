//! Parameters of MXNet: names, sparse arrays, what is damaged. Values are compared in `tests/values.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::report::{Kind, Result};

fn fixture(path: &str) -> Result<Opened> {
    common::open(&common::on_disk(&common::root().join(path)))
}

fn nodes(opened: &Opened) -> Vec<String> {
    let nodes = opened.model.graphs.values().flat_map(|graph| graph.nodes.values());
    nodes.map(|node| format!("{} {}", node.name, node.operator)).collect()
}

#[test]
fn arrays_are_grouped_by_what_their_names_begin_with() {
    let module = fixture("mxnet/module.params").unwrap();
    let wanted = ["conv0 Conv2d", "fc1 Linear", "bn BatchNormalization"];
    for wanted in wanted {
        assert!(nodes(&module).iter().any(|node| node == wanted), "{wanted} in {:?}", nodes(&module));
    }
    for old in ["mxnet/version0.params", "mxnet/version1.params"] {
        assert_eq!(nodes(&fixture(old).unwrap()), nodes(&module), "{old}");
    }
    let state = module.model.tensors.values().find(|tensor| &*tensor.name == "bn_moving_mean").unwrap();
    assert_eq!(state.metadata[0].value.as_ref(), "auxiliary state");
    assert_eq!(nodes(&fixture("mxnet/gluon.params").unwrap())[0], "features.0 Conv2d");
}

#[test]
fn sparse_arrays_say_of_what_they_are() {
    let opened = fixture("mxnet/sparse.params").unwrap();
    let notes: Vec<&str> =
        opened.model.tensors.values().flat_map(|tensor| &tensor.metadata).map(|note| &*note.value).collect();
    assert_eq!(notes, ["row_sparse of [3, 2]", "csr of [3, 2]"]);
    assert_eq!(opened.model.tensors.len(), 5);
}

#[test]
fn what_is_damaged_is_told_and_the_rest_is_shown() {
    for (path, said) in [("cut", "bytes wanted"), ("no-names", "the names")] {
        let opened = fixture(&format!("bad/mxnet/{path}.params")).unwrap();
        assert!(opened.report.diagnostics[0].message.contains(said), "{path}: {:?}", opened.report);
        assert!(!opened.model.tensors.is_empty(), "{path}");
    }
    for (path, kind) in [("storage", Kind::Unsupported), ("many", Kind::Malformed), ("huge", Kind::Malformed)] {
        let error = fixture(&format!("bad/mxnet/{path}.params")).err();
        assert_eq!(error.map(|error| error.kind), Some(kind), "{path}");
    }
}
