//! What must hold of every layout, whatever the input.

use lamina::layout::{Direction, Input, Layout, Options, Point, Rect, Size, layout};

/// Positions this near to one another are equal, pixels; large drawings are rounded more coarsely.
pub const NEAR: f64 = 1e-3;

/// Lays `input` out in both directions, checks all that must hold, and gives both layouts.
pub fn check(input: &Input) -> [Layout; 2] {
    [Direction::Down, Direction::Right].map(|direction| {
        let layout = run(input, direction);
        let upright = upright(&layout, direction);
        boxes(input, &upright, direction);
        paths(input, &upright);
        curves(input, &upright);
        layout
    })
}

/// Lays out twice, with something else in between: the results must be the same.
fn run(input: &Input, direction: Direction) -> Layout {
    let options = Options { direction, ..Options::default() };
    let first = layout(input, &options);
    layout(&Input { sizes: vec![Size { w: 9.0, h: 9.0 }; 3], ..Input::default() }, &Options::default());
    let second = layout(input, &options);
    assert_eq!(first.rects, second.rects);
    assert_eq!(first.points, second.points);
    assert_eq!(first.path_starts, second.path_starts);
    assert_eq!(first.path_target, second.path_target);
    first
}

/// `layout` turned such that its edges run down.
pub fn upright(layout: &Layout, direction: Direction) -> Layout {
    let mut turned = layout.clone();
    if direction == Direction::Right {
        for Rect { x, y, w, h } in &mut turned.rects {
            (*x, *y, *w, *h) = (*y, *x, *h, *w);
        }
        for Point { x, y } in &mut turned.points {
            (*x, *y) = (*y, *x);
        }
        turned.size = Size { w: layout.size.h, h: layout.size.w };
    }
    turned
}

/// Boxes have their sizes, lie within the drawing and apart from one another.
fn boxes(input: &Input, layout: &Layout, direction: Direction) {
    assert_eq!(layout.rects.len(), input.sizes.len());
    for (rect, size) in layout.rects.iter().zip(&input.sizes) {
        let (w, h) = if direction == Direction::Right { (size.h, size.w) } else { (size.w, size.h) };
        assert_eq!((rect.w, rect.h), (w, h));
        within(layout, Point { x: rect.x, y: rect.y });
        within(layout, Point { x: rect.x + w, y: rect.y + h });
    }
    apart(layout.rects.iter().collect());
}

/// None of `order` overlaps another.
pub fn apart(mut order: Vec<&Rect>) {
    order.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut open: Vec<&Rect> = Vec::new();
    for rect in order {
        open.retain(|other| other.y + other.h > rect.y + NEAR);
        for other in &open {
            let apart = other.x + other.w <= rect.x + NEAR || rect.x + rect.w <= other.x + NEAR;
            assert!(apart, "{rect:?} overlaps {other:?}");
        }
        open.push(rect);
    }
}

pub fn within(layout: &Layout, Point { x, y }: Point) {
    let inside = |at: f64, end: f64| at >= -NEAR && at <= end + NEAR;
    assert!(inside(x, layout.size.w) && inside(y, layout.size.h), "{x}, {y} is outside {:?}", layout.size);
}

/// The points of a path.
pub fn path(layout: &Layout, path: usize) -> &[Point] {
    &layout.points[layout.path_starts[path] as usize..layout.path_starts[path + 1] as usize]
}

/// Every edge is drawn once, from its source or a trunk of its net to its target.
fn paths(input: &Input, layout: &Layout) {
    let count = layout.path_net.len();
    assert_eq!((layout.path_starts.len(), layout.path_target.len()), (count + 1, count));
    let mut drawn = vec![0; input.targets.len()];
    let mut trunks: Vec<Vec<usize>> = vec![Vec::new(); input.sources.len()];
    for at in 0..count {
        let (points, net) = (path(layout, at), layout.path_net[at] as usize);
        assert!(points.len() >= 4 && points.len() % 3 == 1, "a chain of cubic curves");
        let (start, end) = (points[0], points[points.len() - 1]);
        let source = layout.rects[input.sources[net] as usize];
        let leaves = (start.y - source.y - source.h).abs() < NEAR && above(source, start.x);
        let branches = trunks[net].iter().any(|&trunk| passes(path(layout, trunk), start));
        assert!(leaves || branches, "path {at} begins at {start:?}, its source is {source:?}");
        if layout.path_target[at] == u32::MAX {
            assert!(leaves, "trunks begin at their source");
            trunks[net].push(at);
            continue;
        }
        let index = layout.path_target[at] as usize;
        assert!((input.starts[net] as usize..input.starts[net + 1] as usize).contains(&index));
        drawn[index] += 1;
        let target = layout.rects[input.targets[index] as usize];
        let arrives = (end.y - target.y).abs() < NEAR && above(target, end.x);
        assert!(arrives, "path {at} ends at {end:?}, its target is {target:?}");
    }
    for (index, drawn) in drawn.iter().enumerate() {
        assert_eq!(*drawn, usize::from(is_first(input, index)), "target {index}");
    }
}

