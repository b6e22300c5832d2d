//! Python pickles, protocols 0 to 5, read without executing anything.
//!
//! Reference: Python's `pickletools` module (what each opcode does) and PEP 307, 3154 and 574. A pickle is a program for a small stack
//! machine. Here it runs on symbols: what it would import is noted as a name ([`Import`]), what it would call stays a description
//! ([`Call`]), and the result is a plain tree of [`Object`]s in an arena. Objects refer to each other by id, so that cycles are as
//! good as any other shape and nothing recurses.
//!
//! - [`Pickle::read`] runs one stream up to its `STOP`. A fault ends it, as it would end Python's; what came before is kept.
//! - [`Instructions`] takes a stream apart without running it; [`Listing`] prints that.
//! - [`Glance`] is a quick look at what may be a pickle.
//! - [`objects`] and [`array`] see through the constructors of Python's library and of NumPy.
//! - [`contents`] finds the arrays in plain data, and puts the rest into words.
//! - [`Pickle::describe`] prints an object the way Python would, cut short where that gets long.

pub mod array;
pub mod contents;
mod decode;
mod describe;
mod glance;
mod listing;
mod machine;
pub mod objects;
mod opcode;

pub use glance::Glance;
pub use listing::Listing;
pub use opcode::{Argument, Format, Instruction, Instructions, Opcode};

use crate::model::{Arena, Text};
use crate::report::Error;
use crate::source::Span;
use std::rc::Rc;

crate::model::arena::id! {
    /// Names an [`Object`] of its [`Pickle`].
    ObjectId;
    /// Names an [`Import`] of its [`Pickle`].
    ImportId;
    /// Names a [`Call`] of its [`Pickle`].
    CallId;
}

/// What a stream makes, and what it would do for that.
#[derive(Clone, Debug, Default)]
pub struct Pickle {
    /// All objects.
    pub objects: Arena<ObjectId, Object>,
    /// What the stream makes: what is on top of the stack at `STOP`; after a fault, the outermost object that was begun.
    pub root: Option<ObjectId>,
    /// All names that are looked up, each time that they are.
    pub imports: Arena<ImportId, Import>,
    /// All calls, in the order in which they would be made.
    pub calls: Arena<CallId, Call>,
    /// The protocol that the stream says it has; 0 without a word about it.
    pub protocol: u8,
    /// Where the stream begins and how long it is, with its `STOP`; up to the fault where there is one.
    pub span: Span,
    /// Why the stream ends before its `STOP`.
    pub fault: Option<Error>,
}

/// A piece of data.
#[derive(Clone, Debug)]
pub enum Object {
    /// `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond 64 bits, in decimal digits.
    Long(Text),
    /// A float.
    Float(f64),
    /// Text.
    Text(Text),
    /// Bytes.
    Bytes(Bytes),
    /// Bytes that can be changed.
    ByteArray(Bytes),
    /// A list.
    List(Vec<ObjectId>),
    /// A tuple.
    Tuple(Vec<ObjectId>),
    /// A set.
    Set(Vec<ObjectId>),
    /// A frozen set.
    FrozenSet(Vec<ObjectId>),
    /// A dictionary, in order; a key that comes twice is there twice.
    Dict(Vec<(ObjectId, ObjectId)>),
    /// Something that is looked up by its name: a class, a function.
    Global(ImportId),
    /// Something that is outside of the stream, under this name.
    Persistent(ObjectId),
    /// What a call would return.
    Instance(Box<Instance>),
    /// A buffer that is outside of the stream, by its number.
    Buffer(u64),
}

/// Bytes in a stream.
#[derive(Clone, Debug)]
pub enum Bytes {
    /// As they are in the file, in this range; not read.
    Range(Span),
    /// Decoded from an escaped text.
    Decoded(Rc<[u8]>),
}

/// What a call would return, and what is done to it afterwards.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The call that makes it.
    pub call: CallId,
    /// What it is given as its state (`BUILD`), most often once.
    pub states: Vec<ObjectId>,
    /// What is appended or added to it.
    pub items: Vec<ObjectId>,
    /// What is set in it by key.
    pub entries: Vec<(ObjectId, ObjectId)>,
}

/// A name that the stream looks up, which imports its module.
#[derive(Clone, Debug)]
pub struct Import {
    /// The offset of the instruction.
    pub at: u64,
    /// `GLOBAL`, `STACK_GLOBAL`, `INST`, or `EXT1` to `EXT4`.
    pub opcode: Opcode,
    /// The module, as the stream spells it; of the extension opcodes, `copyreg`; after [`COMPUTED`], what makes the name.
    pub module: Text,
    /// The name in it, with dots from protocol 4 on; of the extension opcodes, the code in the registry of extensions; after [`COMPUTED`], what
    /// makes the name.
    pub name: Text,
}

