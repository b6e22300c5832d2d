//! NumPy: arrays (`.npy`, <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, versions 1 to 3) and ZIP archives of arrays (`.npz`).
//!
//! Of each array only the head is read. A field of a record is a tensor of its own. Arrays of objects are pickles: these are read without executing
//! anything, and reported on. There is no graph: arrays are grouped into the modules that their names spell; what these are is inferred.

mod array;
mod element;

use super::{Format, Open};
use crate::analysis::layers;
use crate::codec::pickle::Pickle;
use crate::codec::pickle::contents::Walk;
use crate::model::{Entry, Model, Modules, Tensor};
use crate::probe::{Confidence, Probe, Zip};
use crate::report::{Report, Result, Severity};
use crate::source::{FileId, Slice, Span};
use array::{Head, MAGIC};

/// NumPy.
pub const FORMAT: Format = Format { id: "numpy", name: "NumPy", extensions: &["npy", "npz"], domain: "", sniff, open };

/// What the names of arrays in an archive end with.
const END: &str = ".npy";

fn sniff(probe: &Probe) -> Confidence {
    let archive = |zip: &Zip| {
        let all = zip.entries.iter().all(|entry| entry.path.ends_with(END));
        let some = zip.entries.iter().any(|entry| entry.path.ends_with(END));
        some && (all || probe.has_extension("npz"))
    };
    if probe.has(0, MAGIC) || probe.zip().is_some_and(archive) { Confidence::Certain } else { Confidence::No }
}

fn open(open: &mut Open) -> Result<Model> {
    let mut arrays = Arrays::default();
    let mut model = Model { format: FORMAT.name.into(), ..Model::default() };
    match open.probe.zip() {
        Some(zip) => {
            model.format = format!("{} archive", FORMAT.name);
            archive(zip, &mut arrays, open);
        }
        None => {
            let name = open.probe.name();
            let name = name.strip_suffix(END).unwrap_or(name).to_owned();
            let head = arrays.read(&name, true, open.file, &open.probe.file(), open)?;
            model.format = format!("{} array v{}.{}", FORMAT.name, head.version.0, head.version.1);
            if head.fortran {
                model.properties.push(Entry { name: "order".into(), value: "Fortran (columns first)".into() });
            }
        }
    }
    Ok(arrays.finish(model, &mut open.report))
}

/// Reads the arrays of an archive; what is wrong with one is told, and the others are shown.
fn archive(zip: &Zip, arrays: &mut Arrays, open: &mut Open) {
    for (number, entry) in zip.entries.iter().enumerate() {
        (open.progress)(number as f32 / zip.entries.len() as f32);
        let Some(name) = entry.path.strip_suffix(END) else {
            open.report.add(Severity::Note, format!("{:?} is no array", entry.path));
            continue;
        };
        let opened = entry.open(open.files, open.file, &open.probe.file(), &open.limits);
        let read = opened.and_then(|(file, span)| {
            let bytes = open.files.slice(file).unwrap_or_default().window(span);
            arrays.read(name, false, file, &bytes, open)
        });
        if let Err(error) = read {
            open.report.add_error(&error.within(entry.path.clone()));
        }
    }
}

/// Arrays while they are gathered.
#[derive(Default)]
struct Arrays {
    tensors: Vec<Tensor>,
    rows: Vec<Entry>,
    left_out: usize,
}

impl Arrays {
    /// Adds the array called `name` that is in `bytes` of `file`. If it is `alone` and holds others, these go by their own names.
    fn read(&mut self, name: &str, alone: bool, file: FileId, bytes: &Slice, open: &mut Open) -> Result<Head> {
        let head = Head::read(bytes)?;
        if !head.item.objects {
            let own = if alone && head.item.record { "" } else { name };
            self.tensors.extend(head.tensors(own, file, bytes, &mut open.report));
            return Ok(head);
        }
        let rest = bytes.window(Span { at: head.data, len: u64::MAX });
        let pickle = Pickle::read(rest.clone(), &open.limits);
        let entry = if alone { String::new() } else { format!("{name}{END}") };
        open.pickle(&entry, file, &rest, &pickle);
        if let Some(fault) = &pickle.fault {
            open.report.add_error(&fault.clone().within(format!("the objects of {name:?}")));
        }
        if let Some(root) = pickle.root {
            let mut walk = Walk::new(&pickle, file, open.files, '/', |_, _| None);
            // An array without dimensions is what it holds.
            let inner = crate::codec::pickle::array::objects(&pickle, root).filter(|_| head.shape.is_empty());
            let whole = inner.and_then(|items| items.first()).copied().unwrap_or(root);
            let holds = crate::codec::pickle::objects::entries(&pickle, whole).is_some();
            walk.go(if alone && holds { "" } else { name }, whole);
            let found = walk.finish();
            self.tensors.extend(found.tensors);
            self.rows.extend(found.rows);
            self.left_out += found.left_out;
        }
        Ok(head)
    }

    /// All arrays as `model`.
    fn finish(self, mut model: Model, report: &mut Report) -> Model {
        let separator = if self.tensors.iter().any(|tensor| tensor.name.contains('/')) { '/' } else { '.' };
        let mut modules = Modules::new(separator);
        for tensor in self.tensors {
            let name = tensor.name.clone();
            modules.add(&name, model.tensors.push(tensor));
        }
        model.metadata = self.rows;
        if self.left_out > 0 {
            let value = format!("{} more entries", self.left_out);
            model.metadata.push(Entry { name: "…".into(), value: value.as_str().into() });
        }
        if model.tensors.is_empty() {
            report.add(Severity::Note, "the file has no arrays of numbers");
        }
        let mut graph = modules.finish();
        layers::infer(&mut graph, &model.tensors);
        model.graphs.push(graph);
        model
    }
}
