//! The list of the tensors that are kept, one after the other, in the files of a group.
//!
//! A JSON list of groups, each with the `paths` of its files and its `weights` in the order of their bytes:
//! `[{"paths": ["group1-shard1of1.bin"], "weights": [{"name": "dense/bias", "shape": [2], "dtype": "float32"}]}]`. The files of a group are pieces of one, so
//! that a tensor may begin in one and end in the next. Where a tensor has a `quantization`, it is stored in its `dtype`, and an element is
//! `code × scale + min`; with the type `float16` it is the code. Text is stored as its length in four bytes and its bytes.

use super::json::{self, Readable};
use crate::model::{DType, Data, Encoding, Entry, Scaled, Tensor};
use crate::report::{Error, Report, Result, Severity};
use crate::source::{ChainSource, FileId, Files, Reader, Slice, Span};
use serde::Deserialize;
use std::rc::Rc;

/// The most bytes of a manifest.
const SIZE: u64 = 256 << 20;
/// The most texts of all tensors together.
const TEXTS: u64 = 4 << 20;

/// A manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Manifest {
    /// Its groups.
    pub groups: Vec<Group>,
}

/// Tensors, and the files that they are in.
#[derive(Debug, Deserialize)]
pub struct Group {
    /// The files, in order, relative to the folder of the manifest.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The tensors, in the order of their bytes.
    #[serde(default)]
    pub weights: Vec<Readable<Weight>>,
}

/// A tensor.
#[derive(Debug, Deserialize)]
pub struct Weight {
    /// Its name.
    pub name: String,
    /// Its dimensions, outermost first.
    pub shape: Vec<u64>,
    /// The type of its elements.
    pub dtype: String,
    /// How it is stored, if in another type.
    pub quantization: Option<Quantization>,
}

/// How the elements of a tensor are stored in a smaller type.
#[derive(Clone, Debug, Deserialize)]
pub struct Quantization {
    /// The smaller type.
    pub dtype: String,
    /// The step between two codes.
    pub scale: Option<f64>,
    /// The element of code 0.
    pub min: Option<f64>,
}

impl Manifest {
    /// Reads the manifest that fills `file`.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it is none; [`Kind::Limit`](crate::report::Kind::Limit) when it is too long; those of the
    /// source.
    pub fn read(file: &Slice) -> Result<Self> {
        let bytes = file.read_all(SIZE)?;
        json::parse(&bytes).map_err(|error| Error::malformed(format!("this list of weights cannot be read: {error}")))
    }

    /// The tensors of all groups, in their order, with the places of their bytes in the files beside the main one of `files`. What is odd and which
    /// files are missing goes to `report`; a file that holds a group alone is looked for when values are asked for.
    pub fn tensors(&self, files: &Files, report: &mut Report) -> Vec<Tensor> {
        let mut texts = TEXTS;
        self.groups.iter().flat_map(|group| group.tensors(files, &mut texts, report)).collect()
    }
}

impl Weight {
    fn dtype(&self) -> DType {
        dtype(&self.dtype)
    }

    /// How its elements are stored; none if that is not known.
    fn encoding(&self) -> Option<Encoding> {
        let Some(Quantization { dtype: name, scale, min }) = &self.quantization else { return Some(Encoding::Little) };
        let (codes, scale, min) = (dtype(name), scale.unwrap_or(1.0), min.unwrap_or(0.0));
        (codes.bits() > 0).then_some(Encoding::Scaled(Scaled { codes, scale, min }))
    }

    /// The tensor, whose bytes are not known yet.
    fn tensor(&self) -> Tensor {
        let mut metadata = Vec::new();
        if let Some(Quantization { dtype, scale, min }) = &self.quantization {
            let number = |number: &Option<f64>| number.map(|number| number.to_string());
            let notes = [("quantization", Some(dtype.clone())), ("scale", number(scale)), ("min", number(min))];
            let notes = notes.into_iter().filter_map(|(name, value)| Some((name, value?)));
            metadata.extend(notes.map(|(name, value)| Entry { name: name.into(), value: value.as_str().into() }));
        }
        Tensor {
            name: self.name.as_str().into(),
            dtype: self.dtype(),
            shape: self.shape.clone(),
            encoding: self.encoding().unwrap_or_default(),
            data: Data::Absent,
            description: "".into(),
            metadata,
            indices: None,
        }
    }

