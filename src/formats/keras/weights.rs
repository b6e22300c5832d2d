//! The weights that a file has, as the tree of objects that own them.
//!
//! Version 3 saves objects by their place in the model, `layers/dense_1/vars/0`, where `dense_1` is made of the class; what the layer is called is an
//! attribute of `vars`, since version 3.4. Versions 1 and 2, and the whole models of version 3 in HDF5, save layers by name, and below them variables by
//! their names: `dense_7/dense_7/kernel:0`.

use super::config::Layer;
use super::layers::{self, Known};
use crate::codec::document::Document;
use crate::model::{Arena, Tensor, TensorId};
use std::collections::HashMap;

/// What objects are called that hold the layers of a model.
const HOLDERS: [&str; 3] = ["layers", "_layer_checkpoint_dependencies", "_layers"];
/// What is called so comes before the others, in this order.
const FIRST: [&str; 4] = ["forward", "query", "key", "value"];

/// The tree.
#[derive(Debug)]
pub struct Store {
    places: Vec<Place>,
    known: HashMap<(usize, String), usize>,
}

/// An object that owns weights, or others that do.
#[derive(Debug, Default)]
pub struct Place {
    /// The name in the file.
    pub name: String,
    /// What the layer is called.
    pub label: Option<String>,
    /// The objects in it.
    pub children: Vec<usize>,
    /// Its own weights, by their names, which may be numbers.
    pub weights: Vec<(String, TensorId)>,
    /// Whether it was asked for.
    pub used: bool,
}

impl Default for Store {
    fn default() -> Self {
        Self { places: vec![Place::default()], known: HashMap::new() }
    }
}

impl Store {
    /// The number of the outermost object.
    pub const ROOT: usize = 0;

    /// The child of `parent` called `name`, which is made if there is none.
    pub fn child(&mut self, parent: usize, name: &str) -> usize {
        if let Some(known) = self.known.get(&(parent, name.to_owned())) {
            return *known;
        }
        let child = self.places.len();
        self.places.push(Place { name: name.to_owned(), ..Place::default() });
        if let Some(place) = self.places.get_mut(parent) {
            place.children.push(child);
        }
        self.known.insert((parent, name.to_owned()), child);
        child
    }

    /// Says what the layer at `place` is called.
    pub fn label(&mut self, place: usize, label: String) {
        if let Some(place) = self.places.get_mut(place) {
            place.label = Some(label);
        }
    }

    /// Gives a weight to `place`.
    pub fn add(&mut self, place: usize, name: &str, tensor: TensorId) {
        if let Some(place) = self.places.get_mut(place) {
            place.weights.push((name.to_owned(), tensor));
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.places.iter().all(|place| place.weights.is_empty())
    }

    fn named(&self, parent: usize, name: &str) -> Option<usize> {
        self.known.get(&(parent, name.to_owned())).copied()
    }

    /// Where the weights of `layer` are, one of the layers of the model at `place`; `number` says how many of its class came before it.
    pub fn find(&self, place: usize, layer: &Layer, number: usize) -> Option<usize> {
        let holder = HOLDERS.iter().find_map(|name| self.named(place, name)).unwrap_or(place);
        let children = &self.places.get(holder)?.children;
        let called =
            |child: &usize| self.places.get(*child).is_some_and(|place| place.label.as_deref() == Some(layer.name));
        if let Some(child) = children.iter().copied().find(called) {
            return Some(child);
        }
        let labelled = children.iter().any(|child| self.places.get(*child).is_some_and(|place| place.label.is_some()));
        if holder == place {
            return self.named(place, layer.name).or_else(|| self.below(place, layer.name));
        }
        if labelled {
            return None;
        }
        let class = layers::snake(layer.class);
        let by_class = if number == 0 { class } else { format!("{class}_{number}") };
        self.named(holder, &by_class).or_else(|| self.named(holder, layer.name))
    }

    /// Whether the layers of the model at `place` are saved by their places in it.
    pub fn by_place(&self, place: usize) -> bool {
        HOLDERS.iter().any(|name| self.named(place, name).is_some())
    }

    /// The first object called `name` below `place`.
    fn below(&self, place: usize, name: &str) -> Option<usize> {
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            if let Some(found) = self.named(place, name) {
                return Some(found);
            }
            open.extend(self.places.get(place)?.children.iter().rev());
        }
        None
    }

