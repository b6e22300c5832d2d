//! A walk through maps in maps.

use super::array::Array;
use super::wrong;
use crate::codec::msgpack::Item;
use crate::model::{DType, Data, Encoding, Entry, Tensor};
use crate::report::{Error, Result};
use crate::source::{FileId, Reader, Slice, Span};

/// How deep maps and lists nest.
const DEPTH: usize = 64;
/// The longest key, in bytes.
const KEY: u64 = 4096;
/// The longest path of keys, in bytes.
const PATH: usize = 16 << 10;
/// The most rows of what is no array.
const ROWS: usize = 2000;
/// The most bytes of a text in a row.
const TEXT: u64 = 4096;
/// The key that says of a map that it is an array in chunks.
const CHUNKED: &str = "__msgpack_chunked_array__";

/// What a file holds.
#[derive(Default)]
pub struct Found {
    /// The arrays, by the keys that lead to them, with `/` between.
    pub tensors: Vec<Tensor>,
    /// What is no array.
    pub rows: Vec<Entry>,
    /// How many rows are left out.
    pub left_out: usize,
    /// What is wrong with arrays.
    pub problems: Vec<String>,
}

/// A map or a list that is gone through.
struct Level {
    /// The length of its path.
    path: usize,
    /// How many items it still has.
    left: u64,
    /// Of a list: the number of the next item.
    number: Option<u64>,
    /// Of an array in chunks: what is known of it.
    chunked: Option<Chunked>,
}

/// An array in chunks, while they are met.
#[derive(Default)]
struct Chunked {
    shape: Vec<u64>,
    spans: Vec<Span>,
    dtype: Option<DType>,
}

/// A walk through the items of a file, in their order.
pub struct Walk {
    bytes: Slice,
    reader: Reader,
    file: FileId,
    path: String,
    levels: Vec<Level>,
    found: Found,
}

impl Walk {
    /// A walk through `bytes`, which are all of `file`.
    pub fn new(bytes: Slice, file: FileId) -> Self {
        let reader = Reader::big(bytes.clone());
        Self { bytes, reader, file, path: String::new(), levels: Vec::new(), found: Found::default() }
    }

    /// What was found.
    pub fn finish(self) -> Found {
        self.found
    }

    /// Goes through all items; `progress` is told how far that is.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when the items break off or are none of Flax; what came before is kept.
    pub fn go(&mut self, progress: &dyn Fn(f32)) -> Result<()> {
        match Item::read(&mut self.reader)? {
            Item::Map(count) => self.enter(count, false, 0)?,
            _ => return Err(wrong("the outermost item is no map", 0)),
        }
        let len = self.bytes.len().max(1) as f32;
        while let Some(level) = self.levels.last_mut() {
            self.path.truncate(level.path);
            if level.left == 0 {
                self.leave();
                continue;
            }
            level.left -= 1;
            let key = match &mut level.number {
                Some(number) => {
                    *number += 1;
                    (*number - 1).to_string()
                }
                None => key(&self.bytes, &mut self.reader)?,
            };
            if self.path.len() + key.len() > PATH {
                return Err(Error::limit(format!("keys of more than {PATH} bytes")).at(self.reader.position()));
            }
            if !self.path.is_empty() {
                self.path.push('/');
            }
            self.path.push_str(&key);
            progress(self.reader.position() as f32 / len);
            self.value(&key)?;
        }
        let rest = self.reader.left();
        if rest > 0 {
            self.found.problems.push(format!("{rest} bytes follow the data"));
        }
        Ok(())
    }

    /// Goes into a map or list of `count` items, at the path of now.
    fn enter(&mut self, count: u64, list: bool, at: u64) -> Result<()> {
        if self.levels.len() >= DEPTH {
            return Err(Error::limit(format!("maps in maps, more than {DEPTH} deep")).at(at));
        }
        let number = list.then_some(0);
        self.levels.push(Level { path: self.path.len(), left: count, number, chunked: None });
        Ok(())
    }

    /// Leaves the innermost level.
    fn leave(&mut self) {
        let Some(Level { chunked: Some(chunked), .. }) = self.levels.pop() else { return };
        let size: u64 = chunked.spans.iter().map(|span| span.len).sum();
        let dtype = chunked.dtype.unwrap_or(DType::Unknown);
        self.push(dtype, chunked.shape, Data::Ranges(self.file, chunked.spans), size);
    }

