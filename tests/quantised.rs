//! Reads what quantised tensors of fixtures stand for, and compares every element with what their frameworks make of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{DType, Model, TensorId, Values, values};
use lamina::source::Files;
use serde_json::{Map, Value};
use std::path::Path;

/// The tensor that the one called `name` stands for.
fn dequantised(model: &Model, name: &str) -> Option<TensorId> {
    let weights = model.weights();
    let stored = weights.iter().find(|weight| &*weight.name == name).unwrap_or_else(|| panic!("no tensor {name:?}"));
    model.dequantised.get(&stored.tensor).copied()
}

/// How many elements of tensor `id` are not those of the record, bit for bit.
fn assert_record(model: &Model, id: TensorId, files: &Files, record: &Value, place: &str) {
    let tensor = &model.tensors[id];
    let shape: Vec<u64> = record["shape"].as_array().unwrap().iter().map(|dim| dim.as_u64().unwrap()).collect();
    assert_eq!((&tensor.shape, tensor.dtype.name()), (&shape, record["dtype"].as_str().unwrap()), "{place}");
    let expected: Vec<f64> =
        record["values"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect();
    let read = |from: usize, count: u64| match values::read(model, id, files, from as u64, count) {
        Ok(Values::Float(dtype, items)) => {
            assert_eq!(dtype, tensor.dtype);
            items
        }
        other => panic!("{place}: {other:?}"),
    };
    let all = read(0, u64::MAX);
    let different: Vec<usize> =
        (0..expected.len().max(all.len())).filter(|at| all.get(*at) != expected.get(*at)).collect();
    let first = different.first().map(|at| (*at, all.get(*at), expected.get(*at)));
    assert!(different.is_empty(), "{place}: {} of {} elements differ, first {first:?}", different.len(), all.len());
    for from in (0..expected.len()).step_by(expected.len() / 20 + 1) {
        assert_eq!(read(from, 5), &expected[from..(from + 5).min(expected.len())], "{place} from {from}");
    }
}

/// Compares all records of the fixtures in `folder`, which are in `folder.json`, `folder-2.json` and so on; returns how many there are.
fn assert_folder(folder: &str) -> usize {
    let root = common::root();
    let mut count = 0;
    for part in common::files(&root.with_file_name("dequantised")) {
        if !part.file_stem().unwrap().to_string_lossy().starts_with(folder) {
            continue;
        }
        let records: Map<String, Value> = serde_json::from_str(&std::fs::read_to_string(part).unwrap()).unwrap();
        for (file, tensors) in &records {
            count += assert_file(&root.join(folder).join(file), tensors.as_object().unwrap());
        }
    }
    count
}

fn assert_file(path: &Path, tensors: &Map<String, Value>) -> usize {
    let files = common::on_disk(path);
    let Opened { model, .. } = common::open(&files).unwrap();
    for (name, record) in tensors {
        let place = format!("{}: {name:?}", path.display());
        let id = dequantised(&model, name).unwrap_or_else(|| panic!("{place} stands for nothing"));
        assert_record(&model, id, &files, record, &place);
    }
    tensors.len()
}

#[test]
fn codes_of_onnx_stand_for_what_its_runtime_makes_of_them() {
    assert!(assert_folder("onnx") > 30);
}

#[test]
fn codes_of_tensorflow_lite_stand_for_what_scales_and_zero_points_say() {
    assert_eq!(assert_folder("tflite"), 8);
}

#[test]
fn codes_of_quantisers_stand_for_what_was_packed() {
    assert!(assert_folder("safetensors") >= 20);
}

#[test]
fn what_codes_stand_for_is_no_tensor_of_the_file() {
    let files = common::on_disk(&common::root().join("safetensors/gptq.safetensors"));
    let Opened { model, .. } = common::open(&files).unwrap();
    assert_eq!(model.dequantised.len(), 4);
    assert_eq!(model.stored().count(), 16);
    assert_eq!(model.weights().len(), 16);
    assert!(model.dequantised.values().all(|id| model.tensors[*id].dtype == DType::F16));
}
