//! Places the labels of edges: where a tensor's first curves have room.

use super::card::METRICS;
use super::measure::{Advances, Role};
use super::scene::{Item, ItemKind, NONE, Net};
use crate::layout::{Layout, Point, Rect, Size};
use std::ops::Range;
use std::rc::Rc;

/// The height of a label in pixels.
const HEIGHT: f64 = 14.0;
/// The side of the cells in which occupied places are remembered, in pixels: the least one, for at most about so many cells.
const CELL: f64 = 96.0;
const CELLS: f64 = 500_000.0;
/// A curve that moves sideways by more than this, in pixels, is a bend.
const BEND: f64 = 6.0;

/// So many points of a bend are kept free.
const SAMPLES: usize = 7;

/// The centre of each net's label, which is one of `texts`; none where there is no label, or no room.
pub(super) fn place(
    items: &[Item],
    nets: &[Net],
    texts: &[Rc<str>],
    layout: &Layout,
    advances: &Advances,
) -> Vec<Option<Point>> {
    if nets.iter().all(|net| net.label == NONE) {
        return vec![None; nets.len()];
    }
    let mut first_path = vec![None; nets.len()];
    let curves = (0..layout.path_net.len()).flat_map(|path| points(layout, path).windows(4).step_by(3));
    let along_curves: usize = curves.map(|curve| if is_straight(curve) { 1 } else { SAMPLES }).sum();
    let around_items: usize = items.iter().map(|item| if item.kind == ItemKind::Container { 4 } else { 1 }).sum();
    let room = along_curves + around_items + nets.len();
    let mut taken = Taken::new(layout.size, room);
    for (item, rect) in items.iter().zip(&layout.rects) {
        match item.kind {
            ItemKind::Container => frame(*rect).into_iter().for_each(|side| taken.add(side, ANY)),
            _ => taken.add(*rect, ANY),
        }
    }
    for (path, net) in layout.path_net.iter().enumerate().rev() {
        if let Some(first) = first_path.get_mut(*net as usize) {
            *first = Some(path);
        }
        for curve in points(layout, path).windows(4).step_by(3) {
            let [a, b, c, d] = curve else { continue };
            if is_straight(curve) {
                let (left, top) = (a.x.min(d.x), a.y.min(d.y));
                taken.add(Rect { x: left, y: top, w: (a.x - d.x).abs(), h: (a.y - d.y).abs() }, *net);
            } else {
                for step in 1..=SAMPLES {
                    let Point { x, y } = along([*a, *b, *c, *d], step as f64 / (SAMPLES + 1) as f64);
                    taken.add(Rect { x, y, w: 0.0, h: 0.0 }, *net);
                }
            }
        }
    }
    let mut widths: Vec<Option<f64>> = vec![None; texts.len()];
    let mut place_one = |index: usize, net: &Net, path: Option<usize>| {
        let text = texts.get(net.label as usize)?;
        let width = *widths[net.label as usize].get_or_insert_with(|| advances.width(text, Role::Value) + 6.0);
        let around = |at: Point| Rect { x: at.x - width / 2.0, y: at.y - HEIGHT / 2.0, w: width, h: HEIGHT };
        let centre = candidates(points(layout, path?)).find(|centre| {
            let rect = around(*centre);
            rect.x >= 0.0 && rect.x + rect.w <= layout.size.w && taken.is_free(rect, index as u32)
        })?;
        taken.add(around(centre), ANY);
        Some(centre)
    };
    let places = nets.iter().zip(first_path).enumerate();
    places.map(|(index, (net, path))| place_one(index, net, path)).collect()
}

/// Whether a curve hardly moves sideways.
fn is_straight(curve: &[Point]) -> bool {
    matches!(curve, [from, .., to] if (from.x - to.x).abs() <= BEND)
}

