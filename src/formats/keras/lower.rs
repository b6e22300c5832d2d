//! Networks become graphs: each call of a layer is a node, networks within networks are scopes.

use super::attributes;
use super::calls::{Argument, Call, Reference};
use super::config::{Layer, Network};
use super::layers;
use super::saved::named;
use super::shapes;
use super::weights::Store;
use crate::codec::document::Document;
use crate::model::{
    Argument as Formal, Attribute, Category, DType, Dim, Graph, Model, Node, Scope, ScopeId, Shape, Type, Value,
    ValueId,
};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// The bytes of a description that justify one layer of a network that is shown again.
const BYTES_PER_LAYER: usize = 24;

/// Makes a graph.
pub struct Builder<'a> {
    /// The model, which has the tensors.
    pub model: &'a mut Model,
    /// The weights.
    pub store: &'a mut Store,
    graph: Graph,
    /// The weights of the layers at places of the store.
    held: HashMap<usize, Vec<(String, ValueId)>>,
    /// How many more layers may be shown within others.
    budget: usize,
    /// Whether a network was not opened for want of it.
    pub folded: bool,
}

/// Where a network is.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// What its nodes are called begins with.
    path: &'a str,
    scope: Option<ScopeId>,
    /// Where its weights are.
    weights: Option<usize>,
}

/// A call of a layer of a network.
struct Instance<'a, 'b> {
    layer: &'b Layer<'a>,
    /// The place of the layer in the network, and the number of the call.
    at: (usize, usize),
    call: Option<&'b Call<'a>>,
    /// How many of its class came before the layer.
    number: usize,
}

/// The tensors of a network, by layer, call, and result.
type Results = HashMap<(usize, usize, usize), ValueId>;

impl<'a> Builder<'a> {
    /// A builder of graphs from a description of so many `bytes`.
    pub fn new(model: &'a mut Model, store: &'a mut Store, bytes: usize) -> Self {
        let budget = bytes / BYTES_PER_LAYER;
        Self { model, store, graph: Graph::default(), held: HashMap::new(), budget, folded: false }
    }

    /// The graph of `network`, the model called `name`.
    pub fn finish(mut self, name: &str, network: &Network) -> (Graph, bool) {
        self.graph.name = name.into();
        let place = Place { path: "", scope: None, weights: Some(Store::ROOT) };
        self.graph.outputs = self.network(network, place, None);
        if !self.graph.scopes.is_empty() {
            // What is in no model within is in the model itself, and not wherever its neighbours are.
            let outermost = self.graph.scopes.push(Scope::default());
            for (_, node) in self.graph.nodes.iter_mut() {
                node.scope.get_or_insert(outermost);
            }
        }
        (self.graph, self.folded)
    }

    /// Adds the layers of `network`, which is called with `given`, if it is not the whole model; with what comes out.
    fn network(&mut self, network: &Network, place: Place, given: Option<&[ValueId]>) -> Vec<ValueId> {
        let instances = instances(network);
        let numbers = Numbers::of(network);
        let mut results = Results::new();
        let mut counts: HashMap<(usize, usize), usize> = HashMap::new();
        for reference in references(network) {
            let (layer, call, tensor) = numbers.key(reference);
            let count = counts.entry((layer, call)).or_default();
            // A result with a number that no layer gives is no result.
            *count = (*count).max((tensor + 1).min(instances.len() + 8));
        }
        for number in order(&instances, &numbers) {
            let Some(instance) = instances.get(number) else { continue };
            let (layer, call) = instance.at;
            let inputs = self.inputs(instance, network, &numbers, &mut results);
            let count = counts.get(&instance.at).copied().unwrap_or(1).max(1);
            // What was asked for before it is there, in a circle.
            let known: Vec<Option<ValueId>> =
                (0..count).map(|tensor| results.get(&(layer, call, tensor)).copied()).collect();
            let outputs = if instance.layer.is_input() {
                vec![self.input(instance.layer, network, place, given)]
            } else if network.sequential && number == 0 && inputs.is_empty() {
                let first = match given {
                    Some(given) => given.to_vec(),
                    None => self.implicit(instance.layer, place),
                };
                let inputs = vec![(Argument::Place(0), first)];
                self.layer(instance, place, inputs, &known)
            } else {
                self.layer(instance, place, inputs, &known)
            };
            for (tensor, value) in outputs.into_iter().enumerate() {
                results.entry((layer, call, tensor)).or_insert(value);
            }
        }
        network.outputs.iter().filter_map(|output| results.get(&numbers.key(output)).copied()).collect()
    }

