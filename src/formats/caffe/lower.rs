//! A net becomes graphs.

use super::blob;
use super::net::{Blob, Layer, Net};
use super::state::{Variant, variants};
use crate::model::{
    Argument, DType, Dim, Entry, Graph, Model, Node, Shape, Strings, TensorId, Text, Type, Value, ValueId,
};
use crate::report::{Report, Severity};
use foldhash::{HashMap, HashSet};

/// The weights of a net that are in another file, by the names of their layers.
pub type Weights = HashMap<String, Vec<Blob>>;

/// The model that `net` is, with `weights` in place of its own where there are any.
pub fn model(net: &Net, weights: Option<&Weights>, report: &mut Report) -> Model {
    let mut model = Model { format: format!("Caffe v{}", net.version), ..Model::default() };
    let mut lowering = Lowering {
        net,
        weights,
        model: &mut model,
        report,
        strings: Strings::default(),
        tensors: vec![None; net.layers.len()],
    };
    let variants = variants(net);
    let several = variants.len() > 1;
    for variant in &variants {
        let name = match (several, net.name.is_empty()) {
            (false, _) => net.name.clone(),
            (true, true) => variant.name.clone(),
            (true, false) => format!("{} ({})", net.name, variant.name),
        };
        lowering.graph(variant, &name);
    }
    if let Some(weights) = weights {
        join_report(net, weights, report);
    }
    model
}

/// Tells of weights that no layer has.
fn join_report(net: &Net, weights: &Weights, report: &mut Report) {
    let names: HashSet<&str> = net.layers.iter().map(|layer| layer.name.as_str()).collect();
    let mut left: Vec<&String> = weights.keys().filter(|name| !names.contains(name.as_str())).collect();
    left.sort();
    if let [first, ..] = left.as_slice() {
        let message = format!("{} layers of the file of weights are not in the net: {first:?}", left.len());
        report.add(Severity::Note, message);
    }
}

struct Lowering<'a> {
    net: &'a Net,
    weights: Option<&'a Weights>,
    model: &'a mut Model,
    report: &'a mut Report,
    strings: Strings,
    /// Of each layer that a graph has: the tensors that its blobs became.
    tensors: Vec<Option<Vec<TensorId>>>,
}

/// A graph while it grows.
#[derive(Default)]
struct Draft {
    graph: Graph,
    /// What each name stands for now: a layer may write what it reads.
    names: HashMap<Text, ValueId>,
    /// Those that were read, but nothing has written.
    open: HashSet<ValueId>,
    /// Those that were read.
    read: HashSet<ValueId>,
    /// Those that layers wrote, in their order.
    written: Vec<ValueId>,
}

impl Draft {
    /// What `name` stands for when it is read.
    fn read(&mut self, name: Text) -> ValueId {
        let value = match self.names.get(&name) {
            Some(known) => *known,
            None => {
                let value = self.value(name, None);
                self.open.insert(value);
                value
            }
        };
        self.read.insert(value);
        value
    }

    /// What `name` stands for from now on.
    fn write(&mut self, name: Text) -> ValueId {
        // A layer that is out of order: what was read before is what it writes.
        let early = self.names.get(&name).copied().filter(|value| self.open.remove(value));
        let value = early.unwrap_or_else(|| self.value(name, None));
        self.written.push(value);
        value
    }

    fn value(&mut self, name: Text, ty: Option<Type>) -> ValueId {
        let value = self.graph.values.push(Value { name: name.clone(), ty, ..Value::default() });
        self.names.insert(name, value);
        value
    }

    fn input(&mut self, name: Text, shape: Option<&[i64]>) {
        let dim = |dim: &i64| u64::try_from(*dim).map_or(Dim::Unknown, Dim::Known);
        let shape = shape.map(|dims| Shape(dims.iter().map(dim).collect()));
        let value = self.value(name, Some(Type::Tensor { dtype: DType::F32, shape }));
        self.graph.inputs.push(value);
    }
}

