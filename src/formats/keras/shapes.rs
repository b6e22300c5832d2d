//! What comes out of a layer, where that follows from its settings alone.
//!
//! Version 3 states the shape of each tensor that a layer is called with; what goes out of a model, and what is within older ones, follows from the
//! documented behaviour of the layers. Dimensions that are not known stay so; layers that are not here say nothing.

use super::config::Layer;
use super::layers::modern;
use super::lower::shape;
use crate::codec::document::Document;
use crate::model::{DType, Dim, Shape, Type};

/// The type of the first result of `layer`, called with tensors of the types `given`.
pub fn infer(layer: &Layer, given: &[Option<&Type>]) -> Option<Type> {
    let Some(Some(Type::Tensor { dtype, shape: Some(input) })) = given.first() else { return None };
    let shape = Shape(dims(layer, &input.0, given)?);
    // An embedding is called with whole numbers.
    let given = if layer.class == "Embedding" { DType::Unknown } else { *dtype };
    Some(Type::Tensor { dtype: super::lower::dtype(layer, &["dtype"]).unwrap_or(given), shape: Some(shape) })
}

fn dims(layer: &Layer, input: &[Dim], given: &[Option<&Type>]) -> Option<Vec<Dim>> {
    let class = modern(layer.class);
    if let Some(rest) = class.strip_prefix("Global") {
        return global(layer, rest, input);
    }
    match class {
        "Activation"
        | "ReLU"
        | "LeakyReLU"
        | "ELU"
        | "PReLU"
        | "Softmax"
        | "ThresholdedReLU"
        | "Dropout"
        | "SpatialDropout1D"
        | "SpatialDropout2D"
        | "SpatialDropout3D"
        | "GaussianDropout"
        | "GaussianNoise"
        | "AlphaDropout"
        | "Masking"
        | "ActivityRegularization"
        | "BatchNormalization"
        | "LayerNormalization"
        | "GroupNormalization"
        | "RMSNormalization"
        | "UnitNormalization"
        | "Normalization"
        | "Rescaling"
        | "Identity" => Some(input.to_vec()),
        "Add" | "Subtract" | "Multiply" | "Average" | "Maximum" | "Minimum" => equal(input, given),
        "Dense" => replaced(input, input.len().checked_sub(1)?, size(layer, &["units", "output_dim"])?),
        "Flatten" => Some(vec![input.first()?.clone(), product(input.get(1..)?)]),
        "Reshape" => reshaped(input, shape(layer.setting(&["target_shape"])?)?.0),
        "Permute" => {
            let order = layer.setting(&["dims"])?.items().iter();
            let order = order.map(|axis| input.get(usize::try_from(axis.int()?).ok()?).cloned());
            [input.first().cloned()].into_iter().chain(order).collect()
        }
        "RepeatVector" => match input {
            [batch, features] => Some(vec![batch.clone(), size(layer, &["n"])?, features.clone()]),
            _ => None,
        },
        "Embedding" => Some([input, &[size(layer, &["output_dim"])?]].concat()),
        "Concatenate" => joined(layer, input, given),
        "LSTM" | "GRU" | "SimpleRNN" | "CuDNNLSTM" | "CuDNNGRU" => recurrent(layer.config, input),
        "Bidirectional" => {
            let mut dims = recurrent(layer.part("layer")?.get("config")?, input)?;
            if layer.config.text_of("merge_mode") == Some("concat")
                && let Some(Dim::Known(size)) = dims.last_mut()
            {
                *size = size.checked_mul(2)?;
            }
            Some(dims)
        }
        "Conv1D" | "Conv2D" | "Conv3D" | "DepthwiseConv1D" | "DepthwiseConv2D" | "SeparableConv1D"
        | "SeparableConv2D" | "Conv1DTranspose" | "Conv2DTranspose" | "Conv3DTranspose" => {
            convolution(layer, class, input)
        }
        "MaxPooling1D" | "MaxPooling2D" | "MaxPooling3D" | "AveragePooling1D" | "AveragePooling2D"
        | "AveragePooling3D" => {
            let windows = sizes(layer, &["pool_size", "pool_length"], input.len().checked_sub(2)?)?;
            let strides = sizes(layer, &["strides", "stride"], windows.len()).unwrap_or_else(|| windows.clone());
            spatial(layer, input, |axis, size| window(layer, size, *windows.get(axis)?, *strides.get(axis)?))
        }
        "UpSampling1D" | "UpSampling2D" | "UpSampling3D" => {
            let factors = sizes(layer, &["size", "length"], input.len().checked_sub(2)?)?;
            spatial(layer, input, |axis, size| size.checked_mul(*factors.get(axis)?))
        }
        "ZeroPadding1D" | "ZeroPadding2D" | "ZeroPadding3D" => {
            let pads = borders(layer.setting(&["padding"])?, input.len().checked_sub(2)?)?;
            spatial(layer, input, |axis, size| size.checked_add(*pads.get(axis)?))
        }
        "Cropping1D" | "Cropping2D" | "Cropping3D" => {
            let crops = borders(layer.setting(&["cropping"])?, input.len().checked_sub(2)?)?;
            spatial(layer, input, |axis, size| size.checked_sub(*crops.get(axis)?))
        }
        _ => None,
    }
}

