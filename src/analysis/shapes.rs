//! The structure of groups: which of them have the same operators, wired in the same way.
//!
//! A group is written down as a list of numbers: for each member, in order, what it is and where each of its inputs comes from; then what
//! leaves the group. Values from outside are numbered in the order in which they are first read. Equal lists are equal structures, and
//! their members correspond one by one. Names and sizes are not part of it.

use super::draft::{Draft, Part};
use super::scopes::name;
use super::tree::inputs;
use crate::model::{Graph, GraphId, Literal, Model, Node, NodeId, ValueId, Wiring};
use std::collections::HashMap;

/// Stands for a source outside of the group.
pub const OUTSIDE: u32 = u32::MAX;

/// Attributes that are sizes rather than structure: blocks that differ in nothing else are alike.
const SIZES: [&str; 24] = [
    "dilation",
    "dilations",
    "ends",
    "group",
    "groups",
    "hidden_size",
    "kernel",
    "kernel_shape",
    "kernel_size",
    "kv_num_heads",
    "local_window_size",
    "num_heads",
    "output_padding",
    "output_shape",
    "pad",
    "padding",
    "pads",
    "shape",
    "sizes",
    "split",
    "starts",
    "stride",
    "strides",
    "units",
];

/// Mixes `value` into `hash`: a multiplication whose two halves are folded, so that every bit counts.
pub fn mix(hash: u64, value: u64) -> u64 {
    let product = u128::from(hash ^ 0x9e37_79b9_7f4a_7c15) * u128::from(value ^ 0xd6e8_feb8_6659_fd93);
    (product as u64) ^ ((product >> 64) as u64) ^ hash.rotate_left(23)
}

fn mix_text(hash: u64, text: &str) -> u64 {
    text.as_bytes().chunks(8).fold(mix(hash, text.len() as u64), |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(hash, u64::from_le_bytes(word))
    })
}

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
pub struct Wires {
    /// Where the inputs of each member start in the other lists; one more at the end.
    starts: Vec<u32>,
    /// The member that each input comes from, or [`OUTSIDE`].
    pub sources: Vec<u32>,
    /// Which of the outputs of that member it is.
    ports: Vec<u32>,
    /// The value.
    pub values: Vec<ValueId>,
    /// How often the member reads it.
    times: Vec<u32>,
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
    /// Of each node: a hash of its operator and of all else that matters of it alone.
    pub tokens: Vec<u64>,
    /// Of each level: its shape, once it is known.
    of: Vec<Option<Shape>>,
    /// Of each class: its list, and its hash.
    classes: Vec<(Box<[u64]>, u64)>,
    by_hash: HashMap<u64, Vec<u32>>,
    /// Of each value: how often it is read.
    uses: Vec<u32>,
    /// Of each value: the time at which it was last met, and what was noted about it then.
    met: Vec<(u32, u32, u32)>,
    time: u32,
}