    /// The value of `key`.
    fn value(&mut self, key: &str) -> Result<()> {
        let at = self.reader.position();
        let item = Item::read(&mut self.reader)?;
        if key == CHUNKED && item == Item::Bool(true) {
            if let Some(level) = self.levels.last_mut() {
                level.chunked = Some(Chunked::default());
            }
            return Ok(());
        }
        if self.part(item)? {
            return Ok(());
        }
        match item {
            Item::Map(count) if count > 0 => self.enter(count, false, at)?,
            Item::List(count) if count > 0 => self.enter(count, true, at)?,
            Item::Extension(1 | 3, payload) => match Array::read(&self.bytes, payload) {
                Ok(array) => {
                    if array.dtype == DType::Unknown {
                        let path = &self.path;
                        let problem = format!("array {path:?} has element type {:?}, which is not known", array.name);
                        self.found.problems.push(problem);
                    }
                    self.push(array.dtype, array.shape, Data::Range(self.file, array.data), array.data.len);
                }
                Err(error) => self.found.problems.push(error.within(format!("array {:?}", self.path)).to_string()),
            },
            _ => {
                let words = self.words(item)?;
                self.row(&words);
            }
        }
        Ok(())
    }

    /// Takes `item` as a part of an array in chunks, if it is one: a dimension, or a chunk.
    fn part(&mut self, item: Item) -> Result<bool> {
        let Some(outer) = self.levels.len().checked_sub(2) else { return Ok(false) };
        let Some(Level { path, chunked: Some(chunked), .. }) = self.levels.get_mut(outer) else { return Ok(false) };
        let within = self.path.get(*path..).unwrap_or_default().trim_start_matches('/');
        match item {
            Item::Int(dim) if within.starts_with("shape/") => {
                chunked.shape.push(u64::try_from(dim).unwrap_or(u64::MAX));
            }
            Item::Extension(1, payload) if within.starts_with("chunks/") => {
                let array = Array::read(&self.bytes, payload)?;
                chunked.dtype.get_or_insert(array.dtype);
                chunked.spans.push(array.data);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn push(&mut self, dtype: DType, shape: Vec<u64>, data: Data, size: u64) {
        let tensor = Tensor {
            name: self.path.as_str().into(),
            dtype,
            shape,
            encoding: Encoding::Little,
            data,
            description: "".into(),
            metadata: Vec::new(),
            indices: None,
        };
        let wanted = tensor.bytes().filter(|_| dtype != DType::Unknown);
        if wanted.is_none() && dtype != DType::Unknown {
            self.found
                .problems
                .push(format!("array {:?} has a shape that is too large: {:?}", self.path, tensor.shape));
        } else if let Some(wanted) = wanted.filter(|wanted| *wanted != size) {
            let problem = format!("array {:?} has {size} bytes, its type and shape ask for {wanted}", self.path);
            self.found.problems.push(problem);
        }
        self.found.tensors.push(tensor);
    }

    fn row(&mut self, words: &str) {
        if self.found.rows.len() < ROWS {
            self.found.rows.push(Entry { name: self.path.as_str().into(), value: words.into() });
        } else {
            self.found.left_out += 1;
        }
    }

    /// What is no array, as text.
    fn words(&self, item: Item) -> Result<String> {
        Ok(match item {
            Item::Nil => "None".into(),
            Item::Bool(value) => value.to_string(),
            Item::Int(value) => value.to_string(),
            Item::Float(value) => value.to_string(),
            Item::Text(span) => {
                let bytes = self.bytes.bytes_at(span.at, span.len.min(TEXT))?;
                let more = if span.len > TEXT { "…" } else { "" };
                format!("{}{more}", String::from_utf8_lossy(&bytes))
            }
            Item::Bytes(span) => format!("{} bytes", span.len),
            Item::Map(_) => "{}".into(),
            Item::List(_) => "[]".into(),
            Item::Extension(2, payload) => match complex(&self.bytes, payload) {
                Some((real, imaginary)) => format!("{real} + {imaginary}i"),
                None => "no complex number".into(),
            },
            Item::Extension(kind, payload) => format!("{} bytes of type {kind}", payload.len),
        })
    }
}

/// A key of a map: text, or a number.
fn key(bytes: &Slice, reader: &mut Reader) -> Result<String> {
    let at = reader.position();
    match Item::read(reader)? {
        Item::Text(span) | Item::Bytes(span) if span.len <= KEY => {
            Ok(String::from_utf8_lossy(&bytes.bytes_at(span.at, span.len)?).into_owned())
        }
        Item::Int(number) => Ok(number.to_string()),
        Item::Text(span) | Item::Bytes(span) => Err(Error::limit(format!("a key of {} bytes", span.len)).at(at)),
        _ => Err(wrong("a key that is no text", at)),
    }
}

/// The complex number in `payload`: a list of two floats.
fn complex(bytes: &Slice, payload: Span) -> Option<(f64, f64)> {
    let mut reader = Reader::big(bytes.window(payload));
    let mut next = || Item::read(&mut reader).ok();
    match (next()?, next()?, next()?) {
        (Item::List(2), Item::Float(real), Item::Float(imaginary)) => Some((real, imaginary)),
        _ => None,
    }
}
