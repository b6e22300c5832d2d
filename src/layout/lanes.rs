//! P2b: straight lanes beside the rows, for trunks that would be too long within them.

use super::Options;
use super::dummy::Layered;
use super::frame::Frame;
use super::graph::{Graph, NONE};
use crate::sort;

/// Of each trunk in a lane, where the lane is (0 for other trunks); the vertices of `layered` stand at `x`.
///
/// A trunk goes to the side from which its legs cross less. Short ones and those with many legs lie inside, each as
/// near to the rows that it passes as those before it let it.
pub(super) fn lanes(graph: &Graph, layered: &Layered, frame: &Frame, x: &[f64], options: &Options) -> Vec<f64> {
    let mut lanes = vec![0.0; layered.trunks.len()];
    let mut waiting: Vec<u32> = (0..layered.trunks.len() as u32).collect();
    waiting.retain(|&trunk| layered.trunks[trunk as usize].base == NONE);
    if waiting.is_empty() {
        return lanes;
    }
    sort::sort_by_key(&mut waiting, |&trunk| {
        let shape = &layered.trunks[trunk as usize];
        let length = shape.bottom - shape.top + 1;
        (length.ilog2(), u32::MAX - shape.legs, length)
    });
    let lean = lean(graph, layered, frame);
    let mut left = Contour::new(graph, layered, x, options, -1.0);
    let mut right = Contour::new(graph, layered, x, options, 1.0);
    for trunk in waiting {
        let shape = &layered.trunks[trunk as usize];
        let contour = if lean[trunk as usize] > 0 { &mut left } else { &mut right };
        // A row more at both ends, where other edges come out of the same lane.
        let rows = shape.top.max(1) as usize - 1..(shape.bottom as usize + 2).min(layered.ranks as usize);
        let at = contour.farthest(rows.clone()) + options.edge_gap;
        contour.extend(rows, at);
        lanes[trunk as usize] = contour.sign * at;
    }
    lanes
}

/// Of each trunk, how many more vertices stand to the right of its legs' targets than to the left.
fn lean(graph: &Graph, layered: &Layered, frame: &Frame) -> Vec<i64> {
    let mut lean = vec![0; layered.trunks.len()];
    for (&target, &trunk) in graph.targets.iter().zip(&layered.trunk_of) {
        if let Some(lean) = lean.get_mut(trunk as usize) {
            let row = frame.rank(layered.rank[target as usize] as usize);
            *lean += i64::from(row.end - 1) + i64::from(row.start) - 2 * i64::from(frame.slot[target as usize]);
        }
    }
    lean
}

/// How far the rows reach to one side: a segment tree for the maximum over a range of rows, and for extending one.
struct Contour {
    /// The side: -1 to the left, 1 to the right.
    sign: f64,
    size: usize,
    /// Of each range, how far its farthest row reaches.
    most: Vec<f64>,
    /// Of each range, how far all of its rows reach at least.
    least: Vec<f64>,
}

impl Contour {
    fn new(graph: &Graph, layered: &Layered, x: &[f64], options: &Options, sign: f64) -> Self {
        let size = (layered.ranks as usize).next_power_of_two();
        let (mut most, least) = (vec![f64::NEG_INFINITY; 2 * size], vec![f64::NEG_INFINITY; 2 * size]);
        let beside_box = (options.node_gap - options.edge_gap) / 2.0;
        for (vertex, &rank) in layered.rank.iter().enumerate() {
            // From boxes a lane keeps the distance that dummies keep, from dummies that between edges.
            let half = graph.sizes.get(vertex).map_or(0.0, |size| size.w / 2.0 + beside_box);
            let row = &mut most[size + rank as usize];
            *row = row.max(sign * x[vertex] + half);
        }
        for at in (1..size).rev() {
            most[at] = most[2 * at].max(most[2 * at + 1]);
        }
        Self { sign, size, most, least }
    }

    fn farthest(&self, rows: std::ops::Range<usize>) -> f64 {
        let mut most = f64::NEG_INFINITY;
        self.cover(rows.clone(), |at| most = most.max(self.most[at]));
        for mut at in [self.size + rows.start, self.size + rows.end - 1] {
            while at > 1 {
                at /= 2;
                most = most.max(self.least[at]);
            }
        }
        // Rows of nothing but lanes reach nowhere.
        if most.is_finite() { most } else { 0.0 }
    }

    fn extend(&mut self, rows: std::ops::Range<usize>, end: f64) {
        let mut covering = Vec::new();
        self.cover(rows.clone(), |at| covering.push(at));
        for at in covering {
            self.most[at] = self.most[at].max(end);
            self.least[at] = self.least[at].max(end);
        }
        for mut at in [self.size + rows.start, self.size + rows.end - 1] {
            while at > 1 {
                at /= 2;
                self.most[at] = self.most[2 * at].max(self.most[2 * at + 1]).max(self.least[at]);
            }
        }
    }

    /// Calls `with` for the ranges that make up `rows`.
    fn cover(&self, rows: std::ops::Range<usize>, mut with: impl FnMut(usize)) {
        let (mut first, mut last) = (self.size + rows.start, self.size + rows.end);
        while first < last {
            if first % 2 == 1 {
                with(first);
                first += 1;
            }
            if last % 2 == 1 {
                last -= 1;
                with(last);
            }
            first /= 2;
            last /= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contour_knows_the_farthest_of_any_rows() {
        let size = 8;
        let mut tree = Contour {
            sign: 1.0,
            size,
            most: vec![f64::NEG_INFINITY; 2 * size],
            least: vec![f64::NEG_INFINITY; 2 * size],
        };
        let mut rows = [f64::NEG_INFINITY; 8];
        for (step, (from, to)) in [(0, 3), (2, 8), (5, 6), (0, 8), (7, 8), (3, 5)].into_iter().enumerate() {
            let end = [4.0, 2.0, 9.0, 3.0, 11.0, 10.0][step];
            tree.extend(from..to, end);
            rows[from..to].iter_mut().for_each(|row| *row = row.max(end));
            for from in 0..size {
                for to in from + 1..=size {
                    let farthest = rows[from..to].iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let expected = if farthest.is_finite() { farthest } else { 0.0 };
                    assert_eq!(tree.farthest(from..to), expected, "rows {from}..{to}");
                }
            }
        }
    }
}
