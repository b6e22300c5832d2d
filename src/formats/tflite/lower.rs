//! `Model` to the model: buffers, operator codes, and the order of the graphs.
//!
//! A subgraph that operators call is a body of the first of them. One that none calls, or that a signature names, is an entry point, as the first one is.

use super::operators::{CUSTOM, Operator};
use super::{absent, metadata};
use crate::codec::flatbuffer::Table;
use crate::formats::Open;
use crate::model::{Entry, Graph, GraphId, GraphKind, Literal, Model, NodeId, Strings, ValueId};
use crate::report::{Error, Report, Result};
use crate::source::{FileId, Slice, Span};
use std::collections::VecDeque;

/// A subgraph that is read, before it is known what it is to the model.
pub struct Draft {
    /// Its graph.
    pub graph: Graph,
    /// The graphs that its operators call.
    pub calls: Vec<Call>,
    /// The value of each of its tensors that is used.
    pub values: Vec<Option<ValueId>>,
    /// Whether it is an entry point, whoever calls it.
    pub entry: bool,
}

/// An attribute that names graphs.
pub struct Call {
    /// The node.
    pub node: NodeId,
    /// The place among its attributes.
    pub attribute: usize,
    /// The graphs, by their places among all drafts.
    pub graphs: Vec<usize>,
    /// Whether it is a list.
    pub list: bool,
}

/// The models of a file while they are lowered.
#[derive(Default)]
pub struct Lowering {
    /// What is known so far, without the graphs.
    pub model: Model,
    /// Names.
    pub strings: Strings,
    drafts: Vec<Draft>,
    /// In a bundle: which of its models this is about.
    path: String,
    /// In a container: where what the model keeps in another file is, if that is a section.
    pub weights: Option<Span>,
    /// What may still be taken of what can be shared.
    pub left: Left,
}

/// How much may still be taken of texts and options, which tensors and operators may share.
#[derive(Default)]
pub struct Left(u64);

impl Left {
    /// Takes `count` of it.
    ///
    /// # Errors
    /// [`Kind::Limit`](crate::report::Kind::Limit) when there is not so much left.
    pub fn take(&mut self, count: u64, at: u64) -> Result<()> {
        let left = self.0.checked_sub(count);
        self.0 = left.ok_or_else(|| Error::limit("the same texts or options are used too many times").at(at))?;
        Ok(())
    }
}

/// How many times as many bytes as the file has may be taken.
const SHARED: u64 = 4;

/// One model: what its graphs refer to.
pub struct Flat {
    /// All of its bytes: offsets count from its start.
    pub bytes: Slice,
    /// The file that it is in.
    pub file: FileId,
    /// Where what buffers hold is; none if that cannot be said.
    pub buffers: Vec<Option<Span>>,
    /// The operators, by their numbers in this file.
    pub codes: Vec<Code>,
    /// Where content in other files is: the number that tensors give, the path, the range.
    pub external: Vec<(u32, String, Span)>,
    /// The part of this file that stands for all others.
    pub weights: Option<Span>,
}

/// An operator that is used: `OperatorCode`.
pub struct Code {
    /// The builtin operator.
    pub operator: Option<&'static Operator>,
    /// What it is called.
    pub name: String,
    /// Whether it is defined by somebody else.
    pub custom: bool,
    /// The version of its definition.
    pub version: i32,
}

impl Code {
    fn read(table: &Table) -> Result<Self> {
        let (small, code): (i8, i32) = (table.number(0, 0)?, table.number(3, 0)?);
        let code = usize::try_from(code.max(small.into())).unwrap_or(0);
        let (operator, own) = (Operator::find(code), table.text(1)?);
        let name = match operator {
            _ if code == CUSTOM && !own.is_empty() => own,
            Some(operator) => operator.name.into(),
            None => format!("Builtin{code}"),
        };
        Ok(Self { operator, name, custom: code == CUSTOM, version: table.number(2, 1)? })
    }
}

