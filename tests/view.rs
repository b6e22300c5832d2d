//! What the screen is told about models that are built by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::analysis::{GroupId, Tree};
use lamina::formats::{FORMATS, Opened};
use lamina::model::{
    Argument, Attribute, Category, DType, Data, Dim, Graph, GraphId, GraphKind, Literal, Model, Node, NodeId, Scope,
    Shape, Tensor, TensorId, Type, Value, ValueId, Wiring,
};
use lamina::report::{Report, Severity};
use lamina::source::{BytesSource, Files, Span};
use lamina::view::{
    Detail, HitKind, ItemKind, Level, NONE, NetStyle, Palette, Scene, SceneOptions, Selection, Theme, Viewer, flag,
};
use std::rc::Rc;

fn viewer(model: Model, report: Report) -> Viewer {
    let files = Files::new("model.bin", Rc::new(BytesSource(vec![0; 64])));
    Viewer::new(Opened { format: &FORMATS[0], model, report, safety: None }, files)
}

/// A tensor whose values are in the file.
fn tensor(name: &str, shape: &[u64]) -> Tensor {
    let data = Data::Range(lamina::source::FileId(0), Span { at: 0, len: 64 });
    Tensor { data, ..common::tensor(name, shape) }
}

fn value(name: &str, dims: Option<Vec<Dim>>) -> Value {
    let ty = dims.map(|dims| Type::Tensor { dtype: DType::F32, shape: Some(Shape(dims)) });
    Value { name: name.into(), ty, ..Value::default() }
}

fn argument(name: &str, values: &[ValueId]) -> Argument {
    Argument { name: name.into(), values: values.to_vec() }
}

/// `x → Conv(W) → Relu → Add(skip from Conv) → y`, with a body on the side of Add.
fn residual() -> (Model, Report) {
    let mut model = Model { format: "Test v1".into(), ..Model::default() };
    let weight = model.tensors.push(tensor("W", &[8, 3, 3, 3]));
    let mut graph = Graph { name: "main".into(), ..Graph::default() };
    let batch = || vec![Dim::Symbol("batch".into()), Dim::Known(3)];
    let x = graph.values.push(value("x", Some(batch())));
    let w = graph.values.push(Value { tensor: Some(weight), ..value("W", None) });
    let a = graph.values.push(value("a", Some(batch())));
    let b = graph.values.push(value("b", None));
    let y = graph.values.push(value("y", None));
    graph.inputs = vec![x];
    graph.outputs = vec![y];
    let kernel = Literal::List(vec![Literal::Int(3), Literal::Int(3)]);
    let strides = Literal::List(vec![Literal::Int(1), Literal::Int(1)]);
    graph.nodes.push(Node {
        name: "conv".into(),
        operator: "Conv".into(),
        category: Category::Convolution,
        inputs: vec![argument("X", &[x]), argument("W", &[w]), argument("B", &[])],
        outputs: vec![argument("Y", &[a])],
        attributes: vec![
            Attribute { name: "kernel_shape".into(), value: kernel },
            Attribute { name: "strides".into(), value: strides },
        ],
        ..Node::default()
    });
    graph.nodes.push(Node {
        name: "<b>relu</b>".into(),
        operator: "Relu".into(),
        inputs: vec![argument("X", &[a])],
        outputs: vec![argument("Y", &[b])],
        ..Node::default()
    });
    graph.nodes.push(Node {
        operator: "If".into(),
        inputs: vec![argument("A", &[a]), argument("B", &[b, b])],
        outputs: vec![argument("C", &[y])],
        attributes: vec![Attribute { name: "then_branch".into(), value: Literal::Graph(GraphId(1)) }],
        ..Node::default()
    });
    model.graphs.push(graph);
    let mut body = Graph { kind: GraphKind::Body, parent: Some((GraphId(0), NodeId(2))), ..Graph::default() };
    let outer = body.values.push(Value { outer: Some(a), ..value("a", None) });
    body.outputs = vec![outer];
    model.graphs.push(body);
    let mut report = Report::default();
    report.add_at(Severity::Warning, GraphId(0), Some(NodeId(1)), "odd");
    report.add_at(Severity::Error, GraphId(0), Some(NodeId(1)), "worse");
    (model, report)
}

