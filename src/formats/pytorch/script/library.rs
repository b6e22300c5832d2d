//! The code of a program: its files, and what is defined in them.

use super::python::{self, Class, Function, Parsed, Stmt, Target};
use crate::model::Text;
use crate::report::{Diagnostic, Report, Severity};
use foldhash::{HashMap, HashSet};
use std::rc::Rc;

/// What all files of a program define.
#[derive(Default)]
pub struct Library {
    files: Vec<File>,
    classes: HashMap<Text, Rc<Class>>,
    functions: HashMap<Text, Rc<Function>>,
    /// The attributes that some method sets: what the file says of them is only where they begin.
    changed: HashSet<Text>,
}

struct File {
    path: Text,
    /// Where the archive has what tells where the code comes from.
    debug: Text,
    text: Rc<str>,
    /// Where its lines begin.
    lines: Vec<u32>,
}

impl Library {
    /// Adds the file at `path` within the archive, whose definitions are in the module `module`. What cannot be read goes to `report`.
    pub fn add(&mut self, path: &str, module: &str, text: &str, report: &mut Report) {
        let parsed = self.parse(path, &format!("{path}.debug_pkl"), text, report);
        for function in parsed.functions {
            note_changes(&function.body, &mut self.changed);
            self.functions.insert(format!("{module}.{}", function.name).as_str().into(), function);
        }
        for class in parsed.classes {
            self.define(&format!("{module}.{}", class.name), class);
        }
    }

    /// Adds the file at `path`, whose functions are the methods of a class.
    pub fn add_methods(&mut self, path: &str, debug: &str, class: &str, text: &str, report: &mut Report) {
        let file = self.files.len() as u32;
        let parsed = self.parse(path, debug, text, report);
        let (name, base, fields) = ("".into(), "Module".into(), Vec::new());
        self.define(class, Class { name, file, base, fields, methods: parsed.functions });
    }

    fn parse(&mut self, path: &str, debug: &str, text: &str, report: &mut Report) -> Parsed {
        let number = self.files.len() as u32;
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect();
        self.files.push(File { path: path.into(), debug: debug.into(), text: text.into(), lines });
        let mut parsed = python::parse(text, number);
        for (at, fault) in std::mem::take(&mut parsed.faults) {
            let message = format!("{}: {fault}; the statement is left out", self.place(number, at));
            report.push(Diagnostic { severity: Severity::Error, message, at: None, graph: None, node: None });
        }
        parsed
    }

    /// Adds a class.
    pub fn define(&mut self, path: &str, class: Class) {
        // What happens before a module is used changes nothing afterwards.
        let used = |method: &&Rc<Function>| !matches!(&*method.name, "__init__" | "__setstate__");
        for method in class.methods.iter().filter(used) {
            note_changes(&method.body, &mut self.changed);
        }
        self.classes.insert(path.into(), Rc::new(class));
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The class at `path`.
    pub fn class(&self, path: &str) -> Option<&Rc<Class>> {
        self.classes.get(path)
    }

    /// The function at `path`.
    pub fn function(&self, path: &str) -> Option<&Rc<Function>> {
        self.functions.get(path)
    }

    /// Whether some method sets the attribute `name` of some object.
    pub fn changes(&self, name: &str) -> bool {
        self.changed.contains(name)
    }

    /// A place in the code, as people write it: `code/__torch__.py:12`.
    pub fn place(&self, file: u32, at: u32) -> String {
        let Some(file) = self.files.get(file as usize) else { return String::new() };
        format!("{}:{}", file.path, file.lines.partition_point(|start| *start <= at))
    }

    /// The path of what tells where the code of file number `file` comes from.
    pub fn debug(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |file| &file.debug)
    }

    /// A piece of the code, in one line.
    pub fn text(&self, file: u32, from: u32, to: u32) -> String {
        let text = self.files.get(file as usize).and_then(|file| file.text.get(from as usize..to as usize));
        text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Notes the attributes that `statements` set. Blocks nest no deeper than the parser lets them.
fn note_changes(statements: &[Stmt], changed: &mut HashSet<Text>) {
    for statement in statements {
        match statement {
            Stmt::Assign(target, _) => note_target(target, changed),
            Stmt::If(_, then, otherwise) => {
                note_changes(then, changed);
                note_changes(otherwise, changed);
            }
            Stmt::While(_, body) | Stmt::For(_, _, body) | Stmt::With(_, body) => note_changes(body, changed),
            Stmt::Expr(_) | Stmt::Return(_) => {}
        }
    }
}

fn note_target(target: &Target, changed: &mut HashSet<Text>) {
    match target {
        Target::Attribute(_, name) => drop(changed.insert(name.clone())),
        Target::Names(targets) => targets.iter().for_each(|target| note_target(target, changed)),
        Target::Name(_) | Target::Index(_) => {}
    }
}
