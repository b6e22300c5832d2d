//! Formulas: the work of one node from the sizes of its inputs and outputs.

use crate::analysis::infer::{Fact, Kind};
use crate::model::{Literal, Node};

/// The work of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Multiplications with an addition.
    pub macs: u64,
    /// Other operations on numbers.
    pub others: u64,
}

impl Work {
    /// MACs alone.
    pub const fn macs(macs: u64) -> Self {
        Self { macs, others: 0 }
    }

    /// Other operations alone.
    pub const fn others(others: u64) -> Self {
        Self { macs: 0, others }
    }
}

/// A formula; none if a size that it needs is not known.
pub type Formula = fn(&Use) -> Option<Work>;

/// One application of an operator, with the sizes of what it reads and gives.
pub struct Use<'a> {
    /// The node.
    pub node: &'a Node,
    inputs: Vec<Option<&'a Fact>>,
    outputs: Vec<Option<&'a Fact>>,
}

impl<'a> Use<'a> {
    /// `node`, with `facts` about the values of its graph.
    pub fn new(node: &'a Node, facts: &'a [Fact]) -> Self {
        let flat = |arguments: &'a [crate::model::Argument]| {
            let mut flat = Vec::with_capacity(arguments.len());
            for argument in arguments {
                if argument.values.is_empty() {
                    flat.push(None);
                }
                flat.extend(argument.values.iter().map(|value| facts.get(value.index())));
            }
            flat
        };
        Self { node, inputs: flat(&node.inputs), outputs: flat(&node.outputs) }
    }

    /// The outputs that are there.
    pub fn outputs(&self) -> impl Iterator<Item = &'a Fact> + '_ {
        self.outputs.iter().copied().flatten()
    }

    /// The number of elements of input `index`.
    pub fn input(&self, index: usize) -> Option<u64> {
        elements((*self.inputs.get(index)?)?)
    }

    /// The number of elements of the first output.
    pub fn output(&self) -> Option<u64> {
        elements((*self.outputs.first()?)?)
    }

    /// The dimensions of input `index`.
    pub fn dims(&self, index: usize) -> Option<Vec<u64>> {
        dims((*self.inputs.get(index)?)?)
    }

    /// The dimensions of output `index`.
    fn given(&self, index: usize) -> Option<Vec<u64>> {
        dims((*self.outputs.get(index)?)?)
    }

    fn int(&self, name: &str) -> Option<i64> {
        match self.attribute(name)? {
            Literal::Int(value) => Some(*value),
            Literal::Bool(value) => Some((*value).into()),
            _ => None,
        }
    }

    fn attribute(&self, name: &str) -> Option<&'a Literal> {
        Some(&self.node.attributes.iter().find(|attribute| &*attribute.name == name)?.value)
    }

    fn flag(&self, name: &str) -> bool {
        self.int(name).is_some_and(|value| value != 0)
    }
}

fn elements(fact: &Fact) -> Option<u64> {
    matches!(fact.kind, Kind::Tensor).then(|| fact.count())?
}

fn dims(fact: &Fact) -> Option<Vec<u64>> {
    fact.dims.as_ref()?.iter().map(crate::analysis::infer::Size::count).collect()
}

/// `a · b`; none where that is beyond all bounds.
fn mul(a: u64, b: u64) -> Option<u64> {
    a.checked_mul(b)
}

/// Nothing: data is moved, or made of nothing.
pub fn nothing(_: &Use) -> Option<Work> {
    Some(Work::default())
}

/// `N` operations for each element of the output.
pub fn each<const N: u64>(of: &Use) -> Option<Work> {
    Some(Work::others(mul(of.output()?, N)?))
}

/// `N` operations for each element of the first input.
pub fn taken<const N: u64>(of: &Use) -> Option<Work> {
    Some(Work::others(mul(of.input(0)?, N)?))
}

/// One operation for each input and element of the output, but for the first input.
pub fn joined(of: &Use) -> Option<Work> {
    let inputs = of.inputs.iter().flatten().count().saturating_sub(1).max(1);
    Some(Work::others(mul(of.output()?, inputs as u64)?))
}

/// A convolution with weights at input `W`, of which dimension `C` counts the channels that come out: for each element of the output the
/// weights of its channel.
pub fn convolution<const W: usize, const C: usize>(of: &Use) -> Option<Work> {
    let weights = of.dims(W)?;
    let channels = *weights.get(C)?;
    let each = weights.iter().try_fold(1, |product, size| mul(product, *size))?.checked_div(channels)?;
    Some(Work::macs(mul(of.output()?, each)?))
}

