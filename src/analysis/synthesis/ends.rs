//! What comes before the blocks of a tower, and after them.

use super::blocks::{Writer, common, parent};
use super::draft::{Step, int};
use super::family::{Entry, Side};
use super::recognise::{Found, Piece, Pieces, Stack, first};
use super::role::Role;
use crate::model::{Category, Dim, Literal, Shape, ValueId};

impl Writer<'_, '_> {
    /// What the first block reads.
    pub(super) fn entry(&mut self, model: &Found, stack: &Stack) -> ValueId {
        let whole = &stack.whole;
        match stack.tower.entry {
            Entry::Image => self.image(whole),
            Entry::Sound if whole.contains_key(&Role::FirstConv) => self.sound(whole),
            _ => self.text(model, stack),
        }
    }

    fn text(&mut self, model: &Found, stack: &Stack) -> ValueId {
        let whole = &stack.whole;
        let target = stack.tower.side == Side::Target && model.stacks.len() > 1;
        let ids = if target { "decoder_input_ids" } else { "input_ids" };
        let Some(table) = tokens(model, stack) else {
            return self.draft.input("hidden_states", &["batch", "sequence", "hidden"]);
        };
        let read = self.draft.input(ids, &["batch", "sequence"]);
        let path = if within(&table.path, &model.base, stack) {
            table.path.clone()
        } else {
            format!("{}.embed_tokens", stack.path)
        };
        let mut x = self.lookup(table, &path, read);
        if let Some(seen) = self.seen {
            let step = Step::new("Merge", Category::Shape, parent(&path)).input("text", x).input("image", seen);
            x = self.draft.add(step, x, None);
        }
        let late = whole.contains_key(&Role::EmbedNorm);
        let project = first(whole, Role::EmbedProjection);
        if let Some(project) = project.filter(|_| !late) {
            x = self.linear(project, x);
        }
        let mut scope = parent(&path);
        let mut sum = vec![x];
        for (role, ids) in [(Role::Positions, "position_ids"), (Role::Segments, "token_type_ids")] {
            let Some(table) = first(whole, role) else { continue };
            let ids = self.draft.input(ids, &["batch", "sequence"]);
            scope = common(parent(&table.path), scope);
            sum.push(self.lookup(table, &table.path, ids));
        }
        if sum.len() > 1 {
            let step = Step::new("Add", Category::Elementwise, scope).inputs("inputs", sum);
            x = self.draft.add(step, x, None);
        }
        x = self.normed(whole, Role::EmbedNorm, x);
        match project.filter(|_| late) {
            Some(project) => self.linear(project, x),
            None => x,
        }
    }

    fn lookup(&mut self, table: &Piece, path: &str, ids: ValueId) -> ValueId {
        // A table has its rows first, whatever a matrix would have.
        let size = self.draft.features(table).map(|(width, rows)| (rows, width));
        let shape = size.map(|(_, width)| {
            Shape(vec![Dim::Symbol("batch".into()), Dim::Symbol("sequence".into()), Dim::Known(width)])
        });
        let step = Step::new("Embedding", Category::Shape, path)
            .named(path)
            .with(Some(table))
            .input("ids", ids)
            .set("num_embeddings", size.map(|(rows, _)| int(rows)))
            .set("embedding_dim", size.map(|(_, width)| int(width)));
        self.draft.shaped(step, shape)
    }

    fn image(&mut self, whole: &Pieces) -> ValueId {
        let pixels = self.draft.input("pixel_values", &["batch", "channels", "height", "width"]);
        let Some(patches) = first(whole, Role::Patches) else { return pixels };
        let weight = self.draft.tensor(patches, "weight").map(|weight| weight.shape.clone()).unwrap_or_default();
        let [operator, category] = match weight.len() {
            2 => return self.linear(patches, pixels),
            5 => ["Conv3d", "kernel_size"],
            _ => ["Conv2d", "kernel_size"],
        };
        let kernel = (weight.len() > 2).then(|| Literal::List(weight.iter().skip(2).copied().map(int).collect()));
        let step = Step::of(operator, Category::Convolution, patches)
            .input("input", pixels)
            .set("out_channels", weight.first().copied().map(int))
            .set(category, kernel);
        let made = self.draft.shaped(step, None);
        let scope = parent(&patches.path);
        let width = weight.first().map_or(Dim::Unknown, |width| Dim::Known(*width));
        let shape = Shape(vec![Dim::Symbol("batch".into()), Dim::Symbol("patches".into()), width]);
        let step = Step::new("Flatten", Category::Shape, scope).input("input", made);
        let mut x = self.draft.shaped(step, Some(shape));
        if let Some([token, more @ ..]) = whole.get(&Role::ClassToken).map(Vec::as_slice) {
            let mut step =
                Step::new("Concat", Category::Shape, parent(&token.path)).with(Some(token)).input("input", x);
            for piece in more {
                step = step.with(Some(piece));
            }
            x = self.draft.add(step, x, None);
        }
        if let Some(positions) = first(whole, Role::Positions) {
            let step = Step::new("Add", Category::Elementwise, parent(&positions.path))
                .with(Some(positions))
                .input("input", x);
            x = self.draft.add(step, x, None);
        }
        self.normed(whole, Role::EmbedNorm, x)
    }

