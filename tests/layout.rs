//! The layout: properties of random graphs, hand-checked pictures, and inputs that no model has.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "layout/check.rs"]
mod check;
#[path = "layout/compound.rs"]
mod compound;
#[path = "layout/graphs.rs"]
mod graphs;
#[path = "layout/nest.rs"]
mod nest;

use check::{check, path};
use graphs::{Builder, Random, Tensor};
use lamina::layout::{Direction, Input, Layout, Options, Size, layout};

/// A random graph. Edges go anywhere (cycles, self-loops), or only from earlier to later boxes; in file order or
/// shuffled.
fn random(random: &mut Random, boxes: usize, nets: usize, cyclic: bool) -> Input {
    let sizes = (0..boxes).map(|_| Size { w: random.below(200) as f64, h: random.below(60) as f64 }).collect();
    let mut name: Vec<u32> = (0..boxes as u32).collect();
    if random.below(2) == 0 {
        for at in 1..boxes {
            name.swap(at, random.below(at + 1));
        }
    }
    let mut input = Input { sizes, starts: vec![0], ..Input::default() };
    for _ in 0..nets {
        let source = random.below(boxes - 1);
        let reach = [3, 20, boxes][random.below(3)].min(boxes - 1 - source);
        input.sources.push(name[source]);
        for _ in 0..[1, 1, 2, 5][random.below(4)] {
            let target = if cyclic { random.below(boxes) } else { source + 1 + random.below(reach) };
            input.targets.push(name[target]);
        }
        input.starts.push(input.targets.len() as u32);
    }
    input
}

#[test]
fn random_acyclic_graphs_are_drawn_properly() {
    let mut seed = Random(1);
    for boxes in [2, 3, 5, 8, 20, 50, 120] {
        for round in 0..20 {
            let nets = [boxes / 2, boxes, 2 * boxes, 4 * boxes][round % 4];
            check(&random(&mut seed, boxes, nets, false));
        }
    }
}

#[test]
fn random_cyclic_graphs_are_drawn_properly() {
    let mut seed = Random(2);
    for boxes in [2, 3, 5, 8, 20, 50, 120] {
        for round in 0..20 {
            let nets = [boxes / 3, boxes, 2 * boxes, 4 * boxes][round % 4];
            check(&random(&mut seed, boxes, nets, true));
        }
    }
}

#[test]
fn models_are_drawn_properly() {
    let models = [
        graphs::resnet(&[3, 4, 6, 3]),
        graphs::densenet(&[6, 12]),
        graphs::inception(3),
        graphs::wide(400),
        graphs::unet(4),
        graphs::llm(3, false),
        graphs::llm(12, true),
        graphs::transformer(2),
        graphs::module_tree(4),
        graphs::skipping_chain(300, 3),
    ];
    for model in models {
        check(&model.input());
    }
}

/// The middles of the boxes that are called one of `labels`.
fn middles(model: &Builder, layout: &Layout, labels: &[&str]) -> Vec<f64> {
    let named = model.labels.iter().zip(&layout.rects).filter(|(label, _)| labels.contains(&label.as_str()));
    named.map(|(_, rect)| rect.x + rect.w / 2.0).collect()
}

fn assert_straight(middles: &[f64]) {
    assert!(middles.iter().all(|x| (x - middles[0]).abs() < 1e-6), "not in one line: {middles:?}");
}

#[test]
fn a_residual_network_has_a_straight_spine_and_its_skips_on_one_side() {
    let model = graphs::resnet(&[3, 4, 6, 3]);
    let [layout, _] = check(&model.input());
    let spine = middles(&model, &layout, &["input", "Relu", "Add", "MaxPool", "Gemm", "output"]);
    assert_straight(&spine);
    let input = model.input();
    for at in 0..layout.path_net.len() {
        let points = path(&layout, at);
        let leftmost = points.iter().map(|point| point.x).fold(f64::INFINITY, f64::min);
        assert!(leftmost > spine[0] - 1e-6, "net {} of {:?} runs on the left", layout.path_net[at], input.sources);
    }
}

#[test]
fn a_long_edge_bends_only_at_its_ends() {
    let model = graphs::resnet(&[2]);
    let [layout, _] = check(&model.input());
    // Out of the spine, down, and back in.
    let longest = (0..layout.path_net.len()).map(|at| path(&layout, at)).max_by_key(|points| points.len()).unwrap();
    assert_eq!(longest.len(), 1 + 3 * 3);
}

