//! The blocks of a transformer, from the pieces that are there.

use super::draft::{Draft, Step, int};
use super::facts::Facts;
use super::family::{Family, Side};
use super::recognise::{Block, Piece, Pieces, first};
use super::role::Role;
use crate::model::{Category, Literal, ValueId};

/// Draws one tower.
pub struct Writer<'d, 'a> {
    /// The diagram.
    pub draft: &'d mut Draft<'a>,
    /// The family of the model.
    pub family: &'static Family,
    /// What is said of the tower.
    pub facts: &'a Facts,
    /// Which side it is.
    pub side: Side,
    /// What attention over the encoder reads.
    pub memory: Option<ValueId>,
    /// Scores by distance, which all blocks share.
    pub relative: Option<ValueId>,
    /// What stands between the words: images.
    pub seen: Option<ValueId>,
    /// Whether queries and keys are rotated by their positions.
    pub rotary: bool,
}

impl<'d, 'a> Writer<'d, 'a> {
    /// What draws a tower that is on `side` of a model of `family`.
    pub fn new(draft: &'d mut Draft<'a>, family: &'static Family, facts: &'a Facts, side: Side) -> Self {
        let rotary = facts.rotary.unwrap_or(family.manner.rotary);
        Self { draft, family, facts, side, memory: None, relative: None, seen: None, rotary }
    }
}

/// The path of the module around `path`.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(outer, _)| outer)
}

/// The path of the innermost module around both.
pub fn common<'p>(a: &'p str, b: &str) -> &'p str {
    let mut end = 0;
    for (one, other) in a.split('.').zip(b.split('.')) {
        if one != other {
            break;
        }
        end += one.len() + 1;
    }
    a.get(..end.saturating_sub(1)).unwrap_or(a)
}

impl Writer<'_, '_> {
    /// Draws block `number`, which reads `x`.
    pub fn block(&mut self, number: usize, block: &Block, x: ValueId) -> ValueId {
        let pieces = &block.pieces;
        let read = self.normed(pieces, Role::AttentionNorm, x);
        let attended = self.attention(number, pieces, read);
        if self.is_parallel(pieces) {
            let own = self.normed(pieces, Role::MlpNorm, x);
            let fed = self.feed(block, if own == x { read } else { own });
            let sum: Vec<ValueId> = [Some(x), attended, fed].into_iter().flatten().collect();
            return self.sum(&block.path, sum);
        }
        let mut x = self.residual(block, x, attended, &ATTENTION);
        if pieces.contains_key(&Role::CrossOutput) {
            let read = self.normed(pieces, Role::CrossNorm, x);
            let attended = self.cross_attention(pieces, read);
            x = self.residual(block, x, attended, &CROSS);
        }
        let read = self.normed(pieces, Role::MlpNorm, x);
        let fed = self.feed(block, read);
        self.residual(block, x, fed, &MLP)
    }

    /// Whether attention and MLP read the same. A block with one norm before attention and none before the MLP is built so.
    fn is_parallel(&self, pieces: &Pieces) -> bool {
        let alone = pieces.contains_key(&Role::AttentionNorm)
            && [Role::MlpNorm, Role::AttentionOutNorm, Role::MlpOutNorm, Role::AfterAttention, Role::AfterMlp]
                .iter()
                .all(|role| !pieces.contains_key(role));
        alone || self.facts.parallel.unwrap_or(self.family.manner.parallel)
    }

    /// Adds `branch` to `x`, with what is done to it before and to the sum after.
    fn residual(&mut self, block: &Block, x: ValueId, branch: Option<ValueId>, kind: &Branch) -> ValueId {
        let pieces = &block.pieces;
        let Some(mut branch) = branch else { return x };
        branch = kind.out_norm.map_or(branch, |role| self.normed(pieces, role, branch));
        if let Some(scale) = kind.scale.and_then(|role| first(pieces, role)) {
            let step = Step::of("Mul", Category::Elementwise, scale).input("input", branch);
            branch = self.draft.add(step, branch, None);
        }
        let after = first(pieces, kind.after);
        let out = first(pieces, kind.out).map_or(&*block.path, |piece| parent(&piece.path));
        let scope = match (after, first(pieces, kind.norm)) {
            (Some(after), _) => common(parent(&after.path), out),
            (None, Some(norm)) => common(parent(&norm.path), out),
            (None, None) => &block.path,
        };
        let sum = self.sum(scope, vec![x, branch]);
        self.normed(pieces, kind.after, sum)
    }