impl Flat {
    fn read(root: &Table, bytes: &Slice, file: FileId, weights: Option<Span>, report: &mut Report) -> Result<Self> {
        let mut buffers = Vec::new();
        for (index, buffer) in root.tables(4)?.enumerate() {
            let span = buffer.and_then(|buffer| content(&buffer, bytes));
            buffers.push(span.map_err(|error| report.add_error(&error.within(format!("buffer {index}")))).ok());
        }
        let codes = root.tables(1)?.map(|code| Code::read(&code?)).collect::<Result<_>>()?;
        let groups: Vec<String> = root.tables(8)?.map(|group| group?.text(0)).collect::<Result<_>>()?;
        let mut external = Vec::new();
        for buffer in root.tables(9)? {
            let buffer = buffer?;
            let (id, group): (u32, u32) = (buffer.number(0, 0)?, buffer.number(1, 0)?);
            let path = groups.get(group as usize).cloned().ok_or_else(|| absent("group of external buffers", group))?;
            external.push((id, path, Span { at: buffer.number(2, 0)?, len: buffer.number(3, 0)? }));
        }
        Ok(Self { bytes: bytes.clone(), file, buffers, codes, external, weights })
    }
}

/// What a `Buffer` holds: within the FlatBuffer, or behind it.
fn content(buffer: &Table, bytes: &Slice) -> Result<Span> {
    let (offset, len): (u64, u64) = (buffer.number(1, 0)?, buffer.number(2, 0)?);
    // Offsets of 0 and 1 say that there is none.
    if offset > 1 {
        let at = bytes.span().at.saturating_add(offset);
        bytes.check(at, len)?;
        return Ok(Span { at, len });
    }
    Ok(buffer.bytes(0)?.unwrap_or_default())
}

impl Lowering {
    /// Nothing yet.
    pub fn new(open: &Open) -> Self {
        Self { left: Left(open.probe.len().saturating_mul(SHARED)), ..Self::default() }
    }

    /// Adds something to what is said about the model.
    pub fn note(&mut self, name: &str, value: &str) {
        let name = if self.path.is_empty() { name.into() } else { format!("{}: {name}", self.path) };
        self.model.metadata.push(Entry { name: name.as_str().into(), value: value.into() });
    }

    /// Adds something to what the format says about the model; the models of a bundle mostly say the same.
    pub fn property(&mut self, name: &str, value: &str) {
        let entry = Entry { name: name.into(), value: value.into() };
        if !value.is_empty() && !self.model.properties.contains(&entry) {
            self.model.properties.push(entry);
        }
    }

    /// Adds the model in `bytes`, which are of `file`; `path` is where it is in a bundle.
    ///
    /// # Errors
    /// When its tables cannot be read. What can be left out is reported.
    pub fn add(&mut self, path: &str, bytes: &Slice, file: FileId, open: &mut Open) -> Result<()> {
        self.path = path.into();
        let root = Table::root(bytes)?;
        let version: u32 = root.number(0, 0)?;
        self.model.format = format!("TensorFlow Lite v{version}");
        let flat = Flat::read(&root, bytes, file, self.weights, &mut open.report)?;
        let first = self.drafts.len();
        let graphs = root.tables(2)?;
        let count = graphs.len();
        for (index, table) in graphs.enumerate() {
            let mut draft = Draft { graph: Graph::default(), calls: Vec::new(), values: Vec::new(), entry: index == 0 };
            let read = table.and_then(|table| self.subgraph(&table, &flat, first, &mut draft, &mut open.report));
            if let Err(error) = read {
                open.report.add_error(&error.within(format!("subgraph {index}")));
            }
            // An operator that could not be read to its end is no node.
            draft.calls.retain(|call| call.node.index() < draft.graph.nodes.len());
            if !path.is_empty() {
                let name = if count == 1 { path.into() } else { format!("{path}/{}", draft.graph.name) };
                draft.graph.name = name.as_str().into();
            }
            self.drafts.push(draft);
            (open.progress)((index + 1) as f32 / count as f32);
        }
        metadata::sign(&root, self.drafts(first))?;
        let told = metadata::read(self, &root, &flat, first);
        told.unwrap_or_else(|error| open.report.add_error(&error.within("the metadata")));
        self.path.clear();
        Ok(())
    }

