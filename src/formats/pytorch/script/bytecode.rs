//! The instructions of programs for phones, where the archive has no code: `torch/csrc/jit/mobile` runs them.
//!
//! `bytecode.pkl` is a tuple of its version and of methods: `(name, (("instructions", …), ("operators", …), ("constants", …), …), schema)`.
//! Instructions are `(name, X, N)` of a stack machine with registers (`torch/csrc/jit/runtime/instruction.h`). They are turned into the
//! statements that they were made of: each value of the stack and each register is a name, jumps are choices and loops.

use super::operator::CHANGING;
use super::python::{Class, Expr, Function, Kind, Parameter, Stmt, Target};
use crate::analysis::aten::{self, Results};
use crate::codec::pickle::{ObjectId, Pickle};
use crate::model::Text;
use crate::report::{Report, Severity};
use std::rc::Rc;

/// The most methods, and the most instructions of one.
const METHODS: usize = 4096;
/// See [`METHODS`].
const INSTRUCTIONS: usize = 1 << 16;
/// How many choices and loops may be within each other.
const DEPTH: usize = 40;

/// The classes that the methods in `pickle` make, each with its path.
pub fn classes(pickle: &Pickle, report: &mut Report) -> Vec<(String, Class)> {
    let mut classes: Vec<(String, Class)> = Vec::new();
    let all = pickle.root.and_then(|root| pickle.items(root)).unwrap_or_default();
    for method in all.iter().skip(1).take(METHODS) {
        let Some((path, name, function)) = function(pickle, *method, report) else { continue };
        let at = classes.iter().position(|(known, _)| *known == path).unwrap_or_else(|| {
            let own = path.rsplit('.').next().unwrap_or(&path).into();
            let class =
                Class { name: own, file: u32::MAX, base: "Module".into(), fields: Vec::new(), methods: Vec::new() };
            classes.push((path, class));
            classes.len() - 1
        });
        if let Some((_, class)) = classes.get_mut(at).filter(|(_, class)| class.method(&name).is_none()) {
            class.methods.push(Rc::new(function));
        }
    }
    classes
}

/// A method: the path of its class, its name, and what it does.
fn function(pickle: &Pickle, id: ObjectId, report: &mut Report) -> Option<(String, String, Function)> {
    let [path, code, rest @ ..] = pickle.items(id)? else { return None };
    let (class, name) = pickle.text(*path)?.rsplit_once('.')?;
    let part = |name: &str| named(pickle, *code, name).and_then(|part| pickle.items(part)).unwrap_or_default();
    let instruction = |id: &ObjectId| match pickle.items(*id)? {
        [name, x, n] => Some((&**pickle.text(*name)?, pickle.int(*x)?, pickle.int(*n)?)),
        _ => None,
    };
    let operator = |id: &ObjectId| {
        let [name, _, rest @ ..] = pickle.items(*id)? else { return None };
        Some((&**pickle.text(*name)?, rest.first().and_then(|count| pickle.int(*count))))
    };
    let parameters: Vec<Parameter> = rest.first().map_or_else(Vec::new, |schema| {
        let arguments = named(pickle, *schema, "arguments").and_then(|list| pickle.items(list)).unwrap_or_default();
        let name = |id: &ObjectId| pickle.text(named(pickle, *id, "name")?).cloned();
        arguments.iter().filter_map(name).map(|name| Parameter { name, ty: None, default: None }).collect()
    });
    let mut reader = Reader {
        instructions: part("instructions").iter().take(INSTRUCTIONS).filter_map(instruction).collect(),
        operators: part("operators").iter().map(operator).collect(),
        constants: part("constants"),
        pickle,
        stack: parameters.iter().map(|parameter| parameter.name.clone()).collect(),
        names: 0,
    };
    let mut body = Vec::new();
    let end = reader.instructions.len();
    if let Err(what) = reader.read(0, end, 0, &mut body) {
        report.add(Severity::Warning, format!("{class}.{name}: {what}; what follows is not shown"));
    }
    let function = Function { name: name.into(), file: u32::MAX, at: 0, parameters, body };
    Some((class.to_owned(), name.to_owned(), function))
}

/// The value called `name` in a tuple of pairs.
fn named(pickle: &Pickle, id: ObjectId, name: &str) -> Option<ObjectId> {
    let pairs = pickle.items(id)?.iter().filter_map(|pair| pickle.items(*pair));
    pairs
        .filter_map(|pair| if let [key, value] = pair { Some((*key, *value)) } else { None })
        .find(|(key, _)| pickle.text(*key).is_some_and(|key| &**key == name))
        .map(|(_, value)| value)
}

