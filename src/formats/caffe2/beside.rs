//! The other net of a model: what initialises one that computes, or computes with what one initialises.

use super::super::Open;
use super::lower::{self, Net};
use super::{fill, read, recognise};
use crate::model::Model;
use crate::probe::Probe;
use crate::report::Severity;

/// What stands in the names of nets that compute, and in those that initialise these.
const NAMES: [(&str, &str); 4] =
    [("predict_net", "init_net"), ("exec_net", "init_net"), ("predict", "init"), ("train_net", "init_net")];

/// Whether `net` does nothing but make tensors of nothing.
pub fn only_fills(net: &Net, open: &mut Open) -> bool {
    let operators = lower::operators(net, open);
    operators.iter().any(fill::is_fill) && operators.iter().all(|operator| operator.input.is_empty())
}

/// The other net of the model that the net called `name` is of, with its name; `fills`: that one only fills.
pub fn find(name: &str, fills: bool, open: &mut Open) -> Option<(String, Net)> {
    let mut names: Vec<String> = NAMES.iter().filter_map(|pair| renamed(name, *pair, fills)).collect();
    let known = names.len();
    // A name that belongs to it by convention is worth a request, others are taken only if they were opened together.
    for path in open.files.companions() {
        let own = path.rsplit('/').next().unwrap_or_default().to_owned();
        if !names.contains(&own) && own != name {
            names.push(own);
        }
    }
    for (index, name) in names.into_iter().enumerate() {
        let Some(file) = open.files.sibling(&name).ok().flatten().filter(|file| *file != open.file) else { continue };
        let Ok(probe) = Probe::new(&name, open.files.slice(file).unwrap_or_default()) else { continue };
        let Some((form, _)) = recognise::form(&probe) else { continue };
        match read(form, &probe, file, open) {
            Ok(net) if only_fills(&net, open) != fills => return Some((name, net)),
            Err(error) if index < known => open.report.add_error(&error.within(name)),
            _ => {}
        }
    }
    None
}

/// `name` with the last of what stands in the names of one kind of nets replaced by what stands in those of the other.
fn renamed(name: &str, (computes, initialises): (&str, &str), fills: bool) -> Option<String> {
    let (from, to) = if fills { (initialises, computes) } else { (computes, initialises) };
    let at = name.rfind(from)?;
    Some(format!("{}{to}{}", name.get(..at)?, name.get(at + from.len()..)?))
}

/// Tells of what a net that computes lacks without the other one.
pub fn miss(model: &Model, open: &mut Open) {
    let inputs = model.graphs.values().next().map_or(0, |graph| graph.inputs.len());
    if inputs > 1 {
        let message = format!(
            "{inputs} values come in; those that are weights get their values from another net, often called init_net.pb: open both together"
        );
        open.report.add(Severity::Note, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_nets_belong_together() {
        let renamed = |name, fills| NAMES.iter().filter_map(|pair| renamed(name, *pair, fills)).next();
        assert_eq!(renamed("squeeze_predict_net.pb", false).as_deref(), Some("squeeze_init_net.pb"));
        assert_eq!(renamed("init_net.pbtxt", true).as_deref(), Some("predict_net.pbtxt"));
        assert_eq!(renamed("model_predict.pb", false).as_deref(), Some("model_init.pb"));
        assert_eq!(renamed("net.pb", false), None);
    }
}
