//! The instructions of a method become a graph.
//!
//! An instruction names the values that it reads and, behind these, those that it writes: the results of a kernel, then its return value, which is the
//! last result again or the list of all. Values may be written again: each time is a value of its own here.

use super::absent;
use super::data;
use super::layout::Layout;
use super::value::{Described, Value, tensor};
use crate::analysis::aten::{self, Sort};
use crate::codec::flatbuffer::Table;
use crate::formats::Open;
use crate::model::{
    Argument, Attribute, Category, DType, Data, Dim, Entry, Graph, GraphId, GraphKind, Literal, Model, Node, NodeId,
    Shape, Strings, Tensor, TensorId, Text, Type, Value as Edge, ValueId,
};
use crate::report::{Error, Report, Result, Severity};
use crate::source::{FileId, Span};
use foldhash::{HashMap, HashSet};

/// What weights beside a program are called, if nothing else is said.
const BESIDE: &str = "_default_external_constant.ptd";

/// A program while its methods are lowered.
pub struct Program {
    /// What is known so far.
    pub model: Model,
    pub layout: Layout,
    pub file: FileId,
    pub root: Table,
    pub strings: Strings,
    /// Where constants are; empty for the first, which stands for none.
    constants: Vec<Span>,
    /// Where the first content of mutable tensors is, by lists.
    mutable: Vec<Vec<Span>>,
    /// How many more values may be given to nodes: instructions may share what they are given.
    pub left: u64,
    /// Data by name.
    pub named: HashMap<String, Span>,
    /// The graphs of delegates, with the nodes that they are bodies of.
    bodies: Vec<(GraphId, NodeId, Graph)>,
    /// Weights in other files, once they were looked for.
    beside: Option<HashMap<String, Tensor>>,
    /// The constants that are tensors already, by their place, type and shape.
    known: HashMap<(Span, DType, Vec<u64>), TensorId>,
}

/// A method while its graph grows.
pub struct Draft {
    graph: Graph,
    pub values: Vec<Value>,
    /// The newest value of each number.
    pub now: HashMap<usize, ValueId>,
    /// The numbers that some instruction writes.
    written: HashSet<usize>,
    /// What was last written to each place in memory.
    places: HashMap<(u32, u64), usize>,
    /// The names of operators and delegates, by their numbers.
    operators: Vec<(String, String)>,
    pub delegates: Vec<Table>,
    /// The graph of the delegate whose node comes next, and those of the ones before.
    pub body: Option<Graph>,
    bodies: Vec<(NodeId, Graph)>,
}

/// An instruction: `InstructionArguments`.
enum Instruction {
    Kernel { operator: usize, arguments: Vec<usize> },
    Delegate { delegate: usize, arguments: Vec<usize> },
    Move { from: usize, to: usize },
    JumpFalse { condition: usize, to: i32 },
    Free { value: usize },
}

/// A number of a value in the file.
fn index(number: impl TryInto<usize>) -> Result<usize> {
    number.try_into().map_err(|_| Error::malformed("the number of a value is negative"))
}

fn indices(numbers: Vec<i32>) -> Result<Vec<usize>> {
    numbers.into_iter().map(index).collect()
}

impl Instruction {
    fn read(table: &Table) -> Result<Self> {
        let (kind, content) =
            table.union(0)?.ok_or_else(|| Error::malformed("an instruction is empty").at(table.position()))?;
        let number = |field: u16| content.number(field, 0i32).and_then(index);
        Ok(match kind {
            1 => Self::Kernel { operator: number(0)?, arguments: indices(content.numbers(1)?)? },
            2 => Self::Delegate { delegate: number(0)?, arguments: indices(content.numbers(1)?)? },
            3 => Self::Move { from: number(0)?, to: number(1)? },
            4 => Self::JumpFalse { condition: number(0)?, to: content.number(1, 0)? },
            5 => Self::Free { value: number(0)? },
            _ => return Err(Error::unsupported(format!("instruction {kind} is not known")).at(table.position())),
        })
    }
}

