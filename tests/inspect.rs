//! Looks at tensors of fixtures as the inspector does, and compares with their values, read one by one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::convert::{Npy, Output};
use lamina::formats::Opened;
use lamina::inspect::{Exposure, Frame, Picture, Plane, Screen, Statistics, Survey, Table};
use lamina::model::{Model, TensorId, Values, values};
use lamina::report::Kind;
use lamina::source::Files;
use lamina::view::Viewer;

/// A file of safetensors with one tensor, `x`.
fn one(dtype: &str, shape: &[usize], bytes: &[u8]) -> (Opened, Files) {
    let header = serde_json::json!({ "x": { "dtype": dtype, "shape": shape, "data_offsets": [0, bytes.len()] } });
    let header = header.to_string();
    let length = (header.len() as u64).to_le_bytes();
    let files = common::in_memory("x.safetensors", [&length, header.as_bytes(), bytes].concat());
    (common::open(&files).unwrap(), files)
}

/// The numbers from 0 on, as a tensor of float32.
fn counting(shape: &[usize]) -> (Opened, Files) {
    let bytes: Vec<u8> = (0..shape.iter().product()).flat_map(|number: usize| (number as f32).to_le_bytes()).collect();
    one("F32", shape, &bytes)
}

fn survey(model: &Model, tensor: TensorId, files: &Files) -> lamina::report::Result<Statistics> {
    let mut survey = Survey::new(model, tensor)?;
    while survey.step(model, files)? < 1.0 {}
    Ok(survey.statistics())
}

/// Whether two figures are the same but for the last digits.
fn near(found: Option<f64>, wanted: f64) -> bool {
    found.is_some_and(|found| {
        found == wanted
            || (found - wanted).abs() <= 1e-9 * wanted.abs().max(1e-300)
            || found.is_nan() && wanted.is_nan()
    })
}

#[test]
fn statistics_are_those_of_the_values_in_every_type() {
    let mut checked = 0;
    for folder in ["onnx", "safetensors", "pytorch", "tflite", "tfjs", "keras"] {
        for path in common::fixtures(&common::root().join(folder)) {
            let files = common::on_disk(&path);
            let Ok(Opened { model, .. }) = common::open(&files) else { continue };
            for (id, tensor) in model.tensors.iter() {
                let Ok(all) = values::read(&model, id, &files, 0, u64::MAX) else { continue };
                let numbers: Vec<f64> = (0..all.len()).filter_map(|index| all.number(index)).collect();
                let found = match survey(&model, id, &files) {
                    Err(error) => {
                        let none = numbers.is_empty() && error.kind == Kind::Unsupported;
                        let short = numbers.len() as u64 != values::stored(&model, tensor).unwrap();
                        let short = short && error.kind == Kind::Malformed;
                        assert!(none || short, "{path:?} {}: {error}", tensor.name);
                        continue;
                    }
                    Ok(found) => found,
                };
                let finite: Vec<f64> = numbers.iter().copied().filter(|number| number.is_finite()).collect();
                let count = finite.len() as f64;
                let place = format!("{path:?} {}: {found:?}", tensor.name);
                assert_eq!(found.elements, numbers.len() as u64, "{place}");
                assert_eq!(found.nan, numbers.iter().filter(|number| number.is_nan()).count() as u64, "{place}");
                assert_eq!(found.zeros, finite.iter().filter(|number| **number == 0.0).count() as u64, "{place}");
                assert_eq!(found.histogram.counts.iter().sum::<u64>(), finite.len() as u64, "{place}");
                if finite.is_empty() {
                    assert_eq!((found.min, found.mean), (None, None), "{place}");
                    continue;
                }
                assert_eq!(found.min, finite.iter().copied().reduce(f64::min), "{place}");
                assert_eq!(found.max, finite.iter().copied().reduce(f64::max), "{place}");
                let largest = finite.iter().fold(0.0, |most: f64, number| most.max(number.abs()));
                let mean = finite.iter().sum::<f64>() / count;
                assert!((found.mean.unwrap() - mean).abs() <= 1e-12 * largest, "{place} {mean}");
                // Squares of the largest numbers are infinite.
                if largest < 1e150 {
                    let variance = finite.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / count;
                    assert!((found.std.unwrap() - variance.sqrt()).abs() <= 1e-9 * largest, "{place}");
                    assert!(near(found.l2, finite.iter().map(|number| number * number).sum::<f64>().sqrt()), "{place}");
                }
                let mut different: Vec<u64> = finite.iter().map(|number| (number + 0.0).to_bits()).collect();
                different.sort_unstable();
                different.dedup();
                assert_eq!(found.unique.count as usize, different.len(), "{place}");
                checked += 1;
            }
        }
    }
    assert!(checked > 500, "{checked}");
}

