//! P4, after balancing: lines of vertices slide to the weighted median of their neighbours, as far as their rows let
//! them.

use super::frame::Frame;
use super::place::Blocks;
use super::spine::TRUNK;

/// The most passes over all lines.
const PASSES: usize = 6;
/// How much an edge pulls, by class.
const PULL: [f64; 4] = [1.0, 4.0, 8.0, 16.0];
/// Positions nearer than this are equal, pixels.
const EQUAL: f64 = 1e-6;

/// Shortens the edges of `frame`, whose vertices stand at `x`.
pub(super) fn relax(frame: &Frame, x: &mut [f64]) {
    let lines = lines(frame, x);
    let roots: Vec<u32> = (0..frame.len() as u32).filter(|&vertex| lines.root[vertex as usize] == vertex).collect();
    let mut pulls = Vec::new();
    for pass in 0..PASSES {
        let mut moved = false;
        for step in 0..roots.len() {
            let root = roots[if pass % 2 == 0 { step } else { roots.len() - 1 - step }];
            let by = slide(frame, x, &lines, root, &mut pulls);
            if by.abs() > EQUAL {
                lines.members(root).for_each(|vertex| x[vertex as usize] += by);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
}

/// Vertices that are joined by trunk or spine edges and stand in one line.
fn lines(frame: &Frame, x: &[f64]) -> Blocks {
    let mut lines = Blocks::singles(frame.len());
    for upper in 0..frame.len() as u32 {
        let line = frame.down.pulls(upper, x).find(|&(_, class, pull)| class >= TRUNK && pull.abs() < EQUAL);
        if let Some((lower, ..)) = line {
            lines.join(upper, lower, 0.0);
        }
    }
    lines
}

/// How far the line of `root` is to slide.
fn slide(frame: &Frame, x: &[f64], lines: &Blocks, root: u32, pulls: &mut Vec<(f64, f64)>) -> f64 {
    pulls.clear();
    let (mut left, mut right) = (f64::NEG_INFINITY, f64::INFINITY);
    for vertex in lines.members(root) {
        let at = vertex as usize;
        for (other, class, pull) in frame.up.pulls(vertex, x).chain(frame.down.pulls(vertex, x)) {
            if lines.root[other as usize] != root {
                pulls.push((pull, PULL[class as usize]));
            }
        }
        if frame.apart[at].is_finite() {
            right = right.min(x[at + 1] - frame.apart[at] - x[at]);
        }
        if at > 0 && frame.apart[at - 1].is_finite() {
            left = left.max(x[at - 1] + frame.apart[at - 1] - x[at]);
        }
    }
    // Rounding may leave no room at all.
    let (left, right) = (left.min(0.0), right.max(0.0));
    let (low, high) = median(pulls);
    // A bend of an edge is best moved to one of its ends, a box is best between its neighbours.
    let bend = lines.members(root).all(|vertex| frame.half[vertex as usize] == 0.0);
    let fits = |by: &f64| bend && (left..=right).contains(by);
    [high, low].into_iter().find(fits).unwrap_or(((low + high) / 2.0).min(right).max(left))
}

/// The weighted median of (value, weight), from the lowest to the highest one that would do.
fn median(pulls: &mut [(f64, f64)]) -> (f64, f64) {
    pulls.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = pulls.iter().map(|pull| pull.1).sum();
    let mut below = 0.0;
    for (at, &(value, weight)) in pulls.iter().enumerate() {
        below += weight;
        if 2.0 * below > total {
            return (value, value);
        }
        if 2.0 * below == total {
            return (value, pulls.get(at + 1).map_or(value, |next| next.0));
        }
    }
    (0.0, 0.0)
}
