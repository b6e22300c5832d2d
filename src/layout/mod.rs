//! Layered layout: sizes and edges in, coordinates and curves out.
//!
//! A linear-time Sugiyama pipeline (Gansner et al. 1993; Brandes & Köpf 2001 with the erratum arXiv 2008.01252) on flat
//! arrays, deterministic, without recursion. It knows nothing of models: nodes are boxes, and an edge is a *net*, one
//! source box whose value goes to any number of target boxes.
//!
//! Each connected component goes through these passes, and then all are packed (`pack`):
//!
//! | pass | module | result |
//! |---|---|---|
//! | P0 | `acyclic` | which edges go back; the rest as a graph of boxes |
//! | P1 | `rank` | the row of each box |
//! | P2 | `spine`, `dummy` | classes of edges; one trunk of dummies for each net's long edges, or a lane |
//! | P3 | `order`, `sweep`, `crossings` | the order within the rows |
//! | P4 | `frame`, `place`, `relax`, `squeeze` | where the vertices stand in their rows |
//! | P5, P6 | `lanes`, `route`, `pen` | heights of rows, places of lanes, curves |
//!
//! Coordinates are `f64` pixels, y downwards; `f32` is too coarse for graphs that are millions of pixels tall.

mod acyclic;
mod compound;
mod crossings;
mod dock;
mod dummy;
mod frame;
mod graph;
mod lanes;
mod level;
mod order;
mod pack;
mod pen;
mod place;
mod places;
mod rank;
mod relax;
mod route;
mod spine;
mod squeeze;
mod sweep;
mod toil;

pub use compound::{Memo, layout_with};

/// The way that edges run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From top to bottom.
    #[default]
    Down,
    /// From left to right.
    Right,
}

/// The size of a box in pixels, as drawn (whatever the direction).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// The width.
    pub w: f64,
    /// The height.
    pub h: f64,
}

/// A point in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Rightwards.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A box with its place: the top left corner and the size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// The left side.
    pub x: f64,
    /// The top side.
    pub y: f64,
    /// The width.
    pub w: f64,
    /// The height.
    pub h: f64,
}

/// What is to be laid out.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The boxes, in file order, which breaks ties.
    pub sizes: Vec<Size>,
    /// Of each net, the source box.
    pub sources: Vec<u32>,
    /// Of each net, where its targets begin in `targets`; one more entry than nets (CSR).
    pub starts: Vec<u32>,
    /// The target boxes of all nets.
    pub targets: Vec<u32>,
    /// Of each box, the box that contains it, `u32::MAX` for none; empty if no box contains another. A box that
    /// contains others is a *container*; it comes before its members, and its size is the least that it is to have.
    pub parents: Vec<u32>,
}

/// Spacing and direction.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The way that edges run.
    pub direction: Direction,
    /// Pixels between boxes of one row.
    pub node_gap: f64,
    /// Pixels between edges of one row.
    pub edge_gap: f64,
    /// Pixels between rows.
    pub rank_gap: f64,
    /// The height of the title bar at the top of a container, pixels.
    pub header: f64,
    /// Pixels between a container's sides, or its title bar, and its members.
    pub pad: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { direction: Direction::Down, node_gap: 20.0, edge_gap: 10.0, rank_gap: 28.0, header: 28.0, pad: 16.0 }
    }
}

/// Where everything is.
///
/// A net is drawn as a tree: its trunk once, and a leg for each target that branches off the trunk (or starts at the
/// source). A *path* is a chain of cubic Bézier curves: a start point, then three points (control, control, end) for
/// each curve; a straight stretch is a curve whose controls lie on it.
///
/// A leg that has its trunk for itself is drawn in one with it, from the source on, so such a net has no trunk path. A
/// target that repeats within a net is drawn once, at its first index. Paths leave boxes at the bottom and arrive at
/// the top (with [`Direction::Right`]: at the right, and at the left), and run that way only, except those that close a
/// cycle.
///
/// A net is cut where it crosses the border of a container: one path ends exactly where the next starts. It comes in at
/// the top border and goes out at the bottom border, likewise. Paths are ordered by container, the outer before
/// the inner, and there by net, the trunk before the legs.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The boxes.
    pub rects: Vec<Rect>,
    /// Of each path, where its points begin in `points`; one more entry than paths (CSR).
    pub path_starts: Vec<u32>,
    /// The points of all paths.
    pub points: Vec<Point>,
    /// Of each path, the net that it is part of.
    pub path_net: Vec<u32>,
    /// Of each path, the index in [`Input::targets`] of the target where it ends (an arrowhead); `u32::MAX` for a
    /// trunk, and for a path that ends at a border.
    pub path_target: Vec<u32>,
    /// The right and bottom ends of the drawing; the left and top ends are 0.
    pub size: Size,
}

/// Lays `input` out. Never fails: edges to boxes that do not exist are left out, and sizes that are no numbers count as
/// 0.
pub fn layout(input: &Input, options: &Options) -> Layout {
    layout_with(input, options, &mut Memo::default())
}

/// `options` with finite distances.
fn sound(options: &Options) -> Options {
    let distance = |length: f64, usual: f64| if length.is_finite() { length.clamp(0.0, 1000.0) } else { usual };
    let usual = Options::default();
    Options {
        direction: options.direction,
        node_gap: distance(options.node_gap, usual.node_gap),
        edge_gap: distance(options.edge_gap, usual.edge_gap),
        rank_gap: distance(options.rank_gap, usual.rank_gap),
        header: distance(options.header, usual.header),
        pad: distance(options.pad, usual.pad),
    }
}
