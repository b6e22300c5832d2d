//! ONNX as text: <https://github.com/onnx/onnx/blob/main/docs/Syntax.md>, what `onnx.printer` writes and `onnx.parser` reads.
//!
//! The text becomes the `ModelProto` that it stands for. What comes before a fault is kept.

mod cursor;
mod tensor;

use super::super::Open;
use crate::codec::wire::Message;
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result};
use cursor::{Cursor, Number};

/// The longest text that is read, in bytes.
const LONGEST: u64 = 256 << 20;
/// The keys of a model's head, and the fields of `ModelProto` that they are.
const MODEL: [(&str, u32); 6] = [
    ("ir_version", 1),
    ("producer_name", 2),
    ("producer_version", 3),
    ("domain", 4),
    ("model_version", 5),
    ("doc_string", 6),
];
/// The types of attributes: what they are called, the number of the type, and the field of `AttributeProto`.
const ATTRIBUTES: [(&str, i64, u32); 13] = [
    ("float", 1, 2),
    ("int", 2, 3),
    ("string", 3, 4),
    ("tensor", 4, 5),
    ("graph", 5, 6),
    ("floats", 6, 7),
    ("ints", 7, 8),
    ("strings", 8, 9),
    ("tensors", 9, 10),
    ("graphs", 10, 11),
    ("type_proto", 13, 14),
    ("sparse_tensor", 11, 22),
    ("type_protos", 14, 15),
];

/// Whether the file is such a text.
pub fn recognise(probe: &Probe) -> Confidence {
    let head = String::from_utf8_lossy(probe.head());
    let mut cursor = Cursor::new(&head);
    if cursor.take("<") {
        let known =
            cursor.name().is_some_and(|name| name == "opset_import" || MODEL.iter().any(|(key, _)| *key == name));
        return if known && cursor.take(":") { Confidence::Certain } else { Confidence::No };
    }
    let graph = cursor.identifier().is_ok() && cursor.take("(") && head.contains("=>") && head.contains('{');
    if graph { Confidence::Maybe } else { Confidence::No }
}

/// The `ModelProto` that the text stands for, as far as it can be read; what cannot is reported.
///
/// # Errors
/// Those of the source; when the text is too long.
pub fn read(open: &mut Open) -> Result<Vec<u8>> {
    let file = open.probe.file();
    if file.len() > LONGEST {
        return Err(Error::limit(format!("a text of more than {LONGEST} bytes")));
    }
    let text = String::from_utf8_lossy(&file.read_all(LONGEST)?).into_owned();
    let mut parser = Parser { cursor: Cursor::new(&text), depth: 0, deepest: open.limits.depth };
    let mut model = Message::default();
    if let Err(error) = parser.model(&mut model) {
        open.report.add_error(&error);
    }
    Ok(model.into_bytes())
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    /// How many graphs and types are around.
    depth: usize,
    /// How many there may be.
    deepest: usize,
}