    fn sum(&mut self, scope: &str, values: Vec<ValueId>) -> ValueId {
        let like = values[0];
        self.draft.add(Step::new("Add", Category::Elementwise, scope).inputs("inputs", values), like, None)
    }

    /// What normalises `x` as `role`; `x` where nothing does.
    pub fn normed(&mut self, pieces: &Pieces, role: Role, x: ValueId) -> ValueId {
        first(pieces, role).map_or(x, |piece| self.norm(piece, x))
    }

    /// The normalisation `piece` of `x`.
    pub(super) fn norm(&mut self, piece: &Piece, x: ValueId) -> ValueId {
        let stated = self.facts.norm;
        let bias = piece.weights.iter().any(|(name, _)| name == "bias" || name == "beta");
        let root_mean_square = match stated {
            _ if bias => false,
            _ if self.family.manner.root_mean_square => true,
            Some((root_mean_square, _)) => root_mean_square,
            None => true,
        };
        let operator = if root_mean_square { "RMSNorm" } else { "LayerNorm" };
        let step = Step::of(operator, Category::Normalization, piece)
            .input("input", x)
            .set("normalized_shape", self.draft.len(piece).map(int))
            .set("eps", stated.map(|(_, eps)| Literal::Double(eps)));
        self.draft.add(step, x, None)
    }

    /// The matrix `piece`, applied to `x`.
    pub fn linear(&mut self, piece: &Piece, x: ValueId) -> ValueId {
        let features = self.draft.features(piece);
        let packed = piece.weights.iter().any(|(name, _)| name == "qweight");
        let step = Step::of(if packed { "QuantLinear" } else { "Linear" }, Category::Linear, piece)
            .input("input", x)
            .set("in_features", features.map(|(inputs, _)| int(inputs)))
            .set("out_features", features.map(|(_, outputs)| int(outputs)));
        self.draft.add(step, x, features.map(|(_, outputs)| outputs))
    }

    /// The matrix of `role`, applied to `x`; none if there is none.
    pub(super) fn applied(&mut self, pieces: &Pieces, role: Role, x: ValueId) -> Option<ValueId> {
        first(pieces, role).map(|piece| self.linear(piece, x))
    }

    /// Scores by distance, of the table `piece`, for the tower at `path`.
    pub(super) fn distances(&mut self, piece: &Piece, path: &str) -> ValueId {
        let step = Step::of("RelativePositions", Category::Attention, piece).within(path);
        self.draft.shaped(step, None)
    }

    /// The activation of the MLP.
    pub fn activated(&mut self, scope: &str, x: ValueId) -> ValueId {
        let stated =
            if self.facts.activation.is_empty() { self.family.manner.activation } else { &self.facts.activation };
        let (operator, approximate) = activation(stated);
        let step = Step::new(operator, Category::Activation, scope)
            .input("input", x)
            .set("approximate", approximate.map(|how| Literal::String(how.into())));
        self.draft.add(step, x, None)
    }
}

/// What is around a branch beside the main line.
struct Branch {
    norm: Role,
    out: Role,
    out_norm: Option<Role>,
    scale: Option<Role>,
    after: Role,
}

const ATTENTION: Branch = Branch {
    norm: Role::AttentionNorm,
    out: Role::Output,
    out_norm: Some(Role::AttentionOutNorm),
    scale: Some(Role::AttentionScale),
    after: Role::AfterAttention,
};
const CROSS: Branch =
    Branch { norm: Role::CrossNorm, out: Role::CrossOutput, out_norm: None, scale: None, after: Role::AfterCross };
const MLP: Branch = Branch {
    norm: Role::MlpNorm,
    out: Role::Down,
    out_norm: Some(Role::MlpOutNorm),
    scale: Some(Role::MlpScale),
    after: Role::AfterMlp,
};

/// The operator that configurations call `name`, and how it is approximated.
fn activation(name: &str) -> (&'static str, Option<&'static str>) {
    match name {
        "silu" | "swish" => ("SiLU", None),
        "gelu" | "gelu_python" => ("GELU", None),
        "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" | "gelu_accurate" => ("GELU", Some("tanh")),
        "quick_gelu" => ("QuickGELU", None),
        "relu" => ("ReLU", None),
        "relu2" | "relu_squared" => ("SquaredReLU", None),
        "tanh" => ("Tanh", None),
        _ => ("Activation", None),
    }
}
