//! What follows attention: an MLP, or experts of which some are used for each token.

use super::blocks::{Writer, common, parent};
use super::draft::{Step, int};
use super::recognise::{Block, Pieces, first};
use super::role::Role;
use crate::model::{Category, ValueId};

/// The roles of an MLP.
struct Mlp {
    gate: Role,
    up: Role,
    both: Option<Role>,
    down: Role,
}

const DENSE: Mlp = Mlp { gate: Role::Gate, up: Role::Up, both: Some(Role::GateUp), down: Role::Down };
const EXPERT: Mlp = Mlp { gate: Role::ExpertGate, up: Role::ExpertUp, both: None, down: Role::ExpertDown };
const SHARED: Mlp = Mlp { gate: Role::SharedGate, up: Role::SharedUp, both: None, down: Role::SharedDown };

impl Writer<'_, '_> {
    /// The MLP of `block`, or its experts; none if it has no weights for either.
    pub(super) fn feed(&mut self, block: &Block, x: ValueId) -> Option<ValueId> {
        let pieces = &block.pieces;
        let dense = self.mlp(pieces, &DENSE, x);
        let mixed = self.mixture(block, x);
        let shared = self.mlp(pieces, &SHARED, x).map(|shared| self.scaled(pieces, shared, x));
        let all: Vec<ValueId> = [dense, mixed, shared].into_iter().flatten().collect();
        match *all {
            [] => None,
            [one] => Some(one),
            [like, ..] => {
                let inside =
                    [Role::Router, Role::SharedDown, Role::Down].into_iter().find_map(|role| first(pieces, role));
                let scope = inside.map_or(&*block.path, |piece| common(parent(&piece.path), around(block)));
                let step = Step::new("Add", Category::Elementwise, scope).inputs("inputs", all);
                Some(self.draft.add(step, like, None))
            }
        }
    }

    fn mlp(&mut self, pieces: &Pieces, roles: &Mlp, x: ValueId) -> Option<ValueId> {
        let both = roles.both.and_then(|role| first(pieces, role));
        let (gate, up) = (first(pieces, roles.gate), first(pieces, roles.up));
        let inner = match (both, gate, up) {
            (Some(both), ..) => {
                let scope = parent(&both.path);
                let made = self.linear(both, x);
                match self.parts(scope, made, ["gate", "up"]) {
                    [Some(gate), Some(up)] => self.gated(scope, gate, up),
                    _ => made,
                }
            }
            (None, Some(gate), Some(up)) => {
                let scope = common(parent(&gate.path), parent(&up.path));
                let (gate, up) = (self.linear(gate, x), self.linear(up, x));
                self.gated(scope, gate, up)
            }
            (None, Some(one), None) | (None, None, Some(one)) => {
                let made = self.linear(one, x);
                self.activated(parent(&one.path), made)
            }
            (None, None, None) => first(pieces, roles.down).map(|_| x)?,
        };
        Some(self.applied(pieces, roles.down, inner).unwrap_or(inner))
    }

    fn gated(&mut self, scope: &str, gate: ValueId, up: ValueId) -> ValueId {
        let gate = self.activated(scope, gate);
        let step = Step::new("Mul", Category::Elementwise, scope).inputs("inputs", vec![gate, up]);
        self.draft.add(step, up, None)
    }

    /// The experts, as the router weighs them.
    fn mixture(&mut self, block: &Block, x: ValueId) -> Option<ValueId> {
        let pieces = &block.pieces;
        let packed = first(pieces, Role::Experts);
        if packed.is_none() && block.experts.is_empty() {
            return None;
        }
        let scope = around(block);
        let weights = first(pieces, Role::Router).map(|router| {
            let scores = self.linear(router, x);
            let step = Step::new("TopK", Category::Reduction, scope)
                .input("scores", scores)
                .set("k", self.facts.experts_used.map(int));
            self.draft.split(step, &["weights"])
        });
        let weights = weights.and_then(|weights| weights.first().copied());
        if let Some(packed) = packed {
            let mut step = Step::of("Experts", Category::Linear, packed)
                .input("input", x)
                .maybe("weights", weights)
                .set("num_experts", self.facts.experts.map(int));
            for more in pieces.get(&Role::Experts).into_iter().flatten().skip(1) {
                step = step.with(Some(more));
            }
            return Some(self.draft.add(step, x, None));
        }
        let made = block.experts.values().filter_map(|expert| self.mlp(expert, &EXPERT, x)).collect();
        let step =
            Step::new("WeightedSum", Category::Reduction, scope).maybe("weights", weights).inputs("experts", made);
        Some(self.draft.add(step, x, None))
    }

    /// What the shared expert gives, scaled if there is something to scale it.
    fn scaled(&mut self, pieces: &Pieces, shared: ValueId, x: ValueId) -> ValueId {
        let Some(router) = first(pieces, Role::SharedRouter) else { return shared };
        let scope = parent(&router.path);
        let score = self.linear(router, x);
        let step = Step::new("Sigmoid", Category::Activation, scope).input("input", score);
        let score = self.draft.add(step, score, None);
        let step = Step::new("Mul", Category::Elementwise, scope).inputs("inputs", vec![score, shared]);
        self.draft.add(step, shared, None)
    }
}

/// The path of the module that holds the experts of `block` and their router.
fn around(block: &Block) -> &str {
    let router = first(&block.pieces, Role::Router).or_else(|| first(&block.pieces, Role::Experts));
    let one = block.experts.values().flat_map(|expert| expert.values()).flatten().next();
    // An expert is in a list, which is in what is looked for.
    let one = one.map(|piece| parent(parent(parent(&piece.path))));
    router.map(|piece| parent(&piece.path)).or(one).unwrap_or(&block.path)
}
