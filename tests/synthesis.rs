//! Diagrams that are drawn of weights, by their names: nothing is lost, and everything is marked as inferred.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::synthesis::{self, Facts, Weight};
use lamina::analysis::{GroupKind, Tree};
use lamina::formats::Opened;
use lamina::model::{Arena, Graph, GraphId, Literal, Model, Node, Wiring};
use lamina::source::{BytesSource, Files};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A file of weights with these names and shapes, all zero.
fn weights(tensors: &BTreeMap<String, Vec<u64>>) -> Vec<u8> {
    let (mut header, mut at) = (serde_json::Map::new(), 0);
    for (name, shape) in tensors {
        let end = at + 4 * shape.iter().product::<u64>();
        header.insert(name.clone(), serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [at, end]}));
        at = end;
    }
    let text = serde_json::to_vec(&header).unwrap();
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text);
    bytes.resize(bytes.len() + at as usize, 0);
    bytes
}

/// An architecture: its configuration, and its weights.
struct Architecture {
    name: String,
    config: Vec<u8>,
    tensors: BTreeMap<String, Vec<u64>>,
}

fn architectures() -> Vec<Architecture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/architectures");
    let all: Vec<Architecture> = common::files(&folder)
        .into_iter()
        .map(|path| {
            let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            Architecture {
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                config: serde_json::to_vec(&json["config"]).unwrap(),
                tensors: serde_json::from_value(json["tensors"].clone()).unwrap(),
            }
        })
        .collect();
    assert!(all.len() > 40, "only {} architectures", all.len());
    all
}

impl Architecture {
    fn open(&self, with_config: bool) -> Opened {
        let files = common::in_memory("model.safetensors", weights(&self.tensors));
        if with_config {
            files.add("config.json", Rc::new(BytesSource(self.config.clone())));
        }
        common::open(&files).unwrap()
    }
}

fn folder(name: &str) -> PathBuf {
    common::root().join("transformers").join(name)
}

fn opened(path: &str) -> Opened {
    common::open(&common::on_disk(&folder(path))).unwrap()
}

fn diagram(model: &Model) -> &Graph {
    let graph = model.graphs.values().next().unwrap();
    assert_eq!(graph.wiring, Wiring::Flow, "{:?}", model.properties);
    graph
}

fn operators(graph: &Graph) -> Vec<&str> {
    graph.nodes.values().map(|node| &*node.operator).collect()
}

fn node<'a>(graph: &'a Graph, name: &str) -> &'a Node {
    graph.nodes.values().find(|node| &*node.name == name).unwrap_or_else(|| panic!("no {name}"))
}

fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a Literal> {
    node.attributes.iter().find(|attribute| &*attribute.name == name).map(|attribute| &attribute.value)
}

fn property<'a>(model: &'a Model, name: &str) -> Option<&'a str> {
    model.properties.iter().chain(&model.metadata).find(|entry| &*entry.name == name).map(|entry| &*entry.value)
}

/// Each tensor is read by one node of the diagram (a head that is tied reads what is the embeddings' own), or said not to be placed; all
/// nodes and values are marked as inferred; and every node is on the way from an input to an output.
fn verify(name: &str, opened: &Opened) {
    let model = &opened.model;
    let graph = diagram(model);
    let tree = model.graphs.values().nth(1).unwrap();
    assert_eq!(tree.wiring, Wiring::Modules, "{name}: the tree of modules is there, too");
    let mut read: BTreeMap<String, usize> = BTreeMap::new();
    let mut again: BTreeSet<String> = BTreeSet::new();
    for node in graph.nodes.values() {
        assert!(node.inferred, "{name}: {} is inferred", node.name);
        let shared = attribute(node, "tied").is_some();
        for value in node.inputs.iter().flat_map(|argument| &argument.values) {
            let value = &graph.values[*value];
            match value.tensor {
                Some(_) if shared => drop(again.insert(value.name.to_string())),
                Some(_) => *read.entry(value.name.to_string()).or_default() += 1,
                None => assert!(value.inferred, "{name}: what {} reads is inferred", node.name),
            }
        }
    }
    let all: BTreeSet<String> = model.tensors.values().map(|tensor| tensor.name.to_string()).collect();
    for tensor in &all {
        let count = read.get(tensor).copied().unwrap_or(0);
        let left = opened.report.diagnostics.iter().any(|found| found.message.contains("not placed"));
        assert!(count == 1 || count == 0 && (left || again.contains(tensor)), "{name}: {tensor} is read {count} times");
    }
    let placed: BTreeSet<&String> = read.keys().chain(&again).collect();
    let said = opened.report.diagnostics.iter().find(|found| found.message.contains("not placed"));
    let count = said.map_or(0, |said| said.message.split(' ').next().unwrap().parse().unwrap());
    assert_eq!(all.len() - placed.len(), count, "{name}: {said:?}");
    connected(name, graph);
}

