//! Deflated bytes, inflated where they are read.

use super::{Slice, Source};
use crate::report::{Error, Result};
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use std::cell::RefCell;
use std::io::{self, Read};

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Raw DEFLATE (RFC 1951), as ZIP archives have it.
    Deflate,
    /// gzip members, one after the other (RFC 1952).
    Gzip,
}

/// A source over deflated bytes. It keeps the state of the inflation and no bytes: reading onwards is cheap, reading backwards begins anew.
pub struct InflatedSource {
    packed: Slice,
    packing: Packing,
    len: u64,
    cursor: RefCell<Option<Cursor>>,
}

struct Cursor {
    decoder: Box<dyn Read>,
    at: u64,
}

/// The steps in which bytes are passed over.
const STEP: usize = 32 << 10;

impl InflatedSource {
    /// What `packed` inflates to, which is known to be `len` bytes.
    pub fn new(packed: Slice, packing: Packing, len: u64) -> Self {
        Self { packed, packing, len, cursor: RefCell::default() }
    }

    /// What `packed` inflates to; all of it is inflated once to learn how much that is. What comes before a fault counts.
    ///
    /// # Errors
    /// [`Kind::Limit`](crate::report::Kind::Limit) when there are more than `limit` bytes; [`Kind::Malformed`](crate::report::Kind::Malformed) when
    /// there is none.
    pub fn measured(packed: Slice, packing: Packing, limit: u64) -> Result<Self> {
        let mut decoder = decoder(&packed, packing);
        let (mut len, mut buffer) = (0, [0; STEP]);
        loop {
            match decoder.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => len += count as u64,
                Err(error) if len == 0 => return Err(fault(&error)),
                Err(_) => break,
            }
            if len > limit {
                return Err(Error::limit(format!("the file inflates to more than {limit} bytes")));
            }
        }
        Ok(Self::new(packed, packing, len))
    }
}

fn decoder(packed: &Slice, packing: Packing) -> Box<dyn Read> {
    let start = packed.window(packed.span());
    match packing {
        Packing::Deflate => Box::new(DeflateDecoder::new(start)),
        Packing::Gzip => Box::new(MultiGzDecoder::new(start)),
    }
}

/// The error of the source, where there was one; else the bytes are at fault.
fn fault(error: &io::Error) -> Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>().cloned());
    inner.unwrap_or_else(|| Error::malformed(format!("the compressed bytes are damaged: {error}")))
}

impl Source for InflatedSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut state = self.cursor.borrow_mut();
        let mut cursor = match state.take() {
            Some(cursor) if cursor.at <= at => cursor,
            _ => Cursor { decoder: decoder(&self.packed, self.packing), at: 0 },
        };
        let mut skipped = [0; STEP];
        while cursor.at < at {
            let step = usize::try_from(at - cursor.at).unwrap_or(STEP).min(STEP);
            match cursor.decoder.read(skipped.get_mut(..step).unwrap_or_default()) {
                Ok(0) => return Ok(0),
                Ok(count) => cursor.at += count as u64,
                Err(error) => return Err(fault(&error)),
            }
        }
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match cursor.decoder.read(rest) {
                Ok(0) => break,
                Ok(count) => done += count,
                // What comes before a fault is given out; the fault, when somebody asks for more.
                Err(error) if done == 0 => return Err(fault(&error)),
                Err(_) => return Ok(done),
            }
        }
        cursor.at += done as u64;
        *state = Some(cursor);
        Ok(done)
    }
}
