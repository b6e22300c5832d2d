//! How much work it is for the eye to follow the edges of an arrangement, for choosing among several.

use super::frame::Frame;
use super::graph::Graph;

/// What a crossing, a bend, and two boxes that are not in file order cost, in pixels that an edge runs sideways.
const CROSSING: f64 = 200.0;
const BEND: f64 = 40.0;
const DISORDER: f64 = 40.0;
/// An edge that runs sideways by less is straight, pixels.
const STRAIGHT: f64 = 0.5;

/// The toil of `frame`, whose vertices stand at `x` and some of whose edges cross.
pub(super) fn toil(graph: &Graph, frame: &Frame, x: &[f64], crossings: u64) -> f64 {
    let members = graph.ins..graph.len() - graph.outs;
    let mut toil = CROSSING * crossings as f64;
    for rank in 0..frame.starts.len() - 1 {
        let mut last = 0;
        for slot in frame.rank(rank) {
            let bends = frame.down.pulls(slot, x).map(|(.., sideways)| sideways.abs());
            toil += bends.filter(|&sideways| sideways > STRAIGHT).map(|sideways| BEND + sideways).sum::<f64>();
            let vertex = frame.vertex[slot as usize];
            if members.contains(&vertex) {
                toil += if vertex < last { DISORDER } else { 0.0 };
                last = vertex;
            }
        }
    }
    toil
}
