//! Lists, and values that may be missing.

use super::call::{Call, place};
use super::fact::{Fact, Kind};
use super::size::Size;
use crate::model::{DType, Type};
use std::rc::Rc;

/// What is known of a tensor in a list: the sizes that all have.
fn member(facts: impl Iterator<Item = Fact>) -> Option<Fact> {
    facts.map(|fact| Fact { content: None, ..fact }).reduce(|a, b| {
        let both = a.and(&b);
        Fact { dtype: both.dtype.or(a.dtype), ..both }
    })
}

/// `SequenceConstruct`.
pub fn list(call: &mut Call) -> Option<()> {
    let facts: Option<Vec<Fact>> = (0..call.inputs.len()).map(|index| call.input(index).cloned()).collect();
    let inside = member(facts?.into_iter())?;
    call.set(0, Fact::sequence(inside));
    Some(())
}

/// `SequenceEmpty`.
pub fn empty(call: &mut Call) -> Option<()> {
    let dtype = call.type_named("dtype").or(Some(DType::F32));
    call.set(0, Fact::sequence(Fact::tensor(dtype, None)));
    Some(())
}

/// `SequenceInsert`.
pub fn insert(call: &mut Call) -> Option<()> {
    let new = call.input(1)?.clone();
    let inside = match call.inside(0) {
        Some(inside) if inside.dims.is_none() => Fact::tensor(inside.dtype.or(new.dtype), None),
        Some(inside) => member([inside.clone(), new].into_iter())?,
        None => Fact::tensor(new.dtype, None),
    };
    call.set(0, Fact::sequence(inside));
    Some(())
}

/// `SequenceAt`, `OptionalGetElement`: what is inside.
pub fn element(call: &mut Call) -> Option<()> {
    match call.inside(0) {
        Some(inside) => call.set(0, inside.clone()),
        // Since version 18 a value that is not optional goes through.
        None => call.same(0, 0),
    }
    Some(())
}

/// `SequenceLength`, `OptionalHasElement`: a single element of this type.
pub fn length(call: &mut Call) -> Option<()> {
    let dtype = if &*call.node.operator == "SequenceLength" { DType::I64 } else { DType::Bool };
    call.give(0, Some(dtype), Some(Vec::new()));
    Some(())
}

/// `Optional`: the input, or nothing of a type that an attribute states.
pub fn optional(call: &mut Call) -> Option<()> {
    let inside = match (call.input(0), call.attribute("type")) {
        (Some(input), _) => Fact { content: None, ..input.clone() },
        (None, Some(crate::model::Literal::Type(ty))) => Fact::of(ty, &|_| None),
        _ => return None,
    };
    call.set(0, Fact { kind: Kind::Optional(Rc::new(inside)), ..Fact::default() });
    Some(())
}

/// `SplitToSequence`.
pub fn split(call: &mut Call) -> Option<()> {
    call.set(0, Fact::sequence(Fact::tensor(call.dtype(0), None)));
    let mut dims = call.dims(0)?.to_vec();
    let axis = place(call.int("axis").unwrap_or(0), dims.len())?;
    let size = match call.has(1) {
        false if call.int("keepdims") == Some(0) => None,
        false => Some(Size::Known(1)),
        true => Some(match (call.rank(1), call.sizes(1)) {
            (Some(0), Some(sizes)) => {
                let size = sizes.first()?;
                let even = dims[axis].known().zip(size.known()).is_some_and(|(all, each)| each > 0 && all % each == 0);
                if even { *size } else { Size::Unknown }
            }
            (_, Some(sizes)) => {
                let first = sizes.first()?;
                if sizes.iter().all(|size| size == first) { *first } else { Size::Unknown }
            }
            _ => Size::Unknown,
        }),
    };
    match size {
        Some(size) => dims[axis] = size,
        None => drop(dims.remove(axis)),
    }
    call.set(0, Fact::sequence(Fact::tensor(call.dtype(0), Some(dims))));
    Some(())
}

/// `ConcatFromSequence`.
pub fn join(call: &mut Call) -> Option<()> {
    let inside = call.inside(0)?;
    call.give(0, inside.dtype, None);
    let mut dims = inside.dims.as_deref()?.to_vec();
    if call.flag("new_axis") {
        let axis = call.axis(call.int("axis")?, dims.len() + 1)?;
        dims.insert(axis, Size::Unknown);
    } else {
        let axis = call.axis(call.int("axis")?, dims.len())?;
        dims[axis] = Size::Unknown;
    }
    call.give(0, inside.dtype, Some(dims));
    Some(())
}

/// `ZipMap`: a list of dictionaries from class to score.
pub fn zip_map(call: &mut Call) -> Option<()> {
    let key = if call.attribute("classlabels_strings").is_some() { DType::String } else { DType::I64 };
    let score = Type::Tensor { dtype: DType::F32, shape: None };
    let map = Type::Map(key, Box::new(score));
    call.set(0, Fact { kind: Kind::Other(Rc::new(Type::Sequence(Box::new(map)))), ..Fact::default() });
    Some(())
}
