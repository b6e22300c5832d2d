//! Finds blocks that repeat where no names tell them, from operators and wiring alone.
//!
//! Members of a level get tokens: what they are, refined by their neighbourhood. The distance from one token to its next occurrence is
//! a period to try. Around it grows the longest stretch in which each member has the same wires as the one a period later. Of all ways to cut
//! that into blocks, the one with the fewest values across the cuts is taken, and the blocks are compared exactly.

use super::draft::{Draft, Level, Part};
use super::parts;
use super::sets::Sets;
use super::shapes::{OUTSIDE, Shapes, Wires};
use super::stacks::{Run, add, alike, complete};
use super::tokens::mix;
use super::tree::GroupKind;
use crate::model::{Graph, ValueId};
use crate::sort;
use std::collections::HashMap;

/// A block has at least this many nodes.
const BLOCK: u32 = 6;
/// Two blocks repeat only if they have this many nodes each; three always do.
const LARGE_BLOCK: u32 = 16;
/// Levels with fewer members are short enough to read as they are.
const MEMBERS: usize = 2 * BLOCK as usize;
/// How often a neighbourhood grows by a step.
const ROUNDS: usize = 3;
/// Of how many members one may be shared by all blocks.
const SHARED: usize = 6;
/// How often each member is compared exactly, on average: where nothing else bounds the time, this does.
const EXACT: usize = 16;
/// How many ways to cut a stretch into blocks are compared exactly.
const CUTS: usize = 4;

/// Folds what repeats among the members of `level`; says whether anything does.
pub fn fold(draft: &mut Draft, shapes: &mut Shapes, graph: &Graph, level: usize) -> bool {
    if draft.levels[level].kind == GroupKind::Stack || draft.levels[level].members.len() < MEMBERS {
        return false;
    }
    let mut members = draft.levels[level].members.clone();
    let order = shared_first(&shapes.wires(&members));
    members = order.into_iter().map(|place| members[place]).collect();
    let mut found = find(draft, shapes, &members);
    if found.is_empty() {
        // Some files are written breadth first, so that blocks lie side by side: depth first, they come one after the other.
        let order = depth_first(&shapes.wires(&members));
        let moved: Vec<Part> = order.iter().map(|place| members[*place]).collect();
        found = find(draft, shapes, &moved);
        if found.is_empty() {
            return false;
        }
        members = moved;
    }
    let (mut folded, mut at, mut blocks) = (Vec::new(), 0, 0);
    for run in found {
        folded.extend(&members[at..run.start]);
        at = run.start + run.len();
        let name = format!("blocks {}–{}", blocks + 1, blocks + run.count).into();
        let mut instances = Vec::with_capacity(run.count);
        let mut plain = false;
        for block in members[run.start..at].chunks(run.period) {
            blocks += 1;
            let name = format!("block {blocks}").into();
            let block = Level { name, kind: GroupKind::Repeat, members: block.to_vec() };
            draft.levels.push(block);
            let inner = draft.levels.len() - 1;
            // A block is at most half as long as what it repeats in, so that this ends soon. All blocks are alike.
            plain = plain || !fold(draft, shapes, graph, inner);
            parts::split(draft, shapes, graph, inner);
            complete(draft, shapes, inner);
            instances.push(Part::Level(inner));
        }
        folded.push(Part::Level(add(draft, shapes, Level { name, kind: GroupKind::Stack, members: instances })));
    }
    folded.extend(&members[at..]);
    draft.levels[level].members = folded;
    true
}

/// The repeats among `members`, in order; they do not overlap.
fn find(draft: &Draft, shapes: &mut Shapes, members: &[Part]) -> Vec<Run> {
    let wires = shapes.wires(members);
    let kinds: Vec<u64> = members.iter().map(|part| shapes.kind(*part)).collect();
    let mut stretches = Search { kinds: &kinds, wires: &wires, steps: 64 + 32 * members.len() }.stretches();
    if stretches.is_empty() {
        return Vec::new();
    }
    // Three of a kind are no accident, two may be: these come last.
    let twice = |stretch: &Stretch| stretch.len < 3 * stretch.period;
    sort::sort_by_key(&mut stretches, |it| (twice(it), usize::MAX - it.len, it.period, it.start));
    let widths = widths(&wires);
    let mut taken = vec![false; members.len()];
    let mut found = Vec::new();
    let mut exact = 64 + EXACT * members.len();
    for stretch in stretches {
        let Some(stretch) = stretch.clip(&taken) else { continue };
        let nodes: u32 = members[stretch.start..][..stretch.period].iter().map(|part| shapes.nodes(*part)).sum();
        if nodes < BLOCK {
            continue;
        }
        let cut = stretch.cuts(&kinds, &widths, &taken).into_iter().find_map(|run| {
            exact = exact.checked_sub(run.len())?;
            let run = alike(draft, shapes, members, run);
            let enough = run.count > 2 || run.count == 2 && nodes >= LARGE_BLOCK;
            (enough && hangs_together(&wires, run)).then_some(run)
        });
        if let Some(run) = cut {
            taken[run.start..run.start + run.len()].fill(true);
            found.push(run);
        }
    }
    sort::sort_by_key(&mut found, |run| run.start);
    found
}

