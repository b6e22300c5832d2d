//! Opening and closing groups: what is drawn is always the whole graph, seen at some depth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use lamina::analysis::{GroupId, Member, Tree};
use lamina::formats;
use lamina::model::{GraphId, Links, NodeId};
use lamina::source::{Files, NativeFile};
use lamina::view::{ItemKind, Level, NetStyle, Scene, SceneOptions, Step, Viewer};
use std::collections::BTreeSet;
use std::rc::Rc;

const MODELS: [&str; 5] = [
    "static/samples/decoder.onnx",
    "static/samples/resnet50.onnx",
    "tests/fixtures/onnx/torch-transformer.onnx",
    "tests/fixtures/onnx/tf-cnn.onnx",
    "tests/fixtures/onnx/torch-recurrent-dynamo.onnx",
];

fn viewer(path: &str) -> Viewer {
    let files = Files::new(path, Rc::new(NativeFile::open(path.as_ref()).unwrap()));
    Viewer::new(formats::open(&files, &|_| ()).unwrap(), files)
}

fn scene(viewer: &Viewer, level: Level, open: Option<&[GroupId]>, step: Option<Step>) -> Scene {
    let open = open.map(<[GroupId]>::to_vec);
    viewer.scene(GraphId(0), &SceneOptions { level, open, step, ..SceneOptions::default() }).unwrap()
}

/// Of each node, the item that shows it: its own card, or the closed group that it is in.
fn shown(tree: &Tree, scene: &Scene) -> Vec<usize> {
    let mut items = vec![None; tree.group_of.len()];
    let mut show = |node: NodeId, item: usize| assert_eq!(items[node.index()].replace(item), None, "shown twice");
    for (index, item) in scene.items.iter().enumerate() {
        match item.kind {
            ItemKind::Node => show(NodeId(item.reference), index),
            ItemKind::Group => {
                let mut stack = vec![GroupId(item.reference)];
                while let Some(group) = stack.pop() {
                    for member in &tree.groups[group].members {
                        match member {
                            Member::Node(node) => show(*node, index),
                            Member::Group(child) => stack.push(*child),
                        }
                    }
                }
            }
            _ => {}
        }
    }
    items.into_iter().map(|item| item.expect("every node is shown")).collect()
}

/// The edges between nodes as the scene shows them.
fn edges(scene: &Scene) -> BTreeSet<(u32, u32)> {
    let card = |item: u32| matches!(scene.items[item as usize].kind, ItemKind::Node | ItemKind::Group);
    let pairs = scene.nets.iter().flat_map(|net| scene.targets(net).iter().map(|target| (net.source, *target)));
    pairs.filter(|(source, target)| card(*source) && card(*target)).collect()
}

/// The edges of the graph, as they must show when each node is shown by its item.
fn projected(viewer: &Viewer, items: &[usize], scene: &Scene) -> BTreeSet<(u32, u32)> {
    let graph = &viewer.model().graphs[GraphId(0)];
    let links = Links::of(graph);
    let mut pairs = BTreeSet::new();
    for (value, of) in graph.values.iter().filter(|(_, value)| value.tensor.is_none()) {
        let Some(producer) = links.producer[value.index()] else { continue };
        for consumer in links.consumers(value) {
            let (from, to) = (items[producer.index()], items[consumer.index()]);
            let inside = from == to && scene.items[from].kind == ItemKind::Group;
            if !inside {
                pairs.insert((from as u32, to as u32));
            }
        }
        assert!(of.tensor.is_none());
    }
    pairs
}

fn check(viewer: &Viewer, tree: &Tree, scene: &Scene) {
    let items = shown(tree, scene);
    assert_eq!(edges(scene), projected(viewer, &items, scene));
    for (index, item) in scene.items.iter().enumerate() {
        if let Some(parent) = scene.items.get(item.parent as usize) {
            assert_eq!(parent.kind, ItemKind::Container);
            assert!((item.parent as usize) < index, "containers come first");
        }
    }
    for path in 0..scene.layout.path_net.len() {
        let net = &scene.nets[scene.layout.path_net[path] as usize];
        let target = scene.layout.path_target[path];
        assert!(target == u32::MAX || scene.targets(net).contains(&target), "a path ends where its net goes");
    }
    for (index, net) in scene.nets.iter().enumerate().filter(|(_, net)| net.style != NetStyle::Stub) {
        let paths = (0..scene.layout.path_net.len()).filter(|path| scene.layout.path_net[*path] as usize == index);
        let mut ends: Vec<u32> =
            paths.map(|path| scene.layout.path_target[path]).filter(|end| *end != u32::MAX).collect();
        ends.sort_unstable();
        assert_eq!(ends, scene.targets(net), "every edge is drawn exactly once");
    }
}

/// A small deterministic generator (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

#[test]
fn what_is_open_at_first_can_be_read_on_the_screen() {
    let viewer = viewer("tests/fixtures/onnx/tf-cnn.onnx");
    let on = |width: f64, height: f64| {
        let options = SceneOptions { level: Level::Groups, screen: Some((width, height)), ..SceneOptions::default() };
        let scene = viewer.scene(GraphId(0), &options).unwrap();
        let size = scene.layout.size;
        assert!(scene.open.len() == 1 || (size.w * 0.6 + 48.0 <= width && size.h * 0.6 + 48.0 <= height));
        scene.open
    };
    let screens = [(100.0, 100.0), (400.0, 600.0), (800.0, 600.0), (1200.0, 900.0), (4000.0, 9000.0)];
    let open = screens.map(|(width, height)| on(width, height));
    assert_eq!(open[0].len(), 1, "what never fits is closed");
    assert!(open.windows(2).all(|pair| pair[0].iter().all(|group| pair[1].contains(group))), "{open:?}");
    assert!(open[1] < open[4], "a larger screen shows more: {open:?}");
}