#[test]
fn dense_blocks_and_encoder_decoders_have_a_straight_spine() {
    let dense = graphs::densenet(&[6, 12]);
    assert_straight(&middles(
        &dense,
        &check(&dense.input())[0],
        &["input", "Concat", "BatchNorm", "Relu", "Conv", "output"],
    ));
    let unet = graphs::unet(4);
    let labels = ["input", "Conv", "Relu", "MaxPool", "ConvTranspose", "Concat", "output"];
    assert_straight(&middles(&unet, &check(&unet.input())[0], &labels));
}

#[test]
fn nested_skips_do_not_cross() {
    let unet = graphs::unet(4);
    let [layout, _] = check(&unet.input());
    // The outer a skip, the earlier it starts, the farther right it runs.
    let mut reaches: Vec<(f64, f64)> = (0..layout.path_net.len())
        .map(|at| path(&layout, at))
        .map(|points| (points[0].y, points.iter().map(|point| point.x).fold(0.0, f64::max)))
        .collect();
    let spine = layout.rects[0].x + layout.rects[0].w / 2.0;
    reaches.retain(|&(_, right)| right > spine + 1.0);
    assert_eq!(reaches.len(), 4);
    reaches.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(reaches.windows(2).all(|pair| pair[0].1 > pair[1].1), "{reaches:?}");
}

#[test]
fn a_decoder_keeps_its_line_however_many_layers_it_has() {
    for shared in [false, true] {
        let widths = [4, 40].map(|layers| check(&graphs::llm(layers, shared).input())[0].size.w);
        assert!(widths[1] < 1.5 * widths[0], "grows sideways: {widths:?}");
    }
    let model = graphs::llm(6, true);
    assert_straight(&middles(
        &model,
        &check(&model.input())[0],
        &["input_ids", "Gather", "Softmax", "ReduceMean", "logits"],
    ));
}

#[test]
fn a_table_that_every_layer_reads_runs_in_one_straight_lane() {
    let model = graphs::llm(12, true);
    let [layout, _] = check(&model.input());
    let mask = model.labels.iter().position(|label| label == "Identity").unwrap();
    let input = model.input();
    let trunks: Vec<usize> = (0..layout.path_net.len())
        .filter(|&at| {
            layout.path_target[at] == u32::MAX && input.sources[layout.path_net[at] as usize] as usize == mask
        })
        .collect();
    assert_eq!(trunks.len(), 1);
    // From the source into the lane, and down: the rest of the trunk is one straight line.
    let points = path(&layout, trunks[0]);
    assert_eq!(points.len(), 1 + 3 * 2);
    assert!(points[6].y - points[3].y > 0.8 * layout.size.h);
}

#[test]
fn a_module_tree_reads_like_an_outline() {
    let model = graphs::module_tree(3);
    let input = model.input();
    let [_, layout] = check(&input);
    for (net, &source) in input.sources.iter().enumerate() {
        let children = &input.targets[input.starts[net] as usize..input.starts[net + 1] as usize];
        let parent = layout.rects[source as usize];
        let middle = |node: u32| layout.rects[node as usize].y + layout.rects[node as usize].h / 2.0;
        if let Some(&first) = children.first() {
            assert!((middle(first) - parent.y - parent.h / 2.0).abs() < 1e-6, "parents stand beside their first child");
        }
        assert!(children.windows(2).all(|pair| middle(pair[0]) < middle(pair[1])), "children stand in file order");
        let left = |&node: &u32| layout.rects[node as usize].x;
        assert!(children.windows(2).all(|pair| (left(&pair[0]) - left(&pair[1])).abs() < 1e-6), "children are flush");
    }
}

#[test]
fn branches_start_side_by_side_and_the_longest_is_straight() {
    let model = graphs::inception(1);
    let [layout, _] = check(&model.input());
    assert_straight(&middles(&model, &layout, &["input", "Concat", "output"]));
    let input = model.input();
    let fan =
        (0..input.sources.len()).map(|net| &input.targets[input.starts[net] as usize..input.starts[net + 1] as usize]);
    let branches: Vec<f64> = fan
        .max_by_key(|targets| targets.len())
        .unwrap()
        .iter()
        .map(|&node| {
            let rect = layout.rects[node as usize];
            rect.y + rect.h / 2.0
        })
        .collect();
    assert_eq!(branches.len(), 4);
    assert!(branches.iter().all(|y| (y - branches[0]).abs() < 1e-6), "{branches:?}");
}

