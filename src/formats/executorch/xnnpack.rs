//! What was compiled for the delegate XNNPACK: a graph of its own.
//!
//! Specification: `backends/xnnpack/serialization/schema.fbs` and `runtime/XNNHeader.h` of <https://github.com/pytorch/executorch>. A header (`XH00`) says where
//! the FlatBuffer and the constants behind it are; constants may also be data of the program, by name.

use super::absent;
use crate::codec::flatbuffer::Table;
use crate::model::{
    Arena, Argument, Attribute, Category, DType, Data, Dim, Encoding, Entry, Graph, Literal, Node, Shape, Tensor,
    TensorId, Type, Value, ValueId,
};
use crate::report::{Error, Report, Result, Severity};
use crate::source::{FileId, Reader, Slice, Span};
use foldhash::HashMap;

/// Where the header begins, and its first bytes.
const HEADER: (u64, &[u8]) = (4, b"XH00");
/// The number of a value that there is not.
const NONE: u32 = u32::MAX;

/// An operator: its name, its family, and the fields of its table in their order. `<` is the number of a value that is read, `>` of one that is written, `[` a
/// list, `~` a float, and `-` says nothing here.
type Kind = (&'static str, Category, &'static str);

const BINARY: &str = "<input1 <input2 >output";
const UNARY: &str = "<input >output";
const CONVOLUTION: &str = "padding_top padding_right padding_bottom padding_left kernel_height kernel_width subsampling_height subsampling_width \
     dilation_height dilation_width group_input_channels group_output_channels groups adjustment_height adjustment_width <input <filter <bias >output";
const POOLING: &str = "padding_top padding_right padding_bottom padding_left pooling_height pooling_width stride_height stride_width dilation_height \
     dilation_width <input >output";
const ARGMAX: &str =
    "padding_top padding_right padding_bottom padding_left pooling_height pooling_width <input >output >index";

/// The operators by their numbers in `XNodeUnion`, which begin at 1.
const KINDS: &[Kind] = {
    use Category::{Activation, Attention, Convolution, Data, Elementwise, Linear, Pool, Shape};
    &[
        ("Add", Elementwise, BINARY),
        ("FullyConnected", Linear, "<input <filter <bias >output"),
        ("Softmax", Activation, UNARY),
        ("Sigmoid", Activation, UNARY),
        ("StaticTranspose", Shape, "- [perm <input >output"),
        ("Clamp", Activation, UNARY),
        ("Conv2d", Convolution, CONVOLUTION),
        ("Div", Elementwise, BINARY),
        ("StaticResizeBilinear2D", Pool, "new_height new_width <input >output"),
        ("StaticConstantPad", Shape, "[pre_paddings [post_paddings ~padding_value <input >output"),
        ("AvgPooling2d", Pool, POOLING),
        ("Minimum", Elementwise, BINARY),
        ("DepthwiseConv2d", Convolution, CONVOLUTION),
        ("MaxPooling2d", Pool, POOLING),
        ("Multiply", Elementwise, BINARY),
        ("Subtract", Elementwise, BINARY),
        ("Floor", Elementwise, UNARY),
        ("Convert", Data, UNARY),
        ("GlobalAvgPooling2d", Pool, UNARY),
        ("StaticReshape", Shape, "- [new_shape <input >output"),
        ("ArgMaxPooling2d", Pool, ARGMAX),
        ("SquareRoot", Elementwise, UNARY),
        ("Ceiling", Elementwise, UNARY),
        ("Hardswish", Activation, UNARY),
        ("LeakyReLU", Activation, "~negative_slope <input >output"),
        ("Maximum", Elementwise, BINARY),
        ("Negate", Elementwise, UNARY),
        ("Square", Elementwise, UNARY),
        ("ELU", Activation, "~alpha <input >output"),
        ("Abs", Elementwise, UNARY),
        ("PReLU", Activation, BINARY),
        ("Concatenate2", Shape, "axis <input1 <input2 - - >output"),
        ("Concatenate3", Shape, "axis <input1 <input2 <input3 - >output"),
        ("Concatenate4", Shape, "axis <input1 <input2 <input3 <input4 >output"),
        ("StaticSlice", Shape, "- [offsets [sizes <input >output"),
        ("ScaledDotProductAttention", Attention, "<query <key <value <scale <mask >output"),
        ("BatchMatrixMultiply", Linear, BINARY),
        ("Concatenate5", Shape, "axis <input1 <input2 <input3 <input4 >output - <input5"),
        ("ConvTranspose2d", Convolution, CONVOLUTION),
        ("ReciprocalSquareRoot", Elementwise, UNARY),
        ("Log", Elementwise, UNARY),
        ("Gelu", Activation, UNARY),
        ("Tanh", Activation, UNARY),
        ("Exp", Elementwise, UNARY),
        ("Sin", Elementwise, UNARY),
        ("Copy", Data, UNARY),
        ("Cos", Elementwise, UNARY),
    ]
};

