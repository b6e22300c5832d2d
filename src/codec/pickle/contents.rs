//! What a pickle of plain data holds: what is an array of numbers in it is a tensor, and the rest is put into words.

use super::{Bytes, ObjectId, Pickle, array, objects};
use crate::model::{DType, Data, Encoding, Entry, Prefixed, Tensor};
use crate::source::{BytesSource, FileId, Files, Span};
use foldhash::HashSet;
use std::rc::Rc;

/// How deep dictionaries and lists are gone through.
const DEPTH: usize = 16;
/// How deep, and how far, lists are looked into for arrays.
const NESTED: usize = 4;
/// The most rows of what is neither an array nor holds any.
const ROWS: usize = 2000;
/// The most characters of an object in words.
const LONGEST: usize = 200;
/// The most bytes of the words of one array.
const WORDS: usize = 4 << 20;

/// What was found in a pickle.
#[derive(Default)]
pub struct Found {
    /// Arrays, with the keys and numbers that lead to them in their names.
    pub tensors: Vec<Tensor>,
    /// Anything else.
    pub rows: Vec<Entry>,
    /// How much of that is left out.
    pub left_out: usize,
}

/// A walk through a pickle.
pub struct Walk<'a> {
    pickle: &'a Pickle,
    /// The file that it is in.
    file: FileId,
    files: &'a Files,
    /// What stands between the parts of a name.
    separator: char,
    /// What an object stands for, where that is another one.
    meant: fn(&Pickle, ObjectId) -> Option<ObjectId>,
    seen: HashSet<ObjectId>,
    found: Found,
}

impl<'a> Walk<'a> {
    /// A walk through `pickle`, which is in `file`. Where `meant` knows of another object that one stands for, that is taken in its place.
    pub fn new(
        pickle: &'a Pickle,
        file: FileId,
        files: &'a Files,
        separator: char,
        meant: fn(&Pickle, ObjectId) -> Option<ObjectId>,
    ) -> Self {
        Self { pickle, file, files, separator, meant, seen: HashSet::default(), found: Found::default() }
    }

    /// What was found.
    pub fn finish(self) -> Found {
        self.found
    }

