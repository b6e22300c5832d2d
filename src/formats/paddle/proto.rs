//! The messages of PaddlePaddle (`paddle/fluid/framework/framework.proto`), with the fields that matter for parameters.

use crate::codec::protobuf::messages;
use crate::model::DType;

messages! {
    /// `ProgramDesc`.
    Program {
        1 blocks: Vec<Block>,
    }

    /// `BlockDesc`. Operators are left out.
    Block {
        3 vars: Vec<Variable>,
    }

    /// `VarDesc`.
    Variable {
        1 name: String,
        2 kind: Option<Kind>,
        3 persistable: i64,
    }

    /// `VarType`.
    Kind {
        1 kind: i64,
    }

    /// `VarType.TensorDesc`.
    Description {
        1 data_type: i64,
        2 dims: Vec<i64>,
    }
}

impl Variable {
    /// Whether it is a parameter: a tensor that outlives a run.
    pub fn is_parameter(&self) -> bool {
        const TENSOR: i64 = 7;
        self.persistable != 0 && self.kind.as_ref().is_some_and(|kind| kind.kind == TENSOR)
    }
}

/// The element type that `VarType.Type` has the number `number` for.
pub fn dtype(number: i64) -> DType {
    match number {
        0 => DType::Bool,
        1 => DType::I16,
        2 => DType::I32,
        3 => DType::I64,
        4 => DType::F16,
        5 => DType::F32,
        6 => DType::F64,
        20 => DType::U8,
        21 => DType::I8,
        22 => DType::BF16,
        23 => DType::C64,
        24 => DType::C128,
        32 => DType::F8E4M3FN,
        33 => DType::F8E5M2,
        _ => DType::Unknown,
    }
}
