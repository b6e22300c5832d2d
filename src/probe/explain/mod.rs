//! What to say of a file that no format knows: what it is, and what to do.

mod archive;
mod binary;
mod json;
mod message;
mod pointer;
mod signatures;
mod text;

use super::{End, Probe};
use crate::formats::FORMATS;
use crate::report::Error;
use crate::view::bytes as size;

/// What can be done with a file.
#[derive(Clone, Copy)]
enum Verdict {
    /// A model in a format that is still to come.
    Later,
    /// Something else.
    Foreign,
    /// What may hold a model.
    Packed,
    /// What cannot be read without a key.
    Locked,
    /// What accompanies a model.
    Beside,
}

use Verdict::{Beside, Foreign, Later, Locked, Packed};

/// Why `probe`, which no format recognises, cannot be opened: in a sentence or two for its owner, what it is and what to do.
pub fn explain(probe: &Probe) -> Error {
    let answer = identify(probe).unwrap_or_else(|| unknown(probe));
    // A look that failed may have missed what the file is.
    probe.failure().unwrap_or(answer)
}

/// What `probe` is instead of a model that can be opened, and what to do; none if that cannot be told.
///
/// It speaks against a format that is not sure of the file.
pub fn identify(probe: &Probe) -> Option<Error> {
    let cases = [
        pointer::explain,
        binary::explain,
        signatures::explain,
        archive::explain,
        message::explain,
        json::explain,
        text::explain,
        by_name,
    ];
    cases.iter().find_map(|case| case(probe))
}

/// Extensions that only checkpoints and pickles have.
const CHECKPOINTS: &[&str] = &["pt", "pth", "ckpt", "pkl", "pickle", "pt2", "ptl", "joblib"];

/// The sentence for `what` (with its article), which `verdict` fits.
fn tell(probe: &Probe, verdict: Verdict, what: &str) -> Error {
    let size = size(probe.len());
    let mut error = Error::unsupported(match verdict {
        Later => format!("This is {what} ({size}). Lamina does not open this format yet."),
        Foreign => format!("This is {what} ({size}), not a model. Open the model file itself."),
        Packed => format!("This is {what} ({size}). Unpack it, then open the model that is inside."),
        Locked => format!("This is {what} ({size}). Decrypt it, then open the result."),
        Beside => {
            format!("This is {what} ({size}). It accompanies a model, but holds none. Open the model file itself.")
        }
    });
    let poses = matches!(verdict, Foreign | Packed | Locked);
    if poses && CHECKPOINTS.iter().any(|extension| probe.has_extension(extension)) {
        error.message += " Its name is that of a checkpoint, which it is not: a way to get past scanners that look into checkpoints only.";
    }
    error
}

/// Which formats can be opened.
fn known() -> String {
    format!("Lamina opens {} files.", list(FORMATS.iter().map(|format| format.name)))
}

/// The first few of `names`, and how many more there are.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let mut names: Vec<&str> = names.collect();
    let more = names.len().saturating_sub(SHOWN);
    let rest = format!("{more} more");
    names.truncate(SHOWN);
    names.extend((more > 0).then_some(&*rest));
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

/// `text` from a file in quotation marks: on one line, without control characters, and cut when it is long.
fn quote(text: &str) -> String {
    const SHOWN: usize = 80;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = if line.chars().nth(SHOWN).is_some() { "…" } else { "" };
    let shown: String = line.chars().take(SHOWN).filter(|c| !c.is_control()).collect();
    let shown = shown.trim_end_matches('.');
    format!("“{shown}{cut}”")
}

/// What no content gives away, but a name.
fn by_name(probe: &Probe) -> Option<Error> {
    const NAMES: &[(&[&str], &str)] = &[
        (&["mnn"], "an MNN model"),
        (&["weights"], "a Darknet weight file"),
        (&["pdiparams", "pdparams"], "a PaddlePaddle parameter file"),
        (&["t7"], "a Torch7 model"),
        (&["tmfile"], "a Tengine model"),
        (&["uff"], "a UFF model"),
        (&["xmodel"], "a Vitis AI model"),
        (&["nb"], "a Paddle Lite model"),
        (&["engine", "plan", "trt"], "a TensorRT engine"),
    ];
    let name = probe.name();
    if [".onnx.data", ".onnx_data"].iter().any(|end| name.ends_with(end)) {
        return Some(Error::unsupported(format!(
            "This is a file of weights that belongs to an ONNX model ({}). Drop the .onnx file together with it.",
            size(probe.len())
        )));
    }
    let (_, what) = NAMES.iter().find(|(extensions, _)| extensions.iter().any(|end| probe.has_extension(end)))?;
    Some(tell(probe, Later, &format!("{what}, going by its name")))
}

/// What is left to say: the first bytes, and what can be opened.
fn unknown(probe: &Probe) -> Error {
    // Many programs use these for anything.
    const COMMON: &[&str] = &["bin", "tar"];
    let says = |name: &&str| !COMMON.contains(name) && probe.has_extension(name);
    let claimed = FORMATS.iter().find(|format| format.extensions.iter().any(says));
    let size = size(probe.len());
    let what = match claimed {
        Some(format) => format!(
            "The name of this file ({size}) says {}, but its content does not: it may be damaged, cut short or encrypted.",
            format.name
        ),
        None => format!("This file ({size}) is in no format that Lamina knows."),
    };
    let begins = match probe.text() {
        Some(text) => format!("It is a text that begins with {}.", quote(text)),
        None => format!("It begins with the bytes {}.", dump(probe.head())),
    };
    let structure = probe
        .protobuf()
        .filter(|message| message.end == End::Whole && probe.len() >= 32)
        .map(|message| {
            let numbers: Vec<String> = message.fields.iter().map(|seen| seen.first.number.to_string()).collect();
            format!(
                " Its structure is that of a Protocol Buffers message with the fields {}.",
                list(numbers.iter().map(|n| &**n))
            )
        })
        .unwrap_or_default();
    Error::unsupported(format!("{what} {begins}{structure} {}", known()))
}

/// The first bytes in hexadecimal digits and in ASCII: `08 01 5a (..Z)`.
fn dump(bytes: &[u8]) -> String {
    let shown = bytes.get(..16).unwrap_or(bytes);
    let digits: Vec<String> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
    let letters: String =
        shown.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' }).collect();
    format!("{} ({letters})", digits.join(" "))
}
