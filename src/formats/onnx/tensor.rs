//! `TensorProto` and `SparseTensorProto`: the description, and where the payload is.

use super::lower::Lowering;
use super::proto;
use crate::model::{DType, Data, Encoding, Entry, Tensor, TensorId};
use crate::report::Severity;
use crate::source::Span;

/// `TensorProto.DataLocation.EXTERNAL`.
const EXTERNAL: i64 = 1;

impl Lowering<'_> {
    /// Adds `proto` to the model's tensors, called `name` where it has no name of its own.
    pub fn tensor(&mut self, proto: &proto::Tensor, name: &str) -> TensorId {
        let name = self.text(if proto.name.is_empty() { name } else { &proto.name });
        let dtype = proto::dtype(proto.data_type);
        let shape = self.dims(&proto.dims, &name);
        let (data, encoding) = self.payload(proto, dtype, &name);
        let tensor = Tensor {
            dtype,
            shape,
            encoding,
            data,
            description: self.text(&proto.doc_string),
            metadata: self.entries(&proto.metadata_props),
            indices: None,
            name,
        };
        if tensor.dtype == DType::Unknown {
            self.warn(format!("tensor {:?} has element type {}, which is not known", tensor.name, proto.data_type));
        }
        if let (Data::Range(_, span) | Data::External { span, .. }, Encoding::Little, Some(bytes)) =
            (&tensor.data, tensor.encoding, tensor.bytes())
            && span.len != bytes
            && span.len != u64::MAX
        {
            self.warn(format!("tensor {:?} has {} bytes, its type and shape ask for {bytes}", tensor.name, span.len));
        }
        self.model.tensors.push(tensor)
    }

    /// Adds `proto` to the model's tensors, its coordinates as a tensor of their own.
    pub fn sparse_tensor(&mut self, proto: &proto::SparseTensor, name: &str) -> TensorId {
        let indices = self.tensor(&proto.indices, "");
        let values = self.tensor(&proto.values, name);
        let shape = self.dims(&proto.dims, &proto.values.name);
        if let Some(tensor) = self.model.tensors.get_mut(values) {
            tensor.shape = shape;
            tensor.indices = Some(indices);
        }
        values
    }

    fn dims(&mut self, dims: &[i64], name: &str) -> Vec<u64> {
        if dims.iter().any(|dim| *dim < 0) {
            self.warn(format!("tensor {name:?} has a negative dimension: {dims:?}"));
        }
        dims.iter().map(|dim| u64::try_from(*dim).unwrap_or(0)).collect()
    }

    fn payload(&mut self, proto: &proto::Tensor, dtype: DType, name: &str) -> (Data, Encoding) {
        use DType::{C64, C128, F32, F64, I64, String, U32, U64};
        if proto.segment.is_some() {
            self.warn(format!("tensor {name:?} is one segment of a larger one"));
        }
        if proto.data_location == EXTERNAL || !proto.external_data.is_empty() {
            return (self.external(proto, name), Encoding::Little);
        }
        let varint = !matches!(dtype, F32 | F64 | C64 | C128 | I64 | U32 | U64 | String);
        let typed = [
            ("float_data", &proto.float_data, matches!(dtype, F32 | C64), Encoding::Little),
            ("double_data", &proto.double_data, matches!(dtype, F64 | C128), Encoding::Little),
            ("int32_data", &proto.int32_data, varint, Encoding::Varint),
            ("int64_data", &proto.int64_data, dtype == I64, Encoding::Varint),
            ("uint64_data", &proto.uint64_data, matches!(dtype, U32 | U64), Encoding::Varint),
            ("string_data", &proto.string_data, dtype == String, Encoding::Little),
        ];
        let mut found = proto.raw_data.map(|span| (Data::Range(self.id, span), Encoding::Little));
        for (field, spans, fits, encoding) in typed {
            if spans.is_empty() {
                continue;
            }
            if !fits {
                self.warn(format!(
                    "tensor {name:?} of {} has its elements in {field}, where they do not fit",
                    dtype.name()
                ));
            } else if found.is_some() {
                self.warn(format!("tensor {name:?} states its elements twice; those in {field} are ignored"));
            } else {
                found = Some((self.place(dtype, spans), encoding));
            }
        }
        found.unwrap_or((Data::Absent, Encoding::Little))
    }

    /// `external_data`: `location` names a file beside the model; `offset` and `length` are decimal numbers.
    fn external(&mut self, proto: &proto::Tensor, name: &str) -> Data {
        let entry = |key| proto.external_data.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
        let mut number = |key, absent| match entry(key).map(str::parse::<u64>) {
            None => absent,
            Some(Ok(number)) => number,
            Some(Err(_)) => {
                let value = entry(key).unwrap_or_default();
                self.report.add(Severity::Warning, format!("tensor {name:?} has {value:?} as external {key}"));
                absent
            }
        };
        let span = Span { at: number("offset", 0), len: number("length", u64::MAX) };
        match (entry("location").filter(|path| !path.is_empty()), &self.source) {
            (Some(path), Some((file, own))) if own == path => Data::Range(*file, span),
            (Some(path), _) => Data::External { path: self.strings.intern(path), span },
            (None, _) => {
                self.warn(format!("tensor {name:?} is in another file, but the model does not say which"));
                Data::Absent
            }
        }
    }

    /// The entries of a `StringStringEntryProto` list.
    pub fn entries(&mut self, entries: &[proto::StringStringEntry]) -> Vec<Entry> {
        entries
            .iter()
            .map(|entry| Entry { name: self.strings.intern(&entry.key), value: self.text(&entry.value) })
            .collect()
    }

    fn place(&self, dtype: DType, spans: &[Span]) -> Data {
        match spans {
            _ if dtype == DType::String => Data::Strings(self.id, spans.to_vec()),
            [span] => Data::Range(self.id, *span),
            _ => Data::Ranges(self.id, spans.to_vec()),
        }
    }
}
