//! Folds numbered siblings of the same structure: `layers.0` to `layers.31` become one stack.

use super::draft::{Draft, Level, Part};
use super::shapes::{OUTSIDE, Shapes, Wires};
use super::tree::GroupKind;
use crate::model::Text;
use crate::sort;
use std::collections::HashMap;

/// How many periods are tried.
const PERIODS: usize = 24;
/// Two instances make a stack only if they have this many nodes each; three always do.
const LARGE: u32 = 8;

/// What `name` is called without its number: the one that it ends with, or, where levels were joined, the one that it begins with: `.layer` of
/// `0.layer`.
pub fn base(name: &str) -> &str {
    let end = name.trim_end_matches(|char: char| char.is_ascii_digit());
    if end.len() < name.len() {
        return end;
    }
    let rest = name.trim_start_matches(|char: char| char.is_ascii_digit());
    if rest.starts_with('.') { rest } else { name }
}

/// The number of `name`.
pub fn number(name: &str) -> Option<u64> {
    digits(name).parse().ok()
}

fn digits(name: &str) -> &str {
    let base = base(name);
    name.strip_prefix(base).or(name.strip_suffix(base)).unwrap_or_default()
}

/// A sequence that repeats: `count` times `period` items from `start` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first item.
    pub start: usize,
    /// How many items repeat.
    pub period: usize,
    /// How often they occur.
    pub count: usize,
}

impl Run {
    /// The number of items.
    pub fn len(&self) -> usize {
        self.period * self.count
    }
}

/// The repeats in `kinds` that cover most, and do not overlap: the longest ones first, of those as long as each other the ones with the
/// shortest period. Distances between equal items tell which periods to try, so that this takes about linear time.
fn runs(kinds: &[u64]) -> Vec<Run> {
    let mut last: HashMap<u64, usize> = HashMap::new();
    let mut periods: HashMap<usize, usize> = HashMap::new();
    for (index, kind) in kinds.iter().enumerate() {
        if let Some(before) = last.insert(*kind, index) {
            *periods.entry(index - before).or_default() += 1;
        }
    }
    let mut periods: Vec<(usize, usize)> = periods.into_iter().collect();
    sort::sort_by_key(&mut periods, |(period, times)| (usize::MAX - times, *period));
    periods.truncate(PERIODS);
    let mut found = Vec::new();
    for (period, _) in periods {
        let mut start = 0;
        while start + period < kinds.len() {
            let same = (start..kinds.len() - period).take_while(|at| kinds[*at] == kinds[at + period]).count();
            let count = (same + period) / period;
            if count > 1 {
                found.push(Run { start, period, count });
            }
            start += same.max(1);
        }
    }
    sort::sort_by_key(&mut found, |run| (usize::MAX - run.len(), run.period, run.start));
    let mut taken = vec![false; kinds.len()];
    found.retain(|run| {
        let free = !taken[run.start..run.start + run.len()].contains(&true);
        if free {
            taken[run.start..run.start + run.len()].fill(true);
        }
        free
    });
    sort::sort_by_key(&mut found, |run| run.start);
    found
}

/// The longest part of `run` whose blocks have the same structure.
pub fn alike(draft: &Draft, shapes: &mut Shapes, members: &[Part], run: Run) -> Run {
    let blocks = members[run.start..run.start + run.len()].chunks(run.period);
    let classes: Vec<u32> = blocks.map(|block| shapes.class_of(draft, block)).collect();
    let (mut best, mut start) = (0..0, 0);
    for end in 1..=classes.len() {
        if classes.get(end) != Some(&classes[start]) {
            if end - start > best.len() {
                best = start..end;
            }
            start = end;
        }
    }
    Run { start: run.start + best.start * run.period, period: run.period, count: best.len() }
}

