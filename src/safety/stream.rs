//! What one pickle would do.

use super::{Call, Finding, Import, Rating, Ratings, Stream, Verdict};
use crate::codec::pickle::{Bytes, Call as Made, CallId, Import as Lookup, Object, ObjectId, Opcode, Pickle, modern};
use crate::report::Kind;
use crate::sort;
use foldhash::{HashMap, HashSet};
use std::cmp::Reverse;

/// The most names, and the most calls, that are listed of a pickle.
const LISTED: usize = 200;
/// The most characters of a call.
const LINE: usize = 240;
/// How many calls of calls of … are seen through.
const DEPTH: usize = 16;
/// The longest text that is looked at for a pickle in it, in bytes.
const TEXT: usize = 16 << 20;

/// Reads a checkpoint that is in bytes. Those bytes are reported on by themselves.
const INNER: &str = "torch.storage._load_from_bytes";
/// Fetches an attribute by its name.
const GETATTR: &str = "builtins.getattr";
/// Imports a module.
const IMPORT: &str = "builtins.__import__";
/// Puts a call off.
const PARTIAL: &str = "functools.partial";
/// What calls its first argument, and does nothing else.
const PROXIES: &[&str] = &[
    "copyreg._reconstructor",
    "copyreg.__newobj__",
    "copyreg.__newobj_ex__",
    "torch._tensor._rebuild_from_type",
    "torch._tensor._rebuild_from_type_v2",
    "torch.tensor._rebuild_from_type",
    PARTIAL,
];
/// What reads a pickle from bytes.
const READERS: &[&str] =
    &[INNER, "pickle.loads", "_pickle.loads", "dill.loads", "dill._dill.loads", "cloudpickle.loads", "marshal.loads"];

/// Bytes in a pickle that may be a pickle themselves.
pub struct Payload {
    /// The bytes.
    pub bytes: Bytes,
    /// Whether a call is there that reads them.
    pub read: bool,
}

/// Reports on `pickle`; with the bytes in it that may be pickles.
pub fn examine(pickle: &Pickle, ratings: &Ratings) -> (Stream, Vec<Payload>) {
    let mut payloads = Vec::new();
    let examiner = Examiner { pickle, ratings };
    let read = examiner.read();
    for (id, object) in pickle.objects.iter() {
        if let Some(bytes) = contained(object, read.contains(&id)) {
            payloads.push(Payload { bytes, read: read.contains(&id) });
        }
    }
    let mut stream = Stream { span: pickle.span, protocol: pickle.protocol, ..Stream::default() };
    (stream.imports, stream.more_imports) = examiner.imports();
    (stream.calls, stream.more_calls) = examiner.calls();
    stream.findings.extend(fault(pickle));
    let ratings = stream.imports.iter().map(|import| import.rating).chain(stream.calls.iter().map(|call| call.rating));
    stream.rating = ratings.chain(stream.findings.iter().map(|finding| finding.rating)).max().unwrap_or_default();
    (stream, payloads)
}

fn fault(pickle: &Pickle) -> Option<Finding> {
    let fault = pickle.fault.as_ref()?;
    let at = fault.at.unwrap_or(pickle.span.end());
    let message = match fault.kind {
        Kind::Malformed | Kind::Unsupported => {
            format!("The pickle is broken here ({}). All that comes before has been done by then.", fault.message)
        }
        _ => format!(
            "The pickle was read up to here ({}). Python would go on: what follows is not known.",
            fault.message
        ),
    };
    Some(Finding::new(Rating::Unknown, message, Some(at)))
}

/// The bytes of `object` if they can be a pickle; of a `read` one, all that there are.
fn contained(object: &Object, read: bool) -> Option<Bytes> {
    match object {
        Object::Bytes(bytes) | Object::ByteArray(bytes) => Some(bytes.clone()),
        Object::Text(text) if text.len() <= TEXT => {
            let binary = text.starts_with('\u{80}');
            let lines = text.ends_with('.') && text.contains('\n');
            // Below protocol 3, bytes are spelt as text in Latin-1.
            let byte = |c: char| u8::try_from(u32::from(c)).ok();
            let bytes: Option<_> = (binary || lines || read).then(|| text.chars().map(byte).collect())?;
            bytes.map(Bytes::Decoded)
        }
        _ => None,
    }
}

