//! What the modules of a weights file are, as far as the names and shapes of their tensors tell.
//!
//! A file of weights states names, shapes and nothing else. But a module with a `running_mean` is a batch normalisation, and four
//! dimensions of a `weight` are those of a convolution over images. What is said here is a guess, and marked as one
//! ([`Node::inferred`]); modules that give no hint stay what they are.
//!
//! Conventions: <https://docs.pytorch.org/docs/stable/nn.html>, section "Variables" of each layer.

use crate::model::{Arena, Attribute, Category, Graph, Literal, Node, Tensor, TensorId, Wiring};

/// Says what the modules of `graph` are, where their tensors tell and nobody has said so yet.
pub fn infer(graph: &mut Graph, tensors: &Arena<TensorId, Tensor>) {
    if graph.wiring != Wiring::Modules {
        return;
    }
    let guesses: Vec<Option<Layer>> = graph.nodes.values().map(|node| guess(graph, node, tensors)).collect();
    for ((_, node), layer) in graph.nodes.iter_mut().zip(guesses) {
        let Some(layer) = layer else { continue };
        node.category = category(layer.class);
        node.operator = layer.class.into();
        node.inferred = true;
        let attribute = |(name, value): (&str, Literal)| Attribute { name: name.into(), value };
        node.attributes.extend(layer.settings.into_iter().map(attribute));
    }
}

/// A layer and its settings.
struct Layer {
    class: &'static str,
    settings: Vec<(&'static str, Literal)>,
}

impl Layer {
    fn new<const N: usize>(class: &'static str, sizes: [(&'static str, u64); N]) -> Option<Self> {
        let int = |(name, size): (&'static str, u64)| (name, Literal::Int(i64::try_from(size).unwrap_or(i64::MAX)));
        Some(Self { class, settings: sizes.into_iter().map(int).collect() })
    }
}

/// The tensors of one module.
struct Module<'a> {
    /// What it is called, in small letters.
    name: String,
    tensors: Vec<(&'a str, &'a Tensor)>,
}

impl<'a> Module<'a> {
    fn shape(&self, names: &[&str]) -> Option<&'a [u64]> {
        let find = |name: &&str| self.tensors.iter().find(|(own, _)| own == name);
        names.iter().find_map(find).map(|(_, tensor)| tensor.shape.as_slice())
    }

    fn has(&self, name: &str) -> bool {
        self.tensors.iter().any(|(own, _)| *own == name)
    }

    fn called(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.name.contains(word))
    }
}

fn guess(graph: &Graph, node: &Node, tensors: &Arena<TensorId, Tensor>) -> Option<Layer> {
    let held = node.inputs.iter().filter_map(|argument| {
        let value = graph.values.get(*argument.values.first()?)?;
        Some((&*argument.name, tensors.get(value.tensor?)?))
    });
    let module = Module { name: graph.own_name(node).to_lowercase(), tensors: held.collect() };
    packed(&module)
        .or_else(|| keras(&module))
        .or_else(|| flax(&module))
        .or_else(|| batch_norm(&module))
        .or_else(|| recurrent(&module))
        .or_else(|| attention(&module))
        .or_else(|| by_weight(&module))
}

/// Weights in fewer bits than they are computed with: GPTQ and AWQ, which name them alike.
fn packed(module: &Module) -> Option<Layer> {
    let quantised = module.has("qweight") && module.has("qzeros") && module.has("scales");
    let out = *module.shape(&["scales"])?.last()?;
    if quantised { Layer::new("QuantLinear", [("out_features", out)]) } else { None }
}

/// Keras and TensorFlow, which call weights by what they are, and keep inputs before outputs.
fn keras(module: &Module) -> Option<Layer> {
    const KERNEL: &[&str] = &["kernel", "_kernel", "weights", "filters"];
    if let Some([features]) = module.shape(&["moving_mean"]) {
        return Layer::new("BatchNormalization", [("features", *features)]);
    }
    if let Some([input, output]) = module.shape(&["embeddings", "_embeddings"]) {
        return Layer::new("Embedding", [("input_dim", *input), ("output_dim", *output)]);
    }
    if let Some([kernel @ .., _, _]) = module.shape(&["depthwise_kernel", "depthwise_filter"]) {
        let class = match (kernel.len(), module.shape(&["pointwise_kernel", "pointwise_filter"])) {
            (1, None) => "DepthwiseConv1D",
            (_, None) => "DepthwiseConv2D",
            (1, Some(_)) => "SeparableConv1D",
            (_, Some(_)) => "SeparableConv2D",
        };
        let mut layer = Layer::new(class, [])?;
        layer.settings.push(("kernel_size", sizes(kernel)));
        return Some(layer);
    }
    if let ([_, gates], [units, _]) = (module.shape(KERNEL)?, module.shape(&["recurrent_kernel"]).unwrap_or_default()) {
        let class = match gates.checked_div(*units)? {
            4 => "LSTM",
            3 => "GRU",
            1 => "SimpleRNN",
            _ => return None,
        };
        return Layer::new(class, [("units", *units)]);
    }
    match module.shape(KERNEL)? {
        [_, units] => Layer::new("Dense", [("units", *units)]),
        // Each input has filters of its own.
        [kernel @ .., inputs, each]
            if kernel.len() <= 2
                && each < inputs
                && matches!(module.shape(&["bias"]), Some([bias]) if Some(*bias) == inputs.checked_mul(*each)) =>
        {
            let class = ["DepthwiseConv1D", "DepthwiseConv2D"].get(kernel.len().checked_sub(1)?)?;
            let mut layer = Layer::new(class, [("depth_multiplier", *each)])?;
            layer.settings.push(("kernel_size", sizes(kernel)));
            Some(layer)
        }
        // The projections of attention have heads, which their biases have, too.
        _ if module.called(&["attention_output", "output_dense"]) => None,
        [.., filters] if module.shape(&["bias"]).is_some_and(|bias| bias != [*filters]) => None,
        [kernel @ .., _, filters] if (1..=3).contains(&kernel.len()) => {
            let class = ["Conv1D", "Conv2D", "Conv3D"].get(kernel.len() - 1)?;
            let mut layer = Layer::new(class, [("filters", *filters)])?;
            layer.settings.push(("kernel_size", sizes(kernel)));
            Some(layer)
        }
        _ => None,
    }
}

