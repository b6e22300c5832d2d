//! The structure of groups: which of them have the same operators, wired in the same way.
//!
//! A group is written down as a list of numbers: for each member, in order, what it is and where each of its inputs comes from; then what
//! leaves the group. Values from outside are numbered in the order in which they are first read. Equal lists are equal structures, and
//! their members correspond one by one. Names and sizes are not part of it.

use super::draft::{Draft, Part};
use super::flow::Flow;
use super::stacks::base;
use super::tokens::{hashes, mix, mix_text};
use crate::model::{Graph, Model, NodeId, ValueId, Wiring};
use std::collections::HashMap;

/// Stands for a source outside of the group.
pub const OUTSIDE: u32 = u32::MAX;

/// What is known of a level once everything below it is.
pub struct Shape {
    /// Which structure it has: levels of the same class have the same.
    pub class: u32,
    /// The values that it reads from outside, in the order of their first use, and how often each is read.
    pub ins: Vec<(ValueId, u32)>,
    /// The values that leave it, in order, and how often each is read outside.
    pub outs: Vec<(ValueId, u32)>,
    /// The nodes in it and below.
    pub nodes: u32,
}

/// Where the inputs of some members come from.
#[derive(Default)]
pub struct Wires {
    /// Where the inputs of each member start in the other lists; one more at the end.
    starts: Vec<u32>,
    /// The member that each input comes from, or [`OUTSIDE`].
    pub sources: Vec<u32>,
    /// What flows there.
    pub ends: Vec<End>,
}

/// What a member reads.
#[derive(Clone, Copy)]
pub struct End {
    /// The value.
    pub value: ValueId,
    /// Which of the outputs of its source it is.
    port: u32,
    /// How often the member reads it.
    times: u32,
}

impl Wires {
    /// The positions of the inputs of `member` in the lists.
    pub fn of(&self, member: usize) -> std::ops::Range<usize> {
        self.starts[member] as usize..self.starts[member + 1] as usize
    }

    /// The members that `member` reads, [`OUTSIDE`] for others.
    pub fn sources(&self, member: usize) -> &[u32] {
        &self.sources[self.of(member)]
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }
}

/// The structures found in a graph.
pub struct Shapes<'a> {
    graph: &'a Graph,
    flow: &'a Flow,
    /// Of each node: a hash of its operator and of all else that matters of it alone.
    tokens: Vec<u64>,
    /// Of each node: a hash of what does not: sizes of its tensors, attributes that are sizes or numbers.
    sizes: Vec<u64>,
    /// Of each level: its shape, once it is known.
    of: Vec<Option<Shape>>,
    /// Of each class: its list, and its hash.
    classes: Vec<(Box<[u64]>, u64)>,
    by_hash: HashMap<u64, Vec<u32>>,
    met: Vec<Met>,
    time: u32,
}

/// What was last noted about a value, and when.
#[derive(Clone, Copy, Default)]
struct Met {
    /// When it was noted which member produces the value.
    inside: u32,
    member: u32,
    port: u32,
    /// When the other count was begun: inside of how often members read the value, outside of its number.
    counted: u32,
    count: u32,
}

impl<'a> Shapes<'a> {
    /// Nothing found yet in `graph`.
    pub fn new(model: &Model, graph: &'a Graph, flow: &'a Flow) -> Self {
        let mut bodies = HashMap::new();
        let (mut tokens, mut sizes) = (Vec::with_capacity(graph.nodes.len()), Vec::with_capacity(graph.nodes.len()));
        for node in graph.nodes.values() {
            let (token, size) = hashes(model, graph, node, &mut bodies);
            tokens.push(token);
            sizes.push(size);
        }
        let met = vec![Met::default(); graph.values.len()];
        Self { graph, flow, tokens, sizes, of: Vec::new(), classes: Vec::new(), by_hash: HashMap::new(), met, time: 0 }
    }

    /// The shape of `level`.
    pub fn get(&self, level: usize) -> Option<&Shape> {
        self.of.get(level)?.as_ref()
    }

    /// A number that is the same for members of the same structure.
    pub fn kind(&self, part: Part) -> u64 {
        match part {
            Part::Node(node) => self.tokens[node.index()],
            Part::Level(level) => self.get(level).map_or(0, |shape| self.classes[shape.class as usize].1),
        }
    }

    /// A number that only levels of the same structure share.
    pub fn class(&self, part: Part) -> u64 {
        match part {
            Part::Node(node) => self.tokens[node.index()],
            Part::Level(level) => self.get(level).map_or(0, |shape| u64::from(shape.class)),
        }
    }

    /// The hash of the structure of `level`.
    pub fn hash(&self, level: usize) -> u64 {
        self.kind(Part::Level(level))
    }

    /// A number that is the same for nodes that also have the same sizes.
    pub fn sizes(&self, node: NodeId) -> u64 {
        self.sizes[node.index()]
    }

    /// The nodes in `part`.
    pub fn nodes(&self, part: Part) -> u32 {
        match part {
            Part::Node(_) => 1,
            Part::Level(level) => self.get(level).map_or(0, |shape| shape.nodes),
        }
    }

