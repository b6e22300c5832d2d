//! What a file may ask for.

/// Bounds that readers keep to, whatever a file claims.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The deepest nesting (subgraphs, types, JSON).
    pub depth: usize,
    /// The longest single piece of text or header, in bytes.
    pub text: u64,
    /// The most items of one list (nodes, tensors).
    pub count: u64,
    /// The most bytes that one compressed entry may inflate to.
    pub inflated: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 64, text: 256 << 20, count: 16 << 20, inflated: 1 << 30 }
    }
}
