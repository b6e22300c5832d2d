//! Weights of TensorFlow.js: where they are in the files of their groups, and what is told when some of these are not here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{DType, Data, Model, TensorId, Values, values};
use lamina::source::{BytesSource, Files};
use std::rc::Rc;

fn read(path: &str) -> Vec<u8> {
    std::fs::read(common::root().join("tfjs").join(path)).unwrap()
}

/// The manifest of `folder` with those of its files that `keep` names.
fn opened(folder: &str, keep: impl Fn(&str) -> bool) -> (Files, Opened) {
    let files =
        Files::new("weights_manifest.json", Rc::new(BytesSource(read(&format!("{folder}/weights_manifest.json")))));
    for path in common::files(&common::root().join("tfjs").join(folder)) {
        let name = path.file_name().unwrap().to_string_lossy();
        if name.ends_with(".bin") && keep(&name) {
            files.add(&name, Rc::new(BytesSource(std::fs::read(&path).unwrap())));
        }
    }
    let opened = common::open(&files).unwrap();
    (files, opened)
}

fn tensor(model: &Model, name: &str) -> TensorId {
    model.tensors.iter().find(|(_, tensor)| &*tensor.name == name).unwrap().0
}

fn said(opened: &Opened) -> Vec<&str> {
    opened.report.diagnostics.iter().map(|found| &*found.message).collect()
}

#[test]
fn what_is_quantised_is_shown_as_what_it_stands_for() {
    let files = common::on_disk(&common::root().join("tfjs/uint8/model-weights_manifest.json"));
    let opened = common::open(&files).unwrap();
    let id = tensor(&opened.model, "stem/kernel");
    let tensor = &opened.model.tensors[id];
    // 216 elements of four bytes each are stored in one.
    assert_eq!((tensor.dtype, tensor.elements(), tensor.bytes()), (DType::F32, Some(216), Some(216)));
    let note =
        |name: &str| tensor.metadata.iter().find(|entry| &*entry.name == name).unwrap().value.parse::<f64>().unwrap();
    let codes = read("uint8/group1-shard1of1.bin");
    let Values::Float(DType::F32, elements) = values::read(&opened.model, id, &files, 0, 216).unwrap() else {
        panic!()
    };
    for (code, element) in codes.iter().zip(elements) {
        assert_eq!(element as f32, (f64::from(*code) * note("scale") + note("min")) as f32);
    }
}

#[test]
fn layers_are_inferred_from_the_names_of_their_weights() {
    let (_, opened) = opened("plain", |_| true);
    let graph = opened.model.graphs.values().next().unwrap();
    let of = |name: &str| graph.nodes.values().find(|node| &*node.name == name).unwrap().operator.to_string();
    let found = ["stem", "norm", "block", "dense"].map(of);
    assert_eq!(found, ["Conv2D", "BatchNormalization", "SeparableConv2D", "Dense"]);
}

#[test]
fn a_file_that_is_missing_is_named() {
    let (files, opened) = opened("plain", |name| name.starts_with("group2"));
    let said = said(&opened);
    assert!(matches!(said[..], [message] if message.contains("\"group1-shard1of1.bin\"")), "{said:?}");
    let missing = values::read(&opened.model, tensor(&opened.model, "stem/bias"), &files, 0, 1).unwrap_err();
    assert!(missing.message.contains("group1-shard1of1.bin"), "{missing}");
    assert!(values::read(&opened.model, tensor(&opened.model, "dense/bias"), &files, 0, 1).is_ok());
}

#[test]
fn pieces_that_are_missing_leave_the_others_in_their_places() {
    let whole = opened("sharded", |_| true);
    assert_eq!(said(&whole.1), Vec::<&str>::new());
    // All pieces but the last are of one size, so that one that is missing has that, and the last one what is left.
    for missing in ["group1-shard1of4", "group1-shard3of4", "group1-shard4of4", "group2-shard2of6"] {
        let (files, opened) = opened("sharded", |name| !name.starts_with(missing));
        let said = said(&opened);
        assert!(matches!(said[..], [message] if message.contains(missing)), "{said:?}");
        let (mut here, mut absent) = (0, 0);
        for (id, tensor) in opened.model.tensors.iter() {
            if matches!(tensor.data, Data::Absent) {
                absent += 1;
                continue;
            }
            here += 1;
            let expected = values::read(&whole.1.model, id, &whole.0, 0, u64::MAX).unwrap();
            assert_eq!(values::read(&opened.model, id, &files, 0, u64::MAX).unwrap(), expected, "{}", tensor.name);
        }
        assert!(here > 0 && absent > 0, "{missing}: {here} here, {absent} absent");
    }
}

