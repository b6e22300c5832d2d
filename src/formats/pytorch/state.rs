//! A state dict becomes a tree of modules.

use super::container::Checkpoint;
use super::module;
use super::objects;
use super::tensor::{Tensors, is_tensor};
use crate::codec::pickle::ObjectId;
use crate::model::{Entry, Graph, Modules};
use crate::report::Report;
use foldhash::HashSet;

/// Levels that programs put around a module to compile or distribute it.
const WRAPPERS: &[&str] = &["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];
/// The level that every parameter is in after training on several devices.
const PARALLEL: &str = "module.";

/// How deep dictionaries nest.
const DEPTH: usize = 32;

/// Groups `found`, objects with their paths, into modules.
pub fn lower(found: &[(String, ObjectId)], tensors: &mut Tensors, name: &str, report: &mut Report) -> Graph {
    let parallel = !found.is_empty() && found.iter().all(|(name, _)| name.starts_with(PARALLEL));
    let mut modules = Modules::new('.');
    let mut wrapped = false;
    for (name, id) in found {
        let Some(made) = tensors.make(*id, name, report) else { continue };
        let folded = fold(if parallel { name.strip_prefix(PARALLEL).unwrap_or(name) } else { name });
        wrapped |= folded.len() < name.len();
        let value = modules.add(&folded, made.tensor);
        if let Some(first) = tensors.all.get(made.tensor).filter(|tensor| &*tensor.name != name) {
            modules.note(value, Entry { name: "tied to".into(), value: first.name.clone() });
        }
        for (what, id) in made.beside {
            if let Some(beside) = tensors.make(id, &format!("{name}/{what}"), report) {
                modules.add(&format!("{folded}/{what}"), beside.tensor);
            }
        }
    }
    let mut graph = modules.finish();
    graph.name = name.into();
    if wrapped {
        graph.metadata.push(Entry { name: "names".into(), value: "without the levels that wrap modules".into() });
    }
    graph
}

/// `name` without the levels that wrap modules.
fn fold(name: &str) -> String {
    if !WRAPPERS.iter().any(|wrapper| name.contains(wrapper)) {
        return name.to_owned();
    }
    let parts: Vec<&str> = name.split('.').filter(|part| !WRAPPERS.contains(part)).collect();
    parts.join(".")
}

/// What is in a state dict.
#[derive(Default)]
pub struct Found {
    /// The tensors with their paths, in order.
    pub tensors: Vec<(String, ObjectId)>,
    /// What holds no tensors, with its path, in order.
    pub others: Vec<(String, ObjectId)>,
}

/// What is in `roots` and below, of which `left` more objects may be met: no more than there are. `holds` says whether there is a tensor in an
/// object.
pub fn find(
    checkpoint: &Checkpoint,
    roots: Vec<(String, ObjectId)>,
    left: &mut usize,
    holds: &dyn Fn(ObjectId) -> bool,
) -> Found {
    let pickle = &checkpoint.pickle;
    let mut found = Found::default();
    let mut seen = HashSet::default();
    let mut stack: Vec<(String, ObjectId, usize)> = roots.into_iter().rev().map(|(name, id)| (name, id, 0)).collect();
    while let Some((name, id, depth)) = stack.pop() {
        if *left == 0 {
            break;
        }
        *left -= 1;
        if is_tensor(checkpoint, id) {
            found.tensors.push((name, id));
            continue;
        }
        if depth > DEPTH || !holds(id) || module::is_module(pickle, id) {
            found.others.push((name, id));
            continue;
        }
        // What is met in several places is shown in one.
        if !seen.insert(id) {
            continue;
        }
        let path = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
        match objects::pairs(pickle, id) {
            Some(pairs) => {
                let name = |key| path(&objects::key(pickle, key).unwrap_or_else(|| pickle.describe(key, 80)));
                stack.extend(pairs.iter().rev().map(|(key, value)| (name(*key), *value, depth + 1)));
            }
            None => {
                let items = objects::items(pickle, id).unwrap_or_default().iter().enumerate().rev();
                stack.extend(items.map(|(index, item)| (path(&index.to_string()), *item, depth + 1)));
            }
        }
    }
    found
}
