//! What a program is made of.

use crate::model::Text;
use std::rc::Rc;

/// An expression.
#[derive(Debug)]
pub struct Expr {
    /// The offset of its first character.
    pub at: u32,
    /// The offset after its last character.
    pub end: u32,
    /// How many expressions are within each other here.
    pub height: u16,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of expressions.
#[derive(Debug)]
pub enum Kind {
    /// A name.
    Name(Text),
    /// `None`, or `...`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A float.
    Float(f64),
    /// An imaginary number, or a whole number beyond 64 bits, as it is spelt.
    Number(Text),
    /// A text.
    Text(Text),
    /// `value.name`
    Attribute(Box<Expr>, Text),
    /// `value[index]`
    Index(Box<Expr>, Box<Expr>),
    /// `callee(positional, name=value)`
    Call(Box<Expr>, Vec<Expr>, Vec<(Text, Expr)>),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{a: b}`: keys and values in turn.
    Dict(Vec<Expr>),
    /// `operator value`: `-`, `+`, `~`, `not`.
    Unary(&'static str, Box<Expr>),
    /// `left operator right`
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `then if condition else otherwise`: condition, then, otherwise.
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
}

/// What is assigned to.
#[derive(Debug)]
pub enum Target {
    /// `name = …`
    Name(Text),
    /// `a, b, = …`
    Names(Vec<Target>),
    /// `object.name = …`
    Attribute(Expr, Text),
    /// `object[index] = …`, as an index expression.
    Index(Expr),
}

/// A statement.
#[derive(Debug)]
pub enum Stmt {
    /// `target = value`
    Assign(Target, Expr),
    /// An expression for what it does.
    Expr(Expr),
    /// `return value`
    Return(Option<Expr>),
    /// `if condition: … else: …`
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// `while condition: …`
    While(Expr, Vec<Stmt>),
    /// `for target in range: …`
    For(Target, Expr, Vec<Stmt>),
    /// `with contexts: …`
    With(Vec<Expr>, Vec<Stmt>),
}

/// A function or method.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Text,
    /// The number of the file that it is in.
    pub file: u32,
    /// The offset of its name.
    pub at: u32,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it does.
    pub body: Vec<Stmt>,
}

/// A parameter of a function.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Text,
    /// Its type.
    pub ty: Option<Expr>,
    /// What it is unless it is given.
    pub default: Option<Expr>,
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: Text,
    /// The number of the file that it is in.
    pub file: u32,
    /// What it is derived from: `Module`, `NamedTuple`, `Enum`, `ModuleInterface`; empty for nothing.
    pub base: Text,
    /// Its attributes.
    pub fields: Vec<Field>,
    /// Its methods.
    pub methods: Vec<Rc<Function>>,
}

/// An attribute of a class.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: Text,
    /// Its value, where the class states one.
    pub value: Option<Expr>,
}

impl Class {
    /// The method called `name`.
    pub fn method(&self, name: &str) -> Option<&Rc<Function>> {
        self.methods.iter().find(|method| &*method.name == name)
    }

    /// The attribute called `name`.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| &*field.name == name)
    }
}
