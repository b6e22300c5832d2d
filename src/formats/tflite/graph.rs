//! `SubGraph` to a graph.

use super::absent;
use super::lower::{Call, Code, Draft, Flat, Lowering};
use super::options::{self, Setting};
use super::tensor::Described;
use crate::codec::flatbuffer::Table;
use crate::codec::flexbuffer::{self, Flex};
use crate::model::{Argument, Attribute, Category, Entry, Literal, Node, NodeId, Text, Value, ValueId};
use crate::report::{Report, Result, Severity};
use crate::source::{Slice, Span};

/// The most bytes of options that are decoded.
const OPTIONS: u64 = 1 << 20;
/// The most bytes that are written out.
const SHOWN: usize = 64;
/// The most intermediate tensors of an operator that are told; an LSTM has five.
const INTERMEDIATES: usize = 8;
/// Where options may be: the fields of their kind, and of the tables that they are.
const UNIONS: [u16; 2] = [3, 11];

/// A subgraph while it is read.
struct Parts<'a> {
    flat: &'a Flat,
    /// Where the graphs of this model begin among all.
    first: usize,
    tensors: Vec<Described>,
    /// Whether an operator writes it, or it comes from outside.
    written: Vec<bool>,
    /// The value of each tensor that is used.
    values: Vec<Option<ValueId>>,
}

impl Lowering {
    /// Reads a subgraph into `draft`.
    ///
    /// # Errors
    /// When its tables cannot be read; `draft` has what could be.
    pub fn subgraph(
        &mut self,
        table: &Table,
        flat: &Flat,
        first: usize,
        draft: &mut Draft,
        report: &mut Report,
    ) -> Result<()> {
        draft.graph.name = table.text(4)?.as_str().into();
        let tensors: Vec<Described> =
            table.tables(0)?.map(|tensor| Described::read(&tensor?)).collect::<Result<_>>()?;
        let operators: Vec<Table> = table.tables(3)?.collect::<Result<_>>()?;
        let mut written = vec![false; tensors.len()];
        let inputs: Vec<i32> = table.numbers(1)?;
        let mut write = |indices: &[i32]| {
            for index in indices {
                usize::try_from(*index)
                    .ok()
                    .and_then(|index| written.get_mut(index))
                    .map(|it| *it = true)
                    .unwrap_or_default();
            }
        };
        write(&inputs);
        for operator in &operators {
            write(&operator.numbers(2)?);
        }
        let values = vec![None; tensors.len()];
        let mut parts = Parts { flat, first, tensors, written, values };
        for index in inputs {
            let value = self.value(index, &mut parts, draft, report)?;
            draft.graph.inputs.extend(value);
        }
        for operator in &operators {
            let node = self.operator(operator, &mut parts, draft, report)?;
            draft.graph.nodes.push(node);
        }
        for index in table.numbers::<i32>(2)? {
            let value = self.value(index, &mut parts, draft, report)?;
            draft.graph.outputs.extend(value);
        }
        draft.values = parts.values;
        Ok(())
    }

    /// The value of tensor `index`; none for -1, which stands for an argument that is left out.
    fn value(
        &mut self,
        index: i32,
        parts: &mut Parts,
        draft: &mut Draft,
        report: &mut Report,
    ) -> Result<Option<ValueId>> {
        if index == -1 {
            return Ok(None);
        }
        let at = usize::try_from(index).ok().filter(|at| *at < parts.tensors.len());
        let at = at.ok_or_else(|| absent("tensor", index))?;
        if let Some(known) = parts.values.get(at).copied().flatten() {
            return Ok(Some(known));
        }
        let Some(described) = parts.tensors.get(at) else { return Ok(None) };
        let written = parts.written.get(at).copied().unwrap_or_default();
        let tensor = if written { None } else { self.constant(described, parts.flat, report) };
        let value = Value {
            name: described.name.as_str().into(),
            ty: tensor.is_none().then(|| described.ty()),
            metadata: if tensor.is_none() { described.notes.clone() } else { Vec::new() },
            tensor,
            ..Value::default()
        };
        let id = draft.graph.values.push(value);
        if let Some(place) = parts.values.get_mut(at) {
            *place = Some(id);
        }
        Ok(Some(id))
    }

