//! Operators that move data: reshape, transpose, slice, gather, join and split.

use super::call::{Call, place};
use super::fact::{Content, Fact};
use super::size::{Size, product};
use crate::model::DType;
use std::rc::Rc;

/// Output 0: these dimensions, and what input 0 holds, in the same order.
fn rearranged(call: &mut Call, dims: Vec<Size>) -> Option<()> {
    let content = call.content(0);
    call.set(0, Fact { content, ..Fact::tensor(call.dtype(0), Some(dims)) });
    Some(())
}

/// `Reshape`: -1 is what is left, 0 is as before.
pub fn reshape(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let shape: Rc<[Size]> = match call.list("shape") {
        Some(shape) => shape.into_iter().map(Size::Known).collect(),
        None => match call.sizes(1) {
            Some(shape) => shape,
            None => {
                let rank = call
                    .dims(1)
                    .and_then(|dims| usize::try_from(dims.first()?.known()?).ok())
                    .filter(|rank| *rank <= 64)?;
                call.give(0, call.dtype(0), Some(vec![Size::Unknown; rank]));
                return Some(());
            }
        },
    };
    let zeros = call.flag("allowzero");
    let before = call.dims(0);
    let mut dims = Vec::with_capacity(shape.len());
    let mut open = None;
    for (at, size) in shape.iter().enumerate() {
        match size {
            Size::Known(-1) if open.is_some() => return call.refuse("more than one dimension is left open"),
            Size::Known(-1) => {
                open = Some(at);
                dims.push(Size::Unknown);
            }
            Size::Known(0) if !zeros => {
                dims.push(before.and_then(|before| before.get(at)).cloned().unwrap_or_default())
            }
            Size::Known(size) if *size < 0 => return call.refuse(format!("a dimension of {size}")),
            size => dims.push(*size),
        }
    }
    if let Some(before) = before {
        settle(call, &mut dims, open, before, &shape, zeros)?;
    }
    rearranged(call, dims)
}

/// Finds the dimension that is left open, or compares the numbers of elements.
fn settle(
    call: &mut Call,
    dims: &mut [Size],
    open: Option<usize>,
    before: &[Size],
    shape: &[Size],
    zeros: bool,
) -> Option<()> {
    // What is as before need not be known to be left out of both sides.
    let copied = |at: usize| !zeros && shape.get(at).is_some_and(|size| size.is(0)) && at < before.len();
    let all = product(before.iter().enumerate().filter(|(at, _)| !copied(*at)).map(|(_, size)| size));
    let others = dims.iter().enumerate().filter(|(at, _)| Some(*at) != open && !copied(*at)).map(|(_, size)| size);
    let others = product(others);
    match open {
        Some(at) => {
            let left = match (&all, &others) {
                (_, Size::Known(0)) => Size::Unknown,
                (Size::Known(all), Size::Known(others)) if all % others != 0 => {
                    return call.refuse(format!("{all} elements do not fill rows of {others}"));
                }
                _ => all.exactly_over(&others).unwrap_or_else(|| all.over(&others)),
            };
            *dims.get_mut(at)? = left;
        }
        None if all.contradicts(&others) => {
            return call.refuse(format!("{all} elements in a shape for {others}"));
        }
        None => {}
    }
    Some(())
}

/// `Flatten`.
pub fn flatten(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), Some(vec![Size::Unknown; 2]));
    let dims = call.dims(0)?;
    let axis = call.int("axis").unwrap_or(1);
    let axis = if axis == dims.len() as i64 { dims.len() } else { call.axis(axis, dims.len())? };
    let dims = vec![product(&dims[..axis]), product(&dims[axis..])];
    rearranged(call, dims)
}

/// The axes of an operator: an attribute, or the input `at`.
fn axes(call: &Call, at: usize) -> Option<Option<Vec<i64>>> {
    match (call.list("axes"), call.has(at)) {
        (Some(axes), _) => Some(Some(axes)),
        (None, true) => call.ints(at).map(Some),
        (None, false) => Some(None),
    }
}

