//! P5 and P6: the heights of rows, and the curves of the edges.
//!
//! Edges run vertically through rows and bend only in the gaps between them, so that none can touch a box that is not
//! its own.

use super::acyclic::Dag;
use super::dummy::{Layered, Trunk};
use super::frame::Frame;
use super::graph::{Csr, Graph, NONE};
use super::lanes;
use super::pen::Pen;
use super::{Direction, Options, Rect, Size};

/// A gap between rows grows by this much for every pixel that an edge runs sideways in it, beyond `LEVEL` pixels.
const SLOPE: f64 = 0.05;
const LEVEL: f64 = 150.0;
/// The part of a box's width that the ends of its edges may spread over.
const SPREAD: f64 = 0.8;
/// Positions this near to one another are in one line, pixels.
const STRAIGHT: f64 = 0.5;

/// A component, drawn: boxes and paths are numbered as in [`Graph`].
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// The boxes.
    pub rects: Vec<Rect>,
    /// The paths; of each its net and its leg, which is `NONE` for a trunk.
    pub pen: Pen,
    /// The extent.
    pub size: Size,
}

/// A component with all that was found out about it.
pub(super) struct Stage<'a> {
    /// The boxes and nets.
    pub graph: &'a Graph,
    /// Which edges go back.
    pub dag: &'a Dag,
    /// The ranks and trunks.
    pub layered: &'a Layered,
    /// The order.
    pub frame: &'a Frame,
}

/// Draws a component, the vertices of whose frame stand at `x`; the boxes of a row on a line if `flush`, else centred.
/// Ports to the bottom border are at least `high` below the top.
pub(super) fn route(stage: &Stage, x: &[f64], flush: bool, high: f64, options: &Options) -> Drawing {
    let Stage { graph, dag, layered, frame } = *stage;
    let mut x: Vec<f64> = frame.slot.iter().map(|&slot| x[slot as usize]).collect();
    let mut lanes = lanes::lanes(graph, layered, frame, &x, options);
    dock(graph, layered, &lanes, &mut x);
    let width = settle(graph, layered, &mut x, &mut lanes);
    let mut router = Router {
        graph,
        dag,
        layered,
        flush,
        edge_gap: options.edge_gap,
        rows: Vec::new(),
        x: &x,
        lanes: &lanes,
        start: vec![0.0; graph.nets.len()],
        end: vec![0.0; graph.targets.len()],
    };
    router.starts();
    router.ends();
    router.rows = router.rows(high, options);
    let mut pen = Pen::default();
    let mut trunks = (0..).zip(&layered.trunks).peekable();
    for source in 0..graph.len() {
        for net in graph.nets_of(source) {
            while let Some(trunk) = trunks.next_if(|trunk| trunk.1.net as usize == net) {
                if trunk.1.legs > 1 {
                    router.leave(&mut pen, source, net, NONE);
                    router.follow(&mut pen, source, trunk);
                    pen.end();
                }
            }
            router.legs(&mut pen, source, net);
        }
    }
    let size = Size { w: width, h: router.rows.last().map_or(0.0, |row| row.1) };
    Drawing { rects: (0..graph.len()).map(|node| router.rect(node)).collect(), pen, size }
}

/// Moves everything such that the left end is 0, and gives the right end.
fn settle(graph: &Graph, layered: &Layered, x: &mut [f64], lanes: &mut [f64]) -> f64 {
    let half = |vertex: usize| graph.sizes.get(vertex).map_or(0.0, |size| size.w / 2.0);
    let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
    for (vertex, &x) in x.iter().enumerate() {
        left = left.min(x - half(vertex));
        right = right.max(x + half(vertex));
    }
    let in_lane = |at: usize| layered.trunks[at].base == NONE;
    for (_, &lane) in lanes.iter().enumerate().filter(|&(at, _)| in_lane(at)) {
        left = left.min(lane);
        right = right.max(lane);
    }
    x.iter_mut().chain(lanes).for_each(|x| *x -= left);
    right - left
}

/// Moves the ports of trunks in lanes to where these are.
fn dock(graph: &Graph, layered: &Layered, lanes: &[f64], x: &mut [f64]) {
    let in_lane = |trunk: u32| layered.trunks.get(trunk as usize).is_some_and(|trunk| trunk.base == NONE);
    for source in 0..graph.ins {
        let trunk = graph.legs_from(source).map(|leg| layered.trunk_of[leg]).find(|&trunk| in_lane(trunk));
        if let Some(trunk) = trunk {
            x[source as usize] = lanes[trunk as usize];
        }
    }
    for (&target, &trunk) in graph.targets.iter().zip(&layered.trunk_of) {
        if graph.goes_out(target) && in_lane(trunk) {
            x[target as usize] = lanes[trunk as usize];
        }
    }
}