#[test]
fn a_payload_that_ends_early_is_an_error_of_statistics() {
    let whole = std::fs::read(common::root().join("safetensors/shapes.safetensors")).unwrap();
    let files = common::in_memory("cut.safetensors", whole[..whole.len() - 2].to_vec());
    let Opened { model, .. } = common::open(&files).unwrap();
    let errors = model.tensors.iter().filter(|(id, _)| survey(&model, *id, &files).is_err()).count();
    assert!(errors > 0);
}

#[test]
fn tables_are_slices_over_any_axes() {
    let (Opened { model, .. }, files) = counting(&[3, 4, 5]);
    let read = |rows: Vec<usize>, columns: Vec<usize>, at: Vec<u64>, frame: Frame| {
        Table::read(&model, TensorId(0), &files, &Plane { rows, columns, at }, frame).unwrap()
    };
    let all = Frame { row: 0, rows: 100, column: 0, columns: 100 };
    let table = read(vec![1], vec![2], vec![2, 0, 0], all);
    assert_eq!((table.rows, table.columns, table.texts.len()), (4, 5, 20));
    assert_eq!(table.texts[0..6], ["40.0", "41.0", "42.0", "43.0", "44.0", "45.0"]);
    // Other axes, in the other order.
    let table = read(vec![2], vec![0], vec![0, 3, 0], all);
    assert_eq!(table.texts[0..6], ["15.0", "35.0", "55.0", "16.0", "36.0", "56.0"]);
    let table = read(vec![0], vec![1], vec![0, 0, 4], Frame { row: 1, rows: 2, column: 2, columns: 2 });
    assert_eq!(table.frame, Frame { row: 1, rows: 2, column: 2, columns: 2 });
    assert_eq!(table.texts, ["34.0", "39.0", "54.0", "59.0"]);
    // Tiles, with empty places between them.
    let table = read(vec![0, 1], vec![2], vec![], Frame { row: 3, rows: 3, column: 0, columns: 2 });
    assert_eq!(table.texts, ["15.0", "16.0", "", "", "20.0", "21.0"]);
    let beyond = Plane { rows: vec![3], columns: vec![0], at: vec![] };
    assert_eq!(Table::read(&model, TensorId(0), &files, &beyond, all).unwrap_err().kind, Kind::Missing);
}

fn expose(model: &Model, files: &Files, plane: &Plane, frame: Frame, screen: Screen) -> Picture {
    let mut exposure = Exposure::new(model, TensorId(0), plane, frame, screen).unwrap();
    while exposure.step(model, files).unwrap() < 1.0 {}
    exposure.picture()
}

#[test]
fn pictures_have_the_mean_of_the_elements_at_a_pixel() {
    let (Opened { model, .. }, files) = counting(&[4, 6]);
    let all = Frame { row: 0, rows: 4, column: 0, columns: 6 };
    let picture = expose(&model, &files, &Plane::last(2), all, Screen { width: 3, height: 2 });
    assert_eq!((picture.width, picture.height, picture.rows, picture.columns), (3, 2, 4, 6));
    assert_eq!(picture.pixels, [3.5, 5.5, 7.5, 15.5, 17.5, 19.5]);
    let turned = Plane { rows: vec![1], columns: vec![0], at: vec![] };
    let frame = Frame { row: 1, rows: 2, column: 2, columns: 2 };
    let picture = expose(&model, &files, &turned, frame, Screen { width: 100, height: 100 });
    assert_eq!((picture.width, picture.height), (2, 2));
    assert_eq!(picture.pixels, [13.0, 19.0, 14.0, 20.0]);
}

/// Above four million elements a tensor is not held in memory; rows and columns are read as they are needed.
#[test]
fn pictures_of_large_tensors_are_the_same_as_of_small_ones() {
    let (Opened { model, .. }, files) = counting(&[5, 1000, 900]);
    for (rows, columns) in [(1, 2), (2, 1), (0, 1), (0, 2)] {
        let plane = Plane { rows: vec![rows], columns: vec![columns], at: vec![3, 7, 11] };
        let strides = [900_000.0, 900.0, 1.0];
        let held = 3 - rows - columns;
        let first = [3.0, 7.0, 11.0][held] * strides[held];
        let frame = Frame { row: 2, rows: 3, column: 400, columns: 400 };
        let picture = expose(&model, &files, &plane, frame, Screen { width: 400, height: 3 });
        assert_eq!((picture.height, picture.width), (3, 400), "{plane:?}");
        for (index, pixel) in picture.pixels.iter().enumerate() {
            let (row, column) = (2 + index / 400, 400 + index % 400);
            let wanted = first + row as f64 * strides[rows] + column as f64 * strides[columns];
            assert_eq!(f64::from(*pixel), wanted, "{plane:?} {row} {column}");
        }
    }
}