fn number(document: &Document) -> Option<u64> {
    u64::try_from(document.int()?).ok()
}

fn size(layer: &Layer, names: &[&str]) -> Option<Dim> {
    layer.setting(names).and_then(number).map(Dim::Known)
}

/// The setting that is a number for each of so many axes, or one for all.
fn sizes(layer: &Layer, names: &[&str], axes: usize) -> Option<Vec<u64>> {
    match layer.setting(names)? {
        Document::List(items) => {
            items.iter().map(number).collect::<Option<Vec<_>>>().filter(|sizes| sizes.len() == axes)
        }
        one => Some(vec![number(one)?; axes]),
    }
}

/// How much is at both ends of each axis together.
fn borders(setting: &Document, axes: usize) -> Option<Vec<u64>> {
    let ends = |border: &Document| match border.items() {
        [] => number(border)?.checked_mul(2),
        ends => ends.iter().map(number).sum(),
    };
    match setting.items() {
        [] => Some(vec![number(setting)?.checked_mul(2)?; axes]),
        // Of one axis, the two ends.
        both if axes == 1 && both.len() == 2 => Some(vec![both.iter().map(number).sum::<Option<u64>>()?]),
        each if each.len() == axes => each.iter().map(ends).collect(),
        _ => None,
    }
}

/// Whether channels come before the other dimensions.
fn channels_first(layer: &Layer) -> bool {
    layer.config.text_of("data_format") == Some("channels_first") || layer.config.text_of("dim_ordering") == Some("th")
}

/// `input` with each dimension between batch and channels, `axis` among these, as `each` says.
fn spatial(layer: &Layer, input: &[Dim], each: impl Fn(usize, u64) -> Option<u64>) -> Option<Vec<Dim>> {
    let first = if channels_first(layer) { 2 } else { 1 };
    let axes = first..first + input.len().checked_sub(2)?;
    let dim = |(place, dim): (usize, &Dim)| match dim {
        Dim::Known(size) if axes.contains(&place) => each(place - first, *size).map(Dim::Known),
        other => Some(other.clone()),
    };
    input.iter().enumerate().map(dim).collect()
}

/// How often a window of `length` fits, in steps of `stride`.
fn window(layer: &Layer, size: u64, length: u64, stride: u64) -> Option<u64> {
    match layer.config.text_of("padding").or_else(|| layer.config.text_of("border_mode"))? {
        "same" | "causal" => size.checked_add(stride.checked_sub(1)?)?.checked_div(stride),
        "valid" => (size.checked_sub(length)?).checked_div(stride)?.checked_add(1),
        _ => None,
    }
}