/// `Squeeze`.
pub fn squeeze(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let dims = call.dims(0)?;
    let gone = match axes(call, 1)? {
        Some(axes) => call.axes(&axes, dims.len())?,
        None if dims.iter().all(|size| size.known().is_some()) => {
            (0..dims.len()).filter(|axis| dims[*axis].is(1)).collect()
        }
        None => return None,
    };
    if let Some(axis) = gone.iter().find(|axis| dims[**axis].known().is_some_and(|size| size != 1)) {
        return call.refuse(format!("axis {axis} has {} elements, so it cannot be left out", dims[*axis]));
    }
    let kept = dims.iter().enumerate().filter(|(axis, _)| !gone.contains(axis)).map(|(_, size)| *size).collect();
    rearranged(call, kept)
}

/// `Unsqueeze`.
pub fn unsqueeze(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let (dims, new) = (call.dims(0)?, axes(call, 1)??);
    let new = call.axes(&new, dims.len() + new.len())?;
    let mut old = dims.iter();
    let size = |axis: usize| if new.contains(&axis) { Some(Size::Known(1)) } else { old.next().cloned() };
    let dims = (0..dims.len() + new.len()).filter_map(size).collect();
    rearranged(call, dims)
}

/// `Transpose`.
pub fn transpose(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let dims = call.dims(0)?;
    let order = call.list("perm").unwrap_or_else(|| (0..dims.len() as i64).rev().collect());
    if order.len() != dims.len() {
        return call.refuse(format!("an order of {} axes for {} dimensions", order.len(), dims.len()));
    }
    let order = call.axes(&order, dims.len())?;
    let turned: Vec<Size> = order.iter().map(|axis| dims[*axis]).collect();
    if dims.len() < 2 {
        return rearranged(call, turned);
    }
    call.give(0, call.dtype(0), Some(turned));
    Some(())
}

/// `Shape`.
pub fn shape(call: &mut Call) -> Option<()> {
    call.give(0, Some(DType::I64), Some(vec![Size::Unknown]));
    let dims = call.dims(0)?;
    let count = dims.len() as i64;
    let bound = |at: i64| (if at < 0 { at + count } else { at }).clamp(0, count) as usize;
    let (start, end) = (bound(call.int("start").unwrap_or(0)), bound(call.int("end").unwrap_or(count)));
    let sizes = dims.get(start..end.max(start))?.to_vec();
    call.set(0, Fact::ints(DType::I64, sizes, false));
    Some(())
}

/// `Size`: how many elements there are.
pub fn size(call: &mut Call) -> Option<()> {
    let count = call.input(0).map(Fact::elements).unwrap_or_default();
    call.set(0, Fact::ints(DType::I64, vec![count], true));
    Some(())
}

/// `Concat`, and `ConcatFromSequence` for what is known of a list.
pub fn concat(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let mut dims = call.dims(0)?.to_vec();
    let axis = call.axis(call.int("axis").unwrap_or(1), dims.len())?;
    let mut content = Some(Vec::new());
    for index in 0..call.inputs.len() {
        let Some(other) = call.dims(index) else {
            dims[axis] = Size::Unknown;
            content = None;
            continue;
        };
        if other.len() != dims.len() {
            return call.refuse(format!(
                "input {} has {} dimensions, the first has {}",
                index + 1,
                other.len(),
                dims.len()
            ));
        }
        for (at, size) in other.iter().enumerate() {
            if at == axis {
                dims[at] = if index == 0 { *size } else { dims[at].plus(size) };
            } else if dims[at].contradicts(size) {
                return call.refuse(format!("inputs have {} and {size} elements along axis {at}", dims[at]));
            } else {
                dims[at] = dims[at].or(size);
            }
        }
        content = content.filter(|_| dims.len() == 1 && call.has_content(index));
        content = content.and_then(|so_far| Some([so_far, call.sizes(index)?.to_vec()].concat()));
    }
    let content = content.filter(|items| items.len() <= Content::MOST).map(|items| Content::Ints(items.into()));
    call.set(0, Fact { content, ..Fact::tensor(call.dtype(0), Some(dims)) });
    Some(())
}

