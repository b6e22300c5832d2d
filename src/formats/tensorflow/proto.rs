//! The messages of checkpoints, with the fields that matter here. Names are those of the schemas without `Proto`.

use crate::codec::protobuf::messages;
use crate::model::{self, DType, Type};
use crate::source::Span;

messages! {
    /// `BundleHeaderProto`: the entry about the whole of version 2.
    BundleHeader {
        1 num_shards: i64,
        2 endianness: i64,
        3 version: Version,
    }

    /// `VersionDef`.
    Version {
        1 producer: i64,
    }

    /// `BundleEntryProto`.
    BundleEntry {
        1 dtype: i64,
        2 shape: Shape,
        3 shard_id: i64,
        4 offset: i64,
        5 size: i64,
        7 slices: Vec<TensorSlice>,
    }

    /// `TensorShapeProto`.
    Shape {
        2 dim: Vec<Dim>,
        3 unknown_rank: i64,
    }

    /// `TensorShapeProto.Dim`.
    Dim {
        1 size: i64,
        2 name: String,
    }

    /// `TensorSliceProto`.
    TensorSlice {
        1 extent: Vec<Extent>,
    }

    /// `TensorSliceProto.Extent`; a length that is absent means all.
    Extent {
        1 start: i64,
        2 length: Option<i64>,
    }

    /// `SavedTensorSlices`: an entry of version 1.
    SavedTensorSlices {
        1 meta: Option<SavedTensorSliceMeta>,
        2 data: Option<SavedSlice>,
    }

    /// `SavedTensorSliceMeta`.
    SavedTensorSliceMeta {
        1 tensor: Vec<SavedSliceMeta>,
        2 versions: Version,
    }

    /// `SavedSliceMeta`.
    SavedSliceMeta {
        1 name: String,
        2 shape: Shape,
        3 kind: i64,
        4 slice: Vec<TensorSlice>,
    }

    /// `SavedSlice`.
    SavedSlice {
        1 name: String,
        2 slice: TensorSlice,
        3 data: Tensor,
    }

    /// `TensorProto`. Of the payload, only its place: packed numbers are one range, others one range each.
    Tensor {
        1 dtype: i64,
        2 shape: Shape,
        4 content: Option<Span>,
        5 float: Vec<Span>,
        6 double: Vec<Span>,
        7 int: Vec<Span>,
        8 string: Vec<Span>,
        9 complex: Vec<Span>,
        10 int64: Vec<Span>,
        11 bool: Vec<Span>,
        12 complex128: Vec<Span>,
        13 half: Vec<Span>,
        16 uint32: Vec<Span>,
        17 uint64: Vec<Span>,
    }

    /// `TrackableObjectGraph`.
    ObjectGraph {
        1 nodes: Vec<Object>,
    }

    /// `TrackableObjectGraph.TrackableObject`.
    Object {
        1 children: Vec<Child>,
        2 attributes: Vec<SerializedTensor>,
        3 slot_variables: Vec<Slot>,
    }

    /// `TrackableObjectGraph.TrackableObject.ObjectReference`.
    Child {
        1 node_id: i64,
        2 local_name: String,
    }

    /// `TrackableObjectGraph.TrackableObject.SerializedTensor`.
    SerializedTensor {
        1 name: String,
        2 full_name: String,
        3 checkpoint_key: String,
    }

    /// `TrackableObjectGraph.TrackableObject.SlotVariableReference`.
    Slot {
        1 original: i64,
        2 slot_name: String,
        3 variable: i64,
    }
}

impl Shape {
    /// The sizes along the axes; a negative one counts as 0.
    pub fn sizes(&self) -> Vec<u64> {
        self.dim.iter().map(|dim| u64::try_from(dim.size).unwrap_or(0)).collect()
    }

    /// The shape, if its rank is known; negative sizes are not known.
    pub fn lower(&self) -> Option<model::Shape> {
        let dim = |dim: &Dim| match u64::try_from(dim.size) {
            Ok(size) => model::Dim::Known(size),
            Err(_) if !dim.name.is_empty() => model::Dim::Symbol(dim.name.as_str().into()),
            Err(_) => model::Dim::Unknown,
        };
        (self.unknown_rank == 0).then(|| model::Shape(self.dim.iter().map(dim).collect()))
    }
}

/// The element type with number `code` in `types.proto`. Resources and variants have none.
pub fn dtype(code: i64) -> DType {
    match code {
        1 => DType::F32,
        2 => DType::F64,
        3 | 13 => DType::I32,
        4 | 12 => DType::U8,
        5 | 15 => DType::I16,
        6 | 11 => DType::I8,
        7 => DType::String,
        8 => DType::C64,
        9 => DType::I64,
        10 => DType::Bool,
        14 => DType::BF16,
        16 | 17 => DType::U16,
        18 => DType::C128,
        19 => DType::F16,
        22 => DType::U32,
        23 => DType::U64,
        24 => DType::F8E5M2,
        25 => DType::F8E4M3FN,
        26 => DType::F8E4M3FNUZ,
        28 => DType::F8E5M2FNUZ,
        29 => DType::I4,
        30 => DType::U4,
        31 => DType::I2,
        32 => DType::U2,
        33 => DType::F4E2M1,
        _ => DType::Unknown,
    }
}

/// The type of a tensor whose elements are of the type with number `code`; references to variables have a number of 100 more.
pub fn ty(code: i64, shape: Option<model::Shape>) -> Option<Type> {
    match if code > 100 { code - 100 } else { code } {
        0 => None,
        code @ (20 | 21) => Some(Type::Opaque(note(code).unwrap_or_default().into())),
        code => Some(Type::Tensor { dtype: dtype(code), shape }),
    }
}

/// What the types are called that are more than their elements say, or that have none.
pub fn note(code: i64) -> Option<&'static str> {
    Some(match code {
        11 => "qint8",
        12 => "quint8",
        13 => "qint32",
        15 => "qint16",
        16 => "quint16",
        20 => "resource",
        21 => "variant",
        27 => "float8_e4m3b11fnuz",
        _ => return None,
    })
}
