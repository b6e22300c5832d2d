//! Lamina: see inside any model file, in a browser tab.
//!
//! # Code map
//!
//! Data flows one way, and each step is a room of its own:
//!
//! ```text
//! files → source → probe → formats::<id>::open → model (checked) → analysis → layout → view → web → static/*.js → SVG
//! ```
//!
//! - [`source`]: random access to the bytes of the opened files, paged and lazy.
//! - [`codec`]: encodings that know nothing of machine learning (protobuf payload ranges, scalars, JSON).
//! - [`probe`]: cached looks at the head of a file, by which a format is recognised.
//! - [`formats`]: the registry, and one file per format that lowers bytes to the model.
//! - [`model`]: the intermediate representation; its invariants; its textual dump.
//! - [`analysis`]: what the file does not state: the hierarchy of a graph, and which parts of it repeat.
//! - [`layout`]: sizes and edges in, coordinates and curves out.
//! - [`view`]: what a screen asks (scene, detail, find, SVG), answered as plain data.
//! - [`inspect`]: what the elements of one tensor are: tables, statistics, pictures.
//! - [`convert`]: files of other formats, made of what a model holds.
//! - [`report`]: errors and diagnostics.
//! - [`safety`]: what the pickles of a file would do to whoever loads it.
//! - `sort`: sorting in little code.
//! - `web` (wasm only): the one user of wasm-bindgen.
//!
//! # Invariants
//!
//! - Invariant: formats never import formats; codecs never name a framework.
//! - Invariant: the model holds ranges of files, not payloads.
//! - Invariant: nothing outside `web` touches JavaScript, and JavaScript never branches on a format.
//! - Invariant: iteration order of hash maps never reaches the output; the same file gives the same dump and layout.
//! - Invariant: readers do not panic, do not recurse on input depth, and allocate no more than the bytes present justify.

pub mod analysis;
pub mod codec;
pub mod convert;
pub mod formats;
pub mod inspect;
pub mod layout;
pub mod model;
pub mod probe;
pub mod report;
pub mod safety;
mod sort;
pub mod source;
pub mod view;
#[cfg(target_arch = "wasm32")]
pub mod web;
