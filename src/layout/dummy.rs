//! P2: long edges become chains of dummies, one trunk for each source tensor; the very longest leave the rows for
//! lanes.

use super::acyclic::Dag;
use super::graph::{Graph, NONE};
use super::spine::{SIDE, Spine, TRUNK};

/// Dummies are cheap up to this number, whatever the size of the graph.
const FEW_DUMMIES: u64 = 20_000;

/// A net with so many groups of readers runs in a lane, if they are on average at least
/// this many ranks apart.
const BUS_READERS: u32 = 4;
const BUS_STRIDE: u32 = 12;

/// The shared part of a net's long edges: one vertex in each of a range of ranks.
///
/// A forward trunk begins a rank below its source and ends a rank above its last target. A back trunk begins a
/// rank above its topmost target and ends a rank below its source; both ends are turns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trunk {
    /// The net.
    pub net: u32,
    /// How many legs branch off.
    pub legs: u32,
    /// The first rank.
    pub top: u32,
    /// The last rank.
    pub bottom: u32,
    /// The vertex of the first rank, those of later ranks following; or `NONE` for a trunk in a lane beside the rows.
    pub base: u32,
    /// Whether it runs upwards.
    pub back: bool,
}

impl Trunk {
    /// The beginnings of a trunk.
    fn of(net: usize) -> Self {
        Self { net: net as u32, legs: 0, top: 0, bottom: 0, base: NONE, back: false }
    }
}

/// An edge between vertices of adjacent ranks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// The end in the higher row.
    pub upper: u32,
    /// The end in the lower row.
    pub lower: u32,
    /// How straight it is to be, see [`Spine`].
    pub class: u8,
}

/// A component whose edges in rows all join adjacent ranks. Vertices are the boxes, then the dummies.
#[derive(Debug, Default)]
pub(super) struct Layered {
    /// How many ranks there are.
    pub ranks: u32,
    /// Of each vertex its rank.
    pub rank: Vec<u32>,
    /// The edges, by their first end within boxes and within trunks.
    pub edges: Vec<Edge>,
    /// Of each edge, how far right of their vertices' centres its upper and its lower end are; empty if no end is
    /// fixed.
    pub ends: Vec<[f64; 2]>,
    /// The trunks, by net.
    pub trunks: Vec<Trunk>,
    /// Of each leg, the trunk that it branches off, or `NONE` where it starts at the source.
    pub trunk_of: Vec<u32>,
}

impl Layered {
    /// Cuts the edges of `graph`, whose boxes have `rank`s.
    pub fn new(graph: &Graph, dag: &Dag, spine: &Spine, mut rank: Vec<u32>) -> Self {
        shift(graph, dag, &mut rank);
        let limit = longest_in_rows(graph, dag, &rank);
        let mut layered = Self { trunk_of: vec![NONE; graph.targets.len()], rank, ..Self::default() };
        for source in 0..graph.len() {
            layered.direct(graph, dag, spine, source);
            for net in graph.nets_of(source) {
                layered.forward(graph, dag, spine, source, net, limit);
                layered.backward(graph, dag, source, net, limit);
            }
        }
        let deepest = layered.rank.iter().copied().max().unwrap_or(0);
        layered.ranks = layered.trunks.iter().map(|trunk| trunk.bottom).max().unwrap_or(0).max(deepest) + 1;
        layered
    }

    /// The edges from `source` to the next rank.
    fn direct(&mut self, graph: &Graph, dag: &Dag, spine: &Spine, source: u32) {
        let below = self.rank[source as usize] + 1;
        for net in graph.nets_of(source) {
            for leg in graph.legs_of(net) {
                let target = graph.targets[leg];
                if !dag.back[leg] && self.rank[target as usize] == below {
                    let edge = Edge { upper: source, lower: target, class: spine.class(source, target) };
                    self.edge(graph, edge, graph.leaves_at(net), graph.arrives_at(leg));
                }
            }
        }
    }

    /// Adds an edge, with fixed ends or ends in the middle of its vertices.
    fn edge(&mut self, graph: &Graph, edge: Edge, upper: Option<f64>, lower: Option<f64>) {
        self.edges.push(edge);
        if !(graph.leave.is_empty() && graph.arrive.is_empty()) {
            self.ends.push([upper.unwrap_or(0.0), lower.unwrap_or(0.0)]);
        }
    }

    /// The trunk for the long forward edges of `net`, in rows as far as `limit` dummies go, else in a lane.
    fn forward(&mut self, graph: &Graph, dag: &Dag, spine: &Spine, source: u32, net: usize, limit: u32) {
        let top = self.rank[source as usize] + 1;
        let legs = || graph.legs_of(net).filter(|&leg| !dag.back[leg]);
        let (mut near, mut far) = (top, top);
        let limit = if is_bus(legs().map(|leg| self.rank[graph.targets[leg] as usize])) { 0 } else { limit };
        for leg in legs() {
            let rank = self.rank[graph.targets[leg] as usize];
            far = far.max(rank);
            if rank - top <= limit {
                near = near.max(rank);
            }
        }
        if near > top {
            let (trunk, base) = self.trunk(Trunk { top, bottom: near - 1, ..Trunk::of(net) });
            let (mut first, mut inner) = (SIDE, TRUNK);
            for leg in legs() {
                let target = graph.targets[leg];
                let rank = self.rank[target as usize];
                if rank > top && rank <= near {
                    let class = spine.class(source, target);
                    let (above, below) = spine.continues(source, target);
                    first = first.max(if above { class.max(TRUNK) } else { class });
                    inner = inner.max(class);
                    let class = if below { class.max(TRUNK) } else { class };
                    self.branch(trunk, leg);
                    let edge = Edge { upper: base + rank - 1 - top, lower: target, class };
                    self.edge(graph, edge, None, graph.arrives_at(leg));
                }
            }
            self.edge(graph, Edge { upper: source, lower: base, class: first }, graph.leaves_at(net), None);
            self.chain(graph, trunk, inner);
        }
        if far > near {
            let trunk = self.lane(Trunk { top, bottom: far - 1, ..Trunk::of(net) });
            for leg in legs() {
                if self.rank[graph.targets[leg] as usize] > near {
                    self.branch(trunk, leg);
                }
            }
        }
    }

