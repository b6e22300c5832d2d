//! The format of ONNX Runtime (`.ort`): `ort.fbs` of its sources, versions 1 to 6.
//!
//! A FlatBuffer that says what a `ModelProto` says, mostly after optimisation for one machine. It becomes that message; tensors keep
//! their bytes where they are.

use super::super::Open;
use crate::codec::flatbuffer::{self, Table};
use crate::codec::wire::Message;
use crate::report::{Error, Result};
use crate::source::Span;

/// `file_identifier` of the schema.
const IDENTIFIER: &[u8; 4] = b"ORTM";

/// Whether a file with this head is one.
pub fn recognise(head: &[u8]) -> bool {
    flatbuffer::is_identified(head, IDENTIFIER)
}

/// A model as a message.
pub struct Written {
    /// Which version of the format the file has.
    pub version: String,
    /// The `ModelProto`.
    pub model: Vec<u8>,
}

/// The model in the file.
///
/// # Errors
/// When the outermost tables cannot be read. What cannot be read within the graph is reported, and left out.
pub fn read(open: &mut Open) -> Result<Written> {
    let session = Table::root(&open.probe.file())?;
    let ort_version = session.text(0)?;
    let table = session.table(1)?.ok_or_else(|| Error::malformed("there is no model in it"))?;
    let mut writer = Writer { own: open.probe.name().to_owned(), depth: open.limits.depth, faults: Vec::new() };
    let mut model = Message::default();
    model.int(1, table.number(0, 0)?);
    for (number, field) in [(2, 2), (3, 3), (4, 4), (6, 6)] {
        model.text(number, &table.text(field)?);
    }
    // A model without a version has the largest number there.
    let version: i64 = table.number(5, 0)?;
    model.int(5, if version == i64::MAX { 0 } else { version });
    for set in table.tables(1)? {
        let set = set?;
        let mut import = Message::default();
        import.text(1, &set.text(0)?);
        import.int(2, set.number(1, 0)?);
        model.message(8, &import);
    }
    for entry in table.tables(9)? {
        let entry = entry?;
        model.message(14, &pair(&entry.text(0)?, &entry.text(1)?));
    }
    if let Some(graph) = table.table(7)? {
        let mut graph = writer.graph(&graph, 0)?;
        graph.text(10, &table.text(8)?);
        model.message(7, &graph);
    }
    writer.faults.iter().for_each(|fault| open.report.add_error(fault));
    Ok(Written { version: ort_version, model: model.into_bytes() })
}

/// `StringStringEntryProto`.
fn pair(key: &str, value: &str) -> Message {
    let mut entry = Message::default();
    entry.text(1, key);
    entry.text(2, value);
    entry
}

struct Writer {
    /// The name of the file.
    own: String,
    /// How deep graphs may nest.
    depth: usize,
    /// What could not be read.
    faults: Vec<Error>,
}

impl Writer {
    /// What `read` makes of each of `tables` is field `number` of `message`, as far as they can be read.
    fn each(
        &mut self,
        message: &mut Message,
        number: u32,
        tables: impl Iterator<Item = Result<Table>>,
        mut read: impl FnMut(&mut Self, &Table) -> Result<Message>,
    ) {
        for table in tables {
            match table.and_then(|table| read(self, &table)) {
                Ok(inner) => message.message(number, &inner),
                Err(error) => {
                    self.faults.push(error);
                    // Of a broken list, hardly anything else can be read.
                    if self.faults.len() > 20 {
                        return;
                    }
                }
            }
        }
    }

    /// `Graph` to `GraphProto`, `depth` graphs within the model's.
    fn graph(&mut self, table: &Table, depth: usize) -> Result<Message> {
        if depth > self.depth {
            return Err(Error::limit(format!("graphs nest deeper than {} levels", self.depth)).at(table.position()));
        }
        let mut graph = Message::default();
        let (inputs, outputs) = (table.texts(5)?, table.texts(6)?);
        let mut infos = Vec::new();
        for info in table.tables(1)? {
            match info.and_then(|info| Ok((info.text(0)?, self.value_info(&info)?))) {
                Ok(info) => infos.push(info),
                Err(error) => self.faults.push(error),
            }
        }
        for (number, names) in [(11, &inputs), (12, &outputs)] {
            for name in names {
                let known = infos.iter().find(|info| info.0 == *name);
                let named = || {
                    let mut info = Message::default();
                    info.text(1, name);
                    info
                };
                graph.message(number, &known.map_or_else(named, |info| info.1.clone()));
            }
        }
        self.each(&mut graph, 1, table.tables(2)?, |writer, node| writer.node(node, depth));
        infos.iter().for_each(|(_, info)| graph.message(13, info));
        self.each(&mut graph, 5, table.tables(0)?, |writer, tensor| writer.tensor(tensor));
        self.each(&mut graph, 15, table.tables(7)?, |writer, sparse| writer.sparse(sparse));
        Ok(graph)
    }

    fn node(&mut self, table: &Table, depth: usize) -> Result<Message> {
        let mut node = Message::default();
        node.texts(1, &table.texts(8)?);
        node.texts(2, &table.texts(9)?);
        for (number, field) in [(3, 0), (4, 5), (6, 1), (7, 2)] {
            node.text(number, &table.text(field)?);
        }
        self.each(&mut node, 5, table.tables(10)?, |writer, attribute| writer.attribute(attribute, depth));
        let provider = table.text(7)?;
        if !provider.is_empty() {
            node.message(9, &pair("execution provider", &provider));
        }
        let since: i32 = table.number(3, 0)?;
        if since > 0 {
            node.message(9, &pair("since version", &since.to_string()));
        }
        Ok(node)
    }

