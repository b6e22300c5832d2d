//! Items and nets of a graph through which values flow.

use super::card::{Card, Shown};
use super::fold::Open;
use super::scene::{Item, ItemKind, NONE, Net, NetStyle, Parts, flag};
use super::spine::Spine;
use super::words;
use crate::analysis::{GroupId, GroupKind, Member, Tree};
use crate::model::{Category, Graph, GraphId, GraphKind, Links, Model, NodeId, ValueId};
use std::cell::LazyCell;
use std::collections::HashMap;

/// A tensor that this many items read is drawn as stubs, as its edges would cover the others; but not on the main line, which would
/// fall apart.
const CLUTTER: usize = 24;

/// From this many on, inputs that go to the same closed group (or outputs that come from it) are one pill.
const ALIKE: usize = 4;

/// Builds the parts of one graph.
pub(super) struct Flow<'a> {
    model: &'a Model,
    graph: &'a Graph,
    shown: Shown,
    parts: Parts,
    /// Of each value: the item that it comes from.
    source: Vec<u32>,
    /// Of each node: the item that shows it.
    item_of: Vec<u32>,
    /// Of each node: the closed group that hides it.
    hidden_by: Vec<Option<GroupId>>,
    /// Of each value: the node that produces it, the nodes that read it.
    links: Links,
}

/// The parts of graph `id`: without `tree`, all its nodes; with it, the groups that are `open` as containers, the others as cards.
pub(super) fn parts(model: &Model, id: GraphId, shown: Shown, tree: Option<(&Tree, &Open)>) -> Parts {
    let graph = &model.graphs[id];
    let mut flow = Flow {
        model,
        graph,
        shown,
        parts: Parts::default(),
        source: vec![NONE; graph.values.len()],
        item_of: vec![NONE; graph.nodes.len()],
        hidden_by: tree.map_or_else(|| vec![None; graph.nodes.len()], |(tree, open)| open.hiders(tree)),
        links: graph.links(),
    };
    flow.inputs();
    match tree {
        None => graph.nodes.iter().for_each(|(node, _)| flow.node(node, NONE)),
        Some((tree, open)) => flow.groups(tree, open),
    }
    flow.sources();
    flow.nets();
    flow.parts
}

