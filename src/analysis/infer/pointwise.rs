//! Operators that work element by element, and arithmetic with small tensors.

use super::call::{Call, broadcast};
use super::fact::{Content, Fact};
use super::size::Size;
use crate::model::DType;

/// The first output is like the first input.
pub fn same(call: &mut Call) -> Option<()> {
    call.same(0, 0);
    Some(())
}

/// The same, with what it holds.
pub fn identity(call: &mut Call) -> Option<()> {
    let fact = call.input(0)?.clone();
    let content = call.content(0);
    call.set(0, Fact { content, ..fact });
    Some(())
}

/// Optimisers: after two numbers come weights, gradients, and state; all but the gradients come out anew.
pub fn updated(call: &mut Call) -> Option<()> {
    let outputs = call.outputs.len();
    let weights = call.inputs.len().checked_sub(2)?.checked_sub(outputs)?;
    for index in 0..outputs {
        call.same(index, 2 + index + if index < weights { 0 } else { weights });
    }
    Some(())
}

/// Like the first input, with a mask.
pub fn dropout(call: &mut Call) -> Option<()> {
    identity(call)?;
    call.same(1, 0);
    if let Some(mask) = call.outputs.get_mut(1) {
        mask.dtype = Some(DType::Bool);
    }
    Some(())
}

/// `BatchNormalization`: the output, and statistics by channel.
pub fn batch_norm(call: &mut Call) -> Option<()> {
    call.same(0, 0);
    for (output, input) in [(1, 3), (2, 4), (3, 3), (4, 4)] {
        call.same(output, input);
    }
    Some(())
}

/// `LayerNormalization` and its like: the output, and statistics before the axis.
pub fn layer_norm(call: &mut Call) -> Option<()> {
    call.same(0, 0);
    let dims = call.dims(0)?;
    let axis = call.axis(call.int("axis").unwrap_or(-1), dims.len())?;
    let kept: Vec<Size> =
        dims.iter().enumerate().map(|(at, size)| if at < axis { *size } else { Size::Known(1) }).collect();
    let dtype = call.type_named("stash_type").or(Some(DType::F32));
    call.give(1, dtype, Some(kept.clone()));
    call.give(2, dtype, Some(kept));
    Some(())
}

/// Truth values, as many as there are elements.
pub fn test(call: &mut Call) -> Option<()> {
    retyped(call, Some(DType::Bool))
}

fn retyped(call: &mut Call, dtype: Option<DType>) -> Option<()> {
    call.same(0, 0);
    if let Some(output) = call.outputs.get_mut(0) {
        output.dtype = dtype;
    }
    Some(())
}

/// `BitCast`: the same bits, of another type.
pub fn bit_cast(call: &mut Call) -> Option<()> {
    let to = call.type_named("to");
    retyped(call, to)
}

/// `Cast`.
pub fn cast(call: &mut Call) -> Option<()> {
    let to = call.type_named("to");
    retyped(call, to)?;
    let content = call.has_content(0).then(|| call.content(0)).flatten()?;
    let content = match (to?, content) {
        (
            DType::I64 | DType::I32 | DType::U64 | DType::U32 | DType::I16 | DType::U8 | DType::I8,
            Content::Floats(items),
        ) => Content::Ints(items.iter().map(|item| Size::Known(*item as i64)).collect()),
        (DType::Bool, Content::Ints(items)) => Content::Ints(
            items.iter().map(|item| item.known().map_or(Size::Unknown, |it| Size::Known((it != 0).into()))).collect(),
        ),
        (DType::F16 | DType::F32 | DType::F64 | DType::BF16, content) => match content.floats() {
            Some(floats) => Content::Floats(floats.into()),
            // A size that is not known stays one: it is cast back in the end.
            None => content,
        },
        (_, content) => content,
    };
    call.outputs.get_mut(0)?.content = Some(content);
    Some(())
}

/// `CastLike`: the elements are those of the second input.
pub fn cast_like(call: &mut Call) -> Option<()> {
    let dtype = call.dtype(1);
    retyped(call, dtype)
}

/// `RandomNormalLike` and its like: like the input, of a type that an attribute may name.
pub fn like(call: &mut Call) -> Option<()> {
    let dtype = call.type_named("dtype").or(call.dtype(0));
    retyped(call, dtype)
}

/// `QuantizeLinear`: of the type of the zero point.
pub fn quantize(call: &mut Call) -> Option<()> {
    let dtype = call.dtype(2).or(call.type_named("output_dtype")).or(Some(DType::U8));
    retyped(call, dtype)
}

