//! The messages of Caffe2 (`caffe2/proto/caffe2.proto`), with the fields that matter here. Names are those of the schema without `Def` and `Proto`.

use crate::codec::protobuf::messages;
use crate::codec::prototext::Schema;
use crate::model::DType;
use crate::source::Span;
use std::sync::LazyLock;

/// The fields of all messages.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(include_str!("schema.txt")));

messages! {
    /// `NetDef`. Operators and arguments are left where they are.
    Net {
        1 name: String,
        2 op: Vec<Span>,
        3 kind: String,
        4 num_workers: i64,
        5 device_option: Option<Device>,
        6 arg: Vec<Span>,
        7 external_input: Vec<String>,
        8 external_output: Vec<String>,
    }

    /// `OperatorDef`. Arguments are left where they are.
    Operator {
        1 input: Vec<String>,
        2 output: Vec<String>,
        3 name: String,
        4 kind: String,
        5 arg: Vec<Span>,
        6 device_option: Option<Device>,
        7 engine: String,
        8 control_input: Vec<String>,
        10 debug_info: String,
        11 domain: String,
    }

    /// `DeviceOption`.
    Device {
        1 device_type: i64,
        2 device_id: Option<i64>,
        4 node_name: String,
    }

    /// `Argument`.
    Argument {
        1 name: String,
        2 f: Option<f32>,
        3 i: Option<i64>,
        4 s: Option<Span>,
        5 floats: Vec<f32>,
        6 ints: Vec<i64>,
        7 strings: Vec<Span>,
        8 n: Option<Span>,
        9 nets: Vec<Span>,
        10 t: Option<Tensor>,
        11 tensors: Vec<Tensor>,
    }

    /// `TensorProto`. Of the payload, only its place.
    Tensor {
        1 dims: Vec<i64>,
        2 data_type: Option<i64>,
        3 float_data: Vec<Span>,
        4 int32_data: Vec<Span>,
        5 byte_data: Option<Span>,
        6 string_data: Vec<Span>,
        7 name: String,
        9 double_data: Vec<Span>,
        10 int64_data: Vec<Span>,
        13 raw_data: Option<Span>,
    }
}

/// The element type that `TensorProto.DataType` numbers `number`.
pub fn dtype(number: i64) -> DType {
    match number {
        1 => DType::F32,
        2 => DType::I32,
        3 | 6 => DType::U8,
        4 => DType::String,
        5 => DType::Bool,
        7 => DType::I8,
        8 => DType::U16,
        9 => DType::I16,
        10 => DType::I64,
        12 => DType::F16,
        13 => DType::F64,
        _ => DType::Unknown,
    }
}

impl Device {
    /// The device in a few words: `CUDA 1`; none for the one that is used if nothing is said.
    pub fn text(&self) -> Option<String> {
        const KINDS: [&str; 10] = ["CPU", "CUDA", "MKLDNN", "OpenGL", "OpenCL", "IDEEP", "HIP", "FPGA", "MSNPU", "XLA"];
        let kind = usize::try_from(self.device_type).ok().and_then(|kind| KINDS.get(kind));
        let kind = kind.map_or_else(|| format!("device type {}", self.device_type), |kind| (*kind).to_owned());
        let number = self.device_id.map(|number| format!(" {number}")).unwrap_or_default();
        let node = if self.node_name.is_empty() { String::new() } else { format!(" of {}", self.node_name) };
        let plain = self.device_type == 0 && number.is_empty() && node.is_empty();
        (!plain).then(|| format!("{kind}{number}{node}"))
    }
}
