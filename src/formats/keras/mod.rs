//! Keras models, by the source of Keras 1 to 3 (`keras/src/saving`, `keras/src/legacy/saving`), as there is no other specification.
//!
//! - `.keras` archives of version 3: `config.json`, `metadata.json`, `model.weights.h5`; also unpacked.
//! - HDF5 files: whole models, with the description as an attribute, and weights alone.
//! - Descriptions in JSON, by themselves or with weights beside them; those of TensorFlow.js.
//!
//! Descriptions are read in full, weights are ranges of the file. A functional or sequential model is a graph of layers; what has no such
//! description (weights alone, subclassed models) is a tree of modules.

mod archive;
mod attributes;
mod calls;
mod code;
mod config;
mod layers;
mod lower;
mod model;
mod saved;
mod shapes;
mod text;
mod weights;

use super::{Format, Open};
use crate::codec::hdf5::SIGNATURE;
use crate::model::Model;
use crate::probe::{Confidence, Probe};
use crate::report::Result;

/// Keras.
pub const FORMAT: Format =
    Format { id: "keras", name: "Keras", extensions: &["keras", "h5", "hdf5", "json"], domain: "", sniff, open };

/// Where a superblock may be: in front of it, others may have put something.
const STARTS: [usize; 4] = [0, 512, 1024, 2048];

fn sniff(probe: &Probe) -> Confidence {
    if STARTS.iter().any(|start| probe.has(*start, SIGNATURE)) {
        return Confidence::Likely;
    }
    if archive::recognise(probe) {
        return Confidence::Certain;
    }
    text::recognise(probe)
}

fn open(open: &mut Open) -> Result<Model> {
    if STARTS.iter().any(|start| open.probe.has(*start, SIGNATURE)) {
        let (file, bytes) = (open.file, open.probe.file());
        return model::open_hdf5(file, &bytes, open);
    }
    if archive::recognise(open.probe) {
        return archive::open(open);
    }
    text::open(open)
}
