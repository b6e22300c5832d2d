//! Encodings that know nothing of machine learning.
#![deny(clippy::indexing_slicing)]
