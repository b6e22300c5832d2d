//! What a configuration says that no weight tells, in one spelling for all formats.

use super::family::Side;

/// Hyper-parameters, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// What the configuration calls the kind of model: `llama`.
    pub kind: String,
    /// The class that the model is of, with its head: `LlamaForCausalLM`.
    pub class: String,
    /// The number of blocks.
    pub blocks: Option<u64>,
    /// The size of the vectors between blocks.
    pub hidden: Option<u64>,
    /// The size of the vectors within the MLP.
    pub intermediate: Option<u64>,
    /// The number of tokens.
    pub vocabulary: Option<u64>,
    /// The number of heads of queries.
    pub heads: Option<u64>,
    /// The number of heads of keys and values.
    pub key_heads: Option<u64>,
    /// The size of a head.
    pub head_size: Option<u64>,
    /// What the MLP applies: `silu`.
    pub activation: String,
    /// What normalises: whether it has no mean; and what is added to the variance.
    pub norm: Option<(bool, f64)>,
    /// Whether queries and keys are rotated by their positions, where that is not as in the whole family.
    pub rotary: Option<bool>,
    /// The base of the angles by which queries and keys are rotated.
    pub rotary_base: Option<f64>,
    /// The number of tokens that attention over a window sees.
    pub window: Option<u64>,
    /// By block, whether attention is over the window; empty if it always is.
    pub windowed: Vec<bool>,
    /// By block, whether queries and keys are rotated; empty if they always are.
    pub rotated: Vec<bool>,
    /// The number of experts.
    pub experts: Option<u64>,
    /// How many experts are used for each token.
    pub experts_used: Option<u64>,
    /// Whether attention and MLP read the same.
    pub parallel: Option<bool>,
    /// Whether the head has the weights of the embeddings.
    pub tied: Option<bool>,
    /// What differs on one side of a model of several.
    pub sides: Vec<(Side, Facts)>,
}

impl Facts {
    /// What is said of `side`.
    pub fn of(&self, side: Side) -> &Self {
        self.sides.iter().find(|(known, _)| *known == side).map_or(self, |(_, facts)| facts)
    }

    /// What the configuration calls the model and its sides.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.kind)
            .chain(self.sides.iter().map(|(_, side)| &*side.kind))
            .filter(|kind| !kind.is_empty())
    }
}