/// `DequantizeLinear`: of the type of the scale.
pub fn dequantize(call: &mut Call) -> Option<()> {
    let dtype = call.type_named("output_dtype").or(call.dtype(1));
    retyped(call, dtype)
}

/// `DynamicQuantizeLinear`: bytes, a scale, and a zero point.
pub fn quantize_dynamically(call: &mut Call) -> Option<()> {
    retyped(call, Some(DType::U8))?;
    call.give(1, Some(DType::F32), Some(Vec::new()));
    call.give(2, Some(DType::U8), Some(Vec::new()));
    Some(())
}

/// Quantised sums and products of `com.microsoft`: `A, A_scale, A_zero, B, …`, of the type of `A`.
pub fn quantized_pair(call: &mut Call) -> Option<()> {
    let dims = call.broadcast(call.dims(0)?, call.dims(3)?);
    call.give(0, call.dtype(0), dims);
    Some(())
}

/// Element by element of all inputs together; of the type of the first.
pub fn combine(call: &mut Call) -> Option<()> {
    let dtype = call.dtype(0);
    combined(call, dtype)
}

/// The same; truth values.
pub fn compare(call: &mut Call) -> Option<()> {
    combined(call, Some(DType::Bool))
}

fn combined(call: &mut Call, dtype: Option<DType>) -> Option<()> {
    call.give(0, dtype, None);
    // Before version 7 the second input goes to an axis of the first.
    if call.flag("broadcast") {
        call.give(0, dtype, call.dims(0).map(<[Size]>::to_vec));
        return Some(());
    }
    let mut dims = call.dims(0)?.to_vec();
    for index in 1..call.inputs.len() {
        dims = call.broadcast(&dims, call.dims(index)?)?;
    }
    let content = folded(call, &dims);
    call.set(0, Fact { content, ..Fact::tensor(dtype, Some(dims)) });
    Some(())
}

/// `Where`.
pub fn choose(call: &mut Call) -> Option<()> {
    let dtype = call.dtype(1).or(call.dtype(2));
    call.give(0, dtype, None);
    let dims = call.broadcast(call.dims(0)?, call.dims(1)?)?;
    let dims = call.broadcast(&dims, call.dims(2)?)?;
    let small = (0..3).all(|index| call.has_content(index));
    let content = small.then(|| chosen(call, &dims)).flatten();
    call.set(0, Fact { content, ..Fact::tensor(dtype, Some(dims)) });
    Some(())
}

fn chosen(call: &Call, dims: &[Size]) -> Option<Content> {
    let (condition, yes, no) = (call.sizes(0)?, call.sizes(1)?, call.sizes(2)?);
    let places = |index: usize| spread(call.dims(index)?, dims);
    let (ask, from, or) = (places(0)?, places(1)?, places(2)?);
    let item = |((ask, from), or): ((&usize, &usize), &usize)| {
        Some(match condition.get(*ask)?.known() {
            Some(0) => *no.get(*or)?,
            Some(_) => *yes.get(*from)?,
            None => Size::Unknown,
        })
    };
    Some(Content::Ints(ask.iter().zip(&from).zip(&or).map(item).collect::<Option<_>>()?))
}

/// What two small inputs come to; none if that is not known.
fn folded(call: &Call, dims: &[Size]) -> Option<Content> {
    if !(call.inputs.len() == 2 && call.has_content(0) && call.has_content(1)) {
        return None;
    }
    let (from, or) = (spread(call.dims(0)?, dims)?, spread(call.dims(1)?, dims)?);
    let (a, b) = (call.content(0)?, call.content(1)?);
    let operator = &*call.node.operator;
    if let (Content::Ints(a), Content::Ints(b)) = (&a, &b) {
        let item = |(from, or): (&usize, &usize)| Some(whole(operator, a.get(*from)?, b.get(*or)?));
        return Some(Content::Ints(from.iter().zip(&or).map(item).collect::<Option<_>>()?));
    }
    let (a, b) = (a.floats()?, b.floats()?);
    let item = |(from, or): (&usize, &usize)| real(operator, *a.get(*from)?, *b.get(*or)?);
    Some(Content::Floats(from.iter().zip(&or).map(item).collect::<Option<_>>()?))
}

