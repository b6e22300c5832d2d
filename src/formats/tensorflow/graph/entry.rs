//! What a model is entered by: its signatures, else the functions of its outermost object, and the graph as a whole.
//!
//! A signature often leads through functions that do nothing but call another one. What is shown is the innermost of them, with the names of the
//! signature.

use super::super::proto::{self, Shape};
use super::known::{self, At};
use super::lower::{Lowering, Site};
use super::proto::{Entry, Signature as Message, TensorInfo};
use super::read::{Body, End, Graph as Source, Node, Reference};
use crate::model::{Graph, GraphKind, TensorId, Text, Type};
use crate::source::Span;
use foldhash::HashMap;

/// How many functions are gone through to one that does something.
const CHAIN: usize = 16;
/// How many nodes that only hand something on are followed.
const STEPS: usize = 64;
/// The most results of a graph that are taken for its outputs.
const OUTPUTS: usize = 32;

/// `SignatureDef`: names of inputs and outputs, and of the tensors that they are.
#[derive(Debug)]
pub struct Signature {
    /// Its name.
    pub name: Text,
    /// Its inputs.
    pub inputs: Vec<Info>,
    /// Its outputs.
    pub outputs: Vec<Info>,
}

/// `TensorInfo`, with the name that the signature has for it.
#[derive(Debug)]
pub struct Info {
    /// That name.
    pub name: Text,
    /// The tensor.
    pub tensor: String,
    /// Its type, where it is stated.
    pub ty: Option<Type>,
}

/// What a way into the model leads to.
pub struct Way {
    /// What it is called.
    name: Text,
    at: At,
    given: Vec<Option<TensorId>>,
    inputs: Vec<(Text, End)>,
    outputs: Vec<(Text, Reference)>,
    /// The types of these that are stated.
    types: HashMap<Text, Type>,
}

impl Way {
    /// How many nodes are in the body that it leads to.
    pub fn len(&self, graph: &Source) -> usize {
        known::body(graph, self.at).map_or(0, |body| body.nodes.len())
    }

    /// Whether all of the graph itself is on it.
    pub fn is_whole(&self, graph: &Source) -> bool {
        self.at.is_none() && !outside(&graph.main, &self.outputs).contains(&true)
    }
}

impl Lowering<'_, '_> {
    /// The signatures at `spans`: those that say what goes out, the one for serving first.
    pub fn signatures(&mut self, spans: &[Span]) -> Vec<Signature> {
        let mut found = Vec::new();
        for span in spans {
            let entry: Entry = self.reader().decode(*span, "a signature");
            let signature: Message = self.reader().decode(entry.value.unwrap_or_default(), "a signature");
            let inputs = self.infos(&signature.inputs);
            let outputs = self.infos(&signature.outputs);
            found.push(Signature { name: entry.key.as_str().into(), inputs, outputs });
        }
        found.retain(|signature| !signature.outputs.is_empty());
        found.sort_by_key(|signature| &*signature.name != "serving_default");
        found
    }

    /// Names and tensors; what has no type is an operation to be run.
    fn infos(&mut self, spans: &[Span]) -> Vec<Info> {
        let info = |span: &Span| {
            let entry: Entry = self.reader().decode(*span, "a signature");
            let info: TensorInfo = self.reader().decode(entry.value.unwrap_or_default(), "a signature");
            let ty = proto::ty(info.dtype, info.shape.as_ref().and_then(Shape::lower));
            (info.dtype != 0).then(|| Info { name: entry.key.as_str().into(), tensor: info.name, ty })
        };
        let mut infos: Vec<Info> = spans.iter().filter_map(info).collect();
        // Maps have no order of their own.
        infos.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        infos
    }

    /// Where `signature` leads to.
    pub fn signed(&mut self, signature: &Signature) -> Way {
        let graph = self.of.graph.clone();
        let mut refer = |info: &Info| (info.name.clone(), graph.main.reference(&info.tensor, &mut self.of.strings));
        let inputs = signature.inputs.iter().map(&mut refer).map(|(name, reference)| (name, reference.end)).collect();
        let outputs = signature.outputs.iter().map(&mut refer).collect();
        let stated = signature.inputs.iter().chain(&signature.outputs);
        let types = stated.filter_map(|info| Some((info.name.clone(), info.ty.clone()?))).collect();
        let name = signature.name.clone();
        self.way(&graph, Way { name, at: None, given: Vec::new(), inputs, outputs, types })
    }

