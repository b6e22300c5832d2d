//! Statistics of a tensor, in steps.

use super::STEP;
use super::statistics::{Gatherer, Statistics};
use crate::model::{Model, TensorId, numbers, values};
use crate::report::{Error, Result};
use crate::source::Files;

/// Reads all elements of a tensor, a step at a time.
pub struct Survey {
    tensor: TensorId,
    done: u64,
    total: u64,
    gatherer: Gatherer,
}

impl Survey {
    /// Of `tensor`, of which nothing is read yet.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::report::Kind::Unsupported) where elements are no numbers; [`Kind::Missing`](crate::report::Kind::Missing)
    /// when there is no such tensor.
    pub fn new(model: &Model, tensor: TensorId) -> Result<Self> {
        let of = model.tensors.get(tensor).ok_or_else(|| Error::missing("There is no such tensor."))?;
        let total = values::stored(model, of)?;
        Ok(Self { tensor, done: 0, total, gatherer: Gatherer::new(of.dtype.is_whole()) })
    }

    /// Reads on; returns which part of all is read, 1 at the end.
    ///
    /// # Errors
    /// When elements cannot be read, or are no numbers.
    pub fn step(&mut self, model: &Model, files: &Files) -> Result<f64> {
        let count = STEP.min(self.total - self.done);
        if count > 0 {
            let mut tell = |block: &[f64]| self.gatherer.add(block);
            let read = numbers::each(model, self.tensor, files, self.done, count, &mut tell)?;
            if read == 0 {
                let message = format!("the payload ends before element {} of {}", self.done, self.total);
                return Err(Error::malformed(message));
            }
            self.done += read;
        }
        Ok(if self.done == self.total { 1.0 } else { self.done as f64 / self.total as f64 })
    }

    /// What is known of the elements that were read.
    pub fn statistics(&self) -> Statistics {
        self.gatherer.statistics()
    }
}