/// Whether a net has no earlier leg to the target of `index`.
pub fn is_first(input: &Input, index: usize) -> bool {
    let net = input.starts.partition_point(|&start| start as usize <= index) - 1;
    !input.targets[input.starts[net] as usize..index].contains(&input.targets[index])
}

pub fn above(rect: Rect, x: f64) -> bool {
    x >= rect.x - NEAR && x <= rect.x + rect.w + NEAR
}

/// Whether a vertical stretch of a path passes `point`.
pub fn passes(points: &[Point], point: Point) -> bool {
    points.windows(4).step_by(3).any(|curve| {
        let (low, high) = (curve[0].y.min(curve[3].y), curve[0].y.max(curve[3].y));
        (curve[3].x - point.x).abs() < NEAR && point.y >= low - NEAR && point.y <= high + NEAR
    })
}

/// Curves stay within the drawing and off all boxes but the ends of their edge. They only run down, except where an
/// edge goes back.
fn curves(input: &Input, layout: &Layout) {
    let mut order: Vec<usize> = (0..layout.rects.len()).collect();
    order.sort_by(|&a, &b| layout.rects[a].y.total_cmp(&layout.rects[b].y));
    let tallest = layout.rects.iter().map(|rect| rect.h).fold(0.0, f64::max);
    for at in 0..layout.path_net.len() {
        let points = path(layout, at);
        let source = input.sources[layout.path_net[at] as usize] as usize;
        let target = input.targets.get(layout.path_target[at] as usize).map_or(source, |&target| target as usize);
        let back = target == source || layout.rects[target].y < layout.rects[source].y + layout.rects[source].h;
        if !back {
            assert!(points.windows(2).all(|pair| pair[0].y <= pair[1].y + NEAR), "path {at} turns: {points:?}");
        }
        for curve in points.windows(4).step_by(3) {
            let (low, high) = extent(curve);
            let from = order.partition_point(|&node| layout.rects[node].y < low - tallest);
            let to = order.partition_point(|&node| layout.rects[node].y < high);
            for sample in 0..=SAMPLES {
                within(layout, bezier(curve, f64::from(sample) / f64::from(SAMPLES)));
            }
            for &node in order[from..to].iter().filter(|&&node| node != source && node != target) {
                assert!(!touches(curve, layout.rects[node]), "path {at} passes box {node}: {curve:?}");
            }
        }
    }
}

pub const SAMPLES: i32 = 24;

pub fn extent(curve: &[Point]) -> (f64, f64) {
    curve.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| (low.min(point.y), high.max(point.y)))
}

pub fn touches(curve: &[Point], rect: Rect) -> bool {
    let inside = |at: f64, start: f64, length: f64| at > start + NEAR && at < start + length - NEAR;
    let vertical = curve.iter().all(|point| (point.x - curve[0].x).abs() < NEAR);
    if vertical {
        let (low, high) = extent(curve);
        return inside(curve[0].x, rect.x, rect.w) && low < rect.y + rect.h - NEAR && high > rect.y + NEAR;
    }
    (0..=SAMPLES)
        .map(|sample| bezier(curve, f64::from(sample) / f64::from(SAMPLES)))
        .any(|point| inside(point.x, rect.x, rect.w) && inside(point.y, rect.y, rect.h))
}

pub fn bezier(curve: &[Point], t: f64) -> Point {
    let weights = [(1.0 - t).powi(3), 3.0 * t * (1.0 - t).powi(2), 3.0 * t * t * (1.0 - t), t.powi(3)];
    let sum = |of: fn(&Point) -> f64| curve.iter().zip(weights).map(|(point, weight)| of(point) * weight).sum();
    Point { x: sum(|point| point.x), y: sum(|point| point.y) }
}
