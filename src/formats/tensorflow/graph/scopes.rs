//! Names of nodes are paths of the scopes that they were made in; where those are called as a layer of Keras, they are that layer.

use super::frames::Frames;
use crate::model::{Entry, Graph, Scope, ScopeId, Strings, Text};
use foldhash::{HashMap, HashSet};

/// A layer: its class and settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// The class: `Conv2D`.
    pub class: Text,
    /// Its settings.
    pub settings: Vec<Entry>,
}

/// Layers by name; none where several have the same.
#[derive(Debug, Default)]
pub struct Layers(HashMap<Text, Option<Layer>>);

impl Layers {
    /// Adds the layer called `name`.
    pub fn add(&mut self, name: &str, layer: Layer) {
        let place = self.0.entry(name.into()).or_insert_with(|| Some(layer.clone()));
        if place.as_ref() != Some(&layer) {
            *place = None;
        }
    }

    fn find(&self, name: &str) -> Option<&Layer> {
        self.0.get(name)?.as_ref()
    }
}

/// Puts the nodes of `graph` into the scopes that their names spell, at most `depth` deep, and into those of `frames`, in which they are at `places`. A node
/// that is called as a scope is in it.
pub fn assign(
    graph: &mut Graph,
    layers: &Layers,
    (frames, places): (&Frames, &[usize]),
    depth: usize,
    strings: &mut Strings,
) {
    let names: Vec<Text> = graph.nodes.values().map(|node| node.name.clone()).collect();
    let folder = |name: &'_ str| name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let mut folders: HashSet<&str> = HashSet::default();
    for name in &names {
        let mut path = &**name;
        while let Some((folder, _)) = path.rsplit_once('/') {
            if !folders.insert(folder) {
                break;
            }
            path = folder;
        }
    }
    let mut made: HashMap<(Option<ScopeId>, Text), ScopeId> = HashMap::default();
    let mut known: HashMap<String, Option<ScopeId>> = HashMap::default();
    for (((_, node), name), place) in graph.nodes.iter_mut().zip(&names).zip(places) {
        let path = if folders.contains(&**name) { Some(name.to_string()) } else { folder(name) };
        let path = match frames.scope(*place, path) {
            Some(path) => path,
            // Else it would be put beside what it reads, within a loop that it is not in.
            None if !frames.is_empty() => String::new(),
            None => continue,
        };
        if let Some(scope) = known.get(&path) {
            node.scope = *scope;
            continue;
        }
        let (mut scope, mut end) = (None, 0);
        for part in path.split('/').filter(|part| !part.is_empty()).take(depth) {
            let scopes = &mut graph.scopes;
            let own = strings.intern(part);
            end += path.get(end..).and_then(|rest| rest.find(part)).unwrap_or(0) + part.len();
            scope = Some(*made.entry((scope, own)).or_insert_with_key(|(parent, name)| {
                let frame = path.get(..end).and_then(|path| frames.at(path));
                let layer = frame.or_else(|| layers.find(name).cloned()).unwrap_or_default();
                scopes.push(Scope { name: name.clone(), parent: *parent, class: layer.class, metadata: layer.settings })
            }));
        }
        if path.is_empty() {
            scope = Some(graph.scopes.push(Scope::default()));
        }
        known.insert(path, scope);
        node.scope = scope;
    }
}
