//! PyTorch checkpoints: that all containers give the same, and what is made of checkpoints, modules and files with mistakes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::Opened;
use lamina::model::{Graph, Model, Wiring, values};
use lamina::report::Severity;
use lamina::source::Files;

fn open(path: &str) -> (Opened, Files) {
    let files = common::on_disk(&common::root().join(path));
    let opened = common::open(&files).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(opened.format.id, "pytorch", "{path}");
    (opened, files)
}

fn model(path: &str) -> Model {
    open(&format!("pytorch/{path}")).0.model
}

/// What a state dict says, whatever it comes in: names, types, shapes, values.
fn state(path: &str) -> Vec<String> {
    let (Opened { model, report, .. }, files) = open(&format!("pytorch/{path}"));
    assert!(report.diagnostics.is_empty(), "{path}: {:?}", report.diagnostics);
    let tensor = |(id, tensor): (_, &lamina::model::Tensor)| {
        let values = values::read(&model, id, &files, 0, u64::MAX).unwrap();
        let values: Vec<String> = (0..values.len()).map(|index| values.text(index).unwrap()).collect();
        format!("{} {} {:?} {values:?}", tensor.name, tensor.dtype.name(), tensor.shape)
    };
    model.tensors.iter().map(tensor).collect()
}

#[test]
fn all_containers_and_protocols_give_the_same() {
    let expected = state("protocol-2.pth");
    assert_eq!(expected.len(), 8);
    let mut others: Vec<String> = (2..=5).map(|protocol| format!("protocol-{protocol}-stream.pth")).collect();
    others.extend((3..=5).map(|protocol| format!("protocol-{protocol}.pth")));
    let rest = ["deflated.pth", "repacked.pth", "no-folder.pth", "stream.pth.gz", "archive.pth.gz"];
    others.extend(rest.map(String::from));
    for other in others {
        assert_eq!(state(&other), expected, "{other}");
    }
}

fn metadata<'a>(model: &'a Model, name: &str) -> Option<&'a str> {
    model.metadata.iter().find(|entry| &*entry.name == name).map(|entry| &*entry.value)
}

#[test]
fn the_state_of_the_training_is_metadata_and_counts_no_parameters() {
    let plain = model("cnn.pth").totals();
    for path in ["training.pth.tar", "lightning.ckpt"] {
        let model = model(path);
        assert_eq!(model.graphs.len(), 1, "{path}");
        assert_eq!(model.totals().initializers, plain.initializers, "{path}");
        assert_eq!(model.tensors.len(), plain.initializers, "{path}: the optimiser's tensors are summed up");
        assert!(model.metadata.iter().any(|entry| entry.name.ends_with("state.*.exp_avg")), "{path}");
    }
    let lightning = model("lightning.ckpt");
    assert_eq!(metadata(&lightning, "pytorch-lightning_version"), Some("2.2.0"));
    assert_eq!(metadata(&lightning, "hyper_parameters.nested.rate"), Some("0.1"));
    assert_eq!(metadata(&lightning, "callbacks.ModelCheckpoint{'monitor': 'loss'}.best_model_score"), Some("0.25"));
}

fn names(graph: &Graph) -> Vec<&str> {
    graph.nodes.values().map(|node| &*node.name).collect()
}

#[test]
fn levels_that_wrap_modules_are_folded() {
    let training = model("training.pth.tar");
    let graph = training.graphs.values().next().unwrap();
    assert!(names(graph).contains(&"layer1.conv1"), "{:?}", names(graph));
    assert!(
        training.tensors.values().any(|tensor| &*tensor.name == "module.layer1.conv1.weight"),
        "tensors keep their names"
    );
    let wrapped = model("wrapped.pth");
    assert_eq!(names(wrapped.graphs.values().next().unwrap()), ["0", "1"]);
}

#[test]
fn state_dicts_beside_each_other_are_graphs_of_their_own_and_copies_come_last() {
    let several = model("several.pt");
    let graphs: Vec<&str> = several.graphs.values().map(|graph| &*graph.name).collect();
    assert_eq!(graphs, ["netG", "netD", "ema"]);
    assert_eq!(model("nested.pth").graphs.len(), 1);
}

#[test]
fn layers_are_inferred_and_say_so() {
    let layers = model("layers.pth");
    let graph = layers.graphs.values().next().unwrap();
    let of = |name: &str| graph.nodes.values().find(|node| &*node.name == name).unwrap();
    let expected = [
        ("embedding", "Embedding"),
        ("lstm", "LSTM"),
        ("gru", "GRUCell"),
        ("attention", "MultiheadAttention"),
        ("norm", "LayerNorm"),
        ("rms_norm", "RMSNorm"),
        ("group_norm", "GroupNorm"),
        ("conv", "Conv1d"),
        ("volume", "Conv3d"),
        ("depthwise", "Conv2d"),
        ("up", "ConvTranspose2d"),
        ("prelu", "PReLU"),
        ("weighted", "Linear"),
        ("tied", "Linear"),
    ];
    for (name, class) in expected {
        assert_eq!((&*of(name).operator, of(name).inferred), (class, true), "{name}");
    }
    assert_eq!((&*of("bilinear").operator, of("bilinear").inferred), ("bilinear", false));
}

