//! The elements of tensors, read when somebody asks for them.

use super::{
    Block, DType, Data, Encoding, Model, Scaled, Tensor, TensorId, blocks, fixed, prefixed, quantised, strided,
};
use crate::codec::scalar::{Float, Specials, double_text, sign_extend, single_text, unpack};
use crate::report::{Error, Result};
use crate::source::{Files, Slice, Span};
use bytes::Buf;

/// The most elements that are read at once.
pub const MOST: u64 = 4 << 20;
/// The longest text that one element of a tensor may have, in bytes.
pub(super) const TEXT: u64 = 1 << 20;

/// Elements of a tensor, in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Truth values.
    Bool(Vec<bool>),
    /// Signed integers.
    Int(Vec<i64>),
    /// Unsigned integers.
    Uint(Vec<u64>),
    /// Floats of the given type; a double holds each exactly.
    Float(DType, Vec<f64>),
    /// Real and imaginary parts, of the given type each.
    Complex(DType, Vec<[f64; 2]>),
    /// Text; what is not UTF-8 is replaced.
    String(Vec<String>),
}

impl Values {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Bool(items) => items.len(),
            Self::Int(items) => items.len(),
            Self::Uint(items) => items.len(),
            Self::Float(_, items) => items.len(),
            Self::Complex(_, items) => items.len(),
            Self::String(items) => items.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element number `index` as people write it, floats with the digits that matter to their type: `true`, `-3`, `0.1`, `1.5-2.0i`.
    pub fn text(&self, index: usize) -> Option<String> {
        Some(match self {
            Self::Bool(items) => items.get(index)?.to_string(),
            Self::Int(items) => items.get(index)?.to_string(),
            Self::Uint(items) => items.get(index)?.to_string(),
            Self::Float(dtype, items) => float_text(*dtype, *items.get(index)?),
            Self::Complex(dtype, items) => {
                let [real, imaginary] = items.get(index)?.map(|part| float_text(*dtype, part));
                let plus = if imaginary.starts_with('-') { "" } else { "+" };
                format!("{real}{plus}{imaginary}i")
            }
            Self::String(items) => items.get(index)?.clone(),
        })
    }

    /// Element number `index` as a number, for statistics; none of text, complex numbers and beyond the end.
    pub fn number(&self, index: usize) -> Option<f64> {
        match self {
            Self::Bool(items) => items.get(index).map(|item| f64::from(u8::from(*item))),
            Self::Int(items) => items.get(index).map(|item| *item as f64),
            Self::Uint(items) => items.get(index).map(|item| *item as f64),
            Self::Float(_, items) => items.get(index).copied(),
            Self::Complex(..) | Self::String(_) => None,
        }
    }

    /// The elements of type `dtype` whose codes are `codes`; complex numbers have two codes each, text has none.
    pub(super) fn new(dtype: DType, codes: &[u64]) -> Self {
        let floats = |dtype| codes.iter().map(move |code| float(dtype, *code));
        match dtype {
            DType::Bool => Self::Bool(codes.iter().map(|code| *code != 0).collect()),
            DType::I2 | DType::I4 | DType::I8 | DType::I16 | DType::I32 | DType::I64 => {
                Self::Int(codes.iter().map(|code| sign_extend(*code, dtype.bits())).collect())
            }
            DType::U2 | DType::U4 | DType::U8 | DType::U16 | DType::U32 | DType::U64 => {
                let mask = u64::MAX >> (64 - dtype.bits());
                Self::Uint(codes.iter().map(|code| *code & mask).collect())
            }
            DType::C32 | DType::C64 | DType::C128 => {
                let part = part(dtype);
                let parts: Vec<f64> = floats(part).collect();
                Self::Complex(part, parts.as_chunks().0.to_vec())
            }
            DType::String => Self::String(Vec::new()),
            _ => Self::Float(dtype, floats(dtype).collect()),
        }
    }

