//! Control flow that depends on values: nodes with bodies.
//!
//! Names that both branches of a choice set are what it gives; names that the body of a loop sets and that were known before are carried
//! from one pass to the next.

use super::draft::{Draft, argument};
use super::lower::Lowering;
use super::operator::Inputs;
use super::python::{Expr, Kind, Stmt, Target};
use super::symbol::{Members, Symbol};
use crate::model::{Argument, Attribute, Category, Literal, NodeId, Text, ValueId};
use foldhash::{HashMap, HashSet};

/// A branch of a choice.
#[derive(Clone, Copy)]
enum Branch<'b> {
    Block(&'b [Stmt]),
    Value(&'b Expr),
}

/// What the value of a choice is called while it is gone through: no name of Python.
const VALUE: &str = "";

impl Lowering<'_> {
    /// `if condition: then else: otherwise`
    pub fn choose(&mut self, condition: &Expr, then: &[Stmt], otherwise: &[Stmt]) {
        let known = self.eval(condition, None);
        match known.truth() {
            Some(true) => self.block(then),
            Some(false) => self.block(otherwise),
            None => self.branch(condition.at, &known, Branch::Block(then), Branch::Block(otherwise)),
        }
    }

    /// `then if condition else otherwise`
    pub fn choose_value(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr) -> Symbol {
        let known = self.eval(condition, None);
        match known.truth() {
            Some(true) => self.eval(then, None),
            Some(false) => self.eval(otherwise, None),
            None => {
                self.branch(condition.at, &known, Branch::Value(then), Branch::Value(otherwise));
                let value = self.frames.last().and_then(|frame| frame.names.get(VALUE).cloned());
                value.unwrap_or(Symbol::Missing)
            }
        }
    }

    fn branch(&mut self, at: u32, condition: &Symbol, then: Branch, otherwise: Branch) {
        self.at.1 = at;
        let mut inputs = Inputs::default();
        self.bind(&mut inputs, "condition", condition);
        let node = self.node("prim", "If", Category::Control, inputs, Vec::new());
        let mut bodies = Vec::new();
        for (name, branch) in [("then", then), ("else", otherwise)] {
            let graph = self.begin_body(node, name);
            let set = self.apart(|lowering| match branch {
                Branch::Block(statements) => lowering.block(statements),
                Branch::Value(value) => {
                    let symbol = lowering.eval(value, None);
                    lowering.assign(&Target::Name(VALUE.into()), symbol);
                }
            });
            bodies.push((name, graph, self.pause(), set));
        }
        let (Some((_, _, mut second, else_set)), Some((_, _, mut first, then_set))) = (bodies.pop(), bodies.pop())
        else {
            return;
        };
        let ids = [&first, &second].map(|draft| draft.as_ref().map(|draft| draft.id));
        let others: HashMap<Text, Symbol> = else_set.into_iter().collect();
        let mut outputs = Vec::new();
        for (name, symbol) in then_set {
            let Some(other) = others.get(&name) else { continue };
            let joined = self.join(&name, &symbol, other, [&mut first, &mut second], &mut outputs);
            self.assign(&Target::Name(name), joined);
        }
        let mut captured = Vec::new();
        for draft in [first, second] {
            captured.extend(draft.as_ref().map(Draft::captures).unwrap_or_default());
            self.resume(draft);
            self.end(true);
        }
        let [then, otherwise] = ids;
        self.finish(node, [("then_branch", then), ("else_branch", otherwise)], captured, outputs);
    }

    /// What a name is after a choice: the same as in both branches, else what the node gives. Goes no deeper than tuples are.
    fn join(
        &mut self,
        name: &Text,
        then: &Symbol,
        otherwise: &Symbol,
        bodies: [&mut Option<Draft>; 2],
        outputs: &mut Vec<Argument>,
    ) -> Symbol {
        if then.is(otherwise) {
            return then.clone();
        }
        let [first, second] = bodies;
        if let (Symbol::Tuple(a), Symbol::Tuple(b)) = (then, otherwise)
            && a.items.len() == b.items.len()
        {
            let pairs = a.items.iter().zip(&b.items);
            let items: Vec<Symbol> =
                pairs.map(|(a, b)| self.join(name, a, b, [&mut *first, &mut *second], outputs)).collect();
            return Members::of(items).map_or(Symbol::Missing, Symbol::Tuple);
        }
        for (symbol, body) in [(then, first), (otherwise, second)] {
            self.resume(body.take());
            let value = self.materialise(symbol);
            if let Some(draft) = self.drafts.last_mut() {
                draft.graph.outputs.push(value);
            }
            *body = self.pause();
        }
        let Some(draft) = self.drafts.last_mut() else { return Symbol::Missing };
        let value = draft.value("");
        outputs.push(argument(chosen(name).unwrap_or("output"), vec![value]));
        Symbol::Value(draft.serial, value)
    }

    /// Does something without a trace in the names; gives those that it set.
    fn apart(&mut self, act: impl FnOnce(&mut Self)) -> Vec<(Text, Symbol)> {
        if let Some(frame) = self.frames.last_mut() {
            frame.names.mark();
        }
        let before = self.frames.last().and_then(|frame| frame.result.clone());
        act(self);
        let Some(frame) = self.frames.last_mut() else { return Vec::new() };
        let returns = frame.result.is_some() && before.is_none();
        frame.result = before;
        let set = frame.names.back();
        if returns {
            self.tell("a function returns within control flow; what it returns there is not shown");
        }
        set
    }

    /// Adds bodies and outputs to `node`, and what the bodies read of the graph around as inputs of their own: so it is seen where that goes.
    fn finish<const N: usize>(
        &mut self,
        node: NodeId,
        bodies: [(&str, Option<crate::model::GraphId>); N],
        captured: Vec<ValueId>,
        outputs: Vec<Argument>,
    ) {
        let Some(node) = self.drafts.last_mut().and_then(|draft| draft.graph.nodes.get_mut(node)) else { return };
        let body = |(name, id): (&str, Option<_>)| Some(Attribute { name: name.into(), value: Literal::Graph(id?) });
        node.attributes.extend(bodies.into_iter().filter_map(body));
        node.outputs = outputs;
        let mut met: HashSet<ValueId> =
            node.inputs.iter().flat_map(|argument| argument.values.iter().copied()).collect();
        let captured: Vec<ValueId> = captured.into_iter().filter(|value| met.insert(*value)).collect();
        if !captured.is_empty() {
            node.inputs.push(argument("captured", captured));
        }
    }

    /// `while condition: body`
    pub fn repeat_while(&mut self, condition: &Expr, body: &[Stmt]) {
        let known = self.eval(condition, None);
        if known.truth() == Some(false) {
            return;
        }
        self.at.1 = condition.at;
        self.repeat("condition", &known, None, Some(condition), body);
    }

    /// `for target in range(count): body`
    pub fn repeat_for(&mut self, target: &Target, range: &Expr, body: &[Stmt]) {
        let count = match &range.kind {
            Kind::Call(callee, arguments, _) if matches!(&callee.kind, Kind::Name(name) if &**name == "range") => {
                arguments.last()
            }
            _ => Some(range),
        };
        let count = count.map_or(Symbol::Missing, |count| self.eval(count, None));
        self.at.1 = range.at;
        self.repeat("max_trip_count", &count, Some(target), None, body);
    }

    /// A loop. `given` is how often it goes round, or whether it begins at all.
    fn repeat(
        &mut self,
        name: &str,
        given: &Symbol,
        counter: Option<&Target>,
        condition: Option<&Expr>,
        body: &[Stmt],
    ) {
        let carried = self.carried(condition, counter, body);
        let mut inputs = Inputs::default();
        self.bind(&mut inputs, name, given);
        for (name, symbol) in &carried {
            self.bind(&mut inputs, chosen(name).unwrap_or("carried"), symbol);
        }
        let node = self.node("prim", "Loop", Category::Control, inputs, Vec::new());
        let graph = self.begin_body(node, "body");
        let mut ends: Vec<ValueId> = Vec::new();
        self.apart(|lowering| {
            if let Some(target) = counter {
                let symbol = lowering.body_input("");
                lowering.assign(target, symbol);
            }
            for (name, _) in &carried {
                let symbol = lowering.body_input(chosen(name).unwrap_or_default());
                lowering.assign(&Target::Name(name.clone()), symbol);
            }
            lowering.block(body);
            if let Some(condition) = condition {
                let again = lowering.eval(condition, None);
                ends.push(lowering.materialise(&again));
            }
            for (name, _) in &carried {
                let symbol = lowering.frames.last().and_then(|frame| frame.names.get(name).cloned());
                ends.push(lowering.materialise(&symbol.unwrap_or(Symbol::Missing)));
            }
        });
        if let Some(draft) = self.drafts.last_mut() {
            draft.graph.outputs = ends;
        }
        let captured = self.drafts.last().map(Draft::captures).unwrap_or_default();
        self.end(false);
        let mut outputs = Vec::new();
        for (name, _) in carried {
            let Some(draft) = self.drafts.last_mut() else { return };
            let value = draft.value("");
            outputs.push(argument(chosen(&name).unwrap_or("carried"), vec![value]));
            let symbol = Symbol::Value(draft.serial, value);
            self.assign(&Target::Name(name), symbol);
        }
        self.finish(node, [("body", Some(graph))], captured, outputs);
    }

    fn body_input(&mut self, name: &str) -> Symbol {
        let Some(draft) = self.drafts.last_mut() else { return Symbol::Missing };
        let value = draft.value(name);
        draft.graph.inputs.push(value);
        Symbol::Value(draft.serial, value)
    }

    /// The names that `body` sets and that are known before, with what they are then. The name that only says whether to go on is not one.
    fn carried(&self, condition: Option<&Expr>, counter: Option<&Target>, body: &[Stmt]) -> Vec<(Text, Symbol)> {
        let mut names = Vec::new();
        set_names(body, &mut names);
        let own = |target: &Target, name: &Text| matches!(target, Target::Name(own) if own == name);
        let goes_on = |name: &Text| condition.is_some_and(|it| matches!(&it.kind, Kind::Name(own) if own == name));
        let mut met = HashSet::default();
        let names = names.into_iter().filter(|name| met.insert(name.clone()) && !goes_on(name));
        let names = names.filter(|name| !counter.is_some_and(|target| own(target, name)));
        let frame = self.frames.last();
        names.filter_map(|name| Some((name.clone(), frame?.names.get(&name)?.clone()))).collect()
    }
}

/// `name`, if somebody chose it: names that nobody chose are numbers.
pub fn chosen(name: &str) -> Option<&str> {
    let numbered = name.strip_prefix('_').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    (!numbered && !name.is_empty()).then_some(name)
}

/// The names that `statements` set, in order. Blocks nest no deeper than the parser lets them.
fn set_names(statements: &[Stmt], names: &mut Vec<Text>) {
    for statement in statements {
        match statement {
            Stmt::Assign(target, _) => target_names(target, names),
            Stmt::If(_, then, otherwise) => {
                set_names(then, names);
                set_names(otherwise, names);
            }
            Stmt::For(target, _, body) => {
                target_names(target, names);
                set_names(body, names);
            }
            Stmt::While(_, body) | Stmt::With(_, body) => set_names(body, names),
            Stmt::Expr(_) | Stmt::Return(_) => {}
        }
    }
}

fn target_names(target: &Target, names: &mut Vec<Text>) {
    match target {
        Target::Name(name) => names.push(name.clone()),
        Target::Names(targets) => targets.iter().for_each(|target| target_names(target, names)),
        Target::Attribute(..) | Target::Index(_) => {}
    }
}
