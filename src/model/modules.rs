//! Groups tensors into the modules that their names spell.

use super::{
    Argument, Attribute, Entry, Graph, Literal, Node, NodeId, Scope, ScopeId, Strings, TensorId, Text, Value, ValueId,
    Wiring,
};
use std::collections::HashMap;

/// A graph of modules while it grows: the weights of `encoder.layer.0.norm.weight` and `encoder.layer.0.norm.bias` make a node
/// `encoder.layer.0.norm` with two inputs, in a scope of the same path.
pub struct Modules {
    separator: char,
    graph: Graph,
    strings: Strings,
    nodes: HashMap<String, NodeId>,
    scopes: HashMap<(Option<ScopeId>, Text), ScopeId>,
}

impl Modules {
    /// No modules yet; `separator` stands between the parts of a name.
    pub fn new(separator: char) -> Self {
        let graph = Graph { wiring: Wiring::Modules, ..Graph::default() };
        Self { separator, graph, strings: Strings::default(), nodes: HashMap::new(), scopes: HashMap::new() }
    }

    /// Gives the tensor called `name` to the module that owns it: without a separator in its name, that is the root.
    pub fn add(&mut self, name: &str, tensor: TensorId) -> ValueId {
        let (path, own) = self.parts(name);
        self.place(path, own, name, tensor)
    }

    /// Gives the tensor called `name` to the module at `path`, as its `own`.
    pub fn place(&mut self, path: &str, own: &str, name: &str, tensor: TensorId) -> ValueId {
        let node = self.at(path);
        let value = Value { name: name.into(), tensor: Some(tensor), ..Value::default() };
        let value = self.graph.values.push(value);
        let name = self.strings.intern(own);
        if let Some(node) = self.graph.nodes.get_mut(node) {
            node.inputs.push(Argument { name, values: vec![value] });
        }
        value
    }

    /// Gives the attribute called `name` to the module that owns it.
    pub fn attribute(&mut self, name: &str, value: Literal) {
        let (path, own) = self.parts(name);
        let (node, name) = (self.at(path), self.strings.intern(own));
        if let Some(node) = self.graph.nodes.get_mut(node) {
            node.attributes.push(Attribute { name, value });
        }
    }

    /// The path of the module that owns what is called `name`, and what that is called there.
    fn parts<'a>(&self, name: &'a str) -> (&'a str, &'a str) {
        name.rsplit_once(self.separator).unwrap_or(("", name))
    }

    /// The module at `path`.
    fn at(&mut self, path: &str) -> NodeId {
        match self.nodes.get(path) {
            Some(node) => *node,
            None => self.module(path),
        }
    }

    /// Attaches `entry` to a value.
    pub fn note(&mut self, value: ValueId, entry: Entry) {
        if let Some(value) = self.graph.values.get_mut(value) {
            value.metadata.push(entry);
        }
    }

    fn module(&mut self, path: &str) -> NodeId {
        let (mut scope, mut operator) = (None, self.strings.intern("root"));
        for part in path.split(self.separator).filter(|_| !path.is_empty()) {
            operator = self.strings.intern(part);
            let scopes = &mut self.graph.scopes;
            let known = self.scopes.entry((scope, operator.clone()));
            scope =
                Some(*known.or_insert_with(|| {
                    scopes.push(Scope { name: operator.clone(), parent: scope, ..Scope::default() })
                }));
        }
        let node = self.graph.nodes.push(Node { name: path.into(), operator, scope, ..Node::default() });
        self.nodes.insert(path.into(), node);
        node
    }

    /// The graph of all modules, in the order in which they were met.
    pub fn finish(self) -> Graph {
        self.graph
    }
}
