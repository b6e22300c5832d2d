//! Where nets cross a container's border: in which order the ports are to be, and which one is on the main line.

use super::pieces::Piece;
use super::tree::{ROOT, Tree};
use crate::layout::Input;
use crate::layout::graph::{Csr, NONE};
use crate::sort;
use std::cmp::Reverse;

/// A net that comes in by so many edges less from the end than another one is on the side.
const ASIDE: u32 = 3;
/// Of nets that one box reads, one that comes from so many edges farther up than another is a skip.
const SKIP: u32 = 3;

/// A net that crosses the border.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port {
    /// The net.
    pub net: u32,
    /// The number of the port.
    pub at: u32,
    /// The first box inside, in file order, that reads what comes in.
    reader: u32,
    /// How long the longest path is from where the net goes inside.
    height: u32,
}

/// The ports of a level, by net.
#[derive(Debug, Default)]
pub(super) struct Ports {
    /// The nets that come in.
    pub ins: Vec<Port>,
    /// The nets that go out.
    pub outs: Vec<Port>,
    /// How many of those that come in, the first ones, lead to the main line.
    pub leading: u32,
    /// The net that comes in on the main line: the one with the longest way to go.
    pub main: u32,
}

impl Ports {
    /// The ports for `pieces`, which are all of a level, by net. `inside` gives the ports of members.
    ///
    /// The nets that have the longest way to go come in first, and then the others, each in the order in which boxes
    /// read them. Of those that one box reads, skips are among the others. Nets go out by how deep they are, the main
    /// line first.
    pub fn new<'a>(pieces: &[Piece], lines: &Lines, inside: impl Fn(u32) -> Option<&'a Ports>) -> Self {
        let (mut ins, mut outs) = (Vec::new(), Vec::new());
        for legs in pieces.chunk_by(|a, b| a.net == b.net) {
            let net = legs[0].net;
            if legs.iter().any(|leg| leg.target == NONE) {
                outs.push(Port { net, at: 0, reader: NONE, height: 0 });
            }
            if legs[0].source == NONE {
                let end = |leg: &Piece| {
                    let port = inside(leg.target).and_then(|ports| ports.entry(net));
                    port.map_or_else(|| (leg.target, lines.height(leg.target)), |port| (port.reader, port.height))
                };
                let reader = legs.iter().map(|leg| end(leg).0).min().unwrap_or(NONE);
                let height = legs.iter().map(|leg| end(leg).1).max().unwrap_or(0);
                ins.push(Port { net, at: 0, reader, height });
            }
        }
        let most = ins.iter().map(|port| port.height).max().unwrap_or(0);
        sort::sort_by_key(&mut ins, |port| (port.reader, lines.source(port.net), port.net));
        let mut leads = Vec::with_capacity(ins.len());
        for together in ins.chunk_by(|a, b| a.reader == b.reader) {
            let deepest = together.iter().map(|port| lines.depth(port.net)).max().unwrap_or(0);
            let is_skip = |port: &Port| lines.depth(port.net) + SKIP < deepest;
            leads.extend(together.iter().map(|port| port.height + ASIDE > most && !is_skip(port)));
        }
        let leading = leads.iter().filter(|leads| **leads).count() as u32;
        let mut ranked: Vec<(bool, Port)> = leads.into_iter().zip(ins).collect();
        sort::sort_by_key(&mut ranked, |(leads, _)| !leads);
        let ins: Vec<Port> = ranked.into_iter().map(|(_, port)| port).collect();
        sort::sort_by_key(&mut outs, |port| (Reverse(lines.depth(port.net)), lines.source(port.net), port.net));
        let main = ins.iter().find(|port| port.height == most).map_or(NONE, |port| port.net);
        Self { ins: number(ins), outs: number(outs), leading, main }
    }

    /// The port where `net` comes in.
    pub fn entry(&self, net: u32) -> Option<Port> {
        find(&self.ins, net)
    }

    /// The port where `net` goes out.
    pub fn exit(&self, net: u32) -> Option<Port> {
        find(&self.outs, net)
    }
}

fn number(mut ports: Vec<Port>) -> Vec<Port> {
    for (port, at) in ports.iter_mut().zip(0..) {
        port.at = at;
    }
    sort::sort_by_key(&mut ports, |port| port.net);
    ports
}

fn find(ports: &[Port], net: u32) -> Option<Port> {
    ports.binary_search_by_key(&net, |port| port.net).ok().map(|at| ports[at])
}

/// The longest paths of the whole graph, along the edges that go forward in file order. Nothing where no container
/// needs them.
#[derive(Debug, Default)]
pub(super) struct Lines<'a> {
    sources: &'a [u32],
    /// Of each box, the length of the longest path to it.
    depth: Vec<u32>,
    /// Of each box, the length of the longest path from it.
    height: Vec<u32>,
}

impl<'a> Lines<'a> {
    /// Finds the longest paths of `input`, if there are containers.
    pub fn new(input: &'a Input, tree: &Tree) -> Self {
        if tree.levels() == ROOT + 1 {
            return Self::default();
        }
        let boxes = input.sizes.len();
        let nets = input.sources.iter().zip(input.starts.windows(2)).zip(0..);
        let sound = nets.filter(|((source, _), _)| (**source as usize) < boxes);
        let by_source = Csr::group(boxes, sound.map(|((&source, _), net)| (source, net)));
        let each_target = |source: usize, tell: &mut dyn FnMut(usize)| {
            for &net in by_source.row(source as u32) {
                let end = (input.starts[net as usize + 1] as usize).min(input.targets.len());
                let start = (input.starts[net as usize] as usize).min(end);
                let targets = input.targets[start..end].iter().map(|&target| target as usize);
                targets.filter(|&target| target > source && target < boxes).for_each(&mut *tell);
            }
        };
        let (mut depth, mut height) = (vec![0; boxes], vec![0; boxes]);
        for source in 0..boxes {
            let next = depth[source] + 1;
            each_target(source, &mut |target| depth[target] = depth[target].max(next));
        }
        for source in (0..boxes).rev() {
            let mut most = 0;
            each_target(source, &mut |target| most = most.max(height[target] + 1));
            height[source] = most;
        }
        Self { sources: &input.sources, depth, height }
    }

    fn source(&self, net: u32) -> u32 {
        self.sources[net as usize]
    }

    fn depth(&self, net: u32) -> u32 {
        self.depth[self.source(net) as usize]
    }

    /// The length of the longest path to `node`.
    pub fn reach(&self, node: u32) -> u32 {
        self.depth.get(node as usize).copied().unwrap_or(0)
    }

    fn height(&self, node: u32) -> u32 {
        self.height.get(node as usize).copied().unwrap_or(0)
    }
}