/// Folds the numbered levels among the members of `level`, whose `wires` these are; says whether there were any to fold.
pub fn fold(draft: &mut Draft, shapes: &mut Shapes, level: usize, wires: &Wires) -> bool {
    let mut instances = families(draft, &draft.levels[level].members);
    instances.retain(|places| places.len() > 1);
    if instances.is_empty() {
        return false;
    }
    let mut members = draft.levels[level].members.clone();
    let mut paths = Paths::new(wires);
    let mut gone = vec![false; members.len()];
    for places in instances {
        let siblings: Vec<Part> = places.iter().map(|place| members[*place]).collect();
        let classes: Vec<u64> = siblings.iter().map(|part| shapes.class(*part)).collect();
        for run in runs(&classes) {
            let run = if run.period > 1 { alike(draft, shapes, &siblings, run) } else { run };
            let range = run.start..run.start + run.len();
            let (parts, places) = (&siblings[range.clone()], &places[range]);
            let block: u32 = parts[..run.period].iter().map(|part| shapes.nodes(*part)).sum();
            let enough = run.count > 2 || run.count == 2 && run.period == 1 && block >= LARGE;
            if enough && !paths.leave_and_return(places) {
                paths.join(places);
                let whole = parts.len() == siblings.len();
                members[places[0]] = Part::Level(stack(draft, shapes, parts, run.period, whole));
                places[1..].iter().for_each(|place| gone[*place] = true);
            }
        }
    }
    let mut gone = gone.into_iter();
    members.retain(|_| !gone.next().unwrap_or(false));
    let folded = members.len() < draft.levels[level].members.len();
    draft.levels[level].members = members;
    merge(draft, level);
    folded
}

/// The places of those among `members` that are called the same but for a number. Keras gives the first one none: `dense`, `dense_1`.
fn families(draft: &Draft, members: &[Part]) -> Vec<Vec<usize>> {
    let names = members.iter().enumerate().filter_map(|(place, part)| match part {
        Part::Level(level) => Some((place, &*draft.levels[*level].name)),
        Part::Node(_) => None,
    });
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut families: Vec<Vec<usize>> = Vec::new();
    let mut bare = Vec::new();
    for (place, name) in names {
        if number(name).is_none() {
            bare.push((place, name));
            continue;
        }
        let family = *known.entry(base(name)).or_insert(families.len());
        if family == families.len() {
            families.push(Vec::new());
        }
        families[family].push(place);
    }
    for (place, name) in bare {
        if let Some(family) = known.remove(&*format!("{name}_")).map(|family| &mut families[family]) {
            family.insert(family.partition_point(|other| *other < place), place);
        }
    }
    families
}

/// A level with nothing but a stack in it is that stack.
fn merge(draft: &mut Draft, level: usize) {
    let [Part::Level(only)] = *draft.levels[level].members else { return };
    if level == 0 || draft.levels[only].kind != GroupKind::Stack {
        return;
    }
    let inner = std::mem::take(&mut draft.levels[only].members);
    let name = draft.levels[only].name.clone();
    let outer = &mut draft.levels[level];
    outer.kind = GroupKind::Stack;
    outer.members = inner;
    if !name.starts_with(|char: char| char.is_ascii_digit()) {
        outer.name = format!("{}.{name}", outer.name).into();
    }
}

/// Makes a stack of `parts`, each `period` of which are an instance. `whole` says that no other sibling is called so.
fn stack(draft: &mut Draft, shapes: &mut Shapes, parts: &[Part], period: usize, whole: bool) -> usize {
    let name = range_name(draft, parts, whole);
    let mut members = parts.to_vec();
    if period > 1 {
        members.clear();
        for block in parts.chunks(period) {
            let name = range_name(draft, block, false);
            draft.levels.push(Level { name, kind: GroupKind::Repeat, members: block.to_vec() });
            let level = draft.levels.len() - 1;
            // A period is at most half as long as what it repeats in, so that this ends soon.
            let wires = shapes.wires(block);
            fold(draft, shapes, level, &wires);
            complete(draft, shapes, level);
            members.push(Part::Level(level));
        }
    }
    add(draft, shapes, Level { name, kind: GroupKind::Stack, members })
}