/// Every node is reached from an input, or reads only weights; and reaches an output.
fn connected(name: &str, graph: &Graph) {
    let mut reached = vec![false; graph.nodes.len()];
    let mut queue: VecDeque<_> = graph.outputs.iter().copied().collect();
    assert!(!queue.is_empty(), "{name} has outputs");
    let producer: BTreeMap<_, _> = graph
        .nodes
        .iter()
        .flat_map(|(id, node)| node.outputs.iter().flat_map(|argument| &argument.values).map(move |value| (*value, id)))
        .collect();
    while let Some(value) = queue.pop_front() {
        let Some(node) = producer.get(&value) else { continue };
        if !std::mem::replace(&mut reached[node.index()], true) {
            queue.extend(graph.nodes[*node].inputs.iter().flat_map(|argument| argument.values.clone()));
        }
    }
    for (id, node) in graph.nodes.iter() {
        assert!(reached[id.index()], "{name}: {} {} leads nowhere", node.operator, node.name);
    }
}

#[test]
fn every_weight_of_many_architectures_has_its_place() {
    // What only training uses.
    let rests = [("dinov2", 1)];
    for architecture in architectures() {
        for with_config in [true, false] {
            let opened = architecture.open(with_config);
            verify(&architecture.name, &opened);
            let rest = rests.iter().find(|(name, _)| *name == architecture.name).map_or(0, |(_, count)| *count);
            let said = opened.report.diagnostics.iter().map(|found| found.message.clone()).collect::<Vec<_>>();
            assert_eq!(said.len(), usize::from(rest > 0), "{}: {said:?}", architecture.name);
            assert!(rest == 0 || said[0].starts_with(&rest.to_string()), "{}: {said:?}", architecture.name);
            let tree = opened.model.graphs.values().nth(1).unwrap();
            let marked = tree.nodes.values().filter(|node| node.metadata.iter().any(|entry| &*entry.name == "diagram"));
            assert_eq!(marked.count(), usize::from(rest > 0), "{}: modules that are marked", architecture.name);
        }
    }
}

#[test]
fn blocks_fold_into_stacks() {
    // These have blocks of several kinds.
    let other = ["deepseek-v3"];
    for architecture in architectures().into_iter().filter(|architecture| !other.contains(&&*architecture.name)) {
        let model = architecture.open(true).model;
        let tree = Tree::of(&model, GraphId(0));
        let stacks = tree.groups.values().filter(|group| group.kind == GroupKind::Stack && group.members.len() == 2);
        let wanted = diagram(&model).nodes.len() / 4;
        let inside: u32 = stacks.map(|group| group.nodes).sum();
        assert!(inside as usize > wanted, "{}: {inside} of {} nodes in stacks", architecture.name, 4 * wanted);
    }
}

#[test]
fn folders_are_drawn_from_whichever_file_is_opened() {
    let folders = ["bert", "clip", "gemma2", "gpt2", "gpt_neox", "llama", "t5", "vit", "whisper"];
    for name in folders {
        let whole = opened(&format!("{name}/config.json"));
        verify(name, &whole);
        assert!(whole.report.diagnostics.is_empty(), "{name}: {:?}", whole.report.diagnostics);
        let weights = opened(&format!("{name}/model.safetensors"));
        assert_eq!(operators(diagram(&whole.model)), operators(diagram(&weights.model)), "{name}");
        assert_eq!(whole.model.metadata, weights.model.metadata, "{name}");
    }
    let sharded = opened("qwen3_moe/config.json");
    verify("qwen3_moe", &sharded);
    assert_eq!(property(&sharded.model, "files"), Some("2"));
    assert_eq!(operators(diagram(&sharded.model)).iter().filter(|operator| **operator == "TopK").count(), 2);
}

