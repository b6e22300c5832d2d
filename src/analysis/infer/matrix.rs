//! Products of matrices, sums of products, attention, and recurrent layers.

use super::call::Call;
use super::size::Size;
use crate::model::DType;

/// The dimensions of the product of matrices with dimensions `a` and `b`, as numpy multiplies them.
pub fn product(call: &mut Call, a: &[Size], b: &[Size]) -> Option<Vec<Size>> {
    let one = Size::Known(1);
    // A vector is a row on the left, a column on the right.
    let left = if a.len() == 1 { vec![one, a[0]] } else { a.to_vec() };
    let right = if b.len() == 1 { vec![b[0], one] } else { b.to_vec() };
    let ([outer_a @ .., rows, inner_a], [outer_b @ .., inner_b, columns]) = (&*left, &*right) else { return None };
    if inner_a.contradicts(inner_b) {
        return call.refuse(format!("a product over {inner_a} and {inner_b} elements"));
    }
    let mut dims = call.broadcast(outer_a, outer_b)?;
    if a.len() > 1 {
        dims.push(*rows);
    }
    if b.len() > 1 {
        dims.push(*columns);
    }
    Some(dims)
}

fn multiply(call: &mut Call, a: usize, b: usize, dtype: Option<DType>) -> Option<()> {
    call.give(0, dtype, None);
    let (a, b) = (call.dims(a)?, call.dims(b)?);
    let dims = product(call, a, b)?;
    call.give(0, dtype, Some(dims));
    Some(())
}

/// `MatMul`.
pub fn matmul(call: &mut Call) -> Option<()> {
    multiply(call, 0, 1, call.dtype(0))
}

/// `MatMulInteger`.
pub fn matmul_integer(call: &mut Call) -> Option<()> {
    multiply(call, 0, 1, Some(DType::I32))
}

/// `MatMulIntegerToFloat` and `DynamicQuantizeMatMul`.
pub fn matmul_to_float(call: &mut Call) -> Option<()> {
    multiply(call, 0, 1, Some(DType::F32))
}

/// `QLinearMatMul`: of the type of the output's zero point.
pub fn matmul_quantized(call: &mut Call) -> Option<()> {
    let dtype = call.dtype(7).or(call.dtype(0));
    multiply(call, 0, 3, dtype)
}

/// `FusedMatMul`: with the last two dimensions of either side exchanged.
pub fn matmul_fused(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let turned = |dims: &[Size], turn: bool| {
        let mut dims = dims.to_vec();
        let count = dims.len();
        if turn && count > 1 {
            dims.swap(count - 1, count - 2);
        }
        dims
    };
    let a = turned(call.dims(0)?, call.flag("transA"));
    let b = turned(call.dims(1)?, call.flag("transB"));
    let dims = product(call, &a, &b)?;
    call.give(0, call.dtype(0), Some(dims));
    Some(())
}

/// `Gemm`.
pub fn gemm(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let ([rows, inner_a], [inner_b, columns]) = (call.dims(0)?, call.dims(1)?) else {
        return call.refuse("both sides are to have two dimensions");
    };
    let (rows, inner_a) = if call.flag("transA") { (inner_a, rows) } else { (rows, inner_a) };
    let (inner_b, columns) = if call.flag("transB") { (columns, inner_b) } else { (inner_b, columns) };
    if inner_a.contradicts(inner_b) {
        return call.refuse(format!("a product over {inner_a} and {inner_b} elements"));
    }
    call.give(0, call.dtype(0), Some(vec![*rows, *columns]));
    Some(())
}

/// `MatMulNBits` and its like: the attributes state the sizes.
pub fn matmul_packed(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let mut dims = call.dims(0)?.to_vec();
    *dims.last_mut()? = Size::Known(call.int("N")?);
    call.give(0, call.dtype(0), Some(dims));
    Some(())
}

/// `Det`.
pub fn determinant(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let dims = call.dims(0)?;
    call.give(0, call.dtype(0), Some(dims.get(..dims.len().checked_sub(2)?)?.to_vec()));
    Some(())
}