/// What a graph is made into.
pub struct Place<'a> {
    /// The file that the constants are in.
    pub file: FileId,
    /// Data of the program by name.
    pub named: &'a HashMap<String, Span>,
    /// All tensors.
    pub tensors: &'a mut Arena<TensorId, Tensor>,
    /// How many more values may be given to nodes.
    pub left: &'a mut u64,
    /// Where what is odd goes.
    pub report: &'a mut Report,
}

/// The graph in `blob`; none if that is something else.
///
/// # Errors
/// When it cannot be read.
pub fn graph(blob: &Slice, place: Place) -> Result<Option<Graph>> {
    let (at, magic) = HEADER;
    let start = blob.span().at;
    if blob.len() < 32 || blob.bytes_at(start + at, magic.len() as u64)? != magic {
        return Ok(None);
    }
    let mut header = Reader::little(blob.clone());
    header.skip(at + magic.len() as u64 + 2)?;
    let (offset, len, constants) = (header.read_u32()?, header.read_u32()?, header.read_u32()?);
    let buffer = Span { at: start + u64::from(offset), len: len.into() };
    blob.check(buffer.at, buffer.len)?;
    let root = Table::root(&blob.window(buffer))?;
    let base = (start + u64::from(constants)).min(blob.span().end());
    let rest = Span { at: base, len: blob.span().end() - base };
    let spans = root.tables(8)?.map(|data| constant(&data?, rest, place.named)).collect::<Result<_>>()?;
    let mut values = HashMap::default();
    let listed = root.tables(2)?;
    // Many delegates may share what was compiled.
    take(place.left, listed.len() as u64)?;
    for value in listed {
        let described = Described::read(&value?)?;
        values.insert(described.id, described);
    }
    let mut drawing = Drawing { place, values, spans, graph: Graph::default(), now: HashMap::default() };
    drawing.draw(&root)?;
    Ok(Some(drawing.graph))
}

/// Where a constant is: `ConstantDataOffset`.
fn constant(table: &Table, rest: Span, named: &HashMap<String, Span>) -> Result<Option<Span>> {
    let (offset, size): (u64, u64) = (table.number(0, 0)?, table.number(1, 0)?);
    let name = table.text(2)?;
    let whole = if name.is_empty() { Some(rest) } else { named.get(&name).copied() };
    let offset = if name.is_empty() { offset } else { 0 };
    Ok(whole
        .filter(|whole| offset.checked_add(size).is_some_and(|end| end <= whole.len))
        .map(|whole| Span { at: whole.at + offset, len: size }))
}

/// A value: `XNNTensorValue`, quantised or not.
struct Described {
    id: u32,
    dtype: DType,
    dims: Vec<u64>,
    /// Its place among the constants; 0 for none.
    constant: u32,
    /// What is said about its quantisation.
    notes: Vec<Entry>,
    /// The place of its scales among the constants, with their number and type.
    scales: Option<(u32, u64, DType)>,
}

fn note(name: &str, value: impl ToString) -> Entry {
    Entry { name: name.into(), value: value.to_string().as_str().into() }
}

