//! Sees through the constructors of Python's own library: what an object of a pickle would be.

use super::{Bytes, Object, ObjectId, Opcode, Pickle};
use std::borrow::Cow;

/// A key: text, or a number.
pub fn key(pickle: &Pickle, id: ObjectId) -> Option<String> {
    match pickle.object(id) {
        Object::Text(text) | Object::Long(text) => Some(text.to_string()),
        Object::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What the entry number `at` of a dictionary is called: its key, if that is short; else its number.
pub fn name(pickle: &Pickle, id: ObjectId, at: usize) -> String {
    let plain = |id: &ObjectId| !matches!(pickle.object(*id), Object::Instance(_) | Object::Persistent(_));
    match pickle.object(id) {
        Object::Tuple(items) if items.iter().all(plain) => pickle.describe(id, 80),
        Object::Bool(_) | Object::Float(_) | Object::None | Object::Global(_) => pickle.describe(id, 80),
        _ => key(pickle, id).unwrap_or_else(|| at.to_string()),
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
        Object::Global(_) => pickle.import(id).map(super::Import::path),
        Object::Persistent(name) => match pickle.items(*name)? {
            [kind, class, ..] if pickle.text(*kind).is_some_and(|kind| &**kind == "module") => {
                pickle.import(*class).map(super::Import::path)
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
        "collections.OrderedDict" | "collections.Counter" | "builtins.dict" | "types.MappingProxyType" => {
            arguments.first().copied()
        }
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
        "builtins.list" | "builtins.tuple" | "builtins.set" | "builtins.frozenset" | "collections.deque" => {
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
