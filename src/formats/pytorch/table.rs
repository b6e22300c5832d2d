//! Settings, states and whatever else is no weight, as rows of metadata.

use super::container::Checkpoint;
use super::objects::{self, Pair};
use super::tensor::{Tensors, is_tensor};
use super::text::Words;
use crate::codec::pickle::{Object, ObjectId};
use crate::model::Entry;
use crate::report::Report;
use foldhash::HashSet;
use std::collections::BTreeMap;

/// The most rows: what is longer is data, not something to read.
const ROWS: usize = 2000;
/// How deep settings nest before they are put in one line.
const DEPTH: usize = 8;

/// Rows of metadata while they grow.
pub struct Table<'a> {
    words: Words<'a>,
    /// The rows so far.
    pub rows: Vec<Entry>,
    left_out: usize,
}

impl<'a> Table<'a> {
    /// No rows yet.
    pub fn new(words: Words<'a>) -> Self {
        Self { words, rows: Vec::new(), left_out: 0 }
    }

    fn checkpoint(&self) -> &'a Checkpoint {
        self.words.checkpoint
    }

    /// Adds a row.
    pub fn row(&mut self, name: &str, value: String) {
        if self.rows.len() < ROWS {
            self.rows.push(Entry { name: name.into(), value: value.as_str().into() });
        } else {
            self.left_out += 1;
        }
    }

    /// Adds what `id` holds: a row for each setting, called by its path from `name` on.
    pub fn add(&mut self, name: &str, id: ObjectId) {
        let mut seen = HashSet::default();
        let mut stack = vec![(name.to_owned(), id, 0)];
        while let Some((name, id, depth)) = stack.pop() {
            if self.rows.len() >= ROWS {
                self.left_out += 1;
                continue;
            }
            let children = if depth < DEPTH && !seen.contains(&id) { self.children(id) } else { None };
            match children {
                Some(children) => {
                    seen.insert(id);
                    if let Some(class) = class(self.checkpoint(), id) {
                        self.row(&name, class);
                    }
                    let path = |key: String| if name.is_empty() { key } else { format!("{name}.{key}") };
                    let children = children.into_iter().map(|(key, child)| (path(key), child, depth + 1));
                    let from = stack.len();
                    stack.extend(children);
                    if let Some(new) = stack.get_mut(from..) {
                        new.reverse();
                    }
                }
                None => self.row(&name, self.words.line(id)),
            }
        }
    }

    /// What `id` is made of, if that is to be shown in several rows.
    fn children(&self, id: ObjectId) -> Option<Vec<(String, ObjectId)>> {
        let pickle = &self.checkpoint().pickle;
        if is_tensor(self.checkpoint(), id) {
            return None;
        }
        let named = |pairs: &[Pair]| pairs.iter().map(|(key, value)| (self.words.line(*key), *value)).collect::<Vec<_>>();
        if let Some(entries) = objects::entries(pickle, id) {
            return (!entries.is_empty()).then(|| named(&entries));
        }
        if let Some(items) = objects::items(pickle, id) {
            let nested = items.iter().any(|item| objects::entries(pickle, *item).is_some_and(|entries| !entries.is_empty()));
            return nested.then(|| items.iter().enumerate().map(|(index, item)| (index.to_string(), *item)).collect());
        }
        let attributes = objects::attributes(pickle, id)?;
        attributes.iter().all(|(key, _)| pickle.text(*key).is_some()).then(|| named(&attributes))
    }

    /// Adds an optimiser in a few rows: its settings, and how much it keeps of the parameters.
    pub fn optimiser(&mut self, name: &str, id: ObjectId) {
        let pickle = &self.checkpoint().pickle;
        let Some(entries) = objects::pairs(pickle, id).filter(|_| self.rows.len() < ROWS) else {
            return self.add(name, id);
        };
        for (key, value) in entries.iter() {
            let path = format!("{name}.{}", self.words.line(*key));
            match pickle.text(*key).map(|key| &**key) {
                Some("state") => self.state(&path, *value),
                Some("param_groups") => {
                    for (index, group) in objects::items(pickle, *value).unwrap_or_default().iter().enumerate() {
                        self.group(&format!("{path}.{index}"), *group);
                    }
                }
                _ => self.add(&path, *value),
            }
        }
    }

    /// The settings of a group of parameters, and how many it has.
    fn group(&mut self, path: &str, id: ObjectId) {
        let pickle = &self.checkpoint().pickle;
        let Some(entries) = objects::entries(pickle, id) else { return self.add(path, id) };
        for (key, value) in entries.iter() {
            let key = self.words.line(*key);
            match objects::items(pickle, *value) {
                Some(items) if key == "params" => self.row(&format!("{path}.params"), items.len().to_string()),
                _ => self.add(&format!("{path}.{key}"), *value),
            }
        }
    }

    /// What is kept for each parameter, summed up by its name: `exp_avg`, `exp_avg_sq`.
    fn state(&mut self, path: &str, id: ObjectId) {
        let checkpoint = self.checkpoint();
        let pickle = &checkpoint.pickle;
        let mut kept: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let parameters = objects::entries(pickle, id).unwrap_or_default();
        let mut tensors = Tensors::new(checkpoint, self.words.files, self.words.limits);
        for (_, state) in parameters.iter() {
            for (key, value) in objects::entries(pickle, *state).unwrap_or_default().iter() {
                let made = tensors.make(*value, "", &mut Report::default());
                let tensor = made.and_then(|made| tensors.all.get(made.tensor)).filter(|tensor| !tensor.shape.is_empty());
                if let Some(tensor) = tensor {
                    let sum = kept.entry(self.words.line(*key)).or_default();
                    *sum = (sum.0 + 1, sum.1.saturating_add(tensor.elements().unwrap_or(0)));
                }
            }
        }
        self.row(path, format!("of {} parameters", parameters.len()));
        for (key, (count, elements)) in kept {
            self.row(&format!("{path}.*.{key}"), format!("{count} tensors, {elements} elements"));
        }
    }

    /// The rows; how many were left out is the last one.
    pub fn finish(mut self) -> Vec<Entry> {
        if self.left_out > 0 {
            let value = format!("{} more entries", self.left_out);
            self.rows.push(Entry { name: "…".into(), value: value.as_str().into() });
        }
        self.rows
    }
}

/// The class of `id`, unless it is one that every program has.
fn class(checkpoint: &Checkpoint, id: ObjectId) -> Option<String> {
    if !matches!(checkpoint.pickle.object(id), Object::Instance(_)) {
        return None;
    }
    let (path, _) = objects::made_by(&checkpoint.pickle, id)?;
    (!path.starts_with("collections.")).then_some(path)
}
