//! The memory of activations.

use super::bytes;
use super::formulas::Use;
use super::table;
use crate::analysis::infer::Fact;
use crate::analysis::order;
use crate::model::{Argument, Graph, NodeId, ValueId};

/// The bytes of the outputs of a node; of those whose size is known.
pub fn own(of: &Use) -> u64 {
    if table::is_view(of.node) {
        return 0;
    }
    of.outputs().filter_map(bytes).fold(0, u64::saturating_add)
}

/// The most bytes of values that are needed at once while the nodes of `graph` run one after the other. `inner` is what the graphs that a node
/// holds need at most.
pub fn peak(graph: &Graph, facts: &[Fact], inner: &[u64]) -> u64 {
    let order = order::of(graph);
    let count = graph.values.len();
    // Views are in the memory of another value.
    let mut home: Vec<u32> = (0..count as u32).collect();
    let size = |at: usize| match graph.values.get(ValueId(at as u32)) {
        // Weights are in memory all the time, and those of the graph around are counted there.
        Some(value) if value.tensor.is_none() && value.outer.is_none() => facts.get(at).and_then(bytes).unwrap_or(0),
        _ => 0,
    };
    // Which node is the last that reads each value; outputs are never let go.
    let mut last: Vec<Option<NodeId>> = vec![None; count];
    let first = |arguments| values(arguments).next().copied();
    for id in &order {
        let Some(node) = graph.nodes.get(*id) else { continue };
        if table::is_view(node)
            && let (Some(from), Some(to)) = (first(&node.inputs), first(&node.outputs))
        {
            home[to.index()] = home[from.index()];
        }
        for value in values(&node.inputs).chain(values(&node.outputs)) {
            if let Some(at) = home.get(value.index()) {
                last[*at as usize] = Some(*id);
            }
        }
    }
    let place = |value: &ValueId| home.get(value.index()).map(|home| *home as usize);
    for at in graph.outputs.iter().filter_map(place) {
        last[at] = None;
    }
    let mut held = vec![false; count];
    let mut live = 0u64;
    for at in graph.inputs.iter().filter_map(place) {
        if !std::mem::replace(&mut held[at], true) {
            live = live.saturating_add(size(at));
        }
    }
    let mut most = live;
    for id in &order {
        let Some(node) = graph.nodes.get(*id) else { continue };
        for at in values(&node.outputs).filter_map(place) {
            if !std::mem::replace(&mut held[at], true) {
                live = live.saturating_add(size(at));
            }
        }
        most = most.max(live.saturating_add(inner.get(id.index()).copied().unwrap_or(0)));
        for at in values(&node.inputs).chain(values(&node.outputs)).filter_map(place) {
            if last[at] == Some(*id) && std::mem::replace(&mut held[at], false) {
                live = live.saturating_sub(size(at));
                last[at] = None;
            }
        }
    }
    most
}

fn values(arguments: &[Argument]) -> impl Iterator<Item = &ValueId> {
    arguments.iter().flat_map(|argument| &argument.values)
}
