//! Sees through the constructors that are known: what an object of a pickle would be.

pub use crate::codec::pickle::objects::{Pair, attributes, bytes, entries, get, key, made_by, name, pairs, path};

use crate::codec::pickle::{ObjectId, Pickle, objects};
use crate::model::{DType, Text};

/// What the objects refer to as a storage.
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// Its key.
    pub key: String,
    /// The type of its elements; unknown of those that are only bytes.
    pub dtype: DType,
    /// The bytes of an element.
    pub size: u64,
    /// The number of its elements.
    pub count: u64,
    /// Where it was: `cpu`, `cuda:0`.
    pub device: Text,
    /// Of a view: the elements before it.
    pub offset: u64,
}

/// The storage that `name` refers to: `("storage", type, key, location, count)`, in streams with the view that it is.
pub fn storage(pickle: &Pickle, name: ObjectId) -> Option<Storage> {
    let [kind, class, own, device, count, rest @ ..] = pickle.items(name)? else { return None };
    if pickle.text(*kind).is_none_or(|kind| &**kind != "storage") {
        return None;
    }
    let dtype = storage_type(pickle, *class);
    let view = rest.first().and_then(|view| pickle.items(*view));
    let offset = view.and_then(|view| pickle.int(*view.get(1)?)).and_then(|offset| u64::try_from(offset).ok());
    Some(Storage {
        key: key(pickle, *own)?,
        dtype,
        size: u64::from(dtype.bits().div_ceil(8).max(1)),
        count: pickle.int(*count).and_then(|count| u64::try_from(count).ok()).unwrap_or(0),
        device: pickle.text(*device).cloned().unwrap_or_else(|| "".into()),
        offset: offset.unwrap_or(0),
    })
}

/// The type of the elements of a class of storages: of `torch.FloatStorage`, and of `torch.cuda.FloatStorage`.
pub fn storage_type(pickle: &Pickle, class: ObjectId) -> DType {
    let Some(import) = pickle.import(class) else { return dtype(pickle, class) };
    match &*import.name {
        "DoubleStorage" => DType::F64,
        "FloatStorage" => DType::F32,
        "HalfStorage" => DType::F16,
        "BFloat16Storage" => DType::BF16,
        "LongStorage" => DType::I64,
        "IntStorage" | "QInt32Storage" => DType::I32,
        "ShortStorage" => DType::I16,
        "CharStorage" | "QInt8Storage" => DType::I8,
        "ByteStorage" | "QUInt8Storage" => DType::U8,
        "BoolStorage" => DType::Bool,
        "ComplexHalfStorage" => DType::C32,
        "ComplexFloatStorage" => DType::C64,
        "ComplexDoubleStorage" => DType::C128,
        "QUInt4x2Storage" => DType::U4,
        "QUInt2x4Storage" => DType::U2,
        _ => dtype(pickle, class),
    }
}

/// The element type that `id` names: `torch.float32`.
pub fn dtype(pickle: &Pickle, id: ObjectId) -> DType {
    let Some(import) = pickle.import(id) else { return DType::Unknown };
    if &*import.module != "torch" {
        return DType::Unknown;
    }
    match &*import.name {
        "float64" | "double" => DType::F64,
        "float32" | "float" => DType::F32,
        "float16" | "half" => DType::F16,
        "bfloat16" => DType::BF16,
        "float8_e4m3fn" => DType::F8E4M3FN,
        "float8_e4m3fnuz" => DType::F8E4M3FNUZ,
        "float8_e5m2" => DType::F8E5M2,
        "float8_e5m2fnuz" => DType::F8E5M2FNUZ,
        "float8_e8m0fnu" => DType::F8E8M0,
        "float4_e2m1fn_x2" => DType::F4E2M1,
        "uint8" | "quint8" | "bits8" => DType::U8,
        "uint16" | "bits16" => DType::U16,
        "uint32" => DType::U32,
        "uint64" => DType::U64,
        "int8" | "qint8" => DType::I8,
        "int16" | "short" => DType::I16,
        "int32" | "int" | "qint32" => DType::I32,
        "int64" | "long" => DType::I64,
        "bool" => DType::Bool,
        "complex32" | "chalf" => DType::C32,
        "complex64" | "cfloat" => DType::C64,
        "complex128" | "cdouble" => DType::C128,
        "quint4x2" | "bits4x2" => DType::U4,
        "quint2x4" | "bits2x4" => DType::U2,
        _ => DType::Unknown,
    }
}

/// The members of `id`, if it is a list, tuple or set of some class, or a size.
pub fn items(pickle: &Pickle, id: ObjectId) -> Option<&[ObjectId]> {
    match made_by(pickle, id) {
        Some((path, arguments)) if path == "torch.Size" => {
            Some(arguments.first().and_then(|sizes| pickle.items(*sizes)).unwrap_or_default())
        }
        _ => objects::items(pickle, id),
    }
}