fn scene(graph: u32) -> Scene {
    let (model, report) = residual();
    viewer(model, report).scene(GraphId(graph), &SceneOptions::default()).unwrap()
}

#[test]
fn a_scene_has_pills_cards_and_nets() {
    let scene = scene(0);
    let kinds: Vec<_> = scene.items.iter().map(|item| item.kind).collect();
    use ItemKind::{Input, Node, Output};
    assert_eq!(kinds, [Input, Node, Node, Node, Output]);
    let nets: Vec<_> = scene.nets.iter().map(|net| (net.source, net.value, scene.targets(net).to_vec())).collect();
    // The constant W is no edge, and b, read twice by one node, is one.
    assert_eq!(nets, [(0, 0, vec![1]), (1, 2, vec![2, 3]), (2, 3, vec![3]), (3, 4, vec![4])]);
    assert!(scene.nets.iter().all(|net| net.style == NetStyle::Data));
    assert_eq!(scene.label(&scene.nets[0]), "batch×3");
    assert_eq!(scene.layout.rects.len(), scene.items.len());
}

#[test]
fn a_card_says_what_matters() {
    let scene = scene(0);
    let conv = scene.card(&scene.items[1]);
    assert_eq!(conv.title, "Conv");
    let line = |label: &str, value: &str| (label.to_string(), value.to_string());
    assert_eq!(conv.lines, [line("W", "8×3×3×3"), line("kernel", "3×3")]);
    assert_eq!(scene.items[2].flags, flag::ERROR);
    assert_eq!(scene.items[3].flags, flag::ENTER);
}

