//! A pickled `torch.nn.Module` becomes a graph.
//!
//! The pickle has every module with its class, settings, parameters and buffers, but not the code that calls them. What is known of the
//! order is this: `Sequential` calls its modules one after the other. In modules of other classes, edges follow the order of definition, which most
//! often is that of the calls; those are marked as inferred.

use super::container::Checkpoint;
use super::objects::{self, Pair, get};
use super::tensor::{Tensors, is_tensor};
use super::text::Words;
use crate::analysis::layers;
use crate::codec::pickle::{Object, ObjectId, Pickle};
use crate::model::{Argument, Attribute, Entry, Graph, Literal, Node, NodeId, Scope, ScopeId, Strings, Value, ValueId};
use crate::report::{Report, Severity};
use foldhash::{HashMap, HashSet};

/// How deep modules nest.
const DEPTH: usize = 64;
/// The most settings of a module, and the longest list of one.
const SETTINGS: usize = 64;
/// The class that is known to call its modules in order.
const SEQUENTIAL: &str = "torch.nn.modules.container.Sequential";
/// Modules of these names are called beside those before them, not after.
const BESIDE: &[&str] = &[
    "k_proj",
    "v_proj",
    "key",
    "value",
    "to_k",
    "to_v",
    "wk",
    "wv",
    "up_proj",
    "downsample",
    "shortcut",
    "skip",
    "identity",
];

/// Whether `id` is a module.
pub fn is_module(pickle: &Pickle, id: ObjectId) -> bool {
    objects::attributes(pickle, id).is_some_and(|attributes| {
        get(pickle, &attributes, "_modules").is_some() && get(pickle, &attributes, "_parameters").is_some()
    })
}

/// Lowers the module `id`.
pub fn lower<'a>(
    checkpoint: &'a Checkpoint,
    tensors: &mut Tensors<'a>,
    name: &str,
    id: ObjectId,
    report: &mut Report,
) -> Graph {
    let mut lowering = Lowering {
        checkpoint,
        tensors,
        report,
        graph: Graph { name: name.into(), ..Graph::default() },
        strings: Strings::default(),
        seen: HashSet::default(),
        ends: HashMap::default(),
        outputs: HashMap::default(),
        left: checkpoint.pickle.objects.len().saturating_mul(2),
    };
    let class = class(&checkpoint.pickle, id);
    lowering.walk(id);
    let Lowering { mut graph, .. } = lowering;
    graph.metadata.insert(0, Entry { name: "class".into(), value: class.as_str().into() });
    graph
}

/// The path of the class of `id`.
fn class(pickle: &Pickle, id: ObjectId) -> String {
    objects::made_by(pickle, id).map(|(path, _)| path).unwrap_or_default()
}

/// A module with its place in the hierarchy.
#[derive(Clone)]
struct Place {
    id: ObjectId,
    /// Its number: every visit has one.
    visit: usize,
    path: String,
    scope: Option<ScopeId>,
    depth: usize,
}

/// What is still to be done.
enum Step {
    Enter(Place),
    /// All modules in it are done.
    Leave {
        visit: usize,
        class: String,
        children: Vec<(String, usize)>,
        node: Option<NodeId>,
    },
}

/// The nodes at which data comes into a module and leaves it, and whether that is certain.
#[derive(Clone, Copy)]
struct Ends {
    first: NodeId,
    last: NodeId,
    certain: bool,
}

struct Lowering<'a, 'b> {
    checkpoint: &'a Checkpoint,
    tensors: &'b mut Tensors<'a>,
    report: &'b mut Report,
    graph: Graph,
    strings: Strings,
    /// The modules that were met.
    seen: HashSet<ObjectId>,
    /// The ends of the modules that are done, by their visits.
    ends: HashMap<usize, Ends>,
    /// What nodes give out.
    outputs: HashMap<NodeId, ValueId>,
    /// How many more attributes and tensors may be looked at: modules that are in many places would have them there again.
    left: usize,
}

impl Lowering<'_, '_> {
    fn walk(&mut self, root: ObjectId) {
        let mut visits = 1;
        let mut stack = vec![Step::Enter(Place { id: root, visit: 0, path: String::new(), scope: None, depth: 0 })];
        while let Some(step) = stack.pop() {
            match step {
                Step::Enter(place) => self.enter(&place, &mut visits, &mut stack),
                Step::Leave { visit, class, children, node } => self.leave(visit, &class, &children, node),
            }
        }
    }

