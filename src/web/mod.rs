//! The bridge to JavaScript: the one user of wasm-bindgen.
