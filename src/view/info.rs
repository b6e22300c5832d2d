//! The Model panel: what the model is, in figures.

use crate::formats::Opened;
use crate::model::{Category, DType, Entry, Graph, GraphId, GraphKind, Import, Model, NodeId, Tensor, Totals, Wiring};
use crate::report::Diagnostic;
use crate::safety::Safety;
use crate::sort;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How much of the model is of one element type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The type.
    pub dtype: DType,
    /// The number of tensors.
    pub tensors: usize,
    /// The number of elements.
    pub parameters: u64,
    /// The size in bytes, packed.
    pub bytes: u64,
}

/// How often an operator is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The operator.
    pub operator: String,
    /// Where it is defined.
    pub domain: String,
    /// Its family.
    pub category: Category,
    /// The number of nodes.
    pub count: usize,
}

/// The node that holds a body.
#[derive(Clone, Debug, Serialize)]
pub struct Holder {
    /// Its graph.
    pub graph: GraphId,
    /// The node.
    pub node: u32,
    /// Node and attribute in words: `If then_branch`.
    pub label: String,
}

/// One graph in the list of graphs.
#[derive(Clone, Debug, Serialize)]
pub struct GraphInfo {
    /// Its id.
    pub id: GraphId,
    /// What to call it.
    pub title: String,
    /// What it is to the model.
    pub kind: GraphKind,
    /// What connects its nodes.
    pub wiring: Wiring,
    /// Of a body: who holds it.
    pub parent: Option<Holder>,
    /// The number of nodes.
    pub nodes: usize,
    /// The number of edges.
    pub edges: usize,
}

/// The file that was opened.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FileInfo {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The files that were opened with it.
    pub companions: Vec<String>,
}

/// All of the Model panel.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    /// The file.
    pub file: FileInfo,
    /// The format with its version.
    pub format: String,
    /// The id of the format.
    pub format_id: &'static str,
    /// What the format says about the model.
    pub properties: Vec<Entry>,
    /// The operator sets.
    pub imports: Vec<Import>,
    /// What the author attached.
    pub metadata: Vec<Entry>,
    /// The graphs.
    pub graphs: Vec<GraphInfo>,
    /// The graph to show first.
    pub entry: GraphId,
    /// The counts.
    pub counts: Totals,
    /// Element types, largest first.
    pub dtypes: Vec<Share>,
    /// Operators, most frequent first.
    pub operators: Vec<Usage>,
    /// The diagnostics.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more there were.
    pub dropped_diagnostics: usize,
    /// What the pickles of the file would do; none if it has no pickles.
    pub safety: Option<Safety>,
    /// What was read of the file, in bytes.
    pub bytes_read: u64,
    /// How long opening took.
    pub seconds: f64,
}

/// The tensors that nodes read, each once.
fn read_tensors(model: &Model) -> Vec<&Tensor> {
    let mut read = vec![false; model.tensors.len()];
    for graph in model.graphs.values() {
        for node in graph.nodes.values() {
            let values = node.inputs.iter().flat_map(|argument| &argument.values);
            for tensor in values.filter_map(|value| graph.values[*value].tensor) {
                read[tensor.index()] = true;
            }
        }
    }
    model.tensors.values().zip(read).filter_map(|(tensor, read)| read.then_some(tensor)).collect()
}

/// How much of the tensors is of each type, largest first.
pub(super) fn shares<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> Vec<Share> {
    let mut shares: BTreeMap<DType, Share> = BTreeMap::new();
    for tensor in tensors {
        let dtype = tensor.dtype;
        let share = shares.entry(dtype).or_insert(Share { dtype, tensors: 0, parameters: 0, bytes: 0 });
        share.tensors += 1;
        share.parameters = share.parameters.saturating_add(tensor.elements().unwrap_or(0));
        share.bytes = share.bytes.saturating_add(tensor.bytes().unwrap_or(0));
    }
    let mut shares: Vec<Share> = shares.into_values().collect();
    sort::sort_by_key(&mut shares, |share| std::cmp::Reverse((share.bytes, share.parameters)));
    shares
}

/// The share of each type among the tensors that nodes read.
pub(super) fn dtypes(model: &Model) -> Vec<Share> {
    shares(read_tensors(model))
}