/// Adds a level whose members are complete.
pub fn add(draft: &mut Draft, shapes: &mut Shapes, level: Level) -> usize {
    draft.levels.push(level);
    complete(draft, shapes, draft.levels.len() - 1);
    draft.levels.len() - 1
}

/// Notes the shape of a level whose members are complete.
pub fn complete(draft: &Draft, shapes: &mut Shapes, level: usize) {
    let members = &draft.levels[level].members;
    let wires = shapes.wires(members);
    let shape = shapes.shape(draft, members, &wires);
    shapes.set(level, shape);
}

/// What numbered siblings are called together: `layers`, or `layers.3–60` if there are others.
fn range_name(draft: &Draft, parts: &[Part], whole: bool) -> Text {
    let name = |part: Option<&Part>| match part {
        Some(Part::Level(level)) => draft.levels[*level].name.clone(),
        _ => "".into(),
    };
    let (first, last) = (name(parts.first()), name(parts.last()));
    let common = base(&first).trim_matches(['.', '_', '-']);
    if whole && !common.is_empty() {
        return common.into();
    }
    format!("{first}–{}", digits(&last)).into()
}

/// Finds out whether folding members would tie a knot.
struct Paths {
    starts: Vec<u32>,
    readers: Vec<u32>,
    /// Those that were folded already, of each member the position of its fold.
    joined: Vec<Vec<u32>>,
    joint: Vec<Option<u32>>,
    /// The search in which each member was last met.
    met: Vec<u32>,
    search: u32,
    /// How many steps are left. Where they do not suffice, nothing is folded.
    steps: usize,
}

impl Paths {
    fn new(wires: &Wires) -> Self {
        let mut edges: Vec<(u32, u32)> = Vec::new();
        for member in 0..wires.len() {
            let sources = wires.sources(member).iter().filter(|source| **source != OUTSIDE);
            edges.extend(sources.map(|source| (*source, member as u32)));
        }
        sort::sort(&mut edges);
        edges.dedup();
        let mut starts = vec![0; wires.len() + 1];
        for (source, _) in &edges {
            starts[*source as usize + 1] += 1;
        }
        for member in 0..wires.len() {
            starts[member + 1] += starts[member];
        }
        Self {
            steps: 64 + 8 * (wires.len() + edges.len()),
            starts,
            readers: edges.into_iter().map(|(_, reader)| reader).collect(),
            joined: Vec::new(),
            joint: vec![None; wires.len()],
            met: vec![0; wires.len()],
            search: 0,
        }
    }

    /// From now on, a path that comes to one of `places` goes on from all of them.
    fn join(&mut self, places: &[usize]) {
        places.iter().for_each(|place| self.joint[*place] = Some(self.joined.len() as u32));
        self.joined.push(places.iter().map(|place| *place as u32).collect());
    }

    /// Whether a path leaves `places` and comes back.
    fn leave_and_return(&mut self, places: &[usize]) -> bool {
        // `inside` marks the places, `outside` what was met on the way.
        self.search += 2;
        let (inside, outside) = (self.search, self.search + 1);
        places.iter().for_each(|place| self.met[*place] = inside);
        let mut next = places.to_vec();
        while let Some(member) = next.pop() {
            let away = self.met[member] == outside;
            for at in self.starts[member] as usize..self.starts[member + 1] as usize {
                let reader = self.readers[at] as usize;
                if self.steps == 0 || away && self.met[reader] == inside {
                    return true;
                }
                self.steps -= 1;
                if self.met[reader] < inside {
                    self.met[reader] = outside;
                    next.push(reader);
                    for other in self.joint[reader].iter().flat_map(|joint| &self.joined[*joint as usize]) {
                        if self.met[*other as usize] < inside {
                            self.met[*other as usize] = outside;
                            next.push(*other as usize);
                        }
                    }
                }
            }
        }
        false
    }
}
