//! Weights that ONNX's operators take as codes, whose scales and zeros are constants: <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>,
//! <https://onnx.ai/onnx/operators/onnx__QLinearConv.html>, <https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html>.

use crate::model::quantised::{Numbers, Quantised, Spread};
use crate::model::{DType, Graph, Literal, Model, Node, Tensor, TensorId};

/// The inputs of an operator that are codes, their scale, and their zero; and the axis along which there are several of these.
struct Place {
    operator: &'static str,
    inputs: [usize; 3],
    axis: Axis,
}

#[derive(Clone, Copy)]
enum Axis {
    /// The attribute `axis`, by default this one.
    Stated(i64),
    /// This one, counted from the end where it is negative.
    Fixed(i64),
}

const PLACES: &[Place] = &[
    Place { operator: "DequantizeLinear", inputs: [0, 1, 2], axis: Axis::Stated(1) },
    Place { operator: "QLinearConv", inputs: [3, 4, 5], axis: Axis::Fixed(0) },
    Place { operator: "QLinearMatMul", inputs: [0, 1, 2], axis: Axis::Fixed(-2) },
    Place { operator: "QLinearMatMul", inputs: [3, 4, 5], axis: Axis::Fixed(-1) },
];

/// The domains whose operators of these names are alike.
const DOMAINS: &[&str] = &["", "ai.onnx", "com.microsoft"];

/// Adds what weights stand for to `model`.
pub(super) fn find(model: &mut Model) {
    if model.imports.is_empty() {
        return;
    }
    let mut found = Vec::new();
    for graph in model.graphs.values() {
        for node in graph.nodes.values().filter(|node| DOMAINS.contains(&&*node.domain)) {
            let places = PLACES.iter().filter(|place| *node.operator == *place.operator);
            found.extend(places.filter_map(|place| quantised(model, graph, node, place)));
        }
    }
    for (dtype, quantised) in found {
        let Some(Tensor { name, shape, .. }) = model.tensors.get(quantised.stored).cloned() else { continue };
        model.dequantise(name, dtype, shape, quantised);
    }
}

/// What the codes that `node` reads at `place` stand for, and its type; none where they are no constants.
fn quantised(model: &Model, graph: &Graph, node: &Node, place: &Place) -> Option<(DType, Quantised)> {
    let constant = |input: usize| -> Option<(TensorId, &Tensor)> {
        let [value] = *node.inputs.get(input)?.values else { return None };
        let id = graph.values.get(value)?.tensor?;
        Some((id, model.tensors.get(id)?))
    };
    let given = |input: usize| node.inputs.get(input).is_some_and(|argument| !argument.values.is_empty());
    let [codes, scale, zero] = place.inputs;
    let ((stored, of), (scale, scales)) = (constant(codes)?, constant(scale)?);
    if of.indices.is_some() {
        return None;
    }
    let shape = of.shape.clone();
    let axis = match place.axis {
        Axis::Stated(usual) => attribute(node, "axis").unwrap_or(usual),
        Axis::Fixed(axis) => axis,
    };
    let axis = if axis < 0 { axis + shape.len() as i64 } else { axis };
    let block = attribute(node, "block_size").and_then(|size| u64::try_from(size).ok()).filter(|size| *size > 0);
    let spread = |tensor: TensorId, numbers: &Tensor| spread(tensor, numbers, &shape, axis, block);
    let zeros = match constant(zero) {
        Some((zero, zeros)) => Some(spread(zero, zeros)?),
        None if given(zero) => return None,
        None => None,
    };
    let quantised = Quantised {
        stored,
        codes: Spread::blocks(stored, &shape, &shape)?,
        zeros,
        more: 0.0,
        table: None,
        scales: spread(scale, scales)?,
        factor: 1.0,
        offset: 0.0,
        shape: shape.clone(),
    };
    Some((scales.dtype, quantised))
}

/// How the elements of `numbers` belong to an array of shape `shape`: all to one, along `axis`, or in blocks along it.
fn spread(tensor: TensorId, numbers: &Tensor, shape: &[u64], axis: i64, block: Option<u64>) -> Option<Spread> {
    let axis = usize::try_from(axis).ok();
    if numbers.elements() == Some(1) {
        return Some(Spread::single(tensor, shape.len()));
    }
    if let (Some(block), Some(axis)) = (block, axis) {
        let mut spread = Spread::blocks(tensor, &numbers.shape, shape)?;
        let count = *numbers.shape.get(axis)?;
        if shape.get(axis)?.div_ceil(block) != count {
            return None;
        }
        spread.steps.get_mut(axis)?.block = block;
        return Some(spread);
    }
    match (&*numbers.shape, axis) {
        ([count], Some(axis)) if shape.get(axis) == Some(count) => {
            Some(Spread::along(Numbers::Tensor(tensor), axis, shape.len()))
        }
        // Of a matrix product: a scale for each row or column, with an axis of one.
        (of, _) => Spread::blocks(tensor, of, shape),
    }
}

fn attribute(node: &Node, name: &str) -> Option<i64> {
    node.attributes.iter().find(|attribute| &*attribute.name == name).and_then(|attribute| match attribute.value {
        Literal::Int(value) => Some(value),
        _ => None,
    })
}