/// A convolution with the channels that come out in the last dimension of its weights, `H×W×I×O`.
pub fn convolution_last(of: &Use) -> Option<Work> {
    let weights = of.dims(1)?;
    let (_, rest) = weights.split_last()?;
    Some(Work::macs(mul(of.output()?, rest.iter().try_fold(1, |product, size| mul(product, *size))?)?))
}

/// A convolution by channel, with weights `H×W×I×M`: each element of the output is a sum over a window.
pub fn depthwise_last(of: &Use) -> Option<Work> {
    let weights = of.dims(1)?;
    let window = mul(*weights.first()?, *weights.get(1)?)?;
    Some(Work::macs(mul(of.output()?, window)?))
}

/// A transposed convolution of input `X` with weights at input `W`, of which dimension `C` counts the channels that go in: each element of
/// the input is spread over the weights of its channel.
pub fn transposed<const X: usize, const W: usize, const C: usize>(of: &Use) -> Option<Work> {
    let weights = of.dims(W)?;
    let channels = *weights.get(C)?;
    let each = weights.iter().try_fold(1, |product, size| mul(product, *size))?.checked_div(channels)?;
    Some(Work::macs(mul(of.input(X)?, each)?))
}

/// `aten::convolution`, which may be transposed.
pub fn either(of: &Use) -> Option<Work> {
    if of.flag("transposed") { transposed::<0, 1, 0>(of) } else { convolution::<1, 0>(of) }
}

/// A product with input `A` on its left, over its last dimension; over the one before with `transA` and the like.
pub fn product<const A: usize>(of: &Use) -> Option<Work> {
    let dims = of.dims(A)?;
    let turned = ["transA", "transpose_a", "adj_x"].iter().any(|name| of.flag(name)) && dims.len() > 1;
    let inner = *dims.get(dims.len().checked_sub(if turned { 2 } else { 1 })?)?;
    Some(Work::macs(mul(of.output()?, inner)?))
}

/// A product over the last dimension of weights `rows × columns`, whatever the dimensions of the input are.
pub fn dense(of: &Use) -> Option<Work> {
    Some(Work::macs(mul(of.output()?, *of.dims(1)?.last()?)?))
}

/// What is done at each step of the input, `batch × steps × features`: a product with each of the weights that are called a kernel.
pub fn steps(of: &Use) -> Option<Work> {
    let dims = of.dims(0)?;
    let (mut index, mut weights, mut kernels) = (0, 0u64, 0);
    for argument in &of.node.inputs {
        if argument.name.ends_with("kernel") {
            weights = weights.checked_add(of.input(index)?)?;
            kernels += 1;
        }
        index += argument.values.len().max(1);
    }
    if kernels == 0 || dims.len() != 3 {
        return None;
    }
    Some(Work::macs(mul(mul(*dims.first()?, *dims.get(1)?)?, weights)?))
}

/// Weights that are packed: attribute `K` is what is summed over.
pub fn packed(of: &Use) -> Option<Work> {
    Some(Work::macs(mul(of.output()?, u64::try_from(of.int("K")?).ok()?)?))
}

/// `Einsum`: one MAC for each combination of all letters, where some are summed over; else one operation for each element.
pub fn einsum(of: &Use) -> Option<Work> {
    let Literal::String(equation) = of.attribute("equation")? else { return None };
    let equation: String = equation.chars().filter(|char| !char.is_whitespace()).collect();
    let equation = equation.replace("...", ".");
    let (left, right) = equation.split_once("->").unwrap_or((&equation, ""));
    let mut sizes: Vec<(char, u64)> = Vec::new();
    for (index, term) in left.split(',').enumerate() {
        let dims = of.dims(index)?;
        let letters = term.chars().filter(|letter| *letter != '.').count();
        let mut rest = &*dims;
        for letter in term.chars() {
            let (own, after) =
                rest.split_at_checked(if letter == '.' { dims.len().checked_sub(letters)? } else { 1 })?;
            rest = after;
            let size = own.iter().try_fold(1, |product, size| mul(product, *size))?;
            match sizes.iter_mut().find(|(known, _)| *known == letter) {
                Some((_, known)) => *known = (*known).max(size),
                None => sizes.push((letter, size)),
            }
        }
    }
    let all = sizes.iter().try_fold(1, |product, (_, size)| mul(product, *size))?;
    let sums = sizes.iter().any(|(letter, _)| !right.contains(*letter));
    Some(if sums { Work::macs(all) } else { Work::others(all) })
}

