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
mod crossings;
mod dummy;
mod frame;
mod graph;
mod lanes;
mod order;
mod pack;
mod pen;
mod place;
mod rank;
mod relax;
mod route;
mod spine;
mod squeeze;
mod sweep;

use graph::{Graph, NONE};
use route::Drawing;

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
}

impl Default for Options {
    fn default() -> Self {
        Self { direction: Direction::Down, node_gap: 20.0, edge_gap: 10.0, rank_gap: 28.0 }
    }
}

/// Where everything is.
///
/// A net is drawn as a tree: its trunk once, and a leg for each target that branches off the trunk (or starts at the
/// source). A *path* is a chain of cubic Bézier curves: a start point, then three points (control, control, end) for
/// each curve; a straight stretch is a curve whose controls lie on it. Trunk paths come before the legs of their net.
///
/// A leg that has its trunk for itself is drawn in one with it, from the source on, so such a net has no trunk path. A
/// target that repeats within a net is drawn once, at its first index. Paths leave boxes at the bottom and arrive at
/// the top (with [`Direction::Right`]: at the right, and at the left), and run that way only, except those that close a
/// cycle.
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
    /// trunk.
    pub path_target: Vec<u32>,
    /// The right and bottom ends of the drawing; the left and top ends are 0.
    pub size: Size,
}

/// Lays `input` out. Never fails: edges to boxes that do not exist are left out, and sizes that are no numbers count as
/// 0.
pub fn layout(input: &Input, options: &Options) -> Layout {
    let flip = options.direction == Direction::Right;
    let options = sound(options);
    let (graphs, isolated) = graph::components(input, flip);
    let drawings: Vec<Drawing> = graphs.iter().map(|graph| draw(graph, &options)).collect();
    assemble(input, &options, &graphs, &drawings, &isolated)
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
    }
}

/// The pipeline, for one component.
fn draw(graph: &Graph, options: &Options) -> Drawing {
    let dag = acyclic::Dag::new(graph);
    let depth = rank::depths(&dag);
    let ranks = rank::ranks(graph, &dag, &depth);
    let layered = dummy::Layered::new(graph, &dag, &spine::Spine::new(&dag, &depth), ranks);
    let order = order::Order::new(&layered);
    let frame = frame::Frame::new(graph, &layered, order, options);
    // Trees that run to the right read like an outline.
    let tree = graph.targets.len() + 1 == graph.boxes.len() && (0..graph.len()).all(|node| dag.pred.len(node) <= 1);
    let outline = tree && options.direction == Direction::Right;
    let x = if outline {
        place::place_tree(&frame)
    } else {
        let mut x = place::place(&frame);
        relax::relax(&frame, &mut x);
        squeeze::squeeze(&frame, &mut x);
        x
    };
    let stage = route::Stage { graph, dag: &dag, layered: &layered, frame: &frame };
    route::route(&stage, &x, outline, options)
}

/// Puts the drawings of components and the boxes without edges side by side.
fn assemble(input: &Input, options: &Options, graphs: &[Graph], drawings: &[Drawing], isolated: &[u32]) -> Layout {
    let flip = options.direction == Direction::Right;
    let loose: Vec<Size> = isolated.iter().map(|&node| graph::sound(input.sizes[node as usize], flip)).collect();
    let (cells, grid) = pack::grid(&loose, options.node_gap, pack::aspect(flip));
    let mut sizes: Vec<Size> = drawings.iter().map(|drawing| drawing.size).collect();
    if !loose.is_empty() {
        sizes.push(grid);
    }
    let (corners, all) = pack::pack(&sizes, 2.0 * options.node_gap, pack::aspect(flip));
    let mut layout = Layout { rects: vec![Rect::default(); input.sizes.len()], ..Layout::default() };
    let turned = |x: f64, y: f64| if flip { Point { x: y, y: x } } else { Point { x, y } };
    let place = |x: f64, y: f64, w: f64, h: f64| {
        let (corner, size) = (turned(x, y), turned(w, h));
        Rect { x: corner.x, y: corner.y, w: size.x, h: size.y }
    };
    for ((graph, Drawing { rects, pen, .. }), &(left, top)) in graphs.iter().zip(drawings).zip(&corners) {
        for (&node, rect) in graph.boxes.iter().zip(rects) {
            layout.rects[node as usize] = place(left + rect.x, top + rect.y, rect.w, rect.h);
        }
        let before = layout.points.len() as u32;
        layout.path_starts.extend(pen.starts.iter().map(|start| before + start));
        layout.path_net.extend(pen.net.iter().map(|&net| graph.nets[net as usize]));
        let target = |leg: u32| if leg == NONE { u32::MAX } else { graph.indices[leg as usize] };
        layout.path_target.extend(pen.leg.iter().map(|&leg| target(leg)));
        layout.points.extend(pen.points.iter().map(|point| turned(left + point.x, top + point.y)));
    }
    if let (false, Some(&(left, top))) = (loose.is_empty(), corners.last()) {
        for ((&node, size), (x, y)) in isolated.iter().zip(&loose).zip(cells) {
            layout.rects[node as usize] = place(left + x, top + y, size.w, size.h);
        }
    }
    layout.path_starts.push(layout.points.len() as u32);
    let end = turned(all.w, all.h);
    layout.size = Size { w: end.x, h: end.y };
    layout
}
