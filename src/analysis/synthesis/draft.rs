//! A diagram while it is drawn.

use super::recognise::Piece;
use super::{Facts, Weight};
use crate::model::{
    Arena, Argument, Attribute, Category, DType, Dim, Graph, Literal, Node, Scope, ScopeId, Shape, Strings, Tensor,
    TensorId, Text, Type, Value, ValueId, Wiring,
};
use foldhash::HashMap;

/// The diagram, and what it is drawn from.
pub struct Draft<'a> {
    weights: &'a [Weight<'a>],
    tensors: &'a Arena<TensorId, Tensor>,
    /// What the configuration says.
    pub facts: &'a Facts,
    graph: Graph,
    strings: Strings,
    /// Scopes by their paths.
    scopes: HashMap<String, ScopeId>,
    /// The value of each tensor that was read already.
    constants: HashMap<TensorId, ValueId>,
    /// What of a path is left out of the scopes: what everything is in.
    common: &'a str,
}

/// A node to be.
pub struct Step<'a> {
    operator: &'a str,
    category: Category,
    scope: &'a str,
    name: &'a str,
    inputs: Vec<(&'a str, Vec<ValueId>)>,
    weights: Vec<(String, usize)>,
    attributes: Vec<Attribute>,
}

impl<'a> Step<'a> {
    /// An application of `operator` in the module at `scope`.
    pub fn new(operator: &'a str, category: Category, scope: &'a str) -> Self {
        let (inputs, weights, attributes) = (Vec::new(), Vec::new(), Vec::new());
        Self { operator, category, scope, name: "", inputs, weights, attributes }
    }

    /// One that is the module `piece`, and reads its weights.
    pub fn of(operator: &'a str, category: Category, piece: &'a Piece) -> Self {
        let mut step = Self::new(operator, category, &piece.path);
        step.weights.clone_from(&piece.weights);
        step.named(&piece.path)
    }

    /// The same node that reads the weights of `piece`, too.
    pub fn with(mut self, piece: Option<&Piece>) -> Self {
        self.weights.extend(piece.into_iter().flat_map(|piece| piece.weights.iter().cloned()));
        self
    }

    /// The same node with an input.
    pub fn input(mut self, name: &'a str, value: ValueId) -> Self {
        self.inputs.push((name, vec![value]));
        self
    }

    /// The same node with an input, if there is one.
    pub fn maybe(mut self, name: &'a str, value: Option<ValueId>) -> Self {
        self.inputs.extend(value.map(|value| (name, vec![value])));
        self
    }

    /// The same node in the module at `scope`.
    pub fn within(mut self, scope: &'a str) -> Self {
        self.scope = scope;
        self
    }

    /// The same node as the module `name`, the last part of which is an attribute unless it says no more than the operator.
    pub fn named(mut self, name: &'a str) -> Self {
        self.name = name;
        let last = name.rsplit('.').next().unwrap_or(name);
        let tells = !last.eq_ignore_ascii_case(self.operator);
        self.set("module", tells.then(|| Literal::String(last.into())))
    }

    /// The same node with an input of several values.
    pub fn inputs(mut self, name: &'a str, values: Vec<ValueId>) -> Self {
        self.inputs.push((name, values));
        self
    }

    /// The same node with an attribute, if there is `content` for it.
    pub fn set(mut self, name: &str, content: Option<Literal>) -> Self {
        self.attributes.extend(content.map(|value| Attribute { name: name.into(), value }));
        self
    }
}

/// `size` as the content of an attribute.
pub fn int(size: u64) -> Literal {
    Literal::Int(i64::try_from(size).unwrap_or(i64::MAX))
}