    fn attribute(&mut self, table: &Table, depth: usize) -> Result<Message> {
        let mut attribute = Message::default();
        attribute.text(1, &table.text(0)?);
        attribute.text(13, &table.text(1)?);
        let kind: i32 = table.number(2, 0)?;
        attribute.int(20, kind.into());
        match kind {
            1 => attribute.float(2, table.number(3, 0.0)?),
            2 => attribute.int(3, table.number(4, 0)?),
            3 => attribute.bytes(4, table.text(5)?),
            4 => {
                let tensor = table.table(6)?.map(|tensor| self.tensor(&tensor)).transpose()?;
                tensor.iter().for_each(|tensor| attribute.message(5, tensor));
            }
            5 => {
                let graph = table.table(7)?.map(|graph| self.graph(&graph, depth + 1)).transpose()?;
                graph.iter().for_each(|graph| attribute.message(6, graph));
            }
            6 => table.numbers::<f32>(8)?.iter().for_each(|value| attribute.float(7, *value)),
            7 => table.numbers::<i64>(9)?.iter().for_each(|value| attribute.int(8, *value)),
            8 => attribute.texts(9, &table.texts(10)?),
            9 => self.each(&mut attribute, 10, table.tables(11)?, |writer, tensor| writer.tensor(tensor)),
            10 => self.each(&mut attribute, 11, table.tables(12)?, |writer, graph| writer.graph(graph, depth + 1)),
            _ => {}
        }
        Ok(attribute)
    }

    /// `Tensor` to `TensorProto`, whose bytes are outside of it: in the file.
    fn tensor(&mut self, table: &Table) -> Result<Message> {
        let mut tensor = Message::default();
        table.numbers::<i64>(2)?.iter().for_each(|dim| tensor.int(1, *dim));
        let kind: i32 = table.number(3, 0)?;
        tensor.int(2, kind.into());
        tensor.text(8, &table.text(0)?);
        tensor.text(12, &table.text(1)?);
        tensor.texts(6, &table.texts(5)?);
        let beside: i64 = table.number(6, -1)?;
        if let Some(Span { at, len }) = table.bytes(4)? {
            let places = [("location", self.own.clone()), ("offset", at.to_string()), ("length", len.to_string())];
            places.iter().for_each(|(key, value)| tensor.message(13, &pair(key, value)));
            tensor.int(14, 1);
        } else if beside >= 0 {
            let path = format!("{}.data", self.own);
            let places = [("location", path), ("offset", beside.to_string())];
            places.iter().for_each(|(key, value)| tensor.message(13, &pair(key, value)));
            tensor.int(14, 1);
        }
        Ok(tensor)
    }

    fn sparse(&mut self, table: &Table) -> Result<Message> {
        let mut sparse = Message::default();
        for (number, field) in [(1, 0), (2, 1)] {
            let tensor = table.table(field)?.map(|tensor| self.tensor(&tensor)).transpose()?;
            tensor.iter().for_each(|tensor| sparse.message(number, tensor));
        }
        table.numbers::<i64>(2)?.iter().for_each(|dim| sparse.int(3, *dim));
        Ok(sparse)
    }

    fn value_info(&self, table: &Table) -> Result<Message> {
        let mut info = Message::default();
        info.text(1, &table.text(0)?);
        info.text(3, &table.text(1)?);
        if let Some(ty) = table.table(2)? {
            info.message(2, &self.ty(&ty, 0)?);
        }
        Ok(info)
    }

    /// `TypeInfo` to `TypeProto`, `depth` types within another.
    fn ty(&self, table: &Table, depth: usize) -> Result<Message> {
        if depth > self.depth {
            return Err(Error::limit("types nest too deeply").at(table.position()));
        }
        let mut ty = Message::default();
        ty.text(6, &table.text(0)?);
        let Some((kind, value)) = table.union(1)? else { return Ok(ty) };
        let mut inner = Message::default();
        let number = match kind {
            1 => {
                inner.int(1, value.number(0, 0i32)?.into());
                if let Some(shape) = value.table(1)? {
                    inner.message(2, &dimensions(&shape)?);
                }
                1
            }
            2 => {
                if let Some(of) = value.table(0)? {
                    inner.message(1, &self.ty(&of, depth + 1)?);
                }
                4
            }
            3 => {
                inner.int(1, value.number(0, 0i32)?.into());
                if let Some(of) = value.table(1)? {
                    inner.message(2, &self.ty(&of, depth + 1)?);
                }
                5
            }
            _ => return Ok(ty),
        };
        ty.message(number, &inner);
        Ok(ty)
    }
}

/// `Shape` to `TensorShapeProto`.
fn dimensions(table: &Table) -> Result<Message> {
    let mut shape = Message::default();
    for dimension in table.tables(0)? {
        let dimension = dimension?;
        let mut dim = Message::default();
        if let Some(value) = dimension.table(0)? {
            match value.number(0, 0i8)? {
                1 => dim.int(1, value.number(1, 0)?),
                2 => dim.text(2, &value.text(2)?),
                _ => {}
            }
        }
        dim.text(3, &dimension.text(1)?);
        shape.message(1, &dim);
    }
    Ok(shape)
}
