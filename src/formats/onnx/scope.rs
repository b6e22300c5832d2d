//! The modules that PyTorch's exporter notes with each node.
//!
//! It writes, in `metadata_props` of a node, the modules that were being called, outermost first (`torch/onnx/_internal/exporter`):
//!
//! - `pkg.torch.onnx.name_scopes`: `['', 'layers.0', 'layers.0.self_attn', 'linear']`, a Python list of whole paths, the model itself
//!   first, the operator last;
//! - `pkg.torch.onnx.class_hierarchy`: `['nets.Decoder', 'nets.Layer', 'nets.Attention', 'aten.linear.default']`, their classes;
//! - `namespace`: `: nets.Decoder/layers.0: nets.Layer/…`, both in one.

use super::graph::Draft;
use super::lower::Lowering;
use super::proto;
use crate::model::{Scope, ScopeId};

/// Stands for the modules of nodes that the exporter itself added.
const UNKNOWN: &str = "_empty_nn_module_stack_from_metadata_hook";

impl Lowering<'_> {
    /// The scope of a node with the metadata `entries`, if these tell one. Scopes are made where they are new.
    pub fn scope(&mut self, entries: &[proto::StringStringEntry], draft: &mut Draft) -> Option<ScopeId> {
        let find = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
        let namespace = find("namespace");
        let mut paths = match find("pkg.torch.onnx.name_scopes") {
            Some(scopes) => list(scopes)?,
            None => {
                namespace?.split('/').map(|level| level.split_once(": ").unwrap_or((level, "")).0.to_owned()).collect()
            }
        };
        paths.pop();
        if paths.is_empty() || paths.iter().any(|path| path == UNKNOWN) {
            return None;
        }
        let mut scope = None;
        let mut outer = "";
        for path in paths.iter().take(self.limits.depth) {
            let own = path.strip_prefix(outer).and_then(|rest| rest.strip_prefix('.')).unwrap_or(path);
            let class = || class(find("pkg.torch.onnx.class_hierarchy"), namespace);
            let name = if own.is_empty() { class() } else { own.to_owned() };
            let key = (scope, self.strings.intern(&name));
            let scopes = &mut draft.graph.scopes;
            let known = draft.scopes.entry(key).or_insert_with_key(|(parent, name)| {
                scopes.push(Scope { name: name.clone(), parent: *parent, ..Scope::default() })
            });
            scope = Some(*known);
            outer = path;
        }
        scope
    }
}

/// What the model itself is called: its class, without the package.
fn class(hierarchy: Option<&str>, namespace: Option<&str>) -> String {
    let first = hierarchy.and_then(list).and_then(|classes| classes.into_iter().next());
    let level = namespace.and_then(|levels| levels.split('/').next()?.split_once(": "));
    let class = first.as_deref().or(level.map(|(_, class)| class)).and_then(|class| class.rsplit('.').next());
    class.filter(|name| !name.is_empty()).unwrap_or("model").to_owned()
}

/// The items of a list of strings as Python prints it; none if `text` is no such list.
fn list(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim().strip_prefix('[')?.strip_suffix(']')?.chars();
    let mut items = Vec::new();
    while let Some(quote) = rest.find(|char| !matches!(char, ',' | ' ')) {
        if !matches!(quote, '\'' | '"') {
            return None;
        }
        let mut item = String::new();
        loop {
            match rest.next()? {
                '\\' => item.push(rest.next()?),
                char if char == quote => break,
                char => item.push(char),
            }
        }
        items.push(item);
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{class, list};

    #[test]
    fn lists_are_read_as_python_prints_them() {
        assert_eq!(list("[]").unwrap(), Vec::<String>::new());
        assert_eq!(list("['', 'layers.0', \"it's\", 'a\\'b']").unwrap(), ["", "layers.0", "it's", "a'b"]);
        assert_eq!(list("['a', 1]"), None);
        assert_eq!(list("['a"), None);
        assert_eq!(list("['a]"), None);
        assert_eq!(list("layers.0"), None);
    }

    #[test]
    fn a_model_is_called_by_its_class() {
        assert_eq!(class(Some("['nets.zoo.Decoder', 'torch.nn.Linear']"), None), "Decoder");
        assert_eq!(class(None, Some(": nets.Decoder/linear: aten.linear.default")), "Decoder");
        assert_eq!(class(Some("[]"), None), "model");
        assert_eq!(class(None, None), "model");
    }
}
