//! The hierarchy of graphs, and what repeats in them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::tensor;
use lamina::analysis::{Group, GroupId, GroupKind, Member, Tree};
use lamina::model::{
    Argument, Attribute, Category, DType, Graph, GraphId, Links, Literal, Model, Modules, Node, NodeId, TensorId, Type,
    Value, ValueId, ValueKind,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;

// Graphs from text: a line is `name: Operator input …`, and its result is called like the node. An input in brackets is a constant,
// `[name 4 3]` with its shape; one that no line produces is an input of the graph. `{key=3}` is an attribute.

/// The model that `text` describes. What nobody reads is an output.
fn parse(text: &str) -> Model {
    let mut model = Model::default();
    let mut graph = Graph::default();
    let mut values: HashMap<String, ValueId> = HashMap::new();
    let mut produced: HashSet<String> = HashSet::new();
    let mut read: HashSet<String> = HashSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once(": ").expect("name: Operator");
        let mut node = Node { name: name.into(), ..Node::default() };
        let mut words = rest.replace('[', "\n[").replace(']', "]\n");
        words.push('\n');
        for word in words.lines().flat_map(|part| {
            let whole = part.starts_with('[');
            if whole { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
        }) {
            if node.operator.is_empty() {
                node.operator = word.as_str().into();
            } else if let Some((key, value)) =
                word.strip_prefix('{').and_then(|word| word.strip_suffix('}')?.split_once('='))
            {
                node.attributes.push(Attribute { name: key.into(), value: Literal::Int(value.parse().unwrap()) });
            } else {
                let value = match word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
                    Some(constant) => constant_value(&mut model, &mut graph, &mut values, constant),
                    None => {
                        read.insert(word.clone());
                        value(&mut graph, &mut values, &word)
                    }
                };
                node.inputs.push(Argument { name: "".into(), values: vec![value] });
            }
        }
        node.category = if node.operator.starts_with("Shape") { Category::Shape } else { Category::Other };
        node.outputs.push(Argument { name: "".into(), values: vec![value(&mut graph, &mut values, name)] });
        produced.insert(name.to_owned());
        graph.nodes.push(node);
    }
    for (id, content) in graph.values.iter().filter(|(_, content)| content.tensor.is_none()) {
        if !produced.contains(&*content.name) {
            graph.inputs.push(id);
        } else if !read.contains(&*content.name) {
            graph.outputs.push(id);
        }
    }
    model.graphs.push(graph);
    model
}

fn value(graph: &mut Graph, values: &mut HashMap<String, ValueId>, name: &str) -> ValueId {
    *values.entry(name.to_owned()).or_insert_with(|| {
        let ty = Some(Type::Tensor { dtype: DType::F32, shape: None });
        graph.values.push(Value { name: name.into(), ty, ..Value::default() })
    })
}

fn constant_value(model: &mut Model, graph: &mut Graph, values: &mut HashMap<String, ValueId>, text: &str) -> ValueId {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap();
    let shape: Vec<u64> = words.map(|dim| dim.parse().unwrap()).collect();
    let id = value(graph, values, name);
    if graph.values[id].tensor.is_none() {
        graph.values[id].tensor = Some(model.tensors.push(tensor(name, &shape)));
    }
    id
}

/// The tree of the first graph, checked.
fn tree(model: &Model) -> Tree {
    let tree = Tree::of(model, GraphId(0));
    check(model, &tree);
    tree
}

/// The tree of `text` as an outline: a line a group, `name` or `name ×3`, with `*` after blocks and `~` after parts, and the number of
/// nodes that are directly in it.
fn outline(text: &str) -> String {
    let model = parse(text);
    sketch(&tree(&model))
}

fn sketch(tree: &Tree) -> String {
    let mut text = String::new();
    for group in tree.groups.values() {
        let depth = std::iter::successors(group.parent, |parent| tree.groups[*parent].parent).count();
        let direct = group.members.iter().filter(|member| matches!(member, Member::Node(_))).count();
        let mark = match group.kind {
            GroupKind::Module => String::new(),
            GroupKind::Stack => format!(" ×{}", group.members.len()),
            GroupKind::Part => "~".into(),
            GroupKind::Repeat => "*".into(),
        };
        let name = if depth == 0 { "." } else { &group.name };
        writeln!(text, "{}{name}{mark} {direct}", "  ".repeat(depth)).unwrap();
    }
    text
}

fn assert_outline(text: &str, expected: &[&str]) {
    let found = outline(text);
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "\n{found}");
}

fn group<'a>(tree: &'a Tree, name: &str) -> &'a Group {
    tree.groups.values().find(|group| &*group.name == name).unwrap_or_else(|| panic!("{name} in\n{}", sketch(tree)))
}

