//! `Tensor`: types, quantisation, sparsity, and where constants are.

use super::dtype;
use super::lower::{Flat, Lowering};
use crate::codec::flatbuffer::Table;
use crate::model::quantised::{Numbers, Quantised, Spread};
use crate::model::{DType, Data, Dim, Encoding, Entry, Shape, Tensor, TensorId, Type};
use crate::report::{Error, Report, Result, Severity};
use crate::source::{Reader, Span};

/// How many numbers of a quantisation are written out.
const SHOWN: usize = 256;
/// The types of elements that have no numbers.
const OPAQUE: [(i64, &str); 2] = [(13, "resource"), (14, "variant")];

/// A tensor of a subgraph, as its table describes it.
pub struct Described {
    /// Its name.
    pub name: String,
    /// The number of its type.
    kind: i64,
    /// Its sizes; those that are not known are 1 here.
    shape: Vec<i32>,
    /// Its sizes, with -1 for those that are not known; empty if all are.
    signature: Vec<i32>,
    /// Whether no sizes mean that it is a scalar.
    ranked: bool,
    /// The number of its buffer.
    buffer: u32,
    /// The number of its content in another file; 0 for none.
    external: u32,
    /// Whether it is kept from call to call.
    pub variable: bool,
    /// What is said about its quantisation and its sparsity.
    pub notes: Vec<Entry>,
    /// Its scales and zero points, and the dimension along which there are several.
    scales: Option<(Vec<f32>, Vec<i64>, i32)>,
    /// Where its coordinates are, if it is sparse.
    indices: Option<(DType, Span)>,
    sparse: bool,
}

