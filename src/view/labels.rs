//! Places the labels of edges: where a tensor's first straight stretch has room.

use super::measure::{Advances, Role};
use super::scene::Net;
use crate::layout::{Layout, Point, Rect};
use std::collections::HashMap;

/// The height of a label in pixels.
const HEIGHT: f64 = 14.0;
/// The side of the cells in which occupied places are remembered, in pixels.
const CELL: f64 = 128.0;

/// The centre of each net's label; none where there is no label, or no room.
pub(super) fn place(nets: &[Net], layout: &Layout, advances: &Advances) -> Vec<Option<Point>> {
    let mut first_path = vec![None; nets.len()];
    for (path, net) in layout.path_net.iter().enumerate().rev() {
        if let Some(first) = first_path.get_mut(*net as usize) {
            *first = Some(path);
        }
    }
    let mut taken = Taken::default();
    layout.rects.iter().for_each(|rect| taken.add(*rect));
    nets.iter()
        .zip(first_path)
        .map(|(net, path)| {
            if net.label.is_empty() {
                return None;
            }
            let width = advances.width(&net.label, Role::Value) + 6.0;
            let (from, to) = (layout.path_starts[path?] as usize, layout.path_starts[path? + 1] as usize);
            let points = &layout.points[from..to];
            let centre = candidates(points).find(|centre| {
                let rect = Rect { x: centre.x - width / 2.0, y: centre.y - HEIGHT / 2.0, w: width, h: HEIGHT };
                rect.x >= 0.0 && rect.x + rect.w <= layout.size.w && taken.is_free(rect)
            })?;
            taken.add(Rect { x: centre.x - width / 2.0, y: centre.y - HEIGHT / 2.0, w: width, h: HEIGHT });
            Some(centre)
        })
        .collect()
}

/// The middles of the first two curves of a path.
fn candidates(points: &[Point]) -> impl Iterator<Item = Point> {
    (0..2).filter_map(|curve| {
        let [a, b, c, d] = *points.get(curve * 3..curve * 3 + 4)? else { return None };
        let at = |a: f64, b: f64, c: f64, d: f64| (a + 3.0 * b + 3.0 * c + d) / 8.0;
        Some(Point { x: at(a.x, b.x, c.x, d.x), y: at(a.y, b.y, c.y, d.y) })
    })
}

/// Occupied places, in a grid of cells.
#[derive(Default)]
struct Taken(HashMap<(i64, i64), Vec<Rect>>);

impl Taken {
    fn cells(rect: Rect) -> impl Iterator<Item = (i64, i64)> {
        let cell = |x: f64| (x / CELL).floor() as i64;
        let (left, right) = (cell(rect.x), cell(rect.x + rect.w));
        (cell(rect.y)..=cell(rect.y + rect.h)).flat_map(move |y| (left..=right).map(move |x| (x, y)))
    }

    fn add(&mut self, rect: Rect) {
        for cell in Self::cells(rect) {
            self.0.entry(cell).or_default().push(rect);
        }
    }

    fn is_free(&self, rect: Rect) -> bool {
        let overlaps = |other: &Rect| {
            other.x < rect.x + rect.w
                && rect.x < other.x + other.w
                && other.y < rect.y + rect.h
                && rect.y < other.y + other.h
        };
        Self::cells(rect).all(|cell| !self.0.get(&cell).is_some_and(|rects| rects.iter().any(overlaps)))
    }
}