impl<'a> Draft<'a> {
    /// An empty diagram of `weights`, all in the module at `common`.
    pub fn new(
        weights: &'a [Weight<'a>],
        tensors: &'a Arena<TensorId, Tensor>,
        facts: &'a Facts,
        common: &'a str,
    ) -> Self {
        Self {
            weights,
            tensors,
            facts,
            graph: Graph { wiring: Wiring::Flow, ..Graph::default() },
            strings: Strings::default(),
            scopes: HashMap::default(),
            constants: HashMap::default(),
            common,
        }
    }

    /// Whether a node reads `tensor`.
    pub fn reads(&self, tensor: TensorId) -> bool {
        self.constants.contains_key(&tensor)
    }

    /// The diagram.
    pub fn finish(self) -> Graph {
        self.graph
    }

    /// An input called `name`, or the one that there is.
    pub fn input(&mut self, name: &str, dims: &[&str]) -> ValueId {
        let known = self.graph.inputs.iter().find(|value| &*self.graph.values[**value].name == name);
        if let Some(known) = known {
            return *known;
        }
        let shape = Shape(dims.iter().map(|dim| Dim::Symbol((*dim).into())).collect());
        let ty = Some(Type::Tensor { dtype: DType::Unknown, shape: Some(shape) });
        let value = self.graph.values.push(Value { name: name.into(), ty, inferred: true, ..Value::default() });
        self.graph.inputs.push(value);
        value
    }

    /// Makes `value` an output called `name`, or like that.
    pub fn output(&mut self, name: &str, value: ValueId) {
        if self.graph.outputs.contains(&value) {
            return;
        }
        let taken = |name: &str| self.graph.values.values().any(|value| &*value.name == name);
        let free = (2..).map(|number| format!("{name}_{number}")).find(|name| !taken(name));
        let name = if taken(name) { free.unwrap_or_default() } else { name.to_owned() };
        self.graph.values[value].name = name.as_str().into();
        self.graph.outputs.push(value);
    }

    /// Adds a node with one output of the type of `like`, the last dimension of which is `width` if that is given.
    pub fn add(&mut self, step: Step, like: ValueId, width: Option<u64>) -> ValueId {
        let mut ty = self.graph.values[like].ty.clone();
        if let (Some(width), Some(Type::Tensor { shape: Some(shape), .. })) = (width, &mut ty)
            && let Some(last) = shape.0.last_mut()
        {
            *last = Dim::Known(width);
        }
        self.push(step, vec![("output", ty)])[0]
    }

    /// Adds a node with an output of these dimensions.
    pub fn shaped(&mut self, step: Step, shape: Option<Shape>) -> ValueId {
        let ty = shape.map(|shape| Type::Tensor { dtype: DType::Unknown, shape: Some(shape) });
        self.push(step, vec![("output", ty)])[0]
    }

    /// Adds a node with outputs of these names, of which nobody knows the shape.
    pub fn split(&mut self, step: Step, names: &[&'static str]) -> Vec<ValueId> {
        self.push(step, names.iter().map(|name| (*name, None)).collect())
    }

    fn push(&mut self, step: Step, outputs: Vec<(&str, Option<Type>)>) -> Vec<ValueId> {
        let scope = self.scope(step.scope);
        let argument = |strings: &mut Strings, name: &str, values| Argument { name: strings.intern(name), values };
        let mut inputs: Vec<Argument> = Vec::new();
        for (name, values) in step.inputs {
            inputs.push(argument(&mut self.strings, name, values));
        }
        let mut attributes = step.attributes;
        for (name, index) in &step.weights {
            let Some((value, known)) = self.constant(*index) else { continue };
            inputs.push(argument(&mut self.strings, name, vec![value]));
            if known {
                let tied = Literal::String(self.graph.values[value].name.clone());
                attributes.push(Attribute { name: "tied".into(), value: tied });
            }
        }
        let mut values = Vec::new();
        for (_, ty) in &outputs {
            values.push(self.graph.values.push(Value { ty: ty.clone(), inferred: true, ..Value::default() }));
        }
        let outputs = outputs.iter().zip(&values);
        let outputs = outputs.map(|((name, _), value)| argument(&mut self.strings, name, vec![*value])).collect();
        self.graph.nodes.push(Node {
            name: step.name.into(),
            operator: self.strings.intern(step.operator),
            inferred: true,
            category: step.category,
            scope,
            inputs,
            outputs,
            attributes,
            ..Node::default()
        });
        values
    }

    /// The value of a weight, and whether a node before has read it; none if its tensor is not there.
    fn constant(&mut self, index: usize) -> Option<(ValueId, bool)> {
        let weight = self.weights.get(index)?;
        let tensor = weight.tensor?;
        if let Some(known) = self.constants.get(&tensor) {
            return Some((*known, true));
        }
        let value = Value { name: weight.name.into(), tensor: Some(tensor), ..Value::default() };
        let value = self.graph.values.push(value);
        self.constants.insert(tensor, value);
        Some((value, false))
    }

    fn scope(&mut self, path: &str) -> Option<ScopeId> {
        let inside = path.strip_prefix(self.common).filter(|rest| rest.is_empty() || rest.starts_with('.'));
        let within = inside.map_or(path, |rest| rest.trim_start_matches('.'));
        if within.is_empty() {
            return None;
        }
        if let Some(known) = self.scopes.get(within) {
            return Some(*known);
        }
        let mut parent = None;
        for end in within.match_indices('.').map(|(at, _)| at).chain([within.len()]) {
            let path = &within[..end];
            if let Some(known) = self.scopes.get(path) {
                parent = Some(*known);
                continue;
            }
            let name: Text = self.strings.intern(path.rsplit('.').next().unwrap_or(path));
            let new = self.graph.scopes.push(Scope { name, parent, ..Scope::default() });
            self.scopes.insert(path.into(), new);
            parent = Some(new);
        }
        parent
    }

    /// The tensor of `piece` that is called `name` there.
    pub fn tensor(&self, piece: &Piece, name: &str) -> Option<&'a Tensor> {
        let (_, index) = piece.weights.iter().find(|(own, _)| own == name)?;
        self.tensors.get(self.weights.get(*index)?.tensor?)
    }

    /// How many features the matrix of `piece` reads and makes, if its weights tell.
    pub fn features(&self, piece: &Piece) -> Option<(u64, u64)> {
        let weight = self.tensor(piece, "weight").or_else(|| {
            let [(name, _)] = piece.weights.as_slice() else { return None };
            self.tensor(piece, name)
        })?;
        // Integers are packed elements of a smaller type.
        let packed = matches!(weight.dtype, DType::U8 | DType::I8 | DType::I32 | DType::U32 | DType::Bool);
        let bias = self.tensor(piece, "bias").map(|bias| bias.shape.as_slice());
        match (weight.shape.as_slice(), bias) {
            _ if packed => None,
            // GPT-2 keeps its matrices the other way round.
            ([inputs, outputs], Some([bias])) if bias == outputs && bias != inputs => Some((*inputs, *outputs)),
            ([outputs, inputs], _) => Some((*inputs, *outputs)),
            _ => None,
        }
    }

    /// The size of the only dimension of the first weight of `piece`.
    pub fn len(&self, piece: &Piece) -> Option<u64> {
        let (name, _) = piece.weights.first()?;
        match self.tensor(piece, name)?.shape.as_slice() {
            [size] => Some(*size),
            _ => None,
        }
    }
}
