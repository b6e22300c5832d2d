//! A program becomes graphs: one for each method of its module that others may call.
//!
//! Methods are gone through as if they ran, on symbols. What is called within them is put in its place, and the module that it belongs to
//! becomes the scope of its nodes. What is known already (the members of a tuple, whether a setting is true) leaves no nodes; operators, and
//! control flow that depends on values, do.
//!
//! A program may call methods so often that this has no end. How many statements are gone through, how deep calls nest and how many nodes
//! there are is limited; calls beyond that stay nodes.

use super::super::super::Open;
use super::super::container::Checkpoint;
use super::super::objects;
use super::super::tensor::{Made, Tensors};
use super::super::text::Words;
use super::archive::Archive;
use super::draft::{Draft, Names, without_empty};
use super::library::Library;
use super::python::{Class, Function};
use super::ranges::Ranges;
use super::symbol::{Object, Symbol};
use crate::analysis::aten::Sort;
use crate::codec::pickle::ObjectId;
use crate::model::{Arena, Entry, Graph, GraphId, GraphKind, NodeId, Strings, Tensor, TensorId, Text, Value, ValueId};
use crate::report::{Report, Severity};
use crate::source::{Files, Limits};
use foldhash::{HashMap, HashSet};
use std::rc::Rc;

/// How many calls, blocks and expressions may be within each other.
pub const DEPTH: usize = 240;
/// How many expressions and statements are gone through in all.
const STEPS: usize = 4 << 20;
/// With more nodes than this, calls stay nodes; and with more than a node for so many bytes of the file.
const NODES: u64 = 1 << 17;
/// See [`NODES`].
const BYTES_A_NODE: u64 = 4;
/// The most methods that become graphs of their own.
const METHODS: usize = 32;
/// The most results of a method.
const RESULTS: usize = 256;

/// A program with its objects.
pub struct Program<'a> {
    /// Where it is from.
    pub archive: &'a Archive,
    /// Its code.
    pub library: &'a Library,
    /// Its objects.
    pub data: &'a Checkpoint,
    /// What its code calls `CONSTANTS`.
    pub constants: &'a Checkpoint,
}

/// What a program becomes.
pub struct Lowered {
    /// The graphs.
    pub graphs: Arena<GraphId, Graph>,
    /// The tensors that they read.
    pub tensors: Arena<TensorId, Tensor>,
}

/// An attribute of an object of the file.
#[derive(Clone)]
pub enum Attribute {
    /// What the file has there.
    Saved(ObjectId),
    /// What the class makes of what the file has.
    Made(Symbol),
}

/// A call of a function, while it is gone through.
pub struct Frame {
    /// What its names stand for.
    pub names: Names,
    /// The function.
    pub function: Rc<Function>,
    /// The object whose method it is.
    pub object: Option<(bool, ObjectId)>,
    /// The path of that object: the scope of its nodes.
    pub module: Text,
    /// The names of lists that it changes.
    pub changed: Rc<HashSet<Text>>,
    /// What it returns, once that is known.
    pub result: Option<Symbol>,
}

/// What is known of a module.
#[derive(Default)]
pub struct Module {
    /// Its class.
    pub class: Text,
    /// Its settings.
    pub settings: Vec<Entry>,
}

/// A method that is a graph of its own wherever it is called.
#[derive(Clone, Copy)]
pub struct Purpose {
    /// Its graph.
    pub graph: GraphId,
    /// How many members its result has, if that is a tuple of values.
    pub members: Option<usize>,
}