fn whole(operator: &str, a: &Size, b: &Size) -> Size {
    let both = a.known().zip(b.known());
    let truth = |test: fn(i64, i64) -> bool| both.map_or(Size::Unknown, |(a, b)| Size::Known(test(a, b).into()));
    let number = |of: fn(i64, i64) -> Option<i64>| both.and_then(|(a, b)| of(a, b)).map_or(Size::Unknown, Size::Known);
    match operator {
        "Add" => a.plus(b),
        "Sub" => a.minus(b),
        "Mul" => a.times(b),
        // Whole numbers are rounded towards 0.
        "Div" => match both {
            Some((a, b)) => a.checked_div(b).map_or(Size::Unknown, Size::Known),
            None => a.over(b),
        },
        "Mod" => number(i64::checked_rem_euclid),
        "Pow" => number(|a, b| a.checked_pow(u32::try_from(b).ok()?)),
        "Min" => number(|a, b| Some(a.min(b))),
        "Max" => number(|a, b| Some(a.max(b))),
        "Equal" if a == b && *a != Size::Unknown => Size::Known(1),
        // The size of a dimension is never the -1 or 0 that it is compared with to find what is left open.
        "Equal" => match (a, b) {
            (Size::Sum(_), Size::Known(known)) | (Size::Known(known), Size::Sum(_)) if *known < 0 => Size::Known(0),
            _ => truth(|a, b| a == b),
        },
        "Less" => truth(|a, b| a < b),
        "LessOrEqual" => truth(|a, b| a <= b),
        "Greater" => truth(|a, b| a > b),
        "GreaterOrEqual" => truth(|a, b| a >= b),
        "And" => truth(|a, b| a != 0 && b != 0),
        "Or" => truth(|a, b| a != 0 || b != 0),
        "Xor" => truth(|a, b| (a != 0) != (b != 0)),
        _ => Size::Unknown,
    }
}

fn real(operator: &str, a: f64, b: f64) -> Option<f64> {
    Some(match operator {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        "Div" => a / b,
        "Min" => a.min(b),
        "Max" => a.max(b),
        _ => return None,
    })
}

/// Functions of one small input.
pub fn apply(call: &mut Call) -> Option<()> {
    same(call)?;
    if !call.has_content(0) {
        return Some(());
    }
    let of: fn(f64) -> f64 = match &*call.node.operator {
        "Floor" => f64::floor,
        "Ceil" => f64::ceil,
        "Round" => f64::round_ties_even,
        "Sqrt" => f64::sqrt,
        "Neg" => |item| -item,
        "Abs" => f64::abs,
        "Not" => |item| f64::from(u8::from(item == 0.0)),
        _ => return Some(()),
    };
    let content = match call.content(0)? {
        Content::Floats(items) => Content::Floats(items.iter().map(|item| of(*item)).collect()),
        Content::Ints(items) => {
            let item = |item: &Size| item.known().map_or(Size::Unknown, |item| Size::Known(of(item as f64) as i64));
            Content::Ints(items.iter().map(item).collect())
        }
    };
    call.outputs.get_mut(0)?.content = Some(content);
    Some(())
}

/// Where each element of a tensor with dimensions `to` is in one with dimensions `from` that is spread to it; none if there are many.
pub fn spread(from: &[Size], to: &[Size]) -> Option<Vec<usize>> {
    let numbers = |dims: &[Size]| -> Option<Vec<usize>> {
        dims.iter().map(|size| size.known().and_then(|size| usize::try_from(size).ok())).collect()
    };
    let (from, to) = (numbers(from)?, numbers(to)?);
    let count = to.iter().try_fold(1usize, |product, size| product.checked_mul(*size))?;
    if count > Content::MOST || from.len() > to.len() {
        return None;
    }
    let lead = to.len() - from.len();
    let place = |mut index: usize| {
        let (mut at, mut step) = (0, 1);
        for axis in (0..to.len()).rev() {
            let along = index % to[axis];
            index /= to[axis];
            if axis >= lead && from[axis - lead] != 1 {
                at += along * step;
                step *= from[axis - lead];
            }
        }
        at
    };
    Some((0..count).map(place).collect())
}

/// `Expand`: spread to the shape that the second input holds.
pub fn expand(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    // How many numbers the shape has may be known, if not which.
    let to = call.sizes(1).or_else(|| {
        let rank = call.dims(1)?.first()?.known().filter(|rank| (0..=64).contains(rank))?;
        Some(vec![Size::Unknown; rank as usize].into())
    })?;
    let dims = broadcast(call.dims(0)?, &to).or_else(|why| call.refuse(why).ok_or(())).ok()?;
    let small = call.has_content(0).then(|| spread(call.dims(0)?, &dims)).flatten();
    let content = small.and_then(|places| call.content(0)?.pick(places.into_iter().map(Some)));
    call.set(0, Fact { content, ..Fact::tensor(call.dtype(0), Some(dims)) });
    Some(())
}
