//! Where nets cross a container's border.

use super::pieces::Piece;
use super::tree::{ROOT, Tree};
use crate::layout::Input;
use crate::layout::graph::{Csr, NONE};
use std::cmp::Reverse;

/// The ports of a level: of each net that comes in or goes out, its port, by net.
#[derive(Debug, Default)]
pub(super) struct Ports {
    /// The nets that come in.
    pub ins: Vec<(u32, u32)>,
    /// The nets that go out.
    pub outs: Vec<(u32, u32)>,
}

impl Ports {
    /// The ports for `pieces`, which are all of a level, by net.
    pub fn new(pieces: &[Piece], input: &Input, depth: &[u32]) -> Self {
        let nets = pieces.chunk_by(|a, b| a.net == b.net);
        let ins = nets.filter(|legs| legs[0].source == NONE).map(|legs| legs[0].net);
        let outs = pieces.iter().filter(|leg| leg.target == NONE).map(|leg| leg.net);
        Self { ins: number(ins.collect(), input, depth), outs: number(outs.collect(), input, depth) }
    }

    /// The port where `net` comes in.
    pub fn entry(&self, net: u32) -> Option<u32> {
        find(&self.ins, net)
    }

    /// The port where `net` goes out.
    pub fn exit(&self, net: u32) -> Option<u32> {
        find(&self.outs, net)
    }
}

fn find(ports: &[(u32, u32)], net: u32) -> Option<u32> {
    ports.binary_search_by_key(&net, |port| port.0).ok().map(|at| ports[at].1)
}

/// Numbers the ports of `nets`: the main line first, which is what comes from deepest, and then what skips most.
/// So skips run on the right here as elsewhere.
fn number(nets: Vec<u32>, input: &Input, depth: &[u32]) -> Vec<(u32, u32)> {
    let mut sorted = nets;
    sorted.sort_by_key(|&net| {
        let source = input.sources[net as usize];
        (Reverse(depth[source as usize]), source, net)
    });
    let mut ports: Vec<(u32, u32)> = sorted.into_iter().zip(0..).collect();
    ports.sort_unstable();
    ports
}

/// Of each box, the length of the longest path to it along edges that go forward in file order. Empty if there are no containers.
pub(super) fn depths(input: &Input, tree: &Tree) -> Vec<u32> {
    if tree.levels() == ROOT + 1 {
        return Vec::new();
    }
    let boxes = input.sizes.len();
    let nets = input.sources.iter().zip(input.starts.windows(2)).zip(0..);
    let sound = nets.filter(|((source, _), _)| (**source as usize) < boxes);
    let by_source = Csr::group(boxes, sound.map(|((&source, _), net)| (source, net)));
    let mut depth = vec![0; boxes];
    for source in 0..boxes {
        for &net in by_source.row(source as u32) {
            let end = (input.starts[net as usize + 1] as usize).min(input.targets.len());
            let start = (input.starts[net as usize] as usize).min(end);
            for &target in &input.targets[start..end] {
                if (target as usize) < boxes && target as usize > source {
                    depth[target as usize] = depth[target as usize].max(depth[source] + 1);
                }
            }
        }
    }
    depth
}
