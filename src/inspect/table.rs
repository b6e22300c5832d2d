//! Elements in rows and columns.

use super::plane::{Axis, Frame, Plane};
use crate::model::{Model, TensorId, values};
use crate::report::{Error, Result};
use crate::source::Files;
use serde::Serialize;

/// The most elements of a table.
const MOST: u64 = 1 << 17;
/// Elements of a row that are at most so many elements apart are read with what is between them.
const NEAR: u64 = 64;

/// A part of a plane, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Which part it is; no larger than the plane.
    pub frame: Frame,
    /// How many rows the plane has.
    pub rows: u64,
    /// How many columns it has.
    pub columns: u64,
    /// The elements of the part, row by row; empty texts in gaps.
    pub texts: Vec<String>,
}

impl Table {
    /// Reads the part `frame` of `plane`.
    ///
    /// # Errors
    /// [`Kind::Limit`](crate::report::Kind::Limit) for too large a part; [`Kind::Missing`](crate::report::Kind::Missing) for what is not
    /// there; those of [`values::read`].
    pub fn read(model: &Model, tensor: TensorId, files: &Files, plane: &Plane, frame: Frame) -> Result<Self> {
        let of = model.tensors.get(tensor).ok_or_else(|| Error::missing("There is no such tensor."))?;
        let (first, rows, columns) = plane.resolve(&of.shape)?;
        let frame = frame.within(&rows, &columns);
        if frame.rows.saturating_mul(frame.columns) > MOST {
            return Err(Error::limit(format!("more than {MOST} elements at once")));
        }
        let reader = Reader { model, tensor, files };
        let mut texts = vec![String::new(); (frame.rows * frame.columns) as usize];
        let places = |axis: &Axis, from: u64, count: u64| -> Vec<Option<u64>> {
            (from..from + count).map(|place| axis.offset(place)).collect()
        };
        let down = places(&rows, frame.row, frame.rows);
        let across = places(&columns, frame.column, frame.columns);
        // Lines run along the axis whose elements lie closer together.
        let upright = rows.stride().unwrap_or(u64::MAX) < columns.stride().unwrap_or(u64::MAX);
        let (lines, along) = if upright { (&across, &down) } else { (&down, &across) };
        for (line, start) in lines.iter().enumerate().filter_map(|(line, start)| Some((line, (*start)?))) {
            for (place, text) in reader.line(first + start, along)? {
                let at = if upright { place * across.len() + line } else { line * across.len() + place };
                if let Some(cell) = texts.get_mut(at) {
                    *cell = text;
                }
            }
        }
        Ok(Self { frame, rows: rows.len(), columns: columns.len(), texts })
    }
}

struct Reader<'a> {
    model: &'a Model,
    tensor: TensorId,
    files: &'a Files,
}

impl Reader<'_> {
    /// The elements at `offsets` after element `from`, with their places among these.
    fn line(&self, from: u64, offsets: &[Option<u64>]) -> Result<Vec<(usize, String)>> {
        let known: Vec<(usize, u64)> =
            offsets.iter().enumerate().filter_map(|(place, offset)| Some((place, (*offset)?))).collect();
        let mut found = Vec::with_capacity(known.len());
        for run in known.chunk_by(|(_, a), (_, b)| b > a && b - a <= NEAR) {
            let (Some((_, first)), Some((_, last))) = (run.first(), run.last()) else { continue };
            let read = values::read(self.model, self.tensor, self.files, from + first, last - first + 1)?;
            found
                .extend(run.iter().filter_map(|(place, offset)| Some((*place, read.text((offset - first) as usize)?))));
        }
        Ok(found)
    }
}
