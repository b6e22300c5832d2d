//! Operators that sum up along axes, and those that look for places.

use super::call::Call;
use super::fact::{Content, Fact};
use super::size::Size;
use crate::model::DType;

/// `ReduceSum` and its like: the axes are an attribute, or the second input.
pub fn reduce(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let dims = call.dims(0)?;
    let keep = call.int("keepdims") != Some(0);
    let axes = match call.list("axes") {
        Some(axes) => Some(axes),
        None if call.has(1) => match call.ints(1) {
            Some(axes) => Some(axes),
            None if keep => {
                call.give(0, call.dtype(0), Some(vec![Size::Unknown; dims.len()]));
                return Some(());
            }
            None => return None,
        },
        None => None,
    };
    let axes = match axes.filter(|axes| !axes.is_empty()) {
        Some(axes) => call.axes(&axes, dims.len())?,
        None if call.flag("noop_with_empty_axes") => return super::pointwise::identity(call),
        None => (0..dims.len()).collect(),
    };
    let all = axes.len() == dims.len();
    let content = if all && call.has_content(0) { total(call).map(|sum| vec![sum]) } else { None };
    let content = content.map(|items| Content::Ints(items.into()));
    let dims = without(dims, &axes, keep);
    call.set(0, Fact { content, ..Fact::tensor(call.dtype(0), Some(dims)) });
    Some(())
}

/// What whole numbers come to.
fn total(call: &Call) -> Option<Size> {
    let items = call.sizes(0)?;
    let known = || items.iter().map(Size::known).collect::<Option<Vec<i64>>>();
    Some(match &*call.node.operator {
        "ReduceProd" => super::size::product(items.iter()),
        "ReduceSum" => items.iter().fold(Size::Known(0), |sum, item| sum.plus(item)),
        "ReduceMax" => Size::Known(known()?.into_iter().max()?),
        "ReduceMin" => Size::Known(known()?.into_iter().min()?),
        _ => return None,
    })
}

fn without(dims: &[Size], axes: &[usize], keep: bool) -> Vec<Size> {
    let kept = |(at, size): (usize, &Size)| match (axes.contains(&at), keep) {
        (false, _) => Some(*size),
        (true, true) => Some(Size::Known(1)),
        (true, false) => None,
    };
    dims.iter().enumerate().filter_map(kept).collect()
}

/// `ArgMax`, `ArgMin`.
pub fn place(call: &mut Call) -> Option<()> {
    call.give(0, Some(DType::I64), None);
    let dims = call.dims(0)?;
    let axis = call.axis(call.int("axis").unwrap_or(0), dims.len())?;
    call.give(0, Some(DType::I64), Some(without(dims, &[axis], call.int("keepdims") != Some(0))));
    Some(())
}

/// `TopK`: values and their places.
pub fn top(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    call.give(1, Some(DType::I64), None);
    let mut dims = call.dims(0)?.to_vec();
    let axis = call.axis(call.int("axis").unwrap_or(-1), dims.len())?;
    let count = call.int("k").map(Size::Known).or_else(|| call.single(1)).unwrap_or_default();
    *dims.get_mut(axis)? = count;
    call.give(0, call.dtype(0), Some(dims.clone()));
    call.give(1, Some(DType::I64), Some(dims));
    Some(())
}

/// `NonZero`: the coordinates of what is not zero.
pub fn non_zero(call: &mut Call) -> Option<()> {
    let rank = call.rank(0).map_or(Size::Unknown, |rank| Size::Known(rank as i64));
    call.give(0, Some(DType::I64), Some(vec![rank, Size::Unknown]));
    if call.rank(0) != Some(1) || !call.has_content(0) {
        return Some(());
    }
    let items: Vec<i64> = call.ints(0)?;
    let places: Vec<Size> =
        items.iter().enumerate().filter(|(_, item)| **item != 0).map(|(at, _)| Size::Known(at as i64)).collect();
    let dims = vec![Size::Known(1), Size::Known(places.len() as i64)];
    let content = Some(Content::Ints(places.into()));
    call.set(0, Fact { content, ..Fact::tensor(Some(DType::I64), Some(dims)) });
    Some(())
}

/// `Unique`: how many there are is not known before.
pub fn unique(call: &mut Call) -> Option<()> {
    let open = || Some(vec![Size::Unknown]);
    for index in 1..4 {
        call.give(index, Some(DType::I64), open());
    }
    call.give(0, call.dtype(0), None);
    let Some(axis) = call.int("axis") else {
        call.give(0, call.dtype(0), open());
        return Some(());
    };
    let mut dims = call.dims(0)?.to_vec();
    let axis = call.axis(axis, dims.len())?;
    *dims.get_mut(axis)? = Size::Unknown;
    call.give(0, call.dtype(0), Some(dims));
    Some(())
}

/// `Compress`: how many are kept is not known before.
pub fn compress(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let Some(axis) = call.int("axis") else {
        call.give(0, call.dtype(0), Some(vec![Size::Unknown]));
        return Some(());
    };
    let mut dims = call.dims(0)?.to_vec();
    let axis = call.axis(axis, dims.len())?;
    *dims.get_mut(axis)? = Size::Unknown;
    call.give(0, call.dtype(0), Some(dims));
    Some(())
}

/// `NonMaxSuppression`: three numbers for each box that is left.
pub fn suppress(call: &mut Call) -> Option<()> {
    call.give(0, Some(DType::I64), Some(vec![Size::Unknown, Size::Known(3)]));
    Some(())
}

/// `NegativeLogLikelihoodLoss` and `SoftmaxCrossEntropyLoss`.
pub fn loss(call: &mut Call) -> Option<()> {
    let mean = call.text("reduction").unwrap_or("mean") != "none";
    let dims = if mean { Some(Vec::new()) } else { call.dims(1).map(<[Size]>::to_vec) };
    call.give(0, call.dtype(0), dims);
    call.same(1, 0);
    Some(())
}
