//! What is said of an object in a line.

use super::container::Checkpoint;
use super::objects::{self, made_by};
use super::tensor::Tensors;
use crate::codec::pickle::{Bytes, Object, ObjectId, array};
use crate::codec::scalar::double_text;
use crate::model::{Model, Shape, values};
use crate::report::Report;
use crate::source::{Files, Limits};

/// The most characters of a text that are shown.
const LONGEST: usize = 2000;

/// The most members of a list that are shown.
const LISTED: usize = 64;

/// Puts objects into words.
pub struct Words<'a> {
    /// What they are part of.
    pub checkpoint: &'a Checkpoint,
    /// Where their bytes are.
    pub files: &'a Files,
    /// What they may ask for.
    pub limits: Limits,
}

impl Words<'_> {
    /// The object `id` in a line: text as it is, numbers and lists as Python prints them, dates and paths as people write them.
    pub fn line(&self, id: ObjectId) -> String {
        let pickle = &self.checkpoint.pickle;
        match pickle.object(id) {
            Object::Text(text) => text.chars().take(LONGEST).collect(),
            _ => self.tensor(id).or_else(|| self.known(id)).unwrap_or_else(|| pickle.describe(id, LONGEST)),
        }
    }

    /// A tensor or array: its content if that is one element, else type and shape.
    fn tensor(&self, id: ObjectId) -> Option<String> {
        let mut tensors = Tensors::new(self.checkpoint, self.files, self.limits);
        let made = tensors.make(id, "", &mut Report::default())?;
        let model = Model { tensors: tensors.all, ..Model::default() };
        let tensor = model.tensors.get(made.tensor)?;
        if tensor.elements() == Some(1)
            && let Ok(values) = values::read(&model, made.tensor, self.files, 0, 1)
        {
            return values.text(0);
        }
        Some(format!("tensor {} {}", tensor.dtype.name(), Shape::of(&tensor.shape)))
    }

    /// An object of the standard library or of torch that has a notation of its own.
    fn known(&self, id: ObjectId) -> Option<String> {
        let pickle = &self.checkpoint.pickle;
        if let Some(path) = objects::path(pickle, id) {
            return Some(path);
        }
        let (path, arguments) = made_by(pickle, id)?;
        let short = |id: &ObjectId| match pickle.object(*id) {
            Object::Text(text) => text.to_string(),
            _ => pickle.describe(*id, 80),
        };
        match (&*path, arguments) {
            ("torch.device", [kind]) => Some(short(kind)),
            ("torch.device", [kind, index]) => Some(format!("{}:{}", short(kind), short(index))),
            ("torch.Size", [sizes]) => Some(pickle.describe(*sizes, 200)),
            ("torch.serialization._get_layout", [layout]) => Some(short(layout)),
            ("_codecs.encode" | "builtins.bytes" | "builtins.bytearray", _) => {
                let kind = if path == "builtins.bytearray" { "bytearray" } else { "bytes" };
                let len = match objects::bytes(pickle, id)? {
                    Bytes::Range(span) => span.len,
                    Bytes::Decoded(bytes) => bytes.len() as u64,
                };
                Some(format!("{kind}({len})"))
            }
            ("builtins.set" | "builtins.frozenset", [items]) => Some(self.items("{", *items, "}")),
            ("collections.deque", _) => {
                let items: Vec<String> = objects::items(pickle, id)?.iter().take(LISTED).map(short).collect();
                Some(format!("[{}]", items.join(", ")))
            }
            ("numpy.dtype", _) => array::dtype(pickle, id).map(|(dtype, _)| format!("dtype {}", dtype.name())),
            (path, _) if path.ends_with("multiarray._reconstruct") => {
                let (instance, _) = pickle.instance(id)?;
                let [.., data] = pickle.items(*instance.states.last()?)? else { return None };
                Some(self.items("[", *data, "]"))
            }
            ("builtins.complex", [real, imaginary]) => complex(pickle.object(*real), pickle.object(*imaginary)),
            ("decimal.Decimal" | "uuid.UUID" | "fractions.Fraction", [value]) => Some(short(value)),
            ("datetime.datetime" | "datetime.date" | "datetime.time", [state, ..]) => moment(&self.bytes(*state, 16)?),
            ("datetime.timedelta", [days, seconds, micros]) => {
                let (days, seconds, micros) = (pickle.int(*days)?, pickle.int(*seconds)?, pickle.int(*micros)?);
                Some(format!("{days} d {seconds}.{micros:06} s"))
            }
            (path, parts) if path.starts_with("pathlib.") && path.ends_with("Path") => {
                let parts: Vec<String> = parts.iter().map(short).collect();
                Some(parts.join("/").replacen("//", "/", 1))
            }
            _ => None,
        }
    }

    /// The members of `id`, a list or its like.
    fn items(&self, open: &str, id: ObjectId, close: &str) -> String {
        let pickle = &self.checkpoint.pickle;
        let items = pickle.items(id).unwrap_or_default().iter().take(LISTED);
        let items: Vec<String> = items.map(|item| pickle.describe(*item, 80)).collect();
        format!("{open}{}{close}", items.join(", "))
    }

    /// The bytes that `id` is, if there are at most `most`.
    fn bytes(&self, id: ObjectId, most: u64) -> Option<Vec<u8>> {
        match objects::bytes(&self.checkpoint.pickle, id)? {
            Bytes::Decoded(bytes) => Some(bytes.to_vec()),
            Bytes::Range(span) if span.len <= most => self.checkpoint.bytes.bytes_at(span.at, span.len).ok(),
            Bytes::Range(_) => None,
        }
    }
}

fn complex(real: &Object, imaginary: &Object) -> Option<String> {
    let (Object::Float(real), Object::Float(imaginary)) = (real, imaginary) else { return None };
    let plus = if imaginary.is_sign_negative() { "" } else { "+" };
    Some(format!("{}{plus}{}i", double_text(*real), double_text(*imaginary)))
}

/// The state of a `datetime`, `date` or `time`: ten, four or six bytes, the most significant first.
fn moment(state: &[u8]) -> Option<String> {
    let time = |time: &[u8]| {
        let [hour, minute, second, micros @ ..] = time else { return None };
        let micros = micros.iter().fold(0u32, |micros, byte| micros << 8 | u32::from(*byte));
        let fraction = if micros > 0 { format!(".{micros:06}") } else { String::new() };
        Some(format!("{:02}:{minute:02}:{second:02}{fraction}", hour & 0x7f))
    };
    let date = |[high, low, month, day]: &[u8; 4]| {
        let (year, month) = (u16::from_be_bytes([*high, *low]), month & 0x7f);
        format!("{year:04}-{month:02}-{day:02}")
    };
    match (state.len(), state.split_first_chunk::<4>()) {
        (4, Some((day, _))) => Some(date(day)),
        (10, Some((day, rest))) => Some(format!("{} {}", date(day), time(rest)?)),
        (6, _) => time(state),
        _ => None,
    }
}
