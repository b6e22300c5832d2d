//! Calls: of operators, of functions and of methods, which are put in their place.

use super::draft::Names;
use super::lower::{DEPTH, Lowering, Purpose, plain};
use super::python::{Expr, Function, Kind};
use super::symbol::{Instance, Object, Symbol};
use crate::codec::pickle::ObjectId;
use crate::model::{Literal, Text};
use std::cell::RefCell;
use std::rc::Rc;

/// How far from the limit of nesting calls stay nodes: what is called has blocks and expressions, too.
const RESERVE: usize = 24;

/// Arguments by name.
pub type Named = Vec<(Text, Symbol)>;

/// What is called.
enum Callee {
    Path(Text),
    Method(Symbol, Text),
}

impl Lowering<'_> {
    /// A call at `at`, of whose result `wanted` members are to be taken.
    pub fn call(
        &mut self,
        at: u32,
        callee: &Expr,
        positional: &[Expr],
        named: &[(Text, Expr)],
        wanted: Option<usize>,
    ) -> Symbol {
        let callee = self.callee(callee);
        if let Callee::Path(path) = &callee
            && let Some(symbol) = self.special(path, at, positional, wanted)
        {
            return symbol;
        }
        let positional: Vec<Symbol> = positional.iter().map(|argument| self.eval(argument, None)).collect();
        let named: Named = named.iter().map(|(name, value)| (name.clone(), self.eval(value, None))).collect();
        self.at.1 = at;
        match callee {
            Callee::Path(path) => self.call_path(&path, positional, named, wanted),
            Callee::Method(receiver, name) => self.call_method(receiver, &name, positional, named, wanted),
        }
    }

    fn callee(&mut self, callee: &Expr) -> Callee {
        if let Kind::Attribute(of, name) = &callee.kind {
            return match self.base(of) {
                Symbol::Name(path) => Callee::Path(format!("{path}.{name}").as_str().into()),
                receiver => Callee::Method(receiver, name.clone()),
            };
        }
        match self.base(callee) {
            Symbol::Name(path) => Callee::Path(path),
            Symbol::Method(method) => Callee::Method(method.0.clone(), method.1.clone()),
            other => Callee::Method(other, "__call__".into()),
        }
    }

    /// What looks like a call but is a form of its own: some of its arguments are types.
    fn special(&mut self, path: &str, at: u32, positional: &[Expr], wanted: Option<usize>) -> Option<Symbol> {
        match (path, positional) {
            ("annotate" | "unchecked_cast", [_, value]) => Some(self.eval(value, wanted)),
            ("uninitialized", _) => Some(Symbol::Missing),
            ("getattr", [of, Expr { kind: Kind::Text(name), .. }]) => {
                let of = self.eval(of, None);
                self.at.1 = at;
                Some(self.attribute(&of, name))
            }
            ("isinstance", [value, class]) => {
                let value = self.eval(value, None);
                let class = self.program.library.text(self.at.0, class.at, class.end);
                self.at.1 = at;
                let named = vec![("type".into(), Symbol::text(&class))];
                Some(self.operator("prim", "isinstance", vec![value], named, None))
            }
            ("torch.device", [device]) => Some(self.eval(device, None)),
            _ => None,
        }
    }

    fn call_path(&mut self, path: &str, positional: Vec<Symbol>, named: Named, wanted: Option<usize>) -> Symbol {
        if let Some(rest) = path.strip_prefix("torch.") {
            let rest = rest.strip_prefix("ops.").unwrap_or(rest);
            let (namespace, name) = rest.rsplit_once('.').unwrap_or(("aten", rest));
            return self.operator(namespace, name, positional, named, wanted);
        }
        if let Some(rest) = path.strip_prefix("ops.") {
            let (namespace, name) = rest.rsplit_once('.').unwrap_or(("", rest));
            return self.operator(namespace, name, positional, named, wanted);
        }
        if path.starts_with("__torch__") {
            return self.call_code(path, positional, named, wanted);
        }
        let (namespace, name) = match path {
            "bool" => ("aten", "Bool"),
            "int" => ("aten", "Int"),
            "float" => ("aten", "Float"),
            "complex" => ("aten", "Complex"),
            "str" | "len" | "ord" | "chr" | "sorted" | "list" | "dict" | "abs" | "min" | "max" | "sum" => {
                ("aten", path)
            }
            "print" => ("prim", "Print"),
            "fork" => ("prim", "fork"),
            _ => path.rsplit_once('.').unwrap_or(("prim", path)),
        };
        self.operator(namespace, name, positional, named, wanted)
    }

    /// A call of what the code defines.
    fn call_code(&mut self, path: &str, positional: Vec<Symbol>, named: Named, wanted: Option<usize>) -> Symbol {
        if let Some(function) = self.program.library.function(path).cloned() {
            let module = self.frames.last().map(|frame| frame.module.clone()).unwrap_or_default();
            return match self.inline(&function, None, module, positional, named) {
                Ok(result) => result,
                Err((positional, named)) => self.left("CallFunction", path, positional, named, wanted),
            };
        }
        if let Some(class) = path.strip_suffix(".__new__") {
            let serial = self.drafts.last().map_or(0, |draft| draft.serial);
            return Symbol::Instance(Rc::new(Instance { class: class.into(), serial, fields: RefCell::default() }));
        }
        match self.program.library.class(path).map(|class| class.base.clone()).as_deref() {
            Some("NamedTuple") => {
                let items = positional.into_iter().chain(named.into_iter().map(|(_, symbol)| symbol)).collect();
                self.tuple(items)
            }
            _ => self.left("CallFunction", path, positional, named, wanted),
        }
    }

    /// A call of the method `name` of `receiver`.
    pub fn call_method(
        &mut self,
        receiver: Symbol,
        name: &Text,
        mut positional: Vec<Symbol>,
        named: Named,
        wanted: Option<usize>,
    ) -> Symbol {
        let found = match &receiver {
            Symbol::Object(object) => {
                self.class_of(object).and_then(|class| class.method(name).cloned()).map(|method| {
                    let object: &Object = object;
                    (method, Some((object.constant, object.id)), object.path.clone())
                })
            }
            Symbol::Instance(instance) => {
                let class = self.program.library.class(&instance.class).cloned();
                let module = self.frames.last().map(|frame| frame.module.clone()).unwrap_or_default();
                class.and_then(|class| class.method(name).cloned()).map(|method| (method, None, module))
            }
            _ => None,
        };
        positional.insert(0, receiver);
        let Some((method, object, module)) = found else {
            return self.left("CallMethod", name, positional, named, wanted);
        };
        if object == Some((false, self.program.data.pickle.root.unwrap_or_default())) {
            self.inlined.insert(name.clone());
            if let Some(purpose) = self.purposes.get(name).copied() {
                return self.call_purpose(purpose, &method, positional, named, wanted);
            }
        }
        match self.inline(&method, object, module, positional, named) {
            Ok(result) => result,
            Err((positional, named)) => self.left("CallMethod", name, positional, named, wanted),
        }
    }

    /// A call of a method that is a graph of its own: a node that leads there, instead of the same graph again.
    fn call_purpose(
        &mut self,
        purpose: Purpose,
        method: &Function,
        positional: Vec<Symbol>,
        named: Named,
        wanted: Option<usize>,
    ) -> Symbol {
        let names = method.parameters.iter().map(|parameter| parameter.name.clone());
        let mut arguments: Named = names.zip(positional).skip(1).collect();
        arguments.extend(named);
        let result = self.left("CallMethod", &method.name, Vec::new(), arguments, wanted.or(purpose.members));
        if let Some((_, node)) = self.drafts.last_mut().and_then(|draft| draft.graph.nodes.iter_mut().last()) {
            node.definition = Some(purpose.graph);
        }
        result
    }

    /// Puts `function` in its place; gives the arguments back where it is not to be.
    fn inline(
        &mut self,
        function: &Rc<Function>,
        object: Option<(bool, ObjectId)>,
        module: Text,
        positional: Vec<Symbol>,
        named: Named,
    ) -> Result<Symbol, (Vec<Symbol>, Named)> {
        let recursive = self.frames.iter().any(|frame| Rc::ptr_eq(&frame.function, function) && frame.object == object);
        let why = if recursive {
            "calls itself"
        } else if self.depth + RESERVE >= DEPTH {
            "is called too deep"
        } else if self.nodes > self.most_nodes {
            "is called where there are very many nodes already"
        } else {
            ""
        };
        if !why.is_empty() || !self.step(positional.len()) {
            self.tell(&format!("{:?} {why}; its call is shown as a node", function.name));
            return Err((positional, named));
        }
        self.depth += 1;
        let mut names = Names::default();
        let mut given = positional.into_iter();
        for parameter in &function.parameters {
            let by_name = || named.iter().find(|(name, _)| *name == parameter.name).map(|(_, symbol)| symbol.clone());
            let symbol = match (given.next().or_else(by_name), &parameter.default) {
                (Some(symbol), _) => symbol,
                (None, Some(default)) => {
                    let at = std::mem::replace(&mut self.at, (function.file, default.at));
                    let symbol = self.eval(default, None);
                    self.at = at;
                    symbol
                }
                (None, None) => Symbol::Missing,
            };
            names.set(&parameter.name, symbol);
        }
        let at = std::mem::replace(&mut self.at, (function.file, function.at));
        let result = self.run(function.clone(), names, object, module);
        self.at = at;
        self.depth -= 1;
        Ok(result)
    }

    /// A call that stays a node.
    fn left(
        &mut self,
        operator: &str,
        name: &str,
        positional: Vec<Symbol>,
        mut named: Named,
        wanted: Option<usize>,
    ) -> Symbol {
        let mut positional = positional;
        // A module is named; what is no module may have weights.
        if let Some(Symbol::Object(object)) = positional.first().cloned()
            && self.class_of(&object).is_some()
        {
            positional.remove(0);
            if !object.path.is_empty() {
                named.push(("self".into(), Symbol::text(&object.path)));
            }
        }
        named.push(("name".into(), Symbol::Literal(Literal::String(plain(name).as_str().into()))));
        self.operator("prim", operator, positional, named, wanted)
    }
}