    /// The bytes that it takes; none of text, of types that are not known, and of shapes that are too large.
    fn len(&self) -> Option<u64> {
        self.encoding().and_then(|_| self.tensor().bytes())
    }
}

/// The element type called `name`.
fn dtype(name: &str) -> DType {
    let found = DType::ALL.iter().find(|dtype| dtype.name() == name && **dtype != DType::Unknown);
    found.copied().unwrap_or(DType::Unknown)
}

/// The bytes of a group.
enum Bytes<'a> {
    /// In a file that nobody looked for.
    Path(&'a str),
    /// In a file, of which what is between `holes` is here.
    File { file: FileId, bytes: Slice, holes: Vec<Span> },
    /// Nowhere.
    Absent,
}

impl Bytes<'_> {
    fn place(&self, span: Span) -> Data {
        match self {
            Self::Path(path) => Data::External { path: (*path).into(), span },
            Self::File { file, holes, .. } => {
                let missing = holes.iter().any(|hole| hole.at < span.end() && span.at < hole.end());
                if missing { Data::Absent } else { Data::Range(*file, span) }
            }
            Self::Absent => Data::Absent,
        }
    }
}

impl Group {
    fn tensors(&self, files: &Files, texts: &mut u64, report: &mut Report) -> Vec<Tensor> {
        let bytes = self.bytes(files, report);
        let (mut tensors, mut next) = (Vec::new(), Some(0));
        for weight in &self.weights {
            let Some(weight) = weight.get() else {
                report.add(Severity::Warning, "an entry of the list of weights is no description of a tensor");
                next = None;
                continue;
            };
            let mut tensor = weight.tensor();
            if let Some(at) = next {
                match place(weight, &bytes, at, texts) {
                    Ok((data, end)) => (tensor.data, next) = (data, end),
                    Err(error) => {
                        report.add_error(&error.within(weight.name.clone()));
                        next = None;
                    }
                }
            }
            tensors.push(tensor);
        }
        tensors
    }

    /// The bytes that its tensors take; none if that depends on what is stored.
    fn len(&self) -> Option<u64> {
        self.weights.iter().try_fold(0u64, |sum, weight| sum.checked_add(weight.get()?.len()?))
    }

    /// Its files. All but the last are of one size: where a server has them, only the first is asked for, if all together have `total` bytes then.
    fn find(&self, total: Option<u64>, files: &Files, report: &mut Report) -> Vec<Option<FileId>> {
        let mut find = |path: &String, len: Option<u64>| {
            let found = match len {
                Some(len) => files.sibling_of(path, len),
                None => files.sibling(path),
            };
            found.unwrap_or_else(|error| {
                report.add_error(&error);
                None
            })
        };
        let Some((first, others)) = self.paths.split_first() else { return Vec::new() };
        let first = find(first, None);
        let size = first.and_then(|file| files.slice(file)).map(|bytes| bytes.len());
        let before = size.and_then(|size| size.checked_mul(others.len() as u64));
        let last = total.zip(before).and_then(|(total, before)| total.checked_sub(before));
        let even = size.zip(last).filter(|(size, last)| (1..=*size).contains(last));
        let others = others.iter().enumerate().map(|(place, path)| {
            let len = even.map(|(size, last)| if place + 1 < others.len() { size } else { last });
            find(path, len)
        });
        std::iter::once(first).chain(others).collect()
    }

