//! Tensors: a description, and where the payload is.

use super::{DType, Entry, Text};
use crate::source::{FileId, Span};
use serde::Serialize;

/// A constant tensor.
#[derive(Clone, Debug, Serialize)]
pub struct Tensor {
    /// The name, possibly empty.
    pub name: Text,
    /// The type of its elements.
    pub dtype: DType,
    /// Its dimensions, outermost first.
    pub shape: Vec<u64>,
    /// How the payload encodes the elements.
    pub encoding: Encoding,
    /// Where the payload is.
    pub data: Data,
    /// What the author says about it.
    pub description: Text,
    /// What the author attached.
    pub metadata: Vec<Entry>,
    /// Of a sparse tensor: the coordinates of its elements, in the format's own layout.
    pub indices: Option<super::TensorId>,
}

/// How a payload encodes elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Packed little-endian elements; below a byte, the first element is in the lowest bits.
    #[default]
    Little,
    /// Packed big-endian elements.
    Big,
    /// One base-128 varint an element (protobuf's packed integers); of floats, the varint holds the bits; of types of two or four bits,
    /// it holds a byte of packed elements.
    Varint,
    /// Elements in a wider little-endian integer each, as `(bytes an element)`.
    Widened(u8),
    /// Packed little-endian codes of a smaller type.
    Scaled(Scaled),
    /// So many bytes each, in a form that no [`DType`] describes.
    Fixed(Fixed),
}

/// Elements of a fixed number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fixed {
    /// The bytes of an element.
    pub width: u32,
    /// What they are.
    pub form: Form,
    /// Whether the most significant byte of numbers comes first.
    pub big: bool,
}

/// What a fixed number of bytes stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Text, filled up with zeros.
    Bytes,
    /// Text of four bytes a character, filled up with zeros.
    Wide,
    /// Anything: shown as it is.
    Raw,
    /// A point in time: how many times so many units after the beginning of 1970.
    Time(u32, Unit),
    /// A float of 80 bits, as x87 has it, and what fills it up.
    Extended,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Unit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Milli,
    Micro,
    Nano,
    Pico,
    Femto,
    Atto,
}

/// Codes that stand for elements: element = code × `scale` + `min`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scaled {
    /// The type of the codes: of integers, or of shorter floats.
    pub codes: DType,
    /// The step between the elements of two codes that follow each other.
    pub scale: f64,
    /// The element of code 0.
    pub min: f64,
}

/// Where a payload is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Data {
    /// Nowhere: the file has only the description.
    Absent,
    /// In an opened file.
    Range(FileId, Span),
    /// In an opened file, elements apart from each other: the range begins at the first element, and going one step along a dimension goes
    /// so many elements onwards.
    Strided(FileId, Span, Vec<u64>),
    /// The same where elements are parts of records: one step along a dimension goes so many bytes onwards.
    Records(FileId, Span, Vec<u64>),
    /// In several ranges of an opened file, one after the other.
    Ranges(FileId, Vec<Span>),
    /// Of strings: each in a range of its own.
    Strings(FileId, Vec<Span>),
    /// Of strings: one after the other, each behind its length. The encoding of the tensor is that of the lengths.
    Prefixed(FileId, Prefixed),
    /// Here: payloads of a few bytes that the format stores in pieces.
    Inline(Vec<u8>),
    /// Nowhere: its elements follow from those of other tensors.
    Dequantised(Box<super::Quantised>),
    /// In another file, named relative to the main one, that is looked for when values are asked for.
    External {
        /// The path, as the file spells it.
        path: Text,
        /// The range; a length of `u64::MAX` reaches to the end of the file.
        span: Span,
    },
}

/// Strings that follow each other, each behind its length in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Prefixed {
    /// The range of all strings.
    pub span: Span,
    /// The bytes of a length: 4 or 8.
    pub width: u8,
    /// Where string number 0, [`Self::STEP`], twice that … begins, so that reading some does not begin with the first.
    pub marks: Vec<u64>,
}

impl Prefixed {
    /// How many strings there are from one mark to the next.
    pub const STEP: u64 = 256;
}

impl Tensor {
    /// The number of elements; none if the product of the dimensions does not fit.
    pub fn elements(&self) -> Option<u64> {
        self.shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim))
    }

    /// The size in bytes of the elements, packed, or of the codes that stand for them; none where that is not determined.
    pub fn bytes(&self) -> Option<u64> {
        let elements = self.elements()?;
        match self.encoding {
            Encoding::Scaled(Scaled { codes, .. }) => codes.bytes(elements),
            Encoding::Fixed(Fixed { width, .. }) => elements.checked_mul(width.into()),
            _ => self.dtype.bytes(elements),
        }
    }
}