impl Flow<'_> {
    fn push(&mut self, item: Item) -> u32 {
        self.parts.items.push(item);
        self.parts.items.len() as u32 - 1
    }

    fn pill(&mut self, kind: ItemKind, value: ValueId, flags: u8) -> u32 {
        let title = match (&*self.graph.values[value].name, kind) {
            ("", ItemKind::Output) => "output",
            ("", _) => "input",
            (name, _) => name,
        };
        let card = Card::titled(title);
        self.push(Item { flags, ..Item::new(kind, value.0, Category::Data, card) })
    }

    fn inputs(&mut self) {
        let graph = self.graph;
        let captured = graph.values.iter().filter(|(_, value)| graph.kind == GraphKind::Body && value.outer.is_some());
        let inputs = graph.inputs.iter().map(|value| (*value, 0));
        let all = inputs.chain(captured.map(|(value, _)| (value, flag::CAPTURED)));
        let mut seen = vec![false; graph.values.len()];
        let own: Vec<(ValueId, u8)> = all
            .filter(|(value, _)| {
                graph.values[*value].tensor.is_none() && !std::mem::replace(&mut seen[value.index()], true)
            })
            .collect();
        let group = |value: ValueId| {
            let mut readers = self.links.consumers[value.index()].iter().map(|node| self.hidden_by[node.index()]);
            let first = readers.next()??;
            (readers.all(|other| other == Some(first)) && !graph.outputs.contains(&value)).then_some(first)
        };
        for (values, flags) in alike(own.into_iter().map(|(value, flags)| (value, flags, group(value)))) {
            let item = self.pills(ItemKind::Input, &values, flags);
            values.iter().for_each(|value| self.source[value.index()] = item);
        }
    }

    /// Adds one pill for `values`.
    fn pills(&mut self, kind: ItemKind, values: &[ValueId], flags: u8) -> u32 {
        let [first, .., last] = values else { return self.pill(kind, values[0], flags) };
        let (a, b) = (&*self.graph.values[*first].name, &*self.graph.values[*last].name);
        let common: String = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
        let stem = common.trim_end_matches(|c: char| !c.is_alphabetic());
        let what = match (stem, kind) {
            ("", ItemKind::Output) => "outputs",
            ("", _) => "inputs",
            (stem, _) => stem,
        };
        let card = Card::titled(&format!("{what} ×{}", values.len()));
        self.push(Item { flags, ..Item::new(kind, first.0, Category::Data, card) })
    }

    /// Adds the card of a node, within the container `parent`.
    fn node(&mut self, id: NodeId, parent: u32) {
        let node = &self.graph.nodes[id];
        let enterable =
            node.definition.is_some() || node.attributes.iter().any(|attribute| !attribute.value.graphs().is_empty());
        let mut card = Card::of_node(self.model, self.graph, node, self.shown);
        card.marked = enterable;
        let flags = if enterable { flag::ENTER } else { 0 };
        let item = Item { flags, parent, ..Item::new(ItemKind::Node, id.0, node.category, card) };
        self.item_of[id.index()] = self.push(item);
    }

    /// Adds what is visible of the hierarchy: containers before what is in them.
    fn groups(&mut self, tree: &Tree, open: &Open) {
        // Each entry is a member, and the container that it goes into.
        let mut stack: Vec<(Member, u32)> =
            tree.groups[Tree::ROOT].members.iter().rev().map(|member| (*member, NONE)).collect();
        while let Some((member, parent)) = stack.pop() {
            match member {
                Member::Node(node) => self.node(node, parent),
                Member::Group(group) if open.has(group) => {
                    let item = self.push(container(tree, group, parent));
                    stack.extend(tree.groups[group].members.iter().rev().map(|member| (*member, item)));
                }
                Member::Group(group) => {
                    let item = self.push(closed(tree, group, parent));
                    self.hide(tree, group, item);
                }
            }
        }
    }

    /// Has `item` stand for all nodes of `group`.
    fn hide(&mut self, tree: &Tree, group: GroupId, item: u32) {
        let mut stack = vec![group];
        while let Some(group) = stack.pop() {
            for member in &tree.groups[group].members {
                match member {
                    Member::Node(node) => self.item_of[node.index()] = item,
                    Member::Group(child) => stack.push(*child),
                }
            }
        }
    }

    fn sources(&mut self) {
        for (id, node) in self.graph.nodes.iter() {
            for value in node.outputs.iter().flat_map(|argument| &argument.values) {
                if self.source[value.index()] == NONE {
                    self.source[value.index()] = self.item_of[id.index()];
                }
            }
        }
    }

    /// Adds outputs and nets. Values that go from the same item to the same items are one net: where groups are closed there would be many.
    fn nets(&mut self) {
        let items = |nodes: &Vec<NodeId>| nodes.iter().map(|node| self.item_of[node.index()]).collect();
        let mut targets: Vec<Vec<u32>> = self.links.consumers.iter().map(items).collect();
        let group = |value: ValueId| self.hidden_by[self.links.producer[value.index()]?.index()];
        let outputs: Vec<_> = self.graph.outputs.iter().map(|value| (*value, 0, group(*value))).collect();
        for (values, flags) in alike(outputs.into_iter()) {
            let item = self.pills(ItemKind::Output, &values, flags);
            values.iter().for_each(|value| targets[value.index()].push(item));
        }
        let mut bundles: HashMap<(u32, Vec<u32>), usize> = HashMap::new();
        let spine = LazyCell::new(|| Spine::new(self.graph, &self.links));
        for ((id, value), mut targets) in self.graph.values.iter().zip(targets) {
            let source = self.source[id.index()];
            if source == NONE || value.tensor.is_some() {
                continue;
            }
            targets.sort_unstable();
            targets.dedup();
            let group = |item: u32| self.parts.items[item as usize].kind == ItemKind::Group;
            if group(source) {
                // What stays within a closed group is not seen.
                targets.retain(|target| *target != source);
            }
            if targets.is_empty() {
                continue;
            }
            let bundled = group(source) || targets.iter().any(|target| group(*target));
            if bundled && let Some(net) = bundles.get(&(source, targets.clone())) {
                self.parts.nets[*net].more += 1;
                continue;
            }
            if bundled {
                bundles.insert((source, targets.clone()), self.parts.nets.len());
            }
            let shape = value.ty.as_ref().and_then(|ty| ty.shape());
            let (style, label) = if targets.len() >= CLUTTER && !spine.has(id) {
                (NetStyle::Stub, words::shorten(&self.parts.items[source as usize].card.title, 20))
            } else {
                (NetStyle::Data, shape.map(|shape| words::shorten(&shape.to_string(), 36)).unwrap_or_default())
            };
            self.parts.nets.push(Net { source, value: id.0, style, label, targets, more: 0 });
        }
        for net in self.parts.nets.iter_mut().filter(|net| net.more > 0 && net.style != NetStyle::Stub) {
            net.label = format!("{} tensors", net.more + 1);
        }
    }
}

