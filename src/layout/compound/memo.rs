//! What was laid out before.

use crate::layout::level::{Level, Sheet};
use crate::layout::{Direction, Options};
use std::collections::HashMap;
use std::sync::Arc;

/// About so many bytes are kept, and as many again of what was used before that.
const BUDGET: usize = 24 << 20;

/// A level with its layout.
#[derive(Debug)]
pub(super) struct Known {
    pub level: Level,
    pub sheet: Sheet,
}

/// Layouts of levels that survive between calls of [`layout_with`](super::layout_with), so that equal containers are
/// laid out once, and a change lays out only what it changes. Its size is bounded: what was not used for long is
/// forgotten.
#[derive(Debug, Default)]
pub struct Memo {
    /// What the layouts hold for.
    options: Option<[u64; 6]>,
    recent: HashMap<u64, Arc<Known>>,
    older: HashMap<u64, Arc<Known>>,
    /// How many bytes `recent` holds, about.
    held: usize,
}

impl Memo {
    /// Forgets all that does not hold for `options`.
    pub(super) fn prepare(&mut self, options: &Options) {
        let Options { direction, node_gap, edge_gap, rank_gap, header, pad } = *options;
        let right = u64::from(direction == Direction::Right);
        let [node_gap, edge_gap, rank_gap, header, pad] = [node_gap, edge_gap, rank_gap, header, pad].map(f64::to_bits);
        let key = [right, node_gap, edge_gap, rank_gap, header, pad];
        if self.options != Some(key) {
            *self = Self { options: Some(key), ..Self::default() };
        }
    }

    /// The layout of `level`.
    pub(super) fn draw(&mut self, level: Level, options: &Options) -> Arc<Known> {
        let hash = hash(&level);
        if let Some(known) = self.recent.get(&hash).filter(|known| known.level == level) {
            return Arc::clone(known);
        }
        let older = self.older.remove(&hash).filter(|known| known.level == level);
        let known = older.unwrap_or_else(|| Arc::new(Known { sheet: level.draw(options), level }));
        let bytes = known.bytes();
        if self.held + bytes > BUDGET {
            self.older = std::mem::take(&mut self.recent);
            self.held = 0;
        }
        self.held += bytes;
        self.recent.insert(hash, Arc::clone(&known));
        known
    }
}

impl Known {
    /// How much memory this takes, about.
    fn bytes(&self) -> usize {
        let (level, sheet) = (&self.level, &self.sheet);
        52 * level.sizes.len()
            + 16 * level.sources.len()
            + 16 * level.targets.len()
            + 12 * sheet.net.len()
            + 16 * sheet.points.len()
            + 512
    }
}

/// A hash of all that `level` consists of (multiply and rotate).
fn hash(level: &Level) -> u64 {
    let mut hash = u64::from(level.ins) << 32 | u64::from(level.outs);
    let mut add = |value: u64| hash = (hash.rotate_left(5) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    add(u64::from(level.leading) << 1 | u64::from(level.thorough));
    for size in level.sizes.iter().chain(&level.least) {
        add(size.w.to_bits());
        add(size.h.to_bits());
    }
    for list in [&level.sources, &level.starts, &level.targets, &level.containers, &level.spans, &level.main] {
        add(list.len() as u64);
        let pairs = list.chunks(2).map(|pair| u64::from(pair[0]) << 32 | u64::from(*pair.last().unwrap_or(&0)));
        pairs.for_each(&mut add);
    }
    for list in [&level.leave, &level.arrive] {
        list.iter().for_each(|&value| add(value.to_bits()));
    }
    hash
}