struct Examiner<'a> {
    pickle: &'a Pickle,
    ratings: &'a Ratings,
}

impl<'a> Examiner<'a> {
    fn rate(&self, import: &Lookup) -> Verdict {
        self.ratings.rate(&import.module, &name(import))
    }

    /// The arguments of `call`.
    fn arguments(&self, call: &Made) -> &'a [ObjectId] {
        self.pickle.items(call.arguments).unwrap_or_default()
    }

    /// The path of what is looked up as `id`.
    fn path(&self, id: ObjectId) -> Option<String> {
        self.pickle.import(id).map(Lookup::path)
    }

    /// The module and the name that `id` comes down to: of what `getattr` fetches, of what `partial` puts off, of a class that comes from outside.
    fn meant(&self, id: ObjectId) -> Option<(String, String)> {
        let (mut id, mut attributes) = (id, Vec::new());
        for _ in 0..DEPTH {
            match self.pickle.object(id) {
                Object::Global(_) => {
                    let import = self.pickle.import(id)?;
                    attributes.push(name(import));
                    attributes.reverse();
                    return Some((import.module.to_string(), attributes.join(".")));
                }
                // The old stream has classes of modules with their source.
                Object::Persistent(name) => match self.pickle.items(*name)? {
                    [_, class, ..] => id = *class,
                    _ => return None,
                },
                Object::Instance(_) => {
                    let (_, call) = self.pickle.instance(id)?;
                    match (&*self.path(call.callable)?, self.arguments(call)) {
                        (GETATTR, [of, name, ..]) => {
                            attributes.push(self.pickle.text(*name)?.to_string());
                            id = *of;
                        }
                        (PARTIAL, [of, ..]) => id = *of,
                        (IMPORT | "importlib.import_module", [module, ..]) if !attributes.is_empty() => {
                            attributes.reverse();
                            return Some((self.pickle.text(*module)?.to_string(), attributes.join(".")));
                        }
                        _ => return None,
                    }
                }
                _ => return None,
            }
        }
        None
    }

    /// What calling `id` does; with its name.
    fn callee(&self, id: ObjectId) -> (String, Verdict) {
        match self.meant(id) {
            Some((module, name)) => (format!("{}.{name}", modern(&module)), self.ratings.rate(&module, &name)),
            None => {
                let reason = "is what another call returns: what it does cannot be known from the file";
                (self.pickle.describe(id, LINE / 4), Verdict { rating: Rating::Unknown, reason })
            }
        }
    }

    /// The text or bytes that a reader of pickles is given as `id`: not those around which there is a conversion.
    fn plain(&self, id: ObjectId) -> ObjectId {
        let mut id = id;
        for _ in 0..DEPTH {
            let Some((_, call)) = self.pickle.instance(id) else { break };
            match (self.path(call.callable).as_deref(), self.arguments(call)) {
                (
                    Some("_codecs.encode" | "builtins.bytes" | "builtins.bytearray" | "io.BytesIO" | "_io.BytesIO"),
                    [inner, ..],
                ) => id = *inner,
                _ => break,
            }
        }
        id
    }

    /// The objects that calls read as pickles.
    fn read(&self) -> HashSet<ObjectId> {
        let reads = |call: &&Made| self.path(call.callable).is_some_and(|path| READERS.contains(&&*path));
        let readers = self.pickle.calls.values().filter(reads);
        readers.filter_map(|call| Some(self.plain(*self.arguments(call).first()?))).collect()
    }

    /// Of the names that can do anything, those that are used here only for what is known and not dangerous.
    fn harmless_uses(&self) -> Vec<&'static str> {
        let mut harmless = vec![GETATTR, PARTIAL, INNER];
        let mut uses: HashMap<ObjectId, &'static str> = HashMap::default();
        for (id, object) in self.pickle.objects.iter() {
            if let (Object::Global(_), Some(path)) = (object, self.path(id)) {
                uses.extend(harmless.iter().find(|known| **known == path).map(|known| (id, *known)));
            }
        }
        if uses.is_empty() {
            return harmless;
        }
        let mut called: HashSet<ObjectId> = HashSet::default();
        for call in self.pickle.calls.values() {
            let Some(path) = uses.get(&call.callable) else { continue };
            called.insert(call.callable);
            if call.opcode != Opcode::Reduce || !self.is_known(path, call) {
                harmless.retain(|known| known != path);
            }
        }
        let escaped = self.escaped(&uses);
        for (id, path) in &uses {
            if !called.contains(id) || escaped.contains(id) {
                harmless.retain(|known| known != path);
            }
        }
        harmless
    }

    /// Whether the arguments of `call` say what it does, and that is not dangerous.
    fn is_known(&self, path: &str, call: &Made) -> bool {
        let Some(first) = self.arguments(call).first() else { return false };
        if path == INNER {
            return matches!(
                self.pickle.object(self.plain(*first)),
                Object::Bytes(_) | Object::ByteArray(_) | Object::Text(_)
            );
        }
        let id = if path == GETATTR { call.result } else { *first };
        self.meant(id).is_some_and(|(module, name)| self.ratings.rate(&module, &name).rating < Rating::Dangerous)
    }

    /// Those of `ids` that are part of some other object: what becomes of them there is not known.
    fn escaped(&self, ids: &HashMap<ObjectId, &'static str>) -> HashSet<ObjectId> {
        let mut escaped = HashSet::default();
        let mut meet = |id: &ObjectId| {
            if ids.contains_key(id) {
                escaped.insert(*id);
            }
        };
        for object in self.pickle.objects.values() {
            match object {
                Object::List(items) | Object::Tuple(items) | Object::Set(items) | Object::FrozenSet(items) => {
                    items.iter().for_each(&mut meet)
                }
                Object::Dict(entries) => {
                    entries.iter().for_each(|(key, value)| [key, value].into_iter().for_each(&mut meet))
                }
                Object::Persistent(name) => meet(name),
                Object::Instance(instance) => {
                    instance.states.iter().chain(&instance.items).for_each(&mut meet);
                    instance.entries.iter().for_each(|(key, value)| [key, value].into_iter().for_each(&mut meet));
                }
                _ => {}
            }
        }
        escaped
    }

    fn imports(&self) -> (Vec<Import>, usize) {
        let harmless = self.harmless_uses();
        let mut places: HashMap<String, usize> = HashMap::default();
        let mut all: Vec<Import> = Vec::new();
        for import in self.pickle.imports.values() {
            let path = import.path();
            if let Some(known) = places.get(&path).and_then(|place| all.get_mut(*place)) {
                known.count += 1;
                continue;
            }
            let Verdict { mut rating, mut reason } = self.rate(import);
            if harmless.contains(&&*path) {
                (rating, reason) = match &*path {
                    INNER => (Rating::Inert, "reads a checkpoint that is inside of this one, and is listed by itself"),
                    GETATTR => {
                        (Rating::Unknown, "fetches an attribute; here, only such as are not known to be dangerous")
                    }
                    _ => (Rating::Unknown, "puts off a call; here, only such as are not known to be dangerous"),
                };
            }
            places.insert(path.clone(), all.len());
            all.push(Import { path, rating, reason, at: import.at, opcode: import.opcode.name(), count: 1 });
        }
        sort::sort_by_key(&mut all, |import| Reverse(import.rating));
        let more = all.len().saturating_sub(LISTED);
        all.truncate(LISTED);
        (all, more)
    }

    fn calls(&self) -> (Vec<Call>, usize) {
        let mut all: Vec<Call> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::default();
        for (id, call) in self.pickle.calls.iter() {
            let (callee, Verdict { rating, reason }) = self.verdict(call);
            if rating == Rating::Inert {
                continue;
            }
            // To make an object of a class, and to give it a state, is one thing as long as nothing is known of it.
            let opcode = if rating < Rating::Dangerous { "" } else { call.opcode.name() };
            let key = format!("{callee} {opcode}");
            if let Some(known) = places.get(&key).and_then(|place| all.get_mut(*place))
                && (rating < Rating::Dangerous || all_are_listed(known.count))
            {
                known.count += 1;
                continue;
            }
            let reason = format!("{callee} {reason}");
            places.insert(key, all.len());
            all.push(Call { text: self.text(id), rating, reason, at: call.at, opcode: call.opcode.name(), count: 1 });
        }
        sort::sort_by_key(&mut all, |call| Reverse(call.rating));
        let more = all.len().saturating_sub(LISTED);
        all.truncate(LISTED);
        (all, more)
    }

    /// What `call` comes to, with the name of what is called.
    fn verdict(&self, call: &Made) -> (String, Verdict) {
        let changes = "is changed for all of the program that loads the file";
        match call.opcode {
            Opcode::Build => match self.pickle.object(call.callable) {
                Object::Global(_) => {
                    (self.callee(call.callable).0, Verdict { rating: Rating::Dangerous, reason: changes })
                }
                Object::Instance(_) => self.class(call.callable),
                _ => inert(),
            },
            Opcode::Append | Opcode::Appends | Opcode::AddItems | Opcode::SetItem | Opcode::SetItems => {
                match self.pickle.object(call.callable) {
                    Object::Global(_) => {
                        (self.callee(call.callable).0, Verdict { rating: Rating::Dangerous, reason: changes })
                    }
                    _ => inert(),
                }
            }
            _ => self.made(call),
        }
    }

    /// What making an object by `call` comes to; where what is called only calls its first argument, that.
    fn made(&self, call: &Made) -> (String, Verdict) {
        let path = self.path(call.callable).unwrap_or_default();
        match self.arguments(call) {
            [of, ..] if PROXIES.contains(&&*path) => self.callee(*of),
            // What is fetched, rather than that something is.
            [_, _, ..] if path == GETATTR => self.callee(call.result),
            _ if path == INNER && self.is_known(INNER, call) => inert(),
            _ => self.callee(call.callable),
        }
    }

    /// What giving a state to the object `id` comes to: that depends on its class.
    fn class(&self, id: ObjectId) -> (String, Verdict) {
        match self.pickle.instance(id) {
            Some((_, call)) => self.made(call),
            None => inert(),
        }
    }

    /// A call in the notation of Python.
    fn text(&self, id: CallId) -> String {
        let Some(call) = self.pickle.calls.get(id) else { return String::new() };
        let describe = |id, most| self.pickle.describe(id, most);
        let arguments = match self.pickle.object(call.arguments) {
            Object::Tuple(items) => {
                let mut text = String::new();
                for item in items {
                    if text.len() > LINE {
                        text.push('…');
                        break;
                    }
                    if !text.is_empty() {
                        text.push_str(", ");
                    }
                    text.push_str(&describe(*item, LINE - text.len().min(LINE)));
                }
                text
            }
            _ => format!("*{}", describe(call.arguments, LINE)),
        };
        let callable = describe(call.callable, LINE / 2);
        match call.opcode {
            Opcode::Build => {
                let class = || self.class(call.callable).0;
                let of = if self.pickle.import(call.callable).is_some() { callable } else { class() };
                format!("{of}.__setstate__({})", describe(call.arguments, LINE))
            }
            Opcode::Append | Opcode::Appends => format!("{callable}.extend({})", describe(call.arguments, LINE)),
            Opcode::AddItems => format!("{callable}.add({})", describe(call.arguments, LINE)),
            Opcode::SetItem | Opcode::SetItems => format!("{callable}.update({})", describe(call.arguments, LINE)),
            Opcode::NewObj => format!("{callable}.__new__({arguments})"),
            Opcode::NewObjEx => {
                let keywords = call.keywords.map(|keywords| format!("**{}", describe(keywords, LINE)));
                let all = [arguments].into_iter().filter(|text| !text.is_empty()).chain(keywords);
                format!("{callable}.__new__({})", all.collect::<Vec<_>>().join(", "))
            }
            _ => format!("{callable}({arguments})"),
        }
    }
}

/// The name of what is imported, without its module, as Python 3 spells it.
fn name(import: &Lookup) -> String {
    import.path().split_off(modern(&import.module).len() + 1)
}

/// Whether so many dangerous calls of the same thing are listed that the others are only counted.
fn all_are_listed(count: usize) -> bool {
    count >= LISTED
}

fn inert() -> (String, Verdict) {
    (String::new(), Verdict { rating: Rating::Inert, reason: "" })
}
