//! What must hold of every layout with containers.

use crate::check::{NEAR, SAMPLES, above, apart, bezier, extent, is_first, passes, path, touches, upright, within};
use lamina::layout::{Direction, Input, Layout, Memo, Options, Point, Rect, Size, layout, layout_with};

/// No such box.
const NONE: u32 = u32::MAX;

/// Lays `input` out in both directions, checks all that must hold, and gives both layouts.
pub fn check(input: &Input) -> [Layout; 2] {
    [Direction::Down, Direction::Right].map(|direction| {
        let options = Options { direction, ..Options::default() };
        let layout = layout(input, &options);
        let mut memo = Memo::default();
        for _ in 0..2 {
            assert_same(&layout, &layout_with(input, &options, &mut memo));
        }
        let nest = Nest { input, layout: &upright(&layout, direction) };
        members(input, &layout, &options);
        nest.boxes(direction);
        for net in 0..input.sources.len() {
            nest.net(net);
        }
        for path in 0..layout.path_net.len() {
            nest.curves(path);
        }
        layout
    })
}

/// Two layouts are the same to the last bit.
pub fn assert_same(a: &Layout, b: &Layout) {
    assert_eq!((&a.rects, &a.points, &a.path_starts), (&b.rects, &b.points, &b.path_starts));
    assert_eq!((&a.path_net, &a.path_target, a.size), (&b.path_net, &b.path_target, b.size));
}

/// Members lie inside their container, below its title bar, whatever the direction.
fn members(input: &Input, layout: &Layout, options: &Options) {
    for (node, &parent) in input.parents.iter().enumerate().filter(|&(_, &parent)| parent != NONE) {
        let (inner, outer) = (layout.rects[node], layout.rects[parent as usize]);
        let pad = options.pad - NEAR;
        let beside = inner.x >= outer.x + pad && inner.x + inner.w <= outer.x + outer.w - pad;
        let below = inner.y >= outer.y + options.header + pad && inner.y + inner.h <= outer.y + outer.h - pad;
        assert!(beside && below, "{inner:?} sticks out of {outer:?}");
    }
}

/// A layout that runs down.
struct Nest<'a> {
    input: &'a Input,
    layout: &'a Layout,
}