/// Pooling: as many operations as the window has elements, for each element of the output.
pub fn window(of: &Use) -> Option<Work> {
    let sizes = ["kernel_shape", "kernel_size", "ksize"].iter().find_map(|name| match of.attribute(name)? {
        Literal::List(items) => items
            .iter()
            .map(|item| if let Literal::Int(size) = item { u64::try_from(*size).ok() } else { None })
            .collect(),
        Literal::Int(size) => u64::try_from(*size).ok().map(|size| vec![size, size]),
        _ => None,
    });
    let sides =
        || Some(vec![u64::try_from(of.int("filter_height")?).ok()?, u64::try_from(of.int("filter_width")?).ok()?]);
    let sizes: Vec<u64> = sizes.or_else(sides)?;
    let window = sizes.iter().try_fold(1, |product, size| mul(product, *size))?;
    Some(Work::others(mul(of.output()?, window)?))
}

/// Recurrent layers of ONNX: input `steps × batch × size`, then the weights for inputs and for states: each step takes all of them.
pub fn recurrent(of: &Use) -> Option<Work> {
    let dims = of.dims(0)?;
    let rows = mul(*dims.first()?, *dims.get(1)?)?;
    Some(Work::macs(mul(rows, of.input(1)?.checked_add(of.input(2)?)?)?))
}

/// Recurrent layers with a weight for each gate: for each row of the input, all matrices that are read.
pub fn recurrent_gates(of: &Use) -> Option<Work> {
    let dims = of.dims(0)?;
    let rows = dims.split_last()?.1.iter().try_fold(1, |product, size| mul(product, *size))?;
    let mut weights = 0u64;
    for fact in of.inputs.iter().skip(1).flatten() {
        if let Some([a, b]) = dims_of(fact) {
            weights = weights.checked_add(mul(a, b)?)?;
        }
    }
    Some(Work::macs(mul(rows, weights)?))
}

/// Both sizes of a matrix of parameters; states have as many rows as there are samples, and no name among weights.
fn dims_of(fact: &Fact) -> Option<[u64; 2]> {
    <[u64; 2]>::try_from(dims(fact)?).ok()
}

/// Attention with queries, keys and values at the first inputs, heads as a dimension: a product with the keys, one with the values.
fn scores(query: &[u64], key: &[u64], value: &[u64]) -> Option<Work> {
    let ([outer @ .., rows, width], [.., columns, _], [.., out]) = (query, key, value) else { return None };
    let heads = outer.iter().try_fold(1, |product, size| mul(product, *size))?;
    let places = mul(mul(heads, *rows)?, *columns)?;
    Some(Work { macs: mul(places, width.checked_add(*out)?)?, others: mul(places, SOFTMAX)? })
}

/// Operations of a softmax for each element: the largest, a difference, an exponential, a sum, a quotient.
pub const SOFTMAX: u64 = 5;

/// Scaled dot-product attention.
pub fn attention(of: &Use) -> Option<Work> {
    let (query, key, value) = (of.dims(0)?, of.dims(1)?, of.dims(2)?);
    match (&*query, &*key, &*value) {
        ([batch, rows, width], [_, columns, _], [_, _, out]) if query.len() == 3 => {
            // Heads are side by side: their number does not change the sum. Keys and values that heads share are taken once a head.
            let places = mul(mul(*batch, *rows)?, *columns)?;
            let heads = ["num_heads", "q_num_heads"].iter().find_map(|name| of.int(name));
            let heads = heads.and_then(|heads| u64::try_from(heads).ok()).unwrap_or(1);
            let shared = ["kv_num_heads"]
                .iter()
                .find_map(|name| of.int(name))
                .and_then(|heads| u64::try_from(heads).ok())
                .unwrap_or(heads);
            let out = mul(*out, heads)?.checked_div(shared)?;
            Some(Work { macs: mul(places, width.checked_add(out)?)?, others: mul(mul(places, heads)?, SOFTMAX)? })
        }
        _ => scores(&query, &key, &value),
    }
}

/// `Attention` of ONNX Runtime: a product with the weights, then attention among the rows.
pub fn attention_of_input(of: &Use) -> Option<Work> {
    let (input, weights) = (of.dims(0)?, of.dims(1)?);
    let ([batch, rows, _], [inner, columns]) = (&*input, &*weights) else { return None };
    let lines = mul(*batch, *rows)?;
    let width = *of.given(0)?.last()?;
    let heads = u64::try_from(of.int("num_heads")?).ok()?;
    let query = columns.checked_sub(width)? / 2;
    let places = mul(lines, *rows)?;
    let macs = mul(lines, mul(*inner, *columns)?)?.checked_add(mul(places, query.checked_add(width)?)?)?;
    Some(Work { macs, others: mul(mul(places, heads)?, SOFTMAX)? })
}
