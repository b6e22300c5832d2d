//! What a file is, by its first fields.

use super::operators;
use super::proto::SCHEMA;
use crate::codec::protobuf::{Field, Fields, Wire};
use crate::codec::prototext::outermost;
use crate::probe::{Confidence, Probe};

/// The fields that are looked at to recognise a file.
const LOOKED_AT: usize = 16;
/// The longest name that a file is recognised by.
const NAME: u64 = 4096;

/// What a file can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// `NetParameter`.
    Net,
    /// `NetParameter` as text.
    NetText,
    /// `SolverParameter` as text.
    SolverText,
    /// `BlobProto`.
    Blob,
    /// `BlobProtoVector`.
    Blobs,
    /// `SolverState`.
    Snapshot,
}

/// What the file is, and how sure that is.
pub fn root(probe: &Probe) -> Option<(Root, Confidence)> {
    if let Some(text) = probe.text() {
        return text_root(text).map(|root| (root, Confidence::Certain));
    }
    let fields: Vec<Field> = Fields::new(probe.file()).take(LOOKED_AT).map_while(Result::ok).collect();
    if fields.is_empty() {
        None
    } else if fields.iter().all(is_net) {
        let layer = fields.iter().find(|field| matches!(field.number, 2 | 100))?;
        let known = layer_type(layer)?;
        Some((Root::Net, if known { Confidence::Certain } else { Confidence::Likely }))
    } else if probe.has_extension("solverstate") && fields.iter().all(is_snapshot) {
        Some((Root::Snapshot, Confidence::Certain))
    } else if is_blob(&fields) {
        Some((Root::Blob, Confidence::Likely))
    } else if fields.iter().all(|field| field.number == 1 && is_blob(&inner(field))) {
        Some((Root::Blobs, Confidence::Likely))
    } else {
        None
    }
}

/// Whether `field` can be one of a `NetParameter`.
fn is_net(field: &Field) -> bool {
    match (field.number, &field.wire) {
        (1, Wire::Bytes(_)) => name(field).is_some(),
        (4, Wire::Varint(_)) => true,
        (5 | 7, Wire::Varint(0 | 1)) => true,
        (3 | 4 | 6 | 8, Wire::Bytes(_)) => true,
        (2 | 100, Wire::Bytes(_)) => layer_type(field).is_some(),
        _ => false,
    }
}

/// Whether the type of the layer in `field` is known; none if it is no layer.
fn layer_type(field: &Field) -> Option<bool> {
    let fields = inner(field);
    let text = |number: u32| fields.iter().find(|field| field.number == number).and_then(name);
    if field.number == 100 {
        let plain = fields.iter().all(|field| !matches!(field.number, 1..=4) || matches!(field.wire, Wire::Bytes(_)));
        let kind = text(2).filter(|_| plain)?;
        return Some(operators::find(&kind).is_some());
    }
    let number = |field: &Field| if let Wire::Varint(number) = field.wire { Some(number) } else { None };
    let fits = |field: &Field| match (field.number, &field.wire) {
        (1..=4, Wire::Bytes(_)) | (5, Wire::Varint(_)) => true,
        (number, _) => number > 5,
    };
    if !fields.iter().all(fits) {
        return None;
    }
    if let Some(kind) = fields.iter().find(|field| field.number == 5) {
        text(4)?;
        return Some(SCHEMA.member("LayerType", number(kind)?).is_some());
    }
    let inside = inner(fields.iter().find(|field| field.number == 1)?);
    let kind = inside.iter().find(|field| field.number == 2).and_then(name)?;
    Some(operators::find(&kind).is_some())
}

