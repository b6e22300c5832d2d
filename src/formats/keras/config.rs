//! Configurations: what Keras writes of layers, and of the networks that are made of them, in the dialects of its versions.
//!
//! A layer is an object with `class_name`, `config` and, in a functional model, `inbound_nodes`. In version 1, the configuration of a sequential model
//! is a list of layers; before that, the name of the class was in the configuration.

use super::calls::{Call, Names, Reference};
use crate::codec::document::Document;

/// How deep networks are within networks.
const DEPTH: usize = 24;

/// A layer.
#[derive(Debug)]
pub struct Layer<'a> {
    /// The name of its class.
    pub class: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// Its settings.
    pub config: &'a Document,
    /// All that is said of it.
    pub whole: &'a Document,
    /// What it is called with, each time.
    pub calls: Vec<Call<'a>>,
    /// The network that it is.
    pub network: Option<Network<'a>>,
}

/// Layers that are connected.
#[derive(Debug)]
pub struct Network<'a> {
    /// Its layers, in the order of the file.
    pub layers: Vec<Layer<'a>>,
    /// The tensors that come in.
    pub inputs: Vec<Reference<'a>>,
    /// The tensors that go out.
    pub outputs: Vec<Reference<'a>>,
    /// Whether each layer follows the one before it.
    pub sequential: bool,
}

impl<'a> Layer<'a> {
    /// The layer, or model, that `whole` describes.
    pub fn read(whole: &'a Document) -> Self {
        Self::within(whole, None, 0)
    }

    /// The layer that `whole` describes, of a network whose layers are called `names`.
    fn within(whole: &'a Document, names: Option<&Names>, depth: usize) -> Self {
        let config = whole.get("config").unwrap_or(whole);
        let name = whole.text_of("name").filter(|_| whole.get("class_name").is_some());
        let name = name.or_else(|| config.text_of("name")).unwrap_or_default();
        let class = whole.text_of("class_name").or_else(|| whole.text_of("name")).unwrap_or_default();
        let calls = whole.get("inbound_nodes").map(Document::items).unwrap_or_default();
        let calls = names.map(|names| calls.iter().map(|call| Call::read(call, names)).collect()).unwrap_or_default();
        // A model may be applied at each step of a sequence.
        let inner = if class == "TimeDistributed" { config.get("layer") } else { None };
        let network = if depth < DEPTH { Network::read(inner.unwrap_or(whole), depth + 1) } else { None };
        Self { class, name, config, whole, calls, network }
    }

    /// Whether tensors come in here.
    pub fn is_input(&self) -> bool {
        matches!(self.class, "InputLayer" | "Input")
    }

    /// A layer that this one is made with.
    pub fn part(&self, name: &str) -> Option<&'a Document> {
        self.config.get(name).filter(|part| part.text_of("class_name").is_some())
    }

    /// The name of the setting, of those in `names` that it has.
    pub fn setting(&self, names: &[&str]) -> Option<&'a Document> {
        names.iter().find_map(|name| self.config.get(name))
    }
}

impl<'a> Network<'a> {
    /// The network that `whole` describes; none if it is no network.
    fn read(whole: &'a Document, depth: usize) -> Option<Self> {
        let class = whole.text_of("class_name").or_else(|| whole.text_of("name")).unwrap_or_default();
        let config = whole.get("config").unwrap_or(whole);
        let layers = match config {
            Document::List(layers) if class == "Sequential" => layers.as_slice(),
            config => config.get("layers").map(Document::items).unwrap_or_default(),
        };
        let is_layer = |layer: &Document| layer.get("class_name").is_some() || layer.text_of("name").is_some();
        if class == "Merge" || layers.is_empty() || !layers.iter().all(is_layer) {
            return None;
        }
        if config.get("input_layers").is_none() {
            return Some(Self::chain(layers, depth));
        }
        let names = Names::new(layers.iter().map(name_of));
        let layers = layers.iter().map(|layer| Layer::within(layer, Some(&names), depth)).collect();
        let ends = |key| config.get(key).map(|ends| names.references(ends)).unwrap_or_default();
        Some(Self { layers, inputs: ends("input_layers"), outputs: ends("output_layers"), sequential: false })
    }

    /// Layers that follow each other. In version 1, the first may be a merger of several models.
    fn chain(described: &'a [Document], depth: usize) -> Self {
        let merged = described.first().filter(|first| first.text_of("class_name") == Some("Merge"));
        let merged =
            merged.and_then(|first| first.get("config")?.get("layers")).map(Document::items).unwrap_or_default();
        let mut layers: Vec<Layer> =
            merged.iter().chain(described).map(|layer| Layer::within(layer, None, depth)).collect();
        for (place, layer) in layers.iter_mut().enumerate() {
            match place.checked_sub(merged.len()) {
                Some(0) if place > 0 => layer.calls = vec![Call::with(0..place)],
                Some(1..) => layer.calls = vec![Call::with(place - 1..place)],
                _ => {}
            }
        }
        let last = layers.len().saturating_sub(1);
        let outputs = Call::with(last..last + 1).tensors.into_iter().flat_map(|(_, tensors)| tensors).collect();
        Self { layers, inputs: Vec::new(), outputs, sequential: merged.is_empty() }
    }
}

fn name_of(layer: &Document) -> Option<&str> {
    layer.text_of("name").or_else(|| layer.get("config")?.text_of("name"))
}
