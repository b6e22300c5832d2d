//! A graph while it is made.

use super::lower::Module;
use super::symbol::Symbol;
use crate::model::{
    Arena, Argument, Attribute, Graph, GraphId, Node, NodeId, Scope, ScopeId, TensorId, Text, Value, ValueId,
};
use foldhash::HashMap;

/// A graph while it is made.
pub struct Draft {
    /// Its serial number, by which symbols name it.
    pub serial: u32,
    /// Its id in the model.
    pub id: GraphId,
    /// What is made so far.
    pub graph: Graph,
    /// The path of the module around it: scopes in it begin there.
    base: Text,
    /// Values of the graph around that are known here.
    captured: HashMap<ValueId, ValueId>,
    /// Constants that are known here.
    constants: HashMap<(TensorId, Text), ValueId>,
    /// Scopes by their paths.
    scopes: HashMap<Text, ScopeId>,
    /// What lists are after the last change of them.
    pub latest: HashMap<ValueId, ValueId>,
    /// The value that stands for all that have none.
    pub missing: Option<ValueId>,
}

impl Draft {
    /// An empty graph inside of the module at `base`.
    pub fn new(serial: u32, id: GraphId, graph: Graph, base: Text) -> Self {
        let (captured, constants, scopes, latest) = Default::default();
        Self { serial, id, graph, base, captured, constants, scopes, latest, missing: None }
    }

    /// A new value called `name`.
    pub fn value(&mut self, name: &str) -> ValueId {
        self.graph.values.push(Value { name: name.into(), ..Value::default() })
    }

    /// The value here that is `outer` in the graph around.
    pub fn capture(&mut self, outer: ValueId, like: &Value) -> ValueId {
        if let Some(known) = self.captured.get(&outer) {
            return *known;
        }
        let value =
            Value { name: like.name.clone(), outer: Some(outer), metadata: like.metadata.clone(), ..Value::default() };
        let id = self.graph.values.push(value);
        self.captured.insert(outer, id);
        id
    }

    /// The values of the graph around that are read here, in order.
    pub fn captures(&self) -> Vec<ValueId> {
        let mut outer: Vec<ValueId> = self.captured.keys().copied().collect();
        crate::sort::sort(&mut outer);
        outer
    }

    /// The value here that is the constant `tensor`, called `name`.
    pub fn constant(&mut self, tensor: TensorId, name: &Text) -> ValueId {
        let key = (tensor, name.clone());
        if let Some(known) = self.constants.get(&key) {
            return *known;
        }
        let id = self.graph.values.push(Value { name: name.clone(), tensor: Some(tensor), ..Value::default() });
        self.constants.insert(key, id);
        id
    }

    /// The scope of the module at `path`; of the module that the graph is of, one without a name.
    pub fn scope<'a>(&mut self, path: &str, known: &dyn Fn(&str) -> Option<&'a Module>) -> Option<ScopeId> {
        if let Some(known) = self.scopes.get(path) {
            return Some(*known);
        }
        let base = &*self.base;
        let inside = path.strip_prefix(base).filter(|rest| base.is_empty() || rest.is_empty() || rest.starts_with('.'));
        let start = inside.map_or(0, |rest| path.len() - rest.len());
        let (graph, base) = (&mut self.graph, self.base.clone());
        if start == path.len() {
            let own = || Scope {
                class: known(path).map(|module| module.class.clone()).unwrap_or_default(),
                ..Scope::default()
            };
            return Some(*self.scopes.entry(base).or_insert_with(|| graph.scopes.push(own())));
        }
        let mut scope = None;
        let mut from = start;
        while from < path.len() {
            from += usize::from(path.get(from..).is_some_and(|rest| rest.starts_with('.')));
            let rest = path.get(from..).unwrap_or_default();
            let to = from + rest.find('.').unwrap_or(rest.len());
            let whole = Text::from(path.get(..to).unwrap_or_default());
            let (graph, name) = (&mut self.graph, path.get(from..to).unwrap_or_default());
            let own = *self.scopes.entry(whole.clone()).or_insert_with(|| {
                let (class, metadata) =
                    known(&whole).map(|module| (module.class.clone(), module.settings.clone())).unwrap_or_default();
                graph.scopes.push(Scope { name: name.into(), parent: scope, class, metadata })
            });
            scope = Some(own);
            from = to;
        }
        scope
    }

    /// Adds `node`.
    pub fn node(&mut self, node: Node) -> NodeId {
        self.graph.nodes.push(node)
    }

    /// Forgets the scope without a name, if there is no other: then the hierarchy is in names of weights, or in the structure.
    pub fn settle_scopes(&mut self) {
        if self.graph.scopes.values().all(|scope| scope.name.is_empty()) {
            self.graph.scopes = Arena::new();
            for (_, node) in self.graph.nodes.iter_mut() {
                node.scope = None;
            }
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.graph.nodes.is_empty() && self.graph.outputs.is_empty()
    }
}

