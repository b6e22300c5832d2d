//! `AttrValue`.

use super::super::proto::{self, Tensor as TensorProto};
use super::lower::Lowering;
use super::proto::{Attr, NameAttrList};
use super::tensor;
use crate::model::{DType, Data, Encoding, GraphId, Literal, Tensor, Type};
use crate::source::Span;

/// The longest text that is an attribute's content; anything longer is shown as a tensor of bytes, and read on demand.
const TEXT: u64 = 64 << 10;

impl Lowering<'_, '_> {
    /// The content of an attribute.
    pub fn literal(&mut self, attr: Attr) -> Literal {
        if let Some(list) = attr.list {
            let kind = |code: &i64| ty(*code);
            let number = |value: &i64| Literal::Int(*value);
            let mut items: Vec<Literal> = list.i.iter().map(number).collect();
            items.extend(list.f.iter().map(|value| Literal::Float(*value)));
            items.extend(list.b.iter().map(|value| Literal::Bool(*value != 0)));
            items.extend(list.ty.iter().map(kind));
            items.extend(list.shape.iter().map(shape));
            items.extend(list.s.iter().map(|span| self.string(*span)));
            items.extend(list.tensor.iter().map(|span| self.tensor_literal(*span)));
            items.extend(list.func.iter().map(|func| self.func(func)));
            return Literal::List(items);
        }
        let Attr { s, i, f, b, ty: code, shape: dims, tensor, placeholder, func, .. } = attr;
        s.map(|span| self.string(span))
            .or_else(|| i.map(Literal::Int))
            .or_else(|| f.map(Literal::Float))
            .or_else(|| b.map(|value| Literal::Bool(value != 0)))
            .or_else(|| code.map(ty))
            .or_else(|| dims.as_ref().map(shape))
            .or_else(|| tensor.map(|span| self.tensor_literal(span)))
            .or_else(|| placeholder.map(|name| Literal::Reference(name.as_str().into())))
            .or_else(|| func.map(|func| self.func(&func)))
            .unwrap_or(Literal::Absent)
    }

    fn tensor_literal(&mut self, span: Span) -> Literal {
        let proto: TensorProto = self.reader().decode(span, "a tensor");
        let tensor = tensor::lower(&proto, self.of.strings.empty(), self.of.file, &self.of.bytes, &mut self.of.budget);
        Literal::Tensor(self.model.tensors.push(tensor))
    }

    /// A function of the library, else its name.
    fn func(&mut self, func: &NameAttrList) -> Literal {
        let known = self.function_graph(&func.name);
        known.map_or_else(|| Literal::String(func.name.as_str().into()), Literal::Graph)
    }

    fn string(&mut self, span: Span) -> Literal {
        let bytes = if span.len > TEXT { None } else { self.of.bytes.window(span).read_all(TEXT).ok() };
        let is_text =
            |text: &String| !text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\t' | '\r'));
        match bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(is_text) {
            Some(text) => Literal::String(self.of.strings.intern(&text)),
            None => Literal::Tensor(self.model.tensors.push(Tensor {
                name: self.of.strings.empty(),
                dtype: DType::U8,
                shape: vec![span.len],
                encoding: Encoding::Little,
                data: Data::Range(self.of.file, span),
                description: self.of.strings.empty(),
                metadata: Vec::new(),
                indices: None,
            })),
        }
    }

    /// The graph of the function called `name`.
    pub fn function_graph(&self, name: &str) -> Option<GraphId> {
        let place = self.of.graph.named.get(name)?;
        Some(GraphId(self.of.first_function + place))
    }
}

fn ty(code: i64) -> Literal {
    let named = proto::note(code).map(|name| Type::Opaque(name.into()));
    named.or_else(|| proto::ty(code, None)).map_or(Literal::Absent, Literal::Type)
}

/// A shape as text: what is a list of sizes elsewhere may be unknown here.
fn shape(proto: &proto::Shape) -> Literal {
    let text = proto.lower().map_or_else(|| "unknown rank".to_owned(), |shape| shape.to_string());
    Literal::String(text.as_str().into())
}
