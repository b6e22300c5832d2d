//! Counts of elements by size, in one pass over elements of an unknown range.

use serde::Serialize;

/// The most bins.
const BINS: usize = 256;

/// How many elements are in each of some intervals of equal width, a power of two. The intervals begin at multiples of it, so where the range turns
/// out to be larger, two of them become one, and counts stay exact.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Histogram {
    /// The width of a bin; 0 as long as there is none.
    pub width: f64,
    /// The number of the first bin: it begins at `first` × `width`.
    pub first: f64,
    /// How many elements are in each bin.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Makes room for elements from `low` to `high`, both finite. Bins are no narrower than `least`.
    pub fn cover(&mut self, low: f64, high: f64, least: f64) {
        if self.counts.is_empty() {
            self.width = power_above(((high - low) / BINS as f64).max(low.abs().max(high.abs()) * 1e-9)).max(least);
            self.first = (low / self.width).floor();
        }
        let bins = |histogram: &Self| {
            let first = (low / histogram.width).floor().min(histogram.first);
            let last = (high / histogram.width).floor().max(histogram.first + (histogram.counts.len() as f64 - 1.0));
            (first, last - first + 1.0)
        };
        while bins(self).1 > BINS as f64 {
            self.halve();
        }
        let (first, count) = bins(self);
        let before = (self.first - first) as usize;
        self.counts.splice(0..0, std::iter::repeat_n(0, before));
        self.first = first;
        self.counts.resize(count as usize, 0);
    }

    /// Counts `elements`, all of which are in the range that is covered.
    pub fn add(&mut self, elements: &[f64]) {
        let (scale, first) = (self.width.recip(), self.first);
        for element in elements {
            let bin = ((element * scale).floor() - first) as usize;
            if let Some(count) = self.counts.get_mut(bin) {
                *count += 1;
            }
        }
    }

    /// Makes one bin of two.
    fn halve(&mut self) {
        let odd = (self.first / 2.0).fract() != 0.0;
        let first = (self.first / 2.0).floor();
        let mut halved = vec![0; self.counts.len() / 2 + 1];
        for (bin, count) in self.counts.iter().enumerate() {
            if let Some(sum) = halved.get_mut((bin + usize::from(odd)) / 2) {
                *sum += count;
            }
        }
        if halved.last() == Some(&0) {
            halved.pop();
        }
        *self = Self { width: self.width * 2.0, first, counts: halved };
    }
}

/// The smallest power of two that is at least `wanted`, and whose reciprocal is a number.
fn power_above(wanted: f64) -> f64 {
    if wanted > 0.0 { 2f64.powi(wanted.log2().ceil().clamp(-1000.0, 1000.0) as i32) } else { 2f64.powi(-149) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(blocks: &[&[f64]], least: f64) -> Histogram {
        let mut histogram = Histogram::default();
        for block in blocks {
            let (low, high) = block.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
            histogram.cover(low, high, least);
            histogram.add(block);
        }
        histogram
    }

    #[test]
    fn bins_grow_with_the_range_and_counts_stay_exact() {
        let blocks: [&[f64]; 4] = [&[0.0], &[0.5, 0.25, 0.75], &[-1000.0], &[1e30, -3.0]];
        for end in 1..=blocks.len() {
            let histogram = of(&blocks[..end], 0.0);
            assert!(histogram.counts.len() <= BINS);
            let mut direct = vec![0; histogram.counts.len()];
            for element in blocks[..end].concat() {
                direct[((element / histogram.width).floor() - histogram.first) as usize] += 1;
            }
            assert_eq!(histogram.counts, direct, "{histogram:?}");
        }
    }

    #[test]
    fn whole_numbers_have_a_bin_each_as_long_as_there_are_bins() {
        let bytes: Vec<f64> = (-128..128).map(f64::from).collect();
        let histogram = of(&[&bytes[100..110], &bytes], 1.0);
        assert_eq!((histogram.width, histogram.first), (1.0, -128.0));
        assert_eq!(histogram.counts.iter().sum::<u64>(), 266);
        assert_eq!(histogram.counts.len(), 256);
    }

    #[test]
    fn one_number_has_one_narrow_bin() {
        let histogram = of(&[&[3.0; 9]], 0.0);
        assert_eq!(histogram.counts, [9]);
        assert!(histogram.width < 1e-8);
    }
}
