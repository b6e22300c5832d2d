//! The bridge to JavaScript: the one user of wasm-bindgen.

pub mod blob;
pub mod http;
