//! A weights file, drawn as the tree of modules that its names spell.

use super::card::{Card, METRICS, Shown};
use super::flow;
use super::fold::Open;
use super::scene::{Item, ItemKind, NONE, Net, NetStyle, Parts, flag};
use super::stock::{About, Stock};
use super::words;
use crate::analysis::{Member, Tree};
use crate::layout::{Layout, Point};
use crate::model::{GraphId, Model};
use crate::sort;
use std::cmp::Ordering;

/// Items and nets of a graph of [`Wiring::Modules`](crate::model::Wiring::Modules): a card for each group and each node that is in view, and
/// containment from each group to its members, in natural order (`layers.2` before `layers.10`).
pub(super) fn parts(model: &Model, id: GraphId, stock: &mut Stock, shown: Shown, tree: &Tree, open: &Open) -> Parts {
    let graph = &model.graphs[id];
    let mut parts = Parts::default();
    // Each entry is a member, and the item of the group around it. Parents come before children, siblings in order.
    let mut stack = match tree.groups[Tree::ROOT].members.as_slice() {
        [only] => vec![(*only, NONE)],
        // One tree reads better than a forest.
        _ => vec![(Member::Group(Tree::ROOT), NONE)],
    };
    let mut children: Vec<Vec<u32>> = Vec::new();
    while let Some((member, parent)) = stack.pop() {
        let item = parts.push(match member {
            Member::Node(id) => {
                let node = &graph.nodes[id];
                let card = stock.card_about(About::Node(id), || {
                    let name = graph.own_name(node);
                    let mut card = Card::titled(tree.alone_in.get(&id).unwrap_or(name));
                    if *name != node.operator {
                        card.line("", &node.operator);
                    }
                    if shown.weights {
                        card.weights(model, graph, node);
                    }
                    card
                });
                let flags = if node.inferred { flag::INFERRED } else { 0 };
                Item { flags, ..Item::new(ItemKind::Node, id.0, node.category, card) }
            }
            Member::Group(group) if open.has(group) => {
                let card = stock.card_about(About::Open(group), || {
                    let title = if group == Tree::ROOT { "model".into() } else { flow::title(tree, group) };
                    // The whole cannot be closed.
                    let mut card = Card { marked: group != Tree::ROOT, ..Card::titled(&title) };
                    card.line("", &words::count(tree.groups[group].parameters));
                    card
                });
                Item::new(ItemKind::Module, group.0, Default::default(), card)
            }
            Member::Group(group) => flow::closed(tree, group, NONE, stock, ["module", "modules"]),
        });
        children.push(Vec::new());
        if parent != NONE {
            children[parent as usize].push(item);
        }
        if let Member::Group(group) = member
            && open.has(group)
        {
            let mut members = tree.groups[group].members.clone();
            let name = |member: &Member| match member {
                Member::Node(node) => &**graph.own_name(&graph.nodes[*node]),
                Member::Group(group) => &*tree.groups[*group].name,
            };
            sort::sort_by(&mut members, |a, b| natural(name(a), name(b)));
            stack.extend(members.into_iter().rev().map(|member| (member, item)));
        }
    }
    for (source, targets) in children.into_iter().enumerate().filter(|(_, targets)| !targets.is_empty()) {
        parts.connect(Net::new(source as u32, NONE, NetStyle::Containment), &targets);
    }
    parts
}

/// The distance between a vertical line of the tree and the modules to its right, and the radius of its corners, in pixels.
const INDENT: f64 = 18.0;
const CORNER: f64 = 6.0;

/// Redraws containment the way that trees are drawn: one vertical line beside the members of each module, and a branch to each member.
pub(super) fn branches(nets: &[Net], targets: &[u32], layout: &mut Layout) {
    layout.path_starts = vec![0];
    layout.points.clear();
    layout.path_net.clear();
    layout.path_target.clear();
    for (index, net) in nets.iter().enumerate() {
        let from = layout.rects[net.source as usize];
        let start = Point { x: from.x + from.w, y: from.y + METRICS.header / 2.0 };
        for target in &targets[net.targets.clone()] {
            let to = layout.rects[*target as usize];
            let end = Point { x: to.x, y: to.y + METRICS.header / 2.0 };
            branch(start, end, &mut layout.points);
            layout.path_starts.push(layout.points.len() as u32);
            layout.path_net.push(index as u32);
            layout.path_target.push(*target);
        }
    }
}

/// Appends a path that runs level, turns, goes down (or up), turns, and runs level.
fn branch(start: Point, end: Point, points: &mut Vec<Point>) {
    let x = (end.x - INDENT).max(start.x);
    let down = end.y - start.y;
    let corner = CORNER.min(down.abs() / 2.0).min(end.x - x).min(x - start.x).max(0.0);
    let turn = corner * down.signum();
    let at = |x: f64, y: f64| Point { x, y };
    let line = |points: &mut Vec<Point>, to: Point| points.extend([to; 3]);
    points.push(start);
    if down == 0.0 {
        return line(points, end);
    }
    line(points, at(x - corner, start.y));
    points.extend([at(x, start.y), at(x, start.y), at(x, start.y + turn)]);
    line(points, at(x, end.y - turn));
    points.extend([at(x, end.y), at(x, end.y), at(x + corner, end.y)]);
    line(points, end);
}

/// Compares numbers by their size; anything that is not a pair of numbers keeps the order of the file.
fn natural(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => Ordering::Equal,
    }
}