    /// The drafts from number `first` on.
    pub fn drafts(&mut self, first: usize) -> &mut [Draft] {
        self.drafts.get_mut(first..).unwrap_or_default()
    }

    /// Puts the graphs in order: entry points, then bodies as they are met.
    pub fn finish(mut self) -> Model {
        let order = self.order();
        let mut places = vec![None; self.drafts.len()];
        for (place, (draft, _)) in order.iter().enumerate() {
            if let Some(known) = places.get_mut(*draft) {
                *known = Some(GraphId(u32::try_from(place).unwrap_or(u32::MAX)));
            }
        }
        let place = |draft: usize| places.get(draft).copied().flatten();
        for (draft, caller) in order {
            let Some(Draft { graph, calls, .. }) = self.drafts.get_mut(draft) else { continue };
            let mut graph = std::mem::take(graph);
            let caller = caller.and_then(|(draft, node)| Some((place(draft)?, node)));
            (graph.kind, graph.parent) = (if caller.is_some() { GraphKind::Body } else { GraphKind::Main }, caller);
            for call in calls {
                let attribute = graph.nodes.get_mut(call.node).and_then(|node| node.attributes.get_mut(call.attribute));
                let Some(attribute) = attribute else { continue };
                let mut graphs = call.graphs.iter().map(|graph| place(*graph).map_or(Literal::Absent, Literal::Graph));
                attribute.value =
                    if call.list { Literal::List(graphs.collect()) } else { graphs.next().unwrap_or(Literal::Absent) };
            }
            self.model.graphs.push(graph);
        }
        self.model
    }

    /// All drafts in the order of their graphs; of bodies, the draft and node that call them first.
    fn order(&self) -> Vec<(usize, Option<(usize, NodeId)>)> {
        let mut entries: Vec<bool> = self.drafts.iter().map(|draft| draft.entry).collect();
        let mut called = vec![false; self.drafts.len()];
        for index in self.drafts.iter().flat_map(|draft| &draft.calls).flat_map(|call| &call.graphs) {
            called.get_mut(*index).map(|called| *called = true).unwrap_or_default();
        }
        for (entry, called) in entries.iter_mut().zip(called) {
            *entry |= !called;
        }
        let mut bodies = self.bodies(&mut entries.clone());
        // What is only called in a circle is an entry point, too.
        let met: Vec<usize> = bodies.iter().map(|(body, _)| *body).collect();
        for (index, entry) in entries.iter_mut().enumerate() {
            *entry |= !met.contains(&index);
        }
        let mut order: Vec<_> =
            entries.iter().enumerate().filter(|(_, entry)| **entry).map(|(index, _)| (index, None)).collect();
        order.append(&mut bodies);
        order
    }

    /// What is called from the graphs in `met`, as it is met.
    fn bodies(&self, met: &mut [bool]) -> Vec<(usize, Option<(usize, NodeId)>)> {
        let mut bodies = Vec::new();
        let mut ahead: VecDeque<usize> =
            met.iter().enumerate().filter(|(_, met)| **met).map(|(index, _)| index).collect();
        while let Some(index) = ahead.pop_front() {
            for call in self.drafts.get(index).map(|draft| &*draft.calls).unwrap_or_default() {
                for graph in &call.graphs {
                    if let Some(met) = met.get_mut(*graph).filter(|met| !**met) {
                        *met = true;
                        ahead.push_back(*graph);
                        bodies.push((*graph, Some((index, call.node))));
                    }
                }
            }
        }
        bodies
    }
}
