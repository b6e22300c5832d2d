//! Sweeps that sort each rank by its neighbours' positions, with swaps of adjacent vertices in between (Sugiyama;
//! Gansner et al. 1993). A rank is visited again only after a rank next to it changed, which changes no result.

use super::crossings::Counter;
use super::order::Order;
use std::ops::Range;

/// So many sweeps without gain end the search.
const PATIENCE: usize = 3;
/// Rounds of adjacent swaps after a sweep.
const SWAP_ROUNDS: usize = 2;

/// How a rank is sorted: by which neighbours, and by which of their averages.
#[derive(Clone, Copy)]
struct Pass {
    from_above: bool,
    median: bool,
}

impl Pass {
    fn index(self) -> usize {
        2 * usize::from(self.median) + usize::from(self.from_above)
    }
}

/// An order, and what is known of it.
pub(super) struct Search {
    /// The order.
    pub order: Order,
    counter: Counter,
    /// Of each rank, when its order last changed.
    changed: Vec<u32>,
    /// Of each rank and pass, when it was last sorted.
    sorted: [Vec<u32>; 4],
    /// Of each rank, when its adjacent vertices were last tried for swaps.
    swapped: Vec<u32>,
    /// Of each rank, when the crossings below it were last counted, and how many they are.
    counted: Vec<(u32, u64)>,
    now: u32,
    keyed: Vec<(f32, u32)>,
    near: Vec<u32>,
    left: Around,
    right: Around,
}

/// The positions of a vertex's neighbours, sorted.
#[derive(Default)]
struct Around {
    up: Vec<u32>,
    down: Vec<u32>,
}

impl Search {
    /// Begins with `order`, which has so many `ranks`.
    pub fn new(order: Order, ranks: usize) -> Self {
        let clock = || vec![0; ranks];
        Self {
            order,
            counter: Counter::default(),
            changed: vec![1; ranks],
            sorted: [clock(), clock(), clock(), clock()],
            swapped: clock(),
            counted: vec![(0, 0); ranks],
            now: 1,
            keyed: Vec::new(),
            near: Vec::new(),
            left: Around::default(),
            right: Around::default(),
        }
    }

    /// Begins anew with `vertices` as the rows of `ranks`.
    pub fn restart(&mut self, ranks: Range<u32>, vertices: &[u32]) {
        let from = self.order.rows.range(ranks.start).start;
        self.order.rows.items[from..from + vertices.len()].copy_from_slice(vertices);
        self.order.number(ranks.clone());
        self.touch(ranks);
    }

    /// Mirrors `ranks`.
    pub fn mirror(&mut self, ranks: Range<u32>) {
        for rank in ranks.clone() {
            let range = self.order.rows.range(rank);
            self.order.rows.items[range].reverse();
        }
        self.order.number(ranks.clone());
        self.touch(ranks);
    }

    /// Notes that the order of `ranks` has changed.
    pub fn touch(&mut self, ranks: Range<u32>) {
        self.now += 1;
        self.changed[ranks.start as usize..ranks.end as usize].fill(self.now);
    }

    /// Looks for an order of `ranks` with fewer `crossings` than the present one has, in so many `sweeps`. Leaves the
    /// best one in `best`, and gives its number of crossings.
    pub fn improve(&mut self, ranks: Range<u32>, sweeps: usize, crossings: u64, best: &mut [u32]) -> u64 {
        let from = self.order.rows.range(ranks.start).start;
        let mut fewest = crossings;
        let mut patience = PATIENCE;
        for sweep in 0..sweeps {
            if fewest == 0 || patience == 0 {
                break;
            }
            self.sweep(ranks.clone(), Pass { from_above: sweep % 2 == 0, median: sweep % 4 >= 2 });
            for _ in 0..SWAP_ROUNDS {
                if !self.swaps(ranks.clone()) {
                    break;
                }
            }
            patience -= 1;
            let crossings = self.crossings(ranks.clone());
            if crossings < fewest {
                fewest = crossings;
                patience = PATIENCE;
                best.copy_from_slice(&self.order.rows.items[from..from + best.len()]);
            }
        }
        fewest
    }

    /// How many edges cross within `ranks`.
    pub fn crossings(&mut self, ranks: Range<u32>) -> u64 {
        let mut sum = 0;
        for rank in ranks.start..ranks.end - 1 {
            let (at, next) = (rank as usize, rank as usize + 1);
            if self.counted[at].0 < self.changed[at].max(self.changed[next]) {
                self.counted[at] = (self.now, self.counter.between(&self.order, rank));
            }
            sum += self.counted[at].1;
        }
        sum
    }

