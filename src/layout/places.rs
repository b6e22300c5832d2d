//! In which order edges with fixed ends leave and reach a box, for counting crossings.

use super::dummy::Layered;

/// The places that vertices take up in their rows: one for each fixed end, from left to right, and one for all other
/// ends. Empty where every vertex takes one.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Of each vertex, how many places it takes.
    pub span: Vec<u32>,
    /// Of each edge, the place of its upper end on the upper vertex.
    pub upper: Vec<u32>,
    /// Of each edge, the place of its lower end on the lower vertex.
    pub lower: Vec<u32>,
}

impl Places {
    /// Sorts the ends of the edges of `layered`.
    pub fn new(layered: &Layered) -> Self {
        if layered.ends.is_empty() {
            return Self::default();
        }
        let edges = layered.edges.len();
        let mut ends: Vec<(u32, f64, usize)> = Vec::with_capacity(2 * edges);
        for (at, (edge, [upper, lower])) in layered.edges.iter().zip(&layered.ends).enumerate() {
            ends.push((edge.upper, *upper, 2 * at));
            ends.push((edge.lower, *lower, 2 * at + 1));
        }
        ends.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut span = vec![1; layered.rank.len()];
        let mut place = vec![0; 2 * edges];
        for (at, &(vertex, offset, end)) in ends.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| ends[before]).filter(|before| before.0 == vertex);
            if before.is_some_and(|before| before.1 != offset) {
                span[vertex as usize] += 1;
            }
            place[end] = span[vertex as usize] - 1;
        }
        let of = |end: usize| place.iter().skip(end).step_by(2).copied().collect();
        Self { span, upper: of(0), lower: of(1) }
    }
}