#[test]
fn the_reader_chooses_what_cards_show() {
    let (model, report) = residual();
    let options =
        serde_json::from_str(r#"{"direction":"right","shown":{"attributes":false,"weights":false,"names":true}}"#);
    let scene = viewer(model, report).scene(GraphId(0), &options.unwrap()).unwrap();
    assert_eq!(scene.card(&scene.items[1]).lines, [(String::new(), "conv".to_string())]);
    assert_eq!(scene.direction, lamina::layout::Direction::Right);
}

#[test]
fn a_body_shows_what_it_captures() {
    let scene = scene(1);
    assert_eq!(scene.items[0].kind, ItemKind::Input);
    assert_eq!(scene.items[0].flags, flag::CAPTURED);
    assert_eq!(scene.targets(&scene.nets[0]), [1]);
}

#[test]
fn bodies_that_would_be_called_alike_are_told_apart() {
    let titles = |names: &[&str]| -> Vec<String> {
        let mut model = Model::default();
        let mut main = Graph { name: "main".into(), ..Graph::default() };
        for (at, name) in names.iter().enumerate() {
            let body = Literal::Graph(GraphId(at as u32 + 1));
            let attributes = vec![Attribute { name: "body".into(), value: body }];
            main.nodes.push(Node { name: (*name).into(), operator: "Loop".into(), attributes, ..Node::default() });
        }
        model.graphs.push(main);
        for at in 0..names.len() {
            let parent = Some((GraphId(0), NodeId(at as u32)));
            model.graphs.push(Graph { kind: GraphKind::Body, parent, ..Graph::default() });
        }
        let viewer = viewer(model, Report::default());
        viewer.info().graphs[1..].iter().map(|graph| graph.title.clone()).collect()
    };
    assert_eq!(titles(&["a/Loop"]), ["Loop body"]);
    assert_eq!(titles(&["a/Loop", "a/Loop_1"]), ["Loop body · Loop", "Loop body · Loop_1"]);
    assert_eq!(titles(&["x/a/Loop", "x/b/Loop"]), ["Loop body · a/Loop", "Loop body · b/Loop"]);
    assert_eq!(titles(&["same", "same"]), ["Loop body · 1", "Loop body · 2"]);
    assert_eq!(titles(&["", "é"]), ["Loop body · 1", "Loop body · 2"]);
}

#[test]
fn the_panels_tell_all() {
    let (model, report) = residual();
    let viewer = viewer(model, report);
    let info = viewer.info();
    assert_eq!(
        (info.counts.nodes, info.counts.edges, info.counts.initializers, info.counts.parameters),
        (3, 5, 1, 216)
    );
    assert_eq!(info.graphs[1].title, "If then_branch");
    assert_eq!(info.dtypes[0].bytes, 864);
    let Some(Detail::Node(node)) = viewer.detail(GraphId(0), Selection::Node(NodeId(0))) else { panic!("no node") };
    assert_eq!(node.attributes[0].value, "3, 3");
    assert_eq!(node.inputs[1].values[0].tensor.as_ref().unwrap().shape, "8×3×3×3");
    let readers: Vec<_> = node.outputs[0].values[0].consumers.iter().map(|end| &*end.operator).collect();
    assert_eq!(readers, ["Relu", "If"]);
    let Some(Detail::Value { value, .. }) = viewer.detail(GraphId(0), Selection::Value(ValueId(0))) else {
        panic!("no value")
    };
    assert!(value.input && !value.output);
    assert_eq!(value.ty.as_deref(), Some("float32 batch×3"));
    assert!(viewer.detail(GraphId(0), Selection::Node(NodeId(99))).is_none());
    assert!(viewer.detail(GraphId(9), Selection::Node(NodeId(0))).is_none());
}

#[test]
fn find_reaches_operators_names_and_tensors() {
    let (model, report) = residual();
    let viewer = viewer(model, report);
    let hits = |query| viewer.find(GraphId(0), query);
    assert_eq!(hits("CONV").hits[0].kind, HitKind::Node);
    assert_eq!(hits("w").hits[0].kind, HitKind::Tensor);
    assert_eq!(hits("b").total, 2);
    assert_eq!(hits("  ").total, 0);
}

#[test]
fn names_are_text_in_exported_drawings() {
    let (model, report) = residual();
    let options = serde_json::from_str(r#"{"shown":{"names":true}}"#).unwrap();
    let svg = viewer(model, report).svg(GraphId(0), &options, Theme::Light).unwrap();
    assert!(svg.contains("&lt;b&gt;relu&lt;/b&gt;"));
    assert!(!svg.contains("<b>"));
}

/// `root.layers.{10,2}` and a tensor without a module.
fn modules() -> Model {
    let mut model = Model::default();
    let mut graph = Graph { wiring: Wiring::Modules, ..Graph::default() };
    let scope = |graph: &mut Graph, name: &str, parent| {
        graph.scopes.push(Scope { name: name.into(), parent, ..Scope::default() })
    };
    let root = scope(&mut graph, "root", None);
    let layers = scope(&mut graph, "layers", Some(root));
    let ten = scope(&mut graph, "10", Some(layers));
    let two = scope(&mut graph, "2", Some(layers));
    for (scope, name) in [(Some(ten), "10"), (Some(two), "2"), (None, "loose")] {
        let tensor = model.tensors.push(tensor("weight", &[2, 3]));
        let value = graph.values.push(Value { tensor: Some(tensor), ..value("weight", None) });
        let inputs = vec![argument("weight", &[value])];
        graph.nodes.push(Node { operator: name.into(), scope, inputs, ..Node::default() });
    }
    model.graphs.push(graph);
    model
}

#[test]
fn modules_are_a_tree_in_natural_order() {
    let options = SceneOptions { level: Level::Flat, ..SceneOptions::default() };
    let scene = viewer(modules(), Report::default()).scene(GraphId(0), &options).unwrap();
    let titles: Vec<_> = scene.items.iter().map(|item| &*scene.card(item).title).collect();
    let place = |title: &str| titles.iter().position(|other| *other == title).unwrap();
    assert!(place("2") < place("10"), "{titles:?}");
    assert!(scene.nets.iter().all(|net| net.value == NONE && net.style == NetStyle::Containment));
    // Every item but the first is in exactly one other.
    let mut inside: Vec<u32> = scene.nets.iter().flat_map(|net| scene.targets(net).iter().copied()).collect();
    inside.sort_unstable();
    assert_eq!(inside, (1..scene.items.len() as u32).collect::<Vec<_>>());
    assert_eq!(scene.card(&scene.items[0]).lines, [(String::new(), "18".to_string())]);
    assert_eq!(scene.direction, lamina::layout::Direction::Right);
}

#[test]
fn modules_that_are_alone_say_where() {
    let mut model = Model::default();
    let mut graph = Graph { wiring: Wiring::Modules, ..Graph::default() };
    for outer in ["lin0", "lin1"] {
        let mut parent = None;
        for name in [outer, "model", "1"] {
            parent = Some(graph.scopes.push(Scope { name: name.into(), parent, ..Scope::default() }));
        }
        graph.nodes.push(Node { operator: "Conv2d".into(), scope: parent, ..Node::default() });
    }
    model.graphs.push(graph);
    let options = SceneOptions { level: Level::Flat, ..SceneOptions::default() };
    let scene = viewer(model, Report::default()).scene(GraphId(0), &options).unwrap();
    let titles: Vec<_> = scene.items.iter().map(|item| &*scene.card(item).title).collect();
    assert_eq!(titles, ["model", "lin0.model.1", "lin1.model.1"]);
}

#[test]
fn a_group_sums_what_is_below() {
    let viewer = viewer(modules(), Report::default());
    let hit = viewer.find(GraphId(0), "layers").hits.remove(0);
    assert_eq!(hit.kind, HitKind::Group);
    let Some(Detail::Group(group)) = viewer.detail(GraphId(0), Selection::Group(GroupId(hit.id))) else {
        panic!("no group")
    };
    assert_eq!((group.tensors, group.parameters, group.bytes), (2, 12, 48));
    let Some(Detail::Group(root)) = viewer.detail(GraphId(0), Selection::Group(Tree::ROOT)) else { panic!("no root") };
    assert_eq!((root.tensors, root.parameters, root.path.len()), (3, 18, 0));
    assert!(viewer.detail(GraphId(0), Selection::Group(GroupId(99))).is_none());
}

#[test]
fn tensors_that_cannot_be_named_are_reported() {
    let error = viewer(modules(), Report::default()).values(TensorId(99), 0, 8).unwrap_err();
    assert!(error.to_string().contains("no such tensor"), "{error}");
}

#[test]
fn exported_colours_are_those_of_the_page() {
    let css = std::fs::read_to_string("static/style/canvas.css").unwrap();
    for (theme, selector) in [(Theme::Light, ":root {"), (Theme::Dark, "[data-theme='dark'] {")] {
        let block = css.split_once(selector).unwrap().1.split_once('}').unwrap().0;
        let token = |name: &str| {
            let line = block.lines().find_map(|line| line.trim().strip_prefix(&format!("--{name}: "))).unwrap();
            line.trim_end_matches(';').to_string()
        };
        let palette = Palette::of(theme);
        for category in Category::ALL {
            assert_eq!(palette.category(category), token(&format!("cat-{}", category.name())));
        }
        assert_eq!(
            [palette.wire, palette.tree, palette.pill, palette.module, palette.card_line, palette.error],
            ["wire", "wire-tree", "pill", "module", "card-line", "mark-error"].map(token)
        );
    }
}
