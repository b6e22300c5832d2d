//! What a layer is called with: `inbound_nodes`, in the forms of all versions.
//!
//! - Version 3: `{"args": [..], "kwargs": {..}}`, where a tensor is an object of the class `__keras_tensor__` with its `keras_history`.
//! - Versions 1 and 2: `[["conv", 0, 0, {..}], ..]`: the layer that a tensor comes from, which of its calls, which of its results, and further
//!   arguments, where tensors are lists of three. A call with a single tensor may be `["conv", 0, 0, {..}]`; one with named tensors is an object.

use crate::codec::document::Document;
use std::collections::HashMap;

/// What a layer is called with, once.
#[derive(Debug, Default)]
pub struct Call<'a> {
    /// The tensors, by the place or the name of the argument that they are in.
    pub tensors: Vec<(Argument<'a>, Vec<Reference<'a>>)>,
    /// Arguments that have no tensors.
    pub constants: Vec<(Argument<'a>, &'a Document)>,
}

/// An argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument<'a> {
    /// By its place.
    Place(usize),
    /// By its name.
    Name(&'a str),
}

/// A tensor that comes from a layer.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// The place of the layer in its network.
    pub layer: usize,
    /// Which of its calls.
    pub call: usize,
    /// Which of the results of that.
    pub tensor: usize,
    /// What is said of its shape and type.
    pub about: Option<&'a Document>,
}

/// The places of the layers of a network, by their names.
#[derive(Debug, Default)]
pub struct Names<'a>(HashMap<&'a str, usize>);

impl<'a> Names<'a> {
    /// The names of layers, in order.
    pub fn new(names: impl Iterator<Item = Option<&'a str>>) -> Self {
        Self(names.enumerate().filter_map(|(place, name)| Some((name?, place))).collect())
    }
}

impl Names<'_> {
    /// The tensor that `document` stands for, if it stands for one.
    fn reference<'a>(&self, document: &'a Document) -> Option<Reference<'a>> {
        if document.text_of("class_name") == Some("__keras_tensor__") {
            let about = document.get("config")?;
            return Some(Reference { about: Some(about), ..self.reference(about.get("keras_history")?)? });
        }
        let [Document::Text(layer), call, tensor, ..] = document.items() else { return None };
        let number = |document: &Document| usize::try_from(document.int()?).ok();
        let (call, tensor) = (number(call)?, number(tensor)?);
        self.0.get(&**layer).map(|layer| Reference { layer: *layer, call, tensor, about: None })
    }

    /// All tensors in `document`, in order.
    pub fn references<'a>(&self, document: &'a Document) -> Vec<Reference<'a>> {
        let mut found = Vec::new();
        let mut open = vec![document];
        while let Some(document) = open.pop() {
            if let Some(reference) = self.reference(document) {
                found.push(reference);
                continue;
            }
            open.extend(document.items().iter().rev());
            open.extend(document.members().iter().rev().map(|(_, value)| value));
        }
        found
    }
}

impl<'a> Call<'a> {
    /// With the first results of the first calls of `layers`.
    pub fn with(layers: impl Iterator<Item = usize>) -> Self {
        let tensors = layers.map(|layer| Reference { layer, call: 0, tensor: 0, about: None }).collect();
        Self { tensors: vec![(Argument::Place(0), tensors)], constants: Vec::new() }
    }
    /// What `node` says.
    pub fn read(node: &'a Document, names: &Names) -> Self {
        let mut call = Self::default();
        if let (Some(arguments), Document::Object(_)) = (node.get("args"), node) {
            for (place, argument) in arguments.items().iter().enumerate() {
                call.add(Argument::Place(place), argument, names);
            }
            call.add_named(node.get("kwargs"), names);
        } else if let [Document::Text(_), ..] = node.items() {
            call.add_listed(std::slice::from_ref(node), names);
        } else if node.members().is_empty() {
            call.add_listed(node.items(), names);
        } else {
            call.tensors.push((Argument::Place(0), names.references(node)));
        }
        call
    }

    /// The tensors of a list, each with further arguments.
    fn add_listed(&mut self, listed: &'a [Document], names: &Names) {
        let mut tensors = Vec::new();
        for item in listed {
            if let [Document::Text(mark), _, value, ..] = item.items()
                && mark == "_CONSTANT_VALUE"
            {
                self.constants.push((Argument::Place(0), value));
            }
            match names.reference(item) {
                Some(reference) => tensors.push(reference),
                None => tensors.extend(names.references(item)),
            }
        }
        if !tensors.is_empty() {
            self.tensors.push((Argument::Place(0), tensors));
        }
        for item in listed {
            self.add_named(item.items().get(3), names);
        }
    }

    fn add_named(&mut self, named: Option<&'a Document>, names: &Names) {
        for (name, argument) in named.map(Document::members).unwrap_or_default() {
            self.add(Argument::Name(name), argument, names);
        }
    }

    fn add(&mut self, argument: Argument<'a>, value: &'a Document, names: &Names) {
        let tensors = names.references(value);
        if !tensors.is_empty() {
            self.tensors.push((argument, tensors));
        } else if *value != Document::Null {
            self.constants.push((argument, value));
        }
    }

    /// All tensors, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference<'a>> {
        self.tensors.iter().flat_map(|(_, tensors)| tensors)
    }
}
