//! Figures about many numbers, in one pass.

use super::histogram::Histogram;
use super::unique::{Distinct, Unique};
use serde::Serialize;

/// So many elements are looked at together: they fit the first cache of a processor.
const BLOCK: usize = 2048;
/// Sums are kept in so many parts, which a processor adds at once.
const LANES: usize = 4;

/// Figures about the elements of a tensor. Of elements that are no numbers or infinite, only their counts are told; all else is of the finite ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// How many elements there are.
    pub elements: u64,
    /// How many of them are no number.
    pub nan: u64,
    /// How many are infinite.
    pub infinite: u64,
    /// How many are zero.
    pub zeros: u64,
    /// The smallest one; none where no element is finite, as with all that follow.
    pub min: Option<f64>,
    /// The largest one.
    pub max: Option<f64>,
    /// The arithmetic mean.
    pub mean: Option<f64>,
    /// The standard deviation of the elements as they are (the divisor is their number).
    pub std: Option<f64>,
    /// The square root of the sum of their squares.
    pub l2: Option<f64>,
    /// How many different ones there are.
    pub unique: Unique,
    /// How they are spread.
    pub histogram: Histogram,
}

/// Gathers [`Statistics`].
#[derive(Clone, Debug, Default)]
pub struct Gatherer {
    /// The least width of a bin of the histogram.
    least: f64,
    nan: u64,
    infinite: u64,
    zeros: u64,
    finite: u64,
    min: f64,
    max: f64,
    mean: f64,
    /// The sum of squared distances from the mean.
    spread: f64,
    distinct: Distinct,
    histogram: Histogram,
    /// The finite elements of a block with others.
    rest: Vec<f64>,
}

/// What one walk over a block tells.
struct Walk {
    min: f64,
    max: f64,
    sum: f64,
    zeros: u64,
    finite: bool,
}

impl Gatherer {
    /// Nothing yet; `whole` where elements are whole numbers.
    pub fn new(whole: bool) -> Self {
        let least = if whole { 1.0 } else { 0.0 };
        Self { least, min: f64::INFINITY, max: f64::NEG_INFINITY, ..Self::default() }
    }

    /// Adds `elements`.
    pub fn add(&mut self, elements: &[f64]) {
        for block in elements.chunks(BLOCK) {
            let seen = walk(block);
            if seen.finite {
                self.block(block, &seen);
                continue;
            }
            let mut rest = std::mem::take(&mut self.rest);
            rest.clear();
            rest.extend(block.iter().filter(|element| element.is_finite()));
            let nan = block.iter().filter(|element| element.is_nan()).count();
            self.nan += nan as u64;
            self.infinite += (block.len() - rest.len() - nan) as u64;
            if !rest.is_empty() {
                self.block(&rest, &walk(&rest));
            }
            self.rest = rest;
        }
    }

    /// Adds finite elements. Mean and spread of two sets together: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for
    /// computing sample variances" (1979).
    fn block(&mut self, block: &[f64], seen: &Walk) {
        let (before, count) = (self.finite as f64, block.len() as f64);
        let mean = seen.sum / count;
        let apart = mean - self.mean;
        let total = before + count;
        self.spread += spread(block, mean) + apart * apart * before * count / total;
        self.mean += apart * count / total;
        self.finite += block.len() as u64;
        self.zeros += seen.zeros;
        self.min = self.min.min(seen.min);
        self.max = self.max.max(seen.max);
        self.distinct.add(block);
        self.histogram.cover(seen.min, seen.max, self.least);
        self.histogram.add(block);
    }

    /// The figures so far.
    pub fn statistics(&self) -> Statistics {
        let some = |figure: f64| (self.finite > 0).then_some(figure);
        let count = self.finite as f64;
        Statistics {
            elements: self.finite + self.nan + self.infinite,
            nan: self.nan,
            infinite: self.infinite,
            zeros: self.zeros,
            min: some(self.min),
            max: some(self.max),
            mean: some(self.mean),
            std: some((self.spread / count).sqrt()),
            l2: some((self.spread + self.mean * self.mean * count).sqrt()),
            unique: self.distinct.unique(),
            histogram: self.histogram.clone(),
        }
    }
}