#[test]
fn the_other_files_are_its_metadata() {
    let model = opened("llama/model.safetensors").model;
    let expected = [
        ("architecture", "LlamaForCausalLM"),
        ("blocks", "2"),
        ("heads", "4, 2 for keys and values"),
        ("vocabulary", "32"),
        ("context", "2048"),
        ("config.hidden_act", "silu"),
        ("config.rope_parameters.rope_theta", "10000.0"),
        ("special_tokens.bos_token", "<s>"),
        ("tokenizer.model", "BPE"),
        ("tokenizer.added_tokens", "3"),
        ("tokenizer_config.added_tokens_decoder", "3 tokens"),
    ];
    for (name, value) in expected {
        assert_eq!(property(&model, name), Some(value), "{name}");
    }
    assert!(property(&model, "tokenizer_config.chat_template").unwrap().contains("eos_token"));
    assert!(property(&model, "generation_config.eos_token_id").is_some());
    let lora = opened("lora/adapter_model.safetensors");
    assert_eq!(property(&lora.model, "adapter_config.lora_alpha"), Some("4"));
    assert_eq!(lora.model.graphs.values().next().unwrap().wiring, Wiring::Modules, "an adapter alone is a tree");
}

#[test]
fn what_the_configuration_says_is_on_the_nodes() {
    let model = opened("llama/model.safetensors").model;
    let graph = diagram(&model);
    let attention = graph.nodes.values().find(|node| &*node.operator == "Attention").unwrap();
    assert_eq!(attribute(attention, "num_heads"), Some(&Literal::Int(4)));
    assert_eq!(attribute(attention, "kv_num_heads"), Some(&Literal::Int(2)));
    assert_eq!(operators(graph).iter().filter(|operator| **operator == "SiLU").count(), 2);
    let head = node(graph, "lm_head");
    assert_eq!(attribute(head, "tied"), Some(&Literal::String("model.embed_tokens.weight".into())));
    let table = node(graph, "model.embed_tokens");
    assert_eq!(head.inputs.last().unwrap().values, table.inputs.last().unwrap().values, "both read the same weight");

    let rotary = operators(graph).iter().filter(|operator| **operator == "RotaryEmbedding").count();
    assert_eq!(rotary, 4, "queries and keys of two blocks");
    let alone = architectures().into_iter().find(|architecture| architecture.name == "mistral").unwrap().open(false);
    let graph = diagram(&alone.model);
    let attention = graph.nodes.values().find(|node| &*node.operator == "Attention").unwrap();
    assert_eq!(attribute(attention, "num_heads"), None, "weights alone do not tell");
    assert!(operators(graph).contains(&"Activation"), "nor what the MLP applies");
}

#[test]
fn families_differ_where_they_do() {
    let all = architectures();
    let of = |name: &str| all.iter().find(|architecture| architecture.name == name).unwrap().open(true).model;
    let sums = |model: &Model| -> Vec<usize> {
        let sums = diagram(model).nodes.values().filter(|node| &*node.operator == "Add");
        sums.map(|node| node.inputs.iter().map(|argument| argument.values.len()).sum()).collect()
    };
    assert_eq!(sums(&of("phi")), [3, 3], "attention and MLP beside each other");
    assert_eq!(sums(&of("cohere")), [3, 3]);
    assert_eq!(sums(&of("falcon-40b")), [3, 3]);
    assert_eq!(sums(&of("bloom")), [2, 2, 2, 2]);
    assert_eq!(sums(&of("mistral")), [2, 2, 2, 2]);
    assert_eq!(operators(diagram(&of("bart"))).iter().filter(|operator| **operator == "Attention").count(), 6);
    let gemma = of("gemma3");
    assert_eq!(operators(diagram(&gemma)).iter().filter(|operator| **operator == "RMSNorm").count(), 13);
    let latent = of("deepseek-v3");
    assert!(operators(diagram(&latent)).contains(&"Concat"), "a part of the keys comes beside the others");
    let packed = of("gpt-oss");
    assert_eq!(operators(diagram(&packed)).iter().filter(|operator| **operator == "Experts").count(), 2);
    let mean = of("bart");
    assert!(operators(diagram(&mean)).iter().all(|operator| *operator != "RMSNorm"));
    assert!(operators(diagram(&of("umt5"))).iter().all(|operator| *operator != "LayerNorm"));
}

