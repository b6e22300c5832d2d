//! A window over the pages of a file.

use super::pages::PAGE;
use super::{BytesSource, Pages, Span};
use crate::report::{Error, Result};
use bytes::{Buf, Bytes};
use std::cell::{OnceCell, RefCell};
use std::io;
use std::rc::Rc;

/// A window over a file with a cursor: `Read + Seek` for `zip`, [`Buf`] for `prost`.
///
/// As a [`Buf`] it never copies what is decoded into [`Bytes`]: such a payload becomes a token that [`payload_span`] turns into
/// the range of the file. So a message is decoded without reading its weights. A read that fails within `prost` gives zeros
/// and is remembered: ask [`Slice::failure`] after decoding.
#[derive(Clone)]
pub struct Slice {
    pages: Rc<Pages>,
    span: Span,
    /// The cursor: an offset in the file.
    at: u64,
    /// The page under the cursor, once it was asked for.
    page: OnceCell<Rc<[u8]>>,
    failure: Rc<RefCell<Option<Error>>>,
}

impl Default for Slice {
    fn default() -> Self {
        Self::new(Rc::new(Pages::new(Rc::new(BytesSource::default()))))
    }
}

impl Slice {
    /// The whole of `pages`.
    pub fn new(pages: Rc<Pages>) -> Self {
        let span = Span { at: 0, len: pages.len() };
        Self { pages, span, at: 0, page: OnceCell::new(), failure: Rc::default() }
    }

    /// The range of the file that this window covers.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The size in bytes.
    pub fn len(&self) -> u64 {
        self.span.len
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.span.len == 0
    }

    /// The offset of the cursor in the file.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// The bytes between the cursor and the end.
    pub fn left(&self) -> u64 {
        self.span.end().saturating_sub(self.at)
    }

    /// Moves the cursor forward by `count` bytes, at most to the end.
    pub fn skip(&mut self, count: u64) {
        self.move_to(self.at.saturating_add(count).min(self.span.end()));
    }

    /// A window over `span`, an absolute range of the file, cut to what this window covers.
    #[must_use]
    pub fn window(&self, span: Span) -> Self {
        let at = span.at.clamp(self.span.at, self.span.end());
        let end = span.end().clamp(at, self.span.end());
        let page = if at / PAGE == self.at / PAGE { self.page.clone() } else { OnceCell::new() };
        Self { pages: self.pages.clone(), span: Span { at, len: end - at }, at, page, failure: self.failure.clone() }
    }

    /// All bytes of this window.
    ///
    /// # Errors
    /// [`Kind::Limit`](crate::report::Kind::Limit) when there are more than `limit`; those of the source.
    pub fn read_all(&self, limit: u64) -> Result<Vec<u8>> {
        if self.span.len > limit {
            return Err(
                Error::limit(format!("{} bytes in one piece, the limit is {limit}", self.span.len)).at(self.span.at)
            );
        }
        self.read_bytes(self.span.at, usize::try_from(self.span.len).unwrap_or(usize::MAX))
    }

    /// `count` bytes from `at`, an absolute offset, on; does not move the cursor.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when the window ends before; those of the source.
    pub fn read_bytes(&self, at: u64, count: usize) -> Result<Vec<u8>> {
        let left = self.span.end().saturating_sub(at);
        if at < self.span.at || count as u64 > left {
            return Err(Error::malformed(format!("the file ends here: {count} bytes wanted, {left} left")).at(at));
        }
        let mut buffer = vec![0; count];
        let got = self.pages.read_at(at, &mut buffer)?;
        if got < count {
            return Err(Error::io(format!("the file became shorter while it was read: {got} of {count} bytes")).at(at));
        }
        Ok(buffer)
    }

    /// The first failure of a read through [`Buf`], if there was one.
    pub fn failure(&self) -> Option<Error> {
        self.failure.borrow().clone()
    }

    fn move_to(&mut self, at: u64) {
        if at / PAGE != self.at / PAGE {
            self.page.take();
        }
        self.at = at;
    }

    fn load(&self) -> &[u8] {
        let page = self.page.get_or_init(|| {
            self.pages.page(self.at / PAGE).unwrap_or_else(|error| {
                self.failure.borrow_mut().get_or_insert(error.at(self.at));
                Rc::from([])
            })
        });
        let from = (self.at % PAGE) as usize;
        let count = usize::try_from(self.left()).unwrap_or(usize::MAX).min(PAGE as usize - from);
        page.get(from..from + count).unwrap_or_else(|| {
            self.failure
                .borrow_mut()
                .get_or_insert_with(|| Error::io("the file became shorter while it was read").at(self.at));
            ZEROS.get(..count).unwrap_or(&ZEROS)
        })
    }
}

/// What a failed read gives to `prost`, which cannot be told of errors.
static ZEROS: [u8; PAGE as usize] = [0; PAGE as usize];

impl Buf for Slice {
    fn remaining(&self) -> usize {
        usize::try_from(self.left()).unwrap_or(usize::MAX)
    }

    fn chunk(&self) -> &[u8] {
        if self.left() == 0 { &[] } else { self.load() }
    }

    fn advance(&mut self, count: usize) {
        self.skip(count as u64);
    }

    fn copy_to_bytes(&mut self, len: usize) -> Bytes {
        let token: Vec<u8> = [self.at.to_le_bytes(), (len as u64).to_le_bytes()].concat();
        self.advance(len);
        token.into()
    }
}

/// The range of the file that a [`Bytes`] decoded from a [`Slice`] stands for; none for bytes that were never set.
pub fn payload_span(token: &Bytes) -> Option<Span> {
    let (at, len) = token.split_first_chunk::<8>()?;
    let len = <[u8; 8]>::try_from(len).ok()?;
    Some(Span { at: u64::from_le_bytes(*at), len: u64::from_le_bytes(len) })
}

impl io::Read for Slice {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(usize::try_from(self.left()).unwrap_or(usize::MAX));
        let Some(buffer) = buffer.get_mut(..count).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let got = self.pages.read_at(self.at, buffer).map_err(io::Error::other)?;
        self.move_to(self.at + got as u64);
        Ok(got)
    }
}

impl io::Seek for Slice {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let target = match to {
            io::SeekFrom::Start(offset) => self.span.at.checked_add(offset),
            io::SeekFrom::End(offset) => self.span.end().checked_add_signed(offset),
            io::SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        let target = target
            .filter(|target| *target >= self.span.at)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        self.move_to(target);
        Ok(target - self.span.at)
    }
}