/// What holds for every tree.
fn check(model: &Model, tree: &Tree) {
    let graph = &model.graphs[GraphId(0)];
    assert!(tree.groups.len() <= graph.nodes.len().max(1), "{} groups", tree.groups.len());
    let mut homes: Vec<Vec<GroupId>> = vec![Vec::new(); graph.nodes.len()];
    let mut depths = vec![0; tree.groups.len()];
    for (id, group) in tree.groups.iter() {
        assert_eq!(group.parent.is_none(), id == GroupId(0));
        if let Some(parent) = group.parent {
            assert!(parent < id, "parents come first");
            assert!(tree.groups[parent].members.contains(&Member::Group(id)));
            assert!(group.members.len() > 1, "{} holds one thing only", group.name);
            depths[id.index()] = depths[parent.index()] + 1;
        }
        for member in &group.members {
            match *member {
                Member::Node(node) => homes[node.index()].push(id),
                Member::Group(inner) => assert_eq!(tree.groups[inner].parent, Some(id)),
            }
        }
        assert_eq!(group.nodes, group.mix.iter().map(|(_, count)| count).sum::<u32>());
        assert!(group.mix.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        let below = group.members.iter().map(|member| match member {
            Member::Node(_) => 1,
            Member::Group(inner) => tree.groups[*inner].nodes,
        });
        assert_eq!(group.nodes, below.sum::<u32>(), "{}", group.name);
        let tensors = tensors(model, tree, id);
        let parameters = tensors.iter().map(|tensor| model.tensors[*tensor].elements().unwrap_or(0));
        assert_eq!(group.parameters, parameters.sum::<u64>(), "{}", group.name);
        if let Some(twin) = group.twin {
            assert!(twin < id && tree.groups[twin].twin.is_none());
            assert_eq!(tree.groups[twin].shape, group.shape);
            assert_eq!(operators(graph, tree, twin), operators(graph, tree, id), "twins have the same nodes");
            assert_eq!(tree.groups[twin].members.len(), group.members.len());
        }
        if group.kind == GroupKind::Stack {
            let shapes: HashSet<u64> = instances(tree, group).map(|instance| instance.shape).collect();
            assert_eq!(shapes.len(), 1, "instances of {} are the same", group.name);
        }
    }
    assert!(depths.into_iter().max() < Some(64));
    for (node, homes) in homes.into_iter().enumerate() {
        assert_eq!(homes, [tree.group_of[node]], "every node is in one group");
    }
}

fn instances<'a>(tree: &'a Tree, stack: &'a Group) -> impl Iterator<Item = &'a Group> {
    stack.members.iter().map(|member| match member {
        Member::Group(instance) => &tree.groups[*instance],
        Member::Node(_) => panic!("a stack holds groups"),
    })
}

/// The nodes in a group, in order.
fn nodes(tree: &Tree, group: GroupId) -> Vec<NodeId> {
    let (mut found, mut walk) = (Vec::new(), vec![Member::Group(group)]);
    while let Some(member) = walk.pop() {
        match member {
            Member::Node(node) => found.push(node),
            Member::Group(group) => walk.extend(tree.groups[group].members.iter().rev()),
        }
    }
    found
}

fn operators(graph: &Graph, tree: &Tree, group: GroupId) -> Vec<String> {
    nodes(tree, group).into_iter().map(|node| graph.nodes[node].operator.to_string()).collect()
}

fn tensors(model: &Model, tree: &Tree, group: GroupId) -> BTreeSet<TensorId> {
    let graph = &model.graphs[GraphId(0)];
    let inputs = nodes(tree, group).into_iter().flat_map(|node| &graph.nodes[node].inputs);
    inputs.flat_map(|argument| &argument.values).filter_map(|value| graph.values[*value].tensor).collect()
}

/// A decoder of `layers` layers with names as PyTorch writes them; `size` tells the width of each.
fn decoder(layers: usize, size: impl Fn(usize) -> usize) -> String {
    let mut text =
        "/embed/Gather: Gather [embed.weight 9 8] ids\n/mask/Cast: Cast mask\n/mask/Sub: Sub /mask/Cast\n".to_owned();
    let mut x = "/embed/Gather".to_owned();
    for layer in 0..layers {
        let (s, w, width) = (format!("/layers.{layer}"), format!("layers.{layer}"), size(layer));
        write!(
            text,
            "{s}/norm/Pow: Pow {x}
            {s}/norm/Mean: ReduceMean {s}/norm/Pow
            {s}/norm/Mul: Mul {x} {s}/norm/Mean [{w}.norm.weight {width}]
            {s}/attn/q/MatMul: MatMul {s}/norm/Mul [{w}.attn.q.weight {width} {width}]
            {s}/attn/k/MatMul: MatMul {s}/norm/Mul [{w}.attn.k.weight {width} {width}]
            {s}/attn/Concat: Concat past.{layer} {s}/attn/k/MatMul
            {s}/attn/MatMul: MatMul {s}/attn/q/MatMul {s}/attn/Concat
            {s}/attn/Add: Add {s}/attn/MatMul /mask/Sub
            {s}/attn/Softmax: Softmax {s}/attn/Add
            {s}/attn/o/MatMul: MatMul {s}/attn/Softmax [{w}.attn.o.weight {width} {width}]
            {s}/Add: Add {x} {s}/attn/o/MatMul
            {s}/mlp/up/MatMul: MatMul {s}/Add [{w}.mlp.up.weight {width} 32]
            {s}/mlp/act/Gelu: Gelu {s}/mlp/up/MatMul
            {s}/mlp/down/MatMul: MatMul {s}/mlp/act/Gelu [{w}.mlp.down.weight 32 {width}]
            {s}/Add_1: Add {s}/Add {s}/mlp/down/MatMul\n"
        )
        .unwrap();
        x = format!("{s}/Add_1");
    }
    writeln!(text, "/head/MatMul: MatMul {x} [head.weight 8 9]").unwrap();
    text
}

/// `model` without any names.
fn nameless(mut model: Model) -> Model {
    for (_, graph) in model.graphs.iter_mut() {
        graph.scopes = lamina::model::Arena::new();
        for (_, node) in graph.nodes.iter_mut() {
            (node.name, node.scope) = ("".into(), None);
            node.metadata.clear();
        }
        for (_, value) in graph.values.iter_mut() {
            value.name = "".into();
        }
    }
    for (_, tensor) in model.tensors.iter_mut() {
        tensor.name = "".into();
    }
    model
}

/// How often what is repeated, in any group.
fn repeats(tree: &Tree) -> Vec<usize> {
    tree.groups.values().filter(|group| group.kind == GroupKind::Stack).map(|group| group.members.len()).collect()
}

#[test]
fn paths_make_groups() {
    assert_outline(
        "/a/conv/Conv: Conv x
         /a/bn/Norm: Norm /a/conv/Conv
         /a/Relu: Relu /a/bn/Norm
         /b/c/Conv: Conv /a/Relu
         /b/c/Relu: Relu /b/c/Conv
         /b/Pool: Pool /b/c/Relu
         /Flatten: Flatten /b/Pool",
        &[". 1", "  a 3", "  b 1", "    c 2"],
    );
}

#[test]
fn levels_with_one_thing_collapse() {
    assert_outline(
        "/m/a/b/x/Conv: Conv in
         /m/a/b/Relu: Relu /m/a/b/x/Conv
         /m/c/Conv: Conv /m/a/b/Relu
         /m/c/Relu: Relu /m/c/Conv",
        &[". 0", "  a.b 2", "  c 2"],
    );
}

#[test]
fn names_that_are_no_paths_make_no_groups() {
    let flat = |name: &dyn Fn(usize, &str) -> String| {
        let mut text = String::new();
        let mut last = "x".to_owned();
        for index in 0..12 {
            let operator = ["Conv", "Norm", "Relu"][index % 3];
            writeln!(text, "{}: {operator} {last}", name(index, operator)).unwrap();
            last = name(index, operator);
        }
        tree(&parse(&text)).groups.len()
    };
    assert_eq!(flat(&|index, operator| format!("{operator}_{index}")), 1);
    assert_eq!(flat(&|index, operator| format!("net.{operator}.{index}")), 1, "numbered operators");
    assert_eq!(flat(&|index, operator| format!("{operator}/{index}")), 1, "sorted by operator");
    assert!(flat(&|index, operator| format!("block{}/{operator}", index / 6)) > 1);
}

#[test]
fn names_of_weights_make_groups_where_nodes_have_none() {
    assert_outline(
        "n0: Conv x [stem.conv.weight 4 3]
         n1: Relu n0
         n2: Conv n1 [body.a.conv.weight 4 4]
         n3: Relu n2
         n4: Conv n3 [body.a.down.weight 4 4]
         n5: Add n4 n1
         n6: Conv n5 [body.b.conv.weight 4 4]
         n7: Norm n6 [body.b.norm.weight 4]",
        &[". 0", "  stem 2", "  body 0", "    a 4", "    b 2"],
    );
}

#[test]
fn residual_blocks_are_found_by_the_names_of_weights() {
    let mut text = "n: Conv x [stem.conv.weight 4 3]\n".to_owned();
    let mut x = "n".to_owned();
    for stage in 1..3 {
        for block in 0..stage + 2 {
            let (w, n) = (format!("layer{stage}.{block}"), format!("n{stage}{block}"));
            write!(
                text,
                "{n}a: Conv {x} [{w}.conv1.weight 4 4]
                 {n}b: Relu {n}a
                 {n}c: Conv {n}b [{w}.conv2.weight 4 4]
                 {n}d: Add {n}c {x}
                 {n}e: Relu {n}d\n"
            )
            .unwrap();
            x = format!("{n}e");
        }
    }
    writeln!(text, "n9: Gemm {x} [fc.weight 4 4]").unwrap();
    let tree = tree(&parse(&text));
    assert_eq!(repeats(&tree), [3, 4], "{}", sketch(&tree));
    assert_eq!([group(&tree, "layer1").nodes, group(&tree, "layer2").nodes], [15, 20]);
}

#[test]
fn nodes_without_a_scope_are_placed_by_their_neighbours() {
    let model = parse(
        "/a/Conv: Conv x [a.w 4 4]
         Transpose_1: Transpose /a/Conv
         /a/Relu: Relu Transpose_1
         size: Shape x
         half: Div size
         /b/Conv: Conv /a/Relu [b.w 4 4]
         /b/Reshape: Reshape /b/Conv half
         loose: Mul /b/Reshape
         /b/Relu: Relu loose",
    );
    let tree = tree(&model);
    let home = |name: &str| {
        let graph = &model.graphs[GraphId(0)];
        let node = graph.nodes.iter().find(|(_, node)| &*node.name == name).unwrap().0;
        &*tree.groups[tree.group_of[node.index()]].name
    };
    assert_eq!(home("Transpose_1"), "a");
    assert_eq!(home("size"), "b", "what depends on no weights goes with those that read it");
    assert_eq!(home("half"), "b");
    assert_eq!(home("loose"), "b");
}

#[test]
fn what_a_block_computes_for_its_siblings_too_lies_outside_of_them() {
    let block = |index: usize, shape: &str| {
        format!(
            "/l.{index}/MatMul: MatMul {} [l.{index}.w 4 4]
             {shape}
             /l.{index}/Reshape: Reshape /l.{index}/MatMul /l.0/Concat
             /l.{index}/Relu: Relu /l.{index}/Reshape\n",
            if index == 0 { "x".to_owned() } else { format!("/l.{}/Relu", index - 1) }
        )
    };
    let text = block(0, "/l.0/Shape: Shape x\n/l.0/Concat: Concat /l.0/Shape") + &block(1, "") + &block(2, "");
    assert_outline(&text, &[". 2", "  l ×3 0", "    l.0 3", "    l.1 3", "    l.2 3"]);
}

#[test]
fn calls_of_one_module_are_groups_of_their_own() {
    let mut text = String::new();
    let mut x = "in".to_owned();
    for call in 0..3 {
        write!(
            text,
            "/net/conv{call}/Conv: Conv {x} [c{call} 4 4]
             /net/act/Sigmoid{call}: Sigmoid /net/conv{call}/Conv
             /net/act/Mul{call}: Mul /net/act/Sigmoid{call} /net/conv{call}/Conv\n"
        )
        .unwrap();
        x = format!("/net/act/Mul{call}");
    }
    writeln!(text, "/head/A: A {x}\n/head/B: B /head/A").unwrap();
    assert_outline(&text, &[". 0", "  net 3", "    act 2", "    act 2", "    act 2", "  head 2"]);
}

#[test]
fn layers_fold_into_a_stack() {
    let model = parse(&decoder(5, |_| 8));
    let tree = tree(&model);
    let stack = group(&tree, "layers");
    assert_eq!((stack.kind, stack.members.len()), (GroupKind::Stack, 5));
    assert!(stack.differences.is_empty(), "{:?}", stack.differences);
    let names: Vec<&str> = instances(&tree, stack).map(|instance| &*instance.name).collect();
    assert_eq!(names, ["layers.0", "layers.1", "layers.2", "layers.3", "layers.4"]);
    let inner: BTreeSet<&str> = tree.groups.values().map(|group| &*group.name).collect();
    assert!(["attn", "mlp", "norm"].iter().all(|name| inner.contains(name)), "{inner:?}");
    let second = instances(&tree, stack).nth(1).unwrap();
    assert_eq!(second.twin, tree.groups.iter().find(|(_, group)| &*group.name == "layers.0").map(|(id, _)| id));
}

#[test]
fn sizes_do_not_keep_layers_apart_and_are_told() {
    let model = parse(&decoder(5, |layer| if layer == 3 { 16 } else { 8 }));
    let tree = tree(&model);
    let stack = group(&tree, "layers");
    assert_eq!(stack.members.len(), 5);
    assert!(stack.differences.contains(&"down weight: 32×16 in 3; else 32×8".to_owned()), "{:?}", stack.differences);
    assert!(stack.differences.contains(&"norm weight: 16 in 3; else 8".to_owned()), "{:?}", stack.differences);
    assert_eq!(stack.differences.len(), 6);
}

#[test]
fn attributes_that_are_sizes_differ_others_keep_apart() {
    let chain = |attribute: &dyn Fn(usize) -> String| {
        let mut text = "/stem/A: A in\n/stem/B: B /stem/A\n".to_owned();
        let mut x = "/stem/B".to_owned();
        for index in 0..3 {
            let name = format!("/block{index}");
            writeln!(text, "{name}/Conv: Conv {x} {}\n{name}/Relu: Relu {name}/Conv", attribute(index)).unwrap();
            x = format!("{name}/Relu");
        }
        tree(&parse(&text))
    };
    let sizes = chain(&|index| format!("{{stride={}}}", 1 + index / 2));
    assert_eq!(group(&sizes, "block").differences, ["block0 stride: 2 in 2; else 1"]);
    assert!(repeats(&chain(&|index| format!("{{axis={index}}}"))).is_empty());
}

#[test]
fn interrupted_layers_fold_in_runs() {
    let layer = |index: usize, x: &str, moe: bool| {
        let name = format!("/layers.{index}");
        let inner = if moe { "Router" } else { "Gate" };
        format!("{name}/A: A {x}\n{name}/B: {inner} {name}/A\n{name}/C: C {name}/B\n")
    };
    let mut text = "/embed/A: A in\n/embed/B: B /embed/A\n".to_owned();
    let mut x = "/embed/B".to_owned();
    for index in 0..10 {
        text += &layer(index, &x, index > 2);
        x = format!("/layers.{index}/C");
    }
    assert_outline(
        &text,
        &[
            ". 0",
            "  embed 2",
            "  layers.0–2 ×3 0",
            "    layers.0 3",
            "    layers.1 3",
            "    layers.2 3",
            "  layers.3–9 ×7 0",
            "    layers.3 3",
            "    layers.4 3",
            "    layers.5 3",
            "    layers.6 3",
            "    layers.7 3",
            "    layers.8 3",
            "    layers.9 3",
        ],
    );
}

#[test]
fn alternating_layers_fold_in_periods() {
    let mut text = "/embed/A: A in\n/embed/B: B /embed/A\n".to_owned();
    let mut x = "/embed/B".to_owned();
    for index in 0..12 {
        let (name, inner) = (format!("/layers.{index}"), if index % 4 == 3 { "Global" } else { "Local" });
        writeln!(text, "{name}/A: {inner} {x}\n{name}/B: B {name}/A").unwrap();
        x = format!("{name}/B");
    }
    let tree = tree(&parse(&text));
    let stack = group(&tree, "layers");
    assert_eq!((stack.kind, stack.members.len()), (GroupKind::Stack, 3));
    let block = instances(&tree, stack).next().unwrap();
    assert_eq!((block.kind, &*block.name), (GroupKind::Repeat, "layers.0–3"));
    assert_eq!(repeats(&tree), [3, 3, 3, 3], "and the three local layers of each block");
}

#[test]
fn parallel_experts_fold() {
    let mut text = "/router/A: A in\n/router/B: B /router/A\n".to_owned();
    let mut sum = "/router/B".to_owned();
    for index in 0..8 {
        let name = format!("/experts.{index}");
        writeln!(text, "{name}/Up: Up /router/B\n{name}/Down: Down {name}/Up").unwrap();
    }
    for index in 0..8 {
        writeln!(text, "/Add_{index}: Add {sum} /experts.{index}/Down").unwrap();
        sum = format!("/Add_{index}");
    }
    let tree = tree(&parse(&text));
    assert_eq!((group(&tree, "experts").kind, group(&tree, "experts").members.len()), (GroupKind::Stack, 8));
}

#[test]
fn the_first_of_a_family_may_have_no_number() {
    let mut text = "/stem/A: A in\n/stem/B: B /stem/A\n".to_owned();
    let mut x = "/stem/B".to_owned();
    for name in ["dense", "dense_1", "dense_2"] {
        writeln!(text, "/{name}/MatMul: MatMul {x}\n/{name}/Relu: Relu /{name}/MatMul").unwrap();
        x = format!("/{name}/Relu");
    }
    let tree = tree(&parse(&text));
    assert_eq!(repeats(&tree), [3]);
    assert!(tree.groups.values().any(|group| &*group.name == "dense" && group.kind == GroupKind::Stack));
}

#[test]
fn members_come_after_what_they_read() {
    // What the second block reads besides the first lies between them in the file, and comes before the stack.
    let mut text = "/stem/A: A in\n/stem/B: B /stem/A\n".to_owned();
    let mut x = "/stem/B".to_owned();
    for index in 0..4 {
        writeln!(text, "/side{index}: Side{index} side\n/b{index}/P: P {x} /side{index}\n/b{index}/Q: Q /b{index}/P")
            .unwrap();
        x = format!("/b{index}/Q");
    }
    let model = parse(&text);
    let tree = tree(&model);
    assert_eq!(repeats(&tree), [4]);
    assert_eq!(backward(&model, &tree), 0, "{}", sketch(&tree));
}

/// How many edges lead from a member of a group to an earlier one.
fn backward(model: &Model, tree: &Tree) -> usize {
    let graph = &model.graphs[GraphId(0)];
    let links = Links::of(graph);
    let place =
        |group: GroupId, member: Member| tree.groups[group].members.iter().position(|it| *it == member).unwrap();
    let mut count = 0;
    // What a loop hands to its next run goes back.
    let onwards = links.iter().zip(graph.values.values()).filter(|(_, value)| value.kind != ValueKind::Feedback);
    for ((producer, consumers), _) in onwards {
        for (from, to) in consumers.iter().filter_map(|consumer| Some((producer?, *consumer))) {
            let (mut a, mut b) = (Member::Node(from), Member::Node(to));
            let (mut outer_a, mut outer_b) = (tree.group_of[from.index()], tree.group_of[to.index()]);
            while outer_a != outer_b {
                let (member, outer) = if outer_a > outer_b { (&mut a, &mut outer_a) } else { (&mut b, &mut outer_b) };
                *member = Member::Group(*outer);
                *outer = tree.groups[*outer].parent.unwrap();
            }
            count += usize::from(from != to && place(outer_a, a) > place(outer_b, b));
        }
    }
    count
}

#[test]
fn stacks_tie_no_knots() {
    // Every other block depends on the one before by way of something that is not in the stack.
    let mut text = String::new();
    let mut x = "in".to_owned();
    for index in 0..4 {
        let name = format!("/block{index}");
        writeln!(text, "{name}/A: A {x}\n{name}/B: B {name}/A\n/Join{index}: Join{index} {name}/B in").unwrap();
        x = format!("/Join{index}");
    }
    let tree = tree(&parse(&text));
    assert!(repeats(&tree).is_empty(), "{}", sketch(&tree));
}

#[test]
fn two_alike_fold_only_if_they_are_large() {
    let pair = |nodes: usize| {
        let mut text = "/stem/A: A in\n/stem/B: B /stem/A\n".to_owned();
        let mut x = "/stem/B".to_owned();
        for index in 0..2 {
            for node in 0..nodes {
                writeln!(text, "/h.{index}/N{node}: N{node} {x}").unwrap();
                x = format!("/h.{index}/N{node}");
            }
        }
        repeats(&tree(&parse(&text)))
    };
    assert_eq!(pair(12), [2]);
    assert!(pair(3).is_empty());
}

#[test]
fn siblings_with_other_names_do_not_fold() {
    let mut text = "/stem/A: A in\n/stem/B: B /stem/A\n".to_owned();
    for name in ["q_proj", "k_proj", "v_proj"] {
        writeln!(text, "/attn/{name}/MatMul: MatMul /stem/B\n/attn/{name}/Add: Add /attn/{name}/MatMul").unwrap();
    }
    writeln!(text, "/attn/Core: Core /attn/q_proj/Add /attn/k_proj/Add /attn/v_proj/Add").unwrap();
    let tree = tree(&parse(&text));
    assert!(repeats(&tree).is_empty());
    let twins = ["k_proj", "v_proj"].map(|name| group(&tree, name).twin);
    assert!(twins.iter().all(Option::is_some), "but are known to be alike");
}

#[test]
fn wiring_keeps_blocks_apart() {
    let block = |index: usize, x: &str, twisted: bool| {
        let (name, [a, b]) = (format!("/b{index}"), if twisted { ["P", "Q"] } else { ["Q", "P"] });
        format!("{name}/P: P {x}\n{name}/Q: Q {x}\n{name}/R: R {name}/{a} {name}/{b}\n")
    };
    let chain = |twisted: Option<usize>| {
        let mut text = "/stem/A: A in\n/stem/B: B /stem/A\n".to_owned();
        let mut x = "/stem/B".to_owned();
        for index in 0..3 {
            text += &block(index, &x, twisted == Some(index));
            x = format!("/b{index}/R");
        }
        repeats(&tree(&parse(&text)))
    };
    assert_eq!(chain(None), [3]);
    assert!(chain(Some(1)).is_empty());
}

#[test]
fn blocks_repeat_without_names_as_with_names() {
    for layers in [3, 12, 40] {
        let named = parse(&decoder(layers, |_| 8));
        let tree_of_named = tree(&named);
        let nameless = nameless(named);
        let tree = tree(&nameless);
        assert_eq!(repeats(&tree), [layers], "{}", sketch(&tree));
        assert_eq!(repeats(&tree), repeats(&tree_of_named));
        let stack = tree.groups.values().find(|group| group.kind == GroupKind::Stack).unwrap();
        assert!(instances(&tree, stack).all(|block| block.kind == GroupKind::Repeat && block.nodes == 15));
        assert_eq!(&*instances(&tree, stack).next().unwrap().name, "block 1");
    }
}

#[test]
fn blocks_that_lie_side_by_side_in_the_file_are_found() {
    // Eight branches of the same chain, written breadth first.
    let mut text = String::new();
    for step in 0..9 {
        for branch in 0..8 {
            let x = if step == 0 { "in".to_owned() } else { format!("n{branch}_{}", step - 1) };
            writeln!(text, "n{branch}_{step}: Op{step} {x}").unwrap();
        }
    }
    let tree = tree(&parse(&text));
    assert_eq!(repeats(&tree), [8], "{}", sketch(&tree));
}

#[test]
fn blocks_with_another_wire_are_not_folded() {
    // The same operators in the same order, but the skip reaches back by another distance each time.
    let mut text = String::new();
    for index in 0..60 {
        let x = if index == 0 { "in".to_owned() } else { format!("n{}", index - 1) };
        let skip = if index % 10 == 9 { format!(" n{}", index - 2 - index / 10) } else { String::new() };
        writeln!(text, "n{index}: Op{} {x}{skip}", index % 10).unwrap();
    }
    assert!(repeats(&tree(&parse(&text))).is_empty());
}

#[test]
fn long_levels_are_split_where_they_are_narrow() {
    let (mut text, mut random) = (String::new(), Random(1));
    for index in 0..600 {
        let x = if index == 0 { "in".to_owned() } else { format!("Op_{}", index - 1) };
        writeln!(text, "Op_{index}: Op{} {x}", random.below(97)).unwrap();
    }
    let tree = tree(&parse(&text));
    let parts: Vec<&Group> = tree.groups.values().filter(|group| group.kind == GroupKind::Part).collect();
    assert!((12..50).contains(&parts.len()), "{}", parts.len());
    assert_eq!(&*parts[0].name, format!("Op_0 … Op_{}", parts[0].members.len() - 1));
    assert!(tree.groups.values().all(|group| group.members.len() <= 200));
}

#[test]
fn modules_fold_by_their_names_and_tensors() {
    let mut model = Model::default();
    let mut modules = Modules::new('.');
    let mut add = |name: &str, shape: &[u64]| {
        let tensor = model.tensors.push(tensor(name, shape));
        modules.add(name, tensor);
    };
    add("model.embed.weight", &[9, 8]);
    // As a file has them that is sorted by name.
    for layer in [0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9] {
        let width = if layer == 7 { 64 } else { 32 };
        add(&format!("model.layers.{layer}.attn.q.weight"), &[8, 8]);
        add(&format!("model.layers.{layer}.attn.k.weight"), &[8, 8]);
        add(&format!("model.layers.{layer}.mlp.up.weight"), &[width, 8]);
        add(&format!("model.layers.{layer}.mlp.up.bias"), &[width]);
        add(&format!("model.layers.{layer}.mlp.down.weight"), &[8, width]);
    }
    add("head.weight", &[9, 8]);
    model.graphs.push(modules.finish());
    let tree = tree(&model);
    let stack = group(&tree, "layers");
    let names: Vec<&str> = instances(&tree, stack).map(|instance| &*instance.name).collect();
    assert_eq!(names[..3], ["layers.0", "layers.1", "layers.2"]);
    assert_eq!((names.len(), names[11]), (12, "layers.11"));
    assert_eq!(stack.differences[0], "up weight: 64×8 in 7; else 32×8");
}

#[test]
fn a_tensor_counts_once_in_every_group() {
    let model = parse(
        "/a/P: P x [shared 10]
         /a/Q: Q /a/P [own 3]
         /b/P: P /a/Q [shared 10]
         /b/Q: R /b/P [shared 10]",
    );
    let tree = tree(&model);
    let sizes: BTreeMap<&str, (u64, u64)> =
        tree.groups.values().map(|group| (&*group.name, (group.parameters, group.bytes))).collect();
    assert_eq!((sizes[""], sizes["a"], sizes["b"]), ((13, 52), (13, 52), (10, 40)));
}

#[test]
fn the_decoder_sample_reads_like_a_book() {
    let opened = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("static/samples/decoder.onnx")).unwrap();
    let tree = tree(&opened.model);
    let stack = group(&tree, "layers");
    assert_eq!((stack.kind, stack.members.len(), stack.parent), (GroupKind::Stack, 4, Some(GroupId(0))));
    assert!(stack.differences.is_empty());
    for instance in instances(&tree, stack) {
        let inner = instance.members.iter().filter_map(|member| match member {
            Member::Group(group) => Some(&*tree.groups[*group].name),
            Member::Node(_) => None,
        });
        assert_eq!(inner.collect::<Vec<_>>(), ["self_attn", "mlp"]);
    }
    assert_eq!(&*tree.groups[GroupId(0)].name, "Decoder");
    assert_eq!(repeats(&tree_of_nameless(&opened.model)), [4]);
}

