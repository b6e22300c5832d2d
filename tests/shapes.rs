//! Shapes that the file does not state: against what onnx's own inference found out, and by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::infer::{Shapes, Sizes, symbols};
use lamina::model::{
    Arena, Argument, Attribute, DType, Dim, Graph, GraphKind, Literal, Model, Node, Shape, Type, Value, ValueId,
};
use lamina::source::Files;
use std::collections::BTreeMap;
use std::path::Path;

/// Takes out of `model` what it states about values that are no inputs.
fn strip(model: &mut Model) {
    for (_, graph) in model.graphs.iter_mut() {
        let inputs = graph.inputs.clone();
        for (id, value) in graph.values.iter_mut() {
            if !inputs.contains(&id) {
                value.ty = None;
            }
        }
    }
}

/// Sizes that are no numbers as question marks.
fn plain(ty: &Type) -> String {
    let shape = |shape: &Shape| {
        let dims = shape.0.iter().map(|dim| if let Dim::Known(_) = dim { dim.clone() } else { Dim::Unknown });
        Shape(dims.collect())
    };
    match ty {
        Type::Tensor { dtype, shape: Some(dims) } => {
            Type::Tensor { dtype: *dtype, shape: Some(shape(dims)) }.to_string()
        }
        Type::Sequence(of) => format!("sequence<{}>", plain(of)),
        other => other.to_string(),
    }
}

/// Whether `ours` says all that `theirs` says: more is as good.
fn agrees(theirs: &str, ours: &str) -> bool {
    let ((a, dims_a), (b, dims_b)) =
        (theirs.split_once(' ').unwrap_or((theirs, "")), ours.split_once(' ').unwrap_or((ours, "")));
    let (dims_a, dims_b): (Vec<&str>, Vec<&str>) = (dims_a.split('×').collect(), dims_b.split('×').collect());
    let same = dims_a.len() == dims_b.len() && dims_a.iter().zip(&dims_b).all(|(a, b)| *a == "?" || a == b);
    (a == b || a == "?") && (dims_a == [""] || same)
}

#[test]
fn what_onnx_infers_is_inferred_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text = std::fs::read_to_string(root.join("shapes.json")).unwrap();
    let known: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&text).unwrap();
    assert!(known.len() >= 10 && known.values().map(BTreeMap::len).sum::<usize>() > 500);
    for (path, values) in known {
        let files = common::on_disk(&root.join(&path));
        let mut opened = common::open(&files).unwrap();
        strip(&mut opened.model);
        let shapes = Shapes::of(&opened.model, &files, opened.format.domain, &Sizes::new());
        assert!(shapes.report.diagnostics.is_empty(), "{path}: {:?}", shapes.report.diagnostics);
        let (id, graph) = opened.model.graphs.iter().next().unwrap();
        for (value, of) in graph.values.iter() {
            let Some(theirs) = values.get(&*of.name) else { continue };
            let ours = shapes.typed(&opened.model, id, value).map(|typed| plain(&typed.ty)).unwrap_or_default();
            assert!(agrees(theirs, &ours), "{path}: {}: {theirs} there, {ours} here", of.name);
        }
    }
}

/// A graph that is built by hand.
#[derive(Default)]
struct Draft {
    graph: Graph,
}

impl Draft {
    fn input(&mut self, name: &str, dtype: DType, dims: Vec<Dim>) -> ValueId {
        let ty = Some(Type::Tensor { dtype, shape: Some(Shape(dims)) });
        let id = self.graph.values.push(Value { name: name.into(), ty, ..Value::default() });
        self.graph.inputs.push(id);
        id
    }

    fn node(&mut self, operator: &str, inputs: &[ValueId], attributes: Vec<(&str, Literal)>) -> ValueId {
        let output = self.graph.values.push(Value::default());
        let argument = |value: &ValueId| Argument { name: "".into(), values: vec![*value] };
        let attribute = |(name, value): (&str, Literal)| Attribute { name: name.into(), value };
        self.graph.nodes.push(Node {
            operator: operator.into(),
            inputs: inputs.iter().map(argument).collect(),
            outputs: vec![argument(&output)],
            attributes: attributes.into_iter().map(attribute).collect(),
            ..Node::default()
        });
        output
    }