    /// The tensors that an instance is called with.
    fn inputs<'d>(
        &mut self,
        instance: &Instance<'d, '_>,
        network: &Network,
        numbers: &Numbers,
        results: &mut Results,
    ) -> Vec<(Argument<'d>, Vec<ValueId>)> {
        let mut inputs = Vec::new();
        for (argument, references) in instance.call.map(|call| call.tensors.as_slice()).unwrap_or_default() {
            let mut values = Vec::new();
            for reference in references {
                let key = numbers.key(reference);
                let value = *results.entry(key).or_insert_with(|| {
                    // Nothing gives it, or it runs in a circle.
                    let name = network.layers.get(reference.layer).map(|layer| layer.name).unwrap_or_default();
                    self.graph.values.push(Value { name: name.into(), ..Value::default() })
                });
                if let (Some((dtype, shape)), Some(value)) =
                    (reference.about.and_then(stated), self.graph.values.get_mut(value))
                {
                    value.ty = Some(Type::Tensor { dtype, shape: Some(shape) });
                }
                values.push(value);
            }
            inputs.push((*argument, values));
        }
        // What it was built with is the shape of its only input.
        if let ([(_, values)], Some(shape)) = (inputs.as_slice(), built(instance.layer))
            && let [value] = values.as_slice()
            && network.layers.len() > 1
            && let Some(value) = self.graph.values.get_mut(*value)
        {
            let dtype = dtype(instance.layer, &["dtype"]).unwrap_or(DType::Unknown);
            value.ty.get_or_insert(Type::Tensor { dtype, shape: Some(shape) });
        }
        inputs
    }

    /// The value of an input layer: what the network is called with, or an input of the graph.
    fn input(&mut self, layer: &Layer, network: &Network, place: Place, given: Option<&[ValueId]>) -> ValueId {
        let own = |input: &Reference| network.layers.get(input.layer).is_some_and(|own| own.name == layer.name);
        let number = network.inputs.iter().position(own);
        let number = number.or_else(|| network.sequential.then_some(0));
        if let Some(given) = given.and_then(|given| given.get(number?)) {
            return *given;
        }
        let name = format!("{}{}", place.path, layer.name);
        let value =
            self.graph.values.push(Value { name: name.as_str().into(), ty: declared(layer), ..Value::default() });
        if given.is_none() {
            self.graph.inputs.push(value);
        }
        value
    }

    /// The input of a sequential model without an input layer.
    fn implicit(&mut self, first: &Layer, place: Place) -> Vec<ValueId> {
        let mut layer = first;
        while declared(layer).is_none()
            && let Some(inner) = layer.network.as_ref().and_then(|network| network.layers.first())
        {
            layer = inner;
        }
        let shape = || Some(Type::Tensor { dtype: DType::Unknown, shape: Some(built(layer)?) });
        let ty = declared(layer).or_else(shape);
        let value = self.graph.values.push(Value {
            name: format!("{}input", place.path).as_str().into(),
            ty,
            ..Value::default()
        });
        self.graph.inputs.push(value);
        vec![value]
    }

    /// Adds a call of a layer; with what comes out, as many tensors as there are `results`, some of which are there already.
    fn layer(
        &mut self,
        instance: &Instance,
        place: Place,
        inputs: Vec<(Argument, Vec<ValueId>)>,
        results: &[Option<ValueId>],
    ) -> Vec<ValueId> {
        let layer = instance.layer;
        let weights = place.weights.and_then(|place| self.store.find(place, layer, instance.number));
        // Each call has a name of its own.
        let again = if instance.at.1 > 0 { format!(" ({})", instance.at.1 + 1) } else { String::new() };
        let own = match layer.name {
            "" => format!("{}_{}", layers::snake(layer.class), instance.number + 1),
            name => name.to_owned(),
        };
        let name = format!("{}{own}{again}", place.path);
        if let Some(network) = &layer.network {
            if let Some(left) = self.budget.checked_sub(network.layers.len()) {
                self.budget = left;
                let own = name.strip_prefix(place.path).unwrap_or(layer.class);
                let path = format!("{name}/");
                let metadata =
                    attributes::entries(layer.config).into_iter().filter(|entry| is_scalar(layer.config, &entry.name));
                let metadata = metadata.collect();
                let class = layer.class.into();
                let scope = self.graph.scopes.push(Scope { name: own.into(), parent: place.scope, class, metadata });
                let given: Vec<ValueId> = inputs.iter().flat_map(|(_, values)| values).copied().collect();
                // Where weights have only the names of their own layers, those of a model within are not apart.
                let around = place.weights.filter(|weights| !self.store.by_place(*weights));
                let weights = match weights.or(around) {
                    Some(weights) if layer.class == "TimeDistributed" => Some(self.store.wrapped(weights)),
                    weights => weights,
                };
                // What is called with nothing has inputs of its own.
                let given = instance
                    .call
                    .map(|_| given.as_slice())
                    .or(Some(given.as_slice()).filter(|given| !given.is_empty()));
                return self.network(network, Place { path: &path, scope: Some(scope), weights }, given);
            }
            self.folded = true;
        }
        self.folded |= layer.network.is_none() && matches!(layer.class, "Functional" | "Model" | "Sequential");
        let mut node = self.node(layer, &name, place.scope);
        arguments(instance, &inputs, &mut node);
        if let Some(weights) = weights {
            for (name, value) in self.weights(weights, layer) {
                node.inputs.push(Formal { name: name.as_str().into(), values: vec![value] });
            }
        }
        self.results(layer, &name, node, inputs, results)
    }

    /// The node of a layer, without what it reads.
    fn node(&self, layer: &Layer, name: &str, scope: Option<ScopeId>) -> Node {
        let function =
            layer.config.text_of("function").filter(|_| matches!(layer.class, "TFOpLambda" | "SlicingOpLambda"));
        let operator = function.map(|name| name.trim_start_matches("tf.")).unwrap_or(layer.class);
        let category = match function {
            Some(function) => {
                let last = function.rsplit('.').next().unwrap_or_default();
                let class: String = last.split('_').map(capitalised).collect();
                match last {
                    "concat" | "getitem" | "strided_slice" => Category::Shape,
                    _ if last.starts_with("reduce_") => Category::Reduction,
                    _ => layers::category(&class, true),
                }
            }
            None => layers::category(layer.class, is_operation(layer)),
        };
        let mut attributes = attributes::of(layer);
        attributes.retain(|attribute| function.is_none() || &*attribute.name != "function");
        Node {
            name: name.into(),
            operator: operator.into(),
            domain: domain(layer, function.is_some()).into(),
            category,
            scope,
            attributes,
            ..Node::default()
        }
    }

    /// Adds `node` with its results.
    fn results(
        &mut self,
        layer: &Layer,
        name: &str,
        mut node: Node,
        inputs: Vec<(Argument, Vec<ValueId>)>,
        results: &[Option<ValueId>],
    ) -> Vec<ValueId> {
        let values: Vec<ValueId> = inputs.into_iter().flat_map(|(_, values)| values).collect();
        let given = values.iter().map(|value| self.graph.values.get(*value).and_then(|value| value.ty.as_ref()));
        let inferred = shapes::infer(layer, &given.collect::<Vec<_>>());
        let mut outputs = Vec::new();
        for (number, known) in results.iter().enumerate() {
            let suffix = if number > 0 { format!(":{number}") } else { String::new() };
            let ty = inferred.clone().filter(|_| number == 0);
            let value = Value { name: format!("{name}{suffix}").as_str().into(), ty, ..Value::default() };
            outputs.push(match known {
                Some(known) => *known,
                None => self.graph.values.push(value),
            });
        }
        node.outputs = outputs.iter().map(|value| Formal { name: "".into(), values: vec![*value] }).collect();
        self.graph.nodes.push(node);
        outputs
    }

    /// The weights of `layer` at `place` of the store. A layer that is called again has the same.
    fn weights(&mut self, place: usize, layer: &Layer) -> Vec<(String, ValueId)> {
        if let Some(held) = self.held.get(&place) {
            return held.clone();
        }
        let mut held = Vec::new();
        for (name, tensor) in self.store.weights(place, layer, &self.model.tensors) {
            let path = self.model.tensors.get(tensor).map(|tensor| tensor.name.clone()).unwrap_or_default();
            held.push((name, self.graph.values.push(Value { name: path, tensor: Some(tensor), ..Value::default() })));
        }
        self.held.insert(place, held.clone());
        held
    }
}

