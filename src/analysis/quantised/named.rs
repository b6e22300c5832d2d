//! Weights whose scales lie beside them, by the names and shapes that the usual quantisers give these.
//!
//! | quantiser | beside `layer.` | element |
//! | --- | --- | --- |
//! | GPTQ (AutoGPTQ, GPTQModel) | `qweight`, packed along the inputs; `qzeros`, `scales`, `g_idx` | (code − zero) × scale of the input's group; old files hold zeros less one |
//! | AWQ (AutoAWQ, GEMM) | `qweight`, packed along the outputs; `qzeros`, `scales` | (code − zero) × scale |
//! | bitsandbytes, 8 bits | `weight`, `SCB` | code × scale of the row ÷ 127 |
//! | bitsandbytes, 4 bits | `weight`, `weight.absmax`, `weight.quant_map`, `weight.quant_state.…` | table\[code\] × scale of the block |
//! | fp8, int8 | `weight`, `weight_scale` or `weight_scale_inv` | code × scale of the tensor, the row or the block |

use crate::model::quantised::{Numbers, Packed, Quantised, RISING, Spread, Step};
use crate::model::{DType, Entry, Model, Tensor, TensorId, Values, values};
use crate::source::Files;
use foldhash::HashMap;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The order in which AWQ packs eight neighbours: of each, how many are below it.
const AWQ: &[u8] = &[0, 4, 1, 5, 2, 6, 3, 7];
/// What bitsandbytes multiplies by instead of dividing by 127.
const SCB: f32 = 7.874_016e-3;
/// What scales of codes are called beside `weight`.
const SCALES: &[&str] = &["weight_scale_inv", "weight_scale", "scale_weight"];

/// What bitsandbytes writes about a weight of 4 bits, as JSON in a tensor.
#[derive(Deserialize)]
struct State {
    blocksize: u64,
    dtype: String,
    #[serde(default)]
    quant_type: String,
    shape: Vec<u64>,
    #[serde(default)]
    nested_blocksize: u64,
    #[serde(default)]
    nested_offset: f32,
}

/// The names of that tensor beside `weight`.
const STATES: &[&str] = &["weight.quant_state.bitsandbytes__nf4", "weight.quant_state.bitsandbytes__fp4"];
/// So many of these are read: each may cost a page.
const READ: usize = 64;
/// The longest one.
const LONGEST: u64 = 4096;

/// What a tensor of codes stands for.
struct Made {
    dtype: DType,
    shape: Vec<u64>,
    quantised: Quantised,
    /// What made it: `GPTQ 4 bit, groups of 128`.
    by: String,
    /// What its scales are, where these are codes themselves.
    scales: Option<Quantised>,
}

/// Adds what weights stand for to `model`.
pub(super) fn find(model: &mut Model, files: &Files) {
    let names: HashMap<String, TensorId> =
        model.weights().into_iter().map(|weight| (weight.name.to_string(), weight.tensor)).collect();
    let mut sorted: Vec<(&str, TensorId)> = names.iter().map(|(name, tensor)| (&**name, *tensor)).collect();
    crate::sort::sort_by_key(&mut sorted, |(name, tensor)| (*tensor, *name));
    let (mut found, mut read) = (Vec::new(), 0);
    for (name, id) in sorted {
        let (layer, own) = name.rsplit_once('.').map_or(("", name), |(layer, own)| (layer, own));
        let beside = Beside { model, names: &names, layer };
        let made = match own {
            "qweight" => beside.packed(id),
            "weight" => beside.scaled(id).or_else(|| beside.rows(id)).or_else(|| beside.four(id, files, &mut read)),
            _ => None,
        };
        found.extend(made.map(|made| (beside.name("weight"), made)));
    }
    let kinds: BTreeSet<&str> = found.iter().map(|(_, made): &(String, Made)| &*made.by).collect();
    if !kinds.is_empty() {
        let kinds: Vec<&str> = kinds.into_iter().collect();
        model.properties.push(Entry { name: "quantisation".into(), value: kinds.join("; ").as_str().into() });
    }
    for (name, Made { dtype, shape, mut quantised, scales, .. }) in found {
        if let Some(scales) = scales {
            let codes = scales.stored;
            model.dequantise(format!("{name}.absmax").as_str().into(), DType::F32, scales.shape.clone(), scales);
            if let Some(scales) = model.dequantised.get(&codes) {
                quantised.scales.numbers = Numbers::Tensor(*scales);
            }
        }
        model.dequantise(name.as_str().into(), dtype, shape, quantised);
    }
}