#[test]
fn tied_weights_are_one_tensor() {
    let layers = model("layers.pth");
    let graph = layers.graphs.values().next().unwrap();
    let tied = graph.values.values().find(|value| &*value.name == "tied.weight").unwrap();
    assert_eq!((&*tied.metadata[0].name, &*tied.metadata[0].value), ("tied to", "embedding.weight"));
    let embedding = graph.values.values().find(|value| &*value.name == "embedding.weight").unwrap();
    assert_eq!(tied.tensor, embedding.tensor);
}

#[test]
fn whole_modules_have_classes_settings_and_the_order_of_sequences() {
    let (Opened { model, .. }, _) = open("pytorch/sequential.pt");
    let graph = model.graphs.values().next().unwrap();
    assert_eq!(graph.wiring, Wiring::Flow);
    let operators: Vec<&str> = graph.nodes.values().map(|node| &*node.operator).collect();
    assert_eq!(operators, ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]);
    let wires: Vec<bool> =
        graph.values.values().filter(|value| value.tensor.is_none()).map(|value| value.inferred).collect();
    assert_eq!(wires, [false; 5], "all are known to follow each other");
    assert!(graph.nodes.values().all(|node| !node.inferred));

    let whole = self::model("module.pt");
    let graph = whole.graphs.values().next().unwrap();
    assert!(graph.values.values().any(|value| value.inferred), "the order in other classes is inferred");
    let downsample = graph.nodes.values().find(|node| &*node.name == "layer2.downsample.0").unwrap();
    assert!(downsample.inputs.iter().all(|argument| &*argument.name != "input"), "it is beside the others");
    assert_eq!(whole.totals().parameters, self::model("module-stream.pt").totals().parameters);
}

#[test]
fn what_is_sound_in_a_damaged_file_is_shown() {
    let cases = [
        ("stream-storages-cut.pth", 4, Severity::Error, "the storages"),
        ("stream-objects-cut.pth", 2, Severity::Error, "the file ends here"),
        ("storage-missing.pth", 4, Severity::Warning, "there is no storage \"2\""),
        ("storage-short.pth", 4, Severity::Warning, "needs 48 bytes, its storage has 10"),
        ("objects-cut.pth", 2, Severity::Error, "the section ends here"),
        ("stacked.pkl", 0, Severity::Warning, "18 bytes follow the end of the pickle"),
        ("stream-trailing.pth", 4, Severity::Warning, "14 bytes follow the storages"),
        ("no-stop.pkl", 0, Severity::Error, "the file ends here"),
    ];
    for (path, tensors, severity, message) in cases {
        let (Opened { model, report, .. }, _) = open(&format!("bad/pytorch/{path}"));
        assert_eq!(model.tensors.len(), tensors, "{path}");
        let said = report.diagnostics.iter().any(|found| found.severity == severity && found.message.contains(message));
        assert!(said, "{path}: {:?}", report.diagnostics);
    }
}

#[test]
fn shapes_that_do_not_fit_their_storages_are_told() {
    let (Opened { model, report, .. }, files) = open("bad/pytorch/shapes.pth");
    let names: Vec<&str> = model.tensors.values().map(|tensor| &*tensor.name).collect();
    // The last one is the same view as the one before it; a negative size is none.
    assert_eq!(names, ["beyond", "offset_beyond", "huge", "huge_strides", "expanded", "ranks_differ"]);
    assert!(report.diagnostics.len() >= 4, "{:?}", report.diagnostics);
    for (id, tensor) in model.tensors.iter() {
        let read = values::read(&model, id, &files, 0, 4);
        match &*tensor.name {
            "expanded" | "beyond" | "ranks_differ" => assert_eq!(read.unwrap().len(), 4, "{}", tensor.name),
            "offset_beyond" | "huge" => assert!(read.is_err() || read.unwrap().len() <= 4),
            _ => assert!(read.is_ok_and(|values| values.len() <= 4)),
        }
    }
}

#[test]
fn damaged_compression_is_an_error_of_the_values() {
    let (Opened { model, .. }, files) = open("bad/pytorch/deflated-damaged.pth");
    let results: Vec<bool> =
        model.tensors.iter().map(|(id, _)| values::read(&model, id, &files, 0, 12).is_ok()).collect();
    assert_eq!(results, [true, true, true, false]);
}