impl Described {
    fn read(table: &Table) -> Result<Self> {
        let (kind, content) =
            table.union(0)?.ok_or_else(|| Error::malformed("a value is empty").at(table.position()))?;
        let plain = if kind == 2 { content.table(0)? } else { Some(content.clone()) };
        let plain = plain.ok_or_else(|| Error::malformed("a value has no type").at(table.position()))?;
        let number: i16 = plain.number(0, 0)?;
        let dims: Vec<u32> = plain.numbers(2)?;
        let mut described = Self {
            id: plain.number(6, 0)?,
            dtype: dtype(number),
            dims: dims.into_iter().map(u64::from).collect(),
            constant: plain.number(3, 0)?,
            notes: Vec::new(),
            scales: None,
        };
        if kind == 2 {
            described.quantise(&content)?;
        }
        if matches!(described.dtype, DType::U4) {
            described.notes.push(note("zero point", 8));
        }
        Ok(described)
    }

    /// `XNNQuantParams`.
    fn quantise(&mut self, table: &Table) -> Result<()> {
        let Some((kind, quantised)) = table.union(1)? else { return Ok(()) };
        match kind {
            1 => {
                self.notes.push(note("quantisation", "per channel"));
                self.notes.push(note("channel_dim", quantised.number(1, 0i32)?));
                self.scales = Some((quantised.number(2, 0)?, quantised.number(3, 0u32)?.into(), DType::F32));
            }
            2 => {
                self.notes.push(note("scale", quantised.number(0, 0f32)?));
                self.notes.push(note("zero point", quantised.number(1, 0i32)?));
            }
            3 => self.notes.push(note("quantisation", "dynamic, per token")),
            4 => {
                self.notes.push(note("quantisation", "per group"));
                self.notes.push(note("channel_dim", quantised.number(1, 0i32)?));
                self.notes.push(note("group_size", quantised.number(2, 0i32)?));
                self.scales = Some((quantised.number(4, 0)?, quantised.number(5, 0u32)?.into(), DType::BF16));
            }
            _ => {}
        }
        Ok(())
    }
}

/// `XNNDatatype`. Weights of four bits are kept without a sign.
fn dtype(number: i16) -> DType {
    match number {
        1 | 13 => DType::F32,
        2 => DType::F16,
        3 | 6 | 9 | 11 => DType::I8,
        4 => DType::U8,
        5 | 7 | 12 => DType::I32,
        8 | 10 => DType::U4,
        14 => DType::BF16,
        _ => DType::Unknown,
    }
}

/// A graph while it is made.
struct Drawing<'a> {
    place: Place<'a>,
    values: HashMap<u32, Described>,
    /// Where constants are.
    spans: Vec<Option<Span>>,
    graph: Graph,
    /// The newest value of each number.
    now: HashMap<u32, ValueId>,
}

