//! The Worker's entry: `static/worker.js` starts it and talks to [`lamina::web::Session`].

fn main() {
    #[cfg(target_arch = "wasm32")]
    lamina::web::start();
}
