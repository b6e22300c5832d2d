//! Sets of things that hang together: union by pointing, with path halving (Tarjan & van Leeuwen 1984).

/// A partition of the numbers below a limit.
pub struct Sets(Vec<u32>);

impl Sets {
    /// `count` numbers, each in a set of its own.
    pub fn new(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    /// The number that stands for the set of `item`.
    pub fn of(&mut self, mut item: u32) -> u32 {
        let Self(above) = self;
        while above[item as usize] != item {
            let next = above[above[item as usize] as usize];
            above[item as usize] = next;
            item = next;
        }
        item
    }

    /// Makes the sets of `a` and `b` one.
    pub fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a as usize] = b;
    }

    /// Makes `item` a set of its own again; to be called for all of its set.
    pub fn reset(&mut self, item: u32) {
        self.0[item as usize] = item;
    }
}
