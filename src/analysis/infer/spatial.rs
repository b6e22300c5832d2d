//! Convolutions, pooling, resampling: operators on images and signals, as batch × channels × space.

use super::call::Call;
use super::size::Size;
use crate::model::DType;

/// How a window goes over the dimensions of space.
struct Window {
    kernel: Vec<Size>,
    strides: Vec<i64>,
    dilations: Vec<i64>,
    /// At the beginning of each dimension, then at the end of each.
    pads: Vec<i64>,
    /// `SAME_UPPER` and the like; empty where pads are given.
    auto: String,
    ceil: bool,
}

impl Window {
    fn of(call: &Call, kernel: Vec<Size>) -> Self {
        let count = kernel.len();
        let list = |name: &str, absent: i64, count: usize| {
            call.list(name).filter(|list| list.len() == count).unwrap_or_else(|| vec![absent; count])
        };
        let auto = call.text("auto_pad").filter(|auto| *auto != "NOTSET").unwrap_or_default().to_owned();
        Self {
            strides: list("strides", 1, count),
            dilations: list("dilations", 1, count),
            pads: list("pads", 0, 2 * count),
            auto,
            ceil: call.flag("ceil_mode"),
            kernel,
        }
    }

    /// How often the window fits along dimension `axis` of space, which has `size` elements.
    fn slide(&self, axis: usize, size: &Size) -> Size {
        let at = |list: &[i64], axis: usize| Size::Known(list.get(axis).copied().unwrap_or(1));
        let (stride, dilation) = (at(&self.strides, axis), at(&self.dilations, axis));
        let kernel = self.kernel.get(axis).cloned().unwrap_or_default();
        let one = Size::Known(1);
        if self.auto.starts_with("SAME") {
            return size.over_up(&stride);
        }
        let valid = self.auto == "VALID";
        let pad = |at: usize| if valid { Size::Known(0) } else { Size::Known(self.pads.get(at).copied().unwrap_or(0)) };
        let (begin, end) = (pad(axis), pad(axis + self.kernel.len()));
        let reach = kernel.minus(&one).times(&dilation).plus(&one);
        let room = size.plus(&begin).plus(&end).minus(&reach);
        if !self.ceil {
            return room.over(&stride).plus(&one);
        }
        let count = room.over_up(&stride).plus(&one);
        // A window that would begin in the padding at the end is left out.
        match (count.known(), stride.known(), size.plus(&begin).known()) {
            (Some(count), Some(stride), Some(inside)) if (count - 1).saturating_mul(stride) >= inside => {
                Size::Known(count - 1)
            }
            _ => count,
        }
    }
}

fn sizes(list: Vec<i64>) -> Vec<Size> {
    list.into_iter().map(Size::Known).collect()
}

/// `Conv`.
pub fn conv(call: &mut Call) -> Option<()> {
    convolve(call, 0, 1, call.dtype(0))
}

/// `ConvInteger`.
pub fn conv_integer(call: &mut Call) -> Option<()> {
    convolve(call, 0, 1, Some(DType::I32))
}

/// `QLinearConv`: of the type of the output's zero point.
pub fn conv_quantized(call: &mut Call) -> Option<()> {
    let dtype = call.dtype(7).or(call.dtype(0));
    convolve(call, 0, 3, dtype)
}

fn convolve(call: &mut Call, input: usize, weights: usize, dtype: Option<DType>) -> Option<()> {
    call.give(0, dtype, None);
    let rank = call.rank(input).or(call.rank(weights))?;
    let unknown = vec![Size::Unknown; rank];
    let (dims, kernel) = (call.dims(input).unwrap_or(&unknown), call.dims(weights).unwrap_or(&unknown));
    if kernel.len() != rank || rank < 2 {
        return call.refuse(format!("an input of {rank} dimensions, weights of {}", kernel.len()));
    }
    let group = Size::Known(call.int("group").unwrap_or(1));
    let wanted = kernel[1].times(&group);
    if dims[1].contradicts(&wanted) {
        return call.refuse(format!("the input has {} channels, the weights are for {wanted}", dims[1]));
    }
    let kernel_shape = call.list("kernel_shape").filter(|list| list.len() == rank - 2).map(sizes);
    let window = Window::of(call, kernel_shape.unwrap_or_else(|| kernel[2..].to_vec()));
    let mut out = vec![dims[0], kernel[0]];
    out.extend(dims[2..].iter().enumerate().map(|(axis, size)| window.slide(axis, size)));
    call.give(0, dtype, Some(out));
    Some(())
}

