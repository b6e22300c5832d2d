//! Statements and expressions.

use super::control::chosen;
use super::draft::Names;
use super::lower::{DEPTH, Frame, Lowering};
use super::operator::CHANGING;
use super::python::{Expr, Function, Kind, Stmt, Target};
use super::symbol::{Members, Object, Symbol};
use crate::codec::pickle::ObjectId;
use crate::model::{Literal, Text};
use foldhash::HashSet;
use std::rc::Rc;

impl Lowering<'_> {
    /// Goes through a function whose parameters are in `names`; what it returns.
    pub fn run(
        &mut self,
        function: Rc<Function>,
        names: Names,
        object: Option<(bool, ObjectId)>,
        module: Text,
    ) -> Symbol {
        let changed = self.changed.entry(Rc::as_ptr(&function)).or_insert_with(|| {
            let mut names = HashSet::default();
            changed_lists(&function.body, &mut names);
            Rc::new(names)
        });
        let changed = changed.clone();
        self.frames.push(Frame { names, function: function.clone(), object, module, changed, result: None });
        let at = self.at;
        self.block(&function.body);
        self.at = at;
        self.frames.pop().and_then(|frame| frame.result).unwrap_or(Symbol::NONE)
    }

    /// Whether the function that is gone through has returned.
    fn returned(&self) -> bool {
        self.frames.last().is_none_or(|frame| frame.result.is_some())
    }

    /// Goes through `statements`.
    pub fn block(&mut self, statements: &[Stmt]) {
        if self.depth >= DEPTH {
            return self.tell("calls and blocks nest too deep; what is further in is not shown");
        }
        self.depth += 1;
        for statement in statements {
            if self.returned() || !self.step(1) {
                break;
            }
            self.statement(statement);
        }
        self.depth -= 1;
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Assign(target, value) => {
                let wanted = if let Target::Names(names) = target { Some(names.len()) } else { None };
                let mut symbol = self.eval(value, wanted);
                if let Target::Name(name) = target {
                    symbol = self.own_list(name, symbol);
                }
                self.assign(target, symbol);
            }
            Stmt::Expr(value) => {
                self.eval(value, None);
            }
            Stmt::Return(value) => {
                let result = value.as_ref().map_or(Symbol::NONE, |value| self.eval(value, None));
                if let Some(frame) = self.frames.last_mut() {
                    frame.result = Some(result);
                }
            }
            Stmt::If(condition, then, otherwise) => self.choose(condition, then, otherwise),
            Stmt::While(condition, body) => self.repeat_while(condition, body),
            Stmt::For(target, range, body) => self.repeat_for(target, range, body),
            Stmt::With(contexts, body) => {
                for context in contexts {
                    self.eval(context, None);
                }
                self.block(body);
            }
        }
    }

    /// A list that is changed later is a value of its own from the beginning.
    fn own_list(&mut self, name: &Text, symbol: Symbol) -> Symbol {
        let list = matches!(symbol, Symbol::List(_) | Symbol::Literal(Literal::List(_)));
        let changes = self.frames.last().is_some_and(|frame| frame.changed.contains(name));
        if list && changes { self.settle(&symbol) } else { symbol }
    }

    /// `symbol` as a value.
    pub fn settle(&mut self, symbol: &Symbol) -> Symbol {
        let value = self.materialise(symbol);
        let serial = self.drafts.last().map_or(0, |draft| draft.serial);
        Symbol::Value(serial, value)
    }

    /// Gives `symbol` to `target`.
    pub fn assign(&mut self, target: &Target, symbol: Symbol) {
        match target {
            Target::Name(name) => {
                self.name_value(name, &symbol);
                if let Some(frame) = self.frames.last_mut() {
                    frame.names.set(name, symbol);
                }
            }
            Target::Names(targets) => {
                let items = self.unpack(&symbol, targets.len());
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item);
                }
            }
            Target::Attribute(object, name) => {
                let object = self.eval(object, None);
                self.set_attribute(&object, name, &symbol);
            }
            Target::Index(index) => {
                if let Kind::Index(of, at) = &index.kind {
                    let arguments = vec![self.eval(of, None), self.eval(at, None), symbol];
                    self.at.1 = index.at;
                    self.operator("aten", "_set_item", arguments, Vec::new(), None);
                }
            }
        }
    }

    /// Calls a value what the program calls it; numbered names are those that nobody chose.
    fn name_value(&mut self, name: &Text, symbol: &Symbol) {
        if let (Symbol::Value(serial, value), Some(_)) = (symbol, chosen(name))
            && let Some(draft) = self.drafts.last_mut().filter(|draft| draft.serial == *serial)
            && let Some(value) = draft.graph.values.get_mut(*value).filter(|value| value.name.is_empty())
        {
            value.name = name.clone();
        }
    }

    /// The symbol that `expr` stands for, of which `wanted` members are to be taken.
    pub fn eval(&mut self, expr: &Expr, wanted: Option<usize>) -> Symbol {
        if self.depth >= DEPTH {
            self.tell("calls and blocks nest too deep; what is further in is not shown");
            return Symbol::Missing;
        }
        if !self.step(1) {
            return Symbol::Missing;
        }
        self.depth += 1;
        let symbol = self.eval_kind(expr, wanted);
        self.depth -= 1;
        symbol
    }

    fn eval_kind(&mut self, expr: &Expr, wanted: Option<usize>) -> Symbol {
        match &expr.kind {
            Kind::Name(name) => self.named(name).unwrap_or_else(|| {
                self.at.1 = expr.at;
                self.tell(&format!("nothing is called {name:?}"));
                Symbol::Missing
            }),
            Kind::None => Symbol::NONE,
            Kind::Bool(value) => Symbol::Literal(Literal::Bool(*value)),
            Kind::Int(value) => Symbol::Literal(Literal::Int(*value)),
            Kind::Float(value) => Symbol::Literal(Literal::Double(*value)),
            Kind::Number(text) | Kind::Text(text) => Symbol::Literal(Literal::String(text.clone())),
            Kind::Attribute(of, name) => {
                let of = self.base(of);
                self.at.1 = expr.at;
                self.attribute(&of, name)
            }
            Kind::Index(of, index) => {
                let (of, index) = (self.eval(of, None), self.eval(index, None));
                self.at.1 = expr.at;
                self.operator("aten", "__getitem__", vec![of, index], Vec::new(), wanted)
            }
            Kind::Call(callee, positional, named) => self.call(expr.at, callee, positional, named, wanted),
            Kind::Tuple(items) => {
                let items: Vec<Symbol> = items.iter().map(|item| self.eval(item, None)).collect();
                self.at.1 = expr.at;
                self.tuple(items)
            }
            Kind::List(items) => {
                let items: Vec<Symbol> = items.iter().map(|item| self.eval(item, None)).collect();
                self.at.1 = expr.at;
                self.list(items)
            }
            Kind::Dict(items) => {
                let items: Vec<Symbol> = items.iter().map(|item| self.eval(item, None)).collect();
                self.at.1 = expr.at;
                self.dictionary(&items)
            }
            Kind::Unary(operator, of) => {
                let of = self.eval(of, None);
                self.at.1 = expr.at;
                let name = match *operator {
                    "-" => "neg",
                    "not" => "__not__",
                    "~" => "bitwise_not",
                    _ => return of,
                };
                self.operator("aten", name, vec![of], Vec::new(), None)
            }
            Kind::Binary(operator, left, right) => {
                let arguments = vec![self.eval(left, None), self.eval(right, None)];
                self.at.1 = expr.at;
                self.operator("aten", binary(operator), arguments, Vec::new(), None)
            }
            Kind::Choice(condition, then, otherwise) => self.choose_value(condition, then, otherwise),
        }
    }

    /// What a name stands for.
    fn named(&self, name: &str) -> Option<Symbol> {
        let known = self.frames.last().and_then(|frame| frame.names.get(name).cloned());
        known.or(match name {
            "inf" => Some(Symbol::Literal(Literal::Double(f64::INFINITY))),
            "nan" => Some(Symbol::Literal(Literal::Double(f64::NAN))),
            _ => None,
        })
    }

    /// What stands before a dot, or is called: names that nothing is known of are the beginning of a path.
    pub fn base(&mut self, expr: &Expr) -> Symbol {
        match &expr.kind {
            Kind::Name(name) => self.named(name).unwrap_or_else(|| Symbol::Name(name.clone())),
            _ => self.eval(expr, None),
        }
    }

    /// A tuple, apart as long as it is not too large.
    pub fn tuple(&mut self, items: Vec<Symbol>) -> Symbol {
        self.step(items.len());
        match Members::of(items.clone()) {
            Some(members) => Symbol::Tuple(members),
            None => self.construct("TupleConstruct", &items),
        }
    }

    /// A list: of constants, or of what is not yet known.
    pub fn list(&mut self, items: Vec<Symbol>) -> Symbol {
        self.step(items.len());
        let plain = |item: &Symbol| match item {
            Symbol::Literal(literal) => Some(literal.clone()),
            _ => None,
        };
        if let Some(literals) = items.iter().map(plain).collect::<Option<Vec<_>>>() {
            return Symbol::Literal(Literal::List(literals));
        }
        match Members::of(items.clone()) {
            Some(members) => Symbol::List(members),
            None => self.construct("ListConstruct", &items),
        }
    }

    /// An attribute of `of`.
    pub fn attribute(&mut self, of: &Symbol, name: &Text) -> Symbol {
        match of {
            Symbol::Name(path) if &**path == "CONSTANTS" => self.constant(name),
            Symbol::Name(path) => {
                let class = self.program.library.class(path);
                let whole = format!("{path}.{name}");
                match class.and_then(|class| class.field(name).filter(|_| &*class.base == "Enum")) {
                    Some(_) => Symbol::text(&super::lower::plain(&whole)),
                    None => Symbol::Name(whole.as_str().into()),
                }
            }
            Symbol::Object(object) => self.field(object, name),
            Symbol::Instance(instance) => {
                let fields = instance.fields.borrow();
                let known = fields.iter().rev().find(|(field, _)| field == name).map(|(_, symbol)| symbol.clone());
                drop(fields);
                known.unwrap_or_else(|| Symbol::Method(Rc::new((of.clone(), name.clone()))))
            }
            _ => self.get_attribute(of, name),
        }
    }

    /// What the code calls `CONSTANTS.c0`.
    fn constant(&mut self, name: &str) -> Symbol {
        let pickle = &self.pool(true).pickle;
        let all = pickle.root.and_then(|root| super::super::objects::items(pickle, root));
        let by_number = |number: &str| all?.get(number.parse::<usize>().ok()?).copied();
        // Instructions name objects themselves.
        let by_id = |number: &str| number.parse().ok().map(ObjectId).filter(|id| pickle.objects.get(*id).is_some());
        let id = name.strip_prefix('c').and_then(by_number).or_else(|| name.strip_prefix('b').and_then(by_id));
        match id {
            Some(id) => self.object(&Object { constant: true, id, path: format!("CONSTANTS.{name}").as_str().into() }),
            None => {
                self.tell(&format!("there is no constant {name:?}"));
                Symbol::Missing
            }
        }
    }

    /// `count` members of `symbol`.
    fn unpack(&mut self, symbol: &Symbol, count: usize) -> Vec<Symbol> {
        if let Some(members) = symbol.members().filter(|members| members.len() == count) {
            return members;
        }
        self.unpacked(symbol, count)
    }
}

