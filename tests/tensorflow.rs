//! TensorFlow checkpoints: any of their files opens all, what is missing is told, and values are not read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::varint;
use lamina::formats::Opened;
use lamina::model::{GraphId, Model, dump, values};
use lamina::report::{Kind, Severity};
use lamina::source::{BytesSource, CountingSource, Files, NativeFile};
use std::cell::Cell;
use std::io::{Seek, SeekFrom, Write};
use std::rc::Rc;

fn fixture(path: &str) -> (Opened, Files) {
    let files = common::on_disk(&common::root().join("tensorflow").join(path));
    (common::open(&files).unwrap_or_else(|error| panic!("{path}: {error}")), files)
}

fn classes(model: &Model) -> Vec<(&str, &str)> {
    let mut classes: Vec<_> =
        model.graphs[GraphId(0)].nodes.values().map(|node| (&*node.name, &*node.operator)).collect();
    classes.sort_unstable();
    classes
}

#[test]
fn any_file_of_a_checkpoint_opens_all_of_it() {
    for (one, other) in [
        ("module/ckpt-1.index", "module/ckpt-1.data-00000-of-00001"),
        ("latest/ckpt-1.index", "latest/ckpt-1.data-00000-of-00001"),
        ("latest/ckpt-1.index", "latest/checkpoint"),
    ] {
        let text = |path: &str| {
            let (opened, files) = fixture(path);
            let all = opened.model.tensors.iter().map(|(id, tensor)| {
                let values = values::read(&opened.model, id, &files, 0, 100).unwrap();
                let texts: Vec<_> = (0..values.len()).map(|index| values.text(index).unwrap()).collect();
                format!("{} {:?} {texts:?}", tensor.name, tensor.shape)
            });
            assert!(opened.report.diagnostics.is_empty(), "{path}: {:?}", opened.report.diagnostics);
            all.collect::<Vec<_>>()
        };
        let expected = text(one);
        assert!(!expected.is_empty());
        assert_eq!(expected, text(other), "{other}");
    }
}

#[test]
fn values_that_are_not_here_are_missed_and_the_rest_is_shown() {
    let (whole, _) = fixture("module/ckpt-1.index");
    let (opened, files) = fixture("no-values/ckpt-1.index");
    assert_eq!(opened.model.tensors.len(), whole.model.tensors.len());
    let [only] = opened.report.diagnostics.as_slice() else { panic!("{:?}", opened.report.diagnostics) };
    assert_eq!(only.severity, Severity::Warning);
    assert!(only.message.contains("\"ckpt-1.data-00000-of-00001\", which is not here"), "{}", only.message);
    let (id, _) = opened.model.tensors.iter().next().unwrap();
    assert_eq!(values::read(&opened.model, id, &files, 0, 1).unwrap_err().kind, Kind::Missing);
}

#[test]
fn values_without_their_index_are_an_error_that_names_it() {
    let files = common::on_disk(&common::root().join("tensorflow/no-index/ckpt-1.data-00000-of-00001"));
    let error = common::open(&files).err().unwrap();
    assert_eq!(error.kind, Kind::Missing);
    assert!(error.message.contains("\"ckpt-1.index\", which is not here"), "{error}");
}

#[test]
fn layers_of_keras_are_recognised_by_their_weights() {
    let (opened, _) = fixture("keras/ckpt.index");
    let expected = [
        ("sequential/bn", "BatchNormalization"),
        ("sequential/conv", "Conv2D"),
        ("sequential/dense", "Dense"),
        ("sequential/depthwise", "DepthwiseConv2D"),
    ];
    assert_eq!(classes(&opened.model), expected);
    let (opened, _) = fixture("keras/recurrent.index");
    let classes: Vec<&str> = classes(&opened.model).into_iter().map(|(_, class)| class).collect();
    assert_eq!(classes, ["Conv1D", "GRU", "LSTM", "LSTM", "LayerNorm", "SeparableConv1D", "Embedding"]);
}