/// `ConvTranspose`.
pub fn conv_transpose(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let (dims, kernel) = (call.dims(0)?, call.dims(1)?);
    if dims.len() != kernel.len() || dims.len() < 2 {
        return call.refuse(format!("an input of {} dimensions, weights of {}", dims.len(), kernel.len()));
    }
    let count = dims.len() - 2;
    let group = Size::Known(call.int("group").unwrap_or(1));
    let kernel_shape = call.list("kernel_shape").filter(|list| list.len() == count).map(sizes);
    let window = Window::of(call, kernel_shape.unwrap_or_else(|| kernel[2..].to_vec()));
    let extra = call.list("output_padding").filter(|list| list.len() == count).unwrap_or_else(|| vec![0; count]);
    let given = call.list("output_shape");
    let mut out = vec![dims[0], kernel[1].times(&group)];
    for axis in 0..count {
        let one = Size::Known(1);
        let stride = Size::Known(window.strides[axis]);
        // Older models state the whole shape here, newer ones that of space.
        let stated = given.as_ref().and_then(|given| given.get(axis + given.len().saturating_sub(count)));
        let size = match stated {
            Some(stated) => Size::Known(*stated),
            None if window.auto.starts_with("SAME") => dims[axis + 2].times(&stride),
            None => {
                let reach = window.kernel[axis].minus(&one).times(&Size::Known(window.dilations[axis])).plus(&one);
                let pads = if window.auto == "VALID" { 0 } else { window.pads[axis] + window.pads[axis + count] };
                let full = dims[axis + 2].minus(&one).times(&stride).plus(&Size::Known(extra[axis])).plus(&reach);
                full.minus(&Size::Known(pads))
            }
        };
        out.push(size);
    }
    call.give(0, call.dtype(0), Some(out));
    Some(())
}

/// `CausalConvWithState`: the output, and the last inputs, one less than the kernel is long.
pub fn conv_causal(call: &mut Call) -> Option<()> {
    call.same(0, 0);
    let ([batch, channels, _], [.., kernel]) = (call.dims(0)?, call.dims(1)?) else { return None };
    call.give(1, call.dtype(0), Some(vec![*batch, *channels, kernel.minus(&Size::Known(1))]));
    Some(())
}

/// `DeformConv`.
pub fn conv_deformed(call: &mut Call) -> Option<()> {
    convolve(call, 0, 1, call.dtype(0))
}

/// `MaxPool`, `AveragePool`, `LpPool`; places as the second output.
pub fn pool(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    call.give(1, Some(DType::I64), None);
    let dims = call.dims(0)?;
    let kernel = call.list("kernel_shape").map(sizes)?;
    if dims.len() != kernel.len() + 2 {
        return call.refuse(format!("an input of {} dimensions, a kernel of {}", dims.len(), kernel.len()));
    }
    let window = Window::of(call, kernel);
    let mut out = dims[..2].to_vec();
    out.extend(dims[2..].iter().enumerate().map(|(axis, size)| window.slide(axis, size)));
    call.give(0, call.dtype(0), Some(out.clone()));
    call.give(1, Some(DType::I64), Some(out));
    Some(())
}

/// `GlobalAveragePool` and its like: space shrinks to a point.
pub fn pool_globally(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let dims = call.dims(0)?.iter().enumerate();
    let out = dims.map(|(axis, size)| if axis < 2 { *size } else { Size::Known(1) }).collect();
    call.give(0, call.dtype(0), Some(out));
    Some(())
}