/// `Einsum`: sizes go by letters.
pub fn einsum(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let equation: String = call.text("equation")?.chars().filter(|char| !char.is_whitespace()).collect();
    // A single dot is enough for what has no letters.
    let equation = equation.replace("...", ".");
    let (left, right) = equation.split_once("->").unwrap_or((&equation, ""));
    let mut sizes: Vec<(char, Size)> = Vec::new();
    let mut dots: Vec<Size> = Vec::new();
    for (index, term) in left.split(',').enumerate() {
        let dims = call.dims(index)?;
        let letters = term.chars().filter(|letter| *letter != '.').count();
        if letters > dims.len() || (letters < dims.len() && !term.contains('.')) {
            return call.refuse(format!("{term:?} names {letters} of {} dimensions", dims.len()));
        }
        let mut rest = dims;
        for letter in term.chars() {
            let (own, after) = rest.split_at(if letter == '.' { dims.len() - letters } else { 1 });
            rest = after;
            let size = *own.first().unwrap_or(&Size::Known(1));
            match sizes.iter_mut().find(|(known, _)| *known == letter) {
                _ if letter == '.' => dots = call.broadcast(&dots, own)?,
                Some((_, known)) if known.contradicts(&size) && !known.is(1) && !size.is(1) => {
                    return call.refuse(format!("{letter:?} stands for {known} and {size}"));
                }
                Some((_, known)) => *known = if known.is(1) { size } else { known.or(&size) },
                None => sizes.push((letter, size)),
            }
        }
    }
    let mut right = right.to_owned();
    if !equation.contains("->") {
        // What is left out: the dots, and letters that occur once, in order.
        right = left.chars().filter(|letter| *letter == '.').take(1).collect();
        let once = ('A'..='z').filter(|letter| left.matches(*letter).count() == 1);
        right.extend(once);
    }
    let mut out = Vec::new();
    for letter in right.chars() {
        match sizes.iter().find(|(known, _)| *known == letter) {
            _ if letter == '.' => out.extend_from_slice(&dots),
            known => out.push(known.map_or(Size::Unknown, |(_, size)| *size)),
        }
    }
    call.give(0, call.dtype(0), Some(out));
    Some(())
}

/// `RNN`, `GRU`, `LSTM`: a sequence, then the last states.
pub fn recurrent(call: &mut Call) -> Option<()> {
    for index in 0..3 {
        call.give(index, call.dtype(0), None);
    }
    let directions = Size::Known(if call.text("direction") == Some("bidirectional") { 2 } else { 1 });
    let recurrence = call.dims(2).and_then(|dims| dims.get(2)).cloned();
    let hidden = call.int("hidden_size").map(Size::Known).or(recurrence).unwrap_or_default();
    let dims = call.dims(0)?;
    let [first, second, _] = dims else {
        return call.refuse(format!("an input of {} dimensions, not 3", dims.len()));
    };
    let (sequence, states) = if call.flag("layout") {
        let out = vec![*first, *second, directions, hidden];
        (out, vec![*first, directions, hidden])
    } else {
        let out = vec![*first, directions, *second, hidden];
        (out, vec![directions, *second, hidden])
    };
    call.give(0, call.dtype(0), Some(sequence));
    call.give(1, call.dtype(0), Some(states.clone()));
    call.give(2, call.dtype(0), Some(states));
    Some(())
}

/// `Attention` of version 23: heads are a dimension, or the attributes state how many there are.
pub fn attention(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let (query, key, value) = (call.dims(0)?, call.dims(1)?, call.dims(2)?);
    let heads = |name: &str| call.int(name).map_or(Size::Unknown, Size::Known);
    let (q_heads, kv_heads) = (heads("q_num_heads"), heads("kv_num_heads"));
    let (batch, q_heads, kv_heads, rows, columns, width_k, width, flat) = match (query, key, value) {
        ([batch, heads, rows, width_k], [_, kv_heads, columns, _], [_, _, _, width]) => {
            (batch, *heads, *kv_heads, rows, columns, *width_k, *width, false)
        }
        ([batch, rows, wide], [_, columns, _], [_, _, wide_v]) => {
            let (width_k, width) = (wide.over(&q_heads), wide_v.over(&kv_heads));
            (batch, q_heads, kv_heads, rows, columns, width_k, width, true)
        }
        _ => return None,
    };
    let past = if call.has(4) {
        call.dims(4).and_then(|dims| dims.get(2)).cloned().unwrap_or_default()
    } else {
        Size::Known(0)
    };
    let all = columns.plus(&past);
    let out = if flat { vec![*batch, *rows, q_heads.times(&width)] } else { vec![*batch, q_heads, *rows, width] };
    call.give(0, call.dtype(0), Some(out));
    call.give(1, call.dtype(1), Some(vec![*batch, kv_heads, all, width_k]));
    call.give(2, call.dtype(2), Some(vec![*batch, kv_heads, all, width]));
    call.give(3, call.dtype(0), Some(vec![*batch, q_heads, *rows, all]));
    Some(())
}

/// `LinearAttention`: heads are side by side in the last dimension; the state is a matrix for each.
pub fn attention_linear(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let ([batch, rows, _], [.., width_k], [.., width_v]) = (call.dims(0)?, call.dims(1)?, call.dims(2)?) else {
        return None;
    };
    let (heads, shared) = (Size::Known(call.int("q_num_heads")?), Size::Known(call.int("kv_num_heads")?));
    let (key, value) = (width_k.over(&shared), width_v.over(&shared));
    call.give(0, call.dtype(0), Some(vec![*batch, *rows, heads.times(&value)]));
    call.give(1, call.dtype(3).or(call.dtype(0)), Some(vec![*batch, shared, key, value]));
    Some(())
}

/// `FlexAttention`: heads are a dimension.
pub fn attention_flexible(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let (mut dims, value) = (call.dims(0)?.to_vec(), *call.dims(2)?.last()?);
    *dims.last_mut()? = value;
    call.give(0, call.dtype(0), Some(dims));
    Some(())
}
