//! Operators that fill a tensor: what initialises a net is made of them.

use super::Place;
use super::argument::Argument;
use super::proto::{self, dtype};
use crate::model::{DType, Data, Encoding, Entry, Scaled, Tensor};
use crate::report::{Report, Severity};
use crate::source::{BytesSource, FileId, Files, Span};
use std::rc::Rc;

/// Values of so many bytes and more are a file of their own.
const LARGE: usize = 256;

/// The types that state all values, and the elements that they make.
const GIVEN: [(&str, DType); 10] = [
    ("GivenTensorFill", DType::F32),
    ("GivenTensorDoubleFill", DType::F64),
    ("GivenTensorBoolFill", DType::Bool),
    ("GivenTensorInt16Fill", DType::I16),
    ("GivenTensorIntFill", DType::I32),
    ("GivenTensorInt64Fill", DType::I64),
    ("GivenTensorStringFill", DType::String),
    ("GivenTensorByteStringToUInt8Fill", DType::U8),
    ("Int8GivenTensorFill", DType::U8),
    ("Int8GivenIntTensorFill", DType::I32),
];

/// Whether the operator makes a tensor of nothing.
pub fn is_fill(operator: &proto::Operator) -> bool {
    operator.input.is_empty() && operator.output.len() == 1 && operator.kind.ends_with("Fill")
}

/// Whether `name` is the argument with the values of an operator that states them all.
pub fn is_content(operator: &proto::Operator, name: &str) -> bool {
    name == "values" && is_fill(operator) && GIVEN.iter().any(|(kind, _)| *kind == operator.kind)
}

/// The tensor that `operator`, which [`is_fill`], makes. What is drawn by chance when the net is run has no values.
pub fn tensor(
    operator: &proto::Operator,
    arguments: &[Argument],
    place: &Place,
    files: &Files,
    report: &mut Report,
) -> Tensor {
    let name = operator.output.first().map(String::as_str).unwrap_or_default();
    let find = |name: &str| arguments.iter().find(|argument| argument.message.name == name);
    let given = GIVEN.iter().find(|(kind, _)| *kind == operator.kind).map(|(_, dtype)| *dtype);
    let stated = find("dtype").and_then(|argument| argument.message.i).map_or(DType::F32, dtype);
    let element = given.unwrap_or(stated);
    let shape = find("shape").map(Argument::integers).unwrap_or_default();
    let (data, encoding) = match (given, find("values")) {
        (Some(_), Some(values)) => content(values, element, place, files),
        _ => (Data::Absent, Encoding::Little),
    };
    let tensor = Tensor {
        name: name.into(),
        dtype: element,
        shape: shape.iter().map(|dim| u64::try_from(*dim).unwrap_or(0)).collect(),
        encoding,
        data,
        description: "".into(),
        metadata: notes(operator, arguments, given.is_some(), place),
        indices: None,
    };
    let len = match &tensor.data {
        Data::Range(_, span) => Some(span.len),
        Data::Inline(bytes) => Some(bytes.len() as u64),
        _ => None,
    };
    if let (Some(len), Some(bytes)) = (len, tensor.bytes())
        && len != bytes
    {
        let message = format!("{name:?} has {len} bytes of values, its type and shape ask for {bytes}");
        report.add(Severity::Warning, message);
    }
    tensor
}

/// What else is said of a tensor: its scale and zero point, or how it is drawn.
fn notes(operator: &proto::Operator, arguments: &[Argument], given: bool, place: &Place) -> Vec<Entry> {
    let mut notes = Vec::new();
    if !given {
        notes.push(Entry { name: "filler".into(), value: operator.kind.as_str().into() });
    }
    for argument in arguments {
        let name = match &*argument.message.name {
            "shape" | "values" | "dtype" | "input_as_shape" | "extra_shape" => continue,
            "Y_scale" => "scale",
            "Y_zero_point" => "zero_point",
            name => name,
        };
        let text = match argument.literal(place) {
            crate::model::Literal::Float(number) => number.to_string(),
            crate::model::Literal::Int(number) => number.to_string(),
            crate::model::Literal::String(text) => text.to_string(),
            _ => continue,
        };
        notes.push(Entry { name: name.into(), value: text.as_str().into() });
    }
    notes
}

/// Where the elements of type `element` are that `values` holds. Floats stay where they are, unless they are few; integers have no fixed width there,
/// so they are written anew.
fn content(values: &Argument, element: DType, place: &Place, files: &Files) -> (Data, Encoding) {
    let wide = Encoding::Scaled(Scaled { codes: DType::F32, scale: 1.0, min: 0.0 });
    let float = if element == DType::F64 { wide } else { Encoding::Little };
    let message = &values.message;
    if let Some(long) = &values.long {
        let span = Span { at: 0, len: long.count() * 4 };
        let file = files.add_inside(&message.name, Rc::new(long.clone()));
        return (Data::Range(file, span), float);
    }
    if element == DType::String {
        let spans = message.strings.iter().chain(&message.s).copied().collect();
        return (Data::Strings(place.file, spans), Encoding::Little);
    }
    if let Some(span) = message.s.or(message.strings.first().copied()) {
        return (Data::Range(place.file, span), Encoding::Little);
    }
    if !message.floats.is_empty() || message.f.is_some() {
        let one = message.f.filter(|_| message.floats.is_empty());
        let floats = one.iter().chain(&message.floats);
        return (held(floats.flat_map(|number| number.to_le_bytes()).collect(), files), float);
    }
    let width = (element.bits() / 8) as usize;
    let integers = values.integers();
    let bytes = integers.iter().flat_map(|number| number.to_le_bytes().into_iter().take(width));
    (held(bytes.collect(), files), Encoding::Little)
}

/// Bytes that were written anew: here, or in a file of their own.
fn held(bytes: Vec<u8>, files: &Files) -> Data {
    if bytes.len() < LARGE {
        return Data::Inline(bytes);
    }
    let span = Span { at: 0, len: bytes.len() as u64 };
    Data::Range(files.add_inside("values", Rc::new(BytesSource(bytes))), span)
}

/// The tensor of so many floats, which fill `file`.
pub fn list(name: &str, file: FileId, count: u64) -> Tensor {
    Tensor {
        name: name.into(),
        dtype: DType::F32,
        shape: vec![count],
        encoding: Encoding::Little,
        data: Data::Range(file, Span { at: 0, len: count * 4 }),
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    }
}

/// The tensor that an argument holds, a `TensorProto` in `file`.
pub fn constant(message: &proto::Tensor, file: FileId) -> Tensor {
    let element = dtype(message.data_type.unwrap_or(1));
    let ranges = |spans: &[Span]| match spans {
        [] => Data::Absent,
        [span] => Data::Range(file, *span),
        spans => Data::Ranges(file, spans.to_vec()),
    };
    let (data, encoding) = match element {
        _ if message.raw_data.is_some() => (ranges(message.raw_data.as_slice()), Encoding::Little),
        _ if message.byte_data.is_some() => (ranges(message.byte_data.as_slice()), Encoding::Little),
        DType::F32 => (ranges(&message.float_data), Encoding::Little),
        DType::F64 => (ranges(&message.double_data), Encoding::Little),
        DType::String => (Data::Strings(file, message.string_data.clone()), Encoding::Little),
        DType::I64 => (ranges(&message.int64_data), Encoding::Varint),
        _ => (ranges(&message.int32_data), Encoding::Varint),
    };
    Tensor {
        name: message.name.as_str().into(),
        dtype: element,
        shape: message.dims.iter().map(|dim| u64::try_from(*dim).unwrap_or(0)).collect(),
        encoding,
        data,
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    }
}