    /// The elements of type `dtype` that `codes` stand for; integers are rounded, halves upwards.
    fn scaled(dtype: DType, Scaled { scale, min, .. }: Scaled, codes: &Self) -> Self {
        let codes = (0..codes.len()).filter_map(|index| codes.number(index));
        // Where a code stands for zero, it is to be zero, whatever the last bits of `scale` and `min` are.
        let zero = (-min / scale).round();
        let has_zero = (zero * scale + min).abs() <= scale.abs() * 1e-6;
        let elements = codes.map(|code| if has_zero { (code - zero) * scale } else { code * scale + min });
        let whole = |element: f64| (element + 0.5).floor();
        match dtype {
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => Self::Int(elements.map(|e| whole(e) as i64).collect()),
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => Self::Uint(elements.map(|e| whole(e) as u64).collect()),
            DType::F32 => Self::Float(dtype, elements.map(|element| f64::from(element as f32)).collect()),
            _ => Self::Float(dtype, elements.collect()),
        }
    }
}

/// The type of the stored numbers: of complex elements, of their parts.
pub(super) fn part(dtype: DType) -> DType {
    match dtype {
        DType::C32 => DType::F16,
        DType::C64 => DType::F32,
        DType::C128 => DType::F64,
        dtype => dtype,
    }
}

/// The shape of the floats of `dtype`; none of those that the language itself has, and of what is no float.
fn shape(dtype: DType) -> Option<Float> {
    Some(match dtype {
        DType::F4E2M1 => Float::new(2, 1, Specials::None),
        DType::F6E2M3 => Float::new(2, 3, Specials::None),
        DType::F6E3M2 => Float::new(3, 2, Specials::None),
        DType::F8E4M3FN => Float::new(4, 3, Specials::AllOnes),
        DType::F8E4M3FNUZ => Float { bias: 8, ..Float::new(4, 3, Specials::NegativeZero) },
        DType::F8E5M2 => Float::new(5, 2, Specials::Ieee),
        DType::F8E5M2FNUZ => Float { bias: 16, ..Float::new(5, 2, Specials::NegativeZero) },
        DType::F16 => Float::new(5, 10, Specials::Ieee),
        DType::BF16 => Float::new(8, 7, Specials::Ieee),
        _ => return None,
    })
}

fn float(dtype: DType, code: u64) -> f64 {
    match dtype {
        DType::F64 => f64::from_bits(code),
        DType::F32 => f64::from(f32::from_bits(code as u32)),
        DType::F8E8M0 if code & 0xff == 0xff => f64::NAN,
        DType::F8E8M0 => 2f64.powi((code & 0xff) as i32 - 127),
        _ => shape(dtype).map_or(f64::NAN, |shape| shape.decode(code)),
    }
}

fn float_text(dtype: DType, value: f64) -> String {
    match shape(dtype) {
        Some(shape) => shape.text(value),
        None if dtype == DType::F32 => single_text(value as f32),
        None => double_text(value),
    }
}

/// Up to `count` elements of `tensor` from number `from` on; of a sparse tensor, of those that are stored. Fewer where the tensor or its
/// payload ends.
///
/// # Errors
/// [`Kind::Missing`](crate::report::Kind::Missing) when the payload is in a file that is not there, which the message names;
/// [`Kind::Unsupported`](crate::report::Kind::Unsupported) for unknown element types; [`Kind::Malformed`](crate::report::Kind::Malformed) when the
/// payload ends before `from`; [`Kind::Limit`](crate::report::Kind::Limit) for more than [`MOST`] elements; those of the source.
pub fn read(model: &Model, tensor: TensorId, files: &Files, from: u64, count: u64) -> Result<Values> {
    let tensor = model.tensors.get(tensor).ok_or_else(|| Error::missing("there is no such tensor"))?;
    let stored = stored(model, tensor)?;
    let count = count.min(stored.saturating_sub(from));
    if count > MOST {
        return Err(Error::limit(format!("{count} elements at once, the limit is {MOST}")));
    }
    if count == 0 {
        return Ok(Values::new(tensor.dtype, &[]));
    }
    if let Data::Strings(file, spans) = &tensor.data {
        return strings(&files.slice(*file).unwrap_or_default(), spans, from, count);
    }
    let values = match &tensor.data {
        Data::Prefixed(file, strings) => {
            let file = files.slice(*file).unwrap_or_default();
            Values::String(prefixed::read(&file, strings, tensor.encoding, from, count)?)
        }
        Data::Strided(file, span, strides) | Data::Records(file, span, strides) => {
            strided::read(&files.slice(*file).unwrap_or_default().window(*span), tensor, strides, from, count)?
        }
        Data::Dequantised(quantised) => quantised::read(model, (tensor, quantised), files, from, count)?,
        data => Payload::open(data, files)?.read(tensor.dtype, tensor.encoding, from, count)?,
    };
    if values.is_empty() {
        return Err(Error::malformed(format!("the payload ends before element {from} of {stored}")));
    }
    Ok(values)
}