    fn ints(&mut self, items: &[i64]) -> ValueId {
        self.node(
            "Constant",
            &[],
            vec![("value_ints", Literal::List(items.iter().copied().map(Literal::Int).collect()))],
        )
    }

    fn int(&mut self, item: i64) -> ValueId {
        self.node("Constant", &[], vec![("value_int", Literal::Int(item))])
    }

    fn model(&self) -> Model {
        let mut graphs = Arena::new();
        graphs.push(self.graph.clone());
        Model { graphs, ..Model::default() }
    }

    fn shapes(&self, sizes: &[(&str, u64)]) -> Shapes {
        let sizes: Sizes = sizes.iter().map(|(name, size)| ((*name).into(), *size)).collect();
        Shapes::of(
            &self.model(),
            &Files::new("model.onnx", std::rc::Rc::new(lamina::source::BytesSource(Vec::new()))),
            "ai.onnx",
            &sizes,
        )
    }

    fn ty(&self, value: ValueId, sizes: &[(&str, u64)]) -> String {
        let (model, shapes) = (self.model(), self.shapes(sizes));
        shapes.typed(&model, lamina::model::GraphId(0), value).map(|typed| typed.ty.to_string()).unwrap_or_default()
    }
}

fn symbol(name: &str) -> Dim {
    Dim::Symbol(name.into())
}

#[test]
fn shapes_that_a_graph_computes_are_followed() {
    let mut draft = Draft::default();
    let x = draft.input("x", DType::F32, vec![symbol("batch"), symbol("words"), Dim::Known(768)]);
    let shape = draft.node("Shape", &[x], vec![]);
    let (zero, one) = (draft.int(0), draft.int(1));
    let (batch, words) = (draft.node("Gather", &[shape, zero], vec![]), draft.node("Gather", &[shape, one], vec![]));
    let axes = draft.ints(&[0]);
    let parts = [batch, words].map(|part| draft.node("Unsqueeze", &[part, axes], vec![]));
    let rest = draft.ints(&[12, -1]);
    let target = draft.node("Concat", &[parts[0], parts[1], rest], vec![("axis", Literal::Int(0))]);
    let heads = draft.node("Reshape", &[x, target], vec![]);
    assert_eq!(draft.ty(heads, &[]), "float32 batch×words×12×64");
    assert_eq!(draft.ty(heads, &[("batch", 2), ("words", 128)]), "float32 2×128×12×64");
}

#[test]
fn sizes_are_sums_and_products_of_names() {
    let mut draft = Draft::default();
    let past = draft.input("past", DType::F32, vec![Dim::Known(1), symbol("past"), Dim::Known(64)]);
    let new = draft.input("new", DType::F32, vec![Dim::Known(1), symbol("words"), Dim::Known(64)]);
    let all = draft.node("Concat", &[past, new], vec![("axis", Literal::Int(1))]);
    assert_eq!(draft.ty(all, &[]), "float32 1×(past + words)×64");
    let flat = draft.node("Flatten", &[all], vec![("axis", Literal::Int(2))]);
    assert_eq!(draft.ty(flat, &[]), "float32 (past + words)×64");
    assert_eq!(draft.ty(flat, &[("past", 10)]), "float32 (words + 10)×64");
    let wide = draft.ints(&[1, -1]);
    let row = draft.node("Reshape", &[new, wide], vec![]);
    assert_eq!(draft.ty(row, &[]), "float32 1×64·words");
}

#[test]
fn open_sizes_without_a_name_get_a_number() {
    let mut draft = Draft::default();
    let image = draft.input("image", DType::F32, vec![Dim::Unknown, Dim::Known(3), Dim::Unknown, symbol("?")]);
    let weights = draft.input("w", DType::F32, [8, 3, 3, 3].map(Dim::Known).to_vec());
    let pads = Literal::List([1; 4].map(Literal::Int).to_vec());
    let strides = Literal::List([2; 2].map(Literal::Int).to_vec());
    let y = draft.node("Conv", &[image, weights], vec![("pads", pads), ("strides", strides)]);
    assert_eq!(draft.ty(y, &[]), "float32 ?1×8×(⌊(?2 - 1)/2⌋ + 1)×(⌊(?3 - 1)/2⌋ + 1)");
    assert_eq!(draft.ty(y, &[("?1", 4), ("?2", 224), ("?3", 225)]), "float32 4×8×112×113");
    let names: Vec<String> = symbols(&draft.model()).iter().map(|symbol| symbol.name.to_string()).collect();
    assert_eq!(names, ["?1", "?2", "?3"]);
}