    fn enter(&mut self, place: &Place, visits: &mut usize, stack: &mut Vec<Step>) {
        let pickle = &self.checkpoint.pickle;
        let attributes = objects::attributes(pickle, place.id).unwrap_or_default();
        self.left = self.left.saturating_sub(attributes.len() + 1);
        if self.left == 0 {
            return;
        }
        let class = class(pickle, place.id);
        let members = |name: &str| -> Vec<Pair> {
            let members = get(pickle, &attributes, name);
            members.and_then(|members| objects::entries(pickle, members)).unwrap_or_default().into_owned()
        };
        let is_new = self.seen.insert(place.id);
        let modules: Vec<Pair> =
            members("_modules").into_iter().filter(|(_, module)| is_module(pickle, *module)).collect();
        let within = is_new && place.depth < DEPTH;
        if !is_new && !modules.is_empty() {
            let message =
                format!("module {:?} is in several places; what is in it is shown at the first one", place.path);
            self.report.add(Severity::Note, message);
        }
        let modules = if within { modules } else { Vec::new() };
        let held = [members("_parameters"), members("_buffers")].concat();
        self.left = self.left.saturating_sub(held.len() + modules.len());
        let held: Vec<Pair> = held.into_iter().filter(|(_, tensor)| is_tensor(self.checkpoint, *tensor)).collect();
        let plain = modules.is_empty();
        let node = (plain || !held.is_empty()).then(|| self.node(place, &class, &held, &attributes));
        let mut children = Vec::new();
        let mut steps = Vec::new();
        for (key, module) in &modules {
            let name = objects::key(pickle, *key).unwrap_or_default();
            let text = self.strings.intern(&name);
            let scope = self.graph.scopes.push(Scope { name: text, parent: place.scope, ..Scope::default() });
            let path = if place.path.is_empty() { name.clone() } else { format!("{}.{name}", place.path) };
            steps.push(Step::Enter(Place {
                id: *module,
                visit: *visits,
                path,
                scope: Some(scope),
                depth: place.depth + 1,
            }));
            children.push((name, *visits));
            *visits += 1;
        }
        if !plain {
            self.describe(place, &class, &attributes);
        }
        stack.push(Step::Leave { visit: place.visit, class, children, node });
        stack.extend(steps.into_iter().rev());
    }

    /// Adds the node of a module.
    fn node(&mut self, place: &Place, class: &str, held: &[Pair], attributes: &[Pair]) -> NodeId {
        let mut inputs = Vec::new();
        for (key, id) in held {
            let own = objects::key(&self.checkpoint.pickle, *key).unwrap_or_default();
            let name = if place.path.is_empty() { own.clone() } else { format!("{}.{own}", place.path) };
            let Some(made) = self.tensors.make(*id, &name, self.report) else { continue };
            let first = self.tensors.all.get(made.tensor).map(|tensor| tensor.name.clone()).unwrap_or_default();
            let tied = (*first != *name).then(|| Entry { name: "tied to".into(), value: first });
            let metadata = tied.into_iter().collect();
            let value = Value { name: name.as_str().into(), tensor: Some(made.tensor), metadata, ..Value::default() };
            let value = self.graph.values.push(value);
            inputs.push(Argument { name: self.strings.intern(&own), values: vec![value] });
            for (what, id) in made.beside {
                if let Some(beside) = self.tensors.make(id, &format!("{name}/{what}"), self.report) {
                    let value = Value {
                        name: format!("{name}/{what}").as_str().into(),
                        tensor: Some(beside.tensor),
                        ..Value::default()
                    };
                    let value = self.graph.values.push(value);
                    inputs.push(Argument { name: format!("{own}/{what}").as_str().into(), values: vec![value] });
                }
            }
        }
        let (domain, operator) = class.rsplit_once('.').unwrap_or(("", class));
        let domain = if domain.starts_with("torch.nn.") { "" } else { domain };
        let node = Node {
            name: place.path.as_str().into(),
            operator: self.strings.intern(operator),
            domain: self.strings.intern(domain),
            category: layers::category(operator),
            scope: place.scope,
            inputs,
            attributes: self.settings(attributes),
            ..Node::default()
        };
        self.graph.nodes.push(node)
    }

    /// The settings among the attributes of a module: what is not private, and neither a module nor a hook.
    fn settings(&mut self, attributes: &[Pair]) -> Vec<Attribute> {
        let pickle = &self.checkpoint.pickle;
        let named = attributes.iter().filter_map(|(key, value)| Some((pickle.text(*key)?.clone(), *value)));
        let public = named.filter(|(name, _)| !name.starts_with('_') && &**name != "training");
        let settings = public.filter_map(|(name, value)| Some(Attribute { name, value: self.literal(value)? }));
        settings.take(SETTINGS).collect()
    }

