//! Two dimensions of a tensor.

use crate::report::{Error, Result};
use serde::{Deserialize, Serialize};

/// What of a tensor is laid out in rows and columns. Each of both is an axis of the tensor, or two: then the second one runs within the first, with a gap
/// after each run (so kernels of a convolution become tiles). The other axes are held still.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Plane {
    /// The axes that rows run along, at most two; without one there is one row.
    pub rows: Vec<usize>,
    /// The axes that columns run along, likewise.
    pub columns: Vec<usize>,
    /// The index on each axis; those of the axes above do not matter.
    pub at: Vec<u64>,
}

/// A part of a plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Frame {
    /// The first row.
    pub row: u64,
    /// How many rows.
    pub rows: u64,
    /// The first column.
    pub column: u64,
    /// How many columns.
    pub columns: u64,
}

/// The places along rows or along columns: where they are in the tensor, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Size and stride of what runs outside.
    outer: (u64, u64),
    /// Size and stride of what runs inside.
    inner: (u64, u64),
    /// How many places are empty after each run of the inner one.
    gap: u64,
}

impl Plane {
    /// The last two axes, at the first index of the others.
    pub fn last(rank: usize) -> Self {
        let axis = |from_end: usize| rank.checked_sub(from_end).into_iter().collect();
        Self { rows: axis(2), columns: axis(1), at: vec![0; rank] }
    }

    /// The position of the first element in a tensor of `shape`, and its rows and columns.
    ///
    /// # Errors
    /// [`Kind::Missing`](crate::report::Kind::Missing) where an axis or an index is not there, or an axis is named twice.
    pub fn resolve(&self, shape: &[u64]) -> Result<(u64, Axis, Axis)> {
        let none = || Error::missing(format!("There is no such part of a tensor of shape {shape:?}."));
        let mut strides = vec![1u64; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis].checked_mul(shape[axis]).ok_or_else(none)?;
        }
        let mut used: Vec<usize> = self.rows.iter().chain(&self.columns).copied().collect();
        used.sort_unstable();
        if used.windows(2).any(|pair| pair[0] == pair[1]) || used.last().is_some_and(|last| *last >= shape.len()) {
            return Err(none());
        }
        let along = |axes: &[usize]| match axes {
            [] => Ok(Axis::of((1, 0))),
            [axis] => Ok(Axis::of((shape[*axis], strides[*axis]))),
            [outer, inner] => {
                let of = |axis: usize| (shape[axis], strides[axis]);
                Ok(Axis { outer: of(*outer), inner: of(*inner), gap: 1 })
            }
            _ => Err(none()),
        };
        let mut first = 0;
        for (axis, (size, stride)) in shape.iter().zip(&strides).enumerate() {
            let index = self.at.get(axis).copied().unwrap_or(0);
            if !used.contains(&axis) {
                if index >= *size {
                    return Err(none());
                }
                first += index * stride;
            }
        }
        Ok((first, along(&self.rows)?, along(&self.columns)?))
    }
}

impl Axis {
    fn of(inner: (u64, u64)) -> Self {
        Self { outer: (1, 0), inner, gap: 0 }
    }

    /// How many places there are, gaps among them.
    pub fn len(&self) -> u64 {
        self.outer.0.saturating_mul(self.inner.0 + self.gap).saturating_sub(self.gap)
    }

    /// Whether there is no place.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many elements after the first one the element at `place` is; none in a gap.
    pub fn offset(&self, place: u64) -> Option<u64> {
        let run = self.inner.0 + self.gap;
        let (outer, inner) = (place / run, place % run);
        (inner < self.inner.0).then(|| outer * self.outer.1 + inner * self.inner.1)
    }

    /// The distance between the elements at two places that follow each other, where there is one for all.
    pub fn stride(&self) -> Option<u64> {
        (self.outer.0 <= 1).then_some(self.inner.1)
    }
}

impl Frame {
    /// The same, no larger than `rows` and `columns`.
    #[must_use]
    pub fn within(self, rows: &Axis, columns: &Axis) -> Self {
        let (row, column) = (self.row.min(rows.len()), self.column.min(columns.len()));
        Self { row, rows: self.rows.min(rows.len() - row), column, columns: self.columns.min(columns.len() - column) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn planes_are_two_axes_with_the_others_held_still() {
        let shape = [2, 3, 4, 5];
        let (first, rows, columns) = Plane::last(4).resolve(&shape).unwrap();
        assert_eq!((first, rows.len(), columns.len(), rows.offset(3), columns.offset(4)), (0, 4, 5, Some(15), Some(4)));
        let plane = Plane { rows: vec![3], columns: vec![0], at: vec![9, 2, 1, 9] };
        let (first, rows, columns) = plane.resolve(&shape).unwrap();
        assert_eq!((first, rows.len(), columns.len()), (45, 5, 2));
        assert_eq!((rows.offset(1), columns.offset(1)), (Some(1), Some(60)));
        assert_eq!(Plane::last(1).resolve(&[7]).unwrap().2.len(), 7);
        let (first, rows, columns) = Plane::last(0).resolve(&[]).unwrap();
        assert_eq!((first, rows.len(), columns.len()), (0, 1, 1));
    }

    #[test]
    fn tiles_have_gaps_between_them() {
        let plane = Plane { rows: vec![0, 2], columns: vec![1, 3], at: vec![] };
        let (_, rows, columns) = plane.resolve(&[2, 3, 4, 5]).unwrap();
        assert_eq!((rows.len(), columns.len()), (9, 17));
        assert_eq!((rows.offset(3), rows.offset(4), rows.offset(5)), (Some(15), None, Some(60)));
        assert_eq!((columns.offset(5), columns.offset(6)), (None, Some(20)));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        for (rows, columns, at) in
            [(vec![4], vec![0], vec![]), (vec![0], vec![0], vec![]), (vec![0], vec![1], vec![0, 0, 4])]
        {
            assert!(Plane { rows, columns, at }.resolve(&[2, 3, 4]).is_err());
        }
        assert!(Plane { rows: vec![0, 1, 2], columns: vec![], at: vec![] }.resolve(&[2, 3, 4]).is_err());
        assert!(Plane::last(2).resolve(&[0, 4]).unwrap().1.is_empty());
    }
}
