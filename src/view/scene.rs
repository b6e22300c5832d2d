//! A graph, laid out and ready to draw, as flat arrays.

use super::card::{Card, METRICS, Shown};
use super::labels;
use super::measure::{Advances, Role};
use super::modules;
use crate::layout::{self, Direction, Layout, Size};
use crate::model::{Category, GraphId, GraphKind, Model, NodeId, ValueId, Wiring};
use crate::report::{Report, Severity};
use serde::Deserialize;
use std::collections::HashMap;

/// Stands for "none" where an index is expected.
pub const NONE: u32 = u32::MAX;

/// How a graph is to be drawn.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SceneOptions {
    /// The way that edges run.
    pub direction: Flow,
    /// How wide characters are.
    pub advances: Advances,
    /// What is written on cards.
    #[serde(flatten)]
    pub shown: Shown,
}

/// A wish for a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// Down for graphs, right for module trees.
    #[default]
    Auto,
    /// From top to bottom.
    Down,
    /// From left to right.
    Right,
}

/// What an item of the drawing stands for. The discriminants are those of the contract with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ItemKind {
    /// A node; refers to a [`NodeId`].
    Node = 0,
    /// An input of the graph, or a captured value; refers to a [`ValueId`].
    Input = 1,
    /// An output of the graph; refers to a [`ValueId`].
    Output = 2,
    /// A level of the module hierarchy; refers to a [`crate::model::ScopeId`].
    Module = 3,
}

/// Bits of [`Item::flags`].
pub mod flag {
    /// A note is about it.
    pub const NOTE: u8 = 1;
    /// A warning is about it.
    pub const WARNING: u8 = 2;
    /// An error is about it.
    pub const ERROR: u8 = 4;
    /// A graph can be entered through it.
    pub const ENTER: u8 = 8;
    /// It is captured from the graph around.
    pub const CAPTURED: u8 = 32;
}

/// How a net is drawn. The discriminants are those of the contract with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NetStyle {
    /// Data flows: an arrowhead at each end.
    Data = 0,
    /// A module contains others.
    Containment = 1,
}

/// A card or a pill.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it stands for.
    pub kind: ItemKind,
    /// The id of that.
    pub reference: u32,
    /// The colour.
    pub category: Category,
    /// Bits of [`flag`].
    pub flags: u8,
    /// What is written on it.
    pub card: Card,
}

/// A tensor with all its consumers.
#[derive(Clone, Debug)]
pub struct Net {
    /// The item that it starts at.
    pub source: u32,
    /// The value; [`NONE`] for containment.
    pub value: u32,
    /// How it is drawn.
    pub style: NetStyle,
    /// What is written beside it, possibly nothing.
    pub label: String,
    /// The items that it goes to.
    pub targets: Vec<u32>,
}

/// A graph, laid out.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The graph.
    pub graph: GraphId,
    /// The way that edges run.
    pub direction: Direction,
    /// The cards and pills.
    pub items: Vec<Item>,
    /// The edges.
    pub nets: Vec<Net>,
    /// Where they are; a path's target is an index into the concatenated targets of all nets.
    pub layout: Layout,
    /// Of each net, the centre of its label; none where there is no label, or no room.
    pub labels: Vec<Option<layout::Point>>,
}

/// What is drawn, before it has a place.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub items: Vec<Item>,
    pub nets: Vec<Net>,
}

impl Scene {
    /// Lays out `graph` of `model`.
    pub fn new(model: &Model, report: &Report, graph: GraphId, options: &SceneOptions) -> Self {
        let modules = model.graphs[graph].wiring == Wiring::Modules;
        let direction = match options.direction {
            Flow::Down => Direction::Down,
            Flow::Right => Direction::Right,
            Flow::Auto if modules => Direction::Right,
            Flow::Auto => Direction::Down,
        };
        let mut parts =
            if modules { modules::parts(model, graph, options.shown) } else { flow(model, graph, options.shown) };
        mark(&mut parts.items, report, graph);
        let Parts { items, nets } = parts;
        let (input, spacing) = arrange(&items, &nets, modules, direction, &options.advances);
        let layout = layout::layout(&input, &spacing);
        let labels = labels::place(&nets, &layout, &options.advances);
        Self { graph, direction, items, nets, layout, labels }
    }
}

