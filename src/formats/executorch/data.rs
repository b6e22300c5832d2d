//! Weights in a file of their own: names, each with a segment, and mostly with the type and shape of what it holds.

use super::layout::Layout;
use super::value::{Description, tensor};
use crate::codec::flatbuffer::Table;
use crate::model::Tensor;
use crate::report::{Report, Result};
use crate::source::{FileId, Slice, Span};

/// Data with a name.
pub struct Named {
    /// The name.
    pub key: String,
    /// Where it is.
    pub span: Span,
    /// What it is, if it is a tensor.
    pub tensor: Option<Tensor>,
}

/// What `bytes`, all of `file`, holds.
///
/// # Errors
/// When its tables cannot be read. What is missing of its segments is told.
pub fn read(bytes: &Slice, file: FileId, report: &mut Report) -> Result<Vec<Named>> {
    let mut layout = Layout::read_tensors(bytes)?;
    let root = Table::root(&layout.buffer)?;
    layout.list(&root, 1)?;
    let mut all = Vec::new();
    for named in root.tables(2)? {
        let named = named?;
        let key = named.text(0)?;
        let span = match layout.segment(named.number(1, 0)?) {
            Ok(span) => span,
            Err(error) => {
                report.add_error(&error.within(key));
                continue;
            }
        };
        let described = named.table(2)?.map(|layout| Description::read(&layout, [0, 1, 2])).transpose()?;
        let tensor = described.map(|described| tensor(&key, &described, Some((file, span)), report));
        all.push(Named { key, span, tensor });
    }
    Ok(all)
}