    fn operator(&mut self, table: &Table, parts: &mut Parts, draft: &mut Draft, report: &mut Report) -> Result<Node> {
        let index: u32 = table.number(0, 0)?;
        let flat = parts.flat;
        let code = flat.codes.get(index as usize).ok_or_else(|| absent("operator code", index))?;
        let mut node = Node {
            operator: self.strings.intern(&code.name),
            domain: self.strings.intern(if code.custom { "custom" } else { "" }),
            category: code.operator.map_or(Category::Other, |operator| operator.category),
            ..Node::default()
        };
        node.inputs = self.bind(&table.numbers(1)?, code, false, parts, draft, report)?;
        node.outputs = self.bind(&table.numbers(2)?, code, true, parts, draft, report)?;
        node.name = name(&node, draft);
        self.options(table, code, parts, draft, &mut node, report)?;
        self.notes(table, code, parts, &mut node)?;
        Ok(node)
    }

    /// Binds tensors to the parameters of an operator, by position.
    fn bind(
        &mut self,
        indices: &[i32],
        code: &Code,
        results: bool,
        parts: &mut Parts,
        draft: &mut Draft,
        report: &mut Report,
    ) -> Result<Vec<Argument>> {
        let mut arguments: Vec<Argument> = Vec::new();
        for (at, index) in indices.iter().enumerate() {
            let value = self.value(*index, parts, draft, report)?;
            let (name, goes_on) = code.operator.map_or(("", false), |operator| match results {
                true => operator.output(at),
                false => operator.input(at),
            });
            match arguments.last_mut().filter(|_| goes_on) {
                Some(last) => last.values.extend(value),
                None => {
                    arguments.push(Argument { name: self.strings.intern(name), values: value.into_iter().collect() })
                }
            }
        }
        Ok(arguments)
    }

    /// Gives `node` its options: those of builtin operators by the names of the schema, those of others if they are FlexBuffers.
    fn options(
        &mut self,
        table: &Table,
        code: &Code,
        parts: &Parts,
        draft: &mut Draft,
        node: &mut Node,
        report: &mut Report,
    ) -> Result<()> {
        let id = NodeId(u32::try_from(draft.graph.nodes.len()).unwrap_or(u32::MAX));
        for (union, field) in UNIONS.into_iter().enumerate() {
            let Some((kind, options)) = table.union(field)? else { continue };
            let Some(settings) = options::read(union, kind, &options)? else {
                report.add(
                    Severity::Note,
                    format!("the options of {} are of a kind that is not known ({kind}), and not shown", code.name),
                );
                continue;
            };
            for (name, setting) in settings {
                let value = match setting {
                    Setting::Literal(literal) => literal,
                    Setting::Flex(span) => {
                        self.left.take(span.len, span.at)?;
                        match decode(&parts.flat.bytes, span)? {
                            Some(value) => literal(&value),
                            None => bytes(&parts.flat.bytes, span)?,
                        }
                    }
                    Setting::Graphs(numbers, list) => {
                        let graphs = numbers
                            .into_iter()
                            .filter_map(|number| parts.first.checked_add(usize::try_from(number).ok()?));
                        let attribute = node.attributes.len();
                        draft.calls.push(Call { node: id, attribute, graphs: graphs.collect(), list });
                        Literal::Absent
                    }
                };
                node.attributes.push(Attribute { name: self.strings.intern(name), value });
            }
        }
        self.custom(table, parts.flat, node)
    }

    /// Gives `node` the options that only its own code knows: what a FlexBuffer has by names, else all in one.
    fn custom(&mut self, table: &Table, flat: &Flat, node: &mut Node) -> Result<()> {
        let (offset, len): (u64, u64) = (table.number(9, 0)?, table.number(10, 0)?);
        let large = Span { at: flat.bytes.span().at.saturating_add(offset), len };
        let span = if offset > 1 { Some(large) } else { table.bytes(5)?.filter(|span| span.len > 0) };
        let Some(span) = span else { return Ok(()) };
        flat.bytes.check(span.at, span.len).map_err(|error| error.within("the options of an operator"))?;
        let mut give = |name: &str, value: Literal| {
            node.attributes.push(Attribute { name: self.strings.intern(name), value });
        };
        self.left.take(span.len.min(OPTIONS), span.at)?;
        match decode(&flat.bytes, span)? {
            Some(Flex::Map(pairs)) => pairs.iter().for_each(|(name, value)| give(name, literal(value))),
            Some(value) => give("custom_options", literal(&value)),
            None => give("custom_options", bytes(&flat.bytes, span)?),
        }
        Ok(())
    }

