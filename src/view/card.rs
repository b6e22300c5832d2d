//! What is written on a card, and how large that makes it.

use super::measure::{Advances, Role};
use super::words;
use crate::layout::Size;
use crate::model::{Graph, Literal, Model, Node};
use serde::{Deserialize, Serialize};

/// Sizes of cards in pixels.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Metrics {
    /// The height of the header, and of a pill.
    pub header: f64,
    /// The height of a line of the body.
    pub line: f64,
    /// The space around the text.
    pub pad: f64,
    /// The radius of the corners.
    pub radius: f64,
    /// The space between the label and the value of a line.
    pub gap: f64,
}

/// The sizes of all cards.
pub const METRICS: Metrics = Metrics { header: 24.0, line: 16.0, pad: 8.0, radius: 6.0, gap: 6.0 };

/// The room that a mark in the header takes, with a gap to the title.
const MARK: f64 = 22.0;
/// The most characters of a title and of a line's value.
const TITLE: usize = 40;
const VALUE: usize = 32;
/// The most lines of a kind.
const LINES: usize = 4;

/// What the reader wants to see on cards and between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Shown {
    /// Attributes that matter.
    pub attributes: bool,
    /// Shapes of weights.
    pub weights: bool,
    /// Names of nodes.
    pub names: bool,
    /// Edges along which nothing flows.
    pub controls: bool,
}

impl Default for Shown {
    fn default() -> Self {
        Self { attributes: true, weights: true, names: false, controls: true }
    }
}

/// The text of one card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Card {
    /// The header.
    pub title: String,
    /// The body: labels and values.
    pub lines: Vec<(String, String)>,
    /// Whether the header needs room for a mark.
    pub marked: bool,
}

impl Card {
    /// A card or pill with only a header.
    pub fn titled(title: &str) -> Self {
        Self { title: words::shorten(title, TITLE), ..Self::default() }
    }

    /// The card of a node.
    pub fn of_node(model: &Model, graph: &Graph, node: &Node, shown: Shown) -> Self {
        let mut card = Self::titled(&node.operator);
        if shown.names && !node.name.is_empty() {
            // The end of a name tells more than its beginning.
            let cut = node.name.chars().count().saturating_sub(VALUE);
            let name: String = node.name.chars().skip(cut).collect();
            card.lines.push((String::new(), if cut > 0 { format!("…{name}") } else { name }));
        }
        if shown.weights {
            card.weights(model, graph, node);
        }
        if shown.attributes {
            card.attributes(model, node);
        }
        card
    }

    /// Adds a line for each constant that the node reads.
    pub fn weights(&mut self, model: &Model, graph: &Graph, node: &Node) {
        let constants = node.inputs.iter().flat_map(|argument| {
            let tensor = |value| Some(&model.tensors[graph.values[value].tensor?]);
            argument.values.iter().filter_map(move |value| Some((argument, tensor(*value)?)))
        });
        let mut more = 0;
        for (index, (argument, tensor)) in constants.enumerate() {
            if index < LINES {
                self.line(&argument.name, &words::shape(&tensor.shape));
            } else {
                more += 1;
            }
        }
        if more > 0 {
            self.line("", &format!("+{more} more"));
        }
    }

    fn attributes(&mut self, model: &Model, node: &Node) {
        let before = self.lines.len();
        for (name, label) in MATTER {
            if self.lines.len() - before == LINES {
                break;
            }
            let Some(attribute) = node.attributes.iter().find(|attribute| &*attribute.name == *name) else { continue };
            // The shape of a kernel tells its size.
            let told = !label.is_empty() && self.lines.iter().any(|(known, _)| known == label);
            if !told && !is_trivial(name, &attribute.value) {
                self.line(label, &brief(model, name, &attribute.value));
            }
        }
    }

    /// Adds a line.
    pub fn line(&mut self, label: &str, value: &str) {
        self.lines.push((words::shorten(label, VALUE), words::shorten(value, VALUE)));
    }

