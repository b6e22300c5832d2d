//! P4, for tangles: where straight trunks push one another far aside, each row is placed by itself, in the order it
//! has.
//!
//! Sweeps of weighted isotonic regression (pool adjacent violators): every vertex wants to stand at the mean of its
//! neighbours, and the rows are settled one after the other.

use super::frame::Frame;
use super::spine::TRUNK;

/// How many sweeps there are, alternately down and up.
const SWEEPS: usize = 12;
/// How much an edge pulls, by class.
const PULL: [f64; 4] = [1.0, 2.0, 8.0, 8.0];
/// How much the present place pulls.
const STAY: f64 = 0.1;
/// A drawing is a tangle if it is so many times as wide as its widest row has to be,
const TANGLED: f64 = 3.0;
/// and if it comes down to this part of its width.
const WORTH: f64 = 0.75;

/// Narrows `x`, if that is worth the bends.
pub(super) fn squeeze(frame: &Frame, x: &mut Vec<f64>) {
    let needed =
        (0..frame.starts.len() - 1).map(|rank| offsets(frame, frame.rank(rank)).last().map_or(0.0, |last| last.1));
    let wide = width(frame, x);
    if wide <= TANGLED * needed.fold(0.0, f64::max) {
        return;
    }
    let mut narrow = x.clone();
    let mut pools = Vec::new();
    for sweep in 0..SWEEPS {
        for step in 0..frame.starts.len() - 1 {
            let rank = if sweep % 2 == 0 { step } else { frame.starts.len() - 2 - step };
            settle(frame, &mut narrow, rank, &mut pools);
        }
    }
    straighten(frame, &mut narrow);
    if width(frame, &narrow) <= WORTH * wide {
        *x = narrow;
    }
}

/// How far `x` reaches from left to right.
fn width(frame: &Frame, x: &[f64]) -> f64 {
    let ends = || x.iter().zip(&frame.half);
    let left = ends().map(|(x, half)| x - half).fold(f64::INFINITY, f64::min);
    let right = ends().map(|(x, half)| x + half).fold(f64::NEG_INFINITY, f64::max);
    right - left
}

/// The vertices of a row, each with its place when the row is packed.
fn offsets(frame: &Frame, row: std::ops::Range<u32>) -> impl Iterator<Item = (usize, f64)> + '_ {
    let mut next = 0.0;
    row.map(move |vertex| {
        let offset = next;
        next += frame.apart[vertex as usize];
        (vertex as usize, offset)
    })
}

/// Vertices that stand as close to one another as they may: the weighted sum of where they want to begin, the weight,
/// the number.
type Pool = (f64, f64, usize);

/// Moves the vertices of `rank` as near to the means of their neighbours as their order and distances allow.
fn settle(frame: &Frame, x: &mut [f64], rank: usize, pools: &mut Vec<Pool>) {
    pools.clear();
    for (vertex, offset) in offsets(frame, frame.rank(rank)) {
        let (mut sum, mut weight) = (STAY * x[vertex], STAY);
        for (_, class, pull) in frame.up.pulls(vertex as u32, x).chain(frame.down.pulls(vertex as u32, x)) {
            sum += PULL[class as usize] * (x[vertex] + pull);
            weight += PULL[class as usize];
        }
        let mut pool = (sum - weight * offset, weight, 1);
        while let Some(&last) = pools.last().filter(|last| last.0 * pool.1 > pool.0 * last.1) {
            pool = (pool.0 + last.0, pool.1 + last.1, pool.2 + last.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let begins = pools.iter().flat_map(|&(sum, weight, count)| std::iter::repeat_n(sum / weight, count));
    for ((vertex, offset), begin) in offsets(frame, frame.rank(rank)).zip(begins) {
        x[vertex] = begin + offset;
    }
}

/// Moves the vertices along trunks and the spine below one another where there is room.
fn straighten(frame: &Frame, x: &mut [f64]) {
    for vertex in 0..frame.len() {
        let above = frame.up.pulls(vertex as u32, x).find(|&(_, class, _)| class >= TRUNK);
        let Some((.., pull)) = above else { continue };
        let room = x.get(vertex + 1).map_or(f64::INFINITY, |right| right - frame.apart[vertex]);
        let left = vertex.checked_sub(1).filter(|&left| frame.apart[left].is_finite());
        let bound = left.map_or(f64::NEG_INFINITY, |left| x[left] + frame.apart[left]);
        let right = if frame.apart[vertex].is_finite() { room } else { f64::INFINITY };
        if bound <= right {
            x[vertex] = (x[vertex] + pull).clamp(bound, right);
        }
    }
}