/// Whether most members of a block of `run` are wired to each other: else it is no block, just what stands side by side.
fn hangs_together(wires: &Wires, run: Run) -> bool {
    // The first block may read from before what the others read from each other.
    let start = run.start + run.period;
    let mut sets = Sets::new(run.period);
    for member in 0..run.period {
        let sources = wires.sources(start + member).iter().filter_map(|source| (*source as usize).checked_sub(start));
        sources.filter(|source| *source < run.period).for_each(|source| sets.join(source as u32, member as u32));
    }
    let mut sizes = vec![0; run.period];
    (0..run.period as u32).for_each(|member| sizes[sets.of(member) as usize] += 1);
    sizes.into_iter().max().unwrap_or(0) * 4 >= run.period * 3
}

/// A piece of a sequence in which everything is the same again a period later.
#[derive(Clone, Copy)]
struct Stretch {
    start: usize,
    len: usize,
    period: usize,
}

impl Stretch {
    /// The longest piece of it that is not `taken`, if that still has two periods.
    fn clip(self, taken: &[bool]) -> Option<Self> {
        let mut best = 0..0;
        let mut start = self.start;
        let end = self.start + self.len;
        for at in self.start..=end {
            if at == end || taken.get(at) == Some(&true) {
                if at - start > best.len() {
                    best = start..at;
                }
                start = at + 1;
            }
        }
        (best.len() >= 2 * self.period).then_some(Self { start: best.start, len: best.len(), period: self.period })
    }

    /// Ways to cut it into blocks, the best ones first: most blocks, then fewest values across a cut, then the earliest. Its ends may
    /// reach further than its wires are the same: the first block reads what comes before all blocks.
    fn cuts(self, kinds: &[u64], widths: &[u32], taken: &[bool]) -> Vec<Run> {
        let Self { start, len, period } = self;
        let same = |at: usize| kinds[at] == kinds[at + period] && !taken[at] && !taken[at + period];
        let first = (start.saturating_sub(2 * period)..start).rev().take_while(|at| same(*at)).last().unwrap_or(start);
        let end = start + len;
        let limit = (end + 2 * period).min(kinds.len());
        let last = (end..limit).take_while(|at| same(at - period)).last().map_or(end, |at| at + 1);
        let mut cuts: Vec<(usize, u32, usize)> = (start..start + period)
            .map(|cut| {
                let from = cut - (cut - first) / period * period;
                ((last - from) / period, widths[cut + period.min(last - cut - 1)], from)
            })
            .collect();
        sort::sort_by_key(&mut cuts, |(count, width, from)| (usize::MAX - count, *width, *from));
        cuts.truncate(CUTS);
        cuts.into_iter().map(|(count, _, start)| Run { start, period, count }).collect()
    }
}

/// Looks for stretches in a sequence of members.
struct Search<'a> {
    kinds: &'a [u64],
    wires: &'a Wires,
    /// How many comparisons are left.
    steps: usize,
}

