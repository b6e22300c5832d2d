//! A window over the pages of a file.

use super::pages::PAGE;
use super::{BytesSource, Pages, Span, copy};
use crate::report::{Error, Result};
use bytes::{Buf, Bytes};
use std::cell::{OnceCell, RefCell};
use std::io;
use std::rc::Rc;

/// A window over a file with a cursor: `Read + Seek` for `zip`, [`Buf`] for `prost`.
///
/// As a [`Buf`] it never copies the payload of a `bytes` field: it gives a token in its place, which [`payload_span`] turns into
/// the range of the file. So a message is decoded without reading its weights; [`Slice::decode`] does it.
///
/// Clones and windows are cheap. A clone keeps the cursor.
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

    /// A window over `span`, an absolute range of the file, cut to what this window covers; its cursor is at its start.
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
    /// [`Kind::Limit`](crate::report::Kind::Limit) when there are more than `limit`; those of [`Self::bytes_at`].
    pub fn read_all(&self, limit: u64) -> Result<Vec<u8>> {
        let Span { at, len } = self.span;
        if len > limit {
            return Err(Error::limit(format!("{len} bytes in one piece, the limit is {limit}")).at(at));
        }
        self.bytes_at(at, len)
    }

    /// `count` bytes from `at`, an absolute offset, on; does not move the cursor.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when the window ends before,
    /// [`Kind::Limit`](crate::report::Kind::Limit) when they do not fit in memory; those of the source.
    pub fn bytes_at(&self, at: u64, count: u64) -> Result<Vec<u8>> {
        self.check(at, count)?;
        let too_many = || Error::limit(format!("{count} bytes do not fit in memory")).at(at);
        let mut buffer = Vec::new();
        let size = usize::try_from(count).map_err(|_| too_many())?;
        buffer.try_reserve_exact(size).map_err(|_| too_many())?;
        buffer.resize(size, 0);
        if self.pages.read_at(at, &mut buffer)? < size {
            return Err(shrunk(at));
        }
        Ok(buffer)
    }

    /// Fails unless `count` bytes from `at`, an absolute offset, on are within the window.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed), with how many were wanted and how many are left.
    pub fn check(&self, at: u64, count: u64) -> Result<()> {
        let end = self.span.end();
        let left = end.saturating_sub(at);
        if at >= self.span.at && at <= end && count <= left {
            return Ok(());
        }
        let what = if end == self.pages.len() { "file" } else { "section" };
        Err(Error::malformed(format!("the {what} ends here: {count} bytes wanted, {left} left")).at(at))
    }

    /// Moves the cursor to `at`, an absolute offset.
    pub(super) fn move_to(&mut self, at: u64) {
        if at / PAGE != self.at / PAGE {
            self.page.take();
        }
        self.at = at;
    }

    /// The bytes from the cursor to the end of its page or of the window; none only at the end.
    pub(super) fn loaded(&self) -> Result<&[u8]> {
        if self.left() == 0 {
            return Ok(&[]);
        }
        if self.page.get().is_none() {
            let page = self.pages.page(self.at / PAGE).map_err(|error| error.at(self.at))?;
            self.page.get_or_init(|| page);
        }
        let page = self.page.get().map(|page| &**page).unwrap_or_default();
        let from = (self.at % PAGE) as usize;
        let end = usize::try_from(self.left()).unwrap_or(usize::MAX).saturating_add(from).min(PAGE as usize);
        page.get(from..end).ok_or_else(|| shrunk(self.at))
    }

    /// Decodes the window as a protobuf message. Its `bytes` fields become tokens for [`payload_span`]; the fields that `M` does not
    /// have are skipped; neither are read.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) near the offset where it is no such message; those of the source;
    /// [`Kind::Limit`](crate::report::Kind::Limit) for 4 GiB and more where `usize` has 32 bits.
    pub fn decode<M: prost::Message + Default>(&self) -> Result<M> {
        let mut buf = Self { failure: Rc::default(), ..self.window(self.span) };
        let message = M::decode(&mut buf);
        match buf.failure() {
            Some(failure) => Err(failure),
            None => message.map_err(|error| Error::malformed(error.to_string()).at(buf.at)),
        }
    }

    /// The first failure of a read through [`Buf`] by this slice, its clones or its windows, if there was one.
    pub fn failure(&self) -> Option<Error> {
        self.failure.borrow().clone()
    }

    fn fail(&self, error: Error) {
        self.failure.borrow_mut().get_or_insert(error);
    }
}

fn shrunk(at: u64) -> Error {
    Error::io("the file became shorter while it was read; open it again").at(at)
}

/// What a failed read gives to `prost`, which cannot be told of errors: no varint and no UTF-8, so it stops soon.
static POISON: [u8; PAGE as usize] = [0xff; PAGE as usize];

impl Buf for Slice {
    fn remaining(&self) -> usize {
        usize::try_from(self.left()).unwrap_or_else(|_| {
            self.fail(Error::limit(format!("a message of {} bytes; 4 GiB is the most", self.left())).at(self.at));
            0
        })
    }

    fn chunk(&self) -> &[u8] {
        self.loaded().unwrap_or_else(|error| {
            self.fail(error);
            let count = self.left().min(PAGE - self.at % PAGE);
            POISON.get(..count as usize).unwrap_or(&POISON)
        })
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

/// The range of the file that a `bytes` field decoded from a [`Slice`] stands for, be it a [`Bytes`] or a `Vec<u8>`; none for a
/// field that was never set.
pub fn payload_span(token: &[u8]) -> Option<Span> {
    let (at, len) = token.split_first_chunk::<8>()?;
    let len = <[u8; 8]>::try_from(len).ok()?;
    Some(Span { at: u64::from_le_bytes(*at), len: u64::from_le_bytes(len) })
}

impl io::Read for Slice {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = if buffer.len() as u64 <= PAGE - self.at % PAGE {
            copy(buffer, self.loaded().map_err(io::Error::other)?)
        } else {
            let most = buffer.len().min(usize::try_from(self.left()).unwrap_or(usize::MAX));
            self.pages.read_at(self.at, buffer.get_mut(..most).unwrap_or_default()).map_err(io::Error::other)?
        };
        self.move_to(self.at.saturating_add(count as u64));
        Ok(count)
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
