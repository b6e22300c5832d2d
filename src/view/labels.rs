//! Places the labels of edges: where a tensor's first curves have room.

use super::card::METRICS;
use super::measure::{Advances, Role};
use super::scene::{Item, ItemKind, Net};
use crate::layout::{Layout, Point, Rect};
use foldhash::HashMap;

/// The height of a label in pixels.
const HEIGHT: f64 = 14.0;
/// The side of the cells in which occupied places are remembered, in pixels.
const CELL: f64 = 96.0;
/// A curve that moves sideways by more than this, in pixels, is a bend: a label over another tensor's bend would hide where it goes.
const BEND: f64 = 6.0;

/// The centre of each net's label; none where there is no label, or no room.
pub(super) fn place(items: &[Item], nets: &[Net], layout: &Layout, advances: &Advances) -> Vec<Option<Point>> {
    if nets.iter().all(|net| net.label.is_empty()) {
        return vec![None; nets.len()];
    }
    let mut first_path = vec![None; nets.len()];
    let mut taken = Taken::default();
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
            if let [a, b, c, d] = curve
                && (a.x - d.x).abs() > BEND
            {
                for step in 1..8 {
                    let Point { x, y } = along([*a, *b, *c, *d], f64::from(step) / 8.0);
                    taken.add(Rect { x, y, w: 0.0, h: 0.0 }, *net);
                }
            }
        }
    }
    let mut place_one = |index: usize, net: &Net, path: Option<usize>| {
        let width = advances.width(&net.label, Role::Value) + 6.0;
        let around = |at: Point| Rect { x: at.x - width / 2.0, y: at.y - HEIGHT / 2.0, w: width, h: HEIGHT };
        let centre = candidates(points(layout, path?)).find(|centre| {
            let rect = around(*centre);
            rect.x >= 0.0 && rect.x + rect.w <= layout.size.w && taken.is_free(rect, index as u32)
        })?;
        taken.add(around(centre), ANY);
        Some(centre)
    };
    let places = nets.iter().zip(first_path).enumerate();
    places.map(|(index, (net, path))| if net.label.is_empty() { None } else { place_one(index, net, path) }).collect()
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
#[derive(Default)]
struct Taken(HashMap<(i32, i32), Vec<(Rect, u32)>>);

impl Taken {
    fn cells(rect: Rect) -> impl Iterator<Item = (i32, i32)> {
        let cell = |x: f64| (x / CELL).floor() as i32;
        let (left, right) = (cell(rect.x), cell(rect.x + rect.w));
        (cell(rect.y)..=cell(rect.y + rect.h)).flat_map(move |y| (left..=right).map(move |x| (x, y)))
    }

    fn add(&mut self, rect: Rect, net: u32) {
        for cell in Self::cells(rect) {
            self.0.entry(cell).or_default().push((rect, net));
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
        Self::cells(rect).all(|cell| !self.0.get(&cell).is_some_and(|rects| rects.iter().any(overlaps)))
    }
}
