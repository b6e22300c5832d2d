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
        let mut wires = shapes.wires(&members);
        if graph.wiring == Wiring::Modules {
            members = in_order_of_numbers(draft, members);
        } else if let Some(sorted) = in_order_of_flow(&wires, &members) {
            members = sorted;
            wires = shapes.wires(&members);
        }
        draft.levels[level].members = members;
        if stacks::fold(draft, shapes, level, &wires) {
            wires = shapes.wires(&draft.levels[level].members);
        }
        let shape = shapes.shape(draft, &draft.levels[level].members, &wires);
        let class = shape.class;
        shapes.set(level, shape);
        let mut changed = false;
        if graph.wiring == Wiring::Flow && !plain.contains(&class) {
            changed = repeats::fold(draft, shapes, level);
            if !changed {
                plain.insert(class);
            }
        }
        if parts::split(draft, shapes, graph, level) || changed {
            stacks::complete(draft, shapes, level);
        }
    }
}

/// `members`, each after those that it reads from, else in their order; none if that is how they are.
fn in_order_of_flow(wires: &Wires, members: &[Part]) -> Option<Vec<Part>> {
    let before =
        |member: usize| wires.sources(member).iter().all(|source| *source == OUTSIDE || *source < member as u32);
    if (0..members.len()).all(before) {
        return None;
    }
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for member in 0..members.len() {
        let sources = wires.sources(member).iter().filter(|source| **source != OUTSIDE && **source != member as u32);
        edges.extend(sources.map(|source| (*source, member as u32)));
    }
    edges.sort_unstable();
    edges.dedup();
    let mut missing = vec![0; members.len()];
    edges.iter().for_each(|(_, reader)| missing[*reader as usize] += 1);
    let mut ready: BinaryHeap<Reverse<u32>> =
        (0..members.len() as u32).filter(|member| missing[*member as usize] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(members.len());
    let mut done = vec![false; members.len()];
    let mut next = 0;
    while order.len() < members.len() {
        // On a cycle nothing is ready: then the first one that is left comes next.
        let member = ready.pop().map(|Reverse(member)| member).unwrap_or_else(|| {
            next += done[next..].iter().position(|done| !done).unwrap_or(0);
            next as u32
        });
        if std::mem::replace(&mut done[member as usize], true) {
            continue;
        }
        order.push(members[member as usize]);
        let from = edges.partition_point(|(source, _)| *source < member);
        for (_, reader) in edges[from..].iter().take_while(|(source, _)| *source == member) {
            let missing = &mut missing[*reader as usize];
            *missing -= 1;
            if *missing == 0 && !done[*reader as usize] {
                ready.push(Reverse(*reader));
            }
        }
    }
    Some(order)
}

/// `members`, those that are called the same but for a number in the order of that number.
fn in_order_of_numbers(draft: &Draft, mut members: Vec<Part>) -> Vec<Part> {
    let mut families: HashMap<&str, Vec<(u64, usize)>> = HashMap::new();
    for (place, member) in members.iter().enumerate() {
        let Part::Level(level) = *member else { continue };
        let name = &draft.levels[level].name;
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
