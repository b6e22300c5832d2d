//! Draws a model of which only the weights are known, where these are called as those of a family of transformers that is known.
//!
//! A file of weights says what there is, and not how it is connected. But what a weight of a published family is for is told by its name, and how
//! these parts are connected is told by the papers. So a diagram is drawn in two steps, and each knows nothing of the other:
//!
//! 1. [`recognise`] finds the family whose names fit, and gives each weight a [`Role`](role::Role): `model.layers.0.self_attn.q_proj` is what
//!    makes the queries of block 0. The names of a family are a table in [`families`].
//! 2. What draws the blocks (`blocks`, `attention`, `feed`, `ends`) sees only roles, and what the configuration says ([`Facts`]). There is one
//!    kind of block: what normalises before, what mixes, what normalises after, what is added. A role that nobody has is left out,
//!    so that families differ by what they have.
//!
//! All of it is inferred, and marked so. What is in no role is not drawn; whoever asks for the drawing is told.

mod attention;
mod blocks;
mod draft;
mod ends;
mod facts;
pub mod families;
pub mod family;
mod feed;
mod join;
pub mod recognise;
pub mod role;

pub use facts::Facts;

use crate::model::{Arena, Category, Graph, Tensor, TensorId, ValueId};
use blocks::{Writer, parent};
use draft::{Draft, Step};
use family::Side;
use recognise::{Found, Piece, Stack, first};
use role::Role;

/// A weight that the model has.
#[derive(Clone, Copy, Debug)]
pub struct Weight<'a> {
    /// Its name, a path with dots.
    pub name: &'a str,
    /// What it holds; none if only its name is known.
    pub tensor: Option<TensorId>,
}

/// A diagram.
pub struct Drawing {
    /// The diagram.
    pub graph: Graph,
    /// The families whose members were found, the largest first.
    pub families: Vec<&'static str>,
    /// Of each weight, whether it is in the diagram.
    pub placed: Vec<bool>,
}

/// Draws the model that has `weights`; none if they are not called as those of a known family.
pub fn draw(weights: &[Weight], tensors: &Arena<TensorId, Tensor>, facts: &Facts) -> Option<Drawing> {
    let (models, mut placed) = recognise::recognise(weights, facts);
    let shared = match models.as_slice() {
        [] => return None,
        [one] => one.base.clone(),
        _ => String::new(),
    };
    let mut draft = Draft::new(weights, tensors, facts, &shared);
    // What sees is for what speaks, where there are both.
    let (speak, see): (Vec<&Found>, Vec<&Found>) =
        models.iter().partition(|model| model.has(&[Side::Decoder, Side::Target]));
    let joined =
        !speak.is_empty() && see.len() == 1 && see.iter().all(|model| !model.has(&[Side::Text, Side::Encoder]));
    let mut seen = None;
    for model in see {
        if joined {
            seen = Some(look(&mut draft, facts, model, &join::bridge(weights, &placed)));
        } else {
            draw_model(&mut draft, facts, model, None);
        }
    }
    for model in speak {
        draw_model(&mut draft, facts, model, seen);
    }
    for (weight, placed) in weights.iter().zip(&mut placed) {
        *placed = weight.tensor.map_or(*placed, |tensor| draft.reads(tensor));
    }
    let families = models.iter().map(|model| model.family.name).collect();
    Some(Drawing { graph: draft.finish(), families, placed })
}

/// Draws what sees, and what brings that to texts: `bridge`.
fn look<'a>(draft: &mut Draft<'a>, facts: &'a Facts, model: &Found, bridge: &[Piece]) -> ValueId {
    let mut writer = Writer::new(draft, model.family, facts.of(Side::Vision), Side::Vision);
    let mut ends = model.stacks.iter().map(|stack| tower(&mut writer, model, stack));
    let x = ends.next();
    drop(ends);
    let x = x.unwrap_or_default();
    writer.bridged(bridge, x)
}

