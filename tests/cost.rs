//! What models cost: against torch's profiler, and by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::Tree;
use lamina::model::GraphId;
use lamina::view::{CostInfo, Detail, Measure, Selection, Viewer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn viewer(path: &Path) -> Viewer {
    let files = common::on_disk(path);
    Viewer::new(common::open(&files).unwrap(), files)
}

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout/models")
}

#[test]
fn work_is_what_the_profiler_counts() {
    let figures: BTreeMap<String, u64> =
        serde_json::from_str(&std::fs::read_to_string(models().join("flops.json")).unwrap()).unwrap();
    assert_eq!(figures.len(), 6);
    for (name, flops) in figures {
        let CostInfo { total, .. } = viewer(&models().join(format!("{name}.onnx"))).cost().unwrap();
        // The profiler counts two operations for each MAC, and nothing else.
        let off = (2.0 * total.macs as f64 / flops as f64 - 1.0).abs();
        assert!(off < 0.01, "{name}: {} MACs, torch counts {flops} operations", total.macs);
        assert!(total.flops > flops && total.flops < flops + flops / 10, "{name}: {} operations", total.flops);
        assert_eq!(total.open, 0, "{name}");
    }
}

#[test]
fn the_same_network_costs_the_same_in_every_format() {
    let root = common::root();
    let macs = |path: &str, sizes: &[(&str, u64)]| {
        let viewer = viewer(&root.join(path));
        viewer.set_sizes(sizes.iter().map(|(name, size)| ((*name).into(), *size)).collect());
        viewer.cost().unwrap().total.macs
    };
    // 8 filters of 3×3×3 on 14×14 places are the first layer of each.
    let float = macs("tflite/cnn.tflite", &[]);
    assert!(float > 0);
    assert_eq!(macs("tflite/cnn-int8.tflite", &[]), float);
    assert_eq!(macs("tflite/cnn-float16.tflite", &[]), float);
    assert_eq!(macs("tflite/cnn.tflite", &[("?1", 16)]), 16 * float);
    assert_eq!(macs("onnx/torch-cnn.onnx", &[]), macs("onnx/torch-cnn-dynamo.onnx", &[]));
}

#[test]
fn layers_of_keras_cost_what_their_kernels_say() {
    let total = viewer(&common::root().join("keras/v3/nested.keras")).cost().unwrap().total;
    // On 8×8 places: a 1×1×3×4 convolution that is called twice, one of 1×1×8×4, a block with one of 3×3×4×4 twice; then 4 to 3 features.
    assert_eq!(total.macs, 2 * 64 * 12 + 64 * 32 + 2 * 64 * 144 + 12);
}

#[test]
fn groups_are_the_sum_of_their_nodes() {
    let viewer = viewer(&models().join("resnet50.onnx"));
    let graph = GraphId(0);
    let heat = viewer.heat(graph, Measure::Macs).unwrap();
    let total = viewer.cost().unwrap().total;
    assert_eq!(heat.nodes.iter().sum::<u64>(), total.macs);
    assert_eq!(heat.groups[Tree::ROOT.index()], total.macs);
    let tree = viewer.tree(graph).unwrap();
    for (id, group) in tree.groups.iter() {
        let inside = |node: usize| tree.path(tree.group_of[node]).contains(&id) || id == Tree::ROOT;
        let sum: u64 = heat.nodes.iter().enumerate().filter(|(node, _)| inside(*node)).map(|(_, macs)| macs).sum();
        assert_eq!(heat.groups[id.index()], sum, "{}", group.name);
    }
    // The first convolution: 64 filters of 3×7×7 on 112×112 places.
    let first = viewer.model().graphs[graph].nodes.iter().find(|(_, node)| &*node.operator == "Conv").unwrap().0;
    assert_eq!(heat.nodes[first.index()], 64 * 3 * 49 * 112 * 112);
    let Some(Detail::Node(node)) = viewer.detail(graph, Selection::Node(first)) else { panic!("no node") };
    let cost = node.cost.unwrap();
    assert_eq!((cost.macs, cost.activations), (64 * 3 * 49 * 112 * 112, 4 * 64 * 112 * 112));
    assert_eq!(cost.parameters, 64 * 3 * 49 + 64);
}

#[test]
fn memory_is_needed_from_the_first_to_the_last_use() {
    // In a chain of poolings the widest step is its input and its output; a shortcut is kept beside it.
    let viewer = viewer(&models().join("resnet50.onnx"));
    let CostInfo { peak, total, .. } = viewer.cost().unwrap();
    let largest = 4 * 256 * 56 * 56;
    // A shortcut of 256 channels, and a convolution of 256 channels beside it, with the sum of both.
    assert!(peak >= 2 * largest && peak <= 4 * largest, "{peak}");
    assert!(peak < total.activations / 5);
}

#[test]
fn sizes_that_are_set_change_the_cost() {
    let viewer = viewer(&common::root().join("onnx/ort-dynamic.onnx"));
    let before = viewer.cost().unwrap();
    let names: Vec<String> = before.sizes.iter().map(|size| size.name.clone()).collect();
    assert!(!names.is_empty() && before.sizes.iter().all(|size| size.size.is_none()));
    viewer.set_sizes(names.iter().map(|name| (name.as_str().into(), 8)).collect());
    let after = viewer.cost().unwrap();
    assert!(after.sizes.iter().all(|size| size.size == Some(8)));
    assert!(
        after.total.flops >= 8 * before.total.flops && before.total.flops > 0,
        "{} {}",
        before.total.flops,
        after.total.flops
    );
}

#[test]
fn weights_alone_have_no_cost() {
    let viewer = viewer(&common::root().join("safetensors/llama.safetensors"));
    assert_eq!(viewer.cost(), None);
    assert!(viewer.heat(GraphId(0), Measure::Macs).is_none());
}