fn walk(block: &[f64]) -> Walk {
    let (mut min, mut max) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let (mut sum, mut zeros, mut odd) = ([0.0; LANES], [0u64; LANES], [0.0; LANES]);
    let mut look = |lane: usize, element: f64| {
        // Not `f64::min`, which cares for NaN and takes longer for it.
        min[lane] = if element < min[lane] { element } else { min[lane] };
        max[lane] = if element > max[lane] { element } else { max[lane] };
        sum[lane] += element;
        zeros[lane] += u64::from(element == 0.0);
        // Zero times what is not finite is NaN, which stays.
        odd[lane] += element * 0.0;
    };
    let (whole, rest) = block.as_chunks::<LANES>();
    for elements in whole {
        for (lane, element) in elements.iter().enumerate() {
            look(lane, *element);
        }
    }
    rest.iter().for_each(|element| look(0, *element));
    Walk {
        min: min.into_iter().fold(f64::INFINITY, f64::min),
        max: max.into_iter().fold(f64::NEG_INFINITY, f64::max),
        sum: sum.iter().sum(),
        zeros: zeros.iter().sum(),
        finite: odd.iter().sum::<f64>() == 0.0,
    }
}

/// The sum of squared distances from `mean`.
fn spread(block: &[f64], mean: f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (whole, rest) = block.as_chunks::<LANES>();
    for elements in whole {
        for (sum, element) in sums.iter_mut().zip(elements) {
            *sum += (element - mean) * (element - mean);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|element| (element - mean) * (element - mean)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn figures_are_those_of_their_definitions() {
        let elements: Vec<f64> = (0..10_001).map(|index| f64::from((index * 7919) % 1009) / 8.0 - 50.0).collect();
        let mut gatherer = Gatherer::new(false);
        elements.chunks(333).for_each(|part| gatherer.add(part));
        let found = gatherer.statistics();
        let count = elements.len() as f64;
        let mean = elements.iter().sum::<f64>() / count;
        let variance = elements.iter().map(|element| (element - mean).powi(2)).sum::<f64>() / count;
        let near = |found: Option<f64>, wanted: f64| (found.unwrap() - wanted).abs() <= 1e-12 * wanted.abs().max(1.0);
        assert!(near(found.mean, mean) && near(found.std, variance.sqrt()), "{found:?}");
        assert!(near(found.l2, elements.iter().map(|element| element * element).sum::<f64>().sqrt()), "{found:?}");
        assert_eq!((found.min, found.max), (Some(-50.0), Some(76.0)));
        assert_eq!(found.zeros, elements.iter().filter(|element| **element == 0.0).count() as u64);
        assert_eq!(found.unique, Unique { count: 1009, exact: true });
        assert_eq!(found.histogram.counts.iter().sum::<u64>(), 10_001);
    }

    #[test]
    fn what_is_not_finite_is_counted_apart() {
        let mut gatherer = Gatherer::new(false);
        gatherer.add(&[1.0, f64::NAN, f64::INFINITY, -3.0, f64::NEG_INFINITY, 0.0, f64::NAN]);
        let found = gatherer.statistics();
        assert_eq!((found.elements, found.nan, found.infinite, found.zeros), (7, 2, 2, 1));
        assert_eq!((found.min, found.max), (Some(-3.0), Some(1.0)));
        let mut gatherer = Gatherer::new(false);
        gatherer.add(&[f64::NAN]);
        assert_eq!((gatherer.statistics().mean, gatherer.statistics().min), (None, None));
        assert_eq!(Gatherer::new(true).statistics().elements, 0);
    }

    #[test]
    fn a_small_spread_around_a_large_mean_is_not_lost() {
        let mut gatherer = Gatherer::new(false);
        (0..1000).for_each(|_| gatherer.add(&[1e9 - 1.0, 1e9 + 1.0]));
        assert!((gatherer.statistics().std.unwrap() - 1.0).abs() < 1e-9);
    }
}
