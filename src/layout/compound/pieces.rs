//! Nets, cut at the borders of the containers that they cross.

use super::tree::{ROOT, Tree};
use crate::layout::Input;
use crate::layout::graph::{Csr, NONE};

/// The part of an edge that lies in one level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The net.
    pub net: u32,
    /// The level.
    pub level: u32,
    /// The member where it starts; `NONE` where the net comes in.
    pub source: u32,
    /// The member where it ends; `NONE` where the net goes out.
    pub target: u32,
    /// The index in [`Input::targets`] of the target that it ends at; `NONE` if the net goes on.
    pub index: u32,
}

/// The pieces of all nets of `input`, by level and then by net. Edges to boxes that do not exist are left out, and a
/// target that repeats within a net counts once, at its first index.
pub(super) fn cut(input: &Input, tree: &Tree) -> Vec<Piece> {
    let boxes = input.sizes.len();
    let mut knife = Knife {
        tree,
        pieces: Vec::with_capacity(input.targets.len()),
        arrived: vec![NONE; boxes],
        left: vec![NONE; tree.levels() as usize],
        child: vec![(NONE, NONE); tree.levels() as usize],
        top: ROOT,
    };
    for (net, (&source, ends)) in (0..).zip(input.sources.iter().zip(input.starts.windows(2))) {
        let end = (ends[1] as usize).min(input.targets.len());
        let start = (ends[0] as usize).min(end);
        if (source as usize) < boxes {
            knife.begin(net, source);
            for (index, &target) in (start as u32..).zip(&input.targets[start..end]) {
                if (target as usize) < boxes {
                    knife.edge(net, source, target, index);
                }
            }
        }
    }
    let pieces = knife.pieces;
    let by_level = Csr::group(tree.levels() as usize, pieces.iter().zip(0..).map(|(piece, at)| (piece.level, at)));
    by_level.items.iter().map(|&at| pieces[at as usize]).collect()
}

struct Knife<'a> {
    tree: &'a Tree,
    pieces: Vec<Piece>,
    /// Of each box, the last piece that ends at it.
    arrived: Vec<u32>,
    /// Of each level, the last piece that goes out of it.
    left: Vec<u32>,
    /// Of each level around a source, the net, and the member that is or contains its source.
    child: Vec<(u32, u32)>,
    /// The outermost level that the present net has got to from its source.
    top: u32,
}

impl Knife<'_> {
    fn begin(&mut self, net: u32, source: u32) {
        self.top = self.tree.level[source as usize];
        self.child[self.top as usize] = (net, source);
    }

    /// Cuts the edge of `net` from `source` to `target`, as far as its pieces are not there yet.
    fn edge(&mut self, net: u32, source: u32, target: u32, index: u32) {
        let tree = self.tree;
        let inside = tree.inside[target as usize];
        if inside != NONE && tree.holds(inside, source) {
            self.climb(net, inside);
            let piece = self.leave(net, inside);
            self.arrive(piece, index);
            return;
        }
        let mut at = target;
        loop {
            let level = tree.level[at as usize];
            let known = self.arrived[at as usize];
            let ends = if at == target { index } else { NONE };
            if self.is_of(net, known) {
                self.arrive(known, ends);
                return;
            }
            let holds = tree.holds(level, source);
            if holds {
                self.climb(net, level);
            }
            let from = if holds { self.child[level as usize].1 } else { NONE };
            self.arrived[at as usize] = self.pieces.len() as u32;
            self.pieces.push(Piece { net, level, source: from, target: at, index: ends });
            if holds || tree.owner[level as usize] == source {
                return;
            }
            at = tree.owner[level as usize];
        }
    }

    /// Goes on from the source of `net` to `level`, out of all levels in it.
    fn climb(&mut self, net: u32, level: u32) {
        while self.child[level as usize].0 != net {
            self.leave(net, self.top);
            let owner = self.tree.owner[self.top as usize];
            self.top = self.tree.level[owner as usize];
            self.child[self.top as usize] = (net, owner);
        }
    }

    /// The piece of `net` that goes out of `level`.
    fn leave(&mut self, net: u32, level: u32) -> u32 {
        let known = self.left[level as usize];
        if self.is_of(net, known) {
            return known;
        }
        let piece = self.pieces.len() as u32;
        self.left[level as usize] = piece;
        let source = self.child[level as usize].1;
        self.pieces.push(Piece { net, level, source, target: NONE, index: NONE });
        piece
    }

    /// Notes that `piece` ends at the target with `index`, if it is the first.
    fn arrive(&mut self, piece: u32, index: u32) {
        let piece = &mut self.pieces[piece as usize];
        if piece.index == NONE {
            piece.index = index;
        }
    }

    fn is_of(&self, net: u32, piece: u32) -> bool {
        self.pieces.get(piece as usize).is_some_and(|piece| piece.net == net)
    }
}
