//! The registry of formats, and one file per format.
//!
//! Adding a format: a file `foo.rs` here whose `//!` header names the specification, the versions and what is lazy, with a `pub const
//! FORMAT`; `foo,` in the list below; a fixture in `tests/fixtures/foo/` made by `tests/make/`.
#![deny(clippy::indexing_slicing)]

use crate::model::Model;
use crate::probe::{Confidence, Probe};
use crate::report::{Report, Result};
use crate::source::{Files, Limits};

/// A format: how it is recognised, and how it is opened.
pub struct Format {
    /// Its file name here, its fixture folder, its name in `static/ops`.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// The usual extensions, without the dot, the most usual first.
    pub extensions: &'static [&'static str],
    /// Whether a file is of this format; reads little.
    pub sniff: fn(&Probe) -> Confidence,
    /// Lowers a file to the model; reads the description, never the weights.
    pub open: fn(&mut Open) -> Result<Model>,
}

/// What a format gets to open a file.
pub struct Open<'a> {
    /// The main file.
    pub probe: &'a Probe,
    /// All files that were opened together.
    pub files: &'a Files,
    /// What the file may ask for.
    pub limits: Limits,
    /// Where what is odd but does not stop the reading goes.
    pub report: Report,
    /// Told now and then how far the reading is, from 0 to 1.
    pub progress: &'a dyn Fn(f32),
}

/// An opened file.
pub struct Opened {
    /// What it was recognised as.
    pub format: &'static Format,
    /// The model.
    pub model: Model,
    /// What was odd.
    pub report: Report,
}

/// Opens the main file of `files`.
pub fn open(_files: &Files, _progress: &dyn Fn(f32)) -> Result<Opened> {
    Err(crate::report::Error::unsupported(""))
}

macro_rules! formats {
    ($($id:ident,)*) => {
        $(pub mod $id;)*
        /// All formats, in alphabetical order.
        pub const FORMATS: &[Format] = &[$($id::FORMAT,)*];
    };
}

formats! {
    onnx,
    safetensors,
}
