//! Models that see and speak: what goes from one to the other.

use super::Weight;
use super::blocks::{Writer, parent};
use super::recognise::Piece;
use crate::model::ValueId;

/// Parts of the paths of what brings images to where texts are.
const BRIDGES: [&str; 5] = ["projector", "merger", "connector", "mlp1", "aligner"];

/// The modules among the weights that are not `placed` that bring images to where texts are, in the order of the file.
pub fn bridge(weights: &[Weight], placed: &[bool]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, weight) in weights.iter().enumerate().filter(|(index, _)| !placed[*index]) {
        let (path, own) = (parent(weight.name), weight.name.rsplit('.').next().unwrap_or_default());
        if !path.split('.').any(|part| BRIDGES.iter().any(|bridge| part.contains(bridge))) {
            continue;
        }
        match pieces.iter_mut().find(|piece| piece.path == path) {
            Some(piece) => piece.weights.push((own.into(), index)),
            None => pieces.push(Piece { path: path.into(), weights: vec![(own.into(), index)] }),
        }
    }
    pieces
}

impl Writer<'_, '_> {
    /// What `pieces`, one after the other, make of `x`: norms and matrices, with an activation between two of these.
    pub(super) fn bridged(&mut self, pieces: &[Piece], mut x: ValueId) -> ValueId {
        let mut last: Option<&Piece> = None;
        for piece in pieces {
            if self.draft.len(piece).is_some() {
                x = self.norm(piece, x);
                continue;
            }
            if let Some(last) = last.replace(piece) {
                x = self.activated(parent(&last.path), x);
            }
            x = self.linear(piece, x);
        }
        x
    }
}
