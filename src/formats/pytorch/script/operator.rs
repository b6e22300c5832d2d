//! Operators become nodes.

use super::call::Named;
use super::draft::{argument, attribute};
use super::fold;
use super::lower::Lowering;
use super::symbol::{Instance, Members, Symbol};
use crate::analysis::aten::{self, Results, Sort};
use crate::model::{Argument, Attribute, DType, Literal, Node, Text, Type, ValueId};
use std::cell::RefCell;
use std::rc::Rc;

/// Operators that change the list or dictionary that they are given, and give it back.
pub const CHANGING: &[&str] =
    &["append", "extend", "insert", "_set_item", "pop", "clear", "reverse", "sort", "remove", "Delete"];

/// A node while its inputs are put together.
#[derive(Default)]
pub struct Inputs {
    arguments: Vec<Argument>,
    attributes: Vec<Attribute>,
}

impl Lowering<'_> {
    /// Applies an operator; of its result `wanted` members are to be taken.
    pub fn operator(
        &mut self,
        namespace: &str,
        name: &str,
        positional: Vec<Symbol>,
        named: Named,
        wanted: Option<usize>,
    ) -> Symbol {
        if named.is_empty()
            && let Some(known) = fold::fold(namespace, name, &positional)
        {
            return known;
        }
        let known = aten::find(namespace, name);
        let sorts: Vec<Sort> = positional.iter().map(|symbol| self.sort(symbol)).collect();
        let names: Vec<&str> = named.iter().map(|(name, _)| &**name).collect();
        let signature = known.and_then(|operator| operator.signature(&sorts, &names));
        let formals = signature.as_ref().map(|signature| &*signature.names).unwrap_or_default();
        if name.contains("_prepack")
            && let Some(packed) = self.packed(name, formals, &positional)
        {
            return packed;
        }
        let mut inputs = Inputs::default();
        for (index, symbol) in positional.iter().enumerate() {
            let formal = formals.get(index).copied();
            let other = if index == 0 { "input".to_owned() } else { format!("input {}", index + 1) };
            self.bind(&mut inputs, formal.unwrap_or(&other), symbol);
        }
        for (name, symbol) in &named {
            self.bind(&mut inputs, name, symbol);
        }
        let results = signature.map_or(Results::One(Sort::Tensor), |signature| signature.results);
        let (outputs, symbol) = self.results(results, wanted, name);
        self.node(namespace, name, inputs, outputs);
        if let (true, Some(Symbol::Value(serial, list)), Symbol::Value(_, new)) =
            (CHANGING.contains(&name) && namespace == "aten", positional.first(), &symbol)
            && let Some(draft) = self.drafts.last_mut().filter(|draft| draft.serial == *serial)
            && !matches!(name, "pop" | "remove")
        {
            draft.latest.insert(*list, *new);
        }
        symbol
    }

    /// The outputs of a node with such results, and what stands for them.
    fn results(&mut self, results: Results, wanted: Option<usize>, name: &str) -> (Vec<Argument>, Symbol) {
        let serial = self.drafts.last().map_or(0, |draft| draft.serial);
        let mut new = || self.drafts.last_mut().map_or(ValueId(0), |draft| draft.value(""));
        let tuple = |values: &[ValueId]| {
            let items = values.iter().map(|value| Symbol::Value(serial, *value)).collect();
            Members::of(items).map_or(Symbol::Missing, Symbol::Tuple)
        };
        match (results, wanted) {
            // What is only run for what it does.
            (Results::Several(0), _) => (Vec::new(), Symbol::NONE),
            _ if matches!(name, "RaiseException" | "Print") => (Vec::new(), Symbol::NONE),
            (Results::Several(count), _) => {
                let values: Vec<ValueId> = (0..count).map(|_| new()).collect();
                let outputs = values.iter().enumerate();
                let outputs = outputs.map(|(index, value)| argument(&format!("output {}", index + 1), vec![*value]));
                (outputs.collect(), tuple(&values))
            }
            (Results::One(_), Some(count)) if count > 0 => {
                let values: Vec<ValueId> = (0..count).map(|_| new()).collect();
                let symbol = tuple(&values);
                (vec![argument("outputs", values)], symbol)
            }
            (Results::One(sort), _) => {
                let value = new();
                if sort != Sort::Tensor {
                    self.sorts.insert((serial, value), sort);
                }
                (vec![argument("output", vec![value])], Symbol::Value(serial, value))
            }
        }
    }

    /// Weights that are packed for a layer: all that is packed is known, so that no node has to do it.
    fn packed(&self, name: &str, formals: &[&str], given: &[Symbol]) -> Option<Symbol> {
        let known = |symbol: &Symbol| matches!(symbol, Symbol::Tensor(..) | Symbol::Literal(_));
        if formals.len() < given.len() || !given.iter().all(known) {
            return None;
        }
        let named = formals.iter().zip(given).map(|(name, symbol)| (Text::from(*name), symbol.clone()));
        let serial = self.drafts.last().map_or(0, |draft| draft.serial);
        Some(Symbol::Instance(Rc::new(Instance { class: name.into(), serial, fields: RefCell::new(named.collect()) })))
    }

    /// What `symbol` is to signatures of operators.
    fn sort(&self, symbol: &Symbol) -> Sort {
        match symbol {
            Symbol::Value(serial, value) => self.sorts.get(&(*serial, *value)).copied().unwrap_or(Sort::Tensor),
            other => other.sort(),
        }
    }

    /// Adds a node to the graph that is being made.
    pub fn node(
        &mut self,
        namespace: &str,
        name: &str,
        inputs: Inputs,
        outputs: Vec<Argument>,
    ) -> crate::model::NodeId {
        self.nodes += 1;
        let metadata = self.source().into_iter().collect();
        let module = self.frames.last().map(|frame| frame.module.clone()).unwrap_or_default();
        let (modules, strings) = (&self.modules, &mut self.strings);
        let Some(draft) = self.drafts.last_mut() else { return crate::model::NodeId(0) };
        let scope = draft.scope(&module, &|path| modules.get(path));
        draft.node(Node {
            operator: strings.intern(name),
            domain: strings.intern(namespace),
            category: aten::category(namespace, name),
            scope,
            inputs: inputs.arguments,
            outputs,
            attributes: inputs.attributes,
            metadata,
            ..Node::default()
        })
    }

    /// Gives `symbol` to the parameter `name`: values are arguments, what is known is an attribute, and lists of both are both.
    pub fn bind(&mut self, inputs: &mut Inputs, name: &str, symbol: &Symbol) {
        match symbol {
            Symbol::Instance(packed) if packed.class.contains("_prepack") => {
                for (name, symbol) in
                    packed.fields.borrow().iter().filter(|(_, symbol)| !matches!(symbol, Symbol::Instance(_)))
                {
                    self.bind(inputs, name, symbol);
                }
            }
            Symbol::Missing | Symbol::Instance(_) | Symbol::Literal(Literal::Absent) => {}
            Symbol::Literal(literal) => {
                if let Literal::List(items) = literal {
                    self.step(items.len());
                }
                inputs.attributes.push(attribute(name, spelt(name, literal.clone())));
            }
            Symbol::Value(..) => {
                let value = self.materialise(symbol);
                inputs.arguments.push(argument(name, vec![value]));
            }
            Symbol::Tensor(tensor, path) => {
                let value = self.materialise(symbol);
                inputs.arguments.push(argument(name, vec![value]));
                for (what, beside) in self.beside(*tensor, path) {
                    let value = self.materialise(&beside);
                    inputs.arguments.push(argument(&format!("{name}/{what}"), vec![value]));
                }
            }
            Symbol::Tuple(members) | Symbol::List(members) => {
                self.step(members.size);
                let (mut values, mut literals, mut known) = (Vec::new(), Vec::new(), false);
                self.leaves(&members.items, &mut values, &mut literals, &mut known);
                if known {
                    inputs.attributes.push(attribute(name, Literal::List(literals)));
                }
                if !values.is_empty() {
                    inputs.arguments.push(argument(name, values));
                }
            }
            Symbol::Object(object) => self.bind_object(inputs, name, object),
            Symbol::Name(path) => {
                let path = Literal::String(super::lower::plain(path).as_str().into());
                inputs.attributes.push(attribute(name, path));
            }
            Symbol::Method(_) => {}
        }
    }

    /// Adds an argument.
    pub fn give(&mut self, inputs: &mut Inputs, name: &str, values: Vec<ValueId>) {
        inputs.arguments.push(argument(name, values));
    }

    /// Adds an attribute.
    pub fn say(&mut self, inputs: &mut Inputs, name: &str, literal: Literal) {
        inputs.attributes.push(attribute(name, literal));
    }

    /// Takes a tuple or list apart: its values, and the whole with names in their places. Goes no deeper than tuples are.
    fn leaves(&mut self, items: &[Symbol], values: &mut Vec<ValueId>, literals: &mut Vec<Literal>, known: &mut bool) {
        for item in items {
            match item {
                Symbol::Literal(Literal::Absent) | Symbol::Missing => literals.push(Literal::Absent),
                Symbol::Literal(literal) => {
                    *known = true;
                    literals.push(literal.clone());
                }
                Symbol::Tuple(members) | Symbol::List(members) => self.leaves(&members.items, values, literals, known),
                item => {
                    let value = self.materialise(item);
                    let name = self.drafts.last().and_then(|draft| draft.graph.values.get(value));
                    let name = name.map(|value| format!("%{}", value.name)).unwrap_or_default();
                    literals.push(Literal::String(name.as_str().into()));
                    values.push(value);
                }
            }
        }
    }

    /// A node of the interpreter with these inputs and one result.
    fn made_by(&mut self, name: &str, inputs: Inputs) -> ValueId {
        let value = self.drafts.last_mut().map_or(ValueId(0), |draft| draft.value(""));
        self.node("prim", name, inputs, vec![argument("output", vec![value])]);
        value
    }

    /// A value of the graph that is being made that `symbol` is, by a node that makes it where that is needed.
    pub fn materialise(&mut self, symbol: &Symbol) -> ValueId {
        let mut inputs = Inputs::default();
        match symbol {
            Symbol::Value(serial, value) => self.reach(*serial, *value),
            Symbol::Tensor(tensor, name) => {
                self.drafts.last_mut().map_or(ValueId(0), |draft| draft.constant(*tensor, name))
            }
            Symbol::Tuple(members) => self.constructed("TupleConstruct", &members.items),
            Symbol::List(members) => self.constructed("ListConstruct", &members.items),
            Symbol::Literal(Literal::List(items)) if items.is_empty() => self.constructed("ListConstruct", &[]),
            Symbol::Literal(literal) => {
                self.say(&mut inputs, "value", literal.clone());
                self.made_by("Constant", inputs)
            }
            Symbol::Name(name) => {
                self.say(&mut inputs, "value", Literal::String(name.clone()));
                self.made_by("Constant", inputs)
            }
            Symbol::Object(object) => {
                self.bind_object(&mut inputs, "value", object);
                self.say(&mut inputs, "name", Literal::String(object.path.clone()));
                self.made_by("GetAttr", inputs)
            }
            Symbol::Instance(instance) => {
                let class = super::lower::plain(&instance.class);
                self.say(&mut inputs, "class", Literal::String(class.as_str().into()));
                self.made_by("CreateObject", inputs)
            }
            Symbol::Method(_) | Symbol::Missing => {
                if let Some(known) = self.drafts.last().and_then(|draft| draft.missing) {
                    return known;
                }
                let value = self.made_by("Uninitialized", inputs);
                if let Some(draft) = self.drafts.last_mut() {
                    draft.missing = Some(value);
                }
                value
            }
        }
    }

    fn constructed(&mut self, name: &str, items: &[Symbol]) -> ValueId {
        let mut inputs = Inputs::default();
        let (mut values, mut literals, mut known) = (Vec::new(), Vec::new(), false);
        self.leaves(items, &mut values, &mut literals, &mut known);
        if known {
            self.say(&mut inputs, "items", Literal::List(literals));
        }
        if !values.is_empty() {
            self.give(&mut inputs, "items", values);
        }
        self.made_by(name, inputs)
    }

    /// A node that makes a tuple or list that is too large to be known member by member.
    pub fn construct(&mut self, name: &str, items: &[Symbol]) -> Symbol {
        let value = self.constructed(name, items);
        Symbol::Value(self.drafts.last().map_or(0, |draft| draft.serial), value)
    }

    /// A node that makes a dictionary of `items`, keys and values in turn.
    pub fn dictionary(&mut self, items: &[Symbol]) -> Symbol {
        let mut inputs = Inputs::default();
        let every = |first: usize| items.iter().skip(first).step_by(2).cloned().collect::<Vec<_>>();
        if !items.is_empty() {
            for (name, part) in [("keys", every(0)), ("values", every(1))] {
                let part = self.list(part);
                self.bind(&mut inputs, name, &part);
            }
        }
        let value = self.made_by("DictConstruct", inputs);
        Symbol::Value(self.drafts.last().map_or(0, |draft| draft.serial), value)
    }

    /// A node that takes `symbol` apart into `count` members.
    pub fn unpacked(&mut self, symbol: &Symbol, count: usize) -> Vec<Symbol> {
        let list = matches!(self.sort(symbol), Sort::Tensors | Sort::Numbers);
        let name = if list { "ListUnpack" } else { "TupleUnpack" };
        let unpacked = self.operator("prim", name, vec![symbol.clone()], Vec::new(), Some(count));
        let mut members = unpacked.members().unwrap_or_default();
        members.resize_with(count, || Symbol::Missing);
        members
    }

    /// A node that reads an attribute of what is not known.
    pub fn get_attribute(&mut self, of: &Symbol, name: &str) -> Symbol {
        let named = vec![("name".into(), Symbol::text(name))];
        self.operator("prim", "GetAttr", vec![of.clone()], named, None)
    }

    /// Sets an attribute: of an object that the program makes it is known then, else a node does it.
    pub fn set_attribute(&mut self, of: &Symbol, name: &str, symbol: &Symbol) {
        let serial = self.drafts.last().map_or(0, |draft| draft.serial);
        let path = match of {
            Symbol::Instance(instance) if instance.serial == serial => {
                return instance.fields.borrow_mut().push((name.into(), symbol.clone()));
            }
            // What is set where it may not be gone through is not known afterwards.
            Symbol::Instance(instance) => {
                instance.fields.borrow_mut().push((name.into(), Symbol::Missing));
                name.to_owned()
            }
            Symbol::Object(object) => {
                let name = self.name_of(object, &name.into());
                if object.path.is_empty() { name.to_string() } else { format!("{}.{name}", object.path) }
            }
            _ => name.to_owned(),
        };
        let mut inputs = Inputs::default();
        if let Symbol::Value(..) = of {
            self.bind(&mut inputs, "self", of);
        }
        self.say(&mut inputs, "name", Literal::String(path.as_str().into()));
        self.bind(&mut inputs, "value", symbol);
        self.node("prim", "SetAttr", inputs, Vec::new());
    }

    /// A node that reads the attribute at `path`, which may have changed since the program was saved with `saved` there.
    pub fn current(&mut self, path: &str, saved: &Symbol) -> Symbol {
        let mut inputs = Inputs::default();
        self.say(&mut inputs, "name", Literal::String(path.into()));
        self.bind(&mut inputs, "saved", saved);
        let value = self.made_by("GetAttr", inputs);
        Symbol::Value(self.drafts.last().map_or(0, |draft| draft.serial), value)
    }
}

/// Numbers that stand for types and layouts in words.
fn spelt(name: &str, literal: Literal) -> Literal {
    let Literal::Int(number) = literal else { return literal };
    let word = |words: &[&'static str]| usize::try_from(number).ok().and_then(|number| words.get(number).copied());
    let known = match name {
        "dtype" | "output_dtype" => {
            let dtype = usize::try_from(number).ok().and_then(|number| DTYPES.get(number).copied());
            return dtype.map_or(literal, |dtype| Literal::Type(Type::Tensor { dtype, shape: None }));
        }
        "memory_format" => word(&["contiguous", "preserve", "channels_last", "channels_last_3d"]),
        "layout" => word(&["strided", "sparse", "sparse_csr", "mkldnn"]),
        _ => None,
    };
    known.map_or(literal, |word| Literal::String(word.into()))
}

/// The element types by their numbers (`c10/core/ScalarType.h`).
const DTYPES: &[DType] = &[
    DType::U8,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::F16,
    DType::F32,
    DType::F64,
    DType::C32,
    DType::C64,
    DType::C128,
    DType::Bool,
    DType::I8,
    DType::U8,
    DType::I32,
    DType::BF16,
];
