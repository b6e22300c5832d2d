//! Graphs of the kinds that models have, built operator by operator.

use lamina::layout::{Input, Size};

/// Collects boxes and the tensors that flow between them.
#[derive(Default)]
pub struct Builder {
    /// What each box is called.
    pub labels: Vec<String>,
    sizes: Vec<Size>,
    consumers: Vec<Vec<u32>>,
    producers: Vec<u32>,
    /// Of each box, the container around it.
    parents: Vec<u32>,
    /// The containers that are open.
    open: Vec<u32>,
}

/// A tensor: an index into the nets.
pub type Tensor = u32;

impl Builder {
    /// A box with `outputs` tensors.
    pub fn split(&mut self, label: &str, inputs: &[Tensor], outputs: u32) -> Vec<Tensor> {
        let node = self.sizes.len() as u32;
        self.labels.push(label.to_owned());
        // Operators with weights say so in a second line.
        let tall = matches!(label, "Conv" | "MatMul" | "Gather" | "Gemm" | "BatchNorm");
        self.sizes.push(Size { w: 24.0 + 7.0 * label.len() as f64, h: if tall { 46.0 } else { 28.0 } });
        self.parents.push(self.open.last().copied().unwrap_or(u32::MAX));
        for &input in inputs {
            self.consumers[input as usize].push(node);
        }
        let first = self.producers.len() as u32;
        for _ in 0..outputs {
            self.producers.push(node);
            self.consumers.push(Vec::new());
        }
        (first..first + outputs).collect()
    }

    /// Begins a container: boxes are its members until it is closed.
    pub fn open(&mut self, label: &str) -> u32 {
        let node = self.sizes.len() as u32;
        self.split(label, &[], 0);
        self.open.push(node);
        node
    }

    /// Ends the innermost container.
    pub fn close(&mut self) {
        self.open.pop();
    }

    /// A box with one output.
    pub fn op(&mut self, label: &str, inputs: &[Tensor]) -> Tensor {
        self.split(label, inputs, 1)[0]
    }

    /// A row of boxes.
    pub fn chain(&mut self, labels: &[&str], mut x: Tensor) -> Tensor {
        for label in labels {
            x = self.op(label, &[x]);
        }
        x
    }

    /// The graph as the layout takes it.
    pub fn input(&self) -> Input {
        let nested = self.parents.iter().any(|&parent| parent != u32::MAX);
        let parents = if nested { self.parents.clone() } else { Vec::new() };
        let mut input = Input { sizes: self.sizes.clone(), starts: vec![0], parents, ..Input::default() };
        for (net, targets) in self.consumers.iter().enumerate() {
            input.sources.push(self.producers[net]);
            input.targets.extend(targets);
            input.starts.push(input.targets.len() as u32);
        }
        input
    }
}

/// A residual network with bottleneck blocks; (3, 4, 6, 3) is ResNet-50.
pub fn resnet(stages: &[usize]) -> Builder {
    let mut b = Builder::default();
    let mut x = b.op("input", &[]);
    x = b.chain(&["Conv", "Relu", "MaxPool"], x);
    for &blocks in stages {
        for block in 0..blocks {
            let y = b.chain(&["Conv", "Relu", "Conv", "Relu", "Conv"], x);
            let skip = if block == 0 { b.op("Conv", &[x]) } else { x };
            x = b.op("Add", &[y, skip]);
            x = b.op("Relu", &[x]);
        }
    }
    b.chain(&["GlobalAveragePool", "Flatten", "Gemm", "output"], x);
    b
}

/// A dense block: each layer concatenates all before it.
pub fn dense_block(b: &mut Builder, x: Tensor, layers: usize) -> Tensor {
    let mut features = vec![x];
    for _ in 0..layers {
        let all = if features.len() == 1 { x } else { b.op("Concat", &features) };
        features.push(b.chain(&["BatchNorm", "Relu", "Conv", "BatchNorm", "Relu", "Conv"], all));
    }
    b.op("Concat", &features)
}

/// A DenseNet; (6, 12, 24, 16) is DenseNet-121.
pub fn densenet(blocks: &[usize]) -> Builder {
    let mut b = Builder::default();
    let mut x = b.op("input", &[]);
    x = b.chain(&["Conv", "Relu", "MaxPool"], x);
    for &layers in blocks {
        x = dense_block(&mut b, x, layers);
        x = b.chain(&["BatchNorm", "Relu", "Conv", "AveragePool"], x);
    }
    b.chain(&["Gemm", "output"], x);
    b
}