impl Search<'_> {
    fn stretches(mut self) -> Vec<Stretch> {
        let tokens = self.refined();
        let mut next: HashMap<u64, usize> = HashMap::new();
        let mut distances = vec![0; tokens.len()];
        for (place, token) in tokens.iter().enumerate().rev() {
            if let Some(later) = next.insert(*token, place) {
                distances[place] = later - place;
            }
        }
        // Of each period: where its last stretch ended.
        let mut ends: HashMap<usize, usize> = HashMap::new();
        let mut found = Vec::new();
        for (place, period) in distances.into_iter().enumerate().filter(|(_, period)| *period > 1) {
            let done = ends.get(&period).copied().unwrap_or(0);
            if place < done || !self.same(place, period) {
                continue;
            }
            let (mut start, mut end) = (place, place + 1);
            while start > done && self.same(start - 1, period) {
                start -= 1;
            }
            while self.same(end, period) {
                end += 1;
            }
            ends.insert(period, end);
            if end - start >= period {
                found.push(Stretch { start, len: end - start + period, period });
            } else if 2 * (end - start) >= period {
                // Two blocks, of which the first reads other things than the second.
                found.push(Stretch { start, len: 2 * period, period });
            }
        }
        found.retain(|stretch| stretch.start + stretch.len <= self.kinds.len());
        found
    }

    /// Whether the member at `place` is what the one a period later is, with wires to the same members or to those a period earlier.
    fn same(&mut self, place: usize, period: usize) -> bool {
        let later = place + period;
        if later >= self.kinds.len() || self.kinds[place] != self.kinds[later] || self.steps == 0 {
            return false;
        }
        self.steps -= 1;
        let (near, far) = (self.wires.sources(place), self.wires.sources(later));
        near.len() == far.len()
            && near
                .iter()
                .zip(far)
                .all(|(a, b)| a == b || *a != OUTSIDE && u64::from(*a) + period as u64 == u64::from(*b))
    }

    /// What each member is, and what is around it.
    fn refined(&self) -> Vec<u64> {
        let mut tokens = self.kinds.to_vec();
        for _ in 0..ROUNDS {
            let mut refined = tokens.clone();
            for member in 0..tokens.len() {
                for (slot, source) in self.wires.sources(member).iter().enumerate() {
                    let Some(token) = tokens.get(*source as usize) else { continue };
                    refined[member] = mix(refined[member], mix(*token, slot as u64));
                    let seen = mix(tokens[member], !(slot as u64));
                    let source = &mut refined[*source as usize];
                    *source = source.wrapping_add(seen);
                }
            }
            tokens = refined;
        }
        tokens
    }
}

/// Before each member: how many values pass from members before it to it and members after.
pub fn widths(wires: &Wires) -> Vec<u32> {
    let mut spans: HashMap<ValueId, (u32, u32)> = HashMap::new();
    for member in 0..wires.len() {
        for at in wires.of(member).filter(|at| wires.sources[*at] != OUTSIDE) {
            let span = spans.entry(wires.ends[at].value).or_insert((wires.sources[at], 0));
            span.1 = span.1.max(member as u32);
        }
    }
    let mut changes = vec![0i32; wires.len() + 2];
    for (from, to) in spans.into_values().filter(|(from, to)| from < to) {
        changes[from as usize + 1] += 1;
        changes[to as usize + 1] -= 1;
    }
    let mut width = 0;
    changes
        .into_iter()
        .take(wires.len() + 1)
        .map(|change| {
            width += change;
            width.cast_unsigned()
        })
        .collect()
}

/// The members, first what is read all over the level, with what that depends on: exporters compute shapes and masks where they are needed
/// first, and that would be in the first block. Nothing moves if that would be a good part of the level.
fn shared_first(wires: &Wires) -> Vec<usize> {
    let count = wires.len();
    let mut read: Vec<Option<(u32, u32)>> = vec![None; count];
    for member in 0..count {
        for source in wires.sources(member).iter().filter(|source| **source != OUTSIDE) {
            read[*source as usize].get_or_insert((member as u32, 0)).1 = member as u32;
        }
    }
    let mut shared = vec![false; count];
    for member in (0..count).rev() {
        shared[member] |= read[member].is_some_and(|(first, last)| (last - first) as usize * 2 > count);
        if shared[member] {
            let sources = wires.sources(member).iter().filter(|source| (**source as usize) < member);
            sources.for_each(|source| shared[*source as usize] = true);
        }
    }
    if shared.iter().filter(|shared| **shared).count() * SHARED > count {
        return (0..count).collect();
    }
    let (first, then): (Vec<usize>, Vec<usize>) = (0..count).partition(|member| shared[*member]);
    first.into_iter().chain(then).collect()
}

/// The members in the order in which the last ones need them.
fn depth_first(wires: &Wires) -> Vec<usize> {
    let mut read = vec![false; wires.len()];
    for member in 0..wires.len() {
        for source in wires.sources(member) {
            if let Some(read) = read.get_mut(*source as usize).filter(|_| *source as usize != member) {
                *read = true;
            }
        }
    }
    let mut order = Vec::with_capacity(wires.len());
    let mut met = vec![false; wires.len()];
    let ends = (0..wires.len()).filter(|member| !read[*member]);
    // On a cycle nothing is last: what is left follows in its own order.
    for end in ends.chain(0..wires.len()) {
        let mut path = vec![(end, 0)];
        if std::mem::replace(&mut met[end], true) {
            continue;
        }
        while let Some((member, next)) = path.last_mut() {
            let Some(source) = wires.sources(*member).get(*next) else {
                order.push(*member);
                path.pop();
                continue;
            };
            *next += 1;
            let source = *source as usize;
            if source < met.len() && !std::mem::replace(&mut met[source], true) {
                path.push((source, 0));
            }
        }
    }
    order
}