    fn bytes(&self, files: &Files, report: &mut Report) -> Bytes<'_> {
        let total = self.len();
        if let ([path], Some(_)) = (&*self.paths, total) {
            return Bytes::Path(path);
        }
        let found = self.find(total, files, report);
        if let ([path], [None]) = (&*self.paths, &*found) {
            return Bytes::Path(path);
        }
        for (path, _) in self.paths.iter().zip(&found).filter(|(_, found)| found.is_none()) {
            let message = format!("{path:?} with the values of tensors is not here: open it together with the others");
            report.add(Severity::Warning, message);
        }
        let pieces: Vec<Option<Slice>> = found.iter().map(|file| files.slice((*file)?)).collect();
        let mut sizes: Vec<Option<u64>> = pieces.iter().map(|piece| piece.as_ref().map(Slice::len)).collect();
        complete(&mut sizes, total);
        let (mut holes, mut chain, mut at) = (Vec::new(), Vec::new(), 0u64);
        for (size, piece) in sizes.iter().zip(&pieces) {
            // Where pieces of unknown size are missing, nobody knows what is in those behind.
            let Some(len) = *size else { break };
            if piece.is_none() {
                holes.push(Span { at, len });
            }
            chain.push((len, piece.clone()));
            at = at.saturating_add(len);
        }
        if chain.len() < pieces.len() || self.paths.is_empty() {
            holes.push(Span { at, len: u64::MAX });
        } else if let Some(total) = total.filter(|total| *total != at) {
            let message = format!("the {} files of weights have {at} bytes, the weights ask for {total}", chain.len());
            report.add(Severity::Warning, message);
        }
        match (&*found, &*self.paths) {
            (_, []) => Bytes::Absent,
            ([Some(file)], _) => Bytes::File { file: *file, bytes: files.slice(*file).unwrap_or_default(), holes },
            (_, [first, ..]) => {
                let name = format!("{first} and {} more", self.paths.len() - 1);
                let file = files.add_inside(&name, Rc::new(ChainSource::new(chain)));
                Bytes::File { file, bytes: files.slice(file).unwrap_or_default(), holes }
            }
        }
    }
}

/// Fills in the sizes of pieces that are missing: all but the last are of one size, and all together have `total` bytes.
fn complete(sizes: &mut [Option<u64>], total: Option<u64>) {
    let count = sizes.len();
    let even = sizes.iter().take(count.saturating_sub(1)).flatten().next().copied();
    for size in sizes.iter_mut().take(count.saturating_sub(1)) {
        *size = size.or(even);
    }
    let known = sizes.iter().flatten().try_fold(0u64, |sum, size| sum.checked_add(*size));
    let rest = total.zip(known).and_then(|(total, known)| total.checked_sub(known));
    let mut unknown = sizes.iter_mut().filter(|size| size.is_none());
    if let (Some(one), None) = (unknown.next(), unknown.next()) {
        *one = rest;
    }
}

/// Where `weight`, which begins at `at` of `bytes`, is; and where it ends, if that is known.
fn place(weight: &Weight, bytes: &Bytes, at: u64, texts: &mut u64) -> Result<(Data, Option<u64>)> {
    if let Some(len) = weight.len() {
        return Ok((bytes.place(Span { at, len }), at.checked_add(len)));
    }
    let elements = weight.tensor().elements();
    match (bytes, elements, weight.dtype()) {
        (Bytes::File { file, bytes: all, .. }, Some(count), DType::String) => {
            *texts = texts.checked_sub(count).ok_or_else(|| Error::limit(format!("more than {TEXTS} texts")))?;
            all.check(at, count.saturating_mul(4))?;
            let mut reader = Reader::little(all.window(Span { at, len: all.len().saturating_sub(at) }));
            let mut spans = Vec::new();
            for _ in 0..count {
                let len = u64::from(reader.read_u32()?);
                spans.push(reader.read_span(len)?);
            }
            let end = reader.position();
            Ok(match bytes.place(Span { at, len: end - at }) {
                Data::Absent => (Data::Absent, None),
                _ => (Data::Strings(*file, spans), Some(end)),
            })
        }
        (_, _, DType::String) => Ok((Data::Absent, None)),
        (_, None, _) => Err(Error::malformed(format!("the shape is too large: {:?}", weight.shape))),
        _ => {
            let stored = weight.quantization.as_ref().map_or(&weight.dtype, |quantization| &quantization.dtype);
            Err(Error::unsupported(format!("the element type {stored:?} is not known")))
        }
    }
}