    /// The trunk for the edges of `net` that close cycles.
    fn backward(&mut self, graph: &Graph, dag: &Dag, source: u32, net: usize, limit: u32) {
        let legs = || graph.legs_of(net).filter(|&leg| dag.back[leg]);
        let Some(first) = legs().map(|leg| self.rank[graph.targets[leg] as usize]).min() else { return };
        let (top, bottom) = (first - 1, self.rank[source as usize] + 1);
        let outline = Trunk { top, bottom, back: true, ..Trunk::of(net) };
        if bottom - top >= limit {
            let trunk = self.lane(outline);
            legs().for_each(|leg| self.branch(trunk, leg));
            return;
        }
        let (trunk, base) = self.trunk(outline);
        let turn = Edge { upper: source, lower: base + bottom - top, class: SIDE };
        self.edge(graph, turn, graph.leaves_at(net), None);
        for leg in legs() {
            let target = graph.targets[leg];
            let upper = base + self.rank[target as usize] - 1 - top;
            self.edge(graph, Edge { upper, lower: target, class: SIDE }, None, graph.arrives_at(leg));
            self.branch(trunk, leg);
        }
        self.chain(graph, trunk, TRUNK);
    }

    /// Adds `trunk` with its dummies, and gives its index and its first dummy.
    fn trunk(&mut self, mut trunk: Trunk) -> (u32, u32) {
        trunk.base = self.rank.len() as u32;
        self.rank.extend(trunk.top..=trunk.bottom);
        self.trunks.push(trunk);
        (self.trunks.len() as u32 - 1, trunk.base)
    }

    /// Adds `trunk` without dummies, and gives its index.
    fn lane(&mut self, trunk: Trunk) -> u32 {
        self.trunks.push(trunk);
        self.trunks.len() as u32 - 1
    }

    /// Lets `leg` branch off `trunk`.
    fn branch(&mut self, trunk: u32, leg: usize) {
        self.trunk_of[leg] = trunk;
        self.trunks[trunk as usize].legs += 1;
    }

    /// The edges along a trunk.
    fn chain(&mut self, graph: &Graph, trunk: u32, class: u8) {
        let Trunk { top, bottom, base, .. } = self.trunks[trunk as usize];
        for upper in base..base + bottom - top {
            self.edge(graph, Edge { upper, lower: upper + 1, class }, None, None);
        }
    }
}

/// Whether targets of these ranks are many, and far apart: a table or mask that every layer of a model reads.
fn is_bus(ranks: impl Iterator<Item = u32> + Clone) -> bool {
    let first = ranks.clone().min().unwrap_or(0);
    let last = ranks.clone().max().unwrap_or(0);
    if last - first < BUS_READERS * BUS_STRIDE {
        return false;
    }
    // Readers that are near one another count as one.
    let mut strides: Vec<u32> = ranks.map(|rank| (rank - first) / BUS_STRIDE).collect();
    strides.sort_unstable();
    strides.dedup();
    strides.len() as u32 >= BUS_READERS && (last - first) / strides.len() as u32 >= BUS_STRIDE
}

/// Makes room above the topmost target of an edge that goes back.
fn shift(graph: &Graph, dag: &Dag, rank: &mut [u32]) {
    let turns = |leg: usize| dag.back[leg] && rank[graph.targets[leg] as usize] == 0;
    if (0..graph.targets.len()).any(turns) {
        rank.iter_mut().for_each(|rank| *rank += 1);
    }
}

/// The most dummies that a trunk may have, such that all together stay linear in the size of the graph.
fn longest_in_rows(graph: &Graph, dag: &Dag, rank: &[u32]) -> u32 {
    let mut lengths = Vec::new();
    for source in 0..graph.len() {
        let from = rank[source as usize];
        for net in graph.nets_of(source) {
            let (mut forward, mut back) = (0, 0);
            for leg in graph.legs_of(net) {
                let to = rank[graph.targets[leg] as usize];
                if dag.back[leg] {
                    back = back.max(from - to + 3);
                } else {
                    forward = forward.max(to - from - 1);
                }
            }
            lengths.extend([forward, back].into_iter().filter(|&length| length > 0));
        }
    }
    lengths.sort_unstable();
    let budget = FEW_DUMMIES.max(4 * (u64::from(graph.len()) + graph.targets.len() as u64));
    let mut shorter = 0;
    for (at, &length) in lengths.iter().enumerate() {
        let longer = (lengths.len() - at) as u64;
        if shorter + longer * u64::from(length) > budget {
            return ((budget - shorter) / longer) as u32;
        }
        shorter += u64::from(length);
    }
    u32::MAX
}
