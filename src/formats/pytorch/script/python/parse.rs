//! Tokens to statements.

use super::token::{Lexeme, Token, tokens};
use super::tree::{Class, Expr, Field, Function, Kind, Parameter, Stmt, Target};
use crate::model::Text;
use std::rc::Rc;

/// How many expressions may be within each other, and how many blocks.
pub const DEPTH: u16 = 100;

/// A file of a program.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The classes.
    pub classes: Vec<Class>,
    /// The functions outside of classes.
    pub functions: Vec<Rc<Function>>,
    /// What was left out: where, and why.
    pub faults: Vec<(u32, String)>,
}

/// Reads `text`, the file number `file`.
pub fn parse(text: &str, file: u32) -> Parsed {
    let mut parser = Parser { text, tokens: tokens(text), at: 0, file, depth: 0, parsed: Parsed::default() };
    while !parser.is_end() {
        let before = parser.at;
        if let Err(fault) = parser.top() {
            parser.recover(fault);
        }
        // Whatever is wrong, something was read.
        parser.at = parser.at.max(before + 1);
    }
    parser.parsed
}

/// Where something is wrong, and what.
pub type Fault = (u32, String);
pub type Result<T> = std::result::Result<T, Fault>;

pub struct Parser<'a> {
    text: &'a str,
    /// The tokens.
    pub tokens: Vec<Token<'a>>,
    /// The number of the next one.
    pub at: usize,
    file: u32,
    /// How many expressions or blocks are around.
    depth: u16,
    parsed: Parsed,
}