    /// The object in `place` that the layer in a wrapper is.
    pub fn wrapped(&self, place: usize) -> usize {
        self.named(place, "layer").unwrap_or(place)
    }

    /// The weights of `layer`, which are at `place`, with their names.
    pub fn weights(
        &mut self,
        place: usize,
        layer: &Layer,
        tensors: &Arena<TensorId, Tensor>,
    ) -> Vec<(String, TensorId)> {
        let mut found: Vec<(Vec<String>, TensorId)> = Vec::new();
        let mut open = vec![(place, Vec::new())];
        while let Some((number, path)) = open.pop() {
            let Some(place) = self.places.get_mut(number) else { continue };
            place.used = true;
            let (known, config) = if path.is_empty() {
                let quantised = mode(layer.config).and_then(|mode| layers::quantised(layer.class, mode));
                (quantised.or_else(|| layers::known(layer.class, false)), Some(layer.config))
            } else {
                (guessed(place).map(|(_, known)| known), None)
            };
            for (name, (_, tensor)) in names(place, known, config, tensors).into_iter().zip(&place.weights) {
                let mut path = path.clone();
                path.push(name);
                found.push((path, *tensor));
            }
            let name = |child: usize| self.places.get(child).map(|place| place.name.clone()).unwrap_or_default();
            let mut children: Vec<(usize, String)> = self
                .places
                .get(number)
                .into_iter()
                .flat_map(|place| &place.children)
                .map(|child| (*child, name(*child)))
                .collect();
            children
                .sort_by_key(|(_, name)| FIRST.iter().position(|first| name.starts_with(first)).unwrap_or(FIRST.len()));
            for (child, name) in children.into_iter().rev() {
                let mut path = path.clone();
                path.push(name);
                open.push((child, path));
            }
        }
        shortened(found)
    }

    /// The weights that nobody asked for, with their paths.
    pub fn rest(&self) -> Vec<(String, TensorId)> {
        let mut found = Vec::new();
        let mut open = vec![(Self::ROOT, String::new())];
        while let Some((number, path)) = open.pop() {
            let Some(place) = self.places.get(number) else { continue };
            let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            if !place.used {
                found.extend(place.weights.iter().map(|(name, tensor)| (below(name), *tensor)));
            }
            let children = place.children.iter().rev().filter_map(|child| Some((*child, self.places.get(*child)?)));
            open.extend(children.map(|(child, place)| (child, below(&place.name))));
        }
        found
    }

    /// All objects, with their paths and the names of their weights, as far as their own names tell.
    pub fn modules(&self, tensors: &Arena<TensorId, Tensor>) -> Vec<Module<'_>> {
        let mut found = Vec::new();
        let mut open = vec![(Self::ROOT, String::new())];
        while let Some((number, path)) = open.pop() {
            let Some(place) = self.places.get(number) else { continue };
            let class = guessed(place);
            let weights = names(place, class.map(|(_, known)| known), None, tensors);
            found.push(Module { path: path.clone(), place, class: class.map(|(class, _)| class), weights });
            // What is in a list is called by its class there, and tells more by its own name.
            let list = place.label.is_none() && place.weights.is_empty();
            for child in place.children.iter().rev() {
                let Some(inner) = self.places.get(*child) else { continue };
                let own = inner.label.as_deref().filter(|label| list && !label.is_empty()).unwrap_or(&inner.name);
                // What a model calls the list of its layers says nothing.
                let own = if HOLDERS.contains(&own) { "" } else { own };
                let join = if path.is_empty() || own.is_empty() { "" } else { "/" };
                open.push((*child, format!("{path}{join}{own}")));
            }
        }
        found
    }
}

/// An object of the tree.
#[derive(Debug)]
pub struct Module<'a> {
    /// Where it is.
    pub path: String,
    /// What it is.
    pub place: &'a Place,
    /// The class that its names speak of.
    pub class: Option<&'static str>,
    /// The names of its own weights.
    pub weights: Vec<String>,
}

