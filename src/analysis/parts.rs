//! Splits levels that have too many members to be read at once.

use super::draft::{Draft, Level, Part};
use super::repeats::widths;
use super::shapes::Shapes;
use super::stacks::add;
use super::tree::GroupKind;
use crate::model::Graph;

/// A level with more members than this is split.
const MOST: usize = 200;
/// Parts have about the square root of that many, within these bounds; half as many more at most.
const SIZES: (usize, usize) = (16, MOST * 2 / 3);

/// Splits `level` into consecutive parts of about the square root of its size, where few values pass from one to the next.
/// Says whether it had to.
pub fn split(draft: &mut Draft, shapes: &mut Shapes, graph: &Graph, level: usize) -> bool {
    let mut changed = false;
    while draft.levels[level].kind != GroupKind::Stack && draft.levels[level].members.len() > MOST {
        let members = std::mem::take(&mut draft.levels[level].members);
        let widths = widths(&shapes.wires(&members));
        let size = members.len().isqrt().clamp(SIZES.0, SIZES.1);
        let half = size / 2;
        let (mut parts, mut start) = (Vec::new(), 0);
        while start < members.len() {
            let left = members.len() - start;
            // What is left for the last part is never too little.
            let end = if left <= size + half {
                left
            } else {
                narrowest(&widths[start..], half, (size + half).min(left - half))
            };
            let end = start + end;
            let piece = members[start..end].to_vec();
            let (first, last) = (draft.short_name(graph, piece[0]), draft.short_name(graph, piece[piece.len() - 1]));
            let part = Level { name: format!("{first} … {last}").into(), kind: GroupKind::Part, members: piece };
            parts.push(Part::Level(add(draft, shapes, part)));
            start = end;
        }
        draft.levels[level].members = parts;
        changed = true;
    }
    changed
}

/// The place from `from` to `to` with the smallest width; of several, the one in the middle.
fn narrowest(widths: &[u32], from: usize, to: usize) -> usize {
    let middle = usize::midpoint(from, to);
    (from..=to).min_by_key(|place| (widths[*place], place.abs_diff(middle))).unwrap_or(middle)
}