/// How often each operator is used, most frequent first, then as they were met.
pub(super) fn operators(model: &Model) -> Vec<Usage> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut usages: Vec<Usage> = Vec::new();
    let flows = model.graphs.values().filter(|graph| graph.wiring == Wiring::Flow);
    for node in flows.flat_map(|graph| graph.nodes.values()) {
        let place = *places.entry((&node.domain, &node.operator)).or_insert_with(|| {
            usages.push(Usage {
                operator: node.operator.to_string(),
                domain: node.domain.to_string(),
                category: node.category,
                count: 0,
            });
            usages.len() - 1
        });
        usages[place].count += 1;
    }
    sort::sort_by_key(&mut usages, |usage| std::cmp::Reverse(usage.count));
    usages
}

/// The list of graphs.
pub(super) fn graphs(model: &Model) -> Vec<GraphInfo> {
    let mut graphs: Vec<GraphInfo> = model.graphs.iter().map(|(id, graph)| info(model, id, graph)).collect();
    let mut alike: BTreeMap<(GraphId, String), Vec<usize>> = BTreeMap::new();
    for (at, graph) in graphs.iter().enumerate() {
        if let Some(holder) = &graph.parent {
            alike.entry((holder.graph, holder.label.clone())).or_default().push(at);
        }
    }
    for places in alike.into_values().filter(|places| places.len() > 1) {
        let holders = places.iter().filter_map(|at| graphs[*at].parent.as_ref());
        let names: Vec<&str> =
            holders.map(|holder| &*model.graphs[holder.graph].nodes[NodeId(holder.node)].name).collect();
        for (at, name) in places.iter().zip(tell_apart(&names)) {
            graphs[*at].title += &format!(" · {name}");
        }
    }
    graphs
}

fn info(model: &Model, id: GraphId, graph: &Graph) -> GraphInfo {
    let parent = graph.parent.map(|(outer, node_id)| {
        let node = &model.graphs[outer].nodes[node_id];
        let attribute = node.attributes.iter().find(|attribute| attribute.value.graphs().contains(&id));
        let name = attribute.map(|attribute| &*attribute.name).unwrap_or_default();
        Holder { graph: outer, node: node_id.0, label: format!("{} {name}", node.operator) }
    });
    let title = match (&*graph.name, &parent) {
        (_, Some(holder)) => holder.label.clone(),
        ("", None) if graph.wiring == Wiring::Modules => "model".into(),
        ("", None) => "graph".into(),
        (name, None) => name.into(),
    };
    let (nodes, edges) = (graph.nodes.len(), model.edges(id));
    GraphInfo { id, title, kind: graph.kind, wiring: graph.wiring, parent, nodes, edges }
}

/// The shortest ends of `names`, by whole parts, that tell them apart; numbers where the names do not.
fn tell_apart(names: &[&str]) -> Vec<String> {
    let end = |name: &str, parts: usize| {
        let start = name.rmatch_indices(['/', '.']).nth(parts - 1).map_or(0, |(at, sign)| at + sign.len());
        name[start..].to_string()
    };
    let most = names.iter().map(|name| name.matches(['/', '.']).count() + 1).max().unwrap_or(1);
    for parts in 1..=most.min(8) {
        let ends: Vec<String> = names.iter().map(|name| end(name, parts)).collect();
        let distinct: BTreeSet<&String> = ends.iter().filter(|end| !end.is_empty()).collect();
        if distinct.len() == names.len() {
            return ends;
        }
    }
    (1..=names.len()).map(|number| number.to_string()).collect()
}

impl ModelInfo {
    /// The panel of `model`.
    pub(super) fn new(opened: &Opened, file: FileInfo) -> Self {
        let Opened { format, model, report, safety } = opened;
        let full = |import: &Import| Import {
            domain: if import.domain.is_empty() { format.domain.into() } else { import.domain.clone() },
            version: import.version,
        };
        Self {
            file,
            format: model.format.clone(),
            format_id: format.id,
            properties: model.properties.clone(),
            imports: model.imports.iter().map(full).collect(),
            metadata: model.metadata.clone(),
            graphs: graphs(model),
            entry: GraphId(0),
            counts: model.totals(),
            dtypes: dtypes(model),
            operators: operators(model),
            diagnostics: report.diagnostics.clone(),
            dropped_diagnostics: report.dropped,
            safety: safety.clone(),
            bytes_read: 0,
            seconds: 0.0,
        }
    }
}
