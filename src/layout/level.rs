//! One level of a drawing: boxes and nets that are laid out by themselves.
//!
//! A level is the inside of a container, or what no container contains. All is seen as if edges ran down. Nets that
//! cross the container's border have a *port* there, a box without extent: those that come in are the first row and
//! stand on the top border, those that go out are the last row and stand on the bottom border. On a box that is a
//! container, the ends of such nets are fixed, where its own level has the port.

use super::frame::Frame;
use super::graph::{self, Graph, NONE};
use super::route::{self, Drawing};
use super::{Direction, Options, Point, Rect, Size};
use super::{acyclic, dummy, order, pack, place, rank, relax, spine, squeeze, toil};
use std::ops::Range;

/// The end of an edge that is not fixed.
pub(super) const FREE: f64 = f64::INFINITY;

/// So many ways to divide what comes in beside the main line between its left and its right are tried.
const TRIES: u32 = 4;

/// What is to be laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Level {
    /// The boxes: `ins` ports, the members in file order, and `outs` ports.
    pub sizes: Vec<Size>,
    /// How many nets come in.
    pub ins: u32,
    /// How many of those, the first ones, lead to the main line.
    pub leading: u32,
    /// Whether several sides of the main line are tried for what comes in beside it.
    pub thorough: bool,
    /// How many nets go out.
    pub outs: u32,
    /// Of each net, its source.
    pub sources: Vec<u32>,
    /// Of each net, where its targets begin in `targets`; one more entry than nets.
    pub starts: Vec<u32>,
    /// The targets of all nets, each once.
    pub targets: Vec<u32>,
    /// Of each net, how far right of its source's centre it leaves, or [`FREE`].
    pub leave: Vec<f64>,
    /// Of each target, how far right of its centre the net arrives, or [`FREE`].
    pub arrive: Vec<f64>,
    /// Of each box that is a container, the net that enters it on its main line; `NONE` for others. Empty if there are
    /// no containers.
    pub main: Vec<u32>,
    /// The least size of the container; nothing where there is none.
    pub least: Option<Size>,
}

/// A level, laid out. The left top corner of the container, or of the whole, is the origin.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    /// The boxes.
    pub rects: Vec<Rect>,
    /// Of each path, where its points begin; one more entry than paths.
    pub starts: Vec<u32>,
    /// The points of all paths.
    pub points: Vec<Point>,
    /// Of each path, the net of the level.
    pub net: Vec<u32>,
    /// Of each path, the index in [`Level::targets`] where it ends, or `NONE` for a trunk.
    pub leg: Vec<u32>,
    /// The extent.
    pub size: Size,
}

/// What a container keeps free inside its border.
#[derive(Clone, Copy, Debug, Default)]
struct Inset {
    left: f64,
    top: f64,
    pad: f64,
}

impl Inset {
    fn new(level: &Level, options: &Options) -> Self {
        let Options { header, pad, direction, .. } = *options;
        match direction {
            _ if level.least.is_none() => Self::default(),
            Direction::Down => Self { left: pad, top: header + pad, pad },
            Direction::Right => Self { left: header + pad, top: pad, pad },
        }
    }
}

impl Level {
    /// Lays the level out.
    pub fn draw(&self, options: &Options) -> Sheet {
        let inset = Inset::new(self, options);
        let least = self.least.unwrap_or_default();
        let flip = options.direction == Direction::Right;
        let (mut graphs, isolated) = graph::components(self);
        // What has ports reaches from border to border, all else stands beside it.
        let open = graphs.iter().position(|graph| graph.ins + graph.outs > 0).map(|at| graphs.remove(at));
        let mut first = open.as_ref().map(|graph| draw(graph, options, least.h));
        let drawings: Vec<Drawing> = graphs.iter().map(|graph| draw(graph, options, 0.0)).collect();
        let loose: Vec<Size> = isolated.iter().map(|&node| self.sizes[node as usize]).collect();
        let sizes = drawings.iter().map(|drawing| drawing.size);
        let aspect = first.as_ref().map_or(pack::aspect(flip), |first| {
            let room = (first.size.h - inset.top).max(1.0);
            let area = sizes.clone().chain(loose.iter().copied());
            area.map(|size| (size.w + options.node_gap) * (size.h + options.node_gap)).sum::<f64>() / (room * room)
        });
        let (cells, grid) = pack::grid(&loose, options.node_gap, aspect);
        let sizes: Vec<Size> = sizes.chain((!loose.is_empty()).then_some(grid)).collect();
        let (corners, rest) = pack::pack(&sizes, 2.0 * options.node_gap, aspect);

        let mut bottom = if sizes.is_empty() { 0.0 } else { inset.top + rest.h + inset.pad };
        bottom = bottom.max(least.h);
        if let (Some(first), Some(graph)) = (&mut first, &open) {
            let top = if graph.ins > 0 { 0.0 } else { inset.top };
            if graph.outs > 0 && top + first.size.h < bottom {
                *first = draw(graph, options, bottom - top);
            }
        }
        let mut sheet = Sheet { rects: vec![Rect::default(); self.sizes.len()], ..Sheet::default() };
        let wide = first.as_ref().map_or(0.0, |first| first.size.w);
        let gap = if first.is_some() && !sizes.is_empty() { 2.0 * options.node_gap } else { 0.0 };
        let width = inset.left + wide + gap + rest.w + inset.pad;
        let left = inset.left + (least.w - width).max(0.0) / 2.0;
        if let (Some(first), Some(graph)) = (first, open) {
            let top = if graph.ins > 0 { 0.0 } else { inset.top };
            let below = if graph.outs > 0 { 0.0 } else { inset.pad };
            bottom = bottom.max(top + first.size.h + below);
            sheet.add(&graph, first, Point { x: left, y: top });
        }
        let corner = |at: &(f64, f64)| Point { x: left + wide + gap + at.0, y: inset.top + at.1 };
        for ((graph, drawing), at) in graphs.iter().zip(drawings).zip(&corners) {
            sheet.add(graph, drawing, corner(at));
        }
        if let (false, Some(at)) = (loose.is_empty(), corners.last()) {
            let Point { x, y } = corner(at);
            for ((&node, size), cell) in isolated.iter().zip(&loose).zip(cells) {
                sheet.rects[node as usize] = Rect { x: x + cell.0, y: y + cell.1, w: size.w, h: size.h };
            }
        }
        sheet.starts.push(sheet.points.len() as u32);
        sheet.size = Size { w: width.max(least.w), h: bottom };
        sheet
    }
}