    /// Goes through what `root`, called `name`, holds. Objects that are met again are gone through once.
    pub fn go(&mut self, name: &str, root: ObjectId) {
        let mut stack = vec![(name.to_owned(), root, 0)];
        while let Some((name, id, depth)) = stack.pop() {
            let id = (self.meant)(self.pickle, id).unwrap_or(id);
            if let Some(array) = array::array(self.pickle, id).filter(|array| array.dtype != DType::Unknown) {
                self.found.tensors.extend(self.numbers(&name, array));
                continue;
            }
            let children = if depth < DEPTH && self.seen.insert(id) { self.children(id) } else { None };
            match children {
                Some(children) => {
                    let separator = self.separator;
                    let path =
                        |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}{separator}{key}") };
                    stack.extend(children.into_iter().rev().map(|(key, child)| (path(&key), child, depth + 1)));
                }
                None => self.other(&name, id),
            }
        }
    }

    /// What `id` holds by key or number, if some of that may be arrays. An array without dimensions holds what it is.
    fn children(&self, id: ObjectId) -> Option<Vec<(String, ObjectId)>> {
        let pickle = self.pickle;
        if let Some(entries) = objects::entries(pickle, id) {
            let entry = |(at, (key, value)): (usize, &objects::Pair)| (objects::name(pickle, *key, at), *value);
            return Some(entries.iter().enumerate().map(entry).collect());
        }
        let items = array::objects(pickle, id).or_else(|| objects::items(pickle, id))?;
        let named = |(at, item): (usize, &ObjectId)| (at.to_string(), *item);
        items.iter().any(|item| self.holds(*item, 0)).then(|| items.iter().enumerate().map(named).collect())
    }

    /// Whether `id` is or holds an array or a dictionary. Looks into [`NESTED`] levels of lists.
    fn holds(&self, id: ObjectId, depth: usize) -> bool {
        let pickle = self.pickle;
        let id = (self.meant)(pickle, id).unwrap_or(id);
        if array::array(pickle, id).is_some_and(|array| !array.scalar) || objects::entries(pickle, id).is_some() {
            return true;
        }
        let items = objects::items(pickle, id).filter(|_| depth < NESTED);
        items.is_some_and(|items| items.iter().take(NESTED).any(|item| self.holds(*item, depth + 1)))
    }

    /// An array of numbers.
    fn numbers(&self, name: &str, array: array::Array) -> Option<Tensor> {
        let mut tensor = blank(name, array.dtype, array.shape);
        tensor.encoding = array.encoding;
        let fortran = array.fortran && tensor.shape.len() > 1;
        let (file, span) = match array.bytes? {
            Bytes::Range(span) => (self.file, span),
            Bytes::Decoded(bytes) if !fortran => {
                tensor.data = Data::Inline(bytes.to_vec());
                return Some(tensor);
            }
            Bytes::Decoded(bytes) => self.keep(name, bytes.to_vec()),
        };
        tensor.data = if fortran {
            let strides = tensor.shape.iter().scan(1u64, |step, dim| {
                let own = *step;
                *step = step.saturating_mul(*dim);
                Some(own)
            });
            Data::Strided(file, span, strides.collect())
        } else {
            Data::Range(file, span)
        };
        Some(tensor)
    }

    /// What holds no arrays: many objects in words, like an array of texts; one as a row.
    fn other(&mut self, name: &str, id: ObjectId) {
        let items = array::objects(self.pickle, id).or_else(|| objects::items(self.pickle, id));
        let Some(items) = items.filter(|items| items.len() > 1) else {
            let only = items.and_then(|items| items.first()).copied().unwrap_or(id);
            if self.found.rows.len() >= ROWS {
                self.found.left_out += 1;
                return;
            }
            let value = self.words(only);
            self.found.rows.push(Entry { name: name.into(), value: value.as_str().into() });
            return;
        };
        let (mut bytes, mut marks) = (Vec::new(), Vec::new());
        for (number, item) in items.iter().enumerate() {
            if (number as u64).is_multiple_of(Prefixed::STEP) {
                marks.push(bytes.len() as u64);
            }
            let words = if bytes.len() < WORDS { self.words(*item) } else { "…".into() };
            bytes.extend((words.len() as u32).to_le_bytes());
            bytes.extend(words.into_bytes());
        }
        let shape = array::array(self.pickle, id).map_or_else(|| vec![items.len() as u64], |array| array.shape);
        let mut tensor = blank(name, DType::String, shape);
        let (file, span) = self.keep(name, bytes);
        tensor.data = Data::Prefixed(file, Prefixed { span, width: 4, marks });
        tensor.metadata.push(Entry { name: "type".into(), value: "objects, in the notation of Python".into() });
        self.found.tensors.push(tensor);
    }

    /// The object in the notation of Python; text as it is.
    fn words(&self, id: ObjectId) -> String {
        match self.pickle.text(id) {
            Some(text) => text.chars().take(LONGEST).collect(),
            None => self.pickle.describe(id, LONGEST),
        }
    }

    /// Keeps `bytes` as a file.
    fn keep(&self, name: &str, bytes: Vec<u8>) -> (FileId, Span) {
        let len = bytes.len() as u64;
        let path = format!("{}/{name}", self.files.name());
        (self.files.add_inside(&path, Rc::new(BytesSource(bytes))), Span { at: 0, len })
    }
}

fn blank(name: &str, dtype: DType, shape: Vec<u64>) -> Tensor {
    Tensor {
        name: name.into(),
        dtype,
        shape,
        encoding: Encoding::Little,
        data: Data::Absent,
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    }
}
