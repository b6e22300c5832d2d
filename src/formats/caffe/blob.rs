//! `BlobProto`: the description, and where the payload is.

use super::net::Blob;
use super::proto;
use crate::model::{DType, Data, Encoding, Tensor};
use crate::report::{Report, Severity};

/// The tensor that `blob` is, called `name`. With `trimmed`, sizes of one at the start are left out if the blob states four sizes, as before 2015 every
/// blob had four.
pub fn tensor(blob: &Blob, name: &str, trimmed: bool, report: &mut Report) -> Tensor {
    let (dtype, data) = payload(blob, name, report);
    let shape = shape(&blob.proto, trimmed);
    if shape.iter().any(|dim| *dim < 0) {
        report.add(Severity::Warning, format!("blob {name:?} has a negative size: {shape:?}"));
    }
    let tensor = Tensor {
        name: name.into(),
        dtype,
        shape: shape.iter().map(|dim| u64::try_from(*dim).unwrap_or(0)).collect(),
        encoding: Encoding::Little,
        data,
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    };
    let len = match &tensor.data {
        Data::Range(_, span) => Some(span.len),
        Data::Ranges(_, spans) => Some(spans.iter().map(|span| span.len).sum()),
        _ => None,
    };
    if let (Some(len), Some(bytes)) = (len, tensor.bytes())
        && len != bytes
    {
        let message = format!("blob {name:?} has {len} bytes, its type and shape ask for {bytes}");
        report.add(Severity::Warning, message);
    }
    tensor
}

/// The sizes that `blob` states.
fn shape(blob: &proto::Blob, trimmed: bool) -> Vec<i64> {
    let legacy = [blob.num, blob.channels, blob.height, blob.width];
    match &blob.shape {
        Some(shape) => shape.dim.clone(),
        None if legacy.iter().all(Option::is_none) => Vec::new(),
        None => {
            let sizes: Vec<i64> = legacy.into_iter().map(|size| size.unwrap_or(0)).collect();
            let ones = sizes.iter().take(3).take_while(|size| **size == 1).count();
            sizes.into_iter().skip(if trimmed { ones } else { 0 }).collect()
        }
    }
}

fn payload(blob: &Blob, name: &str, report: &mut Report) -> (DType, Data) {
    let Blob { file, proto } = blob;
    let (dtype, spans) = match (proto.data.as_slice(), proto.double_data.as_slice(), &proto.raw_data) {
        (_, _, Some(raw)) => (raw_type(proto.raw_data_type, name, report), std::slice::from_ref(raw)),
        ([], doubles @ [_, ..], None) => (DType::F64, doubles),
        (floats, _, None) => (DType::F32, floats),
    };
    let data = match spans {
        [] => Data::Absent,
        [span] => Data::Range(*file, *span),
        spans => Data::Ranges(*file, spans.to_vec()),
    };
    (dtype, data)
}

/// The type that `Type` of NVIDIA's fork numbers `number`.
fn raw_type(number: i64, name: &str, report: &mut Report) -> DType {
    match number {
        0 => DType::F64,
        1 => DType::F32,
        2 => DType::F16,
        3 => DType::I32,
        4 => DType::U32,
        _ => {
            report.add(Severity::Warning, format!("blob {name:?} has element type {number}, which is not known"));
            DType::Unknown
        }
    }
}
