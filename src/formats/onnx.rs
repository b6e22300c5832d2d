//! placeholder

use super::{Format, Open};
use crate::model::Model;
use crate::probe::{Confidence, Probe};
use crate::report::Result;

/// placeholder
pub const FORMAT: Format = Format { id: "onnx", name: "onnx", extensions: &["onnx"], sniff, open };

fn sniff(_: &Probe) -> Confidence {
    Confidence::No
}

fn open(_: &mut Open) -> Result<Model> {
    Ok(Model::default())
}
