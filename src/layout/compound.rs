//! Containers: boxes that others lie inside of.
//!
//! The inside of each container is a level of its own, laid out by the flat pipeline, from the innermost outwards. A
//! net that crosses a container's border is cut there: inside, it starts or ends at a port; outside, its end is fixed
//! where the inside has put the port. So the inside decides where its ports are, and the outside sees a box with edges
//! at given places.

mod memo;
mod pieces;
mod ports;
mod tree;

pub use memo::Memo;

use super::graph::{self, NONE};
use super::level::{FREE, Level};
use super::{Direction, Input, Layout, Options, Point, Rect, Size};
use memo::Known;
use pieces::Piece;
use ports::{Lines, Ports};
use std::sync::Arc;
use tree::{ROOT, Tree};

/// Up to this many boxes, there is time to try several ways to lay out each container.
const FEW: usize = 20_000;

/// As [`layout`](super::layout()), reusing what `memo` knows from earlier calls, and adding to it. The result is the
/// same with any memo.
pub fn layout_with(input: &Input, options: &Options, memo: &mut Memo) -> Layout {
    let options = super::sound(options);
    memo.prepare(&options);
    let tree = Tree::new(input.sizes.len(), &input.parents);
    let pieces = pieces::cut(input, &tree);
    let mut rest = pieces.as_slice();
    let lines = Lines::new(input, &tree);
    let flip = options.direction == Direction::Right;
    let mut nest = Nest { input, tree: &tree, flip, drawn: Vec::with_capacity(tree.levels() as usize) };
    for level in (0..tree.levels()).rev() {
        let (outer, own) = rest.split_at(rest.partition_point(|piece| piece.level < level));
        rest = outer;
        let ports = Ports::new(own, &lines, |node| nest.inside(node).map(|inside| &inside.ports));
        let mut plan = nest.plan(level, own, &ports);
        let members = tree.members.row(level);
        let reaches = || members.iter().map(|&node| nest.reach(node, &lines));
        plan.spans = members.iter().filter_map(|&node| nest.inside(node)).map(Drawn::span).collect();
        let reach =
            (reaches().map(|reach| reach.0).min().unwrap_or(0), reaches().map(|reach| reach.1).max().unwrap_or(0));
        nest.drawn.push(Drawn {
            reach,
            nets: own.chunk_by(|a, b| a.net == b.net).map(|legs| legs[0].net).collect(),
            indices: own.iter().map(|piece| piece.index).collect(),
            known: memo.draw(plan, &options),
            ports,
        });
    }
    nest.assemble()
}

/// A level that is laid out.
#[derive(Debug)]
struct Drawn {
    /// Of each of its nets, the net of the input.
    nets: Vec<u32>,
    /// Of each of its targets, the index in [`Input::targets`], or `NONE`.
    indices: Vec<u32>,
    ports: Ports,
    /// The lengths of the longest paths to the first and to the last of the boxes in it.
    reach: (u32, u32),
    known: Arc<Known>,
}

impl Drawn {
    /// How long the longest path within is, in boxes.
    fn span(&self) -> u32 {
        self.reach.1 - self.reach.0 + 1
    }

    /// The port where `net` comes in.
    fn entry(&self, net: u32) -> Option<Rect> {
        self.ports.entry(net).map(|port| self.known.sheet.rects[port.at as usize])
    }

    /// The port where `net` goes out.
    fn exit(&self, net: u32) -> Option<Rect> {
        let rects = &self.known.sheet.rects;
        let first = rects.len() - self.known.level.outs as usize;
        self.ports.exit(net).map(|port| rects[first + port.at as usize])
    }
}

/// The levels within one another.
struct Nest<'a> {
    input: &'a Input,
    tree: &'a Tree,
    flip: bool,
    /// The levels that are laid out, the last one first.
    drawn: Vec<Drawn>,
}