/// The tensors of one layer.
struct Beside<'a> {
    model: &'a Model,
    names: &'a HashMap<String, TensorId>,
    layer: &'a str,
}

impl<'a> Beside<'a> {
    fn name(&self, own: &str) -> String {
        if self.layer.is_empty() { own.into() } else { format!("{}.{own}", self.layer) }
    }

    fn get(&self, own: &str) -> Option<(TensorId, &'a Tensor)> {
        let id = *self.names.get(&self.name(own))?;
        Some((id, self.model.tensors.get(id)?))
    }

    /// Of GPTQ and AWQ, which differ in what `qweight` is packed along.
    fn packed(&self, stored: TensorId) -> Option<Made> {
        let codes = self.model.tensors.get(stored).filter(|codes| codes.dtype == DType::I32)?;
        let ((zero, zeros), (scale, scales)) = (self.get("qzeros")?, self.get("scales")?);
        let ([rows, width], [groups, outputs], [zero_rows, zero_width]) =
            (array(codes)?, array(scales)?, array(zeros)?);
        let bits = u32::try_from(zero_width.checked_mul(32)?.checked_div(outputs)?).ok()?;
        if !matches!(bits, 2 | 4 | 8)
            || outputs.checked_mul(bits.into()) != zero_width.checked_mul(32)
            || zero_rows != groups
        {
            return None;
        }
        let lanes = u64::from(32 / bits);
        let down = width == outputs;
        let inputs = if down { rows.checked_mul(lanes)? } else { rows };
        if !down && (width != zero_width || bits != 4) {
            return None;
        }
        let mut scales_of = Spread::blocks(scale, &scales.shape, &[inputs, outputs])?;
        let listed = self.get("g_idx").filter(|(_, of)| down && of.elements() == Some(inputs)).map(|(id, _)| id);
        let group = scales_of.steps.first_mut()?;
        group.groups = listed;
        let group = Step { stride: zero_width, ..*group };
        let order = if down { RISING } else { AWQ };
        let lane = Step { block: lanes, stride: 1, groups: None };
        let each = Step { block: 1, stride: 1, groups: None };
        let spread = |tensor, rows: Step, columns: Step, axis: usize| Spread {
            numbers: Numbers::Tensor(tensor),
            steps: vec![rows, columns],
            packed: Some(Packed { axis, bits, order }),
        };
        let codes = if down {
            spread(stored, Step { stride: width, ..lane }, each, 0)
        } else {
            spread(stored, Step { stride: width, ..each }, lane, 1)
        };
        let quantised = Quantised {
            stored,
            shape: vec![inputs, outputs],
            codes,
            zeros: Some(spread(zero, group, lane, 1)),
            more: if down && !self.is_second() { 1.0 } else { 0.0 },
            table: None,
            scales: scales_of,
            factor: 1.0,
            offset: 0.0,
        };
        let shape = quantised.shape.clone();
        let by = format!("{} {bits} bit, groups of {}", if down { "GPTQ" } else { "AWQ" }, group.block);
        Some(Made { dtype: scales.dtype, shape, quantised, by, scales: None })
    }

    /// Whether the file says that it has GPTQ's second format, in which zeros are what they are.
    fn is_second(&self) -> bool {
        self.model.metadata.iter().any(|entry| entry.value.contains("gptq_v2"))
    }

    /// Of codes with a scale for the tensor, for each row, or for each block.
    fn scaled(&self, stored: TensorId) -> Option<Made> {
        let codes = self.model.tensors.get(stored)?;
        let small =
            matches!(codes.dtype, DType::I8 | DType::F8E4M3FN | DType::F8E4M3FNUZ | DType::F8E5M2 | DType::F8E5M2FNUZ);
        let (scale, scales) = SCALES.iter().find_map(|name| self.get(name)).filter(|_| small)?;
        let shape = &codes.shape;
        let spread = match &*scales.shape {
            _ if scales.elements() == Some(1) => Spread::single(scale, shape.len()),
            [rows] if shape.first() == Some(rows) => Spread::along(Numbers::Tensor(scale), 0, shape.len()),
            of => Spread::blocks(scale, of, shape)?,
        };
        let by = format!("{} with scales", codes.dtype.name());
        plain(scales.dtype, stored, shape, spread, (1.0, by))
    }