impl<'a> Parser<'a> {
    pub fn peek(&self) -> &Lexeme<'a> {
        self.tokens.get(self.at).map_or(&Lexeme::End, |token| &token.kind)
    }

    fn is_end(&self) -> bool {
        *self.peek() == Lexeme::End
    }

    /// The offset of the next token.
    pub fn here(&self) -> u32 {
        self.tokens.get(self.at).map_or(self.text.len() as u32, |token| token.at)
    }

    /// The offset after the token before.
    pub fn behind(&self) -> u32 {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.end)
    }

    /// Takes the next token, if it is `sign`.
    pub fn sign(&mut self, sign: &'static str) -> bool {
        let found = *self.peek() == Lexeme::Sign(sign);
        self.at += usize::from(found);
        found
    }

    /// Takes the next token, if it is the keyword `word`.
    pub fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Lexeme::Name(name) if *name == word);
        self.at += usize::from(found);
        found
    }

    pub fn expect(&mut self, sign: &'static str) -> Result<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.fault(&format!("{sign:?} is missing here"))) }
    }

    pub fn fault(&self, message: &str) -> Fault {
        match self.peek() {
            Lexeme::Odd(odd) => (self.here(), (*odd).into()),
            _ => (self.here(), message.into()),
        }
    }

    pub fn name(&mut self) -> Result<Text> {
        let Lexeme::Name(name) = self.peek() else { return Err(self.fault("a name is missing here")) };
        let name = Text::from(*name);
        self.at += 1;
        Ok(name)
    }

    /// Tells of `fault`, and goes to the next line at this level.
    fn recover(&mut self, fault: Fault) {
        self.parsed.faults.push(fault);
        while !matches!(self.peek(), Lexeme::Newline | Lexeme::End | Lexeme::Dedent) {
            self.at += 1;
        }
        if *self.peek() == Lexeme::Newline {
            self.at += 1;
        }
        if *self.peek() != Lexeme::Indent {
            return;
        }
        let mut level = 0;
        loop {
            match self.peek() {
                Lexeme::Indent => level += 1,
                Lexeme::Dedent => level -= 1,
                Lexeme::End => return,
                _ => {}
            }
            self.at += 1;
            if level == 0 {
                return;
            }
        }
    }

    /// A class, a function, or something between them that says nothing.
    fn top(&mut self) -> Result<()> {
        if self.word("class") {
            let class = self.class()?;
            self.parsed.classes.push(class);
        } else if self.word("def") {
            let function = self.function()?;
            self.parsed.functions.push(Rc::new(function));
        } else if matches!(self.peek(), Lexeme::Newline | Lexeme::Indent | Lexeme::Dedent) {
            self.at += 1;
        } else {
            self.statement(&mut Vec::new())?;
        }
        Ok(())
    }

    fn class(&mut self) -> Result<Class> {
        let name = self.name()?;
        let mut base = Text::from("");
        if self.sign("(") {
            if let Lexeme::Name(name) = self.peek() {
                base = (*name).into();
            }
            while !self.sign(")") {
                if matches!(self.peek(), Lexeme::Newline | Lexeme::End) {
                    return Err(self.fault("\")\" is missing here"));
                }
                self.at += 1;
            }
        }
        self.expect(":")?;
        let mut class = Class { name, file: self.file, base, fields: Vec::new(), methods: Vec::new() };
        self.lines(|parser| parser.member(&mut class))?;
        Ok(class)
    }

    fn member(&mut self, class: &mut Class) -> Result<()> {
        if self.word("def") {
            let method = self.function()?;
            class.methods.push(Rc::new(method));
            return Ok(());
        }
        if self.word("pass") {
            return Ok(());
        }
        let target = self.expr()?;
        let name = match &target.kind {
            Kind::Name(name) => name.clone(),
            // Names that are none in Python: `__annotations__["0"] = type`
            Kind::Index(_, index) => match &index.kind {
                Kind::Text(name) => name.clone(),
                _ => return Err((target.at, "this is no attribute".into())),
            },
            _ => return Err((target.at, "this is no attribute".into())),
        };
        let annotated = self.sign(":");
        if annotated {
            self.expr()?;
        }
        let value = if self.sign("=") { Some(self.expr()?) } else { None };
        let is_type = !annotated && matches!(target.kind, Kind::Index(..));
        class.fields.push(Field { name, value: value.filter(|_| !is_type) });
        Ok(())
    }

    fn function(&mut self) -> Result<Function> {
        let at = self.here();
        let name = self.name()?;
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.sign(")") {
            // What only can be given by name, or is the rest, has a mark before it.
            while self.sign("*") || self.sign("**") || self.sign(",") {}
            if self.sign(")") {
                break;
            }
            let name = self.name()?;
            let ty = if self.sign(":") { Some(self.expr()?) } else { None };
            let default = if self.sign("=") { Some(self.expr()?) } else { None };
            parameters.push(Parameter { name, ty, default });
            if !self.sign(",") {
                self.expect(")")?;
                break;
            }
        }
        if self.sign("->") {
            self.expr()?;
        }
        self.expect(":")?;
        let body = self.block()?;
        Ok(Function { name, file: self.file, at, parameters, body })
    }

    /// The lines of a block, each read by `read`; or what is on the same line.
    fn lines(&mut self, mut read: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if *self.peek() != Lexeme::Newline {
            return read(self);
        }
        self.at += 1;
        if *self.peek() != Lexeme::Indent {
            return Err(self.fault("a block is missing here"));
        }
        self.at += 1;
        loop {
            match self.peek() {
                Lexeme::Dedent => {
                    self.at += 1;
                    return Ok(());
                }
                Lexeme::End => return Ok(()),
                Lexeme::Newline | Lexeme::Sign(";") => self.at += 1,
                _ => {
                    if let Err(fault) = read(self) {
                        self.recover(fault);
                    }
                }
            }
        }
    }

    fn block(&mut self) -> Result<Vec<Stmt>> {
        let mut statements = Vec::new();
        self.nested(|parser| parser.lines(|parser| parser.statement(&mut statements)))?;
        Ok(statements)
    }

    pub fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEPTH {
            return Err(self.fault(&format!("more than {DEPTH} levels are within each other here")));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn statement(&mut self, out: &mut Vec<Stmt>) -> Result<()> {
        let Lexeme::Name(word) = *self.peek() else { return self.simple(out) };
        match word {
            "if" | "elif" => {
                self.at += 1;
                out.push(self.choice()?);
            }
            "while" => {
                self.at += 1;
                let condition = self.expr()?;
                self.expect(":")?;
                out.push(Stmt::While(condition, self.block()?));
            }
            "for" => {
                self.at += 1;
                let target = self.comparand()?;
                let target = self.target(target)?;
                if !self.word("in") {
                    return Err(self.fault("\"in\" is missing here"));
                }
                let range = self.expr()?;
                self.expect(":")?;
                out.push(Stmt::For(target, range, self.block()?));
            }
            "with" => {
                self.at += 1;
                let mut contexts = vec![self.expr()?];
                while self.sign(",") {
                    contexts.push(self.expr()?);
                }
                if self.word("as") {
                    self.name()?;
                }
                self.expect(":")?;
                out.push(Stmt::With(contexts, self.block()?));
            }
            _ => return self.simple(out),
        }
        Ok(())
    }

    /// What follows `if`.
    fn choice(&mut self) -> Result<Stmt> {
        let condition = self.expr()?;
        self.expect(":")?;
        let then = self.block()?;
        let otherwise = if self.word("elif") {
            vec![self.nested(Self::choice)?]
        } else if self.word("else") {
            self.expect(":")?;
            self.block()?
        } else {
            Vec::new()
        };
        Ok(Stmt::If(condition, then, otherwise))
    }

    /// A statement of one line.
    fn simple(&mut self, out: &mut Vec<Stmt>) -> Result<()> {
        if self.word("pass") || self.word("import") || self.word("from") {
            while !matches!(self.peek(), Lexeme::Newline | Lexeme::End | Lexeme::Dedent) {
                self.at += 1;
            }
            return Ok(());
        }
        if self.word("return") {
            let value =
                if matches!(self.peek(), Lexeme::Newline | Lexeme::End) { None } else { Some(self.expressions()?) };
            out.push(Stmt::Return(value));
            return self.end_of_line();
        }
        let value = self.expressions()?;
        if self.sign(":") {
            self.expr()?;
        }
        if self.sign("=") {
            let mut targets = vec![self.target(value)?];
            let mut value = self.expressions()?;
            while self.sign("=") {
                targets.push(self.target(value)?);
                value = self.expressions()?;
            }
            match (targets.pop(), targets.is_empty()) {
                (Some(target), true) => out.push(Stmt::Assign(target, value)),
                _ => return Err((value.at, "several assignments in one are not known here".into())),
            }
        } else {
            out.push(Stmt::Expr(value));
        }
        self.end_of_line()
    }

    fn end_of_line(&mut self) -> Result<()> {
        match self.peek() {
            Lexeme::Newline | Lexeme::End | Lexeme::Dedent | Lexeme::Sign(";") => Ok(()),
            _ => Err(self.fault("the line does not end where it should")),
        }
    }

    fn target(&self, expr: Expr) -> Result<Target> {
        Ok(match expr.kind {
            Kind::Name(name) => Target::Name(name),
            Kind::Attribute(object, name) => Target::Attribute(*object, name),
            Kind::Index(..) => Target::Index(expr),
            Kind::Tuple(items) | Kind::List(items) => {
                Target::Names(items.into_iter().map(|item| self.target(item)).collect::<Result<_>>()?)
            }
            _ => return Err((expr.at, "nothing can be assigned to this".into())),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn shape(expr: &Expr) -> String {
        let list = |items: &[Expr]| items.iter().map(shape).collect::<Vec<_>>().join(" ");
        match &expr.kind {
            Kind::Name(name) => name.to_string(),
            Kind::Int(value) => value.to_string(),
            Kind::Float(value) => format!("{value:?}"),
            Kind::Text(text) => format!("{text:?}"),
            Kind::Attribute(of, name) => format!("(. {} {name})", shape(of)),
            Kind::Index(of, index) => format!("(at {} {})", shape(of), shape(index)),
            Kind::Call(callee, positional, named) => {
                let named: String = named.iter().map(|(name, value)| format!(" {name}={}", shape(value))).collect();
                format!("(call {} [{}]{named})", shape(callee), list(positional))
            }
            Kind::Tuple(items) => format!("(tuple {})", list(items)),
            Kind::List(items) => format!("[{}]", list(items)),
            Kind::Dict(items) => format!("{{{}}}", list(items)),
            Kind::Unary(operator, of) => format!("({operator} {})", shape(of)),
            Kind::Binary(operator, a, b) => format!("({operator} {} {})", shape(a), shape(b)),
            Kind::Choice(condition, then, otherwise) => {
                format!("(if {} {} {})", shape(condition), shape(then), shape(otherwise))
            }
            other => format!("{other:?}"),
        }
    }

    fn of(line: &str) -> String {
        let parsed = parse(&format!("def f(x):\n  return {line}\n"), 0);
        assert_eq!(parsed.faults, Vec::new(), "{line}");
        let [Stmt::Return(Some(value))] = &*parsed.functions[0].body else { return "no expression".into() };
        shape(value)
    }

    #[test]
    fn expressions_are_read_as_python_reads_them() {
        assert_eq!(of("1 + 2 * -3 ** 2"), "(+ 1 (* 2 (- (** 3 2))))");
        assert_eq!(of("a or not b and c is not None"), "(or a (and (not b) (is not c None)))");
        assert_eq!(of("x if a else y if b else z"), "(if a x (if b y z))");
        assert_eq!(of("(_0).forward(x, 1, mode=\"a\\\"b\\n\", )"), "(call (. _0 forward) [x 1] mode=\"a\\\"b\\n\")");
        assert_eq!(of("torch.slice(x)[0].size[1, 2]"), "(at (. (at (call (. torch slice) [x]) 0) size) (tuple 1 2))");
        assert_eq!(of("[1, 2., 1e-05, -0.5, (), (a,), {\"k\": v}]"), "[1 2.0 1e-5 -0.5 (tuple ) (tuple a) {\"k\" v}]");
        assert_eq!(of("-9223372036854775808"), i64::MIN.to_string());
        assert_eq!(of("\"\\303\\244\" \"b\""), "\"äb\"");
    }

    #[test]
    fn what_is_wrong_is_told_and_the_rest_is_read() {
        let text = "class A(Module):\n  x : int\n  def f(self):\n    a = (1\n    b = ]\n    return a\n  def g(self):\n    return 2\ndef h():\n  if $:\n    pass\n  return 3\n";
        let parsed = parse(text, 0);
        let names: Vec<&str> = parsed.classes[0].methods.iter().map(|method| &*method.name).collect();
        assert_eq!(names, ["f", "g"]);
        assert_eq!(&*parsed.functions[0].name, "h");
        assert!(matches!(&*parsed.functions[0].body, [Stmt::Return(Some(_))]));
        assert!(
            parsed
                .faults
                .iter()
                .any(|(at, fault)| text[*at as usize..].starts_with('$') && fault.contains("character"))
        );
    }

    #[test]
    fn what_is_too_deep_is_left_out() {
        let deep = [
            "(".repeat(5000),
            "-".repeat(5000),
            "a[".repeat(5000),
            "not ".repeat(5000),
            format!("a{}", ".b".repeat(5000)),
        ];
        for deep in deep {
            let parsed = parse(&format!("def f():\n  x = {deep}\n"), 0);
            assert!(parsed.faults.iter().any(|(_, fault)| fault.contains("within each other")), "{:?}", parsed.faults);
        }
        let blocks: String = (0..500).map(|level| format!("{}if a:\n", " ".repeat(level + 1))).collect();
        assert!(!parse(&format!("def f():\n{blocks}"), 0).faults.is_empty());
    }
}