impl Program {
    /// Reads what is common to all methods.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(root: &Table, mut layout: Layout, open: &mut Open) -> Result<Self> {
        layout.list(root, 4)?;
        let mut constants = Vec::new();
        let mut mutable = Vec::new();
        if let Some(list) = root.table(5)? {
            constants = offsets(&list, &layout, &mut open.report)?;
        }
        if constants.is_empty() {
            for buffer in root.tables(2)? {
                constants.push(buffer?.bytes(0)?.unwrap_or_default());
            }
        }
        for list in root.tables(6)? {
            mutable.push(offsets(&list?, &layout, &mut open.report)?);
        }
        let mut model = Model::default();
        let mut row = |name: String, value: String| {
            model.metadata.push(Entry { name: name.as_str().into(), value: value.as_str().into() });
        };
        let mut named_data = HashMap::default();
        for named in root.tables(7)? {
            let table = named?;
            let (name, place) = (table.text(0)?, layout.segment(table.number(1, 0)?));
            let size = place.as_ref().map_or_else(ToString::to_string, |span| format!("{} bytes", span.len));
            row(format!("data {name}"), size);
            named_data.extend(place.ok().map(|place| (name, place)));
        }
        let (strings, known, beside, file) = (Strings::default(), HashMap::default(), None, open.file);
        let left = layout.buffer.len();
        let (root, named, bodies) = (root.clone(), named_data, Vec::new());
        Ok(Self { model, layout, file, root, strings, constants, mutable, left, named, bodies, beside, known })
    }

    /// Adds a method: `ExecutionPlan`.
    ///
    /// # Errors
    /// When its tables cannot be read.
    pub fn plan(&mut self, plan: &Table, open: &mut Open) -> Result<()> {
        let mut draft = Draft {
            graph: Graph { name: plan.text(0)?.as_str().into(), ..Graph::default() },
            values: plan.tables(2)?.map(|value| Value::read(&value?)).collect::<Result<_>>()?,
            now: HashMap::default(),
            written: HashSet::default(),
            places: HashMap::default(),
            operators: plan
                .tables(6)?
                .map(|operator| operator.and_then(|it| Ok((it.text(0)?, it.text(1)?))))
                .collect::<Result<_>>()?,
            delegates: plan.tables(7)?.collect::<Result<_>>()?,
            body: None,
            bodies: Vec::new(),
        };
        for (area, size) in plan.numbers::<i64>(8)?.into_iter().enumerate().skip(1) {
            let name = format!("memory {area}");
            draft
                .graph
                .metadata
                .push(Entry { name: name.as_str().into(), value: format!("{size} bytes").as_str().into() });
        }
        let (inputs, outputs) = (indices(plan.numbers(3)?)?, indices(plan.numbers(4)?)?);
        for number in inputs {
            let name = if draft.graph.inputs.is_empty() {
                "input".into()
            } else {
                format!("input {}", draft.graph.inputs.len() + 1)
            };
            let value = self.write(&mut draft, number, &name);
            draft.graph.inputs.push(value);
        }
        for chain in plan.tables(5)? {
            self.chain(&chain?, &mut draft, open)?;
        }
        for number in outputs {
            // What is fixed, or only passed through, is given out, too.
            let Some(id) = self.value(&mut draft, number, &mut open.report, open.files)? else { continue };
            draft.graph.outputs.push(id);
            let count = draft.graph.outputs.len();
            if let Some(value) = draft.graph.values.get_mut(id).filter(|value| value.name.is_empty()) {
                value.name = if count == 1 { "output".into() } else { format!("output {count}").as_str().into() };
            }
        }
        let id = self.model.graphs.push(draft.graph);
        self.bodies.extend(draft.bodies.into_iter().map(|(node, graph)| (id, node, graph)));
        Ok(())
    }

    /// The model of all methods: their graphs, then those of their delegates.
    pub fn finish(mut self) -> Model {
        for (parent, node, graph) in self.bodies {
            let body = Graph { kind: GraphKind::Body, parent: Some((parent, node)), ..graph };
            let value = Literal::Graph(self.model.graphs.push(body));
            if let Some(node) = self.model.graphs.get_mut(parent).and_then(|graph| graph.nodes.get_mut(node)) {
                node.attributes.insert(0, Attribute { name: "graph".into(), value });
            }
        }
        self.model
    }

    fn chain(&mut self, chain: &Table, draft: &mut Draft, open: &mut Open) -> Result<()> {
        let read = |instruction: Result<Table>| Instruction::read(&instruction?);
        let mut instructions = Vec::new();
        for instruction in chain.tables(2)?.map(read) {
            match instruction {
                Ok(instruction) => instructions.push(instruction),
                Err(error) => {
                    let error = error.within(format!("instruction {}", instructions.len()));
                    open.report.add_error(&error);
                    break;
                }
            }
        }
        for instruction in &instructions {
            match instruction {
                Instruction::Kernel { arguments, .. } => {
                    let (_, results) = draft.sides(arguments);
                    draft.written.extend(results);
                }
                Instruction::Move { to, .. } => drop(draft.written.insert(*to)),
                _ => {}
            }
        }
        let mut traces = chain.tables(3)?;
        for (at, instruction) in instructions.into_iter().enumerate() {
            let mut node = match instruction {
                Instruction::Kernel { operator, arguments } => self.kernel(operator, &arguments, draft, open)?,
                Instruction::Delegate { delegate, arguments } => self.delegate(delegate, &arguments, draft, open)?,
                Instruction::Move { from, to } => self.assign(from, to, draft, open)?,
                Instruction::JumpFalse { condition, to } => {
                    let mut node = self.control("JumpFalse");
                    self.give(&mut node, "condition", condition, draft, open)?;
                    node.attributes.push(self.attribute("to instruction", Literal::Int(to.into())));
                    node
                }
                Instruction::Free { value } => {
                    let mut node = self.control("Free");
                    self.give(&mut node, "value", value, draft, open)?;
                    node
                }
            };
            node.metadata
                .push(Entry { name: self.strings.intern("instruction"), value: at.to_string().as_str().into() });
            if let Some(source) = traces.next().map(|trace| source(&trace?)).transpose()?.flatten() {
                node.metadata.push(Entry { name: self.strings.intern("source"), value: self.strings.intern(&source) });
            }
            let node = draft.graph.nodes.push(node);
            draft.bodies.extend(draft.body.take().map(|body| (node, body)));
        }
        Ok(())
    }

    fn kernel(&mut self, operator: usize, arguments: &[usize], draft: &mut Draft, open: &mut Open) -> Result<Node> {
        let (name, overload) = draft.operators.get(operator).cloned().ok_or_else(|| absent("operator", operator))?;
        let (domain, own) = name.rsplit_once("::").unwrap_or(("", &name));
        let mut node = Node {
            operator: self.strings.intern(own),
            domain: self.strings.intern(domain),
            category: aten::category(domain, own),
            ..Node::default()
        };
        let (given, results) = draft.sides(arguments);
        let names = names(domain, own, &overload, given.iter().map(|number| draft.sort(*number)).collect());
        let known = given.len() <= names.len();
        for (at, number) in given.iter().enumerate() {
            let other = if at == 0 { "input".to_owned() } else { format!("input {}", at + 1) };
            let name = names.get(at).filter(|_| known).copied().unwrap_or(&other);
            self.give(&mut node, name, *number, draft, open)?;
        }
        for number in results {
            let value = self.write(draft, number, "");
            node.outputs.push(Argument { name: self.strings.empty(), values: vec![value] });
        }
        if !overload.is_empty() && overload != "out" {
            node.metadata.push(Entry { name: self.strings.intern("overload"), value: self.strings.intern(&overload) });
        }
        Ok(node)
    }

    /// A move ends a branch: what an earlier branch moved to the same place is the other thing that may be there.
    fn assign(&mut self, from: usize, to: usize, draft: &mut Draft, open: &mut Open) -> Result<Node> {
        let mut node = self.control("Move");
        self.give(&mut node, "from", from, draft, open)?;
        if let Some(before) = draft.now.get(&to) {
            node.inputs.push(Argument { name: self.strings.intern("otherwise"), values: vec![*before] });
        }
        let value = self.write(draft, to, "");
        node.outputs.push(Argument { name: self.strings.empty(), values: vec![value] });
        Ok(node)
    }

    fn control(&mut self, name: &str) -> Node {
        Node { operator: self.strings.intern(name), category: Category::Control, ..Node::default() }
    }

    pub fn attribute(&mut self, name: &str, value: Literal) -> Attribute {
        Attribute { name: self.strings.intern(name), value }
    }

    /// Gives value `number` to the parameter `name` of `node`: as what flows, or written out.
    pub fn give(
        &mut self,
        node: &mut Node,
        name: &str,
        number: usize,
        draft: &mut Draft,
        open: &mut Open,
    ) -> Result<()> {
        let members = match draft.values.get(number) {
            Some(Value::List(members)) => members.iter().map(|member| index(*member)).collect::<Result<Vec<_>>>()?,
            _ => vec![number],
        };
        let left = self.left.checked_sub(members.len() as u64 + 1);
        self.left = left.ok_or_else(|| Error::limit("instructions are given the same lists too many times"))?;
        let (mut values, mut literals) = (Vec::new(), Vec::new());
        for member in &members {
            match draft.values.get(*member) {
                Some(Value::Plain(literal)) if !draft.now.contains_key(member) => literals.push(literal.clone()),
                Some(Value::Null) => {}
                _ => values.extend(self.value(draft, *member, &mut open.report, open.files)?),
            }
        }
        let list = members != [number];
        if let ([only], false) = (&*literals, list) {
            node.attributes.push(self.attribute(name, only.clone()));
        } else if !literals.is_empty() {
            node.attributes.push(self.attribute(name, Literal::List(literals)));
        }
        if !values.is_empty() {
            node.inputs.push(Argument { name: self.strings.intern(name), values });
        }
        Ok(())
    }

    /// The newest value of `number`: what was written last, else what it is from the beginning.
    fn value(
        &mut self,
        draft: &mut Draft,
        number: usize,
        report: &mut Report,
        files: &crate::source::Files,
    ) -> Result<Option<ValueId>> {
        if let Some(known) = draft.now.get(&number) {
            return Ok(Some(*known));
        }
        if let Some(other) = draft.viewed(number) {
            return Ok(Some(self.view(draft, other, number)));
        }
        let tensor = match draft.values.get(number).ok_or_else(|| absent("value", number))? {
            Value::Tensor(described) => self.content(described, number, report, files),
            Value::Plain(Literal::Absent) | Value::Null | Value::List(_) => return Ok(None),
            Value::Plain(_) => return Ok(Some(self.write(draft, number, ""))),
        };
        let name = self.model.tensors.get(tensor).map(|tensor| tensor.name.clone()).unwrap_or_default();
        let id = draft.graph.values.push(Edge { name, tensor: Some(tensor), ..Edge::default() });
        draft.now.insert(number, id);
        Ok(Some(id))
    }

    /// A view that the compiler has left out, as it does nothing but to read the same memory in another shape.
    fn view(&mut self, draft: &mut Draft, other: usize, number: usize) -> ValueId {
        let before = draft.now.get(&other).copied().into_iter().collect();
        let value = self.write(draft, number, "");
        draft.graph.nodes.push(Node {
            operator: self.strings.intern("view"),
            inferred: true,
            category: Category::Shape,
            inputs: vec![Argument { name: self.strings.intern("input"), values: before }],
            outputs: vec![Argument { name: self.strings.empty(), values: vec![value] }],
            description: self.strings.intern("No instruction says so: both have the same place in memory."),
            ..Node::default()
        });
        value
    }

    /// A new value for `number`.
    pub fn write(&mut self, draft: &mut Draft, number: usize, name: &str) -> ValueId {
        let mut value = Edge { name: name.into(), ..Edge::default() };
        match draft.values.get(number) {
            Some(Value::Tensor(described)) => {
                if let Some(place) = described.memory {
                    draft.places.insert(place, number);
                }
                let description = &described.description;
                let dims = description.shape().into_iter().map(Dim::Known).collect();
                let shape = (described.dynamism != 2).then_some(Shape(dims));
                value.ty = Some(Type::Tensor { dtype: description.dtype, shape });
                let mut note = |name: &str, text: String| {
                    value.metadata.push(Entry { name: self.strings.intern(name), value: text.as_str().into() });
                };
                if described.dynamism == 1 {
                    note("sizes", "at most these".into());
                }
                if let Some((area, offset)) = described.memory {
                    note("memory", format!("area {area} at {offset}"));
                }
                if name.is_empty() {
                    value.name = described.name.as_str().into();
                }
            }
            Some(Value::Plain(Literal::Int(_))) => value.ty = Some(Type::Opaque("int".into())),
            Some(Value::Plain(Literal::Bool(_))) => value.ty = Some(Type::Opaque("bool".into())),
            Some(Value::Plain(Literal::Double(_))) => value.ty = Some(Type::Opaque("float".into())),
            _ => {}
        }
        let id = draft.graph.values.push(value);
        draft.now.insert(number, id);
        id
    }

    /// The tensor that value `number` is from the beginning: a constant, or memory with or without a first content.
    fn content(
        &mut self,
        described: &Described,
        number: usize,
        report: &mut Report,
        files: &crate::source::Files,
    ) -> TensorId {
        let name = match (described.name.as_str(), described.memory) {
            ("", None) => format!("constant {}", described.buffer),
            ("", Some(_)) => format!("buffer {number}"),
            (name, _) => name.to_owned(),
        };
        if described.external {
            let beside = self.beside.get_or_insert_with(|| find_beside(files, report));
            if let Some(tensor) = beside.get(&described.name) {
                return self.model.tensors.push(tensor.clone());
            }
            let missing = Data::External { path: BESIDE.into(), span: Span { at: 0, len: u64::MAX } };
            let mut tensor = tensor(&name, &described.description, None, report);
            tensor.data = missing;
            return self.model.tensors.push(tensor);
        }
        let list = match described.memory {
            Some(_) => self.mutable.get(usize::try_from(described.mutable).unwrap_or(usize::MAX)),
            None => Some(&self.constants),
        };
        let span = (described.buffer > 0)
            .then(|| list.and_then(|list| list.get(described.buffer as usize)))
            .flatten()
            .copied();
        if let (None, true) = (span, described.buffer > 0) {
            report.add(
                Severity::Warning,
                format!("the values of {name:?} are missing: there is no constant {}", described.buffer),
            );
        }
        let key = span.map(|span| (span, described.description.dtype, described.description.shape()));
        if let Some(known) = key.as_ref().and_then(|key| self.known.get(key)) {
            return *known;
        }
        let mut tensor = tensor(&name, &described.description, span.map(|span| (self.file, span)), report);
        if described.memory.is_some() {
            let text: Text = if span.is_some() {
                "changes; this is its first content".into()
            } else {
                "has no first content".into()
            };
            tensor.metadata.push(Entry { name: "memory".into(), value: text });
        }
        let id = self.model.tensors.push(tensor);
        if let Some(key) = key {
            self.known.insert(key, id);
        }
        id
    }
}

