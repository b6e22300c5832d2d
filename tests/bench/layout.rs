//! Times the layout: `cargo bench --bench layout [NAME …]`. Prints the best of several runs, and the peak memory so
//! far.

use lamina::layout::{Input, Layout, Memo, Options, Size, layout, layout_with};
use std::time::Instant;

#[allow(dead_code)]
#[path = "../layout/graphs.rs"]
mod graphs;

/// Graphs above this many boxes are not searched for crossings, nor are those with containers, which have no common rows.
const MANY: usize = 20_000;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    println!(
        "{:16} {:>7} {:>7} {:>9} {:>9} {:>9} {:>8} {:>7}",
        "graph", "boxes", "edges", "ms", "crossings", "length px", "width px", "MB"
    );
    for (name, make) in GRAPHS {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let input = make();
        let (drawn, ms) = best(&input);
        let counted = input.sizes.len() <= MANY && input.parents.is_empty();
        let crossings = if counted { crossings(&drawn).to_string() } else { "-".to_owned() };
        let (boxes, edges, width) = (input.sizes.len(), input.targets.len(), drawn.size.w);
        let length = length(&input, &drawn);
        println!("{name:16} {boxes:7} {edges:7} {ms:9.2} {crossings:>9} {length:9.0} {width:8.0} {:7.0}", peak());
    }
    toggle();
}

type Make = fn() -> Input;

const GRAPHS: &[(&str, Make)] = &[
    ("resnet50", || graphs::resnet(&[3, 4, 6, 3]).input()),
    ("densenet121", || graphs::densenet(&[6, 12, 24, 16]).input()),
    ("wide-1000", || graphs::wide(900).input()),
    ("wide-5000", || graphs::wide(4900).input()),
    ("llm-1000", || graphs::llm(14, false).input()),
    ("llm-5000", || graphs::llm(68, false).input()),
    ("llm-10000", || graphs::llm(137, false).input()),
    ("llm-100000", || graphs::llm(1370, false).input()),
    ("llmg-1000", || graphs::llm(15, true).input()),
    ("llmg-10000", || graphs::llm(151, true).input()),
    ("llmg-100000", || graphs::llm(1515, true).input()),
    ("open-llm-2000", || graphs::open_llm(28).input()),
    ("open-llm-100000", || graphs::open_llm(1500).input()),
    ("odd-llm-100000", || uneven(graphs::open_llm(1500).input())),
    ("tree-10000", || graphs::module_tree(830).input()),
    ("skips-5000", || graphs::skipping_chain(5000, 7).input()),
    ("fan-out-100000", || nets(100_001, std::iter::once((0, (1..=100_000).collect())))),
    ("fan-in-100000", || nets(100_001, (0..100_000).map(|source| (source, vec![100_000])))),
    ("single-100000", || nets(100_000, std::iter::empty())),
    ("pairs-100000", || nets(100_000, (0..50_000).map(|pair| (2 * pair, vec![2 * pair + 1])))),
    ("chain-100000", || nets(100_000, (0..99_999).map(|at| (at, vec![at + 1])))),
    ("cycle-100000", || nets(100_000, (0..100_000).map(|at| (at, vec![(at + 1) % 100_000])))),
    ("read-all-20000", || nets(20_000, (0..19_999).map(|at| (at, vec![at + 1])).chain([(0, (1..20_000).collect())]))),
    ("back-all-20000", || {
        nets(20_000, (0..19_999).map(|at| (at, vec![at + 1])).chain([(19_999, (0..20_000).collect())]))
    }),
    ("random-100000", || random(100_000, 200_000, 100_000)),
    ("local-100000", || random(100_000, 150_000, 50)),
    ("complete-400", || nets(400, (0..200).map(|source| (source, (200..400).collect())))),
    ("tangle-150", || nets(150, (0..150).map(|source| (source, (0..150).collect())))),
];

/// `input` without two layers alike.
fn uneven(mut input: Input) -> Input {
    for (size, at) in input.sizes.iter_mut().zip(0..) {
        size.w += f64::from(at % 977) / 64.0;
    }
    input
}

