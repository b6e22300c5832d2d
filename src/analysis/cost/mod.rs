//! What running a model costs: work, parameters, memory of activations.
//!
//! # Conventions
//!
//! - A *MAC* is a multiplication with an addition: the unit of convolutions, products of matrices and recurrent layers, as profilers count them (`fvcore`
//!   and `thop` call them FLOPs). Biases, and additions outside of such sums, are no MACs.
//! - A *FLOP* is one operation on numbers: two for a MAC, and what [`table`] says for everything else. `torch.utils.flop_counter` counts the two for a
//!   MAC, and nothing else.
//! - *Activations* are the bytes of the outputs of nodes. Views (`Reshape`, `Squeeze`, …) have none: they share the memory of what they are views of.
//! - The *peak* is an estimate: nodes run one after the other, in the order of [`super::order`]; an output takes memory from the node that makes
//!   it up to the last one that reads it. Inputs of the graph count from the start, its outputs up to the end. Parameters do not count, nor does
//!   memory that a kernel needs for itself; nothing is computed in place.
//!
//! Sizes must be known: a node with an open size is counted in [`Cost::open`], and costs nothing here.

mod formulas;
mod memory;
mod table;

use super::infer::{Fact, Shapes};
use super::tree::Tree;
use crate::model::{GraphId, Literal, Model, Node, NodeId, TensorId};
use foldhash::HashSet;
use formulas::Use;
use serde::Serialize;

/// What a node, a group of nodes or a graph costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Multiplications with an addition.
    pub macs: u64,
    /// Operations on numbers.
    pub flops: u64,
    /// Elements of the tensors that are read. Of several nodes: those that several read count for each.
    pub parameters: u64,
    /// Bytes of the outputs.
    pub activations: u64,
    /// How many nodes there are whose cost is not known.
    pub open: u32,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self {
            macs: self.macs.saturating_add(other.macs),
            flops: self.flops.saturating_add(other.flops),
            parameters: self.parameters.saturating_add(other.parameters),
            activations: self.activations.saturating_add(other.activations),
            open: self.open.saturating_add(other.open),
        }
    }

    /// The work of so many turns; memory is used again.
    fn times(self, turns: u64) -> Self {
        Self { macs: self.macs.saturating_mul(turns), flops: self.flops.saturating_mul(turns), ..self }
    }
}

/// What a graph costs.
#[derive(Clone, Debug, Default)]
pub struct GraphCost {
    /// By node.
    pub nodes: Vec<Cost>,
    /// All of it; tensors that several nodes read count once.
    pub total: Cost,
    /// The most bytes of activations that are needed at once.
    pub peak: u64,
}

impl GraphCost {
    /// What each group of the graph costs, by group: the sum of its nodes.
    pub fn groups(&self, tree: &Tree) -> Vec<Cost> {
        let mut sums = vec![Cost::default(); tree.groups.len()];
        for (cost, group) in self.nodes.iter().zip(&tree.group_of) {
            sums[group.index()] = sums[group.index()].plus(*cost);
        }
        // Groups come after those around them.
        for (id, group) in tree.groups.iter().rev() {
            if let Some(parent) = group.parent {
                sums[parent.index()] = sums[parent.index()].plus(sums[id.index()]);
            }
        }
        sums
    }
}

/// What the graphs of a model cost.
#[derive(Clone, Debug, Default)]
pub struct Costs {
    graphs: Vec<GraphCost>,
}

impl Costs {
    /// What the graphs of `model` cost with `shapes`. `vocabulary` is the table that operators without a domain are looked up in: see [`table`].
    pub fn of(model: &Model, shapes: &Shapes, vocabulary: &str) -> Self {
        let mut costs = Self { graphs: vec![GraphCost::default(); model.graphs.len()] };
        for id in inside_out(model) {
            let cost = costs.graph(model, shapes, vocabulary, id);
            if let Some(place) = costs.graphs.get_mut(id.index()) {
                *place = cost;
            }
        }
        costs
    }