/// `Split`.
pub fn split(call: &mut Call) -> Option<()> {
    let count = call.outputs.len();
    (0..count).for_each(|index| call.give(index, call.dtype(0), None));
    let dims = call.dims(0)?;
    let axis = call.axis(call.int("axis").unwrap_or(0), dims.len())?;
    let sizes: Option<Vec<Size>> = match (call.list("split"), call.has(1)) {
        (Some(sizes), _) => Some(sizes.into_iter().map(Size::Known).collect()),
        (None, true) => call.sizes(1).map(|sizes| sizes.to_vec()),
        (None, false) => {
            let parts = Size::Known(call.int("num_outputs").unwrap_or(count as i64));
            let each = dims[axis].over_up(&parts);
            let mut sizes = vec![each; count];
            if let (Some(whole), Some(each), Some(last)) = (dims[axis].known(), each.known(), sizes.last_mut()) {
                *last = Size::Known(whole - each * (count as i64 - 1));
            }
            if dims[axis].known().is_none() && dims[axis].exactly_over(&parts).is_none() {
                sizes.fill(Size::Unknown);
            }
            Some(sizes)
        }
    };
    if let Some(sizes) = &sizes {
        let sum = sizes.iter().fold(Size::Known(0), |sum, size| sum.plus(size));
        if sizes.len() == count && sum.contradicts(&dims[axis]) {
            return call.refuse(format!("parts of {sum} elements together, of {}", dims[axis]));
        }
    }
    let content = if dims.len() == 1 { call.content(0) } else { None };
    let mut at = 0;
    for index in 0..count {
        let size = sizes.as_ref().and_then(|sizes| sizes.get(index)).cloned().unwrap_or_default();
        let mut part = dims.to_vec();
        let len = size.known().and_then(|size| usize::try_from(size).ok());
        let own = content.as_ref().zip(len).and_then(|(content, len)| content.pick((at..at + len).map(Some)));
        at += len.unwrap_or(0);
        part[axis] = size;
        call.set(index, Fact { content: own, ..Fact::tensor(call.dtype(0), Some(part)) });
    }
    Some(())
}

/// `Slice`: attributes up to version 9, inputs since.
pub fn slice(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let dims = call.dims(0)?;
    let rank = dims.len();
    let known = |list: Vec<i64>| list.into_iter().map(Size::Known).collect::<Rc<[Size]>>();
    let old = call.list("starts").is_some();
    let (starts, ends) = match old {
        true => (call.list("starts").map(known), call.list("ends").map(known)),
        false => (call.sizes(1), call.sizes(2)),
    };
    let axes = if old { call.list("axes") } else { None };
    let axes = match axes.or_else(|| if call.has(3) { call.ints(3) } else { None }) {
        Some(axes) => call.axes(&axes, rank)?,
        None if call.has(3) => {
            call.give(0, call.dtype(0), Some(vec![Size::Unknown; rank]));
            return Some(());
        }
        None => {
            let count = starts.as_ref().map(|starts| starts.len());
            let stated = call.dims(1).and_then(|dims| usize::try_from(dims.first()?.known()?).ok());
            (0..count.or(stated).unwrap_or(rank).min(rank)).collect()
        }
    };
    let steps = if call.has(4) { call.ints(4) } else { Some(vec![1; axes.len()]) };
    let mut out = dims.to_vec();
    let mut ranges = Vec::new();
    for (at, axis) in axes.iter().enumerate() {
        let bound =
            |list: &Option<Rc<[Size]>>| list.as_ref().and_then(|list| list.get(at)).cloned().unwrap_or_default();
        let step = steps.as_ref().and_then(|steps| steps.get(at)).copied();
        if step == Some(0) {
            return call.refuse("steps of 0");
        }
        let (size, first) = cut(&dims[*axis], &bound(&starts), &bound(&ends), step);
        ranges.push((first, step, size.known()));
        out[*axis] = size;
    }
    let content = match (&*ranges, rank) {
        ([(Some(first), Some(step), Some(count))], 1) if call.has_content(0) => {
            let place = |index: i64| usize::try_from(first.checked_add(index.checked_mul(*step)?)?).ok();
            call.content(0).and_then(|content| content.pick((0..*count).map(place)))
        }
        _ => None,
    };
    call.set(0, Fact { content, ..Fact::tensor(call.dtype(0), Some(out)) });
    Some(())
}