    /// Where the inputs of `members` come from.
    pub fn wires(&mut self, members: &[Part]) -> Wires {
        self.time += 1;
        let Self { flow, of, met, time, .. } = self;
        for (index, member) in members.iter().enumerate() {
            let mut note = |port: usize, value: ValueId| {
                let met = &mut met[value.index()];
                (met.inside, met.member, met.port) = (*time, index as u32, port as u32);
            };
            match *member {
                Part::Node(node) => flow.results(node).iter().enumerate().for_each(|(port, value)| note(port, *value)),
                Part::Level(level) => {
                    let outs = of[level].iter().flat_map(|shape| &shape.outs);
                    outs.enumerate().for_each(|(port, (value, _))| note(port, *value));
                }
            }
        }
        let mut wires = Wires { starts: Vec::with_capacity(members.len() + 1), ..Wires::default() };
        wires.starts.push(0);
        for member in members {
            let mut add = |value: ValueId, times: u32| {
                let met = &met[value.index()];
                let (source, port) = if met.inside == *time { (met.member, met.port) } else { (OUTSIDE, 0) };
                wires.sources.push(source);
                wires.ends.push(End { value, port, times });
            };
            match *member {
                Part::Node(node) => flow.reads(node).iter().for_each(|value| add(*value, 1)),
                Part::Level(level) => {
                    of[level].iter().flat_map(|shape| &shape.ins).for_each(|(value, times)| add(*value, *times));
                }
            }
            wires.starts.push(wires.sources.len() as u32);
        }
        wires
    }

    /// The shape of a level with `members`, whose own shapes are known, and whose `wires` these are.
    pub fn shape(&mut self, draft: &Draft, members: &[Part], wires: &Wires) -> Shape {
        self.time += 1;
        let time = self.time;
        let mut list = Vec::with_capacity(members.len() * 3 + wires.sources.len());
        let mut ins: Vec<(ValueId, u32)> = Vec::new();
        let mut outs = Vec::new();
        let (mut hash, mut nodes) = (members.len() as u64, 0);
        for (index, member) in members.iter().enumerate() {
            nodes += self.nodes(*member);
            let (class, kind) = self.words(draft, *member);
            let range = wires.of(index);
            list.extend([class, range.len() as u64]);
            hash = mix(mix(hash, kind), range.len() as u64);
            for at in range {
                let (source, End { value, port, times }) = (wires.sources[at], wires.ends[at]);
                let met = &mut self.met[value.index()];
                let new = met.counted != time;
                met.counted = time;
                let word = if source == OUTSIDE {
                    if new {
                        met.count = ins.len() as u32;
                        ins.push((value, 0));
                    }
                    ins[met.count as usize].1 += times;
                    u64::from(met.count)
                } else {
                    met.count = times + if new { 0 } else { met.count };
                    1 << 63 | u64::from(source) << 24 | u64::from(port)
                };
                list.push(word);
                hash = mix(hash, word);
            }
        }
        for (index, member) in members.iter().enumerate() {
            self.each_out(*member, |port, value, uses| {
                let met = &self.met[value.index()];
                let inside = if met.counted == time { met.count } else { 0 };
                if uses > inside {
                    let word = (index as u64) << 24 | port as u64;
                    list.push(word);
                    hash = mix(hash, word);
                    outs.push((value, uses - inside));
                }
            });
        }
        Shape { class: self.intern(list, hash), ins, outs, nodes }
    }

    /// The class of a level with `members`, as far as it was met before or is new now.
    pub fn class_of(&mut self, draft: &Draft, members: &[Part]) -> u32 {
        let wires = self.wires(members);
        self.shape(draft, members, &wires).class
    }

    /// Notes the shape of `level`.
    pub fn set(&mut self, level: usize, shape: Shape) {
        if self.of.len() <= level {
            self.of.resize_with(level + 1, || None);
        }
        self.of[level] = Some(shape);
    }

    /// What stands for `member` in a list, and in its hash.
    fn words(&self, draft: &Draft, member: Part) -> (u64, u64) {
        let (class, kind) = (self.class(member), self.kind(member));
        match member {
            // Modules are told apart by what they are called: there are no wires to do it.
            Part::Level(level) if self.graph.wiring == Wiring::Modules => {
                let called = mix_text(0, base(&draft.levels[level].name));
                (mix(class, called), mix(kind, called))
            }
            _ => (class, kind),
        }
    }

    fn each_out(&self, member: Part, mut each: impl FnMut(usize, ValueId, u32)) {
        match member {
            Part::Node(node) => {
                let results = self.flow.results(node).iter().enumerate();
                results.for_each(|(port, value)| each(port, *value, self.flow.uses[value.index()]));
            }
            Part::Level(level) => {
                let outs = self.get(level).into_iter().flat_map(|shape| &shape.outs);
                outs.enumerate().for_each(|(port, (value, uses))| each(port, *value, *uses));
            }
        }
    }

    /// The class of levels with this list.
    fn intern(&mut self, list: Vec<u64>, hash: u64) -> u32 {
        let known = self.by_hash.entry(hash).or_default();
        if let Some(class) = known.iter().find(|class| *self.classes[**class as usize].0 == *list) {
            return *class;
        }
        let class = self.classes.len() as u32;
        known.push(class);
        self.classes.push((list.into(), hash));
        class
    }
}