impl Described {
    /// Reads it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(table: &Table) -> Result<Self> {
        let kind: i8 = table.number(1, 0)?;
        let mut described = Self {
            name: table.text(3)?,
            kind: kind.into(),
            shape: table.numbers(0)?,
            signature: table.numbers(7)?,
            ranked: table.number(8, false)?,
            buffer: table.number(2, 0)?,
            external: table.number(10, 0)?,
            variable: table.number(5, false)?,
            notes: Vec::new(),
            scales: None,
            indices: None,
            sparse: false,
        };
        if let Some(quantisation) = table.table(4)? {
            described.quantise(&quantisation)?;
        }
        if let Some(sparsity) = table.table(6)? {
            described.sparsify(&sparsity)?;
        }
        Ok(described)
    }

    fn note(&mut self, name: &str, value: &str) {
        self.notes.push(Entry { name: name.into(), value: value.into() });
    }

    /// `QuantizationParameters`: real value = scale × (number − zero point), for all, along a dimension, or by blocks.
    fn quantise(&mut self, table: &Table) -> Result<()> {
        let (scale, zero): (Vec<f32>, Vec<i64>) = (table.numbers(2)?, table.numbers(3)?);
        if scale.len() > 1 || zero.len() > 1 {
            self.note("quantized_dimension", &table.number(6, 0i32)?.to_string());
        }
        self.list("scale", &scale);
        self.list("zero_point", &zero);
        self.list("min", &table.numbers::<f32>(0)?);
        self.list("max", &table.numbers::<f32>(1)?);
        match table.union(4)? {
            Some((1, custom)) => {
                let len = custom.bytes(0)?.unwrap_or_default().len;
                self.note("custom quantization", &format!("{len} bytes"));
            }
            Some((2, blocks)) => {
                self.note("block_size", &blocks.number(2, 0i32)?.to_string());
                for (field, name) in [(0, "scales"), (1, "zero_points")] {
                    let tensor: i32 = blocks.number(field, 0)?;
                    if tensor >= 0 {
                        self.note(name, &format!("tensor {tensor}"));
                    }
                }
            }
            _ if !scale.is_empty() => self.scales = Some((scale, zero, table.number(6, 0i32)?)),
            _ => {}
        }
        Ok(())
    }

    /// Notes numbers: one if all are the same.
    fn list(&mut self, name: &str, numbers: &[impl ToString + PartialEq]) {
        let Some(first) = numbers.first() else { return };
        let same = numbers.iter().all(|number| number == first);
        let mut text =
            numbers.iter().take(if same { 1 } else { SHOWN }).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if !same && numbers.len() > SHOWN {
            text += &format!(" … {} in all", numbers.len());
        }
        self.note(name, &text);
    }

    /// `SparsityParameters`: the order of the dimensions and of those within blocks, and which of them are sparse.
    fn sparsify(&mut self, table: &Table) -> Result<()> {
        self.sparse = true;
        let order: Vec<i32> = table.numbers(0)?;
        let blocks: Vec<i32> = table.numbers(1)?;
        let mut parts = Vec::new();
        for dimension in table.tables(2)? {
            let dimension = dimension?;
            if dimension.number(0, 0i8)? == 0 {
                parts.push(format!("dense {}", dimension.number(1, 0i32)?));
                continue;
            }
            parts.push("CSR".into());
            let Some((kind, vector)) = dimension.union(4)? else { continue };
            let dtype = match kind {
                1 => DType::I32,
                2 => DType::U16,
                _ => DType::U8,
            };
            self.indices = vector.bytes(0)?.map(|span| (dtype, span));
        }
        self.note("sparsity", &parts.join(", "));
        self.list("traversal_order", &order);
        self.list("block_map", &blocks);
        Ok(())
    }

    /// The sizes; those that are not known are 1.
    fn dims(&self) -> Vec<u64> {
        self.shape.iter().map(|size| u64::try_from(*size).unwrap_or(0)).collect()
    }

    /// Its type.
    pub fn ty(&self) -> Type {
        if let Some((_, name)) = OPAQUE.iter().find(|(kind, _)| *kind == self.kind) {
            return Type::Opaque((*name).into());
        }
        let sizes = if self.signature.len() == self.shape.len() { &self.signature } else { &self.shape };
        let dims = sizes.iter().map(|size| u64::try_from(*size).map_or(Dim::Unknown, Dim::Known)).collect();
        let shape = (self.ranked || !sizes.is_empty()).then_some(Shape(dims));
        let dtype = dtype(self.kind);
        if self.sparse { Type::Sparse { dtype, shape } } else { Type::Tensor { dtype, shape } }
    }

    /// How what the codes in `stored` stand for follows from them; none if they are not quantised, or not in a way that is known.
    fn quantised(&self, stored: TensorId) -> Option<Quantised> {
        let (scales, zeros, dimension) = self.scales.as_ref().filter(|_| !self.sparse)?;
        let shape = self.dims();
        let axis = usize::try_from(*dimension).ok()?;
        let spread = |numbers: Vec<f64>| {
            let fits = numbers.len() == 1 || shape.get(axis) == Some(&(numbers.len() as u64));
            let mut spread = Spread::along(Numbers::List(numbers.as_slice().into()), axis, shape.len());
            if let ([_], Some(step)) = (&*numbers, spread.steps.get_mut(axis)) {
                step.stride = 0;
            }
            fits.then_some(spread)
        };
        let zeros = zeros.iter().map(|zero| *zero as f64).collect::<Vec<_>>();
        Some(Quantised {
            stored,
            codes: Spread::blocks(stored, &shape, &shape)?,
            zeros: if zeros.is_empty() { None } else { Some(spread(zeros)?) },
            more: 0.0,
            table: None,
            scales: spread(scales.iter().copied().map(f64::from).collect())?,
            factor: 1.0,
            offset: 0.0,
            shape,
        })
    }

    /// Where its content is, if it has some.
    fn place(&self, flat: &Flat) -> Option<Data> {
        if let Some((_, path, span)) = flat.external.iter().find(|(id, ..)| self.external > 0 && *id == self.external) {
            return Some(match flat.weights {
                Some(weights) => Data::Range(flat.file, within(weights, *span)),
                None => Data::External { path: path.as_str().into(), span: *span },
            });
        }
        // The first buffer stands for none.
        let span = flat.buffers.get(self.buffer as usize).copied().flatten().filter(|_| self.buffer > 0)?;
        // A tensor without elements may be a constant without bytes.
        (span.len > 0 || self.shape.contains(&0)).then_some(Data::Range(flat.file, span))
    }
}

