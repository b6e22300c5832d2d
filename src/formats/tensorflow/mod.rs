//! TensorFlow: checkpoints and graphs, by its own protocol buffers and the source of `tensorflow/core/util`, as there is no other specification.
//!
//! | file | holds |
//! | --- | --- |
//! | `NAME.index` | a checkpoint of version 2: a table that says of each variable what it is, and where in the data files its values are |
//! | `NAME.data-00000-of-00001` | its values |
//! | `NAME` | a checkpoint of version 1: one table with both |
//! | `checkpoint` | text: the names of the latest checkpoints |
//! | `saved_model.pb` | a `SavedModel`: a graph, functions, signatures, objects; its variables are a checkpoint beside it |
//! | `NAME.meta` | a `MetaGraphDef`: a graph and how to go on training it; its variables are the checkpoint `NAME` |
//! | `NAME.pb` | a `GraphDef`, often frozen: variables have become constants |
//! | `….pbtxt` | any of these as text |
//! | `events.out.tfevents.…` | a log whose records may be graphs |
//! | `model.json` | a graph model of TensorFlow.js: a `GraphDef` as JSON, with its weights in shards beside it |
//!
//! Any one file of a checkpoint is opened, and the others are looked for beside it. Only tables' keys and descriptions are read, and of graphs
//! everything but the values of constants: values stay ranges.
//!
//! - `checkpoint`: its files; `bundle`: version 2; `slices`: version 1. Both become `Variable`s.
//! - `objects`: the graph of objects that Python saved, which names variables and tells the state of optimisers from weights.
//! - `lower`: variables become trees of modules.
//! - `graph`: graphs.

mod bundle;
mod checkpoint;
mod graph;
mod lower;
mod objects;
mod proto;
mod slices;

use super::{Format, Open};
use crate::model::Model;
use crate::probe::{Confidence, Probe};
use crate::report::Result;

/// TensorFlow.
pub const FORMAT: Format = Format {
    id: "tensorflow",
    name: "TensorFlow",
    extensions: &["index", "ckpt", "pb", "meta", "pbtxt"],
    domain: "",
    sniff,
    open,
};

fn sniff(probe: &Probe) -> Confidence {
    match checkpoint::sniff(probe) {
        Confidence::No => graph::container(probe).map_or(Confidence::No, |(_, confidence)| confidence),
        sure => sure,
    }
}

fn open(open: &mut Open) -> Result<Model> {
    match graph::container(open.probe) {
        Some((container, _)) if checkpoint::sniff(open.probe) == Confidence::No => graph::open(container, open),
        _ => checkpoint::open(open),
    }
}