/// Inception modules in a row.
pub fn inception(modules: usize) -> Builder {
    let mut b = Builder::default();
    let mut x = b.op("input", &[]);
    x = b.chain(&["Conv", "Relu"], x);
    for _ in 0..modules {
        let one = b.chain(&["Conv", "Relu"], x);
        let three = b.chain(&["Conv", "Relu", "Conv", "Relu"], x);
        let five = b.chain(&["Conv", "Relu", "Conv", "Relu", "Conv", "Relu"], x);
        let pool = b.chain(&["AveragePool", "Conv", "Relu"], x);
        x = b.op("Concat", &[one, three, five, pool]);
    }
    b.op("output", &[x]);
    b
}

/// Inception modules of nine branches, dense blocks of sixteen layers, and skips from the last four stages.
pub fn wide(nodes: usize) -> Builder {
    let mut b = Builder::default();
    let conv = |b: &mut Builder, x| b.chain(&["Conv", "BatchNorm", "Relu"], x);
    let input = b.op("input", &[]);
    let mut x = conv(&mut b, input);
    let mut history = vec![x];
    while b.labels.len() < nodes {
        let mut branches = Vec::new();
        for branch in 0..9 {
            let mut y = if branch == 8 { b.op("AveragePool", &[x]) } else { x };
            for _ in 0..1 + branch % 4 {
                y = conv(&mut b, y);
            }
            branches.push(y);
        }
        x = b.op("Concat", &branches);
        x = conv(&mut b, x);
        let mut features = vec![x];
        for layer in 0..16 {
            let all = if layer == 0 { x } else { b.op("Concat", &features) };
            let y = conv(&mut b, all);
            features.push(conv(&mut b, y));
        }
        x = b.op("Concat", &features);
        x = conv(&mut b, x);
        for &skip in history.iter().rev().take(4).rev() {
            x = b.op("Add", &[x, skip]);
        }
        history.push(x);
    }
    b.chain(&["GlobalAveragePool", "output"], x);
    b
}

/// An encoder and a decoder with skips across.
pub fn unet(levels: usize) -> Builder {
    let mut b = Builder::default();
    let mut x = b.op("input", &[]);
    let mut skips = Vec::new();
    for _ in 0..levels {
        x = b.chain(&["Conv", "Relu", "Conv", "Relu"], x);
        skips.push(x);
        x = b.op("MaxPool", &[x]);
    }
    x = b.chain(&["Conv", "Relu"], x);
    for skip in skips.into_iter().rev() {
        let up = b.op("ConvTranspose", &[x]);
        x = b.op("Concat", &[skip, up]);
        x = b.chain(&["Conv", "Relu", "Conv", "Relu"], x);
    }
    b.chain(&["Conv", "Sigmoid", "output"], x);
    b
}

fn rms_norm(b: &mut Builder, x: Tensor) -> Tensor {
    let cast = b.op("Cast", &[x]);
    let y = b.chain(&["Pow", "ReduceMean", "Add", "Sqrt", "Div"], cast);
    let y = b.op("Mul", &[cast, y]);
    b.chain(&["Cast", "Mul"], y)
}