/// Flax, where it calls weights otherwise than Keras.
fn flax(module: &Module) -> Option<Layer> {
    if let (Some([rows, columns]), 1) = (module.shape(&["embedding"]), module.tensors.len()) {
        return Layer::new("Embedding", [("num_embeddings", *rows), ("features", *columns)]);
    }
    let [features] = module.shape(&["scale"])? else { return None };
    norm(module, *features, module.shape(&["bias"]))
}

fn sizes(sizes: &[u64]) -> Literal {
    Literal::List(sizes.iter().map(|size| Literal::Int(i64::try_from(*size).unwrap_or(i64::MAX))).collect())
}

fn batch_norm(module: &Module) -> Option<Layer> {
    let [features] = module.shape(&["running_mean"])? else { return None };
    module.shape(&["running_var"])?;
    Layer::new("BatchNorm", [("num_features", *features)])
}

fn recurrent(module: &Module) -> Option<Layer> {
    let cell = module.has("weight_hh");
    let [gates, input] = module.shape(&["weight_ih_l0", "weight_ih"])? else { return None };
    let [_, hidden] = module.shape(&["weight_hh_l0", "weight_hh"])? else { return None };
    let class = match (gates.checked_div(*hidden)?, cell) {
        (4, false) => "LSTM",
        (4, true) => "LSTMCell",
        (3, false) => "GRU",
        (3, true) => "GRUCell",
        (1, false) => "RNN",
        (1, true) => "RNNCell",
        _ => return None,
    };
    let mut layer = Layer::new(class, [("input_size", *input), ("hidden_size", *hidden)])?;
    let layers = (1..).take_while(|layer| module.has(&format!("weight_ih_l{layer}"))).count() + 1;
    if layers > 1 {
        layer.settings.push(("num_layers", Literal::Int(i64::try_from(layers).unwrap_or(i64::MAX))));
    }
    if module.has("weight_ih_l0_reverse") {
        layer.settings.push(("bidirectional", Literal::Bool(true)));
    }
    Some(layer)
}

fn attention(module: &Module) -> Option<Layer> {
    let width = match module.shape(&["in_proj_weight", "q_proj_weight"])? {
        [_, width] => *width,
        _ => return None,
    };
    Layer::new("MultiheadAttention", [("embed_dim", width)])
}

/// What the number of dimensions of the weight says.
fn by_weight(module: &Module) -> Option<Layer> {
    // Weight normalisation keeps a direction, spectral normalisation and pruning an original.
    let weight = module.shape(&["weight", "weight_v", "weight_orig", "gamma"])?;
    let bias = module.shape(&["bias", "beta"]);
    match weight {
        [_, _, kernel @ ..] if !kernel.is_empty() && kernel.len() <= 3 => convolution(module, weight, bias),
        [rows, columns] => Some(matrix(module, *rows, *columns, bias)?),
        [features] => norm(module, *features, bias),
        _ => None,
    }
}