    /// The size that the card needs.
    pub fn size(&self, advances: &Advances) -> Size {
        let mark = if self.marked { MARK } else { 0.0 };
        let title = advances.width(&self.title, Role::Title) + mark;
        let lines = self.lines.iter().map(|(label, value)| {
            let gap = if label.is_empty() { 0.0 } else { METRICS.gap };
            advances.width(label, Role::Label) + gap + advances.width(value, Role::Value)
        });
        let text = lines.fold(title, f64::max);
        let body = if self.lines.is_empty() { 0.0 } else { METRICS.pad + METRICS.line * self.lines.len() as f64 };
        // Even sizes put the centre, where edges attach, on whole pixels.
        let width = ((text + 2.0 * METRICS.pad) / 2.0).ceil() * 2.0;
        Size { w: width.max(48.0), h: METRICS.header + body }
    }
}

/// Attributes worth a line on a card, in order of weight, with what to call them there.
const MATTER: &[(&str, &str)] = &[
    ("layer", ""),
    ("module", ""),
    ("function", ""),
    ("kernel_shape", "kernel"),
    ("kernel_size", "kernel"),
    ("ksize", "kernel"),
    ("pool_size", "pool"),
    ("strides", "stride"),
    ("stride", "stride"),
    ("stride_h", "stride h"),
    ("stride_w", "stride w"),
    ("pads", "pad"),
    ("padding", "pad"),
    ("dilation_rate", "dilation"),
    ("dilations", "dilation"),
    ("dilation", "dilation"),
    ("group", "group"),
    ("groups", "group"),
    ("fused_activation_function", "then"),
    ("activation", "then"),
    ("rate", "rate"),
    ("target_shape", "to"),
    ("axis", "axis"),
    ("axes", "axes"),
    ("dim", "dim"),
    ("dims", "dims"),
    ("perm", "perm"),
    ("to", "to"),
    ("hidden_size", "hidden"),
    ("num_heads", "heads"),
    ("q_num_heads", "heads"),
    ("kv_num_heads", "KV heads"),
    ("local_window_size", "window"),
    ("k", "k"),
    ("direction", "direction"),
    ("mode", "mode"),
    ("equation", ""),
    ("alpha", "alpha"),
    ("beta", "beta"),
    ("min", "min"),
    ("max", "max"),
    ("transA", "transA"),
    ("transB", "transB"),
    ("blocksize", "block"),
    ("num_groups", "groups"),
    ("epsilon", "ε"),
    ("value_int", ""),
    ("value_float", ""),
    ("name", ""),
    ("value", ""),
    ("other", ""),
    ("index", "index"),
    ("idx", "index"),
];

/// Whether the content says nothing: strides and groups of one, pads of zero.
fn is_trivial(name: &str, value: &Literal) -> bool {
    let all = |literal: &Literal, wanted: i64| match literal {
        Literal::Int(value) => *value == wanted,
        Literal::List(items) => items.iter().all(|item| *item == Literal::Int(wanted)),
        _ => false,
    };
    match name {
        "strides" | "stride" | "stride_h" | "stride_w" | "dilations" | "dilation" | "group" | "groups" => all(value, 1),
        "dilation_rate" => all(value, 1),
        "local_window_size" => all(value, -1),
        "activation" => *value == Literal::String("linear".into()),
        "padding" if *value == Literal::String("valid".into()) => true,
        "pads" | "padding" | "transA" | "transB" => all(value, 0),
        "alpha" | "beta" => matches!(value, Literal::Float(1.0) | Literal::Double(1.0) | Literal::Int(1)),
        "value" => matches!(value, Literal::Absent | Literal::Tensor(_)),
        "fused_activation_function" => *value == Literal::String("NONE".into()),
        _ => matches!(value, Literal::Absent),
    }
}

/// The content of attribute `name` in a few characters: sizes joined by `×`, pads that are equal at both ends said once.
fn brief(model: &Model, name: &str, value: &Literal) -> String {
    match value {
        Literal::List(items) if SIZES.contains(&name) => {
            let mut texts: Vec<String> = items.iter().map(|item| words::literal(model, item).0).collect();
            let half = texts.len() / 2;
            if name == "pads" && texts.len() >= 4 && texts[..half] == texts[half..] {
                texts.truncate(half);
            }
            texts.join("×")
        }
        other => words::literal(model, other).0,
    }
}

/// Attributes whose lists are sizes along axes.
const SIZES: &[&str] = &[
    "kernel_shape",
    "kernel_size",
    "ksize",
    "pool_size",
    "target_shape",
    "dilation_rate",
    "strides",
    "stride",
    "pads",
    "padding",
    "dilations",
];