impl Nest<'_> {
    fn parent(&self, node: u32) -> u32 {
        self.input.parents.get(node as usize).copied().unwrap_or(NONE)
    }

    fn is_container(&self, node: u32) -> bool {
        self.input.parents.contains(&node)
    }

    /// The containers around `node`, from the innermost one outwards.
    fn around(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(self.parent(node)), |&at| Some(self.parent(at))).take_while(|&at| at != NONE)
    }

    fn holds(&self, container: u32, node: u32) -> bool {
        self.around(node).any(|at| at == container)
    }

    fn rect(&self, node: u32) -> Rect {
        self.layout.rects[node as usize]
    }

    /// Boxes have their sizes, containers at least, and siblings lie apart.
    fn boxes(&self, direction: Direction) {
        let mut siblings: std::collections::BTreeMap<u32, Vec<&Rect>> = Default::default();
        for (node, (rect, size)) in (0..).zip(self.layout.rects.iter().zip(&self.input.sizes)) {
            let least = if direction == Direction::Right { Size { w: size.h, h: size.w } } else { *size };
            if self.is_container(node) {
                assert!(rect.w >= least.w && rect.h >= least.h, "{rect:?} is smaller than {least:?}");
            } else {
                assert_eq!((rect.w, rect.h), (least.w, least.h));
            }
            within(self.layout, Point { x: rect.x, y: rect.y });
            within(self.layout, Point { x: rect.x + rect.w, y: rect.y + rect.h });
            siblings.entry(self.parent(node)).or_default().push(rect);
        }
        siblings.into_values().for_each(apart);
    }

    /// Where an edge from `source` to `target` starts: at the bottom of its source; within that, at its top.
    fn starts_at(&self, source: u32, target: u32, point: Point) -> bool {
        let rect = self.rect(source);
        let side = if self.holds(source, target) { rect.y } else { rect.y + rect.h };
        above(rect, point.x) && (point.y - side).abs() < NEAR
    }

    /// Where an edge from `source` to `target` ends: at the top of its target; within that, at its bottom.
    fn ends_at(&self, source: u32, target: u32, point: Point) -> bool {
        let rect = self.rect(target);
        let side = if self.holds(target, source) { rect.y + rect.h } else { rect.y };
        above(rect, point.x) && (point.y - side).abs() < NEAR
    }

    /// The paths of `net` make up a tree from its source to each of its targets, and meet exactly.
    fn net(&self, net: usize) {
        let Self { input, layout } = *self;
        let source = input.sources[net];
        let indices = input.starts[net] as usize..input.starts[net + 1] as usize;
        let paths: Vec<usize> = (0..layout.path_net.len()).filter(|&at| layout.path_net[at] as usize == net).collect();
        let first = |at: usize| path(layout, at)[0];
        let last = |at: usize| path(layout, at)[path(layout, at).len() - 1];
        let mut drawn = vec![0; indices.len()];
        for &at in &paths {
            let index = layout.path_target[at];
            if index == NONE {
                assert!(
                    paths.iter().any(|&other| first(other) == last(at)),
                    "path {at} of net {net} ends at {:?} {:?}",
                    last(at),
                    paths.iter().map(|&at| (first(at), last(at), layout.path_target[at] as i32)).collect::<Vec<_>>()
                );
            } else {
                assert!(indices.contains(&(index as usize)));
                drawn[index as usize - indices.start] += 1;
                assert!(self.ends_at(source, input.targets[index as usize], last(at)), "path {at} of net {net}");
            }
        }
        for (drawn, index) in drawn.into_iter().zip(indices.clone()) {
            assert_eq!(drawn, usize::from(is_first(input, index)), "target {index}");
        }
        // From the source on, along what goes on.
        let targets = &input.targets[indices];
        let (mut reached, mut rest): (Vec<usize>, Vec<usize>) =
            paths.iter().partition(|&&at| targets.iter().any(|&target| self.starts_at(source, target, first(at))));
        while !rest.is_empty() {
            let goes_on = |at: usize| {
                layout.path_target[at] == NONE || self.is_container(input.targets[layout.path_target[at] as usize])
            };
            let next = rest.iter().position(|&at| {
                let meets = |&other: &usize| {
                    goes_on(other) && (last(other) == first(at) || passes(path(layout, other), first(at)))
                };
                reached.iter().any(meets)
            });
            let next = next.unwrap_or_else(|| panic!("net {net} is broken: {rest:?} of {paths:?}"));
            reached.push(rest.swap_remove(next));
        }
    }

    /// The innermost container that all of `path` lies in; no border is passed but at its ends.
    fn level(&self, at: usize) -> u32 {
        let points = path(self.layout, at);
        let samples: Vec<Point> = points
            .windows(4)
            .step_by(3)
            .flat_map(|curve| (0..=SAMPLES).map(move |sample| bezier(curve, f64::from(sample) / f64::from(SAMPLES))))
            .collect();
        let mut innermost = NONE;
        for container in (0..self.input.sizes.len() as u32).filter(|&node| self.is_container(node)) {
            let rect = self.rect(container);
            let inside = |point: &&Point| {
                let along = point.x > rect.x && point.x < rect.x + rect.w;
                along && point.y > rect.y + NEAR && point.y < rect.y + rect.h - NEAR
            };
            let count = samples.iter().filter(inside).count();
            let at_border =
                |point: &Point| (point.y - rect.y).abs() <= NEAR || (point.y - rect.y - rect.h).abs() <= NEAR;
            let all = samples.iter().all(|point| inside(&point) || at_border(point));
            assert!(count == 0 || all, "path {at} passes the border of {container}: {points:?} {rect:?}");
            if count > 0 {
                innermost = container;
            }
        }
        innermost
    }

    /// A path stays in the containers of its ends, off all boxes, and only runs down, except where an edge goes back.
    fn curves(&self, at: usize) {
        let Self { input, layout } = *self;
        let (points, net) = (path(layout, at), layout.path_net[at] as usize);
        assert!(points.len() >= 4 && points.len() % 3 == 1, "a chain of cubic curves");
        let source = input.sources[net];
        let targets = &input.targets[input.starts[net] as usize..input.starts[net + 1] as usize];
        let ends = |node: u32| node == source || targets.contains(&node);
        let level = self.level(at);
        let own = |container: u32| {
            ends(container)
                || self.holds(container, source)
                || targets.iter().any(|&target| self.holds(container, target))
        };
        assert!(level == NONE || own(level), "path {at} lies in {level}");
        for curve in points.windows(4).step_by(3) {
            let (low, high) = extent(curve);
            for sample in 0..=SAMPLES {
                within(layout, bezier(curve, f64::from(sample) / f64::from(SAMPLES)));
            }
            for (node, &rect) in (0..).zip(&layout.rects) {
                let near = rect.y < high && rect.y + rect.h > low;
                if near && self.parent(node) == level && !own(node) {
                    assert!(!touches(curve, rect), "path {at} passes box {node}: {curve:?} {rect:?}");
                }
            }
        }
        if !self.goes_back(at, level) {
            assert!(points.windows(2).all(|pair| pair[0].y <= pair[1].y + NEAR), "path {at} turns: {points:?}");
        }
    }

    /// Whether a path may run up: from one member of `level` to another that is not below it, or along the trunk of
    /// such edges.
    fn goes_back(&self, at: usize, level: u32) -> bool {
        let (points, net) = (path(self.layout, at), self.layout.path_net[at] as usize);
        let source = self.input.sources[net];
        let member = |node: u32| std::iter::once(node).chain(self.around(node)).find(|&at| self.parent(at) == level);
        let Some(from) = member(source).filter(|_| level == NONE || self.holds(level, source)) else { return false };
        let end = points[points.len() - 1];
        let members = (0..self.input.sizes.len() as u32).filter(|&node| self.parent(node) == level);
        let to =
            members.into_iter().find(|&node| (self.rect(node).y - end.y).abs() < NEAR && above(self.rect(node), end.x));
        let leaves = level != NONE && (end.y - self.rect(level).y - self.rect(level).h).abs() < NEAR;
        match to {
            Some(to) => to == from || self.rect(to).y < self.rect(from).y + self.rect(from).h,
            None => !leaves,
        }
    }
}