/// The state of lowering a program.
pub struct Lowering<'a> {
    pub program: Program<'a>,
    files: &'a Files,
    limits: Limits,
    /// The tensors of the data, and of the constants. All that are made are in the first of them.
    tensors: [Tensors<'a>; 2],
    pub report: &'a mut Report,
    progress: &'a dyn Fn(f32),
    pub strings: Strings,
    /// The graphs that are done, by their ids, and whether they are bodies in which nothing is.
    graphs: Vec<(Graph, bool)>,
    /// The graph that is being made, after those around it.
    pub drafts: Vec<Draft>,
    /// The call that is gone through, after those around it.
    pub frames: Vec<Frame>,
    /// What is known of modules, by their paths.
    pub modules: HashMap<Text, Module>,
    /// What belongs to tensors, such as the scales of their channels: what it is to them, and the objects that it is.
    beside: HashMap<TensorId, Vec<(&'static str, bool, ObjectId)>>,
    /// The attributes of objects that were asked for some.
    pub attributes: HashMap<(bool, ObjectId), Rc<HashMap<Text, Attribute>>>,
    /// The lists that functions change.
    pub changed: HashMap<*const Function, Rc<HashSet<Text>>>,
    /// What values are that are no tensors, where that is known.
    pub sorts: HashMap<(u32, ValueId), Sort>,
    /// Methods of the outermost module that are within a graph.
    pub inlined: HashSet<Text>,
    /// What is the purpose of the module, as far as its graphs are done: other methods call it.
    pub purposes: HashMap<Text, Purpose>,
    /// What was told already.
    told: HashSet<String>,
    ranges: HashMap<u32, Option<Ranges>>,
    /// The file and the offset of what is looked at.
    pub at: (u32, u32),
    pub depth: usize,
    steps: usize,
    pub nodes: usize,
    /// The nodes up to which calls are put in their place.
    pub most_nodes: usize,
    serial: u32,
}

/// Lowers `program`. There are no graphs if its module has no methods.
pub fn lower<'a>(program: Program<'a>, open: &'a mut Open) -> Lowered {
    let tensors = [program.data, program.constants].map(|objects| Tensors::new(objects, open.files, open.limits));
    let root = program.data.pickle.root.unwrap_or_default();
    let mut lowering = Lowering {
        program,
        files: open.files,
        limits: open.limits,
        tensors,
        report: &mut open.report,
        progress: open.progress,
        strings: Strings::default(),
        graphs: Vec::new(),
        drafts: Vec::new(),
        frames: Vec::new(),
        modules: HashMap::default(),
        beside: HashMap::default(),
        attributes: HashMap::default(),
        changed: HashMap::default(),
        sorts: HashMap::default(),
        inlined: HashSet::default(),
        purposes: HashMap::default(),
        told: HashSet::default(),
        ranges: HashMap::default(),
        at: (0, 0),
        depth: 0,
        steps: 0,
        nodes: 0,
        most_nodes: usize::try_from(NODES.min(open.probe.file().len() / BYTES_A_NODE)).unwrap_or(0),
        serial: 0,
    };
    lowering.methods(&Object { constant: false, id: root, path: "".into() });
    let [tensors, _] = lowering.tensors;
    Lowered { graphs: without_empty(lowering.graphs), tensors: tensors.finish() }
}

