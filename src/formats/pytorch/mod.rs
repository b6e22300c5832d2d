//! PyTorch checkpoints: what `torch.save` writes, by the source of `torch.serialization` as there is no other specification.
//!
//! | container | written by | |
//! | --- | --- | --- |
//! | ZIP archive | 1.6 and later | `data.pkl`, and a file a storage |
//! | stream | 0.1.10 to 1.5, and on demand | five pickles, then the storages |
//! | tar archive | 0.1.1 to 0.1.9 | `pickle`, `tensors`, `storages` |
//! | pickle | `pickle.dump` | storages are streams within the pickle |
//!
//! Each of them may be compressed with gzip. In all of them a pickle describes the objects. It is run on symbols, and nothing in it is
//! executed: see [`codec::pickle`](crate::codec::pickle). Storages stay ranges of the file.
//!
//! - Containers: `container` tells them apart and opens them as a `Checkpoint`: its pickle, and where each storage is; `archive`, `stream`,
//!   `tar`: one each.
//! - Objects: `objects` sees through the constructors that are known; `numpy`, `tensor`: those of arrays and tensors; `text`: what is said
//!   of an object in a line; `table`: settings as rows of metadata.
//! - Programs: `export`, those that `torch.export` writes; `script`, those that `torch.jit.save` writes, with their code.
//! - The model: `lower` finds the parts of a checkpoint; `state`: a state dict becomes a tree of modules; `module`: a pickled
//!   `torch.nn.Module` becomes a graph.

mod archive;
mod container;
mod export;
mod lower;
mod module;
mod numpy;
mod objects;
mod script;
mod state;
mod stream;
mod table;
mod tar;
mod tensor;
mod text;

use super::{Format, Open};
use crate::model::{Entry, Model};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result};
use crate::source::{InflatedSource, Packing};
use std::rc::Rc;

/// How files begin that are compressed with gzip (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// PyTorch.
pub const FORMAT: Format = Format {
    id: "pytorch",
    name: "PyTorch",
    extensions: &["pt", "pth", "bin", "ckpt", "pkl", "pickle", "th", "tar", "pt2", "ptl", "jit"],
    domain: "",
    sniff,
    open,
};

fn sniff(probe: &Probe) -> Confidence {
    if export::recognise(probe) {
        return Confidence::Certain;
    }
    let checkpoint = || container::recognise(probe).map(|(_, confidence)| confidence);
    script::recognise(probe).or_else(checkpoint).unwrap_or(Confidence::No)
}

fn open(open: &mut Open) -> Result<Model> {
    if open.probe.has(0, GZIP) {
        return inflated(open);
    }
    if export::recognise(open.probe) {
        return export::open(open);
    }
    if script::recognise(open.probe).is_some() {
        return script::open(open);
    }
    let checkpoint = container::open(open)?;
    lower::lower(checkpoint, open)
}

/// Opens what the file inflates to, which becomes a file of its own.
fn inflated(open: &mut Open) -> Result<Model> {
    let source = InflatedSource::measured(open.probe.file(), Packing::Gzip, open.limits.inflated)?;
    let name = open.files.name();
    let file = open.files.add_inside(name.strip_suffix(".gz").unwrap_or(&name), Rc::new(source));
    let probe = Probe::new(open.probe.name(), open.files.slice(file).unwrap_or_default())?;
    if probe.has(0, GZIP) {
        return Err(Error::unsupported("a file that is compressed twice"));
    }
    let (report, safety) = (std::mem::take(&mut open.report), std::mem::take(&mut open.safety));
    let (files, limits, progress) = (open.files, open.limits, open.progress);
    let mut inner = Open { probe: &probe, file, files, limits, report, safety, progress };
    let model = self::open(&mut inner);
    if probe.zip().is_some() {
        inner.safety.archive(files, &limits, file, &probe.file());
    }
    (open.report, open.safety) = (inner.report, inner.safety);
    let mut model = model?;
    model.properties.push(Entry { name: "compression".into(), value: "gzip".into() });
    Ok(model)
}
