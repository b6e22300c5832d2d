//! Operators of classical machine learning: `ai.onnx.ml`.

use super::call::Call;
use super::size::Size;
use crate::model::{DType, Literal};

/// The length of a list that an attribute holds.
fn length(call: &Call, names: &[&str]) -> Option<i64> {
    names.iter().find_map(|name| match call.attribute(name)? {
        Literal::List(items) => Some(items.len() as i64),
        Literal::Tensor(id) => call.model.tensors.get(*id)?.elements().map(|count| count as i64),
        _ => None,
    })
}

/// How many rows there are: a single one, if the input has one dimension.
fn rows(call: &Call) -> Size {
    match call.dims(0) {
        Some([_]) => Size::Known(1),
        Some([rows, ..]) => *rows,
        _ => Size::Unknown,
    }
}

/// `Normalizer`, `Scaler`: floats.
pub fn to_float(call: &mut Call) -> Option<()> {
    let dims = call.dims(0).map(<[Size]>::to_vec);
    call.give(0, Some(DType::F32), dims);
    Some(())
}

/// `LabelEncoder`, `CategoryMapper`: other names for the same.
pub fn rename(call: &mut Call) -> Option<()> {
    let dims = call.dims(0).map(<[Size]>::to_vec);
    let tensor = || call.model.tensors.get(call.tensor_named("values_tensor")?).map(|tensor| tensor.dtype);
    let has = |name: &str| call.attribute(name).is_some();
    let dtype = if &*call.node.operator == "CategoryMapper" {
        if call.dtype(0) == Some(DType::String) { Some(DType::I64) } else { Some(DType::String) }
    } else if has("values_strings") {
        Some(DType::String)
    } else if has("values_int64s") {
        Some(DType::I64)
    } else if has("values_floats") {
        Some(DType::F32)
    } else {
        // The first version goes between texts and numbers.
        tensor().or(if call.dtype(0) == Some(DType::String) { Some(DType::I64) } else { Some(DType::String) })
    };
    call.give(0, dtype, dims);
    Some(())
}

/// `OneHotEncoder`: a new dimension, as long as the list of categories.
pub fn one_hot(call: &mut Call) -> Option<()> {
    call.give(0, Some(DType::F32), None);
    let mut dims = call.dims(0)?.to_vec();
    dims.push(length(call, &["cats_int64s", "cats_strings"]).map_or(Size::Unknown, Size::Known));
    call.give(0, Some(DType::F32), Some(dims));
    Some(())
}

/// `ArrayFeatureExtractor`: columns.
pub fn columns(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let (lead, dims) = (call.dims(0)?, call.dims(1)?);
    let count = dims.last().cloned().unwrap_or(Size::Known(1));
    let lead = if lead.len() == 1 { vec![Size::Known(1)] } else { lead.get(..lead.len().checked_sub(1)?)?.to_vec() };
    call.give(0, call.dtype(0), Some([lead, vec![count]].concat()));
    Some(())
}

/// `FeatureVectorizer`: all columns side by side.
pub fn join(call: &mut Call) -> Option<()> {
    let width = call.list("inputdimensions").map_or(Size::Unknown, |dims| Size::Known(dims.into_iter().sum()));
    call.give(0, Some(DType::F32), Some(vec![rows(call), width]));
    Some(())
}

/// Classifiers: a label a row, and a score for each class.
pub fn classify(call: &mut Call) -> Option<()> {
    let texts = ["classlabels_strings", "class_labels_strings"];
    let numbers = ["classlabels_ints", "classlabels_int64s", "class_labels_int64s"];
    let named = length(call, &texts).filter(|count| *count > 0);
    let count = named.or_else(|| length(call, &numbers)).map_or(Size::Unknown, Size::Known);
    let label = if named.is_some() { DType::String } else { DType::I64 };
    call.give(0, Some(label), Some(vec![rows(call)]));
    call.give(1, Some(DType::F32), Some(vec![rows(call), count]));
    Some(())
}

/// Regressors: a number for each target.
pub fn regress(call: &mut Call) -> Option<()> {
    let targets = call.int("n_targets").or_else(|| call.int("targets")).unwrap_or(1);
    let dtype = if &*call.node.operator == "TreeEnsemble" { call.dtype(0) } else { Some(DType::F32) };
    call.give(0, dtype, Some(vec![rows(call), Size::Known(targets)]));
    Some(())
}
