//! Where components go: on shelves, in file order, filling an area of pleasant proportions.

use super::Size;

/// How much wider than high the whole is to be.
const ASPECT: f64 = 1.6;

/// The left top corner of each of `sizes`, and the extent of all.
///
/// Shelves lie below one another. A shelf is as high as its highest component; within it, components stand below one
/// another in columns while they fit, so that small ones fill the room beside a large one.
pub(super) fn pack(sizes: &[Size], gap: f64, aspect: f64) -> (Vec<(f64, f64)>, Size) {
    let area: f64 = sizes.iter().map(|size| (size.w + gap) * (size.h + gap)).sum();
    let width = sizes.iter().map(|size| size.w).fold((area * aspect).sqrt(), f64::max);
    let mut corners = Vec::with_capacity(sizes.len());
    let mut all = Size::default();
    // The shelf: its top and height; the column: its left side, width, and where it ends.
    let (mut top, mut high) = (0.0, 0.0f64);
    let (mut left, mut wide, mut end) = (0.0, 0.0f64, 0.0);
    for size in sizes {
        let fits_below = end > 0.0 && end + size.h <= high && left + size.w <= width;
        if !fits_below {
            if wide > 0.0 {
                left += wide + gap;
            }
            (wide, end) = (0.0, 0.0);
            if left > 0.0 && left + size.w > width {
                top += high + gap;
                (left, high) = (0.0, 0.0);
            }
        }
        corners.push((left, top + end));
        all = Size { w: all.w.max(left + size.w), h: all.h.max(top + end + size.h) };
        end += size.h + gap;
        wide = wide.max(size.w);
        high = high.max(end - gap);
    }
    (corners, all)
}

/// The left top corner of each of `sizes` in a grid, row by row, and the extent of all.
pub(super) fn grid(sizes: &[Size], gap: f64, aspect: f64) -> (Vec<(f64, f64)>, Size) {
    let area: f64 = sizes.iter().map(|size| (size.w + gap) * (size.h + gap)).sum();
    let mean = sizes.iter().map(|size| size.w + gap).sum::<f64>() / sizes.len().max(1) as f64;
    let columns = ((area * aspect).sqrt() / mean).round().min(sizes.len() as f64).max(1.0) as usize;
    let mut widths = vec![0.0f64; columns];
    for (at, size) in sizes.iter().enumerate() {
        widths[at % columns] = widths[at % columns].max(size.w);
    }
    let mut corners = Vec::with_capacity(sizes.len());
    let (mut top, mut all) = (0.0, Size::default());
    for row in sizes.chunks(columns) {
        let mut left = 0.0;
        for (size, width) in row.iter().zip(&widths) {
            corners.push((left, top));
            all.w = all.w.max(left + size.w);
            left += width + gap;
        }
        all.h = top + row.iter().map(|size| size.h).fold(0.0, f64::max);
        top = all.h + gap;
    }
    (corners, all)
}

/// The proportions of the whole, seen in the direction in which edges run down.
pub(super) fn aspect(flip: bool) -> f64 {
    if flip { 1.0 / ASPECT } else { ASPECT }
}
