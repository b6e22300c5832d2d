//! Models in several files: an index with its files, or numbered files alone, are one model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{Model, values};
use lamina::report::{Kind, Severity};
use lamina::source::{BytesSource, Files};
use std::rc::Rc;

const PICKLES: &str = "pytorch/sharded/pytorch_model";
const SAFE: &str = "safetensors/sharded/model";

fn part(stem: &str, number: usize) -> String {
    let extension = if stem == PICKLES { "bin" } else { "safetensors" };
    format!("{stem}-0000{number}-of-00003.{extension}")
}

fn index(stem: &str) -> String {
    if stem == PICKLES { format!("{stem}.bin.index.json") } else { format!("{stem}.safetensors.index.json") }
}

/// Fixtures as they are dropped on the page: without their folder, the first one is the main one.
fn dropped(paths: &[String]) -> Files {
    let read = |path: &String| {
        let name = path.rsplit('/').next().unwrap().to_owned();
        (name, Rc::new(BytesSource(std::fs::read(common::root().join(path)).unwrap())))
    };
    let (name, main) = read(&paths[0]);
    let files = Files::new(&name, main);
    for path in &paths[1..] {
        let (name, source) = read(path);
        files.add(&name, source);
    }
    files
}

/// Names, types, shapes and values, in order of the names.
fn content(model: &Model, files: &Files) -> Vec<String> {
    let mut all: Vec<String> = model
        .tensors
        .iter()
        .map(|(id, tensor)| {
            let read = values::read(model, id, files, 0, 4).unwrap();
            let values: Vec<String> = (0..read.len()).map(|at| read.text(at).unwrap()).collect();
            format!("{} {} {:?} {values:?}", tensor.name, tensor.dtype.name(), tensor.shape)
        })
        .collect();
    all.sort();
    all
}

fn parts(stem: &str, numbers: &[usize]) -> Vec<String> {
    numbers.iter().map(|number| part(stem, *number)).collect()
}

#[test]
fn an_index_with_its_files_is_one_model() {
    let mut contents = Vec::new();
    for stem in [PICKLES, SAFE] {
        let files = dropped(&[vec![index(stem)], parts(stem, &[3, 1, 2])].concat());
        let Opened { model, report, .. } = common::open(&files).unwrap();
        assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
        assert_eq!((model.graphs.len(), model.tensors.len()), (2, 30), "{stem}: a diagram, and the tree");
        let on_disk = common::on_disk(&common::root().join(index(stem)));
        let again = common::open(&on_disk).unwrap().model;
        assert_eq!(content(&again, &on_disk), content(&model, &files), "{stem}: found in the folder");
        let graph = model.graphs.values().next().unwrap();
        assert!(graph.nodes.values().all(|node| node.inferred), "layers are recognised across files");
        contents.push(content(&model, &files));
    }
    assert_eq!(contents[0], contents[1], "both frameworks wrote the same weights");
}

#[test]
fn a_file_alone_is_itself_even_if_the_index_lies_beside_it() {
    for stem in [PICKLES, SAFE] {
        let files = common::on_disk(&common::root().join(part(stem, 1)));
        let model = common::open(&files).unwrap().model;
        assert!(model.tensors.len() < 20, "{stem}: {} tensors", model.tensors.len());
        assert_eq!(files.companions(), Vec::<String>::new());
    }
}

#[test]
fn what_is_missing_is_named_and_the_rest_is_shown() {
    for stem in [PICKLES, SAFE] {
        let files = dropped(&[vec![index(stem)], parts(stem, &[1, 3])].concat());
        let Opened { model, report, .. } = common::open(&files).unwrap();
        assert!((10..30).contains(&model.tensors.len()));
        let [said] = &*report.diagnostics else { panic!("{:?}", report.diagnostics) };
        let name = part(stem, 2).rsplit('/').next().unwrap().to_owned();
        assert_eq!(said.severity, Severity::Warning);
        assert!(said.message.starts_with(&format!("{name:?} with ")), "{}", said.message);

        let error = common::open(&dropped(&[index(stem)])).err().unwrap();
        assert_eq!(error.kind, Kind::Missing);
        assert!(error.message.contains("None of its 3 files is here") && error.message.contains("-00001-of-00003"));
    }
}

#[test]
fn numbered_files_that_are_dropped_together_need_no_index() {
    for stem in [PICKLES, SAFE] {
        let whole = common::open(&dropped(&parts(stem, &[2, 3, 1]))).unwrap();
        assert_eq!(whole.model.tensors.len(), 30);
        assert!(whole.report.diagnostics.is_empty(), "{:?}", whole.report.diagnostics);
        let two = common::open(&dropped(&parts(stem, &[2, 3]))).unwrap();
        let missing = part(stem, 1).rsplit('/').next().unwrap().to_owned();
        let said = format!("2 of 3 files are here; open them together with {missing:?}");
        assert_eq!(two.report.diagnostics[0].message, said);
    }
}

#[test]
fn what_an_index_promises_in_vain_is_told() {
    let text = r#"{"weight_map": {"no.such": "model-00001-of-00003.safetensors", "far": "../x.safetensors"}}"#;
    let files = Files::new("x.index.json", Rc::new(BytesSource(text.into())));
    let part = std::fs::read(common::root().join(part(SAFE, 1))).unwrap();
    files.add("model-00001-of-00003.safetensors", Rc::new(BytesSource(part)));
    let Opened { model, report, .. } = common::open(&files).unwrap();
    assert_eq!(model.tensors.len(), 13);
    let said: Vec<&str> = report.diagnostics.iter().map(|found| &*found.message).collect();
    assert!(said.iter().any(|said| said.contains("is not a path within the folder")), "{said:?}");
    assert!(said.iter().any(|said| said.contains("lacks 1 of the tensors") && said.contains("no.such")), "{said:?}");
}

#[test]
fn an_index_that_is_none_is_an_error() {
    for text in
        [r#"{"weight_map": 3}"#, r#"{"weight_map": {"a": 1}}"#, r#"{"weight_map": {"a": "b"#, r#"{"weight_map": {}}"#]
    {
        assert!(common::open(&common::in_memory("a.index.json", text.into())).is_err(), "{text}");
    }
}