/// What a module or a name begins with that is not in the stream, but returned by a call. Its description follows.
pub const COMPUTED: &str = "<computed by ";

/// A call that the stream makes.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The offset of the instruction.
    pub at: u64,
    /// `REDUCE`: `callable(*arguments)`. `NEWOBJ`, `NEWOBJ_EX`: `callable.__new__(callable, *arguments, **keywords)`. `INST`, `OBJ`:
    /// `callable(*arguments)`. `BUILD`: `callable.__setstate__(arguments)`, or its attributes are set. `APPEND`, `APPENDS`, `ADDITEMS`, `SETITEM`,
    /// `SETITEMS`, if done to what is looked up or outside: its `append`, `extend`, `add`, `__setitem__`.
    pub opcode: Opcode,
    /// What is called; of `BUILD` and of what changes an object, that object.
    pub callable: ObjectId,
    /// The arguments: a tuple, if all is well; of `BUILD`, the state; of what changes an object, a list or a dictionary.
    pub arguments: ObjectId,
    /// The named arguments of `NEWOBJ_EX`: a dictionary, if all is well.
    pub keywords: Option<ObjectId>,
    /// What it returns; of `BUILD` and of what changes an object, the object itself.
    pub result: ObjectId,
}

impl Pickle {
    /// The object called `id`; `None` for what is not there.
    pub fn object(&self, id: ObjectId) -> &Object {
        self.objects.get(id).unwrap_or(&Object::None)
    }

    /// The text that `id` is.
    pub fn text(&self, id: ObjectId) -> Option<&Text> {
        if let Object::Text(text) = self.object(id) { Some(text) } else { None }
    }

    /// The whole number that `id` is.
    pub fn int(&self, id: ObjectId) -> Option<i64> {
        match self.object(id) {
            Object::Int(value) => Some(*value),
            Object::Bool(value) => Some((*value).into()),
            _ => None,
        }
    }

    /// The members of `id`, a list, tuple or set.
    pub fn items(&self, id: ObjectId) -> Option<&[ObjectId]> {
        match self.object(id) {
            Object::List(items) | Object::Tuple(items) | Object::Set(items) | Object::FrozenSet(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of `id`, a dictionary.
    pub fn entries(&self, id: ObjectId) -> Option<&[(ObjectId, ObjectId)]> {
        if let Object::Dict(entries) = self.object(id) { Some(entries) } else { None }
    }

    /// The name that `id` stands for.
    pub fn import(&self, id: ObjectId) -> Option<&Import> {
        if let Object::Global(import) = self.object(id) { self.imports.get(*import) } else { None }
    }

    /// What `id` is, if a call makes it, with that call.
    pub fn instance(&self, id: ObjectId) -> Option<(&Instance, &Call)> {
        let Object::Instance(instance) = self.object(id) else { return None };
        Some((instance, self.calls.get(instance.call)?))
    }
}

impl Import {
    /// Module and name as Python 3 spells them: `builtins.set` for `__builtin__.set`.
    pub fn path(&self) -> String {
        let name = match (&*self.module, &*self.name) {
            ("__builtin__", "xrange") => "range",
            ("__builtin__", "unicode" | "basestring") => "str",
            ("__builtin__", "long") => "int",
            ("__builtin__", "unichr") => "chr",
            ("__builtin__", "raw_input") => "input",
            (_, name) => name,
        };
        format!("{}.{name}", modern(&self.module))
    }
}

/// What Python 3 calls the module that Python 2 calls `module`. Python does the same below protocol 3.
pub fn modern(module: &str) -> &str {
    match module {
        "__builtin__" | "exceptions" => "builtins",
        "copy_reg" => "copyreg",
        "cPickle" => "pickle",
        "cStringIO" | "StringIO" => "io",
        "Queue" => "queue",
        "commands" => "subprocess",
        "ConfigParser" => "configparser",
        "UserDict" | "UserList" | "UserString" => "collections",
        "httplib" => "http.client",
        "urllib2" => "urllib.request",
        "thread" => "_thread",
        "SocketServer" => "socketserver",
        "xmlrpclib" => "xmlrpc.client",
        "whichdb" | "dbhash" | "anydbm" => "dbm",
        module => module,
    }
}