    /// Of 8-bit codes of bitsandbytes.
    fn rows(&self, stored: TensorId) -> Option<Made> {
        let codes = self.model.tensors.get(stored).filter(|codes| codes.dtype == DType::I8)?;
        let (scale, _) = self.get("SCB").filter(|(_, of)| of.elements() == codes.shape.first().copied())?;
        let spread = Spread::along(Numbers::Tensor(scale), 0, codes.shape.len());
        plain(DType::F32, stored, &codes.shape, spread, (SCB, "bitsandbytes 8 bit".into()))
    }

    /// Of 4-bit codes of bitsandbytes: two in a byte, the first one in the high half; of the first [`READ`] of them.
    fn four(&self, stored: TensorId, files: &Files, read: &mut usize) -> Option<Made> {
        let codes = self.model.tensors.get(stored).filter(|codes| codes.dtype == DType::U8)?;
        let (state, _) = STATES.iter().find_map(|name| self.get(name)).filter(|_| *read < READ)?;
        *read += 1;
        let Ok(Values::Uint(text)) = values::read(self.model, state, files, 0, LONGEST) else { return None };
        let text: Vec<u8> = text.into_iter().map(|byte| byte as u8).collect();
        let state: State = serde_json::from_slice(&text).ok()?;
        let dtype = *[DType::F16, DType::BF16, DType::F32].iter().find(|dtype| dtype.name() == state.dtype)?;
        let count = state.shape.iter().try_fold(1u64, |product, size| product.checked_mul(*size))?;
        if state.blocksize == 0 || count.div_ceil(2) != codes.elements()? {
            return None;
        }
        let ((scale, scales), (table, _)) = (self.get("weight.absmax")?, self.get("weight.quant_map")?);
        let list = |tensor: TensorId, block: u64, packed: Option<Packed>| Spread {
            numbers: Numbers::Tensor(tensor),
            steps: vec![Step { block, stride: 1, groups: None }],
            packed,
        };
        let packed = Packed { axis: 0, bits: 4, order: &[1, 0] };
        let listed = |stored, count, codes, table, scales, offset| Quantised {
            stored,
            shape: vec![count],
            codes,
            zeros: None,
            more: 0.0,
            table: Some(table),
            scales,
            factor: 1.0,
            offset,
        };
        let nested = match (self.get("weight.nested_absmax"), self.get("weight.nested_quant_map")) {
            (Some((outer, _)), Some((table, _))) => {
                let scales_of = list(outer, state.nested_blocksize.max(1), None);
                let codes = list(scale, 1, None);
                Some(listed(scale, scales.elements()?, codes, table, scales_of, state.nested_offset))
            }
            _ => None,
        };
        let codes = list(stored, 2, Some(packed));
        let quantised = listed(stored, count, codes, table, list(scale, state.blocksize, None), 0.0);
        let twice = if nested.is_some() { ", scales quantised as well" } else { "" };
        let by = format!("bitsandbytes {}, blocks of {}{twice}", state.quant_type, state.blocksize);
        Some(Made { dtype, shape: state.shape, quantised, by, scales: nested })
    }
}

/// Both sizes of an array with two axes.
fn array(tensor: &Tensor) -> Option<[u64; 2]> {
    <[u64; 2]>::try_from(&*tensor.shape).ok()
}

/// A code an element, in the same order, without zeros.
fn plain(dtype: DType, stored: TensorId, shape: &[u64], scales: Spread, (factor, by): (f32, String)) -> Option<Made> {
    let codes = Spread::blocks(stored, shape, shape)?;
    let shape = shape.to_vec();
    let quantised = Quantised {
        stored,
        shape: shape.clone(),
        codes,
        zeros: None,
        more: 0.0,
        table: None,
        scales,
        factor,
        offset: 0.0,
    };
    Some(Made { dtype, shape, quantised, by, scales: None })
}