#[test]
fn readers_of_a_shared_value_stand_where_they_are_needed() {
    // What a decoder does with the output of an encoder: each layer projects it anew.
    let mut b = Builder::default();
    let shared = b.op("encoder", &[]);
    let mut x = b.op("decoder", &[]);
    for _ in 0..6 {
        x = b.chain(&["MatMul"; 30], x);
        let key = b.op("Project", &[shared]);
        x = b.op("Attend", &[x, key]);
    }
    let [layout, _] = check(&b.input());
    let tops = |label: &str| -> Vec<f64> {
        (0..b.labels.len()).filter(|&at| b.labels[at] == label).map(|at| layout.rects[at].y).collect()
    };
    for (project, attend) in tops("Project").iter().zip(tops("Attend")).skip(1) {
        assert!(attend - project < 100.0, "{project} is far above {attend}");
    }
}

#[test]
fn tensors_leave_and_arrive_at_points_of_their_own_in_order() {
    let mut b = Builder::default();
    let x = b.op("x", &[]);
    let parts = b.split("Split", &[x], 3);
    let branches: Vec<Tensor> = parts.iter().map(|&part| b.op("Relu", &[part])).collect();
    b.op("Concat", &branches);
    let [layout, _] = check(&b.input());
    let ends = |of: &dyn Fn(usize) -> Option<f64>| (0..layout.path_net.len()).filter_map(of).collect::<Vec<f64>>();
    let leaving = ends(&|at| (1..4).contains(&layout.path_net[at]).then(|| path(&layout, at)[0].x));
    let arriving = ends(&|at| (4..7).contains(&layout.path_net[at]).then(|| path(&layout, at).last().unwrap().x));
    for points in [&leaving, &arriving] {
        assert_eq!(points.len(), 3);
        assert!(points.windows(2).all(|pair| pair[0] + 5.0 < pair[1]), "{points:?}");
    }
}

#[test]
fn a_loop_goes_around_its_body() {
    let mut b = Builder::default();
    let x = b.op("input", &[]);
    let merge = b.op("Merge", &[x]);
    let body = b.op("Body", &[merge]);
    let next = b.op("NextIteration", &[body]);
    let mut input = b.input();
    // The value of the next iteration goes back.
    input.targets.push(1);
    *input.starts.last_mut().unwrap() += 1;
    let [layout, _] = check(&input);
    assert!(layout.rects.windows(2).all(|pair| pair[0].y < pair[1].y), "the loop does not turn the boxes round");
    let back = (0..layout.path_net.len()).find(|&at| layout.path_net[at] == next).unwrap();
    let top = path(&layout, back).iter().map(|point| point.y).fold(f64::INFINITY, f64::min);
    let bottom = path(&layout, back).iter().map(|point| point.y).fold(0.0, f64::max);
    let merge = layout.rects[1];
    assert!(top < merge.y && bottom > layout.rects[3].y + layout.rects[3].h);
}

#[test]
fn components_and_single_boxes_fill_a_pleasant_area() {
    let mut b = Builder::default();
    for _ in 0..30 {
        let x = b.op("Linear", &[]);
        b.chain(&["Relu", "Linear"], x);
    }
    for _ in 0..200 {
        b.op("weight", &[]);
    }
    for (layout, direction) in check(&b.input()).into_iter().zip([Direction::Down, Direction::Right]) {
        let ratio = layout.size.w / layout.size.h;
        assert!(ratio > 0.5 && ratio < 3.5, "{:?}", layout.size);
        let filled: f64 = layout.rects.iter().map(|rect| rect.w * rect.h).sum();
        assert!(filled > 0.15 * layout.size.w * layout.size.h, "{direction:?}");
    }
}