#[test]
fn what_is_no_number_has_no_pixel() {
    let bytes: Vec<u8> =
        [1.0f32, f32::NAN, 3.0, f32::INFINITY].iter().flat_map(|number| number.to_le_bytes()).collect();
    let (Opened { model, .. }, files) = one("F32", &[1, 4], &bytes);
    let frame = Frame { row: 0, rows: 1, column: 0, columns: 4 };
    let picture = expose(&model, &files, &Plane::last(2), frame, Screen { width: 4, height: 1 });
    assert_eq!(picture.pixels.iter().map(|pixel| pixel.is_nan()).collect::<Vec<_>>(), [false, true, false, true]);
}

/// The elements of a file of NumPy, as its header describes them.
fn parse_npy(bytes: &[u8]) -> (String, &[u8]) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + length) % 64, 0, "elements are aligned");
    let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
    assert!(header.ends_with('\n'));
    (header.trim_end().to_owned(), &bytes[10 + length..])
}

fn write_npy(model: &Model, tensor: TensorId, files: &Files) -> lamina::report::Result<Vec<u8>> {
    let mut output = Npy::new(model, tensor)?;
    let (size, mut bytes) = (output.size(), Vec::new());
    loop {
        let piece = output.piece(model, files)?;
        if piece.is_empty() {
            break;
        }
        bytes.extend(piece);
    }
    assert_eq!(bytes.len() as u64, size);
    Ok(bytes)
}

#[test]
fn files_of_numpy_hold_the_same_elements() {
    let path = common::root().join("safetensors/dtypes.safetensors");
    let files = common::on_disk(&path);
    let Opened { model, .. } = common::open(&files).unwrap();
    let mut seen = Vec::new();
    for (id, tensor) in model.tensors.iter() {
        let bytes = write_npy(&model, id, &files).unwrap();
        let (header, payload) = parse_npy(&bytes);
        let descr = header.split('\'').nth(3).unwrap().to_owned();
        let all = values::read(&model, id, &files, 0, u64::MAX).unwrap();
        let size: usize = descr[2..].parse().unwrap();
        for (index, element) in payload.chunks_exact(size).enumerate() {
            let same = |wanted: f64, found: f64| wanted == found || wanted.is_nan() && found.is_nan();
            let fits = match (&*descr, &all) {
                ("<f4", _) => {
                    same(all.number(index).unwrap(), f64::from(f32::from_le_bytes(element.try_into().unwrap())))
                }
                ("<f8", _) => same(all.number(index).unwrap(), f64::from_le_bytes(element.try_into().unwrap())),
                ("<c8", Values::Complex(_, items)) => element
                    .as_chunks()
                    .0
                    .iter()
                    .zip(items[index])
                    .all(|(part, wanted)| same(wanted, f64::from(f32::from_le_bytes(*part)))),
                ("|b1", Values::Bool(items)) => element[0] == u8::from(items[index]),
                ("<f2", _) => element.len() == 2,
                _ => {
                    let mut wide = [if descr.as_bytes()[1] == b'i' && element[size - 1] >= 0x80 { 0xff } else { 0 }; 8];
                    wide[..size].copy_from_slice(element);
                    let text = if descr.as_bytes()[1] == b'i' {
                        i64::from_le_bytes(wide).to_string()
                    } else {
                        u64::from_le_bytes(wide).to_string()
                    };
                    all.text(index).unwrap() == text
                }
            };
            assert!(fits, "{} {descr} [{index}]: {element:?} for {:?}", tensor.name, all.text(index));
        }
        assert_eq!(payload.len() / size, all.len(), "{}", tensor.name);
        seen.push(descr);
    }
    for descr in ["<f8", "<f4", "<f2", "<i8", "<u8", "<i2", "|u1", "|b1", "<c8"] {
        assert!(seen.iter().any(|seen| seen == descr), "{descr} in {seen:?}");
    }
}

