//! An array: shape, name of the element type, elements.

use super::wrong;
use crate::codec::msgpack::Item;
use crate::model::DType;
use crate::report::{Error, Result};
use crate::source::{Reader, Slice, Span};

/// The most dimensions.
const DIMENSIONS: u64 = 64;
/// The longest name of a type, in bytes.
const NAME: u64 = 64;

/// An array as its item describes it.
pub struct Array {
    /// The type of its elements.
    pub dtype: DType,
    /// What the file calls that.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// Where its elements are.
    pub data: Span,
}

impl Array {
    /// The array that the item in `payload` of `file` describes.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it describes none; those of the source.
    pub fn read(file: &Slice, payload: Span) -> Result<Self> {
        let mut reader = Reader::big(file.window(payload));
        let no = || wrong("no list of shape, type and elements", payload.at);
        let Item::List(3) = Item::read(&mut reader)? else { return Err(no()) };
        let Item::List(count @ ..=DIMENSIONS) = Item::read(&mut reader)? else { return Err(no()) };
        let mut shape = Vec::new();
        for _ in 0..count {
            let Item::Int(dim) = Item::read(&mut reader)? else { return Err(no()) };
            shape.push(u64::try_from(dim).map_err(|_| no())?);
        }
        // Python 2 wrote the name as bytes.
        let (Item::Text(name) | Item::Bytes(name)) = Item::read(&mut reader)? else { return Err(no()) };
        if name.len > NAME {
            return Err(Error::limit(format!("the name of a type of {} bytes", name.len)).at(name.at));
        }
        let name = String::from_utf8_lossy(&file.bytes_at(name.at, name.len)?).into_owned();
        let Item::Bytes(data) = Item::read(&mut reader)? else { return Err(no()) };
        Ok(Self { dtype: dtype(&name), name, shape, data })
    }
}

/// The element type that NumPy and JAX call `name`.
fn dtype(name: &str) -> DType {
    match name {
        "bool" => DType::Bool,
        "int8" => DType::I8,
        "uint8" => DType::U8,
        "int16" => DType::I16,
        "uint16" => DType::U16,
        "int32" => DType::I32,
        "uint32" => DType::U32,
        "int64" => DType::I64,
        "uint64" => DType::U64,
        "float16" => DType::F16,
        "bfloat16" => DType::BF16,
        "float32" => DType::F32,
        "float64" => DType::F64,
        "complex64" => DType::C64,
        "complex128" => DType::C128,
        "float8_e4m3fn" => DType::F8E4M3FN,
        "float8_e4m3fnuz" => DType::F8E4M3FNUZ,
        "float8_e5m2" => DType::F8E5M2,
        "float8_e5m2fnuz" => DType::F8E5M2FNUZ,
        "float8_e8m0fnu" => DType::F8E8M0,
        _ => DType::Unknown,
    }
}
