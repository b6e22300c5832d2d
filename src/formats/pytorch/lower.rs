//! Finds the parts of a checkpoint, and lowers each.
//!
//! What people save is a state dict, a whole module, or a dictionary with one or several of these beside the state of the training. The
//! parts are told by their shape: a dictionary of tensors whose keys are paths is a state dict, one with `state` and `param_groups` is an
//! optimiser, an object with `_modules` is a module. All that holds no weights goes into the metadata.

use super::super::Open;
use super::container::Checkpoint;
use super::objects::{self, Pair};
use super::table::Table;
use super::tensor::{Tensors, is_scalar, is_tensor};
use super::text::Words;
use super::{module, state};
use crate::codec::pickle::{Object, ObjectId};
use crate::model::{Entry, Graph, Model};
use crate::report::{Error, Result, Severity};
use crate::sort;
use foldhash::{HashMap, HashSet};
use std::cell::{Cell, RefCell};

/// How many objects are looked at to see whether there are tensors among them.
const LOOKED_AT: usize = 8 << 20;
/// With more parts than these, state dicts are shown as one.
const PARTS: usize = 32;
/// What the weights are called, the most important first.
const WEIGHTS: &[&str] = &[
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "module",
    "net",
    "network",
    "weights",
    "params",
    "generator",
    "discriminator",
    "teacher",
    "student",
];
/// What further copies of the weights are called: they come last.
const COPIES: &[&str] = &["ema", "ema_state_dict", "model_ema", "params_ema", "target"];
/// What never is the weights, even with tensors in it.
const OTHER: &[&str] = &[
    "callbacks",
    "loops",
    "lr_schedulers",
    "lr_scheduler",
    "scheduler",
    "schedulers",
    "hyper_parameters",
    "hparams",
    "args",
    "config",
    "cfg",
    "rng_state",
    "rng_states",
    "random_state",
    "scaler",
    "grad_scaler",
    "native_amp_scaling_state",
    "meta",
];

/// A part of a checkpoint.
enum Part {
    /// Dictionaries of tensors, perhaps nested, and tensors, each with what its names begin with.
    Weights(Vec<(String, ObjectId)>),
    /// A `torch.nn.Module`.
    Module(ObjectId),
}

/// Lowers `checkpoint`.
///
/// # Errors
/// When the pickle makes nothing.
pub fn lower(checkpoint: Checkpoint, open: &mut Open) -> Result<Model> {
    let root = match (checkpoint.pickle.root, &checkpoint.pickle.fault) {
        (Some(root), _) => root,
        (None, Some(fault)) => return Err(fault.clone()),
        (None, None) => return Err(Error::malformed("the pickle makes nothing")),
    };
    let words = Words { checkpoint: &checkpoint, files: open.files, limits: open.limits };
    let mut lowering = Lowering {
        checkpoint: &checkpoint,
        tensors: Tensors::new(&checkpoint, open.files, open.limits),
        table: Table::new(words),
        parts: Vec::new(),
        known: RefCell::default(),
        looked_at: Cell::default(),
        optimisers: RefCell::default(),
    };
    lowering.sort(root);
    let parts = std::mem::take(&mut lowering.parts);
    let mut left = checkpoint.pickle.objects.len();
    let mut model = Model { format: checkpoint.format.clone(), ..Model::default() };
    for (name, part) in parts {
        let mut graph: Graph = match part {
            Part::Weights(roots) => {
                let found = state::find(&checkpoint, roots, &mut left, &|id| lowering.holds_tensors(id));
                for (setting, id) in &found.others {
                    let path = if name.is_empty() { setting.clone() } else { format!("{name}.{setting}") };
                    lowering.table.add(&path, *id);
                }
                state::lower(&found.tensors, &mut lowering.tensors, &name, &mut open.report)
            }
            Part::Module(id) => module::lower(&checkpoint, &mut lowering.tensors, &name, id, &mut open.report),
        };
        for Entry { name: key, value } in std::mem::take(&mut graph.metadata) {
            let path = if name.is_empty() { key.to_string() } else { format!("{name}.{key}") };
            lowering.table.row(&path, value.to_string());
        }
        model.graphs.push(graph);
    }
    let Lowering { tensors, table, .. } = lowering;
    model.tensors = tensors.finish();
    for graph in model.graphs.iter_mut().map(|(_, graph)| graph) {
        crate::analysis::layers::infer(graph, &model.tensors);
    }
    let entry = |(name, value): &(&str, String)| Entry { name: (*name).into(), value: value.as_str().into() };
    model.properties = checkpoint.properties.iter().map(entry).collect();
    if checkpoint.pickle.protocol > 0 && !checkpoint.format.starts_with("Pickle") {
        model.properties.push(entry(&("pickle protocol", checkpoint.pickle.protocol.to_string())));
    }
    model.metadata = table.finish();
    if model.graphs.is_empty() {
        model.graphs.push(Graph { wiring: crate::model::Wiring::Modules, ..Graph::default() });
        if checkpoint.pickle.fault.is_none() {
            open.report.add(Severity::Note, "the file has no tensors");
        }
    }
    Ok(model)
}