/// `MaxUnpool`: the other way round.
pub fn unpool(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    if call.has(2) {
        let dims = call.sizes(2).map(|dims| dims.to_vec()).or_else(|| Some(vec![Size::Unknown; call.rank(0)?]));
        call.give(0, call.dtype(0), dims);
        return Some(());
    }
    let dims = call.dims(0)?;
    let window = Window::of(call, call.list("kernel_shape").map(sizes)?);
    let mut out = dims.get(..2)?.to_vec();
    for (axis, size) in dims[2..].iter().enumerate() {
        let pads = window.pads.get(axis)? + window.pads.get(axis + window.kernel.len())?;
        let stride = Size::Known(*window.strides.get(axis)?);
        let full = size.minus(&Size::Known(1)).times(&stride).plus(window.kernel.get(axis)?);
        out.push(full.minus(&Size::Known(pads)));
    }
    call.give(0, call.dtype(0), Some(out));
    Some(())
}

/// `RoiAlign`, `MaxRoiPool`: a window for each region.
pub fn regions(call: &mut Call) -> Option<()> {
    let channels = call.dims(0).and_then(|dims| dims.get(1)).cloned().unwrap_or_default();
    let count = call.dims(1).and_then(|dims| dims.first()).cloned().unwrap_or_default();
    let side = |name: &str| Size::Known(call.int(name).unwrap_or(1));
    let space =
        call.list("pooled_shape").map(sizes).unwrap_or_else(|| vec![side("output_height"), side("output_width")]);
    let out = [vec![count, channels], space].concat();
    call.give(0, call.dtype(0), Some(out));
    Some(())
}

/// `Resize` and `Upsample`: sizes are the last input, scales an attribute or the input before.
pub fn resize(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let dims = call.dims(0)?;
    let upsample = &*call.node.operator == "Upsample";
    // Version 10 has scales as the second input, later ones regions of interest.
    let scales_at = if upsample || call.inputs.len() == 2 { 1 } else { 2 };
    let axes = match call.list("axes") {
        Some(axes) => call.axes(&axes, dims.len())?,
        None => (0..dims.len()).collect(),
    };
    let mut out = dims.to_vec();
    let policy = call.text("keep_aspect_ratio_policy").unwrap_or("stretch");
    if !upsample && call.has(3) {
        let sizes = call.sizes(3);
        for (at, axis) in axes.iter().enumerate() {
            let size = sizes.as_ref().and_then(|sizes| sizes.get(at)).cloned();
            *out.get_mut(*axis)? = size.filter(|_| policy == "stretch").unwrap_or_default();
        }
        if let (true, Some(sizes)) = (policy != "stretch", sizes) {
            fit(&mut out, dims, &axes, &sizes, policy);
        }
    } else {
        let scales = call.floats("scales").or_else(|| call.content(scales_at)?.floats());
        for (at, axis) in axes.iter().enumerate() {
            let scale = scales.as_ref().and_then(|scales| scales.get(at)).copied();
            *out.get_mut(*axis)? = scale.map_or(Size::Unknown, |scale| scaled(&dims[*axis], scale));
        }
    }
    call.give(0, call.dtype(0), Some(out));
    Some(())
}

fn scaled(size: &Size, scale: f64) -> Size {
    match size.known() {
        // Scales are 32-bit floats: what is meant to be whole may come out a little less.
        Some(size) => Size::Known((size as f64 * scale).floor() as i64),
        None if scale.fract() == 0.0 => size.times(&Size::Known(scale as i64)),
        None if (1.0 / scale).fract() == 0.0 => size.over(&Size::Known((1.0 / scale) as i64)),
        None => Size::Unknown,
    }
}

