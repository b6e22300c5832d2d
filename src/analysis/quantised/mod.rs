//! Which tensors are codes of others: from the operators that read them, and from the names and shapes of what lies beside them.

mod named;
mod operators;

use crate::formats;
use crate::model::Model;
use crate::source::Files;

/// Adds to `model`, which came from `files`, the tensors that its codes stand for.
pub fn find(model: &mut Model, files: &Files) {
    operators::find(model);
    // Graphs of operators state what they quantise.
    if formats::ALL && model.imports.is_empty() {
        named::find(model, files);
    }
}