/// An argument called `name`.
pub fn argument(name: &str, values: Vec<ValueId>) -> Argument {
    Argument { name: name.into(), values }
}

/// An attribute called `name`.
pub fn attribute(name: &str, value: crate::model::Literal) -> Attribute {
    Attribute { name: name.into(), value }
}

/// What a function knows by name, with a way back.
#[derive(Default)]
pub struct Names {
    known: HashMap<Text, Symbol>,
    /// What was known before, of each name that was set since the outermost mark.
    log: Vec<(Text, Option<Symbol>)>,
    marks: Vec<usize>,
}

impl Names {
    /// What `name` stands for.
    pub fn get(&self, name: &str) -> Option<&Symbol> {
        self.known.get(name)
    }

    /// From now on `name` stands for `symbol`.
    pub fn set(&mut self, name: &Text, symbol: Symbol) {
        let before = self.known.insert(name.clone(), symbol);
        if !self.marks.is_empty() {
            self.log.push((name.clone(), before));
        }
    }

    /// Marks where to go back to.
    pub fn mark(&mut self) {
        self.marks.push(self.log.len());
    }

    /// Goes back to the last mark; gives what was set since, each name once, in the order in which they were first set.
    pub fn back(&mut self) -> Vec<(Text, Symbol)> {
        let mark = self.marks.pop().unwrap_or(0);
        let mut met: HashMap<Text, usize> = HashMap::default();
        let mut set = Vec::new();
        let undone: Vec<_> = self.log.drain(mark.min(self.log.len())..).collect();
        for (name, _) in &undone {
            if let Some(symbol) = self.known.get(name)
                && !met.contains_key(name)
            {
                met.insert(name.clone(), set.len());
                set.push((name.clone(), symbol.clone()));
            }
        }
        for (name, before) in undone.into_iter().rev() {
            match before {
                Some(before) => drop(self.known.insert(name, before)),
                None => drop(self.known.remove(&name)),
            }
        }
        set
    }
}

/// Leaves out the bodies in which nothing is, and numbers the others anew.
pub fn without_empty(graphs: Vec<(Graph, bool)>) -> Arena<GraphId, Graph> {
    use crate::model::Literal;
    let mut next = 0;
    let numbers: Vec<Option<GraphId>> = graphs
        .iter()
        .map(|(_, empty)| {
            let number = (!empty).then_some(GraphId(next));
            next += u32::from(!empty);
            number
        })
        .collect();
    let new = |id: GraphId| numbers.get(id.index()).copied().flatten();
    let mut kept = Arena::new();
    for (mut graph, _) in graphs.into_iter().filter(|(_, empty)| !empty) {
        graph.parent = graph.parent.and_then(|(parent, node)| Some((new(parent)?, node)));
        for (_, node) in graph.nodes.iter_mut() {
            node.definition = node.definition.and_then(new);
            node.attributes.retain_mut(|attribute| match &mut attribute.value {
                Literal::Graph(id) => match new(*id) {
                    Some(now) => {
                        *id = now;
                        true
                    }
                    None => false,
                },
                _ => true,
            });
        }
        kept.push(graph);
    }
    kept
}