#[test]
fn what_optimisers_keep_is_apart() {
    for (path, weights, state) in [("keras/ckpt.index", 10, 18), ("v1/model.ckpt", 5, 4), ("v2/model.ckpt.index", 5, 4)]
    {
        let (opened, _) = fixture(path);
        let count = |graph| opened.model.graphs[GraphId(graph)].values.len();
        assert_eq!((count(0), count(1)), (weights, state), "{path}");
        assert_eq!(&*opened.model.graphs[GraphId(1)].name, "optimizer state");
    }
}

#[test]
fn both_versions_hold_the_same() {
    let names = |path| {
        let (opened, _) = fixture(path);
        let mut names: Vec<_> = opened.model.tensors.values().map(|tensor| tensor.name.to_string()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names("v1/model.ckpt"), names("v2/model.ckpt.index"));
}

#[test]
fn a_variable_that_was_cut_by_rows_is_whole() {
    let (opened, files) = fixture("parts/model.ckpt.index");
    let (id, table) = opened.model.tensors.iter().find(|(_, tensor)| &*tensor.name == "table").unwrap();
    assert_eq!(table.shape, [10, 3]);
    assert_eq!(values::read(&opened.model, id, &files, 0, 30).unwrap().len(), 30);
}

#[test]
fn a_variable_that_was_cut_by_rows_is_whole_in_both_versions() {
    let whole = |path: &str| {
        let (opened, files) = fixture(path);
        let (id, table) = opened.model.tensors.iter().find(|(_, tensor)| &*tensor.name == "table").unwrap();
        assert_eq!(table.shape, [7, 4], "{path}");
        let columns = opened.model.tensors.values().filter(|tensor| tensor.name.starts_with("dense/kernel/part_"));
        assert_eq!(columns.map(|part| part.shape.clone()).collect::<Vec<_>>(), [[4, 3]; 2], "{path}");
        values::read(&opened.model, id, &files, 0, 100).unwrap()
    };
    assert_eq!(whole("partitioned/old.ckpt"), whole("partitioned/model.ckpt.index"));
}

/// A table with one block, as LevelDB writes it; packed with Snappy, if asked for.
fn table(entries: &[(Vec<u8>, Vec<u8>)], snappy: bool) -> Vec<u8> {
    let block = |entries: &[(Vec<u8>, Vec<u8>)]| {
        let mut bytes = Vec::new();
        for (key, value) in entries {
            bytes.extend([0, key.len() as u8, value.len() as u8]);
            bytes.extend(key);
            bytes.extend(value);
        }
        bytes.extend([0, 0, 0, 0, 1, 0, 0, 0]);
        bytes
    };
    let mut file = Vec::new();
    let mut write = |bytes: Vec<u8>, packed: bool| {
        let bytes = if packed { snap::raw::Encoder::new().compress_vec(&bytes).unwrap() } else { bytes };
        let at = file.len();
        file.extend(&bytes);
        file.extend([u8::from(packed), 0, 0, 0, 0]);
        let mut handle = varint(at as u64);
        handle.extend(varint(bytes.len() as u64));
        (handle, file.len())
    };
    let (data, _) = write(block(entries), snappy);
    let (index, end) = write(block(&[(b"~".to_vec(), data)]), snappy);
    let mut footer = vec![0, 0];
    footer.extend(index);
    footer.resize(40, 0);
    file.truncate(end);
    file.extend(footer);
    file.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
    file
}

/// A field of a message: a number.
fn number(field: u8, value: u64) -> Vec<u8> {
    [vec![field << 3], varint(value)].concat()
}

/// A field of a message: bytes.
fn bytes(field: u8, content: &[u8]) -> Vec<u8> {
    [vec![field << 3 | 2], varint(content.len() as u64), content.to_vec()].concat()
}

/// The entry of a variable of floats.
fn entry(rows: u64, columns: u64, offset: u64) -> Vec<u8> {
    let shape = [rows, columns].map(|size| bytes(2, &number(1, size))).concat();
    let size = number(5, 4 * rows * columns);
    [number(1, 1), bytes(2, &shape), number(4, offset), size].concat()
}

#[test]
fn packed_blocks_are_read() {
    let entries =
        [(Vec::new(), number(1, 1)), (b"a/kernel".to_vec(), entry(2, 3, 0)), (b"b/kernel".to_vec(), entry(4, 5, 24))];
    let text = |snappy: bool| {
        let files = common::in_memory("m.index", table(&entries, snappy));
        files.add("m.data-00000-of-00001", Rc::new(BytesSource(vec![0; 104])));
        let opened = common::open(&files).unwrap();
        assert_eq!(opened.report.diagnostics.len(), 0);
        dump::text(&opened.model, &opened.report)
    };
    assert!(text(false).contains("b/kernel = float32 4×5"));
    assert_eq!(text(false), text(true));
}

#[test]
fn a_server_is_asked_for_files_of_values_when_these_are_read() {
    let folder = std::env::temp_dir().join(format!("lamina-shards-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let of = |shard: u64| (format!("layer_{shard}/kernel").into_bytes(), [entry(2, 3, 0), number(3, shard)].concat());
    std::fs::write(folder.join("m.index"), table(&[(Vec::new(), number(1, 3)), of(0), of(1), of(2)], false)).unwrap();
    for shard in 0..3u8 {
        std::fs::write(
            folder.join(format!("m.data-0000{shard}-of-00003")),
            [f32::from(shard).to_le_bytes(); 6].concat(),
        )
        .unwrap();
    }
    let (server, files) = common::Server::with(&folder.join("m.index"));
    let opened = common::open(&files).unwrap();
    assert_eq!((opened.report.diagnostics.len(), server.asked.borrow().len()), (0, 0));
    let (id, _) = opened.model.tensors.iter().find(|(_, tensor)| &*tensor.name == "layer_2/kernel").unwrap();
    let value = values::read(&opened.model, id, &files, 0, 1).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(value.text(0).as_deref(), Some("2.0"));
    assert_eq!(*server.asked.borrow(), ["m.data-00002-of-00003"]);
}

#[test]
fn three_gigabytes_of_values_are_not_read() {
    let folder = std::env::temp_dir().join(format!("lamina-tensorflow-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (rows, columns) = (12_000, 16_000);
    let entries = (0..4)
        .map(|layer| (format!("layer_{layer}/kernel").into_bytes(), entry(rows, columns, layer * 4 * rows * columns)));
    let entries: Vec<_> = [(Vec::new(), number(1, 1))].into_iter().chain(entries).collect();
    std::fs::write(folder.join("m.index"), table(&entries, false)).unwrap();
    let mut data = std::fs::File::create(folder.join("m.data-00000-of-00001")).unwrap();
    data.seek(SeekFrom::Start(4 * 4 * rows * columns - 4)).unwrap();
    data.write_all(&1.5f32.to_le_bytes()).unwrap();
    let read = Rc::new(Cell::new(0));
    let source = |name: &str| Rc::new(CountingSource::new(NativeFile::open(&folder.join(name)).unwrap(), read.clone()));
    let files = Files::new("m.index", source("m.index"));
    files.add("m.data-00000-of-00001", source("m.data-00000-of-00001"));
    let opened = common::open(&files).unwrap();
    assert!(read.get() < 1 << 20, "{} bytes", read.get());
    let (id, last) = opened.model.tensors.iter().last().unwrap();
    assert_eq!(last.bytes(), Some(4 * rows * columns));
    let value = values::read(&opened.model, id, &files, rows * columns - 1, 1).unwrap();
    assert_eq!(value.text(0).unwrap(), "1.5");
    std::fs::remove_dir_all(folder).unwrap();
}