fn convolution(module: &Module, weight: &[u64], bias: Option<&[u64]>) -> Option<Layer> {
    let [first, second, kernel @ ..] = weight else { return None };
    // A pile of matrices has the same number of dimensions.
    if kernel.len() == 1
        && (module.called(&["expert", "exps", "attn", "proj", "mlp", "relative", "bilinear"])
            || kernel.first() > Some(&1024))
    {
        return None;
    }
    // A transposed convolution has its outputs second.
    let by_bias = matches!(bias, Some([outputs]) if outputs != first && outputs == second);
    let transposed = by_bias || bias != Some(&[*first]) && module.called(&["deconv", "transpose", "upconv"]);
    let class = match (kernel.len(), transposed) {
        (1, false) => "Conv1d",
        (2, false) => "Conv2d",
        (3, false) => "Conv3d",
        (1, true) => "ConvTranspose1d",
        (2, true) => "ConvTranspose2d",
        _ => "ConvTranspose3d",
    };
    let (inputs, outputs) = if transposed { (first, second) } else { (second, first) };
    let depthwise = !transposed && *inputs == 1 && *outputs > 1 && kernel.iter().any(|size| *size > 1);
    let mut layer = Layer::new(class, [("out_channels", *outputs)])?;
    if depthwise && module.called(&["dw", "depth"]) {
        layer.settings.push(("groups", Literal::Int(i64::try_from(*outputs).ok()?)));
    } else {
        layer.settings.insert(0, ("in_channels", Literal::Int(i64::try_from(*inputs).ok()?)));
    }
    layer.settings.push(("kernel_size", sizes(kernel)));
    Some(layer)
}

fn matrix(module: &Module, rows: u64, columns: u64, bias: Option<&[u64]>) -> Option<Layer> {
    const TABLES: &[&str] = &["emb", "wte", "wpe", "token", "vocab", "lookup"];
    const TABLE: &[&str] = &["shared", "relative_attention_bias"];
    match bias {
        // GPT-2 keeps its matrices the other way round.
        Some([outputs]) if *outputs == columns && *outputs != rows => {
            Layer::new("Linear", [("in_features", rows), ("out_features", columns)])
        }
        None if module.called(TABLES) && !module.called(&["proj"]) || TABLE.contains(&&*module.name) => {
            Layer::new("Embedding", [("num_embeddings", rows), ("embedding_dim", columns)])
        }
        // A filter for each channel, without the dimension of its one input.
        _ if module.called(&["conv1d"]) => {
            let mut layer = Layer::new("Conv1d", [("out_channels", rows), ("groups", rows)])?;
            layer.settings.push(("kernel_size", sizes(&[columns])));
            Some(layer)
        }
        _ => Layer::new("Linear", [("in_features", columns), ("out_features", rows)]),
    }
}

fn norm(module: &Module, features: u64, bias: Option<&[u64]>) -> Option<Layer> {
    let words: Vec<&str> = module.name.split(['_', '-']).collect();
    let is = |word: &str| words.iter().any(|own| own.trim_end_matches(|c: char| c.is_ascii_digit()) == word);
    match bias {
        Some([same]) if *same == features => {
            if is("bn") || module.called(&["batch"]) {
                Layer::new("BatchNorm", [("num_features", features)])
            } else if is("gn") || module.called(&["group"]) {
                Layer::new("GroupNorm", [("num_channels", features)])
            } else if is("in") || module.called(&["instance"]) {
                Layer::new("InstanceNorm", [("num_features", features)])
            } else {
                Layer::new("LayerNorm", [("normalized_shape", features)])
            }
        }
        None if module.called(&["norm", "rms"]) || is("ln") => Layer::new("RMSNorm", [("normalized_shape", features)]),
        None if module.called(&["prelu"]) => Layer::new("PReLU", [("num_parameters", features)]),
        _ => None,
    }
}

/// The family of a class of layers, by its name: of `torch.nn.modules.conv.Conv2d`, that of convolutions.
pub fn category(class: &str) -> Category {
    let class = class.rsplit('.').next().unwrap_or(class);
    let begins = |words: &[&str]| words.iter().any(|word| class.starts_with(word));
    let ends = |words: &[&str]| words.iter().any(|word| class.ends_with(word));
    if begins(&["Conv", "LazyConv", "QConv", "DepthwiseConv", "SeparableConv"])
        || ends(&["Conv", "Conv1d", "Conv2d", "Conv3d"])
    {
        Category::Convolution
    } else if class.contains("Attention") || class == "MHA" {
        Category::Attention
    } else if ends(&["LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"]) {
        Category::Recurrent
    } else if ends(&["Norm", "Norm1d", "Norm2d", "Norm3d", "LocalResponseNorm", "Normalization"]) {
        Category::Normalization
    } else if class.contains("Pool") || begins(&["Upsample", "Interpolate", "PixelShuffle", "PixelUnshuffle"]) {
        Category::Pool
    } else if class.contains("Linear") || class == "Dense" {
        Category::Linear
    } else if ends(&[
        "LU",
        "Sigmoid",
        "Tanh",
        "Softmax",
        "Softmax2d",
        "Softplus",
        "Swish",
        "shrink",
        "Shrink",
        "sigmoid",
        "SiLU",
        "Softsign",
    ]) || begins(&["ReLU", "LeakyReLU", "PReLU", "Mish", "GLU", "Hardtanh", "Hardswish", "Softmin"])
    {
        Category::Activation
    } else if begins(&["Flatten", "Unflatten", "Fold", "Unfold", "Embedding", "Pad"]) || class.contains("Pad") {
        Category::Shape
    } else if begins(&["Dropout", "Identity", "AlphaDropout", "Quant", "DeQuant"]) {
        Category::Data
    } else {
        Category::Other
    }
}