/// What the layout gets: the size of every item, every net, and the spacing.
fn arrange(
    items: &[Item],
    nets: &[Net],
    modules: bool,
    direction: Direction,
    advances: &Advances,
) -> (layout::Input, layout::Options) {
    let sizes = items.iter().map(|item| size(item, advances)).collect();
    let mut input = layout::Input { sizes, starts: vec![0], ..layout::Input::default() };
    for net in nets {
        input.sources.push(net.source);
        input.targets.extend(&net.targets);
        input.starts.push(input.targets.len() as u32);
    }
    let mut spacing = layout::Options { direction, ..layout::Options::default() };
    match (modules, direction) {
        (true, Direction::Right) => (spacing.node_gap, spacing.rank_gap) = (10.0, 48.0),
        (true, Direction::Down) => (spacing.node_gap, spacing.rank_gap) = (12.0, 40.0),
        (false, Direction::Right) => {
            let widest = nets.iter().map(|net| advances.width(&net.label, Role::Value)).fold(0.0, f64::max);
            spacing.rank_gap = (widest + 24.0).clamp(40.0, 120.0);
        }
        (false, Direction::Down) => {}
    }
    (input, spacing)
}

fn size(item: &Item, advances: &Advances) -> Size {
    let mut size = item.card.size(advances);
    if matches!(item.kind, ItemKind::Input | ItemKind::Output) {
        // The ends of a pill are round: its text needs more room.
        size.w += METRICS.pad;
    }
    size
}

/// Puts the worst diagnostic about a node on its card.
fn mark(items: &mut [Item], report: &Report, graph: GraphId) {
    let mut worst: HashMap<NodeId, Severity> = HashMap::new();
    for diagnostic in report.diagnostics.iter().filter(|diagnostic| diagnostic.graph == Some(graph)) {
        if let Some(node) = diagnostic.node {
            let severity = worst.entry(node).or_insert(diagnostic.severity);
            *severity = diagnostic.severity.max(*severity);
        }
    }
    if worst.is_empty() {
        return;
    }
    for item in items.iter_mut().filter(|item| item.kind == ItemKind::Node) {
        if let Some(severity) = worst.get(&NodeId(item.reference)) {
            item.card.marked = true;
            item.flags |= match severity {
                Severity::Note => flag::NOTE,
                Severity::Warning => flag::WARNING,
                Severity::Error => flag::ERROR,
            };
        }
    }
}

/// Items and nets of a graph through which values flow.
fn flow(model: &Model, id: GraphId, shown: Shown) -> Parts {
    let graph = &model.graphs[id];
    let mut parts = Parts::default();
    let mut source = vec![NONE; graph.values.len()];
    let pill = |kind, value: ValueId, flags| Item {
        kind,
        reference: value.0,
        category: Category::Data,
        flags,
        card: Card::titled(match &*graph.values[value].name {
            "" if kind == ItemKind::Output => "output",
            "" => "input",
            name => name,
        }),
    };
    let captured = graph.values.iter().filter(|(_, value)| graph.kind == GraphKind::Body && value.outer.is_some());
    let inputs = graph.inputs.iter().map(|value| (*value, 0)).chain(captured.map(|(value, _)| (value, flag::CAPTURED)));
    for (value, flags) in inputs {
        if graph.values[value].tensor.is_none() && source[value.index()] == NONE {
            source[value.index()] = parts.items.len() as u32;
            parts.items.push(pill(ItemKind::Input, value, flags));
        }
    }
    let first_node = parts.items.len();
    for (node_id, node) in graph.nodes.iter() {
        let enterable =
            node.definition.is_some() || node.attributes.iter().any(|attribute| !attribute.value.graphs().is_empty());
        let mut card = Card::of_node(model, graph, node, shown);
        card.marked = enterable;
        for value in node.outputs.iter().flat_map(|argument| &argument.values) {
            if source[value.index()] == NONE {
                source[value.index()] = parts.items.len() as u32;
            }
        }
        let flags = if enterable { flag::ENTER } else { 0 };
        parts.items.push(Item { kind: ItemKind::Node, reference: node_id.0, category: node.category, flags, card });
    }
    let links = graph.links();
    let mut targets: Vec<Vec<u32>> =
        links.consumers.iter().map(|nodes| nodes.iter().map(|node| first_node as u32 + node.0).collect()).collect();
    for value in &graph.outputs {
        targets[value.index()].push(parts.items.len() as u32);
        parts.items.push(pill(ItemKind::Output, *value, 0));
    }
    for ((value_id, value), targets) in graph.values.iter().zip(targets) {
        let source = source[value_id.index()];
        if source == NONE || value.tensor.is_some() || targets.is_empty() {
            continue;
        }
        let shape = value.ty.as_ref().and_then(|ty| ty.shape());
        let label = shape.map(|shape| super::words::shorten(&shape.to_string(), 36)).unwrap_or_default();
        parts.nets.push(Net { source, value: value_id.0, style: NetStyle::Data, label, targets });
    }
    parts
}