impl<'a> Shapes<'a> {
    /// Nothing found yet in `graph`.
    pub fn new(model: &Model, graph: &'a Graph) -> Self {
        let mut bodies = HashMap::new();
        let tokens = graph.nodes.values().map(|node| token(model, graph, node, &mut bodies)).collect();
        let mut uses = vec![0; graph.values.len()];
        let read = graph.nodes.iter().flat_map(|(node, _)| inputs(graph, node));
        for value in read.chain(graph.outputs.iter().copied()) {
            uses[value.index()] += 1;
        }
        let met = vec![(0, 0, 0); graph.values.len()];
        Self { graph, tokens, of: Vec::new(), classes: Vec::new(), by_hash: HashMap::new(), uses, met, time: 0 }
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

    /// The hash of the structure of `level`.
    pub fn hash(&self, level: usize) -> u64 {
        self.kind(Part::Level(level))
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
        let Self { graph, of, met, time, .. } = self;
        for (index, member) in members.iter().enumerate() {
            let mut note = |port: usize, value: ValueId| met[value.index()] = (*time, index as u32, port as u32);
            match *member {
                Part::Node(node) => outputs(graph, node).enumerate().for_each(|(port, value)| note(port, value)),
                Part::Level(level) => {
                    let outs = of[level].iter().flat_map(|shape| &shape.outs);
                    outs.enumerate().for_each(|(port, (value, _))| note(port, *value));
                }
            }
        }
        let mut wires =
            Wires { starts: vec![0], sources: Vec::new(), ports: Vec::new(), values: Vec::new(), times: Vec::new() };
        for member in members {
            let mut add = |value: ValueId, times: u32| {
                let (at, source, port) = met[value.index()];
                let (source, port) = if at == *time { (source, port) } else { (OUTSIDE, 0) };
                wires.sources.push(source);
                wires.ports.push(port);
                wires.values.push(value);
                wires.times.push(times);
            };
            match *member {
                Part::Node(node) => {
                    inputs(graph, node).filter(|value| flows(graph, *value)).for_each(|value| add(value, 1));
                }
                Part::Level(level) => {
                    of[level].iter().flat_map(|shape| &shape.ins).for_each(|(value, times)| add(*value, *times));
                }
            }
            wires.starts.push(wires.sources.len() as u32);
        }
        wires
    }

    /// The shape of a level with `members`, whose own shapes are known.
    pub fn shape(&mut self, draft: &Draft, members: &[Part]) -> Shape {
        let wires = self.wires(members);
        let mut list = Vec::with_capacity(members.len() * 2 + wires.sources.len() + 4);
        let mut hash = members.len() as u64;
        let (mut ins, mut numbers): (Vec<(ValueId, u32)>, HashMap<ValueId, usize>) = (Vec::new(), HashMap::new());
        let mut inside: HashMap<ValueId, u32> = HashMap::new();
        let mut nodes = 0;
        for (index, member) in members.iter().enumerate() {
            nodes += self.nodes(*member);
            let (class, kind) = self.words(draft, *member);
            let range = wires.of(index);
            list.extend([class, range.len() as u64]);
            hash = mix(mix(hash, kind), range.len() as u64);
            for at in range {
                let (value, times) = (wires.values[at], wires.times[at]);
                let word = if wires.sources[at] == OUTSIDE {
                    let number = *numbers.entry(value).or_insert_with(|| {
                        ins.push((value, 0));
                        ins.len() - 1
                    });
                    ins[number].1 += times;
                    number as u64
                } else {
                    *inside.entry(value).or_default() += times;
                    1 << 63 | u64::from(wires.sources[at]) << 24 | u64::from(wires.ports[at])
                };
                list.push(word);
                hash = mix(hash, word);
            }
        }
        let mut outs = Vec::new();
        for (index, member) in members.iter().enumerate() {
            self.each_out(*member, |port, value, uses| {
                let left = uses - inside.get(&value).copied().unwrap_or(0).min(uses);
                if left > 0 {
                    let word = (index as u64) << 24 | port as u64;
                    list.push(word);
                    hash = mix(hash, word);
                    outs.push((value, left));
                }
            });
        }
        Shape { class: self.class(list, hash), ins, outs, nodes }
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
        match member {
            Part::Node(node) => (self.tokens[node.index()], self.tokens[node.index()]),
            Part::Level(level) => {
                let (class, hash) = self.get(level).map_or((0, 0), |shape| (u64::from(shape.class), self.hash(level)));
                if self.graph.wiring == Wiring::Flow {
                    return (class, hash);
                }
                // Modules are told apart by what they are called: there are no wires to do it.
                let called = mix_text(0, super::stacks::base(&draft.levels[level].name));
                (mix(class, called), mix(hash, called))
            }
        }
    }

    fn each_out(&self, member: Part, mut each: impl FnMut(usize, ValueId, u32)) {
        match member {
            Part::Node(node) => outputs(self.graph, node)
                .enumerate()
                .for_each(|(port, value)| each(port, value, self.uses[value.index()])),
            Part::Level(level) => {
                let outs = self.get(level).into_iter().flat_map(|shape| &shape.outs);
                outs.enumerate().for_each(|(port, (value, uses))| each(port, *value, *uses));
            }
        }
    }

    /// The class of levels with this list.
    fn class(&mut self, list: Vec<u64>, hash: u64) -> u32 {
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

/// Whether `value` is computed, or comes in: constants are part of what reads them.
fn flows(graph: &Graph, value: ValueId) -> bool {
    graph.values[value].tensor.is_none()
}

fn outputs(graph: &Graph, node: NodeId) -> impl Iterator<Item = ValueId> + '_ {
    graph.nodes[node].outputs.iter().flat_map(|argument| argument.values.iter().copied())
}

/// A hash of what `node` is, apart from its name and its sizes.
fn token(model: &Model, graph: &Graph, node: &Node, bodies: &mut HashMap<GraphId, u64>) -> u64 {
    let numbered = graph.wiring == Wiring::Modules && node.operator.bytes().all(|byte| byte.is_ascii_digit());
    let mut hash = if numbered { 1 } else { mix_text(mix_text(0, &node.operator), &node.domain) };
    for argument in &node.inputs {
        hash = mix(hash, argument.values.len() as u64);
        if graph.wiring == Wiring::Modules {
            hash = mix_text(hash, &argument.name);
        }
        let constant = argument.values.iter().map(|value| u64::from(!flows(graph, *value)));
        hash = constant.fold(hash, mix);
    }
    hash = node.outputs.iter().fold(mix(hash, 2), |hash, argument| mix(hash, argument.values.len() as u64));
    for attribute in &node.attributes {
        hash = mix_text(hash, &attribute.name);
        let size = SIZES.contains(&&*attribute.name);
        hash = literal(model, &attribute.value, size, hash, bodies);
    }
    node.definition.map_or(hash, |graph| mix(hash, body(model, graph, bodies)))
}

/// Mixes `value` into `hash`: of a size, and of what is no whole number, only that it is there.
fn literal(model: &Model, value: &Literal, size: bool, hash: u64, bodies: &mut HashMap<GraphId, u64>) -> u64 {
    let mut items = std::slice::from_ref(value);
    let mut hash = hash;
    if let Literal::List(list) = value {
        hash = mix(hash, list.len() as u64);
        items = list;
    }
    for item in items {
        hash = match item {
            _ if size => hash,
            Literal::Bool(value) => mix(hash, u64::from(*value)),
            Literal::Int(value) => mix(hash, value.cast_unsigned()),
            Literal::String(text) | Literal::Reference(text) => mix_text(hash, text),
            Literal::Type(ty) => mix_text(hash, &ty.to_string()),
            Literal::Graph(graph) => mix(hash, body(model, *graph, bodies)),
            Literal::Absent | Literal::Float(_) | Literal::Double(_) | Literal::Tensor(_) | Literal::List(_) => hash,
        };
    }
    hash
}

/// A hash of the operators of another graph.
fn body(model: &Model, graph: GraphId, bodies: &mut HashMap<GraphId, u64>) -> u64 {
    *bodies.entry(graph).or_insert_with(|| {
        let nodes = model.graphs.get(graph).into_iter().flat_map(|graph| graph.nodes.values());
        nodes.fold(1, |hash, node| mix_text(mix(hash, node.inputs.len() as u64), &node.operator))
    })
}

/// What `part` is called where only its last words fit.
pub fn short_name(graph: &Graph, draft: &Draft, part: Part) -> String {
    match part {
        Part::Level(level) => draft.levels[level].name.to_string(),
        Part::Node(node) => {
            let node = &graph.nodes[node];
            let name = name(graph, node);
            let last = name.rsplit('/').next().unwrap_or(name);
            if last.is_empty() { node.operator.to_string() } else { last.to_owned() }
        }
    }
}