/// The range `span` of the section `whole`, as far as it is within.
fn within(whole: Span, span: Span) -> Span {
    let at = span.at.min(whole.len);
    Span { at: whole.at + at, len: span.len.min(whole.len - at) }
}

impl Lowering {
    /// The tensor that `described` is from the beginning, if it has content, or is kept from call to call.
    pub fn constant(&mut self, described: &Described, flat: &Flat, report: &mut Report) -> Option<TensorId> {
        let data = match described.place(flat) {
            Some(data) => data,
            None if described.variable => Data::Absent,
            None => return None,
        };
        let mut tensor = Tensor {
            name: described.name.as_str().into(),
            dtype: dtype(described.kind),
            shape: described.dims(),
            encoding: Encoding::Little,
            data,
            description: "".into(),
            metadata: described.notes.clone(),
            indices: None,
        };
        if let (Data::Range(_, span), DType::String) = (&tensor.data, tensor.dtype) {
            let texts = self.texts(*span, flat).unwrap_or_else(|error| {
                report.add_error(&error.within(described.name.clone()));
                Vec::new()
            });
            tensor.data = Data::Strings(flat.file, texts);
        }
        if let Some((dtype, span)) = described.indices {
            tensor.indices = Some(self.model.tensors.push(Tensor {
                name: format!("{} indices", described.name).as_str().into(),
                dtype,
                shape: vec![span.len],
                data: Data::Range(flat.file, Span { len: span.len * u64::from(dtype.bits()) / 8, ..span }),
                metadata: Vec::new(),
                ..tensor.clone()
            }));
        }
        let wanted = tensor.bytes();
        if let (Data::Range(_, span), false) = (&mut tensor.data, described.sparse) {
            let wanted = wanted.unwrap_or(span.len);
            if span.len < wanted {
                let message =
                    format!("tensor {:?} has {} bytes, its type and shape ask for {wanted}", described.name, span.len);
                report.add(Severity::Warning, message);
            }
            span.len = span.len.min(wanted);
        }
        if described.variable {
            let text = if matches!(tensor.data, Data::Absent) {
                "has no first content"
            } else {
                "changes; this is its first content"
            };
            tensor.metadata.push(Entry { name: "variable".into(), value: text.into() });
        }
        let (name, shape, whole) = (tensor.name.clone(), tensor.shape.clone(), tensor.dtype.is_whole());
        let id = self.model.tensors.push(tensor);
        if let Some(quantised) = described.quantised(id).filter(|_| whole) {
            self.model.dequantise(name, DType::F32, shape, quantised);
        }
        Some(id)
    }

    /// Where texts are: their number, where each begins and where the last one ends, counted from the start, then the texts.
    fn texts(&mut self, span: Span, flat: &Flat) -> Result<Vec<Span>> {
        let bytes = flat.bytes.window(span);
        let mut reader = Reader::little(bytes.clone());
        let count = u64::from(reader.read_u32()?);
        reader.check_count(count + 1, 4)?;
        self.left.take(count, span.at)?;
        let offsets = reader.read_bytes((count + 1) * 4)?;
        let offsets: Vec<u64> = offsets.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes).into()).collect();
        let texts = offsets.windows(2).map(|ends| match ends {
            [from, to] if from <= to && *to <= span.len => Ok(Span { at: span.at + from, len: to - from }),
            _ => Err(Error::malformed("a text is outside of its buffer").at(span.at)),
        });
        texts.collect()
    }
}