    fn literal(&self, id: ObjectId) -> Option<Literal> {
        let pickle = &self.checkpoint.pickle;
        Some(match pickle.object(id) {
            Object::None => return None,
            Object::Bool(value) => Literal::Bool(*value),
            Object::Int(value) => Literal::Int(*value),
            Object::Float(value) => Literal::Double(*value),
            Object::Text(text) => Literal::String(text.clone()),
            _ if is_module(pickle, id) => return None,
            _ => match objects::items(pickle, id) {
                Some(items) if items.len() <= SETTINGS && items.iter().all(|item| is_number(pickle.object(*item))) => {
                    Literal::List(items.iter().filter_map(|item| self.number(*item)).collect())
                }
                _ => Literal::String(self.words().line(id).as_str().into()),
            },
        })
    }

    fn number(&self, id: ObjectId) -> Option<Literal> {
        Some(match self.checkpoint.pickle.object(id) {
            Object::Bool(value) => Literal::Bool(*value),
            Object::Int(value) => Literal::Int(*value),
            Object::Float(value) => Literal::Double(*value),
            _ => return None,
        })
    }

    fn words(&self) -> Words<'_> {
        Words { checkpoint: self.checkpoint, files: self.tensors.files(), limits: self.tensors.limits() }
    }

    /// Notes the class of a module that holds others, and its settings.
    fn describe(&mut self, place: &Place, class: &str, attributes: &[Pair]) {
        let settings = self.described(attributes);
        match place.scope.and_then(|scope| self.graph.scopes.get_mut(scope)) {
            Some(scope) => {
                scope.class = self.strings.intern(class);
                scope.metadata = settings.into_iter().filter(|entry| &*entry.name != "training").collect();
            }
            None => self.graph.metadata.extend(settings),
        }
    }

    /// The settings among the attributes of a module, in words.
    fn described(&self, attributes: &[Pair]) -> Vec<Entry> {
        let pickle = &self.checkpoint.pickle;
        let public = attributes.iter().filter_map(|(key, value)| Some((pickle.text(*key)?.clone(), *value)));
        let public = public.filter(|(name, _)| !name.starts_with('_')).take(SETTINGS);
        public.map(|(name, value)| Entry { name, value: self.words().line(value).as_str().into() }).collect()
    }

    /// Connects the modules inside of one, if they follow each other, and notes its ends.
    fn leave(&mut self, visit: usize, class: &str, children: &[(String, usize)], node: Option<NodeId>) {
        let sequence = class == SEQUENTIAL;
        let inside = children.iter().filter_map(|(name, visit)| Some((name, self.ends.remove(visit)?)));
        let inside: Vec<Ends> =
            inside.filter(|(name, _)| sequence || !BESIDE.contains(&name.as_str())).map(|(_, ends)| ends).collect();
        for pair in inside.windows(2) {
            if let [before, after] = pair {
                self.connect(before.last, after.first, !sequence || !before.certain || !after.certain);
            }
        }
        let own = node.map(|node| Ends { first: node, last: node, certain: true });
        let ends = match (inside.first(), inside.last()) {
            (Some(first), Some(last)) => {
                let certain = sequence && node.is_none() && inside.iter().all(|ends| ends.certain);
                Some(Ends { first: first.first, last: last.last, certain })
            }
            _ => own,
        };
        self.ends.extend(ends.map(|ends| (visit, ends)));
    }

    fn connect(&mut self, from: NodeId, to: NodeId, inferred: bool) {
        if from == to {
            return;
        }
        let value = match self.outputs.get(&from) {
            Some(value) => *value,
            None => {
                let value = self.graph.values.push(Value { inferred, ..Value::default() });
                if let Some(node) = self.graph.nodes.get_mut(from) {
                    node.outputs.push(Argument { name: self.strings.intern("output"), values: vec![value] });
                }
                self.outputs.insert(from, value);
                value
            }
        };
        if let Some(node) = self.graph.nodes.get_mut(to) {
            node.inputs.insert(0, Argument { name: self.strings.intern("input"), values: vec![value] });
        }
    }
}

fn is_number(object: &Object) -> bool {
    matches!(object, Object::Bool(_) | Object::Int(_) | Object::Float(_))
}
