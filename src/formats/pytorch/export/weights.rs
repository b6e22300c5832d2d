//! Where the tensors of an exported program are.
//!
//! - Older archives keep pickled state dicts: `serialized_state_dict.pt`, which up to torch 2.2 is called `.json`, and `serialized_constants.pt`.
//! - Newer ones keep a file for each tensor, and a JSON object that says which is which: `data/weights/model_weights_config.json`; what
//!   cannot be written so is a pickle, or all of it is: `data/weights/model.pt`.

use super::super::container;
use super::super::state;
use super::super::tensor::Tensors;
use super::Archive;
use super::program::dtype;
use super::schema::{Meta, Payloads, Size};
use crate::codec::json;
use crate::formats::Open;
use crate::model::{Arena, Data, Encoding, Tensor, TensorId};
use crate::probe::Probe;
use crate::report::{Error, Result, Severity};
use crate::source::{FileId, Span, WindowSource};
use foldhash::HashMap;
use std::rc::Rc;

/// The tensors of all programs of an archive.
#[derive(Default)]
pub struct Weights {
    /// The tensors.
    pub all: Arena<TensorId, Tensor>,
}

/// The tensors of one program, by the paths of their parameters.
pub type Named = HashMap<String, TensorId>;

impl Weights {
    /// Adds the pickled state dict at `path`, or the tensor that is pickled there and called `name`, if there is one.
    pub fn pickled(&mut self, path: &str, name: &str, archive: &Archive, open: &mut Open, named: &mut Named) {
        let Some(place) = archive.place(path, open) else { return };
        let mark = open.safety.mark();
        if let Err(error) = place.and_then(|place| self.add_pickled(place, path, name, open, named)) {
            open.report.add_error(&error.within(path.to_owned()));
        }
        open.safety.place(mark, &format!("{}{path}", archive.folder));
    }

    fn add_pickled(
        &mut self,
        place: (FileId, Span),
        path: &str,
        name: &str,
        open: &mut Open,
        named: &mut Named,
    ) -> Result<()> {
        let (outer, span) = place;
        let bytes = open.files.slice(outer).unwrap_or_default().window(span);
        let full = format!("{}/{path}", open.files.name());
        let file = open.files.add_inside(&full, Rc::new(WindowSource(bytes)));
        let probe = Probe::new(path, open.files.slice(file).unwrap_or_default())?;
        let report = std::mem::take(&mut open.report);
        let (limits, progress, safety) = (open.limits, open.progress, std::mem::take(&mut open.safety));
        let mut inner = Open { probe: &probe, file, files: open.files, limits, report, safety, progress };
        let checkpoint = container::open(&mut inner);
        (open.report, open.safety) = (inner.report, inner.safety);
        let checkpoint = checkpoint?;
        let mut tensors = Tensors::new(&checkpoint, open.files, open.limits);
        let Some(root) = checkpoint.pickle.root else { return Ok(()) };
        let mut left = checkpoint.pickle.objects.len();
        let found = state::find(&checkpoint, vec![(name.to_owned(), root)], &mut left, &|_| true);
        let before = self.all.len();
        for (name, id) in found.tensors {
            if let Some(made) = tensors.make(id, &name, &mut open.report) {
                named.insert(name, moved(before, made.tensor));
            }
        }
        for mut tensor in tensors.finish() {
            tensor.indices = tensor.indices.map(|id| moved(before, id));
            // Where it is in the archive says more than where it is in a file within.
            if let Data::Range(place, own) | Data::Strided(place, own, _) = &mut tensor.data
                && *place == file
            {
                (*place, own.at) = (outer, own.at.saturating_add(span.at));
            }
            self.all.push(tensor);
        }
        Ok(())
    }

    /// Adds the files that the object at `path` lists, which are in the folder that it is in.
    pub fn listed(&mut self, path: &str, archive: &Archive, open: &mut Open, named: &mut Named) {
        let text = match archive.text(path, open) {
            Some(Ok(text)) => text,
            Some(Err(error)) => return open.report.add_error(&error),
            None => return,
        };
        let payloads: Payloads = match json::parse(&text) {
            Ok(payloads) => payloads,
            Err(error) => {
                let error = Error::malformed(format!("the list of tensors cannot be read: {error}"));
                return open.report.add_error(&error.within(path.to_owned()));
            }
        };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (name, payload) in payloads.config.0 {
            let path = format!("{folder}/{}", payload.path_name);
            let Some(meta) = payload.tensor_meta.as_ref().filter(|_| !payload.use_pickle) else {
                self.pickled(&path, &name, archive, open, named);
                continue;
            };
            let mut tensor = described(&name, meta);
            match archive.place(&path, open) {
                Some(Ok(place)) => tensor.data = data(&tensor, meta, place, open),
                Some(Err(error)) => open.report.add_error(&error),
                None => {
                    let message = format!("the values of {name:?} are missing: there is no {path:?}");
                    open.report.add(Severity::Warning, message);
                }
            }
            named.insert(name, self.all.push(tensor));
        }
    }
}

/// The id of a tensor that has `before` more before it.
fn moved(before: usize, id: TensorId) -> TensorId {
    TensorId(u32::try_from(before + id.index()).unwrap_or(u32::MAX))
}

/// A tensor of which only the description is known.
pub fn described(name: &str, meta: &Meta) -> Tensor {
    let meta = meta.inner();
    let size = |size: &Size| if let Size::Number(size) = size { u64::try_from(*size).unwrap_or(0) } else { 0 };
    Tensor {
        name: name.into(),
        dtype: dtype(meta.dtype),
        shape: meta.sizes.iter().map(size).collect(),
        encoding: Encoding::Little,
        data: Data::Absent,
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    }
}

/// Where the elements of `tensor` are in the file at `place`.
fn data(tensor: &Tensor, meta: &Meta, place: (FileId, Span), open: &mut Open) -> Data {
    let (file, span) = place;
    let number = |size: &Size| if let Size::Number(size) = size { u64::try_from(*size).ok() } else { None };
    let strides: Option<Vec<u64>> = meta.strides.iter().map(number).collect();
    let strides = strides.filter(|strides| strides.len() == tensor.shape.len());
    let before = number(&meta.storage_offset).and_then(|count| tensor.dtype.bytes(count)).unwrap_or(0).min(span.len);
    let span = Span { at: span.at + before, len: span.len - before };
    let dense = strides.as_ref().is_none_or(|strides| super::super::tensor::is_row_major(&tensor.shape, strides));
    let wanted = tensor.bytes().unwrap_or(u64::MAX);
    match strides {
        Some(strides) if !dense => Data::Strided(file, span, strides),
        _ => {
            if span.len < wanted {
                let message =
                    format!("tensor {:?} has {} bytes, its type and shape ask for {wanted}", tensor.name, span.len);
                open.report.add(Severity::Warning, message);
            }
            Data::Range(file, Span { len: wanted.min(span.len), ..span })
        }
    }
}