struct Reader<'a> {
    instructions: Vec<(&'a str, i64, i64)>,
    operators: Vec<Option<(&'a str, Option<i64>)>>,
    constants: &'a [ObjectId],
    pickle: &'a Pickle,
    /// The names of what is on the stack.
    stack: Vec<Text>,
    /// How many names there are so far, without those of registers.
    names: usize,
}

type Result<T = ()> = std::result::Result<T, String>;

impl Reader<'_> {
    /// Turns the instructions from `from` up to `to` into statements.
    fn read(&mut self, from: usize, to: usize, depth: usize, out: &mut Vec<Stmt>) -> Result {
        if depth > DEPTH {
            return Err(format!("more than {DEPTH} choices and loops are within each other"));
        }
        let mut at = from;
        while at < to {
            let Some((name, x, n)) = self.instructions.get(at).copied() else { break };
            at = match name {
                "JF" => self.choice(at, x, to, depth, out)?,
                "LOOP" => self.repeat(at, x, n, to, depth, out)?,
                "RET" => {
                    let value = self.stack.pop().map(|name| expr(Kind::Name(name)));
                    out.push(Stmt::Return(value));
                    return Ok(());
                }
                _ => {
                    self.plain(at, name, x, n, out)?;
                    at + 1
                }
            };
        }
        Ok(())
    }

    /// A choice at `at`, whose second branch begins `x` instructions later; gives where it ends.
    fn choice(&mut self, at: usize, x: i64, to: usize, depth: usize, out: &mut Vec<Stmt>) -> Result<usize> {
        let condition = self.pop()?;
        let middle = target(at, x, to)?;
        let Some(("JMP", over, _)) = middle.checked_sub(1).and_then(|last| self.instructions.get(last)).copied() else {
            return Err("a jump is where none should be".into());
        };
        let end = target(middle - 1, over, to)?;
        let before = self.stack.clone();
        let mut branches = Vec::new();
        for (from, to) in [(at + 1, middle - 1), (middle, end)] {
            self.stack.clone_from(&before);
            let mut branch = Vec::new();
            self.read(from, to, depth + 1, &mut branch)?;
            branches.push((branch, std::mem::take(&mut self.stack)));
        }
        let Some(((mut otherwise, second), (mut then, first))) = branches.pop().zip(branches.pop()) else {
            return Ok(end);
        };
        // What both leave on the stack has one name afterwards.
        let shared = before.len().min(first.len()).min(second.len());
        self.stack = before.into_iter().take(shared).collect();
        for (a, b) in first.into_iter().zip(second).skip(shared) {
            let joined = self.push();
            then.push(assign(joined.clone(), Kind::Name(a)));
            otherwise.push(assign(joined, Kind::Name(b)));
        }
        out.push(Stmt::If(expr(Kind::Name(condition)), then, otherwise));
        Ok(end)
    }

    /// A loop at `at`: on the stack are the number of the pass, how many there may be, whether it goes on, and what is carried.
    fn repeat(&mut self, at: usize, x: i64, n: i64, to: usize, depth: usize, out: &mut Vec<Stmt>) -> Result<usize> {
        let end = target(at, x, to)?;
        let count = usize::try_from(n - 2).map_err(|_| "a loop carries less than nothing")?;
        let carried = self.take(count)?;
        let (condition, most) = (self.pop()?, self.pop()?);
        self.pop()?;
        let before = self.stack.clone();
        let fresh: Vec<Text> = carried.iter().map(|_| self.fresh()).collect();
        out.extend(fresh.iter().zip(carried).map(|(name, value)| assign(name.clone(), Kind::Name(value))));
        let (pass, again) = (self.fresh(), self.fresh());
        self.stack.push(pass.clone());
        self.stack.extend(fresh.iter().cloned());
        let mut body = Vec::new();
        // Before the end there is only the jump back.
        self.read(at + 1, end.saturating_sub(1), depth + 1, &mut body)?;
        let next = self.take(count)?;
        let goes_on = self.pop()?;
        body.extend(fresh.iter().zip(next).map(|(name, value)| assign(name.clone(), Kind::Name(value))));
        if self.is_true(&condition, out) {
            let range =
                Kind::Call(Box::new(expr(Kind::Name("range".into()))), vec![expr(Kind::Name(most))], Vec::new());
            out.push(Stmt::For(Target::Name(pass), expr(range), body));
        } else {
            out.push(assign(again.clone(), Kind::Name(condition)));
            body.push(assign(again.clone(), Kind::Name(goes_on)));
            out.push(Stmt::While(expr(Kind::Name(again)), body));
        }
        self.stack = before;
        self.stack.extend(fresh);
        Ok(end)
    }

    /// Whether the last statement that sets `name` sets it to `True`.
    fn is_true(&self, name: &Text, statements: &[Stmt]) -> bool {
        let set = statements.iter().rev().find_map(|statement| match statement {
            Stmt::Assign(Target::Name(own), value) if own == name => Some(value),
            _ => None,
        });
        let Some(Expr { kind: Kind::Attribute(_, constant), .. }) = set else { return false };
        let id = constant.strip_prefix('b').and_then(|number| number.parse().ok()).map(ObjectId);
        id.is_some_and(|id| matches!(self.pickle.object(id), crate::codec::pickle::Object::Bool(true)))
    }

    /// An instruction that does not jump.
    fn plain(&mut self, at: usize, name: &str, x: i64, n: i64, out: &mut Vec<Stmt>) -> Result {
        let count = |number: i64| usize::try_from(number).map_err(|_| format!("{name} has a number below zero"));
        let prim = |name: &str| path(&["ops", "prim", name]);
        match name {
            "LOAD" | "MOVE" => self.set(Kind::Name(register(x)), out),
            "STORE" => {
                let value = self.pop()?;
                out.push(assign(register(x), Kind::Name(value)));
            }
            "STOREN" => {
                for (index, value) in self.take(count(n)?)?.into_iter().enumerate() {
                    out.push(assign(register(x.saturating_add(index as i64)), Kind::Name(value)));
                }
            }
            "DROP" => drop(self.pop()?),
            "DROPR" | "WARN" => {}
            "LOADC" => {
                let id = self.constants.get(count(x)?).ok_or("there is no such constant")?;
                let constants = expr(Kind::Name("CONSTANTS".into()));
                self.set(Kind::Attribute(Box::new(constants), format!("b{}", id.0).as_str().into()), out);
            }
            "GET_ATTR" => {
                let of = expr(Kind::Name(self.pop()?));
                self.set(Kind::Attribute(Box::new(of), format!("#{x}").as_str().into()), out);
            }
            "SET_ATTR" => {
                let (value, of) = (self.pop()?, self.pop()?);
                let target = Target::Attribute(expr(Kind::Name(of)), format!("#{x}").as_str().into());
                out.push(Stmt::Assign(target, expr(Kind::Name(value))));
            }
            "LIST_CONSTRUCT" => {
                let items = self.names(count(n)?)?;
                // A list that is kept may be changed: then it is a value of its own.
                let kept = matches!(self.instructions.get(at + 1), Some(("STORE", ..)));
                let changed = kept && self.operators.iter().flatten().any(|(path, _)| is_changing(path));
                let callee = || Box::new(prim("ListConstruct"));
                self.set(if changed { Kind::Call(callee(), items, Vec::new()) } else { Kind::List(items) }, out);
            }
            "TUPLE_CONSTRUCT" => {
                let items = self.names(count(x)?)?;
                self.set(Kind::Tuple(items), out);
            }
            "NAMED_TUPLE_CONSTRUCT" => {
                let items = self.names(count(n)?)?;
                self.set(Kind::Tuple(items), out);
            }
            "DICT_CONSTRUCT" => {
                let items = self.names(count(n)?)?;
                self.set(Kind::Dict(items), out);
            }
            "LIST_UNPACK" => {
                let list = self.pop()?;
                let names = (0..count(x)?.min(INSTRUCTIONS)).map(|_| Target::Name(self.push())).collect();
                out.push(Stmt::Assign(Target::Names(names), expr(Kind::Name(list))));
            }
            "TUPLE_INDEX" | "DICT_INDEX" => {
                let (index, of) = (self.pop()?, self.pop()?);
                let (of, index) = (expr(Kind::Name(of)), expr(Kind::Name(index)));
                self.set(Kind::Index(Box::new(of), Box::new(index)), out);
            }
            "INTERFACE_CALL" => {
                let method = self.constants.get(count(x)?).and_then(|id| self.pickle.text(*id)).cloned();
                let mut arguments = self.names(count(n)?)?;
                if arguments.is_empty() {
                    return Err("a method is called on nothing".into());
                }
                let of = arguments.remove(0);
                let callee = Kind::Attribute(Box::new(of), method.unwrap_or_default());
                self.set(Kind::Call(Box::new(expr(callee)), arguments, Vec::new()), out);
            }
            "RAISE_EXCEPTION" => {
                let message = self.names(1)?;
                out.push(Stmt::Expr(expr(Kind::Call(Box::new(prim("RaiseException")), message, Vec::new()))));
            }
            "__IS__" | "__ISNOT__" | "__CONTAINS__" => self.call("aten", &name.to_lowercase(), 2, 1, out)?,
            "__NOT__" => self.call("aten", "__not__", 1, 1, out)?,
            "DIM" => self.call("aten", "dim", 1, 1, out)?,
            "NUM_TO_TENSOR" => self.call("prim", "NumToTensor", 1, 1, out)?,
            "TO_LIST" => self.call("prim", "tolist", 3, 1, out)?,
            "IS_CUDA" | "DTYPE" | "DEVICE" | "LAYOUT" => self.call("prim", &name.to_lowercase(), 1, 1, out)?,
            "UNCHECKED_CAST" => {}
            "ISINSTANCE" => self.call("prim", "isinstance", 1, 1, out)?,
            "UN_INITIALIZED" => {
                self.set(Kind::Call(Box::new(expr(Kind::Name("uninitialized".into()))), Vec::new(), Vec::new()), out)
            }
            "CREATE_OBJECT" => self.set(Kind::Call(Box::new(prim("CreateObject")), Vec::new(), Vec::new()), out),
            "OP" | "OPN" => {
                let known = self.operators.get(count(x)?).copied().flatten();
                let (path, arguments) = known.ok_or("there is no such operator")?;
                let (namespace, own) = path.split_once("::").unwrap_or(("aten", path));
                let (arguments, results) = self.arity(at, namespace, own, arguments, (name == "OPN").then_some(n));
                self.call(namespace, own, arguments, results, out)?;
            }
            _ => return Err(format!("the instruction {name} is not known")),
        }
        Ok(())
    }

    /// How many arguments an operator takes from the stack, and how many results it leaves there: what its schema says, or what is taken next.
    fn arity(&self, at: usize, namespace: &str, name: &str, stated: Option<i64>, given: Option<i64>) -> (usize, usize) {
        let signature = aten::find(namespace, name).and_then(|operator| operator.signature(&[], &[]));
        let usual = signature.as_ref().map_or(1, |signature| signature.names.len());
        let arguments = given.or(stated.filter(|count| *count >= 0)).and_then(|count| usize::try_from(count).ok());
        let results = match (signature.map(|signature| signature.results), self.instructions.get(at + 1)) {
            (Some(Results::Several(count)), _) => count,
            (None, Some(("STOREN", _, count))) => usize::try_from(*count).unwrap_or(1),
            _ => 1,
        };
        (arguments.unwrap_or(usual), results.min(INSTRUCTIONS))
    }

    /// A call of an operator.
    fn call(&mut self, namespace: &str, name: &str, arguments: usize, results: usize, out: &mut Vec<Stmt>) -> Result {
        let arguments = self.names(arguments)?;
        let call = Kind::Call(Box::new(path(&["ops", namespace, name])), arguments, Vec::new());
        match results {
            0 => out.push(Stmt::Expr(expr(call))),
            1 => self.set(call, out),
            _ => {
                let names = (0..results).map(|_| Target::Name(self.push())).collect();
                out.push(Stmt::Assign(Target::Names(names), expr(call)));
            }
        }
        Ok(())
    }

    /// A name that nothing has yet.
    fn fresh(&mut self) -> Text {
        self.names += 1;
        format!("_{}", 2 * self.names).as_str().into()
    }

    /// Puts something on the stack; gives its name.
    fn push(&mut self) -> Text {
        let name = self.fresh();
        self.stack.push(name.clone());
        name
    }

    fn set(&mut self, value: Kind, out: &mut Vec<Stmt>) {
        let name = self.push();
        out.push(assign(name, value));
    }

    fn pop(&mut self) -> Result<Text> {
        self.stack.pop().ok_or_else(|| "something is taken from an empty stack".into())
    }

    /// Takes `count` values from the stack, the lowest first.
    fn take(&mut self, count: usize) -> Result<Vec<Text>> {
        let from = self.stack.len().checked_sub(count).ok_or("something is taken from an empty stack")?;
        Ok(self.stack.split_off(from))
    }

    fn names(&mut self, count: usize) -> Result<Vec<Expr>> {
        Ok(self.take(count)?.into_iter().map(|name| expr(Kind::Name(name))).collect())
    }
}

/// Whether an operator changes the list that it is given.
fn is_changing(path: &str) -> bool {
    path.strip_prefix("aten::").is_some_and(|name| CHANGING.contains(&name))
}

/// Where a jump of `by` instructions from `at` goes, at most to `end`.
fn target(at: usize, by: i64, end: usize) -> Result<usize> {
    let to = usize::try_from(by).ok().filter(|by| *by > 0).map(|by| at.saturating_add(by));
    to.filter(|to| *to <= end).ok_or_else(|| "a jump leads out of its block".into())
}

/// What a register is called: other than anything on the stack.
fn register(number: i64) -> Text {
    format!("_{}", number.saturating_mul(2).saturating_add(1)).as_str().into()
}

fn expr(kind: Kind) -> Expr {
    Expr { at: 0, end: 0, height: 1, kind }
}

fn assign(name: Text, value: Kind) -> Stmt {
    Stmt::Assign(Target::Name(name), expr(value))
}

fn path(parts: &[&str]) -> Expr {
    let mut parts = parts.iter();
    let first = expr(Kind::Name(parts.next().copied().unwrap_or_default().into()));
    parts.fold(first, |of, part| expr(Kind::Attribute(Box::new(of), (*part).into())))
}
