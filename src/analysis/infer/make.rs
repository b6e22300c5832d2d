//! Operators that make tensors of nothing, or of a few numbers.

use super::call::Call;
use super::fact::{Content, Fact};
use super::size::Size;
use crate::model::{DType, Literal};

/// `Constant`: one of its attributes.
pub fn constant(call: &mut Call) -> Option<()> {
    if let Some(id) = call.tensor_named("value").or_else(|| call.tensor_named("sparse_value")) {
        let tensor = call.model.tensors.get(id)?;
        let dims = tensor.shape.iter().map(|size| i64::try_from(*size).map_or(Size::Unknown, Size::Known)).collect();
        let content = call.constants.content(id);
        call.set(0, Fact { content, ..Fact::tensor(Some(tensor.dtype), Some(dims)) });
        return Some(());
    }
    for (name, dtype) in [("value_int", DType::I64), ("value_ints", DType::I64)] {
        let items = call.int(name).map(|item| vec![item]).or_else(|| call.list(name));
        if let Some(items) = items {
            let items = items.into_iter().map(Size::Known).collect();
            call.set(0, Fact::ints(dtype, items, name == "value_int"));
            return Some(());
        }
    }
    if let Some(Literal::Float(value)) = call.attribute("value_float") {
        let content = Some(Content::Floats([f64::from(*value)].into()));
        call.set(0, Fact { content, ..Fact::tensor(Some(DType::F32), Some(Vec::new())) });
    } else if let Some(items) = call.floats("value_floats") {
        let dims = vec![Size::Known(items.len() as i64)];
        let content = (items.len() <= Content::MOST).then(|| Content::Floats(items.into()));
        call.set(0, Fact { content, ..Fact::tensor(Some(DType::F32), Some(dims)) });
    } else if call.attribute("value_string").is_some() {
        call.give(0, Some(DType::String), Some(Vec::new()));
    } else if let Some(Literal::List(items)) = call.attribute("value_strings") {
        call.give(0, Some(DType::String), Some(vec![Size::Known(items.len() as i64)]));
    }
    Some(())
}

/// `ConstantOfShape`: the shape is the input.
pub fn constant_of_shape(call: &mut Call) -> Option<()> {
    let value = call.tensor_named("value");
    let dtype = value.and_then(|id| call.model.tensors.get(id)).map_or(DType::F32, |tensor| tensor.dtype);
    call.give(0, Some(dtype), None);
    let Some(shape) = call.sizes(0) else {
        let rank =
            call.dims(0).and_then(|dims| usize::try_from(dims.first()?.known()?).ok()).filter(|rank| *rank <= 64)?;
        call.give(0, Some(dtype), Some(vec![Size::Unknown; rank]));
        return Some(());
    };
    if let Some(size) = shape.iter().find(|size| size.known().is_some_and(|size| size < 0)) {
        return call.refuse(format!("a dimension of {size}"));
    }
    let count = super::size::product(shape.iter()).known().filter(|count| *count <= Content::MOST as i64);
    let content = count.and_then(|count| {
        let fill = match value {
            Some(id) => call.constants.content(id)?,
            None => Content::Floats([0.0].into()),
        };
        fill.pick((0..count).map(|_| Some(0)))
    });
    call.set(0, Fact { content, ..Fact::tensor(Some(dtype), Some(shape.to_vec())) });
    Some(())
}

/// `Range`: from, to, and in which steps.
pub fn range(call: &mut Call) -> Option<()> {
    let dtype = call.dtype(0);
    call.give(0, dtype, Some(vec![Size::Unknown]));
    if let (Some(start), Some(limit), Some(step)) = (call.single(0), call.single(1), call.single(2)) {
        let span = limit.minus(&start);
        let count = match (span.known(), step.known()) {
            (_, Some(0)) => return call.refuse("steps of 0"),
            (Some(span), Some(step)) => {
                Size::Known(if (span > 0) == (step > 0) { (span.abs() + step.abs() - 1) / step.abs() } else { 0 })
            }
            (None, Some(1)) => span,
            (None, Some(_)) => span.over_up(&step),
            _ => Size::Unknown,
        };
        let few = count.known().filter(|count| *count <= Content::MOST as i64);
        let content =
            few.map(|few| Content::Ints((0..few).map(|at| start.plus(&step.times(&Size::Known(at)))).collect()));
        call.set(0, Fact { content, ..Fact::tensor(dtype, Some(vec![count])) });
        return Some(());
    }
    let number = |index: usize| call.content(index)?.floats()?.first().copied();
    let (start, limit, step) = (number(0)?, number(1)?, number(2)?);
    let count = ((limit - start) / step).ceil().max(0.0);
    if count.is_finite() {
        call.give(0, dtype, Some(vec![Size::Known(count as i64)]));
    }
    Some(())
}

/// `RandomNormal`, `RandomUniform`: the attributes say what.
pub fn random(call: &mut Call) -> Option<()> {
    let dtype = call.type_named("dtype").or(Some(DType::F32));
    let dims = call.list("shape").map(|dims| dims.into_iter().map(Size::Known).collect());
    call.give(0, dtype, dims);
    Some(())
}

/// `Multinomial`: so many samples a row.
pub fn multinomial(call: &mut Call) -> Option<()> {
    let dtype = call.type_named("dtype").or(Some(DType::I32));
    let batch = call.dims(0).and_then(|dims| dims.first()).cloned().unwrap_or_default();
    call.give(0, dtype, Some(vec![batch, Size::Known(call.int("sample_size").unwrap_or(1))]));
    Some(())
}

/// `TfIdfVectorizer`: as many numbers as the largest index says.
pub fn count_words(call: &mut Call) -> Option<()> {
    call.give(0, Some(DType::F32), None);
    let width = call.list("ngram_indexes")?.into_iter().max()?.checked_add(1)?;
    let dims = call.dims(0)?;
    let lead = dims.get(..dims.len().checked_sub(1)?)?;
    call.give(0, Some(DType::F32), Some([lead, &[Size::Known(width)]].concat()));
    Some(())
}

/// `StringNormalizer`: words may be left out.
pub fn normalize_text(call: &mut Call) -> Option<()> {
    call.give(0, Some(DType::String), None);
    let mut dims = call.dims(0)?.to_vec();
    if call.attribute("stopwords").is_some() {
        *dims.last_mut()? = Size::Unknown;
    }
    call.give(0, Some(DType::String), Some(dims));
    Some(())
}

/// `StringSplit`: pieces, and how many there are.
pub fn split_text(call: &mut Call) -> Option<()> {
    let dims = call.dims(0).map(<[Size]>::to_vec);
    let pieces = dims.clone().map(|mut dims| {
        dims.push(Size::Unknown);
        dims
    });
    call.give(0, Some(DType::String), pieces);
    call.give(1, Some(DType::I64), dims);
    Some(())
}