impl Draft {
    /// The number of the value whose memory value `number` reads, if it was never written itself.
    fn viewed(&self, number: usize) -> Option<usize> {
        let tensor = |number: usize| match self.values.get(number) {
            Some(Value::Tensor(tensor)) if tensor.buffer == 0 => Some(&**tensor),
            _ => None,
        };
        let own = tensor(number).filter(|_| !self.written.contains(&number))?;
        let other = *self.places.get(&own.memory?)?;
        let size = |shape: Vec<u64>| shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
        let same = |other: &&Described| {
            let (a, b) = (&other.description, &own.description);
            a.dtype == b.dtype && size(a.shape()) == size(b.shape())
        };
        tensor(other).filter(same).map(|_| other)
    }

    /// What value `number` is to signatures of operators.
    fn sort(&self, number: usize) -> Sort {
        match self.values.get(number) {
            Some(Value::Tensor(_)) => Sort::Tensor,
            Some(Value::Plain(Literal::Int(_))) => Sort::Int,
            Some(Value::Plain(Literal::Bool(_))) => Sort::Bool,
            Some(Value::Plain(Literal::Double(_))) => Sort::Number,
            Some(Value::Plain(Literal::String(_))) => Sort::Text,
            Some(Value::Plain(Literal::List(_))) => Sort::Numbers,
            Some(Value::List(members)) => {
                let first = members.first().and_then(|first| self.values.get(usize::try_from(*first).ok()?));
                if matches!(first, Some(Value::Tensor(_) | Value::Null)) { Sort::Tensors } else { Sort::Numbers }
            }
            Some(Value::Null | Value::Plain(_)) | None => Sort::None,
        }
    }

