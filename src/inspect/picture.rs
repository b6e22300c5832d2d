//! Elements as the pixels of a picture.

use super::STEP;
use super::plane::{Axis, Frame, Plane};
use crate::model::{Model, TensorId, numbers, values};
use crate::report::{Error, Result};
use crate::source::Files;
use serde::{Deserialize, Serialize};

/// A tensor of at most so many elements is held in memory while its picture is taken.
const HELD: u64 = 4 << 20;
/// The most pixels in a row, and the most rows.
const MOST: u32 = 2048;
/// Elements of a line that are at most so many elements apart are read with what is between them.
const NEAR: u64 = 64;

/// A part of a plane, as numbers: one a pixel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Picture {
    /// Which part it is; no larger than the plane.
    pub frame: Frame,
    /// How many rows the plane has.
    pub rows: u64,
    /// How many columns it has.
    pub columns: u64,
    /// The pixels in a row: no more than columns of the part.
    pub width: u32,
    /// The rows of pixels.
    pub height: u32,
    /// The mean of the elements at each pixel, row by row; NaN in gaps, and where an element is not finite.
    #[serde(skip)]
    pub pixels: Vec<f32>,
}

/// How large a picture may be, in pixels.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Screen {
    /// The most in a row.
    pub width: u32,
    /// The most rows.
    pub height: u32,
}

/// Takes a picture, a step at a time.
pub struct Exposure {
    tensor: TensorId,
    first: u64,
    rows: Axis,
    columns: Axis,
    picture: Picture,
    /// Of each pixel: the sum of its elements, and their number.
    sums: Vec<(f64, u32)>,
    /// Whether lines are columns: their elements lie closer together.
    upright: bool,
    /// How many lines are done.
    done: u64,
    /// The first elements of the tensor, as far as they are read; none are held where there are too many.
    held: Vec<f64>,
    /// How many elements are to be held.
    total: u64,
}

impl Exposure {
    /// Of the part `frame` of `plane`, of which nothing is read yet.
    ///
    /// # Errors
    /// [`Kind::Missing`](crate::report::Kind::Missing) for what is not there; those of [`numbers::read`] come with the steps.
    pub fn new(model: &Model, tensor: TensorId, plane: &Plane, frame: Frame, screen: Screen) -> Result<Self> {
        let of = model.tensors.get(tensor).ok_or_else(|| Error::missing("There is no such tensor."))?;
        let (first, rows, columns) = plane.resolve(&of.shape)?;
        let frame = frame.within(&rows, &columns);
        let pixels = |most: u32, count: u64| u64::from(most.clamp(1, MOST)).min(count) as u32;
        let (width, height) = (pixels(screen.width, frame.columns), pixels(screen.height, frame.rows));
        let total = values::stored(model, of)?;
        Ok(Self {
            tensor,
            first,
            rows,
            columns,
            upright: rows.stride().unwrap_or(u64::MAX) < columns.stride().unwrap_or(u64::MAX),
            sums: vec![(0.0, 0); width as usize * height as usize],
            picture: Picture { frame, rows: rows.len(), columns: columns.len(), width, height, pixels: Vec::new() },
            done: 0,
            held: Vec::new(),
            total: if total <= HELD { total } else { 0 },
        })
    }

    /// Reads on; returns which part of all is done, 1 at the end.
    ///
    /// # Errors
    /// When elements cannot be read, or are no numbers.
    pub fn step(&mut self, model: &Model, files: &Files) -> Result<f64> {
        let held = self.held.len() as u64;
        if held < self.total {
            let read = numbers::read(model, self.tensor, files, held, STEP)?;
            if read.is_empty() {
                return Err(Error::malformed(format!("the payload ends before element {held} of {}", self.total)));
            }
            self.held.extend(read);
            return Ok(0.9 * self.held.len() as f64 / self.total as f64);
        }
        let Frame { row, rows, column, columns } = self.picture.frame;
        let (lines, from) = if self.upright { (columns, column) } else { (rows, row) };
        let mut left = STEP;
        while self.done < lines && left > 0 {
            left = left.saturating_sub(self.line(from + self.done, model, files)?.max(1));
            self.done += 1;
        }
        Ok(if self.done >= lines { 1.0 } else { self.done as f64 / lines as f64 })
    }

    /// Exposes line number `line`; returns how many elements were read for it.
    fn line(&mut self, line: u64, model: &Model, files: &Files) -> Result<u64> {
        let Frame { row, rows, column, columns } = self.picture.frame;
        let (across, along) = if self.upright { (self.columns, self.rows) } else { (self.rows, self.columns) };
        let (from, count) = if self.upright { (row, rows) } else { (column, columns) };
        let Some(start) = across.offset(line) else { return Ok(0) };
        let start = self.first + start;
        if !self.held.is_empty() {
            for place in from..from + count {
                let offset = along.offset(place).and_then(|offset| usize::try_from(start + offset).ok());
                if let Some(element) = offset.and_then(|at| self.held.get(at)).copied() {
                    self.expose(line, place, element);
                }
            }
            return Ok(count);
        }
        let known: Vec<(u64, u64)> =
            (from..from + count).filter_map(|place| Some((place, along.offset(place)?))).collect();
        let mut read = 0;
        for run in known.chunk_by(|(_, a), (_, b)| b > a && b - a <= NEAR) {
            let mut run = run;
            while let Some((_, first)) = run.first() {
                let now = run.partition_point(|(_, offset)| offset - first < STEP);
                let (part, rest) = run.split_at(now);
                let span = part.last().map_or(0, |(_, last)| last - first + 1);
                let elements = numbers::read(model, self.tensor, files, start + first, span)?;
                for (place, offset) in part {
                    if let Some(element) = elements.get((offset - first) as usize) {
                        self.expose(line, *place, *element);
                    }
                }
                read += span;
                run = rest;
            }
        }
        Ok(read)
    }

    /// Adds an element to its pixel.
    fn expose(&mut self, line: u64, place: u64, element: f64) {
        let Picture { frame, width, height, .. } = self.picture;
        let (row, column) = if self.upright { (place, line) } else { (line, place) };
        let y = (row - frame.row) * u64::from(height) / frame.rows;
        let x = (column - frame.column) * u64::from(width) / frame.columns;
        if let Some((sum, count)) = self.sums.get_mut((y * u64::from(width) + x) as usize) {
            *sum += element;
            *count += 1;
        }
    }

    /// The picture.
    pub fn picture(self) -> Picture {
        let pixels = self.sums.iter().map(|(sum, count)| (sum / f64::from(*count)) as f32);
        let pixels = pixels.map(|pixel| if pixel.is_finite() { pixel } else { f32::NAN }).collect();
        Picture { pixels, ..self.picture }
    }
}
