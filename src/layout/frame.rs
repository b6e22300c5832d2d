//! An ordered component, renumbered so that vertices next to one another in a row are next to one another in memory.

use super::Options;
use super::dummy::Layered;
use super::graph::{Csr, Graph};
use super::order::Order;

/// One side of the edges: the neighbours of each vertex, from left to right, and the class of the edge to each.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// The neighbours.
    pub near: Csr,
    /// The classes, along `near.items`.
    pub class: Vec<u8>,
    /// Along `near.items`, how far right of its neighbour a vertex has to stand for the edge to be straight; empty if
    /// no end of an edge is fixed.
    shift: Vec<f64>,
}

impl Links {
    /// How far right of its neighbour the vertex with the edge at `index` has to stand for that to be straight.
    pub fn shift(&self, index: usize) -> f64 {
        self.shift.get(index).copied().unwrap_or(0.0)
    }

    /// Of the edges of `vertex`, which stands at `x[vertex]`: the other end, the class, and how far right it would have
    /// to move for the edge to be straight.
    pub fn pulls<'a>(&'a self, vertex: u32, x: &'a [f64]) -> impl Iterator<Item = (u32, u8, f64)> + 'a {
        self.near.range(vertex).map(move |index| {
            let other = self.near.items[index];
            (other, self.class[index], x[other as usize] + self.shift(index) - x[vertex as usize])
        })
    }
}

/// The vertices, numbered by rank and then from left to right.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// Where each rank begins; one more entry than ranks.
    pub starts: Vec<u32>,
    /// Of each vertex, its index in [`Layered`].
    pub vertex: Vec<u32>,
    /// The inverse of `vertex`.
    pub slot: Vec<u32>,
    /// Half of each vertex's width; dummies have none.
    pub half: Vec<f64>,
    /// How far apart the centres of each vertex and its right neighbour have to be; infinite at the right end of a
    /// rank.
    pub apart: Vec<f64>,
    /// The edges to the rank above.
    pub up: Links,
    /// The edges to the rank below.
    pub down: Links,
}

impl Frame {
    /// Renumbers `layered` by `order`.
    pub fn new(graph: &Graph, layered: &Layered, order: Order, options: &Options) -> Self {
        let Order { rows, .. } = order;
        let vertex = rows.items;
        let mut slot = vec![0; vertex.len()];
        for (at, &vertex) in vertex.iter().enumerate() {
            slot[vertex as usize] = at as u32;
        }
        let half =
            vertex.iter().map(|&vertex| graph.sizes.get(vertex as usize).map_or(0.0, |size| size.w / 2.0)).collect();
        let mut frame = Self { starts: rows.starts, vertex, slot, half, ..Self::default() };
        frame.apart = frame.spaces(graph, options);
        frame.link(layered);
        frame
    }

    /// How many vertices there are.
    pub fn len(&self) -> usize {
        self.vertex.len()
    }

    /// The vertices of `rank`.
    pub fn rank(&self, rank: usize) -> std::ops::Range<u32> {
        self.starts[rank]..self.starts[rank + 1]
    }

    fn spaces(&self, graph: &Graph, options: &Options) -> Vec<f64> {
        let members = graph.ins..graph.len() - graph.outs;
        let mut apart = vec![f64::INFINITY; self.len()];
        for ends in self.starts.windows(2) {
            for at in (ends[0] as usize + 1)..ends[1] as usize {
                let gap = match (members.contains(&self.vertex[at - 1]), members.contains(&self.vertex[at])) {
                    (true, true) => options.node_gap,
                    (false, false) => options.edge_gap,
                    _ => (options.node_gap + options.edge_gap) / 2.0,
                };
                apart[at - 1] = self.half[at - 1] + self.half[at] + gap;
            }
        }
        apart
    }

    /// Fills in the edges, each row of them from left to right: grouping by one end while going through the other in
    /// order.
    fn link(&mut self, layered: &Layered) {
        let count = self.len();
        let upper = |edge: u32| (self.slot[layered.edges[edge as usize].upper as usize], edge);
        let edges = 0..layered.edges.len() as u32;
        let by_upper = if layered.ends.is_empty() {
            Csr::group(count, edges.map(upper))
        } else {
            let mut edges: Vec<u32> = edges.collect();
            edges.sort_by(|&a, &b| layered.ends[a as usize][0].total_cmp(&layered.ends[b as usize][0]));
            Csr::group(count, edges.into_iter().map(upper))
        };
        let ends = |edge: u32| {
            let edge = &layered.edges[edge as usize];
            (self.slot[edge.upper as usize], self.slot[edge.lower as usize])
        };
        let up = Csr::group(count, by_upper.items.iter().map(|&edge| (ends(edge).1, edge)));
        let down = Csr::group(count, up.items.iter().map(|&edge| (ends(edge).0, edge)));
        let fixed = !layered.ends.is_empty();
        let links = |edges: Csr, far: &dyn Fn(u32) -> u32, sign: f64| Links {
            class: edges.items.iter().map(|&edge| layered.edges[edge as usize].class).collect(),
            shift: edges
                .items
                .iter()
                .filter(|_| fixed)
                .map(|&edge| {
                    let [upper, lower] = layered.ends[edge as usize];
                    sign * (upper - lower)
                })
                .collect(),
            near: Csr { items: edges.items.iter().map(|&edge| far(edge)).collect(), starts: edges.starts },
        };
        let (up, down) = (links(up, &|edge| ends(edge).0, 1.0), links(down, &|edge| ends(edge).1, -1.0));
        (self.up, self.down) = (up, down);
    }
}
