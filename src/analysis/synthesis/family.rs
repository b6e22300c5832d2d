//! How the weights of a family of models are called.

use super::role::Role;

/// Names of modules, or of single weights, with their roles.
pub type Names = &'static [(&'static str, Role)];

/// A family of models: what they are called, and how they call their weights.
#[derive(Debug)]
pub struct Family {
    /// What people call it.
    pub name: &'static str,
    /// What configurations call its members.
    pub kinds: &'static [&'static str],
    /// The stacks of blocks that it has.
    pub towers: &'static [Tower],
    /// What stands beside the towers: names below any module around them.
    pub beside: Names,
    /// Roles that a member of the family has for sure: it is none without them.
    pub needs: &'static [Role],
    /// Where a model with a head for the vocabulary keeps its towers: if it has no such head, that is tied to the embeddings.
    pub trunk: &'static [&'static str],
    /// What no weight tells.
    pub manner: Manner,
}

/// A stack of blocks with what comes before and after it.
#[derive(Debug)]
pub struct Tower {
    /// Where it is, below the module that holds all towers; empty for that module itself.
    pub at: &'static str,
    /// The list of its blocks: `layers` of `layers.0.mlp`.
    pub blocks: &'static str,
    /// What it reads.
    pub entry: Entry,
    /// Which side of the model it is.
    pub side: Side,
    /// Names below the tower.
    pub whole: Names,
    /// Names below a block; `*` stands for the number of an expert.
    pub block: &'static [Names],
}

/// What a tower reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Numbers of tokens.
    Tokens,
    /// An image, in patches.
    Image,
    /// Spectra of sound.
    Sound,
}

/// Which side of a model a tower is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// A model of its own that sees all of its input.
    Encoder,
    /// A model of its own that sees what came before.
    Decoder,
    /// The text beside images.
    Text,
    /// The images beside text.
    Vision,
    /// What a decoder attends to.
    Source,
    /// What attends to an encoder.
    Target,
}

/// What no weight tells, but all members of a family have.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Queries and keys are rotated by their positions.
    pub rotary: bool,
    /// Attention and MLP read the same, also if each normalises it by itself.
    pub parallel: bool,
    /// Normalisations have no mean, also if nothing says so.
    pub root_mean_square: bool,
    /// What the MLP applies, where the configuration does not say.
    pub activation: &'static str,
}

/// The manner of most: nothing that the weights do not tell.
pub const PLAIN: Manner = Manner { rotary: false, parallel: false, root_mean_square: false, activation: "" };
