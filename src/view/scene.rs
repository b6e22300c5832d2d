//! A graph, laid out and ready to draw, as flat arrays.

use super::card::{Card, METRICS, Shown};
use super::flow;
use super::fold::{self, Level, Open, Step};
use super::labels;
use super::measure::{Advances, Role};
use super::modules;
use super::stock::Stock;
use super::wires::Wires;
use crate::analysis::infer::Shapes;
use crate::analysis::{GroupId, Tree};
use crate::layout::{self, Direction, Layout, Memo, Size};
use crate::model::{Category, GraphId, Model, NodeId, ValueKind, Wiring};
use crate::report::{Report, Severity};
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// Stands for "none" where an index is expected.
pub const NONE: u32 = u32::MAX;

/// The least scale at which all is legible, and what of the screen is around a drawing that is fitted to it. The page has the same.
const LEGIBLE: f64 = 0.6;
const MARGIN: f64 = 24.0;

/// The width that an arrowhead takes on a card, in pixels, and how much all may take together.
const HEAD: f64 = 10.0;
const WIDEST: f64 = 240.0;

/// How a graph is to be drawn.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SceneOptions {
    /// The way that edges run.
    pub direction: Flow,
    /// How wide characters are.
    pub advances: Advances,
    /// What is written on cards.
    pub shown: Shown,
    /// How deep the graph is shown.
    pub level: Level,
    /// The groups that are open; none for those that fit a screen.
    pub open: Option<Vec<GroupId>>,
    /// What the reader does with them.
    pub step: Option<Step>,
    /// Width and height of the screen in pixels; none where there is none.
    pub screen: Option<(f64, f64)>,
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
    /// An open group of a module tree; refers to a [`GroupId`].
    Module = 3,
    /// A closed group; refers to a [`GroupId`].
    Group = 4,
    /// An open group, around its members; refers to a [`GroupId`].
    Container = 5,
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
    /// What it is, is inferred; the file does not state it.
    pub const INFERRED: u8 = 16;
    /// It is captured from the graph around.
    pub const CAPTURED: u8 = 32;
    /// It folds several groups of the same structure.
    pub const STACK: u8 = 64;
}

/// How a net is drawn. The discriminants are those of the contract with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NetStyle {
    /// Data flows: an arrowhead at each end.
    Data = 0,
    /// A module contains others.
    Containment = 1,
    /// That data flows here is inferred: dotted.
    Inferred = 2,
    /// Too many items read it: its ends are named, and its edges are drawn only when asked for.
    Stub = 3,
    /// Nothing flows, one end only waits for the other: dashed.
    Control = 4,
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
    /// What is written on it: the number of a card of the [`Scene`].
    pub card: u32,
    /// The container that it is in; [`NONE`] outside of all.
    pub parent: u32,
    /// Of a closed group: how many nodes of each family are in it, most frequent first.
    pub mix: Vec<(Category, u32)>,
}

impl Item {
    /// An item outside of all containers.
    pub fn new(kind: ItemKind, reference: u32, category: Category, card: u32) -> Self {
        Self { kind, reference, category, flags: 0, card, parent: NONE, mix: Vec::new() }
    }
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
    /// What is written beside it: the number of a label of the [`Scene`]; [`NONE`] for nothing.
    pub label: u32,
    /// Where the items that it goes to are in the targets of the [`Scene`].
    pub targets: Range<usize>,
    /// How many more values go the same way.
    pub more: u32,
    /// Whether what is written beside it is not stated by the file, but follows from what is.
    pub inferred: bool,
}

impl Net {
    /// A net without a label, which goes nowhere yet.
    pub fn new(source: u32, value: u32, style: NetStyle) -> Self {
        Self { source, value, style, label: NONE, targets: 0..0, more: 0, inferred: false }
    }
}

/// What a scene is made of.
pub(super) struct Subject<'a> {
    pub model: &'a Model,
    pub report: &'a Report,
    pub tree: &'a Tree,
    pub wires: &'a Wires,
    pub shapes: &'a Shapes,
    pub graph: GraphId,
}

