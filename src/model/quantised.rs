//! Tensors that stand for others: how numbers follow from codes, and from the scales and zeros that lie beside these.
//!
//! element = (code − zero) × scale, or table\[code\] × scale. Differences and products are those of `float32`, as frameworks compute them,
//! each rounded once; then elements are rounded to their type, halves to even.

use super::values::{MOST, Values};
use super::{DType, Data, Encoding, Model, Tensor, TensorId, Text, numbers};
use crate::report::{Error, Result};
use crate::source::Files;
use serde::Serialize;
use std::rc::Rc;

/// So many elements are made at once.
const RUN: u64 = 1 << 16;
/// Numbers that are further apart are not read together.
const WINDOW: u64 = 1 << 20;

/// How the elements of a tensor follow from those of others.
#[derive(Clone, Debug, Serialize)]
pub struct Quantised {
    /// The tensor with the codes, as the file has it.
    pub stored: TensorId,
    /// The shape in which places are counted. It has as many elements as that of the tensor, and is another one where all rows are quantised as one list.
    pub shape: Vec<u64>,
    /// The codes.
    pub codes: Spread,
    /// What is taken from codes; without it, nothing is.
    pub zeros: Option<Spread>,
    /// What is added to each zero.
    pub more: f64,
    /// The elements of all codes, before they are scaled; without it, codes are numbers.
    pub table: Option<TensorId>,
    /// What codes are multiplied by.
    pub scales: Spread,
    /// What products are multiplied by; 1 for nothing.
    pub factor: f32,
    /// What is added in the end.
    pub offset: f32,
}

/// Numbers, one for several elements each.
#[derive(Clone, Debug, Serialize)]
pub struct Spread {
    /// The numbers.
    pub numbers: Numbers,
    /// What each axis adds to the place of an element's number.
    pub steps: Vec<Step>,
    /// Where several numbers share one integer: how.
    pub packed: Option<Packed>,
}

/// Where numbers are.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Numbers {
    /// In a tensor, in row-major order.
    Tensor(TensorId),
    /// Here.
    List(Rc<[f64]>),
}

/// How the index on an axis becomes part of a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Step {
    /// So many elements in a row share a number: the index is divided by it.
    pub block: u64,
    /// What the quotient is multiplied by.
    pub stride: u64,
    /// A tensor in which the quotient is looked up instead, by the index.
    pub groups: Option<TensorId>,
}

/// Several unsigned numbers in one integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Packed {
    /// The axis that they are neighbours on.
    pub axis: usize,
    /// The bits of each.
    pub bits: u32,
    /// Of each neighbour in turn: how many of them are in lower bits.
    pub order: &'static [u8],
}

/// Neighbours of which the first one is in the lowest bits.
pub const RISING: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

impl Spread {
    /// The same number for all elements, in a tensor of one.
    pub fn single(tensor: TensorId, rank: usize) -> Self {
        let step = Step { block: 1, ..Step::default() };
        Self { numbers: Numbers::Tensor(tensor), steps: vec![step; rank], packed: None }
    }

    /// Of a tensor of shape `of`, numbers for an array of shape `shape`: along each axis one for a block of elements each, whose size is the given one, or one that fits.
    /// None if there is none.
    pub fn blocks(tensor: TensorId, of: &[u64], shape: &[u64]) -> Option<Self> {
        if of.len() != shape.len() {
            return None;
        }
        let mut spread = Self::single(tensor, shape.len());
        let mut stride = 1u64;
        for ((count, size), step) in of.iter().zip(shape).zip(&mut spread.steps).rev() {
            (step.block, step.stride) = (block(*count, *size)?, stride);
            stride = stride.checked_mul(*count)?;
        }
        Some(spread)
    }

    /// One number for each index of `axis`.
    pub fn along(numbers: Numbers, axis: usize, rank: usize) -> Self {
        let mut steps = vec![Step { block: 1, ..Step::default() }; rank];
        if let Some(step) = steps.get_mut(axis) {
            step.stride = 1;
        }
        Self { numbers, steps, packed: None }
    }
}

/// How many of `size` elements share one of `count` numbers: blocks are powers of two where that fits.
fn block(count: u64, size: u64) -> Option<u64> {
    if count == 0 || count > size {
        return None;
    }
    let least = size.div_ceil(count);
    let fits = |block: &u64| size.div_ceil(*block) == count;
    let even = least.checked_next_power_of_two().filter(fits);
    if count == 1 { Some(size) } else { even.or(Some(least).filter(fits)) }
}