    /// Where the function `place` leads to, which is called `name` from outside.
    pub fn called(&mut self, place: u32, name: Text) -> Way {
        let graph = self.of.graph.clone();
        let outputs = results(&graph, place);
        let given = self.given_of(Some(place));
        self.way(&graph, Way { name, at: Some(place), given, inputs: Vec::new(), outputs, types: HashMap::default() })
    }

    /// The graph that `way` leads to.
    pub fn entered(&mut self, way: Way) -> Graph {
        let graph = self.of.graph.clone();
        let without = match way.at {
            None => outside(&graph.main, &way.outputs),
            Some(_) => known::body(&graph, way.at).map(|body| left_over(body, &way.outputs)).unwrap_or_default(),
        };
        self.lower(Site {
            at: way.at,
            given: &way.given,
            without: Some(without),
            inputs: way.inputs,
            outputs: way.outputs,
            types: way.types,
            inferred: false,
            kind: GraphKind::Main,
            name: way.name,
            description: Text::default(),
        })
    }

    /// The function `place` of the library.
    pub fn function(&mut self, place: u32) -> Graph {
        let graph = self.of.graph.clone();
        let function = graph.functions.get(place as usize);
        let given = self.given_of(Some(place));
        self.lower(Site {
            at: Some(place),
            given: &given,
            without: None,
            inputs: Vec::new(),
            outputs: results(&graph, place),
            types: HashMap::default(),
            inferred: false,
            kind: GraphKind::Function,
            name: function.map(|function| function.name.clone()).unwrap_or_default(),
            description: function.map(|function| function.description.as_str().into()).unwrap_or_default(),
        })
    }

    /// The graph itself, called `name`. Where nothing says what goes out, `alone`, that is what nothing in it reads.
    pub fn whole(&mut self, name: Text, alone: bool) -> Graph {
        let graph = self.of.graph.clone();
        let outputs = if alone { leaves(&graph.main) } else { Vec::new() };
        self.lower(Site {
            at: None,
            given: &[],
            without: None,
            inputs: Vec::new(),
            outputs,
            types: HashMap::default(),
            inferred: true,
            kind: GraphKind::Main,
            name,
            description: Text::default(),
        })
    }

    /// Goes on from `way` through calls, as long as nothing else is done.
    fn way(&mut self, graph: &Source, mut way: Way) -> Way {
        for _ in 0..CHAIN {
            match self.step(graph, &way) {
                Some(next) => way = next,
                None => break,
            }
        }
        way
    }

    /// The function that all outputs of `way` are results of, if nothing else is done there.
    fn step(&mut self, graph: &Source, way: &Way) -> Option<Way> {
        let body = known::body(graph, way.at)?;
        let outputs: Vec<&Reference> = way.outputs.iter().map(|(_, output)| handed(body, output)).collect();
        let call = &outputs.first()?.end;
        if outputs.iter().any(|output| output.end != *call) {
            return None;
        }
        let node = body.node(call)?;
        let place = self.called_by(graph, node)?;
        let callee = known::body(graph, Some(place))?;
        let idle = |node: &Node| {
            matches!(&*node.operator, "Identity" | "NoOp" | "Const" | "Placeholder")
                || known::is_variable(&node.operator)
        };
        if way.at.is_some() && body.nodes.iter().any(|other| !std::ptr::eq(other, node) && !idle(other)) {
            return None;
        }
        let mut given = Vec::new();
        for input in &node.inputs {
            let tensor = self.tensor(graph, way.at, &way.given, &input.end);
            let from = body.node(&handed(body, input).end);
            if tensor.is_none() && from.is_some_and(|from| !from.inputs.is_empty()) {
                return None;
            }
            given.push(tensor);
        }
        given.resize(callee.arguments.len(), None);
        let argument = |end: &End| node.inputs.iter().position(|input| handed(body, input).end == *end);
        let inputs =
            way.inputs.iter().filter_map(|(name, end)| Some((name.clone(), End::Argument(argument(end)? as u32))));
        // Results of a node that is called as the function have the names of the function's; those of other calls are counted.
        let is_own = graph.functions.get(place as usize).is_some_and(|function| function.name == node.operator);
        let result = |output: &Reference| {
            let named = callee.results.iter().position(|(result, _)| is_own && result.name == output.port);
            callee.results.get(named.unwrap_or(output.index as usize)).map(|(_, reference)| reference.clone())
        };
        let outputs = way.outputs.iter().zip(outputs).map(|((name, _), output)| Some((name.clone(), result(output)?)));
        let (name, types) = (way.name.clone(), way.types.clone());
        Some(Way {
            name,
            at: Some(place),
            given,
            inputs: inputs.collect(),
            outputs: outputs.collect::<Option<_>>()?,
            types,
        })
    }

