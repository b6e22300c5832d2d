//! Encodings that know nothing of machine learning.
//!
//! - [`protobuf`]: messages, decoded field by field without reading their payloads.
#![deny(clippy::indexing_slicing)]

pub mod protobuf;
