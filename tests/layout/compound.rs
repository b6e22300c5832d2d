//! Layouts with containers: random ones, and hand-checked pictures.

use crate::check::path;
use crate::graphs::{self, Builder, Random};
use crate::nest::{assert_same, check};
use crate::{assert_straight, middles, random};
use lamina::layout::{Input, Layout, Memo, Options, Point, Rect, Size, layout, layout_with};

/// No such box.
const NONE: u32 = u32::MAX;

/// `input` with some of its boxes inside of others; now and then edges end at containers.
fn nested(random: &mut Random, mut input: Input, containers: usize) -> Input {
    let boxes = input.sizes.len();
    let sequential = random.below(2) == 0;
    // Containers come first; members are neighbours in file order, or just any boxes.
    let widths = (0..containers).map(|_| Size { w: random.below(300) as f64, h: random.below(100) as f64 });
    let mut sizes: Vec<Size> = widths.collect();
    sizes.append(&mut input.sizes);
    input.parents =
        (0..containers).map(|at| if random.below(3) == 0 { NONE } else { random.below(at) as u32 }).collect();
    input.parents[0] = NONE;
    for node in 0..boxes {
        let at = if sequential { node * (containers + 1) / boxes } else { random.below(containers + 1) };
        input.parents.push(if at == containers { NONE } else { at as u32 });
    }
    let mut shift = |node: &mut u32| {
        let any = random.below(40) == 0;
        *node = if any { random.below(containers) as u32 } else { *node + containers as u32 };
    };
    input.sources.iter_mut().for_each(&mut shift);
    input.targets.iter_mut().for_each(&mut shift);
    Input { sizes, ..input }
}

#[test]
fn random_nests_are_drawn_properly() {
    let mut seed = Random(3);
    for boxes in [3, 8, 20, 50] {
        for round in 0..24 {
            let nets = [boxes / 2, boxes, 2 * boxes][round % 3];
            let input = random(&mut seed, boxes, nets, round % 4 == 3);
            let containers = 1 + seed.below(1 + boxes / 3);
            check(&nested(&mut seed, input, containers));
        }
    }
}

#[test]
fn models_with_open_groups_are_drawn_properly() {
    for model in [graphs::open_llm(2), graphs::open_decoder(3), graphs::open_unet(3)] {
        check(&model.input());
    }
}

#[test]
fn closing_and_opening_gives_the_same_layout() {
    let model = graphs::open_decoder(3);
    let open = model.input();
    let options = Options::default();
    let mut memo = Memo::default();
    let before = layout_with(&open, &options, &mut memo);
    for name in ["layers", "layers.1", "self_attn", "model", "mask"] {
        let container = model.labels.iter().position(|label| label == name).unwrap() as u32;
        let smaller = graphs::closed(&open, container);
        assert!(smaller.sizes.len() < open.sizes.len());
        assert_same(&layout_with(&smaller, &options, &mut memo), &layout(&smaller, &options));
        assert_same(&layout_with(&open, &options, &mut memo), &before);
    }
    // Other options are another drawing.
    let roomy = Options { pad: 30.0, ..options };
    assert_same(&layout_with(&open, &roomy, &mut memo), &layout(&open, &roomy));
    assert_same(&layout_with(&open, &options, &mut memo), &before);
}

/// Where the paths of `net` begin and end.
fn pieces(layout: &Layout, net: u32) -> Vec<[Point; 2]> {
    let paths = (0..layout.path_net.len()).filter(|&at| layout.path_net[at] == net).map(|at| path(layout, at));
    paths.map(|points| [points[0], points[points.len() - 1]]).collect()
}

/// The boxes that are called `label`.
fn named(model: &Builder, label: &str) -> Vec<u32> {
    (0..).zip(&model.labels).filter(|(_, name)| *name == label).map(|(node, _)| node).collect()
}

/// How often the border of `rect` is crossed by paths of `net`: where one ends and another begins.
fn crossings(layout: &Layout, net: u32, rect: Rect) -> usize {
    let pieces = pieces(layout, net);
    let at_border = |y: f64| y == rect.y || (y - rect.y - rect.h).abs() < 1e-6;
    let ends = pieces.iter().map(|piece| piece[1]).filter(|end| at_border(end.y));
    ends.filter(|end| end.x > rect.x && end.x < rect.x + rect.w && pieces.iter().any(|other| other[0] == *end)).count()
}