impl Drawing<'_> {
    fn draw(&mut self, root: &Table) -> Result<()> {
        for (index, id) in root.numbers::<u32>(4)?.into_iter().enumerate() {
            let value = self.write(id, &numbered("input", index));
            self.graph.inputs.push(value);
        }
        for (index, node) in root.tables(1)?.enumerate() {
            if let Err(error) = node.and_then(|node| self.node(&node)) {
                self.place.report.add_error(&error.within(format!("node {index} of XNNPACK")));
            }
        }
        for (index, id) in root.numbers::<u32>(5)?.into_iter().enumerate() {
            let Some(value) = self.read(id) else { continue };
            if let Some(value) = self.graph.values.get_mut(value).filter(|value| value.name.is_empty()) {
                value.name = numbered("output", index).as_str().into();
            }
            self.graph.outputs.push(value);
        }
        Ok(())
    }

    fn node(&mut self, table: &Table) -> Result<()> {
        let (kind, content) = table.union(0)?.ok_or_else(|| Error::malformed("it is empty").at(table.position()))?;
        let (name, category, fields) = KINDS
            .get(usize::from(kind) - 1)
            .ok_or_else(|| Error::unsupported(format!("operator {kind} is not known")))?;
        let mut node =
            Node { operator: (*name).into(), domain: "xnnpack".into(), category: *category, ..Node::default() };
        for (number, field) in fields.split_whitespace().enumerate() {
            take(self.place.left, 1)?;
            self.field(&mut node, field, number as u16, &content)?;
        }
        if let Some(limits) = table.table(3)? {
            for (field, name) in [(0, "output_min"), (1, "output_max")] {
                let value: f32 = limits.number(field, 0.0)?;
                if value.is_finite() {
                    node.attributes.push(Attribute { name: name.into(), value: Literal::Float(value) });
                }
            }
        }
        self.graph.nodes.push(node);
        Ok(())
    }

    fn field(&mut self, node: &mut Node, field: &str, number: u16, table: &Table) -> Result<()> {
        let name = field.trim_start_matches(['<', '>', '[', '~']);
        match field.as_bytes().first() {
            Some(b'-') => {}
            Some(b'<') => {
                let id: u32 = table.number(number, 0)?;
                let Some(value) = self.read(id) else { return Ok(()) };
                node.inputs.push(Argument { name: name.into(), values: vec![value] });
                if let Some(scales) = self.scales(id) {
                    let name = format!("{name}/scales");
                    node.inputs.push(Argument { name: name.as_str().into(), values: vec![scales] });
                }
            }
            Some(b'>') => {
                let value = self.write(table.number(number, 0)?, "");
                node.outputs.push(Argument { name: name.into(), values: vec![value] });
            }
            Some(b'[') => {
                let numbers: Vec<u32> = table.numbers(number)?;
                let list = numbers.into_iter().map(|number| Literal::Int(number.into())).collect();
                node.attributes.push(Attribute { name: name.into(), value: Literal::List(list) });
            }
            Some(b'~') => {
                let value = Literal::Float(table.number(number, 0.0)?);
                node.attributes.push(Attribute { name: name.into(), value });
            }
            _ => {
                let value = Literal::Int(table.number(number, 0u32)?.into());
                node.attributes.push(Attribute { name: name.into(), value });
            }
        }
        Ok(())
    }

    /// The newest value of number `id`: what was written last, or a constant; none if there is no such value.
    fn read(&mut self, id: u32) -> Option<ValueId> {
        if let Some(known) = self.now.get(&id) {
            return Some(*known);
        }
        let described = self.values.get(&id).filter(|_| id != NONE)?;
        if described.constant == 0 {
            self.place.report.add_error(&absent("value", id).within("XNNPACK"));
            return None;
        }
        let name = format!("constant {}", described.constant);
        let (constant, shape, notes) = (described.constant, described.dims.clone(), described.notes.clone());
        let value = self.constant(&name, constant, described.dtype, shape, notes);
        self.now.insert(id, value);
        Some(value)
    }

    /// The scales of value `id`, if it has some of its own.
    fn scales(&mut self, id: u32) -> Option<ValueId> {
        let (constant, count, dtype) = self.values.get(&id)?.scales.filter(|(constant, ..)| *constant > 0)?;
        Some(self.constant(&format!("constant {constant}"), constant, dtype, vec![count], Vec::new()))
    }

    fn constant(&mut self, name: &str, index: u32, dtype: DType, shape: Vec<u64>, metadata: Vec<Entry>) -> ValueId {
        let span = self.spans.get(index as usize).copied().flatten();
        let mut tensor = Tensor {
            name: name.into(),
            dtype,
            shape,
            encoding: Encoding::Little,
            data: Data::Absent,
            description: "".into(),
            metadata,
            indices: None,
        };
        match (span, tensor.bytes()) {
            (Some(span), Some(wanted)) if wanted <= span.len => {
                tensor.data = Data::Range(self.place.file, Span { len: wanted, ..span });
            }
            _ => self.place.report.add(Severity::Warning, format!("the values of {name:?} of XNNPACK are missing")),
        }
        let tensor = self.place.tensors.push(tensor);
        self.graph.values.push(Value { name: name.into(), tensor: Some(tensor), ..Value::default() })
    }

    /// A new value for number `id`.
    fn write(&mut self, id: u32, name: &str) -> ValueId {
        let mut value = Value { name: name.into(), ..Value::default() };
        if let Some(described) = self.values.get(&id) {
            let dims = described.dims.iter().copied().map(Dim::Known).collect();
            value.ty = Some(Type::Tensor { dtype: described.dtype, shape: Some(Shape(dims)) });
            value.metadata = described.notes.clone();
        }
        let value = self.graph.values.push(value);
        self.now.insert(id, value);
        value
    }
}

fn take(left: &mut u64, count: u64) -> Result<()> {
    *left = left.checked_sub(count).ok_or_else(|| Error::limit("the same nodes are used too many times"))?;
    Ok(())
}

fn numbered(name: &str, index: usize) -> String {
    if index == 0 { name.into() } else { format!("{name} {}", index + 1) }
}
