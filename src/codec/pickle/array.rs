//! NumPy's arrays and scalars, by what `ndarray.__reduce__` gives (<https://numpy.org/doc/stable/reference/generated/numpy.ndarray.__setstate__.html>).

use super::objects::{bytes, made_by, path};
use super::{Bytes, ObjectId, Pickle};
use crate::model::{DType, Encoding};

/// An array.
pub struct Array {
    /// The type of its elements; unknown of objects and records.
    pub dtype: DType,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// Whether the first dimension changes fastest.
    pub fortran: bool,
    /// Whether it is a number by itself.
    pub scalar: bool,
    /// The order of bytes.
    pub encoding: Encoding,
    /// The elements; none of objects, which are a list.
    pub bytes: Option<Bytes>,
}

/// The array that `id` is.
pub fn array(pickle: &Pickle, id: ObjectId) -> Option<Array> {
    let (path, arguments) = made_by(pickle, id)?;
    let name = of_numpy(&path)?;
    let (shape, element, fortran, data) = match (name, arguments) {
        ("multiarray._reconstruct", _) => {
            let (instance, _) = pickle.instance(id)?;
            let [_, shape, element, fortran, data] = pickle.items(*instance.states.last()?)? else { return None };
            (*shape, *element, pickle.int(*fortran) == Some(1), *data)
        }
        ("numeric._frombuffer", [data, element, shape, order]) => {
            (*shape, *element, pickle.text(*order).is_some_and(|order| &**order == "F"), *data)
        }
        ("multiarray.scalar", [element, data]) => {
            let (dtype, encoding) = dtype(pickle, *element)?;
            let bytes = bytes(pickle, *data);
            return Some(Array { dtype, shape: Vec::new(), fortran: false, scalar: true, encoding, bytes });
        }
        _ => return None,
    };
    let shape = pickle.items(shape)?.iter().map(|dim| u64::try_from(pickle.int(*dim)?).ok()).collect::<Option<_>>()?;
    let (dtype, encoding) = dtype(pickle, element).unwrap_or((DType::Unknown, Encoding::Little));
    Some(Array { dtype, shape, fortran, scalar: false, encoding, bytes: bytes(pickle, data) })
}

/// The elements of the array that `id` is, if these are objects.
pub fn objects(pickle: &Pickle, id: ObjectId) -> Option<&[ObjectId]> {
    let (path, _) = made_by(pickle, id)?;
    if of_numpy(&path)? != "multiarray._reconstruct" {
        return None;
    }
    let (instance, _) = pickle.instance(id)?;
    let [.., data] = pickle.items(*instance.states.last()?)? else { return None };
    pickle.items(*data)
}

/// The name below `numpy.core`, which is `numpy._core` since version 2.
fn of_numpy(path: &str) -> Option<&str> {
    path.strip_prefix("numpy.core.").or_else(|| path.strip_prefix("numpy._core."))
}

/// The element type that `id` describes, and the order of its bytes.
pub fn dtype(pickle: &Pickle, id: ObjectId) -> Option<(DType, Encoding)> {
    let (class, arguments) = made_by(pickle, id)?;
    if class != "numpy.dtype" {
        return None;
    }
    let code = arguments.first()?;
    let dtype = match pickle.text(*code) {
        Some(code) => element(code.trim_start_matches(['<', '>', '|', '='])),
        None => match &*path(pickle, *code)? {
            "ml_dtypes.bfloat16" => DType::BF16,
            "ml_dtypes.float8_e4m3fn" => DType::F8E4M3FN,
            "ml_dtypes.float8_e5m2" => DType::F8E5M2,
            _ => DType::Unknown,
        },
    };
    let state = pickle.instance(id).and_then(|(instance, _)| instance.states.last());
    let order = state.and_then(|state| pickle.text(*pickle.items(*state)?.get(1)?));
    let big = order.is_some_and(|order| &**order == ">");
    Some((dtype, if big { Encoding::Big } else { Encoding::Little }))
}

/// The element type of a code: a letter for the kind, and the number of bytes.
pub fn element(code: &str) -> DType {
    match code {
        "b1" | "?" => DType::Bool,
        "i1" => DType::I8,
        "i2" => DType::I16,
        "i4" => DType::I32,
        "i8" => DType::I64,
        "u1" => DType::U8,
        "u2" => DType::U16,
        "u4" => DType::U32,
        "u8" => DType::U64,
        "f2" => DType::F16,
        "f4" => DType::F32,
        "f8" => DType::F64,
        "c8" => DType::C64,
        "c16" => DType::C128,
        _ => DType::Unknown,
    }
}
