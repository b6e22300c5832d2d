//! What running a model costs, for the panels and as colours.

use super::Viewer;
use crate::analysis::cost::{Cost, Costs, GraphCost};
use crate::analysis::infer::{self, Shapes, Sizes};
use crate::model::{Graph, GraphId, Wiring};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A size that the model leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SizeInfo {
    /// The name that stands for it.
    pub name: String,
    /// The inputs that have it.
    pub inputs: Vec<String>,
    /// What the reader of the page has set it to.
    pub size: Option<u64>,
}

/// What running the model costs: its entry graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CostInfo {
    /// The sizes that it depends on; those that are not set are taken to be 1.
    pub sizes: Vec<SizeInfo>,
    /// All of it.
    pub total: Cost,
    /// The most bytes of activations that are needed at once.
    pub peak: u64,
}

/// What nodes are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// [`Cost::macs`].
    Macs,
    /// [`Cost::parameters`].
    Parameters,
    /// [`Cost::activations`].
    Activations,
}

/// How much each part of a graph has of a [`Measure`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heat {
    /// By node.
    pub nodes: Vec<u64>,
    /// By group of the hierarchy.
    pub groups: Vec<u64>,
}

impl Viewer {
    /// What running the model costs; none of a model through which nothing flows, as far as the file says.
    pub fn cost(&self) -> Option<CostInfo> {
        let entry = GraphId(0);
        let costs = self.costs(entry)?;
        let GraphCost { total, peak, .. } = costs.get(entry)?;
        let set = self.sizes.borrow();
        let sizes = infer::symbols(self.model()).into_iter().map(|symbol| SizeInfo {
            size: infer::size_of(&set, &symbol.name),
            name: symbol.name.to_string(),
            inputs: symbol.inputs.iter().map(ToString::to_string).collect(),
        });
        Some(CostInfo { sizes: sizes.collect(), total: *total, peak: *peak })
    }

    /// How much each node and group of `graph` has of `measure`; none if nothing flows there.
    pub fn heat(&self, graph: GraphId, measure: Measure) -> Option<Heat> {
        let costs = self.costs(graph)?;
        let cost = costs.get(graph)?;
        let of = |cost: &Cost| match measure {
            Measure::Macs => cost.macs,
            Measure::Parameters => cost.parameters,
            Measure::Activations => cost.activations,
        };
        let groups = cost.groups(&*self.tree(graph)?);
        Some(Heat { nodes: cost.nodes.iter().map(of).collect(), groups: groups.iter().map(of).collect() })
    }

    /// Gives sizes to names, in place of those that were given before.
    pub fn set_sizes(&self, sizes: Sizes) {
        let shapes = Shapes::of(self.model(), &self.files, self.opened.format.domain, &sizes);
        *self.shapes.borrow_mut() = Rc::new(shapes);
        *self.sizes.borrow_mut() = sizes;
        *self.costs.borrow_mut() = None;
        // Labels are shapes.
        self.wires.borrow_mut().clear();
    }

    /// What the graphs cost; none if nothing flows in `graph`, or all of it is inferred.
    pub(super) fn costs(&self, graph: GraphId) -> Option<Rc<Costs>> {
        let model = self.model();
        let inferred = |graph: &Graph| !graph.nodes.is_empty() && graph.nodes.values().all(|node| node.inferred);
        model.graphs.get(graph).filter(|graph| graph.wiring == Wiring::Flow && !inferred(graph))?;
        if let Some(known) = &*self.costs.borrow() {
            return Some(known.clone());
        }
        // A cost is a number: names without a size stand for 1.
        let set = self.sizes.borrow();
        let names = infer::symbols(model);
        let open = names.iter().any(|symbol| infer::size_of(&set, &symbol.name).is_none());
        let sizes =
            names.into_iter().map(|symbol| (symbol.name.clone(), infer::size_of(&set, &symbol.name).unwrap_or(1)));
        let known = self.shapes.borrow().clone();
        let shapes = if open {
            Rc::new(Shapes::of(model, &self.files, self.opened.format.domain, &sizes.collect()))
        } else {
            known
        };
        let format = self.opened.format;
        let vocabulary = if format.domain.is_empty() { format.id } else { format.domain };
        let costs = Rc::new(Costs::of(model, &shapes, vocabulary));
        *self.costs.borrow_mut() = Some(costs.clone());
        Some(costs)
    }
}
