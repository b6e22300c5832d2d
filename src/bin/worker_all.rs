//! The Worker's program with the readers of all formats.

fn main() {
    #[cfg(target_arch = "wasm32")]
    lamina::web::start();
}
