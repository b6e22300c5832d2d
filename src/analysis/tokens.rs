//! Nodes as numbers: what they are, apart from names, and what sizes they have.

use crate::model::{Graph, GraphId, Literal, Model, Node, Wiring};
use std::collections::HashMap;

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

/// Mixes `text` into `hash`.
pub fn mix_text(hash: u64, text: &str) -> u64 {
    text.as_bytes().chunks(8).fold(mix(hash, text.len() as u64), |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(hash, u64::from_le_bytes(word))
    })
}

/// A hash of what `node` is, apart from its name, and one of its sizes.
pub fn hashes(model: &Model, graph: &Graph, node: &Node, bodies: &mut HashMap<GraphId, u64>) -> (u64, u64) {
    let modules = graph.wiring == Wiring::Modules;
    let name = graph.own_name(node);
    let numbered = modules && name.bytes().all(|byte| byte.is_ascii_digit());
    let mut token = if numbered { 1 } else { mix_text(mix_text(0, name), &node.domain) };
    let mut sizes = 0;
    for argument in &node.inputs {
        token = mix(token, argument.values.len() as u64);
        if modules {
            token = mix_text(token, &argument.name);
        }
        for value in &argument.values {
            // Constants are part of what reads them.
            let tensor = graph.values[*value].tensor;
            token = mix(token, u64::from(tensor.is_some()));
            if let Some(tensor) = tensor.and_then(|tensor| model.tensors.get(tensor)) {
                sizes = tensor.shape.iter().fold(mix(sizes, tensor.dtype as u64), |hash, dim| mix(hash, *dim));
            }
        }
    }
    token = node.outputs.iter().fold(mix(token, 2), |hash, argument| mix(hash, argument.values.len() as u64));
    for attribute in &node.attributes {
        token = mix_text(token, &attribute.name);
        let size = SIZES.contains(&&*attribute.name);
        (token, sizes) = literal(model, &attribute.value, size, (token, sizes), bodies);
    }
    (node.definition.map_or(token, |graph| mix(token, body(model, graph, bodies))), sizes)
}

/// Mixes `value` into a token or, if it is a size or no whole number, into the hash of sizes; of that the token has only that it is there.
fn literal(
    model: &Model,
    value: &Literal,
    size: bool,
    (mut token, mut sizes): (u64, u64),
    bodies: &mut HashMap<GraphId, u64>,
) -> (u64, u64) {
    let items = if let Literal::List(list) = value { list } else { std::slice::from_ref(value) };
    token = mix(token, items.len() as u64);
    for item in items {
        let part = match item {
            Literal::Bool(value) => u64::from(*value),
            Literal::Int(value) => value.cast_unsigned(),
            Literal::Float(value) => u64::from(value.to_bits()),
            Literal::Double(value) => value.to_bits(),
            Literal::String(text) | Literal::Reference(text) => mix_text(1, text),
            Literal::Type(ty) => mix_text(2, &ty.to_string()),
            Literal::Graph(graph) => body(model, *graph, bodies),
            Literal::Absent | Literal::Tensor(_) | Literal::List(_) => 0,
        };
        let hash = if size || matches!(item, Literal::Float(_) | Literal::Double(_)) { &mut sizes } else { &mut token };
        *hash = mix(*hash, part);
    }
    (token, sizes)
}

/// A hash of the operators of another graph.
fn body(model: &Model, graph: GraphId, bodies: &mut HashMap<GraphId, u64>) -> u64 {
    *bodies.entry(graph).or_insert_with(|| {
        let nodes = model.graphs.get(graph).into_iter().flat_map(|graph| graph.nodes.values());
        nodes.fold(1, |hash, node| mix_text(mix(hash, node.inputs.len() as u64), &node.operator))
    })
}
