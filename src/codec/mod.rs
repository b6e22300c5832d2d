//! Encodings that know nothing of machine learning.
//!
//! - [`protobuf`]: messages, decoded field by field without reading their payloads.
//! - [`scalar`]: integers and floats of any width.
#![deny(clippy::indexing_slicing)]

pub mod protobuf;
pub mod scalar;