#[test]
fn a_chain_of_open_layers_has_a_straight_spine_through_all_ports() {
    let model = graphs::open_decoder(3);
    let input = model.input();
    let [drawn, turned] = check(&input);
    let labels = ["input_ids", "Gather", "RMSNorm", "Add", "Softmax", "Silu", "logits"];
    assert_straight(&middles(&model, &drawn, &labels));
    let spine = middles(&model, &drawn, &labels)[0];
    // What comes out of a layer goes straight down through both borders.
    for layer in 0..2 {
        let [above, below] = [layer, layer + 1].map(|layer| named(&model, &format!("layers.{layer}"))[0]);
        let (above, below) = (drawn.rects[above as usize], drawn.rects[below as usize]);
        let between = |[start, end]: &[Point; 2]| start.y == above.y + above.h && end.y == below.y;
        let all = (0..input.sources.len() as u32).flat_map(|net| pieces(&drawn, net)).filter(between);
        let straight = all.filter(|[start, end]| (start.x - spine).abs() < 1e-6 && (end.x - spine).abs() < 1e-6);
        assert_eq!(straight.count(), 1, "between layers {layer} and {}", layer + 1);
    }
    let levels = named(&model, "Softmax").into_iter().map(|node| turned.rects[node as usize].y).collect::<Vec<f64>>();
    assert_straight(&levels);
}

#[test]
fn equal_layers_look_alike() {
    let model = graphs::open_decoder(3);
    let [drawn, _] = check(&model.input());
    let layers: Vec<Rect> = (0..3).map(|at| drawn.rects[named(&model, &format!("layers.{at}"))[0] as usize]).collect();
    assert!(layers.windows(2).all(|pair| pair[0].w == pair[1].w && pair[0].h == pair[1].h), "{layers:?}");
    let softmax = named(&model, "Softmax").into_iter().map(|node| drawn.rects[node as usize]);
    let places: Vec<f64> = softmax.zip(&layers).map(|(rect, layer)| rect.y - layer.y).collect();
    assert!(places.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-6), "{places:?}");
}

#[test]
fn an_edge_into_three_nested_containers_is_one_line() {
    let mut b = Builder::default();
    let x = b.op("a", &[]);
    for label in ["outer", "middle", "inner"] {
        b.open(label);
    }
    let y = b.chain(&["Relu"], x);
    for _ in 0..3 {
        b.close();
    }
    b.op("b", &[y]);
    let [drawn, _] = check(&b.input());
    for (net, from, to) in [(x, 0, 4), (y, 4, 5)] {
        let mut pieces = pieces(&drawn, net);
        assert_eq!(pieces.len(), 4);
        pieces.sort_by(|a, b| a[0].y.total_cmp(&b[0].y));
        assert!(pieces.windows(2).all(|pair| pair[0][1] == pair[1][0]), "{pieces:?}");
        assert!(pieces.iter().flatten().all(|point| (point.x - pieces[0][0].x).abs() < 1e-6), "{pieces:?}");
        let (from, to): (Rect, Rect) = (drawn.rects[from], drawn.rects[to]);
        assert_eq!((pieces[0][0].y, pieces[3][1].y), (from.y + from.h, to.y));
    }
    // Even room on all sides: the title bar and the padding above, the padding elsewhere.
    let Options { header, pad, .. } = Options::default();
    for (outer, inner) in [(1, 2), (2, 3), (3, 4)] {
        let (outer, inner) = (drawn.rects[outer], drawn.rects[inner]);
        let left = inner.x - outer.x;
        assert!((left - (outer.x + outer.w - inner.x - inner.w)).abs() < 1e-6 && left >= pad);
        assert!((inner.y - outer.y - header - pad).abs() < 1e-6);
        assert!((outer.y + outer.h - inner.y - inner.h - pad).abs() < 1e-6);
    }
}

