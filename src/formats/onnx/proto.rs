//! The messages of ONNX (`onnx.proto`, up to IR version 14), with the fields that matter here.
//!
//! `ModelProto`, `GraphProto`, `FunctionProto` and `TrainingInfoProto` are walked field by field in [`super::lower`]; what they
//! hold is declared here and decoded one message at a time. Names are those of the schema without `Proto`.

use super::devices::Placement;
use crate::codec::protobuf::{Field, Message, Value, messages};
use crate::model::{DType, Text};
use crate::report::Result;
use crate::source::Span;

messages! {
    /// `OperatorSetIdProto`.
    OperatorSetId {
        1 domain: String,
        2 version: i64,
    }

    /// `StringStringEntryProto`.
    StringStringEntry {
        1 key: String,
        2 value: String,
    }

    /// `NodeProto`.
    Node {
        1 input: Vec<String>,
        2 output: Vec<String>,
        3 name: String,
        4 op_type: String,
        5 attribute: Vec<Attribute>,
        6 doc_string: String,
        7 domain: String,
        8 overload: String,
        9 metadata_props: Vec<StringStringEntry>,
        10 device_configurations: Vec<Placement>,
    }

    /// `AttributeProto`. What is not a number is left where it is until the type says that it is wanted.
    Attribute {
        1 name: String,
        2 f: Option<f32>,
        3 i: Option<i64>,
        4 s: Option<Span>,
        5 t: Option<Span>,
        6 g: Option<Span>,
        7 floats: Vec<f32>,
        8 ints: Vec<i64>,
        9 strings: Vec<Span>,
        10 tensors: Vec<Span>,
        11 graphs: Vec<Span>,
        14 tp: Option<Span>,
        15 type_protos: Vec<Span>,
        20 kind: i64,
        21 ref_attr_name: String,
        22 sparse_tensor: Option<Span>,
        23 sparse_tensors: Vec<Span>,
    }

    /// `ValueInfoProto`.
    ValueInfo {
        1 name: String,
        2 ty: Option<Type>,
        3 doc_string: String,
        4 metadata_props: Vec<StringStringEntry>,
    }

    /// `TensorAnnotation`.
    TensorAnnotation {
        1 tensor_name: String,
        2 quant_parameter_tensor_names: Vec<StringStringEntry>,
    }

    /// `SparseTensorProto`.
    SparseTensor {
        1 values: Tensor,
        2 indices: Tensor,
        3 dims: Vec<i64>,
    }

    /// `TensorProto`. Of the payload, only its place: packed numbers are one range, others one range each.
    Tensor {
        1 dims: Vec<i64>,
        2 data_type: i64,
        3 segment: Option<Span>,
        4 float_data: Vec<Span>,
        5 int32_data: Vec<Span>,
        6 string_data: Vec<Span>,
        7 int64_data: Vec<Span>,
        8 name: String,
        9 raw_data: Option<Span>,
        10 double_data: Vec<Span>,
        11 uint64_data: Vec<Span>,
        12 doc_string: String,
        13 external_data: Vec<StringStringEntry>,
        14 data_location: i64,
        16 metadata_props: Vec<StringStringEntry>,
    }

    /// `TypeProto.Tensor` and `TypeProto.SparseTensor`.
    TensorType {
        1 elem_type: i64,
        2 shape: Option<Shape>,
    }

    /// `TensorShapeProto`.
    Shape {
        1 dim: Vec<Dimension>,
    }

    /// `TensorShapeProto.Dimension`.
    Dimension {
        1 dim_value: Option<i64>,
        2 dim_param: Option<String>,
    }

    /// `TypeProto.Sequence` and `TypeProto.Optional`.
    Wrapper {
        1 elem_type: Boxed,
    }

    /// `TypeProto.Map`.
    Map {
        1 key_type: i64,
        2 value_type: Boxed,
    }

    /// `TypeProto.Opaque`.
    Opaque {
        1 domain: String,
        2 name: String,
    }

    /// `TypeProto`.
    Type {
        1 tensor_type: Option<TensorType>,
        4 sequence_type: Option<Wrapper>,
        5 map_type: Option<Map>,
        6 denotation: String,
        7 opaque_type: Option<Opaque>,
        8 sparse_tensor_type: Option<TensorType>,
        9 optional_type: Option<Wrapper>,
    }
}

/// A type within a type.
#[derive(Debug, Default)]
pub struct Boxed(Option<Box<Type>>);

impl Value for Boxed {
    fn take(&mut self, field: &Field) -> Result<()> {
        self.0.get_or_insert_default().merge(field.message()?)
    }
}

impl Boxed {
    fn lower(&self) -> crate::model::Type {
        let unknown = crate::model::Type::Tensor { dtype: DType::Unknown, shape: None };
        self.0.as_ref().and_then(|ty| ty.lower()).unwrap_or(unknown)
    }
}

impl Type {
    /// The type in the model's terms; none if the message states none that is known.
    pub fn lower(&self) -> Option<crate::model::Type> {
        use crate::model::Type;
        Some(if let Some(tensor) = &self.tensor_type {
            Type::Tensor { dtype: dtype(tensor.elem_type), shape: tensor.shape.as_ref().map(Shape::lower) }
        } else if let Some(tensor) = &self.sparse_tensor_type {
            Type::Sparse { dtype: dtype(tensor.elem_type), shape: tensor.shape.as_ref().map(Shape::lower) }
        } else if let Some(of) = &self.sequence_type {
            Type::Sequence(Box::new(of.elem_type.lower()))
        } else if let Some(map) = &self.map_type {
            Type::Map(dtype(map.key_type), Box::new(map.value_type.lower()))
        } else if let Some(of) = &self.optional_type {
            Type::Optional(Box::new(of.elem_type.lower()))
        } else if let Some(opaque) = &self.opaque_type {
            let separator = if opaque.domain.is_empty() { "" } else { "." };
            Type::Opaque(Text::from(format!("{}{separator}{}", opaque.domain, opaque.name)))
        } else {
            return None;
        })
    }
}

impl Shape {
    fn lower(&self) -> crate::model::Shape {
        use crate::model::Dim;
        let dims = self.dim.iter().map(|dim| match (dim.dim_value.map(u64::try_from), &dim.dim_param) {
            (Some(Ok(size)), _) => Dim::Known(size),
            (_, Some(name)) if !name.is_empty() => Dim::Symbol(name.as_str().into()),
            _ => Dim::Unknown,
        });
        crate::model::Shape(dims.collect())
    }
}

/// The element type that `TensorProto.DataType` numbers `number`.
pub fn dtype(number: i64) -> DType {
    match number {
        1 => DType::F32,
        2 => DType::U8,
        3 => DType::I8,
        4 => DType::U16,
        5 => DType::I16,
        6 => DType::I32,
        7 => DType::I64,
        8 => DType::String,
        9 => DType::Bool,
        10 => DType::F16,
        11 => DType::F64,
        12 => DType::U32,
        13 => DType::U64,
        14 => DType::C64,
        15 => DType::C128,
        16 => DType::BF16,
        17 => DType::F8E4M3FN,
        18 => DType::F8E4M3FNUZ,
        19 => DType::F8E5M2,
        20 => DType::F8E5M2FNUZ,
        21 => DType::U4,
        22 => DType::I4,
        23 => DType::F4E2M1,
        24 => DType::F8E8M0,
        25 => DType::U2,
        26 => DType::I2,
        27 => DType::F6E2M3,
        28 => DType::F6E3M2,
        _ => DType::Unknown,
    }
}