impl Model {
    /// Adds the tensor that the codes of another one stand for; the first one counts, if there are several.
    pub fn dequantise(&mut self, name: Text, dtype: DType, shape: Vec<u64>, quantised: Quantised) {
        let stored = quantised.stored;
        if self.dequantised.contains_key(&stored) || !rounds(dtype) {
            return;
        }
        let tensor = self.tensors.push(Tensor {
            name,
            dtype,
            shape,
            encoding: Encoding::Little,
            data: Data::Dequantised(Box::new(quantised)),
            description: "".into(),
            metadata: Vec::new(),
            indices: None,
        });
        self.dequantised.insert(stored, tensor);
    }
}

/// Elements `from` to `from + count` of `tensor`, which `quantised` describes.
///
/// # Errors
/// Those of [`values::read`](super::values::read), of each of the tensors it is made of.
pub(super) fn read(
    model: &Model,
    (tensor, quantised): (&Tensor, &Quantised),
    files: &Files,
    from: u64,
    count: u64,
) -> Result<Values> {
    let reader = Reader { model, files, quantised };
    let table = match quantised.table {
        Some(table) => Some(reader.all(table)?),
        None => None,
    };
    let mut elements = Vec::new();
    let mut at = from;
    while at < from + count {
        let run = RUN.min(from + count - at);
        let codes = reader.gather(&quantised.codes, at, run)?;
        let zeros = quantised.zeros.as_ref().map(|zeros| reader.gather(zeros, at, run)).transpose()?;
        let scales = reader.gather(&quantised.scales, at, run)?;
        let precise = tensor.dtype == DType::F64;
        let single = |number: f64| if precise { number } else { f64::from(number as f32) };
        for (index, (code, scale)) in codes.iter().zip(scales).enumerate() {
            let code = match &table {
                Some(table) => table.get(*code as usize).copied().unwrap_or(f64::NAN),
                None => {
                    code - zeros.as_ref().and_then(|zeros| zeros.get(index)).map_or(0.0, |zero| zero + quantised.more)
                }
            };
            let mut element = single(single(code) * scale);
            if quantised.factor != 1.0 {
                element = single(element * f64::from(quantised.factor));
            }
            if quantised.offset != 0.0 {
                element = single(element + f64::from(quantised.offset));
            }
            elements.push(rounded(element, tensor.dtype));
        }
        at += run;
    }
    Ok(Values::Float(tensor.dtype, elements))
}

struct Reader<'a> {
    model: &'a Model,
    files: &'a Files,
    quantised: &'a Quantised,
}