#[test]
fn a_configuration_alone_is_drawn_without_weights() {
    let Opened { model, report, format, .. } = opened("alone/config.json");
    assert_eq!(format.id, "transformers");
    assert!(report.diagnostics[0].message.contains("without its weights"), "{:?}", report.diagnostics);
    let graph = diagram(&model);
    let found = operators(graph);
    assert_eq!((model.tensors.len(), found.iter().filter(|name| **name == "Attention").count()), (0, 1));
    assert!(found.contains(&"Experts") && found.contains(&"RotaryEmbedding"));
    assert_eq!(property(&model, "experts"), Some("8, 2 for each token"));
    let tree = Tree::of(&model, GraphId(0));
    assert!(tree.groups.values().any(|group| &*group.name == "layers.0–31"), "one block stands for all");

    let unknown = opened("unknown/config.json").model;
    assert!(unknown.graphs.values().all(|graph| graph.nodes.is_empty()));
    assert_eq!(property(&unknown, "quantisation"), Some("gptq, 4 bits, groups of 128"));
}

#[test]
fn other_formats_bring_their_own_names() {
    let whole = ["token_embd.weight", "output_norm.weight"].map(String::from);
    let block =
        "attn_norm attn_q attn_k attn_v attn_output ffn_norm ffn_gate_inp ffn_gate_exps ffn_up_exps ffn_down_exps";
    let blocks = (0..3).flat_map(|number| block.split(' ').map(move |name| format!("blk.{number}.{name}.weight")));
    let names: Vec<String> = whole.into_iter().chain(blocks).collect();
    let weights: Vec<Weight> = names.iter().map(|name| Weight { name, tensor: None }).collect();
    let facts = Facts { kind: "llama".into(), heads: Some(8), experts: Some(4), ..Facts::default() };
    let drawing = synthesis::draw(&weights, &Arena::new(), &facts).unwrap();
    assert!(drawing.placed.iter().all(|placed| *placed));
    let found = operators(&drawing.graph);
    let count = |operator: &str| found.iter().filter(|found| **found == operator).count();
    assert_eq!((count("Attention"), count("Experts"), count("TopK"), count("Linear")), (3, 3, 3, 3 * 5 + 1));
    assert!(synthesis::draw(&weights[..2], &Arena::new(), &facts).is_none(), "without blocks there is nothing to draw");
}

#[test]
fn odd_weights_stay_a_tree() {
    let mut tensors: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for name in [
        "layers.0.self_attn.q_proj.weight",
        "layers.x.mlp.down_proj.weight",
        "h.99999999999999999999.ln_1",
        "..",
        "0.0",
    ] {
        tensors.insert(name.into(), vec![2, 2]);
    }
    let odd = Architecture {
        name: "odd".into(),
        config: br#"{"model_type": "llama", "architectures": 3}"#.to_vec(),
        tensors,
    };
    let model = odd.open(true).model;
    assert_eq!(model.graphs.values().next().unwrap().wiring, Wiring::Modules);
    let broken = Architecture { config: b"{".to_vec(), ..odd };
    assert_eq!(broken.open(true).model.graphs.len(), 1);
}

#[test]
fn parts_that_are_missing_leave_a_diagram_of_the_rest() {
    let folder = folder("qwen3_moe");
    let read = |name: &str| Rc::new(BytesSource(std::fs::read(folder.join(name)).unwrap()));
    let files = Files::new("model.safetensors.index.json", read("model.safetensors.index.json"));
    for name in ["model-00001-of-00002.safetensors", "config.json"] {
        files.add(name, read(name));
    }
    let opened = common::open(&files).unwrap();
    assert_eq!(diagram(&opened.model).wiring, Wiring::Flow);
    assert!(opened.report.diagnostics.iter().any(|found| found.message.contains("is not here")));
}

#[test]
fn the_largest_models_are_drawn_from_their_names() {
    // As many tensors as the largest published mixtures have.
    let all = architectures();
    let small = all.iter().find(|architecture| architecture.name == "deepseek-v3").unwrap();
    let mut tensors = BTreeMap::new();
    for (name, shape) in &small.tensors {
        let Some(rest) = name.strip_prefix("model.layers.1.") else {
            tensors.insert(name.clone(), shape.clone());
            continue;
        };
        for layer in 1..61 {
            match rest.strip_prefix("mlp.experts.0.") {
                Some(rest) => (0..256).for_each(|expert| {
                    tensors.insert(format!("model.layers.{layer}.mlp.experts.{expert}.{rest}"), vec![1, 1]);
                }),
                None => drop(tensors.insert(format!("model.layers.{layer}.{rest}"), shape.clone())),
            }
        }
    }
    let large = Architecture { name: "large".into(), config: small.config.clone(), tensors };
    let model = large.open(true).model;
    assert!(model.tensors.len() > 46_000);
    assert!(diagram(&model).nodes.len() > 76_000);
}