#[test]
fn a_mask_that_all_layers_read_enters_each_once() {
    let model = graphs::open_decoder(4);
    let input = model.input();
    let [drawn, _] = check(&input);
    let mask = (0..input.sources.len() as u32).max_by_key(|&net| {
        let reads = input.starts[net as usize]..input.starts[net as usize + 1];
        (reads.len() == 4, net)
    });
    let mask = mask.unwrap();
    let labels: Vec<&str> = model.labels.iter().map(String::as_str).collect();
    let container = |label: &str| drawn.rects[named(&model, label)[0] as usize];
    assert_eq!(crossings(&drawn, mask, container("mask")), 1);
    assert_eq!(crossings(&drawn, mask, container("layers")), 1);
    for layer in 0..4 {
        assert_eq!(crossings(&drawn, mask, container(&format!("layers.{layer}"))), 1);
    }
    // Within what contains the layers, one trunk runs beside them, straight.
    let layers = container("layers");
    let trunk = (0..drawn.path_net.len()).filter(|&at| drawn.path_net[at] == mask).map(|at| path(&drawn, at));
    let trunk = trunk.max_by(|a, b| (a[a.len() - 1].y - a[0].y).total_cmp(&(b[b.len() - 1].y - b[0].y))).unwrap();
    let longest = trunk.windows(4).step_by(3).map(|curve| curve[3].y - curve[0].y).fold(0.0, f64::max);
    assert!(longest > 0.6 * layers.h, "{longest} of {} in {labels:?}", layers.h);
}

#[test]
fn skips_of_an_encoder_decoder_run_on_the_right_of_its_open_blocks() {
    let model = graphs::open_unet(3);
    let input = model.input();
    let [drawn, _] = check(&input);
    let labels = ["input", "Conv", "Relu", "MaxPool", "ConvTranspose", "Concat", "Sigmoid", "output"];
    let spine = middles(&model, &drawn, &labels);
    assert_straight(&spine);
    assert!(drawn.points.iter().all(|point| point.x > spine[0] - 1e-6));
}

#[test]
fn groups_that_feed_one_another_are_drawn_round() {
    // a1 and a2 in one container, b in another: a1 to b to a2.
    let mut b = Builder::default();
    let x = b.op("x", &[]);
    b.open("a");
    let first = b.op("a1", &[x]);
    let second = b.op("a2", &[first]);
    b.close();
    b.open("b");
    let back = b.op("b1", &[first]);
    b.close();
    let mut input = b.input();
    let at = input.starts[back as usize + 1] as usize;
    input.targets.insert(at, input.sources[second as usize]);
    input.starts[back as usize + 1..].iter_mut().for_each(|start| *start += 1);
    let [drawn, _] = check(&input);
    let (a, lower) = (drawn.rects[1], drawn.rects[4]);
    assert!(lower.y > a.y + a.h);
    // Out of the lower container, round the upper one, and in at its top.
    let back = pieces(&drawn, back);
    assert_eq!(back.len(), 3);
    assert!(back.iter().any(|[start, end]| start.y == lower.y + lower.h && end.y == a.y), "{back:?}");
}

#[test]
fn a_net_that_goes_on_past_a_container_enters_it_once_and_does_not_leave() {
    let mut b = Builder::default();
    let x = b.op("x", &[]);
    b.open("group");
    let y = b.chain(&["Relu", "Conv"], x);
    b.close();
    b.op("Add", &[y, x]);
    let [drawn, _] = check(&b.input());
    let group = drawn.rects[1];
    assert_eq!(crossings(&drawn, x, group), 1);
    assert_eq!(crossings(&drawn, y, group), 1);
    assert!(pieces(&drawn, x).iter().all(|[start, _]| start.y < group.y + group.h), "it runs beside the container");
}

#[test]
fn edges_may_end_at_containers() {
    let size = Size { w: 60.0, h: 24.0 };
    // Box 1 contains 2 and 3: edges to and from it, out of and into its members.
    let input = Input {
        sizes: vec![size; 5],
        sources: vec![0, 1, 2, 1],
        starts: vec![0, 2, 4, 6, 7],
        targets: vec![1, 2, 4, 3, 3, 1, 1],
        parents: vec![NONE, NONE, 1, 1, NONE],
    };
    let [drawn, _] = check(&input);
    let mut targets: Vec<u32> = drawn.path_target.iter().copied().filter(|&target| target != NONE).collect();
    targets.sort_unstable();
    assert_eq!(targets, (0..7).collect::<Vec<u32>>());
}