/// What of a container is in the way of labels: its header and the other three sides, not what is within.
fn frame(Rect { x, y, w, h }: Rect) -> [Rect; 4] {
    let header = Rect { x, y, w, h: METRICS.header };
    let left = Rect { x, y, w: 0.0, h };
    [header, left, Rect { x: x + w, ..left }, Rect { x, y: y + h, w, h: 0.0 }]
}

fn points(layout: &Layout, path: usize) -> &[Point] {
    &layout.points[layout.path_starts[path] as usize..layout.path_starts[path + 1] as usize]
}

/// The point of a cubic Bézier curve at `t` between 0 and 1.
fn along([a, b, c, d]: [Point; 4], t: f64) -> Point {
    let s = 1.0 - t;
    let mix = |a: f64, b: f64, c: f64, d: f64| s * s * (s * a + 3.0 * t * b) + t * t * (3.0 * s * c + t * d);
    Point { x: mix(a.x, b.x, c.x, d.x), y: mix(a.y, b.y, c.y, d.y) }
}

/// Where on a path a label may stand: the middles of its first three curves.
fn candidates(points: &[Point]) -> impl Iterator<Item = Point> {
    points.windows(4).step_by(3).take(3).filter_map(|curve| Some(along(curve.try_into().ok()?, 0.5)))
}

/// Stands for something that is in the way of every net's label.
const ANY: u32 = u32::MAX;

/// Occupied places, and the net that each belongs to, in a grid of cells.
struct Taken {
    /// The side of a cell in pixels.
    cell: f64,
    columns: usize,
    rows: usize,
    /// The places, each with its net.
    places: Vec<(Rect, u32)>,
    /// Of each cell, row by row: the last of its marks.
    last: Vec<u32>,
    /// That a place touches a cell: the place, and the mark in the same cell that was made before.
    marks: Vec<(u32, u32)>,
}

impl Taken {
    /// Nothing, in a drawing of this size, with room for so many places.
    fn new(Size { w, h }: Size, room: usize) -> Self {
        let cell = CELL.max((w * h / CELLS).sqrt()).max(w.max(h) / CELLS);
        let count = |length: f64| (length / cell) as usize + 1;
        let (columns, rows) = (count(w), count(h));
        let (places, marks) = (Vec::with_capacity(room), Vec::with_capacity(2 * room));
        Self { cell, columns, rows, places, last: vec![NONE; columns * rows], marks }
    }

    /// The cells that `rect` touches, row by row; what is outside of the drawing is in the cells at its border.
    fn rows(&self, rect: Rect) -> impl Iterator<Item = Range<usize>> + use<> {
        let (cell, columns) = (self.cell, self.columns);
        let place = move |at: f64, most: usize| ((at / cell) as usize).min(most - 1);
        let (left, right) = (place(rect.x, columns), place(rect.x + rect.w, columns));
        let (top, bottom) = (place(rect.y, self.rows), place(rect.y + rect.h, self.rows));
        (top..bottom + 1).map(move |row| row * columns + left..row * columns + right + 1)
    }

    fn add(&mut self, rect: Rect, net: u32) {
        let place = self.places.len() as u32;
        self.places.push((rect, net));
        for row in self.rows(rect) {
            for cell in row {
                let before = std::mem::replace(&mut self.last[cell], self.marks.len() as u32);
                self.marks.push((place, before));
            }
        }
    }

    /// Whether nothing but `net` itself is in `rect`.
    fn is_free(&self, rect: Rect, net: u32) -> bool {
        let overlaps = |(other, owner): &(Rect, u32)| {
            *owner != net
                && other.x < rect.x + rect.w
                && rect.x < other.x + other.w
                && other.y < rect.y + rect.h
                && rect.y < other.y + other.h
        };
        self.rows(rect).flatten().all(|cell| {
            let mark = |at: u32| self.marks.get(at as usize).copied();
            let mut marks = std::iter::successors(mark(self.last[cell]), |(_, before)| mark(*before));
            !marks.any(|(place, _)| overlaps(&self.places[place as usize]))
        })
    }
}