fn draw_model<'a>(draft: &mut Draft<'a>, facts: &'a Facts, model: &Found, seen: Option<ValueId>) {
    let mut memory = None;
    let mut ends: Vec<(Side, ValueId)> = Vec::new();
    for stack in &model.stacks {
        let side = stack.tower.side;
        let mut writer = Writer::new(draft, model.family, facts.of(side), side);
        (writer.memory, writer.seen) = (memory, seen);
        let x = tower(&mut writer, model, stack);
        match side {
            Side::Source => memory = Some(x),
            Side::Text | Side::Vision => ends.push((side, x)),
            Side::Encoder | Side::Decoder | Side::Target => writer.heads(model, stack, x),
        }
    }
    if let (Some(memory), [only]) = (memory, model.stacks.as_slice()) {
        let side = only.tower.side;
        Writer::new(draft, model.family, facts.of(side), side).heads(model, only, memory);
    }
    if !ends.is_empty() {
        compare(draft, facts, model, &ends);
    }
}

/// Draws a tower up to what its last block gives.
fn tower(writer: &mut Writer, model: &Found, stack: &Stack) -> ValueId {
    // What has a table of positions does without.
    writer.rotary &= !stack.whole.contains_key(&Role::Positions);
    let mut x = writer.entry(model, stack);
    let own = stack.blocks.values().filter_map(|block| first(&block.pieces, Role::RelativePositions));
    let own: Vec<&Piece> = own.collect();
    // One table is for all blocks, also if the first one has it: it stands before them.
    let each = own.len() > 1;
    if let Some(table) = first(&stack.whole, Role::RelativePositions).or(own.first().copied()).filter(|_| !each) {
        writer.relative = Some(writer.distances(table, &stack.path));
    }
    for (number, block) in &stack.blocks {
        if let Some(table) = first(&block.pieces, Role::RelativePositions).filter(|_| each) {
            writer.relative = Some(writer.distances(table, parent(&table.path)));
        }
        x = writer.block(usize::try_from(*number).unwrap_or(usize::MAX), block, x);
    }
    writer.exit(stack, x)
}

/// Projects texts and images to one space, and compares them there.
fn compare<'a>(draft: &mut Draft<'a>, facts: &'a Facts, model: &Found, ends: &[(Side, ValueId)]) {
    let mut compared = Vec::new();
    for ((side, x), stack) in ends.iter().zip(&model.stacks) {
        let mut writer = Writer::new(draft, model.family, facts.of(*side), *side);
        let (role, name) = match side {
            Side::Text => (Role::TextProjection, "text_embeds"),
            _ => (Role::ImageProjection, "image_embeds"),
        };
        let mut x = *x;
        if let Some(pool) = first(&stack.whole, Role::AttentionPool) {
            let step = Step::of("AttentionPooling", Category::Attention, pool).input("input", x);
            x = writer.draft.shaped(step, None);
        }
        let own = first(&stack.whole, role).or_else(|| first(&model.beside, role));
        let projected = own.map(|piece| writer.linear(piece, x));
        let classes = first(&stack.whole, Role::Classes).or_else(|| first(&model.beside, Role::Classes));
        if let Some(classes) = classes {
            let scores = writer.linear(classes, projected.unwrap_or(x));
            writer.draft.output("logits", scores);
        }
        compared.push((name, projected.unwrap_or(x), classes.is_some()));
    }
    let scale = first(&model.beside, Role::LogitScale);
    if let ([(_, text, _), (_, image, _)], Some(scale)) = (compared.as_slice(), scale) {
        let step = Step::new("Similarity", Category::Linear, parent(&scale.path))
            .input("text", *text)
            .input("image", *image)
            .with(Some(scale))
            .with(first(&model.beside, Role::LogitBias));
        let logits = draft.shaped(step, None);
        draft.output("logits_per_text", logits);
        return;
    }
    for (name, value, read) in compared {
        if !read {
            draft.output(name, value);
        }
    }
}