#[test]
fn a_level_less_takes_back_a_level_more() {
    for path in MODELS {
        let viewer = viewer(path);
        let mut levels = vec![scene(&viewer, Level::Groups, None, Some(Step::None)).open];
        loop {
            let last = levels.last().unwrap();
            let deeper = scene(&viewer, Level::Groups, Some(last), Some(Step::Deeper)).open;
            if deeper == *last {
                break;
            }
            levels.push(deeper);
        }
        assert!(levels.len() > 1);
        while let Some(level) = levels.pop() {
            let shallower = scene(&viewer, Level::Groups, Some(&level), Some(Step::Shallower)).open;
            assert_eq!(&shallower, levels.last().unwrap_or(&level), "{path}");
        }
    }
}

#[test]
fn every_depth_shows_the_whole_graph() {
    for path in MODELS {
        let viewer = viewer(path);
        let tree = viewer.tree(GraphId(0)).unwrap();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut open = scene(&viewer, Level::Groups, None, None).open;
        for _ in 0..40 {
            let step = match random.below(12) {
                0 => Step::Deeper,
                1 => Step::Shallower,
                2 => Step::All,
                3 => Step::None,
                4 => Step::Reveal { node: NodeId(random.below(tree.group_of.len()) as u32) },
                _ => Step::Toggle { group: GroupId(random.below(tree.groups.len()) as u32) },
            };
            let scene = scene(&viewer, Level::Groups, Some(&open), Some(step));
            check(&viewer, &tree, &scene);
            if let Step::Reveal { node } = step {
                let own = |item: &lamina::view::Item| item.kind == ItemKind::Node && item.reference == node.0;
                assert!(scene.items.iter().any(own), "what was asked for is in view");
            }
            open = scene.open;
        }
    }
}

#[test]
fn opening_and_closing_restores_the_scene() {
    for path in MODELS {
        let viewer = viewer(path);
        let before = scene(&viewer, Level::Groups, None, None);
        let Some(closed) = before.items.iter().find(|item| item.kind == ItemKind::Group) else { continue };
        let toggle = Step::Toggle { group: GroupId(closed.reference) };
        let opened = scene(&viewer, Level::Groups, Some(&before.open), Some(toggle));
        assert!(opened.items.len() > before.items.len(), "{path}");
        let after = scene(&viewer, Level::Groups, Some(&opened.open), Some(toggle));
        assert_eq!(after.open, before.open);
        assert_eq!(after.layout.rects, before.layout.rects);
        assert_eq!(after.layout.points, before.layout.points);
    }
}

#[test]
fn small_graphs_open_flat_and_the_reader_may_choose() {
    let viewer = viewer("static/samples/decoder.onnx");
    let auto = scene(&viewer, Level::Auto, None, None);
    assert_eq!(auto.level, Level::Flat);
    assert!(auto.grouped && auto.open.is_empty());
    assert!(auto.items.iter().all(|item| !matches!(item.kind, ItemKind::Group | ItemKind::Container)));
    let groups = scene(&viewer, Level::Groups, Some(&[]), None);
    assert!(groups.items.iter().any(|item| item.kind == ItemKind::Group));
    assert!(groups.items.len() < auto.items.len() / 3);
    let all = scene(&viewer, Level::Auto, None, Some(Step::All));
    assert!(all.items.iter().any(|item| item.kind == ItemKind::Container));
    assert!(all.items.iter().all(|item| item.kind != ItemKind::Group));
}

#[test]
fn what_only_one_layer_reads_or_writes_stands_in_that_layer() {
    let viewer = viewer("static/samples/decoder.onnx");
    let open = scene(&viewer, Level::Groups, None, Some(Step::All));
    let pills = open.items.iter().filter(|item| matches!(item.kind, ItemKind::Input | ItemKind::Output));
    let (inner, outer): (Vec<_>, Vec<_>) = pills.partition(|item| item.parent != lamina::view::NONE);
    let title = |item: &&lamina::view::Item| open.card(item).title.clone();
    let cached = |title: &String| title.starts_with("past") || title.starts_with("present");
    assert!(inner.iter().map(title).all(|title| cached(&title)), "{:?}", inner.iter().map(title).collect::<Vec<_>>());
    // The length of one of the caches is what positions and masks are made of.
    assert!(outer.iter().map(title).filter(cached).count() <= 1);
    assert!(inner.len() >= 15 && outer.len() >= 2);
    for pill in inner {
        let layer = open.card(pill).title.split('.').nth(1).unwrap();
        let mut around = Vec::new();
        let mut next = pill.parent;
        while let Some(item) = open.items.get(next as usize) {
            around.push(open.card(item).title.clone());
            next = item.parent;
        }
        assert!(around.contains(&format!("layers.{layer}")) || around.contains(&layer.to_owned()), "{around:?}");
    }
}