/// A graph, laid out.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The graph.
    pub graph: GraphId,
    /// The way that edges run.
    pub direction: Direction,
    /// How deep it is shown; never [`Level::Auto`].
    pub level: Level,
    /// Whether it has groups at all.
    pub grouped: bool,
    /// Whether it has control edges at all, shown or not.
    pub controlled: bool,
    /// The groups that are open.
    pub open: Vec<GroupId>,
    /// The cards and pills.
    pub items: Vec<Item>,
    /// The edges.
    pub nets: Vec<Net>,
    /// The items that nets go to, in order within each net.
    pub targets: Vec<u32>,
    /// What is written on items.
    pub cards: Vec<Rc<Card>>,
    /// What is written beside nets.
    pub texts: Vec<Rc<str>>,
    /// Where they are; a path's target is the item that it ends at, or [`NONE`].
    pub layout: Layout,
    /// Of each net, the centre of its label; none where there is no label, or no room.
    pub labels: Vec<Option<layout::Point>>,
}

/// What is drawn, before it has a place.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub items: Vec<Item>,
    pub nets: Vec<Net>,
    pub targets: Vec<u32>,
}

impl Parts {
    /// Adds the card or pill `item`; returns its index.
    pub fn push(&mut self, item: Item) -> u32 {
        self.items.push(item);
        self.items.len() as u32 - 1
    }

    /// Adds `net`, which goes to `targets`.
    pub fn connect(&mut self, net: Net, targets: &[u32]) {
        let from = self.targets.len();
        self.targets.extend_from_slice(targets);
        self.nets.push(Net { targets: from..self.targets.len(), ..net });
    }
}

impl Scene {
    /// What is written on `item`.
    pub fn card(&self, item: &Item) -> &Card {
        &self.cards[item.card as usize]
    }

    /// What is written beside `net`, possibly nothing.
    pub fn label(&self, net: &Net) -> &str {
        self.texts.get(net.label as usize).map_or("", |label| label)
    }

    /// The items that `net` goes to.
    pub fn targets(&self, net: &Net) -> &[u32] {
        &self.targets[net.targets.clone()]
    }

    /// Lays out `graph` of `model`.
    pub(super) fn new(of: &Subject, memo: &mut Memo, options: &SceneOptions) -> Self {
        let Subject { model, tree, graph, .. } = *of;
        let modules = model.graphs[graph].wiring == Wiring::Modules;
        let direction = match options.direction {
            Flow::Down => Direction::Down,
            Flow::Right => Direction::Right,
            Flow::Auto if modules => Direction::Right,
            Flow::Auto => Direction::Down,
        };
        let level = match options.level {
            Level::Auto if options.open.is_none() && options.step.is_none() && fold::is_small(tree) => Level::Flat,
            wished => wished,
        };
        // A tree of modules is its groups: flat, it is the same picture as with all of them open.
        let (flat, level) = match level {
            Level::Flat if modules => (true, Level::Groups),
            Level::Flat => (true, Level::Flat),
            _ => (false, Level::Groups),
        };
        let draft = |open: &Open| Draft::new(of, options, level, direction, open);
        let open = match (&options.open, flat) {
            (_, true) => Open::all(tree),
            (Some(groups), _) => Open::of(tree, groups),
            (None, _) => Open::fitting(tree, |open| {
                options.screen.is_none_or(|screen| fits(draft(open).lay_out(memo).size, screen))
            }),
        };
        let open = options.step.into_iter().fold(open, |open, step| open.after(tree, step));
        let draft = draft(&open);
        let mut layout = draft.lay_out(memo);
        for target in &mut layout.path_target {
            *target = draft.input.targets.get(*target as usize).copied().unwrap_or(NONE);
        }
        let Parts { items, nets, targets } = draft.parts;
        if modules && direction == Direction::Right {
            modules::branches(&nets, &targets, &mut layout);
        }
        let stock = of.wires.stock.borrow();
        let (cards, texts) = (stock.cards().to_vec(), stock.labels().to_vec());
        let labels = labels::place(&items, &nets, &texts, &layout, &options.advances);
        let open = if level == Level::Flat { Vec::new() } else { open.visible(tree) };
        let grouped = tree.groups.len() > 1;
        let controlled = model.graphs[graph].values.values().any(|value| value.kind == ValueKind::Control);
        Self { graph, direction, level, grouped, controlled, open, items, nets, targets, cards, texts, layout, labels }
    }
}

/// A graph with some groups open, before it is laid out.
struct Draft {
    parts: Parts,
    input: layout::Input,
    spacing: layout::Options,
}