impl Lowering<'_> {
    fn graph(&mut self, variant: &Variant, name: &str) {
        let net = self.net;
        let mut draft = Draft { graph: Graph { name: name.into(), ..Graph::default() }, ..Draft::default() };
        for (name, shape) in &net.inputs {
            let name = self.strings.intern(name);
            draft.input(name, shape.as_deref());
        }
        for index in &variant.layers {
            let Some(layer) = net.layers.get(*index) else { continue };
            if layer.operator.is_some_and(|operator| operator.name == "Input") && layer.bottoms.is_empty() {
                for (index, top) in layer.tops.iter().enumerate() {
                    let name = self.strings.intern(top);
                    let shape = layer.shapes.get(index).or(layer.shapes.first());
                    draft.input(name, shape.map(Vec::as_slice));
                }
            } else {
                self.node(*index, layer, &mut draft);
            }
        }
        let Draft { mut graph, read, written, .. } = draft;
        graph.outputs.extend(written.into_iter().filter(|value| !read.contains(value)));
        self.model.graphs.push(graph);
    }

    fn node(&mut self, index: usize, layer: &Layer, draft: &mut Draft) {
        let operator = layer.operator;
        let mut inputs = Vec::with_capacity(layer.bottoms.len());
        for (index, bottom) in layer.bottoms.iter().enumerate() {
            let value = draft.read(self.strings.intern(bottom));
            self.bind(&mut inputs, operator.map_or(("", false), |operator| operator.bottom(index)), value);
        }
        let tensors = self.tensors(index, layer);
        let mut names = operator.into_iter().flat_map(|operator| operator.blobs(layer.bottoms.len()));
        for (index, tensor) in tensors.into_iter().enumerate() {
            let name = names
                .next()
                .map_or_else(|| format!("blobs[{index}]").as_str().into(), |name| self.strings.intern(name));
            let whole = self.model.tensors.get(tensor).map(|tensor| tensor.name.clone()).unwrap_or_default();
            let value = draft.graph.values.push(Value { name: whole, tensor: Some(tensor), ..Value::default() });
            inputs.push(Argument { name, values: vec![value] });
        }
        let mut outputs = Vec::with_capacity(layer.tops.len());
        for (index, top) in layer.tops.iter().enumerate() {
            let value = draft.write(self.strings.intern(top));
            self.bind(&mut outputs, operator.map_or(("", false), |operator| operator.top(index)), value);
        }
        draft.graph.nodes.push(Node {
            name: layer.name.as_str().into(),
            operator: self.strings.intern(operator.map_or(&layer.kind, |operator| operator.name)),
            category: operator.map(|operator| operator.category).unwrap_or_default(),
            inputs,
            outputs,
            attributes: layer.attributes.clone(),
            metadata: layer.metadata.clone(),
            ..Node::default()
        });
    }

    /// Adds `value` to `arguments`, as the parameter called `name`, or, if that goes on, to those of the last one.
    fn bind(&mut self, arguments: &mut Vec<Argument>, (name, goes_on): (&'static str, bool), value: ValueId) {
        match arguments.last_mut().filter(|_| goes_on) {
            Some(last) => last.values.push(value),
            None => arguments.push(Argument { name: self.strings.intern(name), values: vec![value] }),
        }
    }

    /// The tensors of `layer`, number `index`: graphs share them.
    fn tensors(&mut self, index: usize, layer: &Layer) -> Vec<TensorId> {
        if let Some(Some(known)) = self.tensors.get(index) {
            return known.clone();
        }
        let elsewhere = self.weights.and_then(|weights| weights.get(&layer.name)).map(Vec::as_slice);
        let blobs = elsewhere.unwrap_or(&layer.blobs);
        let is_convolution =
            layer.operator.is_some_and(|operator| operator.category == crate::model::Category::Convolution);
        let mut names = layer.operator.into_iter().flat_map(|operator| operator.blobs(layer.bottoms.len()));
        let mut tensors = Vec::with_capacity(blobs.len());
        for (index, blob) in blobs.iter().enumerate() {
            let own = names.next().map_or_else(|| format!("blobs[{index}]"), str::to_owned);
            let name = format!("{}.{own}", layer.name);
            let tensor = blob::tensor(blob, &name, index > 0 || !is_convolution, self.report);
            tensors.push(self.model.tensors.push(tensor));
        }
        if let Some(place) = self.tensors.get_mut(index) {
            *place = Some(tensors.clone());
        }
        tensors
    }
}

/// Adds what the format says about the model.
pub fn property(model: &mut Model, name: &str, value: &str) {
    model.properties.push(Entry { name: name.into(), value: value.into() });
}