    /// What else is said about an operator.
    fn notes(&mut self, table: &Table, code: &Code, parts: &Parts, node: &mut Node) -> Result<()> {
        if code.version > 1 {
            self.tell(node, "version", &code.version.to_string());
        }
        let inside: Vec<i32> = table.numbers(8)?;
        let names = inside.iter().filter_map(|index| parts.tensors.get(usize::try_from(*index).ok()?));
        for (at, described) in names.take(INTERMEDIATES).enumerate() {
            let notes =
                described.notes.iter().map(|note| format!(", {} {}", note.name, note.value)).collect::<String>();
            self.tell(
                node,
                &format!("intermediate {}", at + 1),
                &format!("{}: {}{notes}", described.name, described.ty()),
            );
        }
        let changes: Vec<bool> = table.numbers(7)?;
        let changed: Vec<String> =
            (0..).zip(changes).filter(|(_, changes)| *changes).map(|(at, _): (usize, _)| at.to_string()).collect();
        if !changed.is_empty() {
            self.tell(node, "changes inputs", &changed.join(", "));
        }
        Ok(())
    }

    fn tell(&mut self, node: &mut Node, name: &str, value: &str) {
        node.metadata.push(Entry { name: self.strings.intern(name), value: self.strings.intern(value) });
    }
}

/// What an operator was called before conversion: its first result is called so. Where several became one, names are joined by `;`.
fn name(node: &Node, draft: &Draft) -> Text {
    let first = node.outputs.iter().flat_map(|argument| &argument.values).next();
    let name = first.and_then(|value| draft.graph.values.get(*value)).map(|value| &*value.name).unwrap_or_default();
    name.split(';').next().unwrap_or_default().into()
}

/// The FlexBuffer at `span`, if it is one.
fn decode(bytes: &Slice, span: Span) -> Result<Option<Flex>> {
    if span.len > OPTIONS {
        return Ok(None);
    }
    let decoded = flexbuffer::decode(&bytes.bytes_at(span.at, span.len)?);
    Ok(decoded.ok().filter(|decoded| matches!(decoded, Flex::Map(_) | Flex::List(_))))
}

/// What is at `span`, in bytes.
fn bytes(bytes: &Slice, span: Span) -> Result<Literal> {
    Ok(raw(&bytes.bytes_at(span.at, span.len.min(SHOWN as u64 + 1))?, span.len))
}

/// A few bytes one by one, of many the number.
fn raw(bytes: &[u8], len: u64) -> Literal {
    match bytes.len() > SHOWN {
        true => Literal::String(format!("{len} bytes").as_str().into()),
        false => Literal::List(bytes.iter().map(|byte| Literal::Int((*byte).into())).collect()),
    }
}

/// A value of a FlexBuffer: maps within are written out, so are texts that are none.
fn literal(value: &Flex) -> Literal {
    match value {
        Flex::Null => Literal::Absent,
        Flex::Bool(value) => Literal::Bool(*value),
        Flex::Int(value) => Literal::Int(*value),
        Flex::Float(value) => Literal::Double(*value),
        Flex::Text(text) if text.contains(|char: char| char.is_control() && !char.is_whitespace()) => {
            Literal::String(format!("{} bytes", text.len()).as_str().into())
        }
        Flex::Text(text) => Literal::String(text.as_str().into()),
        Flex::Bytes(bytes) => raw(bytes, bytes.len() as u64),
        Flex::List(items) => Literal::List(items.iter().map(literal).collect()),
        Flex::Map(pairs) => {
            let pair = |(name, value): &(String, Flex)| {
                Literal::List(vec![Literal::String(name.as_str().into()), literal(value)])
            };
            Literal::List(pairs.iter().map(pair).collect())
        }
    }
}