impl Parser<'_> {
    fn model(&mut self, model: &mut Message) -> Result<()> {
        if self.cursor.take("<") {
            self.head(model, 8, 14, &MODEL)?;
        }
        let mut graph = Message::default();
        let result = self.graph(&mut graph);
        model.message(7, &graph);
        result?;
        while !self.cursor.is_at_end() {
            let mut function = Message::default();
            let result = self.function(&mut function);
            model.message(25, &function);
            result?;
        }
        Ok(())
    }

    /// The keys and values up to `>`: operator sets are field `imports` of `message`, metadata is field `metadata`.
    fn head(&mut self, message: &mut Message, imports: u32, metadata: u32, keys: &[(&str, u32)]) -> Result<()> {
        self.cursor.list(">", |cursor| {
            let key = cursor.name().map(str::to_owned).ok_or_else(|| cursor.error("a key is missing"))?;
            cursor.expect(":")?;
            if cursor.take("[") {
                return cursor.list("]", |cursor| {
                    let name = cursor.text()?.ok_or_else(|| cursor.error("a text is missing"))?;
                    cursor.expect(":")?;
                    let mut pair = Message::default();
                    pair.text(1, &name);
                    match cursor.text()? {
                        Some(value) => pair.text(2, &value),
                        None => pair.int(2, cursor.number().map_or(0, Number::int)),
                    }
                    match &*key {
                        "opset_import" => message.message(imports, &pair),
                        "metadata_props" => message.message(metadata, &pair),
                        _ => {}
                    }
                    Ok(())
                });
            }
            let number = keys.iter().find(|(name, _)| *name == key).map(|(_, number)| *number);
            match (cursor.text()?, number) {
                (Some(text), Some(number)) => message.text(number, &text),
                (Some(_), None) => {}
                (None, number) => {
                    let value = cursor.number().ok_or_else(|| cursor.error("a value is missing"))?;
                    number.iter().for_each(|number| message.int(*number, value.int()));
                }
            }
            Ok(())
        })
    }

    /// Goes one graph or type deeper while `inner` runs.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= self.deepest {
            return Err(Error::limit(format!("more than {} levels", self.deepest)).at(self.cursor.position() as u64));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn graph(&mut self, graph: &mut Message) -> Result<()> {
        let name = self.cursor.identifier()?;
        graph.text(2, &name);
        self.cursor.expect("(")?;
        self.values(")", graph, 11)?;
        self.cursor.expect("=>")?;
        self.cursor.expect("(")?;
        self.values(")", graph, 12)?;
        if self.cursor.take("<") {
            self.values(">", graph, 13)?;
        }
        self.nodes(graph, 1)
    }

    /// Values with types up to `close`, which are field `number` of `graph`; those with content are initialisers.
    fn values(&mut self, close: &str, graph: &mut Message, number: u32) -> Result<()> {
        while !self.cursor.take(close) {
            let start = self.cursor.position();
            let (ty, name) = self.declared(close)?;
            let filled = self.cursor.take("=");
            if filled || self.cursor.sees("{") {
                let end = self.cursor.position();
                self.cursor.go_to(start);
                let tensor = tensor::constant(&mut self.cursor, Some(end), &name)?;
                graph.message(5, &tensor);
            }
            // What is among the initialisers and filled has no other use.
            if number != 13 || !filled {
                let mut info = Message::default();
                info.text(1, &name);
                ty.iter().for_each(|ty| info.message(2, ty));
                graph.message(number, &info);
            }
            if !self.cursor.take(",") && !self.cursor.sees(close) {
                return Err(self.cursor.error(&format!("{close:?} is missing")));
            }
        }
        Ok(())
    }

    /// A name in a list up to `close`, with its type if there is one before it.
    fn declared(&mut self, close: &str) -> Result<(Option<Message>, String)> {
        let at = self.cursor.position();
        if let Ok(name) = self.cursor.identifier()
            && (self.cursor.sees(",") || self.cursor.sees(close))
        {
            return Ok((None, name));
        }
        self.cursor.go_to(at);
        let ty = self.ty()?;
        Ok((Some(ty), self.cursor.identifier()?))
    }

    /// The nodes in braces, which are field `number` of `graph`.
    fn nodes(&mut self, graph: &mut Message, number: u32) -> Result<()> {
        self.cursor.expect("{")?;
        while !self.cursor.take("}") {
            let node = self.node()?;
            graph.message(number, &node);
            self.cursor.take(";");
        }
        Ok(())
    }

    fn node(&mut self) -> Result<Message> {
        let mut node = Message::default();
        if self.cursor.take("[") {
            let name = self.cursor.identifier()?;
            self.cursor.expect("]")?;
            node.text(3, &name);
        }
        self.cursor.list("=", |cursor| {
            node.bytes(2, cursor.identifier()?);
            Ok(())
        })?;
        let operator = self.cursor.identifier()?;
        let (domain, name) = operator.rsplit_once('.').unwrap_or(("", &operator));
        node.text(4, name);
        node.text(7, domain);
        if self.cursor.take(":") {
            node.text(8, &self.cursor.identifier()?);
        }
        self.attributes(&mut node, 5)?;
        self.cursor.expect("(")?;
        self.cursor.list(")", |cursor| {
            // An input that is left out is nothing between commas.
            let name = if cursor.sees(",") || cursor.sees(")") { String::new() } else { cursor.identifier()? };
            node.bytes(1, name);
            Ok(())
        })?;
        self.attributes(&mut node, 5)?;
        Ok(node)
    }

    /// The attributes in angle brackets, if there are any, which are field `number` of `message`.
    fn attributes(&mut self, message: &mut Message, number: u32) -> Result<()> {
        if !self.cursor.take("<") {
            return Ok(());
        }
        while !self.cursor.take(">") {
            let attribute = self.attribute()?;
            message.message(number, &attribute);
            if !self.cursor.take(",") && !self.cursor.sees(">") {
                return Err(self.cursor.error("\">\" is missing"));
            }
        }
        Ok(())
    }

    fn attribute(&mut self) -> Result<Message> {
        let name = self.cursor.identifier()?;
        let mut attribute = Message::default();
        attribute.text(1, &name);
        let mut kind = None;
        if self.cursor.take(":") {
            let ty = self.cursor.name().unwrap_or_default();
            kind = ATTRIBUTES.iter().find(|(name, ..)| *name == ty).copied();
            if kind.is_none() {
                return Err(self.cursor.error("a type of an attribute is missing"));
            }
        }
        if let (Some((_, number, _)), false) = (kind, self.cursor.sees("=")) {
            attribute.int(20, number);
            return Ok(attribute);
        }
        self.cursor.expect("=")?;
        self.content(&mut attribute, kind.map(|(_, number, _)| number))?;
        Ok(attribute)
    }

    /// What an attribute holds, of the type that is stated or else seen.
    fn content(&mut self, attribute: &mut Message, stated: Option<i64>) -> Result<()> {
        if self.cursor.take("@") {
            attribute.text(21, &self.cursor.identifier()?);
            attribute.int(20, stated.unwrap_or(0));
            return Ok(());
        }
        let list = self.cursor.take("[");
        let single = match stated {
            Some(kind @ 6..=10) => Some(kind - 5),
            Some(14) => Some(13),
            other => other,
        };
        let mut kind = single;
        let mut items = Vec::new();
        while !(list && self.cursor.take("]")) {
            let seen = self.seen(single);
            // Integers among floats are floats.
            kind = if kind == Some(2) && single.is_none() && seen == 1 { Some(1) } else { kind.or(Some(seen)) };
            items.push(self.item(if seen == 2 && single == Some(1) { 1 } else { seen })?);
            if !list {
                break;
            }
            if !self.cursor.take(",") && !self.cursor.sees("]") {
                return Err(self.cursor.error("\"]\" is missing"));
            }
        }
        let kind = kind.or(stated).unwrap_or(7);
        let kind = match (list, kind) {
            (true, 1..=5) => kind + 5,
            (true, 13) => 14,
            _ => kind,
        };
        let field = ATTRIBUTES.iter().find(|(_, number, _)| *number == kind).map_or(5, |(.., field)| *field);
        attribute.int(20, kind);
        for item in items {
            match (item, kind) {
                (Item::Number(number), 1 | 6) => attribute.float(field, number.float() as f32),
                (Item::Number(number), _) => attribute.int(field, number.int()),
                (Item::Text(text), _) => attribute.bytes(field, text),
                (Item::Message(message), _) => attribute.message(field, &message),
            }
        }
        Ok(())
    }

    /// The type of what comes next, as numbers are in `AttributeProto.AttributeType`.
    fn seen(&mut self, stated: Option<i64>) -> i64 {
        if let Some(stated) = stated {
            return stated;
        }
        let at = self.cursor.position();
        let number = self.cursor.number();
        let ended = !self.cursor.sees("(") && !self.cursor.sees("[") && !self.cursor.sees("{");
        self.cursor.go_to(at);
        match number {
            Some(Number::Int(_)) => return 2,
            Some(Number::Float(_)) if ended => return 1,
            _ => {}
        }
        if self.cursor.sees("\"") {
            return 3;
        }
        let name = self.cursor.name().unwrap_or_default();
        let tensor = tensor::element_type(name).is_some() && !self.cursor.sees("(");
        self.cursor.go_to(at);
        if tensor { 4 } else { 5 }
    }

    fn item(&mut self, kind: i64) -> Result<Item> {
        Ok(match kind {
            1 | 2 => Item::Number(self.cursor.number().ok_or_else(|| self.cursor.error("a number is missing"))?),
            3 => Item::Text(self.cursor.text()?.ok_or_else(|| self.cursor.error("a text is missing"))?),
            4 => Item::Message(tensor::constant(&mut self.cursor, None, "")?),
            5 => {
                let mut graph = Message::default();
                self.deeper(|parser| parser.graph(&mut graph))?;
                Item::Message(graph)
            }
            13 => Item::Message(self.ty()?),
            _ => return Err(self.cursor.error("an attribute of a type that has no text form")),
        })
    }

    /// A type, as a `TypeProto`.
    fn ty(&mut self) -> Result<Message> {
        let at = self.cursor.position();
        let name = self.cursor.name().unwrap_or_default();
        let mut ty = Message::default();
        let (number, wraps) = match name {
            "seq" => (4, true),
            "optional" => (9, true),
            "map" => (5, true),
            "sparse_tensor" => (8, true),
            "opaque" => (7, true),
            _ => (1, false),
        };
        if !wraps {
            self.cursor.go_to(at);
            ty.message(number, &tensor::ty(&mut self.cursor)?);
            return Ok(ty);
        }
        self.cursor.expect("(")?;
        let mut inner = Message::default();
        if number == 8 {
            inner = tensor::ty(&mut self.cursor)?;
        } else if self.cursor.sees(")") {
            // Of what, is not said.
        } else if number == 7 {
            for number in [1, 2] {
                inner.text(number, &self.cursor.identifier()?);
                self.cursor.take(",");
            }
        } else if number == 5 {
            let key = self.cursor.name().and_then(tensor::element_type);
            inner.int(1, key.ok_or_else(|| self.cursor.error("the type of a key is missing"))?);
            self.cursor.expect(",")?;
            inner.message(2, &self.deeper(Self::ty)?);
        } else {
            inner.message(1, &self.deeper(Self::ty)?);
        }
        self.cursor.expect(")")?;
        ty.message(number, &inner);
        Ok(ty)
    }

    fn function(&mut self, function: &mut Message) -> Result<()> {
        if self.cursor.take("<") {
            self.head(function, 9, 14, &[("domain", 10), ("overload", 13), ("doc_string", 8)])?;
        }
        let name = self.cursor.identifier()?;
        function.text(1, &name);
        if self.cursor.take("<") {
            while !self.cursor.take(">") {
                let at = self.cursor.position();
                let name = self.cursor.identifier()?;
                if self.cursor.sees(":") || self.cursor.sees("=") {
                    self.cursor.go_to(at);
                    let attribute = self.attribute()?;
                    function.message(11, &attribute);
                } else {
                    function.text(6, &name);
                }
                self.cursor.take(",");
            }
        }
        self.cursor.expect("(")?;
        self.formals(function, 4)?;
        self.cursor.expect("=>")?;
        self.cursor.expect("(")?;
        self.formals(function, 5)?;
        if self.cursor.take("<") {
            self.values(">", function, 12)?;
        }
        self.nodes(function, 7)
    }

    /// The parameters of a function, which are field `number`; some have a type.
    fn formals(&mut self, function: &mut Message, number: u32) -> Result<()> {
        while !self.cursor.take(")") {
            let (ty, name) = self.declared(")")?;
            function.text(number, &name);
            if let Some(ty) = ty {
                let mut info = Message::default();
                info.text(1, &name);
                info.message(2, &ty);
                function.message(12, &info);
            }
            if !self.cursor.take(",") && !self.cursor.sees(")") {
                return Err(self.cursor.error("\")\" is missing"));
            }
        }
        Ok(())
    }
}

/// One item of an attribute.
enum Item {
    Number(Number),
    Text(String),
    Message(Message),
}
