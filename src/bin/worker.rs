//! The Worker's program that is loaded first, with the readers of the most common formats: `static/worker.js` starts it and talks to
//! [`lamina::web::Session`].

fn main() {
    #[cfg(target_arch = "wasm32")]
    lamina::web::start();
}