fn tree_of_nameless(model: &Model) -> Tree {
    tree(&nameless(model.clone()))
}

fn read(path: &Path) -> lamina::report::Result<lamina::formats::Opened> {
    common::open(&common::on_disk(path))
}

#[test]
fn exporters_agree_on_a_transformer() {
    for name in ["onnx/torch-transformer.onnx", "onnx/torch-transformer-dynamo.onnx"] {
        let tree = tree(&read(&common::root().join(name)).unwrap().model);
        let stack = group(&tree, "h");
        assert_eq!((stack.kind, stack.members.len()), (GroupKind::Stack, 2), "{name}");
        for instance in instances(&tree, stack) {
            let inner: Vec<&str> = instance
                .members
                .iter()
                .filter_map(|member| match member {
                    Member::Group(group) => Some(&*tree.groups[*group].name),
                    Member::Node(_) => None,
                })
                .collect();
            assert!(inner.ends_with(&["attn", "mlp"]), "{name}: {inner:?}");
        }
    }
}

#[test]
fn trees_of_all_fixtures_hold() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/samples");
    let files = common::fixtures(&common::root()).into_iter().chain(common::fixtures(&samples));
    let mut count = 0;
    for (path, opened) in files.filter_map(|path| Some((path.clone(), read(&path).ok()?))) {
        let model = opened.model;
        for (id, graph) in model.graphs.iter() {
            let alone = Model {
                graphs: std::iter::once(graph.clone()).fold(
                    Default::default(),
                    |mut graphs: lamina::model::Arena<_, _>, graph| {
                        graphs.push(graph);
                        graphs
                    },
                ),
                ..model.clone()
            };
            let tree = tree(&alone);
            assert_eq!(tree.group_of.len(), model.graphs[id].nodes.len());
            count += 1;
            // These have no order: two have a cycle, in the other a value comes from two nodes.
            // Gradients make the stacks that their loops fill, and read these afterwards: as groups, each comes before the other.
            let mutual = path.ends_with("tensorflow/frames/frames.pb");
            if !mutual && !["cycle", "circle", "duplicate-names"].contains(&&*graph.name) {
                assert_eq!(backward(&alone, &tree), 0, "{} of {}", graph.name, path.display());
            }
        }
    }
    assert!(count > 100, "{count} graphs");
}

