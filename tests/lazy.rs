//! Opens files of several GiB and counts what is read. The files are sparse: they take no room on the disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::varint;
use lamina::formats::Opened;
use lamina::model::{DType, Data, TensorId, values};
use lamina::source::{CountingSource, Files, NativeFile, PAGE};
use std::cell::Cell;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::rc::Rc;

const MIB: u64 = 1 << 20;

/// A file that is removed in the end.
struct Sparse {
    path: PathBuf,
    file: File,
}

impl Sparse {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lamina-{}-{name}", std::process::id()));
        let file = File::create(&path).unwrap();
        Self { path, file }
    }

    fn write(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Bytes(bytes) => self.file.write_all(bytes).unwrap(),
                Piece::Hole(len) => drop(self.file.seek(SeekFrom::Current((*len).cast_signed())).unwrap()),
            }
        }
        let len = self.file.stream_position().unwrap();
        self.file.set_len(len).unwrap();
    }

    /// Opens it; gives the model, the files, and the count of bytes that are read.
    fn open(&self) -> (Opened, Files, Rc<Cell<u64>>) {
        let read = Rc::new(Cell::new(0));
        let source = CountingSource::new(NativeFile::open(&self.path).unwrap(), read.clone());
        let files = Files::new(&self.path.file_name().unwrap().to_string_lossy(), Rc::new(source));
        (common::open(&files).unwrap(), files, read)
    }
}

impl Drop for Sparse {
    fn drop(&mut self) {
        // What is left in the temporary folder does no harm.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A part of a file: bytes, or zeros that are not written.
#[derive(Clone)]
enum Piece {
    Bytes(Vec<u8>),
    Hole(u64),
}

fn len(pieces: &[Piece]) -> u64 {
    let lens = pieces.iter().map(|piece| match piece {
        Piece::Bytes(bytes) => bytes.len() as u64,
        Piece::Hole(len) => *len,
    });
    lens.sum()
}

/// A protobuf field that holds an integer.
fn number(field: u64, value: u64) -> Vec<Piece> {
    vec![Piece::Bytes([varint(field << 3), varint(value)].concat())]
}

/// A protobuf field that holds a message, text or payload.
fn delimited(field: u64, content: Vec<Piece>) -> Vec<Piece> {
    let key = Piece::Bytes([varint(field << 3 | 2), varint(len(&content))].concat());
    std::iter::once(key).chain(content).collect()
}

fn text(field: u64, text: &str) -> Vec<Piece> {
    delimited(field, vec![Piece::Bytes(text.into())])
}

/// A `TensorProto` of `bytes` bytes in `field`.
fn tensor(name: &str, data_type: u64, elements: u64, field: u64, bytes: u64) -> Vec<Piece> {
    let payload = delimited(field, vec![Piece::Hole(bytes)]);
    [number(1, elements), number(2, data_type), text(8, name), payload].into_iter().flatten().collect()
}

/// An ONNX model of four weights: raw, and packed floats, doubles and varints.
fn onnx() -> Sparse {
    let size = 700 * MIB;
    let weights = [
        ("raw", tensor("raw", 1, size / 4, 9, size)),
        ("floats", tensor("floats", 1, size / 4, 4, size)),
        ("doubles", tensor("doubles", 11, size / 8, 10, size)),
        ("varints", tensor("varints", 7, size, 7, size)),
    ];
    let mut graph = Vec::new();
    for (name, _) in &weights {
        let node = [text(1, name), text(2, &format!("{name}_out")), text(4, "Identity")];
        graph.extend(delimited(1, node.into_iter().flatten().collect()));
    }
    for (_, weight) in weights {
        graph.extend(delimited(5, weight));
    }
    let opset = delimited(8, number(2, 18));
    let mut sparse = Sparse::new("weights.onnx");
    sparse.write(&[number(1, 8), delimited(7, graph), opset].into_iter().flatten().collect::<Vec<_>>());
    sparse
}

#[test]
fn an_onnx_model_of_many_gigabytes_is_opened_without_its_weights() {
    let sparse = onnx();
    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 2700 * MIB);
    assert!(read.get() < 20 * MIB, "{} bytes were read", read.get());
    assert_eq!(model.totals().initializers, 4);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);

    let opened = read.get();
    for (id, tensor) in model.tensors.iter().filter(|(_, tensor)| tensor.dtype != DType::I64) {
        let last = tensor.elements().unwrap() - 1;
        assert_eq!(values::read(&model, id, &files, last, 9).unwrap().text(0).as_deref(), Some("0.0"));
    }
    assert_eq!(values::read(&model, TensorId(3), &files, 0, 2).unwrap().len(), 2);
    assert!(read.get() - opened < 2 * MIB, "{} bytes for a few elements", read.get() - opened);
}