#[test]
fn shapes_are_spelled_as_tuples() {
    for (shape, wanted) in [(&[][..], "()"), (&[7], "(7,)"), (&[2, 3], "(2, 3)")] {
        let (Opened { model, .. }, files) = counting(shape);
        let bytes = write_npy(&model, TensorId(0), &files).unwrap();
        let (header, _) = parse_npy(&bytes);
        assert_eq!(header, format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {wanted}, }}"));
    }
}

/// The header and the payload of a file of safetensors.
fn parse_safetensors(bytes: &[u8]) -> (serde_json::Map<String, serde_json::Value>, &[u8]) {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    assert_eq!(length % 8, 0);
    (serde_json::from_slice(&bytes[8..8 + length]).unwrap(), &bytes[8 + length..])
}

fn convert(path: &str) -> (Vec<u8>, Vec<String>) {
    let files = common::on_disk(&common::root().join(path));
    let viewer = Viewer::new(common::open(&files).unwrap(), files);
    let mut output = viewer.safetensors(None).unwrap();
    let left = output.left.iter().map(|left| format!("{}: {}", left.name, left.reason)).collect();
    let (size, mut bytes) = (output.size(), Vec::new());
    loop {
        let piece = viewer.piece(&mut output).unwrap();
        if piece.is_empty() {
            break;
        }
        bytes.extend(piece);
    }
    assert_eq!(bytes.len() as u64, size);
    (bytes, left)
}

/// `tests/make/make_convert.py` has made these files with the reference implementation.
#[test]
fn checkpoints_become_what_the_reference_makes_of_them() {
    for name in ["cnn", "layers"] {
        let (ours, left) = convert(&format!("pytorch/{name}.pth"));
        let theirs = std::fs::read(common::root().join(format!("safetensors/converted-{name}.safetensors"))).unwrap();
        let (our_header, our_payload) = parse_safetensors(&ours);
        let (their_header, their_payload) = parse_safetensors(&theirs);
        assert_eq!(our_header, their_header, "{name}");
        assert!(our_payload == their_payload, "{name}");
        assert_eq!(left, [""; 0], "{name}");
    }
    let tied = &parse_safetensors(&convert("pytorch/layers.pth").0).0["__metadata__"]["tied.weight"];
    assert_eq!(tied, "embedding.weight");
}

#[test]
fn types_that_safetensors_lacks_become_wider_or_are_named() {
    let (ours, left) = convert("pytorch/dtypes.pt");
    let theirs = std::fs::read(common::root().join("safetensors/converted-dtypes.safetensors")).unwrap();
    let (our_header, our_payload) = parse_safetensors(&ours);
    let (their_header, their_payload) = parse_safetensors(&theirs);
    let bytes = |info: &serde_json::Value, payload: &[u8]| {
        let [from, to] = [0, 1].map(|end| info["data_offsets"][end].as_u64().unwrap() as usize);
        payload[from..to].to_vec()
    };
    assert!(their_header.len() > 10);
    for (name, info) in their_header.iter().filter(|(name, _)| *name != "__metadata__") {
        let ours = &our_header[name];
        assert_eq!((&ours["dtype"], &ours["shape"]), (&info["dtype"], &info["shape"]), "{name}");
        assert_eq!(bytes(ours, our_payload), bytes(info, their_payload), "{name}");
    }
    assert!(left.iter().any(|left| left.contains("complex128")), "{left:?}");
    assert!(our_header.values().any(|info| info["dtype"] == "C64"));
}

#[test]
fn a_file_of_many_gigabytes_is_converted_in_small_pieces() {
    let elements = 3_000_000_000u64;
    let header =
        serde_json::json!({ "x": { "dtype": "BF16", "shape": [elements], "data_offsets": [0, elements * 2] } });
    let header = header.to_string();
    let path = std::env::temp_dir().join(format!("lamina-convert-{}.safetensors", std::process::id()));
    let mut file = std::fs::File::create(&path).unwrap();
    std::io::Write::write_all(&mut file, &(header.len() as u64).to_le_bytes()).unwrap();
    std::io::Write::write_all(&mut file, header.as_bytes()).unwrap();
    file.set_len(8 + header.len() as u64 + elements * 2).unwrap();
    let files = common::on_disk(&path);
    let viewer = Viewer::new(common::open(&files).unwrap(), files);
    let mut output = viewer.safetensors(None).unwrap();
    assert!(output.size() > elements * 2);
    for _ in 0..3 {
        let piece = viewer.piece(&mut output).unwrap();
        assert!((1..4 << 20).contains(&piece.len()), "{}", piece.len());
    }
    std::fs::remove_file(&path).unwrap();
}