struct Lowering<'a> {
    checkpoint: &'a Checkpoint,
    tensors: Tensors<'a>,
    table: Table<'a>,
    parts: Vec<(String, Part)>,
    /// What was looked at already, by its id: whether there is a tensor in it.
    known: RefCell<HashMap<ObjectId, bool>>,
    looked_at: Cell<usize>,
    /// What was looked at already, by its id: whether it is an optimiser.
    optimisers: RefCell<HashMap<ObjectId, bool>>,
}

impl Lowering<'_> {
    /// Finds the parts of `root`.
    fn sort(&mut self, root: ObjectId) {
        if self.is_module(root) {
            return self.parts.push((String::new(), Part::Module(root)));
        }
        if is_tensor(self.checkpoint, root) {
            return self.parts.push((String::new(), Part::Weights(vec![(String::new(), root)])));
        }
        let Some(members) = self.members(root) else { return self.table.add("", root) };
        let direct =
            members.iter().any(|(_, value)| is_tensor(self.checkpoint, *value) && !is_scalar(self.checkpoint, *value));
        let part = |(name, value): &(String, ObjectId)| weight(name).is_some() && self.holds_tensors(*value);
        let path = |(name, value): &(String, ObjectId)| name.contains('.') && self.holds_tensors(*value);
        let whole = direct && !members.iter().any(part) || members.iter().any(path);
        if whole || self.is_nested(&members) {
            return self.parts.push((String::new(), Part::Weights(vec![(String::new(), root)])));
        }
        let (mut parts, mut loose) = (Vec::new(), Vec::new());
        let mut met: HashMap<ObjectId, String> = HashMap::default();
        for (name, id) in members {
            if is_holder(self.checkpoint.pickle.object(id)) && !is_tensor(self.checkpoint, id) {
                if let Some(first) = met.get(&id) {
                    self.table.row(&name, format!("the same as {first}"));
                    continue;
                }
                met.insert(id, name.clone());
            }
            if self.is_optimiser(id) {
                self.table.optimiser(&name, id);
            } else if OTHER.contains(&&*name) || name.starts_with("optim") && !self.is_module(id) {
                self.list(&name, id);
            } else if self.is_module(id) {
                parts.push((name, Part::Module(id)));
            } else if is_tensor(self.checkpoint, id) && !is_scalar(self.checkpoint, id) {
                loose.push((name, id));
            } else if !is_tensor(self.checkpoint, id) && self.members(id).is_some() && self.holds_tensors(id) {
                parts.push((name, Part::Weights(vec![(String::new(), id)])));
            } else {
                self.table.add(&name, id);
            }
        }
        if parts.len() > PARTS {
            parts = together(parts);
        }
        if !loose.is_empty() {
            parts.push(("tensors".into(), Part::Weights(loose)));
        }
        sort::sort_by_key(&mut parts, |(name, _)| weight(name).unwrap_or(WEIGHTS.len()));
        self.parts = parts;
    }

    /// Adds settings to the table; of a list, the optimisers in it by themselves.
    fn list(&mut self, name: &str, id: ObjectId) {
        match objects::items(&self.checkpoint.pickle, id) {
            Some(items) if items.iter().any(|item| self.is_optimiser(*item)) => {
                for (index, item) in items.iter().enumerate() {
                    self.table.optimiser(&format!("{name}.{index}"), *item);
                }
            }
            _ => self.table.add(name, id),
        }
    }

    /// The members of `id` with their names.
    fn members(&self, id: ObjectId) -> Option<Vec<(String, ObjectId)>> {
        let pickle = &self.checkpoint.pickle;
        if let Some(entries) = objects::pairs(pickle, id) {
            let named = entries.iter().enumerate();
            return Some(named.map(|(at, (key, value))| (objects::name(pickle, *key, at), *value)).collect());
        }
        let items = objects::items(pickle, id)?;
        Some(items.iter().enumerate().map(|(index, item)| (index.to_string(), *item)).collect())
    }

    /// Whether `members` are the modules of one state dict, each with a dictionary of its own, rather than state dicts by themselves: no key is
    /// a path, no name is one that state dicts have, and nothing else is there.
    fn is_nested(&self, members: &[(String, ObjectId)]) -> bool {
        let holders: Vec<ObjectId> = members.iter().map(|(_, id)| *id).filter(|id| self.holds_tensors(*id)).collect();
        let pickle = &self.checkpoint.pickle;
        let has_paths = |id: &ObjectId| {
            let entries = objects::entries(pickle, *id).unwrap_or_default();
            entries.iter().any(|(key, _)| pickle.text(*key).is_some_and(|key| key.contains('.')))
        };
        let other = |id: &ObjectId| self.is_optimiser(*id) || self.is_module(*id) || has_paths(id);
        let mut met = HashSet::default();
        holders.len() > 1
            && holders.len() == members.len()
            && !members.iter().any(|(name, _)| weight(name).is_some())
            && !holders.iter().filter(|id| met.insert(**id)).any(other)
    }

    fn is_module(&self, id: ObjectId) -> bool {
        module::is_module(&self.checkpoint.pickle, id)
    }

    /// Whether `id` is the state dict of an optimiser.
    fn is_optimiser(&self, id: ObjectId) -> bool {
        if let Some(known) = self.optimisers.borrow().get(&id) {
            return *known;
        }
        let pickle = &self.checkpoint.pickle;
        let entries = objects::pairs(pickle, id).unwrap_or_default();
        let has = |name: &str| objects::get(pickle, &entries, name).is_some();
        let is = has("state") && has("param_groups");
        self.optimisers.borrow_mut().insert(id, is);
        is
    }

    /// Whether there is a tensor in `id` or below.
    fn holds_tensors(&self, id: ObjectId) -> bool {
        if let Some(known) = self.known.borrow().get(&id) {
            return *known;
        }
        let holds = self.finds_tensor(id);
        self.known.borrow_mut().insert(id, holds);
        holds
    }

    fn finds_tensor(&self, id: ObjectId) -> bool {
        let pickle = &self.checkpoint.pickle;
        let mut seen = HashSet::default();
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            if is_tensor(self.checkpoint, id) {
                return true;
            }
            self.looked_at.set(self.looked_at.get() + 1);
            let holder = is_holder(pickle.object(id));
            if !holder || self.looked_at.get() > LOOKED_AT || !seen.insert(id) {
                continue;
            }
            match objects::pairs(pickle, id) {
                Some(entries) => stack.extend(entries.iter().map(|(_, value): &Pair| *value)),
                None => stack.extend(objects::items(pickle, id).unwrap_or_default()),
            }
        }
        false
    }
}

/// Few parts for many: the weights as one, and the first modules.
fn together(parts: Vec<(String, Part)>) -> Vec<(String, Part)> {
    let (mut few, mut roots) = (Vec::new(), Vec::new());
    for (name, part) in parts {
        match part {
            Part::Weights(own) => roots.extend(own.into_iter().map(|(_, id)| (name.clone(), id))),
            Part::Module(_) if few.len() < PARTS => few.push((name, part)),
            Part::Module(_) => {}
        }
    }
    few.push((String::new(), Part::Weights(roots)));
    few
}

/// Whether `object` may hold others.
fn is_holder(object: &Object) -> bool {
    matches!(object, Object::Dict(_) | Object::List(_) | Object::Tuple(_) | Object::Instance(_))
}

/// The place of the weights called `name` among others; none if that is no name of weights.
fn weight(name: &str) -> Option<usize> {
    let place = |names: &[&str]| names.iter().position(|known| *known == name);
    place(WEIGHTS).or_else(|| Some(WEIGHTS.len() + 1 + place(COPIES)?))
}