fn convolution(layer: &Layer, class: &str, input: &[Dim]) -> Option<Vec<Dim>> {
    let axes = input.len().checked_sub(2)?;
    let pair = || Some(vec![number(layer.setting(&["nb_row"])?)?, number(layer.setting(&["nb_col"])?)?]);
    let kernel = sizes(layer, &["kernel_size", "filter_length"], axes).or_else(pair)?;
    let strides = sizes(layer, &["strides", "subsample", "subsample_length"], axes).unwrap_or_else(|| vec![1; axes]);
    let dilation = sizes(layer, &["dilation_rate", "atrous_rate"], axes).unwrap_or_else(|| vec![1; axes]);
    let mut dims = spatial(layer, input, |axis, size| {
        let (stride, length) = (*strides.get(axis)?, *kernel.get(axis)?);
        let length = length.checked_sub(1)?.checked_mul(*dilation.get(axis)?)?.checked_add(1)?;
        if !class.ends_with("Transpose") {
            return window(layer, size, length, stride);
        }
        match layer.config.text_of("padding")? {
            _ if layer.config.get("output_padding").is_some() => None,
            "same" => size.checked_mul(stride),
            _ => size.checked_mul(stride)?.checked_add(length.saturating_sub(stride)),
        }
    })?;
    let axis = if channels_first(layer) { 1 } else { dims.len().checked_sub(1)? };
    let channels = if class.starts_with("Depthwise") {
        let multiplier = layer.setting(&["depth_multiplier"]).and_then(number).unwrap_or(1);
        match input.get(axis)? {
            Dim::Known(channels) => Dim::Known(channels.checked_mul(multiplier)?),
            other => other.clone(),
        }
    } else {
        size(layer, &["filters", "nb_filter"])?
    };
    *dims.get_mut(axis)? = channels;
    Some(dims)
}

fn global(layer: &Layer, class: &str, input: &[Dim]) -> Option<Vec<Dim>> {
    if !class.contains("Pool") {
        return None;
    }
    let channels = if channels_first(layer) { input.get(1)? } else { input.last()? };
    let keep = layer.config.get("keepdims").and_then(Document::bool) == Some(true);
    if !keep {
        return Some(vec![input.first()?.clone(), channels.clone()]);
    }
    spatial(layer, input, |_, _| Some(1))
}

fn recurrent(config: &Document, input: &[Dim]) -> Option<Vec<Dim>> {
    let [batch, time, _] = input else { return None };
    let units = Dim::Known(config.get("units").or_else(|| config.get("output_dim")).and_then(number)?);
    let all = config.get("return_sequences").and_then(Document::bool) == Some(true);
    Some(if all { vec![batch.clone(), time.clone(), units] } else { vec![batch.clone(), units] })
}

fn replaced(input: &[Dim], axis: usize, dim: Dim) -> Option<Vec<Dim>> {
    let mut dims = input.to_vec();
    *dims.get_mut(axis)? = dim;
    Some(dims)
}

fn product(dims: &[Dim]) -> Dim {
    let known = |dim: &Dim| if let Dim::Known(size) = dim { Some(*size) } else { None };
    let product = dims.iter().map(known).try_fold(1u64, |product, size| product.checked_mul(size?));
    product.map_or(Dim::Unknown, Dim::Known)
}

/// The batch and `target`, of which one dimension may follow from the others.
fn reshaped(input: &[Dim], target: Vec<Dim>) -> Option<Vec<Dim>> {
    let mut dims = target;
    if let (Dim::Known(whole), Some(open)) =
        (product(input.get(1..)?), dims.iter().position(|dim| *dim == Dim::Unknown))
    {
        let rest: Vec<Dim> =
            dims.iter().enumerate().filter(|(place, _)| *place != open).map(|(_, dim)| dim.clone()).collect();
        if let (Dim::Known(rest), Some(dim)) = (product(&rest), dims.get_mut(open)) {
            *dim = whole.checked_div(rest).map_or(Dim::Unknown, Dim::Known);
        }
    }
    Some([input.first().cloned()].into_iter().flatten().chain(dims).collect())
}

fn shapes<'a>(given: &'a [Option<&Type>]) -> impl Iterator<Item = Option<&'a Shape>> {
    given.iter().map(|ty| ty.and_then(Type::shape))
}

fn equal(input: &[Dim], given: &[Option<&Type>]) -> Option<Vec<Dim>> {
    shapes(given).all(|shape| shape.is_some_and(|shape| shape.0 == input)).then(|| input.to_vec())
}

fn joined(layer: &Layer, input: &[Dim], given: &[Option<&Type>]) -> Option<Vec<Dim>> {
    let axis = layer.setting(&["axis"])?.int()?;
    let axis = if axis < 0 { axis.checked_add(i64::try_from(input.len()).ok()?)? } else { axis };
    let axis = usize::try_from(axis).ok()?;
    let dims: Option<Vec<u64>> = shapes(given)
        .map(|shape| match shape?.0.get(axis)? {
            Dim::Known(size) => Some(*size),
            _ => None,
        })
        .collect();
    let sum = dims?.into_iter().try_fold(0u64, u64::checked_add)?;
    replaced(input, axis, Dim::Known(sum))
}
