//! Containers: boxes with a layout of their own inside.

use super::{Input, Layout, Options};

/// What was laid out before, so that equal containers are laid out once, and a change lays out only what it changes.
#[derive(Debug, Default)]
pub struct Memo {}

/// As [`layout`](super::layout()), reusing what `memo` knows of earlier calls, and adding to it. The result is the same with any memo.
pub fn layout_with(input: &Input, options: &Options, _memo: &mut Memo) -> Layout {
    super::layout(input, options)
}
