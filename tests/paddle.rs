//! Parameters of PaddlePaddle: names, slices, what is damaged. Values are compared in `tests/values.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{DType, Data};
use lamina::report::{Kind, Result};

fn fixture(path: &str) -> Result<Opened> {
    common::open(&common::on_disk(&common::root().join(path)))
}

fn names(opened: &Opened) -> Vec<String> {
    opened.model.tensors.values().map(|tensor| tensor.name.to_string()).collect()
}

#[test]
fn parameters_say_what_they_are_called_in_the_program() {
    let opened = fixture("paddle/net-4.pdparams").unwrap();
    assert_eq!(opened.format.id, "paddle");
    assert_eq!(serde_json::to_value(opened.safety.unwrap().rating).unwrap(), "inert");
    let tensor = opened.model.tensors.values().find(|tensor| &*tensor.name == "conv.weight").unwrap();
    assert_eq!(tensor.metadata[0].value.split('.').next(), Some("conv2d_0"));
    assert!(matches!(tensor.data, Data::Range(..)), "what is stored is read where it is");
    let nodes: Vec<String> = opened
        .model
        .graphs
        .values()
        .flat_map(|graph| graph.nodes.values())
        .map(|node| format!("{} {}", node.name, node.operator))
        .collect();
    assert!(nodes.contains(&"conv Conv2d".to_owned()), "{nodes:?}");
    assert!(opened.model.metadata.is_empty(), "the table of names is no setting");
}

#[test]
fn slices_are_one_parameter() {
    let opened = fixture("paddle/sliced.pdparams").unwrap();
    assert_eq!(names(&opened), ["first.bias", "wide.weight"]);
    let data = opened.model.tensors.values().map(|tensor| &tensor.data).next_back().unwrap();
    assert!(matches!(data, Data::Ranges(_, spans) if spans.len() == 4), "{data:?}");
    let opened = fixture("bad/paddle/no-slice.pdparams").unwrap();
    assert!(opened.report.diagnostics[0].message.contains("cannot be put together"), "{:?}", opened.report);
    assert_eq!(opened.model.tensors.len(), 4, "the slices that are there are shown");
}

#[test]
fn tensors_within_lists_have_their_arrays_and_their_type() {
    let opened = fixture("paddle/nested.pdparams").unwrap();
    let first = opened.model.tensors.values().next().unwrap();
    assert_eq!((&*first.name, first.dtype), ("model.0", DType::BF16));
    assert_eq!(opened.model.metadata[0].value.as_ref(), "3");
}

#[test]
fn names_are_those_of_the_program_beside() {
    let named = fixture("paddle/inference.pdiparams").unwrap();
    assert!(names(&named).contains(&"conv2d_0.w_0".to_owned()), "{:?}", names(&named));
    assert!(named.report.diagnostics.is_empty(), "{:?}", named.report);
    let alone = fixture("paddle/alone/parameters.pdiparams").unwrap();
    assert_eq!(names(&alone)[..3], ["0", "1", "2"]);
    assert!(alone.report.diagnostics[0].message.contains(".pdmodel"), "{:?}", alone.report);
    let shapes = |opened: &Opened| opened.model.tensors.values().map(|tensor| tensor.shape.clone()).collect::<Vec<_>>();
    assert_eq!(shapes(&named), shapes(&alone));
}

#[test]
fn what_is_damaged_is_told_and_the_rest_is_shown() {
    let whole = fixture("paddle/alone/parameters.pdiparams").unwrap().model.tensors.len();
    let cut = fixture("bad/paddle/cut.pdiparams").unwrap();
    assert_eq!(cut.model.tensors.len(), whole - 1);
    assert!(cut.report.diagnostics[0].message.contains("bytes wanted"), "{:?}", cut.report);
    let other = fixture("bad/paddle/version.pdiparams").unwrap();
    assert_eq!(other.model.tensors.len(), whole);
    assert!(other.report.diagnostics[0].message.contains("version 1"), "{:?}", other.report);
}

#[test]
fn what_a_description_claims_is_not_believed() {
    let open = |description: &[u8]| {
        let head = [vec![0; 16], vec![description.len() as u8, 0, 0, 0], description.to_vec()].concat();
        common::open(&common::in_memory("a.pdiparams", head)).err().map(|error| error.kind)
    };
    assert_eq!(open(&[8, 5, 0x10, 4]), Some(Kind::Malformed), "sixteen bytes that are not there");
    assert_eq!(open(&[8, 99, 0x10, 4]), Some(Kind::Malformed), "a type that does not exist");
    let huge = [&[8, 5][..], &[0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40].repeat(3)].concat();
    assert_eq!(open(&huge), Some(Kind::Malformed), "more elements than there are numbers for");
}
