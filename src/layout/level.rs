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
    /// The boxes that are containers, in ascending order.
    pub containers: Vec<u32>,
    /// Of each container, how long the longest path within it is, in boxes.
    pub spans: Vec<u32>,
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
    fn is_container(&self, node: u32) -> bool {
        self.containers.binary_search(&node).is_ok()
    }

    /// Lays the level out.
    pub fn draw(&self, options: &Options) -> Sheet {
        let inset = Inset::new(self, options);
        let least = self.least.unwrap_or_default();
        let (mut graphs, isolated) = graph::components(self);
        // What has ports reaches from border to border, all else stands beside it.
        let open = graphs.iter().position(|graph| graph.ins + graph.outs > 0).map(|at| graphs.remove(at));
        let mut first = open.as_ref().map(|graph| draw(graph, options, least.h));
        let rest = Rest::new(self, graphs, &isolated, first.as_ref().map(|first| first.size.h - inset.top), options);

        let mut bottom = least.h.max(if rest.size.h > 0.0 { inset.top + rest.size.h + inset.pad } else { 0.0 });
        if let (Some(first), Some(graph)) = (&mut first, &open) {
            let top = if graph.ins > 0 { 0.0 } else { inset.top };
            if graph.outs > 0 && top + first.size.h < bottom {
                *first = draw(graph, options, bottom - top);
            }
        }
        let wide = first.as_ref().map_or(0.0, |first| first.size.w);
        let gap = if first.is_some() && rest.size.w > 0.0 { 2.0 * options.node_gap } else { 0.0 };
        let width = inset.left + wide + gap + rest.size.w + inset.pad;
        let left = inset.left + (least.w - width).max(0.0) / 2.0;
        let mut sheet = Sheet { rects: vec![Rect::default(); self.sizes.len()], ..Sheet::default() };
        if let (Some(first), Some(graph)) = (first, open) {
            let top = if graph.ins > 0 { 0.0 } else { inset.top };
            let below = if graph.outs > 0 { 0.0 } else { inset.pad };
            bottom = bottom.max(top + first.size.h + below);
            sheet.add(&graph, first, Point { x: left, y: top });
        }
        rest.put(self, &mut sheet, Point { x: left + wide + gap, y: inset.top });
        sheet.starts.push(sheet.points.len() as u32);
        sheet.size = Size { w: width.max(least.w), h: bottom };
        sheet
    }
}

/// What stands in a level by itself: components, containers without edges, and a grid of other boxes without edges.
struct Rest {
    drawings: Vec<(Graph, Drawing)>,
    /// Boxes without edges, with their places.
    boxes: Vec<(u32, Point)>,
    /// The places of the drawings.
    corners: Vec<Point>,
    size: Size,
}

impl Rest {
    /// Packs `graphs` and `isolated` boxes of `level`: about as high as the `room`, if that is given, else in a pleasant shape.
    fn new(level: &Level, graphs: Vec<Graph>, isolated: &[u32], room: Option<f64>, options: &Options) -> Self {
        let drawings: Vec<Drawing> = graphs.iter().map(|graph| draw(graph, options, 0.0)).collect();
        let (whole, loose): (Vec<u32>, Vec<u32>) = isolated.iter().partition(|node| level.is_container(**node));
        let sizes_of = |nodes: &[u32]| nodes.iter().map(|&node| level.sizes[node as usize]).collect::<Vec<Size>>();
        let (cells, mut sizes) = (sizes_of(&loose), drawings.iter().map(|drawing| drawing.size).collect::<Vec<Size>>());
        sizes.extend(sizes_of(&whole));
        let aspect = room.map_or(pack::aspect(options.direction == Direction::Right), |room| {
            let area = sizes.iter().chain(&cells).map(|size| (size.w + options.node_gap) * (size.h + options.node_gap));
            area.sum::<f64>() / room.max(1.0).powi(2)
        });
        let (cells, grid) = pack::grid(&cells, options.node_gap, aspect);
        sizes.extend((!loose.is_empty()).then_some(grid));
        let (corners, size) = pack::pack(&sizes, 2.0 * options.node_gap, aspect);
        let mut corners: Vec<Point> = corners.into_iter().map(|(x, y)| Point { x, y }).collect();
        let boxes = corners.split_off(drawings.len());
        let Point { x, y } = boxes.last().copied().unwrap_or_default();
        let in_grid = loose.into_iter().zip(cells.into_iter().map(|cell| Point { x: x + cell.0, y: y + cell.1 }));
        let boxes = whole.into_iter().zip(boxes).chain(in_grid).collect();
        Self { drawings: graphs.into_iter().zip(drawings).collect(), boxes, corners, size }
    }

    /// Puts all down on `sheet` with the left top corner at `origin`.
    fn put(self, level: &Level, sheet: &mut Sheet, origin: Point) {
        let at = |corner: Point| Point { x: origin.x + corner.x, y: origin.y + corner.y };
        for ((graph, drawing), corner) in self.drawings.into_iter().zip(self.corners) {
            sheet.add(&graph, drawing, at(corner));
        }
        for (node, corner) in self.boxes {
            let (Point { x, y }, Size { w, h }) = (at(corner), level.sizes[node as usize]);
            sheet.rects[node as usize] = Rect { x, y, w, h };
        }
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
