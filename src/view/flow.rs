//! Items and nets of a graph through which values flow.

use super::card::{Card, Shown};
use super::fold::Open;
use super::homes::Homes;
use super::scene::{Item, ItemKind, NONE, Net, NetStyle, Parts, flag};
use super::stock::{About, Stock};
use super::wires::Wires;
use super::words;
use crate::analysis::infer::Shapes;
use crate::analysis::{GroupId, GroupKind, Member, Tree};
use crate::model::{Category, Graph, GraphId, GraphKind, Model, NodeId, ValueId, ValueKind};
use crate::sort;
use foldhash::HashMap;
use std::hash::BuildHasher;

/// A tensor that this many items read is drawn as stubs, as its edges would cover the others; but not on the main line, which would
/// fall apart.
const CLUTTER: usize = 24;

/// From this many on, inputs that go to the same closed group (or outputs that come from it) are one pill.
const ALIKE: usize = 4;

/// The values of each pill, with its flags, by the open group that it is in.
type Pills = HashMap<Option<GroupId>, Vec<(Vec<ValueId>, u8)>>;

/// Builds the parts of one graph.
pub(super) struct Flow<'a> {
    model: &'a Model,
    id: GraphId,
    graph: &'a Graph,
    shapes: &'a Shapes,
    stock: &'a mut Stock,
    shown: Shown,
    parts: Parts,
    /// Of each value: the item that it comes from.
    source: Vec<u32>,
    /// Of each node: the item that shows it.
    item_of: Vec<u32>,
    /// Of each node: the closed group that hides it.
    hidden_by: Vec<Option<GroupId>>,
    wires: &'a Wires,
    /// The containers of open groups.
    containers: HashMap<GroupId, u32>,
}

/// The parts of graph `id`: without `tree`, all its nodes; with it, the groups that are `open` as containers, the others as cards.
pub(super) fn parts(
    model: &Model,
    id: GraphId,
    (wires, shapes): (&Wires, &Shapes),
    stock: &mut Stock,
    shown: Shown,
    tree: Option<(&Tree, &Open)>,
) -> Parts {
    let graph = &model.graphs[id];
    let mut flow = Flow {
        model,
        id,
        graph,
        shapes,
        stock,
        shown,
        parts: Parts::default(),
        source: vec![NONE; graph.values.len()],
        item_of: vec![NONE; graph.nodes.len()],
        hidden_by: tree.map_or_else(|| vec![None; graph.nodes.len()], |(tree, open)| open.hiders(tree)),
        wires,
        containers: HashMap::default(),
    };
    let all = tree.map(|(tree, _)| tree);
    let mut inputs = flow.inputs(all);
    flow.entries(&mut inputs, None);
    match tree {
        None => graph.nodes.iter().for_each(|(node, _)| flow.node(node, NONE)),
        Some((tree, open)) => flow.groups(tree, open, &mut inputs),
    }
    flow.sources();
    flow.nets(all);
    flow.parts
}

impl<'a> Flow<'a> {
    /// What is written on the pill of `value`.
    fn name(&self, kind: ItemKind, value: ValueId) -> String {
        match (&*self.graph.values[value].name, kind) {
            ("", ItemKind::Output) => "output".to_owned(),
            ("", _) => "input".to_owned(),
            (name, _) => name.to_owned(),
        }
    }

    /// The pills of the inputs.
    fn inputs(&self, tree: Option<&Tree>) -> Pills {
        let graph = self.graph;
        let body = (graph.kind == GraphKind::Body).then(|| graph.values.iter());
        let captured = body.into_iter().flatten().filter(|(_, value)| value.outer.is_some());
        let inputs = graph.inputs.iter().map(|value| (*value, 0));
        let all = inputs.chain(captured.map(|(value, _)| (value, flag::CAPTURED)));
        let mut seen = vec![false; graph.values.len()];
        let own: Vec<(ValueId, u8)> = all
            .filter(|(value, _)| {
                graph.values[*value].tensor.is_none() && !std::mem::replace(&mut seen[value.index()], true)
            })
            .collect();
        let mut goes_out = vec![false; graph.values.len()];
        graph.outputs.iter().for_each(|value| goes_out[value.index()] = true);
        let group = |value: ValueId| {
            let mut readers = self.wires.links.consumers(value).iter().map(|node| self.hidden_by[node.index()]);
            let first = readers.next()??;
            (readers.all(|other| other == Some(first)) && !goes_out[value.index()]).then_some(first)
        };
        let pills = alike(own.into_iter().map(|(value, flags)| (value, flags, group(value))));
        self.homed(tree, pills, |value| self.wires.links.consumers(value))
    }

