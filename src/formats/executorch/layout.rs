//! Where the buffer of a program or of weights ends, and where the segments behind it are.

use super::absent;
use crate::codec::flatbuffer::Table;
use crate::report::{Error, Result};
use crate::source::{Reader, Slice, Span};

/// Where the header is that says so: behind the identifier of the buffer.
const HEADER: u64 = 8;

/// The parts of a file.
pub struct Layout {
    /// The buffer.
    pub buffer: Slice,
    /// All of the file.
    file: Slice,
    /// Where segments count from; none if there are none.
    base: Option<u64>,
    /// The segments, counted from there.
    pub segments: Vec<Span>,
}

impl Layout {
    /// Reads the extended header of a program: `eh00`, its length, the size of the buffer, where segments begin. Programs without segments may have
    /// none.
    ///
    /// # Errors
    /// When the file is cut short within; those of the source.
    pub fn read(file: &Slice) -> Result<Self> {
        let mut reader = Reader::little(file.clone());
        reader.seek(file.span().at + HEADER)?;
        if reader.left() < 24 || reader.read_bytes(4)? != *b"eh00" {
            return Ok(Self { buffer: file.clone(), file: file.clone(), base: None, segments: Vec::new() });
        }
        reader.skip(4)?;
        let (size, base) = (reader.read_u64()?, reader.read_u64()?);
        Self { buffer: file.clone(), file: file.clone(), base: (base > 0).then_some(base), segments: Vec::new() }
            .cut(size)
    }

    /// Reads the header of a file of weights: `FH01`, its length, where the buffer begins, its size, where segments begin.
    ///
    /// # Errors
    /// When it is missing; those of the source.
    pub fn read_tensors(file: &Slice) -> Result<Self> {
        let mut reader = Reader::little(file.clone());
        reader.seek(file.span().at + HEADER)?;
        if reader.read_bytes(4)? != *b"FH01" {
            return Err(Error::malformed("the header is missing").at(file.span().at + HEADER));
        }
        reader.skip(4)?;
        let (offset, size, base) = (reader.read_u64()?, reader.read_u64()?, reader.read_u64()?);
        Self { buffer: file.clone(), file: file.clone(), base: Some(base), segments: Vec::new() }
            .cut(offset.saturating_add(size))
    }

    /// The same with a buffer of `size` bytes: offsets count from the start of the file.
    fn cut(self, size: u64) -> Result<Self> {
        let at = self.file.span().at;
        self.file.check(at, size).map_err(|error| error.within("the buffer"))?;
        Ok(Self { buffer: self.file.window(Span { at, len: size }), ..self })
    }

    /// Takes the segments from the list in field `number` of `root`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list(&mut self, root: &Table, number: u16) -> Result<()> {
        for segment in root.tables(number)? {
            let segment = segment?;
            self.segments.push(Span { at: segment.number(0, 0)?, len: segment.number(1, 0)? });
        }
        Ok(())
    }

    /// Where segment `index` is in the file, as far as the file reaches.
    ///
    /// # Errors
    /// When there is no such segment, or it is beyond the end of the file.
    pub fn segment(&self, index: u32) -> Result<Span> {
        let segment = self.segments.get(index as usize).ok_or_else(|| absent("segment", index))?;
        // Programs without constants have a segment without bytes, and say nothing of where segments begin.
        if segment.len == 0 {
            return Ok(Span::default());
        }
        let base = self.base.ok_or_else(|| Error::malformed("it is not stated where segments begin"))?;
        let at = base.checked_add(segment.at).and_then(|at| at.checked_add(self.file.span().at));
        let span = Span { at: at.unwrap_or(u64::MAX), len: segment.len };
        self.file.check(span.at, span.len).map_err(|error| error.within(format!("segment {index}")))?;
        Ok(span)
    }
}
