//! Binary files that take more than a signature to tell.

use super::{Foreign, Packed, Probe, quote, size, tell};
use crate::codec::table;
use crate::report::Error;

/// What the bytes say.
pub fn explain(probe: &Probe) -> Option<Error> {
    gzip(probe)
        .or_else(|| tar(probe))
        .or_else(|| pickle(probe))
        .or_else(|| record(probe))
        .or_else(|| table(probe))
        .or_else(|| ggml(probe))
        .or_else(|| message_pack(probe))
        .or_else(|| program(probe))
}

/// A gzip member (RFC 1952), which may name what it holds.
fn gzip(probe: &Probe) -> Option<Error> {
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    let [0x1f, 0x8b, 8, flags, _, _, _, _, _, _, rest @ ..] = probe.head() else { return None };
    let rest = match rest {
        [low, high, rest @ ..] if flags & EXTRA != 0 => rest.get(usize::from(u16::from_le_bytes([*low, *high]))..)?,
        _ => rest,
    };
    let name = rest.split(|byte| *byte == 0).next().filter(|name| flags & NAME != 0 && !name.is_empty());
    Some(match name {
        Some(name) => {
            let name: String = name.iter().map(|byte| char::from(*byte)).collect();
            tell(probe, Packed, &format!("a gzip archive of {}", quote(&name)))
        }
        None => tell(probe, Packed, "a gzip archive"),
    })
}

/// A tar archive (POSIX.1-2017, pax, "ustar Interchange Format"), which begins with the path of its first entry.
fn tar(probe: &Probe) -> Option<Error> {
    let path = probe.has(257, b"ustar").then(|| probe.head().split(|byte| *byte == 0).next())??;
    let path = String::from_utf8_lossy(path.get(..100).unwrap_or(path));
    Some(tell(probe, Packed, &format!("a tar archive whose first entry is {}", quote(&path))))
}

/// A Python pickle of something other than tensors, arrays and plain data.
fn pickle(probe: &Probe) -> Option<Error> {
    const LIBRARIES: [&str; 8] = ["torch", "sklearn", "xgboost", "lightgbm", "joblib", "keras", "pandas", "numpy"];
    let what: String = match probe.head() {
        [
            0x80,
            2..=5,
            b'}' | b']' | b'(' | b')' | b'c' | b'X' | b'K' | b'N' | b'J' | b'M' | b'G' | 0x8c | 0x95,
            rest @ ..,
        ] => {
            let names = |library: &&&str| rest.windows(library.len()).any(|part| part == library.as_bytes());
            match LIBRARIES.iter().find(names) {
                Some(library) => format!("a Python pickle with objects of {library}"),
                None => "a Python pickle".into(),
            }
        }
        [b'(', b'd' | b'l', b'p', b'0' | b'1', b'\r' | b'\n', ..] => "a Python pickle".into(),
        head if head.starts_with(b"ccopy_reg\n") || head.starts_with(b"c__builtin__\n") => "a Python pickle".into(),
        _ => return None,
    };
    Some(Error::unsupported(format!(
        "This is {what} ({}). Lamina does not open this format yet. Load it in Python only if you trust where it comes from: \
         a pickle can run code.",
        size(probe.len())
    )))
}

/// TensorFlow's records: a length, and its checksum
/// (<https://www.tensorflow.org/tutorials/load_data/tfrecord>, "TFRecords format details").
fn record(probe: &Probe) -> Option<Error> {
    let (len, rest) = probe.head().split_first_chunk::<8>()?;
    let sum = u32::from_le_bytes(*rest.first_chunk()?);
    let fits = u64::from_le_bytes(*len) < probe.len() && sum == crc32c(len).rotate_right(15).wrapping_add(0xa282_ead8);
    let what = if probe.name().contains("tfevents") { "a log of TensorBoard" } else { "data in TFRecords" };
    fits.then(|| tell(probe, Foreign, what))
}

/// The Castagnoli CRC (RFC 3720, appendix B.4), bit by bit: for a few bytes.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg()))
    })
}

/// A table of LevelDB; those of TensorFlow's checkpoints are opened.
fn table(probe: &Probe) -> Option<Error> {
    probe.tail().ends_with(&table::MAGIC).then(|| tell(probe, Foreign, "a table of a database (LevelDB)"))
}

/// What ggml had before GGUF (<https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, "Historical State of Affairs"): no names of types or
/// settings, so that only the program that wrote it can tell what is in it.
fn ggml(probe: &Probe) -> Option<Error> {
    let (magic, rest) = probe.head().split_first_chunk::<4>()?;
    let version = rest.first_chunk().map_or(0, |version| u32::from_le_bytes(*version));
    let what = match magic {
        b"lmgg" => "a GGML model, in the format that came before GGUF and that whisper.cpp still has".to_owned(),
        b"fmgg" => format!("a GGMF model (version {version}), in a format that GGUF has replaced"),
        b"tjgg" => format!("a GGJT model (version {version}), in a format that GGUF has replaced"),
        b"algg" => format!("a GGLA adapter (version {version}), in a format that GGUF has replaced"),
        _ => return None,
    };
    Some(Error::unsupported(format!(
        "This is {what} ({}). It does not say what architecture it is of, nor how its weights are to be read: convert the model to GGUF with the \
         scripts of llama.cpp, or fetch it as GGUF, then open that.",
        size(probe.len())
    )))
}

/// A map in MessagePack (<https://msgpack.org>) whose first key is a short text; Flax's are opened.
fn message_pack(probe: &Probe) -> Option<Error> {
    let [0x81..=0x8f, len @ 0xa1..=0xbf, rest @ ..] = probe.head() else { return None };
    let key = rest.get(..usize::from(len & 0x1f))?;
    let is_name = key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_./-".contains(byte));
    is_name.then(|| tell(probe, Foreign, "data in MessagePack"))
}

fn program(probe: &Probe) -> Option<Error> {
    match probe.head() {
        [b'M', b'Z', ..] => {
            let at = probe.head().get(0x3c..)?.first_chunk().map(|at| u32::from_le_bytes(*at))?;
            probe
                .has(usize::try_from(at).ok()?, b"PE\0\0")
                .then(|| tell(probe, Foreign, "a program or library for Windows"))
        }
        // The magic number of CPython counts up: 3000 to 3999 for version 3, 62xxx for version 2.
        [low, high, b'\r', b'\n', ..] if matches!(u16::from_le_bytes([*low, *high]), 3000..4000 | 62_000..62_300) => {
            Some(tell(probe, Foreign, "compiled Python code"))
        }
        _ => None,
    }
}