/// The class that the names of `place` speak of.
fn guessed(place: &Place) -> Option<(&'static str, &'static Known)> {
    let of = |name: &str| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        layers::by_variable(name).or_else(|| layers::by_variable(stem))
    };
    of(&place.name).or_else(|| of(place.label.as_deref()?))
}

/// How a layer with the settings `config` is quantised, if it is: of `int4/128`, what stands before the size of its blocks.
fn mode(config: &Document) -> Option<&str> {
    let mode = config.get("dtype")?.get("config")?.text_of("mode")?;
    mode.split('/').next()
}

/// The names of the weights of `place`, which is a `known` layer with the settings `config`. Those that are numbers get the names that the class
/// has for them.
fn names(
    place: &Place,
    known: Option<&Known>,
    config: Option<&Document>,
    tensors: &Arena<TensorId, Tensor>,
) -> Vec<String> {
    let own = || place.weights.iter().map(|(name, _)| name.clone()).collect();
    if !place.weights.iter().all(|(name, _)| name.bytes().all(|byte| byte.is_ascii_digit())) {
        return own();
    }
    let count = place.weights.len();
    let told = known.map(|known| known.weights.as_slice()).unwrap_or_default();
    let shape = |number: usize| tensors.get(place.weights.get(number)?.1).map(|tensor| tensor.shape.as_slice());
    let rank = |number: usize| shape(number).map(<[u64]>::len);
    let is_cell = || match (shape(0), shape(1)) {
        (Some([_, gates]), Some([units, same])) => gates == same && *units > 0 && gates.is_multiple_of(*units),
        _ => false,
    };
    let names: Vec<&str> = match (told.len(), count) {
        (0, 2 | 3) if is_cell() => ["kernel", "recurrent_kernel", "bias"].into_iter().take(count).collect(),
        (0, 1) if rank(0) >= Some(2) => vec!["kernel"],
        (0, 2) if rank(0) >= Some(2) && rank(1) < rank(0) => vec!["kernel", "bias"],
        (0, _) => Vec::new(),
        (all, count) if all == count => told.to_vec(),
        _ => {
            let off =
                |setting: &str| config.and_then(|config| config.get(setting)).and_then(Document::bool) == Some(false);
            let unset = |setting: &str| {
                let settings = config.map(Document::members).unwrap_or_default();
                settings.iter().any(|(name, value)| name == setting && *value == Document::Null)
            };
            let has = |name: &&str| match *name {
                "bias" => !off("use_bias") && !unset("bias_axes"),
                "beta" => !off("center"),
                "gamma" => !off("scale"),
                _ => true,
            };
            let mut kept: Vec<&str> = told.iter().copied().filter(has).collect();
            if kept.len() > count {
                // Only weights that are quantised in blocks have these.
                kept.retain(|name| !name.ends_with("_zero") && *name != "g_idx");
            }
            match (kept.len(), told.last()) {
                (len, _) if len <= count => kept,
                (_, Some(&"bias")) if told.len() == count + 1 => told.iter().copied().take(count).collect(),
                _ => Vec::new(),
            }
        }
    };
    let number = |(number, name): (usize, String)| names.get(number).map_or(name, |known| (*known).to_owned());
    place.weights.iter().map(|(name, _)| name.clone()).enumerate().map(number).collect()
}

/// The paths without what all begin with, and without the cells of recurrent layers, which these are made of.
fn shortened(found: Vec<(Vec<String>, TensorId)>) -> Vec<(String, TensorId)> {
    let same = |place: usize| {
        let mut parts = found.iter().map(|(path, _)| path.get(place).filter(|_| place + 1 < path.len()));
        let first = parts.next().flatten();
        first.is_some() && parts.all(|part| part == first)
    };
    let common = (0..).take_while(|place| same(*place)).count();
    let join = |path: &[String]| {
        let parts = path.iter().enumerate().skip(common);
        let parts = parts.filter(|(place, part)| *part != "cell" || place + 1 == path.len());
        parts.map(|(_, part)| part.as_str()).collect::<Vec<_>>().join("/")
    };
    found.iter().map(|(path, tensor)| (join(path), *tensor)).collect()
}