#[test]
fn what_cannot_be_is_told_at_its_node() {
    let mut draft = Draft::default();
    let a = draft.input("a", DType::F32, [2, 3].map(Dim::Known).to_vec());
    let b = draft.input("b", DType::F32, [4, 5].map(Dim::Known).to_vec());
    draft.node("MatMul", &[a, b], vec![]);
    let shapes = draft.shapes(&[]);
    let found: Vec<_> =
        shapes.report.diagnostics.iter().map(|diagnostic| (diagnostic.node.unwrap().0, &*diagnostic.message)).collect();
    assert_eq!(found, [(0, "MatMul: a product over 3 and 4 elements")]);
}

#[test]
fn what_the_file_states_stays_and_is_compared() {
    let mut draft = Draft::default();
    let a = draft.input("a", DType::F32, [2, 3].map(Dim::Known).to_vec());
    let y = draft.node("Relu", &[a], vec![]);
    draft.graph.values[y].name = "y".into();
    draft.graph.values[y].ty = Some(Type::Tensor { dtype: DType::F32, shape: Some(Shape::of(&[2, 4])) });
    assert_eq!(draft.ty(y, &[]), "float32 2×4");
    let message = &draft.shapes(&[]).report.diagnostics[0].message;
    assert_eq!(
        message,
        r#"Relu: what the file states about "y" and what follows from the inputs differ: 4 and 3 along axis 1"#
    );
    // What agrees is no news, and what is stated is not called inferred.
    draft.graph.values[y].ty = Some(Type::Tensor { dtype: DType::F32, shape: Some(Shape::of(&[2, 3])) });
    let (model, shapes) = (draft.model(), draft.shapes(&[]));
    assert!(shapes.report.diagnostics.is_empty());
    assert!(!shapes.typed(&model, lamina::model::GraphId(0), y).unwrap().inferred);
}

#[test]
fn nodes_may_come_in_any_order_and_wait_for_themselves() {
    let mut draft = Draft::default();
    let a = draft.input("a", DType::F32, [2, 3].map(Dim::Known).to_vec());
    let y = draft.node("Relu", &[a], vec![]);
    let z = draft.node("Transpose", &[y], vec![]);
    let mut nodes: Vec<Node> = draft.graph.nodes.clone().into_iter().collect();
    nodes.reverse();
    draft.graph.nodes = Arena::new();
    for node in nodes {
        draft.graph.nodes.push(node);
    }
    assert_eq!(draft.ty(z, &[]), "float32 3×2");

    let mut circle = Draft::default();
    let x = circle.input("x", DType::F32, [2].map(Dim::Known).to_vec());
    let loose = circle.graph.values.push(Value::default());
    let y = circle.node("Add", &[x, loose], vec![]);
    let z = circle.node("Relu", &[y], vec![]);
    let node = circle.graph.nodes.iter().nth(1).unwrap().0;
    circle.graph.nodes[node].outputs[0].values = vec![loose];
    assert_eq!(circle.ty(z, &[]), "");
}

#[test]
fn other_formats_have_what_they_state() {
    let files = common::on_disk(&common::root().join("tflite/cnn.tflite"));
    let opened = common::open(&files).unwrap();
    let shapes = Shapes::of(&opened.model, &files, opened.format.domain, &Sizes::from([("?1".into(), 8)]));
    let (id, graph) = opened.model.graphs.iter().next().unwrap();
    assert_eq!(graph.kind, GraphKind::Main);
    let first = graph.inputs[0];
    assert_eq!(shapes.typed(&opened.model, id, first).unwrap().ty.to_string(), "float32 8×16×16×3");
    let last = graph.outputs[0];
    assert_eq!(shapes.typed(&opened.model, id, last).unwrap().ty.to_string(), "float32 8×10", "the batch goes through");
}
