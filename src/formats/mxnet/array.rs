//! One array: its description, and where its elements are.

use crate::model::{DType, Entry};
use crate::report::{Error, Result};
use crate::source::{Reader, Span};

/// With dimensions of eight bytes each. Before it there was no magic number, and dimensions of four bytes.
const V1: u32 = 0xf993_fac8;
/// With the kind of storage.
const V2: u32 = 0xf993_fac9;
/// With shapes as NumPy has them: no dimensions are those of a number by itself, and not of nothing.
const V3: u32 = 0xf993_faca;
/// The most dimensions.
const DIMENSIONS: u32 = 64;
/// The storage of an array of which only some rows are kept.
const ROWS: i32 = 1;
/// The storage of a matrix in compressed rows.
const COMPRESSED: i32 = 2;

/// What is kept of an array.
pub struct Stored {
    /// The elements, and what says where they belong.
    pub kept: Vec<Kept>,
    /// What is said about it.
    pub notes: Vec<Entry>,
}

/// Numbers that are kept of an array.
pub struct Kept {
    /// What its name ends with; empty for the elements.
    pub what: &'static str,
    /// The type.
    pub dtype: DType,
    /// The dimensions.
    pub shape: Vec<u64>,
    /// Where they are; nowhere for an array without elements.
    pub data: Option<Span>,
}

impl Stored {
    /// Reads an array, but not its elements.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when there is none; [`Kind::Unsupported`](crate::report::Kind::Unsupported) for kinds of storage and of
    /// elements that are not known, behind which nothing can be found; those of the source.
    pub fn read(reader: &mut Reader) -> Result<Self> {
        let magic = reader.read_u32()?;
        let storage = if matches!(magic, V2 | V3) { reader.read_i32()? } else { 0 };
        let beside: &[&'static str] = match storage {
            0 => &[],
            ROWS => &[".indices"],
            COMPRESSED => &[".indptr", ".indices"],
            other => {
                let message = format!("storage of kind {other} is not known");
                return Err(Error::unsupported(message).at(reader.position()));
            }
        };
        let kept = if beside.is_empty() { None } else { shape(reader)? };
        let whole = match magic {
            V1 | V2 | V3 => shape(reader)?,
            // The first version begins with the number of dimensions.
            count => Some(dimensions(reader, count, false)?),
        };
        let none = |shape: &Vec<u64>| shape.is_empty() && magic != V3;
        let Some(whole) = whole.filter(|shape| !none(shape)) else {
            let empty = Kept { what: "", dtype: DType::Unknown, shape: Vec::new(), data: None };
            return Ok(Self { kept: vec![empty], notes: vec![note("storage", "none")] });
        };
        let device = (reader.read_i32()?, reader.read_i32()?);
        let number = reader.read_i32()?;
        let types = beside.iter().map(|_| Ok((reader.read_i32()?, shape(reader)?)));
        let types: Vec<(i32, Option<Vec<u64>>)> = types.collect::<Result<_>>()?;
        let mut notes = Vec::new();
        if device.0 != 1 {
            notes.push(note("device", &format!("{}({})", if device.0 == 2 { "gpu" } else { "other" }, device.1)));
        }
        if !beside.is_empty() {
            let kind = if storage == ROWS { "row_sparse" } else { "csr" };
            notes.push(note("storage", &format!("{kind} of {whole:?}")));
        }
        let mut all = vec![elements(reader, "", number, kept.unwrap_or(whole))?];
        for (what, (number, shape)) in beside.iter().zip(types) {
            all.push(elements(reader, what, number, shape.unwrap_or_default())?);
        }
        Ok(Self { kept: all, notes })
    }
}

fn note(name: &str, value: &str) -> Entry {
    Entry { name: name.into(), value: value.into() }
}

/// A shape; none if it is not known.
fn shape(reader: &mut Reader) -> Result<Option<Vec<u64>>> {
    match reader.read_u32()? {
        u32::MAX => Ok(None),
        count => dimensions(reader, count, true).map(Some),
    }
}

/// `count` dimensions, of eight bytes each if `wide`, else four.
fn dimensions(reader: &mut Reader, count: u32, wide: bool) -> Result<Vec<u64>> {
    let at = reader.position();
    if count > DIMENSIONS {
        return Err(Error::malformed(format!("an array of {count} dimensions")).at(at));
    }
    (0..count).map(|_| if wide { reader.read_u64() } else { reader.read_u32().map(Into::into) }).collect()
}

/// The elements of `shape`, of the type that has `number`, which are not read.
fn elements(reader: &mut Reader, what: &'static str, number: i32, shape: Vec<u64>) -> Result<Kept> {
    let at = reader.position();
    let Some(dtype) = dtype(number) else {
        return Err(Error::unsupported(format!("elements of type {number} are not known")).at(at));
    };
    let count = shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
    let bytes = count.and_then(|count| dtype.bytes(count));
    let bytes = bytes.ok_or_else(|| Error::malformed(format!("a shape that is too large: {shape:?}")).at(at))?;
    Ok(Kept { what, dtype, shape, data: Some(reader.read_span(bytes)?) })
}

/// The element type that `mshadow::TypeFlag` has the number `number` for.
fn dtype(number: i32) -> Option<DType> {
    Some(match number {
        0 => DType::F32,
        1 => DType::F64,
        2 => DType::F16,
        3 => DType::U8,
        4 => DType::I32,
        5 => DType::I8,
        6 => DType::I64,
        7 => DType::Bool,
        8 => DType::I16,
        9 => DType::U16,
        10 => DType::U32,
        11 => DType::U64,
        12 => DType::BF16,
        _ => return None,
    })
}
