//! Where nodes belong, by what the file calls them.
//!
//! In this order: the scopes that the reader found, names of nodes that are paths, names of weights that are paths. Whether names are
//! paths at all is put to a vote: they are if edges stay within their scopes more often than chance has it.

use super::flow::Flow;
use super::trie::{ROOT, ScopeIndex, Trie, Walker, parts};
use crate::model::{DType, Graph, Model, Node, NodeId, Tensor, Wiring};

/// Scopes, and where nodes are.
pub struct Scopes {
    /// The scopes.
    pub trie: Trie,
    /// Of each node: the scope that it is directly in; none where its name does not say.
    pub of: Vec<Option<ScopeIndex>>,
    /// Whether scopes come from names of weights: then the innermost one is a layer that holds only what reads its weights.
    pub by_weights: bool,
}

impl Scopes {
    /// The scope of `node`; the outermost one where its name does not say.
    pub fn place(&self, node: NodeId) -> ScopeIndex {
        self.of[node.index()].unwrap_or(ROOT)
    }
}

/// What stands between the parts of a path.
const SEPARATORS: [char; 2] = ['/', '.'];

/// How many nodes vote at most.
const VOTERS: usize = 8192;

/// The scopes of `graph`.
pub fn of(model: &Model, graph: &Graph, flow: &Flow) -> Scopes {
    if graph.wiring == Wiring::Modules {
        return stated(graph);
    }
    if !graph.scopes.is_empty() {
        return with_weights(stated(graph), model, graph, flow);
    }
    for separator in SEPARATORS {
        let scopes = by_names(graph, separator);
        if elected(&scopes, flow) {
            return with_weights(scopes, model, graph, flow);
        }
    }
    let scopes = by_weights(model, graph, flow);
    if elected(&scopes, flow) {
        return scopes;
    }
    Scopes { trie: Trie::new(0), of: vec![Some(ROOT); graph.nodes.len()], by_weights: false }
}

/// The scopes that the reader found.
fn stated(graph: &Graph) -> Scopes {
    let mut trie = Trie::new(graph.nodes.len());
    let mut scopes: Vec<ScopeIndex> = Vec::with_capacity(graph.scopes.len());
    for scope in graph.scopes.values() {
        let parent = scope.parent.and_then(|parent| scopes.get(parent.index())).copied().unwrap_or(ROOT);
        scopes.push(if scope.name.is_empty() { parent } else { trie.child(parent, &scope.name) });
    }
    let of = graph.nodes.values().map(|node| scopes.get(node.scope?.index()).copied()).collect();
    Scopes { trie, of, by_weights: false }
}

/// The scopes that names of nodes spell, or those of their first results where nodes have no names.
fn by_names(graph: &Graph, separator: char) -> Scopes {
    let mut trie = Trie::new(graph.nodes.len());
    let mut walker = Walker::new(separator);
    let names = graph.nodes.values().map(|node| name(graph, node));
    let of = names.map(|name| Some(walker.walk(&mut trie, path(name, separator)?))).collect();
    Scopes { trie, of, by_weights: false }
}

/// What `node` is called, or else its first result.
pub fn name<'a>(graph: &'a Graph, node: &'a Node) -> &'a str {
    if !node.name.is_empty() {
        return &node.name;
    }
    let mut results = node.outputs.iter().flat_map(|argument| &argument.values);
    results.next().map_or("", |value| &graph.values[*value].name)
}

/// The path of the scope that `name` is in; none if it is not a path. Fused nodes list the names of all that they replace: the first one counts.
fn path(name: &str, separator: char) -> Option<&str> {
    let (mut path, mut last) = name.rsplit_once(separator)?;
    if let Some((first, _)) = path.split_once(';') {
        (path, last) = first.rsplit_once(separator)?;
    }
    // `Conv.0` is a numbered operator in no scope.
    let numbered = separator == '.' && last.bytes().all(|byte| byte.is_ascii_digit());
    (!numbered).then_some(path)
}

