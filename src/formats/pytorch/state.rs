//! A state dict becomes a tree of modules.

use super::container::Checkpoint;
use super::module;
use super::objects;
use super::tensor::{Tensors, is_tensor};
use super::text::Words;
use crate::codec::pickle::{Object, ObjectId};
use crate::model::{Entry, Graph, Modules};
use crate::report::Report;
use foldhash::HashSet;

/// Levels that programs put around a module to compile or distribute it.
const WRAPPERS: &[&str] = &["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];
/// The level that every parameter is in after training on several devices.
const PARALLEL: &str = "module.";
/// The most settings beside the tensors that are shown.
const SETTINGS: usize = 200;

/// How deep dictionaries nest.
const DEPTH: usize = 32;

/// Lowers the tensors in `id` and below, of which `left` more may be met: no more than there are objects.
pub fn lower(
    checkpoint: &Checkpoint,
    tensors: &mut Tensors,
    name: &str,
    id: ObjectId,
    left: &mut usize,
    report: &mut Report,
) -> Graph {
    let found = find(checkpoint, id, left);
    let parallel = !found.tensors.is_empty() && found.tensors.iter().all(|(name, _)| name.starts_with(PARALLEL));
    let mut modules = Modules::new('.');
    let mut wrapped = false;
    for (name, id) in &found.tensors {
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
    let words = Words { checkpoint, files: tensors.files(), limits: tensors.limits() };
    let settings = found.others.iter().take(SETTINGS);
    graph.metadata.extend(settings.map(|(name, id)| Entry { name: name.as_str().into(), value: words.line(*id).as_str().into() }));
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
struct Found {
    tensors: Vec<(String, ObjectId)>,
    others: Vec<(String, ObjectId)>,
}

/// The tensors in `id` and below with their paths, and what else is there, both in order.
fn find(checkpoint: &Checkpoint, id: ObjectId, left: &mut usize) -> Found {
    let pickle = &checkpoint.pickle;
    let mut found = Found::default();
    let mut seen = HashSet::default();
    let mut stack = vec![(String::new(), id, 0)];
    while let Some((name, id, depth)) = stack.pop() {
        if *left == 0 {
            break;
        }
        *left -= 1;
        if is_tensor(checkpoint, id) {
            found.tensors.push((name, id));
            continue;
        }
        let path = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
        let children: Vec<(String, ObjectId)> = match (objects::entries(pickle, id), objects::items(pickle, id)) {
            (Some(entries), _) => {
                let name = |key| path(&objects::key(pickle, key).unwrap_or_else(|| pickle.describe(key, 80)));
                entries.iter().map(|(key, value)| (name(*key), *value)).collect()
            }
            // Lists of numbers are settings.
            (None, Some(items)) if items.iter().any(|item| !is_plain(pickle.object(*item))) => {
                items.iter().enumerate().map(|(index, item)| (path(&index.to_string()), *item)).collect()
            }
            _ => {
                if !module::is_module(pickle, id) {
                    found.others.push((name, id));
                }
                continue;
            }
        };
        // A path grows with each level, and what is met in several places is shown in one.
        if depth < DEPTH && seen.insert(id) {
            stack.extend(children.into_iter().rev().map(|(name, id)| (name, id, depth + 1)));
        }
    }
    found
}

fn is_plain(object: &Object) -> bool {
    matches!(object, Object::None | Object::Bool(_) | Object::Int(_) | Object::Float(_) | Object::Text(_) | Object::Long(_))
}