#[test]
fn a_graph_that_is_not_there_is_one_empty_group() {
    let tree = Tree::of(&Model::default(), GraphId(7));
    assert_eq!((tree.groups.len(), tree.groups[GroupId(0)].nodes), (1, 0));
}

#[test]
fn hostile_names_stay_bounded() {
    let mut text = String::new();
    for index in 0..500 {
        let own: String = (0..1000).map(|part| format!("/{part}_{}", index % (part + 1))).collect();
        writeln!(text, "{own}/n{index}: Op x").unwrap();
    }
    let model = parse(&text);
    assert!(tree(&model).groups.len() <= 500);
}

/// Numbers that look random, and are the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

/// A graph of random operators, wires, scopes and weights; cyclic now and then.
fn random(seed: u64) -> Model {
    let mut random = Random(seed);
    let count = 1 + random.below(120);
    let (operators, parts, depth) = (1 + random.below(4), 1 + random.below(4), random.below(5));
    let mut text = String::new();
    let mut names: Vec<String> = Vec::new();
    for index in 0..count {
        let scope: String = (0..random.below(depth + 1)).map(|_| format!("/s.{}", random.below(parts))).collect();
        names.push(format!("{scope}/n{index}"));
    }
    for index in 0..count {
        let mut inputs = String::new();
        for _ in 0..random.below(4) {
            let forward = random.below(40) == 0;
            let from = if forward { random.below(count) } else { random.below(index + 1) };
            let near = index.saturating_sub(1 + random.below(3));
            let from = if random.below(3) > 0 { near } else { from };
            if from != index {
                write!(inputs, " {}", names[from]).unwrap();
            }
        }
        if random.below(3) == 0 {
            write!(inputs, " [w{} {}]", random.below(20), 1 + random.below(3)).unwrap();
        }
        writeln!(text, "{}: Op{}{inputs}", names[index], random.below(operators)).unwrap();
    }
    parse(&text)
}

#[test]
fn trees_of_random_graphs_hold() {
    for seed in 0..600 {
        let model = random(seed);
        let tree = tree(&model);
        let again = Tree::of(&model, GraphId(0));
        assert_eq!(serde_json::to_string(&tree).unwrap(), serde_json::to_string(&again).unwrap(), "seed {seed}");
        self::tree(&nameless(model));
    }
}
