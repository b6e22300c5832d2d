//! `TensorProto`: the description, and where the values are.

use super::super::proto::{self, Tensor as Proto};
use super::super::slices;
use crate::model::{Data, Encoding, Entry, Tensor, Text};
use crate::source::{FileId, Slice, Span};
use bytes::Buf;
use prost::encoding::decode_varint;

/// The most elements of a tensor that states only its first ones that are written out.
const WRITTEN_OUT: u64 = 1 << 14;

/// The tensor called `name` that `proto`, in `file`, describes. Of `budget` bytes, those are taken that are written out for values that are stated once.
pub fn lower(proto: &Proto, name: Text, file: FileId, bytes: &Slice, budget: &mut u64) -> Tensor {
    let dtype = proto::dtype(proto.dtype);
    let (data, encoding) = slices::payload(proto, file);
    let kind = proto::note(proto.dtype).map(|kind| Entry { name: "type".into(), value: kind.into() });
    let mut tensor = Tensor {
        name,
        dtype,
        shape: proto.shape.sizes(),
        encoding,
        data,
        description: "".into(),
        metadata: kind.into_iter().collect(),
        indices: None,
    };
    if proto.content.is_none() {
        complete(&mut tensor, file, bytes, budget);
    } else if dtype.bits() > 0 && dtype.bits() < 8 {
        // Elements of less than a byte have a byte each.
        tensor.encoding = Encoding::Widened(1);
    }
    tensor
}

/// Where a tensor states fewer values than it has, the others are as the last one.
fn complete(tensor: &mut Tensor, file: FileId, bytes: &Slice, budget: &mut u64) {
    let (Some(count), width) = (tensor.elements(), tensor.dtype.bits().div_ceil(8) as usize) else { return };
    let cost = count.saturating_mul(width.max(size_of::<Span>()) as u64);
    let fits = count <= WRITTEN_OUT && cost <= *budget;
    match &mut tensor.data {
        Data::Strings(_, spans) => {
            if let Some(last) = spans.last().copied().filter(|_| fits && (spans.len() as u64) < count) {
                *budget -= cost;
                spans.resize(count as usize, last);
            }
        }
        Data::Range(_, span) if tensor.encoding == Encoding::Little && span.len == width as u64 && count > 1 => {
            tensor.data = Data::Strided(file, *span, vec![0; tensor.shape.len()]);
        }
        // TensorFlow leaves out values that are all zero.
        Data::Absent if fits && width > 0 && count > 0 => {
            *budget -= cost;
            tensor.data = Data::Inline(vec![0; (count as usize).saturating_mul(width)]);
        }
        data if fits => {
            let spans: Vec<Span> = match data {
                Data::Range(_, span) => vec![*span],
                Data::Ranges(_, spans) => spans.clone(),
                _ => return,
            };
            let total: u64 = spans.iter().map(|span| span.len).sum();
            if total > count.saturating_mul(16) {
                return;
            }
            let whole = match tensor.encoding {
                Encoding::Varint => varints(&spans, bytes, width),
                _ => spans.iter().filter_map(|span| bytes.window(*span).read_all(total).ok()).flatten().collect(),
            };
            let wanted = (count as usize).saturating_mul(width);
            let last = whole.len().checked_sub(width).and_then(|from| whole.get(from..)).map(<[u8]>::to_vec);
            if let Some(last) = last.filter(|_| whole.len() < wanted && width > 0) {
                let missing = (wanted - whole.len()) / width;
                *budget -= cost;
                tensor.data = Data::Inline([whole, last.repeat(missing)].concat());
                tensor.encoding = Encoding::Little;
            }
        }
        _ => {}
    }
}

/// The packed integers at `spans`, in `width` bytes each.
fn varints(spans: &[Span], bytes: &Slice, width: usize) -> Vec<u8> {
    let mut values = Vec::new();
    for span in spans {
        let mut packed = bytes.window(*span);
        while packed.has_remaining() {
            let Ok(value) = decode_varint(&mut packed) else { break };
            values.extend(value.to_le_bytes().into_iter().take(width));
        }
    }
    values
}