/// The number of elements in the payload: fewer than those of the tensor where it is sparse.
///
/// # Errors
/// When that is no number.
pub fn stored(model: &Model, tensor: &Tensor) -> Result<u64> {
    let indices = tensor.indices.and_then(|indices| model.tensors.get(indices));
    match indices {
        // Where coordinates do not name all dimensions, the elements are dense along the others.
        Some(Tensor { shape, .. }) if shape.len() == 2 => {
            let named = shape.last().and_then(|named| usize::try_from(*named).ok()).unwrap_or(usize::MAX);
            let mut dense = tensor.shape.iter().skip(named).chain(shape.first());
            let product = dense.try_fold(1u64, |product, dim| product.checked_mul(*dim));
            product.ok_or_else(|| Error::malformed("the shape is too large"))
        }
        // Each coordinate may be that of a block.
        Some(indices) => Ok(match &tensor.data {
            Data::Range(_, span) if tensor.dtype.bits() > 0 => {
                span.len.saturating_mul(8) / u64::from(tensor.dtype.bits())
            }
            _ => indices.shape.first().copied().unwrap_or(0),
        }),
        None => tensor.elements().ok_or_else(|| Error::malformed("the shape is too large")),
    }
}

fn strings(file: &Slice, spans: &[Span], from: u64, count: u64) -> Result<Values> {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let mut texts = Vec::new();
    for span in spans.iter().skip(from).take(count as usize) {
        let bytes = file.window(*span).read_all(TEXT)?;
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(Values::String(texts))
}

/// The bytes of a tensor: pieces that follow each other.
pub(super) enum Payload<'a> {
    Inline(&'a [u8]),
    Pieces(Vec<Slice>),
}

impl<'a> Payload<'a> {
    pub fn open(data: &'a Data, files: &Files) -> Result<Self> {
        let pieces = match data {
            Data::Inline(bytes) => return Ok(Self::Inline(bytes)),
            Data::Absent
            | Data::Strings(..)
            | Data::Prefixed(..)
            | Data::Strided(..)
            | Data::Records(..)
            | Data::Dequantised(_) => {
                return Err(Error::missing("the file has no values for this tensor"));
            }
            Data::Range(file, span) => vec![files.slice(*file).unwrap_or_default().window(*span)],
            Data::Ranges(file, spans) => {
                let file = files.slice(*file).unwrap_or_default();
                spans.iter().map(|span| file.window(*span)).collect()
            }
            Data::External { path, span } => {
                let Some(file) = files.sibling(path)? else {
                    return Err(Error::missing(format!(
                        "the values are in {path:?}: open that file together with the model"
                    )));
                };
                vec![files.slice(file).unwrap_or_default().window(*span)]
            }
        };
        Ok(Self::Pieces(pieces))
    }

    fn read(&self, dtype: DType, encoding: Encoding, from: u64, count: u64) -> Result<Values> {
        if let Encoding::Scaled(scaled) = encoding {
            let codes = self.read(scaled.codes, Encoding::Little, from, count)?;
            return Ok(Values::scaled(dtype, scaled, &codes));
        }
        if let Encoding::Fixed(fixed) = encoding {
            let width = u64::from(fixed.width);
            let bytes = self.bytes(from.saturating_mul(width), count.saturating_mul(width))?;
            return Ok(fixed::decode(fixed, &bytes));
        }
        if dtype.block().is_some() {
            return self.blocks(dtype, encoding == Encoding::Big, from, count);
        }
        let part = part(dtype);
        let width = match encoding {
            Encoding::Widened(bytes) => u32::from(bytes) * 8,
            _ => part.bits(),
        };
        if width == 0 {
            return Err(Error::unsupported(format!("elements of type {} cannot be shown", dtype.name())));
        }
        let parts = if part == dtype { 1 } else { 2 };
        let (from, count) = (from.saturating_mul(parts), count.saturating_mul(parts));
        let codes = match encoding {
            Encoding::Varint => self.varints(part, from, count)?,
            _ => self.packed(width, from, count, encoding == Encoding::Big)?,
        };
        Ok(Values::new(dtype, &codes))
    }

    /// Elements of blocks, as far as there are whole ones.
    fn blocks(&self, dtype: DType, big: bool, from: u64, count: u64) -> Result<Values> {
        let size = dtype.block().unwrap_or(Block { elements: 1, bytes: 1 });
        let (first, last) = (from / size.elements, (from + count).div_ceil(size.elements));
        let bytes = self.bytes(first.saturating_mul(size.bytes), (last - first).saturating_mul(size.bytes))?;
        let elements = blocks::elements(dtype, &bytes, big).ok_or_else(|| {
            let name = dtype.name();
            Error::unsupported(format!("nobody has said what elements of type {name} are like in big-endian order"))
        })?;
        let skip = (from - first * size.elements) as usize;
        let elements = elements.into_iter().skip(skip).take(count as usize);
        Ok(Values::Float(DType::F32, elements.map(f64::from).collect()))
    }

    /// Fields of `width` bits, as far as there are any.
    fn packed(&self, width: u32, from: u64, count: u64, big: bool) -> Result<Vec<u64>> {
        // Eight fields begin and end with whole bytes, whatever their width.
        let first = from / 8 * 8;
        let skip = (from - first) as usize;
        let width64 = u64::from(width);
        let at = (first / 8).saturating_mul(width64);
        let len = (count + skip as u64).saturating_mul(width64).div_ceil(8);
        Ok(unpack(&self.bytes(at, len)?, width, skip, count as usize, big))
    }

    /// Up to `len` bytes from offset `at` on.
    pub fn bytes(&self, at: u64, len: u64) -> Result<Vec<u8>> {
        let pieces = match self {
            Self::Inline(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
                return Ok(rest.iter().copied().take(usize::try_from(len).unwrap_or(usize::MAX)).collect());
            }
            Self::Pieces(pieces) => pieces,
        };
        let mut bytes = Vec::new();
        let (mut skip, mut left) = (at, len);
        for piece in pieces {
            if skip >= piece.len() {
                skip -= piece.len();
                continue;
            }
            let count = (piece.len() - skip).min(left);
            let part = piece.bytes_at(piece.span().at + skip, count)?;
            if bytes.is_empty() {
                bytes = part
            } else {
                bytes.extend(part)
            }
            skip = 0;
            left -= count;
            if left == 0 {
                break;
            }
        }
        Ok(bytes)
    }

    /// Varints from number `from` on, as far as there are any; of types below six bits, each holds a byte of them.
    fn varints(&self, dtype: DType, from: u64, count: u64) -> Result<Vec<u64>> {
        let width = dtype.bits();
        let each = if width < 6 { u64::from(8 / width) } else { 1 };
        let (first, last) = (from / each, (from + count).div_ceil(each));
        let mut codes = Vec::new();
        self.each_varint(last, |index, code| {
            if index >= first {
                codes.push(code);
            }
        })?;
        if each == 1 {
            return Ok(codes);
        }
        let bytes: Vec<u8> = codes.into_iter().map(|code| code as u8).collect();
        Ok(unpack(&bytes, width, (from % each) as usize, count as usize, false))
    }

    /// Visits the first `count` varints with their numbers.
    fn each_varint(&self, count: u64, mut visit: impl FnMut(u64, u64)) -> Result<()> {
        let mut index = 0;
        let mut walk = |bytes: &mut dyn Buf| -> Result<()> {
            while index < count && bytes.has_remaining() {
                let code = prost::encoding::decode_varint(&mut &mut *bytes)
                    .map_err(|_| Error::malformed(format!("element {index} is no varint")))?;
                visit(index, code);
                index += 1;
            }
            Ok(())
        };
        match self {
            Self::Inline(bytes) => walk(&mut &**bytes),
            Self::Pieces(pieces) => pieces.iter().try_for_each(|piece| {
                let mut piece = piece.clone();
                let result = walk(&mut piece);
                piece.failure().map_or(result, Err)
            }),
        }
    }
}