    /// Sorts `pills` by the open group that each is in, judged by the `nodes` that have to do with its values. Only where several are in groups:
    /// a single one is an end of the graph.
    fn homed(
        &self,
        tree: Option<&Tree>,
        pills: Vec<(Vec<ValueId>, u8)>,
        nodes: impl Fn(ValueId) -> &'a [NodeId],
    ) -> Pills {
        let homes = tree.map(|tree| Homes::new(tree, &self.hidden_by));
        let home =
            |values: &[ValueId]| homes.as_ref()?.around(values.iter().flat_map(|value| nodes(*value).iter().copied()));
        let mut found: Vec<Option<GroupId>> = pills.iter().map(|(values, _)| home(values)).collect();
        if found.iter().flatten().count() < ALIKE {
            found.fill(None);
        }
        let mut sorted = Pills::default();
        for (home, pill) in found.into_iter().zip(pills) {
            sorted.entry(home).or_default().push(pill);
        }
        sorted
    }

    /// Adds the pills of those `inputs` that are directly in `group`.
    fn entries(&mut self, inputs: &mut Pills, group: Option<GroupId>) {
        for (values, flags) in inputs.remove(&group).unwrap_or_default() {
            let item = self.pills(ItemKind::Input, &values, flags, group);
            values.iter().for_each(|value| self.source[value.index()] = item);
        }
    }

    /// Adds one pill for `values`, in the container of `group`.
    fn pills(&mut self, kind: ItemKind, values: &[ValueId], flags: u8, group: Option<GroupId>) -> u32 {
        let title = match values {
            [first, .., last] => {
                let (a, b) = (&*self.graph.values[*first].name, &*self.graph.values[*last].name);
                let common: String = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
                let what = match (common.trim_end_matches(|c: char| !c.is_alphabetic()), kind) {
                    ("", ItemKind::Output) => "outputs",
                    ("", _) => "inputs",
                    (stem, _) => stem,
                };
                format!("{what} ×{}", values.len())
            }
            _ => self.name(kind, values[0]),
        };
        let parent = group.and_then(|group| self.containers.get(&group)).copied().unwrap_or(NONE);
        let card = self.stock.card(Card::titled(&title));
        self.parts.push(Item { flags, parent, ..Item::new(kind, values[0].0, Category::Data, card) })
    }

    /// Adds the card of a node, within the container `parent`.
    fn node(&mut self, id: NodeId, parent: u32) {
        let node = &self.graph.nodes[id];
        let enterable =
            node.definition.is_some() || node.attributes.iter().any(|attribute| !attribute.value.graphs().is_empty());
        let card = self.stock.card_about(About::Node(id), || Card {
            marked: enterable,
            ..Card::of_node(self.model, self.graph, node, self.shown)
        });
        let mut flags = if enterable { flag::ENTER } else { 0 };
        flags |= if node.inferred { flag::INFERRED } else { 0 };
        let item = Item { flags, parent, ..Item::new(ItemKind::Node, id.0, node.category, card) };
        self.item_of[id.index()] = self.parts.push(item);
    }

    /// Adds what is visible of the hierarchy: containers before what is in them.
    fn groups(&mut self, tree: &Tree, open: &Open, inputs: &mut Pills) {
        let mut card_of = vec![NONE; tree.groups.len()];
        // Each entry is a member, and the container that it goes into.
        let mut stack: Vec<(Member, u32)> =
            tree.groups[Tree::ROOT].members.iter().rev().map(|member| (*member, NONE)).collect();
        while let Some((member, parent)) = stack.pop() {
            match member {
                Member::Node(node) => self.node(node, parent),
                Member::Group(group) if open.has(group) => {
                    let item = self.parts.push(container(tree, group, parent, self.stock));
                    self.containers.insert(group, item);
                    self.entries(inputs, Some(group));
                    stack.extend(tree.groups[group].members.iter().rev().map(|member| (*member, item)));
                }
                Member::Group(group) => {
                    card_of[group.index()] =
                        self.parts.push(closed(tree, group, parent, self.stock, ["node", "nodes"]));
                }
            }
        }
        for (item, group) in self.item_of.iter_mut().zip(&self.hidden_by) {
            if let Some(group) = group {
                *item = card_of[group.index()];
            }
        }
    }

    fn sources(&mut self) {
        for (source, producer) in self.source.iter_mut().zip(&self.wires.links.producer) {
            if let (NONE, Some(producer)) = (*source, producer) {
                *source = self.item_of[producer.index()];
            }
        }
    }

    /// Adds the pills of the outputs: pairs of value and item, in order.
    fn outputs(&mut self, tree: Option<&Tree>) -> Vec<(ValueId, u32)> {
        let producer = |value: ValueId| self.wires.links.producer[value.index()];
        let group = |value: ValueId| self.hidden_by[producer(value)?.index()];
        let outputs: Vec<_> = self.graph.outputs.iter().map(|value| (*value, 0, group(*value))).collect();
        let mut pairs = Vec::new();
        let sorted =
            self.homed(tree, alike(outputs.into_iter()), |value| self.wires.links.producer[value.index()].as_slice());
        let mut sorted: Vec<_> = sorted.into_iter().collect();
        sorted.sort_unstable_by_key(|(home, _)| *home);
        for (home, (values, flags)) in
            sorted.into_iter().flat_map(|(home, pills)| pills.into_iter().map(move |pill| (home, pill)))
        {
            let item = self.pills(ItemKind::Output, &values, flags, home);
            pairs.extend(values.iter().map(|value| (*value, item)));
        }
        sort::sort(&mut pairs);
        pairs
    }

