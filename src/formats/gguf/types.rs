//! The numbers by which files name types.

use super::header::kind;
use crate::model::DType;

/// The type of elements that tensors name by `number` (`ggml_type` in `ggml.h`).
pub fn element(number: u32) -> Option<DType> {
    Some(match number {
        0 => DType::F32,
        1 => DType::F16,
        2 => DType::Q4_0,
        3 => DType::Q4_1,
        6 => DType::Q5_0,
        7 => DType::Q5_1,
        8 => DType::Q8_0,
        9 => DType::Q8_1,
        10 => DType::Q2K,
        11 => DType::Q3K,
        12 => DType::Q4K,
        13 => DType::Q5K,
        14 => DType::Q6K,
        15 => DType::Q8K,
        16 => DType::Iq2Xxs,
        17 => DType::Iq2Xs,
        18 => DType::Iq3Xxs,
        19 => DType::Iq1S,
        20 => DType::Iq4Nl,
        21 => DType::Iq3S,
        22 => DType::Iq2S,
        23 => DType::Iq4Xs,
        24 => DType::I8,
        25 => DType::I16,
        26 => DType::I32,
        27 => DType::I64,
        28 => DType::F64,
        29 => DType::Iq1M,
        30 => DType::BF16,
        34 => DType::Tq1_0,
        35 => DType::Tq2_0,
        39 => DType::Mxfp4,
        40 => DType::Nvfp4,
        41 => DType::Q1_0,
        _ => return None,
    })
}

/// What the types were called that ggml had for a while.
pub fn removed(number: u32) -> Option<&'static str> {
    Some(match number {
        4 => "Q4_2",
        5 => "Q4_3",
        31 => "Q4_0_4_4",
        32 => "Q4_0_4_8",
        33 => "Q4_0_8_8",
        36 => "IQ4_NL_4_4",
        37 => "IQ4_NL_4_8",
        38 => "IQ4_NL_8_8",
        _ => return None,
    })
}

/// The type of the items of a table of type `number`.
pub fn item(number: u32) -> DType {
    match number {
        kind::UINT8 => DType::U8,
        kind::INT8 => DType::I8,
        kind::UINT16 => DType::U16,
        kind::INT16 => DType::I16,
        kind::UINT32 => DType::U32,
        kind::INT32 => DType::I32,
        kind::FLOAT32 => DType::F32,
        kind::BOOL => DType::Bool,
        kind::STRING => DType::String,
        kind::UINT64 => DType::U64,
        kind::INT64 => DType::I64,
        kind::FLOAT64 => DType::F64,
        _ => DType::Unknown,
    }
}

/// What `general.file_type` says most matrices are of (`llama_ftype` in `llama.h`).
pub fn mixture(number: u64) -> Option<&'static str> {
    const NAMES: [&str; 41] = [
        "F32",
        "F16",
        "Q4_0",
        "Q4_1",
        "Q4_1 and F16",
        "Q4_2",
        "Q4_3",
        "Q8_0",
        "Q5_0",
        "Q5_1",
        "Q2_K",
        "Q3_K_S",
        "Q3_K_M",
        "Q3_K_L",
        "Q4_K_S",
        "Q4_K_M",
        "Q5_K_S",
        "Q5_K_M",
        "Q6_K",
        "IQ2_XXS",
        "IQ2_XS",
        "Q2_K_S",
        "IQ3_XS",
        "IQ3_XXS",
        "IQ1_S",
        "IQ4_NL",
        "IQ3_S",
        "IQ3_M",
        "IQ2_S",
        "IQ2_M",
        "IQ4_XS",
        "IQ1_M",
        "BF16",
        "Q4_0_4_4",
        "Q4_0_4_8",
        "Q4_0_8_8",
        "TQ1_0",
        "TQ2_0",
        "MXFP4_MOE",
        "NVFP4",
        "Q1_0",
    ];
    NAMES.get(usize::try_from(number).ok()?).copied()
}