    /// Sorts each rank by the one before it in the direction of `pass`.
    fn sweep(&mut self, ranks: Range<u32>, pass: Pass) {
        let (first, last) = (ranks.start, ranks.end - 1);
        for step in 0..last - first {
            let (rank, fixed) = match pass.from_above {
                true => (first + step + 1, first + step),
                false => (last - step - 1, last - step),
            };
            let done = self.sorted[pass.index()][rank as usize];
            if done < self.changed[rank as usize].max(self.changed[fixed as usize]) {
                self.now += 1;
                if self.sort(rank, pass) {
                    self.changed[rank as usize] = self.now;
                }
                self.sorted[pass.index()][rank as usize] = self.now;
            }
        }
    }

    /// Sorts the vertices of `rank` by the average position of their neighbours; those without any stay. Says whether
    /// that changed anything.
    fn sort(&mut self, rank: u32, pass: Pass) -> bool {
        let Self { order, keyed, near, .. } = self;
        let neighbours = if pass.from_above { &order.up } else { &order.down };
        let range = order.rows.range(rank);
        keyed.clear();
        for &vertex in &order.rows.items[range.clone()] {
            near.clear();
            order.ends(neighbours, vertex, near);
            if near.is_empty() {
                continue;
            }
            let average = if pass.median { median(near) } else { mean(near) };
            keyed.push((average + neighbours.lean(vertex), vertex));
        }
        if keyed.is_sorted_by(|a, b| a.0 <= b.0) {
            return false;
        }
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let slots = order.rows.items[range].iter_mut().filter(|slot| neighbours.near.len(**slot) > 0);
        for (slot, &(_, vertex)) in slots.zip(keyed.iter()) {
            *slot = vertex;
        }
        order.number(rank..rank + 1);
        true
    }

    /// Swaps adjacent vertices wherever fewer edges cross then. Says whether it swapped any.
    fn swaps(&mut self, ranks: Range<u32>) -> bool {
        let mut any = false;
        for rank in ranks.clone() {
            let around = rank.max(ranks.start + 1) - 1..(rank + 2).min(ranks.end);
            let changed = around.map(|other| self.changed[other as usize]).max().unwrap_or(0);
            if self.swapped[rank as usize] >= changed {
                continue;
            }
            self.now += 1;
            if self.swap(rank) {
                self.changed[rank as usize] = self.now;
                any = true;
            }
            // A swap may make another one worthwhile, so only a round without any settles the rank.
            self.swapped[rank as usize] = self.now - u32::from(self.changed[rank as usize] == self.now);
        }
        any
    }

    /// One round of swaps over `rank`.
    fn swap(&mut self, rank: u32) -> bool {
        let Self { order, left, right, .. } = self;
        let range = order.rows.range(rank);
        let mut any = false;
        for slot in range.clone().skip(1) {
            let (a, b) = (order.rows.items[slot - 1], order.rows.items[slot]);
            if slot == range.start + 1 {
                left.gather(order, a);
            }
            right.gather(order, b);
            let (now_up, then_up) = crossings(&left.up, &right.up);
            let (now_down, then_down) = crossings(&left.down, &right.down);
            if then_up + then_down < now_up + now_down {
                order.rows.items.swap(slot - 1, slot);
                any = true;
            } else {
                std::mem::swap(left, right);
            }
        }
        if any {
            order.number(rank..rank + 1);
        }
        any
    }
}

impl Around {
    fn gather(&mut self, order: &Order, vertex: u32) {
        for (list, near) in [(&mut self.up, &order.up), (&mut self.down, &order.down)] {
            list.clear();
            order.ends(near, vertex, list);
            list.sort_unstable();
        }
    }
}

/// How many pairs of edges cross that end at the sorted positions `a` and `b`: of two vertices in this order, and
/// swapped.
fn crossings(a: &[u32], b: &[u32]) -> (u64, u64) {
    let (mut before, mut equal) = (0u64, 0u64);
    let (mut lower, mut upper) = (0, 0);
    for &x in a {
        while lower < b.len() && b[lower] < x {
            lower += 1;
        }
        while upper < b.len() && b[upper] <= x {
            upper += 1;
        }
        before += lower as u64;
        equal += (upper - lower) as u64;
    }
    (before, a.len() as u64 * b.len() as u64 - before - equal)
}

fn mean(positions: &[u32]) -> f32 {
    let sum: u64 = positions.iter().map(|&at| u64::from(at)).sum();
    (sum as f64 / positions.len() as f64) as f32
}

/// The median; of an even number, a mean of the middle two that leans to the side where positions are denser.
fn median(positions: &mut [u32]) -> f32 {
    positions.sort_unstable();
    let (count, middle) = (positions.len(), positions.len() / 2);
    let at = |index: usize| positions[index] as f32;
    match count {
        _ if count % 2 == 1 => at(middle),
        2 => (at(0) + at(1)) / 2.0,
        _ => {
            let (left, right) = (at(middle - 1) - at(0), at(count - 1) - at(middle));
            let spread = left + right;
            if spread == 0.0 { at(middle) } else { (at(middle - 1) * right + at(middle) * left) / spread }
        }
    }
}