/// What torch calls an operator of Python.
fn binary(operator: &str) -> &'static str {
    match operator {
        "+" => "add",
        "-" => "sub",
        "*" => "mul",
        "/" => "div",
        "//" => "floordiv",
        "%" => "remainder",
        "**" => "pow",
        "@" => "matmul",
        "and" | "&" => "__and__",
        "or" | "|" => "__or__",
        "^" => "__xor__",
        "<<" => "__lshift__",
        ">>" => "__rshift__",
        "==" => "eq",
        "!=" => "ne",
        "<" => "lt",
        ">" => "gt",
        "<=" => "le",
        ">=" => "ge",
        "is" => "__is__",
        "is not" => "__isnot__",
        "in" => "__contains__",
        _ => "__not_in__",
    }
}

/// Collects the names of lists that `statements` change by calling an operator on them.
fn changed_lists(statements: &[Stmt], names: &mut HashSet<Text>) {
    for statement in statements {
        match statement {
            Stmt::Assign(Target::Name(_) | Target::Names(_), value) | Stmt::Expr(value) => {
                if let Kind::Call(callee, positional, _) = &value.kind
                    && let Kind::Attribute(_, operator) = &callee.kind
                    && CHANGING.contains(&&**operator)
                    && let Some(Expr { kind: Kind::Name(list), .. }) = positional.first()
                {
                    names.insert(list.clone());
                }
            }
            Stmt::If(_, then, otherwise) => {
                changed_lists(then, names);
                changed_lists(otherwise, names);
            }
            Stmt::While(_, body) | Stmt::For(_, _, body) | Stmt::With(_, body) => changed_lists(body, names),
            _ => {}
        }
    }
}