/// Times opening one of the layers of a decoder, each time with another size, so that what is around it is laid out anew.
fn toggle() {
    let model = graphs::open_llm(28);
    let mut open = model.input();
    let layer = model.labels.iter().position(|label| label == "layers.3").unwrap_or(0);
    let mut memo = Memo::default();
    let mut shortest = f64::INFINITY;
    for round in 0..100 {
        open.sizes[layer].w = 1000.0 + f64::from(round);
        layout_with(&graphs::closed(&open, layer as u32), &Options::default(), &mut memo);
        let start = Instant::now();
        layout_with(&open, &Options::default(), &mut memo);
        shortest = shortest.min(start.elapsed().as_secs_f64() * 1e3);
    }
    println!("{:16} {:7} {:7} {shortest:9.2}", "toggle", open.sizes.len(), open.targets.len());
}

/// Random edges to later boxes, `reach` ahead at most.
fn random(boxes: usize, edges: usize, reach: usize) -> Input {
    let mut random = graphs::Random(5);
    let edge = |_| {
        let source = random.below(boxes - 1);
        (source as u32, vec![(source + 1 + random.below(reach.min(boxes - 1 - source))) as u32])
    };
    nets(boxes, (0..edges).map(edge).collect::<Vec<_>>())
}

/// A graph of equal boxes.
fn nets(boxes: usize, nets: impl IntoIterator<Item = (u32, Vec<u32>)>) -> Input {
    let mut input = Input { sizes: vec![Size { w: 60.0, h: 24.0 }; boxes], starts: vec![0], ..Input::default() };
    for (source, targets) in nets {
        input.sources.push(source);
        input.targets.extend(targets);
        input.starts.push(input.targets.len() as u32);
    }
    input
}

/// The layout, and the shortest time in milliseconds: of as many runs as fit into half a second, at least three.
fn best(input: &Input) -> (Layout, f64) {
    let begin = Instant::now();
    let (mut runs, mut shortest) = (0, f64::INFINITY);
    loop {
        let start = Instant::now();
        let drawn = layout(input, &Options::default());
        shortest = shortest.min(start.elapsed().as_secs_f64() * 1e3);
        runs += 1;
        if runs >= 3 && begin.elapsed().as_secs_f64() > 0.5 {
            return (drawn, shortest);
        }
    }
}

/// The mean distance from the bottom of a source to the top of a target.
fn length(input: &Input, drawn: &Layout) -> f64 {
    let mut sum = 0.0;
    for (&source, legs) in input.sources.iter().zip(input.starts.windows(2)) {
        let from = drawn.rects[source as usize];
        for &target in &input.targets[legs[0] as usize..legs[1] as usize] {
            let to = drawn.rects[target as usize];
            sum += (from.x + from.w / 2.0 - to.x - to.w / 2.0).hypot(to.y - from.y - from.h);
        }
    }
    sum / input.targets.len() as f64
}

/// How many curves of different nets cross in the gaps between rows.
fn crossings(drawn: &Layout) -> u64 {
    let mut boxes: Vec<(f64, f64)> = drawn.rects.iter().map(|rect| (rect.y, rect.y + rect.h)).collect();
    boxes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut rows: Vec<(f64, f64)> = Vec::new();
    for (top, bottom) in boxes {
        match rows.last_mut() {
            Some(row) if top < row.1 => row.1 = row.1.max(bottom),
            _ => rows.push((top, bottom)),
        }
    }
    let mut gaps: Vec<Vec<(u32, f64, f64)>> = vec![Vec::new(); rows.len().saturating_sub(1)];
    for (path, &net) in drawn.path_net.iter().enumerate() {
        let points = &drawn.points[drawn.path_starts[path] as usize..drawn.path_starts[path + 1] as usize];
        for curve in points.windows(4).step_by(3) {
            let (above, below) = if curve[0].y < curve[3].y { (curve[0], curve[3]) } else { (curve[3], curve[0]) };
            let first = rows.partition_point(|row| row.1 < above.y - 1e-6);
            let within = rows.windows(2).zip(&mut gaps).skip(first);
            for (_, gap) in within.take_while(|(rows, _)| rows[1].0 <= below.y + 1e-6) {
                gap.push((net, above.x, below.x));
            }
        }
    }
    let cross = |a: &(u32, f64, f64), b: &(u32, f64, f64)| a.0 != b.0 && (a.1 - b.1) * (a.2 - b.2) < 0.0;
    let mut count = 0;
    for gap in &mut gaps {
        gap.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)));
        gap.dedup();
        count +=
            gap.iter().enumerate().map(|(at, a)| gap[..at].iter().filter(|b| cross(a, b)).count() as u64).sum::<u64>();
    }
    count
}

/// The peak memory of this process in MB, where the system tells.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok())
        .map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}
