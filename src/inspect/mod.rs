//! What the reader of the page wants to know of the elements of one tensor.
//!
//! - [`Table`]: elements of two axes, with the other axes held still; read where they are.
//! - [`Survey`]: statistics and a histogram of all elements, in steps.
//! - [`Exposure`]: a picture of two axes, or of the kernels of a convolution, in steps.
//!
//! Steps are short, so that a Worker can answer other questions between them, and be told to stop.

mod histogram;
mod picture;
mod plane;
mod statistics;
mod survey;
mod table;
mod unique;

pub use histogram::Histogram;
pub use picture::{Exposure, Picture, Screen};
pub use plane::{Axis, Frame, Plane};
pub use statistics::Statistics;
pub use survey::Survey;
pub use table::Table;
pub use unique::Unique;

/// So many elements are read in one step.
const STEP: u64 = 1 << 20;