fn rotary(b: &mut Builder, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor {
    let left = b.op("Slice", &[x]);
    let right = b.op("Slice", &[x]);
    let negative = b.op("Neg", &[right]);
    let turned = b.op("Concat", &[negative, left]);
    let one = b.op("Mul", &[x, cos]);
    let other = b.op("Mul", &[turned, sin]);
    b.op("Add", &[one, other])
}

fn rotary_tables(b: &mut Builder, positions: Tensor) -> [Tensor; 2] {
    let x = b.chain(&["Unsqueeze", "Cast", "MatMul", "Transpose", "Concat"], positions);
    [b.chain(&["Cos", "Unsqueeze"], x), b.chain(&["Sin", "Unsqueeze"], x)]
}

/// A decoder. Shared: one rotary table and one mask feed every layer; otherwise each layer has its own.
pub fn llm(layers: usize, shared: bool) -> Builder {
    let mut b = Builder::default();
    let ids = b.op("input_ids", &[]);
    let shared = shared.then(|| (b.op("attention_mask", &[]), b.op("position_ids", &[])));
    let mut x = b.op("Gather", &[ids]);
    let shared = shared.map(|(mask, positions)| {
        let [cos, sin] = rotary_tables(&mut b, positions);
        (cos, sin, b.chain(&["Unsqueeze", "Cast", "Sub", "Cast", "Where", "Identity"], mask))
    });
    for _ in 0..layers {
        let past = [b.op("past_key", &[]), b.op("past_value", &[])];
        let (cos, sin, mask) = match shared {
            Some((cos, sin, mask)) => (cos, sin, Some(mask)),
            None => {
                let positions = b.op("positions", &[]);
                let [cos, sin] = rotary_tables(&mut b, positions);
                (cos, sin, None)
            }
        };
        x = attention(&mut b, x, past, cos, sin, mask);
        x = feed_forward(&mut b, x);
    }
    x = rms_norm(&mut b, x);
    b.chain(&["MatMul", "logits"], x);
    b
}

fn attention(b: &mut Builder, x: Tensor, past: [Tensor; 2], cos: Tensor, sin: Tensor, mask: Option<Tensor>) -> Tensor {
    let h = rms_norm(b, x);
    let [q, k, v] = [(); 3].map(|()| b.chain(&["MatMul", "Reshape", "Transpose"], h));
    let q = rotary(b, q, cos, sin);
    let k = rotary(b, k, cos, sin);
    let k = b.op("Concat", &[past[0], k]);
    let v = b.op("Concat", &[past[1], v]);
    b.op("present_key", &[k]);
    b.op("present_value", &[v]);
    let [k, v] = [k, v].map(|x| b.chain(&["Unsqueeze", "Expand", "Reshape"], x));
    let k = b.op("Transpose", &[k]);
    let s = b.op("MatMul", &[q, k]);
    let s = b.op("Mul", &[s]);
    let s = b.op("Add", &mask.map_or(vec![s], |mask| vec![s, mask]));
    let s = b.op("Softmax", &[s]);
    let o = b.op("MatMul", &[s, v]);
    let o = b.chain(&["Transpose", "Reshape", "MatMul"], o);
    b.op("Add", &[x, o])
}

fn feed_forward(b: &mut Builder, x: Tensor) -> Tensor {
    let h = rms_norm(b, x);
    let gate = b.op("MatMul", &[h]);
    let act = b.op("Sigmoid", &[gate]);
    let act = b.op("Mul", &[gate, act]);
    let up = b.op("MatMul", &[h]);
    let y = b.op("Mul", &[act, up]);
    let y = b.op("MatMul", &[y]);
    b.op("Add", &[x, y])
}

/// A post-norm encoder block as PyTorch's exporter writes it, fused.
pub fn transformer(blocks: usize) -> Builder {
    let mut b = Builder::default();
    let mut x = b.op("input", &[]);
    for _ in 0..blocks {
        let [q, k, v] = ["q", "k", "v"].map(|_| b.chain(&["MatMul", "Add", "Reshape", "Transpose"], x));
        let s = b.op("MatMul", &[q, k]);
        let s = b.chain(&["Div", "Softmax"], s);
        let o = b.op("MatMul", &[s, v]);
        let o = b.chain(&["Transpose", "Reshape", "MatMul", "Add"], o);
        x = b.op("Add", &[x, o]);
        x = b.op("LayerNormalization", &[x]);
        let y = b.chain(&["MatMul", "Add", "Gelu", "MatMul", "Add"], x);
        x = b.op("Add", &[x, y]);
        x = b.op("LayerNormalization", &[x]);
    }
    b.op("output", &[x]);
    b
}

/// A tree of modules: a net from each module to its children.
pub fn module_tree(layers: usize) -> Builder {
    let mut b = Builder::default();
    let module = |b: &mut Builder, label: &str, parent: Tensor| b.op(label, &[parent]);
    let root = b.op("LlamaForCausalLM", &[]);
    let model = module(&mut b, "model", root);
    module(&mut b, "embed_tokens", model);
    let list = module(&mut b, "layers", model);
    for layer in 0..layers {
        let layer = module(&mut b, &layer.to_string(), list);
        let attention = module(&mut b, "self_attn", layer);
        for name in ["q_proj", "k_proj", "v_proj", "o_proj"] {
            module(&mut b, name, attention);
        }
        let mlp = module(&mut b, "mlp", layer);
        for name in ["gate_proj", "up_proj", "down_proj"] {
            module(&mut b, name, mlp);
        }
        module(&mut b, "input_layernorm", layer);
        module(&mut b, "post_attention_layernorm", layer);
    }
    module(&mut b, "norm", model);
    module(&mut b, "lm_head", root);
    b
}

/// A small pseudo-random generator (SplitMix64).
pub struct Random(pub u64);

impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }
}

/// A chain with a skip from each box to a random later one, never the next.
pub fn skipping_chain(length: usize, seed: u64) -> Builder {
    let mut random = Random(seed);
    let mut b = Builder::default();
    let mut pending: Vec<Vec<Tensor>> = vec![Vec::new(); length + 2];
    let mut x = None;
    for at in 0..length {
        let mut inputs: Vec<Tensor> = x.into_iter().collect();
        inputs.append(&mut pending[at]);
        let y = b.op("Add", &inputs);
        pending[(at + 2 + random.below(length - at)).min(length + 1)].push(y);
        x = Some(y);
    }
    b
}