struct Router<'a> {
    graph: &'a Graph,
    dag: &'a Dag,
    layered: &'a Layered,
    flush: bool,
    /// Of each vertex its centre.
    x: &'a [f64],
    /// Of each trunk in a lane, where that is.
    lanes: &'a [f64],
    edge_gap: f64,
    /// The top and bottom of each row.
    rows: Vec<(f64, f64)>,
    /// Of each net, where it leaves its source.
    start: Vec<f64>,
    /// Of each leg, where it arrives.
    end: Vec<f64>,
}

impl Router<'_> {
    fn rank(&self, node: u32) -> u32 {
        self.layered.rank[node as usize]
    }

    fn trunk(&self, leg: usize) -> Option<(u32, &Trunk)> {
        let trunk = self.layered.trunk_of[leg];
        self.layered.trunks.get(trunk as usize).map(|shape| (trunk, shape))
    }

    /// Where a trunk passes `rank`.
    fn along(&self, (at, trunk): (u32, &Trunk), rank: u32) -> f64 {
        match trunk.base {
            NONE => self.lanes[at as usize],
            base => self.x[(base + rank - trunk.top) as usize],
        }
    }

    /// Where a leg goes first from its source.
    fn first(&self, leg: usize) -> f64 {
        match self.trunk(leg) {
            None => self.x[self.graph.targets[leg] as usize] + self.graph.arrives_at(leg).unwrap_or(0.0),
            Some(trunk) if trunk.1.back => self.along(trunk, trunk.1.bottom - 1),
            Some(trunk) => self.along(trunk, trunk.1.top),
        }
    }

    /// Where a leg of `net` comes from in the end.
    fn last(&self, net: usize, leg: usize) -> f64 {
        let rank = self.rank(self.graph.targets[leg]);
        match self.trunk(leg) {
            None => self.start[net],
            Some(trunk) if trunk.1.back => self.along(trunk, rank),
            Some(trunk) => self.along(trunk, rank - 1),
        }
    }

    /// Spreads the nets of each box over its bottom side.
    fn starts(&mut self) {
        let mut sides = Vec::new();
        for source in 0..self.graph.len() {
            let (centre, width) = (self.x[source as usize], self.graph.sizes[source as usize].w);
            sides.clear();
            for net in self.graph.nets_of(source) {
                if let Some(at) = self.graph.leaves_at(net) {
                    self.start[net] = centre + at;
                    continue;
                }
                let legs = self.graph.legs_of(net);
                let straight = legs.clone().any(|leg| (self.first(leg) - centre).abs() < STRAIGHT);
                let mean = legs.clone().map(|leg| self.first(leg)).sum::<f64>() / legs.len() as f64;
                sides.push((if straight { centre } else { mean }, net as u32));
            }
            spread(&mut sides, centre, width, self.edge_gap, &mut self.start);
        }
    }

    /// Spreads the legs that arrive at each box over its top side.
    fn ends(&mut self) {
        let graph = self.graph;
        let mut net_of = vec![0; graph.targets.len()];
        for net in 0..graph.nets.len() {
            net_of[graph.legs_of(net)].fill(net);
        }
        let arriving = Csr::group(graph.boxes.len(), graph.targets.iter().zip(0..).map(|(&to, leg)| (to, leg)));
        let mut sides = Vec::new();
        for target in 0..graph.len() {
            let (centre, width) = (self.x[target as usize], graph.sizes[target as usize].w);
            sides.clear();
            for &leg in arriving.row(target) {
                match self.graph.arrives_at(leg as usize) {
                    Some(at) => self.end[leg as usize] = centre + at,
                    None => sides.push((self.last(net_of[leg as usize], leg as usize), leg)),
                }
            }
            spread(&mut sides, centre, width, self.edge_gap, &mut self.end);
        }
    }

    /// The top and bottom of each row: as high as its highest box. Gaps grow with how far edges run sideways in them.
    fn rows(&self, high: f64, options: &Options) -> Vec<(f64, f64)> {
        let (graph, layered) = (self.graph, self.layered);
        let (mut height, mut sideways) = (vec![0.0f64; layered.ranks as usize], vec![0.0f64; layered.ranks as usize]);
        for (size, &rank) in self.graph.sizes.iter().zip(&layered.rank) {
            height[rank as usize] = height[rank as usize].max(size.h);
        }
        for (at, edge) in layered.edges.iter().enumerate() {
            let gap = &mut sideways[layered.rank[edge.upper as usize] as usize];
            let [upper, lower] = layered.ends.get(at).copied().unwrap_or_default();
            *gap = gap.max((self.x[edge.upper as usize] + upper - self.x[edge.lower as usize] - lower).abs());
        }
        let last = height.len() - 1;
        if graph.ins > 0 && options.direction == Direction::Down {
            height[0] = options.header;
        }
        let mut top = 0.0f64;
        let rows = height.iter().zip(&sideways).enumerate().map(|(rank, (height, sideways))| {
            if rank == last && graph.outs > 0 {
                top = top.max(high);
            }
            let row = (top, top + height);
            let to_port = (rank == 0 && graph.ins > 0) || (rank + 1 == last && graph.outs > 0);
            let gap = if to_port { sideways.min(options.rank_gap).max(options.pad) } else { options.rank_gap };
            top = row.1 + gap + ((sideways - LEVEL) * SLOPE).clamp(0.0, 2.0 * options.rank_gap);
            row
        });
        rows.collect()
    }

    fn rect(&self, node: u32) -> Rect {
        let Size { w, h } = self.graph.sizes[node as usize];
        let (top, bottom) = self.rows[self.rank(node) as usize];
        let room = if self.flush || self.graph.comes_in(node) { 0.0 } else { bottom - top - h };
        Rect { x: self.x[node as usize] - w / 2.0, y: top + room / 2.0, w, h }
    }

    /// Draws the legs of `net`; those that share a trunk begin on it.
    fn legs(&self, pen: &mut Pen, source: u32, net: usize) {
        for leg in self.graph.legs_of(net) {
            let rank = self.rank(self.graph.targets[leg]);
            match self.trunk(leg) {
                Some(trunk) if trunk.1.legs > 1 && trunk.1.back => {
                    pen.begin(net, leg as u32, self.along(trunk, rank), self.rows[rank as usize].0);
                }
                Some(trunk) if trunk.1.legs > 1 => {
                    pen.begin(net, leg as u32, self.along(trunk, rank - 1), self.rows[rank as usize - 1].1);
                }
                Some(trunk) => {
                    self.leave(pen, source, net, leg as u32);
                    self.follow(pen, source, trunk);
                }
                None => self.leave(pen, source, net, leg as u32),
            }
            self.arrive(pen, leg);
        }
    }

    /// Begins a path at `source` and goes down to the gap below it.
    fn leave(&self, pen: &mut Pen, source: u32, net: usize, leg: u32) {
        let rect = self.rect(source);
        pen.begin(net, leg, self.start[net], rect.y + rect.h);
        pen.vertical(self.rows[self.rank(source) as usize].1);
    }

    /// Goes along `trunk` to its last row: for one that runs down, to the bottom of the row; else to its top.
    fn follow(&self, pen: &mut Pen, source: u32, trunk: (u32, &Trunk)) {
        let Trunk { top, bottom, back, .. } = *trunk.1;
        if back {
            let from = self.rank(source);
            pen.turn(self.along(trunk, from), self.rows[from as usize + 1].0 - self.rows[from as usize].1);
            for rank in (top + 1..=from).rev() {
                pen.across(self.along(trunk, rank), self.rows[rank as usize].1);
                pen.vertical(self.rows[rank as usize].0);
            }
        } else {
            for rank in top..=bottom {
                pen.across(self.along(trunk, rank), self.rows[rank as usize].0);
                pen.vertical(self.rows[rank as usize].1);
            }
        }
    }

    /// Ends a path at the target of `leg`.
    fn arrive(&self, pen: &mut Pen, leg: usize) {
        let target = self.graph.targets[leg];
        let rank = self.rank(target) as usize;
        if self.dag.back[leg] {
            pen.turn(self.end[leg], self.rows[rank - 1].1 - self.rows[rank].0);
        } else {
            pen.across(self.end[leg], self.rows[rank].0);
        }
        pen.vertical(self.rect(target).y);
        pen.end();
    }
}

/// Gives each of `sides` (where it comes from or goes to, and its index in `out`) a point of its own on the side of a
/// box, in order. One that is in line with the box stays so, and the others go beside it; otherwise all are centred.
fn spread(sides: &mut [(f64, u32)], centre: f64, width: f64, gap: f64, out: &mut [f64]) {
    sides.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let last = sides.len().saturating_sub(1) as f64;
    let mut straight = (0..sides.len()).filter(|&at| (sides[at].0 - centre).abs() < STRAIGHT);
    let middle = straight.next().map_or(last / 2.0, |at| (at + straight.count() / 2) as f64);
    let room = width * SPREAD / 2.0;
    let step = gap.min(room / middle.max(last - middle).max(1.0));
    for (at, &(_, index)) in sides.iter().enumerate() {
        out[index as usize] = centre + (at as f64 - middle) * step;
    }
}
