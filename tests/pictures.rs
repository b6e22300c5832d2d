//! Draws models of known architectures, and compares with the picture beside each: `tests/layout/models/<model>-<level>.svg`.
//!
//! `UPDATE=1 cargo test --test pictures` draws them anew: then look at them. The spine is to be straight, shortcuts run beside it, and
//! nothing covers anything else. Pictures have no text: what is compared is the layout.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::layout::{Point, Rect};
use lamina::view::{ItemKind, Level, NetStyle, Scene, SceneOptions, Step, Viewer};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const LEVELS: [(&str, Level, Option<Step>); 3] =
    [("flat", Level::Flat, None), ("groups", Level::Groups, None), ("open", Level::Groups, Some(Step::All))];

fn models() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout/models");
    let mut models: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    models.retain(|path| path.extension().is_some_and(|extension| extension == "onnx"));
    models.sort();
    models
}

fn scene(model: &Path, level: Level, step: Option<Step>) -> Scene {
    let files = common::on_disk(model);
    let viewer = Viewer::new(common::open(&files).unwrap(), files);
    let options = SceneOptions { level, step, ..SceneOptions::default() };
    viewer.scene(viewer.info().entry, &options).unwrap()
}

/// The points of each path.
fn paths(scene: &Scene) -> impl Iterator<Item = &[Point]> {
    let layout = &scene.layout;
    layout.path_starts.windows(2).map(|ends| &layout.points[ends[0] as usize..ends[1] as usize])
}

