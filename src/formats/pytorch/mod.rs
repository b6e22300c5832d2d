//! PyTorch checkpoints: what `torch.save` writes, by the source of `torch.serialization` as there is no other specification.
//!
//! | container | written by | |
//! | --- | --- | --- |
//! | ZIP archive | 1.6 and later | `data.pkl`, and a file a storage |
//! | stream | 0.1.10 to 1.5, and on demand | five pickles, then the storages |
//! | tar archive | 0.1.1 to 0.1.9 | `pickle`, `tensors`, `storages` |
//! | pickle | `pickle.dump` | storages are streams within the pickle |
//!
//! In all of them a pickle describes the objects. It is run on symbols, and nothing in it is
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
mod objects;
mod script;
mod state;
mod stream;
mod table;
mod tar;
mod tensor;
mod text;

use super::{Format, Open};
use crate::model::Model;
use crate::probe::{Confidence, Probe};
use crate::report::Result;

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
    if export::recognise(open.probe) {
        return export::open(open);
    }
    if script::recognise(open.probe).is_some() {
        return script::open(open);
    }
    let checkpoint = container::open(open)?;
    lower::lower(checkpoint, open)
}