    /// What `graph` costs.
    pub fn get(&self, graph: GraphId) -> Option<&GraphCost> {
        self.graphs.get(graph.index())
    }

    fn graph(&self, model: &Model, shapes: &Shapes, vocabulary: &str, id: GraphId) -> GraphCost {
        let Some(graph) = model.graphs.get(id) else { return GraphCost::default() };
        let facts = shapes.facts(id);
        let mut tensors: HashSet<TensorId> = HashSet::default();
        let mut inner_peaks = vec![0; graph.nodes.len()];
        let mut nodes = Vec::with_capacity(graph.nodes.len());
        let (mut total, mut shared) = (Cost::default(), 0u64);
        for (node_id, node) in graph.nodes.iter() {
            let mut cost = self.held(shapes, id, node_id, node, &mut inner_peaks);
            let held = cost.parameters;
            let used = Use::new(node, facts);
            match table::work(vocabulary, &used) {
                _ if node.definition.is_some() => {}
                Some(work) => {
                    cost.macs = cost.macs.saturating_add(work.macs);
                    cost.flops = cost.flops.saturating_add(work.macs.saturating_mul(2).saturating_add(work.others));
                }
                None => cost.open += 1,
            }
            cost.activations = memory::own(&used);
            let mut own = held;
            for tensor in node
                .inputs
                .iter()
                .flat_map(|argument| &argument.values)
                .filter_map(|value| graph.values.get(*value)?.tensor)
            {
                let elements = model.tensors.get(tensor).and_then(crate::model::Tensor::elements).unwrap_or(0);
                own = own.saturating_add(elements);
                if !tensors.insert(tensor) {
                    shared = shared.saturating_add(elements);
                }
            }
            cost.parameters = own;
            total = total.plus(cost);
            nodes.push(cost);
        }
        total.parameters = total.parameters.saturating_sub(shared);
        let peak = memory::peak(graph, facts, &inner_peaks);
        GraphCost { nodes, total, peak }
    }

    /// What the graphs cost that a node holds or calls.
    fn held(&self, shapes: &Shapes, graph: GraphId, id: NodeId, node: &Node, peaks: &mut [u64]) -> Cost {
        let bodies = node.attributes.iter().flat_map(|attribute| match &attribute.value {
            value @ (Literal::Graph(_) | Literal::List(_)) => value.graphs(),
            _ => Vec::new(),
        });
        let inner: Vec<&GraphCost> = bodies.chain(node.definition).filter_map(|id| self.get(id)).collect();
        if let Some(peak) = peaks.get_mut(id.index()) {
            *peak = inner.iter().map(|inner| inner.peak).max().unwrap_or(0);
        }
        // Of the branches of a choice, the one that costs most is taken.
        let most = inner.iter().map(|inner| inner.total).max_by_key(|cost| (cost.macs, cost.flops));
        most.map_or_else(Cost::default, |most| Cost { activations: 0, ..most }.times(shapes.turns(graph, id)))
    }
}

/// The graphs of `model`, each after those that its nodes hold or call. Of graphs that call each other in a circle, one comes too early.
fn inside_out(model: &Model) -> Vec<GraphId> {
    if model.graphs.len() == 1 {
        return vec![GraphId(0)];
    }
    let mut seen = vec![false; model.graphs.len()];
    let mut order = Vec::with_capacity(seen.len());
    for (start, _) in model.graphs.iter() {
        let mut stack = vec![(start, false)];
        while let Some((id, done)) = stack.pop() {
            if done {
                order.push(id);
                continue;
            }
            let Some(graph) = model.graphs.get(id).filter(|_| !std::mem::replace(&mut seen[id.index()], true)) else {
                continue;
            };
            stack.push((id, true));
            for node in graph.nodes.values() {
                let bodies = node.attributes.iter().flat_map(|attribute| attribute.value.graphs());
                stack.extend(bodies.chain(node.definition).map(|inner| (inner, false)));
            }
        }
    }
    order
}

/// The number of bytes of a value; none if it is not known.
fn bytes(fact: &Fact) -> Option<u64> {
    fact.dtype?.bytes(fact.count()?)
}