/// All sizes by the same scale: as small as the smallest of those asked for, or as large as the largest.
fn fit(out: &mut [Size], dims: &[Size], axes: &[usize], sizes: &[Size], policy: &str) {
    let scale = |(at, axis): (usize, &usize)| Some(sizes.get(at)?.known()? as f64 / dims.get(*axis)?.known()? as f64);
    let scales: Option<Vec<f64>> = axes.iter().enumerate().map(scale).collect();
    let Some(scales) = scales else { return };
    let (least, most) =
        scales.iter().fold((f64::MAX, 0f64), |(least, most), scale| (least.min(*scale), most.max(*scale)));
    let scale = if policy == "not_larger" { least } else { most };
    for axis in axes {
        if let (Some(out), Some(size)) = (out.get_mut(*axis), dims.get(*axis).and_then(Size::known)) {
            *out = Size::Known((size as f64 * scale).round() as i64);
        }
    }
}

/// `GridSample`: the grid says how large.
pub fn sample(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let (dims, grid) = (call.dims(0)?, call.dims(1)?);
    let space = grid.get(1..grid.len().checked_sub(1)?)?;
    let out = [dims.get(..2)?, space].concat();
    call.give(0, call.dtype(0), Some(out));
    Some(())
}

/// `AffineGrid`: a place for each point of the size that the second input holds.
pub fn affine_grid(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let rank = call.dims(1).and_then(|dims| usize::try_from(dims.first()?.known()?).ok()).filter(|rank| *rank <= 64);
    let sizes = call.sizes(1).or_else(|| Some(vec![Size::Unknown; rank?].into()))?;
    let space = sizes.get(2..)?;
    let mut out = vec![*sizes.first()?];
    out.extend_from_slice(space);
    out.push(Size::Known(space.len() as i64));
    call.give(0, call.dtype(0), Some(out));
    Some(())
}

/// `DepthToSpace` and `SpaceToDepth`.
pub fn blocks(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let [batch, channels, height, width] = call.dims(0)? else { return None };
    let side = Size::Known(call.int("blocksize")?);
    let area = side.times(&side);
    let out = if &*call.node.operator == "DepthToSpace" {
        vec![*batch, channels.over(&area), height.times(&side), width.times(&side)]
    } else {
        vec![*batch, channels.times(&area), height.over(&side), width.over(&side)]
    };
    call.give(0, call.dtype(0), Some(out));
    Some(())
}

/// `Col2Im`: an image of the size that the second input holds.
pub fn image_of_columns(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let (dims, image, block) = (call.dims(0)?, call.sizes(1), call.sizes(2));
    let batch = *dims.first()?;
    let channels = match &block {
        Some(block) => dims.get(1)?.over(&super::size::product(block.iter())),
        None => Size::Unknown,
    };
    let space = match image {
        Some(image) => image.to_vec(),
        None => vec![Size::Unknown; usize::try_from(call.dims(1)?.first()?.known()?).ok()?.min(16)],
    };
    call.give(0, call.dtype(0), Some([vec![batch, channels], space].concat()));
    Some(())
}

/// `Pad`.
pub fn pad(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let mut dims = call.dims(0)?.to_vec();
    let rank = dims.len();
    let pads = match call.list("pads").or_else(|| call.list("paddings")) {
        Some(pads) => Some(sizes(pads)),
        None => call.sizes(1).map(|pads| pads.to_vec()),
    };
    let axes = match (call.list("axes"), call.has(3)) {
        (Some(axes), _) => call.axes(&axes, rank)?,
        (None, true) => match call.ints(3) {
            Some(axes) => call.axes(&axes, rank)?,
            None => {
                call.give(0, call.dtype(0), Some(vec![Size::Unknown; rank]));
                return Some(());
            }
        },
        (None, false) => (0..rank).collect(),
    };
    let Some(pads) = pads else {
        axes.iter().for_each(|axis| dims[*axis] = Size::Unknown);
        call.give(0, call.dtype(0), Some(dims));
        return Some(());
    };
    if pads.len() != 2 * axes.len() {
        return call.refuse(format!("{} pads for {} dimensions", pads.len(), axes.len()));
    }
    for (at, axis) in axes.iter().enumerate() {
        dims[*axis] = dims[*axis].plus(&pads[at]).plus(&pads[at + axes.len()]);
    }
    call.give(0, call.dtype(0), Some(dims));
    Some(())
}

