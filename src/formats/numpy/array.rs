//! One array: the head of its file, and the tensors that it is.

use super::element::{Item, Leaf, sizes, steps};
use crate::codec::python::Literal;
use crate::model::{Data, Entry, Tensor};
use crate::report::{Error, Report, Result, Severity, Within};
use crate::source::{FileId, Reader, Slice, Span};

/// How files begin.
pub const MAGIC: &[u8] = b"\x93NUMPY";
/// The longest head, in bytes. NumPy itself takes no more than 10000 from files that it does not trust.
const HEAD: u64 = 4 << 20;

/// The head of an array.
pub struct Head {
    /// The version of the format: major, minor.
    pub version: (u8, u8),
    /// What its items are.
    pub item: Item,
    /// Whether the first dimension changes fastest.
    pub fortran: bool,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// Where the items begin.
    pub data: u64,
}

impl Head {
    /// Reads the head of the array that `bytes` begin with.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it is none; [`Kind::Unsupported`](crate::report::Kind::Unsupported) for versions that
    /// do not exist; [`Kind::Limit`](crate::report::Kind::Limit) when it is too long; those of the source.
    pub fn read(bytes: &Slice) -> Result<Self> {
        let mut reader = Reader::little(bytes.window(bytes.span()));
        if reader.read_bytes(MAGIC.len() as u64)? != MAGIC {
            return Err(Error::malformed("this is no array of NumPy").at(bytes.span().at));
        }
        let version = (reader.read_u8()?, reader.read_u8()?);
        let len = match version.0 {
            1 => u64::from(reader.read_u16()?),
            2 | 3 => u64::from(reader.read_u32()?),
            major => return Err(Error::unsupported(format!("version {major} is not known; 3 is the last one"))),
        };
        if len > HEAD {
            return Err(Error::limit(format!("the header has {len} bytes, the limit is {HEAD}")));
        }
        let at = reader.position();
        let text = reader.read_bytes(len)?;
        // Before version 3, texts are in Latin-1.
        let text = match version.0 {
            3 => String::from_utf8_lossy(&text).into_owned(),
            _ => text.iter().map(|byte| char::from(*byte)).collect(),
        };
        let wrong = || Error::malformed("the header lacks one of \"descr\", \"fortran_order\" and \"shape\"").at(at);
        let header = Literal::read(&text).map_err(|error| error.at(at)).within(|| "the header".into())?;
        let item = Item::read(header.get("descr").ok_or_else(wrong)?).map_err(|error| error.at(at))?;
        let shape = header.get("shape").and_then(sizes).ok_or_else(wrong)?;
        let Some(Literal::Bool(fortran)) = header.get("fortran_order") else { return Err(wrong()) };
        Ok(Self { version, item, fortran: *fortran, shape, data: reader.position() })
    }

    /// The tensors of an array called `name`, one for each field, which is in `bytes` of `file`.
    pub fn tensors(&self, name: &str, file: FileId, bytes: &Slice, report: &mut Report) -> Vec<Tensor> {
        let left = bytes.span().end().saturating_sub(self.data);
        let elements = self.shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
        let Some(len) = elements.and_then(|elements| elements.checked_mul(self.item.size)) else {
            let message = format!("array {name:?} has a shape that is too large: {:?}", self.shape);
            report.add(Severity::Warning, message);
            return Vec::new();
        };
        if len != left {
            let message = format!("array {name:?} has {left} bytes, its type and shape ask for {len}");
            report.add(Severity::Warning, message);
        }
        let span = Span { at: self.data, len: len.min(left) };
        self.item.leaves.iter().map(|leaf| self.tensor(name, leaf, file, span)).collect()
    }

    fn tensor(&self, name: &str, leaf: &Leaf, file: FileId, span: Span) -> Tensor {
        let name = match &*leaf.path {
            "" => name.to_owned(),
            path if name.is_empty() => path.to_owned(),
            path => format!("{name}.{path}"),
        };
        let size = self.item.size;
        let mut dims = if self.fortran {
            let reversed: Vec<u64> = self.shape.iter().rev().copied().collect();
            steps(&reversed, size).into_iter().rev().collect()
        } else {
            steps(&self.shape, size)
        };
        dims.extend(&leaf.dims);
        let shape = dims.iter().map(|(dim, _)| *dim).collect();
        let data = if self.item.record {
            let span = Span { at: span.at.saturating_add(leaf.offset), len: span.len.saturating_sub(leaf.offset) };
            Data::Records(file, span, dims.iter().map(|(_, step)| *step).collect())
        } else if self.fortran && self.shape.len() > 1 {
            Data::Strided(file, span, dims.iter().map(|(_, step)| step.checked_div(size).unwrap_or(0)).collect())
        } else {
            Data::Range(file, span)
        };
        let note = leaf.element.note.as_deref();
        Tensor {
            name: name.as_str().into(),
            dtype: leaf.element.dtype,
            shape,
            encoding: leaf.element.encoding,
            data,
            description: "".into(),
            metadata: note.map(|note| Entry { name: "type".into(), value: note.into() }).into_iter().collect(),
            indices: None,
        }
    }
}
