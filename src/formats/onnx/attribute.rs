//! `AttributeProto`.

use super::lower::Lowering;
use super::{operators, proto};
use crate::model::{DType, Data, Encoding, GraphId, Literal, NodeId, Tensor, TensorId, Type};
use crate::report::Result;
use crate::source::Span;

/// The longest text that is an attribute's content; anything longer is shown as a tensor of bytes, and read on demand.
const TEXT: u64 = 64 << 10;

/// What an attribute belongs to.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// The graph of the node.
    pub graph: GraphId,
    /// The node; in a list of a function's attributes, any.
    pub node: NodeId,
    /// How many graphs are around the node.
    pub depth: usize,
    /// The operator, if it is one of ONNX's own.
    pub operator: &'a str,
}

impl Lowering<'_> {
    /// The content of `proto`.
    pub fn literal(&mut self, proto: &proto::Attribute, owner: Owner) -> Literal {
        if !proto.ref_attr_name.is_empty() {
            return Literal::Reference(self.strings.intern(&proto.ref_attr_name));
        }
        let kind = kind_of(proto);
        let spans = match kind {
            1 => return Literal::Float(proto.f.unwrap_or_default()),
            2 => return integer(proto, owner.operator),
            6 => return Literal::List(proto.floats.iter().copied().map(Literal::Float).collect()),
            7 => return Literal::List(proto.ints.iter().copied().map(Literal::Int).collect()),
            3 if proto.s.is_none() => return Literal::String(self.strings.empty()),
            3 => proto.s.as_slice(),
            4 => proto.t.as_slice(),
            5 => proto.g.as_slice(),
            11 => proto.sparse_tensor.as_slice(),
            13 => proto.tp.as_slice(),
            8 => &proto.strings,
            9 => &proto.tensors,
            10 => &proto.graphs,
            12 => &proto.sparse_tensors,
            14 => &proto.type_protos,
            0 => &[],
            _ => {
                self.warn(format!("attribute {:?} has type {kind}, which is not known", proto.name));
                &[]
            }
        };
        match (kind, spans) {
            (8 | 9 | 10 | 12 | 14, _) => {
                Literal::List(spans.iter().map(|span| self.item(kind, *span, owner)).collect())
            }
            (_, [span, ..]) => self.item(kind, *span, owner),
            _ => Literal::Absent,
        }
    }

    /// The content at `span` of an attribute, or of one item of it, whose type is `kind`.
    fn item(&mut self, kind: i64, span: Span, owner: Owner) -> Literal {
        match kind {
            3 | 8 => self.string(span),
            4 | 9 => {
                let tensor: proto::Tensor = self.decode_at(span, owner.graph);
                Literal::Tensor(self.tensor(&tensor, ""))
            }
            11 | 12 => {
                let tensor: proto::SparseTensor = self.decode_at(span, owner.graph);
                Literal::Tensor(self.sparse_tensor(&tensor, ""))
            }
            13 | 14 => {
                let ty: proto::Type = self.decode_at(span, owner.graph);
                ty.lower().map_or(Literal::Absent, Literal::Type)
            }
            _ => self.body(span, owner),
        }
    }

    fn string(&mut self, span: Span) -> Literal {
        match self.short_text(span) {
            Ok(Some(text)) => Literal::String(self.text(&text)),
            Ok(None) => Literal::Tensor(self.blob(span)),
            Err(error) => {
                self.report.add_error(&error);
                Literal::Absent
            }
        }
    }

    fn short_text(&self, span: Span) -> Result<Option<String>> {
        if span.len > TEXT {
            return Ok(None);
        }
        Ok(String::from_utf8(self.file.window(span).read_all(TEXT)?).ok())
    }

    fn blob(&mut self, span: Span) -> TensorId {
        self.model.tensors.push(Tensor {
            name: self.text(""),
            dtype: DType::U8,
            shape: vec![span.len],
            encoding: Encoding::Little,
            data: Data::Range(self.id, span),
            description: self.text(""),
            metadata: Vec::new(),
            indices: None,
        })
    }
}

fn integer(proto: &proto::Attribute, operator: &str) -> Literal {
    let value = proto.i.unwrap_or_default();
    if operators::is_dtype(operator, &proto.name) {
        let dtype = proto::dtype(value);
        if dtype != DType::Unknown {
            return Literal::Type(Type::Tensor { dtype, shape: None });
        }
    }
    Literal::Int(value)
}

/// The type of an attribute, as `AttributeProto.AttributeType` numbers it.
pub fn kind_of(proto: &proto::Attribute) -> i64 {
    if proto.kind == 0 { implied(proto) } else { proto.kind }
}

/// The type of an attribute that does not state it: before IR version 2 none did.
fn implied(proto: &proto::Attribute) -> i64 {
    let present = [
        (7, !proto.ints.is_empty()),
        (6, !proto.floats.is_empty()),
        (8, !proto.strings.is_empty()),
        (9, !proto.tensors.is_empty()),
        (10, !proto.graphs.is_empty()),
        (12, !proto.sparse_tensors.is_empty()),
        (14, !proto.type_protos.is_empty()),
        (3, proto.s.is_some()),
        (4, proto.t.is_some()),
        (5, proto.g.is_some()),
        (11, proto.sparse_tensor.is_some()),
        (13, proto.tp.is_some()),
        (1, proto.f.is_some()),
        (2, proto.i.is_some()),
    ];
    present.iter().find(|(_, present)| *present).map_or(0, |(kind, _)| *kind)
}
