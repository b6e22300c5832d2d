//! The graphs that a net is: which layers are there in training, in testing, and at each stage that its rules name.

use super::net::{Layer, Net};
use super::proto::{Rule, TEST, TRAIN};
use foldhash::HashSet;

/// The most stages that are looked at.
const STAGES: usize = 8;

/// A state, and the layers that are there in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Variant {
    /// What tells it from others: `TEST`, `TRAIN`, `TEST deploy`.
    pub name: String,
    /// The places of its layers in the net.
    pub layers: Vec<usize>,
}

/// The states in which `net` is not the same. What is there to run the net comes first, then what trains it. A state is left out if its layers read
/// what no layer writes, and others do not.
pub fn variants(net: &Net) -> Vec<Variant> {
    let mut found: Vec<(Variant, bool)> = Vec::new();
    for (name, phase, stages) in states(net) {
        let is_there = |layer: &Layer| {
            let met = |rule: &Rule| is_met(rule, phase, net.state.level, &stages);
            if layer.include.is_empty() { !layer.exclude.iter().any(met) } else { layer.include.iter().any(met) }
        };
        let layers = net.layers.iter().enumerate().filter(|(_, layer)| is_there(layer)).map(|(index, _)| index);
        let variant = Variant { name, layers: layers.collect() };
        if !found.iter().any(|(other, _)| other.layers == variant.layers) {
            let whole = is_whole(net, &variant.layers);
            found.push((variant, whole));
        }
    }
    let any = found.iter().any(|(_, whole)| *whole);
    found.into_iter().filter(|(_, whole)| *whole || !any).map(|(variant, _)| variant).collect()
}

/// The states that the rules of `net` tell apart, with the phase and the stages of each.
fn states(net: &Net) -> Vec<(String, i64, Vec<&str>)> {
    let own: Vec<&str> = net.state.stage.iter().map(String::as_str).collect();
    let mut stages: Vec<&str> = Vec::new();
    let rules = net.layers.iter().flat_map(|layer| layer.include.iter().chain(&layer.exclude));
    for stage in rules.flat_map(|rule| &rule.stage) {
        if stages.len() < STAGES && !own.contains(&stage.as_str()) && !stages.contains(&stage.as_str()) {
            stages.push(stage);
        }
    }
    let (training, testing): (Vec<&str>, Vec<&str>) = stages.into_iter().partition(|stage| stage.contains("train"));
    let mut states = Vec::new();
    for (phase, name, stages) in [(TEST, "TEST", testing), (TRAIN, "TRAIN", training)] {
        states.push((name.to_owned(), phase, own.clone()));
        for stage in stages {
            let all = own.iter().copied().chain([stage]).collect();
            states.push((format!("{name} {stage}"), phase, all));
        }
    }
    states
}

/// Whether `rule` holds: of what it states, all has to.
fn is_met(rule: &Rule, phase: i64, level: i64, stages: &[&str]) -> bool {
    rule.phase.is_none_or(|wanted| wanted == phase)
        && rule.min_level.is_none_or(|least| level >= least)
        && rule.max_level.is_none_or(|most| level <= most)
        && rule.stage.iter().all(|stage| stages.contains(&stage.as_str()))
        && !rule.not_stage.iter().any(|stage| stages.contains(&stage.as_str()))
}

/// Whether `layers` read only what comes in and what one of them writes, and there are any.
fn is_whole(net: &Net, layers: &[usize]) -> bool {
    let layers = || layers.iter().filter_map(|index| net.layers.get(*index));
    let mut written: HashSet<&str> = net.inputs.iter().map(|(name, _)| name.as_str()).collect();
    written.extend(layers().flat_map(|layer| &layer.tops).map(String::as_str));
    layers().count() > 0 && layers().flat_map(|layer| &layer.bottoms).all(|bottom| written.contains(bottom.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(tops: &[&str], bottoms: &[&str], include: Option<Rule>) -> Layer {
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Layer { tops: texts(tops), bottoms: texts(bottoms), include: include.into_iter().collect(), ..Layer::default() }
    }

    fn phase(phase: i64) -> Option<Rule> {
        Some(Rule { phase: Some(phase), ..Rule::default() })
    }

    fn stage(stage: &str) -> Option<Rule> {
        Some(Rule { stage: vec![stage.into()], ..Rule::default() })
    }

    fn found(layers: Vec<Layer>) -> Vec<(String, Vec<usize>)> {
        let net = Net { layers, ..Net::default() };
        variants(&net).into_iter().map(|it| (it.name, it.layers)).collect()
    }

    #[test]
    fn phases_are_graphs_where_they_differ() {
        let plain = || layer(&["y"], &["x"], None);
        assert_eq!(found(vec![layer(&["x"], &[], None), plain()]), [("TEST".into(), vec![0, 1])]);
        let both = vec![layer(&["x"], &[], phase(TRAIN)), layer(&["x"], &[], phase(TEST)), plain()];
        assert_eq!(found(both), [("TEST".into(), vec![1, 2]), ("TRAIN".into(), vec![0, 2])]);
    }

    #[test]
    fn a_net_that_can_only_be_trained_is_not_shown_without_its_data() {
        let layers = vec![layer(&["x"], &[], phase(TRAIN)), layer(&["y"], &["x"], None)];
        assert_eq!(found(layers), [("TRAIN".into(), vec![0, 1])]);
    }

    #[test]
    fn stages_are_graphs() {
        let data = ["train", "val", "deploy"].map(|name| layer(&["x"], &[], stage(name)));
        let layers = data.into_iter().chain([layer(&["y"], &["x"], None)]).collect();
        let expected =
            [("TEST val".into(), vec![1, 3]), ("TEST deploy".into(), vec![2, 3]), ("TRAIN train".into(), vec![0, 3])];
        assert_eq!(found(layers), expected);
    }
}
