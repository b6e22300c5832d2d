//! Types of tensors, and tensors that are spelt out.

use super::cursor::{Cursor, Number};
use crate::codec::wire::{self, Message};
use crate::report::Result;

/// The element types by the numbers of `TensorProto.DataType`.
const ELEMENTS: [&str; 29] = [
    "undefined",
    "float",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "int32",
    "int64",
    "string",
    "bool",
    "float16",
    "double",
    "uint32",
    "uint64",
    "complex64",
    "complex128",
    "bfloat16",
    "float8e4m3fn",
    "float8e4m3fnuz",
    "float8e5m2",
    "float8e5m2fnuz",
    "uint4",
    "int4",
    "float4e2m1",
    "float8e8m0",
    "uint2",
    "int2",
    "float6e2m3",
    "float6e3m2",
];

/// The number of the element type called `name`.
pub fn element_type(name: &str) -> Option<i64> {
    let index = ELEMENTS.iter().position(|element| *element == name)?;
    i64::try_from(index).ok()
}

/// A dimension.
enum Dim {
    Known(i64),
    Named(String),
    Unknown,
}

/// An element type and a shape, if there is one.
struct TensorType {
    element: i64,
    dims: Option<Vec<Dim>>,
}

fn tensor_type(cursor: &mut Cursor) -> Result<TensorType> {
    let element = cursor.name().and_then(element_type).ok_or_else(|| cursor.error("a type is missing"))?;
    if !cursor.take("[") {
        return Ok(TensorType { element, dims: None });
    }
    let mut dims = Vec::new();
    cursor.list("]", |cursor| {
        dims.push(if cursor.take("?") {
            Dim::Unknown
        } else if let Some(name) = cursor.text()? {
            Dim::Named(name)
        } else {
            match cursor.name() {
                Some(name) => Dim::Named(name.to_owned()),
                None => Dim::Known(cursor.number().ok_or_else(|| cursor.error("a dimension is missing"))?.int()),
            }
        });
        Ok(())
    })?;
    Ok(TensorType { element, dims: Some(dims) })
}

/// A tensor's type, as `TypeProto.Tensor`.
///
/// # Errors
/// When none comes next.
pub fn ty(cursor: &mut Cursor) -> Result<Message> {
    let TensorType { element, dims } = tensor_type(cursor)?;
    let mut tensor = Message::default();
    tensor.int(1, element);
    if let Some(dims) = dims {
        let mut shape = Message::default();
        for dim in dims {
            let mut dimension = Message::default();
            match dim {
                Dim::Known(size) => dimension.int(1, size),
                Dim::Named(name) => dimension.text(2, &name),
                Dim::Unknown => {}
            }
            shape.message(1, &dimension);
        }
        tensor.message(2, &shape);
    }
    Ok(tensor)
}

/// A tensor with its content, as `TensorProto`: type, name, `=`, and its elements in braces or where they are in brackets.
///
/// With `content`, the content is at that offset, and the name is `name`.
///
/// # Errors
/// When none comes next.
pub fn constant(cursor: &mut Cursor, content: Option<usize>, name: &str) -> Result<Message> {
    let TensorType { element, dims } = tensor_type(cursor)?;
    let mut tensor = Message::default();
    let mut name = name.to_owned();
    match content {
        Some(at) => cursor.go_to(at),
        None => {
            if !cursor.sees("=") && !cursor.sees("{") && !cursor.sees("[") {
                name = cursor.identifier()?;
            }
            cursor.take("=");
        }
    }
    tensor.text(8, &name);
    tensor.int(2, element);
    for dim in dims.iter().flatten() {
        if let Dim::Known(size) = dim {
            tensor.int(1, *size);
        }
    }
    if cursor.take("[") {
        cursor.list("]", |cursor| {
            let mut entry = Message::default();
            entry.text(1, &cursor.identifier()?);
            cursor.expect(":")?;
            entry.text(2, &cursor.identifier()?);
            tensor.message(13, &entry);
            Ok(())
        })?;
        tensor.int(14, 1);
        return Ok(tensor);
    }
    cursor.expect("{")?;
    if element == 8 {
        cursor.list("}", |cursor| {
            let text = cursor.text()?.ok_or_else(|| cursor.error("a text is missing"))?;
            tensor.bytes(6, text);
            Ok(())
        })?;
        return Ok(tensor);
    }
    let mut numbers = Vec::new();
    cursor.list("}", |cursor| {
        numbers.push(cursor.number().ok_or_else(|| cursor.error("a number is missing"))?);
        Ok(())
    })?;
    fill(&mut tensor, element, &numbers);
    Ok(tensor)
}

/// Adds elements, in the field that `TensorProto` has for their type.
fn fill(tensor: &mut Message, element: i64, numbers: &[Number]) {
    let ints = || wire::varints(numbers.iter().map(|number| number.int()));
    match element {
        1 | 14 => {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| (number.float() as f32).to_le_bytes()).collect();
            tensor.bytes(4, bytes);
        }
        11 | 15 => {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.float().to_le_bytes()).collect();
            tensor.bytes(10, bytes);
        }
        7 => tensor.bytes(7, ints()),
        12 | 13 => tensor.bytes(11, ints()),
        _ => tensor.bytes(5, ints()),
    }
}
