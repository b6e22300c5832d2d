//! Gives levels their final members, from the innermost ones out.

use super::draft::{Draft, Part};
use super::shapes::{OUTSIDE, Shapes, Wires};
use super::stacks::{base, number};
use super::{parts, repeats, stacks};
use crate::model::{Graph, Wiring};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// Folds what repeats, and splits what is too long, in all levels of `draft`.
pub fn fold(draft: &mut Draft, shapes: &mut Shapes, graph: &Graph) {
    // Classes of levels in which nothing repeats: each is looked through once.
    let mut plain: HashSet<u32> = HashSet::new();
    // A level comes after the one around it.
    for level in (0..draft.levels.len()).rev() {
        let mut members = std::mem::take(&mut draft.levels[level].members);
        if members.is_empty() {
            continue;
        }
        if graph.wiring == Wiring::Modules {
            members = in_order_of_numbers(graph, draft, members);
        }
        draft.levels[level].members = members;
        let mut wires = in_order_of_flow(draft, shapes, level);
        if stacks::fold(draft, shapes, level, &wires) {
            wires = in_order_of_flow(draft, shapes, level);
        }
        let shape = shapes.shape(draft, &draft.levels[level].members, &wires);
        let class = shape.class;
        shapes.set(level, shape);
        let mut changed = false;
        if graph.wiring == Wiring::Flow && !plain.contains(&class) {
            changed = repeats::fold(draft, shapes, graph, level);
            if !changed {
                plain.insert(class);
            }
        }
        if parts::split(draft, shapes, graph, level) || changed {
            stacks::complete(draft, shapes, level);
        }
    }
}

/// Puts each member of `level` after those that it reads from, as far as it is not; answers with the wires of the members.
fn in_order_of_flow(draft: &mut Draft, shapes: &mut Shapes, level: usize) -> Wires {
    let members = &mut draft.levels[level].members;
    let wires = shapes.wires(members);
    let before =
        |member: usize| wires.sources(member).iter().all(|source| *source == OUTSIDE || *source < member as u32);
    if (0..wires.len()).all(before) {
        return wires;
    }
    *members = sorted(&wires).into_iter().map(|place| members[place]).collect();
    shapes.wires(members)
}

/// The places of members, each after those that it reads from, else in order.
fn sorted(wires: &Wires) -> Vec<usize> {
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for member in 0..wires.len() {
        let sources = wires.sources(member).iter().filter(|source| **source != OUTSIDE && **source != member as u32);
        edges.extend(sources.map(|source| (*source, member as u32)));
    }
    edges.sort_unstable();
    edges.dedup();
    let mut missing = vec![0; wires.len()];
    edges.iter().for_each(|(_, reader)| missing[*reader as usize] += 1);
    let mut ready: BinaryHeap<Reverse<u32>> =
        (0..wires.len() as u32).filter(|member| missing[*member as usize] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(wires.len());
    let mut done = vec![false; wires.len()];
    let mut next = 0;
    while order.len() < wires.len() {
        // On a cycle nothing is ready: then the first one that is left comes next.
        let member = ready.pop().map(|Reverse(member)| member).unwrap_or_else(|| {
            next += done[next..].iter().position(|done| !done).unwrap_or(0);
            next as u32
        });
        if std::mem::replace(&mut done[member as usize], true) {
            continue;
        }
        order.push(member as usize);
        let from = edges.partition_point(|(source, _)| *source < member);
        for (_, reader) in edges[from..].iter().take_while(|(source, _)| *source == member) {
            let missing = &mut missing[*reader as usize];
            *missing -= 1;
            if *missing == 0 && !done[*reader as usize] {
                ready.push(Reverse(*reader));
            }
        }
    }
    order
}

/// `members`, those that are called the same but for a number in the order of that number.
fn in_order_of_numbers(graph: &Graph, draft: &Draft, mut members: Vec<Part>) -> Vec<Part> {
    let mut families: HashMap<&str, Vec<(u64, usize)>> = HashMap::new();
    for (place, member) in members.iter().enumerate() {
        let name: &str = match *member {
            Part::Level(level) => &draft.levels[level].name,
            Part::Node(node) => graph.own_name(&graph.nodes[node]),
        };
        if let Some(number) = number(name) {
            families.entry(base(name)).or_default().push((number, place));
        }
    }
    let old = members.clone();
    for mut family in families.into_values() {
        let places: Vec<usize> = family.iter().map(|(_, place)| *place).collect();
        family.sort_unstable();
        for (place, (_, from)) in places.into_iter().zip(family) {
            members[place] = old[from];
        }
    }
    members
}
