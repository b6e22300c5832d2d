//! How many different numbers there are.

use serde::Serialize;

/// Beyond so many, they are no longer counted.
const MOST: u32 = 1 << 16;
/// Places in the table: twice as many.
const SLOTS: usize = 1 << 17;
/// Stands for an empty place: the bits of a NaN, which is never added.
const EMPTY: u64 = u64::MAX;

/// Counts different numbers, as far as there are not too many.
#[derive(Clone, Debug)]
pub struct Distinct {
    slots: Vec<u64>,
    count: u32,
}

/// How many different numbers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Unique {
    /// That many, or at least so many.
    pub count: u32,
    /// Whether there are just so many.
    pub exact: bool,
}

impl Default for Distinct {
    fn default() -> Self {
        Self { slots: vec![EMPTY; SLOTS], count: 0 }
    }
}

impl Distinct {
    /// Counts those of `elements`, which are finite, that were not there before.
    pub fn add(&mut self, elements: &[f64]) {
        for element in elements {
            if self.count > MOST {
                return;
            }
            // Negative zero is zero.
            let key = (element + 0.0).to_bits();
            let mut slot = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 47) as usize;
            loop {
                match self.slots.get_mut(slot % SLOTS) {
                    Some(known) if *known == key => break,
                    Some(free) if *free == EMPTY => {
                        *free = key;
                        self.count += 1;
                        break;
                    }
                    _ => slot += 1,
                }
            }
        }
    }

    /// How many there were.
    pub fn unique(&self) -> Unique {
        Unique { count: self.count.min(MOST), exact: self.count <= MOST }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_numbers_are_counted_once_and_up_to_a_limit() {
        let mut distinct = Distinct::default();
        distinct.add(&[0.0, -0.0, 1.0, 1.0, 1e-310, f64::MAX]);
        assert_eq!(distinct.unique(), Unique { count: 4, exact: true });
        let many: Vec<f64> = (0..200_000).map(|number| f64::from(number) * 0.37).collect();
        distinct.add(&many[..50_000]);
        assert_eq!(distinct.unique(), Unique { count: 50_003, exact: true });
        distinct.add(&many);
        assert_eq!(distinct.unique(), Unique { count: MOST, exact: false });
    }
}