/// How many of `size` elements are from `start` to `end` in steps, and which is the first.
fn cut(size: &Size, start: &Size, end: &Size, step: Option<i64>) -> (Size, Option<i64>) {
    let Some(step) = step else { return (Size::Unknown, None) };
    if let (Some(size), Some(start), Some(end)) = (size.known(), start.known(), end.known()) {
        let from_end = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
        let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
        let (start, end) = (
            from_end(start).clamp(low.max(0).min(high.max(0)), high.max(low)),
            from_end(end).clamp(low, high.max(low)),
        );
        let span = if step > 0 { end - start } else { start - end };
        let count = if span <= 0 { 0 } else { (span - 1) / step.abs() + 1 };
        return (Size::Known(count), Some(start));
    }
    // What reaches over the end ends there.
    const FAR: i64 = i32::MAX as i64;
    let all = end.known().is_some_and(|end| end >= FAR) || end == size;
    let first = start.known().filter(|start| *start >= 0);
    let counted = |count: Size| if step == 1 { count } else { count.over_up(&Size::Known(step)) };
    let count = match (start.known(), end.known()) {
        (Some(0), _) if step == 1 && all => *size,
        (Some(start), _) if step > 0 && all && start >= 0 => counted(size.minus(&Size::Known(start))),
        (Some(start), _) if step == 1 && all && start < 0 => Size::Known(-start),
        // What is cut off at the end of a size that has a name.
        (Some(start), Some(end)) if step > 0 && start >= 0 && end < 0 => {
            counted(size.plus(&Size::Known(end)).minus(&Size::Known(start)))
        }
        (Some(start), Some(end)) if step > 0 && start < 0 && end < 0 && end > start => {
            counted(Size::Known(end - start))
        }
        (Some(-1), _) if step == -1 && end.known().is_some_and(|end| end <= -FAR) => *size,
        // Both ends are computed: they are meant to be within.
        _ if step == 1 && matches!((start, end), (Size::Sum(_), Size::Sum(_)) | (Size::Known(0), Size::Sum(_))) => {
            end.minus(start)
        }
        _ => Size::Unknown,
    };
    (count, first)
}

/// `Gather`: the dimensions of the indices in place of one.
pub fn gather(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let (dims, indices) = (call.dims(0)?, call.dims(1)?);
    let axis = call.axis(call.int("axis").unwrap_or(0), dims.len())?;
    let out = [&dims[..axis], indices, &dims[axis + 1..]].concat();
    let small = dims.len() == 1 && call.has_content(0) && call.has_content(1);
    let content = if small { picked(call) } else { None };
    call.set(0, Fact { content, ..Fact::tensor(call.dtype(0), Some(out)) });
    Some(())
}

fn picked(call: &Call) -> Option<Content> {
    let (content, places) = (call.content(0)?, call.ints(1)?);
    let count = content.count();
    content.pick(places.into_iter().map(|at| place(at, count)))
}

/// `GatherElements` and its like: as many as there are indices.
pub fn gather_elements(call: &mut Call) -> Option<()> {
    let dims = call.dims(1).map(<[Size]>::to_vec);
    call.give(0, call.dtype(0), dims);
    Some(())
}

/// `GatherND`: the last dimension of the indices says how many dimensions are gone.
pub fn gather_nd(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let (dims, indices) = (call.dims(0)?, call.dims(1)?);
    let batch = usize::try_from(call.int("batch_dims").unwrap_or(0)).ok()?;
    let (last, outer) = indices.split_last()?;
    let gone = usize::try_from(last.known()?).ok()?;
    let Some(rest) = dims.get(batch.checked_add(gone)?..) else {
        return call.refuse(format!("indices of {gone} numbers, the data has {} dimensions", dims.len()));
    };
    call.give(0, call.dtype(0), Some([outer, rest].concat()));
    Some(())
}

/// `Tile`: so many times along each dimension.
pub fn tile(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let dims = call.dims(0)?;
    let times = call.sizes(1);
    let size = |(axis, size): (usize, &Size)| {
        times.as_ref().and_then(|times| times.get(axis)).map_or(Size::Unknown, |times| size.times(times))
    };
    call.give(0, call.dtype(0), Some(dims.iter().enumerate().map(size).collect()));
    Some(())
}

/// `OneHot`: a new dimension, as long as the depth.
pub fn one_hot(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(2), None);
    let mut dims = call.dims(0)?.to_vec();
    let axis = call.axis(call.int("axis").unwrap_or(-1), dims.len() + 1)?;
    dims.insert(axis, call.single(1).unwrap_or_default());
    call.give(0, call.dtype(2), Some(dims));
    Some(())
}