impl Nest<'_> {
    fn level(&self, level: u32) -> &Drawn {
        &self.drawn[(self.tree.levels() - 1 - level) as usize]
    }

    /// The inside of `node`, if it is a container.
    fn inside(&self, node: u32) -> Option<&Drawn> {
        let level = self.tree.inside[node as usize];
        (level != NONE).then(|| self.level(level))
    }

    /// The lengths of the longest paths to the first and to the last box in `node`, or to itself.
    fn reach(&self, node: u32, lines: &Lines) -> (u32, u32) {
        let own = lines.reach(node);
        self.inside(node).map_or((own, own), |inside| inside.reach)
    }

    /// What is to be laid out in `level`, which has the `pieces` and `ports`. The levels inside are laid out already.
    fn plan(&self, level: u32, pieces: &[Piece], ports: &Ports) -> Level {
        let (ins, outs) = (ports.ins.len() as u32, ports.outs.len() as u32);
        let members = self.tree.members.row(level);
        let first_out = ins + members.len() as u32;
        let mut sizes = vec![Size::default(); ins as usize];
        sizes.extend(members.iter().map(|&node| match self.inside(node) {
            Some(inside) => inside.known.sheet.size,
            None => graph::sound(self.input.sizes[node as usize], self.flip),
        }));
        sizes.resize((first_out + outs) as usize, Size::default());
        let owner = self.tree.owner[level as usize];
        let least = self.input.sizes.get(owner as usize).map(|&size| graph::sound(size, self.flip));
        let thorough = self.input.sizes.len() <= FEW;
        let leading = ports.leading;
        let mut plan = Level { sizes, ins, leading, thorough, outs, starts: vec![0], least, ..Level::default() };
        let index = |node: u32| ins + self.tree.index[node as usize];
        plan.containers =
            members.iter().filter(|&&node| self.inside(node).is_some()).map(|&node| index(node)).collect();
        if !plan.containers.is_empty() {
            plan.main = vec![NONE; plan.sizes.len()];
        }
        let aside = |port: Option<Rect>, node: u32| match port {
            Some(port) => port.x - self.inside(node).map_or(0.0, |inside| inside.known.sheet.size.w) / 2.0,
            None => FREE,
        };
        for legs in pieces.chunk_by(|a, b| a.net == b.net) {
            let Piece { net, source, .. } = legs[0];
            if source == NONE {
                plan.sources.push(ports.entry(net).map_or(0, |port| port.at));
                plan.leave.push(FREE);
            } else {
                plan.sources.push(index(source));
                plan.leave.push(aside(self.inside(source).and_then(|inside| inside.exit(net)), source));
            }
            for leg in legs {
                if leg.target == NONE {
                    plan.targets.push(first_out + ports.exit(net).map_or(0, |port| port.at));
                    plan.arrive.push(FREE);
                } else {
                    plan.targets.push(index(leg.target));
                    if self.inside(leg.target).is_some_and(|inside| inside.ports.main == net) {
                        plan.main[index(leg.target) as usize] = plan.sources.len() as u32 - 1;
                    }
                    plan.arrive.push(aside(self.inside(leg.target).and_then(|inside| inside.entry(net)), leg.target));
                }
            }
            plan.starts.push(plan.targets.len() as u32);
        }
        plan
    }

    /// Puts the levels together, the outer before the inner.
    fn assemble(&self) -> Layout {
        let count: usize = self.drawn.iter().map(|drawn| drawn.known.sheet.points.len()).sum();
        let mut layout = Layout { rects: vec![Rect::default(); self.input.sizes.len()], ..Layout::default() };
        layout.points.reserve_exact(count);
        for level in 0..self.tree.levels() {
            let owner = self.tree.owner[level as usize];
            let origin =
                layout.rects.get(owner as usize).map_or(Point::default(), |rect| Point { x: rect.x, y: rect.y });
            let Drawn { known, .. } = self.level(level);
            let members = self.tree.members.row(level);
            for (&node, rect) in members.iter().zip(&known.sheet.rects[known.level.ins as usize..]) {
                layout.rects[node as usize] = Rect { x: origin.x + rect.x, y: origin.y + rect.y, ..*rect };
            }
            self.draw(level, origin, &mut layout);
        }
        layout.path_starts.push(layout.points.len() as u32);
        layout.size = self.level(ROOT).known.sheet.size;
        if self.flip {
            turn(&mut layout);
        }
        layout
    }

    /// Adds the paths of `level`, whose boxes are in `layout`.
    fn draw(&self, level: u32, origin: Point, layout: &mut Layout) {
        let Drawn { nets, indices, known, .. } = self.level(level);
        let sheet = &known.sheet;
        let before = layout.points.len() as u32;
        layout.path_starts.extend(sheet.starts[..sheet.net.len()].iter().map(|start| before + start));
        layout.path_net.extend(sheet.net.iter().map(|&net| nets[net as usize]));
        layout.path_target.extend(sheet.leg.iter().map(|&leg| indices.get(leg as usize).copied().unwrap_or(NONE)));
        layout.points.extend(sheet.points.iter().map(|point| Point { x: origin.x + point.x, y: origin.y + point.y }));
        self.fasten(level, layout, before as usize);
    }

    /// Lets the paths of `level`, whose points begin at `before`, end exactly at the ports, where rounding has parted
    /// them.
    fn fasten(&self, level: u32, layout: &mut Layout, before: usize) {
        let Drawn { nets, known, .. } = self.level(level);
        let (plan, sheet) = (&known.level, &known.sheet);
        let first_out = plan.sizes.len() - plan.outs as usize;
        let corner =
            |node: u32| layout.rects.get(node as usize).map_or(Point::default(), |rect| Point { x: rect.x, y: rect.y });
        let at = |node: u32, port: Rect| Point { x: corner(node).x + port.x, y: corner(node).y + port.y };
        let member = |index: u32| {
            let node = self.tree.members.row(level)[(index - plan.ins) as usize];
            self.inside(node).map(|inside| (node, inside))
        };
        let mut joints = Vec::new();
        for (path, (&net, &leg)) in sheet.net.iter().zip(&sheet.leg).enumerate() {
            let (first, last) = (before + sheet.starts[path] as usize, before + sheet.starts[path + 1] as usize - 1);
            let id = nets[net as usize];
            if plan.leave[net as usize] != FREE {
                let exit =
                    member(plan.sources[net as usize]).and_then(|(node, inside)| Some(at(node, inside.exit(id)?)));
                // A leg that branches off a trunk begins elsewhere.
                joints.extend(exit.filter(|&exit| is_near(exit, layout.points[first])).map(|exit| (first, exit)));
            }
            let Some(&target) = plan.targets.get(leg as usize) else { continue };
            if plan.arrive[leg as usize] != FREE {
                let entry = member(target).and_then(|(node, inside)| Some(at(node, inside.entry(id)?)));
                joints.extend(entry.map(|entry| (last, entry)));
            } else if target as usize >= first_out {
                joints.push((last, at(self.tree.owner[level as usize], sheet.rects[target as usize])));
            }
        }
        for (at, point) in joints {
            layout.points[at] = point;
        }
    }
}

/// Whether two points are the same but for rounding.
fn is_near(a: Point, b: Point) -> bool {
    (a.x - b.x).abs() < 1e-3 && (a.y - b.y).abs() < 1e-3
}

/// Swaps the axes.
fn turn(layout: &mut Layout) {
    for Rect { x, y, w, h } in &mut layout.rects {
        (*x, *y, *w, *h) = (*y, *x, *h, *w);
    }
    for Point { x, y } in &mut layout.points {
        (*x, *y) = (*y, *x);
    }
    layout.size = Size { w: layout.size.h, h: layout.size.w };
}