/// Values in order, those that belong to the same group together at the place of the first, if they are at least [`ALIKE`].
fn alike(values: impl Iterator<Item = (ValueId, u8, Option<GroupId>)> + Clone) -> Vec<(Vec<ValueId>, u8)> {
    let mut members: HashMap<(GroupId, u8), Vec<ValueId>> = HashMap::new();
    for (value, flags, group) in values.clone() {
        if let Some(group) = group {
            members.entry((group, flags)).or_default().push(value);
        }
    }
    members.retain(|_, values| values.len() >= ALIKE);
    let mut together = Vec::new();
    for (value, flags, group) in values {
        match group.and_then(|group| members.get_mut(&(group, flags))) {
            None => together.push((vec![value], flags)),
            Some(values) if values.is_empty() => {}
            Some(values) => together.push((std::mem::take(values), flags)),
        }
    }
    together
}

/// The container of an open group.
fn container(tree: &Tree, id: GroupId, parent: u32) -> Item {
    let group = &tree.groups[id];
    let card = Card { marked: true, ..Card::titled(&title(tree, id)) };
    Item { parent, ..Item::new(ItemKind::Container, id.0, leading(group), card) }
}

/// The card of a closed group.
pub(super) fn closed(tree: &Tree, id: GroupId, parent: u32) -> Item {
    let group = &tree.groups[id];
    let mut card = Card::titled(&title(tree, id));
    card.marked = true;
    let nodes = if group.nodes == 1 { "node" } else { "nodes" };
    card.line(nodes, &words::count(group.nodes.into()));
    if group.parameters > 0 {
        card.line("parameters", &words::count(group.parameters));
    }
    if let Some(difference) = group.differences.first() {
        card.line("varies", difference);
    }
    let flags = if group.kind == GroupKind::Stack { flag::STACK } else { 0 };
    Item { flags, parent, mix: group.mix.clone(), ..Item::new(ItemKind::Group, id.0, leading(group), card) }
}

/// The name of a group; of a stack, with the number of its instances.
pub(super) fn title(tree: &Tree, id: GroupId) -> String {
    let group = &tree.groups[id];
    match group.kind {
        GroupKind::Stack => format!("{} ×{}", group.name, group.members.len()),
        _ => group.name.to_string(),
    }
}

/// The most frequent family of operators that says something about a group.
pub(super) fn leading(group: &crate::analysis::Group) -> Category {
    group.mix.first().map(|(category, _)| *category).unwrap_or_default()
}