/// A decoder like [`llm`] with shared tables, its layers open, and in each the attention and the feed-forward part.
pub fn open_llm(layers: usize) -> Builder {
    let mut b = Builder::default();
    let ids = b.op("input_ids", &[]);
    let (mask, positions) = (b.op("attention_mask", &[]), b.op("position_ids", &[]));
    let mut x = b.op("Gather", &[ids]);
    b.open("rotary");
    let [cos, sin] = rotary_tables(&mut b, positions);
    b.close();
    let mask = b.chain(&["Unsqueeze", "Cast", "Sub", "Cast", "Where", "Identity"], mask);
    for layer in 0..layers {
        let past = [b.op("past_key", &[]), b.op("past_value", &[])];
        b.open(&format!("layers.{layer}"));
        b.open("self_attn");
        x = attention(&mut b, x, past, cos, sin, Some(mask));
        b.close();
        b.open("mlp");
        x = feed_forward(&mut b, x);
        b.close();
        b.close();
    }
    x = rms_norm(&mut b, x);
    b.chain(&["MatMul", "logits"], x);
    b
}

/// Layers with the norms and the residual sums beside the attention and the feed-forward part, as module scopes have
/// it.
pub fn open_decoder(layers: usize) -> Builder {
    let mut b = Builder::default();
    let ids = b.op("input_ids", &[]);
    let mask = b.op("attention_mask", &[]);
    b.open("model");
    let mut x = b.op("Gather", &[ids]);
    b.open("mask");
    let mask = b.chain(&["Unsqueeze", "Cast", "Sub", "Mul"], mask);
    b.close();
    b.open("layers");
    for layer in 0..layers {
        b.open(&format!("layers.{layer}"));
        let h = b.op("RMSNorm", &[x]);
        b.open("self_attn");
        let [q, k, v] = ["q_proj", "k_proj", "v_proj"].map(|_| b.chain(&["MatMul", "Reshape", "Transpose"], h));
        let k = b.op("Transpose", &[k]);
        let s = b.op("MatMul", &[q, k]);
        let s = b.op("Add", &[s, mask]);
        let s = b.op("Softmax", &[s]);
        let o = b.op("MatMul", &[s, v]);
        let o = b.chain(&["Transpose", "Reshape", "MatMul"], o);
        b.close();
        x = b.op("Add", &[x, o]);
        let h = b.op("RMSNorm", &[x]);
        b.open("mlp");
        let gate = b.chain(&["MatMul", "Silu"], h);
        let up = b.op("MatMul", &[h]);
        let y = b.op("Mul", &[gate, up]);
        let y = b.op("MatMul", &[y]);
        b.close();
        x = b.op("Add", &[x, y]);
        b.close();
    }
    b.close();
    x = b.op("RMSNorm", &[x]);
    b.close();
    b.chain(&["MatMul", "logits"], x);
    b
}

/// An encoder and a decoder with skips across, every block open.
pub fn open_unet(levels: usize) -> Builder {
    let mut b = Builder::default();
    let mut x = b.op("input", &[]);
    let mut skips = Vec::new();
    let block = ["Conv", "Relu", "Conv", "Relu"];
    for level in 0..levels {
        b.open(&format!("down.{level}"));
        x = b.chain(&block, x);
        skips.push(x);
        x = b.op("MaxPool", &[x]);
        b.close();
    }
    b.open("middle");
    x = b.chain(&block, x);
    b.close();
    for (level, skip) in skips.into_iter().enumerate().rev() {
        b.open(&format!("up.{level}"));
        let up = b.op("ConvTranspose", &[x]);
        x = b.op("Concat", &[skip, up]);
        x = b.chain(&block, x);
        b.close();
    }
    b.chain(&["Conv", "Sigmoid", "output"], x);
    b
}

/// `input` with `container` closed: a box without members, in the place of all that is in it.
pub fn closed(input: &Input, container: u32) -> Input {
    let within = |mut node: u32| loop {
        match input.parents[node as usize] {
            u32::MAX => return false,
            parent if parent == container => return true,
            parent => node = parent,
        }
    };
    let mut name = vec![0; input.sizes.len()];
    let mut result = Input { starts: vec![0], ..Input::default() };
    for node in 0..input.sizes.len() {
        if !within(node as u32) {
            name[node] = result.sizes.len() as u32;
            result.sizes.push(input.sizes[node]);
            let parent = input.parents[node];
            result.parents.push(if parent == u32::MAX { u32::MAX } else { name[parent as usize] });
        }
    }
    let outer = |node: u32| name[if within(node) { container } else { node } as usize];
    for (net, &source) in input.sources.iter().enumerate() {
        let targets = &input.targets[input.starts[net] as usize..input.starts[net + 1] as usize];
        result.sources.push(outer(source));
        let leaves = targets.iter().filter(|&&target| !(within(source) && within(target)));
        result.targets.extend(leaves.map(|&target| outer(target)));
        result.starts.push(result.targets.len() as u32);
    }
    result
}