#[test]
fn a_server_is_asked_for_a_piece_when_it_is_read() {
    let whole = opened("sharded", |_| true);
    let path = common::root().join("tfjs/sharded/weights_manifest.json");
    let (server, files) = common::Server::with(&path);
    let opened = common::open(&files).unwrap();
    assert_eq!(said(&opened), Vec::<&str>::new());
    // The size of the first says those of the others.
    assert_eq!(*server.asked.borrow(), ["group1-shard1of4.bin", "group2-shard1of6.bin"]);
    for (id, tensor) in opened.model.tensors.iter() {
        let expected = values::read(&whole.1.model, id, &whole.0, 0, u64::MAX).unwrap();
        assert_eq!(values::read(&opened.model, id, &files, 0, u64::MAX).unwrap(), expected, "{}", tensor.name);
    }
    let mut asked = server.asked.borrow().clone();
    let count = asked.len();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!((count, asked.len()), (10, 10), "each once");
}

#[test]
fn a_piece_that_a_server_lacks_is_told_when_it_is_read() {
    let folder = std::env::temp_dir().join(format!("lamina-tfjs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for path in common::files(&common::root().join("tfjs/sharded")) {
        let name = path.file_name().unwrap().to_string_lossy();
        let bytes = std::fs::read(&path).unwrap();
        match &*name {
            "group1-shard4of4.bin" => {}
            "group2-shard6of6.bin" => std::fs::write(folder.join(&*name), &bytes[1..]).unwrap(),
            _ => std::fs::write(folder.join(&*name), bytes).unwrap(),
        }
    }
    let (_, files) = common::Server::with(&folder.join("weights_manifest.json"));
    let opened = common::open(&files).unwrap();
    let errors =
        opened.model.tensors.iter().filter_map(|(id, _)| values::read(&opened.model, id, &files, 0, 1 << 20).err());
    let errors: Vec<String> = errors.map(|error| error.message).collect();
    std::fs::remove_dir_all(folder).unwrap();
    assert!(errors.iter().any(|error| error == "\"group1-shard4of4.bin\" is not here"), "{errors:?}");
    let short = "\"group2-shard6of6.bin\" has 99 bytes, where 100 are asked for";
    assert!(errors.iter().any(|error| error == short), "{errors:?}");
}

#[test]
fn texts_are_found_in_the_bytes_and_what_is_behind_them_with_them() {
    let (_, none) = opened("kinds", |_| false);
    let absent =
        |name: &str, opened: &Opened| matches!(opened.model.tensors[tensor(&opened.model, name)].data, Data::Absent);
    // How long the texts are is not known without their file.
    assert!(absent("words", &none) && absent("complex", &none) && !absent("truth", &none));
    let (_, some) = opened("kinds-sharded", |name| name != "group1-shard2of4.bin");
    assert!(absent("words", &some) && !absent("float", &some), "{:?}", said(&some));
}

#[test]
fn what_is_odd_is_told_and_the_rest_is_shown() {
    let (files, opened) = opened("odd", |_| true);
    let said = said(&opened);
    for part in ["not a path within", "\"float13\" is not known", "no description of a tensor"] {
        assert!(said.iter().any(|message| message.contains(part)), "{part}: {said:?}");
    }
    assert_eq!(opened.model.tensors.len(), 5);
    let first = values::read(&opened.model, tensor(&opened.model, "first"), &files, 0, 2).unwrap();
    assert_eq!(first, Values::Float(DType::F32, vec![0.0, 0.0]));
    assert!(values::read(&opened.model, tensor(&opened.model, "behind"), &files, 0, 2).is_err());
}
