//! Opens damaged files: whatever the bytes, there is a model or an error, soon, and never a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{Model, TensorId, check, dump, values};
use lamina::report::{Report, Severity};
use std::path::Path;

/// A small generator of pseudo-random numbers (xorshift64*).
struct Random(u64);

impl Random {
    /// A generator whose numbers depend on `name` alone.
    fn of(name: &str) -> Self {
        Self(
            name.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % end.max(1) as u64) as usize
    }
}

/// The most things that a model may have per byte of its file: more would be memory that the bytes do not justify.
const PER_BYTE: usize = 2;

fn size(model: &Model) -> usize {
    let of_graphs = model.graphs.values().map(|graph| {
        let arguments = graph.nodes.values().flat_map(|node| node.inputs.iter().chain(&node.outputs));
        graph.nodes.len() + graph.values.len() + graph.scopes.len() + arguments.count()
    });
    model.graphs.len() + model.tensors.len() + of_graphs.sum::<usize>()
}

/// Opens `bytes` and uses all that comes of it.
fn try_all(name: &str, bytes: Vec<u8>) -> Option<Opened> {
    let len = bytes.len();
    let files = common::in_memory(name, bytes);
    let opened = common::open(&files).ok()?;
    let size = size(&opened.model);
    assert!(size <= 16 + len * PER_BYTE, "{name}: {size} things of {len} bytes");
    let mut report = Report::default();
    check::check(&opened.model, &mut report);
    let bug = report.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    assert!(bug.is_none(), "{name}: {bug:?}");
    assert!(!dump::text(&opened.model, &opened.report).is_empty());
    for (id, _) in opened.model.tensors.iter().take(20) {
        for from in [0, 1, 1 << 40] {
            if let Ok(values) = values::read(&opened.model, id, &files, from, 4) {
                assert!(values.len() <= 4);
                assert_eq!(values.text(values.len()), None);
            }
        }
    }
    Some(opened)
}

/// Damages every fixture, and hands each damaged copy on.
fn damage(mut damaged: impl FnMut(&str, &[u8], &mut Random)) {
    for fixture in common::fixtures(&common::root()) {
        let name = common::name(&fixture);
        damaged(&name, &std::fs::read(&fixture).unwrap(), &mut Random::of(&name));
    }
}

#[test]
fn truncated_files_neither_panic_nor_hang() {
    damage(|name, bytes, random| {
        let ends = (0..bytes.len().min(64)).chain((0..40).map(|_| random.below(bytes.len())));
        for end in ends.collect::<Vec<_>>() {
            try_all(name, bytes[..end].to_vec());
        }
    });
}

#[test]
fn flipped_bits_neither_panic_nor_hang() {
    damage(|name, bytes, random| {
        for round in 0..60 {
            let mut bytes = bytes.to_vec();
            for _ in 0..=round % 4 {
                let at = random.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            try_all(name, bytes);
        }
    });
}

#[test]
fn bytes_that_are_overwritten_inserted_or_lost_neither_panic_nor_hang() {
    let extremes = [0x00, 0x7f, 0x80, 0xff];
    damage(|name, bytes, random| {
        for round in 0..60 {
            let mut bytes = bytes.to_vec();
            let at = random.below(bytes.len());
            let byte = extremes[random.below(extremes.len())];
            match round % 3 {
                0 if !bytes.is_empty() => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if !bytes.is_empty() => drop(bytes.remove(at)),
                _ => {}
            }
            try_all(name, bytes);
        }
    });
}

/// The fixtures of real exporters, in full and cut in the middle.
fn cut(path: &Path) -> (Opened, Option<Opened>) {
    let name = common::name(path);
    let bytes = std::fs::read(path).unwrap();
    let whole = try_all(&name, bytes.clone()).unwrap();
    (whole, try_all(&name, bytes[..bytes.len() / 2].to_vec()))
}

#[test]
fn what_comes_before_the_end_of_a_truncated_model_is_shown_with_one_error() {
    for fixture in
        common::fixtures(&common::root().join("onnx")).into_iter().filter(|path| path.ends_with("nested.onnx"))
    {
        let (whole, half) = cut(&fixture);
        let half = half.unwrap();
        let nodes = |opened: &Opened| opened.model.graphs.values().map(|graph| graph.nodes.len()).sum::<usize>();
        assert!(nodes(&half) > 0 && nodes(&half) < nodes(&whole));
        let errors = half.report.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        assert_eq!(errors.count(), 1, "{:#?}", half.report.diagnostics);
    }
}

#[test]
fn a_tensor_that_does_not_exist_is_an_error() {
    let files = common::in_memory("none", Vec::new());
    assert!(values::read(&Model::default(), TensorId(3), &files, 0, 1).is_err());
}
