//! Files of other formats, made of what an opened model holds; written in pieces, so that they may be larger than memory.

mod npy;
mod pack;
mod safetensors;

pub use npy::Npy;
pub use safetensors::{Left, Safetensors};

use crate::model::Model;
use crate::report::Result;
use crate::source::Files;

/// A file that is made of a model.
pub trait Output {
    /// Its size in bytes.
    fn size(&self) -> u64;

    /// The next piece of it; an empty one at the end.
    ///
    /// # Errors
    /// When what it is made of cannot be read.
    fn piece(&mut self, model: &Model, files: &Files) -> Result<Vec<u8>>;
}
