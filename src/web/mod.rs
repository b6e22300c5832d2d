//! The bridge to JavaScript: the one user of wasm-bindgen.
//!
//! It runs in a dedicated Worker, where reading may block. [`session::Session`] is what `static/worker.js` talks to; the
//! types of what crosses are stated in `static/types.js`.

mod blob;
mod http;
mod scene;
mod session;

pub use session::{Session, start};