/// A number to a tenth of a pixel.
fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// The scene without text, one line a box or path.
fn picture(scene: &Scene) -> String {
    let size = scene.layout.size;
    let (w, h) = (tenths(size.w + 32.0), tenths(size.h + 32.0));
    let mut out =
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 -16 {w} {h}" width="{w}" height="{h}">"#);
    out.push_str("\n<style>rect{rx:5px;fill:#4a7ab5}.i{fill:#9aa}.g{fill:#c90}.c{fill:#8894;stroke:#889}");
    out.push_str("path{fill:none;stroke:#555}</style>\n");
    for (item, Rect { x, y, w, h }) in scene.items.iter().zip(&scene.layout.rects) {
        let class = match item.kind {
            ItemKind::Input | ItemKind::Output => r#" class="i""#,
            ItemKind::Group => r#" class="g""#,
            ItemKind::Container => r#" class="c""#,
            ItemKind::Node | ItemKind::Module => "",
        };
        let [x, y, w, h] = [x, y, w, h].map(|value| tenths(*value));
        writeln!(out, r#"<rect{class} x="{x}" y="{y}" width="{w}" height="{h}"/>"#).unwrap();
    }
    for points in paths(scene) {
        let point = |point: &Point| format!("{} {}", tenths(point.x), tenths(point.y));
        let mut path = format!("M{}", point(&points[0]));
        for curve in points.windows(4).step_by(3) {
            if curve.iter().all(|point| point.x == curve[0].x) {
                write!(path, "V{}", tenths(curve[3].y)).unwrap();
            } else {
                write!(path, "C{} {} {}", point(&curve[1]), point(&curve[2]), point(&curve[3])).unwrap();
            }
        }
        writeln!(out, r#"<path d="{path}"/>"#).unwrap();
    }
    out + "</svg>\n"
}

#[test]
fn models_look_as_their_pictures_do() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for model in models() {
        for (name, level, step) in LEVELS {
            let golden = model.with_file_name(format!("{}-{name}.svg", model.file_stem().unwrap().to_string_lossy()));
            let found = picture(&scene(&model, level, step));
            if update {
                fs::write(&golden, &found).unwrap();
            } else if fs::read_to_string(&golden).unwrap_or_default() != found {
                wrong.push(golden.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    assert!(models().len() >= 6);
    assert!(
        wrong.is_empty(),
        "{wrong:?}\nIf they are meant to look otherwise: UPDATE=1 cargo test --test pictures, and look"
    );
}

/// The items of a longest path.
fn spine(scene: &Scene) -> Vec<usize> {
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for net in scene.nets.iter().filter(|net| net.style == NetStyle::Data) {
        edges.extend(scene.targets(net).iter().map(|target| (net.source as usize, *target as usize)));
    }
    // Boxes stand below all that they read.
    edges.sort_by(|a, b| scene.layout.rects[a.0].y.total_cmp(&scene.layout.rects[b.0].y));
    let mut depth = vec![0; scene.items.len()];
    let mut before = vec![None; scene.items.len()];
    for (from, to) in edges {
        if depth[from] + 1 > depth[to] {
            (depth[to], before[to]) = (depth[from] + 1, Some(from));
        }
    }
    let last = (0..depth.len()).max_by_key(|item| depth[*item]);
    std::iter::successors(last, |item| before[*item]).collect()
}

#[test]
fn the_spine_of_a_convolutional_network_is_straight_through_all_groups() {
    for model in models() {
        let name = model.file_stem().unwrap().to_string_lossy();
        if ["decoder", "detector"].contains(&&*name) {
            continue;
        }
        for (depth, level, step) in [LEVELS[0], LEVELS[2]] {
            let scene = scene(&model, level, step);
            let middles: Vec<f64> =
                spine(&scene).iter().map(|item| scene.layout.rects[*item]).map(|rect| rect.x + rect.w / 2.0).collect();
            assert!(middles.len() > 20, "{name}");
            let off = middles.iter().filter(|middle| (**middle - middles[0]).abs() > 0.5).count();
            assert_eq!(off, 0, "{name} {depth}: {off} of {} boxes are beside the spine", middles.len());
        }
    }
}

/// The model called `name`, flat.
fn flat(name: &str) -> Scene {
    let model = models().into_iter().find(|path| path.file_stem().is_some_and(|stem| stem == name)).unwrap();
    scene(&model, Level::Flat, None)
}

#[test]
fn the_main_line_of_a_dense_block_is_drawn_however_many_layers_read_it() {
    let scene = flat("densenet121");
    let most = scene.nets.iter().map(|net| scene.targets(net).len()).max();
    assert_eq!(most, Some(25));
    assert!(scene.nets.iter().all(|net| net.style == NetStyle::Data));
}

#[test]
fn arrowheads_have_room() {
    for name in ["densenet121", "detector", "inception"] {
        let scene = flat(name);
        let mut ends: Vec<Vec<f64>> = vec![Vec::new(); scene.items.len()];
        for (points, target) in paths(&scene).zip(&scene.layout.path_target) {
            if let Some(ends) = ends.get_mut(*target as usize) {
                ends.push(points[points.len() - 1].x);
            }
        }
        // Where very many arrive, a box does not grow any more.
        for ends in ends.iter_mut().filter(|ends| ends.len() <= 24) {
            ends.sort_by(f64::total_cmp);
            let least = ends.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
            assert!(least > 6.0, "{name}: {least} px between two of {}", ends.len());
        }
    }
}

#[test]
fn labels_do_not_cover_the_wires_of_other_tensors() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/samples/decoder.onnx");
    for (_, level, step) in LEVELS {
        let scene = scene(&model, level, step);
        for (net, at) in scene.labels.iter().enumerate().filter_map(|(net, at)| Some((net, (*at)?))) {
            // Even the narrowest label is as wide as one digit.
            let half = 3.0 * scene.label(&scene.nets[net]).chars().count() as f64;
            for (points, other) in
                paths(&scene).zip(&scene.layout.path_net).filter(|(_, other)| **other as usize != net)
            {
                for piece in points.windows(4).step_by(3).filter(|piece| piece[0].x == piece[3].x) {
                    let beside = (piece[0].x - at.x).abs() > half || piece[0].y.max(piece[3].y) < at.y - 5.0;
                    let covered = !beside && piece[0].y.min(piece[3].y) < at.y + 5.0;
                    assert!(
                        !covered,
                        "{} over {}",
                        scene.label(&scene.nets[net]),
                        scene.label(&scene.nets[*other as usize])
                    );
                }
            }
        }
    }
}
