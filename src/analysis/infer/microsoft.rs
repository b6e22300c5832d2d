//! Operators of ONNX Runtime: `com.microsoft`.

use super::call::Call;
use super::matrix::product;
use super::size::Size;
use crate::model::DType;

/// `EmbedLayerNormalization`: a vector for each word.
pub fn embed(call: &mut Call) -> Option<()> {
    let dtype = call.dtype(2);
    call.give(0, dtype, None);
    let ([batch, words], [.., width]) = (call.dims(0)?, call.dims(2)?) else { return None };
    call.give(0, dtype, Some(vec![*batch, *words, *width]));
    call.give(1, Some(DType::I32), Some(vec![*batch]));
    call.give(2, dtype, Some(vec![*batch, *words, *width]));
    Some(())
}

/// `SkipLayerNormalization` and its like: the output, statistics, and the sum that went in.
pub fn skip_norm(call: &mut Call) -> Option<()> {
    call.same(0, 0);
    call.same(3, 0);
    let mut kept = call.dims(0)?.to_vec();
    *kept.last_mut()? = Size::Known(1);
    call.give(1, Some(DType::F32), Some(kept.clone()));
    call.give(2, Some(DType::F32), Some(kept));
    Some(())
}

/// `Attention`: weights make queries, keys and values of the input.
pub fn attention(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let mut dims = call.dims(0)?.to_vec();
    let stated = call.list("qkv_hidden_sizes").and_then(|sizes| sizes.get(2).copied()).map(Size::Known);
    let third = || Some(call.dims(1)?.get(1)?.over(&Size::Known(3)));
    let width = stated.or_else(third).unwrap_or_default();
    let heads = Size::Known(call.int("num_heads")?);
    let state = [Size::Known(2), *dims.first()?, heads, Size::Unknown, width.over(&heads)];
    *dims.last_mut()? = width;
    call.give(0, call.dtype(0), Some(dims));
    call.give(1, call.dtype(0), Some(state.to_vec()));
    Some(())
}

/// `QAttention`: the same, with whole numbers that give floats.
pub fn attention_quantized(call: &mut Call) -> Option<()> {
    let dtype = call.dtype(3);
    call.give(0, dtype, None);
    let mut dims = call.dims(0)?.to_vec();
    *dims.last_mut()? = call.dims(1)?.get(1)?.over(&Size::Known(3));
    call.give(0, dtype, Some(dims));
    Some(())
}

/// `MultiHeadAttention`: queries, keys and values, apart or packed together.
pub fn heads_attention(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let heads = Size::Known(call.int("num_heads")?);
    let query = call.dims(0)?;
    let (batch, rows) = (*query.first()?, *query.get(1)?);
    let (width, columns) = match (query, call.dims(2)) {
        ([_, _, heads, _, each], _) => (heads.times(each), rows),
        (_, Some([_, columns, width])) => (*width, *columns),
        (_, Some([_, heads, columns, each])) => (heads.times(each), *columns),
        ([_, _, width], None) => (*width, Size::Unknown),
        _ => (Size::Unknown, Size::Unknown),
    };
    let each = width.over(&heads);
    let past = if call.has(6) {
        call.dims(6).and_then(|dims| dims.get(2)).cloned().unwrap_or_default()
    } else {
        Size::Known(0)
    };
    call.give(0, call.dtype(0), Some(vec![batch, rows, width]));
    let state = vec![batch, heads, past.plus(&columns), each];
    call.give(1, call.dtype(0), Some(state.clone()));
    call.give(2, call.dtype(0), Some(state));
    Some(())
}

/// `GroupQueryAttention`: several heads of queries share one of keys and values; all may be packed together.
pub fn grouped_attention(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let mut dims = call.dims(0)?.to_vec();
    let (heads, shared) = (call.int("num_heads")?, call.int("kv_num_heads")?);
    let width = dims.last_mut()?;
    let each = if call.has(1) {
        width.over(&Size::Known(heads))
    } else {
        width.over(&Size::Known(heads.checked_add(shared.checked_mul(2)?)?))
    };
    *width = each.times(&Size::Known(heads));
    let batch = *dims.first()?;
    call.give(0, call.dtype(0), Some(dims));
    for index in [1, 2] {
        let state = vec![batch, Size::Known(shared), Size::Unknown, each];
        call.give(index, call.dtype(0), Some(state));
    }
    Some(())
}

/// `QLinearConcat`: after a scale and a zero point, each tensor has its own.
pub fn concat_quantized(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(1), None);
    let mut dims = call.dims(2)?.to_vec();
    let axis = call.axis(call.int("axis")?, dims.len())?;
    for index in (5..call.inputs.len()).step_by(3) {
        dims[axis] = dims[axis].plus(call.dims(index)?.get(axis)?);
    }
    call.give(0, call.dtype(1), Some(dims));
    Some(())
}

/// `QGemm`: `A, A_scale, A_zero, B, …`.
pub fn gemm_quantized(call: &mut Call) -> Option<()> {
    let dtype = if call.has(7) { call.dtype(8).or(call.dtype(0)) } else { Some(DType::F32) };
    call.give(0, dtype, None);
    let turned = |dims: &[Size], turn: bool| if turn { dims.iter().rev().cloned().collect() } else { dims.to_vec() };
    let a = turned(call.dims(0)?, call.flag("transA"));
    let b = turned(call.dims(3)?, call.flag("transB"));
    let dims = product(call, &a, &b)?;
    call.give(0, dtype, Some(dims));
    Some(())
}

/// `BiasSplitGelu`: half as wide.
pub fn halve(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let mut dims = call.dims(0)?.to_vec();
    let half = dims.last()?.over(&Size::Known(2));
    *dims.last_mut()? = half;
    call.give(0, call.dtype(0), Some(dims));
    Some(())
}

/// `GatherBlockQuantized`: rows of packed weights, in the type of their scales.
pub fn gather_blocks(call: &mut Call) -> Option<()> {
    super::layout::gather(call)?;
    let dtype = call.dtype(2);
    if let Some(output) = call.outputs.get_mut(0) {
        output.dtype = dtype;
        output.content = None;
    }
    Some(())
}