/// `CenterCropPad`: the sizes that the second input holds.
pub fn crop(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let mut dims = call.dims(0)?.to_vec();
    let axes = match call.list("axes") {
        Some(axes) => call.axes(&axes, dims.len())?,
        None => (0..dims.len()).collect(),
    };
    let sizes = call.sizes(1);
    for (at, axis) in axes.iter().enumerate() {
        dims[*axis] = sizes.as_ref().and_then(|sizes| sizes.get(at)).cloned().unwrap_or_default();
    }
    call.give(0, call.dtype(0), Some(dims));
    Some(())
}

/// `DFT`: a real and an imaginary part for each frequency.
pub fn fourier(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let mut dims = call.dims(0)?.to_vec();
    let axis = match (call.int("axis"), call.has(2)) {
        (Some(axis), _) => axis,
        (None, true) => match call.single(2).and_then(|axis| axis.known()) {
            Some(axis) => axis,
            None => {
                // Any dimension but the last may change.
                dims.fill(Size::Unknown);
                *dims.last_mut()? = Size::Known(if call.flag("onesided") && call.flag("inverse") { 1 } else { 2 });
                call.give(0, call.dtype(0), Some(dims));
                return Some(());
            }
        },
        (None, false) => -2,
    };
    // Up to version 19 the axis was an attribute, the second one by default.
    let axis = call.axis(axis, dims.len())?;
    if call.has(1) {
        dims[axis] = call.single(1).unwrap_or_default();
    }
    let last = dims.len() - 1;
    let (onesided, inverse) = (call.flag("onesided"), call.flag("inverse"));
    if onesided && !inverse {
        dims[axis] = dims[axis].over(&Size::Known(2)).plus(&Size::Known(1));
    }
    if onesided && inverse && !call.has(1) {
        dims[axis] = dims[axis].minus(&Size::Known(1)).times(&Size::Known(2));
    }
    dims[last] = Size::Known(if onesided && inverse { 1 } else { 2 });
    call.give(0, call.dtype(0), Some(dims));
    Some(())
}

/// `STFT`: a spectrum for each frame.
pub fn short_fourier(call: &mut Call) -> Option<()> {
    call.give(0, call.dtype(0), None);
    let dims = call.dims(0)?;
    let (batch, length) = (dims.first()?, dims.get(1)?);
    let step = call.single(1).unwrap_or_default();
    let frame = match (call.has(3), call.has(2)) {
        (true, _) => call.single(3).unwrap_or_default(),
        (false, true) => call.dims(2).and_then(|dims| dims.first()).cloned().unwrap_or_default(),
        (false, false) => return None,
    };
    let one = Size::Known(1);
    let frames = length.minus(&frame).over(&step).plus(&one);
    let bins = if call.int("onesided") == Some(0) { frame } else { frame.over(&Size::Known(2)).plus(&one) };
    call.give(0, call.dtype(0), Some(vec![*batch, frames, bins, Size::Known(2)]));
    Some(())
}

/// `HannWindow` and its like: as long as the input says.
pub fn window(call: &mut Call) -> Option<()> {
    let dtype = call.type_named("output_datatype").or(Some(DType::F32));
    let length = call.single(0).unwrap_or_default();
    call.give(0, dtype, Some(vec![length]));
    Some(())
}

/// `MelWeightMatrix`: a row for each bin of a spectrum.
pub fn mel(call: &mut Call) -> Option<()> {
    let dtype = call.type_named("output_datatype").or(Some(DType::F32));
    let (bands, length) = (call.single(0).unwrap_or_default(), call.single(1).unwrap_or_default());
    let bins = length.over(&Size::Known(2)).plus(&Size::Known(1));
    call.give(0, dtype, Some(vec![bins, bands]));
    Some(())
}

/// `ImageDecoder`: an image of any size.
pub fn decode_image(call: &mut Call) -> Option<()> {
    let channels = match call.text("pixel_format") {
        Some("Grayscale") => 1,
        _ => 3,
    };
    call.give(0, Some(DType::U8), Some(vec![Size::Unknown, Size::Unknown, Size::Known(channels)]));
    Some(())
}