impl<'a> Lowering<'a> {
    /// The objects of a pool: the constants, or the data.
    pub fn pool(&self, constant: bool) -> &'a Checkpoint {
        if constant { self.program.constants } else { self.program.data }
    }

    /// Makes a graph of each method of `root` that others may call.
    fn methods(&mut self, root: &Object) {
        let Some(class) = self.class_of(root) else { return };
        let mut methods: Vec<Rc<Function>> =
            class.methods.iter().filter(|it| !it.name.starts_with("__")).cloned().collect();
        // First what is the purpose of a module; then what others may call, unless it is within the first.
        let main = |method: &Function| &*method.name == "forward" || method.name.starts_with("forward__");
        crate::sort::sort_by_key(&mut methods, |method| (!main(method), method.name.starts_with('_')));
        // Graphs of methods come before all bodies: their places are known beforehand.
        let (first, count) = (self.graphs.len(), methods.len().min(METHODS));
        self.graphs.resize_with(first + count, || (Graph::default(), true));
        for (index, method) in methods.into_iter().take(METHODS).enumerate() {
            if main(&method) || !self.inlined.contains(&method.name) {
                (self.progress)(index as f32 / count as f32);
                let graph = GraphId((first + index) as u32);
                let result = self.entry(graph, &method, root);
                if main(&method) {
                    let value = |symbol: &Symbol| matches!(symbol, Symbol::Value(..) | Symbol::Tensor(..));
                    let members = match result {
                        Some(Symbol::Tuple(members)) if members.items.iter().all(value) => Some(members.items.len()),
                        _ => None,
                    };
                    self.purposes.insert(method.name.clone(), Purpose { graph, members });
                }
            }
        }
    }

    /// Makes `method` of `root` a graph; returns what it gives out.
    fn entry(&mut self, id: GraphId, method: &Rc<Function>, root: &Object) -> Option<Symbol> {
        let class = self.modules.get("").map(|module| module.class.clone()).unwrap_or_default();
        let class = Some(class).filter(|class| !class.is_empty());
        let metadata = class.map(|value| Entry { name: "class".into(), value }).into_iter().collect();
        let graph = Graph { name: method.name.clone(), metadata, ..Graph::default() };
        self.begin(id, graph);
        let mut names = Names::default();
        let mut parameters = method.parameters.iter();
        if let Some(own) = parameters.next() {
            names.set(&own.name, Symbol::Object(root.clone()));
        }
        for parameter in parameters {
            let ty = parameter.ty.as_ref().map(|ty| self.program.library.text(method.file, ty.at, ty.end));
            let draft = self.drafts.last_mut()?;
            let sort = match ty.as_deref() {
                Some("int") => Some(Sort::Int),
                Some("float" | "number") => Some(Sort::Number),
                Some("bool") => Some(Sort::Bool),
                Some("str" | "Device") => Some(Sort::Text),
                Some("List[int]" | "List[float]") => Some(Sort::Numbers),
                Some("List[Tensor]") => Some(Sort::Tensors),
                _ => None,
            };
            let metadata = ty.map(|ty| Entry { name: "type".into(), value: ty.as_str().into() }).into_iter().collect();
            let value = Value { name: parameter.name.clone(), metadata, ..Value::default() };
            let value = draft.graph.values.push(value);
            draft.graph.inputs.push(value);
            names.set(&parameter.name, Symbol::Value(draft.serial, value));
            self.sorts.extend(sort.map(|sort| ((draft.serial, value), sort)));
        }
        self.at = (method.file, method.at);
        let result = self.run(method.clone(), names, Some((root.constant, root.id)), root.path.clone());
        self.give_out(&result);
        self.end(false);
        Some(result)
    }

    /// Makes `result` what the graph gives out: the members of tuples one by one.
    pub fn give_out(&mut self, result: &Symbol) {
        let mut stack = vec![result.clone()];
        let mut count = 0;
        while let Some(symbol) = stack.pop() {
            match symbol {
                Symbol::Tuple(members) => stack.extend(members.items.iter().rev().cloned()),
                Symbol::Literal(crate::model::Literal::Absent) => {}
                _ if count >= RESULTS => {
                    self.tell(&format!("only the first {RESULTS} results are shown"));
                    break;
                }
                symbol => {
                    let value = self.materialise(&symbol);
                    count += 1;
                    if let Some(draft) = self.drafts.last_mut() {
                        draft.graph.outputs.push(value);
                    }
                }
            }
        }
    }

    /// Begins to make the graph `id`.
    fn begin(&mut self, id: GraphId, graph: Graph) -> u32 {
        self.serial += 1;
        let base = self.frames.last().map(|frame| frame.module.clone()).unwrap_or_default();
        self.drafts.push(Draft::new(self.serial, id, graph, base));
        self.serial
    }

    /// Begins to make a body of `node` of the graph that is being made.
    pub fn begin_body(&mut self, node: NodeId, name: &str) -> GraphId {
        let parent = self.drafts.last().map(|draft| (draft.id, node));
        let id = GraphId(self.graphs.len() as u32);
        self.graphs.push((Graph::default(), true));
        self.begin(id, Graph { name: name.into(), kind: GraphKind::Body, parent, ..Graph::default() });
        id
    }

    /// Takes the graph that is being made away, to go on with it later.
    pub fn pause(&mut self) -> Option<Draft> {
        self.drafts.pop()
    }

    /// Goes on with `draft`.
    pub fn resume(&mut self, draft: Option<Draft>) {
        self.drafts.extend(draft);
    }

    /// Does something whose nodes nobody wants to see.
    pub fn aside<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let (graphs, nodes) = (self.graphs.len(), self.nodes);
        let id = GraphId(u32::MAX);
        self.begin(id, Graph::default());
        let result = act(self);
        self.drafts.pop();
        self.graphs.truncate(graphs);
        self.nodes = nodes;
        result
    }

    /// The graph that is being made is done; `optional` ones are left out if nothing is in them.
    pub fn end(&mut self, optional: bool) {
        let Some(mut draft) = self.drafts.pop() else { return };
        draft.settle_scopes();
        if let Some(place) = self.graphs.get_mut(draft.id.index()) {
            let empty = optional && draft.is_empty();
            *place = (draft.graph, empty);
        }
    }

    /// Counts a step; whether it may be taken.
    pub fn step(&mut self, cost: usize) -> bool {
        self.steps = self.steps.saturating_add(cost);
        if self.steps > STEPS {
            self.tell_once("the program goes on for too long; what it does after that is not shown".into());
        }
        self.steps <= STEPS
    }

    /// Tells of something odd, once, with the place in the code.
    pub fn tell(&mut self, message: &str) {
        let place = self.program.library.place(self.at.0, self.at.1);
        self.tell_once(format!("{place}: {message}"));
    }

    fn tell_once(&mut self, message: String) {
        if self.told.insert(message.clone()) {
            self.report.add(Severity::Warning, message);
        }
    }

    /// The value in the graph that is being made that is `value` of the one with that serial number.
    pub fn reach(&mut self, serial: u32, value: ValueId) -> ValueId {
        let Some(place) = self.drafts.iter().rposition(|draft| draft.serial == serial) else {
            let Some(draft) = self.drafts.last_mut() else { return value };
            return draft.value("");
        };
        let mut value = value;
        let mut like = Value::default();
        for draft in self.drafts.get_mut(place..).unwrap_or_default() {
            if draft.serial == serial {
                value = draft.latest.get(&value).copied().unwrap_or(value);
                like = draft.graph.values.get(value).cloned().unwrap_or_default();
            } else {
                value = draft.capture(value, &like);
            }
        }
        value
    }

    /// The tensor that an object is, called `name` if it is new, and what accompanies it.
    pub fn tensor(&mut self, constant: bool, id: ObjectId, name: &str) -> Option<Made> {
        let [data, constants] = &mut self.tensors;
        let made = if constant {
            // All tensors are in one list, whatever they come from.
            std::mem::swap(&mut data.all, &mut constants.all);
            let made = constants.make(id, name, self.report);
            std::mem::swap(&mut data.all, &mut constants.all);
            made?
        } else {
            data.make(id, name, self.report)?
        };
        if !made.beside.is_empty() {
            self.beside.insert(made.tensor, made.beside.iter().map(|(what, id)| (*what, constant, *id)).collect());
        }
        Some(made)
    }

    /// The tensors that belong to one, with what they are to it.
    pub fn beside(&mut self, id: TensorId, name: &str) -> Vec<(&'static str, Symbol)> {
        let beside = self.beside.get(&id).cloned().unwrap_or_default();
        let made = beside.into_iter().filter_map(|(what, constant, id)| {
            let name = format!("{name}/{what}");
            let tensor = self.tensor(constant, id, &name)?.tensor;
            Some((what, Symbol::Tensor(tensor, name.as_str().into())))
        });
        made.collect()
    }

    /// A tensor that was made.
    pub fn made(&self, id: TensorId) -> Option<&Tensor> {
        let [data, _] = &self.tensors;
        data.all.get(id)
    }

    /// A tensor by the name of the attribute that it is.
    pub fn renamed(&mut self, id: TensorId, path: &str, name: &str) -> Symbol {
        let separator = if path.is_empty() { "" } else { "." };
        let name = Text::from(format!("{path}{separator}{name}").as_str());
        let [data, _] = &mut self.tensors;
        if let Some(tensor) = data.all.get_mut(id) {
            tensor.name = name.clone();
        }
        Symbol::Tensor(id, name)
    }

    /// What is said about an object in a line.
    pub fn line(&self, object: &Object) -> String {
        Words { checkpoint: self.pool(object.constant), files: self.files, limits: self.limits }.line(object.id)
    }

    /// The files that are open.
    pub fn files(&self) -> &'a Files {
        self.files
    }

    /// The class of `object` as the code has it, and notes what it is called.
    pub fn class_of(&mut self, object: &Object) -> Option<Rc<Class>> {
        let path = self.class_path(object)?;
        if !self.modules.contains_key(&object.path) {
            let settings = self.settings(object);
            self.modules.insert(object.path.clone(), Module { class: plain(&path).as_str().into(), settings });
        }
        self.program.library.class(&path).cloned()
    }

    /// The path of the class of `object`.
    pub fn class_path(&self, object: &Object) -> Option<String> {
        let pickle = &self.pool(object.constant).pickle;
        objects::made_by(pickle, object.id).map(|(path, _)| path)
    }

    /// Where what is looked at is from: the source that the code was made of, else the code.
    pub fn source(&mut self) -> Option<Entry> {
        let (file, at) = self.at;
        let (archive, library, files, limits) = (self.program.archive, self.program.library, self.files, self.limits);
        let ranges = self
            .ranges
            .entry(file)
            .or_insert_with(|| archive.ranges(library.debug(file), files, &limits).and_then(Ranges::read));
        let source = ranges.as_mut().and_then(|ranges| ranges.source(at));
        let place = source.unwrap_or_else(|| library.place(file, at));
        (!place.is_empty()).then(|| Entry { name: self.strings.intern("source"), value: self.strings.intern(&place) })
    }
}

/// A class as people know it: without the root of all code, and without what tells classes of the same name apart.
pub fn plain(class: &str) -> String {
    let parts = class.split('.').filter(|part| *part != "__torch__" && !part.starts_with("___torch_mangle_"));
    parts.collect::<Vec<_>>().join(".")
}