#[test]
fn a_net_of_caffe_of_two_gigabytes_is_opened_without_its_weights() {
    let (count, elements) = (40u64, 13_000_000u64);
    let layer = |index: u64| {
        let shape = delimited(7, delimited(1, vec![Piece::Bytes(varint(elements))]));
        let blob = [delimited(5, vec![Piece::Hole(elements * 4)]), shape].concat();
        let name = format!("fc{index}");
        let fields = [text(1, &name), text(2, "InnerProduct"), text(3, "x"), text(4, "x"), delimited(7, blob)];
        delimited(100, fields.concat())
    };
    let input = [text(3, "x"), delimited(8, delimited(1, vec![Piece::Bytes(varint(1))]))].concat();
    let mut sparse = Sparse::new("weights.caffemodel");
    sparse.write(&[text(1, "net"), input, (0..count).flat_map(layer).collect()].concat());

    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 2_000_000_000);
    // A page or two for each layer.
    assert!(read.get() <= (2 * count + 8) * PAGE, "{} bytes were read", read.get());
    assert_eq!(model.totals().parameters, count * elements);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);

    let opened = read.get();
    assert_eq!(values::read(&model, TensorId(39), &files, elements - 3, 100).unwrap().len(), 3);
    assert!(read.get() - opened < MIB, "{} bytes for three elements", read.get() - opened);
}

/// Floats of Caffe2 are not packed: each has a key before it, here but for a hole in the middle.
#[test]
fn a_net_of_caffe2_of_two_gigabytes_is_opened_without_its_weights() {
    let (count, elements) = (20u64, 24_000_000u64);
    let tail = 100_000;
    let float = |value: f32| [&[0x2d][..], &value.to_le_bytes()].concat();
    let fill = |index: u64| {
        let hole = Piece::Hole((elements - 1 - tail) * 5);
        let values = [Piece::Bytes(float(1.5)), hole, Piece::Bytes(float(2.5).repeat(tail as usize))];
        let values = [text(1, "values"), values.into()].concat();
        let shape = [text(1, "shape"), vec![Piece::Bytes([vec![0x30], varint(elements)].concat())]].concat();
        let fields =
            [text(2, &format!("fc{index}_w")), text(4, "GivenTensorFill"), delimited(5, shape), delimited(5, values)];
        delimited(2, fields.concat())
    };
    let mut sparse = Sparse::new("init_net.pb");
    sparse.write(&(0..count).flat_map(fill).collect::<Vec<_>>());

    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 2_000_000_000);
    // The pages of the ends of each.
    assert!(read.get() <= (3 * count + 8) * PAGE, "{} bytes were read", read.get());
    assert_eq!(model.totals().parameters, count * elements);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);

    let opened = read.get();
    let last = values::read(&model, TensorId(19), &files, elements - 1, 100).unwrap();
    assert_eq!((last.len(), last.number(0)), (1, Some(2.5)));
    assert!(read.get() - opened < MIB, "{} bytes for one element", read.get() - opened);
}

#[test]
fn safetensors_of_five_gigabytes_read_only_the_header() {
    let (count, elements) = (1000u64, 2_500_000u64);
    let bytes = elements * 2;
    let entries = (0..count).map(|index| {
        let (from, to) = (index * bytes, (index + 1) * bytes);
        format!(r#""layers.{index}.weight":{{"dtype":"BF16","shape":[{elements}],"data_offsets":[{from},{to}]}}"#)
    });
    let header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    let mut sparse = Sparse::new("weights.safetensors");
    let prefix = (header.len() as u64).to_le_bytes().to_vec();
    sparse.write(&[Piece::Bytes(prefix), Piece::Bytes(header.into()), Piece::Hole(count * bytes)]);

    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 5_000_000_000);
    assert!(read.get() < 2 * MIB, "{} bytes were read", read.get());
    assert_eq!(model.totals().parameters, count * elements);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);

    let opened = read.get();
    assert_eq!(values::read(&model, TensorId(999), &files, elements - 3, 100).unwrap().len(), 3);
    assert!(read.get() - opened < MIB, "{} bytes for three elements", read.get() - opened);
}

