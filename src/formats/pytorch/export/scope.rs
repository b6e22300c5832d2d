//! The modules that were being called when a node was traced: its `nn_module_stack`.
//!
//! Outermost first, separated by `;`, each `key,path,class`: `L__self__h.0,h.0,nets.Block`. Torch 2.1 writes `key:(path,class)`, and spells paths
//! as Python: `getattr(L['self'].stem, '0')`. A second call of the same module has `@1` after its path.

use crate::model::{Graph, Scope, ScopeId, Strings, Text};
use foldhash::HashMap;

/// The scopes of a graph by the scope around them and their name.
pub type Known = HashMap<(Option<ScopeId>, Text), ScopeId>;

/// The scope that `stack` spells, made in `graph` where it is new; at most `depth` levels of it.
pub fn of(stack: &str, depth: usize, graph: &mut Graph, known: &mut Known, strings: &mut Strings) -> Option<ScopeId> {
    let mut scope = None;
    let mut outer = String::new();
    for level in stack.split(';').take(depth) {
        let Some((path, class)) = parts(level) else { continue };
        let own = path.strip_prefix(&*outer).map(|rest| rest.strip_prefix('.').unwrap_or(rest)).unwrap_or(&path);
        let name = if path.is_empty() { class.rsplit('.').next().unwrap_or_default() } else { own };
        if name.is_empty() {
            continue;
        }
        let name = strings.intern(name);
        let scopes = &mut graph.scopes;
        let made = known.entry((scope, name)).or_insert_with_key(|(parent, name)| {
            scopes.push(Scope { name: name.clone(), parent: *parent, class: strings.intern(class), ..Scope::default() })
        });
        scope = Some(*made);
        outer = path;
    }
    scope
}

/// The path of a module, empty for the outermost, and its class.
fn parts(level: &str) -> Option<(String, &str)> {
    let (path, class) = match level.split_once(":(") {
        Some((_, rest)) => rest.strip_suffix(')')?.rsplit_once(',')?,
        None => level.split_once(',')?.1.rsplit_once(',')?,
    };
    Some((plain(path.split('@').next()?), class))
}

/// `path` with dots: of `getattr(L['self'].stem, '0')`, that is `stem.0`.
fn plain(path: &str) -> String {
    let path = path.trim().replace("getattr(", "").replace(", '", ".").replace("')", "");
    // The module itself is called as its author calls it.
    let own = path.strip_prefix("L['").and_then(|rest| rest.split_once("']"));
    own.map_or(&*path, |(_, rest)| rest.trim_start_matches('.')).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::parts;

    #[test]
    fn all_spellings_give_path_and_class() {
        let cases = [
            ("L__self__,,nets.Transformer", "", "nets.Transformer"),
            ("L__self__h.0.attn,h.0.attn,nets.Attention", "h.0.attn", "nets.Attention"),
            ("L__self__relu@1,relu@1,torch.nn.ReLU", "relu", "torch.nn.ReLU"),
            ("L__self___stem_0:(getattr(L['self'].stem, '0'),torch.nn.Conv2d)", "stem.0", "torch.nn.Conv2d"),
            ("L__s___a,L['s'].a,nn.Linear", "a", "nn.Linear"),
            ("a:(getattr(getattr(L['self'].h, '0').mlp, '2'),nn.Linear)", "h.0.mlp.2", "nn.Linear"),
        ];
        for (level, path, class) in cases {
            assert_eq!(parts(level).unwrap(), (path.to_owned(), class), "{level}");
        }
        assert!(parts("").is_none() && parts("a").is_none() && parts("a:(b").is_none());
    }
}