impl Sheet {
    /// Puts a component down with its left top corner at `corner`.
    fn add(&mut self, graph: &Graph, drawing: Drawing, corner: Point) {
        let Drawing { rects, pen, .. } = drawing;
        for (&node, rect) in graph.boxes.iter().zip(rects) {
            self.rects[node as usize] = Rect { x: corner.x + rect.x, y: corner.y + rect.y, ..rect };
        }
        let before = self.points.len() as u32;
        self.starts.extend(pen.starts.iter().map(|start| before + start));
        self.net.extend(pen.net.iter().map(|&net| graph.nets[net as usize]));
        self.leg.extend(pen.leg.iter().map(|&leg| if leg == NONE { NONE } else { graph.indices[leg as usize] }));
        if before == 0 {
            self.points = pen.points;
        } else {
            self.points.extend(pen.points);
        }
        if corner != Point::default() {
            for point in &mut self.points[before as usize..] {
                *point = Point { x: corner.x + point.x, y: corner.y + point.y };
            }
        }
    }
}

/// The pipeline, for one component; one with ports to the bottom border is at least `high`.
fn draw(graph: &Graph, options: &Options, high: f64) -> Drawing {
    let dag = acyclic::Dag::new(graph);
    let depth = rank::depths(&dag);
    let ranks = rank::ranks(graph, &dag, &depth);
    let layered = dummy::Layered::new(graph, &dag, &spine::Spine::new(graph, &dag, &depth), ranks);
    // Trees that run to the right read like an outline.
    let tree = graph.targets.len() + 1 == graph.boxes.len() && (0..graph.len()).all(|node| dag.pred.len(node) <= 1);
    let outline = tree && graph.is_plain() && options.direction == Direction::Right;
    let mut best = arrange(graph, &layered, None, outline, options);
    let aside = graph.ins - graph.leading;
    if graph.leading > 0 && aside > 0 {
        // What comes in beside the main line stands on its right; perhaps some or all of it is better on its left.
        let tries = if graph.thorough { TRIES.min(aside) } else { 0 };
        for left in (1..=tries).map(|step| graph.leading..graph.leading + aside * step / tries) {
            let other = arrange(graph, &layered, Some(left), outline, options);
            if other.toil < best.toil {
                best = other;
            }
        }
    }
    let Arrangement { frame, x, .. } = best;
    let stage = route::Stage { graph, dag: &dag, layered: &layered, frame: &frame };
    route::route(&stage, &x, outline, high, options)
}

/// Where the vertices of a component stand.
struct Arrangement {
    frame: Frame,
    x: Vec<f64>,
    /// How hard it is to follow, if there are ports.
    toil: f64,
}

/// Orders the vertices of `layered` and places them; with the ports in `left` on the left of the main line, if there
/// are any.
fn arrange(
    graph: &Graph,
    layered: &dummy::Layered,
    left: Option<Range<u32>>,
    outline: bool,
    options: &Options,
) -> Arrangement {
    let (order, crossings) = order::Order::new(graph, layered, left);
    let frame = Frame::new(graph, layered, order, options);
    if outline {
        let x = place::place_tree(&frame);
        return Arrangement { frame, x, toil: 0.0 };
    }
    let mut x = place::place(&frame);
    relax::relax(&frame, &mut x);
    squeeze::squeeze(&frame, &mut x);
    let toil = if graph.ins > 0 { toil::toil(graph, &frame, &x, crossings) } else { 0.0 };
    Arrangement { frame, x, toil }
}