/// Gives `node` the arguments of a call: tensors, and what is no tensor as attributes.
fn arguments(instance: &Instance, inputs: &[(Argument, Vec<ValueId>)], node: &mut Node) {
    let layer = instance.layer;
    let known = layers::known(layer.class, is_operation(layer));
    for (argument, values) in inputs {
        let name = match argument {
            Argument::Name(name) => name,
            Argument::Place(place) => known.and_then(|known| known.inputs.get(*place).copied()).unwrap_or_default(),
        };
        node.inputs.push(Formal { name: name.into(), values: values.clone() });
    }
    for (argument, value) in instance.call.map(|call| call.constants.as_slice()).unwrap_or_default() {
        let name = match argument {
            Argument::Name(name) => (*name).to_owned(),
            // Without its module, an operation looks like the layer of the same name.
            Argument::Place(place) => match [known, layers::known(layer.class, true)]
                .iter()
                .find_map(|known| known.and_then(|known| known.inputs.get(*place)))
            {
                Some(name) if !name.is_empty() => (*name).to_owned(),
                _ => format!("argument {place}"),
            },
        };
        let known = node.attributes.iter().any(|attribute| *attribute.name == *name);
        if !known && name != "training" && name != "mask" {
            node.attributes.push(Attribute { name: name.as_str().into(), value: attributes::literal(value, false) });
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn is_scalar(config: &Document, name: &str) -> bool {
    let usual = config.get(name) == Some(&Document::Bool(true)) && name == "trainable";
    !usual && name != "name" && !matches!(config.get(name), Some(Document::List(_) | Document::Object(_)) | None)
}

/// Whether a layer is an operation of `keras.ops`.
pub fn is_operation(layer: &Layer) -> bool {
    layer
        .whole
        .text_of("module")
        .is_some_and(|module| module.starts_with("keras.src.ops.") || module.starts_with("keras.ops"))
}

/// Where the class of a layer is defined, unless Keras has it.
fn domain<'a>(layer: &Layer<'a>, function: bool) -> &'a str {
    let module = layer.whole.text_of("module").unwrap_or_default();
    let registered = layer.whole.text_of("registered_name").unwrap_or_default();
    match registered.split_once('>') {
        _ if function => "tf",
        _ if is_operation(layer) => "keras.ops",
        Some((package, _)) => package,
        None if module.is_empty() || module.starts_with("keras") => "",
        None => module,
    }
}

/// All tensors that layers of `network` are called with, and those that go out.
fn references<'a, 'b>(network: &'b Network<'a>) -> impl Iterator<Item = &'b Reference<'a>> {
    let calls = network.layers.iter().flat_map(|layer| &layer.calls);
    calls.flat_map(Call::references).chain(&network.outputs)
}

/// The numbers of the first calls of layers. A model in a model was called before, when it was made; its calls within a network that are part of
/// it have the numbers after that.
struct Numbers(HashMap<usize, usize>);

impl Numbers {
    fn of(network: &Network) -> Self {
        let mut first = HashMap::new();
        for reference in references(network) {
            let call = first.entry(reference.layer).or_insert(reference.call);
            *call = reference.call.min(*call);
        }
        Self(first)
    }

    /// The layer, the call among those that are part of the network, and the result of that.
    fn key(&self, reference: &Reference) -> (usize, usize, usize) {
        let first = self.0.get(&reference.layer).copied().unwrap_or(0);
        (reference.layer, reference.call - first.min(reference.call), reference.tensor)
    }
}

/// All calls of all layers.
fn instances<'a, 'b>(network: &'b Network<'a>) -> Vec<Instance<'a, 'b>> {
    let mut instances = Vec::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (place, layer) in network.layers.iter().enumerate() {
        let count = counts.entry(layer.class).or_default();
        let number = *count;
        *count += 1;
        let calls = layer.calls.iter().map(Some).chain(layer.calls.is_empty().then_some(None));
        instances.extend(calls.enumerate().map(|(call, node)| Instance {
            layer,
            at: (place, call),
            call: node,
            number,
        }));
    }
    instances
}

/// The numbers of `instances`, those that others wait for before these; what waits in a circle comes last.
fn order(instances: &[Instance], numbers: &Numbers) -> Vec<usize> {
    let places: HashMap<(usize, usize), usize> =
        instances.iter().enumerate().map(|(number, instance)| (instance.at, number)).collect();
    let mut waits = vec![0usize; instances.len()];
    let mut ahead: Vec<Vec<usize>> = vec![Vec::new(); instances.len()];
    for (number, instance) in instances.iter().enumerate() {
        for reference in instance.call.into_iter().flat_map(Call::references) {
            let (layer, call, _) = numbers.key(reference);
            let before = places.get(&(layer, call));
            if let (Some(before), Some(waits)) =
                (before.and_then(|before| ahead.get_mut(*before)), waits.get_mut(number))
            {
                before.push(number);
                *waits += 1;
            }
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        waits.iter().enumerate().filter(|(_, waits)| **waits == 0).map(|(number, _)| Reverse(number)).collect();
    let mut order = Vec::with_capacity(instances.len());
    while let Some(Reverse(number)) = ready.pop() {
        order.push(number);
        for next in ahead.get(number).into_iter().flatten() {
            if let Some(waits) = waits.get_mut(*next) {
                *waits = waits.saturating_sub(1);
                if *waits == 0 {
                    ready.push(Reverse(*next));
                }
            }
        }
    }
    order.extend((0..instances.len()).filter(|number| waits.get(*number).is_some_and(|waits| *waits > 0)));
    order
}

/// What the configuration of a tensor says of it.
fn stated(about: &Document) -> Option<(DType, Shape)> {
    Some((about.text_of("dtype").map_or(DType::Unknown, named), batched(about.get("shape")?)?))
}

/// The shape that is a list of numbers, and of nothing where a dimension is open.
pub fn shape(document: &Document) -> Option<Shape> {
    let dims = match document {
        Document::List(dims) => dims,
        Document::Object(_) => match document.get("items")? {
            Document::List(dims) => dims,
            _ => return None,
        },
        _ => return None,
    };
    let dim = |dim: &Document| match dim {
        Document::Null => Some(Dim::Unknown),
        Document::Int(size) => Some(u64::try_from(*size).map_or(Dim::Unknown, Dim::Known)),
        _ => None,
    };
    dims.iter().map(dim).collect::<Option<_>>().map(Shape)
}

/// The shape of a tensor, whose first dimension is that of the batch.
fn batched(document: &Document) -> Option<Shape> {
    let mut shape = shape(document)?;
    if let Some(first) = shape.0.first_mut().filter(|first| **first == Dim::Unknown) {
        *first = batch();
    }
    Some(shape)
}

/// How many examples there are at once.
fn batch() -> Dim {
    Dim::Symbol("batch".into())
}

/// The shape that a layer was built for.
fn built(layer: &Layer) -> Option<Shape> {
    batched(layer.whole.get("build_config")?.get("input_shape")?)
}

/// What the configuration of a layer says comes in.
fn declared(layer: &Layer) -> Option<Type> {
    let config = layer.config;
    let whole = layer.setting(&["batch_shape", "batch_input_shape"]).and_then(batched);
    let rest = || {
        // Version 1 states the shape without the batch, or only how many features there are.
        let rest = config.get("input_shape").and_then(shape);
        let rest = rest.or_else(|| Some(Shape(vec![Dim::Known(u64::try_from(config.get("input_dim")?.int()?).ok()?)])));
        rest.map(|rest| Shape(std::iter::once(batch()).chain(rest.0).collect()))
    };
    let shape = whole.or_else(|| rest().filter(|_| layer.class != "Embedding"))?;
    Some(Type::Tensor { dtype: dtype(layer, &["dtype", "input_dtype"]).unwrap_or(DType::Unknown), shape: Some(shape) })
}

/// The type that one of `settings` states.
pub fn dtype(layer: &Layer, settings: &[&str]) -> Option<DType> {
    let name = match layer.setting(settings)? {
        Document::Text(name) => name,
        policy => {
            let config = policy.get("config")?;
            // One that quantises is called after the one that it computes by.
            config.text_of("name").or_else(|| config.text_of("source_name"))?
        }
    };
    Some(named(name.strip_prefix("mixed_").unwrap_or(name)))
}