    /// What a kernel is given, and the numbers of what it writes.
    fn sides<'a>(&self, arguments: &'a [usize]) -> (&'a [usize], Vec<usize>) {
        let Some((last, rest)) = arguments.split_last() else { return (arguments, Vec::new()) };
        let members = |number: &usize| match self.values.get(*number) {
            Some(Value::List(members)) => {
                members.iter().map(|member| usize::try_from(*member).ok()).collect::<Option<Vec<_>>>()
            }
            _ => None,
        };
        match (members(last), rest.split_last()) {
            // The results one by one, then the list of them.
            (Some(results), _) if rest.ends_with(&results) => {
                (rest.get(..rest.len() - results.len()).unwrap_or_default(), results)
            }
            // The list of results, twice.
            (Some(results), Some((list, given))) if list == last || members(list).as_ref() == Some(&results) => {
                (given, results)
            }
            (Some(results), _) => (rest, results),
            (None, Some((result, given))) if result == last => (given, vec![*last]),
            (None, _) if matches!(self.values.get(*last), Some(Value::Null)) => (rest, Vec::new()),
            (None, _) => (rest, vec![*last]),
        }
    }
}

/// What the operator calls what it is given, as far as that is known: `sorts` tell overloads apart, and the name of one often is that of a parameter.
fn names(domain: &str, operator: &str, overload: &str, sorts: Vec<Sort>) -> Vec<&'static str> {
    match (domain, operator) {
        ("executorch_prim", _) => return vec!["a", "b"],
        ("dim_order_ops", _) => return vec!["self", "non_blocking", "dim_order"],
        ("aten", "arange") => return vec!["start", "end", "step"],
        _ => {}
    }
    let Some(known) = aten::find("aten", operator) else { return Vec::new() };
    let stem = overload.strip_suffix("_out").unwrap_or(overload);
    let named = known.signature(&sorts, &[stem]).filter(|signature| signature.names.contains(&stem));
    let signature = named.or_else(|| known.signature(&sorts, &[]));
    let mut names = signature.map(|signature| signature.names).unwrap_or_default();
    // What is written into a tensor that is there has its type and place.
    if names.contains(&"layout") {
        names.retain(|name| !matches!(*name, "dtype" | "layout" | "device" | "pin_memory"));
    }
    names
}