impl Draft {
    fn new(of: &Subject, options: &SceneOptions, level: Level, direction: Direction, open: &Open) -> Self {
        let Subject { model, report, tree, wires, shapes, graph } = *of;
        let modules = model.graphs[graph].wiring == Wiring::Modules;
        let stock = &mut *wires.stock.borrow_mut();
        stock.prepare(options.shown);
        let mut parts = match (modules, level) {
            (true, _) => modules::parts(model, graph, stock, options.shown, tree, open),
            (false, Level::Flat) => flow::parts(model, graph, (wires, shapes), stock, options.shown, None),
            (false, _) => flow::parts(model, graph, (wires, shapes), stock, options.shown, Some((tree, open))),
        };
        mark(&mut parts.items, stock, report, graph);
        let (input, spacing) = arrange(&parts, stock, modules, direction, &options.advances);
        Self { parts, input, spacing }
    }

    fn lay_out(&self, memo: &mut Memo) -> Layout {
        layout::layout_with(&self.input, &self.spacing, memo)
    }
}

/// Whether a drawing fits a screen so that it can be read.
fn fits(drawing: Size, (width, height): (f64, f64)) -> bool {
    drawing.w * LEGIBLE + 2.0 * MARGIN <= width && drawing.h * LEGIBLE + 2.0 * MARGIN <= height
}

/// What the layout gets: the size of every item, every net, and the spacing.
fn arrange(
    parts: &Parts,
    stock: &Stock,
    modules: bool,
    direction: Direction,
    advances: &Advances,
) -> (layout::Input, layout::Options) {
    let Parts { items, nets, targets } = parts;
    let mut of_card: Vec<Option<Size>> = vec![None; stock.cards().len()];
    let mut sizes = Vec::with_capacity(items.len());
    for item in items {
        let card = item.card as usize;
        let mut size = *of_card[card].get_or_insert_with(|| stock.cards()[card].size(advances));
        if matches!(item.kind, ItemKind::Input | ItemKind::Output) {
            // The ends of a pill are round: its text needs more room.
            size.w += METRICS.pad;
        }
        sizes.push(size);
    }
    if direction == Direction::Down {
        widen(&mut sizes, nets, targets);
    }
    let mut input = layout::Input { sizes, starts: vec![0], ..layout::Input::default() };
    if items.iter().any(|item| item.parent != NONE) {
        input.parents = items.iter().map(|item| item.parent).collect();
    }
    for net in nets {
        input.sources.push(net.source);
        // A stub has no edges to lay out.
        if net.style != NetStyle::Stub {
            input.targets.extend_from_slice(&targets[net.targets.clone()]);
        }
        input.starts.push(input.targets.len() as u32);
    }
    let mut spacing = layout::Options { direction, ..layout::Options::default() };
    match (modules, direction) {
        (true, Direction::Right) => (spacing.node_gap, spacing.rank_gap) = (10.0, 48.0),
        (true, Direction::Down) => (spacing.node_gap, spacing.rank_gap) = (12.0, 40.0),
        (false, Direction::Right) => {
            let labels = nets.iter().filter_map(|net| stock.labels().get(net.label as usize));
            let widest = labels.map(|label| advances.width(label, Role::Value)).fold(0.0, f64::max);
            spacing.rank_gap = (widest + 24.0).clamp(40.0, 120.0);
        }
        (false, Direction::Down) => {}
    }
    (input, spacing)
}

/// Makes items that read much so wide that the arrowheads do not cover one another.
fn widen(sizes: &mut [Size], nets: &[Net], targets: &[u32]) {
    let mut arriving = vec![0u32; sizes.len()];
    for net in nets.iter().filter(|net| net.style != NetStyle::Stub) {
        targets[net.targets.clone()].iter().for_each(|target| arriving[*target as usize] += 1);
    }
    for (size, count) in sizes.iter_mut().zip(arriving) {
        size.w = size.w.max((f64::from(count) * HEAD).min(WIDEST));
    }
}

/// Puts the worst diagnostic about a node on its card.
fn mark(items: &mut [Item], stock: &mut Stock, report: &Report, graph: GraphId) {
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
            item.card = stock.marked(item.card);
            item.flags |= match severity {
                Severity::Note => flag::NOTE,
                Severity::Warning => flag::WARNING,
                Severity::Error => flag::ERROR,
            };
        }
    }
}
