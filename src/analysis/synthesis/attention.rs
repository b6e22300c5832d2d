//! Attention: from the matrices that make queries, keys and values to the one that mixes the heads.

use super::blocks::{Writer, common, parent};
use super::draft::{Step, int};
use super::family::Side;
use super::recognise::{Piece, Pieces, first};
use super::role::Role;
use crate::model::{Category, Literal, ValueId};

/// What attention reads: queries, keys, values.
type Read = [Option<ValueId>; 3];

impl Writer<'_, '_> {
    /// Attention of `x` to itself; none if block `number` has no weights for it.
    pub(super) fn attention(&mut self, number: usize, pieces: &Pieces, x: ValueId) -> Option<ValueId> {
        let roles = [Role::QueryKeyValue, Role::Query, Role::Key, Role::Value];
        let mut made = roles.into_iter().filter_map(|role| first(pieces, role));
        let outermost = parent(&made.next()?.path);
        let scope = made.fold(outermost, |scope, piece| common(scope, parent(&piece.path)));
        let [mut query, mut key, value] = match (first(pieces, Role::QueryKeyValue), first(pieces, Role::KeyValueDown))
        {
            (Some(all), _) => {
                let all = self.linear(all, x);
                self.parts(scope, all, ["query", "key", "value"])
            }
            (None, Some(down)) => self.latent(scope, number, pieces, down, x),
            (None, None) => [Role::Query, Role::Key, Role::Value].map(|role| self.applied(pieces, role, x)),
        };
        if !pieces.contains_key(&Role::KeyValueDown) {
            for (side, norm) in [(&mut query, Role::QueryNorm), (&mut key, Role::KeyNorm)] {
                let normed = side.map(|side| self.normed(pieces, norm, side));
                *side = normed.map(|side| self.rotated(scope, number, side));
            }
        }
        let attended = self.attend(scope, number, pieces, [query, key, value], x);
        Some(self.applied(pieces, Role::Output, attended).unwrap_or(attended))
    }

    /// Attention of `x` to what the encoder gives.
    pub(super) fn cross_attention(&mut self, pieces: &Pieces, x: ValueId) -> Option<ValueId> {
        let query = first(pieces, Role::CrossQuery)?;
        let scope = parent(&query.path);
        let query = self.linear(query, x);
        let memory = self.memory.unwrap_or(x);
        let key = self.applied(pieces, Role::CrossKey, memory);
        let value = self.applied(pieces, Role::CrossValue, memory);
        let step = Step::new("Attention", Category::Attention, scope)
            .input("query", query)
            .maybe("key", key)
            .maybe("value", value)
            .set("num_heads", self.facts.heads.map(int));
        let attended = self.draft.add(step, query, None);
        Some(self.applied(pieces, Role::CrossOutput, attended).unwrap_or(attended))
    }

    fn attend(&mut self, scope: &str, number: usize, pieces: &Pieces, read: Read, x: ValueId) -> ValueId {
        let facts = self.facts;
        let [query, key, value] = read;
        let sinks = first(pieces, Role::Sinks);
        let heads = facts.heads.or_else(|| self.draft.len(sinks?)).or_else(|| self.told_heads(pieces));
        let near = facts.windowed.get(number).copied().unwrap_or(true);
        let window = facts.window.map(|window| if near { int(window) } else { Literal::String("all".into()) });
        let causal = matches!(self.side, Side::Decoder | Side::Target)
            || self.side == Side::Text && facts.kind.starts_with("clip");
        let step = Step::new("Attention", Category::Attention, scope)
            .maybe("query", query)
            .maybe("key", key)
            .maybe("value", value)
            .maybe("bias", self.relative)
            .with(sinks)
            .set("num_heads", heads.map(int))
            .set("kv_num_heads", facts.key_heads.filter(|keys| Some(*keys) != heads).map(int))
            .set("head_dim", facts.head_size.map(int))
            .set("causal", causal.then_some(Literal::Bool(true)))
            .set("local_window_size", window);
        self.draft.add(step, query.unwrap_or(x), None)
    }

    /// The number of heads, where a norm has the size of one.
    fn told_heads(&self, pieces: &Pieces) -> Option<u64> {
        let (_, all) = self.draft.features(first(pieces, Role::Query)?)?;
        let one = self.draft.len(first(pieces, Role::QueryNorm)?)?;
        (one > 0 && one < all && all.is_multiple_of(one)).then(|| all / one)
    }

    /// Latent attention: keys and values are made of one short vector, and a part of the keys comes beside it.
    fn latent(&mut self, scope: &str, number: usize, pieces: &Pieces, down: &Piece, x: ValueId) -> Read {
        let short = self.applied(pieces, Role::QueryDown, x).unwrap_or(x);
        let short = self.normed(pieces, Role::QueryDownNorm, short);
        let query = self.applied(pieces, Role::Query, short).map(|query| self.rotated(scope, number, query));
        let down = self.linear(down, x);
        let [latent, beside] = self.parts(scope, down, ["latent", "rotary"]);
        let (Some(latent), Some(beside)) = (latent, beside) else { return [query, None, None] };
        let latent = self.normed(pieces, Role::KeyValueDownNorm, latent);
        let Some(up) = self.applied(pieces, Role::KeyValueUp, latent) else { return [query, None, None] };
        let [key, value] = self.parts(scope, up, ["key", "value"]);
        let beside = self.rotated(scope, number, beside);
        let key = key.map(|key| {
            let step = Step::new("Concat", Category::Shape, scope).inputs("inputs", vec![key, beside]);
            self.draft.split(step, &["output"])
        });
        [query, key.and_then(|key| key.first().copied()), value]
    }

    /// `x` rotated by its positions, if block `number` does so.
    fn rotated(&mut self, scope: &str, number: usize, x: ValueId) -> ValueId {
        if !self.rotary || !self.facts.rotated.get(number).copied().unwrap_or(true) {
            return x;
        }
        let step = Step::new("RotaryEmbedding", Category::Attention, scope)
            .input("input", x)
            .set("base", self.facts.rotary_base.map(Literal::Double));
        self.draft.add(step, x, None)
    }

    /// `x` cut into parts of these names.
    pub(super) fn parts<const N: usize>(
        &mut self,
        scope: &str,
        x: ValueId,
        names: [&'static str; N],
    ) -> [Option<ValueId>; N] {
        let step = Step::new("Split", Category::Shape, scope).input("input", x);
        let parts = self.draft.split(step, &names);
        std::array::from_fn(|at| parts.get(at).copied())
    }
}