    /// Adds outputs and nets. Values that go from the same item to the same items are one net: where groups are closed there would be many.
    fn nets(&mut self, tree: Option<&Tree>) {
        let mut outputs = self.outputs(tree).into_iter().peekable();
        // By source and a hash of the targets: the net that was added first.
        let mut bundles: HashMap<(u32, u64), usize> = HashMap::default();
        let hasher = foldhash::fast::FixedState::default();
        let mut targets: Vec<u32> = Vec::new();
        // Most values of a large graph stay within a closed group: they are passed over before anything else is asked of them.
        for (index, &source) in self.source.iter().enumerate().filter(|(_, source)| **source != NONE) {
            let id = ValueId(index as u32);
            let group = |item: u32| self.parts.items[item as usize].kind == ItemKind::Group;
            let closed = group(source);
            targets.clear();
            targets.extend(self.wires.links.consumers(id).iter().map(|node| self.item_of[node.index()]));
            while let Some((value, item)) = outputs.next_if(|(value, _)| *value <= id) {
                targets.extend((value == id).then_some(item));
            }
            if closed {
                targets.retain(|target| *target != source);
            }
            let value = &self.graph.values[id];
            let control = value.kind == ValueKind::Control;
            if targets.is_empty() || value.tensor.is_some() || control && !self.shown.controls {
                continue;
            }
            targets.sort_unstable();
            targets.dedup();
            if closed || targets.iter().any(|target| group(*target)) {
                let way = hasher.hash_one((&targets, control));
                let net = *bundles.entry((source, way)).or_insert(self.parts.nets.len());
                if let Some(net) = self.parts.nets.get_mut(net)
                    && self.parts.targets[net.targets.clone()] == targets
                {
                    net.more += 1;
                    continue;
                }
            }
            let (style, (label, inferred)) = if targets.len() >= CLUTTER && !self.wires.on_spine(self.graph, id) {
                let card = self.parts.items[source as usize].card as usize;
                let name = words::shorten(&self.stock.cards()[card].title, 20);
                (NetStyle::Stub, (self.stock.label(&name), false))
            } else if control {
                (NetStyle::Control, (NONE, false))
            } else {
                let style = if value.inferred { NetStyle::Inferred } else { NetStyle::Data };
                let label = || {
                    let Some(typed) = self.shapes.typed(self.model, self.id, id) else { return Default::default() };
                    let shape = typed.ty.shape().map(|shape| words::shorten(&shape.to_string(), 36));
                    (shape.unwrap_or_default(), typed.inferred)
                };
                (style, self.stock.label_of(id, label))
            };
            self.parts.connect(Net { label, inferred, ..Net::new(source, id.0, style) }, &targets);
        }
        let counted = |net: &&mut Net| net.more > 0 && !matches!(net.style, NetStyle::Stub | NetStyle::Control);
        for net in self.parts.nets.iter_mut().filter(counted) {
            net.label = self.stock.label(&format!("{} tensors", net.more + 1));
            net.inferred = false;
        }
    }
}

/// Values in order, those that belong to the same group together at the place of the first, if they are at least [`ALIKE`].
fn alike(values: impl Iterator<Item = (ValueId, u8, Option<GroupId>)> + Clone) -> Vec<(Vec<ValueId>, u8)> {
    let mut members: HashMap<(GroupId, u8), Vec<ValueId>> = HashMap::default();
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
fn container(tree: &Tree, id: GroupId, parent: u32, stock: &mut Stock) -> Item {
    let card = stock.card_about(About::Open(id), || Card { marked: true, ..Card::titled(&title(tree, id)) });
    Item { parent, ..Item::new(ItemKind::Container, id.0, leading(&tree.groups[id]), card) }
}

/// The card of a closed group, of which the members are called `unit`: one, several.
pub(super) fn closed(tree: &Tree, id: GroupId, parent: u32, stock: &mut Stock, unit: [&str; 2]) -> Item {
    let group = &tree.groups[id];
    let card = stock.card_about(About::Closed(id), || summary(tree, id, unit));
    let flags = if group.kind == GroupKind::Stack { flag::STACK } else { 0 };
    Item { flags, parent, mix: group.mix.clone(), ..Item::new(ItemKind::Group, id.0, leading(group), card) }
}

/// What is written on the card of a closed group.
fn summary(tree: &Tree, id: GroupId, unit: [&str; 2]) -> Card {
    let group = &tree.groups[id];
    let mut card = Card::titled(&match group.class.rsplit('.').next() {
        None | Some("") => title(tree, id),
        Some(class) => format!("{} · {class}", title(tree, id)),
    });
    card.marked = true;
    card.line(unit[usize::from(group.nodes != 1)], &words::count(group.nodes.into()));
    if group.parameters > 0 {
        card.line("parameters", &words::count(group.parameters));
    }
    if let Some(difference) = group.differences.first() {
        card.line("varies", difference);
    }
    card
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
