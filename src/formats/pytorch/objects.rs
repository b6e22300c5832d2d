//! Sees through the constructors that are known: what an object of a pickle would be.

use crate::codec::pickle::{Bytes, Object, ObjectId, Opcode, Pickle};
use crate::model::{DType, Text};
use std::borrow::Cow;

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

/// A key: text, or a number.
pub fn key(pickle: &Pickle, id: ObjectId) -> Option<String> {
    match pickle.object(id) {
        Object::Text(text) | Object::Long(text) => Some(text.to_string()),
        Object::Int(number) => Some(number.to_string()),
        _ => None,
    }
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

/// The path of the function or class that makes `id`, as Python 3 spells it, with its arguments. Of protocols that go through `copyreg`,
/// the class that is meant.
pub fn made_by(pickle: &Pickle, id: ObjectId) -> Option<(String, &[ObjectId])> {
    let (_, call) = pickle.instance(id)?;
    let arguments = pickle.items(call.arguments).unwrap_or_default();
    let path = path(pickle, call.callable)?;
    let meant = matches!(&*path, "copyreg._reconstructor" | "copyreg.__newobj__" | "copyreg.__newobj_ex__");
    match arguments {
        [class, rest @ ..] if meant && call.opcode == Opcode::Reduce => Some((self::path(pickle, *class)?, rest)),
        _ => Some((path, arguments)),
    }
}

/// The path of a class or function. In streams, classes of modules come from outside, with their source.
pub fn path(pickle: &Pickle, id: ObjectId) -> Option<String> {
    match pickle.object(id) {
        Object::Global(_) => pickle.import(id).map(crate::codec::pickle::Import::path),
        Object::Persistent(name) => match pickle.items(*name)? {
            [kind, class, ..] if pickle.text(*kind).is_some_and(|kind| &**kind == "module") => {
                pickle.import(*class).map(crate::codec::pickle::Import::path)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Key and value.
pub type Pair = (ObjectId, ObjectId);

/// The entries of `id`, if it is a dictionary of some class: `dict`, `OrderedDict`, `defaultdict`, `Counter`, and classes derived from them.
pub fn entries<'a>(pickle: &'a Pickle, id: ObjectId) -> Option<Cow<'a, [Pair]>> {
    if let Some(entries) = pickle.entries(id) {
        return Some(Cow::Borrowed(entries));
    }
    let (instance, _) = pickle.instance(id)?;
    let (path, arguments) = made_by(pickle, id)?;
    let given = match &*path {
        "collections.OrderedDict" | "collections.Counter" | "builtins.dict" | "types.MappingProxyType" => arguments.first().copied(),
        "collections.defaultdict" => arguments.get(1).copied(),
        _ if !instance.entries.is_empty() => None,
        _ => return None,
    };
    let Some(given) = given else { return Some(Cow::Borrowed(&instance.entries)) };
    let mut entries: Vec<Pair> = match pickle.object(given) {
        Object::Dict(entries) => entries.clone(),
        _ => {
            let pair = |pair: &ObjectId| match pickle.items(*pair)? {
                [key, value] => Some((*key, *value)),
                _ => None,
            };
            pickle.items(given).unwrap_or_default().iter().filter_map(pair).collect()
        }
    };
    entries.extend(&instance.entries);
    Some(Cow::Owned(entries))
}

/// The members of `id`, if it is a list, tuple or set of some class.
pub fn items(pickle: &Pickle, id: ObjectId) -> Option<&[ObjectId]> {
    if let Some(items) = pickle.items(id) {
        return Some(items);
    }
    let (instance, _) = pickle.instance(id)?;
    let (path, arguments) = made_by(pickle, id)?;
    match &*path {
        "torch.Size" | "builtins.list" | "builtins.tuple" | "builtins.set" | "builtins.frozenset" | "collections.deque" => {
            let given = arguments.first().and_then(|given| pickle.items(*given));
            Some(if instance.items.is_empty() { given.unwrap_or_default() } else { &instance.items })
        }
        _ if !instance.items.is_empty() => Some(&instance.items),
        _ => None,
    }
}

/// The attributes of `id`, an object of some class: those that it is given as its state.
pub fn attributes(pickle: &Pickle, id: ObjectId) -> Option<Vec<Pair>> {
    let (instance, _) = pickle.instance(id)?;
    let mut all = Vec::new();
    for state in &instance.states {
        match pickle.object(*state) {
            Object::Dict(entries) => all.extend(entries),
            // What is in the dictionary of the object, and what is in its slots.
            Object::Tuple(parts) if parts.len() == 2 => {
                all.extend(parts.iter().filter_map(|part| pickle.entries(*part)).flatten());
            }
            _ => {}
        }
    }
    (!all.is_empty()).then_some(all)
}

/// What `id` holds by name: the entries of a dictionary, else the attributes of an object.
pub fn pairs(pickle: &Pickle, id: ObjectId) -> Option<Cow<'_, [Pair]>> {
    entries(pickle, id).or_else(|| attributes(pickle, id).map(Cow::Owned))
}

/// The value of `name` among `pairs`; of several, the last.
pub fn get(pickle: &Pickle, pairs: &[Pair], name: &str) -> Option<ObjectId> {
    let named = |(key, _): &&Pair| pickle.text(*key).is_some_and(|key| &**key == name);
    pairs.iter().rev().find(named).map(|(_, value)| *value)
}

/// The bytes that `id` is.
pub fn bytes(pickle: &Pickle, id: ObjectId) -> Option<Bytes> {
    let Some((path, arguments)) = made_by(pickle, id) else { return plain_bytes(pickle, id) };
    match (&*path, arguments) {
        ("builtins.bytearray" | "builtins.bytes", []) => Some(Bytes::Decoded([].into())),
        ("builtins.bytearray", [text, _]) => Some(latin(pickle.text(*text)?)),
        ("builtins.bytearray" | "builtins.bytes", [inner]) => plain_bytes(pickle, *inner),
        _ => plain_bytes(pickle, id),
    }
}

/// The bytes that `id` is, as Python 2 or 3 spell them. Below protocol 3, Python 3 spells them as text in Latin-1 that is to be encoded.
fn plain_bytes(pickle: &Pickle, id: ObjectId) -> Option<Bytes> {
    match pickle.object(id) {
        Object::Bytes(bytes) | Object::ByteArray(bytes) => Some(bytes.clone()),
        Object::Text(text) => Some(Bytes::Decoded(text.as_bytes().into())),
        _ => match made_by(pickle, id)? {
            (path, [text, ..]) if path == "_codecs.encode" => Some(latin(pickle.text(*text)?)),
            _ => None,
        },
    }
}

fn latin(text: &str) -> Bytes {
    Bytes::Decoded(text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect())
}
