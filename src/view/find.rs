//! Find: nodes, values, tensors, groups and graphs by name or operator.

use super::words;
use crate::analysis::Tree;
use crate::model::{Category, GraphId, Model};
use serde::Serialize;
use std::rc::Rc;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HitKind {
    /// A node; by its name or operator.
    Node,
    /// A value; by its name.
    Value,
    /// A constant; by its name. Its id is that of the node that reads it.
    Tensor,
    /// A group of the hierarchy; by its name.
    Group,
    /// A graph; by its name.
    Graph,
}

/// One result.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// Its graph.
    pub graph: GraphId,
    /// Its id; of a tensor, that of the node that reads it.
    pub id: u32,
    /// What to call it.
    pub title: String,
    /// What tells it from others of that name.
    pub context: String,
    /// The colour.
    pub category: Category,
}

/// The results.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Hits {
    /// How many there are in all.
    pub total: usize,
    /// The first of them.
    pub hits: Vec<Hit>,
}

/// The most results that are returned.
const MOST: usize = 500;

/// Gives the hierarchy of a graph.
type Trees<'a> = dyn Fn(GraphId) -> Option<Rc<Tree>> + 'a;

struct Search {
    needle: String,
    found: Hits,
}

impl Search {
    /// Whether `text` contains what is looked for, whatever the case.
    fn matches(&self, text: &str) -> bool {
        // Names are nearly always ASCII, for which no copy is needed.
        if text.is_ascii() && self.needle.is_ascii() {
            let needle = self.needle.as_bytes();
            return text.as_bytes().windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle));
        }
        text.to_lowercase().contains(&self.needle)
    }

    fn add(&mut self, hit: impl FnOnce() -> Hit) {
        self.found.total += 1;
        if self.found.hits.len() < MOST {
            self.found.hits.push(hit());
        }
    }
}

/// Finds `query` in all graphs of `model`, those of graph `first` before the others.
pub(super) fn find(model: &Model, trees: &Trees, first: GraphId, query: &str) -> Hits {
    let needle = query.trim().to_lowercase();
    let mut search = Search { needle, found: Hits::default() };
    if search.needle.is_empty() {
        return search.found;
    }
    let others = model.graphs.iter().map(|(id, _)| id).filter(|id| *id != first);
    for id in std::iter::once(first).chain(others) {
        find_in(model, trees, id, &mut search);
    }
    search.found
}

fn find_in(model: &Model, trees: &Trees, id: GraphId, search: &mut Search) {
    let Some(graph) = model.graphs.get(id) else { return };
    if search.matches(&graph.name) {
        search.add(|| Hit {
            kind: HitKind::Graph,
            graph: id,
            id: id.0,
            title: graph.name.to_string(),
            context: format!("graph, {} nodes", graph.nodes.len()),
            category: Category::Control,
        });
    }
    for (node_id, node) in graph.nodes.iter() {
        if search.matches(&node.operator) || search.matches(&node.name) {
            search.add(|| Hit {
                kind: HitKind::Node,
                graph: id,
                id: node_id.0,
                title: node.operator.to_string(),
                context: node.name.to_string(),
                category: node.category,
            });
        }
    }
    let tree = trees(id);
    for (group_id, group) in tree.iter().flat_map(|tree| tree.groups.iter()).filter(|(id, _)| *id != Tree::ROOT) {
        if search.matches(&group.name) {
            search.add(|| Hit {
                kind: HitKind::Group,
                graph: id,
                id: group_id.0,
                title: group.name.to_string(),
                context: format!("{} nodes", group.nodes),
                category: group.mix.first().map(|(category, _)| *category).unwrap_or_default(),
            });
        }
    }
    let mut reader = vec![None; graph.values.len()];
    for (node_id, node) in graph.nodes.iter() {
        for value in node.inputs.iter().flat_map(|argument| &argument.values) {
            reader[value.index()].get_or_insert(node_id);
        }
    }
    for (value_id, value) in graph.values.iter() {
        if !search.matches(&value.name) {
            continue;
        }
        match value.tensor.map(|tensor| &model.tensors[tensor]).zip(reader[value_id.index()]) {
            Some((tensor, node)) => search.add(|| Hit {
                kind: HitKind::Tensor,
                graph: id,
                id: node.0,
                title: value.name.to_string(),
                context: format!("{} {}", tensor.dtype.name(), words::shape(&tensor.shape)),
                category: graph.nodes[node].category,
            }),
            None => search.add(|| Hit {
                kind: HitKind::Value,
                graph: id,
                id: value_id.0,
                title: value.name.to_string(),
                context: value.ty.as_ref().map(ToString::to_string).unwrap_or_default(),
                category: Category::Data,
            }),
        }
    }
}
