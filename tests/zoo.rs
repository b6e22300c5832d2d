//! Networks that people know, with tiny dimensions: the layers that are inferred from their weights are those that the frameworks know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::{Member, Tree};
use lamina::model::{GraphId, Model, Wiring};
use serde_json::Value;

/// What a class of a framework is called here, where that is another name for the same layer.
const SYNONYMS: &[(&str, &str)] = &[
    ("BatchNorm2d", "BatchNorm"),
    ("Conv1D", "Linear"),
    ("LlamaRMSNorm", "RMSNorm"),
    ("T5LayerNorm", "RMSNorm"),
    ("WhisperPositionalEmbedding", "Embedding"),
];
/// Modules that are no layers, but keep a tensor of their own: nothing is inferred of them.
const HOLDERS: &[&str] = &[
    "ShiftedWindowAttention",
    "BertEmbeddings",
    "BertLMPredictionHead",
    "ViTEmbeddings",
    "CLIPModel",
    "CLIPTextEmbeddings",
    "CLIPVisionEmbeddings",
    "Wav2Vec2Model",
    "ParametrizedConv1d",
    "ParametrizationList",
];
/// What names and shapes cannot tell: two vectors are what both have.
const UNTOLD: &[(&str, &str)] = &[("GroupNorm", "LayerNorm")];

fn model(name: &str) -> Model {
    let files = common::on_disk(&common::root().join("pytorch/zoo").join(name));
    let opened = common::open(&files).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(opened.report.diagnostics.is_empty(), "{name}: {:?}", opened.report.diagnostics);
    opened.model
}

fn classes() -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(common::root().join("pytorch/zoo/classes.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn layers_are_what_the_framework_says() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (name, known) in &classes() {
        let model = model(name);
        // What is drawn of the weights comes before their tree.
        let graph = model.graphs.values().last().unwrap();
        for (path, class) in known.as_object().unwrap() {
            let class = class.as_str().unwrap();
            let Some(node) = graph.nodes.values().find(|node| &*node.name == path) else {
                if !HOLDERS.contains(&class) {
                    wrong.push(format!("{name}: {path} is missing"));
                }
                continue;
            };
            count += 1;
            let same = *class == *node.operator || [SYNONYMS, UNTOLD].concat().contains(&(class, &*node.operator));
            let fits = if HOLDERS.contains(&class) { !node.inferred } else { same };
            if !fits {
                wrong.push(format!("{name}: {path} is a {class}, not a {}", node.operator));
            }
            assert!(!node.inferred || graph.wiring == Wiring::Modules, "{name}: modules state their classes");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 250, "{count} modules");
}

#[test]
fn layers_that_repeat_are_a_stack() {
    for (name, layer) in
        [("bert.bin", "layer"), ("gpt2.bin", "h"), ("llama.bin", "layers"), ("vit.pt", "encoder_layer")]
    {
        let model = model(name);
        let tree = Tree::of(&model, GraphId(0));
        let twins = tree.groups.iter().any(|(_, group)| {
            group.twin.is_some()
                && tree.path(group.parent.unwrap()).iter().any(|id| tree.groups[*id].name.contains(layer))
                || group.name.contains(layer) && group.members.iter().all(|member| matches!(member, Member::Group(_)))
        });
        assert!(twins, "{name}: {:?}", tree.groups.values().map(|group| &group.name).collect::<Vec<_>>());
    }
}

#[test]
fn a_detector_has_its_modules_settings_and_date() {
    let model = model("yolo.pt");
    let graph = model.graphs.values().next().unwrap();
    let metadata = |name: &str| model.metadata.iter().find(|entry| &*entry.name == name).map(|entry| &*entry.value);
    assert_eq!(metadata("model.class"), Some("models.yolo.Model"));
    assert_eq!(metadata("date"), Some("2024-05-06T07:08:09"));
    assert_eq!(metadata("opt.imgsz"), Some("640"));
    let bottleneck = graph.scopes.values().find(|scope| &*scope.class == "models.common.Bottleneck").unwrap();
    let settings: Vec<(&str, &str)> = bottleneck.metadata.iter().map(|entry| (&*entry.name, &*entry.value)).collect();
    assert!(settings.contains(&("add", "True")) && settings.contains(&("np", "344")), "{settings:?}");
    let tree = Tree::of(&model, GraphId(0));
    let group = tree.groups.values().find(|group| &*group.class == "models.common.Bottleneck").unwrap();
    assert_eq!(graph.scopes[group.scope.unwrap()].metadata.len(), settings.len());
    let detect = graph.nodes.values().find(|node| &*node.operator == "Detect").unwrap();
    assert_eq!(&*detect.domain, "models.yolo");
}

#[test]
fn all_versions_of_torch_write_the_same_weights() {
    let folder = common::root().join("pytorch/versions");
    let state = |version: &str, kind: &str| {
        let files = common::on_disk(&folder.join(format!("{kind}-{version}.pt")));
        let opened = common::open(&files).unwrap();
        assert!(opened.report.diagnostics.is_empty(), "{version}: {:?}", opened.report.diagnostics);
        let mut all: Vec<String> = opened
            .model
            .tensors
            .iter()
            .map(|(id, tensor)| {
                let read = lamina::model::values::read(&opened.model, id, &files, 0, 3).unwrap();
                let values: Vec<String> = (0..read.len()).map(|at| read.text(at).unwrap()).collect();
                format!("{} {:?} {values:?}", tensor.name, tensor.shape)
            })
            .collect();
        all.sort();
        all
    };
    let expected = state("2.6", "state");
    assert_eq!(expected.len(), 10);
    for version in ["1.4", "1.6", "1.13", "2.1", "2.6"] {
        assert_eq!(state(version, "state"), expected, "{version}");
        assert_eq!(state(version, "module"), expected, "{version}");
    }
}