/// Whether `fields` are those of a `BlobProto`, which has as many elements as its shape says.
fn is_blob(fields: &[Field]) -> bool {
    let size = |number: u32| {
        let field = fields.iter().find(|field| field.number == number);
        field.and_then(|field| field.varint().ok())
    };
    let plain = |field: &Field| {
        matches!((field.number, &field.wire), (1..=4 | 10 | 11, Wire::Varint(_)) | (5..=9 | 12 | 13, Wire::Bytes(_)))
    };
    let payload = |number: u32, width: u64| {
        let field = fields.iter().find(|field| field.number == number)?;
        Some((field.span.len, width))
    };
    let Some((bytes, width)) = payload(5, 4).or_else(|| payload(8, 8)) else { return false };
    let dims: Option<Vec<u64>> = match fields.iter().find(|field| field.number == 7) {
        Some(shape) => inner(shape).iter().find(|field| field.number == 1).and_then(|dims| {
            let mut sizes = Vec::<i64>::new();
            crate::codec::protobuf::Value::take(&mut sizes, dims).ok()?;
            sizes.into_iter().map(|size| u64::try_from(size).ok()).collect()
        }),
        None => [1, 2, 3, 4].into_iter().map(size).collect(),
    };
    let elements = dims.and_then(|dims| dims.into_iter().try_fold(1u64, u64::checked_mul));
    fields.iter().all(plain) && bytes > 0 && elements.and_then(|count| count.checked_mul(width)) == Some(bytes)
}

/// Whether `field` can be one of a `SolverState`.
fn is_snapshot(field: &Field) -> bool {
    matches!((field.number, &field.wire), (1 | 4, Wire::Varint(_)) | (2 | 3, Wire::Bytes(_)))
}

/// The first fields of the message in `field`.
fn inner(field: &Field) -> Vec<Field> {
    field.message().map(|fields| fields.take(LOOKED_AT).map_while(Result::ok).collect()).unwrap_or_default()
}

/// The name that `field` holds: text without control characters.
fn name(field: &Field) -> Option<String> {
    let text = if field.span.len < NAME { field.text().ok()? } else { return None };
    (!text.contains(|char: char| char.is_control() || char == char::REPLACEMENT_CHARACTER)).then_some(text)
}

/// Fields that a solver has, and a net does not.
const SOLVER: &[&str] = &[
    "net",
    "net_param",
    "train_net",
    "train_net_param",
    "base_lr",
    "lr_policy",
    "max_iter",
    "solver_mode",
    "solver_type",
    "snapshot_prefix",
];

/// What a text is, by the names of its outermost fields.
fn text_root(text: &str) -> Option<Root> {
    let fields = outermost(text);
    let has = |name: &str, opens: bool| fields.contains(&(name, opens));
    if has("layer", true) || has("layers", true) {
        let inside = ["type", "bottom", "top", "name"].iter().any(|word| text.contains(&format!("{word}:")))
            || text.contains("layer {");
        return inside.then_some(Root::NetText);
    }
    if has("input", false) && (has("input_dim", false) || has("input_shape", true)) {
        return Some(Root::NetText);
    }
    let solver = fields.iter().filter(|(name, _)| SOLVER.contains(name)).count();
    (solver > 1).then_some(Root::SolverText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_recognised_by_their_outermost_fields() {
        let cases = [
            ("# a net\nname: \"n\"\nlayer {\n  type: \"ReLU\"\n}", Some(Root::NetText)),
            ("layers: { name: 'a' }", Some(Root::NetText)),
            ("input: \"data\"\ninput_dim: 1", Some(Root::NetText)),
            ("net: \"a.prototxt\"\nbase_lr: 0.1\n", Some(Root::SolverText)),
            ("net: \"a.prototxt\"\n", None),
            ("model {\n  layer {\n    name: \"a\"\n  }\n}", None),
            ("name: \"n\"\nplatform: \"x\"\ninput [\n  { name: \"input\" dims: [ 1 ] }\n]", None),
            ("node {\n  op: \"layer {\"\n}", None),
        ];
        for (text, root) in cases {
            assert_eq!(text_root(text), root, "{text}");
        }
    }
}