#[test]
fn sharded_safetensors_of_fifty_gigabytes_read_only_their_headers() {
    let (shards, count, elements) = (11u64, 100u64, 25_000_000u64);
    let bytes = elements * 2;
    let folder = std::env::temp_dir().join(format!("lamina-{}-shards", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (mut sparse, mut map) = (Vec::new(), Vec::new());
    for shard in 0..shards {
        let path = format!("model-{:05}-of-{shards:05}.safetensors", shard + 1);
        let entries = (0..count).map(|index| {
            let (name, from) = (format!("layers.{}.weight", shard * count + index), index * bytes);
            map.push(format!("{name:?}:{path:?}"));
            format!(r#"{name:?}:{{"dtype":"BF16","shape":[{elements}],"data_offsets":[{from},{}]}}"#, from + bytes)
        });
        let header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
        let mut file = Sparse::new(&format!("shards/{path}"));
        let prefix = (header.len() as u64).to_le_bytes().to_vec();
        file.write(&[Piece::Bytes(prefix), Piece::Bytes(header.into()), Piece::Hole(count * bytes)]);
        sparse.push(file);
    }
    let mut index = Sparse::new("shards/model.safetensors.index.json");
    let text = format!(r#"{{"metadata":{{}},"weight_map":{{{}}}}}"#, map.join(","));
    index.write(&[Piece::Bytes(text.into())]);

    let read = Rc::new(Cell::new(0));
    let counted = |file: &Sparse| Rc::new(CountingSource::new(NativeFile::open(&file.path).unwrap(), read.clone()));
    let name = |file: &Sparse| file.path.file_name().unwrap().to_string_lossy().into_owned();
    let files = Files::new(&name(&index), counted(&index));
    for file in &sparse {
        files.add(&name(file), counted(file));
    }
    let Opened { model, report, .. } = common::open(&files).unwrap();
    drop((sparse, index));
    std::fs::remove_dir(&folder).unwrap();
    assert_eq!(model.totals().parameters, shards * count * elements);
    assert!(model.totals().bytes > 50_000_000_000);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    assert!(read.get() < 8 * MIB, "{} bytes were read", read.get());
}

/// The pieces of a pickle of a state dict with `count` tensors of `elements` floats each, in storages called `0`, `1` ….
fn state_dict(count: u64, elements: u64) -> Vec<u8> {
    let mut bytes = b"\x80\x02}(".to_vec();
    let text = |text: &str| [&b"X"[..], &u32::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes()].concat();
    let int = |value: u64| [&b"\x8a\x08"[..], &value.to_le_bytes()].concat();
    for index in 0..count {
        bytes.extend(text(&format!("layers.{index}.weight")));
        bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        bytes.extend(text("storage"));
        bytes.extend(b"ctorch\nFloatStorage\n");
        bytes.extend([text(&index.to_string()), text("cpu"), int(elements)].concat());
        bytes.extend(b"tQK\x00(");
        bytes.extend([int(elements), b"t(K\x01t\x89NtR".to_vec()].concat());
    }
    bytes.extend(b"u.");
    bytes
}

fn assert_state_dict(sparse: &Sparse, count: u64, elements: u64) {
    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > count * elements * 4);
    assert!(read.get() < 2 * MIB, "{} bytes were read", read.get());
    assert_eq!(model.totals().parameters, count * elements);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    let opened = read.get();
    let last = TensorId(u32::try_from(count - 1).unwrap());
    assert_eq!(values::read(&model, last, &files, elements - 3, 100).unwrap().len(), 3);
    assert!(read.get() - opened < MIB, "{} bytes for three elements", read.get() - opened);
}

/// A ZIP archive called `file` as torch writes it, of entries with bytes or, of weights, so many that are not written.
fn archive(file: &str, entries: Vec<(String, Result<Vec<u8>, u64>)>) -> Sparse {
    let mut sparse = Sparse::new(file);
    let many = entries.len() as u64;
    let (mut pieces, mut directory, mut at) = (Vec::new(), Vec::new(), 0u64);
    for (name, content) in entries {
        let size = content.as_ref().map_or_else(|hole| *hole, |content| content.len() as u64);
        let small = u32::try_from(size).unwrap().to_le_bytes();
        let padding = (64 - (at + 30 + name.len() as u64 + 4) % 64) % 64;
        let sizes = [&[0; 4][..], &small, &small, &u16::try_from(name.len()).unwrap().to_le_bytes()].concat();
        let shared = [&[0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &sizes].concat();
        let extra = u16::try_from(padding + 4).unwrap().to_le_bytes();
        let field = [
            &b"FB"[..],
            &u16::try_from(padding).unwrap().to_le_bytes(),
            &vec![b'Z'; usize::try_from(padding).unwrap()],
        ];
        let local = [b"PK\x03\x04", &shared[..], &extra, name.as_bytes(), &field.concat()].concat();
        // Offsets beyond four bytes are in a field of ZIP64.
        let zip64 = [&b"\x01\0\x08\0"[..], &at.to_le_bytes()].concat();
        let head =
            [b"PK\x01\x02\x2d\0", &shared[..], &12u16.to_le_bytes(), &[0; 10], &[0xff; 4], name.as_bytes(), &zip64]
                .concat();
        directory.extend(head);
        at += local.len() as u64 + size;
        pieces.push(Piece::Bytes(local));
        pieces.push(content.map_or_else(Piece::Hole, Piece::Bytes));
    }
    let end64 = [
        &b"PK\x06\x06"[..],
        &44u64.to_le_bytes(),
        &[0x2d, 0, 0x2d, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &many.to_le_bytes(),
        &many.to_le_bytes(),
        &(directory.len() as u64).to_le_bytes(),
        &at.to_le_bytes(),
    ]
    .concat();
    let locator = [&b"PK\x06\x07\0\0\0\0"[..], &(at + directory.len() as u64).to_le_bytes(), &[1, 0, 0, 0]].concat();
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &[0xff; 12], &[0, 0]].concat();
    pieces.extend([directory, end64, locator, end].map(Piece::Bytes));
    sparse.write(&pieces);
    sparse
}

#[test]
fn a_pytorch_archive_of_many_gigabytes_is_opened_without_its_storages() {
    let (count, elements) = (400u64, 5_000_000u64);
    let mut entries = vec![("net/data.pkl".to_owned(), Ok(state_dict(count, elements)))];
    entries.extend((0..count).map(|index| (format!("net/data/{index}"), Err(elements * 4))));
    assert_state_dict(&archive("weights.pth", entries), count, elements);
}

#[test]
fn an_exported_program_of_many_gigabytes_is_opened_without_its_weights() {
    let (count, elements) = (400u64, 5_000_000u64);
    let meta = format!(
        r#"{{"dtype": 7, "sizes": [{{"as_int": {elements}}}], "strides": [{{"as_int": 1}}], "storage_offset": {{"as_int": 0}}, "layout": 7}}"#
    );
    let list = |item: &dyn Fn(u64) -> String| (0..count).map(item).collect::<Vec<_>>().join(", ");
    let inputs = list(&|index| format!(r#"{{"as_tensor": {{"name": "p_{index}"}}}}"#));
    let specs = list(&|index| {
        format!(r#"{{"parameter": {{"arg": {{"name": "p_{index}"}}, "parameter_name": "layer.{index}.weight"}}}}"#)
    });
    let nodes = list(&|index| {
        let argument = format!(r#"{{"name": "self", "arg": {{"as_tensor": {{"name": "p_{index}"}}}}}}"#);
        format!(
            r#"{{"target": "torch.ops.aten.relu.default", "inputs": [{argument}], "outputs": [{{"as_tensor": {{"name": "r{index}"}}}}], "metadata": {{}}}}"#
        )
    });
    let program = format!(
        r#"{{"graph_module": {{"graph": {{"inputs": [{inputs}], "outputs": [], "nodes": [{nodes}], "tensor_values": {{}}}}, "signature": {{"input_specs": [{specs}], "output_specs": []}}}}}}"#
    );
    let weights = list(&|index| {
        format!(
            r#""layer.{index}.weight": {{"path_name": "weight_{index}", "use_pickle": false, "tensor_meta": {meta}}}"#
        )
    });
    let mut entries = vec![
        ("p/archive_format".to_owned(), Ok(b"pt2".to_vec())),
        ("p/models/model.json".to_owned(), Ok(program.into_bytes())),
        (
            "p/data/weights/model_weights_config.json".to_owned(),
            Ok(format!(r#"{{"config": {{{weights}}}}}"#).into_bytes()),
        ),
    ];
    entries.extend((0..count).map(|index| (format!("p/data/weights/weight_{index}"), Err(elements * 4))));
    let sparse = archive("weights.pt2", entries);
    let (opened, files, read) = sparse.open();
    assert!(opened.report.diagnostics.is_empty(), "{:?}", opened.report.diagnostics);
    assert_eq!(opened.model.totals().parameters, count * elements);
    assert!(read.get() < 2 * MIB, "{} bytes read", read.get());
    let last = values::read(&opened.model, TensorId(399), &files, elements - 2, 9).unwrap();
    assert_eq!((last.len(), last.text(0)), (2, Some("0.0".into())));
}

#[test]
fn an_executorch_program_of_many_gigabytes_is_opened_without_its_segments() {
    let mut bytes = std::fs::read(common::root().join("executorch/cnn.pte")).unwrap();
    let base = u64::from_le_bytes(*bytes[24..].first_chunk().unwrap());
    let hole = 8192 * MIB;
    bytes[24..32].copy_from_slice(&(base + hole).to_le_bytes());
    let segments = bytes.split_off(usize::try_from(base).unwrap());
    let mut sparse = Sparse::new("far.pte");
    sparse.write(&[Piece::Bytes(bytes), Piece::Hole(hole), Piece::Bytes(segments)]);
    let (opened, files, read) = sparse.open();
    assert!(opened.report.diagnostics.is_empty(), "{:?}", opened.report.diagnostics);
    assert!(read.get() < MIB, "{} bytes read", read.get());
    let first = values::read(&opened.model, TensorId(0), &files, 0, 1).unwrap();
    assert_ne!(first.text(0), Some("0.0".into()), "a weight behind the hole");
}

#[test]
fn a_program_of_many_gigabytes_is_opened_without_its_storages() {
    let (count, elements) = (400u64, 5_000_000u64);
    // The module is an object whose state is the dictionary.
    let mut objects = b"\x80\x02c__torch__\nNet\n)\x81".to_vec();
    let state = state_dict(count, elements);
    objects.extend(&state[2..state.len() - 1]);
    objects.extend(b"b.");
    let mut code = String::from("class Net(Module):\n  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n");
    for index in 0..count {
        code += &format!("    w{index} = getattr(self, \"layers.{index}.weight\")\n    x = torch.mul(x, w{index})\n");
    }
    code += "    return x\n";
    let mut entries = vec![("net/data.pkl".to_owned(), Ok(objects))];
    entries.extend((0..count).map(|index| (format!("net/data/{index}"), Err(elements * 4))));
    entries.push(("net/code/__torch__.py".to_owned(), Ok(code.into_bytes())));
    entries.push(("net/constants.pkl".to_owned(), Ok(b"\x80\x02).".to_vec())));
    assert_state_dict(&archive("program.pt", entries), count, elements);
}

#[test]
fn a_pytorch_stream_of_many_gigabytes_is_opened_without_its_storages() {
    let (count, elements) = (400u64, 5_000_000u64);
    let mut pieces = vec![
        Piece::Bytes(b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec()),
        Piece::Bytes(b"\x80\x02M\xe9\x03.\x80\x02}.".to_vec()),
        Piece::Bytes(state_dict(count, elements)),
    ];
    let keys = (0..count).map(|index| {
        let key = index.to_string();
        [&b"X"[..], &u32::try_from(key.len()).unwrap().to_le_bytes(), key.as_bytes()].concat()
    });
    pieces.push(Piece::Bytes([b"\x80\x02](".to_vec(), keys.flatten().collect(), b"e.".to_vec()].concat()));
    for _ in 0..count {
        pieces.extend([Piece::Bytes(elements.to_le_bytes().to_vec()), Piece::Hole(elements * 4)]);
    }
    let mut sparse = Sparse::new("stream.pth");
    sparse.write(&pieces);
    assert_state_dict(&sparse, count, elements);
}

/// A FlatBuffer of TensorFlow Lite with `count` weights of `elements` floats each, one after the other: behind it, from `start` on; without a `start`, within
/// it, each behind its table.
fn tflite(count: u32, elements: u32, start: Option<u64>) -> Vec<Piece> {
    let mut bytes = Vec::new();
    let words = |bytes: &mut Vec<u8>, values: &[u32]| values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    // Forward offsets are written once it is known where they lead to.
    let point = |bytes: &mut [u8], at: usize, to: usize| {
        bytes[at..at + 4].copy_from_slice(&u32::try_from(to - at).unwrap().to_le_bytes());
    };
    let vtable = |bytes: &mut Vec<u8>, size: u16, fields: &[u16]| {
        let at = bytes.len();
        bytes.extend((u16::try_from(fields.len()).unwrap() * 2 + 4).to_le_bytes());
        bytes.extend(size.to_le_bytes());
        fields.iter().for_each(|field| bytes.extend(field.to_le_bytes()));
        at
    };
    let table = |bytes: &mut Vec<u8>, fields: usize| {
        let at = bytes.len();
        bytes.extend(u32::try_from(at - fields).unwrap().to_le_bytes());
        at
    };
    words(&mut bytes, &[0]);
    bytes.extend(b"TFL3");
    // Model: version, subgraphs, buffers. SubGraph: tensors, outputs. Tensor: shape, buffer. Buffer: offset, size.
    let model = vtable(&mut bytes, 16, &[4, 0, 8, 0, 12]);
    let graph = vtable(&mut bytes, 12, &[4, 0, 8]);
    let tensor = vtable(&mut bytes, 12, &[4, 0, 8]);
    let buffer = vtable(&mut bytes, 20, &[0, 4, 12]);
    let inside = vtable(&mut bytes, 8, &[4]);
    let root = table(&mut bytes, model);
    point(&mut bytes, 0, root);
    words(&mut bytes, &[3, 0, 0]);
    let graphs = bytes.len();
    point(&mut bytes, root + 8, graphs);
    words(&mut bytes, &[1, 4]);
    let main = table(&mut bytes, graph);
    words(&mut bytes, &[0, 0]);
    let outputs = bytes.len();
    point(&mut bytes, main + 8, outputs);
    words(&mut bytes, &[count]);
    (0..count).for_each(|index| words(&mut bytes, &[index]));
    let shape = bytes.len();
    words(&mut bytes, &[1, elements]);
    let tensors = bytes.len();
    point(&mut bytes, main + 4, tensors);
    words(&mut bytes, &[count]);
    (0..count).for_each(|_| words(&mut bytes, &[0]));
    for index in 0..count {
        let at = table(&mut bytes, tensor);
        point(&mut bytes, tensors + 4 + 4 * index as usize, at);
        words(&mut bytes, &[0]);
        words(&mut bytes, &[index + 1]);
        // Offsets only lead forwards, so each has a shape of its own.
        let own = bytes.len();
        bytes.extend_from_within(shape..shape + 8);
        point(&mut bytes, at + 4, own);
    }
    let buffers = bytes.len();
    point(&mut bytes, root + 12, buffers);
    words(&mut bytes, &[count + 1]);
    (0..=count).for_each(|_| words(&mut bytes, &[0]));
    let size = elements * 4;
    let none = table(&mut bytes, buffer);
    point(&mut bytes, buffers + 4, none);
    bytes.extend([0; 16]);
    let first = bytes.len();
    let mut holes = Vec::new();
    for index in 0..count {
        let place = buffers + 8 + 4 * index as usize;
        if let Some(start) = start {
            let at = table(&mut bytes, buffer);
            point(&mut bytes, place, at);
            bytes.extend((start + u64::from(index) * u64::from(size)).to_le_bytes());
            bytes.extend(u64::from(size).to_le_bytes());
            continue;
        }
        let at = first + index as usize * (12 + size as usize);
        point(&mut bytes, place, at);
        let mut own = Vec::new();
        words(&mut own, &[u32::try_from(at - inside).unwrap(), 4, size]);
        holes.extend([Piece::Bytes(own), Piece::Hole(size.into())]);
    }
    if let Some(start) = start {
        let all = u64::from(count) * u64::from(size);
        holes.push(Piece::Hole(start - bytes.len() as u64 + all));
    }
    [vec![Piece::Bytes(bytes)], holes].into_iter().flatten().collect()
}

#[test]
fn a_tensorflow_lite_model_of_many_gigabytes_is_opened_without_its_buffers() {
    let (count, elements, start) = (800u32, 2_500_000u32, MIB);
    let mut sparse = Sparse::new("weights.tflite");
    sparse.write(&tflite(count, elements, Some(start)));

    let (Opened { model, report, format, .. }, files, read) = sparse.open();
    assert_eq!(format.id, "tflite");
    assert!(files.main().len() > 8_000_000_000);
    assert!(read.get() < 2 * MIB, "{} bytes were read", read.get());
    assert_eq!(model.tensors.len(), count as usize);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    let opened = read.get();
    let elements = u64::from(elements);
    assert_eq!(values::read(&model, TensorId(count - 1), &files, elements - 3, 100).unwrap().len(), 3);
    assert!(read.get() - opened < MIB, "{} bytes for three elements", read.get() - opened);
}

#[test]
fn a_tensorflow_lite_model_with_buffers_inside_costs_a_page_for_each() {
    let (count, elements) = (120, 4 << 20);
    let mut sparse = Sparse::new("inside.tflite");
    sparse.write(&tflite(count, elements, None));
    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 2_000_000_000);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    assert_eq!(model.tensors.len(), count as usize);
    assert!(model.tensors.values().all(|tensor| matches!(&tensor.data, Data::Range(_, span) if span.len == 16 * MIB)));
    // Whether a tensor has content is said by a table in front of it: these pages cannot be spared.
    assert!(read.get() < u64::from(count + 4) * PAGE, "{} bytes were read", read.get());
}

/// An object of HDF5 with `messages`: its header, with its checksum.
fn header(messages: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let size: usize = messages.iter().map(|(_, message)| message.len() + 4).sum();
    let mut bytes = [b"OHDR\x02\x02".to_vec(), (size as u32).to_le_bytes().to_vec()].concat();
    for (kind, message) in messages {
        bytes.push(*kind);
        bytes.extend((message.len() as u16).to_le_bytes());
        bytes.push(0);
        bytes.extend(message);
    }
    bytes.extend(hdf5_reader::checksum::jenkins_lookup3(&bytes).to_le_bytes());
    bytes
}

/// A link to the object at `at`.
fn link(name: &str, at: u64) -> (u8, Vec<u8>) {
    (6, [&[1, 0, name.len() as u8], name.as_bytes(), &at.to_le_bytes()].concat())
}

/// A dataset of `count` floats at `at`.
fn floats(count: u64, at: u64) -> Vec<u8> {
    let space = [&[2, 1, 0, 1][..], &count.to_le_bytes()].concat();
    let float = vec![0x11, 0x20, 0x1f, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0];
    let layout = [&[3, 1][..], &at.to_le_bytes(), &(4 * count).to_le_bytes()].concat();
    header(&[(1, space), (3, float), (8, layout)])
}

#[test]
fn an_hdf5_file_of_three_gigabytes_is_opened_by_its_descriptions() {
    let (count, size) = (40u64, 80 * MIB);
    let mut file = vec![Piece::Hole(48)];
    let mut at = 48;
    let mut layers = Vec::new();
    for number in 0..count {
        // Each description is far from the others.
        let data = floats(size / 4, at + 200);
        let vars = header(&[link("0", at)]);
        let own = header(&[link("vars", at + data.len() as u64)]);
        layers.push(link(&format!("dense_{number}"), at + (data.len() + vars.len()) as u64));
        let bytes = [data, vars, own].concat();
        let hole = 200 + size - bytes.len() as u64;
        file.extend([Piece::Bytes(bytes), Piece::Hole(hole)]);
        at += 200 + size;
    }
    let layers = header(&layers);
    let root = header(&[link("layers", at)]);
    let end = at + (layers.len() + root.len()) as u64;
    let mut start = [b"\x89HDF\r\n\x1a\n\x02\x08\x08\0".to_vec(), vec![0; 8], vec![0xff; 8]].concat();
    start.extend([end.to_le_bytes(), (at + layers.len() as u64).to_le_bytes()].concat());
    start.extend(hdf5_reader::checksum::jenkins_lookup3(&start).to_le_bytes());
    file[0] = Piece::Bytes(start);
    file.extend([Piece::Bytes(layers), Piece::Bytes(root)]);
    let mut sparse = Sparse::new("weights.h5");
    sparse.write(&file);

    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 3000 * MIB);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    assert_eq!(model.totals().parameters, count * size / 4);
    assert!(read.get() < 5 * MIB, "{} bytes were read", read.get());
    let opened = read.get();
    assert_eq!(values::read(&model, TensorId(39), &files, size / 4 - 1, 9).unwrap().text(0).as_deref(), Some("0.0"));
    assert!(read.get() - opened < MIB);
}

#[test]
fn a_frozen_graph_of_many_gigabytes_is_opened_without_its_constants() {
    let (count, elements) = (250u64, 2_500_000u64);
    let float = || number(1, 1);
    let mut graph = delimited(1, [text(1, "x"), text(2, "Placeholder")].into_iter().flatten().collect());
    for index in 0..count {
        let (weight, before) = (format!("layer_{index}/w"), format!("layer_{}/y", index as i64 - 1));
        let before = if index == 0 { "x" } else { &before };
        let content = delimited(4, vec![Piece::Hole(elements * 4)]);
        let tensor = delimited(
            8,
            [float(), delimited(2, delimited(2, number(1, elements))), content].into_iter().flatten().collect(),
        );
        let value = delimited(5, [text(1, "value"), delimited(2, tensor)].into_iter().flatten().collect());
        graph.extend(delimited(1, [text(1, &weight), text(2, "Const"), value].into_iter().flatten().collect()));
        let node = [text(1, &format!("layer_{index}/y")), text(2, "Mul"), text(3, before), text(3, &weight)];
        graph.extend(delimited(1, node.into_iter().flatten().collect()));
    }
    let mut sparse = Sparse::new("frozen.pb");
    sparse.write(&graph);
    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 2_400_000_000);
    // Two pages around each constant, as its description is between holes.
    assert!(read.get() < 250 * 3 * 65536, "{} bytes were read", read.get());
    assert_eq!(model.totals().parameters, count * elements);
    assert_eq!(model.graphs.values().next().unwrap().nodes.len() as u64, count);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    let opened = read.get();
    assert_eq!(values::read(&model, TensorId(249), &files, elements - 3, 100).unwrap().len(), 3);
    assert!(read.get() - opened < MIB, "{} bytes for three elements", read.get() - opened);
}

/// A text behind its length, as GGUF has it.
fn prefixed(text: &str) -> Vec<u8> {
    [(text.len() as u64).to_le_bytes().to_vec(), text.into()].concat()
}

/// An entry of GGUF's metadata that is an array of texts.
fn texts(key: &str, texts: impl ExactSizeIterator<Item = String>) -> Vec<u8> {
    let (array, string, count) = (9u32.to_le_bytes(), 8u32.to_le_bytes(), (texts.len() as u64).to_le_bytes());
    let head = [prefixed(key), array.to_vec(), string.to_vec(), count.to_vec()];
    head.into_iter().chain(texts.map(|text| prefixed(&text))).flatten().collect()
}

#[test]
fn gguf_of_five_gigabytes_reads_only_what_is_before_the_weights() {
    // Rows of four bits each, 256 elements in 144 bytes, and a vocabulary of the usual size.
    let (count, rows, tokens) = (300u64, 120_000u64, 150_000u64);
    let bytes = rows * 144;
    let mut head = b"GGUF\x03\0\0\0".to_vec();
    [count, 2].iter().for_each(|number| head.extend(number.to_le_bytes()));
    head.extend(texts("tokenizer.ggml.tokens", (0..tokens as usize).map(|index| format!("t{index}"))));
    head.extend(texts("tokenizer.ggml.merges", (0..tokens as usize).map(|index| format!("t {index}"))));
    for index in 0..count {
        head.extend(prefixed(&format!("blk.{index}.ffn_up.weight")));
        head.extend([2u32.to_le_bytes(), 256u32.to_le_bytes(), 0u32.to_le_bytes()].concat());
        head.extend(rows.to_le_bytes());
        head.extend(12u32.to_le_bytes());
        head.extend((index * bytes).to_le_bytes());
    }
    let padding = head.len().next_multiple_of(32) - head.len();
    let mut sparse = Sparse::new("weights.gguf");
    sparse.write(&[Piece::Bytes(head), Piece::Bytes(vec![0; padding]), Piece::Hole(count * bytes)]);

    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 5_000_000_000);
    assert!(read.get() < 6 * MIB, "{} bytes were read", read.get());
    assert_eq!(model.totals().parameters, count * rows * 256);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);

    let opened = read.get();
    assert_eq!(values::read(&model, TensorId(299), &files, rows * 256 - 3, 100).unwrap().len(), 3);
    let last = values::read(&model, TensorId(301), &files, tokens - 2, 9).unwrap();
    assert_eq!((last.len(), last.text(1)), (2, Some("t 149999".to_owned())));
    assert!(read.get() - opened < MIB, "{} bytes for a few elements", read.get() - opened);
    // Of the tables, the description holds where some of their texts are.
    let marks = model.tensors.values().map(|tensor| match &tensor.data {
        Data::Prefixed(_, strings) => strings.marks.len(),
        _ => 0,
    });
    assert!(marks.sum::<usize>() < 1200);
}

/// The head of an array of NumPy.
fn numpy(descr: &str, fortran: &str, shape: &str) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}");
    [b"\x93NUMPY\x01\0".to_vec(), (header.len() as u16).to_le_bytes().to_vec(), header.into()].concat()
}

#[test]
fn arrays_of_many_gigabytes_are_opened_without_their_elements() {
    let (rows, columns) = (70_000u64, 10_000u64);
    let cases = [
        ("'<f4'", "False", format!("({rows}, {columns})"), 4),
        ("'>f8'", "True", format!("({rows}, {columns})"), 8),
        ("'<U5'", "False", format!("({},)", rows * columns), 20),
        ("[('a', '<f4'), ('b', 'S3'), ('c', '>i8', (2,))]", "False", format!("({},)", rows * columns), 23),
    ];
    for (descr, fortran, shape, size) in cases {
        let mut sparse = Sparse::new("array.npy");
        sparse.write(&[Piece::Bytes(numpy(descr, fortran, &shape)), Piece::Hole(rows * columns * size)]);
        let (Opened { model, report, .. }, files, read) = sparse.open();
        assert!(files.main().len() > 2_700_000_000);
        assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
        assert!(read.get() < MIB, "{descr}: {} bytes were read", read.get());
        for (id, tensor) in model.tensors.iter() {
            let last = tensor.elements().unwrap() - 2;
            let values = values::read(&model, id, &files, last, 9).unwrap();
            assert_eq!(values.len(), 2, "{descr}");
            assert!(matches!(values.text(1).as_deref(), Some("0.0" | "" | "0")), "{descr}: {:?}", values.text(1));
        }
        assert!(read.get() < 3 * MIB, "{descr}: {} bytes for a few elements", read.get());
    }
}

#[test]
fn parameters_of_paddle_are_opened_without_their_elements() {
    // Combined tensors of float32: a description of six bytes with two dimensions.
    let (count, rows, columns) = (40u64, 8192u64, 4096u64);
    let description = [vec![8, 5, 0x10], varint(rows), vec![0x10], varint(columns)].concat();
    let head = [vec![0; 16], (description.len() as u32).to_le_bytes().to_vec(), description].concat();
    let mut pieces = Vec::new();
    for _ in 0..count {
        pieces.extend([Piece::Bytes(head.clone()), Piece::Hole(rows * columns * 4)]);
    }
    let mut sparse = Sparse::new("weights.pdiparams");
    sparse.write(&pieces);
    let (Opened { model, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 5_000_000_000);
    assert_eq!(model.totals().parameters, count * rows * columns);
    assert!(read.get() < count * 3 * PAGE, "{} bytes were read", read.get());
}

/// An array of Flax: an item of type 1 with shape, type and elements.
fn flax(rows: u32, columns: u32) -> Vec<Piece> {
    let bytes = rows * columns * 4;
    let shape = [vec![0x93, 0x92, 0xce], rows.to_be_bytes().to_vec(), vec![0xce], columns.to_be_bytes().to_vec()];
    let payload = [shape.concat(), b"\xa7float32\xc6".to_vec(), bytes.to_be_bytes().to_vec()].concat();
    let len = payload.len() as u32 + bytes;
    let head = [vec![0xc9], len.to_be_bytes().to_vec(), vec![1], payload].concat();
    vec![Piece::Bytes(head), Piece::Hole(bytes.into())]
}

#[test]
fn arrays_of_flax_are_opened_without_their_elements() {
    let (count, rows, columns) = (15u64, 16384u32, 8192u32);
    let mut pieces = vec![Piece::Bytes(vec![0x80 | count as u8])];
    for index in 0..count {
        pieces.push(Piece::Bytes([&[0xa2], format!("{index:02}").as_bytes()].concat()));
        pieces.extend(flax(rows, columns));
    }
    let mut sparse = Sparse::new("weights.msgpack");
    sparse.write(&pieces);
    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 5_000_000_000);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    assert_eq!(model.totals().parameters, count * u64::from(rows) * u64::from(columns));
    assert!(read.get() < count * 3 * PAGE, "{} bytes were read", read.get());
    let values = values::read(&model, TensorId(14), &files, u64::from(rows) * u64::from(columns) - 2, 9).unwrap();
    assert_eq!(values.len(), 2);
}

#[test]
fn arrays_of_mxnet_are_opened_without_their_elements() {
    let (count, rows, columns) = (40u64, 8192u64, 4096u64);
    let magic = [0x112u64.to_le_bytes(), [0; 8], count.to_le_bytes()].concat();
    let version = [0xf993_fac9u32, 0, 2].map(u32::to_le_bytes).concat();
    let head = [
        version,
        rows.to_le_bytes().to_vec(),
        columns.to_le_bytes().to_vec(),
        [1u32, 0, 0].map(u32::to_le_bytes).concat(),
    ];
    let mut pieces = vec![Piece::Bytes(magic)];
    for _ in 0..count {
        pieces.extend([Piece::Bytes(head.concat()), Piece::Hole(rows * columns * 4)]);
    }
    let names = (0..count).flat_map(|index| prefixed(&format!("arg:fc{index}_weight")));
    pieces.push(Piece::Bytes(count.to_le_bytes().into_iter().chain(names).collect()));
    let mut sparse = Sparse::new("weights.params");
    sparse.write(&pieces);
    let (Opened { model, report, .. }, files, read) = sparse.open();
    assert!(files.main().len() > 5_000_000_000);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    assert_eq!(model.totals().parameters, count * rows * columns);
    assert!(read.get() < count * 3 * PAGE, "{} bytes were read", read.get());
}