/// Where the parts of a segment are: each reaches to where the next one begins.
fn offsets(list: &Table, layout: &Layout, report: &mut Report) -> Result<Vec<Span>> {
    let offsets: Vec<u64> = list.numbers(1)?;
    if offsets.is_empty() {
        return Ok(Vec::new());
    }
    let segment = match layout.segment(list.number(0, 0)?) {
        Ok(segment) => segment,
        Err(error) => {
            report.add_error(&error);
            return Ok(Vec::new());
        }
    };
    let part = |offset: u64| {
        let offset = offset.min(segment.len);
        Span { at: segment.at + offset, len: segment.len - offset }
    };
    Ok(offsets.into_iter().map(part).collect())
}

/// The weights in files beside the program: in those that were dropped with it, and in the one with the usual name.
fn find_beside(files: &crate::source::Files, report: &mut Report) -> HashMap<String, Tensor> {
    let own = files.name();
    let stem = own.rsplit('/').next().unwrap_or_default();
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let mut names: Vec<String> = files.companions().into_iter().filter(|name| name.ends_with(".ptd")).collect();
    names.extend([BESIDE.into(), format!("{stem}.ptd")]);
    let mut found = HashMap::default();
    let mut met = HashSet::default();
    for name in names {
        let name = name.rsplit('/').next().unwrap_or_default();
        let Ok(Some(file)) = files.sibling(name) else { continue };
        if !met.insert(file) {
            continue;
        }
        match data::read(&files.slice(file).unwrap_or_default(), file, report) {
            Ok(all) => found.extend(all.into_iter().filter_map(|named| Some((named.key, named.tensor?)))),
            Err(error) => report.add_error(&error.within(name.to_owned())),
        }
    }
    found
}

/// The place in the source that an instruction comes from, innermost last.
fn source(trace: &Table) -> Result<Option<String>> {
    let mut lines = Vec::new();
    for frame in trace.tables(0)? {
        let frame = frame?;
        let line: i32 = frame.number(1, 0)?;
        lines.push(format!("File {:?}, line {line}, in {}\n    {}", frame.text(0)?, frame.text(2)?, frame.text(3)?));
    }
    Ok((!lines.is_empty()).then(|| lines.join("\n")))
}