    /// The function that `node` does nothing but call.
    fn called_by(&mut self, graph: &Source, node: &Node) -> Option<u32> {
        if let Some(place) = graph.named.get(&node.operator) {
            return Some(*place);
        }
        let (_, span) = node.attributes.iter().find(|(name, _)| &**name == "f")?;
        let func = self.reader().attr(*span).func.filter(|_| node.operator.ends_with("PartitionedCall"))?;
        graph.named.get(func.name.as_str()).copied()
    }
}

/// The results of the function `place`, by name.
fn results(graph: &Source, place: u32) -> Vec<(Text, Reference)> {
    let body = known::body(graph, Some(place));
    let results = body.into_iter().flat_map(|body| &body.results);
    results.map(|(result, reference)| (result.name.clone(), reference.clone())).collect()
}

/// What `reference` is before it was handed on.
fn handed<'a>(body: &'a Body, reference: &'a Reference) -> &'a Reference {
    let mut reference = reference;
    for _ in 0..STEPS {
        match body.node(&reference.end).map(|node| (&*node.operator, node.inputs.as_slice())) {
            Some(("Identity", [from])) => reference = from,
            _ => break,
        }
    }
    reference
}

/// Of each node of `body`: whether `outputs` have nothing to do with it.
fn outside(body: &Body, outputs: &[(Text, Reference)]) -> Vec<bool> {
    let mut outside = vec![true; body.nodes.len()];
    let mut left: Vec<&End> = outputs.iter().map(|(_, output)| &output.end).collect();
    while let Some(end) = left.pop() {
        let End::Node(place) = end else { continue };
        if let Some(outside) = outside.get_mut(*place as usize)
            && std::mem::replace(outside, false)
            && let Some(node) = body.nodes.get(*place as usize)
        {
            left.extend(node.inputs.iter().map(|input| &input.end).chain(&node.waits));
        }
    }
    outside
}

/// Of each node of a function: whether it is left over from what was optimised away, as nothing reads it and it does nothing.
fn left_over(body: &Body, outputs: &[(Text, Reference)]) -> Vec<bool> {
    let used = used(body, outputs.iter().map(|(_, output)| &output.end));
    let idle = |node: &Node| node.waits.is_empty() && matches!(&*node.operator, "Const" | "NoOp");
    body.nodes.iter().zip(used).map(|(node, used)| !used && idle(node)).collect()
}

/// Of each node of `body`: whether another one reads it or waits for it, or it is among `ends`.
fn used<'b>(body: &'b Body, ends: impl Iterator<Item = &'b End>) -> Vec<bool> {
    let mut used = vec![false; body.nodes.len()];
    let inner = body.nodes.iter().flat_map(|node| node.inputs.iter().map(|input| &input.end).chain(&node.waits));
    for end in inner.chain(ends) {
        if let End::Node(place) = end
            && let Some(used) = used.get_mut(*place as usize)
        {
            *used = true;
        }
    }
    used
}

/// What nothing in `body` reads, if that is little enough to be what the graph is for, and the graph does not change variables.
fn leaves(body: &Body) -> Vec<(Text, Reference)> {
    let used = used(body, std::iter::empty());
    let silent = |node: &Node| {
        matches!(&*node.operator, "NoOp" | "Assert" | "Placeholder" | "Const" | "_Retval")
            || node.operator.contains("Summary")
    };
    let writes = |node: &Node| {
        node.operator.starts_with("Assign") || node.operator.starts_with("Save") || known::is_variable(&node.operator)
    };
    if body.nodes.iter().any(writes) {
        return Vec::new();
    }
    let nodes = body.nodes.iter().zip(used).enumerate();
    let found: Vec<_> = nodes
        .filter(|(_, (node, used))| !*used && !silent(node))
        .map(|(place, (node, _))| {
            (node.name.clone(), Reference { end: End::Node(place as u32), port: Text::default(), index: 0 })
        })
        .collect();
    if found.len() > OUTPUTS { Vec::new() } else { found }
}