/// Whether `scopes` are a hierarchy: they hold a good part of the nodes, and nodes that follow each other are more often in the same scopes
/// than nodes that do not.
fn elected(scopes: &Scopes, flow: &Flow) -> bool {
    let place = |node: NodeId| Some((node, scopes.of[node.index()]?));
    let placed: Vec<(NodeId, ScopeIndex)> = flow.order.iter().filter_map(|node| place(*node)).collect();
    let inside = placed.iter().filter(|(_, scope)| *scope != ROOT).count();
    // Few nodes read weights of their own, where the others are shapes and attention.
    let share = if scopes.by_weights { 24 } else { 4 };
    if inside < 2 || inside * share < flow.order.len() {
        return false;
    }
    let meet = |a: ScopeIndex, b: ScopeIndex| u64::from(scopes.trie.depth(scopes.trie.common(a, b)));
    let (mut near, mut far) = ([0; 2], [0; 2]);
    let count = |pair: &mut [u64; 2], depth: u64| *pair = [pair[0] + depth, pair[1] + 1];
    for at in (1..placed.len()).step_by(placed.len() / VOTERS + 1) {
        let (node, scope) = placed[at];
        count(&mut far, meet(scope, placed[(at + placed.len() / 2) % placed.len()].1));
        if scopes.by_weights {
            count(&mut near, meet(scope, placed[at - 1].1));
        } else {
            flow.before(node).filter_map(place).for_each(|(_, producer)| count(&mut near, meet(scope, producer)));
        }
    }
    // Compares the mean depths near / near and far / far: they differ by more than a part of a level.
    let part = if scopes.by_weights { 4 } else { 10 };
    near[1] > 0 && near[0] * far[1] * part > far[0] * near[1] * part + near[1] * far[1]
}

/// The scope that the name of a weight spells: of `layers.0.q_proj.weight`, that is `layers.0.q_proj`.
fn weight_path(name: &str) -> Option<(&str, char)> {
    let separator = if name.contains('/') { '/' } else { '.' };
    let (path, _) = name.rsplit_once(separator)?;
    Some((path, separator))
}

/// Whether `tensor` is learnt rather than a setting.
pub fn is_weight(tensor: &Tensor) -> bool {
    let whole = matches!(tensor.dtype, DType::I32 | DType::I64 | DType::Bool | DType::String);
    !whole && !tensor.shape.is_empty() && tensor.elements() != Some(1)
}

/// The names of the weights that only `node` reads, those that are paths.
fn own_weights<'a>(
    model: &'a Model,
    graph: &'a Graph,
    flow: &'a Flow,
    node: NodeId,
) -> impl Iterator<Item = (&'a str, char)> {
    flow.constants(node).iter().filter_map(|(value, tensor)| {
        let (name, tensor) = (&graph.values[*value].name, model.tensors.get(*tensor)?);
        let own = flow.uses[value.index()] == 1 && is_weight(tensor);
        if own { weight_path(if name.is_empty() { &tensor.name } else { name }) } else { None }
    })
}

/// The scopes that names of weights spell.
fn by_weights(model: &Model, graph: &Graph, flow: &Flow) -> Scopes {
    let mut trie = Trie::new(graph.nodes.len());
    let mut walkers = SEPARATORS.map(Walker::new);
    let of = graph.nodes.iter().map(|(node, _)| {
        let (path, separator) = own_weights(model, graph, flow, node).next()?;
        let walker = walkers.iter_mut().find(|walker| walker.separator == separator)?;
        Some(walker.walk(&mut trie, path))
    });
    let of = of.collect();
    Scopes { trie, of, by_weights: true }
}

/// Adds what names of weights say about nodes that have no scope yet, as far as such scopes exist.
fn with_weights(mut scopes: Scopes, model: &Model, graph: &Graph, flow: &Flow) -> Scopes {
    for (node, _) in graph.nodes.iter() {
        if scopes.of[node.index()].is_none() {
            let mut paths = own_weights(model, graph, flow, node);
            scopes.of[node.index()] = paths.find_map(|(path, separator)| known(&scopes.trie, path, separator));
        }
    }
    scopes
}

/// The innermost scope of `trie` on `path`, whose parts may be joined there: `layers.0`.
fn known(trie: &Trie, path: &str, separator: char) -> Option<ScopeIndex> {
    let mut scope = ROOT;
    let mut parts = parts(path, separator).peekable();
    while let Some(part) = parts.next() {
        let joined = parts.peek().and_then(|next| trie.find(scope, &format!("{part}.{next}")));
        if let Some(joined) = joined {
            parts.next();
            scope = joined;
        } else if let Some(child) = trie.find(scope, part) {
            scope = child;
        } else {
            break;
        }
    }
    (scope != ROOT).then_some(scope)
}
