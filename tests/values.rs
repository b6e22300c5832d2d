//! Reads the tensors of the fixtures and compares every element with what the frameworks that wrote them hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{Model, TensorId, Values, values};
use lamina::report::Kind;
use lamina::source::Files;
use serde_json::{Map, Value};
use std::path::Path;

/// The tensor called `name`: a value's content, else one that has the name itself.
fn tensor(model: &Model, name: &str) -> TensorId {
    let mut constants = model.graphs.values().flat_map(|graph| graph.values.values());
    let held = constants.find(|value| &*value.name == name).and_then(|value| value.tensor);
    let named = || model.tensors.iter().find(|(_, tensor)| &*tensor.name == name).map(|(id, _)| id);
    held.or_else(named).unwrap_or_else(|| panic!("no tensor {name:?}"))
}

/// A float as the record spells it.
fn number(text: &Value) -> f64 {
    text.as_str().unwrap().parse().unwrap()
}

fn same(a: f64, b: f64) -> bool {
    a.is_nan() && b.is_nan() || a.to_bits() == b.to_bits()
}

fn assert_element(values: &Values, index: usize, expected: &Value, place: &str) {
    let fits = match values {
        Values::Float(_, items) => same(items[index], number(expected)),
        Values::Complex(_, items) => {
            same(items[index][0], number(&expected[0])) && same(items[index][1], number(&expected[1]))
        }
        _ => values.text(index).as_deref() == expected.as_str(),
    };
    assert!(fits, "{place}[{index}] is {:?}, should be {expected}", values.text(index));
}

fn assert_tensor(opened: &Opened, files: &Files, name: &str, record: &Value, place: &str) {
    let id = tensor(&opened.model, name);
    let shape: Vec<u64> = record["shape"].as_array().unwrap().iter().map(|dim| dim.as_u64().unwrap()).collect();
    assert_eq!(opened.model.tensors[id].shape, shape, "{place}");
    assert_eq!(opened.model.tensors[id].dtype.name(), record["dtype"].as_str().unwrap(), "{place}");
    let expected = record["values"].as_array().unwrap();
    let all = values::read(&opened.model, id, files, 0, u64::MAX).unwrap_or_else(|error| panic!("{place}: {error}"));
    assert_eq!(all.len(), expected.len(), "{place}");
    for (index, expected) in expected.iter().enumerate() {
        assert_element(&all, index, expected, place);
    }
    for from in 0..expected.len().min(40) {
        let some = values::read(&opened.model, id, files, from as u64, 3).unwrap();
        assert_eq!(some.len(), 3.min(expected.len() - from), "{place} from {from}");
        for index in 0..some.len() {
            assert_element(&some, index, &expected[from + index], place);
        }
    }
}

/// The records of a folder: by file, of each tensor. They may go on in further files; a file with the same values as another names that one.
fn records(folder: &Path) -> Map<String, Value> {
    let (mut records, mut same) = (Map::new(), Vec::new());
    let parts =
        common::files(folder).into_iter().filter(|path| path.parent() == Some(folder) && common::is_record(path));
    for part in parts {
        let part: Map<String, Value> = serde_json::from_str(&std::fs::read_to_string(part).unwrap()).unwrap();
        for (file, tensors) in part {
            match tensors {
                Value::Object(tensors) => {
                    let known = records.entry(file).or_insert_with(|| Map::new().into());
                    known.as_object_mut().unwrap().extend(tensors);
                }
                of => same.push((file, of.as_str().unwrap().to_owned())),
            }
        }
    }
    for (file, of) in same {
        records.insert(file, records[&of].clone());
    }
    records
}

fn assert_folder(folder: &Path) -> usize {
    let mut count = 0;
    for (file, tensors) in &records(folder) {
        let files = common::on_disk(&folder.join(file));
        let opened = common::open(&files).unwrap_or_else(|error| panic!("{file}: {error}"));
        for (name, record) in tensors.as_object().unwrap() {
            assert_tensor(&opened, &files, name, record, &format!("{file}: {name:?}"));
            count += 1;
        }
    }
    count
}

#[test]
fn every_recorded_element_is_read_as_its_framework_reads_it() {
    let records = common::files(&common::root()).into_iter().filter(|path| path.ends_with("values.json"));
    let counts: Vec<usize> = records.map(|record| assert_folder(record.parent().unwrap())).collect();
    assert!(counts.len() >= 2 && counts.iter().all(|count| *count > 10), "{counts:?}");
}

#[test]
fn a_missing_companion_is_named() {
    let model = std::fs::read(common::root().join("onnx/external/model.onnx")).unwrap();
    let files = common::in_memory("model.onnx", model);
    let opened = common::open(&files).unwrap();
    let error = values::read(&opened.model, tensor(&opened.model, "first"), &files, 0, 1).unwrap_err();
    assert_eq!(error.kind, Kind::Missing);
    assert!(error.message.contains("weights.data"), "{error}");
}

#[test]
fn what_is_there_of_a_payload_that_is_too_short_is_read() {
    let files = common::on_disk(&common::root().join("onnx/tensor-mistakes.onnx"));
    let opened = common::open(&files).unwrap();
    let id = tensor(&opened.model, "too_short");
    assert_eq!(values::read(&opened.model, id, &files, 0, 100).unwrap().len(), 3);
    assert_eq!(values::read(&opened.model, id, &files, 3, 1).unwrap_err().kind, Kind::Malformed);
}