#[test]
fn containers_have_their_least_size_and_title() {
    let wide = Size { w: 500.0, h: 300.0 };
    let size = Size { w: 60.0, h: 24.0 };
    let input = Input {
        sizes: vec![size, wide, size, size],
        sources: vec![0, 2],
        starts: vec![0, 1, 2],
        targets: vec![2, 3],
        parents: vec![NONE, NONE, 1, NONE],
    };
    let [drawn, _] = check(&input);
    let (outer, inner) = (drawn.rects[1], drawn.rects[2]);
    assert_eq!((outer.w, outer.h), (500.0, 300.0));
    assert!((inner.x + inner.w / 2.0 - outer.x - outer.w / 2.0).abs() < 1e-6, "the only member stands in the middle");
}

#[test]
fn containers_without_edges_do_not_stretch_the_grid_of_other_boxes() {
    let mut b = Builder::default();
    for part in 0..3 {
        b.open(&format!("part {part}"));
        let x = b.op("input", &[]);
        b.chain(&["Conv"; 8], x);
        b.close();
    }
    for _ in 0..60 {
        b.op("Constant", &[]);
    }
    let input = b.input();
    let [drawn, _] = check(&input);
    let outer = (0..).zip(&input.parents).filter(|(_, parent)| **parent == NONE).map(|(at, _): (usize, _)| at);
    let covered: f64 = outer.map(|at| (drawn.rects[at].w + 20.0) * (drawn.rects[at].h + 20.0)).sum();
    let area = drawn.size.w * drawn.size.h;
    assert!(area < 1.6 * covered, "{area} for {covered}");
}

#[test]
fn broken_nests_do_no_harm() {
    let size = Size { w: 50.0, h: 20.0 };
    // Containers that contain themselves or one another, come late, or do not exist; too few and too many entries.
    for parents in [vec![0, 0, 1], vec![1, 0, 1], vec![2, 2, NONE], vec![7, 8, 9], vec![NONE], vec![NONE, 0, 0, 1, 2]] {
        let input =
            Input { sizes: vec![size; 3], sources: vec![0, 2], starts: vec![0, 1, 3], targets: vec![2, 1, 0], parents };
        let drawn = layout(&input, &Options::default());
        assert_eq!(drawn.rects.len(), 3);
        assert_eq!(drawn.path_target.iter().filter(|&&target| target != NONE).count(), 3);
    }
    let input = graphs::open_decoder(1).input();
    for gap in [f64::NAN, f64::INFINITY, -5.0, 0.0, 1e300] {
        let options = Options { header: gap, pad: gap, rank_gap: gap, ..Options::default() };
        let drawn = layout(&input, &options);
        assert!(drawn.points.iter().all(|point| point.x.is_finite() && point.y.is_finite()));
    }
}

#[test]
fn extreme_nests_are_laid_out() {
    let size = Size { w: 60.0, h: 24.0 };
    let chain = |boxes: u32, parent: &dyn Fn(u32) -> u32| Input {
        sizes: vec![size; boxes as usize],
        sources: (0..boxes - 1).collect(),
        starts: (0..boxes).collect(),
        targets: (1..boxes).collect(),
        parents: (0..boxes).map(parent).collect(),
    };
    let extremes = [
        // Sixty containers within one another, with a chain through all of them; very many beside one another.
        chain(6000, &|node| if node % 100 == 0 { node.checked_sub(100).unwrap_or(NONE) } else { node / 100 * 100 }),
        chain(60_000, &|node| if node % 3 == 0 { NONE } else { node / 3 * 3 }),
        // One very large container, and boxes that go in and out of it.
        chain(50_000, &|node| if node == 0 || node % 2 == 0 { NONE } else { 0 }),
        // Empty levels: each container only contains the next.
        chain(500, &|node| node.checked_sub(1).unwrap_or(NONE)),
    ];
    for input in extremes {
        let drawn = layout(&input, &Options::default());
        let ends = drawn.path_target.iter().filter(|&&target| target != NONE).count();
        assert_eq!((drawn.rects.len(), ends), (input.sizes.len(), input.targets.len()));
        assert!(drawn.points.iter().all(|point| point.x.is_finite() && point.y.is_finite()));
    }
}