impl Reader<'_> {
    /// The numbers of `spread` for elements `from` to `from + count`.
    fn gather(&self, spread: &Spread, from: u64, count: u64) -> Result<Vec<f64>> {
        let places = self.places(spread, from, count)?;
        let (first, last) = places.iter().fold((u64::MAX, 0), |(first, last), (at, _)| (first.min(*at), last.max(*at)));
        if places.is_empty() || last - first >= WINDOW && count > 1 {
            // At most as often as a run can be halved.
            let half = count / 2;
            return match count {
                0 | 1 => Ok(Vec::new()),
                _ => Ok([self.gather(spread, from, half)?, self.gather(spread, from + half, count - half)?].concat()),
            };
        }
        let read;
        let numbers: &[f64] = match &spread.numbers {
            Numbers::Tensor(tensor) => {
                read = numbers::read(self.model, *tensor, self.files, first, last - first + 1)?;
                &read
            }
            Numbers::List(list) => usize::try_from(first).ok().and_then(|first| list.get(first..)).unwrap_or_default(),
        };
        let bits = spread.packed.map(|packed| packed.bits);
        let number = |(at, shift): (u64, u32)| {
            let number = *numbers.get((at - first) as usize)?;
            Some(match bits {
                Some(bits) => f64::from(number as i64 as u32 >> shift & ((1u64 << bits) - 1) as u32),
                None => number,
            })
        };
        let found: Option<Vec<f64>> = places.into_iter().map(number).collect();
        found.ok_or_else(|| Error::malformed(format!("what elements from {from} on are made of ends too early")))
    }

    /// Where the numbers of `spread` for elements `from` to `from + count` are, each with how far its bits are up.
    fn places(&self, spread: &Spread, from: u64, count: u64) -> Result<Vec<(u64, u32)>> {
        let shape = &self.quantised.shape;
        let mut index = vec![0; shape.len()];
        let mut rest = from;
        for (index, size) in index.iter_mut().zip(shape).rev() {
            (*index, rest) = (rest % (*size).max(1), rest / (*size).max(1));
        }
        let groups = self.groups(spread, &index, count)?;
        let mut places = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let mut at = 0u64;
            for (axis, (index, step)) in index.iter().zip(&spread.steps).enumerate() {
                let of = match &groups {
                    Some((grouped, first, groups)) if *grouped == axis => {
                        groups.get((index - first) as usize).copied().unwrap_or_default() as u64
                    }
                    _ => index / step.block.max(1),
                };
                at = at.saturating_add(of.saturating_mul(step.stride));
            }
            let shift = spread.packed.map_or(0, |packed| {
                let lanes = (u32::BITS / packed.bits.max(1)).min(packed.order.len() as u32);
                let lane = index.get(packed.axis).copied().unwrap_or(0) % u64::from(lanes.max(1));
                packed.order.get(lane as usize).map_or(0, |place| u32::from(*place) * packed.bits) % u32::BITS
            });
            places.push((at, shift));
            for (index, size) in index.iter_mut().zip(shape).rev() {
                *index += 1;
                if *index < *size {
                    break;
                }
                *index = 0;
            }
        }
        Ok(places)
    }

    /// Of a spread with an axis whose groups are in a tensor: that axis, and the groups of the indices that `count` elements from `index` on have there, with the first one.
    fn groups(&self, spread: &Spread, index: &[u64], count: u64) -> Result<Option<(usize, u64, Vec<f64>)>> {
        let of = spread.steps.iter().enumerate().find_map(|(axis, step)| Some((axis, step.groups?)));
        let Some((axis, tensor)) = of else { return Ok(None) };
        let inner =
            self.quantised.shape.iter().skip(axis + 1).fold(1u64, |product, size| product.saturating_mul(*size));
        let size = self.quantised.shape.get(axis).copied().unwrap_or(0);
        let first = index.get(axis).copied().unwrap_or(0);
        // The first one may begin within its row.
        let rows = count.div_ceil(inner.max(1)) + 1;
        let (first, rows) = if first + rows > size { (0, size) } else { (first, rows) };
        Ok(Some((axis, first, numbers::read(self.model, tensor, self.files, first, rows)?)))
    }

    /// All elements of a short tensor.
    fn all(&self, tensor: TensorId) -> Result<Vec<f64>> {
        numbers::read(self.model, tensor, self.files, 0, MOST.min(WINDOW))
    }
}

/// Whether elements of type `dtype` can be made of codes.
const fn rounds(dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16 | DType::F32 | DType::F64)
}

/// The number of type `dtype` that is nearest to `number`, which is single precision at most.
fn rounded(number: f64, dtype: DType) -> f64 {
    // The bits of the mantissa with the one before the point, the exponent of the smallest number, the largest number.
    let (digits, least, most) = match dtype {
        DType::F16 => (11, -24, 65504.0),
        DType::BF16 => (8, -133, f64::from(f32::from_bits(0x7f7f_0000))),
        _ => return number,
    };
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let exponent = (number.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    let unit = 2f64.powi((exponent + 1 - digits).max(least));
    let near = (number / unit).round_ties_even() * unit;
    if near.abs() > most { f64::INFINITY.copysign(number) } else { near }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::scalar::{Float, Specials};

    #[test]
    fn numbers_are_rounded_to_the_nearest_and_halves_to_even() {
        for (dtype, float, codes) in [
            (DType::F16, Float::new(5, 10, Specials::Ieee), 0x7bff),
            (DType::BF16, Float::new(8, 7, Specials::Ieee), 0x7f7f),
        ] {
            for code in 0..codes {
                let (low, high) = (float.decode(code), float.decode(code + 1));
                let even = if code % 2 == 0 { low } else { high };
                assert_eq!(rounded(low, dtype), low);
                assert_eq!(rounded((low + high) / 2.0, dtype), even);
                assert_eq!(rounded(-(low * 0.75 + high * 0.25), dtype), -low);
            }
            let most = float.decode(codes);
            assert_eq!(rounded(most * 1.01, dtype), f64::INFINITY);
        }
    }

    #[test]
    fn blocks_are_powers_of_two_where_they_fit() {
        assert_eq!(block(1, 200), Some(200));
        assert_eq!(block(200, 200), Some(1));
        assert_eq!(block(2, 200), Some(128));
        assert_eq!(block(5, 576), Some(128));
        assert_eq!(block(3, 9), Some(4));
        assert_eq!(block(3, 10), Some(4));
        assert_eq!(block(7, 10), None);
        assert_eq!(block(0, 0), None);
    }
}