#[test]
fn broken_inputs_do_no_harm() {
    let size = Size { w: 50.0, h: 20.0 };
    let options = Options::default();
    let empty = layout(&Input::default(), &options);
    assert_eq!((empty.rects.len(), empty.path_starts, empty.size), (0, vec![0], Size::default()));
    let broken = [
        Input {
            sizes: vec![size; 2],
            sources: vec![0, 7, 1],
            starts: vec![0, 2, 3, 4],
            targets: vec![1, 9, 1, 0],
            ..Input::default()
        },
        Input {
            sizes: vec![size; 2],
            sources: vec![0, 1],
            starts: vec![5, 2, 900],
            targets: vec![1],
            ..Input::default()
        },
        Input { sizes: vec![size; 2], sources: vec![0, 1], starts: vec![], targets: vec![1, 1, 1], ..Input::default() },
        Input { sizes: vec![], sources: vec![0], starts: vec![0, 1], targets: vec![0], ..Input::default() },
    ];
    for input in broken {
        assert_eq!(layout(&input, &options).rects.len(), input.sizes.len());
    }
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -5.0, 0.0, 1e300];
    let sizes = odd.iter().flat_map(|&w| odd.iter().map(move |&h| Size { w, h })).collect::<Vec<_>>();
    let nets = sizes.len() as u32 - 1;
    let input = Input {
        sizes,
        sources: (0..nets).collect(),
        starts: (0..=nets).collect(),
        targets: (1..=nets).collect(),
        ..Input::default()
    };
    for gap in odd {
        let options = Options { node_gap: gap, edge_gap: gap, rank_gap: gap, ..options };
        let drawn = layout(&input, &options);
        assert!(drawn.points.iter().all(|point| point.x.is_finite() && point.y.is_finite()));
        assert!(drawn.size.w.is_finite() && drawn.size.h.is_finite());
    }
}

#[test]
fn repeated_edges_and_self_loops_are_drawn_once() {
    let size = Size { w: 50.0, h: 20.0 };
    let input = Input {
        sizes: vec![size; 2],
        sources: vec![0, 0],
        starts: vec![0, 5, 7],
        targets: vec![1, 0, 1, 1, 0, 1, 1],
        ..Input::default()
    };
    let [layout, _] = check(&input);
    let mut drawn: Vec<u32> = layout.path_target.iter().copied().filter(|&target| target != u32::MAX).collect();
    drawn.sort_unstable();
    assert_eq!(drawn, [0, 1, 5]);
}

fn net(sizes: usize, nets: impl Iterator<Item = (u32, Vec<u32>)>) -> Input {
    let mut input = Input { sizes: vec![Size { w: 60.0, h: 24.0 }; sizes], starts: vec![0], ..Input::default() };
    for (source, targets) in nets {
        input.sources.push(source);
        input.targets.extend(targets);
        input.starts.push(input.targets.len() as u32);
    }
    input
}

#[test]
fn extreme_graphs_are_laid_out() {
    let many = 100_000u32;
    let extremes = [
        // One net with very many targets, and very many nets into one box.
        net(100_001, std::iter::once((0, (1..=many).collect()))),
        net(100_001, (0..many).map(|source| (source, vec![many]))),
        // Very many boxes without edges, pairs, and one very long chain, forwards and backwards in file order.
        net(100_000, std::iter::empty()),
        net(100_000, (0..many / 2).map(|pair| (2 * pair, vec![2 * pair + 1]))),
        net(100_000, (0..many - 1).map(|at| (at, vec![at + 1]))),
        net(100_000, (0..many - 1).map(|at| (at + 1, vec![at]))),
        // One very long cycle, and a chain with a net that reads all of it back.
        net(100_000, (0..many).map(|at| (at, vec![(at + 1) % many]))),
        net(20_000, (0..19_999).map(|at| (at, vec![at + 1])).chain(std::iter::once((0, (1..20_000).collect())))),
        net(20_000, (0..19_999).map(|at| (at, vec![at + 1])).chain(std::iter::once((19_999, (0..20_000).collect())))),
        // Everything to everything.
        net(400, (0..200).map(|source| (source, (200..400).collect()))),
        net(150, (0..150).map(|source| (source, (0..150).collect()))),
    ];
    for input in extremes {
        let layout = layout(&input, &Options::default());
        let edges: usize = input.targets.len();
        let drawn = layout.path_target.iter().filter(|&&target| target != u32::MAX).count();
        assert_eq!((layout.rects.len(), drawn), (input.sizes.len(), edges));
        assert!(layout.points.len() < 40 * (input.sizes.len() + edges) + 200_000);
    }
}

#[test]
fn long_skips_leave_the_rows_for_lanes() {
    let input = graphs::skipping_chain(5000, 7).input();
    let layout = layout(&input, &Options::default());
    let drawn = layout.path_target.iter().filter(|&&target| target != u32::MAX).count();
    assert_eq!(drawn, input.targets.len());
    // In rows, the skips would take some eight million dummies.
    assert!(layout.points.len() < 20 * input.targets.len());
}
