//! What Python's objects say of a SavedModel (`saved_object_graph.proto`): which variables functions were closed over, which functions there are to be
//! called, and which layers of Keras the objects were.

use super::join::Origin;
use super::lower::Lowering;
use super::proto::{ConcreteFunction, Entry as EntryMessage, KerasMetadata, SavedObjects};
use super::read::End;
use super::scopes::{Layer, Layers};
use crate::codec::protobuf::Message;
use crate::model::{Entry, TensorId, Text};
use crate::source::Slice;
use foldhash::HashMap;
use serde_json::Value;
use std::collections::VecDeque;

/// What the keys of variables end with.
const VALUE: &str = "/.ATTRIBUTES/VARIABLE_VALUE";
/// The most characters of a setting that are shown.
const SETTING: usize = 200;

/// The functions of the outermost object: how they are called, and their names in the library.
pub fn functions(objects: &SavedObjects) -> Vec<(Text, Text)> {
    let Some(root) = objects.nodes.first() else { return Vec::new() };
    let mut found = Vec::new();
    for child in &root.children {
        let node = usize::try_from(child.node).ok().and_then(|node| objects.nodes.get(node));
        for concrete in node.and_then(|node| node.function.as_ref()).into_iter().flat_map(|function| &function.concrete)
        {
            found.push((child.name.as_str().into(), concrete.as_str().into()));
        }
    }
    found
}

impl Lowering<'_, '_> {
    /// What functions were closed over: arguments, and the variables or constants that they are. Variables are known by the keys of the checkpoint
    /// that they are `restored` from: their names may be those of several.
    pub fn bound(
        &mut self,
        objects: &SavedObjects,
        restored: &HashMap<TensorId, Origin>,
    ) -> Vec<(u32, usize, TensorId)> {
        let tensors = self.tensors_of(objects, restored);
        let graph = self.of.graph.clone();
        let mut bound = Vec::new();
        for span in &objects.functions {
            let entry: EntryMessage = self.reader().decode(*span, "an object");
            let concrete: ConcreteFunction = self.reader().decode(entry.value.unwrap_or_default(), "an object");
            let Some(place) = graph.named.get(&*entry.key) else { continue };
            let arguments = graph.functions.get(*place as usize).map_or(0, |function| function.body.arguments.len());
            let Some(first) = arguments.checked_sub(concrete.bound.len()) else { continue };
            for (index, node) in concrete.bound.iter().enumerate() {
                let tensor = usize::try_from(*node).ok().and_then(|node| *tensors.get(node)?);
                bound.extend(tensor.map(|tensor| (*place, first + index, tensor)));
            }
        }
        bound
    }

    /// Of each object: the tensor that it is.
    fn tensors_of(&mut self, objects: &SavedObjects, restored: &HashMap<TensorId, Origin>) -> Vec<Option<TensorId>> {
        let graph = self.of.graph.clone();
        let nodes = graph.main.nodes.iter().enumerate();
        let places: HashMap<&str, u32> = nodes.map(|(place, node)| (&*node.name, place as u32)).collect();
        let mut in_order: Vec<(TensorId, &str)> =
            restored.iter().map(|(tensor, origin)| (*tensor, &*origin.key)).collect();
        in_order.sort_unstable();
        let by_key: HashMap<&str, TensorId> = in_order.into_iter().map(|(tensor, key)| (key, tensor)).collect();
        let mut tensors = Vec::with_capacity(objects.nodes.len());
        for (object, path) in objects.nodes.iter().zip(paths(objects)) {
            let place = object.constant.as_ref().and_then(|constant| places.get(constant.operation.as_str()));
            tensors.push(match (&object.variable, place) {
                (Some(_), _) => path.and_then(|path| by_key.get(format!("{path}{VALUE}").as_str()).copied()),
                (None, Some(place)) => self.tensor(&graph, None, &[], &End::Node(*place)),
                (None, None) => None,
            });
        }
        tensors
    }
}

/// Of each object: the shortest path to it, as keys of checkpoints spell it.
fn paths(objects: &SavedObjects) -> Vec<Option<String>> {
    let mut paths: Vec<Option<String>> = vec![None; objects.nodes.len()];
    if let Some(root) = paths.first_mut() {
        *root = Some(String::new());
    }
    let mut queue = VecDeque::from([0]);
    while let Some(place) = queue.pop_front() {
        let own = paths.get(place).cloned().flatten().unwrap_or_default();
        for child in objects.nodes.get(place).into_iter().flat_map(|object| &object.children) {
            let Ok(to) = usize::try_from(child.node) else { continue };
            if let Some(path @ None) = paths.get_mut(to) {
                let name = child.name.replace('.', "..").replace('/', ".S");
                *path = Some(if own.is_empty() { name } else { format!("{own}/{name}") });
                queue.push_back(to);
            }
        }
    }
    paths
}

/// The layers that `objects` tell of, and those in `beside`, a file of Keras 2.
pub fn layers(objects: &SavedObjects, beside: Option<Slice>) -> Layers {
    let mut layers = Layers::default();
    for metadata in objects.nodes.iter().filter_map(|object| Some(&object.user.as_ref()?.metadata)) {
        layer(metadata, &mut layers);
    }
    if let Some(file) = beside {
        // What cannot be read of it is no loss: names and classes only add to the graph.
        let (metadata, _) = KerasMetadata::decode(file);
        metadata.nodes.iter().for_each(|node| layer(&node.metadata, &mut layers));
    }
    layers
}

/// Adds the layer that the JSON text `metadata` describes.
fn layer(metadata: &str, layers: &mut Layers) {
    let Ok(Value::Object(about)) = serde_json::from_str::<Value>(metadata) else { return };
    let text = |key: &str| about.get(key).and_then(Value::as_str);
    let (Some(name), Some(class)) = (text("name"), text("class_name")) else { return };
    let mut settings = Vec::new();
    for (key, value) in about.get("config").and_then(Value::as_object).into_iter().flatten() {
        let value = match value {
            Value::Null | Value::Object(_) => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if value.chars().count() <= SETTING && key != "name" {
            settings.push(Entry { name: key.as_str().into(), value: value.as_str().into() });
        }
    }
    layers.add(name, Layer { class: class.into(), settings });
}
