//! Counting crossings between two ranks: the inversions of the lower ends in the order of the upper ones (Barth, Jünger
//! & Mutzel).

use super::order::Order;

/// Up to this many edges, insertion sort counts faster than a tree.
const FEW: usize = 24;

/// Counts, and keeps its memory in between.
#[derive(Debug, Default)]
pub(super) struct Counter {
    ends: Vec<u32>,
    tree: Vec<u32>,
}

impl Counter {
    /// How many edges cross between `rank` and the next.
    pub fn between(&mut self, order: &Order, rank: u32) -> u64 {
        self.ends.clear();
        for &vertex in order.rows.row(rank) {
            order.ends_below(vertex, &mut self.ends);
        }
        if self.ends.is_sorted() {
            0
        } else if self.ends.len() <= FEW {
            insertion(&mut self.ends)
        } else {
            self.accumulate(order.places(rank + 1))
        }
    }

    /// Inversions by an accumulator tree over `width` positions (Fenwick).
    fn accumulate(&mut self, width: usize) -> u64 {
        self.tree.clear();
        self.tree.resize(width + 1, 0);
        let mut inversions = 0;
        for (before, &end) in self.ends.iter().enumerate() {
            let (mut at, mut not_after) = (end as usize + 1, 0);
            while at > 0 {
                not_after += u64::from(self.tree[at]);
                at &= at - 1;
            }
            inversions += before as u64 - not_after;
            let mut at = end as usize + 1;
            while at <= width {
                self.tree[at] += 1;
                at += at & at.wrapping_neg();
            }
        }
        inversions
    }
}

/// Inversions by insertion sort.
fn insertion(ends: &mut [u32]) -> u64 {
    let mut inversions = 0;
    for from in 1..ends.len() {
        let mut at = from;
        while at > 0 && ends[at - 1] > ends[at] {
            ends.swap(at - 1, at);
            at -= 1;
        }
        inversions += (from - at) as u64;
    }
    inversions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_counting_agree_with_the_definition() {
        let mut state = 1u32;
        for length in 0..60 {
            let ends: Vec<u32> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 16) % 20
                })
                .collect();
            let pairs = (0..ends.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
            let inversions = pairs.filter(|&(a, b)| ends[a] > ends[b]).count() as u64;
            assert_eq!(insertion(&mut ends.clone()), inversions);
            assert_eq!(Counter { ends, tree: Vec::new() }.accumulate(20), inversions);
        }
    }
}