    fn sound(&mut self, whole: &Pieces) -> ValueId {
        let mut x = self.draft.input("input_features", &["batch", "mel", "frames"]);
        let mut last = "";
        for piece in [Role::FirstConv, Role::SecondConv].into_iter().filter_map(|role| first(whole, role)) {
            let weight = self.draft.tensor(piece, "weight").map(|weight| weight.shape.clone()).unwrap_or_default();
            let step = Step::of("Conv1d", Category::Convolution, piece)
                .input("input", x)
                .set("in_channels", weight.get(1).copied().map(int))
                .set("out_channels", weight.first().copied().map(int))
                .set("kernel_size", weight.get(2).map(|size| Literal::List(vec![int(*size)])));
            x = self.draft.shaped(step, None);
            last = parent(&piece.path);
            x = self.activated(last, x);
        }
        let step = Step::new("Transpose", Category::Shape, last).input("input", x);
        x = self.draft.shaped(step, None);
        if let Some(positions) = first(whole, Role::Positions) {
            let step = Step::new("Add", Category::Elementwise, last).with(Some(positions)).input("input", x);
            x = self.draft.add(step, x, None);
        }
        self.normed(whole, Role::EmbedNorm, x)
    }

    /// What the last block's output `x` becomes within the tower.
    pub(super) fn exit(&mut self, stack: &Stack, x: ValueId) -> ValueId {
        let x = self.normed(&stack.whole, Role::FinalNorm, x);
        match first(&stack.whole, Role::FinalProjection) {
            Some(project) => self.linear(project, x),
            None => x,
        }
    }

    /// The heads of `model`, which read `x`; these are its outputs.
    pub(super) fn heads(&mut self, model: &Found, stack: &Stack, x: ValueId) {
        let pieces = &model.beside;
        let of = |role: Role| first(pieces, role).or_else(|| first(&stack.whole, role));
        let pooled = of(Role::Pooler).map(|pooler| {
            let made = self.linear(pooler, x);
            let step = Step::new("Tanh", Category::Activation, parent(&pooler.path)).input("input", made);
            self.draft.add(step, made, None)
        });
        let mut read = false;
        let mut token = x;
        if let Some(dense) = of(Role::HeadDense) {
            token = self.linear(dense, token);
            token = self.activated(parent(&dense.path), token);
        }
        token = of(Role::HeadNorm).map_or(token, |norm| self.norm(norm, token));
        if let Some(logits) = self.vocabulary(model, stack, token) {
            self.draft.output("logits", logits);
            read = true;
        }
        let mut class = pooled.unwrap_or(token);
        if let Some(dense) = of(Role::ClassDense) {
            class = self.linear(dense, class);
            class = self.activated(parent(&dense.path), class);
        }
        for (role, from) in [(Role::Classes, class), (Role::OtherClasses, pooled.unwrap_or(token))] {
            if let Some(head) = of(role) {
                let scores = self.linear(head, from);
                self.draft.output("logits", scores);
                read = true;
            }
        }
        if !read {
            self.draft.output("last_hidden_state", token);
            if let Some(pooled) = pooled {
                self.draft.output("pooler_output", pooled);
            }
        }
    }

    /// A score for each token; none if the model has no head for that.
    fn vocabulary(&mut self, model: &Found, stack: &Stack, x: ValueId) -> Option<ValueId> {
        let of = |role: Role| first(&model.beside, role).or_else(|| first(&stack.whole, role));
        let bias = of(Role::HeadBias);
        if let Some(head) = of(Role::Head) {
            let size = self.draft.features(head);
            let step = Step::of("Linear", Category::Linear, head)
                .with(bias)
                .input("input", x)
                .set("in_features", size.map(|(inputs, _)| int(inputs)))
                .set("out_features", size.map(|(_, outputs)| int(outputs)));
            return Some(self.draft.add(step, x, size.map(|(_, outputs)| outputs)));
        }
        let table = tokens(model, stack).filter(|_| self.is_tied(model, stack))?;
        let size = self.draft.features(table);
        let path = bias.map_or("lm_head", |bias| parent(&bias.path)).to_owned();
        let path = if path.is_empty() { "lm_head".to_owned() } else { path };
        let step = Step::new("Linear", Category::Linear, &path)
            .named(&path)
            .with(Some(table))
            .with(bias)
            .input("input", x)
            .set("in_features", size.map(|(inputs, _)| int(inputs)))
            .set("out_features", size.map(|(_, outputs)| int(outputs)));
        Some(self.draft.add(step, x, size.map(|(_, outputs)| outputs)))
    }

    /// Whether a model without a head for the vocabulary has one that is tied to its embeddings.
    fn is_tied(&self, model: &Found, stack: &Stack) -> bool {
        const CLASSES: [&str; 7] =
            ["CausalLM", "LMHead", "ConditionalGeneration", "MaskedLM", "ForPreTraining", "MTModel", "DoubleHeads"];
        let has = |role| model.beside.contains_key(&role);
        let (class, dense) = (&self.draft.facts.class, has(Role::HeadDense) || has(Role::HeadBias));
        if self.facts.tied == Some(false)
            || has(Role::Classes)
            || !class.is_empty() && !CLASSES.iter().any(|known| class.contains(known))
        {
            return false;
        }
        match stack.tower.side {
            Side::Encoder => dense,
            Side::Decoder | Side::Target if class.is_empty() => {
                let last = model.base.rsplit('.').next().unwrap_or_default();
                dense || model.family.trunk.contains(&last)
            }
            Side::Decoder | Side::Target => true,
            _ => false,
        }
    }
}

/// The table of embeddings that `stack` reads: its own, or one that all towers of `model` have in common.
pub fn tokens<'m>(model: &'m Found, stack: &'m Stack) -> Option<&'m Piece> {
    let others = model.stacks.iter().map(|stack| &stack.whole);
    [&stack.whole, &model.beside].into_iter().chain(others).find_map(|pieces| first(pieces, Role::Tokens))
}

/// Whether what is at `path` is no other tower's.
fn within(path: &str, base: &str, stack: &Stack) -> bool {
    let first = stack.tower.side != Side::Target;
    path.starts_with(&stack.path) || first && path.starts_with(base)
}
